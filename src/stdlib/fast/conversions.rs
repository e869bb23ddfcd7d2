//! Numbers from text and back, questions for the type.

use super::NOT_HANDLED;
use super::numbers::{float_in, trunc};
use super::texts::str_in;
use crate::heap::Heap;
use crate::heap::object::Kind;
use crate::runtime::{Args, compare, number_fmt, type_name};
use crate::stdlib::check::is_callable;
use crate::stdlib::operands;
use crate::value::Value;

/// The int that a text of few digits is, with or without a minus sign.
#[inline]
fn short_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 15 {
        return None;
    }
    let mut int = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        int = 10 * int + digit as i64;
    }
    Some(if negative { -int } else { int })
}

pub fn to_int(heap: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    if x.is_bool() {
        return Value::int((x == Value::TRUE) as i64);
    }
    if x.is_string() {
        return str_in(heap, x)
            .and_then(short_int)
            .map_or(NOT_HANDLED, Value::int);
    }
    trunc(heap, args)
}

pub fn parse_int(heap: &mut Heap, args: Args) -> Value {
    let s = args.get(0);
    if args.len() == 1 {
        str_in(heap, s)
            .and_then(short_int)
            .map_or(NOT_HANDLED, Value::int)
    } else {
        NOT_HANDLED
    }
}

pub fn to_float(_: &mut Heap, args: Args) -> Value {
    float_in(args.get(0)).map_or(NOT_HANDLED, Value::float)
}

pub fn to_string(heap: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    if x.is_string() {
        return x;
    }
    if x.is_int() && !heap.over_limit {
        let mut buffer = [0; number_fmt::MAX_INT_DIGITS];
        return heap.new_string(number_fmt::int_text(x.as_int(), &mut buffer));
    }
    NOT_HANDLED
}

pub fn type_of(heap: &mut Heap, args: Args) -> Value {
    heap.intern_static(type_name(args.get(0)))
}

macro_rules! tests_of_type {
    ($($name:ident: $is:expr;)*) => {$(
        pub fn $name(_: &mut Heap, args: Args) -> Value {
            let is: fn(Value) -> bool = $is;
            Value::bool(is(args.get(0)))
        }
    )*};
}

tests_of_type! {
    is_int: operands::is_int;
    is_float: |x| x.is_float();
    is_number: operands::is_number;
    is_string: |x| x.is_string();
    is_bool: |x| x.is_bool();
    is_null: |x| x.is_null();
    is_array: |x| x.is_kind(Kind::Array);
    is_dict: |x| x.is_kind(Kind::Dict);
    is_function: |x| is_callable(x) && !x.is_kind(Kind::StructType);
}

pub fn is_truthy(_: &mut Heap, args: Args) -> Value {
    compare::plain_truth(args.get(0)).map_or(NOT_HANDLED, Value::bool)
}
