//! Has the users of guards use what was guarded: facts are not needed any more, and a
//! guard needs no register for its result.
//!
//! * Assumes: no later pass asks for the type of a guarded value but by
//!   [`Graph::kinds_of_arg`].
//! * Guarantees: guards that give their operand give nothing; there is no `refine`.

use super::super::ir::{Graph, Op, Rep, V};
use super::replace;

fn gives_operand(op: Op) -> bool {
    matches!(
        op,
        Op::Refine
            | Op::GuardInt
            | Op::GuardFloat
            | Op::GuardBool
            | Op::GuardKind
            | Op::GuardShape
            | Op::GuardShapeOrNull
            | Op::GuardType
            | Op::GuardProto
            | Op::GuardPresent
            | Op::GuardSame
    )
}

pub fn run(graph: &mut Graph) {
    graph.note_kinds();
    let mut map: Vec<V> = (0..graph.insts.len() as u32).map(V).collect();
    for &b in &graph.order.clone() {
        for &v in &graph.block(b).insts.clone() {
            if gives_operand(graph.inst(v).op) {
                // Values that are defined earlier have been resolved already.
                map[v.index()] = map[graph.arg(v, 0).index()];
                graph.insts[v.index()].rep = Rep::None;
            }
        }
        let insts = &graph.insts;
        let refines = |v: &V| insts[v.index()].op == Op::Refine;
        let kept: Vec<V> = graph
            .block(b)
            .insts
            .iter()
            .copied()
            .filter(|v| !refines(v))
            .collect();
        graph.block_mut(b).insts = kept;
    }
    replace(graph, |v| map[v.index()]);
}
