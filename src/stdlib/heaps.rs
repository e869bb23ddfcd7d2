//! Priority queues (STDLIB 11): the least element first, or the one of which a function
//! says so; equal ones first in, first out.

use super::declare::*;
use super::limits::*;
use super::owners::element;
use super::owners::*;
use super::sort::{comes_first, in_order, says_first};
use crate::heap::object::Kind;
use crate::runtime::arith::check_room;
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Borrow, Context, Fallible, copy};
use crate::value::Value;

natives! {
    /// A priority queue of the elements: the least first, or by `by(a, b)` as in `sort`.
    ///
    /// Equal elements come first in, first out.
    plain fn [pulls calls operators] Heap(xs: opt(SEQUENCE), by: opt(CALLABLE)) -> "heap" = make_heap;
    /// With `v` added.
    mutating fn [calls operators] heap_push(h: HEAP, v: ANY) -> "heap" = push_one, push_method;
    /// `[rest, item]`, the first item in order; of an empty heap `[h, null]`.
    ///
    /// As a method: the item, or null.
    mutating fn [none] heap_pop(h: HEAP) -> "array" = pop, pop_method;
    /// The first item in order, or null.
    pure fn [none] heap_peek(h: HEAP) = peek;
    /// The items in order.
    pure fn [none] heap_to_array(h: HEAP) -> "array" = to_array;
}

fn make_heap(cx: &mut dyn Context, args: Args) -> Fallible {
    let by = args.get(1);
    let by = if by.is_absent() { Value::NULL } else { by };
    if args.get(0).is_absent() {
        let none = cx.heap().new_array(0);
        return Ok(cx.heap().new_priority(none, by));
    }
    let xs = elements_of(cx, args, 0)?;
    let sorted = in_order(cx, args)?;
    let mine = is_mine(args, 0);
    // The argument keeps the elements alive meanwhile.
    let elements = cx.heap().new_array(xs.elements().len());
    let mut pace = Pace::new();
    for &x in sorted.iter().rev() {
        pace.step(cx)?;
        if !mine {
            x.share();
        }
        push(cx, "Heap", elements, x)?;
    }
    Ok(cx.heap().new_priority(elements, by))
}

/// Whether `v` comes before an element.
fn precedes(cx: &mut dyn Context, by: Value, v: Value, x: Value) -> Fallible<bool> {
    if by.is_null() {
        return comes_first(cx, v, x);
    }
    let said = cx.call(by, &[v, x])?;
    says_first(cx, said)
}

/// How many of the first elements of a run, or of the first elements of runs, an element
/// comes before. `fetch` is told before each step which of them are left.
#[inline(always)]
fn partition(
    cx: &mut dyn Context,
    by: Value,
    v: Value,
    count: usize,
    at: impl Fn(usize) -> Value,
    fetch: impl Fn(usize, usize),
) -> Fallible<usize> {
    let (mut low, mut high) = (0, count);
    while low < high {
        fetch(low, high);
        let middle = low + (high - low) / 2;
        if precedes(cx, by, v, at(middle))? {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The run and the place in it where an element goes.
fn place(cx: &mut dyn Context, h: Value, v: Value) -> Fallible<(usize, usize)> {
    // The code that the order calls may change the heap: it then gets a copy.
    let _borrow = Borrow::of(h);
    let by = h.priority().by;
    let runs = h.priority().runs();
    let run = partition(cx, by, v, runs.len(), |i| runs[i].elements()[0], |_, _| {})?;
    let Some(run) = run.checked_sub(1) else {
        return Ok((0, 0));
    };
    let elements = runs[run].elements();
    // The elements lie anywhere, and each step would wait for the one that it looks at.
    let at = partition(
        cx,
        by,
        v,
        elements.len(),
        |i| elements[i],
        |low, high| {
            let middle = low + (high - low) / 2;
            elements[low + (middle - low) / 2].prefetch();
            elements[(middle + 1 + (high - middle - 1) / 2).min(high - 1)].prefetch();
        },
    )?;
    Ok((run, at))
}

/// Adds argument 1 to a heap that may be changed, at a place that was found before.
fn put(cx: &mut dyn Context, args: Args, h: Value, (run, at): (usize, usize)) -> Fallible {
    let v = keep(cx, args, 1)?;
    match cx.heap().priority_insert(h, run, at, v) {
        Ok(()) => Ok(h),
        Err(why) => Err(no_room("heap_push", why)),
    }
}

fn push_one(cx: &mut dyn Context, args: Args) -> Fallible {
    let at = place(cx, args.get(0), args.get(1))?;
    let h = own_container(cx, args)?;
    put(cx, args, h, at)
}

fn push_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let at = place(cx, args.get(0), args.get(1))?;
    // The order may have made another owner.
    let h = own_changeable(cx, args)?;
    put(cx, args, h, at)
}

/// The receiver of a mutating method, as a copy if it has got another owner meanwhile.
fn own_changeable(cx: &mut dyn Context, args: Args) -> Fallible {
    let h = args.get(0);
    if h.header().flags & crate::heap::object::COPY_BEFORE_WRITE == 0 {
        return Ok(h);
    }
    let copy = copy::copied(cx, h)?;
    args.set(0, copy);
    Ok(copy)
}

fn pop(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).priority().is_empty() {
        let h = stored(args, 0);
        return Ok(pair(cx, h, Value::NULL));
    }
    let h = own_container(cx, args)?;
    let item = cx.heap().priority_pop(h).unwrap_or(Value::NULL);
    Ok(pair(cx, h, item))
}

fn pop_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let item = cx.heap().priority_pop(args.get(0));
    Ok(item.unwrap_or(Value::NULL))
}

fn peek(_: &mut dyn Context, args: Args) -> Fallible {
    debug_assert!(args.get(0).is_kind(Kind::Heap));
    let first = args.get(0).priority().in_order().next();
    Ok(first.map_or(Value::NULL, |item| element(args, item)))
}

fn to_array(cx: &mut dyn Context, args: Args) -> Fallible {
    let priority = args.get(0).priority();
    check_room(cx, 8 * priority.len())?;
    let array = cx.heap().new_array(priority.len());
    let mut pace = Pace::new();
    for x in priority.in_order() {
        pace.step(cx)?;
        x.share();
        push(cx, "heap_to_array", array, x)?;
    }
    Ok(array)
}
