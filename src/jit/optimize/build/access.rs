//! Fields and elements.

use super::super::ir::types::{self, Type};
use super::super::ir::{FieldAccess, Leaves, Op as Ir, Probes, Rep, V};
use super::{Builder, Heap, Way};
use crate::bytecode::Instr;
use crate::bytecode::op::{KEY, LET, SEEN_NO_ARRAY, SEEN_OTHER, SHARE};
use crate::heap::object::{Kind, SHAPE_BIT};
use crate::heap::shape;
use crate::jit::call_numbers::RuntimeCall;
use crate::vm::cache::IN_DICT;
use crate::vm::field_cache::{Access, field_seed};

/// The contents of a field cache.
#[derive(Clone, Copy)]
struct Cache {
    shape: u32,
    slot: u32,
    in_dict: bool,
}

impl Builder<'_> {
    /// The cache of the current instruction, if it is filled.
    fn cache(&self) -> Option<Cache> {
        let word = self.fun.function.words[self.next - 1].0;
        let (shape, slot) = (word as u32, (word >> 32) as u32);
        let filled = shape & SHAPE_BIT != 0 && shape != u32::MAX;
        filled.then_some(Cache {
            shape,
            slot: slot & !IN_DICT,
            in_dict: slot & IN_DICT != 0,
        })
    }

    /// The cache, if every object is expected to be as it says.
    fn expected_cache(&self, word: Instr) -> Option<Cache> {
        let expects = word.flags() & SEEN_OTHER == 0 && !self.is_denied();
        self.cache().filter(|cache| expects && !cache.in_dict)
    }

    /// The address of the current instruction's cache.
    fn cache_address(&self) -> u64 {
        self.fun.function.words_at + (self.next as u64 - 1) * 8
    }

    /// Notes an access of the current instruction to a field with a constant's name, by its
    /// cache as it is now, or as it will be where objects of several shapes have been met:
    /// the access's number.
    fn access(&mut self, word: Instr, access: Access, name: u16) -> u64 {
        let constant = &self.fun.function.consts[usize::from(name)];
        let probes = match access {
            Access::Write if word.flags() & LET != 0 => Probes::Nothing,
            _ if word.flags() & KEY != 0 => Probes::Dicts,
            _ => Probes::All,
        };
        let is_one = self.cache().is_some() && word.flags() & SEEN_OTHER == 0;
        self.g.accesses.push(FieldAccess {
            known: is_one.then(|| self.fun.function.words[self.next - 1].0),
            cache: self.cache_address(),
            name: constant.bits,
            seed: field_seed(access, constant.seed),
            probes,
        });
        self.g.accesses.len() as u64 - 1
    }

    /// Whether a key is compared without a look into objects, whose types may say what
    /// they equal.
    fn is_plain_key(&self, key: V) -> bool {
        let plain = types::NUMBER | types::BIG | types::STRING | types::BOOL | types::NULL;
        self.ty(key).is(plain)
    }

    /// A container guarded to be a dict or string if it was one: reading those runs no
    /// operator.
    fn plain_container(&mut self, v: V) -> V {
        let v = self.tagged(v);
        for (kinds, kind) in [(types::DICT, Kind::Dict), (types::STRING, Kind::String)] {
            if self.was(v, kinds) && self.seems(v, kinds) && !self.is_denied() {
                return self.guard(Ir::GuardKind, v, Type::of(kinds), kind as u64);
            }
        }
        v
    }

    /// An index as an operand of what looks at it itself: an int as it is.
    fn index_operand(&mut self, index: V) -> V {
        if self.ty(index).is_int() && self.ty(index).is_inline() {
            self.as_rep(index, Rep::Int)
        } else {
            self.tagged(index)
        }
    }

    /// An object guarded to be an instance with a shape.
    pub fn instance(&mut self, v: V, shape: u32) -> V {
        let kind = if shape::is_class(shape) {
            types::OBJECT
        } else {
            types::STRUCT
        };
        let ty = Type::shape(kind, shape);
        let v = self.tagged(v);
        if self.ty(v).implies(ty) {
            return v;
        }
        self.guard(Ir::GuardShape, v, ty, u64::from(shape))
    }

    /// A value guarded to be an instance with the shape of a class, or null.
    fn instance_or_null(&mut self, v: V, shape: u32) -> V {
        if !self.ty(v).may_be(types::NULL) {
            return self.instance(v, shape);
        }
        let ty = Type::shape(types::OBJECT | types::NULL, shape);
        let v = self.tagged(v);
        if self.ty(v).implies(ty) {
            return v;
        }
        self.guard(Ir::GuardShapeOrNull, v, ty, u64::from(shape))
    }

    pub fn get_field(&mut self, word: Instr, a: u16, b: u16) {
        let object = self.reg(b);
        let object = self.tagged(object);
        let Some(cache) = self.expected_cache(word) else {
            let object = self.plain_container(object);
            if self.restart.is_some() {
                self.unexpected();
            }
            let slow = self.slow(RuntimeCall::GetField, &[b], Some(a));
            let args = [object];
            let number = self.access(word, Access::Read, word.c());
            let v = self.append(Ir::GetField, Rep::Tagged, Type::ANY, &args, number);
            self.with_slow(v, slow);
            // A bound method shares what it is bound to, and an operator may do anything.
            if !self.ty(object).is(types::DICT) {
                self.wrote_all();
            }
            self.mark_part(word, object, v);
            return self.set(a, v);
        };
        let object = self.instance(object, cache.shape);
        let v = self.field_of(object, cache.slot);
        let v = self.marked_part(word, object, v);
        self.set(a, v);
    }

    /// A field that must have a value.
    pub fn field_of(&mut self, object: V, slot: u32) -> V {
        let slot = u64::from(slot);
        let shape = match self.ty(object).more {
            types::More::Shape(shape) => Some(shape),
            _ => None,
        };
        let reader = self.fun.function.number;
        let ty = match shape {
            Some(shape) if self.job.is_present(shape, slot as u32, reader) => Type::ANY,
            _ => Type::MAYBE,
        };
        let v = self.emit(Ir::LoadField, Rep::Tagged, ty, &[object], slot);
        let instance = self.hint_of(object);
        let hint = self.job.field_sample(instance, shape, slot as u32);
        self.set_hint(v, hint);
        if let Some(known) = self.number_part(v) {
            return known;
        }
        if !self.ty(v).may_be(types::ABSENT) {
            return v;
        }
        self.guard(Ir::GuardPresent, v, Type::ANY, 0)
    }

    /// A part of an object that was a number, guarded to be one of that kind: whatever
    /// reads it knows, and that it is there at all needs no check. Nothing if it was none.
    fn number_part(&mut self, v: V) -> Option<V> {
        if self.is_part_denied() || self.ty(v).is(types::INT) || self.ty(v).is_float() {
            return None;
        }
        let (op, ty, rep) = if self.was(v, types::FLOAT) {
            (Ir::GuardFloat, Type::FLOAT, Rep::Float)
        } else if self.was(v, types::INT) {
            (Ir::GuardInt, Type::INLINE, Rep::Int)
        } else {
            return None;
        };
        let v = self.in_part(|this| this.guard(op, v, ty, 0));
        Some(self.as_rep(v, rep))
    }

    /// A part of a container that is to be marked, guarded to be of the class that it was
    /// of when the job was made, or null: then there is nothing to mark.
    pub fn marked_part(&mut self, word: Instr, container: V, part: V) -> V {
        let v = self.tagged(part);
        let was = self.hint_of(v).map(|hint| &self.job.samples[hint as usize]);
        let shape = was.and_then(|sample| sample.shape);
        if let Some(shape) = shape.filter(|&shape| shape::is_class(shape))
            && word.flags() & SHARE != 0
            && self.ty(v).may_be(types::SHAREABLE)
            && !self.is_part_denied()
        {
            return self.in_part(|this| this.instance_or_null(v, shape));
        }
        self.mark_part(word, container, v);
        part
    }

    /// Makes guards that count as such of what the instruction finds in an object.
    pub fn in_part(&mut self, guards: impl FnOnce(&mut Self) -> V) -> V {
        let before = self.state.take();
        let state = self.state();
        self.g.states[state.0 as usize].leaves = Leaves::Part;
        let v = guards(self);
        self.state = before;
        v
    }

    /// Checks that an instance may be written in place.
    fn own(&mut self, object: V) {
        if self.ty(object).may_be(types::SHAREABLE) {
            self.check(Ir::GuardOwn, &[object], 0);
        }
    }

    pub fn set_field(&mut self, word: Instr, a: u16, c: u16) {
        let value = self.reg(c);
        let value = self.storable(value);
        let object = self.reg(a);
        let object = self.tagged(object);
        let cache = self.expected_cache(word);
        let is_let = word.flags() & LET != 0;
        let Some(cache) = cache.filter(|cache| !is_let || shape::is_class(cache.shape)) else {
            self.mark(word, value);
            if is_let || self.cache().is_none() {
                return self.generic(RuntimeCall::SetField);
            }
            let object = self.plain_container(object);
            let slow = self.slow(RuntimeCall::SetField, &[a, c], Some(a));
            let args = [object, value];
            let ty = Type::of(self.ty(object).kinds & types::POINTER);
            let number = self.access(word, Access::Write, word.b());
            let v = self.append(Ir::SetField, Rep::Tagged, ty, &args, number);
            self.with_slow(v, slow);
            if self.ty(object).is(types::DICT) {
                // A copy marks the parts.
                self.wrote(Heap::Marks);
            } else {
                self.wrote_all();
            }
            return self.set(a, v);
        };
        let object = self.instance(object, cache.shape);
        let slot = u64::from(cache.slot);
        let same = self.has_already(Ir::LoadField, &[object], slot, value);
        // It may be the object itself.
        self.mark(word, value);
        if same {
            return;
        }
        self.own(object);
        let args = [object, value];
        self.append(Ir::StoreField, Rep::None, Type::of(0), &args, slot);
        self.wrote(Heap::Field(cache.slot as u8));
        self.enter_load(Ir::LoadField, &[object], slot, value);
    }

    pub fn field_mut(&mut self, word: Instr, a: u16, b: u16) {
        let Some(cache) = self
            .expected_cache(word)
            .filter(|cache| word.flags() & LET == 0 || shape::is_class(cache.shape))
        else {
            return self.generic(RuntimeCall::FieldMut);
        };
        let object = self.reg(b);
        let object = self.instance(object, cache.shape);
        self.own(object);
        let v = self.field_of(object, cache.slot);
        let v = self.tagged(v);
        let v = self.unshared(v, (RuntimeCall::FieldMut, &[b], a), |this, v| {
            this.wrote(Heap::Field(cache.slot as u8));
            this.enter_load(Ir::LoadField, &[object], u64::from(cache.slot), v);
        });
        self.set(a, v);
    }

    /// A part of a container that is expected to be one that may be written in place; nothing
    /// if it was not, or if it is not known of which kind it is.
    fn own_part(&mut self, v: V) -> Option<V> {
        if self.is_part_denied() {
            return None;
        }
        let was = self.hint_of(v).map(|hint| &self.job.samples[hint as usize]);
        let (shape, kinds) = was.map_or((None, 0), |was| (was.shape, was.kinds));
        let v = match shape {
            Some(shape) => self.in_part(|this| this.instance(v, shape)),
            None if kinds == types::ARRAY => self.in_part(|this| this.array(v)),
            None if self.ty(v).is_pointer() => v,
            None => return None,
        };
        if self.ty(v).may_be(types::SHAREABLE) {
            self.in_part(|this| {
                this.check(Ir::GuardOwn, &[v], 0);
                v
            });
        }
        Some(v)
    }

    /// A part of a container that may be written in place: where it has to be copied first,
    /// the code is left; where that has happened often, the helper does the instruction.
    /// `enter` says that the container was written and holds it now.
    fn unshared(
        &mut self,
        v: V,
        (helper, operands, result): (RuntimeCall, &[u16], u16),
        enter: impl FnOnce(&mut Self, V),
    ) -> V {
        if !self.ty(v).may_be(types::SHAREABLE) {
            return v;
        }
        if let Some(own) = self.own_part(v) {
            return own;
        }
        let slow = self.slow(helper, operands, Some(result));
        let own = self.append(Ir::Unshared, Rep::Tagged, self.ty(v), &[v], 0);
        self.with_slow(own, slow);
        let hint = self.hint_of(v);
        self.set_hint(own, hint);
        // A copy marks the parts.
        self.wrote(Heap::Marks);
        enter(self, own);
        self.enter_load(Ir::GuardOwn, &[own], 0, own);
        own
    }

    pub fn array(&mut self, v: V) -> V {
        let v = self.tagged(v);
        self.guard(Ir::GuardKind, v, Type::of(types::ARRAY), Kind::Array as u64)
    }

    pub fn length_of(&mut self, array: V) -> V {
        let ty = Type::range(0, i64::from(u32::MAX));
        self.emit(Ir::LoadLen, Rep::Int, ty, &[array], 0)
    }

    /// An element of an array within its bounds.
    pub fn element_of(&mut self, array: V, index: V) -> V {
        let data = self.emit(Ir::LoadData, Rep::Raw, Type::of(0), &[array], 0);
        let args = [data, index, array];
        let v = self.emit(Ir::LoadElement, Rep::Tagged, Type::ANY, &args, 0);
        let hint = self.hint_of(array);
        self.set_hint(
            v,
            hint.and_then(|hint| self.job.samples[hint as usize].element),
        );
        v
    }

    /// Checks the bounds of an index.
    fn bounded(&mut self, array: V, index: V) -> V {
        let mut index = self.int_of(index);
        let len = self.length_of(array);
        if self.ty(index).bounds().1 < 0 {
            index = self.add(len, index);
        }
        self.check(Ir::GuardBounds, &[index, len], 0);
        self.narrowed(index, Type::range(0, i64::from(u32::MAX) - 1))
    }

    /// Whether an array and an int are to be expected.
    fn expects_element(&self, word: Instr, container: V, index: V) -> bool {
        let known = self.ty(index).is_int();
        self.seems(container, types::ARRAY)
            && self.seems(index, types::INT)
            && (known || word.flags() & SEEN_OTHER == 0)
            && word.flags() & SEEN_NO_ARRAY == 0
            && !self.is_denied()
    }

    pub fn get_index(&mut self, word: Instr, a: u16, b: u16, index: V) {
        let container = self.reg(b);
        if let Some(result) = self.indexed_by_method(container, index) {
            if let Some(v) = result {
                self.mark_loaded(word, v);
                self.set(a, v);
            }
            return;
        }
        if !self.expects_element(word, container, index) {
            if self.restart.is_some() {
                self.unexpected();
            }
            let container = self.plain_container(container);
            let index = self.index_operand(index);
            let mut operands = vec![b];
            if word.op() == crate::bytecode::Op::GetIndex {
                operands.push(word.c());
            }
            let slow = self.slow(RuntimeCall::GetIndex, &operands, Some(a));
            let args = [container, index];
            let ty = if self.ty(container).is(types::STRING) {
                Type::of(types::STRING)
            } else {
                Type::ANY
            };
            let v = self.append(Ir::GetIndex, Rep::Tagged, ty, &args, 0);
            self.with_slow(v, slow);
            // An operator may do anything.
            let plain = self.ty(container).is(types::STRING | types::DICT);
            if !plain || !self.is_plain_key(index) {
                self.wrote_all();
            }
            self.mark_part(word, container, v);
            return self.set(a, v);
        }
        let array = self.array(container);
        let index = self.bounded(array, index);
        let v = self.element_of(array, index);
        let v = self.marked_part(word, array, v);
        self.set(a, v);
    }

    pub fn set_index(&mut self, word: Instr, a: u16, b: u16, c: u16) {
        let (container, index, value) = (self.reg(a), self.reg(b), self.reg(c));
        let value = self.storable(value);
        if word.flags() & LET != 0 {
            self.mark(word, value);
            return self.generic(RuntimeCall::SetIndex);
        }
        if !self.expects_element(word, container, index) {
            let container = self.plain_container(container);
            let index = self.index_operand(index);
            self.mark(word, value);
            let slow = self.slow(RuntimeCall::SetIndex, &[a, b, c], Some(a));
            let args = [container, index, value];
            let ty = Type::of(self.ty(container).kinds & types::POINTER);
            let v = self.append(Ir::SetIndex, Rep::Tagged, ty, &args, 0);
            self.with_slow(v, slow);
            if self.ty(container).is(types::DICT) && self.is_plain_key(index) {
                // A copy marks the parts.
                self.wrote(Heap::Marks);
            } else {
                self.wrote_all();
            }
            return self.set(a, v);
        }
        let array = self.array(container);
        let index = self.bounded(array, index);
        let data = self.emit(Ir::LoadData, Rep::Raw, Type::of(0), &[array], 0);
        let same = self.has_already(Ir::LoadElement, &[data, index, array], 0, value);
        // It may be the array itself.
        self.mark(word, value);
        if same {
            return;
        }
        self.check(Ir::GuardOwn, &[array], 0);
        let args = [data, index, array, value];
        self.append(Ir::StoreElement, Rep::None, Type::of(0), &args, 0);
        self.wrote(Heap::Elements);
        self.enter_load(Ir::LoadElement, &[data, index, array], 0, value);
    }

    /// An element that is to be written in place.
    pub fn index_mut(&mut self, word: Instr, a: u16, b: u16, c: u16) {
        let (container, index) = (self.reg(b), self.reg(c));
        if word.flags() & LET != 0 || !self.expects_element(word, container, index) {
            return self.generic(RuntimeCall::IndexMut);
        }
        let array = self.array(container);
        self.check(Ir::GuardOwn, &[array], 0);
        let index = self.bounded(array, index);
        let v = self.element_of(array, index);
        let v = self.tagged(v);
        let v = self.unshared(v, (RuntimeCall::IndexMut, &[b, c], a), |this, v| {
            this.wrote(Heap::Elements);
            let data = this.emit(Ir::LoadData, Rep::Raw, Type::of(0), &[array], 0);
            this.enter_load(Ir::LoadElement, &[data, index, array], 0, v);
        });
        self.set(a, v);
    }

    /// Whether a store to an element of a value is a call of its `op_set_index`.
    pub fn test_indexed(&mut self, a: u16) -> Way {
        let truth = self.is_indexed(a);
        match truth {
            Some(truth) => {
                let truth = self.truth_constant(truth);
                self.branch(truth, true)
            }
            None => {
                let status = self.generic_status(RuntimeCall::TestPattern);
                self.by_status(status, true)
            }
        }
    }

    /// The same, if that is known or expected.
    fn is_indexed(&mut self, a: u16) -> Option<bool> {
        let v = self.reg(a);
        if !self.ty(v).may_be(types::STRUCT | types::OBJECT) {
            return Some(false);
        }
        if self.is_denied() {
            return None;
        }
        if let Some(shape) = self.shape_to_expect(v) {
            let indexed = self.job.is_indexed(shape)?;
            self.instance(v, shape);
            return Some(indexed);
        }
        if self.was(v, types::ARRAY) {
            self.array(v);
            return Some(false);
        }
        None
    }
}
