//! Declarations that are not functions: structs, classes, enums, imports,
//! exports and tests.

use std::collections::HashMap;
use std::ops::ControlFlow;

use super::function::Naming;
use super::{ContextKind, Parse, Parser};
use crate::syntax::ast::{
    EnumDef, Expr, ExprKind, FieldDef, FuncDef, Ident, Import, ImportName, Span, Stmt, StmtKind,
    StructDef, Target, TestName, TestTable,
};
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::token::T;

impl<'a> Parser<'a> {
    /// `struct Name { … }` or `class Name { … }` at the keyword.
    pub(super) fn struct_decl(&mut self) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        let is_class = keyword.kind == T::Class;
        let name = self.ident(if is_class {
            "a class name"
        } else {
            "a struct name"
        })?;
        self.inheritance_slip(is_class)?;
        if !self.at(T::LBrace) {
            return self.no_block(self.text_of(keyword));
        }
        let mode = std::mem::replace(&mut self.mode, super::STATEMENT);
        let body = self.nested(|p| p.struct_body());
        self.mode = mode;
        let (fields, methods, height) = body?;
        self.check_twice("field", fields.iter().map(|field| field.name));
        self.check_twice("method", methods.iter().filter_map(|method| method.name));
        let fields = self.arena.alloc_slice_copy(&fields);
        let methods = self.arena.alloc_slice_copy(&methods);
        let span = Span::new(keyword.lo, self.prev_hi());
        self.height = height;
        Ok(StmtKind::Struct(self.arena.alloc(StructDef {
            name,
            is_class,
            fields,
            methods,
            span,
        })))
    }

    #[allow(clippy::type_complexity)]
    fn struct_body(&mut self) -> Parse<(Vec<FieldDef<'a>>, Vec<FuncDef<'a>>, u32)> {
        let opener = self.bump();
        self.open.push(opener);
        let mut fields = Vec::new();
        let mut methods: Vec<FuncDef<'a>> = Vec::new();
        let mut height = 0;
        self.rounds(|p| {
            let start = p.pos;
            let open = p.open.len();
            p.height = 0;
            let member = match p.cur().kind {
                T::RBrace => return Ok(ControlFlow::Break(())),
                T::Comma | T::Semi => {
                    p.bump();
                    return Ok(ControlFlow::Continue(()));
                }
                T::Eof | T::InterpClose => {
                    let error =
                        Diagnostic::error(opener.span(), "the body of this type is not closed");
                    return p.not_closed(opener, error);
                }
                T::Func | T::Async if !p.names_field() => {
                    p.func_def(Naming::Method).map(|def| methods.push(*def))
                }
                _ => p.field().map(|field| fields.push(field)),
            };
            height = height.max(p.height);
            if member.is_err() {
                p.mode = super::STATEMENT;
                p.recover(start, open);
            }
            Ok(ControlFlow::Continue(()))
        })?;
        self.open.pop();
        self.bump();
        Ok((fields, methods, height))
    }

    /// Whether the keyword at the cursor is the name of a field.
    fn names_field(&self) -> bool {
        matches!(self.ahead(1).kind, T::Colon | T::Walrus | T::Assign)
    }

    /// `name [: type] [:= default]`
    fn field(&mut self) -> Parse<FieldDef<'a>> {
        self.member_slip()?;
        let token = self.cur();
        let name = if token.kind == T::Ident || (token.kind.is_keyword() && self.names_field()) {
            self.any_name("a field name")?
        } else {
            return self.unexpected("a field, `func` or `}`");
        };
        self.height = 1;
        let ty = self.type_annotation()?;
        let height = self.height;
        let default = match self.eat(T::Walrus).or_else(|| self.eat(T::Assign)) {
            Some(_) => Some(self.default_value()?),
            None => None,
        };
        self.height = self.height.max(height);
        let next = self.cur();
        if !next.newline && !matches!(next.kind, T::Comma | T::Semi | T::RBrace | T::Eof | T::Func)
        {
            return self.unexpected("a line end, `,` or `}` after the field");
        }
        Ok(FieldDef { name, ty, default })
    }

    /// Reports names that occur twice.
    pub(super) fn check_twice(&mut self, what: &str, names: impl Iterator<Item = Ident<'a>>) {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        let mut errors = Vec::new();
        for name in names {
            if let Some(&first) = seen.get(name.name) {
                errors.push(
                    Diagnostic::error(
                        name.span,
                        format!("the {what} `{}` is declared twice", name.name),
                    )
                    .related(first, "it is first declared here"),
                );
            } else {
                seen.insert(name.name, name.span);
            }
        }
        for error in errors {
            self.error(error);
        }
    }

    pub(super) fn enum_decl(&mut self) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        let name = self.ident("an enum name")?;
        if !self.at(T::LBrace) {
            return self.no_block("enum");
        }
        let variants = self.bracketed(|p| {
            let mut variants = Vec::new();
            p.rounds(|p| {
                if p.eat(T::Comma).or_else(|| p.eat(T::Semi)).is_some() {
                    return Ok(ControlFlow::Continue(()));
                }
                if p.at(T::RBrace) {
                    return Ok(ControlFlow::Break(()));
                }
                let variant = p.any_name("a variant name or `}`")?;
                variants.push(variant);
                if p.at(T::LParen) {
                    let error = Diagnostic::error(
                        p.cur().span(),
                        "a variant is declared by its name alone",
                    )
                    .help(format!(
                        "`{}::{}(…)` takes any values",
                        name.name, variant.name
                    ));
                    return p.fail(error);
                }
                if p.at(T::Assign) || p.at(T::Walrus) {
                    let error =
                        Diagnostic::error(p.cur().span(), "a variant has no number of its own");
                    return p.fail(error);
                }
                // A newline separates variants as well as a comma.
                let next = p.cur();
                if !next.newline && !matches!(next.kind, T::Comma | T::Semi | T::RBrace) {
                    return p.unexpected("`,` or `}` in the enum");
                }
                Ok(ControlFlow::Continue(()))
            })?;
            p.close(T::RBrace, "`}`")?;
            Ok(variants)
        })?;
        self.check_twice("variant", variants.iter().copied());
        let variants = self.arena.alloc_slice_copy(&variants);
        let span = Span::new(keyword.lo, self.prev_hi());
        self.height = 1;
        Ok(StmtKind::Enum(self.arena.alloc(EnumDef {
            name,
            variants,
            span,
        })))
    }

    // Modules

    /// `import a.b [as name]`
    pub(super) fn import(&mut self) -> Parse<StmtKind<'a>> {
        self.bump();
        self.import_slip()?;
        let path = self.module_path()?;
        let alias = self.alias()?;
        if self.at(T::Comma) {
            let error = Diagnostic::error(self.cur().span(), "an `import` names one module")
                .help("write one `import` per line");
            return self.fail(error);
        }
        if self.at(T::From) && self.same_line() {
            let names = path
                .iter()
                .map(|part| part.name)
                .collect::<Vec<_>>()
                .join(".");
            let error = Diagnostic::error(self.cur().span(), "the module comes first")
                .help(format!("write `from module import {names}`"));
            return self.fail(error);
        }
        Ok(StmtKind::Import(Import {
            path,
            alias,
            names: None,
        }))
    }

    /// `from a.b import x, y as z`
    pub(super) fn import_from(&mut self) -> Parse<StmtKind<'a>> {
        self.bump();
        self.import_slip()?;
        let path = self.module_path()?;
        self.expect(T::Import, "`import` and the names")?;
        if self.at(T::Star) {
            let error = Diagnostic::error(self.cur().span(), "`*` is not needed")
                .help("`import module` brings in every export");
            return self.fail(error);
        }
        if matches!(self.cur().kind, T::LParen | T::LBrace) {
            let error = Diagnostic::error(self.cur().span(), "the names have no brackets")
                .help("write `from module import x, y`; a line may end after a comma");
            return self.fail(error);
        }
        let mut names = Vec::new();
        self.rounds(|p| {
            let name = p.ident("a name to import")?;
            names.push(ImportName {
                name,
                alias: p.alias()?,
            });
            Ok(p.comma())
        })?;
        let names = Some(self.arena.alloc_slice_copy(&names) as &[_]);
        Ok(StmtKind::Import(Import {
            path,
            alias: None,
            names,
        }))
    }

    fn module_path(&mut self) -> Parse<&'a [Ident<'a>]> {
        let mut path = vec![self.ident("a module name")?];
        while self.at(T::Dot) && self.same_line() {
            self.bump();
            path.push(self.any_name("a module name after the dot")?);
        }
        Ok(self.arena.alloc_slice_copy(&path))
    }

    fn alias(&mut self) -> Parse<Option<Ident<'a>>> {
        if !self.at_word("as") || !self.same_line() {
            return Ok(None);
        }
        self.bump();
        self.ident("a name after `as`").map(Some)
    }

    /// `export` and a declaration.
    pub(super) fn export(&mut self) -> Parse<StmtKind<'a>> {
        let keyword = self.bump();
        if self.context.kind != ContextKind::Module || self.context.depth > 0 {
            let message = "`export` belongs to the top level of a file";
            self.misplaced(keyword.span(), message.into());
        }
        self.export_slip(keyword)?;
        let inner = self.nested(Self::statement)?;
        let declares = match inner.kind {
            StmtKind::Let { .. } | StmtKind::Func(_) | StmtKind::Struct(_) | StmtKind::Enum(_) => {
                true
            }
            StmtKind::Assign {
                target: Target::Pattern(_),
                ..
            } => true,
            StmtKind::Assign {
                target: Target::Place(place),
                ..
            } => {
                matches!(place.kind, crate::syntax::ast::ExprKind::Name(_))
            }
            _ => false,
        };
        if !declares {
            let error = Diagnostic::error(keyword.span(), "only a declaration can be exported")
                .help("write `export` before the function, type or variable itself");
            return self.fail(error);
        }
        let inner: &'a Stmt<'a> = self.arena.alloc(inner);
        Ok(StmtKind::Export(inner))
    }

    // Tests

    /// `test "name" { … }`, `test "name" for x in xs { … }` or `test_group "name" { … }`.
    pub(super) fn test(&mut self, is_group: bool) -> Parse<StmtKind<'a>> {
        self.check_test_place();
        self.bump();
        let (name, written) = self.test_name()?;
        if is_group {
            // A group is as good a place for tests as the file itself.
            let body = self.block_of(ContextKind::Group, "the test group")?;
            return Ok(StmtKind::TestGroup { name, body });
        }
        let table = match self.eat(T::For) {
            Some(_) => self.for_head()?.map(|(vars, iter)| {
                let name = written;
                &*self.arena.alloc(TestTable { name, vars, iter })
            }),
            None => None,
        };
        if table.is_none() && matches!(written.kind, ExprKind::Template(_)) {
            let error = Diagnostic::error(written.span, "only a table of tests has such a name");
            self.error(
                error.help("write `test \"… ${x}\" for x in xs { … }`, or a name without `${…}`"),
            );
        }
        let height = self.height;
        let body = self.block_of(ContextKind::Test, "the test")?;
        self.height = self.height.max(height);
        Ok(StmtKind::Test { name, table, body })
    }

    /// The name of a test as text and as an expression.
    fn test_name(&mut self) -> Parse<(TestName<'a>, &'a Expr<'a>)> {
        let token = self.cur();
        if matches!(token.kind, T::TemplateOpen | T::TripleOpen) {
            let written = self.template()?;
            let span = written.span;
            let text = self.text.get(span.lo as usize..span.hi as usize);
            let text = text.unwrap_or("").trim_matches('"').trim();
            return Ok((TestName { text, span }, written));
        }
        self.bump();
        let (text, span) = (self.str_value(token), token.span());
        let kind = ExprKind::Str(text);
        let written = self.arena.alloc(Expr { kind, span });
        Ok((TestName { text, span }, written))
    }

    /// `test_setup { … }` or `test_teardown { … }`.
    pub(super) fn test_hook(&mut self, setup: bool) -> Parse<StmtKind<'a>> {
        self.check_test_place();
        self.bump();
        let body = self.block_of(ContextKind::Test, "the test")?;
        Ok(if setup {
            StmtKind::TestSetup(body)
        } else {
            StmtKind::TestTeardown(body)
        })
    }

    fn check_test_place(&mut self) {
        match (self.context.kind, self.context.depth) {
            (ContextKind::Module, 0) | (ContextKind::Group, 1) => return,
            _ => {}
        }
        let span = self.cur().span();
        let text = self.text_of(self.cur());
        let message = format!("`{text}` belongs to the top level of a file or a test group");
        self.misplaced(span, message);
    }
}
