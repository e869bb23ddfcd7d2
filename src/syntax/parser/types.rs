//! Written types: `int`, `[T]`, `dict<string, int>`, `T?`, `func(A) -> B`,
//! `A | B`. Only their form is known here; whether a name means a type is
//! not.

use super::{BRACKETS, Parse, Parser};
use crate::syntax::ast::{Span, Type, TypeKind};
use crate::syntax::token::T;

impl<'a> Parser<'a> {
    /// `: type`, if there is one.
    pub(super) fn type_annotation(&mut self) -> Parse<Option<&'a Type<'a>>> {
        if self.eat(T::Colon).is_none() {
            return Ok(None);
        }
        Ok(Some(self.type_ref()?))
    }

    pub(super) fn type_ref(&mut self) -> Parse<&'a Type<'a>> {
        let ty = self.written_type()?;
        Ok(self.arena.alloc(ty))
    }

    fn written_type(&mut self) -> Parse<Type<'a>> {
        self.nested(|p| {
            let first = p.postfix_type()?;
            if !p.at(T::Pipe) {
                return Ok(first);
            }
            let mut members = vec![first];
            let mut height = p.height;
            while p.eat(T::Pipe).is_some() {
                members.push(p.postfix_type()?);
                height = height.max(p.height);
            }
            let span = Span::new(first.span.lo, p.prev_hi());
            p.raise(height, span)?;
            let members = p.arena.alloc_slice_copy(&members);
            Ok(Type {
                kind: TypeKind::Union(members),
                span,
            })
        })
    }

    fn postfix_type(&mut self) -> Parse<Type<'a>> {
        let mut ty = self.primary_type()?;
        while self.same_line() && self.at(T::Question) {
            self.bump();
            let inner = self.arena.alloc(ty);
            let span = Span::new(ty.span.lo, self.prev_hi());
            self.raise(self.height, span)?;
            ty = Type {
                kind: TypeKind::Optional(inner),
                span,
            };
        }
        Ok(ty)
    }

    fn primary_type(&mut self) -> Parse<Type<'a>> {
        let token = self.cur();
        match token.kind {
            T::LBracket => {
                let element = self.bracketed(|p| {
                    let element = p.type_ref()?;
                    p.close(T::RBracket, "`]` after the element type")?;
                    Ok(element)
                })?;
                let span = Span::new(token.lo, self.prev_hi());
                self.raise(self.height, span)?;
                Ok(Type {
                    kind: TypeKind::Array(element),
                    span,
                })
            }
            T::LParen => self.bracketed(|p| {
                let inner = p.written_type()?;
                p.close(T::RParen, "`)` after the type")?;
                Ok(inner)
            }),
            T::Func => self.func_type(),
            T::Ident | T::Null | T::SelfKw => self.named_type(),
            _ => self.unexpected("a type"),
        }
    }

    fn func_type(&mut self) -> Parse<Type<'a>> {
        let lo = self.bump().lo;
        if !self.at(T::LParen) {
            let kind = TypeKind::Name {
                name: "func",
                args: &[],
            };
            self.height = 1;
            return Ok(Type {
                kind,
                span: Span::new(lo, self.prev_hi()),
            });
        }
        let (params, mut height) = self.bracketed(|p| {
            p.list(
                T::RParen,
                "`,` or `)` in the parameter types",
                Self::written_type,
            )
        })?;
        let params = self.arena.alloc_slice_copy(&params);
        let result = match self.eat(T::Arrow) {
            Some(_) => Some(self.type_ref()?),
            None => None,
        };
        height = height.max(self.height);
        let span = Span::new(lo, self.prev_hi());
        self.raise(height, span)?;
        Ok(Type {
            kind: TypeKind::Func { params, result },
            span,
        })
    }

    /// `name`, `module.name`, `name<args>`.
    fn named_type(&mut self) -> Parse<Type<'a>> {
        let first = self.bump();
        while self.at(T::Dot) && self.ahead(1).kind == T::Ident {
            self.bump();
            self.bump();
        }
        let hi = self.prev_hi();
        let text = self.text.get(first.lo as usize..hi as usize).unwrap_or("");
        // White space or comments may be around the dots.
        let name = if text
            .chars()
            .all(|ch| ch == '.' || ch == '_' || ch.is_alphanumeric())
        {
            text
        } else {
            self.text_of(first)
        };
        self.height = 1;
        if !self.at(T::Lt) || !self.same_line() {
            return Ok(Type {
                kind: TypeKind::Name { name, args: &[] },
                span: Span::new(first.lo, hi),
            });
        }
        let mode = std::mem::replace(&mut self.mode, BRACKETS);
        let args = self.type_args();
        self.mode = mode;
        let args = args?;
        let args = self.arena.alloc_slice_copy(&args);
        let span = Span::new(first.lo, self.prev_hi());
        Ok(Type {
            kind: TypeKind::Name { name, args },
            span,
        })
    }

    fn type_args(&mut self) -> Parse<Vec<Type<'a>>> {
        let lo = self.bump().lo;
        let mut args = Vec::new();
        let mut height = 0;
        self.rounds(|p| {
            args.push(p.written_type()?);
            height = height.max(p.height);
            Ok(p.comma())
        })?;
        if !self.eat_gt() {
            return self.unexpected("`,` or `>` in the type");
        }
        self.raise(height, Span::new(lo, self.prev_hi()))?;
        Ok(args)
    }

    /// Takes a `>`, also the first half of `>>`, `>=` or `>>=`.
    fn eat_gt(&mut self) -> bool {
        let rest = match self.cur().kind {
            T::Gt => {
                self.bump();
                return true;
            }
            T::Shr => T::Gt,
            T::Ge => T::Assign,
            T::ShrEq => T::Ge,
            _ => return false,
        };
        if let Some(token) = self.tokens.get_mut(self.pos) {
            token.kind = rest;
            token.lo += 1;
        }
        true
    }
}
