//! The state of the walk over a source text, which the files beside this one share:
//! scopes, bodies that wait, and what has been found.

use super::{FuncIdx, Resolved, ScopeId, StructIdx, VarId};
use crate::compiler::hash::Map;
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;
use std::collections::VecDeque;

/// A scope of the text.
pub struct Scope<'a> {
    pub parent: Option<ScopeId>,
    pub func: FuncIdx,
    pub names: Map<&'a str, VarId>,
    /// Not a block, but the fields and methods that a method declared without
    /// `self` sees.
    pub members: Option<StructIdx>,
    pub top_level: bool,
    /// Wildcard imports in this block, and what they may bring.
    pub wildcards: Vec<u32>,
    pub dynamic: Map<&'a str, VarId>,
}

/// Where the variables of earlier inputs are declared: in no place of this one.
pub const EARLIER: Span = Span {
    lo: u32::MAX,
    hi: u32::MAX,
};

/// A name of an earlier input.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: Box<str>,
    pub kind: KnownKind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KnownKind {
    Let,
    Const,
    /// A variable, function or type: another input may put something else in
    /// its place.
    Open,
}

/// A method call on a variable or a part of it.
pub struct Receiver<'a> {
    pub var: VarId,
    pub method: &'a str,
    pub at: u32,
    /// Where the call is.
    pub func: FuncIdx,
}

/// A function body that is still to be read.
pub struct Pending<'a> {
    pub func: FuncIdx,
    pub scope: ScopeId,
    pub body: PendingBody<'a>,
}

pub enum PendingBody<'a> {
    Func(&'a FuncDef<'a>),
    Default(&'a Expr<'a>),
}

pub struct LoopLabel<'a> {
    pub label: Option<&'a str>,
}

pub struct Walker<'a> {
    pub out: Resolved<'a>,
    pub scopes: Vec<Scope<'a>>,
    pub scope: ScopeId,
    pub func: FuncIdx,
    pub pending: VecDeque<Pending<'a>>,
    pub loops: Vec<LoopLabel<'a>>,
    pub receivers: Vec<Receiver<'a>>,
    pub diagnostics: Vec<Diagnostic>,
    /// Names of earlier inputs of a session.
    pub known: &'a [Known],
}

impl<'a> Walker<'a> {
    pub fn new() -> Walker<'a> {
        Walker {
            out: Resolved::default(),
            scopes: Vec::new(),
            scope: ScopeId(0),
            func: FuncIdx(0),
            pending: VecDeque::new(),
            loops: Vec::new(),
            receivers: Vec::new(),
            diagnostics: Vec::new(),
            known: &[],
        }
    }

    pub fn into_parts(self) -> (Resolved<'a>, Vec<Receiver<'a>>, Vec<Diagnostic>) {
        (self.out, self.receivers, self.diagnostics)
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }
}
