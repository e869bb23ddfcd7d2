//! The fast paths of arithmetic and comparison, on inline ints and floats. The
//! interpreter's loop, the functions that compiled code calls, and the unit tests share
//! them; `arith` and `compare` hold the complete meaning for all kinds of values.
//!
//! The functions named `…_ints` want two inline ints and give nothing where the result
//! is none, so that the caller takes the slow path.

use crate::value::{INT_OFFSET, Value};
use std::cmp::Ordering;

/// A comparison operator.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum CompareOp {
    Lt,
    Le,
    Gt,
    Ge,
}

impl CompareOp {
    /// The operator as it is written.
    pub fn text(self) -> &'static str {
        match self {
            CompareOp::Lt => "<",
            CompareOp::Le => "<=",
            CompareOp::Gt => ">",
            CompareOp::Ge => ">=",
        }
    }

    /// The operator with its operands exchanged: `a < b` is `b > a`.
    pub fn flipped(self) -> CompareOp {
        match self {
            CompareOp::Lt => CompareOp::Gt,
            CompareOp::Le => CompareOp::Ge,
            CompareOp::Gt => CompareOp::Lt,
            CompareOp::Ge => CompareOp::Le,
        }
    }

    /// Whether it holds of operands in this order.
    #[inline]
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            CompareOp::Lt => order.is_lt(),
            CompareOp::Le => order.is_le(),
            CompareOp::Gt => order.is_gt(),
            CompareOp::Ge => order.is_ge(),
        }
    }
}

/// Counts of bits by which ints are shifted here, to the left.
const SHIFTS: std::ops::Range<i64> = 0..13;

/// `a + b`: one addition and one test, since the sum of two boxed ints is the boxed sum
/// with one offset too many.
#[inline(always)]
pub fn add_ints(a: Value, b: Value) -> Option<Value> {
    inline(a.bits().wrapping_add(b.bits()).wrapping_sub(INT_OFFSET))
}

/// `a - b`.
#[inline(always)]
pub fn sub_ints(a: Value, b: Value) -> Option<Value> {
    inline(a.bits().wrapping_sub(b.bits()).wrapping_add(INT_OFFSET))
}

#[inline(always)]
fn inline(bits: u64) -> Option<Value> {
    let result = Value::from_bits(bits);
    if result.is_int() { Some(result) } else { None }
}

/// `a * b`.
#[inline(always)]
pub fn mul_ints(a: Value, b: Value) -> Option<Value> {
    Value::try_int(a.as_int().checked_mul(b.as_int())?)
}

/// `a / b`; nothing if `b` is 0.
#[inline(always)]
pub fn div_ints(a: Value, b: Value) -> Option<Value> {
    if b == Value::ZERO {
        return None;
    }
    Value::try_int(a.as_int().wrapping_div(b.as_int()))
}

/// `a % b`; nothing if `b` is 0.
#[inline(always)]
pub fn rem_ints(a: Value, b: Value) -> Option<Value> {
    if b == Value::ZERO {
        return None;
    }
    Some(Value::int(a.as_int().wrapping_rem(b.as_int())))
}

/// `a << b`, for a few bits.
#[inline(always)]
pub fn shl_ints(a: Value, b: Value) -> Option<Value> {
    let by = b.as_int();
    if SHIFTS.contains(&by) {
        Value::try_int(a.as_int() << by)
    } else {
        None
    }
}

/// `a >> b`.
#[inline(always)]
pub fn shr_ints(a: Value, b: Value) -> Option<Value> {
    let by = b.as_int();
    if (0..64).contains(&by) {
        Some(Value::int(a.as_int() >> by))
    } else {
        None
    }
}

/// `a & b`.
#[inline(always)]
pub fn and_ints(a: Value, b: Value) -> Option<Value> {
    Some(Value::int(a.as_int() & b.as_int()))
}

/// `a ^ b`.
#[inline(always)]
pub fn xor_ints(a: Value, b: Value) -> Option<Value> {
    Some(Value::int(a.as_int() ^ b.as_int()))
}

/// `a | b`.
#[inline(always)]
pub fn or_ints(a: Value, b: Value) -> Option<Value> {
    Some(Value::int(a.as_int() | b.as_int()))
}

#[inline(always)]
pub fn both_floats(a: Value, b: Value) -> bool {
    a.is_float() & b.is_float()
}

/// An inline int or a float as a float. The conversion is exact: inline ints are below
/// 2^53.
#[inline(always)]
pub fn as_f64(v: Value) -> f64 {
    if v.is_int() {
        v.as_int() as f64
    } else {
        v.as_float()
    }
}

/// Two inline ints or floats of which not both are floats, as floats. Out of line:
/// programs that mix are rare, and the arms of the interpreter's loop stay small.
#[inline(never)]
pub fn mixed(a: Value, b: Value) -> Option<(f64, f64)> {
    (a.is_number() && b.is_number()).then(|| (as_f64(a), as_f64(b)))
}

/// Whether two inline ints are in this order.
#[inline(always)]
pub fn compare_ints(op: CompareOp, a: Value, b: Value) -> bool {
    holds(op, a.bits() as i64, b.bits() as i64)
}

/// Whether two floats are in this order; nothing is with NaN.
#[inline(always)]
pub fn compare_floats(op: CompareOp, a: f64, b: f64) -> bool {
    holds(op, a, b)
}

#[inline(always)]
fn holds<T: PartialOrd>(op: CompareOp, a: T, b: T) -> bool {
    match op {
        CompareOp::Lt => a < b,
        CompareOp::Le => a <= b,
        CompareOp::Gt => a > b,
        CompareOp::Ge => a >= b,
    }
}

/// `a == b` where the bits say so: of inline ints, and of what is neither a number nor
/// an object.
#[inline(always)]
pub fn equal_bits(a: Value, b: Value) -> Option<bool> {
    if Value::both_int(a, b) || !(a.is_pointer() | a.is_number()) {
        Some(a == b)
    } else {
        None
    }
}
