//! The encoder for AArch64, AAPCS64 calling convention, ARMv8.0.
//!
//! `x16` and `x17` are the reserved scratch registers, and `d30` and `d31`.
//! They are used by strict roles, so that no two helpers of one operation meet
//! in one: `x16` holds parts of addresses and double-width products, `x17`
//! holds constants and loaded operands. `x18` belongs to the platform, `x29` is
//! left alone for code that walks frames.
//!
//! The instruction encoder panics on an immediate that does not fit; so none
//! reaches it but through the types of `imm.rs`, which cannot hold such a
//! value.

mod branch;
mod call;
mod float;
mod imm;
mod int;
mod memory;
mod raw;

use crate::buffer::Buffer;
use crate::masm::Machine;
use crate::reg::{self, Fpr, GPRS, Gpr, spare};
use dynasm::dynasm;

/// The macro assembler for AArch64.
#[derive(Debug)]
pub struct A64 {
    buf: Buffer,
}

impl Machine for A64 {
    const NAME: &'static str = "a64";
    const RESULT: Gpr = reg::A0;
    const RESULT2: Gpr = reg::A1;
    const CALLER_SAVED: &'static [Gpr] = &[
        reg::A0,
        reg::A1,
        reg::A2,
        reg::A3,
        reg::A4,
        reg::A5,
        reg::T0,
        reg::T1,
        spare(0),
        spare(1),
        spare(2),
        spare(3),
        spare(4),
        spare(5),
        spare(6),
        spare(7),
    ];
    const CALLEE_SAVED: &'static [Gpr] = &[
        reg::S0,
        reg::S1,
        reg::S2,
        reg::S3,
        reg::S4,
        reg::S5,
        spare(8),
        spare(9),
        spare(10),
        spare(11),
    ];

    const PADDING: i32 = 8;
    const LEAST_SLOTS: u32 = 0;

    fn new() -> A64 {
        A64 {
            buf: Buffer::default(),
        }
    }

    fn buffer(&mut self) -> &mut Buffer {
        &mut self.buf
    }

    fn nops(&mut self, bytes: usize) {
        for _ in 0..bytes / 4 {
            dynasm!(self.buf ; .arch aarch64 ; nop);
        }
    }
}

/// The machine's number of a general purpose register. 31 is the stack pointer
/// or zero, as the instruction has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct R(u8);

impl From<R> for u8 {
    fn from(reg: R) -> u8 {
        reg.0
    }
}

/// Parts of addresses, and the upper half of products.
const ADDRESS: R = R(16);
/// Constants and operands from memory.
const VALUE: R = R(17);
const LINK: R = R(30);
const STACK: R = R(31);
const ZERO: R = R(31);

/// `A0..A5`, `T0`, `T1`, `S0..S5`, `SP`, and the spare ones.
const NUMBERS: [u8; GPRS] = [
    0, 1, 2, 3, 4, 5, 9, 10, 19, 20, 21, 22, 23, 24, 31, 6, 7, 8, 11, 12, 13, 14, 15, 25, 26, 27,
    28,
];

/// The number of a register that addresses may start from.
fn base(reg: Gpr) -> R {
    R(NUMBERS[reg.index()])
}

/// The number of a register that holds an operand.
fn r(reg: Gpr) -> R {
    // As an operand its number would silently mean zero.
    assert!(reg != reg::SP, "the stack pointer as an operand");
    base(reg)
}

/// The machine's number of a floating point register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct V(u8);

impl From<V> for u8 {
    fn from(reg: V) -> u8 {
        reg.0
    }
}

const FLOAT_SCRATCH: V = V(31);
const FLOAT_SCRATCH2: V = V(30);

/// `d0` to `d7`, then from `d16` on: a callee has to keep those between.
fn v(reg: Fpr) -> V {
    let number = reg.index() as u8;
    V(if number < 8 { number } else { number + 8 })
}
