//! The value stack and the frame stack: two reservations of address space that
//! the system backs with memory as they are touched, so neither ever moves and
//! a frame may be pointed to.

use super::proto::Proto;
use crate::bytecode::Instr;
use crate::system;
use crate::value::Value;
use memmap2::{MmapMut, MmapOptions};
use std::io;
use std::ops::Range;

/// Active calls a program may have at once, in every tier (LANGUAGE.md 4.1), unless the
/// system has no address space for so many.
pub const MAX_FRAMES: usize = 1 << 20;
pub const LEAST_FRAMES: usize = 1 << 14;
/// How many calls a call from a built-in counts as: it also takes machine stack.
pub const REENTRY_WEIGHT: usize = 32;
/// Address space for values to ask for.
const VALUE_SPACE: usize = 8 << 30;
const LEAST_VALUE_SPACE: usize = 4 << 20;

/// Room for values above a frame's registers and the arguments of a call: callees take
/// what they need without another check.
pub const SLACK: usize = 300;

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
    pub flags: u32,
    /// The stack pointer of the compiled code that runs the frame. Only good where
    /// its function has handlers.
    pub native_sp: usize,
}

pub struct Stacks {
    pub values: *mut Value,
    pub values_end: *mut Value,
    pub frames: *mut Frame,
    pub frames_end: *mut Frame,
    value_space: MmapMut,
    frame_space: MmapMut,
}

impl Stacks {
    /// # Errors
    /// If the system refuses even small reservations; says which one.
    pub fn new() -> io::Result<Stacks> {
        let mut value_space = reserve("values of calls", VALUE_SPACE, 8, LEAST_VALUE_SPACE)?;
        let frame = size_of::<Frame>();
        let mut frame_space = reserve("calls", MAX_FRAMES * frame, 16, LEAST_FRAMES * frame)?;
        let values: *mut Value = value_space.as_mut_ptr().cast();
        let frames: *mut Frame = frame_space.as_mut_ptr().cast();
        // SAFETY: both ends are within their mapping or one past it.
        unsafe {
            Ok(Stacks {
                values,
                values_end: values.add(value_space.len() / size_of::<Value>()),
                frames,
                frames_end: frames.add(frame_space.len() / frame),
                value_space,
                frame_space,
            })
        }
    }

    /// Gives memory of both stacks back to the system that running calls have used and do
    /// not use any more: that of frames and values from these on up to those. Little is
    /// kept: it will be used again soon.
    ///
    /// # Safety
    /// Nothing lies there that is read again.
    pub unsafe fn release(&mut self, frames: Range<*mut Frame>, values: Range<*mut Value>) {
        // SAFETY: the caller's promise.
        unsafe {
            release(frames.start.cast(), frames.end.min(self.frames_end).cast());
            release(values.start.cast(), values.end.min(self.values_end).cast());
        }
    }

    /// How many calls and how many bytes of values there is room for.
    pub fn room(&self) -> (usize, usize) {
        (
            self.frame_space.len() / size_of::<Frame>(),
            self.value_space.len(),
        )
    }

    /// Whether the system had less room than the language promises.
    pub fn is_reduced(&self) -> bool {
        self.room() != (MAX_FRAMES, VALUE_SPACE)
    }
}

/// Memory of less than this is not worth giving back.
const RELEASED: usize = 4 << 20;

/// # Safety
/// The memory is a mapping's that is private and anonymous, and not read before it is
/// written again, or as zeros.
unsafe fn release(from: *mut u8, to: *mut u8) {
    #[cfg(target_os = "linux")]
    if (to as usize).saturating_sub(from as usize) >= RELEASED {
        let start = from.wrapping_add(from.align_offset(system::page_size()));
        // SAFETY: the caller's promise. Whether the advice is taken does not matter.
        unsafe {
            libc::madvise(
                start.cast(),
                to as usize - start as usize,
                libc::MADV_DONTNEED,
            );
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (from, to);
}

/// Reserves `wanted` bytes of address space for one of the stacks, or the `part`th part
/// of what there is, or less, halved until the system agrees.
fn reserve(what: &str, wanted: usize, part: usize, least: usize) -> io::Result<MmapMut> {
    let mut size = system::reservation(wanted, part).max(least);
    loop {
        match MmapOptions::new().len(size).no_reserve_swap().map_anon() {
            Ok(space) => return Ok(space),
            Err(error) if size <= least => {
                let asked = system::size_text(size);
                return Err(io::Error::new(
                    error.kind(),
                    format!("{asked} of address space for the {what}: {error}"),
                ));
            }
            Err(_) => size = (size / 2).max(least),
        }
    }
}
