//! Promises that other threads wait for too. The code that settles such a promise stays on
//! its thread; its outcome is packed once, and every thread that has got the promise reads
//! it.

use super::{Vm, error_slot};
use crate::runtime::{
    Completion, Context, ErrorKind, Fallible, Fault, Keeps, Message, Tasks, text,
};
use crate::value::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A promise as its threads share it.
#[derive(Default)]
pub(crate) struct Remote(Mutex<State>);

#[derive(Default)]
struct State {
    outcome: Option<Outcome>,
    waiting: Vec<Completion>,
}

#[derive(Clone)]
enum Outcome {
    Value(Message),
    Error(Message),
    /// The outcome cannot go to another thread.
    Fault(String),
}

impl Remote {
    /// A promise of this thread for others. That counts as awaiting it.
    pub fn of(vm: &mut Vm, promise: Value) -> Arc<Remote> {
        let remote = Arc::new(Remote::default());
        let own = remote.clone();
        let settled = move |cx: &mut dyn Context, _: Value, outcome: Fallible| {
            if let Some(outcome) = packed(cx, outcome) {
                own.settle(outcome);
            }
        };
        vm.when_settled(promise, Value::NULL, Box::new(settled));
        remote
    }

    /// The promise as one of this thread.
    pub fn promise(&self, vm: &mut Vm) -> Value {
        let (promise, completion) = vm.outside(Keeps::Nothing);
        let mut state = self.state();
        match state.outcome.clone() {
            Some(outcome) => {
                drop(state);
                outcome.complete(completion);
            }
            None => state.waiting.push(completion),
        }
        promise
    }

    /// A panic ends the process.
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settle(&self, outcome: Outcome) {
        let mut state = self.state();
        state.outcome = Some(outcome.clone());
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        for completion in waiting {
            outcome.clone().complete(completion);
        }
    }
}

impl Outcome {
    fn complete(self, completion: Completion) {
        completion.complete(move |cx| match self {
            Outcome::Value(message) => cx.threads().unpack(&message),
            Outcome::Error(message) => {
                let error = cx.threads().unpack(&message)?;
                Err(cx.throw(error))
            }
            Outcome::Fault(message) => Err(Fault::new(ErrorKind::Type, message)),
        });
    }
}

/// An outcome for other threads; nothing if the program is to end.
fn packed(cx: &mut dyn Context, outcome: Fallible) -> Option<Outcome> {
    let fault = match outcome {
        Ok(value) => match cx.threads().pack(value) {
            Ok(message) => return Some(Outcome::Value(message)),
            Err(fault) => return Some(Outcome::Fault(fault.to_string())),
        },
        Err(fault) => fault,
    };
    let error = cx.caught(fault).ok()?;
    match pack_error(cx, error) {
        Ok(message) => Some(Outcome::Error(message)),
        Err(fault) => Some(Outcome::Fault(fault.to_string())),
    }
}

/// An error for another thread: a thrown value that cannot go there is replaced by its text.
pub(super) fn pack_error(cx: &mut dyn Context, error: Value) -> Fallible<Message> {
    if let Ok(message) = cx.threads().pack(error) {
        return Ok(message);
    }
    let error = cx.heap().copy_instance(error);
    let text = error.instance_field(error_slot::MESSAGE);
    cx.heap().set_field(error, error_slot::VALUE, text);
    if let Ok(message) = cx.threads().pack(error) {
        return Ok(message);
    }
    cx.heap().set_field(error, error_slot::CAUSE, Value::NULL);
    let text = text::display(cx, text)?;
    let text = cx.heap().new_string(&text);
    cx.heap().set_field(error, error_slot::MESSAGE, text);
    cx.threads().pack(error)
}
