//! The scheduler: turns, in which everything goes on that can, and waiting while nothing
//! can. A turn takes what has come in from outside, fires timers that are due, and then has
//! what is ready go on, but for what becomes ready meanwhile.

use super::Nested;
use super::settle::cancelled;
use crate::bytecode::Op;
use crate::heap::object::*;
use crate::runtime::{Context, ErrorKind, Fallible, Fault, Keeps, Quiet, Reaction, Tasks};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::stack_overflow;
use crate::vm::interp;
use crate::vm::interrupts::{Doing, STOP};
use crate::vm::stack::REENTRY_WEIGHT;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Longer waits are interrupted for a look at requests of other threads.
const NAP: Duration = Duration::from_millis(20);
const LONG_NAP: Duration = Duration::from_secs(5);

impl Vm {
    /// Runs other tasks here until a promise has settled, or lets them go first if it has;
    /// its outcome.
    pub(super) fn wait_nested(&mut self, promise: Value) -> Fallible {
        if !self.has_machine_stack() {
            return Err(stack_overflow());
        }
        self.tasks.stats.nested += 1;
        self.tasks.nested_count += 1;
        let number = self.tasks.nested_count;
        let waiter = Value::int(number);
        let nested = Nested {
            number,
            task: self.tasks.current,
            promise,
            arrived: false,
            cancelled: false,
        };
        self.tasks.nested.push(nested);
        match promise.promise().is_pending() {
            true => self.heap.add_waiter(promise, waiter),
            false => self.queue(waiter, promise),
        }
        let outer = self.begin_code();
        let limit = self.stacks.frame_limit;
        // SAFETY: the limit is within the frame stack, and put back.
        unsafe { self.stacks.set_frame_limit(limit.sub(REENTRY_WEIGHT - 1)) };
        let waited = self.turns(number);
        self.stacks.set_frame_limit(limit);
        self.end_declared(outer);
        let nested = self.tasks.nested.pop();
        waited?;
        if nested.is_some_and(|nested| nested.cancelled) {
            return Err(cancelled());
        }
        self.outcome(promise)
    }

    /// Runs tasks until the turn of the innermost nested wait has come.
    fn turns(&mut self, number: i64) -> Fallible<()> {
        loop {
            let is_over = |nested: &Nested| nested.arrived || nested.cancelled;
            if self.tasks.nested.last().is_some_and(is_over) {
                return Ok(());
            }
            match self.next_ready()? {
                Some((waiter, _)) if waiter == Value::int(number) => return Ok(()),
                Some((waiter, promise)) => self.go_on(waiter, promise)?,
                None => {
                    return Err(Fault::new(
                        ErrorKind::State,
                        "await waits for a promise that nothing can settle",
                    ));
                }
            }
        }
    }

    /// Runs what is left when the script has ended: until all tasks have, and nothing is open
    /// that keeps the program.
    ///
    /// # Errors
    /// The fault that ends the program.
    pub(crate) fn drain(&mut self) -> Fallible<()> {
        while self.tasks.alive > 0
            || !self.tasks.ready.is_empty()
            || self.threads.has_children()
            || self.tasks.open(&[Keeps::Program])
        {
            match self.next_ready()? {
                Some((waiter, promise)) => self.go_on(waiter, promise)?,
                // Tasks that still wait are ended quietly.
                None => break,
            }
        }
        Ok(())
    }

    /// Has everything go on that can without waiting.
    ///
    /// # Errors
    /// The fault that ends the program.
    pub(crate) fn poll_tasks(&mut self) -> Fallible<()> {
        self.gather();
        while let Some((waiter, promise)) = self.tasks.ready.pop_front() {
            self.go_on(waiter, promise)?;
        }
        Ok(())
    }

    /// Has tasks go on until a promise has settled, while a session waits for its next input;
    /// whether an interrupt has ended one of them.
    ///
    /// # Errors
    /// The fault that ends the session.
    pub(crate) fn rest(&mut self, promise: Value) -> Fallible<bool> {
        self.tasks.rests = true;
        let rested = self.wait_for(promise);
        self.tasks.rests = false;
        let interrupted = std::mem::take(&mut self.tasks.interrupted);
        rested.map(|_| interrupted)
    }

    /// Whether a fault is an interrupt, and the machine goes on all the same.
    fn outlives(&mut self, fault: &Fault) -> bool {
        let outlives = self.tasks.rests && matches!(fault, Fault::Interrupted);
        if outlives {
            self.interrupts.word.fetch_and(!STOP, Ordering::Relaxed);
        }
        outlives
    }

    /// The waiter that goes on next, and its promise. Waits if nothing is ready;
    /// nothing if that would have no end.
    fn next_ready(&mut self) -> Fallible<Option<(Value, Value)>> {
        loop {
            if let Some(fault) = self.tasks.ending.take() {
                return Err(fault);
            }
            if self.tasks.in_turn == 0 {
                self.gather();
                self.tasks.in_turn = self.tasks.ready.len();
            }
            if let Some(next) = self.tasks.ready.pop_front() {
                self.tasks.in_turn -= 1;
                return Ok(Some(next));
            }
            self.tasks.in_turn = 0;
            self.forget_timers();
            self.report_discarded();
            let doing = self.tasks.waits_in.map_or(Doing::Inside, Doing::Builtin);
            if self.has_request()
                && let Some(fault) = self.handle_interrupts(doing)
                && !self.outlives(&fault)
            {
                return Err(fault);
            }
            // Code that asks another thread for something wakes it, and an interrupt while
            // a session rests is for the tasks that run.
            let nap = match self.threads.is_worker() || self.tasks.rests {
                true => LONG_NAP,
                false => NAP,
            };
            let until = match self.tasks.timers.peek() {
                Some(timer) => timer.at.min(Instant::now() + nap),
                None if self.tasks.open(&[Keeps::Program, Keeps::Wait]) => Instant::now() + nap,
                None => match self.ask_quiet() {
                    Quiet::Wait => Instant::now() + nap,
                    Quiet::Deadlock => return Ok(None),
                },
            };
            // Output that others wait to read is not held back meanwhile.
            self.state.flush_out()?;
            let inbox = self.inbox();
            let begin = self.interrupts.sampler.is_some().then(Instant::now);
            match self.tasks.outside.take() {
                Some(mut outside) => {
                    outside.wait(&inbox, until);
                    self.tasks.outside = Some(outside);
                }
                None => {
                    inbox.look(until);
                    inbox.wait(until);
                }
            }
            if let Some(begin) = begin {
                self.tasks.waited += begin.elapsed();
            }
        }
    }

    fn ask_quiet(&mut self) -> Quiet {
        let Some(mut ask) = self.tasks.quiet.take() else {
            return Quiet::Deadlock;
        };
        let quiet = ask(self);
        self.tasks.quiet = Some(ask);
        quiet
    }

    /// Takes what has come in from outside and fires the timers that are due.
    fn gather(&mut self) {
        if let Some(mut outside) = self.tasks.outside.take() {
            outside.poll();
            self.tasks.outside = Some(outside);
        }
        if let Some(inbox) = &self.tasks.inbox {
            for event in inbox.take() {
                event(self);
            }
        }
        if self.tasks.timers.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(timer) = self.tasks.timers.peek()
            && timer.at <= now
        {
            let promise = timer.promise;
            self.tasks.timers.pop();
            self.settle_with(promise, Value::NULL, false);
        }
    }

    /// Forgets the next timers if no task waits for them any more: their promises have
    /// been settled by others.
    fn forget_timers(&mut self) {
        while let Some(timer) = self.tasks.timers.peek()
            && !timer.promise.promise().is_pending()
        {
            self.tasks.timers.pop();
        }
    }

    /// Has one that has waited for a promise go on.
    fn go_on(&mut self, waiter: Value, promise: Value) -> Fallible<()> {
        match waiter.kind() {
            Some(Kind::Task) if waiter.task().waits_for == promise => {
                self.resume_task(waiter, promise)
            }
            // It has been cancelled meanwhile.
            Some(Kind::Task) => Ok(()),
            Some(Kind::Promise) => {
                let view = promise.promise();
                let (value, rejected) = (view.value, view.is_rejected());
                self.settle_with(waiter, value, rejected);
                Ok(())
            }
            Some(Kind::Reaction) => {
                let view = waiter.reaction();
                let (kept, work) = (view.kept, view.take_work());
                if let Some(react) = work.and_then(|work| work.downcast::<Reaction>().ok()) {
                    let view = promise.promise();
                    let value = view.value;
                    let outcome = match view.is_rejected() {
                        false => Ok(value),
                        true => Err(self.throw(value)),
                    };
                    react(self, kept, outcome);
                }
                Ok(())
            }
            _ => {
                // A wait further out, which has to let the ones above it end first.
                let arrived = |nested: &&mut Nested| Value::int(nested.number) == waiter;
                if let Some(nested) = self.tasks.nested.iter_mut().find(arrived) {
                    nested.arrived = true;
                }
                Ok(())
            }
        }
    }

    /// Gives a loop over a channel, whose frame is the running one and is past its
    /// `IterNext`, the next element; it ends if that is absent.
    ///
    /// # Safety
    /// The frame has just been pushed.
    unsafe fn take_element(&mut self, value: Value) {
        if value.is_absent() {
            return;
        }
        // SAFETY: the registers of the loop's state and elements are the frame's.
        unsafe {
            let frame = self.stacks.running();
            let asked = *(*frame).pc.sub(1);
            let state = (*frame).base.add(asked.a() as usize);
            if asked.op() == Op::IterNext {
                *state.add(3) = value;
            } else {
                let index = *state.add(1);
                *state.add(3) = index;
                *state.add(1) = Value::from_bits(index.bits() + 1);
                *state.add(4) = value;
            }
            (*frame).pc = (*frame).pc.offset(asked.sbx() as isize);
        }
    }

    /// Runs a task until it waits again or ends.
    fn resume_task(&mut self, task: Value, promise: Value) -> Fallible<()> {
        let own = task.task().promise;
        let wait_for = task.task().wait_for();
        self.heap.set_waits_for(task, Value::NULL);
        if own.promise().is_pending() {
            self.heap.set_task(own, Value::NULL);
        }
        let (lowest, result) = match self.push_task(task) {
            Ok(pushed) => pushed,
            Err(fault) => {
                self.tasks.alive -= 1;
                self.settle(own, Err(fault));
                return Ok(());
            }
        };
        let outer_task = std::mem::replace(&mut self.tasks.current, task);
        let outer_lowest = std::mem::replace(&mut self.tasks.lowest, lowest);
        self.tasks.ready_awaits = 0;
        let outer = self.begin_code();
        // SAFETY: the frames have just been pushed, as they were when the task began to
        // wait; the register is one of the top frame's.
        let ran = unsafe {
            match self.outcome(promise) {
                Ok(value) => {
                    match wait_for {
                        WaitFor::Value => *result = value,
                        WaitFor::Element => self.take_element(value),
                    }
                    interp::run_interpreted(self)
                }
                Err(fault) => match self.unwind(fault) {
                    Ok(_) => interp::run_interpreted(self),
                    Err(fault) => Err(fault),
                },
            }
        };
        self.end_declared(outer);
        let task = self.tasks.current;
        self.tasks.current = outer_task;
        self.tasks.lowest = outer_lowest;
        let ended = task.task().ended;
        let is_over = !matches!(ran, Ok(value) if value == own);
        if is_over && !self.tasks.to_cancel.is_empty() {
            self.tasks.to_cancel.retain(|&one| one != own);
        }
        match ran {
            // It waits again.
            Ok(value) if value == own => return Ok(()),
            Ok(value) => {
                self.tasks.alive -= 1;
                // Its outcome is that of the task's own promise, if that has none yet.
                value.promise().mark_awaited();
                if let Err(fault) = self.follow(own, value) {
                    self.settle(own, Err(fault));
                }
            }
            Err(mut fault) => {
                self.tasks.alive -= 1;
                if self.outlives(&fault) {
                    self.tasks.interrupted = true;
                    fault = Fault::new(ErrorKind::Cancelled, "The task was interrupted");
                }
                let is_error = matches!(*fault, Fault::Thrown | Fault::Error { .. });
                if !is_error || self.heap.is_exhausted() {
                    return Err(fault);
                }
                self.settle(own, Err(fault));
            }
        }
        if ended.is_promise() {
            self.settle_with(ended, Value::NULL, false);
        }
        Ok(())
    }
}
