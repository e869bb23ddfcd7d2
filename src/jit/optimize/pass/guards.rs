//! Has a guard check at once what a later guard of its block checks more strictly of the
//! same value: a part of a container is expected to be an instance or null where it is
//! found, and to be an instance where its field is read.
//!
//! * Assumes: guards give nothing (`lower` has run).
//! * Guarantees: a value that fails the strict guard leaves at the first one, whose state
//!   is good for any reason to leave.
//! * Does not look past the end of a block: there the strict guard may never be reached.

use super::super::ir::op::KNOWN_OBJECT;
use super::super::ir::{Graph, Op, V};

pub fn run(graph: &mut Graph) {
    // The guards of the block that a null passes, and what they look at.
    let mut weak: Vec<(V, V)> = Vec::new();
    for b in graph.order.clone() {
        weak.clear();
        let mut implied: Vec<V> = Vec::new();
        for v in graph.block(b).insts.clone() {
            match graph.inst(v).op {
                Op::GuardShapeOrNull => weak.push((v, graph.arg(v, 0))),
                Op::GuardShape => {
                    let of = graph.arg(v, 0);
                    let shape = |v: V| graph.inst(v).imm & !KNOWN_OBJECT;
                    let found = weak
                        .iter()
                        .find(|&&(guard, value)| value == of && shape(guard) == shape(v));
                    if let Some(&(guard, _)) = found {
                        graph.insts[guard.index()].op = Op::GuardShape;
                        implied.push(v);
                    }
                }
                _ => {}
            }
        }
        if !implied.is_empty() {
            graph.block_mut(b).insts.retain(|v| !implied.contains(v));
        }
    }
}
