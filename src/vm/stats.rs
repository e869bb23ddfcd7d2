//! `--stats`: what a run did, as text.

use super::Vm;
use std::fmt::Write;

impl Vm {
    pub fn stats_text(&self) -> String {
        let gc = &self.heap.stats;
        let mut out = String::new();
        let _ = writeln!(out, "functions loaded    {}", self.protos.len());
        let _ = writeln!(out, "cache misses        {}", self.counters.cache_misses);
        let _ = writeln!(out, "errors thrown       {}", self.counters.errors_thrown);
        let _ = writeln!(out, "copies              {}", gc.copies);
        let _ = writeln!(out, "collections         {}", gc.collections);
        let _ = writeln!(
            out,
            "collection pauses   {:.3} ms in all, {:.3} ms the longest",
            gc.total_pause.as_secs_f64() * 1e3,
            gc.longest_pause.as_secs_f64() * 1e3
        );
        let _ = writeln!(
            out,
            "heap                {} KiB",
            self.heap.reserved() / 1024
        );
        out
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
