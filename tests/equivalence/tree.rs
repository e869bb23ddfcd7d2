//! A program as a tree of templates: text with holes for expressions, lists of
//! expressions and blocks. The generator fills the holes by meaning; this file and
//! the shrinking know only where the holes are, so that every kind of statement
//! prints and shrinks in the same few ways.

use super::kind::Kind;
use std::fmt;

pub type Block = Vec<Stmt>;

#[derive(Clone, Debug)]
pub enum Piece {
    Text(String),
    Expr(Expr),
    /// Apart by commas; any of them may be dropped.
    Items(Vec<Expr>),
    /// Statements on lines of their own; the braces belong to the text.
    Block(Block),
}

#[derive(Clone, Debug)]
pub struct Expr {
    pub kind: Kind,
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug)]
pub struct Stmt {
    pub pieces: Vec<Piece>,
    /// The content of its blocks may stand for it (not so for declarations).
    pub open: bool,
}

impl From<Expr> for Piece {
    fn from(expr: Expr) -> Piece {
        Piece::Expr(expr)
    }
}

impl From<Vec<Expr>> for Piece {
    fn from(items: Vec<Expr>) -> Piece {
        Piece::Items(items)
    }
}

impl From<Block> for Piece {
    fn from(block: Block) -> Piece {
        Piece::Block(block)
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Piece {
        Piece::Text(text)
    }
}

impl From<&str> for Piece {
    fn from(text: &str) -> Piece {
        Piece::Text(text.to_owned())
    }
}

/// `template` with its `@`s replaced by `parts`, in order.
pub fn fill(template: &str, parts: Vec<Piece>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut texts = template.split('@');
    let mut text = texts.next().unwrap_or("").to_owned();
    for part in parts {
        let next = texts.next();
        let next = next.unwrap_or_else(|| panic!("too few holes in '{template}'"));
        match part {
            Piece::Text(part) => text.push_str(&part),
            part => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(part);
            }
        }
        text.push_str(next);
    }
    assert!(texts.next().is_none(), "too many holes in '{template}'");
    pieces.push(Piece::Text(text));
    pieces
}

/// `expr!(kind, "@ + @", a, b)`
macro_rules! expr {
    ($kind:expr, $template:expr $(, $part:expr)* $(,)?) => {
        $crate::tree::Expr {
            kind: $kind,
            pieces: $crate::tree::fill($template, vec![$($crate::tree::Piece::from($part)),*]),
        }
    };
}

/// `stmt!("if @ {@}", condition, block)`: its blocks may stand for it.
macro_rules! stmt {
    ($template:expr $(, $part:expr)* $(,)?) => {
        $crate::tree::Stmt {
            pieces: $crate::tree::fill($template, vec![$($crate::tree::Piece::from($part)),*]),
            open: true,
        }
    };
}

/// The same for declarations.
macro_rules! decl {
    ($template:expr $(, $part:expr)* $(,)?) => {
        $crate::tree::Stmt {
            pieces: $crate::tree::fill($template, vec![$($crate::tree::Piece::from($part)),*]),
            open: false,
        }
    };
}

pub(crate) use {decl, expr, stmt};

#[derive(Clone)]
pub struct Program {
    pub seed: u64,
    pub block: Block,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl Program {
    pub fn text(&self) -> String {
        let mut text = String::new();
        print_block(&self.block, 0, &mut text);
        text
    }
}

fn print_block(block: &[Stmt], depth: usize, text: &mut String) {
    for stmt in block {
        text.push_str(&"    ".repeat(depth));
        print(&stmt.pieces, depth, text);
        text.push('\n');
    }
}

fn print(pieces: &[Piece], depth: usize, text: &mut String) {
    for piece in pieces {
        match piece {
            Piece::Text(part) => {
                let mut lines = part.split('\n');
                text.push_str(lines.next().unwrap_or(""));
                for line in lines {
                    text.push('\n');
                    text.push_str(&"    ".repeat(depth));
                    text.push_str(line);
                }
            }
            Piece::Expr(expr) => print(&expr.pieces, depth, text),
            Piece::Items(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        text.push_str(", ");
                    }
                    print(&item.pieces, depth, text);
                }
            }
            Piece::Block(block) => {
                // As deep as the line that it begins on, plus one.
                let line = text.rsplit('\n').next().unwrap_or("");
                let depth = (line.len() - line.trim_start_matches(' ').len()) / 4;
                text.push('\n');
                print_block(block, depth + 1, text);
                text.push_str(&"    ".repeat(depth));
            }
        }
    }
}
