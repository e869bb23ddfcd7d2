//! Function forms over any sequence (STDLIB 6): adaptors give arrays, consumers
//! values. The lazy method forms of the adaptors are not here.
//!
//! While a callback runs, the sequence is guarded, so that what the callback
//! assigns to the variable it came from does not show here.

use super::declare::*;
use super::dicts::put;
use super::strings::check_key;
use super::support::*;
use super::unique;
use crate::heap::object::Kind;
use crate::runtime::arith::{self, BinaryOp};
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, compare, sequence, type_name};
use crate::value::Value;
use std::ops::ControlFlow;

natives! {
    /// `f(x)` of every element.
    plain fn [calls] map(xs: SEQUENCE, f: CALLABLE) = map;
    /// The elements for which `f(x)` is true.
    plain fn [calls] filter(xs: SEQUENCE, f: CALLABLE) = filter;
    /// The elements of every `f(x)`.
    plain fn [calls] flat_map(xs: SEQUENCE, f: CALLABLE) = flat_map;
    /// With the arrays among the elements opened, one level.
    plain fn flatten(xs: SEQUENCE) = flatten;
    /// The first `n` elements.
    plain fn take(xs: SEQUENCE, n: WHOLE) = take;
    /// All but the first `n` elements.
    plain fn skip(xs: SEQUENCE, n: WHOLE) = skip;
    /// The elements before the first for which `f(x)` is false.
    plain fn [calls] take_while(xs: SEQUENCE, f: CALLABLE) = take_while;
    /// The elements from the first for which `f(x)` is false.
    plain fn [calls] skip_while(xs: SEQUENCE, f: CALLABLE) = skip_while;
    /// `[index, x]` of every element.
    plain fn enumerate(xs: SEQUENCE, start: opt(INT)) = enumerate;
    /// Arrays of one element from each sequence, as far as the shortest.
    plain fn zip(xs: SEQUENCE, other: SEQUENCE, others: rest(SEQUENCE)) = zip;
    /// Arrays of `size` elements; the last may be shorter.
    plain fn chunk(xs: SEQUENCE, size: WHOLE) = chunk;
    /// Arrays of `size` neighbours.
    plain fn windows(xs: SEQUENCE, size: WHOLE) = windows;
    /// The first of every set of equal elements.
    plain fn unique(xs: SEQUENCE) = unique_elements;
    /// The elements as an array.
    pure fn collect(xs: SEQUENCE) = collect;
    /// `f(acc, x)` from the left, beginning with `init`.
    pure fn [calls] reduce(xs: SEQUENCE, init: ANY, f: CALLABLE) = reduce;
    /// The first element for which `f(x)` is true, else null.
    pure fn [calls] find(xs: SEQUENCE, f: CALLABLE) = find;
    /// Whether `f(x)`, or the element itself, is true of any element.
    pure fn [calls] any(xs: SEQUENCE, f: opt(CALLABLE)) = any;
    /// Whether `f(x)`, or the element itself, is true of all elements.
    pure fn [calls] all(xs: SEQUENCE, f: opt(CALLABLE)) = all;
    /// The number of elements, or of those for which `f(x)` is true.
    pure fn [calls] count(xs: SEQUENCE, f: opt(CALLABLE)) = count;
    /// The first element, else null.
    pure fn first(xs: SEQUENCE) = first;
    /// The last element, else null.
    pure fn last(xs: SEQUENCE) = last;
    /// The numbers added from the left.
    pure fn sum(xs: SEQUENCE) = sum;
    /// A dict from `f(x)` to the array of its elements.
    pure fn [calls] group_by(xs: SEQUENCE, f: CALLABLE) = group_by;
    /// Calls `f(x)` for every element.
    pure fn [calls] for_each(xs: SEQUENCE, f: CALLABLE) = for_each;
}

/// Whether the callback in argument 1 takes `x` for true.
fn accepts(cx: &mut dyn Context, args: Args, x: Value) -> Fallible<bool> {
    Ok(compare::truth(cx.call(args.get(1), &[x])?))
}

/// Appends an element of an argument, which stays there too.
fn push_shared(cx: &mut dyn Context, name: &str, array: Value, x: Value) -> Fallible<()> {
    x.share();
    push(cx, name, array, x)
}

fn map(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    let mapped = cx.heap().new_array(xs.elements().len());
    for &x in xs.elements() {
        let y = cx.call(args.get(1), &[x])?;
        push(cx, "map", mapped, y)?;
    }
    Ok(mapped)
}

fn filter(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    let kept = cx.heap().new_array(0);
    for &x in xs.elements() {
        if accepts(cx, args, x)? {
            push_shared(cx, "filter", kept, x)?;
        }
    }
    Ok(kept)
}

fn flat_map(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    let all = cx.heap().new_array(0);
    for &x in xs.elements() {
        let ys = cx.call(args.get(1), &[x])?;
        if !sequence::is_sequence(ys) {
            let got = type_name(ys);
            let message = format!("flat_map() expects f to give a sequence; got {got}");
            return Err(Fault::new(ErrorKind::Type, message));
        }
        sequence::for_each_element(cx, ys, &mut |cx, y| {
            push_shared(cx, "flat_map", all, y)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(all)
}

fn flatten(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let flat = cx.heap().new_array(xs.elements().len());
    for &x in xs.elements() {
        if x.is_kind(Kind::Array) {
            for &y in x.elements() {
                push_shared(cx, "flatten", flat, y)?;
            }
        } else {
            push_shared(cx, "flatten", flat, x)?;
        }
    }
    Ok(flat)
}

/// An array of the elements `from .. to`, which stay where they are too.
fn part(cx: &mut dyn Context, xs: Value, from: usize, to: usize) -> Value {
    let elements = &xs.elements()[from..to];
    elements.iter().for_each(|x| x.share());
    cx.heap().new_array_from(elements)
}

/// A count cut to the number of elements.
fn at_most(n: Value, len: usize) -> usize {
    clamped(n).clamp(0, len as i64) as usize
}

fn take(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let n = at_most(args.get(1), xs.elements().len());
    Ok(part(cx, xs, 0, n))
}

fn skip(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let n = at_most(args.get(1), len);
    Ok(part(cx, xs, n, len))
}

/// How many elements there are before the first for which `f(x)` is false.
fn accepted(cx: &mut dyn Context, args: Args, xs: Value) -> Fallible<usize> {
    let _guard = Guard::new(xs);
    for (i, &x) in xs.elements().iter().enumerate() {
        if !accepts(cx, args, x)? {
            return Ok(i);
        }
    }
    Ok(xs.elements().len())
}

fn take_while(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let end = accepted(cx, args, xs)?;
    Ok(part(cx, xs, 0, end))
}

fn skip_while(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let start = accepted(cx, args, xs)?;
    Ok(part(cx, xs, start, xs.elements().len()))
}

fn enumerate(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let pairs = cx.heap().new_array(xs.elements().len());
    let mut index = match args.get(1) {
        start if start.is_absent() => Value::ZERO,
        start => start,
    };
    for &x in xs.elements() {
        x.share();
        let numbered = pair(cx, index, x);
        push(cx, "enumerate", pairs, numbered)?;
        index = arith::binary(cx, BinaryOp::Add, index, Value::int(1))?;
    }
    Ok(pairs)
}

fn zip(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut shortest = usize::MAX;
    for i in 0..args.len() {
        let xs = elements_of(cx, args, i)?;
        shortest = shortest.min(xs.elements().len());
    }
    let zipped = cx.heap().new_array(shortest);
    for i in 0..shortest {
        let row = cx.heap().new_array(args.len());
        for xs in args.slice() {
            push_shared(cx, "zip", row, xs.elements()[i])?;
        }
        push(cx, "zip", zipped, row)?;
    }
    Ok(zipped)
}

/// The size of a part, at least 1.
fn size_of_part(cx: &mut dyn Context, name: &str, size: Value) -> Fallible<usize> {
    match clamped(size) {
        size @ 1.. => Ok(size as usize),
        _ => Err(value_error(cx, name, "size", "at least 1", size)),
    }
}

fn chunk(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "chunk", args.get(1))?;
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let chunks = cx.heap().new_array(len.div_ceil(size));
    for from in (0..len).step_by(size) {
        let chunk = part(cx, xs, from, from.saturating_add(size).min(len));
        push(cx, "chunk", chunks, chunk)?;
    }
    Ok(chunks)
}

fn windows(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "windows", args.get(1))?;
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let windows = cx.heap().new_array(0);
    for from in 0..(len + 1).saturating_sub(size) {
        let window = part(cx, xs, from, from + size);
        push(cx, "windows", windows, window)?;
    }
    Ok(windows)
}

fn unique_elements(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let mut seen = unique::Seen::new();
    let distinct = cx.heap().new_array(0);
    for &x in xs.elements() {
        if seen.is_new(cx, x)? {
            push_shared(cx, "unique", distinct, x)?;
        }
    }
    Ok(distinct)
}

fn collect(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).is_kind(Kind::Array) {
        return Ok(stored(args, 0));
    }
    elements_of(cx, args, 0)
}

fn reduce(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    let mut so_far = stored(args, 1);
    for &x in xs.elements() {
        so_far = cx.call(args.get(2), &[so_far, x])?;
    }
    Ok(so_far)
}

fn find(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    for &x in xs.elements() {
        if accepts(cx, args, x)? {
            x.share();
            return Ok(x);
        }
    }
    Ok(Value::NULL)
}

/// The position of the first element that is as `wanted`, by `f` or itself.
fn first_that(cx: &mut dyn Context, args: Args, wanted: bool) -> Fallible<Option<usize>> {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    for (i, &x) in xs.elements().iter().enumerate() {
        let is = if args.get(1).is_absent() {
            compare::truth(x)
        } else {
            accepts(cx, args, x)?
        };
        if is == wanted {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

fn any(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(first_that(cx, args, true)?.is_some()))
}

fn all(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(first_that(cx, args, false)?.is_none()))
}

fn count(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    if args.get(1).is_absent() {
        return Ok(Value::int(xs.elements().len() as i64));
    }
    let _guard = Guard::new(xs);
    let mut count = 0;
    for &x in xs.elements() {
        count += accepts(cx, args, x)? as i64;
    }
    Ok(Value::int(count))
}

fn first(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut first = Value::NULL;
    sequence::for_each_element(cx, args.get(0), &mut |_, x| {
        first = x;
        Ok(ControlFlow::Break(()))
    })?;
    first.share();
    Ok(first)
}

fn last(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let last = xs.elements().last().copied().unwrap_or(Value::NULL);
    last.share();
    Ok(last)
}

fn sum(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let mut sum = Value::ZERO;
    for &x in xs.elements() {
        if !is_number(x) {
            return Err(type_error("sum", "xs", "made of numbers", x));
        }
        sum = arith::binary(cx, BinaryOp::Add, sum, x)?;
    }
    Ok(sum)
}

fn group_by(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    let groups = cx.heap().new_dict(0);
    for &x in xs.elements() {
        let key = cx.call(args.get(1), &[x])?;
        check_key("group_by", "the key", key)?;
        let group = match cx.heap().dict_get(groups, key) {
            Some(group) => group,
            None => {
                let group = cx.heap().new_array(0);
                put(cx, "group_by", groups, key, group)?;
                group
            }
        };
        push_shared(cx, "group_by", group, x)?;
    }
    Ok(groups)
}

fn for_each(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _guard = Guard::new(xs);
    for &x in xs.elements() {
        cx.call(args.get(1), &[x])?;
    }
    Ok(Value::NULL)
}
