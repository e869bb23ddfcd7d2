//! The reasons for which a container cannot grow.

/// Why a container cannot grow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoRoom {
    /// It would have more than [`MAX_ELEMENTS`](super::MAX_ELEMENTS) elements.
    TooLong,
    /// The system has no memory for it.
    OutOfMemory,
    /// The program is to end, and this is much work.
    Stopped,
}
