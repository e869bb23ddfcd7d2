//! Settling promises, and what built-ins may do with tasks.

use super::{Nested, Timer};
use crate::heap::object::*;
use crate::runtime::{
    AskQuiet, Completion, Context, ErrorKind, Fallible, Fault, Inbox, Keeps, Outside, Reaction,
    Tasks, Undo,
};
use crate::value::Value;
use crate::vm::call::proto_of;
use crate::vm::{Vm, error_slot};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Longer than any program runs.
const FAR: Duration = Duration::from_secs(1 << 32);

impl Vm {
    /// `Fulfil`: the promise of an async function that returns a value.
    pub(crate) fn fulfilled(&mut self, value: Value) -> Value {
        if !value.is_promise() {
            let promise = self.heap.new_settled(value, false);
            promise.promise().mark_of_task();
            return promise;
        }
        let view = value.promise();
        view.mark_awaited();
        let promise = match view.state() {
            PromiseState::Pending => {
                let promise = self.heap.new_promise();
                self.heap.set_followed(promise, value);
                self.heap.add_waiter(value, promise);
                promise
            }
            state => {
                let value = view.value;
                value.share();
                self.heap
                    .new_settled(value, state == PromiseState::Rejected)
            }
        };
        promise.promise().mark_of_task();
        promise
    }

    /// `Reject`: the promise of an async function that has thrown an error, or its promise
    /// itself if the task waits.
    pub(crate) fn rejected(&mut self, error: Value) -> Value {
        if error.is_promise() {
            return error;
        }
        let promise = self.heap.new_settled(error, true);
        promise.promise().mark_of_task();
        promise
    }

    /// Settles a pending promise and queues what waits for it.
    pub(super) fn settle_with(&mut self, promise: Value, value: Value, rejected: bool) {
        if !promise.promise().is_pending() {
            return;
        }
        value.share();
        // The way to undo it is of no more use, and may hold much outside of the heap:
        // so it does not wait for the collector.
        let source = promise.promise().task;
        if source.is_kind(Kind::Reaction) {
            drop(source.reaction().take_work());
        }
        let waiters = self.heap.settle_promise(promise, value, rejected);
        if waiters.is_kind(Kind::Array) {
            for &waiter in waiters.elements() {
                self.queue(waiter, promise);
            }
        } else if !waiters.is_null() {
            self.queue(waiters, promise);
        }
    }

    /// The error of a fault as a value, which no frames have led to; nothing if the fault
    /// ends the program, which it does in the next turn.
    fn error_of(&mut self, fault: Box<Fault>) -> Option<Value> {
        let outer = std::mem::replace(&mut self.errors.without_frames, true);
        let caught = self.caught(fault);
        self.errors.without_frames = outer;
        match caught {
            Ok(error) => Some(error),
            Err(fault) => {
                self.tasks.ending = Some(fault);
                None
            }
        }
    }

    /// An error for one of those that await a rejected promise: its stack gains the calls
    /// that have led to the wait.
    pub(super) fn error_for_waiter(&mut self, error: Value) -> Value {
        if !self.is_error(error) {
            return error;
        }
        let copy = self.heap.copy_instance(error);
        self.heap.set_field(copy, error_slot::STACK, Value::ABSENT);
        let before = copy.instance_field(error_slot::TRACE);
        let frames = self.record_frames();
        let trace = if before.elements().is_empty() {
            self.set_place(copy, frames);
            frames
        } else {
            self.awaited_trace(before, frames)
        };
        self.heap.set_field(copy, error_slot::TRACE, trace);
        copy
    }

    /// Cancels what will settle a pending promise that is no waiting task's; a promise that
    /// is fulfilled when that has ended.
    fn cancel_source(&mut self, promise: Value) -> Value {
        let view = promise.promise();
        let (source, followed) = (view.task, view.value);
        if source.is_kind(Kind::Reaction) {
            self.undo(source);
        }
        let followed = followed.is_promise().then(|| self.cancel(followed));
        match followed.flatten() {
            Some(end) => end,
            None => self.heap.new_settled(Value::NULL, false),
        }
    }

    /// Gives up what a promise waits for; false if that has come about.
    fn undo(&mut self, source: Value) -> bool {
        let view = source.reaction();
        let (kept, work) = (view.kept, view.take_work());
        let undo = work.and_then(|work| work.downcast::<Undo>().ok());
        undo.is_none_or(|undo| undo(self, kept))
    }

    /// Gives up a wait; false if it is over. A promise that others wait for too is left to
    /// them.
    fn give_up(&mut self, waited_for: Value, waiter: Value) -> bool {
        let view = waited_for.promise();
        if !view.is_pending() {
            return false;
        }
        let source = view.task;
        if view.waiters != waiter || !source.is_kind(Kind::Reaction) {
            return true;
        }
        let given_up = self.undo(source);
        if given_up && let Some(error) = self.cancelled_error() {
            waited_for.promise().mark_awaited();
            self.settle_with(waited_for, error, true);
        }
        given_up
    }

    /// The task that a promise belongs to, with the wait in which it is: the promise that it
    /// waits for, what waits there, and the position of a nested loop.
    fn wait_of(&self, promise: Value) -> Option<(Value, Value, Value, Option<usize>)> {
        let source = promise.promise().task;
        if source.is_kind(Kind::Task) {
            return Some((source, source.task().waits_for, source, None));
        }
        let waits = |nested: &Nested| {
            nested.task.is_kind(Kind::Task) && nested.task.task().promise == promise
        };
        let at = self.tasks.nested.iter().rposition(waits)?;
        let nested = &self.tasks.nested[at];
        Some((
            nested.task,
            nested.promise,
            Value::int(nested.number),
            Some(at),
        ))
    }

    /// Cancels a task in its wait, or has it be cancelled in the next one if this wait is over.
    /// Its end, and whether it has been cancelled.
    fn cancel_wait(&mut self, promise: Value) -> Option<(Value, bool)> {
        let (task, waited_for, waiter, nested) = self.wait_of(promise)?;
        let is_cancelled = self.give_up(waited_for, waiter);
        if !is_cancelled {
            if !self.tasks.to_cancel.contains(&promise) {
                self.tasks.to_cancel.push(promise);
            }
        } else if let Some(at) = nested {
            self.tasks.nested[at].cancelled = true;
        } else {
            self.heap.set_waits_for(task, promise);
            self.queue(task, promise);
        }
        Some((self.heap.end_of_task(task), is_cancelled))
    }

    /// A place where the running task may wait: one that is to be cancelled at its next wait
    /// is cancelled here, before it has taken anything from others.
    ///
    /// # Errors
    /// It is cancelled.
    #[inline(always)]
    pub(crate) fn cancel_point(&mut self) -> Fallible<()> {
        match self.tasks.to_cancel.is_empty() {
            true => Ok(()),
            false => self.cancel_here(),
        }
    }

    #[cold]
    fn cancel_here(&mut self) -> Fallible<()> {
        let current = self.tasks.current;
        if !current.is_kind(Kind::Task) {
            return Ok(());
        }
        let own = current.task().promise;
        let Some(at) = self.tasks.to_cancel.iter().position(|&one| one == own) else {
            return Ok(());
        };
        // SAFETY: the running frame's `pc` is saved where it may wait.
        let lowest = unsafe { self.lowest_of_task() };
        if lowest.is_some_and(|lowest| lowest != self.tasks.lowest) {
            return Ok(());
        }
        self.tasks.to_cancel.swap_remove(at);
        if let Some(error) = self.cancelled_error() {
            own.promise().mark_awaited();
            self.settle_with(own, error, true);
        }
        Err(cancelled())
    }

    fn cancelled_error(&mut self) -> Option<Value> {
        self.error_of(cancelled())
    }

    /// The function that calls a value with the elements of an array as a task.
    fn starter(&mut self) -> Value {
        if let Some(starter) = self.tasks.starter {
            return starter;
        }
        let proto = self.code.starter();
        let starter = self.new_function(proto, &[]);
        self.tasks.starter = Some(starter);
        starter
    }

    /// Whether a call of the value starts a task by itself.
    fn is_async(&self, callable: Value) -> bool {
        let function = match callable.kind() {
            Some(Kind::Function) => callable,
            // SAFETY: the value is a bound method.
            Some(Kind::BoundMethod) => unsafe { (*callable.as_pointer::<BoundMethodObj>()).method },
            _ => return false,
        };
        // SAFETY: functions have protos, which live as long as the machine.
        function.is_kind(Kind::Function) && unsafe { (*proto_of(function)).is_async() }
    }
}

/// The fault of a task that is cancelled.
#[cold]
pub(super) fn cancelled() -> Box<Fault> {
    Fault::new(ErrorKind::Cancelled, "The task was cancelled")
}

impl Tasks for Vm {
    fn settle(&mut self, promise: Value, result: Fallible) {
        match result {
            Ok(value) => self.settle_with(promise, value, false),
            Err(fault) => {
                if let Some(error) = self.error_of(fault) {
                    self.settle_with(promise, error, true);
                }
            }
        }
    }

    fn follow(&mut self, promise: Value, other: Value) -> Fallible<()> {
        if !promise.promise().is_pending() {
            return Ok(());
        }
        let view = other.promise();
        view.mark_awaited();
        if !view.is_pending() {
            let (value, rejected) = (view.value, view.is_rejected());
            self.settle_with(promise, value, rejected);
            return Ok(());
        }
        let mut at = other;
        while at.is_promise() {
            if at == promise {
                return Err(Fault::new(
                    ErrorKind::State,
                    "A promise cannot wait for itself",
                ));
            }
            at = at.promise().value;
        }
        self.heap.set_followed(promise, other);
        self.heap.add_waiter(other, promise);
        Ok(())
    }

    fn start_task(&mut self, callable: Value, args: &[Value]) -> Fallible {
        self.tasks.any_async = true;
        if self.is_async(callable) {
            return self.call_value(callable, args);
        }
        for arg in args {
            arg.share();
        }
        let args = self.heap.new_array_from(args);
        let starter = self.starter();
        self.call_value(starter, &[callable, args])
    }

    fn when_settled(&mut self, promise: Value, kept: Value, then: Reaction) {
        promise.promise().mark_awaited();
        let reaction = self.heap.new_reaction(kept, Box::new(then));
        if promise.promise().is_pending() {
            self.heap.add_waiter(promise, reaction);
        } else {
            self.queue(reaction, promise);
        }
    }

    fn outside(&mut self, keeps: Keeps) -> (Value, Completion) {
        let promise = self.heap.new_promise();
        self.tasks.ticket_count += 1;
        let ticket = self.tasks.ticket_count;
        self.tasks.tickets.insert(ticket, (promise, keeps));
        (promise, Completion::new(ticket, self.inbox()))
    }

    fn take_ticket(&mut self, ticket: u64) -> Option<Value> {
        self.tasks
            .tickets
            .remove(&ticket)
            .map(|(promise, _)| promise)
    }

    fn wait_for(&mut self, promise: Value) -> Fallible {
        promise.promise().mark_awaited();
        if !promise.promise().is_pending() {
            return self.outcome(promise);
        }
        self.wait_nested(promise)
    }

    fn timer(&mut self, after: Duration) -> Value {
        let promise = self.heap.new_promise();
        self.tasks.timer_count += 1;
        let number = self.tasks.timer_count;
        let now = Instant::now();
        // A time that no clock shows is as good as one beyond all that run.
        let at = now.checked_add(after).unwrap_or(now + FAR);
        self.tasks.timers.push(Timer {
            at,
            number,
            promise,
        });
        promise
    }

    fn cancel(&mut self, promise: Value) -> Option<Value> {
        if !promise.promise().is_pending() {
            return None;
        }
        let error = self.cancelled_error()?;
        promise.promise().mark_awaited();
        let end = match self.cancel_wait(promise) {
            Some((end, false)) => return Some(end),
            Some((end, true)) => end,
            None => self.cancel_source(promise),
        };
        self.settle_with(promise, error, true);
        Some(end)
    }

    fn on_cancel(&mut self, promise: Value, kept: Value, undo: Undo) {
        if promise.promise().is_pending() {
            let reaction = self.heap.new_reaction(kept, Box::new(undo));
            self.heap.set_task(promise, reaction);
        }
    }

    fn inbox(&mut self) -> Arc<Inbox> {
        self.tasks.inbox.get_or_insert_default().clone()
    }

    fn set_outside(&mut self, source: Box<dyn Outside>) {
        self.tasks.outside = Some(source);
    }

    fn set_quiet(&mut self, ask: AskQuiet) {
        self.tasks.quiet = Some(ask);
    }
}
