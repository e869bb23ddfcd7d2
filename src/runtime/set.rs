//! Sets by what [`hash`] takes for equal: finding, adding and removing values.
//! The sets that are changed here belong to the caller.

use super::hash::{hash, same};
use super::limits::{check_room, system_out_of_memory};
use super::pace::Pace;
use super::sequence::{self, RUN};
use super::{Context, Fallible, Fault};
use crate::heap::NoRoom;
use crate::value::Value;

/// A copy that shares what the values hold.
pub fn copied(cx: &mut dyn Context, set: Value) -> Fallible {
    let view = set.set();
    let places = view.items().len();
    if places <= RUN {
        return Ok(cx.heap().copy_set(set));
    }
    check_room(cx, 16 * places)?;
    if view.len() == places {
        let items = sequence::copied(cx, view.items(), places / 8)?;
        let index = view.copy_index(&mut || cx.poll())?;
        return Ok(cx.heap().set_of_copies(items, index));
    }
    let copy = cx.heap().new_set(view.len());
    let mut pace = Pace::new();
    let mut cursor = 0;
    while let Some((item, hash, next)) = view.next(cursor) {
        pace.step(cx)?;
        item.share();
        // A set is not longer than a set may be.
        match cx.heap().set_append(copy, hash, item) {
            Ok(()) => {}
            Err(NoRoom::Stopped) => return Err(Box::new(Fault::Interrupted)),
            Err(NoRoom::OutOfMemory | NoRoom::TooLong) => return Err(system_out_of_memory()),
        }
        cursor = next;
    }
    Ok(copy)
}

/// The place of a value in a set.
pub fn find(cx: &mut dyn Context, set: Value, v: Value) -> Fallible<Option<usize>> {
    let hash = hash(cx, v)?;
    Ok(set.set().find(hash, |x| same(cx, x, v)))
}

/// Whether a set has a value.
pub fn contains(cx: &mut dyn Context, set: Value, v: Value) -> Fallible<bool> {
    Ok(find(cx, set, v)?.is_some())
}

/// Adds a value, whose parts are shared by then, unless there is an equal one;
/// whether it was new.
pub fn add(cx: &mut dyn Context, set: Value, v: Value) -> Fallible<Result<bool, NoRoom>> {
    let hash = hash(cx, v)?;
    Ok(add_hashed(cx, set, v, hash))
}

/// [`add`] of a value whose hash is known.
pub fn add_hashed(cx: &mut dyn Context, set: Value, v: Value, hash: u32) -> Result<bool, NoRoom> {
    if set.set().find(hash, |x| same(cx, x, v)).is_some() {
        return Ok(false);
    }
    cx.heap().set_append(set, hash, v)?;
    Ok(true)
}

/// Removes a value; whether it was there.
pub fn remove(cx: &mut dyn Context, set: Value, v: Value) -> Fallible<bool> {
    let Some(place) = find(cx, set, v)? else {
        return Ok(false);
    };
    cx.heap().set_take(set, place);
    Ok(true)
}
