//! The names in expressions.

use super::paths::root_of;
use super::walker::{Receiver, Walker};
use super::{FuncKind, Res};
use crate::syntax::ast::*;

impl<'a> Walker<'a> {
    pub fn expr(&mut self, expr: &'a Expr<'a>) {
        let mut expr = expr;
        loop {
            match expr.kind {
                // Long chains lean to the left: follow them without recursion.
                ExprKind::Binary { left, right, .. } | ExprKind::Logic { left, right, .. } => {
                    let mut rights = vec![right];
                    let mut at = left;
                    while let ExprKind::Binary { left, right, .. }
                    | ExprKind::Logic { left, right, .. } = at.kind
                    {
                        rights.push(right);
                        at = left;
                    }
                    self.expr(at);
                    for right in rights.into_iter().rev() {
                        self.expr(right);
                    }
                    return;
                }
                ExprKind::Paren(inner) | ExprKind::OptChain(inner) => expr = inner,
                ExprKind::Throw { value, cause: None } => expr = value,
                ExprKind::Unary { operand, .. } | ExprKind::Try { operand, .. } => expr = operand,
                _ => return self.simple_expr(expr),
            }
        }
    }

    fn simple_expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::Name(name) => {
                self.mention(name, expr.span);
            }
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Expr(value, _) = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::Array(items) => {
                for item in items {
                    let (ArrayItem::Item(value) | ArrayItem::Spread(value)) = item;
                    self.expr(value);
                }
            }
            ExprKind::Dict(items) => {
                for item in items {
                    match item {
                        DictItem::Pair { key, value } => {
                            if let DictKey::Template(key) | DictKey::Computed(key) = key {
                                self.expr(key);
                            }
                            self.expr(value);
                        }
                        DictItem::Shorthand(name) => {
                            self.mention(name.name, name.span);
                        }
                        DictItem::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::StructLit { name, items } => {
                self.mention(name.name, name.span);
                for item in items {
                    match item {
                        FieldInit::Pair { value, .. } | FieldInit::Spread(value) => {
                            self.expr(value);
                        }
                        FieldInit::Shorthand(name) => {
                            self.mention(name.name, name.span);
                        }
                    }
                }
            }
            ExprKind::Func(def) | ExprKind::Spawn(def) => {
                self.defer(def, FuncKind::Plain, expr.span.lo, None)
            }
            ExprKind::Range { lo, hi, .. } => {
                self.expr(lo);
                self.expr(hi);
            }
            ExprKind::Pipe { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::MethodCall {
                recv, name, args, ..
            } => {
                self.expr(recv);
                self.note_method_call(recv, name);
                self.args(args);
            }
            ExprKind::Field { recv, .. } => self.expr(recv),
            ExprKind::Index { recv, index, .. } => {
                self.expr(recv);
                self.expr(index);
            }
            ExprKind::Slice { recv, lo, hi, .. } => {
                self.expr(recv);
                for end in [lo, hi].into_iter().flatten() {
                    self.expr(end);
                }
            }
            ExprKind::Path { ty, .. } => {
                self.mention(ty.name, ty.span);
            }
            ExprKind::Await { operand, .. } => self.expr(operand),
            ExprKind::Yield(Some(value)) | ExprKind::YieldAll(value) => self.expr(value),
            ExprKind::Throw { value, cause } => {
                self.expr(value);
                if let Some(cause) = cause {
                    self.expr(cause);
                }
            }
            ExprKind::Control(stmt) => self.stmt(stmt),
            _ => {}
        }
    }

    fn args(&mut self, args: &'a [Arg<'a>]) {
        for arg in args {
            self.expr(arg.value);
        }
    }

    fn note_method_call(&mut self, recv: &'a Expr<'a>, method: Ident<'a>) {
        let Some(root) = root_of(recv) else { return };
        let ExprKind::Name(name) = root.expr.kind else {
            return;
        };
        let Res::Var(var) = self.out.name(root.expr.span) else {
            return;
        };
        if name == "self" {
            let owner = self.out.var(var).func;
            let calls = &mut self.out.funcs[owner.0 as usize].self_calls;
            calls.push((method.name.into(), root.steps == 0));
        }
        self.receivers.push(Receiver {
            var,
            method: method.name,
            at: method.span.lo,
            func: self.func,
        });
    }
}
