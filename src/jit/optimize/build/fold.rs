//! Making instructions: folding of what is known, then value numbering.

use super::super::ir::op::KNOWN_OBJECT;
use super::super::ir::types::{self, More, Type};
use super::super::ir::{Op, Rep, Slow, V};
use super::table::{Key, NOTHING};
use super::{Builder, Heap};

/// The part of memory that a place belongs to.
pub fn heap_of(op: Op, imm: u64) -> Heap {
    match op {
        Op::LoadField => Heap::Field(imm as u8),
        Op::LoadGlobal => Heap::Globals,
        Op::LoadCell => Heap::Cells,
        _ => unreachable!("no place"),
    }
}

impl Builder<'_> {
    pub fn ty(&self, v: V) -> Type {
        self.g.inst(v).ty
    }

    pub fn rep(&self, v: V) -> Rep {
        self.g.inst(v).rep
    }

    pub fn op(&self, v: V) -> Op {
        self.g.inst(v).op
    }

    /// The value that guards have led to this one.
    pub fn root_of(&self, v: V) -> V {
        self.root[v.index()]
    }

    /// An instruction at the end of the current block.
    pub fn append(&mut self, op: Op, rep: Rep, ty: Type, args: &[V], imm: u64) -> V {
        let site = self.site();
        let v = self.g.add(op, rep, ty, args, imm, site);
        self.root.push(v);
        let cur = self.cur;
        self.g.block_mut(cur).insts.push(v);
        v
    }

    fn key(&self, op: Op, args: &[V], imm: u64, version: u32) -> Key {
        let mut roots = [NOTHING; 3];
        for (root, &arg) in roots.iter_mut().zip(args) {
            *root = self.root_of(arg).0;
        }
        Key {
            op,
            args: roots,
            imm,
            version,
        }
    }

    /// Whether the first operand is a constant that could as well be the second, where
    /// instructions have room for it.
    fn is_turned(&self, op: Op, args: &[V]) -> bool {
        let commutes = matches!(
            op,
            Op::Add | Op::AddChecked | Op::Mul | Op::MulChecked | Op::And | Op::Or | Op::Xor
        );
        commutes && self.op(args[0]).is_constant() && !self.op(args[1]).is_constant()
    }

    /// The version of the memory that an operation reads; nothing if it is not
    /// to be numbered.
    fn version(&self, op: Op, imm: u64) -> Option<u32> {
        let heap = match op {
            Op::LoadField | Op::LoadGlobal | Op::LoadCell => heap_of(op, imm),
            Op::LoadElement => Heap::Elements,
            Op::LoadLen | Op::LoadData | Op::StringLen | Op::StringByte => Heap::Arrays,
            Op::GuardOwn | Op::GuardUnlent => Heap::Marks,
            Op::Param | Op::LoadReg | Op::NewCell | Op::NewArray | Op::NewDict => return None,
            // Calls make what they find out of date.
            Op::NewStruct | Op::NewTagged | Op::NewInstance | Op::Skipped => {
                return None;
            }
            _ => return Some(0),
        };
        Some(self.env.heaps[heap.index()])
    }

    /// A pure instruction, or a load.
    pub fn emit(&mut self, op: Op, rep: Rep, ty: Type, args: &[V], imm: u64) -> V {
        if self.is_turned(op, args) {
            return self.emit(op, rep, ty, &[args[1], args[0]], imm);
        }
        if let Some(v) = self.fold(op, args) {
            return v;
        }
        let Some(version) = self.version(op, imm) else {
            return self.append(op, rep, ty, args, imm);
        };
        let key = self.key(op, args, imm, version);
        if let Some(v) = self.table.find(&self.g, &key, self.cur) {
            return self.best_known(v);
        }
        let v = self.append(op, rep, ty, args, imm);
        self.table.insert(key, v, self.cur);
        v
    }

    /// The value as it was refined last on the way here, if that says more.
    fn best_known(&self, v: V) -> V {
        let key = self.key(Op::Refine, &[v], self.rep(v) as u64, 0);
        match self.table.find(&self.g, &key, self.cur) {
            Some(refined) if self.ty(refined).implies(self.ty(v)) => refined,
            _ => v,
        }
    }

    /// Enters the value that a load would give.
    pub fn enter_load(&mut self, op: Op, args: &[V], imm: u64, v: V) {
        if let Some(version) = self.version(op, imm) {
            let key = self.key(op, args, imm, version);
            self.table.insert(key, v, self.cur);
        }
    }

    /// The value that a load is known to give.
    pub fn known_load(&self, op: Op, args: &[V], imm: u64) -> Option<V> {
        let version = self.version(op, imm)?;
        let key = self.key(op, args, imm, version);
        let known = self.table.find(&self.g, &key, self.cur)?;
        Some(self.best_known(known))
    }

    /// Whether memory is known to have a value where it is about to be stored.
    pub fn has_already(&self, op: Op, args: &[V], imm: u64, value: V) -> bool {
        self.known_load(op, args, imm)
            .is_some_and(|known| self.root_of(known) == self.root_of(value))
    }

    /// A guard on a boxed value: gives it with what is known then.
    pub fn guard(&mut self, op: Op, v: V, ty: Type, imm: u64) -> V {
        let refined = self.ty(v).both(ty);
        let says_it_all = match op {
            Op::GuardPresent => !self.ty(v).may_be(types::ABSENT),
            Op::GuardInt | Op::GuardFloat | Op::GuardBool => true,
            Op::GuardShape | Op::GuardShapeOrNull => true,
            // Other kinds have a bit in types together.
            Op::GuardKind => [types::STRING, types::ARRAY, types::DICT].contains(&ty.kinds),
            _ => false,
        };
        if says_it_all && self.ty(v).implies(ty) {
            return v;
        }
        let version = self.version(op, imm).unwrap_or(0);
        let key = self.key(op, &[v], imm, version);
        if let Some(known) = self.table.find(&self.g, &key, self.cur) {
            // Both may know more than the other; what was guarded last is the better guess.
            if self.ty(v).implies(self.ty(known)) {
                return v;
            }
            return known;
        }
        let state = self.state();
        let rep = self.rep(v);
        let g = self.append(op, rep, refined, &[v], imm);
        self.g.insts[g.index()].state = Some(state);
        let looks = matches!(op, Op::GuardKind | Op::GuardShape | Op::GuardType);
        if looks && self.ty(v).is_pointer() {
            self.g.insts[g.index()].imm |= KNOWN_OBJECT;
        }
        self.root[g.index()] = self.root_of(v);
        self.table.insert(key, g, self.cur);
        self.refine(v, g);
        self.enter_refined(g);
        g
    }

    /// A guard that gives nothing.
    pub fn check(&mut self, op: Op, args: &[V], imm: u64) {
        let version = self.version(op, imm).unwrap_or(0);
        let key = self.key(op, args, imm, version);
        if self.table.find(&self.g, &key, self.cur).is_some() {
            return;
        }
        let state = self.state();
        let g = self.append(op, Rep::None, Type::of(0), args, imm);
        self.g.insts[g.index()].state = Some(state);
        self.table.insert(key, g, self.cur);
    }

    /// An operation that gives a value or leaves.
    pub fn emit_checked(&mut self, op: Op, rep: Rep, ty: Type, args: &[V], imm: u64) -> V {
        if self.is_turned(op, args) {
            return self.emit_checked(op, rep, ty, &[args[1], args[0]], imm);
        }
        if let Some(v) = self.fold(op, args) {
            return v;
        }
        let version = self.version(op, imm).unwrap_or(0);
        let key = self.key(op, args, imm, version);
        if let Some(v) = self.table.find(&self.g, &key, self.cur) {
            return v;
        }
        let state = self.state();
        let v = self.append(op, rep, ty, args, imm);
        self.g.insts[v.index()].state = Some(state);
        self.table.insert(key, v, self.cur);
        v
    }

    /// Gives an instruction a call of a helper.
    pub fn with_slow(&mut self, v: V, slow: Slow) {
        self.g.slows.push(slow);
        self.g.insts[v.index()].slow = Some(self.g.slows.len() as u32 - 1);
    }

    /// Enters a value as the latest form of the one that it is refined from.
    fn enter_refined(&mut self, refined: V) {
        let key = self.key(Op::Refine, &[refined], self.rep(refined) as u64, 0);
        self.table.insert(key, refined, self.cur);
    }

    /// Registers that hold a value, hold what is known of it now.
    pub fn refine(&mut self, v: V, refined: V) {
        let root = self.root_of(v);
        for register in 0..self.env.regs.len() {
            if let Some(there) = self.env.regs[register]
                && self.root_of(there) == root
                && self.rep(there) == self.rep(refined)
                && self.ty(refined).implies(self.ty(there))
            {
                self.env.regs[register] = Some(refined);
            }
        }
    }

    /// The same value for the rest of this way, of which more is known: a copy that takes
    /// no instruction.
    pub fn narrowed(&mut self, v: V, ty: Type) -> V {
        let refined = self.ty(v).both(ty);
        if refined == self.ty(v) || refined.kinds == 0 {
            return v;
        }
        let rep = self.rep(v);
        let copy = self.append(Op::Refine, rep, refined, &[v], 0);
        self.root[copy.index()] = self.root_of(v);
        self.refine(v, copy);
        self.enter_refined(copy);
        copy
    }

    pub fn int(&mut self, value: i64) -> V {
        let ty = Type::range(value, value);
        self.emit(Op::ConstInt, Rep::Int, ty, &[], value as u64)
    }

    pub fn word(&mut self, value: u64) -> V {
        self.emit(Op::ConstWord, Rep::Word, Type::WORD, &[], value)
    }

    pub fn float(&mut self, value: f64) -> V {
        self.emit(
            Op::ConstFloat,
            Rep::Float,
            Type::FLOAT,
            &[],
            value.to_bits(),
        )
    }

    pub fn constant(&mut self, bits: u64, ty: Type) -> V {
        self.emit(Op::Const, Rep::Tagged, ty, &[], bits)
    }

    pub fn null(&mut self) -> V {
        self.constant(crate::value::Value::NULL.bits(), Type::of(types::NULL))
    }

    /// The int that a value of that representation is, if it is known.
    fn known(&self, v: V) -> Option<i64> {
        (self.rep(v) == Rep::Int)
            .then(|| self.ty(v).int())
            .flatten()
    }

    /// The result of an operation, if that is known or is one of its operands.
    fn fold(&mut self, op: Op, args: &[V]) -> Option<V> {
        let arg = |number: usize| args.get(number).copied();
        match op {
            Op::UnboxInt => {
                let v = arg(0)?;
                if matches!(self.op(self.root_of(v)), Op::BoxInt | Op::BoxIntChecked) {
                    return Some(self.g.arg(self.root_of(v), 0));
                }
                self.ty(v).int().map(|value| self.int(value))
            }
            Op::UnboxFloat => {
                let root = self.root_of(arg(0)?);
                if self.op(root) == Op::BoxFloat {
                    return Some(self.g.arg(root, 0));
                }
                match self.ty(root).more {
                    More::Const(bits) if self.ty(root).is_float() => {
                        Some(self.float(crate::value::Value::from_bits(bits).as_float()))
                    }
                    _ => None,
                }
            }
            Op::BoxInt => {
                let root = self.root_of(arg(0)?);
                if self.op(root) == Op::UnboxInt {
                    return Some(self.g.arg(root, 0));
                }
                let value = self.known(arg(0)?)?;
                let boxed = crate::value::Value::try_int(value)?;
                Some(self.constant(boxed.bits(), Type::range(value, value)))
            }
            Op::UnboxWord => {
                let root = self.root_of(arg(0)?);
                match self.op(root) {
                    Op::BoxWord => Some(self.g.arg(root, 0)),
                    Op::BoxInt if self.ty(self.g.arg(root, 0)).is_word() => {
                        let int = self.g.arg(root, 0);
                        Some(self.as_rep(int, Rep::Word))
                    }
                    _ => None,
                }
            }
            Op::BoxWord => {
                let root = self.root_of(arg(0)?);
                (self.op(root) == Op::UnboxWord).then(|| self.g.arg(root, 0))
            }
            Op::AsWord => {
                let value = self.known(arg(0)?)?;
                Some(self.word(value as u64))
            }
            Op::BoxFloat => {
                let root = self.root_of(arg(0)?);
                match self.op(root) {
                    Op::UnboxFloat => Some(self.g.arg(root, 0)),
                    Op::ConstFloat => {
                        let value = f64::from_bits(self.g.inst(root).imm);
                        let boxed = crate::value::Value::float(value).bits();
                        let ty = Type {
                            kinds: types::FLOAT,
                            more: More::Const(boxed),
                        };
                        Some(self.constant(boxed, ty))
                    }
                    _ => None,
                }
            }
            Op::BoxBool => {
                let root = self.root_of(arg(0)?);
                (self.op(root) == Op::IsTrue).then(|| self.g.arg(root, 0))
            }
            Op::IsTrue => {
                let root = self.root_of(arg(0)?);
                (self.op(root) == Op::BoxBool).then(|| self.g.arg(root, 0))
            }
            Op::NotBool => {
                let root = self.root_of(arg(0)?);
                (self.op(root) == Op::NotBool).then(|| self.g.arg(root, 0))
            }
            Op::IntToFloat => {
                let value = self.known(arg(0)?)?;
                Some(self.float(value as f64))
            }
            Op::Add | Op::AddChecked => match (self.known(args[0]), self.known(args[1])) {
                (Some(a), Some(b)) => a.checked_add(b).map(|value| self.int(value)),
                (Some(0), _) => Some(args[1]),
                (_, Some(0)) => Some(args[0]),
                _ => None,
            },
            Op::Sub | Op::SubChecked => match (self.known(args[0]), self.known(args[1])) {
                (Some(a), Some(b)) => a.checked_sub(b).map(|value| self.int(value)),
                (_, Some(0)) => Some(args[0]),
                _ => None,
            },
            Op::Mul | Op::MulChecked => match (self.known(args[0]), self.known(args[1])) {
                (Some(a), Some(b)) => a.checked_mul(b).map(|value| self.int(value)),
                (Some(1), _) => Some(args[1]),
                (_, Some(1)) => Some(args[0]),
                _ => None,
            },
            Op::Div => match (self.known(args[0]), self.known(args[1])) {
                (Some(a), Some(b)) => a.checked_div(b).map(|value| self.int(value)),
                (_, Some(1)) => Some(args[0]),
                _ => None,
            },
            Op::Rem => match (self.known(args[0]), self.known(args[1])) {
                (Some(a), Some(b)) => a.checked_rem(b).map(|value| self.int(value)),
                _ => None,
            },
            Op::And | Op::Or | Op::Xor => {
                let (a, b) = (self.known(args[0])?, self.known(args[1])?);
                Some(self.int(match op {
                    Op::And => a & b,
                    Op::Or => a | b,
                    _ => a ^ b,
                }))
            }
            _ => None,
        }
    }
}
