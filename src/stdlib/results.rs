//! Results and options (STDLIB 10).

use super::check::bad_value;
use super::declare::*;
use super::support::stored;
use crate::runtime::{Args, Context, Fallible, ParamKind, tags};
use crate::value::Value;

const EITHER: Accepts = either(&[ParamKind::Result, ParamKind::Option]);

natives! {
    /// Whether it is `Ok`.
    pure fn is_ok(r: RESULT) = is_ok;
    /// Whether it is `Err`.
    pure fn is_err(r: RESULT) = is_err;
    /// Whether it is `Some`.
    pure fn is_some(o: OPTION) = is_some;
    /// Whether it is `None`.
    pure fn is_none(o: OPTION) = is_none;
    /// What is in `Ok` or `Some`; throws otherwise.
    pure fn unwrap(x: EITHER) = unwrap;
    /// What is in `Ok` or `Some`, else the default.
    pure fn unwrap_or(x: EITHER, default: ANY) = unwrap_or;
    /// What is in `Err`.
    pure fn unwrap_err(r: RESULT) = unwrap_err;
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

/// The payload, which now has another owner.
fn payload(x: Value) -> Value {
    let payload = x.tagged_parts().first().copied().unwrap_or(Value::NULL);
    payload.share();
    payload
}

fn unwrap(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    match x.header().aux {
        tags::ERR => Err(cx.throw(payload(x))),
        tags::NONE => Err(bad_value(cx, "unwrap", "x", "Some", x)),
        _ => Ok(payload(x)),
    }
}

fn unwrap_or(_: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    match x.header().aux {
        tags::OK | tags::SOME => Ok(payload(x)),
        _ => Ok(stored(args, 1)),
    }
}

fn unwrap_err(cx: &mut dyn Context, args: Args) -> Fallible {
    let r = args.get(0);
    match r.header().aux {
        tags::ERR => Ok(payload(r)),
        _ => Err(bad_value(cx, "unwrap_err", "r", "Err", r)),
    }
}
