//! Deoptimisation points: data about the places at which compiled code may be left to the
//! interpreter. A compiler makes them, and [`super::side_exits`] follows them.

/// A place at which compiled code may be left to the interpreter.
#[derive(PartialEq, Eq)]
pub struct DeoptPoint {
    /// The word that the interpreter goes on at.
    at: u32,
    /// Registers of the frame whose values are still in machine registers, and in
    /// which of those that exits save.
    values: Box<[(u16, u8)]>,
    reason: ExitReason,
}

/// Why compiled code is left.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ExitReason {
    /// The instruction has met operands that it did not expect.
    Operands,
    /// A loop was to be entered whose code assumes something else of the frame.
    LoopEntry,
    /// The instruction had never run when the code was made.
    Unreached,
    /// It has found a value of another kind than expected in an object.
    Part,
}

impl DeoptPoint {
    /// Leaving at word `at`, with these values in machine registers.
    pub fn new(at: usize, values: Box<[(u16, u8)]>) -> DeoptPoint {
        DeoptPoint {
            at: at as u32,
            values,
            reason: ExitReason::Operands,
        }
    }

    /// The same for an instruction that has never run.
    pub fn unreached(self) -> DeoptPoint {
        DeoptPoint {
            reason: ExitReason::Unreached,
            ..self
        }
    }

    pub fn at(&self) -> u32 {
        self.at
    }

    pub fn values(&self) -> &[(u16, u8)] {
        &self.values
    }

    pub fn reason(&self) -> ExitReason {
        self.reason
    }
}
