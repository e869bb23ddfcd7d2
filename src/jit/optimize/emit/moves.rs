//! Moves between registers, slots and constants.

use super::{Emit, X1};
use crate::jit::optimize::alloc::{FLOAT, Loc, Move, moves};
use ruff_asm::prelude::*;
use ruff_asm::reg::FLOATS;

impl<M: Masm> Emit<'_, M> {
    pub(super) fn do_move(&mut self, from: Loc, to: Loc) {
        match (from, to) {
            (Loc::Const(v), Loc::Reg(register)) if register >= FLOAT => {
                let to = FLOATS[usize::from(register - FLOAT)];
                let value = f64::from_bits(self.g.inst(v).imm);
                self.m.float_const(to, value);
            }
            (Loc::Const(v), Loc::Reg(register)) => {
                let to = self.general[usize::from(register)];
                self.load_constant(to, v);
            }
            (Loc::Slot(v), Loc::Reg(register)) if register >= FLOAT => {
                let to = FLOATS[usize::from(register - FLOAT)];
                let place = self.slot_of(v);
                self.m.load_float(to, place);
            }
            (Loc::Slot(v), Loc::Reg(register)) => {
                let to = self.general[usize::from(register)];
                let place = self.slot_of(v);
                self.m.load(Load::W64, to, place);
            }
            (Loc::Reg(from), Loc::Reg(to)) if from >= FLOAT => {
                let from = FLOATS[usize::from(from - FLOAT)];
                self.m.mov_float(FLOATS[usize::from(to - FLOAT)], from);
            }
            (Loc::Reg(from), Loc::Reg(to)) => {
                let from = self.general[usize::from(from)];
                self.m.mov(W64, self.general[usize::from(to)], from);
            }
            (Loc::Reg(from), Loc::Slot(to)) => {
                let slot = self.a.slots[to.index()].expect("it has a slot");
                self.store_slot(slot, from);
            }
            (from, Loc::Slot(to)) => {
                let v = match from {
                    Loc::Const(v) | Loc::Slot(v) => v,
                    Loc::Reg(_) => unreachable!("above"),
                };
                self.load_to(T0, v, from);
                let place = self.slot_of(to);
                self.m.store(Size::B8, place, T0);
            }
            (_, Loc::Const(_)) => unreachable!("a constant is no place"),
        }
    }

    /// Moves that happen at once.
    pub(super) fn parallel(&mut self, all: &[Move]) {
        let slots = &self.a.slots;
        let same = |a: Loc, b: Loc| match (a, b) {
            (Loc::Slot(a), Loc::Slot(b)) => slots[a.index()] == slots[b.index()],
            (a, b) => a == b,
        };
        let mut floats = false;
        for step in moves::sequence(all, same) {
            match step {
                moves::Step::Move(from, to) => self.do_move(from, to),
                moves::Step::Keep(from) => {
                    floats = matches!(from, Loc::Reg(register) if register >= FLOAT);
                    match from {
                        Loc::Reg(register) if floats => {
                            let fpr = FLOATS[usize::from(register - FLOAT)];
                            self.m.mov_float(X1, fpr);
                        }
                        Loc::Reg(register) => {
                            self.m.mov(W64, T1, self.general[usize::from(register)]);
                        }
                        Loc::Slot(v) => {
                            let place = self.slot_of(v);
                            self.m.load(Load::W64, T1, place);
                        }
                        Loc::Const(_) => unreachable!("nothing overwrites a constant"),
                    }
                }
                moves::Step::Restore(to) => match to {
                    Loc::Reg(register) if register >= FLOAT => {
                        let fpr = FLOATS[usize::from(register - FLOAT)];
                        if floats {
                            self.m.mov_float(fpr, X1);
                        } else {
                            self.m.float_from_bits(fpr, T1);
                        }
                    }
                    Loc::Reg(register) => {
                        self.m.mov(W64, self.general[usize::from(register)], T1);
                    }
                    Loc::Slot(v) => {
                        let place = self.slot_of(v);
                        if floats {
                            self.m.store_float(place, X1);
                        } else {
                            self.m.store(Size::B8, place, T1);
                        }
                    }
                    Loc::Const(_) => unreachable!("a constant is no place"),
                },
            }
        }
    }
}
