//! Calls and helpers: no machine register is kept across them.

use super::super::ir::op::LENDS;
use super::super::ir::{MethodCall, Op, Slow};
use super::Emit;
use crate::heap::object::{Kind, SHAPE_BIT, SHARED};
use crate::jit::call_numbers::RuntimeCall;
use crate::jit::regs::*;
use crate::jit::shared_code::CALLED;
use crate::jit::templates::{guard_pointer, lend, next_character, take_back};
use crate::vm::method_cache::{CODE_FACTOR, CODE_SHIFT};
use crate::vm::native::status;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Arguments whose bit in the masks is their own.
const MOST_BORROWED: u32 = 7;

impl<M: Masm> Emit<'_, M> {
    pub fn call(&mut self, op: Op, imm: u64) {
        match op {
            Op::CallDirect => {
                let slow = self.slow_of();
                let proto = imm & !LENDS;
                self.m.mov_address(T0, proto);
                let own = self.g.frames[0].address == proto
                    && matches!(self.job.entry, super::super::job::Entry::Start);
                self.enter(slow.helper, slow.after, own, imm & LENDS != 0);
                self.take_result();
            }
            Op::CallValue => self.call_value(imm),
            Op::CallMethod => {
                let call = self.g.calls[imm as usize].clone();
                self.call_method(&call);
            }
            Op::CallNativeMethod => self.call_native_method(imm),
            Op::Generic => self.helper(),
            Op::GenericStatus => {
                let has = self.m.new_label();
                if imm & 3 == 1 {
                    self.next_character((imm >> 2) as u32, has);
                }
                self.helper();
                if imm & 1 != 0 {
                    self.next_of_generator((imm >> 2) as u32, imm & 2 != 0, has);
                } else {
                    self.m.bind(has);
                }
                self.take_result();
            }
            Op::Skipped => {
                let d = self.result();
                let depth = self.frame_of().depth as i32;
                let pc = Mem::new(FRAME, depth * FRAME_SIZE + FRAME_PC);
                self.m.load(Load::W64, T0, pc);
                self.m.mov_address(T1, imm);
                self.m.set(d, Cond::Ne, W64, T0, T1);
            }
            Op::Poll => self.poll(),
            op => unreachable!("{op:?} has no code"),
        }
    }

    fn take_result(&mut self) {
        if self.a.insts[self.v.index()].result.is_some() {
            let d = self.result();
            self.m.mov(W64, d, T0);
        }
    }

    /// The helper of the instruction at hand.
    fn helper(&mut self) {
        let slow = self.slow_of();
        self.call_stub(&slow);
    }

    /// Cold code that has a helper do the call at hand, and goes on at `done` with the
    /// result in `T0` if it is wanted.
    fn helped(&mut self, done: Label, result: Option<Mem>, slow: &Slow) -> Label {
        let label = self.m.new_label();
        self.m.begin_cold();
        self.m.bind(label);
        self.call_stub(slow);
        if let Some(place) = result {
            self.m.load(Load::W64, T0, place);
        }
        self.m.jump(done);
        self.m.end_cold();
        label
    }

    /// Calls the function whose proto is in `T0`: its window begins at a register, and
    /// the caller goes on at a word. The value is in `T0`. Takes back afterwards what the
    /// caller has lent, if it `lends`.
    fn enter(&mut self, window: u32, back: u32, own: bool, lends: bool) {
        self.write_records();
        let (depth, base, words) = {
            let frame = self.frame_of();
            (frame.depth as i32, frame.window, frame.words)
        };
        self.m.mov_address(T1, words + u64::from(back) * 8);
        let pc = Mem::new(FRAME, depth * FRAME_SIZE + FRAME_PC);
        self.m.store(Size::B8, pc, T1);
        let window = (base + window) as i32 * 8;
        let frames = (depth + 1) * FRAME_SIZE;
        self.m.add(W64, BASE, BASE, window);
        self.m.add(W64, FRAME, FRAME, frames);
        self.restore_constants();
        if own {
            self.m.call_label(self.start);
        } else {
            self.m.call_mem(Mem::new(T0, PROTO_ENTRY));
        }
        self.m.sub(W64, BASE, BASE, window);
        if lends {
            self.m.sub(W64, FRAME, FRAME, FRAME_SIZE);
            take_back(self.m, self.table.take_back);
            if depth != 0 {
                self.m.sub(W64, FRAME, FRAME, depth * FRAME_SIZE);
            }
        } else {
            self.m.sub(W64, FRAME, FRAME, frames);
        }
        if self.job.shows_frame {
            self.m.store(Size::B8, VM_FRAME, FRAME);
        }
    }

    fn call_value(&mut self, imm: u64) {
        let (a, nargs) = (imm as u16, (imm >> 16) as u16);
        let (kept, exposed) = ((imm >> 32) as u8, (imm >> 40) as u8);
        let done = self.m.new_label();
        let slow = self.slow_of();
        let helped = self.helped(done, Some(self.register(u32::from(a))), &slow);
        let callee = A0;
        self.m.load(Load::W64, callee, self.register(u32::from(a)));
        guard_pointer(self.m, callee, helped);
        let kind = Mem::new(callee, HEADER_KIND);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::Function as i64, helped);
        self.m.load(Load::W64, T0, Mem::new(callee, FUNCTION_PROTO));
        let exact = Mem::new(T0, PROTO_EXACT_ARGS);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B4, exact, i64::from(nargs), helped);
        let first = u32::from(a) + 1;
        self.lend_to_unknown(first, nargs.into(), (kept, exposed), helped);
        self.enter(u32::from(a) + 1, slow.after, false, kept | exposed != 0);
        self.m.bind(done);
        self.take_result();
    }

    /// Lends what the function whose proto is in `T0` needs borrowed of the arguments, which
    /// begin at register `first` and are in memory, or branches: it could be one for which
    /// the masks have no bit. Uses `T1` and `A1`.
    fn lend_to_unknown(
        &mut self,
        first: u32,
        nargs: u32,
        (kept, exposed): (u8, u8),
        otherwise: Label,
    ) {
        if kept | exposed == 0 {
            return;
        }
        let places = |this: &Self, mask: u8| -> Vec<Mem> {
            (0..nargs.min(MOST_BORROWED))
                .filter(|number| mask & 1 << number != 0)
                .map(|number| this.register(first + number))
                .collect()
        };
        let (kept_places, exposed_places) = (places(self, kept), places(self, exposed));
        let depth = self.frame_of().depth;
        let lend_all = |m: &mut M, places: &[Mem]| {
            for &place in places {
                m.load(Load::W64, A1, place);
                lend(m, A1, depth);
            }
        };
        let m = &mut *self.m;
        let fine = m.new_label();
        if exposed != 0 {
            let nothing = Mem::new(T0, PROTO_BORROWS_NOTHING);
            m.branch_mem_imm(Cond::Ne, Size::B1, nothing, 0, fine);
            lend_all(m, &exposed_places);
        }
        if kept != 0 {
            // Arguments that the function may write or let escape, as a rule none.
            let owned = m.cold(|m| {
                if nargs > MOST_BORROWED {
                    return m.jump(otherwise);
                }
                lend_all(m, &kept_places);
                m.jump(fine);
            });
            m.load(Load::U8, T1, Mem::new(T0, PROTO_OWNED_PARAMS));
            m.branch_mask(Bits::Set, W32, T1, i32::from(kept), owned);
        }
        m.bind(fine);
    }

    /// A method of receivers of several types: the one in the inline cache, or one found
    /// before, or the one that the helper finds. The value is in memory where that made it.
    fn call_method(&mut self, call: &MethodCall) {
        let slow = self.slow_of();
        let [done, other] = [(); 2].map(|()| self.m.new_label());
        let helped = self.helped(done, Some(self.register(call.window - 1)), &slow);
        let receiver = A0;
        self.m.load(Load::W64, receiver, self.register(call.window));
        guard_pointer(self.m, receiver, other);
        let aux = Mem::new(receiver, HEADER_AUX);
        let shape = call.shape as i32 as i64;
        self.m.branch_mem_imm(Cond::Ne, Size::B4, aux, shape, other);
        let depth = self.frame_of().depth;
        for &number in &call.needed {
            self.m.load(Load::W64, A1, self.register(number));
            lend(self.m, A1, depth);
        }
        if call.shares {
            self.m.load(Load::U8, T1, Mem::new(receiver, HEADER_FLAGS));
            self.m.or(W32, T1, T1, i32::from(SHARED));
            self.m.store(Size::B1, Mem::new(receiver, HEADER_FLAGS), T1);
        }
        self.m.mov_address(T0, call.proto);
        self.enter(call.window, call.back, false, !call.needed.is_empty());
        self.m.bind(done);
        self.take_result();
        // Other receivers.
        let after = slow.after;
        self.m.begin_cold();
        self.m.bind(other);
        if call.arguments >= 7 {
            self.m.jump(helped);
        } else {
            guard_pointer(self.m, receiver, helped);
            self.m.load(Load::U32, T1, Mem::new(receiver, HEADER_AUX));
            self.m
                .branch_bit(Bits::Clear, T1, SHAPE_BIT.trailing_zeros(), helped);
            // The receiver itself is not looked at any more.
            self.entry_of_table(self.job.methods, call.seed, METHOD_SHIFT, receiver);
            self.m
                .branch_mem(Cond::Ne, W32, T1, Mem::new(T0, METHOD_CODE), helped);
            self.m.mov_address(T1, call.name);
            self.m
                .branch_mem(Cond::Ne, W64, T1, Mem::new(T0, METHOD_NAME), helped);
            self.m.load(Load::W64, T0, Mem::new(T0, METHOD_PROTO));
            self.m.branch(Cond::Eq, W64, T0, 0, helped);
            self.m.load(Load::U16, T1, Mem::new(T0, PROTO_MAX_ARGS));
            self.m
                .branch(Cond::Ne, W32, T1, call.arguments as i32, helped);
            if !call.lent.is_empty() {
                let fine = self.m.new_label();
                let nothing = Mem::new(T0, PROTO_BORROWS_NOTHING);
                self.m.branch_mem_imm(Cond::Ne, Size::B1, nothing, 0, fine);
                for &number in &call.lent {
                    self.m.load(Load::W64, receiver, self.register(number));
                    lend(self.m, receiver, depth);
                }
                self.m.bind(fine);
            }
            self.enter(call.window, after, false, !call.lent.is_empty());
            self.m.jump(done);
        }
        self.m.end_cold();
    }

    /// The place of an entry in one of the machine's tables by code and name, in `T0`. The code
    /// is in `T1`; `size` is that of an entry, as a shift. Uses `spare`.
    pub fn entry_of_table(&mut self, table: u64, seed: u32, size: i32, spare: Gpr) {
        self.m.mul(W32, T0, T1, CODE_FACTOR as i32);
        self.m.shr(W32, T0, T0, CODE_SHIFT as i32);
        self.m.xor(W32, T0, T0, seed as i32);
        self.m.shl(W64, T0, T0, size);
        self.m.mov_address(spare, table);
        self.m.add(W64, T0, T0, spare);
    }

    fn call_native_method(&mut self, imm: u64) {
        let (kind, receiver) = (imm as u32, (imm >> 32) as u32);
        let slow = self.slow_of();
        let done = self.m.new_label();
        let any = Slow {
            helper: RuntimeCall::CallMethod as u32,
            ..slow
        };
        let helped = self.helped(done, None, &any);
        self.m.load(Load::W64, A0, self.register(receiver));
        guard_pointer(self.m, A0, helped);
        let place = Mem::new(A0, HEADER_KIND);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, place, i64::from(kind), helped);
        self.helper();
        self.m.bind(done);
    }

    /// The next character of a string, whose loop has its registers in memory, with the
    /// status of the helper; goes on after this for anything else.
    fn next_character(&mut self, a: u32, has: Label) {
        let [subject, cursor, element] = [a, a + 1, a + 3].map(|number| self.register(number));
        let (helper, over) = (self.m.new_label(), self.m.new_label());
        self.m.load(Load::W64, A0, subject);
        guard_pointer(self.m, A0, helper);
        let kind = Mem::new(A0, HEADER_KIND);
        let string = Kind::String as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, string, helper);
        self.m.load(Load::W64, A1, cursor);
        next_character(self.m, (A0, A1), (A2, A3), over, helper);
        self.m.store(Size::B8, element, A2);
        self.m.store(Size::B8, cursor, A3);
        self.m.mov(W32, T0, 1);
        self.m.jump(has);
        self.m.bind(over);
        self.m.mov(W32, T0, 0);
        self.m.jump(has);
        self.m.bind(helper);
    }

    /// After the helper of a loop: what a generator has given is stored, and `T0` says
    /// whether there was something.
    fn next_of_generator(&mut self, a: u32, two: bool, has: Label) {
        let [index, first, second] = [a + 1, a + 3, a + 4].map(|number| self.register(number));
        let resumed = self.m.cold(|m| {
            let left = m.cold(|m| {
                m.mov(W32, T0, 0);
                m.jump(has);
            });
            m.branch(Cond::Ne, W64, T1, status::YIELDED, left);
            m.load(Load::W64, T0, VM_VALUE);
            if two {
                m.load(Load::W64, T1, index);
                m.store(Size::B8, first, T1);
                m.add(W64, T1, T1, 1);
                m.store(Size::B8, index, T1);
                m.store(Size::B8, second, T0);
            } else {
                m.store(Size::B8, first, T0);
            }
            m.mov(W32, T0, 1);
            m.jump(has);
        });
        self.m.branch(Cond::Eq, W64, T0, CALLED, resumed);
        self.m.bind(has);
    }

    /// A safepoint, every sixteenth round if there is a counter.
    fn poll(&mut self) {
        let slow = self.slow_of();
        let (check, due, done) = (self.m.new_label(), self.m.new_label(), self.m.new_label());
        let counter = !self.g.args(self.v).is_empty();
        if counter {
            let counter = self.arg_gpr(0);
            self.m.branch_mask(Bits::Clear, W32, counter, 15, check);
            self.m.begin_cold();
            self.m.bind(check);
        }
        self.m.load(Load::W64, T1, VM_INTERRUPTS);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, Mem::new(T1, 0), 0, due);
        if counter {
            self.m.jump(done);
            self.m.end_cold();
        }
        self.rare(due, done, &slow, |_, _| {});
        self.m.bind(done);
    }
}
