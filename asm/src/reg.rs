//! Registers, named by role. The names and the way they overlap are the same
//! on both machines, so that a mistake about an overlap shows on either one:
//! `T2..T5` are `A2..A5`, and nothing else overlaps.
//!
//! The one role that cannot be unified is the result of a C function: it is
//! `T0` on x86-64 and `A0` on AArch64, see `Machine::RESULT`.
//!
//! AArch64 has more registers than these; a register allocator finds all that
//! a machine has in `Machine::CALLER_SAVED` and `Machine::CALLEE_SAVED`.

use std::fmt;

/// A general purpose register, 64 bits wide.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Gpr(u8);

/// A floating point register, holding a double.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fpr(u8);

/// First argument of a C function. `A0..A5` are not kept across a call.
pub const A0: Gpr = Gpr(0);
/// Second argument of a C function.
pub const A1: Gpr = Gpr(1);
/// Third argument of a C function.
pub const A2: Gpr = Gpr(2);
/// Fourth argument of a C function.
pub const A3: Gpr = Gpr(3);
/// Fifth argument of a C function.
pub const A4: Gpr = Gpr(4);
/// Sixth argument of a C function.
pub const A5: Gpr = Gpr(5);

/// A temporary that is no argument. No temporary is kept across a call.
pub const T0: Gpr = Gpr(6);
/// A temporary that is no argument.
pub const T1: Gpr = Gpr(7);
/// A temporary, the same register as `A2`.
pub const T2: Gpr = A2;
/// A temporary, the same register as `A3`.
pub const T3: Gpr = A3;
/// A temporary, the same register as `A4`.
pub const T4: Gpr = A4;
/// A temporary, the same register as `A5`.
pub const T5: Gpr = A5;

/// Kept across calls. A table of functions is usually pinned here.
pub const S0: Gpr = Gpr(8);
/// Kept across calls; the cheapest base of addresses on x86-64.
pub const S1: Gpr = Gpr(9);
/// Kept across calls.
pub const S2: Gpr = Gpr(10);
/// Kept across calls.
pub const S3: Gpr = Gpr(11);
/// Kept across calls.
pub const S4: Gpr = Gpr(12);
/// Kept across calls.
pub const S5: Gpr = Gpr(13);

/// The stack pointer. Only a base of addresses; arithmetic on it has its own
/// operations.
pub const SP: Gpr = Gpr(14);

/// Registers that only AArch64 has, reached through `Machine::CALLER_SAVED`
/// and `Machine::CALLEE_SAVED`.
pub(crate) const fn spare(index: u8) -> Gpr {
    assert!(index < SPARES);
    Gpr(15 + index)
}

/// How many registers [`spare`] knows.
const SPARES: u8 = 12;

/// One more than the greatest [`Gpr::index`].
pub const GPRS: usize = 15 + SPARES as usize;

/// First floating point argument and result of a C function. No floating point
/// register is kept across a call.
pub const F0: Fpr = Fpr(0);
/// Second floating point argument.
pub const F1: Fpr = Fpr(1);
/// Third floating point argument.
pub const F2: Fpr = Fpr(2);
/// Fourth floating point argument.
pub const F3: Fpr = Fpr(3);
/// Fifth floating point argument.
pub const F4: Fpr = Fpr(4);
/// Sixth floating point argument.
pub const F5: Fpr = Fpr(5);
/// Seventh floating point argument.
pub const F6: Fpr = Fpr(6);
/// Eighth floating point argument.
pub const F7: Fpr = Fpr(7);
/// Every floating point register that code may use.
pub const FLOATS: [Fpr; 14] = [
    F0,
    F1,
    F2,
    F3,
    F4,
    F5,
    F6,
    F7,
    Fpr(8),
    Fpr(9),
    Fpr(10),
    Fpr(11),
    Fpr(12),
    Fpr(13),
];

impl Gpr {
    /// A small number for tables, below [`GPRS`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Fpr {
    /// A small number for tables, below the length of [`FLOATS`].
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

impl fmt::Display for Gpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n @ 0..=5 => write!(f, "a{n}"),
            n @ 6..=7 => write!(f, "t{}", n - 6),
            n @ 8..=13 => write!(f, "s{}", n - 8),
            14 => f.write_str("sp"),
            n => write!(f, "e{}", n - 15),
        }
    }
}

impl fmt::Debug for Gpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Fpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "f{}", self.0)
    }
}

impl fmt::Debug for Fpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
