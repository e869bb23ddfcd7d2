//! The way into compiled code: from the interpreter at calls and loop headers (on-stack
//! replacement), from Rust code that calls a function, and back into code that has left
//! a frame to the interpreter.

use super::Vm;
use super::call::ReturnTo;
use super::native::{Pair, status};
use super::proto::{Proto, find_entry};
use super::stack::{BARRIER, ENTRY, Frame, GENERATOR, NATIVE_ENTRY};
use crate::runtime::{Fallible, Fault};
use crate::value::Value;

/// How a frame came out of compiled code.
pub(crate) enum NativeOutcome {
    /// It was not entered: the interpreter goes on.
    Not,
    /// It returned; the frame is still there.
    Returned(Value),
    /// It yielded; the frame is gone.
    Yielded(Value),
    /// It threw; the frame is gone.
    Fault(Box<Fault>),
}

/// Machine stack that a frame of compiled code takes at most, with what a stub adds.
const NATIVE_FRAME: usize = 64;
/// Machine stack left for Rust code and the frame's own needs when compiled code is
/// entered.
const RESERVE: usize = 64 << 10;

/// Machine stack that a program may take unless the host program knows better: half
/// of what threads have as a rule.
const STACK_SIZE: usize = 1 << 20;

/// The machine stack as far as the program may use it.
pub struct MachineStack {
    /// The program may take this many bytes: less than there are below where it is
    /// started.
    pub size: usize,
    /// Where the program was started; null if none runs.
    pub(crate) base: *const u64,
    /// Addresses below this are kept for Rust code.
    pub(crate) limit: usize,
}

impl MachineStack {
    pub(crate) fn new() -> MachineStack {
        MachineStack {
            size: STACK_SIZE,
            base: std::ptr::null(),
            limit: 0,
        }
    }
}

fn stack_pointer() -> usize {
    let here = 0u8;
    std::hint::black_box(&here) as *const u8 as usize
}

impl Vm {
    /// Whether there is machine stack for another run of the interpreter.
    #[inline(always)]
    pub(crate) fn has_machine_stack(&self) -> bool {
        stack_pointer() > self.machine_stack.limit
    }

    /// The address at which compiled code takes over a frame that is before its
    /// `pc`: at the function's start, a loop's head, after a `yield`. Compiles the
    /// function first if it has no code.
    ///
    /// # Safety
    /// `frame` is live.
    pub(crate) unsafe fn code_for(&mut self, frame: *mut Frame) -> Option<*const u8> {
        // SAFETY: the caller's promise.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            if (*proto).native.is_none() && !self.compile(proto) {
                (*proto).heat = i32::MAX;
                return None;
            }
            (*proto).heat = -1;
            let code = (*proto).native.as_ref()?;
            let at = (*frame).pc.offset_from((*proto).code) as usize;
            if let Some(better) = &(*proto).optimized
                && let Some(address) = better.entry_at(at)
            {
                return Some(address);
            }
            if at == 0 {
                Some(code.framed)
            } else {
                find_entry(&code.outer, at)
            }
        }
    }

    /// Compiles a function, or says that it stays interpreted.
    ///
    /// # Safety
    /// `proto` is loaded.
    #[cold]
    #[inline(never)]
    pub(crate) unsafe fn compile(&mut self, proto: *mut Proto) -> bool {
        // Compiling runs no program code, so nothing asks for the tier meanwhile.
        let Some(mut tier) = self.tier.take() else {
            return false;
        };
        // SAFETY: the caller's promise.
        let compiled = unsafe { tier.compile(self, proto) };
        self.tier = Some(tier);
        compiled
    }

    /// Where better code takes over a frame that compiled code runs; null if there is none.
    ///
    /// # Safety
    /// `frame` is live and is before the word, with everything in memory.
    pub(crate) unsafe fn tier_up(&mut self, frame: *mut Frame, at: u32) -> *const u8 {
        let Some(mut tier) = self.tier.take() else {
            return std::ptr::null();
        };
        // SAFETY: the caller's promise.
        let address = unsafe { tier.tier_up(self, frame, at) };
        self.tier = Some(tier);
        address
    }

    /// Runs a hot frame in compiled code, as far as that can be done.
    ///
    /// # Safety
    /// `frame` is the running one; its `pc` is saved. `caller` is where the
    /// machine stack begins that may hold roots: below it lie only frames of the
    /// interpreter, which have none while this runs, and the registers that callers
    /// keep are above.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn run_hot(
        &mut self,
        frame: *mut Frame,
        caller: *const u64,
    ) -> NativeOutcome {
        // SAFETY: the caller's promise.
        unsafe {
            if stack_pointer() < self.machine_stack.limit + RESERVE {
                // The interpreter needs no machine stack to go deeper.
                return NativeOutcome::Not;
            }
            match self.code_for(frame) {
                Some(code) => self.run_native(frame, code, caller),
                None => NativeOutcome::Not,
            }
        }
    }

    /// Runs a frame that Rust code has just made, if its function has compiled code,
    /// without the interpreter's part in it.
    ///
    /// # Safety
    /// `frame` is the running one and is at its function's start.
    #[inline]
    pub(super) unsafe fn run_if_compiled(&mut self, frame: *mut Frame) -> Option<Fallible> {
        // SAFETY: the caller's promise. Compiled code keeps no root below its entry
        // but in frames of its own, so that no part of the stack is left out.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            let code = (*proto).native.as_ref()?.framed;
            let better = |proto: *mut Proto| (*proto).optimized.as_ref()?.entry_at(0);
            let code = match better(proto) {
                Some(better) => better,
                None => {
                    (*proto).warmth = (*proto).warmth.saturating_sub(1);
                    if (*proto).warmth < 0 && self.tier_up(frame, 0).is_null() {
                        // It stays as it is.
                        (*proto).warmth = i32::MAX;
                    }
                    better(proto).unwrap_or(code)
                }
            };
            if stack_pointer() < self.machine_stack.limit + RESERVE {
                return None;
            }
            let plain = (*frame).flags & !BARRIER == ENTRY;
            let ran = self.run_native(frame, code, std::ptr::null());
            self.finish(frame, ran, plain)
        }
    }

    /// The result of a frame that Rust code has entered; `None` if it is yet to be run.
    /// A `plain` one has nothing to do when it is left.
    ///
    /// # Safety
    /// `frame` was the running one when it was entered, and `ran` is what came of it.
    #[inline]
    pub(super) unsafe fn finish(
        &mut self,
        frame: *mut Frame,
        ran: NativeOutcome,
        plain: bool,
    ) -> Option<Fallible> {
        // SAFETY: the caller's promise: where the frame is still there it has returned.
        unsafe {
            Some(match ran {
                NativeOutcome::Not => return None,
                NativeOutcome::Returned(value) if plain => {
                    self.stacks.pop(frame);
                    Ok(value)
                }
                NativeOutcome::Returned(value) => match self.leave(frame, value) {
                    ReturnTo::Rust(result) => result,
                    ReturnTo::Fault(fault) => Err(fault),
                    ReturnTo::Caller(value) => Ok(value),
                    ReturnTo::Loop => Ok(Value::NULL),
                },
                NativeOutcome::Yielded(value) => Ok(value),
                NativeOutcome::Fault(fault) => Err(fault),
            })
        }
    }

    #[inline]
    unsafe fn run_native(
        &mut self,
        frame: *mut Frame,
        code: *const u8,
        caller: *const u64,
    ) -> NativeOutcome {
        type Enter = unsafe extern "C" fn(*mut Vm, *mut Frame, *mut Value, *const u8) -> Pair;
        self.native.entered += 1;
        // SAFETY: the stub has this type and stays in place; the frame is the
        // running one, and `code` takes it over.
        unsafe {
            let enter: Enter = std::mem::transmute(self.native.enter);
            let (limit, bottom) = (self.native.room, self.native.bottom);
            let room = (stack_pointer() - self.machine_stack.limit - RESERVE / 2) / NATIVE_FRAME;
            let room = room.min(self.stacks.frame_limit.offset_from(frame).max(0) as usize);
            self.native.set_limit(frame.add(room));
            self.native.stack_limit = self.machine_stack.limit + RESERVE / 2;
            self.native.interrupts = self.interrupts.word.as_ptr().cast();
            let generator = (*frame).flags & GENERATOR != 0;
            (*frame).flags |= NATIVE_ENTRY;
            if let Some(outer) = self.native.unscanned.last_mut() {
                outer.0 = bottom as *const u64;
            }
            self.native.unscanned.push((std::ptr::null(), caller));
            let Pair(value, how) = enter(self, frame, (*frame).base, code);
            self.native.unscanned.pop();
            self.native.set_limit(limit);
            self.native.bottom = bottom;
            match how {
                status::FAULT => NativeOutcome::Fault(self.native.fault.take().expect("a fault")),
                status::YIELDED if generator => {
                    (*frame).flags &= !NATIVE_ENTRY;
                    NativeOutcome::Yielded(Value::from_bits(value))
                }
                _ => {
                    (*frame).flags &= !NATIVE_ENTRY;
                    self.stacks.return_to(frame);
                    NativeOutcome::Returned(Value::from_bits(value))
                }
            }
        }
    }

    /// Whether compiled code goes on with a frame that it left to the interpreter,
    /// which is before its `pc`.
    ///
    /// # Safety
    /// `frame` is the running one.
    #[cold]
    #[inline(never)]
    pub(super) unsafe fn take_back(&mut self, frame: *mut Frame) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            (*proto).heat = -1;
            let Some(code) = &(*proto).native else {
                return false;
            };
            let at = (*frame).pc.offset_from((*proto).code) as usize;
            let better = (*proto).optimized.as_ref();
            let better = better.and_then(|code| {
                let found = code.inner.iter().find(|(word, _)| *word as usize == at);
                found.map(|&(_, address)| address)
            });
            match better.or_else(|| find_entry(&code.inner, at)) {
                Some(address) => {
                    self.native.resume = address;
                    true
                }
                None => false,
            }
        }
    }
}
