//! Chains of int operations whose intermediate results nobody else sees and whose end
//! is small again: a product, perhaps a sum, then a mask or a remainder, as hash
//! functions and random number generators have them. What is in between may leave the
//! inline ints without becoming an object: it stays unboxed in 64 bits.
//!
//! * A mask takes the low bits, which wrapping arithmetic has right.
//! * So is the remainder by a power of two if nothing is negative.
//! * Another remainder needs the number itself: more than 64 bits leave the code, and so
//!   does a divisor that is not positive.
//!
//! Where a chain has had to be left, its first instruction is marked, and the next
//! version of the function does without it.

use super::super::regs::*;
use super::super::{ExitPoint, Reason};
use super::Compiler;
use super::ahead::{self, Next};
use super::arith::Right;
use super::state::Kind;
use crate::bytecode::op::{SEEN_FLOAT, SEEN_INT, SEEN_OTHER};
use crate::bytecode::{Instr, Op};
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// A chain that begins with the current instruction.
pub struct Chain {
    first: Op,
    /// Whether its first instruction has a negative constant.
    falls: bool,
    /// Sums and differences in between.
    sums: Vec<(Op, Right)>,
    end: End,
    /// The register of the result.
    to: u32,
    /// Constants that are loaded on the way.
    loads: Vec<(u32, Value)>,
    /// The word behind it, and how many instructions it has after the first.
    after: usize,
    more: i32,
}

#[derive(Clone, Copy)]
enum End {
    /// A mask that is not negative.
    Mask(i64),
    /// One that stands for a remainder: no operand may be negative.
    Low(i64),
    /// A positive divisor, or one that is to be looked at.
    Modulo(Right),
}

impl Chain {
    /// How the remainder by a constant ends it.
    fn modulo(&self, divisor: Value) -> End {
        let grows = |&(op, right): &(Op, Right)| match (op, right) {
            (Op::Add, _) => true,
            (Op::AddK, Right::Constant(value)) => value.as_int() >= 0,
            _ => false,
        };
        if divisor.as_int() > 0
            && (divisor.as_int() as u64).is_power_of_two()
            && !self.falls
            && self.sums.iter().all(grows)
        {
            End::Low(divisor.as_int() - 1)
        } else {
            End::Modulo(Right::Constant(divisor))
        }
    }
}

/// Sums in a chain.
const MOST_SUMS: usize = 2;

impl<M: Masm> Compiler<'_, M> {
    /// The chain that begins with the current instruction, whose result is in register
    /// `a`.
    pub fn chain(&self, word: Instr, op: Op, a: u32) -> Option<Chain> {
        if op == Op::MulK && !self.constant(word.c() as usize).is_int() {
            return None;
        }
        let unfit = word.flags() & (SEEN_INT | SEEN_FLOAT | SEEN_OTHER) != 0;
        if !self.speculate || unfit || !matches!(op, Op::Mul | Op::MulK | Op::Shl) {
            return None;
        }
        let mut chain = Chain {
            first: op,
            falls: op == Op::MulK && self.constant(word.c() as usize).as_int() < 0,
            sums: Vec::new(),
            end: End::Mask(0),
            to: a,
            loads: Vec::new(),
            after: self.after,
            more: 0,
        };
        loop {
            let at = chain.after;
            let word = *self.words.get(at)?;
            if self.targets[at].label.is_some() {
                return None;
            }
            let (a, b, c) = (word.a() as u32, word.b() as u32, word.c() as u32);
            chain.after += 1;
            chain.more += 1;
            let on_left = b == chain.to;
            match word.op() {
                Op::LoadInt if a != chain.to => {
                    chain.loads.push((a, Value::int(word.sbx() as i64)));
                    continue;
                }
                Op::LoadK if a != chain.to => {
                    let value = self.constant(word.bx() as usize);
                    if !value.is_int() {
                        return None;
                    }
                    chain.loads.push((a, value));
                    continue;
                }
                op @ (Op::Add | Op::Sub) if on_left && c != chain.to => {
                    chain.sums.push((op, Right::Register(c)));
                }
                Op::Add if c == chain.to && !on_left => {
                    chain.sums.push((Op::Add, Right::Register(b)));
                }
                op @ (Op::AddK | Op::SubK) if on_left => {
                    let constant = self.constant(c as usize);
                    if !constant.is_int() {
                        return None;
                    }
                    chain.sums.push((op, Right::Constant(constant)));
                }
                Op::BitAnd if on_left != (c == chain.to) => {
                    let mask = self.chain_int(&chain, if on_left { c } else { b })?;
                    chain.end = End::Mask(mask.as_int());
                    return self.end_of(chain, a, mask);
                }
                Op::ModK if on_left => {
                    let divisor = Some(self.constant(c as usize)).filter(|one| one.is_int())?;
                    chain.end = chain.modulo(divisor);
                    return self.end_of(chain, a, divisor);
                }
                Op::Mod if on_left && c != chain.to => {
                    let known = self.chain_int(&chain, c);
                    chain.end = match known {
                        Some(divisor) => chain.modulo(divisor),
                        None => End::Modulo(Right::Register(c)),
                    };
                    return self.end_of(chain, a, known.unwrap_or(Value::int(1)));
                }
                _ => return None,
            }
            if chain.sums.len() > MOST_SUMS || !self.replaces(&chain, a) {
                return None;
            }
            chain.to = a;
        }
    }

    /// The int that a register surely holds in the middle of a chain.
    fn chain_int(&self, chain: &Chain, reg: u32) -> Option<Value> {
        let loaded = chain.loads.iter().rev().find(|load| load.0 == reg);
        loaded.map(|load| load.1).or_else(|| self.state.int(reg))
    }

    /// Whether nobody sees the intermediate result once register `a` has the next.
    fn replaces(&self, chain: &Chain, a: u32) -> bool {
        let is_target = |at: usize| self.targets[at].label.is_some();
        let next = || ahead::next(self.words, chain.after, chain.to, is_target);
        a == chain.to || !self.saves_sp && next() == Next::Dead
    }

    /// The whole chain, if its last instruction, which writes register `a`, fits.
    fn end_of(&self, chain: Chain, a: u32, number: Value) -> Option<Chain> {
        let positive = match chain.end {
            End::Mask(_) => number.as_int() >= 0,
            End::Low(_) | End::Modulo(_) => number.as_int() > 0,
        };
        // A constant that is added is not read from its register.
        let reads = |reg: u32| {
            let sums = chain.sums.iter().map(|sum| sum.1);
            let end = match chain.end {
                End::Modulo(divisor) => Some(divisor),
                End::Mask(_) | End::Low(_) => None,
            };
            let mut all = sums.chain(end);
            all.any(|right| matches!(right, Right::Register(one) if one == reg))
        };
        let overlaps = chain.loads.iter().any(|load| reads(load.0) || load.0 == a);
        let fits = positive && !overlaps && self.replaces(&chain, a);
        fits.then_some(Chain { to: a, ..chain })
    }

    /// The code of a chain whose first instruction has these operands.
    pub fn wide_chain(&mut self, chain: Chain, b: u32, right: Right) {
        let (x, y) = (self.value(b), self.right_value(right));
        let sums: Vec<_> = chain.sums.iter().map(|sum| sum.1).collect();
        let sums: Vec<_> = sums
            .iter()
            .map(|&one| (one, self.right_value(one)))
            .collect();
        let divisor = match chain.end {
            End::Modulo(divisor) => Some((divisor, self.right_value(divisor))),
            End::Mask(_) | End::Low(_) => None,
        };
        let d = self.fresh();
        let point = ExitPoint::new(self.at, &self.state).because(Reason::Chain);
        let exit = self.exit_at(point);
        let other = self.m.cold(|m| exit.emit(m));
        self.guard_int(Right::Register(b), Some(x), other);
        self.guard_int(right, y, other);
        for &(one, gpr) in sums.iter().chain(&divisor) {
            self.guard_int(one, gpr, other);
        }
        if matches!(chain.end, End::Low(_)) {
            for gpr in sums.iter().map(|sum| sum.1).chain([Some(x), y]).flatten() {
                self.m.branch(Cond::Below, W64, gpr, OFFSET, other);
            }
        }
        self.m.sub(W64, T0, x, OFFSET);
        let masked = matches!(chain.end, End::Mask(_) | End::Low(_));
        match (chain.first, right, y) {
            (Op::Shl, _, Some(count)) => {
                self.m.sub(W64, T1, count, OFFSET);
                self.m.branch(Cond::AboveEq, W64, T1, 64, other);
                if masked {
                    self.m.shl(W64, T0, T0, T1);
                } else {
                    // Not often; it may not lose bits.
                    self.m.branch(Cond::AboveEq, W64, T1, 13, other);
                    self.m.shl(W64, T0, T0, T1);
                }
            }
            (_, Right::Constant(y), _) if masked => self.m.mul(W64, T0, T0, y.as_int()),
            (_, Right::Constant(y), _) => {
                self.m.mul_checked(W64, T0, T0, y.as_int(), other);
            }
            (_, _, y) => {
                self.m.sub(W64, T1, y.expect("it is a register"), OFFSET);
                if masked {
                    self.m.mul(W64, T0, T0, T1);
                } else {
                    self.m.mul_checked(W64, T0, T0, T1, other);
                }
            }
        }
        for (&(op, _), (one, gpr)) in chain.sums.iter().zip(sums) {
            match (one, gpr) {
                (Right::Constant(value), _) => self.m.mov(W64, T1, value.as_int()),
                (_, gpr) => {
                    let gpr = gpr.expect("it is a register");
                    self.m.sub(W64, T1, gpr, OFFSET);
                }
            }
            match (op, masked) {
                (Op::Add | Op::AddK, true) => self.m.add(W64, T0, T0, T1),
                (Op::Add | Op::AddK, false) => self.m.add_checked(W64, T0, T0, T1, other),
                (_, true) => self.m.sub(W64, T0, T0, T1),
                (_, false) => self.m.sub_checked(W64, T0, T0, T1, other),
            }
        }
        match (chain.end, divisor) {
            (End::Mask(mask) | End::Low(mask), _) => self.m.and(W64, d, T0, mask),
            (End::Modulo(_), divisor) => {
                let (divisor, gpr) = divisor.expect("it has one");
                self.wide_remainder(d, divisor, gpr, other);
            }
        }
        self.m.add(W64, d, d, OFFSET);
        self.define(chain.to, d, Kind::Int);
        for &(reg, value) in &chain.loads {
            self.load_value(reg, value);
        }
        self.skip(chain.after, chain.more);
    }

    /// The remainder of `T0`, unboxed.
    fn wide_remainder(&mut self, d: Gpr, divisor: Right, gpr: Option<Gpr>, other: Label) {
        match (divisor, gpr) {
            (Right::Constant(value), _) if (value.as_int() as u64).is_power_of_two() => {
                let mask = value.as_int() - 1;
                let done = self.m.new_label();
                let negative = self.m.cold(|m| {
                    m.neg(W64, T0, T0);
                    m.and(W64, T0, T0, mask);
                    m.neg(W64, d, T0);
                    m.jump(done);
                });
                self.m.branch(Cond::Lt, W64, T0, 0, negative);
                self.m.and(W64, d, T0, mask);
                self.m.bind(done);
            }
            (Right::Constant(value), _) => {
                self.m.mov(W64, T1, value.as_int());
                self.m.rem(d, T0, T1);
            }
            (_, gpr) => {
                self.m.sub(W64, T1, gpr.expect("it is a register"), OFFSET);
                self.m.branch(Cond::Le, W64, T1, 0, other);
                self.m.rem(d, T0, T1);
            }
        }
    }

    fn right_value(&mut self, right: Right) -> Option<Gpr> {
        match right {
            Right::Register(reg) => Some(self.value(reg)),
            Right::Constant(_) => None,
        }
    }

    /// Branches unless an operand is an int; notes that it is.
    fn guard_int(&mut self, right: Right, gpr: Option<Gpr>, other: Label) {
        if let (Right::Register(reg), Some(gpr)) = (right, gpr)
            && self.state.kind(reg) != Kind::Int
        {
            self.m.branch(Cond::Below, W64, gpr, TAG, other);
            self.state.learn(reg, Kind::Int);
        }
    }
}
