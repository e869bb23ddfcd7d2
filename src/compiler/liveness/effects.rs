//! Which registers an instruction reads and writes: the operand table of the
//! instruction set, and in words here what it calls special.

use crate::bytecode::op::{BASE, Operand};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::{Body, Ins};

/// Whether the instruction is a call whose `b` counts arguments in a window.
pub fn is_windowed_call(op: Op) -> bool {
    use Op::{
        Call, CallK, CallMethod, CallMethodLet, CallMethodPath, CallMethodPlace, CallNative,
        CallPath,
    };
    matches!(
        op,
        Call | CallK
            | CallNative
            | CallMethod
            | CallMethodPlace
            | CallMethodLet
            | CallMethodPath
            | CallPath
    )
}

/// How far the window of a call reaches beyond `R[a]`.
pub fn window(ins: &Ins) -> u16 {
    let arguments = ins.b & 0xff;
    match ins.op {
        Op::CallMethod | Op::CallMethodPlace | Op::CallMethodLet | Op::CallMethodPath => {
            arguments + 1
        }
        _ => arguments,
    }
}

/// Calls `each` for every register read.
pub fn uses(body: &Body, index: usize, each: &mut dyn FnMut(u16)) {
    let ins = &body.ins[index];
    let mut range = |first: u16, count: u16| {
        for register in first..first.saturating_add(count) {
            each(register);
        }
    };
    match ins.op {
        Op::Concat => range(ins.b, ins.c),
        Op::Slice => range(ins.c, 2),
        Op::IterInit => range(ins.a, 1),
        Op::GiveBack => range(ins.a + 1, ins.b),
        Op::RangeInit | Op::LazyRange | Op::IterNext | Op::IterNext2 | Op::RangeNext => {
            range(ins.a, 3)
        }
        Op::Call | Op::CallPath => range(ins.a, window(ins) + 1),
        Op::CallK
        | Op::CallNative
        | Op::CallMethod
        | Op::CallMethodPlace
        | Op::CallMethodLet
        | Op::CallMethodPath => range(ins.a + 1, window(ins)),
        Op::CallSpread => range(ins.a, 2),
        Op::CallMethodSpread => range(ins.a + 1, 2),
        Op::NewArray | Op::ArrayAppend => range(ins.b, ins.c),
        Op::NewDict => range(ins.b, keys(body, ins.c)),
        Op::NewStruct => {
            let base = u16::from(ins.flags & BASE != 0);
            range(ins.b, 1 + keys(body, ins.c) + base);
        }
        Op::Closure | Op::MakeType => {
            for one in body.capture_uses.get(&(index as u32)).into_iter().flatten() {
                each(one.register);
            }
        }
        _ => {}
    }
    for (kind, register) in ins.op.operands().into_iter().zip([ins.a, ins.b, ins.c]) {
        if matches!(kind, Operand::Use | Operand::UseDef) {
            each(register);
        }
    }
}

fn keys(body: &Body, index: u16) -> u16 {
    match body.consts.get(usize::from(index)) {
        Some(Const::KeyList(keys)) => keys.len() as u16,
        _ => 0,
    }
}

/// Calls `each` for every register whose old value is gone afterwards.
pub fn kills(ins: &Ins, each: &mut dyn FnMut(u16)) {
    let mut range = |first: u16, count: u16| {
        for register in first..first.saturating_add(count) {
            each(register);
        }
    };
    match ins.op {
        // See `kills_by_going_on`.
        Op::Unwrap => return,
        Op::IterInit | Op::RangeInit | Op::LazyRange => range(ins.a, 3),
        Op::IterNext | Op::RangeNext => range(ins.a + 3, 1),
        Op::IterNext2 => range(ins.a + 3, 2),
        Op::CallSpread => range(ins.a, 2),
        Op::CallMethodSpread => range(ins.a, 3),
        op if is_windowed_call(op) => range(ins.a, window(ins) + 1),
        _ => {}
    }
    for (kind, register) in ins.op.operands().into_iter().zip([ins.a, ins.b, ins.c]) {
        if kind == Operand::Def {
            each(register);
        }
    }
}

/// The register whose old value is gone if control goes on to the next instruction, but
/// not if it jumps.
pub fn kills_by_going_on(ins: &Ins) -> Option<u16> {
    (ins.op == Op::Unwrap).then_some(ins.a)
}

/// Whether control never goes on to the next instruction.
pub fn ends_flow(op: Op) -> bool {
    matches!(
        op,
        Op::Jump
            | Op::Loop
            | Op::Return
            | Op::ReturnNull
            | Op::Throw
            | Op::Rethrow
            | Op::EndHandler
            | Op::ThrowMismatch
            // To the loop's head or, at its end, to the instruction that the
            // head falls through to.
            | Op::IterInit
            | Op::RangeInit
    )
}

/// Whether a handler may be called for the instruction; also whatever nobody needs
/// to know better.
pub fn may_throw(op: Op) -> bool {
    !matches!(
        op,
        Op::Nop
            | Op::Move
            | Op::Copy
            | Op::LoadInt
            | Op::LoadSimple
            | Op::Share
            | Op::Lend
            | Op::GiveBack
            | Op::Jump
            | Op::JumpIfNull
            | Op::JumpIfNotNull
            | Op::Return
            | Op::ReturnNull
    )
}

/// Whether the instruction may also skip the one after it.
pub fn skips(op: Op, b: u16) -> bool {
    op == Op::CallMethodPath || (op == Op::CallMethodSpread && b == 3)
}

/// Whether the instruction after this one belongs to it.
pub fn binds_next(op: Op, b: u16) -> bool {
    skips(op, b) || op == Op::CallMethodPlace || (op == Op::CallMethodSpread && b == 1)
}
