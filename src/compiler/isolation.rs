//! Effect analysis: which functions are isolated, and which of those may meet class
//! instances that others reach too. An isolated function can neither read nor write a
//! variable outside itself and runs no code that could. Starts from the effects that
//! the tables give each instruction and built-in, and adds those of callees to
//! callers whenever they have grown.
//!
//! Calls rely on it: what a caller goes on owning need not be protected from a
//! function that has no way to write it, and a mutating method need not leave the old
//! value in its place for a function that has no way to look there.

use super::Builtins;
use super::hash::{Map, Set};
use crate::bytecode::op::KEY;
use crate::bytecode::{Const, FieldDefault, FuncId, FunctionCode, Instr, Op, Unit};
use crate::effects::Effects;

pub fn mark_isolated(unit: &mut Unit, builtins: &dyn Builtins) {
    let facts = Facts::new(unit, builtins);
    let mut summaries: Vec<Summary> = (unit.functions.iter().enumerate())
        .map(|(index, code)| facts.summary(FuncId(index as u32), code))
        .collect();
    summaries.extend(facts.groups.iter().map(|callees| Summary {
        effects: Effects::NONE,
        callees: callees.clone(),
    }));
    let mut callers: Vec<Vec<u32>> = vec![Vec::new(); summaries.len()];
    for (caller, summary) in (0..).zip(&summaries) {
        for &callee in &summary.callees {
            callers[callee as usize].push(caller);
        }
    }
    let mut grown: Vec<u32> = (0..summaries.len() as u32).collect();
    while let Some(callee) = grown.pop() {
        let effects = summaries[callee as usize].effects;
        for &caller in &callers[callee as usize] {
            let known = summaries[caller as usize].effects;
            let mut all = known;
            all |= effects;
            if all != known {
                summaries[caller as usize].effects = all;
                grown.push(caller);
            }
        }
    }
    let has_instances = facts.has_instances;
    for (code, summary) in unit.functions.iter_mut().zip(summaries) {
        let met = |effect| has_instances && summary.effects.any_of(effect);
        code.isolated = !summary.effects.any_of(Effects::OUTSIDE | Effects::CODE);
        code.reads_instances = met(Effects::READS);
        code.writes_instances = met(Effects::WRITES);
    }
}

/// The effects of one function: by itself, and by what it calls. The numbers of
/// [`Facts::groups`] follow those of the functions.
struct Summary {
    effects: Effects,
    callees: Vec<u32>,
}

/// Places among the groups.
const OPERATORS: usize = 0;
const TEXTS: usize = 1;
const DEFAULTS: usize = 2;
const INDEXES: usize = 3;
const CONTENTS: usize = 4;

struct Facts<'u> {
    /// Types of other files come in: any method may be theirs.
    open: bool,
    /// There may be class instances.
    has_instances: bool,
    /// Functions of which an instruction may call any: operators, texts, defaults, what
    /// indexes and contents mean, then the methods of each name.
    groups: Vec<Vec<u32>>,
    /// The number of the first group.
    first: u32,
    /// The groups of methods of the program's types.
    methods: Map<&'u str, u32>,
    fields: Set<&'u str>,
    /// Methods whose first register is a struct of their type for good.
    own_self: Set<u32>,
    /// Effects of built-ins, by number.
    natives: Map<u16, Effects>,
    builtins: &'u dyn Builtins,
}

impl<'u> Facts<'u> {
    fn new(unit: &'u Unit, builtins: &'u dyn Builtins) -> Facts<'u> {
        let mut facts = Facts {
            open: unit.open,
            has_instances: unit.open,
            groups: vec![Vec::new(); 5],
            first: unit.functions.len() as u32,
            methods: Map::default(),
            fields: Set::default(),
            own_self: Set::default(),
            natives: Map::default(),
            builtins,
        };
        let mut self_stays = true;
        for one in &unit.structs {
            facts.has_instances |= one.is_class;
            for method in &one.methods {
                let func = method.func.0;
                match &*method.name {
                    "op_index" | "op_set_index" => facts.groups[INDEXES].push(func),
                    "len" | "iter" => facts.groups[CONTENTS].push(func),
                    "to_string" => facts.groups[TEXTS].push(func),
                    name if name.starts_with("op_") => facts.groups[OPERATORS].push(func),
                    _ => {}
                }
                let next = facts.groups.len() as u32;
                let group = *facts.methods.entry(&*method.name).or_insert(next);
                if group == next {
                    facts.groups.push(Vec::new());
                }
                facts.groups[group as usize].push(func);
                if !one.is_class {
                    facts.own_self.insert(func);
                    self_stays &= !assigns_self(&unit.functions[func as usize]);
                }
            }
            for field in &one.fields {
                facts.fields.insert(&*field.name);
                if let FieldDefault::Func(func) = field.default {
                    facts.groups[DEFAULTS].push(func.0);
                }
            }
        }
        if !self_stays {
            facts.own_self.clear();
        }
        for name in builtins.names() {
            if let Some(native) = builtins.native(name) {
                facts.natives.insert(native.index, native.effects);
            }
        }
        facts
    }

    /// The effects of the instructions themselves; functions of the program that
    /// they call are collected.
    fn summary(&self, id: FuncId, code: &FunctionCode) -> Summary {
        let mut summary = Summary {
            effects: Effects::NONE,
            callees: Vec::new(),
        };
        let has_own_self = self.own_self.contains(&id.0);
        for word in instructions(code) {
            let effects = word.op().effects();
            match word.op() {
                Op::CallK => match code.consts.get(usize::from(word.c())) {
                    Some(Const::Func(callee)) => summary.callees.push(callee.0),
                    _ => summary.effects |= Effects::CALLS,
                },
                Op::CallNative => {
                    let of_native = self.natives.get(&word.c()).copied();
                    self.add(&mut summary, of_native.unwrap_or(Effects::CALLS));
                }
                _ if effects.any_of(Effects::CALLEE) => {
                    match code.consts.get(usize::from(word.c())) {
                        Some(Const::Str(name)) => self.add_method(&mut summary, name),
                        _ => summary.effects |= Effects::CALLS,
                    }
                }
                op => {
                    let mut effects = effects;
                    if matches!(op, Op::GetField | Op::SetField | Op::FieldMut) {
                        if keyed(word) {
                            effects = Effects::INDEXES;
                        } else if has_own_self && container(word) == 0 {
                            continue;
                        } else {
                            effects = effects - Effects::INDEXES;
                        }
                    }
                    self.add(&mut summary, effects);
                }
            }
        }
        summary
    }

    /// Adds what an entry of a table says; what it says of methods of the program
    /// becomes calls of them.
    fn add(&self, summary: &mut Summary, effects: Effects) {
        let known = [
            (Effects::OPERATORS, OPERATORS),
            (Effects::TEXTS, TEXTS),
            (Effects::DEFAULTS, DEFAULTS),
            (Effects::INDEXES, INDEXES),
            (Effects::CONTENTS, CONTENTS),
        ];
        let mut rest = effects;
        for (effect, group) in known {
            if !effects.any_of(effect) {
                continue;
            }
            if self.open {
                rest |= Effects::CALLS;
            }
            summary.callees.push(self.first + group as u32);
            rest = rest - effect;
        }
        if effects.any_of(Effects::TEXTS) {
            rest |= Effects::READS;
        }
        summary.effects |= rest;
    }

    /// Adds all methods that a name can mean.
    fn add_method(&self, summary: &mut Summary, name: &str) {
        let native = self.builtins.method_effects(name);
        let own = self.methods.get(name).map(|group| self.first + group);
        if self.open || self.fields.contains(name) || native.is_none() && own.is_none() {
            summary.effects |= Effects::CALLS;
        }
        self.add(summary, native.unwrap_or(Effects::NONE));
        summary.callees.extend(own);
    }
}

/// The instructions without the words that belong to them.
fn instructions(code: &FunctionCode) -> impl Iterator<Item = Instr> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let word = *code.code.get(at)?;
        let op = word.op();
        at += 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
        Some(word)
    })
}

/// The register of what a field instruction reads or writes.
fn container(word: Instr) -> u16 {
    match word.op() {
        Op::SetField => word.a(),
        _ => word.b(),
    }
}

/// Whether the instruction is written as `x["name"]`, which only `op_index` and
/// `op_set_index` answer for instances.
fn keyed(word: Instr) -> bool {
    word.flags() & KEY != 0
}

/// Whether a method puts something else into its `self` than what that has become.
fn assigns_self(code: &FunctionCode) -> bool {
    use crate::bytecode::op::Operand;
    let mut after_call = false;
    for word in instructions(code) {
        let kind = word.op().operands()[0];
        let assigns = matches!(kind, Operand::Def | Operand::MayDef) && word.a() == 0;
        if assigns && !(after_call && word.op() == Op::Move) {
            return true;
        }
        after_call = matches!(word.op(), Op::CallMethodPlace | Op::CallMethodSpread);
    }
    false
}
