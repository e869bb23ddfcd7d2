//! Calls on rare paths, which keep every machine register.

use super::super::alloc::{FLOAT, Loc};
use super::super::ir::{B, F, Frame, Op, Rep, S, Slow, V};
use super::super::tables::flags_of;
use super::{Emit, X0};
use crate::jit::call_numbers::RuntimeCall;
use crate::jit::regs::*;
use crate::value::Value;
use ruff_asm::prelude::*;
use ruff_asm::reg::FLOATS;
use ruff_asm::{CodePtr, Label};

impl<M: Masm> Emit<'_, M> {
    /// The call that the instruction at hand has.
    pub fn slow_of(&self) -> Slow {
        let slow = self.g.inst(self.v).slow.expect("it has one");
        self.g.slows[slow as usize].clone()
    }

    /// The frame that the instruction at hand belongs to.
    pub fn frame_of(&self) -> &Frame {
        self.g.frame(self.g.inst(self.v).site.frame)
    }

    /// A register of that frame.
    pub fn register(&self, number: u32) -> Mem {
        crate::jit::regs::register(self.frame_of().window + number)
    }

    /// Writes the records of the inlined frames that the instruction at hand is in, but
    /// for the place in the innermost, and those that memory has. Uses `T1`.
    pub fn write_records(&mut self) {
        let g = self.g;
        let frame = g.inst(self.v).site.frame;
        let written = g.frame(g.common_frame(frame, self.settled)).depth;
        let frames = g.frames_to(frame);
        for pair in frames[written as usize..].windows(2) {
            let [outer, inner] = pair else { continue };
            let (_, back) = inner.caller.expect("it is inlined");
            let record =
                |field: i32, depth: u32| Mem::new(FRAME, depth as i32 * FRAME_SIZE + field);
            self.m.mov_address(T1, outer.words + u64::from(back) * 8);
            self.m.store(Size::B8, record(FRAME_PC, outer.depth), T1);
            self.m.mov_address(T1, inner.address);
            self.m.store(Size::B8, record(FRAME_PROTO, inner.depth), T1);
            self.m.add(W64, T1, BASE, inner.window as i32 * 8);
            self.m.store(Size::B8, record(FRAME_BASE, inner.depth), T1);
            let flags = i64::from(flags_of(inner.returns));
            let place = record(FRAME_BORROWS, inner.depth);
            self.m.store_imm(Size::B8, place, flags << 32);
        }
    }

    /// The innermost frame whose record memory has, with those of its callers, at the start
    /// of a block that is about to be written.
    pub fn settled_before(&self, b: B) -> F {
        let (outermost, block) = (F(0), self.g.block(b));
        if self.g.entries.iter().any(|&(_, entry)| entry == b) {
            return outermost;
        }
        let before = |pred: &B| self.settled_after[pred.index()].unwrap_or(outermost);
        let all = block.preds.iter().map(before);
        all.reduce(|a, b| self.g.common_frame(a, b))
            .unwrap_or(outermost)
    }

    /// Notes that the instruction at hand has been written: its calls leave the records of
    /// its frame and of its callers, and nothing is known of frames above.
    pub fn settle(&mut self) {
        let inst = self.g.inst(self.v);
        let always = matches!(
            inst.op,
            Op::CallDirect | Op::CallValue | Op::CallMethod | Op::CallNativeMethod | Op::Generic
        );
        if always {
            self.settled = inst.site.frame;
        } else if inst.slow.is_some() {
            self.settled = self.g.common_frame(self.settled, inst.site.frame);
        }
    }

    /// Calls a helper's stub for the instruction at hand, in the frame that this belongs
    /// to.
    pub fn call_stub(&mut self, slow: &Slow) {
        self.write_records();
        let stub = self.stub(slow.helper);
        let (depth, window) = (self.frame_of().depth as i32, self.frame_of().window as i32);
        if depth != 0 {
            self.m.add(W64, BASE, BASE, window * 8);
            self.m.add(W64, FRAME, FRAME, depth * FRAME_SIZE);
        }
        self.restore_constants();
        self.m.mov(W32, T0, slow.after as i32);
        self.m.call_code(stub);
        if depth != 0 {
            self.m.sub(W64, BASE, BASE, window * 8);
            self.m.sub(W64, FRAME, FRAME, depth * FRAME_SIZE);
        }
    }

    fn stub(&self, helper: u32) -> CodePtr {
        self.table.helper(RuntimeCall::ALL[helper as usize])
    }

    /// The instruction's rare path begins at `label`: the helper does the instruction, and
    /// code goes on at `done` with the result.
    pub fn slow_path(&mut self, label: Label, done: Label) {
        let slow = self.slow_of();
        let result = self.a.insts[self.v.index()].result;
        self.rare(label, done, &slow, |this, slow| {
            if let (Some(register), Some(result)) = (slow.result, result) {
                let to = this.general[usize::from(result)];
                let place = this.register(u32::from(register));
                this.m.load(Load::W64, to, place);
            }
        });
    }

    /// A rare path with something of its own to do after the call.
    pub fn rare(
        &mut self,
        label: Label,
        done: Label,
        slow: &Slow,
        after: impl FnOnce(&mut Self, &Slow),
    ) {
        self.rare_with(label, done, slow, |_| {}, after);
    }

    /// The same with something to do before the call, which may use `T0` and `T1`.
    pub fn rare_with(
        &mut self,
        label: Label,
        done: Label,
        slow: &Slow,
        before: impl FnOnce(&mut Self),
        after: impl FnOnce(&mut Self, &Slow),
    ) {
        self.rare_then(label, slow, before, after, |this| this.m.jump(done));
    }

    /// The same with something else to do at the end than going on at `done`.
    pub fn rare_then(
        &mut self,
        label: Label,
        slow: &Slow,
        before: impl FnOnce(&mut Self),
        after: impl FnOnce(&mut Self, &Slow),
        end: impl FnOnce(&mut Self),
    ) {
        self.m.begin_cold();
        self.m.bind(label);
        let live = self.a.insts[self.v.index()].live.clone();
        for (number, &register) in live.iter().enumerate() {
            self.store_slot(self.a.slot_count + number as u32, register);
        }
        if let Some(flush) = slow.flush {
            self.flush(flush);
        }
        before(self);
        self.call_stub(slow);
        after(self, slow);
        for (number, &register) in live.iter().enumerate() {
            let place = self.slot(self.a.slot_count + number as u32);
            if register >= FLOAT {
                let fpr = FLOATS[usize::from(register - FLOAT)];
                self.m.load_float(fpr, place);
            } else {
                let gpr = self.general[usize::from(register)];
                self.m.load(Load::W64, gpr, place);
            }
        }
        end(self);
        self.m.end_cold();
    }

    /// Stores what is to be in memory before a call. Uses `T1`.
    fn flush(&mut self, state: S) {
        for (number, v) in self.g.state(state).regs.clone() {
            let from = match self.g.inst(v).op {
                Op::Later => {
                    self.sum(v);
                    self.add_offset(T1, T1);
                    T1
                }
                _ => self.boxed(v, self.state_loc(v)),
            };
            let place = self.register(u32::from(number));
            self.m.store(Size::B8, place, from);
        }
    }

    /// Calculates an int that only states have, into `T1`.
    fn sum(&mut self, v: V) {
        let (of, by) = (self.g.arg(v, 0), self.g.inst(self.g.arg(v, 1)).imm);
        match self.g.inst(of).op {
            Op::Later => self.sum(of),
            _ => self.load_to(T1, of, self.state_loc(of)),
        }
        self.m.add(W64, T1, T1, by as i32);
    }

    fn state_loc(&self, v: V) -> Loc {
        let given = &self.a.insts[self.v.index()];
        let found = given.states.iter().find(|(value, _)| *value == v);
        found.expect("the allocator has placed it").1
    }

    /// A value boxed, in a register: its own, or `T1`.
    fn boxed(&mut self, v: V, loc: Loc) -> Gpr {
        let rep = self.g.inst(v).rep;
        if let (Loc::Reg(register), Rep::Tagged) = (loc, rep) {
            return self.general[usize::from(register)];
        }
        match (rep, loc) {
            (Rep::Float, Loc::Reg(register)) => {
                let fpr = FLOATS[usize::from(register - FLOAT)];
                self.box_float(T1, fpr);
            }
            (Rep::Float, Loc::Slot(of)) => {
                let place = self.slot_of(of);
                self.m.load_float(X0, place);
                self.box_float(T1, X0);
            }
            (Rep::Float, Loc::Const(_)) => {
                let value = Value::float(f64::from_bits(self.g.inst(v).imm));
                self.m.mov(W64, T1, value.bits());
            }
            (Rep::Int, Loc::Const(_)) => {
                // One that is no inline int has its box; after a guard that it never
                // passes, any value will do.
                let value = Value::try_int(self.g.inst(v).imm as i64).unwrap_or(Value::NULL);
                self.m.mov(W64, T1, value.bits());
            }
            (Rep::Int, loc) => {
                self.load_to(T1, v, loc);
                self.add_offset(T1, T1);
            }
            (Rep::Bool, loc) => {
                self.load_to(T1, v, loc);
                self.m.add(W64, T1, T1, Value::FALSE.bits() as i32);
            }
            (_, loc) => self.load_to(T1, v, loc),
        }
        T1
    }

    /// The rare path of boxing an int begins at `label`: a helper makes the object.
    pub fn boxed_by_helper(&mut self, label: Label, done: Label, to: Gpr, from: Gpr) {
        let slow = self.slow_of();
        self.rare_with(
            label,
            done,
            &slow,
            |this| this.m.store(Size::B8, VM_VALUE, from),
            |this, _| this.m.load(Load::W64, to, VM_VALUE),
        );
    }
}
