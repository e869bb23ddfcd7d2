//! Loops, and the jumps out of them.

use super::{Exit, Gen, Loan, Loop, Want};
use crate::bytecode::Op;
use crate::bytecode::op::{CHAIN, INCLUSIVE, LEND, SHARE};
use crate::compiler::ir::Label;
use crate::compiler::resolve::{Res, Storage, VarId};
use crate::syntax::ast::*;

/// The subject of a `for` that is a range as written.
struct RangeParts<'a> {
    lo: Option<&'a Expr<'a>>,
    hi: &'a Expr<'a>,
    step: Option<&'a Expr<'a>>,
    inclusive: bool,
    pos: u32,
}

impl<'a> Gen<'a, '_> {
    pub fn while_stmt(
        &mut self,
        label: Option<Ident<'a>>,
        cond: Option<&'a Expr<'a>>,
        body: &Block<'a>,
        pos: u32,
    ) {
        let head = self.here();
        let again = self.label();
        let end = self.label();
        if let Some(cond) = cond {
            self.cond(cond, end, false);
        }
        self.in_loop(label, [end, again], Some(head), None, |this| {
            this.block(body)
        });
        self.place(again);
        self.emit_jump(Op::Loop, 0, head, pos);
        self.place(end);
    }

    fn in_loop(
        &mut self,
        label: Option<Ident<'a>>,
        [break_to, continue_to]: [Label; 2],
        head: Option<Label>,
        loan: Option<Loan>,
        body: impl FnOnce(&mut Self),
    ) {
        self.f.loops.push(Loop {
            label: label.map(|one| one.name),
            break_to,
            continue_to,
            head,
            tries: self.f.tries.len(),
            finallies: self.f.finallies.len(),
            loan,
        });
        body(self);
        self.f.loops.pop();
    }

    /// The number of the loop that a jump means.
    fn loop_of(&self, label: Option<Ident<'a>>) -> Option<usize> {
        let is_meant = |one: &Loop| label.is_none_or(|label| one.label == Some(label.name));
        self.f.loops.iter().rposition(is_meant)
    }

    pub fn jump_out(&mut self, label: Option<Ident<'a>>, again: bool, pos: u32) {
        let Some(index) = self.loop_of(label) else {
            return;
        };
        let exit = if again { Exit::Continue } else { Exit::Break };
        self.leave_loop(exit(index as u32), pos);
    }

    /// Before statements of which the last leaves loops, and from which nothing goes back
    /// into them: what these run over need not stay as it is any more.
    pub fn leave_early(&mut self, stmts: &'a [Stmt<'a>]) {
        let Some((last, before)) = stmts.split_last() else {
            return;
        };
        let outermost = match last.kind {
            StmtKind::Break(label) => self.loop_of(label),
            StmtKind::Return(_) => Some(0),
            _ => None,
        };
        let Some(outermost) = outermost else { return };
        if before.is_empty() || !before.iter().all(goes_on) {
            return;
        }
        // Errors of these statements must not be caught within the loop.
        let caught = self.f.tries.iter().rposition(|one| !one.cleanup);
        let uncaught = caught.map_or(0, |at| at + 1);
        for index in outermost..self.f.loops.len() {
            let one = self.f.loops[index];
            if let Some(loan) = one.loan
                && one.tries >= uncaught
            {
                self.end_loan(loan, loan.parts, last.span.lo);
            }
        }
    }

    pub fn for_stmt(
        &mut self,
        label: Option<Ident<'a>>,
        vars: ForVars<'a>,
        iter: &'a Expr<'a>,
        body: &Block<'a>,
    ) {
        self.scoped(|this| {
            let lent = this.f.lent.len();
            this.for_loop(label, vars, iter, body);
            this.f.lent.truncate(lent);
        });
    }

    fn for_loop(
        &mut self,
        label: Option<Ident<'a>>,
        vars: ForVars<'a>,
        iter: &'a Expr<'a>,
        body: &Block<'a>,
    ) {
        let state = self.alloc();
        self.alloc();
        self.alloc();
        let next = self.label();
        let start = self.label();
        let end = self.label();
        let pos = iter.span.lo;
        let range = match vars {
            ForVars::One(_) => self.range_parts(iter),
            ForVars::Two(..) => None,
        };
        let (mut is_range, mut lends) = (false, 0);
        if let Some(range) = range {
            is_range = true;
            self.range_state(&range, state);
            let ins = self.emit_jump(Op::RangeInit, state, next, range.pos);
            ins.flags = if range.inclusive { INCLUSIVE } else { 0 };
        } else {
            if self.subject(iter, state, body) {
                lends = LEND;
            } else if let Some(chain) = self.own_chain(iter) {
                lends = chain;
            }
            self.emit_jump(Op::IterInit, state, next, pos).flags = lends;
        }
        self.f.locals_top = self.f.top;
        let loan = (lends != 0).then_some(Loan {
            register: state + 2,
            flags: lends & CHAIN,
            parts: match vars {
                ForVars::One(_) => 1,
                ForVars::Two(..) => 2,
            },
        });
        // The cursor is not needed any more when there is an error.
        let range = loan.map(|loan| self.open_loans(vec![loan], state + 1, pos));
        self.place(start);
        let mut share = false;
        let (op, pattern) = match vars {
            ForVars::One(pattern) => {
                let element = self.alloc();
                self.f.locals_top = self.f.top;
                let owns = self.loop_var(pattern, element);
                share |= owns && !is_range;
                if is_range && let Some(var) = self.res.declared(pattern.span) {
                    self.ints[var.0 as usize] = !self.res.var(var).is_written();
                }
                (
                    if is_range {
                        Op::RangeNext
                    } else {
                        Op::IterNext
                    },
                    pattern,
                )
            }
            ForVars::Two(key, pattern) => {
                let first = self.alloc();
                let element = self.alloc();
                self.f.locals_top = self.f.top;
                if let Some(var) = self.res.declared(key.span) {
                    self.bind_loop_var(var, first);
                }
                share |= self.loop_var(pattern, element);
                (Op::IterNext2, pattern)
            }
        };
        // Destructuring needs temporaries above the loop's own registers.
        if !matches!(pattern.kind, PatternKind::Bind(_) | PatternKind::Wild) {
            let element = self.f.top as u16 - 1;
            self.bind_whole(pattern, element);
        }
        self.in_loop(label, [end, next], None, loan, |this| this.block(body));
        self.place(next);
        self.emit_jump(op, state, start, pos).flags = if share { SHARE } else { 0 };
        if let Some(range) = range {
            self.close_range(range);
        }
        self.place(end);
        if let Some(loan) = loan {
            self.end_loan(loan, 0, pos);
            self.write_ways_out(loan, pos);
        }
    }

    /// Gives a simple loop variable the element's register; whether the
    /// element gets the variable as a further owner.
    fn loop_var(&mut self, pattern: &Pattern<'a>, element: u16) -> bool {
        let PatternKind::Bind(_) = pattern.kind else {
            return false;
        };
        match self.res.declared(pattern.span) {
            Some(var) => self.bind_loop_var(var, element),
            None => false,
        }
    }

    fn bind_loop_var(&mut self, var: VarId, element: u16) -> bool {
        let info = self.res.var(var);
        let pos = info.span.lo;
        if info.storage == Storage::Cell {
            let cell = self.alloc();
            self.f.locals_top = self.f.top;
            self.bind_register(var, cell);
            self.emit(Op::NewCell, cell, 0, 0, pos);
            self.emit(Op::SetCell, cell, element, 0, pos);
            return true;
        }
        self.bind_register(var, element);
        // One that is only read refers to the element in its container, which
        // the loop keeps as it is.
        let alias = !info.is_written();
        self.aliases[var.0 as usize] = alias;
        !alias
    }

    /// The subject into the loop's state; whether it must be lent, because it
    /// could be written during the loop.
    fn subject(&mut self, iter: &'a Expr<'a>, state: u16, body: &Block<'a>) -> bool {
        if let Some((var, register)) = self.register_of(iter) {
            self.emit(Op::Move, state, register, 0, iter.span.lo);
            // The body may use up the variable only as a copy.
            self.f.lent.push(register);
            return self.res.var(var).is_written_in(body.span);
        }
        self.to(iter, state, Want::Use);
        match self.path_root(iter) {
            Some((Some(var), fields)) => {
                if let super::vars::Access::Reg(register) = self.access(var) {
                    self.f.lent.push(register);
                    return fields || self.res.var(var).is_written_in(body.span);
                }
                !matches!(self.access(var), super::vars::Access::Constant)
            }
            Some((None, _)) => true,
            None => !self.is_fresh(iter),
        }
    }

    fn range_parts(&self, iter: &'a Expr<'a>) -> Option<RangeParts<'a>> {
        let iter = super::vars::strip(iter);
        match iter.kind {
            ExprKind::Range {
                lo,
                hi,
                inclusive,
                op_span,
            } => Some(RangeParts {
                lo: Some(lo),
                hi,
                step: None,
                inclusive,
                pos: op_span.lo,
            }),
            ExprKind::Call { callee, args } => {
                let ExprKind::Name("range") = callee.kind else {
                    return None;
                };
                let built_in = self.res.name(callee.span) == Res::Free
                    && self.builtins.native("range").is_some();
                if !built_in || args.iter().any(|arg| arg.spread) {
                    return None;
                }
                let (lo, hi, step) = match args {
                    [hi] => (None, hi.value, None),
                    [lo, hi] => (Some(lo.value), hi.value, None),
                    [lo, hi, step] => (Some(lo.value), hi.value, Some(step.value)),
                    _ => return None,
                };
                Some(RangeParts {
                    lo,
                    hi,
                    step,
                    inclusive: false,
                    pos: callee.span.lo,
                })
            }
            _ => None,
        }
    }

    /// A range as written, as an iterator in `slot`, which is the topmost
    /// register; false if the expression is none.
    pub fn lazy_range(&mut self, expr: &'a Expr<'a>, slot: u16) -> bool {
        let Some(range) = self.range_parts(expr) else {
            return false;
        };
        self.alloc();
        self.alloc();
        self.range_state(&range, slot);
        let ins = self.emit(Op::LazyRange, slot, 0, 0, range.pos);
        ins.flags = if range.inclusive { INCLUSIVE } else { 0 };
        self.f.top = u32::from(slot) + 1;
        true
    }

    fn range_state(&mut self, range: &RangeParts<'a>, state: u16) {
        for (value, offset, default) in
            [(range.lo, 0, 0), (Some(range.hi), 1, 0), (range.step, 2, 1)]
        {
            match value {
                Some(value) => self.to(value, state + offset, Want::Use),
                None => {
                    self.load_const(
                        state + offset,
                        crate::bytecode::Const::Int(default),
                        range.pos,
                    );
                }
            }
        }
    }
}

/// Whether no path from a statement leads back into an enclosing loop.
fn goes_on(stmt: &Stmt) -> bool {
    match stmt.kind {
        StmtKind::If {
            ref then,
            ref otherwise,
            ..
        } => {
            then.stmts.iter().all(goes_on)
                && match otherwise {
                    None => true,
                    Some(Else::Block(block)) => block.stmts.iter().all(goes_on),
                    Some(Else::If(inner)) => goes_on(inner),
                }
        }
        StmtKind::Expr(_)
        | StmtKind::Let { .. }
        | StmtKind::Assign { .. }
        | StmtKind::Compound { .. }
        | StmtKind::Return(_)
        | StmtKind::Func(_)
        | StmtKind::Struct(_)
        | StmtKind::Enum(_) => true,
        _ => false,
    }
}
