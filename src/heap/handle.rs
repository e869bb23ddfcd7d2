//! Handles: objects that stand for something outside the heap, which threads may share.
//! The object holds a share of it; the last share that is dropped ends it.

use super::Heap;
use super::object::*;
use super::types::LibraryType;
use crate::value::Value;
use std::any::Any;
use std::sync::Arc;

/// Memory that a handle is taken to hold outside the heap. So a program that loses
/// handles by the thousand is collected before the system runs out of what they hold.
const OUTSIDE: usize = 4 << 10;

/// A share of what a handle stands for.
pub type Share = Arc<dyn Any + Send + Sync>;

impl Heap {
    /// A handle of a type of the library.
    pub fn new_handle(&mut self, ty: LibraryType, share: Share) -> Value {
        let shared = Box::into_raw(Box::new(share));
        let size = size_of::<HandleObj>();
        let handle: *mut HandleObj = self.allocate(Kind::Handle, ty as u8, 0, size).cast();
        // SAFETY: a fresh handle object.
        unsafe { (*handle).shared = shared };
        self.note_external(OUTSIDE);
        // SAFETY: the object is complete.
        unsafe { Value::pointer(handle) }
    }
}

impl Value {
    /// The type of a handle.
    pub fn handle_type(self) -> LibraryType {
        debug_assert!(self.is_kind(Kind::Handle));
        LibraryType::ALL[self.header().form as usize]
    }

    /// The data that a handle stands for.
    pub fn share_of_handle(self) -> &'static Share {
        debug_assert!(self.is_kind(Kind::Handle));
        // SAFETY: a live handle object owns its share.
        unsafe { &*(*self.as_pointer::<HandleObj>()).shared }
    }

    /// Whether two handles stand for the same.
    pub fn is_same_handle(self, other: Value) -> bool {
        self.is_kind(Kind::Handle)
            && other.is_kind(Kind::Handle)
            && Arc::ptr_eq(self.share_of_handle(), other.share_of_handle())
    }
}

/// Drops the share of a handle.
///
/// # Safety
/// The handle is dead.
pub unsafe fn drop_share(handle: *mut HandleObj) {
    // SAFETY: `shared` came from `Box::into_raw` and is dropped once.
    unsafe { drop(Box::from_raw((*handle).shared)) };
}
