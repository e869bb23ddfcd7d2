//! Ints and floats from text and in other bases.

use super::bigint::{Number, finish, number};
use super::pace::{self, Pace};
use super::{Context, Fallible};
use crate::value::Value;
use dashu_int::IBig;

/// The int that `text` reads as in `base` (2 to 36): white space around it, an
/// optional sign, digits in either case and nothing else. `None` if it is not
/// such a text; a fault if the int would be too large.
pub fn parse_int(cx: &mut dyn Context, text: &str, base: u32) -> Fallible<Option<Value>> {
    let text = text.trim();
    let (negative, digits) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if digits.is_empty() || !digits.bytes().all(|b| (b as char).is_digit(base)) {
        return Ok(None);
    }
    // Nine digits of base 36 and more of smaller ones are below 2^63.
    if digits.len() <= 9 || (base <= 10 && digits.len() <= 18) {
        let mut value = 0i64;
        for b in digits.bytes() {
            let digit = (b as char).to_digit(base).expect("checked above");
            value = value * base as i64 + digit as i64;
        }
        let value = if negative { -value } else { value };
        return Ok(Some(super::bigint::int_value(cx, value)));
    }
    let bits = digits.trim_start_matches('0').len() as f64 * (base as f64).log2();
    let limit = super::bigint::MAX_INT_BITS as f64;
    if bits > limit + 64.0 {
        return Err(super::bigint::too_large("int", bits as u128));
    }
    let magnitude = IBig::from(super::bigint::read_digits(cx, digits, base)?);
    let value = if negative { -magnitude } else { magnitude };
    finish(cx, "int", value).map(Some)
}

/// The float that `text` reads as: white space around it, an optional sign,
/// decimal digits with an optional point and exponent, or `inf` or `nan` in any
/// case.
pub fn parse_float(text: &str) -> Option<f64> {
    let text = text.trim();
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let decimal = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if !decimal && !unsigned.eq_ignore_ascii_case("inf") && !unsigned.eq_ignore_ascii_case("nan") {
        return None;
    }
    text.parse().ok()
}

/// Digits of a decimal fraction that decide what float it is, where one also knows whether
/// all others are zeros.
const DECIDING: usize = 800;

/// [`parse_float`] of a text that may be very long.
///
/// # Errors
/// If the program is to end.
pub fn parse_long_float(cx: &mut dyn Context, text: &str) -> Fallible<Option<f64>> {
    if text.len() <= pace::STRETCH {
        return Ok(parse_float(text));
    }
    let text = pace::without_start(cx, text)?;
    let text = pace::without_end(cx, text)?;
    by_deciding_digits(cx, text)
}

/// An exponent as far as it has been read.
#[derive(Default)]
struct Exponent {
    sign: Option<i64>,
    /// Cut where no float has so large a one.
    size: Option<i64>,
}

/// [`parse_float`] of a decimal text without white space around it.
pub(super) fn by_deciding_digits(cx: &mut dyn Context, text: &str) -> Fallible<Option<f64>> {
    const MOST: i64 = 1 << 60;
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    // The digits that decide, and by how many places the point lies after them.
    let mut digits = String::new();
    let (mut places, mut exponent) = (0i64, None::<Exponent>);
    let (mut has_digits, mut after_point, mut rest_is_zero) = (false, false, true);
    let mut pace = Pace::new();
    for byte in unsigned.bytes() {
        pace.bytes(cx, 1)?;
        match (byte, &mut exponent) {
            (b'0'..=b'9', Some(exponent)) => {
                let size = exponent.size.unwrap_or(0);
                let size = size.saturating_mul(10).saturating_add((byte - b'0') as i64);
                exponent.size = Some(size.min(MOST));
            }
            (b'+' | b'-', Some(exponent)) if exponent.sign.or(exponent.size).is_none() => {
                exponent.sign = Some(if byte == b'-' { -1 } else { 1 });
            }
            (b'0'..=b'9', None) => {
                has_digits = true;
                if digits.is_empty() && byte == b'0' {
                    places -= i64::from(after_point);
                } else if digits.len() < DECIDING {
                    digits.push(byte as char);
                    places -= i64::from(after_point);
                } else {
                    rest_is_zero &= byte == b'0';
                    places += i64::from(!after_point);
                }
            }
            (b'.', None) if !after_point => after_point = true,
            (b'e' | b'E', None) if has_digits => exponent = Some(Exponent::default()),
            _ => return Ok(None),
        }
    }
    let exponent = match exponent {
        None => 0,
        Some(Exponent {
            sign,
            size: Some(size),
        }) => sign.unwrap_or(1) * size,
        Some(_) => return Ok(None),
    };
    if !has_digits {
        return Ok(None);
    }
    if !rest_is_zero {
        digits.push('1');
        places -= 1;
    }
    let sign = if text.starts_with('-') { "-" } else { "" };
    let short = format!("{sign}0{digits}e{}", places + exponent);
    Ok(short.parse().ok())
}

/// An int in `base` (2 to 36), digits in lower case, a minus sign in front.
/// Meaningless for other values.
///
/// # Errors
/// If there is no memory for so many digits, or the program is to end.
pub fn int_in_base(cx: &mut dyn Context, v: Value, base: u32) -> Fallible<String> {
    let mut text = String::new();
    match number(v) {
        Some(Number::Int(i)) => text = IBig::from(i).in_radix(base as u8).to_string(),
        Some(Number::Big(big)) => super::bigint::push_in_base(cx, &mut text, big, base)?,
        _ => {}
    }
    Ok(text)
}

/// An int for a message: its digits, unless they are very many.
pub fn short_int(big: &IBig) -> String {
    let bits = super::bigint::bit_length(big);
    if bits > 4096 {
        format!("an int of {bits} bits")
    } else {
        big.to_string()
    }
}
