//! Numbers (STDLIB 7). Ints stay exact where they can; elsewhere an int becomes
//! the nearest float. A result that is NaN although no argument was throws.

use super::check::kind_error;
use super::declare::*;
use super::fast;
use super::fixed;
use super::operands::*;
use super::owners::*;
use crate::runtime::arith::{self, BinaryOp};
use crate::runtime::bigint::{self, float_to_int, int_value};
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::{Args, Context, ErrorKind, Fallible, compare, sequence, text};
use crate::value::Value;
use dashu_int::IBig;
use std::cmp::Ordering;

natives! {
    /// The size without the sign.
    pure fn [none] abs(x: NUMBER) -> "as x" = abs => fast::abs as Abs;
    /// -1, 0 or 1.
    ///
    /// NaN for NaN.
    pure fn [none] sign(x: NUMBER) -> "as x" = sign => fast::sign;
    /// The next int that is not above.
    ///
    /// Of any size. Infinities and NaN come back as they are.
    pure fn [none] floor(x: NUMBER) -> "int" = floor => fast::floor as Floor;
    /// The next int that is not below.
    ///
    /// Of any size. Infinities and NaN come back as they are.
    pure fn [none] ceil(x: NUMBER) -> "int" = ceil => fast::ceil;
    /// The int without the fraction.
    ///
    /// Of any size. Infinities and NaN come back as they are.
    pure fn [none] trunc(x: NUMBER) -> "int" = trunc => fast::trunc;
    /// The nearest int, or the nearest float with so many digits.
    ///
    /// Ties go away from zero. Negative `digits` round left of the point.
    pure fn [none] round(x: NUMBER, digits: opt(WHOLE)) -> "int, float with digits" = round => fast::round;
    /// The least argument, or the least element of one sequence.
    ///
    /// All numbers, or all comparable by `<`; of equal ones the first. NaN if any is NaN; an
    /// empty sequence throws `value`.
    pure fn [pulls operators] min(x: ANY, more: rest(ANY)) = min => fast::min as Min;
    /// The greatest argument, or the greatest element of one sequence.
    ///
    /// All numbers, or all comparable by `<`; of equal ones the first. NaN if any is NaN; an
    /// empty sequence throws `value`.
    pure fn [pulls operators] max(x: ANY, more: rest(ANY)) = max => fast::max as Max;
    /// `x`, or the limit it is beyond.
    ///
    /// lo > hi throws `value`.
    pure fn [none] clamp(x: NUMBER, lo: NUMBER, hi: NUMBER) -> "number" = clamp => fast::clamp;
    /// `a ** b`
    ///
    /// An int for an int and an int exponent of at least 0. Zero to a negative power throws
    /// `arithmetic`.
    pure fn [none] pow(a: NUMBER, b: NUMBER) -> "number" = pow => fast::pow;
    /// The square root.
    ///
    /// Below 0 throws `arithmetic`.
    pure fn [none] sqrt(x: NUMBER) -> "float" = sqrt => fast::sqrt as Sqrt;
    /// The power of the number e.
    pure fn [none] exp(x: NUMBER) -> "float" = exp => fast::exp;
    /// The length of the diagonal.
    pure fn [none] hypot(x: NUMBER, y: NUMBER) -> "float" = hypot => fast::hypot;
    /// The logarithm, natural without a base.
    ///
    /// x <= 0, a base <= 0 or of 1 throw `arithmetic`.
    pure fn [none] log(x: NUMBER, base: opt(NUMBER)) -> "float" = log => fast::log;
    /// The logarithm to base 2.
    ///
    /// x <= 0 throws `arithmetic`.
    pure fn [none] log2(x: NUMBER) -> "float" = log2 => fast::log2;
    /// The logarithm to base 10.
    ///
    /// x <= 0 throws `arithmetic`.
    pure fn [none] log10(x: NUMBER) -> "float" = log10 => fast::log10;
    /// The sine of an angle in radians.
    ///
    /// A result that is not a number throws `arithmetic`.
    pure fn [none] sin(x: NUMBER) -> "float" = sin => fast::sin;
    /// The cosine of an angle in radians.
    ///
    /// A result that is not a number throws `arithmetic`.
    pure fn [none] cos(x: NUMBER) -> "float" = cos => fast::cos;
    /// The tangent of an angle in radians.
    ///
    /// A result that is not a number throws `arithmetic`.
    pure fn [none] tan(x: NUMBER) -> "float" = tan => fast::tan;
    /// The angle with this sine.
    ///
    /// A result that is not a number throws `arithmetic`.
    pure fn [none] asin(x: NUMBER) -> "float" = asin => fast::asin;
    /// The angle with this cosine.
    ///
    /// A result that is not a number throws `arithmetic`.
    pure fn [none] acos(x: NUMBER) -> "float" = acos => fast::acos;
    /// The angle with this tangent.
    pure fn [none] atan(x: NUMBER) -> "float" = atan => fast::atan;
    /// The angle of the point (x, y).
    pure fn [none] atan2(y: NUMBER, x: NUMBER) -> "float" = atan2 => fast::atan2;
    /// Whether it is NaN.
    pure fn [none] is_nan(x: NUMBER) -> "bool" = is_nan => fast::is_nan;
    /// Whether it is neither NaN nor infinite.
    pure fn [none] is_finite(x: NUMBER) -> "bool" = is_finite => fast::is_finite;
    /// The greatest common divisor.
    ///
    /// Never negative; `gcd(0, 0)` is 0.
    pure fn [none] gcd(a: INT, b: INT) -> "int" = gcd => fast::gcd;
    /// `a & b`
    ///
    /// Two's complement of unlimited width.
    pure fn [none] bit_and(a: INT, b: INT) -> "int" = bit_and => fast::bit_and;
    /// `a | b`
    ///
    /// Two's complement of unlimited width.
    pure fn [none] bit_or(a: INT, b: INT) -> "int" = bit_or => fast::bit_or;
    /// `a ^ b`
    ///
    /// Two's complement of unlimited width.
    pure fn [none] bit_xor(a: INT, b: INT) -> "int" = bit_xor => fast::bit_xor;
    /// `~a`
    ///
    /// Two's complement of unlimited width.
    pure fn [none] bit_not(a: INT) -> "int" = bit_not => fast::bit_not;
    /// `a << n`
    ///
    /// n < 0 throws `value`.
    pure fn [none] bit_shl(a: INT, n: INT) -> "int" = bit_shl => fast::bit_shl;
    /// `a >> n`
    ///
    /// Rounds down; n < 0 throws `value`.
    pure fn [none] bit_shr(a: INT, n: INT) -> "int" = bit_shr => fast::bit_shr;
}

fn abs(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    if x.is_float() {
        return Ok(Value::float(x.as_float().abs()));
    }
    if x.is_int() {
        return Ok(int_value(cx, x.as_int().abs()));
    }
    let big = x.big_int();
    if *big < IBig::ZERO {
        return bigint::neg(cx, big);
    }
    Ok(x)
}

fn sign(_: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    if x.is_float() {
        let f = x.as_float();
        let sign = if f == 0.0 { 0.0 } else { f.signum() };
        return Ok(Value::float(sign));
    }
    Ok(Value::int(clamped(x).signum()))
}

/// A float rounded by `how` as an int; what is not finite stays.
fn rounded(cx: &mut dyn Context, args: Args, how: fn(f64) -> f64) -> Fallible {
    let x = args.get(0);
    if !x.is_float() {
        return Ok(x);
    }
    Ok(float_to_int(cx, how(x.as_float())).unwrap_or(x))
}

fn floor(cx: &mut dyn Context, args: Args) -> Fallible {
    rounded(cx, args, f64::floor)
}

fn ceil(cx: &mut dyn Context, args: Args) -> Fallible {
    rounded(cx, args, f64::ceil)
}

fn trunc(cx: &mut dyn Context, args: Args) -> Fallible {
    rounded(cx, args, f64::trunc)
}

fn round(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(1).is_absent() {
        return rounded(cx, args, f64::round);
    }
    let (x, digits) = (to_float(args.get(0)), clamped(args.get(1)));
    Ok(Value::float(fixed::round(x, digits)))
}

fn min(cx: &mut dyn Context, args: Args) -> Fallible {
    extreme(cx, args, "min", Ordering::Less)
}

fn max(cx: &mut dyn Context, args: Args) -> Fallible {
    extreme(cx, args, "max", Ordering::Greater)
}

/// The first of the arguments, or of the elements of the only one, that is
/// `wanted` compared with all others.
fn extreme(cx: &mut dyn Context, args: Args, name: &str, wanted: Ordering) -> Fallible {
    if args.len() > 1 {
        let mut best = Best::new(args.get(0), wanted);
        for &x in &args.slice()[1..] {
            best.meet(cx, x)?;
        }
        best.value().share();
        return Ok(best.value());
    }
    if let Some(sequence) = sequence::own_array(cx, args.get(0))? {
        args.set(0, sequence);
    }
    let x = args.get(0);
    if !sequence::is_sequence(x) {
        return Err(type_error(name, "xs", "a sequence", x));
    }
    let mut xs = Elements::of(args, 0);
    let Some(first) = xs.next(cx)? else {
        let got = if x.counts_as_array() {
            cx.heap().new_array(0)
        } else {
            x
        };
        return Err(value_error(cx, name, "xs", "a sequence with elements", got));
    };
    let mut best = Best::new(first, wanted);
    while let Some(x) = xs.next(cx)? {
        best.meet(cx, x)?;
    }
    Ok(xs.kept(best.value()))
}

/// The first of the values met that is `wanted` compared with all others; NaN if
/// any of them is.
struct Best {
    best: Value,
    nan: bool,
    wanted: Ordering,
}

impl Best {
    fn new(first: Value, wanted: Ordering) -> Best {
        Best {
            best: first,
            nan: not_a_number(first),
            wanted,
        }
    }

    fn meet(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<()> {
        self.nan |= not_a_number(v);
        let order = if Value::both_int(v, self.best) {
            v.as_int().cmp(&self.best.as_int())
        } else {
            compare::order(cx, v, self.best)?
        };
        if order == self.wanted {
            self.best = v;
        }
        Ok(())
    }

    fn value(&self) -> Value {
        if self.nan {
            Value::float(f64::NAN)
        } else {
            self.best
        }
    }
}

fn not_a_number(v: Value) -> bool {
    v.is_float() && v.as_float().is_nan()
}

fn clamp(cx: &mut dyn Context, args: Args) -> Fallible {
    let (x, lo, hi) = (args.get(0), args.get(1), args.get(2));
    if compare::order(cx, lo, hi)? == Ordering::Greater {
        let limit = format!("at most {}", text::display(cx, hi)?);
        return Err(value_error(cx, "clamp", "lo", &limit, lo));
    }
    if x.is_float() && x.as_float().is_nan() {
        return Ok(x);
    }
    if compare::order(cx, x, lo)? == Ordering::Less {
        return Ok(lo);
    }
    if compare::order(cx, x, hi)? == Ordering::Greater {
        return Ok(hi);
    }
    Ok(x)
}

fn pow(cx: &mut dyn Context, args: Args) -> Fallible {
    let (a, b) = (args.get(0), args.get(1));
    let power = arith::binary(cx, BinaryOp::Pow, a, b)?;
    let is_nan = |v: Value| v.is_float() && v.as_float().is_nan();
    if is_nan(power) && !is_nan(a) && !is_nan(b) {
        let what = "at least 0 for this power";
        return Err(kind_error(cx, ErrorKind::Arithmetic, "pow", "a", what, a));
    }
    Ok(power)
}

/// `f(x)`; if that is NaN although `x` is not, `x` was not `expected`.
fn of_float(
    cx: &mut dyn Context,
    args: Args,
    name: &str,
    f: fn(f64) -> f64,
    expected: &str,
) -> Fallible {
    let x = to_float(args.get(0));
    let y = f(x);
    if y.is_nan() && !x.is_nan() {
        let kind = ErrorKind::Arithmetic;
        return Err(kind_error(cx, kind, name, "x", expected, args.get(0)));
    }
    Ok(Value::float(y))
}

fn sqrt(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "sqrt", f64::sqrt, "at least 0")
}

fn exp(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "exp", f64::exp, "a number")
}

fn hypot(_: &mut dyn Context, args: Args) -> Fallible {
    let (x, y) = (to_float(args.get(0)), to_float(args.get(1)));
    Ok(Value::float(x.hypot(y)))
}

/// `f(x)`, a logarithm: of nothing below or at 0.
fn logarithm(cx: &mut dyn Context, args: Args, name: &str, f: fn(f64) -> f64) -> Fallible {
    let x = to_float(args.get(0));
    if x <= 0.0 {
        let kind = ErrorKind::Arithmetic;
        return Err(kind_error(cx, kind, name, "x", "above 0", args.get(0)));
    }
    Ok(Value::float(f(x)))
}

fn log(cx: &mut dyn Context, args: Args) -> Fallible {
    let base = args.get(1);
    if base.is_absent() {
        return logarithm(cx, args, "log", f64::ln);
    }
    let b = to_float(base);
    if b <= 0.0 || b == 1.0 {
        let (kind, what) = (ErrorKind::Arithmetic, "above 0 and not 1");
        return Err(kind_error(cx, kind, "log", "base", what, base));
    }
    if b == 2.0 {
        return logarithm(cx, args, "log", f64::log2);
    }
    if b == 10.0 {
        return logarithm(cx, args, "log", f64::log10);
    }
    let x = logarithm(cx, args, "log", f64::ln)?.as_float();
    let y = x / b.ln();
    if y.is_nan() && !x.is_nan() && !b.is_nan() {
        let kind = ErrorKind::Arithmetic;
        return Err(kind_error(cx, kind, "log", "base", "finite here", base));
    }
    Ok(Value::float(y))
}

fn log2(cx: &mut dyn Context, args: Args) -> Fallible {
    logarithm(cx, args, "log2", f64::log2)
}

fn log10(cx: &mut dyn Context, args: Args) -> Fallible {
    logarithm(cx, args, "log10", f64::log10)
}

fn sin(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "sin", f64::sin, "finite")
}

fn cos(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "cos", f64::cos, "finite")
}

fn tan(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "tan", f64::tan, "finite")
}

fn asin(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "asin", f64::asin, "from -1 to 1")
}

fn acos(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "acos", f64::acos, "from -1 to 1")
}

fn atan(cx: &mut dyn Context, args: Args) -> Fallible {
    of_float(cx, args, "atan", f64::atan, "a number")
}

fn atan2(_: &mut dyn Context, args: Args) -> Fallible {
    let (y, x) = (to_float(args.get(0)), to_float(args.get(1)));
    Ok(Value::float(y.atan2(x)))
}

fn is_nan(_: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    Ok(Value::bool(x.is_float() && x.as_float().is_nan()))
}

fn is_finite(_: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    Ok(Value::bool(!x.is_float() || x.as_float().is_finite()))
}

fn gcd(cx: &mut dyn Context, args: Args) -> Fallible {
    let (a, b) = (args.get(0), args.get(1));
    if Value::both_int(a, b) {
        let (mut a, mut b) = (a.as_int().abs(), b.as_int().abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        return Ok(int_value(cx, a));
    }
    // At least one is beyond the inline ints, and so not 0.
    bigint::gcd(cx, &to_big(a), &to_big(b))
}

fn bit_and(cx: &mut dyn Context, args: Args) -> Fallible {
    arith::binary(cx, BinaryOp::BitAnd, args.get(0), args.get(1))
}

fn bit_or(cx: &mut dyn Context, args: Args) -> Fallible {
    arith::binary(cx, BinaryOp::BitOr, args.get(0), args.get(1))
}

fn bit_xor(cx: &mut dyn Context, args: Args) -> Fallible {
    arith::binary(cx, BinaryOp::BitXor, args.get(0), args.get(1))
}

fn bit_not(cx: &mut dyn Context, args: Args) -> Fallible {
    arith::bit_not(cx, args.get(0))
}

fn bit_shl(cx: &mut dyn Context, args: Args) -> Fallible {
    not_negative(cx, "bit_shl", "n", args.get(1))?;
    arith::binary(cx, BinaryOp::Shl, args.get(0), args.get(1))
}

fn bit_shr(cx: &mut dyn Context, args: Args) -> Fallible {
    not_negative(cx, "bit_shr", "n", args.get(1))?;
    arith::binary(cx, BinaryOp::Shr, args.get(0), args.get(1))
}
