//! Queues and stacks: an array with a header that says where it begins. Both
//! have one layout; a stack always begins at 0. Sharing is the caller's business
//! except in [`Heap::copy_queue`].
//!
//! # Invariants
//! * `items` is an array that nothing but this container refers to. Its first
//!   `header.aux` places were taken and hold null.

use super::Heap;
use super::object::*;
use super::room::NoRoom;
use crate::value::Value;

/// With fewer taken places than this, the rest stays where it is.
const MIN_TAKEN: usize = 16;

impl Value {
    /// A queue or a stack.
    #[inline(always)]
    pub fn queue(self) -> View<QueueObj> {
        debug_assert!(self.is_kind(Kind::Queue) || self.is_kind(Kind::Stack));
        // SAFETY: the value is a queue or a stack.
        unsafe { View::of(self) }
    }
}

impl QueueObj {
    /// The elements, the front or bottom first; good until the next change.
    #[inline]
    pub fn elements(&self) -> &'static [Value] {
        &self.items.elements()[self.header.aux as usize..]
    }
}

impl Heap {
    /// A queue or stack of the elements of `items`, an array that becomes its own.
    pub fn new_queue(&mut self, kind: Kind, items: Value) -> Value {
        debug_assert!(items.header().flags & COPY_BEFORE_WRITE == 0);
        let queue: *mut QueueObj = self.allocate(kind, 0, 0, size_of::<QueueObj>()).cast();
        // SAFETY: a fresh object.
        unsafe {
            (*queue).items = items;
            Value::pointer(queue)
        }
    }

    /// A copy that shares what the elements hold.
    pub fn copy_queue(&mut self, q: Value) -> Value {
        let elements = q.queue().elements();
        elements.iter().for_each(|v| v.share());
        let items = self.new_array(elements.len() + elements.len() / 8 + 1);
        for &v in elements {
            // A queue is not longer than an array may be.
            let _ = self.array_push(items, v);
        }
        self.new_queue(q.header().kind, items)
    }

    /// Adds an element at the end: the back, the top.
    #[inline]
    pub fn queue_push(&mut self, q: Value, v: Value) -> Result<(), NoRoom> {
        let queue = q.queue();
        let items = queue.items.array();
        if items.len == items.cap && 2 * queue.header.aux > items.len {
            self.move_to_start(q);
        }
        match self.array_push(queue.items, v) {
            Err(_) if queue.header.aux > 0 => {
                self.move_to_start(q);
                self.array_push(queue.items, v)
            }
            result => result,
        }
    }

    /// Takes the first element out.
    #[inline]
    pub fn queue_pop_front(&mut self, q: Value) -> Option<Value> {
        let queue = q.queue();
        let head = queue.header.aux as usize;
        let len = queue.items.elements().len();
        let first = *queue.items.elements().get(head)?;
        queue.items.set_element(head, Value::NULL);
        put!(queue.header.aux += 1);
        if head + 1 == len || (head >= MIN_TAKEN && 2 * head > len) {
            self.move_to_start(q);
        }
        Some(first)
    }

    /// Takes the last element out.
    #[inline]
    pub fn queue_pop_back(&mut self, q: Value) -> Option<Value> {
        let queue = q.queue();
        let (&last, rest) = queue.elements().split_last()?;
        self.array_truncate(queue.items, queue.header.aux as usize + rest.len());
        Some(last)
    }

    /// Closes the gap before the first element.
    fn move_to_start(&mut self, q: Value) {
        let queue = q.queue();
        let head = queue.header.aux as usize;
        put!(queue.header.aux = 0);
        // SAFETY: no other slice of the elements is in use.
        let items = unsafe { queue.items.elements_mut() };
        items.copy_within(head.., 0);
        let len = items.len() - head;
        self.array_truncate(queue.items, len);
    }

    /// Takes all elements out.
    pub fn queue_clear(&mut self, q: Value) {
        let queue = q.queue();
        put!(queue.header.aux = 0);
        let items = self.new_array(0);
        put!(queue.items = items);
        self.write_barrier(q.as_pointer(), items);
    }
}
