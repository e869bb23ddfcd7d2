//! What many built-ins need: who owns an argument, new texts and arrays within
//! the limits, numbers out of values.
//!
//! # Owners
//! A container that is stored or returned while its caller keeps it gets a second
//! owner and is marked shared ([`keep`], [`Value::share`]). A container that the
//! caller gave away may be changed in place ([`is_mine`]); its elements may be
//! moved out of it.

use crate::heap::array::TooLong;
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::heap::{MAX_ELEMENTS, MAX_STRING};
use crate::runtime::arith::{out_of_memory, system_out_of_memory};
use crate::runtime::messages::{overflow_error, value_error};
use crate::runtime::pace::{self, Pace};
use crate::runtime::{Args, Borrow, Context, Fallible, Fault, bigint, sequence};
use crate::value::Value;
use dashu_int::IBig;

/// Whether argument `index`, a container, has no owner but this call.
#[inline]
pub fn is_mine(args: Args, index: usize) -> bool {
    args.is_owned(index) && args.get(index).header().flags & COPY_BEFORE_WRITE == 0
}

/// Argument `index`, to be stored in something new or returned.
#[inline]
pub fn stored(args: Args, index: usize) -> Value {
    let v = args.get(index);
    if args.is_owned(index) {
        v.share_if_borrowed();
    } else {
        v.share();
    }
    v
}

/// Argument `index`, to be stored in argument 0.
#[inline]
pub fn keep(cx: &mut dyn Context, args: Args, index: usize) -> Value {
    let v = args.get(index);
    if v.is_value_object() && v == args.get(0) {
        return copied(cx, v);
    }
    stored(args, index)
}

/// A copy of a container that is to be put into itself.
#[cold]
fn copied(cx: &mut dyn Context, v: Value) -> Value {
    match v.kind() {
        Some(Kind::Array) => cx.heap().copy_array(v, 0),
        Some(Kind::Dict) => cx.heap().copy_dict(v),
        Some(Kind::Set) => cx.heap().copy_set(v),
        Some(Kind::Queue | Kind::Stack) => cx.heap().copy_queue(v),
        _ => {
            v.share();
            v
        }
    }
}

/// Argument 0, an array: itself if it may be changed, else a copy with room for
/// `extra` more elements.
#[inline]
pub fn own_array(cx: &mut dyn Context, name: &str, args: Args, extra: usize) -> Fallible {
    let xs = args.get(0);
    if is_mine(args, 0) {
        return Ok(xs);
    }
    check_elements(name, xs.elements().len() + extra)?;
    Ok(cx.heap().copy_array(xs, extra))
}

/// Argument 0, a dict: itself if it may be changed, else a copy.
#[inline]
pub fn own_dict(cx: &mut dyn Context, args: Args) -> Value {
    let d = args.get(0);
    if is_mine(args, 0) {
        d
    } else {
        cx.heap().copy_dict(d)
    }
}

/// The elements of argument `index`, a sequence, as an array: an array itself, or
/// a new one, which takes the argument's place, where the collector sees it.
#[inline]
pub fn elements_of(cx: &mut dyn Context, args: Args, index: usize) -> Fallible {
    let v = args.get(index);
    if v.is_kind(Kind::Array) {
        return Ok(v);
    }
    let array = sequence::sequence_to_array(cx, v)?;
    args.set(index, array);
    Ok(array)
}

/// A walk through the elements of an argument, a sequence. A container is borrowed
/// meanwhile.
pub struct Elements {
    sequence: Value,
    at: usize,
    owned: bool,
    pace: Pace,
    _borrow: Borrow,
}

impl Elements {
    pub fn of(args: Args, index: usize) -> Elements {
        let sequence = args.get(index);
        Elements {
            sequence,
            at: 0,
            owned: sequence.gives_owned() || sequence.is_kind(Kind::Array) && is_mine(args, index),
            pace: Pace::new(),
            _borrow: Borrow::of(sequence),
        }
    }

    #[inline]
    pub fn next(&mut self, cx: &mut dyn Context) -> Fallible<Option<Value>> {
        self.pace.step(cx)?;
        if self.sequence.is_kind(Kind::Array) {
            let element = self.sequence.elements().get(self.at).copied();
            self.at += 1;
            return Ok(element);
        }
        sequence::next_of(cx, self.sequence, &mut self.at)
    }

    /// An element that is stored or returned, once.
    #[inline]
    pub fn kept(&self, x: Value) -> Value {
        if !self.owned {
            x.share();
        }
        x
    }
}

/// Appends to an array of this call's making.
#[inline]
pub fn push(cx: &mut dyn Context, name: &str, array: Value, v: Value) -> Fallible<()> {
    match cx.heap().array_push(array, v) {
        Ok(()) => Ok(()),
        Err(TooLong) => Err(too_many(name, MAX_ELEMENTS + 1)),
    }
}

/// `[a, b]`
pub fn pair(cx: &mut dyn Context, a: Value, b: Value) -> Value {
    cx.heap().new_array_from(&[a, b])
}

/// Refuses an array or dict of `len` elements if that is too many.
#[inline]
pub fn check_elements(name: &str, len: usize) -> Fallible<()> {
    if len > MAX_ELEMENTS {
        return Err(too_many(name, len));
    }
    Ok(())
}

#[cold]
pub fn too_many(name: &str, len: impl std::fmt::Display) -> Box<Fault> {
    overflow_error(name, MAX_ELEMENTS, "elements", len)
}

/// Refuses a text of `len` bytes if that is too long.
#[inline]
pub fn check_bytes(cx: &mut dyn Context, name: &str, len: usize) -> Fallible<()> {
    if len > MAX_STRING {
        return Err(too_long(name, len));
    }
    if !cx.heap().may_hold(len) {
        return Err(out_of_memory());
    }
    Ok(())
}

#[cold]
pub fn too_long(name: &str, len: impl std::fmt::Display) -> Box<Fault> {
    overflow_error(name, MAX_STRING, "bytes", len)
}

/// The text of argument `index`.
#[inline]
pub fn str_arg(cx: &mut dyn Context, args: Args, index: usize) -> &'static str {
    cx.heap().str(args.get(index))
}

/// Texts up to this length are made and worked on without a question.
pub const SHORT: usize = 1 << 12;

/// A new string, if it is not too long.
#[inline]
pub fn new_text(cx: &mut dyn Context, name: &str, text: &str) -> Fallible {
    if text.len() <= SHORT {
        return Ok(cx.heap().new_string(text));
    }
    check_bytes(cx, name, text.len())?;
    if cx.heap().check_room_for_copy(text.len()).is_err() {
        return Err(out_of_memory());
    }
    pace::new_string(cx, text)
}

/// An empty text with room for so many bytes.
pub fn text_with_room(bytes: usize) -> Fallible<String> {
    let mut text = String::new();
    match text.try_reserve_exact(bytes) {
        Ok(()) => Ok(text),
        Err(_) => Err(system_out_of_memory()),
    }
}

/// Makes room for so many bytes more.
#[inline]
pub fn make_room(text: &mut String, bytes: usize) -> Fallible<()> {
    (text.try_reserve(bytes)).map_err(|_| system_out_of_memory())
}

/// An int argument, cut to the range of `i64`: for counts and positions, where
/// everything beyond means the same.
#[inline]
pub fn clamped(v: Value) -> i64 {
    if v.is_int() {
        return v.as_int();
    }
    let big = v.big_int();
    match i64::try_from(big) {
        Ok(i) => i,
        Err(_) if *big < IBig::ZERO => i64::MIN,
        Err(_) => i64::MAX,
    }
}

/// Any int value as a bigint.
pub fn to_big(v: Value) -> IBig {
    if v.is_int() {
        IBig::from(v.as_int())
    } else {
        v.big_int().clone()
    }
}

pub fn is_int(v: Value) -> bool {
    v.is_int() || v.is_big_int()
}

/// Int or float.
pub fn is_number(v: Value) -> bool {
    v.is_number() || v.is_big_int()
}

/// A number as the nearest float; beyond the range an infinity.
#[inline]
pub fn to_float(v: Value) -> f64 {
    if v.is_float() {
        v.as_float()
    } else if v.is_int() {
        v.as_int() as f64
    } else {
        bigint::big_to_f64(v.big_int())
    }
}

/// The positions `start .. end` of a value of `len` elements: negative ones count
/// from the end, all are clamped (STDLIB 1.4). `end` may be absent.
pub fn bounds(start: Value, end: Value, len: usize) -> (usize, usize) {
    let place = |v: Value| {
        let i = clamped(v);
        let i = if i < 0 {
            i.saturating_add(len as i64)
        } else {
            i
        };
        i.clamp(0, len as i64) as usize
    };
    let from = place(start);
    let to = if end.is_absent() { len } else { place(end) };
    (from, to.max(from))
}

/// A count that must not be negative.
pub fn not_negative(cx: &mut dyn Context, name: &str, param: &str, v: Value) -> Fallible<usize> {
    match clamped(v) {
        n if n < 0 => Err(value_error(cx, name, param, "at least 0", v)),
        n => Ok(n as usize),
    }
}
