//! Integer arithmetic.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::imm::{BitMask, SumImm};
use super::raw::Cc;
use super::{A64, ADDRESS, R, VALUE, r};
use crate::masm::Int;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{Alu, Cond, Load, Mem, Rhs, Shift, W};
use crate::reg::Gpr;

/// An instruction on three registers in both widths.
macro_rules! three {
    ($self:ident, $op:tt, $w:expr, $dst:expr, $a:expr, $b:expr) => {{
        let (dst, a, b): (R, R, R) = ($dst, $a, $b);
        match $w {
            W64 => dynasm!($self.buf ; .arch aarch64 ; $op X(dst), X(a), X(b)),
            W32 => dynasm!($self.buf ; .arch aarch64 ; $op W(dst), W(a), W(b)),
        }
    }};
}

/// A sum or difference with a constant in both widths.
macro_rules! with_imm12 {
    ($self:ident, $op:tt, $w:expr, $dst:expr, $a:expr, $imm:expr) => {{
        let (dst, a): (R, R) = ($dst, $a);
        let bits = $imm.bits();
        match ($w, $imm.is_shifted()) {
            (W64, false) => dynasm!($self.buf ; .arch aarch64 ; $op XSP(dst), XSP(a), bits),
            (W64, true) => dynasm!($self.buf ; .arch aarch64 ; $op XSP(dst), XSP(a), bits, LSL 12),
            (W32, false) => dynasm!($self.buf ; .arch aarch64 ; $op WSP(dst), WSP(a), bits),
            (W32, true) => dynasm!($self.buf ; .arch aarch64 ; $op WSP(dst), WSP(a), bits, LSL 12),
        }
    }};
}

/// The same with flags, where the destination cannot be the stack pointer.
macro_rules! with_imm12_flags {
    ($self:ident, $op:tt, $w:expr, $dst:expr, $a:expr, $imm:expr) => {{
        let (dst, a): (R, R) = ($dst, $a);
        let bits = $imm.bits();
        match ($w, $imm.is_shifted()) {
            (W64, false) => dynasm!($self.buf ; .arch aarch64 ; $op X(dst), XSP(a), bits),
            (W64, true) => dynasm!($self.buf ; .arch aarch64 ; $op X(dst), XSP(a), bits, LSL 12),
            (W32, false) => dynasm!($self.buf ; .arch aarch64 ; $op W(dst), WSP(a), bits),
            (W32, true) => dynasm!($self.buf ; .arch aarch64 ; $op W(dst), WSP(a), bits, LSL 12),
        }
    }};
}

/// A comparison with a constant in both widths.
macro_rules! compare_imm12 {
    ($self:ident, $op:tt, $w:expr, $a:expr, $imm:expr) => {{
        let a: R = $a;
        let bits = $imm.bits();
        match ($w, $imm.is_shifted()) {
            (W64, false) => dynasm!($self.buf ; .arch aarch64 ; $op XSP(a), bits),
            (W64, true) => dynasm!($self.buf ; .arch aarch64 ; $op XSP(a), bits, LSL 12),
            (W32, false) => dynasm!($self.buf ; .arch aarch64 ; $op WSP(a), bits),
            (W32, true) => dynasm!($self.buf ; .arch aarch64 ; $op WSP(a), bits, LSL 12),
        }
    }};
}

/// A bitwise operation with a mask in both widths.
macro_rules! with_mask {
    ($self:ident, $op:tt, $w:expr, $dst:expr, $a:expr, $mask:expr) => {{
        let (dst, a): (R, R) = ($dst, $a);
        let (wide, narrow) = ($mask.get64(), $mask.get32());
        match $w {
            W64 => dynasm!($self.buf ; .arch aarch64 ; $op XSP(dst), X(a), wide),
            W32 => dynasm!($self.buf ; .arch aarch64 ; $op WSP(dst), W(a), narrow),
        }
    }};
}

/// A shift by a constant in both widths.
macro_rules! shift_imm {
    ($self:ident, $op:tt, $w:expr, $dst:expr, $a:expr, $count:expr) => {{
        let (dst, a): (R, R) = ($dst, $a);
        let count: u32 = $count;
        match $w {
            W64 => dynasm!($self.buf ; .arch aarch64 ; $op X(dst), X(a), count),
            W32 => dynasm!($self.buf ; .arch aarch64 ; $op W(dst), W(a), count),
        }
    }};
}

impl A64 {
    /// `dst = value`, in as few instructions as there are.
    pub(super) fn mov_imm(&mut self, dst: R, value: i64) {
        let chunks = |value: u64| {
            (0..4)
                .map(move |i| (i, (value >> (16 * i)) as u32 & 0xffff))
                .filter(|&(_, chunk)| chunk != 0)
        };
        let (zeros, ones) = (chunks(value as u64), chunks(!value as u64));
        let (few, inverted) = if ones.clone().count() < zeros.clone().count() {
            (ones.count(), true)
        } else {
            (zeros.count(), false)
        };
        if few > 1
            && let Some(mask) = BitMask::new(W64, value)
        {
            let (dst, mask) = (dst, mask.get64());
            dynasm!(self.buf ; .arch aarch64 ; orr XSP(dst), xzr, mask);
            return;
        }
        // The first instruction fills the other chunks with zeros or ones.
        let fill = if inverted { 0xffff } else { 0 };
        let mut first = true;
        for i in 0..4 {
            let chunk = (value as u64 >> (16 * i)) as u32 & 0xffff;
            if chunk == fill {
                continue;
            }
            match (first, inverted) {
                (true, false) => self.movz(dst, chunk, i),
                (true, true) => self.movn(dst, !chunk & 0xffff, i),
                (false, _) => self.movk(dst, chunk, i),
            }
            first = false;
        }
        if first && inverted {
            self.movn(dst, 0, 0);
        } else if first {
            self.movz(dst, 0, 0);
        }
    }

    fn movz(&mut self, dst: R, chunk: u32, index: u32) {
        let shift = index * 16;
        dynasm!(self.buf ; .arch aarch64 ; movz X(dst), chunk, LSL shift);
    }

    fn movn(&mut self, dst: R, chunk: u32, index: u32) {
        let shift = index * 16;
        dynasm!(self.buf ; .arch aarch64 ; movn X(dst), chunk, LSL shift);
    }

    fn movk(&mut self, dst: R, chunk: u32, index: u32) {
        let shift = index * 16;
        dynasm!(self.buf ; .arch aarch64 ; movk X(dst), chunk, LSL shift);
    }

    /// A second operand in a register: constants go to a scratch register.
    pub(super) fn reg(&mut self, w: W, b: Rhs) -> R {
        match b {
            Rhs::Reg(b) => r(b),
            Rhs::Imm(value) => {
                let value = match w {
                    W64 => value,
                    W32 => i64::from(value as i32),
                };
                self.mov_imm(VALUE, value);
                VALUE
            }
        }
    }

    /// `dst = a + imm`; both registers may be the stack pointer.
    pub(super) fn add_imm(&mut self, w: W, dst: R, a: R, imm: SumImm) {
        match imm {
            SumImm::Plus(imm) => with_imm12!(self, add, w, dst, a, imm),
            SumImm::Minus(imm) => with_imm12!(self, sub, w, dst, a, imm),
        }
    }

    /// `dst = a + imm` with flags.
    pub(super) fn adds_imm(&mut self, w: W, dst: R, a: R, imm: SumImm) {
        match imm {
            SumImm::Plus(imm) => with_imm12_flags!(self, adds, w, dst, a, imm),
            SumImm::Minus(imm) => with_imm12_flags!(self, subs, w, dst, a, imm),
        }
    }

    /// Flags of `a - b`.
    pub(super) fn cmp(&mut self, w: W, a: R, b: Rhs) {
        if let Rhs::Imm(value) = b
            && let Some(imm) = SumImm::new(w, value)
        {
            return match imm {
                SumImm::Plus(imm) => compare_imm12!(self, cmp, w, a, imm),
                SumImm::Minus(imm) => compare_imm12!(self, cmn, w, a, imm),
            };
        }
        let b = self.reg(w, b);
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64 ; cmp X(a), X(b)),
            W32 => dynasm!(self.buf ; .arch aarch64 ; cmp W(a), W(b)),
        }
    }

    /// Flags of an operand from memory compared with a constant.
    pub(super) fn cmp_value(&mut self, w: W, value: i64) {
        if SumImm::new(w, value).is_some() {
            return self.cmp(w, VALUE, Rhs::Imm(value));
        }
        self.mov_imm(ADDRESS, value);
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64 ; cmp X(VALUE), X(ADDRESS)),
            W32 => dynasm!(self.buf ; .arch aarch64 ; cmp W(VALUE), W(ADDRESS)),
        }
    }

    /// Flags of `a & mask`.
    pub(super) fn tst(&mut self, w: W, a: R, mask: Rhs) {
        if let Rhs::Imm(value) = mask
            && let Some(mask) = BitMask::new(w, value)
        {
            let (wide, narrow) = (mask.get64(), mask.get32());
            match w {
                W64 => dynasm!(self.buf ; .arch aarch64 ; tst X(a), wide),
                W32 => dynasm!(self.buf ; .arch aarch64 ; tst W(a), narrow),
            }
            return;
        }
        let mask = self.reg(w, mask);
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64 ; tst X(a), X(mask)),
            W32 => dynasm!(self.buf ; .arch aarch64 ; tst W(a), W(mask)),
        }
    }

    fn alu_regs(&mut self, op: Alu, w: W, dst: R, a: R, b: R) {
        match op {
            Alu::Add => three!(self, add, w, dst, a, b),
            Alu::Sub => three!(self, sub, w, dst, a, b),
            Alu::And => three!(self, and, w, dst, a, b),
            Alu::Or => three!(self, orr, w, dst, a, b),
            Alu::Xor => three!(self, eor, w, dst, a, b),
        }
    }
}

impl Int for A64 {
    fn mov(&mut self, w: W, dst: Gpr, src: impl Into<Rhs>) {
        let dst = r(dst);
        match (w, src.into()) {
            (W64, Rhs::Reg(src)) => {
                let src = r(src);
                if dst != src {
                    dynasm!(self.buf ; .arch aarch64 ; mov X(dst), X(src));
                }
            }
            (W32, Rhs::Reg(src)) => {
                let src = r(src);
                dynasm!(self.buf ; .arch aarch64 ; mov W(dst), W(src));
            }
            (W64, Rhs::Imm(value)) => self.mov_imm(dst, value),
            (W32, Rhs::Imm(value)) => self.mov_imm(dst, i64::from(value as u32)),
        }
    }

    fn mov_address(&mut self, dst: Gpr, address: u64) {
        debug_assert!(address < 1 << 48);
        let start = self.buf.offset().0;
        let chunk = |i: u32| (address >> (16 * i)) as u32 & 0xffff;
        self.movz(r(dst), chunk(0), 0);
        self.movk(r(dst), chunk(1), 1);
        self.movk(r(dst), chunk(2), 2);
        self.buf.address(start, address);
    }

    fn alu(&mut self, op: Alu, w: W, dst: Gpr, a: Gpr, b: Rhs) {
        let (dst, a) = (r(dst), r(a));
        if let Rhs::Imm(value) = b {
            match op {
                Alu::Add | Alu::Sub => {
                    if let Some(imm) = SumImm::new(w, value) {
                        let imm = if op == Alu::Add { imm } else { imm.negate() };
                        return self.add_imm(w, dst, a, imm);
                    }
                }
                Alu::And | Alu::Or | Alu::Xor => {
                    if let Some(mask) = BitMask::new(w, value) {
                        return match op {
                            Alu::And => with_mask!(self, and, w, dst, a, mask),
                            Alu::Or => with_mask!(self, orr, w, dst, a, mask),
                            _ => with_mask!(self, eor, w, dst, a, mask),
                        };
                    }
                }
            }
        }
        let b = self.reg(w, b);
        self.alu_regs(op, w, dst, a, b);
    }

    fn alu_mem(&mut self, op: Alu, w: W, dst: Gpr, a: Gpr, mem: Mem) {
        let kind = match w {
            W64 => Load::W64,
            W32 => Load::U32,
        };
        self.load_to(kind, VALUE, mem);
        self.alu_regs(op, w, r(dst), r(a), VALUE);
    }

    fn mul(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>) {
        let b = self.reg(w, b.into());
        three!(self, mul, w, r(dst), r(a), b);
    }

    fn add_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label) {
        let (dst, a, b) = (r(dst), r(a), b.into());
        if let Rhs::Imm(value) = b
            && let Some(imm) = SumImm::new(w, value)
        {
            self.adds_imm(w, dst, a, imm);
        } else {
            let b = self.reg(w, b);
            three!(self, adds, w, dst, a, b);
        }
        self.b_cond(Cc::OVERFLOW, overflow);
    }

    fn sub_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label) {
        let (dst, a, b) = (r(dst), r(a), b.into());
        if let Rhs::Imm(value) = b
            && let Some(imm) = SumImm::new(w, value)
        {
            self.adds_imm(w, dst, a, imm.negate());
        } else {
            let b = self.reg(w, b);
            three!(self, subs, w, dst, a, b);
        }
        self.b_cond(Cc::OVERFLOW, overflow);
    }

    fn mul_checked(&mut self, w: W, dst: Gpr, a: Gpr, b: impl Into<Rhs>, overflow: Label) {
        let (dst, a, b) = (r(dst), r(a), self.reg(w, b.into()));
        // The product fits if its upper half is only copies of the sign.
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64
                ; smulh X(ADDRESS), X(a), X(b)
                ; mul X(dst), X(a), X(b)
                ; cmp X(ADDRESS), X(dst), ASR 63),
            W32 => dynasm!(self.buf ; .arch aarch64
                ; smull X(ADDRESS), W(a), W(b)
                ; mov W(dst), W(ADDRESS)
                ; cmp XSP(ADDRESS), W(dst), SXTW),
        }
        self.b_cond(Cc::NE, overflow);
    }

    fn mul_high(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        let (dst, a, b) = (r(dst), r(a), r(b));
        dynasm!(self.buf ; .arch aarch64 ; smulh X(dst), X(a), X(b));
    }

    fn div(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        three!(self, sdiv, W64, r(dst), r(a), r(b));
    }

    fn rem(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        let (dst, a, b) = (r(dst), r(a), r(b));
        dynasm!(self.buf ; .arch aarch64
            ; sdiv X(ADDRESS), X(a), X(b)
            ; msub X(dst), X(ADDRESS), X(b), X(a));
    }

    fn div_unsigned(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        three!(self, udiv, W64, r(dst), r(a), r(b));
    }

    fn rem_unsigned(&mut self, dst: Gpr, a: Gpr, b: Gpr) {
        let (dst, a, b) = (r(dst), r(a), r(b));
        dynasm!(self.buf ; .arch aarch64
            ; udiv X(ADDRESS), X(a), X(b)
            ; msub X(dst), X(ADDRESS), X(b), X(a));
    }

    fn shift(&mut self, op: Shift, w: W, dst: Gpr, a: Gpr, count: Rhs) {
        let (dst, a) = (r(dst), r(a));
        match count {
            Rhs::Imm(count) => {
                let count = count as u32 & if w == W64 { 63 } else { 31 };
                match op {
                    Shift::Shl => shift_imm!(self, lsl, w, dst, a, count),
                    Shift::Shr => shift_imm!(self, lsr, w, dst, a, count),
                    Shift::Sar => shift_imm!(self, asr, w, dst, a, count),
                }
            }
            Rhs::Reg(count) => match op {
                Shift::Shl => three!(self, lsl, w, dst, a, r(count)),
                Shift::Shr => three!(self, lsr, w, dst, a, r(count)),
                Shift::Sar => three!(self, asr, w, dst, a, r(count)),
            },
        }
    }

    fn neg(&mut self, w: W, dst: Gpr, src: Gpr) {
        let (dst, src) = (r(dst), r(src));
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64 ; neg X(dst), X(src)),
            W32 => dynasm!(self.buf ; .arch aarch64 ; neg W(dst), W(src)),
        }
    }

    fn not(&mut self, w: W, dst: Gpr, src: Gpr) {
        let (dst, src) = (r(dst), r(src));
        match w {
            W64 => dynasm!(self.buf ; .arch aarch64 ; mvn X(dst), X(src)),
            W32 => dynasm!(self.buf ; .arch aarch64 ; mvn W(dst), W(src)),
        }
    }

    fn extend(&mut self, kind: Load, dst: Gpr, src: Gpr) {
        let (dst, src) = (r(dst), r(src));
        match kind {
            Load::U8 => dynasm!(self.buf ; .arch aarch64 ; uxtb W(dst), W(src)),
            Load::I8 => dynasm!(self.buf ; .arch aarch64 ; sxtb X(dst), W(src)),
            Load::U16 => dynasm!(self.buf ; .arch aarch64 ; uxth W(dst), W(src)),
            Load::I16 => dynasm!(self.buf ; .arch aarch64 ; sxth X(dst), W(src)),
            Load::U32 => dynasm!(self.buf ; .arch aarch64 ; mov W(dst), W(src)),
            Load::I32 => dynasm!(self.buf ; .arch aarch64 ; sxtw X(dst), W(src)),
            Load::W64 if dst == src => {}
            Load::W64 => dynasm!(self.buf ; .arch aarch64 ; mov X(dst), X(src)),
        }
    }

    fn set(&mut self, dst: Gpr, cond: Cond, w: W, a: Gpr, b: impl Into<Rhs>) {
        self.cmp(w, r(a), b.into());
        self.cset(cond.into(), r(dst));
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
        self.cmp(w, r(a), b.into());
        self.csel(cond.into(), r(dst), r(choices.0), r(choices.1));
    }
}
