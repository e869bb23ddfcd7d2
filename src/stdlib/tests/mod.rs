//! Tests of the library through its tables, as programs reach it: arguments are
//! checked, then the function runs. Calls are written as text (`script.rs`) and
//! compared in `repr` form.

mod areas;
mod errors;
mod fast;
mod formats;
mod left_out;
mod limits;
mod owners;
mod reference;
mod registry;
mod script;
mod text;

use super::{Receiver, check_args, check_method_args, function, method, natives};
use crate::heap::Heap;
use crate::heap::collect::{self, Marker, RootSource};
use crate::heap::object::{Kind, NativeObj};
use crate::heap::space::Space;
use crate::runtime::tags::Tags;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, MethodForm, State, repr};
use crate::value::Value;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// The text that was written, for tests to read back.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Callback = fn(&mut Machine, &[Value]) -> Fallible;

/// Functions "of the program", by name.
const CALLBACKS: &[(&str, Callback)] = &[
    ("double", |_, args| Ok(Value::int(2 * args[0].as_int()))),
    ("is_even", |_, args| {
        Ok(Value::bool(args[0].as_int() % 2 == 0))
    }),
    ("minus", |_, args| {
        Ok(Value::int(args[0].as_int() - args[1].as_int()))
    }),
    ("greater", |_, args| {
        Ok(Value::bool(args[0].as_int() > args[1].as_int()))
    }),
    ("yes", |_, _| Ok(Value::TRUE)),
    ("nothing", |_, _| Ok(Value::NULL)),
    ("not_a_number", |_, _| Ok(Value::float(f64::NAN))),
    ("negated", |_, args| Ok(Value::int(-args[0].as_int()))),
    ("fails", |_, _| Err(Fault::new(ErrorKind::Value, "no luck"))),
    ("parity", |machine, args| {
        let text = if args[0].as_int() % 2 == 0 {
            "even"
        } else {
            "odd"
        };
        Ok(machine.heap.new_string(text))
    }),
    ("write_to_held", |machine, _| {
        let held = machine.held_for_change();
        machine.heap.array_push(held, Value::NULL).unwrap();
        Ok(Value::TRUE)
    }),
];

/// Callbacks are natives with numbers from here on.
const FIRST_CALLBACK: usize = 1 << 15;

/// The values that the collector may not take under stress: the values of the
/// test itself, the arguments of running calls, and what the machine stack
/// points to.
struct Roots {
    values: Vec<Value>,
    arguments: Vec<(*mut Value, usize)>,
    stack_base: *const u64,
}

impl Roots {
    unsafe fn visit(roots: *mut (), marker: &mut Marker, space: &Space) {
        // SAFETY: the machine owns its roots and outlives the collection; the
        // base is a local variable of a caller.
        unsafe {
            let roots = &*roots.cast::<Roots>();
            roots.values.iter().for_each(|&v| marker.value(v));
            for &(args, len) in &roots.arguments {
                (0..len).for_each(|i| marker.value(*args.add(i)));
            }
            collect::mark_machine_stack(marker, space, roots.stack_base, &[]);
        }
    }
}

/// A heap, which is not collected unless under stress, and what the library asks
/// of a machine.
pub(super) struct Machine {
    roots: Box<Roots>,
    heap: Heap,
    tags: Tags,
    state: State,
    out: Sink,
    thrown: Value,
    /// A variable of the program, for callbacks that write to it.
    held: Value,
}

impl Machine {
    pub(super) fn new() -> Machine {
        let out = Sink::default();
        let mut heap = Heap::new();
        heap.put_off_collections();
        Machine {
            roots: Box::new(Roots {
                values: Vec::new(),
                arguments: Vec::new(),
                stack_base: std::ptr::null(),
            }),
            heap,
            tags: Tags::new(),
            state: State {
                out: Box::new(out.clone()),
                err: Box::new(out.clone()),
                line_buffered: false,
                input_is_taken: false,
                start: std::time::Instant::now(),
                args: Vec::new(),
                world: Default::default(),
                areas: BTreeMap::new(),
            },
            out,
            thrown: Value::NULL,
            held: Value::NULL,
        }
    }

    /// Collects at every allocation from now on; `base` is a local variable of
    /// the test.
    fn stress(&mut self, base: &u64) {
        self.roots.stack_base = base;
        self.heap.roots = Some(RootSource {
            context: (&raw mut *self.roots).cast(),
            visit: Roots::visit,
        });
        self.heap.set_stress(true);
    }

    /// Runs `call` with the arguments where the collector sees them.
    fn with_args(
        &mut self,
        args: &mut [Value],
        kept: u8,
        call: impl FnOnce(&mut Machine, Args) -> Fallible,
    ) -> Fallible {
        let (base, len) = (args.as_mut_ptr(), args.len());
        self.roots.arguments.push((base, len));
        // SAFETY: the slice outlives the call.
        let result = call(self, unsafe { Args::new(base, len, kept) });
        self.roots.arguments.pop();
        result
    }

    /// The held array, copied first if a write must not be seen by others.
    fn held_for_change(&mut self) -> Value {
        use crate::heap::object::COPY_BEFORE_WRITE;
        if self.held.header().flags & COPY_BEFORE_WRITE != 0 {
            self.held = self.heap.copy_array(self.held, 0);
        }
        self.held
    }

    /// Calls a function; bits of `kept` say which arguments the caller keeps.
    fn call_native(&mut self, number: usize, args: &mut [Value], kept: u8) -> Fallible {
        let native = &natives()[number];
        self.with_args(args, kept, |machine, args| {
            check_args(machine, native, args)?;
            (native.function)(machine, args)
        })
    }

    fn function(&mut self, name: &str, args: &mut [Value], kept: u8) -> Fallible {
        let number = function(name).unwrap_or_else(|| panic!("no function {name}"));
        self.call_native(number as usize, args, kept)
    }

    /// Calls a method; a mutating one leaves the new receiver in `args[0]`.
    fn method(&mut self, name: &str, args: &mut [Value]) -> Fallible {
        let receiver = Receiver::of(args[0]).expect("null has no methods");
        let number =
            method(receiver, name).unwrap_or_else(|| panic!("{receiver:?} has no method {name}"));
        let native = &natives()[number as usize];
        let kept = match native.method {
            MethodForm::Mutating { .. } => 0b1111_1110,
            _ => 0xFF,
        };
        self.with_args(args, kept, |machine, args| {
            check_method_args(machine, native, args)?;
            match native.method {
                MethodForm::Mutating { method, .. } => method(machine, args),
                _ => (native.function)(machine, args),
            }
        })
    }

    fn string(&mut self, text: &str) -> Value {
        self.heap.new_string(text)
    }

    fn repr(&mut self, v: Value) -> String {
        repr::repr(self, v).expect("a text")
    }

    fn written(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.out.0.lock().unwrap())).unwrap()
    }
}

impl Context for Machine {
    fn next_element(&mut self, _lazy: Value) -> Fallible<Option<Value>> {
        panic!("nothing tested here is lazy")
    }

    fn heap(&mut self) -> &mut Heap {
        &mut self.heap
    }

    fn call(&mut self, callable: Value, args: &[Value]) -> Fallible {
        assert!(callable.is_kind(Kind::Native));
        // SAFETY: a native object.
        let index = unsafe { (*callable.as_pointer::<NativeObj>()).index } as usize;
        match index.checked_sub(FIRST_CALLBACK) {
            Some(callback) => CALLBACKS[callback].1(self, args),
            None => self.call_native(index, &mut args.to_vec(), 0xFF),
        }
    }

    fn throw(&mut self, value: Value) -> Box<Fault> {
        self.thrown = value;
        Box::new(Fault::Thrown)
    }

    /// The message stands for the error.
    fn caught(&mut self, fault: Box<Fault>) -> Fallible {
        match *fault {
            Fault::Error { message, .. } => Ok(self.string(&message)),
            Fault::Thrown => Ok(self.thrown),
            other => Err(Box::new(other)),
        }
    }

    fn pin(&mut self, value: Value) {
        self.roots.values.push(value);
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn state(&mut self) -> &mut State {
        &mut self.state
    }

    fn callable_name(&mut self, _: Value) -> Option<String> {
        None
    }

    fn threads(&mut self) -> &mut dyn crate::runtime::Threads {
        panic!("nothing tested here runs on another thread")
    }

    fn callable_arity(&mut self, _: Value) -> (usize, usize) {
        (0, usize::MAX)
    }

    fn tasks(&mut self) -> &mut dyn crate::runtime::Tasks {
        panic!("nothing tested here waits")
    }
}

/// Each call must give its result, in `repr` form, also if every allocation
/// collects.
#[track_caller]
fn check_all(cases: &[(&str, &str)]) {
    let base = 0;
    check_cases(&mut Machine::new(), cases);
    let mut machine = Machine::new();
    machine.stress(&base);
    check_cases(&mut machine, cases);
    let stats = &machine.heap.stats;
    assert!(stats.minor.parts + stats.major.parts > cases.len() as u64);
}

#[track_caller]
fn check_cases(machine: &mut Machine, cases: &[(&str, &str)]) {
    for &(call, expected) in cases {
        match script::run(machine, call) {
            Ok(v) => assert_eq!(machine.repr(v), expected, "{call}"),
            Err(fault) => panic!("{call}: {fault}"),
        }
    }
}

/// Each call must fail with its kind and message.
#[track_caller]
fn check_errors(cases: &[(&str, ErrorKind, &str)]) {
    let mut machine = Machine::new();
    for &(call, expected_kind, expected) in cases {
        match script::run(&mut machine, call).map_err(|fault| *fault) {
            Err(Fault::Error { kind, message, .. }) => {
                assert_eq!(message, expected, "{call}");
                assert_eq!(kind, expected_kind, "{call}");
            }
            Err(other) => panic!("{call}: {other}"),
            Ok(v) => panic!("{call} gives {}", machine.repr(v)),
        }
    }
}
