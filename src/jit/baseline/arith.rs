//! Arithmetic and bits. An instruction's expectation of its operands follows from what is known of
//! them, and else from what the interpreter has seen there.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::emit::{Fallback, X0, X1, type_of_value};
use super::state::Type;
use crate::bytecode::op::{SEEN_FLOAT, SEEN_INT, SEEN_OTHER, SEEN_OVERFLOW};
use crate::bytecode::{Instr, Op};
use crate::jit::templates::box_float;
use crate::value::{INT_OFFSET, Value};
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// The right operand.
#[derive(Clone, Copy)]
pub enum Right {
    Register(u32),
    Constant(Value),
}

/// A right operand of an int operation: a machine register, or a boxed constant.
#[derive(Clone, Copy)]
pub enum Operand {
    Reg(Gpr),
    Const(Value),
}

impl<M: Masm> Compiler<'_, M> {
    pub fn right_type(&self, right: Right) -> Type {
        match right {
            Right::Register(reg) => self.state.type_of(reg),
            Right::Constant(value) => type_of_value(value),
        }
    }

    /// Whether kinds may be expected at an instruction: nothing else was seen there.
    pub fn expects(&self, word: Instr) -> bool {
        self.speculate && word.flags() & (SEEN_OTHER | SEEN_OVERFLOW) == 0
    }

    /// Whether floats are what to expect.
    pub fn floats(&self, word: Instr, x: Type, y: Type) -> bool {
        let known = x.is_number() && y.is_number();
        if known {
            x == Type::Float || y == Type::Float
        } else {
            x == Type::Float || y == Type::Float || word.flags() & SEEN_FLOAT != 0
        }
    }

    pub fn arithmetic(&mut self, word: Instr, op: Op, a: u32, b: u32, right: Right) {
        let (x, y) = (self.state.type_of(b), self.right_type(right));
        let modulo = matches!(op, Op::Mod | Op::ModK);
        let hopeless = |kind: Type| kind != Type::Any && !kind.is_number();
        let big = matches!(right, Right::Constant(value) if !value.is_number());
        if hopeless(x) || hopeless(y) || big {
            let helper = if op == Op::Add {
                RuntimeCall::Join
            } else {
                RuntimeCall::Arith
            };
            return self.generic(helper, &[a]);
        }
        let floats = self.floats(word, x, y);
        if modulo {
            return if floats {
                self.generic(RuntimeCall::Arith, &[a])
            } else {
                self.int_arithmetic(word, op, a, b, right)
            };
        }
        let seen = word.flags() & (SEEN_INT | SEEN_FLOAT | SEEN_OTHER | SEEN_OVERFLOW);
        if op == Op::Add && seen == SEEN_OTHER && !x.is_number() && !y.is_number() {
            return self.generic(RuntimeCall::Join, &[a]);
        }
        let both = seen & (SEEN_INT | SEEN_FLOAT) == SEEN_INT | SEEN_FLOAT;
        if both && x != Type::Float && y != Type::Float && floats {
            self.mixed_arithmetic(op, a, b, right);
        } else if floats {
            self.float_arithmetic(word, op, a, b, right);
        } else {
            self.int_arithmetic(word, op, a, b, right);
        }
    }

    /// Branches unless both operands of an instruction are ints, and notes that they
    /// are if that is to be relied on.
    pub fn guard_ints(&mut self, x: (u32, Gpr), right: Right, y: Operand, slow: Label) {
        let xk = self.state.type_of(x.0);
        match (right, y) {
            (Right::Register(reg), Operand::Reg(y)) if reg != x.0 => {
                let yk = self.state.type_of(reg);
                match (xk == Type::Int, yk == Type::Int) {
                    (true, true) => {}
                    (true, false) => self.m.branch(Cond::Below, W64, y, TAG, slow),
                    (false, true) => self.m.branch(Cond::Below, W64, x.1, TAG, slow),
                    (false, false) => {
                        self.m.and(W64, T0, x.1, y);
                        self.m.branch(Cond::Below, W64, T0, TAG, slow);
                    }
                }
            }
            _ => {
                if xk != Type::Int {
                    self.m.branch(Cond::Below, W64, x.1, TAG, slow);
                }
            }
        }
    }

    /// Notes that the operands are ints.
    pub fn refine_ints(&mut self, x: u32, right: Right) {
        self.state.refine(x, Type::Int);
        if let Right::Register(y) = right {
            self.state.refine(y, Type::Int);
        }
    }

    pub fn int_operand(&mut self, right: Right) -> Operand {
        match right {
            Right::Register(reg) => Operand::Reg(self.value(reg)),
            Right::Constant(value) => Operand::Const(value),
        }
    }

    /// `x ** 2` of a float is a product; the rest is left to the helper.
    pub fn power(&mut self, word: Instr, a: u32, b: u32, c: u32) {
        let square = self.state.int(c) == Some(Value::int(2));
        if square && self.state.type_of(b) == Type::Float {
            return self.float_arithmetic(word, Op::Mul, a, b, Right::Register(b));
        }
        self.generic(RuntimeCall::Arith, &[a]);
    }

    fn int_arithmetic(&mut self, word: Instr, op: Op, a: u32, b: u32, right: Right) {
        let expects = self.expects(word);
        if let Right::Constant(Value::ZERO) = right
            && matches!(op, Op::DivK | Op::ModK)
        {
            return self.generic(RuntimeCall::Arith, &[a]);
        }
        let x = self.value(b);
        let y = self.int_operand(right);
        let d = self.fresh();
        let fallback = self.fallback(expects);
        self.guard_ints((b, x), right, y, fallback.label());
        self.int_operation(op, d, x, y, fallback.label());
        if expects {
            self.refine_ints(b, right);
        }
        // Where both operands are ints, so is a remainder.
        let kind = if expects { Type::Int } else { Type::Any };
        self.define(a, d, kind);
        self.finish(fallback, RuntimeCall::Arith);
    }

    /// `d = x op y` for two ints; branches if the result is none.
    fn int_operation(&mut self, op: Op, d: Gpr, x: Gpr, y: Operand, otherwise: Label) {
        match op {
            Op::Add | Op::AddK => {
                match y {
                    Operand::Reg(y) => {
                        self.m.add(W64, d, x, y);
                        self.m.sub(W64, d, d, OFFSET);
                    }
                    Operand::Const(y) => self.m.add(W64, d, x, y.as_int()),
                }
                self.m.branch(Cond::Below, W64, d, TAG, otherwise);
            }
            Op::Sub | Op::SubK => {
                match y {
                    Operand::Reg(y) => {
                        self.m.sub(W64, d, x, y);
                        self.m.add(W64, d, d, OFFSET);
                    }
                    Operand::Const(y) => self.m.sub(W64, d, x, y.as_int()),
                }
                self.m.branch(Cond::Below, W64, d, TAG, otherwise);
            }
            Op::Mul | Op::MulK => {
                self.m.sub(W64, T0, x, OFFSET);
                match y {
                    Operand::Reg(y) => {
                        self.m.sub(W64, T1, y, OFFSET);
                        self.m.mul_checked(W64, T0, T0, T1, otherwise);
                    }
                    Operand::Const(y) => {
                        self.m.mul_checked(W64, T0, T0, y.as_int(), otherwise);
                    }
                }
                self.m.add(W64, d, T0, OFFSET);
                self.m.branch(Cond::Below, W64, d, TAG, otherwise);
            }
            Op::Div | Op::DivK => {
                self.divisor(y, otherwise);
                self.m.sub(W64, T0, x, OFFSET);
                self.m.div(d, T0, T1);
                self.m.add(W64, d, d, OFFSET);
                self.m.branch(Cond::Below, W64, d, TAG, otherwise);
            }
            _ => self.remainder(d, x, y, otherwise),
        }
    }

    /// Ints and floats have been seen: both are computed here, and the result may be
    /// either.
    fn mixed_arithmetic(&mut self, op: Op, a: u32, b: u32, right: Right) {
        if let Right::Constant(Value::ZERO) = right
            && op == Op::DivK
        {
            return self.generic(RuntimeCall::Arith, &[a]);
        }
        let x = self.value(b);
        let y = self.int_operand(right);
        let d = self.fresh();
        let slow = self.slow();
        let done = self.m.new_label();
        let floats = self.m.new_label();
        // Not two ints: floats, or one of each, or something else.
        self.guard_ints((b, x), right, y, floats);
        if !matches!(right, Right::Constant(value) if value.is_float()) {
            self.int_operation(op, d, x, y, slow.label);
            self.m.jump(done);
        }
        self.m.bind(floats);
        let fx = self.take_float(FloatSource::Unknown(x), X0, true, slow.label);
        let place = match y {
            Operand::Reg(y) => FloatSource::Unknown(y),
            Operand::Const(value) => FloatSource::Constant(value),
        };
        let fy = self.take_float(place, X1, true, slow.label);
        self.float_operation(op, X0, fx, fy, place, slow.label);
        box_float(self.m, d, X0);
        self.m.bind(done);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::Arith);
    }

    /// `result = x op y`; branches for a division by zero, before `result` changes.
    fn float_operation(
        &mut self,
        op: Op,
        result: Fpr,
        x: Fpr,
        y: Fpr,
        divisor: FloatSource,
        zero: Label,
    ) {
        let op = match op {
            Op::Add | Op::AddK => FloatAlu::Add,
            Op::Sub | Op::SubK => FloatAlu::Sub,
            Op::Mul | Op::MulK => FloatAlu::Mul,
            _ => {
                let safe = matches!(divisor, FloatSource::Constant(value)
                    if value != Value::ZERO && value != Value::float(0.0)
                        && value != Value::float(-0.0));
                if !safe {
                    self.m.branch_float_zero(y, zero);
                }
                FloatAlu::Div
            }
        };
        self.m.alu_float(op, result, x, y);
    }

    /// The divisor, unboxed in `T1` and not 0.
    fn divisor(&mut self, y: Operand, zero: Label) {
        match y {
            Operand::Reg(y) => {
                self.m.sub(W64, T1, y, OFFSET);
                self.m.branch(Cond::Eq, W64, T1, 0, zero);
            }
            Operand::Const(y) => self.m.mov(W64, T1, y.as_int()),
        }
    }

    fn remainder(&mut self, d: Gpr, x: Gpr, y: Operand, slow: Label) {
        if let Operand::Const(y) = y
            && y.as_int() > 0
            && (y.as_int() as u64).is_power_of_two()
        {
            // The low bits; those of a negative number counted from above.
            let mask = y.as_int() - 1;
            let done = self.m.new_label();
            let negative = self.m.cold(|m| {
                m.sub(W64, T0, OFFSET, x);
                m.and(W64, T0, T0, mask);
                m.sub(W64, d, OFFSET, T0);
                m.jump(done);
            });
            self.m.branch(Cond::Below, W64, x, OFFSET, negative);
            // The lowest 50 bits of a boxed int are those of the int.
            self.m.and(W64, d, x, mask);
            self.m.add(W64, d, d, OFFSET);
            self.m.bind(done);
            return;
        }
        self.divisor(y, slow);
        self.m.sub(W64, T0, x, OFFSET);
        self.m.rem(d, T0, T1);
        self.m.add(W64, d, d, OFFSET);
    }

    /// The register of a float operand to be, and whether what is in it still has to
    /// be looked at. Nothing is emitted that could lead away.
    pub fn float_place(&mut self, reg: u32) -> FloatSource {
        match self.state.type_of(reg) {
            Type::Float => FloatSource::Ready(self.float(reg)),
            Type::Int => FloatSource::Int(self.value(reg)),
            _ => {
                let gpr = self.value(reg);
                FloatSource::Unknown(gpr)
            }
        }
    }

    /// Gets an operand into a floating point register, `spare` if it has none of its
    /// own. An int is converted if the other operand is `sure` to be a float.
    pub fn take_float(&mut self, place: FloatSource, spare: Fpr, sure: bool, slow: Label) -> Fpr {
        match place {
            FloatSource::Ready(fpr) => fpr,
            FloatSource::Constant(value) => {
                let value = if value.is_int() {
                    value.as_int() as f64
                } else {
                    value.as_float()
                };
                self.m.float_const(spare, value);
                spare
            }
            FloatSource::Int(gpr) => {
                self.m.sub(W64, T0, gpr, OFFSET);
                self.m.int_to_float(W64, spare, T0);
                spare
            }
            FloatSource::Unknown(gpr) => {
                let done = self.m.new_label();
                if sure {
                    let int = self.m.cold(|m| {
                        m.sub(W64, T0, gpr, OFFSET);
                        m.int_to_float(W64, spare, T0);
                        m.jump(done);
                    });
                    self.m.branch(Cond::AboveEq, W64, gpr, TAG, int);
                } else {
                    self.m.branch(Cond::AboveEq, W64, gpr, TAG, slow);
                }
                self.m.branch(Cond::Below, W64, gpr, DOUBLE, slow);
                self.m.sub(W64, T0, gpr, DOUBLE);
                self.m.float_from_bits(spare, T0);
                self.m.bind(done);
                spare
            }
        }
    }

    /// Both operands as floats. An operand that is not known to be a number is
    /// expected to be a float, and then kept unboxed in a register of its own.
    pub fn float_operands(
        &mut self,
        expects: bool,
        b: u32,
        right: Right,
    ) -> (FloatSource, FloatSource, Fpr, Fpr) {
        let x = self.float_place(b);
        let y = match right {
            Right::Register(reg) => self.float_place(reg),
            Right::Constant(value) => FloatSource::Constant(value),
        };
        let is_checked = |place: &FloatSource| expects && matches!(place, FloatSource::Unknown(_));
        let fx = if is_checked(&x) {
            self.fresh_float()
        } else {
            X0
        };
        let fy = if is_checked(&y) {
            self.fresh_float()
        } else {
            X1
        };
        (x, y, fx, fy)
    }

    /// Notes that the operands that were unknown are floats, in these registers.
    pub fn refine_floats(
        &mut self,
        x: (u32, FloatSource, Fpr),
        right: Right,
        y: (FloatSource, Fpr),
    ) {
        let mut note = |reg: u32, place: FloatSource, fpr: Fpr| {
            if matches!(place, FloatSource::Unknown(_)) {
                let entry = self.state.entry(reg);
                entry.ty = Type::Float;
                entry.fpr = Some(fpr);
            }
        };
        note(x.0, x.1, x.2);
        if let Right::Register(reg) = right
            && reg != x.0
        {
            note(reg, y.0, y.1);
        }
    }

    fn float_arithmetic(&mut self, word: Instr, op: Op, a: u32, b: u32, right: Right) {
        let expects = self.expects(word);
        let both = word.flags() & SEEN_INT != 0;
        let (x, y, fx, fy) = self.float_operands(expects && !both, b, right);
        let result = self.fresh_float();
        let d = if expects { None } else { Some(self.fresh()) };
        let fallback = self.fallback(expects);
        let float = |place: &FloatSource| match place {
            FloatSource::Ready(_) => true,
            FloatSource::Constant(value) => value.is_float(),
            _ => false,
        };
        // Beside a float, an int is converted; it stays an int for others.
        let converts = both || !expects;
        let (sure_x, sure_y) = (converts && float(&y), converts && float(&x));
        let fx = self.take_float(x, fx, sure_x, fallback.label());
        let fy = self.take_float(y, fy, sure_y, fallback.label());
        self.float_operation(op, result, fx, fy, y, fallback.label());
        match d {
            Some(d) => {
                box_float(self.m, d, result);
                self.define(a, d, Type::Any);
            }
            None => {
                if !both {
                    self.refine_floats((b, x, fx), right, (y, fy));
                }
                self.define_float(a, result);
            }
        }
        self.finish(fallback, RuntimeCall::Arith);
    }

    pub fn bits(&mut self, op: Op, a: u32, b: u32, c: u32) {
        let (x, y) = (self.value(b), self.value(c));
        let d = self.fresh();
        let expects = self.expects(self.words[self.at]);
        let fallback = self.fallback(expects);
        let slow = fallback.label();
        self.guard_ints((b, x), Right::Register(c), Operand::Reg(y), slow);
        self.m.sub(W64, T0, x, OFFSET);
        self.m.sub(W64, T1, y, OFFSET);
        match op {
            Op::BitAnd => self.m.and(W64, T0, T0, T1),
            Op::BitOr => self.m.or(W64, T0, T0, T1),
            _ => self.m.xor(W64, T0, T0, T1),
        }
        self.m.add(W64, d, T0, OFFSET);
        self.finish_ints(fallback, a, b, c, d, expects);
    }

    /// The end of an operation on ints whose result is one.
    fn finish_ints(&mut self, fallback: Fallback, a: u32, b: u32, c: u32, d: Gpr, expects: bool) {
        if expects {
            self.refine_ints(b, Right::Register(c));
        }
        self.define(a, d, if expects { Type::Int } else { Type::Any });
        self.finish(fallback, RuntimeCall::Arith);
    }

    pub fn shift(&mut self, op: Op, a: u32, b: u32, c: u32) {
        let (x, y) = (self.value(b), self.value(c));
        let d = self.fresh();
        let expects = self.expects(self.words[self.at]);
        let fallback = self.fallback(expects);
        let slow = fallback.label();
        self.guard_ints((b, x), Right::Register(c), Operand::Reg(y), slow);
        let most = if op == Op::Shl { 13 } else { 64 };
        self.m.sub(W64, T1, y, OFFSET);
        self.m.branch(Cond::AboveEq, W64, T1, most, slow);
        self.m.sub(W64, T0, x, OFFSET);
        if op == Op::Shl {
            self.m.shl(W64, T0, T0, T1);
        } else {
            self.m.sar(W64, T0, T0, T1);
        }
        self.m.add(W64, d, T0, OFFSET);
        if op == Op::Shl {
            self.m.branch(Cond::Below, W64, d, TAG, slow);
        }
        self.finish_ints(fallback, a, b, c, d, expects);
    }

    pub fn negate(&mut self, a: u32, b: u32) {
        if self.state.type_of(b) == Type::Float {
            let x = self.float(b);
            let d = self.fresh_float();
            self.m.neg_float(d, x);
            return self.define_float(a, d);
        }
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        if self.state.type_of(b) != Type::Int {
            self.m.branch(Cond::Below, W64, x, TAG, slow.label);
        }
        self.m.sub(W64, d, OFFSET, x);
        self.m.add(W64, d, d, OFFSET);
        self.m.branch(Cond::Below, W64, d, TAG, slow.label);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::Unary);
    }

    pub fn bit_not(&mut self, a: u32, b: u32) {
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        if self.state.type_of(b) != Type::Int {
            self.m.branch(Cond::Below, W64, x, TAG, slow.label);
        }
        self.m.sub(W64, T0, x, OFFSET);
        self.m.not(W64, T0, T0);
        self.m.add(W64, d, T0, OFFSET);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::Unary);
    }

    pub fn not(&mut self, a: u32, b: u32) {
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        self.m.xor(W64, d, x, 1);
        if self.state.type_of(b) == Type::Bool {
            return self.define(a, d, Type::Bool);
        }
        self.m.or(W64, T0, x, 1);
        let bits = Value::TRUE.bits();
        self.m.branch(Cond::Ne, W64, T0, bits, slow.label);
        self.define(a, d, Type::Any);
        self.slow_path(slow, RuntimeCall::Unary);
    }

    pub fn truth(&mut self, a: u32, b: u32) {
        if self.state.type_of(b) == Type::Bool {
            let x = self.value(b);
            let d = self.fresh();
            self.m.mov(W64, d, x);
            return self.define(a, d, Type::Bool);
        }
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        self.m.mov(W64, d, x);
        self.m.or(W64, T0, x, 1);
        let bits = Value::TRUE.bits();
        self.m.branch(Cond::Ne, W64, T0, bits, slow.label);
        // Both ways give a bool.
        self.define(a, d, Type::Bool);
        self.slow_path(slow, RuntimeCall::Unary);
    }
}

/// Where a float operand comes from.
#[derive(Clone, Copy)]
pub enum FloatSource {
    /// It is unboxed already.
    Ready(Fpr),
    Constant(Value),
    /// Boxed, always an int.
    Int(Gpr),
    /// Boxed, anything.
    Unknown(Gpr),
}

const _: () = assert!(INT_OFFSET.trailing_zeros() == 50);
