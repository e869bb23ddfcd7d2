//! Making small objects where the allocator has room at hand, and looking into
//! tagged values and arrays for patterns.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::state::Type;
use crate::bytecode::op::{ANY_PARTS, BASE as HAS_BASE, SEEN_OTHER};
use crate::bytecode::{Instr, Op};
use crate::heap::dict::DictObj;
use crate::heap::object::{ArrayObj, CellObj, DictMode, KeyListObj, Kind, TaggedObj};
use crate::heap::shape;
use crate::heap::space::MAX_SMALL;
use crate::heap::types::StructObj;
use crate::jit::templates::{NewHeader, allocate, box_float, get_part, guard_pointer};
use crate::vm::Vm;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Most values that are written into a new object one by one.
pub const MOST_VALUES: u32 = 12;

impl<M: Masm> Compiler<'_, M> {
    /// A new cell with its header, of this kind and form, in a fresh machine register;
    /// branches if the allocator has to be asked. Uses `T0`.
    pub fn allocate(&mut self, d: Gpr, size: usize, of: (Kind, u8), aux: u32, no: Label) {
        let (kind, form) = of;
        allocate(self.m, d, size, NewHeader { kind, form, aux }, no);
    }

    /// Stores a register's value in a new object. Uses `T1`.
    fn store_value(&mut self, reg: u32, to: Mem) {
        match self.state.find(reg).map(|entry| (entry.gpr, entry.fpr)) {
            Some((Some(gpr), _)) => self.m.store(Size::B8, to, gpr),
            Some((None, Some(fpr))) => {
                box_float(self.m, T1, fpr);
                self.m.store(Size::B8, to, T1);
            }
            _ => {
                self.m.load(Load::W64, T1, register(reg));
                self.m.store(Size::B8, to, T1);
            }
        }
    }

    /// Whether new objects of this size can be made here.
    pub fn allocates(&self, size: usize) -> bool {
        size <= MAX_SMALL && !self.vm.heap.space.stress
    }

    /// A new array with room for so many elements after it, which the caller writes.
    /// Uses `T1`.
    pub fn allocate_array(&mut self, d: Gpr, count: u32, no: Label) {
        let size = size_of::<ArrayObj>() + 8 * count as usize;
        self.allocate(d, size, (Kind::Array, 0), 0, no);
        if count == 0 {
            self.m.store_imm(Size::B8, Mem::new(d, ARRAY_PTR), 0);
            self.m.store_imm(Size::B8, Mem::new(d, ARRAY_LEN), 0);
        } else {
            self.m.add(W64, T1, d, size_of::<ArrayObj>() as i32);
            self.m.store(Size::B8, Mem::new(d, ARRAY_PTR), T1);
            self.m
                .store_imm(Size::B4, Mem::new(d, ARRAY_LEN), count as i64);
            self.m
                .store_imm(Size::B4, Mem::new(d, ARRAY_CAP), count as i64);
        }
    }

    /// A new record with so many values after it, which the caller writes. Uses `T1`.
    pub fn allocate_dict(&mut self, d: Gpr, shape: u32, count: u32, no: Label) {
        let size = size_of::<DictObj>() + 8 * count as usize;
        let form = DictMode::Record as u8;
        self.allocate(d, size, (Kind::Dict, form), shape, no);
        if count == 0 {
            self.m.store_imm(Size::B8, Mem::new(d, DICT_PTR), 0);
        } else {
            self.m.add(W64, T1, d, size_of::<DictObj>() as i32);
            self.m.store(Size::B8, Mem::new(d, DICT_PTR), T1);
        }
        self.m
            .store_imm(Size::B4, Mem::new(d, DICT_LEN), count as i64);
        self.m
            .store_imm(Size::B4, Mem::new(d, DICT_CAP), count as i64);
        self.m.store_imm(Size::B8, Mem::new(d, DICT_INDEX), 0);
    }

    pub fn new_array(&mut self, word: Instr, a: u32, b: u32) {
        let count = word.c() as u32;
        let size = size_of::<ArrayObj>() + 8 * count as usize;
        if count > MOST_VALUES || !self.allocates(size) {
            return self.generic(RuntimeCall::NewArray, &[a]);
        }
        let d = self.fresh();
        let slow = self.slow();
        self.allocate_array(d, count, slow.label);
        for i in 0..count {
            let offset = size_of::<ArrayObj>() as i32 + 8 * i as i32;
            self.store_value(b + i, Mem::new(d, offset));
        }
        self.define(a, d, Type::Object);
        self.slow_path(slow, RuntimeCall::NewArray);
    }

    pub fn new_dict(&mut self, word: Instr, a: u32, b: u32) {
        let keys = self.constant(word.c() as usize);
        // SAFETY: the constant is a key list.
        let (shape, count) = unsafe {
            let list: *mut KeyListObj = keys.as_pointer();
            ((*list).shape, (*list).len)
        };
        let size = size_of::<DictObj>() + 8 * count as usize;
        if shape == 0 || count > MOST_VALUES || !self.allocates(size) {
            return self.generic(RuntimeCall::NewDict, &[a]);
        }
        let d = self.fresh();
        let slow = self.slow();
        self.allocate_dict(d, shape, count, slow.label);
        for i in 0..count {
            let offset = size_of::<DictObj>() as i32 + 8 * i as i32;
            self.store_value(b + i, Mem::new(d, offset));
        }
        self.define(a, d, Type::Object);
        self.slow_path(slow, RuntimeCall::NewDict);
    }

    pub fn new_struct(&mut self, word: Instr, a: u32, b: u32) {
        let shape = self.cache_word() as u32;
        let names = Vm::key_list(self.constant(word.c() as usize)).len();
        let size = size_of::<StructObj>() + 8 * names;
        let whole = self.cache_word() >> 32 != 0
            || shape == u32::MAX
            || word.flags() & HAS_BASE != 0
            || names as u32 > MOST_VALUES
            || !self.allocates(size);
        if whole {
            return self.generic(RuntimeCall::NewStruct, &[a]);
        }
        let ty = self.value(b);
        let d = self.fresh();
        let expects = self.speculate && word.flags() & SEEN_OTHER == 0;
        let slow = self.slow();
        // A declaration that is reached again makes another type.
        let other = if expects {
            self.side_exit()
        } else {
            slow.label
        };
        if !self.state.type_of(b).is_object() {
            guard_pointer(self.m, ty, other);
        }
        let kind = Mem::new(ty, HEADER_KIND);
        let is_type = Kind::StructType as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, is_type, other);
        self.m.load(Load::W64, T1, Mem::new(ty, TYPE_INFO));
        let has = Mem::new(T1, INFO_SHAPE);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B4, has, shape as i32 as i64, other);
        let made = if shape::is_class(shape) {
            Kind::Object
        } else {
            Kind::Struct
        };
        self.allocate(d, size, (made, 0), shape, slow.label);
        self.m.store(Size::B8, Mem::new(d, STRUCT_TYPE), ty);
        for i in 0..names as u32 {
            let offset = STRUCT_FIELDS + 8 * i as i32;
            self.store_value(b + 1 + i, Mem::new(d, offset));
        }
        let kind = if expects {
            Type::Shape(shape)
        } else {
            Type::Object
        };
        self.define(a, d, kind);
        self.slow_path(slow, RuntimeCall::NewStruct);
    }

    pub fn make_result(&mut self, word: Instr, a: u32, b: u32) {
        let size = size_of::<TaggedObj>() + 8;
        if !self.allocates(size) {
            return self.generic(RuntimeCall::MakeResult, &[a]);
        }
        let d = self.fresh();
        let slow = self.slow();
        let tag = word.c() as u32;
        self.allocate(d, size, (Kind::Tagged, 0), tag, slow.label);
        self.m.store_imm(Size::B8, Mem::new(d, TAGGED_COUNT), 1);
        self.store_value(b, Mem::new(d, TAGGED_PARTS));
        self.define(a, d, Type::Object);
        self.slow_path(slow, RuntimeCall::MakeResult);
    }

    pub fn new_cell(&mut self, a: u32) {
        let size = size_of::<CellObj>();
        if !self.allocates(size) {
            return self.generic(RuntimeCall::NewCell, &[a]);
        }
        let d = self.fresh();
        let slow = self.slow();
        self.allocate(d, size, (Kind::Cell, 0), 0, slow.label);
        self.m.store_imm(Size::B8, Mem::new(d, CELL_VALUE), 0);
        self.define(a, d, Type::Object);
        self.slow_path(slow, RuntimeCall::NewCell);
    }

    /// The tests of patterns that only look at an object's header; the others by a
    /// helper.
    pub fn test_pattern(&mut self, word: Instr, op: Op, a: u32) {
        if op != Op::TestTag && op != Op::TestArray {
            self.flush();
            self.call_runtime(RuntimeCall::TestPattern);
            self.state.forget_machine();
            return self.branch_status(false);
        }
        self.flush();
        let value = self.value(a);
        let to = self.branch_target();
        let other = self.edge(to);
        if !self.state.type_of(a).is_object() {
            guard_pointer(self.m, value, other);
        }
        let kind = Mem::new(value, HEADER_KIND);
        if op == Op::TestTag {
            let tag = self.constant(word.c() as usize).as_int();
            let tagged = Kind::Tagged as i64;
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, tagged, other);
            let aux = Mem::new(value, HEADER_AUX);
            self.m.branch_mem_imm(Cond::Ne, Size::B4, aux, tag, other);
            if word.b() != ANY_PARTS {
                let count = Mem::new(value, TAGGED_COUNT);
                let parts = word.b() as i64;
                self.m
                    .branch_mem_imm(Cond::Ne, Size::B8, count, parts, other);
            }
        } else {
            let array = Kind::Array as i64;
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, array, other);
            let len = Mem::new(value, ARRAY_LEN);
            let cond = if word.c() == 0 { Cond::Ne } else { Cond::Below };
            self.m
                .branch_mem_imm(cond, Size::B4, len, word.b() as i64, other);
        }
        self.state.refine(a, Type::Object);
    }

    /// A part of a tagged value or array that has been tested.
    pub fn get_part(&mut self, word: Instr, a: u32, b: u32) {
        let object = self.value(b);
        let d = self.fresh();
        let offset = word.c() as i32 * 8;
        get_part(self.m, d, object, offset);
        self.mark_part(word, object, d);
        self.define(a, d, Type::Any);
    }
}
