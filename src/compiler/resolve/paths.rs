//! Paths of fields and indices, as written.

use crate::syntax::ast::{Expr, ExprKind};

/// Where a path of fields and indices begins.
pub struct Root<'a> {
    pub expr: &'a Expr<'a>,
    pub steps: u32,
    /// Whether the first step from the root is a field.
    pub field_first: bool,
}

/// The root of a place; `None` if the expression is none.
pub fn root_of<'a>(expr: &'a Expr<'a>) -> Option<Root<'a>> {
    let mut root = Root {
        expr,
        steps: 0,
        field_first: false,
    };
    loop {
        match root.expr.kind {
            ExprKind::Name(_) => return Some(root),
            ExprKind::Paren(inner) | ExprKind::OptChain(inner) => root.expr = inner,
            ExprKind::Field { recv, .. } => {
                root = Root {
                    expr: recv,
                    steps: root.steps + 1,
                    field_first: true,
                };
            }
            ExprKind::Index { recv, .. } => {
                root = Root {
                    expr: recv,
                    steps: root.steps + 1,
                    field_first: false,
                };
            }
            _ => return None,
        }
    }
}
