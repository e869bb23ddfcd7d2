//! What is known of the frame's registers at a point of the code: which values are
//! in machine registers, which of those memory does not have yet, and of what kind
//! values surely are. Plain bookkeeping; emits nothing.

use super::super::regs::{CACHE, FLOAT_CACHE};
use crate::value::Value;
use ruff_asm::{Fpr, Gpr};

/// What a value surely is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Any,
    /// An inline int.
    Int,
    Float,
    Bool,
    /// This very constant, which is no number: null, a string, a type.
    Known(Value),
    /// A pointer to an object.
    Object,
    /// A struct or class instance with this shape, which it keeps for life.
    Shape(u32),
}

impl Kind {
    /// What a value surely is that is one or the other.
    pub fn or(self, other: Kind) -> Kind {
        match (self, other) {
            (a, b) if a == b => a,
            (a, b) if a.is_object() && b.is_object() => Kind::Object,
            _ => Kind::Any,
        }
    }

    /// Whether what is of this kind is of that one too.
    pub fn implies(self, other: Kind) -> bool {
        self == other || other == Kind::Any || other == Kind::Object && self.is_object()
    }

    /// The most that a check of any value could show of this.
    pub fn checkable(self) -> Kind {
        match self {
            Kind::Known(value) if value.is_pointer() => Kind::Object,
            Kind::Known(_) => Kind::Any,
            kind => kind,
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Kind::Int | Kind::Float)
    }

    /// Surely no object that could be shared.
    pub fn is_plain(self) -> bool {
        match self {
            Kind::Int | Kind::Float | Kind::Bool => true,
            Kind::Known(value) => !value.is_pointer(),
            _ => false,
        }
    }

    pub fn is_object(self) -> bool {
        match self {
            Kind::Object | Kind::Shape(_) => true,
            Kind::Known(value) => value.is_pointer(),
            _ => false,
        }
    }
}

/// What is known of one register of the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub reg: u32,
    pub kind: Kind,
    /// The int that it surely is.
    pub value: Option<Value>,
    /// Holds the value, boxed.
    pub gpr: Option<Gpr>,
    /// Holds the float, unboxed.
    pub fpr: Option<Fpr>,
    /// Memory does not have the value yet.
    pub dirty: bool,
}

/// What is known at a point of the code. Registers without an entry are in memory
/// and may hold anything.
#[derive(Clone, Default, Debug)]
pub struct State {
    pub entries: Vec<Entry>,
}

/// Most entries: older ones without a machine register are forgotten first.
const MOST: usize = 24;

impl State {
    pub fn find(&self, reg: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.reg == reg)
    }

    pub fn kind(&self, reg: u32) -> Kind {
        self.find(reg).map_or(Kind::Any, |entry| entry.kind)
    }

    /// The int that a register surely holds.
    pub fn int(&self, reg: u32) -> Option<Value> {
        self.find(reg).and_then(|entry| entry.value)
    }

    /// Removes the oldest of the entries that may lose their machine register; there
    /// is one, since an instruction uses fewer registers than there are.
    pub fn take_oldest(&mut self, may: impl Fn(&Entry) -> bool) -> Entry {
        let oldest = self.entries.iter().position(may);
        self.entries
            .remove(oldest.expect("a register that is not in use"))
    }

    /// The entry of a register, made if there is none.
    pub fn entry(&mut self, reg: u32) -> &mut Entry {
        let at = match self.entries.iter().position(|entry| entry.reg == reg) {
            Some(at) => at,
            None => {
                if self.entries.len() >= MOST {
                    let bare = |e: &Entry| e.gpr.is_none() && e.fpr.is_none();
                    if let Some(old) = self.entries.iter().position(bare) {
                        self.entries.remove(old);
                    }
                }
                self.entries.push(Entry {
                    reg,
                    kind: Kind::Any,
                    value: None,
                    gpr: None,
                    fpr: None,
                    dirty: false,
                });
                self.entries.len() - 1
            }
        };
        &mut self.entries[at]
    }

    /// Notes a register's new kind.
    pub fn learn(&mut self, reg: u32, kind: Kind) {
        if kind != Kind::Any || self.find(reg).is_some() {
            let entry = self.entry(reg);
            entry.kind = kind;
            entry.value = entry.value.filter(|_| kind == Kind::Int);
        }
    }

    /// The register has been written in memory, by others: nothing is known of it.
    pub fn forget(&mut self, reg: u32) {
        self.entries.retain(|entry| entry.reg != reg);
    }

    /// The same for some registers in a row.
    pub fn forget_all(&mut self, from: u32, count: u32) {
        let range = from..from + count;
        self.entries.retain(|entry| !range.contains(&entry.reg));
    }

    /// The same for every register from `reg` on.
    pub fn forget_from(&mut self, reg: u32) {
        self.entries.retain(|entry| entry.reg < reg);
    }

    /// Machine registers hold something else now; what is known of kinds stays.
    pub fn forget_machine(&mut self) {
        self.entries.retain_mut(|entry| {
            debug_assert!(!entry.dirty, "register {} is lost", entry.reg);
            entry.gpr = None;
            entry.fpr = None;
            entry.kind != Kind::Any
        });
    }

    /// Keeps what both know. Neither may have unsaved values.
    pub fn meet(&mut self, other: &State) {
        self.entries.retain_mut(|entry| {
            let Some(there) = other.find(entry.reg) else {
                return false;
            };
            debug_assert!(!entry.dirty && !there.dirty);
            entry.kind = entry.kind.or(there.kind);
            entry.value = entry.value.filter(|_| entry.value == there.value);
            entry.gpr = entry.gpr.filter(|_| entry.gpr == there.gpr);
            entry.fpr = entry.fpr.filter(|_| entry.fpr == there.fpr);
            entry.kind != Kind::Any || entry.gpr.is_some()
        });
        // An unboxed float means nothing without its kind.
        for entry in &mut self.entries {
            if entry.kind != Kind::Float {
                entry.fpr = None;
            }
        }
    }

    /// Keeps the kinds that both know, and of the rest what is known here.
    pub fn meet_kinds(&mut self, other: &State) {
        self.entries.retain_mut(|entry| {
            let Some(there) = other.find(entry.reg) else {
                return false;
            };
            entry.kind = entry.kind.or(there.kind);
            entry.value = entry.value.filter(|_| entry.value == there.value);
            entry.dirty |= there.dirty;
            true
        });
    }

    /// A machine register that holds nothing and is not in use by the instruction.
    pub fn free_gpr(&self, pinned: &[Gpr]) -> Option<Gpr> {
        let held = self.entries.iter().filter_map(|entry| entry.gpr);
        let used = held.chain(pinned.iter().copied());
        let used = used.fold(0u32, |used, gpr| used | 1 << gpr.index());
        CACHE.into_iter().find(|gpr| used & 1 << gpr.index() == 0)
    }

    pub fn free_fpr(&self, pinned: &[Fpr]) -> Option<Fpr> {
        let held = self.entries.iter().filter_map(|entry| entry.fpr);
        let used = held.chain(pinned.iter().copied());
        let used = used.fold(0u32, |used, fpr| used | 1 << fpr.index());
        ruff_asm::reg::FLOATS[..FLOAT_CACHE]
            .iter()
            .copied()
            .find(|fpr| used & 1 << fpr.index() == 0)
    }
}
