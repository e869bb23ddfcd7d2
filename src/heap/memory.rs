//! Memory apart from any heap: a large cell that is on its way from one heap to another, or that
//! several have. It is freed with its last owner.

use super::pages;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of memory that no heap counts as its own.
pub type Account = Arc<AtomicUsize>;

/// The memory of a large cell, apart from any heap.
pub struct Memory {
    start: *mut u8,
    size: usize,
    account: Account,
}

// SAFETY: memory is no thread's own. The heaps that have it read what is never written again,
// and one of them the rest ([`super::shared`]).
unsafe impl Send for Memory {}
// SAFETY: as above.
unsafe impl Sync for Memory {}

impl Memory {
    /// # Safety
    /// The memory is one of [`pages`], and nothing else frees it.
    pub(super) unsafe fn new(start: *mut u8, size: usize, account: &Account) -> Memory {
        account.fetch_add(size, Ordering::Relaxed);
        Memory {
            start,
            size,
            account: account.clone(),
        }
    }

    pub(super) fn start(&self) -> *mut u8 {
        self.start
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    /// The memory, which the caller frees.
    pub(super) fn into_parts(self) -> (*mut u8, usize) {
        let mut this = std::mem::ManuallyDrop::new(self);
        this.account.fetch_sub(this.size, Ordering::Relaxed);
        // SAFETY: it is not used again.
        unsafe { std::ptr::drop_in_place(&mut this.account) };
        (this.start, this.size)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.account.fetch_sub(self.size, Ordering::Relaxed);
        // SAFETY: `new` was promised that nothing else frees it.
        unsafe { pages::free(self.start, self.size) };
    }
}
