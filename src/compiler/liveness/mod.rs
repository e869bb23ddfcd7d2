//! Finds where variables die, and turns copies there into moves. A backward
//! data flow over basic blocks gives the registers that are still read later;
//! every instruction that stores a variable's value, passes it to a call or
//! extends it in place is then decided with that. Code generation has said of
//! each whether it may be decided at all ([`Own`]). The native tiers are told what is
//! live where loops are entered.

mod cleanup;
mod effects;
mod flow;

use super::hash::Map;
use super::ir::{Body, CaptureUse, Ins, Label, Own};
use crate::bytecode::Op;
use crate::bytecode::op::{CONSUME, LAST_USE, SHARE, SHARE_BORROWED, simple};
use flow::Flow;
use std::rc::Rc;

/// Above this many bits of sets every copy stays a copy, which is only slower.
const MAX_BITS: usize = 1 << 30;

/// Decides copies and moves, then removes what does nothing. Gives back the
/// captures whose variable dies where the closure is made.
pub fn run(body: &mut Body) -> Vec<CaptureUse> {
    cleanup::remove_dead_code(body);
    let mut flow = Flow::new(body);
    let mut moved = Vec::new();
    if let Some(live_out) = flow.solve(body, MAX_BITS) {
        let heads = loop_heads(body);
        Decider::new(body, &mut moved, heads).run(&flow, live_out);
        body.heads.reverse();
    }
    body.owned_params &= params_mask(body.params);
    moved
}

/// Whether each instruction is a loop's head: jumped to from below, or the test that
/// a counted loop begins with.
fn loop_heads(body: &Body) -> Vec<bool> {
    let mut heads = vec![false; body.ins.len() + 1];
    for (index, ins) in body.ins.iter().enumerate() {
        if ins.target == Label::NONE {
            continue;
        }
        let to = body.at(ins.target);
        if to <= index || matches!(ins.op, Op::RangeInit | Op::IterInit) {
            heads[to] = true;
        }
    }
    heads
}

fn params_mask(params: u16) -> u8 {
    if params >= 8 {
        u8::MAX
    } else {
        (1 << params) - 1
    }
}

struct Decider<'b> {
    body: &'b mut Body,
    moved: &'b mut Vec<CaptureUse>,
    /// The call that an argument in this register belongs to.
    calls: Vec<Option<Rc<Call>>>,
    heads: Vec<bool>,
}

/// A call that has been decided.
struct Call {
    at: usize,
    /// The registers that are read after it.
    live: Box<[u64]>,
}

impl<'b> Decider<'b> {
    fn new(body: &'b mut Body, moved: &'b mut Vec<CaptureUse>, heads: Vec<bool>) -> Decider<'b> {
        let calls = vec![None; usize::from(body.registers) + 1];
        Decider {
            body,
            moved,
            calls,
            heads,
        }
    }

    fn run(mut self, flow: &Flow, mut live_out: flow::Sets) {
        for block in (0..flow.blocks.len()).rev() {
            let (start, end) = flow.range(block);
            let live = live_out.get_mut(block);
            let held = flow.held(block);
            for index in (start..end).rev() {
                // The registers that a handler reads are live wherever it may
                // be called.
                let throws = self.body.ins[index].op.may_throw();
                if throws {
                    flow::union(live, held);
                }
                self.decide(index, live);
                flow::before(self.body, index, live);
                if throws {
                    // It may have been called before the instruction wrote anything.
                    flow::union(live, held);
                }
            }
            if self.heads[start] {
                flow::union(live, held);
                let registers = 0..self.body.registers;
                let live = registers.filter(|&one| flow::contains(live, one));
                self.body.heads.push((start as u32, live.collect()));
            }
        }
    }

    fn decide(&mut self, index: usize, live: &[u64]) {
        let ins = self.body.ins[index];
        if let Some(window) = effects::call_window(self.body, index) {
            let call = Rc::new(Call {
                at: index,
                live: live.into(),
            });
            for register in window {
                if let Some(place) = self.calls.get_mut(usize::from(register)) {
                    *place = Some(call.clone());
                }
            }
        }
        let dead = |register: u16| !flow::contains(live, register);
        let share = ins.flags & SHARE != 0;
        match ins.op {
            Op::Copy if share && ins.a != ins.b && dead(ins.b) => match self.dying(&ins) {
                Dying::Moves => {
                    let ins = &mut self.body.ins[index];
                    ins.op = Op::Move;
                    ins.flags &= !SHARE;
                    ins.own = Own::Plain;
                }
                Dying::MovesIfLent => self.lent(index),
                Dying::Stays => {}
            },
            Op::Return | Op::SetGlobal | Op::SetCaptureCell if share && dead(ins.a) => {
                self.drop_share(index);
            }
            Op::SetCell if share && dead(ins.b) => self.drop_share(index),
            Op::SetField | Op::SetIndex if share && ins.a != ins.c && dead(ins.c) => {
                self.drop_share(index);
            }
            // A parameter's part stays marked: were it to move, callers would have to
            // lend what most functions only read.
            Op::GetField | Op::GetIndex | Op::GetIndexI | Op::GetPart
                if share && ins.own == Own::Local && (ins.a == ins.b || dead(ins.b)) =>
            {
                self.body.ins[index].flags |= LAST_USE;
            }
            Op::Move if ins.own != Own::Plain && (dead(ins.b) || self.dies_by_call(index)) => {
                self.give_up(index);
            }
            Op::Move if self.ends_receiver(index) && dead(ins.a) => {
                let call = self.body.ins[index - 1];
                if self.dying(&call) != Dying::Stays {
                    self.own_param(&call, ins.a);
                    self.body.ins[index - 1].flags &= !1;
                }
            }
            Op::Add
                if ins.b != ins.c
                    && (ins.a == ins.b || dead(ins.b))
                    && self.dying(&ins) != Dying::Stays =>
            {
                self.own_param(&ins, ins.b);
                self.body.ins[index].flags |= CONSUME;
            }
            Op::Share => self.returned_receiver(index, live),
            Op::Closure | Op::MakeType => self.captures(index, live),
            _ => {}
        }
    }

    /// Whether the instruction stores what a call has left of a variable that it was
    /// called on.
    fn ends_receiver(&self, index: usize) -> bool {
        index > 0 && self.body.ins[index - 1].op == Op::CallMethodPlace
    }

    /// A method's result may be its receiver, and so is shared with the variable that it was
    /// called on. Where that dies, as in `return xs.push(x)`, only what a caller lent is.
    fn returned_receiver(&mut self, index: usize, live: &[u64]) {
        let Some(at) = index.checked_sub(2) else {
            return;
        };
        let [call, stored, share] = [at, at + 1, index].map(|at| self.body.ins[at]);
        let is_result = call.op == Op::CallMethodPlace
            && call.a == share.a
            && stored.op == Op::Move
            && stored.b == call.a + 1
            && !flow::contains(live, stored.a);
        if !is_result || self.dying(&call) == Dying::Stays {
            return;
        }
        if let Some(next) = self.body.ins.get_mut(index + 1)
            && next.op == Op::Return
            && next.a == share.a
        {
            next.flags |= SHARE_BORROWED;
            self.own_param(&call, stored.a);
            let share = &mut self.body.ins[index];
            (share.op, share.a) = (Op::Nop, 0);
        }
    }

    fn dying(&self, ins: &Ins) -> Dying {
        match ins.own {
            Own::Local => Dying::Moves,
            Own::Param => Dying::MovesIfLent,
            Own::Plain | Own::Never => Dying::Stays,
        }
    }

    fn drop_share(&mut self, index: usize) {
        match self.dying(&self.body.ins[index]) {
            Dying::Moves => self.body.ins[index].flags &= !SHARE,
            Dying::MovesIfLent => self.lent(index),
            Dying::Stays => {}
        }
    }

    /// A parameter moves on: only what a caller lent must be marked.
    fn lent(&mut self, index: usize) {
        let ins = &mut self.body.ins[index];
        ins.flags = ins.flags & !SHARE | SHARE_BORROWED;
        let register = match ins.op {
            Op::Copy | Op::SetCell => ins.b,
            Op::SetField | Op::SetIndex => ins.c,
            _ => ins.a,
        };
        self.body.owned_params |= bit(register);
    }

    fn own_param(&mut self, ins: &Ins, register: u16) {
        if ins.own == Own::Param {
            self.body.owned_params |= bit(register);
        }
    }

    /// The call that has an argument, and which argument it is.
    fn call_with(&self, argument: u16) -> Option<(&Rc<Call>, u16)> {
        let call = self.calls.get(usize::from(argument))?.as_ref()?;
        let number = argument.checked_sub(self.body.ins[call.at].a + 1)?;
        Some((call, number))
    }

    /// Whether the variable of an argument is read by later arguments only, and those leave
    /// no part of it among the arguments.
    fn dies_by_call(&self, index: usize) -> bool {
        /// Instructions of later arguments that are looked at.
        const MOST: usize = 200;
        let ins = &self.body.ins[index];
        let Some((call, number @ ..8)) = self.call_with(ins.a) else {
            return false;
        };
        if call.at <= index || call.at - index > MOST || flow::contains(&call.live, ins.b) {
            return false;
        }
        let flags = self.body.ins[call.at].flags;
        let first = ins.a - number;
        let is_kept = |register: u16| {
            let number = register.checked_sub(first);
            number.is_some_and(|number| number < 8 && flags & 1 << number != 0)
        };
        (index + 1..call.at).all(|at| {
            let other = &self.body.ins[at];
            let is_other_variable = other.op == Op::Move && other.b != ins.b;
            // Nothing of these takes the value over.
            let looks = match other.op {
                Op::Move => other.own == Own::Never,
                Op::GetIndex | Op::GetIndexI | Op::GetField => true,
                _ => false,
            };
            let mut is_fine = true;
            effects::uses(self.body, at, &mut |register| {
                is_fine &= register != ins.b || looks;
            });
            effects::kills(self.body, at, &mut |register| {
                is_fine &= register != ins.b && (is_other_variable || !is_kept(register));
            });
            is_fine
        })
    }

    /// An argument whose variable dies as it is passed.
    fn give_up(&mut self, index: usize) {
        let ins = self.body.ins[index];
        if self.dying(&ins) == Dying::Stays {
            return;
        }
        let Some((call, at)) = self.call_with(ins.a) else {
            return;
        };
        let call_at = call.at;
        if at < 8 {
            self.body.ins[call_at].flags &= !(1 << at);
            self.own_param(&ins, ins.b);
            return;
        }
        // Beyond the masks it needs no loan.
        let lends = |one: &&mut Ins| one.op == Op::Lend && one.b == ins.a;
        if let Some(lend) = self.body.ins[index..call_at].iter_mut().find(lends) {
            lend.op = Op::LoadSimple;
            lend.b = simple::NULL;
            self.own_param(&ins, ins.b);
        }
    }

    fn captures(&mut self, index: usize, live: &[u64]) {
        let Some(uses) = self.body.capture_uses.get(&(index as u32)) else {
            return;
        };
        let mut counts: Map<u16, u32> = Map::default();
        for one in uses {
            *counts.entry(one.register).or_default() += 1;
        }
        for one in uses {
            let only = counts[&one.register] == 1;
            if one.own == Own::Local && only && !flow::contains(live, one.register) {
                self.moved.push(*one);
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Dying {
    Moves,
    MovesIfLent,
    Stays,
}

/// The bit of a parameter. The last stands for all from there on.
fn bit(register: u16) -> u8 {
    1 << register.min(7)
}
