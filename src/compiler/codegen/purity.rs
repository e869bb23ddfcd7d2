//! The facts that follow from the form of an expression: whether its value has
//! no other owner, where a path begins, and whether evaluating it may run code
//! of the program, which could change what an earlier temporary refers to.

use super::Gen;
use super::vars::{Access, strip};
use crate::bytecode::Op;
use crate::bytecode::op::{CHAIN, DEEP};
use crate::compiler::resolve::{Res, VarId, root_of};
use crate::compiler::visit::each_value;
use crate::effects::Effects;
use crate::syntax::ast::*;

/// The facts about a path and so about all shorter ones that it begins with: they
/// begin at one place of the source. Code for a path asks for each of them.
#[derive(Clone, Copy)]
pub struct Spine {
    lo: u32,
    /// The ends of the shortest and the longest path.
    least: u32,
    hi: u32,
    root: Res,
    /// Where the first field ends.
    fields_from: u32,
}

impl Default for Spine {
    /// No path.
    fn default() -> Spine {
        Spine {
            lo: u32::MAX,
            least: u32::MAX,
            hi: 0,
            root: Res::Free,
            fields_from: u32::MAX,
        }
    }
}

impl Spine {
    fn has(&self, path: &Expr) -> bool {
        path.span.lo == self.lo && (self.least..=self.hi).contains(&path.span.hi)
    }
}

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
            | ExprKind::Logic {
                op: LogicOp::Coalesce,
                ..
            } => false,
            ExprKind::Control(stmt) => {
                let mut fresh = true;
                each_value(stmt, &mut |value| fresh &= self.is_fresh(value));
                fresh
            }
            _ => true,
        }
    }

    /// Whether an expression makes a chain of lazy steps that no other code gets: built-in
    /// adaptors on an iterator that is asked for here. The flags of its loan: [`CHAIN`], and
    /// [`DEEP`] if every `cycle` in it gathers from such a chain.
    pub fn own_chain(&self, expr: &Expr<'a>) -> Option<u8> {
        let deep = self.is_deep_chain(expr)?;
        Some(if deep { CHAIN | DEEP } else { CHAIN })
    }

    /// If an expression makes such a chain: whether every `cycle` gathers from one.
    fn is_deep_chain(&self, expr: &Expr<'a>) -> Option<bool> {
        let mut at = strip(expr);
        loop {
            // The method of a type of the program may give an iterator that is elsewhere
            // too; after the first step there are only built-in ones.
            let (name, source, own) = match at.kind {
                ExprKind::MethodCall { recv, name, .. } => {
                    (name.name, recv, !self.res.defines_method(name.name))
                }
                ExprKind::Call {
                    callee,
                    args: [first, ..],
                } if !first.spread => (self.native_name(callee)?, first.value, true),
                ExprKind::Pipe { left, right, .. } => match right.kind {
                    ExprKind::Call { callee, .. } => (self.native_name(callee)?, left, true),
                    _ => (self.native_name(right)?, left, true),
                },
                _ => return None,
            };
            if self.builtins.opens(name) {
                let deep = name != "cycle" || self.is_deep_chain(source) == Some(true);
                return own.then_some(deep);
            }
            if !self.builtins.is_adaptor(name) {
                return None;
            }
            at = strip(source);
        }
    }

    /// The built-in function that a callee is.
    pub fn native_name(&self, callee: &Expr<'a>) -> Option<&'a str> {
        let callee = strip(callee);
        match callee.kind {
            ExprKind::Name(name)
                if self.res.name(callee.span) == Res::Free
                    && self.builtins.native(name).is_some() =>
            {
                Some(name)
            }
            _ => None,
        }
    }

    /// The variable at the root of a path of at least one step (`None` in the
    /// pair: not a variable) and whether a field is among the steps.
    pub fn path_root(&self, expr: &Expr<'a>) -> Option<(Option<VarId>, bool)> {
        let expr = strip(expr);
        let mut spine = self.spine.get();
        if !spine.has(expr) {
            spine = self.spine_of(expr);
            self.spine.set(spine);
        }
        match spine.root {
            Res::Var(id) => Some((Some(id), expr.span.hi >= spine.fields_from)),
            Res::Member => Some((None, true)),
            Res::Free => None,
        }
    }

    fn spine_of(&self, expr: &Expr<'a>) -> Spine {
        let mut fields_from = u32::MAX;
        let mut at = expr;
        loop {
            let next = match at.kind {
                ExprKind::Field { recv, .. } => {
                    fields_from = at.span.hi;
                    recv
                }
                ExprKind::Index { recv, index, .. } => {
                    if matches!(strip(index).kind, ExprKind::Str(_)) {
                        fields_from = at.span.hi;
                    }
                    recv
                }
                ExprKind::Paren(inner) | ExprKind::OptChain(inner) => inner,
                _ => break,
            };
            at = next;
        }
        let root = match at.kind {
            ExprKind::Name(_) => self.res.name(at.span),
            _ => Res::Free,
        };
        Spine {
            lo: expr.span.lo,
            least: at.span.hi,
            hi: expr.span.hi,
            root,
            fields_from,
        }
    }

    /// Whether something with these effects may run code of this program.
    pub fn runs(&self, effects: Effects) -> bool {
        (effects - self.idle).runs_code()
    }

    /// Whether evaluating any of these may run code of the program.
    pub fn may_run_code(&self, later: &[&Expr<'a>]) -> bool {
        later.iter().any(|expr| self.runs_code(expr))
    }

    pub fn runs_code(&self, expr: &Expr<'a>) -> bool {
        match strip(expr).kind {
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Func(_)
            | ExprKind::Path { .. } => false,
            ExprKind::Field { recv, .. } => {
                self.runs(Op::GetField.effects() - Effects::INDEXES) || self.runs_code(recv)
            }
            ExprKind::Index { recv, index, .. } => {
                self.runs(Op::GetIndex.effects()) || self.runs_code(recv) || self.runs_code(index)
            }
            ExprKind::OptChain(inner) => self.runs_code(inner),
            ExprKind::Logic {
                op, left, right, ..
            } => {
                op != LogicOp::Coalesce && self.runs(Effects::CONTENTS)
                    || self.runs_code(left)
                    || self.runs_code(right)
            }
            ExprKind::Range {
                lo: left,
                hi: right,
                ..
            } => self.runs_code(left) || self.runs_code(right),
            ExprKind::Slice { recv, lo, hi, .. } => {
                let mut ends = [lo, hi].into_iter().flatten();
                self.runs_code(recv) || ends.any(|end| self.runs_code(end))
            }
            ExprKind::Template(parts) => {
                self.runs(Effects::TEXTS)
                    || parts.iter().any(|part| match part {
                        TemplatePart::Expr(value, _) => self.runs_code(value),
                        TemplatePart::Text(_) => false,
                    })
            }
            ExprKind::MethodCall {
                recv, name, args, ..
            } => {
                self.method_runs_code(name.name)
                    || self.runs_code(recv)
                    || args
                        .iter()
                        .any(|arg| arg.spread || self.runs_code(arg.value))
            }
            ExprKind::Array(items) => items.iter().any(|item| match item {
                ArrayItem::Item(value) => self.runs_code(value),
                ArrayItem::Spread(_) => true,
            }),
            // Operators of structs are functions.
            ExprKind::Binary { left, right, .. } => {
                super::fold::literal(expr).is_none()
                    && (self.runs(Effects::OPERATORS)
                        || self.runs_code(left)
                        || self.runs_code(right))
            }
            ExprKind::Unary { operand, .. } => {
                super::fold::literal(expr).is_none()
                    && (self.runs(Op::Not.effects()) || self.runs_code(operand))
            }
            ExprKind::Call { callee, args } => match strip(callee).kind {
                ExprKind::Name(name) => {
                    let silent = match self.res.name(strip(callee).span) {
                        Res::Free => (self.builtins.native(name))
                            .is_some_and(|native| !self.runs(native.effects)),
                        Res::Var(_) => self
                            .known_func(strip(callee).span)
                            .is_some_and(|var| self.is_harmless(var)),
                        Res::Member => false,
                    };
                    !silent
                        || args
                            .iter()
                            .any(|arg| arg.spread || self.runs_code(arg.value))
                }
                _ => true,
            },
            ExprKind::Control(stmt) => self.chooses_by_code(stmt),
            _ => true,
        }
    }

    /// As [`Gen::may_run_code`], of a statement that gives a value: an `if` of
    /// expressions only chooses between them.
    fn chooses_by_code(&self, stmt: &Stmt<'a>) -> bool {
        let runs = |block: &Block<'a>| match block.stmts {
            [
                Stmt {
                    kind: StmtKind::Expr(value),
                    ..
                },
            ] => self.runs_code(value),
            _ => true,
        };
        let mut stmt = stmt;
        while let StmtKind::If {
            cond,
            then,
            otherwise,
        } = stmt.kind
        {
            if self.runs(Effects::CONTENTS) || self.runs_code(cond) || runs(&then) {
                return true;
            }
            match otherwise {
                None => return false,
                Some(Else::Block(block)) => return runs(&block),
                Some(Else::If(inner)) => stmt = inner,
            }
        }
        true
    }

    /// Whether calls in between can change what a read of this expression
    /// refers to: it is no variable of this frame alone.
    pub fn is_reachable(&self, expr: &Expr<'a>) -> bool {
        if self.register_of(expr).is_some() || self.is_fresh(expr) {
            return false;
        }
        match self.path_root(expr) {
            Some((Some(var), fields)) => {
                let own = matches!(self.access(var), Access::Reg(_) | Access::Copied(_));
                let by_instance = fields && self.instances;
                by_instance || !own && self.is_written_by_calls(var)
            }
            _ => true,
        }
    }

    /// Whether calls made here may write the variable, a global or a cell.
    fn is_written_by_calls(&self, var: VarId) -> bool {
        self.res.meets_strangers || self.res.var(var).is_written_by_calls(self.f.func)
    }

    /// Whether what a read of this expression refers to may be written before
    /// it is used, while `later` is evaluated. A variable whose part it is is
    /// kept from being used up in between.
    pub fn may_change(&mut self, expr: &Expr<'a>, later: &[&Expr<'a>]) -> bool {
        if later.is_empty() {
            return false;
        }
        let writes = |this: &Self, var| this.is_written_later(var, later);
        self.may_change_by(expr, writes, |this| this.may_run_code(later))
    }

    /// The same, for what writes these variables and may run code.
    pub fn may_change_by(
        &mut self,
        expr: &Expr<'a>,
        writes: impl Fn(&Self, VarId) -> bool,
        runs_code: impl Fn(&Self) -> bool,
    ) -> bool {
        if self.is_fresh(expr) {
            return false;
        }
        if let Some((Some(var), _)) = self.path_root(expr) {
            // Statements within a value write any variable, not only calls do.
            if writes(self, var) {
                return true;
            }
            if let Access::Reg(register) = self.access(var) {
                self.f.lent.push(register);
            }
        }
        self.is_reachable(expr) && runs_code(self)
    }

    /// Whether a register variable is written between the end of its mention
    /// and the end of what is evaluated before its use.
    pub fn is_written_later(&self, var: VarId, later: &[&Expr<'a>]) -> bool {
        later
            .iter()
            .any(|expr| self.res.var(var).is_written_in(expr.span))
    }

    /// In `x := x.m(…).n(…)`, the call on `x` itself: nothing looks at `x` between
    /// it and the assignment.
    pub fn replacing_call(&self, var: VarId, value: &Expr<'a>) -> Option<Span> {
        let mut at = strip(value);
        while let ExprKind::MethodCall { recv, args, .. } = at.kind {
            let inner = strip(recv);
            if self.register_of(inner).is_some_and(|(one, _)| one == var) {
                return Some(at.span);
            }
            if args
                .iter()
                .any(|arg| self.res.var(var).is_written_in(arg.value.span))
            {
                return None;
            }
            at = inner;
        }
        None
    }

    /// `place := place op right`: the operator and its right side.
    pub fn updates(
        &self,
        place: &Expr<'a>,
        value: &'a Expr<'a>,
    ) -> Option<(BinaryOp, Span, &'a Expr<'a>)> {
        match strip(value).kind {
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } if !super::cond::is_comparison(op) && self.same_place(place, left) => {
                Some((op, op_span, right))
            }
            _ => None,
        }
    }

    /// `place := built_in(place, …)`: the first argument may be used up, for
    /// the result overwrites it and nothing can look in between.
    pub fn taken_argument(&self, place: &Expr<'a>, value: &Expr<'a>) -> Option<Span> {
        let ExprKind::Call { callee, args } = strip(value).kind else {
            return None;
        };
        let ExprKind::Name(name) = strip(callee).kind else {
            return None;
        };
        let (first, others) = args.split_first()?;
        let root = root_of(place)?;
        let Res::Var(var) = self.res.name(root.expr.span) else {
            return None;
        };
        let direct = self.res.name(strip(callee).span) == Res::Free
            && self
                .builtins
                .native(name)
                .is_some_and(|native| !self.runs(native.effects));
        let alone = direct
            && !first.spread
            && self.same_place(place, first.value)
            && others.iter().all(|arg| {
                !arg.spread && !self.runs_code(arg.value) && !self.mentions_var(arg.value, var)
            });
        alone.then_some(first.value.span)
    }

    /// Whether two expressions are the same place, whatever their values.
    fn same_place(&self, one: &Expr<'a>, other: &Expr<'a>) -> bool {
        match (strip(one).kind, strip(other).kind) {
            (ExprKind::Name(_), ExprKind::Name(_)) => {
                let res = self.res.name(strip(one).span);
                matches!(res, Res::Var(_)) && res == self.res.name(strip(other).span)
            }
            (
                ExprKind::Field {
                    recv: one,
                    name: first,
                    optional: false,
                    ..
                },
                ExprKind::Field {
                    recv: other,
                    name: second,
                    optional: false,
                    ..
                },
            ) => first.name == second.name && self.same_place(one, other),
            (
                ExprKind::Index {
                    recv: one,
                    index: first,
                    optional: false,
                    ..
                },
                ExprKind::Index {
                    recv: other,
                    index: second,
                    optional: false,
                    ..
                },
            ) => {
                let same_index = match (self.register_of(first), self.register_of(second)) {
                    (Some((first, _)), Some((second, _))) => first == second,
                    (None, None) => match super::fold::literal(first) {
                        Some(value) => super::fold::literal(second) == Some(value),
                        None => false,
                    },
                    _ => false,
                };
                same_index && self.same_place(one, other)
            }
            _ => false,
        }
    }

    /// Whether the expression mentions the root of a place; doubtful ones do.
    pub fn mentions(&self, expr: &Expr<'a>, root: super::place::Root) -> bool {
        match root {
            super::place::Root::Reg(var, _) | super::place::Root::Loaded(var) => {
                self.mentions_var(expr, var)
            }
            super::place::Root::Temp(_) => true,
        }
    }

    fn mentions_var(&self, expr: &Expr<'a>, var: VarId) -> bool {
        match strip(expr).kind {
            ExprKind::Name(_) => self.res.name(strip(expr).span) == Res::Var(var),
            ExprKind::Field { recv, .. } => self.mentions_var(recv, var),
            ExprKind::Index { recv, index, .. } => {
                self.mentions_var(recv, var) || self.mentions_var(index, var)
            }
            ExprKind::Binary { left, right, .. } => {
                self.mentions_var(left, var) || self.mentions_var(right, var)
            }
            ExprKind::Array(items) => items.iter().any(|item| match item {
                ArrayItem::Item(value) | ArrayItem::Spread(value) => self.mentions_var(value, var),
            }),
            ExprKind::Call { callee, args } => {
                self.mentions_var(callee, var)
                    || args.iter().any(|arg| self.mentions_var(arg.value, var))
            }
            ExprKind::Template(parts) => parts.iter().any(|part| match part {
                TemplatePart::Expr(value, _) => self.mentions_var(value, var),
                TemplatePart::Text(_) => false,
            }),
            _ => super::fold::literal(expr).is_none(),
        }
    }
}
