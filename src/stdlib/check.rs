//! What is checked before a built-in runs: the number of its arguments and their
//! types, with the messages every built-in shares (STDLIB 1.7).

use super::support::big_from_float;
use crate::heap::object::Kind;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, Fault, Native, Param, ParamKind, tags, text, type_name,
};
use crate::value::Value;

/// Checks the arguments of a call by the function's name. A float given for a
/// whole number becomes that int in its argument register.
#[inline]
pub fn check_args(cx: &mut dyn Context, native: &Native, args: Args) -> Fallible<()> {
    let (min, max) = native.arity();
    if args.len() < min || args.len() > max {
        return Err(wrong_count(native.name, min, max, args.len()));
    }
    check_kinds(cx, native, args)
}

/// The same for a method call: the receiver, argument 0, does not count in the
/// message.
#[inline]
pub fn check_method_args(cx: &mut dyn Context, native: &Native, args: Args) -> Fallible<()> {
    let (min, max) = native.arity();
    if args.len() < min || args.len() > max {
        let most = if max == usize::MAX { max } else { max - 1 };
        let (least, got) = (min.saturating_sub(1), args.len() - 1);
        return Err(wrong_count(native.name, least, most, got));
    }
    check_kinds(cx, native, args)
}

#[inline]
fn check_kinds(cx: &mut dyn Context, native: &Native, args: Args) -> Fallible<()> {
    let params = native.params;
    for index in 0..args.len() {
        let param = &params[index.min(params.len() - 1)];
        let v = args.get(index);
        if !fits(param.kind, v) {
            convert(cx, native, param, args, index)?;
        }
    }
    Ok(())
}

/// Whether a value can be passed as it is.
#[inline]
fn fits(kind: ParamKind, v: Value) -> bool {
    match kind {
        ParamKind::Any => true,
        ParamKind::String => v.is_string(),
        ParamKind::Array => v.is_kind(Kind::Array),
        ParamKind::Dict => v.is_kind(Kind::Dict),
        ParamKind::Bool => v.is_bool(),
        ParamKind::Int | ParamKind::Whole => v.is_int() || v.is_kind(Kind::BigInt),
        ParamKind::Number => v.is_number() || v.is_kind(Kind::BigInt),
        ParamKind::Key => v.is_string() || v.is_int() || v.is_kind(Kind::BigInt),
        ParamKind::Callable => is_callable(v),
        ParamKind::Sequence => {
            matches!(v.kind(), Some(Kind::Array | Kind::String | Kind::Dict))
        }
        ParamKind::Result => has_tag(v, tags::OK, tags::ERR),
        ParamKind::Option => has_tag(v, tags::SOME, tags::NONE),
        ParamKind::OneOf(kinds) => kinds.iter().any(|&kind| fits(kind, v)),
    }
}

/// Functions, and the types that are called like them.
pub fn is_callable(v: Value) -> bool {
    matches!(
        v.kind(),
        Some(Kind::Function | Kind::Native | Kind::BoundMethod | Kind::StructType)
    )
}

fn has_tag(v: Value, one: u32, other: u32) -> bool {
    v.is_kind(Kind::Tagged) && (v.header().aux == one || v.header().aux == other)
}

/// Turns a float given for a whole number into an int; any other value that does
/// not fit is the caller's mistake.
#[cold]
#[inline(never)]
fn convert(
    cx: &mut dyn Context,
    native: &Native,
    param: &Param,
    args: Args,
    index: usize,
) -> Fallible<()> {
    let v = args.get(index);
    if param.kind == ParamKind::Whole && v.is_float() {
        if !v.as_float().is_finite() {
            let what = "a whole number";
            return Err(bad_value(cx, native.name, param.name, what, v));
        }
        args.set(index, big_from_float(cx, v.as_float()));
        return Ok(());
    }
    Err(bad_type(native.name, param.name, &described(param.kind), v))
}

/// `slice() expects 2 to 3 arguments; got 1`
#[cold]
pub fn wrong_count(name: &str, min: usize, max: usize, got: usize) -> Box<Fault> {
    let expected = match (min, max) {
        (1, 1) => "1 argument".to_string(),
        _ if min == max => format!("{min} arguments"),
        (1, usize::MAX) => "at least 1 argument".to_string(),
        (_, usize::MAX) => format!("at least {min} arguments"),
        (0, 1) => "at most 1 argument".to_string(),
        _ => format!("{min} to {max} arguments"),
    };
    Fault::new(
        ErrorKind::Arity,
        format!("{name}() expects {expected}; got {got}"),
    )
}

/// `split() expects sep to be a string; got int`
#[cold]
pub fn bad_type(name: &str, param: &str, expected: &str, got: Value) -> Box<Fault> {
    let got = type_name(got);
    Fault::new(
        ErrorKind::Type,
        format!("{name}() expects {param} to be {expected}; got {got}"),
    )
}

/// `chunk() expects size to be at least 1; got 0`
#[cold]
pub fn bad_value(
    cx: &mut dyn Context,
    name: &str,
    param: &str,
    expected: &str,
    got: Value,
) -> Box<Fault> {
    bad(cx, ErrorKind::Value, name, param, expected, got)
}

/// The same message with another kind of error.
#[cold]
pub fn bad(
    cx: &mut dyn Context,
    kind: ErrorKind,
    name: &str,
    param: &str,
    expected: &str,
    got: Value,
) -> Box<Fault> {
    let got = crate::runtime::repr::repr_short(cx, got);
    Fault::new(kind, format!("{name}() expects {param} to be {expected}; got {got}"))
}

/// `a string, an array or a dict`
pub fn described(kind: ParamKind) -> String {
    match kind {
        ParamKind::Any => "any value",
        ParamKind::String => "a string",
        ParamKind::Array => "an array",
        ParamKind::Dict => "a dict",
        ParamKind::Bool => "a bool",
        ParamKind::Int => "an int",
        ParamKind::Whole => "a whole number",
        ParamKind::Number => "a number",
        ParamKind::Key => "a string or an int",
        ParamKind::Callable => "a function",
        ParamKind::Sequence => "a sequence",
        ParamKind::Result => "a result",
        ParamKind::Option => "an option",
        ParamKind::OneOf(kinds) => return described_choice(kinds),
    }
    .to_string()
}

fn described_choice(kinds: &[ParamKind]) -> String {
    let mut all = String::new();
    for (i, &kind) in kinds.iter().enumerate() {
        if i > 0 {
            all.push_str(if i + 1 == kinds.len() { " or " } else { ", " });
        }
        all.push_str(&described(kind));
    }
    all
}
