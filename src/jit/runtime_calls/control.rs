//! How calls, returns and faults of compiled code go on where it needs more than
//! machine code: a function without code, a frame with something to do when it is left,
//! a fault that looks for its handler. Each of these has a stub of its own. Throwing, and
//! what other threads ask for.

use super::helper;
use crate::bytecode::Op;
use crate::runtime::{Context, Fault};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::call::ReturnTo;
use crate::vm::interrupts::Doing;
use crate::vm::native::{Pair, status};
use crate::vm::proto::{Proto, find_entry};
use crate::vm::stack::{Frame, GENERATOR};

/// Takes the machine's fault to a handler within this run of compiled code, or out
/// of it: the address to go on at, and the stack pointer there.
///
/// # Safety
/// Called by the stub.
pub unsafe extern "C" fn throw(vm: *mut Vm, sp: *mut u64) -> Pair {
    // SAFETY: compiled code passes its machine; the running frame is one of this run.
    unsafe {
        let vm = &mut *vm;
        let fault = vm.native.fault.take().expect("a fault");
        let fault = if std::mem::take(&mut vm.native.bottom_gone) {
            fault
        } else {
            match vm.unwind(fault) {
                Ok(frame) => {
                    let proto = (*frame).proto;
                    let at = (*frame).pc.offset_from((*proto).code) as usize;
                    let code = (*proto).native.as_ref().expect("it is running");
                    let address = find_entry(&code.inner, at).expect("handlers are entries");
                    clear(sp, (*frame).native_sp);
                    return Pair(address as u64, (*frame).native_sp as u64);
                }
                Err(fault) => fault,
            }
        };
        vm.native.fault = Some(fault);
        clear(sp, vm.native.bottom);
        Pair(vm.native.leave_with_fault as u64, vm.native.bottom as u64)
    }
}

/// Overwrites the machine frames that are left: what their slots hold would be found in
/// the parts of later frames that are not written yet, and stay alive.
///
/// # Safety
/// Nothing between the addresses is used any more.
unsafe fn clear(from: *mut u64, to: usize) {
    let count = to.saturating_sub(from as usize) / size_of::<u64>();
    for index in 0..count {
        // SAFETY: the caller's promise; volatile, since nothing reads it.
        unsafe { from.add(index).write_volatile(0) };
    }
}

/// Runs a function without compiled code: its value, or 0 for a fault.
///
/// # Safety
/// Called by the stub, with the caller's frame running.
pub unsafe extern "C" fn interpret(vm: *mut Vm, proto: *const Proto, base: *mut Value) -> u64 {
    // SAFETY: compiled code passes its machine; the arguments are at `base`.
    unsafe {
        let vm = &mut *vm;
        vm.native.reset_limit();
        let result = match vm.push_frame(proto, base) {
            Ok(_) => vm.run_entered_in_interpreter(),
            Err(fault) => Err(fault),
        };
        match result {
            Ok(value) => value.bits(),
            Err(fault) => {
                vm.native.fault = Some(fault);
                0
            }
        }
    }
}

/// Finishes a frame with something to do when it is left: the value and whether it
/// yielded; 0 for a fault.
///
/// # Safety
/// Called by the stub; `frame` is the frame that has just returned.
pub unsafe extern "C" fn leave(vm: *mut Vm, frame: *mut Frame, value: Value, flag: u64) -> Pair {
    // SAFETY: compiled code passes its machine.
    unsafe {
        let vm = &mut *vm;
        if flag == status::YIELDED && (*frame).flags & GENERATOR != 0 {
            return Pair(value.bits(), status::YIELDED);
        }
        match vm.leave(frame, value) {
            ReturnTo::Caller(value) => Pair(value.bits(), status::RETURNED),
            ReturnTo::Loop => Pair(Value::NULL.bits(), status::RETURNED),
            ReturnTo::Rust(_) => unreachable!("entered by compiled code"),
            ReturnTo::Fault(fault) => {
                vm.native.fault = Some(fault);
                Pair(0, 0)
            }
        }
    }
}

helper! {
    fn raise(vm, at) {
        let value = at.get(at.a());
        Err(match at.op() {
            Op::Throw => Context::throw(vm, value),
            Op::ThrowFrom => vm.throw_from(value, at.get(at.b())),
            Op::ThrowMismatch => vm.mismatch(value, at.constant(at.c())),
            _ => {
                vm.errors.pending = value;
                Box::new(Fault::Thrown)
            }
        })
    }

    fn poll(vm, _at) {
        match vm.handle_interrupts(Doing::Code) {
            Some(fault) => Err(fault),
            None => Ok(0),
        }
    }

    /// The place is after the word that is asked about.
    fn tier_up(vm, at) {
        let frame = vm.stacks.raw();
        // SAFETY: the running frame and its proto are live.
        let word = unsafe { at.pc.offset_from((*(*frame).proto).code) - 1 };
        // SAFETY: as above; compiled code has stored every register.
        let address = unsafe { vm.tier_up(frame, word as u32) };
        if address.is_null() {
            return Ok(0);
        }
        vm.native.value = Value::from_bits(address as u64);
        Ok(1)
    }
}
