//! Source text to syntax tree: lexer, parser, tree, diagnostics. Uses nothing
//! of the rest of Ruff; never panics and always ends, whatever the bytes.

pub mod ast;
pub mod diagnostic;
pub mod source;
