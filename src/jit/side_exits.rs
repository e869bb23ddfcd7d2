//! The way from compiled code back to the interpreter where an assumption fails: a side
//! exit. A [`DeoptPoint`](super::deopt::DeoptPoint) says at which instruction the
//! interpreter goes on and which machine registers hold values of the frame. The interpreter does that
//! instruction again, notes what it met, and hands the frame back at the next loop
//! header.

use super::deopt::ExitReason;
use super::regs::CACHE;
use super::runtime_calls::arith;
use super::{Function, Jit, log};
use crate::bytecode::Instr;
use crate::bytecode::op::{Feedback, SEEN_OTHER};
use crate::heap::object::{GeneratorObj, GeneratorState};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::interp;
use crate::vm::native::{Pair, status};
use crate::vm::proto::Proto;
use crate::vm::stack::{ENTRY, Frame, GENERATOR, NATIVE_ENTRY, RESUMABLE};
use crate::vm::unwind::write_back;
use std::ptr::null;

/// A speculation has failed: the interpreter goes on with the running frame, to its
/// end or to a place where compiled code takes it back. A value or an address, and
/// [`status`].
///
/// # Safety
/// Called by the stub, which has saved the machine registers.
pub unsafe extern "C" fn exit(vm: *mut Vm, number: u64) -> Pair {
    // SAFETY: compiled code passes its machine; the exit is one of the code that runs
    // the frame, and names registers of it.
    unsafe {
        let vm = &mut *vm;
        let frame = vm.stacks.raw();
        let proto = (*frame).proto as *mut Proto;
        let (at, reason) = restore_frame(vm, frame, number as usize);
        if Jit::of(vm).is_some_and(|jit| jit.policy.log) {
            log::side_exit(vm, frame, reason);
        }
        note_operands(frame, reason);
        count_exit(vm, proto, number as usize, at, reason);
        resume(vm, frame)
    }
}

/// The interpreter goes on with the running frame, and with those that it was called by up
/// to `frame`, which compiled code has left: to its end or to a place where compiled code
/// takes it back. A value or an address, and [`status`].
///
/// # Safety
/// Called by the stub, or for it.
pub unsafe extern "C" fn resume(vm: *mut Vm, frame: *mut Frame) -> Pair {
    // SAFETY: compiled code passes its machine; the frame is one that it ran.
    unsafe {
        let vm = &mut *vm;
        let proto = (*frame).proto as *mut Proto;
        let before = (*frame).flags;
        (*frame).flags = before & !NATIVE_ENTRY | ENTRY | RESUMABLE;
        vm.native.resume = null();
        let generator =
            (before & GENERATOR != 0).then(|| (*(*frame).base.sub(2)).as_pointer::<GeneratorObj>());
        let result = interp::run_interpreted(vm);
        let outside = before & (ENTRY | NATIVE_ENTRY);
        match result {
            Ok(_) if !vm.native.resume.is_null() => {
                let address = std::mem::replace(&mut vm.native.resume, null());
                (*frame).flags = (*frame).flags & !(ENTRY | RESUMABLE) | outside;
                Pair(address as u64, status::RESUME)
            }
            Ok(value) => {
                // Everything else that there was to do has been done.
                (*frame).flags = outside;
                let yielded = generator.is_some_and(|generator| {
                    (*generator).header.form == GeneratorState::Suspended as u8
                });
                if yielded {
                    vm.native.value = value;
                    (*frame).flags |= GENERATOR;
                    return Pair(value.bits(), status::YIELDED);
                }
                Pair(value.bits(), status::RETURNED)
            }
            Err(fault) => {
                (*frame).flags = outside;
                if before & ENTRY == 0 && (*proto).is_mutating() {
                    write_back(frame.sub(1));
                }
                vm.native.bottom_gone = before & NATIVE_ENTRY != 0;
                vm.native.fault = Some(fault);
                Pair(0, status::FAULT)
            }
        }
    }
}

/// Stores the values of a frame that are in machine registers, and sets its `pc` to the
/// word that the interpreter goes on at: that, and why the code was left.
///
/// # Safety
/// The frame is run by the code whose deoptimisation point this is.
unsafe fn restore_frame(vm: &Vm, frame: *mut Frame, number: usize) -> (usize, ExitReason) {
    let jit = Jit::of(vm).expect("code has a compiler");
    let point = &jit.deopt_points[number];
    let at = point.at() as usize;
    // SAFETY: the caller's promise.
    unsafe {
        (*frame).pc = (*(*frame).proto).code.add(at);
        for &(register, saved) in point.values() {
            let bits = vm.native.saved[saved as usize];
            *(*frame).base.add(register as usize) = match saved as usize >= CACHE.len() {
                true => Value::float(f64::from_bits(bits)),
                false => Value::from_bits(bits),
            };
        }
    }
    (at, point.reason())
}

/// Counts a side exit of a function by its number, at a word; compiles a new version if there have
/// been enough of them.
///
/// # Safety
/// `proto` is loaded.
unsafe fn count_exit(vm: &mut Vm, proto: *mut Proto, number: usize, at: usize, reason: ExitReason) {
    let Some(jit) = Jit::of_mut(vm) else {
        return;
    };
    jit.stats.exits += 1;
    // SAFETY: the caller's promise; `at` is one of its words.
    unsafe {
        let word = *(*proto).code.add(at);
        let Function::Compiled(history) = jit.function(&*proto) else {
            return;
        };
        // A call that was active when the version was replaced says nothing of the new one.
        if !history.has_exit(number) {
            return;
        }
        let is_news = reason == ExitReason::Unreached;
        if !history.count_exit(at, word, is_news) || vm.compile(proto) {
            return;
        }
        // The version that there is still works.
        if let Some(jit) = Jit::of_mut(vm)
            && let Function::Compiled(history) = jit.function(&*proto)
        {
            history.reset();
        }
    }
}

/// Notes what an instruction has met that its code did not expect.
///
/// # Safety
/// The frame is before the instruction.
pub(super) unsafe fn note_operands(frame: *mut Frame, reason: ExitReason) {
    // SAFETY: the caller's promise; code is the machine's own memory.
    unsafe {
        let word = (*frame).pc as *mut Instr;
        let flags = (*word).flags();
        let consts = (*(*frame).proto).consts;
        let more = match reason {
            // The next version of the function checks nothing there.
            ExitReason::LoopEntry => 0,
            // Its cache says what it will have met.
            ExitReason::Unreached => 0,
            // Optimised code counts them by itself.
            ExitReason::Part => 0,
            ExitReason::Operands => match (*word).op().feedback() {
                Feedback::None => 0,
                Feedback::Surprise => SEEN_OTHER,
                Feedback::Kinds => arith::operands(*word, (*frame).base, consts)
                    .map_or(0, |(x, y)| arith::seen(flags, x, y)),
            },
        };
        *word = (*word).with_flags(flags | more);
    }
}
