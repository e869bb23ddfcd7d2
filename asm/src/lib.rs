//! The macro assembler: one three-operand interface, one encoder for each
//! supported machine, and the memory that finished code lives in. Nothing in
//! this crate knows of the language whose code is generated.
//!
//! # Code map
//!
//! | file | what |
//! | --- | --- |
//! | [`reg`] | registers by role, the same names on both machines |
//! | [`operand`] | immediates, addresses, sizes, conditions |
//! | [`masm`] | the [`Masm`] interface, one trait a topic |
//! | [`x64`], [`a64`] | the two encoders, each built on every host |
//! | [`frame`] | the layout of a stack frame |
//! | [`buffer`] | code being assembled: sections, labels, branch fix-ups |
//! | `islands` | what short branches need in long functions |
//! | [`code`] | a finished function, not yet placed |
//! | [`arena`] | executable memory |
//! | [`listing`] | text of a finished function, for people |
//!
//! # Invariants
//!
//! - Only `x64/*` and `a64/*` hold `dynasm!` lines.
//! - Finished code holds no absolute address. It can be copied anywhere; only
//!   calls to other code of the arena are written when it is placed there.
//! - An operation has no effect besides the one it documents: it changes no
//!   register but its destination. Every operation may use the reserved scratch
//!   registers, which have no public name, and none keeps anything in them.
//! - Condition flags are never visible: what compares also branches, sets or
//!   selects.
//! - A destination may be the same register as any source.
//! - A 32-bit operation reads the low halves of its sources and zeroes the
//!   upper half of its destination.
//!
//! # Example
//!
//! ```
//! use ruff_asm::prelude::*;
//! use ruff_asm::{Arena, HostMasm};
//!
//! /// The sum of the integers below the argument.
//! fn sum<M: Masm>(m: &mut M) {
//!     let (head, done) = (m.new_label(), m.new_label());
//!     m.mov(W64, T0, 0);
//!     m.bind(head);
//!     m.sub(W64, A0, A0, 1);
//!     m.branch(Cond::Lt, W64, A0, 0, done);
//!     m.add(W64, T0, T0, A0);
//!     m.jump(head);
//!     m.bind(done);
//!     m.mov(W64, M::RESULT, T0);
//!     m.ret();
//! }
//!
//! let mut m = HostMasm::new();
//! sum(&mut m);
//! let mut arena = Arena::new(1 << 20)?;
//! let code = arena.install(&m.finish()?)?;
//! // SAFETY: the code follows the C calling convention for this signature.
//! let sum: extern "C" fn(u64) -> u64 = unsafe { std::mem::transmute(arena.entry(code)) };
//! assert_eq!(sum(10), 45);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod a64;
pub mod arena;
pub mod buffer;
pub mod code;
mod fixup;
pub mod frame;
mod islands;
pub mod listing;
pub mod masm;
mod note;
pub mod operand;
pub mod reg;
pub mod x64;

pub use a64::A64;
pub use arena::{Arena, ArenaError, LEAST_ARENA};
pub use code::{Code, CodePtr};
pub use fixup::AsmError;
pub use frame::Frame;
pub use listing::{Columns, Disassembled, Listing};
pub use masm::Masm;
pub use note::{Label, SourceId};
pub use operand::W::{W32, W64};
pub use operand::{Alu, Bits, Cond, FloatAlu, FloatCond, Load, Mem, Rhs, Scale, Shift, Size, W};
pub use reg::{Fpr, Gpr};
pub use x64::X64;

/// The names that code generators use all the time: every operation, operand
/// and register.
pub mod prelude {
    pub use crate::masm::{Branch, Call, Float, Int, Machine, Masm, Memory};
    pub use crate::operand::W::{W32, W64};
    pub use crate::operand::{
        Alu, Bits, Cond, FloatAlu, FloatCond, Load, Mem, Rhs, Scale, Shift, Size, W,
    };
    pub use crate::reg::*;
    pub use crate::{CodePtr, Frame, Label, SourceId};
}

/// The encoder for the machine this program runs on.
#[cfg(target_arch = "x86_64")]
pub type HostMasm = X64;
/// The encoder for the machine this program runs on.
#[cfg(target_arch = "aarch64")]
pub type HostMasm = A64;
