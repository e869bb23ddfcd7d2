//! Quotients of very large ints, in steps between which an interrupt is seen: recursive
//! division (Burnikel and Ziegler), on products in steps.

use super::product::product;
use super::{Context, Fallible};
use dashu_int::ops::DivRem;
use dashu_int::{IBig, UBig};

/// Divisors of so many words are divided by in one go.
const LEAF: usize = 1 << 12;

/// Quotient and remainder of magnitudes; the divisor is not 0.
pub fn div_rem(cx: &mut dyn Context, a: &UBig, b: &UBig) -> Fallible<(UBig, UBig)> {
    let (long, short) = (a.as_words().len(), b.as_words().len());
    if long < short {
        return Ok((UBig::ZERO, a.clone()));
    }
    if short <= LEAF {
        return by_digits(cx, a, b, LEAF, |_, a, b| Ok(a.div_rem(b)));
    }
    let quotient = long - short + 1;
    if quotient < short / 2 {
        // The quotient is that of the leading words, or one more.
        let rest = 64 * (short - quotient - 1);
        let (high, low) = (a >> rest, low_bits(a, rest));
        let (q, r) = div_rem(cx, &high, &(b >> rest))?;
        let taken = multiply(cx, &q, &low_bits(b, rest))?;
        return Ok(corrected(q, (r << rest) + low, taken, b));
    }
    // Halved again and again, the divisor has a whole number of words; its top bit is 1.
    let halvings = short.div_ceil(LEAF).next_power_of_two();
    let len = short.div_ceil(halvings) * halvings;
    let shift = 64 * len - dashu_int::ops::BitTest::bit_len(b);
    let (q, r) = by_digits(cx, &(a << shift), &(b << shift), len, |cx, a, b| {
        two_by_one(cx, a, b, len)
    })?;
    Ok((q, r >> shift))
}

fn low_bits(a: &UBig, bits: usize) -> UBig {
    let words = a.as_words();
    UBig::from_words(&words[..words.len().min(bits / 64)])
}

fn multiply(cx: &mut dyn Context, a: &UBig, b: &UBig) -> Fallible<UBig> {
    product(cx, a.as_words(), b.as_words())
}

/// Divides as one does by hand, with digits of `len` words.
fn by_digits(
    cx: &mut dyn Context,
    a: &UBig,
    b: &UBig,
    len: usize,
    mut divide: impl FnMut(&mut dyn Context, UBig, &UBig) -> Fallible<(UBig, UBig)>,
) -> Fallible<(UBig, UBig)> {
    let words = a.as_words();
    let digits = words.len().div_ceil(len);
    let mut quotient: Vec<u64> = Vec::new();
    let mut rest = UBig::ZERO;
    for digit in (0..digits).rev() {
        cx.poll()?;
        let from = digit * len;
        let part = UBig::from_words(&words[from..words.len().min(from + len)]);
        let (q, r) = divide(cx, (rest << (64 * len)) + part, b)?;
        rest = r;
        let q = q.as_words();
        if quotient.is_empty() && !q.is_empty() {
            quotient.resize(from + q.len(), 0);
        }
        if !q.is_empty() {
            quotient[from..from + q.len()].copy_from_slice(q);
        }
    }
    Ok((UBig::from_words(&quotient), rest))
}

/// Divides `a`, below `b * 2^(64 * len)`, by the `len` words of `b`.
fn two_by_one(cx: &mut dyn Context, a: UBig, b: &UBig, len: usize) -> Fallible<(UBig, UBig)> {
    if len <= LEAF || !len.is_multiple_of(2) {
        cx.poll()?;
        return Ok(a.div_rem(b));
    }
    let half = len / 2;
    let (low, high) = a.split_bits(64 * half);
    let (q, r) = three_by_two(cx, high, b, half)?;
    let (p, r) = three_by_two(cx, (r << (64 * half)) + low, b, half)?;
    Ok(((q << (64 * half)) + p, r))
}

/// Divides `a`, below `b * 2^(64 * half)`, by the `2 * half` words of `b`.
fn three_by_two(cx: &mut dyn Context, a: UBig, b: &UBig, half: usize) -> Fallible<(UBig, UBig)> {
    let bits = 64 * half;
    let high = b >> bits;
    let (low, a) = a.split_bits(bits);
    let (q, r) = if &a >> bits < high {
        two_by_one(cx, a, &high, half)?
    } else {
        let q = UBig::ones(bits);
        let r = a - (&high << bits) + &high;
        (q, r)
    };
    let taken = multiply(cx, &q, &low_bits(b, bits))?;
    Ok(corrected(q, (r << bits) + low, taken, b))
}

/// A quotient that is too large by a little, and the remainder that is `rest - taken`.
fn corrected(mut q: UBig, rest: UBig, taken: UBig, b: &UBig) -> (UBig, UBig) {
    let mut r = IBig::from(rest) - IBig::from(taken);
    while r < IBig::ZERO {
        q -= 1u8;
        r += b;
    }
    let (_, r) = r.into_parts();
    (q, r)
}
