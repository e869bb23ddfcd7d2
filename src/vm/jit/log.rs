//! What is told while functions are compiled: lines on standard error for
//! `DEBUG_JIT=1`, and the map from addresses to functions that the system's
//! profiler reads.

use super::Policy;
use crate::vm::Vm;
use crate::vm::proto::Proto;
use std::fs::File;
use std::io::Write;
use std::time::Duration;

#[derive(Default)]
pub struct Log {
    map: Option<File>,
}

impl Log {
    /// No more compiling, and why.
    pub fn refused(&self, policy: Policy, reason: &str) {
        if policy.log {
            let _ = writeln!(std::io::stderr(), "jit: no more compiling: {reason}");
        }
    }

    /// Adds a line to the profiler's map. Failing to write is no reason to stop.
    fn map(&mut self, entry: *const u8, len: u32, name: &str) {
        if self.map.is_none() {
            let path = format!("/tmp/perf-{}.map", std::process::id());
            self.map = File::create(path).ok();
        }
        if let Some(map) = &mut self.map {
            let _ = writeln!(map, "{:x} {len:x} ruff:{name}", entry as usize);
        }
    }
}

impl Vm {
    /// Tells of a function just compiled.
    pub(super) fn log_compiled(&mut self, proto: &Proto, entry: *const u8, time: Duration) {
        let policy = self.jit.policy;
        if !policy.log && !policy.perf_map {
            return;
        }
        let Some(code) = &proto.native else {
            return;
        };
        let name = self.heap.str(proto.name).to_string();
        let source = self.sources.get(proto.source as usize);
        let place = source.map_or(String::new(), |source| {
            let line = source.file.position(proto.position).line;
            format!("{}:{line}", source.file.name())
        });
        if policy.log {
            let again = if code.generation > 0 {
                format!(", generation {}", code.generation + 1)
            } else {
                String::new()
            };
            let _ = writeln!(
                std::io::stderr(),
                "jit: {name} ({place}): {} words, {} bytes, {:.1} us{again}",
                proto.code_len,
                code.len,
                time.as_secs_f64() * 1e6,
            );
        }
        if policy.perf_map {
            self.jit
                .log
                .map(entry, code.len, &format!("{name} {place}"));
        }
    }
}
