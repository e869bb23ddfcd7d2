//! Printing declarations of types.

use super::doc::Cmd;
use super::{Printer, list};
use crate::syntax::ast::{EnumDef, FieldDef, Span, StructDef};

impl Printer<'_> {
    pub(super) fn enum_decl(&mut self, def: &EnumDef<'_>) {
        self.push("enum ");
        self.name(def.name.name, def.name.span);
        self.push(" ");
        let open = self.comments.next_token(def.name.span.hi);
        let first = def.variants.first().map(|first| first.span.lo);
        let mut style = list::Style::new("{", "}", def.variants.len());
        style.pad = true;
        style.force = first.is_some_and(|first| self.comments.line_ends_between(open, first));
        let close = def.span.hi.saturating_sub(1);
        self.delimited(
            style,
            def.variants,
            Some(close),
            |one| one.span,
            |p, one| {
                p.push(one.name);
            },
        );
    }

    pub(super) fn type_decl(&mut self, def: &StructDef<'_>) {
        self.push(if def.is_class { "class " } else { "struct " });
        self.name(def.name.name, def.name.span);
        self.push(" ");
        let open = self.comments.next_token(def.name.span.hi);
        let close = def.span.hi.saturating_sub(1);
        let empty = def.fields.is_empty() && def.methods.is_empty();
        if empty && !self.comments.any_before(close) {
            return self.push("{}");
        }
        let on_a_line = self.written
            && def.methods.is_empty()
            && !self.comments.line_ends_between(open, close)
            && !self.comments.any_before(close);
        if on_a_line {
            return self.fields_on_a_line(def);
        }
        self.lines(Span::new(open, def.span.hi), |p| {
            let mut methods = def.methods.iter().peekable();
            let mut first = true;
            for (index, field) in def.fields.iter().enumerate() {
                // Methods are where they were written.
                while let Some(method) =
                    methods.next_if(|method| method.span.lo < field.name.span.lo)
                {
                    first = p.item(method.span, field.name.span.lo, first, |p| p.func(method));
                }
                let end = field.default.map(|value| value.span);
                let end = end
                    .or(field.ty.map(|ty| ty.span))
                    .unwrap_or(field.name.span);
                let next = def
                    .fields
                    .get(index + 1)
                    .map_or(close, |next| next.name.span.lo);
                let limit = methods
                    .peek()
                    .map_or(next, |method| next.min(method.span.lo));
                first = p.item(field.name.span.to(end), limit, first, |p| p.field(field));
            }
            while let Some(method) = methods.next() {
                let limit = methods.peek().map_or(close, |next| next.span.lo);
                first = p.item(method.span, limit, first, |p| p.func(method));
            }
            p.last_lines(close, first);
        });
    }

    /// Fields that the author put on one line: they stay there if they fit, else each
    /// has its line.
    fn fields_on_a_line(&mut self, def: &StructDef<'_>) {
        let head = std::mem::replace(&mut self.head, false);
        self.doc.begin_eager();
        self.push("{");
        self.doc.cmd(Cmd::Indent);
        for (index, field) in def.fields.iter().enumerate() {
            if index > 0 {
                self.doc.if_flat(",");
            }
            self.doc.cmd(Cmd::Line { blank: false });
            self.field(field);
        }
        self.doc.cmd(Cmd::Dedent);
        self.doc.cmd(Cmd::Line { blank: false });
        self.push("}");
        self.doc.end();
        self.head = head;
    }

    fn field(&mut self, field: &FieldDef<'_>) {
        self.push(field.name.name);
        self.annotation(field.ty);
        if let Some(default) = field.default {
            self.push(" := ");
            self.expr(default);
        }
    }
}
