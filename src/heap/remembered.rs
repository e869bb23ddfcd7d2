//! The remembered set: old objects into which a pointer has been stored since the last
//! collection. A minor collection looks into them besides the roots, since they may
//! hold the only reference to a young object.
//!
//! Compiled code enters objects by itself, so the layout is fixed and the room is never
//! moved or extended: an object that finds none is not entered, and the next
//! collection has to be a major one.

use super::object::{CLEAN, Header};
use super::space::refused;
use memmap2::MmapMut;

/// Objects that have room. A program that stores into more old objects between two
/// collections has changed most of its heap.
const ROOM: usize = 1 << 17;

/// See the module.
#[repr(C)]
pub struct Remembered {
    /// Where the next object goes.
    pub(crate) next: *mut *mut Header,
    pub(crate) end: *mut *mut Header,
    /// An object has found no room.
    pub(crate) overflowed: bool,
    /// Where the room begins.
    start: *mut *mut Header,
    /// The room: a mapping, which the system provides as it is touched. An allocator might
    /// clear it, and starting a machine would take longer.
    _memory: MmapMut,
}

impl Remembered {
    pub fn new() -> Remembered {
        let size = ROOM * size_of::<*mut Header>();
        let Ok(mut memory) = MmapMut::map_anon(size) else {
            refused(size);
        };
        let start: *mut *mut Header = memory.as_mut_ptr().cast();
        Remembered {
            next: start,
            // SAFETY: one past the last place.
            end: unsafe { start.add(ROOM) },
            overflowed: false,
            start,
            _memory: memory,
        }
    }

    /// Enters an old object that is [`CLEAN`]; once, since it is not clean any more.
    ///
    /// # Safety
    /// `object` is alive.
    #[cold]
    #[inline(never)]
    pub unsafe fn enter(&mut self, object: *mut Header) {
        if self.next == self.end {
            self.overflowed = true;
            return;
        }
        // SAFETY: `next` is within the room; the object is the caller's promise.
        unsafe {
            (*object).mark &= !CLEAN;
            *self.next = object;
            self.next = self.next.add(1);
        }
    }

    /// The objects that have been entered.
    pub fn objects(&self) -> &[*mut Header] {
        // SAFETY: `next` stays within the room, and what lies before it has been written.
        unsafe {
            let count = self.next.offset_from(self.start);
            std::slice::from_raw_parts(self.start, count as usize)
        }
    }

    /// Forgets all objects.
    pub fn clear(&mut self) {
        self.next = self.start;
        self.overflowed = false;
    }
}
