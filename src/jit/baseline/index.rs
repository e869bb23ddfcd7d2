//! Elements of arrays and dense dicts, inline; everything else by a helper.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::emit::store_in_object;
use super::state::Type;
use crate::bytecode::Instr;
use crate::bytecode::op::{LET, SEEN_OTHER};
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::jit::templates::{character, dict_value, element, guard_pointer};
use ruff_asm::Label;
use ruff_asm::prelude::*;

#[derive(Clone, Copy)]
pub enum Index {
    Register(u32),
    Constant(i64),
}

impl<M: Masm> Compiler<'_, M> {
    /// Whether an index is expected to be an int: nothing else was seen.
    fn expects_int(&self, word: Instr) -> bool {
        self.speculate && word.flags() & SEEN_OTHER == 0
    }

    /// Leaves if what is indexed is no object, which nothing good can come of.
    fn guard_place(&mut self, expects: bool, reg: u32, object: Gpr, slow: Label) {
        if !self.state.type_of(reg).is_object() {
            let otherwise = if expects { self.side_exit() } else { slow };
            guard_pointer(self.m, object, otherwise);
        }
    }

    /// Notes what is known of an object and its index after both were as expected.
    fn refine_place(&mut self, expects: bool, object: u32, index: Index) {
        if !expects {
            return;
        }
        if !self.state.type_of(object).is_object() {
            self.state.refine(object, Type::Object);
        }
        if let Index::Register(reg) = index {
            self.state.refine(reg, Type::Int);
        }
    }

    /// The index of the instruction, unboxed in `T0`.
    fn index(&mut self, expects: bool, index: Index, gpr: Option<Gpr>, slow: Label) {
        match (index, gpr) {
            (Index::Register(reg), Some(gpr)) => {
                if self.state.type_of(reg) != Type::Int {
                    let otherwise = if expects { self.side_exit() } else { slow };
                    self.m.branch(Cond::Below, W64, gpr, TAG, otherwise);
                }
                self.m.sub(W64, T0, gpr, OFFSET);
            }
            (Index::Constant(index), _) => self.m.mov(W64, T0, index),
            (Index::Register(_), None) => unreachable!("it has been loaded"),
        }
    }

    pub fn get_index(&mut self, word: Instr, a: u32, b: u32, index: Index) {
        let known = match index {
            Index::Register(reg) => self.state.type_of(reg),
            Index::Constant(_) => Type::Int,
        };
        if known != Type::Int && known != Type::Any {
            return self.generic(RuntimeCall::GetIndex, &[a]);
        }
        let object = self.value(b);
        let at = match index {
            Index::Register(reg) => Some(self.value(reg)),
            Index::Constant(_) => None,
        };
        let d = self.fresh();
        let slow = self.slow();
        let expects = self.expects_int(word);
        self.guard_place(expects, b, object, slow.label);
        self.index(expects, index, at, slow.label);
        let got = self.m.new_label();
        let no_array = self.m.cold(|m| {
            let text = m.cold(|m| {
                character(m, d, object, slow.label);
                m.jump(got);
            });
            let kind = Mem::new(object, HEADER_KIND);
            let string = Kind::String as i64;
            m.branch_mem_imm(Cond::Eq, Size::B1, kind, string, text);
            dict_value(m, object, slow.label, got, |m, place| {
                m.load(Load::W64, d, place);
            });
            m.jump(got);
        });
        let kind = Mem::new(object, HEADER_KIND);
        let array = Kind::Array as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, array, no_array);
        let place = element(self.m, object, false, slow.label);
        self.m.load(Load::W64, d, place);
        self.m.bind(got);
        self.mark_part(word, object, d);
        self.refine_place(expects, b, index);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::GetIndex);
    }

    pub fn set_index(&mut self, word: Instr, a: u32, b: u32, c: u32) {
        let value = self.value(c);
        self.mark(word, c, value);
        if word.flags() & LET != 0 {
            return self.generic(RuntimeCall::SetIndex, &[a]);
        }
        let known = self.state.type_of(b);
        if known != Type::Int && known != Type::Any {
            return self.generic(RuntimeCall::SetIndex, &[a]);
        }
        let (object, at) = (self.value(a), self.value(b));
        let slow = self.slow();
        let expects = self.expects_int(word);
        self.guard_place(expects, a, object, slow.label);
        self.m.load(Load::U8, T1, Mem::new(object, HEADER_FLAGS));
        self.m
            .branch_mask(Bits::Set, W32, T1, COPY_BEFORE_WRITE as i32, slow.label);
        self.index(expects, Index::Register(b), Some(at), slow.label);
        let done = self.m.new_label();
        let barrier = self.barrier(c);
        let no_array = self.m.cold(|m| {
            dict_value(m, object, slow.label, done, |m, place| {
                store_in_object(m, barrier, object, place, value);
            });
            m.jump(done);
        });
        let kind = Mem::new(object, HEADER_KIND);
        let array = Kind::Array as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, array, no_array);
        let place = element(self.m, object, false, slow.label);
        store_in_object(self.m, barrier, object, place, value);
        self.m.bind(done);
        self.refine_place(expects, a, Index::Register(b));
        // The slow path may put a copy into the object's register: what is in a
        // machine register is loaded again.
        self.slow_path(slow, RuntimeCall::SetIndex);
    }

    /// An element of an array that is to be written in place.
    pub fn index_mut(&mut self, word: Instr, a: u32, b: u32, c: u32) {
        let known = self.state.type_of(c);
        if word.flags() & LET != 0 || known != Type::Int && known != Type::Any {
            return self.generic(RuntimeCall::IndexMut, &[a, b]);
        }
        let (object, at) = (self.value(b), self.value(c));
        let d = self.fresh();
        let slow = self.slow();
        let expects = self.expects_int(word);
        self.guard_place(expects, b, object, slow.label);
        self.guard_own_array(object, slow.label);
        self.index(expects, Index::Register(c), Some(at), slow.label);
        let place = element(self.m, object, false, slow.label);
        self.m.load(Load::W64, d, place);
        self.guard_unshared(d, slow.label);
        self.refine_place(expects, b, Index::Register(c));
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::IndexMut);
    }
}
