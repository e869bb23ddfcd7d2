//! Results and options.

use super::NOT_HANDLED;
use crate::heap::Heap;
use crate::heap::object::Kind;
use crate::runtime::{Args, tags};
use crate::stdlib::owners::stored;
use crate::stdlib::results::payload;
use crate::value::Value;

/// Whether argument 0 has the tag, if it has one of the two.
#[inline(always)]
fn has_tag(args: Args, tag: u32, other: u32) -> Value {
    let x = args.get(0);
    if x.is_kind(Kind::Tagged) {
        let found = x.header().aux;
        if found == tag || found == other {
            return Value::bool(found == tag);
        }
    }
    NOT_HANDLED
}

pub fn is_ok(_: &mut Heap, args: Args) -> Value {
    has_tag(args, tags::OK, tags::ERR)
}

pub fn is_err(_: &mut Heap, args: Args) -> Value {
    has_tag(args, tags::ERR, tags::OK)
}

pub fn is_some(_: &mut Heap, args: Args) -> Value {
    has_tag(args, tags::SOME, tags::NONE)
}

pub fn is_none(_: &mut Heap, args: Args) -> Value {
    has_tag(args, tags::NONE, tags::SOME)
}

pub fn unwrap(_: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    if x.is_kind(Kind::Tagged) && matches!(x.header().aux, tags::OK | tags::SOME) {
        payload(args)
    } else {
        NOT_HANDLED
    }
}

pub fn unwrap_or(heap: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    if x.is_kind(Kind::Tagged) && matches!(x.header().aux, tags::ERR | tags::NONE) {
        return stored(args, 1);
    }
    unwrap(heap, args)
}
