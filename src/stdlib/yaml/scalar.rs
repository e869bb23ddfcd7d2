//! The meaning of a plain scalar in the core schema of YAML 1.2 (its section
//! 10.3.2).

/// A plain scalar.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scalar<'t> {
    Null,
    Bool(bool),
    /// An int: whether it is negative, its digits and their base.
    Int(bool, &'t str, u32),
    /// A float that is not beyond the range.
    Float(f64),
    /// A number that no float can hold.
    Beyond,
    String,
}

/// The meaning of a plain scalar.
pub fn resolve(text: &str) -> Scalar<'_> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "true" | "True" | "TRUE" => return Scalar::Bool(true),
        "false" | "False" | "FALSE" => return Scalar::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        _ => {}
    }
    let all = |digits: &str, is_digit: fn(&u8) -> bool| {
        !digits.is_empty() && digits.as_bytes().iter().all(is_digit)
    };
    if let Some(digits) = text.strip_prefix("0o")
        && all(digits, |b| matches!(b, b'0'..=b'7'))
    {
        return Scalar::Int(false, digits, 8);
    }
    if let Some(digits) = text.strip_prefix("0x")
        && all(digits, u8::is_ascii_hexdigit)
    {
        return Scalar::Int(false, digits, 16);
    }
    let (negative, unsigned) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if all(unsigned, u8::is_ascii_digit) {
        return Scalar::Int(negative, unsigned, 10);
    }
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        let sign = if negative { -1.0 } else { 1.0 };
        return Scalar::Float(sign * f64::INFINITY);
    }
    if !is_float(unsigned.as_bytes()) {
        return Scalar::String;
    }
    match text.parse::<f64>() {
        Ok(f) if f.is_finite() => Scalar::Float(f),
        _ => Scalar::Beyond,
    }
}

/// `(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(bytes: &[u8]) -> bool {
    let digits = |from: usize| {
        let rest = bytes.get(from..).unwrap_or(&[]);
        from + rest.iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut at = whole;
    if bytes.get(at) == Some(&b'.') {
        at = digits(at + 1);
        if whole == 0 && at == 1 {
            return false;
        }
    } else if whole == 0 {
        return false;
    }
    if let Some(b'e' | b'E') = bytes.get(at) {
        let sign = matches!(bytes.get(at + 1), Some(b'-' | b'+'));
        let start = at + 1 + usize::from(sign);
        at = digits(start);
        if at == start {
            return false;
        }
    }
    at == bytes.len()
}
