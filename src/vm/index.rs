//! `x[i]`, `x[i] = v` and `x[i:j]`, past the fast paths of the interpreter.

use super::Vm;
use super::fields::no_room;
use crate::bytecode::op::OPTIONAL;
use crate::heap::object::*;
use crate::runtime::messages::collect_first;
use crate::runtime::{ErrorKind, Fallible, Fault, pace, sequence, text, type_name};
use crate::value::Value;

impl Vm {
    /// `object[index]`
    #[inline(never)]
    pub(crate) fn get_index(&mut self, object: Value, index: Value, flags: u8) -> Fallible {
        if object.is_kind(Kind::Dict) {
            let place = object.dict().last_place(index);
            if !place.is_null() {
                // SAFETY: an initialised slot.
                return Ok(unsafe { *place });
            }
        }
        match object.kind() {
            Some(Kind::Array) => {
                let elements = object.elements();
                let at = self.position(object, index, elements.len())?;
                Ok(elements[at])
            }
            Some(Kind::Dict) => {
                self.check_key(index)?;
                match self.heap.dict_get(object, index) {
                    Some(value) => Ok(value),
                    None if flags & OPTIONAL != 0 => Ok(Value::NULL),
                    None => Err(self.missing_key(object, index)),
                }
            }
            Some(Kind::String) => {
                let len = object.string().char_len();
                let at = self.position(object, index, len)?;
                Ok(self.char_at(object, at))
            }
            Some(Kind::Bytes) => {
                let bytes = object.bytes();
                let at = self.position(object, index, bytes.len())?;
                Ok(Value::int(bytes[at] as i64))
            }
            _ => Err(self.cannot_index(object, index)),
        }
    }

    /// Character `at` of a string, which has that many.
    pub(crate) fn char_at(&mut self, string: Value, at: usize) -> Value {
        let text = self.heap.str(string);
        if string.string().is_ascii() {
            return self.heap.ascii_char(text.as_bytes()[at]);
        }
        let start = self.heap.byte_of_char(string, at);
        let len = text[start..].chars().next().map_or(0, char::len_utf8);
        self.heap.substring(string, start, start + len, 1)
    }

    /// The element an index means: negative ones count from the end.
    #[inline]
    fn position(&mut self, object: Value, index: Value, len: usize) -> Result<usize, Box<Fault>> {
        if index.is_int() {
            let i = index.as_int();
            let at = if i < 0 { i + len as i64 } else { i };
            if (at as u64) < len as u64 {
                return Ok(at as usize);
            }
        } else if !index.is_kind(Kind::BigInt) {
            return Err(self.cannot_index(object, index));
        }
        let index = text::display(self, index)?;
        Err(Fault::new(
            ErrorKind::Index,
            format!("Index out of bounds: {index}"),
        ))
    }

    fn check_key(&mut self, key: Value) -> Result<(), Box<Fault>> {
        if key.is_int() || matches!(key.kind(), Some(Kind::String | Kind::BigInt)) {
            return Ok(());
        }
        let message = format!("A dict key is a string or an int; got {}", type_name(key));
        Err(Fault::new(ErrorKind::Type, message))
    }

    #[cold]
    pub(crate) fn cannot_index(&mut self, object: Value, index: Value) -> Box<Fault> {
        let message = match object.kind() {
            Some(Kind::Array | Kind::String | Kind::Bytes) => {
                format!(
                    "The index of {} is an int; got {}",
                    a_type(object),
                    type_name(index)
                )
            }
            _ => format!("Cannot index {}{}", a_type(object), collect_first(object)),
        };
        Fault::new(ErrorKind::Type, message)
    }

    /// `object[index] = value`: the object, perhaps as a copy.
    #[inline(never)]
    pub(crate) fn set_index(
        &mut self,
        object: Value,
        index: Value,
        value: Value,
        flags: u8,
    ) -> Fallible {
        self.check_let(object, flags)?;
        if object.is_kind(Kind::Dict) && object.header().flags & COPY_BEFORE_WRITE == 0 {
            let place = object.dict().last_place(index);
            if !place.is_null() {
                // SAFETY: an initialised slot.
                unsafe { *place = value };
                self.heap.write_barrier(object.as_pointer(), value);
                return Ok(object);
            }
        }
        match object.kind() {
            Some(Kind::Array) => {
                let at = self.position(object, index, object.elements().len())?;
                let object = self.unshared(object);
                object.elements_mut()[at] = value;
                self.heap.write_barrier(object.as_pointer(), value);
                Ok(object)
            }
            Some(Kind::Dict) => {
                self.check_key(index)?;
                let object = self.unshared(object);
                match self.heap.dict_set(object, index, value) {
                    Ok(()) => Ok(object),
                    Err(why) => Err(no_room(why)),
                }
            }
            Some(Kind::String) => Err(Fault::new(
                ErrorKind::Type,
                "A string cannot be changed in place (build a new one)",
            )),
            Some(Kind::Bytes) => Err(Fault::new(
                ErrorKind::Type,
                "Bytes cannot be changed in place (build new ones)",
            )),
            _ => Err(self.cannot_index(object, index)),
        }
    }

    /// `IndexMut`: the parent (perhaps a copy) and the child in it, both ready to
    /// be written.
    #[inline(never)]
    pub(crate) fn index_mut(
        &mut self,
        object: Value,
        index: Value,
        flags: u8,
    ) -> Result<(Value, Value), Box<Fault>> {
        self.check_let(object, flags)?;
        match object.kind() {
            Some(Kind::Array) => {
                let at = self.position(object, index, object.elements().len())?;
                let object = self.unshared(object);
                let place: *mut Value = &mut object.elements_mut()[at];
                Ok((object, self.unshare_place(object, place)))
            }
            Some(Kind::Dict) => {
                self.check_key(index)?;
                let object = self.unshared(object);
                match self.heap.dict_place(object, index) {
                    Some(place) => Ok((object, self.unshare_place(object, place))),
                    None => Err(self.missing_key(object, index)),
                }
            }
            _ => {
                let child = self.get_index(object, index, flags)?;
                Ok((object, child))
            }
        }
    }

    /// `object[from:to]`, null for an end left out.
    #[inline(never)]
    pub(crate) fn slice(&mut self, object: Value, from: Value, to: Value) -> Fallible {
        let len = match object.kind() {
            Some(Kind::Array) => object.elements().len(),
            Some(Kind::String) => object.string().char_len(),
            Some(Kind::Bytes) => object.bytes().len(),
            _ => {
                let message = format!("Cannot slice {}{}", a_type(object), collect_first(object));
                return Err(Fault::new(ErrorKind::Type, message));
            }
        };
        let from = self.slice_end(from, 0, len)?;
        let to = self.slice_end(to, len, len)?.max(from);
        if object.is_kind(Kind::Array) {
            return sequence::copied(self, &object.elements()[from..to], 0);
        }
        if object.is_bytes() {
            return pace::new_bytes(self, &object.bytes()[from..to]);
        }
        let start = self.heap.byte_of_char(object, from);
        let end = self.heap.byte_of_char(object, to);
        Ok(self.heap.substring(object, start, end, to - from))
    }

    fn slice_end(&mut self, end: Value, default: usize, len: usize) -> Result<usize, Box<Fault>> {
        if end.is_null() {
            return Ok(default);
        }
        if end.is_int() {
            let i = end.as_int();
            let at = if i < 0 { i + len as i64 } else { i };
            return Ok(at.clamp(0, len as i64) as usize);
        }
        if end.is_kind(Kind::BigInt) {
            let negative = crate::runtime::compare::compare(
                self,
                crate::runtime::compare::CompareOp::Lt,
                end,
                Value::ZERO,
            )?;
            return Ok(if negative { 0 } else { len });
        }
        let message = format!("The ends of a slice are ints; got {}", type_name(end));
        Err(Fault::new(ErrorKind::Type, message))
    }
}

/// `an array`, `a string`.
pub(crate) fn a_type(v: Value) -> String {
    let name = type_name(v);
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    };
    if matches!(name, "null" | "bytes") {
        name.to_string()
    } else {
        format!("{article} {name}")
    }
}
