//! The memory that compiled code lies in, with the code that all functions share.
//! Code is placed once and stays: a frame may still run in an old version.

use super::baseline::Compiled;
use super::stubs::Stubs;
use crate::system;
use crate::vm::Vm;
use crate::vm::proto::NativeCode;
use ruff_asm::masm::Machine as _;
use ruff_asm::{Arena, Code, HostMasm, LEAST_ARENA, Label};

/// Code memory of a machine.
const CODE_LIMIT: usize = 64 << 20;
/// Of little address space it takes this part, twice.
const CODE_PART: usize = 32;

/// Code memory, the assembler that fills it, and the shared code.
pub struct CodeCache {
    arena: Arena,
    pub masm: HostMasm,
    pub stubs: Stubs,
}

impl CodeCache {
    /// Reserves code memory, places the shared code, and tells the machine of it, and of
    /// the functions that code calls, by number.
    ///
    /// # Errors
    /// If there is no compiler for this processor, or the system refuses the memory.
    pub fn new(vm: &mut Vm, runtime_calls: &[*const u8]) -> Result<CodeCache, String> {
        if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            return Err("no compiler for this kind of processor".to_string());
        }
        let limit = system::reservation(CODE_LIMIT, CODE_PART).max(LEAST_ARENA);
        let mut arena = Arena::new(limit).map_err(|error| {
            let least = system::size_text(LEAST_ARENA);
            format!("{error} (at least {least} for code)")
        })?;
        let mut masm = HostMasm::new();
        let stubs = Stubs::make(&mut masm, &mut arena)?;
        let native = &mut vm.native;
        native.ascii = vm.heap.ascii_table();
        native.addresses.set(arena.addresses());
        native.runtime_calls[..runtime_calls.len()].copy_from_slice(runtime_calls);
        native.enter = stubs.enter;
        native.leave_with_fault = stubs.leave_with_fault;
        native.interpret = stubs.interpret_address;
        for &proto in &vm.code.protos {
            // SAFETY: protos live as long as the machine.
            unsafe { (*proto).entry = stubs.interpret_address };
        }
        Ok(CodeCache { arena, masm, stubs })
    }

    /// Bytes reserved, where the system had no room for all.
    pub fn reduced_limit(&self) -> Option<usize> {
        Some(self.arena.limit()).filter(|&limit| limit < CODE_LIMIT)
    }

    /// The code that all functions share: where it begins, and how long it is while no
    /// other is placed.
    pub fn shared_code(&self) -> (*const u8, u32) {
        let start = self.arena.addresses().start as *const u8;
        (start, self.arena.used() as u32)
    }

    /// Places optimised code: where it begins, and what finds its labels.
    ///
    /// # Errors
    /// If there is no room left.
    pub fn place<'c>(
        &mut self,
        code: &'c Code,
    ) -> Result<(*const u8, impl Fn(Label) -> *const u8 + 'c), String> {
        let installed = self.arena.install(code);
        let start = installed.map_err(|error| error.to_string())?;
        let entry = self.arena.entry(start);
        let address = move |label| {
            let offset = code.offset_of(label).expect("bound by the compiler");
            entry.wrapping_add(offset as usize)
        };
        Ok((entry, address))
    }

    /// Places a function's code: its entry for calls, and the rest of its entries.
    ///
    /// # Errors
    /// If there is no room left.
    ///
    /// # Panics
    /// If an entry is not bound in the code.
    pub fn install(&mut self, made: &Compiled) -> Result<(*const u8, NativeCode), String> {
        let installed = self.arena.install(&made.code);
        let start = installed.map_err(|error| error.to_string())?;
        let entry = self.arena.entry(start);
        let address = |label| {
            let offset = made.code.offset_of(label).expect("bound by the compiler");
            entry.wrapping_add(offset as usize)
        };
        let entries = |labels: &[(u32, Label)]| {
            let addresses = labels.iter().map(|&(at, label)| (at, address(label)));
            let mut entries: Vec<_> = addresses.collect();
            entries.sort_unstable();
            entries.into_boxed_slice()
        };
        let code = NativeCode {
            len: made.code.bytes().len() as u32,
            entry,
            framed: address(made.framed),
            outer: entries(&made.outer),
            inner: entries(&made.inner),
        };
        Ok((entry, code))
    }
}
