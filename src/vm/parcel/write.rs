//! Writing a parcel: a walk through values with a list of what is left to do, so that no depth
//! is too deep for the machine stack. Runs no code of the program.

mod code;

use super::reach::Seen;
use super::{Item, Parcel};
use crate::compiler::hash::{Map, Set};
use crate::heap::Heap;
use crate::heap::object::*;
use crate::heap::shared::{Elements, SHARED_FROM, are_plain};
use crate::heap::types::LibraryType;
use crate::runtime::limits::system_out_of_memory;
use crate::runtime::tags::NONE;
use crate::runtime::{Context, ErrorKind, Fault, type_name};
use crate::stdlib;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::proto_of;
use crate::vm::error_slot;
use crate::vm::remote::Remote;
use std::sync::Arc;

/// Most words of a parcel: a gibibyte.
const MAX_WORDS: usize = 1 << 27;
/// Strings with more bytes, and bigints and byte strings with more words, are numbered.
const SHORT: usize = 64;
/// Steps between two looks at requests of other threads.
const STEPS: u32 = 1 << 14;

/// Why values could not be written.
#[derive(Debug)]
pub(crate) enum NotSent {
    /// Something that belongs to its thread.
    Bound {
        /// The thing in words: `a generator`.
        held: String,
        /// The variable that holds it, if that is known.
        variable: Option<String>,
    },
    TooLarge,
    /// The program is to end.
    Fault(Box<Fault>),
}

impl NotSent {
    /// The fault that a program sees.
    pub fn fault(self) -> Box<Fault> {
        match self {
            NotSent::Bound { held, variable } => bound_fault(&held, variable.as_deref()),
            NotSent::TooLarge => Fault::new(
                ErrorKind::Overflow,
                format!(
                    "What goes to another thread may take at most {} bytes",
                    8 * MAX_WORDS
                ),
            ),
            NotSent::Fault(fault) => fault,
        }
    }
}

/// The fault of something that does not cross.
pub(super) fn bound_fault(held: &str, variable: Option<&str>) -> Box<Fault> {
    let message = match variable {
        Some(name) => format!("'{name}' cannot go to another thread: it holds {held}"),
        None => format!("{held} cannot go to another thread"),
    };
    let mut message = message;
    if let Some(first) = message.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    Fault::new(ErrorKind::Type, message)
}

/// Something left to do.
enum Step {
    Value(Value),
    /// Elements from a position on.
    Elements(&'static [Value], usize),
    /// Entries of a dict, values of a set, from a cursor on.
    Entries(Value, usize),
    Values(Value, usize),
    /// The fields of an error from a slot on.
    ErrorFields(Value, usize),
    /// The parts have been written.
    Object(Object),
}

struct Object {
    word: u64,
    more: [u64; 2],
    /// How many of `more` there are.
    words: usize,
    /// Set if it gets a number.
    numbered: Value,
    /// Its parts stay as they are ([`Writer::keepers`]).
    keeps: bool,
}

/// A variable whose content is yet to be written.
#[derive(Clone)]
struct Variable {
    target: Target,
    content: Value,
    name: Box<str>,
    /// The value that is sent names it itself: if it cannot be written, that is
    /// an error.
    is_named: bool,
}

#[derive(Clone, Copy)]
enum Target {
    Cell(u32),
    /// The unit's number in the parcel, and the global's in the unit.
    Global(usize, u32),
    Export(u32, usize),
}

struct Writer<'v> {
    vm: &'v mut Vm,
    parcel: Parcel,
    steps: Vec<Step>,
    /// The numbers of objects, and the objects by their numbers.
    numbers: Map<u64, u32>,
    numbered: Vec<Value>,
    /// The lists of keys, by their shapes.
    lists: Vec<u32>,
    /// The sources whose units are the parcel's, by the units' numbers.
    sources: Vec<u32>,
    tags: Vec<u32>,
    /// The variables that are to be written after the value.
    variables: Vec<Variable>,
    /// Captured variables that have been named, and whether what is sent itself names them.
    cells: Map<u64, (Box<str>, bool)>,
    /// The function that is sent to be called.
    called: Option<Value>,
    globals: Set<u32>,
    seen: Seen,
    /// The sender does not use the value any more: elements are taken out of it.
    takes: bool,
    /// Whether the object that is being written may have another owner, or is no value.
    keeps: bool,
    /// How many of the objects whose parts are being written are such ones.
    keepers: usize,
    until_poll: u32,
}

impl Vm {
    /// Values for another machine. The caller keeps the value alive.
    pub(crate) fn pack(&mut self, value: Value) -> Result<Parcel, NotSent> {
        self.with_root(value, |vm| Writer::new(vm).write(value, None))
    }

    /// The same of a value that no code uses any more. Large arrays in it are empty then.
    pub(crate) fn pack_last(&mut self, value: Value) -> Result<Parcel, NotSent> {
        self.with_root(value, |vm| {
            let mut writer = Writer::new(vm);
            writer.takes = true;
            writer.write(value, None)
        })
    }

    /// A function and its arguments, an array, for another machine: what is read is an array
    /// of both. That the function itself names what cannot cross is an error.
    pub(crate) fn pack_call(&mut self, function: Value, args: Value) -> Result<Parcel, NotSent> {
        self.with_root(args, |vm| {
            vm.with_root(function, |vm| {
                let both = vm.heap.new_array_from(&[function, args]);
                vm.with_root(both, |vm| Writer::new(vm).write(both, Some(function)))
            })
        })
    }
}

impl<'v> Writer<'v> {
    fn new(vm: &'v mut Vm) -> Writer<'v> {
        Writer {
            vm,
            parcel: Parcel::default(),
            steps: Vec::new(),
            numbers: Map::default(),
            numbered: Vec::new(),
            lists: Vec::new(),
            sources: Vec::new(),
            tags: Vec::new(),
            variables: Vec::new(),
            cells: Map::default(),
            called: None,
            globals: Set::default(),
            seen: Seen::default(),
            takes: false,
            keeps: false,
            keepers: 0,
            until_poll: STEPS,
        }
    }

    fn write(mut self, value: Value, called: Option<Value>) -> Result<Parcel, NotSent> {
        self.called = called.filter(|f| f.is_kind(Kind::Function));
        if let Some(function) = self.called {
            self.name_directly(function);
        }
        self.whole(value)?;
        // Variables may be read again.
        self.takes = false;
        // More may come while this goes on.
        let mut at = 0;
        while let Some(variable) = self.variables.get(at).cloned() {
            at += 1;
            let begin = (
                self.parcel.words.len(),
                self.numbered.len(),
                self.lists.len(),
            );
            let count = self.variables.len();
            match self.whole(variable.content) {
                Ok(()) => self.fill(variable.target, None),
                Err(NotSent::Bound { held, .. }) if !variable.is_named => {
                    self.take_back(begin, count);
                    self.parcel.texts.push(held.into());
                    self.fill(variable.target, Some(self.parcel.texts.len() - 1));
                }
                Err(NotSent::Bound { held, .. }) => {
                    let variable = Some(variable.name.into());
                    return Err(NotSent::Bound { held, variable });
                }
                Err(other) => return Err(other),
            }
        }
        Ok(self.parcel)
    }

    /// Notes the variables that a function names itself.
    fn name_directly(&mut self, function: Value) {
        // SAFETY: a function has a proto, loaded in this machine.
        let proto = unsafe { &*proto_of(function) };
        let id = self.id_of(proto);
        let globals = self.vm.named(proto.source, id).globals.to_vec();
        for number in globals {
            self.note_global(proto.source, number, true);
        }
    }

    /// Writes how a variable is filled, or the text of what it cannot be filled with.
    fn fill(&mut self, target: Target, text: Option<usize>) {
        let (item, number, more) = match (target, text.is_none()) {
            (Target::Cell(number), true) => (Item::SetCell, number as usize, None),
            (Target::Cell(number), false) => (Item::NoCell, number as usize, None),
            (Target::Global(unit, number), true) => {
                (Item::SetGlobal, unit, Some(u64::from(number)))
            }
            (Target::Global(unit, number), false) => {
                (Item::NoGlobal, unit, Some(u64::from(number)))
            }
            (Target::Export(number, slot), true) => {
                (Item::SetExport, number as usize, Some(slot as u64))
            }
            (Target::Export(number, slot), false) => {
                (Item::NoExport, number as usize, Some(slot as u64))
            }
        };
        self.parcel.words.push(item.word(number));
        self.parcel.words.extend(more);
        self.parcel.words.extend(text.map(|text| text as u64));
    }

    /// Takes back the words, numbers and lists of keys of a variable that cannot be written,
    /// and the variables that only it has led to, but for globals.
    fn take_back(&mut self, begin: (usize, usize, usize), variables: usize) {
        self.parcel.words.truncate(begin.0);
        for value in self.numbered.drain(begin.1..) {
            self.numbers.remove(&value.bits());
        }
        self.lists.truncate(begin.2);
        self.steps.clear();
        let globals = (self.variables.drain(variables..))
            .filter(|one| matches!(one.target, Target::Global(..)));
        let globals: Vec<Variable> = globals.collect();
        self.variables.extend(globals);
    }

    /// Writes a value with all that it refers to, but for the content of variables.
    fn whole(&mut self, value: Value) -> Result<(), NotSent> {
        self.steps.push(Step::Value(value));
        while let Some(step) = self.steps.pop() {
            if self.until_poll == 0 {
                self.until_poll = STEPS;
                self.vm.poll().map_err(NotSent::Fault)?;
            }
            self.until_poll -= 1;
            match step {
                Step::Value(value) => self.value(value)?,
                Step::Elements(elements, mut at) => {
                    while let Some(&value) = elements.get(at) {
                        at += 1;
                        if value.is_pointer() {
                            self.steps.push(Step::Elements(elements, at));
                            self.value(value)?;
                            break;
                        }
                        self.parcel.words.push(value.bits());
                    }
                }
                Step::Entries(dict, cursor) => {
                    if let Some((key, value, next)) = self.vm.heap.dict_next(dict, cursor) {
                        self.steps.push(Step::Entries(dict, next));
                        self.steps.push(Step::Value(value));
                        self.steps.push(Step::Value(key));
                    }
                }
                Step::Values(set, cursor) => {
                    if let Some((value, _, next)) = set.set().next(cursor) {
                        self.steps.push(Step::Values(set, next));
                        self.steps.push(Step::Value(value));
                    }
                }
                Step::ErrorFields(error, slot) => {
                    if slot < error.instance_type().fields.len() {
                        self.steps.push(Step::ErrorFields(error, slot + 1));
                        let value = error.instance_field(slot);
                        match slot == error_slot::TRACE && value.is_kind(Kind::Array) {
                            true => self.trace(value),
                            false => self.steps.push(Step::Value(value)),
                        }
                    }
                }
                Step::Object(object) => {
                    self.parcel.words.push(object.word);
                    let more = &object.more[..object.words];
                    self.parcel.words.extend_from_slice(more);
                    self.keepers -= usize::from(object.keeps);
                    if !object.numbered.is_absent() {
                        self.number(object.numbered);
                    }
                }
            }
            self.check_size(0)?;
        }
        Ok(())
    }

    /// Checks that so many more words are not too many.
    fn check_size(&self, more: usize) -> Result<(), NotSent> {
        match self.parcel.bytes() / size_of::<u64>() + more > MAX_WORDS {
            true => Err(NotSent::TooLarge),
            false => Ok(()),
        }
    }

    /// Has the object that is being written follow its parts, which are to be added as steps
    /// next.
    fn object(&mut self, item: Item, number: usize, more: &[u64], numbered: Value) {
        let keeps = self.keeps;
        self.keepers += usize::from(keeps);
        let mut object = Object {
            word: item.word(number),
            more: [0; 2],
            words: more.len(),
            numbered,
            keeps,
        };
        object.more[..more.len()].copy_from_slice(more);
        self.steps.push(Step::Object(object));
    }

    /// Writes words that take nothing from the stack.
    fn leaf(&mut self, item: Item, number: usize, more: &[u64]) {
        self.parcel.words.push(item.word(number));
        self.parcel.words.extend_from_slice(more);
    }

    /// Gives the object that has just been written a number.
    fn number(&mut self, value: Value) -> u32 {
        let number = self.numbered.len() as u32;
        self.numbers.insert(value.bits(), number);
        self.numbered.push(value);
        self.parcel.words.push(Item::Number.word(0));
        number
    }

    /// Begins to write a value: all of it if it has no parts.
    fn value(&mut self, value: Value) -> Result<(), NotSent> {
        if !value.is_pointer() {
            self.parcel.words.push(value.bits());
            return Ok(());
        }
        self.keeps = !value.has_one_owner();
        let kind = value.header().kind;
        let may_return = match value.is_value_object() {
            true => value.header().flags & SHARED != 0,
            false => true,
        };
        if may_return && let Some(&number) = self.numbers.get(&value.bits()) {
            self.leaf(Item::Again, number as usize, &[]);
            return Ok(());
        }
        let numbered = if may_return { value } else { Value::ABSENT };
        match kind {
            Kind::String => self.string(value),
            Kind::Bytes => {
                let bytes = value.bytes();
                if bytes.len() >= SHARED_FROM {
                    let account = self.vm.memory_account();
                    let shared = self.vm.heap.share_bytes(value, &account);
                    self.parcel.long_bytes.extend(shared);
                    let number = self.parcel.long_bytes.len() - 1;
                    self.leaf(Item::LongBytes, number, &[]);
                    self.number(value);
                    return Ok(());
                }
                self.room(bytes.len())?;
                self.leaf(Item::Bytes, bytes.len(), &[]);
                self.bytes(bytes);
                if bytes.len() > SHORT {
                    self.number(value);
                }
            }
            Kind::BigInt => {
                let (sign, words) = value.big_int().as_sign_words();
                let negative = usize::from(sign == dashu_int::Sign::Negative);
                self.leaf(Item::BigInt, 2 * words.len() + negative, words);
                if words.len() > SHORT {
                    self.number(value);
                }
            }
            Kind::Array => {
                let elements = value.elements();
                if !are_plain(elements) {
                    self.object(Item::Array, elements.len(), &[], numbered);
                    self.steps.push(Step::Elements(elements, 0));
                    return Ok(());
                }
                if size_of_val(elements) >= SHARED_FROM {
                    let taken = self.large(value)?;
                    self.parcel.large_arrays.push(Arc::new(taken));
                    let number = self.parcel.large_arrays.len() - 1;
                    self.leaf(Item::Large, number, &[]);
                } else {
                    self.room(8 * elements.len())?;
                    self.parcel.words.push(Item::Plain.word(elements.len()));
                    let words = elements.iter().map(|element| element.bits());
                    self.parcel.words.extend(words);
                }
                if may_return {
                    self.number(value);
                }
            }
            Kind::Dict => self.dict(value, numbered),
            Kind::Set => {
                self.object(Item::Set, value.set().len(), &[], numbered);
                self.steps.push(Step::Values(value, 0));
            }
            Kind::Queue | Kind::Stack => {
                let elements = value.queue().elements();
                let item = match kind {
                    Kind::Queue => Item::Queue,
                    _ => Item::Stack,
                };
                self.object(item, elements.len(), &[], numbered);
                self.steps.push(Step::Elements(elements, 0));
            }
            Kind::Heap => {
                let priority = value.priority();
                self.object(Item::Priority, priority.len(), &[], numbered);
                for run in priority.runs().iter().rev() {
                    self.steps.push(Step::Elements(run.elements(), 0));
                }
                self.steps.push(Step::Value(priority.by));
            }
            Kind::Tagged => {
                let parts = value.tagged_parts();
                let tag = self.tag(value.header().aux);
                self.object(Item::Tagged, parts.len(), &[tag], numbered);
                self.steps.push(Step::Elements(parts, 0));
            }
            Kind::Struct => {
                let fields = value.instance_fields();
                self.object(Item::Struct, fields.len(), &[], numbered);
                match self.vm.is_error(value) {
                    true => self.steps.push(Step::ErrorFields(value, 0)),
                    false => self.steps.push(Step::Elements(fields, 0)),
                }
                self.instance_type(value);
            }
            Kind::Object if value.is_module() => self.module(value),
            Kind::Object if value.library_type() == Some(LibraryType::Channel) => {
                let core = stdlib::share_channel(self.vm, value).map_err(NotSent::Fault)?;
                self.parcel.channels.push(core);
                self.leaf(Item::Channel, self.parcel.channels.len() - 1, &[]);
                self.number(value);
            }
            Kind::Cell => self.cell(value),
            Kind::Function => self.function(value)?,
            Kind::Native => {
                // SAFETY: a native object.
                let index = unsafe { (*value.as_pointer::<NativeObj>()).index };
                self.leaf(Item::Native, index as usize, &[]);
            }
            Kind::Handle => {
                let share = value.share_of_handle().clone();
                self.parcel.handles.push((value.handle_type(), share));
                self.leaf(Item::Handle, self.parcel.handles.len() - 1, &[]);
            }
            Kind::Promise => {
                let remote = Remote::of(self.vm, value);
                self.parcel.promises.push(remote);
                self.leaf(Item::Promise, self.parcel.promises.len() - 1, &[]);
                self.number(value);
            }
            Kind::BoundMethod => {
                // SAFETY: the value is a bound method.
                let bound = unsafe { View::<BoundMethodObj>::of(value) };
                let (receiver, method) = (bound.receiver, bound.method);
                self.object(Item::Bound, 0, &[], value);
                self.steps.push(Step::Value(method));
                self.steps.push(Step::Value(receiver));
            }
            Kind::StructType => self.struct_type(value, value.struct_type()),
            Kind::EnumType => {
                let declared = value.enum_type().declared;
                let unit = self.unit(declared.source);
                self.leaf(Item::EnumType, unit, &[u64::from(declared.number)]);
            }
            _ => {
                let held = held_by_thread(&mut self.vm.heap, value);
                return Err(NotSent::Bound {
                    held: held.unwrap_or_else(|| with_article(type_name(value))),
                    variable: None,
                });
            }
        }
        Ok(())
    }

    /// Makes room for so many bytes.
    fn room(&mut self, bytes: usize) -> Result<(), NotSent> {
        let words = bytes.div_ceil(8) + 2;
        self.check_size(words)?;
        match self.parcel.words.try_reserve(words) {
            Ok(()) => Ok(()),
            Err(_) => Err(NotSent::Fault(system_out_of_memory())),
        }
    }

    /// The elements of a large array without pointers: taken out of it, or a copy.
    fn large(&mut self, array: Value) -> Result<Elements, NotSent> {
        let account = self.vm.memory_account();
        if self.takes && self.keepers == 0 && !self.keeps {
            let taken = self.vm.heap.take_elements(array, &account);
            return Ok(taken.expect("the array is large"));
        }
        let elements = array.elements();
        self.check_size(elements.len())?;
        match Elements::copied(elements, &account) {
            Some(copied) => {
                self.parcel.copied += size_of_val(elements);
                Ok(copied)
            }
            None => Err(NotSent::Fault(system_out_of_memory())),
        }
    }

    fn string(&mut self, value: Value) {
        let text = self.vm.heap.str(value);
        if text.len() >= SHARED_FROM {
            let account = self.vm.memory_account();
            let shared = self.vm.heap.share_text(value, &account);
            self.parcel.long_texts.extend(shared);
            self.leaf(Item::LongText, self.parcel.long_texts.len() - 1, &[]);
            self.number(value);
            return;
        }
        let chars = value.string().char_len() as u64;
        self.leaf(Item::String, text.len(), &[chars]);
        self.bytes(text.as_bytes());
        if text.len() > SHORT {
            self.number(value);
        }
    }

    /// Writes bytes in whole words.
    fn bytes(&mut self, bytes: &[u8]) {
        let (whole, rest) = bytes.as_chunks::<8>();
        let words = whole.iter().map(|&word| u64::from_le_bytes(word));
        self.parcel.words.extend(words);
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.parcel.words.push(u64::from_le_bytes(last));
        }
    }

    fn dict(&mut self, value: Value, numbered: Value) {
        let dict = value.dict();
        match dict.mode() {
            DictMode::Record => {
                let list = self.list_of(dict.header.aux);
                self.object(Item::Record, list, &[], numbered);
                self.steps.push(Step::Elements(dict.values(), 0));
            }
            DictMode::Dense => {
                self.object(Item::Dense, dict.values().len(), &[], numbered);
                self.steps.push(Step::Elements(dict.values(), 0));
            }
            DictMode::Hash => {
                let len = self.vm.heap.dict_len(value);
                self.object(Item::Dict, len, &[], numbered);
                self.steps.push(Step::Entries(value, 0));
            }
        }
    }

    /// The number of the list of a shape's keys.
    fn list_of(&mut self, shape: u32) -> usize {
        if let Some(at) = self.lists.iter().rposition(|&known| known == shape) {
            return at;
        }
        let keys = self.vm.heap.shapes.keys(shape).to_vec();
        self.leaf(Item::Keys, keys.len(), &[]);
        for key in keys {
            let text = self.vm.heap.str(key);
            self.parcel.words.push(text.len() as u64);
            self.bytes(text.as_bytes());
        }
        self.lists.push(shape);
        self.lists.len() - 1
    }

    /// A tag as a parcel has it.
    fn tag(&mut self, tag: u32) -> u64 {
        if tag <= NONE {
            return u64::from(tag);
        }
        let known = self.tags.iter().position(|&known| known == tag);
        let at = known.unwrap_or_else(|| {
            let (ty, name) = self.vm.tags.names(tag);
            self.parcel.tags.push((ty.into(), name.into()));
            self.tags.push(tag);
            self.tags.len() - 1
        });
        u64::from(NONE) + 1 + at as u64
    }

    fn text(&mut self, text: &str) -> usize {
        self.parcel.texts.push(text.into());
        self.parcel.texts.len() - 1
    }

    /// Writes a captured variable, still empty.
    fn cell(&mut self, value: Value) {
        self.leaf(Item::Cell, 0, &[]);
        let number = self.number(value);
        // SAFETY: the value is a captured variable.
        let content = unsafe { (*value.as_pointer::<CellObj>()).value };
        if content.is_absent() {
            return;
        }
        let (name, is_named) = self.cells.get(&value.bits()).cloned().unwrap_or_default();
        self.variables.push(Variable {
            target: Target::Cell(number),
            content,
            name,
            is_named,
        });
    }
}

/// The words of messages for a value that belongs to its thread.
fn held_by_thread(heap: &mut Heap, value: Value) -> Option<String> {
    match value.kind()? {
        Kind::Object if value.is_module() => None,
        Kind::Object if value.library_type() == Some(LibraryType::Channel) => None,
        Kind::Object => {
            let name = heap.str(value.instance_type().name);
            Some(match value.opaque_type() {
                Some(_) => with_article(name),
                None => format!("an object of class {name}"),
            })
        }
        Kind::Generator | Kind::Iterator => Some(with_article(type_name(value))),
        _ => None,
    }
}

fn with_article(name: &str) -> String {
    match name.starts_with(['a', 'e', 'i', 'o', 'u']) {
        true => format!("an {name}"),
        false => format!("a {name}"),
    }
}
