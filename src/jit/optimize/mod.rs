//! The optimising compiler: a graph of values from the bytecode of a hot function, made
//! with what was seen there; machine code from the graph. `job` copies what there is to
//! know, `build` makes the graph, `pass` improves it, `alloc` gives registers, `emit`
//! makes code; `tables` say where values are when code is left, and `install` is the way
//! in and out.
//!
//! # Invariants
//! * Nothing here but `job`, `samples` and `install` names the machine or reads its heap.
//! * Every instruction has code: what has none of its own calls a helper.

mod alloc;
mod build;
mod emit;
mod function;
pub mod install;
mod ir;
pub mod job;
mod known;
mod pass;
mod samples;
pub mod tables;

use super::shared_code::Table;
pub use emit::Emitted;
use install::Phases;
use ir::Graph;
use job::Job;
use ruff_asm::Masm;
use std::time::Instant;

/// Compiles a function. Its exits are numbered from `first_exit` on.
///
/// # Errors
/// Why there is no code, or none worth while.
pub fn compile<M: Masm>(
    m: &mut M,
    job: &Job,
    table: &Table,
    first_exit: usize,
    phases: &mut Phases,
) -> Result<Emitted, String> {
    let graph = graph(job, phases)?;
    let begin = Instant::now();
    let allocation = emit::allocate::<M>(&graph, job.most_registers);
    if cfg!(debug_assertions)
        && let Err(wrong) = alloc::check::check(&graph, &allocation)
    {
        panic!("{}: {wrong}\n{}", job.name(), ir::print(&graph));
    }
    phases.allocating = begin.elapsed();
    let begin = Instant::now();
    let made = emit::emit(m, &graph, &allocation, job, table, first_exit);
    phases.emitting = begin.elapsed();
    made
}

/// The finished graph of a job.
fn graph(job: &Job, phases: &mut Phases) -> Result<Graph, String> {
    let begin = Instant::now();
    let mut graph = build::build(job)?;
    phases.building = begin.elapsed();
    let begin = Instant::now();
    verify(job, &graph, "build");
    pass::params::run(&mut graph);
    verify(job, &graph, "params");
    pass::lower::run(&mut graph);
    pass::guards::run(&mut graph);
    pass::dead::run(&mut graph);
    verify(job, &graph, "dead");
    pass::counters::run(&mut graph);
    verify(job, &graph, "counters");
    pass::states::run(&mut graph);
    verify(job, &graph, "states");
    pass::wrap::run(&mut graph);
    verify(job, &graph, "wrap");
    pass::sink::run(&mut graph);
    pass::dead::run(&mut graph);
    verify(job, &graph, "sink");
    phases.improving = begin.elapsed();
    Ok(graph)
}

fn verify(job: &Job, graph: &Graph, pass: &str) {
    if cfg!(debug_assertions)
        && let Err(wrong) = ir::verify::verify(graph)
    {
        panic!("{} after {pass}: {wrong}\n{}", job.name(), ir::print(graph));
    }
}

/// The text of a job's graph.
///
/// # Errors
/// Why there is none.
pub fn text(job: &Job) -> Result<String, String> {
    Ok(ir::print(&graph(job, &mut Phases::default())?))
}
