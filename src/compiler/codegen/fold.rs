//! Constants known from the text. Folding never changes meaning: ints stay
//! exact within 64 bits, and nothing that would throw is folded.

use crate::bytecode::Const;
use crate::syntax::ast::*;
use dashu_int::IBig;
use std::cmp::Ordering;

/// The constant that a literal (perhaps negated or in parentheses) stands for.
pub fn literal(expr: &Expr) -> Option<Const> {
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
        } => match literal(operand)? {
            Const::Int(value) => Const::Int(value.checked_neg()?),
            Const::Float(value) => Const::Float(-value),
            Const::BigInt { digits, radix } if !digits.starts_with('-') => Const::BigInt {
                digits: format!("-{digits}").into(),
                radix,
            },
            _ => return None,
        },
        _ => return None,
    })
}

/// A literal number that instructions take as their right operand.
pub fn number(expr: &Expr) -> Option<Const> {
    literal(expr).filter(|value| matches!(value, Const::Int(_) | Const::Float(_)))
}

pub fn binary(op: BinaryOp, left: &Const, right: &Const) -> Option<Const> {
    match (left, right) {
        (Const::Int(l), Const::Int(r)) => Some(Const::Int(match op {
            BinaryOp::Add => l.checked_add(*r)?,
            BinaryOp::Sub => l.checked_sub(*r)?,
            BinaryOp::Mul => l.checked_mul(*r)?,
            BinaryOp::Div => l.checked_div(*r)?,
            BinaryOp::Mod => l.checked_rem(*r)?,
            BinaryOp::Shl => {
                let value = l.checked_shl(u32::try_from(*r).ok()?)?;
                (value >> r == *l).then_some(value)?
            }
            BinaryOp::Shr => l.checked_shr(u32::try_from(*r).ok()?)?,
            BinaryOp::BitAnd => l & r,
            BinaryOp::BitOr => l | r,
            BinaryOp::BitXor => l ^ r,
            _ => return None,
        })),
        (Const::Float(l), Const::Float(r)) => Some(Const::Float(match op {
            BinaryOp::Add => l + r,
            BinaryOp::Sub => l - r,
            BinaryOp::Mul => l * r,
            BinaryOp::Div if *r != 0.0 => l / r,
            _ => return None,
        })),
        _ => None,
    }
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
    let whole = |value: &Const| match value {
        Const::Int(value) => Some(IBig::from(*value)),
        Const::BigInt { digits, radix } => IBig::from_str_radix(digits, *radix).ok(),
        _ => None,
    };
    match (a, b) {
        (Const::Str(a), Const::Str(b)) => Some(a.cmp(b)),
        (Const::Float(a), Const::Float(b)) => a.partial_cmp(b),
        (Const::Float(a), _) => Some(order_beside(&whole(b)?, *a).reverse()),
        (_, Const::Float(b)) => Some(order_beside(&whole(a)?, *b)),
        _ => Some(whole(a)?.cmp(&whole(b)?)),
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
