//! Adaptors over values: the elements are at hand, so the resulting array is made in
//! one go. Generators and iterators go through the lazy steps instead.
//!
//! While a callback runs, the sequence is borrowed, so that what the callback
//! assigns to the variable it came from does not show here. A range that is not
//! stored gives its elements one by one and counts as the array that it stands for.

use super::{accepts, lazy, not_a_sequence, size_of_part};
use crate::heap::MAX_ELEMENTS;
use crate::heap::object::Kind;
use crate::runtime::arith::{self, BinaryOp, check_room};
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Borrow, Context, Fallible, sequence};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::owners::*;
use crate::stdlib::unique::Seen;
use crate::value::Value;
use std::ops::ControlFlow;

/// How many elements argument 0 has, if an array may have so many.
fn count(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<usize> {
    let xs = args.get(0);
    match sequence::known_count(cx, xs) {
        count if count > MAX_ELEMENTS => Err(too_many(name, sequence::exact_count(cx, xs))),
        count => Ok(count),
    }
}

/// A walk through all elements of argument 0.
fn all_of(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<Elements> {
    count(cx, name, args)?;
    Ok(Elements::of(args, 0))
}

/// An empty array with room for `count` elements.
fn room_for(cx: &mut dyn Context, name: &str, count: usize) -> Fallible {
    check_elements(name, count)?;
    check_room(cx, 8 * count)?;
    Ok(cx.heap().new_array(count))
}

/// Appends an element of an argument, which stays there too.
fn push_shared(cx: &mut dyn Context, name: &str, array: Value, x: Value) -> Fallible<()> {
    x.share();
    push(cx, name, array, x)
}

pub fn map(cx: &mut dyn Context, args: Args) -> Fallible {
    if is_mine_to_fill(args) {
        return map_in_place(cx, args);
    }
    let count = count(cx, "map", args)?;
    let mapped = room_for(cx, "map", count)?;
    let f = args.get(1);
    let mut xs = Elements::of(args, 0);
    while let Some(x) = xs.next(cx)? {
        let y = cx.call(f, &[x])?;
        push(cx, "map", mapped, y)?;
    }
    Ok(mapped)
}

/// Whether argument 0 is an array that no code sees after the call: in a chain, the
/// one that the step before has made.
fn is_mine_to_fill(args: Args) -> bool {
    args.get(0).is_kind(Kind::Array) && is_mine(args, 0)
}

/// [`map`] where the results can take the places of the elements.
fn map_in_place(cx: &mut dyn Context, args: Args) -> Fallible {
    let (xs, f) = (args.get(0), args.get(1));
    let _borrow = Borrow::of(xs);
    let mut pace = Pace::new();
    for i in 0..xs.elements().len() {
        pace.step(cx)?;
        let y = cx.call(f, &[xs.elements()[i]])?;
        xs.set_element(i, y);
        cx.heap().write_barrier(xs.as_pointer(), y);
    }
    Ok(xs)
}

/// [`filter`] where the elements that are kept can move to the front.
fn filter_in_place(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = args.get(0);
    let len = xs.elements().len();
    let mut kept = 0;
    {
        let _borrow = Borrow::of(xs);
        let mut pace = Pace::new();
        for i in 0..len {
            pace.step(cx)?;
            let x = xs.elements()[i];
            if accepts(cx, args, x)? {
                xs.set_element(kept, x);
                cx.heap().write_barrier(xs.as_pointer(), x);
                kept += 1;
            }
        }
    }
    if kept < len / 4 {
        // The room of the others would stay in use.
        return Ok(cx.heap().new_array_from(&xs.elements()[..kept]));
    }
    cx.heap().array_truncate(xs, kept);
    Ok(xs)
}

pub fn filter(cx: &mut dyn Context, args: Args) -> Fallible {
    if is_mine_to_fill(args) {
        return filter_in_place(cx, args);
    }
    let mut xs = all_of(cx, "filter", args)?;
    let kept = cx.heap().new_array(0);
    while let Some(x) = xs.next(cx)? {
        if accepts(cx, args, x)? {
            push(cx, "filter", kept, xs.kept(x))?;
        }
    }
    Ok(kept)
}

pub fn flat_map(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = all_of(cx, "flat_map", args)?;
    let all = cx.heap().new_array(0);
    while let Some(x) = xs.next(cx)? {
        let given = cx.call(args.get(1), &[x])?;
        let ys = sequence::own_sequence(cx, given)?.unwrap_or(given);
        if !sequence::is_sequence(ys) {
            return Err(not_a_sequence("flat_map", ys));
        }
        sequence::for_each_element(cx, ys, &mut |cx, y| {
            push_shared(cx, "flat_map", all, y)?;
            Ok(ControlFlow::Continue(()))
        })?;
    }
    Ok(all)
}

pub fn scan(cx: &mut dyn Context, args: Args) -> Fallible {
    let count = count(cx, "scan", args)?;
    let results = room_for(cx, "scan", count)?;
    let f = args.get(2);
    let mut so_far = args.get(1);
    let mut xs = Elements::of(args, 0);
    while let Some(x) = xs.next(cx)? {
        so_far = cx.call(f, &[so_far, x])?;
        push(cx, "scan", results, so_far)?;
    }
    Ok(results)
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
fn part(cx: &mut dyn Context, xs: Value, from: usize, to: usize) -> Fallible {
    sequence::copied(cx, &xs.elements()[from..to], 0)
}

/// A count cut to the number of elements.
fn at_most(n: Value, len: usize) -> usize {
    clamped(n).clamp(0, i64::try_from(len).unwrap_or(i64::MAX)) as usize
}

pub fn take(cx: &mut dyn Context, args: Args) -> Fallible {
    let all = match sequence::is_counted(args.get(0)) {
        true => sequence::known_count(cx, args.get(0)),
        false => MAX_ELEMENTS,
    };
    let count = at_most(args.get(1), all);
    if args.get(0).is_kind(Kind::Array) {
        return part(cx, args.get(0), 0, count);
    }
    if count > MAX_ELEMENTS {
        let all = sequence::exact_count(cx, args.get(0));
        return Err(too_many("take", all.min(to_big(args.get(1)))));
    }
    let known = sequence::is_counted(args.get(0));
    let taken = room_for(cx, "take", if known { count } else { 0 })?;
    let mut xs = Elements::of(args, 0);
    for _ in 0..count {
        let Some(x) = xs.next(cx)? else {
            break;
        };
        push(cx, "take", taken, xs.kept(x))?;
    }
    Ok(taken)
}

pub fn skip(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let n = at_most(args.get(1), len);
    part(cx, xs, n, len)
}

pub fn take_while(cx: &mut dyn Context, args: Args) -> Fallible {
    // The end of even a huge range may be near.
    let mut xs = Elements::of(args, 0);
    let taken = cx.heap().new_array(0);
    while let Some(x) = xs.next(cx)? {
        if !accepts(cx, args, x)? {
            break;
        }
        push(cx, "take_while", taken, xs.kept(x))?;
    }
    Ok(taken)
}

pub fn skip_while(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = all_of(cx, "skip_while", args)?;
    let rest = cx.heap().new_array(0);
    let mut skipping = true;
    while let Some(x) = xs.next(cx)? {
        skipping = skipping && accepts(cx, args, x)?;
        if !skipping {
            push(cx, "skip_while", rest, xs.kept(x))?;
        }
    }
    Ok(rest)
}

pub fn enumerate(cx: &mut dyn Context, args: Args) -> Fallible {
    let count = count(cx, "enumerate", args)?;
    let pairs = room_for(cx, "enumerate", count)?;
    let mut index = match args.get(1) {
        start if start.is_absent() => Value::ZERO,
        start => start,
    };
    let mut xs = Elements::of(args, 0);
    while let Some(x) = xs.next(cx)? {
        let numbered = pair(cx, index, xs.kept(x));
        push(cx, "enumerate", pairs, numbered)?;
        index = arith::binary(cx, BinaryOp::Add, index, Value::int(1))?;
    }
    Ok(pairs)
}

pub fn zip(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.slice().iter().any(|&xs| sequence::is_lazy(xs)) {
        return lazy::zip(cx, args);
    }
    if !args.slice().iter().all(|&xs| sequence::is_counted(xs)) {
        let zipped = super::lazy::zip(cx, args)?;
        return sequence::sequence_to_array(cx, zipped);
    }
    let counts = args.slice().iter().map(|&xs| sequence::known_count(cx, xs));
    let shortest = counts.min().unwrap_or(0);
    let zipped = room_for(cx, "zip", shortest)?;
    // The collector finds the sequences in the arguments.
    let mut all: Vec<Elements> = (0..args.len()).map(|i| Elements::of(args, i)).collect();
    for _ in 0..shortest {
        let row = cx.heap().new_array(args.len());
        for xs in &mut all {
            if let Some(x) = xs.next(cx)? {
                push(cx, "zip", row, xs.kept(x))?;
            }
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
        let chunk = part(cx, xs, from, from.saturating_add(size).min(len))?;
        push(cx, "chunk", chunks, chunk)?;
    }
    Ok(chunks)
}

pub fn windows(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "windows", args.get(1))?;
    neighbours(cx, "windows", args, size)
}

pub fn pairs(cx: &mut dyn Context, args: Args) -> Fallible {
    neighbours(cx, "pairs", args, 2)
}

/// Arrays of `size` neighbours.
fn neighbours(cx: &mut dyn Context, name: &str, args: Args, size: usize) -> Fallible {
    let xs = elements_of(cx, args, 0)?;
    let len = xs.elements().len();
    let count = (len + 1).saturating_sub(size);
    let windows = room_for(cx, name, count)?;
    let mut pace = Pace::new();
    for from in 0..count {
        pace.bytes(cx, size)?;
        let window = part(cx, xs, from, from + size)?;
        push(cx, name, windows, window)?;
    }
    Ok(windows)
}

pub fn intersperse(cx: &mut dyn Context, args: Args) -> Fallible {
    let count = count(cx, "intersperse", args)?;
    let mixed = room_for(cx, "intersperse", (2 * count).saturating_sub(1))?;
    let between = args.get(1);
    let mut xs = Elements::of(args, 0);
    let mut first = true;
    while let Some(x) = xs.next(cx)? {
        if !std::mem::take(&mut first) {
            push_shared(cx, "intersperse", mixed, between)?;
        }
        push(cx, "intersperse", mixed, xs.kept(x))?;
    }
    Ok(mixed)
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
