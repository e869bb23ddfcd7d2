//! Drops the overflow checks of ints of which only low bits are used, as in
//! `(a * x + c) & mask`: the low bits of a sum, a difference, a product, a shift to the left
//! and of bitwise operations follow from the low bits of their operands.
//!
//! * Assumes: users of guards use what was guarded (`lower` has run).
//! * Guarantees: a value that may have lost its high bits is used by operations on low bits
//!   alone, and at last by `and` with a constant that is not negative. No state has it.
//! * Does not look through parameters of blocks.

use super::super::ir::{End, Graph, Op, V};

/// The operation that drops what does not fit, for one whose low bits follow from those of
/// its operands.
fn unchecked(op: Op) -> Option<Op> {
    match op {
        Op::Add | Op::AddChecked => Some(Op::Add),
        Op::Sub | Op::SubChecked => Some(Op::Sub),
        Op::Mul | Op::MulChecked => Some(Op::Mul),
        Op::ShlChecked => Some(Op::Shl),
        Op::And | Op::Or | Op::Xor | Op::Not => Some(op),
        _ => None,
    }
}

/// Whether it leaves on overflow.
fn is_checked(op: Op) -> bool {
    unchecked(op).is_some_and(|other| other != op)
}

/// Calls `each` for the operands of which more than the low bits are used, if of the result
/// only the low bits are (`low`) or all.
fn whole_operands(graph: &Graph, v: V, low: bool, each: &mut dyn FnMut(V)) {
    let args = graph.args(v);
    match graph.inst(v).op {
        Op::ShlChecked if low => each(args[1]),
        op if low && unchecked(op).is_some() => {}
        Op::And => {
            let is_mask = |v: V| graph.inst(v).op == Op::ConstInt && graph.inst(v).imm as i64 >= 0;
            if !is_mask(args[1]) {
                each(args[0]);
            }
            if !is_mask(args[0]) {
                each(args[1]);
            }
        }
        _ => args.iter().for_each(|&arg| each(arg)),
    }
}

pub fn run(graph: &mut Graph) {
    let op = |v: V| graph.inst(v).op;
    let order: Vec<V> = graph
        .order
        .iter()
        .flat_map(|&b| graph.block(b).insts.iter().copied())
        .collect();
    let masked = order.iter().any(|&v| op(v) == Op::And);
    if !masked || !order.iter().any(|&v| is_checked(op(v))) {
        return;
    }
    // Values of which all bits are used.
    let mut whole = vec![false; graph.insts.len()];
    for &b in &graph.order {
        match &graph.block(b).end {
            End::Jump(edge) => edge.args.iter().for_each(|v| whole[v.index()] = true),
            End::If(v, ..) | End::Return(v) => whole[v.index()] = true,
            _ => {}
        }
    }
    let mut changed = true;
    while changed {
        changed = false;
        for &v in order.iter().rev() {
            let low = unchecked(op(v)).is_some() && !whole[v.index()];
            let mut use_whole = |v: V| {
                changed |= !std::mem::replace(&mut whole[v.index()], true);
            };
            whole_operands(graph, v, low, &mut use_whole);
            // A check that is dropped needs no state.
            if !(low && is_checked(op(v))) {
                graph.state_values(v, &mut use_whole);
            }
        }
    }
    for v in order {
        let inst = &mut graph.insts[v.index()];
        if is_checked(inst.op) && !whole[v.index()] {
            inst.op = unchecked(inst.op).expect("it is checked");
            inst.state = None;
            inst.ty = super::super::ir::Type::INT;
        }
    }
}
