//! The kinds of what containers hold: of literals, of what variables are given and what is
//! stored through them, of the results of functions and of built-ins that rearrange.

use super::{MOST_DEPTH, Ty, Types, named};
use crate::check::facts::{Facts, Given};
use crate::compiler::resolve::{FuncIdx, Res, VarKind};
use crate::stdlib;
use crate::syntax::ast::*;

/// The kinds of the elements of a container, of theirs, and of theirs: an array of arrays of
/// ints has arrays, ints, and nothing in it. The elements of a dict are its values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Inside(pub [Ty; LEVELS]);

pub(super) const LEVELS: usize = 3;

impl Inside {
    pub const NOTHING: Inside = Inside([Ty::Nothing; LEVELS]);
    pub const UNKNOWN: Inside = Inside([Ty::Unknown; LEVELS]);
    /// Of a string, whose characters are strings.
    pub const STRINGS: Inside = Inside([Ty::STRING; LEVELS]);

    /// Of a container that holds an element of this type with this inside.
    pub fn of_element(element: Ty, inside: Inside) -> Inside {
        let [first, second, _] = inside.0;
        Inside([element, first, second])
    }

    /// Of an element of the container.
    pub fn of_its_elements(self) -> Inside {
        let [_, second, third] = self.0;
        // How deep things go is not known at the end.
        let beyond = match third {
            Ty::Nothing | Ty::INT | Ty::FLOAT | Ty::Bool => Ty::Nothing,
            Ty::STRING => Ty::STRING,
            _ => Ty::Unknown,
        };
        Inside([second, third, beyond])
    }

    pub fn join(self, other: Inside) -> Inside {
        let mut joined = self;
        for (one, other) in joined.0.iter_mut().zip(other.0) {
            *one = one.join(other);
        }
        joined
    }
}

impl<'a> Types<'a, '_> {
    /// The contents of the container that a variable holds. Writing through another name never
    /// changes it, so what is given to it and stored through it is all.
    pub(super) fn inside_var(&self, facts: &Facts<'a>, at: usize) -> Inside {
        let var = &self.res.vars[at];
        if matches!(
            var.kind,
            VarKind::Import
                | VarKind::Module
                | VarKind::Dynamic
                | VarKind::Except
                | VarKind::SelfParam
        ) || facts.vars[at].given.is_empty()
        {
            return Inside::UNKNOWN;
        }
        let mut inside = Inside::NOTHING;
        for given in &facts.vars[at].given {
            inside = inside.join(self.inside_given(*given, self.vars[at]));
        }
        for &(depth, given) in &facts.vars[at].stored {
            self.add_stored(&mut inside, self.in_vars[at], depth, given);
        }
        inside
    }

    /// The contents of the container that a field holds.
    pub(super) fn inside_field(&self, facts: &Facts<'a>, ty: usize, at: usize) -> Inside {
        let given = &facts.fields[ty][at];
        if given.is_empty() {
            return Inside::UNKNOWN;
        }
        let own = self.fields[ty][at];
        let inside = given.iter().fold(Inside::NOTHING, |inside, given| {
            inside.join(self.inside_given(*given, own))
        });
        let name = self.res.structs[ty].def.fields[at].name.name;
        let stores = facts.field_stores.iter().filter(|store| store.0 == name);
        stores.fold(inside, |mut inside, &(_, depth, given)| {
            self.add_stored(&mut inside, self.in_fields[ty][at], depth, given);
            inside
        })
    }

    /// Adds a value that is stored so deep in a container, whose contents have been `own`.
    fn add_stored(&self, inside: &mut Inside, own: Inside, depth: usize, given: Given<'a>) {
        let Some(level) = depth.checked_sub(1).filter(|&level| level < LEVELS) else {
            return;
        };
        let own = own.0[level];
        let ty = self.joined(&[given], own);
        inside.0[level] = inside.0[level].join(ty);
        let below = self.inside_given(given, own).0;
        for (one, below) in inside.0[level + 1..].iter_mut().zip(below) {
            *one = one.join(below);
        }
    }

    /// The contents of a value that is given, to what has been of the type `own`.
    fn inside_given(&self, given: Given<'a>, own: Ty) -> Inside {
        match given {
            Given::Value(value) => self.inside(value, MOST_DEPTH),
            Given::Compound(_, value) => match own {
                Ty::ARRAY => self.inside(value, MOST_DEPTH),
                _ => Inside::NOTHING,
            },
            Given::Declared(ty) => self.inside_written(ty),
            Given::Element(iter) => match self.of(iter) {
                Ty::ARRAY => self.inside(iter, MOST_DEPTH).of_its_elements(),
                Ty::STRING => Inside::STRINGS,
                Ty::INT | Ty::Nothing => Inside::NOTHING,
                _ => Inside::UNKNOWN,
            },
            Given::Position(_) | Given::Unknown => Inside::UNKNOWN,
        }
    }

    fn inside_written(&self, ty: &Type<'a>) -> Inside {
        match ty.kind {
            TypeKind::Array(inner) => {
                Inside::of_element(self.written(inner), self.inside_written(inner))
            }
            TypeKind::Name { name: "string", .. } => Inside::STRINGS,
            TypeKind::Name {
                name: "int" | "float" | "bool",
                ..
            } => Inside::NOTHING,
            _ => Inside::UNKNOWN,
        }
    }

    /// The contents of the results of a function.
    pub(super) fn inside_results(&self, facts: &Facts<'a>, at: usize) -> Inside {
        let func = &facts.funcs[at];
        if func.def.is_none_or(|def| def.is_async || def.is_generator) {
            return Inside::UNKNOWN;
        }
        let values = func.returns.iter().flatten();
        values.fold(Inside::NOTHING, |inside, value| {
            inside.join(self.inside(value, MOST_DEPTH))
        })
    }

    /// The contents of the value of an expression, if it is a container.
    pub(super) fn inside(&self, expr: &Expr<'a>, depth: u32) -> Inside {
        let Some(depth) = depth.checked_sub(1) else {
            return Inside::UNKNOWN;
        };
        let one = |value: &Expr<'a>| {
            Inside::of_element(self.at_depth(value, depth), self.inside(value, depth))
        };
        match expr.kind {
            ExprKind::Paren(inner) => self.inside(inner, depth),
            ExprKind::Null | ExprKind::Bool(_) | ExprKind::Int(_) | ExprKind::Float(_) => {
                Inside::NOTHING
            }
            ExprKind::Str(_) | ExprKind::Template(_) => Inside::STRINGS,
            ExprKind::Range { .. } => Inside::of_element(Ty::INT, Inside::NOTHING),
            ExprKind::Array(items) => items.iter().fold(Inside::NOTHING, |inside, item| {
                inside.join(match item {
                    ArrayItem::Item(value) => one(value),
                    ArrayItem::Spread(value) => match self.at_depth(value, depth) {
                        Ty::ARRAY | Ty::STRING => self.inside(value, depth),
                        Ty::Nothing => Inside::NOTHING,
                        _ => Inside::UNKNOWN,
                    },
                })
            }),
            ExprKind::Dict(items) => items.iter().fold(Inside::NOTHING, |inside, item| {
                inside.join(match item {
                    DictItem::Pair { value, .. } => one(value),
                    DictItem::Spread(value) => self.inside(value, depth),
                    DictItem::Shorthand(name) => match self.res.name(name.span) {
                        Res::Var(var) => {
                            let at = var.0 as usize;
                            Inside::of_element(self.vars[at], self.in_vars[at])
                        }
                        _ => Inside::UNKNOWN,
                    },
                })
            }),
            ExprKind::Name(_) => match self.res.name(expr.span) {
                Res::Var(var) => self.in_vars[var.0 as usize],
                _ => Inside::UNKNOWN,
            },
            ExprKind::Field {
                recv,
                name,
                optional: false,
                ..
            } if matches!(self.at_depth(recv, depth), Ty::Instance(_)) => {
                match self.at_depth(recv, depth) {
                    Ty::Instance(ty) => match self.field_places.get(&(ty, name.name)) {
                        Some(&at) => self.in_fields[ty.0 as usize][at],
                        None => Inside::UNKNOWN,
                    },
                    _ => Inside::UNKNOWN,
                }
            }
            ExprKind::Index {
                recv,
                optional: false,
                ..
            }
            | ExprKind::Field {
                recv,
                optional: false,
                ..
            } => match self.at_depth(recv, depth) {
                Ty::ARRAY | Ty::DICT => self.inside(recv, depth).of_its_elements(),
                Ty::STRING => Inside::STRINGS,
                Ty::Nothing => Inside::NOTHING,
                _ => Inside::UNKNOWN,
            },
            ExprKind::Slice {
                recv,
                optional: false,
                ..
            } => self.inside(recv, depth),
            ExprKind::Binary { left, right, .. } => match self.at_depth(expr, depth) {
                Ty::ARRAY => self.inside(left, depth).join(self.inside(right, depth)),
                Ty::STRING => Inside::STRINGS,
                Ty::Unknown => Inside::UNKNOWN,
                _ => Inside::NOTHING,
            },
            ExprKind::Call { callee, args } => match self.res.name(callee.span) {
                Res::Var(var) => match self.res.defs.get(&var) {
                    Some(def) if self.res.var(var).kind == VarKind::Func => {
                        self.in_funcs[self.res.func_of(def).0 as usize]
                    }
                    _ => Inside::UNKNOWN,
                },
                Res::Free => match (callee.kind, args) {
                    (ExprKind::Name("map"), [_, f]) if !f.spread => self.inside_mapped(f.value),
                    (ExprKind::Name("range"), _) => Inside::of_element(Ty::INT, Inside::NOTHING),
                    (ExprKind::Name("filled"), [_, value]) if !value.spread => one(value.value),
                    (ExprKind::Name(name), [first, ..]) if !first.spread => {
                        self.inside_rebuilt(name, first.value, &args[1..], depth)
                    }
                    _ => Inside::UNKNOWN,
                },
                Res::Member => Inside::UNKNOWN,
            },
            ExprKind::MethodCall {
                recv,
                name,
                args,
                optional: false,
                ..
            } => match self.at_depth(recv, depth) {
                Ty::ARRAY | Ty::STRING => match (name.name, args) {
                    ("map", [f]) if !f.spread => self.inside_mapped(f.value),
                    (name, _) => self.inside_rebuilt(name, recv, args, depth),
                },
                Ty::DICT if name.name == "values" => self.inside(recv, depth),
                Ty::Instance(ty) => match self.res.structs[ty.0 as usize].methods.get(name.name) {
                    Some(method) => self.in_funcs[method.0 as usize],
                    None => Inside::UNKNOWN,
                },
                Ty::Nothing => Inside::NOTHING,
                _ => Inside::UNKNOWN,
            },
            _ => Inside::UNKNOWN,
        }
    }

    /// The contents of an array of results of a function.
    fn inside_mapped(&self, f: &Expr<'a>) -> Inside {
        match f.kind {
            ExprKind::Paren(inner) => self.inside_mapped(inner),
            ExprKind::Func(def) => self.inside_of_results(self.res.func_of(def)),
            ExprKind::Name(name) => match self.res.name(f.span) {
                Res::Var(var) if self.res.var(var).kind == VarKind::Func => {
                    match self.res.defs.get(&var) {
                        Some(def) => self.inside_of_results(self.res.func_of(def)),
                        None => Inside::UNKNOWN,
                    }
                }
                Res::Free => match stdlib::function(name) {
                    Some(number) => match named(stdlib::natives()[number as usize].result) {
                        ty @ (Ty::INT | Ty::FLOAT | Ty::Bool) => {
                            Inside::of_element(ty, Inside::NOTHING)
                        }
                        Ty::STRING => Inside::STRINGS,
                        _ => Inside::UNKNOWN,
                    },
                    None => Inside::UNKNOWN,
                },
                _ => Inside::UNKNOWN,
            },
            _ => Inside::UNKNOWN,
        }
    }

    fn inside_of_results(&self, func: FuncIdx) -> Inside {
        let at = func.0 as usize;
        Inside::of_element(self.funcs[at], self.in_funcs[at])
    }

    /// The contents of the result of a built-in that makes an array from an array or a string.
    pub(super) fn inside_rebuilt(
        &self,
        name: &str,
        from: &Expr<'a>,
        rest: &[Arg<'a>],
        depth: u32,
    ) -> Inside {
        match name {
            "sort" | "sort_by" | "sort_desc" | "reverse" | "shuffle" | "slice" | "take"
            | "skip" | "take_while" | "skip_while" | "filter" | "unique" | "swap" | "repeat" => {
                self.inside(from, depth)
            }
            "push" | "append" => match rest {
                [value] if !value.spread => {
                    let ty = self.at_depth(value.value, depth);
                    let element = Inside::of_element(ty, self.inside(value.value, depth));
                    self.inside(from, depth).join(element)
                }
                _ => Inside::UNKNOWN,
            },
            "split" | "chars" | "lines" | "words" => Inside::STRINGS,
            _ => Inside::UNKNOWN,
        }
    }
}
