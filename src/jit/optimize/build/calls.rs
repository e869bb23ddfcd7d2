//! Calls of functions, methods, types and built-ins.

use super::super::ir::op::LENDS;
use super::super::ir::types::{self, Type};
use super::super::ir::{MethodCall, Op as Ir, Rep, V};
use super::super::job::{Field, Function, StructInfo, What};
use super::inline::Site;
use super::{Builder, Way};
use crate::bytecode::{Instr, Op};
use crate::heap::object::{Kind, SHAPE_BIT};
use crate::heap::shape;
use crate::jit::call_numbers::RuntimeCall;
use crate::runtime::Intrinsic;
use crate::vm::fields::{CHANGES, NATIVE, NUMBER, SEVERAL};
use crate::vm::method_cache;
use std::rc::Rc;

/// Types of receivers that a call looks for one after the other.
const MOST_SHAPES: usize = 6;
/// Arguments whose bit in the masks is their own.
const MOST_BORROWED: u16 = 7;

/// Argument count, and the masks of what the caller keeps and exposes.
fn masks(word: Instr) -> (u16, u8, u8) {
    (word.b() & 0xff, word.flags(), (word.b() >> 8) as u8)
}

impl Builder<'_> {
    /// A call that a helper makes. The window begins at register `a`.
    pub fn generic_window(&mut self, helper: RuntimeCall, a: u16) {
        self.generic(helper);
        self.lost_from(a);
        self.results(a, 2);
    }

    /// Registers that a call has left values in.
    pub(super) fn results(&mut self, a: u16, count: u16) {
        for register in a..(a + count).min(self.fun.function.registers) {
            self.load_again(register);
        }
    }

    /// The arguments, and what is read if the call throws, are in memory.
    fn store_arguments(&mut self, first: u16, count: u16) {
        for register in (first..first + count).chain(self.held(true)) {
            self.store_register(register);
        }
    }

    /// Checks that none of the arguments has to be borrowed.
    fn guard_arguments(&mut self, first: u16, borrows: u8) {
        for number in (0..MOST_BORROWED).filter(|number| borrows & 1 << number != 0) {
            let v = self.reg(first + number);
            if self.ty(v).may_be(types::SHAREABLE) {
                let v = self.tagged(v);
                self.check(Ir::GuardUnlent, &[v], 0);
            }
        }
    }

    /// Those of the arguments in a mask that may be objects to lend.
    fn lendable(&mut self, first: u16, borrows: u8) -> u8 {
        let mut lendable = 0;
        for number in (0..MOST_BORROWED).filter(|number| borrows & 1 << number != 0) {
            let v = self.reg(first + number);
            lendable |= u8::from(self.ty(v).may_be(types::SHAREABLE)) << number;
        }
        lendable
    }

    /// Calls a function whose arguments are in memory from register `a + 1` on. Arguments
    /// in the mask, which begin at register `first`, are lent to it.
    fn enter(&mut self, a: u16, back: usize, function: &Function, (first, lent): (u16, u8)) -> V {
        for number in (0..MOST_BORROWED).filter(|number| lent & 1 << number != 0) {
            let v = self.reg(first + number);
            let v = self.tagged(v);
            self.append(Ir::Lend, Rep::None, Type::of(0), &[v], 0);
        }
        let lends = if lent == 0 { 0 } else { LENDS };
        let address = function.address | lends;
        let v = self.append(Ir::CallDirect, Rep::Tagged, Type::ANY, &[], address);
        self.with_slow(
            v,
            super::super::ir::Slow {
                helper: u32::from(a) + 1,
                after: back as u32,
                flush: None,
                result: None,
            },
        );
        self.wrote_all();
        self.lost_from(a);
        v
    }

    pub fn call_constant(&mut self, word: Instr, a: u16) -> Option<Way> {
        let (nargs, kept, exposed) = masks(word);
        let function = self.fun.function.clone();
        let callee = match function.consts[usize::from(word.c())].what {
            What::Function { number, .. } => self.job.function(number).cloned(),
            _ => None,
        };
        let Some(callee) = callee else {
            self.generic_window(RuntimeCall::CallK, a);
            return None;
        };
        let borrows = callee.borrows(kept, exposed);
        if borrows != 0 && nargs > MOST_BORROWED {
            self.generic_window(RuntimeCall::CallK, a);
            return None;
        }
        let lent = self.lendable(a + 1, borrows);
        if (lent == 0 || !self.is_denied()) && self.inlines(&callee, (a, nargs), false) {
            self.guard_arguments(a + 1, lent);
            let site = Site {
                window: a,
                arguments: nargs,
                back: self.next,
                init: None,
                closure: None,
                number: 0,
                writes_back: false,
            };
            return (!self.inline(&callee, &site)).then_some(Way::Never);
        }
        self.store_arguments(a + 1, nargs);
        let v = self.enter(a, self.next, &callee, (a + 1, lent));
        self.set(a, v);
        None
    }

    /// `ty::name(…)`: a new value of an enum, or a function of a type.
    pub fn call_path(&mut self, word: Instr, a: u16) -> Option<Way> {
        let of = self.reg(a);
        if let types::More::Const(bits) = self.ty(of).more {
            let function = self.fun.function.clone();
            let name = function.consts[usize::from(word.c())].bits;
            if let Some(tag) = function.tag_of(name, bits)
                && self.new_variant(word, a, tag)
            {
                return None;
            }
            let callee = function.static_of(name, Some(bits));
            let callee = callee.and_then(|number| self.job.function(number).cloned());
            if let Some(callee) = callee
                && let Some(comes_back) = self.call_static(word, a, &callee)
            {
                return (!comes_back).then_some(Way::Never);
            }
        }
        self.generic_window(RuntimeCall::CallPath, a);
        None
    }

    /// A call of a function of a type, which has a receiver that is null: whether control
    /// comes back. Nothing if that cannot be done.
    fn call_static(&mut self, word: Instr, a: u16, callee: &Rc<Function>) -> Option<bool> {
        let (nargs, kept, exposed) = masks(word);
        let fits = callee.is_method
            && callee.max_args == nargs
            && nargs < MOST_BORROWED
            && a + nargs + 1 < self.fun.function.registers;
        if !fits {
            return None;
        }
        // One argument before the window's, as for a new instance.
        let borrows = callee.borrows(kept << 1, exposed << 1) & !1;
        let lent = self.lendable(a, borrows);
        let inlines =
            (lent == 0 || !self.is_denied()) && self.inlines(callee, (a, nargs + 1), false);
        if inlines {
            self.guard_arguments(a, lent);
        }
        let arguments: Vec<V> = (1..=nargs).map(|number| self.reg(a + number)).collect();
        let null = self.null();
        self.set(a + 1, null);
        for (number, v) in arguments.into_iter().enumerate() {
            self.set(a + 2 + number as u16, v);
        }
        if inlines {
            let site = Site {
                window: a,
                arguments: nargs + 1,
                back: self.next,
                init: None,
                closure: None,
                number: 0,
                writes_back: false,
            };
            return Some(self.inline(callee, &site));
        }
        self.store_arguments(a, nargs + 2);
        let v = self.enter(a, self.next, callee, (a + 1, lent));
        self.set(a, v);
        Some(true)
    }

    pub fn call(&mut self, word: Instr, a: u16) -> Option<Way> {
        let (nargs, kept, exposed) = masks(word);
        let callee = self.reg(a);
        if let types::More::Const(bits) = self.ty(callee).more
            && let Some(info) = self.struct_constant(bits)
            && let Some(comes_back) = self.construct(word, a, &info)
        {
            return (!comes_back).then_some(Way::Never);
        }
        if let Some(way) = self.call_function(word, a, callee) {
            return way;
        }
        if exposed != 0 && nargs > MOST_BORROWED {
            self.generic_window(RuntimeCall::Call, a);
            return None;
        }
        self.store_arguments(a, nargs + 1);
        let masks = u64::from(kept & !exposed) | u64::from(exposed) << 8;
        let imm = u64::from(a) | u64::from(nargs) << 16 | masks << 32;
        let v = self.append(Ir::CallValue, Rep::Tagged, Type::ANY, &[], imm);
        let slow = super::super::ir::Slow {
            helper: RuntimeCall::Call as u32,
            after: self.next as u32,
            flush: None,
            result: Some(a),
        };
        self.with_slow(v, slow);
        self.wrote_all();
        self.lost_from(a);
        self.set(a, v);
        None
    }

    /// A call of a function that is known, or expected; nothing if it is neither.
    fn call_function(&mut self, word: Instr, a: u16, callee: V) -> Option<Option<Way>> {
        let (nargs, kept, exposed) = masks(word);
        let known = match self.ty(callee).more {
            types::More::Const(bits) => self.job.values.get(&bits).copied(),
            _ => self.closures.get(&self.root_of(callee)).copied(),
        };
        let expected = self.hint_of(callee).filter(|_| !self.is_denied());
        let expected = expected.and_then(|hint| self.job.samples[hint as usize].function);
        let function = self.job.function(known.or(expected)?)?.clone();
        let borrows = function.borrows(kept, exposed);
        let many = borrows != 0 && nargs > MOST_BORROWED;
        if function.is_method || function.max_args != nargs || many {
            return None;
        }
        let callee = self.tagged(callee);
        let callee = match known {
            Some(_) => callee,
            None => {
                let ty = Type::of(types::OTHER);
                self.guard(Ir::GuardProto, callee, ty, function.address)
            }
        };
        let lent = self.lendable(a + 1, borrows);
        if (lent == 0 || !self.is_denied()) && self.inlines(&function, (a, nargs), true) {
            self.guard_arguments(a + 1, lent);
            // Closures made in it are made by a helper, which looks there.
            self.store_register(a);
            let site = Site {
                window: a,
                arguments: nargs,
                back: self.next,
                init: None,
                closure: Some(callee),
                number: 0,
                writes_back: false,
            };
            return Some((!self.inline(&function, &site)).then_some(Way::Never));
        }
        self.store_arguments(a, nargs + 1);
        let v = self.enter(a, self.next, &function, (a + 1, lent));
        self.set(a, v);
        Some(None)
    }

    pub fn struct_constant(&self, bits: u64) -> Option<Rc<StructInfo>> {
        let consts = &self.fun.function.consts;
        consts.iter().find_map(|constant| match &constant.what {
            What::Struct(info) if info.bits == bits => Some(info.clone()),
            _ => None,
        })
    }

    /// A call of a type, whose `init` is called by its code or inlined: whether control
    /// comes back. Nothing if that cannot be done.
    fn construct(&mut self, word: Instr, a: u16, info: &Rc<StructInfo>) -> Option<bool> {
        let (nargs, kept, exposed) = masks(word);
        let Some((number, init)) = info.init else {
            if nargs != 0 || info.fields.contains(&Field::Absent) {
                return None;
            }
            let instance = self.new_instance(info, a..a)?;
            if let Some(instance) = instance {
                self.set(a, instance);
            }
            return Some(instance.is_some());
        };
        let callee = self.job.function(number)?.clone();
        let borrows = callee.borrows(kept << 1, exposed << 1) & !1;
        if callee.max_args != nargs
            || nargs >= MOST_BORROWED
            || a + nargs + 1 >= self.fun.function.registers
        {
            return None;
        }
        // One argument before the window's: the instance is its first one.
        let lent = self.lendable(a, borrows);
        let inlines =
            (lent == 0 || !self.is_denied()) && self.inlines(&callee, (a, nargs + 1), false);
        if inlines {
            self.guard_arguments(a, lent);
        }
        let Some(instance) = self.new_instance(info, a..a + nargs + 1)? else {
            return Some(false);
        };
        // Types that `init` makes instances of have later numbers.
        let number = self.g.types.len() as u64 - 1;
        let arguments: Vec<V> = (1..=nargs).map(|number| self.reg(a + number)).collect();
        let init = self.constant(init, Type::of(types::OTHER));
        self.set(a, init);
        self.set(a + 1, instance);
        for (number, v) in arguments.into_iter().enumerate() {
            self.set(a + 2 + number as u16, v);
        }
        if inlines {
            let site = Site {
                window: a,
                arguments: nargs + 1,
                back: self.next,
                init: Some(init),
                closure: None,
                number: 0,
                writes_back: false,
            };
            if !self.inline(&callee, &site) {
                return Some(false);
            }
        } else {
            self.store_arguments(a, nargs + 2);
            self.enter(a, self.next, &callee, (a + 1, lent));
            self.load_again(a + 1);
        }
        let made = self.reg(a + 1);
        let made = self.tagged(made);
        if self.root_of(made) == self.root_of(instance) && self.is_complete(made, info) {
            self.set(a, made);
            return Some(true);
        }
        // An error says which `init` it was.
        self.set(a, init);
        let slow = self.slow(RuntimeCall::CheckConstructed, &[a, a + 1], None);
        let kinds = self.ty(instance);
        let checked = self.append(Ir::CheckComplete, Rep::Tagged, kinds, &[made], number);
        self.with_slow(checked, slow);
        self.set(a, checked);
        Some(true)
    }

    /// Whether all fields of an instance are known to have values.
    fn is_complete(&self, instance: V, info: &StructInfo) -> bool {
        let mut absent = (0..).zip(&info.fields);
        absent.all(|(slot, field)| {
            *field != Field::Absent
                || self
                    .known_load(Ir::LoadField, &[instance], slot)
                    .is_some_and(|v| !self.ty(v).may_be(types::ABSENT))
        })
    }

    /// Whether the method whose name the cache belongs to changes its receiver: then the
    /// jump is taken.
    pub fn check_mut(&mut self, word: Instr, a: u16) -> Way {
        let receiver = self.reg(a);
        let receiver = self.tagged(receiver);
        let Some(expected) = self.expected_method(word, receiver) else {
            return self.check_mut_of_several(a);
        };
        let (code, target) = (expected as u32, (expected >> 32) as u32);
        let of_shape = code & SHAPE_BIT != 0 && code != u32::MAX;
        let of_kind = code < method_cache::code::FIRST;
        if self.is_denied() || !of_shape && !of_kind {
            return self.check_mut_of_several(a);
        }
        if of_shape {
            self.instance(receiver, code);
        } else {
            let kinds = [
                (Kind::String, types::STRING),
                (Kind::Array, types::ARRAY),
                (Kind::Dict, types::DICT),
            ];
            let known = kinds.iter().find(|(kind, _)| *kind as u32 == code);
            let ty = Type::of(known.map_or(types::POINTER, |(_, kinds)| *kinds));
            self.guard(Ir::GuardKind, receiver, ty, u64::from(code));
        }
        Way::To(usize::from(target & CHANGES == 0))
    }

    /// The same for receivers of a few types whose methods change nothing, as far as is
    /// known, and for all others by the helper.
    fn check_mut_of_several(&mut self, a: u16) -> Way {
        let word = self.fun.function.words[self.at];
        let name = self.fun.function.consts[usize::from(word.c())].bits;
        let few: Vec<u64> = self.job.methods_named(name).collect();
        let harmless = few
            .iter()
            .all(|cached| (cached >> 32) as u32 & CHANGES == 0);
        if few.is_empty() || few.len() > MOST_SHAPES || !harmless {
            let status = self.generic_status(RuntimeCall::CheckMut);
            return self.by_status(status, true);
        }
        let receiver = self.reg(a);
        let receiver = self.tagged(receiver);
        let ty = Type::range(0, i64::from(u32::MAX));
        let shape = self.emit(Ir::LoadShape, Rep::Int, ty, &[receiver], 0);
        let mut from = Vec::new();
        for cached in few {
            let of_type = self.int(i64::from(cached as u32));
            let same = self.compare_ints(4, shape, of_type);
            if let Way::Branch(yes, no) = self.branch(same, true) {
                from.push(yes);
                (self.cur, self.env) = no;
            }
        }
        let status = self.generic_status(RuntimeCall::CheckMut);
        let Way::Branch(changes, not) = self.by_status(status, true) else {
            unreachable!("a status is not known");
        };
        from.push(not);
        let function = self.fun.function.clone();
        let live = function.flow.live_before(self.next + 1);
        self.merge(from, live);
        Way::Branch(changes, (self.cur, self.env.clone()))
    }

    /// After a call on a path: past the write-back, if the helper has moved the place.
    pub fn skip_write_back(&mut self) -> Way {
        let expected = self.fun.function.words_at + self.next as u64 * 8;
        let skipped = self.append(Ir::Skipped, Rep::Bool, Type::BOOL, &[], expected);
        self.branch(skipped, false)
    }

    fn generic_method_call(&mut self, op: Op, a: u16) -> Option<Way> {
        self.generic_window(RuntimeCall::CallMethod, a);
        (op == Op::CallMethodPath).then(|| self.skip_write_back())
    }

    /// The inline cache's word for the method that a call is expected to mean: that of the
    /// receiver's type, if it is known; of the type that it had when the job was made, if it
    /// comes from an object and the call has met several; else the one in the cache. Nothing
    /// if it may be any of several.
    fn expected_method(&self, word: Instr, receiver: V) -> Option<u64> {
        let cached = self.fun.function.words[self.next - 1].0;
        let name = self.fun.function.consts[usize::from(word.c())].bits;
        let of_shape = |shape: u32| match cached as u32 == shape {
            true => Some(cached),
            false => self
                .job
                .methods_named(name)
                .find(|&one| one as u32 == shape),
        };
        let ty = self.ty(receiver);
        if let types::More::Shape(shape) = ty.more
            && ty.is(types::OBJECT | types::STRUCT)
        {
            return of_shape(shape);
        }
        if (cached >> 32) as u32 & SEVERAL == 0 {
            return Some(cached);
        }
        // A variable's value says little: it is one round's, or one call's.
        let was = self.hint_of(receiver)?;
        let is_variable = self.job.registers.values().any(|&sample| sample == was);
        let shape = self.job.samples[was as usize]
            .shape
            .filter(|_| !is_variable);
        of_shape(shape?)
    }

    pub fn call_method(&mut self, word: Instr, op: Op, a: u16) -> Option<Way> {
        let receiver = self.reg(a + 1);
        let expected = self.expected_method(word, receiver);
        let cached = expected.unwrap_or(self.fun.function.words[self.next - 1].0);
        let (code, target) = (cached as u32, (cached >> 32) as u32);
        let empty = code == u32::MAX || code == 0;
        let of_shape = code & SHAPE_BIT != 0;
        if empty
            || (target & NATIVE != 0) == of_shape
            || code >= method_cache::code::FIRST && !of_shape
        {
            return self.generic_method_call(op, a);
        }
        if target & NATIVE != 0 {
            return self.native_method(word, op, a, code, target);
        }
        self.known_method(word, op, a, (code, target), expected.is_none())
    }

    /// A built-in method of objects of a kind.
    fn native_method(
        &mut self,
        word: Instr,
        op: Op,
        a: u16,
        code: u32,
        target: u32,
    ) -> Option<Way> {
        let intrinsic = self.job.intrinsics[(target & NUMBER) as usize];
        let nargs = word.b() & 0xff;
        let fine = !self.is_denied();
        if intrinsic == Some(Intrinsic::Push)
            && nargs == 1
            && code == Kind::Array as u32
            && op != Op::CallMethodLet
            && !self.is_part_denied()
        {
            let kept = word.flags() | (word.b() >> 8) as u8;
            let array = self.push_value(RuntimeCall::CallMethod, a, kept);
            self.lost_from(a);
            self.set(a, array);
            self.set(a + 1, array);
            return (op == Op::CallMethodPath).then_some(Way::To(0));
        }
        if intrinsic == Some(Intrinsic::Pop)
            && nargs == 0
            && code == Kind::Array as u32
            && op != Op::CallMethodLet
            && fine
        {
            let (array, element) = self.pop_value(a);
            self.lost_from(a);
            self.set(a, element);
            self.set(a + 1, array);
            return (op == Op::CallMethodPath).then_some(Way::To(0));
        }
        if intrinsic == Some(Intrinsic::Len)
            && nargs == 0
            && op != Op::CallMethodPath
            && fine
            && let Some(len) = self.length(a, code)
        {
            let receiver = self.reg(a + 1);
            self.set(a, len);
            self.set(a + 1, receiver);
            return None;
        }
        if target & CHANGES != 0 && op == Op::CallMethodLet {
            return self.generic_method_call(op, a);
        }
        self.store_arguments(a + 1, nargs + 1);
        let imm = u64::from(code) | u64::from(a + 1) << 32;
        let v = self.append(Ir::CallNativeMethod, Rep::None, Type::of(0), &[], imm);
        let slow = super::super::ir::Slow {
            helper: RuntimeCall::CallNativeMethod as u32,
            after: self.next as u32,
            flush: None,
            result: None,
        };
        self.with_slow(v, slow);
        self.wrote_all();
        self.lost_from(a);
        self.results(a, 2);
        (op == Op::CallMethodPath).then(|| self.skip_write_back())
    }

    /// A method of the program's for a receiver of a shape, or one of others too.
    fn known_method(
        &mut self,
        word: Instr,
        op: Op,
        a: u16,
        (code, target): (u32, u32),
        is_one_of_several: bool,
    ) -> Option<Way> {
        let (nargs, kept, exposed) = masks(word);
        let Some(callee) = self.job.function(target & NUMBER).cloned() else {
            return self.generic_method_call(op, a);
        };
        let borrows = callee.borrows(kept, exposed);
        let changes = target & CHANGES != 0;
        let needed = if changes { borrows & !1 } else { borrows };
        let many = needed != 0 && nargs >= MOST_BORROWED;
        if callee.max_args != nargs || many || changes && op == Op::CallMethodLet {
            return self.generic_method_call(op, a);
        }
        let moved = changes && op == Op::CallMethodPath;
        if is_one_of_several || self.is_denied() {
            let shares = changes && callee.sees_place(kept, exposed);
            let back = self.next + usize::from(moved);
            if op != Op::CallMethodPath {
                return self.method_of_several(word, op, a, &callee, (code, needed, shares, back));
            }
            return self.method_of_many(word, op, a, &callee, (code, needed, shares, back));
        }
        let receiver = self.reg(a + 1);
        let receiver = self.instance(receiver, code);
        if !self.enter_method(word, op, a, receiver, (&callee, changes, None)) {
            return Some(Way::Never);
        }
        (op == Op::CallMethodPath).then_some(Way::To(usize::from(moved)))
    }

    /// Calls a method of a receiver whose shape is known, or inlines it: whether control
    /// comes back. `number` is that of the method if the call may mean several.
    fn enter_method(
        &mut self,
        word: Instr,
        op: Op,
        a: u16,
        receiver: V,
        (callee, changes, number): (&Rc<Function>, bool, Option<u32>),
    ) -> bool {
        let (nargs, kept, exposed) = masks(word);
        if changes && callee.sees_place(kept, exposed) {
            self.mark_by(Ir::Share, receiver);
        }
        let moved = changes && op == Op::CallMethodPath;
        let back = self.next + usize::from(moved);
        let mut borrows = callee.borrows(kept, exposed);
        if changes || number.is_some() && self.ty(receiver).is(types::OBJECT) {
            borrows &= !1;
        }
        let lent = self.lendable(a + 1, borrows);
        let inlines = match number {
            Some(_) => lent == 0 && self.inlines_one(callee, (a, nargs + 1)),
            None => self.inlines(callee, (a, nargs + 1), false),
        };
        if inlines {
            self.guard_arguments(a + 1, lent);
            let site = Site {
                window: a,
                arguments: nargs + 1,
                back,
                init: None,
                closure: None,
                number: number.unwrap_or(0),
                writes_back: changes,
            };
            return self.inline(callee, &site);
        }
        self.store_arguments(a + 1, nargs + 1);
        let v = self.enter(a, back, callee, (a + 1, lent));
        self.load_again(a + 1);
        self.set(a, v);
        true
    }

    /// A method of receivers of a few types: each has a way of its own. Others are not
    /// expected, or where they have been met have one more way.
    fn method_of_several(
        &mut self,
        word: Instr,
        op: Op,
        a: u16,
        callee: &Function,
        rest: (u32, u8, bool, usize),
    ) -> Option<Way> {
        let (nargs, kept, exposed) = masks(word);
        let name = self.fun.function.consts[usize::from(word.c())].bits;
        let mut few = Vec::new();
        for cached in self.job.methods_named(name) {
            let (shape, target) = (cached as u32, (cached >> 32) as u32);
            let Some(callee) = self.job.function(target & NUMBER) else {
                continue;
            };
            let changes = target & CHANGES != 0;
            let many = nargs >= MOST_BORROWED && callee.borrows(kept, exposed) != 0;
            let fits = callee.max_args == nargs && !many;
            if fits && !(changes && op == Op::CallMethodLet) {
                few.push((shape, callee.clone(), changes));
            }
        }
        if few.is_empty() || few.len() > MOST_SHAPES {
            return self.method_of_many(word, op, a, callee, rest);
        }
        let receiver = self.reg(a + 1);
        let receiver = self.tagged(receiver);
        let ty = Type::range(0, i64::from(u32::MAX));
        let shape = self.emit(Ir::LoadShape, Rep::Int, ty, &[receiver], 0);
        let mut live = self.fun.function.flow.live_before(self.next).clone();
        live.insert(a);
        live.insert(a + 1);
        let mut from = Vec::new();
        let last = few.len() - 1;
        let meets_others = self.is_denied();
        for (number, (of, callee, changes)) in few.into_iter().enumerate() {
            let is_last = number == last && !meets_others;
            let mut others = None;
            if is_last {
                self.instance(receiver, of);
            } else {
                let of_type = self.int(i64::from(of));
                let same = self.compare_ints(4, shape, of_type);
                let Way::Branch(yes, no) = self.branch(same, true) else {
                    continue;
                };
                (self.cur, self.env) = yes;
                others = Some(no);
            }
            let kinds = if shape::is_class(of) {
                types::OBJECT
            } else {
                types::STRUCT
            };
            let receiver = self.narrowed(receiver, Type::shape(kinds, of));
            if self.enter_method(
                word,
                op,
                a,
                receiver,
                (&callee, changes, Some(number as u32)),
            ) {
                from.push((self.cur, self.env.clone()));
            }
            if let Some(others) = others {
                (self.cur, self.env) = others;
                self.live = true;
            }
        }
        if meets_others {
            self.method_of_many(word, op, a, callee, rest);
            from.push((self.cur, self.env.clone()));
        }
        if from.is_empty() {
            return Some(Way::Never);
        }
        self.merge(from, &live);
        self.live = true;
        None
    }

    /// A method of receivers of several types.
    fn method_of_many(
        &mut self,
        word: Instr,
        op: Op,
        a: u16,
        callee: &Function,
        (shape, needed, shares, back): (u32, u8, bool, usize),
    ) -> Option<Way> {
        let (nargs, kept, exposed) = masks(word);
        // A variable's receiver is not lent to what may change it.
        let lent = match op {
            Op::CallMethodPlace => kept & !1 | exposed,
            _ => kept | exposed,
        };
        let registers = |mask: u8| {
            (0..=nargs.min(MOST_BORROWED - 1))
                .filter(|number| mask & 1 << number != 0)
                .map(|number| u32::from(a + 1 + number))
                .collect()
        };
        let function = self.fun.function.clone();
        let name = function.consts[usize::from(word.c())].bits;
        self.store_arguments(a + 1, nargs + 1);
        let number = self.g.calls.len() as u64;
        self.g.calls.push(MethodCall {
            shape,
            proto: callee.address,
            name,
            seed: function.consts[usize::from(word.c())].seed,
            arguments: u32::from(nargs),
            lent: registers(lent),
            needed: registers(needed),
            shares,
            back: back as u32,
            window: u32::from(a) + 1,
        });
        let v = self.append(Ir::CallMethod, Rep::Tagged, Type::ANY, &[], number);
        let slow = super::super::ir::Slow {
            helper: RuntimeCall::CallMethod as u32,
            after: self.next as u32,
            flush: None,
            result: Some(a),
        };
        self.with_slow(v, slow);
        self.wrote_all();
        self.lost_from(a);
        self.load_again(a + 1);
        self.set(a, v);
        (op == Op::CallMethodPath).then(|| self.skip_write_back())
    }
}
