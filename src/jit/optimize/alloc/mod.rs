//! Register allocation: one pass forward over the blocks, in an order in which a block
//! comes after those that dominate it. The registers' contents where a block begins are
//! decided by the first way that leads there; the others make it so by moves. A value
//! that loses its register, or is alive across a call, has a slot: it is stored there
//! once, after its definition, and so is good from there on. Constants are made again.
//!
//! # Invariants
//! * A value is in at most one register at a time, and in its slot if it has one.
//! * Uses by states never take a register from another value.

pub mod check;
mod cost;
mod lives;
pub mod moves;

use super::ir::{B, Class, End, Graph, Op, Rep, V};
pub use cost::cost;
use lives::Lives;

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Loc {
    /// General registers from 0, floats from [`FLOAT`].
    Reg(u8),
    /// The slot of that value.
    Slot(V),
    /// It is a constant.
    Const(V),
}

/// The number of the first floating point register.
pub const FLOAT: u8 = 32;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    pub from: Loc,
    pub to: Loc,
}

/// The places that an instruction has been given.
#[derive(Clone, Default, Debug)]
pub struct Given {
    /// Done first, one after the other.
    pub moves: Vec<Move>,
    pub args: Vec<Loc>,
    pub result: Option<u8>,
    /// Where the values of its states are.
    pub states: Vec<(V, Loc)>,
    /// Registers that hold something across it.
    pub live: Vec<u8>,
}

#[derive(Clone, Default, Debug)]
pub struct Allocation {
    pub insts: Vec<Given>,
    /// By block: the moves at its end, all at once, and where what its end uses is.
    pub edges: Vec<Vec<Move>>,
    pub ends: Vec<Option<Loc>>,
    /// By block: where its parameters are.
    pub params: Vec<Vec<Loc>>,
    /// By block: what is in registers where it begins.
    pub entries: Vec<Vec<(u8, V)>>,
    /// By value: its slot.
    pub slots: Vec<Option<u32>>,
    pub slot_count: u32,
    /// How many general registers it has, from 0 on.
    pub general: u8,
    /// The most registers that are kept across a rare call.
    pub saves: u32,
    /// A comparison that only its block's end uses, and that has no register.
    pub fused: Vec<bool>,
}

/// How many registers there are.
#[derive(Clone, Copy, Debug)]
pub struct Registers {
    pub general: u8,
    pub floats: u8,
}

/// How an operation wants an operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Want {
    Register,
    /// A register, or a constant.
    Immediate,
    /// A register, a constant, or a slot.
    Memory,
    /// Whatever there is.
    Any,
}

fn wanted(op: Op, number: usize) -> Want {
    match (op, number) {
        (Op::Compare | Op::GuardBounds, 1) => Want::Memory,
        (
            Op::Add
            | Op::Sub
            | Op::Mul
            | Op::And
            | Op::Or
            | Op::Xor
            | Op::Shl
            | Op::Shr
            | Op::ShrWord
            | Op::DivWord
            | Op::RemWord
            | Op::TestBits
            | Op::AddChecked
            | Op::SubChecked
            | Op::MulChecked
            | Op::ShlChecked
            | Op::Div
            | Op::Rem
            | Op::LoadElement
            | Op::StoreElement
            | Op::SameBits
            | Op::EqualsConst,
            1,
        ) => Want::Immediate,
        (Op::Sub | Op::SubChecked, 0) => Want::Immediate,
        (Op::StoreElement, 2 | 3) | (Op::LoadElement, 2) => Want::Any,
        (Op::StoreField | Op::StoreCell, 1) | (Op::StoreGlobal | Op::StoreReg, 0) => Want::Any,
        (Op::NewArray | Op::NewDict | Op::NewTagged, _) => Want::Any,
        (Op::NewStruct, 1..) => Want::Any,
        _ => Want::Register,
    }
}

/// Whether an operation that leaves in its middle can be undone then, so that its result may
/// take the place of its first operand.
pub fn is_undone(op: Op) -> bool {
    matches!(op, Op::AddChecked | Op::SubChecked)
}

/// Allocates registers for a graph.
pub fn allocate(graph: &Graph, registers: Registers) -> Allocation {
    let lives = Lives::new(graph);
    let count = graph.insts.len();
    let blocks = graph.blocks.len();
    let mut scan = Scan {
        g: graph,
        lives,
        registers,
        held: [None; 64],
        place: vec![NOWHERE; count],
        spilled: vec![false; count],
        hints: vec![NOWHERE; count],
        entered: vec![false; blocks],
        at: 0,
        out: Allocation {
            insts: vec![Given::default(); count],
            edges: vec![Vec::new(); blocks],
            ends: vec![None; blocks],
            params: vec![Vec::new(); blocks],
            entries: vec![Vec::new(); blocks],
            slots: vec![None; count],
            fused: vec![false; count],
            ..Allocation::default()
        },
    };
    scan.fuse();
    for &b in &graph.order {
        scan.block(b);
    }
    scan.assign_slots();
    scan.out
}

const NOWHERE: u8 = u8::MAX;

struct Scan<'a> {
    g: &'a Graph,
    lives: Lives,
    registers: Registers,
    held: [Option<V>; 64],
    /// By value: its register.
    place: Vec<u8>,
    spilled: Vec<bool>,
    /// By value: the register that it would best be in.
    hints: Vec<u8>,
    entered: Vec<bool>,
    at: u32,
    out: Allocation,
}

impl Scan<'_> {
    fn is_constant(&self, v: V) -> bool {
        self.g.inst(v).op.is_constant()
    }

    /// Finds comparisons that only the end of their block uses, as their last
    /// instruction.
    fn fuse(&mut self) {
        for &b in &self.g.order {
            let block = self.g.block(b);
            if let (End::If(v, ..), Some(&last)) = (&block.end, block.insts.last())
                && *v == last
                && matches!(
                    self.g.inst(last).op,
                    Op::Compare
                        | Op::TestBits
                        | Op::CompareFloat
                        | Op::Same
                        | Op::SameBits
                        | Op::IsTrue
                        | Op::Equal
                        | Op::EqualsConst
                        | Op::StringOrder
                        | Op::StringWithin
                        | Op::HasTag
                        | Op::HasField
                )
                && !self.lives.is_out(b, last)
            {
                self.out.fused[last.index()] = true;
            }
        }
    }

    fn all(&self, float: bool) -> std::ops::Range<u8> {
        if float {
            FLOAT..FLOAT + self.registers.floats
        } else {
            0..self.registers.general
        }
    }

    fn is_float(&self, v: V) -> bool {
        self.g.inst(v).rep.is_float()
    }

    fn put(&mut self, v: V, register: u8) {
        self.held[usize::from(register)] = Some(v);
        self.place[v.index()] = register;
        if register < FLOAT {
            self.out.general = self.out.general.max(register + 1);
        }
    }

    fn free(&mut self, v: V) {
        let register = std::mem::replace(&mut self.place[v.index()], NOWHERE);
        if register != NOWHERE {
            self.held[usize::from(register)] = None;
        }
    }

    /// The value needs its slot.
    fn spill(&mut self, v: V) {
        if !self.is_constant(v) {
            self.spilled[v.index()] = true;
        }
    }

    fn clear(&mut self) {
        for held in &mut self.held {
            if let Some(v) = held.take() {
                self.place[v.index()] = NOWHERE;
            }
        }
    }

    /// A register for a value that is in none, taken from another if there is none free.
    fn take(&mut self, v: V, pinned: u64) -> u8 {
        let hint = self.hints[v.index()];
        let range = self.all(self.is_float(v));
        if hint != NOWHERE && range.contains(&hint) && self.held[usize::from(hint)].is_none() {
            return hint;
        }
        if let Some(free) = range.clone().find(|&r| self.held[usize::from(r)].is_none()) {
            return free;
        }
        let farthest = range
            .filter(|&r| pinned >> r & 1 == 0)
            .max_by_key(|&r| {
                let held = self.held[usize::from(r)].expect("none is free");
                let next = self.lives.next_use(held, self.at);
                (next, self.is_constant(held))
            })
            .expect("an instruction has fewer operands than there are registers");
        let old = self.held[usize::from(farthest)].expect("none is free");
        self.free(old);
        self.spill(old);
        farthest
    }

    /// Where a value is that needs no register.
    fn loc(&mut self, v: V) -> Loc {
        let register = self.place[v.index()];
        if register != NOWHERE {
            Loc::Reg(register)
        } else if self.is_constant(v) {
            Loc::Const(v)
        } else {
            self.spill(v);
            Loc::Slot(v)
        }
    }

    fn block(&mut self, b: B) {
        self.clear();
        for (register, v) in self.out.entries[b.index()].clone() {
            self.put(v, register);
            if !self.lives.is_used_after(v) {
                self.free(v);
            }
        }
        let block = self.g.block(b);
        self.at = self.lives.start(b);
        // Where the values of parameters of the next block would best be.
        if let End::Jump(edge) = &block.end {
            let to = &self.g.block(edge.to).params;
            let known = self.out.params[edge.to.index()].clone();
            for (number, (&arg, &param)) in edge.args.iter().zip(to).enumerate() {
                let place = match known.get(number) {
                    Some(Loc::Reg(register)) => *register,
                    _ => self.hints[param.index()],
                };
                if place != NOWHERE {
                    self.hint(arg, place);
                }
            }
        }
        for &v in &block.insts {
            self.at += 1;
            self.instruction(v);
        }
        self.at += 1;
        match &block.end {
            End::Jump(edge) => self.edge(b, edge.to, &edge.args),
            End::If(v, yes, no) => {
                if !self.out.fused[v.index()] {
                    let mut moves = Vec::new();
                    let register = self.in_register(*v, 0, &mut moves);
                    // In place of moves before the branch.
                    self.out.edges[b.index()] = moves;
                    self.out.ends[b.index()] = Some(Loc::Reg(register));
                }
                for next in [*yes, *no] {
                    let held: Vec<(u8, V)> = self.registers_of(next);
                    self.out.entries[next.index()] = held;
                    self.entered[next.index()] = true;
                }
            }
            End::Return(v) => {
                let loc = self.loc(*v);
                self.out.ends[b.index()] = Some(loc);
            }
            End::Open | End::ToBaseline(_) | End::Never => {}
        }
    }

    /// The values that are in registers now and that a block reads later.
    fn registers_of(&mut self, next: B) -> Vec<(u8, V)> {
        let mut all = Vec::new();
        for register in 0..64u8 {
            if let Some(v) = self.held[usize::from(register)]
                && self.lives.is_in(next, v)
            {
                all.push((register, v));
            }
        }
        all
    }

    /// A value that would best be made in a register, perhaps by way of its operand.
    fn hint(&mut self, v: V, register: u8) {
        let mut v = v;
        for _ in 0..4 {
            if self.hints[v.index()] == NOWHERE {
                self.hints[v.index()] = register;
            }
            // An operation in place.
            match self.g.inst(v).op {
                Op::Refine => v = self.g.arg(v, 0),
                _ => return,
            }
        }
    }

    fn in_register(&mut self, v: V, pinned: u64, moves: &mut Vec<Move>) -> u8 {
        if self.place[v.index()] != NOWHERE {
            return self.place[v.index()];
        }
        let from = self.loc(v);
        let register = self.take(v, pinned);
        moves.push(Move {
            from,
            to: Loc::Reg(register),
        });
        self.put(v, register);
        register
    }

    fn instruction(&mut self, v: V) {
        if self.is_constant(v) {
            // It is made where it is wanted.
            return;
        }
        let inst = self.g.inst(v);
        let args = self.g.args(v).to_vec();
        let mut given = Given::default();
        let mut pinned = 0u64;
        for (number, &arg) in args.iter().enumerate() {
            let place = self.place[arg.index()];
            if place != NOWHERE && wanted(inst.op, number) != Want::Any {
                pinned |= 1 << place;
            }
        }
        for (number, &arg) in args.iter().enumerate() {
            let want = wanted(inst.op, number);
            if matches!(want, Want::Any | Want::Memory)
                || want == Want::Immediate && self.is_constant(arg)
            {
                continue;
            }
            let register = self.in_register(arg, pinned, &mut given.moves);
            pinned |= 1 << register;
        }
        let class = inst.op.class();
        let has_result = inst.rep != Rep::None && !self.out.fused[v.index()];
        // An operation that may leave in its middle gives its result to a
        // register of its own, if it cannot be undone.
        let apart = has_result && matches!(class, Class::Guard | Class::Cold);
        let in_place = is_undone(inst.op)
            && !self.is_constant(args[0])
            && args[0] != args[1]
            && self.lives.deaths(v).contains(&args[0]);
        let result = match in_place {
            true => Some(self.place[args[0].index()]),
            false => apart.then(|| self.take(v, pinned)),
        };
        for (number, &arg) in args.iter().enumerate() {
            let want = wanted(inst.op, number);
            let loc = match want {
                Want::Immediate if self.is_constant(arg) => Loc::Const(arg),
                Want::Any | Want::Memory if self.is_constant(arg) => Loc::Const(arg),
                _ => self.loc(arg),
            };
            given.args.push(loc);
        }
        let mut states = Vec::new();
        self.g.state_values(v, &mut |value| states.push(value));
        states.sort_unstable();
        states.dedup();
        for value in states {
            let loc = self.loc(value);
            given.states.push((value, loc));
        }
        let deaths = self.lives.deaths(v).to_vec();
        if class == Class::Plain
            && self.hints[v.index()] == NOWHERE
            && let Some(&arg) = args.first()
            && deaths.contains(&arg)
        {
            self.hints[v.index()] = self.place[arg.index()];
        }
        for &dead in &deaths {
            self.free(dead);
        }
        if class == Class::Call {
            for register in 0..64 {
                if let Some(held) = self.held[register] {
                    self.spill(held);
                }
            }
            self.clear();
        }
        if has_result {
            let register = match result {
                Some(register) => register,
                None => {
                    let pinned = given.args.iter().fold(0, |pinned, loc| match loc {
                        Loc::Reg(register) if self.held[usize::from(*register)].is_some() => {
                            pinned | 1 << register
                        }
                        _ => pinned,
                    });
                    self.take(v, pinned)
                }
            };
            self.put(v, register);
            given.result = Some(register);
        }
        if has_result && !self.lives.is_used_after(v) {
            self.free(v);
        }
        if class == Class::Cold {
            for register in 0..64u8 {
                if self.held[usize::from(register)].is_some() && Some(register) != given.result {
                    given.live.push(register);
                }
            }
            self.out.saves = self.out.saves.max(given.live.len() as u32);
        }
        self.out.insts[v.index()] = given;
    }

    /// Decides what is in registers where a block begins, or makes it so.
    fn edge(&mut self, from: B, to: B, args: &[V]) {
        if !std::mem::replace(&mut self.entered[to.index()], true) {
            if self.g.block(to).head {
                self.decide_loop(to, args);
            } else {
                self.decide(to, args);
            }
        }
        let mut moves = Vec::new();
        for (register, v) in self.out.entries[to.index()].clone() {
            if self.g.block(to).params.contains(&v) {
                continue;
            }
            let loc = self.loc(v);
            if loc != Loc::Reg(register) {
                moves.push(Move {
                    from: loc,
                    to: Loc::Reg(register),
                });
            }
        }
        for (place, &arg) in self.out.params[to.index()].clone().into_iter().zip(args) {
            let loc = self.loc(arg);
            if loc != place {
                moves.push(Move {
                    from: loc,
                    to: place,
                });
            }
        }
        // A value that the block does not find in a register, it finds in its
        // slot.
        let entry = self.out.entries[to.index()].clone();
        for v in self.lives.all_in(to) {
            if !entry.iter().any(|(_, held)| *held == v) {
                self.spill(v);
            }
        }
        self.out.edges[from.index()] = moves;
    }

    fn decide(&mut self, to: B, args: &[V]) {
        let held = self.registers_of(to);
        self.give_params(to, args, held);
    }

    /// Gives parameters registers, beside those that are in use.
    fn give_params(&mut self, to: B, args: &[V], mut held: Vec<(u8, V)>) {
        let params = self.g.block(to).params.clone();
        let mut used = held.iter().fold(0u64, |used, (r, _)| used | 1 << r);
        let mut places = vec![None; params.len()];
        // Those whose argument is in a register that becomes free stay there.
        for (number, (&param, &arg)) in params.iter().zip(args).enumerate() {
            let place = self.place[arg.index()];
            if place != NOWHERE
                && used >> place & 1 == 0
                && self.is_float(arg) == self.is_float(param)
            {
                used |= 1 << place;
                places[number] = Some(place);
            }
        }
        for (number, &param) in params.iter().enumerate() {
            if places[number].is_none() {
                let mut range = self.all(self.is_float(param));
                if let Some(free) = range.find(|&r| used >> r & 1 == 0) {
                    used |= 1 << free;
                    places[number] = Some(free);
                }
            }
        }
        let mut locs = Vec::new();
        for (&param, place) in params.iter().zip(places) {
            match place {
                Some(register) => {
                    held.push((register, param));
                    self.hints[param.index()] = register;
                    locs.push(Loc::Reg(register));
                }
                None => {
                    self.spill(param);
                    locs.push(Loc::Slot(param));
                }
            }
        }
        // The values that come back from the loop's end are best made there.
        for &pred in &self.g.block(to).preds {
            if let End::Jump(edge) = &self.g.block(pred).end {
                for (&arg, loc) in edge.args.iter().zip(&locs) {
                    if let (Loc::Reg(register), NOWHERE) = (*loc, self.hints[arg.index()]) {
                        self.hints[arg.index()] = register;
                    }
                }
            }
        }
        self.out.params[to.index()] = locs;
        self.out.entries[to.index()] = held;
    }

    /// Decides which values are in registers at a loop's head: its parameters, those that
    /// it uses, the next one first, and where it leaves registers free, those that are only
    /// used after it. One of those that lost its register in the loop would be loaded again
    /// in each round.
    fn decide_loop(&mut self, to: B, args: &[V]) {
        let start = self.lives.start(to);
        let end = self.lives.loop_end(to);
        let pressure = self.lives.loop_pressure(to);
        let params = self.g.block(to).params.clone();
        let mut held: Vec<(u8, V)> = Vec::new();
        for float in [false, true] {
            let mut used: Vec<(u32, bool, V)> = Vec::new();
            let mut passing: Vec<(u32, bool, V)> = Vec::new();
            let mut all_passing = 0;
            for v in self.lives.all_in(to) {
                if self.is_float(v) != float || self.g.inst(v).rep == Rep::None {
                    continue;
                }
                let next = self.lives.next_use(v, start);
                let in_register = self.place[v.index()] != NOWHERE;
                if next <= end {
                    used.push((next, !in_register, v));
                } else if !self.is_constant(v) {
                    all_passing += 1;
                    if in_register {
                        passing.push((next, false, v));
                    }
                }
            }
            let own = params
                .iter()
                .filter(|&&param| self.is_float(param) == float)
                .count();
            used.sort_unstable();
            passing.sort_unstable();
            // Parameters change from round to round: they come before what is only read.
            let registers = self.all(float).len();
            let room = registers.saturating_sub(own);
            used.truncate(room);
            let busy = pressure.most[usize::from(float)].saturating_sub(all_passing) as usize;
            let free = registers.saturating_sub(busy).min(room - used.len());
            passing.truncate(if pressure.has_call { 0 } else { free });
            used.append(&mut passing);
            let mut taken = 0u64;
            for &(_, _, v) in &used {
                let place = self.place[v.index()];
                if place != NOWHERE {
                    taken |= 1 << place;
                    held.push((place, v));
                }
            }
            for &(_, _, v) in &used {
                if self.place[v.index()] == NOWHERE {
                    let free = self.all(float).find(|&r| taken >> r & 1 == 0);
                    let free = free.expect("there is room");
                    taken |= 1 << free;
                    held.push((free, v));
                }
            }
        }
        self.give_params(to, args, held);
    }

    /// Gives spilled values slots, the same to values that do not live at the same time.
    fn assign_slots(&mut self) {
        let mut spans: Vec<(u32, u32, V)> = (0..self.spilled.len() as u32)
            .map(V)
            .filter(|v| self.spilled[v.index()])
            .map(|v| {
                let (start, end) = self.lives.span(v);
                (start, end, v)
            })
            .collect();
        spans.sort_unstable();
        let mut ends: Vec<u32> = Vec::new();
        for (start, end, v) in spans {
            let slot = match ends.iter().position(|&until| until < start) {
                Some(slot) => slot,
                None => {
                    ends.push(0);
                    ends.len() - 1
                }
            };
            ends[slot] = end;
            self.out.slots[v.index()] = Some(slot as u32);
        }
        self.out.slot_count = ends.len() as u32;
    }
}
