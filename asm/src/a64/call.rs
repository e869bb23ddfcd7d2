//! Calls, returns and the stack. The frame from high to low addresses: saved
//! registers in pairs, the return address first, then slots, padded.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::{A64, ADDRESS, LINK, R, STACK, r};
use crate::code::CodePtr;
use crate::fixup::FixupKind;
use crate::frame::Frame;
use crate::masm::Call;
use crate::note::Label;
use crate::operand::{Load, Mem};
use crate::reg::Gpr;

/// The registers to save, return address included.
fn saved(frame: &Frame) -> Vec<R> {
    let mut regs = vec![LINK];
    regs.extend(frame.saved().iter().map(|&reg| r(reg)));
    regs
}

/// Bytes of the slots.
fn body(frame: &Frame) -> i32 {
    frame.slots().next_multiple_of(2) as i32 * 8
}

impl A64 {
    fn move_sp(&mut self, bytes: i32) {
        if bytes != 0 {
            self.add_offset(STACK, STACK, bytes);
        }
    }
}

impl Call for A64 {
    fn prologue(&mut self, frame: &Frame) {
        for pair in saved(frame).chunks(2) {
            match *pair {
                [a, b] => dynasm!(self.buf ; .arch aarch64 ; stp X(a), X(b), [sp, -16]!),
                [a] => dynasm!(self.buf ; .arch aarch64 ; str X(a), [sp, -16]!),
                _ => unreachable!("chunks of one or two"),
            }
        }
        self.move_sp(-body(frame));
    }

    fn epilogue(&mut self, frame: &Frame) {
        self.move_sp(body(frame));
        for pair in saved(frame).chunks(2).rev() {
            match *pair {
                [a, b] => dynasm!(self.buf ; .arch aarch64 ; ldp X(a), X(b), [sp], 16),
                [a] => dynasm!(self.buf ; .arch aarch64 ; ldr X(a), [sp], 16),
                _ => unreachable!("chunks of one or two"),
            }
        }
    }

    fn ret(&mut self) {
        dynasm!(self.buf ; .arch aarch64 ; ret);
    }

    fn call_mem(&mut self, mem: Mem) {
        self.load_to(Load::W64, ADDRESS, mem);
        dynasm!(self.buf ; .arch aarch64 ; blr X(ADDRESS));
    }

    fn call_reg(&mut self, to: Gpr) {
        let to = r(to);
        dynasm!(self.buf ; .arch aarch64 ; blr X(to));
    }

    fn call_label(&mut self, to: Label) {
        self.bl(to);
    }

    fn call_code(&mut self, to: CodePtr) {
        self.buf.push_u32(0x9400_0000);
        self.buf.link(FixupKind::A64Branch26, to);
    }

    fn jump_code(&mut self, to: CodePtr) {
        self.buf.push_u32(0x1400_0000);
        self.buf.link(FixupKind::A64Branch26, to);
    }

    fn add_sp(&mut self, bytes: i32) {
        assert!(bytes % 16 == 0, "{bytes} bytes of stack");
        self.move_sp(bytes);
    }

    fn get_sp(&mut self, dst: Gpr) {
        let dst = r(dst);
        dynasm!(self.buf ; .arch aarch64 ; mov XSP(dst), sp);
    }

    fn set_sp(&mut self, src: Gpr) {
        let src = r(src);
        dynasm!(self.buf ; .arch aarch64 ; mov sp, XSP(src));
    }
}
