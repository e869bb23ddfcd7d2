//! The virtual machine: owns heap, stacks, globals and loaded code; calls,
//! unwinds, and answers what built-ins ask ([`Context`]). Instructions are
//! carried out in `interp`; what they do beyond their fast paths is in the files
//! beside it, by subject. Nothing here reads files, parses or prints reports.

pub mod call;
pub mod construct;
mod declared;
mod enter;
pub mod fields;
mod generator;
pub mod index;
pub mod interp;
pub mod interrupts;
pub mod iterate;
mod iterator;
pub mod load;
pub(crate) mod method_cache;
pub mod modules;
pub(crate) mod native;
pub mod proto;
pub mod roots;
pub mod stack;
pub mod unwind;

use crate::heap::Heap;
use crate::heap::object::Header;
use crate::heap::types::{Default as FieldDefault, Field, Printed, StructType};
use crate::runtime::tags::Tags;
use crate::runtime::{Context, Fallible, Fault, Native, State};
use crate::value::Value;
use method_cache::MethodCache;
use proto::Proto;
use stack::{Frame, SLACK, Stacks};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicU8};

/// Machine stack that a program may take unless the host program knows better: half
/// of what threads have as a rule.
const STACK_SIZE: usize = 1 << 20;

/// A loaded source, for positions and reports.
pub struct Source {
    pub file: Arc<crate::syntax::source::SourceFile>,
    /// Interned names of its exports and what they stand for.
    pub(crate) exports: Vec<(Value, modules::Export)>,
}

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

pub struct Vm {
    pub heap: Heap,
    pub tags: Tags,
    pub state: State,
    pub(crate) stacks: Stacks,
    /// The running frame.
    pub(crate) frame: *mut Frame,
    /// Frames from here on are a stack overflow. Set by `set_frame_limit`.
    pub(crate) frame_limit: *mut Frame,
    /// What calls compare with instead: the same, or null if there is an interrupt.
    pub(crate) call_limit: AtomicPtr<Frame>,
    /// By number, as method caches name them.
    pub(crate) protos: Vec<*mut Proto>,
    pub(crate) globals: Vec<Value>,
    pub(crate) global_names: Vec<Value>,
    pub(crate) sources: Vec<Source>,
    /// Objects whose `BORROWED` bit running calls have set.
    pub(crate) borrows: Vec<*mut Header>,
    declared: declared::Declared,
    /// The error on its way while a [`Fault::Thrown`] travels.
    pub(crate) pending: Value,
    pub(crate) error_places: [unwind::ErrorPlace; unwind::ERROR_PLACES],
    pub(crate) natives: &'static [Native],
    pub(crate) native_values: Vec<Value>,
    pub(crate) native_proto: Box<Proto>,
    pub(crate) templates: Vec<load::TypeTemplate>,
    pub(crate) modules: modules::Modules,
    pub(crate) names: Names,
    pub(crate) error_type: Value,
    pub(crate) none: Value,
    /// Values that live as long as the machine.
    pub(crate) pinned: Vec<Value>,
    /// Values that only Rust code holds, in places where the collector does not look.
    pub(crate) temporary_roots: Vec<Value>,
    pub(crate) methods: MethodCache,
    pub(crate) machine_stack_base: *const u64,
    /// Machine stack that a program may take, in bytes: less than there is below
    /// where it is started.
    pub stack_size: usize,
    /// Scratch for building texts.
    pub(crate) text_buffer: String,
    /// Bases above this leave no room for a frame.
    pub(crate) values_limit: *mut Value,
    /// The heap's limit leaves less to the stacks than they have room for.
    pub(crate) stacks_are_limited: bool,
    /// The interpreter's loop has caught an error and is to begin anew, with nothing on
    /// the machine stack of what it did before.
    pub(crate) begins_anew: bool,
    /// Requests of other threads, as bits of [`interrupts`]; usually 0.
    pub interrupts: Arc<AtomicU8>,
    pub counters: Counters,
    /// Whether to count instructions, which takes time. To be set before a program is
    /// loaded.
    pub count_instructions: bool,
    /// The compiler above the interpreter, if there is one.
    pub(crate) tier: Option<Box<dyn native::Tier>>,
    pub(crate) native: native::NativeState,
    /// A running profile.
    pub(crate) sampler: Option<Box<dyn interrupts::Sampler>>,
}

/// Interned names the engine itself looks up.
pub struct Names {
    pub init: Value,
    pub message: Value,
    pub cause: Value,
    pub script: Value,
}

/// Slots of an `Error`.
pub mod error_slot {
    pub const MESSAGE: usize = 0;
    pub const KIND: usize = 1;
    pub const VALUE: usize = 2;
    pub const LINE: usize = 3;
    pub const COLUMN: usize = 4;
    /// Absent until somebody asks: made of the trace then.
    pub const STACK: usize = 5;
    pub const CAUSE: usize = 6;
    /// Private: array of proto number and instruction index, innermost first.
    pub const TRACE: usize = 7;
}

impl Vm {
    /// A machine that writes to the given outputs.
    ///
    /// # Errors
    /// If the system refuses address space for the stacks.
    pub fn new(state: State) -> std::io::Result<Box<Vm>> {
        let stacks = Stacks::new()?;
        // SAFETY: the reservation is far larger than one frame.
        let values_limit = unsafe { stacks.values_end.sub((1 << 16) + SLACK) };
        let natives = crate::stdlib::natives();
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
        };
        let mut vm = Box::new(Vm {
            frame: stacks.frames,
            frame_limit: stacks.frames_end,
            call_limit: AtomicPtr::new(stacks.frames_end),
            stacks,
            heap,
            tags: Tags::new(),
            state,
            protos: Vec::new(),
            globals: Vec::new(),
            global_names: Vec::new(),
            sources: Vec::new(),
            error_places: [unwind::ErrorPlace::NONE; unwind::ERROR_PLACES],
            borrows: Vec::new(),
            declared: Default::default(),
            pending: Value::NULL,
            natives,
            native_values: Vec::new(),
            native_proto: Box::new(Proto::native()),
            templates: Vec::new(),
            modules: modules::Modules::default(),
            names,
            error_type: Value::NULL,
            none: Value::NULL,
            pinned: Vec::new(),
            temporary_roots: Vec::new(),
            methods: MethodCache::new(),
            machine_stack_base: std::ptr::null(),
            stack_size: STACK_SIZE,
            text_buffer: String::new(),
            values_limit,
            stacks_are_limited: false,
            begins_anew: false,
            interrupts: Arc::new(AtomicU8::new(0)),
            counters: Counters::default(),
            count_instructions: false,
            tier: None,
            native: native::NativeState::new(),
            sampler: None,
        });
        // SAFETY: the frame stack has room for the bottom frame, which stands for
        // the host program and is never returned from.
        unsafe {
            vm.frame.write(Frame {
                proto: &*vm.native_proto,
                pc: vm.native_proto.code,
                base: vm.stacks.values.add(1),
                borrow_height: 0,
                flags: stack::ENTRY,
                native_sp: 0,
            });
        }
        vm.make_error_type();
        vm.none = vm.heap.new_tagged(crate::runtime::tags::NONE, &[]);
        for index in 0..natives.len() {
            let value = vm.heap.new_native(index as u16);
            vm.native_values.push(value);
        }
        vm.install_roots();
        Ok(vm)
    }

    fn make_error_type(&mut self) {
        let shape = self.heap.shapes.new_type_shape();
        let fields = [
            "message", "kind", "value", "line", "column", "stack", "cause", "trace",
        ];
        let fields = fields.map(|name| Field {
            name: self.heap.intern(name),
            default: FieldDefault::None,
        });
        let name = self.heap.intern("Error");
        let mut info = StructType::new(name, false, shape, fields.to_vec(), Vec::new());
        info.visible = error_slot::TRACE;
        let printed = |slot, always| Printed { slot, always };
        info.printed = Some(Box::new([
            printed(error_slot::MESSAGE, true),
            printed(error_slot::LINE, true),
            printed(error_slot::STACK, true),
            printed(error_slot::CAUSE, false),
        ]));
        self.error_type = self.heap.new_struct_type(info);
    }

    /// Does `work` with a value kept alive that only Rust code holds.
    pub(crate) fn with_root<T>(&mut self, value: Value, work: impl FnOnce(&mut Vm) -> T) -> T {
        self.temporary_roots.push(value);
        let result = work(self);
        self.temporary_roots.pop();
        result
    }

    /// How many functions are loaded: the number of the next one.
    pub fn function_count(&self) -> u32 {
        self.protos.len() as u32
    }

    /// A loaded source, as positions name it.
    pub fn source(&self, number: u32) -> Arc<crate::syntax::source::SourceFile> {
        self.sources[number as usize].file.clone()
    }

    /// Limits the memory that programs take to about `bytes`. Values of calls may take a
    /// fourth of it, and calls themselves an eighth.
    pub fn limit_memory(&mut self, bytes: usize) {
        if bytes < self.heap.limit() {
            self.heap.set_limit(bytes);
        }
        let values = bytes / 4 / size_of::<Value>();
        let calls = (bytes / 8 / size_of::<Frame>()).max(stack::LEAST_FRAMES);
        let (values, calls) = (
            self.stacks.values.wrapping_add(values),
            self.stacks.frames.wrapping_add(calls),
        );
        self.stacks_are_limited = values < self.values_limit || calls < self.frame_limit;
        self.values_limit = self.values_limit.min(values);
        self.set_frame_limit(self.frame_limit.min(calls));
        self.native.reset_limit();
    }

    /// Whether `v` is an `Error` as `except` binds it.
    pub fn is_error(&self, v: Value) -> bool {
        v.is_kind(crate::heap::object::Kind::Struct)
            && std::ptr::eq(v.instance_type(), self.error_type.struct_type())
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        for &proto in &self.protos {
            // SAFETY: made by `Box::into_raw` in `load`; nothing runs any more.
            drop(unsafe { Box::from_raw(proto) });
        }
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
            // What operators and texts call: no allocation.
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

    fn next_element(&mut self, lazy: Value) -> Fallible<Option<Value>> {
        if lazy.is_kind(crate::heap::object::Kind::Generator) {
            self.next_of_generator(lazy)
        } else {
            self.next_of_iterator(lazy)
        }
    }

    fn throw(&mut self, value: Value) -> Box<Fault> {
        match self.make_thrown(value) {
            Ok(error) => {
                self.pending = error;
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
        if (self.has_interrupt() || self.heap.over_limit)
            && let Some(fault) = self.handle_interrupts(interrupts::Doing::Inside)
        {
            return Err(fault);
        }
        Ok(())
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn callable_name(&mut self, callable: Value) -> Option<String> {
        self.name_of_callable(callable)
    }

    fn callable_arity(&mut self, callable: Value) -> (usize, usize) {
        self.arity_of_callable(callable)
    }
}
