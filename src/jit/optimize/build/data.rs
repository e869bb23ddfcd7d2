//! Registers, states, conversions, and the copies and stores of bytecode.

use super::super::ir::types::{self, Type};
use super::super::ir::{Leaves, Op, Rep, S, Slow, State, V};
use super::super::job::{PART, starts};
use super::super::known::SampleId;
use super::{Builder, Heap};
use crate::bytecode::op::{ASSIGNED, LAST_USE, SHARE, SHARE_BORROWED};
use crate::bytecode::{Instr, Op as BytecodeOp};
use crate::jit::call_numbers::RuntimeCall;
use crate::value::Value;

impl Builder<'_> {
    /// Whether nothing is to be expected of the current instruction.
    pub fn is_denied(&self) -> bool {
        let number = self.fun.function.number;
        self.job.is_denied(number, self.at as u32)
    }

    /// Whether nothing is to be expected of what the current instruction finds in objects.
    pub fn is_part_denied(&self) -> bool {
        let number = self.fun.function.number;
        self.job.is_denied(number, self.at as u32 | PART)
    }

    /// The sample of what a value was when the job was made.
    pub fn hint_of(&self, v: V) -> Option<SampleId> {
        self.hints.get(&self.root_of(v)).copied()
    }

    pub fn set_hint(&mut self, v: V, hint: Option<SampleId>) {
        if let Some(hint) = hint {
            let root = self.root_of(v);
            self.hints.entry(root).or_insert(hint);
        }
    }

    /// Whether a value is expected to be of these kinds: it may be, and was, if anything
    /// is known of that.
    pub fn seems(&self, v: V, kinds: u32) -> bool {
        let was = self.hint_of(v).map(|hint| &self.job.samples[hint as usize]);
        self.ty(v).may_be(kinds) && was.is_none_or(|sample| sample.kinds & kinds != 0)
    }

    /// Whether a value was of these kinds and of no others, as far as that is known.
    pub fn was(&self, v: V, kinds: u32) -> bool {
        let was = self.hint_of(v).map(|hint| &self.job.samples[hint as usize]);
        was.is_some_and(|sample| sample.kinds & !kinds == 0)
    }

    /// The value of a register.
    pub fn reg(&mut self, register: u16) -> V {
        match self.env.regs[usize::from(register)] {
            Some(v) => v,
            None => self.load_again(register),
        }
    }

    /// A register that has a value in memory only.
    pub fn load_again(&mut self, register: u16) -> V {
        let offset = u64::from(register) + u64::from(self.window());
        let v = self.append(Op::LoadReg, Rep::Tagged, Type::MAYBE, &[], offset);
        self.env.regs[usize::from(register)] = Some(v);
        self.env.mem[usize::from(register)] = Some(v);
        v
    }

    pub fn window(&self) -> u32 {
        self.g.frames[self.fun.frame.0 as usize].window
    }

    pub fn set(&mut self, register: u16, v: V) {
        self.env.regs[usize::from(register)] = Some(v);
    }

    /// The state before the current instruction.
    pub fn state(&mut self) -> S {
        if let Some(state) = self.restart.or(self.state) {
            return state;
        }
        let live = self.fun.function.flow.live_before(self.at);
        let regs = live.iter().filter_map(|register| {
            let v = self.env.regs[usize::from(register)]?;
            (!self.is_stored(register)).then_some((register, v))
        });
        let state = State {
            frame: self.fun.frame,
            at: self.at as u32,
            regs: regs.collect(),
            parent: self.fun.parent,
            leaves: Leaves::Instruction,
        };
        let state = self.g.add_state(state);
        self.state = Some(state);
        state
    }

    /// Whether memory has the value of a register.
    pub fn is_stored(&self, register: u16) -> bool {
        let register = usize::from(register);
        match (self.env.regs[register], self.env.mem[register]) {
            (Some(v), Some(stored)) => self.boxed_root(v) == self.boxed_root(stored),
            _ => false,
        }
    }

    /// The boxed value that this one is in another form.
    fn boxed_root(&self, v: V) -> V {
        let mut v = self.root_of(v);
        while matches!(
            self.op(v),
            Op::UnboxInt
                | Op::UnboxFloat
                | Op::UnboxWord
                | Op::BoxInt
                | Op::BoxIntChecked
                | Op::BoxFloat
                | Op::BoxWord
        ) {
            v = self.root_of(self.g.arg(v, 0));
        }
        v
    }

    /// Writes a register to memory, if that does not have it.
    pub fn store_register(&mut self, register: u16) {
        if self.is_stored(register) {
            return;
        }
        let Some(v) = self.env.regs[usize::from(register)] else {
            return;
        };
        let boxed = self.tagged(v);
        let offset = u64::from(register) + u64::from(self.window());
        self.append(Op::StoreReg, Rep::None, Type::of(0), &[boxed], offset);
        self.env.mem[usize::from(register)] = Some(boxed);
    }

    /// The registers that others read while the instruction is under way, of which memory
    /// must have the values. Those are the ones that a handler, or the method's caller,
    /// reads if it throws; and if the task may be put aside, all that are read later.
    pub fn held(&self, may_wait: bool) -> Vec<u16> {
        let function = &self.fun.function;
        if may_wait && self.job.waits {
            return self.held_by_task();
        }
        let mut all = Vec::new();
        if let Some(handler) = function.flow.handler_at(self.at) {
            let live = function.flow.live_before(handler.target as usize);
            all.extend(live.iter().filter(|&one| one != handler.register));
        }
        if self.fun.writes_back && !all.contains(&0) {
            all.push(0);
        }
        all
    }

    /// The registers that are live before the instruction, and those that a handler reads.
    fn held_by_task(&self) -> Vec<u16> {
        let function = &self.fun.function;
        let mut all = self.held(false);
        all.extend(function.flow.live_before(self.at).iter());
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The state that a rare call stores first: operands, and what else others read.
    pub fn flush(&mut self, operands: &[u16], may_wait: bool) -> Option<S> {
        let mut all = self.held(may_wait);
        all.extend(operands);
        all.sort_unstable();
        all.dedup();
        let mut regs = Vec::new();
        for register in all {
            if self.is_stored(register) {
                continue;
            }
            let Some(mut v) = self.env.regs[usize::from(register)] else {
                continue;
            };
            if self.rep(v) == Rep::Word || self.rep(v) == Rep::Int && !self.ty(v).is_inline() {
                v = self.tagged(v);
            }
            regs.push((register, v));
        }
        if regs.is_empty() {
            return None;
        }
        // On the rare path memory has these now, on the other it does not.
        for &(register, _) in &regs {
            self.env.mem[usize::from(register)] = None;
        }
        let state = State {
            frame: self.fun.frame,
            at: self.at as u32,
            regs,
            parent: None,
            leaves: Leaves::Instruction,
        };
        Some(self.g.add_state(state))
    }

    /// A call of the instruction's helper on a rare path.
    pub fn slow(&mut self, helper: RuntimeCall, operands: &[u16], result: Option<u16>) -> Slow {
        let flush = self.flush(operands, helper.may_wait());
        if let Some(register) = result {
            self.env.mem[usize::from(register)] = None;
        }
        Slow {
            helper: helper as u32,
            after: self.next as u32,
            flush,
            result,
        }
    }

    /// A value as it is stored.
    pub fn tagged(&mut self, v: V) -> V {
        self.as_rep(v, Rep::Tagged)
    }

    /// A value that is about to be stored in an object. An int is expected to be an inline
    /// one there, so that the store needs no write barrier.
    pub fn storable(&mut self, v: V) -> V {
        let ty = self.ty(v);
        if self.rep(v) != Rep::Int || ty.is_inline() || self.is_denied() {
            return self.tagged(v);
        }
        let ty = ty.both(Type::INLINE);
        self.emit_checked(Op::BoxIntChecked, Rep::Tagged, ty, &[v], 0)
    }

    /// A value in a representation that its type has.
    pub fn as_rep(&mut self, v: V, rep: Rep) -> V {
        match (self.rep(v), rep) {
            (a, b) if a == b => v,
            (Rep::Int, Rep::Tagged) if self.ty(v).is_inline() => {
                let ty = self.ty(v);
                self.emit(Op::BoxInt, Rep::Tagged, ty, &[v], 0)
            }
            (Rep::Int, Rep::Tagged) => self.box_beyond(Op::BoxInt, RuntimeCall::NewInt, v),
            (Rep::Word, Rep::Tagged) => self.box_beyond(Op::BoxWord, RuntimeCall::NewWord, v),
            (Rep::Int, Rep::Word) => self.emit(Op::AsWord, Rep::Word, Type::WORD, &[v], 0),
            (Rep::Tagged, Rep::Word) => {
                let int = self.as_rep(v, Rep::Int);
                self.as_rep(int, Rep::Word)
            }
            (Rep::Float, Rep::Tagged) => self.emit(Op::BoxFloat, Rep::Tagged, Type::FLOAT, &[v], 0),
            (Rep::Bool, Rep::Tagged) => self.emit(Op::BoxBool, Rep::Tagged, Type::BOOL, &[v], 0),
            (Rep::Tagged, Rep::Int) => {
                let ty = self.ty(v).both(Type::INLINE);
                self.emit(Op::UnboxInt, Rep::Int, ty, &[v], 0)
            }
            (Rep::Tagged, Rep::Float) => {
                self.emit(Op::UnboxFloat, Rep::Float, Type::FLOAT, &[v], 0)
            }
            (Rep::Tagged, Rep::Bool) => self.emit(Op::IsTrue, Rep::Bool, Type::BOOL, &[v], 0),
            // No such value can be: its type is empty, and the code never runs.
            (
                Rep::Int | Rep::Word | Rep::Float | Rep::Bool,
                Rep::Int | Rep::Word | Rep::Float | Rep::Bool,
            ) => {
                let tagged = self.as_rep(v, Rep::Tagged);
                self.as_rep(tagged, rep)
            }
            (from, to) => unreachable!("{from:?} as {to:?}"),
        }
    }

    /// Boxes an int that may be beyond the inline ones.
    fn box_beyond(&mut self, op: Op, helper: RuntimeCall, v: V) -> V {
        debug_assert!(self.ty(v).kinds != types::LOW);
        if let Some(bits) = self.object_of(v) {
            return self.constant(bits, Type::of(types::BIG));
        }
        let before = self.g.insts.len();
        let boxed = Type::of(types::INT | types::BIG);
        let boxed = self.emit(op, Rep::Tagged, boxed, &[v], 0);
        if self.g.insts.len() > before {
            let slow = Slow {
                helper: helper as u32,
                after: self.next as u32,
                flush: None,
                result: None,
            };
            self.with_slow(boxed, slow);
        }
        boxed
    }

    /// A register's value as an int; leaves if it is none.
    pub fn int_of(&mut self, v: V) -> V {
        match self.rep(v) {
            Rep::Int => v,
            _ => {
                let v = self.tagged(v);
                let v = if self.ty(v).is_int() {
                    v
                } else {
                    self.guard(Op::GuardInt, v, Type::INLINE, 0)
                };
                let int = self.as_rep(v, Rep::Int);
                self.hold_as(v, int);
                int
            }
        }
    }

    /// Registers that hold a boxed value, hold what is in it now.
    pub fn hold_as(&mut self, v: V, unboxed: V) {
        let root = self.root_of(v);
        for register in &mut self.env.regs {
            if let Some(there) = *register
                && self.root[there.index()] == root
            {
                *register = Some(unboxed);
            }
        }
    }

    /// An int that is an inline one where it is boxed; leaves if it is not.
    pub fn inline_int_of(&mut self, v: V) -> V {
        let int = self.int_of(v);
        if self.ty(int).is_inline() {
            return int;
        }
        let boxed = self.tagged(int);
        self.guard(Op::GuardInt, boxed, Type::INLINE, 0);
        self.narrowed(int, Type::INLINE)
    }

    /// A value as a float, which it is expected to be.
    pub fn float_of(&mut self, v: V) -> V {
        match self.rep(v) {
            Rep::Float => v,
            _ => {
                let v = self.tagged(v);
                let v = if self.ty(v).is_float() {
                    v
                } else {
                    self.guard(Op::GuardFloat, v, Type::FLOAT, 0)
                };
                let float = self.as_rep(v, Rep::Float);
                self.hold_as(v, float);
                float
            }
        }
    }

    /// An int or float as a float.
    pub fn number_of(&mut self, v: V) -> V {
        match self.rep(v) {
            Rep::Float => v,
            Rep::Int => self.emit(Op::IntToFloat, Rep::Float, Type::FLOAT, &[v], 0),
            Rep::Word => self.emit(Op::WordToFloat, Rep::Float, Type::FLOAT, &[v], 0),
            _ if self.ty(v).is_float() => self.as_rep(v, Rep::Float),
            _ if self.ty(v).is_int() => {
                let v = self.as_rep(v, Rep::Int);
                self.number_of(v)
            }
            _ => self.emit_checked(Op::NumberToFloat, Rep::Float, Type::FLOAT, &[v], 0),
        }
    }

    /// A new version of a part of memory.
    pub fn wrote(&mut self, heap: Heap) {
        self.versions += 1;
        self.env.heaps[heap.index()] = self.versions;
    }

    /// Notes that other code has run, which may have written anything.
    pub fn wrote_all(&mut self) {
        for heap in &mut self.env.heaps {
            self.versions += 1;
            *heap = self.versions;
        }
    }

    /// Memory from a register on has been written by others.
    pub fn lost_from(&mut self, register: u16) {
        for index in usize::from(register)..self.env.mem.len() {
            self.env.mem[index] = None;
            self.env.regs[index] = None;
        }
    }

    /// A helper does the instruction, and writes these registers.
    pub fn generic(&mut self, helper: RuntimeCall) {
        let v = self.generic_call(helper, false);
        debug_assert_eq!(self.rep(v), Rep::None);
    }

    /// The same for a helper whose status decides something.
    pub fn generic_status(&mut self, helper: RuntimeCall) -> V {
        self.generic_call(helper, true)
    }

    fn generic_call(&mut self, helper: RuntimeCall, status: bool) -> V {
        if self.restart.is_some() {
            // It might do what cannot be done again.
            self.unexpected();
        }
        let function = self.fun.function.clone();
        let (mut reads, mut writes) = (Vec::new(), Vec::new());
        function.with_code(|code| {
            code.reads(self.at, &mut |register| reads.push(register));
            code.changes(self.at, &mut |register| writes.push(register));
        });
        for register in reads.into_iter().chain(self.held(helper.may_wait())) {
            self.store_register(register);
        }
        let (op, rep) = if status {
            (Op::GenericStatus, Rep::Int)
        } else {
            (Op::Generic, Rep::None)
        };
        let v = self.append(op, rep, Type::INT, &[], 0);
        let slow = Slow {
            helper: helper as u32,
            after: self.next as u32,
            flush: None,
            result: None,
        };
        self.with_slow(v, slow);
        self.generic += 1 << (3 * self.loops.min(4));
        self.wrote_all();
        for register in writes {
            self.load_again(register);
        }
        v
    }

    /// Marks a value as the instruction's flags say.
    pub fn mark(&mut self, word: Instr, v: V) {
        if word.flags() & (SHARE | SHARE_BORROWED) != 0 {
            let op = if word.flags() & SHARE != 0 {
                Op::Share
            } else {
                Op::ShareBorrowed
            };
            self.mark_by(op, v);
        }
    }

    pub fn mark_by(&mut self, op: Op, v: V) {
        if !self.ty(v).may_be(types::SHAREABLE) {
            return;
        }
        let v = self.tagged(v);
        self.append(op, Rep::None, Type::of(0), &[v], 0);
        self.wrote(Heap::Marks);
    }

    /// Marks a part of an object that has been read.
    pub fn mark_part(&mut self, word: Instr, container: V, part: V) {
        if word.flags() & SHARE == 0 || !self.ty(part).may_be(types::SHAREABLE) {
            return;
        }
        if word.flags() & LAST_USE == 0 {
            return self.mark_by(Op::Share, part);
        }
        let args = [container, part];
        self.append(Op::SharePart, Rep::None, Type::of(0), &args, 0);
        self.wrote(Heap::Marks);
    }

    pub fn copy(&mut self, word: Instr, a: u16, b: u16) {
        let v = self.reg(b);
        self.mark(word, v);
        self.set(a, v);
    }

    pub fn load_constant(&mut self, a: u16, number: usize) {
        let v = self.operand_constant(number as u16);
        self.set(a, v);
    }

    /// A constant in its best form.
    pub fn constant_value(&mut self, bits: u64, ty: Type) -> V {
        let value = Value::from_bits(bits);
        if value.is_int() {
            self.int(value.as_int())
        } else if value.is_float() {
            self.float(value.as_float())
        } else {
            self.constant(bits, ty)
        }
    }

    pub fn get_global(&mut self, word: Instr, a: u16) {
        let number = u64::from(word.bx());
        let mut v = self.emit(Op::LoadGlobal, Rep::Tagged, Type::MAYBE, &[], number);
        self.set_hint(v, self.job.globals.get(&word.bx()).copied());
        if let Some(&bits) = self.job.constants.get(&word.bx())
            && !self.is_denied()
        {
            let v = self.tagged(v);
            self.check(Op::GuardSame, &[v], bits);
            // It is no object.
            let truth = if bits == Value::TRUE.bits() {
                types::TRUE
            } else {
                types::FALSE
            };
            let constant = self.constant_value(bits, Type::of(truth));
            return self.set(a, constant);
        }
        if word.flags() & ASSIGNED != 0 && self.op(v) == Op::LoadGlobal {
            self.g.insts[v.index()].ty = Type::ANY;
        }
        if self.ty(v).may_be(types::ABSENT) {
            if self.is_denied() {
                self.generic(RuntimeCall::GetGlobal);
                return;
            }
            v = self.guard(Op::GuardPresent, v, Type::ANY, 0);
        }
        let tagged = self.tagged(v);
        self.mark_read(word, tagged);
        self.set(a, v);
    }

    /// Checks constants of globals that the function takes low bits by, before all else: a
    /// check where they are read would need all bits of what they are taken of.
    pub fn check_masks(&mut self) {
        let function = self.fun.function.clone();
        let words = &function.words;
        let mut masks: Vec<u32> = starts(words)
            .filter(|&at| function.reached[at] && words[at].op() == BytecodeOp::GetGlobal)
            .filter(|&at| {
                let next = words.get(at + 1);
                let takes = next.filter(|next| next.op() == BytecodeOp::BitAnd);
                takes.is_some_and(|next| [next.b(), next.c()].contains(&words[at].a()))
            })
            .map(|at| words[at].bx())
            .collect();
        masks.sort_unstable();
        masks.dedup();
        for number in masks {
            if let Some(&bits) = self.job.constants.get(&number)
                && !self.is_denied()
            {
                let v = self.emit(Op::LoadGlobal, Rep::Tagged, Type::MAYBE, &[], number.into());
                self.check(Op::GuardSame, &[v], bits);
            }
        }
    }

    fn mark_read(&mut self, word: Instr, v: V) {
        if word.flags() & SHARE != 0 {
            self.mark_by(Op::Share, v);
        }
    }

    pub fn set_global(&mut self, word: Instr, a: u16) {
        let v = self.reg(a);
        let v = self.tagged(v);
        self.mark(word, v);
        let number = u64::from(word.bx());
        self.append(Op::StoreGlobal, Rep::None, Type::of(0), &[v], number);
        // Globals do not alias, but there is one version for all of them.
        self.wrote(Heap::Globals);
        self.enter_load(Op::LoadGlobal, &[], number, v);
    }

    pub fn get_cell(&mut self, word: Instr, a: u16, cell: V) {
        let mut v = self.emit(Op::LoadCell, Rep::Tagged, Type::MAYBE, &[cell], 0);
        if self.ty(v).may_be(types::ABSENT) {
            if word.flags() & ASSIGNED != 0 || self.is_denied() {
                // It only throws.
                if word.flags() & ASSIGNED == 0 {
                    self.generic_undefined(v);
                    return;
                }
                self.g.insts[v.index()].ty = Type::ANY;
            } else {
                v = self.guard(Op::GuardPresent, v, Type::ANY, 0);
            }
        }
        self.mark_read(word, v);
        self.set(a, v);
    }

    /// A cell that was found without a value more than once: it is expected still.
    fn generic_undefined(&mut self, v: V) {
        let v = self.guard(Op::GuardPresent, v, Type::ANY, 0);
        let word = self.fun.function.words[self.at];
        self.mark_read(word, v);
        self.set(word.a(), v);
    }

    pub fn set_cell(&mut self, word: Instr, cell: V, value: V) {
        let value = self.tagged(value);
        self.mark(word, value);
        let args = [cell, value];
        self.append(Op::StoreCell, Rep::None, Type::of(0), &args, 0);
        self.wrote(Heap::Cells);
        self.enter_load(Op::LoadCell, &[cell], 0, value);
    }

    /// A capture of the running closure.
    pub fn capture(&mut self, number: u16) -> V {
        let closure = match self.fun.closure {
            Some(closure) => closure,
            None => {
                let window = u64::from(self.window());
                let ty = Type::of(types::OTHER);
                self.emit(Op::Closure, Rep::Tagged, ty, &[], window)
            }
        };
        let number = u64::from(number);
        self.emit(
            Op::LoadCapture,
            Rep::Tagged,
            Type::MAYBE,
            &[closure],
            number,
        )
    }
}
