//! Promises (STDLIB 20): timers, and promises made of other promises.

use super::declare::*;
use super::operands::*;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible};
use crate::value::Value;
use std::time::Duration;

natives! {
    /// A promise that is fulfilled with null after so many milliseconds.
    ///
    /// Negative and NaN throw `value`.
    pure fn [none] async_sleep(ms: NUMBER) -> "promise" = async_sleep; writes;
    /// The promise itself: what waits for it waits for its task.
    pure fn [none] await_task(p: PROMISE) -> "promise" = await_task;
    /// Ends the task of a promise: whether that was still pending.
    ///
    /// The promise is rejected with `cancelled` at once, and the wait in which its task is
    /// throws `cancelled`. What the system does for it is given up.
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

fn async_sleep(cx: &mut dyn Context, args: Args) -> Fallible {
    let time = duration(cx, "async_sleep", "ms", args.get(0))?;
    Ok(cx.tasks().timer(time))
}

fn await_task(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(args.get(0))
}

fn cancel_task(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(cx.tasks().cancel(args.get(0))))
}
