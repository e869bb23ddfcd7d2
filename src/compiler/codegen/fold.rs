//! Constants known from the source. Folding never changes meaning: ints stay exact, and
//! nothing that would throw is folded.

use crate::bytecode::Const;
use crate::syntax::ast::*;
use dashu_int::IBig;
use dashu_int::ops::BitTest;
use std::cmp::Ordering;

/// Operators within each other that make a constant.
const DEEPEST: u32 = 12;
/// Bits of an int that is computed before the program runs.
const MOST_BITS: usize = 256;

/// The constant that an expression of literals gives.
pub fn literal(expr: &Expr) -> Option<Const> {
    literal_within(expr, DEEPEST)
}

fn literal_within(expr: &Expr, depth: u32) -> Option<Const> {
    let depth = depth.checked_sub(1)?;
    Some(match super::vars::strip(expr).kind {
        ExprKind::Null => Const::Null,
        ExprKind::Bool(value) => Const::Bool(value),
        ExprKind::Int(IntLit::Small(value)) => Const::Int(value),
        ExprKind::Int(IntLit::Big { digits, radix }) => Const::BigInt {
            digits: digits.into(),
            radix,
        },
        ExprKind::Float(value) => Const::Float(value),
        ExprKind::Str(text) => Const::Str(text.into()),
        ExprKind::Unary {
            op: UnaryOp::Neg,
            operand,
            ..
        } => match literal_within(operand, depth)? {
            Const::Int(value) => Const::Int(value.checked_neg()?),
            Const::Float(value) => Const::Float(-value),
            Const::BigInt { digits, radix } if !digits.starts_with('-') => Const::BigInt {
                digits: format!("-{digits}").into(),
                radix,
            },
            _ => return None,
        },
        ExprKind::Binary {
            op, left, right, ..
        } => {
            let left = literal_within(left, depth)?;
            binary(op, &left, &literal_within(right, depth)?)?
        }
        _ => return None,
    })
}

/// A literal number that instructions take as their right operand.
pub fn number(expr: &Expr) -> Option<Const> {
    literal(expr).filter(|value| matches!(value, Const::Int(_) | Const::Float(_)))
}

/// The result of an operator on two constants, if it is a number and nothing throws.
pub fn binary(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    match (left, right) {
        (Const::Float(l), Const::Float(r)) => float(op, *l, *r),
        (Const::Float(l), Const::Int(r)) => float(op, *l, exact(*r)?),
        (Const::Int(l), Const::Float(r)) => float(op, exact(*l)?, *r),
        (Const::Int(l), Const::Int(r)) => small(op, *l, *r).or_else(|| large(op, left, right)),
        _ => large(op, left, right),
    }
}

/// An int as the float that equals it.
fn exact(int: i64) -> Option<f64> {
    (int.unsigned_abs() <= 1 << 53).then_some(int as f64)
}

fn float(op: BinaryOp, l: f64, r: f64) -> Option<Const> {
    let value = match op {
        BinaryOp::Add => l + r,
        BinaryOp::Sub => l - r,
        BinaryOp::Mul => l * r,
        BinaryOp::Div if r != 0.0 => l / r,
        _ => return None,
    };
    (!value.is_nan()).then_some(Const::Float(value))
}

fn small(op: BinaryOp, l: i64, r: i64) -> Option<Const> {
    Some(Const::Int(match op {
        BinaryOp::Add => l.checked_add(r)?,
        BinaryOp::Sub => l.checked_sub(r)?,
        BinaryOp::Mul => l.checked_mul(r)?,
        BinaryOp::Div => l.checked_div(r)?,
        BinaryOp::Mod => l.checked_rem(r)?,
        BinaryOp::Shl => {
            let value = l.checked_shl(u32::try_from(r).ok()?)?;
            (value >> r == l).then_some(value)?
        }
        BinaryOp::Shr => l.checked_shr(u32::try_from(r).ok()?)?,
        BinaryOp::BitAnd => l & r,
        BinaryOp::BitOr => l | r,
        BinaryOp::BitXor => l ^ r,
        _ => return None,
    }))
}

/// The same for ints of any size.
fn large(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    let is_short = |value: &Const| match value {
        Const::BigInt { digits, .. } => digits.len() <= MOST_BITS + 1,
        _ => true,
    };
    if !is_short(left) || !is_short(right) {
        return None;
    }
    let (l, r) = (whole(left)?, whole(right)?);
    let by = usize::try_from(&r).ok().filter(|&by| by <= MOST_BITS);
    let value = match op {
        BinaryOp::Add => l + r,
        BinaryOp::Sub => l - r,
        BinaryOp::Mul => l * r,
        BinaryOp::Shl => l << by?,
        BinaryOp::Pow if l.bit_len() * by? <= MOST_BITS => l.pow(by?),
        _ => return None,
    };
    if value.bit_len() > MOST_BITS {
        return None;
    }
    Some(match i64::try_from(&value) {
        Ok(value) => Const::Int(value),
        Err(_) => Const::BigInt {
            digits: value.to_string().into(),
            radix: 10,
        },
    })
}

/// Whether two literals are the ends of a range that has something in it.
pub fn check_range(lo: &Const, hi: &Const, inclusive: bool) -> Result<(), &'static str> {
    let Some(order) = order(lo, hi) else {
        return Err("the ends of a range pattern are two numbers or two strings");
    };
    if order.is_gt() || order.is_eq() && !inclusive {
        return Err("nothing is in this range: the lower end of a range pattern comes first");
    }
    Ok(())
}

/// The order of two numbers or strings; of ints and floats the exact one.
fn order(a: &Const, b: &Const) -> Option<Ordering> {
    match (a, b) {
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        (Const::Float(a), Const::Float(b)) => a.partial_cmp(b),
        (Const::Float(a), _) => Some(order_beside(&whole(b)?, *a).reverse()),
        (_, Const::Float(b)) => Some(order_beside(&whole(a)?, *b)),
        _ => Some(whole(a)?.cmp(&whole(b)?)),
    }
}

fn whole(value: &Const) -> Option<IBig> {
    match value {
        Const::Int(value) => Some(IBig::from(*value)),
        Const::BigInt { digits, radix } => IBig::from_str_radix(digits, *radix).ok(),
        _ => None,
    }
}

/// The order of an int and a float that is no NaN.
fn order_beside(int: &IBig, float: f64) -> Ordering {
    match IBig::try_from(float.trunc()) {
        Ok(whole) => int
            .cmp(&whole)
            .then(0.0f64.total_cmp(&(float.fract() + 0.0))),
        Err(_) if float > 0.0 => Ordering::Less,
        Err(_) => Ordering::Greater,
    }
}

/// A whole array or dict literal of constants.
pub fn container(expr: &Expr) -> Option<Const> {
    match super::vars::strip(expr).kind {
        ExprKind::Array(items) if !items.is_empty() => {
            let mut values = Vec::with_capacity(items.len());
            for item in items {
                let ArrayItem::Item(value) = item else {
                    return None;
                };
                values.push(constant(value)?);
            }
            Some(Const::Array(values.into()))
        }
        ExprKind::Dict(items) if !items.is_empty() => {
            let mut entries: Vec<(Box<str>, Const)> = Vec::with_capacity(items.len());
            let mut seen = crate::compiler::hash::Set::default();
            for item in items {
                let DictItem::Pair { key, value } = item else {
                    return None;
                };
                let key = static_key(key)?;
                if !seen.insert(key) {
                    return None;
                }
                entries.push((key.into(), constant(value)?));
            }
            Some(Const::Dict(entries.into()))
        }
        _ => None,
    }
}

/// A literal of any kind that is a constant.
pub fn constant(expr: &Expr) -> Option<Const> {
    literal(expr).or_else(|| container(expr))
}

/// The text of a dict literal's key, if it is a string known from the text.
pub fn static_key<'a>(key: &DictKey<'a>) -> Option<&'a str> {
    match key {
        DictKey::Name(name) => Some(name.name),
        DictKey::Str { text, .. } => Some(text),
        _ => None,
    }
}
