//! Scopes while they are being filled: declaring, looking up, and noting which
//! functions mention which variables.

use super::walker::{EARLIER, Scope, Walker};
use super::{FuncIdx, Res, ScopeId, ScopeInfo, Storage, Var, VarId, VarKind};
use crate::compiler::hash::Map;
use crate::syntax::ast::{Ident, Span};
use crate::syntax::diagnostic::Diagnostic;

impl<'a> Walker<'a> {
    pub fn push_scope(&mut self, parent: Option<ScopeId>, func: FuncIdx) -> ScopeId {
        let id = ScopeId(self.scopes.len() as u32);
        self.scopes.push(Scope {
            parent,
            func,
            names: Map::default(),
            members: None,
            top_level: parent.is_none(),
            wildcards: Vec::new(),
            dynamic: Map::default(),
        });
        self.out.scopes.push(ScopeInfo::default());
        id
    }

    /// Makes a variable in the current scope.
    pub fn declare(&mut self, name: &'a str, span: Span, kind: VarKind, init_end: u32) -> VarId {
        let scope = &self.scopes[self.scope.0 as usize];
        let (func, top_level) = (scope.func, scope.top_level);
        let id = VarId(self.out.vars.len() as u32);
        if let Some(&old) = scope.names.get(name) {
            let first = self.out.var(old).span;
            self.error(
                Diagnostic::error(span, format!("`{name}` is declared twice in this block"))
                    .related(first, "first declared here"),
            );
        }
        self.out.vars.push(Var {
            name,
            span,
            kind,
            func,
            top_level,
            init_end,
            mentioned: false,
            early: false,
            writes: Vec::new(),
            written_inside: false,
            reads: 0,
            holds_value: false,
            storage: Storage::Register,
        });
        self.scopes[self.scope.0 as usize].names.insert(name, id);
        self.out.scopes[self.scope.0 as usize].vars.push(id);
        self.out.names.insert(span.lo, Res::Var(id));
        id
    }

    /// The meaning of the name here, seen from the current scope outwards.
    pub fn look_up(&self, name: &str) -> Res {
        let mut at = Some(self.scope);
        while let Some(id) = at {
            let scope = &self.scopes[id.0 as usize];
            if let Some(ty) = scope.members {
                if self.out.structs[ty.0 as usize].members.contains(name) {
                    return Res::Member;
                }
            } else if let Some(&var) = scope.names.get(name) {
                return Res::Var(var);
            }
            at = scope.parent;
        }
        Res::Free
    }

    /// Resolves a mention of a name and notes it.
    pub fn mention(&mut self, name: &'a str, span: Span) -> Res {
        let mut res = self.look_up(name);
        if res == Res::Free {
            res = self.look_up_dynamic(name);
        }
        self.out.names.insert(span.lo, res);
        match res {
            Res::Var(var) => {
                self.out.vars[var.0 as usize].reads += 1;
                self.reach(var);
            }
            Res::Member => {
                if let Res::Var(receiver) = self.look_up("self") {
                    self.reach(receiver);
                }
            }
            Res::Free => {}
        }
        res
    }

    /// Notes that the current function needs the variable.
    pub fn reach(&mut self, id: VarId) {
        if self.out.var(id).kind == VarKind::SelfParam {
            let owner = self.out.var(id).func;
            self.out.funcs[owner.0 as usize].uses_self = true;
        }
        let owner = self.out.var(id).func;
        if owner == self.func {
            return;
        }
        self.out.vars[id.0 as usize].mentioned = true;
        if self.out.var(id).top_level {
            return;
        }
        // Every function between the variable's and this one passes it on; one that
        // does already has seen to that.
        if self.out.func(self.func).capture_index.contains_key(&id) {
            return;
        }
        let mut at = self.func;
        loop {
            let func = &mut self.out.funcs[at.0 as usize];
            if !func.capture_index.contains_key(&id) {
                let index = func.captures.len() as u16;
                func.capture_index.insert(id, index);
                func.captures.push(id);
            }
            let made_at = func.made_at;
            match func.parent {
                Some(parent) if parent != owner => at = parent,
                _ => {
                    let var = &mut self.out.vars[id.0 as usize];
                    if made_at <= var.init_end {
                        var.early = true;
                    }
                    return;
                }
            }
        }
    }

    /// Notes an assignment to a variable or a write through it.
    pub fn write(&mut self, id: VarId, at: u32) {
        let func = self.func;
        let var = &mut self.out.vars[id.0 as usize];
        var.writes.push(at);
        if var.func != func {
            var.written_inside = true;
            self.out.funcs[func.0 as usize].writes_outside = true;
        }
        self.reach(id);
    }

    /// Refuses a second meaning for a name that the text declares constant.
    pub fn refuse_constant(&mut self, id: VarId, span: Span, through: bool) {
        let var = self.out.var(id);
        let what = match var.kind {
            VarKind::Let => "an immutable variable (`let`)",
            VarKind::Const => "a constant",
            VarKind::Func => "a declared function",
            VarKind::Struct(_) | VarKind::Enum => "a declared type",
            _ => return,
        };
        let verb = if through {
            "write through"
        } else {
            "assign to"
        };
        let mut diagnostic =
            Diagnostic::error(span, format!("cannot {verb} `{}`: it is {what}", var.name));
        diagnostic = if var.span == EARLIER {
            diagnostic.note("an earlier input declares it")
        } else {
            diagnostic.related(var.span, "declared here")
        };
        if matches!(var.kind, VarKind::Let | VarKind::Const) {
            diagnostic = diagnostic.help("declare it with `mut` to change it");
        }
        self.error(diagnostic);
    }

    pub fn declare_ident(&mut self, name: Ident<'a>, kind: VarKind, init_end: u32) -> VarId {
        self.declare(name.name, name.span, kind, init_end)
    }
}
