//! The optimiser's knowledge of a program: a copy of everything it asks for, made
//! before it begins. This file, `samples` and `install` are the only ones here that see the
//! machine.

pub use super::function::{Const, Field, Function, StructInfo, What, instructions, starts};
use super::ir::types::{self, Type};
use super::known::{Fields, Known, Sample, SampleId, Types};
use crate::bytecode::flow::Flow;
use crate::bytecode::{Capture, Instr, Op};
use crate::heap::object::{FunctionObj, INTERNED, KeyListObj, Kind, SHAPE_BIT, StringForm};
use crate::heap::types::Default as FieldDefault;
use crate::jit::templates::single_byte;
use crate::runtime::Intrinsic;
use crate::value::Value;
use crate::vm::Vm;
use crate::vm::fields::{NATIVE, NUMBER};
use crate::vm::method_cache::method_seed;
use crate::vm::proto::Proto;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Where code begins.
#[derive(Clone, Debug)]
pub enum Entry {
    /// At the function's start.
    Start,
    /// At a loop's head, with registers of these types.
    At(u32, Vec<Type>),
}

impl Entry {
    pub fn word(&self) -> u32 {
        match self {
            Entry::Start => 0,
            Entry::At(at, _) => *at,
        }
    }
}

/// A function to be compiled, and all that may be asked about it.
pub struct Job {
    pub target: u32,
    pub entry: Entry,
    pub functions: BTreeMap<u32, Rc<Function>>,
    pub intrinsics: Vec<Option<Intrinsic>>,
    /// Values that were there when the job was made: guesses at what there will be.
    pub samples: Vec<Sample>,
    /// By register: what the frame has that the code is made for.
    pub registers: BTreeMap<u16, SampleId>,
    /// The numbers of functions that are constants, by their bits.
    pub values: BTreeMap<u64, u32>,
    /// The operator methods of types whose instances were met, by shape and opcode.
    pub operators: BTreeMap<(u32, u8), u32>,
    /// The shapes of the types whose operator methods are all among these.
    pub noted: BTreeSet<u32>,
    /// The types that jobs have met, by the shape of their instances.
    pub types: Types,
    /// Samples of instances, by shape.
    pub instances: BTreeMap<u32, SampleId>,
    /// By number of the global.
    pub globals: BTreeMap<u32, SampleId>,
    /// Plain values of globals that seldom change.
    pub constants: BTreeMap<u32, u64>,
    /// Words at which nothing is to be expected, by function; with [`ENTRY`] that of the
    /// frames that come in there.
    pub denied: BTreeSet<(u32, u32)>,
    /// Where the baseline's code takes over a frame that compiled code runs.
    pub baseline: Vec<(u32, u64)>,
    /// Where the methods are that calls have found last.
    pub methods: u64,
    /// Where the fields are that accesses have found last.
    pub fields: u64,
    /// Those of instances among them: the address of the name, and the word that an inline
    /// cache has for them.
    pub found: Vec<(u64, u64)>,
    /// The value `None`.
    pub none: u64,
    /// Whether new objects may be made in line.
    pub allocates: bool,
    /// Whether instructions are counted.
    pub counts: bool,
    /// Whether calls store which frame runs.
    pub shows_frame: bool,
    /// Whether functions may be inlined: a profile tells apart what has a frame.
    pub inlines: bool,
    /// As in [`Policy`](crate::jit::Policy).
    pub leave_every: u32,
    pub most_registers: u8,
    /// The part of the usual limits, in percent.
    pub budget: u32,
    /// Whether frames may be put aside where something that they call waits: then memory
    /// has their registers at calls.
    pub waits: bool,
}

/// A bit of a word's number: the way into code there, not the instruction.
pub const ENTRY: u32 = 1 << 31;
/// Another: the kind of value that the instruction finds in an object.
pub const PART: u32 = 1 << 30;

/// Functions that a job looks into, and how far calls are followed.
const MOST_FUNCTIONS: usize = 150;
const MOST_WORDS: usize = 4000;
const MOST_REGISTERS: u32 = 250;

impl Job {
    /// Copies what a function's compilation may ask for.
    ///
    /// # Errors
    /// If the function is too large.
    ///
    /// # Safety
    /// `base` is register 0 of a frame of the function, which is at the entry and has
    /// everything in memory.
    pub unsafe fn new(
        vm: &mut Vm,
        proto: &Proto,
        entry: Entry,
        base: *const Value,
        denied: BTreeSet<(u32, u32)>,
        known: &mut Known,
    ) -> Result<Job, &'static str> {
        if proto.code_len > MOST_WORDS || proto.registers > MOST_REGISTERS {
            return Err("too large");
        }
        let mut job = Job {
            target: proto.index,
            entry,
            functions: BTreeMap::new(),
            baseline: proto.native.as_ref().map_or_else(Vec::new, |code| {
                let entries = code.inner.iter();
                entries.map(|&(at, address)| (at, address as u64)).collect()
            }),
            methods: vm.methods.entries() as u64,
            fields: vm.found_fields.entries() as u64,
            found: found_methods(vm),
            intrinsics: vm
                .code
                .natives
                .iter()
                .map(|native| native.intrinsic)
                .collect(),
            samples: Vec::new(),
            registers: BTreeMap::new(),
            values: BTreeMap::new(),
            operators: BTreeMap::new(),
            noted: BTreeSet::new(),
            types: known.types.clone(),
            instances: BTreeMap::new(),
            globals: BTreeMap::new(),
            constants: BTreeMap::new(),
            denied,
            none: vm.none.bits(),
            allocates: !vm.heap.space.stress,
            counts: vm.count_instructions,
            shows_frame: vm.native.shows_frame,
            inlines: vm.interrupts.sampler.is_none(),
            leave_every: 0,
            most_registers: 0,
            budget: 100,
            waits: vm.has_tasks(),
        };
        job.collect(vm, vec![proto.index], known);
        // SAFETY: the caller's promise; live registers are initialised.
        unsafe { job.take_samples(vm, base) };
        job.learn();
        job.recall();
        let sampled = job.samples.iter().filter_map(|sample| sample.function);
        let all = sampled.chain(job.operators.values().copied());
        job.collect(vm, all.collect(), known);
        known.types.clone_from(&job.types);
        let functions = job.functions.values().flat_map(|function| &function.consts);
        let values = functions.filter_map(|constant| match constant.what {
            What::Function { number, .. } if !constant.ty.is_int() => Some((constant.bits, number)),
            _ => None,
        });
        job.values = values.collect();
        Ok(job)
    }

    /// Copies functions, and those that they call as far as that can be seen.
    fn collect(&mut self, vm: &mut Vm, mut work: Vec<u32>, known: &mut Known) {
        let job = self;
        while let Some(number) = work.pop() {
            if job.functions.contains_key(&number) || job.functions.len() >= MOST_FUNCTIONS {
                continue;
            }
            // SAFETY: protos live as long as the machine.
            let proto = unsafe { &*vm.code.protos[number as usize] };
            if proto.code_len > MOST_WORDS || proto.registers > MOST_REGISTERS {
                continue;
            }
            let before = known.functions.get(&number);
            let function = match before.filter(|one| one.is_current(proto.words())) {
                Some(function) => function.clone(),
                None => {
                    let flow = before.map(|function| function.flow.clone());
                    let copy = Rc::new(function(vm, proto, flow));
                    known.functions.insert(number, copy.clone());
                    copy
                }
            };
            work.extend(callees(&function, &job.found));
            job.functions.insert(number, function);
        }
    }

    /// Whether a field of instances of a shape always has a value where a function reads
    /// it.
    pub fn is_present(&self, shape: u32, slot: u32, reader: u32) -> bool {
        self.types.get(&shape).is_some_and(|known| {
            let is_field = slot < Fields::BITS && known.present & 1 << slot != 0;
            is_field && known.init != Some(reader)
        })
    }

    /// The operator method of instances of a shape.
    pub fn operator(&self, shape: u32, op: Op) -> Option<&Rc<Function>> {
        let number = self.operators.get(&(shape, op as u8))?;
        self.function(*number)
    }

    /// Whether instances of a shape have an `op_set_index`, if their type is known.
    pub fn is_indexed(&self, shape: u32) -> Option<bool> {
        let found = self.operators.contains_key(&(shape, Op::TestIndexed as u8));
        (found || self.noted.contains(&shape)).then_some(found)
    }

    /// The name of what is compiled.
    pub fn name(&self) -> &str {
        self.function(self.target)
            .map_or("?", |function| &function.name)
    }

    pub fn function(&self, number: u32) -> Option<&Rc<Function>> {
        self.functions.get(&number)
    }

    /// The words of inline caches for methods of a name that calls have found.
    pub fn methods_named(&self, name: u64) -> impl Iterator<Item = u64> {
        let all = self.found.iter();
        all.filter(move |(of, _)| *of == name)
            .map(|&(_, word)| word)
    }

    /// A limit, as far as the budget allows it.
    pub fn limit(&self, most: usize) -> usize {
        most * self.budget as usize / 100
    }

    pub fn is_denied(&self, function: u32, at: u32) -> bool {
        self.denied.contains(&(function, at))
    }
}

/// The methods of instances that calls have found.
fn found_methods(vm: &Vm) -> Vec<(u64, u64)> {
    let all = vm.methods.iter();
    let of_instances = all.filter(|method| {
        let (code, target) = (method.word as u32, (method.word >> 32) as u32);
        crate::heap::shape::is_type(code) && code & SHAPE_BIT != 0 && target & NATIVE == 0
    });
    let mut found: Vec<_> = of_instances
        .map(|method| (method.name.bits(), method.word))
        .collect();
    // In the order in which the types were made.
    found.sort_by_key(|&(name, word)| (name, word as u32));
    found
}

/// The functions that a function's code names, or calls as methods.
fn callees(function: &Function, found: &[(u64, u64)]) -> Vec<u32> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < function.words.len() {
        let word = function.words[at];
        let op = word.op();
        if op == Op::Closure
            && let What::Function { number, .. } = function.consts[word.bx() as usize].what
        {
            all.push(number);
        }
        if op == Op::CallK
            && let What::Function { number, .. } = function.consts[usize::from(word.c())].what
        {
            all.push(number);
        }
        if op == Op::CallPath {
            let name = function.consts[usize::from(word.c())].bits;
            all.extend(function.static_of(name, None));
        }
        if op.receiver_place(word.b()).is_some() {
            let target = (function.words[at + 1].0 >> 32) as u32;
            let code = function.words[at + 1].0 as u32;
            let shaped = code != u32::MAX && code & crate::heap::object::SHAPE_BIT != 0;
            if shaped && target & NATIVE == 0 {
                all.push(target & NUMBER);
                let name = function.consts[usize::from(word.c())].bits;
                let others = found.iter().filter(|(of, _)| *of == name);
                all.extend(others.map(|(_, word)| (word >> 32) as u32 & NUMBER));
            }
        }
        at = crate::bytecode::flow::after(&function.words, at);
    }
    for constant in &function.consts {
        match &constant.what {
            What::Struct(info) => {
                all.extend(info.init.map(|(number, _)| number));
                all.extend(info.fields.iter().filter_map(|field| match field {
                    Field::Computed(number) => Some(*number),
                    _ => None,
                }));
            }
            What::Function { number, .. } => all.push(*number),
            _ => {}
        }
    }
    all
}

/// Copies a function; its flow is that of an earlier copy if there is one.
pub fn function(vm: &mut Vm, proto: &Proto, flow: Option<Rc<Flow>>) -> Function {
    use crate::vm::proto::{BLIND, ISOLATED};
    let mut function = Function {
        number: proto.index,
        name: vm.heap.str(proto.name).to_string(),
        address: std::ptr::from_ref(proto) as u64,
        words_at: proto.code as u64,
        words: proto.words().to_vec(),
        consts: proto
            .consts()
            .iter()
            .map(|&value| constant(vm, value))
            .collect(),
        handlers: proto.handlers.to_vec(),
        registers: proto.registers as u16,
        max_args: proto.max_args,
        parameters: proto.parameters() as u32,
        is_method: proto.is_method,
        owned_params: proto.owned_params,
        borrows_nothing: proto.borrows_nothing,
        isolated: proto.flags & ISOLATED != 0,
        blind: proto.flags & BLIND != 0,
        flow: Rc::default(),
        reached: Vec::new(),
    };
    // A function with captures is given by the number of its proto.
    for word in proto.words_of(Op::Closure) {
        let one = &mut function.consts[word.bx() as usize];
        if let Some(&proto) = one
            .ty
            .int()
            .and_then(|number| vm.code.protos.get(number as usize))
        {
            // SAFETY: protos live as long as the machine.
            one.what = function_constant(unsafe { &*proto });
        }
    }
    function.flow = flow.unwrap_or_else(|| Rc::new(function.with_code(Flow::new)));
    function.reached = function.find_reached();
    function
}

impl Proto {
    /// The instructions with an opcode.
    pub fn words_of(&self, op: Op) -> impl Iterator<Item = Instr> {
        instructions(self.words()).filter(move |word| word.op() == op)
    }
}

/// The type that is known of a value.
pub fn type_of(value: Value) -> Type {
    if value.is_int() {
        return Type::range(value.as_int(), value.as_int());
    }
    let kinds = match value.kind() {
        _ if value.is_float() => types::FLOAT,
        _ if value == Value::ABSENT => types::ABSENT,
        _ if value == Value::NULL => types::NULL,
        _ if value == Value::FALSE => types::FALSE,
        _ if value == Value::TRUE => types::TRUE,
        Some(kind) => kind_bits(kind),
        None => return Type::MAYBE,
    };
    match value.kind() {
        Some(Kind::Struct | Kind::Object) => Type::shape(kinds, value.header().aux),
        _ => Type::of(kinds),
    }
}

/// The bit of a kind of object in types.
pub fn kind_bits(kind: Kind) -> u32 {
    match kind {
        Kind::BigInt => types::BIG,
        Kind::String => types::STRING,
        Kind::Array => types::ARRAY,
        Kind::Dict => types::DICT,
        Kind::Struct => types::STRUCT,
        Kind::Object => types::OBJECT,
        Kind::Set | Kind::Queue | Kind::Stack | Kind::Tagged => types::VALUE_OBJECT,
        _ => types::OTHER,
    }
}

fn constant(vm: &Vm, value: Value) -> Const {
    let mut ty = type_of(value);
    if ty.more == types::More::Nothing {
        ty.more = types::More::Const(value.bits());
    }
    let what = match value.kind() {
        Some(Kind::Function) => {
            // SAFETY: a function, whose proto lives as long as the machine.
            let proto = unsafe { (*value.as_pointer::<FunctionObj>()).proto.cast::<Proto>() };
            // SAFETY: as above.
            function_constant(unsafe { &*proto })
        }
        Some(Kind::String) => What::Text {
            interned: value.header().flags & INTERNED != 0
                && value.header().form != StringForm::Rope as u8,
            byte: single_byte(value),
        },
        Some(Kind::BigInt) => match value.as_word() {
            Some(word) => What::Word(word),
            None if *value.big_int() == (1u128 << 64).into() => What::BeyondWords,
            None => What::Plain,
        },
        Some(Kind::StructType) => What::Struct(Rc::new(struct_info(vm, value))),
        Some(Kind::EnumType) => {
            let variants = value.enum_type().variants.iter();
            What::Enum(variants.map(|&(name, tag)| (name.bits(), tag)).collect())
        }
        Some(Kind::Tagged) if value.tagged_parts().is_empty() => What::Variant {
            tag: value.header().aux,
        },
        Some(Kind::KeyList) => {
            // SAFETY: a key list.
            let list = unsafe { &*value.as_pointer::<KeyListObj>() };
            What::Keys {
                count: list.len,
                shape: list.shape,
            }
        }
        _ => What::Plain,
    };
    Const {
        bits: value.bits(),
        ty,
        seed: match what {
            What::Text { interned: true, .. } => method_seed(value),
            _ => 0,
        },
        what,
    }
}

/// The number of a function of the program.
pub fn function_number(value: Value) -> Option<u32> {
    if !value.is_kind(Kind::Function) {
        return None;
    }
    // SAFETY: a function, whose proto lives as long as the machine.
    let proto = unsafe { &*crate::vm::call::proto_of(value) };
    // The one that starts tasks is none of the program's.
    (!proto.is_native()).then_some(proto.index)
}

fn function_constant(proto: &Proto) -> What {
    let captured = proto.captures.iter().filter_map(|capture| match capture {
        Capture::Register { register, .. } => Some(*register),
        Capture::Outer(_) => None,
    });
    What::Function {
        number: proto.index,
        captured: captured.collect(),
    }
}

fn struct_info(vm: &Vm, value: Value) -> StructInfo {
    let info = value.struct_type();
    let init = info.method(vm.names.init).map(|method| {
        let function = info.methods[method].function;
        // SAFETY: methods are functions, whose protos live as long as the machine.
        let number = unsafe { (*crate::vm::call::proto_of(function)).index };
        (number, function.bits())
    });
    let fields = info.fields.iter().map(|field| match field.default {
        FieldDefault::None => Field::Absent,
        FieldDefault::Value(value) => Field::Value(value.bits()),
        FieldDefault::EmptyArray => Field::EmptyArray,
        FieldDefault::EmptyDict => Field::EmptyDict,
        // SAFETY: defaults are functions, whose protos live as long as the machine.
        FieldDefault::Call(function) => unsafe {
            Field::Computed((*crate::vm::call::proto_of(function)).index)
        },
    });
    let statics = info.methods.iter().filter(|method| method.is_static);
    let statics = statics.filter_map(|method| {
        let number = function_number(method.function)?;
        Some((method.name.bits(), number))
    });
    StructInfo {
        statics: statics.collect(),
        bits: value.bits(),
        shape: info.shape,
        is_class: info.is_class,
        fields: fields.collect(),
        init,
    }
}
