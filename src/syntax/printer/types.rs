//! Printing types.

use super::Printer;
use crate::syntax::ast::{Type, TypeKind};

impl Printer<'_> {
    pub(super) fn annotation(&mut self, ty: Option<&Type<'_>>) {
        if let Some(ty) = ty {
            self.push(": ");
            self.ty(ty);
        }
    }

    pub(super) fn ty(&mut self, ty: &Type<'_>) {
        match ty.kind {
            TypeKind::Name { name, args } => {
                self.push(name);
                if !args.is_empty() {
                    self.push("<");
                    self.list(args, Self::ty);
                    self.push(">");
                }
            }
            TypeKind::Array(element) => {
                self.push("[");
                self.ty(element);
                self.push("]");
            }
            TypeKind::Optional(inner) => {
                // `??` would be an operator.
                self.ty_part(inner, matches!(inner.kind, TypeKind::Optional(_)));
                self.push("?");
            }
            TypeKind::Func { params, result } => {
                self.push("func(");
                self.list(params, Self::ty);
                self.push(")");
                if let Some(result) = result {
                    self.push(" -> ");
                    self.ty(result);
                }
            }
            TypeKind::Union(members) => {
                for (index, member) in members.iter().enumerate() {
                    if index > 0 {
                        self.push(" | ");
                    }
                    self.ty_part(member, false);
                }
            }
        }
    }

    /// A type that something follows: in parentheses if it would swallow it.
    fn ty_part(&mut self, ty: &Type<'_>, parens: bool) {
        let open = matches!(
            ty.kind,
            TypeKind::Union(_)
                | TypeKind::Func {
                    result: Some(_),
                    ..
                }
        );
        if open || parens {
            self.push("(");
            self.ty(ty);
            self.push(")");
        } else {
            self.ty(ty);
        }
    }
}
