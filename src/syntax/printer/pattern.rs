//! Printing patterns.

use super::Printer;
use crate::syntax::ast::{Pattern, PatternEntry, PatternKind, Rest};

impl Printer<'_> {
    pub(super) fn pattern(&mut self, pattern: &Pattern<'_>) {
        match pattern.kind {
            PatternKind::Wild => self.name("_", pattern.span),
            PatternKind::Bind(name) => self.name(name, pattern.span),
            PatternKind::Literal(literal) => self.expr(literal),
            PatternKind::Range { lo, hi, inclusive } => {
                self.expr(lo);
                self.push(if inclusive { "..=" } else { ".." });
                self.expr(hi);
            }
            PatternKind::Array { items, rest } => {
                self.push("[");
                self.list(items, Self::pattern);
                self.rest(rest, items.is_empty());
                self.push("]");
            }
            PatternKind::Place(place) => self.place(place),
            PatternKind::Dict { entries, rest } => {
                self.push("{");
                self.list(entries, Self::entry);
                self.rest(rest, entries.is_empty());
                self.push("}");
            }
            PatternKind::Struct {
                name,
                entries,
                rest,
            } => {
                self.push(name.name);
                if entries.is_empty() && rest.is_none() {
                    return self.push(" {}");
                }
                self.push(" { ");
                self.list(entries, Self::entry);
                self.rest(rest, entries.is_empty());
                self.push(" }");
            }
            PatternKind::Tag { ty, name, parts } => {
                if let Some(ty) = ty {
                    self.push(ty.name);
                    self.push("::");
                }
                self.push(name.name);
                if let Some(parts) = parts {
                    self.push("(");
                    self.list(parts, Self::pattern);
                    self.push(")");
                }
            }
            PatternKind::Alt(all) => {
                for (index, one) in all.iter().enumerate() {
                    if index > 0 {
                        self.push(" | ");
                    }
                    if matches!(one.kind, PatternKind::Alt(_)) {
                        self.push("(");
                        self.pattern(one);
                        self.push(")");
                    } else {
                        self.pattern(one);
                    }
                }
            }
        }
    }

    fn rest(&mut self, rest: Option<Rest<'_>>, alone: bool) {
        let Some(rest) = rest else { return };
        if !alone {
            self.push(", ");
        }
        self.push("...");
        if let Some(name) = rest.name {
            self.push(name.name);
        }
        if let Some(place) = rest.place {
            self.place(place);
        }
    }

    /// An array pattern without its brackets.
    pub(super) fn targets(&mut self, pattern: &Pattern<'_>) {
        if let PatternKind::Array { items, rest } = pattern.kind {
            self.list(items, Self::pattern);
            self.rest(rest, items.is_empty());
        }
    }

    fn entry(&mut self, entry: &PatternEntry<'_>) {
        if entry.shorthand {
            return self.push(entry.key);
        }
        if entry.quoted {
            if !self.verbatim(entry.key_span) {
                self.string(entry.key);
            }
        } else {
            self.push(entry.key);
        }
        self.push(": ");
        self.pattern(&entry.pattern);
    }
}
