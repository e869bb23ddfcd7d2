//! The engine as a Rust program embeds it: source text in, a run out. Joins the
//! floors below — parse, compile, load, run — and turns what went wrong into
//! text. Reads no files but those of modules ([`modules`]) and decides no exit
//! codes.

pub mod config;
mod failed;
pub mod json;
pub mod modules;
mod report;
pub mod session;
pub mod stats;
pub mod testing;
mod threads;

use crate::check;
use crate::compiler::{self, Builtins, ElementLoop, ModuleInfo, NativeInfo};
use crate::effects::Effects;
use crate::jit::Jit;
use crate::profile;
use crate::runtime::{Context, Fault, Intrinsic, ParamKind};
use crate::stdlib;
use crate::syntax;
use crate::syntax::ast::Module;
use crate::value::Value;
use crate::vm::Vm;
use modules::{FileLoader, Files};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use threads::Machines;

pub use crate::bytecode::Unit;
pub use crate::jit::{Mode, OPTIMIZE_THRESHOLD, Policy, THRESHOLD};
pub use crate::profile::{Profile, Progress};
pub use crate::runtime::output::Interruption;
pub use crate::runtime::world::{Capability, Permissions};
pub use crate::syntax::SourceFile;
pub use crate::syntax::diagnostic::{Diagnostic, Severity};
pub use crate::vm::interrupts::InterruptHandle;
pub use config::Config;

/// How a run ended that did not reach the end of its script.
#[derive(Debug)]
pub enum RunError {
    /// `exit(code)`.
    Exit(i32),
    /// Ctrl-C.
    Interrupted,
    /// The reader of standard output went away.
    OutputClosed,
    /// An uncaught error, as a report.
    Uncaught(String),
    /// The script has ended, but a task has ended by an error that no code awaited. It
    /// has been reported.
    Unawaited,
}

/// The result of checking a source.
pub struct Checked {
    /// `None` if there are errors.
    pub unit: Option<Arc<Unit>>,
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    pub fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics
            .iter()
            .filter(|d| d.severity == Severity::Error)
    }
}

/// The built-ins, and the modules that a file imports, as the compiler sees them.
pub(crate) struct Library {
    files: Option<Arc<Files>>,
    /// Name of the importing file.
    importer: String,
    /// Mutating methods of the types that imports bring in.
    mutating: RefCell<BTreeSet<Box<str>>>,
}

impl Library {
    fn new(files: Option<Arc<Files>>, importer: &str) -> Library {
        Library {
            files,
            importer: importer.to_string(),
            mutating: RefCell::default(),
        }
    }
}

impl Builtins for Library {
    fn native(&self, name: &str) -> Option<NativeInfo> {
        let index = stdlib::function(name)?;
        let native = &stdlib::natives()[index as usize];
        let (min, max) = native.arity();
        Some(NativeInfo {
            index,
            min_args: min as u16,
            max_args: u16::try_from(max).unwrap_or(u16::MAX),
            effects: native.effects,
        })
    }

    fn names(&self) -> Vec<&str> {
        stdlib::names().collect()
    }

    fn is_mutating_method(&self, name: &str) -> bool {
        stdlib::is_mutating(name)
    }

    fn method_effects(&self, name: &str) -> Option<Effects> {
        stdlib::method_effects(name)
    }

    fn walks(&self, name: &str, more: usize) -> bool {
        let Some(index) = stdlib::function(name) else {
            return false;
        };
        let native = &stdlib::natives()[index as usize];
        match native.intrinsic {
            Some(Intrinsic::Min | Intrinsic::Max) => more == 0,
            _ => native.params.first().is_some_and(|param| match param.kind {
                ParamKind::OneOf(kinds) => kinds.contains(&ParamKind::Sequence),
                kind => kind == ParamKind::Sequence,
            }),
        }
    }

    fn is_adaptor(&self, name: &str) -> bool {
        stdlib::function(name)
            .is_some_and(|index| stdlib::natives()[index as usize].result == "array/iterator")
    }

    fn opens(&self, name: &str) -> bool {
        stdlib::function(name).is_some_and(|index| {
            let native = &stdlib::natives()[index as usize];
            let first = native.params.first().map(|param| param.kind);
            first == Some(ParamKind::Sequence) && native.result == "iterator"
        })
    }

    fn uses_up(&self, name: &str) -> bool {
        stdlib::function(name).is_some_and(|index| {
            let native = &stdlib::natives()[index as usize];
            let first = native.params.first().map(|param| param.kind);
            let takes = matches!(first, Some(ParamKind::Sequence | ParamKind::Lazy));
            takes && !native.result.ends_with("iterator")
        })
    }

    fn element_loop(&self, name: &str) -> Option<ElementLoop> {
        let index = stdlib::function(name)?;
        Some(match stdlib::natives()[index as usize].intrinsic? {
            Intrinsic::All => ElementLoop::All,
            Intrinsic::Any => ElementLoop::Any,
            Intrinsic::Count => ElementLoop::Count,
            Intrinsic::Filter => ElementLoop::Filter,
            Intrinsic::Find => ElementLoop::Find,
            Intrinsic::FindIndex => ElementLoop::FindIndex,
            Intrinsic::ForEach => ElementLoop::ForEach,
            Intrinsic::Map => ElementLoop::Map,
            Intrinsic::Reduce => ElementLoop::Reduce,
            _ => return None,
        })
    }

    fn constant(&self, name: &str) -> Option<f64> {
        stdlib::CONSTANTS
            .iter()
            .find(|(n, _)| *n == name)
            .map(|&(_, value)| value)
    }

    fn module(&self, path: &str) -> ModuleInfo {
        let Some(files) = &self.files else {
            return ModuleInfo::Unknown;
        };
        let info = files.info(&self.importer, path);
        if let ModuleInfo::Known { mutating, .. } = &info {
            self.mutating.borrow_mut().extend(mutating.iter().cloned());
        }
        info
    }
}

/// Parses and compiles a source, without running anything and without a look
/// at the modules it imports. There are no warnings.
pub fn compile(source: &SourceFile) -> Checked {
    let library = Library::new(None, source.name());
    compile_with(source, &library, |_| {})
}

/// [`compile`] with the files that its imports name.
pub fn compile_in(source: &SourceFile, files: &Arc<Files>) -> Checked {
    let library = Library::new(Some(files.clone()), source.name());
    compile_with(source, &library, |_| {})
}

/// [`compile_in`] with the warnings of `ruff check`, and with the bodies of tests.
pub fn check_in(source: &SourceFile, files: &Arc<Files>) -> Checked {
    let library = Library::new(Some(files.clone()), source.name());
    let arena = bumpalo::Bump::new();
    let (module, mut diagnostics) = syntax::parse(source, &arena);
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        let unit = None;
        return Checked { unit, diagnostics };
    }
    let module = testing::opened(&module, source, &arena);
    let compiled = compiler::compile_with(&module, source, &library, |resolved| {
        check::check(&module, source, resolved, &library)
    });
    diagnostics.extend(compiled.diagnostics);
    Checked {
        unit: compiled.unit.map(Arc::new),
        diagnostics,
    }
}

/// Parses and compiles a source; `look` sees the tree if it has no errors.
fn compile_with(source: &SourceFile, library: &Library, look: impl FnOnce(&Module)) -> Checked {
    let arena = bumpalo::Bump::new();
    let (module, mut diagnostics) = syntax::parse(source, &arena);
    if diagnostics.iter().any(|d| d.severity == Severity::Error) {
        return Checked {
            unit: None,
            diagnostics,
        };
    }
    look(&module);
    let compiled = compiler::compile(&module, source, library);
    diagnostics.extend(compiled.diagnostics);
    Checked {
        unit: compiled.unit.map(Arc::new),
        diagnostics,
    }
}

/// A machine with the standard library, ready to run programs.
pub struct Engine {
    pub(crate) vm: Box<Vm>,
    /// Reports of uncaught errors are JSON objects.
    json_errors: bool,
    machines: Arc<Machines>,
}

impl Engine {
    /// # Errors
    /// If the system refuses address space for the stacks.
    pub fn new(config: Config) -> std::io::Result<Engine> {
        let json_errors = config.json_errors;
        let (policy, stress, counts) = (config.policy, config.gc_stress, config.count_instructions);
        let (limit, stack) = (config.max_heap, config.machine_stack);
        let interrupts = config.interrupts.clone();
        let mut vm = Vm::new(config.state())?;
        if let Some(limit) = limit {
            vm.limit_memory(limit);
        }
        if let Some(size) = stack {
            vm.machine_stack.size = size;
        }
        vm.heap.set_stress(stress);
        vm.count_instructions = counts;
        vm.use_interrupts(interrupts);
        Jit::new(policy).install(&mut vm);
        vm.tasks.report = Some(report_with(json_errors));
        let machines = Arc::new(Machines {
            policy,
            stress,
            limit,
            json_errors,
            count_instructions: counts,
            made: AtomicU64::new(0),
            counts: Mutex::default(),
            sampled: Mutex::default(),
            files: Mutex::default(),
        });
        vm.threads.factory = Some(machines.clone());
        Ok(Engine {
            vm,
            json_errors,
            machines,
        })
    }

    /// A handle by which other threads and signal handlers stop what runs, also where it
    /// only calls functions.
    ///
    /// # Safety
    /// It is not used after the engine is gone.
    pub unsafe fn interrupt_handle(&self) -> InterruptHandle {
        // SAFETY: the caller's promise.
        unsafe { self.vm.interrupt_handle() }
    }

    /// When functions are compiled.
    pub fn policy(&self) -> Policy {
        Jit::of(&self.vm).map(Jit::policy).unwrap_or_default()
    }

    /// Reports on standard error what was compiled and what was not, if the policy asks
    /// for it.
    pub fn report_compilation(&mut self) {
        crate::jit::report(&mut self.vm);
    }

    /// Lets programs import the modules of these files; `main` is the file that
    /// the script comes from, if it is one.
    pub fn use_files(&mut self, files: &Arc<Files>, main: Option<&str>) {
        self.machines.use_files(files);
        self.vm.set_loader(Box::new(FileLoader(files.clone())));
        if let Some(main) = main {
            let name = Path::new(main).file_stem().unwrap_or_default();
            let name = name.to_string_lossy().into_owned();
            self.vm.set_main_module(files.key(main), name);
        }
    }

    /// Runs a compiled unit to its end.
    ///
    /// # Errors
    /// However else the run ended.
    pub fn run(&mut self, unit: &Arc<Unit>, source: Arc<SourceFile>) -> Result<(), RunError> {
        let script = self.load(unit, source);
        self.run_loaded(script)
    }

    /// Loads a compiled unit; the number of its script.
    pub fn load(&mut self, unit: &Arc<Unit>, source: Arc<SourceFile>) -> u32 {
        self.vm.load(unit, source)
    }

    /// Runs a loaded script to its end.
    ///
    /// # Errors
    /// However else the run ended.
    pub fn run_loaded(&mut self, script: u32) -> Result<(), RunError> {
        let ended = self.value_of(script);
        let ended = self.report_unawaited(ended);
        self.flushed(ended)
    }

    /// [`Engine::run`], sampled `rate` times a second; `progress` hears of the time.
    ///
    /// # Errors
    /// If the system refuses a thread. How the run ended is with the profile.
    pub fn run_profiled(
        &mut self,
        unit: &Arc<Unit>,
        source: Arc<SourceFile>,
        rate: u32,
        progress: Option<Progress>,
    ) -> std::io::Result<(Result<(), RunError>, Profile)> {
        let script = self.vm.load(unit, source);
        // SAFETY: the machine stays where it is, in its box, which this borrows.
        let running = unsafe { profile::start(&mut self.vm, rate, progress) }?;
        self.machines.sampled().rate = Some(rate);
        let ended = self.value_of(script);
        let ended = self.report_unawaited(ended);
        let mut profile = profile::end(&mut self.vm, running);
        let others = std::mem::take(&mut *self.machines.sampled());
        others
            .profiles
            .into_iter()
            .for_each(|one| profile.add_thread(one));
        Ok((self.flushed(ended), profile))
    }

    /// How a run ended, with its output written out. Output that is lost is an error of
    /// the program, unless it has ended by another one.
    fn flushed(&mut self, ended: Result<Value, RunError>) -> Result<(), RunError> {
        let flushed = self.finish();
        match ended {
            Ok(_) => flushed,
            Err(RunError::Exit(code)) => match flushed {
                Err(lost @ RunError::Uncaught(_)) => Err(lost),
                _ => Err(RunError::Exit(code)),
            },
            Err(error) => Err(error),
        }
    }

    /// Does what remains to be done when no more programs run: archives that are still open
    /// are completed, and what standard output has kept is written out.
    ///
    /// # Errors
    /// If the system refuses, or the reader went away.
    pub fn finish(&mut self) -> Result<(), RunError> {
        self.vm.with_stack_roots(|vm| vm.report_unawaited());
        let finished = stdlib::finish(&mut *self.vm);
        let finished = finished.map_err(|fault| self.report_of(fault));
        finished.and(self.flush())
    }

    /// Writes out what standard output has kept.
    ///
    /// # Errors
    /// If the system refuses, or the reader went away.
    pub fn flush(&mut self) -> Result<(), RunError> {
        let flushed = self.vm.state.flush_out();
        flushed.map_err(|fault| self.report_of(fault))
    }

    /// How a run ends by a fault that comes when no code runs any more.
    fn report_of(&mut self, fault: Box<Fault>) -> RunError {
        let caught = self.vm.with_stack_roots(|vm| vm.caught(fault));
        match caught {
            Ok(error) => self.uncaught(error),
            Err(fault) => self.ended_by(*fault),
        }
    }

    /// Runs a loaded script; the value that it returned.
    fn value_of(&mut self, script: u32) -> Result<Value, RunError> {
        let ended = self.vm.run_script(script);
        ended.map_err(|fault| self.ended_by(*fault))
    }

    /// Runs a loaded input of a session; the value that it returned.
    fn value_of_input(&mut self, script: u32) -> Result<Value, RunError> {
        let ended = self.vm.run_input(script);
        ended.map_err(|fault| self.ended_by(*fault))
    }

    /// Reports rejected promises that no code has awaited, at the end of a run that ended
    /// in this way.
    fn report_unawaited<T>(&mut self, ended: Result<T, RunError>) -> Result<T, RunError> {
        let failed = self.vm.end_threads();
        let failed = self.vm.with_stack_roots(|vm| vm.report_unawaited()) | failed;
        match failed {
            true => ended.and(Err(RunError::Unawaited)),
            false => ended,
        }
    }

    fn ended_by(&mut self, fault: Fault) -> RunError {
        match fault {
            Fault::Exit(code) => RunError::Exit(code),
            Fault::Interrupted => RunError::Interrupted,
            Fault::OutputClosed => RunError::OutputClosed,
            Fault::Error { .. } | Fault::Thrown | Fault::Waiting => {
                let error = self.vm.take_error();
                self.uncaught(error)
            }
        }
    }

    fn uncaught(&mut self, error: Value) -> RunError {
        RunError::Uncaught(if self.json_errors {
            self.json_report(error)
        } else {
            self.report(error)
        })
    }
}

/// Writes the reports of uncaught errors, in either form.
fn report_with(json_errors: bool) -> crate::vm::tasks::Report {
    Box::new(move |vm, error| match json_errors {
        true => json::report_of(vm, error),
        false => report::report_of(vm, error),
    })
}
