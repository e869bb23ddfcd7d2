//! Arguments that compiled code lends to the functions it calls. Objects with one owner
//! that a callee must not write in place are marked as borrowed for as long as the call
//! lasts. The code enters them here, and takes them back after the call; unwinding does so
//! for calls that do not come back. Calls that Rust code makes have a list of their own
//! ([`borrow_args`](super::Vm::borrow_args)).
//!
//! The stack has room for so many and never moves. Code that finds it full gives the object
//! a further owner for good instead, which costs a copy at the next write and nothing else.

use super::stack::Frame;
use crate::heap::object::{BORROWED, Header, SHARED};

/// The most objects that are lent at once.
const ROOM: usize = 1 << 14;

/// An object that is lent, and the frame that has lent it.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lent {
    pub object: *mut Header,
    pub frame: *const Frame,
}

/// All of them, the last one on top.
#[repr(C)]
pub(crate) struct LentStack {
    /// Where the next one goes. The one below is always initialised.
    pub next: *mut Lent,
    pub end: *const Lent,
    entries: Vec<Lent>,
}

impl LentStack {
    pub fn new() -> LentStack {
        let mut entries = Vec::with_capacity(ROOM);
        // The lowest one belongs to no frame, so nothing takes it back.
        entries.push(Lent {
            object: std::ptr::null_mut(),
            frame: std::ptr::null(),
        });
        let start: *mut Lent = entries.as_mut_ptr();
        LentStack {
            // SAFETY: within the vector's memory, or at its end.
            next: unsafe { start.add(1) },
            end: unsafe { start.add(ROOM) },
            entries,
        }
    }

    /// The objects that are lent.
    pub fn objects(&self) -> impl Iterator<Item = *mut Header> {
        let start = self.entries.as_ptr();
        // SAFETY: entries up to the next one are initialised, and the vector does not move.
        let (count, start) = unsafe { (self.next.offset_from(start) as usize, start) };
        (1..count).map(move |index| unsafe { (*start.add(index)).object })
    }

    /// Takes back what a frame has lent, which is on top.
    ///
    /// # Safety
    /// The objects are alive, as roots are.
    pub unsafe fn take_back(&mut self, frame: *const Frame) {
        // SAFETY: the lowest entry belongs to no frame.
        unsafe {
            while (*self.next.sub(1)).frame == frame {
                self.next = self.next.sub(1);
                (*(*self.next).object).flags &= !BORROWED;
            }
        }
    }

    /// Gives what a frame and those above it have lent a further owner instead.
    ///
    /// # Safety
    /// As for [`LentStack::take_back`].
    pub unsafe fn share_from(&mut self, lowest: *const Frame) {
        // SAFETY: the lowest entry's frame is null, which is below all others.
        unsafe {
            while (*self.next.sub(1)).frame >= lowest {
                self.next = self.next.sub(1);
                let flags = &mut (*(*self.next).object).flags;
                *flags = *flags & !BORROWED | SHARED;
            }
        }
    }
}
