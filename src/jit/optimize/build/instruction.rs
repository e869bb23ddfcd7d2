//! One instruction after the other.

use super::super::ir::types::{self, Type};
use super::super::ir::{End, Op as Ir, Rep, V};
use super::super::job::What;
use super::{Builder, Way};
use crate::bytecode::flow;
use crate::bytecode::op::simple;
use crate::bytecode::{Instr, Op};
use crate::jit::call_numbers::RuntimeCall;
use crate::value::Value;

impl Builder<'_> {
    /// Builds the instructions of a node, which ends before word `end`.
    pub fn instructions(&mut self, end: usize) -> Way {
        let function = self.fun.function.clone();
        self.block_end = end;
        while self.at < end {
            let word = function.words[self.at];
            let op = word.op();
            self.next = self.at + 1 + usize::from(op.has_cache());
            self.state = None;
            self.all += 1 << (3 * self.loops.min(4));
            let after = flow::after(&function.words, self.at);
            if self.job.counts {
                let looks_up = u64::from(op.looks_up());
                self.append(Ir::Count, Rep::None, Type::of(0), &[], looks_up);
            }
            let never = function.has_not_run(self.at) && !self.is_denied();
            // Only the machine frame of the outermost function can take a thrown error.
            let handled = self.fun.inlined && function.flow.handler_at(self.at).is_some();
            if never || handled {
                self.leave();
                self.end_low_bits(true);
                self.finish(End::Never);
                return Way::Never;
            }
            let way = self.instruction(word, op);
            self.end_low_bits(way.is_some() || !self.live);
            if let Some(way) = way {
                return way;
            }
            if !self.live {
                self.finish(End::Never);
                return Way::Never;
            }
            self.at = after;
        }
        Way::To(0)
    }

    /// Leaves the code for good: nothing good can come of what follows.
    pub fn leave(&mut self) {
        self.unexpected();
        self.live = false;
    }

    fn instruction(&mut self, word: Instr, op: Op) -> Option<Way> {
        let (a, b, c) = (word.a(), word.b(), word.c());
        match op {
            Op::Nop => {}
            Op::Move | Op::Copy => self.copy(word, a, b),
            Op::LoadK => self.load_constant(a, word.bx() as usize),
            Op::LoadInt => {
                let v = self.int(i64::from(word.sbx()));
                self.set(a, v);
            }
            Op::LoadSimple => {
                let (bits, kinds) = match b {
                    simple::NULL => (Value::NULL.bits(), types::NULL),
                    simple::FALSE => (Value::FALSE.bits(), types::FALSE),
                    simple::TRUE => (Value::TRUE.bits(), types::TRUE),
                    simple::NONE => (self.job.none, types::VALUE_OBJECT),
                    _ => (Value::ABSENT.bits(), types::ABSENT),
                };
                let v = self.constant(bits, Type::of(kinds));
                self.set(a, v);
            }
            Op::Share => {
                let v = self.reg(a);
                self.share(v);
            }
            Op::GetGlobal => self.get_global(word, a),
            Op::SetGlobal => self.set_global(word, a),
            Op::GetCell => {
                let cell = self.reg(b);
                self.get_cell(word, a, cell);
            }
            Op::SetCell => {
                let (cell, value) = (self.reg(a), self.reg(b));
                self.set_cell(word, cell, value);
            }
            Op::GetCapture => {
                let v = self.capture(b);
                self.mark_loaded(word, v);
                self.set(a, v);
            }
            Op::GetCaptureCell => {
                let cell = self.capture(b);
                self.get_cell(word, a, cell);
            }
            Op::SetCaptureCell => {
                let value = self.reg(a);
                let cell = self.capture(b);
                self.set_cell(word, cell, value);
            }
            Op::NewCell => self.new_cell(a),
            Op::BoxParam => self.generic(RuntimeCall::BoxParam),
            Op::Closure | Op::MakeType => {
                self.generic(RuntimeCall::Closure);
                let made = &self.fun.function.consts[word.bx() as usize].what;
                if let What::Function { number, .. } = *made {
                    let v = self.reg(a);
                    self.closures.insert(self.root_of(v), number);
                }
            }

            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod | Op::Pow => {
                let (x, y) = (self.reg(b), self.reg(c));
                return self.arithmetic(word, op, x, y);
            }
            Op::AddK | Op::SubK | Op::MulK | Op::DivK | Op::ModK => {
                let x = self.reg(b);
                let y = self.operand_constant(c);
                return self.arithmetic(word, op, x, y);
            }
            Op::Shl | Op::Shr | Op::BitAnd | Op::BitXor | Op::BitOr => self.bits(word, op),
            Op::Neg | Op::BitNot => self.unary(word, op),
            Op::Not => self.not(a, b),
            Op::Truth => self.truth(a, b),
            Op::Concat => self.generic(RuntimeCall::Concat),
            Op::Format => self.generic(RuntimeCall::Format),
            Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne => {
                let (x, y) = (self.reg(b), self.reg(c));
                if let Some(truth) = self.compared_by_method(word, op, x, y) {
                    let Some(truth) = truth else {
                        return Some(Way::Never);
                    };
                    self.set(a, truth);
                    return None;
                }
                match self.comparison(word, op, x, y) {
                    Some(truth) => self.set(a, truth),
                    None => self.generic(RuntimeCall::Compare),
                }
            }
            Op::TestLt | Op::TestLe | Op::TestGt | Op::TestGe | Op::TestEq | Op::TestNe => {
                let (x, y) = (self.reg(a), self.reg(b));
                return Some(self.test(word, op, x, y, c != 0));
            }
            Op::TestLtK | Op::TestLeK | Op::TestGtK | Op::TestGeK | Op::TestEqK | Op::TestNeK => {
                return Some(self.test_constant(word, op, a, b));
            }

            Op::Jump => return Some(Way::To(0)),
            Op::Loop => {
                let target = flow::target(&self.fun.function.words, self.at);
                self.poll(target.expect("a loop jumps"), None);
                return Some(Way::To(0));
            }
            Op::JumpIf | Op::JumpIfNot => return Some(self.jump_if(a, op == Op::JumpIf)),
            Op::JumpIfNull => return Some(self.jump_if_same(a, Value::NULL, true)),
            Op::JumpIfNotNull => return Some(self.jump_if_same(a, Value::NULL, false)),
            Op::JumpIfPresent => return Some(self.jump_if_same(a, Value::ABSENT, false)),

            Op::GetField => self.get_field(word, a, b),
            Op::SetField => self.set_field(word, a, c),
            Op::FieldMut => self.field_mut(word, a, b),
            Op::GetIndex => {
                let index = self.reg(c);
                self.get_index(word, a, b, index);
            }
            Op::GetIndexI => {
                let index = self.int(i64::from(c as i16));
                self.get_index(word, a, b, index);
            }
            Op::SetIndex => self.set_index(word, a, b, c),
            Op::IndexMut => self.index_mut(word, a, b, c),

            Op::IterInit => {
                self.iter_init(word, a);
                return Some(Way::To(0));
            }
            Op::RangeInit => {
                self.range_init(word, a);
                return Some(Way::To(0));
            }
            Op::IterNext | Op::IterNext2 => return Some(self.iter_next(word, a)),
            Op::RangeNext => return Some(self.range_next(a)),

            Op::Call => return self.call(word, a),
            Op::CallK => return self.call_constant(word, a),
            Op::CallNative => self.call_native(word, a),
            Op::CallMethod | Op::CallMethodPlace | Op::CallMethodLet | Op::CallMethodPath => {
                return self.call_method(word, op, a);
            }
            Op::CallSpread => self.generic_window(RuntimeCall::CallSpread, a),
            Op::CallMethodSpread => {
                self.generic_window(RuntimeCall::CallMethodSpread, a);
                if op.skips_next(b) {
                    return Some(self.skip_write_back());
                }
            }
            Op::CallPath => return self.call_path(word, a),
            Op::CheckMut => return Some(self.check_mut(word, a)),
            Op::Return => {
                let v = self.reg(a);
                self.mark(word, v);
                if self.fun.function.is_method && !self.fun.inlined {
                    self.store_register(0);
                }
                return Some(Way::Return(v));
            }
            Op::ReturnNull => {
                if self.fun.function.is_method && !self.fun.inlined {
                    self.store_register(0);
                }
                let v = self.null();
                return Some(Way::Return(v));
            }
            Op::Await => self.generic(RuntimeCall::Await),
            Op::Fulfil => self.generic(RuntimeCall::Fulfil),
            Op::Reject => self.generic(RuntimeCall::Reject),
            Op::MakeGenerator | Op::Yield => unreachable!("such functions are refused"),
            Op::Throw | Op::ThrowFrom | Op::Rethrow | Op::EndHandler | Op::ThrowMismatch => {
                self.generic(RuntimeCall::Raise);
                let cur = self.cur;
                self.g.block_mut(cur).cold = true;
                self.live = false;
            }
            Op::Unwrap => return Some(self.unwrap(a)),

            Op::NewArray => self.new_array(word, a, b),
            Op::NewDict => self.new_dict(word, a, b),
            Op::NewStruct => self.new_struct(word, a, b),
            Op::MakeResult => self.make_result(word, a, b),
            Op::GetPart => self.get_part(word, a, b),
            Op::Lend => self.lend(word, a, b),
            Op::LazyRange => self.generic(RuntimeCall::LazyRange),
            Op::GiveBack => self.give_back(word, a, b),
            Op::ArrayAppend if word.c() == 1 && !self.is_denied() => self.append_one(a, b),
            Op::ArrayAppend | Op::ArrayExtend | Op::DictMerge => {
                self.generic(RuntimeCall::Extend);
            }
            Op::GetDynamic | Op::Import | Op::ImportName | Op::ImportAll | Op::GetPath => {
                self.generic(RuntimeCall::Name);
            }
            Op::Slice => self.generic(RuntimeCall::Slice),
            Op::RestArray => self.generic(RuntimeCall::RestArray),
            Op::RestDict => self.generic(RuntimeCall::RestDict),
            Op::TestIndexed => return Some(self.test_indexed(a)),
            Op::TestTag
            | Op::TestArray
            | Op::TestRecord
            | Op::TestKey
            | Op::TestType
            | Op::TestLit
            | Op::TestRange => return Some(self.test_pattern(word, op, a)),
        }
        None
    }

    /// A constant of the function.
    pub fn constant_of(&self, number: u16) -> &What {
        &self.fun.function.consts[usize::from(number)].what
    }

    /// A constant as an operand.
    pub fn operand_constant(&mut self, number: u16) -> V {
        let constant = &self.fun.function.consts[usize::from(number)];
        let (bits, ty) = (constant.bits, constant.ty);
        if let What::Word(word) = constant.what {
            return self.word_constant(word, bits);
        }
        self.constant_value(bits, ty)
    }
}
