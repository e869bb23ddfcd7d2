//! Loads, stores and addresses.

use crate::note::Label;
use crate::operand::{Load, Mem, Size, W};
use crate::reg::{Fpr, Gpr};

/// Operations on memory.
pub trait Memory {
    /// `dst` = what is at `mem`, extended as `kind` says.
    fn load(&mut self, kind: Load, dst: Gpr, mem: Mem);

    /// Writes the low bytes of `src`.
    fn store(&mut self, size: Size, mem: Mem, src: Gpr);

    /// Writes the low bytes of a constant.
    fn store_imm(&mut self, size: Size, mem: Mem, value: i64);

    /// `dst` = a double from memory.
    fn load_float(&mut self, dst: Fpr, mem: Mem);

    /// Writes a double.
    fn store_float(&mut self, mem: Mem, src: Fpr);

    /// `dst` = the address itself.
    fn lea(&mut self, dst: Gpr, mem: Mem);

    /// `dst` = an address of this function to jump to a label by.
    fn lea_label(&mut self, dst: Gpr, label: Label);

    /// Adds a constant to an integer in memory. Not atomic.
    fn add_mem(&mut self, w: W, mem: Mem, value: i32);

    /// Adds a constant to an integer in memory and branches if the sum is
    /// negative: a counter that fires. Not atomic.
    fn add_mem_branch_negative(&mut self, w: W, mem: Mem, value: i32, target: Label);
}
