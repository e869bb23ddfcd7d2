//! The abstract state of the frame's registers at a point of the code: which values are
//! in machine registers, which of those memory does not have yet, and the types that are
//! known. Plain bookkeeping; emits nothing.

use super::super::deopt::DeoptPoint;
use super::super::regs::{CACHE, FLOAT_CACHE};
use crate::value::Value;
use ruff_asm::{Fpr, Gpr};

/// The type of a value, as far as it is known: a small lattice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
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

impl Type {
    /// The least upper bound of two types.
    pub fn join(self, other: Type) -> Type {
        match (self, other) {
            (a, b) if a == b => a,
            (a, b) if a.is_object() && b.is_object() => Type::Object,
            _ => Type::Any,
        }
    }

    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Float)
    }

    /// Whether it is no object that could be shared.
    pub fn is_plain(self) -> bool {
        match self {
            Type::Int | Type::Float | Type::Bool => true,
            Type::Known(value) => !value.is_pointer(),
            _ => false,
        }
    }

    pub fn is_object(self) -> bool {
        match self {
            Type::Object | Type::Shape(_) => true,
            Type::Known(value) => value.is_pointer(),
            _ => false,
        }
    }
}

/// The knowledge of one register of the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    pub reg: u32,
    pub ty: Type,
    /// The int that it is, if that is known.
    pub value: Option<Value>,
    /// Holds the value, boxed.
    pub gpr: Option<Gpr>,
    /// Holds the float, unboxed.
    pub fpr: Option<Fpr>,
    /// Memory does not have the value yet.
    pub dirty: bool,
}

/// The state at a point of the code. Registers without an entry are in memory
/// and may hold anything.
#[derive(Clone, Default, Debug)]
pub struct State {
    pub entries: Vec<Entry>,
}

/// Most entries: older ones without a machine register are forgotten first.
const MOST: usize = 24;

impl State {
    /// The data for leaving the code at word `at` in this state.
    pub fn leaving_at(&self, at: usize) -> DeoptPoint {
        let place = |entry: &Entry| {
            let gpr = |gpr| CACHE.iter().position(|&one| one == gpr);
            let fpr = |fpr| ruff_asm::reg::FLOATS.iter().position(|&one| one == fpr);
            let number = match (entry.gpr, entry.fpr) {
                (Some(one), _) => gpr(one),
                (None, Some(one)) => fpr(one).map(|number| number + CACHE.len()),
                (None, None) => None,
            };
            let number = number.expect("values are in registers that exits save");
            (entry.reg as u16, number as u8)
        };
        let dirty = self.entries.iter().filter(|entry| entry.dirty);
        DeoptPoint::new(at, dirty.map(place).collect())
    }

    pub fn find(&self, reg: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.reg == reg)
    }

    pub fn type_of(&self, reg: u32) -> Type {
        self.find(reg).map_or(Type::Any, |entry| entry.ty)
    }

    /// The int that a register holds, if that is known.
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
                    ty: Type::Any,
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

    /// Notes a stronger type of a register's value.
    pub fn refine(&mut self, reg: u32, ty: Type) {
        if ty != Type::Any || self.find(reg).is_some() {
            let entry = self.entry(reg);
            entry.ty = ty;
            entry.value = entry.value.filter(|_| ty == Type::Int);
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
            entry.ty != Type::Any
        });
    }

    /// The meet of two states: what both know. Neither may have unsaved values.
    pub fn meet(&mut self, other: &State) {
        self.entries.retain_mut(|entry| {
            let Some(there) = other.find(entry.reg) else {
                return false;
            };
            debug_assert!(!entry.dirty && !there.dirty);
            entry.ty = entry.ty.join(there.ty);
            entry.value = entry.value.filter(|_| entry.value == there.value);
            entry.gpr = entry.gpr.filter(|_| entry.gpr == there.gpr);
            entry.fpr = entry.fpr.filter(|_| entry.fpr == there.fpr);
            entry.ty != Type::Any || entry.gpr.is_some()
        });
        // An unboxed float means nothing without its kind.
        for entry in &mut self.entries {
            if entry.ty != Type::Float {
                entry.fpr = None;
            }
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn state(entries: &[(u32, Type, Option<Gpr>, Option<i64>)]) -> State {
        let mut state = State::default();
        for &(reg, ty, gpr, value) in entries {
            let entry = state.entry(reg);
            (entry.ty, entry.gpr) = (ty, gpr);
            entry.value = value.map(Value::int);
        }
        state
    }

    #[test]
    fn a_meet_keeps_what_both_know() {
        let (a, b) = (CACHE[0], CACHE[1]);
        let mut one = state(&[
            (0, Type::Int, Some(a), Some(7)),
            (1, Type::Shape(3), None, None),
            (2, Type::Float, None, None),
            (3, Type::Any, Some(b), None),
            (4, Type::Bool, None, None),
        ]);
        one.meet(&state(&[
            (0, Type::Int, Some(b), Some(8)),
            (1, Type::Shape(4), None, None),
            (2, Type::Int, None, None),
            (3, Type::Any, Some(b), None),
        ]));
        let expected = state(&[
            (0, Type::Int, None, None),
            (1, Type::Object, None, None),
            (3, Type::Any, Some(b), None),
        ]);
        assert_eq!(one.entries, expected.entries);
    }

    #[test]
    fn the_oldest_value_that_may_gives_its_register_up() {
        let mut state = state(&[
            (5, Type::Any, Some(CACHE[0]), None),
            (1, Type::Any, None, None),
            (2, Type::Any, Some(CACHE[1]), None),
            (3, Type::Any, Some(CACHE[2]), None),
        ]);
        let pinned = CACHE[0];
        let entry = state.take_oldest(|entry| entry.gpr.is_some_and(|gpr| gpr != pinned));
        assert_eq!((entry.reg, state.entries.len()), (2, 3));
    }
}
