//! The way into compiled code and out of it: from the interpreter at calls and
//! loop heads, back to it where a speculation failed, and from a fault to its
//! handler. The functions at the end are called by the stubs.

use super::helpers::arith;
use super::regs::CACHE;
use super::stubs::status;
use super::{Reason, find};
use crate::bytecode::op::SEEN_OTHER;
use crate::bytecode::{Instr, Op};
use crate::heap::object::{GeneratorObj, GeneratorState};
use crate::runtime::{Fallible, Fault};
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::interp::{self, slow};
use crate::vm::proto::Proto;
use crate::vm::stack::{ENTRY, Frame, GENERATOR, NATIVE_ENTRY, RESUMABLE};
use crate::vm::unwind::write_back;

/// What came of a frame that compiled code was asked to run.
pub enum Ran {
    /// Nothing: the interpreter goes on.
    Not,
    /// It returned; the frame still stands.
    Returned(Value),
    /// It yielded; the frame is gone.
    Yielded(Value),
    /// It threw; the frame is gone.
    Fault(Box<Fault>),
}

/// Two words, as C functions return them.
#[repr(C)]
pub struct Pair(u64, u64);

/// Machine stack that a frame of compiled code takes at most, with what a stub adds.
const NATIVE_FRAME: usize = 64;
/// Machine stack left for Rust code and the frame's own needs when compiled code is
/// entered.
const RESERVE: usize = 64 << 10;

fn stack_pointer() -> usize {
    let here = 0u8;
    std::hint::black_box(&here) as *const u8 as usize
}

impl Vm {
    /// Whether there is machine stack for another run of the interpreter.
    pub(super) fn has_machine_stack(&self) -> bool {
        stack_pointer() > self.native.stack_limit
    }

    /// The address at which compiled code takes over a frame that stands before its
    /// `pc`: at the function's start, a loop's head, behind a `yield`. Compiles the
    /// function first if it has no code.
    ///
    /// # Safety
    /// `frame` is live.
    pub(super) unsafe fn code_for(&mut self, frame: *mut Frame) -> Option<*const u8> {
        // SAFETY: the caller's promise.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            if (*proto).native.is_none() && !self.compile(proto) {
                (*proto).heat = i32::MAX;
                return None;
            }
            (*proto).heat = -1;
            let code = (*proto).native.as_ref()?;
            let at = (*frame).pc.offset_from((*proto).code) as usize;
            if at == 0 {
                Some(code.framed)
            } else {
                find(&code.outer, at)
            }
        }
    }

    /// Runs a hot frame in compiled code, as far as that can be done.
    ///
    /// # Safety
    /// `frame` is the running one; its `pc` is saved. `caller` is where the
    /// machine stack begins that may hold roots: below it lie only frames of the
    /// interpreter, which have none while this runs, and the registers that callers
    /// keep are above.
    #[cold]
    #[inline(never)]
    pub(in crate::vm) unsafe fn run_hot(&mut self, frame: *mut Frame, caller: *const u64) -> Ran {
        // SAFETY: the caller's promise.
        unsafe {
            if stack_pointer() < self.native.stack_limit + RESERVE {
                // The interpreter needs no machine stack to go deeper.
                return Ran::Not;
            }
            match self.code_for(frame) {
                Some(code) => self.run_native(frame, code, caller),
                None => Ran::Not,
            }
        }
    }

    /// Runs a frame that Rust code has just made, if its function has compiled code,
    /// without the interpreter's part in it.
    ///
    /// # Safety
    /// `frame` is the running one and stands at its function's start.
    #[inline]
    pub(in crate::vm) unsafe fn run_if_compiled(&mut self, frame: *mut Frame) -> Option<Fallible> {
        // SAFETY: the caller's promise. Compiled code keeps no root below its entry
        // but in frames of its own, so that no part of the stack is left out.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            let code = (*proto).native.as_ref()?.framed;
            if stack_pointer() < self.native.stack_limit + RESERVE {
                return None;
            }
            let plain = (*frame).special == ENTRY;
            let ran = self.run_native(frame, code, std::ptr::null());
            self.finish(frame, ran, plain)
        }
    }

    /// What leaves a frame that Rust code has entered; `None` if it is yet to be run.
    /// A `plain` one has nothing to do when it is left.
    ///
    /// # Safety
    /// `frame` was the running one when it was entered, and `ran` is what came of it.
    #[inline]
    pub(in crate::vm) unsafe fn finish(
        &mut self,
        frame: *mut Frame,
        ran: Ran,
        plain: bool,
    ) -> Option<Fallible> {
        // SAFETY: the caller's promise: where the frame still stands it has returned.
        unsafe {
            Some(match ran {
                Ran::Not => return None,
                Ran::Returned(value) if plain => {
                    self.frame = frame.sub(1);
                    Ok(value)
                }
                Ran::Returned(value) => match self.leave(frame, value) {
                    slow::Left::Rust(result) => result,
                    slow::Left::Fault(fault) => Err(fault),
                    slow::Left::Caller(value) => Ok(value),
                    slow::Left::Loop => Ok(Value::NULL),
                },
                Ran::Yielded(value) => Ok(value),
                Ran::Fault(fault) => Err(fault),
            })
        }
    }

    #[inline]
    unsafe fn run_native(&mut self, frame: *mut Frame, code: *const u8, caller: *const u64) -> Ran {
        type Enter = unsafe extern "C" fn(*mut Vm, *mut Frame, *mut Value, *const u8) -> Pair;
        self.jit.stats.entered += 1;
        let machine = self.jit.machine.as_ref().expect("there is code");
        // SAFETY: the stub has this type and stays in place; the frame is the
        // running one, and `code` takes it over.
        unsafe {
            let enter: Enter = std::mem::transmute(machine.stubs.enter);
            let (limit, bottom) = (self.native.room, self.native.bottom);
            let room = (stack_pointer() - self.native.stack_limit - RESERVE / 2) / NATIVE_FRAME;
            let room = room.min(self.frame_limit.offset_from(frame).max(0) as usize);
            self.native.set_limit(frame.add(room));
            self.native.attention = self.attention.as_ptr().cast();
            let generator = (*frame).special & GENERATOR != 0;
            (*frame).special |= NATIVE_ENTRY;
            if let Some(outer) = self.jit.holes.last_mut() {
                outer.0 = bottom as *const u64;
            }
            self.jit.holes.push((std::ptr::null(), caller));
            let Pair(value, how) = enter(self, frame, (*frame).base, code);
            self.jit.holes.pop();
            self.native.set_limit(limit);
            self.native.bottom = bottom;
            match how {
                status::FAULT => Ran::Fault(self.jit.fault.take().expect("a fault")),
                status::YIELDED if generator => {
                    (*frame).special &= !NATIVE_ENTRY;
                    Ran::Yielded(Value::from_bits(value))
                }
                _ => {
                    (*frame).special &= !NATIVE_ENTRY;
                    self.frame = frame;
                    Ran::Returned(Value::from_bits(value))
                }
            }
        }
    }

    /// Whether compiled code goes on with a frame that it left to the interpreter,
    /// which stands before its `pc`.
    ///
    /// # Safety
    /// `frame` is the running one.
    #[cold]
    #[inline(never)]
    pub(in crate::vm) unsafe fn take_back(&mut self, frame: *mut Frame) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            (*proto).heat = -1;
            let Some(code) = &(*proto).native else {
                return false;
            };
            let at = (*frame).pc.offset_from((*proto).code) as usize;
            match find(&code.inner, at) {
                Some(address) => {
                    self.jit.resume = address;
                    true
                }
                None => false,
            }
        }
    }

    /// Counts a failed speculation in a function, at a word; compiles it anew if there
    /// have been enough of them.
    unsafe fn count_exit(&mut self, proto: *mut Proto, at: usize) {
        self.jit.stats.exits += 1;
        // SAFETY: `proto` is loaded.
        unsafe {
            let Some(code) = &mut (*proto).native else {
                return;
            };
            code.exits += 1;
            // The interpreter may have noted it since the function was compiled.
            code.taught |= (*(*proto).code.add(at)).flags() != code.feedback[at];
            if code.is_outdated() && !self.compile(proto) {
                // What there is still works.
                if let Some(code) = &mut (*proto).native {
                    (code.exits, code.taught) = (0, false);
                }
            }
        }
    }
}

/// Notes what an instruction has met that its code did not expect.
///
/// # Safety
/// The frame stands before the instruction.
unsafe fn learn(frame: *mut Frame, reason: Reason) {
    // SAFETY: the caller's promise; code is the machine's own memory.
    unsafe {
        let word = (*frame).pc as *mut Instr;
        let flags = (*word).flags();
        let consts = (*(*frame).proto).consts;
        let more = match reason {
            // The next version of the function checks nothing there.
            Reason::Head => 0,
            Reason::Operands => match arith::operands(*word, (*frame).base, consts) {
                Some((x, y)) => arith::seen(flags, x, y),
                None => match (*word).op() {
                    Op::GetField
                    | Op::SetField
                    | Op::FieldMut
                    | Op::GetIndex
                    | Op::SetIndex
                    | Op::IndexMut
                    | Op::NewStruct
                    | Op::RangeInit => SEEN_OTHER,
                    _ => 0,
                },
            },
        };
        *word = (*word).with_flags(flags | more);
    }
}

/// Takes the machine's fault to a handler within this run of compiled code, or out
/// of it: the address to go on at, and the stack pointer there.
///
/// # Safety
/// Called by the stub.
pub unsafe extern "C" fn throw(vm: *mut Vm) -> Pair {
    // SAFETY: compiled code passes its machine; the running frame is one of this run.
    unsafe {
        let vm = &mut *vm;
        let fault = vm.jit.fault.take().expect("a fault");
        let fault = if std::mem::take(&mut vm.jit.bottom_gone) {
            fault
        } else {
            match vm.unwind(fault) {
                Ok(frame) => {
                    let proto = (*frame).proto;
                    let at = (*frame).pc.offset_from((*proto).code) as usize;
                    let code = (*proto).native.as_ref().expect("it is running");
                    let address = find(&code.inner, at).expect("handlers are entries");
                    return Pair(address as u64, (*frame).native_sp as u64);
                }
                Err(fault) => fault,
            }
        };
        vm.jit.fault = Some(fault);
        let machine = vm.jit.machine.as_ref().expect("there is code");
        Pair(
            machine.stubs.leave_with_fault as u64,
            vm.native.bottom as u64,
        )
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
        vm.native.heard();
        let result = match vm.push_frame(proto, base) {
            Ok(_) => vm.run_entered_in_interpreter(),
            Err(fault) => Err(fault),
        };
        match result {
            Ok(value) => value.bits(),
            Err(fault) => {
                vm.jit.fault = Some(fault);
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
        if flag == status::YIELDED && (*frame).special & GENERATOR != 0 {
            return Pair(value.bits(), status::YIELDED);
        }
        match vm.leave(frame, value) {
            slow::Left::Caller(value) => Pair(value.bits(), status::RETURNED),
            slow::Left::Loop => Pair(Value::NULL.bits(), status::RETURNED),
            slow::Left::Rust(_) => unreachable!("entered by compiled code"),
            slow::Left::Fault(fault) => {
                vm.jit.fault = Some(fault);
                Pair(0, 0)
            }
        }
    }
}

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
        let frame = vm.frame;
        let proto = (*frame).proto as *mut Proto;
        let point = &vm.jit.exits[number as usize];
        (*frame).pc = (*proto).code.add(point.at as usize);
        for &(register, saved) in &point.values {
            let bits = vm.native.saved[saved as usize];
            *(*frame).base.add(register as usize) = match saved as usize >= CACHE.len() {
                true => Value::float(f64::from_bits(bits)),
                false => Value::from_bits(bits),
            };
        }
        let (at, reason) = (point.at as usize, point.reason);
        let before = (*frame).special;
        vm.log_exit(frame, reason);
        learn(frame, reason);
        vm.count_exit(proto, at);
        (*frame).special = before & !NATIVE_ENTRY | ENTRY | RESUMABLE;
        vm.jit.resume = std::ptr::null();
        let generator =
            (before & GENERATOR != 0).then(|| (*(*frame).base.sub(2)).as_pointer::<GeneratorObj>());
        let result = interp::run_interpreted(vm);
        let outside = before & (ENTRY | NATIVE_ENTRY);
        match result {
            Ok(_) if !vm.jit.resume.is_null() => {
                let address = std::mem::replace(&mut vm.jit.resume, std::ptr::null());
                (*frame).special = (*frame).special & !(ENTRY | RESUMABLE) | outside;
                Pair(address as u64, status::RESUME)
            }
            Ok(value) => {
                // What else there was to do has been done.
                (*frame).special = outside;
                let yielded = generator.is_some_and(|generator| {
                    (*generator).header.form == GeneratorState::Suspended as u8
                });
                if yielded {
                    vm.native.value = value;
                    (*frame).special |= GENERATOR;
                    return Pair(value.bits(), status::YIELDED);
                }
                Pair(value.bits(), status::RETURNED)
            }
            Err(fault) => {
                (*frame).special = outside;
                if before & ENTRY == 0 && (*proto).is_mutating() {
                    write_back(vm.frame);
                }
                vm.jit.bottom_gone = before & NATIVE_ENTRY != 0;
                vm.jit.fault = Some(fault);
                Pair(0, status::FAULT)
            }
        }
    }
}
