//! Arithmetic on doubles, and the ways between them and integers.

use crate::note::Label;
use crate::operand::{FloatAlu, FloatCond, W};
use crate::reg::{Fpr, Gpr};

/// Floating point operations.
pub trait Float {
    /// `dst = src`
    fn mov_float(&mut self, dst: Fpr, src: Fpr);

    /// `dst = value`, this very bit pattern.
    fn float_const(&mut self, dst: Fpr, value: f64);

    /// `dst` = the double with these bits.
    fn float_from_bits(&mut self, dst: Fpr, bits: Gpr);

    /// `dst` = the bits of a double.
    fn float_to_bits(&mut self, dst: Gpr, src: Fpr);

    /// `dst = a op b`. Which NaN results from an invalid operation is left to
    /// the machine.
    fn alu_float(&mut self, op: FloatAlu, dst: Fpr, a: Fpr, b: Fpr);

    /// `dst` = the square root.
    fn sqrt(&mut self, dst: Fpr, src: Fpr);

    /// `dst` = `src` with the other sign, also of a NaN or zero.
    fn neg_float(&mut self, dst: Fpr, src: Fpr);

    /// `dst` = `src` with sign plus.
    fn abs_float(&mut self, dst: Fpr, src: Fpr);

    /// `dst` = the double nearest to a signed integer.
    fn int_to_float(&mut self, w: W, dst: Fpr, src: Gpr);

    /// `dst` = `src` rounded towards zero, as a 64-bit signed integer.
    /// Branches, with `dst` undefined, for a NaN and for every magnitude of
    /// 2^63 or more.
    fn float_to_int(&mut self, dst: Gpr, src: Fpr, fail: Label);

    /// `dst = (a cond b)`, as 1 or 0; see [`FloatCond`] for NaN.
    fn set_float(&mut self, dst: Gpr, cond: FloatCond, a: Fpr, b: Fpr);

    /// `dst = a + b`
    fn add_float(&mut self, dst: Fpr, a: Fpr, b: Fpr) {
        self.alu_float(FloatAlu::Add, dst, a, b);
    }

    /// `dst = a - b`
    fn sub_float(&mut self, dst: Fpr, a: Fpr, b: Fpr) {
        self.alu_float(FloatAlu::Sub, dst, a, b);
    }

    /// `dst = a * b`
    fn mul_float(&mut self, dst: Fpr, a: Fpr, b: Fpr) {
        self.alu_float(FloatAlu::Mul, dst, a, b);
    }

    /// `dst = a / b`
    fn div_float(&mut self, dst: Fpr, a: Fpr, b: Fpr) {
        self.alu_float(FloatAlu::Div, dst, a, b);
    }
}
