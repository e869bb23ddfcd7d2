//! Comparisons as values and as tests, and the tests of patterns with literals.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::arith::{FloatSource, Operand, Right};
use super::emit::{Fallback, SlowPath, restore, store_state};
use super::state::Type;
use crate::bytecode::op::{SEEN_FLOAT, SEEN_INT, SEEN_OTHER};
use crate::bytecode::{Instr, Op};
use crate::heap::object::{INTERNED, Kind};
use crate::jit::templates::{
    Compared, branch_equal, branch_unlike_constant, guard_pointer, single_byte, single_character,
};
use crate::value::Value;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// The order that a comparison asks for, and that of floats.
fn order(op: Op) -> (Cond, FloatCond) {
    match op {
        Op::Lt | Op::TestLt | Op::TestLtK => (Cond::Lt, FloatCond::Lt),
        Op::Le | Op::TestLe | Op::TestLeK => (Cond::Le, FloatCond::Le),
        Op::Gt | Op::TestGt | Op::TestGtK => (Cond::Gt, FloatCond::Gt),
        Op::Ge | Op::TestGe | Op::TestGeK => (Cond::Ge, FloatCond::Ge),
        Op::Eq | Op::TestEq | Op::TestEqK => (Cond::Eq, FloatCond::Eq),
        _ => (Cond::Ne, FloatCond::Ne),
    }
}

impl<M: Masm> Compiler<'_, M> {
    /// A comparison whose result is a bool in a register.
    pub fn compare(&mut self, word: Instr, op: Op, a: u32, b: u32, c: u32) {
        let right = Right::Register(c);
        let (x, y) = (self.state.type_of(b), self.state.type_of(c));
        let (cond, float_cond) = order(op);
        let other = |kind: Type| kind != Type::Any && !kind.is_number();
        let strange = other(x) || other(y);
        if decides_equality(cond) && (strange || sees_objects(word)) {
            return self.compare_objects(cond, a, b, c);
        }
        if strange {
            return self.generic(RuntimeCall::Compare, &[a]);
        }
        let expects = self.expects(word) && word.flags() & SEEN_INT == 0;
        if self.floats(word, x, y) {
            let (x, y, fx, fy) = self.float_operands(expects, b, right);
            let d = self.fresh();
            let fallback = self.fallback(expects);
            let fx = self.take_float(x, fx, false, fallback.label());
            let fy = self.take_float(y, fy, false, fallback.label());
            self.m.set_float(T0, float_cond, fx, fy);
            self.m.add(W64, d, T0, Value::FALSE.bits() as i32);
            if expects {
                self.refine_floats((b, x, fx), right, (y, fy));
            }
            self.define(a, d, Type::Bool);
            self.finish(fallback, RuntimeCall::Compare);
        } else {
            let (x, y) = (self.value(b), self.value(c));
            let d = self.fresh();
            let fallback = self.fallback(expects);
            self.guard_ints((b, x), right, Operand::Reg(y), fallback.label());
            self.m.set(T0, cond, W64, x, y);
            self.m.add(W64, d, T0, Value::FALSE.bits() as i32);
            if expects {
                self.refine_ints(b, right);
            }
            self.define(a, d, Type::Bool);
            self.finish(fallback, RuntimeCall::Compare);
        }
    }

    /// A comparison that decides whether the jump word after it is taken.
    pub fn test(&mut self, word: Instr, op: Op, a: u32, right: Right, if_holds: bool) {
        let right = match self.right_type(right) {
            Type::Known(value) => Right::Constant(value),
            _ => right,
        };
        let (x, y) = (self.state.type_of(a), self.right_type(right));
        let (cond, float_cond) = order(op);
        let taken = self.branch_target();
        if let Right::Constant(value) = right
            && (value.is_string() || !(value.is_number() || value.is_pointer()))
        {
            return self.test_identity(cond, a, value, if_holds, taken);
        }
        let other = |kind: Type| kind != Type::Any && !kind.is_number();
        let strange = matches!(right, Right::Constant(value) if !value.is_number());
        let strange = strange || other(x) || other(y);
        if let Right::Register(b) = right
            && decides_equality(cond)
            && (strange || sees_objects(word))
        {
            return self.test_objects(cond, a, b, if_holds, taken);
        }
        if strange {
            self.flush();
            self.call_runtime(RuntimeCall::Test);
            self.state.forget_machine();
            let label = self.edge(taken);
            self.m.branch(Cond::Ne, W64, T0, 0, label);
            return;
        }
        let both = word.flags() & SEEN_INT != 0;
        let expects = self.expects(word) && !both;
        let cond = if if_holds { cond } else { cond.negate() };
        let float_cond = if if_holds {
            float_cond
        } else {
            float_cond.negate()
        };
        if self.floats(word, x, y) {
            let sure = |place: &FloatSource| match place {
                FloatSource::Ready(_) => true,
                FloatSource::Constant(value) => value.is_float(),
                _ => false,
            };
            let (x, y, fx, fy) = self.float_operands(expects, a, right);
            let fallback = self.fallback(expects);
            let (sure_x, sure_y) = (!expects && sure(&y), !expects && sure(&x));
            let fx = self.take_float(x, fx, sure_x, fallback.label());
            let fy = self.take_float(y, fy, sure_y, fallback.label());
            if expects {
                self.refine_floats((a, x, fx), right, (y, fy));
            }
            let label = self.edge(taken);
            self.m.branch_float(float_cond, fx, fy, label);
            self.test_slow(fallback, label);
        } else {
            let x = self.value(a);
            let y = self.int_operand(right);
            let fallback = self.fallback(expects);
            self.guard_ints((a, x), right, y, fallback.label());
            if expects {
                self.refine_ints(a, right);
            }
            let label = self.edge(taken);
            match y {
                Operand::Reg(y) => self.m.branch(cond, W64, x, y, label),
                Operand::Const(y) => self.m.branch(cond, W64, x, y.bits(), label),
            }
            self.test_slow(fallback, label);
        }
    }

    /// `==` and `!=` as a value where objects are compared.
    fn compare_objects(&mut self, cond: Cond, a: u32, b: u32, c: u32) {
        let (x, y) = (self.value(b), self.value(c));
        let d = self.fresh();
        let slow = self.slow();
        let done = self.m.new_label();
        let give = |m: &mut M, value: bool| {
            m.cold(|m| {
                m.mov(W64, d, Value::bool(value).bits());
                m.jump(done);
            })
        };
        let equal = give(self.m, cond == Cond::Eq);
        let unequal = give(self.m, cond == Cond::Ne);
        self.branch_equal((x, y), equal, unequal, slow.label);
        self.m.bind(done);
        self.define(a, d, Type::Bool);
        self.slow_path(slow, RuntimeCall::Compare);
    }

    fn branch_equal(&mut self, values: (Gpr, Gpr), equal: Label, unequal: Label, slow: Label) {
        let constants = Constants::IN_REGISTERS;
        branch_equal(self.m, constants, values, equal, unequal, slow);
    }

    /// `==` and `!=` as a test where objects are compared.
    fn test_objects(&mut self, cond: Cond, a: u32, b: u32, if_holds: bool, taken: usize) {
        let (x, y) = (self.value(a), self.value(b));
        let slow = self.slow();
        let label = self.edge(taken);
        let done = self.m.new_label();
        let (equal, unequal) = if (cond == Cond::Eq) == if_holds {
            (label, done)
        } else {
            (done, label)
        };
        self.branch_equal((x, y), equal, unequal, slow.label);
        self.m.bind(done);
        self.decided_by(RuntimeCall::Test, slow, true, label);
    }

    /// The slow path of a test: the helper's status says whether the jump to `label` is
    /// taken, which it is if that is 1, or 0.
    pub fn decided_by(&mut self, helper: RuntimeCall, slow: SlowPath, if_one: bool, label: Label) {
        let slow_call = self.slow_call(helper);
        let done = self.m.new_label();
        let cond = if if_one { Cond::Ne } else { Cond::Eq };
        let state = &self.state;
        self.m.cold(|m| {
            m.bind(slow.label);
            store_state(m, &slow.before);
            slow_call.call(m);
            let jumps = m.cold(|m| {
                restore(m, state);
                m.jump(label);
            });
            m.branch(cond, W64, T0, 0, jumps);
            restore(m, state);
            m.jump(done);
        });
        self.m.bind(done);
    }

    fn test_slow(&mut self, fallback: Fallback, label: Label) {
        if let Fallback::Slow(slow) = fallback {
            self.decided_by(RuntimeCall::Test, slow, true, label);
        }
    }

    /// `==` and `!=` with a constant that is no number.
    fn test_identity(&mut self, cond: Cond, a: u32, value: Value, if_holds: bool, taken: usize) {
        let x = self.value(a);
        let slow = self.slow();
        let done = self.m.new_label();
        let jump_if_equal = (cond == Cond::Eq) == if_holds;
        let label = self.edge(taken);
        let (equal, unequal) = if jump_if_equal {
            (label, done)
        } else {
            (done, label)
        };
        if cond != Cond::Eq && cond != Cond::Ne {
            let cond = if if_holds { cond } else { cond.negate() };
            self.test_character(cond, x, value, slow.label, label);
        } else {
            if value.is_pointer() {
                self.m.mov_address(T1, value.bits());
                self.m.branch(Cond::Eq, W64, x, T1, equal);
            } else {
                self.m.branch(Cond::Eq, W64, x, value.bits(), equal);
            }
            // A string may equal another one, and a struct may say what it equals.
            let string = value.is_string().then_some(value);
            let compared = Compared {
                literal: false,
                string,
                interned: string.is_some_and(|string| string.header().flags & INTERNED != 0),
                object: false,
                present: false,
            };
            branch_unlike_constant(self.m, x, compared, equal, unequal, slow.label);
            if unequal == label {
                self.m.jump(label);
            }
        }
        self.m.bind(done);
        self.decided_by(RuntimeCall::Test, slow, true, label);
    }

    /// The order of a string and a constant, if both are single ASCII characters.
    fn test_character(&mut self, cond: Cond, x: Gpr, constant: Value, slow: Label, label: Label) {
        let Some(byte) = single_byte(constant) else {
            return self.m.jump(slow);
        };
        let cond = match cond {
            Cond::Lt => Cond::Below,
            Cond::Le => Cond::BelowEq,
            Cond::Gt => Cond::Above,
            _ => Cond::AboveEq,
        };
        guard_pointer(self.m, x, slow);
        let kind = Mem::new(x, HEADER_KIND);
        let string = Kind::String as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, string, slow);
        single_character(self.m, T1, x, slow);
        self.m.branch(cond, W32, T1, byte as i32, label);
    }

    /// A pattern that is a literal: the jump word after it is taken unless the value
    /// equals the constant and is of its kind.
    pub fn test_literal(&mut self, word: Instr, a: u32) {
        let literal = self.constant(word.c() as usize);
        let known = self.state.type_of(a);
        let taken = self.branch_target();
        let x = self.value(a);
        let slow = self.slow();
        let label = self.edge(taken);
        let fits = self.m.new_label();
        if literal.is_pointer() {
            self.m.mov_address(T1, literal.bits());
            self.m.branch(Cond::Eq, W64, x, T1, fits);
        } else {
            self.m.branch(Cond::Eq, W64, x, literal.bits(), fits);
        }
        if literal.is_int() && known != Type::Float {
            // No other int equals it; a float might, and a big int is a pointer.
            if known != Type::Int {
                self.m.branch(Cond::Below, W64, x, TAG, slow.label);
            }
            self.m.jump(label);
        } else if literal.is_string() && literal.header().flags & INTERNED != 0 {
            guard_pointer(self.m, x, label);
            let kind = Mem::new(x, HEADER_KIND);
            let string = Kind::String as i64;
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, string, label);
            // Interned strings are equal only if they are the same.
            self.m.load(Load::U8, T1, Mem::new(x, HEADER_FLAGS));
            self.m
                .branch_mask(Bits::Clear, W32, T1, INTERNED as i32, slow.label);
            self.m.jump(label);
        } else if literal.is_pointer() || literal.is_number() {
            self.m.jump(slow.label);
        } else {
            self.m.jump(label);
        }
        self.m.bind(fits);
        self.decided_by(RuntimeCall::TestPattern, slow, false, label);
    }
}

fn decides_equality(cond: Cond) -> bool {
    matches!(cond, Cond::Eq | Cond::Ne)
}

/// Whether a comparison has met objects, and no float.
fn sees_objects(word: Instr) -> bool {
    word.flags() & (SEEN_OTHER | SEEN_FLOAT) == SEEN_OTHER
}
