//! The machine's cache of methods by the receiver's type and the name, for call sites
//! that meet many types (megamorphic ones). Compiled code probes it by itself.

use super::proto::Proto;
use crate::heap::object::Kind;
use crate::value::Value;

/// A cached method.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct CachedMethod {
    /// An interned string that a constant of the program keeps alive.
    pub name: Value,
    /// As in the inline cache of a call.
    pub word: u64,
    /// The method, if it is one of the program's that changes no receiver; else null.
    pub proto: *const Proto,
    /// To a power of two.
    spare: u64,
}

const NONE: CachedMethod = CachedMethod {
    name: Value::ABSENT,
    word: 0,
    proto: std::ptr::null(),
    spare: 0,
};

pub(super) const BITS: u32 = 9;

/// The cache: each method has one place.
pub struct MethodCache(Box<[CachedMethod; 1 << BITS]>);

impl MethodCache {
    pub fn new() -> MethodCache {
        MethodCache(Box::new([NONE; 1 << BITS]))
    }

    /// Where the entries lie, for compiled code.
    pub fn entries(&self) -> *const CachedMethod {
        self.0.as_ptr()
    }

    /// The methods that were found last.
    pub fn iter(&self) -> impl Iterator<Item = &CachedMethod> {
        self.0.iter().filter(|entry| entry.word != 0)
    }

    /// The inline cache's word for a method, or 0.
    #[inline]
    pub fn find(&self, code: u32, name: Value) -> u64 {
        let entry = &self.0[slot(code, name)];
        if entry.name == name && entry.word as u32 == code {
            entry.word
        } else {
            0
        }
    }

    /// Enters a method that a call has found.
    pub fn insert(&mut self, name: Value, word: u64, proto: *const Proto) {
        self.0[slot(word as u32, name)] = CachedMethod {
            name,
            word,
            proto,
            spare: 0,
        };
    }
}

/// Spreads the codes of receivers, which come in rows: the factor, and how far the
/// low half of the product is shifted to the right.
pub const CODE_FACTOR: u32 = 0x9E37_79B1;
pub const CODE_SHIFT: u32 = 32 - BITS;

/// The part of a method's place that comes from its name. Made from the string alone, so
/// that it is the same number in compiled code of every process.
pub fn method_seed(name: Value) -> u32 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    // Names are interned strings, whose bytes are written out.
    let bytes = name.string().flat_text().as_bytes();
    let seed = bytes.chunks(8).fold(bytes.len() as u64, |seed, chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (seed ^ u64::from_le_bytes(word))
            .wrapping_mul(FACTOR)
            .rotate_left(29)
    });
    seed as u32 >> CODE_SHIFT
}

/// The place of a method, or of a field, by the code of its owner and its name.
pub(super) fn slot(code: u32, name: Value) -> usize {
    (code.wrapping_mul(CODE_FACTOR) >> CODE_SHIFT ^ method_seed(name)) as usize
}

/// Codes of receivers that are no objects. Those of objects are their [`Kind`], or the
/// shape of an instance.
pub mod code {
    pub const INT: u32 = 100;
    pub const FLOAT: u32 = 101;
    pub const BOOL: u32 = 102;
    pub const NULL: u32 = 103;
    /// The first of them.
    pub const FIRST: u32 = INT;
}

/// The part of a receiver that method caches compare: its shape, or a code of its kind.
#[inline(always)]
pub fn kind_code(receiver: Value) -> u32 {
    if receiver.is_pointer() {
        let header = receiver.header();
        match header.kind {
            Kind::Struct | Kind::Object => header.aux,
            kind => kind as u32,
        }
    } else if receiver.is_int() {
        code::INT
    } else if receiver.is_float() {
        code::FLOAT
    } else if receiver.is_bool() {
        code::BOOL
    } else {
        code::NULL
    }
}
