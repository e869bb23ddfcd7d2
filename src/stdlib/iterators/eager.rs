//! Adaptors over containers in their function form: the elements are at hand, so
//! the resulting array is made in one go. Generators and iterators go through the
//! lazy steps instead.
//!
//! While a callback runs, the sequence is borrowed, so that what the callback
//! assigns to the variable it came from does not show here.

use super::{accepts, size_of_part};
use crate::heap::object::Kind;
use crate::runtime::arith::{self, BinaryOp};
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Borrow, Context, ErrorKind, Fallible, Fault, sequence, type_name};
use crate::stdlib::support::*;
use crate::stdlib::unique::Seen;
use crate::value::Value;
use std::ops::ControlFlow;

/// Appends an element of an argument, which stays there too.
fn push_shared(cx: &mut dyn Context, name: &str, array: Value, x: Value) -> Fallible<()> {
    x.share();
    push(cx, name, array, x)
}

pub fn map(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _borrow = Borrow::of(xs);
    let mapped = cx.heap().new_array(xs.elements().len());
    let mut pace = Pace::new();
    for &x in xs.elements() {
        pace.step(cx)?;
        let y = cx.call(args.get(1), &[x])?;
        push(cx, "map", mapped, y)?;
    }
    Ok(mapped)
}

pub fn filter(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _borrow = Borrow::of(xs);
    let kept = cx.heap().new_array(0);
    let mut pace = Pace::new();
    for &x in xs.elements() {
        pace.step(cx)?;
        if accepts(cx, args, x)? {
            push_shared(cx, "filter", kept, x)?;
        }
    }
    Ok(kept)
}

pub fn flat_map(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let _borrow = Borrow::of(xs);
    let all = cx.heap().new_array(0);
    let mut pace = Pace::new();
    for &x in xs.elements() {
        pace.step(cx)?;
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

pub fn flatten(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let flat = cx.heap().new_array(xs.elements().len());
    let mut pace = Pace::new();
    for &x in xs.elements() {
        pace.step(cx)?;
        if x.is_kind(Kind::Array) {
            for &y in x.elements() {
                pace.step(cx)?;
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

pub fn take(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let n = at_most(args.get(1), xs.elements().len());
    Ok(part(cx, xs, 0, n))
}

pub fn skip(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let n = at_most(args.get(1), len);
    Ok(part(cx, xs, n, len))
}

/// How many elements there are before the first for which `f(x)` is false.
fn accepted(cx: &mut dyn Context, args: Args, xs: Value) -> Fallible<usize> {
    let _borrow = Borrow::of(xs);
    let mut pace = Pace::new();
    for (i, &x) in xs.elements().iter().enumerate() {
        pace.step(cx)?;
        if !accepts(cx, args, x)? {
            return Ok(i);
        }
    }
    Ok(xs.elements().len())
}

pub fn take_while(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let end = accepted(cx, args, xs)?;
    Ok(part(cx, xs, 0, end))
}

pub fn skip_while(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let start = accepted(cx, args, xs)?;
    Ok(part(cx, xs, start, xs.elements().len()))
}

pub fn enumerate(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let pairs = cx.heap().new_array(xs.elements().len());
    let mut index = match args.get(1) {
        start if start.is_absent() => Value::ZERO,
        start => start,
    };
    let mut pace = Pace::new();
    for &x in xs.elements() {
        pace.step(cx)?;
        x.share();
        let numbered = pair(cx, index, x);
        push(cx, "enumerate", pairs, numbered)?;
        index = arith::binary(cx, BinaryOp::Add, index, Value::int(1))?;
    }
    Ok(pairs)
}

pub fn zip(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut shortest = usize::MAX;
    for i in 0..args.len() {
        let xs = elements_of(cx, args, i)?;
        shortest = shortest.min(xs.elements().len());
    }
    let zipped = cx.heap().new_array(shortest);
    let mut pace = Pace::new();
    for i in 0..shortest {
        pace.step(cx)?;
        let row = cx.heap().new_array(args.len());
        for xs in args.slice() {
            push_shared(cx, "zip", row, xs.elements()[i])?;
        }
        push(cx, "zip", zipped, row)?;
    }
    Ok(zipped)
}

pub fn chunk(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "chunk", args.get(1))?;
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let chunks = cx.heap().new_array(len.div_ceil(size));
    let mut pace = Pace::new();
    for from in (0..len).step_by(size) {
        pace.bytes(cx, size.min(len))?;
        let chunk = part(cx, xs, from, from.saturating_add(size).min(len));
        push(cx, "chunk", chunks, chunk)?;
    }
    Ok(chunks)
}

pub fn windows(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "windows", args.get(1))?;
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let windows = cx.heap().new_array(0);
    let mut pace = Pace::new();
    for from in 0..(len + 1).saturating_sub(size) {
        pace.bytes(cx, size)?;
        let window = part(cx, xs, from, from + size);
        push(cx, "windows", windows, window)?;
    }
    Ok(windows)
}

pub fn unique(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let mut seen = Seen::new();
    let distinct = cx.heap().new_array(0);
    let mut pace = Pace::new();
    for &x in xs.elements() {
        pace.step(cx)?;
        if seen.is_new(cx, x)? {
            push_shared(cx, "unique", distinct, x)?;
        }
    }
    Ok(distinct)
}
