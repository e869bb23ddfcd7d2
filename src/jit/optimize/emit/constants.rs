//! The constants of the value encoding: they have registers in all code, but where the values
//! of a graph are worth more there, they are words in memory.

use super::super::alloc::{self, Allocation, Registers};
use super::super::ir::{B, Class, Graph, Op, V};
use super::Emit;
use crate::jit::regs::*;
use crate::jit::templates::{add_constant, box_float_by, branch_constant, sub_constant};
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// The cost of an allocation from which on another may be better.
const LEAST_COST: u64 = 16;

/// Registers that an operation may need at once.
const LEAST_REGISTERS: u8 = 4;

/// The registers of a graph, at most so many of each kind unless that is 0. Where its loops
/// have more values than there are registers, and call nothing, those of the constants are
/// worth more to it than these, which then are operands in memory.
pub fn allocate<M: Masm>(g: &Graph, most: u8) -> Allocation {
    let most = match most {
        0 => u8::MAX,
        most => most.max(LEAST_REGISTERS),
    };
    let registers = |all: Vec<Gpr>| Registers {
        general: most.min(all.len() as u8),
        floats: most.min(12),
    };
    let (few, many) = (
        registers(free_registers::<M>()),
        registers(optimized_registers::<M>()),
    );
    let with_few = alloc::allocate(g, few);
    if many.general == few.general || !has_loops_only(g) {
        return with_few;
    }
    let cost = alloc::cost(g, &with_few, |_| 0);
    if cost < LEAST_COST {
        return with_few;
    }
    let with_many = alloc::allocate(g, many);
    match alloc::cost(g, &with_many, |v| uses_of_constants(g.inst(v).op)) < cost {
        true => with_many,
        false => with_few,
    }
}

/// Whether a graph has loops and, but for rare parts, no calls of functions: each would have
/// the constants' registers given back.
fn has_loops_only(g: &Graph) -> bool {
    let calls = |b: &B| {
        let block = g.block(*b);
        let is_call = |v: &V| {
            let op = g.inst(*v).op;
            matches!(op, Op::CallDirect | Op::CallValue | Op::CallMethod)
        };
        !block.cold && block.insts.iter().any(is_call)
    };
    g.order.iter().any(|&b| g.block(b).head) && !g.order.iter().any(calls)
}

/// The constants of the value encoding that an operation's code reads, if all goes well.
fn uses_of_constants(op: Op) -> u64 {
    match op {
        Op::GuardInt | Op::UnboxInt | Op::GuardFloat | Op::NumberToFloat | Op::Length => 1,
        Op::BoxInt | Op::BoxIntChecked | Op::BoxFloat | Op::GetIndex | Op::SetIndex => 2,
        Op::Mixed => 3,
        op if op.class() == Class::Call => 3,
        _ => 0,
    }
}

impl<M: Masm> Emit<'_, M> {
    /// Gives the constants of the value encoding their registers back: all other code has
    /// them there.
    pub(super) fn restore_constants(&mut self) {
        for (gpr, place) in CONSTANTS {
            if self.constants.tag != Constant::Register(TAG) {
                self.m.load(Load::W64, gpr, place);
            }
        }
    }

    pub(super) fn branch_tag(&mut self, cond: Cond, v: Gpr, to: Label) {
        branch_constant(self.m, cond, v, self.constants.tag, to);
    }

    pub(super) fn add_offset(&mut self, to: Gpr, from: Gpr) {
        add_constant(self.m, to, from, self.constants.offset);
    }

    pub(super) fn sub_offset(&mut self, to: Gpr, from: Gpr) {
        sub_constant(self.m, to, from, self.constants.offset);
    }

    pub(super) fn sub_double(&mut self, to: Gpr, from: Gpr) {
        sub_constant(self.m, to, from, self.constants.double);
    }

    pub(super) fn box_float(&mut self, to: Gpr, from: Fpr) {
        box_float_by(self.m, self.constants, to, from);
    }
}
