//! Compiled code as the machine knows it: plain data that both read and write, and the
//! little that the machine asks of the compiler. Nothing here knows how code
//! is made or what a machine register holds.
//!
//! # Invariants
//! * Compiled code is never moved or freed while the machine lives: return addresses
//!   and entry points stay good.
//! * A run of compiled code ends at the frame marked `NATIVE_ENTRY`.

use super::Vm;
use super::proto::Proto;
use super::stack::{Frame, RESUMABLE};
use crate::runtime::Fault;
use crate::value::{DOUBLE_OFFSET, INT_OFFSET, INT_TAG, NO_POINTER, Value};
use std::any::Any;
use std::ops::Range;
use std::ptr::{null, null_mut};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// Room in [`NativeState::runtime_calls`].
pub const RUNTIME_CALLS: usize = 66;
/// Room in [`NativeState::saved`].
pub const SAVED_REGISTERS: usize = 18;
/// Room in [`NativeState::left`].
pub const LEFT_REGISTERS: usize = 46;

/// The compiler above the interpreter.
pub(crate) trait Tier: Any {
    /// Calls and loop iterations after which a function is compiled; `i32::MAX` if
    /// none ever is.
    fn threshold(&self) -> i32;

    /// Gives a function compiled code, or a new version of it. Whether it has some
    /// now that it had not before.
    ///
    /// # Safety
    /// `proto` is loaded in this machine.
    unsafe fn compile(&mut self, vm: &mut Vm, proto: *mut Proto) -> bool;

    /// Where better code takes over a frame that compiled code runs, which is before a
    /// word with everything in memory; null if there is none.
    ///
    /// # Safety
    /// `frame` is live.
    unsafe fn tier_up(&mut self, vm: &mut Vm, frame: *mut Frame, at: u32) -> *const u8;
}

/// The state of the machine that compiled code reads and writes.
#[repr(C)]
pub(crate) struct NativeState {
    /// Calls from compiled code whose frame would be at or beyond this are made by
    /// the interpreter, which knows whether it is a stack overflow.
    pub limit: AtomicPtr<Frame>,
    /// The value of `limit` unless another thread wants calls to be noticed.
    pub room: *mut Frame,
    /// The machine's word of interrupts: not 0 if there are any.
    pub interrupts: *const u8,
    /// The globals' storage.
    pub globals: *mut Value,
    /// [`NO_POINTER`], for instructions that cannot hold it.
    pub no_pointer: u64,
    /// [`INT_TAG`], [`INT_OFFSET`] and [`DOUBLE_OFFSET`], for code that has no registers
    /// for them.
    pub int_tag: u64,
    pub int_offset: u64,
    pub double_offset: u64,
    /// Where boxed values end that are doubles, counted from the first: the bits of any
    /// double are below it.
    pub no_double: u64,
    /// The one-character strings of ASCII, by character.
    pub ascii: *const Value,
    /// Stack pointer of the code that entered this run of compiled code.
    pub bottom: usize,
    /// The value that a generator function or `yield` gives.
    pub value: Value,
    /// Instructions run by compiled code, and lookups among them, if they are counted.
    pub executed: u64,
    pub lookups: u64,
    /// Addresses of the functions that compiled code calls by number.
    pub runtime_calls: [*const u8; RUNTIME_CALLS],
    /// The machine registers of code that is being left in its middle.
    pub saved: [u64; SAVED_REGISTERS],
    /// The same of optimised code.
    pub left: [u64; LEFT_REGISTERS],
    /// Code with more machine stack than most is not entered below this.
    pub stack_limit: usize,
    pub addresses: CodeRange,
    /// The trampoline into compiled code, where a fault leaves it, and the trampoline
    /// that has a function interpreted which has no code; null until there is any.
    pub enter: *const u8,
    pub leave_with_fault: *const u8,
    pub interpret: *const u8,
    /// Where compiled code takes a frame back from the interpreter; null if it does
    /// not.
    pub resume: *const u8,
    /// A fault in a function that compiled code has called, on its way to a handler.
    pub fault: Option<Box<Fault>>,
    /// The fault has already left the lowest frame of this run of compiled code.
    pub bottom_gone: bool,
    /// Whether compiled code stores at every call which frame runs: a profile's clock
    /// reads it from another thread.
    pub shows_frame: bool,
    /// Times that compiled code was entered.
    pub entered: u64,
    /// Parts of the machine stack, from the outermost down, in which the interpreter's
    /// registers lie that were saved when compiled code was entered. Nothing in them
    /// is in use, but their last contents would be kept alive. The low end of the last
    /// one is `bottom`. The high end is null where Rust code entered compiled code:
    /// there is no such part.
    pub unscanned: Vec<(*const u64, *const u64)>,
}

impl NativeState {
    pub fn new() -> NativeState {
        NativeState {
            limit: AtomicPtr::new(null_mut()),
            room: null_mut(),
            interrupts: null(),
            globals: null_mut(),
            no_pointer: NO_POINTER,
            int_tag: INT_TAG,
            int_offset: INT_OFFSET,
            double_offset: DOUBLE_OFFSET,
            no_double: INT_TAG - DOUBLE_OFFSET,
            ascii: null(),
            bottom: 0,
            value: Value::NULL,
            executed: 0,
            lookups: 0,
            runtime_calls: [null(); RUNTIME_CALLS],
            saved: [0; SAVED_REGISTERS],
            left: [0; LEFT_REGISTERS],
            stack_limit: 0,
            addresses: CodeRange::default(),
            enter: null(),
            leave_with_fault: null(),
            interpret: null(),
            resume: null(),
            fault: None,
            bottom_gone: false,
            shows_frame: false,
            entered: 0,
            unscanned: Vec::new(),
        }
    }

    /// Changes the limit. A request that no call has seen yet stays one.
    pub fn set_limit(&mut self, limit: *mut Frame) {
        if self.limit.load(Ordering::Relaxed) == self.room {
            self.limit.store(limit, Ordering::Relaxed);
        }
        self.room = limit;
    }

    /// Takes back another thread's request: a call has seen it.
    pub fn reset_limit(&mut self) {
        self.limit.store(self.room, Ordering::Relaxed);
    }

    /// Parts of the machine stack that hold no roots, from the outermost down.
    pub fn unscanned_stack(&self) -> Vec<(*const u64, *const u64)> {
        let mut parts = self.unscanned.clone();
        if let Some(last) = parts.last_mut() {
            last.0 = self.bottom as *const u64;
        }
        parts
    }
}

/// The addresses of compiled code, for signal handlers: empty until there is any.
#[derive(Default)]
pub(crate) struct CodeRange {
    start: AtomicUsize,
    end: AtomicUsize,
}

impl CodeRange {
    pub fn set(&self, addresses: Range<usize>) {
        self.start.store(addresses.start, Ordering::Relaxed);
        // Last: up to here the range was empty.
        self.end.store(addresses.end, Ordering::Release);
    }

    pub fn contains(&self, address: usize) -> bool {
        address < self.end.load(Ordering::Acquire) && address >= self.start.load(Ordering::Relaxed)
    }
}

/// How compiled code left the frame that it was entered for.
pub mod status {
    pub const RETURNED: u64 = 0;
    pub const YIELDED: u64 = 1;
    /// The fault is in [`super::NativeState::fault`].
    pub const FAULT: u64 = 2;
    /// The interpreter gives the frame back: the value is the address to go on at.
    pub const RESUME: u64 = 3;
}

/// Two words, as C functions return them.
#[repr(C)]
pub struct Pair(pub u64, pub u64);

/// Whether compiled code runs in the frame and not the interpreter. A function with
/// compiled code runs there but for the loop iterations that it has left to the
/// interpreter. The frame may have been left already: its function is not looked up in
/// it.
pub(crate) fn runs_compiled(frame: &Frame, proto: &Proto) -> bool {
    proto.native.is_some() && frame.flags & RESUMABLE == 0
}
