//! Places in memory that loops have in registers as well. A field, global or captured variable
//! that rounds load and write is a parameter of the loop's head, if its value is known at the
//! end of a round: no round loads what the one before has stored. Where ways meet inside the
//! loop, so do the values of the place. Stores stay, so memory has everything wherever code
//! is left.

use super::super::ir::types::More;
use super::super::ir::{B, Op, V};
use super::assumed::{Assumed, Assumption, Head, MemoryPlace, Name};
use super::merge::rep_of;
use super::{Builder, Env, Heap};
use std::collections::hash_map::Entry;

/// Places that a loop carries at most.
const MOST_CARRIED: usize = 12;

/// A place that loops around the current block carry.
pub struct Carried {
    place: MemoryPlace,
    loops: u32,
}

/// A place that ways bring, with its value on each.
pub struct Brought {
    pub place: MemoryPlace,
    pub values: Vec<V>,
}

impl Builder<'_> {
    fn known_place(&self, place: MemoryPlace) -> Option<V> {
        let of = place.of.into_iter().collect::<Vec<_>>();
        self.known_load(place.op, &of, place.imm)
    }

    /// The values of a place at the ends of ways, if all of them are known.
    fn on_all_ways(&mut self, from: &mut [(B, Env)], place: MemoryPlace) -> Option<Vec<V>> {
        let cur = self.cur;
        let values = from.iter_mut().map(|(b, env)| {
            self.cur = *b;
            std::mem::swap(&mut self.env, env);
            let known = self.known_place(place);
            std::mem::swap(&mut self.env, env);
            known
        });
        let values = values.collect();
        self.cur = cur;
        values
    }

    /// The name of a place at a loop's head; nothing if the loop changes the register that has
    /// the object.
    fn name_of(&self, place: MemoryPlace, env: &Env, params: &[(u16, V)]) -> Option<Name> {
        let number = match place.of {
            None => 0,
            Some(object) => {
                let root = self.root_of(object);
                let holds = |v: &Option<V>| v.is_some_and(|v| self.root_of(v) == root);
                let stays = |register: usize| {
                    let mut changed = params.iter();
                    !changed.any(|&(param, _)| usize::from(param) == register)
                };
                let mut all = env.regs.iter().enumerate();
                let found = all.find(|&(register, v)| holds(v) && stays(register));
                found?.0 as u32
            }
        };
        Some((place.op, place.imm, number))
    }

    /// The places that a loop is to carry, with what the ways into it bring.
    pub(super) fn carried_into(
        &mut self,
        from: &mut [(B, Env)],
        assumed: &Assumed,
        params: &[(u16, V)],
    ) -> Vec<(Name, Brought)> {
        let known = assumed.places.iter();
        let mut names: Vec<Name> = known
            .filter(|(_, assumption)| **assumption != Assumption::Lost)
            .map(|(&name, _)| name)
            .collect();
        names.sort_by_key(|&(op, imm, number)| (op as u32, imm, number));
        names.truncate(self.job.limit(MOST_CARRIED));
        let mut all = Vec::new();
        for name in names {
            let heap = super::fold::heap_of(name.0, name.1).index();
            let is_param = params.iter().any(|&(param, _)| u32::from(param) == name.2);
            if !assumed.written[heap] || name.0 == Op::LoadField && is_param {
                continue;
            }
            if let Some(place) = Self::place_of(name, &from[0].1)
                && let Some(values) = self.loaded_on_all_ways(from, place)
            {
                all.push((name, Brought { place, values }));
            }
        }
        all
    }

    /// The place that has a name before a loop.
    fn place_of((op, imm, number): Name, env: &Env) -> Option<MemoryPlace> {
        let of = match op {
            Op::LoadGlobal => None,
            _ => Some(env.regs.get(number as usize).copied().flatten()?),
        };
        Some(MemoryPlace { op, of, imm })
    }

    /// The values of a place at the ends of ways, loaded on those that do not know it;
    /// nothing if it is not to be loaded there.
    fn loaded_on_all_ways(&mut self, from: &mut [(B, Env)], place: MemoryPlace) -> Option<Vec<V>> {
        if let Some(values) = self.on_all_ways(from, place) {
            return Some(values);
        }
        let cur = self.cur;
        let mut values = Vec::new();
        for (b, env) in from {
            (self.cur, self.state) = (*b, None);
            std::mem::swap(&mut self.env, env);
            values.push(self.known_place(place).or_else(|| self.load_place(place)));
            std::mem::swap(&mut self.env, env);
        }
        (self.cur, self.state) = (cur, None);
        values.into_iter().collect()
    }

    fn load_place(&mut self, place: MemoryPlace) -> Option<V> {
        let object = place.of?;
        let is_instance = matches!(self.ty(object).more, More::Shape(_));
        if place.op != Op::LoadField || !is_instance || !self.ty(object).is_pointer() {
            return None;
        }
        Some(self.field_of(object, place.imm as u32))
    }

    /// Notes the places that a round loads as the one before has left them. The versions of
    /// what it writes are the loop's own. After code that may write anything, the end of a
    /// round would know none of them.
    pub(super) fn note_loaded(&mut self, node: usize, head: &Head) {
        let anything = Heap::Anything.index();
        if self.env.heaps[anything] != head.env.heaps[anything] {
            return;
        }
        for (op, object, imm, version) in self.table.loads() {
            let heap = super::fold::heap_of(op, imm).index();
            let place = MemoryPlace {
                op,
                of: (op != Op::LoadGlobal).then_some(V(object)),
                imm,
            };
            if head.env.heaps[heap] == version
                && self.assumed(node).written[heap]
                && let Some(name) = self.name_of(place, &head.env, &head.params)
            {
                let places = &mut self.assumed(node).places;
                if let Entry::Vacant(place) = places.entry(name) {
                    place.insert(Assumption::Loaded);
                    self.widened = true;
                }
            }
        }
    }

    /// The places that loops around carry and of which ways bring different versions.
    pub(super) fn carried_to(&mut self, from: &mut [(B, Env)]) -> Vec<Brought> {
        let mut all = Vec::new();
        for index in 0..self.carried.len() {
            let place = self.carried[index].place;
            let heap = super::fold::heap_of(place.op, place.imm).index();
            let same = from
                .windows(2)
                .all(|two| two[0].1.heaps[heap] == two[1].1.heaps[heap]);
            if same {
                continue;
            }
            if let Some(values) = self.on_all_ways(from, place) {
                all.push(Brought { place, values });
            }
        }
        all
    }

    /// Enters the value that a place has at the current point.
    pub(super) fn enter_place(&mut self, place: MemoryPlace, v: V) {
        let of = place.of.into_iter().collect::<Vec<_>>();
        self.enter_load(place.op, &of, place.imm, v);
    }

    /// Notes a place that the loop whose head is the current block carries.
    pub(super) fn carry(&mut self, place: MemoryPlace) {
        let loops = self.loops;
        self.carried.push(Carried { place, loops });
    }

    /// Forgets the places of loops that the current node is outside of.
    pub(super) fn drop_carried(&mut self) {
        let loops = self.loops;
        self.carried.retain(|one| one.loops <= loops);
    }

    /// The values that the end of a round gives the parameters of places.
    pub(super) fn brought_places(&mut self, node: usize, head: &Head) -> Vec<V> {
        let mut args = Vec::new();
        for &(name, place, param) in &head.carried {
            let known = self.ty(param);
            let Some(v) = self.known_place(place) else {
                self.assumed(node).places.insert(name, Assumption::Lost);
                self.widened = true;
                // The graph is thrown away.
                args.push(param);
                continue;
            };
            let ty = self.ty(v);
            if ty.implies(known) {
                args.push(self.as_rep(v, rep_of(known)));
            } else {
                let wider = known.widen(ty);
                let places = &mut self.assumed(node).places;
                places.insert(name, Assumption::Carried(wider));
                self.widened = true;
                args.push(v);
            }
        }
        args
    }
}
