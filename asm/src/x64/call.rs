//! Calls, returns and the stack. The frame from high to low addresses: return
//! address, saved registers, padding, slots.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::memory::{Address, at};
use super::{R, RSP, X64, r};
use crate::code::CodePtr;
use crate::fixup::FixupKind;
use crate::frame::Frame;
use crate::masm::Call;
use crate::note::Label;
use crate::operand::Mem;
use crate::reg::Gpr;

/// Bytes below the saved registers.
fn body(frame: &Frame) -> i32 {
    let above = 8 + frame.saved().len() as i32 * 8;
    let slots = frame.slots() as i32 * 8;
    slots + (above + slots) % 16
}

impl X64 {
    fn move_sp(&mut self, bytes: i32) {
        let address = Address::new(Mem::new(crate::reg::SP, bytes));
        if bytes != 0 {
            at!(self, address, [lea Rq(RSP),] []);
        }
    }
}

impl Call for X64 {
    fn prologue(&mut self, frame: &Frame) {
        for &reg in frame.saved() {
            let reg = r(reg);
            dynasm!(self.buf ; .arch x64 ; push Rq(reg));
        }
        self.move_sp(-body(frame));
    }

    fn epilogue(&mut self, frame: &Frame) {
        self.move_sp(body(frame));
        for &reg in frame.saved().iter().rev() {
            let reg = r(reg);
            dynasm!(self.buf ; .arch x64 ; pop Rq(reg));
        }
    }

    fn ret(&mut self) {
        dynasm!(self.buf ; .arch x64 ; ret);
    }

    fn call_mem(&mut self, mem: Mem) {
        let address = Address::new(mem);
        at!(self, address, [call QWORD] []);
    }

    fn call_reg(&mut self, to: Gpr) {
        let to: R = r(to);
        dynasm!(self.buf ; .arch x64 ; call Rq(to));
    }

    fn call_label(&mut self, to: Label) {
        self.buf.push(0xe8);
        self.buf.push_u32(0);
        self.buf.fix_up(FixupKind::X64Rel32, to);
    }

    fn call_code(&mut self, to: CodePtr) {
        self.buf.push(0xe8);
        self.buf.push_u32(0);
        self.buf.link(FixupKind::X64Rel32, to);
    }

    fn jump_code(&mut self, to: CodePtr) {
        self.buf.push(0xe9);
        self.buf.push_u32(0);
        self.buf.link(FixupKind::X64Rel32, to);
    }

    fn add_sp(&mut self, bytes: i32) {
        assert!(bytes % 16 == 0, "{bytes} bytes of stack");
        self.move_sp(bytes);
    }

    fn get_sp(&mut self, dst: Gpr) {
        self.copy(r(dst), RSP);
    }

    fn set_sp(&mut self, src: Gpr) {
        self.copy(RSP, r(src));
    }
}
