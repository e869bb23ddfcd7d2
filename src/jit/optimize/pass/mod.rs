//! Passes over a finished graph.

pub mod counters;
pub mod dead;
pub mod guards;
pub mod lower;
pub mod params;
pub mod sink;
pub mod states;
pub mod wrap;

#[cfg(test)]
mod tests;

use super::ir::{End, Graph, V};

/// Calls `each` for the values that the end of a block reads.
fn end_values(end: &End, mut each: impl FnMut(V)) {
    match end {
        End::Jump(edge) => edge.args.iter().for_each(|&v| each(v)),
        End::If(v, ..) | End::Return(v) => each(*v),
        End::Open | End::ToBaseline(_) | End::Never => {}
    }
}

/// Has every use of a value be one of what `of` says.
fn replace(graph: &mut Graph, of: impl Fn(V) -> V) {
    for index in 0..graph.insts.len() {
        for arg in graph.args_mut(V(index as u32)) {
            *arg = of(*arg);
        }
    }
    for state in &mut graph.states {
        for (_, v) in &mut state.regs {
            *v = of(*v);
        }
    }
    for block in &mut graph.blocks {
        match &mut block.end {
            End::Jump(edge) => edge.args.iter_mut().for_each(|v| *v = of(*v)),
            End::If(v, ..) | End::Return(v) => *v = of(*v),
            _ => {}
        }
    }
}
