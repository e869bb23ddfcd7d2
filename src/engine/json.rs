//! The errors and warnings of a program as JSON, one object a line, for editors
//! and other tools.

use super::Engine;
use crate::runtime::text;
use crate::syntax::SourceFile;
use crate::syntax::diagnostic::{Diagnostic, NoteKind, Severity};
use crate::value::Value;
use crate::vm::{Vm, error_slot};
use serde_json::json;

/// A diagnostic as a line of JSON.
pub fn diagnostic(diagnostic: &Diagnostic, source: &SourceFile) -> String {
    format!("{}\n", object(diagnostic, source))
}

/// A diagnostic as a JSON object.
pub fn object(diagnostic: &Diagnostic, source: &SourceFile) -> serde_json::Value {
    let start = source.position(diagnostic.span.lo);
    let end = source.position(diagnostic.span.hi);
    let severity = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let notes: Vec<_> = (diagnostic.notes.iter())
        .map(|note| {
            let kind = match note.kind {
                NoteKind::Help => "help",
                NoteKind::Note => "note",
            };
            match note.span.map(|span| source.position(span.lo)) {
                None => json!({ "kind": kind, "message": note.message }),
                Some(at) => json!({
                    "kind": kind,
                    "message": note.message,
                    "line": at.line,
                    "column": at.column,
                }),
            }
        })
        .collect();
    let fix: Vec<_> = (diagnostic.fix.iter())
        .map(|edit| {
            let (start, end) = (source.position(edit.span.lo), source.position(edit.span.hi));
            json!({
                "line": start.line,
                "column": start.column,
                "end_line": end.line,
                "end_column": end.column,
                "text": edit.text,
            })
        })
        .collect();
    json!({
        "severity": severity,
        "kind": if severity == "error" { "syntax" } else { "lint" },
        "message": diagnostic.message,
        "file": source.name(),
        "line": start.line,
        "column": start.column,
        "end_line": end.line,
        "end_column": end.column,
        "label": diagnostic.label,
        "notes": notes,
        "rule": diagnostic.rule,
        "fix": fix,
        "stack": [],
    })
}

impl Engine {
    /// An uncaught error as a line of JSON; the stack is innermost first.
    pub fn json_report(&mut self, error: Value) -> String {
        report_of(&mut self.vm, error)
    }
}

/// [`Engine::json_report`] of a machine's error.
pub(super) fn report_of(vm: &mut Vm, error: Value) -> String {
    let is_error = vm.is_error(error);
    let mut slot = |slot: usize| {
        let value = if is_error {
            error.instance_field(slot)
        } else {
            error
        };
        vm.with_stack_roots(|vm| {
            vm.with_root(error, |vm| text::display(vm, value).unwrap_or_default())
        })
    };
    let (message, kind) = (slot(error_slot::MESSAGE), slot(error_slot::KIND));
    let trace = vm.trace_of(error);
    let mut stack = Vec::new();
    for entry in &trace {
        let file = vm.source(entry.source);
        let at = file.position(entry.position);
        stack.push(json!({
            "function": entry.function.to_string(),
            "file": file.name(),
            "line": at.line,
            "column": at.column,
        }));
    }
    let first = |key: &str| {
        stack
            .first()
            .map_or(json!(null), |entry| entry[key].clone())
    };
    let object = json!({
        "severity": "error",
        "kind": kind,
        "message": message,
        "file": first("file"),
        "line": first("line"),
        "column": first("column"),
        "stack": stack,
    });
    format!("{object}\n")
}
