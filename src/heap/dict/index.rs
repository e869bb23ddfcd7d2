//! Finds the entries of a dict in hash mode by their keys: through a hash table
//! or, while all keys are ints in a range not much larger than their number,
//! through a table of the range. Works on entry slots as they lie; never
//! allocates on the heap, never changes an entry.
//!
//! The table of a range takes one access where the hash table takes two that are
//! far apart (measured with a million scattered int keys, all of which miss the
//! cache: writing them 4 times, reading them 9 times as fast).
//!
//! # Cost
//! A hash table that is full is built again, and becomes the table of a range if
//! that fits; a key too far away turns this into a hash table with room for as
//! many entries again. So the entries are gone through only after a number of
//! changes in proportion to them.

use super::key::{Probe, hash, is_key, is_known_name};
use super::{NoRoom, SMALL};
use crate::heap::set::push_hash;
use crate::heap::table::Table;
use crate::heap::watch::Watch;
use crate::heap::{LARGE_REQUEST, space, string};
use crate::value::Value;
use std::cell::Cell;

/// A range may have this many ints for each entry: at 4 bytes for each, at most
/// 24 bytes for an entry, where a hash table takes 5 to 11.
const SPREAD: usize = 6;
/// Entries that are gone through without a look at whether the program is to end.
const RUN: usize = 1 << 16;

#[repr(C)]
pub struct KeyIndex {
    /// The table of a range as compiled code sees it.
    pub view: RangeView,
    /// Entries before this one are removed.
    pub(super) first: u32,
    /// The entry found last, a good guess for the next: `d[k] += 1` looks for the
    /// same key twice, a loop over the keys has just seen it. May be anything.
    pub(super) last: Cell<u32>,
    finder: Finder,
}

/// The table of a range for readers that know no Rust: the number of the entry of key
/// `k`, plus 1, is at `table + 4 * k`, for the keys from `first` on and below `end`.
/// Without such a table there are no keys.
#[repr(C)]
pub struct RangeView {
    pub first: i64,
    pub end: i64,
    pub table: *const u32,
}

impl RangeView {
    const NONE: RangeView = RangeView {
        first: 0,
        end: 0,
        table: std::ptr::null(),
    };
}

#[derive(Clone)]
enum Finder {
    Range(Range),
    Hashed(Hashed),
    Mixed(Mixed),
}

/// Entries by keys of any kind; the hashes of what is no string or int are given.
#[derive(Clone)]
struct Mixed {
    table: Table,
    /// The hash of every entry; of one that is removed, anything.
    hashes: Vec<u32>,
    seeds: [u64; 2],
}

/// Entries by int key; every key is an int (in whatever form).
#[derive(Clone)]
struct Range {
    /// The key that `entries[0]` belongs to.
    base: i64,
    /// Entry number plus 1; 0 for none.
    entries: Vec<u32>,
}

#[derive(Clone)]
struct Hashed {
    table: Table,
    seeds: [u64; 2],
}

impl Range {
    /// The room for all of the `live` entries at `slots`, still empty, if their
    /// keys are ints that are close enough. Keys of at most 18 digits: their
    /// differences fit.
    fn over(slots: &[Value], live: usize, watch: &Watch) -> Result<Option<Range>, NoRoom> {
        let (mut min, mut max) = (i64::MAX, i64::MIN);
        for run in slots.chunks(2 * RUN) {
            for pair in run.chunks_exact(2) {
                let key = pair[0];
                if key.is_absent() {
                    continue;
                }
                let Probe::Int(int) = Probe::of_stored(key) else {
                    return Ok(None);
                };
                (min, max) = (min.min(int), max.max(int));
                if (max - min) as usize >= SPREAD * live {
                    return Ok(None);
                }
            }
            if run.len() == 2 * RUN {
                watch.look()?;
            }
        }
        if live == 0 {
            return Ok(None);
        }
        let span = (max - min) as usize + 1;
        ask_for(span)?;
        let entries = vec![0; span];
        Ok(Some(Range { base: min, entries }))
    }

    /// The table of the range of all entries, if their keys are ints that are close enough.
    fn of(slots: &[Value], live: usize, watch: &Watch) -> Result<Option<Range>, NoRoom> {
        let Some(mut range) = Range::over(slots, live, watch)? else {
            return Ok(None);
        };
        for (i, run) in slots.chunks(2 * RUN).enumerate() {
            for (j, pair) in run.chunks_exact(2).enumerate() {
                if pair[0].is_absent() {
                    continue;
                }
                let Probe::Int(int) = Probe::of_stored(pair[0]) else {
                    unreachable!("the keys of a range are ints");
                };
                range.entries[(int - range.base) as usize] = (i * RUN + j) as u32 + 1;
            }
            if run.len() == 2 * RUN {
                watch.look()?;
            }
        }
        Ok(Some(range))
    }

    #[inline(always)]
    fn find(&self, key: i64) -> Option<usize> {
        let at = key.wrapping_sub(self.base) as u64 as usize;
        match self.entries.get(at) {
            Some(&entry) if entry != 0 => Some(entry as usize - 1),
            _ => None,
        }
    }

    /// Whether there is room for the key, one of `live`.
    #[inline]
    fn insert(&mut self, key: i64, entry: u32, live: usize) -> Result<bool, NoRoom> {
        let mut at = key.wrapping_sub(self.base) as u64 as usize;
        if at >= self.entries.len() {
            if !self.reach(key, live)? {
                return Ok(false);
            }
            at = (key - self.base) as usize;
        }
        self.entries[at] = entry + 1;
        Ok(true)
    }

    /// Extends the range to a key outside, and by half of it beyond, so that the
    /// next keys that way are inside.
    #[inline(never)]
    fn reach(&mut self, key: i64, live: usize) -> Result<bool, NoRoom> {
        let most = SPREAD * live;
        let len = self.entries.len();
        if key >= self.base {
            let span = (key - self.base) as usize + 1;
            if span > most {
                return Ok(false);
            }
            let span = span.max((len + len / 2).min(most));
            ask_for(span)?;
            self.entries.resize(span, 0);
        } else {
            let missing = (self.base - key) as usize;
            if missing + len > most {
                return Ok(false);
            }
            let more = missing.max((len / 2).min(most - len));
            ask_for(more + len)?;
            let mut entries = vec![0; more + len];
            entries[more..].copy_from_slice(&self.entries);
            self.entries = entries;
            self.base -= more as i64;
        }
        Ok(true)
    }
}

/// Asks the system whether it has memory for so many numbers of entries.
fn ask_for(numbers: usize) -> Result<(), NoRoom> {
    let bytes = size_of::<u32>() * numbers;
    if bytes >= LARGE_REQUEST && !space::system_has(bytes) {
        return Err(NoRoom::OutOfMemory);
    }
    Ok(())
}

impl Hashed {
    /// The table of all of the entries, with room for so many.
    fn of(slots: &[Value], capacity: usize, watch: &Watch) -> Result<Hashed, NoRoom> {
        let mut hashed = Hashed {
            table: Table::with_capacity(capacity)?,
            seeds: string::seeds(),
        };
        hashed.fill(slots, watch)?;
        Ok(hashed)
    }

    /// Adds all of the entries, for which there is room.
    fn fill(&mut self, slots: &[Value], watch: &Watch) -> Result<(), NoRoom> {
        let seeds = self.seeds;
        let entries = slots.chunks_exact(2).enumerate();
        let entries = entries.filter(|(_, pair)| !pair[0].is_absent());
        let numbers =
            entries.map(|(entry, pair)| (hash(seeds, Probe::of_stored(pair[0])), entry as u32));
        self.table.fill(numbers, watch)
    }

    #[inline]
    fn find(&self, probe: Probe, slots: *const Value) -> Option<usize> {
        match probe {
            Probe::Int(int) => self.find_int(int, slots),
            Probe::Name(name) => self.find_name(name, slots),
            Probe::Big(_) => self.search(probe, slots),
        }
    }

    /// [`Hashed::find`] of an int, which is mostly stored as one.
    #[inline(never)]
    fn find_int(&self, int: i64, slots: *const Value) -> Option<usize> {
        let probe = Probe::Int(int);
        // SAFETY: the table has entries of the dict only.
        let key = |entry: u32| unsafe { *slots.add(2 * entry as usize) };
        let is = |entry| key(entry).is_int() && key(entry).as_int() == int;
        match self.table.find_at_once(hash(self.seeds, probe), is) {
            Some(found) => found.map(|entry| entry as usize),
            None => self.search(probe, slots),
        }
    }

    /// [`Hashed::find`] of a string that is not the text of an int and has its hash: mostly
    /// the object that is stored.
    #[inline(never)]
    fn find_name(&self, name: Value, slots: *const Value) -> Option<usize> {
        let mut likely = None;
        let is = |entry: u32| {
            likely = Some(entry);
            // SAFETY: the table has entries of the dict only.
            unsafe { *slots.add(2 * entry as usize) == name }
        };
        match (self.table).find_at_once(hash(self.seeds, Probe::Name(name)), is) {
            Some(found) => found.map(|entry| entry as usize),
            None => self.find_equal_name(name, slots, likely),
        }
    }

    /// [`Hashed::find_name`] where the entry that is likely has another object as its key,
    /// mostly an equal one.
    #[inline(never)]
    fn find_equal_name(
        &self,
        name: Value,
        slots: *const Value,
        likely: Option<u32>,
    ) -> Option<usize> {
        let probe = Probe::Name(name);
        // SAFETY: the table has entries of the dict only.
        let is = |&entry: &u32| probe.matches(unsafe { *slots.add(2 * entry as usize) });
        match likely.filter(is) {
            Some(entry) => Some(entry as usize),
            None => self.search(probe, slots),
        }
    }

    #[inline(never)]
    fn search(&self, probe: Probe, slots: *const Value) -> Option<usize> {
        let hash = hash(self.seeds, probe);
        // SAFETY: the table has entries of the dict only.
        let key = |entry: u32| unsafe { *slots.add(2 * entry as usize) };
        // A loop for each kind of probe, so that none asks again which it is.
        let found = match probe {
            Probe::Int(int) => (self.table).find(hash, |e| Probe::Int(int).matches(key(e))),
            Probe::Name(name) => (self.table).find(hash, |e| Probe::Name(name).matches(key(e))),
            Probe::Big(_) => self.table.find(hash, |e| probe.matches(key(e))),
        };
        found.map(|entry| entry as usize)
    }

    /// Adds an entry; there is room.
    #[inline]
    fn insert(&mut self, probe: Probe, entry: u32) {
        self.table.insert(hash(self.seeds, probe), entry);
    }
}

impl Mixed {
    fn hash(&self, probe: Probe) -> u32 {
        let hash = hash(self.seeds, probe);
        match probe {
            Probe::Int(_) => (hash ^ hash >> 32) as u32,
            // Both halves are the same.
            Probe::Name(_) | Probe::Big(_) => hash as u32,
        }
    }

    #[inline]
    fn find(&self, hash: u32, mut is: impl FnMut(u32) -> bool) -> Option<usize> {
        let found = self.table.find(string::widen(hash), |entry| {
            self.hashes[entry as usize] == hash && is(entry)
        });
        found.map(|entry| entry as usize)
    }

    /// The table of all of the entries at `slots`, whose keys are strings and ints.
    fn of(slots: &[Value], live: usize, watch: &Watch) -> Result<Mixed, NoRoom> {
        let mut mixed = Mixed {
            table: Table::new(),
            hashes: Vec::new(),
            seeds: string::seeds(),
        };
        ask_for(slots.len() / 2)?;
        for run in slots.chunks(2 * RUN) {
            for pair in run.chunks_exact(2) {
                mixed.hashes.push(match pair[0].is_absent() {
                    true => 0,
                    false => mixed.hash(Probe::of_stored(pair[0])),
                });
            }
            if run.len() == 2 * RUN {
                watch.look()?;
            }
        }
        // One more is about to be added.
        mixed.table = Table::with_capacity(live + 1)?;
        let entries = slots.chunks_exact(2).zip(&mixed.hashes).enumerate();
        let entries = entries.filter(|(_, (pair, _))| !pair[0].is_absent());
        let numbers = entries.map(|(entry, (_, &hash))| (string::widen(hash), entry as u32));
        mixed.table.fill(numbers, watch)?;
        Ok(mixed)
    }

    /// Adds the last entry; the bytes that this took.
    fn insert(&mut self, hash: u32, entry: usize, watch: &Watch) -> Result<usize, NoRoom> {
        let before = self.bytes();
        self.hashes.truncate(entry);
        push_hash(&mut self.hashes, hash)?;
        let hashes = &self.hashes;
        let wide = |entry: u32| string::widen(hashes[entry as usize]);
        self.table
            .insert_growing(string::widen(hash), entry as u32, wide, watch)?;
        Ok(self.bytes() - before)
    }

    fn bytes(&self) -> usize {
        4 * self.hashes.capacity() + self.table.bytes()
    }
}

impl Clone for KeyIndex {
    fn clone(&self) -> KeyIndex {
        let mut copy = KeyIndex {
            view: RangeView::NONE,
            first: self.first,
            last: self.last.clone(),
            finder: self.finder.clone(),
        };
        copy.show();
        copy
    }
}

impl KeyIndex {
    /// Makes the view that of the table, which may have moved.
    fn show(&mut self) {
        self.view = match &self.finder {
            Finder::Range(range) => RangeView {
                first: range.base,
                end: range.base + range.entries.len() as i64,
                table: (range.entries.as_ptr()).wrapping_offset(-(range.base as isize)),
            },
            Finder::Hashed(_) | Finder::Mixed(_) => RangeView::NONE,
        };
    }

    /// The index of all of the entries at `slots` that are not removed, `live` of
    /// them, with room for half as many again or more.
    ///
    /// # Safety
    /// `slots` are the initialised entry slots of a dict.
    pub(super) fn new(
        slots: &[Value],
        live: usize,
        watch: &Watch,
    ) -> Result<Box<KeyIndex>, NoRoom> {
        let finder = match Range::of(slots, live, watch)? {
            Some(range) => Finder::Range(range),
            None => Finder::Hashed(Hashed::of(slots, live + live / 2, watch)?),
        };
        Ok(KeyIndex::over(finder))
    }

    fn over(finder: Finder) -> Box<KeyIndex> {
        let mut index = Box::new(KeyIndex {
            view: RangeView::NONE,
            first: 0,
            last: Cell::new(0),
            finder,
        });
        index.show();
        index
    }

    /// The entry of an int, if it is there and the keys are a range.
    #[inline(always)]
    pub(super) fn find_in_range(&self, key: i64) -> Option<usize> {
        match &self.finder {
            Finder::Range(range) => range.find(key),
            Finder::Hashed(_) | Finder::Mixed(_) => None,
        }
    }

    /// The entry of `key`, not absent, if that can be said without a [`Probe`].
    #[inline(always)]
    pub(super) fn find_fast(&self, key: Value, slots: &[Value]) -> FastFind {
        debug_assert!(!key.is_absent());
        let found = match &self.finder {
            Finder::Range(range) if key.is_int() => range.find(key.as_int()),
            // The same value is the same key.
            Finder::Hashed(_) | Finder::Mixed(_)
                if slots.get(2 * self.last.get() as usize) == Some(&key) =>
            {
                return FastFind::Found(self.last.get() as usize);
            }
            Finder::Hashed(hashed) if is_known_name(key) => {
                let found = hashed.find_name(key, slots.as_ptr());
                if let Some(entry) = found {
                    self.last.set(entry as u32);
                }
                found
            }
            Finder::Mixed(_) if is_known_name(key) => self.find(Probe::Name(key), slots.as_ptr()),
            _ => return FastFind::Unknown,
        };
        found.map_or(FastFind::Missing, FastFind::Found)
    }

    /// The entry with the key looked for.
    #[inline(always)]
    pub(super) fn find(&self, probe: Probe, slots: *const Value) -> Option<usize> {
        match &self.finder {
            Finder::Range(range) => match probe {
                Probe::Int(int) => range.find(int),
                _ => None,
            },
            Finder::Hashed(hashed) => {
                let entry = hashed.find(probe, slots)?;
                self.last.set(entry as u32);
                Some(entry)
            }
            Finder::Mixed(mixed) => {
                // SAFETY: the table has entries of the dict only.
                let entry = mixed.find(mixed.hash(probe), |entry| unsafe {
                    probe.matches(*slots.add(2 * entry as usize))
                })?;
                self.last.set(entry as u32);
                Some(entry)
            }
        }
    }

    /// Turns this into the index of a dict with keys of any kind: of all of the entries at
    /// `slots`, whose keys are strings and ints so far.
    pub(super) fn mixed(
        slots: &[Value],
        live: usize,
        watch: &Watch,
    ) -> Result<Box<KeyIndex>, NoRoom> {
        let mixed = Mixed::of(slots, live, watch)?;
        Ok(KeyIndex::over(Finder::Mixed(mixed)))
    }

    pub(super) fn is_mixed(&self) -> bool {
        matches!(self.finder, Finder::Mixed(_))
    }

    /// The entry of a key that is no string or int.
    pub(super) fn find_content(
        &self,
        hash: u32,
        slots: &[Value],
        mut same: impl FnMut(Value) -> bool,
    ) -> Option<usize> {
        let Finder::Mixed(mixed) = &self.finder else {
            return None;
        };
        let count = slots.len() / 2;
        let slots = slots.as_ptr();
        // SAFETY: the table has entries of the dict only, and guesses are below their count.
        let mut is = |entry: u32| unsafe {
            let key = *slots.add(2 * entry as usize);
            !key.is_absent() && !is_key(key) && same(key)
        };
        // The entry that was found last, and the one after it, are likely, and
        // near.
        let last = self.last.get();
        let guesses = [last, last.wrapping_add(1)];
        let likely = guesses.into_iter().find(|&guess| {
            let entry = guess as usize;
            entry < count && mixed.hashes[entry] == hash && is(guess)
        });
        let entry = match likely {
            Some(entry) => entry as usize,
            None => mixed.find(hash, is)?,
        };
        self.last.set(entry as u32);
        Some(entry)
    }

    /// Adds the last entry, under a key that is no string or int. The bytes that this took.
    pub(super) fn insert_content(
        &mut self,
        hash: u32,
        entry: usize,
        watch: &Watch,
    ) -> Result<usize, NoRoom> {
        match &mut self.finder {
            Finder::Mixed(mixed) => mixed.insert(hash, entry, watch),
            _ => unreachable!("the dict has been made ready for such keys"),
        }
    }

    /// The hashes of all entries, if they are kept.
    pub(super) fn hashes(&mut self) -> Option<&mut Vec<u32>> {
        match &mut self.finder {
            Finder::Mixed(mixed) => Some(&mut mixed.hashes),
            _ => None,
        }
    }

    /// Adds the last of the entries at `slots`, which is not there yet; `live` are
    /// not removed. Returns the bytes of memory that this took.
    ///
    /// # Errors
    /// If there is no memory for more, or the program is to end; nothing has changed then.
    #[inline]
    pub(super) fn insert(
        &mut self,
        probe: Probe,
        slots: &[Value],
        live: usize,
        watch: &Watch,
    ) -> Result<usize, NoRoom> {
        let entry = (slots.len() / 2 - 1) as u32;
        match &mut self.finder {
            Finder::Range(range) => {
                if let Probe::Int(int) = probe {
                    let room = range.entries.capacity();
                    let len = range.entries.len();
                    if range.insert(int, entry, live)? {
                        let more = 4 * range.entries.capacity().saturating_sub(room);
                        if range.entries.len() != len {
                            self.show();
                        }
                        return Ok(more);
                    }
                }
            }
            Finder::Hashed(hashed) => {
                if hashed.table.has_room(entry) {
                    hashed.insert(probe, entry);
                    return Ok(0);
                }
            }
            Finder::Mixed(mixed) => {
                let hash = mixed.hash(probe);
                return mixed.insert(hash, entry as usize, watch);
            }
        }
        self.renew(slots, live, watch)
    }

    /// Builds the finder again, of the kind that fits now.
    #[cold]
    #[inline(never)]
    fn renew(&mut self, slots: &[Value], live: usize, watch: &Watch) -> Result<usize, NoRoom> {
        let range = match &self.finder {
            // Its range is too small: see the module's notes on cost.
            Finder::Range(_) => None,
            Finder::Hashed(_) | Finder::Mixed(_) => Range::of(slots, live, watch)?,
        };
        // The old one stays until the new one is whole.
        self.finder = match range {
            Some(range) => Finder::Range(range),
            // One of them is new: just twice as large as a table that is full.
            None => Finder::Hashed(Hashed::of(slots, 2 * (live - 1).max(SMALL), watch)?),
        };
        self.show();
        Ok(self.bytes())
    }

    /// Forgets an entry that is there. Keys that are no strings or ints have no probe.
    pub(super) fn remove(&mut self, probe: Option<Probe>, entry: usize) {
        match (&mut self.finder, probe) {
            (Finder::Range(range), Some(Probe::Int(int))) => {
                debug_assert_eq!(range.find(int), Some(entry));
                range.entries[(int - range.base) as usize] = 0;
            }
            (Finder::Range(_), _) => {}
            (Finder::Mixed(mixed), _) => {
                let hash = string::widen(mixed.hashes[entry]);
                mixed.table.remove(hash, entry as u32);
            }
            (Finder::Hashed(_), None) => {}
            (Finder::Hashed(hashed), Some(probe)) => {
                let hash = hash(hashed.seeds, probe);
                hashed.table.remove(hash, entry as u32);
            }
        }
    }

    /// After the gaps between entries were closed: the same for the entries as
    /// they lie now, if this has no more room than is good for `live` entries.
    ///
    /// # Errors
    /// If the system has no memory for a table, which is smaller than the one before.
    pub(super) fn refill(&mut self, slots: &[Value], live: usize) -> Result<bool, NoRoom> {
        match &mut self.finder {
            Finder::Mixed(mixed) => {
                let hashes = mixed.hashes.iter().enumerate();
                let numbers = hashes.map(|(entry, &hash)| (string::widen(hash), entry as u32));
                mixed.table = Table::with_capacity(live)?;
                mixed.table.fill(numbers, &Watch::default())?;
            }
            Finder::Hashed(hashed) if 4 * live >= hashed.table.capacity() => {
                hashed.table.clear();
                hashed.fill(slots, &Watch::default())?;
            }
            Finder::Hashed(_) | Finder::Range(_) => return Ok(false),
        }
        (self.first, self.last) = (0, Cell::new(0));
        Ok(true)
    }

    /// Bytes of memory, this struct included.
    pub(super) fn bytes(&self) -> usize {
        let table = match &self.finder {
            Finder::Range(range) => 4 * range.entries.capacity(),
            Finder::Hashed(hashed) => hashed.table.bytes(),
            Finder::Mixed(mixed) => mixed.bytes(),
        };
        size_of::<KeyIndex>() + table
    }
}

/// The result of a first look at an index for a key.
pub(super) enum FastFind {
    Found(usize),
    Missing,
    Unknown,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heap::Heap;
    use std::collections::HashSet;

    /// A dict with another key than strings and ints tells the others apart as well as before.
    #[test]
    fn hashes_that_are_kept_differ() {
        let mut heap = Heap::new();
        let mut slots = Vec::new();
        let names = heap.new_array(0);
        for i in 0..1000 {
            let name = heap.new_string(&format!("key {i}"));
            heap.array_push(names, name).expect("a short array");
            heap.probe(name).expect("a key");
            slots.extend([name, Value::NULL, Value::int(i), Value::NULL]);
        }
        let mixed = Mixed::of(&slots, 2000, &Watch::default()).expect("a small table");
        let hashes: HashSet<u32> = mixed.hashes.iter().copied().collect();
        assert!(hashes.len() > 1990, "{} hashes of 2000 keys", hashes.len());
    }
}
