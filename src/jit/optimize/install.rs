//! The way into optimised code and out of it: which functions have some, and how frames
//! are written where code is left.

use super::ir::{Leaves, MOST_VIRTUAL};
use super::job::{ENTRY, Entry, Job, PART, type_of};
use super::known::Known;
use super::tables::{Exit, Form, Source, flags_of};
use crate::bytecode::Instr;
use crate::jit::code_cache::CodeCache;
use crate::jit::deopt::ExitReason;
use crate::jit::log::OptimizedListing;
use crate::jit::side_exits;
use crate::jit::{Jit, Mode};
use crate::runtime::bigint::int_value;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::native::LEFT_REGISTERS;
use crate::vm::proto::{OptimizedCode, Proto};
use crate::vm::stack::Frame;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Calls and rounds of loops in the baseline's code after which a function is optimised.
pub const THRESHOLD: u32 = 2000;
/// How often a function's code is given up before it takes longer to be optimised again:
/// twice as long each time.
const QUICK_RETURNS: u32 = 4;
/// How often it is given up before it stays with the baseline.
const MOST_RETURNS: u32 = 14;
/// Versions of a function, those for loops included.
const MOST_VERSIONS: u32 = 60;
/// Exits at one place that have told nothing new, after which nothing is expected there.
const MOST_EXITS: u32 = 3;
/// Exits of a version of which one has told something new.
const INFORMATIVE_EXITS: u32 = 2;

/// The time that the parts of a compilation take.
#[derive(Clone, Default, Debug)]
pub struct Phases {
    /// Copying what the machine knows.
    pub copying: Duration,
    /// Building the graph.
    pub building: Duration,
    /// The passes over it.
    pub improving: Duration,
    /// Giving registers.
    pub allocating: Duration,
    /// Making machine code.
    pub emitting: Duration,
}

impl Phases {
    fn add(&mut self, other: &Phases) {
        self.copying += other.copying;
        self.building += other.building;
        self.improving += other.improving;
        self.allocating += other.allocating;
        self.emitting += other.emitting;
    }
}

/// Counts of the optimiser's work.
#[derive(Clone, Default, Debug)]
pub struct OptimizerStats {
    pub compiled: u64,
    pub code_bytes: u64,
    pub time: Duration,
    /// The parts of that.
    pub phases: Phases,
    pub exits: u64,
    /// Why functions were left to the baseline, and how often.
    pub refused: BTreeMap<String, u64>,
}

impl OptimizerStats {
    /// Adds those of another machine.
    pub fn add(&mut self, other: &OptimizerStats) {
        self.compiled += other.compiled;
        self.code_bytes += other.code_bytes;
        self.time += other.time;
        self.phases.add(&other.phases);
        self.exits += other.exits;
        for (reason, count) in &other.refused {
            *self.refused.entry(reason.clone()).or_default() += count;
        }
    }
}

/// The record of a function.
#[derive(Default)]
struct Record {
    versions: u32,
    /// How often its code has been given up.
    returns: u32,
    /// Words, also of functions in its code, at which nothing is expected any more.
    denied: BTreeSet<(u32, u32)>,
    /// Exits by place, and all of the current versions.
    exits: BTreeMap<(u32, u32), u32>,
    count: u32,
    informed: bool,
    refused: bool,
    /// The number of the first exit of code that is in use.
    first_exit: usize,
}

/// Optimised functions and their exits, which are never removed: a frame may still run
/// in an old version.
#[derive(Default)]
pub struct Optimizer {
    records: BTreeMap<u32, Record>,
    /// Words at which nothing is expected any more wherever their function is inlined: it
    /// was wrong in the code of two.
    denied: BTreeSet<(u32, u32)>,
    exits: Vec<Exit>,
    /// Addresses of the functions that have been inlined in others.
    inlined: BTreeSet<u64>,
    known: Known,
    pub stats: OptimizerStats,
}

impl Optimizer {
    /// Whether a function has been inlined somewhere.
    pub fn has_inlined(&self, proto: &Proto) -> bool {
        self.inlined.contains(&(std::ptr::from_ref(proto) as u64))
    }
}

impl Jit {
    /// Whether hot functions are optimised.
    pub fn optimizes(&self) -> bool {
        self.policy.mode == Mode::On
    }

    /// Calls and rounds of loops until a function is optimised, again.
    fn warmth(&self, number: u32) -> i32 {
        let returns = self
            .optimizer
            .records
            .get(&number)
            .map_or(0, |record| record.returns);
        let doublings = returns.saturating_sub(QUICK_RETURNS).min(16);
        let rounds = u64::from(self.policy.optimize_threshold) << doublings;
        i32::try_from(rounds).unwrap_or(i32::MAX - 1)
    }

    /// A function has got code of the baseline for the first time.
    ///
    /// # Safety
    /// `proto` is loaded.
    pub unsafe fn begin_to_warm(&self, proto: *mut Proto) {
        // SAFETY: the caller's promise.
        unsafe {
            (*proto).warmth = if self.optimizes() {
                self.warmth((*proto).index)
            } else {
                i32::MAX
            };
        }
    }

    /// Where optimised code takes over a frame that the baseline's code runs, which is
    /// before a word and has everything in memory; compiles it if there is none.
    ///
    /// # Safety
    /// `frame` is live.
    pub unsafe fn optimize(&mut self, vm: &mut Vm, frame: *mut Frame, at: u32) -> *const u8 {
        // SAFETY: the caller's promise; protos live as long as the machine.
        unsafe {
            let proto = (*frame).proto as *mut Proto;
            let number = (*proto).index;
            if let Some(code) = &(*proto).optimized
                && let Some(&(_, address)) = code.inner.iter().find(|(word, _)| *word == at)
            {
                // Another loop, or the function's start, may come next.
                (*proto).warmth = 0;
                return address;
            }
            (*proto).warmth = i32::MAX;
            let record = self.optimizer.records.entry(number).or_default();
            if record.refused
                || record.versions >= MOST_VERSIONS
                || record.returns >= MOST_RETURNS
                || !self.optimizes()
            {
                return std::ptr::null();
            }
            let entry = if at == 0 {
                Entry::Start
            } else {
                let registers = (*proto).registers as usize;
                let values = (0..registers).map(|register| *(*frame).base.add(register));
                let live = &(*proto).heads;
                let head = live.iter().find(|head| head.at == at);
                let types = values.enumerate().map(|(register, value)| {
                    // Others may be left from before, and point to what is no object.
                    match head {
                        Some(head)
                            if head.live.contains(&(register as u16))
                                && is_step(&*proto, register as u16) =>
                        {
                            type_of(value)
                        }
                        Some(head) if head.live.contains(&(register as u16)) => {
                            plain(match value.as_word() {
                                Some(_) if value.is_big_int() => super::ir::Type::WORD,
                                _ => type_of(value),
                            })
                        }
                        _ => super::ir::Type::MAYBE,
                    }
                });
                Entry::At(at, types.collect())
            };
            match self.compile_optimized(vm, &*proto, entry, (*frame).base) {
                Ok((code, installed)) => {
                    let record = self.optimizer.records.entry(number).or_default();
                    record.versions += 1;
                    let optimized = (*proto).optimized.get_or_insert_default();
                    optimized.inner.push((at, installed.inner));
                    optimized.outer.push((at, installed.framed));
                    if at == 0 {
                        (*proto).entry = code;
                    }
                    // The function's start is next, or another loop.
                    (*proto).warmth = if at == 0 { self.warmth(number) } else { 0 };
                    installed.inner
                }
                Err(reason) => {
                    self.log.not_optimized(self.policy, vm, &*proto, &reason);
                    let stats = &mut self.optimizer.stats;
                    *stats.refused.entry(reason).or_default() += 1;
                    let record = self.optimizer.records.entry(number).or_default();
                    record.refused = true;
                    std::ptr::null()
                }
            }
        }
    }

    /// # Safety
    /// `base` is register 0 of a frame of the function, which is at the entry and has
    /// everything in memory.
    unsafe fn compile_optimized(
        &mut self,
        vm: &mut Vm,
        proto: &Proto,
        entry: Entry,
        base: *const Value,
    ) -> Result<(*const u8, Installed), String> {
        let begin = Instant::now();
        let mut phases = Phases::default();
        let record = self.optimizer.records.entry(proto.index).or_default();
        let version = record.versions + 1;
        let at = entry.word();
        let denied = &record.denied | &self.optimizer.denied;
        // SAFETY: the caller's promise.
        let mut job =
            unsafe { Job::new(vm, proto, entry, base, denied, &mut self.optimizer.known)? };
        job.leave_every = self.policy.leave_every;
        job.most_registers = self.policy.most_registers;
        job.budget = self.policy.budget;
        job.waits |= self.policy.settle;
        let Some(cache) = &mut self.cache else {
            return Err("no code memory".to_string());
        };
        let CodeCache { masm, stubs, .. } = &mut **cache;
        let lists = self.policy.show_code || self.policy.keep_code;
        ruff_asm::masm::Machine::keep_comments(masm, lists);
        let first = self.optimizer.exits.len();
        phases.copying = begin.elapsed();
        let made = super::compile(masm, &job, &stubs.table, first, &mut phases)?;
        if !job.waits {
            vm.note_hidden_registers();
        }
        if lists {
            let listing = OptimizedListing {
                function: job.name().to_string(),
                number: proto.index,
                at,
                graph: super::text(&job)?,
                code: crate::jit::listing::running_code(&made.code, &stubs.table),
            };
            self.log.code(self.policy, listing);
        }
        let (start, address) = cache.place(&made.code)?;
        let length = made.code.bytes().len();
        self.optimizer.exits.extend(made.exits);
        self.optimizer.inlined.extend(made.inlined);
        let time = begin.elapsed();
        let stats = &mut self.optimizer.stats;
        stats.compiled += 1;
        stats.code_bytes += (length - made.counting) as u64;
        stats.time += time;
        stats.phases.add(&phases);
        self.log.optimized(
            self.policy,
            vm,
            proto,
            (start, length as u32),
            (version, at),
            time,
        );
        Ok((
            start,
            Installed {
                framed: address(made.framed),
                inner: address(made.inner),
            },
        ))
    }

    /// Counts an exit. Gives the function's code up if there have been enough of them.
    ///
    /// # Safety
    /// The function is loaded.
    unsafe fn count_leaving(
        &mut self,
        vm: &Vm,
        number: usize,
        function: u32,
        (inner, at): (u32, u32),
        is_news: bool,
    ) {
        self.optimizer.stats.exits += 1;
        let exits = self.optimizer.exits.len();
        let record = self.optimizer.records.entry(function).or_default();
        // A call that was active when the code was given up says nothing of the new one.
        if number < record.first_exit {
            return;
        }
        record.count += 1;
        record.informed |= is_news;
        let here = record.exits.entry((inner, at)).or_default();
        *here += 1;
        let denies = *here >= MOST_EXITS && !is_news;
        let taught = record.informed && record.count >= INFORMATIVE_EXITS;
        if !(denies || taught) {
            return;
        }
        if denies {
            let others = self.optimizer.records.values();
            let is_general = |other: &Record| other.denied.contains(&(inner, at));
            if others.into_iter().any(is_general) {
                self.optimizer.denied.insert((inner, at));
            }
        }
        let record = self.optimizer.records.entry(function).or_default();
        if denies {
            record.denied.insert((inner, at));
        }
        record.exits.clear();
        record.returns += 1;
        record.first_exit = exits;
        (record.count, record.informed) = (0, false);
        // SAFETY: the caller's promise; protos live as long as the machine.
        unsafe {
            let proto = vm.code.protos[function as usize];
            (*proto).optimized = None;
            (*proto).warmth = self.warmth(function);
            if let Some(code) = &(*proto).native {
                (*proto).entry = code.entry;
            }
        }
    }
}

/// Where code was placed.
struct Installed {
    framed: *const u8,
    inner: *const u8,
}

/// Whether a register is the step of a loop over a range: nearly always the same number.
fn is_step(proto: &Proto, register: u16) -> bool {
    let mut all = proto.words_of(crate::bytecode::Op::RangeNext);
    all.any(|word| word.a() + 2 == register)
}

/// A type that the entry of a loop can check with little work.
fn plain(ty: super::ir::Type) -> super::ir::Type {
    use super::ir::types::{BOOL, INT, WORD};
    if ty.is(INT) && ty.bounds().0 >= 0 {
        super::ir::Type::range(0, crate::value::INT_MAX)
    } else if ty.is(INT) {
        super::ir::Type::INLINE
    } else if ty.is(BOOL) {
        super::ir::Type::BOOL
    } else if ty.is_float() {
        super::ir::Type::FLOAT
    } else if ty.kinds == WORD {
        super::ir::Type::WORD
    } else {
        super::ir::Type::MAYBE
    }
}

/// Writes the frames of code that is left, and counts. Gives the stack pointer of the
/// plain machine frame.
///
/// # Safety
/// Called by the stub, which has saved the machine registers; `sp` is that of the code.
pub unsafe extern "C" fn leave(vm: *mut Vm, number: u64, sp: *mut u64) -> u64 {
    // SAFETY: compiled code passes its machine; the exit is one of the code that runs the
    // frame, and names registers of it.
    unsafe {
        let vm = &mut *vm;
        // Values that are only there are found by the collector on the machine stack.
        let saved = std::hint::black_box(vm.native.left);
        let jit = std::ptr::from_ref(Jit::of(vm).expect("code has a compiler"));
        let exit = &(&(*jit).optimizer.exits)[number as usize];
        let outermost = vm.stacks.raw();
        let base = (*outermost).base;
        // Made before any frame changes, and on the machine stack for the collector.
        let mut made = [Value::NULL; MOST_VIRTUAL];
        for (number, one) in exit.made.iter().enumerate() {
            let ty = kept_value(vm, one.ty, &saved, sp, &made);
            let object = vm.heap.new_instance(ty);
            made[number] = object;
            std::hint::black_box(&made);
            for (slot, &field) in one.fields.iter().enumerate() {
                let field = kept_value(vm, field, &saved, sp, &made);
                vm.heap.set_field(object, slot, field);
            }
            if one.shared {
                object.share();
            }
        }
        let mut frame = outermost;
        for (depth, one) in exit.frames.iter().enumerate() {
            let proto = one.proto as *const Proto;
            if depth > 0 {
                frame = frame.add(1);
                (*frame).proto = proto;
                (*frame).base = base.add(one.window as usize);
                (*frame).flags = flags_of(one.returns);
                (*frame).borrow_height = 0;
                vm.stacks.push(frame);
            }
            (*frame).pc = (*proto).code.add(one.at as usize);
            for &(register, form, place) in &one.values {
                let value = kept_value(vm, (form, place), &saved, sp, &made);
                *(*frame).base.add(usize::from(register)) = value;
            }
        }
        std::hint::black_box((&saved, &made));
        // The interpreter's frames come to lie there, and may not write every word.
        for slot in 0..exit.bytes as usize / size_of::<u64>() {
            sp.add(slot).write_volatile(0);
        }
        let innermost = frame;
        let word = (*innermost).pc as *mut Instr;
        let before = (*word).flags();
        let inner = (*(*innermost).proto).index;
        let at = (*innermost).pc.offset_from((*(*innermost).proto).code) as u32;
        let op = (*word).op();
        let never = op.has_cache() && (*word.add(1)).0 == crate::vm::cache::NEVER_RUN;
        let (reason, at) = match exit.leaves {
            Leaves::Entry => (ExitReason::LoopEntry, at | ENTRY),
            Leaves::Part => (ExitReason::Part, at | PART),
            Leaves::Instruction if never => (ExitReason::Unreached, at),
            Leaves::Instruction => (ExitReason::Operands, at),
        };
        if (*jit).policy.log {
            crate::jit::log::side_exit(vm, innermost, reason);
        }
        side_exits::note_operands(innermost, reason);
        let is_news = reason == ExitReason::Unreached || (*word).flags() != before;
        let (function, bytes) = (exit.function, exit.bytes);
        let vm_ref: *const Vm = vm;
        if let Some(jit) = Jit::of_mut(vm) {
            jit.count_leaving(&*vm_ref, number as usize, function, (inner, at), is_news);
        }
        sp as u64 + u64::from(bytes)
    }
}

/// A value that code has kept: in a register, a slot below it, or among those that have
/// been made for it.
///
/// # Safety
/// The source is one of the exit that code is left by, whose registers and stack pointer
/// these are.
unsafe fn kept_value(
    vm: &mut Vm,
    (form, source): (Form, Source),
    saved: &[u64; LEFT_REGISTERS],
    sp: *const u64,
    made: &[Value; MOST_VIRTUAL],
) -> Value {
    let bits = match source {
        Source::Register(register) => saved[usize::from(register)],
        // SAFETY: the caller's promise.
        Source::Slot(slot) => unsafe { *sp.add(slot as usize) },
        Source::Constant(bits) => bits,
        Source::Made(number) => made[usize::from(number)].bits(),
    };
    match form {
        Form::Tagged => Value::from_bits(bits),
        Form::Loan => crate::vm::call::lent(Value::from_bits(bits), 0),
        Form::Float => Value::float(f64::from_bits(bits)),
        Form::Bool => Value::bool(bits & 1 != 0),
        Form::Word => vm.heap.new_word(bits),
        Form::Int => int_value(vm, bits as i64),
        Form::Sum(by) => int_value(vm, bits as i64 + i64::from(by)),
    }
}

impl OptimizedCode {
    /// Where a frame without machine stack comes in that is before a word.
    pub fn entry_at(&self, at: usize) -> Option<*const u8> {
        let found = self.outer.iter().find(|(word, _)| *word as usize == at);
        found.map(|&(_, address)| address)
    }
}
