//! Operands: literals, names, brackets, functions, and the forms that begin
//! with a name (`Name { … }`, `Name::variant`, `throw v`).

use super::{Parse, Parser};
use crate::syntax::ast::{
    ArrayItem, DictItem, DictKey, Expr, ExprKind, FieldInit, FuncDef, FuncForm, Ident, IntLit,
    Span, Stmt,
};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::{T, Token};

/// The name that stands for the missing value of a bare `...`; no identifier
/// can be spelled so.
const BARE_SPREAD: &str = "...";

impl<'a> Parser<'a> {
    pub(super) fn primary(&mut self) -> Parse<&'a Expr<'a>> {
        let token = self.cur();
        let kind = match token.kind {
            T::Ident => return self.named(token),
            T::Int => ExprKind::Int(self.int_value(token)),
            T::Float => ExprKind::Float(self.float_value(token)),
            T::Str | T::TripleStr => ExprKind::Str(self.str_value(token)),
            T::True => ExprKind::Bool(true),
            T::False => ExprKind::Bool(false),
            T::Null => ExprKind::Null,
            T::SelfKw => ExprKind::Name("self"),
            T::TemplateOpen | T::TripleOpen => return self.template(),
            T::LParen => return self.paren(),
            T::LBracket => return self.array(),
            T::LBrace => return self.dict(),
            T::Func | T::Async => return self.func_expr(),
            T::Spawn => return self.spawn(),
            kind if kind.is_control() => return self.control_expr(),
            _ => return self.no_operand(),
        };
        self.bump();
        self.node(kind, token.span(), 0)
    }

    /// An operand that begins with an identifier.
    fn named(&mut self, token: Token) -> Parse<&'a Expr<'a>> {
        let text = self.text_of(token);
        if text == "throw" && self.throw_follows() {
            return self.throw();
        }
        self.name_slip(token, text)?;
        self.bump();
        let name = Ident {
            name: text,
            span: token.span(),
        };
        match self.cur().kind {
            T::ColonColon => {
                self.bump();
                let variant = self.any_name("a variant or function name after `::`")?;
                let span = name.span.to(variant.span);
                self.node(
                    ExprKind::Path {
                        ty: name,
                        name: variant,
                    },
                    span,
                    0,
                )
            }
            T::LBrace if !self.mode.head && self.same_line() => self.struct_literal(name),
            _ => self.node(ExprKind::Name(text), token.span(), 0),
        }
    }

    /// Whether `throw` at the cursor throws, rather than being a name.
    fn throw_follows(&self) -> bool {
        let next = self.ahead(1);
        if next.newline && self.mode.newlines {
            return false;
        }
        // `throw { … }` in the head of an `if` would be a name and a body.
        next.kind.starts_operand() && !(next.kind == T::LBrace && self.mode.head)
    }

    fn throw(&mut self) -> Parse<&'a Expr<'a>> {
        let keyword = self.bump();
        let value = self.nested(Self::expr)?;
        let mut height = self.height;
        let mut span = keyword.span().to(value.span);
        let mut cause = None;
        if self.at(T::From) && self.same_line() {
            self.bump();
            let from = self.nested(Self::expr)?;
            height = height.max(self.height);
            span = span.to(from.span);
            cause = Some(from);
        }
        self.node(ExprKind::Throw { value, cause }, span, height)
    }

    fn paren(&mut self) -> Parse<&'a Expr<'a>> {
        let lo = self.cur().lo;
        let inner = self.bracketed(|p| {
            if p.at(T::RParen) {
                return p.empty_paren();
            }
            let inner = p.expr()?;
            if p.at(T::Comma) {
                let error = Diagnostic::error(p.cur().span(), "expected `)`, found `,`")
                    .help("Ruff has no tuples; write an array: `[a, b]`");
                return p.fail(error);
            }
            p.close(T::RParen, "`)`")?;
            Ok(inner)
        })?;
        let height = self.height;
        if matches!(self.cur().kind, T::FatArrow | T::Arrow) && self.same_line() {
            return self.arrow_slip();
        }
        self.node(
            ExprKind::Paren(inner),
            Span::new(lo, self.prev_hi()),
            height,
        )
    }

    fn array(&mut self) -> Parse<&'a Expr<'a>> {
        let lo = self.cur().lo;
        let (items, height) = self.bracketed(|p| {
            p.list(T::RBracket, "`,` or `]` in the array", |p| {
                if let Some(dots) = p.eat(T::Ellipsis) {
                    return Ok(ArrayItem::Spread(p.spread_value(dots.span())?));
                }
                let item = p.expr()?;
                if p.at(T::For) {
                    let error =
                        Diagnostic::error(p.cur().span(), "Ruff has no list comprehensions")
                            .help("write `map(xs, x => …)`");
                    return p.fail(error);
                }
                Ok(ArrayItem::Item(item))
            })
        })?;
        let items = self.arena.alloc_slice_copy(&items);
        self.node(
            ExprKind::Array(items),
            Span::new(lo, self.prev_hi()),
            height,
        )
    }

    /// The expression after `...`; a missing one is only good in a pattern.
    pub(super) fn spread_value(&mut self, dots: Span) -> Parse<&'a Expr<'a>> {
        if matches!(
            self.cur().kind,
            T::Comma | T::RBracket | T::RBrace | T::RParen
        ) {
            self.bare_spreads.push(dots);
            return self.node(ExprKind::Name(BARE_SPREAD), dots, 0);
        }
        self.expr()
    }

    /// Whether this is the placeholder of a bare `...`; forgets that it is
    /// one, as the pattern that it is in allows it.
    pub(super) fn take_bare_spread(&mut self, expr: &Expr<'a>) -> bool {
        let bare = matches!(expr.kind, ExprKind::Name(BARE_SPREAD));
        if bare {
            self.bare_spreads.retain(|&span| span != expr.span);
        }
        bare
    }

    fn dict(&mut self) -> Parse<&'a Expr<'a>> {
        let lo = self.cur().lo;
        if self.mode.head {
            return self.brace_in_head();
        }
        let (items, height) =
            self.bracketed(|p| p.list(T::RBrace, "`,` or `}` in the dict", Self::dict_item))?;
        let items = self.arena.alloc_slice_copy(&items);
        self.node(ExprKind::Dict(items), Span::new(lo, self.prev_hi()), height)
    }

    fn dict_item(&mut self) -> Parse<DictItem<'a>> {
        let token = self.cur();
        let mut key_height = 0;
        let key = match token.kind {
            T::Ellipsis => {
                self.bump();
                return Ok(DictItem::Spread(self.spread_value(token.span())?));
            }
            T::Str | T::TripleStr => {
                self.bump();
                DictKey::Str {
                    text: self.str_value(token),
                    span: token.span(),
                }
            }
            T::TemplateOpen | T::TripleOpen => {
                let key = self.template()?;
                key_height = self.height;
                DictKey::Template(key)
            }
            T::Int => {
                self.bump();
                DictKey::Int {
                    value: self.int_value(token),
                    span: token.span(),
                }
            }
            T::Minus if self.ahead(1).kind == T::Int => {
                let key = self.unary()?;
                key_height = self.height;
                match key.kind {
                    ExprKind::Unary { operand, .. } => match operand.kind {
                        ExprKind::Int(IntLit::Small(value)) => DictKey::Int {
                            value: IntLit::Small(value.wrapping_neg()),
                            span: key.span,
                        },
                        _ => DictKey::Computed(key),
                    },
                    _ => DictKey::Computed(key),
                }
            }
            T::LBracket => {
                let key = self.bracketed(|p| {
                    let key = p.expr()?;
                    p.close(T::RBracket, "`]` after the computed key")?;
                    Ok(key)
                })?;
                key_height = self.height;
                DictKey::Computed(key)
            }
            T::Float => {
                let error = Diagnostic::error(token.span(), "a float as a key belongs in brackets");
                let key = self.text_of(token);
                return self.fail(error.help(format!("write `[{key}]: …`")));
            }
            T::Ident | T::SelfKw if self.ahead(1).kind != T::Colon => {
                self.bump();
                let name = Ident {
                    name: self.text_of(token),
                    span: token.span(),
                };
                if matches!(self.cur().kind, T::Assign | T::Walrus) {
                    let error =
                        Diagnostic::error(self.cur().span(), "a key is given its value with `:`")
                            .help(format!("write `{}: …`", name.name));
                    return self.fail(error);
                }
                if !matches!(self.cur().kind, T::Comma | T::RBrace) {
                    return self.unexpected("`:` after the key");
                }
                self.height = 1;
                return Ok(DictItem::Shorthand(name));
            }
            _ => DictKey::Name(self.any_name("a key or `}`")?),
        };
        self.expect(T::Colon, "`:` after the key")?;
        let value = self.expr()?;
        self.height = self.height.max(key_height);
        Ok(DictItem::Pair { key, value })
    }

    /// `Name { … }` at the brace.
    fn struct_literal(&mut self, name: Ident<'a>) -> Parse<&'a Expr<'a>> {
        let (items, height) = self.bracketed(|p| {
            p.list(T::RBrace, "`,` or `}` in the struct literal", |p| {
                if let Some(dots) = p.eat(T::Ellipsis) {
                    return Ok(FieldInit::Spread(p.spread_value(dots.span())?));
                }
                let name = p.any_name("a field name or `}`")?;
                if p.eat(T::Colon).is_some() {
                    return Ok(FieldInit::Pair {
                        name,
                        value: p.expr()?,
                    });
                }
                if matches!(p.cur().kind, T::Assign | T::Walrus) {
                    let error =
                        Diagnostic::error(p.cur().span(), "a field is given its value with `:`")
                            .help(format!("write `{}: …`", name.name));
                    return p.fail(error);
                }
                if T::of_word(name.name.as_bytes()).is_keyword() {
                    return p.unexpected("`:` after the field name");
                }
                p.height = 1;
                Ok(FieldInit::Shorthand(name))
            })
        })?;
        let items = self.arena.alloc_slice_copy(&items);
        let span = Span::new(name.span.lo, self.prev_hi());
        self.node(ExprKind::StructLit { name, items }, span, height)
    }

    /// `if`, `match` or `try` at the keyword, as an expression.
    fn control_expr(&mut self) -> Parse<&'a Expr<'a>> {
        let token = self.cur();
        let kind = self.nested(|p| match token.kind {
            T::If => p.if_statement(),
            T::Match => p.match_statement(),
            _ => p.try_statement(),
        })?;
        let span = Span::new(token.lo, self.prev_hi());
        let stmt = self.arena.alloc(Stmt { kind, span });
        self.node(ExprKind::Control(stmt), span, self.height)
    }

    fn spawn(&mut self) -> Parse<&'a Expr<'a>> {
        let keyword = self.bump();
        if !self.at(T::LBrace) {
            let error = Diagnostic::error(
                self.cur().span(),
                format!("expected `{{` after `spawn`, found {}", self.found()),
            )
            .help("write `spawn { f(x) }`");
            return self.fail(error);
        }
        let body = self.block_of(super::ContextKind::Spawn, "spawn")?;
        let span = keyword.span().to(body.span);
        let def = self.arena.alloc(FuncDef {
            name: None,
            params: &[],
            result: None,
            body,
            is_generator: false,
            is_async: false,
            form: FuncForm::Spawned,
            span,
        });
        self.node(ExprKind::Spawn(def), span, self.height)
    }
}
