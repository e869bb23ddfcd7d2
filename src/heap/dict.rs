//! Dicts: insertion-ordered maps from keys to values, in one of
//! three modes that follow what the program does (see [`DictMode`]). An int and
//! its canonical decimal text name the same entry; a key is given back in the
//! form in which it was first written. Strings and ints are found here; of other keys
//! callers bring the hash, and say which stored key is the same. Sharing is the caller's business except
//! in [`Heap::copy_dict`] and [`Heap::dict_merge`]; how dicts compare or print
//! has no place here.
//!
//! # Invariants
//! * Record: `header.aux` is a shape with `len` keys. Dense: `aux` is 0 and
//!   `len` more than 0. Hash: `aux` counts the entries that are not removed, so
//!   [`SHAPE_BIT`] tells a record from the others.
//! * `ptr` is null, or the room after the object, or a buffer; `len` values
//!   (hash: pairs) from `ptr` on are initialised.
//! * `index` is null unless in hash mode with more than [`SMALL`] entries ever, or with
//!   another key than strings and ints ever; then it has every entry that is not
//!   removed. Fewer are searched in order.
//! * A key that is no string or int is marked `SHARED`: no code writes to it in place.
//! * Whenever the heap is asked for memory, the dict is consistent.

mod content;
mod index;
pub(super) mod key;
mod record;
mod write;

pub use super::room::NoRoom;
pub use index::{KeyIndex, RangeView};
pub use key::is_key;
pub use record::NextKey;

use super::Heap;
use super::object::*;
use super::pages;
use super::shape::EMPTY_SHAPE;
use crate::value::Value;
use index::FastFind;
use key::Probe;
use std::ops::Range;

#[repr(C)]
pub struct DictObj {
    pub header: Header,
    /// The slots: after this struct in the same cell, or in a buffer.
    pub ptr: *mut Value,
    /// Record, dense: entries. Hash: entries including removed ones.
    pub len: u32,
    /// Slots there is room for.
    pub cap: u32,
    /// Hash mode only, else null.
    pub index: *mut KeyIndex,
}

const _: () = assert!(size_of::<DictObj>() == 32);

/// Up to this many entries of a hash dict are searched without an index.
const SMALL: usize = 8;
/// Room in an empty dict of unknown size.
const FIRST_SLOTS: usize = 4;
/// Up to this many slots lie in the dict's own cell.
const MAX_INLINE: usize = 64;
const RECORD: u8 = DictMode::Record as u8;
const DENSE: u8 = DictMode::Dense as u8;
const HASH: u8 = DictMode::Hash as u8;

impl Value {
    #[inline(always)]
    pub fn dict(self) -> View<DictObj> {
        debug_assert!(self.is_kind(Kind::Dict));
        // SAFETY: the value is a dict object.
        unsafe { View::of(self) }
    }
}

impl DictObj {
    #[inline(always)]
    pub fn mode(&self) -> DictMode {
        match self.header.form {
            RECORD => DictMode::Record,
            DENSE => DictMode::Dense,
            _ => DictMode::Hash,
        }
    }

    /// Entries that are not removed.
    #[inline(always)]
    pub(crate) fn live(&self) -> usize {
        if self.header.form == HASH {
            self.header.aux as usize
        } else {
            self.len as usize
        }
    }

    /// Slots that are initialised.
    #[inline(always)]
    pub(crate) fn used(&self) -> usize {
        (self.len as usize) << (self.header.form == HASH) as u32
    }

    /// The key of an entry in hash mode, absent if it is removed.
    #[inline(always)]
    fn hash_key(&self, entry: usize) -> Value {
        debug_assert!(self.header.form == HASH && entry < self.len as usize);
        // SAFETY: `len` pairs are initialised.
        unsafe { *self.ptr.add(2 * entry) }
    }

    #[inline(always)]
    fn index(&self) -> Option<&KeyIndex> {
        // SAFETY: null or a box that this dict owns.
        unsafe { self.index.as_ref() }
    }

    /// # Safety
    /// No other reference to the index is used while this one is.
    #[inline(always)]
    unsafe fn index_mut<'a>(&self) -> Option<&'a mut KeyIndex> {
        // SAFETY: the caller's promise, and as above.
        unsafe { self.index.as_mut() }
    }

    /// The initialised slots.
    #[inline(always)]
    fn slots(&self) -> &[Value] {
        if self.len == 0 {
            return &[];
        }
        // SAFETY: that many are initialised.
        unsafe { std::slice::from_raw_parts(self.ptr, self.used()) }
    }

    /// The values of a record or a dense dict, in order; good until the next change.
    pub fn values(&self) -> &'static [Value] {
        debug_assert!(self.header.form != HASH);
        if self.len == 0 {
            return &[];
        }
        // SAFETY: that many are initialised.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len as usize) }
    }

    /// The entry with the key looked for. Hash mode only.
    #[inline]
    fn find(&self, probe: Probe) -> Option<usize> {
        debug_assert!(self.header.form == HASH);
        let (slots, len) = (self.ptr, self.len as usize);
        match self.index() {
            Some(index) => index.find(probe, slots),
            None => (0..len).find(|&entry| probe.matches(self.hash_key(entry))),
        }
    }

    /// [`DictObj::find`] for the keys that need no probe.
    #[inline(always)]
    fn find_fast(&self, key: Value) -> FastFind {
        debug_assert!(self.header.form == HASH);
        match self.index() {
            Some(index) => index.find_fast(key, self.slots()),
            None => FastFind::Unknown,
        }
    }

    /// Where the value under an int lies, or null if it is not there or takes more
    /// to find: short enough for the interpreter's loop.
    #[inline(always)]
    pub(crate) fn int_place(&self, key: i64) -> *mut Value {
        let slot = match self.mode() {
            DictMode::Dense if (key as u64) < self.len as u64 => key as usize,
            DictMode::Hash if !self.index.is_null() => {
                // SAFETY: a box that this dict owns.
                match unsafe { (*self.index).find_in_range(key) } {
                    Some(entry) => 2 * entry + 1,
                    None => return std::ptr::null_mut(),
                }
            }
            _ => return std::ptr::null_mut(),
        };
        // SAFETY: within the initialised slots.
        unsafe { self.ptr.add(slot) }
    }

    /// Where the value under `key` lies if that was the last key found, or null: what is
    /// looked for once is often looked for again.
    #[inline(always)]
    pub(crate) fn last_place(&self, key: Value) -> *mut Value {
        if self.header.form != HASH || self.index.is_null() {
            return std::ptr::null_mut();
        }
        // SAFETY: a box that this dict owns.
        let last = unsafe { (*self.index).last.get() } as usize;
        if last < self.len as usize && self.hash_key(last) == key {
            // SAFETY: `len` pairs are initialised.
            unsafe { self.ptr.add(2 * last + 1) }
        } else {
            std::ptr::null_mut()
        }
    }

    /// The first entry from `entry` on that is not removed, or `len`.
    #[inline]
    fn skip_removed(&self, mut entry: usize) -> usize {
        while entry < self.len as usize && self.hash_key(entry).is_absent() {
            entry += 1;
        }
        entry
    }
}

impl View<DictObj> {
    /// Adds the entry that a dense dict with room grows by; false where this is none.
    #[inline(always)]
    pub(crate) fn append_dense(self, key: i64, value: Value) -> bool {
        if self.header.form != DENSE || key != self.len as i64 || self.len == self.cap {
            return false;
        }
        // SAFETY: there is room for one more.
        unsafe { self.ptr.add(self.len as usize).write(value) };
        put!(self.len += 1);
        true
    }

    /// Makes this an empty record with the storage it has.
    fn reset(self) {
        // SAFETY: the dict owns its index, which is not used again.
        unsafe { drop_index(self.ptr()) };
        put!(self.header.form = RECORD);
        put!(self.header.aux = EMPTY_SHAPE);
        put!(self.len = 0);
    }
}

/// Bytes that a dict holds outside cells.
///
/// # Safety
/// `dict` is a live dict.
pub unsafe fn index_bytes(dict: *mut DictObj) -> usize {
    // SAFETY: the index is null or owned by the dict.
    unsafe { (*dict).index.as_ref().map_or(0, KeyIndex::bytes) }
}

/// Frees a dict's index.
///
/// # Safety
/// `dict` is a dict; its index is not in use.
pub unsafe fn drop_index(dict: *mut DictObj) {
    // SAFETY: the dict owns its index, which came from a box.
    unsafe {
        if !(*dict).index.is_null() {
            drop(Box::from_raw((*dict).index));
            (*dict).index = std::ptr::null_mut();
        }
    }
}

/// Making dicts.
impl Heap {
    /// An empty dict with room for `cap` entries in record or dense mode.
    pub fn new_dict(&mut self, cap: usize) -> Value {
        self.new_dict_room(cap.max(FIRST_SLOTS))
    }

    /// An empty dict with room for `slots` slots.
    fn new_dict_room(&mut self, slots: usize) -> Value {
        let inline = if slots <= MAX_INLINE { slots } else { 0 };
        let dict = self.raw_dict(EMPTY_SHAPE, inline);
        // SAFETY: a fresh object with that much room after it.
        let value = unsafe {
            (*dict).len = 0;
            Value::pointer(dict)
        };
        if slots > inline {
            let buffer = self.new_buffer(slots);
            let dict = value.dict();
            put!(dict.ptr = buffer);
            put!(dict.cap = slots as u32);
            // The second allocation may have made the first old.
            self.note_store(value.as_pointer());
        }
        value
    }

    /// A record object with `slots` slots after it. The caller writes `len`
    /// and, up to there, the slots.
    #[inline(always)]
    fn raw_dict(&mut self, shape: u32, slots: usize) -> *mut DictObj {
        let size = size_of::<DictObj>() + 8 * slots;
        let dict: *mut DictObj = self.allocate(Kind::Dict, RECORD, shape, size).cast();
        // SAFETY: a fresh object.
        unsafe {
            (*dict).ptr = if slots > 0 {
                trailing(dict, 0)
            } else {
                std::ptr::null_mut()
            };
            (*dict).cap = slots as u32;
            (*dict).index = std::ptr::null_mut();
        }
        dict
    }

    /// The key list of a literal with these (distinct) names.
    pub fn new_key_list(&mut self, names: &[&str]) -> Value {
        let size = size_of::<KeyListObj>() + 8 * names.len();
        let list: *mut KeyListObj = self.allocate(Kind::KeyList, 0, 0, size).cast();
        // SAFETY: a fresh object with room for the names; it is complete before
        // each allocation, and keeps the names that it has alive.
        unsafe {
            (*list).shape = 0;
            (*list).len = 0;
            for (i, name) in names.iter().enumerate() {
                let name = self.intern(name);
                trailing(list, i).write(name);
                (*list).len += 1;
                self.write_barrier(list.cast(), name);
            }
            let mut shape = Some(EMPTY_SHAPE);
            for i in 0..names.len() {
                shape = shape.and_then(|shape| self.shape_with(shape, *trailing(list, i)));
            }
            (*list).shape = shape.unwrap_or(0);
            Value::pointer(list)
        }
    }

    /// The dict with the keys of `key_list` and the values from `values` on, as
    /// many as there are keys, which the collector sees.
    // Called with registers only, where a slice would be made up for the call.
    #[allow(clippy::not_unsafe_ptr_arg_deref)]
    #[inline]
    pub fn new_dict_from(&mut self, key_list: Value, values: *const Value) -> Value {
        debug_assert!(key_list.is_kind(Kind::KeyList));
        let list: *mut KeyListObj = key_list.as_pointer();
        // SAFETY: a live key list; the caller's values; a fresh object with room
        // for as many.
        unsafe {
            let (shape, len) = ((*list).shape, (*list).len as usize);
            if shape == 0 {
                return self.new_hash_dict_from(key_list, values);
            }
            let dict = self.raw_dict(shape, len);
            (*dict).len = len as u32;
            std::ptr::copy_nonoverlapping(values, (*dict).ptr, len);
            Value::pointer(dict)
        }
    }

    #[cold]
    fn new_hash_dict_from(&mut self, key_list: Value, values: *const Value) -> Value {
        let list: *mut KeyListObj = key_list.as_pointer();
        // SAFETY: a live key list, and the caller's values.
        unsafe {
            let len = (*list).len as usize;
            let dict = self.new_dict_room(2 * len);
            let object = dict.dict().ptr();
            (*object).header.form = HASH;
            (*object).header.aux = 0;
            for i in 0..len {
                // A literal has fewer entries than the limit.
                let _ = self.dict_set(dict, *trailing(list, i), *values.add(i));
            }
            dict
        }
    }

    /// A copy in the same mode that shares what the values hold.
    pub fn copy_dict(&mut self, dict: Value) -> Value {
        self.stats.copies += 1;
        let used = dict.dict().used();
        // A copy is made to be written: often by one more entry.
        let copy = self.new_dict_room(used + 2 + used / 8);
        self.fill_slots(copy, dict, 0..used);
        self.finish_fill(copy, dict);
        copy
    }

    /// [`Heap::copy_dict`] for a large dict, in parts: an empty dict with the room, to be
    /// given all slots and finished. Nothing else changes either dict meanwhile.
    pub fn begin_copy(&mut self, dict: Value) -> Value {
        self.stats.copies += 1;
        let used = dict.dict().used();
        self.new_dict_room(used + 2 + used / 8)
    }

    /// Gives the empty dict `to`, which has the room, some of the slots of `from`.
    ///
    /// # Panics
    /// If one of them has not so many.
    pub fn fill_slots(&mut self, to: Value, from: Value, slots: Range<usize>) {
        let (to_dict, from_dict) = (to.dict(), from.dict());
        assert!(slots.end <= from_dict.used() && slots.end <= to_dict.cap as usize);
        let hash = from_dict.header.form == HASH;
        for i in slots {
            // SAFETY: both have that many slots; no allocation in between.
            let value = unsafe {
                let value = *from_dict.ptr.add(i);
                to_dict.ptr.add(i).write(value);
                value
            };
            if !hash || i & 1 == 1 {
                value.share();
            }
            self.write_barrier(to.as_pointer(), value);
        }
    }

    /// Makes a dict that has been given all slots of `from` its equal.
    pub fn finish_fill(&mut self, to: Value, from: Value) {
        let (to_dict, from_dict) = (to.dict(), from.dict());
        to_dict.reset();
        if let Some(index) = from_dict.index() {
            self.note_external(index.bytes());
            put!(to_dict.index = Box::into_raw(Box::new(index.clone())));
        }
        put!(to_dict.header.form = from_dict.header.form);
        put!(to_dict.header.aux = from_dict.header.aux);
        put!(to_dict.len = from_dict.len);
    }
}

/// Reading.
impl Heap {
    /// The number of entries.
    #[inline]
    pub fn dict_len(&self, d: Value) -> usize {
        d.dict().live()
    }

    /// The value under `key`. A value that cannot be a key is not there.
    #[inline]
    pub fn dict_get(&mut self, d: Value, key: Value) -> Option<Value> {
        let dict = d.dict();
        if dict.header.form == DENSE && key.is_int() {
            let i = key.as_int() as u64;
            // SAFETY: `len` slots are initialised.
            return (i < dict.len as u64).then(|| unsafe { *dict.ptr.add(i as usize) });
        }
        // SAFETY: a place is an initialised slot.
        self.dict_place(d, key).map(|place| unsafe { *place })
    }

    /// The value under `name`, an interned string.
    #[inline]
    pub fn dict_get_name(&mut self, d: Value, name: Value) -> Option<Value> {
        let dict = d.dict();
        if dict.header.form == RECORD {
            let slot = self.shapes.slot(dict.header.aux, name)?;
            // SAFETY: a record has one slot for each key of its shape.
            return Some(unsafe { *dict.ptr.add(slot as usize) });
        }
        // SAFETY: a place is an initialised slot.
        self.dict_place(d, name).map(|place| unsafe { *place })
    }

    /// The slot of `name`, an interned string, if the dict is a record.
    #[inline]
    pub fn dict_record_slot(&self, d: Value, name: Value) -> Option<u32> {
        let dict = d.dict();
        if dict.header.form != RECORD {
            return None;
        }
        self.shapes.slot(dict.header.aux, name)
    }

    #[inline]
    pub fn dict_contains(&mut self, d: Value, key: Value) -> bool {
        if key.is_int() {
            let place = d.dict().int_place(key.as_int());
            if !place.is_null() {
                // Code that asks for a key reads the value next, and in a large dict waits for
                // it (measured with a million scattered keys).
                pages::prefetch(place);
                return true;
            }
        }
        self.dict_place(d, key).is_some()
    }

    /// Where the value under `key` lies: good until the dict changes. Code that writes
    /// there also calls [`Heap::write_barrier`].
    pub fn dict_place(&mut self, d: Value, key: Value) -> Option<*mut Value> {
        let dict = d.dict();
        let slot = match dict.mode() {
            DictMode::Record => {
                if dict.len == 0 || !key.is_string() {
                    return None;
                }
                let name = self.lookup_interned(key)?;
                self.shapes.slot(dict.header.aux, name)? as usize
            }
            DictMode::Dense => match self.probe(key)? {
                Probe::Int(i) if (i as u64) < dict.len as u64 => i as usize,
                _ => return None,
            },
            DictMode::Hash => {
                let entry = match dict.find_fast(key) {
                    FastFind::Found(entry) => entry,
                    FastFind::Missing => return None,
                    FastFind::Unknown => {
                        let probe = self.probe(key)?;
                        dict.find(probe)?
                    }
                };
                2 * entry + 1
            }
        };
        // SAFETY: found among the initialised slots.
        Some(unsafe { dict.ptr.add(slot) })
    }

    /// The entry at `cursor` or the next one that there is, with the cursor of
    /// the one after. The first cursor is 0. A cursor is good while no entry is
    /// added or removed.
    #[inline]
    pub fn dict_next(&self, d: Value, cursor: usize) -> Option<(Value, Value, usize)> {
        let dict = d.dict();
        let mut at = cursor;
        if dict.header.form == HASH {
            at = match dict.index() {
                Some(index) => {
                    let at = at.max(index.first as usize);
                    let at = dict.skip_removed(at);
                    index.last.set(at as u32);
                    at
                }
                None => dict.skip_removed(at),
            };
        }
        if at >= dict.len as usize {
            return None;
        }
        let (key, value) = self.entry(&dict, at);
        Some((key, value, at + 1))
    }

    /// The first key and its value.
    pub fn dict_first(&self, d: Value) -> Option<(Value, Value)> {
        self.dict_next(d, 0).map(|(key, value, _)| (key, value))
    }

    /// The last key and its value.
    pub fn dict_last(&self, d: Value) -> Option<(Value, Value)> {
        let dict = d.dict();
        // A removed entry is never the last: removal takes it away.
        let last = (dict.len as usize).checked_sub(1)?;
        Some(self.entry(&dict, last))
    }

    /// Key and value of an entry that is there.
    #[inline(always)]
    fn entry(&self, dict: &DictObj, at: usize) -> (Value, Value) {
        debug_assert!(at < dict.len as usize);
        // SAFETY: `len` entries are initialised.
        unsafe {
            match dict.mode() {
                DictMode::Record => (self.shapes.key(dict.header.aux, at), *dict.ptr.add(at)),
                DictMode::Dense => (Value::int(at as i64), *dict.ptr.add(at)),
                DictMode::Hash => (*dict.ptr.add(2 * at), *dict.ptr.add(2 * at + 1)),
            }
        }
    }
}
