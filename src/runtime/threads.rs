//! Other threads of a program, as built-ins see them. Threads share no values: what goes from
//! one to another travels as a [`Message`].

use super::Fallible;
use crate::value::Value;
use std::any::Any;
use std::sync::Arc;

/// A value that has left its thread, and may be read on any, several times.
#[derive(Clone)]
pub struct Message(pub(crate) Arc<dyn Any + Send + Sync>);

/// The task of `parallel_map` and its relatives.
pub struct Parallel {
    /// An array; it stays as it is meanwhile.
    pub elements: Value,
    pub function: Value,
    /// At most so many threads.
    pub threads: usize,
    /// Whether the results are wanted.
    pub gives: bool,
}

pub trait Threads {
    /// A value for other threads.
    ///
    /// # Errors
    /// If something in it belongs to this thread.
    fn pack(&mut self, value: Value) -> Fallible<Message>;

    /// A value, that no code uses any more, for other threads: large arrays in it may be empty
    /// then.
    ///
    /// # Errors
    /// As for [`Threads::pack`].
    fn pack_last(&mut self, value: Value) -> Fallible<Message>;

    /// The value of a message that is not read again, as this thread's own.
    ///
    /// # Errors
    /// If there is no memory for it.
    fn unpack_last(&mut self, message: Message) -> Fallible;

    /// The value of a message, as this thread's own.
    ///
    /// # Errors
    /// If there is no memory for it.
    fn unpack(&mut self, message: &Message) -> Fallible;

    /// Calls a function on another thread; the promise of its result.
    ///
    /// # Errors
    /// If the function or an argument cannot go there, or there are too many threads.
    fn spawn(&mut self, function: Value, args: &[Value]) -> Fallible;

    /// Calls a function with each element, on several threads; the promise of the results.
    ///
    /// # Errors
    /// As for [`Threads::spawn`].
    fn parallel(&mut self, plan: Parallel) -> Fallible;

    /// A block that was spawned here has ended.
    fn child_ended(&mut self);

    /// The block that runs here is to be cancelled where it waits.
    fn cancel_block(&mut self);
}
