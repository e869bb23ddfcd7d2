//! A program as its threads share it: which machines run code of it, the threads that wait for
//! more of it, and how it ends.

use super::work::Work;
use crate::runtime::Inbox;
use crate::system;
use crate::vm::Vm;
use crate::vm::interrupts::{CANCEL, END, InterruptHandle};
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Machine stack of a thread, and how much of it programs leave to built-ins.
const STACK_SIZE: usize = 16 << 20;
const LEAST_STACK_SIZE: usize = 1 << 20;
const STACK_PART: usize = 64;

/// How many threads may run blocks at once.
pub(super) const MOST_THREADS: usize = 4096;
/// A thread without work ends after this time.
const IDLE: Duration = Duration::from_secs(10);

/// How a thread ends the program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Exit(i32),
    OutputClosed,
}

/// A machine that runs code of the program.
struct Member {
    number: u64,
    inbox: Arc<Inbox>,
    interrupts: InterruptHandle,
    /// The code that runs there is to be cancelled.
    cancelled: Arc<AtomicBool>,
}

#[derive(Default)]
struct Shared {
    /// The script's machine, while there is one, is number 0.
    members: Vec<Member>,
    last: u64,
    /// Work that no thread has taken yet.
    work: VecDeque<Work>,
    /// Threads that have taken work and have not joined yet.
    starting: usize,
    /// Threads that wait for work.
    waiting: usize,
    /// Threads that there are.
    threads: usize,
    ending: Option<Ending>,
    /// The script's machine is gone.
    closed: bool,
}

/// The data that the threads of a program share.
pub(crate) struct Program {
    shared: Mutex<Shared>,
    arrived: Condvar,
    /// Bytes that live in all heaps.
    pub live: Arc<AtomicUsize>,
    /// A task of another thread than the script's has ended by an error that no code
    /// awaited.
    pub failed: AtomicBool,
}

impl Program {
    pub fn new() -> Program {
        Program {
            shared: Mutex::default(),
            arrived: Condvar::new(),
            live: Arc::default(),
            failed: AtomicBool::new(false),
        }
    }

    /// No code of a program runs while the lock is held, so a panic elsewhere has left what it
    /// guards whole.
    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a machine that begins to run code of the program; its number.
    ///
    /// # Safety
    /// The machine stays where it is until [`Program::leave`].
    pub unsafe fn join(&self, vm: &mut Vm) -> u64 {
        let inbox = crate::runtime::Tasks::inbox(vm);
        // SAFETY: the caller's promise.
        let interrupts = unsafe { vm.interrupt_handle() };
        let mut shared = self.shared();
        let number = shared.last;
        shared.last += 1;
        shared.starting = shared.starting.saturating_sub(1);
        shared.members.push(Member {
            number,
            inbox,
            interrupts,
            cancelled: vm.threads.cancelled.clone(),
        });
        number
    }

    /// A thread that has taken work has no machine for it.
    pub fn give_up(&self) {
        let mut shared = self.shared();
        shared.starting -= 1;
        Program::report_deadlock(&shared);
    }

    /// Takes a machine out.
    pub fn leave(&self, number: u64) {
        let mut shared = self.shared();
        shared.members.retain(|member| member.number != number);
        if number == 0 {
            shared.closed = true;
            shared.work.clear();
            for member in &shared.members {
                member.interrupts.stop();
            }
            drop(shared);
            self.arrived.notify_all();
        } else {
            // Others may wait for nothing else.
            Program::report_deadlock(&shared);
        }
    }

    /// Hands work to a thread that waits, or to a new one, which enters by the function: it gets
    /// the size of its machine stack.
    ///
    /// # Errors
    /// If there are too many threads, or the system refuses one.
    pub fn start(
        self: &Arc<Program>,
        work: Work,
        enter: impl FnOnce(Arc<Program>, usize) + Send + 'static,
    ) -> Result<(), StartError> {
        let mut shared = self.shared();
        if shared.waiting > shared.work.len() {
            shared.work.push_back(work);
            drop(shared);
            self.arrived.notify_one();
            return Ok(());
        }
        if shared.threads >= MOST_THREADS {
            return Err(StartError::TooMany);
        }
        shared.threads += 1;
        shared.work.push_back(work);
        drop(shared);
        let program = self.clone();
        let stack = system::reservation(STACK_SIZE, STACK_PART).max(LEAST_STACK_SIZE);
        let thread = std::thread::Builder::new().stack_size(stack);
        let started = thread.spawn(move || enter(program, stack));
        started.map(drop).map_err(|error| {
            let mut shared = self.shared();
            shared.threads -= 1;
            shared.work.pop_back();
            StartError::System(error)
        })
    }

    /// The next work for this thread; `None` if it is to end.
    pub fn next_work(&self) -> Option<Work> {
        let until = Instant::now() + IDLE;
        let mut shared = self.shared();
        loop {
            if let Some(work) = shared.work.pop_front() {
                shared.starting += 1;
                return Some(work);
            }
            let left = until.saturating_duration_since(Instant::now());
            if shared.closed || left.is_zero() {
                shared.threads -= 1;
                return None;
            }
            shared.waiting += 1;
            let waited = self.arrived.wait_timeout(shared, left);
            shared = waited.unwrap_or_else(PoisonError::into_inner).0;
            shared.waiting -= 1;
        }
    }

    /// Has the program end, from whatever thread.
    pub fn end(&self, ending: Ending) {
        let mut shared = self.shared();
        if shared.ending.is_none() {
            shared.ending = Some(ending);
        }
        if let Some(script) = shared.members.iter().find(|member| member.number == 0) {
            script.interrupts.request(END);
            script.inbox.post(Box::new(|_| {}));
        }
    }

    pub fn ending(&self) -> Option<Ending> {
        self.shared().ending
    }

    /// Asks all machines but the script's to end.
    pub fn stop_others(&self) {
        let shared = self.shared();
        for member in shared.members.iter().filter(|member| member.number != 0) {
            member.interrupts.stop();
            member.inbox.post(Box::new(|_| {}));
        }
    }

    /// Asks a machine to cancel what it runs.
    pub fn cancel(&self, number: u64) {
        let shared = self.shared();
        let found = (shared.members.iter()).find(|member| member.number == number);
        if let Some(member) = found {
            member.cancelled.store(true, Ordering::Relaxed);
            member.interrupts.request(CANCEL);
            member
                .inbox
                .post(Box::new(|cx| cx.threads().cancel_block()));
        }
    }

    /// Whether the script waits for what cannot come about: asked by a machine that has nothing
    /// left to do until something arrives in its inbox.
    pub fn is_deadlocked(&self, number: u64, own: &Inbox) -> bool {
        let shared = self.shared();
        if !own.go_idle() {
            return false;
        }
        match number {
            0 => Program::all_idle(&shared),
            // Who waits there is told.
            _ => {
                Program::report_deadlock(&shared);
                false
            }
        }
    }

    /// Whether all machines are idle. Machines go idle under the lock of `shared` alone, and
    /// only machines that are not idle post to others, so this is exact.
    fn all_idle(shared: &Shared) -> bool {
        shared.starting == 0
            && shared.work.is_empty()
            && shared.members.iter().all(|member| member.inbox.is_idle())
    }

    /// Wakes the script's machine if all are idle: it finds out then.
    fn report_deadlock(shared: &Shared) {
        if Program::all_idle(shared)
            && let Some(script) = shared.members.iter().find(|member| member.number == 0)
        {
            script.inbox.post(Box::new(|_| {}));
        }
    }
}

/// Why a thread could not be started.
pub(super) enum StartError {
    TooMany,
    System(std::io::Error),
}
