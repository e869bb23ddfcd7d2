//! Ruff: the engine.
pub mod bytecode;
pub mod heap;
pub mod runtime;
pub mod stdlib;
pub mod syntax;
pub mod value;
