//! The method forms of adaptors: each makes one step of a lazy chain and runs
//! nothing. A container is kept as it is now.

use super::size_of_part;
use crate::heap::object::IteratorOp;
use crate::runtime::{Args, Context, Fallible, sequence};
use crate::stdlib::support::*;
use crate::value::{INT_MAX, Value};

/// A step over the sequence in argument 0, with argument 1 if there is one.
fn step(cx: &mut dyn Context, args: Args, op: IteratorOp) -> Fallible {
    let operand = match args.get(1) {
        operand if operand.is_absent() => Value::NULL,
        _ => stored(args, 1),
    };
    let source = stored(args, 0);
    Ok(cx.heap().new_iterator(op, source, operand))
}

/// A step that counts.
fn counting(cx: &mut dyn Context, args: Args, op: IteratorOp, count: i64) -> Fallible {
    let step = step(cx, args, op)?;
    step.iterator().state = Value::int(count.clamp(0, INT_MAX));
    Ok(step)
}

pub fn map(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::Map)
}

pub fn filter(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::Filter)
}

pub fn flat_map(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::FlatMap)
}

pub fn flatten(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::Flatten)
}

pub fn take(cx: &mut dyn Context, args: Args) -> Fallible {
    counting(cx, args, IteratorOp::Take, clamped(args.get(1)))
}

pub fn skip(cx: &mut dyn Context, args: Args) -> Fallible {
    counting(cx, args, IteratorOp::Skip, clamped(args.get(1)))
}

pub fn take_while(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::TakeWhile)
}

pub fn skip_while(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::SkipWhile)
}

pub fn enumerate(cx: &mut dyn Context, args: Args) -> Fallible {
    let step = step(cx, args, IteratorOp::Enumerate)?;
    let it = step.iterator();
    if !it.operand.is_null() {
        it.state = it.operand;
    }
    Ok(step)
}

pub fn zip(cx: &mut dyn Context, args: Args) -> Fallible {
    let others = cx.heap().new_array(args.len() - 1);
    for index in 1..args.len() {
        let other = iterator_of(cx, stored(args, index));
        push(cx, "zip", others, other)?;
    }
    let source = stored(args, 0);
    Ok(cx.heap().new_iterator(IteratorOp::Zip, source, others))
}

pub fn chunk(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "chunk", args.get(1))?;
    counting(cx, args, IteratorOp::Chunk, size as i64)
}

pub fn windows(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = size_of_part(cx, "windows", args.get(1))?;
    counting(cx, args, IteratorOp::Windows, size as i64)
}

pub fn unique(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::Unique)
}

pub fn iter(cx: &mut dyn Context, args: Args) -> Fallible {
    let source = stored(args, 0);
    Ok(iterator_of(cx, source))
}

fn iterator_of(cx: &mut dyn Context, v: Value) -> Value {
    if sequence::is_lazy(v) {
        return v;
    }
    cx.heap().new_iterator(IteratorOp::Walk, v, Value::NULL)
}
