//! Promises that other threads wait for too. What settles such a promise stays on its thread;
//! its outcome is packed once, and every thread that has got the promise reads it.

use super::worker::pack_error;
use crate::runtime::{Completion, Context, Fallible, Fault, Keeps, Message, Tasks};
use crate::value::Value;
use crate::vm::Vm;
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
            Outcome::Fault(message) => Err(Fault::new(crate::runtime::ErrorKind::Type, message)),
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
