//! The stack pointer: room, limits, other stacks.

use ruff_asm::HostMasm;
use ruff_asm::prelude::*;

use crate::common::run::Function;

#[test]
fn room_on_the_stack_is_made_and_given_back() {
    for bytes in [16, 112, 128, 144, 4080, 4096, 4112, 0x12340] {
        let f = Function::new(|m| {
            m.get_sp(A1);
            m.add_sp(-bytes);
            m.get_sp(A2);
            m.store(Size::B8, Mem::new(SP, 0), A0);
            m.store(Size::B8, Mem::new(SP, bytes - 8), A0);
            m.load(Load::W64, T0, Mem::word(SP, A3, 0));
            m.add_sp(bytes);
            m.get_sp(A3);
            m.sub(W64, A2, A1, A2);
            m.sub(W64, A3, A3, A1);
            m.add(W64, T0, T0, A2);
            m.add(W64, HostMasm::RESULT, T0, A3);
            m.ret();
        });
        assert_eq!(f.call([1, 0, 0, 0]), 1 + bytes as u64);
    }
}

#[test]
fn deep_recursion_meets_the_limit() {
    // a0: depth wanted; a1: address of the limit. Answers the depth reached.
    let f = Function::new(|m| {
        let frame = Frame::new(&[S0], 4);
        let (entry, bottom) = (m.new_label(), m.new_label());
        let full = m.cold(|m| m.jump(bottom));
        m.bind(entry);
        m.branch(Cond::Eq, W64, A0, 0, bottom);
        m.branch_sp_below(Mem::new(A1, 0), full);
        m.prologue(&frame);
        m.sub(W64, A0, A0, 1);
        m.call_label(entry);
        m.add(W64, HostMasm::RESULT, HostMasm::RESULT, 1);
        m.epilogue(&frame);
        m.ret();
        m.bind(bottom);
        m.mov(W64, HostMasm::RESULT, 0);
        m.ret();
    });
    let here = 0u64;
    let limit = &raw const here as u64 - 40_000;
    let at = &raw const limit as u64;
    assert_eq!(f.call([100, at, 0, 0]), 100);
    let reached = f.call([100_000, at, 0, 0]);
    assert!((300..1000).contains(&reached), "{reached}");
}

#[test]
fn code_runs_on_a_stack_of_its_own() {
    extern "C" fn deep(value: u64) -> u64 {
        let local = std::hint::black_box([value; 100]);
        local.iter().sum()
    }
    // a0: top of the other stack; a1: argument.
    let f = Function::new(|m| {
        let frame = Frame::new(&[S0], 0);
        m.prologue(&frame);
        m.get_sp(S0);
        m.set_sp(A0);
        m.mov(W64, A0, A1);
        m.mov(W64, T0, deep as *const () as i64);
        m.call_reg(T0);
        m.set_sp(S0);
        m.epilogue(&frame);
        m.ret();
    });
    let mut stack = vec![0u128; 16 << 10];
    let top = stack.as_mut_ptr_range().end as u64;
    assert_eq!(f.call([top, 3, 0, 0]), 300);
    assert!(stack.iter().any(|&word| word != 0));
}
