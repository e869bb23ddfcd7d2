//! Removes instructions and parameters that are not used.
//!
//! * Assumes nothing.
//! * Guarantees: what is left acts, or is used by what acts.
//! * Does not remove guards.

use super::super::ir::{End, Graph, V};

pub fn run(graph: &mut Graph) {
    let mut used = vec![false; graph.insts.len()];
    let mut work: Vec<V> = Vec::new();
    for &b in &graph.order {
        let block = graph.block(b);
        work.extend(
            block
                .insts
                .iter()
                .copied()
                .filter(|&v| !graph.inst(v).op.is_removable()),
        );
        if let End::If(v, ..) | End::Return(v) = &block.end {
            work.push(*v);
        }
    }
    // By parameter: the arguments that edges give it.
    let mut given: Vec<Vec<V>> = vec![Vec::new(); graph.insts.len()];
    for &b in &graph.order {
        if let End::Jump(edge) = &graph.block(b).end {
            for (&param, &arg) in graph.block(edge.to).params.iter().zip(&edge.args) {
                given[param.index()].push(arg);
            }
        }
    }
    while let Some(v) = work.pop() {
        if std::mem::replace(&mut used[v.index()], true) {
            continue;
        }
        work.extend(graph.args(v));
        graph.state_values(v, &mut |value| work.push(value));
        work.extend(&given[v.index()]);
    }
    for &b in &graph.order.clone() {
        graph.block_mut(b).insts.retain(|v| used[v.index()]);
        let params = graph.block(b).params.clone();
        if params.iter().all(|param| used[param.index()]) {
            continue;
        }
        let keep: Vec<bool> = params.iter().map(|param| used[param.index()]).collect();
        let filter = |values: &mut Vec<V>| {
            let mut keep = keep.iter();
            values.retain(|_| *keep.next().expect("as many as parameters"));
        };
        filter(&mut graph.block_mut(b).params);
        for pred in graph.block(b).preds.clone() {
            if let End::Jump(edge) = &mut graph.block_mut(pred).end
                && edge.to == b
            {
                filter(&mut edge.args);
            }
        }
    }
}
