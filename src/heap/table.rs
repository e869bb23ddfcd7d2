//! A hash table of numbers: of the entries of a dict, the places of a set. It keeps no
//! keys; callers bring hashes and say which number is the one looked for.
//!
//! Cells of 32 bits lie in groups of a cache line. A cell holds a number and, in the bits
//! that numbers of this table do not need, bits of its hash: nearly always the one line
//! tells which entry to look at, and then nothing but the entry itself is read.
//!
//! # Invariants
//! * A free cell is [`FREE`], one whose number was taken out [`REMOVED`]; others hold a number
//!   plus 1 below `2^bits - 1`, and tag bits above.
//! * Less than all cells are taken, so that every search ends at a free one.
//! * A group with a free cell has not been full since the table was made: no search goes
//!   on after it.

use super::pages::{self, advise_huge};
use super::room::NoRoom;
use super::watch::Watch;
use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};
use std::convert::Infallible;
use std::ptr::NonNull;

/// Cells of a group: a cache line.
const GROUP: usize = 16;
const FREE: u32 = 0;
const REMOVED: u32 = u32::MAX;
/// Cells from so many bytes on lie on huge pages, if the system has any.
const HUGE_FROM: usize = 4 << 20;
const HUGE_PAGE: usize = 2 << 20;
/// Numbers that are added together ([`Table::fill`]).
const BATCH: usize = 32;
/// Numbers that are added without a look at whether the program is to end: a few
/// milliseconds.
const RUN: usize = 1 << 15;

pub struct Table {
    groups: NonNull<[u32; GROUP]>,
    /// The number of groups less 1; their number is a power of two. 0 also if there are none.
    mask: usize,
    /// The bits of a cell that hold a part of the hash.
    tag: u32,
    /// Numbers that are in the table.
    len: u32,
    /// Cells that are not free.
    taken: u32,
    /// At most so many cells are taken; 0 if there are no groups.
    room: u32,
}

// SAFETY: a table owns its cells.
unsafe impl Send for Table {}

impl Default for Table {
    fn default() -> Table {
        Table::new()
    }
}

impl Table {
    /// A table without room.
    pub const fn new() -> Table {
        Table {
            groups: NonNull::dangling(),
            mask: 0,
            tag: 0,
            len: 0,
            taken: 0,
            room: 0,
        }
    }

    /// A table with room for so many numbers; those may be up to twice as large.
    ///
    /// # Errors
    /// If the system has no memory for a large one.
    pub fn with_capacity(numbers: usize) -> Result<Table, NoRoom> {
        if numbers == 0 {
            return Ok(Table::new());
        }
        // Three quarters of the cells are taken at most.
        let cells = numbers.next_power_of_two().max(GROUP);
        let cells = if numbers > room_in(cells) {
            2 * cells
        } else {
            cells
        };
        let layout = layout(cells);
        // SAFETY: the layout is not empty; all of the cells are written.
        let groups = unsafe {
            let memory = alloc(layout);
            let Some(groups) = NonNull::new(memory.cast()) else {
                if layout.size() >= HUGE_FROM {
                    return Err(NoRoom::OutOfMemory);
                }
                handle_alloc_error(layout);
            };
            if layout.size() >= HUGE_FROM {
                advise_huge(memory, layout.size());
            }
            memory.write_bytes(0, layout.size());
            groups
        };
        let bits = cells.trailing_zeros() + 1;
        Ok(Table {
            groups,
            mask: cells / GROUP - 1,
            tag: u32::MAX.checked_shl(bits).unwrap_or(0),
            len: 0,
            taken: 0,
            room: room_in(cells) as u32,
        })
    }

    #[inline]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many numbers there may be.
    pub fn capacity(&self) -> usize {
        self.room as usize
    }

    /// Bytes of the cells.
    pub fn bytes(&self) -> usize {
        match self.room {
            0 => 0,
            _ => (self.mask + 1) * size_of::<[u32; GROUP]>(),
        }
    }

    /// Whether this number can be added.
    #[inline(always)]
    pub fn has_room(&self, number: u32) -> bool {
        self.taken < self.room && number < !self.tag - 1
    }

    /// Takes all numbers out.
    pub fn clear(&mut self) {
        // SAFETY: the cells are this table's.
        unsafe {
            self.groups
                .as_ptr()
                .cast::<u8>()
                .write_bytes(0, self.bytes())
        };
        (self.len, self.taken) = (0, 0);
    }

    #[inline(always)]
    fn cells(&self, group: usize) -> &[u32; GROUP] {
        debug_assert!(self.room > 0 && group <= self.mask);
        // SAFETY: one of the groups.
        unsafe { &*self.groups.as_ptr().add(group) }
    }

    /// Where a search for the hash begins.
    #[inline(always)]
    fn first_group(&self, hash: u64) -> usize {
        (hash as usize / GROUP) & self.mask
    }

    /// The number with this hash of which `is` says that it is the one.
    #[inline(always)]
    pub fn find(&self, hash: u64, is: impl FnMut(u32) -> bool) -> Option<u32> {
        let found = self.search(hash, is)?;
        Some((self.cells(found.0)[found.1] & !self.tag) - 1)
    }

    /// [`Table::find`] for what is nearly always one look: at the first number that may be the
    /// one, or at a group without any. `is` calls nothing, and so all stays in registers.
    /// `None` if that does not tell.
    #[inline(always)]
    pub fn find_at_once(&self, hash: u64, is: impl FnOnce(u32) -> bool) -> Option<Option<u32>> {
        if self.room == 0 {
            return Some(None);
        }
        let cells = self.cells(self.first_group(hash));
        let likely = equal(cells, self.tag, (hash >> 32) as u32 & self.tag);
        if likely != 0 {
            let cell = cells[likely.trailing_zeros() as usize];
            let number = (cell & !self.tag).wrapping_sub(1);
            let found = cell != FREE && cell != REMOVED && is(number);
            return found.then_some(Some(number));
        }
        (equal(cells, u32::MAX, FREE) != 0).then_some(None)
    }

    /// Group and cell of that number.
    #[inline(always)]
    fn search(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<(usize, usize)> {
        if self.room == 0 {
            return None;
        }
        let tag = (hash >> 32) as u32 & self.tag;
        let mut group = self.first_group(hash);
        let mut step = 0;
        loop {
            let cells = self.cells(group);
            let mut likely = equal(cells, self.tag, tag);
            while likely != 0 {
                let at = likely.trailing_zeros() as usize;
                likely &= likely - 1;
                let cell = cells[at];
                if cell != FREE && cell != REMOVED && is((cell & !self.tag) - 1) {
                    return Some((group, at));
                }
            }
            if equal(cells, u32::MAX, FREE) != 0 {
                return None;
            }
            step += 1;
            group = (group + step) & self.mask;
        }
    }

    /// Adds a number that is not there, for which there is room.
    #[inline]
    pub fn insert(&mut self, hash: u64, number: u32) {
        debug_assert!(self.has_room(number));
        let cell = (hash >> 32) as u32 & self.tag | (number + 1);
        let mut group = self.first_group(hash);
        let mut step = 0;
        loop {
            let free = equal(self.cells(group), u32::MAX, FREE);
            if free != 0 {
                // SAFETY: one of the groups, which nothing else refers to.
                let cells = unsafe { &mut *self.groups.as_ptr().add(group) };
                cells[free.trailing_zeros() as usize] = cell;
                self.len += 1;
                self.taken += 1;
                return;
            }
            step += 1;
            group = (group + step) & self.mask;
        }
    }

    /// Adds many numbers that are not there, each with its hash; there is room.
    ///
    /// Their groups are far apart in memory. So the processor is told of those of a whole
    /// batch before the first of them is needed (measured with four million numbers: a
    /// third of the time).
    ///
    /// # Errors
    /// If the program is to end: then only some have been added.
    pub fn fill(
        &mut self,
        numbers: impl Iterator<Item = (u64, u32)>,
        watch: &Watch,
    ) -> Result<(), NoRoom> {
        let mut batch = [(0, 0); BATCH];
        let mut waiting = 0;
        let mut left = RUN;
        for (hash, number) in numbers {
            pages::prefetch(self.groups.as_ptr().wrapping_add(self.first_group(hash)));
            batch[waiting] = (hash, number);
            waiting += 1;
            if waiting == BATCH {
                for (hash, number) in batch {
                    self.insert(hash, number);
                }
                waiting = 0;
                left -= BATCH;
                if left == 0 {
                    watch.look()?;
                    left = RUN;
                }
            }
        }
        for &(hash, number) in &batch[..waiting] {
            self.insert(hash, number);
        }
        Ok(())
    }

    /// Adds numbers below `end` to an empty table, with room for all of those.
    ///
    /// # Errors
    /// If the system has no memory for a large one.
    pub fn fill_growing(
        &mut self,
        end: usize,
        numbers: impl Iterator<Item = (u64, u32)>,
    ) -> Result<(), NoRoom> {
        debug_assert!(self.is_empty());
        if self.capacity() < end || !self.has_room(end.saturating_sub(1) as u32) {
            *self = Table::with_capacity(end)?;
        }
        self.fill(numbers, &Watch::default())
    }

    /// Adds a number that is not there; where there is no room for it, makes a larger table,
    /// for which `hash_of` gives the hashes of the numbers.
    ///
    /// # Errors
    /// If there is no memory for a larger table, or the program is to end; nothing has
    /// changed then.
    #[inline]
    pub fn insert_growing(
        &mut self,
        hash: u64,
        number: u32,
        hash_of: impl Fn(u32) -> u64,
        watch: &Watch,
    ) -> Result<(), NoRoom> {
        if !self.has_room(number) {
            let most = (2 * self.len()).max(number as usize / 2 + 1).max(GROUP / 2);
            let mut larger = Table::with_capacity(most)?;
            larger.fill(
                self.numbers().map(|number| (hash_of(number), number)),
                watch,
            )?;
            *self = larger;
        }
        self.insert(hash, number);
        Ok(())
    }

    /// The numbers, in the order of their groups.
    fn numbers(&self) -> impl Iterator<Item = u32> {
        let groups = match self.room {
            0 => 0,
            _ => self.mask + 1,
        };
        let cells = (0..groups).flat_map(|group| self.cells(group));
        cells
            .filter(|&&cell| cell != FREE && cell != REMOVED)
            .map(|cell| (cell & !self.tag) - 1)
    }

    /// Takes a number with this hash out, if it is there.
    pub fn remove(&mut self, hash: u64, number: u32) {
        let Some((group, at)) = self.search(hash, |one| one == number) else {
            return;
        };
        let has_free = equal(self.cells(group), u32::MAX, FREE) != 0;
        // SAFETY: one of the groups, which nothing else refers to.
        let cells = unsafe { &mut *self.groups.as_ptr().add(group) };
        cells[at] = if has_free { FREE } else { REMOVED };
        self.len -= 1;
        self.taken -= has_free as u32;
    }
}

/// How many of so many cells may be taken.
const fn room_in(cells: usize) -> usize {
    cells - cells / 4
}

fn layout(cells: usize) -> Layout {
    let size = cells * size_of::<u32>();
    let align = if size >= HUGE_FROM { HUGE_PAGE } else { 64 };
    Layout::from_size_align(size, align).expect("fewer cells than there is address space")
}

impl Clone for Table {
    fn clone(&self) -> Table {
        match self.copied(&mut || Ok::<(), Infallible>(())) {
            Ok(copy) => copy,
        }
    }
}

impl Table {
    /// A copy, with a call of `look` after every few megabytes.
    ///
    /// # Errors
    /// Those of `look`.
    pub fn copied<E>(&self, look: &mut dyn FnMut() -> Result<(), E>) -> Result<Table, E> {
        /// Groups that are copied in one go.
        const STRETCH: usize = (2 << 20) / size_of::<[u32; GROUP]>();
        if self.room == 0 {
            return Ok(Table::new());
        }
        let layout = layout((self.mask + 1) * GROUP);
        // SAFETY: the layout is not empty; both have so many bytes.
        let groups = unsafe {
            let memory = alloc(layout);
            let Some(groups) = NonNull::new(memory.cast::<[u32; GROUP]>()) else {
                handle_alloc_error(layout);
            };
            if layout.size() >= HUGE_FROM {
                advise_huge(memory, layout.size());
            }
            groups
        };
        // From here on the cells are freed with the copy.
        let copy = Table { groups, ..*self };
        let count = self.mask + 1;
        for from in (0..count).step_by(STRETCH) {
            let run = STRETCH.min(count - from);
            // SAFETY: both have so many groups.
            unsafe {
                let to = copy.groups.as_ptr().add(from);
                to.copy_from_nonoverlapping(self.groups.as_ptr().add(from), run);
            }
            if run == STRETCH {
                look()?;
            }
        }
        Ok(copy)
    }
}

impl Drop for Table {
    fn drop(&mut self) {
        if self.room > 0 {
            // SAFETY: allocated with this layout.
            unsafe { dealloc(self.groups.as_ptr().cast(), layout((self.mask + 1) * GROUP)) };
        }
    }
}

/// A bit for each cell that, under the mask, is `wanted`.
#[inline(always)]
fn equal(cells: &[u32; GROUP], mask: u32, wanted: u32) -> u32 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every processor of the kind has these instructions; the loads are within the
    // cells.
    unsafe {
        use std::arch::x86_64::*;
        let (mask, wanted) = (_mm_set1_epi32(mask as i32), _mm_set1_epi32(wanted as i32));
        let four = |at: usize| {
            let cells = _mm_loadu_si128(cells.as_ptr().add(at).cast());
            _mm_cmpeq_epi32(_mm_and_si128(cells, mask), wanted)
        };
        let low = _mm_packs_epi32(four(0), four(4));
        let high = _mm_packs_epi32(four(8), four(12));
        _mm_movemask_epi8(_mm_packs_epi16(low, high)) as u32
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        let mut found = 0;
        for (at, cell) in cells.iter().enumerate() {
            found |= ((cell & mask == wanted) as u32) << at;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, Watch};
    use std::collections::HashMap;

    /// Numbers come and go; of some hashes there are many, and the lower half of all is
    /// nearly the same.
    #[test]
    fn it_does_what_a_map_does() {
        let (steps, apart) = if cfg!(miri) { (1_000, 16) } else { (20_000, 1) };
        let hash_of = |number: u32| {
            let wide = (number as u64 / 3).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            (wide & !0xff0) | (number as u64 % 5) << 4
        };
        let mut table = Table::new();
        let mut model: HashMap<u32, ()> = HashMap::new();
        let mut state = 1u32;
        for step in 0..steps {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let number = state >> 20;
            if step % 3 == 0 && step > steps / 3 {
                table.remove(hash_of(number), number);
                model.remove(&number);
            } else if model.insert(number, ()).is_none() {
                let grown =
                    table.insert_growing(hash_of(number), number, hash_of, &Watch::default());
                grown.expect("a small table");
            }
            assert_eq!(table.len(), model.len());
            let found = table.find(hash_of(number), |one| one == number);
            assert_eq!(found.is_some(), model.contains_key(&number));
        }
        let copy = table.clone();
        for number in (0..4096).step_by(apart) {
            let found = copy.find(hash_of(number), |one| one == number);
            assert_eq!(found, model.contains_key(&number).then_some(number));
        }
        table.clear();
        assert!(table.is_empty() && table.find(hash_of(1), |_| true).is_none());
    }

    #[test]
    fn cells_that_were_taken_out_of_groups_with_room_are_free_again() {
        let hash_of = |number: u32| (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut table = Table::with_capacity(100).expect("a small table");
        let mut reused = 0;
        for number in 0..50 {
            table.insert(hash_of(number), number);
        }
        // The oldest goes, a new one comes, over numbers that are all in the room.
        for step in 0..10_000u32 {
            let (old, new) = (step % 100, (step + 50) % 100);
            table.remove(hash_of(old), old);
            if !table.has_room(new) {
                break;
            }
            table.insert(hash_of(new), new);
            reused += 1;
        }
        assert!(reused > 150, "{reused}");
        assert_eq!(table.len(), 50);
    }
}
