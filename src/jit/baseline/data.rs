//! Copies and their marks, globals, cells, captures.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::emit::store_in_object;
use super::state::Type;
use crate::bytecode::Instr;
use crate::bytecode::op::{LAST_USE, SHARE, SHARE_BORROWED};
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::jit::templates::mark_as;
use ruff_asm::prelude::*;

impl<M: Masm> Compiler<'_, M> {
    /// Marks an object as shared; other values are left alone. Uses `T0` and `T1`.
    pub fn share(&mut self, value: Gpr) {
        self.mark_as(value, false);
    }

    fn mark_as(&mut self, value: Gpr, if_borrowed: bool) {
        let done = self.m.new_label();
        mark_as(self.m, value, if_borrowed, done);
    }

    /// Marks the value of a register as the instruction's flags say. Uses `T1`.
    pub fn mark(&mut self, word: Instr, reg: u32, value: Gpr) {
        if word.flags() & (SHARE | SHARE_BORROWED) != 0 && !self.state.type_of(reg).is_plain() {
            self.mark_as(value, word.flags() & SHARE == 0);
        }
    }

    /// Marks a variable's value that has been read.
    pub fn mark_read(&mut self, word: Instr, value: Gpr) {
        if word.flags() & SHARE != 0 {
            self.share(value);
        }
    }

    /// Marks a part of an object that has been read. A part that comes from a dying
    /// container without other owners has no other owner either; class instances do
    /// not die. Uses `T0` and `T1`.
    pub fn mark_part(&mut self, word: Instr, container: Gpr, value: Gpr) {
        if word.flags() & SHARE == 0 {
            return;
        }
        if word.flags() & LAST_USE == 0 {
            return self.share(value);
        }
        let (marked, done) = (self.m.new_label(), self.m.new_label());
        let kind = Mem::new(container, HEADER_KIND);
        let class = Kind::Object as i64;
        self.m
            .branch_mem_imm(Cond::Eq, Size::B1, kind, class, marked);
        self.m.load(Load::U8, T1, Mem::new(container, HEADER_FLAGS));
        self.m
            .branch_mask(Bits::Clear, W32, T1, COPY_BEFORE_WRITE as i32, done);
        self.m.bind(marked);
        self.share(value);
        self.m.bind(done);
    }

    pub fn share_register(&mut self, a: u32) {
        if !self.state.type_of(a).is_plain() {
            let value = self.value(a);
            self.share(value);
        }
    }

    pub fn copy(&mut self, word: Instr, a: u32, b: u32) {
        let kind = self.state.type_of(b);
        let unboxed = self.state.find(b).is_some_and(|entry| entry.fpr.is_some());
        if kind == Type::Float && unboxed {
            let x = self.float(b);
            let d = self.fresh_float();
            self.m.mov_float(d, x);
            return self.define_float(a, d);
        }
        let x = self.value(b);
        self.mark(word, b, x);
        let value = self.state.int(b);
        let d = self.fresh();
        self.m.mov(W64, d, x);
        self.define(a, d, kind);
        self.state.entry(a).value = value;
    }

    pub fn get_global(&mut self, word: Instr, a: u32) {
        let d = self.fresh();
        let slow = self.slow();
        self.m.load(Load::W64, T0, VM_GLOBALS);
        let offset = word.bx() as i32 * 8;
        self.m.load(Load::W64, d, Mem::new(T0, offset));
        self.m.branch(Cond::Eq, W64, d, 0, slow.label);
        self.mark_read(word, d);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::GetGlobal);
    }

    pub fn set_global(&mut self, word: Instr, a: u32) {
        let value = self.value(a);
        self.mark(word, a, value);
        self.m.load(Load::W64, T0, VM_GLOBALS);
        let offset = word.bx() as i32 * 8;
        self.m.store(Size::B8, Mem::new(T0, offset), value);
    }

    pub fn get_cell(&mut self, word: Instr, a: u32, b: u32) {
        let cell = self.value(b);
        self.read_cell(word, a, cell);
    }

    fn read_cell(&mut self, word: Instr, a: u32, cell: Gpr) {
        let d = self.fresh();
        let slow = self.slow();
        self.m.load(Load::W64, d, Mem::new(cell, CELL_VALUE));
        self.m.branch(Cond::Eq, W64, d, 0, slow.label);
        self.mark_read(word, d);
        self.define(a, d, Type::Any);
        // It only throws.
        self.slow_path(slow, RuntimeCall::Undefined);
    }

    pub fn set_cell(&mut self, word: Instr, a: u32, b: u32) {
        let value = self.value(b);
        self.mark(word, b, value);
        let cell = self.value(a);
        let barrier = self.barrier(b);
        store_in_object(self.m, barrier, cell, Mem::new(cell, CELL_VALUE), value);
    }

    /// A capture of the running closure, in a fresh machine register.
    fn capture(&mut self, number: u32) -> Gpr {
        let d = self.fresh();
        self.m.load(Load::W64, T0, Mem::new(BASE, -8));
        let offset = FUNCTION_CAPTURES + number as i32 * 8;
        self.m.load(Load::W64, d, Mem::new(T0, offset));
        d
    }

    pub fn get_capture(&mut self, word: Instr, a: u32, b: u32) {
        let d = self.capture(b);
        self.mark_read(word, d);
        self.define(a, d, Type::Any);
    }

    pub fn get_capture_cell(&mut self, word: Instr, a: u32, b: u32) {
        let cell = self.capture(b);
        self.read_cell(word, a, cell);
    }

    pub fn set_capture_cell(&mut self, word: Instr, a: u32, b: u32) {
        let value = self.value(a);
        self.mark(word, a, value);
        let cell = self.capture(b);
        let barrier = self.barrier(a);
        store_in_object(self.m, barrier, cell, Mem::new(cell, CELL_VALUE), value);
    }
}
