//! The digits of very large ints, written and read in steps between which an interrupt
//! is seen: halves of the digits, by a power of the base.

use super::product::product;
use super::quotient::div_rem;
use super::{Context, Fallible};
use dashu_int::UBig;

/// So many digits are written or read in one go.
const LEAF: usize = 1 << 16;

/// Appends the decimal digits of a number.
pub fn write(cx: &mut dyn Context, out: &mut String, number: &UBig) -> Fallible<()> {
    let mut powers = vec![UBig::from(10u8).pow(LEAF)];
    while let Some(last) = powers.last()
        && 2 * last.as_words().len() <= number.as_words().len() + 1
    {
        let next = product(cx, last.as_words(), last.as_words())?;
        powers.push(next);
    }
    write_part(cx, out, number, &powers, false)
}

/// Appends so many digits of a number, each of so many bits.
pub fn write_bits(
    cx: &mut dyn Context,
    out: &mut String,
    words: &[u64],
    digits: usize,
    bits: usize,
) -> Fallible<()> {
    for (i, digit) in (0..digits).rev().enumerate() {
        if i % LEAF == 0 {
            cx.poll()?;
        }
        let (word, at) = (digit * bits / 64, digit * bits % 64);
        let high = words.get(word + 1).copied().unwrap_or(0);
        let two = words[word] as u128 | (high as u128) << 64;
        let digit = (two >> at) as u32 & ((1 << bits) - 1);
        out.push(char::from_digit(digit, 1 << bits).expect("below the base"));
    }
    Ok(())
}

/// Appends the digits of a number below the square of the last power, if it is `padded`
/// exactly as many as such a number may have.
fn write_part(
    cx: &mut dyn Context,
    out: &mut String,
    number: &UBig,
    powers: &[UBig],
    padded: bool,
) -> Fallible<()> {
    cx.poll()?;
    let Some((power, lower)) = powers.split_last() else {
        if padded || !number.is_zero() {
            let digits = number.to_string();
            let missing = if padded { LEAF - digits.len() } else { 0 };
            out.extend(std::iter::repeat_n('0', missing));
            out.push_str(&digits);
        }
        return Ok(());
    };
    let (high, low) = div_rem(cx, number, power)?;
    let split = padded || !high.is_zero();
    if split {
        write_part(cx, out, &high, lower, padded)?;
    }
    write_part(cx, out, &low, lower, split)
}

/// The number of these digits, all of which are digits of the base.
pub fn read(cx: &mut dyn Context, digits: &str, base: u32) -> Fallible<UBig> {
    let mut parts = Vec::new();
    for part in digits.as_bytes().rchunks(LEAF) {
        cx.poll()?;
        let part = std::str::from_utf8(part).expect("digits are ASCII");
        parts.push(UBig::from_str_radix(part, base).expect("digits of the base"));
    }
    let mut power = UBig::from(base).pow(LEAF);
    // The least significant part is the first.
    while parts.len() > 1 {
        let mut next = Vec::with_capacity(parts.len().div_ceil(2));
        for pair in parts.chunks(2) {
            next.push(match pair {
                [low, high] => product(cx, high.as_words(), power.as_words())? + low,
                _ => pair[0].clone(),
            });
        }
        parts = next;
        if parts.len() > 1 {
            power = product(cx, power.as_words(), power.as_words())?;
        }
    }
    Ok(parts.pop().unwrap_or(UBig::ZERO))
}
