//! Limits of values: depth, length and memory, with the faults of values beyond them.

use super::{Context, ErrorKind, Fallible, Fault};
use crate::heap::MAX_STRING;
use dashu_int::IBig;
use dashu_int::ops::BitTest;

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

/// How much something is that is too much, as messages show it.
pub trait Count {
    fn shown(self) -> String;
}

macro_rules! plain_counts {
    ($($ty:ty),*) => {$(
        impl Count for $ty {
            fn shown(self) -> String {
                self.to_string()
            }
        }
    )*};
}

plain_counts!(usize, u64, u128, String, &str);

impl Count for IBig {
    /// Millions of digits would take long to make, and tell no more than their number.
    fn shown(self) -> String {
        /// Bits of a count that is shown in full.
        const SHOWN: usize = 256;
        match self.bit_len() {
            ..=SHOWN => self.to_string(),
            bits => format!("2**{} or more", bits - 1),
        }
    }
}

/// The fault of a text that would have `bytes` bytes.
#[cold]
pub fn text_too_long(op: &str, bytes: impl Count) -> Box<Fault> {
    let bytes = bytes.shown();
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
