//! Sequences: walking through the elements of any value that has some.

use super::bigint::{self, Number};
use super::limits::{Count, check_room, system_out_of_memory};
use super::operators::method_of;
use super::pace::{self, Pace};
use super::{Context, ErrorKind, Fallible, Fault, type_name};
use crate::heap::MAX_ELEMENTS;
use crate::heap::NoRoom;
use crate::heap::object::{ITERATOR_AS_ARRAY, IteratorObj, IteratorOp, Kind, put};
use crate::heap::types::LibraryType;
use crate::heap::types::Special;
use crate::value::Value;
use dashu_int::IBig;
use std::ops::ControlFlow;

/// Whether a value is a sequence.
#[inline]
pub fn is_sequence(v: Value) -> bool {
    matches!(
        v.kind(),
        Some(
            Kind::Array
                | Kind::Dict
                | Kind::Set
                | Kind::String
                | Kind::Bytes
                | Kind::Generator
                | Kind::Iterator
        )
    )
}

/// Whether a value gives its elements one by one, once, as they are asked for.
#[inline]
pub fn is_lazy(v: Value) -> bool {
    matches!(v.kind(), Some(Kind::Generator | Kind::Iterator)) && !v.counts_as_array()
}

/// Whether [`known_count`] knows: not of what gives its elements one by one, nor of
/// instances.
pub fn is_counted(v: Value) -> bool {
    match v.kind() {
        Some(Kind::Generator) => false,
        Some(Kind::Iterator) => v.iterator().op() == IteratorOp::Range,
        _ => true,
    }
}

/// How many elements a sequence has, as far as that is known without asking for them:
/// 0 for generators and iterators other than ranges.
pub fn known_count(cx: &mut dyn Context, v: Value) -> usize {
    match v.kind() {
        Some(Kind::Array) => v.elements().len(),
        Some(Kind::String) => v.string().char_len(),
        Some(Kind::Bytes) => v.bytes().len(),
        Some(Kind::Dict) => cx.heap().dict_len(v),
        Some(Kind::Set) => v.set().len(),
        Some(Kind::Iterator) if v.iterator().op() == IteratorOp::Range => {
            range_count(&v.iterator())
        }
        _ => 0,
    }
}

/// How many elements a sequence has, of which [`known_count`] says that there are too
/// many.
#[cold]
pub fn exact_count(cx: &mut dyn Context, v: Value) -> IBig {
    match v.kind() {
        Some(Kind::Iterator) => big_range_count(&v.iterator()),
        _ => known_count(cx, v).into(),
    }
}

/// How many ints are left in a range; `usize::MAX` for more than that.
fn range_count(range: &IteratorObj) -> usize {
    let (at, end, step) = (range.state, range.operand, range.extra);
    if range.is_done() {
        return 0;
    }
    if Value::both_int(at, end) && step.is_int() {
        let (at, end, step) = (at.as_int(), end.as_int(), step.as_int());
        let (way, step) = if step > 0 {
            (end - at, step)
        } else {
            (at - end, -step)
        };
        return ((way + step - 1) / step).max(0) as usize;
    }
    usize::try_from(&big_range_count(range)).unwrap_or(usize::MAX)
}

/// [`range_count`] of a range that has not ended, in full.
fn big_range_count(range: &IteratorObj) -> IBig {
    let big = |v: Value| match v.is_int() {
        true => IBig::from(v.as_int()),
        false => v.big_int().clone(),
    };
    let (at, end, step) = (big(range.state), big(range.operand), big(range.extra));
    let one = if step > IBig::ZERO { 1 } else { -1 };
    let count: IBig = (end - at + &step - one) / step;
    count.max(IBig::ZERO)
}

/// The sequence that an instance of a type with `iter` is walked through by, as a `for`
/// walks it; `None` for all other values.
pub fn own_sequence(cx: &mut dyn Context, v: Value) -> Fallible<Option<Value>> {
    let mut at = v;
    for _ in 0..MAX_ITERS {
        if at.library_type() == Some(LibraryType::Channel) {
            return Ok(Some(cx.heap().new_iterator(
                IteratorOp::Walk,
                at,
                Value::NULL,
            )));
        }
        let Some(method) = method_of(at, Special::Iter) else {
            return Ok((at != v).then_some(at));
        };
        let given = cx.call_method(method, at, &[])?;
        at = match given.kind() {
            _ if given.is_int() || given.is_big_int() => counted(cx, given),
            // A `for` walks through its keys.
            Some(Kind::Dict) => keys(cx, given),
            _ if is_sequence(given) || method_of(given, Special::Iter).is_some() => given,
            _ => {
                let ty = cx.heap().str(at.instance_type().name);
                let got = type_name(given);
                let message = format!("iter of {ty} gives a sequence; got {got}");
                return Err(Fault::new(ErrorKind::Type, message));
            }
        };
    }
    let ty = cx.heap().str(v.instance_type().name);
    let message = format!("iter of {ty} gives only more of its kind");
    Err(Fault::new(ErrorKind::Type, message))
}

/// Methods `iter` that may give each other's instances.
const MAX_ITERS: usize = 100;

/// The ints below a number.
fn counted(cx: &mut dyn Context, end: Value) -> Value {
    let range = cx.heap().new_iterator(IteratorOp::Range, Value::NULL, end);
    let it = range.iterator();
    put!(it.state = Value::ZERO);
    put!(it.extra = Value::int(1));
    range
}

fn keys(cx: &mut dyn Context, dict: Value) -> Value {
    let count = cx.heap().dict_len(dict);
    let keys = cx.heap().new_array(count);
    let mut cursor = 0;
    while let Some((key, _, next)) = cx.heap().dict_next(dict, cursor) {
        // There is room for all of them.
        let _ = cx.heap().array_push(keys, key);
        cursor = next;
    }
    keys
}

/// [`own_sequence`] for a built-in, which takes what it gives for an array.
pub fn own_array(cx: &mut dyn Context, v: Value) -> Fallible<Option<Value>> {
    let Some(sequence) = own_sequence(cx, v)? else {
        return Ok(None);
    };
    if !is_lazy(sequence) {
        return Ok(Some(sequence));
    }
    let walk = cx
        .heap()
        .new_iterator(IteratorOp::Walk, sequence, Value::NULL);
    let header = walk.header();
    put!(header.aux |= ITERATOR_AS_ARRAY);
    Ok(Some(walk))
}

/// Whether an element of a range equals a value.
pub fn range_contains(range: Value, v: Value) -> bool {
    let range = range.iterator();
    let (at, end, step) = (range.state, range.operand, range.extra);
    if range.is_done() {
        return false;
    }
    if Value::both_int(at, end) && Value::both_int(step, v) {
        let (at, end, step, v) = (at.as_int(), end.as_int(), step.as_int(), v.as_int());
        let inside = if step > 0 {
            at <= v && v < end
        } else {
            end < v && v <= at
        };
        return inside && (v - at) % step == 0;
    }
    let big = |v: Value| match bigint::number(v)? {
        Number::Int(int) => Some(IBig::from(int)),
        Number::Big(int) => Some(int.clone()),
        Number::Float(float) if float.fract() == 0.0 => IBig::try_from(float).ok(),
        Number::Float(_) => None,
    };
    let (Some(at), Some(end), Some(step), Some(v)) = (big(at), big(end), big(step), big(v)) else {
        return false;
    };
    let inside = if step > IBig::ZERO {
        at <= v && v < end
    } else {
        end < v && v <= at
    };
    inside && ((v - at) % step).is_zero()
}

/// The element of a sequence at `at`, which moves on. Where a walk starts, `at`
/// is 0; else it means something to this function alone. Generators and iterators
/// know their own position. Unless the sequence [gives them away](Value::gives_owned),
/// elements still belong to it: code that keeps one shares it ([`Value::share`]).
pub fn next_of(cx: &mut dyn Context, v: Value, at: &mut usize) -> Fallible<Option<Value>> {
    match v.kind() {
        Some(Kind::Array) => {
            let element = v.elements().get(*at).copied();
            *at += 1;
            Ok(element)
        }
        Some(Kind::Bytes) => {
            let byte = v.bytes().get(*at);
            *at += 1;
            Ok(byte.map(|&byte| Value::int(byte as i64)))
        }
        Some(Kind::String) => {
            let text = pace::text_of(cx, v)?;
            let Some(c) = text[*at..].chars().next() else {
                return Ok(None);
            };
            let from = std::mem::replace(at, *at + c.len_utf8());
            Ok(Some(if c.is_ascii() {
                cx.heap().ascii_char(c as u8)
            } else {
                cx.heap().substring(v, from, *at, 1)
            }))
        }
        Some(Kind::Dict) => {
            let Some((key, value, next)) = cx.heap().dict_next(v, *at) else {
                return Ok(None);
            };
            *at = next;
            value.share();
            Ok(Some(cx.heap().new_array_from(&[key, value])))
        }
        Some(Kind::Set) => {
            let found = v.set().next(*at);
            Ok(found.map(|(element, _, next)| {
                *at = next;
                element
            }))
        }
        Some(Kind::Generator | Kind::Iterator) => cx.next_element(v),
        Some(Kind::Object) if v.library_type() == Some(LibraryType::Channel) => cx.next_element(v),
        _ => Err(not_a_sequence(v)),
    }
}

/// The function called with every element.
pub type Each<'a> = &'a mut dyn FnMut(&mut dyn Context, Value) -> Fallible<ControlFlow<()>>;

/// Calls `each` with every element of a sequence, in order, until it breaks;
/// the owners of the elements are as [`next_of`] says.
pub fn for_each_element(cx: &mut dyn Context, v: Value, each: Each<'_>) -> Fallible<()> {
    let mut at = 0;
    let mut pace = Pace::new();
    // The code that `each` calls may change the sequence: each step looks
    // again.
    while let Some(element) = next_of(cx, v, &mut at)? {
        pace.step(cx)?;
        if each(cx, element)?.is_break() {
            break;
        }
    }
    Ok(())
}

/// A new array of the elements of a sequence.
pub fn sequence_to_array(cx: &mut dyn Context, v: Value) -> Fallible {
    if v.is_kind(Kind::Array) {
        return copied(cx, v.elements(), 0);
    }
    let count = known_count(cx, v);
    if count > MAX_ELEMENTS {
        return Err(too_many(exact_count(cx, v)));
    }
    check_room(cx, 8 * count)?;
    let array = cx.heap().new_array(count);
    let owned = v.gives_owned();
    let mut at = 0;
    let mut pace = Pace::new();
    while let Some(element) = next_of(cx, v, &mut at)? {
        pace.step(cx)?;
        if !owned {
            element.share();
        }
        match cx.heap().array_push(array, element) {
            Ok(()) => {}
            Err(NoRoom::TooLong) => return Err(too_many((MAX_ELEMENTS + 1).into())),
            Err(NoRoom::OutOfMemory) => return Err(system_out_of_memory()),
            Err(NoRoom::Stopped) => return Err(Box::new(Fault::Interrupted)),
        }
    }
    Ok(array)
}

/// Elements that are copied without a look.
pub const RUN: usize = 1 << 16;

/// A new array of elements that stay where they are too, with room for `extra` more.
pub fn copied(cx: &mut dyn Context, elements: &[Value], extra: usize) -> Fallible {
    check_room(cx, 8 * (elements.len() + extra))?;
    let array = cx.heap().new_array(elements.len() + extra);
    append_shared(cx, array, elements)?;
    Ok(array)
}

/// A new array of elements that are in no other container from then on; there is memory
/// for it.
#[inline]
pub fn moved(cx: &mut dyn Context, elements: &[Value]) -> Fallible {
    if elements.len() <= RUN {
        return Ok(cx.heap().new_array_from(elements));
    }
    let array = cx.heap().new_array(elements.len());
    for run in elements.chunks(RUN) {
        cx.heap().append_in_room_all(array, run);
        cx.poll()?;
    }
    Ok(array)
}

/// Appends elements that stay where they are too to an array with the room.
pub fn append_shared(cx: &mut dyn Context, array: Value, elements: &[Value]) -> Fallible<()> {
    for run in elements.chunks(RUN) {
        run.iter().for_each(|v| v.share());
        cx.heap().append_in_room_all(array, run);
        if run.len() == RUN {
            cx.poll()?;
        }
    }
    Ok(())
}

#[cold]
fn too_many(count: IBig) -> Box<Fault> {
    let count = count.shown();
    Fault::new(
        ErrorKind::Overflow,
        format!("array expects at most {MAX_ELEMENTS} elements; got {count}"),
    )
}

#[cold]
fn not_a_sequence(v: Value) -> Box<Fault> {
    Fault::new(ErrorKind::Type, format!("Not a sequence: {}", type_name(v)))
}
