//! The compiler's hands: getting values into machine registers and back to the
//! frame, slow paths, calls of helpers, exits.

use super::super::call_numbers::RuntimeCall;
use super::super::deopt::DeoptPoint;
use super::super::regs::*;
use super::Compiler;
use super::state::{Entry, State, Type};
use crate::heap::object::Kind;
use crate::jit::templates::{barrier, box_float};
use crate::value::Value;
use ruff_asm::prelude::*;
use ruff_asm::{CodePtr, Label, reg};

/// Floating point registers for use within one instruction.
pub const X0: Fpr = reg::FLOATS[12];
pub const X1: Fpr = reg::FLOATS[13];

/// Stores every value that memory does not have. Uses `T1`.
pub fn store_state<M: Masm>(m: &mut M, state: &State) {
    for entry in state.entries.iter().filter(|entry| entry.dirty) {
        store_entry(m, entry);
    }
}

/// Stores a value that is in a machine register. Uses `T1`.
pub fn store_entry<M: Masm>(m: &mut M, entry: &Entry) {
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

/// How a value that is stored in an object is told to the collector.
#[derive(Clone, Copy)]
pub struct Barrier {
    /// The stub that enters an object in the remembered set; none if the value can be no
    /// object.
    remember: Option<CodePtr>,
}

/// Stores a value in an object that is not new, with the write barrier of compiled code.
/// Uses `T0` and `T1`, which may be part of the place.
pub fn store_in_object<M: Masm>(m: &mut M, told: Barrier, object: Gpr, place: Mem, value: Gpr) {
    m.store(Size::B8, place, value);
    let Some(remember) = told.remember else {
        return;
    };
    barrier(m, remember, object, value);
}

/// A slow path: its label, and the state at the branches that lead there.
pub struct SlowPath {
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

    /// Takes a machine register from a value.
    fn evict(&mut self) -> Gpr {
        let pinned = &self.pinned;
        let may = |entry: &Entry| entry.gpr.is_some_and(|gpr| !pinned.contains(&gpr));
        let mut entry = self.state.take_oldest(may);
        let gpr = entry.gpr.take().expect("looked for");
        if entry.dirty && entry.fpr.is_none() {
            self.m.store(Size::B8, register(entry.reg), gpr);
            entry.dirty = false;
        }
        if entry.ty != Type::Any || entry.fpr.is_some() {
            self.state.entries.push(entry);
        }
        gpr
    }

    pub fn fresh_float(&mut self) -> Fpr {
        let fpr = match self.state.free_fpr(&self.pinned_floats) {
            Some(fpr) => fpr,
            None => self.evict_float(),
        };
        self.pinned_floats.push(fpr);
        fpr
    }

    fn evict_float(&mut self) -> Fpr {
        let pinned = &self.pinned_floats;
        let may = |entry: &Entry| entry.fpr.is_some_and(|fpr| !pinned.contains(&fpr));
        let mut entry = self.state.take_oldest(may);
        let fpr = entry.fpr.take().expect("looked for");
        if entry.dirty && entry.gpr.is_none() {
            box_float(self.m, T1, fpr);
            self.m.store(Size::B8, register(entry.reg), T1);
            entry.dirty = false;
        }
        self.state.entries.push(entry);
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

    /// The float in a register of the frame that certainly holds one.
    pub fn float(&mut self, reg: u32) -> Fpr {
        debug_assert!(self.state.type_of(reg) == Type::Float);
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
    pub fn define(&mut self, reg: u32, gpr: Gpr, kind: Type) {
        self.state.forget(reg);
        let entry = self.state.entry(reg);
        entry.gpr = Some(gpr);
        entry.ty = kind;
        entry.dirty = true;
    }

    pub fn define_float(&mut self, reg: u32, fpr: Fpr) {
        self.state.forget(reg);
        let entry = self.state.entry(reg);
        entry.fpr = Some(fpr);
        entry.ty = Type::Float;
        entry.dirty = true;
    }

    /// A register of the frame takes a known value.
    pub fn load_value(&mut self, reg: u32, value: Value) {
        let gpr = self.fresh();
        if value.is_pointer() {
            self.m.mov_address(gpr, value.bits());
        } else {
            self.m.mov(W64, gpr, value.bits());
        }
        self.define(reg, gpr, type_of_value(value));
        self.state.entry(reg).value = Some(value).filter(|value| value.is_int());
    }

    /// The write barrier for a store of this register's value.
    pub fn barrier(&self, reg: u32) -> Barrier {
        let plain = self.state.type_of(reg).is_plain();
        Barrier {
            remember: (!plain).then_some(self.table.remember),
        }
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
    pub fn slow(&mut self) -> SlowPath {
        SlowPath {
            label: self.m.new_label(),
            before: self.state.clone(),
        }
    }

    /// Calls a helper. Everything that it may look at has been stored; machine
    /// registers are lost. Its status is in `T0`.
    pub fn call_runtime(&mut self, helper: RuntimeCall) {
        debug_assert!(self.state.entries.iter().all(|entry| !entry.dirty));
        let stub = self.table.helper(helper);
        let after = self.after as i32;
        self.m.comment(|| format!("{helper:?}"));
        self.m.mov(W32, T0, after);
        self.m.call_code(stub);
    }

    /// An instruction that a helper does as a whole. It writes the registers named.
    pub fn generic(&mut self, helper: RuntimeCall, writes: &[u32]) {
        self.flush();
        self.call_runtime(helper);
        self.state.forget_machine();
        for &reg in writes {
            self.state.forget(reg);
        }
    }

    /// The code of a slow path: the helper does the instruction, then the machine
    /// registers are made what the fast path, which has ended here, left in them.
    pub fn slow_path(&mut self, slow: SlowPath, helper: RuntimeCall) {
        let done = self.m.new_label();
        let slow_call = self.slow_call(helper);
        let state = &self.state;
        self.m.cold(|m| {
            m.bind(slow.label);
            store_state(m, &slow.before);
            slow_call.call(m);
            restore(m, state);
            m.jump(done);
        });
        self.m.bind(done);
    }

    /// The data that slow paths of the current instruction need.
    pub fn slow_call(&self, helper: RuntimeCall) -> SlowCall {
        SlowCall {
            helper,
            stub: self.table.helper(helper),
            after: self.after as i32,
        }
    }
}

impl<M: Masm> Compiler<'_, M> {
    /// A slow path that leaves the instruction to the interpreter, and with it the
    /// frame, where what was expected does not hold; for branches emitted from here
    /// on, before the instruction gives its result.
    pub fn side_exit(&mut self) -> Label {
        self.side_exit_at(self.state.leaving_at(self.at))
    }

    /// [`Compiler::side_exit`] at this point, which is at the current instruction.
    pub fn side_exit_at(&mut self, point: DeoptPoint) -> Label {
        if let (Some(label), Some(last)) = (self.last_exit, self.deopt_points.last())
            && *last == point
        {
            return label;
        }
        let exit = self.new_side_exit(point);
        let (counters, mut counting) = (self.counters(), 0);
        let label = self.m.cold(|m| {
            // The interpreter counts the instruction once more.
            counting = super::add_to(m, counters, -1);
            exit.emit(m);
        });
        self.counting += counting;
        self.last_exit = Some(label);
        label
    }

    /// Numbers a place at which the code is left.
    pub fn new_side_exit(&mut self, point: DeoptPoint) -> SideExit {
        self.last_exit = None;
        self.deopt_points.push(point);
        SideExit {
            number: (self.first_deopt + self.deopt_points.len() - 1) as u32,
            at: self.deopt_points[self.deopt_points.len() - 1].at(),
            stub: self.table.exit,
        }
    }

    /// [`Compiler::side_exit`] if the instruction expects something, else the beginning of
    /// a slow path that has to be written with [`Compiler::finish`].
    pub fn fallback(&mut self, expects: bool) -> Fallback {
        if expects {
            Fallback::SideExit(self.side_exit())
        } else {
            Fallback::Slow(self.slow())
        }
    }

    /// Writes the slow path, if there is one, once the fast path has ended.
    pub fn finish(&mut self, fallback: Fallback, helper: RuntimeCall) {
        if let Fallback::Slow(slow) = fallback {
            self.slow_path(slow, helper);
        }
    }
}

/// Where the interpreter takes over.
#[derive(Clone, Copy)]
pub struct SideExit {
    number: u32,
    at: u32,
    stub: CodePtr,
}

impl SideExit {
    /// Leaves the code, with the machine registers as the exit's state has them.
    pub fn emit<M: Masm>(self, m: &mut M) {
        m.comment(|| format!("exit at {:04}", self.at));
        m.mov(W32, T0, self.number as i32);
        m.jump_code(self.stub);
    }
}

/// The way out where a fast path does not apply.
pub enum Fallback {
    SideExit(Label),
    Slow(SlowPath),
}

impl Fallback {
    pub fn label(&self) -> Label {
        match self {
            Fallback::SideExit(label) => *label,
            Fallback::Slow(slow) => slow.label,
        }
    }
}

/// Where the slow paths of an instruction lead.
#[derive(Clone, Copy)]
pub struct SlowCall {
    helper: RuntimeCall,
    stub: CodePtr,
    /// The word after the instruction and its cache.
    after: i32,
}

impl SlowCall {
    /// Calls the helper; its status is in `T0`.
    pub fn call<M: Masm>(&self, m: &mut M) {
        let helper = self.helper;
        m.comment(|| format!("slow: {helper:?}"));
        m.mov(W32, T0, self.after);
        m.call_code(self.stub);
    }
}

/// Makes the machine registers what the fast path leaves in them. Uses `T1`.
pub fn restore<M: Masm>(m: &mut M, state: &State) {
    for entry in &state.entries {
        if let Some(gpr) = entry.gpr {
            m.load(Load::W64, gpr, register(entry.reg));
        }
        if let Some(fpr) = entry.fpr {
            m.load(Load::W64, T1, register(entry.reg));
            m.sub(W64, T1, T1, DOUBLE);
            m.float_from_bits(fpr, T1);
        }
    }
}

/// The type of a constant.
pub fn type_of_value(value: Value) -> Type {
    if value.is_int() {
        Type::Int
    } else if value.is_float() {
        Type::Float
    } else if value.is_bool() {
        Type::Bool
    } else if value.is_null() || value.is_string() || value.is_kind(Kind::StructType) {
        Type::Known(value)
    } else if value.is_pointer() {
        Type::Object
    } else {
        Type::Any
    }
}
