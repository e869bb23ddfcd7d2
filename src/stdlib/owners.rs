//! The owners of arguments. A container that is stored or returned while its caller
//! keeps it gets a second owner and is marked shared ([`keep`], [`Value::share`]). A
//! container that the caller gave away may be changed in place ([`is_mine`]); its
//! elements may be moved out of it.

use super::limits::check_elements;
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Borrow, Context, Fallible, copy, dict, sequence};
use crate::value::Value;

/// Whether argument `index`, a container, has no owner but this call.
#[inline]
pub fn is_mine(args: Args, index: usize) -> bool {
    args.is_owned(index) && args.get(index).header().flags & COPY_BEFORE_WRITE == 0
}

/// Argument `index`, to be stored in something new or returned.
#[inline]
pub fn stored(args: Args, index: usize) -> Value {
    let v = args.get(index);
    if args.is_owned(index) {
        v.share_if_borrowed();
    } else {
        v.share();
    }
    v
}

/// Argument `index`, to be stored in argument 0.
#[inline]
pub fn keep(cx: &mut dyn Context, args: Args, index: usize) -> Fallible {
    let v = args.get(index);
    if v.is_value_object() && v == args.get(0) {
        // A container that is to be put into itself.
        return copy::copied(cx, v);
    }
    Ok(stored(args, index))
}

/// Argument 0, a container: itself if it may be changed, else a copy.
#[inline]
pub fn own_container(cx: &mut dyn Context, args: Args) -> Fallible {
    let v = args.get(0);
    if is_mine(args, 0) {
        return Ok(v);
    }
    copy::copied(cx, v)
}

/// Argument 0, an array: itself if it may be changed, else a copy with room for
/// `extra` more elements.
#[inline]
pub fn own_array(cx: &mut dyn Context, name: &str, args: Args, extra: usize) -> Fallible {
    let xs = args.get(0);
    if is_mine(args, 0) {
        return Ok(xs);
    }
    check_elements(name, xs.elements().len() + extra)?;
    sequence::copied(cx, xs.elements(), extra)
}

/// Argument 0, a dict: itself if it may be changed, else a copy.
#[inline]
pub fn own_dict(cx: &mut dyn Context, args: Args) -> Fallible {
    let d = args.get(0);
    if is_mine(args, 0) {
        Ok(d)
    } else {
        dict::copied(cx, d)
    }
}

/// The elements of argument `index`, a sequence, as an array: an array itself, or
/// a new one, which takes the argument's place, where the collector sees it.
#[inline]
pub fn elements_of(cx: &mut dyn Context, args: Args, index: usize) -> Fallible {
    let v = args.get(index);
    if v.is_kind(Kind::Array) {
        return Ok(v);
    }
    let array = sequence::sequence_to_array(cx, v)?;
    args.set(index, array);
    Ok(array)
}

/// A walk through the elements of an argument, a sequence. A container is borrowed
/// meanwhile.
pub struct Elements {
    sequence: Value,
    at: usize,
    owned: bool,
    pace: Pace,
    _borrow: Borrow,
}

impl Elements {
    pub fn of(args: Args, index: usize) -> Elements {
        let sequence = args.get(index);
        Elements {
            sequence,
            at: 0,
            owned: sequence.gives_owned() || sequence.is_kind(Kind::Array) && is_mine(args, index),
            pace: Pace::new(),
            _borrow: Borrow::of(sequence),
        }
    }

    #[inline]
    pub fn next(&mut self, cx: &mut dyn Context) -> Fallible<Option<Value>> {
        self.pace.step(cx)?;
        if self.sequence.is_kind(Kind::Array) {
            let element = self.sequence.elements().get(self.at).copied();
            self.at += 1;
            return Ok(element);
        }
        sequence::next_of(cx, self.sequence, &mut self.at)
    }

    /// An element that is stored or returned, once.
    #[inline]
    pub fn kept(&self, x: Value) -> Value {
        if !self.owned {
            x.share();
        }
        x
    }
}

/// `v`, which was an element of argument 0 and stays one, to be handed out.
pub fn element(args: Args, v: Value) -> Value {
    if v.is_value_object() && !is_mine(args, 0) {
        v.share();
    }
    v
}
