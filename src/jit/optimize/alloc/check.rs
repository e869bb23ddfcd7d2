//! Checks an allocation by carrying out its moves on names: wherever something is read,
//! the value that is meant must be there.

use super::super::ir::{B, Class, End, Graph, Rep, V};
use super::moves::{Step, sequence};
use super::{Allocation, FLOAT, Loc, Move, is_undone};

/// The contents of registers and slots.
#[derive(Clone, PartialEq)]
struct Contents {
    registers: Vec<Option<V>>,
    slots: Vec<Option<V>>,
}

impl Contents {
    fn meet(&mut self, other: &Contents) {
        let pairs = self.registers.iter_mut().zip(&other.registers);
        for (mine, theirs) in pairs.chain(self.slots.iter_mut().zip(&other.slots)) {
            if mine != theirs {
                *mine = None;
            }
        }
    }
}

struct Checker<'a> {
    g: &'a Graph,
    a: &'a Allocation,
    now: Contents,
}

/// Says what is wrong with an allocation.
///
/// # Errors
/// With the first thing found.
pub fn check(g: &Graph, a: &Allocation) -> Result<(), String> {
    let empty = Contents {
        registers: vec![None; 64],
        slots: vec![None; a.slot_count as usize],
    };
    let mut starts: Vec<Option<Contents>> = vec![None; g.blocks.len()];
    for (_, entry) in &g.entries {
        starts[entry.index()] = Some(empty.clone());
    }
    // First what holds at the start of each block, then whether it suffices.
    for last in [false, true] {
        let mut changed = true;
        while changed {
            changed = false;
            for &b in &g.order {
                let Some(start) = starts[b.index()].clone() else {
                    continue;
                };
                let mut checker = Checker { g, a, now: start };
                let result = checker.block(b);
                if last {
                    result?;
                }
                for next in g.successors(b) {
                    let mut there = checker.now.clone();
                    if let End::Jump(edge) = &g.block(b).end {
                        let arrived = checker.arrive(b, edge.to, &edge.args, &mut there);
                        if last {
                            arrived?;
                        }
                    }
                    let known = &mut starts[next.index()];
                    let met = match known {
                        Some(known) => {
                            let mut met = known.clone();
                            met.meet(&there);
                            met
                        }
                        None => there,
                    };
                    if known.as_ref() != Some(&met) {
                        *known = Some(met);
                        changed = true;
                    }
                }
            }
            if last {
                break;
            }
        }
    }
    Ok(())
}

impl Checker<'_> {
    fn constant(&self, v: V) -> bool {
        self.g.inst(v).op.is_constant()
    }

    fn slot(&self, v: V) -> Option<usize> {
        self.a.slots[v.index()].map(|slot| slot as usize)
    }

    fn at(&self, loc: Loc) -> Option<V> {
        match loc {
            Loc::Reg(register) => self.now.registers[usize::from(register)],
            Loc::Slot(v) => self.now.slots[self.slot(v)?],
            Loc::Const(v) => Some(v),
        }
    }

    fn write(&mut self, loc: Loc, v: Option<V>) {
        match loc {
            Loc::Reg(register) => self.now.registers[usize::from(register)] = v,
            Loc::Slot(of) => {
                if let Some(slot) = self.slot(of) {
                    self.now.slots[slot] = v;
                }
            }
            Loc::Const(_) => {}
        }
    }

    fn expect(&self, what: &str, by: V, v: V, loc: Loc) -> Result<(), String> {
        if self.at(loc) == Some(v) {
            return Ok(());
        }
        let there = self.at(loc).map(|v| v.0);
        Err(format!(
            "v{}: {what} v{} is not in {loc:?}, which has {there:?}",
            by.0, v.0
        ))
    }

    fn moves(&mut self, moves: &[Move]) {
        let slots = &self.a.slots;
        let same = |a: Loc, b: Loc| match (a, b) {
            (Loc::Slot(a), Loc::Slot(b)) => slots[a.index()] == slots[b.index()],
            (a, b) => a == b,
        };
        let mut kept = None;
        for step in sequence(moves, same) {
            match step {
                Step::Move(from, to) => {
                    let v = self.at(from);
                    self.write(to, v);
                }
                Step::Keep(from) => kept = self.at(from),
                Step::Restore(to) => self.write(to, kept),
            }
        }
    }

    /// A value is defined: it goes to its slot too.
    fn define(&mut self, v: V, register: Option<u8>) {
        if let Some(register) = register {
            self.now.registers[usize::from(register)] = Some(v);
        }
        if let Some(slot) = self.slot(v) {
            self.now.slots[slot] = Some(v);
        }
    }

    fn block(&mut self, b: B) -> Result<(), String> {
        let mut result = Ok(());
        let mut note = |one: Result<(), String>| {
            if result.is_ok() {
                result = one;
            }
        };
        let block = self.g.block(b);
        for &(register, v) in &self.a.entries[b.index()] {
            note(self.expect("at the start", v, v, Loc::Reg(register)));
        }
        for &v in &block.insts {
            let given = &self.a.insts[v.index()];
            for one in &given.moves {
                let moved = self.at(one.from);
                if let Loc::Slot(of) | Loc::Const(of) = one.from {
                    note(self.expect("moved", v, of, one.from));
                }
                self.write(one.to, moved);
            }
            let inst = self.g.inst(v);
            let apart = matches!(inst.op.class(), Class::Guard | Class::Cold);
            for (&arg, &loc) in self.g.args(v).iter().zip(&given.args) {
                note(self.expect("operand", v, arg, loc));
                let undone = is_undone(inst.op) && arg == self.g.arg(v, 0);
                if apart && !undone && given.result.is_some_and(|result| loc == Loc::Reg(result)) {
                    note(Err(format!("v{} overwrites its operand", v.0)));
                }
            }
            for &(value, loc) in &given.states {
                note(self.expect("state", v, value, loc));
                let undone = is_undone(inst.op) && value == self.g.arg(v, 0);
                if apart
                    && !undone
                    && let (Loc::Reg(register), Some(result)) = (loc, given.result)
                    && register == result
                {
                    note(Err(format!("v{} overwrites its state", v.0)));
                }
            }
            if inst.op.class() == Class::Call {
                self.now.registers.fill(None);
            }
            if inst.rep != Rep::None && !self.a.fused[v.index()] && !self.constant(v) {
                self.define(v, given.result);
            }
        }
        if let End::If(v, ..) = &block.end {
            for one in &self.a.edges[b.index()] {
                let moved = self.at(one.from);
                self.write(one.to, moved);
            }
            if let Some(loc) = self.a.ends[b.index()] {
                note(self.expect("condition", *v, *v, loc));
            }
        }
        if let (End::Return(v), Some(loc)) = (&block.end, self.a.ends[b.index()]) {
            note(self.expect("result", *v, *v, loc));
        }
        result
    }

    /// Does an edge's moves, after which parameters are where they should be.
    fn arrive(&mut self, from: B, to: B, args: &[V], there: &mut Contents) -> Result<(), String> {
        let before = self.now.clone();
        let moves = self.a.edges[from.index()].clone();
        self.moves(&moves);
        let mut result = Ok(());
        let params = &self.g.block(to).params;
        let places = &self.a.params[to.index()];
        for ((&param, &arg), &place) in params.iter().zip(args).zip(places) {
            let has = self.at(place) == Some(arg) || self.constant(arg) && self.at(place).is_some();
            if !has && result.is_ok() {
                result = Err(format!("v{} does not come to v{}", arg.0, param.0));
            }
        }
        for (&param, &place) in params.iter().zip(places) {
            self.write(place, Some(param));
            self.define(param, None);
            debug_assert!(!matches!(place, Loc::Reg(r) if r >= FLOAT + 32));
        }
        *there = std::mem::replace(&mut self.now, before);
        result
    }
}
