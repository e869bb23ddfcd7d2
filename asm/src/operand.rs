//! The operands of operations besides registers: immediates, addresses, sizes
//! and conditions. All of it is neutral; which immediates and offsets a machine
//! can encode is the encoder's business.

use crate::reg::Gpr;

/// The width of an integer operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum W {
    /// The low half; the upper half of a destination becomes zero.
    W32,
    /// The whole register.
    W64,
}

/// The second source of an operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rhs {
    /// A register.
    Reg(Gpr),
    /// A constant; a 32-bit operation uses its low half.
    Imm(i64),
}

impl From<Gpr> for Rhs {
    fn from(reg: Gpr) -> Rhs {
        Rhs::Reg(reg)
    }
}

impl From<i32> for Rhs {
    fn from(value: i32) -> Rhs {
        Rhs::Imm(value.into())
    }
}

impl From<i64> for Rhs {
    fn from(value: i64) -> Rhs {
        Rhs::Imm(value)
    }
}

impl From<u64> for Rhs {
    /// The same 64 bits.
    fn from(value: u64) -> Rhs {
        Rhs::Imm(value as i64)
    }
}

/// The factor that an index register is multiplied by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scale {
    /// An array of bytes.
    One,
    /// An array of 64-bit words.
    Eight,
}

impl Scale {
    /// The same as a shift.
    pub(crate) const fn log2(self) -> u32 {
        match self {
            Scale::One => 0,
            Scale::Eight => 3,
        }
    }
}

/// An address: base, plus scaled index, plus offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mem {
    /// The register the address starts from.
    pub base: Gpr,
    /// A 64-bit index, not the stack pointer.
    pub index: Option<(Gpr, Scale)>,
    /// Bytes to add.
    pub offset: i32,
}

impl Mem {
    /// `[base + offset]`
    pub const fn new(base: Gpr, offset: i32) -> Mem {
        Mem {
            base,
            index: None,
            offset,
        }
    }

    /// `[base + index*8 + offset]`
    pub const fn word(base: Gpr, index: Gpr, offset: i32) -> Mem {
        Mem {
            base,
            index: Some((index, Scale::Eight)),
            offset,
        }
    }

    /// `[base + index + offset]`
    pub const fn byte(base: Gpr, index: Gpr, offset: i32) -> Mem {
        Mem {
            base,
            index: Some((index, Scale::One)),
            offset,
        }
    }
}

/// How many bytes a store or a comparison with memory touches.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Size {
    /// One byte.
    B1,
    /// Two bytes.
    B2,
    /// Four bytes.
    B4,
    /// Eight bytes.
    B8,
}

impl Size {
    /// The same as a shift: 0, 1, 2 or 3.
    pub(crate) const fn log2(self) -> u32 {
        self as u32
    }

    /// An integer's low bytes of this size, sign- or zero-extended.
    pub(crate) fn extend(self, value: i64, signed: bool) -> i64 {
        let unused = 64 - (8u32 << self.log2());
        if signed {
            value << unused >> unused
        } else {
            ((value as u64) << unused >> unused) as i64
        }
    }
}

/// How many bytes a load reads, and what fills the rest of the register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Load {
    /// One byte, then zeros.
    U8,
    /// One byte, then copies of its sign.
    I8,
    /// Two bytes, then zeros.
    U16,
    /// Two bytes, then copies of the sign.
    I16,
    /// Four bytes, then zeros.
    U32,
    /// Four bytes, then copies of the sign.
    I32,
    /// All eight bytes.
    W64,
}

impl Load {
    /// The load of a size with the extension wanted.
    pub const fn of(size: Size, signed: bool) -> Load {
        match (size, signed) {
            (Size::B1, false) => Load::U8,
            (Size::B1, true) => Load::I8,
            (Size::B2, false) => Load::U16,
            (Size::B2, true) => Load::I16,
            (Size::B4, false) => Load::U32,
            (Size::B4, true) => Load::I32,
            (Size::B8, _) => Load::W64,
        }
    }

    /// How many bytes are read.
    pub const fn size(self) -> Size {
        match self {
            Load::U8 | Load::I8 => Size::B1,
            Load::U16 | Load::I16 => Size::B2,
            Load::U32 | Load::I32 => Size::B4,
            Load::W64 => Size::B8,
        }
    }
}

/// Integer operations that exist with every kind of second source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alu {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Bitwise and.
    And,
    /// Bitwise or.
    Or,
    /// Bitwise exclusive or.
    Xor,
}

/// Shifts. The count is taken modulo the width.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shift {
    /// To the left, zeros follow.
    Shl,
    /// To the right, zeros follow.
    Shr,
    /// To the right, copies of the sign follow.
    Sar,
}

/// The bits of a mask that a branch is taken for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bits {
    /// At least one of them is set.
    Set,
    /// All of them are clear.
    Clear,
}

/// The order of two integers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cond {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less, signed.
    Lt,
    /// Less or equal, signed.
    Le,
    /// Greater, signed.
    Gt,
    /// Greater or equal, signed.
    Ge,
    /// Less, unsigned.
    Below,
    /// Less or equal, unsigned.
    BelowEq,
    /// Greater, unsigned.
    Above,
    /// Greater or equal, unsigned.
    AboveEq,
}

impl Cond {
    /// True exactly where `self` is false.
    pub const fn negate(self) -> Cond {
        match self {
            Cond::Eq => Cond::Ne,
            Cond::Ne => Cond::Eq,
            Cond::Lt => Cond::Ge,
            Cond::Le => Cond::Gt,
            Cond::Gt => Cond::Le,
            Cond::Ge => Cond::Lt,
            Cond::Below => Cond::AboveEq,
            Cond::BelowEq => Cond::Above,
            Cond::Above => Cond::BelowEq,
            Cond::AboveEq => Cond::Below,
        }
    }

    /// Whether the order is that of signed integers.
    pub const fn is_signed(self) -> bool {
        matches!(self, Cond::Lt | Cond::Le | Cond::Gt | Cond::Ge)
    }
}

/// Floating point operations with two sources.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatAlu {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// The first if it is below the second; the second otherwise, also beside a NaN.
    Min,
    /// The first if it is above the second; the second otherwise, also beside a NaN.
    Max,
}

/// The order of two doubles. With a NaN on either side the first six are those
/// of IEEE 754: all false but `Ne`. The `Not` forms are the exact negations,
/// so true with a NaN.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FloatCond {
    /// `a == b`
    Eq,
    /// `a != b`
    Ne,
    /// `a < b`
    Lt,
    /// `a <= b`
    Le,
    /// `a > b`
    Gt,
    /// `a >= b`
    Ge,
    /// `!(a < b)`
    NotLt,
    /// `!(a <= b)`
    NotLe,
    /// `!(a > b)`
    NotGt,
    /// `!(a >= b)`
    NotGe,
}

impl FloatCond {
    /// True exactly where `self` is false.
    pub const fn negate(self) -> FloatCond {
        match self {
            FloatCond::Eq => FloatCond::Ne,
            FloatCond::Ne => FloatCond::Eq,
            FloatCond::Lt => FloatCond::NotLt,
            FloatCond::Le => FloatCond::NotLe,
            FloatCond::Gt => FloatCond::NotGt,
            FloatCond::Ge => FloatCond::NotGe,
            FloatCond::NotLt => FloatCond::Lt,
            FloatCond::NotLe => FloatCond::Le,
            FloatCond::NotGt => FloatCond::Gt,
            FloatCond::NotGe => FloatCond::Ge,
        }
    }
}
