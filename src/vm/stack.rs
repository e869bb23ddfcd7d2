//! The value stack and the frame stack: two reservations of address space that
//! the system backs with memory as they are touched, so neither ever moves and
//! a frame may be pointed to. Which frame runs is known here alone: others push
//! and pop frames, and ask for the running one.

use super::proto::Proto;
use crate::bytecode::Instr;
use crate::heap::object::Header;
use crate::system;
use crate::value::Value;
use memmap2::{MmapMut, MmapOptions};
use std::io;
use std::mem::offset_of;
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, Ordering};

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
/// returning answer the code that asked for an element.
pub const GENERATOR: u32 = 8;
/// The frame is the lowest of a run of compiled code: unwinding ends there.
pub const NATIVE_ENTRY: u32 = 16;
/// Compiled code left the frame to the interpreter and takes it back at the next
/// loop's head.
pub const RESUMABLE: u32 = 32;
/// Rust code that is no part of the machine has called the frame: what runs from here on up
/// cannot be put aside.
pub const BARRIER: u32 = 128;

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

/// Both stacks, with what running calls use of them.
pub struct Stacks {
    /// The running frame.
    running: *mut Frame,
    /// Frames from here on are a stack overflow. Set by [`Stacks::set_frame_limit`].
    pub frame_limit: *mut Frame,
    /// Calls compare with this instead: the same, or null if there is an interrupt.
    pub call_limit: AtomicPtr<Frame>,
    /// Bases above this leave no room for a frame.
    pub values_limit: *mut Value,
    /// The heap's limit leaves less to the stacks than they have room for.
    is_limited: bool,
    /// Objects whose `BORROWED` bit running calls have set.
    pub borrows: Vec<*mut Header>,
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
        // SAFETY: both ends are within their mapping or one past it, and the value
        // stack is far larger than one frame.
        unsafe {
            let values_end = values.add(value_space.len() / size_of::<Value>());
            let frames_end = frames.add(frame_space.len() / frame);
            Ok(Stacks {
                running: frames,
                frame_limit: frames_end,
                call_limit: AtomicPtr::new(frames_end),
                values_limit: values_end.sub((1 << 16) + SLACK),
                is_limited: false,
                borrows: Vec::new(),
                values,
                values_end,
                frames,
                frames_end,
                value_space,
                frame_space,
            })
        }
    }

    /// Writes the bottom frame, which is the host program's and is never returned from.
    pub fn push_bottom(&mut self, host: &Proto) {
        // SAFETY: the frame stack has room for one frame.
        unsafe {
            self.frames.write(Frame {
                proto: host,
                pc: host.code,
                base: self.values.add(1),
                borrow_height: 0,
                flags: ENTRY,
                native_sp: 0,
            });
        }
    }

    /// Where compiled code finds the running frame.
    pub const RUNNING: usize = offset_of!(Stacks, running);

    /// The running frame. It and those below it are complete: code that reads frames
    /// which it has not pushed itself asks here.
    #[inline(always)]
    pub fn running(&self) -> *mut Frame {
        self.running
    }

    /// The running frame's address, for code that only pushes, pops and compares, and
    /// for the interpreter, which keeps its frames complete.
    #[inline(always)]
    pub fn raw(&self) -> *mut Frame {
        self.running
    }

    /// The word that holds the running frame, for other threads: the machine writes it
    /// whole.
    pub fn watched(&self) -> *const AtomicPtr<Frame> {
        (&raw const self.running).cast()
    }

    /// Makes the frame above the running one the running one. It has been written.
    #[inline(always)]
    pub fn push(&mut self, frame: *mut Frame) {
        debug_assert_eq!(frame, self.running.wrapping_add(1));
        self.running = frame;
    }

    /// Takes the running frame down, unless that has been done already.
    #[inline(always)]
    pub fn pop(&mut self, frame: *mut Frame) {
        debug_assert!(frame == self.running || frame == self.running.wrapping_add(1));
        self.running = frame.wrapping_sub(1);
    }

    /// Compiled code has run calls above `frame` and has left them: it need not have
    /// said so.
    #[inline(always)]
    pub fn return_to(&mut self, frame: *mut Frame) {
        self.running = frame;
    }

    /// Changes how many frames there may be. A request of another thread that no call
    /// has seen yet stays one.
    #[inline(always)]
    pub fn set_frame_limit(&mut self, limit: *mut Frame) {
        self.frame_limit = limit;
        if !self.is_interrupted() {
            self.clear_interrupt();
        }
    }

    /// Whether the limit of calls says that there is an interrupt.
    #[inline(always)]
    pub fn is_interrupted(&self) -> bool {
        self.call_limit.load(Ordering::Relaxed).is_null()
    }

    /// Has calls compare with the limit of frames again.
    #[inline(always)]
    pub fn clear_interrupt(&self) {
        self.call_limit.store(self.frame_limit, Ordering::Relaxed);
    }

    /// Leaves this much memory to values, and to calls, if that is less than they have.
    pub fn limit(&mut self, values: usize, calls: usize) {
        let values = self.values.wrapping_add(values / size_of::<Value>());
        let calls = (calls / size_of::<Frame>()).max(LEAST_FRAMES);
        let calls = self.frames.wrapping_add(calls);
        self.is_limited = values < self.values_limit || calls < self.frame_limit;
        self.values_limit = self.values_limit.min(values);
        self.set_frame_limit(self.frame_limit.min(calls));
    }

    /// Whether the heap's limit leaves less to the stacks than they have room for.
    pub fn is_limited(&self) -> bool {
        self.is_limited
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
#[cfg_attr(miri, expect(dead_code))]
const RELEASED: usize = 4 << 20;

/// # Safety
/// The memory is a mapping's that is private and anonymous, and not read before it is
/// written again, or as zeros.
unsafe fn release(from: *mut u8, to: *mut u8) {
    #[cfg(all(target_os = "linux", not(miri)))]
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
    #[cfg(any(not(target_os = "linux"), miri))]
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
