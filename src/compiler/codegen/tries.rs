//! `try`, `except`, `finally`. A `finally` block is written once for every way
//! out: the normal end, an error, and each jump out of the guarded range. The
//! copies stand outside the range they leave, so an error in one does not come
//! back to it.

use super::{Gen, Try};
use crate::bytecode::Op;
use crate::compiler::ir::{Handler, Label};
use crate::syntax::ast::{Block, Except};

impl<'a> Gen<'a, '_> {
    pub fn try_stmt(
        &mut self,
        body: &Block<'a>,
        except: Option<&Except<'a>>,
        finally: Option<&Block<'a>>,
    ) {
        self.scoped(|this| {
            let end = this.label();
            let register = this.alloc();
            this.f.locals_top = this.f.top;
            let caught = this.label();
            let failed = this.label();
            let first = if except.is_some() { caught } else { failed };
            this.guarded(first, register, finally, |this| this.block(body));
            this.finally_copy(finally);
            this.emit_jump(Op::Jump, 0, end, body.span.hi);
            if let Some(except) = except {
                this.place(caught);
                if finally.is_some() {
                    let second = this.alloc();
                    this.f.locals_top = this.f.top;
                    this.guarded(failed, second, finally, |this| {
                        this.except_body(except, register);
                    });
                    this.finally_copy(finally);
                    this.emit_jump(Op::Jump, 0, end, except.body.span.hi);
                    this.on_error(failed, second, finally);
                } else {
                    this.except_body(except, register);
                }
            } else {
                this.on_error(failed, register, finally);
            }
            this.place(end);
        });
    }

    fn finally_copy(&mut self, finally: Option<&Block<'a>>) {
        if let Some(block) = finally {
            self.block(block);
        }
    }

    fn on_error(&mut self, failed: Label, register: u16, finally: Option<&Block<'a>>) {
        self.place(failed);
        self.finally_copy(finally);
        let pos = finally.map_or(0, |block| block.span.hi.saturating_sub(1));
        self.emit(Op::Rethrow, register, 0, 0, pos);
    }

    fn except_body(&mut self, except: &Except<'a>, register: u16) {
        self.scoped(|this| {
            let var = except.name.and_then(|name| this.res.declared(name.span));
            if let Some(var) = var {
                let pos = this.res.var(var).span.lo;
                if this.res.var(var).storage == crate::compiler::resolve::Storage::Cell {
                    let cell = this.alloc();
                    this.f.locals_top = this.f.top;
                    this.bind_register(var, cell);
                    this.emit(Op::NewCell, cell, 0, 0, pos);
                    this.emit(Op::SetCell, cell, register, 0, pos);
                } else {
                    this.bind_register(var, register);
                }
            }
            this.block(&except.body);
        });
    }

    /// Writes a range whose errors go to `target`.
    fn guarded(
        &mut self,
        target: Label,
        register: u16,
        finally: Option<&Block<'a>>,
        body: impl FnOnce(&mut Self),
    ) {
        let start = self.here();
        let loops = self.f.loops.len();
        self.f.tries.push(Try {
            target,
            register,
            start,
            finally: finally.copied(),
            loops,
        });
        body(self);
        if let Some(one) = self.f.tries.pop() {
            self.close_piece(&one);
        }
    }

    fn close_piece(&mut self, one: &Try<'a>) {
        let end = self.here();
        self.f.body.handlers.push(Handler {
            start: one.start,
            end,
            target: one.target,
            register: one.register,
            cleanup: false,
        });
    }

    /// Before a jump out to where `depth` tries are open: ends the pieces of
    /// the ranges that are left and writes their `finally` blocks.
    pub fn leave_tries(&mut self, depth: usize) -> Vec<Try<'a>> {
        let mut left = Vec::new();
        let all_loops = self.f.loops.clone();
        while self.f.tries.len() > depth {
            let Some(one) = self.f.tries.pop() else { break };
            self.close_piece(&one);
            if let Some(block) = &one.finally {
                // Its own jumps see the loops around the statement.
                self.f.loops.truncate(one.loops);
                self.block(block);
            }
            left.push(one);
        }
        self.f.loops = all_loops;
        left
    }

    /// After the jump: the ranges go on.
    pub fn reopen_tries(&mut self, left: Vec<Try<'a>>) {
        for one in left.into_iter().rev() {
            let start = self.here();
            self.f.tries.push(Try { start, ..one });
        }
    }
}
