//! Loops: ranges, what loops go through, loans of it, generators.

use super::helper;
use crate::bytecode::Op;
use crate::bytecode::op::{CHAIN, INCLUSIVE, LEND, SHARE};
use crate::heap::object::*;
use crate::value::Value;
use crate::vm::{call, iterate};

helper! {
    fn lazy_range(vm, at) {
        let a = at.a();
        let bounds = [at.get(a), at.get(a + 1), at.get(a + 2)];
        at.set(a, vm.lazy_range(bounds, at.has(INCLUSIVE))?);
        Ok(0)
    }

    fn range_init(vm, at) {
        let a = at.a();
        let bounds = [at.get(a), at.get(a + 1), at.get(a + 2)];
        let state = vm.range_init(bounds, at.has(INCLUSIVE))?;
        for (i, value) in state.into_iter().enumerate() {
            at.set(a + i, value);
        }
        Ok(0)
    }

    fn range_next(vm, at) {
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
        let next = if step.is_absent() {
            vm.next_of_iterator(place)?
        } else {
            // SAFETY: the loop's state registers.
            unsafe { iterate::range_next(state, place, end, step) }
        };
        match next {
            Some(value) => {
                at.set(a + 3, value);
                Ok(1)
            }
            None => Ok(0),
        }
    }

    fn lend(_vm, at) {
        at.set(at.a(), call::lent(at.get(at.b()), at.flags()));
        Ok(0)
    }

    fn give_back(_vm, at) {
        // SAFETY: registers of the running frame.
        unsafe { call::give_back(at.place(at.a()), at.b(), at.flags()) };
        Ok(0)
    }

    fn iter_init(vm, at) {
        let subject = at.get(at.a());
        let state = vm.iter_init(subject)?;
        for (i, value) in state.into_iter().enumerate() {
            at.set(at.a() + i, value);
        }
        if at.has(LEND | CHAIN) {
            at.set(at.a() + 2, call::lent(subject, at.flags()));
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

    fn make_generator(vm, at) {
        // SAFETY: the running frame has just been entered; its `pc` is saved.
        let value = unsafe { vm.make_generator(vm.stacks.running(), at.b()) };
        vm.native.value = value;
        super::room(vm)
    }

    fn yields(vm, at) {
        let value = at.get(at.a());
        at.set(at.a(), Value::NULL);
        // SAFETY: a generator's frame, with its `pc` saved.
        unsafe { vm.suspend(vm.stacks.running(), at.b()) };
        vm.native.value = value;
        Ok(0)
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
