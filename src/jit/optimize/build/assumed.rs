//! The assumptions about loops under which a graph is built, and the notes of what a round
//! does that was not assumed.

use super::super::ir::types::Type;
use super::super::ir::{B, Op, V};
use super::nodes::Nodes;
use super::table::Map;
use super::{Env, HEAPS};
use std::rc::Rc;

/// Assumptions about loops, by the place of the head.
#[derive(Default)]
pub struct Memo {
    pub loops: Map<(u32, usize), Assumed>,
    /// The paths of inlined calls, by that of the caller and the word of the call.
    pub paths: Map<(u32, u32), u32>,
    /// The nodes of functions that have been inlined, by number.
    pub nodes: Map<u32, Rc<Nodes>>,
}

impl Memo {
    /// Takes what loops were found to do for granted.
    pub fn assume(&mut self, found: Vec<((u32, usize), Effect)>) {
        for (key, effect) in found {
            let assumed = self.loops.entry(key).or_default();
            match effect {
                Effect::Writes(heap) => assumed.written[heap] = true,
                Effect::LeavesStale(register) => assumed.stale.push(register),
                Effect::Replaces(register) => assumed.replaced.push(register),
            }
        }
    }
}

#[derive(Clone, Default)]
pub struct Assumed {
    pub types: Map<u16, Type>,
    /// Heaps that the loop writes.
    pub written: [bool; HEAPS],
    /// Registers of which memory does not keep the value.
    pub stale: Vec<u16>,
    /// Registers that are written in place, and replaced all the same.
    pub replaced: Vec<u16>,
    pub places: Assumptions,
}

/// Something that a round of a loop does.
pub enum Effect {
    Writes(usize),
    /// A register's value differs from that in memory afterwards.
    LeavesStale(u16),
    /// A register has another value, and not only one that is written in place.
    Replaces(u16),
}

/// A loop's head that has been built.
pub struct Head {
    pub block: B,
    /// The registers that are parameters there.
    pub params: Vec<(u16, V)>,
    /// The places in memory that are parameters after them.
    pub carried: Vec<(Name, MemoryPlace, V)>,
    /// Registers whose objects the loop is assumed to write in place only.
    pub in_place: Vec<u16>,
    pub env: Env,
}

/// A place in memory, by the operation that loads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryPlace {
    pub op: Op,
    /// The object, if it is a part of one.
    pub of: Option<V>,
    pub imm: u64,
}

/// The name of a place while its graph is built again and again: the operation, and the
/// register that has the object.
pub type Name = (Op, u64, u32);

/// An assumption about a place that a round loads as the one before has left it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Assumption {
    /// The loop may carry it.
    Loaded,
    /// It does, as this type.
    Carried(Type),
    /// It cannot: with it as a parameter, a round does not know it any more.
    Lost,
}

/// By name.
pub type Assumptions = Map<Name, Assumption>;
