//! Fields and methods by name, past the inline caches: what `x.name` finds on
//! each kind of value, and what the inline caches are filled with. Call sites that meet
//! many types look in the machine's [`MethodCache`](super::method_cache) next.
//!
//! A field cache word is a shape id in its low half and, in its high half, a
//! slot: of the instance, or with [`IN_DICT`] of the dict's slots. A method cache
//! word has a shape id or kind code below and, above, a number and the flags [`NATIVE`],
//! [`CHANGES`] and [`SEVERAL`].

use super::Vm;
use super::cache::{IN_DICT, NEVER_RUN, note_run};
use super::call::proto_of;
use super::field_cache::Access;
use super::method_cache::kind_code;
use super::modules::read_only;
use crate::bytecode::op::{KEY, LET, OPTIONAL};
use crate::heap::NoRoom;
use crate::heap::dict::DictObj;
use crate::heap::object::*;
use crate::runtime::arith::system_out_of_memory;
use crate::runtime::messages;
use crate::runtime::{ErrorKind, Fallible, Fault, field_of, name_of_type, repr, type_name};
use crate::stdlib::{self, Receiver};
use crate::syntax::suggest;
use crate::value::Value;

/// Method cache: the callee is a built-in.
pub const NATIVE: u32 = 1 << 30;
/// Method cache: the callee is a mutating method.
pub const CHANGES: u32 = 1 << 31;
/// Inline method cache: receivers of other types have been met too.
pub const SEVERAL: u32 = 1 << 29;
/// Mask of the number in a method cache.
pub const NUMBER: u32 = SEVERAL - 1;

/// The result of looking up a method.
#[derive(Clone, Copy, Debug)]
pub enum Method {
    /// No method, but a field that holds something to call.
    Field(Value),
    Function {
        function: Value,
        mutating: bool,
    },
    Native {
        index: u16,
        mutating: bool,
    },
}

impl Method {
    pub fn mutating(self) -> bool {
        match self {
            Method::Function { mutating, .. } | Method::Native { mutating, .. } => mutating,
            Method::Field(_) => false,
        }
    }
}

impl Vm {
    /// `object.name`; fills `cache`.
    #[inline(never)]
    pub(crate) fn get_field(
        &mut self,
        object: Value,
        name: Value,
        flags: u8,
        cache: &mut u64,
    ) -> Fallible {
        self.counters.cache_misses += 1;
        note_run(cache);
        match object.kind() {
            Some(Kind::Dict) => {
                if let Some(slot) = self.heap.dict_record_slot(object, name) {
                    self.found(Access::Read, object, slot | IN_DICT, name, cache);
                    // SAFETY: a record's slot.
                    return Ok(unsafe {
                        *(*object.as_pointer::<DictObj>()).ptr.add(slot as usize)
                    });
                }
                match self.heap.dict_get(object, name) {
                    Some(value) => Ok(value),
                    None if flags & OPTIONAL != 0 => Ok(Value::NULL),
                    None => Err(self.missing_key(object, name)),
                }
            }
            Some(Kind::Struct | Kind::Object) if flags & KEY == 0 => {
                let info = object.instance_type();
                if let Some(method) = info.method(name) {
                    let function = info.methods[method].function;
                    object.share();
                    return Ok(self.heap.new_bound_method(object, function));
                }
                match info.field(name).filter(|&slot| slot < info.visible) {
                    Some(slot) => {
                        let value = field_of(self, object, slot);
                        if value.is_absent() {
                            if let Some(fault) = self.missing_export(object, slot) {
                                return Err(fault);
                            }
                            let (ty, name) = (self.heap.str(info.name), self.heap.str(name));
                            let message = format!("Field '{name}' of {ty} has not been assigned");
                            return Err(Fault::new(ErrorKind::Name, message));
                        }
                        self.found(Access::Read, object, slot as u32, name, cache);
                        Ok(value)
                    }
                    None => self.inherited_method(object, name),
                }
            }
            Some(Kind::Tagged) if flags & OPTIONAL != 0 && type_name(object) != "tagged" => {
                let name = self.heap.str(name);
                let message = format!(
                    "{} has no field '{name}' (to unwrap it first, write (e?).{name})",
                    type_name(object)
                );
                Err(Fault::new(ErrorKind::Type, message))
            }
            _ if flags & KEY != 0 => self.get_index(object, name, flags),
            _ => self.inherited_method(object, name),
        }
    }

    /// Fills the cache of an access that has found a field; if it has met another shape
    /// before, the machine's cache gets the field too.
    #[inline]
    fn found(&mut self, access: Access, object: Value, slot: u32, name: Value, cache: &mut u64) {
        let word = u64::from(object.header().aux) | u64::from(slot) << 32;
        let before = std::mem::replace(cache, word) as u32;
        if before & SHAPE_BIT != 0 && before != NEVER_RUN as u32 {
            self.found_fields.insert(access, name, word);
        }
    }

    /// A built-in method of any value, as a bound method value.
    fn inherited_method(&mut self, object: Value, name: Value) -> Fallible {
        let text = self.heap.str(name);
        if let Some(index) = builtin_method(object, text) {
            object.share();
            let native = self.code.native_values[index as usize];
            return Ok(self.heap.new_bound_method(object, native));
        }
        Err(self.unknown_field(object, name))
    }

    #[cold]
    fn unknown_field(&mut self, object: Value, name: Value) -> Box<Fault> {
        let text = self.heap.str(name);
        match object.kind() {
            Some(Kind::Object) if object.is_module() => {
                Fault::new(ErrorKind::Name, self.no_export(object, name))
            }
            Some(Kind::Struct | Kind::Object) => {
                let info = object.instance_type();
                let ty = self.heap.str(info.name);
                let names: Vec<&str> = (info.fields[..info.visible].iter().map(|f| f.name))
                    .chain(info.methods.iter().map(|m| m.name))
                    .map(|n| self.heap.str(n))
                    .collect();
                let message = format!("{ty} has no field '{text}'");
                Fault::new(
                    ErrorKind::Name,
                    messages::with_suggestion(message, text, names),
                )
            }
            _ => {
                let message = format!("{} has no field '{text}'", type_name(object));
                match self.member_hint(object, text) {
                    Some(hint) => Fault::with_hint(ErrorKind::Type, message, hint),
                    None => Fault::new(ErrorKind::Type, message),
                }
            }
        }
    }

    /// A hint at what may have been meant by a member that a value does not
    /// have.
    #[cold]
    fn member_hint(&mut self, object: Value, name: &str) -> Option<String> {
        match object.kind() {
            None if object.is_null() => Some(format!("`x?.{name}` gives null where `x` is null")),
            Some(Kind::EnumType) => {
                let ty = self.heap.str(object.enum_type().name);
                Some(format!("write `{ty}::{name}`"))
            }
            Some(Kind::StructType) => {
                let info = object.struct_type();
                let ty = self.heap.str(info.name);
                let mut names = info.methods.iter().map(|method| method.name);
                names
                    .any(|one| self.heap.str(one) == name)
                    .then(|| format!("write `{ty}::{name}(…)`"))
            }
            _ if matches!(name, "length" | "size" | "count" | "Length") => {
                Some("write `len(x)`".to_string())
            }
            // Instances of classes are shared.
            Some(Kind::Object) => None,
            _ => messages::copy_hint(name).map(String::from),
        }
    }

    #[cold]
    pub(crate) fn missing_key(&mut self, dict: Value, key: Value) -> Box<Fault> {
        let hint = self.key_hint(dict, key);
        let key = repr::repr(self, key).unwrap_or_default();
        let message = format!("Missing map key: {key}");
        Fault::with_hint(ErrorKind::Key, message, hint)
    }

    /// A key that may have been meant, or how to read one that may be missing.
    fn key_hint(&mut self, dict: Value, key: Value) -> String {
        /// Dicts with more keys are not searched.
        const MOST: usize = 1000;
        if key.is_string() && dict.is_kind(Kind::Dict) && self.heap.dict_len(dict) <= MOST {
            let mut names: Vec<&str> = Vec::new();
            let mut cursor = 0;
            while let Some((name, _, next)) = self.heap.dict_next(dict, cursor) {
                if name.is_string() {
                    names.push(self.heap.str(name));
                }
                cursor = next;
            }
            if let Some(close) = suggest::closest(self.heap.str(key), names) {
                return format!("did you mean {close:?}?");
            }
        }
        "`d.get(key, default)` and `d?[key]` do not throw where there is no such key".to_string()
    }

    /// `object.name = value`; the object is returned, perhaps as a copy. Fills
    /// `cache` where a plain store is all there is to it.
    #[inline(never)]
    pub(crate) fn set_field(
        &mut self,
        object: Value,
        name: Value,
        value: Value,
        flags: u8,
        cache: &mut u64,
    ) -> Fallible {
        self.counters.cache_misses += 1;
        note_run(cache);
        self.check_let(object, flags)?;
        match object.kind() {
            Some(Kind::Dict) => {
                let object = self.unshared(object)?;
                if let Some(slot) = self.heap.dict_record_slot(object, name) {
                    self.found(Access::Write, object, slot | IN_DICT, name, cache);
                }
                match self.heap.dict_set(object, name, value) {
                    Ok(()) => Ok(object),
                    Err(why) => Err(no_room(why)),
                }
            }
            Some(Kind::Struct | Kind::Object) if flags & KEY == 0 => {
                let info = object.instance_type();
                if info.is_module {
                    return Err(read_only(self, object, name));
                }
                if info.library.is_some() {
                    return Err(self.sealed(object, name));
                }
                let Some(slot) = info.field(name).filter(|&slot| slot < info.visible) else {
                    return Err(self.unknown_field(object, name));
                };
                let object = self.unshared(object)?;
                self.heap.set_field(object, slot, value);
                self.found(Access::Write, object, slot as u32, name, cache);
                Ok(object)
            }
            _ if flags & KEY != 0 => self.set_own_index(object, name, value),
            _ => Err(self.sealed(object, name)),
        }
    }

    /// The fault of a field that cannot be set.
    #[cold]
    fn sealed(&mut self, object: Value, name: Value) -> Box<Fault> {
        let name = self.heap.str(name);
        let message = format!(
            "Cannot set field '{name}' of {}",
            name_of_type(self, object)
        );
        Fault::new(ErrorKind::Type, message)
    }

    /// `FieldMut`: the parent (perhaps a copy) and the child in it, both ready to
    /// be written.
    #[inline(never)]
    pub(crate) fn field_mut(
        &mut self,
        object: Value,
        name: Value,
        flags: u8,
    ) -> Result<(Value, Value), Box<Fault>> {
        self.check_let(object, flags)?;
        let place: *mut Value = match object.kind() {
            Some(Kind::Dict) => {
                let object = self.unshared(object)?;
                match self.heap.dict_place(object, name) {
                    Some(place) => return Ok((object, self.unshare_place(object, place)?)),
                    None => return Err(self.missing_key(object, name)),
                }
            }
            Some(Kind::Struct | Kind::Object) if flags & KEY == 0 => {
                let info = object.instance_type();
                if info.is_module {
                    return Err(read_only(self, object, name));
                }
                if info.library.is_some() {
                    return Err(self.sealed(object, name));
                }
                let Some(slot) = info.field(name).filter(|&slot| slot < info.visible) else {
                    let method = self.get_field(object, name, flags, &mut 0)?;
                    return Ok((object, method));
                };
                if object.instance_field(slot).is_absent() {
                    self.get_field(object, name, flags, &mut 0)?;
                }
                let object = self.unshared(object)?;
                let place = object.instance_place(slot);
                return Ok((object, self.unshare_place(object, place)?));
            }
            Some(Kind::Struct | Kind::Object) => return self.index_mut(object, name, flags),
            _ => std::ptr::null_mut(),
        };
        debug_assert!(place.is_null());
        let child = self.get_field(object, name, flags, &mut 0)?;
        Ok((object, child))
    }

    /// `FieldMut` past its cache, which it fills.
    #[inline(never)]
    pub(crate) fn field_mut_cached(
        &mut self,
        object: Value,
        name: Value,
        flags: u8,
        cache: &mut u64,
    ) -> Result<(Value, Value), Box<Fault>> {
        note_run(cache);
        let (parent, child) = self.field_mut(object, name, flags)?;
        if !child.is_kind(Kind::BoundMethod) {
            // Reading fills the cache with the same slot.
            self.get_field(parent, name, flags, cache)?;
        }
        Ok((parent, child))
    }

    /// Makes what a place within `parent` holds ready to be written.
    #[inline]
    pub(crate) fn unshare_place(&mut self, parent: Value, place: *mut Value) -> Fallible {
        // SAFETY: callers pass a slot of `parent`, which copying the child does
        // not move.
        unsafe {
            let child = *place;
            if child.is_value_object() && child.header().flags & COPY_BEFORE_WRITE != 0 {
                let copy = self.copy_value(child)?;
                *place = copy;
                self.heap.write_barrier(parent.as_pointer(), copy);
                Ok(copy)
            } else {
                Ok(child)
            }
        }
    }

    /// Writing through a `let` or `const` name: only a reference may be.
    pub(crate) fn check_let(&mut self, object: Value, flags: u8) -> Result<(), Box<Fault>> {
        if flags & LET != 0 && object.is_value_object() {
            return Err(immutable());
        }
        Ok(())
    }

    /// Finds the method `name` of `receiver` and its cache word, 0 if the call
    /// cannot be cached.
    #[inline(never)]
    pub(crate) fn find_method(
        &mut self,
        receiver: Value,
        name: Value,
    ) -> Result<(Method, u64), Box<Fault>> {
        let (method, word) = self.look_up_method(receiver, name)?;
        if word != 0 {
            let target = (word >> 32) as u32;
            let proto = if target & (NATIVE | CHANGES) == 0 {
                self.code.protos[(target & NUMBER) as usize]
            } else {
                std::ptr::null()
            };
            self.methods.insert(name, word, proto);
        }
        Ok((method, word))
    }

    fn look_up_method(
        &mut self,
        receiver: Value,
        name: Value,
    ) -> Result<(Method, u64), Box<Fault>> {
        self.counters.cache_misses += 1;
        let code = kind_code(receiver) as u64;
        if let Some(Kind::Struct | Kind::Object) = receiver.kind() {
            let info = receiver.instance_type();
            if let Some(at) = info.method(name) {
                let method = info.methods[at];
                let found = Method::Function {
                    function: method.function,
                    mutating: method.mutating,
                };
                // SAFETY: methods are functions.
                let proto = unsafe { &*proto_of(method.function) };
                let changes = if method.mutating && !info.is_class {
                    CHANGES
                } else {
                    0
                };
                let word = if proto.has_captures {
                    0
                } else {
                    code | ((proto.index | changes) as u64) << 32
                };
                let found = match found {
                    Method::Function { function, mutating } => Method::Function {
                        function,
                        mutating: mutating && !info.is_class,
                    },
                    other => other,
                };
                return Ok((found, word));
            }
            if let Some(slot) = info.field(name) {
                let value = receiver.instance_field(slot);
                if crate::stdlib::check::is_callable(value) {
                    return Ok((Method::Field(value), 0));
                }
            }
        }
        let text = self.heap.str(name);
        if let Some(index) = builtin_method(receiver, text) {
            let mutating = matches!(
                self.code.natives[index as usize].method,
                crate::runtime::MethodForm::Mutating { .. }
            );
            let changes = if mutating { CHANGES } else { 0 };
            // Handles are of one kind and of many types: caches would not tell those apart.
            let word = match receiver.is_kind(Kind::Handle) {
                true => 0,
                false => code | ((index as u32 | NATIVE | changes) as u64) << 32,
            };
            return Ok((Method::Native { index, mutating }, word));
        }
        Err(self.unknown_method(receiver, name))
    }

    #[cold]
    fn unknown_method(&mut self, receiver: Value, name: Value) -> Box<Fault> {
        if receiver.is_module() {
            return Fault::new(ErrorKind::Name, self.no_export(receiver, name));
        }
        let text = self.heap.str(name);
        let mut ty = type_name(receiver);
        let mut names: Vec<&str> =
            Receiver::of(receiver).map_or(Vec::new(), |r| stdlib::method_names(r).collect());
        if let Some(Kind::Struct | Kind::Object) = receiver.kind() {
            let info = receiver.instance_type();
            ty = self.heap.str(info.name);
            names.extend(info.methods.iter().map(|m| self.heap.str(m.name)));
            if info.field(name).is_some() {
                let message =
                    format!("{ty} has no method '{text}', and its field holds no function");
                return Fault::new(ErrorKind::Type, message);
            }
        }
        if receiver.is_kind(Kind::Dict) && self.heap.dict_get(receiver, name).is_some() {
            let message = format!(
                "dict has no method '{text}' (to call the function under the key, write d[\"{text}\"](…))"
            );
            return Fault::new(ErrorKind::Type, message);
        }
        if let Some(Receiver::Generator | Receiver::Iterator) = Receiver::of(receiver)
            && stdlib::method(Receiver::Array, text).is_some()
        {
            let hint = messages::collect_first(receiver);
            return Fault::new(
                ErrorKind::Type,
                format!("{ty} has no method '{text}'{hint}"),
            );
        }
        let message = format!("{ty} has no method '{text}'");
        let message = messages::with_suggestion(message, text, names);
        match self.member_hint(receiver, text) {
            Some(hint) => Fault::with_hint(ErrorKind::Type, message, hint),
            None => Fault::new(ErrorKind::Type, message),
        }
    }
}

/// The number of the built-in that is this method of the receiver's type.
fn builtin_method(receiver: Value, name: &str) -> Option<u16> {
    stdlib::method(Receiver::of(receiver)?, name)
}

#[cold]
pub(crate) fn immutable() -> Box<Fault> {
    Fault::new(
        ErrorKind::Immutable,
        "Cannot change an immutable value (declared with let or const)",
    )
}

/// The fault of a container that cannot grow.
#[cold]
pub(crate) fn no_room(why: NoRoom) -> Box<Fault> {
    match why {
        NoRoom::OutOfMemory => return system_out_of_memory(),
        NoRoom::Stopped => return Box::new(Fault::Interrupted),
        NoRoom::TooLong => {}
    }
    let message = format!(
        "Container expects at most {} elements",
        crate::heap::MAX_ELEMENTS
    );
    Fault::new(ErrorKind::Overflow, message)
}
