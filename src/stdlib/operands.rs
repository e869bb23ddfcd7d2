//! Strings, numbers, counts and positions out of arguments.

use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible, bigint};
use crate::value::Value;
use dashu_int::IBig;

/// The text of argument `index`.
#[inline]
pub fn str_arg(cx: &mut dyn Context, args: Args, index: usize) -> &'static str {
    cx.heap().str(args.get(index))
}

/// The bytes of argument `index`, a string or bytes.
pub fn data_arg(cx: &mut dyn Context, args: Args, index: usize) -> &'static [u8] {
    data_of(cx, args.get(index))
}

/// The bytes of a string or bytes.
pub fn data_of(cx: &mut dyn Context, v: Value) -> &'static [u8] {
    if v.is_bytes() {
        v.bytes()
    } else {
        cx.heap().str(v).as_bytes()
    }
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

/// A count that must be at least 1.
pub fn at_least_one(cx: &mut dyn Context, name: &str, param: &str, v: Value) -> Fallible<usize> {
    match clamped(v) {
        n if n < 1 => Err(value_error(cx, name, param, "at least 1", v)),
        n => Ok(n as usize),
    }
}

/// A count that must not be negative.
pub fn not_negative(cx: &mut dyn Context, name: &str, param: &str, v: Value) -> Fallible<usize> {
    match clamped(v) {
        n if n < 0 => Err(value_error(cx, name, param, "at least 0", v)),
        n => Ok(n as usize),
    }
}
