//! The comments of a program on their way into the document. Each is taken
//! once, in source order, by whatever is printed next after it, so none is
//! lost and none overtakes another. A line comment waits for the end of its
//! line, so it may be anywhere.

use super::Printer;
use super::doc::Cmd;
use crate::syntax::ast::{Comment, Span};

/// The comments that have not been printed yet, and the text that they are in.
pub struct Comments<'s> {
    /// Empty if there is no source.
    text: &'s str,
    left: &'s [Comment<'s>],
}

impl<'s> Comments<'s> {
    pub fn new(text: &'s str, left: &'s [Comment<'s>]) -> Comments<'s> {
        Comments { text, left }
    }

    pub fn source(&self, span: Span) -> Option<&'s str> {
        self.text
            .get(span.lo as usize..span.hi as usize)
            .filter(|text| !text.is_empty())
    }

    /// Whether a line ends between two places.
    pub fn line_ends_between(&self, lo: u32, hi: u32) -> bool {
        self.source(Span::new(lo, hi))
            .is_some_and(|text| text.contains(['\n', '\r']))
    }

    fn peek(&self, before: u32) -> Option<Comment<'s>> {
        self.left
            .first()
            .copied()
            .filter(|one| one.span.lo < before)
    }

    fn take(&mut self) {
        self.left = &self.left[1..];
    }

    /// Whether comments are before the place.
    pub fn any_before(&self, pos: u32) -> bool {
        self.peek(pos).is_some()
    }

    /// Whether a comment begins between two places.
    pub fn any_between(&self, lo: u32, hi: u32) -> bool {
        let first = self.left.partition_point(|one| one.span.lo < lo);
        self.left.get(first).is_some_and(|one| one.span.lo < hi)
    }

    /// Where the first comment before the place begins, or the place itself.
    pub fn first_before(&self, pos: u32) -> u32 {
        self.peek(pos).map_or(pos, |comment| comment.span.lo)
    }

    /// Whether an empty line is before the place.
    pub fn blank_before(&self, pos: u32) -> bool {
        let before = self.text.get(..pos as usize).unwrap_or("");
        let gap = &before[before.trim_end().len()..];
        let ends = gap.replace("\r\n", "\n").matches(['\n', '\r']).count();
        ends >= 2 && gap.len() < before.len()
    }

    fn begins_line(&self, comment: Comment<'_>) -> bool {
        let before = self.text.get(..comment.span.lo as usize).unwrap_or("");
        let before = before.trim_end_matches([' ', '\t', '\u{feff}']);
        before.is_empty() || before.ends_with(['\n', '\r'])
    }

    /// Whether code follows the comment on its line.
    fn is_inline(&self, comment: Comment<'_>) -> bool {
        if !comment.text.starts_with("/*") || comment.text.contains(['\n', '\r']) {
            return false;
        }
        let after = self.text.get(comment.span.hi as usize..).unwrap_or("");
        let after = after.trim_start_matches([' ', '\t']);
        !(after.is_empty()
            || after.starts_with(['\n', '\r', '#'])
            || after.starts_with("//")
            || after.starts_with("/*"))
    }

    /// Where the bracket is that closes the list whose last item ends at
    /// `pos`.
    pub fn closer(&self, pos: u32) -> u32 {
        let at = self.next_token(pos);
        if self.source(Span::new(at, at + 1)) == Some(",") {
            self.next_token(at + 1)
        } else {
            at
        }
    }

    /// Where the next token after `pos` begins.
    pub fn next_token(&self, pos: u32) -> u32 {
        let mut at = pos as usize;
        let mut comments = self.left;
        loop {
            let rest = self.text.get(at..).unwrap_or("");
            at += rest.len() - rest.trim_start().len();
            while let Some((first, rest)) = comments.split_first()
                && (first.span.lo as usize) < at
            {
                comments = rest;
            }
            match comments.first() {
                Some(first) if first.span.lo as usize == at => at = first.span.hi as usize,
                _ => return at as u32,
            }
        }
    }
}

impl Printer<'_> {
    /// Comments before the token at `pos`, inside a statement.
    pub(super) fn leading(&mut self, pos: u32) {
        while let Some(comment) = self.comments.peek(pos) {
            self.comments.take();
            if self.comments.is_inline(comment) && !self.doc.waiting {
                if (self.doc.last_char()).is_some_and(|last| !" ([{!~-".contains(last)) {
                    self.push(" ");
                }
                self.push(comment.text);
                self.push(" ");
            } else {
                self.doc.suffix(comment.text.trim_end());
            }
        }
    }

    /// Comments before the closing bracket at `pos`.
    pub(super) fn closing(&mut self, pos: u32) {
        while let Some(comment) = self.comments.peek(pos) {
            self.comments.take();
            if self.comments.is_inline(comment) && !self.doc.waiting {
                self.push(" ");
                self.push(comment.text);
            } else {
                self.doc.suffix(comment.text.trim_end());
            }
        }
    }

    /// Comments before `pos` that go to the end of the line, which may be
    /// here.
    pub(super) fn beside(&mut self, pos: u32) {
        while let Some(comment) = self.comments.peek(pos) {
            if self.comments.is_inline(comment) && !self.doc.waiting {
                return;
            }
            self.comments.take();
            self.doc.suffix(comment.text.trim_end());
        }
    }

    /// Skips comments within what is printed as it was written.
    pub(super) fn skip_comments(&mut self, before: u32) {
        while self.comments.peek(before).is_some() {
            self.comments.take();
        }
    }

    /// Comments between `from`, where something ended, and `limit` that are
    /// on the same line and that no code follows there, and all before `from`.
    pub(super) fn trailing(&mut self, from: u32, limit: u32) {
        while let Some(comment) = self.comments.peek(limit) {
            let lo = comment.span.lo;
            let beside = lo < from || !self.comments.line_ends_between(from, lo);
            if !beside || (lo >= from && self.comments.is_inline(comment)) {
                return;
            }
            self.comments.take();
            self.doc.suffix(comment.text.trim_end());
        }
    }

    /// Comments on lines of their own before `pos`, each begun by the line
    /// end. Those that share the line of `pos` are left to it. `first`: the
    /// next line is the first between its braces. Gives whether it still is.
    pub(super) fn own_lines(&mut self, pos: u32, first: bool) -> bool {
        let mut first = first;
        while let Some(comment) = self.comments.peek(pos) {
            if self.comments.is_inline(comment)
                && !self.comments.line_ends_between(comment.span.hi, pos)
            {
                break;
            }
            self.comments.take();
            self.next_line(comment.span.lo, first);
            self.comment_lines(comment.text);
            first = false;
        }
        first
    }

    /// [`Printer::own_lines`] before the closing brace, which shares its line
    /// with none of them.
    pub(super) fn last_lines(&mut self, close: u32, first: bool) {
        let mut first = first;
        while let Some(comment) = self.comments.peek(close) {
            self.comments.take();
            self.next_line(comment.span.lo, first);
            self.comment_lines(comment.text);
            first = false;
        }
    }

    /// Ends the line before what begins at `pos`, and leaves one empty if the
    /// author did.
    pub(super) fn next_line(&mut self, pos: u32, first: bool) {
        if first && !self.nested {
            return;
        }
        let blank = !first && self.comments.blank_before(pos);
        self.doc.hard(blank);
    }

    /// Comments beside the opening bracket of a list stay there.
    pub(super) fn comments_beside_bracket(&mut self, before: u32) {
        while let Some(comment) = self.comments.peek(before) {
            if self.comments.begins_line(comment) || self.comments.is_inline(comment) {
                return;
            }
            self.comments.take();
            self.doc.suffix(comment.text.trim_end());
        }
    }

    /// Comments on lines of their own before an item of a list.
    pub(super) fn comment_items(&mut self, before: u32) {
        while let Some(comment) = self.comments.peek(before) {
            if self.comments.is_inline(comment) {
                return;
            }
            self.comments.take();
            self.comment_lines(comment.text);
            let next = self.comments.first_before(before);
            let blank = self.comments.blank_before(next);
            self.doc.hard(blank);
        }
    }

    /// Comments on lines of their own before the closing bracket of a list.
    pub(super) fn last_comments(&mut self, close: u32) {
        // After a comment that goes to the end of its line there is only the next line.
        let mut ends_line = self.doc.waiting;
        while let Some(comment) = self.comments.peek(close) {
            self.comments.take();
            let inline = self.comments.is_inline(comment) && !ends_line;
            ends_line = !comment.text.starts_with("/*");
            if inline {
                self.push(" ");
                self.push(comment.text);
            } else {
                let blank = self.comments.blank_before(comment.span.lo);
                self.doc.hard(blank);
                self.comment_lines(comment.text);
            }
        }
    }

    /// A comment on its own; a block of lines that begin with stars keeps in
    /// line with the code.
    fn comment_lines(&mut self, text: &str) {
        let text = text.trim_end();
        let starred = text
            .lines()
            .skip(1)
            .all(|line| line.trim_start().starts_with('*'));
        if !starred {
            return self.push(text);
        }
        for (index, line) in text.lines().enumerate() {
            if index > 0 {
                self.doc.cmd(Cmd::Hard { blank: false });
                self.push(" ");
            }
            self.push(line.trim());
        }
    }
}
