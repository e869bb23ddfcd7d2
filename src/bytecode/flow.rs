//! The analysis of a function's words: basic blocks, their successors, and the registers
//! that are live before every instruction. The table of opcodes says which registers an
//! instruction reads and writes.
//!
//! # Invariants
//! * Handlers begin blocks and have no predecessors here: errors reach them from any
//!   instruction of their range, and what they read is live throughout it.
//! * In methods register 0 is live everywhere: the caller takes the receiver from it.

use super::op::Op;
use super::{Handler, Instr};

/// A function's code, and what the words alone do not say.
pub struct Code<'a> {
    pub words: &'a [Instr],
    /// Innermost first.
    pub handlers: &'a [Handler],
    pub registers: u16,
    pub is_method: bool,
    /// How many keys the key list in a constant has.
    pub keys: &'a dyn Fn(u16) -> u16,
    /// The registers that the closure of a constant captures; nothing if any may be.
    pub captured: &'a dyn Fn(u32) -> Option<Vec<u16>>,
}

/// A set of registers.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Registers(Vec<u64>);

impl Registers {
    fn new(count: u16) -> Registers {
        // There is room for one more, which compilers add.
        Registers(vec![0; usize::from(count) / 64 + 1])
    }

    pub fn contains(&self, register: u16) -> bool {
        let at = usize::from(register);
        self.0
            .get(at / 64)
            .is_some_and(|word| word >> (at % 64) & 1 != 0)
    }

    pub fn insert(&mut self, register: u16) {
        let at = usize::from(register);
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub fn remove(&mut self, register: u16) {
        let at = usize::from(register);
        if let Some(word) = self.0.get_mut(at / 64) {
            *word &= !(1 << (at % 64));
        }
    }

    pub fn union(&mut self, other: &Registers) {
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// The registers of the set, in order.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        self.0.iter().enumerate().flat_map(|(index, &word)| {
            (0..64)
                .filter(move |bit| word >> bit & 1 != 0)
                .map(move |bit| (index * 64 + bit) as u16)
        })
    }
}

#[derive(Clone, Debug)]
pub struct Block {
    pub start: u32,
    /// After its last word.
    pub end: u32,
    /// First that of a jump, then that of going on.
    pub successors: Vec<u32>,
}

#[derive(Clone, Default, Debug)]
pub struct Flow {
    pub blocks: Vec<Block>,
    /// By word: the block that begins there or contains it.
    block_at: Vec<u32>,
    /// By word: what is live before the instruction that begins there.
    live: Vec<Registers>,
    handlers: Vec<Handler>,
}

/// The index of the instruction that follows the one at `at`.
pub fn after(words: &[Instr], at: usize) -> usize {
    let op = words[at].op();
    at + 1 + usize::from(op.has_cache()) + usize::from(op.has_branch())
}

/// Where the instruction at `at` may jump, by its own operand or its jump word.
pub fn target(words: &[Instr], at: usize) -> Option<usize> {
    use super::op::Operand;
    let word = words[at];
    let op = word.op();
    let next = at + 1 + usize::from(op.has_cache());
    let (from, offset) = if op.has_branch() {
        (next + 1, words[next].sbx())
    } else if op.operands()[1] == Operand::Jump32 {
        (next, word.sbx())
    } else {
        return None;
    };
    Some((from as i64 + i64::from(offset)) as usize)
}

impl Code<'_> {
    /// Calls `each` for every register that the instruction reads.
    pub fn reads(&self, at: usize, each: &mut dyn FnMut(u16)) {
        let word = self.words[at];
        let op = word.op();
        for (kind, register) in op
            .operands()
            .into_iter()
            .zip([word.a(), word.b(), word.c()])
        {
            if let Some(window) = kind.reads() {
                window
                    .registers_by(register, (word.b(), word.c()), word.flags(), self.keys)
                    .for_each(&mut *each);
            }
        }
        let captured = match op {
            Op::Closure => (self.captured)(word.bx()),
            Op::MakeType => None,
            _ => return,
        };
        match captured {
            Some(captured) => captured.into_iter().for_each(each),
            None => (0..self.registers).for_each(each),
        }
    }

    /// Calls `each` for every register whose old value is gone afterwards.
    pub fn writes(&self, at: usize, each: &mut dyn FnMut(u16)) {
        let word = self.words[at];
        let operands = [word.a(), word.b(), word.c()];
        for (kind, register) in word.op().operands().into_iter().zip(operands) {
            if let Some(window) = kind.writes() {
                window
                    .registers_by(register, (word.b(), word.c()), word.flags(), self.keys)
                    .for_each(&mut *each);
            }
        }
    }

    /// Calls `each` for every register that may have another value afterwards.
    pub fn changes(&self, at: usize, each: &mut dyn FnMut(u16)) {
        use super::op::Operand;
        self.writes(at, each);
        let word = self.words[at];
        match word.op() {
            Op::RangeNext => each(word.a()),
            Op::IterNext | Op::IterNext2 => each(word.a() + 1),
            op => {
                let operands = [word.a(), word.b(), word.c()];
                for (kind, register) in op.operands().into_iter().zip(operands) {
                    match kind {
                        Operand::UseDef | Operand::MayDef | Operand::Loan => each(register),
                        _ => {}
                    }
                }
            }
        }
    }
}

impl Flow {
    pub fn new(code: &Code) -> Flow {
        let count = code.words.len();
        let mut leads = vec![false; count + 1];
        let mut starts = vec![false; count + 1];
        leads[0] = true;
        let mut at = 0;
        while at < count {
            starts[at] = true;
            let word = code.words[at];
            let next = after(code.words, at);
            if let Some(target) = target(code.words, at) {
                leads[target] = true;
                leads[next] = true;
            }
            if word.op().ends_block() {
                leads[next] = true;
            }
            if word.op().skips_next(word.b()) {
                leads[next] = true;
                leads[(next + 1).min(count)] = true;
            }
            at = next;
        }
        for handler in code.handlers {
            leads[handler.target as usize] = true;
        }
        let mut blocks: Vec<Block> = Vec::new();
        let mut block_at = vec![0; count];
        for at in 0..count {
            if leads[at] {
                if let Some(last) = blocks.last_mut() {
                    last.end = at as u32;
                }
                blocks.push(Block {
                    start: at as u32,
                    end: count as u32,
                    successors: Vec::new(),
                });
            }
            block_at[at] = blocks.len() as u32 - 1;
        }
        for block in &mut blocks {
            let last = (block.start..block.end)
                .rev()
                .find(|&at| starts[at as usize])
                .expect("a block has an instruction") as usize;
            let word = code.words[last];
            let next = after(code.words, last);
            let mut add = |at: usize| {
                if at < count {
                    block.successors.push(block_at[at]);
                }
            };
            if let Some(target) = target(code.words, last) {
                add(target);
            }
            if !word.op().ends_block() {
                add(next);
                if word.op().skips_next(word.b()) {
                    add(next + 1);
                }
            }
        }
        let mut flow = Flow {
            blocks,
            block_at,
            live: Vec::new(),
            handlers: code.handlers.to_vec(),
        };
        flow.live = flow.solve(code, &starts);
        flow
    }

    /// The block that begins at or contains a word.
    pub fn block_at(&self, at: usize) -> usize {
        self.block_at[at] as usize
    }

    /// The registers that are read later, as they are before the instruction at `at`.
    pub fn live_before(&self, at: usize) -> &Registers {
        &self.live[at]
    }

    /// The row of the handler table that an error in the instruction at `at` goes to.
    pub fn handler_at(&self, at: usize) -> Option<&Handler> {
        let at = at as u32;
        self.handlers
            .iter()
            .find(|handler| handler.start <= at && at < handler.end)
    }

    fn solve(&self, code: &Code, starts: &[bool]) -> Vec<Registers> {
        let count = code.words.len();
        let empty = Registers::new(code.registers);
        let mut live = vec![empty.clone(); count];
        let mut changed = true;
        while changed {
            changed = false;
            for block in self.blocks.iter().rev() {
                let mut now = empty.clone();
                let last = (block.start..block.end)
                    .rev()
                    .find(|&at| starts[at as usize])
                    .expect("a block has an instruction") as usize;
                for &next in &block.successors {
                    let start = self.blocks[next as usize].start as usize;
                    let mut there = live[start].clone();
                    let word = code.words[last];
                    let goes_on = start == after(code.words, last);
                    if goes_on && word.op().operands()[0] == super::op::Operand::MayDef {
                        there.remove(word.a());
                    }
                    now.union(&there);
                }
                for at in (block.start as usize..block.end as usize).rev() {
                    if !starts[at] {
                        continue;
                    }
                    code.writes(at, &mut |register| now.remove(register));
                    code.reads(at, &mut |register| now.insert(register));
                    if let Some(handler) = self.handler_at(at) {
                        let mut held = live[handler.target as usize].clone();
                        held.remove(handler.register);
                        now.union(&held);
                    }
                    if code.is_method {
                        now.insert(0);
                    }
                    if live[at] != now {
                        live[at].clone_from(&now);
                        changed = true;
                    }
                }
            }
        }
        live
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(words: &[Instr], registers: u16) -> Flow {
        Flow::new(&Code {
            words,
            handlers: &[],
            registers,
            is_method: false,
            keys: &|_| 0,
            captured: &|_| Some(Vec::new()),
        })
    }

    #[test]
    fn a_counted_loop_has_its_test_at_the_end() {
        // for r3 in r0..r1 by r2 { r4 = r4 + r3 }; return r4
        let words = [
            Instr::jump(Op::RangeInit, 0, 1),
            Instr::abc(Op::Add, 4, 4, 3),
            Instr::jump(Op::RangeNext, 0, -2),
            Instr::abc(Op::Return, 4, 0, 0),
        ];
        let flow = flow(&words, 5);
        let edges: Vec<_> = flow
            .blocks
            .iter()
            .map(|b| (b.start, b.successors.clone()))
            .collect();
        assert_eq!(
            edges,
            [(0, vec![2]), (1, vec![2]), (2, vec![1, 3]), (3, vec![])]
        );
        let live = |at| flow.live_before(at).iter().collect::<Vec<_>>();
        assert_eq!(live(0), [0, 1, 2, 4]);
        assert_eq!(live(1), [0, 1, 2, 3, 4]);
        assert_eq!(live(3), [4]);
    }

    #[test]
    fn what_a_handler_reads_is_live_in_its_range() {
        let words = [
            Instr::abc(Op::LoadSimple, 0, 0, 0),
            Instr::abc(Op::GetIndex, 1, 2, 3),
            Instr::abc(Op::Return, 1, 0, 0),
            Instr::abc(Op::Add, 1, 0, 4),
            Instr::abc(Op::Return, 1, 0, 0),
        ];
        let handlers = [Handler {
            start: 1,
            end: 2,
            target: 3,
            register: 4,
            cleanup: false,
        }];
        let flow = Flow::new(&Code {
            words: &words,
            handlers: &handlers,
            registers: 5,
            is_method: false,
            keys: &|_| 0,
            captured: &|_| Some(Vec::new()),
        });
        let live = |at| flow.live_before(at).iter().collect::<Vec<_>>();
        assert_eq!(live(1), [0, 2, 3]);
        assert_eq!(live(2), [1]);
        assert_eq!(live(0), [2, 3]);
    }
}
