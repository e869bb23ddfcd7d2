//! What is told while functions are compiled: lines on standard error for
//! `DEBUG_JIT=1`, and the map from addresses to functions that the system's
//! profiler reads.

use super::helpers::arith;
use super::{Mode, Policy, Reason, Version};
use crate::bytecode::op::{SEEN_FLOAT, SEEN_INT, SEEN_OTHER, SEEN_OVERFLOW};
use crate::bytecode::{Instr, Op};
use crate::runtime::type_name;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Default)]
pub struct Log {
    map: Option<File>,
}

/// Writes a line, if anybody reads it.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "jit: {text}");
}

impl Log {
    /// No more compiling, and why.
    pub fn refused(&self, policy: Policy, reason: &str) {
        if policy.log {
            say(&format!("no more compiling: {reason}"));
        }
    }

    /// Adds a line to the profiler's map. Failing to write is no reason to stop.
    fn map(&mut self, entry: *const u8, len: u32, name: &str) {
        /// The process has one map for all its machines.
        static BEGUN: AtomicBool = AtomicBool::new(false);
        if self.map.is_none() {
            let path = format!("/tmp/perf-{}.map", std::process::id());
            let mut options = File::options();
            if BEGUN.swap(true, Ordering::Relaxed) {
                options.append(true);
            } else {
                options.write(true).truncate(true);
            }
            self.map = options.create(true).open(path).ok();
        }
        if let Some(map) = &mut self.map {
            let _ = writeln!(map, "{:x} {len:x} ruff:{name}", entry as usize);
        }
    }
}

impl Vm {
    /// A function's name, and the file and line of a byte of its source.
    fn place(&mut self, proto: &Proto, position: u32) -> String {
        let name = self.heap.str(proto.name);
        match self.sources.get(proto.source as usize) {
            Some(source) => {
                let line = source.file.position(position).line;
                format!("{name} ({}:{line})", source.file.name())
            }
            None => name.to_string(),
        }
    }

    /// Tells of a function just compiled.
    pub(super) fn log_compiled(&mut self, proto: &Proto, entry: *const u8, time: Duration) {
        let policy = self.jit.policy;
        if !policy.log && !policy.perf_map {
            return;
        }
        let Some(code) = &proto.native else {
            return;
        };
        let place = self.place(proto, proto.position);
        if policy.log {
            let Version {
                generation,
                lessons,
            } = code.version;
            let again = match generation + lessons {
                0 => String::new(),
                times => format!(", version {}", times + 1),
            };
            say(&format!(
                "{place}: {} words, {} bytes, {:.1} us{again}",
                proto.code_len,
                code.len,
                time.as_secs_f64() * 1e6,
            ));
        }
        if policy.perf_map {
            self.jit.log.map(entry, code.len, &place);
        }
    }

    /// Tells that compiled code is left, before anything is learnt from it.
    ///
    /// # Safety
    /// The frame stands before the instruction that met what was not expected.
    #[inline]
    pub(super) unsafe fn log_exit(&mut self, frame: *mut Frame, reason: Reason) {
        if self.jit.policy.log {
            // SAFETY: the caller's promise.
            unsafe { self.tell_exit(frame, reason) };
        }
    }

    #[cold]
    #[inline(never)]
    unsafe fn tell_exit(&mut self, frame: *mut Frame, reason: Reason) {
        // SAFETY: as for `log_exit`; registers and constants are those that the
        // instruction names.
        unsafe {
            let proto = &*(*frame).proto;
            let (word, base) = (*(*frame).pc, (*frame).base);
            let at = (*frame).pc.offset_from(proto.code) as usize;
            let position = proto.positions.get(at).copied();
            let place = self.place(proto, position.unwrap_or(proto.position));
            if reason == Reason::Head {
                let what = "a loop's head met something else than expected";
                return say(&format!("exit from {place} at {at:04}, {what}"));
            }
            let met = match (arith::operands(word, base, proto.consts), word.op()) {
                (Some((x, y)), _) => arithmetic(word, x, y),
                (None, Op::GetField) => object(*base.add(word.b() as usize)),
                (None, Op::SetField) => object(*base.add(word.a() as usize)),
                (None, Op::FieldMut) => object(*base.add(word.b() as usize)),
                _ => "something else than expected".to_string(),
            };
            let name = word.op().name();
            say(&format!("exit from {place} at {at:04}, {name} met {met}"));
        }
    }

    /// Tells at the end of a run what was compiled, and why the rest was not.
    pub fn log_summary(&mut self) {
        let Policy {
            mode,
            threshold,
            log: true,
            ..
        } = self.jit.policy
        else {
            return;
        };
        if mode == Mode::Off {
            return say("nothing compiled: the tiers are off");
        }
        let stats = &self.jit.stats;
        say(&format!(
            "{} functions compiled, {} times anew, {} bytes, {:.1} us; entered {} times, left {} times",
            stats.compiled,
            stats.recompiled,
            stats.code_bytes,
            stats.time.as_secs_f64() * 1e6,
            stats.entered,
            stats.exits,
        ));
        let mut never = 0;
        for proto in self.protos.clone() {
            // SAFETY: protos live as long as the machine.
            let proto = unsafe { &*proto };
            if proto.native.is_some() {
                continue;
            }
            let heat = i64::from(threshold) - i64::from(proto.heat);
            let why = match &self.jit.refused {
                // Where compiling was asked for, nobody asks again.
                Some(reason) if proto.heat > self.first_heat() => reason.clone(),
                _ if heat <= 0 => {
                    never += 1;
                    continue;
                }
                _ => format!("not hot, {heat} calls and rounds of {threshold}"),
            };
            let place = self.place(proto, proto.position);
            say(&format!("{place} stayed interpreted: {why}"));
        }
        if never > 0 {
            say(&format!("functions never called: {never}"));
        }
    }
}

/// What an operation was given, and what it had seen before.
fn arithmetic(word: Instr, x: Value, y: Value) -> String {
    let flags = word.flags();
    let kinds = match flags & (SEEN_INT | SEEN_FLOAT) {
        0 => "ints",
        SEEN_FLOAT => "floats",
        _ => "ints and floats",
    };
    let more = match flags & (SEEN_OTHER | SEEN_OVERFLOW) {
        0 => "",
        _ => " and others",
    };
    let (x, y) = (type_name(x), type_name(y));
    // Two ints where ints were seen: it is the result that did not fit.
    let result = if (x, y, kinds) == ("int", "int", "ints") {
        ", whose result is no small int"
    } else {
        ""
    };
    format!("{x} and {y}{result} (before: {kinds}{more})")
}

/// What a field was asked of.
fn object(value: Value) -> String {
    format!("{} of another shape than before", type_name(value))
}
