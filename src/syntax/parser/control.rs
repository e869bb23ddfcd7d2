//! `if`, loops, `match`, `try`. An error in a head does not lose the body:
//! it is parsed for its own errors, and the statement is dropped after it.

use std::ops::ControlFlow;

use super::{Failed, Mode, Parse, Parser};
use crate::syntax::ast::{
    Block, Case, Else, Except, Expr, ForVars, Ident, Span, Stmt, StmtKind, WhileForm,
};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::T;

impl<'a> Parser<'a> {
    /// Runs `f` where a `{` after a complete expression opens the body.
    fn in_head<R>(&mut self, f: impl FnOnce(&mut Self) -> Parse<R>) -> Parse<R> {
        let mode = self.mode;
        self.mode = Mode { head: true, ..mode };
        let result = f(self);
        self.mode = mode;
        result
    }

    /// A head and what it reads; after an error in it, skips to the body on
    /// the same line if there is one, which gives `Ok(None)`.
    fn head<R>(&mut self, f: impl FnOnce(&mut Self) -> Parse<R>) -> Parse<Option<R>> {
        let open = self.open.len();
        let within_head = self.mode.head;
        let result = self.in_head(|p| {
            let value = f(p)?;
            p.head_slip(within_head)?;
            Ok(value)
        });
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Failed) => {
                let mut depth = self.open.len().saturating_sub(open);
                self.skip_until(|_, token| {
                    match token.kind {
                        T::LBrace if depth == 0 => return true,
                        T::RBrace | T::InterpClose => return true,
                        _ if token.newline && depth == 0 => return true,
                        kind if kind.closer().is_some() => depth += 1,
                        kind if kind.is_closer() => depth = depth.saturating_sub(1),
                        _ => {}
                    }
                    false
                });
                if depth > 0 || !self.at(T::LBrace) {
                    return Err(Failed);
                }
                self.open.truncate(open);
                Ok(None)
            }
        }
    }

    fn condition(&mut self) -> Parse<Option<&'a Expr<'a>>> {
        self.head(Self::expr)
    }

    /// `if … else if … else …`; a long chain is a loop here, though it nests
    /// in the tree.
    pub(super) fn if_statement(&mut self) -> Parse<StmtKind<'a>> {
        struct Arm<'a> {
            lo: u32,
            cond: Option<&'a Expr<'a>>,
            then: Block<'a>,
            height: u32,
        }
        let mut arms = Vec::new();
        let mut otherwise = None;
        let mut height = 0;
        self.rounds(|p| {
            let lo = p.bump().lo;
            let cond = p.condition()?;
            let cond_height = p.height;
            let then = p.block("`if`")?;
            arms.push(Arm {
                lo,
                cond,
                then,
                height: cond_height.max(p.height),
            });
            p.elif_slip();
            if p.eat(T::Else).is_none() {
                return Ok(ControlFlow::Break(()));
            }
            if p.at(T::If) {
                return Ok(ControlFlow::Continue(()));
            }
            otherwise = Some(Else::Block(p.block("`else`")?));
            height = p.height;
            Ok(ControlFlow::Break(()))
        })?;
        let hi = self.prev_hi();
        let first = arms.first().map_or(0, |arm| arm.lo);
        let mut kind = None;
        while let Some(Arm {
            lo,
            cond,
            then,
            height: below,
        }) = arms.pop()
        {
            // A head with an error loses the whole statement.
            let cond = cond.ok_or(Failed)?;
            height = height.max(below);
            self.raise(height, Span::new(first, hi))?;
            height = self.height;
            let stmt = StmtKind::If {
                cond,
                then,
                otherwise,
            };
            kind = Some(stmt);
            if !arms.is_empty() {
                let stmt = Stmt {
                    kind: stmt,
                    span: Span::new(lo, hi),
                };
                otherwise = Some(Else::If(self.arena.alloc(stmt)));
            }
        }
        kind.ok_or(Failed)
    }

    /// The body of a loop, in which `break` and `continue` may be.
    fn loop_body(&mut self, label: Option<Ident<'a>>, of: &str) -> Parse<Block<'a>> {
        self.context.loops.push(label.map(|label| label.name));
        let body = self.block(of);
        self.context.loops.pop();
        body
    }

    /// `while c { }`, `loop { }`, `loop while c { }` at the keyword.
    pub(super) fn while_statement(&mut self, label: Option<Ident<'a>>) -> Parse<StmtKind<'a>> {
        let is_loop = self.bump().kind == T::Loop;
        let form = match (is_loop, is_loop && self.at(T::While)) {
            (false, _) => WhileForm::While,
            (true, true) => {
                self.bump();
                WhileForm::LoopWhile
            }
            (true, false) => WhileForm::Loop,
        };
        if form == WhileForm::Loop {
            let body = self.loop_body(label, "`loop`")?;
            return Ok(StmtKind::While {
                label,
                form,
                cond: None,
                body,
            });
        }
        let cond = self.condition()?;
        let height = self.height;
        let body = self.loop_body(label, "`while`")?;
        self.height = self.height.max(height);
        let cond = Some(cond.ok_or(Failed)?);
        Ok(StmtKind::While {
            label,
            form,
            cond,
            body,
        })
    }

    pub(super) fn for_statement(&mut self, label: Option<Ident<'a>>) -> Parse<StmtKind<'a>> {
        self.bump();
        let head = self.for_head()?;
        let height = self.height;
        let body = self.loop_body(label, "`for`")?;
        self.height = self.height.max(height);
        let (vars, iter) = head.ok_or(Failed)?;
        Ok(StmtKind::For {
            label,
            vars,
            iter,
            body,
        })
    }

    /// The variables and the sequence of a `for`.
    pub(super) fn for_head(&mut self) -> Parse<Option<(ForVars<'a>, &'a Expr<'a>)>> {
        self.head(|p| {
            p.for_slip()?;
            let vars = p.for_vars()?;
            if p.eat(T::In).is_none() {
                return p.no_in();
            }
            Ok((vars, p.expr()?))
        })
    }

    fn for_vars(&mut self) -> Parse<ForVars<'a>> {
        if self.at(T::Ident) && self.ahead(1).kind == T::Comma {
            let first = self.ident("a name")?;
            self.bump();
            return Ok(ForVars::Two(first, self.binding_pattern()?));
        }
        Ok(ForVars::One(self.binding_pattern()?))
    }

    pub(super) fn match_statement(&mut self) -> Parse<StmtKind<'a>> {
        self.bump();
        let subject = self.condition()?;
        let mut height = self.height;
        if !self.at(T::LBrace) {
            return self.no_block("`match`");
        }
        let mode = std::mem::replace(&mut self.mode, super::STATEMENT);
        self.context.depth += 1;
        let body = self.nested(|p| {
            let opener = p.bump();
            p.open.push(opener);
            let mut cases = Vec::new();
            let mut default = None;
            p.rounds(|p| {
                p.height = 0;
                match p.cur().kind {
                    T::RBrace => return Ok(ControlFlow::Break(())),
                    T::Semi | T::Comma => {
                        p.bump();
                    }
                    T::Case => {
                        let start = p.pos;
                        let open = p.open.len();
                        match p.case() {
                            Ok(case) => cases.push(case),
                            Err(Failed) => p.recover_case(start, open),
                        }
                    }
                    T::Eof | T::InterpClose => {
                        let error =
                            Diagnostic::error(opener.span(), "the body of `match` is not closed");
                        return p.not_closed(opener, error);
                    }
                    _ if p.at_word("default") => p.default_clause(&mut default)?,
                    _ => p.not_a_case(),
                }
                height = height.max(p.height);
                Ok(ControlFlow::Continue(()))
            })?;
            p.open.pop();
            p.bump();
            Ok((cases, default))
        });
        self.context.depth = self.context.depth.saturating_sub(1);
        self.mode = mode;
        let (cases, default) = body?;
        self.height = height;
        let cases = self.arena.alloc_slice_copy(&cases);
        Ok(StmtKind::Match {
            subject: subject.ok_or(Failed)?,
            cases,
            default,
        })
    }

    /// `case pattern [if guard][:] body`
    fn case(&mut self) -> Parse<Case<'a>> {
        let lo = self.bump().lo;
        let head = self.head(|p| {
            let pattern = p.case_pattern()?;
            let mut height = p.height;
            let mut guard = None;
            if p.eat(T::If).is_some() {
                guard = Some(p.expr()?);
                height = height.max(p.height);
            }
            p.height = height;
            Ok((pattern, guard))
        })?;
        let height = self.height;
        if self.eat(T::Colon).is_none() {
            self.case_arrow_slip()?;
        }
        let body = self.case_body()?;
        let span = Span::new(lo, self.prev_hi());
        self.raise(height.max(self.height), span)?;
        let (pattern, guard) = head.ok_or(Failed)?;
        Ok(Case {
            pattern,
            guard,
            body,
            span,
        })
    }

    fn default_clause(&mut self, default: &mut Option<Block<'a>>) -> Parse<()> {
        let keyword = self.bump();
        if default.is_some() {
            self.error(Diagnostic::error(
                keyword.span(),
                "this `match` has two `default` clauses",
            ));
        }
        if self.eat(T::Colon).is_none() {
            self.case_arrow_slip()?;
        }
        *default = Some(self.case_body()?);
        Ok(())
    }

    /// A block, or one statement as the block it would be.
    fn case_body(&mut self) -> Parse<Block<'a>> {
        if self.at(T::LBrace) {
            return self.block("`case`");
        }
        if matches!(self.cur().kind, T::Case | T::RBrace | T::Eof) || self.at_default_clause() {
            let error = Diagnostic::error(
                self.cur().span(),
                format!("expected a statement, found {}", self.found()),
            )
            .help("to do nothing write `{ }`");
            return self.fail(error);
        }
        self.context.depth += 1;
        let stmt = self.nested(Self::statement);
        self.context.depth = self.context.depth.saturating_sub(1);
        let stmt = stmt?;
        Ok(Block {
            stmts: self.arena.alloc_slice_copy(&[stmt]),
            span: stmt.span,
        })
    }

    /// After an error in a case: skips to the next one or to the end.
    fn recover_case(&mut self, start: usize, open: usize) {
        let mut depth = self.open.len().saturating_sub(open);
        self.open.truncate(open);
        if self.pos == start {
            self.bump();
        }
        self.skip_until(|p, token| {
            match token.kind {
                T::Case if token.newline || depth == 0 => return true,
                T::RBrace | T::InterpClose if depth == 0 => return true,
                T::Ident if depth == 0 && p.at_default_clause() => return true,
                kind if kind.closer().is_some() => depth += 1,
                kind if kind.is_closer() => depth = depth.saturating_sub(1),
                _ => {}
            }
            false
        });
    }

    /// Something else than a clause in the body of a `match`.
    fn not_a_case(&mut self) {
        let prev_case = matches!(self.prev(), T::RBrace | T::LBrace);
        let error = Diagnostic::error(
            self.cur().span(),
            format!("expected `case`, `default` or `}}`, found {}", self.found()),
        );
        self.error(if self.at(T::FatArrow) || !prev_case {
            error.help("several statements of a case belong in braces: `case x: { … }`")
        } else {
            error.help("write `case pattern: { … }`")
        });
        let start = self.pos;
        let open = self.open.len();
        self.recover_case(start, open);
    }

    pub(super) fn try_statement(&mut self) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        let body = self.block("`try`")?;
        let mut height = self.height;
        self.catch_slip()?;
        let mut except = None;
        if self.eat(T::Except).is_some() {
            let name = if self.at(T::Ident) && !self.at(T::LBrace) {
                Some(self.ident("a name for the error")?)
            } else {
                None
            };
            self.except_slip()?;
            let body = self.block("`except`")?;
            height = height.max(self.height);
            except = Some(Except { name, body });
        }
        if self.at(T::Except) {
            let error = Diagnostic::error(self.cur().span(), "a `try` has one `except`")
                .help("look at `e.kind` in it to tell errors apart");
            return self.fail(error);
        }
        let finally = match self.eat(T::Finally) {
            Some(_) => Some(self.block("`finally`")?),
            None => None,
        };
        self.height = self.height.max(height);
        if except.is_none() && finally.is_none() {
            let error = Diagnostic::error(
                keyword.span(),
                "this `try` has neither `except` nor `finally`",
            )
            .help("write `try { … } except e { … }`");
            return self.fail(error);
        }
        Ok(StmtKind::Try {
            body,
            except,
            finally,
        })
    }
}
