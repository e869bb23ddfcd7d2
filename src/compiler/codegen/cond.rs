//! Conditions as control flow: comparisons fused with their jumps, `&&`, `||`
//! and `!` without values.

use super::vars::strip;
use super::{Gen, Want};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::Label;
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    /// Jumps to `target` if the truth of the expression is `when`.
    pub fn cond(&mut self, expr: &'a Expr<'a>, target: Label, when: bool) {
        let (mark, lent) = (self.f.top, self.f.lent.len());
        self.cond_marked(expr, target, when);
        // Nothing of it is used later, so what it has looked at may be used up.
        self.f.lent.truncate(lent);
        self.f.top = mark;
    }

    fn cond_marked(&mut self, expr: &'a Expr<'a>, target: Label, when: bool) {
        let expr = strip(expr);
        let pos = expr.span.lo;
        if let Some(value) = super::fold::literal(expr).as_ref().and_then(truth_of) {
            if value == when {
                self.emit_jump(Op::Jump, 0, target, pos);
            }
            return;
        }
        match expr.kind {
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
                ..
            } if !self.defines_not => {
                self.cond(operand, target, !when);
            }
            ExprKind::Logic {
                op: LogicOp::And,
                left,
                right,
                ..
            } => {
                self.both(left, right, target, when, true);
            }
            ExprKind::Logic {
                op: LogicOp::Or,
                left,
                right,
                ..
            } => {
                self.both(left, right, target, when, false);
            }
            ExprKind::Binary {
                op,
                op_span,
                left,
                right,
            } if is_comparison(op) => {
                self.compare(op, left, right, target, when, op_span.lo);
            }
            _ => {
                let value = self.any(expr);
                let jump = if when { Op::JumpIf } else { Op::JumpIfNot };
                self.emit_jump(jump, value, target, pos);
            }
        }
    }

    /// `left && right` (`and`) or `left || right`.
    fn both(
        &mut self,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        target: Label,
        when: bool,
        and: bool,
    ) {
        if when == and {
            // Only both together decide: the first may decide the other way.
            let past = self.label();
            self.cond(left, past, !when);
            self.cond(right, target, when);
            self.place(past);
        } else {
            self.cond(left, target, when);
            self.cond(right, target, when);
        }
    }

    fn compare(
        &mut self,
        op: BinaryOp,
        left: &'a Expr<'a>,
        right: &'a Expr<'a>,
        target: Label,
        when: bool,
        pos: u32,
    ) {
        let (plain, with_constant) = test_forms(op);
        let (left, loan) = match op {
            // Of containers it may be decided by one look.
            BinaryOp::Eq | BinaryOp::Ne => self.hold(left, &[right]),
            _ => (self.any_before(left, &[right]), None),
        };
        if let Some(value) = super::fold::number(right)
            && let Ok(index) = u16::try_from(self.konst(value))
        {
            self.emit_test(with_constant, left, index, u16::from(when), target, pos);
            return;
        }
        let right = self.any(right);
        self.end_hold(loan, pos);
        self.emit_test(plain, left, right, u16::from(when), target, pos);
    }

    /// An operand in a new temporary.
    pub fn temp(&mut self, expr: &'a Expr<'a>, want: Want) -> u16 {
        let register = self.alloc();
        self.to(expr, register, want);
        register
    }
}

pub fn is_comparison(op: BinaryOp) -> bool {
    use BinaryOp::{Eq, Ge, Gt, Le, Lt, Ne};
    matches!(op, Lt | Le | Gt | Ge | Eq | Ne)
}

fn truth_of(value: &Const) -> Option<bool> {
    Some(match value {
        Const::Null => false,
        Const::Bool(value) => *value,
        Const::Int(value) => *value != 0,
        Const::Float(value) => *value != 0.0,
        Const::Str(text) => !text.is_empty(),
        _ => return None,
    })
}

fn test_forms(op: BinaryOp) -> (Op, Op) {
    match op {
        BinaryOp::Lt => (Op::TestLt, Op::TestLtK),
        BinaryOp::Le => (Op::TestLe, Op::TestLeK),
        BinaryOp::Gt => (Op::TestGt, Op::TestGtK),
        BinaryOp::Ge => (Op::TestGe, Op::TestGeK),
        BinaryOp::Ne => (Op::TestNe, Op::TestNeK),
        _ => (Op::TestEq, Op::TestEqK),
    }
}
