//! Priority queues: elements in order, in runs of limited length, so that one more finds
//! its place by few comparisons and few elements move. Nothing here knows the order:
//! callers say where an element goes. The element that is taken next is the last of the
//! last run. Since the order is kept, comparing, hashing and printing call nothing.
//!
//! # Invariants
//! * `runs` is an array of arrays, none of them empty. Nothing but priority queues refers
//!   to it or to them; one that may belong to two of them is marked `SHARED`, and copied
//!   before it is changed.
//! * `header.aux` is the number of elements.

use super::Heap;
use super::MAX_ELEMENTS;
use super::object::*;
use super::room::NoRoom;
use crate::value::Value;

/// A run with more elements is cut in two.
const MAX_RUN: usize = 512;

impl Value {
    #[inline(always)]
    pub fn priority(self) -> View<PriorityObj> {
        debug_assert!(self.is_kind(Kind::Heap));
        // SAFETY: the value is a priority queue.
        unsafe { View::of(self) }
    }
}

impl PriorityObj {
    #[inline]
    pub fn len(&self) -> usize {
        self.header.aux as usize
    }

    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The runs, the one that is emptied first last; good until the next change.
    #[inline]
    pub fn runs(&self) -> &'static [Value] {
        self.runs.elements()
    }

    /// The elements in the order in which they are taken.
    pub fn in_order(&self) -> impl Iterator<Item = Value> + use<> {
        let runs = self.runs().iter().rev();
        runs.flat_map(|run| run.elements().iter().rev().copied())
    }

    /// The element at a cursor, which moves on; the first cursor is 0. The upper part of
    /// a cursor counts runs, the lower part elements of the run.
    pub fn next(&self, cursor: &mut usize) -> Option<Value> {
        const BITS: u32 = 16;
        let (run, at) = (*cursor >> BITS, *cursor & ((1 << BITS) - 1));
        let elements = self.runs().iter().rev().nth(run)?.elements();
        let element = elements[elements.len() - 1 - at];
        *cursor = if at + 1 < elements.len() {
            *cursor + 1
        } else {
            (run + 1) << BITS
        };
        Some(element)
    }
}

const _: () = assert!(MAX_RUN < 1 << 16);

impl Heap {
    /// A priority queue of elements, those that are taken last first, whose order `by`
    /// says; null for that of `<`. The array keeps the elements, too: they are marked
    /// already, or it is given up.
    pub fn new_priority(&mut self, elements: Value, by: Value) -> Value {
        let len = elements.elements().len();
        let runs = self.new_array(len.div_ceil(MAX_RUN / 2));
        let mut at = 0;
        while at < len {
            let run = self.new_array(MAX_RUN / 2);
            for i in at..len.min(at + MAX_RUN / 2) {
                // A run is short.
                let _ = self.array_push(run, elements.elements()[i]);
            }
            let _ = self.array_push(runs, run);
            at += MAX_RUN / 2;
        }
        self.priority_of(runs, by, len as u32)
    }

    fn priority_of(&mut self, runs: Value, by: Value, len: u32) -> Value {
        let object: *mut PriorityObj = self
            .allocate(Kind::Heap, 0, len, size_of::<PriorityObj>())
            .cast();
        // SAFETY: a fresh object.
        unsafe {
            (*object).runs = runs;
            (*object).by = by;
            Value::pointer(object)
        }
    }

    /// A copy that shares the runs.
    pub fn copy_priority(&mut self, h: Value) -> Value {
        let priority = h.priority();
        let runs = self.copy_array(priority.runs, 1);
        self.priority_of(runs, priority.by, priority.header.aux)
    }

    /// A run, ready to be changed.
    fn own_run(&mut self, h: Value, at: usize) -> Value {
        let runs = h.priority().runs;
        let run = runs.elements()[at];
        if run.header().flags & COPY_BEFORE_WRITE == 0 {
            return run;
        }
        let copy = self.copy_array(run, 1);
        runs.set_element(at, copy);
        self.write_barrier(runs.as_pointer(), copy);
        copy
    }

    /// Puts an element at place `at` of a run; of an empty queue, into the first.
    pub fn priority_insert(
        &mut self,
        h: Value,
        run: usize,
        at: usize,
        v: Value,
    ) -> Result<(), NoRoom> {
        let priority = h.priority();
        if priority.len() >= MAX_ELEMENTS {
            return Err(NoRoom::TooLong);
        }
        if priority.runs().is_empty() {
            let first = self.new_array(4);
            self.array_push(priority.runs, first)?;
        }
        let elements = self.own_run(h, run);
        self.array_push(elements, v)?;
        // SAFETY: no other slice of the elements is in use.
        let places = unsafe { elements.elements_mut() };
        places[at..].rotate_right(1);
        put!(priority.header.aux += 1);
        if elements.elements().len() > MAX_RUN {
            self.split_run(h, run)?;
        }
        Ok(())
    }

    fn split_run(&mut self, h: Value, at: usize) -> Result<(), NoRoom> {
        let runs = h.priority().runs;
        let run = runs.elements()[at];
        let half = run.elements().len() / 2;
        let upper = self.new_array_from(&run.elements()[half..]);
        self.array_push(runs, upper)?;
        self.array_truncate(run, half);
        // SAFETY: no other slice of the runs is in use.
        let places = unsafe { runs.elements_mut() };
        places[at + 1..].rotate_right(1);
        Ok(())
    }

    /// Takes the next element out.
    pub fn priority_pop(&mut self, h: Value) -> Option<Value> {
        let priority = h.priority();
        let last = priority.runs().len().checked_sub(1)?;
        let run = self.own_run(h, last);
        let (&element, rest) = run.elements().split_last()?;
        self.array_truncate(run, rest.len());
        if rest.is_empty() {
            self.array_truncate(priority.runs, last);
        }
        put!(priority.header.aux -= 1);
        Some(element)
    }
}
