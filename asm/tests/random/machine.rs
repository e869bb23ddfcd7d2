//! The host as a machine for one operation: all registers are loaded, the
//! operation runs, all registers are stored.

use std::cell::RefCell;
use std::mem::offset_of;

use ruff_asm::prelude::*;
use ruff_asm::{Arena, HostMasm};

use crate::op::Op;

/// Everything an operation can see.
#[repr(C)]
#[derive(Clone, Debug)]
pub struct State {
    pub gprs: [u64; GPRS],
    pub floats: [u64; FLOATS.len()],
    pub taken: u64,
    pub memory: [u8; 64],
}

impl State {
    pub fn memory_address(&self) -> u64 {
        self.memory.as_ptr() as u64
    }

    /// A field as the address that generated code uses.
    fn gpr(base: Gpr, reg: Gpr) -> Mem {
        Mem::new(base, (offset_of!(State, gprs) + reg.index() * 8) as i32)
    }

    fn float(base: Gpr, reg: Fpr) -> Mem {
        Mem::new(base, (offset_of!(State, floats) + reg.index() * 8) as i32)
    }
}

/// Every register that code may use.
pub fn gprs() -> Vec<Gpr> {
    [HostMasm::CALLER_SAVED, HostMasm::CALLEE_SAVED].concat()
}

fn emit(m: &mut HostMasm, op: &Op) {
    let frame = Frame::new(HostMasm::CALLEE_SAVED, 3);
    let (at, spilled, taken) = (frame.slot(0), frame.slot(1), frame.slot(2));
    let (branched, done) = (m.new_label(), m.new_label());

    m.prologue(&frame);
    m.store(Size::B8, at, A0);
    m.store_imm(Size::B8, taken, 0);
    for reg in FLOATS {
        m.load_float(reg, State::float(A0, reg));
    }
    for reg in gprs().into_iter().filter(|&reg| reg != A0) {
        m.load(Load::W64, reg, State::gpr(A0, reg));
    }
    m.load(Load::W64, A0, State::gpr(A0, A0));

    op.emit(m, branched);
    m.jump(done);
    m.bind(branched);
    m.store_imm(Size::B8, taken, 1);
    m.bind(done);

    m.store(Size::B8, spilled, T0);
    m.load(Load::W64, T0, at);
    for reg in gprs().into_iter().filter(|&reg| reg != T0) {
        m.store(Size::B8, State::gpr(T0, reg), reg);
    }
    for reg in FLOATS {
        m.store_float(State::float(T0, reg), reg);
    }
    m.load(Load::W64, A0, spilled);
    m.store(Size::B8, State::gpr(T0, T0), A0);
    m.load(Load::W64, A0, taken);
    m.store(Size::B8, Mem::new(T0, offset_of!(State, taken) as i32), A0);
    m.epilogue(&frame);
    m.ret();
}

/// Runs one operation.
pub fn run(op: &Op, state: &mut State) {
    thread_local! {
        static ARENA: RefCell<Arena> = RefCell::new(Arena::new(1 << 20).unwrap());
    }
    let mut m = HostMasm::new();
    emit(&mut m, op);
    let finished = m.finish().unwrap();
    ARENA.with_borrow_mut(|arena| {
        let code = arena.install(&finished).unwrap();
        // SAFETY: `emit` made a function of this type.
        let function: extern "C" fn(&mut State) = unsafe { std::mem::transmute(arena.entry(code)) };
        function(state);
        // SAFETY: it has returned, and its address is known here only.
        unsafe { arena.free(code) };
    });
}
