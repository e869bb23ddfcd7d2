//! `if`, `match` and `try` as expressions.

use super::Gen;
use crate::kind::Kind;
use crate::tree::{Block, Expr, expr, stmt};

impl Gen<'_> {
    /// A value of the kind that a statement gives.
    pub fn chosen(&mut self, kind: Kind, d: u32) -> Expr {
        match self.below(10) {
            0..3 => {
                let test = self.bool((d - 1).max(1));
                let (then, other) = (self.expr(kind, d - 1), self.expr(kind, d - 1));
                expr!(kind, "(if @ { @ } else { @ })", test, then, other)
            }
            3 => {
                let (first, second) = (self.bool(1), self.bool(1));
                let (a, b) = (self.expr(kind, d - 1), self.expr(kind, d - 1));
                let c = self.valued(kind, d);
                let form = "(if @ { @ } else if @ { @ } else {@})";
                expr!(kind, form, first, a, second, b, c)
            }
            4..6 => {
                let test = self.bool((d - 1).max(1));
                let (then, other) = (self.valued(kind, d), self.valued(kind, d));
                expr!(kind, "(if @ {@} else {@})", test, then, other)
            }
            6..8 => {
                let subject = self.expr(Kind::Int, d - 1);
                let literal = self.literal(Kind::Int);
                let (one, all) = (self.expr(kind, d - 1), self.valued(kind, d));
                let name = self.name("m");
                let (two, _, _) = self.apart(|g| {
                    g.within(
                        |_| {},
                        |g| {
                            g.declare(&name, Kind::Int, false);
                            g.literal(kind)
                        },
                    )
                });
                expr!(
                    kind,
                    "(match @ { case @: @ case @ if @ > 5: @ default: {@} })",
                    subject,
                    literal,
                    one,
                    name.clone(),
                    name,
                    two,
                    all
                )
            }
            _ => {
                let (body, risk, cost) = self.apart(|g| g.valued(kind, d));
                self.cost += cost;
                let safe = self.literal(kind);
                if risk || self.chance(50) {
                    let name = self.name("e");
                    if self.chance(25) {
                        let form = "(try {@} except @ { @ } finally { shown += 1 })";
                        return expr!(kind, form, body, name, safe);
                    }
                    return expr!(kind, "(try {@} except @ { @ })", body, name, safe);
                }
                expr!(kind, "(try {@} finally { shown += 1 })", body)
            }
        }
    }

    /// A block whose last statement is a value of the kind.
    fn valued(&mut self, kind: Kind, d: u32) -> Block {
        self.within(
            |place| {
                place.depth += 2;
                place.loop_limit /= 4;
            },
            |g| {
                let mut block = Block::new();
                for _ in 0..g.below(3) {
                    g.statement(&mut block);
                }
                let last = g.expr(kind, d - 1);
                if g.chance(4) {
                    // No value at all: null.
                    g.risk = true;
                } else {
                    block.push(stmt!("@", last));
                }
                block
            },
        )
    }
}
