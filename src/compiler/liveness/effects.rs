//! The registers that an instruction reads and writes, by the table of opcodes; and the
//! variables that closures capture, which are beside the code.

use crate::bytecode::op::{Operand, Window};
use crate::compiler::ir::{Body, Ins};
use std::ops::Range;

/// Calls `each` for every register read.
pub fn uses(body: &Body, index: usize, each: &mut dyn FnMut(u16)) {
    let ins = &body.ins[index];
    for (kind, register) in ins.op.operands().into_iter().zip([ins.a, ins.b, ins.c]) {
        if let Some(window) = kind.reads() {
            registers(body, ins, window, register).for_each(&mut *each);
        }
    }
    for one in body.capture_uses.get(&(index as u32)).into_iter().flatten() {
        each(one.register);
    }
}

/// Calls `each` for every register whose old value is gone afterwards.
pub fn kills(body: &Body, index: usize, each: &mut dyn FnMut(u16)) {
    let ins = &body.ins[index];
    for (kind, register) in ins.op.operands().into_iter().zip([ins.a, ins.b, ins.c]) {
        if let Some(window) = kind.writes() {
            registers(body, ins, window, register).for_each(&mut *each);
        }
    }
}

/// The register whose old value is gone if control goes on to the next instruction, but
/// not if it jumps.
pub fn kills_by_going_on(ins: &Ins) -> Option<u16> {
    (ins.op.operands()[0] == Operand::MayDef).then_some(ins.a)
}

/// The registers of a call, if it is one: its result and its arguments.
pub fn call_window(body: &Body, index: usize) -> Option<Range<u16>> {
    let ins = &body.ins[index];
    let window = ins.op.operands()[0].writes()?;
    ins.op
        .is_call()
        .then(|| registers(body, ins, window, ins.a))
}

fn registers(body: &Body, ins: &Ins, window: Window, first: u16) -> Range<u16> {
    window.registers(first, (ins.b, ins.c), ins.flags, &body.consts)
}
