//! Programs as a proptest strategy whose values shrink by their structure: runs of
//! statements go, blocks take the place of their statements, expressions become
//! one of their own parts or a literal. It is greedy: a change after which the
//! failure is still there is kept, and the search goes on from there.

use super::r#gen;
use super::kind::Kind;
use super::tree::{Block, Expr, Piece, Program, Stmt};
use proptest::strategy::{NewTree, Strategy, ValueTree};
use proptest::test_runner::TestRunner;

#[derive(Debug)]
pub struct Programs {
    pub seed: u64,
}

impl Strategy for Programs {
    type Tree = Shrinking;
    type Value = Program;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        Ok(Shrinking::new(r#gen::program(self.seed, runner.rng())))
    }
}

/// One way to make a program smaller.
#[derive(Clone, Copy, Debug)]
enum Change {
    /// Drops statements of a block: number of the block, first one, how many.
    Drop(usize, usize, usize),
    /// Puts the contents of one of its blocks in place of a statement.
    Open(usize, usize, usize),
    /// Drops item of list.
    DropItem(usize, usize),
    /// Puts one of its parts in place of an expression.
    Part(usize, usize),
    /// Puts a literal in place of an expression.
    Literal(usize, usize),
    /// A smaller number in place of a literal.
    Smaller(usize, u64),
}

pub struct Shrinking {
    /// The smallest program that is known to fail (at first the given one).
    best: Program,
    /// The one that is being tried.
    candidate: Option<Program>,
    changes: Vec<Change>,
    next: usize,
    /// A change was kept since the list was made.
    progress: bool,
}

impl Shrinking {
    pub fn new(program: Program) -> Shrinking {
        Shrinking {
            best: program,
            candidate: None,
            changes: Vec::new(),
            next: 0,
            progress: true,
        }
    }

    /// Proposes the next candidate.
    fn propose(&mut self) -> bool {
        loop {
            if self.next == self.changes.len() {
                if !self.progress {
                    return false;
                }
                self.progress = false;
                self.changes = changes(&self.best);
                self.next = 0;
                if self.changes.is_empty() {
                    return false;
                }
            }
            let change = self.changes[self.next];
            self.next += 1;
            let mut candidate = self.best.clone();
            if apply(&mut candidate.block, change) {
                self.candidate = Some(candidate);
                return true;
            }
        }
    }
}

impl ValueTree for Shrinking {
    type Value = Program;

    fn current(&self) -> Program {
        self.candidate.as_ref().unwrap_or(&self.best).clone()
    }

    fn simplify(&mut self) -> bool {
        if let Some(kept) = self.candidate.take() {
            // Numbers of what is before the change are still right: the list
            // goes from the back to the front.
            self.best = kept;
            self.progress = true;
        }
        self.propose()
    }

    fn complicate(&mut self) -> bool {
        self.candidate = None;
        self.propose()
    }
}

/// All changes to try, big ones first, each sort from the program's end to its
/// start, so that uses go before what they use.
fn changes(program: &Program) -> Vec<Change> {
    let mut blocks = Vec::new();
    let mut exprs = Vec::new();
    let mut lists = Vec::new();
    survey(&program.block, &mut blocks, &mut exprs, &mut lists);
    let mut all = Vec::new();
    let longest = blocks.iter().map(|b| b.len()).max().unwrap_or(0);
    let mut size = longest.next_power_of_two();
    while size > 0 {
        for (at, block) in blocks.iter().enumerate().rev() {
            if size > block.len() && size > 1 {
                continue;
            }
            for first in (0..block.len()).step_by(size).rev() {
                all.push(Change::Drop(at, first, size));
            }
        }
        size /= 2;
    }
    for (at, block) in blocks.iter().enumerate().rev() {
        for (index, count) in block.iter().enumerate().rev() {
            all.extend((0..*count).map(|inner| Change::Open(at, index, inner)));
        }
    }
    for (at, count) in lists.iter().enumerate().rev() {
        all.extend((0..*count).rev().map(|item| Change::DropItem(at, item)));
    }
    for (at, (parts, literals, number)) in exprs.iter().enumerate().rev() {
        all.extend((0..*literals).map(|n| Change::Literal(at, n)));
        all.extend((0..*parts).map(|n| Change::Part(at, n)));
        if let Some(number) = number {
            let wanted = [number / 2, number - number / 4, number.saturating_sub(1)];
            all.extend(
                wanted
                    .iter()
                    .filter(|n| *n < number)
                    .map(|n| Change::Smaller(at, *n)),
            );
        }
    }
    all
}

/// For each block the number of blocks that may stand for each statement; for each
/// expression the number of its parts and literals, and its value if it is a
/// number; for each list its length. Outer things come before inner ones.
#[allow(clippy::type_complexity)]
fn survey(
    block: &Block,
    blocks: &mut Vec<Vec<usize>>,
    exprs: &mut Vec<(usize, usize, Option<u64>)>,
    lists: &mut Vec<usize>,
) {
    blocks.push(
        block
            .iter()
            .map(|s| if s.open { inner_blocks(s) } else { 0 })
            .collect(),
    );
    for stmt in block {
        survey_pieces(&stmt.pieces, blocks, exprs, lists);
    }
}

fn survey_pieces(
    pieces: &[Piece],
    blocks: &mut Vec<Vec<usize>>,
    exprs: &mut Vec<(usize, usize, Option<u64>)>,
    lists: &mut Vec<usize>,
) {
    for piece in pieces {
        match piece {
            Piece::Text(_) => {}
            Piece::Expr(expr) => survey_expr(expr, blocks, exprs, lists),
            Piece::Items(items) => {
                lists.push(items.len());
                items
                    .iter()
                    .for_each(|e| survey_expr(e, blocks, exprs, lists));
            }
            Piece::Block(block) => survey(block, blocks, exprs, lists),
        }
    }
}

fn survey_expr(
    expr: &Expr,
    blocks: &mut Vec<Vec<usize>>,
    exprs: &mut Vec<(usize, usize, Option<u64>)>,
    lists: &mut Vec<usize>,
) {
    let number = number_of(expr);
    let literals = match number {
        Some(0 | 1) => 0,
        _ => expr.kind.simplest().len(),
    };
    exprs.push((parts(expr).len(), literals, number));
    survey_pieces(&expr.pieces, blocks, exprs, lists);
}

fn number_of(expr: &Expr) -> Option<u64> {
    match (expr.kind, &expr.pieces[..]) {
        (Kind::Int, [Piece::Text(text)]) => text.parse().ok(),
        _ => None,
    }
}

fn inner_blocks(stmt: &Stmt) -> usize {
    stmt.pieces
        .iter()
        .filter(|p| matches!(p, Piece::Block(_)))
        .count()
}

fn parts(expr: &Expr) -> Vec<&Expr> {
    let mut parts = Vec::new();
    for piece in &expr.pieces {
        match piece {
            Piece::Expr(part) => parts.push(part),
            Piece::Items(items) => parts.extend(items),
            _ => {}
        }
    }
    parts
}

/// Carries the change out; false if there is nothing there (any more) or it
/// changes nothing.
fn apply(block: &mut Block, change: Change) -> bool {
    let mut editor = Editor {
        change,
        block: 0,
        expr: 0,
        list: 0,
    };
    editor.block(block) == Some(true)
}

struct Editor {
    change: Change,
    block: usize,
    expr: usize,
    list: usize,
}

impl Editor {
    /// `Some` when the place was found.
    fn block(&mut self, block: &mut Block) -> Option<bool> {
        let number = self.block;
        self.block += 1;
        match self.change {
            Change::Drop(at, first, count) if at == number => {
                let end = (first + count).min(block.len());
                if first >= end {
                    return Some(false);
                }
                block.drain(first..end);
                return Some(true);
            }
            Change::Open(at, index, inner) if at == number => {
                let Some(stmt) = block.get_mut(index).filter(|s| s.open) else {
                    return Some(false);
                };
                let mut found = stmt.pieces.iter_mut().filter_map(|p| match p {
                    Piece::Block(block) => Some(block),
                    _ => None,
                });
                let Some(inner) = found.nth(inner) else {
                    return Some(false);
                };
                let inner = std::mem::take(inner);
                block.splice(index..=index, inner);
                return Some(true);
            }
            _ => {}
        }
        block
            .iter_mut()
            .find_map(|stmt| self.pieces(&mut stmt.pieces))
    }

    fn pieces(&mut self, pieces: &mut [Piece]) -> Option<bool> {
        pieces.iter_mut().find_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Expr(expr) => self.expr(expr),
            Piece::Items(items) => {
                let number = self.list;
                self.list += 1;
                if let Change::DropItem(at, item) = self.change
                    && at == number
                {
                    if item >= items.len() {
                        return Some(false);
                    }
                    items.remove(item);
                    return Some(true);
                }
                items.iter_mut().find_map(|e| self.expr(e))
            }
            Piece::Block(block) => self.block(block),
        })
    }

    fn expr(&mut self, expr: &mut Expr) -> Option<bool> {
        let number = self.expr;
        self.expr += 1;
        match self.change {
            Change::Part(at, part) if at == number => {
                let Some(part) = parts(expr).get(part).map(|e| (*e).clone()) else {
                    return Some(false);
                };
                // It stands for the whole, so it is now of the whole's kind.
                expr.pieces = part.pieces;
                return Some(true);
            }
            Change::Literal(at, which) if at == number => {
                let Some(text) = expr.kind.simplest().get(which) else {
                    return Some(false);
                };
                if let [Piece::Text(old)] = &expr.pieces[..]
                    && expr.kind.simplest().iter().any(|t| t == old)
                {
                    return Some(false);
                }
                expr.pieces = vec![Piece::from(*text)];
                return Some(true);
            }
            Change::Smaller(at, value) if at == number => {
                if number_of(expr).is_none_or(|old| old <= value) {
                    return Some(false);
                }
                expr.pieces = vec![Piece::from(value.to_string())];
                return Some(true);
            }
            _ => {}
        }
        self.pieces(&mut expr.pieces)
    }
}
