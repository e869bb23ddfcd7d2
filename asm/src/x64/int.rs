//! Integer arithmetic.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::raw::Cc;
use super::{R, RAX, RCX, RDX, SCRATCH, X64, r};
use crate::masm::Int;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{Alu, Cond, Load, Mem, Rhs, Shift, W};
use crate::reg::Gpr;

/// A constant that an instruction of the given width can hold: four bytes,
/// sign-extended.
#[derive(Clone, Copy)]
pub(super) struct Imm32(pub(super) i32);

impl Imm32 {
    pub(super) fn new(w: W, value: i64) -> Option<Imm32> {
        match w {
            W32 => Some(Imm32(value as i32)),
            W64 => i32::try_from(value).ok().map(Imm32),
        }
    }

    /// The same constant, if one byte is enough.
    pub(super) fn byte(self) -> Option<i8> {
        i8::try_from(self.0).ok()
    }
}

/// An operation `dst op= operand` with a register or constant, whose forms
/// differ only in the mnemonic.
macro_rules! two_operand {
    ($self:ident, $op:tt, $w:expr, $dst:expr, $b:expr) => {{
        let dst: R = $dst;
        match ($w, $b) {
            (W64, Src::Reg(b)) => dynasm!($self.buf ; .arch x64 ; $op Rq(dst), Rq(b)),
            (W32, Src::Reg(b)) => dynasm!($self.buf ; .arch x64 ; $op Rd(dst), Rd(b)),
            (w, Src::Imm(imm)) => match (w, imm.byte()) {
                (W64, Some(k)) => dynasm!($self.buf ; .arch x64 ; $op Rq(dst), BYTE k),
                (W32, Some(k)) => dynasm!($self.buf ; .arch x64 ; $op Rd(dst), BYTE k),
                (W64, None) => dynasm!($self.buf ; .arch x64 ; $op Rq(dst), imm.0),
                (W32, None) => dynasm!($self.buf ; .arch x64 ; $op Rd(dst), imm.0),
            },
        }
    }};
}

/// A second operand that can be encoded.
#[derive(Clone, Copy)]
pub(super) enum Src {
    Reg(R),
    Imm(Imm32),
}

impl X64 {
    /// `dst = value`. Leaves the flags undefined.
    pub(super) fn mov_imm(&mut self, dst: R, value: i64) {
        if value == 0 {
            dynasm!(self.buf ; .arch x64 ; xor Rd(dst), Rd(dst));
        } else if let Ok(value) = u32::try_from(value) {
            dynasm!(self.buf ; .arch x64 ; mov Rd(dst), value as i32);
        } else if let Ok(value) = i32::try_from(value) {
            dynasm!(self.buf ; .arch x64 ; mov Rq(dst), value);
        } else {
            dynasm!(self.buf ; .arch x64 ; mov Rq(dst), QWORD value);
        }
    }

    /// `dst = src`, nothing if they are the same. Keeps the flags.
    pub(super) fn copy(&mut self, dst: R, src: R) {
        if dst != src {
            dynasm!(self.buf ; .arch x64 ; mov Rq(dst), Rq(src));
        }
    }

    /// The operand, with a constant that is too wide in the scratch register.
    pub(super) fn src(&mut self, w: W, b: Rhs) -> Src {
        match b {
            Rhs::Reg(b) => Src::Reg(r(b)),
            Rhs::Imm(value) => match Imm32::new(w, value) {
                Some(imm) => Src::Imm(imm),
                None => {
                    self.mov_imm(SCRATCH, value);
                    Src::Reg(SCRATCH)
                }
            },
        }
    }

    /// `dst op= b`
    fn alu_into(&mut self, op: Alu, w: W, dst: R, b: Src) {
        match op {
            Alu::Add => two_operand!(self, add, w, dst, b),
            Alu::Sub => two_operand!(self, sub, w, dst, b),
            Alu::And => two_operand!(self, and, w, dst, b),
            Alu::Or => two_operand!(self, or, w, dst, b),
            Alu::Xor => two_operand!(self, xor, w, dst, b),
        }
    }

    /// `dst = a + b` without flags.
    fn lea_sum(&mut self, w: W, dst: R, a: R, b: Src) {
        match (w, b) {
            (W64, Src::Reg(b)) => dynasm!(self.buf ; .arch x64 ; lea Rq(dst), [Rq(a) + Rq(b)]),
            (W32, Src::Reg(b)) => dynasm!(self.buf ; .arch x64 ; lea Rd(dst), [Rq(a) + Rq(b)]),
            (w, Src::Imm(imm)) => match (w, imm.byte()) {
                (W64, Some(k)) => dynasm!(self.buf ; .arch x64 ; lea Rq(dst), [BYTE Rq(a) + k]),
                (W32, Some(k)) => dynasm!(self.buf ; .arch x64 ; lea Rd(dst), [BYTE Rq(a) + k]),
                (W64, None) => {
                    dynasm!(self.buf ; .arch x64 ; lea Rq(dst), [Rq(a) + imm.0]);
                }
                (W32, None) => {
                    dynasm!(self.buf ; .arch x64 ; lea Rd(dst), [Rq(a) + imm.0]);
                }
            },
        }
    }

    /// `dst = a op b`, the flags those of the operation.
    fn alu_flags(&mut self, op: Alu, w: W, dst: R, a: R, b: Rhs) {
        let mut b = self.src(w, b);
        if let Src::Reg(second) = b
            && second == dst
            && dst != a
        {
            // The copy of `a` would overwrite `b`.
            if op == Alu::Sub {
                self.copy(SCRATCH, second);
                b = Src::Reg(SCRATCH);
                self.copy(dst, a);
            } else {
                b = Src::Reg(a);
            }
        } else {
            self.copy(dst, a);
        }
        self.alu_into(op, w, dst, b);
    }

    fn mul_flags(&mut self, w: W, dst: R, a: R, b: Rhs) {
        match (w, self.src(w, b)) {
            (w, Src::Reg(b)) => {
                let other = if dst == b {
                    a
                } else {
                    self.copy(dst, a);
                    b
                };
                match w {
                    W64 => dynasm!(self.buf ; .arch x64 ; imul Rq(dst), Rq(other)),
                    W32 => dynasm!(self.buf ; .arch x64 ; imul Rd(dst), Rd(other)),
                }
            }
            (w, Src::Imm(imm)) => match (w, imm.byte()) {
                (W64, Some(k)) => dynasm!(self.buf ; .arch x64 ; imul Rq(dst), Rq(a), BYTE k),
                (W32, Some(k)) => dynasm!(self.buf ; .arch x64 ; imul Rd(dst), Rd(a), BYTE k),
                (W64, None) => dynasm!(self.buf ; .arch x64 ; imul Rq(dst), Rq(a), imm.0),
                (W32, None) => dynasm!(self.buf ; .arch x64 ; imul Rd(dst), Rd(a), imm.0),
            },
        }
    }

    /// Flags of `a - b`.
    pub(super) fn cmp(&mut self, w: W, a: Gpr, b: Rhs) {
        let a = r(a);
        match (w, self.src(w, b)) {
            (W64, Src::Reg(b)) => dynasm!(self.buf ; .arch x64 ; cmp Rq(a), Rq(b)),
            (W32, Src::Reg(b)) => dynasm!(self.buf ; .arch x64 ; cmp Rd(a), Rd(b)),
            (w, Src::Imm(imm)) => match (w, imm.byte()) {
                // The same flags in one byte less.
                (W64, Some(0)) => dynasm!(self.buf ; .arch x64 ; test Rq(a), Rq(a)),
                (W32, Some(0)) => dynasm!(self.buf ; .arch x64 ; test Rd(a), Rd(a)),
                (w, Some(k)) => self.cmp_byte(w, a, k),
                (W64, None) => dynasm!(self.buf ; .arch x64 ; cmp Rq(a), imm.0),
                (W32, None) => dynasm!(self.buf ; .arch x64 ; cmp Rd(a), imm.0),
            },
        }
    }

    /// `dst op= count`, for a count that is not zero.
    fn shift_const(&mut self, op: Shift, w: W, dst: R, count: i8) {
        match (op, w) {
            (Shift::Shl, W64) => dynasm!(self.buf ; .arch x64 ; shl Rq(dst), BYTE count),
            (Shift::Shl, W32) => dynasm!(self.buf ; .arch x64 ; shl Rd(dst), BYTE count),
            (Shift::Shr, W64) => dynasm!(self.buf ; .arch x64 ; shr Rq(dst), BYTE count),
            (Shift::Shr, W32) => dynasm!(self.buf ; .arch x64 ; shr Rd(dst), BYTE count),
            (Shift::Sar, W64) => dynasm!(self.buf ; .arch x64 ; sar Rq(dst), BYTE count),
            (Shift::Sar, W32) => dynasm!(self.buf ; .arch x64 ; sar Rd(dst), BYTE count),
        }
    }

    /// `dst op= cl`
    fn shift_cl(&mut self, op: Shift, w: W, dst: R) {
        match (op, w) {
            (Shift::Shl, W64) => dynasm!(self.buf ; .arch x64 ; shl Rq(dst), cl),
            (Shift::Shl, W32) => dynasm!(self.buf ; .arch x64 ; shl Rd(dst), cl),
            (Shift::Shr, W64) => dynasm!(self.buf ; .arch x64 ; shr Rq(dst), cl),
            (Shift::Shr, W32) => dynasm!(self.buf ; .arch x64 ; shr Rd(dst), cl),
            (Shift::Sar, W64) => dynasm!(self.buf ; .arch x64 ; sar Rq(dst), cl),
            (Shift::Sar, W32) => dynasm!(self.buf ; .arch x64 ; sar Rd(dst), cl),
        }
    }

    /// `dst = a op count`: the count must be in `rcx`, whose content is kept
    /// in the scratch register meanwhile.
    fn shift_reg(&mut self, op: Shift, w: W, dst: R, a: R, count: R) {
        if dst == RCX {
            self.copy(SCRATCH, a);
            self.copy(RCX, count);
            self.shift_cl(op, w, SCRATCH);
            self.copy(RCX, SCRATCH);
        } else if count == RCX {
            self.copy(dst, a);
            self.shift_cl(op, w, dst);
        } else {
            self.copy(SCRATCH, RCX);
            self.copy(RCX, count);
            self.copy(dst, if a == RCX { SCRATCH } else { a });
            self.shift_cl(op, w, dst);
            self.copy(RCX, SCRATCH);
        }
    }

    /// `dst` = the quotient (in `rax`) or remainder (in `rdx`), both kept if
    /// they are not the destination.
    fn divide(&mut self, signed: bool, dst: R, a: R, b: R, result: R) {
        let divisor = if b == RAX || b == RDX {
            self.copy(SCRATCH, b);
            SCRATCH
        } else {
            b
        };
        if dst != RAX {
            dynasm!(self.buf ; .arch x64 ; push rax);
        }
        if dst != RDX {
            dynasm!(self.buf ; .arch x64 ; push rdx);
        }
        self.copy(RAX, a);
        if signed {
            dynasm!(self.buf ; .arch x64 ; cqo ; idiv Rq(divisor));
        } else {
            dynasm!(self.buf ; .arch x64 ; xor edx, edx ; div Rq(divisor));
        }
        self.copy(dst, result);
        if dst != RDX {
            dynasm!(self.buf ; .arch x64 ; pop rdx);
        }
        if dst != RAX {
            dynasm!(self.buf ; .arch x64 ; pop rax);
        }
    }
}

impl Int for X64 {
    fn mov(&mut self, w: W, dst: Gpr, src: impl Into<Rhs>) {
        let dst = r(dst);
        match (w, src.into()) {
            (W64, Rhs::Reg(src)) => self.copy(dst, r(src)),
            (W32, Rhs::Reg(src)) => {
                let src = r(src);
                dynasm!(self.buf ; .arch x64 ; mov Rd(dst), Rd(src));
            }
            (W64, Rhs::Imm(value)) => self.mov_imm(dst, value),
            (W32, Rhs::Imm(value)) => self.mov_imm(dst, i64::from(value as u32)),
        }
    }

    fn mov_address(&mut self, dst: Gpr, address: u64) {
        debug_assert!(address < 1 << 48);
        let start = self.buf.offset().0;
        let (dst, value) = (r(dst), address as i64);
        dynasm!(self.buf ; .arch x64 ; mov Rq(dst), QWORD value);
        self.buf.address(start, address);
    }

    fn alu(&mut self, op: Alu, w: W, dst: Gpr, a: Gpr, b: Rhs) {
        let (dst, a) = (r(dst), r(a));
        // A difference with a constant is a sum with the negated one.
        let sum = match (op, b) {
            (Alu::Add, b) => Some(b),
            (Alu::Sub, Rhs::Imm(value)) => Some(Rhs::Imm(value.wrapping_neg())),
            _ => None,
        };
        if let Some(sum) = sum
            && dst != a
            && !matches!(b, Rhs::Reg(b) if r(b) == dst)
        {
            let b = self.src(w, sum);
            self.lea_sum(w, dst, a, b);
        } else {
            self.alu_flags(op, w, dst, a, b);
        }
    }

    fn alu_mem(&mut self, op: Alu, w: W, dst: Gpr, a: Gpr, mem: Mem) {
        let (to, is_part) = (
            r(dst),
            mem.base == dst || mem.index.is_some_and(|(i, _)| i == dst),
        );
        if is_part && dst != a {
            self.load_word(w, SCRATCH, mem);
            self.copy(to, r(a));
            return self.alu_into(op, w, to, Src::Reg(SCRATCH));
        }
        self.copy(to, r(a));
        self.alu_from(op, w, to, mem);
    }

    fn mul(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        self.mul_flags(w, r(dst), r(a), b.into());
    }

    fn add_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label) {
        self.alu_flags(Alu::Add, w, r(dst), r(a), b.into());
        self.jcc(Cc::OVERFLOW, overflow);
    }

    fn sub_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label) {
        self.alu_flags(Alu::Sub, w, r(dst), r(a), b.into());
        self.jcc(Cc::OVERFLOW, overflow);
    }

    fn mul_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label) {
        self.mul_flags(w, r(dst), r(a), b.into());
        self.jcc(Cc::OVERFLOW, overflow);
    }

    fn mul_high(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        let (dst, a, b) = (r(dst), r(a), r(b));
        let (a, b) = if b == RAX { (b, a) } else { (a, b) };
        if dst != RAX {
            dynasm!(self.buf ; .arch x64 ; push rax);
        }
        if dst != RDX {
            self.copy(SCRATCH, RDX);
        }
        self.copy(RAX, a);
        dynasm!(self.buf ; .arch x64 ; imul Rq(b));
        if dst != RDX {
            self.copy(dst, RDX);
            self.copy(RDX, SCRATCH);
        }
        if dst != RAX {
            dynasm!(self.buf ; .arch x64 ; pop rax);
        }
    }

    fn div(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        self.divide(true, r(dst), r(a), r(b), RAX);
    }

    fn rem(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        self.divide(true, r(dst), r(a), r(b), RDX);
    }

    fn div_unsigned(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        self.divide(false, r(dst), r(a), r(b), RAX);
    }

    fn rem_unsigned(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        self.divide(false, r(dst), r(a), r(b), RDX);
    }

    fn shift(&mut self, op: Shift, w: W, dst: Gpr, a: Gpr, count: Rhs) {
        match count {
            Rhs::Reg(count) => self.shift_reg(op, w, r(dst), r(a), r(count)),
            Rhs::Imm(count) => {
                let count = count & if w == W64 { 63 } else { 31 };
                if count == 0 {
                    self.mov(w, dst, a);
                } else {
                    self.copy(r(dst), r(a));
                    self.shift_const(op, w, r(dst), count as i8);
                }
            }
        }
    }

    fn neg(&mut self, w: W, dst: Gpr, src: Gpr) {
        let dst = r(dst);
        self.copy(dst, r(src));
        match w {
            W64 => dynasm!(self.buf ; .arch x64 ; neg Rq(dst)),
            W32 => dynasm!(self.buf ; .arch x64 ; neg Rd(dst)),
        }
    }

    fn not(&mut self, w: W, dst: Gpr, src: Gpr) {
        let dst = r(dst);
        self.copy(dst, r(src));
        match w {
            W64 => dynasm!(self.buf ; .arch x64 ; not Rq(dst)),
            W32 => dynasm!(self.buf ; .arch x64 ; not Rd(dst)),
        }
    }

    fn extend(&mut self, kind: Load, dst: Gpr, src: Gpr) {
        let (dst, src) = (r(dst), r(src));
        match kind {
            Load::U8 => dynasm!(self.buf ; .arch x64 ; movzx Rd(dst), Rb(src)),
            Load::I8 => dynasm!(self.buf ; .arch x64 ; movsx Rq(dst), Rb(src)),
            Load::U16 => dynasm!(self.buf ; .arch x64 ; movzx Rd(dst), Rw(src)),
            Load::I16 => dynasm!(self.buf ; .arch x64 ; movsx Rq(dst), Rw(src)),
            Load::U32 => dynasm!(self.buf ; .arch x64 ; mov Rd(dst), Rd(src)),
            Load::I32 => dynasm!(self.buf ; .arch x64 ; movsxd Rq(dst), Rd(src)),
            Load::W64 => self.copy(dst, src),
        }
    }

    fn set(&mut self, dst: Gpr, cond: Cond, w: W, a: Gpr, b: impl Into<Rhs>) {
        self.cmp(w, a, b.into());
        self.setcc(cond.into(), r(dst));
    }

    fn select(
        &mut self,
        dst: Gpr,
        choices: (Gpr, Gpr),
        cond: Cond,
        w: W,
        a: Gpr,
        b: impl Into<Rhs>,
    ) {
        self.cmp(w, a, b.into());
        let (dst, yes, no) = (r(dst), r(choices.0), r(choices.1));
        let cc = Cc::from(cond);
        if dst == yes {
            self.cmov(cc.negate(), dst, no);
        } else {
            self.copy(dst, no);
            self.cmov(cc, dst, yes);
        }
    }
}
