//! Keeps one of two loop parameters that differ by a constant, as the variable of a loop over
//! a range and its counter, which is a step ahead. The other one is calculated where
//! something needs it, and by the ways out where only they do.
//!
//! * Assumes: guards give nothing (`lower` has run), and no instance is made by ways out
//!   alone (`sink` has not run).
//! * Guarantees: an [`Op::Later`] is in no block, and states alone have it.
//! * Does not look at products, nor at sums that leave on overflow.

use super::super::ir::types::Type;
use super::super::ir::{B, Edge, End, Graph, Op, Rep, V};
use super::{end_values, replace};

/// The most that ways out add at once: they add several such numbers in 32 bits.
const MOST_ADDED: u64 = 1 << 16;

pub fn run(graph: &mut Graph) {
    for b in graph.order.clone() {
        if graph.block(b).head {
            while let Some(pair) = find_pair(graph, b) {
                merge(graph, b, &pair);
            }
            for step in steps(graph, b) {
                place(graph, b, step);
            }
        }
    }
    sink_sums(graph);
}

/// The numbers of two parameters, and by how much the second is more.
struct Pair {
    first: usize,
    second: usize,
    by: i64,
}

/// Two parameters of a loop, of which the first becomes the second from round to round.
fn find_pair(graph: &Graph, header: B) -> Option<Pair> {
    let block = graph.block(header);
    let edges: Option<Vec<&Edge>> = block
        .preds
        .iter()
        .map(|&pred| match &graph.block(pred).end {
            End::Jump(edge) => Some(edge),
            _ => None,
        })
        .collect();
    let edges = edges?;
    for (second, &param) in block.params.iter().enumerate() {
        if graph.inst(param).rep != Rep::Int {
            continue;
        }
        for first in 0..block.params.len() {
            if first == second || !edges.iter().any(|edge| edge.args[first] == param) {
                continue;
            }
            let mut differences = edges
                .iter()
                .map(|edge| difference(graph, edge.args[first], edge.args[second]));
            let Some(by) = differences.next().flatten() else {
                continue;
            };
            if differences.all(|other| other == Some(by)) && by.unsigned_abs() <= MOST_ADDED {
                return Some(Pair { first, second, by });
            }
        }
    }
    None
}

/// By how much a value is always more than another, if that is known.
fn difference(graph: &Graph, from: V, to: V) -> Option<i64> {
    let (base, less) = sum(graph, from);
    let (other, more) = sum(graph, to);
    (base == other).then(|| more.checked_sub(less))?
}

/// A value as the sum of another and a constant; a constant is that alone.
fn sum(graph: &Graph, v: V) -> (Option<V>, i64) {
    let constant = |v: V| (graph.inst(v).op == Op::ConstInt).then(|| graph.inst(v).imm as i64);
    match (graph.inst(v).op, graph.args(v)) {
        (Op::ConstInt, _) => (None, graph.inst(v).imm as i64),
        (Op::Add, &[a, b]) if graph.inst(v).imm == 0 => match constant(b) {
            Some(by) => (Some(a), by),
            None => (Some(v), 0),
        },
        _ => (Some(v), 0),
    }
}

fn merge(graph: &mut Graph, header: B, pair: &Pair) {
    let first = graph.block(header).params[pair.first];
    let second = graph.block_mut(header).params.remove(pair.second);
    for pred in graph.block(header).preds.clone() {
        if let End::Jump(edge) = &mut graph.block_mut(pred).end {
            edge.args.remove(pair.second);
        }
    }
    let (ty, site) = (graph.inst(second).ty, graph.inst(second).site);
    let by = Type::range(pair.by, pair.by);
    let by = graph.add(Op::ConstInt, Rep::Int, by, &[], pair.by as u64, site);
    let sum = graph.add(Op::Add, Rep::Int, ty, &[first, by], 0, site);
    replace(graph, |v| if v == second { sum } else { v });
    graph.block_mut(header).insts.splice(0..0, [by, sum]);
}

/// The sums of a loop's parameter and a constant that are its next value.
fn steps(graph: &Graph, header: B) -> Vec<V> {
    let block = graph.block(header);
    let mut steps = Vec::new();
    for &pred in &block.preds {
        if let End::Jump(edge) = &graph.block(pred).end {
            for (&param, &arg) in block.params.iter().zip(&edge.args) {
                let (of, by) = sum(graph, arg);
                let is_step = of == Some(param) && by.unsigned_abs() <= MOST_ADDED;
                if is_step && arg != param && !steps.contains(&arg) {
                    steps.push(arg);
                }
            }
        }
    }
    steps
}

/// Moves a sum to where it is first needed, outside inner loops. States before that have the
/// way out calculate it.
fn place(graph: &mut Graph, header: B, sum: V) {
    let is_in = |b: &&B| graph.block(**b).insts.contains(&sum);
    let before = graph.order.iter().find(is_in).copied();
    let home = home_of(graph, header, sum);
    let (Some(before), Some(home)) = (before, home) else {
        return;
    };
    if !graph.dominates(before, home) {
        return;
    }
    let (ty, site) = (graph.inst(sum).ty, graph.inst(sum).site);
    let args = graph.args(sum).to_vec();
    let later = graph.add(Op::Later, Rep::Int, ty, &args, 0, site);
    graph.block_mut(before).insts.retain(|&v| v != sum);
    let at = place_in(graph, home, sum);
    for b in graph.order.clone() {
        let after = match b == home {
            true => at,
            false if graph.dominates(home, b) => continue,
            false => usize::MAX,
        };
        for place in 0..graph.block(b).insts.len().min(after) {
            let v = graph.block(b).insts[place];
            graph.change_states(v, &|value| if value == sum { later } else { value });
        }
    }
    graph.block_mut(home).insts.insert(at, sum);
}

/// The block that a sum is to be made in, if something reads it: control has to go through it
/// before all that does.
fn home_of(graph: &Graph, header: B, sum: V) -> Option<B> {
    let mut home: Option<B> = None;
    for &b in &graph.order {
        let block = graph.block(b);
        let mut reads = block.insts.iter().any(|&v| graph.args(v).contains(&sum));
        end_values(&block.end, |v| reads |= v == sum);
        if reads {
            home = Some(home.map_or(b, |home| graph.common_dominator(home, b)));
        }
    }
    let loops = graph.block(header).loops;
    while let Some(b) = home.filter(|&b| graph.block(b).loops > loops) {
        home = graph.block(b).idom;
    }
    home
}

/// The place in a block before the first instruction that reads a value.
fn place_in(graph: &Graph, b: B, sum: V) -> usize {
    let block = graph.block(b);
    let last = match (&block.end, block.insts.last()) {
        // A comparison stays beside its branch.
        (End::If(v, ..), Some(last)) if v == last => block.insts.len() - 1,
        _ => block.insts.len(),
    };
    let first = block
        .insts
        .iter()
        .position(|&v| graph.args(v).contains(&sum));
    first.unwrap_or(last).min(last)
}

/// Has the ways out calculate sums that only states have.
fn sink_sums(graph: &mut Graph) {
    let mut reads = vec![0u32; graph.insts.len()];
    for &b in &graph.order {
        for &v in &graph.block(b).insts {
            graph.args(v).iter().for_each(|arg| reads[arg.index()] += 1);
        }
        end_values(&graph.block(b).end, |v| reads[v.index()] += 1);
    }
    for b in graph.order.clone().into_iter().rev() {
        for v in graph.block(b).insts.clone().into_iter().rev() {
            let inst = graph.inst(v);
            if inst.op != Op::Add || inst.rep != Rep::Int || reads[v.index()] != 0 {
                continue;
            }
            let (of, by) = sum(graph, v);
            if of != Some(v) && by.unsigned_abs() <= MOST_ADDED {
                graph.args(v).iter().for_each(|arg| reads[arg.index()] -= 1);
                graph.insts[v.index()].op = Op::Later;
            }
        }
        let insts = &graph.insts;
        let stays = |v: &V| insts[v.index()].op != Op::Later;
        let insts = graph.block(b).insts.iter().copied().filter(stays);
        graph.block_mut(b).insts = insts.collect();
    }
}
