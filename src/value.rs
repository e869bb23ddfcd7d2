//! The 64-bit [`Value`]: what a register, an array element or a field holds.
//!
//! | what | bits |
//! | --- | --- |
//! | heap pointer | the pointer: upper 16 bits zero, 8-aligned, at least [`FIRST_POINTER`] |
//! | absent, null, false, true | small constants that no pointer can be |
//! | double | its bits + 2^49 (NaN made canonical first) |
//! | int in [-2^50, 2^50) | int + [`INT_OFFSET`], so [`INT_TAG`] and above |
//!
//! Signed order of two boxed ints is the order of the ints, and `a + b -
//! INT_OFFSET` is the boxed sum exactly if it still passes the int test.
//! Zeroed memory is full of *absent*, which no program can see.
//! Nothing here knows what a pointer points to.

use std::fmt;

/// Added to an int to box it.
pub const INT_OFFSET: u64 = 0xFFFC_0000_0000_0000;
/// The least bits of a boxed int.
pub const INT_TAG: u64 = 0xFFF8_0000_0000_0000;
/// Added to a double's bits to box it; also the least bits of a boxed double.
pub const DOUBLE_OFFSET: u64 = 1 << 49;
/// One past the greatest address a value can hold.
pub const POINTER_END: u64 = 1 << 48;
/// Bits below this are the small constants.
pub const FIRST_POINTER: u64 = 16;
/// Bits that no pointer has, and every other value but [`Value::ABSENT`].
pub const NO_POINTER: u64 = 0xFFFF_0000_0000_0007;
/// The least and the greatest inline int.
pub const INT_MIN: i64 = -(1 << 50);
pub const INT_MAX: i64 = (1 << 50) - 1;

/// A Ruff value, or *absent*.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Value(u64);

impl Value {
    /// No value: an unassigned variable, a hole. Zeroed memory.
    pub const ABSENT: Value = Value(0);
    pub const NULL: Value = Value(2);
    pub const FALSE: Value = Value(6);
    pub const TRUE: Value = Value(7);
    pub const ZERO: Value = Value(INT_OFFSET);

    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Value {
        Value(bits)
    }

    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }

    #[inline(always)]
    pub const fn bool(b: bool) -> Value {
        Value(Value::FALSE.0 | b as u64)
    }

    /// Boxes an int that is known to be inline.
    #[inline(always)]
    pub const fn int(i: i64) -> Value {
        debug_assert!(i >= INT_MIN && i <= INT_MAX);
        Value((i as u64).wrapping_add(INT_OFFSET))
    }

    /// Boxes an int if it is in the inline range.
    #[inline(always)]
    pub const fn try_int(i: i64) -> Option<Value> {
        let boxed = (i as u64).wrapping_add(INT_OFFSET);
        if i >= INT_MIN && i <= INT_MAX {
            Some(Value(boxed))
        } else {
            None
        }
    }

    #[inline(always)]
    pub fn float(f: f64) -> Value {
        let bits = if f.is_nan() {
            0x7FF8_0000_0000_0000
        } else {
            f.to_bits()
        };
        Value(bits + DOUBLE_OFFSET)
    }

    /// # Safety
    /// `pointer` is 8-aligned and a user-space address of an object.
    #[inline(always)]
    pub unsafe fn pointer<T>(pointer: *mut T) -> Value {
        debug_assert!((pointer as u64) >= FIRST_POINTER && (pointer as u64) < POINTER_END);
        Value(pointer as u64)
    }

    #[inline(always)]
    pub const fn is_absent(self) -> bool {
        self.0 == Value::ABSENT.0
    }

    #[inline(always)]
    pub const fn is_null(self) -> bool {
        self.0 == Value::NULL.0
    }

    #[inline(always)]
    pub const fn is_bool(self) -> bool {
        self.0 | 1 == Value::TRUE.0
    }

    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.0 >= INT_TAG
    }

    /// Whether both are inline ints: one test.
    #[inline(always)]
    pub const fn both_int(a: Value, b: Value) -> bool {
        a.0 & b.0 >= INT_TAG
    }

    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0.wrapping_sub(DOUBLE_OFFSET) < INT_TAG - DOUBLE_OFFSET
    }

    /// Whether it is an inline int or a float.
    #[inline(always)]
    pub const fn is_number(self) -> bool {
        self.0 >= DOUBLE_OFFSET
    }

    #[inline(always)]
    pub const fn is_pointer(self) -> bool {
        self.0.wrapping_sub(FIRST_POINTER) < POINTER_END - FIRST_POINTER
    }

    /// The int; meaningless unless [`Value::is_int`].
    #[inline(always)]
    pub const fn as_int(self) -> i64 {
        self.0.wrapping_sub(INT_OFFSET) as i64
    }

    /// The float; meaningless unless [`Value::is_float`].
    #[inline(always)]
    pub const fn as_float(self) -> f64 {
        f64::from_bits(self.0.wrapping_sub(DOUBLE_OFFSET))
    }

    /// The address; meaningless unless [`Value::is_pointer`].
    #[inline(always)]
    pub const fn as_pointer<T>(self) -> *mut T {
        self.0 as *mut T
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_int() {
            write!(f, "{}", self.as_int())
        } else if self.is_float() {
            write!(f, "{:?}", self.as_float())
        } else if self.is_pointer() {
            write!(f, "@{:x}", self.0)
        } else {
            f.write_str(match *self {
                Value::ABSENT => "absent",
                Value::NULL => "null",
                Value::FALSE => "false",
                Value::TRUE => "true",
                _ => "invalid",
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ints_keep_their_value_at_the_edges_of_the_inline_range() {
        for i in [INT_MIN, INT_MIN + 1, -1, 0, 1, INT_MAX - 1, INT_MAX] {
            let v = Value::int(i);
            assert!(v.is_int() && !v.is_float() && !v.is_pointer() && !v.is_bool());
            assert_eq!(v.as_int(), i);
        }
        assert_eq!(Value::try_int(INT_MAX + 1), None);
        assert_eq!(Value::try_int(INT_MIN - 1), None);
    }

    #[test]
    fn floats_keep_their_bits_and_every_nan_is_one() {
        for f in [
            0.0,
            -0.0,
            1.5,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
            let v = Value::float(f);
            assert!(v.is_float() && !v.is_int() && !v.is_pointer());
            assert_eq!(v.as_float().to_bits(), f.to_bits());
        }
        let strange = Value::float(f64::from_bits(0xFFFF_FFFF_FFFF_FFFF));
        assert_eq!(strange, Value::float(f64::NAN));
        assert!(strange.is_float() && strange.as_float().is_nan());
    }

    #[test]
    fn constants_are_nothing_else() {
        for v in [Value::ABSENT, Value::NULL, Value::FALSE, Value::TRUE] {
            assert!(!v.is_int() && !v.is_float() && !v.is_pointer() && !v.is_number());
        }
        assert!(Value::TRUE.is_bool() && Value::FALSE.is_bool() && !Value::NULL.is_bool());
    }

    #[test]
    fn boxed_sums_overflow_out_of_the_int_range() {
        let add = |a: i64, b: i64| {
            let sum = Value::int(a)
                .bits()
                .wrapping_add(Value::int(b).bits())
                .wrapping_sub(INT_OFFSET);
            Value::from_bits(sum).is_int()
        };
        assert!(add(INT_MAX, INT_MIN) && add(INT_MAX - 1, 1) && add(INT_MIN + 1, -1));
        assert!(
            !add(INT_MAX, 1)
                && !add(INT_MIN, -1)
                && !add(INT_MAX, INT_MAX)
                && !add(INT_MIN, INT_MIN)
        );
    }
}
