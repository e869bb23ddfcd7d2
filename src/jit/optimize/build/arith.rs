//! Arithmetic and bits. An instruction's expectation of its operands follows from what
//! is known of them, and else from what was seen there.

use super::super::ir::types::Type;
use super::super::ir::{Op as Ir, Rep, V};
use super::{Builder, Way};
use crate::bytecode::op::{SEEN_FLOAT, SEEN_INT, SEEN_OTHER};
use crate::bytecode::{Instr, Op};
use crate::jit::call_numbers::RuntimeCall;
use crate::runtime::arith::BinaryOp;

/// The kinds that two operands are expected to have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    Ints,
    Floats,
    /// Numbers of either kind.
    Mixed,
    Anything,
}

/// Bounds of a result, if it has at most 64 bits in any case.
fn bounds(
    x: (i64, i64),
    y: (i64, i64),
    op: impl Fn(i64, i64) -> Option<i64>,
) -> Option<(i64, i64)> {
    let all = [op(x.0, y.0)?, op(x.0, y.1)?, op(x.1, y.0)?, op(x.1, y.1)?];
    Some((*all.iter().min()?, *all.iter().max()?))
}

/// The type of a result that may have more than 64 bits, of which the bounds are cut off.
/// A result that has more bits in any case is not the int where they are: low bits of it may
/// be used all the same.
fn beyond(low: i64, high: i64) -> Type {
    if low == high {
        Type::INT
    } else {
        Type::range(low, high)
    }
}

impl Builder<'_> {
    /// The kinds to expect of two operands.
    pub fn expected(&self, word: Instr, x: V, y: V) -> Expected {
        let (xt, yt) = (self.ty(x), self.ty(y));
        let number = crate::jit::optimize::ir::types::NUMBER;
        if !xt.may_be(number) || !yt.may_be(number) {
            return Expected::Anything;
        }
        if xt.is_int() && yt.is_int() {
            return Expected::Ints;
        }
        if xt.is_float() && yt.is(number) || yt.is_float() && xt.is(number) {
            return Expected::Floats;
        }
        let flags = word.flags();
        if flags & SEEN_OTHER != 0 && (self.is_denied() || !self.outgrows(x, y)) {
            return Expected::Anything;
        }
        if self.is_denied() {
            // Something was not as expected, but has told nothing new.
            return if flags & SEEN_FLOAT != 0 {
                Expected::Mixed
            } else {
                Expected::Anything
            };
        }
        if xt.is_float() || yt.is_float() {
            return Expected::Floats;
        }
        let float = crate::jit::optimize::ir::types::FLOAT;
        if flags & (SEEN_INT | SEEN_FLOAT) == 0 && (self.was(x, float) || self.was(y, float)) {
            return Expected::Floats;
        }
        match flags & (SEEN_INT | SEEN_FLOAT) {
            0 => Expected::Ints,
            SEEN_FLOAT => Expected::Floats,
            _ => Expected::Mixed,
        }
    }

    /// Whether one of two operands is an int that may be an object when it is boxed: if
    /// such was seen, the other one may have been an inline int all the time.
    fn outgrows(&self, x: V, y: V) -> bool {
        let wide = |ty: Type| ty.is_int() && !ty.is_inline();
        wide(self.ty(x)) || wide(self.ty(y))
    }

    /// Arithmetic; the way on if control does not come back.
    pub fn arithmetic(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<Way> {
        let op = match op {
            Op::AddK => Op::Add,
            Op::SubK => Op::Sub,
            Op::MulK => Op::Mul,
            Op::DivK => Op::Div,
            Op::ModK => Op::Mod,
            op => op,
        };
        if let Some(comes_back) = self.operator(word, op, x, y) {
            return (!comes_back).then_some(Way::Never);
        }
        if let Some(v) = self.words(word, op, x, y) {
            self.set(word.a(), v);
            return None;
        }
        let (x, y) = self.words_beside_floats(x, y);
        if op == Op::Pow {
            self.power(word, x, y);
            return None;
        }
        let helper = if op == Op::Add && word.flags() & SEEN_OTHER != 0 && word.op() == Op::Add {
            RuntimeCall::Join
        } else {
            RuntimeCall::Arith
        };
        let result = match self.expected(word, x, y) {
            Expected::Anything => None,
            Expected::Ints => self.ints(op, x, y),
            Expected::Floats if op == Op::Mod => None,
            Expected::Floats => {
                let (x, y) = self.floats(x, y);
                Some(self.float_operation(op, x, y))
            }
            Expected::Mixed if op == Op::Mod => None,
            Expected::Mixed => Some(self.mixed(op, x, y)),
        };
        match result {
            Some(v) => self.set(word.a(), v),
            None => self.generic(helper),
        }
        None
    }

    /// An operator method of the left operand: whether control comes back. Nothing if none
    /// is expected, or it cannot be inlined.
    fn operator(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<bool> {
        if self.is_denied() {
            return None;
        }
        let shape = self.shape_to_expect(x)?;
        let callee = self.job.operator(shape, op)?.clone();
        if self.restart.is_some() || !callee.suits_operator() || !self.has_room_for(&callee) {
            return None;
        }
        let x = self.instance(x, shape);
        Some(self.inline_operator(&callee, word.a(), x, y))
    }

    /// Both operands as floats. One of them must be one: an int is only converted beside
    /// a float.
    pub fn floats(&mut self, x: V, y: V) -> (V, V) {
        let sure = |this: &Self, v: V| this.ty(v).is_float();
        if sure(self, y) {
            (self.number_of(x), self.float_of(y))
        } else if sure(self, x) {
            let x = self.float_of(x);
            (x, self.number_of(y))
        } else if self.ty(x).is_int() {
            (self.number_of(x), self.float_of(y))
        } else {
            let x = self.float_of(x);
            (x, self.number_of(y))
        }
    }

    /// Two operands: a word beside a float is a float too.
    fn words_beside_floats(&mut self, x: V, y: V) -> (V, V) {
        match (self.rep(x), self.rep(y)) {
            (Rep::Word, _) if self.ty(y).is_float() => (self.number_of(x), y),
            (_, Rep::Word) if self.ty(x).is_float() => (x, self.number_of(y)),
            _ => (x, y),
        }
    }

    fn float_operation(&mut self, op: Op, x: V, y: V) -> V {
        let op = match op {
            Op::Add => Ir::FloatAdd,
            Op::Sub => Ir::FloatSub,
            Op::Mul => Ir::FloatMul,
            _ => {
                let divisor = self.g.inst(y);
                let is_not_zero = match divisor.op {
                    Ir::ConstFloat => f64::from_bits(divisor.imm) != 0.0,
                    Ir::IntToFloat => {
                        let (least, most) = self.ty(self.g.arg(y, 0)).bounds();
                        least > 0 || most < 0
                    }
                    _ => false,
                };
                if !is_not_zero {
                    self.check(Ir::GuardFloatNotZero, &[y], 0);
                }
                Ir::FloatDiv
            }
        };
        self.emit(op, Rep::Float, Type::FLOAT, &[x, y], 0)
    }

    fn mixed(&mut self, op: Op, x: V, y: V) -> V {
        let (x, y) = (self.tagged(x), self.tagged(y));
        let number = match op {
            Op::Add => BinaryOp::Add,
            Op::Sub => BinaryOp::Sub,
            Op::Mul => BinaryOp::Mul,
            _ => BinaryOp::Div,
        };
        let ty = Type::of(crate::jit::optimize::ir::types::NUMBER);
        self.emit_checked(Ir::Mixed, Rep::Tagged, ty, &[x, y], number as u64)
    }

    /// An operation on ints; nothing if it always throws.
    fn ints(&mut self, op: Op, x: V, y: V) -> Option<V> {
        if matches!(op, Op::Div | Op::Mod) && self.ty(y).int() == Some(0) {
            return None;
        }
        let x = self.int_of(x);
        let y = self.int_of(y);
        Some(match op {
            Op::Add => self.add(x, y),
            Op::Sub => self.subtract(x, y),
            Op::Mul => self.multiply(x, y),
            _ => self.divide(op, x, y),
        })
    }

    pub fn add(&mut self, x: V, y: V) -> V {
        let (xb, yb) = (self.ty(x).bounds(), self.ty(y).bounds());
        match bounds(xb, yb, i64::checked_add) {
            Some((low, high)) => self.emit(Ir::Add, Rep::Int, Type::range(low, high), &[x, y], 0),
            None => {
                let low = xb.0.saturating_add(yb.0);
                let high = xb.1.saturating_add(yb.1);
                let ty = beyond(low, high);
                self.emit_checked(Ir::AddChecked, Rep::Int, ty, &[x, y], 0)
            }
        }
    }

    pub fn subtract(&mut self, x: V, y: V) -> V {
        let (xb, yb) = (self.ty(x).bounds(), self.ty(y).bounds());
        match bounds(xb, yb, i64::checked_sub) {
            Some((low, high)) => self.emit(Ir::Sub, Rep::Int, Type::range(low, high), &[x, y], 0),
            None => {
                let low = xb.0.saturating_sub(yb.1);
                let high = xb.1.saturating_sub(yb.0);
                let ty = beyond(low, high);
                self.emit_checked(Ir::SubChecked, Rep::Int, ty, &[x, y], 0)
            }
        }
    }

    fn multiply(&mut self, x: V, y: V) -> V {
        let (xb, yb) = (self.ty(x).bounds(), self.ty(y).bounds());
        match bounds(xb, yb, i64::checked_mul) {
            Some((low, high)) => self.emit(Ir::Mul, Rep::Int, Type::range(low, high), &[x, y], 0),
            None => {
                let both_positive = xb.0 >= 0 && yb.0 >= 0;
                let low = if both_positive {
                    xb.0.saturating_mul(yb.0)
                } else {
                    i64::MIN
                };
                let ty = beyond(low, i64::MAX);
                self.emit_checked(Ir::MulChecked, Rep::Int, ty, &[x, y], 0)
            }
        }
    }

    fn divide(&mut self, op: Op, x: V, y: V) -> V {
        let (xb, yb) = (self.ty(x).bounds(), self.ty(y).bounds());
        if op == Op::Mod && xb.0 >= 0 && yb.0 == yb.1 && yb.0.count_ones() == 1 && yb.0 > 0 {
            // The lower bits.
            let mask = self.int(yb.0 - 1);
            let ty = Type::range(0, xb.1.min(yb.0 - 1));
            return self.emit(Ir::And, Rep::Int, ty, &[x, mask], 0);
        }
        if yb.0 <= 0 && yb.1 >= 0 {
            self.check(Ir::GuardNotZero, &[y], 0);
        }
        if xb.0 == i64::MIN && yb.0 <= -1 && yb.1 >= -1 {
            self.check(Ir::GuardNot, &[y], -1i64 as u64);
        }
        let positive = u64::from(xb.0 >= 0);
        let most = xb.0.unsigned_abs().max(xb.1.unsigned_abs());
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        if op == Op::Div {
            let divisor = match yb {
                (1.., _) => yb.0,
                (_, ..0) => yb.1.saturating_neg(),
                _ => 1,
            };
            let most = most / divisor;
            let low = if xb.0 >= 0 && yb.0 >= 0 { 0 } else { -most };
            let ty = Type::range(low, most);
            self.emit(Ir::Div, Rep::Int, ty, &[x, y], positive)
        } else {
            let divisor = yb.0.unsigned_abs().max(yb.1.unsigned_abs());
            let divisor = i64::try_from(divisor).unwrap_or(i64::MAX);
            let most = most.min(divisor.saturating_sub(1)).max(0);
            let low = if xb.0 >= 0 { 0 } else { -most };
            let high = if xb.1 <= 0 { 0 } else { most };
            self.emit(Ir::Rem, Rep::Int, Type::range(low, high), &[x, y], positive)
        }
    }

    /// A square is a product.
    fn power(&mut self, word: Instr, x: V, y: V) {
        if self.ty(y).int() == Some(2) {
            if self.ty(x).is_float() {
                let x = self.float_of(x);
                let v = self.float_operation(Op::Mul, x, x);
                return self.set(word.a(), v);
            }
            if self.ty(x).is_int() {
                let x = self.int_of(x);
                let v = self.multiply(x, x);
                return self.set(word.a(), v);
            }
        }
        self.generic(RuntimeCall::Arith);
    }

    pub fn bits(&mut self, word: Instr, op: Op) {
        let (x, y) = (self.reg(word.b()), self.reg(word.c()));
        if let Some(v) = self.words(word, op, x, y) {
            return self.set(word.a(), v);
        }
        let strange = |this: &Self, v: V| !this.ty(v).may_be(crate::jit::optimize::ir::types::INT);
        let ints = self.ty(x).is_int() && self.ty(y).is_int();
        if strange(self, x)
            || strange(self, y)
            || !ints && word.flags() & (SEEN_OTHER | SEEN_FLOAT) != 0 && !self.outgrows(x, y)
            || self.is_denied()
        {
            return self.generic(RuntimeCall::Arith);
        }
        let x = self.int_of(x);
        let y = self.int_of(y);
        let (xb, yb) = (self.ty(x).bounds(), self.ty(y).bounds());
        let positive = xb.0 >= 0 && yb.0 >= 0;
        // All numbers of the greater one's bits.
        let mask = |v: i64| i64::MAX.wrapping_shr((v | 1).leading_zeros() - 1);
        let v = match op {
            Op::BitAnd => {
                let ty = match (xb.0 >= 0, yb.0 >= 0) {
                    (true, true) => Type::range(0, xb.1.min(yb.1)),
                    (true, false) => Type::range(0, xb.1),
                    (false, true) => Type::range(0, yb.1),
                    _ if self.ty(x).is_inline() && self.ty(y).is_inline() => Type::INLINE,
                    _ => Type::INT,
                };
                self.emit(Ir::And, Rep::Int, ty, &[x, y], 0)
            }
            Op::BitOr | Op::BitXor => {
                let ty = if positive {
                    Type::range(0, mask(xb.1.max(yb.1)))
                } else if self.ty(x).is_inline() && self.ty(y).is_inline() {
                    Type::INLINE
                } else {
                    Type::INT
                };
                let op = if op == Op::BitOr { Ir::Or } else { Ir::Xor };
                self.emit(op, Rep::Int, ty, &[x, y], 0)
            }
            Op::Shr => {
                if yb.0 < 0 || yb.1 > 63 {
                    self.check(Ir::GuardBelow, &[y], 64);
                }
                let ty = match self.ty(y).int() {
                    Some(by) if (0..64).contains(&by) => Type::range(xb.0 >> by, xb.1 >> by),
                    _ => Type::range(xb.0.min(0), xb.1.max(0)),
                };
                self.emit(Ir::Shr, Rep::Int, ty, &[x, y], 0)
            }
            _ => {
                if yb.0 < 0 || yb.1 > 62 {
                    self.check(Ir::GuardBelow, &[y], 63);
                }
                let ty = match self.ty(y).int() {
                    Some(by) if (0..63).contains(&by) => {
                        let shifted = |v: i64| v.checked_mul(1 << by);
                        match (shifted(xb.0), shifted(xb.1)) {
                            (Some(low), Some(high)) => Type::range(low, high),
                            _ => Type::INT,
                        }
                    }
                    _ if xb.0 >= 0 => Type::range(0, i64::MAX),
                    _ => Type::INT,
                };
                self.emit_checked(Ir::ShlChecked, Rep::Int, ty, &[x, y], 0)
            }
        };
        self.set(word.a(), v);
    }

    pub fn unary(&mut self, word: Instr, op: Op) {
        let (a, x) = (word.a(), self.reg(word.b()));
        if let Some(v) = self.words(word, op, x, x) {
            self.set(a, v);
        } else if op == Op::Neg {
            self.negate(a, word.b());
        } else {
            self.bit_not(a, word.b());
        }
    }

    fn negate(&mut self, a: u16, b: u16) {
        let x = self.reg(b);
        if self.ty(x).is_float() {
            let x = self.float_of(x);
            let v = self.emit(Ir::FloatNeg, Rep::Float, Type::FLOAT, &[x], 0);
            return self.set(a, v);
        }
        if self.ty(x).is_int() {
            let x = self.int_of(x);
            let zero = self.int(0);
            let v = self.subtract(zero, x);
            return self.set(a, v);
        }
        self.generic(RuntimeCall::Unary);
    }

    fn bit_not(&mut self, a: u16, b: u16) {
        let x = self.reg(b);
        if !self.ty(x).is_int() {
            return self.generic(RuntimeCall::Unary);
        }
        let x = self.int_of(x);
        let (low, high) = self.ty(x).bounds();
        let v = self.emit(Ir::Not, Rep::Int, Type::range(!high, !low), &[x], 0);
        self.set(a, v);
    }
}
