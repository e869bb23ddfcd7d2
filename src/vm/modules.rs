//! Modules while a program runs: which have been run, which are running, and
//! what importing one brings. The machine reads no files and compiles nothing;
//! the host program supplies a [`Loader`] that does.
//!
//! A module's value is an instance of a type of its own with the exports as
//! fields, so that `m.name` goes through the inline caches of fields. It is made
//! when the module's script has ended and never changes.

use super::Vm;
use crate::bytecode::Unit;
use crate::heap::object::Kind;
use crate::heap::types::{Default as FieldDefault, Field, StructType};
use crate::runtime::messages;
use crate::runtime::{ErrorKind, Fallible, Fault};
use crate::syntax::source::SourceFile;
use crate::value::Value;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A module's file.
#[derive(Clone, Debug)]
pub struct Found {
    /// The same for every way to name the same file.
    pub key: PathBuf,
    /// As errors show it.
    pub name: String,
}

/// Finds and compiles what programs import. Errors are the messages that
/// programs see.
pub trait Loader {
    /// The file of module `a.b` for the source of this name.
    ///
    /// # Errors
    /// If there is none.
    fn find(&mut self, importer: &str, module: &str) -> Result<Found, String>;

    /// # Errors
    /// If the file cannot be read or has errors.
    fn compile(
        &mut self,
        module: &str,
        found: &Found,
    ) -> Result<(Arc<Unit>, Arc<SourceFile>), String>;

    /// Whether a file declares the name without exporting it.
    fn hides(&mut self, source: &SourceFile, name: &str) -> bool;
}

/// The value of an exported name.
#[derive(Clone, Copy, Debug)]
pub enum Export {
    /// The number of a global in the machine's table.
    Global(u32),
    Value(Value),
}

/// A global for a name that only wildcard imports can explain.
pub struct Dynamic {
    pub global: u32,
    pub source: u32,
    pub wildcards: Box<[u32]>,
    /// The module whose export it holds.
    pub from: Option<Value>,
    /// Another module that brought the same name.
    pub clash: Option<Value>,
}

/// A module that is being run.
struct Running {
    key: PathBuf,
    /// Its name in a chain of imports.
    name: String,
}

struct Loaded {
    value: Value,
    source: u32,
}

#[derive(Default)]
pub struct Modules {
    loader: Option<Box<dyn Loader>>,
    running: Vec<Running>,
    loaded: Vec<Loaded>,
    by_key: HashMap<PathBuf, usize>,
    /// Values by importing source and path constant: nothing is looked for
    /// twice.
    reached: HashMap<(u32, u64), Value>,
    /// In order of their globals.
    pub(crate) dynamics: Vec<Dynamic>,
}

impl Vm {
    /// Forgets which modules have been run: they are run again.
    pub(crate) fn forget_modules(&mut self) {
        self.modules.running.clear();
        self.modules.loaded.clear();
        self.modules.by_key.clear();
        self.modules.reached.clear();
        for one in &mut self.modules.dynamics {
            (one.from, one.clash) = (None, None);
        }
    }

    pub fn set_loader(&mut self, loader: Box<dyn Loader>) {
        self.modules.loader = Some(loader);
    }

    /// Says which file the script comes from: importing that is a cycle.
    pub fn set_main_module(&mut self, key: PathBuf, name: String) {
        self.modules.running = vec![Running { key, name }];
    }

    /// `Import`: the module's value; runs it if it is reached for the first time.
    pub(crate) fn import(&mut self, path: Value) -> Fallible {
        // SAFETY: the running frame is live.
        let source = unsafe { (*(*self.stacks.running()).proto).source };
        let known = self.modules.reached.get(&(source, path.bits()));
        if let Some(&module) = known {
            return Ok(module);
        }
        let name = self.heap.str(path).to_string();
        let importer = self.code.sources[source as usize].file.clone();
        let found = self
            .with_loader(|loader| loader.find(importer.name(), &name))
            .map_err(import_error)?;
        let module = match self.modules.by_key.get(&found.key) {
            Some(&number) => self.modules.loaded[number].value,
            None => self.run_module(&name, found)?,
        };
        self.modules.reached.insert((source, path.bits()), module);
        Ok(module)
    }

    fn with_loader<T>(
        &mut self,
        ask: impl FnOnce(&mut dyn Loader) -> Result<T, String>,
    ) -> Result<T, String> {
        match &mut self.modules.loader {
            Some(loader) => ask(&mut **loader),
            None => Err("Modules cannot be imported here".to_string()),
        }
    }

    fn run_module(&mut self, name: &str, found: Found) -> Fallible {
        let running = &self.modules.running;
        if let Some(first) = running.iter().position(|one| one.key == found.key) {
            let mut chain: Vec<&str> = running[first..].iter().map(|r| &*r.name).collect();
            chain.push(&running[first].name);
            let message = format!("Circular import: {}", chain.join(" -> "));
            return Err(import_error(message));
        }
        let (unit, file) = self
            .with_loader(|loader| loader.compile(name, &found))
            .map_err(import_error)?;
        let script = self.load_module(&unit, file);
        // SAFETY: loaded just now.
        let (function, source) = unsafe {
            let proto = self.code.protos[script as usize];
            ((*proto).value, (*proto).source)
        };
        self.modules.running.push(Running {
            key: found.key.clone(),
            name: name.to_string(),
        });
        let result = self.call_value(function, &[]);
        self.modules.running.pop();
        result?;
        let value = self.module_value(name, source);
        self.modules
            .by_key
            .insert(found.key, self.modules.loaded.len());
        self.modules.loaded.push(Loaded { value, source });
        Ok(value)
    }

    /// The value of a module whose script has ended.
    fn module_value(&mut self, name: &str, source: u32) -> Value {
        let mut fields = Vec::new();
        let mut values = Vec::new();
        for &(name, export) in &self.code.sources[source as usize].exports {
            let value = match export {
                Export::Global(number) => self.globals.values[number as usize],
                Export::Value(value) => value,
            };
            // One whose declaration was not reached is not there.
            if !value.is_absent() {
                value.share();
                let default = FieldDefault::None;
                fields.push(Field { name, default });
                values.push(value);
            }
        }
        let name = self.heap.intern(name);
        self.roots.pinned.push(name);
        let mut info = StructType::new(name, true, fields, Vec::new());
        info.is_module = true;
        let ty = self.heap.new_struct_type(info);
        self.roots.pinned.push(ty);
        let module = self.heap.new_instance(ty);
        self.roots.pinned.push(module);
        for (slot, value) in values.into_iter().enumerate() {
            self.heap.set_field(module, slot, value);
        }
        module
    }

    /// `ImportName`: an export, as a value of the importer's own.
    pub(crate) fn import_name(&mut self, module: Value, name: Value) -> Fallible {
        let info = module.instance_type();
        if let Some(slot) = info.field(name) {
            let value = module.instance_field(slot);
            value.share();
            return Ok(value);
        }
        let message = self.no_export(module, name);
        Err(import_error(message))
    }

    /// Why a module does not have this export.
    #[cold]
    pub(crate) fn no_export(&mut self, module: Value, name: Value) -> String {
        let info = module.instance_type();
        let module_text = self.heap.str(info.name).to_string();
        let text = self.heap.str(name).to_string();
        let loaded = self.modules.loaded.iter().find(|one| one.value == module);
        if let Some(one) = loaded {
            let source = &self.code.sources[one.source as usize];
            if source.exports.iter().any(|export| export.0 == name) {
                return format!("Module '{module_text}' has not assigned its export '{text}'");
            }
            let file = source.file.clone();
            if let Some(loader) = &mut self.modules.loader
                && loader.hides(&file, &text)
            {
                return format!(
                    "Module '{module_text}' does not export '{text}'; write `export` before its declaration"
                );
            }
        }
        let names: Vec<&str> = info.fields.iter().map(|f| self.heap.str(f.name)).collect();
        let message = format!("Module '{module_text}' has no export '{text}'");
        messages::with_suggestion(message, &text, names)
    }

    /// `ImportAll`: brings a module's exports to the names that stand for them;
    /// what the module's own name means then.
    pub(crate) fn import_all(&mut self, module: Value, wildcard: u32) -> Value {
        // SAFETY: the running frame is live.
        let source = unsafe { (*(*self.stacks.running()).proto).source };
        let info = module.instance_type();
        for one in &mut self.modules.dynamics {
            if one.source != source || !one.wildcards.contains(&wildcard) {
                continue;
            }
            let global = one.global as usize;
            let Some(slot) = info.field(self.globals.names[global]) else {
                continue;
            };
            if one.from.is_some_and(|other| other != module) {
                one.clash = Some(module);
                self.globals.values[global] = Value::ABSENT;
                continue;
            }
            let value = module.instance_field(slot);
            value.share();
            one.from = Some(module);
            self.globals.values[global] = value;
        }
        let name = self.heap.str(info.name);
        let last = name.rsplit('.').next().unwrap_or(name).to_string();
        let last = self.heap.intern(&last);
        match info.field(last) {
            Some(slot) => {
                let value = module.instance_field(slot);
                value.share();
                value
            }
            None => module,
        }
    }

    /// A global that has no value yet: a dynamic name may be a built-in.
    #[cold]
    #[inline(never)]
    pub(crate) fn absent_global(&mut self, index: usize) -> Fallible {
        if let Some(fault) = self.missing_global(index) {
            return Err(fault);
        }
        let name = self.globals.names[index];
        let dynamics = &self.modules.dynamics;
        let found = dynamics.binary_search_by_key(&index, |one| one.global as usize);
        if let Ok(at) = found {
            if let (Some(one), Some(other)) = (dynamics[at].from, dynamics[at].clash) {
                let mut module = |m: Value| self.heap.str(m.instance_type().name);
                let (one, other, name) = (module(one), module(other), self.heap.str(name));
                let message = format!(
                    "'{name}' comes from both '{one}' and '{other}'; import it by name (from {one} import {name})"
                );
                return Err(Fault::new(ErrorKind::Import, message));
            }
            if let Some(value) = self.builtin_value(name) {
                self.globals.values[index] = value;
                return Ok(value);
            }
        }
        Err(self.undefined(name))
    }

    /// The built-in function or constant of this name.
    fn builtin_value(&mut self, name: Value) -> Option<Value> {
        let text = self.heap.str(name);
        if let Some(index) = crate::stdlib::function(text) {
            return Some(self.code.native_values[index as usize]);
        }
        let constants = crate::stdlib::CONSTANTS;
        let found = constants.iter().find(|(known, _)| *known == text);
        found.map(|&(_, number)| Value::float(number))
    }
}

/// A module's value cannot be written through.
#[cold]
pub(crate) fn read_only(vm: &mut Vm, module: Value, name: Value) -> Box<Fault> {
    debug_assert!(module.is_kind(Kind::Object));
    let module = vm.heap.str(module.instance_type().name);
    let name = vm.heap.str(name);
    Fault::new(
        ErrorKind::Immutable,
        format!("Cannot change '{name}' of module '{module}' (a module is read-only from outside)"),
    )
}

fn import_error(message: String) -> Box<Fault> {
    Fault::new(ErrorKind::Import, message)
}
