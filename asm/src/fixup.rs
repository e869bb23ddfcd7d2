//! Distances that are written into instructions once they are known, and the errors of
//! that.

use std::fmt;

use crate::note::Label;

/// Why a function could not be finished. Except for `Unbound`, a correct
/// caller meets these too, with a function that is too large to compile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AsmError {
    /// A label was branched to and never bound.
    Unbound(Label),
    /// A branch cannot reach its target.
    TooFar,
    /// The code is larger than any arena.
    TooLarge,
}

impl fmt::Display for AsmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AsmError::Unbound(label) => write!(f, "label {label:?} was never bound"),
            AsmError::TooFar => f.write_str("a branch cannot reach its target"),
            AsmError::TooLarge => f.write_str("the function is too large"),
        }
    }
}

impl std::error::Error for AsmError {}

/// How a distance is written into an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum FixupKind {
    /// x86-64: four bytes, counted from their end.
    X64Rel32,
    /// AArch64 `b` and `bl`: 26 bits of words.
    A64Branch26,
    /// AArch64 `b.cond`, `cbz` and `cbnz`: 19 bits of words at bit 5.
    A64Branch19,
    /// AArch64 `adr`: 21 bits of bytes in two pieces.
    A64Adr,
}

impl FixupKind {
    /// How far the instruction reaches, if that may be less than a function's length.
    pub(crate) fn reach(self) -> Option<u32> {
        match self {
            FixupKind::X64Rel32 | FixupKind::A64Branch26 => None,
            FixupKind::A64Branch19 | FixupKind::A64Adr => Some(1 << 20),
        }
    }

    /// Writes `distance`, counted from the field at `at`.
    pub(crate) fn patch(self, bytes: &mut [u8], at: usize, distance: i64) -> Result<(), AsmError> {
        let field = &mut bytes[at..at + 4];
        let old = u32::from_le_bytes([field[0], field[1], field[2], field[3]]);
        let new = match self {
            FixupKind::X64Rel32 => {
                i32::try_from(distance - 4).map_err(|_| AsmError::TooFar)? as u32
            }
            FixupKind::A64Branch26 => old & !0x03ff_ffff | signed_bits(distance / 4, 26)?,
            FixupKind::A64Branch19 => old & !(0x7_ffff << 5) | signed_bits(distance / 4, 19)? << 5,
            FixupKind::A64Adr => {
                let bits = signed_bits(distance, 21)?;
                old & !(0x7_ffff << 5 | 3 << 29) | (bits >> 2) << 5 | (bits & 3) << 29
            }
        };
        field.copy_from_slice(&new.to_le_bytes());
        Ok(())
    }
}

/// A number as a two's complement field of an instruction.
fn signed_bits(value: i64, bits: u32) -> Result<u32, AsmError> {
    let limit = 1i64 << (bits - 1);
    if (-limit..limit).contains(&value) {
        Ok(value as u32 & ((1 << bits) - 1))
    } else {
        Err(AsmError::TooFar)
    }
}
