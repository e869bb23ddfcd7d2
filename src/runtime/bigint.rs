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
mod product;
mod quotient;

use super::limits::{check_room as room_in_heap, system_out_of_memory};
use super::{Context, ErrorKind, Fallible, Fault};
use crate::value::Value;
use dashu_int::ops::{BitTest, Gcd, UnsignedAbs};
use dashu_int::{IBig, Sign, UBig};
use std::cmp::Ordering;
use std::fmt::Write;
use std::mem::MaybeUninit;

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
    Ok(cx.heap().new_int(result))
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

/// Faults if the heap has no room for a bit operation on two numbers.
pub fn check_bits(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible<()> {
    check_room(cx, 3 * bit_length(a).max(bit_length(b)))
}

/// The fault of a result that would need `bits` bits.
#[cold]
pub fn too_large(op: &str, bits: u128) -> Box<Fault> {
    Fault::new(
        ErrorKind::Overflow,
        format!("{op} expects a result of at most {MAX_INT_BITS} bits; got {bits}"),
    )
}

/// `a + b`. Our own loop is about half again as fast as the crate's, whose carry goes
/// through memory.
pub fn add(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    let ((x, p), (y, q)) = (a.as_sign_words(), b.as_sign_words());
    add_signed(cx, "+", (x, p), (y, q))
}

/// `a - b`.
pub fn sub(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    let ((x, p), (y, q)) = (a.as_sign_words(), b.as_sign_words());
    add_signed(cx, "-", (x, p), (-y, q))
}

/// The sum of two numbers given as sign and magnitude.
fn add_signed(
    cx: &mut dyn Context,
    op: &str,
    (x, p): (Sign, &[u64]),
    (y, q): (Sign, &[u64]),
) -> Fallible {
    let order = compare_words(p, q);
    let (sign, long, short) = match order {
        Ordering::Less => (y, q, p),
        _ => (x, p, q),
    };
    let bits = 64 * (long.len() + 1);
    check_room(cx, bits)?;
    // SAFETY: `combine` writes as many words as the longer number has, and one more.
    let sum = unsafe {
        if x == y {
            cx.heap().new_int_of_words(sign, long.len() + 1, |out| {
                combine::<false>(long, short, out)
            })
        } else if order == Ordering::Equal {
            return Ok(Value::ZERO);
        } else {
            cx.heap().new_int_of_words(sign, long.len() + 1, |out| {
                combine::<true>(long, short, out)
            })
        }
    };
    if bits > MAX_INT_BITS
        && let Some(Number::Big(big)) = number(sum)
        && bit_length(big) > MAX_INT_BITS
    {
        return Err(too_large(op, bit_length(big) as u128));
    }
    Ok(sum)
}

fn compare_words(p: &[u64], q: &[u64]) -> Ordering {
    p.len()
        .cmp(&q.len())
        .then_with(|| p.iter().rev().cmp(q.iter().rev()))
}

/// One word of a sum, or of a difference if `SUB`, with the carry.
#[inline(always)]
fn step<const SUB: bool>(a: u64, b: u64, carry: &mut u8) -> u64 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_addcarry_u64, _subborrow_u64};
        let mut out = 0;
        *carry = if SUB {
            _subborrow_u64(*carry, a, b, &mut out)
        } else {
            _addcarry_u64(*carry, a, b, &mut out)
        };
        out
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let (first, one) = if SUB {
            a.overflowing_sub(b)
        } else {
            a.overflowing_add(b)
        };
        let (second, two) = if SUB {
            first.overflowing_sub(*carry as u64)
        } else {
            first.overflowing_add(*carry as u64)
        };
        *carry = (one | two) as u8;
        second
    }
}

/// Writes `long + short`, or `long - short` if `SUB` (then `long` is the greater), into
/// `out`, which has one more word than `long`.
fn combine<const SUB: bool>(long: &[u64], short: &[u64], out: &mut [MaybeUninit<u64>]) {
    #[cfg(target_arch = "x86_64")]
    if short.len() >= WIDE_FROM && std::arch::is_x86_feature_detected!("avx512f") {
        let whole = short.len() & !(LANES - 1);
        let (low, high) = out.split_at_mut(whole);
        // SAFETY: the processor has the instructions.
        let carry = unsafe { combine_wide::<SUB>(&long[..whole], &short[..whole], low) };
        return combine_from::<SUB>(&long[whole..], &short[whole..], high, carry);
    }
    combine_from::<SUB>(long, short, out, 0);
}

/// [`combine`] with a carry from below.
fn combine_from<const SUB: bool>(
    long: &[u64],
    short: &[u64],
    out: &mut [MaybeUninit<u64>],
    mut carry: u8,
) {
    let n = short.len();
    let (a, a_rest) = long[..n].as_chunks::<16>();
    let (b, b_rest) = short.as_chunks::<16>();
    let (c, c_rest) = out[..n].as_chunks_mut::<16>();
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        for i in 0..16 {
            c[i].write(step::<SUB>(a[i], b[i], &mut carry));
        }
    }
    for ((a, b), c) in a_rest.iter().zip(b_rest).zip(c_rest) {
        c.write(step::<SUB>(*a, *b, &mut carry));
    }
    for (a, c) in long[n..].iter().zip(&mut out[n..long.len()]) {
        c.write(step::<SUB>(*a, 0, &mut carry));
    }
    out[long.len()].write(if SUB { 0 } else { carry as u64 });
}

/// Words that an instruction of [`combine_wide`] works on.
#[cfg(target_arch = "x86_64")]
const LANES: usize = 8;
/// From so many words on the wide instructions are worth it.
#[cfg(target_arch = "x86_64")]
const WIDE_FROM: usize = 32;

/// [`combine`] of two numbers with as many words, a multiple of [`LANES`]: eight words at
/// once, then the carries between them, which a sum of two small numbers finds. The carry
/// at the end.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn combine_wide<const SUB: bool>(a: &[u64], b: &[u64], out: &mut [MaybeUninit<u64>]) -> u8 {
    use std::arch::x86_64::*;
    let (one, all) = (_mm512_set1_epi64(1), _mm512_set1_epi64(-1));
    let mut carry = 0u32;
    let parts = a.as_chunks::<LANES>().0.iter();
    let parts = parts.zip(b.as_chunks::<LANES>().0);
    for ((a, b), out) in parts.zip(out.as_chunks_mut::<LANES>().0) {
        // SAFETY: the loads and the store are of a whole chunk each.
        unsafe {
            let (a, b) = (
                _mm512_loadu_si512(a.as_ptr().cast()),
                _mm512_loadu_si512(b.as_ptr().cast()),
            );
            // Words that give a carry by themselves, and those that pass one on.
            let (sum, gives, passes) = if SUB {
                let sum = _mm512_sub_epi64(a, b);
                let passes = _mm512_testn_epi64_mask(sum, sum);
                (sum, _mm512_cmplt_epu64_mask(a, b), passes)
            } else {
                let sum = _mm512_add_epi64(a, b);
                let passes = _mm512_cmpeq_epi64_mask(sum, all);
                (sum, _mm512_cmplt_epu64_mask(sum, a), passes)
            };
            // A carry runs through the words that pass it on as through the digits of a sum.
            let run = ((gives as u32) << 1 | carry) + passes as u32;
            let gets = (run ^ passes as u32) as u8;
            carry = run >> LANES;
            let word = if SUB {
                _mm512_mask_sub_epi64(sum, gets, sum, one)
            } else {
                _mm512_mask_add_epi64(sum, gets, sum, one)
            };
            _mm512_storeu_si512(out.as_mut_ptr().cast(), word);
        }
    }
    carry as u8
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
    Ok(cx.heap().new_int(quotient))
}

/// `a % b`, with the sign of `a`, for a `b` other than 0.
pub fn rem(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    if bit_length(a) < SMALL_BITS {
        return Ok(cx.heap().new_int(a % b));
    }
    let (_, rest) = div_rem(cx, a, b)?;
    Ok(cx.heap().new_int(rest))
}

fn div_rem(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible<(IBig, IBig)> {
    // With copies of both, and what a division of halves makes.
    check_room(cx, 8 * bit_length(a))?;
    let (x, y) = (a.sign(), b.sign());
    let (q, r) = quotient::div_rem(cx, &a.unsigned_abs(), &b.unsigned_abs())?;
    Ok((IBig::from_parts(x * y, q), IBig::from_parts(x, r)))
}

/// The greatest common divisor of two numbers of which one is not 0.
pub fn gcd(cx: &mut dyn Context, a: &IBig, b: &IBig) -> Fallible {
    let (a, b) = (a.unsigned_abs(), b.unsigned_abs());
    let bits = a.bit_len().max(b.bit_len());
    let divisor = if bits < SMALL_BITS / 8 {
        a.gcd(b)
    } else {
        check_room(cx, 4 * bits)?;
        divisor::gcd(cx, a, b)?
    };
    Ok(cx.heap().new_int(IBig::from(divisor)))
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
    digits::write(cx, out, &big.unsigned_abs())
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
            check_room(cx, 2 * (bit_length(a) + count))?;
            Ok(cx.heap().new_int(a << count))
        }
        Ok(count) => Err(too_large("<<", bit_length(a) as u128 + count as u128)),
        Err(_) => Err(Fault::new(
            ErrorKind::Overflow,
            format!("<< expects a result of at most {MAX_INT_BITS} bits; got more"),
        )),
    }
}

/// `a >> count`, rounding down, for a count of at least 0.
pub fn shr(cx: &mut dyn Context, a: &IBig, count: &IBig) -> Value {
    match usize::try_from(count) {
        Ok(count) if count < bit_length(a) => cx.heap().new_int(a >> count),
        _ if a.sign() == Sign::Negative => Value::int(-1),
        _ => Value::ZERO,
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
