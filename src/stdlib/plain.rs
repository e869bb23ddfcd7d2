//! Values as data: null, bools, numbers, strings, arrays and dicts with string and int
//! keys, which is all that TOML and YAML hold. Structs and instances are their fields,
//! other containers arrays.

use super::formats::{MAX_LEVELS, Step, Unwritten, Written, key_step};
use super::limits::{no_room, push};
use super::operands::is_int;
use crate::heap::MAX_ELEMENTS;
use crate::heap::object::Kind;
use crate::runtime::messages::overflow_error;
use crate::runtime::pace::Pace;
use crate::runtime::{Context, ErrorKind, field_of, tags, type_name};
use crate::value::Value;
use std::collections::HashSet;

/// A value as data; parts that are data already are those of the value.
pub fn plain(cx: &mut dyn Context, name: &'static str, v: Value) -> Written<Value> {
    let mut walk = Walk {
        name,
        active: HashSet::new(),
        parts: 0,
        pace: Pace::new(),
    };
    walk.value(cx, v, 0)
}

struct Walk {
    name: &'static str,
    /// The class instances that the walk is inside of.
    active: HashSet<Value>,
    /// The number of parts that were met so far: a part with several owners
    /// counts every time.
    parts: usize,
    pace: Pace,
}

impl Walk {
    fn value(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Written<Value> {
        self.pace.step(cx)?;
        self.parts += 1;
        if self.parts > MAX_ELEMENTS {
            return Err(overflow_error(self.name, MAX_ELEMENTS, "values", self.parts).into());
        }
        let Some(kind) = v.kind() else {
            return Ok(v);
        };
        match kind {
            Kind::String | Kind::BigInt => return Ok(v),
            Kind::Tagged if v.header().aux == tags::NONE => return Ok(Value::NULL),
            Kind::Tagged if v.header().aux == tags::SOME => {
                return self.value(cx, v.tagged_parts()[0], depth);
            }
            _ => {}
        }
        if depth >= MAX_LEVELS {
            let what = format!("more than {MAX_LEVELS} levels");
            return Err(Unwritten::met(ErrorKind::Value, what));
        }
        match kind {
            Kind::Array => self.array(cx, v, v.elements(), depth),
            Kind::Queue | Kind::Stack => self.array(cx, v, v.queue().elements(), depth),
            Kind::Set => {
                let array = cx.heap().new_array(0);
                let mut cursor = 0;
                while let Some((x, _, next)) = v.set().next(cursor) {
                    cursor = next;
                    push(cx, self.name, array, x)?;
                }
                self.array(cx, v, array.elements(), depth)
            }
            Kind::Dict => self.dict(cx, v, depth),
            Kind::Struct | Kind::Object if v.opaque_type().is_some() => {
                Err(Unwritten::met(ErrorKind::Type, type_name(v)))
            }
            Kind::Struct => self.instance(cx, v, depth),
            Kind::Object if !v.is_module() => {
                if !self.active.insert(v) {
                    return Err(Unwritten::met(ErrorKind::Value, "a cycle"));
                }
                let dict = self.instance(cx, v, depth)?;
                self.active.remove(&v);
                Ok(dict)
            }
            _ => Err(Unwritten::met(ErrorKind::Type, type_name(v))),
        }
    }

    fn array(
        &mut self,
        cx: &mut dyn Context,
        v: Value,
        elements: &[Value],
        depth: u32,
    ) -> Written<Value> {
        let mut copy = Value::ABSENT;
        if !v.is_kind(Kind::Array) {
            copy = cx.heap().new_array(elements.len());
        }
        for (i, &x) in elements.iter().enumerate() {
            let data = match self.value(cx, x, depth + 1) {
                Ok(data) => data,
                Err(unwritten) => return Err(unwritten.inside(|| Step::Index(i))),
            };
            if copy.is_absent() && data != x {
                copy = cx.heap().new_array_from(&elements[..i]);
            }
            if !copy.is_absent() {
                push(cx, self.name, copy, data)?;
            }
        }
        Ok(if copy.is_absent() { v } else { copy })
    }

    fn dict(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Written<Value> {
        let mut copy = Value::ABSENT;
        let mut cursor = 0;
        while let Some((key, x, next)) = cx.heap().dict_next(v, cursor) {
            cursor = next;
            if !key.is_string() && !is_int(key) {
                let got = format!("a key of type {}", type_name(key));
                return Err(Unwritten::met(ErrorKind::Type, got));
            }
            let data = match self.value(cx, x, depth + 1) {
                Ok(data) => data,
                Err(unwritten) => {
                    let step = key_step(cx, key);
                    return Err(unwritten.inside(|| step));
                }
            };
            if data != x {
                if copy.is_absent() {
                    copy = cx.heap().copy_dict(v);
                }
                let set = cx.heap().dict_set(copy, key, data);
                set.map_err(|why| no_room(self.name, why))?;
            }
        }
        Ok(if copy.is_absent() { v } else { copy })
    }

    fn instance(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Written<Value> {
        let dict = cx.heap().new_dict(0);
        let ty = v.instance_type();
        for slot in 0..ty.visible {
            let x = field_of(cx, v, slot);
            if x.is_absent() {
                continue;
            }
            let name = ty.fields[slot].name;
            let data = match self.value(cx, x, depth + 1) {
                Ok(data) => data,
                Err(unwritten) => {
                    let step = key_step(cx, name);
                    return Err(unwritten.inside(|| step));
                }
            };
            let set = cx.heap().dict_set(dict, name, data);
            set.map_err(|why| no_room(self.name, why))?;
        }
        Ok(dict)
    }
}
