//! The virtual machine: owns heap, stacks, globals and loaded code; calls,
//! unwinds, and answers what built-ins ask ([`Context`]). Instructions are
//! carried out in `interp`; what they do beyond their fast paths is in the files
//! beside it, by subject. Nothing here reads files, parses or prints reports.

pub(crate) mod cache;
pub mod call;
mod closure;
pub mod code;
mod declared;
mod enter;
pub mod field_cache;
pub mod fields;
mod generator;
pub mod globals;
pub mod index;
pub mod interp;
pub mod interrupts;
pub mod iterate;
mod iterator;
pub(crate) mod lent;
mod literal;
pub mod load;
pub(crate) mod method_cache;
pub mod modules;
pub(crate) mod native;
mod operators;
pub(crate) mod parcel;
pub(crate) mod pattern;
pub mod proto;
mod remote;
pub mod roots;
pub mod stack;
pub(crate) mod tasks;
pub mod threads;
pub mod unwind;

use crate::heap::Heap;
use crate::heap::shared::{SharedBytes, SharedText};
use crate::heap::types::{Default as FieldDefault, Field, Printed, StructType};
use crate::runtime::tags::Tags;
use crate::runtime::{Context, Fallible, Fault, State, Tasks, Threads};
use crate::value::Value;
use code::CodeTable;
use enter::MachineStack;
use field_cache::FieldCache;
use globals::Globals;
use interrupts::Interrupts;
use method_cache::MethodCache;
use roots::Roots;
use stack::Stacks;
use std::collections::HashMap;
use std::sync::Arc;
use unwind::Errors;

/// Counts of what the machine did, for `--stats`.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counters {
    pub cache_misses: u64,
    /// Instructions run by the interpreter, and fields and methods that these looked
    /// up. Only counted if asked for ([`Vm::count_instructions`]).
    pub interpreted: u64,
    pub lookups: u64,
    pub errors_thrown: u64,
}

/// The machine. Everything that belongs together is one of its parts; code takes the
/// parts that it needs where it can.
pub struct Vm {
    pub heap: Heap,
    pub tags: Tags,
    pub state: State,
    pub(crate) stacks: Stacks,
    pub(crate) code: CodeTable,
    pub(crate) globals: Globals,
    pub(crate) modules: modules::Modules,
    pub(crate) missing: parcel::Missing,
    pub(crate) threads: threads::ThreadState,
    pub(crate) methods: MethodCache,
    pub(crate) found_fields: FieldCache,
    pub(crate) errors: Errors,
    pub(crate) tasks: tasks::TaskState,
    pub(crate) roots: Roots,
    pub machine_stack: MachineStack,
    pub interrupts: Interrupts,
    pub(crate) native: native::NativeState,
    pub(crate) lent: lent::LentStack,
    /// The compiler above the interpreter, if there is one.
    pub(crate) tier: Option<Box<dyn native::Tier>>,
    pub(crate) names: Names,
    pub(crate) none: Value,
    /// The values of enums without parts that their paths give, by tag.
    pub(crate) variants: HashMap<u32, Value>,
    declared: declared::Declared,
    /// Scratch for building strings.
    pub(crate) text_buffer: String,
    /// The interpreter's loop has caught an error and is to begin from the start, with
    /// nothing on the machine stack of what it did before.
    pub(crate) begins_anew: bool,
    pub counters: Counters,
    /// Whether to count instructions, which takes time. To be set before a program is
    /// loaded.
    pub count_instructions: bool,
}

/// Interned names the engine itself looks up.
pub struct Names {
    pub init: Value,
    pub message: Value,
    pub cause: Value,
    pub script: Value,
    pub awaits: Value,
}

/// Slots of an `Error`.
pub mod error_slot {
    pub const MESSAGE: usize = 0;
    pub const KIND: usize = 1;
    pub const VALUE: usize = 2;
    pub const LINE: usize = 3;
    pub const COLUMN: usize = 4;
    /// Absent until it is read: made of the trace then.
    pub const STACK: usize = 5;
    pub const CAUSE: usize = 6;
    /// Private: array of proto number and instruction index, innermost first.
    pub const TRACE: usize = 7;
    /// Private: what the report of the error adds as help, or absent.
    pub const HINT: usize = 8;
}

impl Vm {
    /// A machine that writes to the given outputs.
    ///
    /// # Errors
    /// If the system refuses address space for the stacks.
    pub fn new(state: State) -> std::io::Result<Box<Vm>> {
        let stacks = Stacks::new()?;
        let mut heap = Heap::new();
        if let Some(room) = crate::system::room() {
            // The rest is for what is made beside the heap, and for cells that grow by
            // being copied.
            heap.set_limit(room / 5 * 2);
        }
        let names = Names {
            init: heap.intern("init"),
            message: heap.intern("message"),
            cause: heap.intern("cause"),
            script: heap.intern("<script>"),
            awaits: heap.intern("<await>"),
        };
        let mut vm = Box::new(Vm {
            stacks,
            heap,
            tags: Tags::new(),
            state,
            code: CodeTable::new(crate::stdlib::natives()),
            globals: Globals::default(),
            modules: modules::Modules::default(),
            missing: parcel::Missing::default(),
            threads: threads::ThreadState::new(),
            methods: MethodCache::new(),
            found_fields: FieldCache::new(),
            errors: Errors::new(),
            tasks: tasks::TaskState::new(),
            roots: Roots::default(),
            machine_stack: MachineStack::new(),
            interrupts: Interrupts::default(),
            native: native::NativeState::new(),
            lent: lent::LentStack::new(),
            tier: None,
            names,
            none: Value::NULL,
            variants: HashMap::default(),
            declared: Default::default(),
            text_buffer: String::new(),
            begins_anew: false,
            counters: Counters::default(),
            count_instructions: false,
        });
        vm.stacks.push_bottom(&vm.code.native_proto);
        vm.make_error_type();
        vm.none = vm.heap.new_tagged(crate::runtime::tags::NONE, &[]);
        for index in 0..vm.code.natives.len() {
            let value = vm.heap.new_native(index as u16);
            vm.code.native_values.push(value);
        }
        vm.install_roots();
        vm.use_interrupts(Default::default());
        Ok(vm)
    }

    fn make_error_type(&mut self) {
        let fields = [
            "message", "kind", "value", "line", "column", "stack", "cause", "trace", "hint",
        ];
        let fields = fields.map(|name| Field {
            name: self.heap.intern(name),
            default: FieldDefault::None,
        });
        let name = self.heap.intern("Error");
        let mut info = StructType::new(name, false, fields.to_vec(), Vec::new());
        info.visible = error_slot::TRACE;
        let printed = |slot, always| Printed { slot, always };
        info.printed = Some(Box::new([
            printed(error_slot::MESSAGE, true),
            printed(error_slot::LINE, true),
            printed(error_slot::STACK, true),
            printed(error_slot::CAUSE, false),
        ]));
        self.errors.ty = self.heap.new_struct_type(info);
    }

    /// A loaded source, as positions name it.
    pub fn source(&self, number: u32) -> Arc<crate::syntax::source::SourceFile> {
        self.code.sources[number as usize].file.clone()
    }

    /// Limits the memory that programs take to about `bytes`. Values of calls may take a
    /// fourth of it, and calls themselves an eighth.
    pub fn limit_memory(&mut self, bytes: usize) {
        if bytes < self.heap.limit() {
            self.heap.set_limit(bytes);
        }
        self.stacks.limit(bytes / 4, bytes / 8);
        self.native.reset_limit();
    }

    /// Whether `v` is an `Error` as `except` binds it.
    pub fn is_error(&self, v: Value) -> bool {
        v.is_kind(crate::heap::object::Kind::Struct)
            && std::ptr::eq(v.instance_type(), self.errors.ty.struct_type())
    }
}

impl Context for Vm {
    fn heap(&mut self) -> &mut Heap {
        &mut self.heap
    }

    fn call(&mut self, callable: Value, args: &[Value]) -> Fallible {
        self.call_value(callable, args)
    }

    fn call_owned(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        self.call_owned(callable, args, given)
    }

    fn call_method(&mut self, method: Value, receiver: Value, args: &[Value]) -> Fallible {
        match *args {
            // The methods that operators and texts call: no allocation.
            [] => self.call_value(method, &[receiver]),
            [other] => self.call_value(method, &[receiver, other]),
            _ => self.call_value(method, &[&[receiver], args].concat()),
        }
    }

    fn late_field(&mut self, instance: Value, slot: usize) -> Value {
        if slot == error_slot::STACK && self.is_error(instance) {
            return self.stack_of(instance);
        }
        Value::ABSENT
    }

    fn pin(&mut self, value: Value) {
        self.roots.pinned.push(value);
    }

    fn next_element(&mut self, lazy: Value) -> Fallible<Option<Value>> {
        use crate::heap::object::Kind;
        match lazy.kind() {
            Some(Kind::Generator) => self.next_of_generator(lazy),
            Some(Kind::Object) => self.next_of_channel(lazy),
            _ => self.next_of_iterator(lazy),
        }
    }

    fn throw(&mut self, value: Value) -> Box<Fault> {
        match self.make_thrown(value) {
            Ok(error) => {
                self.errors.pending = error;
                Box::new(Fault::Thrown)
            }
            Err(fault) => fault,
        }
    }

    fn caught(&mut self, fault: Box<Fault>) -> Fallible {
        match *fault {
            Fault::Thrown => Ok(self.take_error()),
            Fault::Error { .. } => Ok(self.error_from_fault(&fault)),
            _ => Err(fault),
        }
    }

    #[inline]
    fn poll(&mut self) -> Fallible<()> {
        if self.has_interrupt()
            && let Some(fault) = self.handle_interrupts(interrupts::Doing::Inside)
        {
            return Err(fault);
        }
        Ok(())
    }

    fn shared_bytes(&mut self, v: Value) -> Option<SharedBytes> {
        let account = self.memory_account();
        match v.is_string() {
            true => (self.heap.share_text(v, &account)).map(SharedText::into_bytes),
            false => self.heap.share_bytes(v, &account),
        }
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn threads(&mut self) -> &mut dyn Threads {
        self
    }

    fn callable_name(&mut self, callable: Value) -> Option<String> {
        self.name_of_callable(callable)
    }

    fn callable_arity(&mut self, callable: Value) -> (usize, usize) {
        self.arity_of_callable(callable)
    }

    fn tasks(&mut self) -> &mut dyn Tasks {
        self
    }
}
