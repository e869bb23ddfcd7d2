//! Rare instructions, whole; tests of patterns; generators.

use super::helper;
use crate::bytecode::Op;
use crate::bytecode::op::{INCLUSIVE, SHARE};
use crate::heap::object::*;
use crate::runtime::{Context, Fault};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::interp::slow;
use crate::vm::interrupts::Doing;

helper! {
    fn run(vm, at) {
        let (a, b, c, bx) = (at.a(), at.b(), at.c(), at.word.bx());
        match at.op() {
            Op::GetDynamic => at.set(a, vm.get_dynamic(at.constant(bx as usize))?),
            Op::Import => at.set(a, vm.import(at.constant(bx as usize))?),
            Op::ImportName => at.set(a, vm.import_name(at.get(b), at.constant(c))?),
            Op::ImportAll => at.set(a, vm.import_all(at.get(a), bx)),
            Op::Slice => at.set(a, vm.slice(at.get(b), at.get(c), at.get(c + 1))?),
            Op::LazyRange => {
                let bounds = [at.get(a), at.get(a + 1), at.get(a + 2)];
                at.set(a, vm.lazy_range(bounds, at.has(INCLUSIVE))?);
            }
            Op::RangeInit => {
                let bounds = [at.get(a), at.get(a + 1), at.get(a + 2)];
                let state = vm.range_init(bounds, at.has(INCLUSIVE))?;
                for (i, value) in state.into_iter().enumerate() {
                    at.set(a + i, value);
                }
            }
            Op::Lend => at.set(a, slow::lent(at.get(b))),
            // SAFETY: registers of the running frame.
            Op::GiveBack => unsafe { slow::give_back(at.place(a), b) },
            Op::GetPath => at.set(a, vm.get_path(at.get(b), at.constant(c))?),
            Op::Throw => return Err(Context::throw(vm, at.get(a))),
            Op::Rethrow | Op::EndHandler => {
                vm.errors.pending = at.get(a);
                return Err(Box::new(Fault::Thrown));
            }
            Op::ArrayAppend => {
                // SAFETY: the registers are initialised.
                let parts = unsafe { std::slice::from_raw_parts(at.place(b), c) };
                vm.array_append(at.get(a), parts)?;
                return super::room(vm);
            }
            Op::ArrayExtend => {
                vm.array_extend(at.get(a), at.get(b))?;
                return super::room(vm);
            }
            Op::DictMerge => {
                vm.dict_merge(at.get(a), at.get(b))?;
                return super::room(vm);
            }
            Op::RestArray => {
                at.set(a, vm.slice(at.get(b), Value::int(c as i64), Value::NULL)?);
            }
            Op::RestDict => {
                at.set(a, vm.rest_dict(at.get(b), Vm::key_list(at.constant(c)))?);
            }
            Op::GetPart => {
                let value = slow::part(at.get(b), c);
                at.mark_part(at.get(b), value);
                at.set(a, value);
            }
            Op::ThrowMismatch => return Err(vm.mismatch(at.get(a), at.constant(c))),
            op => unreachable!("{op:?} has code of its own"),
        }
        Ok(0)
    }

    fn test_pattern(vm, at) {
        let value = at.get(at.a());
        let fits = match at.op() {
            Op::TestTag => Vm::test_tag(value, at.constant(at.c()), at.word.b()),
            Op::TestRecord => {
                matches!(value.kind(), Some(Kind::Dict | Kind::Struct | Kind::Object))
            }
            Op::TestKey => vm.test_key(value, at.constant(at.c())),
            Op::TestType => slow::is_instance(value, at.get(at.b()))?,
            Op::TestLit => vm.test_literal(value, at.constant(at.c()))?,
            Op::TestArray => {
                value.is_kind(Kind::Array) && {
                    let len = value.array().len as usize;
                    if at.c() == 0 { len == at.b() } else { len >= at.b() }
                }
            }
            op => unreachable!("{op:?} tests no pattern"),
        };
        Ok(fits as i64)
    }

    fn unwrap(vm, at) {
        match vm.unwrap(at.get(at.b()), at.has(SHARE))? {
            Some(payload) => {
                at.set(at.a(), payload);
                Ok(1)
            }
            None => Ok(0),
        }
    }

    fn check_mut(vm, at, cached) {
        let receiver = at.get(at.a());
        // SAFETY: the cache word is the instruction's.
        let cache = unsafe { &mut *at.cache() };
        let code = crate::vm::method_cache::kind_code(receiver);
        let mutating = if code == *cache as u32 {
            *cache >> 32 & crate::vm::fields::CHANGES as u64 != 0
        } else {
            vm.check_mut(receiver, at.constant(at.c()), cache)?
        };
        Ok(mutating as i64)
    }

    fn poll(vm, _at) {
        match vm.handle_interrupts(Doing::Code) {
            Some(fault) => Err(fault),
            None => Ok(0),
        }
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
