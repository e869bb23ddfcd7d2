//! Where a variable is live: whether its value may be read after a statement, on some way
//! that control may take. The walk goes backwards over the body of one function, for one
//! variable that no other function mentions.

use super::facts::{Act, Event};
use crate::syntax::ast::*;

/// The uses that a function makes of one of its variables.
pub struct Uses<'a> {
    /// Where it is read, in order.
    reads: Vec<u32>,
    /// Changes of a part of it, in order.
    writes: Vec<Event<'a>>,
}

impl<'a> Uses<'a> {
    /// Of these events; `is_read` says which of the reads count, `is_write` which of the
    /// changes.
    pub fn new(
        events: &[Event<'a>],
        is_read: impl Fn(&Event<'a>) -> bool,
        is_write: impl Fn(&Event<'a>) -> bool,
    ) -> Uses<'a> {
        let mut uses = Uses {
            reads: Vec::new(),
            writes: Vec::new(),
        };
        for event in events {
            match event.act {
                Act::Read if is_read(event) => uses.reads.push(event.span.lo),
                // A value that is read only to compute the next one is no use.
                Act::Read | Act::ReadForItself | Act::Compound | Act::Assign => {}
                Act::Write(_) | Act::Change(..) if is_write(event) => uses.writes.push(*event),
                // A change that others may see is as good as a read.
                Act::Write(_) | Act::Change(..) => uses.reads.push(event.span.lo),
            }
        }
        uses.reads.sort_unstable();
        uses.writes.sort_by_key(|event| event.span.lo);
        uses
    }

    fn reads_in(&self, span: Span) -> bool {
        let first = self.reads.partition_point(|&at| at < span.lo);
        self.reads.get(first).is_some_and(|&at| at < span.hi)
    }
}

/// The last change in the text after which nothing reads the variable.
pub fn lost_write<'a>(body: &Block<'a>, uses: &Uses<'a>) -> Option<Event<'a>> {
    if uses.writes.is_empty() {
        return None;
    }
    let mut flow = Flow {
        uses,
        loops: Vec::new(),
        handlers: 0,
        lost: None,
    };
    flow.block(body, false);
    flow.lost
}

/// A loop around a statement.
struct Loop<'a> {
    label: Option<&'a str>,
    /// The variable is live after the loop.
    after: bool,
    /// It is live where the body begins again.
    again: bool,
}

struct Flow<'u, 'a> {
    uses: &'u Uses<'a>,
    loops: Vec<Loop<'a>>,
    /// How many of the `except` and `finally` blocks read it that control may come to.
    handlers: u32,
    lost: Option<Event<'a>>,
}

impl<'a> Flow<'_, 'a> {
    /// Whether it is live before the block, if it is live `after` it or not.
    fn block(&mut self, block: &Block<'a>, after: bool) -> bool {
        (block.stmts.iter().rev()).fold(after, |live, stmt| self.stmt(stmt, live))
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>, after: bool) -> bool {
        let after = after || self.handlers > 0;
        let reads = |span: Span| self.uses.reads_in(span);
        match stmt.kind {
            StmtKind::Expr(value) => {
                self.note(stmt, None, after);
                match value.kind {
                    ExprKind::Throw { .. } => reads(stmt.span) || self.handlers > 0,
                    _ => reads(stmt.span) || after,
                }
            }
            // A new value as a whole does not end the life of the old one here: a parameter that
            // is replaced may have been changed for nothing on purpose.
            StmtKind::Assign { value, .. } | StmtKind::Compound { value, .. } => {
                self.note(stmt, Some(value), after);
                reads(stmt.span) || after
            }
            StmtKind::If {
                cond,
                ref then,
                otherwise,
            } => {
                let cond = reads(cond.span);
                let then = self.block(then, after);
                let otherwise = match otherwise {
                    Some(Else::Block(ref block)) => self.block(block, after),
                    Some(Else::If(inner)) => self.stmt(inner, after),
                    None => after,
                };
                cond || then || otherwise
            }
            StmtKind::While {
                label, ref body, ..
            }
            | StmtKind::For {
                label, ref body, ..
            } => self.repeated(stmt, label, body, after),
            StmtKind::Match {
                subject,
                cases,
                ref default,
            } => {
                let mut live = reads(subject.span);
                for case in cases {
                    live |= case
                        .guard
                        .is_some_and(|guard| self.uses.reads_in(guard.span));
                    live |= self.block(&case.body, after);
                }
                live | match default {
                    Some(default) => self.block(default, after),
                    None => after,
                }
            }
            StmtKind::Try {
                ref body,
                ref except,
                ref finally,
            } => {
                let finally_reads = finally.is_some_and(|block| reads(block.span));
                let after = finally.map_or(after, |block| self.block(&block, after));
                self.handlers += u32::from(finally_reads);
                let handled = (except.as_ref()).is_some_and(|one| self.block(&one.body, after));
                self.handlers += u32::from(handled);
                let live = self.block(body, after);
                self.handlers -= u32::from(handled) + u32::from(finally_reads);
                live || handled
            }
            StmtKind::Return(value) => {
                value.is_some_and(|value| reads(value.span)) || self.handlers > 0
            }
            StmtKind::Break(label) => self.target(label).is_none_or(|one| one.after),
            StmtKind::Continue(label) => self.target(label).is_none_or(|one| one.again),
            _ => reads(stmt.span) || after,
        }
    }

    /// A loop: its body may come back to whatever is read in it.
    fn repeated(
        &mut self,
        stmt: &'a Stmt<'a>,
        label: Option<Ident<'a>>,
        body: &Block<'a>,
        after: bool,
    ) -> bool {
        let again = self.uses.reads_in(stmt.span) || after;
        self.loops.push(Loop {
            label: label.map(|label| label.name),
            after,
            again,
        });
        self.block(body, again);
        self.loops.pop();
        again
    }

    fn target(&self, label: Option<Ident>) -> Option<&Loop<'a>> {
        let mut loops = self.loops.iter().rev();
        match label {
            Some(label) => loops.find(|one| one.label == Some(label.name)),
            None => loops.next(),
        }
    }

    /// The changes that a statement makes itself, not those in a value with statements.
    fn note(&mut self, stmt: &Stmt<'a>, value: Option<&Expr<'a>>, after: bool) {
        if after {
            return;
        }
        let writes = &self.uses.writes;
        let from = writes.partition_point(|event| event.span.lo < stmt.span.lo);
        let to = match value {
            Some(_) => writes.partition_point(|event| event.span.lo < stmt.span.hi),
            None => writes.partition_point(|event| event.span.lo <= stmt.span.lo),
        };
        let in_value = |event: &Event| {
            value.is_some_and(|value| (value.span.lo..value.span.hi).contains(&event.span.lo))
        };
        let last = writes[from..to]
            .iter()
            .rfind(|event| !in_value(event))
            .copied();
        if last.is_some_and(|event| self.lost.is_none_or(|lost| lost.span.lo < event.span.lo)) {
            self.lost = last;
        }
    }
}
