//! The remembered set: marked objects into which a pointer has been stored since they were
//! looked into. A minor collection looks into them besides the roots, since they may
//! hold the only reference to a young object; a major one that is done in parts looks into
//! them again, since they may hold the only reference to one that it has not found.
//!
//! Compiled code enters objects by itself, so the layout is fixed and the room is never
//! moved or extended: an object that finds none is not entered, and the next
//! collection has to be a major one.

use super::object::{CLEAN, Header};
use super::space::refused;
use memmap2::MmapMut;

/// Objects that have room.
const ROOM: usize = 1 << 20;

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

    /// Enters an object that is [`CLEAN`]; once, since it is not clean any more.
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

    /// Takes an object out.
    pub fn take(&mut self) -> Option<*mut Header> {
        if self.is_empty() {
            return None;
        }
        // SAFETY: `next` stays within the room, and what lies before it has been written.
        unsafe {
            self.next = self.next.sub(1);
            Some(*self.next)
        }
    }

    /// How many objects are in it.
    pub fn len(&self) -> usize {
        // SAFETY: both lie within the room.
        unsafe { self.next.offset_from_unsigned(self.start) }
    }

    /// Whether no object is in it.
    pub fn is_empty(&self) -> bool {
        self.next == self.start
    }

    /// Forgets all objects.
    pub fn clear(&mut self) {
        self.next = self.start;
        self.overflowed = false;
    }
}
