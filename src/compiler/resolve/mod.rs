//! The meaning of every name, decided from the text alone: scopes, the
//! variables in them, which of them closures share, and where each one lives.
//! The result is keyed by byte offsets, which are unique per name; the tree
//! stays untouched. No code is made here and nothing is evaluated.

mod exprs;
mod finish;
mod imports;
mod inputs;
mod paths;
mod scope;
mod targets;
mod walk;
mod walker;

pub use imports::path_text;
pub use inputs::resolve_input;
pub use paths::root_of;
pub use targets::{each_binding, each_place};
pub use walk::required;
pub use walker::{Known, KnownKind};

use super::Builtins;
use super::hash::{Map, Set};
use crate::effects::Effects;
use crate::syntax::ast::{FuncDef, Module, Span, StructDef};
use crate::syntax::diagnostic::Diagnostic;

#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct VarId(pub u32);

/// Number of a function of the source; 0 is the script.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct FuncIdx(pub u32);

/// Number of a struct or class of the source.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StructIdx(pub u32);

#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ScopeId(pub u32);

/// How a variable came to be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VarKind {
    Let,
    Const,
    Mut,
    Param,
    /// `self` of a method, declared or not.
    SelfParam,
    Loop,
    Except,
    Case,
    Func,
    Struct(StructIdx),
    Enum,
    /// A name that `from m import` brings in.
    Import,
    /// The module itself.
    Module,
    /// A name that nothing declares: what a wildcard import brings, or else a
    /// built-in.
    Dynamic,
}

impl VarKind {
    /// Whether the text forbids assigning to it.
    pub fn is_constant(self) -> bool {
        matches!(
            self,
            VarKind::Let | VarKind::Const | VarKind::Func | VarKind::Struct(_) | VarKind::Enum
        )
    }
}

/// Where a variable lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Storage {
    /// A register of its function; closures take copies of its value.
    Register,
    /// A cell that its function and closures share.
    Cell,
    Global(u32),
    /// Nowhere: a function or type without captures is a constant.
    Constant,
}

#[derive(Debug)]
pub struct Var<'a> {
    pub name: &'a str,
    /// Where it is declared.
    pub span: Span,
    pub kind: VarKind,
    pub func: FuncIdx,
    /// Directly in the script, outside every nested block.
    pub top_level: bool,
    /// Where its initialisation is over: closures made later see a value.
    pub init_end: u32,
    /// Some function other than its own mentions it.
    pub mentioned: bool,
    /// A closure that is made before its initialisation captures it.
    pub early: bool,
    /// Where it is assigned or written in place after its initialisation, in
    /// source order.
    pub writes: Vec<u32>,
    /// Some function other than its own writes it.
    pub written_inside: bool,
    pub reads: u32,
    /// Initialised by an array or dict literal: a value, never a reference.
    pub holds_value: bool,
    pub storage: Storage,
}

impl Var<'_> {
    pub fn is_written(&self) -> bool {
        !self.writes.is_empty()
    }

    /// Whether a call that `func` makes may write it.
    pub fn is_written_by_calls(&self, func: FuncIdx) -> bool {
        self.is_written() && (self.func != func || self.written_inside)
    }

    /// Whether it is written inside the span.
    pub fn is_written_in(&self, span: Span) -> bool {
        let first = self.writes.partition_point(|&at| at < span.lo);
        self.writes.get(first).is_some_and(|&at| at < span.hi)
    }
}

/// The thing that a name refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Res {
    Var(VarId),
    /// A field or method of the type, in a method declared without `self`.
    Member,
    /// Nothing in the text: a built-in or what an import brings.
    Free,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuncKind {
    Script,
    Plain,
    Method {
        ty: StructIdx,
        declares_self: bool,
    },
    /// Gives the default value of a field.
    FieldDefault,
}

#[derive(Debug)]
pub struct Func {
    pub parent: Option<FuncIdx>,
    pub kind: FuncKind,
    /// Where in its parent the closure is made.
    pub made_at: u32,
    /// The variable that a function declaration defines.
    pub var: Option<VarId>,
    /// Variables of enclosing functions that it needs; after the finish only
    /// those that must be captured.
    pub captures: Vec<VarId>,
    capture_index: Map<VarId, u16>,
    /// A selfless method that mentions `self`, a field or a sibling.
    pub uses_self: bool,
    /// Assigns to `self` or through it.
    writes_self: bool,
    /// Methods called on `self` (true) or a part of it (false).
    self_calls: Vec<(Box<str>, bool)>,
    /// Changes `self` (struct methods only).
    pub mutating: bool,
    /// It writes a variable of another function.
    pub writes_outside: bool,
    /// Its calls make generators, which own what they are given.
    pub is_generator: bool,
    /// Its calls start tasks, which own what they are given.
    pub is_async: bool,
}

impl Func {
    pub fn capture_index(&self, var: VarId) -> Option<u16> {
        self.capture_index.get(&var).copied()
    }
}

#[derive(Debug)]
pub struct Struct<'a> {
    pub def: &'a StructDef<'a>,
    pub var: VarId,
    /// Its methods and the functions of its field defaults.
    pub funcs: Vec<FuncIdx>,
    /// Method numbers by name.
    pub methods: Map<&'a str, FuncIdx>,
    /// Names of its fields and methods.
    pub members: Set<&'a str>,
    pub has_captures: bool,
}

/// The names of one block.
#[derive(Debug, Default)]
pub struct ScopeInfo {
    /// Variables in order of declaration.
    pub vars: Vec<VarId>,
}

/// Everything that is known about the names of a source file.
#[derive(Debug, Default)]
pub struct Resolved<'a> {
    pub vars: Vec<Var<'a>>,
    pub funcs: Vec<Func>,
    pub structs: Vec<Struct<'a>>,
    pub globals: Vec<VarId>,
    names: Map<u32, Res>,
    funcs_at: Map<u32, FuncIdx>,
    defaults_at: Map<u32, FuncIdx>,
    blocks_at: Map<u32, ScopeId>,
    self_vars: Map<FuncIdx, VarId>,
    /// Least and most arguments of declared functions.
    arities: Map<VarId, (usize, usize)>,
    scopes: Vec<ScopeInfo>,
    /// Mutating methods of the module's structs, by name.
    pub mutating_names: Set<Box<str>>,
    /// The module imports or exports something, so values of types that it does
    /// not declare may come its way.
    pub meets_strangers: bool,
    /// Declared functions, by their variables.
    pub defs: Map<VarId, &'a FuncDef<'a>>,
    pub imports: imports::Imports<'a>,
}

impl<'a> Resolved<'a> {
    /// Whether there may be class instances, which can be reached by many paths.
    pub fn has_instances(&self) -> bool {
        self.meets_strangers || self.structs.iter().any(|one| one.def.is_class)
    }

    /// Effects that run no code here: no type defines the methods in question.
    pub fn idle_effects(&self) -> Effects {
        let mut idle = Effects::NONE;
        if self.meets_strangers {
            return idle;
        }
        idle = Effects::OPERATORS | Effects::TEXTS | Effects::INDEXES | Effects::CONTENTS;
        for name in self.structs.iter().flat_map(|one| one.methods.keys()) {
            idle = idle
                - match *name {
                    "op_index" | "op_set_index" => Effects::INDEXES,
                    "len" | "iter" => Effects::CONTENTS,
                    "to_string" => Effects::TEXTS,
                    name if name.starts_with("op_") => Effects::OPERATORS,
                    _ => Effects::NONE,
                };
        }
        idle
    }

    /// Whether some type of the program may define `op_not`, which a `!` in a
    /// condition then has to call.
    pub fn defines_not(&self) -> bool {
        self.defines_method("op_not")
    }

    /// Whether some type of the program may define `op_set_index`, so that an
    /// assignment to an element may be a call that changes its place.
    pub fn defines_set_index(&self) -> bool {
        self.defines_method("op_set_index")
    }

    /// Whether some type of the program may have a method of this name.
    pub fn defines_method(&self, name: &str) -> bool {
        let defines = |one: &Struct| one.methods.contains_key(name);
        self.meets_strangers || self.structs.iter().any(defines)
    }

    pub fn var(&self, id: VarId) -> &Var<'a> {
        &self.vars[id.0 as usize]
    }

    pub fn func(&self, id: FuncIdx) -> &Func {
        &self.funcs[id.0 as usize]
    }

    /// The meaning of the name at this place.
    pub fn name(&self, at: Span) -> Res {
        self.names.get(&at.lo).copied().unwrap_or(Res::Free)
    }

    /// The variable that is declared by the name at this place.
    pub fn declared(&self, at: Span) -> Option<VarId> {
        match self.name(at) {
            Res::Var(id) if self.var(id).span.lo == at.lo => Some(id),
            _ => None,
        }
    }

    pub fn func_of(&self, def: &FuncDef) -> FuncIdx {
        self.funcs_at[&def.span.lo]
    }

    /// The function that computes the field default at this place.
    pub fn default_func(&self, at: Span) -> FuncIdx {
        self.defaults_at[&at.lo]
    }

    /// The variable `self` of a method.
    pub fn self_of(&self, func: FuncIdx) -> Option<VarId> {
        self.self_vars.get(&func).copied()
    }

    /// The type whose method this function is, or that it is in.
    pub fn method_type(&self, func: FuncIdx) -> Option<StructIdx> {
        let mut at = Some(func);
        while let Some(func) = at {
            if let FuncKind::Method { ty, .. } = self.func(func).kind {
                return Some(ty);
            }
            at = self.func(func).parent;
        }
        None
    }

    /// The `self` that is visible in a function.
    pub fn self_in(&self, func: FuncIdx) -> Option<VarId> {
        let mut at = Some(func);
        while let Some(func) = at {
            if let Some(id) = self.self_of(func) {
                return Some(id);
            }
            at = self.func(func).parent;
        }
        None
    }

    /// How many arguments a declared function takes.
    pub fn arity_of(&self, var: VarId) -> Option<(usize, usize)> {
        self.arities.get(&var).copied()
    }

    /// The variables of the block that begins here.
    pub fn block_vars(&self, block: Span) -> &[VarId] {
        match self.blocks_at.get(&block.lo) {
            Some(id) => &self.scopes[id.0 as usize].vars,
            None => &[],
        }
    }
}

/// Resolves all names of a source file.
pub fn resolve<'a>(
    module: &Module<'a>,
    builtins: &dyn Builtins,
) -> (Resolved<'a>, Vec<Diagnostic>) {
    let mut walker = walker::Walker::new();
    walker.module(module);
    walker.finish_imports(builtins);
    let (mut resolved, receivers, mut diagnostics) = walker.into_parts();
    finish::finish(&mut resolved, &receivers, builtins);
    diagnostics.extend(finish::changes_across_waits(&resolved));
    (resolved, diagnostics)
}
