//! Names for places of the code: labels, source positions, and the notes of listings.

use std::fmt;

/// A place in the code of one function. Belongs to the assembler that made it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Label(u32);

impl Label {
    pub(crate) const fn new(index: u32) -> Label {
        Label(index)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "L{}", self.0)
    }
}

/// A position in the source, in the caller's own numbering.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct SourceId(pub u32);

/// A line between the instructions of a listing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Note {
    Comment(String),
    Label(Label),
    /// The next bytes, so many, load an address.
    Address(u64, u32),
}
