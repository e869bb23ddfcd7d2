//! Functions: declared, anonymous, methods; their parameters; and the context
//! a body makes for `return`, `yield` and loops.

use super::{Context, ContextKind, Parse, Parser};
use crate::syntax::ast::{Block, Expr, ExprKind, FuncDef, Ident, Param, Span};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::T;

/// Whether a function has a name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    Anonymous,
    Declared,
    /// Like `Declared`, but keywords are names.
    Method,
}

impl<'a> Parser<'a> {
    pub(super) fn func_expr(&mut self) -> Parse<&'a Expr<'a>> {
        let def = self.func_def(Naming::Anonymous)?;
        self.node(ExprKind::Func(def), def.span, self.height)
    }

    /// A function at its `func` or `async`.
    pub(super) fn func_def(&mut self, naming: Naming) -> Parse<&'a FuncDef<'a>> {
        let lo = self.cur().lo;
        let is_async = self.eat(T::Async).is_some();
        self.expect(T::Func, "`func` after `async`")?;
        let star = self.eat(T::Star);
        let is_generator = star.is_some();
        if let (true, Some(star)) = (is_async, star) {
            self.error(
                Diagnostic::error(star.span(), "a generator cannot be async")
                    .help("yield promises and await them where they are used"),
            );
        }
        let name = self.func_name(naming)?;
        if !self.at(T::LParen) {
            return self.unexpected("`(` and the parameters");
        }
        let (params, params_height) = self.params()?;
        let result = self.result_type()?;
        let height = params_height.max(if result.is_some() { self.height } else { 0 });
        let kind = if is_generator {
            ContextKind::Generator
        } else {
            ContextKind::Function
        };
        let body = self.block_of(kind, "the function")?;
        let span = Span::new(lo, body.span.hi);
        self.raise(height.max(self.height), span)?;
        Ok(self.arena.alloc(FuncDef {
            name,
            params,
            result,
            body,
            is_generator,
            is_async,
            span,
        }))
    }

    fn func_name(&mut self, naming: Naming) -> Parse<Option<Ident<'a>>> {
        match naming {
            Naming::Declared => self.ident("a function name").map(Some),
            Naming::Method => self.any_name("a method name").map(Some),
            Naming::Anonymous if self.at(T::Ident) => {
                let error = Diagnostic::error(
                    self.cur().span(),
                    "a function inside an expression has no name",
                )
                .help("declare it on its own, or write `func(…) { … }`");
                self.fail(error)
            }
            Naming::Anonymous => Ok(None),
        }
    }

    fn params(&mut self) -> Parse<(&'a [Param<'a>], u32)> {
        let (params, height) =
            self.bracketed(|p| p.list(T::RParen, "`,` or `)` in the parameters", Self::param))?;
        self.check_twice("parameter", params.iter().map(|param| param.name));
        let needs_default =
            |pair: &&[Param]| pair[0].default.is_some() && pair[1].default.is_none();
        if let Some([_, param]) = params.windows(2).find(needs_default) {
            self.error(
                Diagnostic::error(
                    param.name.span,
                    format!("the parameter `{}` needs a default value", param.name.name),
                )
                .help("parameters with default values come last"),
            );
        }
        Ok((self.arena.alloc_slice_copy(&params), height))
    }

    fn param(&mut self) -> Parse<Param<'a>> {
        let token = self.cur();
        let name = match token.kind {
            T::SelfKw => {
                self.bump();
                Ident {
                    name: "self",
                    span: token.span(),
                }
            }
            T::Ellipsis | T::Star | T::Pow => {
                let error =
                    Diagnostic::error(token.span(), "a function has a fixed number of parameters")
                        .help("take an array; the caller passes `[a, b, …]`");
                return self.fail(error);
            }
            _ => self.ident("a parameter name")?,
        };
        if self.at(T::Ident) {
            // The type first as in C, or behind as in Go.
            let (first, second) = (name.name, self.text_of(self.cur()));
            let help = match first {
                "int" | "float" | "string" | "bool" | "array" | "dict" => {
                    format!("write `{second}: {first}`")
                }
                _ => format!("write `{first}: {second}`"),
            };
            let error = Diagnostic::error(
                self.cur().span(),
                format!(
                    "expected `,` or `)` in the parameters, found {}",
                    self.found()
                ),
            );
            return self.fail(error.help(help));
        }
        self.height = 1;
        let ty = self.type_annotation()?;
        let mut height = self.height;
        let default = match self.eat(T::Walrus).or_else(|| self.eat(T::Assign)) {
            Some(_) => Some(self.default_value()?),
            None => None,
        };
        height = height.max(self.height);
        self.height = height;
        Ok(Param { name, ty, default })
    }

    fn result_type(&mut self) -> Parse<Option<&'a crate::syntax::ast::Type<'a>>> {
        if self.eat(T::Arrow).is_some() {
            return self.type_ref().map(Some);
        }
        if self.at(T::Colon) && matches!(self.ahead(1).kind, T::Ident | T::LBracket | T::Null) {
            let error = Diagnostic::error(self.cur().span(), "the result type follows `->`")
                .help("write `func f() -> type { … }`");
            return self.fail(error);
        }
        if self.at(T::FatArrow) {
            let error = Diagnostic::error(self.cur().span(), "a function body stands in braces")
                .help("write `func(x) { return … }`");
            return self.fail(error);
        }
        Ok(None)
    }

    /// A block that is the body of a function, `spawn` or test.
    pub(super) fn block_of(&mut self, kind: ContextKind, of: &str) -> Parse<Block<'a>> {
        let outer = std::mem::replace(&mut self.context, Context::new(kind));
        let body = self.block(of);
        self.context = outer;
        body
    }

    /// A default value, which is none of the surrounding function's business.
    pub(super) fn default_value(&mut self) -> Parse<&'a Expr<'a>> {
        let inner = Context::new(ContextKind::Default);
        let outer = std::mem::replace(&mut self.context, inner);
        let value = self.expr();
        self.context = outer;
        value
    }

    pub(super) fn check_yield(&mut self, span: Span) {
        if self.context.kind == ContextKind::Generator || self.colon_blocks {
            return;
        }
        let error = Diagnostic::error(span, "`yield` outside a generator");
        self.error(if self.context.kind == ContextKind::Function {
            error.help("make the function a generator: `func* name(…)`")
        } else {
            error.help("`yield` belongs into a `func*`")
        });
    }
}
