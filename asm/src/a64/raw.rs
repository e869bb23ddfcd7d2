//! Instructions whose condition is only known at run time, and branches, as
//! words: the instruction encoder knows no run-time conditions and not our
//! labels.

use dynasmrt::DynasmApi;

use super::{A64, R, ZERO};
use crate::fixup::FixupKind;
use crate::note::Label;
use crate::operand::{Bits, Cond, FloatCond};

/// A condition as the four bits of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cc(u32);

impl Cc {
    pub(super) const EQ: Cc = Cc(0);
    pub(super) const NE: Cc = Cc(1);
    /// Carry clear: unsigned less.
    pub(super) const LO: Cc = Cc(3);
    /// Carry set: unsigned greater or equal, also after unordered floats.
    pub(super) const HS: Cc = Cc(2);
    pub(super) const NEGATIVE: Cc = Cc(4);
    pub(super) const OVERFLOW: Cc = Cc(6);

    const fn negate(self) -> Cc {
        Cc(self.0 ^ 1)
    }
}

impl From<Bits> for Cc {
    /// The condition after a test of the bits.
    fn from(bits: Bits) -> Cc {
        match bits {
            Bits::Set => Cc::NE,
            Bits::Clear => Cc::EQ,
        }
    }
}

impl From<Cond> for Cc {
    fn from(cond: Cond) -> Cc {
        Cc(match cond {
            Cond::Eq => 0,
            Cond::Ne => 1,
            Cond::AboveEq => 2,
            Cond::Below => 3,
            Cond::Above => 8,
            Cond::BelowEq => 9,
            Cond::Ge => 10,
            Cond::Lt => 11,
            Cond::Gt => 12,
            Cond::Le => 13,
        })
    }
}

impl From<FloatCond> for Cc {
    /// A comparison sets carry and overflow if it is unordered. The conditions
    /// are chosen to come out right then too.
    fn from(cond: FloatCond) -> Cc {
        Cc(match cond {
            FloatCond::Eq => 0,
            FloatCond::Ne => 1,
            FloatCond::Lt => 4,
            FloatCond::NotLt => 5,
            FloatCond::NotLe => 8,
            FloatCond::Le => 9,
            FloatCond::Ge => 10,
            FloatCond::NotGe => 11,
            FloatCond::Gt => 12,
            FloatCond::NotGt => 13,
        })
    }
}

impl A64 {
    fn word(&mut self, word: u32) {
        self.buf.push_u32(word);
    }

    /// `b`
    pub(super) fn b(&mut self, target: Label) {
        self.word(0x1400_0000);
        self.buf.fix_up(FixupKind::A64Branch26, target);
    }

    /// `bl`
    pub(super) fn bl(&mut self, target: Label) {
        self.word(0x9400_0000);
        self.buf.fix_up(FixupKind::A64Branch26, target);
    }

    /// `b.cond`
    pub(super) fn b_cond(&mut self, cc: Cc, target: Label) {
        self.word(0x5400_0000 | cc.0);
        self.buf.fix_up(FixupKind::A64Branch19, target);
    }

    /// `cbz` or, if `nonzero`, `cbnz`; of the low half only if not `wide`.
    pub(super) fn cbz(&mut self, nonzero: bool, wide: bool, R(a): R, target: Label) {
        self.word(0x3400_0000 | u32::from(wide) << 31 | u32::from(nonzero) << 24 | u32::from(a));
        self.buf.fix_up(FixupKind::A64Branch19, target);
    }

    /// `adr`
    pub(super) fn adr(&mut self, R(dst): R, target: Label) {
        self.word(0x1000_0000 | u32::from(dst));
        self.buf.fix_up(FixupKind::A64Adr, target);
    }

    /// `cset`: 1 if the flags say so, else 0.
    pub(super) fn cset(&mut self, cc: Cc, R(dst): R) {
        let zero = u32::from(ZERO.0);
        self.word(0x9a80_0400 | zero << 16 | cc.negate().0 << 12 | zero << 5 | u32::from(dst));
    }

    /// `csel`: `yes` if the flags say so, else `no`.
    pub(super) fn csel(&mut self, cc: Cc, R(dst): R, R(yes): R, R(no): R) {
        self.word(
            0x9a80_0000 | u32::from(no) << 16 | cc.0 << 12 | u32::from(yes) << 5 | u32::from(dst),
        );
    }
}
