//! The remembered set: old objects into which a pointer has been stored since the last
//! collection. A minor collection looks into them besides the roots, since they may
//! hold the only reference to a young object.
//!
//! Compiled code enters objects by itself, so the layout is fixed and the room is never
//! moved or extended: an object that finds none is not entered, and the next
//! collection has to be a major one.

use super::object::{CLEAN, Header};

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
    room: Box<[*mut Header]>,
}

impl Remembered {
    pub fn new() -> Remembered {
        // Zeroed memory, which the system provides as it is touched.
        let mut room = vec![std::ptr::null_mut(); ROOM].into_boxed_slice();
        let all = room.as_mut_ptr_range();
        Remembered {
            next: all.start,
            end: all.end,
            overflowed: false,
            room,
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
        // SAFETY: `next` stays within the room.
        let count = unsafe { self.next.offset_from(self.room.as_ptr()) };
        &self.room[..count as usize]
    }

    /// Forgets all objects.
    pub fn clear(&mut self) {
        self.next = self.room.as_mut_ptr();
        self.overflowed = false;
    }
}
