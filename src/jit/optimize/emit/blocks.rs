//! Blocks: the order in which they are written, their instructions and moves, and their
//! ends. The instructions themselves are elsewhere.

use super::Emit;
use crate::jit::call_numbers::RuntimeCall;
use crate::jit::optimize::alloc::Loc;
use crate::jit::optimize::build::ORDERS;
use crate::jit::optimize::ir::{B, End, Graph, Op, V};
use crate::jit::regs::*;
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Bytes that innermost loops begin at a multiple of: processors fetch and predict that much
/// at a time.
const LOOP_ALIGN: usize = 32;

/// The order in which blocks are written: those of a loop next to each other, with its test
/// at its end, so that a round takes one jump.
pub(super) fn order(g: &Graph) -> Vec<B> {
    let mut order = g.order.clone();
    for &head in g.order.iter().rev().filter(|&&b| g.block(b).head) {
        close_up(&mut order, &g.loop_body(head));
    }
    for &head in g.order.iter().rev() {
        let block = g.block(head);
        let End::If(_, yes, no) = block.end else {
            continue;
        };
        let inside = |b: B| block.preds.iter().any(|&pred| g.dominates(b, pred));
        if !block.head || inside(yes) == inside(no) {
            continue;
        }
        let place = |b: B| order.iter().position(|&one| one == b);
        let latch = block.preds.iter().filter_map(|&pred| place(pred)).max();
        let (Some(latch), Some(at)) = (latch, place(head)) else {
            continue;
        };
        if latch > at {
            order.remove(at);
            order.insert(latch, head);
        }
    }
    order
}

/// Puts blocks of a loop that others lie between next to each other; the others follow.
fn close_up(order: &mut [B], body: &[bool]) {
    let inside = |b: &B| body[b.index()];
    let (Some(first), Some(last)) = (
        order.iter().position(inside),
        order.iter().rposition(inside),
    ) else {
        return;
    };
    order[first..=last].sort_by_key(|b| !inside(b));
}

impl<M: Masm> Emit<'_, M> {
    pub(super) fn blocks(&mut self) {
        let order = std::mem::take(&mut self.order);
        let mut is_reached = vec![false; self.g.blocks.len()];
        for &(_, entry) in &self.g.entries {
            is_reached[entry.index()] = true;
        }
        for next in order.iter().flat_map(|&b| self.g.successors(b)) {
            is_reached[self.target(next).index()] = true;
        }
        let tops = self.innermost_tops(&order);
        for (index, &b) in order.iter().enumerate() {
            if tops[b.index()] && is_reached[b.index()] && !self.g.block(b).cold {
                self.m.align(LOOP_ALIGN);
            }
            if !is_reached[b.index()] {
                // It only jumps on, and all jumps go past it.
                self.settled_after[b.index()] = Some(self.settled_before(b));
                continue;
            }
            let next = order[index + 1..]
                .iter()
                .copied()
                .find(|&next| is_reached[next.index()] && !self.g.block(next).cold);
            self.block(b, next);
        }
    }

    /// By block: whether it is the first one that is written of a loop without others in it.
    fn innermost_tops(&self, order: &[B]) -> Vec<bool> {
        let mut tops = vec![false; self.g.blocks.len()];
        for &head in self.g.order.iter().filter(|&&b| self.g.block(b).head) {
            let body = self.g.loop_body(head);
            let mut inside = order.iter().filter(|b| body[b.index()]);
            let is_innermost = inside.clone().all(|&b| b == head || !self.g.block(b).head);
            if let (true, Some(top)) = (is_innermost, inside.next()) {
                tops[top.index()] = true;
            }
        }
        tops
    }

    /// The block that a jump to a block leads to: past those that only jump on.
    fn target(&self, b: B) -> B {
        let mut b = b;
        for _ in 0..8 {
            let block = self.g.block(b);
            match &block.end {
                End::Jump(edge)
                    if block.insts.is_empty()
                        && self.a.edges[b.index()].is_empty()
                        && block.params.is_empty() =>
                {
                    b = edge.to;
                }
                _ => break,
            }
        }
        b
    }

    fn block(&mut self, b: B, next: Option<B>) {
        let g = self.g;
        let block = g.block(b);
        let label = self.labels[b.index()];
        if block.cold {
            self.m.begin_cold();
            self.m.bind(label);
            self.contents(b, None);
            self.m.end_cold();
            return;
        }
        self.m.bind(label);
        self.contents(b, next);
    }

    fn contents(&mut self, b: B, next: Option<B>) {
        let g = self.g;
        let block = g.block(b);
        self.unboxed = None;
        self.settled = self.settled_before(b);
        for (&param, &place) in block.params.iter().zip(&self.a.params[b.index()]) {
            if let (Loc::Reg(register), Some(slot)) = (place, self.a.slots[param.index()]) {
                self.store_slot(slot, register);
            }
        }
        for &v in &block.insts {
            self.v = v;
            let given = &self.a.insts[v.index()];
            for one in &given.moves {
                self.unboxed = None;
                self.do_move(one.from, one.to);
            }
            if self.m.keeps_comments() {
                self.m.source(SourceId(g.inst(v).site.at));
            }
            if !self.a.fused[v.index()] {
                let unboxed = self.unboxed;
                self.operation(v);
                self.settle();
                if self.unboxed == unboxed {
                    self.unboxed = None;
                }
                if let (Some(register), Some(slot)) = (given.result, self.a.slots[v.index()]) {
                    self.store_slot(slot, register);
                }
            }
        }
        if let End::If(v, ..) = block.end
            && self.a.fused[v.index()]
        {
            self.v = v;
            self.settle();
        }
        self.settled_after[b.index()] = Some(self.settled);
        match &block.end {
            End::Jump(edge) => {
                let moves = &self.a.edges[b.index()];
                self.parallel(moves);
                let to = self.target(edge.to);
                if next != Some(to) {
                    self.m.jump(self.labels[to.index()]);
                }
            }
            End::If(v, yes, no) => {
                for one in &self.a.edges[b.index()] {
                    self.do_move(one.from, one.to);
                }
                let (yes, no) = (self.target(*yes), self.target(*no));
                let (yes_label, no_label) = (self.labels[yes.index()], self.labels[no.index()]);
                if next == Some(yes) {
                    self.branch_on(*v, b, false, no_label);
                } else {
                    self.branch_on(*v, b, true, yes_label);
                    if next != Some(no) {
                        self.m.jump(no_label);
                    }
                }
            }
            End::Return(v) => {
                match self.a.ends[b.index()] {
                    Some(loc) => self.load_to(T0, *v, loc),
                    None => self.m.trap(),
                }
                self.restore_constants();
                let frame = self.frame();
                self.m.epilogue(&frame);
                self.m.ret();
            }
            End::ToBaseline(at) => {
                let found = self.job.baseline.iter().find(|(word, _)| word == at);
                let (_, address) = found.expect("the baseline has every loop's head");
                let (address, function) = (*address, &g.frames[0]);
                self.restore_constants();
                self.m.add_sp(self.bytes);
                // The loop has gone round once more.
                let stub = self.table.helper(RuntimeCall::TierUp);
                let at = *at as i32;
                let goes_on = self.m.new_label();
                let hot = self.m.cold(|m| {
                    m.mov(W32, T0, at + 1);
                    m.call_code(stub);
                    m.branch(Cond::Eq, W64, T0, 0, goes_on);
                    m.load(Load::W64, T0, VM_VALUE);
                    m.jump_reg(T0);
                });
                self.m.mov_address(T1, function.address);
                let warmth = Mem::new(T1, PROTO_WARMTH);
                self.m.add_mem_branch_negative(W32, warmth, -1, hot);
                self.m.bind(goes_on);
                self.m.mov_address(T1, address);
                self.m.jump_reg(T1);
            }
            End::Never => self.m.trap(),
            End::Open => unreachable!("the verifier has looked"),
        }
    }

    /// Branches by the order of two ints, of which the second may be in its slot.
    pub(super) fn branch_by_order(&mut self, cond: Cond, a: Gpr, b: Loc, target: Label) {
        match b {
            Loc::Slot(v) => self.m.branch_mem(cond, W64, a, self.slot_of(v), target),
            b => self.m.branch(cond, W64, a, self.rhs(b), target),
        }
    }

    /// Branches by a truth.
    pub(super) fn branch_on(&mut self, v: V, b: B, if_true: bool, target: Label) {
        if !self.a.fused[v.index()] {
            let Some(Loc::Reg(register)) = self.a.ends[b.index()] else {
                unreachable!("a condition is in a register");
            };
            let gpr = self.general[usize::from(register)];
            let cond = if if_true { Cond::Ne } else { Cond::Eq };
            return self.m.branch(cond, W32, gpr, 0, target);
        }
        self.v = v;
        let inst = self.g.inst(v);
        let given = &self.a.insts[v.index()];
        let negate = |cond: Cond| if if_true { cond } else { cond.negate() };
        match inst.op {
            Op::Compare => {
                let (cond, _) = ORDERS[inst.imm as usize];
                let (a, b) = (self.gpr(given.args[0]), given.args[1]);
                self.branch_by_order(negate(cond), a, b, target);
            }
            Op::TestBits => {
                let bits = match (inst.imm == 1) == if_true {
                    true => Bits::Set,
                    false => Bits::Clear,
                };
                let a = self.gpr(given.args[0]);
                let b = self.rhs(given.args[1]);
                self.m.branch_mask(bits, W64, a, b, target);
            }
            Op::CompareFloat => {
                let (_, cond) = ORDERS[inst.imm as usize];
                let cond = if if_true { cond } else { cond.negate() };
                let (a, b) = (self.fpr(given.args[0]), self.fpr(given.args[1]));
                self.m.branch_float(cond, a, b, target);
            }
            Op::Same => {
                let a = self.gpr(given.args[0]);
                self.m.branch(negate(Cond::Eq), W64, a, inst.imm, target);
            }
            Op::IsTrue => {
                let a = self.gpr(given.args[0]);
                let bits = Value::TRUE.bits();
                self.m.branch(negate(Cond::Eq), W64, a, bits, target);
            }
            Op::SameBits => {
                let a = self.gpr(given.args[0]);
                let b = self.rhs(given.args[1]);
                self.m.branch(negate(Cond::Eq), W64, a, b, target);
            }
            op @ (Op::Equal | Op::EqualsConst) => {
                self.branch_on_equality(op, inst.imm, if_true, target);
            }
            Op::HasField => self.branch_on_field(inst.imm, if_true, target),
            op @ (Op::HasTag | Op::StringOrder | Op::StringWithin) => {
                self.branch_on_test(op, inst.imm, if_true, target);
            }
            op => unreachable!("{op:?} is not fused"),
        }
    }
}
