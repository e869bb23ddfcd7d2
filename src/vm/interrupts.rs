//! How other threads, and signal handlers, reach a running machine: by an interrupt.
//! They set bits in a word that every loop looks at, and lower the limit that every
//! call is compared with, so that programs that only recurse notice too. Both checks
//! exist already, so polling costs nothing. The machine handles an interrupt on its own
//! thread, at its next safepoint.
//!
//! A request may be missed: the machine sets the limit as it goes in and out of
//! built-ins, and a store of its own may hide one from here. A thread that wants an
//! answer soon asks again; the word keeps the request until a loop finds it.

use super::Vm;
use super::code::Source;
use super::native::CodeRange;
use super::proto::Proto;
use super::stack::Frame;
use crate::heap::watch::Watch;
use crate::runtime::Fault;
use crate::runtime::arith::out_of_memory;
use std::any::Any;
use std::ops::Range;
use std::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// Bit of [`Interrupts::word`]: end the program.
pub const STOP: u8 = 1;
/// Bit of [`Interrupts::word`]: take a sample of what is running.
pub const SAMPLE: u8 = 2;

/// Bit of [`Interrupts::word`]: what runs is to be cancelled.
pub const CANCEL: u8 = 4;
/// Bit of [`Interrupts::word`]: another thread has ended the program.
pub const END: u8 = 8;

/// Bit of [`Interrupts::word`]: the heap has more than its limit.
const FULL: u8 = 16;

/// The machine's activity at the moment of a sample, above its frames.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Doing {
    /// The running frame's own code.
    Code,
    /// This built-in.
    Builtin(usize),
    /// Whatever the running frame's instruction has called.
    Inside,
}

/// A profile's part in the machine.
pub(crate) trait Sampler: Any {
    /// Takes the sample that was asked for.
    fn sample(&mut self, vm: &Vm, doing: Doing);

    /// Counts memory that has been allocated at the word `at` of a function.
    fn count_memory(
        &mut self,
        sources: &[Source],
        proto: &Proto,
        at: usize,
        bytes: u64,
        objects: u64,
    );
}

/// The machine's side of interrupts.
#[derive(Default)]
pub struct Interrupts {
    /// Requests of other threads, as bits; usually 0.
    pub word: Arc<AtomicU8>,
    /// A running profile.
    pub(crate) sampler: Option<Box<dyn Sampler>>,
}

impl Interrupts {
    /// Takes back the requests of others, but not that the heap is full.
    pub(crate) fn clear(&self) {
        self.word.fetch_and(FULL, Ordering::Relaxed);
    }
}

/// Interrupts a machine, from another thread or a signal handler.
pub struct InterruptHandle {
    word: Arc<AtomicU8>,
    machine: Option<Machine>,
}

/// The parts of the machine that a handle reaches.
struct Machine {
    /// [`Stacks::call_limit`](super::stack::Stacks::call_limit), and that of compiled code.
    call_limits: [*const AtomicPtr<Frame>; 2],
    /// The word that holds the running frame.
    frame: *const AtomicPtr<Frame>,
    /// All frames there are room for.
    frames: Range<*mut Frame>,
    code: *const CodeRange,
}

/// The registers of the machine's thread, if it runs compiled code.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    /// Address of the instruction.
    pub pc: usize,
    pub frame: *mut Frame,
}

/// The code that ran at a moment, near enough for statistics. It may be gone by the time that
/// it is read.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub frame: *mut Frame,
    /// The function that the frame names; around a call, that of another function.
    pub proto: *mut Proto,
    /// Address of the instruction of compiled code, if it was that; otherwise 0.
    pub pc: usize,
}

// SAFETY: what is pointed to is used as atomics only; that the machine is still there
// is promised to `Vm::interrupt_handle`.
unsafe impl Send for Machine {}
// SAFETY: as above.
unsafe impl Sync for Machine {}

impl InterruptHandle {
    /// A handle that only loops notice, for any machine with this word of interrupts.
    pub fn for_loops(word: Arc<AtomicU8>) -> InterruptHandle {
        let machine = None;
        InterruptHandle { word, machine }
    }

    /// Asks the program to end; whether nothing had asked before.
    pub fn stop(&self) -> bool {
        self.request(STOP) & STOP == 0
    }

    /// Whether the program is to end.
    pub fn is_stopping(&self) -> bool {
        self.word.load(Ordering::Relaxed) & STOP != 0
    }

    /// Requests the interrupts of these bits; returns those requested before.
    pub fn request(&self, bits: u8) -> u8 {
        let before = self.word.fetch_or(bits, Ordering::Relaxed);
        if let Some(machine) = &self.machine {
            for limit in machine.call_limits {
                // SAFETY: the machine outlives the handle.
                unsafe { (*limit).store(null_mut(), Ordering::Relaxed) };
            }
        }
        before
    }

    /// The code that runs at this moment, by the registers of the machine's thread if they
    /// are known.
    pub fn running(&self, registers: Option<Registers>) -> Option<Moment> {
        let machine = self.machine.as_ref()?;
        // SAFETY: the machine outlives the handle, and its frame stack, all of which
        // may be read, stays where it is. The machine writes both words whole, with
        // plain stores.
        unsafe {
            let compiled = registers.filter(|registers| {
                let distance =
                    (registers.frame as usize).wrapping_sub(machine.frames.start as usize);
                (*machine.code).contains(registers.pc)
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
    /// Has others reach the machine by this word.
    pub fn use_interrupts(&mut self, word: Arc<AtomicU8>) {
        self.heap.watch = Watch::new(word.clone(), STOP, FULL);
        self.interrupts.word = word;
    }

    /// A handle that calls notice too.
    ///
    /// # Safety
    /// It is not used after the machine is gone.
    pub unsafe fn interrupt_handle(&self) -> InterruptHandle {
        InterruptHandle {
            word: self.interrupts.word.clone(),
            machine: Some(Machine {
                call_limits: [&self.stacks.call_limit, &self.native.limit],
                frame: self.stacks.watched(),
                frames: self.stacks.frames..self.stacks.frames_end,
                code: &raw const self.native.addresses,
            }),
        }
    }

    /// Whether an interrupt is requested.
    #[inline(always)]
    pub(crate) fn has_interrupt(&self) -> bool {
        self.interrupts.word.load(Ordering::Relaxed) != 0
    }

    /// Whether others have requested one; a heap that is full can wait for code that runs.
    pub(crate) fn has_request(&self) -> bool {
        self.interrupts.word.load(Ordering::Relaxed) & !FULL != 0
    }

    /// Slow path of a call's comparison with [`Stacks::call_limit`](super::stack::Stacks::call_limit): handles interrupts, then
    /// reports a stack overflow if there is no room for a frame at `frame`, or none for
    /// its values, as the caller says.
    ///
    /// # Errors
    /// Stack overflow, or the program is to end.
    #[cold]
    #[inline(never)]
    pub(crate) fn call_limit_reached(
        &mut self,
        frame: *mut Frame,
        values_fit: bool,
        doing: Doing,
    ) -> Result<(), Box<Fault>> {
        self.stacks.clear_interrupt();
        self.handle_requests(doing)?;
        if frame >= self.stacks.frame_limit || !values_fit {
            return Err(self.no_room_for_call());
        }
        Ok(())
    }

    /// Slow path of a loop's safepoint: handles interrupts, or a full heap.
    #[cold]
    #[inline(never)]
    pub(crate) fn handle_interrupts(&mut self, doing: Doing) -> Option<Box<Fault>> {
        match self.handle_requests(doing) {
            Err(fault) => Some(fault),
            Ok(()) if self.heap.over_limit => self.out_of_memory(),
            Ok(()) => {
                self.interrupts.word.fetch_and(!FULL, Ordering::Relaxed);
                None
            }
        }
    }

    /// A safepoint after a collection that left more than the heap's limit: the
    /// fault, unless what was too much is garbage by now.
    #[cold]
    pub(crate) fn out_of_memory(&mut self) -> Option<Box<Fault>> {
        let refused = std::mem::take(&mut self.heap.refused);
        self.heap.collect();
        let over_limit = std::mem::take(&mut self.heap.over_limit);
        self.interrupts.word.fetch_and(!FULL, Ordering::Relaxed);
        (over_limit || refused).then(out_of_memory)
    }

    /// Handles the requests in [`Interrupts::word`]. One to stop stays.
    fn handle_requests(&mut self, doing: Doing) -> Result<(), Box<Fault>> {
        let requests = self.interrupts.word.load(Ordering::Relaxed);
        if requests & STOP != 0 {
            return Err(Box::new(Fault::Interrupted));
        }
        if requests & END != 0
            && let Some(fault) = self.ending()
        {
            return Err(fault);
        }
        if requests & CANCEL != 0 {
            self.interrupts.word.fetch_and(!CANCEL, Ordering::Relaxed);
            if let Some(fault) = self.take_cancel() {
                return Err(fault);
            }
        }
        if requests & SAMPLE != 0 {
            self.take_sample(doing);
        }
        Ok(())
    }

    /// Takes a sample if one is requested: a safepoint that looks at nothing else.
    #[inline(always)]
    pub(crate) fn sample_point(&mut self, doing: Doing) {
        if self.stacks.is_interrupted() {
            self.take_sample(doing);
        }
    }

    /// Takes a sample if one is requested.
    #[cold]
    #[inline(never)]
    fn take_sample(&mut self, doing: Doing) {
        if self.clear_sample_request()
            && let Some(mut sampler) = self.interrupts.sampler.take()
        {
            sampler.sample(self, doing);
            self.interrupts.sampler = Some(sampler);
        }
    }

    /// Takes back the request for a sample; whether there was one. Others stay.
    pub(crate) fn clear_sample_request(&mut self) -> bool {
        let requests = self.interrupts.word.fetch_and(!SAMPLE, Ordering::Relaxed);
        if requests & !SAMPLE == 0 {
            self.stacks.clear_interrupt();
        }
        requests & SAMPLE != 0
    }
}
