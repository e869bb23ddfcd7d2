//! Keys in hash mode: what a key is once its form no longer matters, and how keys
//! hash and compare. Never allocates on the heap, never changes an entry.
//!
//! # Invariants
//! * A stored string key is flat, its hash is computed and its int-text flag
//!   known: [`Heap::probe`] sees to it before a key is stored.
//! * An int and its canonical text hash and compare alike.

use crate::heap::Heap;
use crate::heap::object::*;
use crate::heap::string::{self, canonical_int, widen};
use crate::value::Value;
use dashu_int::IBig;

/// A key to look for.
#[derive(Clone, Copy)]
pub(super) enum Probe {
    /// A string that is not the text of an int.
    Name(Value),
    /// An int of at most 18 digits, in whatever form.
    Int(i64),
    /// A longer int: a bigint or a string.
    Big(Value),
}

/// Whether a value is a key that the heap finds by itself: a string or an int.
#[inline]
pub fn is_key(v: Value) -> bool {
    v.is_int() || matches!(v.kind(), Some(Kind::String | Kind::BigInt))
}

/// The value of a bigint object.
fn big(v: Value) -> &'static IBig {
    debug_assert!(v.is_kind(Kind::BigInt));
    // SAFETY: the value is a live bigint object.
    unsafe { &(*v.as_pointer::<BigIntObj>()).value }
}

/// The text of a flat string.
fn flat(v: Value) -> &'static str {
    v.string().flat_text()
}

/// The int that a bigint is, if it has at most 18 digits.
fn short_int(v: &IBig) -> Option<i64> {
    const LIMIT: i64 = 10i64.pow(18);
    i64::try_from(v).ok().filter(|i| -LIMIT < *i && *i < LIMIT)
}

impl Heap {
    /// The probe that finds `key`; `None` if it can be no key. Leaves a
    /// string ready to be stored.
    #[inline]
    pub(super) fn probe(&mut self, key: Value) -> Option<Probe> {
        if key.is_int() {
            return Some(Probe::Int(key.as_int()));
        }
        match key.kind()? {
            Kind::String => {
                self.string_hash(key);
                if self.is_int_text(key) {
                    return Some(match canonical_int(flat(key)) {
                        Some(Ok(int)) => Probe::Int(int),
                        _ => Probe::Big(key),
                    });
                }
                Some(Probe::Name(key))
            }
            Kind::BigInt => Some(short_int(big(key)).map_or(Probe::Big(key), Probe::Int)),
            _ => None,
        }
    }
}

/// Whether a key is a string that was looked for before and is not the text of an int:
/// [`Probe::Name`] as it is.
#[inline(always)]
pub(super) fn is_known_name(key: Value) -> bool {
    const KNOWN: u8 = INT_TEXT_KNOWN | INT_TEXT;
    key.is_string() && key.string().header.flags & KNOWN == INT_TEXT_KNOWN && key.string().hash != 0
}

impl Probe {
    /// The probe that finds a stored key.
    pub(super) fn of_stored(key: Value) -> Probe {
        if key.is_int() {
            return Probe::Int(key.as_int());
        }
        if key.is_kind(Kind::BigInt) {
            return short_int(big(key)).map_or(Probe::Big(key), Probe::Int);
        }
        if key.string().header.flags & INT_TEXT == 0 {
            return Probe::Name(key);
        }
        match canonical_int(flat(key)) {
            Some(Ok(int)) => Probe::Int(int),
            _ => Probe::Big(key),
        }
    }

    /// Whether the stored key is the one looked for.
    #[inline(always)]
    pub(super) fn matches(self, stored: Value) -> bool {
        match self {
            Probe::Name(key) => stored == key || (stored.is_pointer() && same_name(stored, key)),
            Probe::Int(int) => {
                if stored.is_int() {
                    stored.as_int() == int
                } else {
                    stored.is_pointer() && same_int(stored, int)
                }
            }
            Probe::Big(key) => stored == key || (stored.is_pointer() && same_big(stored, key)),
        }
    }
}

#[inline]
fn same_name(stored: Value, key: Value) -> bool {
    if stored.header().kind != Kind::String {
        return false;
    }
    let (a, b) = (stored.string(), key.string());
    a.hash == b.hash
        && a.header.aux == b.header.aux
        && a.header.flags & b.header.flags & INTERNED == 0
        && flat(stored) == flat(key)
}

#[cold]
fn same_int(stored: Value, int: i64) -> bool {
    if !is_key(stored) {
        return false;
    }
    match Probe::of_stored(stored) {
        Probe::Int(other) => other == int,
        _ => false,
    }
}

#[cold]
fn same_big(stored: Value, key: Value) -> bool {
    if !is_key(stored) {
        return false;
    }
    match (stored.is_string(), key.is_string()) {
        (true, true) => flat(stored) == flat(key),
        (false, false) => big(stored) == big(key),
        (true, false) => is_text_of(flat(stored), big(key)),
        (false, true) => is_text_of(flat(key), big(stored)),
    }
}

fn is_text_of(text: &str, int: &IBig) -> bool {
    int.to_string() == text
}

/// Ints that differ in their lowest bits only lie in one group of the table, which has
/// room for twice as many, since programs tend to visit near keys one after another
/// (measured: a million scattered keys visited by a small stride, 2.4 times as
/// fast). Which group is decided by a widening multiplication of the other bits with
/// secret factors, so that no input can be prepared to collide; strings bring their own
/// seeded hash.
#[inline(always)]
pub(super) fn hash(seeds: [u64; 2], probe: Probe) -> u64 {
    match probe {
        Probe::Name(key) => widen(key.string().hash),
        Probe::Int(int) => {
            const NEAR: u32 = 3;
            let wide = (((int >> NEAR) as u64 ^ seeds[0]) as u128) * seeds[1] as u128;
            let mixed = (wide as u64) ^ (wide >> 64) as u64;
            // The table tells entries of a group apart by the top bits.
            mixed ^ (int as u64) << (64 - NEAR)
        }
        Probe::Big(key) => hash_big(key),
    }
}

#[cold]
fn hash_big(key: Value) -> u64 {
    widen(if key.is_string() {
        key.string().hash
    } else {
        string::hash_bytes(big(key).to_string().as_bytes())
    })
}
