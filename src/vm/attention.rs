//! How other threads, and signal handlers, reach a running machine: they set bits
//! in a word that every loop looks at, and lower the limit that every call is
//! compared with, so that programs that only recurse notice too. Both tests are
//! made anyway, for nothing else; what is asked for happens on the machine's own
//! thread, at its next safepoint.
//!
//! A request may be missed: the machine sets the limit as it goes in and out of
//! built-ins, and a store of its own may hide one from here. Who wants an answer
//! soon asks again; the word keeps the request until a loop finds it.

use super::Vm;
use super::jit::Addresses;
use super::profile::Doing;
use super::proto::Proto;
use super::stack::Frame;
use crate::runtime::Fault;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// Bit of [`Vm::attention`]: end the program.
pub const INTERRUPT: u8 = 1;
/// Bit of [`Vm::attention`]: take a sample of what is running.
pub const SAMPLE: u8 = 2;

/// Rings for a machine's attention, from another thread or a signal handler.
pub struct Bell {
    word: Arc<AtomicU8>,
    machine: Option<Machine>,
}

/// What a bell reaches in the machine itself.
struct Machine {
    /// [`Vm::call_limit`], and that of compiled code.
    call_limits: [*const AtomicPtr<Frame>; 2],
    /// [`Vm::frame`].
    frame: *const AtomicPtr<Frame>,
    /// All frames there are room for.
    frames: Range<*mut Frame>,
    code: *const Addresses,
}

/// What the registers of the machine's thread say, if it runs compiled code.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Address of the instruction.
    pub pc: usize,
    pub frame: *mut Frame,
}

/// What ran at a moment, near enough for statistics. It may be gone by the time that
/// it is read.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub frame: *mut Frame,
    /// What the frame names; around a call, that of another function.
    pub proto: *mut Proto,
    /// Address of the instruction of compiled code, if it was that; otherwise 0.
    pub pc: usize,
}

// SAFETY: what is pointed to is used as atomics only; that the machine is still there
// is promised to `Vm::bell`.
unsafe impl Send for Machine {}
// SAFETY: as above.
unsafe impl Sync for Machine {}

impl Bell {
    /// A bell that only loops hear, for any machine with this attention word.
    pub fn for_loops(word: Arc<AtomicU8>) -> Bell {
        let machine = None;
        Bell { word, machine }
    }

    /// Asks for what `bits` say at the next safepoint. What was asked for before.
    pub fn ring(&self, bits: u8) -> u8 {
        let before = self.word.fetch_or(bits, Ordering::Relaxed);
        if let Some(machine) = &self.machine {
            for limit in machine.call_limits {
                // SAFETY: the machine outlives the bell.
                unsafe { (*limit).store(null_mut(), Ordering::Relaxed) };
            }
        }
        before
    }

    /// What runs at this moment, by the registers of the machine's thread if they
    /// are known.
    pub fn running(&self, registers: Option<Registers>) -> Option<Moment> {
        let machine = self.machine.as_ref()?;
        // SAFETY: the machine outlives the bell, and its frame stack, all of which
        // may be read, stays where it is. The machine writes both words whole, with
        // plain stores.
        unsafe {
            let compiled = registers.filter(|registers| {
                let distance =
                    (registers.frame as usize).wrapping_sub(machine.frames.start as usize);
                (*machine.code).contain(registers.pc)
                    && machine.frames.contains(&registers.frame)
                    && distance.is_multiple_of(size_of::<Frame>())
            });
            let (frame, pc) = match compiled {
                Some(registers) => (registers.frame, registers.pc),
                None => ((*machine.frame).load(Ordering::Relaxed), 0),
            };
            let proto: *const AtomicPtr<Proto> = (&raw const (*frame).proto).cast();
            let proto = (*proto).load(Ordering::Relaxed);
            Some(Moment { frame, proto, pc })
        }
    }
}

impl Vm {
    /// A bell that calls hear too.
    ///
    /// # Safety
    /// It is not rung after the machine is gone.
    pub unsafe fn bell(&self) -> Bell {
        Bell {
            word: self.attention.clone(),
            machine: Some(Machine {
                call_limits: [&self.call_limit, &self.native.limit],
                frame: (&raw const self.frame).cast(),
                frames: self.stacks.frames..self.stacks.frames_end,
                code: &raw const self.native.addresses,
            }),
        }
    }

    /// Whether somebody asked for something.
    #[inline(always)]
    pub(crate) fn is_wanted(&self) -> bool {
        self.attention.load(Ordering::Relaxed) != 0
    }

    /// Changes how many frames there may be. A request that no call has seen yet
    /// stays one.
    #[inline(always)]
    pub(crate) fn set_frame_limit(&mut self, limit: *mut Frame) {
        self.frame_limit = limit;
        if !self.call_limit.load(Ordering::Relaxed).is_null() {
            self.call_limit.store(limit, Ordering::Relaxed);
        }
    }

    /// What a call does that its comparison with [`Vm::call_limit`] turns away:
    /// answers requests, and fails if there is no room for a frame at `frame`,
    /// or none for its values, as the caller says.
    ///
    /// # Errors
    /// Stack overflow, or an interrupt.
    #[cold]
    #[inline(never)]
    pub(crate) fn call_refused(
        &mut self,
        frame: *mut Frame,
        values_fit: bool,
        doing: Doing,
    ) -> Result<(), Box<Fault>> {
        self.call_limit.store(self.frame_limit, Ordering::Relaxed);
        self.answer_requests(doing)?;
        if frame >= self.frame_limit || !values_fit {
            return Err(super::call::stack_overflow());
        }
        Ok(())
    }

    /// What a loop's safepoint finds: a request, or a full heap.
    #[cold]
    #[inline(never)]
    pub(crate) fn called_for_attention(&mut self, doing: Doing) -> Option<Box<Fault>> {
        match self.answer_requests(doing) {
            Err(fault) => Some(fault),
            Ok(()) if self.heap.over_limit => self.out_of_memory(),
            Ok(()) => None,
        }
    }

    /// Does what the bits of [`Vm::attention`] ask for. The interrupt's stays.
    fn answer_requests(&mut self, doing: Doing) -> Result<(), Box<Fault>> {
        let asked = self.attention.load(Ordering::Relaxed);
        if asked & INTERRUPT != 0 {
            return Err(Box::new(Fault::Interrupted));
        }
        if asked & SAMPLE != 0 {
            self.take_sample(doing);
        }
        Ok(())
    }
}
