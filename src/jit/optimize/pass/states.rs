//! Has states name the unboxed form of a value, where only they would keep the boxed one
//! alive after it has been unboxed: one register then has both.
//!
//! * Assumes: guards give nothing (`lower` has run), and no instance is made by ways out
//!   alone (`sink` has not run).
//! * Guarantees: a value that is only unboxed is in no state where its unboxed form is there.
//! * Does not look at values that are boxed again.

use super::super::ir::{B, Graph, Op, V};
use super::end_values;

pub fn run(graph: &mut Graph) {
    let unboxed = unboxed_forms(graph);
    if unboxed.iter().all(Option::is_none) {
        return;
    }
    // By value: its block, and its place there.
    let mut homes: Vec<Option<(B, usize)>> = vec![None; graph.insts.len()];
    for &b in &graph.order {
        for (place, &v) in graph.block(b).insts.iter().enumerate() {
            homes[v.index()] = Some((b, place));
        }
    }
    for b in graph.order.clone() {
        let is_there = |graph: &Graph, v: V, here: usize| match homes[v.index()] {
            Some((home, place)) if home == b => place < here,
            Some((home, _)) => graph.dominates(home, b),
            None => false,
        };
        for here in 0..graph.block(b).insts.len() {
            let v = graph.block(b).insts[here];
            let mut forms: Vec<(V, V)> = Vec::new();
            graph.state_values(v, &mut |value| {
                if let Some(form) = unboxed[value.index()]
                    && is_there(graph, form, here)
                {
                    forms.push((value, form));
                }
            });
            if !forms.is_empty() {
                graph.change_states(v, &|value| {
                    let form = forms.iter().find(|(boxed, _)| *boxed == value);
                    form.map_or(value, |&(_, form)| form)
                });
            }
        }
    }
}

/// By value: its unboxed form, if nothing but guards reads the boxed one, and something more
/// than states the unboxed one.
fn unboxed_forms(graph: &Graph) -> Vec<Option<V>> {
    let mut reads = vec![0u32; graph.insts.len()];
    let mut forms = vec![None; graph.insts.len()];
    for &b in &graph.order {
        for &v in &graph.block(b).insts {
            let op = graph.inst(v).op;
            if matches!(op, Op::GuardInt | Op::GuardFloat) {
                continue;
            }
            graph.args(v).iter().for_each(|arg| reads[arg.index()] += 1);
            if matches!(op, Op::UnboxInt | Op::UnboxFloat) {
                forms[graph.arg(v, 0).index()] = Some(v);
            }
        }
        end_values(&graph.block(b).end, |v| reads[v.index()] += 1);
    }
    for (boxed, form) in forms.iter_mut().enumerate() {
        *form = form.filter(|form: &V| reads[boxed] == 1 && reads[form.index()] > 0);
    }
    forms
}
