//! Arrays: making them, adding and removing elements (STDLIB 4). Function forms
//! give the new value, in place of an argument that has no other owner; method
//! forms change their receiver. `sort.rs` has the orders.

use super::declare::*;
use super::limits::*;
use super::operands::*;
use super::owners::*;
use super::{bytes, dicts, fast, strings};
use crate::heap::object::Kind;
use crate::heap::object::put;
use crate::heap::{Heap, MAX_ELEMENTS};
use crate::runtime::arith::{self, BinaryOp, check_room};
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::pace::{self, Pace};
use crate::runtime::{
    Args, Borrow, Context, ErrorKind, Fallible, Fault, ParamKind, copy, repr, sequence,
};
use crate::value::Value;

const ARRAY_OR_DICT: Accepts = either(&[ParamKind::Array, ParamKind::Dict]);
const CONTAINER: Accepts = either(&[
    ParamKind::Array,
    ParamKind::Dict,
    ParamKind::Set,
    ParamKind::Queue,
    ParamKind::Stack,
    ParamKind::Heap,
]);
const ARRAY_OR_BYTES: Accepts = either(&[ParamKind::Array, ParamKind::Bytes]);
const SLICED: Accepts = either(&[ParamKind::Array, ParamKind::Bytes, ParamKind::String]);
const ARRAY_OR_TEXT: Accepts = either(&[ParamKind::Array, ParamKind::String]);

natives! {
    /// An array of the arguments.
    plain fn [none] array(values: rest(ANY)) -> "array" = array;
    /// The ints from `start` up to, without, `stop`; `range(n)` starts at 0.
    ///
    /// Empty if the step leads away from `stop`; a step of 0 throws `value`.
    pure fn [none] range(start: WHOLE, stop: opt(WHOLE), step: opt(WHOLE)) -> "array" = range;
    /// With `v` at the end.
    mutating fn [none] push | append (xs: ARRAY, v: ANY) -> "array" = push_to, push_method => fast::push as Push;
    /// The array without its last element, and that element.
    ///
    /// `[]` gives `[[], null]`. As a method: the last element, or null.
    mutating fn [none] pop(xs: ARRAY) -> "array" = pop, pop_method | fast::pop_method as Pop;
    /// With `v` at position `i`.
    ///
    /// A negative position counts from the end, `len` appends; outside throws `index`.
    mutating fn [none] insert(xs: ARRAY, i: WHOLE, v: ANY) -> "array" = insert, insert_method;
    /// An array without the first equal element; a dict without a key, and its value.
    ///
    /// Of an array the array, of a dict `[rest, removed]`. As a method: of an array whether
    /// there was such an element, of a dict the removed value or null.
    mutating fn [operators] remove(x: ARRAY_OR_DICT, item: ANY) = remove, remove_method | fast::remove_method;
    /// The array without the element at a position, and that element.
    ///
    /// A negative position counts from the end; outside throws `index`. As a method: the
    /// removed element.
    mutating fn [none] remove_at(xs: ARRAY, i: WHOLE) -> "array" = remove_at, remove_at_method;
    /// The empty value of the same type.
    mutating fn [none] clear(x: CONTAINER) -> "as x" = clear, clear_method;
    /// With the elements of `more` at the end.
    mutating fn [pulls] extend(xs: ARRAY, more: SEQUENCE) -> "array" = extend, extend_method;
    /// The elements of all the arrays; all the bytes.
    ///
    /// All are of one type. Of arrays the same as `xs + ys`.
    pure fn [none] concat(x: ARRAY_OR_BYTES, more: rest(ARRAY_OR_BYTES)) -> "as x" = concat;
    /// The elements from `start` up to, without, `end`.
    ///
    /// The same as `x[start:end]`: negative positions count from the end, the range is cut to
    /// the value.
    pure fn [none] slice(x: SLICED, start: WHOLE, end: opt(WHOLE)) -> "as x" = slice => fast::slice;
    /// With the elements at two positions exchanged.
    ///
    /// Negative positions count from the end; outside throws `index`.
    mutating fn [none] swap(xs: ARRAY, i: WHOLE, j: WHOLE) -> "array" = swap, swap_method;
    /// An array of `n` times `v`.
    ///
    /// n < 0 throws `value`.
    plain fn [none] filled(n: WHOLE, v: ANY) -> "array" = filled;
    /// In the opposite order.
    mutating fn [none] reverse(xs: ARRAY_OR_TEXT) -> "as xs" = reverse, reverse_method;
}

fn array(cx: &mut dyn Context, args: Args) -> Fallible {
    let array = cx.heap().new_array(args.len());
    for i in 0..args.len() {
        push(cx, "array", array, stored(args, i))?;
    }
    Ok(array)
}

fn range(cx: &mut dyn Context, args: Args) -> Fallible {
    let or = |v: Value, other: Value| if v.is_absent() { other } else { v };
    let (start, stop) = if args.len() == 1 {
        (Value::ZERO, args.get(0))
    } else {
        (args.get(0), args.get(1))
    };
    let step = or(args.get(2), Value::int(1));
    if step == Value::ZERO {
        return Err(value_error(cx, "range", "step", "other than 0", step));
    }
    if !(Value::both_int(start, stop) && step.is_int()) {
        return big_range(cx, start, stop, step);
    }
    let (start, stop, step) = (start.as_int(), stop.as_int(), step.as_int());
    let count = if step > 0 {
        (stop - start + step - 1) / step
    } else {
        (start - stop - step - 1) / -step
    };
    let count = count.max(0) as usize;
    check_elements("range", count)?;
    check_room(cx, 8 * count)?;
    let array = cx.heap().new_array(count);
    let mut pace = Pace::new();
    for i in 0..count as i64 {
        pace.step(cx)?;
        // Every element lies between start and stop.
        push(cx, "range", array, Value::int(start + i * step))?;
    }
    Ok(array)
}

fn big_range(cx: &mut dyn Context, start: Value, stop: Value, step: Value) -> Fallible {
    let up = compare::compare(cx, CompareOp::Gt, step, Value::ZERO)?;
    let mut count = arith::binary(cx, BinaryOp::Sub, stop, start)?;
    count = arith::binary(cx, BinaryOp::Add, count, step)?;
    count = arith::binary(
        cx,
        BinaryOp::Sub,
        count,
        Value::int(if up { 1 } else { -1 }),
    )?;
    count = arith::binary(cx, BinaryOp::Div, count, step)?;
    if !compare::compare(cx, CompareOp::Gt, count, Value::ZERO)? {
        return Ok(cx.heap().new_array(0));
    }
    if !count.is_int() || count.as_int() > MAX_ELEMENTS as i64 {
        return Err(too_many("range", to_big(count)));
    }
    let count = count.as_int() as usize;
    check_room(cx, 64 * count)?;
    let array = cx.heap().new_array(count);
    let mut next = start;
    let mut pace = Pace::new();
    for i in 0..count {
        pace.bytes(cx, 64)?;
        if i > 0 {
            next = arith::binary(cx, BinaryOp::Add, next, step)?;
        }
        push(cx, "range", array, next)?;
    }
    Ok(array)
}

fn push_to(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = own_array(cx, "push", args, 1)?;
    let v = keep(cx, args, 1)?;
    push(cx, "push", xs, v)?;
    Ok(xs)
}

fn push_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let v = keep(cx, args, 1)?;
    push(cx, "push", args.get(0), v)?;
    Ok(args.get(0))
}

fn pop(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = own_array(cx, "pop", args, 0)?;
    let last = take_last(cx.heap(), xs);
    Ok(pair(cx, xs, last))
}

fn pop_method(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(take_last(cx.heap(), args.get(0)))
}

/// Takes the last element out; null if there is none.
pub(super) fn take_last(heap: &mut Heap, xs: Value) -> Value {
    match xs.elements().split_last() {
        Some((&last, rest)) => {
            heap.array_truncate(xs, rest.len());
            last
        }
        None => Value::NULL,
    }
}

/// Takes the element at `at` out.
fn take_at(cx: &mut dyn Context, xs: Value, at: usize) -> Value {
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    let taken = elements[at];
    elements.copy_within(at + 1.., at);
    let len = elements.len() - 1;
    cx.heap().array_truncate(xs, len);
    taken
}

/// The position in argument 1 of argument 0, which has `places` of them.
fn place(cx: &mut dyn Context, name: &str, args: Args, places: usize) -> Fallible<usize> {
    place_in(cx, name, args, 1, places)
}

/// The position in argument `index` of argument 0, which has `places` of them.
fn place_in(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    index: usize,
    places: usize,
) -> Fallible<usize> {
    let position = args.get(index);
    let (i, len) = (clamped(position), args.get(0).elements().len() as i64);
    let at = if i < 0 { i.saturating_add(len) } else { i };
    if (0..places as i64).contains(&at) {
        return Ok(at as usize);
    }
    let got = repr::repr_short(cx, position);
    let message = if places == 0 {
        format!("{name}() expects an array with elements; got []")
    } else {
        let last = places - 1;
        format!(
            "{name}() expects an index from {} to {last}; got {got}",
            -len
        )
    };
    Err(Fault::new(ErrorKind::Index, message))
}

fn insert(cx: &mut dyn Context, args: Args) -> Fallible {
    let at = place(cx, "insert", args, args.get(0).elements().len() + 1)?;
    let xs = own_array(cx, "insert", args, 1)?;
    put_at(cx, args, xs, at)
}

fn insert_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = args.get(0);
    let at = place(cx, "insert", args, xs.elements().len() + 1)?;
    put_at(cx, args, xs, at)
}

/// Puts argument 2 at position `at` of `xs`.
fn put_at(cx: &mut dyn Context, args: Args, xs: Value, at: usize) -> Fallible {
    let v = keep(cx, args, 2)?;
    push(cx, "insert", xs, v)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements[at..].rotate_right(1);
    Ok(xs)
}

fn remove(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).is_kind(Kind::Dict) {
        return dicts::remove(cx, args);
    }
    let Some(at) = strings::position(cx, args.get(0), args.get(1))? else {
        return Ok(stored(args, 0));
    };
    let xs = own_array(cx, "remove", args, 0)?;
    take_at(cx, xs, at);
    Ok(xs)
}

fn remove_method(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).is_kind(Kind::Dict) {
        return dicts::remove_method(cx, args);
    }
    let found = strings::position(cx, args.get(0), args.get(1))?;
    if let Some(at) = found {
        let xs = changeable(cx, args)?;
        take_at(cx, xs, at);
    }
    Ok(Value::bool(found.is_some()))
}

/// The receiver of a mutating method after functions of the program have run: if
/// they have got hold of it, it is replaced by a copy.
pub(super) fn changeable(cx: &mut dyn Context, args: Args) -> Fallible {
    use crate::heap::object::COPY_BEFORE_WRITE;
    let xs = args.get(0);
    if xs.header().flags & COPY_BEFORE_WRITE == 0 {
        return Ok(xs);
    }
    let copy = copy::copied(cx, xs)?;
    args.set(0, copy);
    Ok(copy)
}

fn remove_at(cx: &mut dyn Context, args: Args) -> Fallible {
    let at = place(cx, "remove_at", args, args.get(0).elements().len())?;
    let xs = own_array(cx, "remove_at", args, 0)?;
    let taken = take_at(cx, xs, at);
    Ok(pair(cx, xs, taken))
}

fn remove_at_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = args.get(0);
    let at = place(cx, "remove_at", args, xs.elements().len())?;
    Ok(take_at(cx, xs, at))
}

fn clear(cx: &mut dyn Context, args: Args) -> Fallible {
    if is_mine(args, 0) {
        return clear_method(cx, args);
    }
    Ok(match args.get(0).kind() {
        Some(Kind::Array) => cx.heap().new_array(0),
        Some(Kind::Set) => cx.heap().new_set(0),
        Some(Kind::Heap) => {
            let (none, by) = (cx.heap().new_array(0), args.get(0).priority().by);
            cx.heap().new_priority(none, by)
        }
        Some(kind @ (Kind::Queue | Kind::Stack)) => {
            let items = cx.heap().new_array(0);
            cx.heap().new_queue(kind, items)
        }
        _ => cx.heap().new_dict(0),
    })
}

fn clear_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    match x.kind() {
        Some(Kind::Array) => cx.heap().array_truncate(x, 0),
        Some(Kind::Set) => cx.heap().set_clear(x),
        Some(Kind::Queue | Kind::Stack) => cx.heap().queue_clear(x),
        Some(Kind::Heap) => {
            let priority = x.priority();
            put!(priority.header.aux = 0);
            let runs = cx.heap().new_array(0);
            put!(priority.runs = runs);
            cx.heap().write_barrier(x.as_pointer(), runs);
        }
        _ => cx.heap().dict_clear(x),
    }
    Ok(x)
}

fn extend(cx: &mut dyn Context, args: Args) -> Fallible {
    let more = elements_of(cx, args, 1)?;
    let xs = own_array(cx, "extend", args, more.elements().len())?;
    append_all(cx, "extend", xs, more)?;
    Ok(xs)
}

fn extend_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let more = {
        let _borrow = Borrow::of(args.get(0));
        elements_of(cx, args, 1)?
    };
    let xs = changeable(cx, args)?;
    append_all(cx, "extend", xs, more)?;
    Ok(xs)
}

/// Appends the elements of `more`, which may be `xs` itself, as a whole or not
/// at all.
fn append_all(cx: &mut dyn Context, name: &str, xs: Value, more: Value) -> Fallible<()> {
    let (len, count) = (xs.elements().len(), more.elements().len());
    check_elements(name, len + count)?;
    if count > 0 {
        let room = cx.heap().array_reserve(xs, count);
        room.map_err(|why| no_room(name, why))?;
    }
    // Of an array that is appended to itself, what it had.
    let appended = sequence::append_shared(cx, xs, &more.elements()[..count]);
    if appended.is_err() {
        cx.heap().array_truncate(xs, len);
    }
    appended
}

fn concat(cx: &mut dyn Context, args: Args) -> Fallible {
    let kind = args.get(0).kind();
    if let Some(&other) = args.slice().iter().find(|x| x.kind() != kind) {
        let expected = match kind {
            Some(Kind::Bytes) => "bytes",
            _ => "an array",
        };
        return Err(type_error("concat", "more", expected, other));
    }
    if kind == Some(Kind::Bytes) {
        return bytes::concat(cx, args);
    }
    let more: usize = (1..args.len()).map(|i| args.get(i).elements().len()).sum();
    let xs = own_array(cx, "concat", args, more)?;
    for i in 1..args.len() {
        append_all(cx, "concat", xs, args.get(i))?;
    }
    Ok(xs)
}

fn slice(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    if x.is_string() {
        let (from, to) = bounds(args.get(1), args.get(2), x.string().char_len());
        return Ok(strings::char_range(cx, x, from, to));
    }
    if x.is_bytes() {
        let (from, to) = bounds(args.get(1), args.get(2), x.bytes().len());
        return pace::new_bytes(cx, &x.bytes()[from..to]);
    }
    let (from, to) = bounds(args.get(1), args.get(2), x.elements().len());
    let elements = &x.elements()[from..to];
    if !is_mine(args, 0) {
        return sequence::copied(cx, elements, 0);
    }
    Ok(cx.heap().new_array_from(elements))
}

/// The positions in arguments 1 and 2.
fn two_places(cx: &mut dyn Context, args: Args) -> Fallible<(usize, usize)> {
    let places = args.get(0).elements().len();
    let i = place_in(cx, "swap", args, 1, places)?;
    let j = place_in(cx, "swap", args, 2, places)?;
    Ok((i, j))
}

fn swap(cx: &mut dyn Context, args: Args) -> Fallible {
    let (i, j) = two_places(cx, args)?;
    let xs = own_array(cx, "swap", args, 0)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.swap(i, j);
    Ok(xs)
}

fn swap_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let (i, j) = two_places(cx, args)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { args.get(0).elements_mut() };
    elements.swap(i, j);
    Ok(args.get(0))
}

fn filled(cx: &mut dyn Context, args: Args) -> Fallible {
    let count = not_negative(cx, "filled", "n", args.get(0))?;
    if count > MAX_ELEMENTS {
        return Err(too_many("filled", to_big(args.get(0))));
    }
    check_room(cx, 8 * count)?;
    let v = stored(args, 1);
    v.share();
    let array = cx.heap().new_array(count);
    let mut pace = Pace::new();
    for _ in 0..count {
        pace.step(cx)?;
        push(cx, "filled", array, v)?;
    }
    Ok(array)
}

fn reverse(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).is_string() {
        return strings::reversed(cx, args.get(0));
    }
    let xs = own_array(cx, "reverse", args, 0)?;
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.reverse();
    Ok(xs)
}

fn reverse_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = args.get(0);
    if xs.is_string() {
        let reversed = strings::reversed(cx, xs)?;
        args.set(0, reversed);
        return Ok(reversed);
    }
    // SAFETY: no other slice of the elements is in use.
    let elements = unsafe { xs.elements_mut() };
    elements.reverse();
    Ok(xs)
}
