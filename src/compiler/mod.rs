//! Syntax tree to bytecode. Three steps, each in a room of its own: `resolve`
//! says what every name means and where every variable lives, `codegen` writes
//! instructions with labels, and `liveness` and `assemble` turn those into the
//! words that the machine runs. Nothing here knows of heap values or of the
//! machine; what it must know of the built-ins comes through [`Builtins`].

mod assemble;
mod codegen;
pub(crate) mod hash;
mod ir;
mod isolation;
mod liveness;
pub(crate) mod resolve;
#[cfg(test)]
mod tests;
pub(crate) mod visit;

pub use codegen::ElementLoop;
pub use resolve::{Known, KnownKind, each_binding, each_place};

use std::sync::Arc;

use crate::bytecode::Unit;
use crate::effects::Effects;
use crate::syntax::ast::Module;
use crate::syntax::diagnostic::{Diagnostic, Severity};
use crate::syntax::source::SourceFile;

/// The questions that the compiler asks about the built-in functions.
pub trait Builtins {
    /// The built-in function of this name.
    fn native(&self, name: &str) -> Option<NativeInfo>;
    /// All names, for suggestions.
    fn names(&self) -> Vec<&str>;
    /// Whether some built-in type has a mutating method of this name.
    fn is_mutating_method(&self, name: &str) -> bool;
    /// The effects of all built-in methods of this name, on whatever type; `None` if
    /// there is no such method.
    fn method_effects(&self, name: &str) -> Option<Effects>;
    /// Whether the method or function of this name walks its receiver or first
    /// argument, a sequence, when called with so many more arguments: a range
    /// there need not be stored.
    fn walks(&self, name: &str, more: usize) -> bool {
        let _ = (name, more);
        false
    }
    /// Whether the method or function of this name makes a lazy step of a receiver or first
    /// argument that is one.
    fn is_adaptor(&self, name: &str) -> bool {
        let _ = name;
        false
    }
    /// Whether the method or function of this name makes an iterator of any sequence that it
    /// gets first.
    fn opens(&self, name: &str) -> bool {
        let _ = name;
        false
    }
    /// Whether the method or function of this name keeps nothing of the sequence that it
    /// gets first.
    fn uses_up(&self, name: &str) -> bool {
        let _ = name;
        false
    }
    /// The loop that the method or function of this name is over an array.
    fn element_loop(&self, name: &str) -> Option<ElementLoop> {
        let _ = name;
        None
    }
    /// The number that `PI`, `E`, `INF` or `NAN` is.
    fn constant(&self, name: &str) -> Option<f64>;
    /// The facts that are known of a module that the source imports.
    fn module(&self, _path: &str) -> ModuleInfo {
        ModuleInfo::Unknown
    }
}

/// A module as the text of its file shows it.
#[derive(Clone, Debug)]
pub enum ModuleInfo {
    /// Nothing is known; it may export anything.
    Unknown,
    /// There is no such file; the message that importing it would give.
    Missing(String),
    Known {
        exports: Names,
        /// Declared at its top level without `export`.
        private: Names,
        /// Methods that change `self`, of its types and those it imports.
        mutating: Arc<[Box<str>]>,
    },
}

/// Names in the order of their declaration; the copies of a list are one.
#[derive(Clone, Debug, Default)]
pub struct Names {
    list: Arc<[Box<str>]>,
    set: Arc<hash::Set<Box<str>>>,
}

impl Names {
    pub fn new(list: Vec<Box<str>>) -> Names {
        Names {
            set: Arc::new(list.iter().cloned().collect()),
            list: list.into(),
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.set.contains(name)
    }

    pub fn as_slice(&self) -> &[Box<str>] {
        &self.list
    }
}

impl ModuleInfo {
    /// Whether the name may be among its exports.
    pub fn may_export(&self, name: &str) -> bool {
        match self {
            ModuleInfo::Known { exports, .. } => exports.contains(name),
            _ => true,
        }
    }
}

/// A built-in function as the compiler sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NativeInfo {
    pub index: u16,
    pub min_args: u16,
    /// `u16::MAX`: any number.
    pub max_args: u16,
    /// The effects that it may have beyond its arguments.
    pub effects: Effects,
}

/// The result of compiling a source file.
#[derive(Debug)]
pub struct Compiled {
    /// `None` if any diagnostic is an error.
    pub unit: Option<Unit>,
    /// Errors and warnings in source order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Compiles one input of a session: the names of earlier inputs are visible
/// and, if they were variables, assignable. Everything that it declares at its
/// top level is a global or an export of the unit. There are no warnings.
pub fn compile_input(
    module: &Module,
    source: &SourceFile,
    builtins: &dyn Builtins,
    known: &[Known],
) -> Compiled {
    let (resolved, mut diagnostics) = resolve::resolve_input(module, builtins, known);
    let is_error = |one: &Diagnostic| one.severity == Severity::Error;
    diagnostics.retain(is_error);
    let mut unit = None;
    if diagnostics.is_empty() {
        let (made, errors) = codegen::generate(module, source, builtins, &resolved);
        diagnostics.extend(errors);
        if !diagnostics.iter().any(is_error) {
            debug_assert_eq!(crate::bytecode::verify::unit(&made), Ok(()));
            unit = Some(made);
        }
    }
    Compiled { unit, diagnostics }
}

/// Compiles a parsed source file. There are no warnings.
pub fn compile(module: &Module, source: &SourceFile, builtins: &dyn Builtins) -> Compiled {
    compile_with(module, source, builtins, |_| Vec::new())
}

/// Compiles a parsed source file, with the warnings that `warnings` finds in it.
pub(crate) fn compile_with<'a>(
    module: &Module<'a>,
    source: &SourceFile,
    builtins: &dyn Builtins,
    warnings: impl FnOnce(&resolve::Resolved<'a>) -> Vec<Diagnostic>,
) -> Compiled {
    let (resolved, mut diagnostics) = resolve::resolve(module, builtins);
    if diagnostics.is_empty() {
        diagnostics.extend(warnings(&resolved));
    }
    let has_errors = |list: &[Diagnostic]| list.iter().any(|one| one.severity == Severity::Error);
    let mut unit = None;
    if !has_errors(&diagnostics) {
        let (made, errors) = codegen::generate(module, source, builtins, &resolved);
        diagnostics.extend(errors);
        if !has_errors(&diagnostics) {
            debug_assert_eq!(crate::bytecode::verify::unit(&made), Ok(()));
            unit = Some(made);
        }
    }
    diagnostics.sort_by_key(|one| one.span.lo);
    Compiled { unit, diagnostics }
}
