//! Text of a finished function, for people: offsets, bytes, the source
//! position each instruction was emitted for, and comments.
//!
//! There is no disassembler here. Whoever has one passes it in; the tests pass
//! an independent one.

use std::fmt::{self, Write};

use crate::buffer::Label;
use crate::code::Code;

/// A position in the source, in the caller's own numbering.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourceId(pub u32);

/// What stands between instructions of a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Note {
    Comment(String),
    Label(Label),
}

/// One instruction as a disassembler sees it: its length in bytes and its text.
pub type Disassembled = (usize, String);

/// A listing of a function, printed with `Display`.
pub struct Listing<'a> {
    code: &'a Code,
    disassembly: Vec<Disassembled>,
}

impl<'a> Listing<'a> {
    /// A listing of bytes only, as long as no disassembly is added.
    pub fn new(code: &'a Code) -> Listing<'a> {
        Listing {
            code,
            disassembly: Vec::new(),
        }
    }

    /// Uses a disassembler, which is given all bytes and answers with the
    /// instructions in order.
    pub fn disassemble(mut self, with: impl FnOnce(&[u8]) -> Vec<Disassembled>) -> Listing<'a> {
        self.disassembly = with(self.code.bytes());
        self
    }

    /// Where a line must end: at the next note, source position or cold block.
    fn next_break(&self, at: usize) -> usize {
        let after = |offset: u32| Some(offset as usize).filter(|&offset| offset > at);
        let notes = self.code.notes.iter().filter_map(|note| after(note.0));
        let sources = self
            .code
            .sources
            .iter()
            .filter_map(|source| after(source.0));
        notes
            .chain(sources)
            .chain(after(self.code.hot_len))
            .min()
            .unwrap_or(usize::MAX)
            .min(self.code.bytes.len())
    }

    /// Labels, comments and source positions of one place.
    fn heading(&self, f: &mut fmt::Formatter<'_>, from: usize, to: usize) -> fmt::Result {
        let here = |offset: u32| (from..to).contains(&(offset as usize));
        if self.code.hot_len as usize == from && from < self.code.bytes.len() && from > 0 {
            f.write_str("; cold\n")?;
        }
        for (_, source) in self.code.sources.iter().filter(|source| here(source.0)) {
            writeln!(f, "; source {}", source.0)?;
        }
        for (_, note) in self.code.notes.iter().filter(|note| here(note.0)) {
            match note {
                Note::Comment(text) => writeln!(f, "; {text}")?,
                Note::Label(label) => writeln!(f, "{label:?}:")?,
            }
        }
        Ok(())
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, at: usize, len: usize, text: &str) -> fmt::Result {
        let mut hex = String::new();
        for byte in &self.code.bytes[at..at + len] {
            write!(hex, "{byte:02x}")?;
        }
        if text.is_empty() {
            writeln!(f, "{at:6x}  {hex}")
        } else {
            writeln!(f, "{at:6x}  {hex:<22}  {text}")
        }
    }
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Bytes on a line that is not one instruction.
        const LINE: usize = 16;
        let len = self.code.bytes.len();
        let mut instructions = self.disassembly.iter();
        let mut at = 0;
        while at < len {
            let (size, text) = match instructions.next() {
                Some((size, text)) => ((*size).clamp(1, len - at), text.as_str()),
                None => ((self.next_break(at) - at).min(LINE), ""),
            };
            self.heading(f, at, at + size)?;
            self.line(f, at, size, text)?;
            at += size;
        }
        self.heading(f, len, len + 1)
    }
}
