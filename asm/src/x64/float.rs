//! Arithmetic on doubles.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::raw::Cc;
use super::{FLOAT_SCRATCH, R, SCRATCH, X, X64, r, x};
use crate::masm::Float;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{FloatAlu, FloatCond, W};
use crate::reg::{Fpr, Gpr};

/// How the flags of a comparison answer a condition. A comparison with NaN is
/// "unordered" and sets below and equal as well.
pub(super) enum FloatTest {
    /// By one condition.
    One(Cc),
    /// Equal and not unordered.
    Equal,
    /// Not equal or unordered.
    NotEqual,
}

const SIGN: i64 = i64::MIN;

impl X64 {
    /// Compares so that the answer needs as few flags as possible: "above" and
    /// "above or equal" are false for unordered operands, their negations
    /// true, so "less" is asked as "greater" of swapped operands.
    pub(super) fn compare_floats(&mut self, cond: FloatCond, a: Fpr, b: Fpr) -> FloatTest {
        let (swap, test) = match cond {
            FloatCond::Eq => (false, FloatTest::Equal),
            FloatCond::Ne => (false, FloatTest::NotEqual),
            FloatCond::Gt => (false, FloatTest::One(Cc::ABOVE)),
            FloatCond::Ge => (false, FloatTest::One(Cc::ABOVE_EQ)),
            FloatCond::Lt => (true, FloatTest::One(Cc::ABOVE)),
            FloatCond::Le => (true, FloatTest::One(Cc::ABOVE_EQ)),
            FloatCond::NotGt => (false, FloatTest::One(Cc::BELOW_EQ)),
            FloatCond::NotGe => (false, FloatTest::One(Cc::BELOW)),
            FloatCond::NotLt => (true, FloatTest::One(Cc::BELOW_EQ)),
            FloatCond::NotLe => (true, FloatTest::One(Cc::BELOW)),
        };
        let (a, b) = if swap { (x(b), x(a)) } else { (x(a), x(b)) };
        dynasm!(self.buf ; .arch x64 ; ucomisd Rx(a), Rx(b));
        test
    }

    fn copy_float(&mut self, dst: X, src: X) {
        if dst != src {
            dynasm!(self.buf ; .arch x64 ; movaps Rx(dst), Rx(src));
        }
    }

    fn alu_float_into(&mut self, op: FloatAlu, dst: X, b: X) {
        match op {
            FloatAlu::Add => dynasm!(self.buf ; .arch x64 ; addsd Rx(dst), Rx(b)),
            FloatAlu::Sub => dynasm!(self.buf ; .arch x64 ; subsd Rx(dst), Rx(b)),
            FloatAlu::Mul => dynasm!(self.buf ; .arch x64 ; mulsd Rx(dst), Rx(b)),
            FloatAlu::Div => dynasm!(self.buf ; .arch x64 ; divsd Rx(dst), Rx(b)),
            FloatAlu::Min => dynasm!(self.buf ; .arch x64 ; minsd Rx(dst), Rx(b)),
            FloatAlu::Max => dynasm!(self.buf ; .arch x64 ; maxsd Rx(dst), Rx(b)),
        }
    }

    /// A constant in the floating point scratch register.
    fn scratch_bits(&mut self, bits: i64) {
        self.mov_imm(SCRATCH, bits);
        dynasm!(self.buf ; .arch x64 ; movq Rx(FLOAT_SCRATCH), Rq(SCRATCH));
    }

    /// `dst` = the truncated number; the conversion answers with the least
    /// integer when it fails, and only then (and for that integer itself, to
    /// have the same failures everywhere) does subtracting one overflow.
    fn truncate(&mut self, dst: R, src: X, fail: Label) {
        dynasm!(self.buf ; .arch x64 ; cvttsd2si Rq(dst), Rx(src));
        self.cmp_byte(W64, dst, 1);
        self.jcc(Cc::OVERFLOW, fail);
    }
}

impl Float for X64 {
    fn mov_float(&mut self, dst: Fpr, src: Fpr) {
        self.copy_float(x(dst), x(src));
    }

    fn float_const(&mut self, dst: Fpr, value: f64) {
        let dst = x(dst);
        if value.to_bits() == 0 {
            dynasm!(self.buf ; .arch x64 ; xorps Rx(dst), Rx(dst));
        } else {
            self.mov_imm(SCRATCH, value.to_bits() as i64);
            dynasm!(self.buf ; .arch x64 ; movq Rx(dst), Rq(SCRATCH));
        }
    }

    fn float_from_bits(&mut self, dst: Fpr, bits: Gpr) {
        let (dst, bits) = (x(dst), r(bits));
        dynasm!(self.buf ; .arch x64 ; movq Rx(dst), Rq(bits));
    }

    fn float_to_bits(&mut self, dst: Gpr, src: Fpr) {
        let (dst, src) = (r(dst), x(src));
        dynasm!(self.buf ; .arch x64 ; movq Rq(dst), Rx(src));
    }

    fn alu_float(&mut self, op: FloatAlu, dst: Fpr, a: Fpr, b: Fpr) {
        let (dst, a, b) = (x(dst), x(a), x(b));
        if dst == b && matches!(op, FloatAlu::Add | FloatAlu::Mul) {
            self.alu_float_into(op, dst, a);
        } else if dst == b && dst != a {
            self.copy_float(FLOAT_SCRATCH, b);
            self.copy_float(dst, a);
            self.alu_float_into(op, dst, FLOAT_SCRATCH);
        } else {
            self.copy_float(dst, a);
            self.alu_float_into(op, dst, b);
        }
    }

    fn sqrt(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (x(dst), x(src));
        dynasm!(self.buf ; .arch x64 ; sqrtsd Rx(dst), Rx(src));
    }

    fn neg_float(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (x(dst), x(src));
        self.scratch_bits(SIGN);
        self.copy_float(dst, src);
        dynasm!(self.buf ; .arch x64 ; xorps Rx(dst), Rx(FLOAT_SCRATCH));
    }

    fn abs_float(&mut self, dst: Fpr, src: Fpr) {
        let (dst, src) = (x(dst), x(src));
        self.scratch_bits(!SIGN);
        self.copy_float(dst, src);
        dynasm!(self.buf ; .arch x64 ; andps Rx(dst), Rx(FLOAT_SCRATCH));
    }

    fn int_to_float(&mut self, w: W, dst: Fpr, src: Gpr) {
        let (dst, src) = (x(dst), r(src));
        // The conversion keeps the upper half of its destination, so it would
        // wait for whatever was computed there last.
        dynasm!(self.buf ; .arch x64 ; xorps Rx(dst), Rx(dst));
        match w {
            W64 => dynasm!(self.buf ; .arch x64 ; cvtsi2sd Rx(dst), Rq(src)),
            W32 => dynasm!(self.buf ; .arch x64 ; cvtsi2sd Rx(dst), Rd(src)),
        }
    }

    fn float_to_int(&mut self, dst: Gpr, src: Fpr, fail: Label) {
        self.truncate(r(dst), x(src), fail);
    }

    fn set_float(&mut self, dst: Gpr, cond: FloatCond, a: Fpr, b: Fpr) {
        let dst = r(dst);
        match self.compare_floats(cond, a, b) {
            FloatTest::One(cc) => self.setcc(cc, dst),
            FloatTest::Equal => {
                self.setcc(Cc::UNORDERED.negate(), SCRATCH);
                self.setcc(Cc::EQ, dst);
                dynasm!(self.buf ; .arch x64 ; and Rd(dst), Rd(SCRATCH));
            }
            FloatTest::NotEqual => {
                self.setcc(Cc::UNORDERED, SCRATCH);
                self.setcc(Cc::NE, dst);
                dynasm!(self.buf ; .arch x64 ; or Rd(dst), Rd(SCRATCH));
            }
        }
    }
}
