//! Writing the code that values need: functions, types, modules, and the variables that
//! functions name.

use super::{NotSent, Step, Target, Variable, Writer, held_by_thread};
use crate::bytecode::FuncId;
use crate::heap::object::*;
use crate::heap::types::{StructObj, StructType};
use crate::value::Value;
use crate::vm::call::proto_of;
use crate::vm::parcel::reach::functions_of;
use crate::vm::parcel::{Carried, Item};
use crate::vm::proto::Proto;

impl Writer<'_> {
    /// The number of a source's unit.
    pub(super) fn unit(&mut self, source: u32) -> usize {
        if let Some(at) = self.sources.iter().position(|&known| known == source) {
            return at;
        }
        let from = &self.vm.code.sources[source as usize];
        self.parcel.units.push(Carried {
            unit: from.unit.clone(),
            file: from.file.clone(),
            is_input: from.is_input,
        });
        self.sources.push(source);
        self.sources.len() - 1
    }

    /// A function's number in its unit.
    pub(super) fn id_of(&self, proto: &Proto) -> FuncId {
        let source = &self.vm.code.sources[proto.source as usize];
        FuncId(proto.index - source.first_function)
    }

    /// Notes the variables that functions of a source name, with all that they reach.
    pub(super) fn reach(&mut self, source: u32, from: impl IntoIterator<Item = FuncId>) {
        for number in self.vm.reach(source, from, &mut self.seen) {
            self.note_global(source, number, false);
        }
    }

    /// Notes that a global of a source is named.
    pub(super) fn note_global(&mut self, source: u32, number: u32, is_named: bool) {
        let global = self.vm.code.sources[source as usize].globals[number as usize];
        if !self.globals.insert(global) {
            return;
        }
        let content = self.vm.globals.values[global as usize];
        if content.is_absent() {
            return;
        }
        let name = self.vm.heap.str(self.vm.globals.names[global as usize]);
        let unit = self.unit(source);
        self.variables.push(Variable {
            target: Target::Global(unit, number),
            content,
            name: name.into(),
            is_named,
        });
    }

    pub(super) fn function(&mut self, value: Value) -> Result<(), NotSent> {
        // SAFETY: a function has a proto, loaded in this machine, and is followed by its
        // captures.
        let (proto, captures) = unsafe {
            let count = value.header().aux as usize;
            let first = trailing(value.as_pointer::<FunctionObj>(), 0);
            let captures: &'static [Value] = std::slice::from_raw_parts(first, count);
            (&*proto_of(value), captures)
        };
        let id = self.id_of(proto);
        let unit = self.unit(proto.source);
        if proto.value == value {
            self.leaf(Item::Declared, unit, &[u64::from(id.0)]);
        } else {
            self.captured(value, proto.source, id, captures)?;
            let more = [u64::from(id.0), captures.len() as u64];
            self.object(Item::Function, unit, &more, value);
            self.steps.push(Step::Elements(captures, 0));
        }
        self.reach(proto.source, [id]);
        Ok(())
    }

    /// Notes the names of what a function captures. A variable that is never assigned again
    /// is captured by its value: if that cannot cross, the function cannot.
    pub(super) fn captured(
        &mut self,
        function: Value,
        source: u32,
        id: FuncId,
        captures: &[Value],
    ) -> Result<(), NotSent> {
        let unit = &self.vm.code.sources[source as usize].unit;
        let names = &unit.functions[id.0 as usize].capture_names;
        for (name, &value) in names.iter().zip(captures) {
            match value.kind() {
                Some(Kind::Cell) => {
                    let is_named = self.called == Some(function);
                    let known = self.cells.entry(value.bits());
                    known.or_insert_with(|| (name.clone(), is_named));
                }
                Some(_) => {
                    if let Some(held) = held_by_thread(&mut self.vm.heap, value) {
                        let variable = Some(name.to_string());
                        return Err(NotSent::Bound { held, variable });
                    }
                }
                None => {}
            }
        }
        Ok(())
    }

    /// Writes the type of an instance, before all steps.
    pub(super) fn instance_type(&mut self, instance: Value) {
        // SAFETY: the value is an instance.
        let ty = unsafe { (*instance.as_pointer::<StructObj>()).ty };
        // SAFETY: instances keep their type alive.
        let ty = unsafe { Value::pointer(ty) };
        self.steps.push(Step::Value(ty));
    }

    pub(super) fn struct_type(&mut self, value: Value, info: &'static StructType) {
        if value == self.vm.errors.ty {
            return self.leaf(Item::ErrorType, 0, &[]);
        }
        let Some(declared) = info.declared else {
            let name = self.vm.heap.str(info.name);
            let text = self.text(name);
            return self.leaf(Item::LibraryType, text, &[]);
        };
        let unit = self.unit(declared.source);
        let source = &self.vm.code.sources[declared.source as usize];
        let code = source.unit.clone();
        let code = &code.structs[declared.number as usize];
        if source.structs[declared.number as usize] == value {
            self.leaf(Item::StructType, unit, &[u64::from(declared.number)]);
        } else {
            let count = functions_of(code).count() as u64;
            let more = [u64::from(declared.number), count];
            self.object(Item::MadeType, unit, &more, value);
            let defaults = info
                .fields
                .iter()
                .rev()
                .filter_map(|field| match field.default {
                    crate::heap::types::Default::Call(function) => Some(function),
                    _ => None,
                });
            let methods = info.methods.iter().rev().map(|method| method.function);
            let functions = defaults.chain(methods);
            self.steps.extend(functions.map(Step::Value));
        }
        self.reach(declared.source, functions_of(code));
    }

    pub(super) fn module(&mut self, value: Value) {
        let info = value.instance_type();
        let name = self.vm.heap.str(info.name);
        let text = self.text(name);
        self.leaf(Item::Module, text, &[info.fields.len() as u64]);
        for field in &info.fields {
            let name = self.vm.heap.str(field.name);
            let text = self.text(name) as u64;
            self.parcel.words.push(text);
        }
        let number = self.number(value);
        for (slot, field) in info.fields.iter().enumerate() {
            let name = self.vm.heap.str(field.name);
            self.variables.push(Variable {
                target: Target::Export(number, slot),
                content: value.instance_field(slot),
                name: name.into(),
                is_named: false,
            });
        }
    }

    /// Writes where an error came from.
    pub(super) fn trace(&mut self, trace: Value) {
        let places = trace.elements();
        self.leaf(Item::Trace, places.len() / 2, &[]);
        for place in places.chunks_exact(2) {
            let index = place[0].as_int() as usize;
            // SAFETY: numbers in traces are numbers of loaded protos.
            let proto: &Proto = unsafe { &*self.vm.code.protos[index] };
            let (source, id) = (proto.source, self.id_of(proto));
            let unit = self.unit(source) as u64;
            let words = [unit, u64::from(id.0), place[1].as_int() as u64];
            self.parcel.words.extend(words);
        }
    }
}
