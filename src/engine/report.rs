//! The report of an uncaught error (LANGUAGE.md 10): its message and place, what may
//! help, and the stack with the source lines of its innermost frames.

use super::Engine;
use super::failed::{Failed, expression_at};
use crate::runtime::text;
use crate::stdlib;
use crate::syntax::ast::{Module, Span, StmtKind};
use crate::syntax::diagnostic::render_marked;
use crate::syntax::suggest::closest_of;
use crate::syntax::{self, SourceFile};
use crate::value::Value;
use crate::vm::{Vm, error_slot};
use std::fmt::Write as _;

/// Frames that are shown with their source lines.
const FRAMES_WITH_LINES: usize = 8;
/// Columns of a frame's source line.
const MOST_COLUMNS: usize = 60;
/// Causes that a report goes back to.
const MOST_CAUSES: usize = 8;
/// How the message begins of a name that nothing declares.
const UNKNOWN_NAME: &str = "Undefined variable: ";

impl Engine {
    /// The report of an uncaught error, and of the errors that it names as its causes.
    pub fn report(&mut self, error: Value) -> String {
        report_of(&mut self.vm, error)
    }
}

/// [`Engine::report`] of a machine's error.
pub(super) fn report_of(vm: &mut Vm, error: Value) -> String {
    Reporter { vm }.report(error)
}

/// Writes reports of a machine's errors.
struct Reporter<'v> {
    vm: &'v mut Vm,
}

impl Reporter<'_> {
    fn report(&mut self, error: Value) -> String {
        let mut out = self.own_report(error);
        let mut at = error;
        for _ in 0..MOST_CAUSES {
            if !self.vm.is_error(at) {
                break;
            }
            at = at.instance_field(error_slot::CAUSE);
            if !self.vm.is_error(at) {
                break;
            }
            let report = self.own_report(at);
            let _ = write!(out, "caused by {report}");
        }
        out
    }

    /// The report of an error alone.
    fn own_report(&mut self, error: Value) -> String {
        let is_error = self.vm.is_error(error);
        let message = if is_error {
            error.instance_field(error_slot::MESSAGE)
        } else {
            error
        };
        // The text may come from a method of the program.
        let message = self.vm.with_stack_roots(|vm| {
            vm.with_root(error, |vm| text::display(vm, message).unwrap_or_default())
        });
        let mut out = format!("error: {message}\n");
        let trace = self.vm.trace_of(error);
        let Some(innermost) = trace.first() else {
            return out;
        };
        let file = self.vm.source(innermost.source);
        let unknown_name = message.starts_with(UNKNOWN_NAME);
        let failed = failed_at(&file, innermost.position, unknown_name);
        let gutter = render_marked(&mut out, &file, failed.mark, failed.whole);
        let hint = if is_error {
            error.instance_field(error_slot::HINT)
        } else {
            Value::ABSENT
        };
        let hint = match message.strip_prefix(UNKNOWN_NAME) {
            Some(name) => self.hint_for(name, error, &innermost.function, &file),
            None if hint.is_string() => Some(self.vm.heap.str(hint).to_string()),
            None => None,
        };
        if let Some(hint) = hint {
            let _ = writeln!(out, "{:gutter$}= help: {hint}", "");
        }
        if trace.len() == 1 {
            return out;
        }
        out.push_str(" stack (innermost first):\n");
        let shown = shortened(trace.len());
        let columns = |text: &str| text.chars().count();
        let places: Vec<(usize, String, String)> = shown
            .map(|i| {
                let file = self.vm.source(trace[i].source);
                let line = file.position(trace[i].position).line;
                let text = match i < FRAMES_WITH_LINES {
                    true => short_line(file.line_text(line)),
                    false => String::new(),
                };
                (i, format!("{}:{line}", file.name()), text)
            })
            .collect();
        let names = places.iter().map(|(i, ..)| columns(&trace[*i].function));
        let width = names.max().unwrap_or(0).max(10);
        let place_width = places.iter().map(|(_, place, _)| columns(place)).max();
        let place_width = place_width.unwrap_or(0);
        let mut last = None;
        for (i, place, line) in places {
            if last.is_some_and(|last| i != last + 1) {
                let left_out = i - last.unwrap_or(0) - 1;
                let _ = writeln!(out, "   … {left_out} more");
            }
            last = Some(i);
            let text = format!(
                "   {:width$} {place:place_width$}   {line}",
                trace[i].function
            );
            let _ = writeln!(out, "{}", text.trim_end());
        }
        out
    }

    /// A hint for an undefined name: what it may have been meant to be.
    fn hint_for(
        &mut self,
        name: &str,
        error: Value,
        function: &str,
        file: &SourceFile,
    ) -> Option<String> {
        if let Some(hint) = syntax::slip_hint(name) {
            return Some(hint.to_string());
        }
        let arena = bumpalo::Bump::new();
        let (module, _) = syntax::parse(file, &arena);
        if let Some((ty, _)) = function.split_once('.')
            && has_field(&module, ty, name)
        {
            return Some(format!("a field is written `self.{name}`"));
        }
        let declared = syntax::declared_names(file.text());
        if let Some((_, at)) = declared.iter().find(|(one, _)| *one == name) {
            let line = file.position(*at).line;
            return Some(format!(
                "`{name}` of line {line} belongs to its block; declare it before that block"
            ));
        }
        let near = self.vm.names_near(error);
        let own = declared.iter().map(|(name, _)| *name);
        let own = own.chain(near.iter().map(String::as_str));
        let built_in: Vec<&str> = stdlib::names().collect();
        let close = closest_of(name, own, built_in)?;
        Some(format!("did you mean `{close}`?"))
    }
}

/// The range that the report of an error with this place marks.
fn failed_at(file: &SourceFile, at: u32, unknown_name: bool) -> Failed {
    let arena = bumpalo::Bump::new();
    let (module, _) = syntax::parse(file, &arena);
    let one = Span::new(at, at + 1);
    expression_at(&module, at, unknown_name).unwrap_or(Failed {
        mark: one,
        whole: one,
    })
}

/// Whether a type at the top level of a file has a field of this name.
fn has_field(module: &Module<'_>, ty: &str, name: &str) -> bool {
    module.body.stmts.iter().any(|stmt| {
        let stmt = match stmt.kind {
            StmtKind::Export(inner) => inner,
            _ => stmt,
        };
        match stmt.kind {
            StmtKind::Struct(def) => {
                def.name.name == ty && def.fields.iter().any(|field| field.name.name == name)
            }
            _ => false,
        }
    })
}

/// A source line without its indentation, cut to a width.
fn short_line(line: &str) -> String {
    let line = line.trim();
    if line.chars().count() <= MOST_COLUMNS {
        return line.chars().map(shown).collect();
    }
    let cut = line.chars().take(MOST_COLUMNS - 1).map(shown);
    cut.chain(['…']).collect()
}

/// A character as a report shows it.
fn shown(ch: char) -> char {
    if ch.is_control() { ' ' } else { ch }
}

/// Levels of a long stack that a report shows: both ends.
fn shortened(len: usize) -> impl Iterator<Item = usize> + Clone {
    const ENDS: usize = 10;
    let cut = len > 2 * ENDS + 1;
    (0..len).filter(move |&i| !cut || i < ENDS || i >= len - ENDS)
}
