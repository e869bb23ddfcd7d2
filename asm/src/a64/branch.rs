//! Control flow within a function. Conditional branches reach 1 MiB; a
//! function in which that is not enough fails to finish.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::raw::Cc;
use super::{A64, ADDRESS, STACK, VALUE, r, v};
use crate::masm::Branch;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{Bits, Cond, FloatCond, Load, Mem, Rhs, Size, W};
use crate::reg::{Fpr, Gpr};

impl Branch for A64 {
    fn jump(&mut self, target: Label) {
        self.b(target);
    }

    fn jump_reg(&mut self, to: Gpr) {
        let to = r(to);
        dynasm!(self.buf ; .arch aarch64 ; br X(to));
    }

    fn branch(&mut self, cond: Cond, w: W, a: Gpr, b: impl Into<Rhs>, target: Label) {
        let b = b.into();
        if b == Rhs::Imm(0) && matches!(cond, Cond::Eq | Cond::Ne) {
            return self.cbz(cond == Cond::Ne, w == W64, r(a), target);
        }
        self.cmp(w, r(a), b);
        self.b_cond(cond.into(), target);
    }

    fn branch_mem(&mut self, cond: Cond, w: W, a: Gpr, mem: Mem, target: Label) {
        let a = r(a);
        match w {
            W64 => {
                self.load_to(Load::W64, VALUE, mem);
                dynasm!(self.buf ; .arch aarch64 ; cmp X(a), X(VALUE));
            }
            W32 => {
                self.load_to(Load::U32, VALUE, mem);
                dynasm!(self.buf ; .arch aarch64 ; cmp W(a), W(VALUE));
            }
        }
        self.b_cond(cond.into(), target);
    }

    fn branch_mem_imm(&mut self, cond: Cond, size: Size, mem: Mem, value: i64, target: Label) {
        // Both sides are extended in the way that keeps the order asked for.
        let signed = cond.is_signed();
        let value = size.extend(value, signed);
        let w = if size == Size::B8 { W64 } else { W32 };
        let kind = if size == Size::B4 {
            Load::U32
        } else {
            Load::of(size, signed)
        };
        self.load_to(kind, VALUE, mem);
        if value == 0 && matches!(cond, Cond::Eq | Cond::Ne) {
            return self.cbz(cond == Cond::Ne, w == W64, VALUE, target);
        }
        self.cmp_value(w, value);
        self.b_cond(cond.into(), target);
    }

    fn branch_mask(&mut self, bits: Bits, w: W, a: Gpr, mask: impl Into<Rhs>, target: Label) {
        self.tst(w, r(a), mask.into());
        self.b_cond(bits.into(), target);
    }

    fn branch_mem_mask(&mut self, bits: Bits, mem: Mem, mask: u8, target: Label) {
        // A mask that the instruction cannot hold goes to the other scratch register.
        self.load_to(Load::U8, ADDRESS, mem);
        self.tst(W32, ADDRESS, Rhs::Imm(i64::from(mask)));
        self.b_cond(bits.into(), target);
    }

    fn branch_wide_mask(&mut self, bits: Bits, a: Gpr, mask: u64, _at: Mem, target: Label) {
        self.branch_mask(bits, W64, a, mask as i64, target);
    }

    fn branch_bit(&mut self, bits: Bits, a: Gpr, bit: u32, target: Label) {
        assert!(bit < 64, "bit {bit}");
        // The instruction that does both reaches 32 KiB only, and how far it
        // will be to the target is not known.
        self.branch_mask(bits, W64, a, 1i64 << bit, target);
    }

    fn branch_float(&mut self, cond: FloatCond, a: Fpr, b: Fpr, target: Label) {
        let (a, b) = (v(a), v(b));
        dynasm!(self.buf ; .arch aarch64 ; fcmp D(a), D(b));
        self.b_cond(cond.into(), target);
    }

    fn branch_float_zero(&mut self, a: Fpr, target: Label) {
        let a = v(a);
        dynasm!(self.buf ; .arch aarch64 ; fcmp D(a), 0.0);
        self.b_cond(Cc::EQ, target);
    }

    fn branch_sp_below(&mut self, limit: Mem, target: Label) {
        self.load_to(Load::W64, VALUE, limit);
        dynasm!(self.buf ; .arch aarch64 ; cmp XSP(STACK), X(VALUE), UXTX 0);
        self.b_cond(Cc::LO, target);
    }

    fn trap(&mut self) {
        dynasm!(self.buf ; .arch aarch64 ; brk 0);
    }
}
