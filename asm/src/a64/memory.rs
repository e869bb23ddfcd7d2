//! Loads, stores and addresses.

use dynasm::dynasm;
use dynasmrt::DynasmApi;

use super::imm::{Scaled, SumImm, Unscaled};
use super::raw::Cc;
use super::{A64, ADDRESS, R, VALUE, ZERO, base, r, v};
use crate::masm::Memory;
use crate::note::Label;
use crate::operand::W::{W32, W64};
use crate::operand::{Load, Mem, Scale, Size, W};
use crate::reg::{Fpr, Gpr};

/// An address that one instruction can take.
#[derive(Clone, Copy)]
enum Address {
    Scaled(R, Scaled),
    Unscaled(R, Unscaled),
    /// Base and index.
    Index(R, R),
    /// Base and index times eight, for accesses of eight bytes.
    Index8(R, R),
}

/// One load or store in the form that the address needs, given its mnemonics
/// for scaled and unscaled offsets and its register.
macro_rules! access {
    ($self:ident, $address:expr, $scaled:tt, $unscaled:tt, $($reg:tt)+) => {
        match $address {
            Address::Scaled(b, offset) => {
                let offset = offset.get();
                dynasm!($self.buf ; .arch aarch64 ; $scaled $($reg)+, [XSP(b), offset])
            }
            Address::Unscaled(b, offset) => {
                let offset = offset.get();
                dynasm!($self.buf ; .arch aarch64 ; $unscaled $($reg)+, [XSP(b), offset])
            }
            Address::Index(b, i) => {
                dynasm!($self.buf ; .arch aarch64 ; $scaled $($reg)+, [XSP(b), X(i)])
            }
            Address::Index8(..) => unreachable!("only eight bytes are indexed by eight"),
        }
    };
}

/// The same for eight bytes, the only size that an index times eight exists
/// for.
macro_rules! access8 {
    ($self:ident, $address:expr, $scaled:tt, $unscaled:tt, $($reg:tt)+) => {
        match $address {
            Address::Index8(b, i) => {
                dynasm!($self.buf ; .arch aarch64 ; $scaled $($reg)+, [XSP(b), X(i), LSL 3])
            }
            address => access!($self, address, $scaled, $unscaled, $($reg)+),
        }
    };
}

impl A64 {
    /// The address in a form for accesses of a size. Uses only the scratch
    /// register for addresses.
    fn address(&mut self, size: Size, mem: Mem) -> Address {
        let start = base(mem.base);
        let Some((index, scale)) = mem.index else {
            return self.near(size, start, mem.offset).unwrap_or_else(|| {
                self.mov_imm(ADDRESS, mem.offset.into());
                Address::Index(start, ADDRESS)
            });
        };
        let index = r(index);
        match (scale, mem.offset, size) {
            (Scale::One, 0, _) => Address::Index(start, index),
            (Scale::Eight, 0, Size::B8) => Address::Index8(start, index),
            _ => {
                if let Some(near) = self.near(size, ADDRESS, mem.offset) {
                    self.add_index(ADDRESS, start, index, scale);
                    near
                } else {
                    self.mov_imm(ADDRESS, mem.offset.into());
                    self.add_index(ADDRESS, ADDRESS, index, scale);
                    Address::Index(start, ADDRESS)
                }
            }
        }
    }

    /// An offset that fits into an access.
    fn near(&self, size: Size, start: R, offset: i32) -> Option<Address> {
        let scaled = Scaled::new(size, offset).map(|offset| Address::Scaled(start, offset));
        scaled.or_else(|| Unscaled::new(offset).map(|offset| Address::Unscaled(start, offset)))
    }

    /// `dst = start + index*scale`; the start may be the stack pointer.
    fn add_index(&mut self, dst: R, start: R, index: R, scale: Scale) {
        let shift = scale.log2();
        if start == super::STACK {
            dynasm!(self.buf ; .arch aarch64 ; add XSP(dst), XSP(start), X(index), UXTX shift);
        } else {
            dynasm!(self.buf ; .arch aarch64 ; add X(dst), X(start), X(index), LSL shift);
        }
    }

    /// `dst = start + offset`; both may be the stack pointer.
    pub(super) fn add_offset(&mut self, dst: R, start: R, offset: i32) {
        if let Some(imm) = SumImm::new(W64, offset.into()) {
            self.add_imm(W64, dst, start, imm);
        } else {
            self.mov_imm(ADDRESS, offset.into());
            dynasm!(self.buf ; .arch aarch64 ; add XSP(dst), XSP(start), X(ADDRESS), UXTX 0);
        }
    }

    /// `dst` = what is at `mem`.
    pub(super) fn load_to(&mut self, kind: Load, dst: R, mem: Mem) {
        let at = self.address(kind.size(), mem);
        match kind {
            Load::U8 => access!(self, at, ldrb, ldurb, W(dst)),
            Load::I8 => access!(self, at, ldrsb, ldursb, X(dst)),
            Load::U16 => access!(self, at, ldrh, ldurh, W(dst)),
            Load::I16 => access!(self, at, ldrsh, ldursh, X(dst)),
            Load::U32 => access!(self, at, ldr, ldur, W(dst)),
            Load::I32 => access!(self, at, ldrsw, ldursw, X(dst)),
            Load::W64 => access8!(self, at, ldr, ldur, X(dst)),
        }
    }

    fn store_from(&mut self, size: Size, mem: Mem, src: R) {
        let at = self.address(size, mem);
        match size {
            Size::B1 => access!(self, at, strb, sturb, W(src)),
            Size::B2 => access!(self, at, strh, sturh, W(src)),
            Size::B4 => access!(self, at, str, stur, W(src)),
            Size::B8 => access8!(self, at, str, stur, X(src)),
        }
    }

    /// Adds to memory; the flags are those of the sum.
    fn add_to_mem(&mut self, w: W, mem: Mem, value: i32) {
        let (size, kind) = match w {
            W64 => (Size::B8, Load::W64),
            W32 => (Size::B4, Load::U32),
        };
        let Some(imm) = SumImm::new(w, value.into()) else {
            // The sum needs both scratch registers, so the store makes its
            // address once more; nothing on the way there changes flags.
            self.load_to(kind, VALUE, mem);
            self.mov_imm(ADDRESS, value.into());
            match w {
                W64 => dynasm!(self.buf ; .arch aarch64 ; adds X(VALUE), X(VALUE), X(ADDRESS)),
                W32 => dynasm!(self.buf ; .arch aarch64 ; adds W(VALUE), W(VALUE), W(ADDRESS)),
            }
            return self.store_from(size, mem, VALUE);
        };
        self.load_to(kind, VALUE, mem);
        self.adds_imm(w, VALUE, VALUE, imm);
        self.store_from(size, mem, VALUE);
    }
}

impl Memory for A64 {
    fn load(&mut self, kind: Load, dst: Gpr, mem: Mem) {
        self.load_to(kind, r(dst), mem);
    }

    fn store(&mut self, size: Size, mem: Mem, src: Gpr) {
        self.store_from(size, mem, r(src));
    }

    fn store_imm(&mut self, size: Size, mem: Mem, value: i64) {
        let value = size.extend(value, true);
        let src = if value == 0 {
            ZERO
        } else {
            self.mov_imm(VALUE, value);
            VALUE
        };
        self.store_from(size, mem, src);
    }

    fn load_float(&mut self, dst: Fpr, mem: Mem) {
        let (dst, at) = (v(dst), self.address(Size::B8, mem));
        access8!(self, at, ldr, ldur, D(dst));
    }

    fn store_float(&mut self, mem: Mem, src: Fpr) {
        let (src, at) = (v(src), self.address(Size::B8, mem));
        access8!(self, at, str, stur, D(src));
    }

    fn lea(&mut self, dst: Gpr, mem: Mem) {
        let (dst, start) = (r(dst), base(mem.base));
        match mem.index {
            None => self.add_offset(dst, start, mem.offset),
            Some((index, scale)) => {
                let index = r(index);
                if mem.offset == 0 {
                    self.add_index(dst, start, index, scale);
                } else {
                    // By way of the scratch register that the offset does not
                    // use: the destination may be the index or base.
                    self.add_index(VALUE, start, index, scale);
                    self.add_offset(dst, VALUE, mem.offset);
                }
            }
        }
    }

    fn lea_label(&mut self, dst: Gpr, label: Label) {
        self.adr(r(dst), label);
    }

    fn add_mem(&mut self, w: W, mem: Mem, value: i32) {
        self.add_to_mem(w, mem, value);
    }

    fn add_mem_branch_negative(&mut self, w: W, mem: Mem, value: i32, target: Label) {
        self.add_to_mem(w, mem, value);
        self.b_cond(Cc::NEGATIVE, target);
    }
}
