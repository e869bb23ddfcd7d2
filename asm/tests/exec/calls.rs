//! Calls by every way, and what they keep.

use ruff_asm::prelude::*;
use ruff_asm::{Arena, HostMasm};

use crate::common::run::Function;

extern "C" fn mix(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> u64 {
    a + 10 * b + 100 * c + 1000 * d + 10_000 * e + 100_000 * f
}

extern "C" fn halve(value: f64) -> f64 {
    value / 2.0
}

#[test]
fn functions_are_called_from_a_table() {
    // Slots on both sides of the offsets that fit into one instruction.
    for slot in [0u32, 1, 15, 16, 4095, 4096, 5000] {
        let mut table = vec![0u64; slot as usize + 1];
        table[slot as usize] = mix as *const () as u64;
        let f = Function::new(|m| {
            let frame = Frame::new(&[S0], 0);
            m.prologue(&frame);
            m.mov(W64, S0, A0);
            for (i, arg) in [A0, A1, A2, A3, A4, A5].into_iter().enumerate() {
                m.mov(W64, arg, i as i64 + 1);
            }
            m.call_mem(Mem::new(S0, 8 * slot as i32));
            m.epilogue(&frame);
            m.ret();
        });
        assert_eq!(f.call1(table.as_ptr() as u64), 654_321, "slot {slot}");
    }
}

#[test]
fn addresses_are_taken_from_memory() {
    let table = [0, 0, mix as *const () as u64];
    let call = Function::new(|m| {
        let frame = Frame::new(&[], 0);
        m.prologue(&frame);
        m.mov(W64, T0, A0);
        m.mov(W64, T1, 1);
        for (i, arg) in [A0, A1, A2, A3, A4, A5].into_iter().enumerate() {
            m.mov(W64, arg, i as i64);
        }
        m.call_mem(Mem::word(T0, T1, 8));
        m.epilogue(&frame);
        m.ret();
    });
    assert_eq!(call.call1(table.as_ptr() as u64), 543_210);
}

#[test]
fn floats_are_passed_and_returned() {
    let f = Function::new(|m| {
        let frame = Frame::new(&[], 1);
        m.prologue(&frame);
        m.mov(W64, T0, halve as *const () as i64);
        m.float_const(F0, 5.0);
        m.call_reg(T0);
        m.float_to_bits(HostMasm::RESULT, F0);
        m.epilogue(&frame);
        m.ret();
    });
    assert_eq!(f64::from_bits(f.call([0; 4])), 2.5);
}

#[test]
fn saved_registers_survive_and_the_stack_is_aligned() {
    for saved in 0..=HostMasm::CALLEE_SAVED.len() {
        for slots in [0, 1, 2, 3, 255, 256] {
            // The callee destroys what it saves; the caller counts what is lost.
            let regs = &HostMasm::CALLEE_SAVED[..saved];
            let f = Function::new(|m| {
                let outer = Frame::new(HostMasm::CALLEE_SAVED, 2);
                let inner = Frame::new(regs, slots);
                let callee = m.new_label();
                m.prologue(&outer);
                for (i, &reg) in HostMasm::CALLEE_SAVED.iter().enumerate() {
                    m.mov(W64, reg, i as i64 + 1000);
                }
                m.store_imm(Size::B8, outer.slot(0), 77);
                m.store_imm(Size::B8, outer.slot(1), 0);
                m.call_label(callee);
                let lost = m.cold(|m| m.trap());
                for (i, &reg) in HostMasm::CALLEE_SAVED.iter().enumerate() {
                    m.branch(Cond::Ne, W64, reg, i as i64 + 1000, lost);
                }
                m.branch_mem_imm(Cond::Ne, Size::B8, outer.slot(0), 77, lost);
                m.mov(W64, T1, HostMasm::RESULT);
                m.get_sp(T0);
                m.and(W64, T0, T0, 15);
                m.add(W64, HostMasm::RESULT, T0, T1);
                m.epilogue(&outer);
                m.ret();

                m.bind(callee);
                m.prologue(&inner);
                for &reg in regs {
                    m.mov(W64, reg, -1);
                }
                for slot in 0..slots {
                    m.store_imm(Size::B8, inner.slot(slot), -1);
                }
                m.get_sp(T0);
                m.and(W64, HostMasm::RESULT, T0, 15);
                m.epilogue(&inner);
                m.ret();
            });
            assert_eq!(f.call([0; 4]), 0, "{saved} registers, {slots} slots");
        }
    }
}

/// A finished function that answers `number`.
fn constant(number: i64) -> ruff_asm::Code {
    let mut m = HostMasm::new();
    m.mov(W64, HostMasm::RESULT, number);
    m.ret();
    m.finish().unwrap()
}

#[test]
fn code_calls_other_code_directly() {
    let mut arena = Arena::new(4 << 20).unwrap();
    let seven = arena.install(&constant(7)).unwrap();
    // A megabyte between, so that the distance is not a small one.
    let mut m = HostMasm::new();
    while m.emitted() < 1 << 20 {
        m.ret();
    }
    arena.install(&m.finish().unwrap()).unwrap();
    let frame = Frame::new(&[], 0);
    m.prologue(&frame);
    m.call_code(seven);
    m.add(W64, HostMasm::RESULT, HostMasm::RESULT, 1);
    m.epilogue(&frame);
    m.ret();
    let eight = m.finish().unwrap();
    m.cold(|m| m.trap());
    m.jump_code(seven);
    let tail = m.finish().unwrap();
    // The same code placed twice: it is position independent.
    let placed = [&eight, &eight, &tail].map(|code| arena.install(code).unwrap());
    let results = placed.map(|code| {
        // SAFETY: the generated functions have this type.
        let function: extern "C" fn() -> u64 = unsafe { std::mem::transmute(arena.entry(code)) };
        function()
    });
    assert_eq!(results, [8, 8, 7]);
}

#[test]
fn memory_of_removed_code_is_run_again() {
    let mut arena = Arena::new(1).unwrap();
    let mut first = None;
    for number in 0..1000 {
        let code = arena.install(&constant(number)).unwrap();
        assert_eq!(*first.get_or_insert(code), code);
        // SAFETY: the generated function has this type.
        let function: extern "C" fn() -> i64 = unsafe { std::mem::transmute(arena.entry(code)) };
        assert_eq!(function(), number);
        // SAFETY: it has returned.
        unsafe { arena.free(code) };
    }
}

#[test]
fn return_addresses_lead_to_their_call() {
    extern "C" fn note(at: *mut u64, address: u64) {
        // SAFETY: generated code passes the address that the test gave it.
        unsafe { *at = address }
    }
    let mut m = HostMasm::new();
    let frame = Frame::new(&[], 0);
    m.prologue(&frame);
    let after = m.new_label();
    m.lea_label(A1, after);
    m.mov(W64, T0, note as *const () as i64);
    m.call_reg(T0);
    m.bind(after);
    m.epilogue(&frame);
    m.ret();
    let code = m.finish().unwrap();
    let mut arena = Arena::new(1).unwrap();
    arena.install(&constant(1)).unwrap();
    let placed = arena.install(&code).unwrap();
    let mut noted = 0u64;
    // SAFETY: the generated function has this type.
    let function: extern "C" fn(*mut u64) = unsafe { std::mem::transmute(arena.entry(placed)) };
    function(&raw mut noted);
    let found = arena.find(noted as *const u8);
    assert_eq!(found, Some((placed, code.offset_of(after).unwrap())));
}
