//! Other threads (STDLIB 20): a call on one, and calls with each element on several. The
//! values that a thread needs travel to it; here are the arguments alone.

use super::declare::*;
use super::operands::*;
use super::owners::*;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible, Parallel};
use crate::value::Value;

natives! {
    /// A promise of what `f(...args)` gives on another thread.
    ///
    /// A value that cannot go there throws `type`.
    pure fn [none] spawn_task(f: CALLABLE, args: rest(ANY)) -> "promise" = spawn_task; writes;
    /// A promise of the array of `f(x)` of every element, on up to `limit` threads.
    ///
    /// One for each processor without `limit`. It rejects with the error of the lowest
    /// position.
    pure fn [pulls] parallel_map | par_map (xs: SEQUENCE, f: CALLABLE, limit: opt(WHOLE)) -> "promise" = parallel_map; writes;
    /// A promise of null: calls `f(x)` with every element, on up to `limit` threads.
    ///
    /// As `parallel_map`.
    pure fn [pulls] par_each(xs: SEQUENCE, f: CALLABLE, limit: opt(WHOLE)) -> "promise" = par_each; writes;
}

fn spawn_task(cx: &mut dyn Context, args: Args) -> Fallible {
    let all = args.slice();
    cx.threads().spawn(all[0], &all[1..])
}

fn parallel_map(cx: &mut dyn Context, args: Args) -> Fallible {
    parallel(cx, "parallel_map", args, true)
}

fn par_each(cx: &mut dyn Context, args: Args) -> Fallible {
    parallel(cx, "par_each", args, false)
}

fn parallel(cx: &mut dyn Context, name: &str, args: Args, gives: bool) -> Fallible {
    let threads = match args.get(2) {
        limit if limit.is_absent() => processors(),
        limit if clamped(limit) < 1 => {
            return Err(value_error(cx, name, "limit", "at least 1", limit));
        }
        limit => clamped(limit) as usize,
    };
    let elements: Value = elements_of(cx, args, 0)?;
    cx.threads().parallel(Parallel {
        elements,
        function: args.get(1),
        threads: threads.min(MOST),
        gives,
    })
}

/// More threads than this help no call.
const MOST: usize = 256;

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
