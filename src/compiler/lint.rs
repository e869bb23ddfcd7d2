//! Stub.
use super::Builtins;
use super::resolve::Resolved;
use crate::syntax::ast::Module;
use crate::syntax::diagnostic::Diagnostic;
pub fn lint(_m: &Module, _r: &Resolved, _b: &dyn Builtins) -> Vec<Diagnostic> { Vec::new() }
