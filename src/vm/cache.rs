//! The words after instructions with an inline cache. Before they name a shape, an
//! instruction that has not run yet is told from one that has run and met something
//! that no cache can hold: compiled code leaves the first to the interpreter. After that
//! they say where a field is.

use crate::bytecode::op::LET;
use crate::heap::dict::DictObj;
use crate::heap::object::*;
use crate::heap::types::StructObj;
use crate::value::Value;

/// Field cache: the slot is one of a dict in record mode.
pub const IN_DICT: u32 = 1 << 31;
/// The instruction has never run. No shape or code of a kind matches the low half.
pub const NEVER_RUN: u64 = u32::MAX as u64;
/// It has run, and nothing could be cached. No shape or code matches either.
pub const NOT_CACHED: u64 = NEVER_RUN | 1 << 32;

/// Notes that the instruction runs, before its cache is filled.
#[inline(always)]
pub fn note_run(word: &mut u64) {
    if *word == NEVER_RUN {
        *word = NOT_CACHED;
    }
}

/// The place of the field that a cache knows.
///
/// # Safety
/// `object` is one whose shape is that of the cache.
#[inline(always)]
pub unsafe fn cached_place(object: Value, cached: u64) -> *mut Value {
    let slot = (cached >> 32) as u32;
    // SAFETY: the caller's promise; a shape says where its fields are.
    unsafe {
        if slot & IN_DICT == 0 {
            trailing(object.as_pointer::<StructObj>(), slot as usize)
        } else {
            let dict: *mut DictObj = object.as_pointer();
            (*dict).ptr.add((slot & !IN_DICT) as usize)
        }
    }
}

/// The same if the cache is that of this object's shape, and its field may be written
/// where it is.
#[inline(always)]
pub fn writable_place(w: u64, object: Value, cached: u64) -> Option<*mut Value> {
    if !object.is_pointer() {
        return None;
    }
    let header = object.header();
    let fits = header.aux == cached as u32
        && header.flags & COPY_BEFORE_WRITE == 0
        && (w & (LET as u64) << 8 == 0 || header.kind == Kind::Object);
    // SAFETY: the shape was just compared.
    fits.then(|| unsafe { cached_place(object, cached) })
}
