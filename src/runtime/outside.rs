//! The events that a thread's tasks wait for beyond the thread itself: from other threads,
//! from the system. An event comes in by the thread's [`Inbox`], as work for the thread to
//! do. A [`Completion`] is the other half of a promise that is settled from there. The
//! source that the thread blocks in while no task is ready is an [`Outside`], if a program
//! has come to need one.

use super::{Context, Fallible};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// Work that another thread wants done on this one.
pub type Event = Box<dyn FnOnce(&mut dyn Context) + Send>;

/// The thing that a promise that is settled from outside keeps from ending while
/// it is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeps {
    /// The program: a server that runs, a file that is being written.
    Program,
    /// Waits for it, which can end, so that they are no deadlock.
    Wait,
    /// Nothing: whether it can still come is not known here.
    Nothing,
}

/// Where other threads leave work for a thread.
#[derive(Default)]
pub struct Inbox {
    waiting: Mutex<Waiting>,
    arrived: Condvar,
    bell: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// The contents of an inbox.
#[derive(Default)]
struct Waiting {
    events: VecDeque<Event>,
    /// The thread has nothing left to do until something arrives here.
    is_idle: bool,
    /// The thread takes nothing more.
    is_closed: bool,
}

/// How long a thread looks at its inbox before it sleeps, and the pauses between two looks. Waking a processor that sleeps takes about twice as long.
const LOOKS: Duration = Duration::from_micros(20);
const SPINS: usize = 30;

impl Inbox {
    /// Leaves work, and wakes the thread if it waits.
    pub fn post(&self, event: Event) {
        let mut waiting = self.waiting();
        if waiting.is_closed {
            // The event may hold values of other threads.
            drop(waiting);
            return drop(event);
        }
        waiting.events.push_back(event);
        waiting.is_idle = false;
        drop(waiting);
        self.arrived.notify_one();
        if let Some(bell) = self.bell.get() {
            bell();
        }
    }

    /// Takes nothing more: work that is left here, or will be, is dropped.
    pub fn close(&self) {
        let mut waiting = self.waiting();
        waiting.is_closed = true;
        let events = std::mem::take(&mut waiting.events);
        drop(waiting);
        drop(events);
    }

    /// Has every post call this too: what else the thread may block in is woken by it. The
    /// first one stays.
    pub fn set_bell(&self, bell: Box<dyn Fn() + Send + Sync>) {
        let _ = self.bell.set(bell);
    }

    pub fn is_empty(&self) -> bool {
        self.waiting().events.is_empty()
    }

    /// Says that the thread has nothing left to do until something arrives here; false if
    /// something has.
    pub fn go_idle(&self) -> bool {
        let mut waiting = self.waiting();
        waiting.is_idle = waiting.events.is_empty();
        waiting.is_idle
    }

    /// Whether the thread has nothing left to do, and nothing has arrived since it said so.
    pub fn is_idle(&self) -> bool {
        self.waiting().is_idle
    }

    /// Takes all there is.
    pub fn take(&self) -> VecDeque<Event> {
        std::mem::take(&mut self.waiting().events)
    }

    /// Looks for a moment whether something arrives, before a wait: an answer of another
    /// thread that runs is there sooner than a processor that sleeps is awake.
    pub fn look(&self, until: Instant) {
        let until = until.min(Instant::now() + LOOKS);
        while self.is_empty() && Instant::now() < until {
            (0..SPINS).for_each(|_| std::hint::spin_loop());
        }
    }

    /// Waits until there is something, or that time.
    pub fn wait(&self, until: Instant) {
        let mut waiting = self.waiting();
        while waiting.events.is_empty() {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            let waited = self.arrived.wait_timeout(waiting, left);
            waiting = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// No code runs while the lock is held, so a panic elsewhere has left the list whole.
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The source that a thread blocks in while none of its tasks is ready, instead of
/// its inbox.
pub trait Outside {
    /// Blocks until something has been posted, or that time. It may come back earlier.
    fn wait(&mut self, inbox: &Inbox, until: Instant);

    /// Gives what is under way outside a moment, without blocking.
    fn poll(&mut self);
}

/// Whether a thread that has nothing left to wait for of its own goes on waiting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quiet {
    /// Something else in the program may wake it.
    Wait,
    /// Nothing can.
    Deadlock,
}

/// Is asked whether to wait then.
pub type AskQuiet = Box<dyn FnMut(&mut dyn Context) -> Quiet>;

/// The half of a pending promise that settles it, from any thread. Dropped, the promise
/// stays pending, and no task waits for it any longer than for any other.
pub struct Completion {
    ticket: u64,
    /// Taken when it is used.
    inbox: Option<Arc<Inbox>>,
}

impl Completion {
    pub(crate) fn new(ticket: u64, inbox: Arc<Inbox>) -> Completion {
        let inbox = Some(inbox);
        Completion { ticket, inbox }
    }

    /// Settles the promise with what `finish` gives on its thread.
    pub fn complete(mut self, finish: impl FnOnce(&mut dyn Context) -> Fallible + Send + 'static) {
        let ticket = self.ticket;
        if let Some(inbox) = self.inbox.take() {
            inbox.post(Box::new(move |cx| {
                let result = finish(cx);
                if let Some(promise) = cx.take_ticket(ticket) {
                    cx.settle(promise, result);
                }
            }));
        }
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        let ticket = self.ticket;
        if let Some(inbox) = self.inbox.take() {
            inbox.post(Box::new(move |cx| {
                cx.take_ticket(ticket);
            }));
        }
    }
}
