//! Tests that end in a comparison: of strings, and of tagged values. Their truth goes into a
//! register, or the branch after them uses it at once.

use super::super::build::ORDERS;
use super::super::ir::{Op, types};
use super::Emit;
use crate::heap::object::Kind;
use crate::jit::regs::*;
use crate::jit::templates::single_character;
use ruff_asm::Label;
use ruff_asm::prelude::*;

impl<M: Masm> Emit<'_, M> {
    /// The truth of a test in a register.
    pub fn test(&mut self, op: Op, imm: u64) {
        let d = self.result();
        let [no, slow, done] = [(); 3].map(|()| self.m.new_label());
        let (cond, right) = self.last_comparison(op, imm, no, slow);
        self.m.set(d, cond, W32, T1, right);
        self.m.begin_cold();
        self.m.bind(no);
        self.m.mov(W32, d, 0);
        self.m.jump(done);
        self.m.end_cold();
        if op == Op::HasTag {
            self.m.bind(done);
        } else {
            self.truth_by_helper(imm, slow, done);
        }
    }

    /// Branches by a test that has no register, if its truth is `if_true`; goes on after
    /// this otherwise.
    pub fn branch_on_test(&mut self, op: Op, imm: u64, if_true: bool, target: Label) {
        let (slow, on) = (self.m.new_label(), self.m.new_label());
        let (yes, no) = if if_true { (target, on) } else { (on, target) };
        let (cond, right) = self.last_comparison(op, imm, no, slow);
        let cond = if if_true { cond } else { cond.negate() };
        self.m.branch(cond, W32, T1, right, target);
        self.m.bind(on);
        if op != Op::HasTag {
            self.branch_by_helper(imm, slow, yes, no);
        }
    }

    /// Branches by whether the operand has a field, if its truth is `if_true`; goes on after
    /// this otherwise.
    pub fn branch_on_field(&mut self, imm: u64, if_true: bool, target: Label) {
        let (slow, on) = (self.m.new_label(), self.m.new_label());
        let (yes, no) = if if_true { (target, on) } else { (on, target) };
        self.unless_shapes(imm, yes, slow);
        if if_true {
            self.m.jump(target);
        }
        self.m.bind(on);
        self.branch_by_helper(imm, slow, yes, no);
    }

    /// Branches to `slow` if the operand has none of the shapes that `imm` names; to `yes` or
    /// goes on if it has. Uses `T1`.
    pub fn unless_shapes(&mut self, imm: u64, yes: Label, slow: Label) {
        let g = self.g;
        let x = self.arg_gpr(0);
        if !self.type_of_arg(0).is_pointer() {
            self.guard_pointer(x, slow);
        }
        let shapes = &g.shapes[(imm >> 32) as usize];
        let (last, others) = shapes.split_last().expect("the test has one");
        let place = Mem::new(x, HEADER_AUX);
        if others.is_empty() {
            let shape = i64::from(*last as i32);
            return self
                .m
                .branch_mem_imm(Cond::Ne, Size::B4, place, shape, slow);
        }
        self.m.load(Load::U32, T1, place);
        for &shape in others {
            self.m.branch(Cond::Eq, W32, T1, shape as i32, yes);
        }
        self.m.branch(Cond::Ne, W32, T1, *last as i32, slow);
    }

    /// The comparison that decides a test, of `T1`. Branches to `no` where the answer is
    /// that already, and to `slow` where a helper has to find it.
    fn last_comparison(&mut self, op: Op, imm: u64, no: Label, slow: Label) -> (Cond, Rhs) {
        let x = self.arg_gpr(0);
        match op {
            Op::StringOrder => {
                let (cond, _) = ORDERS[(imm >> 32) as usize];
                let cond = match cond {
                    Cond::Lt => Cond::Below,
                    Cond::Le => Cond::BelowEq,
                    Cond::Gt => Cond::Above,
                    _ => Cond::AboveEq,
                };
                let right = if imm >> 16 & 1 != 0 {
                    Rhs::Imm((imm >> 8 & 0xff) as i64)
                } else {
                    let y = self.arg_gpr(1);
                    single_character(self.m, T0, y, slow);
                    Rhs::Reg(T0)
                };
                single_character(self.m, T1, x, slow);
                (cond, right)
            }
            Op::StringWithin => {
                self.unless_kind(x, Kind::String, no);
                single_character(self.m, T1, x, slow);
                self.m.sub(W32, T1, T1, (imm >> 8 & 0xff) as i32);
                (Cond::Below, Rhs::Imm((imm >> 16 & 0xffff) as i64))
            }
            Op::HasTag => {
                let (tag, parts) = (imm as u32, (imm >> 32) as u32);
                self.unless_kind(x, Kind::Tagged, no);
                if parts != u32::MAX {
                    let count = Mem::new(x, TAGGED_COUNT);
                    self.m
                        .branch_mem_imm(Cond::Ne, Size::B8, count, i64::from(parts), no);
                }
                self.m.load(Load::U32, T1, Mem::new(x, HEADER_AUX));
                (Cond::Eq, Rhs::Imm(i64::from(tag)))
            }
            op => unreachable!("{op:?} is no test"),
        }
    }

    /// Branches if the operand is no object of this kind. Uses `T1`.
    fn unless_kind(&mut self, x: Gpr, kind: Kind, otherwise: Label) {
        let ty = self.type_of_arg(0);
        if !ty.is_pointer() {
            self.guard_pointer(x, otherwise);
        }
        if !(kind == Kind::String && ty.is(types::STRING)) {
            let place = Mem::new(x, HEADER_KIND);
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, place, kind as i64, otherwise);
        }
    }
}
