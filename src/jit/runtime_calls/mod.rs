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

use super::side_exits;
use crate::bytecode::op::{LAST_USE, SHARE};
use crate::bytecode::{Instr, Op};
use crate::runtime::Fault;
use crate::value::Value;
use crate::vm::Vm;

/// The result of a helper: 0, 1, or what its description says.
pub type Status = i64;
pub const FAULT: Status = -1;

macro_rules! helpers {
    ($($(#[doc = $doc:literal])* $name:ident = $function:path $(, $calls:ident)?;)*) => {
        /// The helpers, by number.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum RuntimeCall { $($(#[doc = $doc])* $name,)* }

        impl RuntimeCall {
            pub const ALL: &'static [RuntimeCall] = &[$(RuntimeCall::$name),*];

            /// Whether it may push a frame for its stub to run.
            pub fn calls(self) -> bool {
                match self { $(RuntimeCall::$name => helpers!(@calls $($calls)?),)* }
            }

            /// Whether the frame that it is called for may be put aside meanwhile, with the
            /// task that it belongs to. Code of the program that others run is called by
            /// Rust code, below which no frame leaves.
            pub fn may_wait(self) -> bool {
                use RuntimeCall::{Await, CallNative, CallNativeMethod};
                self.calls() || matches!(self, Await | CallNative | CallNativeMethod)
            }
        }

        pub const RUNTIME_CALLS: [*const u8; RuntimeCall::ALL.len()] =
            [$($function as *const u8),*];
    };
    (@calls calls) => { true };
    (@calls) => { false };
}

helpers! {
    /// Arithmetic with anything.
    Arith = arith::binary;
    /// Addition of what are no numbers as a rule.
    Join = arith::join;
    /// `-x`, `!x`, `~x`, the truth of a value.
    Unary = arith::unary;
    /// A comparison whose result is the status.
    Test = arith::test;
    /// A comparison whose result is a register.
    Compare = arith::compare;
    /// The truth of `R[a]` as the status.
    Truth = arith::truth;
    Format = arith::format;
    Concat = arith::concat;
    GetGlobal = data::get_global;
    Undefined = data::undefined;
    NewCell = data::new_cell;
    BoxParam = data::box_param;
    Closure = data::closure;
    NewArray = data::new_array;
    NewDict = data::new_dict;
    NewStruct = data::new_struct;
    MakeResult = data::make_result;
    GetField = data::get_field;
    SetField = data::set_field;
    FieldMut = data::field_mut;
    Name = data::name;
    Extend = data::extend;
    GetIndex = index::get;
    SetIndex = index::set;
    IndexMut = index::child;
    Slice = index::slice;
    LazyRange = iterate::lazy_range;
    RangeInit = iterate::range_init;
    /// Status 1: there is a next element.
    RangeNext = iterate::range_next;
    Lend = iterate::lend;
    GiveBack = iterate::give_back;
    IterInit = iterate::iter_init;
    /// Status 1: there is a next element; `CALLED`: `T1` says so.
    IterNext = iterate::iter_next, calls;
    MakeGenerator = iterate::make_generator;
    Yield = iterate::yields;
    Await = task::awaits;
    Fulfil = task::fulfil;
    Reject = task::reject;
    /// The tests of patterns; status 1: it fits.
    TestPattern = pattern::test_pattern;
    RestArray = pattern::rest_array;
    RestDict = pattern::rest_dict;
    /// Status 1: there is a payload.
    Unwrap = pattern::unwrap;
    /// Throws.
    Raise = control::raise;
    /// The machine's value is an int of 64 bits, and becomes the int as a value.
    NewInt = data::new_int;
    /// The machine's value is a type, and becomes a new instance of it, whose empty
    /// containers are still to be made.
    NewInstance = data::new_instance;
    /// The machine's value becomes a new empty array.
    NewEmptyArray = data::new_empty_array;
    /// The machine's value becomes a new empty dict.
    NewEmptyDict = data::new_empty_dict;
    /// A loop's safepoint has found something to do.
    Poll = control::poll;
    /// Status 1: the method changes its receiver.
    CheckMut = call::check_mut;
    Call = call::call, calls;
    CallK = call::call_constant, calls;
    CallMethod = call::call_method, calls;
    CallSpread = call::call_spread, calls;
    CallMethodSpread = call::call_method_spread, calls;
    CallPath = call::call_path, calls;
    /// Says what `init` has done wrong.
    CheckConstructed = call::check_constructed;
    CallNative = call::call_native;
    /// A built-in as a method, found in the cache.
    CallNativeMethod = call::call_native_method;
    /// Not called by way of a stub of their own kind: see `stubs`.
    Throw = control::throw;
    Interpret = control::interpret;
    Leave = control::leave;
    Exit = side_exits::exit;
    LeaveOptimized = super::optimize::install::leave;
    Resume = side_exits::resume;
    /// A hot loop or function; status 1: the machine's value is where its optimised code
    /// takes over.
    TierUp = control::tier_up;
}

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
