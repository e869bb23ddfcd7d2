//! Patterns: the tests of values, the parts taken out of them; `e?`. No test runs code of the
//! program.

use super::super::ir::types::{self, More, Type};
use super::super::ir::{Op as Ir, Rep, Slow, V};
use super::super::job::What;
use super::compare::{AT_LEAST, BELOW, BY_STATUS, EQUAL, INTERNED_TEXT, IS_TEXT, LESS, LITERAL};
use super::{Builder, Way};
use crate::bytecode::flow::after;
use crate::bytecode::op::{ANY_PARTS, INCLUSIVE};
use crate::bytecode::{Instr, Op};
use crate::jit::call_numbers::RuntimeCall;
use crate::vm::cache::IN_DICT;

const NUMBERS: u32 = types::INT | types::FLOAT | types::BIG;
/// Instructions after the test of a key in which its field is looked for, and the most shapes
/// that are compared.
const SEARCHED: usize = 128;
const MOST_SHAPES: usize = 4;
const RECORDS: u32 = types::DICT | types::STRUCT | types::OBJECT;

impl Builder<'_> {
    /// A test, after which the jump word is taken if the value does not fit.
    pub fn test_pattern(&mut self, word: Instr, op: Op, a: u16) -> Way {
        let fits = match op {
            Op::TestTag => Some(self.has_tag(word, a)),
            Op::TestLit => return self.test_literal(word, a),
            Op::TestRange => self.is_within(word, a),
            Op::TestType => return self.test_type(word, a),
            Op::TestArray => self.is_array_of(word, a),
            Op::TestRecord => self.is_one_of(a, RECORDS),
            Op::TestKey => self.has_field(word, a),
            _ => None,
        };
        match fits {
            Some(fits) => self.branch(fits, false),
            None => self.pattern_by_helper(),
        }
    }

    fn pattern_by_helper(&mut self) -> Way {
        let status = self.generic_status(RuntimeCall::TestPattern);
        self.by_status(status, false)
    }

    /// Whether a value is of these kinds, if that is known.
    fn is_one_of(&mut self, a: u16, kinds: u32) -> Option<V> {
        let v = self.reg(a);
        let ty = self.ty(v);
        (ty.is(kinds) || !ty.may_be(kinds)).then(|| self.truth_constant(ty.is(kinds)))
    }

    /// Whether a value has a key, if field accesses that follow have met records: those have
    /// it.
    fn has_field(&mut self, word: Instr, a: u16) -> Option<V> {
        let v = self.reg(a);
        if !self.ty(v).may_be(RECORDS) {
            return Some(self.truth_constant(false));
        }
        let shapes = self.records_read_later(a, word.c());
        if shapes.is_empty() {
            return None;
        }
        let slow = self.slow_pattern();
        let v = self.tagged(v);
        let imm = BY_STATUS | (self.g.shapes.len() as u64) << 32;
        self.g.shapes.push(shapes);
        let fits = self.append(Ir::HasField, Rep::Bool, Type::BOOL, &[v], imm);
        self.with_slow(fits, slow);
        Some(fits)
    }

    /// The shapes of the records that following instructions have met last when they read a
    /// field of a register: those of other cases see what comes as far as they.
    fn records_read_later(&self, register: u16, key: u16) -> Vec<u32> {
        let words = &self.fun.function.words;
        let next = |&at: &usize| Some(after(words, at)).filter(|&at| at < words.len());
        let following = std::iter::successors(Some(self.next).filter(|&at| at < words.len()), next);
        let mut shapes = Vec::new();
        for at in following.take(SEARCHED) {
            let word = words[at];
            if word.op() != Op::GetField || (word.b(), word.c()) != (register, key) {
                continue;
            }
            let cache = words[after(words, at) - 1].0;
            let (shape, is_record) = (cache as u32, cache >> 32 & u64::from(IN_DICT) != 0);
            if is_record && !shapes.contains(&shape) && shapes.len() < MOST_SHAPES {
                shapes.push(shape);
            }
        }
        shapes
    }

    /// The helper of a test, whose status says whether the value fits.
    fn slow_pattern(&mut self) -> Slow {
        let mut operands = Vec::new();
        let function = self.fun.function.clone();
        function.with_code(|code| code.reads(self.at, &mut |register| operands.push(register)));
        self.slow(RuntimeCall::TestPattern, &operands, None)
    }

    fn test_literal(&mut self, word: Instr, a: u16) -> Way {
        let literal = self.operand_constant(word.c());
        let kinds = self.fun.function.consts[usize::from(word.c())].ty.kinds;
        let like = if kinds & NUMBERS != 0 { NUMBERS } else { kinds };
        let decides = |this: &Self, v: V| {
            let ty = this.ty(v);
            !ty.may_be(like) || ty.is(kinds) && types::is_single(kinds) || ty.int().is_some()
        };
        self.threaded(a, decides, |this| {
            let v = this.reg(a);
            match this.equals_literal(word, v, literal) {
                Some(fits) => this.branch(fits, false),
                None => this.pattern_by_helper(),
            }
        })
    }

    /// Whether a value equals a literal and is of its kind.
    fn equals_literal(&mut self, word: Instr, v: V, literal: V) -> Option<V> {
        let ty = self.ty(v);
        let known = self.fun.function.consts[usize::from(word.c())].ty;
        if types::is_single(known.kinds) {
            if ty.is(known.kinds) || !ty.may_be(known.kinds) {
                return Some(self.truth_constant(ty.is(known.kinds)));
            }
            return Some(self.same_bits(v, literal));
        }
        if known.is(types::STRING) {
            if !ty.may_be(types::STRING) {
                return Some(self.truth_constant(false));
            }
            let interned = matches!(
                self.constant_of(word.c()),
                What::Text { interned: true, .. }
            );
            let interned = if interned { INTERNED_TEXT } else { 0 };
            return Some(self.equals_by_bits(v, literal, IS_TEXT | interned));
        }
        if !ty.may_be(NUMBERS) {
            return Some(self.truth_constant(false));
        }
        if known.is_int() {
            if ty.is_int() || !self.is_denied() && self.was(v, types::INT) {
                let (v, literal) = (self.int_of(v), self.int_of(literal));
                return Some(self.compare_ints(EQUAL, v, literal));
            }
            if !ty.may_be(types::FLOAT) {
                // An int that is an object has another value.
                return Some(self.same_bits(v, literal));
            }
            return Some(self.equals_by_bits(v, literal, 0));
        }
        if known.is_float() && ty.is_float() {
            let (v, literal) = (self.float_of(v), self.float_of(literal));
            return Some(self.emit(
                Ir::CompareFloat,
                Rep::Bool,
                Type::BOOL,
                &[v, literal],
                EQUAL,
            ));
        }
        None
    }

    fn same_bits(&mut self, v: V, literal: V) -> V {
        let args = [self.tagged(v), self.tagged(literal)];
        self.emit(Ir::SameBits, Rep::Bool, Type::BOOL, &args, 0)
    }

    fn equals_by_bits(&mut self, v: V, literal: V, imm: u64) -> V {
        let slow = self.slow_pattern();
        let args = [self.tagged(v), self.tagged(literal)];
        let imm = imm | LITERAL | BY_STATUS;
        let fits = self.append(Ir::EqualsConst, Rep::Bool, Type::BOOL, &args, imm);
        self.with_slow(fits, slow);
        fits
    }

    /// Whether a value is between two literals, of ints or of characters.
    fn is_within(&mut self, word: Instr, a: u16) -> Option<V> {
        let inclusive = word.flags() & INCLUSIVE != 0;
        let ends = [word.b(), word.c()];
        let bytes = ends.map(|end| match self.constant_of(end) {
            What::Text { byte, .. } => *byte,
            _ => None,
        });
        let v = self.reg(a);
        let ty = self.ty(v);
        if let [Some(low), Some(high)] = bytes {
            let (low, high) = (u64::from(low), u64::from(high) + u64::from(inclusive));
            if !ty.may_be(types::STRING) || low >= high {
                return None;
            }
            let slow = self.slow_pattern();
            let v = self.tagged(v);
            let imm = BY_STATUS | low << 8 | (high - low) << 16;
            let fits = self.append(Ir::StringWithin, Rep::Bool, Type::BOOL, &[v], imm);
            self.with_slow(fits, slow);
            return Some(fits);
        }
        let [low, high] = ends.map(|end| {
            let end = self.operand_constant(end);
            self.ty(end).int()
        });
        let (low, high) = (low?, high?.checked_add(i64::from(inclusive))?);
        let expected = ty.is_int() || !self.is_denied() && self.was(v, types::INT);
        if !expected || low >= high {
            return None;
        }
        let v = self.int_of(v);
        let (least, most) = self.ty(v).bounds();
        if low <= least || most < high {
            let (order, end) = if low <= least {
                (LESS, high)
            } else {
                (AT_LEAST, low)
            };
            let end = self.int(end);
            return Some(self.compare_ints(order, v, end));
        }
        // As numbers without a sign, those below the range are greater than its length.
        let low = self.int(low);
        let v = self.emit(Ir::Sub, Rep::Int, Type::INT, &[v, low], 0);
        let length = self.int(high - self.ty(low).bounds().0);
        Some(self.emit(Ir::Compare, Rep::Bool, Type::BOOL, &[v, length], BELOW))
    }

    /// Whether a value is an instance of the type in another register.
    fn test_type(&mut self, word: Instr, a: u16) -> Way {
        let ty = self.reg(word.b());
        let info = match self.ty(ty).more {
            More::Const(bits) => self.struct_constant(bits),
            _ => None,
        };
        let Some(info) = info else {
            return self.pattern_by_helper();
        };
        let v = self.reg(a);
        let v = self.tagged(v);
        let kind = if info.is_class {
            types::OBJECT
        } else {
            types::STRUCT
        };
        let of = Type::shape(kind, info.shape);
        let known = self.ty(v);
        let other = matches!(known.more, More::Shape(shape) if shape != info.shape);
        if known.implies(of) || !known.may_be(kind) || other {
            let fits = self.truth_constant(known.implies(of));
            return self.branch(fits, false);
        }
        let shapes = Type::range(0, i64::from(u32::MAX));
        let shape = self.emit(Ir::LoadShape, Rep::Int, shapes, &[v], 0);
        let wanted = self.int(i64::from(info.shape));
        let fits = self.compare_ints(EQUAL, shape, wanted);
        match self.branch(fits, false) {
            Way::Branch(other, (b, env)) => {
                (self.cur, self.env) = (b, env);
                self.narrowed(v, of);
                Way::Branch(other, (self.cur, self.env.clone()))
            }
            way => way,
        }
    }

    /// Whether a value is an array of so many elements, or of that many and more.
    fn is_array_of(&mut self, word: Instr, a: u16) -> Option<V> {
        let v = self.reg(a);
        let ty = self.ty(v);
        if !ty.may_be(types::ARRAY) {
            return Some(self.truth_constant(false));
        }
        if !ty.is(types::ARRAY) && (self.is_denied() || !self.was(v, types::ARRAY)) {
            return None;
        }
        let array = self.array(v);
        let length = self.length_of(array);
        let count = self.int(i64::from(word.b()));
        let order = if word.c() == 0 { EQUAL } else { AT_LEAST };
        Some(self.compare_ints(order, length, count))
    }

    /// A part of a tagged value or array that has been tested.
    pub fn get_part(&mut self, word: Instr, a: u16, b: u16) {
        let object = self.reg(b);
        let object = self.tagged(object);
        let number = u64::from(word.c());
        let v = self.append(Ir::LoadPart, Rep::Tagged, Type::ANY, &[object], number);
        self.mark_part(word, object, v);
        self.set(a, v);
    }

    fn has_tag(&mut self, word: Instr, a: u16) -> V {
        let function = self.fun.function.clone();
        let tag = function.consts[usize::from(word.c())].ty.int();
        let tag = tag.expect("a tag is a number") as u32;
        let parts = if word.b() == ANY_PARTS {
            u32::MAX
        } else {
            u32::from(word.b())
        };
        let v = self.reg(a);
        let v = self.tagged(v);
        let imm = u64::from(parts) << 32 | u64::from(tag);
        self.emit(Ir::HasTag, Rep::Bool, Type::BOOL, &[v], imm)
    }

    /// `e?`: the payload, or the jump. The payload's register is written only where there
    /// is one.
    pub fn unwrap(&mut self, a: u16) -> Way {
        let before = (self.env.regs[usize::from(a)], self.env.mem[usize::from(a)]);
        let status = self.generic_status(RuntimeCall::Unwrap);
        let way = self.by_status(status, false);
        if let Way::Branch((taken, mut env), other) = way {
            (env.regs[usize::from(a)], env.mem[usize::from(a)]) = before;
            return Way::Branch((taken, env), other);
        }
        way
    }
}
