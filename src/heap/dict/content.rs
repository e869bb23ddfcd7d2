//! Entries under other keys than strings and ints: arrays, structs, bools and so on. The
//! heap knows neither their hashes nor when two are the same: callers bring both, and a
//! dict that has ever had such a key keeps the hashes of all its keys in its index.

use super::DictObj;
use super::{DENSE, HASH, NoRoom, RECORD};
use crate::heap::object::*;
use crate::heap::{Heap, MAX_ELEMENTS};
use crate::value::Value;

impl DictObj {
    /// The entry of the key that has this hash and is the `same`.
    pub fn find_content(&self, hash: u32, same: impl FnMut(Value) -> bool) -> Option<ContentEntry> {
        if self.header.form != HASH {
            return None;
        }
        let entry = self.index()?.find_content(hash, self.slots(), same)?;
        Some(ContentEntry(entry))
    }

    /// Where the value of an entry lies: good until the dict changes.
    pub fn content_place(&self, entry: ContentEntry) -> *mut Value {
        debug_assert!(entry.0 < self.len as usize);
        // SAFETY: the entry has been found among the initialised slots.
        unsafe { self.ptr.add(2 * entry.0 + 1) }
    }

    /// Whether there may be other keys than strings and ints.
    pub fn has_content_keys(&self) -> bool {
        self.header.form == HASH && self.index().is_some_and(|i| i.is_mixed())
    }
}

/// An entry that was found, good until the dict changes.
#[derive(Clone, Copy)]
pub struct ContentEntry(usize);

impl Heap {
    /// Adds an entry under a key that is no string or int and not there yet.
    pub fn dict_append_content(
        &mut self,
        d: Value,
        hash: u32,
        key: Value,
        value: Value,
    ) -> Result<(), NoRoom> {
        key.share();
        let dict = d.dict();
        if matches!(dict.header.form, RECORD | DENSE) {
            self.make_hash(d)?;
        }
        if !dict.has_content_keys() {
            self.build_mixed_index(dict)?;
        }
        if 2 * (dict.len as usize + 1) > dict.cap as usize || dict.len as usize >= MAX_ELEMENTS {
            self.make_entry_room(d)?;
        }
        let (slots, entry) = (dict.ptr, dict.len as usize);
        // SAFETY: there is room for one more pair.
        unsafe {
            slots.add(2 * entry).write(key);
            slots.add(2 * entry + 1).write(value);
        }
        // SAFETY: no other reference to the index is in use.
        if let Some(index) = unsafe { dict.index_mut() } {
            self.external += index.insert_content(hash, entry, &self.watch)?;
        }
        put!(dict.len += 1);
        put!(dict.header.aux += 1);
        self.write_barrier(d.as_pointer(), key);
        self.write_barrier(d.as_pointer(), value);
        Ok(())
    }

    /// Takes an entry out.
    pub fn dict_remove_content(&mut self, d: Value, entry: ContentEntry) -> Value {
        self.remove_entry(d, None, entry.0)
    }
}
