//! The wording of error messages that many places share. Texts only: no rule
//! about what is an error belongs here.

use super::limits::Count;
use super::native::{Param, ParamKind};
use super::pace;
use super::repr::repr_short;
use super::world::LONGEST_PATH;
use super::{Context, ErrorKind, Fault, type_name};
use crate::heap::object::Kind;
use crate::syntax::suggest::closest;
use crate::value::Value;
use std::borrow::Cow;

/// `split() expects sep to be a string; got int`.
#[cold]
pub fn type_error(function: &str, param: &str, expected: &str, got: Value) -> Box<Fault> {
    Fault::new(
        ErrorKind::Type,
        format!(
            "{function}() expects {param} to be {expected}; got {}",
            type_name(got)
        ),
    )
}

/// [`type_error`] for a declared parameter.
#[cold]
pub fn param_error(function: &str, param: &Param, got: Value) -> Box<Fault> {
    let takes_arrays = param.kind.certain() & ParamKind::Array.certain() != 0;
    let hint = if takes_arrays { collect_first(got) } else { "" };
    let expected = expected_text(param.kind);
    Fault::new(
        ErrorKind::Type,
        format!(
            "{function}() expects {} to be {expected}; got {}{hint}",
            param.name,
            type_name(got)
        ),
    )
}

/// The end of a message about an operation that arrays have and iterators lack; empty
/// for any other value.
#[cold]
pub fn collect_first(v: Value) -> &'static str {
    match v.kind() {
        Some(Kind::Generator | Kind::Iterator) => "; collect() first",
        _ => "",
    }
}

/// `chunk() expects size to be at least 1; got 0`.
#[cold]
pub fn value_error(
    cx: &mut dyn Context,
    function: &str,
    param: &str,
    expected: &str,
    got: Value,
) -> Box<Fault> {
    let got = repr_short(cx, got);
    Fault::new(
        ErrorKind::Value,
        format!("{function}() expects {param} to be {expected}; got {got}"),
    )
}

/// `parse_json() expects valid JSON; got trailing comma at line 1, column 4`.
#[cold]
pub fn parse_error(function: &str, expected: &str, got: impl std::fmt::Display) -> Box<Fault> {
    let message = format!("{function}() expects {expected}; got {got}");
    Fault::new(ErrorKind::Parse, message)
}

/// `repeat() expects a result of at most 1073741824 bytes; got 4000000000000`.
#[cold]
pub fn overflow_error(function: &str, most: usize, unit: &str, got: impl Count) -> Box<Fault> {
    let got = got.shown();
    Fault::new(
        ErrorKind::Overflow,
        format!("{function}() expects a result of at most {most} {unit}; got {got}"),
    )
}

/// Wrong number of arguments of a built-in: `slice() expects 2 to 3 arguments;
/// got 1`. A `max` of `usize::MAX` is any number.
#[cold]
pub fn native_arity(function: &str, min: usize, max: usize, got: usize) -> Box<Fault> {
    let message = format!("{function}() expects {}; got {got}", arity_text(min, max));
    match arity_hint(function, got < min) {
        Some(hint) => Fault::with_hint(ErrorKind::Arity, message, hint),
        None => Fault::new(ErrorKind::Arity, message),
    }
}

/// How a built-in is called that another language calls with fewer arguments.
pub fn arity_hint(function: &str, too_few: bool) -> Option<&'static str> {
    match function {
        "split" if too_few => Some("the words of a string are `s.words()`"),
        "reduce" if too_few => Some(
            "the value to begin with comes first: `xs.reduce(0, f)`; `xs[1:].reduce(xs[0], f)` begins with the first element",
        ),
        _ => None,
    }
}

/// The help for a method that other languages have to copy a value.
pub fn copy_hint(method: &str) -> Option<&'static str> {
    let copies = matches!(
        method,
        "clone" | "copy" | "deepcopy" | "deep_copy" | "to_owned" | "dup"
    );
    copies.then_some("arrays, dicts and structs are values: `y := x` is a copy already")
}

/// Wrong number of arguments of a function of the program: `name expects 2
/// arguments, got 1`. Pass `<lambda>` for an anonymous one.
#[cold]
pub fn function_arity(function: &str, min: usize, max: usize, got: usize) -> Box<Fault> {
    Fault::new(
        ErrorKind::Arity,
        format!("{function} expects {}, got {got}", arity_text(min, max)),
    )
}

/// `2 arguments`, `2 to 3 arguments`, `at least 1 argument`.
pub fn arity_text(min: usize, max: usize) -> String {
    let noun = |n: usize| if n == 1 { "argument" } else { "arguments" };
    if max == usize::MAX {
        format!("at least {min} {}", noun(min))
    } else if min == max {
        format!("{min} {}", noun(min))
    } else {
        format!("{min} to {max} {}", noun(max))
    }
}

/// The kinds that a parameter accepts, with an article: `a string, an array or a dict`.
pub fn expected_text(kind: ParamKind) -> String {
    let text = match kind {
        ParamKind::Any => "any value",
        ParamKind::String => "a string",
        ParamKind::Array => "an array",
        ParamKind::Dict => "a dict",
        ParamKind::Bool => "a bool",
        ParamKind::Int => "an int",
        ParamKind::Whole => "a whole number",
        ParamKind::Number => "a number",
        ParamKind::Key => "a value that can be hashed",
        ParamKind::Callable => "a function",
        ParamKind::Set => "a set",
        ParamKind::Queue => "a queue",
        ParamKind::Stack => "a stack",
        ParamKind::Bytes => "bytes",
        ParamKind::Heap => "a heap",
        ParamKind::Result => "a Result",
        ParamKind::Option => "an Option",
        ParamKind::Library(ty) => ty.with_article(),
        ParamKind::Sequence => "a sequence",
        ParamKind::Lazy => "a generator or an iterator",
        ParamKind::Promise => "a promise",
        ParamKind::Measured => {
            "a string, bytes, an array, a dict, a set, a queue, a stack or a heap"
        }
        ParamKind::Searched => "a string, bytes, an array, a dict or a set",
        ParamKind::OneOf(kinds) => {
            let mut text = String::new();
            for (i, &kind) in kinds.iter().enumerate() {
                if i > 0 {
                    text.push_str(if i + 1 == kinds.len() { " or " } else { ", " });
                }
                text.push_str(&expected_text(kind));
            }
            return text;
        }
    };
    text.to_string()
}

/// `message` with `; did you mean 'name'?` if a candidate is close to `name`.
pub fn with_suggestion<'a>(
    mut message: String,
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    if let Some(close) = closest(name, candidates) {
        message.push_str("; did you mean '");
        message.push_str(close);
        message.push_str("'?");
    }
    message
}

/// A path or a command for a message: its start, if it is longer than the system takes.
pub fn shown_path(path: &str) -> Cow<'_, str> {
    match path.len() {
        0..=LONGEST_PATH => Cow::Borrowed(path),
        _ => Cow::Owned(format!("{}...", &path[..pace::boundary(path, 200)])),
    }
}
