//! Reading a parcel. All values that are not yet part of another lie on top of the machine's
//! temporary roots, where the collector sees them.

use super::reach::functions_of;
use super::write::bound_fault;
use super::{Item, Parcel};
use crate::bytecode::FuncId;
use crate::compiler::hash::Map;
use crate::heap::object::*;
use crate::heap::shared::Elements;
use crate::heap::types::{Declared, Default as FieldDefault, Field, StructType};
use crate::runtime::arith::out_of_memory;
use crate::runtime::hash::hash;
use crate::runtime::tags::NONE;
use crate::runtime::{Context, Fallible, Fault, dict};
use crate::stdlib;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::fields::no_room;
use crate::vm::proto::Proto;
use dashu_int::Sign;
use std::sync::Arc;

/// Items between two looks at requests of other threads and at the heap's limit.
const ITEMS: u32 = 1 << 10;

/// Variables that could not come along, with what they held: reading them is an error.
#[derive(Default)]
pub(crate) struct Missing {
    globals: Map<u32, Box<str>>,
    /// Captured variables, which are kept alive, and modules with the slot of an export.
    cells: Vec<(Value, Box<str>)>,
    exports: Vec<(Value, usize, Box<str>)>,
}

impl Missing {
    /// The values that the collector has to see.
    pub fn values(&self) -> impl Iterator<Item = Value> {
        let exports = self.exports.iter().map(|one| one.0);
        self.cells.iter().map(|one| one.0).chain(exports)
    }
}

struct Reader<'v, 'p> {
    vm: &'v mut Vm,
    parcel: &'p Parcel,
    /// The parcel's large arrays that have not been read. Elements that nothing else has
    /// are taken.
    large_arrays: Vec<Option<Arc<Elements>>>,
    at: usize,
    /// The sources of the parcel's units, as far as they have been named.
    sources: Vec<Option<u32>>,
    /// The first of the temporary roots that are the reader's: the array of numbered values,
    /// the array of lists of keys, and after these the stack.
    base: usize,
}

impl Vm {
    /// The value that a parcel is for. The variables that come with it are filled, but for
    /// globals that have a value already.
    ///
    /// # Errors
    /// If the heap's limit has no room for it, or the program is to end.
    pub(crate) fn unpack(&mut self, parcel: &Parcel) -> Fallible {
        self.read_parcel(parcel, parcel.large_arrays.clone())
    }

    /// The same of a parcel that is not read again: large arrays in it are taken, not copied.
    ///
    /// # Errors
    /// As for [`Vm::unpack`].
    pub(crate) fn unpack_last(&mut self, mut parcel: Parcel) -> Fallible {
        let large_arrays = std::mem::take(&mut parcel.large_arrays);
        self.read_parcel(&parcel, large_arrays)
    }

    fn read_parcel(&mut self, parcel: &Parcel, large_arrays: Vec<Arc<Elements>>) -> Fallible {
        self.with_stack_roots(|vm| {
            let base = vm.roots.temporary.len();
            for _ in 0..2 {
                let array = vm.heap.new_array(0);
                vm.roots.temporary.push(array);
            }
            let mut reader = Reader {
                vm,
                parcel,
                large_arrays: large_arrays.into_iter().map(Some).collect(),
                at: 0,
                sources: vec![None; parcel.units.len()],
                base,
            };
            let read = reader.read();
            let value = vm.roots.temporary.get(base + 2).copied();
            vm.roots.temporary.truncate(base);
            read?;
            Ok(value.unwrap_or(Value::NULL))
        })
    }

    /// The fault of a global that is missing here, if it is.
    pub(crate) fn missing_global(&self, global: usize) -> Option<Box<Fault>> {
        let held = self.missing.globals.get(&(global as u32))?;
        let name = self.globals.names[global];
        Some(missing(self, name, held))
    }

    /// The same of a captured variable of this name.
    pub(crate) fn missing_cell(&self, cell: Value, name: Value) -> Option<Box<Fault>> {
        let (_, held) = self.missing.cells.iter().find(|one| one.0 == cell)?;
        Some(missing(self, name, held))
    }

    /// The same of an export of a module.
    pub(crate) fn missing_export(&self, module: Value, slot: usize) -> Option<Box<Fault>> {
        let is = |one: &&(Value, usize, Box<str>)| one.0 == module && one.1 == slot;
        let (_, _, held) = self.missing.exports.iter().find(is)?;
        let name = module.instance_type().fields[slot].name;
        Some(missing(self, name, held))
    }
}

#[cold]
fn missing(vm: &Vm, name: Value, held: &str) -> Box<Fault> {
    bound_fault(held, Some(vm.heap.interned_text(name)))
}

impl Reader<'_, '_> {
    fn read(&mut self) -> Fallible<()> {
        let mut until_poll = ITEMS;
        while let Some(&word) = self.parcel.words.get(self.at) {
            self.at += 1;
            let value = Value::from_bits(word);
            if !value.is_pointer() {
                self.push(value);
                continue;
            }
            until_poll -= 1;
            if until_poll == 0 {
                until_poll = ITEMS;
                self.vm.poll()?;
            }
            let (item, number) = Item::of(word);
            self.item(item, number)?;
        }
        self.vm.poll()
    }

    fn word(&mut self) -> u64 {
        let word = self.parcel.words[self.at];
        self.at += 1;
        word
    }

    fn push(&mut self, value: Value) {
        self.vm.roots.temporary.push(value);
    }

    /// The topmost values of the stack. They stay there, for the collector, until they are
    /// dropped.
    fn top(&self, count: usize) -> &'static [Value] {
        let stack = &self.vm.roots.temporary;
        let values = &stack[stack.len() - count..];
        // SAFETY: the list of temporary roots does not move while values are made of these:
        // what else is pushed meanwhile is pushed by the methods below, which read before.
        unsafe { std::slice::from_raw_parts(values.as_ptr(), values.len()) }
    }

    /// Puts a value in the place of so many.
    fn replace(&mut self, count: usize, value: Value) {
        let stack = &mut self.vm.roots.temporary;
        stack.truncate(stack.len() - count);
        stack.push(value);
    }

    fn numbered(&self) -> Value {
        self.vm.roots.temporary[self.base]
    }

    fn lists(&self) -> Value {
        self.vm.roots.temporary[self.base + 1]
    }

    fn room(&mut self, bytes: usize) -> Fallible<()> {
        self.vm.heap.check_room(bytes).map_err(|_| out_of_memory())
    }

    /// The source of a unit, which is loaded if need be.
    fn source(&mut self, unit: usize) -> u32 {
        if let Some(source) = self.sources[unit] {
            return source;
        }
        let carried = &self.parcel.units[unit];
        let source = self
            .vm
            .load_carried(&carried.unit, &carried.file, carried.is_input);
        self.sources[unit] = Some(source);
        source
    }

    fn proto(&mut self, unit: usize, number: u64) -> *mut Proto {
        let source = self.source(unit);
        let first = self.vm.code.sources[source as usize].first_function;
        self.vm.code.protos[first as usize + number as usize]
    }

    fn global(&mut self, unit: usize, number: u64) -> usize {
        let source = self.source(unit);
        self.vm.code.sources[source as usize].globals[number as usize] as usize
    }

    fn item(&mut self, item: Item, number: usize) -> Fallible<()> {
        match item {
            Item::Number => {
                let value = self.top(1)[0];
                let numbered = self.numbered();
                (self.vm.heap.array_push(numbered, value)).map_err(no_room)?;
            }
            Item::Again => {
                let value = self.numbered().elements()[number];
                value.share();
                self.push(value);
            }
            Item::String => {
                let chars = self.word() as usize;
                self.room(number)?;
                let words = &self.parcel.words[self.at..];
                self.at += number.div_ceil(8);
                // SAFETY: the bytes of a string, which has been written as a whole, with its
                // number of characters.
                let string = unsafe {
                    self.vm.heap.new_string_of(number, chars, |to| {
                        let from = words.as_ptr().cast::<u8>();
                        copy_bytes(from, to.as_mut_ptr().cast(), number);
                    })
                };
                self.push(string);
            }
            Item::Bytes => {
                self.room(number)?;
                let words = &self.parcel.words[self.at..];
                self.at += number.div_ceil(8);
                let bytes = self.vm.heap.new_bytes_of(number, |to| {
                    // SAFETY: as many bytes were written.
                    unsafe { copy_bytes(words.as_ptr().cast(), to.as_mut_ptr(), number) };
                });
                self.push(bytes);
            }
            Item::LongText => {
                let text = &self.parcel.long_texts[number];
                let string = self.vm.heap.new_shared_string(text);
                self.push(string);
            }
            Item::LongBytes => {
                let bytes = &self.parcel.long_bytes[number];
                let bytes = self.vm.heap.new_shared_bytes(bytes);
                self.push(bytes);
            }
            Item::BigInt => {
                let (len, sign) = match number % 2 {
                    0 => (number / 2, Sign::Positive),
                    _ => (number / 2, Sign::Negative),
                };
                self.room(8 * len)?;
                let words = &self.parcel.words[self.at..self.at + len];
                self.at += len;
                // SAFETY: writes all of the words.
                let int = unsafe {
                    self.vm.heap.new_int_of_words(sign, len, |room| {
                        for (to, &word) in room.iter_mut().zip(words) {
                            to.write(word);
                        }
                    })
                };
                self.push(int);
            }
            Item::Plain => {
                self.room(8 * number)?;
                let words = &self.parcel.words[self.at..self.at + number];
                self.at += number;
                // SAFETY: a value is its bits; these are no pointers.
                let values =
                    unsafe { std::slice::from_raw_parts(words.as_ptr().cast(), words.len()) };
                let array = self.vm.heap.new_array_from(values);
                self.push(array);
            }
            Item::Large => {
                let elements = self.large_arrays[number].take();
                let array = match Arc::try_unwrap(elements.expect("it is read once")) {
                    Ok(own) => self.vm.heap.new_array_of(own),
                    Err(shared) => {
                        let values = shared.values();
                        self.room(size_of_val(values))?;
                        self.vm.heap.new_array_from(values)
                    }
                };
                self.push(array);
            }
            Item::Array => {
                self.room(8 * number)?;
                let array = self.vm.heap.new_array_from(self.top(number));
                self.replace(number, array);
            }
            Item::Keys => self.keys(number)?,
            Item::Record => {
                let list = self.lists().elements()[number];
                let count = Vm::key_list(list).len();
                let dict = match count {
                    0 => self.vm.heap.new_dict(0),
                    _ => self.vm.heap.new_dict_from(list, self.top(count).as_ptr()),
                };
                self.replace(count, dict);
            }
            Item::Dense => {
                self.room(8 * number)?;
                let values = self.top(number);
                let dict = self.vm.heap.new_dict(number);
                for (key, &value) in values.iter().enumerate() {
                    let key = Value::int(key as i64);
                    (self.vm.heap.dict_set(dict, key, value)).map_err(no_room)?;
                }
                self.replace(number, dict);
            }
            Item::Dict => {
                let pairs = self.top(2 * number);
                let made = self.vm.heap.new_dict(0);
                for pair in pairs.chunks_exact(2) {
                    dict::set(self.vm, made, pair[0], pair[1])?.map_err(no_room)?;
                }
                self.replace(2 * number, made);
            }
            Item::Set => {
                let values = self.top(number);
                let set = self.vm.heap.new_set(number);
                for &value in values {
                    let hash = hash(self.vm, value)?;
                    value.share();
                    (self.vm.heap.set_append(set, hash, value)).map_err(no_room)?;
                }
                self.replace(number, set);
            }
            Item::Queue | Item::Stack => {
                let items = self.vm.heap.new_array_from(self.top(number));
                let kind = match item {
                    Item::Queue => Kind::Queue,
                    _ => Kind::Stack,
                };
                let queue = self.vm.heap.new_queue(kind, items);
                self.replace(number, queue);
            }
            Item::Priority => {
                let parts = self.top(number + 1);
                let elements = self.vm.heap.new_array_from(&parts[1..]);
                let priority = self.vm.heap.new_priority(elements, parts[0]);
                self.replace(number + 1, priority);
            }
            Item::Struct => {
                let parts = self.top(number + 1);
                debug_assert!(parts[0].struct_type().fields.len() == number);
                let fields = parts[1..].as_ptr();
                // SAFETY: an instance is written with the fields of its type, all of them.
                let instance = unsafe { self.vm.heap.new_instance_from(parts[0], fields) };
                self.replace(number + 1, instance);
            }
            Item::Tagged => {
                let tag = self.word() as u32;
                let tag = match tag.checked_sub(NONE + 1) {
                    None => tag,
                    Some(own) => {
                        let (ty, name) = &self.parcel.tags[own as usize];
                        self.vm.tags.number(ty, name)
                    }
                };
                let tagged = match tag == NONE {
                    true => self.vm.none,
                    false => self.vm.heap.new_tagged(tag, self.top(number)),
                };
                self.replace(number, tagged);
            }
            Item::Native => {
                let native = self.vm.code.native_values[number];
                self.push(native);
            }
            Item::Declared => {
                let id = self.word();
                let proto = self.proto(number, id);
                // SAFETY: protos are never freed while the machine lives.
                self.push(unsafe { (*proto).value });
            }
            Item::Function => {
                let (id, count) = (self.word(), self.word() as usize);
                let proto = self.proto(number, id);
                let captures = self.top(count);
                let function = self.vm.new_function(proto, captures);
                self.replace(count, function);
            }
            Item::Handle => {
                let (ty, share) = &self.parcel.handles[number];
                let handle = self.vm.heap.new_handle(*ty, share.clone());
                self.push(handle);
            }
            Item::Promise => {
                let promise = self.parcel.promises[number].promise(self.vm);
                self.push(promise);
            }
            Item::Channel => {
                let channel = stdlib::channel_of(self.vm, &self.parcel.channels[number]);
                self.push(channel);
            }
            Item::Bound => {
                let parts = self.top(2);
                let bound = self.vm.heap.new_bound_method(parts[0], parts[1]);
                self.replace(2, bound);
            }
            Item::Cell => {
                let cell = self.vm.heap.new_cell(Value::ABSENT);
                self.push(cell);
            }
            Item::StructType => {
                let id = self.word() as usize;
                let source = self.source(number);
                let ty = self.vm.code.sources[source as usize].structs[id];
                self.push(ty);
            }
            Item::MadeType => self.made_type(number),
            Item::EnumType => {
                let id = self.word() as usize;
                let source = self.source(number);
                let ty = self.vm.code.sources[source as usize].enums[id];
                self.push(ty);
            }
            Item::ErrorType => {
                let ty = self.vm.errors.ty;
                self.push(ty);
            }
            Item::LibraryType => {
                let name = &self.parcel.texts[number];
                let ty = stdlib::own_type(self.vm, name).expect("it is a type of the library");
                self.push(ty);
            }
            Item::Trace => {
                let trace = self.vm.heap.new_array(2 * number);
                self.push(trace);
                for _ in 0..number {
                    let (unit, id, at) = (self.word() as usize, self.word(), self.word());
                    let proto = self.proto(unit, id);
                    // SAFETY: as above.
                    let index = unsafe { (*proto).index };
                    for word in [i64::from(index), at as i64] {
                        (self.vm.heap.array_push(trace, Value::int(word))).map_err(no_room)?;
                    }
                }
            }
            Item::Module => self.module(number),
            Item::SetCell | Item::SetGlobal | Item::SetExport => {
                let value = self.top(1)[0];
                self.fill(item, number, value);
                self.vm.roots.temporary.pop();
            }
            Item::NoCell | Item::NoGlobal | Item::NoExport => self.miss(item, number),
        }
        Ok(())
    }

    fn keys(&mut self, count: usize) -> Fallible<()> {
        let mut texts = Vec::with_capacity(count);
        for _ in 0..count {
            let len = self.word() as usize;
            let words = &self.parcel.words[self.at..self.at + len.div_ceil(8)];
            self.at += words.len();
            let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
            bytes.truncate(len);
            texts.push(String::from_utf8(bytes).expect("a key is a string"));
        }
        let names: Vec<&str> = texts.iter().map(|text| &**text).collect();
        let list = self.vm.heap.new_key_list(&names);
        let lists = self.lists();
        self.vm.heap.array_push(lists, list).map_err(no_room)
    }

    fn made_type(&mut self, unit: usize) {
        let (id, count) = (self.word() as usize, self.word() as usize);
        let source = self.source(unit);
        let code = self.vm.code.sources[source as usize].unit.clone();
        let code = &code.structs[id];
        let functions = self.top(count).to_vec();
        let declared = Declared {
            source,
            number: id as u32,
        };
        let ty = self.vm.make_struct_type(code, declared, |_, id: FuncId| {
            let at = functions_of(code).position(|known| known == id);
            functions[at.expect("a function of the type")]
        });
        self.replace(count, ty);
    }

    fn module(&mut self, text: usize) {
        let count = self.word() as usize;
        let mark = self.vm.roots.temporary.len();
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let text = self.word() as usize;
            let name = self.vm.heap.intern(&self.parcel.texts[text]);
            self.push(name);
            let default = FieldDefault::None;
            fields.push(Field { name, default });
        }
        let name = self.vm.heap.intern(&self.parcel.texts[text]);
        self.push(name);
        let mut info = StructType::new(name, true, fields, Vec::new());
        info.is_module = true;
        let ty = self.vm.heap.new_struct_type(info);
        self.push(ty);
        let module = self.vm.heap.new_instance(ty);
        self.vm.roots.temporary.truncate(mark);
        self.push(module);
    }

    fn fill(&mut self, item: Item, number: usize, value: Value) {
        match item {
            Item::SetGlobal => {
                let id = self.word();
                let global = self.global(number, id);
                let place = &mut self.vm.globals.values[global];
                if place.is_absent() {
                    *place = value;
                }
            }
            Item::SetExport => {
                let slot = self.word() as usize;
                let module = self.numbered().elements()[number];
                self.vm.heap.set_field(module, slot, value);
            }
            _ => {
                let cell: *mut CellObj = self.numbered().elements()[number].as_pointer();
                // SAFETY: the number is that of a captured variable.
                unsafe { (*cell).value = value };
                self.vm.heap.write_barrier(cell.cast(), value);
            }
        }
    }

    /// Notes a variable that could not come along.
    fn miss(&mut self, item: Item, number: usize) {
        match item {
            Item::NoGlobal => {
                let id = self.word();
                let held = self.text();
                let global = self.global(number, id);
                self.vm.missing.globals.insert(global as u32, held);
            }
            Item::NoExport => {
                let slot = self.word() as usize;
                let held = self.text();
                let module = self.numbered().elements()[number];
                self.vm.missing.exports.push((module, slot, held));
            }
            _ => {
                let held = self.text();
                let cell = self.numbered().elements()[number];
                self.vm.missing.cells.push((cell, held));
            }
        }
    }

    fn text(&mut self) -> Box<str> {
        let text = self.word() as usize;
        self.parcel.texts[text].clone()
    }
}

/// # Safety
/// There are so many bytes at both places, which do not overlap.
unsafe fn copy_bytes(from: *const u8, to: *mut u8, len: usize) {
    #[cfg(target_endian = "big")]
    compile_error!("the bytes of a word are in the order of little-endian machines");
    // SAFETY: the caller's promise.
    unsafe { std::ptr::copy_nonoverlapping(from, to, len) };
}
