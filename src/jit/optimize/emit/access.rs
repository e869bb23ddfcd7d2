//! Memory: globals, captures, cells, fields, elements, and marks.

use super::super::ir::{FieldAccess, Op, Probes, Rep, types};
use super::Emit;
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::heap::shape;
use crate::jit::regs::*;
use crate::jit::templates::{
    self, add_constant, add_loan, barrier, cached_place, character, dict_value, element, end_loan,
    get_part, guard_object, lend, place_of_slot, single_character, unless_value_object,
};
use crate::value::Value;
use crate::vm::cache::IN_DICT;
use ruff_asm::prelude::*;
use ruff_asm::{CodePtr, Label};

/// Stores a value in an object that is not new, with a write barrier if it may be an object.
/// Uses both temporaries, which may be part of the place.
fn store_in_object<M: Masm>(
    m: &mut M,
    remember: Option<CodePtr>,
    object: Gpr,
    place: Mem,
    value: Gpr,
) {
    m.store(Size::B8, place, value);
    if let Some(remember) = remember {
        barrier(m, remember, object, value);
    }
}

/// Marks an object as shared; other values are left alone. A value of this type may often
/// be a class instance, which needs no mark. Uses `T1`.
pub fn mark_as<M: Masm>(m: &mut M, value: Gpr, ty: types::Type, if_borrowed: bool) {
    let done = m.new_label();
    if ty.may_be(types::OBJECT) && !ty.may_be(types::ABSENT) {
        if !ty.is_pointer() {
            guard_object(m, value, done);
        }
        let aux = Mem::new(value, HEADER_AUX);
        let first = shape::FIRST_CLASS as i32 as i64;
        m.branch_mem_imm(Cond::AboveEq, Size::B4, aux, first, done);
    }
    templates::mark_as(m, value, if_borrowed, done);
}

impl<M: Masm> Emit<'_, M> {
    /// Whether it is one of these operations.
    pub fn access(&mut self, op: Op, imm: u64) -> bool {
        match op {
            Op::LoadGlobal => {
                let to = self.result();
                self.m.load(Load::W64, T0, VM_GLOBALS);
                self.m.load(Load::W64, to, Mem::new(T0, imm as i32 * 8));
            }
            Op::StoreGlobal => {
                let value = self.any(0, T1);
                self.m.load(Load::W64, T0, VM_GLOBALS);
                self.m.store(Size::B8, Mem::new(T0, imm as i32 * 8), value);
            }
            Op::LoadCapture => {
                let (to, closure) = (self.result(), self.arg_gpr(0));
                let offset = FUNCTION_CAPTURES + imm as i32 * 8;
                self.m.load(Load::W64, to, Mem::new(closure, offset));
            }
            Op::LoadCell => {
                let (to, cell) = (self.result(), self.arg_gpr(0));
                self.m.load(Load::W64, to, Mem::new(cell, CELL_VALUE));
            }
            Op::StoreCell => {
                let cell = self.arg_gpr(0);
                let value = self.any(1, T1);
                self.m.store(Size::B8, Mem::new(cell, CELL_VALUE), value);
                self.remember(cell, 1, value);
            }
            Op::LoadField => {
                let (to, object) = (self.result(), self.arg_gpr(0));
                let offset = STRUCT_FIELDS + imm as i32 * 8;
                self.m.load(Load::W64, to, Mem::new(object, offset));
            }
            Op::StoreField => {
                let object = self.arg_gpr(0);
                let value = self.any(1, T1);
                let offset = STRUCT_FIELDS + imm as i32 * 8;
                self.m.store(Size::B8, Mem::new(object, offset), value);
                self.remember(object, 1, value);
            }
            Op::LoadLen => {
                let (to, array) = (self.result(), self.arg_gpr(0));
                self.m.load(Load::U32, to, Mem::new(array, ARRAY_LEN));
            }
            Op::StoreLen => {
                let (array, len) = (self.arg_gpr(0), self.arg_gpr(1));
                self.m.store(Size::B4, Mem::new(array, ARRAY_LEN), len);
            }
            Op::LoadShape => {
                let (to, value) = (self.result(), self.arg_gpr(0));
                let (other, done) = (self.m.new_label(), self.m.new_label());
                self.m.cold(|m| {
                    m.bind(other);
                    m.mov(W32, to, 0);
                    m.jump(done);
                });
                self.guard_pointer(value, other);
                self.m.load(Load::U32, to, Mem::new(value, HEADER_AUX));
                self.m.bind(done);
            }
            Op::Length => {
                let (to, value) = (self.result(), self.arg_gpr(0));
                let [array, slow, done] = [(); 3].map(|()| self.m.new_label());
                self.guard_pointer(value, slow);
                self.m.load(Load::U8, T1, Mem::new(value, HEADER_KIND));
                self.m.branch(Cond::Eq, W32, T1, Kind::Array as i32, array);
                self.m.branch(Cond::Ne, W32, T1, Kind::String as i32, slow);
                self.m.load(Load::U32, T1, Mem::new(value, STRING_CHARS));
                self.add_offset(to, T1);
                let offset = self.constants.offset;
                self.m.cold(|m| {
                    m.bind(array);
                    m.load(Load::U32, T1, Mem::new(value, ARRAY_LEN));
                    add_constant(m, to, T1, offset);
                    m.jump(done);
                });
                self.slow_path(slow, done);
                self.m.bind(done);
            }
            Op::StringLen => {
                let (to, string) = (self.result(), self.arg_gpr(0));
                self.m.load(Load::U32, to, Mem::new(string, STRING_CHARS));
            }
            Op::StringByte => {
                let exit = self.exit();
                let (to, string) = (self.result(), self.arg_gpr(0));
                // A string of one byte is one ASCII character.
                single_character(self.m, to, string, exit);
            }
            Op::AsciiCharacter => {
                let (to, code) = (self.result(), self.arg_gpr(0));
                self.m.load(Load::W64, T1, VM_ASCII);
                self.m.load(Load::W64, to, Mem::word(T1, code, 0));
            }
            Op::LoadData => {
                let (to, array) = (self.result(), self.arg_gpr(0));
                self.m.load(Load::W64, to, Mem::new(array, ARRAY_PTR));
            }
            Op::LoadElement => {
                let to = self.result();
                let place = self.element_place();
                self.m.load(Load::W64, to, place);
            }
            Op::StoreElement => {
                let value = self.any(3, T1);
                let place = self.element_place();
                self.m.store(Size::B8, place, value);
                let array = self.any(2, T0);
                self.remember(array, 3, value);
            }
            Op::LoadPart => self.part(imm),
            Op::HasTag => self.test(op, imm),
            Op::GetIndex => self.get_index(),
            Op::SetIndex => self.set_index(),
            Op::GetField => {
                let (g, slow) = (self.g, self.m.new_label());
                let place = self.field_place(&g.accesses[imm as usize], slow);
                self.get_field(place, slow);
            }
            Op::SetField => {
                let (g, slow) = (self.g, self.m.new_label());
                let place = self.field_place(&g.accesses[imm as usize], slow);
                self.set_field(place, slow);
            }
            Op::Unshared => {
                let (d, v) = (self.result(), self.arg_gpr(0));
                let (slow, done) = (self.m.new_label(), self.m.new_label());
                self.m.mov(W64, d, v);
                if !self.type_of_arg(0).is_pointer() {
                    self.guard_pointer(v, done);
                }
                let flags = Mem::new(v, HEADER_FLAGS);
                self.m
                    .branch_mem_mask(Bits::Set, flags, COPY_BEFORE_WRITE, slow);
                self.slow_path(slow, done);
                self.m.bind(done);
            }
            Op::Share => {
                let v = self.arg_gpr(0);
                let ty = self.type_of_arg(0);
                mark_as(self.m, v, ty, false);
            }
            Op::ShareBorrowed => {
                let v = self.arg_gpr(0);
                let ty = self.type_of_arg(0);
                mark_as(self.m, v, ty, true);
            }
            Op::SharePart => {
                let (container, part) = (self.arg_gpr(0), self.arg_gpr(1));
                self.share_part(container, part);
            }
            Op::Lend => {
                let (v, depth) = (self.arg_gpr(0), self.frame_of().depth);
                lend(self.m, v, depth);
            }
            Op::Loan => self.loan(),
            Op::GiveBack => {
                let v = self.arg_gpr(0);
                end_loan(self.m, v);
            }
            _ => return false,
        }
        true
    }

    fn loan(&mut self) {
        let (d, v) = (self.result(), self.arg_gpr(0));
        let [none, slow, done] = [(); 3].map(|()| self.m.new_label());
        let ty = self.type_of_arg(0);
        if !ty.is_pointer() {
            self.guard_pointer(v, none);
        }
        if !ty.is(types::SHAREABLE) {
            unless_value_object(self.m, v, none);
        }
        add_loan(self.m, v, none, slow);
        self.m.mov(W64, d, v);
        self.slow_path(slow, done);
        self.m.cold(|m| {
            m.bind(none);
            m.mov(W64, d, Value::NULL.bits());
            m.jump(done);
        });
        self.m.bind(done);
    }

    /// The place of an element. Uses `T0`.
    fn element_place(&mut self) -> Mem {
        let data = self.arg_gpr(0);
        match self.arg_rhs(1) {
            Rhs::Reg(index) => Mem::word(data, index, 0),
            Rhs::Imm(index) => {
                // Beyond any array where a check before this always fails.
                let offset = index.checked_mul(8).map(i32::try_from);
                if let Some(Ok(offset)) = offset {
                    return Mem::new(data, offset);
                }
                self.m.mov(W64, T0, index);
                Mem::word(data, T0, 0)
            }
        }
    }

    fn share_part(&mut self, container: Gpr, part: Gpr) {
        let (marked, done) = (self.m.new_label(), self.m.new_label());
        // A number, or a constant of the language, has no marks: it is no container.
        self.guard_pointer(container, marked);
        unless_value_object(self.m, container, marked);
        self.m.load(Load::U8, T1, Mem::new(container, HEADER_FLAGS));
        self.m
            .branch_mask(Bits::Clear, W32, T1, COPY_BEFORE_WRITE as i32, done);
        self.m.bind(marked);
        let ty = self.type_of_arg(1);
        mark_as(self.m, part, ty, false);
        self.m.bind(done);
    }

    fn part(&mut self, imm: u64) {
        let (d, object) = (self.result(), self.arg_gpr(0));
        let offset = imm as i32 * 8;
        get_part(self.m, d, object, offset);
    }

    /// The index of the instruction at hand in `T0`, unboxed; branches if it is no int, or
    /// if the container is no object.
    fn index(&mut self, slow: Label) {
        let index = self.arg_gpr(1);
        if self.g.inst(self.g.arg(self.v, 1)).rep == Rep::Int {
            self.m.mov(W64, T0, index);
        } else {
            self.branch_tag(Cond::Below, index, slow);
            self.sub_offset(T0, index);
        }
        if !self.container_type().is_pointer() {
            let object = self.arg_gpr(0);
            self.guard_pointer(object, slow);
        }
    }

    /// The kinds that an operand is known to be of.
    pub fn type_of_arg(&self, number: usize) -> types::Type {
        types::Type::of(self.g.kinds_of_arg(self.v, number))
    }

    fn container_type(&self) -> types::Type {
        self.type_of_arg(0)
    }

    fn get_index(&mut self) {
        let (d, object) = (self.result(), self.arg_gpr(0));
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        self.index(slow);
        if self.container_type().is(types::STRING) {
            character(self.m, d, object, slow);
        } else if self.container_type().is(types::DICT) {
            dict_value(self.m, object, slow, done, |m, place| {
                m.load(Load::W64, d, place);
            });
        } else {
            let no_array = self.m.cold(|m| {
                let string = m.cold(|m| {
                    character(m, d, object, slow);
                    m.jump(done);
                });
                let kind = Mem::new(object, HEADER_KIND);
                m.branch_mem_imm(Cond::Eq, Size::B1, kind, Kind::String as i64, string);
                dict_value(m, object, slow, done, |m, place| {
                    m.load(Load::W64, d, place);
                });
                m.jump(done);
            });
            let kind = Mem::new(object, HEADER_KIND);
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::Array as i64, no_array);
            let place = element(self.m, object, false, slow);
            self.m.load(Load::W64, d, place);
        }
        self.slow_path(slow, done);
        self.m.bind(done);
    }

    fn set_index(&mut self) {
        let (d, object) = (self.result(), self.arg_gpr(0));
        let value = self.arg_gpr(2);
        let remember = self.barrier(2);
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        self.index(slow);
        self.m.load(Load::U8, T1, Mem::new(object, HEADER_FLAGS));
        self.m
            .branch_mask(Bits::Set, W32, T1, COPY_BEFORE_WRITE as i32, slow);
        let in_dict = |m: &mut M| {
            dict_value(m, object, slow, done, |m, place| {
                store_in_object(m, remember, object, place, value);
                m.mov(W64, d, object);
            });
        };
        if self.container_type().is(types::DICT) {
            in_dict(self.m);
        } else {
            let no_array = self.m.cold(|m| {
                in_dict(m);
                m.jump(done);
            });
            let kind = Mem::new(object, HEADER_KIND);
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::Array as i64, no_array);
            let place = element(self.m, object, false, slow);
            store_in_object(self.m, remember, object, place, value);
            self.m.mov(W64, d, object);
        }
        self.slow_path(slow, done);
        self.m.bind(done);
    }

    /// Tells the collector of a value that has been stored in an object, if it may be an
    /// object: the operand with that number.
    pub fn remember(&mut self, object: Gpr, number: usize, value: Gpr) {
        if let Some(remember) = self.barrier(number) {
            barrier(self.m, remember, object, value);
        }
    }

    /// The stub of the write barrier, if the operand with that number may be an object.
    fn barrier(&self, number: usize) -> Option<CodePtr> {
        let may_be_object = self.type_of_arg(number).may_be(types::POINTER);
        may_be_object.then_some(self.table.remember)
    }

    /// The place of a field in the first operand, by the access's own cache or the machine's.
    /// Uses both temporaries and the result's register.
    fn field_place(&mut self, access: &FieldAccess, otherwise: Label) -> Mem {
        let object = self.arg_gpr(0);
        if !self.type_of_arg(0).is(types::POINTER) {
            self.guard_pointer(object, otherwise);
        }
        let aux = Mem::new(object, HEADER_AUX);
        let (other, found) = (self.m.new_label(), self.m.new_label());
        let mut offset = 0;
        if let Some(word) = access.known {
            let (shape, slot) = (word as u32, (word >> 32) as u32);
            self.m
                .branch_mem_imm(Cond::Ne, Size::B4, aux, i64::from(shape as i32), other);
            if slot & IN_DICT == 0 {
                self.m.lea(T0, Mem::new(object, STRUCT_FIELDS));
            } else {
                self.m.load(Load::W64, T0, Mem::new(object, DICT_PTR));
            }
            offset = (slot & !IN_DICT) as i32 * 8;
        } else {
            self.m.load(Load::U32, T1, aux);
            self.m.mov_address(T0, access.cache);
            cached_place(self.m, object, other);
        }
        self.m.bind(found);
        self.m.begin_cold();
        self.m.bind(other);
        if access.probes == Probes::Nothing {
            self.m.jump(otherwise);
        } else {
            if access.known.is_some() {
                self.m.load(Load::U32, T1, aux);
            }
            self.probe_fields(access, otherwise);
            place_of_slot(self.m, object);
            self.m.sub(W64, T0, T0, offset);
            self.m.jump(found);
        }
        self.m.end_cold();
        Mem::new(T0, offset)
    }

    /// The slot of a field by the machine's cache, in `T1`, where the object's shape is.
    /// Branches if it is not there. Uses `T0` and the result's register.
    fn probe_fields(&mut self, access: &FieldAccess, otherwise: Label) {
        let spare = self.result();
        self.entry_of_table(self.job.fields, access.seed, FIELD_SHIFT, spare);
        let word = |offset: i32| Mem::new(T0, FIELD_WORD + offset);
        self.m.branch_mem(Cond::Ne, W32, T1, word(0), otherwise);
        self.m.mov_address(spare, access.name);
        let name = Mem::new(T0, FIELD_NAME);
        self.m.branch_mem(Cond::Ne, W64, spare, name, otherwise);
        self.m.load(Load::U32, T1, word(4));
        if access.probes == Probes::Dicts {
            let in_dict = IN_DICT.trailing_zeros();
            self.m.branch_bit(Bits::Clear, T1, in_dict, otherwise);
        }
    }

    fn get_field(&mut self, place: Mem, slow: Label) {
        let d = self.result();
        let done = self.m.new_label();
        self.m.load(Load::W64, d, place);
        self.m.branch(Cond::Eq, W64, d, 0, slow);
        self.slow_path(slow, done);
        self.m.bind(done);
    }

    fn set_field(&mut self, place: Mem, slow: Label) {
        let (d, object, value) = (self.result(), self.arg_gpr(0), self.arg_gpr(1));
        let done = self.m.new_label();
        self.m.load(Load::U8, T1, Mem::new(object, HEADER_FLAGS));
        self.m
            .branch_mask(Bits::Set, W32, T1, COPY_BEFORE_WRITE as i32, slow);
        let remember = self.barrier(1);
        store_in_object(self.m, remember, object, place, value);
        self.m.mov(W64, d, object);
        self.slow_path(slow, done);
        self.m.bind(done);
    }
}
