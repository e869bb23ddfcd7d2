//! Loop headers: the state that a loop's code may assume there, and the edges that make
//! it true. A function with loops is compiled in several passes, of which only the last
//! keeps its code.
//!
//! 1. The first pass assumes nothing at headers and records the types that each body
//!    proves by itself.
//! 2. The second assumes those, and whatever the code before the loop knows. It records
//!    the types that are stable around the back edge and the machine registers that
//!    values end up in.
//! 3. The third emits code. Headers assume the recorded state, and every edge to a header
//!    is merged into it: by stores, by parallel moves and, on the way into the loop, by
//!    guards.
//!
//! If an edge cannot be merged, the state is weakened and the function compiled again;
//! if that fails too, nothing is assumed.
//!
//! * Only a function's first version may guard on the way into a loop, so that a wrong
//!   guess is made once. Where a guard fails, the interpreter goes on from the header.
//! * Values that are not live at the header are dropped there, stored or not.
//! * The interpreter enters at headers as well (on-stack replacement): its edge guards
//!   and loads everything.

use super::super::regs::*;
use super::Compiler;
use super::emit::{SideExit, store_entry, store_state};
use super::state::{Entry, State, Type};
use crate::bytecode::{Instr, LoopHead, Op};
use crate::jit::templates::guard_pointer;
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Functions longer than this assume nothing: they would take too long to compile.
const LONGEST: usize = 4_000;

/// A loop header, in one pass over the function.
pub struct LoopHeader<'a> {
    place: &'a LoopHead,
    /// The word of the test that a counted loop with this header begins with.
    test: Option<u32>,
    /// The types that the loop's code proves where nothing is known before.
    proven: Option<State>,
    /// The state that its code assumes.
    entry_state: State,
    /// The meet of the states on the loop's own edges, and on those into the loop.
    own: Option<State>,
    entering: Option<State>,
}

/// The purpose of a pass over a function.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Pass {
    /// Code that assumes nothing at headers.
    Plain,
    /// Finds the types that loops prove.
    Scout,
    /// Finds the state that is stable.
    Trial,
    /// Code that assumes it.
    Real,
}

impl Pass {
    /// Whether its code is thrown away.
    pub fn is_dry(self) -> bool {
        matches!(self, Pass::Scout | Pass::Trial)
    }
}

impl<'a> LoopHeader<'a> {
    /// The loop headers of a function, or none if it is to do without.
    pub fn of(heads: &'a [LoopHead], words: &[Instr]) -> Vec<LoopHeader<'a>> {
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
        let head = |place| LoopHeader {
            place,
            test: test_of(place),
            proven: None,
            entry_state: State::default(),
            own: None,
            entering: None,
        };
        heads.iter().map(head).collect()
    }

    /// Decides the state that the next pass assumes, from the findings of this one.
    fn decide(&mut self, hoists: bool) {
        let own = self.own.take().unwrap_or_default();
        let entering = self.entering.take();
        let proven = self.proven.get_or_insert_with(|| own.clone());
        self.entry_state.entries.clear();
        for entry in own.entries {
            if self.place.live.binary_search(&(entry.reg as u16)).is_err() {
                continue;
            }
            let mut entry = entry;
            entry.ty = entry.ty.checkable();
            if let Some(entering) = &entering {
                let there = entering.type_of(entry.reg);
                let checked = proven.type_of(entry.reg).implies(entry.ty);
                let may_check = hoists && checked && can_become(there, entry.ty);
                if !there.implies(entry.ty) && !may_check {
                    entry.ty = entry.ty.join(there);
                }
                let same = entering.int(entry.reg) == entry.value;
                entry.value = entry.value.filter(|_| same);
            }
            if entry.value.is_some() {
                // It needs no register to be compared with or added.
                (entry.gpr, entry.fpr) = (None, None);
            }
            if entry.ty != Type::Float {
                entry.fpr = None;
            } else if entry.fpr.is_some() {
                entry.gpr = None;
            }
            entry.dirty &= entry.gpr.is_some() || entry.fpr.is_some();
            if entry.ty != Type::Any || entry.gpr.is_some() {
                self.entry_state.entries.push(entry);
            }
        }
    }
}

/// Whether a check can show that a value is of a kind.
fn can_become(now: Type, kind: Type) -> bool {
    match kind {
        Type::Int | Type::Float | Type::Bool | Type::Object => now == Type::Any,
        Type::Shape(_) => matches!(now, Type::Any | Type::Object),
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

    /// Decides the states that the next pass assumes.
    pub fn decide(&mut self) {
        for head in &mut self.heads {
            head.decide(self.hoists);
        }
    }

    /// Notes the current state as that of an edge to a header.
    fn note(&mut self, head: usize, entering: bool) {
        let head = &mut self.heads[head];
        let seen = if entering {
            &mut head.entering
        } else {
            &mut head.own
        };
        match seen {
            None => *seen = Some(self.state.clone()),
            Some(seen) => seen.meet_types(&self.state),
        }
    }

    /// Binds the label of the current word, if it is a header.
    pub fn arrive_at_header(&mut self, label: Label) -> bool {
        let Some(head) = self.head(self.at) else {
            return false;
        };
        let is_test = !self.targets[self.at].entry;
        if self.live {
            self.merge_at_header(head, !is_test);
        }
        let from_end = is_test && self.live;
        match self.pass {
            Pass::Real => self.state = self.heads[head].entry_state.clone(),
            // The state will be like that of the loop's own edge.
            Pass::Scout if from_end => {}
            Pass::Scout | Pass::Plain => {
                self.state = State::default();
                self.own_types(head);
            }
            Pass::Trial => {
                if !from_end {
                    self.state = self.types_before(head);
                    self.own_types(head);
                }
                let before =
                    std::mem::replace(&mut self.state, self.heads[head].entry_state.clone());
                for entry in before.entries {
                    if self.state.find(entry.reg).is_none() {
                        self.state.refine(entry.reg, entry.ty);
                        self.state.entry(entry.reg).value = entry.value;
                    }
                }
            }
        }
        self.m.bind(label);
        self.live = true;
        true
    }

    /// The types on the edges into a loop, which may well hold in all of it.
    fn types_before(&self, head: usize) -> State {
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

    /// Notes the types of a counted loop's own registers at its header.
    fn own_types(&mut self, head: usize) {
        let Some(test) = self.heads[head].test else {
            return;
        };
        let word = self.words[test as usize];
        let a = word.a() as u32;
        if word.op() == Op::RangeNext {
            // End and step stay as they are.
            for reg in [a, a + 3] {
                self.state.forget(reg);
                self.state.refine(reg, Type::Int);
            }
        } else {
            self.state.forget_all(a, 5);
        }
    }

    /// Merges the current state into a header's, at this place of the code.
    fn merge_at_header(&mut self, head: usize, entering: bool) {
        self.note(head, entering);
        if self.pass != Pass::Real {
            return;
        }
        let checks = self.checks(head, entering);
        let head = &self.heads[head];
        if !merge_into(
            self.m,
            &self.state,
            &head.entry_state,
            &head.place.live,
            checks,
        ) {
            self.broken = true;
        }
    }

    /// The checks that may be made on an edge to a header.
    fn checks(&mut self, head: usize, entering: bool) -> Checks {
        if !entering || !self.hoists {
            return Checks::None;
        }
        let at = self.heads[head].place.at as usize;
        let point = self.state.leaving_at(at).at_loop_entry();
        Checks::Kinds(self.new_side_exit(point))
    }

    /// Goes to a word.
    pub fn go(&mut self, to: usize) {
        match self.head(to) {
            Some(head) => {
                self.merge_at_header(head, self.enters(to));
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
    /// stored or moved on the way is done after it.
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
                *broken |= !merge_into(m, state, &head.entry_state, &head.place.live, checks);
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

    /// The edge of a frame whose values are all in memory to a header.
    pub fn edge_from_memory(&mut self, at: usize, label: Label) -> Label {
        let Some(head) = self.head(at) else {
            return label;
        };
        if self.pass != Pass::Real || self.heads[head].entry_state.entries.is_empty() {
            return label;
        }
        let point = State::default().leaving_at(at).at_loop_entry();
        let checks = Checks::All(self.new_side_exit(point));
        let head = &self.heads[head];
        self.m.cold(|m| {
            let from = State::default();
            let possible = merge_into(m, &from, &head.entry_state, &head.place.live, checks);
            debug_assert!(possible, "every kind that is relied on can be checked");
            m.jump(label);
        })
    }
}

/// The guards that an edge to a header may have, and where the interpreter
/// takes over.
#[derive(Clone, Copy)]
enum Checks {
    None,
    /// Kinds that are not known.
    Kinds(SideExit),
    /// Everything: nothing is known.
    All(SideExit),
}

/// Makes one state another, of which only the live registers matter. Whether that can
/// be done. Uses `T0` and `T1`.
fn merge_into<M: Masm>(m: &mut M, from: &State, to: &State, live: &[u16], checks: Checks) -> bool {
    let mut possible = true;
    guard_types(m, from, to, checks, &mut possible);
    // Stores the registers that memory has to have afterwards, or that go from
    // one kind of machine register to the other by way of it.
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
    parallel_move(m, moves, T0, |m, to, from| m.mov(W64, to, from));
    parallel_move(m, float_moves, super::emit::X0, |m, to, from| {
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

/// Guards the types that are assumed and not known.
fn guard_types<M: Masm>(m: &mut M, from: &State, to: &State, checks: Checks, possible: &mut bool) {
    let mut failed = None;
    for entry in &to.entries {
        let now = from.type_of(entry.reg);
        let is_value = entry.value.is_none() || entry.value == from.int(entry.reg);
        if is_value && now.implies(entry.ty) {
            continue;
        }
        let exit = match checks {
            Checks::All(exit) => Some(exit),
            Checks::Kinds(exit) if is_value && can_become(now, entry.ty) => Some(exit),
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
        match entry.ty {
            Type::Int => m.branch(Cond::Below, W64, value, TAG, failed),
            Type::Float => {
                m.branch(Cond::AboveEq, W64, value, TAG, failed);
                m.branch(Cond::Below, W64, value, DOUBLE, failed);
            }
            Type::Bool => {
                m.or(W64, T1, value, 1);
                m.branch(Cond::Ne, W64, T1, Value::TRUE.bits(), failed);
            }
            _ => guard_pointer(m, value, failed),
        }
        if let Type::Shape(shape) = entry.ty {
            let aux = Mem::new(value, HEADER_AUX);
            m.branch_mem_imm(Cond::Ne, Size::B4, aux, shape as i32 as i64, failed);
        }
    }
}

/// Moves values between machine registers as if all at once. Targets are distinct.
fn parallel_move<M: Masm, R: Copy + PartialEq>(
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

#[cfg(test)]
mod tests {
    use super::*;
    use ruff_asm::Dry;

    /// Carries out parallel moves between the places 0 to 3, with 9 to spare.
    fn moved(moves: &[(usize, usize)]) -> [char; 4] {
        let mut places = ['a', 'b', 'c', 'd', ' ', ' ', ' ', ' ', ' ', '?'];
        let places = std::cell::RefCell::new(&mut places);
        parallel_move(&mut Dry::new(), moves.to_vec(), 9, |_, to, from| {
            let mut places = places.borrow_mut();
            places[to] = places[from];
        });
        let places = places.borrow();
        [places[0], places[1], places[2], places[3]]
    }

    #[test]
    fn values_move_as_if_all_at_once() {
        assert_eq!(moved(&[]), ['a', 'b', 'c', 'd']);
        assert_eq!(moved(&[(0, 1), (1, 2)]), ['a', 'a', 'b', 'd']);
        assert_eq!(moved(&[(1, 2), (0, 1)]), ['a', 'a', 'b', 'd']);
        assert_eq!(moved(&[(0, 1), (1, 0)]), ['b', 'a', 'c', 'd']);
        assert_eq!(moved(&[(0, 1), (1, 2), (2, 0)]), ['c', 'a', 'b', 'd']);
        let two_circles = [(0, 1), (1, 0), (2, 3), (3, 2)];
        assert_eq!(moved(&two_circles), ['b', 'a', 'd', 'c']);
        // One value goes to two places, of which one is in a circle.
        let shared = [(0, 1), (1, 0), (0, 2), (3, 3)];
        assert_eq!(moved(&shared), ['b', 'a', 'a', 'd']);
    }
}
