//! Removes parameters that are always the same value.
//!
//! * Assumes: every edge gives its block's parameters.
//! * Guarantees: no parameter is left whose arguments are all one value or itself.
//! * Does not look for parameters that are equal to each other.

use super::super::ir::{End, Graph, V};
use super::replace;

pub fn run(graph: &mut Graph) {
    let mut map: Vec<V> = (0..graph.insts.len() as u32).map(V).collect();
    let resolve = |map: &[V], mut v: V| {
        while map[v.index()] != v {
            v = map[v.index()];
        }
        v
    };
    let mut changed = true;
    while changed {
        changed = false;
        for &b in &graph.order.clone() {
            for number in (0..graph.block(b).params.len()).rev() {
                let param = graph.block(b).params[number];
                let mut only = None;
                let mut same = true;
                for &pred in &graph.block(b).preds {
                    if let End::Jump(edge) = &graph.block(pred).end {
                        let arg = resolve(&map, edge.args[number]);
                        if arg != param && only.is_some_and(|only| only != arg) {
                            same = false;
                        }
                        if arg != param {
                            only = Some(arg);
                        }
                    }
                }
                let Some(only) = only.filter(|_| same) else {
                    continue;
                };
                map[param.index()] = only;
                graph.block_mut(b).params.remove(number);
                for pred in graph.block(b).preds.clone() {
                    if let End::Jump(edge) = &mut graph.block_mut(pred).end {
                        edge.args.remove(number);
                    }
                }
                changed = true;
            }
        }
    }
    replace(graph, |v| resolve(&map, v));
}
