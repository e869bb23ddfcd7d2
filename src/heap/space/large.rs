//! Cells that are too large for a block, each with memory of its own, and memory of other
//! heaps that objects of this one stand for.

use super::{Space, refused};
use crate::heap::memory::{Account, Memory};
use crate::heap::object::{EPOCH, Header, LENT};
use crate::heap::pages;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// Memory of a cell of its own.
pub(super) struct LargeCell {
    pub(super) size: usize,
    /// Set from when other heaps have had it too.
    shared: Option<Arc<Memory>>,
}

impl LargeCell {
    /// # Safety
    /// It is at this address, and nothing in this heap refers to it any more.
    pub(super) unsafe fn free(self, address: usize) {
        if self.shared.is_none() {
            // SAFETY: allocated by `pages` with this size.
            unsafe { pages::free(address as *mut u8, self.size) };
        }
    }

    /// The part of it that is this heap's alone.
    fn own_size(&self) -> usize {
        match self.shared {
            None => self.size,
            Some(_) => 0,
        }
    }
}

/// Memory that another heap has allocated.
pub(in crate::heap) struct Guest {
    pub memory: Arc<Memory>,
    /// The object that stands for it: as long as it lives, so does the memory.
    pub holder: *mut Header,
}

impl Space {
    /// A cell of its own for `size` bytes; the header is the caller's to write.
    pub fn allocate_large(&mut self, size: usize) -> *mut u8 {
        let cell = pages::allocate(size);
        if cell.is_null() {
            refused(size);
        }
        self.add_large(cell, size);
        cell
    }

    fn add_large(&mut self, cell: *mut u8, size: usize) {
        let shared = None;
        self.large.insert(cell as usize, LargeCell { size, shared });
        self.young_large.push(cell as usize);
        self.young.add(cell as usize);
        self.reserved += size;
        self.allocated += size;
    }

    /// Changes a large cell's size, perhaps moving it; null, with nothing done, if the
    /// system has no memory for that.
    ///
    /// # Safety
    /// `cell` is a live large cell and the caller holds the only references.
    pub unsafe fn grow_large(&mut self, cell: *mut u8, size: usize) -> *mut u8 {
        let known = self.large.get(&(cell as usize)).expect("a large cell");
        assert!(known.shared.is_none(), "what others read stays where it is");
        let old = known.size;
        // SAFETY: allocated by `allocate_large` with this size; the caller's promise.
        let grown = unsafe { pages::resize(cell, old, size) };
        if grown.is_null() {
            return grown;
        }
        self.large.remove(&(cell as usize));
        let shared = None;
        self.large
            .insert(grown as usize, LargeCell { size, shared });
        self.young_large.push(grown as usize);
        self.young.add(grown as usize);
        self.reserved = self.reserved + size - old;
        self.allocated += size.saturating_sub(old);
        grown
    }

    /// Frees a large cell at once.
    ///
    /// # Safety
    /// `cell` is a live large cell that nothing refers to.
    pub unsafe fn free_large(&mut self, cell: *mut u8) {
        if let Some(large) = self.large.remove(&(cell as usize)) {
            self.reserved -= large.own_size();
            // SAFETY: the caller's promise.
            unsafe { large.free(cell as usize) };
        }
    }

    /// A share of the memory, a large cell's or another heap's, that an address lies in.
    ///
    /// # Panics
    /// If it lies in none.
    pub(in crate::heap) fn share(&mut self, address: usize, account: &Account) -> Arc<Memory> {
        if let Some(guest) = self.guest_at(address) {
            return guest.memory.clone();
        }
        let found = self.large.range_mut(..=address).next_back();
        let (&start, large) = found.expect("long texts lie in large cells");
        assert!(
            address - start < large.size,
            "long texts lie in large cells"
        );
        if let Some(shared) = &large.shared {
            return shared.clone();
        }
        self.reserved -= large.size;
        // SAFETY: a large cell of ours, which from now on is freed with the last share.
        let shared = unsafe {
            (*(start as *mut Header)).flags |= LENT;
            Arc::new(Memory::new(start as *mut u8, large.size, account))
        };
        large.shared = Some(shared.clone());
        shared
    }

    /// The object of this heap that keeps memory from being freed, if there is one.
    pub(in crate::heap) fn keeper_of(&self, memory: &Arc<Memory>) -> Option<*mut Header> {
        let start = memory.start();
        match self.large.contains_key(&(start as usize)) {
            true => Some(start.cast()),
            false => (self.guests.get(&(start as usize))).map(|guest| guest.holder),
        }
    }

    /// Keeps memory of another heap as long as its holder, a new object, lives.
    pub(in crate::heap) fn take_in(&mut self, guest: Guest) {
        let start = guest.memory.start() as usize;
        self.guests.insert(start, guest);
    }

    pub(super) fn guest_at(&self, address: usize) -> Option<&Guest> {
        let (&start, guest) = self.guests.range(..=address).next_back()?;
        (address - start < guest.memory.size()).then_some(guest)
    }

    /// Lets go of the memory of other heaps whose holders the collection did not reach.
    pub(in crate::heap) fn forget_guests(&mut self) {
        let epoch = self.epoch;
        // SAFETY: the holders have not been swept yet.
        (self.guests).retain(|_, guest| unsafe { (*guest.holder).mark & EPOCH == epoch });
    }

    /// Gives a large cell away.
    ///
    /// # Panics
    /// If other heaps have it too.
    pub(in crate::heap) fn take_out(&mut self, cell: *mut Header, account: &Account) -> Memory {
        let large = self.large.remove(&(cell as usize)).expect("a large cell");
        assert!(large.shared.is_none(), "one heap has it");
        self.reserved -= large.size;
        // SAFETY: it was a cell of this heap, which does not know it any more.
        unsafe { Memory::new(cell.cast(), large.size, account) }
    }

    /// Takes memory as a large cell; the header is the caller's to write.
    pub(in crate::heap) fn adopt(&mut self, memory: Memory) -> *mut Header {
        let (start, size) = memory.into_parts();
        self.add_large(start, size);
        start.cast()
    }

    /// Frees those of some large cells that are not marked. Addresses of cells that have
    /// gone are passed over.
    pub(super) fn free_dead(&mut self, cells: &[usize]) {
        for &address in cells {
            let Entry::Occupied(found) = self.large.entry(address) else {
                continue;
            };
            let header = address as *mut Header;
            // SAFETY: a large cell of ours; unmarked, so nothing refers to it.
            unsafe {
                if (*header).mark & EPOCH == self.epoch {
                    continue;
                }
                self.finalizer.finalize(header);
                let large = found.remove();
                self.reserved -= large.own_size();
                large.free(address);
            }
        }
    }
}
