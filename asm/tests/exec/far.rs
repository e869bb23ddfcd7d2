//! Functions so long that some branches do not reach their targets by themselves.

use ruff_asm::prelude::*;
use ruff_asm::{A64, Arena, HostMasm};

use crate::common::run::Function;

/// Additions in the middle of the function: more than conditional branches reach on
/// AArch64, with three islands on the way.
const LENGTH: u64 = 300_000;

/// Adds up in a loop, `A0` times, and leaves by the middle or for cold code if `A1` says
/// so. Gives the labels of the branches, and of the places that they lead to.
fn long<M: Masm>(m: &mut M) -> Vec<(Label, Label)> {
    let (head, end) = (m.new_label(), m.new_label());
    let mut branches = Vec::new();
    m.mov(W64, T0, 0);
    m.bind(head);
    let cold = m.cold(|m| {
        m.add(W64, T0, T0, 1000);
        m.jump(end);
    });
    branches.push((m.here(), cold));
    m.branch(Cond::Eq, W64, A1, 1, cold);
    branches.push((m.here(), end));
    m.branch(Cond::Eq, W64, A0, 0, end);
    for i in 0..LENGTH {
        m.add(W64, T0, T0, 1);
        if i % 50_000 == 0 {
            branches.push((m.here(), cold));
            m.branch(Cond::Eq, W64, A1, 2 + i as i32 / 50_000, cold);
        }
    }
    m.sub(W64, A0, A0, 1);
    branches.push((m.here(), head));
    m.branch(Cond::Ne, W64, A0, 0, head);
    m.bind(end);
    m.mov(W64, M::RESULT, T0);
    m.ret();
    branches
}

#[test]
fn long_functions_run() {
    let f = Function::in_arena(Arena::new(16 << 20).unwrap(), |m: &mut HostMasm| {
        long(m);
    });
    let run = |times, leave| f.call([times, leave, 0, 0]);
    assert_eq!(run(0, 0), 0);
    assert_eq!(run(1, 0), LENGTH);
    assert_eq!(run(3, 0), 3 * LENGTH);
    assert_eq!(run(1, 1), 1000);
    for stretch in 0..6 {
        assert_eq!(run(1, 2 + stretch), stretch * 50_000 + 1 + 1000);
    }
}

/// The field of an AArch64 branch at `at` as the place that it leads to, if the
/// instruction is one; and whether it has a condition.
fn target(bytes: &[u8], at: u32) -> Option<(u32, bool)> {
    let word = &bytes[at as usize..at as usize + 4];
    let word = u32::from_le_bytes(word.try_into().unwrap());
    let to = |distance: i32| (at as i32 + distance) as u32;
    let conditional = word >> 24 == 0x54 || word & 0x7e00_0000 == 0x3400_0000;
    if conditional {
        return Some((to((word << 8) as i32 >> 13 << 2), true));
    }
    (word >> 26 == 5).then(|| (to((word << 6) as i32 >> 6 << 2), false))
}

#[test]
fn far_labels_are_reached_by_way_of_islands() {
    let mut m = A64::new();
    let branches = long(&mut m);
    let code = m.finish().unwrap();
    let at = |label| code.offset_of(label).unwrap();
    let mut far = 0;
    for (from, to) in branches {
        let mut here = at(from);
        let (mut there, _) = loop {
            match target(code.bytes(), here) {
                Some(found @ (_, true)) => break found,
                // The branch over an island.
                Some((past, false)) => here = past,
                None => here += 4,
            }
        };
        assert!(here.abs_diff(there) < 1 << 20);
        if there != at(to) {
            far += 1;
            let (end, conditional) = target(code.bytes(), there).expect("a veneer");
            assert!(!conditional);
            there = end;
        }
        assert_eq!(there, at(to));
    }
    assert!(far > 5, "{far} branches take a veneer");
}

#[test]
fn a_return_address_stays_that_of_its_call() {
    let mut m = A64::new();
    let end = m.new_label();
    m.branch(Cond::Eq, W64, A0, 0, end);
    let mut calls = Vec::new();
    for _ in 0..LENGTH {
        m.call_label(end);
        calls.push(m.here());
    }
    m.bind(end);
    m.ret();
    let code = m.finish().unwrap();
    let words = LENGTH + 2;
    assert!(code.bytes().len() as u64 > 4 * words, "there are islands");
    for label in calls {
        let at = code.offset_of(label).unwrap() as usize;
        let call = u32::from_le_bytes(code.bytes()[at - 4..at].try_into().unwrap());
        assert_eq!(call >> 26, 0x25);
    }
}
