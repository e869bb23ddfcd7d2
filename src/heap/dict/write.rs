//! Changing dicts: setting, removing and merging entries, and the changes of
//! mode and of room that come with it. Everything here keeps the invariants that
//! `dict` states, at every allocation too.

use super::DictObj;
use super::index::{FastFind, KeyIndex};
use super::key::{Probe, is_key};
use super::{DENSE, FIRST_SLOTS, HASH, NoRoom, RECORD, SMALL, drop_index};
use crate::heap::object::*;
use crate::heap::watch::Watch;
use crate::heap::{Heap, MAX_ELEMENTS, space};
use crate::value::Value;

/// A computed key beyond this many bytes is not made part of a shape.
pub(super) const MAX_SHAPE_KEY: usize = 64;
/// A cleared dict keeps its storage up to this many slots.
const MAX_KEPT: usize = 1024;

impl Heap {
    /// Puts `value` under `key`, which is a key ([`is_key`]).
    #[inline]
    pub fn dict_set(&mut self, d: Value, key: Value, value: Value) -> Result<(), NoRoom> {
        let dict = d.dict();
        if dict.header.form == DENSE && key.is_int() {
            let i = key.as_int() as u64;
            if i < dict.len as u64 || (i == dict.len as u64 && dict.len < dict.cap) {
                // SAFETY: within the capacity.
                unsafe { dict.ptr.add(i as usize).write(value) };
                put!(dict.len = dict.len.max(i as u32 + 1));
                self.write_barrier(d.as_pointer(), value);
                return Ok(());
            }
        }
        self.dict_set_slow(d, key, value)
    }

    #[inline(never)]
    fn dict_set_slow(&mut self, d: Value, key: Value, value: Value) -> Result<(), NoRoom> {
        debug_assert!(is_key(key));
        let dict = d.dict();
        match dict.mode() {
            DictMode::Record => self.set_in_record(d, key, value),
            DictMode::Dense => {
                let len = dict.len as usize;
                let probe = self.probe(key).expect("a key");
                match probe {
                    Probe::Int(i) if (i as u64) < len as u64 => {
                        // SAFETY: `len` slots are initialised.
                        unsafe { dict.ptr.add(i as usize).write(value) };
                        self.write_barrier(d.as_pointer(), value);
                        Ok(())
                    }
                    Probe::Int(i) if i == len as i64 && key.is_int() => self.push_slot(d, 0, value),
                    _ if len >= MAX_ELEMENTS => Err(NoRoom::TooLong),
                    _ => {
                        self.make_hash(d)?;
                        self.append(d, probe, key, value)
                    }
                }
            }
            DictMode::Hash => {
                let fast = dict.find_fast(key);
                if let FastFind::Found(entry) = fast {
                    // SAFETY: `len` pairs are initialised.
                    unsafe { dict.ptr.add(2 * entry + 1).write(value) };
                    self.write_barrier(d.as_pointer(), value);
                    return Ok(());
                }
                let probe = self.probe(key).expect("a key");
                if let FastFind::Unknown = fast
                    && let Some(entry) = dict.find(probe)
                {
                    // SAFETY: `len` pairs are initialised.
                    unsafe { dict.ptr.add(2 * entry + 1).write(value) };
                    self.write_barrier(d.as_pointer(), value);
                    return Ok(());
                }
                self.append(d, probe, key, value)
            }
        }
    }

    fn set_in_record(&mut self, d: Value, key: Value, value: Value) -> Result<(), NoRoom> {
        let dict = d.dict();
        let shape = dict.header.aux;
        if key.is_string() {
            if let Some(name) = self.lookup_interned(key) {
                if let Some(slot) = self.shapes.slot(shape, name) {
                    // SAFETY: a record has one slot for each key of its shape.
                    unsafe { dict.ptr.add(slot as usize).write(value) };
                    self.write_barrier(d.as_pointer(), value);
                    return Ok(());
                }
                if let Some(next) = self.shapes.successor(shape, name) {
                    return self.push_slot(d, next, value);
                }
            }
            if key.string().byte_len() <= MAX_SHAPE_KEY
                && self.shapes.takes_computed_key(shape)
                && !self.is_int_text(key)
            {
                let name = self.intern_value(key);
                if let Some(next) = self.shape_with(shape, name) {
                    return self.push_slot(d, next, value);
                }
            }
        } else if dict.len == 0 && key == Value::ZERO {
            // Empty it is still a record, until there is room.
            self.reserve_slots(d, 1)?;
            put!(dict.header.form = DENSE);
            return self.push_slot(d, 0, value);
        }
        let probe = self.probe(key).expect("a key");
        self.make_hash(d)?;
        self.append(d, probe, key, value)
    }

    /// Puts `value` under `name`, an interned string.
    #[inline]
    pub fn dict_set_name(&mut self, d: Value, name: Value, value: Value) -> Result<(), NoRoom> {
        let dict = d.dict();
        if dict.header.form == RECORD {
            let shape = dict.header.aux;
            if let Some(slot) = self.shapes.slot(shape, name) {
                // SAFETY: a record has one slot for each key of its shape.
                unsafe { dict.ptr.add(slot as usize).write(value) };
                self.write_barrier(d.as_pointer(), value);
                return Ok(());
            }
            if let Some(next) = self.shape_with(shape, name) {
                return self.push_slot(d, next, value);
            }
        }
        self.dict_set_slow(d, name, value)
    }

    /// Adds a record's next entry: `shape` is its shape with the key added.
    #[inline]
    pub fn dict_add_slot(&mut self, d: Value, shape: u32, value: Value) {
        debug_assert!(d.dict().header.form == RECORD);
        debug_assert!(self.shapes.parent(shape) == d.dict().header.aux);
        // A record never has as many entries as the limit.
        let _ = self.push_slot(d, shape, value);
    }

    /// Appends a slot to a record or dense dict; `aux` is what the header says
    /// from then on.
    #[inline]
    fn push_slot(&mut self, d: Value, aux: u32, value: Value) -> Result<(), NoRoom> {
        let dict = d.dict();
        let len = dict.len as usize;
        if len >= MAX_ELEMENTS {
            return Err(NoRoom::TooLong);
        }
        if len == dict.cap as usize {
            self.reserve_slots(d, len + 1)?;
        }
        // SAFETY: there is room now.
        unsafe { dict.ptr.add(len).write(value) };
        put!(dict.len += 1);
        put!(dict.header.aux = aux);
        self.write_barrier(d.as_pointer(), value);
        Ok(())
    }

    /// Makes room for `slots` slots in all.
    #[inline(never)]
    fn reserve_slots(&mut self, d: Value, slots: usize) -> Result<(), NoRoom> {
        let dict = d.dict();
        let cap = dict.cap as usize;
        if slots <= cap {
            return Ok(());
        }
        let new_cap = slots.max(cap + cap / 2 + 4);
        // SAFETY: `ptr` is the dict's own room (not owned as a buffer) or its
        // own buffer, with the used slots initialised.
        unsafe {
            let own = trailing(dict.ptr(), 0);
            let owned = !dict.ptr.is_null() && dict.ptr != own;
            let buffer = self.grow_buffer(dict.ptr, dict.used(), cap, owned, new_cap)?;
            (*dict.ptr()).ptr = buffer;
            (*dict.ptr()).cap = new_cap as u32;
        }
        self.note_store(d.as_pointer());
        Ok(())
    }

    /// Turns a record or dense dict into hash mode with room for one more entry.
    pub(super) fn make_hash(&mut self, d: Value) -> Result<(), NoRoom> {
        let len = d.dict().len as usize;
        self.reserve_slots(d, 2 * (len + 1))?;
        let dict = d.dict();
        d.header().note_moves();
        let record = dict.header.form == RECORD;
        // From the end, so that each value is moved before its place is taken.
        for entry in (0..len).rev() {
            let key = if record {
                self.shapes.key(dict.header.aux, entry)
            } else {
                Value::int(entry as i64)
            };
            // SAFETY: there is room for `len` pairs; `entry` <= 2 * `entry`.
            unsafe {
                let value = *dict.ptr.add(entry);
                dict.ptr.add(2 * entry + 1).write(value);
                dict.ptr.add(2 * entry).write(key);
            }
            self.write_barrier(d.as_pointer(), key);
        }
        let shape = dict.header.aux;
        put!(dict.header.form = HASH);
        put!(dict.header.aux = len as u32);
        if len > SMALL
            && let Err(why) = self.build_index(dict)
        {
            // All as it was.
            for entry in 0..len {
                // SAFETY: as above, the other way round.
                unsafe { *dict.ptr.add(entry) = *dict.ptr.add(2 * entry + 1) };
            }
            put!(dict.header.form = if record { RECORD } else { DENSE });
            put!(dict.header.aux = shape);
            return Err(why);
        }
        Ok(())
    }

    /// Makes an index with the hashes of all keys for a dict in hash mode.
    pub(super) fn build_mixed_index(&mut self, dict: View<DictObj>) -> Result<(), NoRoom> {
        let index = KeyIndex::mixed(dict.slots(), dict.live(), &self.watch)?;
        self.use_index(dict, index);
        Ok(())
    }

    /// Makes a new index for a dict in hash mode.
    fn build_index(&mut self, dict: View<DictObj>) -> Result<(), NoRoom> {
        let index = KeyIndex::new(dict.slots(), dict.live(), &self.watch)?;
        self.use_index(dict, index);
        Ok(())
    }

    fn use_index(&mut self, dict: View<DictObj>, mut index: Box<KeyIndex>) {
        // SAFETY: the old index is not used again.
        unsafe { drop_index(dict.ptr()) };
        index.first = dict.skip_removed(0) as u32;
        self.note_external(index.bytes());
        put!(dict.index = Box::into_raw(index));
    }

    /// Adds an entry to a dict in hash mode that has none with this key.
    fn append(&mut self, d: Value, probe: Probe, key: Value, value: Value) -> Result<(), NoRoom> {
        let dict = d.dict();
        if 2 * (dict.len as usize + 1) > dict.cap as usize
            || dict.len as usize >= MAX_ELEMENTS
            || (dict.index.is_null() && dict.len as usize == SMALL)
        {
            self.make_entry_room(d)?;
        }
        let (slots, entry) = (dict.ptr, dict.len);
        // SAFETY: there is room for one more pair.
        unsafe {
            slots.add(2 * entry as usize).write(key);
            slots.add(2 * entry as usize + 1).write(value);
        }
        put!(dict.len += 1);
        put!(dict.header.aux += 1);
        // SAFETY: no other reference to the index is in use.
        let indexed = match unsafe { dict.index_mut() } {
            Some(index) => index
                .insert(probe, dict.slots(), dict.live(), &self.watch)
                .map(|bytes| self.external += bytes),
            None if entry as usize >= SMALL => self.build_index(dict),
            None => Ok(()),
        };
        if indexed.is_err() {
            put!(dict.len -= 1);
            put!(dict.header.aux -= 1);
            return indexed;
        }
        self.write_barrier(d.as_pointer(), key);
        self.write_barrier(d.as_pointer(), value);
        Ok(())
    }

    /// Makes room for one more entry in hash mode: where entries were removed,
    /// if those are many, else with more memory.
    #[cold]
    pub(super) fn make_entry_room(&mut self, d: Value) -> Result<(), NoRoom> {
        let dict = d.dict();
        let (len, live) = (dict.len as usize, dict.live());
        if live >= MAX_ELEMENTS {
            return Err(NoRoom::TooLong);
        }
        let removed = len - live;
        if 4 * removed > len || (removed > 0 && (len == SMALL || len >= MAX_ELEMENTS)) {
            self.compact(d);
        }
        self.reserve_slots(d, 2 * (dict.len as usize + 1))
    }

    /// Closes the gaps that removed entries have left.
    fn compact(&mut self, d: Value) {
        let dict = d.dict();
        let (from, live) = (dict.ptr, dict.live());
        let mut to = from;
        // Most of the room may go, too.
        if dict.cap as usize > MAX_KEPT && 8 * live < dict.cap as usize {
            to = self.new_buffer(4 * live + FIRST_SLOTS);
            put!(dict.cap = (4 * live + FIRST_SLOTS) as u32);
        }
        let mut kept = 0;
        // SAFETY: no other reference to the index is in use.
        let mut hashes = unsafe { dict.index_mut() }.and_then(KeyIndex::hashes);
        for entry in 0..dict.len as usize {
            // SAFETY: entries move down, or into a buffer with room for them.
            unsafe {
                let key = *from.add(2 * entry);
                if !key.is_absent() {
                    let value = *from.add(2 * entry + 1);
                    to.add(2 * kept).write(key);
                    to.add(2 * kept + 1).write(value);
                    if let Some(hashes) = &mut hashes {
                        hashes[kept] = hashes[entry];
                    }
                    kept += 1;
                }
            }
        }
        debug_assert_eq!(kept, live);
        if let Some(hashes) = hashes {
            hashes.truncate(kept);
        }
        put!(dict.ptr = to);
        put!(dict.len = live as u32);
        self.note_store(d.as_pointer());
        // SAFETY: no other reference to the index is in use.
        if let Some(index) = unsafe { dict.index_mut() } {
            if live <= SMALL && !index.is_mixed() {
                // SAFETY: the index is not used again.
                unsafe { drop_index(dict.ptr()) };
            } else {
                // Closing gaps ends soon enough, and needs no more memory than there was.
                let built = match index.refill(dict.slots(), live) {
                    Ok(true) => Ok(()),
                    Ok(false) => KeyIndex::new(dict.slots(), live, &Watch::default())
                        .map(|index| self.use_index(dict, index)),
                    Err(why) => Err(why),
                };
                if built.is_err() {
                    space::refused(16 * live);
                }
            }
        }
    }

    /// Takes the entry with this key out. A value that cannot be a key is not
    /// there.
    pub fn dict_remove(&mut self, d: Value, key: Value) -> Option<Value> {
        let dict = d.dict();
        if dict.header.form != HASH {
            let place = self.dict_place(d, key)?;
            // SAFETY: the place is a slot of this dict, `len` is not 0.
            let (value, last) = unsafe { (*place, dict.ptr.add(dict.len as usize - 1)) };
            if place == last {
                if dict.header.form == RECORD {
                    put!(dict.header.aux = self.shapes.parent(dict.header.aux));
                }
                put!(dict.len -= 1);
                if dict.len == 0 {
                    dict.reset();
                }
                return Some(value);
            }
            if self.make_hash(d).is_err() {
                // There is no error for what removes an entry.
                space::refused(16 * d.dict().len as usize);
            }
        }
        let probe = self.probe(key)?;
        let entry = dict.find(probe)?;
        Some(self.remove_entry(d, Some(probe), entry))
    }

    /// Takes an entry of a dict in hash mode out.
    pub(super) fn remove_entry(&mut self, d: Value, probe: Option<Probe>, entry: usize) -> Value {
        let dict = d.dict();
        let slots = dict.ptr;
        // SAFETY: no other reference to the index is in use.
        if let Some(index) = unsafe { dict.index_mut() } {
            index.remove(probe, entry);
        }
        // SAFETY: the entry is there.
        let value = unsafe {
            slots.add(2 * entry).write(Value::ABSENT);
            slots.add(2 * entry + 1).replace(Value::ABSENT)
        };
        put!(dict.header.aux -= 1);
        while dict.len > 0 && dict.hash_key(dict.len as usize - 1).is_absent() {
            put!(dict.len -= 1);
        }
        let len = dict.len as usize;
        // SAFETY: as above.
        if let Some(index) = unsafe { dict.index_mut() } {
            if index.first as usize > len {
                index.first = len as u32;
            } else if index.first as usize == entry {
                let first = dict.skip_removed(entry);
                index.first = first as u32;
            }
        }
        if len > SMALL && 2 * dict.live() < len {
            self.compact(d);
        }
        value
    }

    /// Takes all entries out.
    pub fn dict_clear(&mut self, d: Value) {
        let dict = d.dict();
        dict.reset();
        if dict.cap as usize > MAX_KEPT {
            put!(dict.ptr = std::ptr::null_mut());
            put!(dict.cap = 0);
        }
    }

    /// Makes an empty dict ready to be given the slots of another one
    /// ([`Heap::fill_slots`]).
    pub fn begin_fill(&mut self, into: Value, from: Value) -> Result<(), NoRoom> {
        debug_assert!(into.dict().live() == 0);
        into.dict().reset();
        self.reserve_slots(into, from.dict().used())
    }
}
