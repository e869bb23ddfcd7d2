//! Ruff: a small, expressive scripting language with a fast virtual machine.
//!
//! [`engine`] is the interface: sources in, runs out. Everything else is a floor below
//! it, and uses only what is below itself in the order of `docs/ARCHITECTURE.md`.

// A build that leaves parts of the library out has no use for all that they share.
#![cfg_attr(not(feature = "full"), allow(dead_code, unused_imports))]

pub mod engine;
#[doc(hidden)]
pub mod tools;

mod bytecode;
mod check;
mod compiler;
mod effects;
mod format_spec;
mod heap;
mod jit;
mod profile;
mod runtime;
mod stdlib;
mod syntax;
mod system;
mod value;
mod vm;
