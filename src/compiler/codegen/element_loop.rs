//! Built-ins that call a function of the program for each element (`map`, `filter`,
//! `reduce` and the like), as loops in line where they run over an array: the function is
//! then called by code, which may have it in line. Other sequences go to the built-in. It
//! is for functions that the text shows: a literal or a declared one. The table of
//! built-ins says which of them is which loop.

use super::vars::strip;
use super::{Gen, Loan};
use crate::bytecode::op::{LEND, SHARE};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::{Label, Own};
use crate::syntax::ast::*;

/// The loop that a built-in is over an array.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ElementLoop {
    All,
    Any,
    Count,
    Filter,
    Find,
    FindIndex,
    ForEach,
    Map,
    Reduce,
}

impl ElementLoop {
    /// How many arguments there are between the sequence and the function.
    fn between(self) -> usize {
        usize::from(self == ElementLoop::Reduce)
    }

    /// Whether it takes so many arguments, the sequence among them.
    pub fn takes(self, args: usize) -> bool {
        args == 2 + self.between()
    }
}

/// The registers of the loop.
struct Registers {
    /// The call's result.
    base: u16,
    /// The result so far.
    so_far: u16,
    /// Three of them: the subject, the cursor, the loan.
    state: u16,
    element: u16,
    /// The call of the function.
    window: u16,
}

/// Where the loop goes.
struct Ways {
    next: Label,
    out: Label,
}

impl<'a> Gen<'a, '_> {
    /// The loop that a call of this built-in is over an array, if the last argument is a
    /// function that the text shows. `args` may be without the sequence.
    pub fn element_loop(&self, name: &str, args: &[Arg<'a>]) -> Option<ElementLoop> {
        let kind = self.builtins.element_loop(name)?;
        let [.., function] = args else { return None };
        let shown = match strip(function.value).kind {
            ExprKind::Func(_) => true,
            ExprKind::Name(_) => self.known_func(strip(function.value).span).is_some(),
            _ => false,
        };
        (shown && !args.iter().any(|arg| arg.spread)).then_some(kind)
    }

    /// Writes the loop over what is in `base + 1`, if that is an array; the other arguments
    /// follow it, and `kept` is the mask of those that a place keeps. Otherwise `otherwise`
    /// makes the call. The result is in `base`.
    pub fn loop_or_call(
        &mut self,
        kind: ElementLoop,
        (base, kept): (u16, u8),
        pos: u32,
        otherwise: impl FnOnce(&mut Self),
    ) {
        let (call, end) = (self.label(), self.label());
        let top = self.f.top;
        // At least no elements.
        self.emit_test(Op::TestArray, base + 1, 0, 1, call, pos);
        self.element_loop_of(kind, base, kept, pos);
        self.f.top = top;
        self.emit_jump(Op::Jump, 0, end, pos);
        self.place(call);
        otherwise(self);
        self.place(end);
    }

    fn element_loop_of(&mut self, kind: ElementLoop, base: u16, kept: u8, pos: u32) {
        let r = self.loop_registers(base);
        self.begin_result(kind, &r, kept, pos);
        let (next, start, out) = (self.label(), self.label(), self.label());
        // One that a place keeps could be written by the function.
        let lends = kept & 1 != 0;
        self.emit(Op::Move, r.state, base + 1, 0, pos).own = Own::Never;
        let flags = if lends { LEND } else { 0 };
        self.emit_jump(Op::IterInit, r.state, next, pos).flags = flags;
        let loan = lends.then_some(Loan {
            register: r.state + 2,
            flags: 0,
            parts: 1,
        });
        let range = loan.map(|loan| self.open_loans(vec![loan], r.state + 1, pos));
        self.place(start);
        let function = base + 2 + kind.between() as u16;
        self.round(kind, &r, function, &Ways { next, out }, pos);
        self.place(next);
        self.emit_jump(Op::IterNext, r.state, start, pos);
        if let Some(range) = range {
            self.close_range(range);
        }
        self.place(out);
        if let Some(loan) = loan {
            self.end_loan(loan, 0, pos);
        }
        self.end_result(kind, &r, pos);
    }

    fn loop_registers(&mut self, base: u16) -> Registers {
        // Where a loop begins, no register after its state is in use.
        let so_far = self.alloc();
        let state = self.alloc();
        self.alloc();
        self.alloc();
        let element = self.alloc();
        let window = self.alloc();
        self.alloc();
        self.alloc();
        Registers {
            base,
            so_far,
            state,
            element,
            window,
        }
    }

    /// The result if there are no elements.
    fn begin_result(&mut self, kind: ElementLoop, r: &Registers, kept: u8, pos: u32) {
        let (base, so_far) = (r.base, r.so_far);
        match kind {
            ElementLoop::All => self.load_const(base, Const::Bool(true), pos),
            ElementLoop::Any => self.load_const(base, Const::Bool(false), pos),
            ElementLoop::Find | ElementLoop::ForEach => self.load_null(base, pos),
            ElementLoop::FindIndex => {
                self.load_const(base, Const::Int(-1), pos);
                self.load_const(so_far, Const::Int(0), pos);
            }
            ElementLoop::Count => self.load_const(so_far, Const::Int(0), pos),
            ElementLoop::Filter | ElementLoop::Map => {
                self.emit(Op::NewArray, so_far, so_far, 0, pos);
            }
            ElementLoop::Reduce if kept & 0b10 != 0 => {
                let ins = self.emit(Op::Copy, so_far, base + 2, 0, pos);
                (ins.flags, ins.own) = (SHARE, Own::Never);
            }
            ElementLoop::Reduce => self.shift(so_far, base + 2, pos),
        }
    }

    /// One element.
    fn round(&mut self, kind: ElementLoop, r: &Registers, function: u16, ways: &Ways, pos: u32) {
        let (window, so_far) = (r.window, r.so_far);
        self.emit(Op::Move, window, function, 0, pos).own = Own::Never;
        let mut argument = window + 1;
        if kind == ElementLoop::Reduce {
            // The result of the last call is the next one's to change.
            self.shift(argument, so_far, pos);
            argument += 1;
        }
        self.emit(Op::Move, argument, r.element, 0, pos).own = Own::Never;
        let arguments = argument - window;
        // The array keeps the element.
        self.emit(Op::Call, window, arguments, 0, pos).flags = 1 << (arguments - 1);
        match kind {
            ElementLoop::All => {
                self.emit_jump(Op::JumpIf, window, ways.next, pos);
                self.load_const(r.base, Const::Bool(false), pos);
                self.emit_jump(Op::Jump, 0, ways.out, pos);
            }
            ElementLoop::Any => {
                self.emit_jump(Op::JumpIfNot, window, ways.next, pos);
                self.load_const(r.base, Const::Bool(true), pos);
                self.emit_jump(Op::Jump, 0, ways.out, pos);
            }
            ElementLoop::Count => {
                self.emit_jump(Op::JumpIfNot, window, ways.next, pos);
                self.count_one(so_far, pos);
            }
            ElementLoop::Filter => {
                self.emit_jump(Op::JumpIfNot, window, ways.next, pos);
                self.keep_element(window, r.element, pos);
                self.emit(Op::ArrayAppend, so_far, window, 1, pos);
            }
            ElementLoop::Find => {
                self.emit_jump(Op::JumpIfNot, window, ways.next, pos);
                self.keep_element(r.base, r.element, pos);
                self.emit_jump(Op::Jump, 0, ways.out, pos);
            }
            ElementLoop::FindIndex => {
                let not = self.label();
                self.emit_jump(Op::JumpIfNot, window, not, pos);
                self.shift(r.base, so_far, pos);
                self.emit_jump(Op::Jump, 0, ways.out, pos);
                self.place(not);
                self.count_one(so_far, pos);
            }
            ElementLoop::ForEach => {}
            ElementLoop::Map => {
                self.emit(Op::ArrayAppend, so_far, window, 1, pos);
            }
            ElementLoop::Reduce => self.shift(so_far, window, pos),
        }
    }

    fn count_one(&mut self, count: u16, pos: u32) {
        let one = self.konst16(Const::Int(1));
        self.emit(Op::AddK, count, count, one, pos);
    }

    /// An element gets a further owner.
    fn keep_element(&mut self, to: u16, element: u16, pos: u32) {
        let ins = self.emit(Op::Copy, to, element, 0, pos);
        (ins.flags, ins.own) = (SHARE, Own::Never);
    }

    fn end_result(&mut self, kind: ElementLoop, r: &Registers, pos: u32) {
        match kind {
            ElementLoop::Count | ElementLoop::Filter | ElementLoop::Map | ElementLoop::Reduce => {
                self.shift(r.base, r.so_far, pos)
            }
            ElementLoop::All
            | ElementLoop::Any
            | ElementLoop::Find
            | ElementLoop::FindIndex
            | ElementLoop::ForEach => {}
        }
    }
}
