//! Loading: a compiled unit's constants become values, its functions protos,
//! its types type objects. Nothing runs here.

use super::Vm;
use super::cache;
use super::code::{Source, TypeTemplate};
use super::globals::{GlobalNumbers, Globals};
use super::modules::{Dynamic, Export};
use crate::bytecode::op::ASSIGNED;
use crate::bytecode::{
    Const, ExportValue, FieldDefault as CodeDefault, FuncId, FunctionCode, Instr, Op, StructCode,
    Unit, flow,
};
use crate::heap::types::{Declared, Default as FieldDefault, EnumType, Field, Method, StructType};
use crate::runtime::Intrinsic;
use crate::syntax::source::SourceFile;
use crate::value::Value;
use std::sync::Arc;

use super::proto::Proto;

impl Vm {
    /// Loads a unit; the number of its script function.
    pub fn load(&mut self, unit: &Arc<Unit>, file: Arc<SourceFile>) -> u32 {
        self.with_stack_roots(|vm| vm.load_unit(unit, file, None, Origin::File))
    }

    /// Loads a module, or takes it as it is if another machine has brought it; the number of its
    /// script function.
    pub(crate) fn load_module(&mut self, unit: &Arc<Unit>, file: Arc<SourceFile>) -> u32 {
        let known = |source: &Source| Arc::ptr_eq(&source.unit, unit);
        if !self.threads.is_worker() && !self.code.sources.iter().any(known) {
            return self.load(unit, file);
        }
        let source = self.load_carried(unit, &file, false);
        self.code.sources[source as usize].first_function
    }

    /// The source of a unit that another machine runs, loaded if it is not yet. Its script
    /// is not run here, so that no global is known to be assigned.
    pub(crate) fn load_carried(
        &mut self,
        unit: &Arc<Unit>,
        file: &Arc<SourceFile>,
        is_input: bool,
    ) -> u32 {
        let known = |source: &Source| Arc::ptr_eq(&source.unit, unit);
        if let Some(at) = self.code.sources.iter().position(known) {
            return at as u32;
        }
        let mut inputs = std::mem::take(&mut self.code.inputs);
        let names = is_input.then_some(&mut inputs);
        self.with_stack_roots(|vm| {
            vm.load_unit(unit, file.clone(), names, Origin::Thread);
            vm.modules.dynamics.sort_by_key(|one| one.global);
        });
        self.code.inputs = inputs;
        self.code.sources.len() as u32 - 1
    }

    /// Loads an input of a session: its globals are those of `known` with the
    /// same name; new ones are added to it. Its functions and types are stored
    /// in globals too, for later inputs.
    pub fn load_input(
        &mut self,
        unit: &Arc<Unit>,
        file: Arc<SourceFile>,
        known: &mut GlobalNumbers,
    ) -> u32 {
        self.with_stack_roots(|vm| {
            let script = vm.load_unit(unit, file, Some(known), Origin::File);
            let source = vm.code.sources.len() - 1;
            for (name, export) in vm.code.sources[source].exports.clone() {
                if let Export::Value(value) = export {
                    let name = vm.heap.str(name).to_string();
                    let global = vm.global_of(&name, Some(known));
                    vm.globals.values[global as usize] = value;
                }
            }
            vm.modules.dynamics.sort_by_key(|one| one.global);
            script
        })
    }

    /// A new global, or the known one of this name.
    pub(crate) fn global_of(&mut self, name: &str, known: Option<&mut GlobalNumbers>) -> u32 {
        let next = self.globals.values.len() as u32;
        if let Some(known) = known {
            if let Some(&global) = known.get(name) {
                return global;
            }
            known.insert(name.to_string(), next);
        }
        let name = self.heap.intern(name);
        self.globals.add(name);
        self.native.globals = self.globals.values.as_mut_ptr();
        next
    }

    fn load_unit(
        &mut self,
        unit: &Arc<Unit>,
        file: Arc<SourceFile>,
        mut known: Option<&mut GlobalNumbers>,
        origin: Origin,
    ) -> u32 {
        let is_input = known.is_some();
        let source = self.code.sources.len() as u32;
        let first = self.code.protos.len() as u32;
        let mut globals = Vec::with_capacity(unit.globals.len());
        for name in &unit.globals {
            globals.push(self.global_of(name, known.as_deref_mut()));
        }
        self.tasks.any_async |= unit.functions.iter().any(|one| self.starts_tasks(one));
        self.code.sources.push(Source {
            file,
            unit: unit.clone(),
            first_function: first,
            globals: globals.clone().into(),
            structs: Box::default(),
            enums: Box::default(),
            is_input,
            named: Vec::new(),
            exports: Vec::new(),
        });
        for (i, function) in unit.functions.iter().enumerate() {
            let mut proto = Box::new(Proto::new(function, source, first + i as u32));
            prepare_code(&mut proto, &globals, origin, &mut self.globals);
            proto.heat = self.tier.as_ref().map_or(i32::MAX, |tier| tier.threshold());
            proto.entry = self.native.interpret;
            let proto = Box::into_raw(proto);
            self.code.protos.push(proto);
            let name = self.heap.intern(&function.name);
            // SAFETY: made just now, owned by the machine.
            unsafe {
                (*proto).name = name;
                if function.captures.is_empty() {
                    (*proto).value = self.new_function(proto, &[]);
                }
            }
        }
        let mut enums = Vec::new();
        for (number, code) in (0..).zip(&unit.enums) {
            let name = self.heap.intern(&code.name);
            let mut variants = Vec::new();
            for variant in &code.variants {
                let tag = self.tags.number(&code.name, variant);
                let variant = self.heap.intern(variant);
                self.roots.pinned.push(variant);
                variants.push((variant, tag));
            }
            let value = self.heap.new_enum_type(EnumType {
                name,
                declared: Declared { source, number },
                variants,
            });
            self.roots.pinned.push(value);
            enums.push(value);
        }
        let mut structs = Vec::new();
        for (number, code) in (0..).zip(&unit.structs) {
            let declared = Declared { source, number };
            let captures =
                code.methods
                    .iter()
                    .map(|m| m.func)
                    .chain(code.fields.iter().filter_map(|f| match f.default {
                        CodeDefault::Func(func) => Some(func),
                        _ => None,
                    }));
            let captures = captures
                .into_iter()
                .any(|f| !unit.functions[f.0 as usize].captures.is_empty());
            if captures {
                self.code.templates.push(TypeTemplate {
                    code: code.clone(),
                    declared,
                });
                structs.push(Value::int(self.code.templates.len() as i64 - 1));
            } else {
                let value = self.make_struct_type(code, declared, |vm, func: FuncId| {
                    // SAFETY: loaded above.
                    unsafe { (*vm.code.protos[(first + func.0) as usize]).value }
                });
                self.roots.pinned.push(value);
                structs.push(value);
            }
        }
        self.code.sources[source as usize].structs = structs.clone().into();
        self.code.sources[source as usize].enums = enums.clone().into();
        for (i, function) in unit.functions.iter().enumerate() {
            let mark = self.roots.temporary.len();
            let mut consts = Vec::with_capacity(function.consts.len());
            for constant in &function.consts {
                let value = self.constant(constant, first, &structs, &enums);
                self.roots.temporary.push(value);
                consts.push(value);
            }
            // SAFETY: as above.
            unsafe { (*self.code.protos[first as usize + i]).set_consts(consts) };
            // The proto holds them now.
            self.roots.temporary.truncate(mark);
        }
        for export in &unit.exports {
            let name = self.heap.intern(&export.name);
            self.roots.pinned.push(name);
            let value = match &export.value {
                ExportValue::Global(number) => Export::Global(globals[*number as usize]),
                ExportValue::Const(constant) => {
                    let value = self.constant(constant, first, &structs, &enums);
                    self.roots.pinned.push(value);
                    Export::Value(value)
                }
            };
            self.code.sources[source as usize]
                .exports
                .push((name, value));
        }
        for one in &unit.dynamics {
            self.modules.dynamics.push(Dynamic {
                global: globals[one.global as usize],
                source,
                wildcards: one.wildcards.clone(),
                from: None,
                clash: None,
            });
        }
        first
    }

    fn constant(
        &mut self,
        constant: &Const,
        first: u32,
        structs: &[Value],
        enums: &[Value],
    ) -> Value {
        match constant {
            Const::Null => Value::NULL,
            Const::Bool(b) => Value::bool(*b),
            Const::Int(i) => {
                Value::try_int(*i).unwrap_or_else(|| self.heap.new_int(dashu_int::IBig::from(*i)))
            }
            Const::BigInt { digits, radix } => {
                let value = dashu_int::IBig::from_str_radix(digits, *radix)
                    .expect("the lexer checks the digits of literals");
                self.heap.new_int(value)
            }
            Const::Float(f) => Value::float(*f),
            Const::Str(text) => {
                if text.len() <= 64 {
                    self.heap.intern(text)
                } else {
                    self.heap.new_string(text)
                }
            }
            Const::Func(id) => {
                let number = first + id.0;
                // SAFETY: loaded before constants are made.
                let value = unsafe { (*self.code.protos[number as usize]).value };
                if value.is_absent() {
                    Value::int(number as i64)
                } else {
                    value
                }
            }
            Const::Struct(id) => structs[id.0 as usize],
            Const::Enum(id) => enums[id.0 as usize],
            Const::Variant(id, number) => {
                let (_, tag) = enums[id.0 as usize].enum_type().variants[*number as usize];
                self.plain_variant(tag)
            }
            Const::Native(index) => self.code.native_values[*index as usize],
            Const::KeyList(names) => {
                let names: Vec<&str> = names.iter().map(|n| &**n).collect();
                self.heap.new_key_list(&names)
            }
            Const::Tag { ty, name } => Value::int(self.tags.number(ty, name) as i64),
            Const::Array(items) => {
                let array = self.heap.new_array(items.len());
                for item in items.iter() {
                    let value = self.constant(item, first, structs, enums);
                    value.share();
                    self.heap
                        .array_push(array, value)
                        .expect("a literal is within the limit");
                }
                array.share();
                array
            }
            Const::Dict(items) => {
                let dict = self.heap.new_dict(items.len());
                for (key, item) in items.iter() {
                    let value = self.constant(item, first, structs, enums);
                    value.share();
                    let key = self.heap.intern(key);
                    self.heap
                        .dict_set(dict, key, value)
                        .expect("a literal is within the limit");
                }
                dict.share();
                dict
            }
        }
    }

    /// Whether a function is async, or names a built-in that calls functions as tasks.
    fn starts_tasks(&self, function: &FunctionCode) -> bool {
        let starts = |native: u16| {
            let native = self.code.natives.get(usize::from(native));
            native.is_some_and(|one| one.intrinsic == Some(Intrinsic::StartsTasks))
        };
        let mut at = 0;
        while at < function.code.len() {
            let word = function.code[at];
            if word.op() == Op::CallNative && starts(word.c()) {
                return true;
            }
            at = flow::after(&function.code, at);
        }
        let mut named = function.consts.iter();
        function.is_async || named.any(|one| matches!(one, Const::Native(at) if starts(*at)))
    }

    pub(super) fn make_struct_type(
        &mut self,
        code: &StructCode,
        declared: Declared,
        mut function: impl FnMut(&mut Vm, FuncId) -> Value,
    ) -> Value {
        let mark = self.roots.temporary.len();
        let name = self.heap.intern(&code.name);
        self.roots.temporary.push(name);
        let mut fields = Vec::new();
        for field in &code.fields {
            let name = self.heap.intern(&field.name);
            self.roots.temporary.push(name);
            let default = match &field.default {
                CodeDefault::None => FieldDefault::None,
                CodeDefault::Const(c) => FieldDefault::Value(self.constant(c, 0, &[], &[])),
                CodeDefault::EmptyArray => FieldDefault::EmptyArray,
                CodeDefault::EmptyDict => FieldDefault::EmptyDict,
                CodeDefault::Func(id) => FieldDefault::Call(function(self, *id)),
            };
            if let FieldDefault::Value(v) | FieldDefault::Call(v) = default {
                self.roots.temporary.push(v);
            }
            fields.push(Field { name, default });
        }
        let mut methods = Vec::new();
        for method in &code.methods {
            let name = self.heap.intern(&method.name);
            self.roots.temporary.push(name);
            let function = function(self, method.func);
            self.roots.temporary.push(function);
            let (mutating, is_static) = (method.mutating, method.is_static);
            methods.push(Method {
                name,
                function,
                mutating,
                is_static,
            });
        }
        let mut ty = StructType::new(name, code.is_class, fields, methods);
        ty.declared = Some(declared);
        let value = self.heap.new_struct_type(ty);
        self.roots.temporary.truncate(mark);
        value
    }
}

/// Where a unit's script runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// Here.
    File,
    /// In another machine: variables come along with functions, or do not.
    Thread,
}

/// Makes code ready to run: empty caches, and the numbers of the unit's globals as
/// numbers in the machine's table. Counts the assignments of globals.
fn prepare_code(proto: &mut Proto, globals: &[u32], origin: Origin, all: &mut Globals) {
    let mut at = 0;
    while at < proto.code_len {
        // SAFETY: within the proto's code.
        let word = unsafe { &mut *proto.code.add(at) };
        let op = word.op();
        if matches!(op, Op::GetGlobal | Op::SetGlobal) {
            let global = globals[word.bx() as usize];
            *word = Instr::abx(op, word.a(), global).with_flags(word.flags());
            if op == Op::SetGlobal {
                all.add_assignment(global);
            }
        }
        let reads = matches!(op, Op::GetGlobal | Op::GetCell | Op::GetCaptureCell);
        if reads && origin == Origin::Thread {
            *word = word.with_flags(word.flags() & !ASSIGNED);
        }
        at += 1;
        if op.has_cache() {
            // SAFETY: a cache word follows.
            unsafe { (*proto.code.add(at)).0 = cache::NEVER_RUN };
            at += 1;
        }
    }
}
