//! Calls, returns and the stack.
//!
//! Called functions follow the C calling convention of the machine (System V
//! on x86-64, AAPCS64 on AArch64). On AArch64 a call writes the link register:
//! a function that calls anything needs a prologue, if only one without saved
//! registers. Between prologue and epilogue the stack pointer is a multiple of
//! 16, as calls require.

use crate::code::CodePtr;
use crate::frame::Frame;
use crate::note::Label;
use crate::operand::Mem;
use crate::reg::Gpr;

/// Calls and frames.
pub trait Call {
    /// Saves registers and makes the slots of a frame. Their content is
    /// undefined.
    fn prologue(&mut self, frame: &Frame);

    /// Undoes the prologue of the same frame; a return or a jump to another
    /// function follows.
    fn epilogue(&mut self, frame: &Frame);

    /// Returns to the caller.
    fn ret(&mut self);

    /// Calls the function whose address is stored at `mem`.
    fn call_mem(&mut self, mem: Mem);

    /// Calls the function whose address is in a register.
    fn call_reg(&mut self, to: Gpr);

    /// Calls a label of this function.
    fn call_label(&mut self, to: Label);

    /// Calls code of the arena that this function will be placed in.
    fn call_code(&mut self, to: CodePtr);

    /// Goes to code of the arena that this function will be placed in.
    fn jump_code(&mut self, to: CodePtr);

    /// Adds to the stack pointer; a negative number makes room.
    ///
    /// # Panics
    ///
    /// If the number is no multiple of 16.
    fn add_sp(&mut self, bytes: i32);

    /// `dst` = the stack pointer.
    fn get_sp(&mut self, dst: Gpr);

    /// The stack pointer = `src`, a multiple of 16.
    fn set_sp(&mut self, src: Gpr);
}
