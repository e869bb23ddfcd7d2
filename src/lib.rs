//! Ruff: the engine.
pub mod syntax;
