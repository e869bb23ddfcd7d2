//! The forms that may follow an operand: calls, indices, slices, fields,
//! methods, `?`. A chain of any length is a loop. Where one of its links is
//! optional the whole chain is wrapped in an `OptChain`, the unit that null
//! skips.

use std::ops::ControlFlow;

use super::{Parse, Parser};
use crate::syntax::ast::{Arg, Expr, ExprKind, Ident, Span};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::T;

impl<'a> Parser<'a> {
    pub(super) fn postfix(&mut self) -> Parse<&'a Expr<'a>> {
        let mut expr = self.primary()?;
        if let ExprKind::Control(stmt) = expr.kind {
            self.after_control(stmt)?;
            return Ok(expr);
        }
        let mut optional_chain = false;
        self.rounds(|p| {
            let token = p.cur();
            let below = p.height;
            expr = match token.kind {
                T::LParen if p.same_line() => p.call(expr, below)?,
                T::LBracket if p.same_line() => p.index(expr, below, false)?,
                T::QuestionBracket => {
                    optional_chain = true;
                    p.index(expr, below, true)?
                }
                T::Dot | T::QuestionDot => {
                    let optional = token.kind == T::QuestionDot;
                    optional_chain |= optional;
                    p.member(expr, below, optional)?
                }
                T::Question => {
                    if p.at_ternary() {
                        return p.ternary_slip();
                    }
                    p.bump();
                    let kind = ExprKind::Try {
                        operand: expr,
                        op_span: token.span(),
                    };
                    p.node(kind, expr.span.to(token.span()), below)?
                }
                _ => return Ok(ControlFlow::Break(())),
            };
            Ok(ControlFlow::Continue(()))
        })?;
        if optional_chain {
            let span = expr.span;
            expr = self.node(ExprKind::OptChain(expr), span, self.height)?;
        }
        Ok(expr)
    }

    /// `callee(args)` at the `(`.
    fn call(&mut self, callee: &'a Expr<'a>, below: u32) -> Parse<&'a Expr<'a>> {
        let (args, height) = self.call_args()?;
        let span = Span::new(callee.span.lo, self.prev_hi());
        self.node(ExprKind::Call { callee, args }, span, below.max(height))
    }

    fn call_args(&mut self) -> Parse<(&'a [Arg<'a>], u32)> {
        let (args, height) = self.bracketed(|p| {
            p.list(T::RParen, "`,` or `)` in the arguments", |p| {
                let spread = p.eat(T::Ellipsis);
                let value = match spread {
                    Some(dots) => p.spread_value(dots.span())?,
                    None => p.expr()?,
                };
                if matches!(p.cur().kind, T::Assign | T::Walrus | T::Colon)
                    && matches!(value.kind, ExprKind::Name(_))
                {
                    let span = value.span.to(p.cur().span());
                    return p.fail(
                        Diagnostic::error(span, "an argument cannot be named")
                            .help("give the values in the order of the parameters"),
                    );
                }
                Ok(Arg {
                    value,
                    spread: spread.is_some(),
                })
            })
        })?;
        Ok((self.arena.alloc_slice_copy(&args), height))
    }

    /// `[i]`, `[i:j]` at the bracket.
    fn index(&mut self, recv: &'a Expr<'a>, below: u32, optional: bool) -> Parse<&'a Expr<'a>> {
        let bracket = self.cur().span();
        let (kind, height) = self.bracketed(|p| {
            let mut height = 0;
            let mut lo = None;
            if p.at(T::RBracket) {
                return p.unexpected("an index");
            }
            if p.at(T::ColonColon) {
                return p.no_step();
            }
            if !p.at(T::Colon) {
                lo = Some(p.expr()?);
                height = p.height;
            }
            if p.eat(T::Colon).is_none() {
                p.close(T::RBracket, "`]` after the index")?;
                return match lo {
                    Some(index) => Ok((
                        ExprKind::Index {
                            recv,
                            index,
                            optional,
                            bracket,
                        },
                        height,
                    )),
                    None => p.unexpected("an index"),
                };
            }
            let mut hi = None;
            if !p.at(T::RBracket) {
                hi = Some(p.expr()?);
                height = height.max(p.height);
            }
            if p.at(T::Colon) {
                return p.no_step();
            }
            p.close(T::RBracket, "`]` after the slice")?;
            Ok((
                ExprKind::Slice {
                    recv,
                    lo,
                    hi,
                    optional,
                    bracket,
                },
                height,
            ))
        })?;
        let span = Span::new(recv.span.lo, self.prev_hi());
        self.node(kind, span, below.max(height))
    }

    /// `.name` or `.name(args)` at the dot.
    fn member(&mut self, recv: &'a Expr<'a>, below: u32, optional: bool) -> Parse<&'a Expr<'a>> {
        let dot = self.bump().span();
        let name = self.any_name("a field or method name after the dot")?;
        if self.at(T::LParen) && self.same_line() {
            let (args, height) = self.call_args()?;
            let span = Span::new(recv.span.lo, self.prev_hi());
            let kind = ExprKind::MethodCall {
                recv,
                name,
                args,
                optional,
                dot,
            };
            return self.node(kind, span, below.max(height));
        }
        let span = recv.span.to(name.span);
        self.node(
            ExprKind::Field {
                recv,
                name,
                optional,
                dot,
            },
            span,
            below,
        )
    }

    /// A name where keywords are names too.
    pub(super) fn any_name(&mut self, expected: &str) -> Parse<Ident<'a>> {
        let token = self.cur();
        if token.kind != T::Ident && !token.kind.is_keyword() {
            return self.unexpected(expected);
        }
        self.bump();
        Ok(Ident {
            name: self.text_of(token),
            span: token.span(),
        })
    }

    /// An identifier; `expected` is what it would name.
    pub(super) fn ident(&mut self, expected: &str) -> Parse<Ident<'a>> {
        let token = self.cur();
        if token.kind == T::Ident {
            self.bump();
            return Ok(Ident {
                name: self.text_of(token),
                span: token.span(),
            });
        }
        if token.kind.is_keyword() {
            let text = self.text_of(token);
            let error = Diagnostic::error(
                token.span(),
                format!("expected {expected}, found the keyword `{text}`"),
            )
            .help(format!("choose another name, such as `{text}_`"));
            return self.fail(error);
        }
        self.unexpected(expected)
    }
}
