//! The native tiers: which functions are compiled and when, and the memory their
//! code lies in. `baseline` makes code from bytecode, `stubs` is the glue that all
//! code shares, `helpers` is what compiled code calls, `enter` is the way in, out,
//! and back. Only `baseline` and `stubs` emit instructions.
//!
//! # How the tiers fit together
//! Compiled code keeps the interpreter's frames: the same [`Frame`] records, the same
//! registers on the value stack. It differs in two things. It holds some registers
//! of the frame in machine registers between places where anybody could look; and
//! each of its frames also has 16 bytes of machine stack, which hold the return
//! address. So a running loop can be entered at its head, and any function can be
//! left to the interpreter at any instruction.
//!
//! # Invariants
//! * Whoever calls out of compiled code has stored `vm.frame`, the frame's `pc` and
//!   every changed register.
//! * Under a profile, `vm.frame` is the running frame at all times: its clock reads it
//!   from another thread. Otherwise only what calls out says so.
//! * Code never moves and is kept as long as the machine: return addresses and
//!   `entry` pointers stay good.
//! * A run of compiled code ends at the frame marked `NATIVE_ENTRY`.

mod baseline;
mod enter;
mod helpers;
pub mod listing;
mod log;
mod regs;
mod stubs;

pub use enter::Ran;

use super::Vm;
use super::proto::Proto;
use super::stack::Frame;
use crate::runtime::Fault;
use crate::value::Value;
use helpers::HELPERS;
use ruff_asm::masm::Machine as _;
use ruff_asm::{Arena, CodePtr, HostMasm};
use std::ops::Range;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Calls and rounds of loops after which a function is compiled. Below a hundred
/// nothing is gained: compiling takes about as long as interpreting the
/// function twenty to fifty times, and feedback gathered before it is worth more.
pub const THRESHOLD: u32 = 100;
/// Code memory of a machine.
const CODE_LIMIT: usize = 64 << 20;
/// Exits that taught nothing, after which a function is compiled anew to expect less,
/// by how often that has happened. After the last nothing is expected any more.
const EXITS: [u32; 5] = [2, 4, 8, 16, 32];
/// Exits after which it is compiled anew if one of them has taught something. The first
/// leaves the interpreter to run the rest of a round, which may teach more.
const TAUGHT_EXITS: u32 = 2;
/// How often that may happen before nothing is expected any more.
const MOST_LESSONS: u32 = 24;

/// Which tiers a machine uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// The interpreter only.
    Off,
    /// The interpreter and the baseline compiler.
    Baseline,
    /// Every tier there is.
    On,
}

/// When functions are compiled. To be set before a program is loaded.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub mode: Mode,
    /// Calls and rounds of loops; 0 compiles before the first call.
    pub threshold: u32,
    /// Whether to report every compilation on standard error.
    pub log: bool,
    /// Whether to write a map of compiled functions for the system's profiler.
    pub perf_map: bool,
    /// Whether to count instructions in either tier, which takes time.
    pub count: bool,
}

impl Default for Policy {
    fn default() -> Policy {
        Policy {
            mode: Mode::On,
            threshold: THRESHOLD,
            log: false,
            perf_map: false,
            count: false,
        }
    }
}

/// What the native tiers have done.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    pub compiled: u64,
    pub recompiled: u64,
    /// Words of bytecode, and bytes of machine code made from them.
    pub words: u64,
    pub code_bytes: u64,
    pub time: Duration,
    /// Times that the interpreter entered compiled code, and that code was left
    /// because what it expected did not hold.
    pub entered: u64,
    pub exits: u64,
}

/// The native tiers of a machine.
#[derive(Default)]
pub struct Jit {
    pub policy: Policy,
    pub stats: Stats,
    /// Made when the first function gets hot.
    machine: Option<Box<Machine>>,
    /// Why there is no more compiling.
    pub refused: Option<String>,
    /// What went wrong in a helper, on its way to a handler.
    fault: Option<Box<Fault>>,
    /// The fault has already left the lowest frame of this run of compiled code.
    bottom_gone: bool,
    /// Where compiled code takes a frame back from the interpreter.
    resume: *const u8,
    /// Parts of the machine stack, from the outermost down, where the registers of the
    /// interpreter lie that were saved when compiled code was entered: nothing in
    /// them is in use, but what they last held would be kept alive. The low end of
    /// the last one is `native.bottom`. The high end is null where Rust code entered
    /// compiled code: there is no such part.
    holes: Vec<(*const u64, *const u64)>,
    /// What compiled code leaves behind where it is left in its middle, by number.
    /// Old versions of a function may still be running: none is ever removed.
    exits: Vec<ExitPoint>,
    log: log::Log,
}

/// A place at which compiled code is left to the interpreter.
#[derive(PartialEq, Eq)]
pub struct ExitPoint {
    /// The word that the interpreter goes on at.
    at: u32,
    /// Registers of the frame whose values are still in machine registers, and in
    /// which of those that exits save.
    values: Box<[(u16, u8)]>,
    reason: Reason,
}

/// What an exit teaches.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The instruction has met operands that it did not expect.
    Operands,
    /// A loop was to be entered whose code expects something of the frame.
    Head,
}

impl ExitPoint {
    /// Leaving at word `at` with what is known there.
    fn new(at: usize, state: &baseline::State) -> ExitPoint {
        let place = |entry: &baseline::Entry| {
            let gpr = |gpr| regs::CACHE.iter().position(|&one| one == gpr);
            let fpr = |fpr| ruff_asm::reg::FLOATS.iter().position(|&one| one == fpr);
            let number = match (entry.gpr, entry.fpr) {
                (Some(one), _) => gpr(one),
                (None, Some(one)) => fpr(one).map(|number| number + regs::CACHE.len()),
                (None, None) => None,
            };
            let number = number.expect("values are in registers that exits save");
            (entry.reg as u16, number as u8)
        };
        let dirty = state.entries.iter().filter(|entry| entry.dirty);
        ExitPoint {
            at: at as u32,
            values: dirty.map(place).collect(),
            reason: Reason::Operands,
        }
    }

    fn because(self, reason: Reason) -> ExitPoint {
        ExitPoint { reason, ..self }
    }
}

impl Vm {
    /// Parts of the machine stack that hold no roots, from the outermost down.
    pub(super) fn holes_in_stack(&self) -> Vec<(*const u64, *const u64)> {
        let mut holes = self.jit.holes.clone();
        if let Some(last) = holes.last_mut() {
            last.0 = self.native.bottom as *const u64;
        }
        holes
    }
}

/// Code memory and what all code shares.
struct Machine {
    arena: Arena,
    masm: HostMasm,
    stubs: stubs::Stubs,
}

/// What compiled code reads and writes of the machine.
#[repr(C)]
pub(crate) struct NativeState {
    /// Calls from compiled code whose frame would be at or beyond this are made by
    /// the interpreter, which knows whether it is a stack overflow.
    pub(super) limit: AtomicPtr<Frame>,
    /// What `limit` is unless another thread wants calls to be noticed.
    room: *mut Frame,
    /// What other threads ask for: not 0.
    attention: *const u8,
    /// The globals' storage.
    pub(crate) globals: *mut Value,
    /// The one-character strings of ASCII, by character.
    ascii: *const Value,
    /// Stack pointer of the code that entered this run of compiled code.
    bottom: usize,
    /// What a generator function or `yield` gives.
    value: Value,
    /// Addresses below this are kept for Rust code.
    pub(crate) stack_limit: usize,
    /// As in [`crate::vm::Counters`].
    executed: u64,
    lookups: u64,
    helpers: [*const u8; HELPERS.len()],
    /// The machine registers of code that is being left.
    saved: [u64; regs::SAVED],
    pub(super) addresses: Addresses,
}

/// Where compiled code lies, for signal handlers: empty until there is any.
#[derive(Default)]
pub(super) struct Addresses {
    start: AtomicUsize,
    end: AtomicUsize,
}

impl Addresses {
    fn set(&self, addresses: Range<usize>) {
        self.start.store(addresses.start, Ordering::Relaxed);
        // Last: up to here the range was empty.
        self.end.store(addresses.end, Ordering::Release);
    }

    pub fn contain(&self, address: usize) -> bool {
        address < self.end.load(Ordering::Acquire) && address >= self.start.load(Ordering::Relaxed)
    }
}

impl Default for NativeState {
    fn default() -> NativeState {
        NativeState {
            limit: AtomicPtr::new(std::ptr::null_mut()),
            room: std::ptr::null_mut(),
            attention: std::ptr::null(),
            globals: std::ptr::null_mut(),
            ascii: std::ptr::null(),
            bottom: 0,
            value: Value::NULL,
            stack_limit: 0,
            executed: 0,
            lookups: 0,
            helpers: HELPERS,
            saved: [0; regs::SAVED],
            addresses: Addresses::default(),
        }
    }
}

impl NativeState {
    /// Changes the limit. A request that no call has seen yet stays one.
    fn set_limit(&mut self, limit: *mut Frame) {
        if self.limit.load(Ordering::Relaxed) == self.room {
            self.limit.store(limit, Ordering::Relaxed);
        }
        self.room = limit;
    }

    /// A call has been turned away: if another thread has asked for it, that is done.
    fn heard(&mut self) {
        self.limit.store(self.room, Ordering::Relaxed);
    }
}

impl NativeState {
    /// Instructions run by compiled code, and lookups among them, if they are
    /// counted.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.executed, self.lookups)
    }
}

/// A function's compiled code.
#[derive(Clone, Debug)]
pub struct NativeCode {
    pub(crate) start: CodePtr,
    pub len: u32,
    /// Where the interpreter enters a frame it has made.
    framed: *const u8,
    /// By bytecode index: where a frame is entered in its middle (loop heads, behind
    /// a `yield`), and where one that has been entered goes on (loop heads, handlers).
    outer: Box<[(u32, *const u8)]>,
    inner: Box<[(u32, *const u8)]>,
    version: Version,
    /// How often this version was left because a speculation failed, and whether that
    /// has taught anything.
    exits: u32,
    taught: bool,
    /// What had been noted in each word when it was compiled.
    feedback: Box<[u8]>,
}

impl NativeCode {
    /// The version that would be compiled next.
    fn next_version(&self) -> Version {
        let Version {
            generation,
            lessons,
        } = self.version;
        if !self.taught {
            let generation = generation + 1;
            return Version {
                generation,
                lessons,
            };
        }
        let last = EXITS.len() as u32;
        Version {
            generation: if lessons < MOST_LESSONS {
                generation
            } else {
                last
            },
            lessons: lessons + 1,
        }
    }

    /// Whether it has been left so often that it should be compiled anew.
    fn is_outdated(&self) -> bool {
        let limit = EXITS.get(self.version.generation as usize);
        limit.is_some_and(|&limit| self.exits >= limit) || self.taught && self.exits >= TAUGHT_EXITS
    }
}

/// What became of a function's earlier versions.
#[derive(Clone, Copy, Default, Debug)]
pub struct Version {
    /// How often one was given up because exits taught nothing: each expects less.
    generation: u32,
    /// How often one was given up because something was learnt.
    lessons: u32,
}

impl Version {
    /// Whether code may expect anything.
    fn speculates(self) -> bool {
        (self.generation as usize) < EXITS.len()
    }

    /// Whether ways into loops may check what the loops expect.
    fn hoists(self) -> bool {
        self.generation == 0
    }
}

fn find(entries: &[(u32, *const u8)], at: usize) -> Option<*const u8> {
    let found = entries.binary_search_by_key(&(at as u32), |entry| entry.0);
    found.ok().map(|i| entries[i].1)
}

impl Vm {
    /// The heat of functions that are loaded now.
    pub(super) fn first_heat(&self) -> i32 {
        match self.jit.policy.mode {
            Mode::Off => i32::MAX,
            _ => i32::try_from(self.jit.policy.threshold).unwrap_or(i32::MAX),
        }
    }

    /// What compiled code calls for a function without compiled code, once there is
    /// any.
    pub(super) fn first_entry(&self) -> *const u8 {
        let machine = self.jit.machine.as_ref();
        machine.map_or(std::ptr::null(), |machine| machine.stubs.interpret_address)
    }

    /// Compiles a function, or says that it is to stay interpreted.
    ///
    /// # Safety
    /// `proto` is loaded.
    #[cold]
    #[inline(never)]
    unsafe fn compile(&mut self, proto: *mut Proto) -> bool {
        if self.jit.refused.is_some() || self.jit.policy.mode == Mode::Off {
            return false;
        }
        if self.jit.machine.is_none()
            && let Err(reason) = self.start_jit()
        {
            self.jit.refused = Some(reason);
            return false;
        }
        let begin = Instant::now();
        // SAFETY: the caller's promise.
        let (words, version, anew) = unsafe {
            let before = (*proto).native.as_ref();
            let version = before.map_or(Version::default(), |code| code.next_version());
            ((*proto).code_len, version, before.is_some())
        };
        let mut machine = self.jit.machine.take().expect("made above");
        let Machine { arena, masm, stubs } = &mut *machine;
        masm.keep_comments(false);
        // SAFETY: as above.
        let made = unsafe { baseline::compile(masm, self, &*proto, &stubs.table, version) };
        let installed = made
            .and_then(|made| match arena.install(&made.code) {
                Ok(start) => Ok((made, start)),
                Err(error) => Err(error.to_string()),
            })
            .map(|(made, start)| {
                let base = arena.entry(start);
                let address = |label| {
                    let offset = made.code.offset_of(label).expect("bound by the compiler");
                    base.wrapping_add(offset as usize)
                };
                let table = |list: &[(u32, ruff_asm::Label)]| {
                    let mut entries: Vec<_> = list
                        .iter()
                        .map(|&(at, label)| (at, address(label)))
                        .collect();
                    entries.sort_unstable();
                    entries.into_boxed_slice()
                };
                let code = NativeCode {
                    start,
                    len: made.code.bytes().len() as u32,
                    framed: address(made.framed),
                    outer: table(&made.outer),
                    inner: table(&made.inner),
                    version,
                    exits: 0,
                    taught: false,
                    feedback: made.feedback,
                };
                (code, made.counting, made.exits)
            });
        let (code, counting, exits) = match installed {
            Ok(installed) => installed,
            Err(reason) => {
                self.jit.machine = Some(machine);
                self.jit.log.refused(self.jit.policy, &reason);
                self.jit.refused = Some(reason);
                return false;
            }
        };
        self.jit.exits.extend(exits);
        let entry = machine.arena.entry(code.start);
        self.jit.machine = Some(machine);
        let stats = &mut self.jit.stats;
        stats.words += words as u64;
        stats.code_bytes += code.len as u64 - counting as u64;
        if anew {
            stats.recompiled += 1;
        } else {
            stats.compiled += 1;
        }
        let time = begin.elapsed();
        stats.time += time;
        // SAFETY: as above.
        unsafe {
            (*proto).entry = entry;
            (*proto).native = Some(Box::new(code));
            self.log_compiled(&*proto, entry, time);
        }
        true
    }

    /// Makes code memory and the shared code.
    fn start_jit(&mut self) -> Result<(), String> {
        if !cfg!(any(target_arch = "x86_64", target_arch = "aarch64")) {
            return Err("no compiler for this kind of processor".to_string());
        }
        self.native.ascii = self.heap.ascii_table();
        let mut arena = Arena::new(CODE_LIMIT).map_err(|error| error.to_string())?;
        self.native.addresses.set(arena.addresses());
        let mut masm = HostMasm::new();
        let stubs = stubs::Stubs::make(&mut masm, &mut arena)?;
        for &proto in &self.protos {
            // SAFETY: protos live as long as the machine.
            unsafe { (*proto).entry = stubs.interpret_address };
        }
        self.jit.machine = Some(Box::new(Machine { arena, masm, stubs }));
        Ok(())
    }

    /// Bytes of machine code in use.
    pub fn code_bytes(&self) -> usize {
        let machine = self.jit.machine.as_ref();
        machine.map_or(0, |machine| machine.arena.used())
    }
}
