//! Literals of arrays, dicts and structs, with what is spread into them.

use crate::heap::object::*;
use crate::runtime::arith;
use crate::runtime::messages;
use crate::runtime::pace::Pace;
use crate::runtime::{ErrorKind, Fallible, Fault, dict as dicts, sequence, type_name};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::cache::note_run;
use crate::vm::fields::no_room;
use crate::vm::index::a_type;

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

    pub(crate) fn array_append(&mut self, array: Value, parts: &[Value]) -> Result<(), Box<Fault>> {
        for &part in parts {
            self.heap.array_push(array, part).map_err(no_room)?;
        }
        Ok(())
    }

    /// `ArrayExtend`: a spread in an array literal or argument list.
    pub(crate) fn array_extend(&mut self, array: Value, more: Value) -> Result<(), Box<Fault>> {
        let more = sequence::own_sequence(self, more)?.unwrap_or(more);
        if !sequence::is_sequence(more) {
            let message = format!("Cannot spread {}", a_type(&mut self.heap, more));
            return Err(Fault::new(ErrorKind::Type, message));
        }
        if more.is_kind(Kind::Array) {
            let count = more.elements().len();
            arith::check_room(self, 8 * count)?;
            self.heap.array_reserve(array, count).map_err(no_room)?;
            return sequence::append_shared(self, array, more.elements());
        }
        let owned = more.gives_owned();
        let mut at = 0;
        let mut pace = Pace::new();
        while let Some(element) = sequence::next_of(self, more, &mut at)? {
            pace.step(self)?;
            if !owned {
                element.share();
            }
            arith::check_room(self, 8)?;
            self.heap.array_push(array, element).map_err(no_room)?;
        }
        Ok(())
    }

    /// `DictMerge`: a spread in a dict literal.
    pub(crate) fn dict_merge(&mut self, dict: Value, more: Value) -> Result<(), Box<Fault>> {
        if !more.is_kind(Kind::Dict) {
            let message = format!("Cannot spread {} into a dict", a_type(&mut self.heap, more));
            return Err(Fault::new(ErrorKind::Type, message));
        }
        dicts::merge(self, dict, more)?.map_err(no_room)
    }
}
