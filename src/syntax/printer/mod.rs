//! A syntax tree as canonical source text: four spaces, `:=`, one statement
//! per line, and only the parentheses that were written or are needed. Printed
//! text parses to a tree that prints the same. [`print`] needs only the tree
//! and breaks no lines within statements; [`format`] has the source as well and
//! keeps its comments, empty lines, numbers and strings.

use super::ast::{
    ArrayItem, AssignForm, Block, Case, Else, Expr, ExprKind, ForVars, FuncDef, FuncForm, Import,
    LetKind, Module, Param, Span, Stmt, StmtKind, Target, WhileForm,
};
use super::source::SourceFile;
use comments::Comments;
use doc::{Cmd, Doc};

mod comments;
mod decl;
mod doc;
mod expr;
mod layout;
mod list;
mod pattern;
mod postfix;
mod text;
mod types;

/// Columns of a formatted line, where it can be broken.
const WIDTH: usize = 100;

/// The module as source text.
pub fn print(module: &Module<'_>) -> String {
    let mut printer = Printer::new(Comments::new("", &[]));
    printer.statements(&module.body);
    layout::lay_out(&printer.doc, usize::MAX / 2)
}

/// How often a text is formatted again because that changes it: what was
/// broken for want of room may count as the author's choice the next time.
const ROUNDS: usize = 6;

/// A module without errors as its source in canonical form, which formatting
/// does not change.
pub fn format(module: &Module<'_>, source: &SourceFile) -> String {
    let mut text = format_once(module, source);
    for _ in 0..ROUNDS {
        let arena = bumpalo::Bump::new();
        let again = SourceFile::new(source.name(), &*text);
        let (module, diagnostics) = super::parse(&again, &arena);
        if !diagnostics.is_empty() {
            break;
        }
        let next = format_once(&module, &again);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn format_once(module: &Module<'_>, source: &SourceFile) -> String {
    let mut printer = Printer::new(Comments::new(source.text(), module.comments));
    printer.written = true;
    printer.statements(&module.body);
    layout::lay_out(&printer.doc, WIDTH)
}

struct Printer<'s> {
    doc: Doc,
    comments: Comments<'s>,
    /// In the head of a statement, where a `{` would open the body.
    head: bool,
    /// Inside the braces of a statement.
    nested: bool,
    /// Blocks are parts of the line.
    inline: bool,
    /// The tree comes from a source, which has all the parentheses it needs.
    written: bool,
}

impl<'s> Printer<'s> {
    fn new(comments: Comments<'s>) -> Printer<'s> {
        Printer {
            doc: Doc::default(),
            comments,
            head: false,
            nested: false,
            inline: false,
            written: false,
        }
    }

    fn push(&mut self, text: &str) {
        self.doc.push(text);
    }

    /// A name at its place.
    fn name(&mut self, name: &str, span: Span) {
        self.leading(span.lo);
        self.push(name);
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

    /// The head of a statement and the space or line end before its body:
    /// below a condition of several lines the brace has its own.
    fn head_expr(&mut self, expr: &Expr<'_>) {
        let group = matches!(expr.kind, ExprKind::Logic { .. } | ExprKind::Pipe { .. })
            .then(|| self.doc.begin());
        let inline = std::mem::replace(&mut self.inline, false);
        self.in_head(|p| p.expr(expr));
        self.inline = inline;
        match group {
            Some(group) => {
                self.doc.end();
                self.doc.cmd(Cmd::LineIf(group));
            }
            None => self.push(" "),
        }
    }

    /// The body of a file or block, without braces.
    fn statements(&mut self, block: &Block<'_>) {
        let mut first = true;
        let close = if self.nested && self.written {
            block.span.hi.saturating_sub(1)
        } else {
            u32::MAX
        };
        for (index, stmt) in block.stmts.iter().enumerate() {
            let next = block.stmts.get(index + 1);
            let limit = next.map_or(close, |next| next.span.lo);
            first = self.item(stmt.span, limit, first, |p| p.statement(stmt));
        }
        self.last_lines(close, first);
    }

    /// A thing that has lines of its own, with the comments before and beside
    /// it. Gives false: what follows is not the first.
    fn item(&mut self, span: Span, limit: u32, first: bool, f: impl FnOnce(&mut Self)) -> bool {
        let first = self.own_lines(span.lo, first);
        self.next_line(span.lo, first);
        self.leading(span.lo);
        f(self);
        self.trailing(span.hi, limit);
        false
    }

    fn block(&mut self, block: &Block<'_>) {
        if self.inline {
            return self.inline_block(block);
        }
        self.leading(block.span.lo);
        let close = block.span.hi.saturating_sub(1);
        if block.stmts.is_empty() && !self.comments.any_before(close) {
            self.push("{}");
            return;
        }
        self.lines(block.span, |p| p.statements(block));
    }

    /// The body of a function or case: a single simple statement stays beside
    /// its braces if the author put it there and it fits.
    fn short_block(&mut self, block: &Block<'_>) {
        self.leading(block.span.lo);
        let Span { lo, hi } = block.span;
        let short = self.written
            && is_simple(block)
            && !self.comments.line_ends_between(lo, hi)
            && !self.comments.any_before(hi);
        if !short {
            return self.block(block);
        }
        let head = std::mem::replace(&mut self.head, false);
        self.doc.begin_eager();
        self.push("{");
        self.doc.cmd(Cmd::Indent);
        self.doc.cmd(Cmd::Line { blank: false });
        self.statement(&block.stmts[0]);
        self.doc.cmd(Cmd::Dedent);
        self.doc.cmd(Cmd::Line { blank: false });
        self.push("}");
        self.doc.end();
        self.head = head;
    }

    /// A statement, also as an expression. One whose blocks are single simple
    /// statements stays on one line if the author put it there and it fits.
    fn statement(&mut self, stmt: &Stmt<'_>) {
        let Span { lo, hi } = stmt.span;
        let short = self.written
            && !self.inline
            && is_short(stmt)
            && !self.comments.line_ends_between(lo, hi)
            && !self.comments.any_before(hi);
        if !short {
            return self.open_statement(stmt);
        }
        self.inline = true;
        self.doc.begin_eager();
        self.open_statement(stmt);
        self.doc.end();
        self.inline = false;
    }

    /// A block between braces of the open group.
    fn inline_block(&mut self, block: &Block<'_>) {
        let head = std::mem::replace(&mut self.head, false);
        let inline = std::mem::replace(&mut self.inline, false);
        self.push("{");
        if block.stmts.is_empty() {
            self.push("}");
            (self.head, self.inline) = (head, inline);
            return;
        }
        self.doc.cmd(Cmd::Indent);
        for stmt in block.stmts {
            self.doc.cmd(Cmd::Line { blank: false });
            self.statement(stmt);
        }
        self.doc.cmd(Cmd::Dedent);
        self.doc.cmd(Cmd::Line { blank: false });
        self.push("}");
        self.head = head;
        self.inline = inline;
    }

    /// Braces around lines that `f` prints; comments beside the opening one
    /// stay there.
    fn lines(&mut self, span: Span, f: impl FnOnce(&mut Self)) {
        let head = std::mem::replace(&mut self.head, false);
        let nested = std::mem::replace(&mut self.nested, true);
        self.push("{");
        let first = self.comments.next_token(span.lo + 1);
        self.trailing(span.lo, first.min(span.hi));
        self.doc.cmd(Cmd::Indent);
        f(self);
        self.doc.cmd(Cmd::Dedent);
        self.doc.hard(false);
        self.push("}");
        self.head = head;
        self.nested = nested;
    }

    /// A statement whose blocks are lines, or parts of the line if that is decided.
    fn open_statement(&mut self, stmt: &Stmt<'_>) {
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
            StmtKind::Assign {
                target,
                ty,
                value,
                form,
            } => {
                match target {
                    Target::Place(place) => self.place(place),
                    Target::Pattern(pattern) if form == AssignForm::Plain => self.pattern(pattern),
                    Target::Pattern(pattern) => self.targets(pattern),
                }
                self.annotation(ty);
                self.push(" := ");
                match value.kind {
                    ExprKind::Array(items) if form == AssignForm::Lists => {
                        self.list(items, |p, item| match item {
                            ArrayItem::Item(value) => p.expr(value),
                            ArrayItem::Spread(value) => p.spread(value),
                        });
                    }
                    _ => self.expr(value),
                }
            }
            StmtKind::Compound {
                place,
                op,
                op_span,
                value,
            } => {
                self.place(place);
                self.closing(op_span.lo);
                self.push(" ");
                self.push(op.text());
                self.push("= ");
                self.expr(value);
            }
            StmtKind::Func(def) => self.func(def),
            StmtKind::Struct(def) => self.type_decl(def),
            StmtKind::Enum(def) => self.enum_decl(def),
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
                    self.head_expr(cond);
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
                self.for_head(vars, iter);
                self.block(&body);
            }
            StmtKind::Match {
                subject,
                cases,
                default,
            } => {
                self.push("match ");
                self.head_expr(subject);
                self.match_body(subject.span.hi, stmt.span.hi, cases, default.as_ref());
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
                        self.name(name.name, name.span);
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
            StmtKind::Test {
                name,
                table: None,
                body,
            } => self.test("test ", Some(name.text), &body),
            StmtKind::Test {
                table: Some(table),
                body,
                ..
            } => {
                self.push("test ");
                self.expr(table.name);
                self.push(" for ");
                self.for_head(table.vars, table.iter);
                self.block(&body);
            }
            StmtKind::TestGroup { name, body } => {
                self.test("test_group ", Some(name.text), &body);
            }
            StmtKind::TestSetup(body) => self.test("test_setup", None, &body),
            StmtKind::TestTeardown(body) => self.test("test_teardown", None, &body),
        }
    }

    /// The variables and the sequence of a `for`.
    fn for_head(&mut self, vars: ForVars<'_>, iter: &Expr<'_>) {
        match vars {
            ForVars::One(pattern) => self.pattern(pattern),
            ForVars::Two(first, second) => {
                self.name(first.name, first.span);
                self.push(", ");
                self.pattern(second);
            }
        }
        self.push(" in ");
        self.head_expr(iter);
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
            self.head_expr(cond);
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

    /// The clauses of a `match`, `default` where it was written.
    fn match_body(&mut self, after: u32, hi: u32, cases: &[Case<'_>], default: Option<&Block<'_>>) {
        let open = self.comments.next_token(after);
        self.lines(Span::new(open, hi), |p| {
            let mut first = true;
            let mut default = default;
            let mut end = open + 1;
            for case in cases {
                if let Some(block) =
                    default.take_if(|block| block.span.lo < case.span.lo && p.written)
                {
                    first = p.default_clause(block, end, case.span.lo, first);
                }
                let limit = case.span.hi.max(p.comments.next_token(case.span.hi));
                first = p.item(case.span, limit, first, |p| p.case(case));
                end = case.span.hi;
            }
            if let Some(block) = default {
                p.default_clause(block, end, hi, first);
            }
            p.last_lines(hi.saturating_sub(1), false);
        });
    }

    fn default_clause(&mut self, block: &Block<'_>, after: u32, limit: u32, first: bool) -> bool {
        let lo = self.comments.next_token(after);
        self.item(Span::new(lo, block.span.hi), limit, first, |p| {
            p.push("default: ");
            p.case_body(block);
        })
    }

    fn case(&mut self, case: &Case<'_>) {
        self.push("case ");
        self.pattern(case.pattern);
        if let Some(guard) = case.guard {
            self.push(" if ");
            self.in_head(|p| p.expr(guard));
        }
        self.push(": ");
        self.case_body(&case.body);
    }

    /// One statement without braces stays so.
    fn case_body(&mut self, block: &Block<'_>) {
        let lo = block.span.lo;
        let first = self.comments.source(Span::new(lo, lo + 1));
        match block.stmts {
            [only] if self.written && first != Some("{") => {
                self.leading(lo);
                self.statement(only);
            }
            _ => self.short_block(block),
        }
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
            self.doc.begin();
            self.doc.cmd(Cmd::Indent);
            for (index, name) in names.iter().enumerate() {
                if index > 0 {
                    self.push(",");
                    self.beside(name.name.span.lo);
                    self.doc.cmd(Cmd::Line { blank: false });
                }
                self.name(name.name.name, name.name.span);
                alias(self, name.alias.map(|alias| alias.name));
            }
            self.doc.cmd(Cmd::Dedent);
            self.doc.end();
        }
    }

    fn func(&mut self, def: &FuncDef<'_>) {
        if def.form != FuncForm::Func {
            return self.arrow(def);
        }
        if def.is_async {
            self.push("async ");
        }
        self.push(if def.is_generator { "func*" } else { "func" });
        if let Some(name) = def.name {
            self.push(" ");
            self.name(name.name, name.span);
        }
        self.params(def);
        if let Some(result) = def.result {
            self.push(" -> ");
            self.ty(result);
        }
        self.push(" ");
        self.short_block(&def.body);
    }

    fn arrow(&mut self, def: &FuncDef<'_>) {
        match def.params {
            [
                Param {
                    name,
                    pattern: None,
                    rest: false,
                    ty: None,
                    default: None,
                },
            ] => self.name(name.name, name.span),
            _ => self.params(def),
        }
        self.push(" => ");
        match (def.form, def.body.stmts) {
            (
                FuncForm::ArrowValue,
                [
                    Stmt {
                        kind: StmtKind::Return(Some(value)),
                        ..
                    },
                ],
            ) => {
                // A brace would open a block.
                if expr::begins_with_brace(value) && !self.written {
                    self.in_parens(value, 0);
                } else {
                    self.expr(value);
                }
            }
            _ => self.short_block(&def.body),
        }
    }

    fn params(&mut self, def: &FuncDef<'_>) {
        let span = |param: &Param<'_>| {
            let end = param.default.map(|value| value.span);
            let end = end
                .or(param.ty.map(|ty| ty.span))
                .unwrap_or(param.name.span);
            param.name.span.to(end)
        };
        let close = match (def.params.last(), def.name) {
            (Some(last), _) => self.comments.closer(span(last).hi),
            (None, Some(name)) => {
                let open = self.comments.next_token(name.span.hi);
                self.comments.next_token(open + 1)
            }
            (None, None) => 0,
        };
        let style = list::Style::new("(", ")", def.params.len());
        self.delimited(style, def.params, Some(close), span, |p, param| {
            if param.rest {
                p.leading(param.name.span.lo);
                p.push("...");
            }
            match param.pattern {
                Some(pattern) => p.pattern(pattern),
                None => p.name(param.name.name, param.name.span),
            }
            p.annotation(param.ty);
            if let Some(default) = param.default {
                p.push(" := ");
                p.expr(default);
            }
        });
    }
}

/// Whether the block is one statement that fits between braces on a line.
fn is_simple(block: &Block<'_>) -> bool {
    match block.stmts {
        [one] => matches!(
            one.kind,
            StmtKind::Expr(_)
                | StmtKind::Assign { .. }
                | StmtKind::Compound { .. }
                | StmtKind::Return(_)
                | StmtKind::Break(_)
                | StmtKind::Continue(_)
        ),
        _ => false,
    }
}

/// Whether the block is simple or empty.
fn is_short_body(block: &Block<'_>) -> bool {
    block.stmts.is_empty() || is_simple(block)
}

/// Whether the statement has blocks, and all of them are short.
fn is_short(stmt: &Stmt<'_>) -> bool {
    let mut stmt = stmt;
    loop {
        match stmt.kind {
            StmtKind::If {
                then, otherwise, ..
            } => match otherwise {
                _ if !is_short_body(&then) => return false,
                None => return true,
                Some(Else::Block(block)) => return is_short_body(&block),
                Some(Else::If(inner)) => stmt = inner,
            },
            StmtKind::Try {
                body,
                except,
                finally,
            } => {
                let rest = except.map(|except| except.body).into_iter().chain(finally);
                return is_short_body(&body) && rest.into_iter().all(|block| is_short_body(&block));
            }
            StmtKind::While { body, .. }
            | StmtKind::For { body, .. }
            | StmtKind::Test { body, .. }
            | StmtKind::TestSetup(body)
            | StmtKind::TestTeardown(body) => return is_short_body(&body),
            _ => return false,
        }
    }
}
