//! The machine's cache of fields by shape and name, for accesses that meet objects of
//! several shapes. Compiled code probes it by itself, after the access's own cache.

use super::method_cache::{BITS, slot};
use crate::value::Value;

/// A field that an access has found.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CachedField {
    /// An interned string that a constant of the program keeps alive.
    pub name: Value,
    /// As in the inline cache of an access.
    pub word: u64,
}

const NONE: CachedField = CachedField {
    name: Value::ABSENT,
    word: 0,
};

/// Some fields may be read and not written: reads and writes have places of their own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read = 0,
    Write = 1,
}

/// The cache: each field has one place for an access.
pub struct FieldCache(Box<[CachedField; 1 << BITS]>);

impl FieldCache {
    pub fn new() -> FieldCache {
        FieldCache(Box::new([NONE; 1 << BITS]))
    }

    /// Where the entries lie, for compiled code.
    pub fn entries(&self) -> *const CachedField {
        self.0.as_ptr()
    }

    /// Enters a field that an access has found.
    pub fn insert(&mut self, access: Access, name: Value, word: u64) {
        self.0[slot(word as u32, name) ^ access as usize] = CachedField { name, word };
    }
}

/// The part of a field's place that comes from its name, as [`method_seed`].
pub fn field_seed(access: Access, method_seed: u32) -> u32 {
    method_seed ^ access as u32
}
