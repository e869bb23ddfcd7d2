//! The checks before a built-in runs: of the number of its arguments and of
//! their types, with the messages every built-in shares (STDLIB 1.7).

use crate::heap::object::{IteratorOp, Kind};
use crate::heap::types::Special;
use crate::runtime::messages::{native_arity, param_error, shown_path, value_error};
use crate::runtime::operators::method_of;
use crate::runtime::pace::{self, STRETCH};
use crate::runtime::world::Capability;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, Fault, Native, Param, ParamKind, bigint, kind_bit, repr,
    sequence, tags,
};
use crate::value::Value;

/// Checks the arguments of a call by the function's name. A float given for a
/// whole number becomes that int in its argument register.
#[inline]
pub fn check_args(cx: &mut dyn Context, native: &Native, args: Args) -> Fallible<()> {
    let (min, max) = native.arity();
    if args.len() < min || args.len() > max {
        return Err(native_arity(native.name, min, max, args.len()));
    }
    check_kinds(cx, native, args)
}

/// The same for a method call: the receiver, argument 0, does not count in the
/// message.
#[inline]
pub fn check_method_args(cx: &mut dyn Context, native: &Native, args: Args) -> Fallible<()> {
    let (min, max) = native.arity();
    if args.len() < min || args.len() > max {
        let most = if max == usize::MAX { max } else { max - 1 };
        let (least, got) = (min.saturating_sub(1), args.len() - 1);
        return Err(native_arity(native.name, least, most, got));
    }
    check_kinds(cx, native, args)
}

#[inline]
fn check_kinds(cx: &mut dyn Context, native: &Native, args: Args) -> Fallible<()> {
    for index in 0..args.len() {
        let (set, v) = (native.sets[index.min(3)], args.get(index));
        if set & kind_bit(v) == 0 {
            look_closer(cx, native, args, index)?;
        }
        // A parameter that takes anything may only be kept, and a rope may grow further.
        if v.is_string() && v.string().is_rope_beyond(STRETCH) && set != u32::MAX {
            write_out(cx, v)?;
        }
    }
    Ok(())
}

/// For an argument that is a long rope. Out of line, since checks are made in every call.
#[cold]
#[inline(never)]
fn write_out(cx: &mut dyn Context, v: Value) -> Fallible<()> {
    pace::ready(cx, v)
}

/// For an argument that does not certainly fit.
#[cold]
#[inline(never)]
fn look_closer(cx: &mut dyn Context, native: &Native, args: Args, index: usize) -> Fallible<()> {
    let params = native.params;
    let param = &params[index.min(params.len() - 1)];
    if fits(param.kind, args.get(index)) {
        return Ok(());
    }
    convert(cx, native, param, args, index)
}

/// Whether a value can be passed as it is: [`ParamKind::certain`], and what has to
/// be looked at.
fn fits(kind: ParamKind, v: Value) -> bool {
    match kind {
        ParamKind::Result => has_tag(v, tags::OK, tags::ERR),
        ParamKind::Option => has_tag(v, tags::SOME, tags::NONE),
        ParamKind::Library(ty) => v.library_type() == Some(ty),
        ParamKind::OneOf(kinds) => kinds.iter().any(|&kind| fits(kind, v)),
        ParamKind::Measured => {
            kind.certain() & kind_bit(v) != 0 || method_of(v, Special::Len).is_some()
        }
        ParamKind::Searched => {
            kind.certain() & kind_bit(v) != 0
                || method_of(v, Special::Contains).is_some()
                || v.counts_as_array() && v.iterator().op() == IteratorOp::Range
        }
        _ => kind.certain() & kind_bit(v) != 0,
    }
}

/// Functions, and the types that are called like them.
pub fn is_callable(v: Value) -> bool {
    matches!(
        v.kind(),
        Some(Kind::Function | Kind::Native | Kind::BoundMethod | Kind::StructType)
    )
}

fn has_tag(v: Value, one: u32, other: u32) -> bool {
    v.is_kind(Kind::Tagged) && (v.header().aux == one || v.header().aux == other)
}

/// Turns a float given for a whole number into an int, and an instance with `iter` given
/// for a sequence into one; any other value that does not fit is the caller's mistake.
fn convert(
    cx: &mut dyn Context,
    native: &Native,
    param: &Param,
    args: Args,
    index: usize,
) -> Fallible<()> {
    let v = args.get(index);
    if param.kind == ParamKind::Whole && v.is_float() {
        let Some(whole) = bigint::float_to_int(cx, v.as_float()) else {
            let what = "a whole number";
            return Err(value_error(cx, native.name, param.name, what, v));
        };
        args.set(index, whole);
        return Ok(());
    }
    if is_walked(param.kind)
        && let Some(sequence) = sequence::own_array(cx, v)?
    {
        args.set(index, sequence);
        return Ok(());
    }
    Err(param_error(native.name, param, v))
}

/// Whether a parameter takes any sequence, and so instances with `iter`.
fn is_walked(kind: ParamKind) -> bool {
    match kind {
        ParamKind::Sequence => true,
        ParamKind::OneOf(kinds) => kinds.iter().any(|&kind| is_walked(kind)),
        _ => false,
    }
}

/// [`value_error`] with another kind of error.
#[cold]
pub fn kind_error(
    cx: &mut dyn Context,
    kind: ErrorKind,
    name: &str,
    param: &str,
    expected: &str,
    got: Value,
) -> Box<Fault> {
    let got = repr::repr_short(cx, got);
    Fault::new(
        kind,
        format!("{name}() expects {param} to be {expected}; got {got}"),
    )
}

/// Refuses what the program may not reach: `what` is a path, a name or an address, if the
/// capability is about one.
///
/// # Errors
/// Of kind `capability`.
pub fn permit(
    cx: &mut dyn Context,
    name: &str,
    capability: Capability,
    what: Option<&str>,
) -> Fallible<()> {
    let world = &cx.state().world;
    let given = &world.permissions;
    let allowed = given.allows_all(capability)
        || match (what, capability) {
            (None, _) => given.allows_some(capability),
            (Some(variable), Capability::Env) => given.allows_name(capability, variable),
            (Some(address), Capability::Net) => given.allows_address(address),
            (Some(path), _) => given.allows_path(capability, &world.place(path)),
        };
    if allowed {
        return Ok(());
    }
    Err(denied(name, capability, what))
}

#[cold]
fn denied(name: &str, capability: Capability, what: Option<&str>) -> Box<Fault> {
    let of = what.map_or(String::new(), |what| format!(" for '{}'", shown_path(what)));
    let needed = capability.name();
    let message =
        format!("Capability denied: {name}() needs {needed}{of}; run with --allow-{needed}");
    Fault::new(ErrorKind::Capability, message)
}
