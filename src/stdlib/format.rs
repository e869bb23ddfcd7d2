//! `format`: templates with `%` conversions (STDLIB 3).

use super::declare::*;
use super::fixed;
use super::limits::*;
use super::operands::*;
use crate::heap::MAX_STRING;
use crate::runtime::messages::{native_arity, type_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, bigint, number_text, pace, text};
use crate::value::Value;

natives! {
    /// The template with its `%` conversions replaced by the values.
    ///
    /// Conversions are `%[flags][width][.precision]c` with c one of `s d i f e g x X o b %`.
    /// Values missing or left over throw `arity`.
    pure fn [texts] format(template: STRING, values: rest(ANY)) -> "string" = format_text;
}

/// What stands between `%` and the letter.
#[derive(Clone, Copy, Default)]
struct Spec {
    left: bool,
    zeros: bool,
    plus: bool,
    space: bool,
    width: usize,
    precision: Option<usize>,
}

fn format_text(cx: &mut dyn Context, args: Args) -> Fallible {
    let template = str_arg(cx, args, 0);
    let mut out = String::with_capacity(template.len() + 16);
    let mut rest = template;
    let mut used = 1;
    while let Some(at) = rest.find('%') {
        out.push_str(&rest[..at]);
        let (spec, letter, after) = parse(&rest[at..])?;
        rest = after;
        check_bytes(cx, "format", spec.width.max(spec.precision.unwrap_or(0)))?;
        if letter == '%' {
            out.push('%');
            continue;
        }
        let v = args.get(used);
        used += 1;
        if !v.is_absent() {
            convert(cx, &mut out, spec, letter, v)?;
        }
        check_bytes(cx, "format", out.len())?;
    }
    out.push_str(rest);
    if used != args.len() {
        return Err(native_arity("format", used, used, args.len()));
    }
    new_text(cx, "format", &out)
}

/// Takes a conversion apart: its specification, its letter, and what follows.
fn parse(text: &str) -> Fallible<(Spec, char, &str)> {
    let mut spec = Spec::default();
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'-') => spec.left = true,
            Some(b'0') => spec.zeros = true,
            Some(b'+') => spec.plus = true,
            Some(b' ') => spec.space = true,
            _ => break,
        }
        at += 1;
    }
    spec.width = number(bytes, &mut at);
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        spec.precision = Some(number(bytes, &mut at));
    }
    let letter = text[at..].chars().next();
    match letter {
        Some('%') if at == 1 => {}
        Some('s' | 'd' | 'i' | 'f' | 'e' | 'g' | 'x' | 'X' | 'o' | 'b') => {}
        _ => {
            let shown = &text[..at + letter.map_or(0, char::len_utf8)];
            let message =
                format!("format() expects template to have known conversions; got '{shown}'");
            return Err(Fault::new(ErrorKind::Value, message));
        }
    }
    Ok((spec, letter.unwrap_or('%'), &text[at + 1..]))
}

/// Reads digits; a number too large to mean anything stays too large.
fn number(bytes: &[u8], at: &mut usize) -> usize {
    let mut n: usize = 0;
    while let Some(digit @ b'0'..=b'9') = bytes.get(*at) {
        n = n.saturating_mul(10).saturating_add((digit - b'0') as usize);
        *at += 1;
    }
    n
}

fn convert(
    cx: &mut dyn Context,
    out: &mut String,
    spec: Spec,
    letter: char,
    v: Value,
) -> Fallible<()> {
    let expect = |ok: bool, what: &str| {
        if ok {
            Ok(())
        } else {
            let param = format!("the value of %{letter}");
            Err(type_error("format", &param, what, v))
        }
    };
    match letter {
        's' => {
            let text = text::display(cx, v)?;
            let shown = match spec.precision {
                Some(most) => text
                    .char_indices()
                    .nth(most)
                    .map_or(&text[..], |(at, _)| &text[..at]),
                None => &text,
            };
            put(
                cx,
                out,
                Spec {
                    zeros: false,
                    ..spec
                },
                "",
                shown,
            )
        }
        'd' | 'i' => {
            expect(is_number(v), "a whole number")?;
            let whole = if v.is_float() {
                bigint::float_to_int(cx, v.as_float())
            } else {
                Some(v)
            };
            let Some(whole) = whole else {
                let (param, what) = ("the value of %d", "a whole number");
                return Err(value_error(cx, "format", param, what, v));
            };
            let text = int_text(cx, whole)?;
            put_number(cx, out, spec, &text)
        }
        'f' if is_int(v) => {
            let mut text = int_text(cx, v)?;
            if let Some(decimals @ 1..) = spec.precision {
                check_bytes(cx, "format", text.len() + decimals + 1)?;
                text.push('.');
                text.extend(std::iter::repeat_n('0', decimals));
            }
            put_number(cx, out, spec, &text)
        }
        'f' | 'e' | 'g' => {
            expect(is_number(v), "a number")?;
            let x = to_float(v);
            if !x.is_finite() {
                let text = text::display(cx, Value::float(x))?;
                return put_number(
                    cx,
                    out,
                    Spec {
                        zeros: false,
                        ..spec
                    },
                    &text,
                );
            }
            let text = match (letter, spec.precision) {
                ('f', None) => format!("{x}"),
                ('f', Some(decimals)) => fixed_text(x, decimals),
                ('e', precision) => exponent_text(x, precision.unwrap_or(6)),
                (_, precision) => general_text(x, precision.unwrap_or(6).max(1)),
            };
            put_number(cx, out, spec, &text)
        }
        _ => {
            expect(is_int(v), "an int")?;
            let radix = match letter {
                'x' | 'X' => 16,
                'o' => 8,
                _ => 2,
            };
            let mut text = number_text::int_in_base(v, radix);
            if letter == 'X' {
                text.make_ascii_uppercase();
            }
            put_number(cx, out, spec, &text)
        }
    }
}

fn int_text(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    if v.is_int() {
        return Ok(v.as_int().to_string());
    }
    let mut text = String::new();
    bigint::push_digits(cx, &mut text, v.big_int())?;
    Ok(text)
}

/// More digits than these are zeros in any float.
const EXACT: usize = 1100;

/// `x` with any number of decimals: Rust formats at most 65535 of them.
fn fixed_text(x: f64, decimals: usize) -> String {
    let mut text = fixed::decimal(x, decimals.min(EXACT));
    text.extend(std::iter::repeat_n('0', decimals.saturating_sub(EXACT)));
    text
}

/// `1.500000e+03`
fn exponent_text(x: f64, decimals: usize) -> String {
    let exact = decimals.min(EXACT);
    let text = format!("{x:.exact$e}");
    let (mantissa, exponent) = text.split_once('e').expect("an exponent is written");
    let zeros = "0".repeat(decimals - exact);
    let (sign, size) = match exponent.strip_prefix('-') {
        Some(size) => ('-', size),
        None => ('+', exponent),
    };
    format!("{mantissa}{zeros}e{sign}{size:0>2}")
}

/// The shorter of the two forms with `digits` significant digits, without zeros
/// at the end.
fn general_text(x: f64, digits: usize) -> String {
    let digits = digits.min(EXACT);
    let text = format!("{x:.*e}", digits - 1);
    let (mantissa, exponent) = text.split_once('e').expect("an exponent is written");
    let exponent: i32 = exponent.parse().expect("an exponent is an int");
    if exponent < -4 || exponent >= digits as i32 {
        let (sign, size) = if exponent < 0 {
            ('-', -exponent)
        } else {
            ('+', exponent)
        };
        return format!("{}e{sign}{size:02}", without_zeros(mantissa));
    }
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(size) => ("-", size),
        None => ("", mantissa),
    };
    let figures: String = mantissa.chars().filter(|&c| c != '.').collect();
    let text = if exponent < 0 {
        let zeros = "0".repeat((-exponent - 1) as usize);
        format!("{sign}0.{zeros}{figures}")
    } else {
        let (whole, fraction) = figures.split_at(exponent as usize + 1);
        format!("{sign}{whole}.{fraction}")
    };
    without_zeros(&text).to_string()
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        text
    }
}

/// Puts a number, whose text begins with a minus sign if it is negative.
fn put_number(cx: &mut dyn Context, out: &mut String, spec: Spec, text: &str) -> Fallible<()> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None if spec.plus => ("+", text),
        None if spec.space => (" ", text),
        None => ("", text),
    };
    put(cx, out, spec, sign, digits)
}

fn put(cx: &mut dyn Context, out: &mut String, spec: Spec, sign: &str, text: &str) -> Fallible<()> {
    let length = sign.len() + pace::count_chars(cx, text)?;
    let missing = spec.width.saturating_sub(length);
    let bytes = out.len() + sign.len() + text.len() + missing;
    if bytes > MAX_STRING {
        return Err(too_long("format", bytes));
    }
    if bytes - out.len() > SHORT {
        check_bytes(cx, "format", bytes)?;
        make_room(out, bytes - out.len())?;
    }
    if !spec.left && !spec.zeros {
        pace::push_repeated(cx, out, " ", missing)?;
    }
    out.push_str(sign);
    if !spec.left && spec.zeros {
        pace::push_repeated(cx, out, "0", missing)?;
    }
    pace::push_repeated(cx, out, text, 1)?;
    if spec.left {
        pace::push_repeated(cx, out, " ", missing)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_and_general_form_are_as_in_c() {
        assert_eq!(exponent_text(1500.0, 6), "1.500000e+03");
        assert_eq!(exponent_text(-0.00012, 1), "-1.2e-04");
        assert_eq!(exponent_text(1e300, 0), "1e+300");
        for (x, digits, text) in [
            (1500.0, 6, "1500"),
            (0.0001, 6, "0.0001"),
            (0.00001, 6, "1e-05"),
            (1e6, 6, "1e+06"),
            (999999.5, 6, "1e+06"),
            (123456.0, 6, "123456"),
            (0.1 + 0.2, 6, "0.3"),
            (-2.5, 1, "-2"),
            (0.0, 6, "0"),
            (-0.0, 6, "-0"),
            (1.25e-7, 3, "1.25e-07"),
        ] {
            assert_eq!(general_text(x, digits), text);
        }
    }
}
