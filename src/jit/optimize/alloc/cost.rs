//! An estimate of what an allocation costs when the code runs, for a choice between two.

use super::super::ir::{Block, Graph, V};
use super::{Allocation, Loc, Move};

/// How much more often a loop is thought to run than what is around it, as a shift.
const ROUNDS: u32 = 3;
/// Loops around each other beyond which it makes no difference.
const MOST_LOOPS: u32 = 4;

/// How often a block is thought to run.
fn weight(block: &Block) -> u64 {
    1 << (ROUNDS * block.loops.min(MOST_LOOPS))
}

/// The accesses to memory of a graph in which each block counts as often as it may run, and
/// rare ones not at all: those of slots, and those that `of` says an instruction has.
pub fn cost(g: &Graph, a: &Allocation, of: impl Fn(V) -> u64) -> u64 {
    let of_loc = |loc: &Loc| u64::from(matches!(loc, Loc::Slot(_)));
    let of_moves = |moves: &[Move]| -> u64 {
        let both = moves.iter().map(|one| of_loc(&one.from) + of_loc(&one.to));
        both.sum()
    };
    let of_instruction = |v: &V| {
        let given = &a.insts[v.index()];
        let is_stored = a.slots[v.index()].is_some() && given.result.is_some();
        let args: u64 = given.args.iter().map(of_loc).sum();
        of_moves(&given.moves) + args + u64::from(is_stored) + of(*v)
    };
    let blocks = g.order.iter().map(|&b| (b, g.block(b)));
    let hot = blocks.filter(|(_, block)| !block.cold);
    let costs = hot.map(|(b, block)| {
        let instructions: u64 = block.insts.iter().map(of_instruction).sum();
        weight(block) * (instructions + of_moves(&a.edges[b.index()]))
    });
    costs.sum()
}
