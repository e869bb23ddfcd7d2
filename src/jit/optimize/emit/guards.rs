//! Guards: what is not as expected leaves.

use super::super::ir::op::KNOWN_OBJECT;
use super::super::ir::{Op, types};
use super::Emit;
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::jit::regs::*;
use crate::jit::templates::{guard_object, guard_pointer, unless_to_borrow};
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

impl<M: Masm> Emit<'_, M> {
    pub fn guard(&mut self, op: Op, imm: u64) {
        let exit = self.exit();
        match op {
            Op::Leave => self.m.jump(exit),
            Op::GuardInt => {
                let v = self.arg_gpr(0);
                self.branch_tag(Cond::Below, v, exit);
            }
            Op::GuardFloat => {
                let v = self.arg_gpr(0);
                // The bits of a double, or more than any has.
                self.sub_double(T0, v);
                self.m
                    .branch_mem(Cond::AboveEq, W64, T0, VM_NO_DOUBLE, exit);
                self.unboxed = Some(self.g.arg(self.v, 0));
            }
            Op::GuardBool => {
                let v = self.arg_gpr(0);
                self.m.or(W64, T0, v, 1);
                self.m.branch(Cond::Ne, W64, T0, Value::TRUE.bits(), exit);
            }
            Op::GuardKind => {
                let v = self.arg_gpr(0);
                self.guard_object(v, exit);
                let kind = Mem::new(v, HEADER_KIND);
                self.m
                    .branch_mem_imm(Cond::Ne, Size::B1, kind, i64::from(imm as u8), exit);
            }
            Op::GuardShape | Op::GuardShapeOrNull => {
                let v = self.arg_gpr(0);
                let done = self.m.new_label();
                if op == Op::GuardShapeOrNull {
                    self.m.branch(Cond::Eq, W64, v, Value::NULL.bits(), done);
                }
                self.guard_object(v, exit);
                let aux = Mem::new(v, HEADER_AUX);
                let shape = imm as u32 as i32 as i64;
                self.m.branch_mem_imm(Cond::Ne, Size::B4, aux, shape, exit);
                self.m.bind(done);
            }
            Op::GuardType => {
                let v = self.arg_gpr(0);
                self.guard_object(v, exit);
                let kind = Mem::new(v, HEADER_KIND);
                let is_type = Kind::StructType as i64;
                self.m
                    .branch_mem_imm(Cond::Ne, Size::B1, kind, is_type, exit);
                self.m.load(Load::W64, T1, Mem::new(v, TYPE_INFO));
                let has = Mem::new(T1, INFO_SHAPE);
                let shape = imm as u32 as i32 as i64;
                self.m.branch_mem_imm(Cond::Ne, Size::B4, has, shape, exit);
            }
            Op::GuardProto => {
                let v = self.arg_gpr(0);
                // All bits of `imm` are the address.
                self.guard_pointer(v, exit);
                let kind = Mem::new(v, HEADER_KIND);
                let function = Kind::Function as i64;
                self.m
                    .branch_mem_imm(Cond::Ne, Size::B1, kind, function, exit);
                self.m.mov_address(T0, imm);
                let proto = Mem::new(v, FUNCTION_PROTO);
                self.m.branch_mem(Cond::Ne, W64, T0, proto, exit);
            }
            Op::GuardPresent => {
                let v = self.arg_gpr(0);
                self.m.branch(Cond::Eq, W64, v, 0, exit);
            }
            Op::GuardSame => {
                let v = self.arg_gpr(0);
                self.m.mov(W64, T0, imm);
                self.m.branch(Cond::Ne, W64, v, T0, exit);
            }
            Op::GuardOwn => {
                let v = self.arg_gpr(0);
                let flags = Mem::new(v, HEADER_FLAGS);
                self.m
                    .branch_mem_mask(Bits::Set, flags, COPY_BEFORE_WRITE, exit);
            }
            Op::GuardUnlent => {
                let v = self.arg_gpr(0);
                unless_to_borrow(self.m, v, exit);
            }
            Op::GuardBounds => {
                let (index, len) = (self.arg_gpr(0), self.arg(1));
                self.branch_by_order(Cond::AboveEq, index, len, exit);
            }
            Op::GuardNotZero => {
                let v = self.arg_gpr(0);
                self.m.branch(Cond::Eq, W64, v, 0, exit);
            }
            Op::GuardFloatNotZero => {
                let v = self.arg_fpr(0);
                self.m.branch_float_zero(v, exit);
            }
            Op::GuardNot => {
                let v = self.arg_gpr(0);
                self.m.branch(Cond::Eq, W64, v, imm, exit);
            }
            Op::GuardBelow => {
                let v = self.arg_gpr(0);
                self.m.branch(Cond::AboveEq, W64, v, imm, exit);
            }
            Op::GuardNotNegative => {
                let v = self.arg_gpr(0);
                self.m.branch(Cond::Lt, W64, v, 0, exit);
            }
            Op::GuardFloatNotNegative => {
                let v = self.arg_fpr(0);
                self.m.float_const(super::X0, 0.0);
                self.m.branch_float(FloatCond::NotGe, v, super::X0, exit);
            }
            op => unreachable!("{op:?} is no guard"),
        }
    }

    /// Branches unless the first operand is an object.
    pub fn guard_pointer(&mut self, v: Gpr, otherwise: Label) {
        if self.type_of_arg(0).may_be(types::ABSENT) {
            guard_pointer(self.m, v, otherwise);
        } else {
            guard_object(self.m, v, otherwise);
        }
    }

    /// Branches unless the first operand is an object, if that is not known.
    fn guard_object(&mut self, v: Gpr, otherwise: Label) {
        if self.g.inst(self.v).imm & KNOWN_OBJECT == 0 {
            self.guard_pointer(v, otherwise);
        }
    }
}
