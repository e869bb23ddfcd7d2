//! The encoder for x86-64, System V calling convention, no extension beyond
//! SSE2.
//!
//! `r11` and `xmm15` are the reserved scratch registers. Immediates and offsets
//! of one byte are encoded as such by hand-written size tests, since for an
//! operand that is only known at run time the instruction encoder takes the
//! form it is told to take.

mod branch;
mod call;
mod float;
mod int;
mod memory;
mod raw;

use crate::buffer::Buffer;
use crate::masm::Machine;
use crate::reg::{self, Fpr, GPRS, Gpr};

/// The macro assembler for x86-64.
#[derive(Debug)]
pub struct X64 {
    buf: Buffer,
}

/// The instructions that do nothing, by their length.
const NOPS: [&[u8]; 9] = [
    &[0x90],
    &[0x66, 0x90],
    &[0x0f, 0x1f, 0x00],
    &[0x0f, 0x1f, 0x40, 0x00],
    &[0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00],
    &[0x0f, 0x1f, 0x80, 0x00, 0x00, 0x00, 0x00],
    &[0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
    &[0x66, 0x0f, 0x1f, 0x84, 0x00, 0x00, 0x00, 0x00, 0x00],
];

impl Machine for X64 {
    const NAME: &'static str = "x64";
    const RESULT: Gpr = reg::T0;
    const RESULT2: Gpr = reg::A2;
    const CALLER_SAVED: &'static [Gpr] = &[
        reg::A0,
        reg::A1,
        reg::A2,
        reg::A3,
        reg::A4,
        reg::A5,
        reg::T0,
        reg::T1,
    ];
    const CALLEE_SAVED: &'static [Gpr] = &[reg::S0, reg::S1, reg::S2, reg::S3, reg::S4, reg::S5];

    const PADDING: i32 = 0;
    const LEAST_SLOTS: u32 = 1;

    fn new() -> X64 {
        X64 {
            buf: Buffer::default(),
        }
    }

    fn buffer(&mut self) -> &mut Buffer {
        &mut self.buf
    }

    fn nops(&mut self, bytes: usize) {
        for number in (0..bytes).step_by(NOPS.len()) {
            let nop = NOPS[(bytes - number).min(NOPS.len()) - 1];
            self.buf.extend(nop);
        }
    }
}

/// The machine's number of a general purpose register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct R(u8);

impl From<R> for u8 {
    fn from(reg: R) -> u8 {
        reg.0
    }
}

const RAX: R = R(0);
const RCX: R = R(1);
const RDX: R = R(2);
const RSP: R = R(4);
const SCRATCH: R = R(11);

/// `A0..A5`, `T0`, `T1`, `S0..S5`, `SP`; the rest is on other machines only.
const NUMBERS: [u8; GPRS] = {
    let mut numbers = [0xff; GPRS];
    let known = [7, 6, 2, 1, 8, 9, 0, 10, 15, 3, 14, 13, 12, 5, 4];
    let mut i = 0;
    while i < known.len() {
        numbers[i] = known[i];
        i += 1;
    }
    numbers
};

/// The number of a register that addresses may start from.
fn base(reg: Gpr) -> R {
    let number = NUMBERS[reg.index()];
    assert!(number != 0xff, "{reg} is no register of this machine");
    R(number)
}

/// The number of a register that holds an operand.
fn r(reg: Gpr) -> R {
    debug_assert!(reg != reg::SP, "the stack pointer as an operand");
    base(reg)
}

/// The machine's number of a floating point register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct X(u8);

impl From<X> for u8 {
    fn from(reg: X) -> u8 {
        reg.0
    }
}

const FLOAT_SCRATCH: X = X(15);

fn x(reg: Fpr) -> X {
    X(reg.index() as u8)
}
