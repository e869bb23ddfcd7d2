//! Sets by what [`hash`] takes for equal: finding, adding and removing values.
//! The sets that are changed here belong to the caller.

use super::hash::{hash, same};
use super::{Context, Fallible};
use crate::heap::array::NoRoom;
use crate::value::Value;

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
