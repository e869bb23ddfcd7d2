//! Jumps, loops, safepoints, leaving the function.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::super::shared_code::{CALLED, plain_frame};
use super::Compiler;
use super::emit::{restore, store_state};
use super::state::{Entry, State, Type};
use crate::bytecode::op::{CHAIN, INCLUSIVE, LEND, SEEN_OTHER, SHARE};
use crate::bytecode::{Instr, Op};
use crate::heap::object::{Kind, LOAN, LOANS, SHARED};
use crate::jit::templates::{
    add_loan, end_loan, guard_pointer, next_character, unless_value_object,
};
use crate::value::Value;
use crate::vm::native::status;
use ruff_asm::prelude::*;
use ruff_asm::{CodePtr, Label};

impl<M: Masm> Compiler<'_, M> {
    /// Where a jump of the current instruction leads.
    pub fn jump_target(&self, offset: i32) -> usize {
        (self.after as i64 + offset as i64) as usize
    }

    /// Where the jump word after the current instruction leads.
    pub fn branch_target(&self) -> usize {
        (self.after as i64 + 1 + self.words[self.after].sbx() as i64) as usize
    }

    /// Takes the jump word after the instruction if the status in `T0` is 1, or 0.
    pub fn branch_status(&mut self, if_one: bool) {
        let label = {
            let to = self.branch_target();
            self.edge(to)
        };
        let cond = if if_one { Cond::Ne } else { Cond::Eq };
        self.m.branch(cond, W64, T0, 0, label);
    }

    /// Counts rounds of a loop that goes on at a head: a hot one goes on in better code.
    fn warm(&mut self, head: usize, rounds: i32) {
        if !self.warms {
            return;
        }
        let stub = self.table.helper(RuntimeCall::TierUp);
        let proto = std::ptr::from_ref(self.proto) as u64;
        let state = &self.state;
        let back = self.m.new_label();
        let hot = self.m.cold(|m| {
            let none = m.new_label();
            store_state(m, state);
            super::ask_for_better(m, stub, head, none);
            m.bind(none);
            restore(m, state);
            m.jump(back);
        });
        self.m.mov_address(T1, proto);
        self.m
            .add_mem_branch_negative(W32, Mem::new(T1, PROTO_WARMTH), -rounds, hot);
        self.m.bind(back);
    }

    /// Looks for Ctrl-C and a full heap; an error is before word `place`.
    fn safepoint(&mut self, place: usize) {
        let stub = self.table.helper(RuntimeCall::Poll);
        look_around(self.m, stub, place, &self.state);
    }

    pub fn loop_back(&mut self, word: Instr) {
        let head = self.jump_target(word.sbx());
        self.safepoint(head + 1);
        self.warm(head, 1);
        self.go(head);
    }

    pub fn jump_if(&mut self, word: Instr, a: u32, if_true: bool) {
        let to = self.jump_target(word.sbx());
        let x = self.value(a);
        let kind = self.state.type_of(a);
        let label = self.edge(to);
        if kind == Type::Int {
            let cond = if if_true { Cond::Ne } else { Cond::Eq };
            self.m.branch(cond, W64, x, OFFSET, label);
            return;
        }
        let (jumps, stays) = if if_true {
            (Value::TRUE, Value::FALSE)
        } else {
            (Value::FALSE, Value::TRUE)
        };
        self.m.branch(Cond::Eq, W64, x, jumps.bits(), label);
        if kind == Type::Bool {
            return;
        }
        let slow = self.slow();
        self.m.branch(Cond::Ne, W64, x, stays.bits(), slow.label);
        self.decided_by(RuntimeCall::Truth, slow, if_true, label);
    }

    pub fn jump_if_equal(&mut self, word: Instr, a: u32, value: Value, if_equal: bool) {
        let to = self.jump_target(word.sbx());
        let x = self.value(a);
        let label = self.edge(to);
        let cond = if if_equal { Cond::Eq } else { Cond::Ne };
        self.m.branch(cond, W64, x, value.bits(), label);
    }

    pub fn range_init(&mut self, word: Instr, a: u32) {
        let to = self.jump_target(word.sbx());
        let inclusive = word.flags() & INCLUSIVE != 0;
        if !self.speculate || word.flags() & SEEN_OTHER != 0 {
            self.generic(RuntimeCall::RangeInit, &[a, a + 1, a + 2]);
            return self.go(to);
        }
        let bounds = [a, a + 1, a + 2].map(|reg| (reg, self.value(reg)));
        let d = self.fresh();
        let other = self.side_exit();
        for (reg, bound) in bounds {
            if self.state.type_of(reg) != Type::Int {
                self.m.branch(Cond::Below, W64, bound, TAG, other);
            }
        }
        let [_, (_, end), (_, step)] = bounds;
        if self.state.int(a + 2).is_none_or(|step| step == Value::ZERO) {
            self.m.branch(Cond::Eq, W64, step, OFFSET, other);
        }
        for reg in a..a + 3 {
            self.state.refine(reg, Type::Int);
        }
        if inclusive {
            self.m.add(W64, d, end, 1);
            self.m.branch(Cond::Below, W64, d, TAG, other);
            self.define(a + 1, d, Type::Int);
        }
        self.go(to);
    }

    pub fn iter_init(&mut self, word: Instr, a: u32) {
        let to = self.jump_target(word.sbx());
        let subject = self.value(a);
        let (cursor, spare) = (self.fresh(), self.fresh());
        let slow = self.slow();
        let ready = self.m.new_label();
        self.m.mov(W64, spare, Value::NULL.bits());
        let object = self.m.cold(|m| {
            guard_pointer(m, subject, slow.label);
            let kind = Mem::new(subject, HEADER_KIND);
            let array = Kind::Array as i64;
            m.branch_mem_imm(Cond::Ne, Size::B1, kind, array, slow.label);
            if word.flags() & LEND != 0 {
                m.load(Load::U8, T1, Mem::new(subject, HEADER_FLAGS));
                m.branch_mask(Bits::Set, W32, T1, SHARED as i32, ready);
                m.branch(Cond::AboveEq, W32, T1, LOANS as i64, slow.label);
                m.add(W32, T1, T1, LOAN as i32);
                m.store(Size::B1, Mem::new(subject, HEADER_FLAGS), T1);
                m.mov(W64, spare, subject);
            }
            m.jump(ready);
        });
        self.m.branch(Cond::Below, W64, subject, TAG, object);
        self.m.bind(ready);
        self.m.mov(W64, cursor, OFFSET);
        // A big int becomes an inline one.
        self.state.refine(a, Type::Any);
        self.define(a + 1, cursor, Type::Any);
        self.define(a + 2, spare, Type::Any);
        self.slow_path(slow, RuntimeCall::IterInit);
        self.go(to);
    }

    /// Lends what a register has; another gets what is to be given back.
    pub fn lend(&mut self, word: Instr, a: u32, b: u32) {
        let ty = self.state.type_of(b);
        if word.flags() & CHAIN != 0 || matches!(ty, Type::Int | Type::Float) {
            return self.generic(RuntimeCall::Lend, &[a]);
        }
        let v = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        let done = self.m.new_label();
        self.m.mov(W64, d, Value::NULL.bits());
        guard_pointer(self.m, v, done);
        unless_value_object(self.m, v, done);
        add_loan(self.m, v, done, slow.label);
        self.m.mov(W64, d, v);
        self.m.bind(done);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::Lend);
    }

    /// Ends a loan, unless one of the `parts` registers after it keeps that from ending.
    pub fn give_back(&mut self, word: Instr, a: u32, parts: u32) {
        if parts != 0 || word.flags() & CHAIN != 0 {
            return self.generic(RuntimeCall::GiveBack, &[a]);
        }
        let lent = self.value(a);
        let d = self.fresh();
        end_loan(self.m, lent);
        self.m.mov(W64, d, Value::NULL.bits());
        self.define(a, d, Type::Any);
    }

    pub fn range_next(&mut self, word: Instr, a: u32) {
        let to = self.jump_target(word.sbx());
        let ints = [a, a + 1].map(|reg| self.state.type_of(reg)) == [Type::Int; 2];
        if !ints || self.state.int(a + 2) != Some(Value::int(1)) {
            return self.any_range_next(to, a);
        }
        let at = self.value(a);
        let next = self.fresh();
        let done = self.m.new_label();
        let before = self.state.clone();
        match (self.state.int(a + 1), self.state.find(a + 1)) {
            (Some(end), _) => self.m.branch(Cond::Ge, W64, at, end.bits(), done),
            (None, Some(Entry { gpr: Some(end), .. })) => {
                self.m.branch(Cond::Ge, W64, at, *end, done);
            }
            _ => (self.m).branch_mem(Cond::Ge, W64, at, register(a + 1), done),
        }
        self.m.add(W64, next, at, 1);
        self.define(a, next, Type::Int);
        self.define(a + 3, at, Type::Int);
        self.rarely_safepoint(at, to);
        self.go(to);
        self.leave_loop(before, done, a, 4);
    }

    /// After a loop, where nothing reads its own registers but that of a loan.
    fn leave_loop(&mut self, state: State, done: Label, a: u32, own: u32) {
        self.live = true;
        self.state = state;
        self.m.bind(done);
        self.state.forget_all(a, 2);
        self.state.forget_all(a + 3, own - 3);
    }

    /// [`Compiler::range_next`] where nothing is known.
    fn any_range_next(&mut self, to: usize, a: u32) {
        let (at, end, step) = (self.value(a), self.value(a + 1), self.value(a + 2));
        let next = self.fresh();
        let slow = self.slow();
        let (done, again) = (self.m.new_label(), self.m.new_label());
        let one = Value::int(1).bits();
        self.m.branch(Cond::Ne, W64, step, one, slow.label);
        self.m.branch(Cond::Ge, W64, at, end, done);
        self.m.add(W64, next, at, 1);
        self.define(a, next, Type::Int);
        self.define(a + 3, at, Type::Int);
        let slow_call = self.slow_call(RuntimeCall::RangeNext);
        let exit = self.new_side_exit(State::default().leaving_at(to));
        let state = &self.state;
        self.m.cold(|m| {
            m.bind(slow.label);
            store_state(m, &slow.before);
            slow_call.call(m);
            let left = m.cold(|m| {
                restore(m, &slow.before);
                m.jump(done);
            });
            m.branch(Cond::Eq, W64, T0, 0, left);
            // The elements of a range beyond the inline ints are other ints.
            let other = m.cold(|m| exit.emit(m));
            m.load(Load::W64, T0, register(a));
            m.load(Load::W64, T1, register(a + 3));
            m.and(W64, T0, T0, T1);
            m.branch(Cond::Below, W64, T0, TAG, other);
            restore(m, state);
            m.jump(again);
        });
        self.m.bind(again);
        self.rarely_safepoint(at, to);
        self.go(to);
        self.leave_loop(slow.before, done, a, 4);
    }

    /// A safepoint every sixteenth round of a counted loop.
    fn rarely_safepoint(&mut self, counter: Gpr, head: usize) {
        let (place, stub) = (self.after, self.table.helper(RuntimeCall::Poll));
        let back = self.m.new_label();
        let check = self.m.new_label();
        self.m.branch_mask(Bits::Clear, W32, counter, 15, check);
        self.m.begin_cold();
        self.m.bind(check);
        look_around(self.m, stub, place, &self.state);
        self.warm(head, 16);
        self.m.jump(back);
        self.m.end_cold();
        self.m.bind(back);
    }

    pub fn iter_next(&mut self, word: Instr, op: Op, a: u32) {
        let to = self.jump_target(word.sbx());
        // With two variables the first one gets the key.
        let two = op == Op::IterNext2;
        let element = a + 3 + u32::from(two);
        let (subject, at) = (self.value(a), self.value(a + 1));
        let (d, next) = (self.fresh(), self.fresh());
        let slow = self.slow();
        let (done, again) = (self.m.new_label(), self.m.new_label());
        let int = self.m.cold(|m| {
            m.branch(Cond::Ge, W64, at, subject, done);
            m.mov(W64, d, at);
            m.add(W64, next, at, 1);
            m.jump(again);
        });
        self.m.branch(Cond::AboveEq, W64, subject, TAG, int);
        let kind = Mem::new(subject, HEADER_KIND);
        let other = if two {
            slow.label
        } else {
            self.m.cold(|m| {
                let string = Kind::String as i64;
                m.branch_mem_imm(Cond::Ne, Size::B1, kind, string, slow.label);
                next_character(m, (subject, at), (d, next), done, slow.label);
                m.jump(again);
            })
        };
        let array = Kind::Array as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, array, other);
        self.m.sub(W64, T0, at, OFFSET);
        self.m.load(Load::U32, T1, Mem::new(subject, ARRAY_LEN));
        self.m.branch(Cond::AboveEq, W64, T0, T1, done);
        self.m.load(Load::W64, T1, Mem::new(subject, ARRAY_PTR));
        self.m.load(Load::W64, d, Mem::word(T1, T0, 0));
        self.m.add(W64, next, at, 1);
        if word.flags() & SHARE != 0 {
            self.share(d);
        }
        self.m.bind(again);
        self.define(a + 1, next, Type::Any);
        if two {
            self.define(a + 3, at, Type::Any);
        }
        self.define(element, d, Type::Any);
        let slow_call = self.slow_call(RuntimeCall::IterNext);
        let (stub, place) = (self.table.helper(RuntimeCall::Poll), self.after);
        let state = &self.state;
        self.m.cold(|m| {
            m.bind(slow.label);
            store_state(m, &slow.before);
            slow_call.call(m);
            let left = m.cold(|m| {
                restore(m, &slow.before);
                m.jump(done);
            });
            m.branch(Cond::Eq, W64, T0, 0, left);
            let has = m.new_label();
            let resumed = m.cold(|m| {
                m.branch(Cond::Ne, W64, T1, status::YIELDED, left);
                m.load(Load::W64, T0, VM_VALUE);
                m.store(Size::B8, register(element), T0);
                if two {
                    m.load(Load::W64, T1, register(a + 1));
                    m.store(Size::B8, register(a + 3), T1);
                    m.add(W64, T1, T1, 1);
                    m.store(Size::B8, register(a + 1), T1);
                }
                m.jump(has);
            });
            m.branch(Cond::Eq, W64, T0, CALLED, resumed);
            m.bind(has);
            // Everything is in memory here.
            look_around(m, stub, place, &State::default());
            restore(m, state);
            m.jump(again);
        });
        self.rarely_safepoint(next, to);
        self.go(to);
        self.leave_loop(slow.before, done, a, element - a + 1);
    }

    pub fn return_register(&mut self, word: Instr, a: u32) {
        let value = self.value(a);
        self.mark(word, a, value);
        self.return_value(Some(value));
    }

    /// Returns the value, or null.
    pub fn return_value(&mut self, value: Option<Gpr>) {
        // The caller of a method takes the receiver from its register.
        if self.proto.is_method {
            let entry = self.state.find(0).copied();
            if let Some(entry) = entry.filter(|entry| entry.dirty) {
                let first = super::state::State {
                    entries: vec![entry],
                };
                store_state(self.m, &first);
            }
        }
        match value {
            Some(value) => self.m.mov(W64, T0, value),
            None => self.m.mov(W64, T0, Value::NULL.bits()),
        }
        self.leave(false);
    }

    /// Leaves the function with the value in `T0`.
    pub fn leave(&mut self, yielded: bool) {
        if self.generator {
            let status = if yielded {
                status::YIELDED
            } else {
                status::RETURNED
            };
            self.m.mov(W64, T1, status);
        }
        self.m.epilogue(&plain_frame());
        self.m.ret();
        self.live = false;
    }
}

/// A safepoint: does what there is to do, and leaves everything where it was. Uses `T1`.
fn look_around<M: Masm>(m: &mut M, stub: CodePtr, place: usize, state: &State) {
    let back = m.new_label();
    let poll = m.cold(|m| {
        store_state(m, state);
        m.mov(W32, T0, place as i32);
        m.call_code(stub);
        restore(m, state);
        m.jump(back);
    });
    m.load(Load::W64, T1, VM_INTERRUPTS);
    m.branch_mem_imm(Cond::Ne, Size::B1, Mem::new(T1, 0), 0, poll);
    m.bind(back);
}
