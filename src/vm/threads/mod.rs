//! Threads of a program. Each runs a machine of its own, and they share no values: a block of
//! `spawn` goes to another machine in a parcel, with copies of the variables that it names, and
//! so does what it gives. A thread that has ended its block waits a while for the next one, with
//! its machine, whose code stays compiled.
//!
//! `program` is what the threads of a program share, `worker` what a thread does, `parallel`
//! the calls of `parallel_map` and its relatives.
//!
//! # Invariants
//! * A machine is used by the thread that has made it, and reached by others through its inbox
//!   and its word of interrupts alone.
//! * The machines of a program are told of under the lock of [`program::Program`], and taken out
//!   before they go.

mod parallel;
mod program;
mod shared_output;
#[cfg(test)]
mod tests;
mod work;
mod worker;

use super::Vm;
use super::parcel::Parcel;
use crate::heap::memory::Account;
use crate::heap::object::Kind;
use crate::runtime::{ErrorKind, Fallible, Fault, Keeps, Message, Parallel, Quiet, Tasks, Threads};
use crate::stdlib;
use crate::value::Value;
use program::{Ending, MOST_THREADS, Program, StartError};
use shared_output::SharedOutput;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
pub(crate) use work::MakeMachine;
use work::{Surroundings, Work};

/// A machine's side of threads.
pub(crate) struct ThreadState {
    /// Makes machines for the threads that are spawned here; nothing if there can be none.
    pub factory: Option<Arc<dyn MakeMachine>>,
    /// The data that this machine shares with others, from the first one on.
    program: Option<Arc<Program>>,
    /// The machine's number in the program.
    number: u64,
    /// The number that its maker has given it: it stays when the machine takes other work.
    pub made: u64,
    outputs: Option<(SharedOutput, SharedOutput)>,
    /// Blocks that were spawned here and still run.
    children: usize,
    /// The promise of the block that runs here, or null.
    block: Value,
    /// The block has been cancelled.
    cancelled: Arc<AtomicBool>,
    pub(crate) stats: ThreadStats,
}

/// Counts for `--stats`.
#[derive(Clone, Copy, Default, Debug)]
pub struct ThreadStats {
    pub parcels: u64,
    pub bytes: u64,
}

impl ThreadState {
    pub fn new() -> ThreadState {
        ThreadState {
            factory: None,
            program: None,
            number: 0,
            made: 0,
            outputs: None,
            children: 0,
            block: Value::NULL,
            cancelled: Arc::default(),
            stats: ThreadStats::default(),
        }
    }

    /// Whether this is the machine of another thread than the script's.
    pub fn is_worker(&self) -> bool {
        self.number > 0
    }

    /// Whether blocks that were spawned here still run.
    pub fn has_children(&self) -> bool {
        self.children > 0
    }

    /// The values that the collector has to see.
    pub fn values(&self) -> [Value; 1] {
        [self.block]
    }
}

impl Vm {
    /// The data that this machine shares with the threads that it starts.
    fn program(&mut self) -> Arc<Program> {
        if let Some(program) = &self.threads.program {
            return program.clone();
        }
        let program = Arc::new(Program::new());
        self.join_program(&program);
        program
    }

    /// Makes the machine one of a program's; the first one is the script's.
    fn join_program(&mut self, program: &Arc<Program>) {
        // SAFETY: a machine stays in its box, and leaves before it goes.
        let number = unsafe { program.join(self) };
        self.threads.number = number;
        self.threads.program = Some(program.clone());
        self.heap.share_limit(&program.live);
        let asked = program.clone();
        self.set_quiet(Box::new(move |cx| {
            let inbox = cx.tasks().inbox();
            match asked.is_deadlocked(number, &inbox) {
                true => Quiet::Deadlock,
                false => Quiet::Wait,
            }
        }));
    }

    /// Takes the machine out of the program.
    fn leave_program(&mut self) {
        if let Some(program) = self.threads.program.take() {
            program.leave(self.threads.number);
        }
    }

    /// The run of the script has ended: what still runs on other threads is to end. Whether a
    /// task of theirs has ended by an error that no code awaited.
    pub(crate) fn end_threads(&mut self) -> bool {
        match &self.threads.program {
            Some(program) => {
                program.stop_others();
                program.failed.load(Ordering::Relaxed)
            }
            None => false,
        }
    }

    /// The fault by which another thread has ended the program.
    pub(super) fn ending(&self) -> Option<Box<Fault>> {
        let ending = self.threads.program.as_ref()?.ending()?;
        Some(Box::new(match ending {
            Ending::Exit(code) => Fault::Exit(code),
            Ending::OutputClosed => Fault::OutputClosed,
        }))
    }

    /// A task that ran here has ended by an error that no code awaited.
    fn note_failure(&self) {
        if let Some(program) = &self.threads.program {
            program.failed.store(true, Ordering::Relaxed);
        }
    }

    /// The fault of a block that is cancelled while it runs.
    pub(super) fn take_cancel(&mut self) -> Option<Box<Fault>> {
        let cancelled = self.threads.cancelled.swap(false, Ordering::Relaxed);
        cancelled.then(cancelled_fault)
    }

    /// The surroundings of a block that is spawned here.
    fn surroundings(&mut self, seed: Option<[u8; 32]>) -> Surroundings {
        let (out, err) = self.shared_outputs();
        Surroundings {
            out,
            err,
            line_buffered: self.state.line_buffered,
            start: self.state.start,
            args: self.state.args.clone().into(),
            world: self.state.world.clone(),
            seed,
        }
    }

    /// The outputs, which several threads write to from now on.
    fn shared_outputs(&mut self) -> (SharedOutput, SharedOutput) {
        if self.threads.outputs.is_none() {
            let out = SharedOutput::of(&mut self.state.out);
            let err = SharedOutput::of(&mut self.state.err);
            self.threads.outputs = Some((out, err));
        }
        self.threads.outputs.clone().expect("set above")
    }

    /// Starts a thread, or has one that waits do something.
    fn start_thread(
        &mut self,
        seed: Option<[u8; 32]>,
        run: impl FnOnce(std::io::Result<&mut Vm>) + Send + 'static,
    ) -> Fallible<()> {
        let Some(factory) = self.threads.factory.clone() else {
            let message = "Threads cannot be started here";
            return Err(Fault::new(ErrorKind::Unsupported, message));
        };
        let program = self.program();
        let surroundings = self.surroundings(seed);
        let work = Work {
            surroundings,
            run: Box::new(run),
            parent: self.inbox(),
        };
        let enter = move |program: Arc<Program>, stack: usize| {
            worker::run(&program, &factory, stack);
        };
        program.start(work, enter).map_err(|error| match error {
            StartError::TooMany => Fault::new(
                ErrorKind::Overflow,
                format!("A program can have at most {MOST_THREADS} threads at once"),
            ),
            StartError::System(error) => no_thread(&error),
        })?;
        self.threads.children += 1;
        Ok(())
    }

    /// Where memory on its way to other threads, or that several have, is counted.
    pub(super) fn memory_account(&mut self) -> Account {
        self.program().live.clone()
    }

    fn pack_counted(&mut self, parcel: &Parcel) {
        self.threads.stats.parcels += 1;
        self.threads.stats.bytes += parcel.bytes() as u64;
    }
}

impl Threads for Vm {
    fn pack(&mut self, value: Value) -> Fallible<Message> {
        let parcel = Vm::pack(self, value).map_err(|not_sent| not_sent.fault())?;
        self.pack_counted(&parcel);
        Ok(Message(Arc::new(parcel)))
    }

    fn pack_last(&mut self, value: Value) -> Fallible<Message> {
        let parcel = Vm::pack_last(self, value).map_err(|not_sent| not_sent.fault())?;
        self.pack_counted(&parcel);
        Ok(Message(Arc::new(parcel)))
    }

    fn unpack_last(&mut self, message: Message) -> Fallible {
        let parcel = message.0.downcast::<Parcel>();
        match Arc::try_unwrap(parcel.expect("a message holds a parcel")) {
            Ok(own) => Vm::unpack_last(self, own),
            Err(shared) => Vm::unpack(self, &shared),
        }
    }

    fn unpack(&mut self, message: &Message) -> Fallible {
        let parcel = message.0.downcast_ref::<Parcel>();
        Vm::unpack(self, parcel.expect("a message holds a parcel"))
    }

    fn spawn(&mut self, function: Value, args: &[Value]) -> Fallible {
        let args = self.heap.new_array_from(args);
        let parcel = self.pack_call(function, args);
        let parcel = parcel.map_err(|not_sent| not_sent.fault())?;
        self.pack_counted(&parcel);
        let (promise, completion) = self.outside(Keeps::Nothing);
        promise.promise().mark_of_task();
        self.with_root(promise, |vm| {
            let seed = stdlib::seed_of_block(vm);
            let target = Arc::new(worker::Target::default());
            let (own, program) = (target.clone(), vm.program());
            vm.on_cancel(
                promise,
                Value::NULL,
                Box::new(move |_, _| {
                    own.cancel(&program);
                    true
                }),
            );
            vm.start_thread(seed, move |vm| match vm {
                Ok(vm) => worker::run_block(vm, parcel, completion, &target),
                Err(error) => completion.complete(move |_| Err(no_thread(&error))),
            })
        })?;
        Ok(promise)
    }

    fn parallel(&mut self, plan: Parallel) -> Fallible {
        debug_assert!(plan.elements.is_kind(Kind::Array));
        parallel::start(self, plan)
    }

    fn child_ended(&mut self) {
        self.threads.children -= 1;
    }

    fn cancel_block(&mut self) {
        let block = self.threads.block;
        if block.is_promise() && self.threads.cancelled.swap(false, Ordering::Relaxed) {
            self.cancel(block);
        }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.leave_program();
    }
}

fn cancelled_fault() -> Box<Fault> {
    Fault::new(ErrorKind::Cancelled, "The task was cancelled")
}

fn no_thread(error: &std::io::Error) -> Box<Fault> {
    Fault::new(ErrorKind::Memory, format!("Cannot start a thread: {error}"))
}
