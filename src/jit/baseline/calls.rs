//! Calls. A known function is called by its code, whose frame it makes itself;
//! everything else goes through a helper that finds out what is called.

use super::super::call_numbers::RuntimeCall;
use super::super::regs::*;
use super::Compiler;
use super::emit::SlowPath;
use super::objects::MOST_VALUES;
use super::state::Type;
use crate::bytecode::{Instr, Op};
use crate::heap::object::{Kind, SHAPE_BIT};
use crate::heap::shape::EMPTY_SHAPE;
use crate::heap::types::{Default as FieldDefault, Field, StructObj};
use crate::jit::templates::{guard_pointer, lend, take_back, unless_to_borrow};
use crate::runtime::Intrinsic;
use crate::value::Value;
use crate::vm::cache;
use crate::vm::call::proto_of;
use crate::vm::fields::{CHANGES, NATIVE, NUMBER, SEVERAL};
use crate::vm::method_cache::{self, CODE_FACTOR, CODE_SHIFT, method_seed};
use crate::vm::proto::Proto;
use ruff_asm::Label;
use ruff_asm::prelude::*;

/// Arguments whose bit in the masks is their own.
const MOST_BORROWED: u32 = 7;

/// Argument count, and the masks of what the caller keeps and exposes.
fn masks(word: Instr) -> (u32, u8, u8) {
    (
        (word.b() & 0xff) as u32,
        word.flags(),
        (word.b() >> 8) as u8,
    )
}

impl<M: Masm> Compiler<'_, M> {
    /// A call that a helper makes. The window begins at register `a`.
    pub fn generic_call(&mut self, helper: RuntimeCall, a: u32) {
        self.flush();
        self.call_runtime(helper);
        self.state.forget_machine();
        self.state.forget_from(a);
    }

    /// A call of the function whose proto is in `T0`: its arguments are at register
    /// `a + 1`, the caller goes on at word `back`.
    fn entering(&self, a: u32, back: usize) -> Entering {
        Entering {
            pc: self.words.as_ptr() as u64 + back as u64 * 8,
            window: (a as i32 + 1) * 8,
            own: None,
            shows_frame: self.shows_frame(),
        }
    }

    fn enter(&mut self, a: u32, back: usize, proto: *const Proto) {
        let mut entering = self.entering(a, back);
        if std::ptr::eq(proto, self.proto) {
            entering.own = Some(self.start);
        }
        entering.emit(self.m);
    }

    /// Takes the value of a call from `T0`.
    fn called(&mut self, a: u32) {
        self.state.forget_machine();
        self.state.forget_from(a);
        self.pinned.clear();
        let d = self.fresh();
        self.m.mov(W64, d, T0);
        self.define(a, d, Type::Any);
    }

    pub fn call_constant(&mut self, word: Instr, a: u32) {
        let (nargs, kept, exposed) = masks(word);
        // SAFETY: the constant of a direct call is a function.
        let (proto, borrows) = unsafe {
            let proto = proto_of(self.constant(word.c() as usize));
            (proto, (*proto).borrows(kept, exposed))
        };
        if nargs > MOST_BORROWED && borrows != 0 {
            return self.generic_call(RuntimeCall::CallK, a);
        }
        self.flush();
        self.lend_arguments(a + 1, borrows);
        self.m.mov_address(T0, proto as u64);
        self.enter(a, self.after, proto);
        if borrows != 0 {
            take_back(self.m, self.table.take_back);
        }
        self.called(a);
    }

    /// Lends arguments, which begin at register `first`, to the function that is called next.
    fn lend_arguments(&mut self, first: u32, borrows: u8) {
        for i in (0..MOST_BORROWED).filter(|i| borrows & 1 << i != 0) {
            let reg = first + i;
            if self.state.type_of(reg).is_plain() {
                continue;
            }
            let value = self.value(reg);
            lend(self.m, value, 0);
            // Many arguments would take all machine registers.
            self.pinned.clear();
        }
    }

    /// Branches if one of the arguments, which begin at register `first`, has to be
    /// borrowed for a call: an object that could be written in place now and must not
    /// be. One that is borrowed for a call further out is none of them.
    fn guard_arguments(&mut self, first: u32, borrows: u8, otherwise: Label) {
        for i in (0..MOST_BORROWED).filter(|i| borrows & 1 << i != 0) {
            let reg = first + i;
            if self.state.type_of(reg).is_plain() {
                continue;
            }
            let value = self.value(reg);
            unless_to_borrow(self.m, value, otherwise);
            // Many arguments would take all machine registers.
            self.pinned.clear();
        }
    }

    /// A call of a type, whose `init` is called by its code; or false.
    fn construct(&mut self, word: Instr, a: u32, ty: Value) -> bool {
        let (nargs, kept, exposed) = masks(word);
        let info = ty.struct_type();
        let Some(init) = info.method(self.vm.names.init) else {
            return false;
        };
        let init = info.methods[init].function;
        // SAFETY: methods are functions, whose protos live as long as the machine.
        let (proto, max, borrows) = unsafe {
            let proto = proto_of(init);
            let borrows = (*proto).borrows(kept << 1, exposed << 1);
            (proto, (*proto).max_args as u32, borrows)
        };
        let size = size_of::<StructObj>() + 8 * info.fields.len();
        let simple = |field: &Field| !matches!(field.default, FieldDefault::Call(_));
        if max != nargs
            || nargs >= MOST_BORROWED
            || info.fields.len() as u32 > MOST_VALUES
            || !info.fields.iter().all(simple)
            || !self.allocates(size)
        {
            return false;
        }
        self.flush();
        let slow = self.slow();
        self.guard_arguments(a, borrows & !1, slow.label);
        let d = self.fresh();
        let kind = if info.is_class {
            Kind::Object
        } else {
            Kind::Struct
        };
        self.allocate(d, size, (kind, 0), info.shape, slow.label);
        self.m.mov_address(T1, ty.bits());
        self.m.store(Size::B8, Mem::new(d, STRUCT_TYPE), T1);
        for (slot, field) in info.fields.iter().enumerate() {
            let place = Mem::new(d, STRUCT_FIELDS + 8 * slot as i32);
            match field.default {
                FieldDefault::Value(value) if value.is_pointer() => {
                    self.m.mov_address(T1, value.bits());
                    self.m.store(Size::B8, place, T1);
                }
                FieldDefault::Value(value) => {
                    self.m.mov(W64, T1, value.bits());
                    self.m.store(Size::B8, place, T1);
                }
                _ => self.m.store_imm(Size::B8, place, 0),
            }
        }
        self.fill_containers(d, &info.fields, slow.label);
        for i in (1..=nargs).rev() {
            let value = match self.state.find(a + i).and_then(|entry| entry.gpr) {
                Some(gpr) => gpr,
                None => {
                    self.m.load(Load::W64, T1, register(a + i));
                    T1
                }
            };
            self.m.store(Size::B8, register(a + i + 1), value);
        }
        self.m.mov_address(T1, init.bits());
        self.m.store(Size::B8, register(a), T1);
        self.m.store(Size::B8, register(a + 1), d);
        self.m.mov_address(T0, proto as u64);
        self.enter(a, self.after, proto);
        self.state.forget_machine();
        self.state.forget_from(a);
        self.pinned.clear();
        let d = self.fresh();
        let slow_call = self.slow_call(RuntimeCall::CheckConstructed);
        let wrong = self.m.cold(|m| {
            slow_call.call(m);
            m.trap();
        });
        self.m.load(Load::W64, d, register(a + 1));
        guard_pointer(self.m, d, wrong);
        let shape = Mem::new(d, HEADER_AUX);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B4, shape, info.shape as i32 as i64, wrong);
        for (slot, field) in info.fields.iter().enumerate() {
            if matches!(field.default, FieldDefault::None) {
                let place = Mem::new(d, STRUCT_FIELDS + 8 * slot as i32);
                self.m.branch_mem_imm(Cond::Eq, Size::B8, place, 0, wrong);
            }
        }
        self.define(a, d, Type::Shape(info.shape));
        self.slow_path(slow, RuntimeCall::Call);
        true
    }

    /// Makes the empty containers that fields of a new instance begin with; branches if
    /// the allocator has to be asked.
    fn fill_containers(&mut self, instance: Gpr, fields: &[Field], no: Label) {
        let mut made = None;
        for (slot, field) in fields.iter().enumerate() {
            let is_array = match field.default {
                FieldDefault::EmptyArray => true,
                FieldDefault::EmptyDict => false,
                _ => continue,
            };
            let d = *made.get_or_insert_with(|| self.fresh());
            if is_array {
                self.allocate_array(d, 0, no);
            } else {
                self.allocate_dict(d, EMPTY_SHAPE, 0, no);
            }
            let place = Mem::new(instance, STRUCT_FIELDS + 8 * slot as i32);
            self.m.store(Size::B8, place, d);
        }
    }

    pub fn call(&mut self, word: Instr, a: u32) {
        let (nargs, kept, exposed) = masks(word);
        if let Type::Known(callee) = self.state.type_of(a)
            && callee.is_kind(Kind::StructType)
            && self.construct(word, a, callee)
        {
            return;
        }
        if nargs > MOST_BORROWED && exposed != 0 {
            return self.generic_call(RuntimeCall::Call, a);
        }
        self.flush();
        let callee = self.value(a);
        let slow = self.slow();
        if !self.state.type_of(a).is_object() {
            guard_pointer(self.m, callee, slow.label);
        }
        let kind = Mem::new(callee, HEADER_KIND);
        let function = Kind::Function as i64;
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, function, slow.label);
        self.m.load(Load::W64, T0, Mem::new(callee, FUNCTION_PROTO));
        let exact = Mem::new(T0, PROTO_EXACT_ARGS);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B4, exact, nargs as i64, slow.label);
        self.lend_to_unknown(a + 1, nargs, kept & !exposed, exposed, slow.label);
        self.enter(a, self.after, std::ptr::null());
        if kept | exposed != 0 {
            take_back(self.m, self.table.take_back);
        }
        self.called(a);
        self.slow_path(slow, RuntimeCall::Call);
    }

    /// Lends what the function whose proto is in `T0` needs borrowed of the arguments, which
    /// begin at register `first` and are in memory, or branches: it could be one for which
    /// the masks have no bit. Uses `T1`.
    fn lend_to_unknown(&mut self, first: u32, nargs: u32, kept: u8, exposed: u8, otherwise: Label) {
        if kept | exposed == 0 {
            return;
        }
        let spare = self.fresh();
        let m = &mut *self.m;
        let lend_all = |m: &mut M, mask: u8| {
            for i in (0..nargs.min(MOST_BORROWED)).filter(|i| mask & 1 << i != 0) {
                m.load(Load::W64, spare, register(first + i));
                lend(m, spare, 0);
            }
        };
        let fine = m.new_label();
        if exposed != 0 {
            let nothing = Mem::new(T0, PROTO_BORROWS_NOTHING);
            m.branch_mem_imm(Cond::Ne, Size::B1, nothing, 0, fine);
            lend_all(m, exposed);
        }
        if kept != 0 {
            // Arguments that the function may write or let escape, as a rule none.
            let owned = m.cold(|m| {
                if nargs > MOST_BORROWED {
                    return m.jump(otherwise);
                }
                lend_all(m, kept);
                m.jump(fine);
            });
            m.load(Load::U8, T1, Mem::new(T0, PROTO_OWNED_PARAMS));
            m.branch_mask(Bits::Set, W32, T1, kept as i32, owned);
        }
        m.bind(fine);
    }

    /// Whether the method whose name the cache word belongs to changes its receiver: the
    /// jump word after it is taken if so.
    pub fn check_mut(&mut self, a: u32) {
        let cached = self.cache_word();
        let (code, target) = (cached as u32, (cached >> 32) as u32);
        let of_shape = code & SHAPE_BIT != 0;
        if code == cache::NEVER_RUN as u32 || code >= method_cache::code::FIRST && !of_shape {
            self.flush();
            self.call_runtime(RuntimeCall::CheckMut);
            self.state.forget_machine();
            return self.branch_status(true);
        }
        let receiver = self.value(a);
        let slow = self.slow();
        if of_shape {
            self.guard_receiver(a, receiver, code, slow.label);
        } else {
            if !self.state.type_of(a).is_object() {
                guard_pointer(self.m, receiver, slow.label);
            }
            let kind = Mem::new(receiver, HEADER_KIND);
            self.m
                .branch_mem_imm(Cond::Ne, Size::B1, kind, code as i64, slow.label);
        }
        let to = self.branch_target();
        let label = self.edge(to);
        if target & CHANGES != 0 {
            self.m.jump(label);
        }
        self.decided_by(RuntimeCall::CheckMut, slow, true, label);
    }

    /// After a call on a path: past the write-back, if the helper has moved `pc`.
    pub fn skip_write_back(&mut self) {
        let label = self.edge(self.after + 1);
        let pc = self.words.as_ptr() as u64 + self.after as u64 * 8;
        self.m.load(Load::W64, T0, Mem::new(FRAME, FRAME_PC));
        self.m.mov_address(T1, pc);
        self.m.branch(Cond::Ne, W64, T0, T1, label);
    }

    fn generic_method_call(&mut self, op: Op, a: u32) {
        self.generic_call(RuntimeCall::CallMethod, a);
        if op == Op::CallMethodPath {
            self.skip_write_back();
        }
    }

    pub fn call_method(&mut self, word: Instr, op: Op, a: u32) {
        let cached = self.cache_word();
        let (code, target) = (cached as u32, (cached >> 32) as u32);
        let empty = code == cache::NEVER_RUN as u32;
        let of_shape = code & SHAPE_BIT != 0;
        if empty
            || (target & NATIVE != 0) == of_shape
            || code >= method_cache::code::FIRST && !of_shape
        {
            return self.generic_method_call(op, a);
        }
        if target & NATIVE != 0 {
            let native = &self.vm.code.natives[(target & NUMBER) as usize];
            if native.intrinsic == Some(Intrinsic::Push)
                && word.b() & 0xff == 1
                && code == Kind::Array as u32
                && op != Op::CallMethodLet
            {
                return self.push(RuntimeCall::CallMethod, op == Op::CallMethodPath, a);
            }
            let measures = code == Kind::Array as u32 || code == Kind::String as u32;
            if native.intrinsic == Some(Intrinsic::Len)
                && word.b() & 0xff == 0
                && measures
                && op != Op::CallMethodPath
            {
                return self.length(RuntimeCall::CallMethod, a);
            }
            self.call_native_method(op, a, code, target);
        } else {
            self.call_known_method(word, op, a, code, target);
        }
    }

    /// A built-in method of objects of a kind.
    fn call_native_method(&mut self, op: Op, a: u32, code: u32, target: u32) {
        if target & CHANGES != 0 && op == Op::CallMethodLet {
            return self.generic_method_call(op, a);
        }
        self.flush();
        let receiver = self.value(a + 1);
        let done = self.m.new_label();
        let slow_call = self.slow_call(RuntimeCall::CallMethod);
        let slow = self.m.cold(|m| {
            slow_call.call(m);
            m.jump(done);
        });
        if !self.state.type_of(a + 1).is_object() {
            guard_pointer(self.m, receiver, slow);
        }
        let kind = Mem::new(receiver, HEADER_KIND);
        self.m
            .branch_mem_imm(Cond::Ne, Size::B1, kind, code as i64, slow);
        self.call_runtime(RuntimeCall::CallNativeMethod);
        self.m.bind(done);
        self.state.forget_machine();
        self.state.forget_from(a);
        if op == Op::CallMethodPath {
            self.skip_write_back();
        }
    }

    /// The code for receivers of other shapes than the cache has, which begins at
    /// `other` with everything in memory: methods in the machine's cache are called
    /// directly, the rest is left to the helper at `helped`. The label of what it goes
    /// on with, the value in `T0`. The machine register is for its own use.
    fn other_receiver(
        &mut self,
        word: Instr,
        a: u32,
        receiver: Gpr,
        other: Label,
        helped: Label,
    ) -> Label {
        let (nargs, kept, exposed) = masks(word);
        let name = self.constant(word.c() as usize);
        let back = self.m.new_label();
        let entering = self.entering(a, self.after);
        let methods = self.vm.methods.entries() as u64;
        let cache = self.words.as_ptr() as u64 + (self.after as u64 - 1) * 8;
        // A variable's receiver is not lent to what may change it.
        let lent = match word.op() {
            Op::CallMethodPlace => kept & !1 | exposed,
            _ => kept | exposed,
        };
        let arguments: Vec<u32> = (0..=nargs.min(MOST_BORROWED - 1))
            .filter(|i| lent & 1 << i != 0)
            .map(|i| a + 1 + i)
            .collect();
        let many = nargs >= MOST_BORROWED;
        self.m.cold(|m| {
            m.bind(other);
            if many {
                m.jump(helped);
                return;
            }
            m.load(Load::W64, receiver, register(a + 1));
            guard_pointer(m, receiver, helped);
            m.load(Load::U32, T1, Mem::new(receiver, HEADER_AUX));
            m.branch_bit(Bits::Clear, T1, SHAPE_BIT.trailing_zeros(), helped);
            m.mul(W32, T0, T1, CODE_FACTOR as i32);
            m.shr(W32, T0, T0, CODE_SHIFT as i32);
            m.xor(W32, T0, T0, method_seed(name) as i32);
            m.shl(W64, T0, T0, METHOD_SHIFT);
            // The receiver itself is not looked at any more.
            m.mov_address(receiver, methods);
            m.add(W64, T0, T0, receiver);
            m.branch_mem(Cond::Ne, W32, T1, Mem::new(T0, METHOD_CODE), helped);
            m.mov_address(T1, name.bits());
            m.branch_mem(Cond::Ne, W64, T1, Mem::new(T0, METHOD_NAME), helped);
            m.load(Load::W64, T0, Mem::new(T0, METHOD_PROTO));
            m.branch(Cond::Eq, W64, T0, 0, helped);
            m.load(Load::U16, T1, Mem::new(T0, PROTO_MAX_ARGS));
            m.branch(Cond::Ne, W32, T1, nargs as i32, helped);
            if !arguments.is_empty() {
                let fine = m.new_label();
                let nothing = Mem::new(T0, PROTO_BORROWS_NOTHING);
                m.branch_mem_imm(Cond::Ne, Size::B1, nothing, 0, fine);
                for reg in arguments {
                    m.load(Load::W64, receiver, register(reg));
                    lend(m, receiver, 0);
                }
                m.bind(fine);
            }
            note_several(m, cache, receiver);
            entering.emit(m);
            m.jump(back);
        });
        back
    }

    /// A method of the program's for a receiver of a shape.
    fn call_known_method(&mut self, word: Instr, op: Op, a: u32, code: u32, target: u32) {
        let (nargs, kept, exposed) = masks(word);
        let proto = self.vm.code.protos[(target & NUMBER) as usize];
        // SAFETY: protos live as long as the machine.
        let (max, borrows, sees_place) = unsafe {
            (
                (*proto).max_args as u32,
                (*proto).borrows(kept, exposed),
                (*proto).sees_place(kept, exposed),
            )
        };
        let changes = target & CHANGES != 0;
        let mut needed = borrows;
        if changes {
            needed &= !1;
        }
        let many = needed != 0 && nargs >= MOST_BORROWED;
        if max != nargs || many || changes && op == Op::CallMethodLet {
            return self.generic_method_call(op, a);
        }
        self.flush();
        let receiver = self.value(a + 1);
        let slow = self.slow();
        let helped = self.m.new_label();
        self.guard_receiver(a + 1, receiver, code, slow.label);
        self.lend_arguments(a + 1, needed);
        let receiver = self.value(a + 1);
        if changes && sees_place {
            self.share(receiver);
        }
        let moved = changes && op == Op::CallMethodPath;
        let back = self.other_receiver(word, a, receiver, slow.label, helped);
        let slow = SlowPath {
            label: helped,
            ..slow
        };
        self.m.mov_address(T0, proto as u64);
        self.enter(a, self.after + moved as usize, proto);
        self.m.bind(back);
        if kept | exposed != 0 {
            take_back(self.m, self.table.take_back);
        }
        self.called(a);
        if op != Op::CallMethodPath {
            return self.slow_path(slow, RuntimeCall::CallMethod);
        }
        // Both ways meet with everything in memory.
        self.flush();
        self.state.forget_machine();
        let slow_call = self.slow_call(RuntimeCall::CallMethod);
        let done = self.m.new_label();
        self.m.cold(|m| {
            m.bind(slow.label);
            slow_call.call(m);
            m.jump(done);
        });
        self.m.bind(done);
        self.skip_write_back();
    }
}

/// Notes in the inline cache of a call, which is at an address, that its receivers are of
/// several types. Uses `T1` and a machine register.
fn note_several<M: Masm>(m: &mut M, cache: u64, free: Gpr) {
    let flags = Mem::new(free, 7);
    m.mov_address(free, cache);
    m.load(Load::U8, T1, flags);
    m.or(W32, T1, T1, (SEVERAL >> 24) as i32);
    m.store(Size::B1, flags, T1);
}

/// A call between functions of the program, all but which one.
struct Entering {
    pc: u64,
    window: i32,
    /// The code, if it is this very function's.
    own: Option<Label>,
    shows_frame: bool,
}

impl Entering {
    /// Calls the function whose proto is in `T0`. The value is in `T0`.
    fn emit<M: Masm>(&self, m: &mut M) {
        m.mov_address(T1, self.pc);
        m.store(Size::B8, Mem::new(FRAME, FRAME_PC), T1);
        m.add(W64, BASE, BASE, self.window);
        m.add(W64, FRAME, FRAME, FRAME_SIZE);
        match self.own {
            Some(start) => m.call_label(start),
            None => m.call_mem(Mem::new(T0, PROTO_ENTRY)),
        }
        m.sub(W64, BASE, BASE, self.window);
        m.sub(W64, FRAME, FRAME, FRAME_SIZE);
        if self.shows_frame {
            m.store(Size::B8, VM_FRAME, FRAME);
        }
    }
}
