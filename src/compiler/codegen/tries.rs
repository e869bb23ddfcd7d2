//! `try`, `except`, `finally`. A `finally` block is written once, whatever leads
//! to it: the normal end, an error, a jump out of the guarded range. Its *outcome*
//! register says how the statement ended, and so what follows the block: null for
//! the normal end, an error to go on with, or the number of an [`Exit`]. A short
//! block is written once more at the normal end, and for each jump out that leaves
//! no other statement with `finally`; those then cost nothing. All of them are
//! outside the range that they leave, so an error in them does not come back to it.

use super::control::Out;
use super::vars::Owned;
use super::{Exit, Finally, Gen, Loan, Try, Want, WayOut};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::{Label, Own};
use crate::compiler::visit::{Part, parts};
use crate::syntax::ast::{Block, Else, Except, Expr, PatternKind, Stmt, StmtKind, Target};

/// Loans that a jump out of their loops ends in line.
const NEAR: usize = 4;

/// Parts of the tree that a block may have to be written twice.
const SHORT: u32 = 32;

impl<'a> Gen<'a, '_> {
    pub fn try_stmt(
        &mut self,
        body: &Block<'a>,
        except: Option<&Except<'a>>,
        finally: Option<&Block<'a>>,
        out: Option<Out>,
    ) {
        self.scoped(|this| match finally {
            Some(finally) => {
                // A write to a variable in `finally` must not change the value, nor may
                // it see the target changed.
                let inner = out.map(|_| Out {
                    register: this.local(),
                    want: Want::Own,
                    assigned: None,
                });
                this.f.built.extend(inner.map(|inner| inner.register));
                this.with_finally(body, except, finally, inner);
                if let (Some(out), Some(inner)) = (out, inner) {
                    this.f.built.pop();
                    this.shift(out.register, inner.register, finally.span.hi);
                }
            }
            None => {
                let end = this.label();
                let register = this.local();
                let caught = this.label();
                this.guarded(caught, register, |this| this.block_out(body, out));
                this.emit_jump(Op::Jump, 0, end, body.span.hi);
                this.place(caught);
                if let Some(except) = except {
                    this.except_body(except, register, out);
                }
                this.place(end);
            }
        });
    }

    /// A register that stays in use until the scope ends.
    fn local(&mut self) -> u16 {
        let register = self.alloc();
        self.f.locals_top = self.f.top;
        register
    }

    fn with_finally(
        &mut self,
        body: &Block<'a>,
        except: Option<&Except<'a>>,
        finally: &Block<'a>,
        out: Option<Out>,
    ) {
        let end = self.label();
        let block = self.label();
        let outcome = self.local();
        let result = self.local();
        let short = is_short(finally);
        self.f.finallies.push(Finally {
            block,
            outcome,
            result,
            loops: self.f.loops.len(),
            exits: Vec::new(),
            short,
            copies: Vec::new(),
        });
        let caught = except.map(|except| (except, self.local(), self.label()));
        let (target, register) = match caught {
            Some((_, register, target)) => (target, register),
            None => (block, outcome),
        };
        self.guarded(target, register, |this| this.block_out(body, out));
        if short {
            // Here the statement has been left: jumps go on from around it.
            let open = self.f.finallies.pop();
            self.block(finally);
            self.f.finallies.extend(open);
            self.emit_jump(Op::Jump, 0, end, body.span.hi);
        } else {
            self.load_null(outcome, body.span.hi);
        }
        if let Some((except, register, target)) = caught {
            if !short {
                self.emit_jump(Op::Jump, 0, block, body.span.hi);
            }
            self.place(target);
            self.guarded(block, outcome, |this| {
                this.except_body(except, register, out);
            });
            self.load_null(outcome, except.body.span.hi);
        }
        self.place(block);
        if let Some(left) = self.f.finallies.pop() {
            let pos = finally.span.hi.saturating_sub(1);
            self.block(finally);
            // The normal end of a guarded block before a short one does not come here.
            let ends = !short || except.is_some();
            self.go_on(&left, ends.then_some(end), pos);
            for &(exit, label) in &left.copies {
                self.place(label);
                self.block(finally);
                self.go_out(exit, left.result, pos);
            }
        }
        self.place(end);
    }

    /// Writes the code after a `finally` block, by the outcome; `end`: where it goes on after a
    /// normal end, if the block may follow one.
    fn go_on(&mut self, left: &Finally, end: Option<Label>, pos: u32) {
        let outcome = left.outcome;
        if let Some(end) = end {
            self.emit_jump(Op::JumpIfNull, outcome, end, pos);
        }
        let jumps = self.label();
        if !left.exits.is_empty() {
            // An error is an object, the number of an exit is none.
            self.emit_test(Op::TestRecord, outcome, 0, 0, jumps, pos);
        }
        self.emit(Op::Rethrow, outcome, 0, 0, pos);
        self.place(jumps);
        let (passing, own): (Vec<Exit>, Vec<Exit>) =
            (left.exits.iter()).partition(|&&exit| self.leaves(exit) > 0);
        for (index, &exit) in own.iter().enumerate() {
            let last = index + 1 == own.len() && passing.is_empty();
            let other = self.label();
            if !last {
                let number = self.konst16(Const::Int(exit.number()));
                self.emit_test(Op::TestEqK, outcome, number, 0, other, pos);
            }
            self.go_out(exit, left.result, pos);
            self.place(other);
        }
        // All others mean to the block around what they mean here.
        if let (false, Some(around)) = (passing.is_empty(), self.f.finallies.last_mut()) {
            for &exit in &passing {
                around.add(exit);
            }
            let (block, to, result) = (around.block, around.outcome, around.result);
            let loops = around.loops;
            self.leave_loans(loops, pos);
            if passing.contains(&Exit::Return) {
                self.shift(result, left.result, pos);
            }
            self.shift(to, outcome, pos);
            self.emit_jump(Op::Jump, 0, block, pos);
        }
    }

    /// How many statements with `finally` the exit leaves.
    fn leaves(&self, exit: Exit) -> usize {
        let outside = match exit {
            Exit::Return => 0,
            Exit::Break(index) | Exit::Continue(index) => self.f.loops[index as usize].finallies,
        };
        self.f.finallies.len().saturating_sub(outside)
    }

    /// Jumps where an exit leads, which leaves no statement with `finally` here.
    fn go_out(&mut self, exit: Exit, result: u16, pos: u32) {
        match exit {
            Exit::Return => self.return_now(Owned::temp(result), pos),
            Exit::Break(index) => self.break_now(index as usize, pos),
            Exit::Continue(index) => self.again(index as usize, pos),
        }
    }

    /// Leaves the function with a value, by way of the `finally` blocks around.
    pub fn leave_with(&mut self, value: Owned, pos: u32) {
        let Some(around) = self.f.finallies.last() else {
            return self.return_now(value, pos);
        };
        // A write to a variable in `finally` must not change the result.
        let result = around.result;
        self.put_result(result, value, pos);
        self.leave(Exit::Return, pos);
    }

    /// Jumps out of statements, the innermost of which has a `finally` block.
    pub fn leave(&mut self, exit: Exit, pos: u32) {
        let only = self.leaves(exit) == 1;
        let loops = self.f.finallies.last().map_or(0, |around| around.loops);
        if self.takes_way_out(loops, exit, pos) {
            return;
        }
        let Some(around) = self.f.finallies.last_mut() else {
            return;
        };
        if only && around.short {
            let copy = around.copies.iter().find(|one| one.0 == exit);
            let label = match copy {
                Some(&(_, label)) => label,
                None => {
                    let label = self.f.body.label();
                    around.copies.push((exit, label));
                    label
                }
            };
            let loops = around.loops;
            self.leave_loans(loops, pos);
            self.emit_jump(Op::Jump, 0, label, pos);
            return;
        }
        around.add(exit);
        let (block, outcome, loops) = (around.block, around.outcome, around.loops);
        self.leave_loans(loops, pos);
        self.load_const(outcome, Const::Int(exit.number()), pos);
        self.emit_jump(Op::Jump, 0, block, pos);
    }

    /// `break` or `continue` of an enclosing loop.
    pub fn leave_loop(&mut self, exit: Exit, pos: u32) {
        if self.leaves(exit) > 0 {
            self.leave(exit, pos);
        } else {
            self.go_out(exit, 0, pos);
        }
    }

    /// Returns from where no `finally` block is left.
    pub fn return_now(&mut self, value: Owned, pos: u32) {
        if let Some(way) = self.way_out(0, Exit::Return) {
            self.put_result(way.result, value, pos);
            self.emit_jump(Op::Jump, 0, way.label, pos);
            return;
        }
        self.leave_loans(0, pos);
        self.emit_return(value, pos);
    }

    /// Stores the result of the function for code that returns it later.
    fn put_result(&mut self, result: u16, value: Owned, pos: u32) {
        if value.own == Own::Plain {
            self.shift(result, value.register, pos);
        } else {
            let ins = self.emit(Op::Copy, result, value.register, 0, pos);
            value.mark(ins);
        }
    }

    fn break_now(&mut self, index: usize, pos: u32) {
        if self.takes_way_out(index + 1, Exit::Break(index as u32), pos) {
            return;
        }
        self.leave_loans(index + 1, pos);
        let to = self.f.loops[index].break_to;
        self.emit_jump(Op::Jump, 0, to, pos);
    }

    /// Where a jump out of more loops than [`NEAR`] that have loans goes first: after the
    /// innermost of them, where it does the rest as if it had been written there. Else
    /// the code of jumps would grow with the square of the depth. `stay` loops are not
    /// left.
    pub fn way_out(&mut self, stay: usize, exit: Exit) -> Option<WayOut> {
        let loops = &self.f.loops[stay.min(self.f.loops.len())..];
        let loans = loops.iter().filter(|one| one.loan.is_some()).count();
        if loans <= NEAR {
            return None;
        }
        let innermost = self.f.loops.iter().rposition(|one| one.loan.is_some())?;
        let loan = self.f.loops[innermost].loan?;
        let known = (self.f.ways_out.iter())
            .find(|way| way.from == innermost && way.exit == exit)
            .copied();
        Some(known.unwrap_or_else(|| {
            let way = WayOut {
                from: innermost,
                exit,
                label: self.label(),
                // The cursor is not needed any more.
                result: loan.register - 1,
            };
            self.f.ways_out.push(way);
            way
        }))
    }

    fn takes_way_out(&mut self, stay: usize, exit: Exit, pos: u32) -> bool {
        let way = self.way_out(stay, exit);
        if let Some(way) = way {
            self.emit_jump(Op::Jump, 0, way.label, pos);
        }
        way.is_some()
    }

    /// Writes the code of the ways out that begin after the loop that has just ended.
    pub fn write_ways_out(&mut self, loan: Loan, pos: u32) {
        let index = self.f.loops.len();
        let past = self.label();
        let ways: Vec<WayOut> = (self.f.ways_out)
            .extract_if(.., |way| way.from == index)
            .collect();
        if ways.is_empty() {
            return;
        }
        self.emit_jump(Op::Jump, 0, past, pos);
        for way in ways {
            self.place(way.label);
            self.end_loan(loan, 0, pos);
            if self.leaves(way.exit) > 0 {
                self.leave(way.exit, pos);
            } else {
                self.go_out(way.exit, way.result, pos);
            }
        }
        self.place(past);
    }

    /// Ends the loans of all loops here but the outermost so many.
    pub fn leave_loans(&mut self, stay: usize, pos: u32) {
        for index in (stay..self.f.loops.len()).rev() {
            if let Some(loan) = self.f.loops[index].loan {
                self.end_loan(loan, 0, pos);
            }
        }
    }

    /// Gives back what is lent, unless one of the `parts` registers after it may hold a part.
    pub fn end_loan(&mut self, loan: Loan, parts: u16, pos: u32) {
        self.emit(Op::GiveBack, loan.register, parts, 0, pos).flags = loan.flags;
    }

    /// Goes on with the next round of an enclosing loop.
    fn again(&mut self, index: usize, pos: u32) {
        if self.takes_way_out(index + 1, Exit::Continue(index as u32), pos) {
            return;
        }
        self.leave_loans(index + 1, pos);
        let target = self.f.loops[index];
        match target.head {
            // A jump back counts and polls, as the end of the loop's body does,
            // where errors do not come to a handler within the loop.
            Some(head) if self.f.tries.len() == target.tries => {
                self.emit_jump(Op::Loop, 0, head, pos);
            }
            _ => {
                self.emit_jump(Op::Jump, 0, target.continue_to, pos);
            }
        }
    }

    fn except_body(&mut self, except: &Except<'a>, register: u16, out: Option<Out>) {
        self.scoped(|this| {
            let var = except.name.and_then(|name| this.res.declared(name.span));
            if let Some(var) = var {
                let pos = this.res.var(var).span.lo;
                if this.res.var(var).storage == crate::compiler::resolve::Storage::Cell {
                    let cell = this.local();
                    this.bind_register(var, cell);
                    this.emit(Op::NewCell, cell, 0, 0, pos);
                    this.emit(Op::SetCell, cell, register, 0, pos);
                } else {
                    this.bind_register(var, register);
                }
            }
            this.block_out(&except.body, out);
        });
    }

    /// Writes a range whose errors go to `target`.
    fn guarded(&mut self, target: Label, register: u16, body: impl FnOnce(&mut Self)) {
        let start = self.open_range(Try {
            target,
            register,
            cleanup: false,
        });
        body(self);
        self.close_range(start);
    }

    /// Opens a range here; gives its start.
    pub fn open_range(&mut self, range: Try) -> Label {
        self.f.tries.push(range);
        self.here()
    }

    /// Closes the innermost range, which began at `start`.
    pub fn close_range(&mut self, start: Label) {
        if let Some(range) = self.f.tries.pop() {
            let end = self.here();
            self.f.body.handlers.push(range.row(start, end));
        }
    }
}

/// Whether a block is worth its size a second time. It has no `try` and no function:
/// with those in it, what is nested would be written a power of two times.
fn is_short(block: &Block) -> bool {
    block_fits(block, &mut { SHORT })
}

fn block_fits(block: &Block, left: &mut u32) -> bool {
    block.stmts.iter().all(|stmt| stmt_fits(stmt, left))
}

fn stmt_fits(stmt: &Stmt, left: &mut u32) -> bool {
    match stmt.kind {
        StmtKind::Expr(value) => fits(value, left),
        StmtKind::Let { pattern, value, .. } => {
            matches!(pattern.kind, PatternKind::Bind(_)) && fits(value, left)
        }
        StmtKind::Assign {
            target: Target::Place(place),
            value,
            ..
        }
        | StmtKind::Compound { place, value, .. } => fits(place, left) && fits(value, left),
        StmtKind::If {
            cond,
            ref then,
            ref otherwise,
        } => {
            let rest = |left: &mut u32| match otherwise {
                None => true,
                Some(Else::Block(block)) => block_fits(block, left),
                Some(Else::If(stmt)) => stmt_fits(stmt, left),
            };
            fits(cond, left) && block_fits(then, left) && rest(left)
        }
        _ => false,
    }
}

fn fits(expr: &Expr, left: &mut u32) -> bool {
    let Some(less) = left.checked_sub(1) else {
        return false;
    };
    *left = less;
    let mut all = true;
    parts(expr, &mut |part| {
        all = all
            && match part {
                Part::Expr(inner) => fits(inner, left),
                Part::Name(_) => true,
                Part::Stmt(stmt) => stmt_fits(stmt, left),
                Part::Func(_) | Part::Block(_) => false,
            };
    });
    all
}
