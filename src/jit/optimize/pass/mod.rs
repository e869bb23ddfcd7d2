//! Passes over a finished graph.

pub mod dead;
pub mod guards;
pub mod lower;
pub mod params;
pub mod sink;
pub mod wrap;

#[cfg(test)]
mod tests;

use super::ir::{End, Graph, V};

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
