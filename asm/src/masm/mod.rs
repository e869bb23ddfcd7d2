//! The interface that code generators are written against, generic over the
//! machine. Each topic is a trait of its own; [`Masm`] is all of them, and a
//! bound `M: Masm` brings every operation into scope.

mod branch;
mod call;
mod float;
mod int;
mod machine;
mod memory;

pub use branch::Branch;
pub use call::Call;
pub use float::Float;
pub use int::Int;
pub use machine::Machine;
pub use memory::Memory;

/// A macro assembler: every operation of every topic.
pub trait Masm: Machine + Int + Memory + Branch + Float + Call {}

impl<M: Machine + Int + Memory + Branch + Float + Call> Masm for M {}
