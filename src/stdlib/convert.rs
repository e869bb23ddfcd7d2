//! Conversion and introspection (STDLIB 9). Texts, truth and type names are the
//! runtime's; this file gives them names.

use super::check::{is_callable, kind_error};
use super::declare::*;
use super::fast;
use super::limits::*;
use super::operands::*;
use crate::heap::object::Kind;
use crate::runtime::messages::value_error;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, ParamKind, bigint, compare, number_text, repr, text,
    type_name,
};
use crate::value::Value;

const CONVERTIBLE: Accepts = either(&[ParamKind::Number, ParamKind::String, ParamKind::Bool]);

natives! {
    /// The text that `print` shows.
    pure fn [texts] to_string | str (x: ANY) -> "string" = to_string => fast::to_string;
    /// The text as it would be written in a program.
    ///
    /// Strings are quoted; `to_string` methods are not used.
    pure fn [reads] repr(x: ANY) -> "string" = repr_text;
    /// As an int: without a fraction, from text, 1 or 0.
    ///
    /// NaN and infinities throw `value`, text that is no int throws `parse`.
    pure fn [none] to_int(x: CONVERTIBLE) -> "int" = to_int => fast::to_int as ToInt;
    /// As a float.
    ///
    /// Text that is no number throws `parse`.
    pure fn [none] to_float(x: CONVERTIBLE) -> "float" = to_float_value => fast::to_float as ToFloat;
    /// As a bool; `"0"` and `"false"` are false.
    ///
    /// Of a string false for `""`, `"0"` and `"false"` in any case; else by truth.
    pure fn [contents] to_bool(x: ANY) -> "bool" = to_bool;
    /// The int that the text is in a base.
    ///
    /// White space around is allowed, a prefix is not; else throws `parse`. The base is 2 to
    /// 36.
    pure fn [none] parse_int(s: STRING, base: or(INT, "10")) -> "int" = parse_int => fast::parse_int;
    /// The float that the text is.
    ///
    /// White space around is allowed; else throws `parse`.
    pure fn [none] parse_float(s: STRING) -> "float" = parse_float;
    /// The name of the value's type.
    pure fn [none] type | type_of (x: ANY) -> "string" = type_of => fast::type_of;
    /// Whether it is an int.
    pure fn [none] is_int(x: ANY) -> "bool" = is_int_value => fast::is_int;
    /// Whether it is a float.
    pure fn [none] is_float(x: ANY) -> "bool" = is_float => fast::is_float;
    /// Whether it is an int or a float.
    pure fn [none] is_number(x: ANY) -> "bool" = is_number_value => fast::is_number;
    /// Whether it is a string.
    pure fn [none] is_string(x: ANY) -> "bool" = is_string => fast::is_string;
    /// Whether it is a bool.
    pure fn [none] is_bool(x: ANY) -> "bool" = is_bool => fast::is_bool;
    /// Whether it is null.
    pure fn [none] is_null(x: ANY) -> "bool" = is_null => fast::is_null;
    /// Whether it is an array.
    pure fn [none] is_array(x: ANY) -> "bool" = is_array => fast::is_array;
    /// Whether it is a dict.
    pure fn [none] is_dict(x: ANY) -> "bool" = is_dict => fast::is_dict;
    /// Whether it is a function.
    pure fn [none] is_function(x: ANY) -> "bool" = is_function => fast::is_function;
    /// Whether a condition takes it for true.
    pure fn [contents] is_truthy(x: ANY) -> "bool" = is_truthy => fast::is_truthy;
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
    match bigint::float_to_int(cx, x.as_float()) {
        Some(whole) => Ok(whole),
        None => Err(value_error(cx, "to_int", "x", "a finite number", x)),
    }
}

fn int_from_text(cx: &mut dyn Context, name: &str, param: &str, s: Value, base: u32) -> Fallible {
    let text = cx.heap().str(s);
    match number_text::parse_int(cx, text, base)? {
        Some(v) => Ok(v),
        None => {
            let mut expected = "the text of an int".to_string();
            if base != 10 {
                expected += &format!(" in base {base}");
            }
            Err(kind_error(cx, ErrorKind::Parse, name, param, &expected, s))
        }
    }
}

fn float_from_text(cx: &mut dyn Context, name: &str, param: &str, s: Value) -> Fallible {
    let text = cx.heap().str(s);
    match number_text::parse_long_float(cx, text)? {
        Some(f) => Ok(Value::float(f)),
        None => {
            let expected = "the text of a number";
            Err(kind_error(cx, ErrorKind::Parse, name, param, expected, s))
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
    Ok(Value::bool(compare::truth(cx, x)?))
}

fn parse_int(cx: &mut dyn Context, args: Args) -> Fallible {
    let base = match args.get(1) {
        base if base.is_absent() => 10,
        base => match clamped(base) {
            n @ 2..=36 => n as u32,
            _ => return Err(value_error(cx, "parse_int", "base", "from 2 to 36", base)),
        },
    };
    int_from_text(cx, "parse_int", "s", args.get(0), base)
}

fn parse_float(cx: &mut dyn Context, args: Args) -> Fallible {
    float_from_text(cx, "parse_float", "s", args.get(0))
}

fn type_of(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(cx.heap().intern_static(type_name(args.get(0))))
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

fn is_truthy(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(compare::truth(cx, args.get(0))?))
}
