//! Ruff: the engine.
pub mod bytecode;
pub mod syntax;
