//! Making instances by calling their type, and what `Type::name` gives.

use crate::heap::object::*;
use crate::heap::types::Default as FieldDefault;
use crate::runtime::messages;
use crate::runtime::{ErrorKind, Fallible, Fault, type_name};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::{CONSTRUCTS, Masks, Outcome, proto_of};

impl Vm {
    /// `Type(…)`.
    ///
    /// # Safety
    /// As for [`Vm::call_window`].
    pub(super) unsafe fn construct(
        &mut self,
        ty: Value,
        window: *mut Value,
        nargs: usize,
        masks: Masks,
    ) -> Result<Outcome, Box<Fault>> {
        let info = ty.struct_type();
        let init = info.method(self.names.init);
        let Some(init) = init else {
            if nargs != 0 {
                let name = self.heap.str(info.name);
                let message = format!("{name} expects 0 arguments, got {nargs}");
                let fields: Vec<String> = (info.fields.iter().take(4))
                    .map(|field| format!("{}: …", self.heap.str(field.name)))
                    .collect();
                let hint = format!(
                    "write `{name} {{ {} }}`, or declare `init`",
                    fields.join(", ")
                );
                return Err(Fault::with_hint(ErrorKind::Arity, message, hint));
            }
            let instance = self.heap.new_instance(ty);
            self.fill_defaults(instance)?;
            self.check_complete(instance)?;
            return Ok(Outcome::Value(instance));
        };
        let instance = self.heap.new_instance(ty);
        // SAFETY: the registers above the window are free.
        unsafe {
            for i in (1..=nargs).rev() {
                *window.add(i + 1) = *window.add(i);
            }
            *window.add(1) = instance;
        }
        // SAFETY: as above.
        unsafe { self.fill_defaults_above(instance, window, nargs)? };
        let function = info.methods[init].function;
        let masks = masks.after_receiver(false);
        // SAFETY: as above.
        unsafe {
            *window = function;
            self.enter_method(proto_of(function), window, nargs, masks)?;
            (*self.stacks.raw()).flags |= CONSTRUCTS;
        }
        Ok(Outcome::Entered)
    }

    /// [`Vm::fill_defaults`] for a window that has been filled: what is called for a
    /// default gets its own above it, also where the window is above the running
    /// frame's registers.
    ///
    /// # Safety
    /// As for [`Vm::call_window`]; the window holds the instance and the arguments.
    unsafe fn fill_defaults_above(
        &mut self,
        instance: Value,
        window: *mut Value,
        nargs: usize,
    ) -> Result<(), Box<Fault>> {
        let fields = &instance.instance_type().fields;
        let mut defaults = fields.iter().map(|field| &field.default);
        if !defaults.any(|default| matches!(default, FieldDefault::Call(_))) {
            return self.fill_defaults(instance);
        }
        let mut own = None;
        let proto = self.native_frame(nargs + 1, &mut own);
        // SAFETY: the window is above everything else that is live; the frame is taken
        // down before a proto of its own goes.
        unsafe {
            let frame = self.push_frame(proto, window.add(1))?;
            let result = self.fill_defaults(instance);
            self.stacks.pop(frame);
            result
        }
    }

    /// Gives absent fields of a new instance their defaults.
    pub(crate) fn fill_defaults(&mut self, instance: Value) -> Result<(), Box<Fault>> {
        let info = instance.instance_type();
        for (slot, field) in info.fields.iter().enumerate() {
            if !instance.instance_field(slot).is_absent() {
                continue;
            }
            let value = match field.default {
                FieldDefault::Call(function) => Some(self.call_value(function, &[])?),
                default => self.heap.default_value(default),
            };
            let Some(value) = value else { continue };
            self.heap.set_field(instance, slot, value);
        }
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn constructed_wrongly(&mut self, made: Value, init: Value) -> Box<Fault> {
        // SAFETY: `init` is a function.
        let name = unsafe { (*proto_of(init)).name };
        let name = self.heap.str(name);
        let got = type_name(made);
        let message = format!("{name} must leave in self an instance of its type; got {got}");
        Fault::new(ErrorKind::Type, message)
    }

    /// Whether `made`, which the type's own `init` has left as its `self`, is an
    /// instance of that type, and complete.
    ///
    /// # Errors
    /// If it is not: `init` may have assigned anything to `self`.
    pub(crate) fn check_constructed(&mut self, made: Value, init: Value) -> Result<(), Box<Fault>> {
        let is_own = matches!(made.kind(), Some(Kind::Struct | Kind::Object)) && {
            let info = made.instance_type();
            let method = info.method(self.names.init);
            method.is_some_and(|method| info.methods[method].function == init)
        };
        if !is_own {
            return Err(self.constructed_wrongly(made, init));
        }
        self.check_complete(made)
    }

    /// Throws if a field of a finished instance has no value.
    pub(crate) fn check_complete(&mut self, instance: Value) -> Result<(), Box<Fault>> {
        let info = instance.instance_type();
        for (slot, field) in info.fields[..info.visible].iter().enumerate() {
            if instance.instance_field(slot).is_absent() {
                let (ty, field) = (self.heap.str(info.name), self.heap.str(field.name));
                let message = format!("{ty} is missing field '{field}'");
                return Err(Fault::new(ErrorKind::Name, message));
            }
        }
        Ok(())
    }

    /// `GetPath`: `ty::name` without a call.
    pub(crate) fn get_path(&mut self, ty: Value, name: Value) -> Fallible {
        match ty.kind() {
            Some(Kind::EnumType) => {
                let tag = self.variant(ty, name)?;
                Ok(self.plain_variant(tag))
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

    /// The value of an enum with a tag and without parts.
    pub(crate) fn plain_variant(&mut self, tag: u32) -> Value {
        if let Some(&value) = self.variants.get(&tag) {
            return value;
        }
        let value = self.heap.new_tagged(tag, &[]);
        self.roots.pinned.push(value);
        self.variants.insert(tag, value);
        value
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

    /// `CallPath`: `window[0] :: name` called with the arguments after it.
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
            let masks = masks.after_receiver(false);
            self.enter_method(proto_of(function), window, nargs, masks)?;
            Ok(Outcome::Entered)
        }
    }
}
