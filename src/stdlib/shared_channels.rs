//! Channels that have crossed to another thread. Their values wait as messages in a core that
//! threads share; a completion tells a waiter that is to receive or to send one.
//!
//! A waiter may give up, by a timeout or a cancellation, until a value is on its way to it: then
//! it gets that. A value on its way to a thread that has ended goes back to the front of the
//! channel: none is lost.
//!
//! # Invariants
//! * No lock is held while code of the program runs, or anything is packed or read.
//! * There are values in a channel, or waiters that are to receive, never both for longer than
//!   the lock is held.

use crate::runtime::{Completion, Context, ErrorKind, Fallible, Fault, Keeps, Message};
use crate::value::Value;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The operation that a receiver waits in.
#[derive(Clone)]
pub(crate) enum Wait {
    Receive,
    /// A loop over the channel: it is given absent at the end.
    Loop,
    /// `select`, and the channel's position there.
    Select(usize, Arc<Selection>),
}

/// A `select` that waits.
pub(crate) struct Selection {
    /// Channels that are open.
    pub open: AtomicUsize,
}

/// Whether a waiter is certain to get something, or has given up: the first to set it decides.
pub(crate) type Done = Arc<AtomicBool>;

struct Receiver {
    completion: Completion,
    wait: Wait,
    done: Done,
}

impl Receiver {
    /// Whether it waits still: then the caller has something for it.
    fn is_taken(&self) -> bool {
        !self.done.swap(true, Ordering::Relaxed)
    }
}

struct Sender {
    completion: Completion,
    message: Message,
    done: Done,
}

#[derive(Default)]
struct State {
    values: VecDeque<Message>,
    receivers: VecDeque<Receiver>,
    senders: VecDeque<Sender>,
    closed: bool,
}

impl State {
    /// The next waiter for a value, which is certain to get it.
    fn next_receiver(&mut self) -> Option<Receiver> {
        while let Some(receiver) = self.receivers.pop_front() {
            if receiver.is_taken() {
                return Some(receiver);
            }
        }
        None
    }
}

/// A channel as its threads share it.
pub(crate) struct Core {
    capacity: Option<usize>,
    state: Mutex<State>,
}

impl Core {
    pub fn new(capacity: Option<usize>) -> Core {
        Core {
            capacity,
            state: Mutex::default(),
        }
    }

    /// A panic ends the process.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    pub fn len(&self) -> usize {
        self.state().values.len()
    }

    /// Puts a value into the channel: true, or a promise of it. An owned value has no other
    /// use.
    pub fn send(self: &Arc<Core>, cx: &mut dyn Context, value: Value, owned: bool) -> Fallible {
        let message = match owned {
            true => cx.threads().pack_last(value)?,
            false => cx.threads().pack(value)?,
        };
        let Some(message) = self.put(message)? else {
            return Ok(Value::TRUE);
        };
        let (promise, completion, done) = waiting(cx);
        self.wait_to_send(completion, message, done);
        Ok(promise)
    }

    /// Puts a message into the channel, or gives it back if that is full.
    fn put(self: &Arc<Core>, message: Message) -> Fallible<Option<Message>> {
        let mut state = self.state();
        if state.closed {
            return Err(closed("send"));
        }
        if let Some(receiver) = state.next_receiver() {
            drop(state);
            self.deliver(receiver, message);
            return Ok(None);
        }
        if self.capacity.is_none_or(|most| state.values.len() < most) {
            state.values.push_back(message);
            return Ok(None);
        }
        Ok(Some(message))
    }

    /// Has a sender wait for room, if there is none yet.
    pub fn wait_to_send(self: &Arc<Core>, completion: Completion, message: Message, done: Done) {
        let mut state = self.state();
        let has_room = self.capacity.is_none_or(|most| state.values.len() < most);
        if state.closed {
            drop(state);
            completion.complete(|_| Err(closed("send")));
        } else if has_room && state.receivers.is_empty() {
            state.values.push_back(message);
            drop(state);
            completion.complete(|_| Ok(Value::TRUE));
        } else if state.receivers.is_empty() {
            state.senders.push_back(Sender {
                completion,
                message,
                done,
            });
        } else {
            drop(state);
            match self.put(message) {
                Ok(None) => completion.complete(|_| Ok(Value::TRUE)),
                // The waiters had given up.
                Ok(Some(message)) => self.wait_to_send(completion, message, done),
                Err(fault) => completion.complete(|_| Err(fault)),
            }
        }
    }

    /// Puts a message there that waits already.
    pub fn fill(&self, message: Message) {
        self.state().values.push_back(message);
    }

    /// A value that was given to a waiter that has given up goes back: the whole or, if
    /// `part` is 1, the second part of what was given.
    pub fn give_back(self: &Arc<Core>, cx: &mut dyn Context, given: Value, part: usize) {
        let value = match part {
            0 => given,
            part => given.elements()[part],
        };
        if !value.is_absent()
            && let Ok(message) = cx.threads().pack(value)
        {
            self.put_back(message);
        }
    }

    /// A value that was on its way to a waiter goes back.
    fn put_back(self: &Arc<Core>, message: Message) {
        let mut state = self.state();
        match state.next_receiver() {
            Some(receiver) => {
                drop(state);
                self.deliver(receiver, message);
            }
            None => state.values.push_front(message),
        }
    }

    /// Gives a message to a receiver that has been taken.
    fn deliver(self: &Arc<Core>, receiver: Receiver, message: Message) {
        let mut on_its_way = OnItsWay {
            core: self.clone(),
            message: Some(message),
        };
        let Receiver {
            wait, completion, ..
        } = receiver;
        completion.complete(move |cx| {
            let Some(message) = on_its_way.message.take() else {
                return Ok(Value::NULL);
            };
            let value = cx.threads().unpack_last(message)?;
            Ok(match wait {
                Wait::Select(index, _) => {
                    let index = Value::int(index as i64);
                    cx.heap().new_array_from(&[index, value])
                }
                _ => value,
            })
        });
    }

    /// The next message, if there is one now. A waiter that is to send gets
    /// room.
    fn take(&self) -> Option<Message> {
        let mut state = self.state();
        let message = state.values.pop_front()?;
        let mut sent = None;
        while let Some(sender) = state.senders.pop_front() {
            if !sender.done.swap(true, Ordering::Relaxed) {
                state.values.push_back(sender.message);
                sent = Some(sender.completion);
                break;
            }
        }
        drop(state);
        if let Some(completion) = sent {
            completion.complete(|_| Ok(Value::TRUE));
        }
        Some(message)
    }

    /// The next value, if there is one now.
    pub fn next_now(&self, cx: &mut dyn Context) -> Fallible<Option<Value>> {
        match self.take() {
            Some(message) => cx.threads().unpack_last(message).map(Some),
            None => Ok(None),
        }
    }

    /// Has a receiver wait for the next value; it may have come by now.
    pub fn wait_to_receive(self: &Arc<Core>, completion: Completion, wait: Wait, done: Done) {
        let receiver = Receiver {
            completion,
            wait,
            done,
        };
        // A `select` may have got something from another channel.
        if receiver.done.load(Ordering::Relaxed) {
            return;
        }
        if let Some(message) = self.take() {
            return match receiver.is_taken() {
                true => self.deliver(receiver, message),
                false => self.put_back(message),
            };
        }
        let mut state = self.state();
        if !state.values.is_empty() {
            drop(state);
            return self.wait_to_receive(receiver.completion, receiver.wait, receiver.done);
        }
        if state.closed {
            drop(state);
            return end(receiver);
        }
        state.receivers.push_back(receiver);
    }

    /// Closes the channel: whether it was open.
    pub fn close(&self) -> bool {
        let mut state = self.state();
        if std::mem::replace(&mut state.closed, true) {
            return false;
        }
        let receivers = std::mem::take(&mut state.receivers);
        let senders = std::mem::take(&mut state.senders);
        drop(state);
        receivers.into_iter().for_each(end);
        for sender in senders {
            if !sender.done.swap(true, Ordering::Relaxed) {
                sender.completion.complete(|_| Err(closed("send")));
            }
        }
        true
    }
}

/// A message that a thread is to give to one of its waiters. It goes back if the thread has
/// ended.
struct OnItsWay {
    core: Arc<Core>,
    message: Option<Message>,
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        if let Some(message) = self.message.take() {
            self.core.put_back(message);
        }
    }
}

/// Tells a waiter that is to receive that the channel is closed.
fn end(receiver: Receiver) {
    let others = match &receiver.wait {
        // They may still have something.
        Wait::Select(_, selection) => selection.open.fetch_sub(1, Ordering::Relaxed) - 1,
        _ => 0,
    };
    if others > 0 || !receiver.is_taken() {
        return;
    }
    receiver.completion.complete(move |_| match receiver.wait {
        Wait::Receive => Err(closed("receive")),
        Wait::Loop => Ok(Value::ABSENT),
        Wait::Select(..) => Err(closed("select")),
    });
}

/// The fault of a channel that is closed.
#[cold]
pub(super) fn closed(name: &str) -> Box<Fault> {
    let message = format!("{name}() expects an open channel; got a closed one");
    Fault::new(ErrorKind::State, message)
}

/// A pending promise that is given up with the wait for it, what settles it, and the note of
/// that.
pub(super) fn waiting(cx: &mut dyn Context) -> (Value, Completion, Done) {
    let (promise, completion) = cx.outside(Keeps::Nothing);
    let done = Done::default();
    let given_up = done.clone();
    cx.tasks().on_cancel(
        promise,
        Value::NULL,
        Box::new(move |_, _| !given_up.swap(true, Ordering::Relaxed)),
    );
    (promise, completion, done)
}
