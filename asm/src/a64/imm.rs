//! Immediates by class: a value of one of these types can be encoded, which is
//! why it is made by a test.

use dynasmrt::aarch64::{encode_floating_point_immediate, encode_logical_immediate_64bit};

use crate::operand::{Size, W};

/// Twelve bits, possibly followed by twelve zeros: sums and comparisons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Imm12 {
    bits: u32,
    shifted: bool,
}

impl Imm12 {
    pub(super) fn new(value: u64) -> Option<Imm12> {
        if value < 1 << 12 {
            Some(Imm12 {
                bits: value as u32,
                shifted: false,
            })
        } else if value < 1 << 24 && value.is_multiple_of(1 << 12) {
            Some(Imm12 {
                bits: (value >> 12) as u32,
                shifted: true,
            })
        } else {
            None
        }
    }

    pub(super) fn bits(self) -> u32 {
        self.bits
    }

    pub(super) fn is_shifted(self) -> bool {
        self.shifted
    }
}

/// A constant of a sum: to be added or to be subtracted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum SumImm {
    Plus(Imm12),
    Minus(Imm12),
}

impl SumImm {
    /// The constant as `w` sees it.
    pub(super) fn new(w: W, value: i64) -> Option<SumImm> {
        let value = match w {
            W::W64 => value,
            W::W32 => i64::from(value as i32),
        };
        // Zero stays positive: comparing with minus zero has another carry.
        if value >= 0 {
            Imm12::new(value as u64).map(SumImm::Plus)
        } else {
            Imm12::new(value.unsigned_abs()).map(SumImm::Minus)
        }
    }

    pub(super) fn negate(self) -> SumImm {
        match self {
            SumImm::Plus(imm) => SumImm::Minus(imm),
            SumImm::Minus(imm) => SumImm::Plus(imm),
        }
    }
}

/// A repeated pattern of ones: bitwise operations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct BitMask(u64);

impl BitMask {
    /// The mask as `w` sees it. A 32-bit pattern is kept with its upper half a
    /// copy of the lower one, which has the same encoding.
    pub(super) fn new(w: W, value: i64) -> Option<BitMask> {
        let value = value as u64;
        let pattern = match w {
            W::W64 => value,
            W::W32 => value & 0xffff_ffff | value << 32,
        };
        encode_logical_immediate_64bit(pattern).map(|_| BitMask(pattern))
    }

    pub(super) fn get64(self) -> u64 {
        self.0
    }

    pub(super) fn get32(self) -> u32 {
        self.0 as u32
    }
}

/// An offset in units of the size accessed: loads and stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Scaled(u32);

impl Scaled {
    pub(super) fn new(size: Size, offset: i32) -> Option<Scaled> {
        let offset = u32::try_from(offset).ok()?;
        let unit = 1 << size.log2();
        (offset % unit == 0 && offset / unit < 1 << 12).then_some(Scaled(offset))
    }

    /// In bytes.
    pub(super) fn get(self) -> u32 {
        self.0
    }
}

/// An offset of nine bits with sign, in bytes: loads and stores.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Unscaled(i32);

impl Unscaled {
    pub(super) fn new(offset: i32) -> Option<Unscaled> {
        (-256..256).contains(&offset).then_some(Unscaled(offset))
    }

    pub(super) fn get(self) -> i32 {
        self.0
    }
}

/// A double of few bits: `fmov`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct SmallFloat(f32);

impl SmallFloat {
    pub(super) fn new(value: f64) -> Option<SmallFloat> {
        let short = value as f32;
        if f64::from(short).to_bits() != value.to_bits() {
            return None;
        }
        encode_floating_point_immediate(short).map(|_| SmallFloat(short))
    }

    pub(super) fn get(self) -> f32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operand::W::{W32, W64};

    #[test]
    fn sums_take_twelve_bits_or_twelve_shifted() {
        for ok in [0, 1, 4095, 4096, 0xfff000, -1, -4095, -4096, -0xfff000] {
            assert!(SumImm::new(W64, ok).is_some(), "{ok}");
        }
        for bad in [4097, 0xfff001, 0x1000000, -4097, i64::MIN, i64::MAX] {
            assert!(SumImm::new(W64, bad).is_none(), "{bad}");
        }
        // Only the low half counts.
        assert_eq!(SumImm::new(W32, 0xffff_ffff), SumImm::new(W32, -1));
        assert!(SumImm::new(W64, 0xffff_ffff).is_none());
    }

    #[test]
    fn masks_are_repeated_runs_of_ones() {
        for ok in [1, 0xff, 0x7ffc, i64::MIN, -2, 0x5555_5555_5555_5555] {
            assert!(BitMask::new(W64, ok).is_some(), "{ok:#x}");
        }
        for bad in [0, -1, 5, 0x1234] {
            assert!(BitMask::new(W64, bad).is_none(), "{bad:#x}");
            assert!(BitMask::new(W32, bad).is_none(), "{bad:#x}");
        }
        assert!(BitMask::new(W32, 0xffff_ffff).is_none());
        assert!(BitMask::new(W64, 0xffff_ffff).is_some());
    }

    #[test]
    fn offsets_end_where_the_encoding_does() {
        assert!(Scaled::new(Size::B8, 32760).is_some());
        assert!(Scaled::new(Size::B8, 32768).is_none());
        assert!(Scaled::new(Size::B8, 4).is_none());
        assert!(Scaled::new(Size::B4, 16380).is_some());
        assert!(Scaled::new(Size::B1, 4095).is_some());
        assert!(Scaled::new(Size::B1, 4096).is_none());
        assert!(Scaled::new(Size::B1, -1).is_none());
        assert!(Unscaled::new(255).is_some() && Unscaled::new(-256).is_some());
        assert!(Unscaled::new(256).is_none() && Unscaled::new(-257).is_none());
    }

    #[test]
    fn floats_of_few_bits_exclude_zero_and_nan() {
        for ok in [1.0, -2.5, 31.0, 0.125] {
            assert!(SmallFloat::new(ok).is_some(), "{ok}");
        }
        for bad in [0.0, -0.0, 0.1, 33.0, f64::NAN, f64::INFINITY] {
            assert!(SmallFloat::new(bad).is_none(), "{bad}");
        }
    }
}
