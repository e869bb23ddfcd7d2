//! Branches on values that merged ways bring. Where a way says already how a branch ends,
//! as a `return true` of an inlined function does, it goes there straight: the branch is
//! built once for each way, and the ways merge after it.

use super::super::ir::{B, End, Op as Ir, V};
use super::{Builder, Env, Returned, Way};
use crate::bytecode::flow;

/// The ways of which the branch may be built for each.
const MOST_WAYS: usize = 6;

/// A block in which ways have met.
pub(super) struct Merged {
    pub block: B,
    pub from: Vec<(B, Env)>,
    /// The facts at its beginning.
    pub env: Env,
}

impl Builder<'_> {
    /// A branch on a register's value, which `branch` builds: on each of the ways that have
    /// just met, if `decides` tells for one of them where it leads.
    pub(super) fn threaded(
        &mut self,
        register: u16,
        decides: impl Fn(&Self, V) -> bool,
        mut branch: impl FnMut(&mut Self) -> Way,
    ) -> Way {
        let Some(merged) = self.just_merged(register, decides) else {
            return branch(self);
        };
        let now = self.env.clone();
        self.g.order.retain(|&b| b != merged.block);
        let (mut taken, mut not) = (Vec::new(), Vec::new());
        for (b, before) in &merged.from {
            self.g.block_mut(*b).end = End::Open;
            (self.cur, self.state) = (*b, None);
            self.env = replayed(&now, &merged.env, before);
            match branch(self) {
                Way::To(0) => taken.push((self.cur, self.env.clone())),
                Way::To(_) => not.push((self.cur, self.env.clone())),
                Way::Branch(yes, no) => {
                    taken.push(yes);
                    not.push(no);
                }
                Way::Return(_) | Way::Never => unreachable!("a branch goes on"),
            }
        }
        let function = self.fun.function.clone();
        let target = flow::target(&function.words, self.at).expect("it jumps");
        let after = flow::after(&function.words, self.at);
        let join = |this: &mut Self, ways: Vec<(B, Env)>, word: usize| {
            (!ways.is_empty()).then(|| {
                this.merge(ways, function.flow.live_before(word));
                (this.cur, this.env.clone())
            })
        };
        let taken = join(self, taken, target);
        let not = join(self, not, after);
        let number = match (taken, not) {
            (Some(yes), Some(no)) => return Way::Branch(yes, no),
            (Some(yes), None) => {
                (self.cur, self.env) = yes;
                0
            }
            (None, no) => {
                (self.cur, self.env) = no.expect("ways lead somewhere");
                1
            }
        };
        Way::To(number)
    }

    /// Ways on which a function returns: for a block that does nothing else, in which ways
    /// have just met, those ways themselves.
    pub(super) fn unmerged(&mut self, returned: Vec<Returned>) -> Vec<Returned> {
        // It has the registers of the function.
        let Some(merged) = self.merged.take() else {
            return returned;
        };
        let fits = |this: &Self, one: &Returned| {
            let holds = merged.env.regs.contains(&Some(one.value));
            one.block == merged.block && holds && this.is_fresh(&merged)
        };
        let mut all = Vec::new();
        for one in returned {
            if !fits(self, &one) {
                all.push(one);
                continue;
            }
            let place = merged.env.regs.iter().position(|&v| v == Some(one.value));
            let place = place.expect("a register has it");
            self.g.order.retain(|&b| b != merged.block);
            for (b, before) in &merged.from {
                self.g.block_mut(*b).end = End::Open;
                all.push(Returned {
                    block: *b,
                    env: replayed(&one.env, &merged.env, before),
                    value: before.regs[place].expect("a register that is merged has a value"),
                });
            }
        }
        all
    }

    /// Whether nothing has been built in the block of a merge.
    fn is_fresh(&self, merged: &Merged) -> bool {
        let block = self.g.block(merged.block);
        let fresh = block.insts.iter().all(|&v| self.op(v) == Ir::Refine);
        fresh && block.end == End::Open && merged.from.len() <= MOST_WAYS
    }

    /// The merge that the current block begins with, if nothing has been built since and the
    /// branch is decided on some of the ways.
    fn just_merged(&mut self, register: u16, decides: impl Fn(&Self, V) -> bool) -> Option<Merged> {
        let merged = self.merged.take()?;
        let value = self.env.regs[usize::from(register)]?;
        if merged.block != self.cur
            || !self.is_fresh(&merged)
            || !self.g.block(self.cur).params.contains(&value)
        {
            return None;
        }
        let place = merged.env.regs.iter().position(|&v| v == Some(value))?;
        let decided = merged
            .from
            .iter()
            .any(|(_, env)| env.regs[place].is_some_and(|v| decides(self, v)));
        decided.then_some(merged)
    }
}

/// The facts of a way, as if what registers hold had been moved there as it was after the
/// merge.
fn replayed(now: &Env, merged: &Env, before: &Env) -> Env {
    let mut env = before.clone();
    for (register, &v) in now.regs.iter().enumerate() {
        if v != merged.regs[register] {
            let moved = merged.regs.iter().position(|&one| one == v && v.is_some());
            env.regs[register] = moved.map_or(v, |place| before.regs[place]);
        }
        if now.mem[register] != merged.mem[register] {
            env.mem[register] = None;
        }
    }
    env
}
