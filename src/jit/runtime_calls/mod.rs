//! The functions that compiled code calls: the parts of instructions that are not worth
//! code of their own, and whole instructions that are rare. Each helper reads its
//! operands from the instruction itself, does what the interpreter does, stores results
//! in the frame's registers, and gives a status. Nothing here emits code.
//!
//! A helper runs with the running frame and its `pc` set as the interpreter sets them. A
//! negative status is a fault, which waits in `vm.native.fault`.

pub(super) mod arith;
mod call;
mod control;
mod data;
mod index;
mod iterate;
mod pattern;
mod task;

use super::call_numbers;
pub use super::call_numbers::RuntimeCall;
use super::optimize::install;
use super::side_exits;
use crate::bytecode::op::{LAST_USE, SHARE};
use crate::bytecode::{Instr, Op};
use crate::runtime::Fault;
use crate::value::Value;
use crate::vm::Vm;

/// The result of a helper: 0, 1, or what its description says.
pub type Status = i64;
pub const FAULT: Status = -1;

macro_rules! table {
    ($($(#[doc = $doc:literal])* $name:ident = $function:path $(, $calls:ident)?;)*) => {
        /// The functions, by number.
        pub const RUNTIME_CALLS: [*const u8; RuntimeCall::ALL.len()] =
            [$($function as *const u8),*];
    };
}
call_numbers::list!(table);

/// A running instruction, as a helper sees it.
struct At {
    word: Instr,
    base: *mut Value,
    consts: *const Value,
    /// After the instruction and its cache word.
    pc: *const Instr,
}

impl At {
    /// # Safety
    /// `pc` is after an instruction of the running frame, the rest is its own.
    #[inline(always)]
    unsafe fn new(pc: *const Instr, base: *mut Value, consts: *const Value, cached: bool) -> At {
        At {
            // SAFETY: the caller's promise.
            word: unsafe { *pc.sub(1 + cached as usize) },
            base,
            consts,
            pc,
        }
    }

    #[inline(always)]
    fn op(&self) -> Op {
        // SAFETY: the compiler emits only opcodes of the table.
        unsafe { std::mem::transmute::<u8, Op>(self.word.0 as u8) }
    }

    #[inline(always)]
    fn a(&self) -> usize {
        self.word.a() as usize
    }

    #[inline(always)]
    fn b(&self) -> usize {
        self.word.b() as usize
    }

    #[inline(always)]
    fn c(&self) -> usize {
        self.word.c() as usize
    }

    #[inline(always)]
    fn flags(&self) -> u8 {
        self.word.flags()
    }

    fn has(&self, flag: u8) -> bool {
        self.word.flags() & flag != 0
    }

    /// Marks a part that has been read, unless its container dies with it.
    fn mark_part(&self, container: Value, part: Value) {
        if self.has(SHARE) && !(self.has(LAST_USE) && container.has_one_owner()) {
            part.share();
        }
    }

    /// The address of a register.
    #[inline(always)]
    fn place(&self, register: usize) -> *mut Value {
        // SAFETY: registers of the running frame; the verifier has looked.
        unsafe { self.base.add(register) }
    }

    #[inline(always)]
    fn get(&self, register: usize) -> Value {
        // SAFETY: as above.
        unsafe { *self.base.add(register) }
    }

    #[inline(always)]
    fn set(&self, register: usize, value: Value) {
        // SAFETY: as above.
        unsafe { *self.base.add(register) = value }
    }

    #[inline(always)]
    fn constant(&self, number: usize) -> Value {
        // SAFETY: constants of the running function; the verifier has looked.
        unsafe { *self.consts.add(number) }
    }

    /// The cache word.
    #[inline(always)]
    fn cache(&self) -> *mut u64 {
        // SAFETY: it is the word before `pc`.
        unsafe { self.pc.sub(1) as *mut u64 }
    }
}

/// Gives a helper's result as its status.
#[inline(always)]
fn give(vm: &mut Vm, result: Result<Status, Box<Fault>>) -> Status {
    match result {
        Ok(status) => status,
        Err(fault) => fail(vm, fault),
    }
}

#[cold]
#[inline(never)]
fn fail(vm: &mut Vm, fault: Box<Fault>) -> Status {
    vm.native.fault = Some(fault);
    FAULT
}

/// Looks for a full heap. Helpers that allocate much call it.
#[inline(always)]
fn room(vm: &mut Vm) -> Result<Status, Box<Fault>> {
    if vm.heap.over_limit
        && let Some(fault) = vm.out_of_memory()
    {
        return Err(fault);
    }
    Ok(0)
}

/// Declares helpers: `fn name(vm, at) { … }` gives `Result<Status, Box<Fault>>`;
/// `cached` ones have a cache word.
macro_rules! helper {
    ($($(#[doc = $doc:literal])* fn $name:ident($vm:ident, $at:ident $(, $cached:ident)?) $body:block)*) => {
        $(
            $(#[doc = $doc])*
            ///
            /// # Safety
            /// Called by compiled code, as `helpers` says.
            // `?` leaves the body, not the function.
            #[allow(clippy::redundant_closure_call)]
            pub unsafe extern "C" fn $name(
                vm: *mut crate::vm::Vm,
                pc: *const crate::bytecode::Instr,
                base: *mut crate::value::Value,
                consts: *const crate::value::Value,
            ) -> super::Status {
                #[inline(always)]
                fn body(
                    $vm: &mut crate::vm::Vm,
                    $at: super::At,
                ) -> Result<super::Status, Box<crate::runtime::Fault>> $body
                // SAFETY: compiled code passes its machine, which no other code
                // uses meanwhile, and the place it has saved.
                unsafe {
                    let vm = &mut *vm;
                    let at = super::At::new(pc, base, consts, helper!(@cached $($cached)?));
                    let result = body(vm, at);
                    super::give(vm, result)
                }
            }
        )*
    };
    (@cached cached) => { true };
    (@cached) => { false };
}
use helper;
