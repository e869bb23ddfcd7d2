//! The parts of an expression, for passes that look at all of them alike.

use crate::syntax::ast::*;

/// A part of an expression.
pub enum Part<'a> {
    Expr(&'a Expr<'a>),
    Func(&'a FuncDef<'a>),
    Name(Ident<'a>),
    Block(Block<'a>),
}

/// Calls `each` for the direct parts of an expression, in source order.
pub fn parts<'a>(expr: &Expr<'a>, each: &mut dyn FnMut(Part<'a>)) {
    let mut values = |list: &[&'a Expr<'a>]| {
        for one in list {
            each(Part::Expr(one));
        }
    };
    match expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Yield(None) => {}
        ExprKind::Name(name) => each(Part::Name(Ident {
            name,
            span: expr.span,
        })),
        ExprKind::Path { ty, .. } => each(Part::Name(ty)),
        ExprKind::Func(def) => each(Part::Func(def)),
        ExprKind::Spawn(block) => each(Part::Block(block)),
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(value) = part {
                    values(&[value]);
                }
            }
        }
        ExprKind::Array(items) => {
            for item in items {
                let (ArrayItem::Item(value) | ArrayItem::Spread(value)) = item;
                values(&[value]);
            }
        }
        ExprKind::Dict(items) => {
            for item in items {
                match item {
                    DictItem::Pair { key, value } => {
                        if let DictKey::Template(key) | DictKey::Computed(key) = key {
                            each(Part::Expr(key));
                        }
                        each(Part::Expr(value));
                    }
                    DictItem::Shorthand(name) => each(Part::Name(*name)),
                    DictItem::Spread(value) => each(Part::Expr(value)),
                }
            }
        }
        ExprKind::StructLit { name, items } => {
            each(Part::Name(name));
            for item in items {
                match item {
                    FieldInit::Pair { value, .. } | FieldInit::Spread(value) => {
                        each(Part::Expr(value));
                    }
                    FieldInit::Shorthand(name) => each(Part::Name(*name)),
                }
            }
        }
        ExprKind::Unary { operand: value, .. }
        | ExprKind::OptChain(value)
        | ExprKind::Paren(value)
        | ExprKind::Throw(value)
        | ExprKind::Try { operand: value, .. }
        | ExprKind::Await { operand: value, .. }
        | ExprKind::Yield(Some(value))
        | ExprKind::Field { recv: value, .. } => values(&[value]),
        ExprKind::Binary { left, right, .. }
        | ExprKind::Logic { left, right, .. }
        | ExprKind::Pipe { left, right, .. }
        | ExprKind::Range {
            lo: left,
            hi: right,
            ..
        }
        | ExprKind::Index {
            recv: left,
            index: right,
            ..
        } => values(&[left, right]),
        ExprKind::Slice { recv, lo, hi, .. } => {
            values(&[recv]);
            for end in [lo, hi].into_iter().flatten() {
                values(&[end]);
            }
        }
        ExprKind::Call { callee: head, args }
        | ExprKind::MethodCall {
            recv: head, args, ..
        } => {
            values(&[head]);
            for arg in args {
                values(&[arg.value]);
            }
        }
    }
}
