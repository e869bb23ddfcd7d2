//! Value numbering: what has been computed already. An entry counts where its block
//! dominates; what reads memory is entered with the version of what it reads.

use super::super::ir::{B, Graph, Op, V};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    pub op: Op,
    /// The values that its operands are guarded from.
    pub args: [u32; 3],
    pub imm: u64,
    pub version: u32,
}

/// A map for keys that are small numbers of the compiler's own: no program
/// can choose them to collide, so hashing them may be cheap.
pub type Map<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// A hash by multiplication.
#[derive(Clone, Copy, Default)]
pub struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }

    fn write_u16(&mut self, value: u16) {
        self.write_u64(u64::from(value));
    }

    fn write_u32(&mut self, value: u32) {
        self.write_u64(u64::from(value));
    }

    fn write_u64(&mut self, value: u64) {
        const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
        let product = u128::from(self.0 ^ value) * u128::from(FACTOR);
        self.0 = product as u64 ^ (product >> 64) as u64;
    }

    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
}

/// No operand.
pub const NOTHING: u32 = u32::MAX;

#[derive(Default)]
pub struct Table {
    known: Map<Key, Vec<(V, B)>>,
}

impl Table {
    /// The value that has been computed on every way to a block.
    pub fn find(&self, graph: &Graph, key: &Key, at: B) -> Option<V> {
        let all = self.known.get(key)?;
        let found = all.iter().rev().find(|(_, b)| graph.dominates(*b, at));
        found.map(|&(v, _)| v)
    }

    /// The loads of places in memory that have been entered: the operation, the value that
    /// the object is guarded from, what it says beside it, and the version.
    pub fn loads(&self) -> Vec<(Op, u32, u64, u32)> {
        let is_place = |op| matches!(op, Op::LoadField | Op::LoadGlobal | Op::LoadCell);
        let keys = self.known.keys().filter(|key| is_place(key.op));
        keys.map(|key| (key.op, key.args[0], key.imm, key.version))
            .collect()
    }

    pub fn insert(&mut self, key: Key, v: V, at: B) {
        self.known.entry(key).or_default().push((v, at));
    }
}
