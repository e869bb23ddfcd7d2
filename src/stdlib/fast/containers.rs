//! Elements and entries: one of them, in or out.

use super::{NOT_HANDLED, is_key};
use crate::heap::Heap;
use crate::heap::NoRoom;
use crate::heap::object::Kind;
use crate::runtime::{Args, hash};
use crate::stdlib::owners::{element, is_mine, stored};
use crate::stdlib::queues::{next_in, take_from};
use crate::stdlib::{arrays, dicts};
use crate::value::Value;

/// Whether argument 0, of this kind, may be changed, and argument `index` be put
/// into it as it is.
#[inline(always)]
fn takes(heap: &Heap, args: Args, kind: Kind, index: usize) -> bool {
    let to = args.get(0);
    to.is_kind(kind) && is_mine(args, 0) && args.get(index) != to && !heap.over_limit
}

/// Argument 0, into which argument `index` has been put, unless it had no room.
#[inline(always)]
fn put(done: Result<(), NoRoom>, args: Args, index: usize) -> Value {
    if done.is_err() {
        return NOT_HANDLED;
    }
    stored(args, index);
    args.get(0)
}

pub fn push(heap: &mut Heap, args: Args) -> Value {
    if !takes(heap, args, Kind::Array, 1) {
        return NOT_HANDLED;
    }
    put(heap.array_push(args.get(0), args.get(1)), args, 1)
}

pub fn pop_method(heap: &mut Heap, args: Args) -> Value {
    let xs = args.get(0);
    if xs.is_kind(Kind::Array) {
        arrays::take_last(heap, xs)
    } else {
        NOT_HANDLED
    }
}

pub fn first(_: &mut Heap, args: Args) -> Value {
    end_of(args, <[Value]>::first)
}

pub fn last(_: &mut Heap, args: Args) -> Value {
    end_of(args, <[Value]>::last)
}

#[inline(always)]
fn end_of(args: Args, end: fn(&[Value]) -> Option<&Value>) -> Value {
    let xs = args.get(0);
    if !xs.is_kind(Kind::Array) {
        return NOT_HANDLED;
    }
    match end(xs.elements()) {
        Some(&x) => element(args, x),
        None => Value::NULL,
    }
}

#[inline(always)]
fn is_entry(args: Args) -> bool {
    args.get(0).is_kind(Kind::Dict) && is_key(args.get(1))
}

pub fn has_key(heap: &mut Heap, args: Args) -> Value {
    if is_entry(args) {
        Value::bool(heap.dict_contains(args.get(0), args.get(1)))
    } else {
        NOT_HANDLED
    }
}

pub fn get(heap: &mut Heap, args: Args) -> Value {
    if is_entry(args) {
        dicts::value_in(heap, args)
    } else {
        NOT_HANDLED
    }
}

pub fn set(heap: &mut Heap, args: Args) -> Value {
    let (d, key, v) = (args.get(0), args.get(1), args.get(2));
    if !is_key(key) || !takes(heap, args, Kind::Dict, 2) {
        return NOT_HANDLED;
    }
    put(heap.dict_set(d, key, v), args, 2)
}

pub fn remove_method(heap: &mut Heap, args: Args) -> Value {
    if !is_entry(args) {
        return NOT_HANDLED;
    }
    let removed = heap.dict_remove(args.get(0), args.get(1));
    removed.unwrap_or(Value::NULL)
}

/// Whether a set has a value, if that is a plain one.
#[inline]
pub(super) fn is_in_set(heap: &mut Heap, s: Value, v: Value) -> Option<bool> {
    let hash = hash::hash_plain(heap, v)?;
    let found = s.set().find(hash, |x| hash::same_plain(heap, x, v));
    Some(found.is_some())
}

pub fn set_has(heap: &mut Heap, args: Args) -> Value {
    let (s, v) = (args.get(0), args.get(1));
    if !s.is_kind(Kind::Set) {
        return NOT_HANDLED;
    }
    is_in_set(heap, s, v).map_or(NOT_HANDLED, Value::bool)
}

pub fn set_add_method(heap: &mut Heap, args: Args) -> Value {
    let (s, v) = (args.get(0), args.get(1));
    if !s.is_kind(Kind::Set) {
        return NOT_HANDLED;
    }
    let Some(hash) = hash::hash_plain(heap, v) else {
        return NOT_HANDLED;
    };
    let found = s.set().find(hash, |x| hash::same_plain(heap, x, v));
    if found.is_none() && heap.set_append(s, hash, v).is_err() {
        return NOT_HANDLED;
    }
    stored(args, 1);
    Value::bool(found.is_none())
}

pub fn set_remove_method(heap: &mut Heap, args: Args) -> Value {
    let (s, v) = (args.get(0), args.get(1));
    if !s.is_kind(Kind::Set) {
        return NOT_HANDLED;
    }
    let Some(hash) = hash::hash_plain(heap, v) else {
        return NOT_HANDLED;
    };
    match s.set().find(hash, |x| hash::same_plain(heap, x, v)) {
        Some(place) => {
            heap.set_take(s, place);
            Value::TRUE
        }
        None => Value::FALSE,
    }
}

macro_rules! of_queue_or_stack {
    ($($kind:ident: $put:ident, $take_method:ident, $peek:ident, $size:ident, $is_empty:ident;)*) => {$(
        pub fn $put(heap: &mut Heap, args: Args) -> Value {
            if !takes(heap, args, Kind::$kind, 1) {
                return NOT_HANDLED;
            }
            put(heap.queue_push(args.get(0), args.get(1)), args, 1)
        }

        pub fn $take_method(heap: &mut Heap, args: Args) -> Value {
            let q = args.get(0);
            if q.is_kind(Kind::$kind) { take_from(heap, q) } else { NOT_HANDLED }
        }

        pub fn $peek(_: &mut Heap, args: Args) -> Value {
            if args.get(0).is_kind(Kind::$kind) { next_in(args) } else { NOT_HANDLED }
        }

        pub fn $size(_: &mut Heap, args: Args) -> Value {
            let q = args.get(0);
            if q.is_kind(Kind::$kind) {
                Value::int(q.queue().elements().len() as i64)
            } else {
                NOT_HANDLED
            }
        }

        pub fn $is_empty(_: &mut Heap, args: Args) -> Value {
            let q = args.get(0);
            if q.is_kind(Kind::$kind) {
                Value::bool(q.queue().elements().is_empty())
            } else {
                NOT_HANDLED
            }
        }
    )*};
}

of_queue_or_stack! {
    Queue: enqueue, dequeue_method, queue_peek, queue_size, queue_is_empty;
    Stack: stack_push, stack_pop_method, stack_peek, stack_size, stack_is_empty;
}
