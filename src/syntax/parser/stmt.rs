//! Statements: which one begins here, blocks, bindings, assignments and the
//! statements of one keyword.

use super::function::Naming;
use super::pattern::is_place;
use super::{ContextKind, Parse, Parser, STATEMENT};
use crate::syntax::ast::{
    ArrayItem, AssignForm, BinaryOp, Block, Expr, ExprKind, Ident, LetKind, Pattern, PatternKind,
    Rest, Span, Stmt, StmtKind, Target,
};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::{T, Token};

impl<'a> Parser<'a> {
    /// One statement. Newlines matter in it again, whatever surrounds it.
    pub(super) fn statement(&mut self) -> Parse<Stmt<'a>> {
        self.mode = STATEMENT;
        let token = self.cur();
        self.height = 1;
        // Those of a statement around this one are none of its business.
        let outer = std::mem::take(&mut self.bare_spreads);
        let kind = self.statement_kind(token);
        let bare = std::mem::replace(&mut self.bare_spreads, outer);
        let kind = kind?;
        let span = Span::new(token.lo, self.prev_hi());
        self.raise(self.height, span)?;
        if let Some(&dots) = bare.first() {
            return self.fail(Diagnostic::error(dots, "expected a value after `...`"));
        }
        Ok(Stmt { kind, span })
    }

    fn statement_kind(&mut self, token: Token) -> Parse<StmtKind<'a>> {
        let next = self.ahead(1);
        match token.kind {
            T::Let => self.binding(LetKind::Let),
            T::Mut => self.binding(LetKind::Mut),
            T::Const => self.binding(LetKind::Const),
            T::Func if matches!(next.kind, T::Ident | T::Star) || self.names_keyword(next) => {
                let named = match next.kind {
                    T::Star => self.ahead(2).kind != T::LParen,
                    _ => true,
                };
                if named {
                    self.func_decl()
                } else {
                    self.expr_statement()
                }
            }
            T::Async if next.kind == T::Func && self.ahead(2).kind != T::LParen => self.func_decl(),
            T::Struct | T::Class => self.struct_decl(),
            T::Enum => self.enum_decl(),
            T::If => self.if_statement(),
            T::While | T::Loop => self.while_statement(None),
            T::For => self.for_statement(None),
            T::Match => self.match_statement(),
            T::Try => self.try_statement(),
            T::Return => self.return_statement(),
            T::Break => self.jump(true),
            T::Continue => self.jump(false),
            T::Import => self.import(),
            T::From => self.import_from(),
            T::Export => self.export(),
            T::Ident => self.word_statement(token, next),
            T::Else | T::Except | T::Finally | T::Case | T::In => self.stray_keyword(token),
            _ => self.expr_statement(),
        }
    }

    /// Whether `func` is followed by a keyword where a name should be.
    fn names_keyword(&self, next: Token) -> bool {
        next.kind.is_keyword() && !next.newline
    }

    fn func_decl(&mut self) -> Parse<StmtKind<'a>> {
        Ok(StmtKind::Func(self.func_def(Naming::Declared)?))
    }

    /// A statement that begins with an identifier, which may be a contextual
    /// keyword or a label.
    fn word_statement(&mut self, token: Token, next: Token) -> Parse<StmtKind<'a>> {
        match self.text_of(token) {
            "test"
                if matches!(
                    next.kind,
                    T::Str | T::TripleStr | T::TemplateOpen | T::TripleOpen
                ) && !next.newline =>
            {
                return self.test(false);
            }
            "test_group" if matches!(next.kind, T::Str | T::TripleStr) && !next.newline => {
                return self.test(true);
            }
            "test_setup" if next.kind == T::LBrace => return self.test_hook(true),
            "test_teardown" if next.kind == T::LBrace => return self.test_hook(false),
            _ => {}
        }
        if next.kind == T::Colon {
            let label = Ident {
                name: self.text_of(token),
                span: token.span(),
            };
            match self.ahead(2).kind {
                T::For => {
                    self.pos += 2;
                    return self.for_statement(Some(label));
                }
                T::While | T::Loop => {
                    self.pos += 2;
                    return self.while_statement(Some(label));
                }
                _ => {}
            }
        }
        self.word_slip(token, next)?;
        self.expr_statement()
    }

    // Blocks

    /// A block; `of` says whose body it is.
    pub(super) fn block(&mut self, of: &str) -> Parse<Block<'a>> {
        if !self.at(T::LBrace) {
            return self.no_block(of);
        }
        self.braces(of)
    }

    /// The statements of the block at the brace.
    fn braces(&mut self, of: &str) -> Parse<Block<'a>> {
        let mode = std::mem::replace(&mut self.mode, STATEMENT);
        self.context.depth += 1;
        let result = self.nested(|p| {
            let opener = p.bump();
            p.open.push(opener);
            let mut stmts = Vec::new();
            p.statements(&mut stmts);
            p.mode = STATEMENT;
            if !p.at(T::RBrace) {
                return p.unclosed_block(opener, of);
            }
            p.open.pop();
            let closer = p.bump();
            p.check_indentation(opener, closer);
            let stmts: &'a [Stmt<'a>] = p.arena.alloc_slice_copy(&stmts);
            Ok(Block {
                stmts,
                span: opener.span().to(closer.span()),
            })
        });
        self.context.depth = self.context.depth.saturating_sub(1);
        self.mode = mode;
        result
    }

    fn unclosed_block<R>(&mut self, opener: Token, of: &str) -> Parse<R> {
        let end = Span::new(self.prev_hi(), self.prev_hi());
        let error = match self.suspect.filter(|suspect| suspect.lo > opener.lo) {
            Some(suspect) => Diagnostic::error(suspect.span(), "this `{` seems not to be closed")
                .note("the indentation of the `}` that closes it belongs to a block around it"),
            None => Diagnostic::error(opener.span(), format!("the block of {of} is not closed")),
        };
        let error = error.related(end, format!("expected `}}` before {}", self.found()));
        self.not_closed(opener, error)
    }

    /// Remembers the first block whose closing brace is left of the line
    /// that opens it.
    fn check_indentation(&mut self, opener: Token, closer: Token) {
        if self.suspect.is_none()
            && closer.newline
            && let (Some(outer), Some(inner)) = (self.indent_of(closer), self.indent_of(opener))
            && outer < inner
        {
            self.suspect = Some(opener);
        }
    }

    /// How far the line of a token is indented, if it is not too long.
    fn indent_of(&self, token: Token) -> Option<usize> {
        let end = token.lo as usize;
        let bytes = self.text.as_bytes().get(end.saturating_sub(200)..end)?;
        let line = bytes
            .iter()
            .rposition(|byte| matches!(byte, b'\n' | b'\r'))?
            + 1;
        Some(
            bytes[line..]
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'\t'))
                .count(),
        )
    }

    // Bindings and assignments

    /// `let|mut|const pattern [: type] := value`
    fn binding(&mut self, kind: LetKind) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        self.binding_slip(keyword)?;
        let pattern = self.binding_pattern()?;
        let mut height = self.height;
        let mut ty = None;
        if self.at(T::Colon) {
            if !matches!(pattern.kind, PatternKind::Bind(_) | PatternKind::Wild) {
                let error =
                    Diagnostic::error(self.cur().span(), "only a single name can have a type here");
                return self.fail(error);
            }
            ty = self.type_annotation()?;
            height = height.max(self.height);
        }
        if !matches!(self.cur().kind, T::Walrus | T::Assign) {
            let word = self.text_of(keyword);
            let error = Diagnostic::error(
                self.cur().span(),
                format!("expected `:=` and a value, found {}", self.found()),
            );
            return match self.cur().kind {
                T::Comma => self.fail(error.help(format!(
                    "declare one name at a time, or take a sequence apart: `{word} [a, b] := …`"
                ))),
                _ if !self.same_line() || self.at(T::Eof) || self.at(T::Semi) => {
                    self.fail(error.help(format!(
                        "every variable begins with a value: `{word} x := null`"
                    )))
                }
                _ => self.with_slip(error),
            };
        }
        self.bump();
        let value = self.expr()?;
        self.height = self.height.max(height);
        Ok(StmtKind::Let {
            kind,
            pattern,
            ty,
            value,
        })
    }

    /// An expression, or an assignment to it.
    fn expr_statement(&mut self) -> Parse<StmtKind<'a>> {
        let begins_line = self.cur().newline || self.pos == 0;
        let starts_brace = self.at(T::LBrace);
        let after_expr = !begins_line && self.after_value();
        let expr = match self.expr() {
            Ok(expr) => expr,
            Err(failed) => {
                if starts_brace {
                    self.bare_block_note();
                }
                return Err(failed);
            }
        };
        let height = self.height;
        let token = self.cur();
        if !self.same_line() {
            return Ok(StmtKind::Expr(expr));
        }
        if let Some(op) = compound(token.kind) {
            self.bump();
            self.check_place(expr)?;
            if matches!(expr.kind, ExprKind::Array(_) | ExprKind::Dict(_)) {
                return self.bad_target(expr);
            }
            let value = self.expr()?;
            self.height = self.height.max(height);
            let op_span = token.span();
            return Ok(StmtKind::Compound {
                place: expr,
                op,
                op_span,
                value,
            });
        }
        match token.kind {
            T::Walrus | T::Assign => {
                self.check_place(expr)?;
                self.bump();
                let target = match expr.kind {
                    ExprKind::Array(_) | ExprKind::Dict(_) => {
                        let pattern = self.pattern_of(expr)?;
                        Target::Pattern(self.arena.alloc(pattern))
                    }
                    _ => Target::Place(expr),
                };
                let value = self.expr()?;
                self.height = self.height.max(height);
                self.chained_assignment(value)?;
                self.several_values()?;
                Ok(StmtKind::Assign {
                    target,
                    ty: None,
                    value,
                    form: AssignForm::Plain,
                })
            }
            T::Comma if self.target_follows(expr) => self.assign_list(expr),
            T::Colon if matches!(expr.kind, ExprKind::Name(name) if name != "self") => {
                self.typed_assignment(expr)
            }
            _ => {
                self.check_alone(expr, after_expr)?;
                self.height = height;
                Ok(StmtKind::Expr(expr))
            }
        }
    }

    /// Whether the comma after `first` leads to another target of an assignment.
    fn target_follows(&self, first: &Expr<'a>) -> bool {
        let next = self.ahead(1);
        is_target(first) && (next.kind == T::Ellipsis || next.kind.starts_operand())
    }

    /// `a, b := e` and `a, b := e, f` at the first comma.
    fn assign_list(&mut self, first: &'a Expr<'a>) -> Parse<StmtKind<'a>> {
        let comma = self.cur();
        let mut height = self.height;
        let mut items = vec![self.pattern_of(first)?];
        let mut rest = None;
        while rest.is_none() && self.eat(T::Comma).is_some() {
            if let Some(dots) = self.eat(T::Ellipsis) {
                rest = Some(if matches!(self.cur().kind, T::Walrus | T::Assign) {
                    Rest {
                        name: None,
                        place: None,
                        span: dots.span(),
                    }
                } else {
                    let value = self.expr()?;
                    self.rest_of(value)?
                });
            } else {
                let target = self.expr()?;
                if !is_target(target) {
                    return self.not_a_list(comma);
                }
                items.push(self.pattern_of(target)?);
            }
            height = height.max(self.height);
        }
        let span = Span::new(first.span.lo, self.prev_hi());
        if compound(self.cur().kind).is_some() {
            let error = Diagnostic::error(
                self.cur().span(),
                "an operator cannot be applied to several targets at once",
            );
            return self.fail(error.help("write a statement for each"));
        }
        if self
            .eat(T::Walrus)
            .or_else(|| self.eat(T::Assign))
            .is_none()
        {
            return self.not_a_list(comma);
        }
        let count = items.len();
        let has_rest = rest.is_some();
        let kind = PatternKind::Array {
            items: self.arena.alloc_slice_copy(&items),
            rest,
        };
        let pattern = self.arena.alloc(Pattern { kind, span });
        let mut value = self.expr()?;
        let mut form = AssignForm::Targets;
        self.chained_assignment(value)?;
        if self.at(T::Comma) && self.same_line() {
            form = AssignForm::Lists;
            let mut below = self.height;
            let mut values = vec![ArrayItem::Item(value)];
            let lo = value.span.lo;
            while self.eat(T::Comma).is_some() {
                let next = self.expr()?;
                below = below.max(self.height);
                values.push(ArrayItem::Item(next));
            }
            let span = Span::new(lo, self.prev_hi());
            let given = values.len();
            if has_rest && given < count || !has_rest && given != count {
                let least = if has_rest { "at least " } else { "" };
                self.error(
                    Diagnostic::error(
                        span,
                        format!("expected {least}{count} values, found {given}"),
                    )
                    .related(pattern.span, "one for each target"),
                );
            }
            let values = self.arena.alloc_slice_copy(&values);
            value = self.node(ExprKind::Array(values), span, below)?;
        }
        self.height = self.height.max(height);
        Ok(StmtKind::Assign {
            target: Target::Pattern(pattern),
            ty: None,
            value,
            form,
        })
    }

    /// Reports, at its first comma, that a statement that began like a list of
    /// targets is none.
    fn not_a_list<R>(&mut self, comma: Token) -> Parse<R> {
        let error = Diagnostic::error(
            comma.span(),
            "expected an operator or the end of the statement, found `,`",
        );
        self.fail(error.help("several targets get their values with `:=`: `a, b := b, a`"))
    }

    /// `a := 1, 2`
    fn several_values(&mut self) -> Parse<()> {
        if !self.at(T::Comma) || !self.same_line() || !self.ahead(1).kind.starts_operand() {
            return Ok(());
        }
        let error = Diagnostic::error(self.cur().span(), "one target gets one value");
        self.fail(error.help("write an array, `[a, b]`, or a target for each value"))
    }

    /// `name: type := value` at the colon.
    fn typed_assignment(&mut self, name: &'a Expr<'a>) -> Parse<StmtKind<'a>> {
        if self.ahead(1).newline || matches!(self.ahead(1).kind, T::LBrace | T::Eof) {
            return self.colon_slip(name);
        }
        let ty = self.type_annotation()?;
        let height = self.height;
        if self
            .eat(T::Walrus)
            .or_else(|| self.eat(T::Assign))
            .is_none()
        {
            return self.unexpected("`:=` and a value after the type");
        }
        let value = self.expr()?;
        self.height = self.height.max(height);
        Ok(StmtKind::Assign {
            target: Target::Place(name),
            ty,
            value,
            form: AssignForm::Plain,
        })
    }

    /// `a := b := c`
    fn chained_assignment(&mut self, value: &Expr<'a>) -> Parse<()> {
        if self.same_line() && matches!(self.cur().kind, T::Walrus | T::Assign) {
            if let ExprKind::Func(_) = value.kind {
                return self.bad_target(value);
            }
            let error = Diagnostic::error(self.cur().span(), "an assignment has no value")
                .help("write one assignment per statement; to compare write `==`");
            return self.fail(error);
        }
        Ok(())
    }

    /// Refuses what cannot be left of an assignment. The base of the place
    /// may be any expression: a call may give a reference.
    fn check_place(&mut self, expr: &Expr<'a>) -> Parse<()> {
        match expr.kind {
            ExprKind::Name(_)
            | ExprKind::Field {
                optional: false, ..
            }
            | ExprKind::Index {
                optional: false, ..
            }
            | ExprKind::Array(_)
            | ExprKind::Dict(_) => Ok(()),
            _ => self.bad_target(expr),
        }
    }

    fn bad_target<R>(&mut self, expr: &Expr<'a>) -> Parse<R> {
        let (what, help) = match expr.kind {
            ExprKind::Call { .. } | ExprKind::MethodCall { .. } => {
                ("the result of a call", Some("to compare write `==`"))
            }
            ExprKind::OptChain(_) => (
                "an optional chain",
                Some("check for null first, then assign without `?`"),
            ),
            ExprKind::Slice { .. } => ("a slice", None),
            ExprKind::Paren(_) => (
                "an expression in parentheses",
                Some("leave the parentheses out"),
            ),
            ExprKind::Path { .. } => ("a name of a type", None),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) => {
                ("a literal", None)
            }
            ExprKind::Str(_) | ExprKind::Template(_) => ("a literal", None),
            ExprKind::Func(_) => (
                "a function",
                Some("an arrow's body that assigns needs braces: `x => { y := x }`"),
            ),
            ExprKind::Array(_) | ExprKind::Dict(_) => ("a pattern with an operator", None),
            _ => ("this expression", Some("to compare write `==`")),
        };
        let error = Diagnostic::error(expr.span, format!("cannot assign to {what}"));
        match help {
            Some(help) => self.fail(error.help(help)),
            None => self.fail(error),
        }
    }

    // Jumps

    fn return_statement(&mut self) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        let outside = matches!(
            self.context.kind,
            ContextKind::Module | ContextKind::Group | ContextKind::Default
        );
        if outside && !self.colon_blocks {
            self.error(
                Diagnostic::error(keyword.span(), "`return` outside a function")
                    .help("to end the program call `exit(0)`"),
            );
        }
        self.height = 0;
        let value = if self.value_follows() {
            Some(self.expr()?)
        } else {
            None
        };
        let height = self.height;
        self.after_jump("return")?;
        self.height = height;
        Ok(StmtKind::Return(value))
    }

    /// `break` or `continue`, with a label if one is on its line.
    fn jump(&mut self, is_break: bool) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        let word = if is_break { "break" } else { "continue" };
        let token = self.cur();
        let mut label = None;
        if token.kind == T::Ident && !token.newline && !self.at_default_clause() {
            self.bump();
            let name = self.text_of(token);
            label = Some(Ident {
                name,
                span: token.span(),
            });
            if !self.context.loops.contains(&Some(name)) {
                let error = Diagnostic::error(
                    token.span(),
                    format!("there is no loop labelled `{name}` here"),
                );
                self.error(error.help(format!("label a loop around it: `{name}: for …`")));
            }
        } else if self.context.loops.is_empty() && !self.colon_blocks {
            self.error(Diagnostic::error(
                keyword.span(),
                format!("`{word}` outside a loop"),
            ));
        }
        self.after_jump(word)?;
        Ok(if is_break {
            StmtKind::Break(label)
        } else {
            StmtKind::Continue(label)
        })
    }

    /// Whether `default` at the cursor begins the last clause of a `match`. In the
    /// middle of a line it does not if its `{` begins another: that is a statement.
    pub(super) fn at_default_clause(&self) -> bool {
        let next = self.ahead(1);
        self.mode.newlines
            && !self.mode.head
            && self.at_word("default")
            && match next.kind {
                T::Colon => true,
                T::LBrace => self.cur().newline || !next.newline,
                _ => false,
            }
    }
}

/// Whether the expression can be one of several targets.
fn is_target(expr: &Expr<'_>) -> bool {
    is_place(expr)
        || matches!(
            expr.kind,
            ExprKind::Name(_) | ExprKind::Array(_) | ExprKind::Dict(_)
        )
}

/// The operator of a compound assignment.
fn compound(kind: T) -> Option<BinaryOp> {
    Some(match kind {
        T::PlusEq => BinaryOp::Add,
        T::MinusEq => BinaryOp::Sub,
        T::StarEq => BinaryOp::Mul,
        T::SlashEq => BinaryOp::Div,
        T::PercentEq => BinaryOp::Mod,
        T::PowEq => BinaryOp::Pow,
        T::AmpEq => BinaryOp::BitAnd,
        T::PipeEq => BinaryOp::BitOr,
        T::CaretEq => BinaryOp::BitXor,
        T::ShlEq => BinaryOp::Shl,
        T::ShrEq => BinaryOp::Shr,
        _ => return None,
    })
}
