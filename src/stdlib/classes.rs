//! Classes of characters: whether a text consists of digits, letters and so on
//! (STDLIB 3). An empty text belongs to no class.

use super::declare::*;
use super::operands::*;
use crate::runtime::{Args, Context, Fallible, pace};
use crate::value::Value;

natives! {
    /// Whether there are characters and all are decimal digits, of any script.
    pure fn [none] is_digit(s: STRING) -> "bool" = is_digit;
    /// Whether there are characters and all are letters.
    pure fn [none] is_alpha(s: STRING) -> "bool" = is_alpha;
    /// Whether there are characters and all are letters or numbers.
    pure fn [none] is_alnum(s: STRING) -> "bool" = is_alnum;
    /// Whether there are characters and all are white space.
    pure fn [none] is_space(s: STRING) -> "bool" = is_space;
    /// Whether there are characters and all are capital letters.
    pure fn [none] is_upper(s: STRING) -> "bool" = is_upper;
    /// Whether there are characters and all are small letters.
    pure fn [none] is_lower(s: STRING) -> "bool" = is_lower;
}

/// The zeros of the scripts; nine more digits follow each (Unicode's category `Nd`).
#[rustfmt::skip]
const ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66,
    0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x16A60, 0x16AC0, 0x16B50,
    0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E950, 0x1FBF0,
];

/// Whether a character is a decimal digit.
fn is_decimal(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_digit();
    }
    let c = c as u32;
    let at = ZEROS.partition_point(|&zero| zero <= c);
    at > 0 && c - ZEROS[at - 1] < 10
}

/// Whether argument 0 has characters and all are in the class.
fn all(cx: &mut dyn Context, args: Args, class: fn(char) -> bool) -> Fallible {
    let text = str_arg(cx, args, 0);
    let mut all = !text.is_empty();
    let mut rest = text;
    while all && !rest.is_empty() {
        let stretch = pace::first_stretch(rest);
        all = stretch.chars().all(class);
        rest = &rest[stretch.len()..];
        if !rest.is_empty() {
            cx.poll()?;
        }
    }
    Ok(Value::bool(all))
}

fn is_digit(cx: &mut dyn Context, args: Args) -> Fallible {
    all(cx, args, is_decimal)
}

fn is_alpha(cx: &mut dyn Context, args: Args) -> Fallible {
    all(cx, args, char::is_alphabetic)
}

fn is_alnum(cx: &mut dyn Context, args: Args) -> Fallible {
    all(cx, args, char::is_alphanumeric)
}

fn is_space(cx: &mut dyn Context, args: Args) -> Fallible {
    all(cx, args, char::is_whitespace)
}

fn is_upper(cx: &mut dyn Context, args: Args) -> Fallible {
    all(cx, args, char::is_uppercase)
}

fn is_lower(cx: &mut dyn Context, args: Args) -> Fallible {
    all(cx, args, char::is_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_numeric_and_come_in_tens() {
        assert!(ZEROS.is_sorted());
        for zero in ZEROS {
            for digit in 0..10 {
                let c = char::from_u32(zero + digit).unwrap();
                assert!(is_decimal(c) && c.is_numeric(), "{c:?}");
            }
        }
        for c in ['/', ':', '½', '²', '〇', 'Ⅷ', 'a'] {
            assert!(!is_decimal(c), "{c:?}");
        }
    }
}
