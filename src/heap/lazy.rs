//! Generators and iterators as objects: making them and their parts. Running
//! one is the machine's business.

use super::Heap;
use super::object::*;
use crate::value::Value;

impl Heap {
    /// A suspended generator with room for `capacity` registers, none saved yet.
    pub fn new_generator(&mut self, capacity: usize) -> *mut GeneratorObj {
        let size = size_of::<GeneratorObj>() + 8 * capacity;
        let generator: *mut GeneratorObj = self
            .allocate(Kind::Generator, GeneratorState::Suspended as u8, 0, size)
            .cast();
        // SAFETY: a fresh generator object.
        unsafe {
            (*generator).proto = std::ptr::null_mut();
            (*generator).pc = std::ptr::null();
            (*generator).function = Value::NULL;
            (*generator).capacity = capacity as u64;
        }
        generator
    }

    /// A step of a lazy chain over `source`, at its beginning.
    pub fn new_iterator(&mut self, op: IteratorOp, source: Value, operand: Value) -> Value {
        let owned = match op {
            IteratorOp::Map
            | IteratorOp::Enumerate
            | IteratorOp::Zip
            | IteratorOp::Chunk
            | IteratorOp::Windows
            | IteratorOp::RepeatWith
            | IteratorOp::Arrange
            | IteratorOp::Lines
            | IteratorOp::Range => true,
            // Their elements stay in the sequence that was opened, among those seen,
            // or in the iterator.
            IteratorOp::FlatMap
            | IteratorOp::Flatten
            | IteratorOp::Unique
            | IteratorOp::Scan
            | IteratorOp::Intersperse
            | IteratorOp::Cycle
            | IteratorOp::Iterate => false,
            _ => source.gives_owned(),
        };
        let flags = if owned { ITERATOR_OWNED } else { 0 };
        let iterator: *mut IteratorObj = self
            .allocate(Kind::Iterator, op as u8, flags, size_of::<IteratorObj>())
            .cast();
        // SAFETY: a fresh iterator object.
        unsafe {
            (*iterator).source = source;
            (*iterator).at = 0;
            (*iterator).operand = operand;
            (*iterator).extra = Value::NULL;
            (*iterator).extra_at = 0;
            (*iterator).state = Value::ZERO;
            (*iterator).external = std::ptr::null_mut();
            Value::pointer(iterator)
        }
    }
}

impl Value {
    /// The parts of an iterator.
    #[inline(always)]
    pub fn iterator(self) -> View<IteratorObj> {
        debug_assert!(self.is_kind(Kind::Iterator));
        // SAFETY: a live iterator object.
        unsafe { View::of(self) }
    }

    /// Has code hold the steps of a chain that no other code has, so that they can be reached
    /// until it ends them ([`Value::end_chain`]): whether a container is lent to one. The value
    /// is that of an expression which has made the chain ([`ITERATOR_FRESH`]); `cycle`: also
    /// what its `cycle`s gather from.
    pub fn hold_chain(self, cycle: bool) -> bool {
        let mut step = self;
        let mut lends = false;
        while step.is_kind(Kind::Iterator) && step.header().aux & ITERATOR_FRESH != 0 {
            let it = step.iterator();
            put!(it.header.aux |= ITERATOR_HELD);
            lends |= it.is_lent() || it.op() == IteratorOp::Zip;
            step = match it.op() {
                IteratorOp::Cycle if !cycle => Value::NULL,
                _ => it.source,
            };
        }
        lends
    }

    /// Ends the steps of a chain that code holds, and with them the loans of the containers that
    /// it runs through.
    pub fn end_chain(self) {
        let mut step = self;
        while step.is_kind(Kind::Iterator) && step.header().aux & ITERATOR_HELD != 0 {
            let it = step.iterator();
            step = it.source;
            put!(it.header.aux &= !ITERATOR_HELD);
            it.finish();
        }
    }

    /// Whether a built-in takes this iterator for an array.
    #[inline]
    pub fn counts_as_array(self) -> bool {
        self.is_kind(Kind::Iterator) && self.header().aux & ITERATOR_AS_ARRAY != 0
    }

    /// Whether elements of this sequence have no owner but the code that asks for
    /// them. Other elements still belong to the sequence: code that keeps one
    /// shares it.
    #[inline]
    pub fn gives_owned(self) -> bool {
        match self.kind() {
            Some(Kind::Iterator) => self.header().aux & ITERATOR_OWNED != 0,
            Some(Kind::Array) => false,
            _ => true,
        }
    }
}

impl View<IteratorObj> {
    /// Ends it: it gives nothing any more, and lets go of what it drew on.
    pub fn finish(self) {
        if self.is_lent() {
            self.source.give_back();
            put!(self.header.aux &= !ITERATOR_LENT);
        }
        if self.op() == IteratorOp::Zip && !self.is_done() {
            for &other in self.operand.elements() {
                if other.is_kind(Kind::Iterator) && other.header().aux & ITERATOR_INNER != 0 {
                    other.iterator().finish();
                }
            }
        }
        put!(self.header.aux |= ITERATOR_DONE);
        if self.header.aux & ITERATOR_HELD == 0 {
            put!(self.source = Value::NULL);
        }
        put!(self.operand = Value::NULL);
        put!(self.extra = Value::NULL);
        put!(self.state = Value::NULL);
    }
}

impl IteratorObj {
    /// Whether the source is lent to it.
    pub fn is_lent(&self) -> bool {
        self.header.aux & ITERATOR_LENT != 0
    }

    pub fn is_done(&self) -> bool {
        self.header.aux & ITERATOR_DONE != 0
    }

    pub fn op(&self) -> IteratorOp {
        // SAFETY: iterators are made with an operation in their form.
        unsafe { std::mem::transmute(self.header.form) }
    }
}

/// Frees what an iterator keeps outside the heap.
///
/// # Safety
/// The iterator is dead, or never reads `external` again.
pub unsafe fn drop_external(iterator: *mut IteratorObj) {
    // SAFETY: `external` came from `Box::into_raw` and is dropped once.
    unsafe {
        if !(*iterator).external.is_null() {
            drop(Box::from_raw((*iterator).external));
        }
    }
}
