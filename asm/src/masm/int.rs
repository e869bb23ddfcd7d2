//! Integer arithmetic between registers.

use crate::note::Label;
use crate::operand::{Alu, Cond, Load, Mem, Rhs, Shift, W};
use crate::reg::Gpr;

/// Integer operations.
pub trait Int {
    /// `dst = src`
    fn mov(&mut self, w: W, dst: Gpr, src: impl Into<Rhs>);

    /// `dst` = an address in user space, which is below 2^48. The code has the
    /// same length for every address, and a listing shows a name for it.
    fn mov_address(&mut self, dst: Gpr, address: u64);

    /// `dst = a op b`
    fn alu(&mut self, op: Alu, w: W, dst: Gpr, a: Gpr, b: Rhs);

    /// `dst = a * b`, the low half of the product.
    fn mul(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>);

    /// `dst = a + b`; branches if the signed sum does not fit. `dst` then has
    /// the wrapped sum.
    fn add_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label);

    /// `dst = a - b`; branches if the signed difference does not fit. `dst`
    /// then has the wrapped difference.
    fn sub_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label);

    /// `dst = a * b`; branches if the signed product does not fit. `dst` then
    /// has the low half of it.
    fn mul_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label);

    /// `dst` = the high half of the signed product of 128 bits.
    fn mul_high(&mut self, dst: Gpr, a: Gpr, b: Gpr);

    /// `dst = a / b`, 64-bit signed, rounded towards zero. The caller has
    /// excluded `b == 0`, and the least integer divided by -1: those may trap.
    fn div(&mut self, dst: Gpr, a: Gpr, b: Gpr);

    /// `dst = a % b`, 64-bit signed, with the sign of `a`. The caller has
    /// excluded the same operands as for [`Int::div`].
    fn rem(&mut self, dst: Gpr, a: Gpr, b: Gpr);

    /// `dst = a / b`, 64-bit unsigned. The caller has excluded `b == 0`, which may trap.
    fn div_unsigned(&mut self, dst: Gpr, a: Gpr, b: Gpr);

    /// `dst = a % b`, 64-bit unsigned. The caller has excluded `b == 0`, which may trap.
    fn rem_unsigned(&mut self, dst: Gpr, a: Gpr, b: Gpr);

    /// `dst = a op count`, the count modulo the width.
    fn shift(&mut self, op: Shift, w: W, dst: Gpr, a: Gpr, count: Rhs);

    /// `dst = -src`
    fn neg(&mut self, w: W, dst: Gpr, src: Gpr);

    /// `dst = !src`, every bit.
    fn not(&mut self, w: W, dst: Gpr, src: Gpr);

    /// `dst` = the low bytes of `src`, extended as a load would.
    fn extend(&mut self, kind: Load, dst: Gpr, src: Gpr);

    /// `dst = (a cond b)`, as 1 or 0.
    fn set(&mut self, dst: Gpr, cond: Cond, w: W, a: Gpr, b: impl Into<Rhs>);

    /// `dst = if a cond b { choices.0 } else { choices.1 }`, 64 bits of it.
    fn select(
        &mut self,
        dst: Gpr,
        choices: (Gpr, Gpr),
        cond: Cond,
        w: W,
        a: Gpr,
        b: impl Into<Rhs>,
    );

    /// `dst = a op` what is in memory.
    fn alu_mem(&mut self, op: Alu, w: W, dst: Gpr, a: Gpr, mem: Mem);

    /// `dst = a + b`
    fn add(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        self.alu(Alu::Add, w, dst, a, b.into());
    }

    /// `dst = a - b`
    fn sub(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        self.alu(Alu::Sub, w, dst, a, b.into());
    }

    /// `dst = a & b`
    fn and(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        self.alu(Alu::And, w, dst, a, b.into());
    }

    /// `dst = a | b`
    fn or(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        self.alu(Alu::Or, w, dst, a, b.into());
    }

    /// `dst = a ^ b`
    fn xor(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        self.alu(Alu::Xor, w, dst, a, b.into());
    }

    /// `dst = a << count`
    fn shl(&mut self, w: W, dst: Gpr, a: Gpr, count: impl Into<Rhs>) {
        self.shift(Shift::Shl, w, dst, a, count.into());
    }

    /// `dst = a >> count`, zeros follow.
    fn shr(&mut self, w: W, dst: Gpr, a: Gpr, count: impl Into<Rhs>) {
        self.shift(Shift::Shr, w, dst, a, count.into());
    }

    /// `dst = a >> count`, copies of the sign follow.
    fn sar(&mut self, w: W, dst: Gpr, a: Gpr, count: impl Into<Rhs>) {
        self.shift(Shift::Sar, w, dst, a, count.into());
    }
}
