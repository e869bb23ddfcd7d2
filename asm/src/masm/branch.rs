//! Control flow within a function.

use crate::note::Label;
use crate::operand::{Bits, Cond, FloatCond, Mem, Rhs, Size, W};
use crate::reg::{Fpr, Gpr};

/// Branches to labels.
pub trait Branch {
    /// Goes to `target`.
    fn jump(&mut self, target: Label);

    /// Goes to the address in a register.
    fn jump_reg(&mut self, to: Gpr);

    /// Branches if `a cond b`.
    fn branch(&mut self, cond: Cond, w: W, a: Gpr, b: impl Into<Rhs>, target: Label);

    /// Branches if `a cond [mem]`.
    fn branch_mem(&mut self, cond: Cond, w: W, a: Gpr, mem: Mem, target: Label);

    /// Branches if `[mem] cond value`, at the given size: of the constant only
    /// the low bytes count.
    fn branch_mem_imm(&mut self, cond: Cond, size: Size, mem: Mem, value: i64, target: Label);

    /// Branches by the bits of `mask` in `a`.
    fn branch_mask(&mut self, bits: Bits, w: W, a: Gpr, mask: impl Into<Rhs>, target: Label);

    /// Branches by the bits of `mask` in the byte at `mem`.
    fn branch_mem_mask(&mut self, bits: Bits, mem: Mem, mask: u8, target: Label);

    /// Branches by the bits of `mask` in `a`. Memory has the mask at `at`, for processors
    /// whose instructions cannot hold it.
    fn branch_wide_mask(&mut self, bits: Bits, a: Gpr, mask: u64, at: Mem, target: Label);

    /// Branches by one bit of `a`. Bit 0 is the lowest, 63 the highest.
    fn branch_bit(&mut self, bits: Bits, a: Gpr, bit: u32, target: Label);

    /// Branches if `a cond b`, see [`FloatCond`] for NaN.
    fn branch_float(&mut self, cond: FloatCond, a: Fpr, b: Fpr, target: Label);

    /// Branches if a double is a zero, of either sign.
    fn branch_float_zero(&mut self, a: Fpr, target: Label);

    /// Branches if the stack pointer is below the address stored at `limit`.
    fn branch_sp_below(&mut self, limit: Mem, target: Label);

    /// Stops the process: for what is never reached.
    fn trap(&mut self);
}
