//! Limits of values: depth, length and memory, with the faults of values beyond them.

use super::{Context, ErrorKind, Fallible, Fault};
use crate::heap::MAX_STRING;

/// Levels that equality, order and printing walk down.
pub const MAX_DEPTH: u32 = 10_000;

/// The fault of values nested deeper than [`MAX_DEPTH`].
#[cold]
pub fn too_deep() -> Box<Fault> {
    Fault::new(
        ErrorKind::StackOverflow,
        format!("Stack overflow: values nested deeper than {MAX_DEPTH} levels"),
    )
}

/// The fault of a text that would have `bytes` bytes.
#[cold]
pub fn text_too_long(op: &str, bytes: impl std::fmt::Display) -> Box<Fault> {
    Fault::new(
        ErrorKind::Overflow,
        format!("{op} expects a result of at most {MAX_STRING} bytes; got {bytes}"),
    )
}

/// Faults if taking `bytes` more would break the heap's limit.
pub fn check_room(cx: &mut dyn Context, bytes: usize) -> Fallible<()> {
    cx.heap().check_room(bytes).map_err(|_| out_of_memory())
}

/// The fault of a value that the heap's limit has no room for.
#[cold]
pub fn out_of_memory() -> Box<Fault> {
    Fault::new(
        ErrorKind::Memory,
        "Out of memory: the heap has reached its limit (--max-heap or ulimit -v)",
    )
}

/// The fault of a value that the system has no memory for.
#[cold]
pub fn system_out_of_memory() -> Box<Fault> {
    let message = "Out of memory: the system has no more for this process";
    Fault::new(ErrorKind::Memory, message)
}
