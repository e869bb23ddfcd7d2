//! The documentation in a program: its `///` comments, with the declarations they
//! are above.

use ruff::engine::SourceFile;
use ruff::tools::ast::*;
use ruff::tools::parse;
use std::fmt::Write as _;

/// A declaration of a program.
pub struct Entry {
    /// As it is looked up: `name`, or `Type.name` for a method or field.
    pub name: String,
    /// The text of the declaration up to its body.
    pub head: String,
    pub comment: String,
    pub line: u32,
    pub exported: bool,
}

/// The declarations at the top level of a program and the members of its types, in
/// order; none if it does not parse.
pub fn entries(source: &SourceFile) -> Vec<Entry> {
    let arena = bumpalo::Bump::new();
    let (module, _) = parse(source, &arena);
    let mut reader = Reader {
        source,
        comments: module.comments,
        entries: Vec::new(),
    };
    for stmt in module.body.stmts {
        match stmt.kind {
            StmtKind::Export(inner) => reader.declaration(inner, stmt.span.lo, true),
            _ => reader.declaration(stmt, stmt.span.lo, false),
        }
    }
    reader.entries
}

struct Reader<'a> {
    source: &'a SourceFile,
    comments: &'a [Comment<'a>],
    entries: Vec<Entry>,
}

impl Reader<'_> {
    fn declaration(&mut self, stmt: &Stmt, lo: u32, exported: bool) {
        match stmt.kind {
            StmtKind::Func(def) => {
                if let Some(name) = def.name {
                    self.note(name.name.into(), lo, def.body.span.lo, exported);
                }
            }
            StmtKind::Struct(def) => {
                let name = def.name.name;
                self.note(name.into(), lo, def.name.span.hi, exported);
                for field in def.fields {
                    let end = field.default.map(|value| value.span.hi);
                    let end = end.or(field.ty.map(|ty| ty.span.hi));
                    let end = end.unwrap_or(field.name.span.hi);
                    let member = format!("{name}.{}", field.name.name);
                    self.note(member, field.name.span.lo, end, exported);
                }
                for method in def.methods {
                    if let Some(member) = method.name {
                        let member = format!("{name}.{}", member.name);
                        self.note(member, method.span.lo, method.body.span.lo, exported);
                    }
                }
            }
            StmtKind::Enum(def) => self.note(def.name.name.into(), lo, def.span.hi, exported),
            StmtKind::Let { pattern, .. } => {
                if let PatternKind::Bind(name) = pattern.kind {
                    self.note(name.into(), lo, stmt.span.hi, exported);
                }
            }
            StmtKind::Assign {
                target: Target::Place(place),
                ..
            } => {
                if let ExprKind::Name(name) = place.kind {
                    self.note(name.into(), lo, stmt.span.hi, exported);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, name: String, lo: u32, hi: u32, exported: bool) {
        let head = self.source.span_text(Span::new(lo, hi));
        let words: Vec<&str> = head.split_whitespace().collect();
        let line = self.source.line_at(lo);
        self.entries.push(Entry {
            name,
            head: words.join(" "),
            comment: self.comment_above(line),
            line,
            exported,
        });
    }

    /// The `///` lines right above a line, without their marks.
    fn comment_above(&self, line: u32) -> String {
        let mut lines = Vec::new();
        let mut at = line;
        while at > 1 {
            at -= 1;
            let text = self.source.line_text(at).trim();
            // Inside a string such a line is no comment.
            let is_comment = || {
                self.comments
                    .iter()
                    .any(|one| self.source.line_at(one.span.lo) == at)
            };
            match text.strip_prefix("///") {
                Some(comment) if is_comment() => lines.push(comment.trim()),
                _ => break,
            }
        }
        lines.reverse();
        lines.join("\n")
    }
}

/// An entry as it is shown.
pub fn shown(entry: &Entry, file: &str) -> String {
    let mut text = format!("{}\n", entry.head);
    let _ = writeln!(text, "    {file}:{}\n", entry.line);
    for line in entry.comment.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// The overview of a file: its documented and exported declarations, one a line each with
/// the first line of its comment.
pub fn overview(entries: &[Entry], file: &str) -> String {
    let mut text = format!("{file}\n");
    for entry in entries {
        if entry.comment.is_empty() && !entry.exported {
            continue;
        }
        let first = entry.comment.lines().next().unwrap_or("");
        let _ = writeln!(text, "  {}", entry.head);
        if !first.is_empty() {
            let _ = writeln!(text, "      {first}");
        }
    }
    text
}
