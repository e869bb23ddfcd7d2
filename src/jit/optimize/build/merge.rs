//! Merges: where several ways meet, registers and places in memory with different values
//! become parameters, and of all others the facts stay that hold on every way.

use super::super::ir::types::{self, Type};
use super::super::ir::{B, Edge, End, Op, Rep, V};
use super::thread::Merged;
use super::{Builder, Env};
use crate::bytecode::flow::Registers;

impl Builder<'_> {
    /// Begins a node that is no loop's head.
    pub(super) fn merge(&mut self, mut from: Vec<(B, Env)>, live: &Registers) {
        self.fill(&mut from, live, false);
        if let [(b, env)] = &from[..] {
            self.cur = *b;
            self.env = env.clone();
            return;
        }
        let Merging { params, refined } = self.merging(&from, live);
        let carried = self.carried_to(&mut from);
        let idom = self.idom(&from);
        let block = self.open(Some(idom));
        let mut env = self.meet(&from);
        let mut values = vec![Vec::new(); from.len()];
        for (register, ty) in params {
            let rep = rep_of(ty);
            let v = self.param(block, rep, ty);
            let first = from[0].1.regs[usize::from(register)];
            self.set_hint(v, first.and_then(|first| self.hint_of(first)));
            env.regs[usize::from(register)] = Some(v);
            for (pred, (b, there)) in from.iter().enumerate() {
                self.cur = *b;
                let arg = there.regs[usize::from(register)].expect("it has a value on all ways");
                values[pred].push(self.as_rep(arg, rep));
            }
        }
        let mut places = Vec::new();
        for brought in carried {
            let first = brought.values[0];
            if brought.values.iter().all(|&v| v == first) {
                places.push((brought.place, first));
                continue;
            }
            let types = brought.values.iter().map(|&v| self.ty(v));
            let ty = types.reduce(Type::union).expect("there are ways");
            let v = self.param(block, rep_of(ty), ty);
            for (pred, &arg) in brought.values.iter().enumerate() {
                self.cur = from[pred].0;
                values[pred].push(self.as_rep(arg, rep_of(ty)));
            }
            places.push((brought.place, v));
        }
        for ((b, _), args) in from.iter().zip(values) {
            self.cur = *b;
            self.finish(End::Jump(Edge { to: block, args }));
        }
        self.cur = block;
        self.env = env;
        for (place, v) in places {
            self.enter_place(place, v);
        }
        self.keep_refined(&refined);
        // Without parameters no branch can depend on the ways.
        self.merged = (!self.g.block(block).params.is_empty()).then(|| Merged {
            block,
            from,
            env: self.env.clone(),
        });
    }

    /// Registers that have the same value on all ways, of which different things are known.
    pub(super) fn keep_refined(&mut self, refined: &[(u16, V, Type)]) {
        for &(register, root, ty) in refined {
            self.env.regs[usize::from(register)] = Some(root);
            self.narrowed(root, ty);
        }
    }

    /// Loads what some ways have in memory only and others do not. Into a loop everything
    /// comes as a value: its rounds need not write what they change.
    pub(super) fn fill(&mut self, from: &mut [(B, Env)], live: &Registers, is_loop: bool) {
        for register in live.iter() {
            let index = usize::from(register);
            if !is_loop && from.iter().all(|(_, env)| env.regs[index].is_none()) {
                continue;
            }
            for (b, env) in from.iter_mut() {
                if env.regs[index].is_none() {
                    self.cur = *b;
                    std::mem::swap(&mut self.env, env);
                    self.load_again(register);
                    std::mem::swap(&mut self.env, env);
                }
            }
        }
    }

    /// Registers that are read later and whose values differ.
    pub(super) fn merging(&self, from: &[(B, Env)], live: &Registers) -> Merging {
        let mut merging = Merging::default();
        for register in live.iter() {
            let values: Option<Vec<V>> = from
                .iter()
                .map(|(_, env)| env.regs[usize::from(register)])
                .collect();
            let Some(values) = values else {
                continue;
            };
            if values.iter().all(|&v| v == values[0]) {
                continue;
            }
            let types = values.iter().map(|&v| self.ty(v));
            let ty = types.reduce(Type::union).expect("there are some");
            let root = self.root_of(values[0]);
            let is_root = |&v: &V| self.root_of(v) == root && self.rep(v) == self.rep(root);
            if values.iter().all(is_root) {
                merging.refined.push((register, root, ty));
            } else {
                merging.params.push((register, ty));
            }
        }
        merging
    }

    pub(super) fn idom(&self, from: &[(B, Env)]) -> B {
        let blocks = from.iter().map(|(b, _)| *b);
        blocks
            .reduce(|a, b| self.g.common_dominator(a, b))
            .expect("control comes from somewhere")
    }

    /// The facts that hold on all ways; registers with different values have
    /// none.
    pub(super) fn meet(&mut self, from: &[(B, Env)]) -> Env {
        let mut env = from[0].1.clone();
        for (_, other) in &from[1..] {
            for (mine, theirs) in env.regs.iter_mut().zip(&other.regs) {
                if mine != theirs {
                    *mine = None;
                }
            }
            for (mine, theirs) in env.mem.iter_mut().zip(&other.mem) {
                if mine != theirs {
                    *mine = None;
                }
            }
            for (mine, theirs) in env.heaps.iter_mut().zip(other.heaps) {
                if *mine != theirs {
                    self.versions += 1;
                    *mine = self.versions;
                }
            }
        }
        env
    }

    pub(super) fn param(&mut self, b: B, rep: Rep, ty: Type) -> V {
        let site = self.site();
        let v = self.g.add(Op::Param, rep, ty, &[], 0, site);
        self.root.push(v);
        self.g.block_mut(b).params.push(v);
        v
    }
}

/// The registers that have other values on some ways than on others.
#[derive(Default)]
pub struct Merging {
    /// With the type of any of them.
    pub params: Vec<(u16, Type)>,
    /// Those that have the same value, of which different things are known: what is known
    /// on all ways.
    pub refined: Vec<(u16, V, Type)>,
}

/// How a parameter of a type is kept.
pub fn rep_of(ty: Type) -> Rep {
    if ty.is_int() {
        Rep::Int
    } else if ty.kinds == types::WORD {
        Rep::Word
    } else if ty.is_float() {
        Rep::Float
    } else {
        Rep::Tagged
    }
}
