//! `--stats`: what a run did, as text.

use super::Vm;
use super::jit::Mode;
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

impl Vm {
    pub fn stats_text(&self) -> String {
        let gc = &self.heap.stats;
        let mut out = Lines(String::new());
        out.add("functions loaded", self.protos.len());
        self.jit_stats(&mut out);
        out.add("errors thrown", self.counters.errors_thrown);
        out.add("copies", gc.copies);
        out.add("collections", gc.collections);
        let (all, longest) = (gc.total_pause, gc.longest_pause);
        let (all, longest) = (all.as_secs_f64() * 1e3, longest.as_secs_f64() * 1e3);
        let pauses = format!("{all:.3} ms in all, {longest:.3} ms the longest");
        out.add("collection pauses", pauses);
        out.add("heap", format!("{} KiB", self.heap.reserved() / 1024));
        out.0
    }

    /// What the tiers did.
    fn jit_stats(&self, out: &mut Lines) {
        let jit = &self.jit.stats;
        let tiers = match self.jit.policy.mode {
            Mode::Off => "interpreter",
            Mode::Baseline | Mode::On => "interpreter, baseline compiler",
        };
        out.add("tiers", tiers);
        let again = jit.recompiled;
        let compiled = format!(
            "{} by the baseline compiler, {again} times anew",
            jit.compiled
        );
        out.add("functions compiled", compiled);
        if let Some(reason) = &self.jit.refused {
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
        let (entered, exits) = (jit.entered, jit.exits);
        let entries =
            format!("entered {entered} times from the interpreter, left to it {exits} times");
        out.add("compiled code", entries);
        if !self.jit.policy.count {
            out.add("cache misses", self.counters.cache_misses);
            return;
        }
        let (native, native_lookups) = self.native.counts();
        let all = self.counters.interpreted + native;
        let share_native = share(native, all);
        let instructions = format!("{all} run, {native} ({share_native}) in compiled code");
        out.add("instructions", instructions);
        let lookups = self.counters.lookups + native_lookups;
        let misses = self.counters.cache_misses;
        let mut caches = format!("{lookups} fields and methods looked up, {misses} misses");
        if lookups > 0 {
            caches += &format!(", {} hits", share(lookups.saturating_sub(misses), lookups));
        }
        out.add("inline caches", caches);
    }

    /// How many functions are loaded: the number of the next one.
    pub fn function_count(&self) -> u32 {
        self.protos.len() as u32
    }

    /// A loaded source, as positions name it.
    pub fn source(&self, number: u32) -> std::sync::Arc<crate::syntax::SourceFile> {
        self.sources[number as usize].file.clone()
    }
}
