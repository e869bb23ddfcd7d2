//! Arithmetic, comparisons and truth, for all kinds of operands.

use super::helper;
use crate::bytecode::op::{
    CONSUME, Feedback, Operand, SEEN_FLOAT, SEEN_INT, SEEN_OTHER, SEEN_OVERFLOW,
};
use crate::bytecode::{Instr, Op};
use crate::runtime::arith::{self, BinaryOp};
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::{Fault, ops};
use crate::value::Value;
use crate::vm::Vm;

fn order(op: Op) -> Option<CompareOp> {
    Some(match op {
        Op::Lt | Op::TestLt | Op::TestLtK => CompareOp::Lt,
        Op::Le | Op::TestLe | Op::TestLeK => CompareOp::Le,
        Op::Gt | Op::TestGt | Op::TestGtK => CompareOp::Gt,
        Op::Ge | Op::TestGe | Op::TestGeK => CompareOp::Ge,
        _ => return None,
    })
}

/// The flags of the operands that an instruction has seen, which its code does
/// not handle by itself.
pub(in crate::jit) fn seen(flags: u8, x: Value, y: Value) -> u8 {
    if Value::both_int(x, y) {
        // Ints where floats were expected; else a result beyond the inline ints.
        if flags & SEEN_FLOAT != 0 && flags & SEEN_INT == 0 {
            SEEN_INT
        } else {
            SEEN_OVERFLOW
        }
    } else if x.is_float() && y.is_float() {
        SEEN_FLOAT
    } else if x.is_number() && y.is_number() {
        SEEN_FLOAT | SEEN_INT
    } else {
        SEEN_OTHER
    }
}

/// Notes it for the next time that the function is compiled.
fn note(at: &super::At, x: Value, y: Value) {
    // SAFETY: the word of a running instruction; code is the machine's own memory.
    unsafe {
        let flags = at.word.flags();
        let now = flags | seen(flags, x, y);
        if now != flags {
            *(at.pc.sub(1) as *mut Instr) = at.word.with_flags(now);
        }
    }
}

fn holds(vm: &mut Vm, op: Op, x: Value, y: Value) -> Result<bool, Box<Fault>> {
    if let Some(order) = order(op) {
        if ops::both_floats(x, y) {
            return Ok(ops::compare_floats(order, x.as_float(), y.as_float()));
        }
        if Value::both_int(x, y) {
            return Ok(ops::compare_ints(order, x, y));
        }
        return vm.compare_slow(order, x, y);
    }
    if matches!(op, Op::Eq | Op::TestEq | Op::TestEqK) {
        return match ops::equal_bits(x, y) {
            Some(equal) => Ok(equal),
            None => vm.equal_slow(x, y),
        };
    }
    if Value::both_int(x, y) {
        return Ok(x != y);
    }
    vm.not_equal_slow(x, y)
}

/// The operands of an instruction that gathers feedback of their kinds.
///
/// # Safety
/// `pc` is before an instruction of the frame with these registers and constants.
pub(in crate::jit) unsafe fn operands(
    word: Instr,
    base: *const Value,
    consts: *const Value,
) -> Option<(Value, Value)> {
    let op = word.op();
    if op.feedback() != Feedback::Kinds {
        return None;
    }
    let numbers = [word.a(), word.b(), word.c()];
    let mut values = op
        .operands()
        .into_iter()
        .zip(numbers)
        .filter_map(|(kind, number)| {
            // SAFETY: registers and constants that the instruction names.
            unsafe {
                match kind {
                    Operand::Use => Some(*base.add(number as usize)),
                    Operand::Const => Some(*consts.add(number as usize)),
                    _ => None,
                }
            }
        });
    Some((values.next()?, values.next()?))
}

helper! {
    /// `R[a] = R[b] op R[c]`, or a constant for the latter.
    fn binary(vm, at) {
        let x = at.get(at.b());
        let (op, y) = match at.op() {
            Op::Add => (BinaryOp::Add, at.get(at.c())),
            Op::Sub => (BinaryOp::Sub, at.get(at.c())),
            Op::Mul => (BinaryOp::Mul, at.get(at.c())),
            Op::Div => (BinaryOp::Div, at.get(at.c())),
            Op::Mod => (BinaryOp::Mod, at.get(at.c())),
            Op::Pow => (BinaryOp::Pow, at.get(at.c())),
            Op::Shl => (BinaryOp::Shl, at.get(at.c())),
            Op::Shr => (BinaryOp::Shr, at.get(at.c())),
            Op::BitAnd => (BinaryOp::BitAnd, at.get(at.c())),
            Op::BitXor => (BinaryOp::BitXor, at.get(at.c())),
            Op::BitOr => (BinaryOp::BitOr, at.get(at.c())),
            Op::AddK => (BinaryOp::Add, at.constant(at.c())),
            Op::SubK => (BinaryOp::Sub, at.constant(at.c())),
            Op::MulK => (BinaryOp::Mul, at.constant(at.c())),
            Op::DivK => (BinaryOp::Div, at.constant(at.c())),
            Op::ModK => (BinaryOp::Mod, at.constant(at.c())),
            op => unreachable!("{op:?} is no arithmetic"),
        };
        note(&at, x, y);
        let value = if x.is_number() && y.is_number() {
            arith::binary(vm, op, x, y)?
        } else if at.op() == Op::Add {
            // SAFETY: `pc` is after the instruction.
            unsafe { vm.add_slow(x, y, at.has(CONSUME), at.pc)? }
        } else {
            arith::binary(vm, op, x, y)?
        };
        at.set(at.a(), value);
        super::room(vm)
    }

    /// `R[a] = R[b] + R[c]` where strings or arrays have been seen.
    fn join(vm, at) {
        let (x, y) = (at.get(at.b()), at.get(at.c()));
        // SAFETY: `pc` is after the instruction.
        let value = unsafe {
            if x.is_string() && y.is_string()
                && let Ok(text) = vm.heap.concat(x, y)
            {
                text
            } else {
                vm.add_slow(x, y, at.has(CONSUME), at.pc)?
            }
        };
        at.set(at.a(), value);
        super::room(vm)
    }

    fn unary(vm, at) {
        let x = at.get(at.b());
        let value = match at.op() {
            Op::Neg => arith::neg(vm, x)?,
            Op::Not => arith::not_op(vm, x)?,
            Op::BitNot => arith::bit_not(vm, x)?,
            _ => Value::bool(compare::truth(vm, x)?),
        };
        at.set(at.a(), value);
        Ok(0)
    }

    /// Whether the jump word after the comparison is taken.
    fn test(vm, at) {
        let x = at.get(at.a());
        let op = at.op();
        let y = match op {
            Op::TestLt | Op::TestLe | Op::TestGt | Op::TestGe | Op::TestEq | Op::TestNe => {
                at.get(at.b())
            }
            _ => at.constant(at.b()),
        };
        note(&at, x, y);
        Ok((holds(vm, op, x, y)? == (at.c() != 0)) as i64)
    }

    fn compare(vm, at) {
        let (x, y) = (at.get(at.b()), at.get(at.c()));
        note(&at, x, y);
        let holds = holds(vm, at.op(), x, y)?;
        at.set(at.a(), Value::bool(holds));
        Ok(0)
    }

    fn truth(vm, at) {
        Ok(compare::truth(vm, at.get(at.a()))? as i64)
    }

    fn format(vm, at) {
        let text = vm.format(at.get(at.b()), at.constant(at.c()))?;
        at.set(at.a(), text);
        super::room(vm)
    }

    fn concat(vm, at) {
        // SAFETY: the registers are initialised.
        let value = unsafe { vm.concat(at.place(at.b()), at.c())? };
        at.set(at.a(), value);
        super::room(vm)
    }
}
