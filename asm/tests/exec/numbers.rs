//! Arithmetic at its limits: every pair of edges, where the random tests only
//! meet some.

use ruff_asm::prelude::*;
use ruff_asm::{HostMasm, operand::FloatCond};

use crate::common::run::Function;

const EDGES: [i64; 15] = [
    0,
    1,
    -1,
    2,
    46341,
    i32::MAX as i64,
    i32::MIN as i64,
    i32::MAX as i64 + 1,
    i32::MIN as i64 - 1,
    u32::MAX as i64,
    3_037_000_500,
    1 << 62,
    i64::MAX,
    i64::MIN,
    i64::MIN + 1,
];

type Emit = fn(&mut HostMasm, W, Rhs, Label);

/// `a0 op a1`, stored at `a2`; the result says whether it overflowed.
fn checked(emit: Emit, w: W, b: Rhs) -> Function {
    Function::new(|m| {
        let done = m.new_label();
        let overflow = m.cold(|m| {
            m.store(Size::B8, Mem::new(A2, 0), T0);
            m.mov(W64, HostMasm::RESULT, 1);
            m.ret();
        });
        emit(m, w, b, overflow);
        m.bind(done);
        m.store(Size::B8, Mem::new(A2, 0), T0);
        m.mov(W64, HostMasm::RESULT, 0);
        m.ret();
    })
}

fn check_overflow(emit: Emit, meant: fn(i128, i128) -> i128) {
    for w in [W32, W64] {
        let exact = |value: i64| match w {
            W64 => i128::from(value),
            W32 => i128::from(value as i32),
        };
        let by_register = checked(emit, w, Rhs::Reg(A1));
        for b in EDGES {
            let by_constant = checked(emit, w, Rhs::Imm(b));
            for a in EDGES {
                let wanted = meant(exact(a), exact(b));
                let wrapped = exact(wanted as i64);
                for f in [&by_register, &by_constant] {
                    let mut result = 0u64;
                    let at = &raw mut result as u64;
                    let overflowed = f.call([a as u64, b as u64, at, 0]);
                    assert_eq!(overflowed == 1, wrapped != wanted, "{a} {b} {w:?}");
                    assert_eq!(exact(result as i64), wrapped, "{a} {b} {w:?}");
                    assert!(w == W64 || result >> 32 == 0, "{a} {b}");
                }
            }
        }
    }
}

#[test]
fn sums_overflow_where_they_should() {
    check_overflow(
        |m, w, b, overflow| m.add_checked(w, T0, A0, b, overflow),
        |a, b| a + b,
    );
}

#[test]
fn differences_overflow_where_they_should() {
    check_overflow(
        |m, w, b, overflow| m.sub_checked(w, T0, A0, b, overflow),
        |a, b| a - b,
    );
}

#[test]
fn products_overflow_where_they_should() {
    check_overflow(
        |m, w, b, overflow| m.mul_checked(w, T0, A0, b, overflow),
        |a, b| a * b,
    );
}

#[test]
fn floats_compare_as_ieee_says() {
    let values = [
        f64::NAN,
        f64::NEG_INFINITY,
        -1.0,
        -0.0,
        0.0,
        f64::MIN_POSITIVE,
        1.0,
        f64::INFINITY,
    ];
    type Meant = fn(&f64, &f64) -> bool;
    let meant: [(FloatCond, Meant); 6] = [
        (FloatCond::Eq, f64::eq),
        (FloatCond::Ne, f64::ne),
        (FloatCond::Lt, f64::lt),
        (FloatCond::Le, f64::le),
        (FloatCond::Gt, f64::gt),
        (FloatCond::Ge, f64::ge),
    ];
    for (cond, meant) in meant {
        for (cond, negated) in [(cond, false), (cond.negate(), true)] {
            let set = Function::new(|m| {
                m.set_float(HostMasm::RESULT, cond, F0, F1);
                m.ret();
            });
            let branch = Function::new(|m| {
                let yes = m.new_label();
                m.branch_float(cond, F0, F1, yes);
                m.mov(W64, HostMasm::RESULT, 0);
                m.ret();
                m.bind(yes);
                m.mov(W64, HostMasm::RESULT, 1);
                m.ret();
            });
            // A branch backwards has another encoding.
            let back = Function::new(|m| {
                let (start, yes) = (m.new_label(), m.new_label());
                m.jump(start);
                m.bind(yes);
                m.mov(W64, HostMasm::RESULT, 1);
                m.ret();
                m.bind(start);
                m.branch_float(cond, F0, F1, yes);
                m.mov(W64, HostMasm::RESULT, 0);
                m.ret();
            });
            for a in values {
                for b in values {
                    let wanted = u64::from(meant(&a, &b) != negated);
                    for f in [&set, &branch, &back] {
                        assert_eq!(f.call_floats(a, b), wanted, "{a} {cond:?} {b}");
                    }
                }
            }
        }
    }
}

#[test]
fn truncation_fails_outside_the_integers() {
    let f = Function::new(|m| {
        let fail = m.cold(|m| {
            m.mov(W64, HostMasm::RESULT, 123_456);
            m.ret();
        });
        m.float_from_bits(F0, A0);
        m.float_to_int(HostMasm::RESULT, F0, fail);
        m.ret();
    });
    let two63 = 9_223_372_036_854_775_808.0;
    for bad in [
        f64::NAN,
        -f64::NAN,
        f64::INFINITY,
        -f64::INFINITY,
        two63,
        -two63,
        1e300,
    ] {
        assert_eq!(f.call1(bad.to_bits()), 123_456, "{bad}");
    }
    for good in [0.0, -0.0, 1.9, -1.9, 5e-324, two63 - 1024.0, 1024.0 - two63] {
        assert_eq!(f.call1(good.to_bits()), good as i64 as u64, "{good}");
    }
}
