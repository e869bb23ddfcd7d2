//! Ints of any size: the operations behind the operators, with the limit of
//! [`MAX_INT_BITS`], and exact comparison of ints with floats. Plain functions
//! on numbers; values of other kinds, and the heap but for making results, may
//! not enter.
//!
//! The crate's functions take seconds for numbers of millions of digits, and
//! cannot be interrupted. Such numbers are taken apart in the submodules, until the
//! crate's work on a part takes a few milliseconds.

mod digits;
mod divisor;
mod linear;
mod product;
mod quotient;

pub use linear::{Bits, add, bits, copied, neg, not, sub};

use super::limits::{check_room as room_in_heap, system_out_of_memory};
use super::{Context, ErrorKind, Fallible, Fault};
use crate::value::Value;
use dashu_int::ops::{BitTest, Gcd, UnsignedAbs};
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;
use std::fmt::Write;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;

/// Most bits of an int's magnitude.
pub const MAX_INT_BITS: usize = 1 << 30;

/// A number by its form.
#[derive(Clone, Copy, Debug)]
pub enum Number {
    Int(i64),
    Big(&'static IBig),
    Float(f64),
}

/// The number a value is, if it is one.
#[inline]
pub fn number(v: Value) -> Option<Number> {
    if v.is_int() {
        Some(Number::Int(v.as_int()))
    } else if v.is_float() {
        Some(Number::Float(v.as_float()))
    } else if v.is_big_int() {
        Some(Number::Big(v.big_int()))
    } else {
        None
    }
}

impl Number {
    /// The nearest float; an infinity beyond the float range.
    pub fn to_f64(self) -> f64 {
        match self {
            Number::Int(i) => i as f64,
            Number::Big(big) => big_to_f64(big),
            Number::Float(f) => f,
        }
    }
}

/// The nearest float, ties to even; an infinity beyond the float range.
pub fn big_to_f64(big: &IBig) -> f64 {
    big.to_f64().value()
}

/// Bits of the magnitude.
pub fn bit_length(big: &IBig) -> usize {
    let (_, words) = big.as_sign_words();
    match words.last() {
        None => 0,
        Some(top) => words.len() * 64 - top.leading_zeros() as usize,
    }
}

/// The int a finite float's integral part is; `None` for NaN and infinities.
pub fn float_to_big(f: f64) -> Option<IBig> {
    if !f.is_finite() {
        return None;
    }
    let f = f.trunc();
    if f.abs() < 9.0e18 {
        return Some(IBig::from(f as i64));
    }
    let bits = f.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as usize - 1075;
    let mantissa = (bits & ((1 << 52) - 1) | 1 << 52) as i64;
    let mantissa = if f < 0.0 { -mantissa } else { mantissa };
    Some(IBig::from(mantissa) << exponent)
}

/// The int value of the integral part of a finite float.
pub fn float_to_int(cx: &mut dyn Context, f: f64) -> Option<Value> {
    if f.abs() < (1i64 << 50) as f64 {
        return Some(Value::int(f as i64));
    }
    let big = float_to_big(f)?;
    Some(cx.heap().new_int(big))
}

/// An int value from a machine int.
#[inline]
pub fn int_value(cx: &mut dyn Context, i: i64) -> Value {
    match Value::try_int(i) {
        Some(v) => v,
        None => cx.heap().new_int(IBig::from(i)),
    }
}

/// The value of a result, unless it has more than [`MAX_INT_BITS`] bits.
pub fn finish(cx: &mut dyn Context, op: &str, result: IBig) -> Fallible {
    if bit_length(&result) > MAX_INT_BITS {
        return Err(too_large(op, bit_length(&result) as u128));
    }
    let (sign, words) = result.as_sign_words();
    copied(cx, sign, words)
}

/// Results of fewer bits are made without asking whether they fit the heap.
const SMALL_BITS: usize = 1 << 20;

/// Faults if a result of `bits` bits would break the heap's limit.
fn check_room(cx: &mut dyn Context, bits: usize) -> Fallible<()> {
    if bits < SMALL_BITS {
        return Ok(());
    }
    room_in_heap(cx, bits / 8)
}

/// The fault of a result that would need `bits` bits.
#[cold]
pub fn too_large(op: &str, bits: u128) -> Box<Fault> {
    Fault::new(
        ErrorKind::Overflow,
        format!("{op} expects a result of at most {MAX_INT_BITS} bits; got {bits}"),
    )
}

/// `a * b`.
pub fn mul(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    let bits = bit_length(a) + bit_length(b);
    if bits > MAX_INT_BITS + 1 {
        return Err(too_large("*", bits as u128 - 1));
    }
    if bits < SMALL_BITS {
        return finish(cx, "*", a * b);
    }
    // With the scratch memory of the multiplication.
    check_room(cx, 4 * bits)?;
    let ((x, p), (y, q)) = (a.as_sign_words(), b.as_sign_words());
    let magnitude = product::product(cx, p, q)?;
    finish(cx, "*", IBig::from_parts(x * y, magnitude))
}

/// `a / b`, towards zero, for a `b` other than 0.
pub fn div(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    if bit_length(a) < SMALL_BITS {
        return Ok(cx.heap().new_int(a / b));
    }
    let (quotient, _) = div_rem(cx, a, b)?;
    finish(cx, "/", quotient)
}

/// `a % b`, with the sign of `a`, for a `b` other than 0.
pub fn rem(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    if bit_length(a) < SMALL_BITS {
        return Ok(cx.heap().new_int(a % b));
    }
    let (_, rest) = div_rem(cx, a, b)?;
    finish(cx, "%", rest)
}

fn div_rem(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible<(IBig, IBig)> {
    // With copies of both, and what a division of halves makes.
    check_room(cx, 8 * bit_length(a))?;
    let (x, y) = (a.sign(), b.sign());
    let (q, r) = quotient::div_rem(cx, &Magnitude::of(a), &Magnitude::of(b))?;
    Ok((IBig::from_parts(x * y, q), IBig::from_parts(x, r)))
}

/// The greatest common divisor of two numbers of which one is not 0.
pub fn gcd(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    let a = a.unsigned_abs();
    cx.poll()?;
    let b = b.unsigned_abs();
    let bits = a.bit_len().max(b.bit_len());
    let divisor = if bits < SMALL_BITS / 8 {
        a.gcd(b)
    } else {
        check_room(cx, 4 * bits)?;
        divisor::gcd(cx, a, b)?
    };
    finish(cx, "gcd", IBig::from(divisor))
}

/// Appends the decimal digits, with the sign.
pub fn push_digits(cx: &mut dyn Context, out: &mut String, big: &IBig) -> Fallible<()> {
    let bits = bit_length(big);
    if bits < SMALL_BITS / 4 {
        write!(out, "{big}").expect("a string takes any text");
        return Ok(());
    }
    // A digit takes a byte, and more than three bits; beside the text there are powers,
    // quotients and remainders.
    check_room(cx, 8 * bits)?;
    if out.try_reserve(bits * 31 / 100 + 2).is_err() {
        return Err(system_out_of_memory());
    }
    if big.sign() == Sign::Negative {
        out.push('-');
    }
    digits::write(cx, out, &Magnitude::of(big))
}

/// Appends the digits in a base (2 to 36), with the sign.
pub fn push_in_base(cx: &mut dyn Context, out: &mut String, big: &IBig, base: u32) -> Fallible<()> {
    if base == 10 {
        return push_digits(cx, out, big);
    }
    if !base.is_power_of_two() || bit_length(big) < SMALL_BITS / 4 {
        write!(out, "{}", big.in_radix(base as u8)).expect("a string takes any text");
        return Ok(());
    }
    let bits = base.ilog2() as usize;
    let digits = bit_length(big).div_ceil(bits);
    check_room(cx, 8 * digits)?;
    if out.try_reserve(digits + 1).is_err() {
        return Err(system_out_of_memory());
    }
    let (sign, words) = big.as_sign_words();
    if sign == Sign::Negative {
        out.push('-');
    }
    digits::write_bits(cx, out, words, digits, bits)
}

/// The number that these digits of a base are. They are digits, and at most as many as
/// an int may have.
pub fn read_digits(cx: &mut dyn Context, digits: &str, base: u32) -> Fallible<UBig> {
    let bits = digits.len().saturating_mul(6);
    if bits < SMALL_BITS {
        return Ok(UBig::from_str_radix(digits, base).expect("digits of the base"));
    }
    check_room(cx, 8 * bits)?;
    digits::read(cx, digits, base)
}

/// The magnitude of a number, without a copy of it.
struct Magnitude<'n>(ManuallyDrop<UBig>, PhantomData<&'n IBig>);

impl Magnitude<'_> {
    fn of(number: &IBig) -> Magnitude<'_> {
        let words: *const [u64] = number.as_sign_words().1;
        // SAFETY: the words are those of a number, so that the top one is not 0. The number made
        // of them is only read, never dropped, and gone before the first one is.
        let magnitude = unsafe { UBig::from_static_words(&*words) };
        Magnitude(ManuallyDrop::new(magnitude), PhantomData)
    }
}

impl Deref for Magnitude<'_> {
    type Target = UBig;

    fn deref(&self) -> &UBig {
        &self.0
    }
}

/// Words that an operation works on without a look around.
const STEP: usize = 1 << 20;

/// An empty list with room for so many words.
fn room_for(words: usize) -> Fallible<Vec<u64>> {
    let mut list = Vec::new();
    match list.try_reserve_exact(words) {
        Ok(()) => Ok(list),
        Err(_) => Err(system_out_of_memory()),
    }
}

/// `base ** exponent` for an exponent of at least 0.
pub fn pow(cx: &mut dyn Context, base: &IBig, exponent: &IBig) -> Fallible {
    if exponent.is_zero() {
        return Ok(Value::int(1));
    }
    if bit_length(base) <= 1 {
        let odd = exponent.as_sign_words().1[0] & 1 == 1;
        return Ok(match i64::try_from(base) {
            Ok(-1) if !odd => Value::int(1),
            Ok(small) => Value::int(small),
            Err(_) => unreachable!("a magnitude of one bit"),
        });
    }
    let estimate = log2(base) * big_to_f64(exponent);
    if estimate >= MAX_INT_BITS as f64 {
        // Estimates beyond every machine number are told as one.
        return Err(too_large("**", (estimate as u128).saturating_add(1)));
    }
    check_room(cx, 2 * estimate as usize)?;
    let exponent = usize::try_from(exponent).expect("below the limit of bits");
    let (sign, magnitude) = (base.sign(), base.unsigned_abs());
    let result = match magnitude.trailing_zeros() {
        Some(zeros) if zeros + 1 == magnitude.bit_len() => UBig::ONE << (zeros * exponent),
        _ if estimate < SMALL_BITS as f64 => magnitude.pow(exponent),
        _ => power(cx, &magnitude, exponent)?,
    };
    let sign = if exponent % 2 == 0 {
        Sign::Positive
    } else {
        sign
    };
    finish(cx, "**", IBig::from_parts(sign, result))
}

/// `base ** exponent` by squares, for an exponent of at least 1.
fn power(cx: &mut dyn Context, base: &UBig, exponent: usize) -> Fallible<UBig> {
    // The leading bits of the exponent, as far as the crate is fast with them.
    let mut rest = usize::BITS - exponent.leading_zeros();
    let mut leading = 0;
    while rest > 0 && (2 * leading + 1) * base.bit_len() < SMALL_BITS {
        rest -= 1;
        leading = exponent >> rest;
    }
    let mut result = base.pow(leading);
    while rest > 0 {
        rest -= 1;
        cx.poll()?;
        result = product::product(cx, result.as_words(), result.as_words())?;
        if exponent >> rest & 1 == 1 {
            result = product::product(cx, result.as_words(), base.as_words())?;
        }
    }
    Ok(result)
}

/// Binary logarithm of the magnitude of a number that is not 0.
fn log2(big: &IBig) -> f64 {
    let bits = bit_length(big);
    let kept = bits.min(900);
    let top = big.unsigned_abs() >> (bits - kept);
    top.to_f64().value().log2() + (bits - kept) as f64
}

/// `a << count` for a count of at least 0.
pub fn shl(cx: &mut dyn Context, a: &IBig, count: &IBig) -> Fallible {
    if a.is_zero() {
        return Ok(Value::ZERO);
    }
    match usize::try_from(count) {
        Ok(count) if count <= MAX_INT_BITS && bit_length(a) + count <= MAX_INT_BITS => {
            linear::shifted_left(cx, a, count)
        }
        Ok(count) => Err(too_large("<<", bit_length(a) as u128 + count as u128)),
        Err(_) => Err(Fault::new(
            ErrorKind::Overflow,
            format!("<< expects a result of at most {MAX_INT_BITS} bits; got more"),
        )),
    }
}

/// `a >> count`, rounding down, for a count of at least 0.
pub fn shr(cx: &mut dyn Context, a: &IBig, count: &IBig) -> Fallible {
    match usize::try_from(count) {
        Ok(count) if count < bit_length(a) => linear::shifted_right(cx, a, count),
        _ if a.sign() == Sign::Negative => Ok(Value::int(-1)),
        _ => Ok(Value::ZERO),
    }
}

/// Exact order of two numbers; `None` if one is NaN.
pub fn compare_numbers(a: Number, b: Number) -> Option<Ordering> {
    match (a, b) {
        (Number::Int(x), Number::Int(y)) => Some(x.cmp(&y)),
        (Number::Float(x), Number::Float(y)) => x.partial_cmp(&y),
        // Inline ints are exact as floats.
        (Number::Int(x), Number::Float(y)) => (x as f64).partial_cmp(&y),
        (Number::Float(x), Number::Int(y)) => x.partial_cmp(&(y as f64)),
        (Number::Big(x), Number::Big(y)) => Some(x.cmp(y)),
        // A bigint is beyond every inline int.
        (Number::Big(x), Number::Int(_)) => Some(sign_order(x)),
        (Number::Int(_), Number::Big(y)) => Some(sign_order(y).reverse()),
        (Number::Big(x), Number::Float(y)) => compare_big_float(x, y),
        (Number::Float(x), Number::Big(y)) => compare_big_float(y, x).map(Ordering::reverse),
    }
}

fn sign_order(big: &IBig) -> Ordering {
    match big.sign() {
        Sign::Positive => Ordering::Greater,
        Sign::Negative => Ordering::Less,
    }
}

fn compare_big_float(big: &IBig, f: f64) -> Option<Ordering> {
    if f.is_nan() {
        return None;
    }
    let Some(whole) = float_to_big(f) else {
        return Some(if f > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        });
    };
    // Of equal whole parts the float's fraction decides.
    let rest = f - f.trunc();
    Some(
        big.cmp(&whole)
            .then_with(|| 0.0f64.partial_cmp(&rest).expect("a finite fraction")),
    )
}
