//! Arithmetic of inline ints and floats.

use super::NOT_HANDLED;
use crate::heap::Heap;
use crate::runtime::{Args, ops};
use crate::value::Value;
use std::cmp::Ordering;

/// An inline int or a float.
#[inline(always)]
pub(super) fn float_in(v: Value) -> Option<f64> {
    if v.is_float() {
        Some(v.as_float())
    } else if v.is_int() {
        Some(v.as_int() as f64)
    } else {
        None
    }
}

/// A float that is a number, since NaN may be the caller's mistake.
#[inline(always)]
fn number(f: f64) -> Value {
    if f.is_nan() {
        NOT_HANDLED
    } else {
        Value::float(f)
    }
}

macro_rules! of_one_float {
    ($($name:ident: $f:expr;)*) => {$(
        pub fn $name(_: &mut Heap, args: Args) -> Value {
            float_in(args.get(0)).map_or(NOT_HANDLED, |x| number($f(x)))
        }
    )*};
}

of_one_float! {
    sqrt: f64::sqrt;
    exp: f64::exp;
    sin: f64::sin;
    cos: f64::cos;
    tan: f64::tan;
    asin: f64::asin;
    acos: f64::acos;
    atan: f64::atan;
}

macro_rules! logarithms {
    ($($name:ident: $f:expr;)*) => {$(
        pub fn $name(_: &mut Heap, args: Args) -> Value {
            match float_in(args.get(0)) {
                Some(x) if x > 0.0 && args.len() == 1 => number($f(x)),
                _ => NOT_HANDLED,
            }
        }
    )*};
}

logarithms! {
    log: f64::ln;
    log2: f64::log2;
    log10: f64::log10;
}

macro_rules! of_two_floats {
    ($($name:ident: $f:expr;)*) => {$(
        pub fn $name(_: &mut Heap, args: Args) -> Value {
            match (float_in(args.get(0)), float_in(args.get(1))) {
                (Some(x), Some(y)) => number($f(x, y)),
                _ => NOT_HANDLED,
            }
        }
    )*};
}

of_two_floats! {
    hypot: f64::hypot;
    atan2: f64::atan2;
}

/// Floats below this are rounded as machine ints.
const ROUNDED: f64 = (1i64 << 49) as f64;

/// `adjusted` gets a float, and the int that it is without its fraction.
#[inline(always)]
fn rounded(args: Args, adjusted: impl Fn(f64, i64) -> i64) -> Value {
    let x = args.get(0);
    if args.len() == 1 {
        if x.is_int() {
            return x;
        }
        if x.is_float() && x.as_float().abs() < ROUNDED {
            let f = x.as_float();
            return Value::int(adjusted(f, f as i64));
        }
    }
    NOT_HANDLED
}

pub fn floor(_: &mut Heap, args: Args) -> Value {
    rounded(args, |f, i| i - (f < i as f64) as i64)
}

pub fn ceil(_: &mut Heap, args: Args) -> Value {
    rounded(args, |f, i| i + (f > i as f64) as i64)
}

pub fn trunc(_: &mut Heap, args: Args) -> Value {
    rounded(args, |_, i| i)
}

pub fn round(_: &mut Heap, args: Args) -> Value {
    // The difference is exact.
    rounded(args, |f, i| {
        let fraction = f - i as f64;
        i + (fraction >= 0.5) as i64 - (fraction <= -0.5) as i64
    })
}

pub fn abs(_: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    if x.is_float() {
        return Value::float(x.as_float().abs());
    }
    if x.is_int() {
        return Value::try_int(x.as_int().abs()).unwrap_or(NOT_HANDLED);
    }
    NOT_HANDLED
}

pub fn sign(_: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    if x.is_int() {
        Value::int(x.as_int().signum())
    } else {
        NOT_HANDLED
    }
}

/// The order of two inline ints or floats.
#[inline(always)]
fn order(a: Value, b: Value) -> Option<Ordering> {
    if Value::both_int(a, b) {
        return Some((a.bits() as i64).cmp(&(b.bits() as i64)));
    }
    // An inline int is exact as a float.
    float_in(a)?.partial_cmp(&float_in(b)?)
}

#[inline(always)]
fn extreme(args: Args, wanted: Ordering) -> Value {
    let mut best = args.get(0);
    if args.len() < 2 {
        return NOT_HANDLED;
    }
    for &x in &args.slice()[1..] {
        match order(x, best) {
            Some(order) if order == wanted => best = x,
            Some(_) => {}
            None => return NOT_HANDLED,
        }
    }
    best
}

pub fn min(_: &mut Heap, args: Args) -> Value {
    extreme(args, Ordering::Less)
}

pub fn max(_: &mut Heap, args: Args) -> Value {
    extreme(args, Ordering::Greater)
}

pub fn clamp(_: &mut Heap, args: Args) -> Value {
    let (x, lo, hi) = (args.get(0), args.get(1), args.get(2));
    match (order(lo, hi), order(x, lo), order(x, hi)) {
        (Some(Ordering::Greater), ..) => NOT_HANDLED,
        (Some(_), Some(Ordering::Less), Some(_)) => lo,
        (Some(_), Some(_), Some(Ordering::Greater)) => hi,
        (Some(_), Some(_), Some(_)) => x,
        _ => NOT_HANDLED,
    }
}

pub fn pow(_: &mut Heap, args: Args) -> Value {
    let (a, b) = (args.get(0), args.get(1));
    if Value::both_int(a, b) {
        let power = u32::try_from(b.as_int())
            .ok()
            .and_then(|n| a.as_int().checked_pow(n));
        return power.and_then(Value::try_int).unwrap_or(NOT_HANDLED);
    }
    match (float_in(a), float_in(b)) {
        // Zero to a negative power throws.
        (Some(x), Some(y)) if x != 0.0 => number(x.powf(y)),
        _ => NOT_HANDLED,
    }
}

pub fn is_nan(_: &mut Heap, args: Args) -> Value {
    float_in(args.get(0)).map_or(NOT_HANDLED, |x| Value::bool(x.is_nan()))
}

pub fn is_finite(_: &mut Heap, args: Args) -> Value {
    float_in(args.get(0)).map_or(NOT_HANDLED, |x| Value::bool(x.is_finite()))
}

pub fn gcd(_: &mut Heap, args: Args) -> Value {
    if !Value::both_int(args.get(0), args.get(1)) {
        return NOT_HANDLED;
    }
    let (mut a, mut b) = (args.get(0).as_int().abs(), args.get(1).as_int().abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    Value::try_int(a).unwrap_or(NOT_HANDLED)
}

macro_rules! of_two_ints {
    ($($name:ident: $f:path;)*) => {$(
        pub fn $name(_: &mut Heap, args: Args) -> Value {
            let (a, b) = (args.get(0), args.get(1));
            if !Value::both_int(a, b) {
                return NOT_HANDLED;
            }
            $f(a, b).unwrap_or(NOT_HANDLED)
        }
    )*};
}

of_two_ints! {
    bit_and: ops::and_ints;
    bit_or: ops::or_ints;
    bit_xor: ops::xor_ints;
    bit_shl: ops::shl_ints;
    bit_shr: ops::shr_ints;
}

pub fn bit_not(_: &mut Heap, args: Args) -> Value {
    let a = args.get(0);
    if a.is_int() {
        Value::int(!a.as_int())
    } else {
        NOT_HANDLED
    }
}
