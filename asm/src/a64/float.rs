//! Arithmetic on doubles.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::imm::SmallFloat;
use super::raw::Cc;
use super::{A64, FLOAT_SCRATCH, FLOAT_SCRATCH2, R, V, VALUE, r, v};
use crate::masm::Float;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{FloatAlu, FloatCond, W};
use crate::reg::{Fpr, Gpr};

/// 2^63: the first magnitude that a signed integer may not have.
const TOO_LARGE: f64 = 9_223_372_036_854_775_808.0;

impl A64 {
    /// `dst` = the truncated number. The conversion saturates, so the range is
    /// tested on the number itself: a NaN compares as not less.
    fn truncate(&mut self, dst: R, src: V, fail: Label) {
        self.mov_imm(VALUE, TOO_LARGE.to_bits() as i64);
        dynasm!(self.buf ; .arch aarch64
            ; fmov D(FLOAT_SCRATCH), X(VALUE)
            ; fabs D(FLOAT_SCRATCH2), D(src)
            ; fcmp D(FLOAT_SCRATCH2), D(FLOAT_SCRATCH)
            ; fcvtzs X(dst), D(src));
        self.b_cond(Cc::HS, fail);
    }
}

impl Float for A64 {
    fn mov_float(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (v(dst), v(src));
        if dst != src {
            dynasm!(self.buf ; .arch aarch64 ; fmov D(dst), D(src));
        }
    }

    fn float_const(&mut self, dst: Fpr, value: f64) {
        let dst = v(dst);
        if value.to_bits() == 0 {
            dynasm!(self.buf ; .arch aarch64 ; fmov D(dst), xzr);
        } else if let Some(small) = SmallFloat::new(value) {
            let small = small.get();
            dynasm!(self.buf ; .arch aarch64 ; fmov D(dst), small);
        } else {
            self.mov_imm(VALUE, value.to_bits() as i64);
            dynasm!(self.buf ; .arch aarch64 ; fmov D(dst), X(VALUE));
        }
    }

    fn float_from_bits(&mut self, dst: Fpr, bits: Gpr) {
        let (dst, bits) = (v(dst), r(bits));
        dynasm!(self.buf ; .arch aarch64 ; fmov D(dst), X(bits));
    }

    fn float_to_bits(&mut self, dst: Gpr, src: Fpr) {
        let (dst, src) = (r(dst), v(src));
        dynasm!(self.buf ; .arch aarch64 ; fmov X(dst), D(src));
    }

    fn alu_float(&mut self, op: FloatAlu, dst: Fpr, a: Fpr, b: Fpr) {
        let (dst, a, b) = (v(dst), v(a), v(b));
        match op {
            FloatAlu::Add => dynasm!(self.buf ; .arch aarch64 ; fadd D(dst), D(a), D(b)),
            FloatAlu::Sub => dynasm!(self.buf ; .arch aarch64 ; fsub D(dst), D(a), D(b)),
            FloatAlu::Mul => dynasm!(self.buf ; .arch aarch64 ; fmul D(dst), D(a), D(b)),
            FloatAlu::Div => dynasm!(self.buf ; .arch aarch64 ; fdiv D(dst), D(a), D(b)),
            FloatAlu::Min => dynasm!(self.buf ; .arch aarch64
                ; fcmp D(a), D(b)
                ; fcsel D(dst), D(a), D(b), mi
            ),
            FloatAlu::Max => dynasm!(self.buf ; .arch aarch64
                ; fcmp D(a), D(b)
                ; fcsel D(dst), D(a), D(b), gt
            ),
        }
    }

    fn sqrt(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (v(dst), v(src));
        dynasm!(self.buf ; .arch aarch64 ; fsqrt D(dst), D(src));
    }

    fn neg_float(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (v(dst), v(src));
        dynasm!(self.buf ; .arch aarch64 ; fneg D(dst), D(src));
    }

    fn abs_float(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (v(dst), v(src));
        dynasm!(self.buf ; .arch aarch64 ; fabs D(dst), D(src));
    }

    fn int_to_float(&mut self, w: W, dst: Fpr, src: Gpr) {
        let (dst, src) = (v(dst), r(src));
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64 ; scvtf D(dst), X(src)),
            W32 => dynasm!(self.buf ; .arch aarch64 ; scvtf D(dst), W(src)),
        }
    }

    fn float_to_int(&mut self, dst: Gpr, src: Fpr, fail: Label) {
        self.truncate(r(dst), v(src), fail);
    }

    fn set_float(&mut self, dst: Gpr, cond: FloatCond, a: Fpr, b: Fpr) {
        let (a, b) = (v(a), v(b));
        dynasm!(self.buf ; .arch aarch64 ; fcmp D(a), D(b));
        self.cset(cond.into(), r(dst));
    }
}
