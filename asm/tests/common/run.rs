//! Running generated code on the host.

use ruff_asm::prelude::*;
use ruff_asm::{Arena, HostMasm};

/// One function in memory.
pub struct Function {
    arena: Arena,
    code: CodePtr,
}

impl Function {
    /// Generates and places one function.
    pub fn new(emit: impl FnOnce(&mut HostMasm)) -> Function {
        Function::in_arena(Arena::new(1 << 20).unwrap(), emit)
    }

    /// The same in an arena of choice.
    pub fn in_arena(mut arena: Arena, emit: impl FnOnce(&mut HostMasm)) -> Function {
        let mut m = HostMasm::new();
        emit(&mut m);
        let code = arena.install(&m.finish().unwrap()).unwrap();
        Function { arena, code }
    }

    /// The address.
    pub fn entry(&self) -> *const u8 {
        self.arena.entry(self.code)
    }

    /// Calls it with integers.
    pub fn call(&self, args: [u64; 4]) -> u64 {
        // SAFETY: the tests generate functions that follow the C calling
        // convention, take at most four integers and return one.
        let function: extern "C" fn(u64, u64, u64, u64) -> u64 =
            unsafe { std::mem::transmute(self.entry()) };
        function(args[0], args[1], args[2], args[3])
    }

    /// Calls it with one integer.
    pub fn call1(&self, arg: u64) -> u64 {
        self.call([arg, 0, 0, 0])
    }

    /// Calls it with two doubles.
    pub fn call_floats(&self, a: f64, b: f64) -> u64 {
        // SAFETY: as above, with doubles for arguments.
        let function: extern "C" fn(f64, f64) -> u64 = unsafe { std::mem::transmute(self.entry()) };
        function(a, b)
    }
}
