//! Loops over ranges and containers, safepoints.

use super::super::ir::types::{self, Type};
use super::super::ir::{Op as Ir, Rep, Slow, V};
use super::{Builder, Heap, Way};
use crate::bytecode::op::{CHAIN, INCLUSIVE, LEND, SEEN_NO_ARRAY, SEEN_OTHER};
use crate::bytecode::{Instr, Op};
use crate::heap::object::Kind;
use crate::jit::call_numbers::RuntimeCall;
use crate::value::INT_MAX;

impl Builder<'_> {
    /// A safepoint; an error is at word `at`. With a counter only every sixteenth
    /// round.
    pub fn poll(&mut self, at: usize, counter: Option<V>) {
        let args: Vec<V> = counter.into_iter().collect();
        let (here, next) = (self.at, self.next);
        (self.at, self.next) = (at, at + 1);
        if counter.is_some() {
            (self.at, self.next) = (here, next);
        }
        let slow = self.slow(RuntimeCall::Poll, &[], None);
        (self.at, self.next) = (here, next);
        let v = self.append(Ir::Poll, Rep::None, Type::of(0), &args, 0);
        self.with_slow(v, slow);
    }

    /// Goes on building in one of two ways.
    fn in_taken(&mut self, way: Way, build: impl FnOnce(&mut Self)) -> Way {
        match way {
            Way::Branch((b, env), other) => {
                (self.cur, self.env) = (b, env);
                build(self);
                Way::Branch((self.cur, self.env.clone()), other)
            }
            Way::To(0) => {
                build(self);
                way
            }
            way => way,
        }
    }

    pub fn range_init(&mut self, word: Instr, a: u16) {
        if self.is_denied() || word.flags() & SEEN_OTHER != 0 {
            return self.generic(RuntimeCall::RangeInit);
        }
        let [start, mut end, step] = [a, a + 1, a + 2].map(|register| {
            let v = self.reg(register);
            self.inline_int_of(v)
        });
        let (low, high) = self.ty(step).bounds();
        if low <= 0 && high >= 0 {
            self.check(Ir::GuardNotZero, &[step], 0);
        }
        if word.flags() & INCLUSIVE != 0 {
            if self.ty(end).bounds().1 == INT_MAX {
                self.check(Ir::GuardNot, &[end], INT_MAX as u64);
                end = self.narrowed(end, Type::range(i64::MIN, INT_MAX - 1));
            }
            let one = self.int(1);
            end = self.add(end, one);
        }
        self.set(a, start);
        self.set(a + 1, end);
        self.set(a + 2, step);
    }

    pub fn range_next(&mut self, a: u16) -> Way {
        let (at, end, step) = (self.reg(a), self.reg(a + 1), self.reg(a + 2));
        let step = match self.ty(step).int() {
            Some(step) if !self.is_denied() => step,
            _ => {
                let status = self.generic_status(RuntimeCall::RangeNext);
                let way = self.by_status(status, true);
                return self.in_taken(way, |this| this.poll(this.at, None));
            }
        };
        let at = self.inline_int_of(at);
        let end = self.inline_int_of(end);
        let more = self.compare_ints(if step > 0 { 0 } else { 2 }, at, end);
        let way = self.branch(more, true);
        self.in_taken(way, |this| {
            let at = this.reg(a);
            let at = this.int_of(at);
            let by = this.int(step);
            let mut next = this.add(at, by);
            if !this.ty(next).is_inline() {
                // Either way the loop is over.
                let (op, end) = if step > 0 {
                    (Ir::Min, this.reg(a + 1))
                } else {
                    (Ir::Max, this.reg(a + 1))
                };
                let end = this.int_of(end);
                let ty = this.ty(next).both(Type::INLINE);
                next = this.emit(op, Rep::Int, ty, &[next, end], 0);
            }
            this.set(a, next);
            this.set(a + 3, at);
            this.poll(this.at, if step == 1 { Some(at) } else { None });
        })
    }

    pub fn iter_init(&mut self, word: Instr, a: u16) {
        let v = self.reg(a);
        let ty = self.ty(v);
        let array =
            self.seems(v, types::ARRAY) && word.flags() & SEEN_NO_ARRAY == 0 && !self.is_denied();
        if ty.is_int() && ty.is_inline() || array {
            let mut loan = self.null();
            if !ty.is_int() {
                let v = self.tagged(v);
                let v = self.guard(Ir::GuardKind, v, Type::of(types::ARRAY), Kind::Array as u64);
                if word.flags() & LEND != 0 {
                    let slow = self.slow(RuntimeCall::IterInit, &[a], Some(a + 2));
                    self.env.mem[usize::from(a) + 1] = None;
                    loan = self.loan(v, slow);
                }
            }
            let zero = self.int(0);
            self.set(a + 1, zero);
            self.set(a + 2, loan);
            return;
        }
        self.generic(RuntimeCall::IterInit);
    }

    pub fn iter_next(&mut self, word: Instr, a: u16) -> Way {
        let (subject, cursor) = (self.reg(a), self.reg(a + 1));
        let ty = self.ty(subject);
        let int = ty.is_int();
        let array = self.seems(subject, types::ARRAY) && word.flags() & SEEN_NO_ARRAY == 0;
        if self.is_denied() || !int && !array {
            return self.any_iter_next(word, a);
        }
        let subject = if int {
            self.int_of(subject)
        } else {
            let v = self.tagged(subject);
            self.guard(Ir::GuardKind, v, Type::of(types::ARRAY), Kind::Array as u64)
        };
        let cursor = self.int_of(cursor);
        if self.ty(cursor).bounds().0 < 0 {
            self.check(Ir::GuardNotNegative, &[cursor], 0);
            self.narrowed(cursor, Type::range(0, i64::MAX));
        }
        let end = if int {
            subject
        } else {
            self.length_of(subject)
        };
        let cursor = self.reg(a + 1);
        let cursor = self.int_of(cursor);
        let more = self.compare_ints(0, cursor, end);
        let way = self.branch(more, true);
        self.in_taken(way, |this| {
            let cursor = this.reg(a + 1);
            let cursor = this.int_of(cursor);
            let element = if int {
                cursor
            } else {
                let array = this.reg(a);
                let v = this.element_of(array, cursor);
                this.marked_part(word, array, v)
            };
            let one = this.int(1);
            let next = this.add(cursor, one);
            this.set(a + 1, next);
            let mut variables = a + 3;
            if word.op() == Op::IterNext2 {
                this.set(variables, cursor);
                variables += 1;
            }
            this.set(variables, element);
            // The one that is alive anyway.
            let counter = if word.op() == Op::IterNext2 {
                cursor
            } else {
                next
            };
            this.poll(this.at, Some(counter));
        })
    }

    pub fn any_iter_next(&mut self, word: Instr, a: u16) -> Way {
        let two = word.op() == Op::IterNext2;
        let status = self.generic_status(RuntimeCall::IterNext);
        self.g.insts[status.index()].imm = u64::from(a) << 2 | 1 | u64::from(two) << 1;
        self.lost_from(a + 3);
        for register in a + 3..a + 4 + u16::from(two) {
            self.load_again(register);
        }
        let way = self.by_status(status, true);
        self.in_taken(way, |this| this.poll(this.at, None))
    }

    /// Lends what a register has; another gets what is to be given back.
    pub fn lend(&mut self, word: Instr, a: u16, b: u16) {
        let v = self.reg(b);
        if word.flags() & CHAIN != 0 {
            return self.generic(RuntimeCall::Lend);
        }
        if !self.ty(v).may_be(types::SHAREABLE) {
            let null = self.null();
            return self.set(a, null);
        }
        let v = self.tagged(v);
        let slow = self.slow(RuntimeCall::Lend, &[b], Some(a));
        let loan = self.loan(v, slow);
        self.set(a, loan);
    }

    /// Lends a value: gives what is to be given back.
    fn loan(&mut self, v: V, slow: Slow) -> V {
        let ty = Type::of(self.ty(v).kinds & types::SHAREABLE | types::NULL);
        let loan = self.append(Ir::Loan, Rep::Tagged, ty, &[v], 0);
        self.with_slow(loan, slow);
        self.wrote(Heap::Marks);
        loan
    }

    pub fn give_back(&mut self, word: Instr, a: u16, parts: u16) {
        let v = self.reg(a);
        if self.ty(v).is(types::NULL) {
            return;
        }
        if parts != 0 || word.flags() & CHAIN != 0 {
            return self.generic(RuntimeCall::GiveBack);
        }
        let v = self.tagged(v);
        self.append(Ir::GiveBack, Rep::None, Type::of(0), &[v], 0);
        self.wrote(Heap::Marks);
        let null = self.null();
        self.set(a, null);
    }
}
