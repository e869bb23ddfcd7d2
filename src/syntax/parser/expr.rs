//! Expressions by precedence: one loop over binary operators that climbs the
//! table of the language description, and the prefix operators. A chain of
//! left-associative operators is a loop, not a recursion.

use std::ops::ControlFlow;

use super::{Parse, Parser};
use crate::syntax::ast::{BinaryOp, Expr, ExprKind, LogicOp, Span, UnaryOp};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::T;

/// The kind of expression that a binary operator makes of its operands.
#[derive(Clone, Copy)]
pub(super) enum Infix {
    Binary(BinaryOp),
    Logic(LogicOp),
    Range { inclusive: bool },
    Pipe,
}

/// The level of `<`, `<=`, `>`, `>=`, `in` and `not in`, which do not follow each
/// other.
const COMPARISON: u8 = 6;

/// How tightly an operator binds; more is tighter.
pub(super) fn infix(kind: T) -> Option<(u8, Infix)> {
    Some(match kind {
        T::PipeGt => (1, Infix::Pipe),
        T::Coalesce => (2, Infix::Logic(LogicOp::Coalesce)),
        T::OrOr => (3, Infix::Logic(LogicOp::Or)),
        T::AndAnd => (4, Infix::Logic(LogicOp::And)),
        T::EqEq | T::EqEqEq => (5, Infix::Binary(BinaryOp::Eq)),
        T::NotEq | T::NotEqEq => (5, Infix::Binary(BinaryOp::Ne)),
        T::Lt => (COMPARISON, Infix::Binary(BinaryOp::Lt)),
        T::Le => (COMPARISON, Infix::Binary(BinaryOp::Le)),
        T::Gt => (COMPARISON, Infix::Binary(BinaryOp::Gt)),
        T::Ge => (COMPARISON, Infix::Binary(BinaryOp::Ge)),
        T::In => (COMPARISON, Infix::Binary(BinaryOp::In)),
        T::DotDot => (7, Infix::Range { inclusive: false }),
        T::DotDotEq => (7, Infix::Range { inclusive: true }),
        T::Pipe => (8, Infix::Binary(BinaryOp::BitOr)),
        T::Caret => (9, Infix::Binary(BinaryOp::BitXor)),
        T::Amp => (10, Infix::Binary(BinaryOp::BitAnd)),
        T::Shl => (11, Infix::Binary(BinaryOp::Shl)),
        T::Shr => (11, Infix::Binary(BinaryOp::Shr)),
        T::Plus => (12, Infix::Binary(BinaryOp::Add)),
        T::Minus => (12, Infix::Binary(BinaryOp::Sub)),
        T::Star => (13, Infix::Binary(BinaryOp::Mul)),
        T::Slash => (13, Infix::Binary(BinaryOp::Div)),
        T::Percent => (13, Infix::Binary(BinaryOp::Mod)),
        _ => return None,
    })
}

impl<'a> Parser<'a> {
    /// Any expression.
    pub(super) fn expr(&mut self) -> Parse<&'a Expr<'a>> {
        if self.at_arrow() {
            return self.arrow();
        }
        self.binary(0)
    }

    /// An expression of operators that bind at least as tightly as `least`.
    fn binary(&mut self, least: u8) -> Parse<&'a Expr<'a>> {
        let mut left = self.unary()?;
        let mut height = self.height;
        self.rounds(|p| {
            let token = p.cur();
            let negated = p.at_word("not") && p.ahead(1).kind == T::In;
            let found = if negated {
                Some((COMPARISON, Infix::Binary(BinaryOp::NotIn)))
            } else {
                infix(token.kind)
            };
            let Some((power, op)) = found else {
                return Ok(ControlFlow::Break(()));
            };
            // A line that begins with `-` is a statement of its own.
            if power < least || (token.kind == T::Minus && !p.same_line()) {
                return Ok(ControlFlow::Break(()));
            }
            p.check_operator(left)?;
            if power == COMPARISON {
                p.check_chain(left)?;
            }
            let op_span = if negated {
                p.bump().span().to(p.cur().span())
            } else {
                token.span()
            };
            p.bump();
            let right = match op {
                Infix::Pipe if p.at_arrow() => p.arrow()?,
                _ => p.binary(power + 1)?,
            };
            let below = height.max(p.height);
            let span = left.span.to(right.span);
            let kind = match op {
                Infix::Binary(op) => ExprKind::Binary {
                    op,
                    op_span,
                    left,
                    right,
                },
                Infix::Logic(op) => ExprKind::Logic {
                    op,
                    op_span,
                    left,
                    right,
                },
                Infix::Range { inclusive } => ExprKind::Range {
                    lo: left,
                    hi: right,
                    inclusive,
                    op_span,
                },
                Infix::Pipe => ExprKind::Pipe {
                    left,
                    right,
                    op_span,
                },
            };
            left = p.node(kind, span, below)?;
            height = p.height;
            Ok(ControlFlow::Continue(()))
        })?;
        self.height = height;
        Ok(left)
    }

    pub(super) fn unary(&mut self) -> Parse<&'a Expr<'a>> {
        let token = self.cur();
        let op = match token.kind {
            T::Minus => UnaryOp::Neg,
            T::Bang => UnaryOp::Not,
            T::Tilde => UnaryOp::BitNot,
            T::Await => {
                let operand = self.operand_after()?;
                let kind = ExprKind::Await {
                    operand,
                    op_span: token.span(),
                };
                return self.node(kind, token.span().to(operand.span), self.height);
            }
            T::Yield => return self.yield_expr(),
            _ => return self.power(),
        };
        let operand = self.operand_after()?;
        let kind = ExprKind::Unary {
            op,
            op_span: token.span(),
            operand,
        };
        self.node(kind, token.span().to(operand.span), self.height)
    }

    /// The operand of the prefix operator at the cursor.
    fn operand_after(&mut self) -> Parse<&'a Expr<'a>> {
        self.nested(|p| {
            p.bump();
            p.unary()
        })
    }

    /// `a ** b`: to the right, and tighter than a minus before it.
    fn power(&mut self) -> Parse<&'a Expr<'a>> {
        let left = self.postfix()?;
        let token = self.cur();
        if token.kind != T::Pow {
            return Ok(left);
        }
        let height = self.height;
        let right = self.operand_after()?;
        let below = height.max(self.height);
        let kind = ExprKind::Binary {
            op: BinaryOp::Pow,
            op_span: token.span(),
            left,
            right,
        };
        self.node(kind, left.span.to(right.span), below)
    }

    /// `yield`, with a value if one begins on its line, or `yield*`, whose `*` may begin a
    /// line as other operators may.
    fn yield_expr(&mut self) -> Parse<&'a Expr<'a>> {
        let keyword = self.bump();
        self.check_yield(keyword.span());
        self.height = 0;
        if self.at(T::Star) {
            self.bump();
            let values = self.nested(Self::expr)?;
            let span = keyword.span().to(values.span);
            return self.node(ExprKind::YieldAll(values), span, self.height);
        }
        let value = if self.value_follows() {
            Some(self.nested(Self::expr)?)
        } else {
            None
        };
        let span = Span::new(keyword.lo, self.prev_hi());
        self.node(ExprKind::Yield(value), span, self.height)
    }

    /// Whether an optional value (of `return`, `yield`) begins here: on the
    /// line of the keyword, even inside brackets.
    pub(super) fn value_follows(&self) -> bool {
        let token = self.cur();
        let begins = match token.kind {
            T::LBrace => !self.mode.head,
            // Slips such as `return +1` are better explained than skipped.
            T::Plus | T::Star | T::Error => true,
            kind => kind.starts_operand(),
        };
        begins && !token.newline && !self.at_default_clause()
    }

    /// Explains operators of other languages that look like ours.
    fn check_operator(&mut self, left: &Expr<'a>) -> Parse<()> {
        let token = self.cur();
        let next = self.ahead(1);
        match token.kind {
            T::EqEqEq | T::NotEqEq => {
                let ours = if token.kind == T::EqEqEq { "==" } else { "!=" };
                let text = self.text_of(token);
                self.error(
                    Diagnostic::error(token.span(), format!("Ruff has no `{text}`"))
                        .help(format!("write `{ours}`: it never converts between kinds")),
                );
                Ok(())
            }
            T::Plus | T::Minus if next.kind == token.kind && self.adjacent(token, next) => {
                let after = self.ahead(2);
                let ends = after.newline
                    || matches!(
                        after.kind,
                        T::Eof | T::Semi | T::RBrace | T::RParen | T::LBrace
                    );
                if token.kind == T::Minus && !ends {
                    return Ok(());
                }
                let sign = self.text_of(token);
                let name = self
                    .text
                    .get(left.span.lo as usize..left.span.hi as usize)
                    .filter(|text| text.len() < 30)
                    .unwrap_or("x");
                let error = Diagnostic::error(
                    token.span().to(next.span()),
                    format!("Ruff has no `{sign}{sign}`"),
                )
                .help(format!("write `{name} {sign}= 1`"));
                self.fail(error)
            }
            T::Lt if next.kind == T::Gt && self.adjacent(token, next) => self.fail(
                Diagnostic::error(token.span().to(next.span()), "Ruff has no `<>`")
                    .help("write `!=`"),
            ),
            T::DotDot | T::DotDotEq if !next.kind.starts_operand() => self.fail(
                Diagnostic::error(token.span(), "a range needs both ends")
                    .help("to take a part of a sequence write `a[i:]`"),
            ),
            _ => Ok(()),
        }
    }
}
