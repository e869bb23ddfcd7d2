//! Byte strings: values that are never written after they are made, so that they need
//! no marks of ownership. The bytes lie in the object's own cell, or in memory that several
//! heaps share.

use super::Heap;
use super::MAX_STRING;
use super::object::{BytesElsewhereObj, BytesForm, BytesObj, Header, Kind};
use crate::value::Value;

impl Value {
    #[inline(always)]
    pub fn is_bytes(self) -> bool {
        self.is_kind(Kind::Bytes)
    }

    /// The bytes of a byte string. The slice is good as long as the object lives.
    #[inline(always)]
    pub fn bytes(self) -> &'static [u8] {
        debug_assert!(self.is_bytes());
        let object: *mut BytesObj = self.as_pointer();
        // SAFETY: the value is a byte string, whose bytes follow its header or are where it
        // says.
        unsafe {
            let len = (*object).header.aux as usize;
            let first = match (*object).header.form == BytesForm::Inline as u8 {
                true => object.add(1).cast(),
                false => (*object.cast::<BytesElsewhereObj>()).ptr,
            };
            std::slice::from_raw_parts(first, len)
        }
    }
}

impl Heap {
    /// A copy of at most [`MAX_STRING`] bytes.
    pub fn new_bytes(&mut self, bytes: &[u8]) -> Value {
        self.new_bytes_of(bytes.len(), |to| to.copy_from_slice(bytes))
    }

    /// A byte string of so many bytes, at most [`MAX_STRING`], which is written bit by bit.
    ///
    /// # Safety
    /// Before anything reads it, [`Heap::fill_bytes`] has written all of it.
    pub unsafe fn bytes_to_fill(&mut self, len: usize) -> Value {
        assert!(len <= MAX_STRING);
        let object: *mut BytesObj = self
            .allocate(Kind::Bytes, 0, len as u32, size_of::<BytesObj>() + len)
            .cast();
        // SAFETY: a fresh object.
        unsafe { Value::pointer(object) }
    }

    /// Writes a part of a [`Heap::bytes_to_fill`].
    pub fn fill_bytes(&mut self, bytes: Value, at: usize, part: &[u8]) {
        assert!(bytes.is_bytes() && at + part.len() <= bytes.header().aux as usize);
        let object: *mut BytesObj = bytes.as_pointer();
        // SAFETY: a byte string, which is not shared yet; the part lies within it.
        unsafe {
            let start: *mut u8 = object.add(1).cast();
            std::ptr::copy_nonoverlapping(part.as_ptr(), start.add(at), part.len());
        }
    }

    /// A byte string of so many bytes, at most [`MAX_STRING`], written where it stays:
    /// `write` gets zeros.
    pub fn new_bytes_of(&mut self, len: usize, write: impl FnOnce(&mut [u8])) -> Value {
        assert!(len <= MAX_STRING);
        let object: *mut BytesObj = self
            .allocate(
                Kind::Bytes,
                BytesForm::Inline as u8,
                len as u32,
                size_of::<BytesObj>() + len,
            )
            .cast();
        // SAFETY: a fresh object with room for the bytes; nothing else refers to it.
        unsafe {
            let start: *mut u8 = object.add(1).cast();
            start.write_bytes(0, len);
            write(std::slice::from_raw_parts_mut(start, len));
            Value::pointer(object)
        }
    }

    /// A byte string whose bytes are elsewhere.
    ///
    /// # Safety
    /// There are so many bytes, which are not written any more, as long as `keeper` lives.
    pub(super) unsafe fn new_bytes_within(
        &mut self,
        keeper: *mut Header,
        ptr: *const u8,
        len: usize,
    ) -> Value {
        let size = size_of::<BytesElsewhereObj>();
        let form = BytesForm::Elsewhere as u8;
        let object: *mut BytesElsewhereObj =
            self.allocate(Kind::Bytes, form, len as u32, size).cast();
        // SAFETY: a fresh object.
        unsafe {
            (*object).ptr = ptr;
            (*object).keeper = keeper;
            Value::pointer(object)
        }
    }

    /// The hash of a byte string.
    pub fn bytes_hash(&self, bytes: Value) -> u32 {
        super::string::hash_bytes(bytes.bytes())
    }
}
