//! Records that are read from a text, as JSON and CSV are: each key is looked for where
//! the record before it, which mostly has the same keys, went on from the same shape.
//! That costs a comparison of two texts, and neither a hash nor a string for the key.

use super::write::MAX_SHAPE_KEY;
use crate::heap::Heap;
use crate::heap::shape::EMPTY_SHAPE;
use crate::value::Value;

/// The effect of a key on a record that has the keys of a shape.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NextKey {
    /// It is the next key of a record of this shape.
    Shape(u32),
    /// The record has it, in this slot.
    Slot(usize),
    /// A dict with it is no record.
    NoRecord,
}

impl Heap {
    /// The shape that `key` makes of a record of `shape`.
    #[inline]
    pub fn next_record_key(&mut self, shape: u32, key: &str) -> NextKey {
        if let Some((name, to)) = self.shapes.last_successor(shape)
            && self.str(name) == key
        {
            return NextKey::Shape(to);
        }
        self.find_record_key(shape, key)
    }

    #[inline(never)]
    fn find_record_key(&mut self, shape: u32, key: &str) -> NextKey {
        if key.len() > MAX_SHAPE_KEY {
            return NextKey::NoRecord;
        }
        let name = self.intern(key);
        if let Some(to) = self.shapes.successor(shape, name) {
            return NextKey::Shape(to);
        }
        if let Some(slot) = self.shapes.slot(shape, name) {
            return NextKey::Slot(slot as usize);
        }
        if !self.shapes.takes_parsed_key(shape) {
            return NextKey::NoRecord;
        }
        match self.shape_with(shape, name) {
            Some(to) => NextKey::Shape(to),
            None => NextKey::NoRecord,
        }
    }

    /// A record of `shape` with these values, as many as the shape has keys, which the
    /// collector sees.
    pub fn new_record(&mut self, shape: u32, values: &[Value]) -> Value {
        debug_assert!(values.len() == self.shapes.len(shape));
        if values.is_empty() {
            debug_assert!(shape == EMPTY_SHAPE);
            return self.new_dict(0);
        }
        let dict = self.raw_dict(shape, values.len());
        // SAFETY: a fresh object with room for the values.
        unsafe {
            (*dict).len = values.len() as u32;
            std::ptr::copy_nonoverlapping(values.as_ptr(), (*dict).ptr, values.len());
            Value::pointer(dict)
        }
    }
}
