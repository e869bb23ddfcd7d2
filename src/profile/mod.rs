//! Where a program spends its time and memory: samples of what is running, taken
//! by the machine itself whenever a [`Clock`](clock) [asks](crate::vm::interrupts),
//! so every tier whose calls leave [`Frame`]s is seen without doing anything for it.
//!
//! The machine answers at its next safepoint: a loop's round, a call, the beginning
//! and the end of a built-in. By then the function that was running may have
//! returned, so what runs is noted when the clock rings, by a signal handler on the
//! machine's thread that sees its registers, where there are such. Frames above the
//! running one keep what they held until a call writes over them, and a call is a
//! safepoint: the stack of that moment can still be read. Functions are exact that
//! way. A line is that of the safepoint after the moment, or the head of a function
//! that has returned.
//!
//! A sample weighs the time since the one before, by the clock: nothing is lost
//! while a built-in runs that has no safepoint. Pauses for collections are known
//! exactly and taken out of the weight, and so are waits in which no task is ready. Each
//! thread of a program has a profile of its own, which is added to the script's. Memory is counted when an allocation has
//! used up an interval of free cells, and all of the interval counted for the line
//! that did, which over many intervals is in proportion.

pub mod calls;
pub mod clock;
mod lines;
#[cfg_attr(
    all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ),
    path = "linux.rs"
)]
#[cfg_attr(
    not(all(
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )),
    path = "elsewhere.rs"
)]
pub(crate) mod system;

use crate::heap::AllocationProbe;
use crate::heap::collect::{self, Pauses};
use crate::vm::Vm;
use crate::vm::code::Source;
use crate::vm::interrupts::{Doing, Moment, Sampler};
use crate::vm::native::runs_compiled;
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use calls::{CallTree, Callee};
use clock::{Clock, Request};
use lines::Lines;
use std::any::Any;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Frames of a stack that a sample keeps: of a deeper one both ends.
const MAX_DEPTH: usize = 512;

/// The data that a running profile has gathered.
pub(crate) struct Recorder {
    request: Arc<Request>,
    /// How much of the collector's pauses has been counted.
    paused: Duration,
    /// How much of the thread's waits has been counted.
    waited: Duration,
    calls: CallTree,
    lines: Lines,
    samples: u64,
    /// Addresses of protos, as far as they have been looked at.
    known: HashSet<*const Proto>,
}

/// A function of the program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    pub name: String,
    pub file: String,
    pub line: u32,
}

/// The cost of one line of one function.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// Number of the function.
    pub function: u32,
    pub line: u32,
    /// The line as it is written.
    pub text: String,
    /// Time in the line itself and in built-ins and collections that it caused.
    pub own: Duration,
    /// The same with all that it called.
    pub total: Duration,
    pub bytes: u64,
    pub objects: u64,
}

/// A whole profile, as reports read it.
#[derive(Debug)]
pub struct Profile {
    /// By the numbers in `calls` and `lines`.
    pub functions: Vec<Function>,
    pub builtins: Vec<&'static str>,
    pub calls: CallTree,
    pub lines: Vec<Line>,
    pub samples: u64,
    /// How long the program ran.
    pub wall: Duration,
    /// Collections that looked at young objects only.
    pub minor: Pauses,
    /// Those that looked at all.
    pub major: Pauses,
}

/// Called with the time so far, about every second.
pub type Progress = Box<dyn FnMut(Duration) + Send>;

/// A profile being taken: the clock, and what it began with.
pub(crate) struct Running {
    clock: Clock,
    start: Instant,
    before: collect::Stats,
}

/// Begins to sample a machine `rate` times a second.
///
/// # Errors
/// If the system refuses a thread.
///
/// # Safety
/// The result is given to [`end`], or dropped, before the machine goes or moves.
pub(crate) unsafe fn start(
    vm: &mut Vm,
    rate: u32,
    progress: Option<Progress>,
) -> std::io::Result<Running> {
    let start = Instant::now();
    let request = Arc::new(Request::default());
    // SAFETY: the clock, which has the handle, ends before the machine.
    let handle = unsafe { vm.interrupt_handle() };
    let clock = Clock::start(handle, request.clone(), rate, progress)?;
    let before = vm.heap.stats;
    vm.native.shows_frame = system::NEEDS_FRAME;
    vm.interrupts.sampler = Some(Box::new(Recorder {
        request,
        paused: before.total_pause(),
        waited: vm.tasks.waited,
        calls: CallTree::default(),
        lines: Lines::default(),
        samples: 0,
        known: HashSet::new(),
    }));
    let context: *mut Vm = vm;
    vm.heap.probe = Some(AllocationProbe {
        context: context.cast(),
        note: note_allocation,
    });
    Ok(Running {
        clock,
        start,
        before,
    })
}

/// Ends a profile that has been begun.
///
/// # Panics
/// If there is none.
pub(crate) fn end(vm: &mut Vm, running: Running) -> Profile {
    let wall = running.start.elapsed();
    drop(running.clock);
    // The last one may have been asked for after the last safepoint.
    vm.sample_point(Doing::Inside);
    vm.clear_sample_request();
    vm.heap.probe = None;
    let sampler: Box<dyn Any> = vm
        .interrupts
        .sampler
        .take()
        .expect("a profile that has begun");
    let recorder: Box<Recorder> = sampler.downcast().expect("the only kind of sampler");
    finish(vm, *recorder, running.before, wall)
}

fn finish(vm: &mut Vm, recorder: Recorder, before: collect::Stats, wall: Duration) -> Profile {
    let mut functions = Vec::with_capacity(vm.code.protos.len());
    for &proto in &vm.code.protos {
        // SAFETY: protos live as long as the machine.
        let proto = unsafe { &*proto };
        let file = &vm.code.sources[proto.source as usize].file;
        functions.push(Function {
            name: vm.heap.str(proto.name).to_string(),
            file: file.name().to_string(),
            line: file.line_at(proto.position),
        });
    }
    let stats = &vm.heap.stats;
    Profile {
        functions,
        builtins: vm.code.natives.iter().map(|native| native.name).collect(),
        calls: recorder.calls,
        samples: recorder.samples,
        wall,
        minor: stats.minor.since(before.minor),
        major: stats.major.since(before.major),
        lines: recorder.lines.finish(vm),
    }
}

impl Sampler for Recorder {
    fn sample(&mut self, vm: &Vm, doing: Doing) {
        let Some((weight, moment)) = self.request.take() else {
            return;
        };
        self.lines.begin_sample();
        let bottom = vm.stacks.frames;
        let running = vm.stacks.running();
        let (frame, proto) = if moment.frame == bottom {
            // The first call was still to come.
            // SAFETY: the running frame.
            (running, unsafe { (*running).proto })
        } else {
            settled(vm, moment)
        };
        // SAFETY: both point into the frame stack, at its bottom or above.
        let [live, depth] =
            [running, frame].map(|frame| unsafe { frame.offset_from(bottom) as usize });
        let mut node = CallTree::ROOT;
        let mut innermost = None;
        for level in 1..=depth {
            if depth > MAX_DEPTH && level > MAX_DEPTH / 2 && level <= depth - MAX_DEPTH / 2 {
                if level == MAX_DEPTH / 2 + 1 {
                    node = self.calls.child(node, Callee::LeftOut);
                }
                continue;
            }
            // SAFETY: a frame that runs or has run: it has been written.
            let frame = unsafe { &*bottom.add(level) };
            let proto = if level == depth { proto } else { frame.proto };
            let is_live = level <= live && std::ptr::eq(frame.proto, proto);
            let Some(proto) = self.proto(vm, proto, is_live) else {
                continue;
            };
            // A frame that has returned has no place, but for its last call.
            let at = (is_live || level < depth && proto.has(frame.pc))
                .then(|| proto.index_before(frame.pc));
            let place = self.lines.find(&vm.code.sources, proto, at);
            self.lines.count_total(place, weight);
            node = self.calls.child(node, Callee::Function(proto.index));
            innermost = Some((level, frame, proto, place));
        }
        if innermost.is_none() {
            // No code of the program is under way; tasks may wait with their frames aside.
            let waiting = self.waiting(vm.tasks.waited, weight);
            if waiting > 0 {
                let wait = self.calls.child(CallTree::ROOT, Callee::Waiting);
                self.calls.count(wait, waiting, false);
                self.samples += 1;
            }
            return;
        }
        self.samples += 1;
        let collecting = self.collecting(&vm.heap.stats, weight);
        if collecting > 0 {
            let collector = self.calls.child(node, Callee::Collector);
            self.calls.count(collector, collecting, false);
        }
        let mut native = false;
        if let Some((level, frame, proto, place)) = innermost {
            self.lines.count_own(place, weight);
            let builtin = match doing {
                Doing::Builtin(index) if depth == live => Some(index),
                // SAFETY: the running frame, whose `pc` is saved.
                Doing::Inside if level == live => unsafe { self.lines.builtin_at(frame) },
                _ => None,
            };
            match builtin {
                Some(index) => node = self.calls.child(node, Callee::Builtin(index as u32)),
                None => native = runs_compiled(frame, proto),
            }
        }
        let weight = weight - collecting;
        let waiting = self.waiting(vm.tasks.waited, weight);
        if waiting > 0 {
            let wait = self.calls.child(node, Callee::Waiting);
            self.calls.count(wait, waiting, false);
        }
        self.calls.count(node, weight - waiting, native);
    }

    fn count_memory(
        &mut self,
        sources: &[Source],
        proto: &Proto,
        at: usize,
        bytes: u64,
        objects: u64,
    ) {
        let place = self.lines.find(sources, proto, Some(at));
        self.lines.count_memory(place, bytes, objects);
    }
}

impl Recorder {
    /// The function at an address: only live frames are sure to name one that is
    /// still there, and of the program.
    fn proto<'v>(&mut self, vm: &'v Vm, proto: *const Proto, is_live: bool) -> Option<&'v Proto> {
        if !is_live {
            let new = &vm.code.protos[self.known.len()..];
            self.known
                .extend(new.iter().map(|proto| proto.cast_const()));
            if !self.known.contains(&proto) {
                return None;
            }
        }
        // SAFETY: live, or one of the loaded protos, which live as long as the
        // machine.
        let proto = unsafe { &*proto };
        (!proto.is_native()).then_some(proto)
    }

    /// How much of a sample's weight went into collections.
    fn collecting(&mut self, stats: &collect::Stats, weight: u64) -> u64 {
        let pauses = (stats.total_pause() - self.paused).min(Duration::from_nanos(weight));
        self.paused += pauses;
        pauses.as_nanos() as u64
    }

    /// How much of a sample's weight the thread has waited.
    fn waiting(&mut self, waited: Duration, weight: u64) -> u64 {
        let waits = (waited - self.waited).min(Duration::from_nanos(weight));
        self.waited += waits;
        waits.as_nanos() as u64
    }
}

impl Profile {
    /// Adds the profile of another thread of the program.
    pub(crate) fn add_thread(&mut self, other: Profile) {
        let numbers: Vec<u32> = other
            .functions
            .into_iter()
            .map(|one| self.number_of(one))
            .collect();
        let number = |of: u32| numbers[of as usize];
        self.calls.graft(Callee::Threads, &other.calls, number);
        for line in other.lines {
            let function = number(line.function);
            let same = |one: &&mut Line| one.function == function && one.line == line.line;
            match self.lines.iter_mut().find(same) {
                Some(own) => {
                    own.own += line.own;
                    own.total += line.total;
                    own.bytes += line.bytes;
                    own.objects += line.objects;
                }
                None => self.lines.push(Line { function, ..line }),
            }
        }
        self.samples += other.samples;
        self.minor.merge(other.minor);
        self.major.merge(other.major);
    }

    /// The number of a function that another thread may have had too.
    fn number_of(&mut self, function: Function) -> u32 {
        let known = self.functions.iter().position(|one| *one == function);
        let number = known.unwrap_or_else(|| {
            self.functions.push(function);
            self.functions.len() - 1
        });
        number as u32
    }
}

/// The frame and function of a moment. The first and last instructions of a call have
/// the frame of the callee while it still, or already, is the caller that runs, or
/// names another function: whose code it was decides.
fn settled(vm: &Vm, moment: Moment) -> (*mut Frame, *const Proto) {
    let Moment { frame, proto, pc } = moment;
    let proto = proto.cast_const();
    let is_running = |proto: &*mut Proto| {
        // SAFETY: protos live as long as the machine.
        let proto = unsafe { &**proto };
        let native = proto.native.as_ref();
        native.is_some_and(|native| pc.wrapping_sub(proto.entry as usize) < native.len as usize)
    };
    let running = match pc {
        0 => None,
        _ => vm.code.protos.iter().find(|proto| is_running(proto)),
    };
    let Some(&running) = running else {
        return (frame, proto);
    };
    let running = running.cast_const();
    // SAFETY: the frame is above the bottom of the stack, all of which may be read.
    let caller = unsafe { frame.sub(1) };
    let is_caller = proto != running && unsafe { (*caller).proto } == running;
    (if is_caller { caller } else { frame }, running)
}

/// Counts an interval of cells that is used up, for the running line.
///
/// # Safety
/// `context` is the machine, stopped in an allocation.
unsafe fn note_allocation(context: *mut (), bytes: usize, objects: usize) {
    // SAFETY: fields outside the heap, which is mutably borrowed; the running
    // frame's `pc` is saved, as before every allocation.
    unsafe {
        let vm: *mut Vm = context.cast();
        let Some(sampler) = &mut (*vm).interrupts.sampler else {
            return;
        };
        let bottom = (*vm).stacks.frames;
        let mut frame = (*vm).stacks.running();
        while frame > bottom && (*(*frame).proto).is_native() {
            frame = frame.sub(1);
        }
        if frame == bottom {
            return;
        }
        let proto = &*(*frame).proto;
        let at = proto.index_before((*frame).pc);
        sampler.count_memory(&(*vm).code.sources, proto, at, bytes as u64, objects as u64);
    }
}
