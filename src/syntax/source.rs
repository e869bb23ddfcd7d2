//! A source text and where its lines begin: turns byte offsets into lines and
//! columns for people. Nothing here knows what the text means, so the lexer,
//! the parser and the run-time errors can all share it.

use super::ast::Span;

/// The longest text that is compiled or formatted. A [`Span`] could address more, but
/// trees and code take several times the memory of their source.
pub const MAX_SOURCE_BYTES: usize = 256 << 20;

/// A named source text.
#[derive(Debug, Clone)]
pub struct SourceFile {
    name: String,
    text: String,
    /// Byte offset of the first byte of each line; never empty.
    line_starts: Vec<u32>,
}

/// A place for people: both count from 1, the column in Unicode scalars.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

impl SourceFile {
    /// A source file from text. Text longer than [`MAX_SOURCE_BYTES`] is kept
    /// but has no line index; `parse` refuses it with a diagnostic.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> SourceFile {
        let text = text.into();
        let line_starts = line_starts(&text);
        SourceFile {
            name: name.into(),
            text,
            line_starts,
        }
    }

    /// The name as diagnostics print it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, a byte-order mark included.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The number of lines; a final line end opens one more, empty line.
    pub fn line_count(&self) -> u32 {
        u32::try_from(self.line_starts.len()).unwrap_or(u32::MAX)
    }

    /// The line and column of a byte offset; offsets beyond the end count as
    /// the end, offsets inside a character as its start.
    pub fn position(&self, offset: u32) -> Position {
        let index = self.line_index(offset);
        let start = self.line_starts.get(index).copied().unwrap_or(0);
        let before = self.slice(start, offset);
        let before = if start == 0 {
            before.trim_start_matches('\u{feff}')
        } else {
            before
        };
        let column = u32::try_from(before.chars().count()).unwrap_or(u32::MAX - 1) + 1;
        Position {
            line: u32::try_from(index).unwrap_or(u32::MAX - 1) + 1,
            column,
        }
    }

    /// The line (from 1) of a byte offset, where no column is wanted.
    pub fn line_at(&self, offset: u32) -> u32 {
        u32::try_from(self.line_index(offset)).unwrap_or(u32::MAX - 1) + 1
    }

    fn line_index(&self, offset: u32) -> usize {
        let after = self.line_starts.partition_point(|&start| start <= offset);
        after.max(1) - 1
    }

    /// The text of a line (from 1), without its line end; empty if there is
    /// no such line.
    pub fn line_text(&self, line: u32) -> &str {
        let Some(start) = self.line_start(line) else {
            return "";
        };
        let end = self.line_start(line.saturating_add(1)).unwrap_or(u32::MAX);
        self.slice(start, end).trim_end_matches(['\n', '\r'])
    }

    /// The byte offset at which a line (from 1) begins; the byte-order mark
    /// is not part of the first line.
    pub fn line_start(&self, line: u32) -> Option<u32> {
        let index = usize::try_from(line.checked_sub(1)?).ok()?;
        let start = self.line_starts.get(index).copied()?;
        Some(if start == 0 && self.text.starts_with('\u{feff}') {
            3
        } else {
            start
        })
    }

    /// The text of a span, clamped to the file and to character borders.
    pub fn span_text(&self, span: Span) -> &str {
        self.slice(span.lo, span.hi)
    }

    fn slice(&self, lo: u32, hi: u32) -> &str {
        let hi = self.border(hi);
        let lo = self.border(lo).min(hi);
        self.text.get(lo..hi).unwrap_or("")
    }

    fn border(&self, offset: u32) -> usize {
        let mut at = (offset as usize).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

fn line_starts(text: &str) -> Vec<u32> {
    let mut starts = vec![0];
    if text.len() > MAX_SOURCE_BYTES {
        return starts;
    }
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let ends = byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
        if ends {
            starts.push(at as u32 + 1);
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(source: &SourceFile, offset: u32) -> (u32, u32) {
        let position = source.position(offset);
        (position.line, position.column)
    }

    #[test]
    fn columns_count_scalars_from_one() {
        let source = SourceFile::new("a.ruff", "añ😀b\nc");
        assert_eq!(at(&source, 0), (1, 1));
        assert_eq!(at(&source, 1), (1, 2));
        assert_eq!(at(&source, 3), (1, 3));
        assert_eq!(at(&source, 7), (1, 4));
        assert_eq!(at(&source, 9), (2, 1));
        assert_eq!(at(&source, 900), (2, 2));
    }

    #[test]
    fn all_three_line_ends_count() {
        let source = SourceFile::new("a.ruff", "a\nb\r\nc\rd\n");
        assert_eq!(source.line_count(), 5);
        let lines: Vec<_> = (1..=6).map(|line| source.line_text(line)).collect();
        assert_eq!(lines, ["a", "b", "c", "d", "", ""]);
        assert_eq!(at(&source, 5), (3, 1));
    }

    #[test]
    fn the_byte_order_mark_is_no_column() {
        let source = SourceFile::new("a.ruff", "\u{feff}ab");
        assert_eq!(at(&source, 4), (1, 2));
        assert_eq!(source.line_text(1), "ab");
    }
}
