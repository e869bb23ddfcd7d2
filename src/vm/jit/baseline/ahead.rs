//! What the straight code ahead does with a register of the frame: which value is
//! needed last, and which not at all. Looks at words only, as far as control flow
//! cannot go elsewhere.

use crate::bytecode::op::Operand;
use crate::bytecode::{Instr, Op};

/// What happens to a register next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is read, so many instructions from here.
    Read(u32),
    /// What it holds is never read.
    Dead,
    /// Neither for so many instructions.
    Unknown(u32),
}

/// Instructions looked at.
const FAR: u32 = 24;

/// What becomes of a register from word `at` on. Words for which `is_target` holds
/// are not looked beyond, but for the first.
pub fn next(words: &[Instr], at: usize, reg: u32, is_target: impl Fn(usize) -> bool) -> Next {
    let (mut at, start) = (at, at);
    for distance in 0..FAR {
        if at >= words.len() || at != start && is_target(at) {
            return Next::Unknown(distance);
        }
        let word = words[at];
        let habits = &HABITS[word.op() as usize];
        match touch(word, habits, reg) {
            Touch::Read => return Next::Read(distance),
            Touch::Written => return Next::Dead,
            Touch::Leaves => return Next::Unknown(distance),
            Touch::Not => {}
        }
        at += habits.words as usize;
    }
    Next::Unknown(FAR)
}

enum Touch {
    Not,
    Read,
    Written,
    /// Control may go elsewhere.
    Leaves,
}

/// What an opcode does with registers.
#[derive(Clone, Copy)]
struct Habits {
    /// Whether `a`, `b`, `c` are registers that are read, and whether `a` is written.
    reads: [bool; 3],
    writes: bool,
    /// It reads a window, all registers from that operand on.
    window: Option<u8>,
    /// Nobody can say here what it reads.
    reads_all: bool,
    leaves: bool,
    /// Control never comes back to the function.
    returns: bool,
    words: u8,
}

const fn habits(op: Op) -> Habits {
    let operands = op.operands();
    let mut reads = [false; 3];
    let mut i = 0;
    while i < 3 {
        reads[i] = matches!(operands[i], Operand::Use | Operand::UseDef);
        i += 1;
    }
    let window = match op {
        Op::Call
        | Op::CallK
        | Op::CallNative
        | Op::CallMethod
        | Op::CallMethodPlace
        | Op::CallMethodLet
        | Op::CallMethodPath
        | Op::CallSpread
        | Op::CallMethodSpread
        | Op::CallPath
        | Op::LazyRange
        | Op::IterInit
        | Op::RangeInit
        | Op::IterNext
        | Op::IterNext2
        | Op::RangeNext => Some(0),
        Op::Concat | Op::NewArray | Op::ArrayAppend | Op::NewDict | Op::NewStruct => Some(1),
        Op::Slice => Some(2),
        _ => None,
    };
    Habits {
        reads,
        writes: matches!(operands[0], Operand::Def),
        window,
        // What these read stands elsewhere; what yields is kept as a whole.
        reads_all: matches!(
            op,
            Op::Closure | Op::MakeType | Op::BoxParam | Op::MakeGenerator | Op::Yield
        ),
        leaves: op.has_branch() || matches!(operands[1], Operand::Jump32),
        returns: matches!(
            op,
            Op::Return
                | Op::ReturnNull
                | Op::Throw
                | Op::Rethrow
                | Op::EndHandler
                | Op::ThrowMismatch
        ),
        words: 1 + op.has_cache() as u8,
    }
}

static HABITS: [Habits; Op::ALL.len()] = {
    let mut table = [habits(Op::Nop); Op::ALL.len()];
    let mut i = 0;
    while i < table.len() {
        table[i] = habits(Op::ALL[i]);
        i += 1;
    }
    table
};

fn touch(word: Instr, habits: &Habits, reg: u32) -> Touch {
    let operands = [word.a() as u32, word.b() as u32, word.c() as u32];
    let reads = |i: usize| habits.reads[i] && operands[i] == reg;
    // A method's caller takes the receiver from its register.
    if reads(0)
        || reads(1)
        || reads(2)
        || habits
            .window
            .is_some_and(|from| reg >= operands[from as usize])
        || habits.reads_all
        || habits.returns && reg == 0
    {
        Touch::Read
    } else if habits.leaves {
        Touch::Leaves
    } else if habits.writes && operands[0] == reg || habits.returns {
        Touch::Written
    } else {
        Touch::Not
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn straight_code_is_followed_to_the_first_use() {
        let words = [
            Instr::abc(Op::Add, 3, 1, 2),
            Instr::abc(Op::GetField, 1, 3, 0),
            Instr::default(),
            Instr::abc(Op::Move, 4, 1, 0),
            Instr::jump(Op::JumpIf, 4, -4),
            Instr::abc(Op::Return, 5, 0, 0),
        ];
        let from = |at, reg| next(&words, at, reg, |_| false);
        assert_eq!(from(0, 1), Next::Read(0));
        assert_eq!(from(0, 3), Next::Dead);
        assert_eq!(from(1, 1), Next::Dead);
        assert_eq!(from(3, 1), Next::Read(0));
        assert_eq!(from(0, 5), Next::Unknown(3));
        assert_eq!(from(5, 6), Next::Dead);
        assert_eq!(from(5, 0), Next::Read(0));
        assert_eq!(next(&words, 0, 4, |at| at == 3), Next::Unknown(2));
        assert_eq!(next(&words, 3, 4, |at| at == 3), Next::Dead);
    }

    #[test]
    fn windows_are_read() {
        let words = [
            Instr::abc(Op::NewArray, 1, 4, 2),
            Instr::abc(Op::CallK, 6, 1, 0),
            Instr::abc(Op::ReturnNull, 0, 0, 0),
        ];
        let from = |reg| next(&words, 0, reg, |_| false);
        assert_eq!(from(4), Next::Read(0));
        assert_eq!(from(1), Next::Dead);
        assert_eq!(from(2), Next::Dead);
        assert_eq!(next(&words, 1, 7, |_| false), Next::Read(0));
    }
}
