//! Calls that Rust code makes: of built-ins that call back, of operators and texts that
//! a method of the program defines, of scripts.

use crate::heap::object::*;
use crate::runtime::{Fallible, Fault};
use crate::value::Value;
use crate::vm::call::{Masks, Outcome, proto_of};
use crate::vm::interrupts::Doing;
use crate::vm::proto::Proto;
use crate::vm::stack::{BARRIER, ENTRY, REENTRY_WEIGHT};
use crate::vm::{Vm, interp};
use std::sync::atomic::Ordering;

impl Vm {
    /// Calls any callable from Rust.
    #[inline]
    pub fn call_value(&mut self, callable: Value, args: &[Value]) -> Fallible {
        self.call_owned(callable, args, 0)
    }

    /// [`Vm::call_value`] where nothing else owns the arguments in the mask `given`.
    #[inline]
    pub fn call_owned(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        let outer = self.begin_call(callable);
        let result = self.call_declared(callable, args, given);
        self.end_declared(outer);
        result
    }

    #[inline]
    fn call_declared(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        if callable.is_kind(Kind::Function) {
            // SAFETY: a function has a proto.
            let proto = unsafe { proto_of(callable) };
            // A method's receiver is an argument here.
            // SAFETY: as above.
            let exact = unsafe { (*proto).max_args as usize + (*proto).is_method as usize };
            if exact == args.len() {
                return self.call_function(proto, callable, args, given);
            }
        }
        self.call_any(callable, args, given)
    }

    /// Calls a function with as many arguments as it takes.
    fn call_function(
        &mut self,
        proto: *const Proto,
        callable: Value,
        args: &[Value],
        given: u8,
    ) -> Fallible {
        // SAFETY: as in `call_any`.
        unsafe {
            let outer = self.stacks.running();
            let window = (*outer).base.add((*(*outer).proto).registers as usize + 1);
            let limit = self.stacks.frame_limit;
            let frame = outer.add(1);
            // The last of the frames that the call counts as.
            let last = frame.wrapping_add(REENTRY_WEIGHT - 1);
            let fits = window <= self.stacks.values_limit && self.has_machine_stack();
            if last >= self.stacks.call_limit.load(Ordering::Relaxed) || !fits {
                self.call_limit_reached(last, fits, Doing::Inside)?;
            }
            *window = callable;
            let mut may_borrow = false;
            for (i, &arg) in args.iter().enumerate() {
                *window.add(1 + i) = arg;
                may_borrow |= arg.is_value_object();
            }
            (*frame).proto = proto;
            (*frame).pc = (*proto).code;
            (*frame).base = window.add(1);
            (*frame).flags = ENTRY | BARRIER;
            self.stacks.push(frame);
            if may_borrow {
                let masks = Masks {
                    kept: !given,
                    exposed: !given,
                    beyond: true,
                };
                self.borrow_args(args.len(), masks);
            }
            self.stacks.set_frame_limit(limit.sub(REENTRY_WEIGHT - 1));
            let result = match self.run_if_compiled(frame) {
                Some(result) => result,
                None => interp::run(self),
            };
            self.stacks.set_frame_limit(limit);
            result
        }
    }

    #[inline(never)]
    fn call_any(&mut self, callable: Value, args: &[Value], given: u8) -> Fallible {
        // SAFETY: the window lies above the running frame's registers; the limit
        // is put back on every way out; a pushed frame is run to its end.
        unsafe {
            let outer = self.stacks.running();
            let window = (*outer).base.add((*(*outer).proto).registers as usize + 1);
            let limit = self.stacks.frame_limit;
            self.stacks.set_frame_limit(limit.sub(REENTRY_WEIGHT - 1));
            if outer.add(1) >= self.stacks.frame_limit
                || window.wrapping_add(args.len()) > self.stacks.values_limit
                || !self.has_machine_stack()
            {
                self.stacks.set_frame_limit(limit);
                return Err(self.no_room_for_call());
            }
            *window = callable;
            for (i, &arg) in args.iter().enumerate() {
                *window.add(1 + i) = arg;
            }
            let result = if callable.is_kind(Kind::Native) {
                // The frame keeps what the built-in calls clear of its arguments.
                let mut own = None;
                let proto = self.native_frame(args.len(), &mut own);
                self.push_frame(proto, window.add(1)).and_then(|frame| {
                    let index = (*callable.as_pointer::<NativeObj>()).index as usize;
                    let result = self.call_native(index, window.add(1), args.len(), 0xff);
                    self.stacks.pop(frame);
                    result
                })
            } else {
                let masks = Masks {
                    kept: !given,
                    exposed: !given,
                    beyond: true,
                };
                match self.call_window(window, args.len(), masks) {
                    Ok(Outcome::Value(value)) => Ok(value),
                    Ok(Outcome::Entered) => {
                        (*self.stacks.raw()).flags |= ENTRY | BARRIER;
                        let result = interp::run(self);
                        debug_assert!(self.stacks.raw() == outer);
                        result
                    }
                    Err(fault) => Err(fault),
                }
            };
            self.stacks.set_frame_limit(limit);
            result
        }
    }

    /// Runs loaded function `number` (a script) from the outermost level, and what it has
    /// started to its end.
    ///
    /// # Errors
    /// An error that the script did not catch; the value is in [`Vm::take_error`].
    pub fn run_script(&mut self, number: u32) -> Fallible {
        self.run_loaded(number, Vm::drain)
    }

    /// [`Vm::run_script`] for one after which others follow: tasks that it has left go on
    /// without it.
    ///
    /// # Errors
    /// As above.
    pub fn run_input(&mut self, number: u32) -> Fallible {
        self.run_loaded(number, Vm::poll_tasks)
    }

    fn run_loaded(&mut self, number: u32, then: impl FnOnce(&mut Vm) -> Fallible<()>) -> Fallible {
        // SAFETY: protos live as long as the machine.
        let script = unsafe { (*self.code.protos[number as usize]).value };
        let result = self.with_stack_roots(|vm| {
            let value = vm.call_value(script, &[])?;
            vm.with_root(value, then)?;
            Ok(value)
        });
        // Faults that did not pass through a frame (no frame could be pushed).
        result.map_err(|fault: Box<Fault>| match *fault {
            Fault::Error { .. } => {
                self.errors.pending = self.error_from_fault(&fault);
                Box::new(Fault::Thrown)
            }
            _ => fault,
        })
    }
}
