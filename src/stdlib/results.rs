//! Results and options (STDLIB 10).

use super::declare::*;
use super::fast;
use super::owners::{is_mine, stored};
use crate::runtime::messages::value_error;
use crate::runtime::{Args, Context, Fallible, ParamKind, tags};
use crate::value::Value;

const EITHER: Accepts = either(&[ParamKind::Result, ParamKind::Option]);

natives! {
    /// The value as a success.
    plain fn [none] Ok(v: ANY) -> "result" = make_ok;
    /// The value as a failure.
    plain fn [none] Err(v: ANY) -> "result" = make_err;
    /// The value as one that is there.
    plain fn [none] Some(v: ANY) -> "option" = make_some;
    /// Whether it is `Ok`.
    pure fn [none] is_ok(r: RESULT) -> "bool" = is_ok => fast::is_ok;
    /// Whether it is `Err`.
    pure fn [none] is_err(r: RESULT) -> "bool" = is_err => fast::is_err;
    /// Whether it is `Some`.
    pure fn [none] is_some(o: OPTION) -> "bool" = is_some => fast::is_some;
    /// Whether it is `None`.
    pure fn [none] is_none(o: OPTION) -> "bool" = is_none => fast::is_none;
    /// The value in `Ok` or `Some`; throws otherwise.
    ///
    /// Of `Err(e)` throws `e`, of `None` throws `value`.
    pure fn [texts] unwrap(x: EITHER) = unwrap => fast::unwrap;
    /// The value in `Ok` or `Some`, else the default.
    pure fn [none] unwrap_or(x: EITHER, default: ANY) = unwrap_or => fast::unwrap_or;
    /// The value in `Err`.
    ///
    /// Of `Ok` throws `value`.
    pure fn [none] unwrap_err(r: RESULT) = unwrap_err;
}

fn make(cx: &mut dyn Context, args: Args, tag: u32) -> Fallible {
    let part = stored(args, 0);
    Ok(cx.heap().new_tagged(tag, &[part]))
}

fn make_ok(cx: &mut dyn Context, args: Args) -> Fallible {
    make(cx, args, tags::OK)
}

fn make_err(cx: &mut dyn Context, args: Args) -> Fallible {
    make(cx, args, tags::ERR)
}

fn make_some(cx: &mut dyn Context, args: Args) -> Fallible {
    make(cx, args, tags::SOME)
}

fn has_tag(args: Args, tag: u32) -> Fallible {
    Ok(Value::bool(args.get(0).header().aux == tag))
}

fn is_ok(_: &mut dyn Context, args: Args) -> Fallible {
    has_tag(args, tags::OK)
}

fn is_err(_: &mut dyn Context, args: Args) -> Fallible {
    has_tag(args, tags::ERR)
}

fn is_some(_: &mut dyn Context, args: Args) -> Fallible {
    has_tag(args, tags::SOME)
}

fn is_none(_: &mut dyn Context, args: Args) -> Fallible {
    has_tag(args, tags::NONE)
}

/// The payload of argument 0. It moves out of a value that has no other owner; else it
/// now has another owner.
pub(super) fn payload(args: Args) -> Value {
    let x = args.get(0);
    let payload = x.tagged_parts().first().copied().unwrap_or(Value::NULL);
    if !is_mine(args, 0) {
        payload.share();
    }
    payload
}

fn unwrap(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    match x.header().aux {
        tags::ERR => Err(cx.throw(payload(args))),
        tags::NONE => Err(value_error(cx, "unwrap", "x", "Some", x)),
        _ => Ok(payload(args)),
    }
}

fn unwrap_or(_: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    match x.header().aux {
        tags::OK | tags::SOME => Ok(payload(args)),
        _ => Ok(stored(args, 1)),
    }
}

fn unwrap_err(cx: &mut dyn Context, args: Args) -> Fallible {
    let r = args.get(0);
    match r.header().aux {
        tags::ERR => Ok(payload(args)),
        _ => Err(value_error(cx, "unwrap_err", "r", "Err", r)),
    }
}
