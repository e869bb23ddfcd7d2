//! Statements and blocks.

use super::control::Out;
use super::vars::Owned;
use super::{Exit, Gen, Want};
use crate::bytecode::Op;
use crate::compiler::ir::Own;
use crate::compiler::resolve::{Res, Storage, VarId};
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    /// A block with a scope of its own.
    pub fn block(&mut self, block: &Block<'a>) {
        self.scoped(|this| this.block_contents(block));
    }

    /// Compiles what a block declares for its whole length, then its
    /// statements.
    pub fn block_contents(&mut self, block: &Block<'a>) {
        self.open_block(block);
        self.leave_early(block.stmts);
        for stmt in block.stmts {
            self.stmt(stmt);
        }
    }

    pub fn open_block(&mut self, block: &Block<'a>) {
        let pos = block.span.lo;
        let is_hoisted = |this: &Self, id: VarId| {
            use crate::compiler::resolve::VarKind::{Func, Struct};
            this.res.var(id).storage == Storage::Register
                && matches!(this.res.var(id).kind, Func | Struct(_))
        };
        let from_entry: Vec<VarId> = self
            .res
            .block_vars(block.span)
            .iter()
            .copied()
            .filter(|&id| self.res.var(id).storage == Storage::Cell || is_hoisted(self, id))
            .collect();
        self.open_vars(&from_entry, pos);
        // Enums first: they need nothing, and functions may mention them.
        for stmt in block.stmts {
            if let StmtKind::Enum(def) = unexported(stmt).kind
                && let Some(var) = self.res.declared(def.name.span)
            {
                let names = def.variants.iter().map(|one| one.name.into()).collect();
                self.declare_enum(var, names);
            }
        }
        for stmt in block.stmts {
            let stmt = unexported(stmt);
            self.f.stmt = stmt.span;
            let mark = self.f.top;
            match stmt.kind {
                StmtKind::Func(def) => {
                    let Some(name) = def.name else { continue };
                    let Some(var) = self.res.declared(name.span) else {
                        continue;
                    };
                    if self.res.var(var).storage == Storage::Constant {
                        self.constant_func(var, def);
                    } else {
                        let register = self.alloc();
                        self.closure(def, register, name.span.lo);
                        self.store_var(var, Owned::temp(register), name.span.lo);
                    }
                }
                StmtKind::Struct(def) => {
                    if let Some(var) = self.res.declared(def.name.span) {
                        self.declare_struct(var, def);
                    }
                }
                _ => {}
            }
            self.f.top = mark;
        }
    }

    pub fn stmt(&mut self, stmt: &'a Stmt<'a>) {
        let lent = self.f.lent.len();
        let outer = std::mem::replace(&mut self.f.stmt, stmt.span);
        let assigned = (self.f.assigned.take(), self.f.replacing.take());
        self.stmt_kind(stmt);
        (self.f.assigned, self.f.replacing) = assigned;
        self.f.stmt = outer;
        self.f.lent.truncate(lent);
        self.f.top = self.f.top.min(self.f.locals_top);
    }

    fn stmt_kind(&mut self, stmt: &'a Stmt<'a>) {
        match stmt.kind {
            StmtKind::Expr(value) => self.effect(value),
            StmtKind::Let { pattern, value, .. } => match pattern.kind {
                PatternKind::Bind(_) => {
                    if let Some(var) = self.res.declared(pattern.span) {
                        self.define(var, value, pattern.span.lo);
                    }
                }
                PatternKind::Wild => self.effect(value),
                _ => self.assign_pattern(pattern, value),
            },
            StmtKind::Assign { target, value, .. } => match target {
                Target::Place(place) => self.assign(place, value),
                Target::Pattern(pattern) => self.assign_pattern(pattern, value),
            },
            StmtKind::Compound {
                place,
                op,
                op_span,
                value,
            } => {
                self.compound(place, op, op_span, value);
            }
            StmtKind::If { .. } | StmtKind::Match { .. } | StmtKind::Try { .. } => {
                self.control(stmt, None);
            }
            StmtKind::While {
                label,
                cond,
                ref body,
                ..
            } => {
                self.while_stmt(label, cond, body, stmt.span.lo);
            }
            StmtKind::For {
                label,
                vars,
                iter,
                ref body,
            } => {
                self.for_stmt(label, vars, iter, body);
            }
            StmtKind::Return(value) => self.return_stmt(value, stmt.span.lo),
            StmtKind::Break(label) => self.jump_out(label, false, stmt.span.lo),
            StmtKind::Continue(label) => self.jump_out(label, true, stmt.span.lo),
            StmtKind::Export(inner) => self.stmt_kind(inner),
            StmtKind::Import(import) => self.import_stmt(&import),
            StmtKind::Func(_) | StmtKind::Struct(_) | StmtKind::Enum(_) => {}
            // Only `ruff test` runs these.
            StmtKind::Test { .. }
            | StmtKind::TestGroup { .. }
            | StmtKind::TestSetup(_)
            | StmtKind::TestTeardown(_) => {}
        }
    }

    /// An expression whose value is not used.
    fn effect(&mut self, value: &'a Expr<'a>) {
        let mark = self.f.top;
        match super::vars::strip(value).kind {
            // The result of a mutating method is not used.
            ExprKind::MethodCall {
                recv,
                name,
                args,
                optional,
                ..
            } => {
                self.method_call(recv, name, args, optional, None);
            }
            _ => {
                self.any(value);
            }
        }
        self.f.top = mark;
    }

    /// `place := value`
    fn assign(&mut self, place: &'a Expr<'a>, value: &'a Expr<'a>) {
        let mark = self.f.top;
        let place = super::vars::strip(place);
        if let ExprKind::Name(_) = place.kind {
            if let Some(var) = self.res.declared(place.span) {
                return self.define(var, value, place.span.lo);
            }
            if let Res::Var(var) = self.res.name(place.span) {
                if let super::vars::Access::Reg(register) = self.access(var) {
                    self.assigned_value(Some(var), value, register, Want::Own);
                } else if let Some((op, op_span, right)) = self.updates(place, value) {
                    self.compound(place, op, op_span, right);
                } else {
                    self.f.taken = self.taken_argument(place, value);
                    let value = self.owned(value);
                    self.f.taken = None;
                    self.store_var(var, value, place.span.lo);
                }
            }
        } else if let Some((op, op_span, right)) = self.updates(place, value) {
            self.compound(place, op, op_span, right);
        } else {
            self.f.taken = self.taken_argument(place, value);
            let value = self.owned(value);
            self.f.taken = None;
            let place = self.eval_place(place);
            self.write_place(&place, value);
        }
        self.f.top = mark;
    }

    /// The value into a register; `var` is the variable that gets it at once.
    pub fn assigned_value(
        &mut self,
        var: Option<VarId>,
        value: &'a Expr<'a>,
        register: u16,
        want: Want,
    ) {
        let outer = (self.f.assigned, self.f.replacing);
        self.f.assigned = var;
        self.f.replacing = var.and_then(|var| self.replacing_call(var, value));
        self.to(value, register, want);
        (self.f.assigned, self.f.replacing) = outer;
    }

    pub fn if_stmt(&mut self, stmt: &'a Stmt<'a>, out: Option<Out>) {
        let end = self.label();
        let mut at = stmt;
        // A chain of `else if` is a list, not a tree.
        while let StmtKind::If {
            cond,
            ref then,
            ref otherwise,
        } = at.kind
        {
            let next = self.label();
            self.f.stmt = at.span;
            self.cond(cond, next, false);
            self.block_out(then, out);
            match otherwise {
                None => {
                    if let Some(out) = out {
                        self.emit_jump(Op::Jump, 0, end, then.span.hi);
                        self.place(next);
                        self.load_null(out.register, at.span.lo);
                    } else {
                        self.place(next);
                    }
                    break;
                }
                Some(Else::Block(block)) => {
                    self.emit_jump(Op::Jump, 0, end, then.span.hi);
                    self.place(next);
                    self.block_out(block, out);
                    break;
                }
                Some(Else::If(inner)) => {
                    self.emit_jump(Op::Jump, 0, end, then.span.hi);
                    self.place(next);
                    at = inner;
                }
            }
        }
        self.place(end);
    }

    fn return_stmt(&mut self, value: Option<&'a Expr<'a>>, pos: u32) {
        let result = self.f.finallies.last().map(|around| around.result);
        match (result, value) {
            (None, None) => {
                if let Some(way) = self.way_out(0, Exit::Return) {
                    self.load_null(way.result, pos);
                    self.emit_jump(Op::Jump, 0, way.label, pos);
                    return;
                }
                self.leave_loans(0, pos);
                self.emit_return_null(pos);
            }
            (None, Some(value)) => {
                let value = self.owned(value);
                self.return_now(value, pos);
            }
            (Some(result), value) => {
                match value {
                    Some(value) => self.to(value, result, Want::Own),
                    None => self.load_null(result, pos),
                }
                self.leave(Exit::Return, pos);
            }
        }
    }

    pub fn emit_return_null(&mut self, pos: u32) {
        if self.res.func(self.f.func).is_async {
            let register = self.alloc();
            self.load_null(register, pos);
            return self.emit_return(Owned::temp(register), pos);
        }
        self.restore_self(pos);
        self.emit(Op::ReturnNull, 0, 0, 0, pos);
    }

    pub fn emit_return(&mut self, value: Owned, pos: u32) {
        let mut value = value;
        if self.res.func(self.f.func).is_async {
            let register = self.settle(value, pos);
            self.emit(Op::Fulfil, register, 0, 0, pos);
            value = Owned::temp(register);
        }
        self.restore_self(pos);
        let ins = self.emit(Op::Return, value.register, 0, 0, pos);
        value.mark(ins);
        debug_assert!(value.own != Own::Plain || ins.flags == 0);
    }
}

fn unexported<'a>(stmt: &'a Stmt<'a>) -> &'a Stmt<'a> {
    let mut stmt = stmt;
    while let StmtKind::Export(inner) = stmt.kind {
        stmt = inner;
    }
    stmt
}
