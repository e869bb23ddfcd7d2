//! Access to ints beyond the inline range. They are made by
//! [`Heap::new_int`](super::Heap::new_int), which keeps every int of the inline
//! range out of the heap, so that two ints of different forms are never equal.

use super::object::*;
use crate::value::Value;
use dashu_int::IBig;

impl Value {
    /// Whether it is an int beyond the inline range.
    #[inline(always)]
    pub fn is_big_int(self) -> bool {
        self.is_kind(Kind::BigInt)
    }

    /// The int of a bigint object. The reference is good as long as the object
    /// lives.
    #[inline]
    pub fn big_int(self) -> &'static IBig {
        debug_assert!(self.is_big_int());
        // SAFETY: the value is a bigint object; its int is never written again.
        unsafe { &(*self.as_pointer::<BigIntObj>()).value }
    }
}
