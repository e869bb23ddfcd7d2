//! Cold blocks, labels, and what makes a function fail to finish.

use ruff_asm::prelude::*;
use ruff_asm::{A64, AsmError, HostMasm, X64};

use crate::common::run::Function;

#[test]
fn cold_blocks_run_and_come_back() {
    let f = Function::new(|m| {
        let back = m.new_label();
        m.mov(W64, T0, 0);
        let outer = m.cold(|m| {
            let here = m.new_label();
            let inner = m.cold(|m| {
                m.add(W64, T0, T0, 100);
                m.jump(here);
            });
            m.add(W64, T0, T0, 10);
            m.branch(Cond::Gt, W64, A0, 1, inner);
            m.bind(here);
            m.jump(back);
        });
        m.branch(Cond::Ne, W64, A0, 0, outer);
        m.bind(back);
        m.add(W64, HostMasm::RESULT, T0, 1);
        m.ret();
    });
    assert_eq!([0, 1, 2].map(|n| f.call1(n)), [1, 11, 111]);
}

fn loops_begin_at<M: Masm>(alignment: usize) {
    for before in 0..40 {
        let mut m = M::new();
        for _ in 0..before {
            m.ret();
        }
        m.align(alignment);
        let top = m.here();
        m.ret();
        let code = m.finish().unwrap();
        let at = code.offset_of(top).unwrap() as usize;
        assert!(at.is_multiple_of(alignment), "{before} instructions before");
    }
}

#[test]
fn aligned_code_begins_where_it_should_and_runs() {
    loops_begin_at::<X64>(32);
    loops_begin_at::<A64>(32);
    for bytes in 0..10 {
        let f = Function::new(|m| {
            m.mov(W64, T0, 0);
            m.nops(bytes * 4);
            m.align(32);
            let top = m.here();
            m.add(W64, T0, T0, A0);
            m.sub(W64, A0, A0, 1);
            m.align(16);
            m.branch(Cond::Ne, W64, A0, 0, top);
            m.mov(W64, HostMasm::RESULT, T0);
            m.ret();
        });
        assert_eq!(f.call1(10), 55);
    }
}

fn cold_is_behind<M: Masm>() {
    let mut m = M::new();
    let first = m.cold(|m| m.trap());
    let hot = m.here();
    m.ret();
    let second = m.cold(|m| {
        let inner = m.cold(|m| m.trap());
        m.jump(inner);
    });
    let end = m.here();
    let code = m.finish().unwrap();
    let at = |label| code.offset_of(label).unwrap();
    assert_eq!(at(hot), 0);
    assert_eq!(at(end), code.hot_len());
    assert_eq!(at(first), code.hot_len());
    assert!(at(second) > at(first));
}

#[test]
fn cold_blocks_stand_behind_hot_code() {
    cold_is_behind::<X64>();
    cold_is_behind::<A64>();
}

fn sources_follow<M: Masm>() {
    let mut m = M::new();
    assert_eq!(m.finish().unwrap().source_at(0), None);
    m.source(SourceId(9));
    m.source(SourceId(1));
    m.ret();
    m.source(SourceId(2));
    let second = m.here();
    let cold = m.cold(|m| {
        m.trap();
        m.source(SourceId(3));
        m.trap();
    });
    m.ret();
    let after = m.here();
    m.ret();
    // Ends where the cold code starts.
    m.source(SourceId(4));
    let code = m.finish().unwrap();
    let source = |label| code.source_at(code.offset_of(label).unwrap());
    assert_eq!(code.source_at(0), Some(SourceId(1)));
    assert_eq!(source(second), Some(SourceId(2)));
    assert_eq!(source(after), Some(SourceId(2)));
    assert_eq!(source(cold), Some(SourceId(2)));
    let last = code.bytes().len() as u32 - 1;
    assert_eq!(code.source_at(last), Some(SourceId(3)));
    assert!(code.sources().is_sorted_by_key(|&(offset, _)| offset));
}

#[test]
fn source_positions_follow_their_instructions() {
    sources_follow::<X64>();
    sources_follow::<A64>();
}

fn unbound_is_an_error<M: Masm>() {
    let mut m = M::new();
    let label = m.new_label();
    m.jump(label);
    assert_eq!(m.finish().err(), Some(AsmError::Unbound(label)));
    // The assembler is as good as new.
    let again = m.new_label();
    m.bind(again);
    m.jump(again);
    assert!(m.finish().is_ok());
}

#[test]
fn a_label_never_bound_is_an_error() {
    unbound_is_an_error::<X64>();
    unbound_is_an_error::<A64>();
}

/// Finishes a function that branches over that much code.
fn branch_over<M: Masm>(bytes: usize, back: bool) -> Result<ruff_asm::Code, AsmError> {
    let mut m = M::new();
    let target = m.new_label();
    if back {
        m.bind(target);
    } else {
        m.branch(Cond::Eq, W64, A0, A1, target);
    }
    let start = m.emitted();
    while m.emitted() - start < bytes {
        m.ret();
    }
    if back {
        m.branch(Cond::Eq, W64, A0, A1, target);
    } else {
        m.bind(target);
    }
    m.finish()
}

#[test]
fn a_function_gets_islands_where_a_branch_does_not_reach() {
    const REACH: usize = 1 << 20;
    let len = |code: ruff_asm::Code| code.bytes().len();
    for back in [false, true] {
        // Eight bytes more are a comparison and a branch.
        assert_eq!(branch_over::<A64>(REACH - 8, back).map(len), Ok(REACH));
        // An island: a branch over it, and one veneer.
        assert_eq!(branch_over::<A64>(REACH, back).map(len), Ok(REACH + 16));
        assert!(branch_over::<X64>(REACH, back).map(len).unwrap() < REACH + 16);
    }
}

#[test]
fn a_function_that_is_too_large_is_an_error() {
    let most = ruff_asm::buffer::MAX_CODE;
    assert_eq!(
        branch_over::<A64>(most, false).err(),
        Some(AsmError::TooLarge)
    );
    assert_eq!(
        branch_over::<X64>(most, true).err(),
        Some(AsmError::TooLarge)
    );
}

#[test]
fn branches_back_are_right_at_the_limit_of_short_ones() {
    for filler in 30..45 {
        let f = Function::new(|m| {
            let again = m.new_label();
            m.mov(W64, T0, 0);
            m.mov(W64, T1, 5);
            m.bind(again);
            for _ in 0..filler {
                m.add(W64, T0, T0, 1);
            }
            m.sub(W64, T1, T1, 1);
            m.branch(Cond::Gt, W64, T1, 0, again);
            m.mov(W64, HostMasm::RESULT, T0);
            m.ret();
        });
        assert_eq!(f.call([0; 4]), filler * 5);
    }
}
