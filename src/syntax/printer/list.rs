//! Lists between brackets: on one line if they fit, else an item a line with
//! a comma after the last.

use super::Printer;
use super::doc::{Cmd, Group};
use crate::syntax::ast::Span;

pub struct Style {
    pub open: &'static str,
    pub close: &'static str,
    /// Spaces inside the brackets on one line.
    pub pad: bool,
    /// An item a line in any case: the author began it so.
    pub force: bool,
    /// As many items a line as fit.
    pub fill: bool,
    empty: bool,
}

impl Style {
    pub fn new(open: &'static str, close: &'static str, items: usize) -> Style {
        Style {
            open,
            close,
            pad: false,
            force: false,
            fill: false,
            empty: items == 0,
        }
    }
}

/// Where a list began in the document, for undoing its group.
pub struct Marks {
    pub begin: usize,
    pub group: Group,
    /// Where the last item began.
    pub last: usize,
}

impl Printer<'_> {
    /// Prints a list; `close` is where its closing bracket is.
    pub(super) fn delimited<R>(
        &mut self,
        style: Style,
        items: &[R],
        close: Option<u32>,
        span: impl Fn(&R) -> Span,
        mut item: impl FnMut(&mut Self, &R),
    ) -> Option<Marks> {
        let close = close.unwrap_or(0);
        self.push(style.open);
        if style.empty && !self.comments.any_before(close) {
            self.push(style.close);
            return None;
        }
        let head = std::mem::replace(&mut self.head, false);
        let begin = self.doc.cmds.len();
        let group = if style.open == "(" {
            self.doc.begin()
        } else {
            self.doc.begin_eager()
        };
        if style.force {
            self.doc.break_open();
        }
        let edge = if style.pad {
            Cmd::Line { blank: false }
        } else {
            Cmd::Soft
        };
        self.doc.cmd(Cmd::Indent);
        let mut last = begin;
        for (index, one) in items.iter().enumerate() {
            let place = span(one);
            if index == 0 {
                let from = place.lo.min(close);
                self.comments_beside_bracket(from);
                self.doc.cmd(edge);
            } else if style.fill {
                self.doc.cmd(Cmd::Fill);
            } else {
                let blank = self
                    .comments
                    .blank_before(self.comments.first_before(place.lo));
                self.doc.cmd(Cmd::Line { blank });
            }
            self.comment_items(place.lo);
            self.leading(place.lo);
            last = self.doc.cmds.len();
            item(self, one);
            let next = items.get(index + 1);
            if next.is_some() {
                self.push(",");
            } else {
                self.doc.if_broken(",");
            }
            self.trailing(place.hi, next.map_or(close, |next| span(next).lo));
        }
        if style.empty {
            self.comments_beside_bracket(close);
        }
        self.last_comments(close);
        self.doc.cmd(Cmd::Dedent);
        self.doc.cmd(edge);
        self.doc.end();
        self.push(style.close);
        self.head = head;
        Some(Marks { begin, group, last })
    }

    /// Takes back that the list is a group: its items are directly between
    /// the brackets.
    pub(super) fn hug(&mut self, marks: &Marks) {
        let mut depth = 0;
        for at in marks.begin..self.doc.cmds.len() {
            match self.doc.cmds[at] {
                Cmd::Begin(_) => depth += 1,
                Cmd::End => depth -= 1,
                _ => {}
            }
            let ended = matches!(self.doc.cmds[at], Cmd::End) && depth == 0;
            let own = depth == 1 && at <= marks.last;
            match self.doc.cmds[at] {
                Cmd::Line { .. } if own => {
                    self.doc.push(" ");
                    self.doc.cmds[at] = self.doc.cmds.pop().unwrap_or(Cmd::Nothing);
                }
                Cmd::Indent | Cmd::Soft if own => self.doc.cmds[at] = Cmd::Nothing,
                Cmd::Begin(group) if group == marks.group => self.doc.cmds[at] = Cmd::Nothing,
                Cmd::End if ended => {
                    // Before it: the comma, the indentation and the edge.
                    let own = self.doc.cmds[..=at].iter_mut().rev();
                    let own = own.filter(|cmd| !matches!(cmd, Cmd::Suffix { .. }));
                    for cmd in own.take(4) {
                        *cmd = Cmd::Nothing;
                    }
                    return;
                }
                _ => {}
            }
        }
    }
}
