//! A syntax tree as canonical source text: four spaces, `:=`, one statement
//! per line, and only the parentheses that were written or are needed. What
//! is printed parses to a tree that prints the same. Comments are not part of
//! statements and are not printed here.

use super::ast::{
    Block, Case, Else, ForVars, FuncDef, Import, LetKind, Module, Stmt, StmtKind, StructDef,
    Target, Type, TypeKind, WhileForm,
};

mod expr;
mod pattern;
mod text;

/// The module as source text.
pub fn print(module: &Module<'_>) -> String {
    let mut printer = Printer {
        out: String::new(),
        indent: 0,
        head: false,
    };
    for stmt in module.body.stmts {
        printer.statement(stmt);
        printer.push("\n");
    }
    printer.out
}

struct Printer {
    out: String,
    indent: usize,
    /// In the head of a statement, where a `{` would open the body.
    head: bool,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn line(&mut self) {
        self.out.push('\n');
        for _ in 0..self.indent {
            self.out.push_str("    ");
        }
    }

    /// Prints `items` with commas between them.
    fn list<R>(&mut self, items: &[R], mut item: impl FnMut(&mut Self, &R)) {
        for (index, value) in items.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            item(self, value);
        }
    }

    /// Runs `f` inside brackets, where a `{` is a literal again.
    fn inside(&mut self, open: &str, close: &str, f: impl FnOnce(&mut Self)) {
        let head = std::mem::replace(&mut self.head, false);
        self.push(open);
        f(self);
        self.push(close);
        self.head = head;
    }

    fn in_head(&mut self, f: impl FnOnce(&mut Self)) {
        let head = std::mem::replace(&mut self.head, true);
        f(self);
        self.head = head;
    }

    fn block(&mut self, block: &Block<'_>) {
        if block.stmts.is_empty() {
            self.push("{}");
            return;
        }
        self.lines(|p| {
            for stmt in block.stmts {
                p.line();
                p.statement(stmt);
            }
        });
    }

    /// Braces around lines that `f` prints.
    fn lines(&mut self, f: impl FnOnce(&mut Self)) {
        let head = std::mem::replace(&mut self.head, false);
        self.push("{");
        self.indent += 1;
        f(self);
        self.indent -= 1;
        self.line();
        self.push("}");
        self.head = head;
    }

    fn statement(&mut self, stmt: &Stmt<'_>) {
        match stmt.kind {
            StmtKind::Expr(expr) => self.expr(expr),
            StmtKind::Let {
                kind,
                pattern,
                ty,
                value,
            } => {
                self.push(match kind {
                    LetKind::Let => "let ",
                    LetKind::Mut => "mut ",
                    LetKind::Const => "const ",
                });
                self.pattern(pattern);
                self.annotation(ty);
                self.push(" := ");
                self.expr(value);
            }
            StmtKind::Assign { target, ty, value } => {
                match target {
                    Target::Place(place) => self.place(place),
                    Target::Pattern(pattern) => self.pattern(pattern),
                }
                self.annotation(ty);
                self.push(" := ");
                self.expr(value);
            }
            StmtKind::Compound {
                place, op, value, ..
            } => {
                self.place(place);
                self.push(" ");
                self.push(op.text());
                self.push("= ");
                self.expr(value);
            }
            StmtKind::Func(def) => self.func(def),
            StmtKind::Struct(def) => self.type_decl(def),
            StmtKind::Enum(def) => {
                self.push("enum ");
                self.push(def.name.name);
                if def.variants.is_empty() {
                    self.push(" {}");
                } else {
                    self.push(" { ");
                    self.list(def.variants, |p, variant| p.push(variant.name));
                    self.push(" }");
                }
            }
            StmtKind::If { .. } => self.if_chain(stmt),
            StmtKind::While {
                label,
                form,
                cond,
                body,
            } => {
                self.label(label.map(|label| label.name));
                self.push(match form {
                    WhileForm::While => "while ",
                    WhileForm::Loop => "loop ",
                    WhileForm::LoopWhile => "loop while ",
                });
                if let Some(cond) = cond {
                    self.in_head(|p| p.expr(cond));
                    self.push(" ");
                }
                self.block(&body);
            }
            StmtKind::For {
                label,
                vars,
                iter,
                body,
            } => {
                self.label(label.map(|label| label.name));
                self.push("for ");
                match vars {
                    ForVars::One(pattern) => self.pattern(pattern),
                    ForVars::Two(first, second) => {
                        self.push(first.name);
                        self.push(", ");
                        self.pattern(second);
                    }
                }
                self.push(" in ");
                self.in_head(|p| p.expr(iter));
                self.push(" ");
                self.block(&body);
            }
            StmtKind::Match {
                subject,
                cases,
                default,
            } => {
                self.push("match ");
                self.in_head(|p| p.expr(subject));
                self.push(" ");
                self.lines(|p| {
                    for case in cases {
                        p.line();
                        p.case(case);
                    }
                    if let Some(default) = default {
                        p.line();
                        p.push("default: ");
                        p.block(&default);
                    }
                });
            }
            StmtKind::Try {
                body,
                except,
                finally,
            } => {
                self.push("try ");
                self.block(&body);
                if let Some(except) = except {
                    self.push(" except ");
                    if let Some(name) = except.name {
                        self.push(name.name);
                        self.push(" ");
                    }
                    self.block(&except.body);
                }
                if let Some(finally) = finally {
                    self.push(" finally ");
                    self.block(&finally);
                }
            }
            StmtKind::Return(value) => {
                self.push("return");
                if let Some(value) = value {
                    self.push(" ");
                    self.expr(value);
                }
            }
            StmtKind::Break(label) => self.jump("break", label.map(|label| label.name)),
            StmtKind::Continue(label) => self.jump("continue", label.map(|label| label.name)),
            StmtKind::Import(import) => self.import(&import),
            StmtKind::Export(inner) => {
                self.push("export ");
                self.statement(inner);
            }
            StmtKind::Test { name, body } => self.test("test ", Some(name.text), &body),
            StmtKind::TestGroup { name, body } => {
                self.test("test_group ", Some(name.text), &body);
            }
            StmtKind::TestSetup(body) => self.test("test_setup", None, &body),
            StmtKind::TestTeardown(body) => self.test("test_teardown", None, &body),
        }
    }

    fn label(&mut self, label: Option<&str>) {
        if let Some(label) = label {
            self.push(label);
            self.push(": ");
        }
    }

    fn jump(&mut self, word: &str, label: Option<&str>) {
        self.push(word);
        if let Some(label) = label {
            self.push(" ");
            self.push(label);
        }
    }

    fn test(&mut self, word: &str, name: Option<&str>, body: &Block<'_>) {
        self.push(word);
        if let Some(name) = name {
            self.string(name);
        }
        self.push(" ");
        self.block(body);
    }

    /// `if … else if …`: as long a chain as it may be, in a loop.
    fn if_chain(&mut self, stmt: &Stmt<'_>) {
        let mut stmt = *stmt;
        while let StmtKind::If {
            cond,
            then,
            otherwise,
        } = stmt.kind
        {
            self.push("if ");
            self.in_head(|p| p.expr(cond));
            self.push(" ");
            self.block(&then);
            match otherwise {
                None => return,
                Some(Else::Block(block)) => {
                    self.push(" else ");
                    return self.block(&block);
                }
                Some(Else::If(inner)) => {
                    self.push(" else ");
                    stmt = *inner;
                }
            }
        }
    }

    fn case(&mut self, case: &Case<'_>) {
        self.push("case ");
        self.pattern(case.pattern);
        if let Some(guard) = case.guard {
            self.push(" if ");
            self.in_head(|p| p.expr(guard));
        }
        self.push(": ");
        self.block(&case.body);
    }

    fn import(&mut self, import: &Import<'_>) {
        self.push(if import.names.is_some() {
            "from "
        } else {
            "import "
        });
        for (index, part) in import.path.iter().enumerate() {
            if index > 0 {
                self.push(".");
            }
            self.push(part.name);
        }
        let alias = |p: &mut Self, alias: Option<&str>| {
            if let Some(alias) = alias {
                p.push(" as ");
                p.push(alias);
            }
        };
        alias(self, import.alias.map(|alias| alias.name));
        if let Some(names) = import.names {
            self.push(" import ");
            self.list(names, |p, name| {
                p.push(name.name.name);
                alias(p, name.alias.map(|alias| alias.name));
            });
        }
    }

    fn func(&mut self, def: &FuncDef<'_>) {
        if def.is_async {
            self.push("async ");
        }
        self.push(if def.is_generator { "func*" } else { "func" });
        if let Some(name) = def.name {
            self.push(" ");
            self.push(name.name);
        }
        self.inside("(", ")", |p| {
            p.list(def.params, |p, param| {
                p.push(param.name.name);
                p.annotation(param.ty);
                if let Some(default) = param.default {
                    p.push(" := ");
                    p.expr(default);
                }
            });
        });
        if let Some(result) = def.result {
            self.push(" -> ");
            self.ty(result);
        }
        self.push(" ");
        self.block(&def.body);
    }

    fn type_decl(&mut self, def: &StructDef<'_>) {
        self.push(if def.is_class { "class " } else { "struct " });
        self.push(def.name.name);
        if def.fields.is_empty() && def.methods.is_empty() {
            self.push(" {}");
            return;
        }
        self.push(" ");
        self.lines(|p| {
            let mut methods = def.methods.iter().peekable();
            for field in def.fields {
                // Methods stand where they were written.
                while let Some(method) =
                    methods.next_if(|method| method.span.lo < field.name.span.lo)
                {
                    p.line();
                    p.func(method);
                }
                p.line();
                p.push(field.name.name);
                p.annotation(field.ty);
                if let Some(default) = field.default {
                    p.push(" := ");
                    p.expr(default);
                }
            }
            for method in methods {
                p.line();
                p.func(method);
            }
        });
    }

    // Types

    fn annotation(&mut self, ty: Option<&Type<'_>>) {
        if let Some(ty) = ty {
            self.push(": ");
            self.ty(ty);
        }
    }

    fn ty(&mut self, ty: &Type<'_>) {
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
