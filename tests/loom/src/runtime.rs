//! A thread's part: promises by their tickets, and what settles them.

use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

pub mod outside {
    include!(concat!(env!("OUT_DIR"), "/outside.rs"));
}

pub use outside::{Completion, Inbox, Keeps};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    State,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault(pub ErrorKind);

impl Fault {
    pub fn new(kind: ErrorKind, _: impl Into<String>) -> Box<Fault> {
        Box::new(Fault(kind))
    }
}

pub type Fallible<T = Value> = Result<T, Box<Fault>>;

/// A value on its way.
#[derive(Clone, Debug)]
pub struct Message(pub Value);

type Undo = Box<dyn FnOnce(&mut dyn Context, Value) -> bool>;

/// The parts of a machine that the sources ask for.
pub trait Context {
    fn outside(&mut self, keeps: Keeps) -> (Value, Completion);
    fn take_ticket(&mut self, ticket: u64) -> Option<Value>;
    fn settle(&mut self, promise: Value, outcome: Fallible);
    fn tasks(&mut self) -> &mut dyn Context;
    fn threads(&mut self) -> &mut dyn Context;
    fn heap(&mut self) -> &mut dyn Context;
    fn on_cancel(&mut self, promise: Value, kept: Value, undo: Undo);
    fn cancel_block(&mut self);
    fn pack(&mut self, value: Value) -> Fallible<Message>;
    fn pack_last(&mut self, value: Value) -> Fallible<Message>;
    fn unpack_last(&mut self, message: Message) -> Fallible;
    fn new_array_from(&mut self, elements: &[Value]) -> Value;
}

/// As the machine names its part.
pub trait Tasks {
    fn inbox(&mut self) -> Arc<Inbox>;
}

impl Tasks for crate::vm::Vm {
    fn inbox(&mut self) -> Arc<Inbox> {
        self.inbox.clone()
    }
}

/// A thread's promises.
pub struct Thread {
    pub inbox: Arc<Inbox>,
    tickets: BTreeMap<u64, Value>,
    last: i64,
    settled: BTreeMap<i64, Fallible>,
    undo: BTreeMap<i64, Undo>,
}

impl Thread {
    pub fn new() -> Thread {
        Thread::with(Arc::new(Inbox::default()))
    }

    pub fn with(inbox: Arc<Inbox>) -> Thread {
        Thread {
            inbox,
            tickets: BTreeMap::new(),
            last: 0,
            settled: BTreeMap::new(),
            undo: BTreeMap::new(),
        }
    }

    /// Does what has arrived.
    pub fn turn(&mut self) {
        for event in self.inbox.take() {
            event(self);
        }
    }

    /// How a promise was settled.
    pub fn outcome(&self, promise: Value) -> Option<Fallible> {
        let Value::Int(number) = promise else {
            panic!("a promise is its number here");
        };
        self.settled.get(&number).cloned()
    }

    /// Waits until a promise is settled.
    pub fn wait_for(&mut self, promise: Value) -> Fallible {
        loop {
            self.turn();
            if let Some(outcome) = self.outcome(promise) {
                return outcome;
            }
            let far = std::time::Instant::now() + std::time::Duration::from_secs(3600);
            self.inbox.wait(far);
        }
    }

    /// Gives up a wait; false if it is over.
    pub fn cancel(&mut self, promise: Value) -> bool {
        let Value::Int(number) = promise else {
            return false;
        };
        let undo = self.undo.remove(&number);
        undo.is_some_and(|undo| undo(self, Value::NULL))
    }
}

impl Context for Thread {
    fn outside(&mut self, _: Keeps) -> (Value, Completion) {
        self.last += 1;
        let promise = Value::Int(self.last);
        let ticket = self.last as u64;
        self.tickets.insert(ticket, promise);
        (promise, Completion::new(ticket, self.inbox.clone()))
    }

    fn take_ticket(&mut self, ticket: u64) -> Option<Value> {
        self.tickets.remove(&ticket)
    }

    fn settle(&mut self, promise: Value, outcome: Fallible) {
        let Value::Int(number) = promise else {
            panic!("a promise is its number here");
        };
        self.settled.insert(number, outcome);
    }

    fn tasks(&mut self) -> &mut dyn Context {
        self
    }

    fn threads(&mut self) -> &mut dyn Context {
        self
    }

    fn heap(&mut self) -> &mut dyn Context {
        self
    }

    fn on_cancel(&mut self, promise: Value, _: Value, undo: Undo) {
        let Value::Int(number) = promise else {
            panic!("a promise is its number here");
        };
        self.undo.insert(number, undo);
    }

    fn cancel_block(&mut self) {}

    fn pack(&mut self, value: Value) -> Fallible<Message> {
        Ok(Message(value))
    }

    fn pack_last(&mut self, value: Value) -> Fallible<Message> {
        Ok(Message(value))
    }

    fn unpack_last(&mut self, message: Message) -> Fallible {
        Ok(message.0)
    }

    fn new_array_from(&mut self, elements: &[Value]) -> Value {
        Value::Array(elements.to_vec().leak())
    }
}
