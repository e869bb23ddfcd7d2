//! Instructions whose condition is only known at run time, and the short
//! comparison with a byte, written as bytes: the instruction encoder has no
//! form for them.

use dynasmrt::DynasmApi;

use super::{R, X64};
use crate::fixup::FixupKind;
use crate::note::Label;
use crate::operand::{Bits, Cond, W};

/// A condition as the low four bits of an opcode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Cc(u8);

impl Cc {
    pub(super) const OVERFLOW: Cc = Cc(0);
    pub(super) const BELOW: Cc = Cc(2);
    pub(super) const ABOVE_EQ: Cc = Cc(3);
    pub(super) const EQ: Cc = Cc(4);
    pub(super) const NE: Cc = Cc(5);
    pub(super) const BELOW_EQ: Cc = Cc(6);
    pub(super) const ABOVE: Cc = Cc(7);
    pub(super) const NEGATIVE: Cc = Cc(8);
    pub(super) const UNORDERED: Cc = Cc(10);

    pub(super) const fn negate(self) -> Cc {
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
        match cond {
            Cond::Eq => Cc::EQ,
            Cond::Ne => Cc::NE,
            Cond::Lt => Cc(12),
            Cond::Ge => Cc(13),
            Cond::Le => Cc(14),
            Cond::Gt => Cc(15),
            Cond::Below => Cc::BELOW,
            Cond::AboveEq => Cc::ABOVE_EQ,
            Cond::BelowEq => Cc::BELOW_EQ,
            Cond::Above => Cc::ABOVE,
        }
    }
}

impl X64 {
    /// The distance for a two-byte branch that starts here, if the target is
    /// bound and close enough.
    fn short(&self, target: Label) -> Option<i8> {
        let distance = self.buf.distance_back(target)?;
        i8::try_from(-i64::from(distance) - 2).ok()
    }

    /// A branch on the flags.
    pub(super) fn jcc(&mut self, cc: Cc, target: Label) {
        if let Some(distance) = self.short(target) {
            self.buf.push(0x70 | cc.0);
            self.buf.push_i8(distance);
        } else {
            self.buf.push(0x0f);
            self.buf.push(0x80 | cc.0);
            self.buf.push_u32(0);
            self.buf.fix_up(FixupKind::X64Rel32, target);
        }
    }

    /// A jump.
    pub(super) fn jmp(&mut self, target: Label) {
        if let Some(distance) = self.short(target) {
            self.buf.push(0xeb);
            self.buf.push_i8(distance);
        } else {
            self.buf.push(0xe9);
            self.buf.push_u32(0);
            self.buf.fix_up(FixupKind::X64Rel32, target);
        }
    }

    /// `dst` = 1 if the flags say so, else 0; the flags are kept.
    pub(super) fn setcc(&mut self, cc: Cc, dst: R) {
        let R(d) = dst;
        let (high, low) = (d >> 3, d & 7);
        // setcc dst; movzx dst, dst. A prefix without bits makes the low byte
        // of registers 4 to 7 addressable.
        self.buf
            .extend(&[0x40 | high, 0x0f, 0x90 | cc.0, 0xc0 | low]);
        self.buf
            .extend(&[0x40 | high << 2 | high, 0x0f, 0xb6, 0xc0 | low << 3 | low]);
    }

    /// `dst = src` if the flags say so.
    pub(super) fn cmov(&mut self, cc: Cc, R(dst): R, R(src): R) {
        self.buf.extend(&[
            0x48 | (dst >> 3) << 2 | src >> 3,
            0x0f,
            0x40 | cc.0,
            0xc0 | (dst & 7) << 3 | src & 7,
        ]);
    }

    /// Flags of `a - value`.
    pub(super) fn cmp_byte(&mut self, w: W, R(a): R, value: i8) {
        let rex = a >> 3 | if w == W::W64 { 0x48 } else { 0x40 };
        if rex != 0x40 {
            self.buf.push(rex);
        }
        self.buf.extend(&[0x83, 0xf8 | a & 7]);
        self.buf.push_i8(value);
    }

    /// A branch over a few instructions of the same operation.
    pub(super) fn jcc_over(&mut self, cc: Cc, instructions: impl FnOnce(&mut X64)) {
        self.buf.push(0x70 | cc.0);
        self.buf.push(0);
        let from = self.buf.offset().0;
        instructions(self);
        self.buf.set_byte_distance(from);
    }
}
