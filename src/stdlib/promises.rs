//! Promises (STDLIB 20): timers, and promises made of other promises.

use super::declare::*;
use super::operands::*;
use crate::heap::Heap;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, name_of_type, tags};
use crate::value::Value;
use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

natives! {
    /// A promise that is fulfilled with null after so many milliseconds.
    ///
    /// Negative and NaN throw `value`.
    pure fn [none] async_sleep(ms: NUMBER) -> "promise" = async_sleep; writes;
    /// A promise that settles as `p` does, or is rejected with `timeout` if that takes longer.
    ///
    /// `p` itself goes on.
    pure fn [none] async_timeout(p: PROMISE, ms: NUMBER) -> "promise" = async_timeout; writes;
    /// A promise of what all of these give, in order.
    ///
    /// It is rejected with the error of the first that fails; the others go on, and count as
    /// awaited. `limit` has no effect on promises, whose tasks run already.
    pure fn [none] promise_all | await_all (ps: ARRAY, limit: opt(WHOLE)) -> "promise" = promise_all; writes;
    /// A promise of `Ok(v)` or `Err(e)` of each of these, in order.
    ///
    /// It is never rejected.
    pure fn [none] promise_settled(ps: ARRAY) -> "promise" = promise_settled; writes;
    /// A promise that settles as the first of these that settles.
    ///
    /// `[]` throws `value`.
    pure fn [none] promise_race(ps: ARRAY) -> "promise" = promise_race; writes;
    /// A promise that is fulfilled as the first of these that is.
    ///
    /// If all fail, it is rejected with the last error. `[]` throws `value`.
    pure fn [none] promise_any(ps: ARRAY) -> "promise" = promise_any; writes;
    /// The promise itself: what waits for it waits for its task.
    pure fn [none] await_task(p: PROMISE) -> "promise" = await_task;
    /// Ends the task of a promise: whether that was still pending.
    ///
    /// The promise is rejected with `cancelled` at once, and the wait in which its task is
    /// throws `cancelled`. The work that the system does for it is given up. A task whose wait
    /// is over, and that is about to go on, is cancelled at its next one.
    pure fn [none] cancel_task(p: PROMISE) -> "bool" = cancel_task; writes;
}

/// A time in milliseconds.
///
/// # Errors
/// If it is negative or NaN.
pub fn duration(cx: &mut dyn Context, name: &str, param: &str, ms: Value) -> Fallible<Duration> {
    let time = to_float(ms);
    if time.is_nan() || time < 0.0 {
        return Err(value_error(cx, name, param, "at least 0", ms));
    }
    Ok(Duration::try_from_secs_f64(time / 1e3).unwrap_or(Duration::MAX))
}

/// The error of what has taken too long.
pub fn too_late(time: Duration) -> Box<Fault> {
    let message = format!("It took longer than {} ms", time.as_secs_f64() * 1e3);
    Fault::new(ErrorKind::Timeout, message)
}

/// A promise that has settled with a result.
pub fn settled(cx: &mut dyn Context, result: Fallible) -> Value {
    let promise = cx.promise_pending();
    cx.settle(promise, result);
    promise
}

/// A promise that settles as another one does.
fn follower(cx: &mut dyn Context, promise: Value) -> Fallible {
    let own = cx.promise_pending();
    cx.tasks().follow(own, promise)?;
    Ok(own)
}

/// Stores an element of an array that is no longer new.
fn store(heap: &mut Heap, array: Value, index: usize, value: Value) {
    value.share();
    array.set_element(index, value);
    heap.write_barrier(array.as_pointer(), value);
}

/// The promises of an array.
///
/// # Errors
/// If something else is among them.
fn promises(cx: &mut dyn Context, name: &str, ps: Value) -> Fallible<&'static [Value]> {
    let ps = ps.elements();
    if let Some(&other) = ps.iter().find(|p| !p.is_promise()) {
        let got = name_of_type(cx, other);
        let message = format!("{name}() expects ps to be an array of promises; got {got} in it");
        return Err(Fault::new(ErrorKind::Type, message));
    }
    for p in ps {
        p.promise().mark_awaited();
    }
    Ok(ps)
}

/// The same of at least one.
fn some_promises(cx: &mut dyn Context, name: &str, ps: Value) -> Fallible<&'static [Value]> {
    if ps.elements().is_empty() {
        return Err(value_error(cx, name, "ps", "at least one promise", ps));
    }
    promises(cx, name, ps)
}

fn async_sleep(cx: &mut dyn Context, args: Args) -> Fallible {
    let time = duration(cx, "async_sleep", "ms", args.get(0))?;
    Ok(cx.tasks().timer(time))
}

fn async_timeout(cx: &mut dyn Context, args: Args) -> Fallible {
    let (p, time) = (
        args.get(0),
        duration(cx, "async_timeout", "ms", args.get(1))?,
    );
    let result = follower(cx, p)?;
    if !p.promise().is_pending() {
        return Ok(result);
    }
    let timer = cx.tasks().timer(time);
    let late = move |cx: &mut dyn Context, result: Value, _| cx.settle(result, Err(too_late(time)));
    cx.tasks().when_settled(timer, result, Box::new(late));
    let done = |cx: &mut dyn Context, timer: Value, _| cx.settle(timer, Ok(Value::NULL));
    cx.tasks().when_settled(result, timer, Box::new(done));
    Ok(result)
}

/// The results that are gathered from the promises of an array.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gather {
    /// Their values; the first error rejects.
    Values,
    /// `Ok` and `Err`.
    Outcomes,
}

fn promise_all(cx: &mut dyn Context, args: Args) -> Fallible {
    let ps = promises(cx, "promise_all", args.get(0))?;
    if !args.get(1).is_absent() {
        at_least_one(cx, "promise_all", "limit", args.get(1))?;
    }
    if let Some(&failed) = ps.iter().find(|p| p.promise().is_rejected()) {
        return follower(cx, failed);
    }
    gather(cx, ps, Gather::Values)
}

fn promise_settled(cx: &mut dyn Context, args: Args) -> Fallible {
    let ps = promises(cx, "promise_settled", args.get(0))?;
    gather(cx, ps, Gather::Outcomes)
}

/// A promise of what all of these come to.
fn gather(cx: &mut dyn Context, ps: &'static [Value], how: Gather) -> Fallible {
    let results = cx.heap().new_array_from(&vec![Value::NULL; ps.len()]);
    let mut pending = 0;
    for (i, p) in ps.iter().enumerate() {
        let view = p.promise();
        if view.is_pending() {
            pending += 1;
            continue;
        }
        let value = outcome_value(cx, how, view.value, view.is_rejected());
        store(cx.heap(), results, i, value);
    }
    if pending == 0 {
        return Ok(cx.heap().new_settled(results, false));
    }
    let result = cx.promise_pending();
    let kept = cx.heap().new_array_from(&[results, result]);
    let left = Rc::new(Cell::new(pending));
    for (i, &p) in ps.iter().enumerate() {
        if !p.promise().is_pending() {
            continue;
        }
        let left = left.clone();
        let then = move |cx: &mut dyn Context, kept: Value, outcome: Fallible| {
            let [results, result] = *kept.elements() else {
                return;
            };
            let value = match outcome {
                Ok(value) => outcome_value(cx, how, value, false),
                Err(fault) if how == Gather::Values => return cx.settle(result, Err(fault)),
                Err(fault) => match cx.caught(fault) {
                    Ok(error) => outcome_value(cx, how, error, true),
                    Err(fault) => return cx.settle(result, Err(fault)),
                },
            };
            store(cx.heap(), results, i, value);
            left.set(left.get() - 1);
            if left.get() == 0 {
                cx.settle(result, Ok(results));
            }
        };
        cx.tasks().when_settled(p, kept, Box::new(then));
    }
    Ok(result)
}

fn outcome_value(cx: &mut dyn Context, how: Gather, value: Value, rejected: bool) -> Value {
    value.share();
    match how {
        Gather::Values => value,
        Gather::Outcomes => {
            let tag = if rejected { tags::ERR } else { tags::OK };
            cx.heap().new_tagged(tag, &[value])
        }
    }
}

fn promise_race(cx: &mut dyn Context, args: Args) -> Fallible {
    let ps = some_promises(cx, "promise_race", args.get(0))?;
    if let Some(&first) = ps.iter().find(|p| !p.promise().is_pending()) {
        return follower(cx, first);
    }
    let result = cx.promise_pending();
    for &p in ps {
        let then = |cx: &mut dyn Context, result: Value, outcome| cx.settle(result, outcome);
        cx.tasks().when_settled(p, result, Box::new(then));
    }
    Ok(result)
}

fn promise_any(cx: &mut dyn Context, args: Args) -> Fallible {
    let ps = some_promises(cx, "promise_any", args.get(0))?;
    let fulfilled = |p: &&Value| !p.promise().is_pending() && !p.promise().is_rejected();
    if let Some(&first) = ps.iter().find(fulfilled) {
        return follower(cx, first);
    }
    let pending = ps.iter().filter(|p| p.promise().is_pending()).count();
    if pending == 0 {
        return follower(cx, ps[ps.len() - 1]);
    }
    let result = cx.promise_pending();
    let left = Rc::new(Cell::new(pending));
    for &p in ps.iter().filter(|p| p.promise().is_pending()) {
        let left = left.clone();
        let then = move |cx: &mut dyn Context, result: Value, outcome: Fallible| {
            left.set(left.get() - 1);
            if outcome.is_ok() || left.get() == 0 {
                cx.settle(result, outcome);
            }
        };
        cx.tasks().when_settled(p, result, Box::new(then));
    }
    Ok(result)
}

fn await_task(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(args.get(0))
}

fn cancel_task(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(cx.tasks().cancel(args.get(0)).is_some()))
}
