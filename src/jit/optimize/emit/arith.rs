//! Numbers: conversions, arithmetic, comparisons.

use super::super::alloc::Loc;
use super::super::ir::Op;
use super::{Emit, X0, X1};
use crate::heap::bigint;
use crate::heap::object::{BigIntObj, Kind, ONE_WORD};
use crate::jit::regs::*;
use crate::jit::templates::{branch_constant, sub_constant};
use crate::runtime::arith::BinaryOp;
use crate::value::{INT_MAX, Value};
use ruff_asm::Label;
use ruff_asm::prelude::*;
use std::mem::offset_of;

/// Bits of an inline int beside its sign.
const INLINE_BITS: i32 = 50;
const _: () = assert!(INT_MAX == (1 << INLINE_BITS) - 1);

/// A factor of 64 bits, and a shift: the high half of the product with any int, shifted to
/// the right, is the int divided by `divisor`, rounded down. The divisor is above 2 and no
/// power of two.
fn reciprocal(divisor: i64) -> (i64, i32) {
    let divisor = divisor as u128;
    for shift in 0..63 {
        let power = 1u128 << (64 + shift);
        let factor = power.div_ceil(divisor);
        // The factor is so much too large; times an int, that must stay below a whole.
        let error = factor * divisor - power;
        if error < 1 << (shift + 1) {
            return (factor as u64 as i64, shift);
        }
    }
    unreachable!("an error is less than the divisor")
}

impl<M: Masm> Emit<'_, M> {
    /// Whether it is one of these operations.
    pub fn arithmetic(&mut self, op: Op, imm: u64) -> bool {
        match op {
            Op::BoxInt => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.box_int(to, from);
                if !self.g.inst(self.v).ty.is_inline() {
                    let (object, done) = (self.m.new_label(), self.m.new_label());
                    self.branch_tag(Cond::Below, to, object);
                    self.boxed_by_helper(object, done, to, from);
                    self.m.bind(done);
                }
            }
            Op::BoxWord => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.box_word(to, from);
            }
            Op::UnboxWord => self.unbox_word(),
            Op::AsWord => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.m.mov(W64, to, from);
            }
            Op::WordToFloat => self.word_to_float(),
            Op::BoxIntChecked => {
                let exit = self.exit();
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.box_int(to, from);
                self.branch_tag(Cond::Below, to, exit);
            }
            Op::BoxFloat => {
                let (to, from) = (self.result(), self.arg_fpr(0));
                self.box_float(to, from);
            }
            Op::BoxBool => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.m.add(W64, to, from, Value::FALSE.bits() as i32);
            }
            Op::UnboxInt => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.sub_offset(to, from);
            }
            Op::UnboxFloat => {
                let (to, from) = (self.float_result(), self.arg_gpr(0));
                if self.unboxed != Some(self.g.arg(self.v, 0)) {
                    self.sub_double(T0, from);
                }
                self.m.float_from_bits(to, T0);
            }
            Op::IntToFloat => {
                let (to, from) = (self.float_result(), self.arg_gpr(0));
                self.m.int_to_float(W64, to, from);
            }
            Op::NumberToFloat => {
                let exit = self.exit();
                let (to, from) = (self.float_result(), self.arg_gpr(0));
                self.number_to_float(to, from, exit);
            }
            Op::IsTrue => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.m.set(to, Cond::Eq, W64, from, Value::TRUE.bits());
            }
            Op::Add => self.alu(Alu::Add),
            Op::Sub => self.subtraction(),
            Op::And => self.alu(Alu::And),
            Op::Or => self.alu(Alu::Or),
            Op::Xor => self.alu(Alu::Xor),
            Op::Mul => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.mul(W64, to, a, b);
            }
            Op::AddChecked => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                let exit = self.exit_after(to == a, |m| m.sub(W64, to, to, b));
                self.m.add_checked(W64, to, a, b, exit);
            }
            Op::SubChecked => {
                let (to, a, b) = (self.result(), self.minuend(), self.arg_rhs(1));
                let exit = self.exit_after(to == a, |m| m.add(W64, to, to, b));
                self.m.sub_checked(W64, to, a, b, exit);
            }
            Op::MulChecked => {
                let exit = self.exit();
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.mul_checked(W64, to, a, b, exit);
            }
            Op::ShlChecked => {
                let exit = self.exit();
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.shift(Shift::Shl, W64, to, a, b);
                self.m.shift(Shift::Sar, W64, T0, to, b);
                self.m.branch(Cond::Ne, W64, T0, a, exit);
            }
            Op::Div | Op::Rem => self.division(op),
            Op::Not => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.m.not(W64, to, from);
            }
            Op::Shl => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.shift(Shift::Shl, W64, to, a, b);
            }
            Op::Shr => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.shift(Shift::Sar, W64, to, a, b);
            }
            Op::ShrWord => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.shift(Shift::Shr, W64, to, a, b);
            }
            Op::DivWord | Op::RemWord => self.division_of_words(op),
            Op::Min | Op::Max => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_gpr(1));
                let cond = if op == Op::Min { Cond::Le } else { Cond::Ge };
                self.m.select(to, (a, b), cond, W64, a, b);
            }
            Op::FloatAdd | Op::FloatSub | Op::FloatMul | Op::FloatDiv => {
                let (to, a, b) = (self.float_result(), self.arg_fpr(0), self.arg_fpr(1));
                let op = match op {
                    Op::FloatAdd => FloatAlu::Add,
                    Op::FloatSub => FloatAlu::Sub,
                    Op::FloatMul => FloatAlu::Mul,
                    _ => FloatAlu::Div,
                };
                self.m.alu_float(op, to, a, b);
            }
            Op::FloatNeg => {
                let (to, from) = (self.float_result(), self.arg_fpr(0));
                self.m.neg_float(to, from);
            }
            Op::FloatAbs => {
                let (to, from) = (self.float_result(), self.arg_fpr(0));
                self.m.abs_float(to, from);
            }
            Op::FloatSqrt => {
                let (to, from) = (self.float_result(), self.arg_fpr(0));
                self.m.sqrt(to, from);
            }
            Op::FloatMin | Op::FloatMax => {
                let (to, a, b) = (self.float_result(), self.arg_fpr(0), self.arg_fpr(1));
                let done = self.m.new_label();
                let nan = self.m.cold(|m| {
                    m.mov_float(to, b);
                    m.jump(done);
                });
                self.m.branch_float(FloatCond::Ne, b, b, nan);
                let alu = if op == Op::FloatMin {
                    FloatAlu::Min
                } else {
                    FloatAlu::Max
                };
                self.m.alu_float(alu, to, b, a);
                self.m.bind(done);
            }
            Op::Floor => self.floor(),
            Op::Truncate => {
                let exit = self.exit();
                let (to, from) = (self.result(), self.arg_fpr(0));
                self.m.float_to_int(to, from, exit);
            }
            Op::Compare => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg(1));
                let (cond, _) = super::super::build::ORDERS[imm as usize];
                let b = match b {
                    Loc::Slot(v) => {
                        self.m.load(Load::W64, T1, self.slot_of(v));
                        Rhs::Reg(T1)
                    }
                    b => self.rhs(b),
                };
                self.m.set(to, cond, W64, a, b);
            }
            Op::TestBits => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.and(W64, T1, a, b);
                let cond = if imm == 0 { Cond::Eq } else { Cond::Ne };
                self.m.set(to, cond, W64, T1, 0);
            }
            Op::CompareFloat => {
                let (to, a, b) = (self.result(), self.arg_fpr(0), self.arg_fpr(1));
                let (_, cond) = super::super::build::ORDERS[imm as usize];
                self.m.set_float(to, cond, a, b);
            }
            Op::Same => {
                let (to, a) = (self.result(), self.arg_gpr(0));
                self.m.set(to, Cond::Eq, W64, a, imm);
            }
            Op::SameBits => {
                let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
                self.m.set(to, Cond::Eq, W64, a, b);
            }
            Op::NotBool => {
                let (to, from) = (self.result(), self.arg_gpr(0));
                self.m.xor(W64, to, from, 1);
            }
            Op::Mixed => self.mixed(imm),
            Op::MixedCompare => self.mixed_compare(imm),
            _ => return false,
        }
        true
    }

    fn alu(&mut self, op: Alu) {
        let (to, a, b) = (self.result(), self.arg_gpr(0), self.arg_rhs(1));
        self.m.alu(op, W64, to, a, b);
    }

    /// The way out, after an operation that took its operand's place has been undone.
    fn exit_after(&mut self, in_place: bool, undo: impl FnOnce(&mut M)) -> Label {
        let exit = self.exit();
        if !in_place {
            return exit;
        }
        self.m.cold(|m| {
            undo(m);
            m.jump(exit);
        })
    }

    /// The operand that is subtracted from, in a register.
    fn minuend(&mut self) -> Gpr {
        self.any(0, T0)
    }

    fn subtraction(&mut self) {
        let (to, b) = (self.result(), self.arg_rhs(1));
        let zero = matches!(self.arg_rhs(0), Rhs::Imm(0));
        if let (true, Rhs::Reg(b)) = (zero, b) {
            return self.m.neg(W64, to, b);
        }
        let a = self.minuend();
        self.m.sub(W64, to, a, b);
    }

    fn division(&mut self, op: Op) {
        let (to, a) = (self.result(), self.arg_gpr(0));
        let positive = self.g.inst(self.v).imm != 0;
        if let Rhs::Imm(divisor) = self.arg_rhs(1)
            && divisor > 0
            && (divisor as u64).is_power_of_two()
        {
            let (mask, shift) = (divisor - 1, divisor.trailing_zeros() as i32);
            match (op, positive) {
                (Op::Rem, true) => self.m.and(W64, to, a, mask),
                (Op::Div, true) => self.m.shr(W64, to, a, shift),
                (op, false) => {
                    // The amount that a negative number lacks to be rounded
                    // towards zero.
                    self.m.sar(W64, T0, a, 63);
                    self.m.and(W64, T0, T0, mask);
                    self.m.add(W64, T1, a, T0);
                    if op == Op::Div {
                        self.m.sar(W64, to, T1, shift);
                    } else {
                        self.m.and(W64, T1, T1, mask);
                        self.m.sub(W64, to, T1, T0);
                    }
                }
                _ => unreachable!("a division"),
            }
            return;
        }
        if let Rhs::Imm(divisor @ 3..) = self.arg_rhs(1) {
            return self.division_by(op, to, a, divisor, positive);
        }
        let b = match self.arg_rhs(1) {
            Rhs::Reg(b) => b,
            Rhs::Imm(value) => {
                self.m.mov(W64, T1, value);
                T1
            }
        };
        if op == Op::Div {
            self.m.div(to, a, b);
        } else {
            self.m.rem(to, a, b);
        }
    }

    /// A division by a constant that is no power of two: a product and a shift.
    fn division_by(&mut self, op: Op, to: Gpr, a: Gpr, divisor: i64, positive: bool) {
        let (factor, shift) = reciprocal(divisor);
        self.m.mov(W64, T1, factor);
        self.m.mul_high(T0, a, T1);
        if factor < 0 {
            // It is 2^64 more than the instruction takes it for.
            self.m.add(W64, T0, T0, a);
        }
        if shift != 0 {
            self.m.sar(W64, T0, T0, shift);
        }
        if !positive {
            // Quotients are rounded down so far.
            self.m.sar(W64, T1, a, 63);
            self.m.sub(W64, T0, T0, T1);
        }
        if op == Op::Div {
            self.m.mov(W64, to, T0);
        } else {
            self.m.mul(W64, T0, T0, divisor);
            self.m.sub(W64, to, a, T0);
        }
    }

    fn division_of_words(&mut self, op: Op) {
        let (to, a) = (self.result(), self.arg_gpr(0));
        let b = match self.arg_rhs(1) {
            Rhs::Imm(divisor) if (divisor as u64).is_power_of_two() => {
                let shift = divisor.trailing_zeros() as i32;
                return match op {
                    Op::DivWord => self.m.shr(W64, to, a, shift),
                    _ => self.m.and(W64, to, a, divisor.wrapping_sub(1)),
                };
            }
            Rhs::Reg(b) => b,
            Rhs::Imm(divisor) => {
                self.m.mov(W64, T1, divisor);
                T1
            }
        };
        if op == Op::DivWord {
            self.m.div_unsigned(to, a, b);
        } else {
            self.m.rem_unsigned(to, a, b);
        }
    }

    /// Most words are objects when they are boxed.
    fn box_word(&mut self, to: Gpr, from: Gpr) {
        let [small, slow, done] = [(); 3].map(|()| self.m.new_label());
        self.m.shr(W64, T0, from, INLINE_BITS);
        self.m.branch(Cond::Eq, W64, T0, 0, small);
        let size = size_of::<BigIntObj>() + size_of::<u64>();
        self.allocate_form(to, size, (Kind::BigInt, ONE_WORD), 1, slow);
        let mut offset = offset_of!(BigIntObj, value) as i32;
        for part in bigint::word_parts() {
            let place = Mem::new(to, offset);
            match part {
                Some(bits) => self.m.store_imm(Size::B8, place, bits as i64),
                None => self.m.store(Size::B8, place, from),
            }
            offset += size_of::<u64>() as i32;
        }
        let place = Mem::new(to, size_of::<BigIntObj>() as i32);
        self.m.store(Size::B8, place, from);
        self.m.bind(done);
        self.boxed_by_helper(slow, done, to, from);
        self.m.begin_cold();
        self.m.bind(small);
        self.box_int(to, from);
        self.m.jump(done);
        self.m.end_cold();
    }

    fn unbox_word(&mut self) {
        let exit = self.exit();
        let (to, v) = (self.result(), self.arg_gpr(0));
        let (object, done) = (self.m.new_label(), self.m.new_label());
        self.branch_tag(Cond::Below, v, object);
        self.sub_offset(T0, v);
        self.m.branch(Cond::Lt, W64, T0, 0, exit);
        self.m.mov(W64, to, T0);
        self.m.bind(done);
        self.m.begin_cold();
        self.m.bind(object);
        self.guard_pointer(v, exit);
        let (kind, form) = (Mem::new(v, HEADER_KIND), Mem::new(v, HEADER_FORM));
        let big = Kind::BigInt as i64;
        self.m.branch_mem_imm(Cond::Ne, Size::B1, kind, big, exit);
        let one = i64::from(ONE_WORD);
        self.m.branch_mem_imm(Cond::Ne, Size::B1, form, one, exit);
        let place = Mem::new(v, size_of::<BigIntObj>() as i32);
        self.m.load(Load::W64, to, place);
        self.m.jump(done);
        self.m.end_cold();
    }

    fn word_to_float(&mut self) {
        let (to, from) = (self.float_result(), self.arg_gpr(0));
        let done = self.m.new_label();
        let large = self.m.cold(|m| {
            // Half of it, with the lost bit where it still decides how to round.
            m.and(W64, T0, from, 1);
            m.shr(W64, T1, from, 1);
            m.or(W64, T0, T0, T1);
            m.int_to_float(W64, to, T0);
            m.alu_float(FloatAlu::Add, to, to, to);
            m.jump(done);
        });
        self.m.branch(Cond::Lt, W64, from, 0, large);
        self.m.int_to_float(W64, to, from);
        self.m.bind(done);
    }

    fn floor(&mut self) {
        let exit = self.exit();
        let (to, from) = (self.result(), self.arg_fpr(0));
        self.m.float_to_int(to, from, exit);
        self.m.int_to_float(W64, X0, to);
        let done = self.m.new_label();
        let above = self.m.cold(|m| {
            m.sub(W64, to, to, 1);
            m.jump(done);
        });
        self.m.branch_float(FloatCond::Gt, X0, from, above);
        self.m.bind(done);
    }

    /// A boxed number as a float; branches for anything else. Uses `T0`.
    fn number_to_float(&mut self, to: Fpr, from: Gpr, otherwise: Label) {
        let Constants {
            tag,
            offset,
            double,
        } = self.constants;
        let done = self.m.new_label();
        let other = self.m.cold(|m| {
            branch_constant(m, Cond::Below, from, tag, otherwise);
            sub_constant(m, T0, from, offset);
            m.int_to_float(W64, to, T0);
            m.jump(done);
        });
        // The bits of a double, or more than any has.
        sub_constant(self.m, T0, from, double);
        self.m
            .branch_mem(Cond::AboveEq, W64, T0, VM_NO_DOUBLE, other);
        self.m.float_from_bits(to, T0);
        self.m.bind(done);
    }

    /// Arithmetic of two boxed numbers.
    fn mixed(&mut self, imm: u64) {
        let exit = self.exit();
        let (d, x, y) = (self.result(), self.arg_gpr(0), self.arg_gpr(1));
        let done = self.m.new_label();
        let floats = self.m.new_label();
        self.m.and(W64, T0, x, y);
        self.branch_tag(Cond::Below, T0, floats);
        let is = |op: BinaryOp| imm == op as u64;
        let op = if is(BinaryOp::Add) {
            self.m.add(W64, d, x, y);
            self.sub_offset(d, d);
            FloatAlu::Add
        } else if is(BinaryOp::Sub) {
            self.m.sub(W64, d, x, y);
            self.add_offset(d, d);
            FloatAlu::Sub
        } else if is(BinaryOp::Mul) {
            self.sub_offset(T0, x);
            self.sub_offset(T1, y);
            self.m.mul_checked(W64, T0, T0, T1, exit);
            self.add_offset(d, T0);
            FloatAlu::Mul
        } else {
            self.sub_offset(T1, y);
            self.m.branch(Cond::Eq, W64, T1, 0, exit);
            self.sub_offset(T0, x);
            self.m.div(d, T0, T1);
            self.add_offset(d, d);
            FloatAlu::Div
        };
        self.branch_tag(Cond::Below, d, exit);
        self.m.jump(done);
        self.m.bind(floats);
        self.number_to_float(X0, x, exit);
        self.number_to_float(X1, y, exit);
        if op == FloatAlu::Div {
            self.m.branch_float_zero(X1, exit);
        }
        self.m.alu_float(op, X0, X0, X1);
        self.box_float(d, X0);
        self.m.bind(done);
    }

    fn mixed_compare(&mut self, imm: u64) {
        let exit = self.exit();
        let (d, x, y) = (self.result(), self.arg_gpr(0), self.arg_gpr(1));
        let (cond, float_cond) = super::super::build::ORDERS[imm as usize];
        let done = self.m.new_label();
        let floats = self.m.new_label();
        self.m.and(W64, T0, x, y);
        self.branch_tag(Cond::Below, T0, floats);
        self.m.set(d, cond, W64, x, y);
        self.m.jump(done);
        self.m.bind(floats);
        self.number_to_float(X0, x, exit);
        self.number_to_float(X1, y, exit);
        self.m.set_float(d, float_cond, X0, X1);
        self.m.bind(done);
    }
}

#[cfg(test)]
mod tests {
    use super::reciprocal;

    #[test]
    fn products_with_reciprocals_are_quotients() {
        let quotient = |n: i64, d: i64| {
            let (factor, shift) = reciprocal(d);
            let high = ((i128::from(n) * i128::from(factor)) >> 64) as i64;
            let high = if factor < 0 {
                high.wrapping_add(n)
            } else {
                high
            };
            (high >> shift) - (n >> 63)
        };
        let divisors = (3..2000).chain((2..63).flat_map(|bits| {
            let power = 1i64 << bits;
            [power - 1, power + 1, power + power / 3]
        }));
        for d in divisors.chain([i64::MAX, i64::MAX - 1, 10_i64.pow(18), 2_147_483_647]) {
            if d < 3 || (d as u64).is_power_of_two() {
                continue;
            }
            let near = [0, 1, 2, 5, 1000, i64::MAX / d].map(|k| k.saturating_mul(d));
            for n in near.into_iter().chain([i64::MAX, i64::MIN]) {
                for n in [
                    n,
                    n.saturating_add(1),
                    n.saturating_sub(1),
                    n.saturating_neg(),
                ] {
                    assert_eq!(quotient(n, d), n / d, "{n} / {d}");
                }
            }
        }
    }
}
