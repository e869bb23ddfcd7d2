//! What is known, and kept in machine registers, where rounds of loops begin. A
//! function with loops is compiled several times, and the code of the first times is
//! thrown away. First nothing is known at heads: that shows what each loop's code makes
//! sure by itself. Then heads rely on that and on whatever the code before the loop
//! knows: that shows what stays true, and in which machine registers values stay. Then
//! heads rely on what was found, and every way there makes it true. If one turns out
//! not to, what was too much is given up and the function compiled again; at last
//! nothing is relied on.
//!
//! * A way into a loop may check kinds that only the loop's own code would have
//!   checked; where they do not hold, the interpreter goes on from the head. Only a
//!   function's first version does, so that a wrong guess is made once.
//! * Values that no one reads after the head are dropped there, stored or not.
//! * The interpreter enters at heads as well: its way checks and loads everything.

use super::super::regs::*;
use super::super::side_exits::DeoptPoint;
use super::Compiler;
use super::emit::{Exit, guard_pointer, store_entry, store_state};
use super::state::{Entry, Kind, State};
use crate::bytecode::{Instr, LoopHead, Op};
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Functions longer than this rely on nothing: they would take too long to compile.
const LONGEST: usize = 4_000;

/// A head, in one pass over the function.
pub struct Head<'a> {
    place: &'a LoopHead,
    /// The word of the test that a counted loop with this head begins with.
    test: Option<u32>,
    /// What the loop's code makes sure where nothing is known before.
    sure: Option<State>,
    /// What its code relies on.
    keeps: State,
    /// What the loop's own ways there know, and the ways into the loop.
    own: Option<State>,
    entering: Option<State>,
}

/// What a pass over a function is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Nothing is relied on at heads.
    Plain,
    /// To find out what loops make sure by themselves.
    Scout,
    /// To find out what stays as it is.
    Trial,
    /// Code that relies on it.
    Real,
}

impl Pass {
    /// Whether its code is thrown away.
    pub fn is_dry(self) -> bool {
        matches!(self, Pass::Scout | Pass::Trial)
    }
}

impl<'a> Head<'a> {
    /// The heads of a function, or none if it is to do without.
    pub fn of(heads: &'a [LoopHead], words: &[Instr]) -> Vec<Head<'a>> {
        if words.len() > LONGEST {
            return Vec::new();
        }
        let test_of = |place: &LoopHead| {
            heads.iter().map(|head| head.at).find(|&test| {
                let word = words[test as usize];
                let after = test as i64 + 1;
                matches!(word.op(), Op::RangeNext | Op::IterNext | Op::IterNext2)
                    && after + i64::from(word.sbx()) == i64::from(place.at)
            })
        };
        let head = |place| Head {
            place,
            test: test_of(place),
            sure: None,
            keeps: State::default(),
            own: None,
            entering: None,
        };
        heads.iter().map(head).collect()
    }

    /// Decides what the next pass relies on, from what this one has found.
    fn decide(&mut self, hoists: bool) {
        let own = self.own.take().unwrap_or_default();
        let entering = self.entering.take();
        let sure = self.sure.get_or_insert_with(|| own.clone());
        self.keeps.entries.clear();
        for entry in own.entries {
            if self.place.live.binary_search(&(entry.reg as u16)).is_err() {
                continue;
            }
            let mut entry = entry;
            entry.kind = entry.kind.checkable();
            if let Some(entering) = &entering {
                let there = entering.kind(entry.reg);
                let checked = sure.kind(entry.reg).implies(entry.kind);
                let may_check = hoists && checked && can_become(there, entry.kind);
                if !there.implies(entry.kind) && !may_check {
                    entry.kind = entry.kind.or(there);
                }
                let same = entering.int(entry.reg) == entry.value;
                entry.value = entry.value.filter(|_| same);
            }
            if entry.value.is_some() {
                // It needs no register to be compared with or added.
                (entry.gpr, entry.fpr) = (None, None);
            }
            if entry.kind != Kind::Float {
                entry.fpr = None;
            } else if entry.fpr.is_some() {
                entry.gpr = None;
            }
            entry.dirty &= entry.gpr.is_some() || entry.fpr.is_some();
            if entry.kind != Kind::Any || entry.gpr.is_some() {
                self.keeps.entries.push(entry);
            }
        }
    }
}

/// Whether a check can show that a value is of a kind.
fn can_become(now: Kind, kind: Kind) -> bool {
    match kind {
        Kind::Int | Kind::Float | Kind::Bool | Kind::Object => now == Kind::Any,
        Kind::Shape(_) => matches!(now, Kind::Any | Kind::Object),
        _ => false,
    }
}

impl<M: Masm> Compiler<'_, M> {
    fn head(&self, at: usize) -> Option<usize> {
        let at = at as u32;
        (self.heads)
            .binary_search_by_key(&at, |head| head.place.at)
            .ok()
    }

    /// Decides what the next pass relies on.
    pub fn decide(&mut self) {
        for head in &mut self.heads {
            head.decide(self.hoists);
        }
    }

    /// Notes what is known on a way to a head, the current state.
    fn note(&mut self, head: usize, entering: bool) {
        let head = &mut self.heads[head];
        let seen = if entering {
            &mut head.entering
        } else {
            &mut head.own
        };
        match seen {
            None => *seen = Some(self.state.clone()),
            Some(seen) => seen.meet_kinds(&self.state),
        }
    }

    /// Arrives at the current word, if it is a head.
    pub fn arrive_at_head(&mut self, label: Label) -> bool {
        let Some(head) = self.head(self.at) else {
            return false;
        };
        let is_test = !self.targets[self.at].entry;
        if self.live {
            self.way(head, !is_test);
        }
        let from_end = is_test && self.live;
        match self.pass {
            Pass::Real => self.state = self.heads[head].keeps.clone(),
            // The loop's own way is what it will be like.
            Pass::Scout if from_end => {}
            Pass::Scout | Pass::Plain => {
                self.state = State::default();
                self.own_kinds(head);
            }
            Pass::Trial => {
                if !from_end {
                    self.state = self.kinds_before(head);
                    self.own_kinds(head);
                }
                let before = std::mem::replace(&mut self.state, self.heads[head].keeps.clone());
                for entry in before.entries {
                    if self.state.find(entry.reg).is_none() {
                        self.state.learn(entry.reg, entry.kind);
                        self.state.entry(entry.reg).value = entry.value;
                    }
                }
            }
        }
        self.m.bind(label);
        self.live = true;
        true
    }

    /// The kinds on the ways into a loop, which may well hold in all of it.
    fn kinds_before(&self, head: usize) -> State {
        let head = &self.heads[head];
        let test = head.test.and_then(|test| self.head(test as usize));
        let from = match (&head.entering, test) {
            (Some(state), _) => Some(state),
            (None, Some(test)) => self.heads[test].entering.as_ref(),
            (None, None) => None,
        };
        let mut state = from.cloned().unwrap_or_default();
        for entry in &mut state.entries {
            entry.dirty = false;
        }
        state.forget_machine();
        state
    }

    /// Notes what is known of a counted loop's own registers at its head.
    fn own_kinds(&mut self, head: usize) {
        let Some(test) = self.heads[head].test else {
            return;
        };
        let word = self.words[test as usize];
        let a = word.a() as u32;
        if word.op() == Op::RangeNext {
            // End and step stay as they are.
            for reg in [a, a + 3] {
                self.state.forget(reg);
                self.state.learn(reg, Kind::Int);
            }
        } else {
            self.state.forget_all(a, 5);
        }
    }

    /// Makes the current state what a head relies on, at this place of the code.
    fn way(&mut self, head: usize, entering: bool) {
        self.note(head, entering);
        if self.pass != Pass::Real {
            return;
        }
        let checks = self.checks(head, entering);
        let head = &self.heads[head];
        if !conform(self.m, &self.state, &head.keeps, &head.place.live, checks) {
            self.broken = true;
        }
    }

    /// What may be checked on a way to a head.
    fn checks(&mut self, head: usize, entering: bool) -> Checks {
        if !entering || !self.hoists {
            return Checks::None;
        }
        let at = self.heads[head].place.at as usize;
        let point = DeoptPoint::new(at, &self.state).at_loop_entry();
        Checks::Kinds(self.exit_at(point))
    }

    /// Goes to a word.
    pub fn go(&mut self, to: usize) {
        match self.head(to) {
            Some(head) => {
                self.way(head, self.enters(to));
                let label = self.targets[to].label.expect("found before");
                self.m.jump(label);
            }
            None => {
                self.flush();
                let label = self.target(to);
                self.m.jump(label);
            }
        }
        self.live = false;
    }

    /// Whether a jump from the current instruction leads into a loop rather than
    /// through it.
    fn enters(&self, to: usize) -> bool {
        to > self.at
            && (self.targets[to].entry
                || matches!(self.words[self.at].op(), Op::RangeInit | Op::IterInit))
    }

    /// The label to branch to for a word, with the state as it is now: what has to be
    /// stored or moved on the way is done behind it.
    pub fn edge(&mut self, to: usize) -> Label {
        if let Some(at) = self.head(to) {
            let entering = self.enters(to);
            self.note(at, entering);
            let label = self.targets[to].label.expect("found before");
            if self.pass != Pass::Real {
                return label;
            }
            let checks = self.checks(at, entering);
            let head = &self.heads[at];
            let (state, broken) = (&self.state, &mut self.broken);
            return self.m.cold(|m| {
                *broken |= !conform(m, state, &head.keeps, &head.place.live, checks);
                m.jump(label);
            });
        }
        if self.state.entries.iter().all(|entry| !entry.dirty) {
            return self.target(to);
        }
        let before = self.state.clone();
        for entry in &mut self.state.entries {
            entry.dirty = false;
        }
        let label = self.target(to);
        self.state = before;
        let state = &self.state;
        self.m.cold(|m| {
            store_state(m, state);
            m.jump(label);
        })
    }

    /// The way of a frame whose values are all in memory to a head.
    pub fn way_from_memory(&mut self, at: usize, label: Label) -> Label {
        let Some(head) = self.head(at) else {
            return label;
        };
        if self.pass != Pass::Real || self.heads[head].keeps.entries.is_empty() {
            return label;
        }
        let point = DeoptPoint::new(at, &State::default()).at_loop_entry();
        let checks = Checks::All(self.exit_at(point));
        let head = &self.heads[head];
        self.m.cold(|m| {
            let from = State::default();
            let possible = conform(m, &from, &head.keeps, &head.place.live, checks);
            debug_assert!(possible, "every kind that is relied on can be checked");
            m.jump(label);
        })
    }
}

/// What a way to a head may check, and where the interpreter takes over.
#[derive(Clone, Copy)]
enum Checks {
    None,
    /// Kinds that are not known.
    Kinds(Exit),
    /// Everything: nothing is known.
    All(Exit),
}

/// Makes one state another, for which only the registers named matter. Whether that can
/// be done. Uses `T0` and `T1`.
fn conform<M: Masm>(m: &mut M, from: &State, to: &State, live: &[u16], checks: Checks) -> bool {
    let mut possible = true;
    check_kinds(m, from, to, checks, &mut possible);
    // What memory has to have afterwards, or what goes from one kind of machine
    // register to the other by way of it.
    for entry in from.entries.iter().filter(|entry| entry.dirty) {
        let kept = to.find(entry.reg);
        let stays = kept.is_some_and(|kept| {
            kept.dirty
                && (kept.gpr.is_none() || entry.gpr.is_some())
                && (kept.fpr.is_none() || entry.fpr.is_some())
        });
        if !stays && live.binary_search(&(entry.reg as u16)).is_ok() {
            store_entry(m, entry);
        }
    }
    let place = |entry: &Entry| (from.find(entry.reg).and_then(|e| e.gpr), entry.gpr);
    let mut moves: Vec<(Gpr, Gpr)> = Vec::new();
    let mut float_moves: Vec<(Fpr, Fpr)> = Vec::new();
    let mut loads: Vec<&Entry> = Vec::new();
    for entry in &to.entries {
        match place(entry) {
            (_, None) => {}
            (Some(source), Some(target)) => moves.push((source, target)),
            (None, Some(_)) => loads.push(entry),
        }
        if let Some(target) = entry.fpr {
            match from.find(entry.reg).and_then(|e| e.fpr) {
                Some(source) => float_moves.push((source, target)),
                None => loads.push(entry),
            }
        }
    }
    move_all(m, moves, T0, |m, to, from| m.mov(W64, to, from));
    move_all(m, float_moves, super::emit::X0, |m, to, from| {
        m.mov_float(to, from)
    });
    for entry in loads {
        match (entry.gpr, entry.fpr) {
            (Some(gpr), _) => m.load(Load::W64, gpr, register(entry.reg)),
            (None, Some(fpr)) => {
                m.load(Load::W64, T1, register(entry.reg));
                m.sub(W64, T1, T1, DOUBLE);
                m.float_from_bits(fpr, T1);
            }
            (None, None) => {}
        }
    }
    possible
}

/// Checks the kinds that are relied on and not known.
fn check_kinds<M: Masm>(m: &mut M, from: &State, to: &State, checks: Checks, possible: &mut bool) {
    let mut failed = None;
    for entry in &to.entries {
        let now = from.kind(entry.reg);
        let is_value = entry.value.is_none() || entry.value == from.int(entry.reg);
        if is_value && now.implies(entry.kind) {
            continue;
        }
        let exit = match checks {
            Checks::All(exit) => Some(exit),
            Checks::Kinds(exit) if is_value && can_become(now, entry.kind) => Some(exit),
            _ => None,
        };
        let Some(exit) = exit else {
            *possible = false;
            continue;
        };
        let failed = *failed.get_or_insert_with(|| m.cold(|m| exit.emit(m)));
        let value = match from.find(entry.reg).and_then(|known| known.gpr) {
            Some(gpr) => gpr,
            None => {
                m.load(Load::W64, T0, register(entry.reg));
                T0
            }
        };
        if let Some(known) = entry.value {
            m.branch(Cond::Ne, W64, value, known.bits(), failed);
            continue;
        }
        match entry.kind {
            Kind::Int => m.branch(Cond::Below, W64, value, TAG, failed),
            Kind::Float => {
                m.branch(Cond::AboveEq, W64, value, TAG, failed);
                m.branch(Cond::Below, W64, value, DOUBLE, failed);
            }
            Kind::Bool => {
                m.or(W64, T1, value, 1);
                m.branch(Cond::Ne, W64, T1, Value::TRUE.bits(), failed);
            }
            _ => guard_pointer(m, value, failed),
        }
        if let Kind::Shape(shape) = entry.kind {
            let aux = Mem::new(value, HEADER_AUX);
            m.branch_mem_imm(Cond::Ne, Size::B4, aux, shape as i32 as i64, failed);
        }
    }
}

/// Moves values between machine registers as if all at once. Targets are distinct.
fn move_all<M: Masm, R: Copy + PartialEq>(
    m: &mut M,
    mut moves: Vec<(R, R)>,
    spare: R,
    emit: impl Fn(&mut M, R, R),
) {
    moves.retain(|(from, to)| from != to);
    while !moves.is_empty() {
        let free = (moves.iter()).position(|(_, to)| moves.iter().all(|(from, _)| from != to));
        match free {
            Some(free) => {
                let (from, to) = moves.swap_remove(free);
                emit(m, to, from);
            }
            None => {
                // Only circles are left: one value steps aside.
                let (from, _) = moves[0];
                emit(m, spare, from);
                for one in moves.iter_mut().filter(|one| one.0 == from) {
                    one.0 = spare;
                }
            }
        }
    }
}
