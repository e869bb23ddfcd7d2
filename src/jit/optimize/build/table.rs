//! Value numbering: what has been computed already. An entry counts where its block
//! dominates; what reads memory is entered with the version of what it reads.

use super::super::ir::{B, Graph, Op, V};
use std::collections::HashMap;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub op: Op,
    /// The values that its operands are guarded from.
    pub args: [u32; 3],
    pub imm: u64,
    pub version: u32,
}

/// No operand.
pub const NOTHING: u32 = u32::MAX;

#[derive(Default)]
pub struct Table {
    known: HashMap<Key, Vec<(V, B)>>,
}

impl Table {
    /// The value that has been computed on every way to a block.
    pub fn find(&self, graph: &Graph, key: &Key, at: B) -> Option<V> {
        let all = self.known.get(key)?;
        let found = all.iter().rev().find(|(_, b)| graph.dominates(*b, at));
        found.map(|&(v, _)| v)
    }

    pub fn insert(&mut self, key: Key, v: V, at: B) {
        self.known.entry(key).or_default().push((v, at));
    }
}
