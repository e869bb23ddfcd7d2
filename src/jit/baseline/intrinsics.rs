//! Built-ins that compiled code does by itself in the common case. The helper that
//! calls the built-in is the slow path of each.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::emit::{X0, store_state};
use super::state::Type;
use crate::bytecode::Instr;
use crate::heap::object::{COPY_BEFORE_WRITE, Kind};
use crate::jit::templates::{guard_pointer, table_entry};
use crate::runtime::Intrinsic;
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Most arguments of `min` and `max` that are compared by code: each takes a machine
/// register.
const MOST_EXTREME: u16 = 4;

impl<M: Masm> Compiler<'_, M> {
    pub fn call_native(&mut self, word: Instr, a: u32) {
        let native = &self.vm.code.natives[word.c() as usize];
        let nargs = word.b() & 0xff;
        let intrinsic = native.intrinsic;
        let done = intrinsic.is_some_and(|intrinsic| match (intrinsic, nargs) {
            (Intrinsic::Sqrt, 1) => self.square_root(a),
            (Intrinsic::Len, 1) => {
                self.length(RuntimeCall::CallNative, a);
                true
            }
            (Intrinsic::Abs, 1) => self.absolute(a),
            (Intrinsic::Floor, 1) => self.floor(a),
            (Intrinsic::HasKey, 2) => self.has_key(a),
            (Intrinsic::Min, 2..=MOST_EXTREME) => self.extreme(a, u32::from(nargs), Cond::Le),
            (Intrinsic::Max, 2..=MOST_EXTREME) => self.extreme(a, u32::from(nargs), Cond::Ge),
            // Where no other owner keeps the array, it grows in place.
            (Intrinsic::Push, 2) if (word.flags() | (word.b() >> 8) as u8) & 1 == 0 => {
                self.push(RuntimeCall::CallNative, false, a);
                true
            }
            _ => false,
        });
        if !done {
            self.generic_call(RuntimeCall::CallNative, a);
        }
    }

    /// The arguments of a call are not read again.
    fn arguments_done(&mut self, a: u32) {
        self.state.entries.retain(|entry| entry.reg <= a);
    }

    fn square_root(&mut self, a: u32) -> bool {
        let kind = self.state.type_of(a + 1);
        if kind != Type::Float && kind != Type::Any {
            return false;
        }
        let gpr = (kind == Type::Any).then(|| self.value(a + 1));
        let known = (kind == Type::Float).then(|| self.float(a + 1));
        let result = self.fresh_float();
        let slow = self.slow();
        let x = match (known, gpr) {
            (Some(x), _) => x,
            (None, Some(gpr)) => {
                self.m.branch(Cond::AboveEq, W64, gpr, TAG, slow.label);
                self.m.branch(Cond::Below, W64, gpr, DOUBLE, slow.label);
                self.m.sub(W64, T0, gpr, DOUBLE);
                self.m.float_from_bits(result, T0);
                result
            }
            (None, None) => unreachable!("one of the two"),
        };
        self.m.float_const(X0, 0.0);
        self.m.branch_float(FloatCond::NotGe, x, X0, slow.label);
        self.m.sqrt(result, x);
        self.arguments_done(a);
        // The built-in gives a float or throws.
        self.define_float(a, result);
        self.slow_path(slow, RuntimeCall::CallNative);
        true
    }

    /// `len(x)`, and `x.len()` where that is the built-in.
    pub fn length(&mut self, helper: RuntimeCall, a: u32) {
        let object = self.value(a + 1);
        let d = self.fresh();
        let slow = self.slow();
        if !self.state.type_of(a + 1).is_object() {
            guard_pointer(self.m, object, slow.label);
        }
        let counted = self.m.new_label();
        let kind = Mem::new(object, HEADER_KIND);
        let text = self.m.cold(|m| {
            let string = Kind::String as i64;
            m.branch_mem_imm(Cond::Ne, Size::B1, kind, string, slow.label);
            m.load(Load::U32, d, Mem::new(object, STRING_CHARS));
            m.jump(counted);
        });
        let array = Kind::Array as i64;
        self.m.branch_mem_imm(Cond::Ne, Size::B1, kind, array, text);
        self.m.load(Load::U32, d, Mem::new(object, ARRAY_LEN));
        self.m.bind(counted);
        self.m.add(W64, d, d, OFFSET);
        if helper == RuntimeCall::CallNative {
            self.arguments_done(a);
            // The built-in gives an inline int or throws.
            self.define(a, d, Type::Int);
        } else {
            // The receiver may go back to its place, as a method of another type has
            // left it, which gives anything.
            self.state.entries.retain(|entry| entry.reg <= a + 1);
            self.state.refine(a + 1, Type::Any);
            self.define(a, d, Type::Any);
        }
        self.slow_path(slow, helper);
    }

    /// Whether a dict with the table of a range has an int in that range.
    fn has_key(&mut self, a: u32) -> bool {
        let known = self.state.type_of(a + 2);
        if known != Type::Int && known != Type::Any {
            return false;
        }
        let (dict, key) = (self.value(a + 1), self.value(a + 2));
        let d = self.fresh();
        let slow = self.slow();
        if !self.state.type_of(a + 1).is_object() {
            guard_pointer(self.m, dict, slow.label);
        }
        if known != Type::Int {
            self.m.branch(Cond::Below, W64, key, TAG, slow.label);
        }
        let kind = Mem::new(dict, HEADER_KIND);
        let is_dict = Kind::Dict as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, is_dict, slow.label);
        self.m.sub(W64, T0, key, OFFSET);
        table_entry(self.m, dict, slow.label);
        self.m.mov(W64, d, Value::TRUE.bits());
        self.arguments_done(a);
        // The built-in gives a bool or throws.
        self.define(a, d, Type::Bool);
        self.slow_path(slow, RuntimeCall::CallNative);
        true
    }

    /// The next int that is not above a float, if that is an inline int.
    fn floor(&mut self, a: u32) -> bool {
        if self.state.type_of(a + 1) != Type::Float {
            return false;
        }
        let x = self.float(a + 1);
        let d = self.fresh();
        let slow = self.slow();
        self.m.float_to_int(d, x, slow.label);
        self.m.int_to_float(W64, X0, d);
        let done = self.m.new_label();
        let above = self.m.cold(|m| {
            m.sub(W64, d, d, 1);
            m.jump(done);
        });
        self.m.branch_float(FloatCond::Gt, X0, x, above);
        self.m.bind(done);
        self.m.add(W64, d, d, OFFSET);
        self.m.branch(Cond::Below, W64, d, TAG, slow.label);
        self.arguments_done(a);
        // Infinities come back as they are.
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::CallNative);
        true
    }

    fn absolute(&mut self, a: u32) -> bool {
        if self.state.type_of(a + 1) == Type::Float {
            let x = self.float(a + 1);
            let d = self.fresh_float();
            self.m.abs_float(d, x);
            self.arguments_done(a);
            self.define_float(a, d);
            return true;
        }
        let x = self.value(a + 1);
        let d = self.fresh();
        let slow = self.slow();
        let done = self.m.new_label();
        let float = self.m.cold(|m| {
            m.branch(Cond::Below, W64, x, DOUBLE, slow.label);
            // The bits without the sign.
            m.sub(W64, T0, x, DOUBLE);
            m.shl(W64, T0, T0, 1);
            m.shr(W64, T0, T0, 1);
            m.add(W64, d, T0, DOUBLE);
            m.jump(done);
        });
        self.m.branch(Cond::Below, W64, x, TAG, float);
        let negative = self.m.cold(|m| {
            m.sub(W64, d, OFFSET, x);
            m.add(W64, d, d, OFFSET);
            m.branch(Cond::Below, W64, d, TAG, slow.label);
            m.jump(done);
        });
        self.m.branch(Cond::Below, W64, x, OFFSET, negative);
        self.m.mov(W64, d, x);
        self.m.bind(done);
        self.arguments_done(a);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::CallNative);
        true
    }

    /// The least or greatest of ints: the first of two if they are in the order, else the
    /// second, and so on with what follows.
    fn extreme(&mut self, a: u32, count: u32, cond: Cond) -> bool {
        let mut registers = a + 1..=a + count;
        if registers.any(|reg| self.state.type_of(reg) == Type::Float) {
            return false;
        }
        let values: Vec<Gpr> = (1..=count).map(|number| self.value(a + number)).collect();
        let d = self.fresh();
        let slow = self.slow();
        self.m.and(W64, T0, values[0], values[1]);
        for &value in &values[2..] {
            self.m.and(W64, T0, T0, value);
        }
        self.m.branch(Cond::Below, W64, T0, TAG, slow.label);
        let mut best = values[0];
        for &value in &values[1..] {
            self.m.select(d, (best, value), cond, W64, best, value);
            best = d;
        }
        self.arguments_done(a);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::CallNative);
        true
    }

    /// `array.push(number)` where there is room.
    pub fn push(&mut self, helper: RuntimeCall, on_path: bool, a: u32) {
        let (array, value) = (self.value(a + 1), self.value(a + 2));
        let slow = self.slow();
        let label = slow.label;
        if !self.state.type_of(a + 1).is_object() {
            guard_pointer(self.m, array, label);
        }
        self.guard_own_array(array, label);
        // An object may have to be marked.
        if !self.state.type_of(a + 2).is_plain() {
            self.m.shr(W64, T1, value, 48);
            self.m.branch(Cond::Eq, W64, T1, 0, label);
        }
        self.m.load(Load::U32, T0, Mem::new(array, ARRAY_LEN));
        self.m
            .branch_mem(Cond::Eq, W32, T0, Mem::new(array, ARRAY_CAP), label);
        self.m.load(Load::W64, T1, Mem::new(array, ARRAY_PTR));
        // It is no object, so there is no write barrier.
        self.m.store(Size::B8, Mem::word(T1, T0, 0), value);
        self.m.add(W32, T0, T0, 1);
        self.m.store(Size::B4, Mem::new(array, ARRAY_LEN), T0);
        let d = self.fresh();
        self.m.mov(W64, d, array);
        self.state.entries.retain(|entry| entry.reg <= a + 1);
        // The slow path may have called another type's method, which gives anything.
        self.state.refine(a + 1, Type::Any);
        self.define(a, d, Type::Any);
        if !on_path {
            return self.slow_path(slow, helper);
        }
        // After a call on a path the slow path may have to go elsewhere.
        self.flush();
        self.state.forget_machine();
        let elsewhere = self.edge(self.after + 1);
        let pc = self.words.as_ptr() as u64 + self.after as u64 * 8;
        let slow_call = self.slow_call(helper);
        let done = self.m.new_label();
        self.m.cold(|m| {
            m.bind(slow.label);
            store_state(m, &slow.before);
            slow_call.call(m);
            m.load(Load::W64, T0, Mem::new(FRAME, FRAME_PC));
            m.mov_address(T1, pc);
            m.branch(Cond::Ne, W64, T0, T1, elsewhere);
            m.jump(done);
        });
        self.m.bind(done);
    }

    /// Branches unless an object is an array that may be written in place. Uses `T1`.
    pub fn guard_own_array(&mut self, object: Gpr, otherwise: Label) {
        // Type and flags are the first two bytes.
        let both = Kind::Array as i32;
        let mask = 0xff | (COPY_BEFORE_WRITE as i32) << 8;
        self.m.load(Load::U16, T1, Mem::new(object, HEADER_KIND));
        self.m.and(W32, T1, T1, mask);
        self.m.branch(Cond::Ne, W32, T1, both, otherwise);
    }
}
