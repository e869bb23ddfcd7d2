//! The slow path of every operation, called alike by all tiers and by the
//! built-ins: arithmetic beyond inline ints, comparison, text of values,
//! sequences, containers. Works on the heap through a [`Context`]; knows nothing
//! of frames, instructions or tiers.

pub mod arith;
pub mod aside;
pub mod bigint;
mod borrow;
pub mod compare;
pub mod copy;
pub mod dict;
pub mod fault;
pub mod hash;
pub mod limits;
pub mod memo;
pub mod messages;
pub mod native;
pub mod number_fmt;
pub mod number_text;
pub mod operators;
pub mod ops;
pub mod output;
pub mod outside;
pub mod pace;
mod repeats;
pub mod repr;
pub mod sequence;
pub mod set;
mod show;
pub mod tags;
pub mod text;
pub mod threads;
pub mod world;

#[cfg(test)]
mod tests;

pub use borrow::Borrow;
pub use fault::{ErrorKind, Fallible, Fault};
pub use native::{
    Args, Intrinsic, MethodForm, Native, NativeFn, Param, ParamKind, Reach, kind_bit,
};
pub use outside::{AskQuiet, Completion, Inbox, Keeps, Outside, Quiet};

pub use threads::{Message, Parallel, Threads};

use crate::heap::Heap;
use crate::heap::shared::SharedBytes;
use crate::value::Value;
use std::sync::Arc;

/// The machine as operations and built-ins see it.
///
/// The collector sees values in the arguments and in local variables (the
/// machine stack is scanned); values in a `Vec` or a `Box` it does not see, so
/// results are gathered in heap arrays.
pub trait Context {
    fn heap(&mut self) -> &mut Heap;

    /// Calls any callable value. A container argument that something else still
    /// owns is protected during the call.
    fn call(&mut self, callable: Value, args: &[Value]) -> Fallible;

    /// [`Context::call`] where the caller has no further use for the arguments
    /// in the mask `given` (bit i: argument i): they may be changed in place.
    fn call_owned(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        let _ = given;
        self.call(callable, args)
    }

    /// Calls a method of a struct or class, as its type holds it, with the receiver
    /// in front of the arguments. The receiver is protected as arguments are.
    fn call_method(&mut self, method: Value, receiver: Value, args: &[Value]) -> Fallible {
        let bound = self.heap().new_bound_method(receiver, method);
        self.call(bound, args)
    }

    /// The value of a field of an instance that is made only when it is read;
    /// absent if it has no value.
    fn late_field(&mut self, instance: Value, slot: usize) -> Value {
        let _ = (instance, slot);
        Value::ABSENT
    }

    /// The next element of a generator or iterator.
    fn next_element(&mut self, lazy: Value) -> Fallible<Option<Value>>;

    /// Puts `value` on its way as the program's own `throw value` does; the fault
    /// to return.
    fn throw(&mut self, value: Value) -> Box<Fault>;

    /// The `Error` value of a fault, as `except` would bind it; the fault itself
    /// if programs cannot catch it.
    fn caught(&mut self, fault: Box<Fault>) -> Fallible;

    /// Looks whether the program is to end, or the heap is beyond its limit: what may
    /// work long asks now and then ([`pace`]).
    ///
    /// # Errors
    /// The fault to end with.
    fn poll(&mut self) -> Fallible<()> {
        Ok(())
    }

    /// The bytes of a long string or byte string, for another thread; `None` if it is short,
    /// and for a context that has no way to share them.
    fn shared_bytes(&mut self, v: Value) -> Option<SharedBytes> {
        let _ = v;
        None
    }

    /// Names of tags (`Color::Red`, `Ok`).
    fn tags(&mut self) -> &mut tags::Tags;

    /// Keeps a value alive as long as the machine.
    fn pin(&mut self, value: Value);

    /// State that built-ins keep between calls: output, clock, random numbers.
    fn state(&mut self) -> &mut State;

    /// How a callable prints: its name, or `None` for an anonymous function.
    fn callable_name(&mut self, callable: Value) -> Option<String>;

    /// Other threads of the program.
    fn threads(&mut self) -> &mut dyn Threads;

    /// Fewest and most arguments a callable takes (`usize::MAX`: any number).
    fn callable_arity(&mut self, callable: Value) -> (usize, usize);

    /// The tasks of the thread.
    fn tasks(&mut self) -> &mut dyn Tasks;
}

/// A reaction to a promise that has settled: what it has kept, and how it settled.
pub type Reaction = Box<dyn FnOnce(&mut dyn Context, Value, Fallible)>;

/// Work that gives up what a promise waits for, with what it has kept: false if that has come
/// about, and the promise is about to settle.
pub type Undo = Box<dyn FnOnce(&mut dyn Context, Value) -> bool>;

/// The tasks of the thread, as built-ins see them.
pub trait Tasks {
    /// Settles a pending promise: fulfils it with the value as it is, or rejects it with the
    /// error of a fault. Everything that waits for it goes on in a later turn. Faults that
    /// nothing catches end the program in the next turn. One that has settled stays as it
    /// is.
    fn settle(&mut self, promise: Value, result: Fallible);

    /// Has a pending promise settle as another one does, at once or later.
    ///
    /// # Errors
    /// If it would wait for itself.
    fn follow(&mut self, promise: Value, other: Value) -> Fallible<()>;

    /// Calls a value as a task, which runs until it first waits; its promise.
    ///
    /// # Errors
    /// If the call could not be made, or the program is to end.
    fn start_task(&mut self, callable: Value, args: &[Value]) -> Fallible;

    /// Has Rust code run in a turn of the scheduler after a promise has settled. That counts
    /// as awaiting it. `kept` stays alive until then; the collector sees nothing else that
    /// `then` holds.
    fn when_settled(&mut self, promise: Value, kept: Value, then: Reaction);

    /// A pending promise that is settled from outside, and what settles it.
    fn outside(&mut self, keeps: Keeps) -> (Value, Completion);

    /// The promise of a completion that is used or given up, which the machine forgets.
    fn take_ticket(&mut self, ticket: u64) -> Option<Value>;

    /// Waits here for a promise; other tasks run meanwhile. A built-in that can give the
    /// promise to the machine does that instead.
    ///
    /// # Errors
    /// The promise's, or that nothing can settle it.
    fn wait_for(&mut self, promise: Value) -> Fallible;

    /// A promise that is fulfilled with null after a time.
    fn timer(&mut self, after: std::time::Duration) -> Value;

    /// Cancels the task of a promise, if that is still pending: a promise that is fulfilled
    /// when the task has ended. A task that is about to go on with what it has waited for is
    /// cancelled at its next wait: a message that it has received is not lost.
    fn cancel(&mut self, promise: Value) -> Option<Value>;

    /// Has `undo` run if the promise, which is no task's, is cancelled, or the only task that
    /// waits for it. `kept` stays alive until it has settled.
    fn on_cancel(&mut self, promise: Value, kept: Value, undo: Undo);

    fn inbox(&mut self) -> Arc<Inbox>;

    /// Sets the source that the thread blocks in from now on.
    fn set_outside(&mut self, source: Box<dyn Outside>);

    fn set_quiet(&mut self, ask: AskQuiet);
}

impl dyn Context + '_ {
    /// A pending promise of the library's.
    pub fn promise_pending(&mut self) -> Value {
        self.heap().new_promise()
    }

    pub fn settle(&mut self, promise: Value, result: Fallible) {
        self.tasks().settle(promise, result);
    }

    pub fn take_ticket(&mut self, ticket: u64) -> Option<Value> {
        self.tasks().take_ticket(ticket)
    }

    pub fn outside(&mut self, keeps: Keeps) -> (Value, Completion) {
        self.tasks().outside(keeps)
    }
}

/// The state of built-ins between calls.
pub struct State {
    pub out: Box<dyn std::io::Write + Send>,
    pub err: Box<dyn std::io::Write + Send>,
    /// Flush standard output at every line end (a terminal).
    pub line_buffered: bool,
    /// A prompt reads standard input at the moment: programs cannot.
    pub input_is_taken: bool,
    pub start: std::time::Instant,
    pub args: Vec<String>,
    /// The part of the outside world that the program sees.
    pub world: world::World,
    /// Slots for areas of the library, by type: a handful.
    pub areas: std::collections::BTreeMap<std::any::TypeId, Box<dyn std::any::Any>>,
}

/// Field `slot` of a struct or class instance; absent if it has no value.
#[inline]
pub fn field_of(cx: &mut dyn Context, instance: Value, slot: usize) -> Value {
    let value = instance.instance_field(slot);
    if value.is_absent() {
        return cx.late_field(instance, slot);
    }
    value
}

/// The name that messages give to the type of a value: of an instance the name of
/// its own type.
pub fn name_of_type(cx: &mut dyn Context, v: Value) -> &'static str {
    use crate::heap::object::Kind;
    match v.kind() {
        Some(Kind::Struct | Kind::Object) => cx.heap().str(v.instance_type().name),
        _ => type_name(v),
    }
}

/// The name `type(x)` gives.
pub fn type_name(v: Value) -> &'static str {
    use crate::heap::object::Kind;
    if v.is_int() {
        return "int";
    }
    if v.is_float() {
        return "float";
    }
    if let Some(ty) = v.opaque_type() {
        return ty.name();
    }
    match v.kind() {
        None if v.is_bool() => "bool",
        None => "null",
        Some(kind) => match kind {
            Kind::String => "string",
            Kind::BigInt => "int",
            Kind::Bytes => "bytes",
            Kind::Array => "array",
            Kind::Dict => "dict",
            Kind::Struct => "struct",
            Kind::Set => "set",
            Kind::Queue => "queue",
            Kind::Stack => "stack",
            Kind::Heap => "heap",
            Kind::Object if v.instance_type().is_module => "module",
            Kind::Object => "object",
            Kind::Tagged => tags::family(v.header().aux),
            Kind::Function | Kind::Native | Kind::BoundMethod => "function",
            Kind::StructType | Kind::EnumType => "type",
            Kind::Generator => "generator",
            Kind::Iterator => "iterator",
            Kind::Promise => "promise",
            Kind::Task
            | Kind::Reaction
            | Kind::Free
            | Kind::Buffer
            | Kind::Cell
            | Kind::KeyList
            | Kind::Handle => "internal",
        },
    }
}
