//! The tasks of a thread. A task is the frames of an async function and of what that has
//! called; it runs on the value stack like any other code until it has to wait. Then its
//! frames are put aside, in an object ([`frames`]), and the caller of the async function goes
//! on with a promise. The scheduler ([`turns`]) pushes them again when what they wait for has
//! come about.
//!
//! Where frames cannot be put aside, since Rust code that has called them is on the machine
//! stack, or since they are the script's own, the task waits in a *nested loop*: the
//! scheduler runs there, above the frames, until the promise has settled.
//!
//! # Invariants
//! * Only a wait lets another task run.
//! * What goes on does so in the order in which what it waited for came about: settling a
//!   promise queues those that wait for it and runs nothing.

mod frames;
mod settle;
mod turns;

use super::Vm;
use super::stack::Frame;
use crate::heap::object::WaitFor;
use crate::runtime::{AskQuiet, Fallible, Fault, Inbox, Keeps, Outside};
use crate::value::Value;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::ptr::null_mut;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Awaits in a row that had nothing to wait for, after which other tasks get a turn.
const MOST_READY: u32 = 256;

/// The scheduler's state.
pub(crate) struct TaskState {
    /// The waiters that go on, each with the promise that it waited for.
    ready: VecDeque<(Value, Value)>,
    /// How many of them belong to the present turn.
    in_turn: usize,
    timers: BinaryHeap<Timer>,
    /// Timers so far.
    timer_count: u64,
    /// Promises that are settled from outside, by ticket.
    tickets: BTreeMap<u64, (Value, Keeps)>,
    ticket_count: u64,
    inbox: Option<Arc<Inbox>>,
    outside: Option<Box<dyn Outside>>,
    quiet: Option<AskQuiet>,
    /// Waits in nested loops, innermost last.
    nested: Vec<Nested>,
    nested_count: i64,
    /// Tasks that have waited and have not ended.
    alive: usize,
    /// The task whose frames have been pushed last, and its lowest frame; null if there is
    /// none.
    current: Value,
    lowest: *mut Frame,
    /// The frame whose call goes on with a promise, and that promise, while
    /// [`Fault::Waiting`] travels.
    leaving: (*mut Frame, Value),
    /// The built-in whose promise is being waited for, for a profile.
    pub(super) waits_in: Option<usize>,
    /// Awaits in a row that had nothing to wait for.
    ready_awaits: u32,
    /// The fault that ends the program in the next turn.
    ending: Option<Box<Fault>>,
    /// A loaded function is async, or something has been called as a task.
    pub(super) any_async: bool,
    /// Optimised code was made before that was known: its frames have registers that are not
    /// on the value stack while they call something.
    hides_registers: bool,
    /// The function by which a value is called as a task.
    starter: Option<Value>,
    /// A rejected promise of a task was reported.
    failed: bool,
    /// The promises of tasks that are to be cancelled at their next wait.
    to_cancel: Vec<Value>,
    /// A session rests between its inputs: an interrupt ends the task that runs, and no more.
    rests: bool,
    /// A task was ended so.
    interrupted: bool,
    /// The text of a report of an uncaught error.
    pub(crate) report: Option<Report>,
    /// How long the thread has waited with no task ready, while a profile is taken.
    pub waited: Duration,
    pub(crate) stats: TaskStats,
}

/// Makes the report of an uncaught error.
pub(crate) type Report = Box<dyn FnMut(&mut Vm, Value) -> String>;

/// Counts of what tasks did, for `--stats`.
#[derive(Clone, Copy, Default, Debug)]
pub struct TaskStats {
    /// Tasks that had to wait.
    pub tasks: u64,
    /// Waits for which frames were put aside.
    pub waits: u64,
    /// Waits in nested loops.
    pub nested: u64,
}

/// A promise that a time fulfils. Of two with one time the earlier one comes first.
struct Timer {
    at: Instant,
    number: u64,
    promise: Value,
}

impl Timer {
    fn key(&self) -> std::cmp::Reverse<(Instant, u64)> {
        std::cmp::Reverse((self.at, self.number))
    }
}

impl PartialEq for Timer {
    fn eq(&self, other: &Timer) -> bool {
        self.number == other.number
    }
}

impl Eq for Timer {}

impl PartialOrd for Timer {
    fn partial_cmp(&self, other: &Timer) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Timer {
    /// The greatest is the first to come.
    fn cmp(&self, other: &Timer) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

/// A wait in a nested loop.
struct Nested {
    number: i64,
    /// The task that waits, if its frames have been put aside before.
    task: Value,
    /// The thing that it waits for.
    promise: Value,
    /// Its turn has come.
    arrived: bool,
    cancelled: bool,
}

impl TaskState {
    pub(super) fn new() -> TaskState {
        TaskState {
            ready: VecDeque::new(),
            in_turn: 0,
            timers: BinaryHeap::new(),
            timer_count: 0,
            tickets: BTreeMap::new(),
            ticket_count: 0,
            inbox: None,
            outside: None,
            quiet: None,
            nested: Vec::new(),
            nested_count: 0,
            alive: 0,
            current: Value::NULL,
            lowest: null_mut(),
            leaving: (null_mut(), Value::NULL),
            waits_in: None,
            ready_awaits: 0,
            ending: None,
            any_async: false,
            hides_registers: false,
            starter: None,
            failed: false,
            to_cancel: Vec::new(),
            rests: false,
            interrupted: false,
            report: None,
            waited: Duration::ZERO,
            stats: TaskStats::default(),
        }
    }

    /// The scheduler of the next block that the machine runs: of this one it keeps what has
    /// nothing to do with tasks.
    pub(super) fn renewed(&mut self) -> TaskState {
        if let Some(inbox) = &self.inbox {
            inbox.close();
        }
        TaskState {
            any_async: self.any_async,
            starter: self.starter,
            report: self.report.take(),
            waited: self.waited,
            stats: self.stats,
            ..TaskState::new()
        }
    }

    /// Calls `each` with everything that the scheduler keeps alive.
    pub(super) fn visit(&self, each: &mut dyn FnMut(Value)) {
        for &(waiter, promise) in &self.ready {
            each(waiter);
            each(promise);
        }
        for timer in &self.timers {
            each(timer.promise);
        }
        for (promise, _) in self.tickets.values() {
            each(*promise);
        }
        for nested in &self.nested {
            each(nested.task);
            each(nested.promise);
        }
        self.to_cancel.iter().copied().for_each(&mut *each);
        each(self.current);
        each(self.leaving.1);
        if let Some(starter) = self.starter {
            each(starter);
        }
    }

    /// Tasks that have waited and have not ended.
    pub(crate) fn waiting(&self) -> usize {
        self.alive
    }

    /// Promises of tickets that keep this from ending, or more.
    fn open(&self, keeps: &[Keeps]) -> bool {
        self.tickets.values().any(|(_, one)| keeps.contains(one))
    }
}

impl Vm {
    /// Whether frames may be put aside, as far as is known.
    pub(crate) fn has_tasks(&self) -> bool {
        self.tasks.any_async
    }

    /// Code has been made whose frames have registers that are not on the value stack while
    /// they call something.
    pub(crate) fn note_hidden_registers(&mut self) {
        self.tasks.hides_registers = true;
    }

    /// `Await`: the value of a promise. A value that is none gives itself.
    ///
    /// # Safety
    /// `result` is a register of the running frame, whose `pc` is saved; from `end` on it has
    /// none that is read later.
    #[inline]
    pub(crate) unsafe fn await_value(
        &mut self,
        value: Value,
        result: *mut Value,
        end: *mut Value,
    ) -> Fallible {
        self.cancel_point()?;
        if !value.is_promise() {
            if !self.is_to_yield() {
                return Ok(value);
            }
            let promise = self.heap.new_settled(value, false);
            // SAFETY: the caller's promise.
            return unsafe { self.wait(promise, result, end, WaitFor::Value) };
        }
        // SAFETY: as above.
        unsafe { self.await_promise(value, result, end, WaitFor::Value) }
    }

    /// The outcome of a promise, which may have to come about.
    ///
    /// # Safety
    /// As for [`Vm::await_value`].
    pub(crate) unsafe fn await_promise(
        &mut self,
        promise: Value,
        result: *mut Value,
        end: *mut Value,
        wait_for: WaitFor,
    ) -> Fallible {
        let view = promise.promise();
        view.mark_awaited();
        if !view.is_pending() && !self.is_to_yield() {
            return self.outcome(promise);
        }
        // SAFETY: as above.
        unsafe { self.wait(promise, result, end, wait_for) }
    }

    /// Has the task wait for a promise, which may have settled: then it only lets others
    /// go first.
    ///
    /// # Safety
    /// As for [`Vm::await_value`].
    unsafe fn wait(
        &mut self,
        promise: Value,
        result: *mut Value,
        end: *mut Value,
        wait_for: WaitFor,
    ) -> Fallible {
        self.tasks.ready_awaits = 0;
        // SAFETY: as above.
        unsafe {
            match self.lowest_of_task() {
                Some(lowest) => self.put_aside(lowest, promise, (result, end), wait_for),
                None => self.wait_nested(promise),
            }
        }
    }

    /// Counts an await that has nothing to wait for: whether others are to go on first.
    #[inline]
    fn is_to_yield(&mut self) -> bool {
        self.tasks.ready_awaits += 1;
        if self.tasks.ready_awaits < MOST_READY {
            return false;
        }
        self.tasks.ready_awaits = 0;
        self.has_work()
    }

    /// Whether something else could go on if the task gave up its turn: another task, or the
    /// caller of one that has not waited before.
    fn has_work(&mut self) -> bool {
        // SAFETY: the running frame's `pc` is saved at an await.
        let lowest = unsafe { self.lowest_of_task() };
        if lowest.is_some_and(|lowest| lowest != self.tasks.lowest) {
            return true;
        }
        let due = |timer: &Timer| timer.at <= Instant::now();
        !self.tasks.ready.is_empty()
            || self.tasks.timers.peek().is_some_and(due)
            || self
                .tasks
                .inbox
                .as_ref()
                .is_some_and(|inbox| !inbox.is_empty())
            || self.tasks.outside.is_some()
    }

    /// The value of a settled promise, to which the code that asks becomes a further owner;
    /// or its error, on its way.
    pub(crate) fn outcome(&mut self, promise: Value) -> Fallible {
        let view = promise.promise();
        view.mark_awaited();
        let value = view.value;
        if view.is_rejected() {
            self.errors.pending = self.error_for_waiter(value);
            return Err(Box::new(Fault::Thrown));
        }
        value.share();
        Ok(value)
    }

    /// Reports rejected promises that have been discarded without having been awaited.
    fn report_discarded(&mut self) {
        if self.heap.rejected.any_discarded() {
            let discarded = self.heap.rejected.take_discarded();
            self.report_rejected(discarded);
        }
    }

    /// Reports all rejected promises that no code has awaited: the program has
    /// ended. Whether one of them has an error of the program's own code.
    pub(crate) fn report_unawaited(&mut self) -> bool {
        let all = self.heap.rejected.take_all();
        self.report_rejected(all);
        std::mem::take(&mut self.tasks.failed)
    }

    fn report_rejected(&mut self, promises: Vec<Value>) {
        let count = promises.len();
        let first = self.roots.temporary.len();
        self.roots.temporary.extend(promises);
        for i in first..first + count {
            let promise = self.roots.temporary[i].promise();
            self.tasks.failed |= promise.is_of_task();
            let error = promise.value;
            if let Some(mut report) = self.tasks.report.take() {
                let text = report(self, error);
                self.tasks.report = Some(report);
                // There is no place left to report that it could not be
                // written.
                let _ = self.state.err.write_all(text.as_bytes());
            }
        }
        self.roots.temporary.truncate(first);
    }

    /// Queues a waiter of a promise.
    fn queue(&mut self, waiter: Value, promise: Value) {
        self.tasks.ready.push_back((waiter, promise));
    }
}
