//! Checks that code is well formed: jumps and handlers land on instructions,
//! registers and constants exist, nothing runs off the end. Run on everything
//! the compiler makes in debug builds; says nothing about meaning.

use super::op::{Operand, ReceiverPlace, Window};
use super::{Capture, Const, FunctionCode, Op, Unit};

/// Checks a unit, and says what is wrong with it.
pub fn unit(unit: &Unit) -> Result<(), String> {
    for code in &unit.functions {
        function(unit, code).map_err(|text| format!("{}: {text}", code.name))?;
    }
    Ok(())
}

fn function(unit: &Unit, code: &FunctionCode) -> Result<(), String> {
    if code.positions.len() != code.code.len() {
        return Err("positions and code differ in length".into());
    }
    let mut starts = vec![false; code.code.len()];
    let mut at = 0;
    let mut last = Op::Nop;
    while at < code.code.len() {
        starts[at] = true;
        last = code.code[at].op();
        at += 1 + usize::from(last.has_cache()) + usize::from(last.has_branch());
    }
    if at != code.code.len() {
        return Err("the last instruction is cut off".into());
    }
    if !last.ends_block() {
        return Err(format!("runs off its end after {}", last.name()));
    }
    let lands = |at: i64| usize::try_from(at).is_ok_and(|at| starts.get(at) == Some(&true));
    for at in (0..code.code.len()).filter(|&at| starts[at]) {
        instruction(unit, code, at, &lands).map_err(|text| format!("word {at}: {text}"))?;
    }
    for handler in &code.handlers {
        let fits = lands(i64::from(handler.start))
            && lands(i64::from(handler.target))
            && handler.end as usize <= code.code.len()
            && handler.register < code.registers;
        if !fits {
            return Err(format!("bad handler {handler:?}"));
        }
    }
    Ok(())
}

fn instruction(
    unit: &Unit,
    code: &FunctionCode,
    at: usize,
    lands: &dyn Fn(i64) -> bool,
) -> Result<(), String> {
    let word = code.code[at];
    let op = word.op();
    for (kind, value) in op
        .operands()
        .into_iter()
        .zip([word.a(), word.b(), word.c()])
    {
        let within = |window: Option<Window>| {
            window.is_none_or(|window| {
                let operands = (word.b(), word.c());
                let range = window.registers(value, operands, word.flags(), &code.consts);
                range.is_empty() || range.end <= code.registers
            })
        };
        let fits = match kind {
            Operand::Const => usize::from(value) < code.consts.len(),
            Operand::Const32 => (word.bx() as usize) < code.consts.len(),
            Operand::Global32 => (word.bx() as usize) < unit.globals.len(),
            Operand::No | Operand::Imm | Operand::Imm32 | Operand::Jump32 => true,
            Operand::MayDef => value < code.registers,
            kind => within(kind.reads()) && within(kind.writes()),
        };
        if !fits {
            return Err(format!("{} has a bad operand {value}", op.name()));
        }
    }
    if op.has_branch() || op.operands()[1] == Operand::Jump32 {
        let jump = at + usize::from(op.has_cache()) + usize::from(op.has_branch());
        if !lands(jump as i64 + 1 + i64::from(code.code[jump].sbx())) {
            return Err(format!("{} jumps between instructions", op.name()));
        }
    }
    let next = |expected: Op| {
        let next = at + 1 + usize::from(op.has_cache());
        code.code
            .get(next)
            .is_some_and(|word| word.op() == expected)
    };
    let bound = match op.receiver_place(word.b()) {
        Some(ReceiverPlace::Variable) => next(Op::Move),
        Some(ReceiverPlace::Path) => next(Op::Jump),
        _ => true,
    };
    if !bound {
        return Err(format!("{} has lost the instruction after it", op.name()));
    }
    if let (Op::Closure, Some(Const::Func(id))) = (op, code.consts.get(word.bx() as usize)) {
        let made = &unit.functions[id.0 as usize];
        let fits = made.captures.iter().all(|capture| match capture {
            Capture::Register { register, .. } => *register < code.registers,
            Capture::Outer(index) => usize::from(*index) < code.captures.len(),
        });
        if !fits {
            return Err(format!("{} captures what is not there", made.name));
        }
    }
    Ok(())
}
