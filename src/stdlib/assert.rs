//! Assertions (STDLIB 12): true, or an `assertion` error that shows the values in
//! full.

use super::declare::*;
use super::operands::str_arg;
use super::operands::to_float;
use super::owners::stored;
use super::strings;
use crate::heap::object::Kind;
use crate::runtime::compare::CompareOp;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, compare, repr, text};
use crate::value::Value;
use std::any::TypeId;

// Statements: their outcome is not what they give.
natives! {
    /// Passes if the condition is true.
    ///
    /// Otherwise throws `assertion`.
    plain fn [texts contents] assert(cond: ANY, message: opt(ANY)) -> "true" = assert_true_for; writes;
    /// Passes if the comparison `a op b` holds: what `assert(a < b)` is.
    ///
    /// `op` is one of `==`, `!=`, `<`, `<=`, `>`, `>=`. Otherwise throws `assertion` with both
    /// values.
    plain fn [operators reads texts contents] assert_compare(a: ANY, b: ANY, op: STRING) -> "true" = assert_compare; writes;
    /// Passes if the numbers differ by no more than the tolerance.
    ///
    /// The tolerance counts for numbers up to 1, and in proportion for larger ones. Otherwise
    /// throws `assertion`.
    plain fn [none] assert_close(actual: NUMBER, expected: NUMBER, tolerance: or(NUMBER, "1e-9")) -> "true" = assert_close; writes;
    /// Passes if the values are equal.
    ///
    /// Otherwise throws `assertion`.
    plain fn [operators reads] assert_equal(actual: ANY, expected: ANY) -> "true" = assert_equal; writes;
    /// Passes for true.
    ///
    /// Otherwise throws `assertion`.
    plain fn [none] assert_true(b: BOOL) -> "true" = assert_true; writes;
    /// Passes for false.
    ///
    /// Otherwise throws `assertion`.
    plain fn [none] assert_false(b: BOOL) -> "true" = assert_false; writes;
    /// Passes if `contains(x, item)`.
    ///
    /// Otherwise throws `assertion`.
    plain fn [operators reads] assert_contains(x: strings::SEARCHED, item: ANY) -> "true" = assert_contains; writes;
    /// Passes if `f()` throws an error with the text in its message; gives it.
    ///
    /// Otherwise throws `assertion`.
    plain fn [calls texts reads] assert_throws(f: CALLABLE, text: opt(STRING)) -> "the error" = assert_throws; writes;
}

fn failed(what: &str) -> Fallible {
    let message = format!("Assertion failed: {what}");
    Err(Fault::new(ErrorKind::Assertion, message))
}

fn assert_true_for(cx: &mut dyn Context, args: Args) -> Fallible {
    if compare::truth(cx, args.get(0))? {
        return Ok(Value::TRUE);
    }
    let message = match args.get(1) {
        message if message.is_absent() => {
            // Of an earlier one, which the program caught.
            cx.state().areas.remove(&TypeId::of::<Comparison>());
            "Assertion failed".to_string()
        }
        message => text::display(cx, message)?,
    };
    Err(Fault::new(ErrorKind::Assertion, message))
}

fn assert_equal(cx: &mut dyn Context, args: Args) -> Fallible {
    let (actual, expected) = (args.get(0), args.get(1));
    if compare::equal(cx, actual, expected)? {
        return Ok(Value::TRUE);
    }
    let (actual, expected) = (repr::repr(cx, actual)?, repr::repr(cx, expected)?);
    let message = format!("Assertion failed: expected {expected}, got {actual}");
    failed_comparison(cx, [expected, actual], ["expected", "actual"], message)
}

/// The error of a comparison, which reports show with both values.
fn failed_comparison(
    cx: &mut dyn Context,
    [expected, actual]: [String; 2],
    labels: [&'static str; 2],
    message: String,
) -> Fallible {
    let values = Comparison {
        actual,
        expected,
        labels,
        message: message.clone(),
    };
    let areas = &mut cx.state().areas;
    areas.insert(TypeId::of::<Comparison>(), Box::new(values));
    Err(Fault::new(ErrorKind::Assertion, message))
}

fn assert_compare(cx: &mut dyn Context, args: Args) -> Fallible {
    let (a, b) = (args.get(0), args.get(1));
    let op = str_arg(cx, args, 2).to_string();
    let holds = match &*op {
        "==" => compare::equal(cx, a, b)?,
        "!=" => compare::not_equal(cx, a, b)?,
        "<" => compare::compare(cx, CompareOp::Lt, a, b)?,
        "<=" => compare::compare(cx, CompareOp::Le, a, b)?,
        ">" => compare::compare(cx, CompareOp::Gt, a, b)?,
        ">=" => compare::compare(cx, CompareOp::Ge, a, b)?,
        _ => {
            let expected = "a comparison operator";
            return Err(value_error(
                cx,
                "assert_compare",
                "op",
                expected,
                args.get(2),
            ));
        }
    };
    if holds {
        return Ok(Value::TRUE);
    }
    let (left, right) = (repr::repr(cx, a)?, repr::repr(cx, b)?);
    let message = "Assertion failed".to_string();
    match &*op {
        "==" => failed_comparison(cx, [right, left], ["expected", "actual"], message),
        _ => failed_comparison(cx, [left, right], ["left", "right"], message),
    }
}

fn assert_close(cx: &mut dyn Context, args: Args) -> Fallible {
    let number = |at: usize, default: f64| match args.get(at) {
        value if value.is_absent() => default,
        value => to_float(value),
    };
    let (actual, expected, tolerance) = (number(0, 0.0), number(1, 0.0), number(2, 1e-9));
    let size = actual.abs().max(expected.abs()).max(1.0);
    if actual == expected || (actual - expected).abs() <= tolerance * size {
        return Ok(Value::TRUE);
    }
    let (actual, expected) = (repr::repr(cx, args.get(0))?, repr::repr(cx, args.get(1))?);
    let message = format!("Assertion failed: expected about {expected}, got {actual}");
    failed_comparison(cx, [expected, actual], ["expected", "actual"], message)
}

/// The values that the assertion that failed last compared, in source form;
/// kept for reports that show both values.
#[derive(Debug)]
pub struct Comparison {
    pub actual: String,
    pub expected: String,
    /// The names of the two; the first one is that of the value that is shown
    /// first.
    pub labels: [&'static str; 2],
    /// The message of the error.
    pub message: String,
}

fn assert_true(_: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0) == Value::TRUE {
        return Ok(Value::TRUE);
    }
    failed("expected true, got false")
}

fn assert_false(_: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0) == Value::FALSE {
        return Ok(Value::TRUE);
    }
    failed("expected false, got true")
}

fn assert_contains(cx: &mut dyn Context, args: Args) -> Fallible {
    if strings::contains(cx, args)? == Value::TRUE {
        return Ok(Value::TRUE);
    }
    let (x, item) = (repr::repr(cx, args.get(0))?, repr::repr(cx, args.get(1))?);
    failed(&format!("{x} does not contain {item}"))
}

fn assert_throws(cx: &mut dyn Context, args: Args) -> Fallible {
    let fault = match cx.call(stored(args, 0), &[]) {
        Ok(v) => {
            let got = repr::repr(cx, v)?;
            return failed(&format!("expected an error, got {got}"));
        }
        Err(fault) => fault,
    };
    let error = cx.caught(fault)?;
    if args.get(1).is_absent() {
        return Ok(error);
    }
    let wanted = str_arg(cx, args, 1);
    let message = message_of(cx, error)?;
    if message.contains(wanted) {
        return Ok(error);
    }
    failed(&format!(
        "expected an error with {wanted:?}, got {message:?}"
    ))
}

/// The message of an `Error`.
fn message_of(cx: &mut dyn Context, error: Value) -> Fallible<String> {
    let name = cx.heap().intern("message");
    let field = match error.kind() {
        Some(Kind::Struct | Kind::Object) => error.instance_type().field(name),
        _ => None,
    };
    match field {
        Some(slot) => text::display(cx, error.instance_field(slot)),
        None => text::display(cx, error),
    }
}
