//! Elements by index, and loops over everything.

use super::helper;
use crate::bytecode::op::{LEND, SEEN_OTHER, SHARE};
use crate::bytecode::{Instr, Op};
use crate::heap::object::*;
use crate::value::Value;
use crate::vm::interp::slow;

/// Notes that something else than an int was the index.
fn note_index(at: &super::At, index: Value) {
    if !index.is_int() && !at.has(SEEN_OTHER) {
        let flags = at.word.flags() | SEEN_OTHER;
        // SAFETY: the word of a running instruction; code is the machine's own memory.
        unsafe { *(at.pc.sub(1) as *mut Instr) = at.word.with_flags(flags) };
    }
}

helper! {
    fn get(vm, at) {
        let object = at.get(at.b());
        let index = if at.op() == Op::GetIndex {
            at.get(at.c())
        } else {
            Value::int(at.word.c() as i16 as i64)
        };
        note_index(&at, index);
        let mut value = Value::ABSENT;
        if index.is_int() && object.is_kind(Kind::Dict) {
            let place = object.dict().int_place(index.as_int());
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
        note_index(&at, index);
        if index.is_int() && object.is_kind(Kind::Dict) {
            let header = object.header();
            if header.flags & COPY_BEFORE_WRITE == 0 && !at.has(crate::bytecode::op::LET) {
                let place = object.dict().int_place(index.as_int());
                if !place.is_null() {
                    // SAFETY: an initialised slot.
                    unsafe { *place = value };
                    vm.heap.write_barrier(header, value);
                    return Ok(0);
                }
                if object.dict().append_dense(index.as_int(), value) {
                    vm.heap.write_barrier(header, value);
                    return Ok(0);
                }
            }
        }
        let object = vm.set_index(object, index, value, at.word.flags())?;
        at.set(at.a(), object);
        super::room(vm)
    }

    fn child(vm, at) {
        let flags = at.word.flags();
        let (parent, child) = vm.index_mut(at.get(at.b()), at.get(at.c()), flags)?;
        at.set(at.b(), parent);
        at.set(at.a(), child);
        Ok(0)
    }

    fn range_next(_vm, at) {
        let (a, state) = (at.a(), at.place(at.a()));
        let (place, end, step) = (at.get(a), at.get(a + 1), at.get(a + 2));
        if step == Value::int(1) {
            if (place.bits() as i64) < end.bits() as i64 {
                at.set(a + 3, place);
                at.set(a, Value::from_bits(place.bits() + 1));
                return Ok(1);
            }
            return Ok(0);
        }
        // SAFETY: the loop's state registers.
        match unsafe { slow::range_next(state, place, end, step) } {
            Some(value) => {
                at.set(a + 3, value);
                Ok(1)
            }
            None => Ok(0),
        }
    }

    fn iter_init(vm, at) {
        let subject = at.get(at.a());
        let state = vm.iter_init(subject)?;
        for (i, value) in state.into_iter().enumerate() {
            at.set(at.a() + i, value);
        }
        if at.has(LEND) && subject.lend() {
            at.set(at.a() + 2, subject);
        }
        Ok(0)
    }

    /// `IterNext` and `IterNext2`.
    fn iter_next(vm, at) {
        let a = at.a();
        let subject = at.get(a);
        if subject.is_kind(Kind::Generator) {
            // SAFETY: the running frame's `pc` is saved.
            if !unsafe { vm.resume(subject, 0)? } {
                return Ok(0);
            }
            return vm.run_generator(&at);
        }
        // SAFETY: the loop's cursor.
        let cursor = unsafe { &mut *at.place(a + 1) };
        let Some((key, element)) = vm.iter_next(subject, cursor)? else {
            return Ok(0);
        };
        if at.op() == Op::IterNext && subject.is_kind(Kind::Dict) {
            at.set(a + 3, key);
        } else {
            if at.has(SHARE) && !(at.op() == Op::IterNext && subject.gives_owned()) {
                element.share();
            }
            if at.op() == Op::IterNext {
                at.set(a + 3, element);
            } else {
                at.set(a + 3, key);
                at.set(a + 4, element);
            }
        }
        Ok(1)
    }
}

impl crate::vm::Vm {
    /// Has the frame just pushed, a generator's, run in either tier.
    fn run_generator(&mut self, at: &super::At) -> Result<i64, Box<crate::runtime::Fault>> {
        if let Some(code) = self.code_of_entered() {
            return Ok(code as i64);
        }
        let generator = at.get(at.a());
        let value = self.run_entered_in_interpreter()?;
        if generator.header().form == GeneratorState::Done as u8 {
            return Ok(0);
        }
        self.take_yielded(at.op(), at.place(at.a()), value);
        Ok(1)
    }

    /// Stores what a generator has yielded for the loop with this state.
    pub(in crate::jit) fn take_yielded(&mut self, op: Op, state: *mut Value, value: Value) {
        // SAFETY: the loop's registers.
        unsafe {
            if op == Op::IterNext {
                *state.add(3) = value;
            } else {
                let index = *state.add(1);
                *state.add(3) = index;
                *state.add(1) = Value::from_bits(index.bits() + 1);
                *state.add(4) = value;
            }
        }
    }
}
