//! Variables outside the frame, making objects, fields.

use super::helper;
use crate::bytecode::Op;
use crate::bytecode::op::{BASE, SHARE, SHARE_BORROWED};
use crate::heap::object::*;
use crate::heap::types::Default as FieldDefault;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::cache::writable_place;

/// Marks a value as the instruction's flags say.
fn mark(flags: u8, value: Value) {
    if flags & SHARE != 0 {
        value.share();
    } else if flags & SHARE_BORROWED != 0 {
        value.share_if_borrowed();
    }
}

helper! {
    fn get_global(vm, at) {
        let number = at.word.bx() as usize;
        let mut value = vm.globals.values[number];
        if value.is_absent() {
            value = vm.absent_global(number)?;
        }
        mark(at.word.flags() & SHARE, value);
        at.set(at.a(), value);
        Ok(0)
    }

    /// Reading a cell without a value.
    fn undefined(vm, at) {
        let cell = match at.op() {
            Op::GetCell => at.get(at.b()),
            // SAFETY: the slot below a frame's base holds its function, which has the capture.
            _ => unsafe {
                let function: *mut FunctionObj = (*at.base.sub(1)).as_pointer();
                *trailing(function, at.b())
            },
        };
        Err(vm.absent_cell(cell, at.constant(at.c())))
    }

    fn new_int(vm, _at) {
        let value = vm.native.value.bits() as i64;
        vm.native.value = vm.heap.new_int(value.into());
        Ok(0)
    }

    fn new_word(vm, _at) {
        vm.native.value = vm.heap.new_word(vm.native.value.bits());
        Ok(0)
    }

    fn new_instance(vm, _at) {
        let ty = vm.native.value;
        let instance = vm.heap.new_instance(ty);
        for (slot, field) in ty.struct_type().fields.iter().enumerate() {
            if let FieldDefault::Value(value) = field.default {
                vm.heap.set_field(instance, slot, value);
            }
        }
        vm.native.value = instance;
        Ok(0)
    }

    fn new_empty_array(vm, _at) {
        vm.native.value = vm.heap.new_array(0);
        Ok(0)
    }

    fn new_empty_dict(vm, _at) {
        vm.native.value = vm.heap.new_dict(0);
        Ok(0)
    }

    fn new_cell(vm, at) {
        let cell = vm.heap.new_cell(Value::ABSENT);
        at.set(at.a(), cell);
        Ok(0)
    }

    fn box_param(vm, at) {
        let value = at.get(at.a());
        value.share_if_borrowed();
        let cell = vm.heap.new_cell(value);
        at.set(at.a(), cell);
        Ok(0)
    }

    fn closure(vm, at) {
        let constant = at.constant(at.word.bx() as usize);
        // SAFETY: `base` is the running frame's.
        let value = unsafe {
            if at.op() == Op::Closure {
                vm.make_closure(constant, at.base)
            } else {
                vm.make_type_or_constant(constant, at.base)
            }
        };
        at.set(at.a(), value);
        Ok(0)
    }

    /// The value of a name that no variable has: a built-in, or the value of an import.
    fn name(vm, at) {
        let value = match at.op() {
            Op::GetDynamic => vm.get_dynamic(at.constant(at.word.bx() as usize))?,
            Op::Import => vm.import(at.constant(at.word.bx() as usize))?,
            Op::ImportName => vm.import_name(at.get(at.b()), at.constant(at.c()))?,
            Op::ImportAll => vm.import_all(at.get(at.a()), at.word.bx()),
            Op::GetPath => vm.get_path(at.get(at.b()), at.constant(at.c()))?,
            op => unreachable!("{op:?} names nothing"),
        };
        at.set(at.a(), value);
        Ok(0)
    }

    /// Further parts of an array or dict literal.
    fn extend(vm, at) {
        let literal = at.get(at.a());
        match at.op() {
            Op::ArrayAppend => {
                // SAFETY: the registers are initialised.
                let parts = unsafe { std::slice::from_raw_parts(at.place(at.b()), at.c()) };
                vm.array_append(literal, parts)?;
            }
            Op::ArrayExtend => vm.array_extend(literal, at.get(at.b()))?,
            Op::DictMerge => vm.dict_merge(literal, at.get(at.b()))?,
            op => unreachable!("{op:?} extends nothing"),
        }
        super::room(vm)
    }

    fn new_array(vm, at) {
        // SAFETY: the registers are initialised.
        let parts = unsafe { std::slice::from_raw_parts(at.place(at.b()), at.c()) };
        let array = vm.heap.new_array_from(parts);
        at.set(at.a(), array);
        super::room(vm)
    }

    fn new_dict(vm, at) {
        // The registers from b on hold a value for each key.
        let dict = vm.heap.new_dict_from(at.constant(at.c()), at.place(at.b()));
        at.set(at.a(), dict);
        super::room(vm)
    }

    fn new_struct(vm, at, cached) {
        let ty = at.get(at.b());
        let values = at.place(at.b() + 1);
        // SAFETY: the cache word is the instruction's; the values are initialised.
        unsafe {
            let cache = at.cache();
            if ty.is_kind(Kind::StructType) && ty.struct_type().shape as u64 == *cache {
                let instance = vm.heap.new_instance_from(ty, values);
                at.set(at.a(), instance);
                return super::room(vm);
            }
            let names = Vm::key_list(at.constant(at.c()));
            let rest = at.has(BASE).then(|| *values.add(names.len()));
            let instance = vm.new_struct(ty, names, values, rest, &mut *cache)?;
            at.set(at.a(), instance);
        }
        Ok(0)
    }

    fn make_result(vm, at) {
        let part = at.get(at.b());
        let result = vm.heap.new_tagged(at.c() as u32, &[part]);
        at.set(at.a(), result);
        Ok(0)
    }

    fn get_field(vm, at, cached) {
        let object = at.get(at.b());
        // SAFETY: the cache word is the instruction's.
        let cache = unsafe { &mut *at.cache() };
        let value = vm.get_field(object, at.constant(at.c()), at.word.flags(), cache)?;
        at.mark_part(object, value);
        at.set(at.a(), value);
        Ok(0)
    }

    /// The value has been marked.
    fn set_field(vm, at, cached) {
        let (object, value) = (at.get(at.a()), at.get(at.c()));
        // SAFETY: as above.
        let cache = unsafe { &mut *at.cache() };
        let object = vm.set_field(object, at.constant(at.b()), value, at.word.flags(), cache)?;
        at.set(at.a(), object);
        Ok(0)
    }

    fn field_mut(vm, at, cached) {
        let object = at.get(at.b());
        // SAFETY: as above.
        let cache = unsafe { &mut *at.cache() };
        if let Some(place) = writable_place(at.word.0, object, *cache)
            // SAFETY: a place in the object.
            && unsafe { !(*place).is_absent() }
        {
            let child = vm.unshare_place(object, place)?;
            at.set(at.a(), child);
            return Ok(0);
        }
        let (name, flags) = (at.constant(at.c()), at.word.flags());
        let (parent, child) = vm.field_mut_cached(object, name, flags, cache)?;
        at.set(at.b(), parent);
        at.set(at.a(), child);
        Ok(0)
    }
}
