//! The messages about functions that are compiled: lines on standard error for
//! `DEBUG_JIT=1`, and the map from addresses to functions that the system's
//! profiler reads.

use super::deopt::ExitReason;
use super::policy::Version;
use super::runtime_calls::arith;
use super::{Function, Jit, Mode, Policy};
use crate::bytecode::op::{SEEN_FLOAT, SEEN_INT, SEEN_OTHER, SEEN_OVERFLOW};
use crate::bytecode::{Instr, Op};
use crate::runtime::type_name;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::native::Tier as _;
use crate::vm::proto::Proto;
use crate::vm::stack::Frame;
use std::fs::File;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[derive(Default)]
pub struct Log {
    map: Option<File>,
    /// The optimised code that is kept, in the order of the last versions.
    kept: Vec<OptimizedListing>,
}

/// Optimised code, and the graph that it was made from.
pub struct OptimizedListing {
    pub function: String,
    /// The number of the function.
    pub number: u32,
    /// The word that the code begins at: 0, or that of a loop.
    pub at: u32,
    pub graph: String,
    pub code: String,
}

/// Writes a line. If no process reads it, that is no error.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "jit: {text}");
}

impl Log {
    /// No more compiling, and why.
    pub fn stopped(&self, policy: Policy, reason: &str) {
        if policy.log {
            say(&format!("no more compiling: {reason}"));
        }
    }

    /// A function for which no code can be made.
    pub fn refused(&self, policy: Policy, vm: &mut Vm, proto: &Proto, reason: &str) {
        if policy.log {
            let place = place(vm, proto, proto.position);
            say(&format!("{place}: not compiled: {reason}"));
        }
    }

    /// The code that all functions share.
    pub fn shared_code(&mut self, policy: Policy, (start, len): (*const u8, u32)) {
        if policy.perf_map {
            self.map(start, len, "(shared)");
        }
    }

    /// A function just compiled: where its code is, and how long that is.
    pub fn compiled(
        &mut self,
        policy: Policy,
        vm: &mut Vm,
        proto: &Proto,
        (entry, len): (*const u8, u32),
        version: Version,
        time: Duration,
    ) {
        if !policy.log && !policy.perf_map {
            return;
        }
        let place = place(vm, proto, proto.position);
        if policy.log {
            let again = match version.number() {
                1 => String::new(),
                number => format!(", version {number}"),
            };
            say(&format!(
                "{place}: {} words, {len} bytes, {:.1} us{again}",
                proto.code_len,
                time.as_secs_f64() * 1e6,
            ));
        }
        if policy.perf_map {
            self.map(entry, len, &place);
        }
    }

    /// A function that stays with the baseline's code.
    pub fn not_optimized(&self, policy: Policy, vm: &mut Vm, proto: &Proto, reason: &str) {
        if policy.log {
            let place = place(vm, proto, proto.position);
            say(&format!("{place}: not optimised: {reason}"));
        }
    }

    /// Shows or keeps optimised code, as the policy says.
    pub fn code(&mut self, policy: Policy, listing: OptimizedListing) {
        if policy.show_code {
            let OptimizedListing {
                function,
                at,
                graph,
                code,
                ..
            } = &listing;
            say(&format!("{function} from {at:04}\n{graph}\n{code}"));
        }
        if policy.keep_code {
            let place = |one: &OptimizedListing| (one.number, one.at);
            self.kept.retain(|one| place(one) != place(&listing));
            self.kept.push(listing);
        }
    }

    /// The optimised code that has been kept: the last version for each place.
    pub fn kept(&self) -> &[OptimizedListing] {
        &self.kept
    }

    /// Optimised code that begins at a word.
    pub fn optimized(
        &mut self,
        policy: Policy,
        vm: &mut Vm,
        proto: &Proto,
        (start, len): (*const u8, u32),
        (version, at): (u32, u32),
        time: Duration,
    ) {
        if !policy.log && !policy.perf_map {
            return;
        }
        let place = place(vm, proto, proto.position);
        if policy.log {
            let micros = time.as_secs_f64() * 1e6;
            say(&format!(
                "{place}: optimised from {at:04}, version {version}, {len} bytes, {micros:.1} us"
            ));
        }
        if policy.perf_map {
            self.map(start, len, &format!("{place} optimised"));
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

/// A function's name, and the file and line of a byte of its source.
fn place(vm: &mut Vm, proto: &Proto, position: u32) -> String {
    let name = vm.heap.str(proto.name);
    match vm.code.sources.get(proto.source as usize) {
        Some(source) => {
            let line = source.file.position(position).line;
            format!("{name} ({}:{line})", source.file.name())
        }
        None => name.to_string(),
    }
}

/// Tells that compiled code is left, before anything is noted of it.
///
/// # Safety
/// The frame is before the instruction that met what was not expected.
#[cold]
#[inline(never)]
pub unsafe fn side_exit(vm: &mut Vm, frame: *mut Frame, reason: ExitReason) {
    // SAFETY: the caller's promise; registers and constants are those that the
    // instruction names.
    unsafe {
        let proto = &*(*frame).proto;
        let (word, base) = (*(*frame).pc, (*frame).base);
        let at = (*frame).pc.offset_from(proto.code) as usize;
        let position = proto.positions.get(at).copied();
        let place = place(vm, proto, position.unwrap_or(proto.position));
        if reason == ExitReason::LoopEntry {
            let what = "a loop's head met something else than expected";
            return say(&format!("exit from {place} at {at:04}, {what}"));
        }
        let name = word.op().name();
        if reason == ExitReason::Unreached {
            return say(&format!(
                "exit from {place} at {at:04}, {name} had not run before it was compiled"
            ));
        }
        if reason == ExitReason::Part {
            return say(&format!(
                "exit from {place} at {at:04}, {name} found a value of another kind than before"
            ));
        }
        let met = match (arith::operands(word, base, proto.consts), word.op()) {
            (Some((x, y)), _) => arithmetic(word, x, y),
            (None, Op::GetField) => object(*base.add(word.b() as usize)),
            (None, Op::SetField) => object(*base.add(word.a() as usize)),
            (None, Op::FieldMut) => object(*base.add(word.b() as usize)),
            _ => "something else than expected".to_string(),
        };
        say(&format!("exit from {place} at {at:04}, {name} met {met}"));
    }
}

/// Tells at the end of a run what was compiled, and why the rest was not.
pub fn summary(vm: &mut Vm) {
    let Some(jit) = Jit::of(vm) else {
        return;
    };
    let Policy {
        mode,
        threshold,
        log: true,
        ..
    } = jit.policy
    else {
        return;
    };
    if mode == Mode::Off {
        return say("nothing compiled: the tiers are off");
    }
    let stats = &jit.stats;
    say(&format!(
        "{} functions compiled, {} times again, {} bytes, {:.1} us; entered {} times, left {} times",
        stats.compiled,
        stats.recompiled,
        stats.code_bytes,
        stats.time.as_secs_f64() * 1e6,
        vm.native.entered,
        stats.exits,
    ));
    let mut never = 0;
    for proto in vm.code.protos.clone() {
        // SAFETY: protos live as long as the machine.
        let proto = unsafe { &*proto };
        if proto.native.is_some() {
            continue;
        }
        let heat = i64::from(threshold) - i64::from(proto.heat);
        let why = match why_not(vm, proto) {
            Some(reason) => reason,
            None if is_inlined(vm, proto) => {
                let place = place(vm, proto, proto.position);
                say(&format!("{place} has been inlined only"));
                continue;
            }
            None if heat <= 0 => {
                never += 1;
                continue;
            }
            None => format!("not hot, {heat} calls and rounds of {threshold}"),
        };
        let place = place(vm, proto, proto.position);
        say(&format!("{place} stayed interpreted: {why}"));
    }
    if never > 0 {
        say(&format!("functions never called: {never}"));
    }
}

fn is_inlined(vm: &Vm, proto: &Proto) -> bool {
    Jit::of(vm).is_some_and(|jit| jit.optimizer.has_inlined(proto))
}

/// Why a hot function has no compiled code.
fn why_not(vm: &Vm, proto: &Proto) -> Option<String> {
    let jit = Jit::of(vm)?;
    match jit.functions.get(proto.index as usize) {
        Some(Function::Refused(reason)) => Some(reason.clone()),
        // Where compiling stopped, `heat` was set to its maximum.
        _ if proto.heat > jit.threshold() => jit.stopped.clone(),
        _ => None,
    }
}

/// Says what an operation was given, and what it had seen before.
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

/// Says what kind of object a field was asked of.
fn object(value: Value) -> String {
    format!("{} of another shape than before", type_name(value))
}
