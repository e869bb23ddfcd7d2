//! Arithmetic, comparisons, truth. What an instruction expects of its operands
//! follows from what is known of them, and else from what the interpreter has seen
//! there.

use super::super::helpers::Helper;
use super::super::regs::*;
use super::Compiler;
use super::emit::{X0, X1, box_float, kind_of};
use super::state::Kind;
use crate::bytecode::op::{SEEN_FLOAT, SEEN_OTHER, SEEN_OVERFLOW};
use crate::bytecode::{Instr, Op};
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
enum Operand {
    Reg(Gpr),
    Const(Value),
}

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
    fn right_kind(&self, right: Right) -> Kind {
        match right {
            Right::Register(reg) => self.state.kind(reg),
            Right::Constant(value) => kind_of(value),
        }
    }

    /// Whether kinds may be expected at an instruction: nothing else was seen there.
    fn expects(&self, word: Instr) -> bool {
        self.speculate && word.flags() & (SEEN_OTHER | SEEN_OVERFLOW) == 0
    }

    /// Whether floats are what to expect.
    fn floats(&self, word: Instr, x: Kind, y: Kind) -> bool {
        let known = x.is_number() && y.is_number();
        if known {
            x == Kind::Float || y == Kind::Float
        } else {
            x == Kind::Float || y == Kind::Float || word.flags() & SEEN_FLOAT != 0
        }
    }

    /// The registers of the frame that an instruction has looked at.
    fn looked_at(&self, x: u32, right: Right) -> Vec<u32> {
        match right {
            Right::Register(y) => vec![x, y],
            Right::Constant(_) => vec![x],
        }
    }

    pub fn arithmetic(&mut self, word: Instr, op: Op, a: u32, b: u32, right: Right) {
        let (x, y) = (self.state.kind(b), self.right_kind(right));
        let constant = matches!(right, Right::Constant(_));
        let modulo = matches!(op, Op::Mod | Op::ModK);
        let hopeless = |kind: Kind| kind != Kind::Any && !kind.is_number();
        if self.floats(word, x, y) && !modulo && !hopeless(x) && !hopeless(y) {
            self.float_arithmetic(word, op, a, b, right);
        } else if hopeless(x)
            || hopeless(y)
            || x == Kind::Float
            || y == Kind::Float
            || (constant && y != Kind::Int)
        {
            self.whole(Helper::Arith, &[a]);
        } else {
            self.int_arithmetic(word, op, a, b, right);
        }
    }

    /// Branches unless both operands of an instruction are ints, and notes that they
    /// are if that is to be relied on.
    fn guard_ints(&mut self, x: (u32, Gpr), right: Right, y: Operand, slow: Label) {
        let xk = self.state.kind(x.0);
        match (right, y) {
            (Right::Register(reg), Operand::Reg(y)) if reg != x.0 => {
                let yk = self.state.kind(reg);
                match (xk == Kind::Int, yk == Kind::Int) {
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
                if xk != Kind::Int {
                    self.m.branch(Cond::Below, W64, x.1, TAG, slow);
                }
            }
        }
    }

    /// Notes that the operands are ints.
    fn learn_ints(&mut self, x: u32, right: Right) {
        self.state.learn(x, Kind::Int);
        if let Right::Register(y) = right {
            self.state.learn(y, Kind::Int);
        }
    }

    fn int_operand(&mut self, right: Right) -> Operand {
        match right {
            Right::Register(reg) => Operand::Reg(self.value(reg)),
            Right::Constant(value) => Operand::Const(value),
        }
    }

    fn int_arithmetic(&mut self, word: Instr, op: Op, a: u32, b: u32, right: Right) {
        let expects = self.expects(word);
        if let Right::Constant(Value::ZERO) = right
            && matches!(op, Op::DivK | Op::ModK)
        {
            return self.whole(Helper::Arith, &[a]);
        }
        let x = self.value(b);
        let y = self.int_operand(right);
        let d = self.fresh();
        let slow = self.slow();
        self.guard_ints((b, x), right, y, slow.label);
        match op {
            Op::Add | Op::AddK => {
                match y {
                    Operand::Reg(y) => {
                        self.m.add(W64, d, x, y);
                        self.m.sub(W64, d, d, OFFSET);
                    }
                    Operand::Const(y) => self.m.add(W64, d, x, y.as_int()),
                }
                self.m.branch(Cond::Below, W64, d, TAG, slow.label);
            }
            Op::Sub | Op::SubK => {
                match y {
                    Operand::Reg(y) => {
                        self.m.sub(W64, d, x, y);
                        self.m.add(W64, d, d, OFFSET);
                    }
                    Operand::Const(y) => self.m.sub(W64, d, x, y.as_int()),
                }
                self.m.branch(Cond::Below, W64, d, TAG, slow.label);
            }
            Op::Mul | Op::MulK => {
                self.m.sub(W64, T0, x, OFFSET);
                match y {
                    Operand::Reg(y) => {
                        self.m.sub(W64, T1, y, OFFSET);
                        self.m.mul_checked(W64, T0, T0, T1, slow.label);
                    }
                    Operand::Const(y) => {
                        self.m.mul_checked(W64, T0, T0, y.as_int(), slow.label);
                    }
                }
                self.m.add(W64, d, T0, OFFSET);
                self.m.branch(Cond::Below, W64, d, TAG, slow.label);
            }
            Op::Div | Op::DivK => {
                self.divisor(y, slow.label);
                self.m.sub(W64, T0, x, OFFSET);
                self.m.div(d, T0, T1);
                self.m.add(W64, d, d, OFFSET);
                self.m.branch(Cond::Below, W64, d, TAG, slow.label);
            }
            _ => self.remainder(d, x, y, slow.label),
        }
        if expects {
            self.learn_ints(b, right);
        }
        let kind = if expects { Kind::Int } else { Kind::Any };
        self.define(a, d, kind);
        let mut learnt = vec![a];
        if expects {
            learnt.extend(self.looked_at(b, right));
        }
        self.slow_path(slow, Helper::Arith, &learnt);
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
    fn float_place(&mut self, reg: u32) -> FloatPlace {
        match self.state.kind(reg) {
            Kind::Float => FloatPlace::Ready(self.float(reg)),
            Kind::Int => FloatPlace::Int(self.value(reg)),
            _ => {
                let gpr = self.value(reg);
                FloatPlace::Unknown(gpr)
            }
        }
    }

    /// Gets an operand into a floating point register, `spare` if it has none of its
    /// own. An int is converted if the other operand is `sure` to be a float.
    fn take_float(&mut self, place: FloatPlace, spare: Fpr, sure: bool, slow: Label) -> Fpr {
        match place {
            FloatPlace::Ready(fpr) => fpr,
            FloatPlace::Constant(value) => {
                let value = if value.is_int() {
                    value.as_int() as f64
                } else {
                    value.as_float()
                };
                self.m.float_const(spare, value);
                spare
            }
            FloatPlace::Int(gpr) => {
                self.m.sub(W64, T0, gpr, OFFSET);
                self.m.int_to_float(W64, spare, T0);
                spare
            }
            FloatPlace::Unknown(gpr) => {
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

    /// Both operands as floats. What is not known to be a number is expected to be a
    /// float, and then kept unboxed in a register of its own.
    fn float_operands(
        &mut self,
        expects: bool,
        b: u32,
        right: Right,
    ) -> (FloatPlace, FloatPlace, Fpr, Fpr) {
        let x = self.float_place(b);
        let y = match right {
            Right::Register(reg) => self.float_place(reg),
            Right::Constant(value) => FloatPlace::Constant(value),
        };
        let keeps = |place: &FloatPlace| expects && matches!(place, FloatPlace::Unknown(_));
        let fx = if keeps(&x) { self.fresh_float() } else { X0 };
        let fy = if keeps(&y) { self.fresh_float() } else { X1 };
        (x, y, fx, fy)
    }

    /// Notes that the operands that were unknown are floats, in these registers.
    fn learn_floats(&mut self, x: (u32, FloatPlace, Fpr), right: Right, y: (FloatPlace, Fpr)) {
        let mut learn = |reg: u32, place: FloatPlace, fpr: Fpr| {
            if matches!(place, FloatPlace::Unknown(_)) {
                let entry = self.state.entry(reg);
                entry.kind = Kind::Float;
                entry.fpr = Some(fpr);
            }
        };
        learn(x.0, x.1, x.2);
        if let Right::Register(reg) = right
            && reg != x.0
        {
            learn(reg, y.0, y.1);
        }
    }

    fn float_arithmetic(&mut self, word: Instr, op: Op, a: u32, b: u32, right: Right) {
        let expects = self.expects(word);
        let (x, y, fx, fy) = self.float_operands(expects, b, right);
        let result = self.fresh_float();
        let d = if expects { None } else { Some(self.fresh()) };
        let slow = self.slow();
        let sure = |other: &FloatPlace| {
            !expects
                && match other {
                    FloatPlace::Ready(_) => true,
                    FloatPlace::Constant(value) => value.is_float(),
                    _ => false,
                }
        };
        let (sure_x, sure_y) = (sure(&y), sure(&x));
        let fx = self.take_float(x, fx, sure_x, slow.label);
        let fy = self.take_float(y, fy, sure_y, slow.label);
        let op = match op {
            Op::Add | Op::AddK => FloatAlu::Add,
            Op::Sub | Op::SubK => FloatAlu::Sub,
            Op::Mul | Op::MulK => FloatAlu::Mul,
            _ => {
                let zero = !matches!(y, FloatPlace::Constant(value)
                    if value != Value::ZERO && value != Value::float(0.0) && value != Value::float(-0.0));
                if zero {
                    self.m.float_const(result, 0.0);
                    self.m.branch_float(FloatCond::Eq, fy, result, slow.label);
                }
                FloatAlu::Div
            }
        };
        self.m.alu_float(op, result, fx, fy);
        let mut learnt = vec![a];
        match d {
            Some(d) => {
                box_float(self.m, d, result);
                self.define(a, d, Kind::Any);
            }
            None => {
                self.learn_floats((b, x, fx), right, (y, fy));
                self.define_float(a, result);
                learnt.extend(self.looked_at(b, right));
            }
        }
        self.slow_path(slow, Helper::Arith, &learnt);
    }

    pub fn bits(&mut self, op: Op, a: u32, b: u32, c: u32) {
        let (x, y) = (self.value(b), self.value(c));
        let d = self.fresh();
        let slow = self.slow();
        self.guard_ints((b, x), Right::Register(c), Operand::Reg(y), slow.label);
        self.m.sub(W64, T0, x, OFFSET);
        self.m.sub(W64, T1, y, OFFSET);
        match op {
            Op::BitAnd => self.m.and(W64, T0, T0, T1),
            Op::BitOr => self.m.or(W64, T0, T0, T1),
            _ => self.m.xor(W64, T0, T0, T1),
        }
        self.m.add(W64, d, T0, OFFSET);
        self.define(a, d, self.expected_int());
        self.slow_path(slow, Helper::Arith, &[a]);
    }

    /// The kind of an int result that a slow path may make something else.
    fn expected_int(&self) -> Kind {
        if self.speculate { Kind::Int } else { Kind::Any }
    }

    pub fn shift(&mut self, op: Op, a: u32, b: u32, c: u32) {
        let (x, y) = (self.value(b), self.value(c));
        let d = self.fresh();
        let slow = self.slow();
        self.guard_ints((b, x), Right::Register(c), Operand::Reg(y), slow.label);
        let most = if op == Op::Shl { 13 } else { 64 };
        self.m.sub(W64, T1, y, OFFSET);
        self.m.branch(Cond::AboveEq, W64, T1, most, slow.label);
        self.m.sub(W64, T0, x, OFFSET);
        if op == Op::Shl {
            self.m.shl(W64, T0, T0, T1);
        } else {
            self.m.sar(W64, T0, T0, T1);
        }
        self.m.add(W64, d, T0, OFFSET);
        if op == Op::Shl {
            self.m.branch(Cond::Below, W64, d, TAG, slow.label);
        }
        let expects = self.expects(self.words[self.at]);
        self.define(a, d, if expects { Kind::Int } else { Kind::Any });
        self.slow_path(slow, Helper::Arith, &[a]);
    }

    pub fn negate(&mut self, a: u32, b: u32) {
        if self.state.kind(b) == Kind::Float {
            let x = self.float(b);
            let d = self.fresh_float();
            self.m.neg_float(d, x);
            return self.define_float(a, d);
        }
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        if self.state.kind(b) != Kind::Int {
            self.m.branch(Cond::Below, W64, x, TAG, slow.label);
        }
        self.m.sub(W64, d, OFFSET, x);
        self.m.add(W64, d, d, OFFSET);
        self.m.branch(Cond::Below, W64, d, TAG, slow.label);
        self.define(a, d, Kind::Any);
        self.slow_path(slow, Helper::Unary, &[a]);
    }

    pub fn bit_not(&mut self, a: u32, b: u32) {
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        if self.state.kind(b) != Kind::Int {
            self.m.branch(Cond::Below, W64, x, TAG, slow.label);
        }
        self.m.sub(W64, T0, x, OFFSET);
        self.m.not(W64, T0, T0);
        self.m.add(W64, d, T0, OFFSET);
        self.define(a, d, Kind::Any);
        self.slow_path(slow, Helper::Unary, &[a]);
    }

    pub fn not(&mut self, a: u32, b: u32) {
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        self.m.xor(W64, d, x, 1);
        if self.state.kind(b) == Kind::Bool {
            return self.define(a, d, Kind::Bool);
        }
        self.m.or(W64, T0, x, 1);
        let bits = Value::TRUE.bits();
        self.m.branch(Cond::Ne, W64, T0, bits, slow.label);
        self.define(a, d, Kind::Any);
        self.slow_path(slow, Helper::Unary, &[a]);
    }

    pub fn truth(&mut self, a: u32, b: u32) {
        if self.state.kind(b) == Kind::Bool {
            let x = self.value(b);
            let d = self.fresh();
            self.m.mov(W64, d, x);
            return self.define(a, d, Kind::Bool);
        }
        let x = self.value(b);
        let d = self.fresh();
        let slow = self.slow();
        self.m.mov(W64, d, x);
        self.m.or(W64, T0, x, 1);
        let bits = Value::TRUE.bits();
        self.m.branch(Cond::Ne, W64, T0, bits, slow.label);
        // Both ways give a bool.
        self.define(a, d, Kind::Bool);
        self.slow_path(slow, Helper::Unary, &[]);
    }

    /// A comparison whose result is a bool in a register.
    pub fn compare(&mut self, word: Instr, op: Op, a: u32, b: u32, c: u32) {
        let right = Right::Register(c);
        let (x, y) = (self.state.kind(b), self.state.kind(c));
        let (cond, float_cond) = order(op);
        if x.is_object() || y.is_object() || x == Kind::Bool || y == Kind::Bool {
            return self.whole(Helper::Compare, &[a]);
        }
        let expects = self.expects(word);
        let learnt = if self.floats(word, x, y) {
            let (x, y, fx, fy) = self.float_operands(expects, b, right);
            let d = self.fresh();
            let slow = self.slow();
            let fx = self.take_float(x, fx, false, slow.label);
            let fy = self.take_float(y, fy, false, slow.label);
            self.m.set_float(T0, float_cond, fx, fy);
            self.m.add(W64, d, T0, Value::FALSE.bits() as i32);
            if expects {
                self.learn_floats((b, x, fx), right, (y, fy));
            }
            self.define(a, d, Kind::Bool);
            slow
        } else {
            let (x, y) = (self.value(b), self.value(c));
            let d = self.fresh();
            let slow = self.slow();
            self.guard_ints((b, x), right, Operand::Reg(y), slow.label);
            self.m.set(T0, cond, W64, x, y);
            self.m.add(W64, d, T0, Value::FALSE.bits() as i32);
            if expects {
                self.learn_ints(b, right);
            }
            self.define(a, d, Kind::Bool);
            slow
        };
        let looked = if expects {
            self.looked_at(b, right)
        } else {
            Vec::new()
        };
        let looked: Vec<u32> = looked.into_iter().filter(|&reg| reg != a).collect();
        self.slow_path(learnt, Helper::Compare, &looked);
    }

    /// A comparison that decides whether the jump word behind it is taken.
    pub fn test(&mut self, word: Instr, op: Op, a: u32, right: Right, if_holds: bool) {
        let (x, y) = (self.state.kind(a), self.right_kind(right));
        let (cond, float_cond) = order(op);
        let taken = self.branch_target();
        self.flush();
        if let Right::Constant(value) = right
            && (value.is_string() || !(value.is_number() || value.is_pointer()))
        {
            return self.test_identity(cond, a, value, if_holds, taken);
        }
        let other = |kind: Kind| kind.is_object() || kind == Kind::Bool;
        let strange = matches!(right, Right::Constant(value) if !value.is_number());
        if other(x) || other(y) || strange {
            self.call_helper(Helper::Test);
            self.state.forget_machine();
            let label = self.target(taken);
            self.m.branch(Cond::Ne, W64, T0, 0, label);
            return;
        }
        let expects = self.expects(word);
        if self.floats(word, x, y) {
            let (x, y, fx, fy) = self.float_operands(expects, a, right);
            self.flush();
            let slow = self.slow();
            let fx = self.take_float(x, fx, false, slow.label);
            let fy = self.take_float(y, fy, false, slow.label);
            if expects {
                self.learn_floats((a, x, fx), right, (y, fy));
            }
            let label = self.target(taken);
            let cond = if if_holds {
                float_cond
            } else {
                float_cond.negate()
            };
            self.m.branch_float(cond, fx, fy, label);
            self.test_slow(slow, a, right, expects, taken);
        } else {
            let x = self.value(a);
            let y = self.int_operand(right);
            self.flush();
            let slow = self.slow();
            self.guard_ints((a, x), right, y, slow.label);
            if expects {
                self.learn_ints(a, right);
            }
            let label = self.target(taken);
            let cond = if if_holds { cond } else { cond.negate() };
            match y {
                Operand::Reg(y) => self.m.branch(cond, W64, x, y, label),
                Operand::Const(y) => self.m.branch(cond, W64, x, y.bits(), label),
            }
            self.test_slow(slow, a, right, expects, taken);
        }
    }

    /// The slow path of a test: the helper says whether the jump is taken.
    fn test_slow(
        &mut self,
        slow: super::emit::Slow,
        x: u32,
        right: Right,
        expects: bool,
        taken: usize,
    ) {
        let learnt = if expects {
            self.looked_at(x, right)
        } else {
            Vec::new()
        };
        let paths = self.paths(Helper::Test);
        let mut elsewhere = paths;
        elsewhere.next = taken as i32;
        let label = self.target(taken);
        let done = self.m.new_label();
        let state = &self.state;
        // Targets that are entered from anywhere rely on nothing.
        let relies = !self.targets[taken].entry;
        self.m.cold(|m| {
            m.bind(slow.label);
            super::emit::store_state(m, &slow.before);
            paths.call(m);
            let jumps = m.cold(|m| {
                if relies {
                    elsewhere.rejoin(m, state, &learnt);
                }
                m.jump(label);
            });
            m.branch(Cond::Ne, W64, T0, 0, jumps);
            paths.rejoin(m, state, &learnt);
            m.jump(done);
        });
        self.m.bind(done);
    }

    /// `==` and `!=` with a constant that is no number.
    fn test_identity(&mut self, cond: Cond, a: u32, value: Value, if_holds: bool, taken: usize) {
        let x = self.value(a);
        self.flush();
        let slow = self.slow();
        let done = self.m.new_label();
        let jump_if_equal = (cond == Cond::Eq) == if_holds;
        let label = self.target(taken);
        let (equal, unequal) = if jump_if_equal {
            (label, done)
        } else {
            (done, label)
        };
        let ordered = cond != Cond::Eq && cond != Cond::Ne;
        if ordered {
            self.m.jump(slow.label);
        } else {
            self.m.branch(Cond::Eq, W64, x, value.bits(), equal);
            // Different objects may be equal; so may numbers of objects.
            self.m.sub(W64, T1, x, crate::value::FIRST_POINTER as i32);
            self.m.shr(W64, T1, T1, 48);
            self.m.branch(Cond::Eq, W64, T1, 0, slow.label);
            if unequal == label {
                self.m.jump(label);
            }
        }
        let paths = self.paths(Helper::Test);
        let state = &self.state;
        let relies = !self.targets[taken].entry;
        self.m.cold(|m| {
            m.bind(slow.label);
            paths.call(m);
            let jumps = m.cold(|m| {
                if relies {
                    paths.rejoin(m, state, &[]);
                }
                m.jump(label);
            });
            m.branch(Cond::Ne, W64, T0, 0, jumps);
            paths.rejoin(m, state, &[]);
            m.jump(done);
        });
        self.m.bind(done);
    }
}

/// Where a float operand comes from.
#[derive(Clone, Copy)]
enum FloatPlace {
    /// It is unboxed already.
    Ready(Fpr),
    Constant(Value),
    /// Boxed, surely an int.
    Int(Gpr),
    /// Boxed, anything.
    Unknown(Gpr),
}

const _: () = assert!(INT_OFFSET.trailing_zeros() == 50);
