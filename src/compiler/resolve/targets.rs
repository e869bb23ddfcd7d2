//! The places that statements write: assignment targets, destructuring and case
//! patterns. Says which names they declare, which variables they change, and
//! refuses what the text forbids.

use super::paths::root_of;
use super::walker::Walker;
use super::{Res, VarId, VarKind};
use crate::compiler::hash::Map;
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;

impl<'a> Walker<'a> {
    pub(super) fn declare_loop(&mut self, pattern: &Pattern<'a>) {
        self.declare_pattern(pattern, VarKind::Loop, pattern.span.hi);
    }

    /// Declares every name of a destructuring pattern.
    pub(super) fn declare_pattern(&mut self, pattern: &Pattern<'a>, kind: VarKind, init_end: u32) {
        each_binding(pattern, &mut |name, span| {
            self.declare(name, span, kind, init_end);
        });
    }

    /// The places are found before any name of the pattern comes into being.
    pub(super) fn assign_pattern(&mut self, pattern: &Pattern<'a>, init_end: u32) {
        each_place(pattern, &mut |place| self.assign_place(place, init_end));
        let mut seen: Map<&str, Span> = Map::default();
        each_binding(pattern, &mut |name, span| {
            if let Some(first) = seen.insert(name, span) {
                let text = format!("`{name}` is assigned twice in one statement");
                self.error(Diagnostic::error(span, text).related(first, "first assigned here"));
                return;
            }
            self.assign_name(name, span, init_end);
        });
    }

    /// `name := …`: the nearest visible variable, or a new one here.
    pub(super) fn assign_name(&mut self, name: &'a str, span: Span, init_end: u32) {
        match self.look_up(name) {
            Res::Var(id) => {
                self.out.names.insert(span.lo, Res::Var(id));
                if self.out.var(id).kind.is_constant() {
                    self.refuse_constant(id, span, false);
                } else {
                    if name == "self" {
                        self.note_self_write(id);
                    }
                    self.write(id, span.lo);
                }
            }
            Res::Member => self.refuse_member(name, span),
            Res::Free => {
                self.declare(name, span, VarKind::Mut, init_end);
            }
        }
    }

    /// The method whose `self` it is changes it, also where a closure writes it.
    pub(super) fn note_self_write(&mut self, id: VarId) {
        let method = self.out.var(id).func;
        self.out.funcs[method.0 as usize].writes_self = true;
    }

    pub(super) fn assign_place(&mut self, place: &'a Expr<'a>, init_end: u32) {
        match place.kind {
            ExprKind::Name(name) => self.assign_name(name, place.span, init_end),
            ExprKind::Paren(inner) => self.assign_place(inner, init_end),
            _ => self.write_path(place),
        }
    }

    pub(super) fn compound_place(&mut self, place: &'a Expr<'a>) {
        match place.kind {
            ExprKind::Name(name) => match self.mention(name, place.span) {
                Res::Var(id) if self.out.var(id).kind.is_constant() => {
                    self.refuse_constant(id, place.span, false);
                }
                Res::Var(id) => {
                    if name == "self" {
                        self.note_self_write(id);
                    }
                    self.write(id, place.span.lo);
                }
                Res::Member => self.refuse_member(name, place.span),
                Res::Free => {}
            },
            ExprKind::Paren(inner) => self.compound_place(inner),
            _ => self.write_path(place),
        }
    }

    pub(super) fn refuse_member(&mut self, name: &str, span: Span) {
        let text = format!("cannot change `{name}` in a method declared without `self`");
        let help = format!("declare `self` as its first parameter and write `self.{name}`");
        self.error(Diagnostic::error(span, text).help(help));
    }

    /// A write to a field or element.
    pub(super) fn write_path(&mut self, place: &'a Expr<'a>) {
        self.expr(place);
        let Some(root) = root_of(place) else { return };
        let ExprKind::Name(name) = root.expr.kind else {
            return;
        };
        match self.out.name(root.expr.span) {
            Res::Var(id) => {
                let constant = self.out.var(id).kind.is_constant();
                if constant && (!root.field_first || self.out.var(id).holds_value) {
                    self.refuse_constant(id, root.expr.span, true);
                } else if !constant {
                    if name == "self" {
                        self.note_self_write(id);
                    }
                    self.write(id, root.expr.span.lo);
                }
            }
            Res::Member => {
                if !root.field_first {
                    self.refuse_member(name, root.expr.span);
                }
            }
            Res::Free => {}
        }
    }

    /// Declares what a case pattern binds; alternatives share their names.
    pub(super) fn case_pattern(&mut self, pattern: &Pattern<'a>, seen: &mut Map<&'a str, VarId>) {
        match pattern.kind {
            PatternKind::Wild
            | PatternKind::Literal(_)
            | PatternKind::Range { .. }
            | PatternKind::Place(_) => {}
            PatternKind::Bind(name) => self.case_name(name, pattern.span, seen),
            PatternKind::Array { items, rest } => {
                for item in items {
                    self.case_pattern(item, seen);
                }
                self.case_rest(rest, seen);
            }
            PatternKind::Dict { entries, rest } => {
                for entry in entries {
                    self.case_pattern(&entry.pattern, seen);
                }
                self.case_rest(rest, seen);
            }
            PatternKind::Struct {
                name,
                entries,
                rest,
            } => {
                self.mention(name.name, name.span);
                for entry in entries {
                    self.case_pattern(&entry.pattern, seen);
                }
                self.case_rest(rest, seen);
            }
            PatternKind::Tag { ty, parts, .. } => {
                if let Some(ty) = ty {
                    self.mention(ty.name, ty.span);
                }
                for part in parts.unwrap_or(&[]) {
                    self.case_pattern(part, seen);
                }
            }
            PatternKind::Alt(alternatives) => {
                // A name that an earlier alternative binds is the same variable.
                for one in alternatives {
                    let before = self.out.scopes[self.scope.0 as usize].vars.len();
                    self.case_pattern(one, seen);
                    for &var in &self.out.scopes[self.scope.0 as usize].vars[before..] {
                        seen.insert(self.out.vars[var.0 as usize].name, var);
                    }
                }
            }
        }
    }

    pub(super) fn case_rest(&mut self, rest: Option<Rest<'a>>, seen: &mut Map<&'a str, VarId>) {
        if let Some(name) = rest.and_then(|rest| rest.name) {
            self.case_name(name.name, name.span, seen);
        }
    }

    pub(super) fn case_name(&mut self, name: &'a str, span: Span, seen: &mut Map<&'a str, VarId>) {
        if let Some(&var) = seen.get(name) {
            self.out.names.insert(span.lo, Res::Var(var));
            return;
        }
        if let Res::Var(id) = self.look_up(name)
            && self.out.var(id).kind == VarKind::Const
        {
            self.mention(name, span);
            return;
        }
        self.declare(name, span, VarKind::Case, span.hi);
    }
}

/// Calls `each` for every name that a destructuring pattern binds.
pub fn each_binding<'a>(pattern: &Pattern<'a>, each: &mut dyn FnMut(&'a str, Span)) {
    let rest = match pattern.kind {
        PatternKind::Bind(name) => return each(name, pattern.span),
        PatternKind::Array { items, rest } => {
            for item in items {
                each_binding(item, each);
            }
            rest
        }
        PatternKind::Dict { entries, rest } | PatternKind::Struct { entries, rest, .. } => {
            for entry in entries {
                each_binding(&entry.pattern, each);
            }
            rest
        }
        PatternKind::Tag { parts, .. } => {
            for part in parts.unwrap_or(&[]) {
                each_binding(part, each);
            }
            None
        }
        PatternKind::Alt(alternatives) => {
            for one in alternatives {
                each_binding(one, each);
            }
            None
        }
        PatternKind::Wild
        | PatternKind::Literal(_)
        | PatternKind::Range { .. }
        | PatternKind::Place(_) => None,
    };
    if let Some(name) = rest.and_then(|rest| rest.name) {
        each(name.name, name.span);
    }
}

/// Calls `each` for every field and element that an assignment's pattern stores to.
pub fn each_place<'a>(pattern: &Pattern<'a>, each: &mut dyn FnMut(&'a Expr<'a>)) {
    let rest = match pattern.kind {
        PatternKind::Place(place) => return each(place),
        PatternKind::Array { items, rest } => {
            for item in items {
                each_place(item, each);
            }
            rest
        }
        PatternKind::Dict { entries, rest } => {
            for entry in entries {
                each_place(&entry.pattern, each);
            }
            rest
        }
        _ => None,
    };
    if let Some(place) = rest.and_then(|rest| rest.place) {
        each(place);
    }
}
