//! Arithmetic: the complete semantics of the binary and unary operators. The fast paths
//! on inline ints and floats, which are tried first, are in [`ops`](super::ops).
//! Struct operators are looked up in [`operators`](super::operators); comparison
//! is in [`compare`](super::compare). Nothing here keeps state.

use super::bigint::{self, Bits, MAX_INT_BITS, Number, int_value, number};
use super::limits::text_too_long;
pub use super::limits::{check_room, out_of_memory, system_out_of_memory};
use super::messages::collect_first;
use super::operators::method_of;
use super::pace::{self, STRETCH};
use super::{Context, ErrorKind, Fallible, Fault, name_of_type, sequence};
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::heap::types::Special;
use crate::heap::{MAX_ELEMENTS, MAX_STRING};
use crate::value::Value;
use dashu_int::{IBig, Sign};

/// A binary operator other than comparison, logic and range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Shl,
    Shr,
    BitAnd,
    BitXor,
    BitOr,
}

impl BinaryOp {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Add => "+",
            BinaryOp::Sub => "-",
            BinaryOp::Mul => "*",
            BinaryOp::Div => "/",
            BinaryOp::Mod => "%",
            BinaryOp::Pow => "**",
            BinaryOp::Shl => "<<",
            BinaryOp::Shr => ">>",
            BinaryOp::BitAnd => "&",
            BinaryOp::BitXor => "^",
            BinaryOp::BitOr => "|",
        }
    }

    /// The methods by which a struct defines it as the left and the right operand.
    fn methods(self) -> Option<(Special, Special)> {
        Some(match self {
            BinaryOp::Add => (Special::Add, Special::AddRight),
            BinaryOp::Sub => (Special::Sub, Special::SubRight),
            BinaryOp::Mul => (Special::Mul, Special::MulRight),
            BinaryOp::Div => (Special::Div, Special::DivRight),
            BinaryOp::Mod => (Special::Mod, Special::ModRight),
            BinaryOp::Pow => (Special::Pow, Special::PowRight),
            _ => return None,
        })
    }
}

/// `a op b`, complete.
pub fn binary(cx: &mut dyn Context, op: BinaryOp, a: Value, b: Value) -> Fallible {
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        return numeric(cx, op, x, y, a, b);
    }
    if let Some((left, right)) = op.methods() {
        if let Some(method) = method_of(a, left) {
            return cx.call_method(method, a, &[b]);
        }
        if let Some(method) = method_of(b, right) {
            return cx.call_method(method, b, &[a]);
        }
    }
    match (op, a.kind(), b.kind()) {
        (BinaryOp::Add, Some(Kind::String), Some(Kind::String)) => {
            let bytes = a.string().byte_len() + b.string().byte_len();
            cx.heap().concat(a, b).map_err(|_| {
                if bytes > MAX_STRING {
                    text_too_long("+", bytes)
                } else {
                    out_of_memory()
                }
            })
        }
        (BinaryOp::Add, Some(Kind::Array), Some(Kind::Array)) => concat_arrays(cx, a, b),
        (BinaryOp::Mul, Some(Kind::String), _) if is_any_int(b) => repeat(cx, a, b),
        (BinaryOp::Mul, _, Some(Kind::String)) if is_any_int(a) => repeat(cx, b, a),
        _ => Err(invalid_operation(cx, op, a, b)),
    }
}

/// `a + b` where the caller has no further use for `a`: an array that nothing
/// else owns is extended in place and returned.
#[inline(never)]
pub fn add_consume(cx: &mut dyn Context, a: Value, b: Value) -> Fallible {
    if a.is_kind(Kind::Array)
        && b.is_kind(Kind::Array)
        && a.header().flags & COPY_BEFORE_WRITE == 0
        && a != b
    {
        let count = b.elements().len();
        check_elements("+", a.elements().len(), count)?;
        let heap = cx.heap();
        heap.check_room(8 * count).map_err(|_| out_of_memory())?;
        heap.append_shared(a, b).expect("the length was checked");
        return Ok(a);
    }
    binary(cx, BinaryOp::Add, a, b)
}

fn concat_arrays(cx: &mut dyn Context, a: Value, b: Value) -> Fallible {
    let count = b.elements().len();
    check_elements("+", a.elements().len(), count)?;
    let sum = sequence::copied(cx, a.elements(), count)?;
    sequence::append_shared(cx, sum, b.elements())?;
    Ok(sum)
}

fn check_elements(op: &str, a: usize, b: usize) -> Fallible<()> {
    if a + b > MAX_ELEMENTS {
        return Err(Fault::new(
            ErrorKind::Overflow,
            format!(
                "{op} expects a result of at most {MAX_ELEMENTS} elements; got {}",
                a + b
            ),
        ));
    }
    Ok(())
}

fn is_any_int(v: Value) -> bool {
    v.is_int() || v.is_big_int()
}

/// `string * count`.
fn repeat(cx: &mut dyn Context, string: Value, count: Value) -> Fallible {
    let len = string.string().byte_len();
    let negative = match number(count) {
        Some(Number::Int(i)) => i <= 0,
        Some(Number::Big(big)) => big.sign() == Sign::Negative,
        _ => false,
    };
    if len == 0 || negative {
        return Ok(cx.heap().new_string(""));
    }
    if !count.is_int() {
        let bytes = count.big_int() * IBig::from(len);
        return Err(text_too_long("*", bytes));
    }
    let bytes = len as u128 * count.as_int() as u128;
    if bytes > MAX_STRING as u128 {
        return Err(text_too_long("*", bytes));
    }
    let text = pace::text_of(cx, string)?;
    repeated(cx, text, count.as_int() as usize)
}

/// A text so many times. The result is not too long for a string.
pub fn repeated(cx: &mut dyn Context, text: &str, count: usize) -> Fallible {
    let bytes = text.len() * count;
    check_room(cx, 2 * bytes)?;
    if bytes <= STRETCH {
        return Ok(cx.heap().new_string(&text.repeat(count)));
    }
    let mut repeated = String::new();
    if repeated.try_reserve_exact(bytes).is_err() {
        return Err(system_out_of_memory());
    }
    pace::push_repeated(cx, &mut repeated, text, count)?;
    pace::new_string(cx, &repeated)
}

#[cold]
fn invalid_operation(cx: &mut dyn Context, op: BinaryOp, a: Value, b: Value) -> Box<Fault> {
    let hint = if op == BinaryOp::Add && a.is_kind(Kind::Array) && collect_first(b).is_empty() {
        " (use xs.push(x), or [...xs, x] for a new array)"
    } else if op == BinaryOp::Add && a.is_string() != b.is_string() {
        " (use to_string(x) or \"${x}\")"
    } else if op == BinaryOp::Add && a.is_bytes() && b.is_bytes() {
        " (use concat(a, b))"
    } else if op == BinaryOp::Mul && [a, b].iter().any(|v| v.is_kind(Kind::Array)) {
        " (use repeat(xs, n) or filled(n, x))"
    } else if op == BinaryOp::Add {
        // One of two arrays may be an iterator by mistake.
        [a, b].map(collect_first).into_iter().max().unwrap_or("")
    } else {
        ""
    };
    Fault::new(
        ErrorKind::Type,
        format!(
            "Invalid binary operation: {} {} {}{hint}",
            name_of_type(cx, a),
            op.text(),
            name_of_type(cx, b)
        ),
    )
}

#[cold]
fn arithmetic(message: &str) -> Box<Fault> {
    Fault::new(ErrorKind::Arithmetic, message)
}

fn division_by_zero() -> Box<Fault> {
    arithmetic("Division by zero")
}

fn modulo_by_zero() -> Box<Fault> {
    arithmetic("Modulo by zero")
}

fn zero_to_negative_power() -> Box<Fault> {
    arithmetic("Zero raised to a negative power")
}

/// The operators on two numbers; `a` and `b` are `x` and `y` as values.
fn numeric(
    cx: &mut dyn Context,
    op: BinaryOp,
    x: Number,
    y: Number,
    a: Value,
    b: Value,
) -> Fallible {
    match (x, y) {
        (Number::Int(x), Number::Int(y)) => small(cx, op, x, y),
        (Number::Float(_), _) | (_, Number::Float(_)) => floats(op, x.to_f64(), y.to_f64())
            .unwrap_or_else(|| Err(invalid_operation(cx, op, a, b))),
        (Number::Big(x), Number::Big(y)) => big(cx, op, x, y),
        (Number::Big(x), Number::Int(y)) => big(cx, op, x, &IBig::from(y)),
        (Number::Int(x), Number::Big(y)) => big(cx, op, &IBig::from(x), y),
    }
}

/// The operators on inline ints.
fn small(cx: &mut dyn Context, op: BinaryOp, x: i64, y: i64) -> Fallible {
    let result = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => match x.checked_mul(y) {
            Some(product) => product,
            None => return Ok(cx.heap().new_int(IBig::from(x as i128 * y as i128))),
        },
        BinaryOp::Div if y == 0 => return Err(division_by_zero()),
        BinaryOp::Div => x / y,
        BinaryOp::Mod if y == 0 => return Err(modulo_by_zero()),
        BinaryOp::Mod => x % y,
        BinaryOp::Pow => return small_pow(cx, x, y),
        BinaryOp::Shl | BinaryOp::Shr if y < 0 => return Err(negative_shift(y)),
        BinaryOp::Shl if y < 64 && x << y >> y == x => x << y,
        BinaryOp::Shl => return bigint::shl(cx, &IBig::from(x), &IBig::from(y)),
        BinaryOp::Shr => x >> y.min(63),
        BinaryOp::BitAnd => x & y,
        BinaryOp::BitXor => x ^ y,
        BinaryOp::BitOr => x | y,
    };
    Ok(int_value(cx, result))
}

fn small_pow(cx: &mut dyn Context, x: i64, y: i64) -> Fallible {
    if y < 0 {
        if x == 0 {
            return Err(zero_to_negative_power());
        }
        return Ok(Value::float((x as f64).powf(y as f64)));
    }
    if let Ok(exponent) = u32::try_from(y)
        && let Some(power) = x.checked_pow(exponent)
    {
        return Ok(int_value(cx, power));
    }
    bigint::pow(cx, &IBig::from(x), &IBig::from(y))
}

#[cold]
fn negative_shift(count: impl std::fmt::Display) -> Box<Fault> {
    Fault::new(ErrorKind::Value, format!("Negative shift count: {count}"))
}

/// The operators on ints of which at least one is big.
fn big(cx: &mut dyn Context, op: BinaryOp, x: &IBig, y: &IBig) -> Fallible {
    match op {
        BinaryOp::Add => bigint::add(cx, x, y),
        BinaryOp::Sub => bigint::sub(cx, x, y),
        BinaryOp::Mul => bigint::mul(cx, x, y),
        BinaryOp::Div if y.is_zero() => Err(division_by_zero()),
        BinaryOp::Div => bigint::div(cx, x, y),
        BinaryOp::Mod if y.is_zero() => Err(modulo_by_zero()),
        BinaryOp::Mod => bigint::rem(cx, x, y),
        BinaryOp::Pow if y.sign() == Sign::Negative => {
            if x.is_zero() {
                return Err(zero_to_negative_power());
            }
            let power = bigint::big_to_f64(x).powf(bigint::big_to_f64(y));
            Ok(Value::float(power))
        }
        BinaryOp::Pow => bigint::pow(cx, x, y),
        BinaryOp::Shl | BinaryOp::Shr if y.sign() == Sign::Negative => {
            Err(negative_shift(super::number_text::short_int(y)))
        }
        BinaryOp::Shl => bigint::shl(cx, x, y),
        BinaryOp::Shr => bigint::shr(cx, x, y),
        BinaryOp::BitAnd => bigint::bits(cx, Bits::And, x, y),
        BinaryOp::BitXor => bigint::bits(cx, Bits::Xor, x, y),
        BinaryOp::BitOr => bigint::bits(cx, Bits::Or, x, y),
    }
}

/// The operators on floats; `None` for those that floats do not have.
fn floats(op: BinaryOp, x: f64, y: f64) -> Option<Fallible> {
    let result = match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div if y == 0.0 => return Some(Err(division_by_zero())),
        BinaryOp::Div => x / y,
        BinaryOp::Mod if y == 0.0 => return Some(Err(modulo_by_zero())),
        BinaryOp::Mod => x % y,
        BinaryOp::Pow if x == 0.0 && y < 0.0 => return Some(Err(zero_to_negative_power())),
        // As compiled code does it.
        BinaryOp::Pow if y == 2.0 => x * x,
        BinaryOp::Pow => x.powf(y),
        _ => return None,
    };
    Some(Ok(Value::float(result)))
}

/// `-a`.
pub fn neg(cx: &mut dyn Context, a: Value) -> Fallible {
    match number(a) {
        Some(Number::Int(i)) => Ok(int_value(cx, -i)),
        Some(Number::Float(f)) => Ok(Value::float(-f)),
        Some(Number::Big(big)) => bigint::neg(cx, big),
        None => match method_of(a, Special::Neg) {
            Some(method) => cx.call_method(method, a, &[]),
            None => Err(invalid_unary(cx, "-", a)),
        },
    }
}

/// `!a`: what `op_not` gives, and a bool for any value without it.
pub fn not_op(cx: &mut dyn Context, a: Value) -> Fallible {
    if let Some(method) = method_of(a, Special::Not) {
        return cx.call_method(method, a, &[]);
    }
    Ok(Value::bool(!super::compare::truth(cx, a)?))
}

/// `~a`.
pub fn bit_not(cx: &mut dyn Context, a: Value) -> Fallible {
    match number(a) {
        Some(Number::Int(i)) => Ok(Value::int(!i)),
        Some(Number::Big(big)) => bigint::not(cx, big),
        _ => Err(invalid_unary(cx, "~", a)),
    }
}

#[cold]
fn invalid_unary(cx: &mut dyn Context, op: &str, a: Value) -> Box<Fault> {
    Fault::new(
        ErrorKind::Type,
        format!("Invalid unary operation: {op}{}", name_of_type(cx, a)),
    )
}

const _: () = assert!(MAX_INT_BITS < u32::MAX as usize);
