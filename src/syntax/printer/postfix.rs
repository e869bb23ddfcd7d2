//! Printing chains of calls, fields and indices.

use super::Printer;
use super::doc::{Cmd, Group};
use super::expr::{OPEN, POSTFIX};
use super::list::Style;
use crate::syntax::ast::{Arg, Expr, ExprKind, Span};

/// Columns of the arguments before a last one that begins on their line and
/// ends on another.
const HUGGED: usize = 70;

impl Printer<'_> {
    /// A postfix chain, from its operand outwards. One with several method
    /// calls that does not fit has each on a line of its own; the arguments
    /// of the last may still have lines of their own instead.
    pub(super) fn postfix(&mut self, expr: &Expr<'_>) {
        let mut links = Vec::new();
        let mut first = expr;
        loop {
            let inner = match first.kind {
                // A field that is called gets parentheses: without them it
                // would be a method.
                ExprKind::Call { callee, .. } => {
                    if matches!(callee.kind, ExprKind::Field { .. }) {
                        links.push(first);
                        first = callee;
                        break;
                    }
                    callee
                }
                ExprKind::MethodCall { recv, .. }
                | ExprKind::Field { recv, .. }
                | ExprKind::Index { recv, .. }
                | ExprKind::Slice { recv, .. } => recv,
                ExprKind::Try { operand, .. } => operand,
                _ => break,
            };
            links.push(first);
            first = inner;
        }
        let is_method = |link: &&Expr<'_>| matches!(link.kind, ExprKind::MethodCall { .. });
        let methods = links.iter().filter(|link| is_method(link)).count();
        let group = (methods >= 2).then(|| self.doc.begin());
        // An optional chain inside a chain ends at its parentheses.
        let closed = matches!(first.kind, ExprKind::OptChain(_) | ExprKind::Field { .. });
        if closed {
            self.inside("(", ")", |p| p.bare(first, true));
        } else {
            self.operand(first, POSTFIX, false);
        }
        let Some(group) = group else {
            while let Some(link) = links.pop() {
                self.link(link, None);
            }
            return;
        };
        let mut left = methods;
        self.doc.cmd(Cmd::Indent);
        while let Some(link) = links.pop() {
            left -= usize::from(is_method(&link));
            let ends = left == 0 && is_method(&link);
            self.link(link, Some((group, ends)));
        }
        self.doc.cmd(Cmd::DedentIf(group));
    }

    /// A link; in a chain that may be broken also whether it is its last
    /// method call, after whose name the group ends.
    fn link(&mut self, link: &Expr<'_>, chain: Option<(Group, bool)>) {
        // `e?` before a dot or bracket would become one with it.
        let after_try = self.doc.last_char() == Some('?');
        match link.kind {
            ExprKind::Call { callee, args } => self.args(callee.span.hi, link, args),
            ExprKind::MethodCall {
                name,
                args,
                optional,
                dot,
                ..
            } => {
                self.closing(dot.lo);
                match chain {
                    None => self.gap(after_try),
                    Some(_) if after_try => self.doc.cmd(Cmd::Line { blank: false }),
                    Some(_) => self.doc.cmd(Cmd::Soft),
                }
                self.push(if optional { "?." } else { "." });
                self.name(name.name, name.span);
                if let Some((group, true)) = chain {
                    self.doc.cmd(Cmd::Dedent);
                    self.doc.end();
                    self.doc.cmd(Cmd::IndentIf(group));
                }
                self.args(name.span.hi, link, args);
            }
            ExprKind::Field {
                name,
                optional,
                dot,
                ..
            } => {
                self.closing(dot.lo);
                self.gap(after_try);
                self.push(if optional { "?." } else { "." });
                self.name(name.name, name.span);
            }
            ExprKind::Index {
                index, optional, ..
            } => {
                self.gap(after_try);
                let open = if optional { "?[" } else { "[" };
                self.inside(open, "]", |p| {
                    p.expr(index);
                    p.closing(link.span.hi.saturating_sub(1));
                });
            }
            ExprKind::Slice {
                lo, hi, optional, ..
            } => {
                self.gap(after_try);
                self.inside(if optional { "?[" } else { "[" }, "]", |p| {
                    if let Some(lo) = lo {
                        p.expr(lo);
                    }
                    p.push(":");
                    if let Some(hi) = hi {
                        p.expr(hi);
                    }
                    p.closing(link.span.hi.saturating_sub(1));
                });
            }
            ExprKind::Try { op_span, .. } => {
                self.closing(op_span.lo);
                self.gap(after_try);
                self.push("?");
            }
            _ => {}
        }
    }

    fn gap(&mut self, needed: bool) {
        if needed {
            self.push(" ");
        }
    }

    /// Arguments. Where the last is a function, or the only one a literal, it
    /// opens on the line of the call.
    fn args(&mut self, open: u32, call: &Expr<'_>, args: &[Arg<'_>]) {
        let close = call.span.hi.saturating_sub(1);
        let open = self.comments.next_token(open);
        let hugs = match args.split_last() {
            Some((last, before)) if !last.spread => match last.value.kind {
                ExprKind::Func(_) => true,
                ExprKind::Array(_) | ExprKind::Dict(_) | ExprKind::StructLit { .. } => {
                    before.is_empty()
                }
                _ => false,
            },
            _ => false,
        };
        // Comments directly between the arguments need the lines.
        let hugs = hugs && {
            let last = args.last().map_or(open, |last| last.value.span.lo);
            let end = args.last().map_or(close, |last| last.value.span.hi);
            !self.comments.any_between(open, last) && !self.comments.any_between(end, close)
        };
        let style = Style::new("(", ")", args.len());
        let span = |arg: &Arg<'_>| -> Span { arg.value.span };
        let mut parens = false;
        let marks = self.delimited(style, args, Some(close), span, |p, arg| {
            if arg.spread {
                p.push("...");
            }
            parens = p.needs_parens(arg.value, OPEN, true);
            p.expr(arg.value);
        });
        if let Some(marks) = marks.filter(|_| hugs && !parens)
            && self
                .doc
                .flat_width(marks.begin + 1, marks.last)
                .is_some_and(|width| width <= HUGGED)
        {
            self.hug(&marks);
        }
    }
}
