//! Byte strings: values that are never written after they are made, so that they need
//! no marks of ownership. The bytes lie in the object's own cell.

use super::Heap;
use super::MAX_STRING;
use super::object::{BytesObj, Kind};
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
        // SAFETY: the value is a byte string, whose bytes follow its header.
        unsafe {
            let len = (*object).header.aux as usize;
            std::slice::from_raw_parts(object.add(1).cast(), len)
        }
    }
}

impl Heap {
    /// A copy of at most [`MAX_STRING`] bytes.
    pub fn new_bytes(&mut self, bytes: &[u8]) -> Value {
        self.new_bytes_of(bytes.len(), |to| to.copy_from_slice(bytes))
    }

    /// A byte string of so many bytes, at most [`MAX_STRING`], written where it stays:
    /// `write` gets zeros.
    pub fn new_bytes_of(&mut self, len: usize, write: impl FnOnce(&mut [u8])) -> Value {
        assert!(len <= MAX_STRING);
        let object: *mut BytesObj = self
            .allocate(Kind::Bytes, 0, len as u32, size_of::<BytesObj>() + len)
            .cast();
        // SAFETY: a fresh object with room for the bytes; nothing else refers to it.
        unsafe {
            let start: *mut u8 = object.add(1).cast();
            start.write_bytes(0, len);
            write(std::slice::from_raw_parts_mut(start, len));
            Value::pointer(object)
        }
    }

    /// The hash of a byte string.
    pub fn bytes_hash(&self, bytes: Value) -> u32 {
        super::string::hash_bytes(bytes.bytes())
    }
}
