//! Elements by index, and loops over everything.

use super::helper;
use crate::bytecode::op::{SEEN_NO_ARRAY, SEEN_OTHER};
use crate::bytecode::{Instr, Op};
use crate::heap::object::*;
use crate::value::Value;

/// Notes that something else than an int was the index, or that the container is no array.
fn note_index(at: &super::At, container: Value, index: Value) {
    let mut more = 0;
    if !index.is_int() {
        more |= SEEN_OTHER;
    }
    if !container.is_kind(Kind::Array) {
        more |= SEEN_NO_ARRAY;
    }
    if at.word.flags() & more != more {
        let flags = at.word.flags() | more;
        // SAFETY: the word of a running instruction; code is the machine's own memory.
        unsafe { *(at.pc.sub(1) as *mut Instr) = at.word.with_flags(flags) };
    }
}

/// Where the value of an entry of a dict is, if that takes no search; else null.
#[inline(always)]
fn place_in(dict: Value, index: Value) -> *mut Value {
    match index.is_int() {
        true => dict.dict().int_place(index.as_int()),
        false => dict.dict().last_place(index),
    }
}

helper! {
    fn slice(vm, at) {
        at.set(at.a(), vm.slice(at.get(at.b()), at.get(at.c()), at.get(at.c() + 1))?);
        Ok(0)
    }

    fn get(vm, at) {
        let object = at.get(at.b());
        let index = if at.op() == Op::GetIndex {
            at.get(at.c())
        } else {
            Value::int(at.word.c() as i16 as i64)
        };
        note_index(&at, object, index);
        let mut value = Value::ABSENT;
        if object.is_kind(Kind::Dict) {
            let place = place_in(object, index);
            if !place.is_null() {
                // SAFETY: an initialised slot.
                value = unsafe { *place };
            }
        }
        if value.is_absent() {
            value = vm.get_index(object, index, at.word.flags())?;
        }
        at.mark_part(object, value);
        at.set(at.a(), value);
        Ok(0)
    }

    /// The value has been marked.
    fn set(vm, at) {
        let (object, index, value) = (at.get(at.a()), at.get(at.b()), at.get(at.c()));
        note_index(&at, object, index);
        if object.is_kind(Kind::Dict) {
            let header = object.header();
            if header.flags & COPY_BEFORE_WRITE == 0 && !at.has(crate::bytecode::op::LET) {
                let place = place_in(object, index);
                if !place.is_null() {
                    // SAFETY: an initialised slot.
                    unsafe { *place = value };
                    vm.heap.write_barrier(header.ptr(), value);
                    return Ok(0);
                }
                if index.is_int() && object.dict().append_dense(index.as_int(), value) {
                    vm.heap.write_barrier(header.ptr(), value);
                    return Ok(0);
                }
                let is_plain = index.is_int() || index.is_string();
                if is_plain && vm.heap.dict_set(object, index, value).is_ok() {
                    return super::room(vm);
                }
                // Where there is no room, this says so.
            }
        }
        let object = vm.set_index(object, index, value, at.word.flags())?;
        at.set(at.a(), object);
        super::room(vm)
    }

    fn child(vm, at) {
        note_index(&at, at.get(at.b()), at.get(at.c()));
        let flags = at.word.flags();
        let (parent, child) = vm.index_mut(at.get(at.b()), at.get(at.c()), flags)?;
        at.set(at.b(), parent);
        at.set(at.a(), child);
        Ok(0)
    }
}
