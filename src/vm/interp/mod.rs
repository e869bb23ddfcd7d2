//! Tier 0: the bytecode loop. Complete, portable, and the reference for what
//! every instruction means. Only fast paths are here; whatever allocates,
//! calls back or fails goes to a function out of line, so that the loop stays
//! small and its state in registers.
//!
//! # Invariants
//! * the machine knows the running frame at all times; its `pc` is saved before
//!   anything that may throw, collect or call.
//! * `base`, `consts` and `pc` belong to that frame and are reloaded whenever
//!   it changes.

mod control;
mod elements;
mod methods;
mod numbers;
mod operands;
mod rounds;

use self::control::define_control;
use self::elements::{define_elements, note_no_array};
use self::methods::define_methods;
use self::numbers::define_numbers;
use self::operands::define_operands;
use self::rounds::define_rounds;
use super::Vm;
use super::cache::{cached_place, writable_place};
use super::call::{self, Masks, Outcome, ReturnTo, proto_of};
use super::enter::NativeOutcome;
use super::fields::{CHANGES, NATIVE, NUMBER, immutable};
use super::interrupts::Doing;
use super::proto::Proto;
use super::stack::{BARRIER, ENTRY, Frame, RESUMABLE};
use super::{index, iterate, pattern};
use crate::bytecode::op::*;
use crate::bytecode::{Instr, Op};
use crate::heap::collect;
use crate::heap::object::*;
use crate::runtime::arith::BinaryOp;
use crate::runtime::compare::{self, CompareOp};
use crate::runtime::{Fallible, Fault, ops};
use crate::value::Value;
use std::sync::atomic::Ordering;

/// Runs the running frame, which was entered from Rust, until it returns.
#[inline(never)]
pub fn run(vm: &mut Vm) -> Fallible {
    // SAFETY: frames, registers and code belong to the machine and are laid out
    // as the compiler and `push_frame` promise; see the module's invariants.
    unsafe {
        let frame = vm.stacks.raw();
        let proto = (*frame).proto as *mut Proto;
        (*proto).heat -= 1;
        if (*proto).heat < 0 {
            // Asked before the frame runs, as parts of the word are written then.
            let plain = (*frame).flags & !BARRIER == ENTRY;
            let mut registers = collect::PreservedRegisters::EMPTY;
            let ran = vm.run_hot(frame, registers.save());
            if let Some(result) = vm.finish(frame, ran, plain) {
                return result;
            }
        }
        interpret(vm)
    }
}

/// [`run`], in this tier only as far as the frame itself is concerned: compiled
/// code has left it.
pub(crate) fn run_interpreted(vm: &mut Vm) -> Fallible {
    // SAFETY: as for `run`.
    unsafe { interpret(vm) }
}

/// Runs the loop, or the one that also counts, so that the usual one has nothing to
/// ask; and notes where its own part of the machine stack ends: while compiled
/// code runs above it, the loop holds no values there.
///
/// # Safety
/// As for `execute`.
#[inline(never)]
unsafe fn interpret(vm: &mut Vm) -> Fallible {
    // The values that callers keep in registers are looked for here, not where they
    // are saved next.
    let mut registers = collect::PreservedRegisters::EMPTY;
    let below = registers.save();
    loop {
        // SAFETY: the caller's promise; a caught error has left the frame that goes on.
        let result = unsafe {
            if vm.count_instructions {
                execute::<true>(vm, below)
            } else {
                execute::<false>(vm, below)
            }
        };
        if !std::mem::take(&mut vm.begins_anew) {
            return result;
        }
        clear_stack();
    }
}

/// Overwrites the part of the machine stack that the loop has used: what it last held
/// there would stay alive as long as the loop goes on.
#[inline(never)]
fn clear_stack() {
    let mut words = [1u64; 2048];
    for word in &mut words {
        // SAFETY: a local variable; volatile, since nothing reads it.
        unsafe { std::ptr::from_mut(word).write_volatile(0) };
    }
}

/// Marks a value as the instruction's `SHARE` flags say.
#[inline(always)]
fn mark(w: u64, value: Value) {
    if w & ((SHARE | SHARE_BORROWED) as u64) << 8 != 0 {
        if w & (SHARE as u64) << 8 != 0 {
            value.share();
        } else {
            value.share_if_borrowed();
        }
    }
}

/// Marks a part that was read from a container as the flags say.
#[inline(always)]
fn mark_part(w: u64, container: Value, part: Value) {
    if w & (SHARE as u64) << 8 != 0
        && (w & (LAST_USE as u64) << 8 == 0 || !container.has_one_owner())
    {
        part.share();
    }
}

/// Notes type feedback in an instruction's flags.
///
/// # Safety
/// `pc` is after an instruction of the running code.
#[inline(always)]
unsafe fn feedback(w: u64, pc: *const Instr, seen: u8) {
    if w & (seen as u64) << 8 == 0 {
        // SAFETY: code is the machine's own writable memory.
        unsafe { (*(pc.sub(1) as *mut Instr)).0 |= (seen as u64) << 8 };
    }
}

/// # Safety
/// The running frame was entered from Rust; `below` is an address in the caller's
/// stack frame.
#[inline(never)]
unsafe fn execute<const COUNT: bool>(vm: &mut Vm, below: *const u64) -> Fallible {
    // SAFETY: see `run`.
    unsafe {
        let mut frame: *mut Frame;
        let mut pc: *const Instr;
        let mut base: *mut Value;
        let mut consts: *const Value;

        macro_rules! load_frame {
            () => {
                frame = vm.stacks.raw();
                pc = (*frame).pc;
                base = (*frame).base;
                consts = (*(*frame).proto).consts;
            };
        }
        load_frame!();

        loop {
            let fault: Box<Fault> = 'fault: loop {
                let w = (*pc).0;
                if COUNT {
                    vm.counters.interpreted += 1;
                    vm.counters.lookups += (*pc).op().looks_up() as u64;
                }
                pc = pc.add(1);

                define_operands!($ w pc base consts);
                define_control!($ vm frame pc base consts below 'fault);
                define_numbers!($ vm frame pc w 'fault);
                define_methods!($ vm frame pc base 'fault);
                define_elements!($ vm frame pc base w 'fault);
                define_rounds!($ vm frame pc base w 'fault);

                // SAFETY: the compiler emits only opcodes of the table.
                match std::mem::transmute::<u8, Op>(w as u8) {
                    Op::Nop => {}
                    Op::Move => reg!(a!()) = reg!(b!()),
                    Op::Copy => {
                        let value = reg!(b!());
                        mark(w, value);
                        reg!(a!()) = value;
                    }
                    Op::LoadK => reg!(a!()) = constant!((w >> 32) as usize),
                    Op::LoadInt => reg!(a!()) = Value::int(sbx!() as i64),
                    Op::LoadSimple => {
                        reg!(a!()) = match b!() as u16 {
                            simple::NULL => Value::NULL,
                            simple::FALSE => Value::FALSE,
                            simple::TRUE => Value::TRUE,
                            simple::ABSENT => Value::ABSENT,
                            _ => vm.none,
                        }
                    }
                    Op::Share => reg!(a!()).share(),
                    Op::Lend => reg!(a!()) = call::lent(reg!(b!()), flags!()),
                    Op::GiveBack => call::give_back(base.add(a!()), b!(), flags!()),

                    Op::GetGlobal => {
                        let mut value = *vm.globals.values.as_ptr().add((w >> 32) as usize);
                        if value.is_absent() {
                            value = slow!(vm.absent_global((w >> 32) as usize));
                        }
                        if w & (SHARE as u64) << 8 != 0 {
                            value.share();
                        }
                        reg!(a!()) = value;
                    }
                    Op::SetGlobal => {
                        let value = reg!(a!());
                        mark(w, value);
                        *vm.globals.values.as_mut_ptr().add((w >> 32) as usize) = value;
                    }
                    Op::GetDynamic => {
                        reg!(a!()) = slow!(vm.get_dynamic(constant!((w >> 32) as usize)));
                    }
                    Op::Import => {
                        reg!(a!()) = slow!(vm.import(constant!((w >> 32) as usize)));
                    }
                    Op::ImportName => {
                        reg!(a!()) = slow!(vm.import_name(reg!(b!()), constant!(c!())));
                    }
                    Op::ImportAll => {
                        (*frame).pc = pc;
                        reg!(a!()) = vm.import_all(reg!(a!()), (w >> 32) as u32);
                    }
                    Op::NewCell => {
                        (*frame).pc = pc;
                        reg!(a!()) = vm.heap.new_cell(Value::ABSENT);
                    }
                    Op::BoxParam => {
                        (*frame).pc = pc;
                        let value = reg!(a!());
                        value.share_if_borrowed();
                        reg!(a!()) = vm.heap.new_cell(value);
                    }
                    Op::GetCell => {
                        let value = (*reg!(b!()).as_pointer::<CellObj>()).value;
                        if value.is_absent() {
                            slow!(Err(vm.absent_cell(reg!(b!()), constant!(c!()))));
                        }
                        if w & (SHARE as u64) << 8 != 0 {
                            value.share();
                        }
                        reg!(a!()) = value;
                    }
                    Op::SetCell => {
                        let value = reg!(b!());
                        mark(w, value);
                        let cell: *mut CellObj = reg!(a!()).as_pointer();
                        (*cell).value = value;
                        vm.heap.write_barrier(cell.cast(), value);
                    }
                    Op::GetCapture => {
                        let function: *mut FunctionObj = (*base.sub(1)).as_pointer();
                        let value = *trailing(function, b!());
                        if w & (SHARE as u64) << 8 != 0 {
                            value.share();
                        }
                        reg!(a!()) = value;
                    }
                    Op::GetCaptureCell => {
                        let function: *mut FunctionObj = (*base.sub(1)).as_pointer();
                        let cell: *mut CellObj = (*trailing(function, b!())).as_pointer();
                        let value = (*cell).value;
                        if value.is_absent() {
                            let cell = *trailing(function, b!());
                            slow!(Err(vm.absent_cell(cell, constant!(c!()))));
                        }
                        if w & (SHARE as u64) << 8 != 0 {
                            value.share();
                        }
                        reg!(a!()) = value;
                    }
                    Op::SetCaptureCell => {
                        let value = reg!(a!());
                        mark(w, value);
                        let function: *mut FunctionObj = (*base.sub(1)).as_pointer();
                        let cell: *mut CellObj = (*trailing(function, b!())).as_pointer();
                        (*cell).value = value;
                        vm.heap.write_barrier(cell.cast(), value);
                    }
                    Op::Closure => {
                        (*frame).pc = pc;
                        reg!(a!()) = vm.make_closure(constant!((w >> 32) as usize), base);
                    }
                    Op::MakeType => {
                        (*frame).pc = pc;
                        let template = constant!((w >> 32) as usize);
                        reg!(a!()) = vm.make_type_or_constant(template, base);
                    }

                    Op::Add => {
                        let (x, y) = (reg!(b!()), reg!(c!()));
                        if Value::both_int(x, y) {
                            if let Some(result) = ops::add_ints(x, y) {
                                reg!(a!()) = result;
                                continue;
                            }
                        } else if ops::both_floats(x, y) {
                            feedback(w, pc, SEEN_FLOAT);
                            reg!(a!()) = Value::float(x.as_float() + y.as_float());
                            continue;
                        } else if let Some((x, y)) = ops::mixed(x, y) {
                            feedback(w, pc, SEEN_FLOAT);
                            reg!(a!()) = Value::float(x + y);
                            continue;
                        }
                        reg!(a!()) = allocating!(vm.add_slow(x, y, flags!() & CONSUME != 0, pc));
                    }
                    Op::Sub => arith!(reg!(b!()), reg!(c!()), Sub, sub_ints, -),
                    Op::Mul => arith!(reg!(b!()), reg!(c!()), Mul, mul_ints, *),
                    Op::Div => div!(reg!(b!()), reg!(c!())),
                    Op::Mod => ints!(reg!(b!()), reg!(c!()), Mod, rem_ints),
                    Op::Pow => {
                        reg!(a!()) =
                            slow!(vm.binary_slow(BinaryOp::Pow, reg!(b!()), reg!(c!()), pc));
                    }
                    Op::Shl => ints!(reg!(b!()), reg!(c!()), Shl, shl_ints),
                    Op::Shr => ints!(reg!(b!()), reg!(c!()), Shr, shr_ints),
                    Op::BitAnd => ints!(reg!(b!()), reg!(c!()), BitAnd, and_ints),
                    Op::BitXor => ints!(reg!(b!()), reg!(c!()), BitXor, xor_ints),
                    Op::BitOr => ints!(reg!(b!()), reg!(c!()), BitOr, or_ints),
                    Op::AddK => arith!(reg!(b!()), constant!(c!()), Add, add_ints, +),
                    Op::SubK => arith!(reg!(b!()), constant!(c!()), Sub, sub_ints, -),
                    Op::MulK => arith!(reg!(b!()), constant!(c!()), Mul, mul_ints, *),
                    Op::DivK => div!(reg!(b!()), constant!(c!())),
                    Op::ModK => ints!(reg!(b!()), constant!(c!()), Mod, rem_ints),
                    Op::Neg => {
                        let x = reg!(b!());
                        if x.is_int() {
                            if let Some(result) = Value::try_int(-x.as_int()) {
                                reg!(a!()) = result;
                                continue;
                            }
                        } else if x.is_float() {
                            reg!(a!()) = Value::float(-x.as_float());
                            continue;
                        }
                        reg!(a!()) = slow!(crate::runtime::arith::neg(vm, x));
                    }
                    Op::Not => {
                        let x = reg!(b!());
                        if x.is_bool() {
                            reg!(a!()) = Value::bool(x == Value::FALSE);
                        } else {
                            reg!(a!()) = slow!(crate::runtime::arith::not_op(vm, x));
                        }
                    }
                    Op::BitNot => {
                        let x = reg!(b!());
                        if x.is_int() {
                            reg!(a!()) = Value::int(!x.as_int());
                        } else {
                            reg!(a!()) = slow!(crate::runtime::arith::bit_not(vm, x));
                        }
                    }
                    Op::Truth => reg!(a!()) = Value::bool(truth!(reg!(b!()))),
                    Op::Concat => {
                        let first = base.add(b!());
                        reg!(a!()) = allocating!(vm.concat(first, c!()));
                    }

                    Op::Format => {
                        let value = reg!(b!());
                        reg!(a!()) = allocating!(vm.format(value, constant!(c!())));
                    }

                    Op::Lt => reg!(a!()) = Value::bool(compared!(reg!(b!()), reg!(c!()), Lt)),
                    Op::Le => reg!(a!()) = Value::bool(compared!(reg!(b!()), reg!(c!()), Le)),
                    Op::Gt => reg!(a!()) = Value::bool(compared!(reg!(b!()), reg!(c!()), Gt)),
                    Op::Ge => reg!(a!()) = Value::bool(compared!(reg!(b!()), reg!(c!()), Ge)),
                    Op::Eq => reg!(a!()) = Value::bool(equal!(reg!(b!()), reg!(c!()))),
                    Op::Ne => reg!(a!()) = Value::bool(unequal!(reg!(b!()), reg!(c!()))),
                    Op::TestLt => test!(compared!(reg!(a!()), reg!(b!()), Lt)),
                    Op::TestLe => test!(compared!(reg!(a!()), reg!(b!()), Le)),
                    Op::TestGt => test!(compared!(reg!(a!()), reg!(b!()), Gt)),
                    Op::TestGe => test!(compared!(reg!(a!()), reg!(b!()), Ge)),
                    Op::TestEq => test!(equal!(reg!(a!()), reg!(b!()))),
                    Op::TestNe => test!(unequal!(reg!(a!()), reg!(b!()))),
                    Op::TestLtK => test!(compared!(reg!(a!()), constant!(b!()), Lt)),
                    Op::TestLeK => test!(compared!(reg!(a!()), constant!(b!()), Le)),
                    Op::TestGtK => test!(compared!(reg!(a!()), constant!(b!()), Gt)),
                    Op::TestGeK => test!(compared!(reg!(a!()), constant!(b!()), Ge)),
                    Op::TestEqK => test!(equal!(reg!(a!()), constant!(b!()))),
                    Op::TestNeK => test!(unequal!(reg!(a!()), constant!(b!()))),
                    Op::Jump => pc = pc.offset(sbx!()),
                    Op::Loop => {
                        pc = pc.offset(sbx!());
                        safepoint!(pc.add(1));
                        warm_loop!(1);
                    }
                    Op::JumpIf => {
                        if truth!(reg!(a!())) {
                            pc = pc.offset(sbx!());
                        }
                    }
                    Op::JumpIfNot => {
                        if !truth!(reg!(a!())) {
                            pc = pc.offset(sbx!());
                        }
                    }
                    Op::JumpIfNull => {
                        if reg!(a!()).is_null() {
                            pc = pc.offset(sbx!());
                        }
                    }
                    Op::JumpIfNotNull => {
                        if !reg!(a!()).is_null() {
                            pc = pc.offset(sbx!());
                        }
                    }
                    Op::JumpIfPresent => {
                        if !reg!(a!()).is_absent() {
                            pc = pc.offset(sbx!());
                        }
                    }

                    Op::GetField => get_field!(),
                    Op::SetField => set_field!(),
                    Op::FieldMut => field_mut!(),
                    Op::GetIndex => get_index!(),
                    Op::GetIndexI => get_index_i!(),
                    Op::SetIndex => set_index!(),
                    Op::IndexMut => index_mut!(),
                    Op::TestIndexed => jump_if!(index::is_indexed(reg!(a!()))),
                    Op::Slice => {
                        let (from, to) = (reg!(c!()), reg!(c!() + 1));
                        reg!(a!()) = slow!(vm.slice(reg!(b!()), from, to));
                    }

                    Op::IterInit => iter_init!(),
                    Op::IterNext => iter_next!(),
                    Op::IterNext2 => iter_next2!(),
                    Op::LazyRange => {
                        let bounds = [reg!(a!()), reg!(a!() + 1), reg!(a!() + 2)];
                        let range = slow!(vm.lazy_range(bounds, flags!() & INCLUSIVE != 0));
                        reg!(a!()) = range;
                    }
                    Op::RangeInit => range_init!(),
                    Op::RangeNext => range_next!(),

                    Op::Call => {
                        let window = base.add(a!());
                        let callee = *window;
                        let nargs = b!() & 0xff;
                        let masks = Masks {
                            kept: flags!(),
                            exposed: (b!() >> 8) as u8,
                            beyond: false,
                        };
                        if callee.is_kind(Kind::Function) {
                            let proto = proto_of(callee);
                            if (*proto).exact_args == nargs as u32 {
                                enter!(proto, window.add(1));
                                if (*proto).borrows(masks.kept, masks.exposed) != 0 {
                                    vm.borrow_args(nargs, masks);
                                }
                                warm!();
                                continue;
                            }
                        }
                        (*frame).pc = pc;
                        match vm.call_window(window, nargs, masks) {
                            Ok(Outcome::Value(value)) => {
                                *window = value;
                                if vm.heap.over_limit
                                    && let Some(fault) = vm.out_of_memory()
                                {
                                    break 'fault fault;
                                }
                            }
                            Ok(Outcome::Entered) => {
                                load_frame!();
                                warm!();
                            }
                            Err(fault) => break 'fault fault,
                        }
                    }
                    Op::CallK => {
                        let window = base.add(a!());
                        let proto = proto_of(constant!(c!()));
                        let (kept, exposed) = (flags!(), (b!() >> 8) as u8);
                        enter!(proto, window.add(1));
                        if (*proto).borrows(kept, exposed) != 0 {
                            let masks = Masks {
                                kept,
                                exposed,
                                beyond: false,
                            };
                            vm.borrow_args(((w >> 32) & 0xff) as usize, masks);
                        }
                        warm!();
                    }
                    Op::CallNative => {
                        let window = base.add(a!());
                        let kept = flags!() | (b!() >> 8) as u8;
                        (*frame).pc = pc;
                        let fast = vm.call_fast(c!(), window.add(1), b!() & 0xff, kept);
                        if !fast.is_absent() {
                            *window = fast;
                            continue;
                        }
                        let value =
                            allocating!(vm.call_native(c!(), window.add(1), b!() & 0xff, kept));
                        *window = value;
                    }
                    Op::CallMethod => call_method!(ReceiverPlace::Temporary),
                    Op::CallMethodPlace => call_method!(ReceiverPlace::Variable),
                    Op::CallMethodLet => call_method!(ReceiverPlace::Let),
                    Op::CallMethodPath => call_method!(ReceiverPlace::Path),
                    Op::CallSpread => {
                        let window = base.add(a!());
                        (*frame).pc = pc;
                        match vm.call_spread(window) {
                            Ok(Outcome::Value(value)) => *window = value,
                            Ok(Outcome::Entered) => {
                                load_frame!();
                                warm!();
                            }
                            Err(fault) => break 'fault fault,
                        }
                    }
                    Op::CallMethodSpread => {
                        let window = base.add(a!());
                        let cache = cache!();
                        (*frame).pc = pc;
                        let place = Op::CallMethodSpread.receiver_place(b!() as u16);
                        let place = place.unwrap_or(ReceiverPlace::Temporary);
                        match vm.call_method_spread(window, place, constant!(c!()), cache) {
                            Ok(Outcome::Value(value)) => {
                                *window = value;
                                pc = (*frame).pc;
                            }
                            Ok(Outcome::Entered) => {
                                load_frame!();
                                warm!();
                            }
                            Err(fault) => break 'fault fault,
                        }
                    }
                    Op::CallPath => {
                        let window = base.add(a!());
                        let masks = Masks {
                            kept: flags!(),
                            exposed: (b!() >> 8) as u8,
                            beyond: false,
                        };
                        (*frame).pc = pc;
                        match vm.call_path(window, constant!(c!()), b!() & 0xff, masks) {
                            Ok(Outcome::Value(value)) => *window = value,
                            Ok(Outcome::Entered) => {
                                load_frame!();
                                warm!();
                            }
                            Err(fault) => break 'fault fault,
                        }
                    }
                    Op::GetPath => reg!(a!()) = slow!(vm.get_path(reg!(b!()), constant!(c!()))),
                    Op::CheckMut => {
                        let receiver = reg!(a!());
                        let cache = cache!();
                        let code = super::method_cache::kind_code(receiver);
                        let cached = *cache;
                        let mutating = if code == cached as u32 {
                            cached >> 32 & CHANGES as u64 != 0
                        } else {
                            slow!(vm.check_mut(receiver, constant!(c!()), &mut *cache))
                        };
                        jump_if!(mutating);
                    }
                    Op::Return => {
                        let value = reg!(a!());
                        mark(w, value);
                        leave!(value);
                    }
                    Op::ReturnNull => leave!(Value::NULL),
                    Op::MakeGenerator => {
                        (*frame).pc = pc;
                        leave!(vm.make_generator(frame, b!()));
                        if vm.heap.over_limit
                            && let Some(fault) = vm.out_of_memory()
                        {
                            break 'fault fault;
                        }
                    }
                    Op::Yield => {
                        let value = reg!(a!());
                        reg!(a!()) = Value::NULL;
                        (*frame).pc = pc;
                        let entry = (*frame).flags & ENTRY != 0;
                        vm.suspend(frame, b!());
                        yielded!(value, entry);
                    }
                    Op::Await => {
                        let (result, end) = (base.add(a!()), base.add(c!()));
                        reg!(a!()) = slow!(vm.await_value(reg!(b!()), result, end));
                    }
                    Op::Fulfil => {
                        (*frame).pc = pc;
                        reg!(a!()) = vm.fulfilled(reg!(a!()));
                        if vm.heap.over_limit
                            && let Some(fault) = vm.out_of_memory()
                        {
                            break 'fault fault;
                        }
                    }
                    Op::Reject => {
                        (*frame).pc = pc;
                        reg!(a!()) = vm.rejected(reg!(a!()));
                    }
                    Op::Throw => {
                        (*frame).pc = pc;
                        break 'fault crate::runtime::Context::throw(vm, reg!(a!()));
                    }
                    Op::ThrowFrom => {
                        (*frame).pc = pc;
                        break 'fault vm.throw_from(reg!(a!()), reg!(b!()));
                    }
                    Op::Rethrow | Op::EndHandler => {
                        (*frame).pc = pc;
                        vm.errors.pending = reg!(a!());
                        break 'fault Box::new(Fault::Thrown);
                    }
                    Op::Unwrap => {
                        let operand = reg!(b!());
                        let payload = slow!(vm.unwrap(operand, w & (SHARE as u64) << 8 != 0));
                        match payload {
                            Some(payload) => {
                                reg!(a!()) = payload;
                                pc = pc.add(1);
                            }
                            None => take_jump!(),
                        }
                    }

                    Op::NewArray => {
                        let parts = std::slice::from_raw_parts(base.add(b!()), c!());
                        reg!(a!()) =
                            allocating!(Ok::<_, Box<Fault>>(vm.heap.new_array_from(parts)));
                    }
                    Op::ArrayAppend => {
                        let parts = std::slice::from_raw_parts(base.add(b!()), c!());
                        allocating!(vm.array_append(reg!(a!()), parts));
                    }
                    Op::ArrayExtend => {
                        allocating!(vm.array_extend(reg!(a!()), reg!(b!())));
                    }
                    Op::NewDict => {
                        let values = base.add(b!());
                        let keys = constant!(c!());
                        reg!(a!()) =
                            allocating!(Ok::<_, Box<Fault>>(vm.heap.new_dict_from(keys, values)));
                    }
                    Op::DictMerge => {
                        allocating!(vm.dict_merge(reg!(a!()), reg!(b!())));
                    }
                    Op::NewStruct => {
                        let ty = reg!(b!());
                        let cache = cache!();
                        let values = base.add(b!() + 1);
                        (*frame).pc = pc;
                        if ty.is_kind(Kind::StructType) && ty.struct_type().shape as u64 == *cache {
                            let instance = vm.heap.new_instance_from(ty, values);
                            reg!(a!()) = instance;
                            if vm.heap.over_limit
                                && let Some(fault) = vm.out_of_memory()
                            {
                                break 'fault fault;
                            }
                            continue;
                        }
                        let names = Vm::key_list(constant!(c!()));
                        let rest = (flags!() & BASE != 0).then(|| *values.add(names.len()));
                        reg!(a!()) = slow!(vm.new_struct(ty, names, values, rest, &mut *cache));
                    }
                    Op::MakeResult => {
                        (*frame).pc = pc;
                        let part = reg!(b!());
                        reg!(a!()) = vm.heap.new_tagged(c!() as u32, &[part]);
                    }

                    Op::TestTag => {
                        let fits = Vm::test_tag(reg!(a!()), constant!(c!()), b!() as u16);
                        jump_if!(!fits);
                    }
                    Op::TestArray => {
                        let value = reg!(a!());
                        let fits = value.is_kind(Kind::Array) && {
                            let len = value.array().len as usize;
                            if c!() == 0 { len == b!() } else { len >= b!() }
                        };
                        jump_if!(!fits);
                    }
                    Op::TestRecord => {
                        let kind = reg!(a!()).kind();
                        let fits = matches!(kind, Some(Kind::Dict | Kind::Struct | Kind::Object));
                        jump_if!(!fits);
                    }
                    Op::TestKey => {
                        let fits = vm.test_key(reg!(a!()), constant!(c!()));
                        jump_if!(!fits);
                    }
                    Op::TestType => {
                        let fits = slow!(pattern::is_instance(reg!(a!()), reg!(b!())));
                        jump_if!(!fits);
                    }
                    Op::TestLit => {
                        let fits = slow!(vm.test_literal(reg!(a!()), constant!(c!())));
                        jump_if!(!fits);
                    }
                    Op::TestRange => {
                        let (lo, hi) = (constant!(b!()), constant!(c!()));
                        let inclusive = flags!() & INCLUSIVE != 0;
                        let fits = slow!(vm.test_range(reg!(a!()), lo, hi, inclusive));
                        jump_if!(!fits);
                    }
                    Op::GetPart => {
                        let container = reg!(b!());
                        let value = pattern::part(container, c!());
                        mark_part(w, container, value);
                        reg!(a!()) = value;
                    }
                    Op::RestArray => {
                        let from = Value::int(c!() as i64);
                        reg!(a!()) = slow!(vm.slice(reg!(b!()), from, Value::NULL));
                    }
                    Op::RestDict => {
                        let keys = Vm::key_list(constant!(c!()));
                        reg!(a!()) = slow!(vm.rest_dict(reg!(b!()), keys));
                    }
                    Op::ThrowMismatch => {
                        slow!(Err(vm.mismatch(reg!(a!()), constant!(c!()))));
                    }
                }
            };
            vm.unwind(fault)?;
            if vm.heap.is_limited() {
                vm.begins_anew = true;
                return Ok(Value::NULL);
            }
            load_frame!();
        }
    }
}
