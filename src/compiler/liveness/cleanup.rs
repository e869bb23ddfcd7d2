//! Removes what does nothing: unreachable code, moves of a register to itself,
//! jumps to the next instruction; and shortens jumps to jumps.

use super::flow::Flow;
use crate::bytecode::Op;
use crate::compiler::ir::{Body, Label};

pub fn remove_dead_code(body: &mut Body) {
    if body.ins.is_empty() {
        return;
    }
    thread_jumps(body);
    let flow = Flow::new(body);
    let mut keep = vec![false; body.ins.len()];
    for (block, reachable) in flow.reachable().into_iter().enumerate() {
        let (start, end) = flow.range(block);
        keep[start..end].fill(reachable);
    }
    let mut next = body.ins.len();
    for index in (0..body.ins.len()).rev() {
        if !keep[index] {
            continue;
        }
        let ins = &body.ins[index];
        let bound = index > 0
            && body.ins[index - 1].op.binds_next(body.ins[index - 1].b)
            && keep[index - 1];
        let empty = match ins.op {
            Op::Nop => true,
            Op::Move => ins.a == ins.b,
            // Whatever lies between is gone.
            Op::Jump => {
                let target = body.at(ins.target);
                target > index && target <= next
            }
            _ => false,
        };
        if empty && !bound {
            keep[index] = false;
        } else {
            next = index;
        }
    }
    compact(body, &keep);
}

/// Jumps to an unconditional jump go where that goes.
fn thread_jumps(body: &mut Body) {
    for index in 0..body.ins.len() {
        let first = body.ins[index].target;
        if first == Label::NONE {
            continue;
        }
        let mut label = first;
        // A chain cannot be longer than this unless it is a circle.
        for _ in 0..8 {
            match body.ins.get(body.at(label)) {
                Some(ins) if ins.op == Op::Jump => label = ins.target,
                _ => break,
            }
        }
        // A loop's start and next must stay in step.
        let is_loop = matches!(
            body.ins[index].op,
            Op::IterInit | Op::RangeInit | Op::IterNext | Op::IterNext2 | Op::RangeNext | Op::Loop
        );
        // Only forwards: the way back is `Loop`.
        if !is_loop && body.at(label) > index {
            body.ins[index].target = label;
        }
    }
}

fn compact(body: &mut Body, keep: &[bool]) {
    let mut moved = Vec::with_capacity(keep.len() + 1);
    let mut count = 0u32;
    for &kept in keep {
        moved.push(count);
        count += u32::from(kept);
    }
    moved.push(count);
    let mut kept = keep.iter();
    body.ins.retain(|_| kept.next().copied().unwrap_or(true));
    for label in &mut body.labels {
        if let Some(&at) = moved.get(*label as usize) {
            *label = at;
        }
    }
    for local in &mut body.locals {
        local.start = moved[local.start as usize];
        local.end = moved[local.end as usize];
    }
    body.capture_uses = std::mem::take(&mut body.capture_uses)
        .into_iter()
        .filter(|(at, _)| keep[*at as usize])
        .map(|(at, uses)| (moved[at as usize], uses))
        .collect();
}
