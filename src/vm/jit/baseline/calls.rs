//! Calls. A known function is called by its code, whose frame it makes itself;
//! everything else goes through a helper that finds out what is called.

use super::super::helpers::Helper;
use super::super::regs::*;
use super::Compiler;
use super::emit::guard_pointer;
use super::state::Kind;
use crate::bytecode::{Instr, Op};
use crate::heap::object::{Kind as ObjectKind, SHAPE_BIT};
use crate::vm::call::proto_of;
use crate::vm::fields::{CHANGES, NATIVE, NUMBER};
use crate::vm::proto::{Proto, QUIET};
use ruff_asm::prelude::*;

/// Argument count, and the masks of what the caller keeps and exposes.
fn masks(word: Instr) -> (u32, u8, u8) {
    (
        (word.b() & 0xff) as u32,
        word.flags(),
        (word.b() >> 8) as u8,
    )
}

impl<M: Masm> Compiler<'_, M> {
    /// A call that a helper makes. The window begins at register `a`.
    pub fn call_whole(&mut self, helper: Helper, a: u32) {
        self.flush();
        self.call_helper(helper);
        self.state.forget_machine();
        self.state.forget_from(a);
    }

    /// Calls the function whose proto is in `T0`: its arguments are at register
    /// `a + 1`, the caller goes on at word `back`. The value is in `T0`.
    fn enter(&mut self, a: u32, back: usize, own: bool) {
        let pc = self.words.as_ptr() as u64 + back as u64 * 8;
        self.m.mov_address(T1, pc);
        self.m.store(Size::B8, Mem::new(FRAME, FRAME_PC), T1);
        let window = (a as i32 + 1) * 8;
        self.m.add(W64, BASE, BASE, window);
        self.m.add(W64, FRAME, FRAME, FRAME_SIZE);
        if own {
            let start = self.start;
            self.m.call_label(start);
        } else {
            self.m.call_mem(Mem::new(T0, PROTO_ENTRY));
        }
        self.m.sub(W64, BASE, BASE, window);
        self.m.sub(W64, FRAME, FRAME, FRAME_SIZE);
        self.show_frame();
    }

    /// Takes the value of a call from `T0`.
    fn called(&mut self, a: u32) {
        self.state.forget_machine();
        self.state.forget_from(a);
        self.pinned.clear();
        let d = self.fresh();
        self.m.mov(W64, d, T0);
        self.define(a, d, Kind::Any);
    }

    fn is_own(&self, proto: *const Proto) -> bool {
        std::ptr::eq(proto, self.proto)
    }

    pub fn call_constant(&mut self, word: Instr, a: u32) {
        let (_, kept, exposed) = masks(word);
        // SAFETY: the constant of a direct call is a function.
        let (proto, borrows) = unsafe {
            let proto = proto_of(self.constant(word.c() as usize));
            (proto, (*proto).borrows(kept, exposed))
        };
        if borrows != 0 {
            return self.call_whole(Helper::CallK, a);
        }
        self.flush();
        self.m.mov_address(T0, proto as u64);
        let own = self.is_own(proto);
        self.enter(a, self.after, own);
        self.called(a);
    }

    pub fn call(&mut self, word: Instr, a: u32) {
        let (nargs, kept, exposed) = masks(word);
        if exposed != 0 {
            return self.call_whole(Helper::Call, a);
        }
        self.flush();
        let callee = self.value(a);
        let slow = self.slow();
        if !self.state.kind(a).is_object() {
            guard_pointer(self.m, callee, slow.label);
        }
        let kind = Mem::new(callee, HEADER_KIND);
        let function = ObjectKind::Function as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, function, slow.label);
        self.m.load(Load::W64, T0, Mem::new(callee, FUNCTION_PROTO));
        let exact = Mem::new(T0, PROTO_EXACT_ARGS);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B4, exact, nargs as i64, slow.label);
        if kept != 0 {
            self.m.load(Load::U8, T1, Mem::new(T0, PROTO_OWNED_PARAMS));
            self.m.branch_mask(true, W32, T1, kept as i32, slow.label);
        }
        self.enter(a, self.after, false);
        self.called(a);
        self.slow_path(slow, Helper::Call);
    }

    /// Behind a call on a path: past the write-back, if the helper has moved `pc`.
    pub fn skip_write_back(&mut self) {
        let label = self.target(self.after + 1);
        let pc = self.words.as_ptr() as u64 + self.after as u64 * 8;
        self.m.load(Load::W64, T0, Mem::new(FRAME, FRAME_PC));
        self.m.mov_address(T1, pc);
        self.m.branch(Cond::Ne, W64, T0, T1, label);
    }

    fn call_method_whole(&mut self, op: Op, a: u32) {
        self.call_whole(Helper::CallMethod, a);
        if op == Op::CallMethodPath {
            self.skip_write_back();
        }
    }

    pub fn call_method(&mut self, word: Instr, op: Op, a: u32) {
        let cached = self.cache_word();
        let (code, target) = (cached as u32, (cached >> 32) as u32);
        let empty = code == u32::MAX || code == 0;
        let of_shape = code & SHAPE_BIT != 0;
        if empty || (target & NATIVE != 0) == of_shape || code >= 100 && !of_shape {
            return self.call_method_whole(op, a);
        }
        if target & NATIVE != 0 {
            let native = &self.vm.natives[(target & NUMBER) as usize];
            if native.name == "push"
                && word.b() & 0xff == 1
                && code == ObjectKind::Array as u32
                && op != Op::CallMethodLet
            {
                return self.push(Helper::CallMethod, op == Op::CallMethodPath, a);
            }
            self.call_native_method(op, a, code, target);
        } else {
            self.call_known_method(word, op, a, code, target);
        }
    }

    /// A built-in method of objects of a kind.
    fn call_native_method(&mut self, op: Op, a: u32, code: u32, target: u32) {
        if target & CHANGES != 0 && op == Op::CallMethodLet {
            return self.call_method_whole(op, a);
        }
        self.flush();
        let receiver = self.value(a + 1);
        let done = self.m.new_label();
        let paths = self.paths(Helper::CallMethod);
        let slow = self.m.cold(|m| {
            paths.call(m);
            m.jump(done);
        });
        if !self.state.kind(a + 1).is_object() {
            guard_pointer(self.m, receiver, slow);
        }
        let kind = Mem::new(receiver, HEADER_KIND);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, code as i64, slow);
        self.call_helper(Helper::CallNativeMethod);
        self.m.bind(done);
        self.state.forget_machine();
        self.state.forget_from(a);
        if op == Op::CallMethodPath {
            self.skip_write_back();
        }
    }

    /// A method of the program's for a receiver of a shape.
    fn call_known_method(&mut self, word: Instr, op: Op, a: u32, code: u32, target: u32) {
        let (nargs, kept, exposed) = masks(word);
        let proto = self.vm.protos[(target & NUMBER) as usize];
        // SAFETY: protos live as long as the machine.
        let (max, borrows, quiet) = unsafe {
            (
                (*proto).max_args as u32,
                (*proto).borrows(kept, exposed),
                (*proto).flags & QUIET != 0,
            )
        };
        let changes = target & CHANGES != 0;
        let mut needed = borrows;
        if changes {
            needed &= !1;
        }
        if max != nargs || needed != 0 || changes && op == Op::CallMethodLet {
            return self.call_method_whole(op, a);
        }
        self.flush();
        let receiver = self.value(a + 1);
        let slow = self.slow();
        self.guard_receiver(a + 1, receiver, code, slow.label);
        if changes && exposed & 1 != 0 && !quiet {
            self.share(receiver);
        }
        let moved = changes && op == Op::CallMethodPath;
        self.m.mov_address(T0, proto as u64);
        let own = self.is_own(proto);
        self.enter(a, self.after + moved as usize, own);
        self.called(a);
        if op != Op::CallMethodPath {
            return self.slow_path(slow, Helper::CallMethod);
        }
        // Both ways meet with everything in memory.
        self.flush();
        self.state.forget_machine();
        let paths = self.paths(Helper::CallMethod);
        let done = self.m.new_label();
        self.m.cold(|m| {
            m.bind(slow.label);
            paths.call(m);
            m.jump(done);
        });
        self.m.bind(done);
        self.skip_write_back();
    }
}
