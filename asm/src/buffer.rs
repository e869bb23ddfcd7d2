//! Code being assembled.
//!
//! Three problems are solved here that the encoders share.
//!
//! *Cold code.* Slow paths are written where they belong in the source, but
//! must not be between hot instructions. The buffer has one section for hot
//! code and one for each depth of nesting of cold blocks; finishing puts them
//! after each other. So a cold block is an ordinary closure that runs at once
//! and may borrow what it likes.
//!
//! *Labels.* A label is a number whose place becomes known when it is bound,
//! in any section. Branches leave a fix-up; finishing resolves all of them,
//! since only then are the sections' distances known. A label that is used but
//! never bound is an error then. One that is too far for its branch is reached by
//! way of an island ([`crate::islands`]). Binding twice panics: it is a mistake of
//! the caller that no input can cause.
//!
//! *Notes.* Source positions and comments are recorded by place as well.
//!
//! The instruction encoder writes into the buffer through `DynasmApi`. Its own
//! labels are not used: they know no sections.

use dynasmrt::{AssemblyOffset, DynasmApi};

use crate::code::{Code, CodePtr, Link};
use crate::fixup::{AsmError, FixupKind};
use crate::islands::{Islands, ShortBranch};
use crate::note::{Label, Note, SourceId};

/// The largest function. Offsets are 32 bits wide, and direct calls have to
/// reach from one end of a function to other code of the arena.
pub const MAX_CODE: usize = 1 << 26;

/// A distance to be written when it is known.
#[derive(Clone, Copy, Debug)]
struct Fixup {
    at: Place,
    kind: FixupKind,
    label: Label,
}

/// An offset within a section.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Place {
    section: u32,
    offset: u32,
}

impl Place {
    const UNBOUND: Place = Place {
        section: u32::MAX,
        offset: 0,
    };
}

/// Code being assembled.
#[derive(Debug, Default)]
pub struct Buffer {
    /// The section being written; the others wait in `sections`.
    bytes: Vec<u8>,
    section: u32,
    /// By depth: 0 is hot, the others cold. The current one's entry is empty.
    sections: Vec<Vec<u8>>,
    labels: Vec<Place>,
    fixups: Vec<Fixup>,
    links: Vec<(Place, FixupKind, CodePtr)>,
    sources: Vec<(Place, SourceId)>,
    notes: Vec<(Place, Note)>,
    with_comments: bool,
}

impl Buffer {
    fn here(&self) -> Place {
        Place {
            section: self.section,
            offset: self.bytes.len() as u32,
        }
    }

    pub(crate) fn new_label(&mut self) -> Label {
        self.labels.push(Place::UNBOUND);
        Label::new(self.labels.len() as u32 - 1)
    }

    pub(crate) fn bind(&mut self, label: Label) {
        let here = self.here();
        let place = &mut self.labels[label.index()];
        assert!(*place == Place::UNBOUND, "label {label:?} is bound twice");
        *place = here;
        if self.with_comments {
            self.notes.push((here, Note::Label(label)));
        }
    }

    /// Bytes from the start of the section being written, which is that of the function
    /// outside cold blocks.
    pub(crate) fn section_len(&self) -> usize {
        self.bytes.len()
    }

    /// The distance from here back to a label, if it is bound in the section
    /// being written.
    pub(crate) fn distance_back(&self, label: Label) -> Option<u32> {
        let place = self.labels[label.index()];
        (place.section == self.section).then(|| self.bytes.len() as u32 - place.offset)
    }

    /// Records that the four bytes at the end hold the distance to `label`.
    pub(crate) fn fix_up(&mut self, kind: FixupKind, label: Label) {
        let mut at = self.here();
        at.offset -= 4;
        self.fixups.push(Fixup { at, kind, label });
    }

    /// Records that the four bytes at the end hold the distance to placed code.
    pub(crate) fn link(&mut self, kind: FixupKind, target: CodePtr) {
        let mut at = self.here();
        at.offset -= 4;
        self.links.push((at, kind, target));
    }

    /// Writes the distance from `from` to here into the byte before `from`.
    pub(crate) fn set_byte_distance(&mut self, from: usize) {
        let distance = self.bytes.len() - from;
        assert!(distance < 128, "a short jump over {distance} bytes");
        self.bytes[from - 1] = distance as u8;
    }

    /// Goes one section deeper; to be paired with [`Buffer::leave_cold`].
    pub(crate) fn enter_cold(&mut self) {
        self.switch(self.section + 1);
    }

    /// Goes back to the section that [`Buffer::enter_cold`] left.
    pub(crate) fn leave_cold(&mut self) {
        self.switch(self.section - 1);
    }

    fn switch(&mut self, to: u32) {
        let most = self.section.max(to) as usize;
        if self.sections.len() <= most {
            self.sections.resize_with(most + 1, Vec::new);
        }
        let next = std::mem::take(&mut self.sections[to as usize]);
        self.sections[self.section as usize] = std::mem::replace(&mut self.bytes, next);
        self.section = to;
    }

    pub(crate) fn source(&mut self, id: SourceId) {
        let here = self.here();
        match self.sources.last_mut() {
            Some((place, last)) if *place == here => *last = id,
            _ => self.sources.push((here, id)),
        }
    }

    /// The source position that holds for the next instruction.
    pub(crate) fn current_source(&self) -> Option<SourceId> {
        self.sources.last().map(|&(_, id)| id)
    }

    pub(crate) fn keeps_comments(&self) -> bool {
        self.with_comments
    }

    pub(crate) fn keep_comments(&mut self, keep: bool) {
        self.with_comments = keep;
    }

    pub(crate) fn comment(&mut self, text: impl FnOnce() -> String) {
        if self.with_comments {
            self.notes.push((self.here(), Note::Comment(text())));
        }
    }

    /// Records that the bytes from `start` on load an address.
    pub(crate) fn address(&mut self, start: usize, address: u64) {
        if self.with_comments {
            let place = Place {
                section: self.section,
                offset: start as u32,
            };
            let len = (self.bytes.len() - start) as u32;
            self.notes.push((place, Note::Address(address, len)));
        }
    }

    /// How many bytes were emitted, in all sections.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len() + self.sections.iter().map(Vec::len).sum::<usize>()
    }

    /// Joins the sections and resolves every label. The buffer is empty and
    /// ready for another function afterwards, also after an error; it keeps
    /// its allocations and the wish for comments.
    pub(crate) fn finish(&mut self) -> Result<Code, AsmError> {
        assert!(self.section == 0, "finished within a cold block");
        let code = if self.len() > MAX_CODE {
            Err(AsmError::TooLarge)
        } else {
            self.join()
        };
        self.bytes.clear();
        self.sections.iter_mut().for_each(Vec::clear);
        self.labels.clear();
        self.fixups.clear();
        self.links.clear();
        self.sources.clear();
        self.notes.clear();
        code
    }

    fn join(&mut self) -> Result<Code, AsmError> {
        let hot_len = self.bytes.len() as u32;
        let mut bytes = Vec::with_capacity(self.len());
        bytes.extend_from_slice(&self.bytes);
        let mut starts = vec![0];
        for section in self.sections.iter().skip(1) {
            starts.push(bytes.len() as u32);
            bytes.extend_from_slice(section);
        }
        let joined = |place: Place| starts[place.section as usize] + place.offset;
        let islands = self.islands(joined)?;
        let labels: Vec<u32> = (self.labels.iter())
            .map(|&place| match place {
                Place::UNBOUND => u32::MAX,
                place => islands.label(joined(place)),
            })
            .collect();
        let resolve = |place: Place| islands.instruction(joined(place));
        let mut bytes = islands.insert(bytes, |label| labels[label.index()])?;
        for fixup in &self.fixups {
            let at = resolve(fixup.at);
            let target = match fixup.kind.reach() {
                Some(_) => islands.veneer(joined(fixup.at), fixup.label),
                None => None,
            };
            let target = target.unwrap_or(labels[fixup.label.index()]);
            let distance = i64::from(target) - i64::from(at);
            fixup.kind.patch(&mut bytes, at as usize, distance)?;
        }
        let link = |&(place, kind, target): &(Place, FixupKind, CodePtr)| Link {
            at: resolve(place),
            kind,
            target,
        };
        let mut links: Vec<Link> = self.links.iter().map(link).collect();
        links.sort_by_key(|link| link.at);
        // Sorted by section first, since a section may start where the one
        // before has its last record; and stably, since of two records for one
        // place the later one counts.
        self.sources.sort_by_key(|&(at, _)| (at.section, at.offset));
        let mut sources: Vec<(u32, SourceId)> = Vec::with_capacity(self.sources.len());
        for &(place, id) in &self.sources {
            let at = resolve(place);
            if sources.last().is_some_and(|last| last.0 == at) {
                sources.pop();
            }
            if sources.last().is_none_or(|last| last.1 != id) {
                sources.push((at, id));
            }
        }
        self.notes.sort_by_key(|(at, _)| (at.section, at.offset));
        let placed = |(place, note)| match note {
            Note::Label(label) => (labels[label.index()], note),
            _ => (resolve(place), note),
        };
        let mut notes: Vec<(u32, Note)> = self.notes.drain(..).map(placed).collect();
        // Only a label in front of an island is not in order yet.
        notes.sort_by_key(|note| note.0);
        Ok(Code {
            bytes,
            links,
            labels,
            sources,
            notes,
            hot_len: islands.label(hot_len),
        })
    }

    /// The islands that the branches need in the joined code.
    fn islands(&self, joined: impl Fn(Place) -> u32) -> Result<Islands, AsmError> {
        let mut short = Vec::new();
        for fixup in &self.fixups {
            let place = self.labels[fixup.label.index()];
            if place == Place::UNBOUND {
                return Err(AsmError::Unbound(fixup.label));
            }
            if let Some(reach) = fixup.kind.reach() {
                short.push(ShortBranch {
                    at: joined(fixup.at),
                    target: joined(place),
                    label: fixup.label,
                    reach,
                });
            }
        }
        Ok(Islands::plan(self.len() as u32, &short))
    }
}

impl Extend<u8> for Buffer {
    #[inline]
    fn extend<T: IntoIterator<Item = u8>>(&mut self, bytes: T) {
        self.bytes.extend(bytes);
    }
}

impl<'a> Extend<&'a u8> for Buffer {
    #[inline]
    fn extend<T: IntoIterator<Item = &'a u8>>(&mut self, bytes: T) {
        self.bytes.extend(bytes);
    }
}

impl DynasmApi for Buffer {
    fn offset(&self) -> AssemblyOffset {
        AssemblyOffset(self.bytes.len())
    }

    #[inline]
    fn push(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    #[inline]
    fn push_i32(&mut self, value: i32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    #[inline]
    fn push_u32(&mut self, value: u32) {
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    fn align(&mut self, alignment: usize, with: u8) {
        while !self.bytes.len().is_multiple_of(alignment) {
            self.bytes.push(with);
        }
    }
}
