//! Values that were there when a job was made, as guesses at what there will be: of the
//! frame's registers, of globals, and of what is in them. Types are remembered from job to
//! job ([`Types`](super::known::Types)), so a job knows of them though it meets no instance.
//! With `job` and `install` this file sees the machine.

use super::function::{Function, What, starts};
use super::ir::types;
use super::job::{Job, function, function_number, type_of};
use super::known::{self, Fields, KnownType, Met, Sample, SampleId};
use crate::bytecode::Op;
use crate::heap::object::{Kind, SHAPE_BIT};
use crate::heap::types::{Default as FieldDefault, Special, StructType};
use crate::value::Value;
use crate::vm::Vm;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Samples of a job, and how deep they go.
const MOST_SAMPLES: usize = 300;
const DEEPEST_SAMPLE: u32 = 6;
/// Elements of an array that are looked at.
const MOST_ELEMENTS: usize = 8;

impl Job {
    /// Looks at what the frame and the globals that the code names have.
    ///
    /// # Safety
    /// As for [`Job::new`].
    pub unsafe fn take_samples(&mut self, vm: &mut Vm, base: *const Value) {
        let functions: Vec<Rc<Function>> = self.functions.values().cloned().collect();
        let target = self.functions[&self.target].clone();
        let live = target.flow.live_before(self.entry.word() as usize);
        for register in live.iter() {
            // SAFETY: the caller's promise.
            let value = unsafe { *base.add(usize::from(register)) };
            if let Some(sample) = self.sample(vm, value, 0) {
                self.registers.insert(register, sample);
            }
        }
        for function in functions {
            for constant in &function.consts {
                if let What::Struct(_) = constant.what {
                    self.note_type(vm, Value::from_bits(constant.bits).struct_type());
                }
            }
            for word in function.words_of(Op::GetGlobal) {
                let number = word.bx();
                let value = vm.globals.values[number as usize];
                let plain = value.is_int() || value.is_float() || value.is_bool();
                if plain && vm.globals.seldom_changes(number) {
                    self.constants.insert(number, value.bits());
                }
                if !self.globals.contains_key(&number)
                    && let Some(sample) = self.sample(vm, value, 0)
                {
                    self.globals.insert(number, sample);
                }
            }
        }
    }

    /// Notes the operator methods of a type, and the fields that need no check.
    fn note_type(&mut self, vm: &mut Vm, info: &StructType) {
        const ALL: [(Op, Special); 14] = [
            (Op::Add, Special::Add),
            (Op::Sub, Special::Sub),
            (Op::Mul, Special::Mul),
            (Op::Div, Special::Div),
            (Op::Mod, Special::Mod),
            (Op::Pow, Special::Pow),
            (Op::Lt, Special::Lt),
            (Op::Le, Special::Le),
            (Op::Gt, Special::Gt),
            (Op::Ge, Special::Ge),
            (Op::Eq, Special::Eq),
            (Op::Ne, Special::Ne),
            (Op::GetIndex, Special::Index),
            (Op::TestIndexed, Special::SetIndex),
        ];
        self.noted.insert(info.shape);
        for (op, which) in ALL {
            if let Some(method) = info.special(which)
                && let Some(number) = function_number(method)
            {
                self.operators.insert((info.shape, op as u8), number);
            }
        }
        let init = info.method(vm.names.init);
        let init = init.map(|method| info.methods[method].function);
        self.types.entry(info.shape).or_insert_with(|| {
            Rc::new(KnownType {
                present: present_fields(vm, info, init),
                init: init.and_then(function_number),
                fields: vec![None; info.fields.len()],
            })
        });
    }

    /// Notes the values of instances among the samples for later jobs.
    pub fn learn(&mut self) {
        for (&shape, &number) in &self.instances {
            let Some(known) = self.types.get_mut(&shape) else {
                continue;
            };
            let fields = &self.samples[number as usize].fields;
            for (slot, field) in fields.iter().enumerate() {
                let met = field.map(|field| self.samples[field as usize].met(&self.samples));
                if met.is_some() && known.fields.get(slot).is_some_and(|known| *known != met) {
                    Rc::make_mut(known).fields[slot] = met;
                }
            }
        }
    }

    /// Makes samples of the types that the code names, as far as there are none: as their
    /// instances were met last.
    pub fn recall(&mut self) {
        let functions: Vec<Rc<Function>> = self.functions.values().cloned().collect();
        let shapes = functions
            .iter()
            .flat_map(|function| function.cached_shapes());
        for shape in shapes {
            let Some(known) = self.types.get(&shape).cloned() else {
                continue;
            };
            let number = match self.instances.get(&shape) {
                Some(&number) => number,
                None => {
                    let kinds = if crate::heap::shape::is_class(shape) {
                        types::OBJECT
                    } else {
                        types::STRUCT
                    };
                    let number = self.add_sample(Sample::new(kinds));
                    self.samples[number as usize].shape = Some(shape);
                    self.instances.insert(shape, number);
                    number
                }
            };
            for (slot, met) in known.fields.iter().enumerate() {
                let fields = &self.samples[number as usize].fields;
                let has = fields.get(slot).copied().flatten();
                let field = has.or_else(|| met.as_ref().map(|met| self.add_met(met)));
                let fields = &mut self.samples[number as usize].fields;
                fields.resize(fields.len().max(slot + 1), None);
                fields[slot] = field;
            }
        }
    }

    fn add_sample(&mut self, sample: Sample) -> SampleId {
        self.samples.push(sample);
        self.samples.len() as SampleId - 1
    }

    fn add_met(&mut self, met: &Met) -> SampleId {
        let element = met.element.as_ref().map(|element| self.add_met(element));
        let sample = Sample {
            shape: met.shape,
            element,
            ..Sample::new(met.kinds)
        };
        self.add_sample(sample)
    }

    /// The sample of a field of an instance that is one itself, or of instances of a shape.
    pub fn field_sample(
        &self,
        instance: Option<SampleId>,
        shape: Option<u32>,
        slot: u32,
    ) -> Option<SampleId> {
        let of = |number: SampleId| {
            let fields = &self.samples[number as usize].fields;
            fields.get(slot as usize).copied().flatten()
        };
        // On a way for one of several types the value that was met may be of another.
        let is_one =
            |number: &SampleId| shape.is_none() || self.samples[*number as usize].shape == shape;
        let other = shape.and_then(|shape| self.instances.get(&shape).copied());
        let met = instance.filter(is_one).and_then(of);
        met.or_else(|| other.and_then(of))
    }

    /// Adds a value to the samples, with what is in it; nothing if it says nothing.
    fn sample(&mut self, vm: &mut Vm, value: Value, depth: u32) -> Option<SampleId> {
        let kinds = type_of(value).kinds;
        if kinds & (types::ABSENT | types::NULL) != 0
            || depth > DEEPEST_SAMPLE
            || self.samples.len() >= MOST_SAMPLES
        {
            return None;
        }
        let number = self.add_sample(Sample {
            function: function_number(value),
            ..Sample::new(kinds)
        });
        match value.kind() {
            Some(Kind::Array) => {
                let element = self.sample_elements(vm, value, depth);
                self.samples[number as usize].element = element;
            }
            Some(Kind::Struct | Kind::Object) => {
                let shape = value.header().aux;
                self.samples[number as usize].shape = Some(shape);
                self.instances.entry(shape).or_insert(number);
                self.note_type(vm, value.instance_type());
                let slots = 0..value.instance_type().fields.len();
                let fields =
                    slots.map(|slot| self.sample(vm, value.instance_field(slot), depth + 1));
                let fields = fields.collect();
                self.samples[number as usize].fields = fields;
            }
            _ => {}
        }
        Some(number)
    }

    /// A sample of what a few elements of an array have in common.
    fn sample_elements(&mut self, vm: &mut Vm, array: Value, depth: u32) -> Option<SampleId> {
        let elements = array.elements();
        let step = elements.len().div_ceil(MOST_ELEMENTS).max(1);
        let few = elements.iter().step_by(step).chain(elements.last());
        let few: Vec<Value> = few.copied().collect();
        few.into_iter().fold(None, |met, element| match met {
            Some(met) => Some(self.widened(vm, met, element, depth + 1)),
            None => self.sample(vm, element, depth + 1),
        })
    }

    /// A sample for a place that had a value of another sample, and has this one too.
    fn widened(&mut self, vm: &mut Vm, met: SampleId, value: Value, depth: u32) -> SampleId {
        let ty = type_of(value);
        if ty.kinds & (types::ABSENT | types::NULL) != 0 || self.samples.len() >= MOST_SAMPLES {
            return met;
        }
        let shape = match ty.more {
            types::More::Shape(shape) => Some(shape),
            _ => None,
        };
        let function = function_number(value);
        let sample = &self.samples[met as usize];
        let kinds = sample.kinds | ty.kinds;
        if (sample.kinds, sample.shape, sample.function) == (kinds, shape, function) {
            if shape.is_some() && depth < DEEPEST_SAMPLE {
                self.widen_fields(vm, met, value, depth);
            }
            return met;
        }
        let both = Sample {
            shape: sample.shape.filter(|_| sample.shape == shape),
            function: sample.function.filter(|_| sample.function == function),
            ..Sample::new(kinds)
        };
        if shape.is_some_and(|shape| !self.instances.contains_key(&shape)) {
            self.sample(vm, value, depth);
        }
        self.add_sample(both)
    }

    /// The same for the fields of an instance, where the one of the sample has the same
    /// shape: what they have in them is not looked at.
    fn widen_fields(&mut self, vm: &mut Vm, met: SampleId, value: Value, depth: u32) {
        for slot in 0..self.samples[met as usize].fields.len() {
            let field = value.instance_field(slot);
            let wider = match self.samples[met as usize].fields[slot] {
                Some(met) => Some(self.widened(vm, met, field, DEEPEST_SAMPLE)),
                None => self.sample(vm, field, depth + 1),
            };
            self.samples[met as usize].fields[slot] = wider;
        }
    }
}

impl Function {
    /// The shapes of types that inline caches have.
    fn cached_shapes(&self) -> BTreeSet<u32> {
        let starts = starts(&self.words).filter(|&at| self.words[at].op().has_cache());
        let shapes = starts.map(|at| self.words[at + 1].0 as u32);
        shapes
            .filter(|&shape| shape & SHAPE_BIT != 0 && shape != u32::MAX)
            .filter(|&shape| crate::heap::shape::is_type(shape))
            .collect()
    }
}

/// The fields of a type's instances that need no check whether they have a value.
fn present_fields(vm: &mut Vm, info: &StructType, init: Option<Value>) -> Fields {
    if info.declared.is_none() {
        // The library's own types have fields that are made when they are asked for, and
        // modules such as nothing has assigned yet.
        return 0;
    }
    let Some(init) = init else {
        return Fields::MAX;
    };
    // SAFETY: methods are functions, whose protos live as long as the machine.
    let proto = unsafe { &*crate::vm::call::proto_of(init) };
    let slots = info.fields.iter().enumerate().take(Fields::BITS as usize);
    let defaults = slots
        .filter(|(_, field)| !matches!(field.default, FieldDefault::None))
        .fold(0, |all, (slot, _)| all | 1 << slot);
    let init = function(vm, proto, None);
    known::present(&init, defaults, |name| info.field(Value::from_bits(name)))
}
