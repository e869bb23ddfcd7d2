//! Lazy chains: the next element of an iterator. Every step asks the step before
//! it for one element at a time, so nothing is made that is not asked for.
//!
//! A callback may do anything, even ask the iterator it serves. So positions move
//! on before anything is called, what a step needs is read before it asks its
//! source, and an iterator that ended meanwhile has nothing more to give.

use super::Vm;
use super::call::stack_overflow;
use crate::heap::object::*;
use crate::runtime::arith::{self, BinaryOp};
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::{Context, ErrorKind, Fallible, Fault, sequence, type_name};
use crate::stdlib::unique::Seen;
use crate::stdlib::{Arrangement, Lines};
use crate::value::Value;

/// How many calls a step of a chain counts as: it takes machine stack.
const STEP_WEIGHT: usize = 16;

impl Vm {
    /// The next element; `None` for ever after the end.
    pub(crate) fn next_of_iterator(&mut self, iterator: Value) -> Fallible<Option<Value>> {
        let it = iterator.iterator();
        if it.is_done() {
            return Ok(None);
        }
        // No instruction may run before an endless chain ends.
        self.poll()?;
        let limit = self.stacks.frame_limit;
        // SAFETY: the limit stays far above the frame stack's start.
        self.stacks
            .set_frame_limit(unsafe { limit.sub(STEP_WEIGHT) });
        let element = if self.stacks.raw() < self.stacks.frame_limit {
            self.step(iterator)
        } else {
            Err(stack_overflow())
        };
        self.stacks.set_frame_limit(limit);
        if let Ok(None) = element {
            it.finish();
        }
        element
    }

    /// The next element of the step's source.
    #[inline]
    fn next_of_source(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let element = match it.source.kind() {
            Some(Kind::Iterator) => return self.next_of_iterator(it.source),
            Some(Kind::Array) => {
                let element = it.source.elements().get(it.at as usize).copied();
                put!(it.at += 1);
                element
            }
            Some(_) => {
                let mut at = it.at as usize;
                let element = sequence::next_of(self, it.source, &mut at)?;
                put!(it.at = at as u64);
                element
            }
            None => None,
        };
        if it.is_lent()
            && let Some(x) = element
        {
            // It may be looked at when the loan has ended.
            x.share();
        }
        Ok(element)
    }

    #[inline]
    fn accepts(&mut self, f: Value, x: Value) -> Fallible<bool> {
        let accepted = self.call_value(f, &[x])?;
        compare::truth(self, accepted)
    }

    fn step(&mut self, iterator: Value) -> Fallible<Option<Value>> {
        let it = iterator.iterator();
        match it.op() {
            IteratorOp::Walk => self.next_of_source(it),
            IteratorOp::Range => self.next_of_range(it),
            IteratorOp::Map => {
                let f = it.operand;
                match self.next_of_source(it)? {
                    Some(x) => self.call_value(f, &[x]).map(Some),
                    None => Ok(None),
                }
            }
            IteratorOp::Filter => {
                let f = it.operand;
                while let Some(x) = self.next_of_source(it)? {
                    if self.accepts(f, x)? {
                        return Ok(Some(x));
                    }
                }
                Ok(None)
            }
            IteratorOp::TakeWhile => {
                let f = it.operand;
                match self.next_of_source(it)? {
                    Some(x) if self.accepts(f, x)? => Ok(Some(x)),
                    _ => Ok(None),
                }
            }
            IteratorOp::SkipWhile => {
                let f = it.operand;
                while let Some(x) = self.next_of_source(it)? {
                    if it.state == Value::TRUE {
                        return Ok(Some(x));
                    }
                    if !self.accepts(f, x)? {
                        put!(it.state = Value::TRUE);
                        return Ok(Some(x));
                    }
                }
                Ok(None)
            }
            IteratorOp::Take => {
                let left = it.state.as_int();
                if left <= 0 {
                    return Ok(None);
                }
                put!(it.state = Value::int(left - 1));
                self.next_of_source(it)
            }
            IteratorOp::Skip => {
                while it.state.is_int() && it.state.as_int() > 0 {
                    put!(it.state = Value::int(it.state.as_int() - 1));
                    if self.next_of_source(it)?.is_none() {
                        return Ok(None);
                    }
                }
                self.next_of_source(it)
            }
            IteratorOp::FlatMap | IteratorOp::Flatten => self.next_of_inner(it),
            IteratorOp::Enumerate => {
                let index = it.state;
                let Some(x) = self.next_owned_of_source(it)? else {
                    return Ok(None);
                };
                put!(it.state = arith::binary(self, BinaryOp::Add, index, Value::int(1))?);
                self.heap.write_barrier(it.ptr().cast(), it.state);
                Ok(Some(self.heap.new_array_from(&[index, x])))
            }
            IteratorOp::Zip => self.next_of_all(it),
            IteratorOp::Chunk => self.next_chunk(it),
            IteratorOp::Windows => self.next_window(it),
            IteratorOp::Unique => self.next_unseen(it),
            IteratorOp::Scan => {
                let (f, so_far) = (it.operand, it.state);
                let Some(x) = self.next_of_source(it)? else {
                    return Ok(None);
                };
                let result = self.call_value(f, &[so_far, x])?;
                put!(it.state = result);
                self.heap.write_barrier(it.ptr().cast(), result);
                Ok(Some(result))
            }
            IteratorOp::Intersperse => self.next_or_between(it),
            IteratorOp::Cycle => self.next_in_cycle(it),
            IteratorOp::RepeatWith => self.call_value(it.operand, &[]).map(Some),
            IteratorOp::Iterate => {
                let (f, last) = (it.operand, it.state);
                if it.at == 0 {
                    put!(it.at = 1);
                    return Ok(Some(last));
                }
                let next = self.call_value(f, &[last])?;
                put!(it.state = next);
                self.heap.write_barrier(it.ptr().cast(), next);
                Ok(Some(next))
            }
            IteratorOp::Arrange => {
                // SAFETY: made with the iterator, and freed with it.
                let arrangement = unsafe { (*it.external).downcast_mut::<Arrangement>() };
                let arrangement = arrangement.expect("the positions");
                Ok(arrangement.next(self, it.operand))
            }
            IteratorOp::Lines => {
                // SAFETY: made with the iterator, and freed with it.
                let lines = unsafe { (*it.external).downcast_mut::<Lines>() };
                lines.expect("the file").next(self)
            }
        }
    }

    /// The next element of the source, to be kept.
    #[inline]
    fn next_owned_of_source(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let owned = it.source.gives_owned();
        let element = self.next_of_source(it)?;
        if let (Some(x), false) = (element, owned) {
            x.share();
        }
        Ok(element)
    }

    #[inline]
    fn next_of_range(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let (at, end, step) = (it.state, it.operand, it.extra);
        if Value::both_int(at, end) && step.is_int() {
            let (i, by) = (at.as_int(), step.as_int());
            let inside = if by > 0 {
                i < end.as_int()
            } else {
                i > end.as_int()
            };
            if !inside {
                return Ok(None);
            }
            put!(
                it.state = match Value::try_int(i + by) {
                    Some(next) => next,
                    None => self.heap.new_int((i + by).into()),
                }
            );
            self.heap.write_barrier(it.ptr().cast(), it.state);
            return Ok(Some(at));
        }
        let up = compare::compare(self, CompareOp::Gt, step, Value::ZERO)?;
        let inside = if up { CompareOp::Lt } else { CompareOp::Gt };
        if !compare::compare(self, inside, at, end)? {
            return Ok(None);
        }
        put!(it.state = arith::binary(self, BinaryOp::Add, at, step)?);
        self.heap.write_barrier(it.ptr().cast(), it.state);
        Ok(Some(at))
    }

    /// The elements of the sequences that the source's elements are or that the
    /// callback makes of them.
    fn next_of_inner(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let f = it.operand;
        let flatten = it.op() == IteratorOp::Flatten;
        loop {
            let inner = it.extra;
            if !inner.is_null() {
                let mut at = it.extra_at as usize;
                let element = sequence::next_of(self, inner, &mut at)?;
                put!(it.extra_at = at as u64);
                if element.is_some() {
                    return Ok(element);
                }
                put!(it.extra = Value::NULL);
            }
            let Some(x) = self.next_of_source(it)? else {
                return Ok(None);
            };
            let opened = if flatten {
                if !x.is_kind(Kind::Array) {
                    return Ok(Some(x));
                }
                x
            } else {
                let given = self.call_value(f, &[x])?;
                let y = sequence::own_sequence(self, given)?.unwrap_or(given);
                if !sequence::is_sequence(y) {
                    let got = type_name(y);
                    let message = format!("flat_map() expects f to give a sequence; got {got}");
                    return Err(Fault::new(ErrorKind::Type, message));
                }
                y
            };
            put!(it.extra = opened);
            put!(it.extra_at = 0);
            self.heap.write_barrier(it.ptr().cast(), opened);
        }
    }

    /// `zip`: one element of each; the others are iterators or generators.
    fn next_of_all(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let others = it.operand;
        let Some(x) = self.next_owned_of_source(it)? else {
            return Ok(None);
        };
        let row = self.heap.new_array(1 + others.elements().len());
        let _ = self.heap.array_push(row, x);
        for i in 0..others.elements().len() {
            let other = others.elements()[i];
            let owned = other.gives_owned();
            let Some(x) = sequence::next_of(self, other, &mut 0)? else {
                return Ok(None);
            };
            if !owned {
                x.share();
            }
            let _ = self.heap.array_push(row, x);
        }
        Ok(Some(row))
    }

    /// A chunk begun before an error goes on after it.
    fn next_chunk(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let size = it.state.as_int() as usize;
        let mut chunk = it.extra;
        if chunk.is_null() {
            chunk = self.heap.new_array(size.min(16));
            put!(it.extra = chunk);
            self.heap.write_barrier(it.ptr().cast(), chunk);
        }
        while chunk.elements().len() < size {
            let Some(x) = self.next_owned_of_source(it)? else {
                break;
            };
            self.heap
                .array_push(chunk, x)
                .map_err(super::fields::no_room)?;
        }
        if it.extra != chunk {
            // The source has asked for a chunk meanwhile, and was given this one.
            chunk.share();
        }
        put!(it.extra = Value::NULL);
        Ok((!chunk.elements().is_empty()).then_some(chunk))
    }

    /// The window before is kept, to make the next one of it.
    fn next_window(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let size = it.state.as_int() as usize;
        let last = it.extra;
        let mut window = last;
        if last.is_null() || last.elements().len() == size {
            let Some(x) = self.next_owned_of_source(it)? else {
                return Ok(None);
            };
            window = self.heap.new_array(size.min(1 << 16));
            if !last.is_null() {
                for &x in &last.elements()[1..] {
                    x.share();
                    let _ = self.heap.array_push(window, x);
                }
            }
            let _ = self.heap.array_push(window, x);
            put!(it.extra = window);
            self.heap.write_barrier(it.ptr().cast(), window);
        }
        while window.elements().len() < size {
            let Some(x) = self.next_owned_of_source(it)? else {
                return Ok(None);
            };
            self.heap
                .array_push(window, x)
                .map_err(super::fields::no_room)?;
        }
        window.share();
        Ok(Some(window))
    }

    /// `intersperse`: where `state` is true, an element has been asked for and waits in
    /// `extra`; where it is no bool, none has been given yet.
    fn next_or_between(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let (between, state) = (it.operand, it.state);
        if state == Value::TRUE {
            put!(it.state = Value::FALSE);
            return Ok(Some(it.extra));
        }
        let Some(x) = self.next_owned_of_source(it)? else {
            return Ok(None);
        };
        if state != Value::FALSE {
            put!(it.state = Value::FALSE);
            return Ok(Some(x));
        }
        put!(it.extra = x);
        put!(it.state = Value::TRUE);
        self.heap.write_barrier(it.ptr().cast(), x);
        Ok(Some(between))
    }

    /// `cycle`: a container is walked again; what a generator or iterator gave
    /// is gathered, and the array becomes the source where it ends.
    fn next_in_cycle(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        let gathered = it.extra;
        if let Some(x) = self.next_owned_of_source(it)? {
            if !gathered.is_null() {
                x.share();
                self.heap
                    .array_push(gathered, x)
                    .map_err(super::fields::no_room)?;
            }
            return Ok(Some(x));
        }
        if !gathered.is_null() {
            put!(it.source = gathered);
            self.heap.write_barrier(it.ptr().cast(), gathered);
            put!(it.extra = Value::NULL);
        }
        put!(it.at = 0);
        self.next_owned_of_source(it)
    }

    fn next_unseen(&mut self, it: View<IteratorObj>) -> Fallible<Option<Value>> {
        if it.external.is_null() {
            put!(it.extra = self.heap.new_array(0));
            self.heap.write_barrier(it.ptr().cast(), it.extra);
            let seen: Box<dyn std::any::Any> = Box::new(Seen::new());
            put!(it.external = Box::into_raw(Box::new(seen)));
        }
        let values = it.extra;
        while let Some(x) = self.next_owned_of_source(it)? {
            if it.is_done() {
                // The callbacks of its source have used it up.
                return Ok(None);
            }
            // SAFETY: made above, and freed with the iterator.
            let seen = unsafe { (*it.external).downcast_mut::<Seen>() };
            let seen = seen.expect("the elements seen");
            if seen.is_new(self, x)? {
                self.heap
                    .array_push(values, x)
                    .map_err(super::fields::no_room)?;
                return Ok(Some(x));
            }
        }
        Ok(None)
    }

    /// `LazyRange`: the range with these bounds, not stored, for a built-in.
    pub(crate) fn lazy_range(&mut self, bounds: [Value; 3], inclusive: bool) -> Fallible {
        let bounds = self.range_bounds(bounds, inclusive)?;
        Ok(self.unstored_range(bounds))
    }

    /// The range with these ints as bounds, not stored.
    pub(super) fn unstored_range(&mut self, [start, end, step]: [Value; 3]) -> Value {
        let range = self.heap.new_iterator(IteratorOp::Range, Value::NULL, end);
        let it = range.iterator();
        put!(it.header.aux |= ITERATOR_AS_ARRAY);
        put!(it.state = start);
        put!(it.extra = step);
        range
    }
}
