//! Syntax trees from a string of choices: every byte decides one thing, and
//! when the bytes are used up the simplest form is taken, so that shrinking
//! the bytes shrinks the program.

mod expressions;
mod functions;
mod patterns;
mod statements;

use bumpalo::Bump;
use ruff::tools::ast::*;

pub fn module<'a>(arena: &'a Bump, choices: &[u8]) -> Module<'a> {
    let mut generator = Generator {
        arena,
        choices,
        depth: 0,
        yields: false,
        loops: 0,
    };
    let count = choices.len() / 40 + 1;
    let stmts: Vec<_> = (0..count).map(|_| generator.statement(true)).collect();
    let body = Block {
        stmts: arena.alloc_slice_copy(&stmts),
        span: NOWHERE,
    };
    Module {
        body,
        comments: &[],
    }
}

const NOWHERE: Span = Span::new(0, 0);

const NAMES: &[&str] = &[
    "a", "b", "items", "x1", "_y", "é", "test", "default", "throw", "int", "Ok", "as", "self_",
];
const TYPES: &[&str] = &["Point", "Color", "Result", "int"];
const KEYS: &[&str] = &["a", "if", "match", "default", "in", "self", "test", "é"];
const TEXTS: &[&str] = &[
    "",
    "a",
    "two words",
    "$",
    "${x}",
    "\\",
    "\"",
    "line\nend\r\n\ttab",
    "\0\u{1b}",
    "日😀",
    "{}",
];

/// The first eleven have a compound assignment.
const BINARY: &[BinaryOp] = &[
    BinaryOp::Add,
    BinaryOp::Sub,
    BinaryOp::Mul,
    BinaryOp::Div,
    BinaryOp::Mod,
    BinaryOp::Pow,
    BinaryOp::BitAnd,
    BinaryOp::BitOr,
    BinaryOp::BitXor,
    BinaryOp::Shl,
    BinaryOp::Shr,
    BinaryOp::Lt,
    BinaryOp::Le,
    BinaryOp::Gt,
    BinaryOp::Ge,
    BinaryOp::Eq,
    BinaryOp::Ne,
    BinaryOp::In,
    BinaryOp::NotIn,
];

struct Generator<'a, 'c> {
    arena: &'a Bump,
    choices: &'c [u8],
    depth: u32,
    /// Whether `yield` is allowed here.
    yields: bool,
    loops: u32,
}

impl<'a> Generator<'a, '_> {
    /// The next choice, below `limit`; 0 when there is none.
    fn pick(&mut self, limit: usize) -> usize {
        let Some((&first, rest)) = self.choices.split_first() else {
            return 0;
        };
        self.choices = rest;
        usize::from(first) % limit
    }

    fn flag(&mut self) -> bool {
        self.pick(2) == 1
    }

    fn one_of(&mut self, texts: &'static [&'static str]) -> &'static str {
        texts[self.pick(texts.len())]
    }

    fn ident(&mut self, texts: &'static [&'static str]) -> Ident<'a> {
        Ident {
            name: self.one_of(texts),
            span: NOWHERE,
        }
    }

    fn many<R: Copy>(&mut self, mut f: impl FnMut(&mut Self) -> R) -> &'a [R] {
        let count = if self.depth > 6 { 0 } else { self.pick(4) };
        let all: Vec<R> = (0..count).map(|_| f(self)).collect();
        self.arena.alloc_slice_copy(&all)
    }

    fn maybe<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> Option<R> {
        if self.flag() { Some(f(self)) } else { None }
    }

    fn block(&mut self) -> Block<'a> {
        Block {
            stmts: self.many(|g| g.statement(false)),
            span: NOWHERE,
        }
    }

    fn loop_body(&mut self) -> Block<'a> {
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        body
    }
}
