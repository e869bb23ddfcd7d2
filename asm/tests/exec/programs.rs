//! Small whole programs.

use ruff_asm::prelude::*;
use ruff_asm::{Arena, HostMasm};

use crate::common::run::Function;

/// Recursive Fibonacci numbers with overflow checks: a test before the frame,
/// a call to itself, and a cold exit.
fn fib<M: Masm>(m: &mut M) {
    let frame = Frame::new(&[S0, S1], 0);
    let (entry, leaf) = (m.new_label(), m.new_label());
    let overflow = m.cold(|m| m.trap());
    m.bind(entry);
    m.branch(Cond::Lt, W64, A0, 2, leaf);
    m.prologue(&frame);
    m.mov(W64, S0, A0);
    m.sub(W64, A0, S0, 1);
    m.call_label(entry);
    m.mov(W64, S1, M::RESULT);
    m.sub(W64, A0, S0, 2);
    m.call_label(entry);
    m.add_checked(W64, M::RESULT, M::RESULT, S1, overflow);
    m.epilogue(&frame);
    m.ret();
    m.bind(leaf);
    m.mov(W64, M::RESULT, A0);
    m.ret();
}

#[test]
fn fibonacci_numbers() {
    let f = Function::new(fib);
    assert_eq!([0, 1, 2, 10, 20].map(|n| f.call1(n)), [0, 1, 1, 55, 6765]);
}

#[test]
fn code_runs_from_switched_pages_too() {
    let f = Function::in_arena(Arena::with_switched_pages(1 << 16).unwrap(), fib);
    assert_eq!(f.call1(15), 610);
}

#[test]
fn sieve_counts_primes() {
    // a0: bytes, all zero; a1: how many. Counts the numbers without divisor.
    let f = Function::new(|m| {
        let [outer, inner, next, done] = std::array::from_fn(|_| m.new_label());
        m.mov(W64, T0, 0);
        m.mov(W64, A2, 2);
        m.bind(outer);
        m.branch(Cond::Ge, W64, A2, A1, done);
        m.branch_mem_imm(Cond::Ne, Size::B1, Mem::byte(A0, A2, 0), 0, next);
        m.add(W64, T0, T0, 1);
        m.add(W64, A3, A2, A2);
        m.bind(inner);
        m.branch(Cond::AboveEq, W64, A3, A1, next);
        m.store_imm(Size::B1, Mem::byte(A0, A3, 0), 1);
        m.add(W64, A3, A3, A2);
        m.jump(inner);
        m.bind(next);
        m.add(W64, A2, A2, 1);
        m.jump(outer);
        m.bind(done);
        m.mov(W64, HostMasm::RESULT, T0);
        m.ret();
    });
    let mut bytes = vec![0u8; 1000];
    assert_eq!(f.call([bytes.as_mut_ptr() as u64, 1000, 0, 0]), 168);
}

#[test]
fn newton_finds_a_root() {
    let f = Function::new(|m| {
        let again = m.new_label();
        m.int_to_float(W64, F1, A0);
        m.float_const(F0, 1.0);
        m.float_const(F3, 0.5);
        m.mov(W64, T0, 60);
        m.bind(again);
        m.div_float(F2, F1, F0);
        m.add_float(F0, F0, F2);
        m.mul_float(F0, F0, F3);
        m.sub(W64, T0, T0, 1);
        m.branch(Cond::Ne, W64, T0, 0, again);
        m.float_to_bits(HostMasm::RESULT, F0);
        m.ret();
    });
    let root = f64::from_bits(f.call1(2));
    assert!((root * root - 2.0).abs() < 1e-12, "{root}");
}

#[test]
fn every_register_holds_its_value() {
    let all = [HostMasm::CALLER_SAVED, HostMasm::CALLEE_SAVED].concat();
    let count = all.len() as u64;
    let f = Function::new(|m| {
        let frame = Frame::new(HostMasm::CALLEE_SAVED, 1);
        m.prologue(&frame);
        m.store_imm(Size::B8, frame.slot(0), 0);
        for (i, &reg) in all.iter().enumerate() {
            m.mov(W64, reg, 1i64 << i);
        }
        for (i, &reg) in FLOATS.iter().enumerate() {
            m.float_const(reg, i as f64);
        }
        // Adds all into the first, by way of every one.
        for pair in all.windows(2) {
            m.add(W64, pair[1], pair[1], pair[0]);
        }
        for pair in FLOATS.windows(2) {
            m.add_float(pair[1], pair[1], pair[0]);
        }
        m.store(Size::B8, frame.slot(0), all[all.len() - 1]);
        let wrong = m.cold(|m| m.trap());
        m.float_to_int(T0, FLOATS[13], wrong);
        m.load(Load::W64, T1, frame.slot(0));
        m.shl(W64, T0, T0, 48);
        m.or(W64, HostMasm::RESULT, T0, T1);
        m.epilogue(&frame);
        m.ret();
    });
    assert_eq!(f.call([0; 4]), 91 << 48 | ((1 << count) - 1));
}
