//! Assignments to several targets. All values are read before anything is stored:
//! values that are side by side go to their targets without an array, and what a
//! pattern with places takes apart is read into temporaries first.

use super::pattern::{Leaf, Parts};
use super::vars::{Owned, strip};
use super::{Gen, Want};
use crate::bytecode::op::{LAST_USE, SHARE};
use crate::compiler::ir::Own;
use crate::compiler::resolve::{Res, VarId, each_binding, each_place, root_of};
use crate::syntax::ast::*;

impl<'a> Gen<'a, '_> {
    /// `pattern := value`
    pub fn assign_pattern(&mut self, pattern: &'a Pattern<'a>, value: &'a Expr<'a>) {
        if let Some((targets, values)) = side_by_side(pattern, value) {
            return self.at_once(pattern, |this, read| this.pairs(targets, &values, read));
        }
        let mut has_places = false;
        each_place(pattern, &mut |_| has_places = true);
        if !has_places {
            return self.destructure(pattern, value);
        }
        self.at_once(pattern, |this, read| {
            let register = this.any(value);
            let (dying, own) = this.container(value, register, SHARE);
            this.read_parts(pattern, Parts::new(register, dying, own), read);
        });
    }

    /// Has `values` read all values, then finds the places and stores, both from left
    /// to right.
    fn at_once(
        &mut self,
        pattern: &'a Pattern<'a>,
        values: impl FnOnce(&mut Self, &mut Vec<(Leaf<'a>, Owned)>),
    ) {
        let made = self.registers_below(pattern);
        let locals_top = self.f.top;
        let mut read = Vec::new();
        values(self, &mut read);
        let places: Vec<_> = read
            .iter()
            .map(|(leaf, _)| match leaf {
                Leaf::Place(place) => Some(self.eval_place(place)),
                Leaf::Name(..) => None,
            })
            .collect();
        for (var, register) in made {
            self.bind_register(var, register);
        }
        for ((leaf, value), place) in read.into_iter().zip(places) {
            match (leaf, place) {
                (Leaf::Name(var, pos), _) => {
                    self.aliases[var.0 as usize] = false;
                    self.store_var(var, value, pos);
                }
                (Leaf::Place(_), Some(place)) => self.write_place(&place, value),
                (Leaf::Place(_), None) => {}
            }
        }
        self.f.locals_top = locals_top;
        self.f.top = locals_top;
    }

    /// `a, b := e, f`: a value that is a variable stays there if nothing changes the
    /// variable before its target is stored.
    fn pairs(
        &mut self,
        targets: &'a [Pattern<'a>],
        values: &[&'a Expr<'a>],
        read: &mut Vec<(Leaf<'a>, Owned)>,
    ) {
        let mut held: Vec<Owned> = Vec::new();
        let mut stored: Vec<VarId> = Vec::new();
        for (index, (target, &value)) in targets.iter().zip(values).enumerate() {
            let direct = self.register_of(value).filter(|&(var, _)| {
                self.leaf(target).is_some()
                    && !stored.contains(&var)
                    && !self.is_written_later(var, &values[index + 1..])
            });
            held.push(match direct {
                Some((var, register)) => Owned {
                    register,
                    own: self.own_of(var),
                },
                None => Owned::temp(self.temp(value, Want::Own)),
            });
            self.note_targets(target, &mut stored);
        }
        for (target, value) in targets.iter().zip(held) {
            match self.leaf(target) {
                Some(leaf) => read.push((leaf, value)),
                None if matches!(target.kind, PatternKind::Wild) => {}
                None => {
                    let parts = Parts::new(value.register, LAST_USE, Own::Plain);
                    self.read_parts(target, parts, read);
                }
            }
        }
    }

    /// The variables that storing to the target writes.
    fn note_targets(&self, target: &Pattern<'a>, stored: &mut Vec<VarId>) {
        each_binding(target, &mut |_, span| {
            if let Res::Var(var) = self.res.name(span) {
                stored.push(var);
            }
        });
        each_place(target, &mut |place| {
            if let Some(root) = root_of(place)
                && let Res::Var(var) = self.res.name(root.expr.span)
            {
                stored.push(var);
            }
        });
    }

    /// Checks the shape, then reads all parts into temporaries.
    fn read_parts(
        &mut self,
        pattern: &Pattern<'a>,
        mut parts: Parts<'a>,
        read: &mut Vec<(Leaf<'a>, Owned)>,
    ) {
        let subject = parts.subject;
        self.check(pattern, &mut parts);
        parts.read = Some(std::mem::take(read));
        self.bind(pattern, subject, &mut parts);
        *read = parts.read.unwrap_or_default();
    }
}

/// The targets and values of `[a, b] := [e, f]`, if each target has its value.
fn side_by_side<'a>(
    pattern: &'a Pattern<'a>,
    value: &'a Expr<'a>,
) -> Option<(&'a [Pattern<'a>], Vec<&'a Expr<'a>>)> {
    let PatternKind::Array { items, rest: None } = pattern.kind else {
        return None;
    };
    let ExprKind::Array(values) = strip(value).kind else {
        return None;
    };
    let values: Option<Vec<_>> = values
        .iter()
        .map(|item| match item {
            ArrayItem::Item(value) => Some(*value),
            ArrayItem::Spread(_) => None,
        })
        .collect();
    let values = values.filter(|values| values.len() == items.len())?;
    Some((items, values))
}
