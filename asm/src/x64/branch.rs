//! Control flow within a function.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::float::FloatTest;
use super::int::Src;
use super::{RSP, SCRATCH, X64, r, x};
use crate::masm::Branch;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{Bits, Cond, FloatCond, Mem, Rhs, Size, W};
use crate::reg::{Fpr, Gpr};
use crate::x64::raw::Cc;

impl Branch for X64 {
    fn jump(&mut self, target: Label) {
        self.jmp(target);
    }

    fn jump_reg(&mut self, to: Gpr) {
        let to = r(to);
        dynasm!(self.buf ; .arch x64 ; jmp Rq(to));
    }

    fn branch(&mut self, cond: Cond, w: W, a: Gpr, b: impl Into<Rhs>, target: Label) {
        self.cmp(w, a, b.into());
        self.jcc(cond.into(), target);
    }

    fn branch_mem(&mut self, cond: Cond, w: W, a: Gpr, mem: Mem, target: Label) {
        self.cmp_reg_mem(w, r(a), mem);
        self.jcc(cond.into(), target);
    }

    fn branch_mem_imm(&mut self, cond: Cond, size: Size, mem: Mem, value: i64, target: Label) {
        self.cmp_mem_imm(size, mem, value);
        self.jcc(cond.into(), target);
    }

    fn branch_mask(&mut self, bits: Bits, w: W, a: Gpr, mask: impl Into<Rhs>, target: Label) {
        let a = r(a);
        let mask = mask.into();
        // With a mask of zeros above, the upper half of `a` does not matter,
        // and the constant need not be sign-extended.
        let w = match mask {
            Rhs::Imm(value) if u32::try_from(value).is_ok() => W32,
            _ => w,
        };
        match (w, self.src(w, mask)) {
            (W64, Src::Reg(mask)) => dynasm!(self.buf ; .arch x64 ; test Rq(a), Rq(mask)),
            (W32, Src::Reg(mask)) => dynasm!(self.buf ; .arch x64 ; test Rd(a), Rd(mask)),
            (W64, Src::Imm(mask)) => dynasm!(self.buf ; .arch x64 ; test Rq(a), mask.0),
            (W32, Src::Imm(mask)) => match u8::try_from(mask.0) {
                Ok(mask) => {
                    let mask = mask as i8;
                    dynasm!(self.buf ; .arch x64 ; test Rb(a), BYTE mask);
                }
                Err(_) => dynasm!(self.buf ; .arch x64 ; test Rd(a), mask.0),
            },
        }
        self.jcc(bits.into(), target);
    }

    fn branch_mem_mask(&mut self, bits: Bits, mem: Mem, mask: u8, target: Label) {
        self.test_mem_imm(mem, mask);
        self.jcc(bits.into(), target);
    }

    fn branch_wide_mask(&mut self, bits: Bits, a: Gpr, _mask: u64, at: Mem, target: Label) {
        self.test_mem_reg(at, r(a));
        self.jcc(bits.into(), target);
    }

    fn branch_bit(&mut self, bits: Bits, a: Gpr, bit: u32, target: Label) {
        assert!(bit < 64, "bit {bit}");
        if bit < 32 {
            return self.branch_mask(bits, W32, a, 1i64 << bit, target);
        }
        let (a, bit) = (r(a), bit as i8);
        dynasm!(self.buf ; .arch x64 ; bt Rq(a), BYTE bit);
        // The instruction copies the bit to the carry flag.
        let cc = match bits {
            Bits::Set => Cc::BELOW,
            Bits::Clear => Cc::ABOVE_EQ,
        };
        self.jcc(cc, target);
    }

    fn branch_float(&mut self, cond: FloatCond, a: Fpr, b: Fpr, target: Label) {
        match self.compare_floats(cond, a, b) {
            FloatTest::One(cc) => self.jcc(cc, target),
            FloatTest::Equal => {
                self.jcc_over(Cc::UNORDERED, |m| m.jcc(Cc::EQ, target));
            }
            FloatTest::NotEqual => {
                self.jcc(Cc::UNORDERED, target);
                self.jcc(Cc::NE, target);
            }
        }
    }

    fn branch_float_zero(&mut self, a: Fpr, target: Label) {
        // Both zeros are the number whose bits without the sign are 0.
        let a = x(a);
        dynasm!(self.buf ; .arch x64
            ; movq Rq(SCRATCH), Rx(a)
            ; add Rq(SCRATCH), Rq(SCRATCH));
        self.jcc(Cc::EQ, target);
    }

    fn branch_sp_below(&mut self, limit: Mem, target: Label) {
        self.cmp_reg_mem(W64, RSP, limit);
        self.jcc(Cc::BELOW, target);
    }

    fn trap(&mut self) {
        dynasm!(self.buf ; .arch x64 ; ud2);
    }
}
