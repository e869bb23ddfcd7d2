//! The compiler's hands: getting values into machine registers and back to the
//! frame, slow paths, calls of helpers, exits.

use super::super::helpers::Helper;
use super::super::regs::*;
use super::Compiler;
use super::state::{Kind, State};
use crate::value::{DOUBLE_OFFSET, Value};
use ruff_asm::prelude::*;
use ruff_asm::{Label, reg};

/// Floating point registers for use within one instruction.
pub const X0: Fpr = reg::FLOATS[12];
pub const X1: Fpr = reg::FLOATS[13];

/// A machine register for use where the values that are kept in machine registers
/// have not been loaded yet: what is checked first is not one of them.
const SPARE: Gpr = T0;

/// The boxed NaN.
const NAN: u64 = 0x7FF8_0000_0000_0000 + DOUBLE_OFFSET;

/// Boxes a float.
pub fn box_float<M: Masm>(m: &mut M, to: Gpr, from: Fpr) {
    let done = m.new_label();
    let nan = m.cold(|m| {
        m.mov(W64, to, NAN);
        m.jump(done);
    });
    m.branch_float(FloatCond::Ne, from, from, nan);
    m.float_to_bits(to, from);
    m.add(W64, to, to, DOUBLE);
    m.bind(done);
}

/// Stores every value that memory does not have. Uses `T1`.
pub fn store_state<M: Masm>(m: &mut M, state: &State) {
    for entry in &state.entries {
        if !entry.dirty {
            continue;
        }
        let gpr = match (entry.gpr, entry.fpr) {
            (Some(gpr), _) => gpr,
            (None, Some(fpr)) => {
                box_float(m, T1, fpr);
                T1
            }
            (None, None) => unreachable!("a value that is nowhere"),
        };
        m.store(Size::B8, register(entry.reg), gpr);
    }
}

/// A slow path: its label, and the state at the branches that lead there.
pub struct Slow {
    pub label: Label,
    pub before: State,
}

impl<M: Masm> Compiler<'_, M> {
    /// Keeps a machine register for the rest of the instruction.
    pub fn pin(&mut self, gpr: Gpr) {
        self.pinned.push(gpr);
    }

    /// A machine register for the rest of the instruction.
    pub fn fresh(&mut self) -> Gpr {
        let gpr = match self.state.free_gpr(&self.pinned) {
            Some(gpr) => gpr,
            None => self.evict(),
        };
        self.pin(gpr);
        gpr
    }

    /// Takes a machine register from the value that has had one longest.
    fn evict(&mut self) -> Gpr {
        let pinned = &self.pinned;
        let at = (self.state.entries.iter())
            .position(|entry| entry.gpr.is_some_and(|gpr| !pinned.contains(&gpr)))
            .expect("an instruction uses fewer registers than there are");
        let mut entry = self.state.entries.remove(at);
        let gpr = entry.gpr.take().expect("looked for");
        if entry.dirty && entry.fpr.is_none() {
            self.m.store(Size::B8, register(entry.reg), gpr);
            entry.dirty = false;
        }
        if entry.kind != Kind::Any || entry.fpr.is_some() {
            self.state.entries.push(entry);
        }
        gpr
    }

    pub fn fresh_float(&mut self) -> Fpr {
        let fpr = match self.state.free_fpr(&self.pinned_floats) {
            Some(fpr) => fpr,
            None => {
                let pinned = &self.pinned_floats;
                let at = (self.state.entries.iter())
                    .position(|entry| entry.fpr.is_some_and(|fpr| !pinned.contains(&fpr)))
                    .expect("an instruction uses fewer registers than there are");
                let mut entry = self.state.entries.remove(at);
                let fpr = entry.fpr.take().expect("looked for");
                if entry.dirty && entry.gpr.is_none() {
                    box_float(self.m, T1, fpr);
                    self.m.store(Size::B8, register(entry.reg), T1);
                    entry.dirty = false;
                }
                self.state.entries.push(entry);
                fpr
            }
        };
        self.pinned_floats.push(fpr);
        fpr
    }

    /// The boxed value of a register of the frame, in a machine register that keeps
    /// it for the rest of the instruction.
    pub fn value(&mut self, reg: u32) -> Gpr {
        let (gpr, fpr) = match self.state.find(reg) {
            Some(entry) => (entry.gpr, entry.fpr),
            None => (None, None),
        };
        if let Some(gpr) = gpr {
            self.pin(gpr);
            return gpr;
        }
        if let Some(fpr) = fpr {
            self.pinned_floats.push(fpr);
        }
        let gpr = self.fresh();
        match fpr {
            Some(fpr) => box_float(self.m, gpr, fpr),
            None => self.m.load(Load::W64, gpr, register(reg)),
        }
        self.state.entry(reg).gpr = Some(gpr);
        gpr
    }

    /// The float in a register of the frame that surely holds one.
    pub fn float(&mut self, reg: u32) -> Fpr {
        debug_assert!(self.state.kind(reg) == Kind::Float);
        let entry = self.state.find(reg).expect("its kind is known");
        let gpr = entry.gpr;
        if let Some(fpr) = entry.fpr {
            self.pinned_floats.push(fpr);
            return fpr;
        }
        let fpr = self.fresh_float();
        match gpr {
            Some(gpr) => self.m.sub(W64, T1, gpr, DOUBLE),
            None => {
                self.m.load(Load::W64, T1, register(reg));
                self.m.sub(W64, T1, T1, DOUBLE);
            }
        }
        self.m.float_from_bits(fpr, T1);
        self.state.entry(reg).fpr = Some(fpr);
        fpr
    }

    /// A register of the frame takes a value that is in a machine register.
    pub fn define(&mut self, reg: u32, gpr: Gpr, kind: Kind) {
        self.state.forget(reg);
        let entry = self.state.entry(reg);
        entry.gpr = Some(gpr);
        entry.kind = kind;
        entry.dirty = true;
    }

    pub fn define_float(&mut self, reg: u32, fpr: Fpr) {
        self.state.forget(reg);
        let entry = self.state.entry(reg);
        entry.fpr = Some(fpr);
        entry.kind = Kind::Float;
        entry.dirty = true;
    }

    /// A register of the frame takes a known value.
    pub fn load_value(&mut self, reg: u32, value: Value) {
        let gpr = self.fresh();
        self.m.mov(W64, gpr, value.bits());
        self.define(reg, gpr, kind_of(value));
    }

    /// Stores every value that memory does not have yet.
    pub fn flush(&mut self) {
        store_state(self.m, &self.state);
        for entry in &mut self.state.entries {
            entry.dirty = false;
        }
    }

    /// Makes a slow path for branches emitted from here on, before the instruction
    /// gives its result.
    pub fn slow(&mut self) -> Slow {
        Slow {
            label: self.m.new_label(),
            before: self.state.clone(),
        }
    }

    /// Calls a helper. Everything that it may look at has been stored; machine
    /// registers are lost. Its status is in `T0`.
    pub fn call_helper(&mut self, helper: Helper) {
        debug_assert!(self.state.entries.iter().all(|entry| !entry.dirty));
        let stub = self.table.helper(helper);
        let after = self.after as i32;
        self.m.comment(|| format!("{helper:?}"));
        self.m.mov(W32, T0, after);
        self.m.call_code(stub);
    }

    /// An instruction that a helper does as a whole. It writes the registers named.
    pub fn whole(&mut self, helper: Helper, writes: &[u32]) {
        self.flush();
        self.call_helper(helper);
        self.state.forget_machine();
        for &reg in writes {
            self.state.forget(reg);
        }
    }

    /// The code of a slow path: the helper does the instruction, then the machine
    /// registers are made what the fast path, which has ended here, left in them.
    /// What the fast path has found out about the registers in `learnt`, or expects
    /// of them, is looked at here too; if it is not so, the interpreter goes on.
    pub fn slow_path(&mut self, slow: Slow, helper: Helper, learnt: &[u32]) {
        let done = self.m.new_label();
        let paths = self.paths(helper);
        let state = &self.state;
        self.m.cold(|m| {
            m.bind(slow.label);
            store_state(m, &slow.before);
            paths.call(m);
            paths.rejoin(m, state, learnt);
            m.jump(done);
        });
        self.m.bind(done);
    }

    /// What slow paths of the current instruction need.
    pub fn paths(&self, helper: Helper) -> Paths {
        Paths {
            helper,
            stub: self.table.helper(helper),
            exit: self.table.exit,
            after: self.after as i32,
            next: self.at_next() as i32,
        }
    }

    /// Index of the next instruction.
    pub fn at_next(&self) -> usize {
        self.after + self.words[self.at].op().has_branch() as usize
    }

}

/// Where the slow paths of an instruction lead.
#[derive(Clone, Copy)]
pub struct Paths {
    helper: Helper,
    stub: CodePtr,
    exit: CodePtr,
    /// Words behind the instruction and its cache, and of the next instruction.
    after: i32,
    pub next: i32,
}

impl Paths {
    /// Calls the helper; its status is in `T0`.
    pub fn call<M: Masm>(&self, m: &mut M) {
        let helper = self.helper;
        m.comment(|| format!("slow: {helper:?}"));
        m.mov(W32, T0, self.after);
        m.call_code(self.stub);
    }

    /// Makes the machine registers what the fast path leaves in them. Uses `T0` and `T1`.
    pub fn rejoin<M: Masm>(&self, m: &mut M, state: &State, learnt: &[u32]) {
        let mut wrong = None;
        for entry in &state.entries {
            if learnt.contains(&entry.reg) && entry.kind != Kind::Any {
                let wrong = *wrong.get_or_insert_with(|| {
                    m.cold(|m| {
                        m.mov(W32, T0, self.next);
                        m.jump_code(self.exit);
                    })
                });
                let to = entry.gpr.unwrap_or(SPARE);
                m.load(Load::W64, to, register(entry.reg));
                check_kind(m, to, entry.kind, wrong);
                if let Some(fpr) = entry.fpr {
                    m.sub(W64, T1, to, DOUBLE);
                    m.float_from_bits(fpr, T1);
                }
            }
        }
        for entry in &state.entries {
            if !(learnt.contains(&entry.reg) && entry.kind != Kind::Any) {
                restore(m, entry.reg, entry.gpr, entry.fpr);
            }
        }
    }
}

/// Branches unless a value is a pointer to an object. Uses `T1`.
pub fn guard_pointer<M: Masm>(m: &mut M, gpr: Gpr, otherwise: Label) {
    m.sub(W64, T1, gpr, crate::value::FIRST_POINTER as i32);
    m.shr(W64, T1, T1, 48);
    m.branch(Cond::Ne, W64, T1, 0, otherwise);
}

/// Loads what machine registers are to hold of a register of the frame. Uses `T1`.
pub fn restore<M: Masm>(m: &mut M, reg: u32, gpr: Option<Gpr>, fpr: Option<Fpr>) {
    if let Some(gpr) = gpr {
        m.load(Load::W64, gpr, register(reg));
    }
    if let Some(fpr) = fpr {
        m.load(Load::W64, T1, register(reg));
        m.sub(W64, T1, T1, DOUBLE);
        m.float_from_bits(fpr, T1);
    }
}

/// Branches unless a value is of a kind.
pub fn check_kind<M: Masm>(m: &mut M, gpr: Gpr, kind: Kind, wrong: Label) {
    match kind {
        Kind::Any => {}
        Kind::Int => m.branch(Cond::Below, W64, gpr, TAG, wrong),
        Kind::Float => {
            m.branch(Cond::Below, W64, gpr, DOUBLE, wrong);
            m.branch(Cond::AboveEq, W64, gpr, TAG, wrong);
        }
        Kind::Object => guard_pointer(m, gpr, wrong),
        Kind::Shape(shape) => {
            guard_pointer(m, gpr, wrong);
            let aux = Mem::new(gpr, HEADER_AUX);
            m.branch_mem_imm(Cond::Ne, Size::B4, aux, shape as i64, wrong);
        }
        Kind::Bool => unreachable!("no result is expected to be one"),
    }
}

/// What a constant is.
pub fn kind_of(value: Value) -> Kind {
    if value.is_int() {
        Kind::Int
    } else if value.is_float() {
        Kind::Float
    } else if value.is_bool() {
        Kind::Bool
    } else {
        Kind::Any
    }
}
