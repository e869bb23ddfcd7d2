//! A finished function: bytes that can be placed anywhere, the calls to fill
//! in once the place is known, and what was recorded about them.

use std::fmt;

use crate::fixup::{AsmError, FixupKind};
use crate::note::{Label, Note, SourceId};

/// The address of placed code, as a distance from the start of its arena. Half
/// the size of a pointer, and meaningful in dumps.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CodePtr(pub(crate) u32);

impl CodePtr {
    /// A name for code that is nowhere: functions that call it can be
    /// assembled and listed, but not placed.
    pub const fn unplaced(number: u32) -> CodePtr {
        CodePtr(number)
    }

    /// The distance in bytes from the start of the arena.
    pub const fn offset(self) -> u32 {
        self.0
    }
}

impl fmt::Debug for CodePtr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{:#x}", self.0)
    }
}

impl fmt::Display for CodePtr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A branch to code that is already placed, to be written when the function
/// that holds it is placed too.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) at: u32,
    pub(crate) kind: FixupKind,
    pub(crate) target: CodePtr,
}

/// A finished function.
#[derive(Clone, Debug, Default)]
pub struct Code {
    pub(crate) bytes: Vec<u8>,
    /// In order of their places, as are `sources` and `notes`.
    pub(crate) links: Vec<Link>,
    /// Where each label was bound; `u32::MAX` for one that never was.
    pub(crate) labels: Vec<u32>,
    pub(crate) sources: Vec<(u32, SourceId)>,
    pub(crate) notes: Vec<(u32, Note)>,
    pub(crate) hot_len: u32,
}

impl Code {
    /// The instructions. Calls to other code of the arena are not filled in.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many of the bytes are before the first cold block.
    pub fn hot_len(&self) -> u32 {
        self.hot_len
    }

    /// Where a label was bound, or `None` if it never was. A label bound just
    /// after a call is the call's return address.
    pub fn offset_of(&self, label: Label) -> Option<u32> {
        let at = self.labels[label.index()];
        (at != u32::MAX).then_some(at)
    }

    /// The source position an instruction was emitted for.
    pub fn source_at(&self, offset: u32) -> Option<SourceId> {
        let after = self.sources.partition_point(|&(start, _)| start <= offset);
        Some(self.sources[after.checked_sub(1)?].1)
    }

    /// Every place where the source position changes, in order of offset.
    pub fn sources(&self) -> &[(u32, SourceId)] {
        &self.sources
    }

    /// Fills in the calls of a copy of the bytes that will be at `start`.
    pub(crate) fn link(&self, copy: &mut [u8], start: CodePtr) -> Result<(), AsmError> {
        for link in &self.links {
            let from = i64::from(start.0) + i64::from(link.at);
            link.kind
                .patch(copy, link.at as usize, i64::from(link.target.0) - from)?;
        }
        Ok(())
    }
}
