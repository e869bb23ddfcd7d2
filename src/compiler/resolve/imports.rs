//! Imports and exports: which names an import declares, and which names that
//! nothing declares a wildcard import may explain. Each of the latter gets a
//! global of its own, which the machine fills when the import is reached or,
//! failing that, with the built-in; so that using it costs what any global does.

use super::walker::Walker;
use super::{FuncIdx, Res, ScopeId, Storage, Var, VarId, VarKind, each_binding};
use crate::compiler::hash::{Map, Set};
use crate::compiler::{Builtins, ModuleInfo};
use crate::syntax::ast::*;

/// Names that mean the same in every file.
const FIXED_NAMES: &[&str] = &["Ok", "Err", "Some", "None", "Result", "Option", "self"];

/// The names that a file imports and exports.
#[derive(Debug, Default)]
pub struct Imports<'a> {
    /// Paths as written (`a.b`), in source order.
    pub paths: Vec<String>,
    /// Path numbers of the wildcard imports.
    wildcards: Vec<usize>,
    /// Wildcard number by the place of the import's path.
    wildcards_at: Map<u32, u32>,
    /// The name that a variable has in its module.
    pub originals: Map<VarId, &'a str>,
    pub dynamics: Vec<Dynamic>,
    /// Those that are neither a built-in nor an export of any module that
    /// they name.
    pub undefined: Set<VarId>,
    pub exports: Vec<(&'a str, VarId)>,
    /// The variables among them.
    exported: Set<VarId>,
}

/// A variable that stands for what wildcard imports may bring.
#[derive(Debug)]
pub struct Dynamic {
    pub var: VarId,
    scope: ScopeId,
    pub wildcards: Vec<u32>,
}

impl Imports<'_> {
    pub fn is_exported(&self, var: VarId) -> bool {
        self.exported.contains(&var)
    }

    /// The number of the wildcard import whose path is here.
    pub fn wildcard_at(&self, path: Span) -> Option<u32> {
        self.wildcards_at.get(&path.lo).copied()
    }
}

/// A module path as written.
pub fn path_text(path: &[Ident]) -> String {
    let parts: Vec<&str> = path.iter().map(|part| part.name).collect();
    parts.join(".")
}

impl<'a> Walker<'a> {
    pub(super) fn import(&mut self, import: &Import<'a>, span: Span) {
        let (Some(first), Some(&last)) = (import.path.first(), import.path.last()) else {
            return;
        };
        let path = self.out.imports.paths.len();
        self.out.imports.paths.push(path_text(import.path));
        self.out.meets_strangers = true;
        if let Some(names) = import.names {
            for one in names {
                let name = one.alias.unwrap_or(one.name);
                let var = self.declare_import(name, VarKind::Import, span.hi);
                self.out.imports.originals.insert(var, one.name.name);
            }
            return;
        }
        self.declare_import(import.alias.unwrap_or(last), VarKind::Module, span.hi);
        if import.alias.is_none() {
            let number = self.out.imports.wildcards.len() as u32;
            self.out.imports.wildcards.push(path);
            self.out.imports.wildcards_at.insert(first.span.lo, number);
            self.scopes[self.scope.0 as usize].wildcards.push(number);
        }
    }

    /// A name in the current block; one that it has already is assigned again.
    fn declare_import(&mut self, name: Ident<'a>, kind: VarKind, init_end: u32) -> VarId {
        let known = self.scopes[self.scope.0 as usize].names.get(name.name);
        match known.copied() {
            Some(id) if !self.out.var(id).kind.is_constant() => {
                self.out.names.insert(name.span.lo, Res::Var(id));
                self.write(id, name.span.lo);
                id
            }
            _ => self.declare_ident(name, kind, init_end),
        }
    }

    /// Notes the names that an exported declaration declares.
    pub(super) fn export(&mut self, inner: &Stmt<'a>) {
        let mut names: Vec<(&'a str, Span)> = Vec::new();
        let mut each = |name, span| names.push((name, span));
        match inner.kind {
            StmtKind::Func(def) => {
                if let Some(name) = def.name {
                    each(name.name, name.span);
                }
            }
            StmtKind::Struct(def) => each(def.name.name, def.name.span),
            StmtKind::Enum(def) => each(def.name.name, def.name.span),
            StmtKind::Let { pattern, .. }
            | StmtKind::Assign {
                target: Target::Pattern(pattern),
                ..
            } => each_binding(pattern, &mut each),
            StmtKind::Assign {
                target: Target::Place(place),
                ..
            } => {
                if let ExprKind::Name(name) = place.kind {
                    each(name, place.span);
                }
            }
            _ => {}
        }
        self.out.meets_strangers = true;
        for (name, span) in names {
            let Res::Var(var) = self.out.name(span) else {
                continue;
            };
            if !self.out.imports.exported.insert(var) {
                continue;
            }
            // Importers read it when the script is over.
            self.out.vars[var.0 as usize].mentioned = true;
            self.out.imports.exports.push((name, var));
        }
    }

    /// A name that nothing declares, below a wildcard import.
    pub(super) fn look_up_dynamic(&mut self, name: &'a str) -> Res {
        if FIXED_NAMES.contains(&name) {
            return Res::Free;
        }
        let mut at = Some(self.scope);
        while let Some(id) = at {
            let scope = &self.scopes[id.0 as usize];
            if scope.wildcards.is_empty() {
                at = scope.parent;
                continue;
            }
            if let Some(&var) = scope.dynamic.get(name) {
                return Res::Var(var);
            }
            let var = VarId(self.out.vars.len() as u32);
            self.out.vars.push(Var {
                name,
                // Nowhere: no mention of it is its declaration.
                span: Span::new(u32::MAX, u32::MAX),
                kind: VarKind::Dynamic,
                func: FuncIdx(0),
                top_level: true,
                init_end: 0,
                mentioned: true,
                early: true,
                holds_value: false,
                writes: Vec::new(),
                written_inside: true,
                reads: 0,
                storage: Storage::Register,
            });
            self.scopes[id.0 as usize].dynamic.insert(name, var);
            self.out.imports.dynamics.push(Dynamic {
                var,
                scope: id,
                wildcards: Vec::new(),
            });
            return Res::Var(var);
        }
        Res::Free
    }

    /// When the whole text has been read: which wildcard imports each dynamic
    /// name may come from, and whether it is simply a built-in.
    pub fn finish_imports(&mut self, builtins: &dyn Builtins) {
        let mut asked: Map<&str, ModuleInfo> = Map::default();
        let ask = |path| {
            let known = asked.entry(path);
            known.or_insert_with(|| builtins.module(path)).clone()
        };
        let paths = self.out.imports.paths.iter().map(|path| &**path);
        let infos: Vec<ModuleInfo> = paths.map(ask).collect();
        for info in &infos {
            if let ModuleInfo::Known { mutating, .. } = info {
                self.out.mutating_names.extend(mutating.iter().cloned());
            }
        }
        let mut plain: Set<VarId> = Set::default();
        let mut undefined: Set<VarId> = Set::default();
        let mut dynamics = std::mem::take(&mut self.out.imports.dynamics);
        dynamics.retain_mut(|one| {
            let mut at = Some(one.scope);
            while let Some(id) = at {
                let scope = &self.scopes[id.0 as usize];
                one.wildcards.extend(&scope.wildcards);
                at = scope.parent;
            }
            let name = self.out.var(one.var).name;
            let may_come = |number: &u32| {
                let path = self.out.imports.wildcards[*number as usize];
                infos[path].may_export(name)
            };
            let built_in = builtins.native(name).is_some() || builtins.constant(name).is_some();
            if one.wildcards.iter().any(may_come) {
                return true;
            }
            if built_in {
                plain.insert(one.var);
            } else {
                undefined.insert(one.var);
            }
            !built_in
        });
        for var in &plain {
            self.out.vars[var.0 as usize].mentioned = false;
        }
        if !plain.is_empty() {
            for res in self.out.names.values_mut() {
                if matches!(res, Res::Var(var) if plain.contains(var)) {
                    *res = Res::Free;
                }
            }
            self.receivers.retain(|one| !plain.contains(&one.var));
        }
        self.out.imports.dynamics = dynamics;
        self.out.imports.undefined = undefined;
    }
}
