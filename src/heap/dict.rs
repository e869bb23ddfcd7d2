//! Dicts.
use super::object::*;
pub struct HashIndex;
pub fn index_bytes(_d: *mut DictObj) -> usize {
    0
}
/// # Safety
/// dead
pub unsafe fn drop_index(_d: *mut DictObj) {}
