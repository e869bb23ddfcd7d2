//! `x[i]`, `x[i] = v` and `x[i:j]`, past the fast paths of the interpreter.

use super::Vm;
use super::fields::no_room;
use crate::bytecode::op::OPTIONAL;
use crate::heap::Heap;
use crate::heap::object::*;
use crate::heap::types::Special;
use crate::runtime::messages::collect_first;
use crate::runtime::operators::method_of;
use crate::runtime::{Context, ErrorKind, Fallible, Fault, dict, pace, sequence, text, type_name};
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
            Some(Kind::Dict) => match dict::get(self, object, index)? {
                Some(value) => Ok(value),
                None if flags & OPTIONAL != 0 => Ok(Value::NULL),
                None => Err(self.missing_key(object, index)),
            },
            Some(Kind::String) => {
                let len = object.string().char_len();
                let at = self.position(object, index, len)?;
                self.char_at(object, at)
            }
            Some(Kind::Bytes) => {
                let bytes = object.bytes();
                let at = self.position(object, index, bytes.len())?;
                Ok(Value::int(bytes[at] as i64))
            }
            _ => match method_of(object, Special::Index) {
                Some(method) => self.call_method(method, object, &[index]),
                None => Err(self.cannot_index(object, index)),
            },
        }
    }

    /// Character `at` of a string, which has that many.
    pub(crate) fn char_at(&mut self, string: Value, at: usize) -> Fallible {
        let text = pace::text_of(self, string)?;
        if string.string().is_ascii() {
            return Ok(self.heap.ascii_char(text.as_bytes()[at]));
        }
        let start = self.heap.byte_of_char(string, at);
        let len = text[start..].chars().next().map_or(0, char::len_utf8);
        Ok(self.heap.substring(string, start, start + len, 1))
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
        let message = format!("Index out of bounds: {index}");
        let what = match (object.is_string(), len) {
            (true, 1) => "character",
            (true, _) => "characters",
            (false, 1) => "element",
            (false, _) => "elements",
        };
        let hint = format!("the {} has {len} {what}", type_name(object));
        Err(Fault::with_hint(ErrorKind::Index, message, hint))
    }

    #[cold]
    pub(crate) fn cannot_index(&mut self, object: Value, index: Value) -> Box<Fault> {
        let message = match object.kind() {
            Some(Kind::Array | Kind::String | Kind::Bytes) => {
                let message = format!(
                    "The index of {} is an int; got {}",
                    a_type(&mut self.heap, object),
                    type_name(index)
                );
                if index.is_kind(Kind::Array) {
                    let hint = "a part is written `x[a:b]`";
                    return Fault::with_hint(ErrorKind::Type, message, hint);
                }
                message
            }
            _ => {
                let hint = collect_first(object);
                format!("Cannot index {}{hint}", a_type(&mut self.heap, object))
            }
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
                let object = self.unshared(object)?;
                object.set_element(at, value);
                self.heap.write_barrier(object.as_pointer(), value);
                Ok(object)
            }
            Some(Kind::Dict) => {
                let object = self.unshared(object)?;
                match dict::set(self, object, index, value)? {
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
            _ => self.set_own_index(object, index, value),
        }
    }

    /// `object[index] = value` for an instance whose `op_set_index` leaves it as it is;
    /// stores by one that changes it are calls ([`Op::TestIndexed`](crate::bytecode::Op)).
    pub(crate) fn set_own_index(&mut self, object: Value, index: Value, value: Value) -> Fallible {
        let Some(method) = method_of(object, Special::SetIndex) else {
            return Err(self.cannot_store(object, index));
        };
        self.call_method(method, object, &[index, value])?;
        Ok(object)
    }

    /// The element of an instance, to be changed in a copy that is stored back.
    fn own_index_mut(&mut self, object: Value, index: Value) -> Fallible {
        if method_of(object, Special::SetIndex).is_none() {
            return Err(self.cannot_store(object, index));
        }
        let Some(method) = method_of(object, Special::Index) else {
            return Err(self.cannot_index(object, index));
        };
        let child = self.call_method(method, object, &[index])?;
        self.unshared(child)
    }

    #[cold]
    fn cannot_store(&mut self, object: Value, index: Value) -> Box<Fault> {
        if method_of(object, Special::Index).is_none() {
            return self.cannot_index(object, index);
        }
        let name = self.heap.str(object.instance_type().name);
        let message = format!("Cannot store to an element of {name} (it has no op_set_index)");
        Fault::new(ErrorKind::Type, message)
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
                let object = self.unshared(object)?;
                let place = object.element_place(at);
                Ok((object, self.unshare_place(object, place)?))
            }
            Some(Kind::Dict) => {
                let object = self.unshared(object)?;
                match dict::place(self, object, index)? {
                    Some(place) => Ok((object, self.unshare_place(object, place)?)),
                    None => Err(self.missing_key(object, index)),
                }
            }
            Some(Kind::Struct | Kind::Object) => {
                let child = self.own_index_mut(object, index)?;
                Ok((object, child))
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
                let hint = collect_first(object);
                let message = format!("Cannot slice {}{hint}", a_type(&mut self.heap, object));
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

/// `TestIndexed`.
#[inline]
pub(crate) fn is_indexed(value: Value) -> bool {
    method_of(value, Special::SetIndex).is_some()
}

/// `an array`, `a string`; of an instance the name of its type: `a Matrix`.
pub(crate) fn a_type(heap: &mut Heap, v: Value) -> String {
    let name = match v.kind() {
        Some(Kind::Struct | Kind::Object) => heap.str(v.instance_type().name),
        _ => type_name(v),
    };
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u', 'A', 'E', 'I', 'O', 'U']) {
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
