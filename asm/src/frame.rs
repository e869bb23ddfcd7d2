//! The layout of a stack frame: callee-saved registers that a function uses,
//! and below them slots of eight bytes that start at the stack pointer.
//!
//! The encoders add what their machine needs: the return address, and padding
//! so that the stack pointer is a multiple of 16 within the frame, as calls
//! require.

use crate::operand::Mem;
use crate::reg::{Gpr, SP};

/// The stack frame that a prologue makes and an epilogue removes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Frame {
    saved: Vec<Gpr>,
    slots: u32,
}

/// The most slots of a frame: small enough for one stack guard page not to be
/// jumped over between the limit check and the first touch.
pub const MAX_SLOTS: u32 = 256;

impl Frame {
    /// A frame that saves the given registers and has that many slots.
    ///
    /// # Panics
    ///
    /// With more slots than [`MAX_SLOTS`].
    pub fn new(saved: &[Gpr], slots: u32) -> Frame {
        assert!(slots <= MAX_SLOTS, "a frame of {slots} slots");
        Frame {
            saved: saved.to_vec(),
            slots,
        }
    }

    /// The address of a slot, as long as the stack pointer is where the
    /// prologue left it.
    pub fn slot(&self, index: u32) -> Mem {
        assert!(index < self.slots, "slot {index} of {}", self.slots);
        Mem::new(SP, index as i32 * 8)
    }

    /// The registers that are saved.
    pub fn saved(&self) -> &[Gpr] {
        &self.saved
    }

    /// How many slots there are.
    pub fn slots(&self) -> u32 {
        self.slots
    }
}
