//! Stores to elements of instances whose types define `op_set_index`. Such a store is
//! a method call on the place of the instance, and `g[1].x := v` is `t := g[1]`,
//! `t.x := v`, `g[1] := t`. Only programs with such types have this code: it asks at run
//! time what the containers on the path are.

use super::place::{Place, Root, Step};
use super::vars::Owned;
use super::{Gen, Want};
use crate::bytecode::Op;
use crate::bytecode::op::{LET, SHARE};
use crate::compiler::ir::Own;

impl Step {
    /// Whether it is written with brackets.
    fn is_index(&self) -> bool {
        matches!(self, Step::Index { .. } | Step::Field { key: true, .. })
    }

    fn pos(&self) -> u32 {
        match self {
            Step::Index { pos, .. } | Step::Field { pos, .. } => *pos,
        }
    }
}

impl Place {
    /// The place of the container after so many steps.
    fn prefix(&self, steps: usize) -> Place {
        Place {
            steps: self.steps[..steps].to_vec(),
            ..*self
        }
    }
}

impl<'a> Gen<'a, '_> {
    /// Whether writing to the place may call an `op_set_index`.
    pub fn may_call_set_index(&self, place: &Place) -> bool {
        self.defines_set_index && place.steps.iter().any(Step::is_index)
    }

    /// [`Gen::store_place`] if no container on the path is such an instance; else what
    /// that instance asks for.
    pub fn write_checked(&mut self, place: &Place, value: Owned) {
        let Some((last, before)) = place.steps.split_last() else {
            return;
        };
        let (called, apart, end) = (self.label(), self.label(), self.label());
        let mark = self.f.top;
        let mut container = self.root_register(place);
        let part = self.alloc();
        for (at, step) in place.steps.iter().enumerate() {
            let is_last = at == before.len();
            if step.is_index() {
                let target = if is_last { called } else { apart };
                self.emit_test(Op::TestIndexed, container, 0, 0, target, step.pos());
            }
            if !is_last {
                self.read_step(*step, container, part, 0);
                container = part;
            }
        }
        self.f.top = mark;
        self.store_place(place, value);
        self.emit_jump(Op::Jump, 0, end, last.pos());
        self.place(called);
        if last.is_index() {
            self.call_set_index(&place.prefix(before.len()), *last, value);
        }
        self.emit_jump(Op::Jump, 0, end, last.pos());
        self.place(apart);
        if before.iter().any(Step::is_index) {
            self.write_apart(place, value);
        }
        self.place(end);
        self.f.top = mark;
    }

    /// Takes every container on the path out, changes it, and stores it back.
    fn write_apart(&mut self, place: &Place, value: Owned) {
        let root = self.alloc();
        self.read_place_to(&place.prefix(0), root, Want::Own);
        let mut containers = vec![root];
        let Some((last, before)) = place.steps.split_last() else {
            return;
        };
        for step in before {
            let part = self.alloc();
            self.read_step(*step, containers[containers.len() - 1], part, SHARE);
            containers.push(part);
        }
        let flags = |at: usize| if at == 0 && place.fixed { LET } else { 0 };
        self.write_one(containers[before.len()], *last, value, flags(before.len()));
        for (at, step) in before.iter().enumerate().rev() {
            let part = Owned::temp(containers[at + 1]);
            self.write_one(containers[at], *step, part, flags(at));
        }
        if let Root::Reg(id, _) | Root::Loaded(id) = place.root
            && !place.fixed
        {
            self.store_var(id, Owned::temp(root), place.root_pos);
        }
    }

    /// Writes to a part of what a temporary holds.
    fn write_one(&mut self, container: u16, step: Step, value: Owned, flags: u8) {
        if !step.is_index() {
            return self.write_step(step, container, value, flags);
        }
        let (called, end) = (self.label(), self.label());
        self.emit_test(Op::TestIndexed, container, 0, 0, called, step.pos());
        self.write_step(step, container, value, flags);
        self.emit_jump(Op::Jump, 0, end, step.pos());
        self.place(called);
        let place = Place {
            root: Root::Temp(container),
            root_pos: step.pos(),
            fixed: flags & LET != 0,
            steps: Vec::new(),
        };
        self.call_set_index(&place, step, value);
        self.place(end);
    }

    /// `place.op_set_index(index, value)`
    fn call_set_index(&mut self, place: &Place, step: Step, value: Owned) {
        let mark = self.f.top;
        let pos = step.pos();
        let value = self.settle(value, pos);
        let base = self.alloc();
        self.alloc();
        let index = self.alloc();
        let argument = self.alloc();
        match step {
            // Its owner keeps it.
            Step::Index { register, .. } => {
                self.emit(Op::Move, index, register, 0, pos).own = Own::Never;
            }
            Step::Field { name, .. } => {
                self.emit_x(Op::LoadK, index, u32::from(name), pos);
            }
        }
        self.emit(Op::Move, argument, value, 0, pos).own = Own::Never;
        self.call_on_place(place, base, "op_set_index", (2, 0b010), pos);
        self.f.top = mark;
    }
}
