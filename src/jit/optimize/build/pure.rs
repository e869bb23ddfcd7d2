//! Functions without effects, built as a part of the instruction that calls them: comparison
//! methods, `op_index`, and the functions that give fields their first values. The interpreter
//! calls such functions from Rust, and could not go on in the middle of that. So the side exit
//! of each guard leads to before the instruction, which the interpreter then does as a whole.

use super::super::ir::types::{self, More, Type};
use super::super::ir::{Op as Ir, Rep, Returns, V};
use super::super::job::{Function, instructions};
use super::compare::EQUAL;
use super::inline::Site;
use super::{Builder, Env, Returned, Way};
use crate::bytecode::{Instr, Op};
use crate::heap::shape;
use std::ops::Range;
use std::rc::Rc;

/// Words of such a function.
const MOST_WORDS: usize = 60;
/// Fields of structs that are compared one by one.
const MOST_FIELDS: u32 = 8;

impl Builder<'_> {
    /// Builds something whose guards have the state before the current instruction.
    pub fn restartable<T>(&mut self, build: impl FnOnce(&mut Self) -> T) -> T {
        let state = self.state();
        let before = self.restart.replace(state);
        let built = build(self);
        self.restart = before;
        self.state = None;
        built
    }

    /// A side exit that is always taken. Code may follow, which is not reached.
    pub fn unexpected(&mut self) {
        let state = self.state();
        let v = self.append(Ir::Leave, Rep::None, Type::of(0), &[], 0);
        self.g.insts[v.index()].state = Some(state);
        let cur = self.cur;
        self.g.block_mut(cur).cold = true;
    }

    /// A register that no instruction names.
    fn scratch(&self) -> u16 {
        self.fun.function.registers
    }

    /// Whether the code of a function may be built as a part of the current instruction.
    pub fn inlines_pure(&self, callee: &Function, arguments: u32) -> bool {
        callee.parameters == arguments
            && callee.is_pure()
            && callee.weight() <= MOST_WORDS
            && self.has_room_for(callee)
    }

    /// The result of a function without effects, in the scratch register; or control does not
    /// come back. `number` tells apart the functions that one instruction calls; the values of
    /// the registers `keep` are used later.
    pub fn inline_pure(
        &mut self,
        callee: &Rc<Function>,
        arguments: Vec<V>,
        number: u32,
        keep: Range<u16>,
    ) -> bool {
        debug_assert!(self.restart.is_some());
        let site = Site {
            // Above all registers of the caller.
            window: self.env.regs.len() as u16,
            arguments: arguments.len() as u16,
            back: self.next,
            init: None,
            closure: None,
            number,
            writes_back: false,
        };
        let outer = self.outer(&site);
        let arguments = arguments.into_iter().map(|v| (v, None)).collect();
        // It counts as many calls as one from Rust; nothing returns from its frame.
        let returned = self.inlined(callee, &site, arguments, Returns::Operator);
        self.leave_in_scratch(returned, site.back, keep, outer)
    }

    /// Merges ways, each with a value that the scratch register has then.
    fn leave_in_scratch(
        &mut self,
        returned: Vec<Returned>,
        back: usize,
        keep: Range<u16>,
        outer: Env,
    ) -> bool {
        let scratch = self.scratch();
        self.come_back(
            returned,
            back,
            |live, after, returned| {
                after.heaps = returned.env.heaps;
                after.regs[usize::from(scratch)] = Some(returned.value);
                live.insert(scratch);
                keep.clone().for_each(|register| live.insert(register));
            },
            outer,
        )
    }

    /// The value that [`inline_pure`](Self::inline_pure) has left.
    pub fn pure_result(&mut self) -> V {
        let scratch = usize::from(self.scratch());
        self.env.mem[scratch] = None;
        self.env.regs[scratch]
            .take()
            .expect("a function has left it")
    }

    /// A comparison by a method of an operand, which is built; nothing if there is none, or
    /// it may have effects. Whether control comes back, and whether the answer is the
    /// opposite.
    fn comparison_method(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<(bool, bool)> {
        if self.is_denied() {
            return None;
        }
        let (op, flipped) = match op {
            Op::Lt | Op::TestLt | Op::TestLtK => (Op::Lt, Op::Gt),
            Op::Le | Op::TestLe | Op::TestLeK => (Op::Le, Op::Ge),
            Op::Gt | Op::TestGt | Op::TestGtK => (Op::Gt, Op::Lt),
            Op::Ge | Op::TestGe | Op::TestGeK => (Op::Ge, Op::Le),
            Op::Eq | Op::TestEq | Op::TestEqK => (Op::Eq, Op::Eq),
            _ => (Op::Ne, Op::Ne),
        };
        // A type of which only an inline cache tells may have methods that are not known here.
        let noted = |this: &Self, v: V| {
            let shape = this.shape_to_expect(v)?;
            this.job.noted.contains(&shape).then_some(shape)
        };
        let of_x = noted(self, x)?;
        let method = |this: &Self, shape: u32, op: Op| this.job.operator(shape, op).cloned();
        let mut negate = false;
        let mut callee = method(self, of_x, op);
        if callee.is_none() && op == Op::Ne {
            negate = true;
            callee = method(self, of_x, Op::Eq);
        }
        let mut operands = [x, y];
        let mut shapes = [Some(of_x), None];
        if callee.is_none() && !matches!(op, Op::Eq | Op::Ne) {
            let of_y = noted(self, y)?;
            operands = [y, x];
            shapes = [Some(of_y), Some(of_x)];
            callee = method(self, of_y, flipped);
        }
        if callee.is_none() && matches!(op, Op::Eq | Op::Ne) {
            self.compare_fields(word, x, y, of_x)?;
            return Some((true, op == Op::Ne));
        }
        let callee = callee.filter(|callee| self.inlines_pure(callee, 2))?;
        for (v, shape) in operands.iter_mut().zip(shapes) {
            if let Some(shape) = shape {
                *v = self.instance(*v, shape);
            }
        }
        let comes_back = self.inline_pure(&callee, operands.to_vec(), 0, 0..0);
        Some((comes_back, negate))
    }

    /// Compares two structs of a type field by field, if that can be built; the truth is in
    /// the scratch register.
    fn compare_fields(&mut self, word: Instr, x: V, y: V, of: u32) -> Option<()> {
        let count = self.job.types.get(&of)?.fields.len() as u32;
        let reader = self.fun.function.number;
        let built = !shape::is_class(of)
            && !shape::has_equality(of)
            && self.shape_to_expect(y) == Some(of)
            && (1..=MOST_FIELDS).contains(&count)
            && (0..count).all(|slot| self.job.is_present(of, slot, reader));
        if !built {
            return None;
        }
        let (x, y) = (self.instance(x, of), self.instance(y, of));
        let outer = self.env.clone();
        let mut returned = Vec::new();
        let mut all = true;
        for slot in 0..count {
            let (a, b) = (self.field_of(x, slot), self.field_of(y, slot));
            let equal = self.plainly_equal(word, a, b);
            match self.branch(equal, true) {
                Way::Branch((cur, env), (block, other)) => {
                    (self.cur, self.env) = (block, other);
                    let value = self.truth_constant(false);
                    let value = self.tagged(value);
                    let env = std::mem::replace(&mut self.env, env);
                    self.cur = cur;
                    returned.push(Returned { block, env, value });
                }
                Way::To(0) => {}
                _ => {
                    all = false;
                    break;
                }
            }
        }
        let value = self.truth_constant(all);
        let value = self.tagged(value);
        let env = self.env.clone();
        returned.push(Returned {
            block: self.cur,
            env,
            value,
        });
        self.leave_in_scratch(returned, self.next, 0..0, outer);
        Some(())
    }

    /// Whether two values are equal that seem to be of a kind whose equality calls nothing.
    fn plainly_equal(&mut self, word: Instr, x: V, y: V) -> V {
        let both = |kinds: u32| {
            let seems = |v: V| self.ty(v).is(kinds) || self.was(v, kinds);
            seems(x) && seems(y)
        };
        if both(types::INT) {
            let (x, y) = (self.int_of(x), self.int_of(y));
            return self.compare_ints(EQUAL, x, y);
        }
        if both(types::FLOAT) {
            let args = [self.float_of(x), self.float_of(y)];
            return self.emit(Ir::CompareFloat, Rep::Bool, Type::BOOL, &args, EQUAL);
        }
        // The helper would compare the structs, which gives the same answer in the end.
        let negate = word.op() == Op::Ne || word.op() == Op::TestNe;
        let v = self.equality(word, x, y, negate);
        self.negated(v, negate)
    }

    /// An element of an instance by its method: the value, or control does not come back.
    /// Nothing if there is no such method.
    pub fn indexed_by_method(&mut self, container: V, index: V) -> Option<Option<V>> {
        if self.is_denied() {
            return None;
        }
        let of = self.shape_to_expect(container)?;
        let callee = self.job.operator(of, Op::GetIndex)?.clone();
        if !self.inlines_pure(&callee, 2) {
            return None;
        }
        self.restartable(|this| {
            let container = this.instance(container, of);
            let comes_back = this.inline_pure(&callee, vec![container, index], 0, 0..0);
            Some(comes_back.then(|| this.pure_result()))
        })
    }

    /// The shape that an instance is known or expected to have.
    pub fn shape_to_expect(&self, v: V) -> Option<u32> {
        if !self.ty(v).may_be(types::STRUCT | types::OBJECT) {
            return None;
        }
        match (self.ty(v).more, self.hint_of(v)) {
            (More::Shape(shape), _) => Some(shape),
            (_, Some(hint)) => self.job.samples[hint as usize].shape,
            _ => None,
        }
    }

    /// A comparison by a method of an operand: the truth, or control does not come back.
    /// Nothing if there is no such method.
    pub fn compared_by_method(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<Option<V>> {
        self.shape_to_expect(x)?;
        self.restartable(|this| {
            let (comes_back, negate) = this.comparison_method(word, op, x, y)?;
            if !comes_back {
                return Some(None);
            }
            let v = this.pure_result();
            let truth = this.truth_or_leave(v);
            Some(Some(this.negated(truth, negate)))
        })
    }

    /// The same for a branch.
    pub fn tested_by_method(&mut self, word: Instr, op: Op, x: V, y: V) -> Option<Way> {
        self.shape_to_expect(x)?;
        self.restartable(|this| {
            let (comes_back, negate) = this.comparison_method(word, op, x, y)?;
            if !comes_back {
                return Some(Way::Never);
            }
            let scratch = this.scratch();
            let decides = |this: &Self, v: V| this.is_decided(v);
            Some(this.threaded(scratch, decides, |this| {
                let v = this.pure_result();
                let truth = this.truth_or_leave(v);
                this.branch(truth, (word.c() != 0) != negate)
            }))
        })
    }

    fn truth_or_leave(&mut self, v: V) -> V {
        self.truth_of(v).unwrap_or_else(|| {
            self.unexpected();
            self.truth_constant(false)
        })
    }
}

impl Function {
    /// Whether it does nothing but find its result, as far as its guards hold.
    fn is_pure(&self) -> bool {
        let arguments = ((1 << self.parameters.min(8)) - 1) as u8;
        self.handlers.is_empty()
            && self.borrows(arguments, arguments) & arguments == 0
            && instructions(&self.words).all(|word| is_pure(word.op()))
    }
}

/// Whether an instruction has no effect where it does not call a helper.
fn is_pure(op: Op) -> bool {
    use Op::*;
    matches!(
        op,
        Nop | Move
            | Copy
            | Share
            | LoadK
            | LoadInt
            | LoadSimple
            | GetGlobal
            | GetField
            | GetIndex
            | GetIndexI
            | NewStruct
            | NewArray
            | NewDict
            | MakeResult
            | Add
            | Sub
            | Mul
            | Div
            | Mod
            | AddK
            | SubK
            | MulK
            | DivK
            | ModK
            | Shl
            | Shr
            | BitAnd
            | BitXor
            | BitOr
            | BitNot
            | Neg
            | Not
            | Truth
            | Lt
            | Le
            | Gt
            | Ge
            | Eq
            | Ne
            | TestLt
            | TestLe
            | TestGt
            | TestGe
            | TestEq
            | TestNe
            | TestLtK
            | TestLeK
            | TestGtK
            | TestGeK
            | TestEqK
            | TestNeK
            | TestTag
            | TestLit
            | TestRange
            | TestType
            | TestArray
            | GetPart
            | Jump
            | JumpIf
            | JumpIfNot
            | JumpIfNull
            | JumpIfNotNull
            | Return
            | ReturnNull
    )
}
