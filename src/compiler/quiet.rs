//! Which functions are quiet: they can neither read nor write a variable
//! outside themselves, and call nothing that might. Starts from what the
//! instructions of each function do by themselves and takes the mark back from
//! callers until nothing changes.

use super::Builtins;
use super::hash::{Map, Set};
use crate::bytecode::{Const, FunctionCode, Op, Unit};

pub fn mark_quiet(unit: &mut Unit, builtins: &dyn Builtins) {
    let facts = Facts::new(unit, builtins);
    let mut quiet: Vec<bool> = Vec::with_capacity(unit.functions.len());
    let mut calls: Vec<Vec<u32>> = Vec::with_capacity(unit.functions.len());
    for code in &unit.functions {
        let mut callees = Vec::new();
        quiet.push(facts.own_code_is_quiet(code, &mut callees));
        calls.push(callees);
    }
    loop {
        let mut changed = false;
        for index in 0..quiet.len() {
            let loud = calls[index].iter().any(|&callee| !quiet[callee as usize]);
            if quiet[index] && loud {
                quiet[index] = false;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    for (code, quiet) in unit.functions.iter_mut().zip(quiet) {
        code.quiet = quiet;
    }
}

struct Facts {
    /// Some type of the program defines operators: arithmetic may call them.
    operators: bool,
    /// Some type defines `to_string`.
    texts: bool,
    /// Types of other files come in: any method name may mean anything.
    open: bool,
    /// Methods of the program's types by name.
    methods: Map<Box<str>, Vec<u32>>,
    fields: Set<Box<str>>,
    /// Built-ins that call nothing, by index and by name.
    silent: Set<u16>,
    silent_names: Set<Box<str>>,
}

impl Facts {
    fn new(unit: &Unit, builtins: &dyn Builtins) -> Facts {
        let mut facts = Facts {
            operators: false,
            texts: false,
            open: false,
            methods: Map::default(),
            fields: Set::default(),
            silent: Set::default(),
            silent_names: Set::default(),
        };
        // Values of foreign types have methods that this unit does not show.
        facts.operators = unit.open;
        facts.texts = unit.open;
        facts.open = unit.open;
        for one in &unit.structs {
            for method in &one.methods {
                facts.operators |= method.name.starts_with("op_");
                facts.texts |= &*method.name == "to_string";
                facts
                    .methods
                    .entry(method.name.clone())
                    .or_default()
                    .push(method.func.0);
            }
            facts
                .fields
                .extend(one.fields.iter().map(|field| field.name.clone()));
        }
        for name in builtins.names() {
            if let Some(native) = builtins.native(name)
                && (!native.calls_back || native.pulls)
            {
                facts.silent.insert(native.index);
                facts.silent_names.insert(name.into());
            }
        }
        facts
    }

    /// Whether the instructions do nothing loud themselves; functions of the
    /// program that they call are collected.
    fn own_code_is_quiet(&self, code: &FunctionCode, callees: &mut Vec<u32>) -> bool {
        let mut at = 0;
        while at < code.code.len() {
            let word = code.code[at];
            let op = word.op();
            at += 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
            let loud = match op {
                Op::GetGlobal
                | Op::SetGlobal
                | Op::GetDynamic
                | Op::Import
                | Op::ImportAll
                | Op::GetCapture
                | Op::GetCaptureCell
                | Op::SetCaptureCell
                | Op::Closure
                | Op::MakeType
                | Op::Call
                | Op::CallSpread
                | Op::CallMethodSpread
                | Op::CallPath
                | Op::NewStruct
                | Op::IterInit
                | Op::ArrayExtend => true,
                Op::Add
                | Op::Sub
                | Op::Mul
                | Op::Div
                | Op::Mod
                | Op::AddK
                | Op::SubK
                | Op::MulK
                | Op::DivK
                | Op::ModK
                | Op::Neg
                | Op::Not
                | Op::Lt
                | Op::Le
                | Op::Gt
                | Op::Ge
                | Op::Eq
                | Op::Ne
                | Op::TestLt
                | Op::TestLe
                | Op::TestGt
                | Op::TestGe
                | Op::TestEq
                | Op::TestNe
                | Op::TestLtK
                | Op::TestLeK
                | Op::TestGtK
                | Op::TestGeK
                | Op::TestEqK
                | Op::TestNeK
                | Op::TestLit => self.operators,
                Op::Concat => self.texts,
                Op::CallK => match code.consts.get(usize::from(word.c())) {
                    Some(Const::Func(id)) => {
                        callees.push(id.0);
                        false
                    }
                    _ => true,
                },
                Op::CallNative => !self.silent.contains(&word.c()),
                Op::CallMethod | Op::CallMethodPlace | Op::CallMethodLet | Op::CallMethodPath => {
                    match code.consts.get(usize::from(word.c())) {
                        Some(Const::Str(name)) => !self.method_is_quiet(name, callees),
                        _ => true,
                    }
                }
                _ => false,
            };
            if loud {
                return false;
            }
        }
        true
    }

    /// Whether every method that the name can mean is known.
    fn method_is_quiet(&self, name: &str, callees: &mut Vec<u32>) -> bool {
        if self.open {
            return false;
        }
        if self.fields.contains(name) || !self.silent_names.contains(name) {
            let Some(methods) = self.methods.get(name) else {
                return false;
            };
            if self.fields.contains(name) {
                return false;
            }
            callees.extend(methods);
            return true;
        }
        callees.extend(self.methods.get(name).into_iter().flatten());
        true
    }
}
