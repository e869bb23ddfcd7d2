//! What can be said of an expression from its form: whether its value is
//! nobody else's, where a path begins, and whether evaluating it may run code
//! of the program, which could change what an earlier temporary refers to.

use super::Gen;
use super::vars::{Access, strip};
use crate::compiler::resolve::{Res, VarId, root_of};
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    /// Whether the value belongs to no place, so that it may be stored as it is.
    pub fn is_fresh(&self, expr: &Expr<'a>) -> bool {
        match strip(expr).kind {
            ExprKind::Name(name) => match self.res.name(strip(expr).span) {
                Res::Var(id) => self.access(id) == Access::Constant,
                Res::Member => false,
                Res::Free => name == "None" || self.builtins.native(name).is_some(),
            },
            ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::OptChain(_)
            | ExprKind::Try { .. }
            | ExprKind::Logic { op: LogicOp::Coalesce, .. } => false,
            _ => true,
        }
    }

    /// The variable at the root of a path of at least one step (`None` in the
    /// pair: not a variable) and whether a field is among the steps.
    pub fn path_root(&self, expr: &Expr<'a>) -> Option<(Option<VarId>, bool)> {
        let expr = strip(expr);
        let root = root_of(expr);
        let mut fields = false;
        let mut at = expr;
        loop {
            at = match at.kind {
                ExprKind::Field { recv, .. } => {
                    fields = true;
                    recv
                }
                ExprKind::Index { recv, index, .. } => {
                    fields |= matches!(strip(index).kind, ExprKind::Str(_));
                    recv
                }
                ExprKind::Paren(inner) | ExprKind::OptChain(inner) => inner,
                _ => break,
            };
        }
        let root = root?;
        match self.res.name(root.expr.span) {
            Res::Var(id) => Some((Some(id), fields)),
            Res::Member => Some((None, true)),
            Res::Free => None,
        }
    }

    /// Whether evaluating any of these may run code of the program.
    pub fn may_run_code(&self, later: &[&Expr<'a>]) -> bool {
        later.iter().any(|expr| self.runs_code(expr))
    }

    fn runs_code(&self, expr: &Expr<'a>) -> bool {
        match strip(expr).kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Func(_)
            | ExprKind::Path { .. } => false,
            ExprKind::Field { recv, .. } => self.runs_code(recv),
            ExprKind::Index { recv, index, .. } => self.runs_code(recv) || self.runs_code(index),
            ExprKind::OptChain(inner) => self.runs_code(inner),
            ExprKind::Array(items) => items.iter().any(|item| match item {
                ArrayItem::Item(value) => self.runs_code(value),
                ArrayItem::Spread(_) => true,
            }),
            // Operators of structs are functions; with a literal number on one
            // side still, but `1 + 2` is none.
            ExprKind::Binary { .. } => super::fold::literal(expr).is_none(),
            ExprKind::Unary { op: UnaryOp::Neg, .. } => super::fold::literal(expr).is_none(),
            ExprKind::Call { callee, args } => match strip(callee).kind {
                ExprKind::Name(name) => {
                    let quiet = self.res.name(strip(callee).span) == Res::Free
                        && self.builtins.native(name).is_some_and(|native| !native.calls_back);
                    !quiet || args.iter().any(|arg| arg.spread || self.runs_code(arg.value))
                }
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether calls in between can change what a read of this expression
    /// refers to: it is no variable of this frame alone.
    pub fn is_reachable(&self, expr: &Expr<'a>) -> bool {
        if self.register_of(expr).is_some() || self.is_fresh(expr) {
            return false;
        }
        match self.path_root(expr) {
            Some((Some(var), fields)) => match self.access(var) {
                Access::Reg(_) => fields,
                Access::Copied(_) => fields,
                _ => true,
            },
            _ => true,
        }
    }

    /// Whether a register variable is written between the end of its mention
    /// and the end of what is evaluated before its use.
    pub fn is_written_later(&self, var: VarId, later: &[&Expr<'a>]) -> bool {
        later.iter().any(|expr| self.res.var(var).is_written_in(expr.span))
    }
}
