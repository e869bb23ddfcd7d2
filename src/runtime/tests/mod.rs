//! Tests of the runtime, on a machine that can call nothing but the functions
//! of the tests themselves.

mod arith;
mod compare;
mod depth;
mod large;
mod text;

use super::tags::Tags;
use super::{Context, ErrorKind, Fallible, Fault, State};
use crate::heap::Heap;
use crate::heap::object::{Kind, NativeObj};
use crate::heap::types::{Default, Field, Method, StructType};
use crate::value::Value;
use dashu_int::IBig;

type TestFn = fn(&mut dyn Context, &[Value]) -> Fallible;

/// A heap without roots, which is never collected in so short a test, tags, and
/// functions by their number.
struct Machine {
    heap: Heap,
    tags: Tags,
    functions: Vec<(&'static str, TestFn)>,
}

impl Machine {
    fn new() -> Machine {
        Machine {
            heap: Heap::new(),
            tags: Tags::new(),
            functions: Vec::new(),
        }
    }

    fn function(&mut self, name: &'static str, function: TestFn) -> Value {
        self.functions.push((name, function));
        self.heap.new_native(self.functions.len() as u16 - 1)
    }

    fn string(&mut self, text: &str) -> Value {
        self.heap.new_string(text)
    }

    fn array(&mut self, values: &[Value]) -> Value {
        self.heap.new_array_from(values)
    }

    fn big(&mut self, text: &str) -> Value {
        self.heap.new_int(text.parse::<IBig>().expect("an int"))
    }

    fn dict(&mut self, pairs: &[(Value, Value)]) -> Value {
        let dict = self.heap.new_dict(pairs.len());
        for &(key, value) in pairs {
            self.heap.dict_set(dict, key, value).expect("short");
        }
        dict
    }

    fn ty(
        &mut self,
        name: &str,
        is_class: bool,
        fields: &[&str],
        methods: &[(&'static str, TestFn)],
    ) -> Value {
        let name = self.heap.intern(name);
        let fields = fields
            .iter()
            .map(|field| Field {
                name: self.heap.intern(field),
                default: Default::None,
            })
            .collect();
        let methods = methods
            .iter()
            .map(|&(name, function)| Method {
                function: self.function(name, function),
                name: self.heap.intern(name),
                mutating: false,
                is_static: false,
            })
            .collect();
        let info = StructType::new(name, is_class, fields, methods);
        self.heap.new_struct_type(info)
    }

    fn instance(&mut self, ty: Value, fields: &[Value]) -> Value {
        let instance = self.heap.new_instance(ty);
        for (slot, &value) in fields.iter().enumerate() {
            self.heap.set_field(instance, slot, value);
        }
        instance
    }
}

impl Context for Machine {
    fn heap(&mut self) -> &mut Heap {
        &mut self.heap
    }

    fn call(&mut self, callable: Value, args: &[Value]) -> Fallible {
        assert!(callable.is_kind(Kind::Native));
        // SAFETY: a native object.
        let index = unsafe { (*callable.as_pointer::<NativeObj>()).index };
        let function = self.functions[index as usize].1;
        function(self, args)
    }

    fn call_method(&mut self, method: Value, receiver: Value, args: &[Value]) -> Fallible {
        self.call(method, &[&[receiver], args].concat())
    }

    fn next_element(&mut self, _lazy: Value) -> Fallible<Option<Value>> {
        panic!("nothing tested here is lazy")
    }

    fn caught(&mut self, fault: Box<Fault>) -> Fallible {
        Err(fault)
    }

    fn throw(&mut self, _value: Value) -> Box<Fault> {
        Box::new(Fault::Thrown)
    }

    fn pin(&mut self, value: Value) {
        let _ = value;
    }

    fn tags(&mut self) -> &mut Tags {
        &mut self.tags
    }

    fn state(&mut self) -> &mut State {
        panic!("nothing tested here has state")
    }

    fn callable_name(&mut self, callable: Value) -> Option<String> {
        // SAFETY: a native object.
        let index = unsafe { (*callable.as_pointer::<NativeObj>()).index };
        let name = self.functions[index as usize].0;
        (!name.is_empty()).then(|| name.to_string())
    }

    fn threads(&mut self) -> &mut dyn crate::runtime::Threads {
        panic!("nothing tested here runs on another thread")
    }

    fn callable_arity(&mut self, _callable: Value) -> (usize, usize) {
        (0, usize::MAX)
    }

    fn tasks(&mut self) -> &mut dyn crate::runtime::Tasks {
        panic!("nothing tested here waits")
    }
}

/// Kind and message of what must be a fault.
fn fault<T>(result: Fallible<T>) -> (ErrorKind, String) {
    match result.err().map(|fault| *fault) {
        Some(Fault::Error { kind, message, .. }) => (kind, message),
        Some(other) => panic!("another fault: {other}"),
        None => panic!("no fault"),
    }
}
