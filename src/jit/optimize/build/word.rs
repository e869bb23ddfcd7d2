//! Ints of 64 bits without a sign: those of hashes and of random numbers. They come from
//! constants, from objects that hold such an int, and from masks.
//!
//! A sum, a difference, a product or a shift to the left may have more than 64 bits, but if a
//! mask follows at once, or the remainder of a power of two, only the low ones are used:
//! `(x * a + c) & mask`. Such a *chain* of
//! instructions of one block is found in the bytecode. Its intermediate results are low bits
//! that no state can have, so all guards in it have the state before its first instruction;
//! nothing in it writes anything.

use super::super::ir::types::{self, Type};
use super::super::ir::{Op as Ir, Rep, S, V};
use super::super::job::What;
use super::Builder;
use super::compare::FIRST_OF_WORDS;
use crate::bytecode::op::{SEEN_FLOAT, SEEN_OTHER};
use crate::bytecode::{Instr, Op, flow};

/// Instructions of a chain.
const MOST_CHAINED: usize = 24;

/// A chain of operations on low bits.
pub struct Chain {
    /// The words whose results are low bits.
    low: Vec<usize>,
    /// The last mask.
    end: usize,
    /// All operands are at least 0, as a remainder wants it.
    positive: bool,
    /// The state of exits that was in force before.
    outer: Option<S>,
}

/// How a register of a chain came to its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Source {
    /// Only low bits of it are known.
    Low,
    /// It is an int from 0 to 2^64 - 1.
    Mask,
    Other,
}

/// Whether the low bits of a result follow from those of the operands, and it may have more
/// than these have.
fn is_modular(op: Op) -> bool {
    matches!(
        op,
        Op::Add | Op::Sub | Op::Mul | Op::Shl | Op::Neg | Op::BitNot
    )
}

impl Builder<'_> {
    /// A constant that is an object.
    pub fn word_constant(&mut self, word: u64, bits: u64) -> V {
        let v = match i64::try_from(word) {
            Ok(int) => self.int(int),
            Err(_) => self.word(word),
        };
        self.objects.insert(v, bits);
        v
    }

    /// The object that a constant is when it is boxed.
    pub fn object_of(&self, v: V) -> Option<u64> {
        self.objects.get(&self.root_of(v)).copied()
    }

    /// A value as a word; leaves if it is none.
    pub fn word_of(&mut self, v: V) -> V {
        match self.rep(v) {
            Rep::Word => v,
            Rep::Int if self.ty(v).is_word() => self.as_rep(v, Rep::Word),
            Rep::Int => {
                self.check(Ir::GuardNotNegative, &[v], 0);
                let (_, high) = self.ty(v).bounds();
                let v = self.narrowed(v, Type::range(0, high.max(0)));
                self.emit(Ir::AsWord, Rep::Word, Type::WORD, &[v], 0)
            }
            _ if self.ty(v).is_int() => {
                let int = self.int_of(v);
                self.word_of(int)
            }
            _ => {
                let v = self.tagged(v);
                let word = self.emit_checked(Ir::UnboxWord, Rep::Word, Type::WORD, &[v], 0);
                self.hold_as(v, word);
                word
            }
        }
    }

    /// Whether a value is expected to be an int from 0 to 2^64 - 1 that may be an object: it
    /// is a word, or the instruction has met something that is no inline int.
    fn expects_word(&self, word: Instr, v: V) -> bool {
        let whole = types::INT | types::BIG;
        match self.rep(v) {
            Rep::Word => true,
            Rep::Tagged => {
                word.flags() & (SEEN_OTHER | SEEN_FLOAT) == SEEN_OTHER
                    && self.ty(v).may_be(types::BIG)
                    && self.seems(v, whole)
                    && (self.ty(v).is(whole) || self.hint_of(v).is_none() || self.was(v, whole))
            }
            _ => false,
        }
    }

    /// Whether a value may be an operand beside a word.
    fn suits_words(&self, word: Instr, v: V) -> bool {
        self.ty(v).is_int() || self.expects_word(word, v)
    }

    /// An operation on words, or on low bits; nothing if it is none.
    pub fn words(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<V> {
        if let Some(chain) = &self.low
            && (chain.low.contains(&self.at) || chain.end == self.at)
        {
            return Some(self.in_chain(word, op, x, y));
        }
        if self.is_denied()
            || !self.suits_words(word, x)
            || !self.suits_words(word, y)
            || !(self.expects_word(word, x)
                || self.expects_word(word, y)
                || is_modular(op) && self.outgrew(word))
        {
            return None;
        }
        if self.low.is_some() && is_modular(op) {
            return None;
        }
        match op {
            Op::Div | Op::Mod => self.divide_words(op, x, y),
            Op::Shr => Some(self.shift_word(x, y)),
            Op::BitAnd | Op::BitOr | Op::BitXor => Some(self.word_bits(op, x, y)),
            op if is_modular(op) => {
                let mut chain = self.find_chain()?;
                let state = self.state();
                chain.outer = self.restart.replace(state);
                self.low = Some(chain);
                Some(self.in_chain(word, op, x, y))
            }
            _ => None,
        }
    }

    /// Ends the chain, if the current instruction is its last one, or the last of the block.
    pub fn end_low_bits(&mut self, last: bool) {
        if let Some(chain) = self.low.take_if(|chain| last || chain.end <= self.at) {
            self.restart = chain.outer;
        }
    }

    fn divide_words(&mut self, op: Op, x: V, y: V) -> Option<V> {
        if self.ty(y).int() == Some(0) {
            return None;
        }
        let x = self.word_of(x);
        let by = self.ty(y);
        let y = self.word_of(y);
        if !by.is_int() || by.bounds().0 <= 0 {
            self.check(Ir::GuardNotZero, &[y], 0);
        }
        let (least, greatest) = match by.is_int() {
            true => (by.bounds().0.max(1) as u64, by.bounds().1.max(1) as u64),
            false => (1, u64::MAX),
        };
        let (op, most) = match op {
            Op::Mod => (Ir::RemWord, greatest - 1),
            _ => (Ir::DivWord, u64::MAX / least),
        };
        Some(self.emit_bounded(op, &[x, y], most))
    }

    fn shift_word(&mut self, x: V, y: V) -> V {
        let x = self.word_of(x);
        let by = self.int_of(y);
        let (least, most) = self.ty(by).bounds();
        if least < 0 || most > 63 {
            self.check(Ir::GuardBelow, &[by], 64);
        }
        self.emit_bounded(Ir::ShrWord, &[x, by], u64::MAX >> least.clamp(0, 63))
    }

    /// The bits of a word and an int.
    fn word_bits(&mut self, op: Op, x: V, y: V) -> V {
        if op == Op::BitAnd
            && let Some(v) = self.masked(x, y)
        {
            return v;
        }
        let args = [self.word_of(x), self.word_of(y)];
        let op = match op {
            Op::BitAnd => Ir::And,
            Op::BitOr => Ir::Or,
            _ => Ir::Xor,
        };
        self.emit(op, Rep::Word, Type::WORD, &args, 0)
    }

    /// A word, or low bits, under a mask that is an int or a word, if one of them is such.
    fn masked(&mut self, x: V, y: V) -> Option<V> {
        let is_mask = |this: &Self, v: V| {
            let ty = this.ty(v);
            this.rep(v) != Rep::Tagged && ty.is_word()
        };
        let (of, mask) = match (is_mask(self, x), is_mask(self, y)) {
            (_, true) => (x, y),
            (true, false) => (y, x),
            _ => return None,
        };
        let of = match self.ty(of).kinds {
            types::LOW => of,
            _ => self.word_of(of),
        };
        if self.op(mask) == Ir::ConstWord && self.g.inst(mask).imm == u64::MAX {
            return Some(self.emit(Ir::AsWord, Rep::Word, Type::WORD, &[of], 0));
        }
        let most = match self.ty(mask).is_int() {
            true => self.ty(mask).bounds().1 as u64,
            false => u64::MAX,
        };
        Some(self.emit_bounded(Ir::And, &[of, mask], most))
    }

    /// An operation whose result is at most that: an int if it fits.
    fn emit_bounded(&mut self, op: Ir, args: &[V], most: u64) -> V {
        match i64::try_from(most) {
            Ok(most) => self.emit(op, Rep::Int, Type::range(0, most), args, 0),
            Err(_) => self.emit(op, Rep::Word, Type::WORD, args, 0),
        }
    }

    /// A comparison of two words; nothing if one of them is none.
    pub fn compare_words(&mut self, order: u64, x: V, y: V) -> Option<V> {
        let is = |this: &Self, v: V| this.rep(v) != Rep::Tagged && this.ty(v).is_word();
        let word = self.rep(x) == Rep::Word || self.rep(y) == Rep::Word;
        if !word || !is(self, x) || !is(self, y) {
            return None;
        }
        let args = [self.word_of(x), self.word_of(y)];
        let order = FIRST_OF_WORDS + order;
        Some(self.emit(Ir::Compare, Rep::Bool, Type::BOOL, &args, order))
    }

    /// An operation of the chain that is being built.
    fn in_chain(&mut self, word: Instr, op: Op, x: V, y: V) -> V {
        let is_low = self
            .low
            .as_ref()
            .is_some_and(|chain| chain.low.contains(&self.at));
        let a = self.low_operand(word, x);
        if op == Op::Shl {
            let by = self.int_of(y);
            let (least, most) = self.ty(by).bounds();
            if least < 0 || most > 63 {
                self.check(Ir::GuardBelow, &[by], 64);
            }
            return self.emit(Ir::Shl, Rep::Word, Type::LOW, &[a, by], 1);
        }
        if matches!(op, Op::Mod) {
            let mask = self.remainder_mask(word).expect("it has one");
            let mask = match i64::try_from(mask) {
                Ok(mask) => self.int(mask),
                Err(_) => self.word(mask),
            };
            return self.masked(a, mask).expect("a constant is a mask");
        }
        let b = self.low_operand(word, y);
        if !is_low {
            if let Some(v) = self.masked(a, b) {
                return v;
            }
            // The mask has turned out to be something else.
            let mask = if self.ty(a).kinds == types::LOW { b } else { a };
            let other = if mask == a { b } else { a };
            let mask = self.word_of(mask);
            let v = self.masked(other, mask);
            return v.expect("a word is a mask");
        }
        let zero = self.int(0);
        let (op, args) = match op {
            Op::Add => (Ir::Add, vec![a, b]),
            Op::Sub => (Ir::Sub, vec![a, b]),
            Op::Mul => (Ir::Mul, vec![a, b]),
            Op::Neg => (Ir::Sub, vec![zero, a]),
            Op::BitNot => (Ir::Not, vec![a]),
            Op::BitAnd => (Ir::And, vec![a, b]),
            Op::BitOr => (Ir::Or, vec![a, b]),
            _ => (Ir::Xor, vec![a, b]),
        };
        // Where nothing is lost, the same operation may be known as one of ints.
        self.emit(op, Rep::Word, Type::LOW, &args, 1)
    }

    /// The operand of an operation on low bits.
    fn low_operand(&mut self, word: Instr, v: V) -> V {
        match self.rep(v) {
            Rep::Word => v,
            _ if self.low.as_ref().is_some_and(|chain| chain.positive) => self.word_of(v),
            Rep::Int => v,
            _ if self.expects_word(word, v) => self.word_of(v),
            _ => self.int_of(v),
        }
    }

    /// The bits of a remainder of a constant that is a power of two.
    fn remainder_mask(&self, word: Instr) -> Option<u64> {
        if word.op() != Op::ModK {
            return None;
        }
        let constant = &self.fun.function.consts[usize::from(word.c())];
        let divisor = match constant.what {
            What::BeyondWords => return Some(u64::MAX),
            What::Word(word) => word,
            _ => u64::try_from(constant.ty.int()?).ok()?,
        };
        divisor.is_power_of_two().then(|| divisor - 1)
    }

    /// The chain that begins with the current instruction; nothing if there is none.
    fn find_chain(&self) -> Option<Chain> {
        let function = &self.fun.function;
        if function.flow.handler_at(self.at).is_some() {
            return None;
        }
        let mut sources: Vec<(u16, Source)> = vec![(function.words[self.at].a(), Source::Low)];
        let mut low = vec![self.at];
        let lessens = |at: usize| {
            let op = function.words[at].op();
            matches!(op, Op::Sub | Op::SubK | Op::Neg | Op::BitNot)
        };
        let mut at = flow::after(&function.words, self.at);
        for _ in 0..self.job.limit(MOST_CHAINED) {
            if at >= self.block_end {
                return None;
            }
            let word = function.words[at];
            let source = self.source(word, &sources)?;
            let mut is_mask = false;
            if source == Source::Low {
                low.push(at);
            } else {
                let is_low = |register: u16| sources.contains(&(register, Source::Low));
                is_mask = match word.op() {
                    Op::BitAnd => is_low(word.b()) || is_low(word.c()),
                    Op::ModK => true,
                    _ => false,
                };
            }
            let positive = word.op() == Op::ModK;
            if positive && low.iter().any(|&at| lessens(at)) {
                return None;
            }
            sources.retain(|&(register, _)| register != word.a());
            sources.push((word.a(), source));
            let next = flow::after(&function.words, at);
            let live = function.flow.live_before(next);
            let mut left = sources.iter().filter(|(_, source)| *source == Source::Low);
            if is_mask && left.all(|&(register, _)| !live.contains(register)) {
                return Some(Chain {
                    low,
                    end: at,
                    positive,
                    outer: None,
                });
            }
            if positive {
                return None;
            }
            at = next;
        }
        None
    }

    /// The result of an instruction of a chain; nothing if it must not be in one.
    fn source(&self, word: Instr, sources: &[(u16, Source)]) -> Option<Source> {
        let of = |register: u16| {
            let known = sources.iter().find(|(one, _)| *one == register);
            known.map(|&(_, source)| source)
        };
        let is_low = |register: u16| of(register) == Some(Source::Low);
        let is_mask = |register: u16| match of(register) {
            Some(source) => source == Source::Mask,
            None => self.is_mask(word, register),
        };
        let (b, c) = (word.b(), word.c());
        Some(match word.op() {
            Op::Nop => Source::Other,
            Op::LoadInt if word.sbx() >= 0 => Source::Mask,
            Op::LoadInt => Source::Other,
            Op::LoadK => match self.fun.function.consts[word.bx() as usize].what {
                What::Word(_) => Source::Mask,
                _ if self.fun.function.consts[word.bx() as usize].ty.is_word() => Source::Mask,
                _ => Source::Other,
            },
            Op::GetGlobal => self.global_source(word.bx()),
            Op::Move | Op::Copy => of(b).unwrap_or_else(|| {
                let v = self.env.regs[usize::from(b)];
                match v.is_some_and(|v| self.ty(v).is_word()) {
                    true => Source::Mask,
                    false => Source::Other,
                }
            }),
            Op::AddK | Op::SubK | Op::MulK if is_low(b) || self.outgrew(word) => Source::Low,
            Op::AddK | Op::SubK | Op::MulK => Source::Other,
            Op::Neg | Op::BitNot if is_low(b) => Source::Low,
            Op::Shl if is_low(c) => return None,
            Op::Add | Op::Sub | Op::Mul | Op::Shl
                if is_low(b) || is_low(c) || self.outgrew(word) =>
            {
                Source::Low
            }
            Op::Add | Op::Sub | Op::Mul | Op::Shl => Source::Other,
            Op::BitAnd if is_low(b) && is_mask(c) || is_low(c) && is_mask(b) => Source::Mask,
            Op::BitAnd | Op::BitOr | Op::BitXor if is_low(b) || is_low(c) => Source::Low,
            Op::BitAnd | Op::BitOr | Op::BitXor => Source::Mask,
            Op::ModK if is_low(b) && self.remainder_mask(word).is_some() => Source::Mask,
            Op::Shr if is_low(b) || is_low(c) => return None,
            Op::Shr => Source::Mask,
            _ => return None,
        })
    }

    /// Whether an operation has had a result that is no inline int.
    fn outgrew(&self, word: Instr) -> bool {
        word.flags() & (SEEN_OTHER | SEEN_FLOAT) == SEEN_OTHER
    }

    /// Whether the value of a register before the chain may be a mask.
    fn is_mask(&self, word: Instr, register: u16) -> bool {
        let Some(v) = self.env.regs[usize::from(register)] else {
            return false;
        };
        self.ty(v).is_word() || self.expects_word(word, v)
    }

    fn global_source(&self, number: u32) -> Source {
        let hint = self.job.globals.get(&number);
        let sample = hint.map(|&hint| &self.job.samples[hint as usize]);
        let constant = self.job.constants.get(&number).copied();
        let constant = constant.map(crate::value::Value::from_bits);
        match (constant, sample) {
            (Some(value), _) if value.is_int() && value.as_int() >= 0 => Source::Mask,
            (None, Some(sample)) if sample.kinds == types::BIG => Source::Mask,
            _ => Source::Other,
        }
    }
}
