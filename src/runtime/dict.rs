//! Dicts by any key. The heap finds strings and ints; every other key is found by what
//! [`hash`](super::hash) takes for equal, as the values of sets are. A whole float is the
//! int. Calls no function of the program. The dicts that are changed here belong to the
//! caller.

use super::hash::{hash_of_key, same};
use super::limits::check_room;
use super::pace::{self, Pace};
use super::{Context, Fallible, bigint};
use crate::heap::NoRoom;
use crate::heap::dict::is_key;
use crate::value::Value;

/// A key as it is looked for.
enum Key {
    /// A string or an int.
    Plain(Value),
    /// Anything else, with its hash.
    Content(Value, u32),
}

/// # Errors
/// A value that holds a function, an iterator or a handle is no key.
fn key(cx: &mut dyn Context, v: Value) -> Fallible<Key> {
    if is_key(v) {
        pace::ready(cx, v)?;
        return Ok(Key::Plain(v));
    }
    if v.is_float()
        && v.as_float().fract() == 0.0
        && let Some(whole) = bigint::float_to_int(cx, v.as_float())
    {
        return Ok(Key::Plain(whole));
    }
    Ok(Key::Content(v, hash_of_key(cx, v)?))
}

/// Where the value under a key lies: good until the dict changes.
pub fn place(cx: &mut dyn Context, d: Value, k: Value) -> Fallible<Option<*mut Value>> {
    Ok(match key(cx, k)? {
        Key::Plain(k) => cx.heap().dict_place(d, k),
        Key::Content(k, hash) => {
            let found = d.dict().find_content(hash, |x| same(cx, x, k));
            found.map(|entry| d.dict().content_place(entry))
        }
    })
}

/// The value under a key.
pub fn get(cx: &mut dyn Context, d: Value, k: Value) -> Fallible<Option<Value>> {
    if is_key(k) {
        pace::ready(cx, k)?;
        return Ok(cx.heap().dict_get(d, k));
    }
    // SAFETY: a place is an initialised slot.
    Ok(place(cx, d, k)?.map(|place| unsafe { *place }))
}

/// Whether a dict has a key.
pub fn contains(cx: &mut dyn Context, d: Value, k: Value) -> Fallible<bool> {
    if is_key(k) {
        pace::ready(cx, k)?;
        return Ok(cx.heap().dict_contains(d, k));
    }
    Ok(place(cx, d, k)?.is_some())
}

/// Puts a value under a key.
pub fn set(cx: &mut dyn Context, d: Value, k: Value, value: Value) -> Fallible<Result<(), NoRoom>> {
    let (k, hash) = match key(cx, k)? {
        Key::Plain(k) => return Ok(cx.heap().dict_set(d, k, value)),
        Key::Content(k, hash) => (k, hash),
    };
    match d.dict().find_content(hash, |x| same(cx, x, k)) {
        Some(entry) => {
            // SAFETY: an initialised slot.
            unsafe { *d.dict().content_place(entry) = value };
            cx.heap().write_barrier(d.as_pointer(), value);
            Ok(Ok(()))
        }
        None => Ok(cx.heap().dict_append_content(d, hash, k, value)),
    }
}

/// Takes the entry under a key out.
pub fn remove(cx: &mut dyn Context, d: Value, k: Value) -> Fallible<Option<Value>> {
    Ok(match key(cx, k)? {
        Key::Plain(k) => cx.heap().dict_remove(d, k),
        Key::Content(k, hash) => {
            let found = d.dict().find_content(hash, |x| same(cx, x, k));
            found.map(|entry| cx.heap().dict_remove_content(d, entry))
        }
    })
}

/// Slots that are copied without a look.
const RUN: usize = 1 << 15;

/// A new dict of a few values by name, in this order.
pub fn record(cx: &mut dyn Context, parts: &[(&'static str, Value)]) -> Value {
    let dict = cx.heap().new_dict(parts.len());
    for &(name, v) in parts {
        let name = cx.heap().intern_static(name);
        if cx.heap().dict_set_name(dict, name, v).is_err() {
            unreachable!("a few entries are not too many");
        }
    }
    dict
}

/// A copy that shares what the values hold.
pub fn copied(cx: &mut dyn Context, dict: Value) -> Fallible {
    let used = dict.dict().used();
    if used <= RUN {
        return Ok(cx.heap().copy_dict(dict));
    }
    check_room(cx, 9 * used)?;
    let copy = cx.heap().begin_copy(dict);
    fill(cx, copy, dict)?;
    Ok(copy)
}

/// Gives an empty dict with the room all that another one has.
fn fill(cx: &mut dyn Context, to: Value, from: Value) -> Fallible<()> {
    let used = from.dict().used();
    let mut at = 0;
    while at < used {
        let end = used.min(at + RUN);
        cx.heap().fill_slots(to, from, at..end);
        at = end;
        if at < used {
            cx.poll()?;
        }
    }
    cx.heap().finish_fill(to, from);
    Ok(())
}

/// Sets all entries of `from` in `into`, sharing the values.
pub fn merge(cx: &mut dyn Context, into: Value, from: Value) -> Fallible<Result<(), NoRoom>> {
    if into == from {
        return Ok(Ok(()));
    }
    if into.dict().live() == 0 {
        if let Err(no_room) = cx.heap().begin_fill(into, from) {
            return Ok(Err(no_room));
        }
        fill(cx, into, from)?;
        return Ok(Ok(()));
    }
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((key, value, next)) = cx.heap().dict_next(from, cursor) {
        pace.step(cx)?;
        value.share();
        if let Err(no_room) = set(cx, into, key, value)? {
            return Ok(Err(no_room));
        }
        cursor = next;
    }
    Ok(Ok(()))
}
