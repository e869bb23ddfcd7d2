//! New objects, made where the allocator has room at hand.

use super::super::build::{BY_STATUS, INTERNED_TEXT, IS_TEXT, IS_VARIANT, LITERAL, OPPOSITE};
use super::super::ir::{Op, Slow, V, types};
use super::super::job::Field;
use super::Emit;
use super::access::mark_as;
use crate::heap::dict::DictObj;
use crate::heap::object::{ArrayObj, COPY_BEFORE_WRITE, CellObj, DictMode, Kind, TaggedObj};
use crate::heap::shape;
use crate::heap::types::StructObj;
use crate::jit::call_numbers::RuntimeCall;
use crate::jit::regs::*;
use crate::jit::templates::{
    Compared, NewHeader, allocate, branch_equal, branch_unlike_constant, guard_pointer,
    if_has_equality, table_entry,
};
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

impl<M: Masm> Emit<'_, M> {
    /// Whether it is one of these operations.
    pub fn object(&mut self, op: Op, imm: u64) -> bool {
        match op {
            Op::NewCell => {
                let d = self.result();
                let (slow, done) = (self.m.new_label(), self.m.new_label());
                self.allocate(d, size_of::<CellObj>(), Kind::Cell, 0, slow);
                self.m.store_imm(Size::B8, Mem::new(d, CELL_VALUE), 0);
                self.slow_path(slow, done);
                self.m.bind(done);
            }
            Op::NewArray => self.new_array(),
            Op::NewTagged => {
                let d = self.result();
                let (slow, done) = (self.m.new_label(), self.m.new_label());
                let parts = self.g.args(self.v).len();
                let size = size_of::<TaggedObj>() + 8 * parts;
                self.allocate(d, size, Kind::Tagged, imm as u32, slow);
                let count = Mem::new(d, TAGGED_COUNT);
                self.m.store_imm(Size::B8, count, parts as i64);
                for number in 0..parts {
                    let value = self.any(number, T1);
                    let place = Mem::new(d, TAGGED_PARTS + 8 * number as i32);
                    self.m.store(Size::B8, place, value);
                }
                self.slow_path(slow, done);
                self.m.bind(done);
            }
            Op::NewDict => self.new_dict(imm as u32),
            Op::Equal => self.equal(imm),
            Op::HasKey => self.has_key(),
            Op::NewStruct => self.new_struct(imm as u32),
            Op::NewInstance => self.new_instance(imm as usize),
            Op::CheckComplete => self.check_complete(imm as usize),
            Op::Push => self.push(imm),
            Op::EqualsConst => self.equals_const(imm),
            Op::StringOrder | Op::StringWithin => self.test(op, imm),
            Op::HasField => {
                let d = self.result();
                let [yes, slow, done] = [(); 3].map(|()| self.m.new_label());
                self.unless_shapes(imm, yes, slow);
                self.m.bind(yes);
                self.m.mov(W32, d, 1);
                self.truth_by_helper(imm, slow, done);
            }
            _ => return false,
        }
        true
    }

    /// A new cell with its header; branches if the allocator has to be asked. Uses both
    /// temporaries.
    fn allocate(&mut self, d: Gpr, size: usize, kind: Kind, aux: u32, no: Label) {
        self.allocate_form(d, size, (kind, 0), aux, no);
    }

    pub fn allocate_form(
        &mut self,
        d: Gpr,
        size: usize,
        (kind, form): (Kind, u8),
        aux: u32,
        no: Label,
    ) {
        allocate(self.m, d, size, NewHeader { kind, form, aux }, no);
    }

    fn new_array(&mut self) {
        let d = self.result();
        let count = self.g.args(self.v).len();
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        let size = size_of::<ArrayObj>() + 8 * count;
        self.allocate(d, size, Kind::Array, 0, slow);
        if count == 0 {
            self.m.store_imm(Size::B8, Mem::new(d, ARRAY_PTR), 0);
            self.m.store_imm(Size::B8, Mem::new(d, ARRAY_LEN), 0);
        } else {
            self.m.add(W64, T1, d, size_of::<ArrayObj>() as i32);
            self.m.store(Size::B8, Mem::new(d, ARRAY_PTR), T1);
            let len = count as i64;
            self.m.store_imm(Size::B4, Mem::new(d, ARRAY_LEN), len);
            self.m.store_imm(Size::B4, Mem::new(d, ARRAY_CAP), len);
        }
        for number in 0..count {
            let value = self.any(number, T1);
            let offset = (size_of::<ArrayObj>() + 8 * number) as i32;
            self.m.store(Size::B8, Mem::new(d, offset), value);
        }
        self.made_by_helper(d, slow, done);
        self.m.bind(done);
    }

    fn new_dict(&mut self, shape: u32) {
        let d = self.result();
        let count = self.g.args(self.v).len();
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        let size = size_of::<DictObj>() + 8 * count;
        let record = (Kind::Dict, DictMode::Record as u8);
        self.allocate_form(d, size, record, shape, slow);
        if count == 0 {
            self.m.store_imm(Size::B8, Mem::new(d, DICT_PTR), 0);
        } else {
            self.m.add(W64, T1, d, size_of::<DictObj>() as i32);
            self.m.store(Size::B8, Mem::new(d, DICT_PTR), T1);
        }
        let len = count as i64;
        self.m.store_imm(Size::B4, Mem::new(d, DICT_LEN), len);
        self.m.store_imm(Size::B4, Mem::new(d, DICT_CAP), len);
        self.m.store_imm(Size::B8, Mem::new(d, DICT_INDEX), 0);
        for number in 0..count {
            let value = self.any(number, T1);
            let offset = (size_of::<DictObj>() + 8 * number) as i32;
            self.m.store(Size::B8, Mem::new(d, offset), value);
        }
        self.made_by_helper(d, slow, done);
        self.m.bind(done);
    }

    /// The helper's part of a new array or dict. One that no register of the frame takes
    /// is the machine's value.
    fn made_by_helper(&mut self, d: Gpr, slow: Label, done: Label) {
        let call = self.slow_of();
        if call.result.is_some() {
            return self.slow_path(slow, done);
        }
        self.rare(slow, done, &call, |this, _| {
            this.m.load(Load::W64, d, VM_VALUE);
        });
    }

    /// Whether a dict with the table of a range has an int in that range.
    fn has_key(&mut self) {
        let (d, dict, key) = (self.result(), self.arg_gpr(0), self.arg_gpr(1));
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        guard_pointer(self.m, dict, slow);
        self.branch_tag(Cond::Below, key, slow);
        let kind = Mem::new(dict, HEADER_KIND);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, Kind::Dict as i64, slow);
        self.sub_offset(T0, key);
        table_entry(self.m, dict, slow);
        self.m.mov(W64, d, Value::TRUE.bits());
        self.slow_path(slow, done);
        self.m.bind(done);
    }

    /// `==` of two values. The bits of `imm` are those of [`Emit::equals_const`].
    fn equal(&mut self, imm: u64) {
        let (d, x, y) = (self.result(), self.arg_gpr(0), self.arg_gpr(1));
        let [equal, unequal, slow, done] = [(); 4].map(|()| self.m.new_label());
        branch_equal(self.m, self.constants, (x, y), equal, unequal, slow);
        self.m.bind(unequal);
        self.m.mov(W32, d, 0);
        self.m.jump(done);
        self.m.bind(equal);
        self.m.mov(W32, d, 1);
        self.truth_by_helper(imm, slow, done);
    }

    fn new_struct(&mut self, shape: u32) {
        let d = self.result();
        let count = self.g.args(self.v).len() - 1;
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        let size = size_of::<StructObj>() + 8 * count;
        let kind = if shape::is_class(shape) {
            Kind::Object
        } else {
            Kind::Struct
        };
        self.allocate(d, size, kind, shape, slow);
        let ty = self.arg_gpr(0);
        self.m.store(Size::B8, Mem::new(d, STRUCT_TYPE), ty);
        for number in 0..count {
            let value = self.any(number + 1, T1);
            let offset = STRUCT_FIELDS + 8 * number as i32;
            self.m.store(Size::B8, Mem::new(d, offset), value);
        }
        self.slow_path(slow, done);
        self.m.bind(done);
    }

    fn new_instance(&mut self, number: usize) {
        let info = self.g.types[number].clone();
        let d = self.result();
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        let size = size_of::<StructObj>() + 8 * info.fields.len();
        let kind = if info.is_class {
            Kind::Object
        } else {
            Kind::Struct
        };
        self.allocate(d, size, kind, info.shape, slow);
        self.m.mov_address(T1, info.bits);
        self.m.store(Size::B8, Mem::new(d, STRUCT_TYPE), T1);
        for (slot, field) in info.fields.iter().enumerate() {
            let place = Mem::new(d, STRUCT_FIELDS + 8 * slot as i32);
            match *field {
                Field::Value(bits) => {
                    if Value::from_bits(bits).is_pointer() {
                        self.m.mov_address(T1, bits);
                    } else {
                        self.m.mov(W64, T1, bits);
                    }
                    self.m.store(Size::B8, place, T1);
                }
                _ => self.m.store_imm(Size::B8, place, 0),
            }
        }
        let call = self.slow_of();
        self.rare_with(
            slow,
            done,
            &call,
            |this| {
                this.m.mov_address(T1, info.bits);
                this.m.store(Size::B8, VM_VALUE, T1);
            },
            |this, _| this.m.load(Load::W64, d, VM_VALUE),
        );
        self.m.bind(done);
    }

    fn check_complete(&mut self, number: usize) {
        let info = self.g.types[number].clone();
        let (d, made) = (self.result(), self.arg_gpr(0));
        let (wrong, done) = (self.m.new_label(), self.m.new_label());
        guard_pointer(self.m, made, wrong);
        let aux = Mem::new(made, HEADER_AUX);
        let shape = info.shape as i32 as i64;
        self.m.branch_mem_imm(Cond::Ne, Size::B4, aux, shape, wrong);
        for (slot, field) in info.fields.iter().enumerate() {
            if *field == Field::Absent {
                let place = Mem::new(made, STRUCT_FIELDS + 8 * slot as i32);
                self.m.branch_mem_imm(Cond::Eq, Size::B8, place, 0, wrong);
            }
        }
        self.m.mov(W64, d, made);
        // The helper always throws.
        let call = self.slow_of();
        self.rare(wrong, done, &call, |this, _| this.m.trap());
        self.m.bind(done);
        debug_assert!(shape::is_type(info.shape));
    }

    /// Appends to an array. Bit 0 of `imm` says whether the value keeps its owner, bit 1
    /// whether the helper does it where the array may not be written in place.
    fn push(&mut self, imm: u64) {
        let (keeps_owner, checks) = (imm & 1 != 0, imm & 2 != 0);
        let (array, value) = (self.arg_gpr(0), self.arg_gpr(1));
        let (slow, done) = (self.m.new_label(), self.m.new_label());
        let ty = self.type_of_arg(1);
        if checks {
            let flags = Mem::new(array, HEADER_FLAGS);
            self.m
                .branch_mem_mask(Bits::Set, flags, COPY_BEFORE_WRITE, slow);
        }
        if ty.may_be(types::ARRAY) {
            // An array is put into itself as a copy.
            self.m.branch(Cond::Eq, W64, value, array, slow);
        }
        self.m.load(Load::U32, T0, Mem::new(array, ARRAY_LEN));
        self.m
            .branch_mem(Cond::Eq, W32, T0, Mem::new(array, ARRAY_CAP), slow);
        if ty.may_be(types::SHAREABLE) {
            mark_as(self.m, value, ty, !keeps_owner);
        }
        self.m.load(Load::W64, T1, Mem::new(array, ARRAY_PTR));
        self.m.store(Size::B8, Mem::word(T1, T0, 0), value);
        self.m.add(W32, T0, T0, 1);
        self.m.store(Size::B4, Mem::new(array, ARRAY_LEN), T0);
        self.remember(array, 1, value);
        if checks {
            let d = self.result();
            self.m.mov(W64, d, array);
        }
        self.slow_path(slow, done);
        self.m.bind(done);
    }

    /// `==` with a constant.
    fn equals_const(&mut self, imm: u64) {
        let d = self.result();
        let [equal, unequal, slow, done] = [(); 4].map(|()| self.m.new_label());
        self.branch_equal_const(imm, equal, unequal, slow);
        self.m.bind(unequal);
        self.m.mov(W32, d, 0);
        self.m.jump(done);
        self.m.bind(equal);
        self.m.mov(W32, d, 1);
        self.truth_by_helper(imm, slow, done);
    }

    /// Goes on after this, or at `unequal`, where the value does not equal the constant.
    fn branch_equal_const(&mut self, imm: u64, equal: Label, unequal: Label, slow: Label) {
        let x = self.arg_gpr(0);
        let constant: V = self.g.arg(self.v, 1);
        debug_assert!(self.g.inst(constant).imm != 0);
        if self.g.inst(constant).ty.is_pointer() {
            self.load_constant(T0, constant);
            self.m.branch(Cond::Eq, W64, x, T0, equal);
        } else {
            let bits = self.g.inst(constant).imm;
            self.m.branch(Cond::Eq, W64, x, bits, equal);
        }
        let ty = self.type_of_arg(0);
        if imm & (LITERAL | IS_TEXT) == LITERAL {
            // An int; a float may equal it, and other ints do not.
            self.branch_tag(Cond::AboveEq, x, unequal);
            return guard_pointer(self.m, x, slow);
        }
        if imm & IS_VARIANT != 0 {
            guard_pointer(self.m, x, unequal);
            if_has_equality(self.m, x, slow);
            let kind = Mem::new(x, HEADER_KIND);
            let tagged = Kind::Tagged as i64;
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, tagged, unequal);
            let (tag, parts) = (Mem::new(x, HEADER_AUX), Mem::new(x, TAGGED_COUNT));
            let wanted = i64::from((imm >> 32) as u32 as i32);
            self.m
                .branch_mem_imm(Cond::Ne, Size::B4, tag, wanted, unequal);
            return self.m.branch_mem_imm(Cond::Eq, Size::B8, parts, 0, equal);
        }
        let bits = self.g.inst(constant).imm;
        let compared = Compared {
            string: (imm & IS_TEXT != 0).then_some(Value::from_bits(bits)),
            interned: imm & INTERNED_TEXT != 0,
            literal: imm & LITERAL != 0,
            object: ty.is_pointer(),
            present: !ty.may_be(types::ABSENT),
        };
        branch_unlike_constant(self.m, x, compared, equal, unequal, slow);
    }

    /// Branches by an equality that has no register, if its truth is `if_true`; goes on
    /// after this otherwise.
    pub fn branch_on_equality(&mut self, op: Op, imm: u64, if_true: bool, target: Label) {
        let (slow, on) = (self.m.new_label(), self.m.new_label());
        let (equal, unequal) = if if_true { (target, on) } else { (on, target) };
        if op == Op::Equal {
            let (x, y) = (self.arg_gpr(0), self.arg_gpr(1));
            branch_equal(self.m, self.constants, (x, y), equal, unequal, slow);
        } else {
            self.branch_equal_const(imm, equal, unequal, slow);
            if unequal == target {
                self.m.jump(target);
            }
        }
        self.m.bind(on);
        self.branch_by_helper(imm, slow, equal, unequal);
    }

    /// Branches by a truth that the helper finds, at `slow`.
    pub fn branch_by_helper(&mut self, imm: u64, slow: Label, yes: Label, no: Label) {
        let call = self.slow_of();
        self.rare_then(
            slow,
            &call,
            |_| {},
            |this, call| this.load_truth(T0, imm, call),
            |this| {
                this.m.branch(Cond::Ne, W32, T0, 0, yes);
                this.m.jump(no);
            },
        );
    }

    /// The truth that a helper has found.
    fn load_truth(&mut self, d: Gpr, imm: u64, call: &Slow) {
        if imm & BY_STATUS != 0 {
            debug_assert!(
                [RuntimeCall::Test as u32, RuntimeCall::TestPattern as u32].contains(&call.helper)
            );
            self.m.mov(W32, d, T0);
        } else {
            let register = call.result.expect("the helper writes a bool");
            let place = self.register(u32::from(register));
            self.m.load(Load::W64, d, place);
            self.m.sub(W64, d, d, Value::FALSE.bits() as i32);
        }
        if imm & OPPOSITE != 0 {
            self.m.xor(W32, d, d, 1);
        }
    }

    /// The helper's part of a test; binds `done`.
    pub fn truth_by_helper(&mut self, imm: u64, slow: Label, done: Label) {
        let d = self.result();
        let call = self.slow_of();
        self.rare(slow, done, &call, |this, call| {
            this.load_truth(d, imm, call);
        });
        self.m.bind(done);
    }
}
