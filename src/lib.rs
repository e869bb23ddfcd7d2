//! Ruff: the engine.
pub mod bytecode;
pub mod compiler;
pub mod syntax;
