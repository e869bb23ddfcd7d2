//! The code that all compiled functions share: the way in from Rust, calls of
//! helpers, throwing, and what runs a function that is not compiled.

use super::call_numbers::RuntimeCall;
use super::regs::*;
use super::shared_code::{CALLED, Table, plain_frame};
use crate::heap::object::{BORROWED, CLEAN};
use crate::value::{DOUBLE_OFFSET, INT_OFFSET, INT_TAG};
use crate::vm::native::{self, status};
use ruff_asm::prelude::*;
use ruff_asm::reg::FLOATS;
use ruff_asm::{Arena, CodePtr, Label};

pub struct Stubs {
    pub table: Table,
    pub enter: *const u8,
    /// Leaves the run of compiled code with the machine's fault.
    pub leave_with_fault: *const u8,
    pub interpret_address: *const u8,
}

impl Stubs {
    /// Assembles and places the shared code.
    ///
    /// # Errors
    /// If code memory cannot hold it.
    pub fn make<M: Masm>(m: &mut M, arena: &mut Arena) -> Result<Stubs, String> {
        let mut place = |m: &mut M| {
            let code = m.finish().map_err(|error| error.to_string())?;
            let at = arena.install(&code).map_err(|error| error.to_string())?;
            Ok::<_, String>((at, arena.entry(at), code))
        };
        let fault_exit = enter(m);
        let (_, enter, code) = place(m)?;
        let offset = code.offset_of(fault_exit).expect("bound in the stub");
        let leave_with_fault = enter.wrapping_add(offset as usize);
        throw(m);
        let (throw, ..) = place(m)?;
        interpret(m, throw);
        let (interpret, interpret_address, _) = place(m)?;
        exit(m, throw);
        let (exit, ..) = place(m)?;
        leave(m, throw);
        let (leave, ..) = place(m)?;
        remember(m);
        let (remember, ..) = place(m)?;
        take_back(m);
        let (take_back, ..) = place(m)?;
        let mut helpers = Vec::new();
        for &helper in RuntimeCall::ALL {
            if matches!(
                helper,
                RuntimeCall::Throw
                    | RuntimeCall::Interpret
                    | RuntimeCall::Leave
                    | RuntimeCall::Exit
                    | RuntimeCall::LeaveOptimized
                    | RuntimeCall::Resume
            ) {
                // Each has a stub of another kind.
                helpers.push(throw);
                continue;
            }
            if helper.calls() {
                call_runtime(m, helper, throw);
            } else {
                plain_call(m, helper, throw);
            }
            helpers.push(place(m)?.0);
        }
        Ok(Stubs {
            table: Table {
                helpers,
                exit,
                interpret,
                leave,
                remember,
                take_back,
            },
            enter,
            leave_with_fault,
            interpret_address,
        })
    }
}

/// `extern "C" fn(vm, frame, base, code) -> (value, status)`: runs compiled code.
/// The label is where a fault leaves.
fn enter<M: Masm>(m: &mut M) -> Label {
    let frame = Frame::new(&PINNED, 0);
    let (fault, done) = (m.new_label(), m.new_label());
    m.prologue(&frame);
    m.mov(W64, VM, A0);
    m.mov(W64, FRAME, A1);
    m.mov(W64, BASE, A2);
    m.mov(W64, T1, A3);
    set_constants(m);
    m.get_sp(T0);
    m.store(Size::B8, VM_BOTTOM, T0);
    m.call_reg(T1);
    // Only generators say how they were left.
    m.and(W64, T1, T1, status::YIELDED);
    result_pair(m, T0, T1);
    m.bind(done);
    m.epilogue(&frame);
    m.ret();
    m.bind(fault);
    m.mov(W64, T0, 0);
    m.mov(W64, T1, status::FAULT);
    result_pair(m, T0, T1);
    m.jump(done);
    fault
}

/// Gives the constants of the value encoding their registers.
fn set_constants<M: Masm>(m: &mut M) {
    m.mov(W64, TAG, INT_TAG);
    m.mov(W64, OFFSET, INT_OFFSET);
    m.mov(W64, DOUBLE, DOUBLE_OFFSET);
}

/// Puts two words where a C function returns them.
fn result_pair<M: Masm>(m: &mut M, first: Gpr, second: Gpr) {
    m.mov(W64, M::RESULT2, second);
    m.mov(W64, M::RESULT, first);
}

/// Takes the two words of a C function's result to `T0` and `T1`.
fn take_pair<M: Masm>(m: &mut M) {
    m.mov(W64, T0, M::RESULT);
    m.mov(W64, T1, M::RESULT2);
}

/// Reached by a jump from a function's own frame or from none; never returns.
fn throw<M: Masm>(m: &mut M) {
    m.prologue(&plain_frame());
    m.mov(W64, A0, VM);
    m.get_sp(A1);
    m.call_mem(runtime_call(RuntimeCall::Throw as usize));
    take_pair(m);
    m.set_sp(T1);
    m.load(Load::W64, FRAME, VM_FRAME);
    m.load(Load::W64, BASE, Mem::new(FRAME, FRAME_BASE));
    m.jump_reg(T0);
}

/// Takes the place of the code of a function that has none: `T0` is its proto, `BASE`
/// and `FRAME` are its own. Gives the value in `T0`.
fn interpret<M: Masm>(m: &mut M, throw: CodePtr) {
    m.prologue(&plain_frame());
    m.sub(W64, T1, FRAME, FRAME_SIZE);
    m.store(Size::B8, VM_FRAME, T1);
    m.mov(W64, A1, T0);
    m.mov(W64, A2, BASE);
    m.mov(W64, A0, VM);
    m.call_mem(runtime_call(RuntimeCall::Interpret as usize));
    m.mov(W64, T0, M::RESULT);
    m.epilogue(&plain_frame());
    let failed = m.cold(|m| m.jump_code(throw));
    m.branch(Cond::Eq, W64, T0, 0, failed);
    m.ret();
}

/// Saves `pc`, which is the word `T0` of the running function, and the frame. Leaves
/// what helpers take in `A1` to `A3`: that place, the registers, the constants.
fn save_place<M: Masm>(m: &mut M) {
    m.load(Load::W64, T1, Mem::new(FRAME, FRAME_PROTO));
    m.load(Load::W64, A3, Mem::new(T1, PROTO_CONSTS));
    m.load(Load::W64, T1, Mem::new(T1, PROTO_CODE));
    m.lea(A1, Mem::word(T1, T0, 0));
    m.mov(W64, A2, BASE);
    m.store(Size::B8, Mem::new(FRAME, FRAME_PC), A1);
    m.store(Size::B8, VM_FRAME, FRAME);
}

/// Calls a helper: `T0` is the index of the word after the instruction. Gives the
/// helper's status, which is never negative, in `T0`.
fn plain_call<M: Masm>(m: &mut M, which: RuntimeCall, throw: CodePtr) {
    m.prologue(&plain_frame());
    save_place(m);
    m.mov(W64, A0, VM);
    m.call_mem(runtime_call(which as usize));
    m.mov(W64, T0, M::RESULT);
    m.epilogue(&plain_frame());
    let failed = m.cold(|m| m.jump_code(throw));
    m.branch(Cond::Lt, W64, T0, 0, failed);
    m.ret();
}

/// Calls a helper that may have pushed a frame: a status above 1 is then the address
/// of its code, which is called here. The result goes to the slot below its base.
/// Gives the status in `T0`; after a call, [`CALLED`], and whether the frame yielded
/// in `T1`.
fn call_runtime<M: Masm>(m: &mut M, which: RuntimeCall, throw: CodePtr) {
    let done = m.new_label();
    m.prologue(&plain_frame());
    save_place(m);
    m.mov(W64, A0, VM);
    m.call_mem(runtime_call(which as usize));
    m.mov(W64, T0, M::RESULT);
    let failed = m.cold(|m| {
        m.epilogue(&plain_frame());
        m.jump_code(throw);
    });
    m.branch(Cond::Lt, W64, T0, 0, failed);
    m.branch(Cond::BelowEq, W64, T0, 1, done);
    m.load(Load::W64, FRAME, VM_FRAME);
    m.load(Load::W64, BASE, Mem::new(FRAME, FRAME_BASE));
    m.call_reg(T0);
    let back = m.new_label();
    let special = m.cold(|m| {
        m.store(Size::B8, VM_FRAME, FRAME);
        m.mov(W64, A3, T1);
        m.mov(W64, A2, T0);
        m.mov(W64, A1, FRAME);
        m.mov(W64, A0, VM);
        m.call_mem(runtime_call(RuntimeCall::Leave as usize));
        take_pair(m);
        m.branch(Cond::Eq, W64, T0, 0, failed);
        m.jump(back);
    });
    m.branch_mem_imm(Cond::Ne, Size::B4, Mem::new(FRAME, FRAME_FLAGS), 0, special);
    m.bind(back);
    m.store(Size::B8, Mem::new(BASE, -8), T0);
    m.sub(W64, FRAME, FRAME, FRAME_SIZE);
    // For a profile's clock; little beside the rest of such a call.
    m.store(Size::B8, VM_FRAME, FRAME);
    m.load(Load::W64, BASE, Mem::new(FRAME, FRAME_BASE));
    m.mov(W64, T0, CALLED);
    m.bind(done);
    m.epilogue(&plain_frame());
    m.ret();
}

/// Reached by a jump from a function's own frame; `T0` is the number of the exit, which
/// says what has to be stored and where the interpreter goes on.
fn exit<M: Masm>(m: &mut M, throw: CodePtr) {
    for (i, &gpr) in CACHE.iter().enumerate() {
        m.store(Size::B8, saved(i), gpr);
    }
    for (i, &fpr) in FLOATS[..FLOAT_CACHE].iter().enumerate() {
        m.store_float(saved(CACHE.len() + i), fpr);
    }
    m.store(Size::B8, VM_FRAME, FRAME);
    m.mov(W64, A1, T0);
    m.mov(W64, A0, VM);
    m.call_mem(runtime_call(RuntimeCall::Exit as usize));
    left(m, throw);
}

/// Reached by a jump from optimised code; `T0` is the number of the exit. The frames are
/// written, the slots dropped, and the interpreter goes on.
fn leave<M: Masm>(m: &mut M, throw: CodePtr) {
    for (i, gpr) in optimized_registers::<M>().into_iter().enumerate() {
        m.store(Size::B8, left_in(i), gpr);
    }
    for (i, &fpr) in FLOATS[..FLOAT_CACHE].iter().enumerate() {
        m.store_float(left_in(FIRST_FLOAT + i), fpr);
    }
    set_constants(m);
    m.store(Size::B8, VM_FRAME, FRAME);
    m.mov(W64, A1, T0);
    m.get_sp(A2);
    m.mov(W64, A0, VM);
    m.call_mem(runtime_call(RuntimeCall::LeaveOptimized as usize));
    // The stack pointer without the slots.
    m.mov(W64, T0, M::RESULT);
    m.set_sp(T0);
    m.mov(W64, A1, FRAME);
    m.mov(W64, A0, VM);
    m.call_mem(runtime_call(RuntimeCall::Resume as usize));
    left(m, throw);
}

/// Handles the result of the interpreter for a frame that was left to it.
fn left<M: Masm>(m: &mut M, throw: CodePtr) {
    take_pair(m);
    let failed = m.cold(|m| {
        m.epilogue(&plain_frame());
        m.jump_code(throw);
    });
    let resume = m.cold(|m| m.jump_reg(T0));
    m.branch(Cond::Eq, W64, T1, status::RESUME, resume);
    m.branch(Cond::Eq, W64, T1, status::FAULT, failed);
    m.epilogue(&plain_frame());
    m.ret();
}

/// Enters the object in `T0`, which is old and clean, in the remembered set. Changes `T1`
/// only.
fn remember<M: Masm>(m: &mut M) {
    let full = m.cold(|m| {
        m.store_imm(Size::B1, VM_REMEMBERED_OVERFLOWED, 1);
        m.ret();
    });
    m.load(Load::W64, T1, VM_REMEMBERED);
    m.branch_mem(Cond::Eq, W64, T1, VM_REMEMBERED_END, full);
    m.store(Size::B8, Mem::new(T1, 0), T0);
    m.add(W64, T1, T1, 8);
    m.store(Size::B8, VM_REMEMBERED, T1);
    m.load(Load::U8, T1, Mem::new(T0, HEADER_MARK));
    m.and(W32, T1, T1, !CLEAN as i32);
    m.store(Size::B1, Mem::new(T0, HEADER_MARK), T1);
    m.ret();
}

/// Takes back what `FRAME` has lent, of which the last one is below the address in `T1`.
/// Uses `A0` and `A1`.
fn take_back<M: Masm>(m: &mut M) {
    let again = m.new_label();
    m.bind(again);
    m.sub(W64, T1, T1, LENT_SIZE);
    m.load(Load::W64, A0, Mem::new(T1, LENT_OBJECT));
    m.load(Load::U8, A1, Mem::new(A0, HEADER_FLAGS));
    m.and(W32, A1, A1, !i32::from(BORROWED));
    m.store(Size::B1, Mem::new(A0, HEADER_FLAGS), A1);
    let owner = Mem::new(T1, LENT_FRAME - LENT_SIZE);
    m.branch_mem(Cond::Eq, W64, FRAME, owner, again);
    m.store(Size::B8, VM_LENT, T1);
    m.ret();
}

const _: () = assert!(RuntimeCall::ALL.len() <= native::RUNTIME_CALLS);
