//! The engine as a Rust program embeds it: source text in, a run out. Joins the
//! floors below — parse, compile, load, run — and turns what went wrong into
//! text. Reads no files and decides no exit codes.

use crate::bytecode::Unit;
use crate::compiler::{self, Builtins, NativeInfo};
use crate::runtime::{Fault, State, messages, text};
use crate::stdlib;
use crate::syntax::ast::Span;
use crate::syntax::diagnostic::{Diagnostic, Severity, render_snippet};
use crate::syntax::{self, SourceFile};
use crate::value::Value;
use crate::vm::{Vm, error_slot};
use std::fmt::Write as _;
use std::sync::Arc;

/// How a run ended that did not reach the end of its script.
#[derive(Debug)]
pub enum RunError {
    /// `exit(code)`.
    Exit(i32),
    /// Ctrl-C.
    Interrupted,
    /// The reader of standard output went away.
    OutputClosed,
    /// An error nobody caught, as a report.
    Uncaught(String),
}

/// What checking a source found.
pub struct Checked {
    /// `None` if there are errors.
    pub unit: Option<Unit>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
    }
}

/// The built-ins as the compiler sees them.
struct Library;

impl Builtins for Library {
    fn native(&self, name: &str) -> Option<NativeInfo> {
        let index = stdlib::function(name)?;
        let native = &stdlib::natives()[index as usize];
        let (min, max) = native.arity();
        Some(NativeInfo {
            index,
            min_args: min as u16,
            max_args: u16::try_from(max).unwrap_or(u16::MAX),
            calls_back: native.calls_back,
        })
    }

    fn names(&self) -> Vec<&str> {
        stdlib::names().collect()
    }

    fn is_mutating_method(&self, name: &str) -> bool {
        stdlib::is_mutating(name)
    }

    fn constant(&self, name: &str) -> Option<f64> {
        stdlib::CONSTANTS
            .iter()
            .find(|(n, _)| *n == name)
            .map(|&(_, value)| value)
    }
}

/// Parses and compiles a source, without running anything.
pub fn check(source: &SourceFile) -> Checked {
    let arena = bumpalo::Bump::new();
    let (module, mut diagnostics) = syntax::parse(source, &arena);
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Checked {
            unit: None,
            diagnostics,
        };
    }
    let compiled = compiler::compile(&module, source, &Library);
    diagnostics.extend(compiled.diagnostics);
    Checked {
        unit: compiled.unit,
        diagnostics,
    }
}

/// A machine with the standard library, ready to run programs.
pub struct Engine {
    pub vm: Box<Vm>,
}

impl Engine {
    /// # Errors
    /// If the system refuses address space for the stacks.
    pub fn new(state: State) -> std::io::Result<Engine> {
        Ok(Engine {
            vm: Vm::new(state)?,
        })
    }

    /// Runs a compiled unit to its end.
    ///
    /// # Errors
    /// However else the run ended.
    pub fn run(&mut self, unit: &Unit, source: Arc<SourceFile>) -> Result<(), RunError> {
        let ended = self.run_unflushed(unit, source);
        match self.vm.state.out.flush() {
            Err(_) if ended.is_ok() => Err(RunError::OutputClosed),
            _ => ended,
        }
    }

    fn run_unflushed(&mut self, unit: &Unit, source: Arc<SourceFile>) -> Result<(), RunError> {
        let script = self.vm.load(unit, source);
        match self.vm.run_script(script) {
            Ok(_) => Ok(()),
            Err(fault) => Err(match *fault {
                Fault::Exit(code) => RunError::Exit(code),
                Fault::Interrupted => RunError::Interrupted,
                Fault::OutputClosed => RunError::OutputClosed,
                Fault::Error { .. } | Fault::Thrown => {
                    let error = self.vm.take_error();
                    RunError::Uncaught(self.report(error))
                }
            }),
        }
    }

    /// The report of an uncaught error (LANGUAGE.md 10).
    pub fn report(&mut self, error: Value) -> String {
        let message = if self.vm.is_error(error) {
            *error.instance_field(error_slot::MESSAGE)
        } else {
            error
        };
        // The text may come from a method of the program.
        let message = self.vm.with_stack_roots(|vm| {
            vm.permanent.push(error);
            let text = text::display(vm, message).unwrap_or_default();
            vm.permanent.pop();
            text
        });
        let mut out = format!("error: {message}\n");
        let trace = self.vm.trace_of(error);
        let Some(innermost) = trace.first() else {
            return out;
        };
        let file = self.vm.source(innermost.source);
        let span = Span::new(innermost.position, innermost.position + 1);
        let gutter = render_snippet(&mut out, &file, span, None);
        if let Some(name) = message.strip_prefix("Undefined variable: ")
            && let Some(hint) = self.hint_for(name, error)
        {
            let _ = writeln!(out, "{:gutter$}= help: {hint}", "");
        }
        if trace.len() == 1 {
            return out;
        }
        out.push_str(" stack (innermost first):\n");
        let shown = shortened(trace.len());
        let width = shown
            .clone()
            .map(|i| trace[i].function.chars().count())
            .max()
            .unwrap_or(0)
            .max(10);
        let mut last = None;
        for i in shown {
            if last.is_some_and(|last| i != last + 1) {
                let left_out = i - last.unwrap_or(0) - 1;
                let _ = writeln!(out, "   … {left_out} more");
            }
            last = Some(i);
            let entry = &trace[i];
            let file = self.vm.source(entry.source);
            let line = file.position(entry.position).line;
            let _ = writeln!(out, "   {:width$} {}:{line}", entry.function, file.name());
        }
        out
    }
}

impl Engine {
    /// What an undefined name may have been meant to be.
    fn hint_for(&mut self, name: &str, error: Value) -> Option<String> {
        if let Some(hint) = syntax::slip_hint(name) {
            return Some(hint.to_string());
        }
        let mut names = self.vm.names_near(error);
        names.extend(stdlib::names().map(String::from));
        let close = messages::close_name(name, names.iter().map(String::as_str))?;
        Some(format!("did you mean `{close}`?"))
    }
}

/// Levels of a long stack that a report shows: both ends.
fn shortened(len: usize) -> impl Iterator<Item = usize> + Clone {
    const ENDS: usize = 10;
    let cut = len > 2 * ENDS + 1;
    (0..len).filter(move |&i| !cut || i < ENDS || i >= len - ENDS)
}
