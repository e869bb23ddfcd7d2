//! Channels (STDLIB 20): a queue of values, and promises of those that wait to receive one or
//! to send one. When a channel crosses to another thread, [`super::shared_channels`] takes over.

use super::declare::*;
use super::operands::at_least_one;
use super::promises::{duration, too_late};
use super::shared_channels::{Core, Done, Selection, Wait, closed, waiting as waiting_shared};
use super::types::{CHANNEL, new_instance};
use crate::heap::object::Kind;
use crate::heap::types::LibraryType;
use crate::runtime::arith::out_of_memory;
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, name_of_type, tags};
use crate::value::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

natives! {
    /// A channel: code that has it may send values and receive them, first in first out.
    ///
    /// With a capacity, which is at least 1, `send` waits while so many values are in it.
    plain fn [none] channel(capacity: opt(WHOLE)) -> "channel" = channel;
    /// Puts a value into a channel: true. Waits while that is full.
    ///
    /// A closed channel throws `state`, also one that is closed meanwhile.
    method fn [calls outside reads writes] send(c: CHANNEL_VALUE, v: ANY) -> "bool" = send; waits;
    /// The next value of a channel, for which it waits.
    ///
    /// After so many milliseconds it throws `timeout`. A channel that is closed and empty
    /// throws `state`.
    method fn [calls outside reads writes] receive(c: CHANNEL_VALUE, timeout_ms: opt(NUMBER)) = receive; waits;
    /// `Some` of the next value, or `None` if there is none now.
    method fn [none] try_receive(c: CHANNEL_VALUE) -> "option" = try_receive; writes;
    /// Closes a channel: whether it was open.
    ///
    /// Values that have been sent can still be received.
    method fn [none] close(c: CHANNEL_VALUE) -> "bool" = close; writes;
    /// The number of values in a channel.
    method fn [none] len(c: CHANNEL_VALUE) -> "int" = len; reads;
    /// `[index, value]`: the next value of the first of these channels that has one.
    ///
    /// It waits until one has; after so many milliseconds it throws `timeout`. If all are
    /// closed and empty it throws `state`.
    plain fn [calls outside reads writes] select(cs: ARRAY, timeout_ms: opt(NUMBER)) -> "array" = select; waits;
}

/// Fields of a channel.
mod slot {
    /// The values in it, a queue.
    pub const VALUES: usize = 0;
    /// The waiters for a value, a queue: a promise, or an array of the promise and,
    /// for `select`, the index and the channels; nulls for a loop.
    pub const RECEIVERS: usize = 1;
    /// The waiters that are to send one, a queue of arrays of the promise and the
    /// value.
    pub const SENDERS: usize = 2;
    /// The most values in it, or null.
    pub const CAPACITY: usize = 3;
    pub const IS_CLOSED: usize = 4;
    /// A handle of what threads share, or null while the channel is this thread's own. Then all
    /// else but the capacity is out of use.
    pub const SHARED: usize = 5;
}

fn channel(cx: &mut dyn Context, args: Args) -> Fallible {
    let capacity = match args.get(0) {
        none if none.is_absent() => Value::NULL,
        most => Value::int(at_least_one(cx, "channel", "capacity", most)? as i64),
    };
    let [values, receivers, senders] = [(); 3].map(|()| {
        let items = cx.heap().new_array(4);
        cx.heap().new_queue(Kind::Queue, items)
    });
    let fields = [
        values,
        receivers,
        senders,
        capacity,
        Value::FALSE,
        Value::NULL,
    ];
    Ok(new_instance(cx, &CHANNEL, &fields))
}

fn is_closed(channel: Value) -> bool {
    if let Some(core) = shared(channel) {
        return core.is_closed();
    }
    channel.instance_field(slot::IS_CLOSED) == Value::TRUE
}

/// The core that threads share, of a channel that has crossed.
fn shared(channel: Value) -> Option<Arc<Core>> {
    let handle = channel.instance_field(slot::SHARED);
    if handle.is_null() {
        return None;
    }
    handle.share_of_handle().clone().downcast::<Core>().ok()
}

/// A channel for other threads: what waits in it goes there too.
///
/// # Errors
/// If a value in it belongs to this thread.
pub(crate) fn share_channel(cx: &mut dyn Context, channel: Value) -> Fallible<Arc<Core>> {
    if let Some(core) = shared(channel) {
        return Ok(core);
    }
    let capacity = channel.instance_field(slot::CAPACITY);
    let most = (!capacity.is_null()).then(|| capacity.as_int() as usize);
    let core = Arc::new(Core::new(most));
    for &value in values_of(channel) {
        let message = cx.threads().pack(value)?;
        core.fill(message);
    }
    let senders = channel.instance_field(slot::SENDERS).queue().elements();
    let mut messages = Vec::new();
    for sender in senders {
        let [promise, value] = *sender.elements() else {
            continue;
        };
        if promise.promise().is_pending() {
            messages.push((promise, cx.threads().pack(value)?));
        }
    }
    let handle = cx.heap().new_handle(LibraryType::Channel, core.clone());
    cx.heap().set_field(channel, slot::SHARED, handle);
    while take(cx, channel, slot::VALUES).is_some() {}
    while take(cx, channel, slot::SENDERS).is_some() {}
    for (promise, message) in messages {
        let (other, completion, done) = waiting_shared(cx);
        pass_on(cx, &core, other, promise, None);
        core.wait_to_send(completion, message, done);
    }
    while let Some(receiver) = take(cx, channel, slot::RECEIVERS) {
        let promise = promise_of(receiver);
        if !promise.promise().is_pending() {
            continue;
        }
        let (other, completion, done) = waiting_shared(cx);
        let part = match receiver.is_promise() || receiver.elements()[2].is_null() {
            true => 0,
            false => 1,
        };
        pass_on(cx, &core, other, promise, Some(part));
        let wait = match receiver.is_promise() {
            true => Wait::Receive,
            false if receiver.elements()[2].is_null() => Wait::Loop,
            // The channels that it selects from are not shared as a whole: it waits for this
            // one alone too.
            false => {
                let index = receiver.elements()[1].as_int() as usize;
                let open = AtomicUsize::new(1);
                Wait::Select(index, Arc::new(Selection { open }))
            }
        };
        core.wait_to_receive(completion, wait, done);
    }
    if channel.instance_field(slot::IS_CLOSED) == Value::TRUE {
        core.close();
    }
    Ok(core)
}

/// Settles the promise of a waiter from before the channel crossed. A value for a waiter that
/// has given up goes back; `part` is 1 where it is a part of what is given, as `select` does,
/// 0 where it is the whole.
fn pass_on(
    cx: &mut dyn Context,
    core: &Arc<Core>,
    other: Value,
    promise: Value,
    part: Option<usize>,
) {
    let core = core.clone();
    let settled = move |cx: &mut dyn Context, promise: Value, outcome: Fallible| {
        if promise.promise().is_pending() {
            return cx.settle(promise, outcome);
        }
        if let Ok(value) = outcome
            && let Some(part) = part
        {
            core.give_back(cx, value, part);
        }
    };
    cx.tasks().when_settled(other, promise, Box::new(settled));
}

/// The channel of this thread for what another one has shared.
pub(crate) fn channel_of(cx: &mut dyn Context, core: &Arc<Core>) -> Value {
    let handle = cx.heap().new_handle(LibraryType::Channel, core.clone());
    let fields = [
        Value::NULL,
        Value::NULL,
        Value::NULL,
        Value::NULL,
        Value::FALSE,
        handle,
    ];
    new_instance(cx, &CHANNEL, &fields)
}

fn values_of(channel: Value) -> &'static [Value] {
    channel.instance_field(slot::VALUES).queue().elements()
}

fn put(cx: &mut dyn Context, channel: Value, queue: usize, value: Value) -> Fallible<()> {
    let queue = channel.instance_field(queue);
    let put = cx.heap().queue_push(queue, value);
    put.map_err(|_| out_of_memory())
}

fn take(cx: &mut dyn Context, channel: Value, queue: usize) -> Option<Value> {
    let queue = channel.instance_field(queue);
    cx.heap().queue_pop_front(queue)
}

/// The promise of a waiter that is to receive.
fn promise_of(receiver: Value) -> Value {
    match receiver.is_promise() {
        true => receiver,
        false => receiver.elements()[0],
    }
}

/// Gives a value to a waiter that is to receive it.
fn deliver(cx: &mut dyn Context, receiver: Value, value: Value) {
    if receiver.is_promise() {
        return cx.settle(receiver, Ok(value));
    }
    let [promise, index, channels] = *receiver.elements() else {
        return;
    };
    if channels.is_null() {
        return cx.settle(promise, Ok(value));
    }
    let pair = cx.heap().new_array_from(&[index, value]);
    cx.settle(promise, Ok(pair));
}

fn send(cx: &mut dyn Context, args: Args) -> Fallible {
    let (channel, value) = (args.get(0), args.get(1));
    if let Some(core) = shared(channel) {
        return core.send(cx, value, args.is_owned(1));
    }
    if is_closed(channel) {
        return Err(closed("send"));
    }
    if !args.is_owned(1) {
        value.share();
    }
    while let Some(receiver) = take(cx, channel, slot::RECEIVERS) {
        // Others have given up, or got theirs from another channel.
        if promise_of(receiver).promise().is_pending() {
            deliver(cx, receiver, value);
            return Ok(Value::TRUE);
        }
    }
    let capacity = channel.instance_field(slot::CAPACITY);
    if capacity.is_null() || (values_of(channel).len() as i64) < capacity.as_int() {
        put(cx, channel, slot::VALUES, value)?;
        return Ok(Value::TRUE);
    }
    let promise = waiting(cx);
    let sender = cx.heap().new_array_from(&[promise, value]);
    put(cx, channel, slot::SENDERS, sender)?;
    Ok(promise)
}

/// A pending promise that is given up with the wait for it.
fn waiting(cx: &mut dyn Context) -> Value {
    let promise = cx.promise_pending();
    cx.tasks()
        .on_cancel(promise, Value::NULL, Box::new(|_, _| true));
    promise
}

/// The next value, if there is one now. A waiter that is to send gets room.
fn next_now(cx: &mut dyn Context, channel: Value) -> Fallible<Option<Value>> {
    if let Some(core) = shared(channel) {
        return core.next_now(cx);
    }
    let Some(value) = take(cx, channel, slot::VALUES) else {
        return Ok(None);
    };
    while let Some(sender) = take(cx, channel, slot::SENDERS) {
        let [promise, value] = *sender.elements() else {
            continue;
        };
        if promise.promise().is_pending() {
            put(cx, channel, slot::VALUES, value)?;
            cx.settle(promise, Ok(Value::TRUE));
            break;
        }
    }
    Ok(Some(value))
}

/// A value as a result that is not waited for, if it is a promise itself.
fn as_result(cx: &mut dyn Context, value: Value) -> Value {
    match value.is_promise() {
        true => cx.heap().new_settled(value, false),
        false => value,
    }
}

/// Has a promise be rejected with `timeout` if it is pending by then.
fn limit_time(
    cx: &mut dyn Context,
    name: &str,
    promise: Value,
    ms: Value,
    done: Option<&Done>,
) -> Fallible<()> {
    if ms.is_absent() {
        return Ok(());
    }
    let time = duration(cx, name, "timeout_ms", ms)?;
    let timer = cx.tasks().timer(time);
    let done = done.cloned();
    let late = move |cx: &mut dyn Context, promise: Value, _: Fallible| {
        // A value that is on its way goes back; one that has come counts.
        let has_come = done.is_some_and(|done| done.swap(true, Ordering::Relaxed));
        if !has_come {
            cx.settle(promise, Err(too_late(time)));
        }
    };
    cx.tasks().when_settled(timer, promise, Box::new(late));
    let done = |cx: &mut dyn Context, timer: Value, _: Fallible| {
        cx.settle(timer, Ok(Value::NULL));
    };
    cx.tasks().when_settled(promise, timer, Box::new(done));
    Ok(())
}

fn receive(cx: &mut dyn Context, args: Args) -> Fallible {
    let channel = args.get(0);
    if let Some(value) = next_now(cx, channel)? {
        return Ok(as_result(cx, value));
    }
    if is_closed(channel) {
        return Err(closed("receive"));
    }
    if let Some(core) = shared(channel) {
        let (promise, completion, done) = waiting_shared(cx);
        limit_time(cx, "receive", promise, args.get(1), Some(&done))?;
        core.wait_to_receive(completion, Wait::Receive, done);
        return Ok(promise);
    }
    let promise = waiting(cx);
    limit_time(cx, "receive", promise, args.get(1), None)?;
    put(cx, channel, slot::RECEIVERS, promise)?;
    Ok(promise)
}

fn try_receive(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(match next_now(cx, args.get(0))? {
        Some(value) => cx.heap().new_tagged(tags::SOME, &[value]),
        None => cx.heap().new_tagged(tags::NONE, &[]),
    })
}

/// The next element of a loop over a channel: a value, a promise of one, or absent at the
/// end; such a promise is fulfilled with absent at the end.
pub(crate) enum Next {
    Value(Value),
    Promise(Value),
    End,
}

pub(crate) fn next_of_channel(cx: &mut dyn Context, channel: Value) -> Fallible<Next> {
    if let Some(value) = next_now(cx, channel)? {
        return Ok(Next::Value(value));
    }
    if is_closed(channel) {
        return Ok(Next::End);
    }
    if let Some(core) = shared(channel) {
        let (promise, completion, done) = waiting_shared(cx);
        core.wait_to_receive(completion, Wait::Loop, done);
        return Ok(Next::Promise(promise));
    }
    let promise = waiting(cx);
    let loops = cx
        .heap()
        .new_array_from(&[promise, Value::NULL, Value::NULL]);
    put(cx, channel, slot::RECEIVERS, loops)?;
    Ok(Next::Promise(promise))
}

fn close(cx: &mut dyn Context, args: Args) -> Fallible {
    let channel = args.get(0);
    if let Some(core) = shared(channel) {
        return Ok(Value::bool(core.close()));
    }
    if is_closed(channel) {
        return Ok(Value::FALSE);
    }
    cx.heap().set_field(channel, slot::IS_CLOSED, Value::TRUE);
    // Who waits to receive has found the channel empty.
    while let Some(receiver) = take(cx, channel, slot::RECEIVERS) {
        let promise = promise_of(receiver);
        if receiver.is_promise() {
            cx.settle(promise, Err(closed("receive")));
            continue;
        }
        let channels = receiver.elements()[2];
        if channels.is_null() {
            cx.settle(promise, Ok(Value::ABSENT));
        } else if channels.elements().iter().all(|&one| is_closed(one)) {
            cx.settle(promise, Err(closed("select")));
        }
    }
    while let Some(sender) = take(cx, channel, slot::SENDERS) {
        let promise = sender.elements()[0];
        cx.settle(promise, Err(closed("send")));
    }
    Ok(Value::TRUE)
}

fn len(_: &mut dyn Context, args: Args) -> Fallible {
    let channel = args.get(0);
    let len = match shared(channel) {
        Some(core) => core.len(),
        None => values_of(channel).len(),
    };
    Ok(Value::int(len as i64))
}

fn select(cx: &mut dyn Context, args: Args) -> Fallible {
    let channels = args.get(0).elements();
    let is_channel = |v: &Value| v.library_type() == Some(LibraryType::Channel);
    if let Some(&other) = channels.iter().find(|v| !is_channel(v)) {
        let got = name_of_type(cx, other);
        let message = format!("select() expects cs to be an array of channels; got {got} in it");
        return Err(Fault::new(ErrorKind::Type, message));
    }
    if channels.is_empty() {
        return Err(value_error(
            cx,
            "select",
            "cs",
            "at least one channel",
            args.get(0),
        ));
    }
    for (index, &channel) in channels.iter().enumerate() {
        if let Some(value) = next_now(cx, channel)? {
            let index = Value::int(index as i64);
            return Ok(cx.heap().new_array_from(&[index, value]));
        }
    }
    if channels.iter().all(|&channel| is_closed(channel)) {
        return Err(closed("select"));
    }
    if channels.iter().any(|&channel| shared(channel).is_some()) {
        return select_shared(cx, channels, args.get(1));
    }
    let promise = waiting(cx);
    limit_time(cx, "select", promise, args.get(1), None)?;
    let own = cx.heap().new_array_from(channels);
    for (index, &channel) in channels.iter().enumerate() {
        if !is_closed(channel) {
            let index = Value::int(index as i64);
            let receiver = cx.heap().new_array_from(&[promise, index, own]);
            put(cx, channel, slot::RECEIVERS, receiver)?;
        }
    }
    Ok(promise)
}

/// [`select`] that has to wait, where other threads have some of the channels: all of them are
/// shared then.
fn select_shared(cx: &mut dyn Context, channels: &[Value], timeout: Value) -> Fallible {
    let mut cores = Vec::new();
    for &channel in channels {
        cores.push(share_channel(cx, channel)?);
    }
    let promise = waiting(cx);
    let done = Done::default();
    limit_time(cx, "select", promise, timeout, Some(&done))?;
    let given_up = done.clone();
    let undo = move |_: &mut dyn Context, _| !given_up.swap(true, Ordering::Relaxed);
    cx.tasks().on_cancel(promise, Value::NULL, Box::new(undo));
    let open = AtomicUsize::new(cores.len());
    let selection = Arc::new(Selection { open });
    for (index, core) in cores.iter().enumerate() {
        let (other, completion, _) = waiting_shared(cx);
        cx.tasks().follow(promise, other)?;
        let wait = Wait::Select(index, selection.clone());
        core.wait_to_receive(completion, wait, done.clone());
    }
    Ok(promise)
}
