//! Dicts (STDLIB 5). `remove` is declared with the arrays, whose function has the
//! same name.

use super::declare::*;
use super::fast;
use super::limits::*;
use super::operands::*;
use super::owners::*;
use crate::heap::object::Kind;
use crate::heap::{Heap, MAX_ELEMENTS};
use crate::runtime::arith::check_room;
use crate::runtime::messages::type_error;
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Context, Fallible, dict, text};
use crate::value::Value;

natives! {
    /// The dict of `[key, value]` pairs, or an empty one.
    ///
    /// Later pairs win; what is no pair throws `type`.
    plain fn [pulls] dict(pairs: opt(SEQUENCE)) -> "dict" = of_pairs;
    /// The dict of `[key, value]` pairs.
    ///
    /// Later pairs win; what is no pair throws `type`.
    pure fn [pulls] to_dict(pairs: opt(SEQUENCE)) -> "dict" = of_pairs;
    /// The keys in order.
    pure fn [none] keys(d: DICT) -> "array" = keys;
    /// The values in order.
    pure fn [none] values(d: DICT) -> "array" = values;
    /// The `[key, value]` pairs in order.
    pure fn [none] items(d: DICT) -> "array" = items;
    /// Whether there is an entry, be its value null.
    pure fn [none] has_key(d: DICT, k: KEY) -> "bool" = has_key => fast::has_key as HasKey;
    /// The value of an entry, or the default.
    ///
    /// A stored null is given as null.
    pure fn [none] get(d: DICT, k: KEY, default: or(ANY, "null")) = get => fast::get;
    /// The value of an entry, or the default.
    ///
    /// A stored null is given as null.
    pure fn [none] get_default(d: DICT, k: KEY, default: ANY) = get => fast::get;
    /// With an entry added or changed.
    mutating fn [none] set(d: DICT, k: KEY, v: ANY) -> "dict" = set, set_method => fast::set;
    /// With the entries of all the dicts; later ones win.
    ///
    /// New keys go to the end.
    pure fn [none] merge(d: DICT, others: rest(DICT)) -> "dict" = merge;
    /// With the entries of `other`.
    mutating fn [none] update(d: DICT, other: DICT) -> "dict" = merge, update_method;
    /// With values as keys and keys as values.
    ///
    /// The later of two equal values wins. Floats, bools and null become texts; other values
    /// throw `type`.
    pure fn [none] invert(d: DICT) -> "dict" = invert;
}

/// Puts an entry into a dict that may be changed.
pub(super) fn put(
    cx: &mut dyn Context,
    name: &str,
    d: Value,
    key: Value,
    v: Value,
) -> Fallible<()> {
    match dict::set(cx, d, key, v)? {
        Ok(()) => Ok(()),
        Err(why) => Err(no_room(name, why)),
    }
}

fn of_pairs(cx: &mut dyn Context, args: Args) -> Fallible {
    let pairs = args.get(0);
    if pairs.is_absent() {
        return Ok(cx.heap().new_dict(0));
    }
    if pairs.is_kind(Kind::Dict) {
        return Ok(stored(args, 0));
    }
    let mut pairs = Elements::of(args, 0);
    let d = cx.heap().new_dict(0);
    while let Some(pair) = pairs.next(cx)? {
        let (key, v) = match pair.kind() {
            Some(Kind::Array) if pair.elements().len() == 2 => {
                (pair.elements()[0], pair.elements()[1])
            }
            _ => return Err(type_error("dict", "pairs", "[key, value] pairs", pair)),
        };
        v.share();
        put(cx, "dict", d, key, v)?;
    }
    Ok(d)
}

fn keys(cx: &mut dyn Context, args: Args) -> Fallible {
    gather(cx, args, "keys", |_, key, _| key)
}

fn values(cx: &mut dyn Context, args: Args) -> Fallible {
    gather(cx, args, "values", |_, _, v| element(args, v))
}

fn items(cx: &mut dyn Context, args: Args) -> Fallible {
    gather(cx, args, "items", |cx, key, v| {
        pair(cx, key, element(args, v))
    })
}

/// An array of what is made of each entry of argument 0.
fn gather(
    cx: &mut dyn Context,
    args: Args,
    name: &str,
    of: impl Fn(&mut dyn Context, Value, Value) -> Value,
) -> Fallible {
    let d = args.get(0);
    let all = cx.heap().dict_len(d);
    check_room(cx, 8 * all)?;
    let array = cx.heap().new_array(all);
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((key, v, next)) = cx.heap().dict_next(d, cursor) {
        pace.step(cx)?;
        let item = of(cx, key, v);
        push(cx, name, array, item)?;
        cursor = next;
    }
    Ok(array)
}

fn has_key(cx: &mut dyn Context, args: Args) -> Fallible {
    let (d, key) = (args.get(0), args.get(1));
    Ok(Value::bool(dict::contains(cx, d, key)?))
}

fn get(cx: &mut dyn Context, args: Args) -> Fallible {
    let found = dict::get(cx, args.get(0), args.get(1))?;
    Ok(found_or_default(found, args))
}

/// The value of argument 0 under argument 1, or argument 2.
#[inline]
pub(super) fn value_in(heap: &mut Heap, args: Args) -> Value {
    let found = heap.dict_get(args.get(0), args.get(1));
    found_or_default(found, args)
}

#[inline]
fn found_or_default(found: Option<Value>, args: Args) -> Value {
    match found {
        Some(v) => element(args, v),
        None if args.get(2).is_absent() => Value::NULL,
        None => stored(args, 2),
    }
}

fn set(cx: &mut dyn Context, args: Args) -> Fallible {
    let d = own_dict(cx, args)?;
    let v = keep(cx, args, 2)?;
    put(cx, "set", d, args.get(1), v)?;
    Ok(d)
}

fn set_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let v = keep(cx, args, 2)?;
    put(cx, "set", args.get(0), args.get(1), v)?;
    Ok(args.get(0))
}

/// `remove` of a dict.
pub(super) fn remove(cx: &mut dyn Context, args: Args) -> Fallible {
    if !dict::contains(cx, args.get(0), args.get(1))? {
        let d = stored(args, 0);
        return Ok(pair(cx, d, Value::NULL));
    }
    let d = own_dict(cx, args)?;
    let removed = dict::remove(cx, d, args.get(1))?;
    Ok(pair(cx, d, removed.unwrap_or(Value::NULL)))
}

pub(super) fn remove_method(cx: &mut dyn Context, args: Args) -> Fallible {
    let removed = dict::remove(cx, args.get(0), args.get(1))?;
    Ok(removed.unwrap_or(Value::NULL))
}

fn merge(cx: &mut dyn Context, args: Args) -> Fallible {
    let d = own_dict(cx, args)?;
    for i in 1..args.len() {
        merge_into(cx, "merge", d, args.get(i))?;
    }
    Ok(d)
}

fn update_method(cx: &mut dyn Context, args: Args) -> Fallible {
    merge_into(cx, "update", args.get(0), args.get(1))?;
    Ok(args.get(0))
}

fn merge_into(cx: &mut dyn Context, name: &str, d: Value, other: Value) -> Fallible<()> {
    if d == other {
        return Ok(());
    }
    check_union(cx, name, d, other)?;
    match dict::merge(cx, d, other)? {
        Ok(()) => Ok(()),
        Err(why) => Err(no_room(name, why)),
    }
}

/// Refuses a union that would be too large, before anything is added.
fn check_union(cx: &mut dyn Context, name: &str, d: Value, other: Value) -> Fallible<()> {
    let mut all = cx.heap().dict_len(d) + cx.heap().dict_len(other);
    if all <= MAX_ELEMENTS {
        return Ok(());
    }
    let mut cursor = 0;
    while let Some((key, _, next)) = cx.heap().dict_next(other, cursor) {
        all -= dict::contains(cx, d, key)? as usize;
        cursor = next;
    }
    check_elements(name, all)
}

fn invert(cx: &mut dyn Context, args: Args) -> Fallible {
    let d = args.get(0);
    let inverted = cx.heap().new_dict(0);
    let mut cursor = 0;
    let mut pace = Pace::new();
    while let Some((key, v, next)) = cx.heap().dict_next(d, cursor) {
        pace.step(cx)?;
        let new_key = if v.is_string() || is_int(v) {
            v
        } else if v.is_float() || v.is_bool() || v.is_null() {
            text::to_string_value(cx, v)?
        } else {
            let what = "made of strings, numbers, bools and nulls";
            return Err(type_error("invert", "values", what, v));
        };
        put(cx, "invert", inverted, new_key, key)?;
        cursor = next;
    }
    Ok(inverted)
}
