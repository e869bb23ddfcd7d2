//! Does not make instances, nor loans, that only states would have: the ways out make
//! them. An exit makes an instance once, for all that have it, and code that has been
//! left has none of its own any more: so nothing can tell.
//!
//! * Assumes: guards give nothing (`lower` has run), and no instruction is left whose
//!   result is not used (`dead` has run).
//! * Guarantees: a [`Op::Virtual`] is in no block, and is used by states and by others of
//!   its kind only.
//! * Does not look at where an instance is used: one real use, and it is made. Writes of
//!   its fields are none if they follow in the same block.

use super::super::ir::types::{self, Type};
use super::super::ir::{B, Class, End, Graph, MOST_VIRTUAL, Op, Rep, V};
use super::super::job::Field;
use crate::heap::shape;
use crate::value::Value;

pub fn run(graph: &mut Graph) {
    sink_loans(graph);
    sink_instances(graph);
    sink_structs(graph);
}

/// Loans that end in the block in which they begin, with nothing between that could write
/// or ask: the code that a way out goes on with may, so that makes them.
fn sink_loans(graph: &mut Graph) {
    for b in graph.order.clone() {
        let insts = graph.block(b).insts.clone();
        for (at, &loan) in insts.iter().enumerate() {
            if graph.inst(loan).op == Op::Loan
                && let Some(end) = end_of_loan(graph, &insts[at + 1..], loan)
                && !is_passed_on(graph, loan)
            {
                let ends = |v: &V| *v != loan && *v != end;
                graph.block_mut(b).insts.retain(ends);
                let inst = &mut graph.insts[loan.index()];
                (inst.op, inst.slow) = (Op::LentOut, None);
            }
        }
    }
}

/// The instruction that gives a loan back, if none before it can see or need the loan.
fn end_of_loan(graph: &Graph, insts: &[V], loan: V) -> Option<V> {
    for &v in insts {
        let inst = graph.inst(v);
        if inst.op == Op::GiveBack && graph.arg(v, 0) == loan {
            return Some(v);
        }
        let is_quiet = inst.op.is_removable()
            || inst.op.class() == Class::Guard
            || matches!(inst.op, Op::Count | Op::Share);
        if !is_quiet || inst.slow.is_some() || graph.args(v).contains(&loan) {
            return None;
        }
    }
    None
}

/// Whether another block has a value as an operand.
fn is_passed_on(graph: &Graph, v: V) -> bool {
    graph.order.iter().any(|&b| match &graph.block(b).end {
        End::Jump(edge) => edge.args.contains(&v),
        End::If(one, ..) | End::Return(one) => *one == v,
        End::Open | End::ToBaseline(_) | End::Never => false,
    })
}

/// Instances of types with an `init`, which has been inlined: their fields are written one
/// after the other, and a state has those that have been written by then.
fn sink_instances(graph: &mut Graph) {
    for b in graph.order.clone() {
        for v in graph.block(b).insts.clone() {
            if graph.inst(v).op == Op::NewInstance && !is_needed(graph, b, v) {
                sink_instance(graph, b, v);
            }
        }
    }
}

/// Whether an instance is used by more than states and writes of its fields in the block.
fn is_needed(graph: &Graph, home: B, v: V) -> bool {
    let writes = |b: B, inst: V| {
        let args = graph.args(inst);
        b == home && graph.inst(inst).op == Op::StoreField && args[0] == v && args[1] != v
    };
    graph.order.iter().any(|&b| {
        let block = graph.block(b);
        let end = match &block.end {
            End::Jump(edge) => edge.args.contains(&v),
            End::If(one, ..) | End::Return(one) => *one == v,
            End::Open | End::ToBaseline(_) | End::Never => false,
        };
        end || block.insts.iter().any(|&inst| {
            let stored = graph
                .inst(inst)
                .slow
                .and_then(|slow| graph.slows[slow as usize].flush);
            graph.args(inst).contains(&v) && !writes(b, inst)
                || inst != v
                    && stored.is_some_and(|state| {
                        graph
                            .state(state)
                            .regs
                            .iter()
                            .any(|&(_, stored)| stored == v)
                    })
        })
    })
}

fn sink_instance(graph: &mut Graph, b: B, v: V) {
    let info = graph.types[graph.inst(v).imm as usize].clone();
    let (ty, site) = (graph.inst(v).ty, graph.inst(v).site);
    let mut insts = Vec::new();
    let mut constant = |graph: &mut Graph, bits: u64, ty: Type| {
        let constant = graph.add(Op::Const, Rep::Tagged, ty, &[], bits, site);
        insts.push(constant);
        constant
    };
    let mut parts = vec![constant(graph, info.bits, Type::of(types::OTHER))];
    for field in &info.fields {
        let bits = match field {
            Field::Value(bits) => *bits,
            // Empty containers are stored once they are made.
            _ => Value::ABSENT.bits(),
        };
        let kinds = match Value::from_bits(bits).is_pointer() {
            true => types::POINTER,
            false => !types::POINTER,
        };
        parts.push(constant(graph, bits, Type::MAYBE.both(Type::of(kinds))));
    }
    let virtual_ =
        |graph: &mut Graph, parts: &[V]| graph.add(Op::Virtual, Rep::Tagged, ty, parts, 0, site);
    let mut now = virtual_(graph, &parts);
    let mut begun = false;
    for inst in std::mem::take(&mut graph.block_mut(b).insts) {
        if inst == v {
            begun = true;
            let before = insts.len();
            // Constants are defined where the instance was.
            let constants = insts.split_off(0);
            debug_assert_eq!(constants.len(), before);
            graph.block_mut(b).insts.extend(constants);
            continue;
        }
        if begun && graph.inst(inst).op == Op::StoreField && graph.arg(inst, 0) == v {
            parts[1 + graph.inst(inst).imm as usize] = graph.arg(inst, 1);
            now = virtual_(graph, &parts);
            continue;
        }
        if begun {
            graph.change_states(inst, &|value| if value == v { now } else { value });
        }
        graph.block_mut(b).insts.push(inst);
    }
    for state in &mut graph.states {
        for (_, value) in &mut state.regs {
            if *value == v {
                *value = now;
            }
        }
    }
}

/// Structs, whose fields are what they are made of.
fn sink_structs(graph: &mut Graph) {
    let made: Vec<V> = all(graph).filter(|&v| is_made(graph, v)).collect();
    if made.is_empty() {
        return;
    }
    let (mut escapes, marked) = uses(graph);
    // A struct in one that is made is made as well.
    for &v in made.iter().rev() {
        if escapes[v.index()] {
            for &part in graph.args(v) {
                escapes[part.index()] = true;
            }
        }
    }
    let mut gone = vec![false; graph.insts.len()];
    let inside = made.iter().filter(|v| !escapes[v.index()]);
    for &v in inside.take(MOST_VIRTUAL) {
        gone[v.index()] = true;
    }
    // One that there was no room for needs its parts.
    for &v in made.iter().rev().filter(|v| !escapes[v.index()]) {
        if !gone[v.index()] {
            for &part in graph.args(v) {
                gone[part.index()] = false;
            }
        }
    }
    for &v in &made {
        if gone[v.index()] {
            let inst = &mut graph.insts[v.index()];
            (inst.op, inst.slow) = (Op::Virtual, None);
            inst.imm = u64::from(marked[v.index()]);
        }
    }
    for b in graph.order.clone() {
        let insts = std::mem::take(&mut graph.block_mut(b).insts);
        let marks_gone = |v: V| is_mark(graph, v) && gone[graph.arg(v, 0).index()];
        let stays = |v: &V| !gone[v.index()] && !marks_gone(*v);
        let insts = insts.into_iter().filter(stays).collect();
        graph.block_mut(b).insts = insts;
    }
}

fn all(graph: &Graph) -> impl Iterator<Item = V> {
    let blocks = graph.order.iter().map(|&b| graph.block(b));
    blocks.flat_map(|block| block.insts.iter().copied())
}

fn is_made(graph: &Graph, v: V) -> bool {
    let inst = graph.inst(v);
    inst.op == Op::NewStruct && !shape::is_class(inst.imm as u32)
}

/// Whether it only notes that an object may have several owners.
fn is_mark(graph: &Graph, v: V) -> bool {
    matches!(graph.inst(v).op, Op::Share | Op::ShareBorrowed)
}

/// By value: whether an instruction needs it, and whether it is marked.
fn uses(graph: &Graph) -> (Vec<bool>, Vec<bool>) {
    let mut escapes = vec![false; graph.insts.len()];
    let mut marked = escapes.clone();
    for v in all(graph) {
        if is_mark(graph, v) {
            marked[graph.arg(v, 0).index()] = true;
        } else if !is_made(graph, v) {
            for &arg in graph.args(v) {
                escapes[arg.index()] = true;
            }
        }
        let slow = graph.inst(v).slow.map(|slow| &graph.slows[slow as usize]);
        if let Some(state) = slow.and_then(|slow| slow.flush) {
            for &(_, stored) in &graph.state(state).regs {
                escapes[stored.index()] = true;
            }
        }
    }
    for &b in &graph.order {
        match &graph.block(b).end {
            End::Jump(edge) => edge.args.iter().for_each(|v| escapes[v.index()] = true),
            End::If(v, ..) | End::Return(v) => escapes[v.index()] = true,
            End::Open | End::ToBaseline(_) | End::Never => {}
        }
    }
    (escapes, marked)
}
