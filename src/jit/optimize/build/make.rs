//! New objects.

use super::super::ir::types::{self, Type};
use super::super::ir::{Op as Ir, Rep, V};
use super::super::job::{Field, Function, StructInfo, What};
use super::{Builder, Heap};
use crate::bytecode::Instr;
use crate::bytecode::op::{BASE as HAS_BASE, SEEN_OTHER, SHARE};
use crate::heap::shape;
use crate::jit::call_numbers::RuntimeCall;
use std::ops::Range;
use std::rc::Rc;

/// Most values that are written into a new object one by one.
pub const MOST_VALUES: usize = 12;
/// The same of a value of an enum: each has its bit in the mask of what the caller keeps.
const MOST_PARTS: usize = 8;

impl Builder<'_> {
    /// A new object with these values; the helper makes it where there is no room.
    fn allocation(
        &mut self,
        op: Ir,
        ty: Type,
        args: &[V],
        imm: u64,
        (helper, operands, result): (RuntimeCall, &[u16], u16),
    ) -> V {
        let slow = self.slow(helper, operands, Some(result));
        let v = self.append(op, Rep::Tagged, ty, args, imm);
        self.with_slow(v, slow);
        v
    }

    fn values(&mut self, first: u16, count: u16) -> (Vec<V>, Vec<u16>) {
        let registers: Vec<u16> = (first..first + count).collect();
        let values = registers.iter().map(|&register| {
            let v = self.reg(register);
            self.tagged(v)
        });
        (values.collect(), registers)
    }

    pub fn new_cell(&mut self, a: u16) {
        if !self.job.allocates {
            return self.generic(RuntimeCall::NewCell);
        }
        let ty = Type::of(types::OTHER);
        let v = self.allocation(Ir::NewCell, ty, &[], 0, (RuntimeCall::NewCell, &[], a));
        self.set(a, v);
    }

    pub fn new_array(&mut self, word: Instr, a: u16, b: u16) {
        let count = word.c();
        if usize::from(count) > MOST_VALUES || !self.job.allocates {
            return self.generic(RuntimeCall::NewArray);
        }
        let (values, registers) = self.values(b, count);
        let ty = Type::of(types::ARRAY);
        let how = (RuntimeCall::NewArray, &registers[..], a);
        let v = self.allocation(Ir::NewArray, ty, &values, 0, how);
        self.set(a, v);
    }

    pub fn new_dict(&mut self, word: Instr, a: u16, b: u16) {
        let keys = &self.fun.function.consts[usize::from(word.c())].what;
        let What::Keys { count, shape } = *keys else {
            return self.generic(RuntimeCall::NewDict);
        };
        if shape == 0 || count as usize > MOST_VALUES || !self.job.allocates {
            return self.generic(RuntimeCall::NewDict);
        }
        let (values, registers) = self.values(b, count as u16);
        let ty = Type::of(types::DICT);
        let how = (RuntimeCall::NewDict, &registers[..], a);
        let v = self.allocation(Ir::NewDict, ty, &values, u64::from(shape), how);
        self.set(a, v);
    }

    pub fn make_result(&mut self, word: Instr, a: u16, b: u16) {
        if !self.job.allocates {
            return self.generic(RuntimeCall::MakeResult);
        }
        let (values, registers) = self.values(b, 1);
        let ty = Type::of(types::VALUE_OBJECT);
        let how = (RuntimeCall::MakeResult, &registers[..], a);
        let tag = u64::from(word.c());
        let v = self.allocation(Ir::NewTagged, ty, &values, tag, how);
        self.set(a, v);
    }

    /// A new value of an enum, whose parts are the arguments of a call; false if that cannot
    /// be built.
    pub fn new_variant(&mut self, word: Instr, a: u16, tag: u32) -> bool {
        let (count, kept) = (word.b() & 0xff, word.flags());
        if count == 0 || usize::from(count) > MOST_PARTS || !self.job.allocates {
            return false;
        }
        let (values, mut registers) = self.values(a + 1, count);
        for (number, &v) in values.iter().enumerate() {
            if kept & 1 << number != 0 {
                self.mark_by(Ir::Share, v);
            }
        }
        registers.insert(0, a);
        let ty = Type::of(types::VALUE_OBJECT);
        let how = (RuntimeCall::CallPath, &registers[..], a);
        let v = self.allocation(Ir::NewTagged, ty, &values, u64::from(tag), how);
        self.set(a, v);
        true
    }

    pub fn new_struct(&mut self, word: Instr, a: u16, b: u16) {
        let function = self.fun.function.clone();
        let cache = function.words[self.next - 1].0;
        let shape = cache as u32;
        let count = match function.consts[usize::from(word.c())].what {
            What::Keys { count, .. } => count as u16,
            _ => u16::MAX,
        };
        let whole = cache >> 32 != 0
            || shape == u32::MAX
            || shape == 0
            || word.flags() & (HAS_BASE | SEEN_OTHER) != 0
            || usize::from(count) > MOST_VALUES
            || !self.job.allocates
            || self.is_denied();
        if whole {
            return self.generic(RuntimeCall::NewStruct);
        }
        let ty = self.reg(b);
        let ty = self.tagged(ty);
        let ty = self.guard(Ir::GuardType, ty, Type::of(types::OTHER), u64::from(shape));
        let (mut values, mut registers) = self.values(b + 1, count);
        values.insert(0, ty);
        registers.insert(0, b);
        let kind = if shape::is_class(shape) {
            types::OBJECT
        } else {
            types::STRUCT
        };
        let of = Type::shape(kind, shape);
        let how = (RuntimeCall::NewStruct, &registers[..], a);
        let v = self.allocation(Ir::NewStruct, of, &values, u64::from(shape), how);
        for (slot, &value) in values[1..].iter().enumerate() {
            self.enter_load(Ir::LoadField, &[v], slot as u64, value);
        }
        self.set(a, v);
    }

    /// A new instance whose fields are what they are at first; nothing if that cannot be
    /// built. Where there is no room the helper does the whole call, whose result would be
    /// something else: so there is no helper, and the code is left. The values of the
    /// registers `keep` are used later. Nothing within if control does not come back.
    pub fn new_instance(&mut self, info: &Rc<StructInfo>, keep: Range<u16>) -> Option<Option<V>> {
        if info.fields.len() > MOST_VALUES || !self.job.allocates {
            return None;
        }
        let functions = self.computed_fields(info)?;
        let Some(computed) = self.first_values(functions, keep) else {
            return Some(None);
        };
        let kinds = if info.is_class {
            types::OBJECT
        } else {
            types::STRUCT
        };
        let number = self.g.types.len() as u64;
        self.g.types.push(info.clone());
        let ty = Type::shape(kinds, info.shape);
        let slow = self.slow(RuntimeCall::NewInstance, &[], None);
        let v = self.append(Ir::NewInstance, Rep::Tagged, ty, &[], number);
        self.with_slow(v, slow);
        for (slot, field) in info.fields.iter().enumerate() {
            let (op, kind, helper, shape) = match field {
                Field::EmptyArray => (Ir::NewArray, types::ARRAY, RuntimeCall::NewEmptyArray, 0),
                Field::EmptyDict => {
                    let shape = shape::EMPTY_SHAPE;
                    (Ir::NewDict, types::DICT, RuntimeCall::NewEmptyDict, shape)
                }
                Field::Absent | Field::Value(_) | Field::Computed(_) => continue,
            };
            let slow = self.slow(helper, &[], None);
            let made = self.append(op, Rep::Tagged, Type::of(kind), &[], u64::from(shape));
            self.with_slow(made, slow);
            let args = [v, made];
            self.append(Ir::StoreField, Rep::None, Type::of(0), &args, slot as u64);
            self.wrote(Heap::Field(slot as u8));
            self.enter_load(Ir::LoadField, &[v], slot as u64, made);
        }
        for (slot, value) in computed {
            let value = self.tagged(value);
            self.append(
                Ir::StoreField,
                Rep::None,
                Type::of(0),
                &[v, value],
                u64::from(slot),
            );
            self.wrote(Heap::Field(slot as u8));
            self.enter_load(Ir::LoadField, &[v], u64::from(slot), value);
        }
        Some(Some(v))
    }

    /// The results of functions that give fields their first values, by slot; nothing if
    /// control does not come back.
    fn first_values(
        &mut self,
        functions: Vec<(u32, Rc<Function>)>,
        keep: Range<u16>,
    ) -> Option<Vec<(u32, V)>> {
        if functions.is_empty() {
            return Some(Vec::new());
        }
        self.restartable(|this| {
            let values = functions.into_iter().map(|(slot, function)| {
                let comes_back = this.inline_pure(&function, Vec::new(), 1 + slot, keep.clone());
                comes_back.then(|| (slot, this.pure_result()))
            });
            values.collect()
        })
    }

    /// The functions that give fields their first values, by slot; nothing if one of them
    /// cannot be built.
    fn computed_fields(&self, info: &StructInfo) -> Option<Vec<(u32, Rc<Function>)>> {
        let fields = (0..).zip(&info.fields);
        let computed = fields.filter_map(|(slot, field)| match field {
            Field::Computed(number) => Some((slot, *number)),
            _ => None,
        });
        let built = computed.map(|(slot, number)| {
            let function = self.job.function(number)?;
            let suits = !self.is_denied() && self.inlines_pure(function, 0);
            suits.then(|| (slot, function.clone()))
        });
        built.collect()
    }

    pub fn mark_loaded(&mut self, word: Instr, v: V) {
        if word.flags() & SHARE != 0 {
            self.mark_by(Ir::Share, v);
        }
    }

    pub fn share(&mut self, v: V) {
        self.mark_by(Ir::Share, v);
    }

    /// `push`: appends to an array, which is expected to be one that may be written in
    /// place, unless it was not. The arguments follow register `a`; `kept` has a bit for
    /// each that the caller goes on owning. Gives the array.
    pub fn push_value(&mut self, helper: RuntimeCall, a: u16, kept: u8) -> V {
        let (array, value) = (self.reg(a + 1), self.reg(a + 2));
        let checks = self.is_denied();
        let array = if checks {
            // Other receivers are told apart from arrays that have to be copied.
            self.in_part(|this| this.array(array))
        } else {
            let array = self.array(array);
            self.check(Ir::GuardOwn, &[array], 0);
            array
        };
        let value = self.tagged(value);
        // An array that is put into itself is copied, and must not be marked.
        let imm = u64::from(kept >> 1 & 1) | u64::from(checks) << 1;
        let result = checks.then_some(a + 1);
        let slow = self.slow(helper, &[a + 1, a + 2], result);
        let (rep, ty) = if checks {
            (Rep::Tagged, Type::of(types::ARRAY))
        } else {
            (Rep::None, Type::of(0))
        };
        let v = self.append(Ir::Push, rep, ty, &[array, value], imm);
        self.with_slow(v, slow);
        self.wrote(Heap::Elements);
        self.wrote(Heap::Arrays);
        self.wrote(Heap::Marks);
        if checks { v } else { array }
    }

    /// One more element for an array that is being made.
    pub fn append_one(&mut self, a: u16, b: u16) {
        let (array, value) = (self.reg(a), self.reg(b));
        let array = self.array(array);
        self.check(Ir::GuardOwn, &[array], 0);
        let value = self.tagged(value);
        let slow = self.slow(RuntimeCall::Extend, &[a, b], None);
        let v = self.append(Ir::Push, Rep::None, Type::of(0), &[array, value], 0);
        self.with_slow(v, slow);
        self.wrote(Heap::Elements);
        self.wrote(Heap::Arrays);
        self.wrote(Heap::Marks);
    }

    /// `pop`: takes the last element from an array that may be written in place, and is
    /// not empty. Gives the array and the element.
    pub fn pop_value(&mut self, a: u16) -> (V, V) {
        let array = self.reg(a + 1);
        let array = self.array(array);
        self.check(Ir::GuardOwn, &[array], 0);
        let len = self.length_of(array);
        self.check(Ir::GuardNot, &[len], 0);
        let len = self.narrowed(len, Type::range(1, i64::from(u32::MAX)));
        let one = self.int(1);
        let last = self.subtract(len, one);
        let v = self.element_of(array, last);
        let v = self.tagged(v);
        self.append(Ir::StoreLen, Rep::None, Type::of(0), &[array, last], 0);
        self.wrote(Heap::Arrays);
        self.enter_load(Ir::LoadLen, &[array], 0, last);
        (array, v)
    }
}
