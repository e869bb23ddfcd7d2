//! Loads, stores and addresses.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::int::Imm32;
use super::raw::Cc;
use super::{R, SCRATCH, X64, base, r, x};
use crate::fixup::FixupKind;
use crate::masm::Memory;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{Alu, Load, Mem, Scale, Size, W};
use crate::reg::{Fpr, Gpr};

/// An address in one of the forms that templates are written for: the offset
/// in one byte or in four.
#[derive(Clone, Copy)]
pub(super) enum Address {
    Base1(R, i8),
    Base4(R, i32),
    Byte1(R, R, i8),
    Byte4(R, R, i32),
    Word1(R, R, i8),
    Word4(R, R, i32),
}

impl Address {
    pub(super) fn new(mem: Mem) -> Address {
        let start = base(mem.base);
        let short = i8::try_from(mem.offset);
        match (mem.index, short) {
            (None, Ok(offset)) => Address::Base1(start, offset),
            (None, Err(_)) => Address::Base4(start, mem.offset),
            (Some((i, Scale::One)), Ok(offset)) => Address::Byte1(start, index(i), offset),
            (Some((i, Scale::One)), Err(_)) => Address::Byte4(start, index(i), mem.offset),
            (Some((i, Scale::Eight)), Ok(offset)) => Address::Word1(start, index(i), offset),
            (Some((i, Scale::Eight)), Err(_)) => Address::Word4(start, index(i), mem.offset),
        }
    }
}

/// An index register. The stack pointer's number would mean "no index".
fn index(reg: Gpr) -> R {
    assert!(reg != crate::reg::SP, "the stack pointer as an index");
    r(reg)
}

/// One instruction with a memory operand, in the form that the address needs:
/// `at!(self, address, [before the operand] [after it])`.
macro_rules! at {
    ($self:ident, $address:expr, [$($pre:tt)*] [$($post:tt)*]) => {
        match $address {
            $crate::x64::memory::Address::Base1(b, d) => {
                dynasm!($self.buf ; .arch x64 ; $($pre)* [BYTE Rq(b) + d] $($post)*)
            }
            $crate::x64::memory::Address::Base4(b, d) => {
                dynasm!($self.buf ; .arch x64 ; $($pre)* [Rq(b) + d] $($post)*)
            }
            $crate::x64::memory::Address::Byte1(b, i, d) => {
                dynasm!($self.buf ; .arch x64 ; $($pre)* [BYTE Rq(b) + Rq(i) + d] $($post)*)
            }
            $crate::x64::memory::Address::Byte4(b, i, d) => {
                dynasm!($self.buf ; .arch x64 ; $($pre)* [Rq(b) + Rq(i) + d] $($post)*)
            }
            $crate::x64::memory::Address::Word1(b, i, d) => {
                dynasm!($self.buf ; .arch x64 ; $($pre)* [BYTE Rq(b) + Rq(i) * 8 + d] $($post)*)
            }
            $crate::x64::memory::Address::Word4(b, i, d) => {
                dynasm!($self.buf ; .arch x64 ; $($pre)* [Rq(b) + Rq(i) * 8 + d] $($post)*)
            }
        }
    };
}
pub(super) use at;

impl X64 {
    /// Flags of `a - [mem]`.
    pub(super) fn cmp_reg_mem(&mut self, w: W, a: R, mem: Mem) {
        let address = Address::new(mem);
        match w {
            W64 => at!(self, address, [cmp Rq(a), QWORD] []),
            W32 => at!(self, address, [cmp Rd(a), DWORD] []),
        }
    }

    /// `dst = [mem]`
    pub(super) fn load_word(&mut self, w: W, dst: R, mem: Mem) {
        let address = Address::new(mem);
        match w {
            W64 => at!(self, address, [mov Rq(dst), QWORD] []),
            W32 => at!(self, address, [mov Rd(dst), DWORD] []),
        }
    }

    /// `dst op= [mem]`
    pub(super) fn alu_from(&mut self, op: Alu, w: W, dst: R, mem: Mem) {
        let address = Address::new(mem);
        match (op, w) {
            (Alu::Add, W64) => at!(self, address, [add Rq(dst), QWORD] []),
            (Alu::Add, W32) => at!(self, address, [add Rd(dst), DWORD] []),
            (Alu::Sub, W64) => at!(self, address, [sub Rq(dst), QWORD] []),
            (Alu::Sub, W32) => at!(self, address, [sub Rd(dst), DWORD] []),
            (Alu::And, W64) => at!(self, address, [and Rq(dst), QWORD] []),
            (Alu::And, W32) => at!(self, address, [and Rd(dst), DWORD] []),
            (Alu::Or, W64) => at!(self, address, [or Rq(dst), QWORD] []),
            (Alu::Or, W32) => at!(self, address, [or Rd(dst), DWORD] []),
            (Alu::Xor, W64) => at!(self, address, [xor Rq(dst), QWORD] []),
            (Alu::Xor, W32) => at!(self, address, [xor Rd(dst), DWORD] []),
        }
    }

    /// Flags of `[mem] - value`, at the given size.
    pub(super) fn test_mem_imm(&mut self, mem: Mem, mask: u8) {
        let (address, mask) = (Address::new(mem), mask as i8);
        at!(self, address, [test BYTE] [, BYTE mask]);
    }

    pub(super) fn test_mem_reg(&mut self, mem: Mem, a: R) {
        let address = Address::new(mem);
        at!(self, address, [test QWORD] [, Rq(a)]);
    }

    pub(super) fn cmp_mem_imm(&mut self, size: Size, mem: Mem, value: i64) {
        let address = Address::new(mem);
        match size {
            Size::B1 => {
                let value = value as i8;
                at!(self, address, [cmp BYTE] [, BYTE value]);
            }
            Size::B2 => {
                let value = value as i16;
                at!(self, address, [cmp WORD] [, WORD value]);
            }
            Size::B4 => {
                let value = value as i32;
                at!(self, address, [cmp DWORD] [, DWORD value]);
            }
            Size::B8 => {
                if let Some(Imm32(value)) = Imm32::new(W64, value) {
                    at!(self, address, [cmp QWORD] [, DWORD value]);
                } else {
                    self.mov_imm(SCRATCH, value);
                    at!(self, address, [cmp QWORD] [, Rq(SCRATCH)]);
                }
            }
        }
    }
}

impl Memory for X64 {
    fn load(&mut self, kind: Load, dst: Gpr, mem: Mem) {
        let (dst, address) = (r(dst), Address::new(mem));
        match kind {
            Load::U8 => at!(self, address, [movzx Rd(dst), BYTE] []),
            Load::I8 => at!(self, address, [movsx Rq(dst), BYTE] []),
            Load::U16 => at!(self, address, [movzx Rd(dst), WORD] []),
            Load::I16 => at!(self, address, [movsx Rq(dst), WORD] []),
            Load::U32 => self.load_word(W32, dst, mem),
            Load::I32 => at!(self, address, [movsxd Rq(dst), DWORD] []),
            Load::W64 => self.load_word(W64, dst, mem),
        }
    }

    fn store(&mut self, size: Size, mem: Mem, src: Gpr) {
        let (src, address) = (r(src), Address::new(mem));
        match size {
            Size::B1 => at!(self, address, [mov BYTE] [, Rb(src)]),
            Size::B2 => at!(self, address, [mov WORD] [, Rw(src)]),
            Size::B4 => at!(self, address, [mov DWORD] [, Rd(src)]),
            Size::B8 => at!(self, address, [mov QWORD] [, Rq(src)]),
        }
    }

    fn store_imm(&mut self, size: Size, mem: Mem, value: i64) {
        let address = Address::new(mem);
        match size {
            Size::B1 => {
                let value = value as i8;
                at!(self, address, [mov BYTE] [, BYTE value]);
            }
            Size::B2 => {
                let value = value as i16;
                at!(self, address, [mov WORD] [, WORD value]);
            }
            Size::B4 => {
                let value = value as i32;
                at!(self, address, [mov DWORD] [, DWORD value]);
            }
            Size::B8 => {
                if let Some(Imm32(value)) = Imm32::new(W64, value) {
                    at!(self, address, [mov QWORD] [, DWORD value]);
                } else {
                    self.mov_imm(SCRATCH, value);
                    at!(self, address, [mov QWORD] [, Rq(SCRATCH)]);
                }
            }
        }
    }

    fn load_float(&mut self, dst: Fpr, mem: Mem) {
        let (dst, address) = (x(dst), Address::new(mem));
        at!(self, address, [movsd Rx(dst), QWORD] []);
    }

    fn store_float(&mut self, mem: Mem, src: Fpr) {
        let (src, address) = (x(src), Address::new(mem));
        at!(self, address, [movsd QWORD] [, Rx(src)]);
    }

    fn lea(&mut self, dst: Gpr, mem: Mem) {
        if mem.index.is_none() && mem.offset == 0 {
            return self.copy(r(dst), base(mem.base));
        }
        let (dst, address) = (r(dst), Address::new(mem));
        at!(self, address, [lea Rq(dst),] []);
    }

    fn lea_label(&mut self, dst: Gpr, label: Label) {
        let R(dst) = r(dst);
        // lea dst, [rip + distance]
        self.buf
            .extend(&[0x48 | dst >> 3 << 2, 0x8d, (dst & 7) << 3 | 5]);
        self.buf.push_u32(0);
        self.buf.fix_up(FixupKind::X64Rel32, label);
    }

    fn add_mem(&mut self, w: W, mem: Mem, value: i32) {
        let address = Address::new(mem);
        match w {
            W64 => at!(self, address, [add QWORD] [, DWORD value]),
            W32 => at!(self, address, [add DWORD] [, DWORD value]),
        }
    }

    fn add_mem_branch_negative(&mut self, w: W, mem: Mem, value: i32, target: Label) {
        self.add_mem(w, mem, value);
        self.jcc(Cc::NEGATIVE, target);
    }
}
