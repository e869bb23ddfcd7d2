//! The text of inline ints and of floats: the shortest digits that read back as the same
//! float.

use std::fmt::Write;

/// Appends a float as `print` shows it: without a trailing `.0`, positional for
/// 1e-7 <= |x| < 1e21, else with an exponent.
pub fn push_float(out: &mut String, f: f64) {
    let size = f.abs();
    if f == f.trunc() && size < 9.0e15 {
        if f == 0.0 && f.is_sign_negative() {
            out.push('-');
        }
        return push_int(out, f as i64);
    }
    let done = if f.is_nan() {
        out.write_str("NaN")
    } else if f.is_infinite() {
        out.write_str(if f > 0.0 { "inf" } else { "-inf" })
    } else if (1e-7..1e21).contains(&size) {
        write!(out, "{f}")
    } else {
        write!(out, "{f:e}")
    };
    done.expect("a string takes any text");
}

/// Appends a float in source form: with a point or an exponent.
pub fn push_float_source(out: &mut String, f: f64) {
    let start = out.len();
    push_float(out, f);
    if out[start..]
        .bytes()
        .all(|b| b.is_ascii_digit() || b == b'-')
    {
        out.push_str(".0");
    }
}

/// Most characters of a 64-bit int.
pub const MAX_INT_DIGITS: usize = 20;

/// The decimal digits of an int, written into the end of the buffer.
pub fn int_text(i: i64, buffer: &mut [u8; MAX_INT_DIGITS]) -> &str {
    const PAIRS: [u8; 200] = {
        let mut pairs = [0; 200];
        let mut i = 0;
        while i < 100 {
            pairs[2 * i] = b'0' + (i / 10) as u8;
            pairs[2 * i + 1] = b'0' + (i % 10) as u8;
            i += 1;
        }
        pairs
    };
    let mut rest = i.unsigned_abs();
    let mut at = MAX_INT_DIGITS;
    while rest >= 100 {
        let pair = 2 * (rest % 100) as usize;
        rest /= 100;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        let pair = 2 * rest as usize;
        at -= 2;
        buffer[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        buffer[at] = b'0' + rest as u8;
    }
    if i < 0 {
        at -= 1;
        buffer[at] = b'-';
    }
    // SAFETY: the sign and the digits are ASCII.
    unsafe { std::str::from_utf8_unchecked(&buffer[at..]) }
}

/// Appends an int.
#[inline]
pub fn push_int(out: &mut String, i: i64) {
    let mut buffer = [0; MAX_INT_DIGITS];
    out.push_str(int_text(i, &mut buffer));
}
