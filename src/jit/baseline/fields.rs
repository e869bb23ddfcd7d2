//! Fields and constant keys, by the inline cache of the instruction: a cache that is
//! filled when the function is compiled becomes part of the code, an empty one is
//! read when the code runs.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::emit::store_in_object;
use super::state::Type;
use crate::bytecode::Instr;
use crate::bytecode::op::{LET, SEEN_OTHER};
use crate::heap::object::{COPY_BEFORE_WRITE, Kind, SHAPE_BIT};
use crate::jit::templates::{cached_place, guard_pointer};
use crate::vm::cache::IN_DICT;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// The contents of a field cache.
#[derive(Clone, Copy)]
struct Cache {
    shape: u32,
    slot: u32,
    in_dict: bool,
}

impl Cache {
    fn read(word: u64) -> Option<Cache> {
        let (shape, slot) = (word as u32, (word >> 32) as u32);
        // An empty cache has all bits of a shape, which no shape has.
        let filled = shape & SHAPE_BIT != 0 && shape != u32::MAX;
        filled.then_some(Cache {
            shape,
            slot: slot & !IN_DICT,
            in_dict: slot & IN_DICT != 0,
        })
    }
}

impl<M: Masm> Compiler<'_, M> {
    /// The word after the current instruction.
    pub fn cache_word(&self) -> u64 {
        self.words[self.after - 1].0
    }

    /// The address of that word.
    fn cache_address(&self) -> u64 {
        self.words[self.after - 1..].as_ptr() as u64
    }

    /// Branches unless an object has the shape. Uses `T1`.
    fn guard_shape(&mut self, reg: u32, object: Gpr, shape: u32, otherwise: Label) {
        let kind = self.state.type_of(reg);
        if kind == Type::Shape(shape) {
            return;
        }
        if !kind.is_object() {
            guard_pointer(self.m, object, otherwise);
        }
        let aux = Mem::new(object, HEADER_AUX);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B4, aux, shape as i32 as i64, otherwise);
    }

    /// The address of the slot that the cache names, with the object checked. Uses
    /// `T0` and `T1`; the result may be `T0`.
    fn slot(&mut self, reg: u32, object: Gpr, cache: Option<Cache>, otherwise: Label) -> Mem {
        match cache {
            Some(cache) => {
                self.guard_shape(reg, object, cache.shape, otherwise);
                let offset = cache.slot as i32 * 8;
                if cache.in_dict {
                    self.m.load(Load::W64, T0, Mem::new(object, DICT_PTR));
                    Mem::new(T0, offset)
                } else {
                    Mem::new(object, STRUCT_FIELDS + offset)
                }
            }
            None => {
                let address = self.cache_address();
                if !self.state.type_of(reg).is_object() {
                    guard_pointer(self.m, object, otherwise);
                }
                self.m.load(Load::U32, T1, Mem::new(object, HEADER_AUX));
                self.m.mov(W64, T0, address);
                cached_place(self.m, object, otherwise)
            }
        }
    }

    /// Whether every object at the instruction is expected to be a struct or class
    /// instance with the shape in the cache.
    fn expects_shape(&self, word: Instr, cache: Option<Cache>) -> bool {
        self.speculate
            && word.flags() & SEEN_OTHER == 0
            && cache.is_some_and(|cache| !cache.in_dict)
    }

    /// Notes what is known of an object that is as expected.
    fn refine_shape(&mut self, expects: bool, reg: u32, cache: Option<Cache>) {
        if let Some(cache) = cache.filter(|_| expects) {
            self.state.refine(reg, Type::Shape(cache.shape));
        }
    }

    fn filled_cache(&self) -> Option<Cache> {
        Cache::read(self.cache_word())
    }

    pub fn get_field(&mut self, word: Instr, a: u32, b: u32) {
        let cache = self.filled_cache();
        let expects = self.expects_shape(word, cache);
        let object = self.value(b);
        let d = self.fresh();
        let fallback = self.fallback(expects);
        let place = self.slot(b, object, cache, fallback.label());
        self.m.load(Load::W64, d, place);
        self.m.branch(Cond::Eq, W64, d, 0, fallback.label());
        self.mark_part(word, object, d);
        self.refine_shape(expects, b, cache);
        self.define(a, d, Type::Any);
        self.finish(fallback, RuntimeCall::GetField);
    }

    /// Branches unless the object may be written in place.
    fn guard_writable(&mut self, word: Instr, object: Gpr, otherwise: Label) {
        let flags = Mem::new(object, HEADER_FLAGS);
        self.m.load(Load::U8, T1, flags);
        self.m
            .branch_mask(Bits::Set, W32, T1, COPY_BEFORE_WRITE as i32, otherwise);
        if word.flags() & LET != 0 {
            let kind = Mem::new(object, HEADER_KIND);
            let class = Kind::Object as i64;
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, class, otherwise);
        }
    }

    pub fn set_field(&mut self, word: Instr, a: u32, c: u32) {
        let cache = self.filled_cache();
        let value = self.value(c);
        self.mark(word, c, value);
        let object = self.value(a);
        let expects = self.expects_shape(word, cache);
        let slow = self.slow();
        let other = if expects {
            self.side_exit()
        } else {
            slow.label
        };
        let place = self.slot(a, object, cache, other);
        self.guard_writable(word, object, slow.label);
        let barrier = self.barrier(c);
        store_in_object(self.m, barrier, object, place, value);
        self.refine_shape(expects, a, cache);
        // The slow path may put a copy, of the same shape, into the object's register.
        self.slow_path(slow, RuntimeCall::SetField);
    }

    pub fn field_mut(&mut self, word: Instr, a: u32, b: u32) {
        let cache = self.filled_cache();
        let object = self.value(b);
        let d = self.fresh();
        let expects = self.expects_shape(word, cache);
        let slow = self.slow();
        let other = if expects {
            self.side_exit()
        } else {
            slow.label
        };
        let place = self.slot(b, object, cache, other);
        self.guard_writable(word, object, slow.label);
        self.m.load(Load::W64, d, place);
        self.m.branch(Cond::Eq, W64, d, 0, slow.label);
        self.guard_unshared(d, slow.label);
        self.refine_shape(expects, b, cache);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::FieldMut);
    }

    /// Branches if a value is an object that must be copied before it is written. Uses
    /// `T1`.
    pub fn guard_unshared(&mut self, value: Gpr, otherwise: Label) {
        let done = self.m.new_label();
        let object = self.m.cold(|m| {
            let least = crate::value::FIRST_POINTER;
            m.branch(Cond::Below, W64, value, least, done);
            m.load(Load::U8, T1, Mem::new(value, HEADER_FLAGS));
            m.branch_mask(Bits::Set, W32, T1, COPY_BEFORE_WRITE as i32, otherwise);
            m.jump(done);
        });
        self.m.shr(W64, T1, value, 48);
        self.m.branch(Cond::Eq, W64, T1, 0, object);
        self.m.bind(done);
    }

    /// [`Compiler::guard_shape`] for the receiver of a method.
    pub fn guard_receiver(&mut self, reg: u32, object: Gpr, shape: u32, otherwise: Label) {
        self.guard_shape(reg, object, shape, otherwise);
    }
}
