//! Calls that compiled code does not make by itself. A function of the program
//! gets its frame pushed here; its code is for the stub to run.

use super::{Status, helper};
use crate::bytecode::op::ReceiverPlace;
use crate::runtime::Fault;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::{Masks, Outcome, proto_of, stack_overflow};
use crate::vm::fields::NUMBER;
use crate::vm::interp;
use crate::vm::method_cache::kind_code;
use crate::vm::proto::Proto;
use crate::vm::stack::{BORROWS, ENTRY};
use crate::vm::unwind::write_back;

fn masks(at: &super::At) -> (usize, Masks) {
    let masks = Masks {
        kept: at.word.flags(),
        exposed: (at.b() >> 8) as u8,
        beyond: false,
    };
    (at.b() & 0xff, masks)
}

/// Where the receiver of a method call is.
fn place_of(at: &super::At) -> ReceiverPlace {
    let place = at.op().receiver_place(at.word.b());
    place.unwrap_or(ReceiverPlace::Temporary)
}

impl Vm {
    /// The code of the frame just pushed, compiled now if it is hot.
    pub(in crate::jit) fn code_of_entered(&mut self) -> Option<*const u8> {
        // SAFETY: the running frame and its proto are live.
        unsafe {
            let frame = self.stacks.raw();
            let proto = (*frame).proto as *mut Proto;
            (*proto).heat = (*proto).heat.saturating_sub(1);
            if (*proto).heat >= 0 && (*proto).native.is_none() {
                return None;
            }
            self.code_for(frame)
        }
    }

    /// Runs the frame just pushed in the interpreter, to its end or a `yield`.
    pub(in crate::jit) fn run_entered_in_interpreter(&mut self) -> Result<Value, Box<Fault>> {
        // SAFETY: the running frame is live; it is taken down on every way out.
        unsafe {
            let frame = self.stacks.raw();
            if !self.has_machine_stack() {
                if (*frame).flags & BORROWS != 0 {
                    self.release_borrows((*frame).borrow_height);
                }
                self.stacks.pop(frame);
                return Err(stack_overflow());
            }
            (*frame).flags |= ENTRY;
            let result = interp::run(self);
            if result.is_err() && (*(*frame).proto).is_mutating() {
                write_back(frame.sub(1));
            }
            result
        }
    }

    /// Handles the outcome of a call: the stub goes on with the status.
    fn carry_on(&mut self, window: *mut Value, outcome: Outcome) -> Result<Status, Box<Fault>> {
        let value = match outcome {
            Outcome::Value(value) => value,
            Outcome::Entered => {
                if let Some(code) = self.code_of_entered() {
                    return Ok(code as Status);
                }
                self.run_entered_in_interpreter()?
            }
        };
        // SAFETY: the call's own slot.
        unsafe { *window = value };
        super::room(self)
    }
}

helper! {
    fn call(vm, at) {
        let (nargs, masks) = masks(&at);
        let window = at.place(at.a());
        // SAFETY: the window is in the running frame, whose `pc` is saved.
        let outcome = unsafe { vm.call_window(window, nargs, masks)? };
        vm.carry_on(window, outcome)
    }

    /// `CallK` with arguments to borrow.
    fn call_constant(vm, at) {
        let (nargs, masks) = masks(&at);
        let window = at.place(at.a());
        // SAFETY: as above; the constant is a function with so many parameters.
        unsafe {
            vm.push_frame(proto_of(at.constant(at.c())), window.add(1))?;
            vm.borrow_args(nargs, masks);
        }
        vm.carry_on(window, Outcome::Entered)
    }

    fn call_method(vm, at, cached) {
        let (nargs, masks) = masks(&at);
        let window = at.place(at.a());
        let (name, place) = (at.constant(at.c()), place_of(&at));
        // SAFETY: as above; the cache word is the instruction's.
        let outcome =
            unsafe { vm.call_method_slow(window, nargs, masks, place, name, at.cache())? };
        vm.carry_on(window, outcome)
    }

    fn call_spread(vm, at) {
        let window = at.place(at.a());
        // SAFETY: as above.
        let outcome = unsafe { vm.call_spread(window)? };
        vm.carry_on(window, outcome)
    }

    fn call_path(vm, at) {
        let (nargs, masks) = masks(&at);
        let window = at.place(at.a());
        // SAFETY: as above.
        let outcome = unsafe { vm.call_path(window, at.constant(at.c()), nargs, masks)? };
        vm.carry_on(window, outcome)
    }

    /// The window holds the type's `init` and what that has left as its `self`.
    fn check_constructed(vm, at) {
        vm.check_constructed(at.get(at.a() + 1), at.get(at.a()))?;
        Ok(0)
    }

    fn check_mut(vm, at, cached) {
        let receiver = at.get(at.a());
        // SAFETY: the cache word is the instruction's.
        let cache = unsafe { &mut *at.cache() };
        let code = crate::vm::method_cache::kind_code(receiver);
        let mutating = if code == *cache as u32 {
            *cache >> 32 & crate::vm::fields::CHANGES as u64 != 0
        } else {
            vm.check_mut(receiver, at.constant(at.c()), cache)?
        };
        Ok(mutating as i64)
    }

    fn call_native(vm, at) {
        let (nargs, masks) = masks(&at);
        let window = at.place(at.a());
        let kept = masks.kept | masks.exposed;
        // SAFETY: the arguments are registers of the running frame.
        unsafe {
            let args = window.add(1);
            let fast = vm.call_fast(at.c(), args, nargs, kept);
            if !fast.is_absent() {
                *window = fast;
                return Ok(0);
            }
            *window = vm.call_native(at.c(), args, nargs, kept)?;
        }
        super::room(vm)
    }

    /// The cache names a built-in for the receiver, and the place allows it.
    fn call_native_method(vm, at, cached) {
        let (nargs, masks) = masks(&at);
        let window = at.place(at.a());
        let kept = masks.kept | masks.exposed;
        // SAFETY: as above.
        unsafe {
            let cached = *at.cache();
            let receiver = *window.add(1);
            // A receiver of another type may have changed the cache since.
            let cached = if cached as u32 == kind_code(receiver) {
                cached
            } else {
                vm.find_method(receiver, at.constant(at.c()))?.1
            };
            let target = (cached >> 32) as u32;
            let changes = target & crate::vm::fields::CHANGES != 0;
            let index = (target & NUMBER) as usize;
            let fast = if changes {
                vm.call_fast_mutating(index, window.add(1), nargs + 1, kept)
            } else {
                vm.call_fast(index, window.add(1), nargs + 1, kept)
            };
            if !fast.is_absent() {
                *window = fast;
                return Ok(0);
            }
            let place = place_of(&at);
            *window = vm.call_cached_native(window, nargs, kept, target, place)?;
        }
        super::room(vm)
    }

}

helper! {
    fn call_method_spread(vm, at, cached) {
        let window = at.place(at.a());
        let name = at.constant(at.c());
        // SAFETY: as above.
        let outcome =
            unsafe { vm.call_method_spread(window, place_of(&at), name, at.cache())? };
        vm.carry_on(window, outcome)
    }
}
