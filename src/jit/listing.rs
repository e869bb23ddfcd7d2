//! Machine code as text, between the source lines and the bytecode it was made
//! from, for either kind of processor on any host. Code is compiled for the listing
//! and never placed: it calls stubs that are nowhere.
//!
//! # Invariants
//! * A listing without bytes and offsets is the same in every run: what depends on
//!   where things lie in memory has names instead of numbers.

use super::Jit;
use super::baseline::{self, CompileJob};
use super::policy::Version;
use super::regs::*;
use super::shared_code::Table;
use crate::bytecode::disasm::{self, Lines};
use crate::bytecode::{FunctionCode, Unit};
use crate::syntax::SourceFile;
use crate::vm::Vm;
use crate::vm::proto::Proto;
use ruff_asm::Masm;
use ruff_asm::{A64, Columns, Disassembled, Listing, SourceId, X64};
use std::cell::{Cell, RefCell};
use std::fmt::Write;

/// A kind of processor there is a compiler for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arch {
    X64,
    A64,
}

impl Arch {
    /// That of the processor this runs on, or else x86-64.
    pub const HOST: Arch = if cfg!(target_arch = "aarch64") {
        Arch::A64
    } else {
        Arch::X64
    };
}

/// A unit that a machine has loaded, to be listed.
pub struct Loaded<'a> {
    pub unit: &'a Unit,
    pub source: &'a SourceFile,
    /// Number of the unit's first function.
    pub first: u32,
}

/// The listing of a loaded unit's functions, or of those with a name, as they would be
/// compiled now.
pub fn listing(
    vm: &Vm,
    loaded: &Loaded,
    name: Option<&str>,
    arch: Arch,
    columns: Columns,
) -> String {
    match arch {
        Arch::X64 => list::<X64>(vm, loaded, name, columns),
        Arch::A64 => list::<A64>(vm, loaded, name, columns),
    }
}

/// The machine code of the host's kind of a function that is compiled while a program runs.
pub fn running_code(code: &ruff_asm::Code, table: &Table) -> String {
    let disassemble = match Arch::HOST {
        Arch::X64 => X64::disassemble,
        Arch::A64 => A64::disassemble,
    };
    Listing::new(code)
        .disassemble(disassemble)
        .columns(Columns::Text)
        .codes(|code| table.name(code).unwrap_or_else(|| code.to_string()))
        .to_string()
}

fn list<M: Listed>(vm: &Vm, loaded: &Loaded, name: Option<&str>, columns: Columns) -> String {
    let mut out = String::new();
    let mut masm = M::new();
    let table = Table::unplaced();
    for (index, function) in loaded.unit.functions.iter().enumerate() {
        if name.is_some_and(|name| *function.name != *name) {
            continue;
        }
        if out.is_empty() {
            let _ = writeln!(out, "; {}: {}", M::NAME, roles::<M>());
        }
        disasm::header(&mut out, function, index);
        let lister = Lister {
            vm,
            loaded,
            function,
            proto: vm.code.protos[loaded.first as usize + index],
            table: &table,
        };
        lister.list(&mut masm, &mut out, columns);
        out.push('\n');
    }
    out
}

/// Lists one function.
struct Lister<'a> {
    vm: &'a Vm,
    loaded: &'a Loaded<'a>,
    function: &'a FunctionCode,
    proto: *const Proto,
    table: &'a Table,
}

impl Lister<'_> {
    fn list<M: Listed>(&self, m: &mut M, out: &mut String, columns: Columns) {
        m.keep_comments(true);
        // SAFETY: protos live as long as the machine.
        let proto = unsafe { &*self.proto };
        let jit = Jit::of(self.vm);
        let version = jit.map_or(Version::default(), |jit| jit.next_version(proto));
        let has_run = proto.heat < 0 && jit.is_some_and(|jit| jit.policy.threshold > 0);
        let job = CompileJob::new(self.vm, proto, self.table, version, has_run, 0);
        let made = baseline::compile(m, job);
        let code = match made {
            Ok(made) => made.code,
            Err(reason) => {
                let _ = writeln!(out, "  ; not compiled: {reason}");
                return;
            }
        };
        let (unit, source) = (self.loaded.unit, self.loaded.source);
        let lines = RefCell::new(Lines::new(unit, self.function, Some(source)));
        // The first instruction that has not been shown.
        let next = Cell::new(0);
        let heading = |SourceId(at): SourceId, cold: bool| {
            let mut out = String::new();
            if cold {
                lines.borrow().instruction(&mut out, at as usize);
                return out;
            }
            // Instructions without machine code have no place of their own.
            while next.get() <= at as usize {
                let at = next.get();
                lines.borrow_mut().heading(&mut out, at);
                lines.borrow().instruction(&mut out, at);
                next.set(disasm::after(self.function.code[at].op(), at));
            }
            out
        };
        let listing = Listing::new(&code)
            .disassemble(M::disassemble)
            .columns(columns)
            .headings(heading)
            .codes(|code| self.table.name(code).unwrap_or_else(|| code.to_string()))
            .addresses(|address| self.address(address));
        let _ = write!(out, "{listing}");
        let words = self.function.code.len();
        let _ = match columns {
            Columns::Text => Ok(()),
            _ => writeln!(out, "  ; {} bytes for {words} words", code.bytes().len()),
        };
    }

    /// The name of what an address in the code leads to.
    fn address(&self, address: u64) -> String {
        if let Some(name) = self.address_of_function(address) {
            return name;
        }
        // SAFETY: protos live as long as the machine.
        let consts = unsafe { (*self.proto).consts() };
        if let Some(at) = consts.iter().position(|value| value.bits() == address) {
            let text = disasm::constant(self.loaded.unit, &self.function.consts[at]);
            return format!("{{{text}}}");
        }
        if address == self.vm.none.bits() {
            return "{None}".to_string();
        }
        if address == self.vm.methods.entries() as u64 {
            return "{method cache}".to_string();
        }
        "{object}".to_string()
    }

    /// Functions and words of their code.
    fn address_of_function(&self, address: u64) -> Option<String> {
        for (index, &proto) in self.vm.code.protos.iter().enumerate() {
            // SAFETY: as above.
            let (code, len) = unsafe { ((*proto).code as u64, (*proto).code_len as u64) };
            let is_code = (code..=code + len * 8).contains(&address);
            // SAFETY: as above.
            let value = unsafe { (*proto).value.bits() };
            if address != proto as u64 && address != value && !is_code {
                continue;
            }
            let own = index.checked_sub(self.loaded.first as usize);
            let function = own.and_then(|own| self.loaded.unit.functions.get(own));
            let name = function.map_or("?", |function| &function.name);
            return Some(if is_code {
                format!("{{{name} at {:04}}}", (address - code) / 8)
            } else {
                format!("{{function {name}}}")
            });
        }
        None
    }
}

/// A macro assembler whose code can be listed.
trait Listed: Masm {
    /// The machine's names of the registers that [`super::regs`] assigns: machine,
    /// base, frame, and the three constants.
    const ROLES: [&'static str; 6];

    fn disassemble(bytes: &[u8]) -> Vec<Disassembled>;
}

/// Which registers have a role throughout.
fn roles<M: Listed>() -> String {
    let roles = [
        "vm",
        "registers",
        "frame",
        "int tag",
        "int offset",
        "float offset",
    ];
    let pairs = M::ROLES.iter().zip(roles);
    let pairs: Vec<String> = pairs.map(|(reg, role)| format!("{reg} {role}")).collect();
    pairs.join(", ")
}

impl Listed for X64 {
    const ROLES: [&'static str; 6] = ["r15", "rbx", "r14", "r13", "r12", "rbp"];

    fn disassemble(bytes: &[u8]) -> Vec<Disassembled> {
        use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter, OpKind};
        let mut formatter = IntelFormatter::new();
        let options = formatter.options_mut();
        options.set_hex_prefix("0x");
        options.set_hex_suffix("");
        options.set_uppercase_hex(false);
        options.set_space_after_operand_separator(true);
        let mut decoder = Decoder::new(64, bytes, DecoderOptions::NONE);
        let mut all = Vec::new();
        while decoder.can_decode() {
            let instruction = decoder.decode();
            let mut text = String::new();
            let branches = instruction.op0_kind() == OpKind::NearBranch64;
            let target = branches.then(|| instruction.near_branch64() as i64);
            if branches {
                formatter.format_mnemonic(&instruction, &mut text);
            } else {
                formatter.format(&instruction, &mut text);
            }
            all.push(Disassembled {
                len: instruction.len(),
                text: symbolic::<X64>(&text),
                target,
            });
        }
        all
    }
}

impl Listed for A64 {
    const ROLES: [&'static str; 6] = ["x19", "x20", "x21", "x22", "x23", "x24"];

    fn disassemble(bytes: &[u8]) -> Vec<Disassembled> {
        use yaxpeax_arch::{Decoder, U8Reader};
        let decoder = yaxpeax_arm::armv8::a64::InstDecoder::default();
        let words = bytes.chunks_exact(4).enumerate();
        let all = words.map(|(index, word)| {
            let text = match decoder.decode(&mut U8Reader::new(word)) {
                Ok(instruction) => instruction.to_string(),
                Err(_) => "(unknown)".to_string(),
            };
            // Targets are relative: `b.eq $+0x10`.
            let (text, target) = match text.rsplit_once(" $") {
                Some((start, distance)) => {
                    let distance = number(distance).unwrap_or(0);
                    (start, Some(index as i64 * 4 + distance))
                }
                None => (text.as_str(), None),
            };
            Disassembled {
                len: 4,
                text: symbolic::<A64>(text),
                target,
            }
        });
        all.collect()
    }
}

/// `0x1f`, `-8`, `+0x10`, `#0x18`, and nothing as 0.
fn number(text: &str) -> Option<i64> {
    let text = text.trim().trim_start_matches('#');
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.trim_start_matches('+')),
    };
    let value = match digits.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok()?,
        None if digits.is_empty() => 0,
        None => digits.parse().ok()?,
    };
    Some(if negative { -value } else { value })
}

/// An instruction with names for places in the machine and the frame, and for the
/// frame's registers.
fn symbolic<M: Listed>(text: &str) -> String {
    let Some((start, rest)) = text.split_once('[') else {
        return text.to_string();
    };
    let Some((inner, end)) = rest.split_once(']') else {
        return text.to_string();
    };
    let split = inner.find(['+', '-', ',']).unwrap_or(inner.len());
    let (base, offset) = inner.split_at(split);
    let role = M::ROLES.iter().position(|&role| role == base);
    let offset = number(offset.trim_start_matches(','));
    let name = role
        .zip(offset)
        .and_then(|(role, offset)| place(role, offset));
    match name {
        Some(name) => format!("{start}[{name}]{end}"),
        None => text.to_string(),
    }
}

/// The name of what lies so far from a register with a role.
fn place(role: usize, offset: i64) -> Option<String> {
    const FRAME_NAMES: [(i32, &str); 6] = [
        (FRAME_PROTO, "proto"),
        (FRAME_PC, "pc"),
        (FRAME_BASE, "base"),
        (FRAME_BORROWS, "borrows"),
        (FRAME_FLAGS, "flags"),
        (FRAME_SP, "sp"),
    ];
    match role {
        0 => vm_name(offset).map(|name| format!("vm.{name}")),
        1 if offset == -8 => Some("frame.callee".to_string()),
        1 if offset >= 0 && offset % 8 == 0 => Some(format!("frame.r{}", offset / 8)),
        2 => {
            let found = FRAME_NAMES.iter().find(|one| i64::from(one.0) == offset);
            found.map(|(_, name)| format!("frame.{name}"))
        }
        _ => None,
    }
}
