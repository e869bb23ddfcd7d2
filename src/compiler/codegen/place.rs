//! Places: paths of fields and indices from a root. The parts of a path are
//! evaluated once, left to right; then the path can be read, made ready for
//! writing, or written.

use super::expr::Left;
use super::vars::{Access, Owned, strip};
use super::{Gen, Want};
use crate::bytecode::op::{CONSUME, KEY, LET, OPTIONAL, SHARE};
use crate::bytecode::{Const, Op};
use crate::compiler::ir::Own;
use crate::compiler::resolve::{Res, VarId};
use crate::effects::Effects;
use crate::syntax::ast::*;

#[derive(Clone, Debug)]
pub struct Place {
    pub root: Root,
    pub root_pos: u32,
    /// Only references beyond the root may be written.
    pub fixed: bool,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Root {
    /// The variable's own register, updated by the instructions themselves.
    Reg(VarId, u16),
    /// A cell, global or capture: loaded, and stored back after a write.
    Loaded(VarId),
    /// A value in a temporary: what is written to a struct there is lost.
    Temp(u16),
}

#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// `key`: written as `["name"]`; `optional`: read by `?.`.
    Field {
        name: u16,
        key: bool,
        optional: bool,
        pos: u32,
    },
    Index {
        register: u16,
        optional: bool,
        pos: u32,
    },
}

impl<'a> Gen<'a, '_> {
    /// Evaluates the parts of a path. Links of an optional chain in it leave
    /// the chain when what is before them is null.
    pub fn eval_place(&mut self, expr: &'a Expr<'a>) -> Place {
        let mut links = Vec::new();
        let mut at = strip(expr);
        while let ExprKind::Field { recv, .. } | ExprKind::Index { recv, .. } = at.kind {
            links.push(at);
            at = strip(recv);
        }
        let (root, fixed) = self.place_root(at);
        let mut looked = None;
        let mut place = Place {
            root,
            root_pos: at.span.lo,
            fixed,
            steps: Vec::with_capacity(links.len()),
        };
        for link in links.into_iter().rev() {
            match link.kind {
                ExprKind::Field {
                    name,
                    optional,
                    dot,
                    ..
                } => {
                    self.place_link(&place, &mut looked, optional, dot.lo);
                    let name = self.name_const(name.name);
                    place.steps.push(Step::Field {
                        name,
                        key: false,
                        optional,
                        pos: dot.lo,
                    });
                }
                ExprKind::Index {
                    index,
                    optional,
                    bracket,
                    ..
                } => {
                    self.place_link(&place, &mut looked, optional, bracket.lo);
                    let pos = bracket.lo;
                    let step = match super::fold::literal(index) {
                        Some(Const::Str(name)) => {
                            let name = self.konst16(Const::Str(name));
                            Step::Field {
                                name,
                                key: true,
                                optional,
                                pos,
                            }
                        }
                        _ => Step::Index {
                            register: self.place_index(index),
                            optional,
                            pos,
                        },
                    };
                    place.steps.push(step);
                }
                _ => {}
            }
        }
        place
    }

    /// Leaves the chain if the place as far as it goes is null. `looked` is what the
    /// link before this one has looked at, and after how many steps.
    fn place_link(
        &mut self,
        place: &Place,
        looked: &mut Option<(u16, usize)>,
        optional: bool,
        pos: u32,
    ) {
        if !optional {
            return;
        }
        if place.steps.is_empty() {
            let mark = self.f.top;
            let base = self.root_register(place);
            self.link(base, true, pos);
            self.f.top = mark;
            return;
        }
        // One register serves all links: each goes on where the last one was.
        let (register, done) = match *looked {
            Some((register, done)) => (register, done),
            None => (self.alloc(), 0),
        };
        let mark = self.f.top;
        let mut base = match done {
            0 => self.root_register(place),
            _ => register,
        };
        for step in &place.steps[done..] {
            self.read_step(*step, base, register, 0);
            base = register;
        }
        self.link(register, true, pos);
        self.f.top = mark;
        *looked = Some((register, place.steps.len()));
    }

    /// An index in a register that stays as it is until the place is written.
    fn place_index(&mut self, index: &'a Expr<'a>) -> u16 {
        if let Some((var, register)) = self.register_of(index)
            && !self.res.var(var).is_written_in(self.f.stmt)
        {
            return register;
        }
        self.temp(index, Want::Own)
    }

    fn place_root(&mut self, expr: &'a Expr<'a>) -> (Root, bool) {
        if let ExprKind::Name(_) = expr.kind {
            match self.res.name(expr.span) {
                Res::Var(id) => {
                    let fixed = self.res.var(id).kind.is_constant();
                    return match self.access(id) {
                        Access::Reg(register) => (Root::Reg(id, register), fixed),
                        Access::Constant => (Root::Temp(self.temp(expr, Want::Use)), fixed),
                        _ => (Root::Loaded(id), fixed),
                    };
                }
                Res::Member => return (Root::Temp(self.temp(expr, Want::Use)), true),
                Res::Free => {}
            }
        }
        (Root::Temp(self.temp(expr, Want::Own)), false)
    }

    pub fn root_register(&mut self, place: &Place) -> u16 {
        match place.root {
            Root::Reg(_, register) | Root::Temp(register) => register,
            Root::Loaded(id) => {
                let register = self.alloc();
                self.load_var(id, register, Want::Use, place.root_pos);
                register
            }
        }
    }

    /// Reads the place into a register: for use the variable's own.
    pub fn read_place(&mut self, place: &Place, want: Want) -> u16 {
        if place.steps.is_empty() && want == Want::Use {
            return self.root_register(place);
        }
        let dst = self.alloc();
        self.read_place_to(place, dst, want);
        dst
    }

    pub fn read_place_to(&mut self, place: &Place, dst: u16, want: Want) {
        let Some((last, before)) = place.steps.split_last() else {
            match place.root {
                Root::Reg(id, _) | Root::Loaded(id) => {
                    self.load_var(id, dst, want, place.root_pos);
                }
                Root::Temp(register) => self.shift(dst, register, place.root_pos),
            }
            return;
        };
        let mark = self.f.top;
        let mut base = self.root_register(place);
        for step in before {
            let next = self.alloc();
            self.read_step(*step, base, next, 0);
            base = next;
        }
        let share = if want == Want::Own { SHARE } else { 0 };
        self.read_step(*last, base, dst, share);
        self.f.top = mark;
    }

    pub fn read_step(&mut self, step: Step, base: u16, dst: u16, flags: u8) {
        match step {
            Step::Field {
                name,
                key,
                optional,
                pos,
            } => {
                let flags = flags | if key { KEY } else { 0 };
                let flags = flags | if optional { OPTIONAL } else { 0 };
                self.emit(Op::GetField, dst, base, name, pos).flags = flags;
            }
            Step::Index {
                register,
                optional,
                pos,
            } => {
                let flags = flags | if optional { OPTIONAL } else { 0 };
                self.emit(Op::GetIndex, dst, base, register, pos).flags = flags;
            }
        }
    }

    fn mut_step(&mut self, step: Step, base: u16, dst: u16, flags: u8) {
        self.note_written(base);
        match step {
            Step::Field { name, key, pos, .. } => {
                let flags = flags | if key { KEY } else { 0 };
                self.emit(Op::FieldMut, dst, base, name, pos).flags = flags;
            }
            Step::Index { register, pos, .. } => {
                self.emit(Op::IndexMut, dst, base, register, pos).flags = flags;
            }
        }
    }

    pub fn write_step(&mut self, step: Step, base: u16, value: Owned, flags: u8) {
        self.note_written(base);
        match step {
            Step::Field { name, key, pos, .. } => {
                let ins = self.emit(Op::SetField, base, name, value.register, pos);
                ins.flags = flags | if key { KEY } else { 0 };
                value.mark(ins);
            }
            Step::Index { register, pos, .. } => {
                let ins = self.emit(Op::SetIndex, base, register, value.register, pos);
                ins.flags = flags;
                value.mark(ins);
            }
        }
    }

    /// A parameter that is written in place must be lent by callers that keep
    /// its value.
    pub fn note_written(&mut self, register: u16) {
        if !self.is_temp(register) {
            self.f.body.owned_params |= super::function::mask_bit(register);
        }
    }

    /// The registers of all containers along the path, each ready to be
    /// written; the last holds the place's own container.
    pub fn unshare_path(&mut self, place: &Place) -> (u16, u16) {
        let root = self.root_register(place);
        let mut base = root;
        let mut flags = if place.fixed { LET } else { 0 };
        let count = place.steps.len().saturating_sub(1);
        for step in &place.steps[..count] {
            let next = self.alloc();
            self.mut_step(*step, base, next, flags);
            flags = 0;
            base = next;
        }
        (root, base)
    }

    fn store_root(&mut self, place: &Place, root: u16) {
        if let Root::Loaded(id) = place.root
            && !place.fixed
        {
            self.store_var(id, Owned::temp(root), place.root_pos);
        }
    }

    fn last_flags(&self, place: &Place) -> u8 {
        if place.fixed && place.steps.len() == 1 {
            LET
        } else {
            0
        }
    }

    /// Writes a value to the place. A container on its path may be an instance with
    /// `op_set_index`.
    pub fn write_place(&mut self, place: &Place, value: Owned) {
        if self.may_call_set_index(place) {
            self.write_checked(place, value);
        } else {
            self.store_place(place, value);
        }
    }

    /// Writes a value to a place on whose path instances are written by their fields only.
    pub fn store_place(&mut self, place: &Place, value: Owned) {
        let Some(last) = place.steps.last() else {
            match place.root {
                Root::Reg(id, _) | Root::Loaded(id) => {
                    self.store_var(id, value, place.root_pos);
                }
                Root::Temp(_) => {}
            }
            return;
        };
        let mark = self.f.top;
        let mut value = value;
        if place.steps.len() > 1
            && matches!(place.root, Root::Reg(_, register) if register == value.register)
        {
            // Stored in a part of itself: as it is now, before its parts are made
            // ready to be written.
            let copy = self.alloc();
            let ins = self.emit(Op::Copy, copy, value.register, 0, place.root_pos);
            ins.flags = SHARE;
            value = Owned::temp(copy);
        }
        let (root, base) = self.unshare_path(place);
        self.write_step(*last, base, value, self.last_flags(place));
        self.store_root(place, root);
        self.f.top = mark;
    }

    /// Loads the place's value into `dst`, ready to be written in place.
    pub fn load_for_write(&mut self, place: &Place, dst: u16) {
        let Some(last) = place.steps.last() else {
            return self.read_place_to(place, dst, Want::Use);
        };
        let mark = self.f.top;
        let (root, base) = self.unshare_path(place);
        self.mut_step(*last, base, dst, self.last_flags(place));
        self.store_root(place, root);
        self.f.top = mark;
    }

    /// `place op= value`: the target's parts, its old value, the right side,
    /// the store.
    pub fn compound(
        &mut self,
        target: &'a Expr<'a>,
        op: BinaryOp,
        op_span: Span,
        value: &'a Expr<'a>,
    ) {
        let mark = self.f.top;
        let place = self.eval_place(target);
        let pos = op_span.lo;
        if let (Root::Reg(id, register), true) = (place.root, place.steps.is_empty()) {
            let left = if self.is_written_later(id, &[value]) {
                let copy = self.temp(target, Want::Own);
                Left {
                    register: copy,
                    own: Own::Plain,
                    fresh: true,
                }
            } else {
                Left {
                    register,
                    own: self.own_of(id),
                    fresh: false,
                }
            };
            self.operation(op, register, left, None, value, pos);
        } else if self.may_run_code(&[value]) {
            let old = self.read_place(&place, Want::Own);
            let left = Left {
                register: old,
                own: Own::Plain,
                fresh: false,
            };
            let result = self.alloc();
            self.operation(op, result, left, None, value, pos);
            self.write_place(&place, Owned::temp(result));
        } else {
            self.compound_in_place(&place, op, value, pos);
        }
        self.f.top = mark;
    }

    /// The right side runs no code of the program: the old value may be taken
    /// over and extended.
    fn compound_in_place(&mut self, place: &Place, op: BinaryOp, value: &'a Expr<'a>, pos: u32) {
        let is_number = super::fold::number(value).is_some();
        let right = if is_number {
            None
        } else {
            Some(self.any(value))
        };
        let consume = op == BinaryOp::Add && !is_number && !self.mentions(value, place.root);
        let old = self.alloc();
        let finish = |this: &mut Self, old: u16| {
            let left = Left {
                register: old,
                own: Own::Plain,
                fresh: false,
            };
            match right {
                None => this.operation(op, old, left, None, value, pos),
                Some(right) => {
                    this.operate(op, old, left, right, pos);
                    if consume && let Some(ins) = this.f.body.ins.last_mut() {
                        ins.flags |= CONSUME;
                    }
                }
            }
        };
        let Some(last) = place.steps.last() else {
            self.read_place_to(place, old, Want::Use);
            finish(self, old);
            return self.write_place(place, Owned::temp(old));
        };
        if self.runs(Effects::OPERATORS) || self.may_call_set_index(place) {
            // A method may write what the path leads through.
            if consume {
                self.load_for_write(place, old);
            } else {
                self.read_place_to(place, old, Want::Use);
            }
            finish(self, old);
            return self.write_place(place, Owned::temp(old));
        }
        let (root, base) = self.unshare_path(place);
        if consume {
            self.mut_step(*last, base, old, self.last_flags(place));
        } else {
            self.read_step(*last, base, old, 0);
        }
        finish(self, old);
        self.write_step(*last, base, Owned::temp(old), self.last_flags(place));
        self.store_root(place, root);
    }
}
