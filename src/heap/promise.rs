//! Promises, tasks at rest and reactions as objects: making them, and their parts. When
//! promises settle and what runs then is the machine's business.

use super::Heap;
use super::object::*;
use crate::value::Value;
use std::any::Any;

impl Heap {
    /// A pending promise.
    pub fn new_promise(&mut self) -> Value {
        self.promise_in(PromiseState::Pending, Value::NULL)
    }

    /// A promise that is settled already: fulfilled with a value, which is taken as it is, or
    /// rejected with an error.
    pub fn new_settled(&mut self, value: Value, rejected: bool) -> Value {
        let state = match rejected {
            false => PromiseState::Fulfilled,
            true => PromiseState::Rejected,
        };
        let promise = self.promise_in(state, value);
        if rejected {
            self.rejected.watch(promise);
        }
        promise
    }

    fn promise_in(&mut self, state: PromiseState, value: Value) -> Value {
        let size = size_of::<PromiseObj>();
        let promise: *mut PromiseObj = self.allocate(Kind::Promise, state as u8, 0, size).cast();
        // SAFETY: a fresh promise object.
        unsafe {
            (*promise).value = value;
            (*promise).waiters = Value::NULL;
            (*promise).task = Value::NULL;
            Value::pointer(promise)
        }
    }

    /// Settles a pending promise, which lets go of what waits for it; gives that.
    pub fn settle_promise(&mut self, promise: Value, value: Value, rejected: bool) -> Value {
        let view = promise.promise();
        debug_assert!(view.state() == PromiseState::Pending);
        let waiters = view.waiters;
        let state = match rejected {
            false => PromiseState::Fulfilled,
            true => PromiseState::Rejected,
        };
        put!(view.header.form = state as u8);
        put!(view.value = value);
        put!(view.waiters = Value::NULL);
        put!(view.task = Value::NULL);
        self.write_barrier(view.ptr().cast(), value);
        if rejected && view.header.flags & AWAITED == 0 {
            self.rejected.watch(promise);
        }
        waiters
    }

    /// Adds a task or reaction to those that wait for a pending promise.
    pub fn add_waiter(&mut self, promise: Value, waiter: Value) {
        let view = promise.promise();
        debug_assert!(view.state() == PromiseState::Pending);
        let before = view.waiters;
        let waiters = if before.is_null() {
            waiter
        } else if before.is_kind(Kind::Array) {
            // More waiters than an array may hold have no memory.
            let pushed = self.array_push(before, waiter);
            assert!(pushed.is_ok(), "so many waiters do not fit into memory");
            before
        } else {
            self.new_array_from(&[before, waiter])
        };
        put!(view.waiters = waiters);
        self.write_barrier(view.ptr().cast(), waiters);
    }

    /// Says which task will settle a pending promise.
    pub fn set_task(&mut self, promise: Value, task: Value) {
        let view = promise.promise();
        put!(view.task = task);
        self.write_barrier(view.ptr().cast(), task);
    }

    /// Says which promise a pending one follows.
    pub fn set_followed(&mut self, promise: Value, followed: Value) {
        let view = promise.promise();
        put!(view.value = followed);
        self.write_barrier(view.ptr().cast(), followed);
    }

    /// A task without frames, with room for so many words of frames and values.
    pub fn new_task(&mut self, promise: Value, capacity: usize) -> Value {
        let size = size_of::<TaskObj>() + 8 * capacity;
        let task: *mut TaskObj = self
            .allocate(Kind::Task, WaitFor::Value as u8, 0, size)
            .cast();
        // SAFETY: a fresh task object.
        unsafe {
            (*task).promise = promise;
            (*task).waits_for = Value::NULL;
            (*task).ended = Value::NULL;
            (*task).frames = 0;
            (*task).result = 0;
            (*task).capacity = capacity as u64;
            Value::pointer(task)
        }
    }

    /// Says which promise a task waits for, or null.
    pub fn set_waits_for(&mut self, task: Value, promise: Value) {
        let view = task.task();
        put!(view.waits_for = promise);
        self.write_barrier(view.ptr().cast(), promise);
    }

    /// The promise that is fulfilled when a task has ended.
    pub fn end_of_task(&mut self, task: Value) -> Value {
        let view = task.task();
        if view.ended.is_null() {
            let ended = self.new_promise();
            put!(view.ended = ended);
            self.write_barrier(view.ptr().cast(), ended);
        }
        view.ended
    }

    /// A reaction that keeps a value for its work.
    pub fn new_reaction(&mut self, kept: Value, work: Box<dyn Any>) -> Value {
        let size = size_of::<ReactionObj>();
        let reaction: *mut ReactionObj = self.allocate(Kind::Reaction, 0, 0, size).cast();
        // SAFETY: a fresh reaction object.
        unsafe {
            (*reaction).kept = kept;
            (*reaction).work = Box::into_raw(Box::new(work));
            Value::pointer(reaction)
        }
    }
}

impl Value {
    #[inline(always)]
    pub fn is_promise(self) -> bool {
        self.is_kind(Kind::Promise)
    }

    /// The parts of a promise.
    #[inline(always)]
    pub fn promise(self) -> View<PromiseObj> {
        debug_assert!(self.is_promise());
        // SAFETY: a live promise object.
        unsafe { View::of(self) }
    }

    /// The parts of a task.
    #[inline(always)]
    pub fn task(self) -> View<TaskObj> {
        debug_assert!(self.is_kind(Kind::Task));
        // SAFETY: a live task object.
        unsafe { View::of(self) }
    }

    /// The parts of a reaction.
    #[inline(always)]
    pub fn reaction(self) -> View<ReactionObj> {
        debug_assert!(self.is_kind(Kind::Reaction));
        // SAFETY: a live reaction object.
        unsafe { View::of(self) }
    }
}

impl PromiseObj {
    pub fn state(&self) -> PromiseState {
        // SAFETY: promises are made and settled with a state in their form.
        unsafe { std::mem::transmute(self.header.form) }
    }

    pub fn is_pending(&self) -> bool {
        self.state() == PromiseState::Pending
    }

    pub fn is_rejected(&self) -> bool {
        self.state() == PromiseState::Rejected
    }

    /// Whether its error comes from the program's own code.
    pub fn is_of_task(&self) -> bool {
        self.header.flags & OF_TASK != 0
    }

    pub fn is_awaited(&self) -> bool {
        self.header.flags & AWAITED != 0
    }
}

impl View<PromiseObj> {
    /// Notes that some code asks for what it gives.
    #[inline]
    pub fn mark_awaited(self) {
        put!(self.header.flags |= AWAITED);
    }

    /// It is that of a task.
    pub fn mark_of_task(self) {
        put!(self.header.flags |= OF_TASK);
    }
}

impl TaskObj {
    pub fn wait_for(&self) -> WaitFor {
        match self.header.form {
            form if form == WaitFor::Element as u8 => WaitFor::Element,
            _ => WaitFor::Value,
        }
    }
}

impl View<ReactionObj> {
    /// The work, once.
    pub fn take_work(self) -> Option<Box<dyn Any>> {
        let work = self.work;
        put!(self.work = std::ptr::null_mut());
        // SAFETY: it came from `Box::into_raw`, and is taken once.
        (!work.is_null()).then(|| unsafe { *Box::from_raw(work) })
    }
}

/// Words that a frame at rest takes.
pub const FRAME_WORDS: usize = size_of::<FrameAtRest>() / 8;

/// The frames of a task.
///
/// # Safety
/// `task` is a live task object.
#[inline(always)]
pub unsafe fn saved_frames(task: *mut TaskObj) -> *mut FrameAtRest {
    // SAFETY: they follow the fixed part.
    unsafe { task.add(1).cast() }
}

/// The values of a task.
///
/// # Safety
/// `task` is a live task object.
#[inline(always)]
pub unsafe fn saved_values(task: *mut TaskObj) -> *mut Value {
    // SAFETY: they follow the frames.
    unsafe { saved_frames(task).add((*task).frames as usize).cast() }
}

/// Frees the work of a reaction.
///
/// # Safety
/// The reaction is dead.
pub unsafe fn drop_work(reaction: *mut ReactionObj) {
    // SAFETY: `work` came from `Box::into_raw` and is dropped once.
    unsafe {
        if !(*reaction).work.is_null() {
            drop(Box::from_raw((*reaction).work));
        }
    }
}
