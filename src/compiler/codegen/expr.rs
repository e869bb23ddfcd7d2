//! Expressions. [`Gen::to`] puts a value into a given register; [`Gen::any`]
//! gives whatever register has it, for immediate use.

use super::vars::{Owned, strip};
use super::{Gen, Want};
use crate::bytecode::op::{CONSUME, KEY, LAST_USE, OPTIONAL, SHARE};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::{Label, Own};
use crate::effects::Effects;
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    /// A register with the value, for immediate use: the variable's own, or a
    /// new temporary on top.
    pub fn any(&mut self, expr: &'a Expr<'a>) -> u16 {
        if let Some((_, register)) = self.register_of(expr) {
            return register;
        }
        let register = self.alloc();
        self.to(expr, register, Want::Use);
        register
    }

    /// As [`Gen::any`], where `later` is evaluated before the value is used.
    pub fn any_before(&mut self, expr: &'a Expr<'a>, later: &[&Expr<'a>]) -> u16 {
        if let Some((var, register)) = self.register_of(expr) {
            if !self.is_written_later(var, later) {
                return register;
            }
            let copy = self.alloc();
            self.to(expr, copy, Want::Own);
            return copy;
        }
        let register = self.alloc();
        let guard = self.may_change(expr, later);
        self.to(expr, register, if guard { Want::Own } else { Want::Use });
        register
    }

    /// As [`Gen::any_before`], but a container that `later` may write is lent instead of
    /// getting an owner more, so that writing it costs no copy once the value has been used.
    /// The second register is for [`Gen::end_hold`].
    pub fn hold(&mut self, expr: &'a Expr<'a>, later: &[&Expr<'a>]) -> (u16, Option<u16>) {
        if self.register_of(expr).is_some() {
            return (self.any_before(expr, later), None);
        }
        let register = self.alloc();
        let guard = self.may_change(expr, later);
        self.to(expr, register, Want::Use);
        let loan = guard.then(|| self.alloc());
        if let Some(loan) = loan {
            self.emit(Op::Lend, loan, register, 0, expr.span.lo);
        }
        (register, loan)
    }

    /// The value that was held has been used.
    pub fn end_hold(&mut self, loan: Option<u16>, pos: u32) {
        if let Some(loan) = loan {
            self.emit(Op::GiveBack, loan, 0, 0, pos);
        }
    }

    /// Puts the value into `dst`. Temporaries are free again afterwards.
    pub fn to(&mut self, expr: &'a Expr<'a>, dst: u16, want: Want) {
        let mark = self.f.top;
        self.put(expr, dst, want);
        self.f.top = mark;
    }

    fn put(&mut self, expr: &'a Expr<'a>, dst: u16, want: Want) {
        let expr = strip(expr);
        let pos = expr.span.lo;
        if let Some(value) = super::fold::literal(expr) {
            return self.load_const(dst, value, pos);
        }
        let share = if want == Want::Own { SHARE } else { 0 };
        match expr.kind {
            ExprKind::Name(name) => self.load_name(name, expr.span, dst, want),
            ExprKind::Binary { .. } => self.binary(expr, dst),
            ExprKind::Unary {
                op,
                op_span,
                operand,
            } => {
                let operand = self.any(operand);
                let op = match op {
                    UnaryOp::Neg => Op::Neg,
                    UnaryOp::Not => Op::Not,
                    UnaryOp::BitNot => Op::BitNot,
                };
                self.emit(op, dst, operand, 0, op_span.lo);
            }
            ExprKind::Logic {
                op,
                op_span,
                left,
                right,
            } => {
                self.stepwise(dst, |this, temp| match op {
                    LogicOp::Coalesce => this.coalesce(left, right, temp, want, op_span.lo),
                    _ => this.logic(expr, temp),
                });
            }
            ExprKind::Template(parts) => self.template(parts, dst, pos),
            ExprKind::Array(items) => self.array(expr, items, dst),
            ExprKind::Dict(items) => self.dict(expr, items, dst),
            ExprKind::StructLit { name, items } => self.struct_lit(name, items, dst),
            ExprKind::Func(def) => self.closure(def, dst, pos),
            ExprKind::Spawn(def) => {
                let promise = self.spawn(def, Some(dst), pos);
                self.shift(dst, promise, pos);
            }
            ExprKind::Range { .. } => {
                let value = self.range_value(expr, Some(dst));
                self.shift(dst, value, pos);
            }
            ExprKind::Call { callee, args } => {
                let result = self.call(callee, args, Some(dst));
                self.shift(dst, result, pos);
            }
            ExprKind::MethodCall {
                recv,
                name,
                args,
                optional,
                ..
            } => {
                let result = self.method_call(recv, name, args, optional, Some(dst));
                if self.gives_receiver(expr.span, recv, name.name) {
                    self.emit(Op::Share, result, 0, 0, pos);
                }
                self.shift(dst, result, pos);
            }
            ExprKind::Pipe { left, right, .. } => {
                let result = self.pipe(left, right, Some(dst));
                self.shift(dst, result, pos);
            }
            ExprKind::Field {
                recv,
                name,
                optional,
                dot,
            } => {
                let base = self.any(recv);
                self.link(base, optional, dot.lo);
                let field = self.name_const(name.name);
                let (dying, own) = self.container(recv, base, share);
                let ins = self.emit(Op::GetField, dst, base, field, dot.lo);
                ins.flags = share | dying | if optional { OPTIONAL } else { 0 };
                ins.own = own;
            }
            ExprKind::Index {
                recv,
                index,
                optional,
                bracket,
            } => {
                self.index(recv, index, optional, bracket.lo, dst, share);
            }
            ExprKind::Slice {
                recv,
                lo,
                hi,
                optional,
                bracket,
            } => {
                let ends: Vec<&Expr> = [lo, hi].into_iter().flatten().collect();
                let (base, loan) = self.hold(recv, &ends);
                self.link(base, optional, bracket.lo);
                let first = self.alloc();
                let second = self.alloc();
                for (end, register) in [(lo, first), (hi, second)] {
                    match end {
                        Some(end) => self.to(end, register, Want::Use),
                        None => self.load_null(register, pos),
                    }
                }
                self.emit(Op::Slice, dst, base, first, bracket.lo);
                self.end_hold(loan, bracket.lo);
            }
            ExprKind::OptChain(inner) => self.stepwise(dst, |this, temp| {
                let skipped = this.label();
                let end = this.label();
                this.f.chains.push(skipped);
                this.to(inner, temp, want);
                this.f.chains.pop();
                this.emit_jump(Op::Jump, 0, end, pos);
                this.place(skipped);
                this.load_null(temp, pos);
                this.place(end);
            }),
            ExprKind::Try { operand, op_span } => self.unwrap(operand, dst, want, op_span.lo),
            ExprKind::Path { ty, name } if self.result_kind(ty, name.name).is_some() => {
                self.load_free(name.name, dst, name.span.lo);
            }
            ExprKind::Path { ty, name } => {
                if let Some(variant) = self.variant(ty, name.name) {
                    return self.load_const(dst, variant, name.span.lo);
                }
                let base = self.alloc();
                self.load_name(ty.name, ty.span, base, Want::Use);
                let name_const = self.name_const(name.name);
                self.emit(Op::GetPath, dst, base, name_const, name.span.lo);
            }
            ExprKind::Control(stmt) => self.control_value(stmt, dst, want),
            ExprKind::Throw { value, cause: None } => {
                let value = self.owned(value);
                let register = self.settle(value, pos);
                self.emit(Op::Throw, register, 0, 0, pos);
            }
            ExprKind::Throw {
                value,
                cause: Some(cause),
            } => {
                let thrown = self.temp(value, Want::Own);
                let cause = self.temp(cause, Want::Own);
                self.emit(Op::ThrowFrom, thrown, cause, 0, pos);
            }
            ExprKind::Yield(value) => self.yield_value(value, dst, pos),
            ExprKind::YieldAll(values) => self.yield_all(values, dst, pos),
            ExprKind::Await { operand, op_span } => self.stepwise(dst, |this, temp| {
                this.to(operand, temp, Want::Own);
                let count = this.f.top as u16;
                this.emit(Op::Await, temp, temp, count, op_span.lo);
            }),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Paren(_) => {}
        }
    }

    /// Everything below the top of the registers is kept while the generator
    /// rests.
    fn yield_value(&mut self, value: Option<&'a Expr<'a>>, dst: u16, pos: u32) {
        self.stepwise(dst, |this, temp| {
            match value {
                Some(value) => this.to(value, temp, Want::Own),
                None => this.load_null(temp, pos),
            }
            let count = this.f.top as u16;
            this.emit(Op::Yield, temp, count, 0, pos);
        });
    }

    /// `yield* xs`: a loop over `iter(xs)`.
    fn yield_all(&mut self, values: &'a Expr<'a>, dst: u16, pos: u32) {
        let Some(iter) = self.builtins.native("iter") else {
            return self.fail(values.span, "`yield*` needs the built-in function `iter`");
        };
        let mark = self.f.top;
        let state = self.alloc();
        let arg = Arg {
            value: values,
            spread: false,
        };
        let passed = self.args(&[arg], state + 1, 0, self.runs(iter.effects));
        self.emit(Op::CallNative, state, passed.operand(), iter.index, pos)
            .flags = passed.kept;
        self.f.top = u32::from(state) + 1;
        self.alloc();
        self.alloc();
        let (start, next) = (self.label(), self.label());
        self.emit_jump(Op::IterInit, state, next, pos);
        self.place(start);
        let element = self.alloc();
        let kept = self.f.top as u16;
        self.emit(Op::Yield, element, kept, 0, pos);
        self.place(next);
        self.emit_jump(Op::IterNext, state, start, pos).flags = SHARE;
        self.f.top = mark;
        self.load_null(dst, pos);
    }

    /// Gives a value about to be stored by an instruction without `SHARE` a
    /// register that owns it.
    pub fn settle(&mut self, value: Owned, pos: u32) -> u16 {
        if value.own == Own::Plain {
            return value.register;
        }
        let register = self.alloc();
        let ins = self.emit(Op::Copy, register, value.register, 0, pos);
        ins.flags = SHARE;
        ins.own = value.own;
        register
    }

    /// Builds a value in several steps: in `dst` only if that is a temporary,
    /// for a variable must not be seen half done.
    pub fn stepwise(&mut self, dst: u16, build: impl FnOnce(&mut Self, u16)) {
        if self.is_temp(dst) {
            build(self, dst);
        } else {
            let temp = self.alloc();
            build(self, temp);
            self.shift(dst, temp, self.f.stmt.lo);
        }
    }

    /// Leaves the optional chain if the base is null.
    pub fn link(&mut self, base: u16, optional: bool, pos: u32) {
        if optional && let Some(&skipped) = self.f.chains.last() {
            self.emit_jump(Op::JumpIfNull, base, skipped, pos);
        }
    }

    /// Follows the left side without recursion: chains may be very long.
    fn binary(&mut self, expr: &'a Expr<'a>, dst: u16) {
        let mut spine = Vec::new();
        let mut at = expr;
        while let ExprKind::Binary {
            op,
            op_span,
            left,
            right,
        } = strip(at).kind
        {
            spine.push((op, op_span, right));
            at = left;
        }
        let mut folded = super::fold::literal(at);
        let mut rest = spine.len();
        while let Some(value) = &folded
            && rest > 0
        {
            let (op, _, right) = spine[rest - 1];
            let Some(right) = super::fold::literal(right) else {
                break;
            };
            let Some(value) = super::fold::binary(op, value, &right) else {
                break;
            };
            folded = Some(value);
            rest -= 1;
        }
        let start = at.span.lo;
        let mark = self.f.top;
        let mut loan = None;
        let mut left = match folded {
            Some(value) => {
                if rest == 0 {
                    return self.load_const(dst, value, start);
                }
                let register = self.alloc();
                self.load_const(register, value, start);
                Left {
                    register,
                    own: Own::Plain,
                    fresh: false,
                }
            }
            None => {
                let (op, _, right) = spine[rest - 1];
                let own = match self.register_of(at) {
                    Some((var, _)) => self.own_of(var),
                    None => Own::Plain,
                };
                let (register, held) = match op {
                    // Of containers it may be decided by one look.
                    BinaryOp::Eq | BinaryOp::Ne => self.hold(at, &[right]),
                    _ => (self.any_before(at, &[right]), None),
                };
                loan = held;
                let is_variable = self.register_of(at).is_some_and(|(_, own)| own == register);
                Left {
                    register,
                    own: if is_variable { own } else { Own::Plain },
                    fresh: !is_variable && self.is_fresh(at),
                }
            }
        };
        let after = self.f.top;
        while rest > 0 {
            rest -= 1;
            let (op, op_span, right) = spine[rest];
            let target = if rest == 0 {
                dst
            } else if u32::from(left.register) >= mark {
                left.register
            } else {
                self.f.top = mark;
                self.alloc()
            };
            self.operation(op, target, left, loan.take(), right, op_span.lo);
            left = Left {
                register: target,
                own: Own::Plain,
                fresh: true,
            };
            self.f.top = after.max(u32::from(target) + 1).min(mark + 2).max(mark);
        }
    }

    /// One binary operator whose left operand is at hand, perhaps as a loan.
    pub fn operation(
        &mut self,
        op: BinaryOp,
        dst: u16,
        left: Left,
        loan: Option<u16>,
        right: &'a Expr<'a>,
        pos: u32,
    ) {
        if matches!(op, BinaryOp::In | BinaryOp::NotIn) {
            return self.membership(op == BinaryOp::NotIn, dst, left.register, right, pos);
        }
        if let Some(with_constant) = constant_form(op)
            && let Some(value) = super::fold::number(right)
            && let Ok(index) = u16::try_from(self.konst(value))
        {
            self.emit(with_constant, dst, left.register, index, pos);
            return;
        }
        let right = self.any(right);
        self.end_hold(loan, pos);
        self.operate(op, dst, left, right, pos);
    }

    /// `x in xs` is `contains(xs, x)`, with `x` in a register.
    fn membership(
        &mut self,
        negated: bool,
        dst: u16,
        item: u16,
        container: &'a Expr<'a>,
        pos: u32,
    ) {
        let Some(native) = self.builtins.native("contains") else {
            return self.fail(
                container.span,
                "`in` needs the built-in function `contains`",
            );
        };
        let mark = self.f.top;
        let base = self.alloc();
        let arg = Arg {
            value: container,
            spread: false,
        };
        // A range as written is not stored.
        self.f.walked = Some(container.span);
        let passed = self.args(&[arg], base + 1, 0, true);
        let second = self.alloc();
        self.emit(Op::Move, second, item, 0, pos).own = Own::Never;
        // The owner of the item keeps it.
        let operand = 2 | (passed.operand() & 0xff00);
        self.emit(Op::CallNative, base, operand, native.index, pos)
            .flags = passed.kept | 0b10;
        if negated {
            self.emit(Op::Not, dst, base, 0, pos);
        } else {
            self.shift(dst, base, pos);
        }
        self.f.top = mark;
    }

    pub fn operate(&mut self, op: BinaryOp, dst: u16, left: Left, right: u16, pos: u32) {
        let ins = self.emit(plain_form(op), dst, left.register, right, pos);
        if op == BinaryOp::Add {
            if left.fresh && left.register != right {
                ins.flags = CONSUME;
            }
            ins.own = left.own;
        }
    }

    fn coalesce(
        &mut self,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        temp: u16,
        want: Want,
        pos: u32,
    ) {
        let end = self.label();
        self.to(left, temp, want);
        self.emit_jump(Op::JumpIfNotNull, temp, end, pos);
        self.to(right, temp, want);
        self.place(end);
    }

    /// `&&` and `||` as values: always a bool.
    fn logic(&mut self, expr: &'a Expr<'a>, temp: u16) {
        let ExprKind::Logic {
            op,
            op_span,
            left,
            right,
        } = strip(expr).kind
        else {
            return self.truth(expr, temp);
        };
        if op == LogicOp::Coalesce {
            return self.truth(expr, temp);
        }
        let end = self.label();
        self.logic(left, temp);
        let jump = if op == LogicOp::And {
            Op::JumpIfNot
        } else {
            Op::JumpIf
        };
        self.emit_jump(jump, temp, end, op_span.lo);
        self.logic(right, temp);
        self.place(end);
    }

    fn truth(&mut self, expr: &'a Expr<'a>, dst: u16) {
        let is_bool = match strip(expr).kind {
            ExprKind::Bool(_) => true,
            ExprKind::Unary {
                op: UnaryOp::Not, ..
            } => !self.defines_not,
            ExprKind::Binary { op, .. } => {
                super::cond::is_comparison(op) || matches!(op, BinaryOp::In | BinaryOp::NotIn)
            }
            _ => false,
        };
        if is_bool {
            return self.to(expr, dst, Want::Use);
        }
        let mark = self.f.top;
        let value = self.any(expr);
        self.emit(Op::Truth, dst, value, 0, expr.span.lo);
        self.f.top = mark;
    }

    fn template(&mut self, parts: &'a [TemplatePart<'a>], dst: u16, pos: u32) {
        let lent = self.f.lent.len();
        let first = self.f.top as u16;
        let value_of = |part: &TemplatePart<'a>| match *part {
            TemplatePart::Expr(value, _) => Some(value),
            TemplatePart::Text(_) => None,
        };
        let end = parts.iter().rev().find_map(value_of);
        let end = end.map_or(0, |last| last.span.hi);
        let texts = self.runs(Effects::TEXTS);
        let runs = |part: &TemplatePart<'a>| match *part {
            TemplatePart::Expr(value, format) => format.is_some() && texts || self.runs_code(value),
            TemplatePart::Text(_) => false,
        };
        let last_running = parts.iter().rposition(runs);
        for (index, part) in parts.iter().enumerate() {
            let register = self.alloc();
            match part {
                TemplatePart::Text(text) => {
                    self.load_const(register, Const::Str((*text).into()), pos);
                }
                TemplatePart::Expr(value, format) => {
                    // Of what is between the parts only their values write.
                    let later = Span::new(value.span.hi.min(end), end);
                    let writes = |this: &Self, var| this.res.var(var).is_written_in(later);
                    let guard = match self.register_of(value) {
                        Some((var, _)) => writes(self, var),
                        None if later.lo == end => false,
                        None => {
                            let runs = last_running.is_some_and(|last| last > index);
                            self.may_change_by(value, writes, |_| runs)
                        }
                    };
                    self.to(value, register, if guard { Want::Own } else { Want::Use });
                    if let Some(format) = format {
                        let format = self.konst16(Const::Str((*format).into()));
                        self.emit(Op::Format, register, register, format, value.span.lo);
                    }
                }
            }
        }
        self.emit(Op::Concat, dst, first, parts.len() as u16, pos);
        self.f.lent.truncate(lent);
    }

    /// As [`Gen::any_before`], into a given temporary.
    pub fn put_before(&mut self, expr: &'a Expr<'a>, dst: u16, later: &[&Expr<'a>]) {
        let guard = match self.register_of(expr) {
            Some((var, _)) => self.is_written_later(var, later),
            None => self.may_change(expr, later),
        };
        self.to(expr, dst, if guard { Want::Own } else { Want::Use });
    }

    fn index(
        &mut self,
        recv: &'a Expr<'a>,
        index: &'a Expr<'a>,
        optional: bool,
        pos: u32,
        dst: u16,
        share: u8,
    ) {
        let (base, loan) = self.hold(recv, &[index]);
        self.link(base, optional, pos);
        let (dying, own) = self.container(recv, base, share);
        let flags = share | dying | if optional { OPTIONAL } else { 0 };
        let ins = match super::fold::literal(index) {
            Some(Const::Str(name)) => {
                let name = self.konst16(Const::Str(name));
                let ins = self.emit(Op::GetField, dst, base, name, pos);
                ins.flags = KEY;
                ins
            }
            Some(Const::Int(value)) if i16::try_from(value).is_ok() => {
                self.emit(Op::GetIndexI, dst, base, value as i16 as u16, pos)
            }
            _ => {
                let index = self.any(index);
                self.emit(Op::GetIndex, dst, base, index, pos)
            }
        };
        ins.flags |= flags;
        ins.own = own;
        self.end_hold(loan, pos);
    }

    /// The ownership that a read of a part notes for the container, which is in
    /// `base`: the flag if it certainly dies there, else whose it is, for liveness to
    /// decide.
    pub fn container(&self, recv: &Expr<'a>, base: u16, share: u8) -> (u8, Own) {
        if share == 0 {
            return (0, Own::Plain);
        }
        match self.register_of(recv) {
            Some((var, register)) if register == base => (0, self.own_of(var)),
            None if self.is_fresh(recv) => (LAST_USE, Own::Plain),
            _ => (0, Own::Plain),
        }
    }

    /// `e?`: what does not unwrap leaves the function.
    fn unwrap(&mut self, operand: &'a Expr<'a>, dst: u16, want: Want, pos: u32) {
        let share = want == Want::Own && !self.is_fresh(operand);
        let source = self.any(operand);
        let result = match self.register_of(operand) {
            Some((var, register)) => Owned {
                register,
                own: self.own_of(var),
            },
            None if self.is_fresh(operand) => Owned::temp(source),
            None => Owned {
                register: source,
                own: Own::Never,
            },
        };
        let failed = self.label();
        let ins = self.emit(Op::Unwrap, dst, source, 0, pos);
        ins.target = failed;
        ins.flags = if share { SHARE } else { 0 };
        let lends = self.f.loops.iter().any(|one| one.loan.is_some());
        if self.f.finallies.is_empty() && !lends {
            self.defer_return(failed, result, pos);
            return;
        }
        let passed: Label = self.label();
        self.emit_jump(Op::Jump, 0, passed, pos);
        self.place(failed);
        self.leave_with(result, pos);
        self.place(passed);
    }
}

/// The left operand of an operator.
#[derive(Clone, Copy)]
pub struct Left {
    pub register: u16,
    /// Whose it is, if it is a variable's register.
    pub own: Own,
    /// A temporary that owns its value: `Add` may take it over.
    pub fresh: bool,
}

fn constant_form(op: BinaryOp) -> Option<Op> {
    Some(match op {
        BinaryOp::Add => Op::AddK,
        BinaryOp::Sub => Op::SubK,
        BinaryOp::Mul => Op::MulK,
        BinaryOp::Div => Op::DivK,
        BinaryOp::Mod => Op::ModK,
        _ => return None,
    })
}

fn plain_form(op: BinaryOp) -> Op {
    match op {
        BinaryOp::Add => Op::Add,
        BinaryOp::Sub => Op::Sub,
        BinaryOp::Mul => Op::Mul,
        BinaryOp::Div => Op::Div,
        BinaryOp::Mod => Op::Mod,
        BinaryOp::Pow => Op::Pow,
        BinaryOp::Shl => Op::Shl,
        BinaryOp::Shr => Op::Shr,
        BinaryOp::BitAnd => Op::BitAnd,
        BinaryOp::BitXor => Op::BitXor,
        BinaryOp::BitOr => Op::BitOr,
        BinaryOp::Lt => Op::Lt,
        BinaryOp::Le => Op::Le,
        BinaryOp::Gt => Op::Gt,
        BinaryOp::Ge => Op::Ge,
        BinaryOp::Eq => Op::Eq,
        BinaryOp::Ne => Op::Ne,
        BinaryOp::In | BinaryOp::NotIn => unreachable!("calls `contains`"),
    }
}
