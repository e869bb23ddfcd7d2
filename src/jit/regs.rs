//! Which machine register holds what in compiled code, and where the things that
//! code reads lie: offsets into the machine, frames, protos and objects.

use crate::heap::Heap;
use crate::heap::dict::{DictObj, KeyIndex, RangeView};
use crate::heap::object::*;
use crate::heap::remembered::Remembered;
use crate::heap::space::{Bin, CLASSES, Space};
use crate::heap::types::{StructObj, StructType, StructTypeObj};
use crate::vm::Vm;
use crate::vm::field_cache::CachedField;
use crate::vm::lent::{Lent, LentStack};
use crate::vm::method_cache::CachedMethod;
use crate::vm::native::{self, NativeState};
use crate::vm::proto::Proto;
use crate::vm::stack::{Frame, Stacks};
use ruff_asm::prelude::*;
use std::mem::offset_of;

/// The machine.
pub const VM: Gpr = S0;
/// Register 0 of the running frame.
pub const BASE: Gpr = S1;
/// The running frame.
pub const FRAME: Gpr = S2;
/// [`crate::value::INT_TAG`]: ints are the values from here on, unsigned.
pub const TAG: Gpr = S3;
/// [`crate::value::INT_OFFSET`]: what boxes an int.
pub const OFFSET: Gpr = S4;
/// [`crate::value::DOUBLE_OFFSET`]: what boxes a float; numbers are the values from
/// here on, unsigned.
pub const DOUBLE: Gpr = S5;

/// The machine registers that keep all of these across calls.
pub const PINNED: [Gpr; 6] = [S0, S1, S2, S3, S4, S5];
/// Registers that hold values of the frame.
pub const CACHE: [Gpr; 6] = [A0, A1, A2, A3, A4, A5];
/// Floating point registers that hold floats of the frame. The rest is for use
/// within one instruction.
pub const FLOAT_CACHE: usize = 12;

/// The registers of the constants, which a graph with many values has for these.
pub const CONSTANTS: [(Gpr, Mem); 3] = [
    (TAG, VM_INT_TAG),
    (OFFSET, VM_INT_OFFSET),
    (DOUBLE, VM_DOUBLE_OFFSET),
];

/// The general purpose registers that the optimising compiler gives to values: those that
/// are free everywhere, and then those of [`CONSTANTS`] if there are few others.
pub fn optimized_registers<M: Masm>() -> Vec<Gpr> {
    let free = free_registers::<M>();
    let more = CONSTANTS.iter().map(|&(gpr, _)| gpr);
    let more = more.filter(|_| free.len() < ENOUGH);
    free.iter().copied().chain(more).collect()
}

/// Those that no constant has.
pub fn free_registers<M: Masm>() -> Vec<Gpr> {
    let all = M::CALLER_SAVED.iter().copied();
    all.filter(|&gpr| gpr != T0 && gpr != T1).collect()
}

/// As many free registers as are enough: the constants keep theirs.
const ENOUGH: usize = 10;

/// A constant of the value encoding, as code has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Constant {
    Register(Gpr),
    /// Its word in the machine: another value has the register.
    Memory(Mem),
}

/// Where code has the constants of the value encoding.
#[derive(Clone, Copy, Debug)]
pub struct Constants {
    pub tag: Constant,
    pub offset: Constant,
    pub double: Constant,
}

impl Constants {
    pub const IN_REGISTERS: Constants = Constants {
        tag: Constant::Register(TAG),
        offset: Constant::Register(OFFSET),
        double: Constant::Register(DOUBLE),
    };
    pub const IN_MEMORY: Constants = Constants {
        tag: Constant::Memory(VM_INT_TAG),
        offset: Constant::Memory(VM_INT_OFFSET),
        double: Constant::Memory(VM_DOUBLE_OFFSET),
    };
}

pub const FRAME_SIZE: i32 = size_of::<Frame>() as i32;

const fn vm(offset: usize) -> Mem {
    Mem::new(VM, offset as i32)
}

pub const VM_FRAME: Mem = vm(offset_of!(Vm, stacks) + Stacks::RUNNING);
pub const VM_VALUES_LIMIT: Mem = vm(offset_of!(Vm, stacks) + offset_of!(Stacks, values_limit));
const SPACE: usize = offset_of!(Vm, heap) + offset_of!(Heap, space);
const LENT: usize = offset_of!(Vm, lent);
const REMEMBERED: usize = offset_of!(Vm, heap) + offset_of!(Heap, remembered);
/// Where the remembered set takes the next object, and where its room ends.
pub const VM_REMEMBERED: Mem = vm(REMEMBERED + offset_of!(Remembered, next));
pub const VM_REMEMBERED_END: Mem = vm(REMEMBERED + offset_of!(Remembered, end));
/// Where compiled code enters the next object that it lends, and where the room ends.
pub const VM_LENT: Mem = vm(LENT + offset_of!(LentStack, next));
pub const VM_LENT_END: Mem = vm(LENT + offset_of!(LentStack, end));
pub const LENT_OBJECT: i32 = offset_of!(Lent, object) as i32;
pub const LENT_FRAME: i32 = offset_of!(Lent, frame) as i32;
pub const LENT_SIZE: i32 = size_of::<Lent>() as i32;
/// One byte.
pub const VM_REMEMBERED_OVERFLOWED: Mem = vm(REMEMBERED + offset_of!(Remembered, overflowed));

/// Cursor and end of the free memory for cells of a size class.
pub fn bin(class: usize) -> (Mem, Mem) {
    let at = SPACE + offset_of!(Space, bins) + class * size_of::<Bin>();
    (
        vm(at + offset_of!(Bin, cursor)),
        vm(at + offset_of!(Bin, end)),
    )
}

const NATIVE: usize = offset_of!(Vm, native);
pub const VM_LIMIT: Mem = vm(NATIVE + offset_of!(NativeState, limit));
pub const VM_NO_POINTER: Mem = vm(NATIVE + offset_of!(NativeState, no_pointer));
pub const VM_INT_TAG: Mem = vm(NATIVE + offset_of!(NativeState, int_tag));
pub const VM_INT_OFFSET: Mem = vm(NATIVE + offset_of!(NativeState, int_offset));
pub const VM_DOUBLE_OFFSET: Mem = vm(NATIVE + offset_of!(NativeState, double_offset));
pub const VM_NO_DOUBLE: Mem = vm(NATIVE + offset_of!(NativeState, no_double));
pub const VM_INTERRUPTS: Mem = vm(NATIVE + offset_of!(NativeState, interrupts));
pub const VM_GLOBALS: Mem = vm(NATIVE + offset_of!(NativeState, globals));
pub const VM_ASCII: Mem = vm(NATIVE + offset_of!(NativeState, ascii));
pub const VM_BOTTOM: Mem = vm(NATIVE + offset_of!(NativeState, bottom));
pub const VM_VALUE: Mem = vm(NATIVE + offset_of!(NativeState, value));
pub const VM_EXECUTED: Mem = vm(NATIVE + offset_of!(NativeState, executed));
pub const VM_LOOKUPS: Mem = vm(NATIVE + offset_of!(NativeState, lookups));

/// Where an exit saves machine register `number`: those of [`CACHE`], then the floating
/// point registers that hold values.
pub const fn saved(number: usize) -> Mem {
    vm(NATIVE + offset_of!(NativeState, saved) + 8 * number)
}
/// Where leaving optimised code saves its registers: general ones from 0, floats from
/// [`FIRST_FLOAT`].
pub const fn left_in(number: usize) -> Mem {
    vm(NATIVE + offset_of!(NativeState, left) + 8 * number)
}
pub const FIRST_FLOAT: usize = 32;
pub const VM_STACK_LIMIT: Mem = vm(NATIVE + offset_of!(NativeState, stack_limit));

/// How many of them there are.
pub const SAVED: usize = CACHE.len() + FLOAT_CACHE;
const _: () = assert!(SAVED == native::SAVED_REGISTERS);

/// The name of what compiled code finds so far into the machine, for listings.
pub fn vm_name(offset: i64) -> Option<String> {
    const NAMES: [(Mem, &str); 20] = [
        (VM_ASCII, "ascii"),
        (VM_FRAME, "frame"),
        (VM_VALUES_LIMIT, "values_limit"),
        (VM_LENT, "lent"),
        (VM_LENT_END, "lent_end"),
        (VM_REMEMBERED, "remembered"),
        (VM_REMEMBERED_END, "remembered_end"),
        (VM_REMEMBERED_OVERFLOWED, "remembered_overflowed"),
        (VM_LIMIT, "limit"),
        (VM_NO_POINTER, "no_pointer"),
        (VM_INT_TAG, "int_tag"),
        (VM_INT_OFFSET, "int_offset"),
        (VM_DOUBLE_OFFSET, "double_offset"),
        (VM_NO_DOUBLE, "no_double"),
        (VM_INTERRUPTS, "interrupts"),
        (VM_GLOBALS, "globals"),
        (VM_BOTTOM, "bottom"),
        (VM_VALUE, "value"),
        (VM_EXECUTED, "executed"),
        (VM_LOOKUPS, "lookups"),
    ];
    let is = |mem: Mem| i64::from(mem.offset) == offset;
    if let Some((_, name)) = NAMES.iter().find(|one| is(one.0)) {
        return Some(name.to_string());
    }
    (0..CLASSES).find_map(|class| {
        let (cursor, end) = bin(class);
        let name = if is(cursor) {
            "cursor"
        } else if is(end) {
            "end"
        } else {
            return None;
        };
        Some(format!("bin{class}.{name}"))
    })
}

/// The address of a function that compiled code calls.
pub const fn runtime_call(number: usize) -> Mem {
    vm(NATIVE + offset_of!(NativeState, runtime_calls) + 8 * number)
}

const _: () = assert!(offset_of!(Header, flags) == offset_of!(Header, kind) + 1);

pub const FRAME_PROTO: i32 = offset_of!(Frame, proto) as i32;
pub const FRAME_PC: i32 = offset_of!(Frame, pc) as i32;
pub const FRAME_BASE: i32 = offset_of!(Frame, base) as i32;
/// `borrow_height` and `flags` as one word.
pub const FRAME_BORROWS: i32 = offset_of!(Frame, borrow_height) as i32;
pub const FRAME_FLAGS: i32 = offset_of!(Frame, flags) as i32;
pub const FRAME_SP: i32 = offset_of!(Frame, native_sp) as i32;
const _: () = assert!(FRAME_FLAGS == FRAME_BORROWS + 4 && FRAME_BORROWS % 8 == 0);

pub const PROTO_CODE: i32 = offset_of!(Proto, code) as i32;
pub const PROTO_CONSTS: i32 = offset_of!(Proto, consts) as i32;
pub const PROTO_ENTRY: i32 = offset_of!(Proto, entry) as i32;
pub const PROTO_WARMTH: i32 = offset_of!(Proto, warmth) as i32;
pub const PROTO_EXACT_ARGS: i32 = offset_of!(Proto, exact_args) as i32;
pub const PROTO_MAX_ARGS: i32 = offset_of!(Proto, max_args) as i32;
pub const PROTO_BORROWS_NOTHING: i32 = offset_of!(Proto, borrows_nothing) as i32;
pub const PROTO_OWNED_PARAMS: i32 = offset_of!(Proto, owned_params) as i32;

pub const HEADER_KIND: i32 = offset_of!(Header, kind) as i32;
pub const HEADER_FLAGS: i32 = offset_of!(Header, flags) as i32;
pub const HEADER_MARK: i32 = offset_of!(Header, mark) as i32;
pub const HEADER_FORM: i32 = offset_of!(Header, form) as i32;
pub const HEADER_AUX: i32 = offset_of!(Header, aux) as i32;
pub const ARRAY_PTR: i32 = offset_of!(ArrayObj, ptr) as i32;
pub const ARRAY_LEN: i32 = offset_of!(ArrayObj, len) as i32;
pub const ARRAY_CAP: i32 = offset_of!(ArrayObj, cap) as i32;
pub const STRING_CHARS: i32 = offset_of!(StringObj, chars) as i32;
/// Where the bytes of an inline string begin.
pub const STRING_BYTES: i32 = size_of::<StringObj>() as i32;
/// Where the address of the bytes of an external string is.
pub const STRING_PTR: i32 = offset_of!(LongStringObj, ptr) as i32;
pub const DICT_PTR: i32 = offset_of!(DictObj, ptr) as i32;
pub const DICT_LEN: i32 = offset_of!(DictObj, len) as i32;
pub const DICT_CAP: i32 = offset_of!(DictObj, cap) as i32;
pub const DICT_INDEX: i32 = offset_of!(DictObj, index) as i32;
const VIEW: usize = offset_of!(KeyIndex, view);
pub const VIEW_FIRST: i32 = (VIEW + offset_of!(RangeView, first)) as i32;
pub const VIEW_END: i32 = (VIEW + offset_of!(RangeView, end)) as i32;
pub const VIEW_TABLE: i32 = (VIEW + offset_of!(RangeView, table)) as i32;
pub const CELL_VALUE: i32 = offset_of!(CellObj, value) as i32;
pub const FUNCTION_PROTO: i32 = offset_of!(FunctionObj, proto) as i32;
pub const FUNCTION_CAPTURES: i32 = size_of::<FunctionObj>() as i32;
pub const TAGGED_COUNT: i32 = offset_of!(TaggedObj, parts) as i32;
pub const TAGGED_PARTS: i32 = size_of::<TaggedObj>() as i32;
pub const TYPE_INFO: i32 = offset_of!(StructTypeObj, info) as i32;
pub const INFO_SHAPE: i32 = offset_of!(StructType, shape) as i32;
pub const STRUCT_TYPE: i32 = offset_of!(StructObj, ty) as i32;
pub const STRUCT_FIELDS: i32 = size_of::<StructObj>() as i32;

pub const FIELD_NAME: i32 = offset_of!(CachedField, name) as i32;
pub const FIELD_WORD: i32 = offset_of!(CachedField, word) as i32;
/// Size of a known field, as a shift.
pub const FIELD_SHIFT: i32 = 4;
const _: () = assert!(size_of::<CachedField>() == 1 << FIELD_SHIFT);
pub const METHOD_NAME: i32 = offset_of!(CachedMethod, name) as i32;
pub const METHOD_CODE: i32 = offset_of!(CachedMethod, word) as i32;
pub const METHOD_PROTO: i32 = offset_of!(CachedMethod, proto) as i32;
/// Size of a known method, as a shift.
pub const METHOD_SHIFT: i32 = 5;
const _: () = assert!(size_of::<CachedMethod>() == 1 << METHOD_SHIFT);

/// Register `number` of the frame.
pub const fn register(number: u32) -> Mem {
    Mem::new(BASE, number as i32 * 8)
}
