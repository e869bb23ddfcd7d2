//! The fast forms of built-ins that programs call in their innermost loops: what
//! takes next to no time, for the arguments that are usual. Named as the built-ins,
//! with `_method` where only the method has one.
//!
//! # Invariants
//! * Where a form gives a value, it is the one that the built-in gives for these
//!   arguments, and its owners are the same (`tests::fast` compares them all).
//! * Where it gives absent, nothing has been done; errors are for the built-in.
//! * No functions of the program run. A form that allocates leaves it to the
//!   built-in while the heap is beyond its limit: the safepoint after that throws.

mod containers;
mod conversions;
mod numbers;
mod results;
mod texts;

pub use containers::*;
pub use conversions::*;
pub use numbers::*;
pub use results::*;
pub use texts::*;

use crate::runtime::pace::STRETCH;
use crate::value::Value;

/// This is for the built-in itself to do.
const NOT_HANDLED: Value = Value::ABSENT;

/// Whether a value is a key of dicts that needs no closer look.
#[inline(always)]
fn is_key(v: Value) -> bool {
    v.is_int() || v.is_string() && !v.string().is_rope_beyond(STRETCH)
}
