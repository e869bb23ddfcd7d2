//! Control flow within a function.

use crate::note::Label;
use crate::operand::{Cond, FloatCond, Mem, Rhs, Size, W};
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

    /// Branches if `a & mask` has a bit set (`any`), or has none (`!any`).
    fn branch_mask(&mut self, any: bool, w: W, a: Gpr, mask: impl Into<Rhs>, target: Label);

    /// Branches if the byte at `mem` has a bit of `mask` set (`any`), or has none (`!any`).
    fn branch_mem_mask(&mut self, any: bool, mem: Mem, mask: u8, target: Label);

    /// Branches if `a & mask` has a bit set (`any`), or has none (`!any`). Memory has the
    /// mask at `at`, for processors whose instructions cannot hold it.
    fn branch_wide_mask(&mut self, any: bool, a: Gpr, mask: u64, at: Mem, target: Label);

    /// Branches if a bit is set (`set`), or is clear (`!set`). Bit 0 is the
    /// lowest, 63 the highest.
    fn branch_bit(&mut self, set: bool, a: Gpr, bit: u32, target: Label);

    /// Branches if `a cond b`, see [`FloatCond`] for NaN.
    fn branch_float(&mut self, cond: FloatCond, a: Fpr, b: Fpr, target: Label);

    /// Branches if a double is a zero, of either sign.
    fn branch_float_zero(&mut self, a: Fpr, target: Label);

    /// Branches if the stack pointer is below the address stored at `limit`.
    fn branch_sp_below(&mut self, limit: Mem, target: Label);

    /// Stops the process: for what is never reached.
    fn trap(&mut self);
}
