//! Built-ins that have instructions of their own: lengths, roots, codes of characters,
//! conversions and the like. A call of another one is a generic instruction.

use super::super::ir::types::{self, Type};
use super::super::ir::{Op as Ir, Rep, V};
use super::Builder;
use crate::bytecode::Instr;
use crate::heap::object::Kind;
use crate::jit::call_numbers::RuntimeCall;
use crate::runtime::Intrinsic;

/// Most arguments of `min` and `max` that are compared by code.
const MOST_EXTREME: u16 = 8;

impl Builder<'_> {
    pub fn call_native(&mut self, word: Instr, a: u16) {
        let nargs = word.b() & 0xff;
        let intrinsic = self.job.intrinsics[usize::from(word.c())];
        let result = match (intrinsic, nargs) {
            _ if self.is_denied() => None,
            (Some(Intrinsic::Sqrt), 1) => self.square_root(a),
            (Some(Intrinsic::Len), 1) => {
                let v = self.reg(a + 1);
                if self.ty(v).is(types::ARRAY) || self.was(v, types::ARRAY) {
                    self.length(a, Kind::Array as u32)
                } else if self.ty(v).is(types::STRING) || self.was(v, types::STRING) {
                    self.length(a, Kind::String as u32)
                } else {
                    None
                }
            }
            (Some(Intrinsic::Abs), 1) => self.absolute(a),
            (Some(Intrinsic::Chr), 1) => self.character_of(a),
            (Some(Intrinsic::Floor), 1) => self.floor(a),
            (Some(Intrinsic::Min), 2..=MOST_EXTREME) => self.extreme(a, nargs, Ir::Min),
            (Some(Intrinsic::Max), 2..=MOST_EXTREME) => self.extreme(a, nargs, Ir::Max),
            (Some(Intrinsic::Ord), 1) => self.code_of(a),
            (Some(Intrinsic::ToFloat), 1) => self.number_as_float(a),
            (Some(Intrinsic::ToInt), 1) => self.number_as_int(a),
            // Where no other owner keeps the array, it grows in place.
            (Some(Intrinsic::Push), 2) if (word.flags() | (word.b() >> 8) as u8) & 1 == 0 => {
                let kept = word.flags() | (word.b() >> 8) as u8;
                Some(self.push_value(RuntimeCall::CallNative, a, kept))
            }
            _ => None,
        };
        match result {
            Some(v) => {
                self.lost_from(a);
                self.set(a, v);
            }
            None if intrinsic == Some(Intrinsic::HasKey) && nargs == 2 => {
                let v = self.has_key(a);
                self.lost_from(a);
                self.set(a, v);
            }
            None if intrinsic == Some(Intrinsic::Len) && nargs == 1 => {
                let v = self.any_length(a);
                self.lost_from(a);
                self.set(a, v);
            }
            None => {
                self.generic(RuntimeCall::CallNative);
                self.lost_from(a);
                self.results(a, 1);
            }
        }
    }

    fn has_key(&mut self, a: u16) -> V {
        let (dict, key) = (self.reg(a + 1), self.reg(a + 2));
        let (dict, key) = (self.tagged(dict), self.tagged(key));
        let slow = self.slow(RuntimeCall::CallNative, &[a + 1, a + 2], Some(a));
        let v = self.append(Ir::HasKey, Rep::Tagged, Type::ANY, &[dict, key], 0);
        self.with_slow(v, slow);
        // A key may be compared by a method.
        self.wrote_all();
        v
    }

    /// The length of anything.
    fn any_length(&mut self, a: u16) -> V {
        let v = self.reg(a + 1);
        let v = self.tagged(v);
        let slow = self.slow(RuntimeCall::CallNative, &[a + 1], Some(a));
        let length = self.append(Ir::Length, Rep::Tagged, Type::ANY, &[v], 0);
        self.with_slow(length, slow);
        // A type's own method may do anything.
        self.wrote_all();
        length
    }

    fn square_root(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        if self.ty(v).is_int() || !self.ty(v).may_be(types::FLOAT) {
            return None;
        }
        let v = self.float_of(v);
        self.check(Ir::GuardFloatNotNegative, &[v], 0);
        Some(self.emit(Ir::FloatSqrt, Rep::Float, Type::FLOAT, &[v], 0))
    }

    /// The number as a float; a string is for the library to read.
    fn number_as_float(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        let known = self.rep(v) != Rep::Tagged && self.rep(v) != Rep::Bool;
        (known || self.ty(v).is_float() || self.was(v, types::NUMBER)).then(|| self.number_of(v))
    }

    /// The number without its fraction.
    fn number_as_int(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        if self.ty(v).is_int() || self.rep(v) == Rep::Word {
            return Some(v);
        }
        if !self.ty(v).is_float() {
            return None;
        }
        let v = self.float_of(v);
        Some(self.emit_checked(Ir::Truncate, Rep::Int, Type::INT, &[v], 0))
    }

    /// The code of a character, which is expected to be an ASCII one.
    fn code_of(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        if !self.seems(v, types::STRING) {
            return None;
        }
        let v = self.tagged(v);
        let string = Type::of(types::STRING);
        let v = self.guard(Ir::GuardKind, v, string, Kind::String as u64);
        let ty = Type::range(0, 0x7f);
        Some(self.emit_checked(Ir::StringByte, Rep::Int, ty, &[v], 0))
    }

    /// The character of a code, which is expected to be an ASCII one.
    fn character_of(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        if !self.ty(v).is_int() && !self.was(v, types::INT) {
            return None;
        }
        let v = self.int_of(v);
        let (low, high) = self.ty(v).bounds();
        if low < 0 || high > 0x7f {
            self.check(Ir::GuardBelow, &[v], 0x80);
        }
        let string = Type::of(types::STRING);
        Some(self.emit(Ir::AsciiCharacter, Rep::Tagged, string, &[v], 0))
    }

    fn floor(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        if !self.ty(v).is_float() {
            return None;
        }
        let v = self.float_of(v);
        Some(self.emit_checked(Ir::Floor, Rep::Int, Type::INT, &[v], 0))
    }

    fn absolute(&mut self, a: u16) -> Option<V> {
        let v = self.reg(a + 1);
        if self.ty(v).is_float() {
            let v = self.float_of(v);
            return Some(self.emit(Ir::FloatAbs, Rep::Float, Type::FLOAT, &[v], 0));
        }
        if !self.ty(v).is_int() {
            return None;
        }
        let v = self.int_of(v);
        let zero = self.int(0);
        let negative = self.subtract(zero, v);
        let (low, high) = self.ty(v).bounds();
        let most = high.max(low.saturating_neg());
        let ty = Type::range(low.max(0), most);
        Some(self.emit(Ir::Max, Rep::Int, ty, &[v, negative], 0))
    }

    /// The least or greatest of ints, or of floats: the first of equal ones.
    fn extreme(&mut self, a: u16, count: u16, op: Ir) -> Option<V> {
        let values: Vec<V> = (1..=count).map(|number| self.reg(a + number)).collect();
        let float = |&v: &V| self.ty(v).is_float() || self.was(v, types::FLOAT);
        let may_be = |kinds| values.iter().all(|&v| self.ty(v).may_be(kinds));
        if values.iter().any(float) && may_be(types::FLOAT) {
            let op = if op == Ir::Min {
                Ir::FloatMin
            } else {
                Ir::FloatMax
            };
            let values: Vec<V> = values.into_iter().map(|v| self.float_of(v)).collect();
            let least = |x, y| self.emit(op, Rep::Float, Type::FLOAT, &[x, y], 0);
            return values.into_iter().reduce(least);
        }
        if !may_be(types::INT) {
            return None;
        }
        let values: Vec<V> = values.into_iter().map(|v| self.int_of(v)).collect();
        values.into_iter().reduce(|x, y| {
            let ((b, c), (d, e)) = (self.ty(x).bounds(), self.ty(y).bounds());
            let ty = if op == Ir::Min {
                Type::range(b.min(d), c.min(e))
            } else {
                Type::range(b.max(d), c.max(e))
            };
            self.emit(op, Rep::Int, ty, &[x, y], 0)
        })
    }

    /// The length of the argument, of an array or string.
    pub(super) fn length(&mut self, a: u16, code: u32) -> Option<V> {
        let v = self.reg(a + 1);
        let v = self.tagged(v);
        if code == Kind::Array as u32 && self.ty(v).may_be(types::ARRAY) {
            let array = self.array(v);
            return Some(self.length_of(array));
        }
        if code == Kind::String as u32 && self.ty(v).may_be(types::STRING) {
            let kind = Type::of(types::STRING);
            let string = self.guard(Ir::GuardKind, v, kind, Kind::String as u64);
            let ty = Type::range(0, i64::from(u32::MAX));
            return Some(self.emit(Ir::StringLen, Rep::Int, ty, &[string], 0));
        }
        None
    }
}
