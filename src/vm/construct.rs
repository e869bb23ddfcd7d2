//! Making structs and tagged values, `Type::name`, and what patterns ask of a
//! value.

use super::Vm;
use super::cache::note_run;
use super::call::{Masks, Outcome, proto_of};
use crate::bytecode::op::ANY_PARTS;
use crate::heap::object::*;
use crate::runtime::messages;
use crate::runtime::{ErrorKind, Fallible, Fault, compare, field_of, type_name};
use crate::value::Value;

impl Vm {
    /// The names of a key list constant.
    pub(crate) fn key_list(list: Value) -> &'static [Value] {
        debug_assert!(list.is_kind(Kind::KeyList));
        // SAFETY: a key list is followed by its names and immutable.
        unsafe {
            let list: *mut KeyListObj = list.as_pointer();
            std::slice::from_raw_parts(trailing(list, 0), (*list).len as usize)
        }
    }

    /// `NewStruct`: an instance of `ty` with the named fields and their values,
    /// the rest from `base` or the defaults. Fills `cache` with the type's shape
    /// when the values are just the fields in order.
    ///
    /// # Safety
    /// `values` points to one value for each name.
    #[inline(never)]
    pub(crate) unsafe fn new_struct(
        &mut self,
        ty: Value,
        names: &[Value],
        values: *const Value,
        base: Option<Value>,
        cache: &mut u64,
    ) -> Fallible {
        note_run(cache);
        if !ty.is_kind(Kind::StructType) {
            let message = format!("{} is not a struct type", type_name(ty));
            return Err(Fault::new(ErrorKind::Type, message));
        }
        let info = ty.struct_type();
        let instance = self.heap.new_instance(ty);
        let mut in_order = names.len() == info.fields.len() && base.is_none();
        for (i, &name) in names.iter().enumerate() {
            let Some(slot) = info.field(name) else {
                let (ty, field) = (self.heap.str(info.name), self.heap.str(name));
                let known = info
                    .fields
                    .iter()
                    .map(|f| self.heap.str(f.name))
                    .collect::<Vec<_>>();
                let message = format!("{ty} has no field '{field}'");
                let message = messages::with_suggestion(message, field, known);
                return Err(Fault::new(ErrorKind::Name, message));
            };
            in_order &= slot == i;
            // SAFETY: the caller's promise.
            let value = unsafe { *values.add(i) };
            self.heap.set_field(instance, slot, value);
        }
        if let Some(base) = base {
            if !matches!(base.kind(), Some(Kind::Struct | Kind::Object))
                || !std::ptr::eq(base.instance_type(), info)
            {
                let name = self.heap.str(info.name);
                let message = format!(
                    "...base of {name} is another {name}; got {}",
                    type_name(base)
                );
                return Err(Fault::new(ErrorKind::Type, message));
            }
            for slot in 0..info.fields.len() {
                if instance.instance_field(slot).is_absent() {
                    let value = base.instance_field(slot);
                    value.share();
                    self.heap.set_field(instance, slot, value);
                }
            }
        }
        if in_order {
            *cache = info.shape as u64;
            return Ok(instance);
        }
        self.fill_defaults(instance)?;
        self.check_complete(instance)?;
        Ok(instance)
    }

    /// `GetPath`: `ty::name` without a call.
    pub(crate) fn get_path(&mut self, ty: Value, name: Value) -> Fallible {
        match ty.kind() {
            Some(Kind::EnumType) => {
                let tag = self.variant(ty, name)?;
                Ok(self.heap.new_tagged(tag, &[]))
            }
            Some(Kind::StructType) => {
                let method = self.static_method(ty, name)?;
                Ok(self.heap.new_bound_method(Value::NULL, method))
            }
            _ => {
                let name = self.heap.str(name);
                let message = format!("{} has no member '::{name}'", type_name(ty));
                Err(Fault::new(ErrorKind::Type, message))
            }
        }
    }

    fn variant(&mut self, ty: Value, name: Value) -> Result<u32, Box<Fault>> {
        let info = ty.enum_type();
        if let Some(&(_, tag)) = info.variants.iter().find(|(n, _)| *n == name) {
            return Ok(tag);
        }
        let (ty, text) = (self.heap.str(info.name), self.heap.str(name));
        let names: Vec<&str> = info
            .variants
            .iter()
            .map(|&(n, _)| self.heap.str(n))
            .collect();
        let message = format!("{ty} has no variant '{text}'");
        Err(Fault::new(
            ErrorKind::Name,
            messages::with_suggestion(message, text, names),
        ))
    }

    fn static_method(&mut self, ty: Value, name: Value) -> Fallible {
        let info = ty.struct_type();
        let (type_text, text) = (self.heap.str(info.name), self.heap.str(name));
        match info.method(name) {
            Some(at) if info.methods[at].is_static => Ok(info.methods[at].function),
            Some(_) => Err(Fault::new(
                ErrorKind::Type,
                format!("{type_text}::{text} needs an instance (call x.{text}(…) on one)"),
            )),
            None => {
                let names: Vec<&str> = info.methods.iter().map(|m| self.heap.str(m.name)).collect();
                let message = format!("{type_text} has no method '{text}'");
                Err(Fault::new(
                    ErrorKind::Name,
                    messages::with_suggestion(message, text, names),
                ))
            }
        }
    }

    /// `CallPath`: `window[0] :: name` called with the arguments behind it.
    ///
    /// # Safety
    /// As for [`Vm::call_window`].
    pub(crate) unsafe fn call_path(
        &mut self,
        window: *mut Value,
        name: Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<Outcome, Box<Fault>> {
        // SAFETY: the arguments are initialised registers.
        unsafe {
            let ty = *window;
            if ty.is_kind(Kind::EnumType) {
                let tag = self.variant(ty, name)?;
                let parts = std::slice::from_raw_parts(window.add(1), nargs);
                for (i, part) in parts.iter().enumerate() {
                    if i >= 8 || masks.kept & (1 << i) != 0 {
                        part.share();
                    }
                }
                return Ok(Outcome::Value(self.heap.new_tagged(tag, parts)));
            }
            if !ty.is_kind(Kind::StructType) {
                self.get_path(ty, name)?;
            }
            let function = self.static_method(ty, name)?;
            for i in (1..=nargs).rev() {
                *window.add(i + 1) = *window.add(i);
            }
            *window = function;
            *window.add(1) = Value::NULL;
            let masks = masks.behind_receiver(false);
            self.enter_method(proto_of(function), window, nargs, masks)?;
            Ok(Outcome::Entered)
        }
    }

    /// `TestTag`: whether a pattern with this tag and number of parts fits.
    #[inline]
    pub(crate) fn test_tag(value: Value, tag: Value, parts: u16) -> bool {
        value.is_kind(Kind::Tagged)
            && value.header().aux as i64 == tag.as_int()
            && (parts == ANY_PARTS || value.tagged_parts().len() == parts as usize)
    }

    /// `TestKey`: whether a dict has the key or a struct the field.
    pub(crate) fn test_key(&mut self, value: Value, name: Value) -> bool {
        match value.kind() {
            Some(Kind::Dict) => self.heap.dict_get(value, name).is_some(),
            Some(Kind::Struct | Kind::Object) => {
                let info = value.instance_type();
                info.field(name).is_some_and(|slot| slot < info.visible)
            }
            _ => false,
        }
    }

    /// `TestLit`: equal and of the same kind.
    pub(crate) fn test_literal(
        &mut self,
        value: Value,
        literal: Value,
    ) -> Result<bool, Box<Fault>> {
        let number = |v: Value| v.is_number() || v.is_kind(Kind::BigInt);
        if number(value) != number(literal) || value.is_string() != literal.is_string() {
            return Ok(false);
        }
        if number(value) || value.is_string() {
            return compare::equal(self, value, literal);
        }
        Ok(value == literal)
    }

    /// `RestDict`: what a dict or struct has besides some keys, as a dict.
    pub(crate) fn rest_dict(&mut self, value: Value, without: &[Value]) -> Fallible {
        let rest = self.heap.new_dict(0);
        match value.kind() {
            Some(Kind::Dict) => {
                let mut cursor = 0;
                while let Some((key, element, next)) = self.heap.dict_next(value, cursor) {
                    cursor = next;
                    let mut named = false;
                    for &name in without {
                        named |= compare_keys(self, key, name)?;
                    }
                    if !named {
                        element.share();
                        let _ = self.heap.dict_set(rest, key, element);
                    }
                }
            }
            Some(Kind::Struct | Kind::Object) => {
                let info = value.instance_type();
                for (slot, field) in info.fields[..info.visible].iter().enumerate() {
                    let element = field_of(self, value, slot);
                    if !without.contains(&field.name) && !element.is_absent() {
                        element.share();
                        let _ = self.heap.dict_set(rest, field.name, element);
                    }
                }
            }
            _ => {}
        }
        Ok(rest)
    }
}

/// Whether a dict's key is the entry that `name` names.
fn compare_keys(vm: &mut Vm, key: Value, name: Value) -> Result<bool, Box<Fault>> {
    if key.is_string() {
        return Ok(vm.heap.string_eq(key, name));
    }
    let text = crate::runtime::text::display(vm, key)?;
    Ok(vm.heap.str(name) == text)
}
