//! The variables that functions name, in their own code and in that of the functions and types
//! which they have as constants: what travels with a function to another machine.

use super::super::Vm;
use crate::bytecode::{Const, FieldDefault, FuncId, FunctionCode, Op, StructCode, StructId, Unit};

/// The things that the code of a function names by itself.
#[derive(Default, Debug)]
pub(crate) struct Named {
    /// Globals, by their number in the unit.
    pub globals: Box<[u32]>,
    functions: Box<[FuncId]>,
    structs: Box<[StructId]>,
}

impl Named {
    fn of(code: &FunctionCode) -> Named {
        let mut globals = Vec::new();
        let mut at = 0;
        while at < code.code.len() {
            let word = code.code[at];
            let op = word.op();
            if matches!(op, Op::GetGlobal | Op::SetGlobal) && !globals.contains(&word.bx()) {
                globals.push(word.bx());
            }
            at += 1 + usize::from(op.has_cache()) + usize::from(op.has_branch());
        }
        let (mut functions, mut structs) = (Vec::new(), Vec::new());
        for constant in &code.consts {
            add_named(constant, &mut functions, &mut structs);
        }
        Named {
            globals: globals.into(),
            functions: functions.into(),
            structs: structs.into(),
        }
    }
}

fn add_named(constant: &Const, functions: &mut Vec<FuncId>, structs: &mut Vec<StructId>) {
    match constant {
        Const::Func(id) => functions.push(*id),
        Const::Struct(id) => structs.push(*id),
        Const::Array(items) => {
            for item in items {
                add_named(item, functions, structs);
            }
        }
        Const::Dict(items) => {
            for (_, item) in items {
                add_named(item, functions, structs);
            }
        }
        _ => {}
    }
}

/// The functions of a type's methods and of the defaults of its fields, in order.
pub(super) fn functions_of(code: &StructCode) -> impl Iterator<Item = FuncId> + '_ {
    let defaults = code.fields.iter().filter_map(|field| match field.default {
        FieldDefault::Func(id) => Some(id),
        _ => None,
    });
    code.methods
        .iter()
        .map(|method| method.func)
        .chain(defaults)
}

/// The functions that have been looked at, of all units.
#[derive(Default)]
pub(super) struct Seen(Vec<Vec<bool>>);

impl Seen {
    /// Notes a function of a source; whether that is new.
    fn add(&mut self, source: u32, id: FuncId, unit: &Unit) -> bool {
        let source = source as usize;
        if source >= self.0.len() {
            self.0.resize_with(source + 1, Vec::new);
        }
        let list = &mut self.0[source];
        if list.is_empty() {
            list.resize(unit.functions.len(), false);
        }
        !std::mem::replace(&mut list[id.0 as usize], true)
    }
}

impl Vm {
    /// The things that the code of a function names by itself.
    pub(super) fn named(&mut self, source: u32, id: FuncId) -> &Named {
        let source = &mut self.code.sources[source as usize];
        let at = id.0 as usize;
        if source.named.len() <= at {
            source
                .named
                .resize_with(source.unit.functions.len(), Default::default);
        }
        let code = &source.unit.functions[at];
        source.named[at].get_or_insert_with(|| Named::of(code))
    }

    /// Looks at functions of a source and at all that they name, but for those in `seen`; the
    /// globals that these name, by their number in the unit.
    pub(super) fn reach(
        &mut self,
        source: u32,
        from: impl IntoIterator<Item = FuncId>,
        seen: &mut Seen,
    ) -> Vec<u32> {
        let unit = self.code.sources[source as usize].unit.clone();
        let mut found = Vec::new();
        let mut left: Vec<FuncId> = from.into_iter().collect();
        while let Some(id) = left.pop() {
            if !seen.add(source, id, &unit) {
                continue;
            }
            let named = self.named(source, id);
            found.extend(&named.globals);
            left.extend(&named.functions);
            for id in &named.structs {
                left.extend(functions_of(&unit.structs[id.0 as usize]));
            }
        }
        found
    }
}
