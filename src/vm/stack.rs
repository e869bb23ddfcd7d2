//! The value stack and the frame stack: two reservations of address space that
//! the system backs with memory as they are touched, so neither ever moves and
//! a frame may be pointed to.

use super::proto::Proto;
use crate::bytecode::Instr;
use crate::value::Value;
use memmap2::{MmapMut, MmapOptions};

/// Active calls a program may have at once, in every tier (LANGUAGE.md 4.1).
pub const MAX_FRAMES: usize = 1 << 20;
/// How many calls a call from a built-in counts as: it also takes machine stack.
pub const REENTRY_WEIGHT: usize = 32;
/// Address space for values to ask for, halved until the system agrees.
const VALUE_SPACE: usize = 8 << 30;
const LEAST_VALUE_SPACE: usize = 64 << 20;

/// The frame was entered from Rust: returning from it leaves the interpreter.
pub const ENTRY: u32 = 1;
/// Arguments were borrowed for the call; returning gives them back.
pub const BORROWS: u32 = 2;
/// The frame is a generator's, which lies two slots below its base: `yield` and
/// returning answer who asked for an element.
pub const GENERATOR: u32 = 8;
/// The frame is the lowest of a run of compiled code: unwinding ends there.
pub const NATIVE_ENTRY: u32 = 16;
/// Compiled code left the frame to the interpreter and takes it back at the next
/// loop's head.
pub const RESUMABLE: u32 = 32;

#[repr(C)]
pub struct Frame {
    pub proto: *const Proto,
    /// Where to go on; kept up to date whenever something may look at it.
    pub pc: *const Instr,
    /// Register 0. The slot below it is the callee's own value and takes the
    /// result.
    pub base: *mut Value,
    /// Length of the borrow stack when the call began.
    pub borrow_height: u32,
    /// [`ENTRY`], [`BORROWS`] and so on; usually 0.
    pub special: u32,
    /// The stack pointer of the compiled code that runs the frame. Only good where
    /// its function has handlers.
    pub native_sp: usize,
}

pub struct Stacks {
    pub values: *mut Value,
    pub values_end: *mut Value,
    pub frames: *mut Frame,
    pub frames_end: *mut Frame,
    _value_space: MmapMut,
    _frame_space: MmapMut,
}

impl Stacks {
    /// # Errors
    /// If the system refuses even a small reservation.
    pub fn new() -> std::io::Result<Stacks> {
        let mut size = VALUE_SPACE;
        let mut value_space = loop {
            match MmapOptions::new().len(size).no_reserve_swap().map_anon() {
                Ok(space) => break space,
                Err(error) if size <= LEAST_VALUE_SPACE => return Err(error),
                Err(_) => size /= 2,
            }
        };
        let frame_bytes = MAX_FRAMES * size_of::<Frame>();
        let mut frame_space = MmapOptions::new()
            .len(frame_bytes)
            .no_reserve_swap()
            .map_anon()?;
        let values: *mut Value = value_space.as_mut_ptr().cast();
        let frames: *mut Frame = frame_space.as_mut_ptr().cast();
        // SAFETY: both ends are one past their mapping.
        unsafe {
            Ok(Stacks {
                values,
                values_end: values.add(size / size_of::<Value>()),
                frames,
                frames_end: frames.add(MAX_FRAMES),
                _value_space: value_space,
                _frame_space: frame_space,
            })
        }
    }
}
