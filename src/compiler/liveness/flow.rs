//! Basic blocks and the data flow of live registers over them. A block is cut
//! also where a handler's range begins or ends, so that what handlers read is
//! one set for the whole block.

use super::effects;
use crate::compiler::ir::{Body, Label};

pub struct Block {
    start: u32,
    successors: Vec<u32>,
    /// Where errors in it go: the first row of the table that covers it.
    handler: Option<u32>,
}

pub struct Flow {
    pub blocks: Vec<Block>,
    /// Number of instructions.
    count: usize,
    /// Words of a set.
    words: usize,
    /// Registers that handlers of a block read; empty without handlers.
    held: Vec<Vec<u64>>,
}

/// A set of registers for every block.
pub struct Sets {
    words: usize,
    bits: Vec<u64>,
}

impl Sets {
    fn new(count: usize, words: usize) -> Sets {
        Sets {
            words,
            bits: vec![0; count * words],
        }
    }

    pub fn get(&self, index: usize) -> &[u64] {
        &self.bits[index * self.words..][..self.words]
    }

    pub fn get_mut(&mut self, index: usize) -> &mut [u64] {
        &mut self.bits[index * self.words..][..self.words]
    }
}

pub fn contains(set: &[u64], register: u16) -> bool {
    let at = usize::from(register);
    set.get(at / 64)
        .is_some_and(|word| word >> (at % 64) & 1 != 0)
}

fn insert(set: &mut [u64], register: u16) {
    let at = usize::from(register);
    if let Some(word) = set.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn remove(set: &mut [u64], register: u16) {
    let at = usize::from(register);
    if let Some(word) = set.get_mut(at / 64) {
        *word &= !(1 << (at % 64));
    }
}

pub fn union(set: &mut [u64], other: &[u64]) {
    for (word, more) in set.iter_mut().zip(other) {
        *word |= more;
    }
}

/// Changes the set of registers that are live after an instruction into the set
/// of those that are live before it.
pub fn before(body: &Body, index: usize, live: &mut [u64]) {
    effects::kills(body, index, &mut |register| remove(live, register));
    effects::uses(body, index, &mut |register| insert(live, register));
}

impl Flow {
    pub fn new(body: &Body) -> Flow {
        let count = body.ins.len();
        let mut leads = vec![false; count + 1];
        leads[0] = true;
        for (index, ins) in body.ins.iter().enumerate() {
            if ins.target != Label::NONE {
                leads[body.at(ins.target)] = true;
            }
            if ins.target != Label::NONE || ins.op.ends_block() {
                leads[index + 1] = true;
            }
            if ins.op.skips_next(ins.b) {
                leads[index + 1] = true;
                leads[(index + 2).min(count)] = true;
            }
        }
        for handler in &body.handlers {
            for label in [handler.start, handler.end, handler.target] {
                leads[body.at(label)] = true;
            }
        }
        let mut block_at = vec![0u32; count + 1];
        let mut blocks: Vec<Block> = Vec::new();
        for (index, &lead) in leads[..count].iter().enumerate() {
            if lead {
                blocks.push(Block {
                    start: index as u32,
                    successors: Vec::new(),
                    handler: None,
                });
            }
            block_at[index] = blocks.len() as u32 - 1;
        }
        block_at[count] = u32::MAX;
        let words = usize::from(body.registers).div_ceil(64).max(1);
        let mut flow = Flow {
            blocks,
            count,
            words,
            held: Vec::new(),
        };
        for index in 0..flow.blocks.len() {
            let (_, end) = flow.range(index);
            let last = &body.ins[end - 1];
            let mut successors = Vec::new();
            let mut add = |at: usize| {
                if let Some(&block) = block_at.get(at)
                    && block != u32::MAX
                {
                    successors.push(block);
                }
            };
            if last.target != Label::NONE {
                add(body.at(last.target));
            }
            if !last.op.ends_block() {
                add(end);
            }
            if last.op.skips_next(last.b) {
                add(end + 1);
            }
            flow.blocks[index].successors = successors;
        }
        flow.find_handlers(body, &block_at);
        flow.held = vec![Vec::new(); flow.blocks.len()];
        flow
    }

    fn find_handlers(&mut self, body: &Body, block_at: &[u32]) {
        // For each block that has its handler, one further on to look at next: what
        // inner rows cover is passed over by the rows around them.
        let mut next: Vec<u32> = (1..=self.blocks.len() as u32).collect();
        for handler in &body.handlers {
            let (start, end) = (body.at(handler.start), body.at(handler.end));
            let target = block_at[body.at(handler.target)];
            if start >= end || target == u32::MAX {
                continue;
            }
            let past = block_at[end - 1] + 1;
            let mut at = block_at[start];
            while at < past {
                let after = next[at as usize];
                let block = &mut self.blocks[at as usize];
                block.handler = block.handler.or(Some(target));
                next[at as usize] = after.max(past);
                at = after;
            }
        }
    }

    pub fn range(&self, block: usize) -> (usize, usize) {
        let start = self.blocks[block].start as usize;
        let end = self
            .blocks
            .get(block + 1)
            .map_or(self.count, |next| next.start as usize);
        (start, end)
    }

    pub fn held(&self, block: usize) -> &[u64] {
        &self.held[block]
    }

    /// The blocks that can be reached from the start.
    pub fn reachable(&self) -> Vec<bool> {
        let mut seen = vec![false; self.blocks.len()];
        let mut work = vec![0u32];
        while let Some(block) = work.pop() {
            let Some(mark) = seen.get_mut(block as usize) else {
                continue;
            };
            if !std::mem::replace(mark, true) {
                let block = &self.blocks[block as usize];
                work.extend(block.successors.iter().chain(&block.handler));
            }
        }
        seen
    }

    /// The registers that are live at the end of every block; `None` if that
    /// would take more memory than it is worth.
    pub fn solve(&mut self, body: &Body, max_bits: usize) -> Option<Sets> {
        let count = self.blocks.len();
        if count.saturating_mul(self.words).saturating_mul(64 * 4) > max_bits {
            return None;
        }
        let mut reads = Sets::new(count, self.words);
        let mut kills = Sets::new(count, self.words);
        let mut live_in = Sets::new(count, self.words);
        let mut live_out = Sets::new(count, self.words);
        for block in 0..count {
            let (start, end) = self.range(block);
            for index in (start..end).rev() {
                before(body, index, reads.get_mut(block));
                let kill = kills.get_mut(block);
                effects::kills(body, index, &mut |register| insert(kill, register));
            }
        }
        let mut predecessors = vec![Vec::new(); count];
        for (index, block) in self.blocks.iter().enumerate() {
            for &next in block.successors.iter().chain(&block.handler) {
                predecessors[next as usize].push(index as u32);
            }
        }
        let mut queued = vec![true; count];
        let mut work: std::collections::VecDeque<u32> = (0..count as u32).rev().collect();
        let mut scratch = vec![0u64; self.words];
        while let Some(block) = work.pop_front() {
            let index = block as usize;
            queued[index] = false;
            scratch.fill(0);
            let (_, end) = self.range(index);
            // A jump's target comes before what it may go on to.
            for &next in self.blocks[index].successors.iter().rev() {
                union(&mut scratch, live_in.get(next as usize));
                if let Some(register) = effects::kills_by_going_on(&body.ins[end - 1])
                    && self.blocks[next as usize].start as usize == end
                {
                    remove(&mut scratch, register);
                }
            }
            live_out.get_mut(index).copy_from_slice(&scratch);
            for ((word, kill), read) in scratch
                .iter_mut()
                .zip(kills.get(index))
                .zip(reads.get(index))
            {
                *word = *word & !kill | read;
            }
            if let Some(handler) = self.blocks[index].handler {
                union(&mut scratch, live_in.get(handler as usize));
            }
            if scratch != live_in.get(index) {
                live_in.get_mut(index).copy_from_slice(&scratch);
                for &before in &predecessors[index] {
                    if !std::mem::replace(&mut queued[before as usize], true) {
                        work.push_back(before);
                    }
                }
            }
        }
        for index in 0..count {
            if let Some(handler) = self.blocks[index].handler {
                self.held[index] = live_in.get(handler as usize).to_vec();
            }
        }
        Some(live_out)
    }
}
