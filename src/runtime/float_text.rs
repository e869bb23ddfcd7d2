//! The text of floats: the shortest digits that read back as the same float.

use super::text::push_int;
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
