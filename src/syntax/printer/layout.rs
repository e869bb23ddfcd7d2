//! A document as lines: a group stays on one line if it and what follows it
//! up to the next possible line end fit, and is broken otherwise. Comments
//! that wait for the end of a line are written there, those of neighbouring
//! lines in one column.

use super::doc::{Cmd, Doc, Group};

const INDENT: usize = 4;
/// Trailing comments whose lines differ by more columns are not aligned.
const MAX_PADDING: usize = 40;

pub fn lay_out(doc: &Doc, width: usize) -> String {
    let mut layout = Layout {
        doc,
        width,
        out: String::with_capacity(doc.text.len() * 5 / 4),
        column: 0,
        indent: 0,
        line: 0,
        line_start: 0,
        broken: vec![false; doc.broken.len()],
        modes: vec![true],
        suffixes: Vec::new(),
        trailing: Vec::new(),
    };
    for index in 0..doc.cmds.len() {
        layout.cmd(index);
    }
    layout.end_line();
    layout.finish()
}

/// Where a trailing comment was written.
struct Trailing {
    line: usize,
    /// Where in the output the comment begins.
    at: usize,
    indent: usize,
    /// Columns of the code before it.
    columns: usize,
}

struct Layout<'d> {
    doc: &'d Doc,
    width: usize,
    out: String,
    column: usize,
    indent: usize,
    line: usize,
    line_start: usize,
    /// By group: how it was laid out.
    broken: Vec<bool>,
    /// Of the open groups: whether they are broken.
    modes: Vec<bool>,
    suffixes: Vec<(u32, u32)>,
    trailing: Vec<Trailing>,
}

impl Layout<'_> {
    fn cmd(&mut self, index: usize) {
        let broken = self.modes.last().copied().unwrap_or(true);
        match self.doc.cmds[index] {
            Cmd::Text { lo, hi } => self.text(self.doc.slice(lo, hi)),
            Cmd::IfBroken { lo, hi } if broken => self.text(self.doc.slice(lo, hi)),
            Cmd::IfFlat { lo, hi } if !broken => self.text(self.doc.slice(lo, hi)),
            Cmd::Suffix { lo, hi } => self.suffixes.push((lo, hi)),
            Cmd::Line { blank } if broken => self.newline(blank),
            Cmd::Soft if broken => self.newline(false),
            Cmd::Hard { blank } => self.newline(blank),
            Cmd::LineIf(group) if self.broken[group.0 as usize] => self.newline(false),
            Cmd::Fill if broken && !(self.suffixes.is_empty() && self.fits(index + 1, 1)) => {
                self.newline(false);
            }
            Cmd::Line { .. } | Cmd::Fill | Cmd::LineIf(_) => self.text(" "),
            Cmd::Indent => self.indent += 1,
            Cmd::Dedent => self.indent = self.indent.saturating_sub(1),
            Cmd::IndentIf(group) if self.broken[group.0 as usize] => self.indent += 1,
            Cmd::DedentIf(group) if self.broken[group.0 as usize] => {
                self.indent = self.indent.saturating_sub(1);
            }
            Cmd::Begin(group) => {
                let broken = self.must_break(group) || !self.fits(index, 0);
                self.broken[group.0 as usize] = broken;
                self.modes.push(broken);
            }
            Cmd::End => {
                self.modes.pop();
            }
            _ => {}
        }
    }

    fn must_break(&self, group: Group) -> bool {
        self.doc.broken[group.0 as usize]
    }

    /// Whether the commands from `start` fit on the rest of the line up to
    /// the next place where a line may end. If the first is a group it is
    /// taken to be on one line.
    fn fits(&self, start: usize, before: usize) -> bool {
        let mut column = self.column + before;
        let mut modes: Vec<bool> = Vec::new();
        let mut outer = self.modes.len();
        let mut first = true;
        for cmd in &self.doc.cmds[start..] {
            if column > self.width {
                return false;
            }
            let broken = |modes: &[bool], outer: usize| {
                let outer = outer.checked_sub(1).and_then(|at| self.modes.get(at));
                modes.last().or(outer).copied().unwrap_or(true)
            };
            match *cmd {
                Cmd::Text { lo, hi } => {
                    let text = self.doc.slice(lo, hi);
                    column += columns(text.split('\n').next().unwrap_or(text));
                    if let Some((_, last)) = text.rsplit_once('\n') {
                        if column > self.width {
                            return false;
                        }
                        column = columns(last);
                    }
                }
                Cmd::IfFlat { lo, hi } if !broken(&modes, outer) => {
                    column += columns(self.doc.slice(lo, hi));
                }
                Cmd::Hard { .. } => return true,
                Cmd::LineIf(group) if self.broken[group.0 as usize] => return true,
                Cmd::Line { .. } | Cmd::Soft | Cmd::Fill if broken(&modes, outer) => return true,
                Cmd::Line { .. } | Cmd::Fill | Cmd::LineIf(_) => column += 1,
                Cmd::Begin(group) => {
                    // Inside the first group all is flat; a group after it
                    // may be broken.
                    let inside = modes.last().is_some_and(|&broken| !broken);
                    let ready = self.doc.eager[group.0 as usize];
                    modes.push(!first && !inside && before == 0 && ready);
                    first = false;
                }
                Cmd::End => outer = outer.saturating_sub(usize::from(modes.pop().is_none())),
                _ => {}
            }
        }
        column <= self.width
    }

    fn text(&mut self, text: &str) {
        if self.column == 0 && self.out.len() == self.line_start && !text.is_empty() {
            for _ in 0..self.indent * INDENT {
                self.out.push(' ');
            }
            self.column = self.indent * INDENT;
        }
        self.out.push_str(text);
        match text.rsplit_once('\n') {
            None => self.column += columns(text),
            Some((before, last)) => {
                self.line += before.matches('\n').count() + 1;
                self.line_start = self.out.len() - last.len();
                self.column = columns(last);
            }
        }
    }

    fn end_line(&mut self) {
        let code = self.out.trim_end_matches(' ').len();
        self.out.truncate(code);
        let first_comment = std::mem::take(&mut self.suffixes);
        for (index, (lo, hi)) in first_comment.into_iter().enumerate() {
            let text = self.doc.slice(lo, hi);
            // Two on one line would become one comment.
            if index > 0 {
                self.break_line();
            }
            if self.out.len() > self.line_start {
                self.trailing.push(Trailing {
                    line: self.line,
                    at: self.out.len() + 2,
                    indent: self.indent,
                    columns: columns(&self.out[self.line_start..]),
                });
                self.out.push_str("  ");
                self.column = 1;
            }
            self.text(text);
        }
    }

    fn newline(&mut self, blank: bool) {
        self.end_line();
        self.break_line();
        if blank {
            self.break_line();
        }
    }

    fn break_line(&mut self) {
        self.out.push('\n');
        self.line += 1;
        self.line_start = self.out.len();
        self.column = 0;
    }

    /// Sets the trailing comments of neighbouring lines in one column.
    fn finish(self) -> String {
        let mut out = String::with_capacity(self.out.len() + 1024);
        let mut copied = 0;
        let mut rest = &self.trailing[..];
        while let Some(first) = rest.first() {
            let run = rest
                .iter()
                .enumerate()
                .take_while(|(at, one)| one.line == first.line + at && one.indent == first.indent)
                .count();
            let (run, after) = rest.split_at(run);
            rest = after;
            let widest = run.iter().map(|one| one.columns).max().unwrap_or(0);
            let least = run.iter().map(|one| one.columns).min().unwrap_or(0);
            for one in run {
                out.push_str(&self.out[copied..one.at]);
                copied = one.at;
                if widest - least <= MAX_PADDING {
                    for _ in one.columns..widest {
                        out.push(' ');
                    }
                }
            }
        }
        out.push_str(&self.out[copied..]);
        if !out.is_empty() {
            out.push('\n');
        }
        out
    }
}

fn columns(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    }
}
