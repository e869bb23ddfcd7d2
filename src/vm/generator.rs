//! Generators: from a frame to an object and back. A suspended generator keeps
//! its registers in the object; while it runs they lie on the value stack, in a
//! frame above that of the code that asked: a loop, which the interpreter serves
//! without leaving its own, or a built-in.
//!
//! A running generator's frame has the generator itself two slots below its base,
//! so that it can be found there and stays alive.

use super::Vm;
use super::call::stack_overflow;
use super::interp;
use super::proto::Proto;
use super::stack::{BARRIER, ENTRY, Frame, GENERATOR, REENTRY_WEIGHT};
use crate::heap::object::*;
use crate::runtime::{Context, ErrorKind, Fallible, Fault};
use crate::value::Value;

/// The generator of a [`GENERATOR`] frame.
///
/// # Safety
/// `base` is such a frame's base.
#[inline(always)]
unsafe fn generator_at(base: *mut Value) -> *mut GeneratorObj {
    // SAFETY: `resume` put it there.
    unsafe { (*base.sub(2)).as_pointer() }
}

impl Vm {
    /// `MakeGenerator`: an object with the first `count` registers of the frame,
    /// which goes on after `pc`.
    ///
    /// # Safety
    /// `frame` is the running one and has just been entered.
    #[inline(never)]
    pub(crate) unsafe fn make_generator(&mut self, frame: *mut Frame, count: usize) -> Value {
        // SAFETY: registers below `count` hold parameters, and the slot below
        // them the closure if there is one.
        unsafe {
            let (proto, base) = ((*frame).proto, (*frame).base);
            let generator = self.heap.new_generator((*proto).registers as usize);
            for i in 0..count {
                let value = *base.add(i);
                // Method calls do not lend the receiver they may update.
                if i == 0 && (*proto).is_method {
                    value.share();
                } else {
                    value.share_if_borrowed();
                }
            }
            if (*proto).has_captures {
                (*generator).function = *base.sub(1);
            }
            (*generator).proto = proto as *mut _;
            self.save(generator, base, (*frame).pc, count);
            Value::pointer(generator)
        }
    }

    /// Copies the first `count` registers at `base` into the generator.
    ///
    /// # Safety
    /// The generator has room for them.
    #[inline(always)]
    unsafe fn save(
        &mut self,
        generator: *mut GeneratorObj,
        base: *mut Value,
        pc: *const crate::bytecode::Instr,
        count: usize,
    ) {
        // SAFETY: the caller's promise.
        unsafe {
            (*generator).pc = pc.cast();
            (*generator).header.aux = count as u32;
            (*generator).header.form = GeneratorState::Suspended as u8;
            let to = trailing(generator, 0);
            for i in 0..count {
                let value = *base.add(i);
                *to.add(i) = value;
                self.heap.write_barrier(generator.cast(), value);
            }
        }
    }

    /// `Yield`: puts the running generator's frame back into its object and takes
    /// it down.
    ///
    /// # Safety
    /// `frame` is the running one, a [`GENERATOR`] frame with its `pc` saved.
    #[inline(always)]
    pub(crate) unsafe fn suspend(&mut self, frame: *mut Frame, count: usize) {
        // SAFETY: the caller's promise.
        unsafe {
            let base = (*frame).base;
            self.save(generator_at(base), base, (*frame).pc, count);
            self.stacks.pop(frame);
        }
    }

    /// Pushes the frame of a generator that is to go on; false if it has ended.
    ///
    /// # Safety
    /// `generator` is one; the running frame's `pc` is saved.
    #[inline(always)]
    pub(crate) unsafe fn resume(
        &mut self,
        generator: Value,
        special: u32,
    ) -> Result<bool, Box<Fault>> {
        // SAFETY: the registers go above those of the running frame.
        unsafe {
            let object: *mut GeneratorObj = generator.as_pointer();
            let state = (*object).header.form;
            if state != GeneratorState::Suspended as u8 {
                if state == GeneratorState::Done as u8 {
                    return Ok(false);
                }
                return Err(already_running());
            }
            let outer = self.stacks.running();
            let base = (*outer).base.add((*(*outer).proto).registers as usize + 2);
            let proto: *const Proto = (*object).proto.cast();
            let frame = self.push_frame(proto, base)?;
            *base.sub(2) = generator;
            *base.sub(1) = (*object).function;
            let from = trailing(object, 0);
            for i in 0..(*object).header.aux as usize {
                *base.add(i) = *from.add(i);
            }
            (*frame).pc = (*object).pc.cast();
            (*frame).flags = GENERATOR | special;
            (*object).header.form = GeneratorState::Running as u8;
            (*object).header.aux = 0;
            Ok(true)
        }
    }

    /// The generator whose frame is being left for good has ended.
    ///
    /// # Safety
    /// `frame` is a [`GENERATOR`] frame.
    pub(crate) unsafe fn end_generator(&mut self, frame: *mut Frame) {
        // SAFETY: the caller's promise.
        unsafe {
            let generator = generator_at((*frame).base);
            (*generator).header.form = GeneratorState::Done as u8;
            (*generator).function = Value::NULL;
        }
    }

    /// Asks a generator for its next element from Rust.
    pub(crate) fn next_of_generator(&mut self, generator: Value) -> Fallible<Option<Value>> {
        // Code that asks from Rust may pile up what it gets.
        self.poll()?;
        if !self.has_machine_stack() {
            return Err(stack_overflow());
        }
        // SAFETY: the limit is put back on every way out; a pushed frame is run
        // until it yields, returns or throws.
        unsafe {
            let outer = self.begin_code();
            let limit = self.stacks.frame_limit;
            self.stacks.set_frame_limit(limit.sub(REENTRY_WEIGHT - 1));
            let result = match self.resume(generator, ENTRY | BARRIER) {
                Ok(true) => match interp::run(self) {
                    Ok(value) => {
                        let done = generator.header().form == GeneratorState::Done as u8;
                        Ok((!done).then_some(value))
                    }
                    Err(fault) => Err(fault),
                },
                Ok(false) => Ok(None),
                Err(fault) => Err(fault),
            };
            self.stacks.set_frame_limit(limit);
            self.end_declared(outer);
            result
        }
    }
}

#[cold]
fn already_running() -> Box<Fault> {
    Fault::new(ErrorKind::State, "The generator is already running")
}
