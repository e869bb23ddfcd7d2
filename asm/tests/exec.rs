//! Functions generated through the neutral interface and run on the host.

#[path = "exec/calls.rs"]
mod calls;
#[path = "exec/cold.rs"]
mod cold;
mod common;
#[path = "exec/far.rs"]
mod far;
#[path = "exec/numbers.rs"]
mod numbers;
#[path = "exec/programs.rs"]
mod programs;
#[path = "exec/stack.rs"]
mod stack;
