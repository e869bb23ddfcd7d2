//! A session: source texts run one after the other, each seeing what the ones
//! before declared at their top level. This is everything that a prompt needs,
//! without a terminal.

use super::modules::Files;
use super::{Config, Engine, Library, RunError};
use crate::bytecode::{self, Unit};
use crate::compiler::{self, Known, KnownKind, ModuleInfo};
use crate::runtime::{Completion, Fault, Keeps, Tasks, repr, type_name};
use crate::stdlib;
use crate::syntax::ast::{LetKind, Module, PatternKind, StmtKind};
use crate::syntax::diagnostic::{Diagnostic, Severity};
use crate::syntax::{self, SourceFile};
use crate::value::Value;
use crate::vm::globals::GlobalNumbers;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How an input ended.
#[derive(Debug)]
pub enum Ended {
    /// The value of the expression it ended with, as source-like text, unless
    /// that is null.
    Value(Option<String>),
    /// The errors in its text. It did not run.
    Refused(String),
    Failed(RunError),
}

/// Ends the rest of a session, from any thread.
#[derive(Clone, Default)]
pub struct Bell(Arc<Mutex<Rung>>);

#[derive(Default)]
struct Rung {
    is_rung: bool,
    /// The session rests until this is completed.
    rest: Option<Completion>,
}

impl Bell {
    /// The session has something to do: if it does not rest, it will not until it has been
    /// asked to once more.
    pub fn ring(&self) {
        let mut rung = self.rung();
        rung.is_rung = true;
        if let Some(rest) = rung.rest.take() {
            rest.complete(|_| Ok(Value::NULL));
        }
    }

    /// A panic elsewhere has left both in order.
    fn rung(&self) -> MutexGuard<'_, Rung> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The variable that holds the value of the last input.
const LAST: &str = "_";

pub struct Session {
    pub engine: Engine,
    files: Arc<Files>,
    /// The names that the inputs so far declared, an entry a name.
    known: Vec<Known>,
    globals: GlobalNumbers,
    /// The inputs that ran.
    units: Vec<(Arc<Unit>, Arc<SourceFile>)>,
    count: u32,
}

impl Session {
    /// # Errors
    /// If the system refuses address space for the stacks.
    pub fn new(config: Config) -> std::io::Result<Session> {
        let files = Files::new(None);
        let mut engine = Engine::new(config)?;
        engine.use_files(&files, None);
        Ok(Session {
            engine,
            files,
            known: Vec::new(),
            globals: GlobalNumbers::new(),
            units: Vec::new(),
            count: 0,
        })
    }

    /// Runs an input.
    pub fn eval(&mut self, text: &str) -> Ended {
        self.count += 1;
        let name = format!("<input {}>", self.count);
        self.eval_source(SourceFile::new(name, text))
    }

    /// Runs a source, e.g. that of a file, as an input.
    pub fn eval_source(&mut self, source: SourceFile) -> Ended {
        let result = self.value_of(source);
        let ended = match result {
            Ok(value) => {
                self.remember(value);
                self.text_of(value)
            }
            Err(ended) => ended,
        };
        match self.engine.flush() {
            Err(error) => Ended::Failed(error),
            Ok(()) => ended,
        }
    }

    /// Makes a value that of the variable `_`, unless it is null.
    fn remember(&mut self, value: Value) {
        if value.is_null() {
            return;
        }
        value.share();
        let global = self.engine.vm.global_of(LAST, Some(&mut self.globals));
        self.engine.vm.globals.values[global as usize] = value;
        if !self.known.iter().any(|one| &*one.name == LAST) {
            self.known.push(Known {
                name: LAST.into(),
                kind: KnownKind::Open,
            });
        }
    }

    /// The name of the type of an input's value.
    ///
    /// # Errors
    /// However else the input ended.
    pub fn type_of(&mut self, text: &str) -> Result<&'static str, Ended> {
        self.count += 1;
        let source = SourceFile::new(format!("<input {}>", self.count), text);
        self.value_of(source).map(type_name)
    }

    /// The bytecode of a function declared earlier, or of an input that is not
    /// run.
    ///
    /// # Errors
    /// The errors in the input.
    pub fn disasm(&mut self, text: &str) -> Result<String, String> {
        let name = text.trim();
        for (unit, source) in self.units.iter().rev() {
            let mut out = String::new();
            for (index, function) in unit.functions.iter().enumerate() {
                if *function.name == *name {
                    bytecode::disasm::function(&mut out, unit, index, Some(source));
                }
            }
            if !out.is_empty() {
                return Ok(out);
            }
        }
        let source = SourceFile::new("<input>", text);
        let (unit, _) = self.compile(&source)?;
        Ok(bytecode::disasm::unit(&unit, Some(&source)))
    }

    /// Has tasks go on until the bell is rung; whether an interrupt has ended one of them.
    ///
    /// # Errors
    /// If a task ends the session.
    pub fn rest(&mut self, bell: &Bell) -> Result<bool, RunError> {
        let vm = &mut self.engine.vm;
        vm.interrupts.clear();
        let mut rung = bell.rung();
        if std::mem::take(&mut rung.is_rung) {
            return Ok(false);
        }
        let (promise, completion) = vm.outside(Keeps::Wait);
        rung.rest = Some(completion);
        drop(rung);
        vm.state.input_is_taken = true;
        let rested = vm.with_stack_roots(|vm| vm.with_root(promise, |vm| vm.rest(promise)));
        self.engine.vm.state.input_is_taken = false;
        bell.rung().rest = None;
        let rested = rested.map_err(|fault| self.engine.report_of(fault));
        self.engine.flush()?;
        rested
    }

    /// The number of tasks that wait. They go on while a later input waits, and while the
    /// session rests.
    pub fn waiting_tasks(&self) -> usize {
        self.engine.vm.tasks.waiting()
    }

    /// The names that inputs have declared.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(|one| &*one.name)
    }

    /// The members that may follow `name.`, by the value that it has now: fields and
    /// methods of its own type first, then built-in methods of its type, then those of
    /// all values.
    pub fn members(&mut self, name: &str) -> Vec<String> {
        let Some(&global) = self.globals.get(name) else {
            return Vec::new();
        };
        let value = self.engine.vm.globals.values[global as usize];
        self.members_of(value)
    }

    /// The same after a string, an array and a dict as written, by the closing bracket.
    pub fn members_after(&mut self, closing: char) -> Vec<String> {
        let heap = &mut self.engine.vm.heap;
        let value = match closing {
            '"' => heap.new_string(""),
            ']' => heap.new_array(0),
            '}' => heap.new_dict(0),
            _ => return Vec::new(),
        };
        self.members_of(value)
    }

    fn members_of(&mut self, value: Value) -> Vec<String> {
        let mut out = Vec::new();
        if value.is_absent() {
            return out;
        }
        use crate::heap::object::Kind;
        if value.is_kind(Kind::Struct) || value.is_kind(Kind::Object) {
            let info = value.instance_type();
            let names = (info
                .fields
                .iter()
                .take(info.visible)
                .map(|field| field.name))
            .chain(info.methods.iter().map(|method| method.name));
            for name in names {
                out.push(self.engine.vm.heap.str(name).to_string());
            }
        }
        out.sort();
        let Some(receiver) = stdlib::Receiver::of(value) else {
            return out;
        };
        let any: Vec<&str> = stdlib::method_names(stdlib::Receiver::Type).collect();
        let mut methods: Vec<&str> = stdlib::method_names(receiver).collect();
        methods.sort_by_key(|name| (any.contains(name), *name));
        out.extend(methods.into_iter().map(String::from));
        let mut seen = std::collections::HashSet::new();
        out.retain(|name| seen.insert(name.clone()));
        out
    }

    fn compile(&self, source: &SourceFile) -> Result<(Arc<Unit>, Notes), String> {
        let arena = bumpalo::Bump::new();
        let (mut module, mut diagnostics) = syntax::parse(source, &arena);
        let is_error = |d: &&Diagnostic| d.severity == Severity::Error;
        let mut unit = None;
        if !diagnostics.iter().any(|d| is_error(&d)) {
            let stmts = arena.alloc_slice_copy(module.body.stmts);
            if let Some(last) = stmts.last_mut()
                && let StmtKind::Expr(value) = last.kind
            {
                last.kind = StmtKind::Return(Some(value));
            }
            module.body.stmts = stmts;
            let library = Library::new(Some(self.files.clone()), source.name());
            let compiled = compiler::compile_input(&module, source, &library, &self.known);
            diagnostics.extend(compiled.diagnostics);
            unit = compiled.unit.map(Arc::new);
        }
        match unit {
            Some(unit) => Ok((unit, self.notes(&module, source))),
            None => Err((diagnostics.iter().filter(is_error))
                .map(|d| d.render(source))
                .collect()),
        }
    }

    /// The facts that later inputs need to know of this one beyond its unit.
    fn notes(&self, module: &Module<'_>, source: &SourceFile) -> Notes {
        let mut notes = Notes::default();
        for stmt in module.body.stmts {
            let stmt = match stmt.kind {
                StmtKind::Export(inner) => inner,
                _ => stmt,
            };
            match stmt.kind {
                StmtKind::Let {
                    kind: kind @ (LetKind::Let | LetKind::Const),
                    pattern,
                    ..
                } => {
                    let kind = match kind {
                        LetKind::Const => KnownKind::Const,
                        _ => KnownKind::Let,
                    };
                    if !matches!(pattern.kind, PatternKind::Wild) {
                        compiler::each_binding(pattern, &mut |name, _| {
                            notes.fixed.push((name.into(), kind));
                        });
                    }
                }
                StmtKind::Import(import) if import.names.is_none() && import.alias.is_none() => {
                    let path: Vec<&str> = import.path.iter().map(|part| part.name).collect();
                    let path = path.join(".");
                    let info = self.files.info(source.name(), &path);
                    if let ModuleInfo::Known { exports, .. } = info
                        && !exports.as_slice().is_empty()
                    {
                        let names = exports.as_slice().join(", ");
                        notes.follow.push(format!("from {path} import {names}"));
                    }
                }
                _ => {}
            }
        }
        notes
    }

    fn value_of(&mut self, source: SourceFile) -> Result<Value, Ended> {
        let (unit, notes) = self.compile(&source).map_err(Ended::Refused)?;
        let source = Arc::new(source);
        let vm = &mut self.engine.vm;
        vm.interrupts.clear();
        let script = vm.load_input(&unit, source.clone(), &mut self.globals);
        for export in &unit.exports {
            let fixed = notes.fixed.iter().find(|(name, _)| *name == export.name);
            let kind = fixed.map_or(KnownKind::Open, |(_, kind)| *kind);
            self.known.retain(|one| one.name != export.name);
            let name = export.name.clone();
            self.known.push(Known { name, kind });
        }
        self.units.push((unit, source));
        let result = self.engine.value_of_input(script);
        // A name whose declaration was not reached is not declared.
        let (globals, vm) = (&self.globals, &self.engine.vm);
        self.known.retain(|one| {
            let global = globals.get(&*one.name);
            global.is_some_and(|&global| !vm.globals.values[global as usize].is_absent())
        });
        let value = result.map_err(Ended::Failed)?;
        if !notes.follow.is_empty() {
            self.engine.vm.roots.temporary.push(value);
            let followed = notes.follow.into_iter().try_for_each(|follow| {
                let source = SourceFile::new("<import>", follow);
                self.value_of(source).map(drop)
            });
            self.engine.vm.roots.temporary.pop();
            followed?;
        }
        Ok(value)
    }

    fn text_of(&mut self, value: Value) -> Ended {
        if value.is_null() {
            return Ended::Value(None);
        }
        let text = self
            .engine
            .vm
            .with_stack_roots(|vm| vm.with_root(value, |vm| repr::repr(vm, value)));
        match text {
            Ok(text) => Ended::Value(Some(text)),
            Err(fault) if matches!(*fault, Fault::Interrupted) => {
                Ended::Failed(RunError::Interrupted)
            }
            Err(_) => Ended::Value(Some(format!("<{}>", type_name(value)))),
        }
    }
}

#[derive(Default)]
struct Notes {
    /// Names that later inputs may not assign.
    fixed: Vec<(Box<str>, KnownKind)>,
    /// Inputs that name what a wildcard import brought.
    follow: Vec<String>,
}
