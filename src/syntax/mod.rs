//! Source text to syntax tree: lexer, parser, tree, diagnostics. Uses nothing
//! of the rest of Ruff; never panics and always ends, whatever the bytes.
//!
//! `source` knows lines and columns, `lexer` makes tokens, `parser` makes the
//! tree of `ast`, `printer` turns a tree back into text, `diagnostic` shows
//! what is wrong.

pub mod ast;
pub mod diagnostic;
mod lexer;
mod parser;
pub mod pieces;
pub mod printer;
mod read;
pub mod source;
mod token;
mod unfinished;

mod declared;
pub mod suggest;
pub use declared::declared_names;
pub use parser::{parse, slip_hint};
pub use printer::{format, print};
pub use read::NotText;
pub use source::{MAX_SOURCE_BYTES, SourceFile};
pub use unfinished::is_unfinished;
