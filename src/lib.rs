//! Ruff: the engine, and the code behind the `ruff` command. Each module uses
//! only what stands below it in the order of `docs/ARCHITECTURE.md`.

pub mod bytecode;
pub mod check;
pub mod cli;
pub mod compiler;
pub mod effects;
pub mod engine;
pub mod heap;
pub mod jit;
pub mod profile;
pub mod runtime;
pub mod stdlib;
pub mod syntax;
mod system;
pub mod value;
pub mod vm;
