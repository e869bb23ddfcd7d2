//! Functions: declared, anonymous, methods; their parameters; and the context
//! a body makes for `return`, `yield` and loops.

use super::{Context, ContextKind, Parse, Parser};
use crate::syntax::ast::{
    Block, Expr, ExprKind, FuncDef, FuncForm, Ident, Param, Pattern, PatternKind, Span, Stmt,
    StmtKind,
};
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
            if self.at(T::Lt) {
                let error =
                    Diagnostic::error(self.cur().span(), "a function has no type parameters");
                return self.fail(error.help("leave them out: types are not enforced"));
            }
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
            form: FuncForm::Func,
            span,
        }))
    }

    /// Whether an arrow function begins at the cursor. In a head a `{` after the
    /// arrow would open the body.
    pub(super) fn at_arrow(&self) -> bool {
        let token = self.cur();
        match token.kind {
            _ if self.mode.head => false,
            T::Ident => self.ahead(1).kind == T::FatArrow,
            T::LParen => self.arrows.binary_search(&token.lo).is_ok(),
            _ => false,
        }
    }

    /// `x => e`, `(a, b) => e`, `() => { … }`
    pub(super) fn arrow(&mut self) -> Parse<&'a Expr<'a>> {
        let lo = self.cur().lo;
        let (params, params_height) = if self.at(T::LParen) {
            self.params()?
        } else {
            let name = self.ident("a parameter name")?;
            let param = plain_param(name);
            (&*self.arena.alloc_slice_copy(&[param]), 1)
        };
        self.expect(T::FatArrow, "`=>` after the parameters")?;
        let (form, body) = if self.at(T::LBrace) {
            self.arrow_dict_slip()?;
            let body = self.block_of(ContextKind::Function, "the arrow function")?;
            (FuncForm::ArrowBlock, body)
        } else {
            let inner = Context::new(ContextKind::Function);
            let outer = std::mem::replace(&mut self.context, inner);
            let value = self.nested(Self::expr);
            self.context = outer;
            let value = value?;
            self.raise(self.height, value.span)?;
            let stmt = Stmt {
                kind: StmtKind::Return(Some(value)),
                span: value.span,
            };
            let body = Block {
                stmts: self.arena.alloc_slice_copy(&[stmt]),
                span: value.span,
            };
            (FuncForm::ArrowValue, body)
        };
        let span = Span::new(lo, body.span.hi);
        self.raise(params_height.max(self.height), span)?;
        let def = self.arena.alloc(FuncDef {
            name: None,
            params,
            result: None,
            body,
            is_generator: false,
            is_async: false,
            form,
            span,
        });
        self.node(ExprKind::Func(def), span, self.height)
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
        let mut params = params;
        let ignored = params.iter().filter(|param| param.name.name == "_").count();
        for param in params
            .iter_mut()
            .filter(|param| ignored > 1 && param.name.name == "_" && !param.rest)
        {
            // Several of them are no names.
            let pattern = Pattern {
                kind: PatternKind::Wild,
                span: param.name.span,
            };
            param.pattern = Some(self.arena.alloc(pattern));
        }
        let named = params.iter().filter(|param| param.pattern.is_none());
        self.check_twice("parameter", named.map(|param| param.name));
        for (index, param) in params.iter().enumerate() {
            let before = &params[..index];
            if let Some(rest) = before.last().filter(|last| last.rest) {
                self.error(Diagnostic::error(
                    rest.name.span,
                    format!("`...{}` must be the last parameter", rest.name.name),
                ));
                break;
            }
            let optional = param.default.is_some() || param.rest;
            if !optional && before.last().is_some_and(|p| p.default.is_some()) {
                let Span { lo, hi } = param.name.span;
                let text = self.text.get(lo as usize..hi as usize).unwrap_or("");
                self.error(
                    Diagnostic::error(
                        param.name.span,
                        format!("the parameter `{text}` needs a default value"),
                    )
                    .help("parameters with default values come last"),
                );
                break;
            }
        }
        Ok((self.arena.alloc_slice_copy(&params), height))
    }

    fn param(&mut self) -> Parse<Param<'a>> {
        let token = self.cur();
        let mut param = match token.kind {
            T::SelfKw => {
                self.bump();
                plain_param(Ident {
                    name: "self",
                    span: token.span(),
                })
            }
            T::Star | T::Pow => {
                let error = Diagnostic::error(
                    token.span(),
                    format!("expected a parameter, found {}", self.found()),
                );
                return self.fail(error.help("write `...rest` to take all further arguments"));
            }
            T::Ellipsis => {
                self.bump();
                let mut param = plain_param(self.ident("a name after `...`")?);
                param.rest = true;
                param
            }
            T::LBrace if !self.at_dict_pattern() && self.ahead(2).kind != T::Assign => {
                return self.unexpected("a parameter name");
            }
            T::LBracket | T::LBrace => {
                let pattern = self.binding_pattern()?;
                let mut param = plain_param(Ident {
                    name: "",
                    span: pattern.span,
                });
                param.pattern = Some(pattern);
                param
            }
            _ => plain_param(self.ident("a parameter name")?),
        };
        let mut height = if param.pattern.is_some() {
            self.height
        } else {
            1
        };
        if self.at(T::Ident) {
            // The type first as in C, or after as in Go.
            let (first, second) = (param.name.name, self.text_of(self.cur()));
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
        param.ty = self.type_annotation()?;
        height = height.max(self.height);
        if let Some(token) = self.eat(T::Walrus).or_else(|| self.eat(T::Assign)) {
            if param.rest {
                let error = Diagnostic::error(
                    token.span(),
                    format!("`...{}` cannot have a default value", param.name.name),
                );
                return self.fail(error.help("without further arguments it is an empty array"));
            }
            param.default = Some(self.default_value()?);
        }
        self.height = height.max(self.height);
        Ok(param)
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
            let error = Diagnostic::error(self.cur().span(), "a function body belongs in braces")
                .help("write `func(x) { return … }`, or `x => …` without `func`");
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

fn plain_param(name: Ident<'_>) -> Param<'_> {
    Param {
        name,
        pattern: None,
        rest: false,
        ty: None,
        default: None,
    }
}
