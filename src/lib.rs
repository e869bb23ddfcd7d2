//! Ruff: the engine.
pub mod cli;
pub mod syntax;
