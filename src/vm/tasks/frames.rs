//! Frames of a task on their way into an object and back onto the stacks.

use crate::bytecode::{Instr, Op};
use crate::heap::object::*;
use crate::heap::promise::{FRAME_WORDS, saved_frames, saved_values};
use crate::runtime::{Fallible, Fault};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::{CONSTRUCTS, OPERATOR, stack_overflow};
use crate::vm::proto::Proto;
use crate::vm::stack::{BARRIER, BORROWS, ENTRY, Frame, GENERATOR, SLACK};

/// The flags that a frame keeps: runs of the interpreter and of compiled code that began at
/// it are over when it rests, and arguments are not borrowed any more.
const KEPT: u32 = CONSTRUCTS | OPERATOR | GENERATOR;

impl Vm {
    /// The lowest frame of the running task, if its frames can be put aside: none if Rust
    /// code has called one of them, if no async function runs, or if the registers of some
    /// frame may not be on the value stack.
    ///
    /// # Safety
    /// The running frame's `pc` is saved.
    pub(super) unsafe fn lowest_of_task(&mut self) -> Option<*mut Frame> {
        // SAFETY: frames from the running one down are live; the bottom one is the host
        // program's.
        unsafe {
            if self.tasks.hides_registers {
                return None;
            }
            let mut frame = self.stacks.running();
            loop {
                let proto = (*frame).proto;
                if (*proto).is_async() {
                    return Some(frame);
                }
                if (*proto).is_native() || (*frame).flags & BARRIER != 0 {
                    return None;
                }
                frame = frame.sub(1);
            }
        }
    }

    /// Puts the frames of the running task aside until a promise has settled. The value
    /// that the promise gives goes into the register at `places.0`; from `places.1` on
    /// the running frame has none that is read later.
    ///
    /// # Safety
    /// `lowest` is from [`Vm::lowest_of_task`]; the places are within the running frame.
    pub(super) unsafe fn put_aside(
        &mut self,
        lowest: *mut Frame,
        promise: Value,
        places: (*mut Value, *mut Value),
        wait_for: WaitFor,
    ) -> Fallible {
        // SAFETY: the frames are live and complete; nothing but what is read here is kept of
        // them.
        unsafe {
            self.tasks.stats.waits += 1;
            let top = self.stacks.running();
            self.end_borrows(lowest, top);
            let count = top.offset_from(lowest) as usize + 1;
            let from = (*lowest).base.sub(1);
            let values = places.1.max(places.0.add(1)).offset_from(from) as usize;
            let task = self.task_at(lowest, count * FRAME_WORDS + values);
            let object = task.task().ptr();
            let own = (*object).promise;
            if own.promise().is_pending() {
                self.heap.set_task(own, task);
            }
            (*object).header.form = wait_for as u8;
            (*object).frames = count as u32;
            (*object).header.aux = values as u32;
            (*object).result = places.0.offset_from(from) as u32;
            let to = saved_frames(object);
            for i in 0..count {
                let frame = lowest.add(i);
                to.add(i).write(FrameAtRest {
                    proto: (*frame).proto.cast(),
                    pc: (*frame).pc.cast(),
                    base: (*frame).base.offset_from(from) as u32,
                    flags: (*frame).flags & KEPT | self.constructs(frame, i > 0),
                });
            }
            let to = saved_values(object);
            for i in 0..values {
                let value = *from.add(i);
                to.add(i).write(value);
                self.heap.write_barrier(object.cast(), value);
            }
            self.heap.set_waits_for(task, promise);
            if promise.promise().is_pending() {
                self.heap.add_waiter(promise, task);
            } else {
                self.queue(task, promise);
            }
            self.tasks.leaving = (lowest, own);
            Err(Box::new(Fault::Waiting))
        }
    }

    /// The object for the frames from `lowest` on: that of the task, if it has waited before
    /// and there is room in it.
    ///
    /// # Safety
    /// As for [`Vm::put_aside`].
    unsafe fn task_at(&mut self, lowest: *mut Frame, words: usize) -> Value {
        let promise = if lowest == self.tasks.lowest {
            let task = self.tasks.current;
            if task.task().capacity >= words as u64 {
                return task;
            }
            task.task().promise
        } else {
            // SAFETY: the caller's promise.
            unsafe { self.share_arguments(lowest) };
            self.tasks.alive += 1;
            self.tasks.stats.tasks += 1;
            let promise = self.heap.new_promise();
            promise.promise().mark_of_task();
            promise
        };
        let task = self.heap.new_task(promise, words);
        if lowest == self.tasks.lowest {
            let ended = self.tasks.current.task().ended;
            let view = task.task();
            put!(view.ended = ended);
            self.tasks.current = task;
        }
        task
    }

    /// The call is about to end while the task goes on: arguments that the caller has only
    /// lent get a further owner.
    ///
    /// # Safety
    /// `lowest` is an async function's frame.
    unsafe fn share_arguments(&mut self, lowest: *mut Frame) {
        // SAFETY: parameters are initialised registers.
        unsafe {
            let proto: &Proto = &*(*lowest).proto;
            let base = (*lowest).base;
            for i in 0..proto.parameters() {
                let value = *base.add(i);
                // Method calls do not lend the receiver.
                match i == 0 && proto.is_method {
                    true => value.share(),
                    false => value.share_if_borrowed(),
                }
            }
        }
    }

    /// Gives the values that the calls of these frames have borrowed a further owner
    /// instead: calls that are interleaved do not end in the order in which they began.
    ///
    /// # Safety
    /// The frames are live.
    unsafe fn end_borrows(&mut self, lowest: *mut Frame, top: *mut Frame) {
        // SAFETY: the caller's promise; borrowed objects are roots while they are in the
        // list.
        unsafe {
            self.lent.share_from(lowest);
            let mut height = self.stacks.borrows.len();
            let mut frame = lowest;
            while frame <= top {
                if (*frame).flags & BORROWS != 0 {
                    height = height.min((*frame).borrow_height as usize);
                    (*frame).flags &= !BORROWS;
                }
                frame = frame.add(1);
            }
            for object in self.stacks.borrows.drain(height..) {
                (*object).flags = (*object).flags & !BORROWED | SHARED;
            }
        }
    }

    /// Where the call of an async function goes on whose task waits, if its frame is the one
    /// to be left now.
    ///
    /// # Safety
    /// `frame` is the running one.
    pub(in crate::vm) unsafe fn land(&mut self, frame: *mut Frame) -> bool {
        if frame != self.tasks.leaving.0 {
            return false;
        }
        let promise =
            std::mem::replace(&mut self.tasks.leaving, (std::ptr::null_mut(), Value::NULL)).1;
        // SAFETY: an async function has a landing, and the register is one of the frame's.
        unsafe {
            let landing = (*(*frame).proto).landing();
            *(*frame).base.add(landing.register as usize) = promise;
            (*frame).pc = (*(*frame).proto).code.add(landing.target as usize);
        }
        true
    }

    /// Pushes the frames of a task above the running one; its lowest frame, and where what
    /// it has waited for goes.
    ///
    /// # Errors
    /// If there is no room for them.
    pub(super) fn push_task(
        &mut self,
        task: Value,
    ) -> Result<(*mut Frame, *mut Value), Box<Fault>> {
        // SAFETY: the frames go above the running one, as they were; what they name belongs
        // to the machine.
        unsafe {
            let object = task.task().ptr();
            let outer = self.stacks.running();
            let count = (*object).frames as usize;
            let values = (*object).header.aux as usize;
            let to = (*outer).base.add((*(*outer).proto).registers as usize + 1);
            let last = outer.wrapping_add(count);
            let top = to.wrapping_add(values + SLACK);
            if last >= self.stacks.frame_limit || top > self.stacks.values_limit {
                return Err(stack_overflow());
            }
            std::ptr::copy_nonoverlapping(saved_values(object), to, values);
            let height = self.stacks.borrows.len() as u32;
            for i in 0..count {
                let rest = *saved_frames(object).add(i);
                let frame = outer.add(1 + i);
                let entry = if i == 0 { ENTRY } else { 0 };
                frame.write(Frame {
                    proto: rest.proto.cast(),
                    pc: rest.pc.cast::<Instr>(),
                    base: to.add(rest.base as usize),
                    borrow_height: height,
                    flags: rest.flags | entry,
                    native_sp: 0,
                });
                self.stacks.push(frame);
            }
            // The registers of the running frame above those that were saved are free.
            let running = self.stacks.running();
            let end = (*running).base.add((*(*running).proto).registers as usize);
            let mut at = to.add(values);
            while at < end {
                *at = Value::NULL;
                at = at.add(1);
            }
            Ok((outer.add(1), to.add((*object).result as usize)))
        }
    }

    /// The flag of the frame of an `init` that compiled code has called: what it knows by the
    /// place in the code, the interpreter knows by the flag.
    ///
    /// # Safety
    /// `frame` is live, and so is the one below it if it is `called`.
    unsafe fn constructs(&self, frame: *mut Frame, called: bool) -> u32 {
        // SAFETY: the caller's promise; methods are called with their receiver in register
        // 0, and by value with themselves below that.
        unsafe {
            let proto = (*frame).proto;
            let flags = (*frame).flags;
            if !called || !(*proto).is_method || flags & (CONSTRUCTS | GENERATOR) != 0 {
                return 0;
            }
            let instance = *(*frame).base;
            if !matches!(instance.kind(), Some(Kind::Struct | Kind::Object)) {
                return 0;
            }
            let info = instance.instance_type();
            let init = info
                .method(self.names.init)
                .map(|init| info.methods[init].function);
            if init != Some(*(*frame).base.sub(1)) {
                return 0;
            }
            let caller = frame.sub(1);
            let call = (*(*caller).proto).instruction_before((*caller).pc);
            match call.op() {
                Op::Call => CONSTRUCTS,
                _ => 0,
            }
        }
    }
}
