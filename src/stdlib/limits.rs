//! New strings and arrays within the limits of length and memory.

use crate::heap::NoRoom;
use crate::heap::{MAX_ELEMENTS, MAX_STRING};
use crate::runtime::arith::{check_room, out_of_memory, system_out_of_memory};
use crate::runtime::limits::Count;
use crate::runtime::messages::overflow_error;
use crate::runtime::pace;
use crate::runtime::{Context, Fallible, Fault, sequence};
use crate::value::Value;

/// Appends to an array of this call's making.
#[inline]
pub fn push(cx: &mut dyn Context, name: &str, array: Value, v: Value) -> Fallible<()> {
    match cx.heap().array_push(array, v) {
        Ok(()) => Ok(()),
        Err(why) => Err(no_room(name, why)),
    }
}

/// `[a, b]`
pub fn pair(cx: &mut dyn Context, a: Value, b: Value) -> Value {
    cx.heap().new_array_from(&[a, b])
}

/// Refuses an array or dict of `len` elements if that is too many.
#[inline]
pub fn check_elements(name: &str, len: usize) -> Fallible<()> {
    if len > MAX_ELEMENTS {
        return Err(too_many(name, len));
    }
    Ok(())
}

/// The fault of a container that cannot grow by an element.
#[cold]
pub fn no_room(name: &str, why: NoRoom) -> Box<Fault> {
    match why {
        NoRoom::TooLong => too_many(name, MAX_ELEMENTS + 1),
        NoRoom::OutOfMemory => system_out_of_memory(),
        NoRoom::Stopped => Box::new(Fault::Interrupted),
    }
}

#[cold]
pub fn too_many(name: &str, len: impl Count) -> Box<Fault> {
    overflow_error(name, MAX_ELEMENTS, "elements", len)
}

/// Refuses a text of `len` bytes if that is too long.
#[inline]
pub fn check_bytes(cx: &mut dyn Context, name: &str, len: usize) -> Fallible<()> {
    if len > MAX_STRING {
        return Err(too_long(name, len));
    }
    if !cx.heap().may_hold(len) {
        return Err(out_of_memory());
    }
    Ok(())
}

#[cold]
pub fn too_long(name: &str, len: impl Count) -> Box<Fault> {
    overflow_error(name, MAX_STRING, "bytes", len)
}

/// Texts up to this length are made and worked on without a question.
pub const SHORT: usize = 1 << 12;

/// A new string, if it is not too long.
#[inline]
pub fn new_text(cx: &mut dyn Context, name: &str, text: &str) -> Fallible {
    if text.len() <= SHORT {
        return Ok(cx.heap().new_string(text));
    }
    check_bytes(cx, name, text.len())?;
    if cx.heap().check_room_for_copy(text.len()).is_err() {
        return Err(out_of_memory());
    }
    pace::new_string(cx, text)
}

/// An empty text with room for so many bytes.
pub fn text_with_room(bytes: usize) -> Fallible<String> {
    let mut text = String::new();
    match text.try_reserve_exact(bytes) {
        Ok(()) => Ok(text),
        Err(_) => Err(system_out_of_memory()),
    }
}

/// An empty list with room for so many items.
pub fn list_with_room<T>(cx: &mut dyn Context, count: usize) -> Fallible<Vec<T>> {
    check_room(cx, count * size_of::<T>())?;
    let mut list = Vec::new();
    match list.try_reserve_exact(count) {
        Ok(()) => Ok(list),
        Err(_) => Err(system_out_of_memory()),
    }
}

/// Makes room for more items in a full list.
pub fn list_room<T>(list: &mut Vec<T>) -> Fallible<()> {
    let more = list.len().max(64);
    (list.try_reserve(more)).map_err(|_| system_out_of_memory())
}

/// A list of its own of some items.
pub fn copied<T: Copy>(cx: &mut dyn Context, items: &[T]) -> Fallible<Vec<T>> {
    let mut list = list_with_room(cx, items.len())?;
    for run in items.chunks(sequence::RUN) {
        list.extend_from_slice(run);
        if run.len() == sequence::RUN {
            cx.poll()?;
        }
    }
    Ok(list)
}

/// Makes room for so many bytes more.
#[inline]
pub fn make_room(text: &mut String, bytes: usize) -> Fallible<()> {
    (text.try_reserve(bytes)).map_err(|_| system_out_of_memory())
}
