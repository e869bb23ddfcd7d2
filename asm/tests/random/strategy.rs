//! Random operations and states. Numbers crowd around the limits of encodings
//! and of arithmetic, and registers repeat often enough to be the same.

use proptest::prelude::*;
use proptest::sample::select;
use ruff_asm::prelude::*;

use crate::machine::{State, gprs};
use crate::op::{Checked, Op, Place};

/// A number near a power of two, with either sign.
fn near_power() -> impl Strategy<Value = u64> {
    (0u32..64, -2i64..=2, any::<bool>()).prop_map(|(power, more, negative)| {
        let value = (1i64 << power).wrapping_add(more);
        (if negative {
            value.wrapping_neg()
        } else {
            value
        }) as u64
    })
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![
        near_power(),
        any::<u64>(),
        (-300i64..300).prop_map(|small| small as u64),
        float().prop_map(f64::to_bits),
    ]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        select(vec![
            0.0,
            -0.0,
            1.0,
            -1.5,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::MIN_POSITIVE,
            9_223_372_036_854_775_808.0,
            -9_223_372_036_854_775_808.0,
            9_223_372_036_854_774_784.0,
        ]),
        (-1000i32..1000).prop_map(|value| f64::from(value) / 4.0),
        near_power().prop_map(|value| value as i64 as f64),
    ]
}

/// Any state.
pub fn state() -> impl Strategy<Value = Box<State>> {
    (
        prop::collection::vec(number(), GPRS),
        prop::collection::vec(float(), FLOATS.len()),
        prop::collection::vec(any::<u8>(), 64),
    )
        .prop_map(|(gprs, floats, memory)| {
            Box::new(State {
                gprs: gprs.try_into().unwrap(),
                floats: std::array::from_fn(|i| floats[i].to_bits()),
                taken: 0,
                memory: memory.try_into().unwrap(),
            })
        })
}

fn w() -> impl Strategy<Value = W> {
    select(vec![W32, W64])
}

fn gpr() -> impl Strategy<Value = Gpr> {
    prop_oneof![select(gprs()), select(vec![T0, A2, A3])]
}

fn fpr() -> impl Strategy<Value = Fpr> {
    prop_oneof![select(FLOATS.to_vec()), select(vec![F0, F1])]
}

fn imm() -> impl Strategy<Value = i64> {
    prop_oneof![
        number().prop_map(|value| value as i64),
        // Multiples of 4096, and masks of neighbouring ones.
        (-5000i64..5000).prop_map(|value| value << 12),
        (0u32..64, 1u32..64).prop_map(|(at, len)| (u64::MAX >> len).rotate_left(at) as i64),
    ]
}

fn rhs() -> impl Strategy<Value = Rhs> {
    prop_oneof![gpr().prop_map(Rhs::Reg), imm().prop_map(Rhs::Imm)]
}

fn size() -> impl Strategy<Value = Size> {
    select(vec![Size::B1, Size::B2, Size::B4, Size::B8])
}

fn kind() -> impl Strategy<Value = Load> {
    (size(), any::<bool>()).prop_map(|(size, signed)| Load::of(size, signed))
}

fn cond() -> impl Strategy<Value = Cond> {
    select(vec![
        Cond::Eq,
        Cond::Ne,
        Cond::Lt,
        Cond::Le,
        Cond::Gt,
        Cond::Ge,
        Cond::Below,
        Cond::BelowEq,
        Cond::Above,
        Cond::AboveEq,
    ])
}

fn float_cond() -> impl Strategy<Value = FloatCond> {
    let plain = select(vec![
        FloatCond::Eq,
        FloatCond::Ne,
        FloatCond::Lt,
        FloatCond::Le,
        FloatCond::Gt,
        FloatCond::Ge,
    ]);
    (plain, any::<bool>()).prop_map(|(cond, not)| if not { cond.negate() } else { cond })
}

fn offset() -> impl Strategy<Value = i32> {
    prop_oneof![
        Just(0),
        -300i32..300,
        (0i32..4096).prop_map(|value| value * 8),
        near_power().prop_map(|value| value as i32),
        any::<i32>(),
    ]
}

fn place() -> impl Strategy<Value = Place> {
    let scale = select(vec![None, Some(Scale::One), Some(Scale::Eight)]);
    (gpr(), gpr(), scale, offset(), 0u64..57).prop_map(|(base, index, scale, offset, target)| {
        // A base that is also the index cannot be given any wanted sum.
        let index = scale.filter(|_| index != base).map(|scale| (index, scale));
        let mem = Mem {
            base,
            index,
            offset,
        };
        Place { mem, target }
    })
}

fn alu() -> impl Strategy<Value = Alu> {
    select(vec![Alu::Add, Alu::Sub, Alu::And, Alu::Or, Alu::Xor])
}

/// Operations on integers.
pub fn int_op() -> impl Strategy<Value = Op> {
    let shift = select(vec![Shift::Shl, Shift::Shr, Shift::Sar]);
    prop_oneof![
        2 => (w(), gpr(), rhs()).prop_map(|(w, d, b)| Op::Mov(w, d, b)),
        1 => (gpr(), 0..1u64 << 48).prop_map(|(d, address)| Op::MovAddress(d, address)),
        6 => (alu(), w(), gpr(), gpr(), rhs()).prop_map(|(o, w, d, a, b)| Op::Alu(o, w, d, a, b)),
        3 => (alu(), w(), gpr(), gpr(), place())
            .prop_map(|(o, w, d, a, p)| Op::AluMem(o, w, d, a, p)),
        2 => (w(), gpr(), gpr(), rhs()).prop_map(|(w, d, a, b)| Op::Mul(w, d, a, b)),
        3 => (gpr(), gpr(), gpr()).prop_map(|(d, a, b)| Op::MulHigh(d, a, b)),
        3 => (gpr(), gpr(), gpr()).prop_map(|(d, a, b)| Op::Div(d, a, b)),
        3 => (gpr(), gpr(), gpr()).prop_map(|(d, a, b)| Op::Rem(d, a, b)),
        2 => (gpr(), gpr(), gpr()).prop_map(|(d, a, b)| Op::DivUnsigned(d, a, b)),
        2 => (gpr(), gpr(), gpr()).prop_map(|(d, a, b)| Op::RemUnsigned(d, a, b)),
        6 => (shift, w(), gpr(), gpr(), rhs())
            .prop_map(|(o, w, d, a, b)| Op::Shift(o, w, d, a, b)),
        1 => (w(), gpr(), gpr()).prop_map(|(w, d, a)| Op::Neg(w, d, a)),
        1 => (w(), gpr(), gpr()).prop_map(|(w, d, a)| Op::Not(w, d, a)),
        2 => (kind(), gpr(), gpr()).prop_map(|(k, d, a)| Op::Extend(k, d, a)),
        2 => (gpr(), cond(), w(), gpr(), rhs()).prop_map(|(d, c, w, a, b)| Op::Set(d, c, w, a, b)),
        3 => (gpr(), (gpr(), gpr()), cond(), w(), gpr(), rhs())
            .prop_map(|(d, ch, c, w, a, b)| Op::Select(d, ch, c, w, a, b)),
    ]
}

/// Operations that branch.
fn bits() -> impl Strategy<Value = Bits> {
    select(vec![Bits::Set, Bits::Clear])
}

pub fn branch_op() -> impl Strategy<Value = Op> {
    let checked = select(vec![Checked::Add, Checked::Sub, Checked::Mul]);
    prop_oneof![
        4 => (checked, w(), gpr(), gpr(), rhs())
            .prop_map(|(o, w, d, a, b)| Op::Checked(o, w, d, a, b)),
        3 => (cond(), w(), gpr(), rhs()).prop_map(|(c, w, a, b)| Op::Branch(c, w, a, b)),
        2 => (cond(), w(), gpr(), place()).prop_map(|(c, w, a, p)| Op::BranchMem(c, w, a, p)),
        3 => (cond(), size(), place(), imm())
            .prop_map(|(c, s, p, v)| Op::BranchMemImm(c, s, p, v)),
        2 => (bits(), w(), gpr(), rhs())
            .prop_map(|(y, w, a, b)| Op::BranchMask(y, w, a, b)),
        2 => (bits(), place(), any::<u8>())
            .prop_map(|(y, p, mask)| Op::BranchMemMask(y, p, mask)),
        1 => (bits(), gpr(), place()).prop_map(|(y, a, p)| Op::BranchWideMask(y, a, p)),
        1 => (bits(), gpr(), 0u32..64).prop_map(|(y, a, bit)| Op::BranchBit(y, a, bit)),
    ]
}

/// Operations on memory.
pub fn memory_op() -> impl Strategy<Value = Op> {
    let addend = || imm().prop_map(|value| value as i32);
    prop_oneof![
        3 => (kind(), gpr(), place()).prop_map(|(k, d, p)| Op::Load(k, d, p)),
        3 => (size(), place(), gpr()).prop_map(|(s, p, a)| Op::Store(s, p, a)),
        2 => (size(), place(), imm()).prop_map(|(s, p, v)| Op::StoreImm(s, p, v)),
        1 => (fpr(), place()).prop_map(|(d, p)| Op::LoadFloat(d, p)),
        1 => (place(), fpr()).prop_map(|(p, a)| Op::StoreFloat(p, a)),
        2 => (gpr(), place()).prop_map(|(d, p)| Op::Lea(d, p)),
        1 => (w(), place(), addend()).prop_map(|(w, p, v)| Op::AddMem(w, p, v)),
        1 => (w(), place(), addend()).prop_map(|(w, p, v)| Op::AddMemBranch(w, p, v)),
    ]
}

/// Operations on doubles.
pub fn float_op() -> impl Strategy<Value = Op> {
    let alu = select(vec![
        FloatAlu::Add,
        FloatAlu::Sub,
        FloatAlu::Mul,
        FloatAlu::Div,
        FloatAlu::Min,
        FloatAlu::Max,
    ]);
    prop_oneof![
        (fpr(), fpr()).prop_map(|(d, a)| Op::MovFloat(d, a)),
        (fpr(), number()).prop_map(|(d, bits)| Op::FloatConst(d, bits)),
        (fpr(), gpr()).prop_map(|(d, a)| Op::FromBits(d, a)),
        (gpr(), fpr()).prop_map(|(d, a)| Op::ToBits(d, a)),
        (alu, fpr(), fpr(), fpr()).prop_map(|(o, d, a, b)| Op::AluFloat(o, d, a, b)),
        (fpr(), fpr()).prop_map(|(d, a)| Op::Sqrt(d, a)),
        (fpr(), fpr()).prop_map(|(d, a)| Op::NegFloat(d, a)),
        (fpr(), fpr()).prop_map(|(d, a)| Op::AbsFloat(d, a)),
        (w(), fpr(), gpr()).prop_map(|(w, d, a)| Op::IntToFloat(w, d, a)),
        (gpr(), fpr()).prop_map(|(d, a)| Op::FloatToInt(d, a)),
        (gpr(), float_cond(), fpr(), fpr()).prop_map(|(d, c, a, b)| Op::SetFloat(d, c, a, b)),
        (float_cond(), fpr(), fpr()).prop_map(|(c, a, b)| Op::BranchFloat(c, a, b)),
        fpr().prop_map(Op::BranchFloatZero),
    ]
}
