//! Patterns, and types as they are written.

use super::*;

impl<'a> Generator<'a, '_> {
    pub(super) fn alternatives(&mut self) -> Pattern<'a> {
        let first = self.pattern(false);
        if !self.flag() {
            return first;
        }
        let second = self.pattern(false);
        let all = self.arena.alloc_slice_copy(&[first, second]);
        Pattern {
            kind: PatternKind::Alt(all),
            span: NOWHERE,
        }
    }

    pub(super) fn pattern(&mut self, binding: bool) -> Pattern<'a> {
        self.depth += 1;
        let limit = if self.depth > 6 {
            2
        } else if binding {
            4
        } else {
            10
        };
        let kind = match self.pick(limit) {
            0 => PatternKind::Bind(["a", "b", "default", "é"][self.pick(4)]),
            1 => PatternKind::Wild,
            2 => PatternKind::Array {
                items: self.many(|g| g.inner(binding)),
                rest: self.rest(),
            },
            3 => PatternKind::Dict {
                entries: self.entries(binding),
                rest: self.rest(),
            },
            4 => PatternKind::Struct {
                name: self.ident(TYPES),
                entries: self.entries(false),
                rest: self.rest(),
            },
            5 => PatternKind::Tag {
                ty: Some(self.ident(TYPES)),
                name: self.ident(KEYS),
                parts: self.maybe(|g| g.many(|g| g.inner(false))),
            },
            6 => PatternKind::Tag {
                ty: None,
                name: self.ident(&["Ok", "None"]),
                parts: self.maybe(|g| g.many(|g| g.inner(false))),
            },
            7 => {
                let (lo, hi) = (self.literal(), self.literal());
                PatternKind::Range {
                    lo: self.alloc(lo),
                    hi: self.alloc(hi),
                    inclusive: self.flag(),
                }
            }
            _ => {
                let kind = self.literal();
                let literal = self.alloc(kind);
                PatternKind::Literal(literal)
            }
        };
        self.depth -= 1;
        Pattern {
            kind,
            span: NOWHERE,
        }
    }

    /// A part of a pattern that is assigned to.
    pub(super) fn target(&mut self) -> Pattern<'a> {
        if self.flag() {
            return self.pattern(true);
        }
        Pattern {
            kind: PatternKind::Place(self.place()),
            span: NOWHERE,
        }
    }

    pub(super) fn inner(&mut self, binding: bool) -> Pattern<'a> {
        if binding {
            self.pattern(true)
        } else {
            self.alternatives()
        }
    }

    pub(super) fn entries(&mut self, binding: bool) -> &'a [PatternEntry<'a>] {
        self.many(|g| {
            let shorthand = g.flag();
            let quoted = !shorthand && g.flag();
            let key = if shorthand {
                g.one_of(NAMES)
            } else {
                g.one_of(KEYS)
            };
            let pattern = if shorthand {
                Pattern {
                    kind: PatternKind::Bind(key),
                    span: NOWHERE,
                }
            } else {
                g.inner(binding)
            };
            PatternEntry {
                key,
                quoted,
                key_span: NOWHERE,
                shorthand,
                pattern,
            }
        })
    }

    pub(super) fn rest(&mut self) -> Option<Rest<'a>> {
        self.maybe(|g| Rest {
            name: g.maybe(|g| g.ident(NAMES)),
            place: None,
            span: NOWHERE,
        })
    }

    pub(super) fn ty_ref(&mut self) -> &'a Type<'a> {
        let ty = self.ty();
        self.arena.alloc(ty)
    }

    pub(super) fn ty(&mut self) -> Type<'a> {
        self.depth += 1;
        let limit = if self.depth > 6 { 1 } else { 5 };
        let kind = match self.pick(limit) {
            0 => TypeKind::Name {
                name: self.one_of(&["int", "dict", "null", "m.Point", "func"]),
                args: &[],
            },
            1 => TypeKind::Name {
                name: "dict",
                args: self.many(Self::ty),
            },
            2 => TypeKind::Array(self.ty_ref()),
            3 => TypeKind::Optional(self.ty_ref()),
            _ if self.flag() => {
                let members = [self.ty(), self.ty()];
                TypeKind::Union(self.arena.alloc_slice_copy(&members))
            }
            _ => TypeKind::Func {
                params: self.many(Self::ty),
                result: self.maybe(Self::ty_ref),
            },
        };
        self.depth -= 1;
        Type {
            kind,
            span: NOWHERE,
        }
    }
}
