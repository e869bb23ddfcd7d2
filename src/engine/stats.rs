//! `--stats`: a report of a run, as text.

use super::Engine;
use crate::heap::collect::Pauses;
use crate::jit::{Jit, Mode};
use crate::system::size_text;
use crate::vm::Vm;
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

impl Engine {
    /// The counts of the run so far, a line each.
    pub fn stats_text(&self) -> String {
        let vm = &self.vm;
        let gc = &vm.heap.stats;
        let mut out = Lines(String::new());
        out.add("functions loaded", vm.code.protos.len());
        if vm.stacks.is_reduced() {
            let (calls, bytes) = vm.stacks.room();
            let bytes = size_text(bytes);
            let text = format!("little: {calls} calls at once, {bytes} for their values");
            out.add("address space", text);
        }
        tiers(vm, &mut out);
        out.add("errors thrown", vm.counters.errors_thrown);
        let tasks = vm.tasks.stats;
        if tasks.waits + tasks.nested > 0 {
            let (count, waits, nested) = (tasks.tasks, tasks.waits, tasks.nested);
            let text =
                format!("{count} that waited, {waits} times; {nested} waits where they stood");
            out.add("tasks", text);
        }
        out.add("copies", gc.copies);
        out.add("minor collections", pauses(gc.minor));
        out.add("major collections", pauses(gc.major));
        out.add("heap", format!("{} KiB", vm.heap.reserved() / 1024));
        out.0
    }
}

/// How often, and how long.
fn pauses(pauses: Pauses) -> String {
    let (all, longest) = (pauses.total, pauses.longest);
    let (all, longest) = (all.as_secs_f64() * 1e3, longest.as_secs_f64() * 1e3);
    let count = pauses.count;
    format!("{count} with pauses of {all:.3} ms in all, {longest:.3} ms the longest")
}

/// The work of the tiers.
fn tiers(vm: &Vm, out: &mut Lines) {
    let Some(compiler) = Jit::of(vm) else {
        return;
    };
    let jit = &compiler.stats;
    let tiers = match compiler.policy().mode {
        Mode::Off => "interpreter",
        Mode::Baseline => "interpreter, baseline compiler",
        Mode::On => "interpreter, baseline compiler, optimiser",
    };
    out.add("tiers", tiers);
    let again = jit.recompiled;
    let compiled = format!(
        "{} by the baseline compiler, {again} times anew",
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
    let (entered, exits) = (vm.native.entered, jit.exits);
    let entries = format!("entered {entered} times from the interpreter, left to it {exits} times");
    out.add("compiled code", entries);
    if compiler.policy().mode == Mode::On {
        let better = compiler.optimizer_stats();
        let text = format!(
            "{} versions, {} bytes, {:.3} ms; left {} times",
            better.compiled,
            better.code_bytes,
            better.time.as_secs_f64() * 1e3,
            better.exits
        );
        out.add("optimised code", text);
        for (reason, count) in &better.refused {
            out.add("not optimised", format!("{count}: {reason}"));
        }
    }
    if !vm.count_instructions {
        out.add("cache misses", vm.counters.cache_misses);
        return;
    }
    let (native, native_lookups) = (vm.native.executed, vm.native.lookups);
    let all = vm.counters.interpreted + native;
    let share_native = share(native, all);
    let instructions = format!("{all} run, {native} ({share_native}) in compiled code");
    out.add("instructions", instructions);
    let lookups = vm.counters.lookups + native_lookups;
    let misses = vm.counters.cache_misses;
    let mut caches = format!("{lookups} fields and methods looked up, {misses} misses");
    if lookups > 0 {
        caches += &format!(", {} hits", share(lookups.saturating_sub(misses), lookups));
    }
    out.add("inline caches", caches);
}
