//! Sets (STDLIB 11). The module `runtime::hash` says what is equal in a set.

use super::declare::*;
use super::fast;
use super::limits::*;
use super::owners::element;
use super::owners::*;
use crate::runtime::arith::check_room;
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Context, Fallible, sequence, set};
use crate::value::Value;
use std::ops::ControlFlow;

natives! {
    /// The distinct elements in the order in which they first appear.
    ///
    /// Equal is what `==` says, but NaN equals NaN, and structs are compared by
    /// type and fields even if they define `op_eq`.
    plain fn [pulls] Set(xs: opt(SEQUENCE)) -> "set" = make;
    /// With `v`.
    ///
    /// As a method: a bool, whether it was new.
    mutating fn [none] set_add(s: SET, v: ANY) -> "set" = add_to, add_method | fast::set_add_method;
    /// Without `v`.
    ///
    /// As a method: a bool, whether it was there.
    mutating fn [none] set_remove(s: SET, v: ANY) -> "set" = remove_from, remove_method | fast::set_remove_method;
    /// Whether `v` is among the elements.
    pure fn [none] set_has(s: SET, v: ANY) -> "bool" = has => fast::set_has;
    /// The elements of both.
    ///
    /// Those of `s` come first.
    pure fn [none] set_union(s: SET, t: SET) -> "set" = union;
    /// The elements of `s` that `t` has too.
    pure fn [none] set_intersect(s: SET, t: SET) -> "set" = intersect;
    /// The elements of `s` that `t` has not.
    pure fn [none] set_difference(s: SET, t: SET) -> "set" = difference;
    /// The elements in insertion order.
    pure fn [none] set_to_array(s: SET) -> "array" = to_array;
}

/// Adds `v`, which is shared with its other owners, to a set that may be changed.
fn put(cx: &mut dyn Context, name: &str, s: Value, v: Value) -> Fallible<bool> {
    match set::add(cx, s, v)? {
        Ok(is_new) => Ok(is_new),
        Err(why) => Err(no_room(name, why)),
    }
}

/// [`put`] of a value whose hash is known, and that another set keeps.
fn put_hashed(cx: &mut dyn Context, name: &str, s: Value, v: Value, hash: u32) -> Fallible<()> {
    v.share();
    match set::add_hashed(cx, s, v, hash) {
        Ok(_) => Ok(()),
        Err(why) => Err(no_room(name, why)),
    }
}

fn make(cx: &mut dyn Context, args: Args) -> Fallible {
    let xs = args.get(0);
    if xs.is_absent() {
        return Ok(cx.heap().new_set(0));
    }
    if xs.is_kind(crate::heap::object::Kind::Set) {
        return Ok(stored(args, 0));
    }
    let s = cx.heap().new_set(0);
    let owned = xs.gives_owned();
    sequence::for_each_element(cx, xs, &mut |cx, x| {
        if !owned {
            x.share();
        }
        put(cx, "Set", s, x)?;
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(s)
}

fn add_to(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = own_container(cx, args)?;
    let v = keep(cx, args, 1)?;
    put(cx, "set_add", s, v)?;
    Ok(s)
}

fn add_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let v = keep(cx, args, 1)?;
    Ok(Value::bool(put(cx, "set_add", args.get(0), v)?))
}

fn remove_from(cx: &mut dyn Context, args: Args) -> Fallible {
    if !set::contains(cx, args.get(0), args.get(1))? {
        return Ok(stored(args, 0));
    }
    let s = own_container(cx, args)?;
    set::remove(cx, s, args.get(1))?;
    Ok(s)
}

fn remove_method(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(set::remove(cx, args.get(0), args.get(1))?))
}

fn has(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(set::contains(cx, args.get(0), args.get(1))?))
}

fn union(cx: &mut dyn Context, args: Args) -> Fallible {
    let (s, t) = (own_container(cx, args)?, args.get(1));
    if s == t {
        return Ok(s);
    }
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((v, hash, next)) = t.set().next(cursor) {
        pace.step(cx)?;
        put_hashed(cx, "set_union", s, v, hash)?;
        cursor = next;
    }
    Ok(s)
}

fn intersect(cx: &mut dyn Context, args: Args) -> Fallible {
    chosen(cx, args, "set_intersect", true)
}

fn difference(cx: &mut dyn Context, args: Args) -> Fallible {
    chosen(cx, args, "set_difference", false)
}

/// The elements of argument 0 that argument 1 has, or has not.
fn chosen(cx: &mut dyn Context, args: Args, name: &str, common: bool) -> Fallible {
    let (s, t) = (args.get(0), args.get(1));
    let result = cx.heap().new_set(0);
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((v, hash, next)) = s.set().next(cursor) {
        pace.step(cx)?;
        let found = t.set().find(hash, |x| crate::runtime::hash::same(cx, x, v));
        if found.is_some() == common {
            put_hashed(cx, name, result, v, hash)?;
        }
        cursor = next;
    }
    Ok(result)
}

fn to_array(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    check_room(cx, 8 * s.set().len())?;
    let array = cx.heap().new_array(s.set().len());
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((v, _, next)) = s.set().next(cursor) {
        pace.step(cx)?;
        push(cx, "set_to_array", array, element(args, v))?;
        cursor = next;
    }
    Ok(array)
}
