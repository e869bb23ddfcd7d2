//! Sets: distinct values in the order in which they came. The meaning of "distinct"
//! is decided outside: callers bring the hash of a value and say which stored
//! value is the same. Sharing is the caller's business except in
//! [`Heap::copy_set`].
//!
//! # Invariants
//! * `items` is an array that nothing but this set refers to. A removed value
//!   leaves a gap there (absent), never at the end.
//! * `header.aux` is the number of values, gaps not counted.
//! * `index.hashes` has the hash of every place of `items`; `index.table`, if
//!   there ever were more than [`SMALL`] places, every place that is no gap.
//!   Fewer are searched in order.
//! * Whenever the heap is asked for memory, the set is consistent.

use super::object::*;
use super::room::NoRoom;
use super::string::widen;
use super::table::Table;
use super::watch::Watch;
use super::{Heap, LARGE_REQUEST, MAX_ELEMENTS, space};
use crate::value::Value;

/// Up to this many places are searched without a table.
const SMALL: usize = 8;

#[repr(C)]
pub struct SetObj {
    pub header: Header,
    /// The values, an array; absent where one was removed.
    pub items: Value,
    /// Owned; freed with the object.
    pub index: *mut SetIndex,
}

/// Finds the values of a set by their hashes.
#[derive(Clone, Default)]
pub struct SetIndex {
    hashes: Vec<u32>,
    table: Table,
    /// Places before this one are gaps.
    first: u32,
}

impl SetIndex {
    fn bytes(&self) -> usize {
        4 * self.hashes.capacity() + self.table.bytes()
    }

    /// A copy, with a call of `look` after every few megabytes.
    fn copied<E>(&self, look: &mut dyn FnMut() -> Result<(), E>) -> Result<SetIndex, E> {
        /// Hashes that are copied in one go.
        const RUN: usize = 1 << 19;
        let mut hashes = Vec::with_capacity(self.hashes.len() + self.hashes.len() / 8);
        for run in self.hashes.chunks(RUN) {
            hashes.extend_from_slice(run);
            look()?;
        }
        Ok(SetIndex {
            hashes,
            table: self.table.copied(look)?,
            first: self.first,
        })
    }

    /// Adds the next place, which has this hash, to the hashes and, `in_table`, to the table.
    fn push(&mut self, hash: u32, in_table: bool, watch: &Watch) -> Result<(), NoRoom> {
        let place = self.hashes.len();
        push_hash(&mut self.hashes, hash)?;
        if in_table {
            let hashes = &self.hashes;
            let hash_of = |place: u32| widen(hashes[place as usize]);
            let grown = self
                .table
                .insert_growing(widen(hash), place as u32, hash_of, watch);
            if grown.is_err() {
                self.hashes.pop();
            }
            return grown;
        }
        Ok(())
    }
}

/// Adds a hash to those that are kept.
///
/// # Errors
/// If the system has no memory for many.
#[inline]
pub(super) fn push_hash(hashes: &mut Vec<u32>, hash: u32) -> Result<(), NoRoom> {
    let len = hashes.len();
    if len == hashes.capacity() && 8 * len >= LARGE_REQUEST && !space::system_has(8 * len) {
        return Err(NoRoom::OutOfMemory);
    }
    hashes.push(hash);
    Ok(())
}

impl Value {
    #[inline(always)]
    pub fn set(self) -> View<SetObj> {
        debug_assert!(self.is_kind(Kind::Set));
        // SAFETY: the value is a set object.
        unsafe { View::of(self) }
    }
}

impl SetObj {
    /// The number of values.
    #[inline]
    pub fn len(&self) -> usize {
        self.header.aux as usize
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values, and gaps, in their places; good until the next change.
    pub fn items(&self) -> &'static [Value] {
        self.items.elements()
    }

    /// A copy of what finds the values, for [`Heap::set_of_copies`]; `look` is called
    /// now and then.
    ///
    /// # Errors
    /// Those of `look`.
    pub fn copy_index<E>(&self, look: &mut dyn FnMut() -> Result<(), E>) -> Result<SetIndex, E> {
        self.index().copied(look)
    }

    fn index(&self) -> &SetIndex {
        // SAFETY: the set owns its index.
        unsafe { &*self.index }
    }

    /// # Safety
    /// No other reference to the index is used while this one is.
    unsafe fn index_mut<'a>(&self) -> &'a mut SetIndex {
        // SAFETY: the caller's promise, and as above.
        unsafe { &mut *self.index }
    }

    /// The place of the value that has this hash and is the `same`.
    pub fn find(&self, hash: u32, mut same: impl FnMut(Value) -> bool) -> Option<usize> {
        let items = self.items.elements();
        let index = self.index();
        let (hashes, table) = (&index.hashes, &index.table);
        let mut is =
            |place: usize| hashes[place] == hash && !items[place].is_absent() && same(items[place]);
        if table.is_empty() {
            return (0..items.len()).find(|&place| is(place));
        }
        let found = table.find(widen(hash), |place| is(place as usize));
        found.map(|place| place as usize)
    }

    /// The value at `cursor` or the next one that there is, with its hash and the
    /// cursor of the one after. The first cursor is 0. A cursor is good while
    /// nothing is added or removed.
    #[inline]
    pub fn next(&self, cursor: usize) -> Option<(Value, u32, usize)> {
        let mut place = cursor.max(self.index().first as usize);
        let items = self.items.elements();
        loop {
            let item = *items.get(place)?;
            if !item.is_absent() {
                return Some((item, self.index().hashes[place], place + 1));
            }
            place += 1;
        }
    }
}

/// Bytes that a set holds outside cells.
///
/// # Safety
/// `set` is a live set.
pub unsafe fn index_bytes(set: *mut SetObj) -> usize {
    // SAFETY: the set owns its index.
    unsafe { size_of::<SetIndex>() + (*(*set).index).bytes() }
}

/// Frees a set's index.
///
/// # Safety
/// `set` is a dead set.
pub unsafe fn drop_index(set: *mut SetObj) {
    // SAFETY: the set owns its index, which came from a box.
    unsafe { drop(Box::from_raw((*set).index)) };
}

impl Heap {
    /// An empty set with room for `cap` values.
    pub fn new_set(&mut self, cap: usize) -> Value {
        let items = self.new_array(cap);
        self.set_of(items, SetIndex::default(), 0)
    }

    fn set_of(&mut self, items: Value, index: SetIndex, len: u32) -> Value {
        self.note_external(index.bytes());
        let set: *mut SetObj = self.allocate(Kind::Set, 0, len, size_of::<SetObj>()).cast();
        // SAFETY: a fresh object.
        unsafe {
            (*set).items = items;
            (*set).index = Box::into_raw(Box::new(index));
            Value::pointer(set)
        }
    }

    /// A set of copies of another one's parts, which has no gaps: `items` is an array that
    /// nothing else refers to.
    pub fn set_of_copies(&mut self, items: Value, index: SetIndex) -> Value {
        let len = items.elements().len();
        assert!(index.hashes.len() == len);
        self.set_of(items, index, len as u32)
    }

    /// A copy without gaps that shares what the values hold.
    pub fn copy_set(&mut self, s: Value) -> Value {
        let set = s.set();
        let extra = set.len() / 8 + 1;
        if set.len() == set.items.elements().len() {
            let items = self.copy_array(set.items, extra);
            return self.set_of(items, set.index().clone(), set.header.aux);
        }
        let copy = self.new_set(set.len() + extra);
        let mut cursor = 0;
        while let Some((item, hash, next)) = set.next(cursor) {
            item.share();
            // A set is not longer than a set may be.
            let _ = self.set_append(copy, hash, item);
            cursor = next;
        }
        copy
    }

    /// Adds a value that is not in the set.
    pub fn set_append(&mut self, s: Value, hash: u32, item: Value) -> Result<(), NoRoom> {
        let set = s.set();
        let places = set.items.array();
        let (full, gaps) = (places.len == places.cap, places.len - set.header.aux);
        if full && (2 * gaps > places.len || (gaps > 0 && places.len as usize == MAX_ELEMENTS)) {
            self.close_gaps(s);
        }
        self.array_push(set.items, item)?;
        // SAFETY: no other reference to the index is used below.
        let index = unsafe { set.index_mut() };
        let before = index.bytes();
        let in_table = !index.table.is_empty();
        let pushed = index.push(hash, in_table, &self.watch);
        if pushed.is_ok() && !in_table && index.hashes.len() > SMALL {
            self.fill_table(s);
        }
        if pushed.is_err() {
            let len = set.items.elements().len();
            self.array_truncate(set.items, len - 1);
            return pushed;
        }
        put!(set.header.aux += 1);
        let grown = set.index().bytes() - before;
        if grown > 0 {
            self.note_external(grown);
        }
        Ok(())
    }

    /// Puts every place that is no gap into the table, which is new or has had room for
    /// more.
    fn fill_table(&mut self, s: Value) {
        let set = s.set();
        let items = set.items.elements();
        // SAFETY: no other reference to the index is used below.
        let index = unsafe { set.index_mut() };
        index.table.clear();
        let places = items.iter().zip(&index.hashes).enumerate();
        let places = places.filter(|(_, (item, _))| !item.is_absent());
        let numbers = places.map(|(place, (_, &hash))| (widen(hash), place as u32));
        let done = index.table.fill_growing(items.len(), numbers);
        if done.is_err() {
            space::refused(size_of::<u32>() * items.len());
        }
    }

    /// Takes the value at a place out.
    pub fn set_take(&mut self, s: Value, place: usize) -> Value {
        let set = s.set();
        put!(set.header.aux -= 1);
        let (live, array) = (set.len(), set.items);
        let item = array.elements()[place];
        array.set_element(place, Value::ABSENT);
        let items = array.elements();
        // SAFETY: no other reference to the index is used below.
        let index = unsafe { set.index_mut() };
        let hash = widen(index.hashes[place]);
        index.table.remove(hash, place as u32);
        let mut len = items.len();
        while len > 0 && items[len - 1].is_absent() {
            len -= 1;
        }
        index.hashes.truncate(len);
        self.array_truncate(array, len);
        let mut first = index.first as usize;
        while first < len && items[first].is_absent() {
            first += 1;
        }
        index.first = first.min(len) as u32;
        if len > 4 * SMALL && len > 2 * live {
            self.close_gaps(s);
        }
        item
    }

    fn close_gaps(&mut self, s: Value) {
        let set = s.set();
        // SAFETY: no other slice of the elements is in use, nor a reference to the index.
        let (items, index) = unsafe { (set.items.elements_mut(), set.index_mut()) };
        let mut kept = 0;
        for place in 0..items.len() {
            if !items[place].is_absent() {
                items[kept] = items[place];
                index.hashes[kept] = index.hashes[place];
                kept += 1;
            }
        }
        index.hashes.truncate(kept);
        index.first = 0;
        self.array_truncate(set.items, kept);
        self.fill_table(s);
    }

    /// Takes all values out.
    pub fn set_clear(&mut self, s: Value) {
        let set = s.set();
        // SAFETY: no other reference to the index is in use.
        unsafe { *set.index_mut() = SetIndex::default() };
        put!(set.header.aux = 0);
        let items = self.new_array(0);
        put!(set.items = items);
        self.write_barrier(s.as_pointer(), items);
    }
}
