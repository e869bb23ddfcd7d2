//! Functions that ask a sequence for its elements until they know the answer,
//! and for no element more.

use super::accepts;
use crate::heap::object::Kind;
use crate::runtime::arith::{self, BinaryOp};
use crate::runtime::messages::type_error;
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, Fault, compare, dict, sequence, tags, type_name,
};
use crate::stdlib::dicts::put;
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::owners::*;
use crate::value::Value;
use std::cmp::Ordering;

pub fn next(cx: &mut dyn Context, args: Args) -> Fallible {
    let it = args.get(0);
    let owned = it.gives_owned();
    Ok(match cx.next_element(it)? {
        Some(x) => {
            if !owned {
                x.share();
            }
            cx.heap().new_tagged(tags::SOME, &[x])
        }
        None => cx.heap().new_tagged(tags::NONE, &[]),
    })
}

pub fn collect(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).is_kind(Kind::Array) {
        return Ok(stored(args, 0));
    }
    sequence::sequence_to_array(cx, args.get(0))
}

pub fn reduce(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let f = args.get(2);
    let mut so_far = stored(args, 1);
    while let Some(x) = xs.next(cx)? {
        // The result of the last call is the next one's to change.
        so_far = cx.call_owned(f, &[so_far, x], 1)?;
    }
    Ok(so_far)
}

pub fn find(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    while let Some(x) = xs.next(cx)? {
        if accepts(cx, args, x)? {
            return Ok(xs.kept(x));
        }
    }
    Ok(Value::NULL)
}

pub fn find_index(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let mut index = 0;
    while let Some(x) = xs.next(cx)? {
        if accepts(cx, args, x)? {
            return Ok(Value::int(index));
        }
        index += 1;
    }
    Ok(Value::int(-1))
}

pub fn find_last(cx: &mut dyn Context, args: Args) -> Fallible {
    let v = args.get(0);
    let mut xs = Elements::of(args, 0);
    if v.is_kind(Kind::Array) {
        for &x in v.elements().iter().rev() {
            if accepts(cx, args, x)? {
                return Ok(xs.kept(x));
            }
        }
        return Ok(Value::NULL);
    }
    let mut last = Value::NULL;
    while let Some(x) = xs.next(cx)? {
        if accepts(cx, args, x)? {
            last = x;
        }
    }
    Ok(xs.kept(last))
}

pub fn partition(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let (yes, no) = (cx.heap().new_array(0), cx.heap().new_array(0));
    while let Some(x) = xs.next(cx)? {
        let side = if accepts(cx, args, x)? { yes } else { no };
        push(cx, "partition", side, xs.kept(x))?;
    }
    Ok(pair(cx, yes, no))
}

/// Whether an element is as `wanted`, by `f` or itself.
fn has(cx: &mut dyn Context, args: Args, wanted: bool) -> Fallible<bool> {
    let mut xs = Elements::of(args, 0);
    let own_truth = args.get(1).is_absent();
    while let Some(x) = xs.next(cx)? {
        let is = if own_truth {
            compare::truth(cx, x)?
        } else {
            accepts(cx, args, x)?
        };
        if is == wanted {
            return Ok(true);
        }
    }
    Ok(false)
}

pub fn any(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(has(cx, args, true)?))
}

pub fn all(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(Value::bool(!has(cx, args, false)?))
}

pub fn count(cx: &mut dyn Context, args: Args) -> Fallible {
    let v = args.get(0);
    let every = args.get(1).is_absent();
    if every && v.is_kind(Kind::Array) {
        return Ok(Value::int(v.elements().len() as i64));
    }
    let mut xs = Elements::of(args, 0);
    let mut count = 0;
    while let Some(x) = xs.next(cx)? {
        count += (every || accepts(cx, args, x)?) as i64;
    }
    Ok(Value::int(count))
}

pub fn first(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let first = xs.next(cx)?;
    Ok(first.map_or(Value::NULL, |x| xs.kept(x)))
}

pub fn last(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    if args.get(0).is_kind(Kind::Array) {
        let last = args.get(0).elements().last();
        return Ok(last.map_or(Value::NULL, |&x| xs.kept(x)));
    }
    let mut last = Value::NULL;
    while let Some(x) = xs.next(cx)? {
        last = x;
    }
    Ok(xs.kept(last))
}

pub fn sum(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let mut sum = Value::ZERO;
    while let Some(x) = xs.next(cx)? {
        sum = match added(cx, sum, x)? {
            Some(sum) => sum,
            None => return Err(type_error("sum", "xs", "made of numbers", x)),
        };
    }
    Ok(sum)
}

/// `sum + x`; `None` if `x` is no number.
#[inline]
fn added(cx: &mut dyn Context, sum: Value, x: Value) -> Fallible<Option<Value>> {
    if Value::both_int(sum, x) {
        // Two inline ints fit 64 bits.
        if let Some(sum) = Value::try_int(sum.as_int() + x.as_int()) {
            return Ok(Some(sum));
        }
    }
    if !is_number(x) {
        return Ok(None);
    }
    arith::binary(cx, BinaryOp::Add, sum, x).map(Some)
}

pub fn sum_by(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let mut sum = Value::ZERO;
    while let Some(x) = xs.next(cx)? {
        let y = cx.call(args.get(1), &[x])?;
        sum = match added(cx, sum, y)? {
            Some(sum) => sum,
            None => {
                let got = type_name(y);
                let message = format!("sum_by() expects f to give a number; got {got}");
                return Err(Fault::new(ErrorKind::Type, message));
            }
        };
    }
    Ok(sum)
}

pub fn product(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let mut product = Value::int(1);
    while let Some(x) = xs.next(cx)? {
        if !is_number(x) {
            return Err(type_error("product", "xs", "made of numbers", x));
        }
        product = arith::binary(cx, BinaryOp::Mul, product, x)?;
    }
    Ok(product)
}

pub fn min_by(cx: &mut dyn Context, args: Args) -> Fallible {
    extreme_by(cx, args, Ordering::Less)
}

pub fn max_by(cx: &mut dyn Context, args: Args) -> Fallible {
    extreme_by(cx, args, Ordering::Greater)
}

/// The first element whose `f(x)` is `wanted` compared with all others, or is NaN.
fn extreme_by(cx: &mut dyn Context, args: Args, wanted: Ordering) -> Fallible {
    let is_nan = |key: Value| key.is_float() && key.as_float().is_nan();
    let mut xs = Elements::of(args, 0);
    let mut best: Option<(Value, Value)> = None;
    while let Some(x) = xs.next(cx)? {
        let key = cx.call(args.get(1), &[x])?;
        let better = match best {
            None => true,
            Some((_, known)) if Value::both_int(key, known) => {
                key.as_int().cmp(&known.as_int()) == wanted
            }
            Some((_, known)) => {
                let order = compare::order(cx, key, known)?;
                !is_nan(known) && (is_nan(key) || order == wanted)
            }
        };
        if better {
            best = Some((x, key));
        }
    }
    Ok(best.map_or(Value::NULL, |(x, _)| xs.kept(x)))
}

pub fn count_by(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let counts = cx.heap().new_dict(0);
    while let Some(x) = xs.next(cx)? {
        let key = cx.call(args.get(1), &[x])?;
        // Fewer elements than an inline int counts can be met.
        let before = dict::get(cx, counts, key)?;
        let count = before.map_or(1, |count| count.as_int() + 1);
        put(cx, "count_by", counts, key, Value::int(count))?;
    }
    Ok(counts)
}

pub fn group_by(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    let groups = cx.heap().new_dict(0);
    while let Some(x) = xs.next(cx)? {
        let key = cx.call(args.get(1), &[x])?;
        let group = match dict::get(cx, groups, key)? {
            Some(group) => group,
            None => {
                let group = cx.heap().new_array(0);
                put(cx, "group_by", groups, key, group)?;
                group
            }
        };
        push(cx, "group_by", group, xs.kept(x))?;
    }
    Ok(groups)
}

pub fn for_each(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut xs = Elements::of(args, 0);
    while let Some(x) = xs.next(cx)? {
        cx.call(args.get(1), &[x])?;
    }
    Ok(Value::NULL)
}
