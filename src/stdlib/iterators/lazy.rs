//! Adaptors over generators and iterators, and endless sequences: each makes one step of
//! a lazy chain and runs nothing. A container is kept as it is now: it is lent to the
//! step until that ends.

use super::size_of_part;
use crate::heap::object::{
    ITERATOR_AS_ARRAY, ITERATOR_FRESH, ITERATOR_INNER, ITERATOR_LENT, IteratorOp, Kind, put,
};
use crate::runtime::{Args, Context, Fallible};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::owners::*;
use crate::value::{INT_MAX, Value};

/// A step over the sequence in argument `index`.
fn over(cx: &mut dyn Context, args: Args, index: usize, op: IteratorOp, operand: Value) -> Value {
    let v = args.get(index);
    let lent = !args.is_owned(index) && v.lend();
    let source = if lent { v } else { stored(args, index) };
    let step = cx.heap().new_iterator(op, source, operand);
    let header = step.header();
    put!(header.aux |= ITERATOR_FRESH);
    if lent {
        put!(header.aux |= ITERATOR_LENT);
    }
    step
}

/// A step over the sequence in argument 0, with argument 1 if there is one.
fn step(cx: &mut dyn Context, args: Args, op: IteratorOp) -> Fallible {
    let operand = match args.get(1) {
        operand if operand.is_absent() => Value::NULL,
        _ => stored(args, 1),
    };
    Ok(over(cx, args, 0, op, operand))
}

/// A step that counts.
fn counting(cx: &mut dyn Context, args: Args, op: IteratorOp, count: i64) -> Fallible {
    let step = step(cx, args, op)?;
    let it = step.iterator();
    put!(it.state = Value::int(count.clamp(0, INT_MAX)));
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
        put!(it.state = it.operand);
    }
    Ok(step)
}

pub fn zip(cx: &mut dyn Context, args: Args) -> Fallible {
    let others = cx.heap().new_array(args.len() - 1);
    for index in 1..args.len() {
        let other = iterator_of(cx, args, index);
        if other != args.get(index) {
            let header = other.header();
            put!(header.aux |= ITERATOR_INNER);
        }
        push(cx, "zip", others, other)?;
    }
    Ok(over(cx, args, 0, IteratorOp::Zip, others))
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

pub fn scan(cx: &mut dyn Context, args: Args) -> Fallible {
    let (source, f) = (stored(args, 0), stored(args, 2));
    let step = cx.heap().new_iterator(IteratorOp::Scan, source, f);
    let it = step.iterator();
    put!(it.state = stored(args, 1));
    Ok(step)
}

pub fn pairs(cx: &mut dyn Context, args: Args) -> Fallible {
    counting(cx, args, IteratorOp::Windows, 2)
}

pub fn intersperse(cx: &mut dyn Context, args: Args) -> Fallible {
    step(cx, args, IteratorOp::Intersperse)
}

pub fn cycle(cx: &mut dyn Context, args: Args) -> Fallible {
    let gathered = match args.get(0).kind() {
        Some(Kind::Generator | Kind::Iterator) => cx.heap().new_array(0),
        _ => Value::NULL,
    };
    let cycle = over(cx, args, 0, IteratorOp::Cycle, Value::NULL);
    let it = cycle.iterator();
    put!(it.extra = gathered);
    Ok(cycle)
}

pub fn repeat_with(cx: &mut dyn Context, args: Args) -> Fallible {
    let f = stored(args, 0);
    Ok(cx
        .heap()
        .new_iterator(IteratorOp::RepeatWith, Value::NULL, f))
}

pub fn iterate(cx: &mut dyn Context, args: Args) -> Fallible {
    let f = stored(args, 1);
    let step = cx.heap().new_iterator(IteratorOp::Iterate, Value::NULL, f);
    let it = step.iterator();
    put!(it.state = stored(args, 0));
    Ok(step)
}

pub fn iter(cx: &mut dyn Context, args: Args) -> Fallible {
    Ok(iterator_of(cx, args, 0))
}

fn iterator_of(cx: &mut dyn Context, args: Args, index: usize) -> Value {
    let v = args.get(index);
    match v.kind() {
        Some(Kind::Generator) => v,
        Some(Kind::Iterator) => {
            // From here on the program may see that it is one, and it may have been there
            // before.
            let header = v.header();
            put!(header.aux &= !(ITERATOR_AS_ARRAY | ITERATOR_FRESH));
            v
        }
        _ => over(cx, args, index, IteratorOp::Walk, Value::NULL),
    }
}
