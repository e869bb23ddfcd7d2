//! The compiler above the machine: it makes machine code from the bytecode of hot
//! functions, so that they do the same as in the interpreter, only faster. `policy`
//! says when; `baseline` makes code, from a template for each instruction; `code_cache`
//! places it; `stubs` is the code that all functions share, and `shared_code` says where it
//! is; `runtime_calls` are the functions that compiled code calls, by `call_numbers`;
//! `side_exits` is the way back to the interpreter where an assumption fails, and `deopt`
//! the data for it; `listing` shows code to people. Only `baseline` and
//! `stubs` emit instructions. The machine knows this floor as a [`Tier`].
//!
//! # How compiled code and the interpreter fit together
//! Compiled code keeps the interpreter's frames: the same `Frame` records, the same
//! registers on the value stack. It differs in two things. It holds some registers
//! of the frame in machine registers between places where anything could look; and
//! each of its frames also has 16 bytes of machine stack, which hold the return
//! address. So a running loop can be entered at its header, and any function can be
//! left to the interpreter at any instruction.
//!
//! # Invariants
//! * Code that calls out of compiled code has stored which frame runs, the frame's `pc`
//!   and every changed register.
//! * Under a profile, the machine knows the running frame at all times: its clock reads
//!   it from another thread. Otherwise only what calls out stores it.

mod baseline;
mod call_numbers;
mod code_cache;
mod deopt;
pub mod listing;
mod log;
mod optimize;
pub mod policy;
mod regs;
mod runtime_calls;
mod shared_code;
mod side_exits;
mod stubs;
mod templates;

use crate::vm::Vm;
use crate::vm::native::Tier;
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use baseline::CompileJob;
use code_cache::CodeCache;
use deopt::DeoptPoint;
use log::Log;
pub use log::summary as report;
use optimize::install::Optimizer;
pub use optimize::install::{OptimizerStats, THRESHOLD as OPTIMIZE_THRESHOLD};
use policy::{History, Version};
pub use policy::{Mode, Policy, Stats, THRESHOLD};
use ruff_asm::masm::Machine as _;
use runtime_calls::RUNTIME_CALLS;
use std::any::Any;
use std::time::Instant;

/// The compiler of a machine.
pub struct Jit {
    policy: Policy,
    pub stats: Stats,
    /// Compiled when the first function gets hot.
    cache: Option<Box<CodeCache>>,
    /// Why there is no more compiling.
    pub stopped: Option<String>,
    optimizer: Optimizer,
    /// By number of the function.
    functions: Vec<Function>,
    /// By number: where each place is at which compiled code may be left. Old versions
    /// of a function may still be running: none is ever removed.
    deopt_points: Vec<DeoptPoint>,
    log: Log,
}

/// The compiler's record of a function.
#[derive(Default)]
enum Function {
    #[default]
    Interpreted,
    Compiled(History),
    /// No code can be made for it, and why.
    Refused(String),
}

impl Jit {
    pub fn new(policy: Policy) -> Jit {
        Jit {
            policy,
            stats: Stats::default(),
            cache: None,
            stopped: None,
            optimizer: Optimizer::default(),
            functions: Vec::new(),
            deopt_points: Vec::new(),
            log: Log::default(),
        }
    }

    /// Has a machine use this compiler for what is loaded from now on.
    pub fn install(self, vm: &mut Vm) {
        vm.tier = Some(Box::new(self));
    }

    /// The compiler of a machine.
    pub fn of(vm: &Vm) -> Option<&Jit> {
        let tier: &dyn Any = vm.tier.as_deref()?;
        tier.downcast_ref()
    }

    fn of_mut(vm: &mut Vm) -> Option<&mut Jit> {
        let tier: &mut dyn Any = vm.tier.as_deref_mut()?;
        tier.downcast_mut()
    }

    /// Bytes reserved for machine code, where the system had no room for all.
    pub fn reduced_code_memory(&self) -> Option<usize> {
        self.cache.as_ref()?.reduced_limit()
    }

    /// The optimised code, if the policy said that it is kept.
    pub fn optimized_listings(&self) -> &[log::OptimizedListing] {
        self.log.kept()
    }

    /// The counts of the optimiser.
    pub fn optimizer_stats(&self) -> &OptimizerStats {
        &self.optimizer.stats
    }

    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// The version of a function that would be compiled next.
    fn next_version(&self, proto: &Proto) -> Version {
        match self.functions.get(proto.index as usize) {
            Some(Function::Compiled(history)) => history.next_version(),
            _ => Version::default(),
        }
    }

    fn function(&mut self, proto: &Proto) -> &mut Function {
        let index = proto.index as usize;
        if index >= self.functions.len() {
            self.functions.resize_with(index + 1, Function::default);
        }
        &mut self.functions[index]
    }

    /// No more compiling.
    fn stop(&mut self, reason: String) {
        self.log.stopped(self.policy, &reason);
        self.stopped = Some(reason);
    }
}

impl Tier for Jit {
    fn threshold(&self) -> i32 {
        match self.policy.mode {
            Mode::Off => i32::MAX,
            _ => i32::try_from(self.policy.threshold).unwrap_or(i32::MAX),
        }
    }

    unsafe fn compile(&mut self, vm: &mut Vm, proto: *mut Proto) -> bool {
        if self.stopped.is_some() || self.policy.mode == Mode::Off {
            return false;
        }
        if self.cache.is_none() {
            match CodeCache::new(vm, &RUNTIME_CALLS) {
                Ok(cache) => {
                    self.log.shared_code(self.policy, cache.shared_code());
                    self.cache = Some(Box::new(cache));
                }
                Err(reason) => {
                    self.stop(reason);
                    return false;
                }
            }
        }
        let Some(cache) = &mut self.cache else {
            return false;
        };
        // SAFETY: the caller's promise.
        let function = unsafe { &*proto };
        let version = match self.functions.get(function.index as usize) {
            Some(Function::Compiled(history)) => history.next_version(),
            _ => Version::default(),
        };
        let begin = Instant::now();
        let CodeCache { masm, stubs, .. } = &mut **cache;
        masm.keep_comments(false);
        let first = self.deopt_points.len();
        let has_run = self.policy.threshold > 0;
        let job = CompileJob::new(vm, function, &stubs.table, version, has_run, first);
        let job = if self.policy.mode == Mode::On {
            job.warming()
        } else {
            job
        };
        let made = match baseline::compile(masm, job) {
            Ok(made) => made,
            Err(reason) => {
                self.stats.refused += 1;
                self.log.refused(self.policy, vm, function, &reason);
                let record = self.function(function);
                if !matches!(record, Function::Compiled(_)) {
                    *record = Function::Refused(reason);
                }
                return false;
            }
        };
        let (entry, code) = match cache.install(&made) {
            Ok(installed) => installed,
            Err(reason) => {
                self.stop(reason);
                return false;
            }
        };
        self.deopt_points.extend(made.deopt_points);
        let stats = &mut self.stats;
        stats.words += function.code_len as u64;
        stats.code_bytes += code.len as u64 - made.counting as u64;
        if function.native.is_some() {
            stats.recompiled += 1;
        } else {
            stats.compiled += 1;
        }
        let time = begin.elapsed();
        stats.time += time;
        *self.function(function) = Function::Compiled(History::new(version, made.feedback, first));
        self.log
            .compiled(self.policy, vm, function, (entry, code.len), version, time);
        // SAFETY: the caller's promise; the old version stays where it is.
        unsafe {
            if (*proto).native.is_none() {
                self.begin_to_warm(proto);
            }
            if (*proto)
                .optimized
                .as_ref()
                .is_none_or(|code| code.entry_at(0).is_none())
            {
                (*proto).entry = entry;
            }
            (*proto).native = Some(Box::new(code));
        }
        true
    }

    unsafe fn tier_up(&mut self, vm: &mut Vm, frame: *mut Frame, at: u32) -> *const u8 {
        // SAFETY: the caller's promise.
        unsafe { self.optimize(vm, frame, at) }
    }
}
