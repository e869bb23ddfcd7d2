//! Loops: the head with its parameters, and the jump back, which looks whether a round does
//! more than was assumed.

use super::super::ir::types::Type;
use super::super::ir::{B, Edge, End, V};
use super::assumed::{Assumed, Assumption, Effect, Head};
use super::merge::{Merging, rep_of};
use super::nodes::Node;
use super::{Builder, Env, HEAPS};
use crate::bytecode::flow::Registers;

impl Builder<'_> {
    /// Begins a loop: registers that it may change are parameters of its head.
    pub(super) fn enter_loop(
        &mut self,
        node: usize,
        mut from: Vec<(B, Env)>,
        live: &Registers,
        of: &Node,
    ) -> Head {
        self.fill(&mut from, live, true);
        let assumed = self
            .memo
            .loops
            .entry((self.fun.path, node))
            .or_default()
            .clone();
        let mut env = self.meet(&from);
        let Merging {
            params: differ,
            refined,
        } = self.merging(&from, live);
        let idom = self.idom(&from);
        let block = self.open(Some(idom));
        self.g.block_mut(block).head = true;
        let mut params = Vec::new();
        let mut values = vec![Vec::new(); from.len()];
        for register in live.iter() {
            let index = usize::from(register);
            let differs = differ.iter().any(|(one, _)| *one == register);
            let changes = of.changed.contains(register)
                && (!of.in_place.contains(register) || assumed.replaced.contains(&register));
            if !changes && !differs {
                continue;
            }
            let types = from.iter().map(|(_, env)| {
                let v = env.regs[index].expect("filled above");
                self.ty(v)
            });
            let ty = types
                .reduce(Type::union)
                .expect("control comes from somewhere");
            let ty = at_head(ty, assumed.types.get(&register).copied(), changes);
            self.assumed(node).types.insert(register, ty);
            let rep = rep_of(ty);
            let v = self.param(block, rep, ty);
            let first = from[0].1.regs[index];
            self.set_hint(v, first.and_then(|first| self.hint_of(first)));
            for (pred, (b, there)) in from.iter().enumerate() {
                self.cur = *b;
                let arg = there.regs[index].expect("filled above");
                values[pred].push(self.as_rep(arg, rep));
            }
            env.regs[index] = Some(v);
            env.mem[index] = None;
            params.push((register, v));
        }
        let mut carried = Vec::new();
        for (name, brought) in self.carried_into(&mut from, &assumed, &params) {
            let types = brought.values.iter().map(|&v| self.ty(v));
            let ty = types.reduce(Type::union).expect("there are ways");
            let known = match assumed.places.get(&name) {
                Some(&Assumption::Carried(known)) => Some(known),
                _ => None,
            };
            let ty = at_head(ty, known, true);
            let places = &mut self.assumed(node).places;
            places.insert(name, Assumption::Carried(ty));
            let v = self.param(block, rep_of(ty), ty);
            self.set_hint(v, self.hint_of(brought.values[0]));
            for (pred, &arg) in brought.values.iter().enumerate() {
                self.cur = from[pred].0;
                values[pred].push(self.as_rep(arg, rep_of(ty)));
            }
            carried.push((name, brought.place, v));
        }
        for register in assumed.stale {
            env.mem[usize::from(register)] = None;
        }
        for (heap, written) in assumed.written.into_iter().enumerate() {
            if written {
                self.versions += 1;
                env.heaps[heap] = self.versions;
            }
        }
        for ((b, _), args) in from.iter().zip(values) {
            self.cur = *b;
            self.finish(End::Jump(Edge { to: block, args }));
        }
        self.cur = block;
        let params_of = |register| params.iter().any(|&(param, _)| param == register);
        self.env = env;
        for &(_, place, v) in &carried {
            self.enter_place(place, v);
            self.carry(place);
        }
        for &(register, root, ty) in &refined {
            if !params_of(register) {
                self.keep_refined(&[(register, root, ty)]);
            }
        }
        let env = self.env.clone();
        let in_place = live
            .iter()
            .filter(|&register| of.in_place.contains(register) && !params_of(register));
        let in_place = in_place.collect();
        Head {
            block,
            params,
            carried,
            in_place,
            env,
        }
    }

    pub(super) fn assumed(&mut self, node: usize) -> &mut Assumed {
        self.memo.loops.entry((self.fun.path, node)).or_default()
    }

    /// Jumps back to a loop's head, after a look at whether it assumed too much.
    pub(super) fn close_loop(&mut self, node: usize, head: &Head, b: B, env: Env) {
        self.cur = b;
        let mut args = Vec::new();
        for &(register, param) in &head.params {
            let known = self.ty(param);
            self.env = env.clone();
            let v = self.reg(register);
            args.push(self.brought(node, register, known, v));
        }
        self.env = env.clone();
        args.extend(self.brought_places(node, head));
        self.note_loaded(node, head);
        for &register in &head.in_place {
            let index = usize::from(register);
            let same = match (head.env.regs[index], env.regs[index]) {
                (Some(before), Some(now)) => self.root_of(before) == self.root_of(now),
                (before, now) => before == now,
            };
            if !same {
                self.found
                    .push(((self.fun.path, node), Effect::Replaces(register)));
            }
        }
        for register in 0..env.mem.len() {
            let kept = head.env.mem[register];
            if kept.is_some() && env.mem[register] != kept {
                let stale = Effect::LeavesStale(register as u16);
                self.found.push(((self.fun.path, node), stale));
            }
        }
        for heap in 0..HEAPS {
            if env.heaps[heap] != head.env.heaps[heap] && !self.assumed(node).written[heap] {
                let writes = Effect::Writes(heap);
                self.found.push(((self.fun.path, node), writes));
            }
        }
        self.finish(End::Jump(Edge {
            to: head.block,
            args,
        }));
    }

    /// The value that the end of a loop gives a parameter of known type.
    fn brought(&mut self, node: usize, register: u16, known: Type, v: V) -> V {
        let ty = self.ty(v);
        if !ty.implies(known) {
            let wider = known.widen(ty);
            self.assumed(node).types.insert(register, wider);
            self.widened = true;
            // The graph is thrown away.
            return v;
        }
        self.as_rep(v, rep_of(known))
    }
}

/// The type that a loop's head gives a value of some type, of which it is assumed already
/// to have another.
fn at_head(ty: Type, known: Option<Type>, changes: bool) -> Type {
    match known {
        Some(known) if ty.implies(known) => known,
        Some(known) => known.widen(ty),
        // It changes. As a constant it would hide the code after the loop.
        None => match ty.int().filter(|_| changes) {
            Some(value) => {
                let next = Type::range(value, value.saturating_add(1));
                ty.widen(ty.union(next))
            }
            None => ty,
        },
    }
}
