//! Comparisons, truth, and the branches that depend on them.

use super::super::ir::types::{self, More, Type};
use super::super::ir::{End, Op as Ir, Rep, Slow, V};
use super::super::job::What;
use super::arith::Expected;
use super::{Builder, Way};
use crate::bytecode::{Instr, Op};
use crate::heap::object::Kind;
use crate::heap::shape;
use crate::jit::call_numbers::RuntimeCall;
use crate::runtime::tags;
use crate::value::Value;
use ruff_asm::{Cond, FloatCond};

/// Orders of [`Ir::Compare`].
pub const LESS: u64 = 0;
pub const AT_LEAST: u64 = 3;
pub const EQUAL: u64 = 4;
/// Of ints, as numbers without a sign.
pub const BELOW: u64 = 6;
/// The orders of words, from [`LESS`] on, begin here.
pub const FIRST_OF_WORDS: u64 = 7;

/// Bits of [`Ir::EqualsConst`] and its like: the constant is a string, and an interned one;
/// the helper's status is the answer, or the opposite; the constant is a pattern, so no
/// operator method is asked.
pub const IS_TEXT: u64 = 1;
pub const BY_STATUS: u64 = 2;
pub const OPPOSITE: u64 = 4;
pub const INTERNED_TEXT: u64 = 8;
pub const LITERAL: u64 = 16;
/// The constant is a tagged value without parts, whose tag is in the upper half.
pub const IS_VARIANT: u64 = 32;

/// The order that a comparison asks for: an index into [`ORDERS`].
fn order(op: Op) -> u64 {
    match op {
        Op::Lt | Op::TestLt | Op::TestLtK => 0,
        Op::Le | Op::TestLe | Op::TestLeK => 1,
        Op::Gt | Op::TestGt | Op::TestGtK => 2,
        Op::Ge | Op::TestGe | Op::TestGeK => 3,
        Op::Eq | Op::TestEq | Op::TestEqK => 4,
        _ => 5,
    }
}

/// The orders by number, for ints and floats.
pub const ORDERS: [(Cond, FloatCond); 13] = [
    (Cond::Lt, FloatCond::Lt),
    (Cond::Le, FloatCond::Le),
    (Cond::Gt, FloatCond::Gt),
    (Cond::Ge, FloatCond::Ge),
    (Cond::Eq, FloatCond::Eq),
    (Cond::Ne, FloatCond::Ne),
    // Of ints only, and of words.
    (Cond::Below, FloatCond::Lt),
    (Cond::Below, FloatCond::Lt),
    (Cond::BelowEq, FloatCond::Le),
    (Cond::Above, FloatCond::Gt),
    (Cond::AboveEq, FloatCond::Ge),
    (Cond::Eq, FloatCond::Eq),
    (Cond::Ne, FloatCond::Ne),
];

/// Whether `==` may call an operator method of values of a type.
fn has_equality(ty: Type) -> bool {
    match ty.more {
        More::Shape(shape) => shape::has_equality(shape),
        _ => ty.may_be(types::STRUCT | types::OBJECT),
    }
}

impl Builder<'_> {
    /// The truth of a comparison; nothing if a helper has to find it.
    pub fn comparison(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<V> {
        let order = order(op);
        if order >= 4
            && let Some(v) = self.identity(word, x, y, order == 5)
        {
            return Some(v);
        }
        if let Some(v) = self.compare_words(order, x, y) {
            return Some(v);
        }
        match self.expected(word, x, y) {
            Expected::Ints => {
                let x = self.int_of(x);
                let y = self.int_of(y);
                Some(self.compare_ints(order, x, y))
            }
            Expected::Floats => {
                // An int may be too large for a float to say whether they are equal.
                let inline = |this: &Self, v: V| !this.ty(v).is_int() || this.ty(v).is_inline();
                if !inline(self, x) || !inline(self, y) {
                    return None;
                }
                let (x, y) = self.floats(x, y);
                Some(self.emit(Ir::CompareFloat, Rep::Bool, Type::BOOL, &[x, y], order))
            }
            Expected::Mixed => {
                let (x, y) = (self.tagged(x), self.tagged(y));
                let args = [x, y];
                Some(self.emit_checked(Ir::MixedCompare, Rep::Bool, Type::BOOL, &args, order))
            }
            Expected::Anything if order >= 4 => Some(self.equality(word, x, y, order == 5)),
            Expected::Anything => self.order_of_strings(word, order, x, y),
        }
    }

    /// `==` of any two values.
    pub fn equality(&mut self, word: Instr, x: V, y: V, negate: bool) -> V {
        let (mut x, mut y) = (self.tagged(x), self.tagged(y));
        if self.restart.is_some() {
            (x, y) = (self.without_methods(x), self.without_methods(y));
        }
        let (slow, imm) = self.equality_by_helper(word, negate);
        let args = [x, y];
        let v = self.append(Ir::Equal, Rep::Bool, Type::BOOL, &args, imm);
        self.with_slow(v, slow);
        let plain = types::STRING | types::NULL | types::BOOL | types::NUMBER | types::BIG;
        if !(self.ty(x).is(plain) && self.ty(y).is(plain)) {
            self.wrote_all();
        }
        self.negated(v, negate)
    }

    /// The order of two values that are strings, or were.
    fn order_of_strings(&mut self, word: Instr, order: u64, x: V, y: V) -> Option<V> {
        let is_known = [x, y].map(|v| self.ty(v).is(types::STRING));
        // A string has an order among strings only, so one beside it is a string too.
        let seems = |v: V| is_known.contains(&true) || self.was(v, types::STRING);
        if is_known.contains(&false) && (self.is_denied() || !seems(x) || !seems(y)) {
            return None;
        }
        let text = |this: &mut Self, v: V| {
            let v = this.tagged(v);
            this.guard(
                Ir::GuardKind,
                v,
                Type::of(types::STRING),
                Kind::String as u64,
            )
        };
        let args = [text(self, x), text(self, y)];
        let (slow, imm) = self.equality_by_helper(word, false);
        let byte = self
            .byte_of(args[1])
            .map_or(0, |byte| 1 << 8 | u64::from(byte));
        let imm = imm | byte << 8 | order << 32;
        let v = self.append(Ir::StringOrder, Rep::Bool, Type::BOOL, &args, imm);
        self.with_slow(v, slow);
        Some(v)
    }

    /// The byte of a string constant that is a single ASCII character.
    fn byte_of(&self, v: V) -> Option<u8> {
        let More::Const(bits) = self.ty(v).more else {
            return None;
        };
        let mut consts = self.fun.function.consts.iter();
        consts.find_map(|constant| match constant.what {
            What::Text { byte, .. } if constant.bits == bits => byte,
            _ => None,
        })
    }

    /// A value whose equality calls no method, as strings are.
    fn without_methods(&mut self, v: V) -> V {
        let plain = types::STRING | types::NULL | types::BOOL | types::NUMBER | types::BIG;
        if self.ty(v).is(plain) {
            return v;
        }
        if self.was(v, types::STRING) {
            return self.guard(
                Ir::GuardKind,
                v,
                Type::of(types::STRING),
                Kind::String as u64,
            );
        }
        self.unexpected();
        v
    }

    /// The helper of an equality, and the bits that say how its answer is to be read.
    fn equality_by_helper(&mut self, word: Instr, negate: bool) -> (Slow, u64) {
        let tests = word.op().has_branch();
        let mut operands = Vec::new();
        let function = self.fun.function.clone();
        function.with_code(|code| code.reads(self.at, &mut |register| operands.push(register)));
        let (helper, result) = if tests {
            (RuntimeCall::Test, None)
        } else {
            (RuntimeCall::Compare, Some(word.a()))
        };
        // The helper answers what the instruction asks, which may be the opposite.
        let opposite = if tests {
            negate != (word.c() == 0)
        } else {
            negate
        };
        let by_status = if tests { BY_STATUS } else { 0 };
        let imm = by_status | if opposite { OPPOSITE } else { 0 };
        (self.slow(helper, &operands, result), imm)
    }

    pub fn compare_ints(&mut self, order: u64, x: V, y: V) -> V {
        let ((a, b), (c, d)) = (self.ty(x).bounds(), self.ty(y).bounds());
        let known = match order {
            0 if b < c => Some(true),
            0 if a >= d => Some(false),
            1 if b <= c => Some(true),
            1 if a > d => Some(false),
            2 if a > d => Some(true),
            2 if b <= c => Some(false),
            3 if a >= d => Some(true),
            3 if b < c => Some(false),
            4 if b < c || a > d => Some(false),
            5 if b < c || a > d => Some(true),
            _ => None,
        };
        if let Some(known) = known {
            return self.truth_constant(known);
        }
        if a == b && c != d {
            // `<` becomes `>`, and so on.
            let turned = if order < 4 { order ^ 2 } else { order };
            return self.compare_ints(turned, y, x);
        }
        if order >= 4
            && (c, d) == (0, 0)
            && let Some(v) = self.test_bits(x, order - 4)
        {
            return v;
        }
        self.emit(Ir::Compare, Rep::Bool, Type::BOOL, &[x, y], order)
    }

    /// A comparison with 0 of an int that is bits of another.
    fn test_bits(&mut self, x: V, is_any: u64) -> Option<V> {
        let root = self.root_of(x);
        let (of, mask) = match self.op(root) {
            Ir::And => (self.g.arg(root, 0), self.g.arg(root, 1)),
            Ir::Rem => {
                let divisor = self.ty(self.g.arg(root, 1)).int()?;
                if divisor <= 0 || !divisor.unsigned_abs().is_power_of_two() {
                    return None;
                }
                (self.g.arg(root, 0), self.int(divisor - 1))
            }
            _ => return None,
        };
        (self.rep(of) == Rep::Int && self.rep(mask) == Rep::Int)
            .then(|| self.emit(Ir::TestBits, Rep::Bool, Type::BOOL, &[of, mask], is_any))
    }

    pub fn truth_constant(&mut self, truth: bool) -> V {
        let kinds = if truth { types::TRUE } else { types::FALSE };
        let v = self.constant(Value::bool(truth).bits(), Type::of(kinds));
        self.emit(Ir::IsTrue, Rep::Bool, Type::of(kinds), &[v], 0)
    }

    /// `==` where the bits decide: one operand is null, a bool, or such.
    fn identity(&mut self, word: Instr, x: V, y: V, negate: bool) -> Option<V> {
        let simple = types::NULL | types::BOOL;
        let (xt, yt) = (self.ty(x), self.ty(y));
        if xt.is(0) || yt.is(0) {
            // Guards have left no kind that it could be: this is never reached, and what
            // follows would take the value for a constant of every kind.
            return Some(self.truth_constant(negate));
        }
        let by_bits = |known: Type, other: Type| known.is(simple) && !has_equality(other);
        let numbers = types::INT | types::FLOAT | types::BIG;
        if xt.may_be(numbers) && yt.may_be(numbers) {
            return None;
        }
        if (xt.is(simple) || yt.is(simple))
            && !xt.may_be(yt.kinds)
            && !has_equality(xt)
            && !has_equality(yt)
        {
            return Some(self.truth_constant(negate));
        }
        if xt.kinds == yt.kinds && [types::NULL, types::TRUE, types::FALSE].contains(&xt.kinds) {
            return Some(self.truth_constant(!negate));
        }
        if by_bits(xt, yt) || by_bits(yt, xt) {
            let (x, y) = (self.tagged(x), self.tagged(y));
            let v = self.emit(Ir::SameBits, Rep::Bool, Type::BOOL, &[x, y], 0);
            return Some(self.negated(v, negate));
        }
        let none = |v: V| self.op(v) == Ir::Const && self.g.inst(v).imm == self.job.none;
        let constant = |v: V, ty: Type| match ty.more {
            More::Const(bits) => Some(bits),
            _ if none(v) => Some(self.job.none),
            _ if ty.is(types::NULL) => Some(Value::NULL.bits()),
            _ if ty.is(types::TRUE) => Some(Value::TRUE.bits()),
            _ if ty.is(types::FALSE) => Some(Value::FALSE.bits()),
            _ => None,
        };
        // Operator methods run for instances only, and are looked for there.
        let (value, bits, ty) = match (constant(x, xt), constant(y, yt)) {
            (_, Some(bits)) => (x, bits, yt),
            (Some(bits), _) => (y, bits, xt),
            _ => return None,
        };
        let variant = self.variant_of(bits);
        if !(ty.is(simple) || ty.is(types::STRING) || variant.is_some()) {
            return None;
        }
        let (slow, imm) = self.equality_by_helper(word, negate);
        let function = self.fun.function.clone();
        let interned = function.consts.iter().any(|constant| {
            constant.bits == bits && matches!(constant.what, What::Text { interned: true, .. })
        });
        let kind = match variant {
            Some(tag) => IS_VARIANT | u64::from(tag) << 32,
            None if ty.is(types::STRING) => IS_TEXT,
            None => 0,
        };
        let imm = imm | kind | if interned { INTERNED_TEXT } else { 0 };
        let mut value = self.tagged(value);
        if self.restart.is_some() && self.ty(value).may_be(types::STRUCT | types::OBJECT) {
            value = self.without_methods(value);
        }
        let constant = self.constant(bits, ty);
        let args = [value, constant];
        let v = self.append(Ir::EqualsConst, Rep::Bool, Type::BOOL, &args, imm);
        self.with_slow(v, slow);
        if self.ty(value).may_be(types::STRUCT | types::OBJECT) {
            self.wrote_all();
        }
        Some(self.negated(v, negate))
    }

    /// The tag of a constant that is a tagged value without parts.
    fn variant_of(&self, bits: u64) -> Option<u32> {
        if bits == self.job.none {
            return Some(tags::NONE);
        }
        let mut consts = self.fun.function.consts.iter();
        consts.find_map(|constant| match constant.what {
            What::Variant { tag } if constant.bits == bits => Some(tag),
            _ => None,
        })
    }

    pub fn negated(&mut self, v: V, negate: bool) -> V {
        if negate && self.op(v) == Ir::NotBool {
            self.g.arg(v, 0)
        } else if negate {
            self.emit(Ir::NotBool, Rep::Bool, Type::BOOL, &[v], 0)
        } else {
            v
        }
    }

    /// A comparison of a register with a constant, which decides whether the jump word
    /// after it is taken.
    pub fn test_constant(&mut self, word: Instr, op: Op, a: u16, number: u16) -> Way {
        let kind = self.fun.function.consts[usize::from(number)].ty.kinds;
        let simple = [types::NULL, types::TRUE, types::FALSE].contains(&kind) && order(op) >= 4;
        let decides = |this: &Self, v: V| {
            let ty = this.ty(v);
            simple && (ty.is(kind) || !ty.may_be(kind) && !has_equality(ty))
        };
        self.threaded(a, decides, |this| {
            let (x, y) = (this.reg(a), this.operand_constant(number));
            this.test(word, op, x, y, word.c() != 0)
        })
    }

    /// A comparison that decides whether the jump word after it is taken.
    pub fn test(&mut self, word: Instr, op: Op, x: V, y: V, if_holds: bool) -> Way {
        if let Some(way) = self.tested_by_method(word, op, x, y) {
            return way;
        }
        let Some(truth) = self.comparison(word, op, x, y) else {
            // The helper's status says whether the jump is taken.
            let status = self.generic_status(RuntimeCall::Test);
            return self.by_status(status, true);
        };
        self.branch(truth, if_holds)
    }

    /// Takes the jump word if the status is 1, or 0.
    pub fn by_status(&mut self, status: V, if_one: bool) -> Way {
        let zero = self.int(0);
        let truth = self.emit(Ir::Compare, Rep::Bool, Type::BOOL, &[status, zero], 5);
        self.branch(truth, if_one)
    }

    fn known_truth(&self, truth: V) -> Option<bool> {
        let ty = self.ty(truth);
        if ty.is(types::TRUE) {
            Some(true)
        } else if ty.is(types::FALSE) {
            Some(false)
        } else {
            None
        }
    }

    /// The jump is taken if the truth is that.
    pub fn branch(&mut self, truth: V, if_true: bool) -> Way {
        let (mut truth, mut if_true) = (truth, if_true);
        if self.op(truth) == Ir::NotBool {
            truth = self.g.arg(truth, 0);
            if_true = !if_true;
        }
        if let Some(known) = self.known_truth(truth) {
            return Way::To(usize::from(known != if_true));
        }
        let inst = self.g.inst(truth).clone();
        let cheap = matches!(
            inst.op,
            Ir::Compare | Ir::CompareFloat | Ir::Same | Ir::SameBits
        );
        if cheap && !self.g.block(self.cur).insts.contains(&truth) {
            // Comparing again takes no register in between.
            let args = self.g.args(truth).to_vec();
            truth = self.append(inst.op, inst.rep, inst.ty, &args, inst.imm);
        }
        let env = self.env.clone();
        let from = self.cur;
        let yes = self.open(Some(from));
        let no = self.open(Some(from));
        self.finish(End::If(truth, yes, no));
        let mut ways = Vec::new();
        for (b, holds) in [(yes, true), (no, false)] {
            self.cur = b;
            self.env = env.clone();
            self.learn(truth, holds);
            ways.push((b, self.env.clone()));
        }
        let no = ways.pop().expect("two ways");
        let yes = ways.pop().expect("two ways");
        if if_true {
            Way::Branch(yes, no)
        } else {
            Way::Branch(no, yes)
        }
    }

    /// Learns what a truth says of the values that it is about.
    fn learn(&mut self, truth: V, holds: bool) {
        let inst = self.g.inst(truth);
        let (op, order) = (inst.op, inst.imm);
        match op {
            Ir::Compare if order < FIRST_OF_WORDS => {
                let (x, y) = (self.g.arg(truth, 0), self.g.arg(truth, 1));
                if order == BELOW {
                    return self.learn_range(x, y, holds);
                }
                let order = if holds {
                    order
                } else {
                    [3, 2, 1, 0, 5, 4][order as usize]
                };
                let ((a, b), (c, d)) = (self.ty(x).bounds(), self.ty(y).bounds());
                let less = |v: i64| v.saturating_sub(1);
                let more = |v: i64| v.saturating_add(1);
                let (for_x, for_y) = match order {
                    0 => ((a, less(d)), (more(a), d)),
                    1 => ((a, d), (a, d)),
                    2 => ((more(c), b), (c, less(b))),
                    3 => ((c, b), (c, b)),
                    4 => ((c, d), (a, b)),
                    _ => return,
                };
                match order {
                    0 if a >= 0 => self.enter_load(Ir::GuardBounds, &[x, y], 0, x),
                    2 if c >= 0 => self.enter_load(Ir::GuardBounds, &[y, x], 0, y),
                    _ => {}
                }
                if for_x.0 <= for_x.1 {
                    self.narrowed(x, Type::range(for_x.0, for_x.1));
                }
                if for_y.0 <= for_y.1 {
                    self.narrowed(y, Type::range(for_y.0, for_y.1));
                }
            }
            Ir::Same | Ir::EqualsConst | Ir::SameBits => {
                let v = self.g.arg(truth, 0);
                let constant = match op {
                    Ir::Same => inst.imm,
                    _ => match self.g.inst(self.g.arg(truth, 1)) {
                        other if other.op == Ir::Const => other.imm,
                        _ => return,
                    },
                };
                let kind = match Value::from_bits(constant) {
                    Value::NULL => types::NULL,
                    Value::TRUE => types::TRUE,
                    Value::FALSE => types::FALSE,
                    Value::ABSENT => types::ABSENT,
                    _ => return,
                };
                if !holds {
                    let rest = self.ty(v).kinds & !kind;
                    self.narrowed(v, Type::of(rest));
                } else if op != Ir::EqualsConst {
                    self.narrowed(v, Type::of(kind));
                }
            }
            Ir::IsTrue => {
                let v = self.g.arg(truth, 0);
                self.narrowed(v, Type::of(if holds { types::TRUE } else { types::FALSE }));
            }
            _ => {}
        }
    }

    /// Learns that a value is in a range of ints, if its distance from the least of them is
    /// below their number.
    fn learn_range(&mut self, distance: V, count: V, holds: bool) {
        if !holds || self.op(distance) != Ir::Sub {
            return;
        }
        let (v, low) = (self.g.arg(distance, 0), self.g.arg(distance, 1));
        if let (Some(low), Some(count)) = (self.ty(low).int(), self.ty(count).int()) {
            self.narrowed(v, Type::range(low, low + count - 1));
        }
    }

    /// The truth of a register's value; nothing if a helper has to find it.
    pub fn truth_of(&mut self, v: V) -> Option<V> {
        let ty = self.ty(v);
        if self.rep(v) == Rep::Bool {
            return Some(v);
        }
        if ty.is(types::TRUE) || ty.is(types::FALSE | types::NULL) {
            return Some(self.truth_constant(ty.is(types::TRUE)));
        }
        if ty.is_int() {
            let v = self.int_of(v);
            let zero = self.int(0);
            return Some(self.compare_ints(5, v, zero));
        }
        if ty.is(types::BOOL) {
            let v = self.tagged(v);
            return Some(self.as_rep(v, Rep::Bool));
        }
        if ty.is(types::BOOL | types::NULL) {
            let v = self.tagged(v);
            return Some(self.emit(Ir::Same, Rep::Bool, Type::BOOL, &[v], Value::TRUE.bits()));
        }
        if self.is_denied() || !self.seems(v, types::BOOL) {
            return None;
        }
        let v = self.tagged(v);
        let v = self.guard(Ir::GuardBool, v, Type::BOOL, 0);
        Some(self.as_rep(v, Rep::Bool))
    }

    pub fn jump_if(&mut self, a: u16, if_true: bool) -> Way {
        let decides = |this: &Self, v: V| this.is_decided(v);
        self.threaded(a, decides, |this| this.jump_if_truth(a, if_true))
    }

    /// Whether the truth of a value is known.
    pub fn is_decided(&self, v: V) -> bool {
        let ty = self.ty(v);
        ty.is(types::TRUE) || ty.is(types::FALSE | types::NULL)
    }

    fn jump_if_truth(&mut self, a: u16, if_true: bool) -> Way {
        let v = self.reg(a);
        match self.truth_of(v) {
            Some(truth) => self.branch(truth, if_true),
            None => {
                let status = self.generic_status(RuntimeCall::Truth);
                self.by_status(status, if_true)
            }
        }
    }

    pub fn jump_if_same(&mut self, a: u16, value: Value, if_same: bool) -> Way {
        let kind = if value == Value::NULL {
            types::NULL
        } else {
            types::ABSENT
        };
        let decides = |this: &Self, v: V| this.ty(v).is(kind) || !this.ty(v).may_be(kind);
        self.threaded(a, decides, |this| {
            let v = this.reg(a);
            let v = this.tagged(v);
            let truth = match this.ty(v) {
                ty if ty.is(kind) => this.truth_constant(true),
                ty if !ty.may_be(kind) => this.truth_constant(false),
                _ => this.emit(Ir::Same, Rep::Bool, Type::BOOL, &[v], value.bits()),
            };
            this.branch(truth, if_same)
        })
    }

    pub fn not(&mut self, a: u16, b: u16) {
        let v = self.reg(b);
        if self.ty(v).may_be(!(types::BOOL | types::NULL)) && !self.ty(v).is_int() {
            // An operator method may say more.
            if self.is_denied() || !self.ty(v).may_be(types::BOOL) {
                return self.generic(RuntimeCall::Unary);
            }
        }
        match self.truth_of(v) {
            Some(truth) => {
                let v = self.negated(truth, true);
                self.set(a, v);
            }
            None => self.generic(RuntimeCall::Unary),
        }
    }

    pub fn truth(&mut self, a: u16, b: u16) {
        let v = self.reg(b);
        match self.truth_of(v) {
            Some(truth) => self.set(a, truth),
            None => self.generic(RuntimeCall::Unary),
        }
    }
}
