//! Memory that goes from heap to heap. A large cell is memory of its own, so its bytes need not
//! be copied for another thread:
//!
//! * Long strings and byte strings are never written, so several heaps can have their bytes at
//!   once. The heap that made them keeps its cell as it is, and is alone in reading and writing
//!   its header and what lies after the bytes that it has given away. The others have an empty
//!   text buffer that stands for the memory (`Space::guests`).
//! * The elements of a large array go to the other heap as they are, if they are no pointers:
//!   the cell changes its owner.
//!
//! # Invariants
//! * Memory that several heaps have, and memory that is on its way, is counted once, in an
//!   account that all heaps of a program have, and in none of the heaps.
//! * The bytes that another heap has been given are never written again.

use super::memory::{Account, Memory};
use super::object::*;
use super::space::Guest;
use super::{Heap, pages};
use crate::value::Value;
use std::sync::Arc;

/// Strings, byte strings and arrays of so many bytes go without a copy.
pub const SHARED_FROM: usize = 32 << 10;

/// The bytes of a long byte string, for other heaps.
pub struct SharedBytes {
    memory: Arc<Memory>,
    /// Where they begin in the memory.
    at: usize,
    len: usize,
}

/// A long string, for other heaps.
pub struct SharedText {
    bytes: SharedBytes,
    chars: usize,
}

/// The elements of a large array, on their way to another heap: values without pointers,
/// laid out as a buffer.
pub struct Elements {
    memory: Memory,
    len: usize,
}

impl Elements {
    /// A copy of values without pointers; `None` if the system has no memory for it.
    pub fn copied(values: &[Value], account: &Account) -> Option<Elements> {
        debug_assert!(are_plain(values));
        let mut made = Elements::with_room(values.len(), account)?;
        made.extend(values);
        Some(made)
    }

    /// Appends values without pointers, for which there is room.
    pub fn extend(&mut self, values: &[Value]) {
        assert!(values.len() <= self.room() - self.len);
        // SAFETY: there is room for the values after those that are there.
        unsafe {
            let to = self.first().add(self.len);
            std::ptr::copy_nonoverlapping(values.as_ptr(), to, values.len());
        }
        self.len += values.len();
    }

    /// Appends so many nulls, for which there is room.
    pub fn extend_nulls(&mut self, count: usize) {
        assert!(count <= self.room() - self.len);
        // SAFETY: there is room for so many values after those that are there.
        unsafe {
            let first = self.first().add(self.len);
            for at in 0..count {
                first.add(at).write(Value::NULL);
            }
        }
        self.len += count;
    }

    /// How many there is room for.
    fn room(&self) -> usize {
        (self.memory.size() - size_of::<Header>()) / size_of::<Value>()
    }

    /// No elements, with room for so many; `None` if the system has no memory for it.
    pub fn with_room(len: usize, account: &Account) -> Option<Elements> {
        let size = size_of::<Header>() + len * size_of::<Value>();
        let start = pages::allocate(size);
        if start.is_null() {
            return None;
        }
        // SAFETY: memory of `pages` that is nothing else's.
        let memory = unsafe { Memory::new(start, size, account) };
        Some(Elements { memory, len: 0 })
    }

    /// Where they begin.
    fn first(&self) -> *mut Value {
        self.memory.start().wrapping_add(size_of::<Header>()).cast()
    }

    pub fn values_mut(&mut self) -> &mut [Value] {
        // SAFETY: as for `values`; nothing else has the memory.
        unsafe { std::slice::from_raw_parts_mut(self.first(), self.len) }
    }

    pub fn values(&self) -> &[Value] {
        // SAFETY: so many values were written after the header, or were there.
        unsafe { std::slice::from_raw_parts(self.first(), self.len) }
    }
}

/// Whether there is no pointer among values.
pub fn are_plain(values: &[Value]) -> bool {
    // Whole chunks without a branch, so that several values are tested at once.
    let has_pointer = |chunk: &[Value]| chunk.iter().fold(false, |any, v| any | v.is_pointer());
    !values.chunks(256).any(has_pointer)
}

impl Heap {
    /// The text of a long string for other heaps; `None` if it is not long.
    pub fn share_text(&mut self, string: Value, account: &Account) -> Option<SharedText> {
        let text = self.str(string);
        if text.len() < SHARED_FROM {
            return None;
        }
        let memory = self.space.share(text.as_ptr() as usize, account);
        Some(SharedText {
            bytes: SharedBytes {
                at: text.as_ptr() as usize - memory.start() as usize,
                len: text.len(),
                memory,
            },
            chars: string.string().char_len(),
        })
    }

    /// The same of a byte string.
    pub fn share_bytes(&mut self, bytes: Value, account: &Account) -> Option<SharedBytes> {
        let bytes = bytes.bytes();
        if bytes.len() < SHARED_FROM {
            return None;
        }
        let memory = self.space.share(bytes.as_ptr() as usize, account);
        Some(SharedBytes {
            at: bytes.as_ptr() as usize - memory.start() as usize,
            len: bytes.len(),
            memory,
        })
    }

    /// A string of this heap with the bytes of another heap's.
    pub fn new_shared_string(&mut self, text: &SharedText) -> Value {
        let SharedText { bytes, chars } = text;
        let buffer = self.buffer_of(&bytes.memory);
        // SAFETY: the bytes of a string with so many characters, which are never written, in
        // the memory that the buffer stands for.
        unsafe { self.new_string_within(buffer, bytes.first(), bytes.len, *chars) }
    }

    /// A byte string of this heap with the bytes of another heap's.
    pub fn new_shared_bytes(&mut self, bytes: &SharedBytes) -> Value {
        let buffer = self.buffer_of(&bytes.memory);
        // SAFETY: bytes that are never written, in the memory that the object stands for.
        unsafe { self.new_bytes_within(buffer, bytes.first(), bytes.len) }
    }

    /// The object that keeps memory from being freed: the cell that it is, or the empty buffer
    /// that stands for it here.
    fn buffer_of(&mut self, memory: &Arc<Memory>) -> *mut Header {
        if let Some(known) = self.space.keeper_of(memory) {
            return known;
        }
        // So a program that gets and loses strings is collected before they fill the memory.
        self.note_external(memory.size());
        let holder = self.empty_text_buffer();
        self.space.take_in(Guest {
            memory: memory.clone(),
            holder,
        });
        holder
    }

    /// Takes the elements out of a large array, which is empty then; `None`, with nothing done,
    /// if it is not large. There are no pointers among them, and the array has one owner, which
    /// does not use it any more.
    pub fn take_elements(&mut self, array: Value, account: &Account) -> Option<Elements> {
        debug_assert!(array.has_one_owner() && are_plain(array.elements()));
        let object = array.array();
        let len = object.len as usize;
        if size_of_val(array.elements()) < SHARED_FROM {
            return None;
        }
        // Beyond the small sizes a buffer is a cell of its own.
        let memory = self
            .space
            .take_out(object.ptr.cast::<Header>().wrapping_sub(1), account);
        put!(object.ptr = std::ptr::null_mut());
        put!(object.len = 0);
        put!(object.cap = 0);
        Some(Elements { memory, len })
    }

    /// An array with these elements, which are not copied.
    pub fn new_array_of(&mut self, elements: Elements) -> Value {
        if elements.memory.size() < SHARED_FROM {
            // Cells of their own are for what is large.
            return self.new_array_from(elements.values());
        }
        let Elements { memory, len } = elements;
        let cap = (memory.size() - size_of::<Header>()) / size_of::<Value>();
        self.before_large(memory.size());
        let array = self.new_array(0);
        let header = self.space.adopt(memory);
        let new = Header {
            kind: Kind::Buffer,
            flags: 0,
            mark: YOUNG,
            form: 0,
            aux: cap as u32,
        };
        // SAFETY: a cell with room for so many values after its header.
        unsafe { header.write(new) };
        let object = array.array();
        put!(object.ptr = header.wrapping_add(1).cast());
        put!(object.len = len as u32);
        put!(object.cap = cap as u32);
        array
    }
}

impl SharedText {
    /// The bytes of the text.
    pub fn into_bytes(self) -> SharedBytes {
        self.bytes
    }
}

impl SharedBytes {
    pub fn as_slice(&self) -> &[u8] {
        // SAFETY: so many bytes begin there, which are never written again.
        unsafe { std::slice::from_raw_parts(self.first(), self.len) }
    }

    fn first(&self) -> *mut u8 {
        // SAFETY: within the memory.
        unsafe { self.memory.start().add(self.at) }
    }
}
