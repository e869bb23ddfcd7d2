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
        match touch(word, reg) {
            Touch::Read => return Next::Read(distance),
            Touch::Written => return Next::Dead,
            Touch::Leaves => return Next::Unknown(distance),
            Touch::Not => {}
        }
        let op = word.op();
        at += 1 + op.has_cache() as usize;
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

fn touch(word: Instr, reg: u32) -> Touch {
    let op = word.op();
    let (a, b, c) = (word.a() as u32, word.b() as u32, word.c() as u32);
    let reads = match op {
        // What these read stands elsewhere; what yields is kept as a whole.
        Op::Closure | Op::MakeType | Op::BoxParam | Op::MakeGenerator | Op::Yield => true,
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
        | Op::RangeNext => reg >= a,
        Op::Concat | Op::NewArray | Op::ArrayAppend | Op::NewDict | Op::NewStruct => reg >= b,
        Op::Slice => reg >= c,
        _ => false,
    };
    let operands = op.operands().into_iter().zip([a, b, c]);
    let (mut used, mut written) = (reads, false);
    for (kind, operand) in operands {
        match kind {
            Operand::Use | Operand::UseDef => used |= operand == reg,
            Operand::Def => written |= operand == reg,
            _ => {}
        }
    }
    // A method's caller takes the receiver from its register.
    let returns = matches!(
        op,
        Op::Return | Op::ReturnNull | Op::Throw | Op::Rethrow | Op::EndHandler | Op::ThrowMismatch
    );
    if used || returns && reg == 0 {
        Touch::Read
    } else if op.has_branch() || op.operands()[1] == Operand::Jump32 {
        Touch::Leaves
    } else if written || returns {
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
