//! `if`, `match` and `try` as expressions: the last statement of the block that
//! runs puts its value where the expression's value goes.

use super::{Gen, Want};
use crate::compiler::resolve::VarId;
use crate::syntax::ast::*;

/// Where the value of a block goes.
#[derive(Clone, Copy)]
pub struct Out {
    pub register: u16,
    pub want: Want,
    /// The variable that gets it at once.
    pub assigned: Option<VarId>,
}

impl<'a> Gen<'a, '_> {
    /// The value of an `if`, `match` or `try` into `dst`, which is written last in
    /// each of its blocks.
    pub fn control_value(&mut self, stmt: &'a Stmt<'a>, dst: u16, want: Want) {
        let built = self.is_temp(dst);
        // The conditions are no such values.
        let assigned = self.f.assigned.take();
        self.scoped(|this| {
            if built {
                this.f.built.push(dst);
            }
            // The blocks' variables are above the temporaries that wait.
            this.f.locals_top = this.f.top;
            let out = Out {
                register: dst,
                want,
                assigned,
            };
            this.control(stmt, Some(out));
            if built {
                this.f.built.pop();
            }
        });
        self.f.assigned = assigned;
    }

    /// An `if`, `match` or `try`, and where its value goes if it is wanted.
    pub fn control(&mut self, stmt: &'a Stmt<'a>, out: Option<Out>) {
        match stmt.kind {
            StmtKind::If { .. } => self.if_stmt(stmt, out),
            StmtKind::Match {
                subject,
                cases,
                ref default,
            } => {
                self.match_stmt(subject, cases, default.as_ref(), out);
            }
            StmtKind::Try {
                ref body,
                ref except,
                ref finally,
            } => {
                self.try_stmt(body, except.as_ref(), finally.as_ref(), out);
            }
            _ => {}
        }
    }

    /// A block with a scope of its own, and where its value goes if that is
    /// wanted.
    pub fn block_out(&mut self, block: &Block<'a>, out: Option<Out>) {
        let Some(out) = out else {
            return self.block(block);
        };
        self.scoped(|this| {
            this.open_block(block);
            match block.stmts.split_last() {
                None => this.load_null(out.register, block.span.lo),
                Some((last, before)) => {
                    for stmt in before {
                        this.stmt(stmt);
                    }
                    this.last_stmt(last, out);
                }
            }
        });
    }

    fn last_stmt(&mut self, stmt: &'a Stmt<'a>, out: Out) {
        let outer = std::mem::replace(&mut self.f.stmt, stmt.span);
        match stmt.kind {
            // The objects it refers to stay lent: the value is used outside.
            StmtKind::Expr(value) => {
                self.assigned_value(out.assigned, value, out.register, out.want);
            }
            StmtKind::If { .. } | StmtKind::Match { .. } | StmtKind::Try { .. } => {
                self.control(stmt, Some(out));
            }
            _ => {
                self.stmt(stmt);
                self.load_null(out.register, stmt.span.lo);
            }
        }
        self.f.stmt = outer;
    }
}
