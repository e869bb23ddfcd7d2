//! Text of a finished function, for people: offsets, bytes, the source
//! position each instruction was emitted for, and comments.
//!
//! There is no disassembler here. A caller that has one passes it in; the tests
//! pass an independent one. With one, branches name what they lead to: places
//! of the function by numbered labels, other code and addresses as the caller
//! calls them. Such a text without offsets and bytes ([`Columns::Text`]) is the
//! same wherever data and code lie, so it can be kept and compared.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use crate::code::{Code, CodePtr};
use crate::note::{Note, SourceId};

/// One instruction as a disassembler sees it.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Disassembled {
    /// Its length in bytes.
    pub len: usize,
    /// Its text, without the target of a branch.
    pub text: String,
    /// Where it branches to, as an offset from the function's start.
    pub target: Option<i64>,
}

/// The parts that are written on an instruction's line.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Columns {
    /// The text only.
    Text,
    /// The offset and the text.
    Offsets,
    /// Offset, bytes and text.
    #[default]
    Bytes,
}

type Named<'a, T> = Box<dyn Fn(T) -> String + 'a>;

/// A listing of a function, printed with `Display`.
pub struct Listing<'a> {
    code: &'a Code,
    disassembly: Vec<Disassembled>,
    columns: Columns,
    heading: Box<dyn Fn(SourceId, bool) -> String + 'a>,
    codes: Named<'a, CodePtr>,
    addresses: Named<'a, u64>,
    /// The numbers of places that are branched to, by offset.
    targets: BTreeMap<usize, usize>,
}

impl<'a> Listing<'a> {
    /// A listing of bytes only, as long as no disassembly is added.
    pub fn new(code: &'a Code) -> Listing<'a> {
        Listing {
            code,
            disassembly: Vec::new(),
            columns: Columns::default(),
            heading: Box::new(|source, _| format!("; source {}\n", source.0)),
            codes: Box::new(|code| code.to_string()),
            addresses: Box::new(|address| format!("{address:#x}")),
            targets: BTreeMap::new(),
        }
    }

    /// Uses a disassembler, which is given all bytes and answers with the
    /// instructions in order.
    pub fn disassemble(mut self, with: impl FnOnce(&[u8]) -> Vec<Disassembled>) -> Listing<'a> {
        self.disassembly = with(self.code.bytes());
        let len = self.code.bytes.len();
        let mut at = 0;
        for one in &self.disassembly {
            if let Some(target) = one.target
                && self.link_within(at, one.len).is_none()
                && let Ok(target) = usize::try_from(target)
                && target < len
            {
                self.targets.insert(target, 0);
            }
            at += one.len;
        }
        for (number, target) in self.targets.values_mut().enumerate() {
            *target = number + 1;
        }
        self
    }

    /// Sets what is written on the lines of instructions.
    pub fn columns(mut self, columns: Columns) -> Listing<'a> {
        self.columns = columns;
        self
    }

    /// Sets the whole lines that are written before the instructions of a source
    /// position. The second argument says whether they are cold.
    pub fn headings(mut self, heading: impl Fn(SourceId, bool) -> String + 'a) -> Listing<'a> {
        self.heading = Box::new(heading);
        self
    }

    /// Names of other code.
    pub fn codes(mut self, name: impl Fn(CodePtr) -> String + 'a) -> Listing<'a> {
        self.codes = Box::new(name);
        self
    }

    /// Names of addresses.
    pub fn addresses(mut self, name: impl Fn(u64) -> String + 'a) -> Listing<'a> {
        self.addresses = Box::new(name);
        self
    }

    /// The other code that an instruction refers to.
    fn link_within(&self, at: usize, len: usize) -> Option<CodePtr> {
        let links = &self.code.links;
        let link = links.get(links.partition_point(|link| (link.at as usize) < at))?;
        ((link.at as usize) < at + len).then_some(link.target)
    }

    /// The address loaded by the instructions at an offset, and their length.
    fn address_at(&self, at: usize) -> Option<(u64, usize)> {
        let notes = within(&self.code.notes, at, at + 1);
        notes.iter().find_map(|note| match note.1 {
            Note::Address(address, len) => Some((address, len as usize)),
            _ => None,
        })
    }

    /// Where a line must end: at the next note, source position or cold block.
    fn next_break(&self, at: usize) -> usize {
        let len = self.code.bytes.len();
        let note = within(&self.code.notes, at + 1, len).first();
        let source = within(&self.code.sources, at + 1, len).first();
        let cold = Some(self.code.hot_len).filter(|&offset| offset as usize > at);
        let places = [note.map(|note| note.0), source.map(|source| source.0), cold];
        let next = places.into_iter().flatten().min();
        next.map_or(len, |next| len.min(next as usize))
    }

    /// Labels, comments and source positions of one place.
    fn heading(&self, f: &mut fmt::Formatter<'_>, from: usize, to: usize) -> fmt::Result {
        let cold = from >= self.code.hot_len as usize;
        if self.code.hot_len as usize == from && from < self.code.bytes.len() && from > 0 {
            let indent = if self.columns == Columns::Bytes {
                ""
            } else {
                "  "
            };
            writeln!(f, "{indent}; cold")?;
        }
        for (_, source) in within(&self.code.sources, from, to) {
            f.write_str(&(self.heading)(*source, cold))?;
        }
        let indent = self.indent();
        let disassembled = !self.disassembly.is_empty();
        for (_, note) in within(&self.code.notes, from, to) {
            match note {
                Note::Comment(text) => writeln!(f, "{indent}; {text}")?,
                Note::Label(label) if !disassembled => writeln!(f, "{label:?}:")?,
                Note::Label(_) | Note::Address(..) => {}
            }
        }
        for (_, number) in self.targets.range(from..to) {
            writeln!(f, "{indent}.{number}:")?;
        }
        Ok(())
    }

    /// The spaces before comments and labels.
    fn indent(&self) -> &'static str {
        match self.columns {
            Columns::Bytes => "",
            Columns::Offsets => "        ",
            Columns::Text => "      ",
        }
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, at: usize, len: usize, text: &str) -> fmt::Result {
        match self.columns {
            Columns::Text => return writeln!(f, "        {text}"),
            Columns::Offsets => return writeln!(f, "    {at:6x}  {text}"),
            Columns::Bytes => {}
        }
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

    /// The text of an instruction with names for what it refers to.
    fn text(&self, at: usize, one: &Disassembled) -> String {
        let text = &one.text;
        if let Some(code) = self.link_within(at, one.len) {
            return format!("{text} {}", (self.codes)(code));
        }
        let Some(target) = one.target else {
            return text.clone();
        };
        let known = usize::try_from(target).ok();
        match known.and_then(|target| self.targets.get(&target)) {
            Some(number) => format!("{text} .{number}"),
            None => format!("{text} {target:#x}"),
        }
    }
}

/// Of records in order of their places, those from one place up to another.
fn within<T>(records: &[(u32, T)], from: usize, to: usize) -> &[(u32, T)] {
    let before = |end: usize| records.partition_point(|record| (record.0 as usize) < end);
    &records[before(from)..before(to)]
}

impl fmt::Display for Listing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Bytes on a line that is not one instruction.
        const LINE: usize = 16;
        let len = self.code.bytes.len();
        let mut instructions = self.disassembly.iter();
        let mut at = 0;
        while at < len {
            let Some(one) = instructions.next() else {
                let size = (self.next_break(at) - at).min(LINE);
                self.heading(f, at, at + size)?;
                self.line(f, at, size, "")?;
                at += size;
                continue;
            };
            let size = one.len.clamp(1, len - at);
            self.heading(f, at, at + size)?;
            // Several instructions that load an address are one line.
            if let Some((address, whole)) = self.address_at(at) {
                let first = one.text.split(',').next().unwrap_or_default();
                let text = format!("{first}, {}", (self.addresses)(address));
                self.line(f, at, whole, &text)?;
                let end = at + whole;
                at += size;
                while at < end
                    && let Some(one) = instructions.next()
                {
                    at += one.len;
                }
                continue;
            }
            self.line(f, at, size, &self.text(at, one))?;
            at += size;
        }
        self.heading(f, len, len + 1)
    }
}
