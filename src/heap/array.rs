//! Arrays: one contiguous run of values, in the array's own cell while it fits
//! there, else in a buffer that grows by half. Methods on values that must be
//! arrays say so in debug builds; sharing is the caller's business except in
//! [`Heap::copy_array`].

use super::room::NoRoom;

use super::object::*;
use super::{Heap, MAX_ELEMENTS};
use crate::value::Value;

impl Value {
    #[inline(always)]
    pub fn array(self) -> View<ArrayObj> {
        debug_assert!(self.is_kind(Kind::Array));
        // SAFETY: the value is an array object.
        unsafe { View::of(self) }
    }

    /// The elements of an array. The slice is good until the array next changes.
    #[inline(always)]
    pub fn elements(self) -> &'static [Value] {
        let array = self.array();
        if array.len == 0 {
            return &[];
        }
        // SAFETY: `len` values are initialised at `ptr`.
        unsafe { std::slice::from_raw_parts(array.ptr, array.len as usize) }
    }

    /// Writes an element that is there. The write barrier is the caller's business.
    ///
    /// # Panics
    /// If it is not there.
    #[inline(always)]
    pub fn set_element(self, index: usize, value: Value) {
        // SAFETY: the place is an element of the live array.
        unsafe { self.element_place(index).write(value) };
    }

    /// The place of an element that is there.
    ///
    /// # Panics
    /// If it is not there.
    #[inline(always)]
    pub fn element_place(self, index: usize) -> *mut Value {
        let array = self.array();
        assert!(index < array.len as usize, "an element that is there");
        // SAFETY: `len` values lie at `ptr`.
        unsafe { array.ptr.add(index) }
    }

    /// The elements of an array, to change places before the next allocation.
    ///
    /// # Safety
    /// No other slice of them is used while this one is, and the array does not change.
    #[inline(always)]
    pub unsafe fn elements_mut<'a>(self) -> &'a mut [Value] {
        self.header().note_moves();
        let array = self.array();
        if array.len == 0 {
            return &mut [];
        }
        // SAFETY: as for `elements`.
        unsafe { std::slice::from_raw_parts_mut(array.ptr, array.len as usize) }
    }
}

impl Heap {
    /// An empty array with room for `cap` elements.
    pub fn new_array(&mut self, cap: usize) -> Value {
        debug_assert!(cap <= MAX_ELEMENTS);
        // Up to this many elements live in the array's own cell.
        const INLINE: usize = 32;
        let inline = if cap <= INLINE { cap } else { 0 };
        let size = size_of::<ArrayObj>() + 8 * inline;
        let object: *mut ArrayObj = self.allocate(Kind::Array, 0, 0, size).cast();
        // SAFETY: a fresh object; its inline room follows it.
        unsafe {
            (*object).len = 0;
            if inline > 0 {
                (*object).ptr = trailing(object, 0);
                (*object).cap = inline as u32;
            } else {
                (*object).ptr = std::ptr::null_mut();
                (*object).cap = 0;
                if cap > 0 {
                    let buffer = self.new_buffer(cap);
                    (*object).ptr = buffer;
                    (*object).cap = cap as u32;
                    // The second allocation may have made the first old.
                    self.note_store(object.cast());
                }
            }
            Value::pointer(object)
        }
    }

    /// An array of the given values. They must be reachable for the collector.
    pub fn new_array_from(&mut self, values: &[Value]) -> Value {
        let array = self.new_array(values.len());
        let object = array.array();
        // SAFETY: there is room for all of them.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), object.ptr, values.len()) };
        put!(object.len = values.len() as u32);
        array
    }

    /// A copy that shares what the elements hold, with room for `extra` more.
    pub fn copy_array(&mut self, array: Value, extra: usize) -> Value {
        self.stats.copies += 1;
        let len = array.elements().len();
        let copy = self.new_array(len + extra);
        let (values, object) = (array.elements(), copy.array());
        // SAFETY: there is room for all of them, in another object.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), object.ptr, len) };
        for value in values {
            value.share();
        }
        put!(object.len = len as u32);
        copy
    }

    /// Appends one element.
    #[inline(always)]
    pub fn array_push(&mut self, array: Value, value: Value) -> Result<(), NoRoom> {
        let object = array.array();
        if object.len == object.cap {
            self.array_reserve(array, 1)?;
        }
        let object = array.array();
        // SAFETY: there is room now.
        unsafe { object.ptr.add(object.len as usize).write(value) };
        put!(object.len += 1);
        self.write_barrier(array.as_pointer(), value);
        Ok(())
    }

    /// Appends the elements of another array, which then have both as owners.
    #[inline]
    pub fn append_shared(&mut self, array: Value, more: Value) -> Result<(), NoRoom> {
        debug_assert!(array != more);
        let count = more.elements().len();
        if ((array.array().cap - array.array().len) as usize) < count {
            self.array_reserve(array, count)?;
        }
        let object = array.array();
        for (i, &value) in more.elements().iter().enumerate() {
            value.share();
            // SAFETY: there is room for all of them.
            unsafe { object.ptr.add(object.len as usize + i).write(value) };
            self.write_barrier(array.as_pointer(), value);
        }
        put!(object.len += count as u32);
        Ok(())
    }

    /// [`Heap::append_shared`] to an array that may be changed in place and has the room
    /// already, as it nearly always has in a loop that appends; false if nothing was done.
    #[inline(always)]
    pub fn append_in_room(&mut self, array: Value, more: Value) -> bool {
        if !array.is_kind(Kind::Array) || !more.is_kind(Kind::Array) || array == more {
            return false;
        }
        let (object, elements) = (array.array(), more.elements());
        if object.header.flags & COPY_BEFORE_WRITE != 0
            || ((object.cap - object.len) as usize) < elements.len()
        {
            return false;
        }
        for &value in elements {
            value.share();
            // SAFETY: there is room for all of them.
            unsafe { object.ptr.add(object.len as usize).write(value) };
            put!(object.len += 1);
            self.write_barrier(array.as_pointer(), value);
        }
        true
    }

    /// Appends elements to an array that has the room.
    pub fn append_in_room_all(&mut self, array: Value, elements: &[Value]) {
        let object = array.array();
        let len = object.len as usize;
        assert!(elements.len() <= object.cap as usize - len);
        // SAFETY: there is room for all of them.
        unsafe {
            let to = object.ptr.add(len);
            std::ptr::copy_nonoverlapping(elements.as_ptr(), to, elements.len());
        }
        put!(object.len += elements.len() as u32);
        for &value in elements {
            self.write_barrier(array.as_pointer(), value);
        }
    }

    /// Makes room for `extra` more elements.
    #[inline(never)]
    pub fn array_reserve(&mut self, array: Value, extra: usize) -> Result<(), NoRoom> {
        let object = array.array();
        let (len, cap) = (object.len as usize, object.cap as usize);
        let needed = len + extra;
        if needed <= cap {
            return Ok(());
        }
        if needed > MAX_ELEMENTS {
            return Err(NoRoom::TooLong);
        }
        let new_cap = needed.max(cap + cap / 2 + 4).min(MAX_ELEMENTS);
        // SAFETY: `ptr` is the array's own inline room (not owned as a buffer) or
        // its own buffer.
        unsafe {
            let own = trailing(object.ptr(), 0);
            let owned = !object.ptr.is_null() && object.ptr != own;
            let buffer = self.grow_buffer(object.ptr, len, cap, owned, new_cap)?;
            let object = array.array();
            (*object.ptr()).ptr = buffer;
            (*object.ptr()).cap = new_cap as u32;
        }
        self.note_store(array.as_pointer());
        Ok(())
    }

    /// Shortens an array to `len` elements.
    pub fn array_truncate(&mut self, array: Value, len: usize) {
        let object = array.array();
        put!(object.len = object.len.min(len as u32));
    }
}
