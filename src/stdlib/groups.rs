//! Tasks that end with what has started them (STDLIB 20): with a time limit, in groups.

use super::declare::*;
use super::promises::{duration, too_late};
use super::types::{TASK_GROUP, new_instance};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::value::Value;
use std::cell::Cell;
use std::rc::Rc;

natives! {
    /// The result of `f(...args)`, which runs as a task.
    ///
    /// If it takes longer than so many milliseconds, the task is cancelled, and `timeout` is
    /// thrown when it has ended.
    plain fn [calls outside reads writes] with_timeout(ms: NUMBER, f: CALLABLE, args: rest(ANY)) = with_timeout as StartsTasks; waits;
    /// The result of `f(g)`, when all tasks of the group `g` have ended.
    ///
    /// `g.start(h, ...args)` runs `h(...args)` as a task of the group. The first error, of
    /// `f` too, cancels the others and is thrown.
    plain fn [calls outside reads writes] task_group(f: CALLABLE) = task_group as StartsTasks; waits;
    /// Runs `h(...args)` as a task of the group; its promise.
    ///
    /// A group that has ended, or is being cancelled, throws `state`.
    method fn [calls outside reads writes] start(g: TASK_GROUP_VALUE, h: CALLABLE, args: rest(ANY)) -> "promise" = start;
}

fn with_timeout(cx: &mut dyn Context, args: Args) -> Fallible {
    let time = duration(cx, "with_timeout", "ms", args.get(0))?;
    let task = cx.tasks().start_task(args.get(1), &args.slice()[2..])?;
    if !task.promise().is_pending() {
        return Ok(task);
    }
    let result = cx.promise_pending();
    let timer = cx.tasks().timer(time);
    let kept = cx.heap().new_array_from(&[result, task, timer]);
    let late = Rc::new(Cell::new(false));
    let is_late = late.clone();
    let done = move |cx: &mut dyn Context, kept: Value, outcome: Fallible| {
        if let [result, _, timer] = *kept.elements()
            && !is_late.get()
        {
            cx.settle(result, outcome);
            cx.settle(timer, Ok(Value::NULL));
        }
    };
    cx.tasks().when_settled(task, kept, Box::new(done));
    let elapsed = move |cx: &mut dyn Context, kept: Value, _: Fallible| {
        if let [result, task, _] = *kept.elements()
            && let Some(end) = cx.tasks().cancel(task)
        {
            late.set(true);
            let both = cx.heap().new_array_from(&[result, task]);
            let ended = move |cx: &mut dyn Context, both: Value, _: Fallible| {
                let [result, task] = *both.elements() else {
                    return;
                };
                // It may have received its result in time, and not waited since.
                let view = task.promise();
                let outcome = match view.is_pending() || view.is_rejected() {
                    true => Err(too_late(time)),
                    false => Ok(view.value),
                };
                cx.settle(result, outcome);
            };
            cx.tasks().when_settled(end, both, Box::new(ended));
        }
    };
    cx.tasks().when_settled(timer, kept, Box::new(elapsed));
    let give_up = |cx: &mut dyn Context, task: Value| {
        cx.tasks().cancel(task);
        true
    };
    cx.tasks().on_cancel(result, task, Box::new(give_up));
    Ok(result)
}

/// Fields of a group.
mod slot {
    /// The promises of its tasks, an array.
    pub const TASKS: usize = 0;
    /// Tasks that have not ended.
    pub const OPEN: usize = 1;
    /// The first error, or null.
    pub const ERROR: usize = 2;
    /// The promise of what the group gives.
    pub const RESULT: usize = 3;
    /// The value that its function has given.
    pub const VALUE: usize = 4;
}

fn task_group(cx: &mut dyn Context, args: Args) -> Fallible {
    let tasks = cx.heap().new_array(4);
    let result = cx.promise_pending();
    let fields = [tasks, Value::ZERO, Value::NULL, result, Value::NULL];
    let group = new_instance(cx, &TASK_GROUP, &fields);
    let give_up = |cx: &mut dyn Context, group: Value| {
        cancel_all(cx, group);
        true
    };
    cx.tasks().on_cancel(result, group, Box::new(give_up));
    let body = cx.tasks().start_task(args.get(0), &[group])?;
    watch(cx, group, body, true)?;
    Ok(result)
}

fn start(cx: &mut dyn Context, args: Args) -> Fallible {
    let group = args.get(0);
    let result = group.instance_field(slot::RESULT);
    if !result.promise().is_pending() || !group.instance_field(slot::ERROR).is_null() {
        return Err(Fault::new(
            ErrorKind::State,
            "start() expects a task group that has not ended",
        ));
    }
    let task = cx.tasks().start_task(args.get(1), &args.slice()[2..])?;
    watch(cx, group, task, false)?;
    Ok(task)
}

/// Adds a task to a group.
fn watch(cx: &mut dyn Context, group: Value, task: Value, is_body: bool) -> Fallible<()> {
    let tasks = group.instance_field(slot::TASKS);
    if cx.heap().array_push(tasks, task).is_err() {
        return Err(crate::runtime::arith::out_of_memory());
    }
    add_open(cx, group, 1);
    let then = move |cx: &mut dyn Context, group: Value, outcome: Fallible| {
        match outcome {
            Ok(value) if is_body => {
                value.share();
                cx.heap().set_field(group, slot::VALUE, value);
            }
            Ok(_) => {}
            Err(fault) => failed(cx, group, fault),
        }
        ended(cx, group);
    };
    cx.tasks().when_settled(task, group, Box::new(then));
    Ok(())
}

fn add_open(cx: &mut dyn Context, group: Value, more: i64) -> i64 {
    let open = group.instance_field(slot::OPEN).as_int() + more;
    cx.heap().set_field(group, slot::OPEN, Value::int(open));
    open
}

/// A task has failed: the first one that does cancels the others.
fn failed(cx: &mut dyn Context, group: Value, fault: Box<Fault>) {
    if !group.instance_field(slot::ERROR).is_null() {
        return;
    }
    match cx.caught(fault) {
        Ok(error) => {
            cx.heap().set_field(group, slot::ERROR, error);
            cancel_all(cx, group);
        }
        Err(fault) => {
            let result = group.instance_field(slot::RESULT);
            cx.settle(result, Err(fault));
        }
    }
}

/// Cancels the tasks that have not ended; the group waits until they have.
fn cancel_all(cx: &mut dyn Context, group: Value) {
    let tasks = group.instance_field(slot::TASKS);
    for i in 0..tasks.elements().len() {
        let task = tasks.elements()[i];
        if let Some(end) = cx.tasks().cancel(task) {
            add_open(cx, group, 1);
            let then = |cx: &mut dyn Context, group: Value, _: Fallible| ended(cx, group);
            cx.tasks().when_settled(end, group, Box::new(then));
        }
    }
}

/// A task has ended: the last one ends the group.
fn ended(cx: &mut dyn Context, group: Value) {
    if add_open(cx, group, -1) > 0 {
        return;
    }
    let result = group.instance_field(slot::RESULT);
    let error = group.instance_field(slot::ERROR);
    let outcome = match error.is_null() {
        true => Ok(group.instance_field(slot::VALUE)),
        false => Err(cx.throw(error)),
    };
    cx.settle(result, outcome);
}
