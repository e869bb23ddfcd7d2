//! Conversion and introspection (STDLIB 9). Texts, truth and type names are the
//! runtime's; this file gives them names.

use super::check::{bad, bad_value, is_callable};
use super::declare::*;
use super::support::*;
use crate::heap::object::Kind;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, ParamKind, compare, number_text, repr, text, type_name,
};
use crate::value::Value;

const CONVERTIBLE: Accepts = either(&[ParamKind::Number, ParamKind::String, ParamKind::Bool]);

natives! {
    /// The text that `print` shows.
    pure fn [calls] to_string | str (x: ANY) = to_string;
    /// The text as it would stand in a program.
    pure fn repr(x: ANY) = repr_text;
    /// As an int: without a fraction, from text, 1 or 0.
    pure fn to_int(x: CONVERTIBLE) = to_int;
    /// As a float.
    pure fn to_float(x: CONVERTIBLE) = to_float_value;
    /// As a bool; `"0"` and `"false"` are false.
    pure fn to_bool(x: ANY) = to_bool;
    /// The int that the text is in a base.
    pure fn parse_int(s: STRING, base: opt(INT)) = parse_int;
    /// The float that the text is.
    pure fn parse_float(s: STRING) = parse_float;
    /// The name of the value's type.
    pure fn type | type_of (x: ANY) = type_of;
    /// Whether it is an int.
    pure fn is_int(x: ANY) = is_int_value;
    /// Whether it is a float.
    pure fn is_float(x: ANY) = is_float;
    /// Whether it is an int or a float.
    pure fn is_number(x: ANY) = is_number_value;
    /// Whether it is a string.
    pure fn is_string(x: ANY) = is_string;
    /// Whether it is a bool.
    pure fn is_bool(x: ANY) = is_bool;
    /// Whether it is null.
    pure fn is_null(x: ANY) = is_null;
    /// Whether it is an array.
    pure fn is_array(x: ANY) = is_array;
    /// Whether it is a dict.
    pure fn is_dict(x: ANY) = is_dict;
    /// Whether it is a function.
    pure fn is_function(x: ANY) = is_function;
    /// Whether a condition takes it for true.
    pure fn is_truthy(x: ANY) = is_truthy;
}

fn to_string(cx: &mut dyn Context, args: Args) -> Fallible {
    text::to_string_value(cx, args.get(0))
}

fn repr_text(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = repr::repr(cx, args.get(0))?;
    new_text(cx, "repr", &text)
}

fn to_int(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    if is_int(x) {
        return Ok(x);
    }
    if x.is_bool() {
        return Ok(Value::int((x == Value::TRUE) as i64));
    }
    if x.is_string() {
        return int_from_text(cx, "to_int", "x", x, 10);
    }
    if !x.as_float().is_finite() {
        return Err(bad_value(cx, "to_int", "x", "a finite number", x));
    }
    Ok(big_from_float(cx, x.as_float()))
}

fn int_from_text(
    cx: &mut dyn Context,
    name: &str,
    param: &str,
    s: Value,
    base: u32,
) -> Fallible {
    let text = cx.heap().str(s);
    match number_text::parse_int(cx, text, base)? {
        Some(v) => Ok(v),
        None => {
            let mut expected = "the text of an int".to_string();
            if base != 10 {
                expected += &format!(" in base {base}");
            }
            Err(bad(cx, ErrorKind::Parse, name, param, &expected, s))
        }
    }
}

fn float_from_text(cx: &mut dyn Context, name: &str, param: &str, s: Value) -> Fallible {
    match number_text::parse_float(cx.heap().str(s)) {
        Some(f) => Ok(Value::float(f)),
        None => {
            let expected = "the text of a number";
            Err(bad(cx, ErrorKind::Parse, name, param, expected, s))
        }
    }
}

fn to_float_value(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    if x.is_string() {
        return float_from_text(cx, "to_float", "x", x);
    }
    if x.is_bool() {
        return Ok(Value::float((x == Value::TRUE) as u8 as f64));
    }
    Ok(Value::float(to_float(x)))
}

fn to_bool(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    if x.is_string() {
        let text = cx.heap().str(x);
        let no = text.is_empty() || text == "0" || text.eq_ignore_ascii_case("false");
        return Ok(Value::bool(!no));
    }
    Ok(Value::bool(compare::truth(x)))
}

fn parse_int(cx: &mut dyn Context, args: Args) -> Fallible {
    let base = match args.get(1) {
        base if base.is_absent() => 10,
        base => match clamped(base) {
            n @ 2..=36 => n as u32,
            _ => return Err(bad_value(cx, "parse_int", "base", "from 2 to 36", base)),
        },
    };
    int_from_text(cx, "parse_int", "s", args.get(0), base)
}

fn parse_float(cx: &mut dyn Context, args: Args) -> Fallible {
    float_from_text(cx, "parse_float", "s", args.get(0))
}

fn type_of(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(cx.heap().intern(type_name(args.get(0))))
}

fn is_int_value(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(is_int(args.get(0))))
}

fn is_float(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).is_float()))
}

fn is_number_value(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(is_number(args.get(0))))
}

fn is_string(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).is_string()))
}

fn is_bool(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).is_bool()))
}

fn is_null(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).is_null()))
}

fn is_array(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).is_kind(Kind::Array)))
}

fn is_dict(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).is_kind(Kind::Dict)))
}

fn is_function(_: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    Ok(Value::bool(is_callable(x) && !x.is_kind(Kind::StructType)))
}

fn is_truthy(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(compare::truth(args.get(0))))
}
