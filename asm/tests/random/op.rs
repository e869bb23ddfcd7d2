//! The operations as data: how each is emitted, and what it means.

use ruff_asm::HostMasm;
use ruff_asm::prelude::*;

use crate::machine::State;

/// One operation.
#[derive(Clone, Debug)]
pub enum Op {
    Mov(W, Gpr, Rhs),
    MovAddress(Gpr, u64),
    Alu(Alu, W, Gpr, Gpr, Rhs),
    Mul(W, Gpr, Gpr, Rhs),
    Checked(Checked, W, Gpr, Gpr, Rhs),
    MulHigh(Gpr, Gpr, Gpr),
    Div(Gpr, Gpr, Gpr),
    Rem(Gpr, Gpr, Gpr),
    DivUnsigned(Gpr, Gpr, Gpr),
    RemUnsigned(Gpr, Gpr, Gpr),
    Shift(Shift, W, Gpr, Gpr, Rhs),
    Neg(W, Gpr, Gpr),
    Not(W, Gpr, Gpr),
    Extend(Load, Gpr, Gpr),
    Set(Gpr, Cond, W, Gpr, Rhs),
    Select(Gpr, (Gpr, Gpr), Cond, W, Gpr, Rhs),
    Branch(Cond, W, Gpr, Rhs),
    AluMem(Alu, W, Gpr, Gpr, Place),
    BranchMem(Cond, W, Gpr, Place),
    BranchMemImm(Cond, Size, Place, i64),
    BranchMask(Bits, W, Gpr, Rhs),
    BranchMemMask(Bits, Place, u8),
    BranchWideMask(Bits, Gpr, Place),
    BranchBit(Bits, Gpr, u32),
    Load(Load, Gpr, Place),
    Store(Size, Place, Gpr),
    StoreImm(Size, Place, i64),
    LoadFloat(Fpr, Place),
    StoreFloat(Place, Fpr),
    Lea(Gpr, Place),
    AddMem(W, Place, i32),
    AddMemBranch(W, Place, i32),
    MovFloat(Fpr, Fpr),
    FloatConst(Fpr, u64),
    FromBits(Fpr, Gpr),
    ToBits(Gpr, Fpr),
    AluFloat(FloatAlu, Fpr, Fpr, Fpr),
    Sqrt(Fpr, Fpr),
    NegFloat(Fpr, Fpr),
    AbsFloat(Fpr, Fpr),
    IntToFloat(W, Fpr, Gpr),
    FloatToInt(Gpr, Fpr),
    SetFloat(Gpr, FloatCond, Fpr, Fpr),
    BranchFloat(FloatCond, Fpr, Fpr),
    BranchFloatZero(Fpr),
}

/// A mask that no instruction of x86-64 can hold.
const WIDE_MASK: u64 = 0xffff_0000_0000_0007;

/// Arithmetic that branches on overflow.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Checked {
    Add,
    Sub,
    Mul,
}

/// An address, and which byte of the memory it is to mean: the base register
/// is given the value that makes it so.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub mem: Mem,
    pub target: u64,
}

/// The effects of an operation besides changing the state.
#[derive(Default)]
pub struct Meaning {
    pub taken: bool,
    /// A register of which nothing is promised.
    pub undefined: Option<Gpr>,
    /// A NaN may be any NaN.
    pub any_nan: bool,
}

fn low(w: W, value: u64) -> u64 {
    match w {
        W64 => value,
        W32 => value & 0xffff_ffff,
    }
}

fn signed(w: W, value: u64) -> i128 {
    match w {
        W64 => i128::from(value as i64),
        W32 => i128::from(value as i32),
    }
}

fn bytes(size: Size) -> usize {
    1 << size as usize
}

fn extended(kind: Load, value: u64) -> u64 {
    match kind {
        Load::U8 => u64::from(value as u8),
        Load::I8 => value as i8 as u64,
        Load::U16 => u64::from(value as u16),
        Load::I16 => value as i16 as u64,
        Load::U32 => u64::from(value as u32),
        Load::I32 => value as i32 as u64,
        Load::W64 => value,
    }
}

fn holds<T: PartialOrd>(cond: Cond, signed: (T, T), unsigned: (u64, u64)) -> bool {
    match cond {
        Cond::Eq => signed.0 == signed.1,
        Cond::Ne => signed.0 != signed.1,
        Cond::Lt => signed.0 < signed.1,
        Cond::Le => signed.0 <= signed.1,
        Cond::Gt => signed.0 > signed.1,
        Cond::Ge => signed.0 >= signed.1,
        Cond::Below => unsigned.0 < unsigned.1,
        Cond::BelowEq => unsigned.0 <= unsigned.1,
        Cond::Above => unsigned.0 > unsigned.1,
        Cond::AboveEq => unsigned.0 >= unsigned.1,
    }
}

fn compare(cond: Cond, w: W, a: u64, b: u64) -> bool {
    holds(cond, (signed(w, a), signed(w, b)), (low(w, a), low(w, b)))
}

fn compare_floats(cond: FloatCond, a: f64, b: f64) -> bool {
    match cond {
        FloatCond::Eq => a == b,
        FloatCond::Ne => a != b,
        FloatCond::Lt => a < b,
        FloatCond::Le => a <= b,
        FloatCond::Gt => a > b,
        FloatCond::Ge => a >= b,
        negated => !compare_floats(negated.negate(), a, b),
    }
}

/// The truncated integer, if there is one.
fn truncated(value: f64) -> Option<i64> {
    (value.abs() < 9_223_372_036_854_775_808.0).then_some(value as i64)
}

impl State {
    fn get(&self, reg: Gpr) -> u64 {
        self.gprs[reg.index()]
    }

    fn set(&mut self, reg: Gpr, value: u64) {
        self.gprs[reg.index()] = value;
    }

    fn rhs(&self, rhs: Rhs) -> u64 {
        match rhs {
            Rhs::Reg(reg) => self.get(reg),
            Rhs::Imm(value) => value as u64,
        }
    }

    fn float_at(&self, reg: Fpr) -> f64 {
        f64::from_bits(self.floats[reg.index()])
    }

    fn read(&self, place: Place, size: Size) -> u64 {
        let at = place.target as usize;
        let mut word = [0; 8];
        word[..bytes(size)].copy_from_slice(&self.memory[at..at + bytes(size)]);
        u64::from_le_bytes(word)
    }

    fn write(&mut self, place: Place, size: Size, value: u64) {
        let at = place.target as usize;
        self.memory[at..at + bytes(size)].copy_from_slice(&value.to_le_bytes()[..bytes(size)]);
    }

    /// A set flag as the number that code makes of it.
    fn set_bool(&mut self, reg: Gpr, value: bool) {
        self.set(reg, value.into());
    }
}

fn alu(op: Alu, a: u64, b: u64) -> u64 {
    match op {
        Alu::Add => a.wrapping_add(b),
        Alu::Sub => a.wrapping_sub(b),
        Alu::And => a & b,
        Alu::Or => a | b,
        Alu::Xor => a ^ b,
    }
}

impl Op {
    fn place(&self) -> Option<Place> {
        match *self {
            Op::AluMem(_, _, _, _, place)
            | Op::BranchMem(_, _, _, place)
            | Op::BranchMemImm(_, _, place, _)
            | Op::BranchMemMask(_, place, _)
            | Op::BranchWideMask(_, _, place)
            | Op::Load(_, _, place)
            | Op::Store(_, place, _)
            | Op::StoreImm(_, place, _)
            | Op::LoadFloat(_, place)
            | Op::StoreFloat(place, _)
            | Op::Lea(_, place)
            | Op::AddMem(_, place, _)
            | Op::AddMemBranch(_, place, _) => Some(place),
            _ => None,
        }
    }

    /// Gives registers the values that the operation must have.
    pub fn prepare(&self, state: &mut State) {
        if let Some(Place { mem, target }) = self.place() {
            let index = match mem.index {
                Some((index, Scale::One)) => state.get(index),
                Some((index, Scale::Eight)) => state.get(index).wrapping_mul(8),
                None => 0,
            };
            let address = state.memory_address() + target;
            let base = address.wrapping_sub(index).wrapping_sub(mem.offset as u64);
            state.set(mem.base, base);
        }
        if let Op::BranchWideMask(_, _, place) = *self {
            state.write(place, Size::B8, WIDE_MASK);
        }
        if let Op::Div(_, a, b) | Op::Rem(_, a, b) = *self {
            let overflows = state.get(a) as i64 == i64::MIN && state.get(b) as i64 == -1;
            if state.get(b) == 0 || overflows {
                state.set(b, 7);
            }
        }
        if let Op::DivUnsigned(_, _, b) | Op::RemUnsigned(_, _, b) = *self
            && state.get(b) == 0
        {
            state.set(b, 7);
        }
    }

    /// Emits the operation.
    pub fn emit(&self, m: &mut HostMasm, target: Label) {
        match *self {
            Op::Mov(w, d, b) => m.mov(w, d, b),
            Op::MovAddress(d, address) => m.mov_address(d, address),
            Op::Alu(op, w, d, a, b) => m.alu(op, w, d, a, b),
            Op::AluMem(op, w, d, a, place) => m.alu_mem(op, w, d, a, place.mem),
            Op::Mul(w, d, a, b) => m.mul(w, d, a, b),
            Op::Checked(Checked::Add, w, d, a, b) => m.add_checked(w, d, a, b, target),
            Op::Checked(Checked::Sub, w, d, a, b) => m.sub_checked(w, d, a, b, target),
            Op::Checked(Checked::Mul, w, d, a, b) => m.mul_checked(w, d, a, b, target),
            Op::MulHigh(d, a, b) => m.mul_high(d, a, b),
            Op::Div(d, a, b) => m.div(d, a, b),
            Op::Rem(d, a, b) => m.rem(d, a, b),
            Op::DivUnsigned(d, a, b) => m.div_unsigned(d, a, b),
            Op::RemUnsigned(d, a, b) => m.rem_unsigned(d, a, b),
            Op::Shift(op, w, d, a, b) => m.shift(op, w, d, a, b),
            Op::Neg(w, d, a) => m.neg(w, d, a),
            Op::Not(w, d, a) => m.not(w, d, a),
            Op::Extend(kind, d, a) => m.extend(kind, d, a),
            Op::Set(d, cond, w, a, b) => m.set(d, cond, w, a, b),
            Op::Select(d, choices, cond, w, a, b) => m.select(d, choices, cond, w, a, b),
            Op::Branch(cond, w, a, b) => m.branch(cond, w, a, b, target),
            Op::BranchMem(cond, w, a, place) => m.branch_mem(cond, w, a, place.mem, target),
            Op::BranchMemImm(cond, size, place, value) => {
                m.branch_mem_imm(cond, size, place.mem, value, target);
            }
            Op::BranchMask(bits, w, a, b) => m.branch_mask(bits, w, a, b, target),
            Op::BranchMemMask(bits, place, mask) => {
                m.branch_mem_mask(bits, place.mem, mask, target);
            }
            Op::BranchWideMask(bits, a, place) => {
                m.branch_wide_mask(bits, a, WIDE_MASK, place.mem, target);
            }
            Op::BranchBit(bits, a, bit) => m.branch_bit(bits, a, bit, target),
            Op::Load(kind, d, place) => m.load(kind, d, place.mem),
            Op::Store(size, place, a) => m.store(size, place.mem, a),
            Op::StoreImm(size, place, value) => m.store_imm(size, place.mem, value),
            Op::LoadFloat(d, place) => m.load_float(d, place.mem),
            Op::StoreFloat(place, a) => m.store_float(place.mem, a),
            Op::Lea(d, place) => m.lea(d, place.mem),
            Op::AddMem(w, place, value) => m.add_mem(w, place.mem, value),
            Op::AddMemBranch(w, place, value) => {
                m.add_mem_branch_negative(w, place.mem, value, target);
            }
            Op::MovFloat(d, a) => m.mov_float(d, a),
            Op::FloatConst(d, bits) => m.float_const(d, f64::from_bits(bits)),
            Op::FromBits(d, a) => m.float_from_bits(d, a),
            Op::ToBits(d, a) => m.float_to_bits(d, a),
            Op::AluFloat(op, d, a, b) => m.alu_float(op, d, a, b),
            Op::Sqrt(d, a) => m.sqrt(d, a),
            Op::NegFloat(d, a) => m.neg_float(d, a),
            Op::AbsFloat(d, a) => m.abs_float(d, a),
            Op::IntToFloat(w, d, a) => m.int_to_float(w, d, a),
            Op::FloatToInt(d, a) => m.float_to_int(d, a, target),
            Op::SetFloat(d, cond, a, b) => m.set_float(d, cond, a, b),
            Op::BranchFloat(cond, a, b) => m.branch_float(cond, a, b, target),
            Op::BranchFloatZero(a) => m.branch_float_zero(a, target),
        }
    }

    /// Does to the state what the operation means. Addresses are those of the
    /// memory that starts at `memory`.
    pub fn interpret(&self, s: &mut State, memory: u64) -> Meaning {
        let mut meaning = Meaning::default();
        match *self {
            Op::Mov(w, d, b) => s.set(d, low(w, s.rhs(b))),
            Op::MovAddress(d, address) => s.set(d, address),
            Op::Alu(op, w, d, a, b) => s.set(d, low(w, alu(op, s.get(a), s.rhs(b)))),
            Op::AluMem(op, w, d, a, place) => {
                let size = if w == W64 { Size::B8 } else { Size::B4 };
                let result = alu(op, s.get(a), s.read(place, size));
                s.set(d, low(w, result));
            }
            Op::Mul(w, d, a, b) => s.set(d, low(w, s.get(a).wrapping_mul(s.rhs(b)))),
            Op::Checked(op, w, d, a, b) => {
                let (a, b) = (signed(w, s.get(a)), signed(w, s.rhs(b)));
                let result = match op {
                    Checked::Add => a + b,
                    Checked::Sub => a - b,
                    Checked::Mul => a * b,
                };
                meaning.taken = signed(w, result as u64) != result;
                s.set(d, low(w, result as u64));
            }
            Op::MulHigh(d, a, b) => {
                let product = i128::from(s.get(a) as i64) * i128::from(s.get(b) as i64);
                s.set(d, (product >> 64) as u64);
            }
            Op::Div(d, a, b) => s.set(d, (s.get(a) as i64 / s.get(b) as i64) as u64),
            Op::Rem(d, a, b) => s.set(d, (s.get(a) as i64 % s.get(b) as i64) as u64),
            Op::DivUnsigned(d, a, b) => s.set(d, s.get(a) / s.get(b)),
            Op::RemUnsigned(d, a, b) => s.set(d, s.get(a) % s.get(b)),
            Op::Shift(op, w, d, a, b) => {
                let count = s.rhs(b) & if w == W64 { 63 } else { 31 };
                let result = match op {
                    Shift::Shl => s.get(a) << count,
                    Shift::Shr => low(w, s.get(a)) >> count,
                    Shift::Sar => (signed(w, s.get(a)) >> count) as u64,
                };
                s.set(d, low(w, result));
            }
            Op::Neg(w, d, a) => s.set(d, low(w, s.get(a).wrapping_neg())),
            Op::Not(w, d, a) => s.set(d, low(w, !s.get(a))),
            Op::Extend(kind, d, a) => s.set(d, extended(kind, s.get(a))),
            Op::Set(d, cond, w, a, b) => s.set_bool(d, compare(cond, w, s.get(a), s.rhs(b))),
            Op::Select(d, (yes, no), cond, w, a, b) => {
                let holds = compare(cond, w, s.get(a), s.rhs(b));
                s.set(d, s.get(if holds { yes } else { no }));
            }
            Op::Branch(cond, w, a, b) => meaning.taken = compare(cond, w, s.get(a), s.rhs(b)),
            Op::BranchMem(cond, w, a, place) => {
                let size = if w == W64 { Size::B8 } else { Size::B4 };
                meaning.taken = compare(cond, w, s.get(a), s.read(place, size));
            }
            Op::BranchMemImm(cond, size, place, value) => {
                let sides = (s.read(place, size), value as u64);
                let both = |signed| {
                    let kind = Load::of(size, signed);
                    (extended(kind, sides.0), extended(kind, sides.1))
                };
                let (a, b) = both(true);
                meaning.taken = holds(cond, (a as i64, b as i64), both(false));
            }
            Op::BranchMask(bits, w, a, b) => {
                meaning.taken = (low(w, s.get(a) & s.rhs(b)) != 0) == (bits == Bits::Set);
            }
            Op::BranchMemMask(bits, place, mask) => {
                meaning.taken =
                    (s.read(place, Size::B1) & u64::from(mask) != 0) == (bits == Bits::Set);
            }
            Op::BranchWideMask(bits, a, _) => {
                meaning.taken = (s.get(a) & WIDE_MASK != 0) == (bits == Bits::Set);
            }
            Op::BranchBit(bits, a, bit) => {
                meaning.taken = (s.get(a) >> bit & 1 == 1) == (bits == Bits::Set)
            }
            Op::Load(kind, d, place) => s.set(d, extended(kind, s.read(place, kind.size()))),
            Op::Store(size, place, a) => s.write(place, size, s.get(a)),
            Op::StoreImm(size, place, value) => s.write(place, size, value as u64),
            Op::LoadFloat(d, place) => s.floats[d.index()] = s.read(place, Size::B8),
            Op::StoreFloat(place, a) => s.write(place, Size::B8, s.floats[a.index()]),
            Op::Lea(d, place) => s.set(d, memory + place.target),
            Op::AddMem(w, place, value) | Op::AddMemBranch(w, place, value) => {
                let size = if w == W64 { Size::B8 } else { Size::B4 };
                let sum = s.read(place, size).wrapping_add(value as u64);
                s.write(place, size, sum);
                meaning.taken = matches!(self, Op::AddMemBranch(..)) && signed(w, sum) < 0;
            }
            Op::MovFloat(d, a) => s.floats[d.index()] = s.floats[a.index()],
            Op::FloatConst(d, bits) => s.floats[d.index()] = bits,
            Op::FromBits(d, a) => s.floats[d.index()] = s.get(a),
            Op::ToBits(d, a) => s.set(d, s.floats[a.index()]),
            Op::AluFloat(op, d, a, b) => {
                let (a, b) = (s.float_at(a), s.float_at(b));
                let result = match op {
                    FloatAlu::Add => a + b,
                    FloatAlu::Sub => a - b,
                    FloatAlu::Mul => a * b,
                    FloatAlu::Div => a / b,
                    FloatAlu::Min => {
                        if a < b {
                            a
                        } else {
                            b
                        }
                    }
                    FloatAlu::Max => {
                        if a > b {
                            a
                        } else {
                            b
                        }
                    }
                };
                s.floats[d.index()] = result.to_bits();
                meaning.any_nan = true;
            }
            Op::Sqrt(d, a) => {
                s.floats[d.index()] = s.float_at(a).sqrt().to_bits();
                meaning.any_nan = true;
            }
            Op::NegFloat(d, a) => s.floats[d.index()] = s.floats[a.index()] ^ 1 << 63,
            Op::AbsFloat(d, a) => s.floats[d.index()] = s.floats[a.index()] & !(1 << 63),
            Op::IntToFloat(w, d, a) => {
                s.floats[d.index()] = (signed(w, s.get(a)) as f64).to_bits();
            }
            Op::FloatToInt(d, a) => match truncated(s.float_at(a)) {
                Some(value) => s.set(d, value as u64),
                None => (meaning.taken, meaning.undefined) = (true, Some(d)),
            },
            Op::SetFloat(d, cond, a, b) => {
                s.set_bool(d, compare_floats(cond, s.float_at(a), s.float_at(b)));
            }
            Op::BranchFloat(cond, a, b) => {
                meaning.taken = compare_floats(cond, s.float_at(a), s.float_at(b));
            }
            Op::BranchFloatZero(a) => meaning.taken = s.float_at(a) == 0.0,
        }
        meaning
    }
}
