//! `--stats`: a report of a run, as text. The counts are those of all threads: a thread's are
//! taken when it ends a block.

use super::Engine;
use crate::heap::collect::Pauses;
use crate::jit::{Jit, Mode, OptimizerStats, Stats as JitStats};
use crate::system::size_text;
use crate::vm::Vm;
use crate::vm::tasks::TaskStats;
use crate::vm::threads::ThreadStats;
use std::fmt::{Display, Write};

/// Lines of a name and what there is to say of it.
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, text: impl Display) {
        let _ = writeln!(self.0, "{name:<20}{text}");
    }
}

/// `part` of `whole` in percent.
fn share(part: u64, whole: u64) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

/// The counts of a machine, or of several.
#[derive(Clone, Default)]
pub(super) struct Counts {
    functions: usize,
    jit: JitStats,
    optimizer: OptimizerStats,
    /// Times that compiled code was entered.
    entered: u64,
    /// Instructions run by the interpreter and by compiled code.
    interpreted: u64,
    executed: u64,
    /// Fields and methods that were looked up.
    lookups: u64,
    cache_misses: u64,
    errors_thrown: u64,
    tasks: TaskStats,
    threads: ThreadStats,
    copies: u64,
    minor: Pauses,
    major: Pauses,
    /// Bytes of the heaps.
    reserved: usize,
}

impl Counts {
    pub fn of(vm: &Vm) -> Counts {
        let compiler = Jit::of(vm);
        let gc = &vm.heap.stats;
        Counts {
            functions: vm.code.protos.len(),
            jit: compiler.map(|jit| jit.stats).unwrap_or_default(),
            optimizer: compiler
                .map(|jit| jit.optimizer_stats().clone())
                .unwrap_or_default(),
            entered: vm.native.entered,
            interpreted: vm.counters.interpreted,
            executed: vm.native.executed,
            lookups: vm.counters.lookups + vm.native.lookups,
            cache_misses: vm.counters.cache_misses,
            errors_thrown: vm.counters.errors_thrown,
            tasks: vm.tasks.stats,
            threads: vm.threads.stats,
            copies: gc.copies,
            minor: gc.minor,
            major: gc.major,
            reserved: vm.heap.reserved(),
        }
    }

    fn add(&mut self, other: &Counts) {
        self.functions += other.functions;
        self.jit.add(&other.jit);
        self.optimizer.add(&other.optimizer);
        self.entered += other.entered;
        self.interpreted += other.interpreted;
        self.executed += other.executed;
        self.lookups += other.lookups;
        self.cache_misses += other.cache_misses;
        self.errors_thrown += other.errors_thrown;
        self.tasks.tasks += other.tasks.tasks;
        self.tasks.waits += other.tasks.waits;
        self.tasks.nested += other.tasks.nested;
        self.threads.parcels += other.threads.parcels;
        self.threads.bytes += other.threads.bytes;
        self.copies += other.copies;
        self.minor.merge(other.minor);
        self.major.merge(other.major);
        self.reserved += other.reserved;
    }
}

impl Engine {
    /// The counts of the run so far, a line each.
    pub fn stats_text(&self) -> String {
        let vm = &self.vm;
        let mut all = Counts::of(vm);
        let others = self.machines.counts();
        others.values().for_each(|one| all.add(one));
        let mut out = Lines(String::new());
        out.add("functions loaded", all.functions);
        if vm.stacks.is_reduced() {
            let (calls, bytes) = vm.stacks.room();
            let bytes = size_text(bytes);
            let text = format!("little: {calls} calls at once, {bytes} for their values");
            out.add("address space", text);
        }
        tiers(vm, &all, &mut out);
        out.add("errors thrown", all.errors_thrown);
        let tasks = all.tasks;
        if tasks.waits + tasks.nested > 0 {
            let (count, waits, nested) = (tasks.tasks, tasks.waits, tasks.nested);
            let text =
                format!("{count} that waited, {waits} times; {nested} waits where they stood");
            out.add("tasks", text);
        }
        if !others.is_empty() {
            let (parcels, bytes) = (all.threads.parcels, all.threads.bytes);
            let text = format!(
                "{} beside the script's; {parcels} parcels between them, {bytes} bytes copied",
                others.len()
            );
            out.add("threads", text);
        }
        out.add("copies", all.copies);
        out.add("minor collections", pauses(all.minor));
        out.add("major collections", pauses(all.major));
        out.add("heap", format!("{} KiB", all.reserved / 1024));
        out.0
    }
}

/// How often, and how long.
fn pauses(pauses: Pauses) -> String {
    let (all, longest) = (pauses.total, pauses.longest);
    let (all, longest) = (all.as_secs_f64() * 1e3, longest.as_secs_f64() * 1e3);
    let mut count = pauses.count.to_string();
    if pauses.parts > pauses.count {
        count += &format!(" in {} parts", pauses.parts);
    }
    format!("{count} with pauses of {all:.3} ms in all, {longest:.3} ms the longest")
}

/// The work of the tiers.
fn tiers(vm: &Vm, all: &Counts, out: &mut Lines) {
    let Some(compiler) = Jit::of(vm) else {
        return;
    };
    let jit = &all.jit;
    let tiers = match compiler.policy().mode {
        Mode::Off => "interpreter",
        Mode::Baseline => "interpreter, baseline compiler",
        Mode::On => "interpreter, baseline compiler, optimiser",
    };
    out.add("tiers", tiers);
    let again = jit.recompiled;
    let compiled = format!(
        "{} by the baseline compiler, {again} times again",
        jit.compiled
    );
    out.add("functions compiled", compiled);
    if let Some(bytes) = compiler.reduced_code_memory() {
        out.add("code memory", format!("little: {}", size_text(bytes)));
    }
    if let Some(reason) = &compiler.stopped {
        out.add("compiling stopped", reason);
    }
    let (bytes, words) = (jit.code_bytes, jit.words);
    let ratio = bytes as f64 / words.max(1) as f64;
    let code = format!("{bytes} bytes for {words} words of bytecode, {ratio:.1} a word");
    out.add("machine code", code);
    let time = jit.time.as_secs_f64();
    let rate = words as f64 / time.max(1e-9) / 1e6;
    let time = format!("{:.3} ms, {rate:.2} million words a second", time * 1e3);
    out.add("compile time", time);
    let (entered, exits) = (all.entered, jit.exits);
    let entries = format!("entered {entered} times from the interpreter, left to it {exits} times");
    out.add("compiled code", entries);
    if compiler.policy().mode == Mode::On {
        let better = &all.optimizer;
        let text = format!(
            "{} versions, {} bytes, {:.3} ms; left {} times",
            better.compiled,
            better.code_bytes,
            better.time.as_secs_f64() * 1e3,
            better.exits
        );
        out.add("optimised code", text);
        let phases = &better.phases;
        let parts = [
            ("copying", phases.copying),
            ("building", phases.building),
            ("improving", phases.improving),
            ("registers", phases.allocating),
            ("code", phases.emitting),
        ];
        let parts = parts.map(|(name, time)| format!("{name} {:.3}", time.as_secs_f64() * 1e3));
        out.add("optimising, ms", parts.join(", "));
        for (reason, count) in &better.refused {
            out.add("not optimised", format!("{count}: {reason}"));
        }
    }
    if !vm.count_instructions {
        out.add("cache misses", all.cache_misses);
        return;
    }
    let run = all.interpreted + all.executed;
    let (executed, share_native) = (all.executed, share(all.executed, run));
    let instructions = format!("{run} run, {executed} ({share_native}) in compiled code");
    out.add("instructions", instructions);
    let (lookups, misses) = (all.lookups, all.cache_misses);
    let mut caches = format!("{lookups} fields and methods looked up, {misses} misses");
    if lookups > 0 {
        caches += &format!(", {} hits", share(lookups.saturating_sub(misses), lookups));
    }
    out.add("inline caches", caches);
}
