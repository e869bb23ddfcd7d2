//! The facts that are known of a value: its possible kinds, and sometimes more.

use crate::value::{INT_MAX, INT_MIN};
use std::fmt;

/// A set of kinds, and what is known beside it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Type {
    pub kinds: u32,
    pub more: More,
}

/// The facts that are known of a value beside its kinds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum More {
    Nothing,
    /// These very bits.
    Const(u64),
    /// The shape of an instance, if it is one.
    Shape(u32),
    /// Bounds of an int, both included.
    Range(i64, i64),
}

pub const ABSENT: u32 = 1 << 0;
pub const NULL: u32 = 1 << 1;
pub const FALSE: u32 = 1 << 2;
pub const TRUE: u32 = 1 << 3;
/// An int; one whose representation is a boxed value is an inline one.
pub const INT: u32 = 1 << 4;
/// An int that is an object.
pub const BIG: u32 = 1 << 5;
pub const FLOAT: u32 = 1 << 6;
pub const STRING: u32 = 1 << 7;
pub const ARRAY: u32 = 1 << 8;
pub const DICT: u32 = 1 << 9;
pub const STRUCT: u32 = 1 << 10;
/// A class instance.
pub const OBJECT: u32 = 1 << 11;
/// Another kind of object with value semantics.
pub const VALUE_OBJECT: u32 = 1 << 12;
/// Any other object.
pub const OTHER: u32 = 1 << 13;
const ALL: u32 = (1 << 14) - 1;
/// An int from 0 to 2^64 - 1, as [`Rep::Word`](super::Rep::Word). It joins no other: boxed, it
/// is [`INT`] or [`BIG`].
pub const WORD: u32 = 1 << 14;
/// The low 64 bits of an int that may have more: only operations on low bits have it.
pub const LOW: u32 = 1 << 15;

pub const BOOL: u32 = FALSE | TRUE;
pub const NUMBER: u32 = INT | FLOAT;
pub const POINTER: u32 = BIG | STRING | ARRAY | DICT | STRUCT | OBJECT | VALUE_OBJECT | OTHER;
/// The kinds for which a mark on the header can mean anything.
pub const SHAREABLE: u32 = ARRAY | DICT | STRUCT | VALUE_OBJECT;

/// Whether a single value is of this kind.
pub fn is_single(kind: u32) -> bool {
    [NULL, FALSE, TRUE, ABSENT].contains(&kind)
}

impl Type {
    pub const ANY: Type = Type::of(ALL & !ABSENT);
    /// Anything, or absent.
    pub const MAYBE: Type = Type::of(ALL);
    /// An int of 64 bits.
    pub const INT: Type = Type::range(i64::MIN, i64::MAX);
    /// An inline int.
    pub const INLINE: Type = Type::range(INT_MIN, INT_MAX);
    /// An int of 64 bits without a sign.
    pub const WORD: Type = Type::of(WORD);
    pub const LOW: Type = Type::of(LOW);
    pub const FLOAT: Type = Type::of(FLOAT);
    pub const BOOL: Type = Type::of(BOOL);

    pub const fn of(kinds: u32) -> Type {
        Type {
            kinds,
            more: More::Nothing,
        }
    }

    pub const fn range(low: i64, high: i64) -> Type {
        Type {
            kinds: INT,
            more: More::Range(low, high),
        }
    }

    pub const fn shape(kinds: u32, shape: u32) -> Type {
        Type {
            kinds,
            more: More::Shape(shape),
        }
    }

    /// The kinds that a value may have where it is boxed, as far as a word is concerned.
    fn kinds_of_value(self) -> u32 {
        match self.kinds {
            WORD => INT | BIG,
            kinds => kinds,
        }
    }

    pub fn is(self, kinds: u32) -> bool {
        self.kinds_of_value() & !kinds == 0
    }

    pub fn may_be(self, kinds: u32) -> bool {
        self.kinds_of_value() & kinds != 0
    }

    pub fn is_int(self) -> bool {
        self.is(INT)
    }

    pub fn is_float(self) -> bool {
        self.is(FLOAT)
    }

    pub fn is_pointer(self) -> bool {
        self.is(POINTER)
    }

    /// The bounds of an int.
    pub fn bounds(self) -> (i64, i64) {
        match self.more {
            More::Range(low, high) => (low, high),
            _ => (i64::MIN, i64::MAX),
        }
    }

    /// Whether an int is always an inline one when it is boxed.
    pub fn is_inline(self) -> bool {
        let (low, high) = self.bounds();
        low >= INT_MIN && high <= INT_MAX
    }

    /// The int that it is, if that is known.
    pub fn int(self) -> Option<i64> {
        match self.more {
            More::Range(low, high) if low == high => Some(low),
            _ => None,
        }
    }

    /// Whether it is an int that is at least 0 and has at most 64 bits.
    pub fn is_word(self) -> bool {
        self.kinds == WORD || self.is_int() && self.bounds().0 >= 0
    }

    /// The type of a value as it is when it is boxed.
    fn boxed(self) -> Type {
        if self.kinds == WORD || self.kinds == INT && !self.is_inline() {
            return Type::of(INT | BIG);
        }
        self
    }

    /// The least type that has the values of both.
    pub fn union(self, other: Type) -> Type {
        if (self.kinds == WORD || other.kinds == WORD) && self.is_word() && other.is_word() {
            return Type::WORD;
        }
        if self.kinds != other.kinds {
            return self.boxed().union_boxed(other.boxed());
        }
        self.union_boxed(other)
    }

    fn union_boxed(self, other: Type) -> Type {
        let more = match (self.more, other.more) {
            (a, b) if a == b => a,
            (More::Range(a, b), More::Range(c, d)) => More::Range(a.min(c), b.max(d)),
            (More::Shape(shape), More::Nothing) if !other.may_be(STRUCT | OBJECT) => {
                More::Shape(shape)
            }
            (More::Nothing, More::Shape(shape)) if !self.may_be(STRUCT | OBJECT) => {
                More::Shape(shape)
            }
            _ => More::Nothing,
        };
        Type {
            kinds: self.kinds | other.kinds,
            more,
        }
    }

    /// Whether each value of this type is of the other too.
    pub fn implies(self, other: Type) -> bool {
        if other.kinds == WORD {
            return self.is_word();
        }
        if self.kinds != other.kinds && self.boxed() != self {
            return self.boxed().implies(other);
        }
        self.is(other.kinds)
            && match (self.more, other.more) {
                (_, More::Nothing) => true,
                (More::Range(a, b), More::Range(c, d)) => c <= a && b <= d,
                (More::Nothing, More::Shape(_)) => !self.may_be(STRUCT | OBJECT),
                (a, b) => a == b,
            }
    }

    /// The type of a value of which both types hold.
    pub fn both(self, other: Type) -> Type {
        let more = match (self.more, other.more) {
            (More::Range(a, b), More::Range(c, d)) => More::Range(a.max(c), b.min(d)),
            (More::Nothing, more) => more,
            (more, _) => more,
        };
        let kinds = self.kinds & other.kinds;
        let more = match more {
            More::Range(low, high) if kinds != INT || low > high => More::Nothing,
            More::Shape(_) if kinds & (STRUCT | OBJECT) == 0 => More::Nothing,
            more => more,
        };
        Type { kinds, more }
    }

    /// A type that has the values of both and can grow only a few times more: for a
    /// value that differs from round to round.
    pub fn widen(self, other: Type) -> Type {
        let union = self.union(other);
        if let (More::Range(low, high), More::Range(to, from)) = (self.more, union.more) {
            let next = |value: i64, least: bool| match (least, value) {
                (true, value) if value >= 0 => 0,
                (true, value) if value >= INT_MIN => INT_MIN,
                (true, _) => i64::MIN,
                (false, value) if value <= i64::from(u32::MAX) => i64::from(u32::MAX),
                (false, value) if value <= INT_MAX => INT_MAX,
                (false, _) => i64::MAX,
            };
            let low = if to < low { next(to, true) } else { low };
            let high = if from > high { next(from, false) } else { high };
            return Type::range(low, high);
        }
        union
    }
}

/// The sets of kinds that have names.
const NAMES: [(u32, &str); 18] = [
    (WORD, "word"),
    (LOW, "low bits"),
    (ALL & !ABSENT, "any"),
    (POINTER, "pointer"),
    (BOOL, "bool"),
    (ABSENT, "absent"),
    (NULL, "null"),
    (FALSE, "false"),
    (TRUE, "true"),
    (INT, "int"),
    (BIG, "big"),
    (FLOAT, "float"),
    (STRING, "string"),
    (ARRAY, "array"),
    (DICT, "dict"),
    (STRUCT, "struct"),
    (OBJECT, "object"),
    (VALUE_OBJECT | OTHER, "other"),
];

/// The kinds of a name.
#[cfg(test)]
pub fn named(name: &str) -> Option<u32> {
    let found = NAMES.iter().find(|(_, text)| *text == name);
    found.map(|&(kinds, _)| kinds)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.kinds;
        let mut first = true;
        for (kinds, name) in NAMES {
            if left & kinds == kinds && left != 0 {
                left &= !kinds;
                f.write_str(if first { "" } else { "|" })?;
                f.write_str(name)?;
                first = false;
            }
        }
        if left != 0 {
            f.write_str(if first { "other" } else { "|other" })?;
        }
        match self.more {
            More::Range(low, high) if low == high => write!(f, " {low}"),
            More::Range(i64::MIN, i64::MAX) => Ok(()),
            More::Range(low, high) => write!(f, " {low}..{high}"),
            More::Shape(shape) => write!(f, " of shape {}", shape & !(1 << 31)),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_union_keeps_what_both_know() {
        let one = Type::shape(OBJECT, 7);
        assert_eq!(one.union(one), one);
        let or_null = Type::shape(OBJECT | NULL, 7);
        assert_eq!(one.union(Type::of(NULL)), or_null);
        assert_eq!(Type::of(NULL).union(one), or_null);
        assert_eq!(one.union(Type::of(OBJECT)), Type::of(OBJECT));
        assert_eq!(or_null.both(Type::of(OBJECT | INT)), one);
        assert_eq!(or_null.both(Type::of(NULL)), Type::of(NULL));
        assert!(Type::of(NULL).implies(or_null) && one.implies(or_null));
        assert!(!or_null.implies(one) && !Type::of(OBJECT).implies(or_null));
        assert_eq!(
            Type::range(0, 3).union(Type::range(2, 9)),
            Type::range(0, 9)
        );
        assert!(Type::range(1, 2).implies(Type::range(0, 9)));
        assert!(!Type::range(1, 10).implies(Type::range(0, 9)));
        assert!(!Type::FLOAT.implies(Type::INT));
    }

    #[test]
    fn words_are_ints_when_they_are_boxed() {
        let (small, negative) = (Type::range(0, 9), Type::range(-1, 9));
        let boxed = Type::of(INT | BIG);
        assert_eq!(Type::WORD.union(small), Type::WORD);
        assert_eq!(small.widen(Type::WORD), Type::WORD);
        assert_eq!(Type::WORD.union(negative), boxed);
        assert_eq!(Type::WORD.union(Type::FLOAT), boxed.union(Type::FLOAT));
        assert!(small.implies(Type::WORD) && !negative.implies(Type::WORD));
        assert!(Type::WORD.implies(boxed) && !Type::WORD.implies(Type::INT));
        assert!(Type::WORD.may_be(INT) && Type::WORD.may_be(BIG) && Type::WORD.is(INT | BIG));
        assert!(!Type::WORD.is_int() && !Type::WORD.is_pointer() && !Type::WORD.may_be(FLOAT));
        // An int of 64 bits may be an object when it is boxed beside something else.
        assert_eq!(Type::INT.union(Type::FLOAT), Type::of(INT | BIG | FLOAT));
        assert!(!Type::INT.implies(Type::of(INT | FLOAT)));
        assert!(small.implies(Type::of(INT | FLOAT)));
    }

    #[test]
    fn widening_comes_to_an_end() {
        let mut ty = Type::range(0, 0);
        for rounds in 0.. {
            let (low, high) = ty.bounds();
            let more = Type::range(low.saturating_sub(1), high.saturating_add(1));
            let next = ty.widen(more);
            if next == ty {
                assert!(rounds < 6);
                break;
            }
            ty = next;
        }
        assert_eq!(ty, Type::INT);
    }
}
