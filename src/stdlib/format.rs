//! `format`: templates with `%` conversions (STDLIB 3), and the formats of
//! interpolations, which have the same letters and roundings.

use super::declare::*;
use super::fixed;
use super::limits::*;
use super::operands::*;
use crate::format_spec::{Align, FormatSpec};
use crate::heap::MAX_STRING;
use crate::runtime::limits::check_room;
use crate::runtime::messages::{native_arity, type_error, value_error};
use crate::runtime::pace::Pace;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, Fault, bigint, number_text, pace, repr, text,
};
use crate::value::Value;

natives! {
    /// The template with its `%` conversions replaced by the values.
    ///
    /// Conversions are `%[flags][width][.precision]c` with c one of `s d i f e g x X o b %`.
    /// Values missing or left over throw `arity`.
    pure fn [texts] format(template: STRING, values: rest(ANY)) -> "string" = format_text;
}

/// How a value is laid out: what a conversion or a format says besides the letter.
#[derive(Clone, Copy)]
struct Spec {
    fill: char,
    align: Align,
    zeros: bool,
    plus: bool,
    space: bool,
    groups: bool,
    width: usize,
    precision: Option<usize>,
    from: Source,
}

/// Where a specification is written, for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Template,
    Interpolation,
}

impl Spec {
    /// A conversion `%…` without flags.
    const CONVERSION: Spec = Spec {
        fill: ' ',
        align: Align::Right,
        zeros: false,
        plus: false,
        space: false,
        groups: false,
        width: 0,
        precision: None,
        from: Source::Template,
    };

    /// The same for what takes no zeros.
    fn plain(self) -> Spec {
        Spec {
            zeros: false,
            ..self
        }
    }

    /// The fault of a value that does not fit the letter.
    #[cold]
    fn misfit(self, cx: &mut dyn Context, letter: char, expected: &str, v: Value) -> Box<Fault> {
        match self.from {
            Source::Template => {
                let param = format!("the value of %{letter}");
                if is_number(v) && expected == WHOLE_NUMBER {
                    return value_error(cx, "format", &param, expected, v);
                }
                type_error("format", &param, expected, v)
            }
            Source::Interpolation => misfit(cx, &letter.to_string(), expected, v),
        }
    }
}

const WHOLE_NUMBER: &str = "a whole number";

/// The fault of a value that does not fit the format of an interpolation.
#[cold]
fn misfit(cx: &mut dyn Context, format: &str, expected: &str, v: Value) -> Box<Fault> {
    let got = repr::repr_short(cx, v);
    let message = format!("The format `{format}` expects {expected}; got {got}");
    Fault::new(ErrorKind::Value, message)
}

/// The text of a value in an interpolation with this format, which the parser has
/// checked.
pub(crate) fn interpolated(cx: &mut dyn Context, v: Value, format: &str) -> Fallible {
    let parsed = match FormatSpec::parse(format) {
        Ok(parsed) => parsed,
        Err(problem) => return Err(Fault::new(ErrorKind::Value, problem)),
    };
    let by_kind = if is_number(v) {
        Align::Right
    } else {
        Align::Left
    };
    let spec = Spec {
        fill: parsed.fill,
        align: parsed.align.unwrap_or(by_kind),
        zeros: parsed.zeros && parsed.align.is_none(),
        plus: parsed.plus,
        space: false,
        groups: parsed.groups,
        width: parsed.width,
        precision: parsed.precision,
        from: Source::Interpolation,
    };
    check_bytes(cx, "format", spec.width.max(spec.precision.unwrap_or(0)))?;
    let mut out = String::new();
    match parsed.letter {
        Some(letter) => convert(cx, &mut out, spec, letter, v)?,
        None if is_number(v) => {
            let text = text::display(cx, v)?;
            let finite = !v.is_float() || v.as_float().is_finite();
            put_number(
                cx,
                &mut out,
                if finite { spec } else { spec.plain() },
                &text,
            )?;
        }
        None if parsed.plus || parsed.zeros || parsed.groups => {
            return Err(misfit(cx, format, "a number", v));
        }
        None => {
            let text = text::display(cx, v)?;
            put(cx, &mut out, spec, "", &text)?;
        }
    }
    new_text(cx, "format", &out)
}

fn format_text(cx: &mut dyn Context, args: Args) -> Fallible {
    let template = str_arg(cx, args, 0);
    let mut out = text_with_room(template.len() + 16)?;
    let mut rest = template;
    let mut used = 1;
    let mut pace = Pace::new();
    while let Some(at) = rest.find('%') {
        pace.bytes(cx, at)?;
        pace::push_long(cx, &mut out, &rest[..at])?;
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
    pace::push_long(cx, &mut out, rest)?;
    if used != args.len() {
        let mut fault = native_arity("format", used, used, args.len());
        if used == 1
            && template.contains('{')
            && let Fault::Error { hint, .. } = &mut *fault
        {
            let text = "a conversion is `%s`, `%d` or `%.2f`; `${x}` in a string shows a value";
            *hint = Some(text.into());
        }
        return Err(fault);
    }
    new_text(cx, "format", &out)
}

/// Takes a conversion apart: its specification, its letter, and what follows.
fn parse(text: &str) -> Fallible<(Spec, char, &str)> {
    let mut spec = Spec::CONVERSION;
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at) {
            Some(b'-') => spec.align = Align::Left,
            Some(b'0') => spec.zeros = true,
            Some(b'+') => spec.plus = true,
            Some(b' ') => spec.space = true,
            _ => break,
        }
        at += 1;
    }
    spec.zeros &= spec.align == Align::Right;
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
            put(cx, out, spec.plain(), "", shown)
        }
        'd' | 'i' => {
            let whole = if !v.is_float() {
                is_int(v).then_some(v)
            } else if spec.from == Source::Template || v.as_float().fract() == 0.0 {
                bigint::float_to_int(cx, v.as_float())
            } else {
                None
            };
            let Some(whole) = whole else {
                return Err(spec.misfit(cx, 'd', WHOLE_NUMBER, v));
            };
            let text = int_text(cx, whole)?;
            put_number(cx, out, spec, &text)
        }
        'f' if is_int(v) => {
            let mut text = int_text(cx, v)?;
            if let Some(decimals @ 1..) = spec.precision {
                check_bytes(cx, "format", text.len() + decimals + 1)?;
                text.push('.');
                push_zeros(cx, &mut text, decimals)?;
            }
            put_number(cx, out, spec, &text)
        }
        '%' => {
            let text = percent(cx, spec, v)?;
            let finite = !v.is_float() || v.as_float().is_finite();
            put_number(cx, out, if finite { spec } else { spec.plain() }, &text)
        }
        'f' | 'e' | 'g' => {
            if !is_number(v) {
                return Err(spec.misfit(cx, letter, "a number", v));
            }
            let x = to_float(v);
            if !x.is_finite() {
                let text = text::display(cx, Value::float(x))?;
                return put_number(cx, out, spec.plain(), &text);
            }
            let text = match (letter, spec.precision) {
                ('f', None) => format!("{x}"),
                ('f', Some(decimals)) => fixed_text(cx, x, decimals)?,
                ('e', precision) => exponent_text(cx, x, precision.unwrap_or(6))?,
                (_, precision) => general_text(x, precision.unwrap_or(6).max(1)),
            };
            put_number(cx, out, spec, &text)
        }
        _ => {
            if !is_int(v) {
                return Err(spec.misfit(cx, letter, "an int", v));
            }
            let radix = match letter {
                'x' | 'X' => 16,
                'o' => 8,
                _ => 2,
            };
            let mut text = number_text::int_in_base(cx, v, radix)?;
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

/// A number times 100, exactly, with its sign after it.
fn percent(cx: &mut dyn Context, spec: Spec, v: Value) -> Fallible<String> {
    if !is_number(v) {
        return Err(spec.misfit(cx, '%', "a number", v));
    }
    let mut text = if is_int(v) {
        let mut text = int_text(cx, v)?;
        if text != "0" {
            text.push_str("00");
        }
        if let Some(decimals @ 1..) = spec.precision {
            check_bytes(cx, "format", text.len() + decimals + 2)?;
            text.push('.');
            push_zeros(cx, &mut text, decimals)?;
        }
        text
    } else if !v.as_float().is_finite() {
        text::display(cx, v)?
    } else {
        match spec.precision {
            Some(decimals) => hundredfold(&fixed_text(cx, v.as_float(), decimals + 2)?),
            None => hundredfold(&format!("{}", v.as_float())),
        }
    };
    text.push('%');
    Ok(text)
}

/// Decimal text with its point moved by two places.
fn hundredfold(text: &str) -> String {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let (moved, rest) = fraction.split_at(fraction.len().min(2));
    let whole = format!("{whole}{moved:0<2}");
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{rest}")
}

/// More digits than these are zeros in any float.
const EXACT: usize = 1100;

/// `x` with any number of decimals: Rust formats at most 65535 of them.
fn fixed_text(cx: &mut dyn Context, x: f64, decimals: usize) -> Fallible<String> {
    let mut text = fixed::decimal(x, decimals.min(EXACT));
    push_zeros(cx, &mut text, decimals.saturating_sub(EXACT))?;
    Ok(text)
}

/// Appends zeros; that there is room for so many has been checked.
fn push_zeros(cx: &mut dyn Context, text: &mut String, count: usize) -> Fallible<()> {
    if count == 0 {
        return Ok(());
    }
    // The text is put into another one.
    check_room(cx, 2 * count)?;
    make_room(text, count)?;
    pace::push_repeated(cx, text, "0", count)
}

/// `1.500000e+03`
fn exponent_text(cx: &mut dyn Context, x: f64, decimals: usize) -> Fallible<String> {
    let exact = decimals.min(EXACT);
    let (mut text, exponent) = exponent_parts(x, exact);
    push_zeros(cx, &mut text, decimals - exact)?;
    text.push_str(&exponent);
    Ok(text)
}

/// `1.500000` and `e+03`
fn exponent_parts(x: f64, decimals: usize) -> (String, String) {
    let text = format!("{x:.decimals$e}");
    let (mantissa, exponent) = text.split_once('e').expect("an exponent is written");
    let (sign, size) = match exponent.strip_prefix('-') {
        Some(size) => ('-', size),
        None => ('+', exponent),
    };
    (mantissa.to_string(), format!("e{sign}{size:0>2}"))
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
    let grouped;
    let text = if spec.groups {
        let width = if spec.zeros { spec.width } else { 0 };
        grouped = in_groups(cx, text, width.saturating_sub(sign.len()))?;
        &grouped
    } else {
        text
    };
    let length = sign.len() + pace::count_chars(cx, text)?;
    let missing = spec.width.saturating_sub(length);
    let bytes = out.len() + sign.len() + text.len() + missing * spec.fill.len_utf8();
    if bytes > MAX_STRING {
        return Err(too_long("format", bytes));
    }
    if bytes - out.len() > SHORT {
        check_bytes(cx, "format", bytes)?;
        make_room(out, bytes - out.len())?;
    }
    if spec.zeros {
        out.push_str(sign);
        pace::push_repeated(cx, out, "0", missing)?;
        return pace::push_repeated(cx, out, text, 1);
    }
    let before = match spec.align {
        Align::Left => 0,
        Align::Center => missing / 2,
        Align::Right => missing,
    };
    let mut buffer = [0; 4];
    let fill = &*spec.fill.encode_utf8(&mut buffer);
    pace::push_repeated(cx, out, fill, before)?;
    out.push_str(sign);
    pace::push_repeated(cx, out, text, 1)?;
    pace::push_repeated(cx, out, fill, missing - before)?;
    Ok(())
}

/// Commas between groups of three digits of the whole part; zeros before it up to a
/// width.
fn in_groups(cx: &mut dyn Context, text: &str, width: usize) -> Fallible<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = text.split_at(digits);
    if whole.is_empty() {
        return Ok(text.to_string());
    }
    let room = width.saturating_sub(rest.len());
    let length = |digits: usize| digits + (digits - 1) / 3;
    // Three digits of four characters.
    let mut count = whole.len().max(room - room / 4);
    while length(count) < room {
        count += 1;
    }
    while count > whole.len() && length(count - 1) >= room {
        count -= 1;
    }
    check_bytes(cx, "format", length(count) + rest.len())?;
    let mut out = text_with_room(length(count) + rest.len())?;
    let mut pace = Pace::new();
    for at in 0..count {
        pace.step(cx)?;
        if at > 0 && (count - at) % 3 == 0 {
            out.push(',');
        }
        let zeros = count - whole.len();
        out.push(if at < zeros {
            '0'
        } else {
            whole.as_bytes()[at - zeros] as char
        });
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdlib::tests::Machine;

    #[test]
    fn groups_are_filled_up_with_zeros() {
        let mut cx = Machine::new();
        for (text, width, grouped) in [
            ("1", 0, "1"),
            ("1234", 0, "1,234"),
            ("1234567.8912", 0, "1,234,567.8912"),
            ("1234", 8, "0,001,234"),
            ("1234", 9, "0,001,234"),
            ("1234", 10, "00,001,234"),
            ("1234.5", 9, "001,234.5"),
            ("1234.5", 10, "0,001,234.5"),
            ("1e21", 0, "1e21"),
            ("inf", 9, "inf"),
        ] {
            let got = in_groups(&mut cx, text, width).unwrap();
            assert_eq!(got, grouped, "{text} {width}");
        }
    }

    #[test]
    fn a_hundredfold_only_moves_the_point() {
        for (text, moved) in [
            ("0.07", "7"),
            ("0.5", "50"),
            ("-0.12345", "-12.345"),
            ("3", "300"),
            ("0.001", "0.1"),
            ("0", "0"),
            ("12.5", "1250"),
        ] {
            assert_eq!(hundredfold(text), moved);
        }
    }

    #[test]
    fn exponents_and_general_form_are_as_in_c() {
        for (x, decimals, mantissa, exponent) in [
            (1500.0, 6, "1.500000", "e+03"),
            (-0.00012, 1, "-1.2", "e-04"),
            (1e300, 0, "1", "e+300"),
        ] {
            let parts = (mantissa.to_string(), exponent.to_string());
            assert_eq!(exponent_parts(x, decimals), parts);
        }
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
