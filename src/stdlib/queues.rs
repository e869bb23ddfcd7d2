//! Queues and stacks (STDLIB 11).

use super::declare::*;
use super::fast;
use super::limits::*;
use super::owners::element;
use super::owners::*;
use crate::heap::Heap;
use crate::heap::object::Kind;
use crate::runtime::arith::check_room;
use crate::runtime::{Args, Context, Fallible, sequence};
use crate::value::Value;

natives! {
    /// A queue of the elements, the first one at the front.
    plain fn [pulls] Queue(xs: opt(SEQUENCE)) -> "queue" = make_queue;
    /// With `v` at the back.
    mutating fn [none] queue_enqueue(q: QUEUE, v: ANY) -> "queue" = enqueue, enqueue_method => fast::enqueue;
    /// `[rest, item]`, the item from the front; of an empty queue `[q, null]`.
    ///
    /// As a method: the item, or null.
    mutating fn [none] queue_dequeue(q: QUEUE) -> "array" = take, take_method | fast::dequeue_method;
    /// The item at the front, or null.
    pure fn [none] queue_peek(q: QUEUE) = peek => fast::queue_peek;
    /// The number of items.
    pure fn [none] queue_size(q: QUEUE) -> "int" = size => fast::queue_size;
    /// Whether there is no item.
    pure fn [none] queue_is_empty(q: QUEUE) -> "bool" = is_empty => fast::queue_is_empty;
    /// The items, the front first.
    pure fn [none] queue_to_array(q: QUEUE) -> "array" = to_array;
    /// A stack of the elements, the last one on top.
    plain fn [pulls] Stack(xs: opt(SEQUENCE)) -> "stack" = make_stack;
    /// With `v` on top.
    mutating fn [none] stack_push(s: STACK, v: ANY) -> "stack" = enqueue, enqueue_method => fast::stack_push;
    /// `[rest, item]`, the item from the top; of an empty stack `[s, null]`.
    ///
    /// As a method: the item, or null.
    mutating fn [none] stack_pop(s: STACK) -> "array" = take, take_method | fast::stack_pop_method;
    /// The item on top, or null.
    pure fn [none] stack_peek(s: STACK) = peek => fast::stack_peek;
    /// The number of items.
    pure fn [none] stack_size(s: STACK) -> "int" = size => fast::stack_size;
    /// Whether there is no item.
    pure fn [none] stack_is_empty(s: STACK) -> "bool" = is_empty => fast::stack_is_empty;
    /// The items, the bottom first.
    pure fn [none] stack_to_array(s: STACK) -> "array" = to_array;
}

fn make_queue(cx: &mut dyn Context, args: Args) -> Fallible {
    make(cx, args, Kind::Queue)
}

fn make_stack(cx: &mut dyn Context, args: Args) -> Fallible {
    make(cx, args, Kind::Stack)
}

fn make(cx: &mut dyn Context, args: Args, kind: Kind) -> Fallible {
    let xs = args.get(0);
    let items = match xs.kind() {
        _ if xs.is_absent() => cx.heap().new_array(0),
        Some(Kind::Array) if is_mine(args, 0) => xs,
        Some(Kind::Array) => sequence::copied(cx, xs.elements(), 0)?,
        // Anything else becomes a new array.
        _ => elements_of(cx, args, 0)?,
    };
    Ok(cx.heap().new_queue(kind, items))
}

fn enqueue(cx: &mut dyn Context, args: Args) -> Fallible {
    let q = own_container(cx, args)?;
    put(cx, args, q)
}

fn enqueue_method(cx: &mut dyn Context, args: Args) -> Fallible {
    put(cx, args, args.get(0))
}

/// Adds argument 1 to a container that may be changed.
fn put(cx: &mut dyn Context, args: Args, q: Value) -> Fallible {
    let v = keep(cx, args, 1)?;
    match cx.heap().queue_push(q, v) {
        Ok(()) => Ok(q),
        Err(why) if q.is_kind(Kind::Queue) => Err(no_room("queue_enqueue", why)),
        Err(why) => Err(no_room("stack_push", why)),
    }
}

fn take(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).queue().elements().is_empty() {
        let q = stored(args, 0);
        return Ok(pair(cx, q, Value::NULL));
    }
    let q = own_container(cx, args)?;
    let item = take_from(cx.heap(), q);
    Ok(pair(cx, q, item))
}

fn take_method(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(take_from(cx.heap(), args.get(0)))
}

/// Takes the next item out of a container that may be changed; null if there is
/// none.
pub(super) fn take_from(heap: &mut Heap, q: Value) -> Value {
    let item = if q.is_kind(Kind::Queue) {
        heap.queue_pop_front(q)
    } else {
        heap.queue_pop_back(q)
    };
    item.unwrap_or(Value::NULL)
}

fn peek(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(next_in(args))
}

/// The item of argument 0 that is taken out next; null if there is none.
#[inline]
pub(super) fn next_in(args: Args) -> Value {
    let q = args.get(0);
    let elements = q.queue().elements();
    let item = if q.is_kind(Kind::Queue) {
        elements.first()
    } else {
        elements.last()
    };
    item.map_or(Value::NULL, |&item| element(args, item))
}

fn size(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::int(args.get(0).queue().elements().len() as i64))
}

fn is_empty(_: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(args.get(0).queue().elements().is_empty()))
}

fn to_array(cx: &mut dyn Context, args: Args) -> Fallible {
    let elements = args.get(0).queue().elements();
    check_room(cx, 8 * elements.len())?;
    if !is_mine(args, 0) {
        return sequence::copied(cx, elements, 0);
    }
    sequence::moved(cx, elements)
}
