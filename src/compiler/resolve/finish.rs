//! The facts that are known only when the whole text has been read: which
//! methods change `self`, which functions and types capture nothing, and where
//! every variable lives.

use super::walker::Receiver;
use super::{FuncIdx, FuncKind, Res, Resolved, Storage, VarId, VarKind};
use crate::compiler::Builtins;
use crate::compiler::hash::Map;
use crate::syntax::diagnostic::Diagnostic;

pub fn finish(out: &mut Resolved, receivers: &[Receiver], builtins: &dyn Builtins) {
    find_mutating(out, builtins);
    note_receivers(out, receivers, builtins);
    place_variables(out);
}

/// Grows the set of mutating methods from those that are so by themselves.
fn find_mutating(out: &mut Resolved, builtins: &dyn Builtins) {
    let is_struct_method = |out: &Resolved, index: usize| match out.funcs[index].kind {
        FuncKind::Method { ty, .. } => !out.structs[ty.0 as usize].def.is_class,
        _ => false,
    };
    let methods: Vec<usize> = (0..out.funcs.len())
        .filter(|&index| is_struct_method(out, index))
        .collect();
    let names: Map<usize, Box<str>> = out
        .structs
        .iter()
        .flat_map(|one| {
            one.methods
                .iter()
                .map(|(name, func)| (func.0 as usize, (*name).into()))
        })
        .collect();
    // Each method waits for those that would make it one.
    let mut waiting = Waiting::default();
    let mut found = Vec::new();
    for &index in &methods {
        let func = &out.funcs[index];
        // A generator changes its own copy, after the call.
        let FuncKind::Method { ty, .. } = func.kind else {
            continue;
        };
        if func.is_generator {
            continue;
        }
        let own = &out.structs[ty.0 as usize].methods;
        let mut mutating = func.writes_self;
        for (name, direct) in &func.self_calls {
            match own.get(&**name).filter(|_| *direct) {
                Some(&method) => waiting.for_func(method, index),
                None if builtins.is_mutating_method(name) || out.mutating_names.contains(name) => {
                    mutating = true;
                }
                None => waiting.for_name(name, index),
            }
        }
        if mutating {
            found.push(index);
        }
    }
    while let Some(index) = found.pop() {
        if std::mem::replace(&mut out.funcs[index].mutating, true) {
            continue;
        }
        found.extend(
            waiting
                .funcs
                .remove(&FuncIdx(index as u32))
                .into_iter()
                .flatten(),
        );
        if let Some(name) = names.get(&index)
            && out.mutating_names.insert(name.clone())
        {
            found.extend(waiting.names.remove(name).into_iter().flatten());
        }
    }
}

/// Methods that change `self` though their calls start tasks: what they change would be
/// stored when the call ends, long after the statement.
pub fn changes_across_waits(out: &Resolved) -> Vec<Diagnostic> {
    let mut wrong = Vec::new();
    for def in out.structs.iter().flat_map(|one| one.def.methods) {
        let func = out.func(out.func_of(def));
        if func.is_async && func.mutating {
            let at = def.name.map_or(def.span, |name| name.span);
            wrong.push(
                Diagnostic::error(at, "an async method of a struct cannot change `self`")
                    .help("give back what it has become, or make the type a class"),
            );
        }
    }
    wrong
}

/// Methods that change `self` if a function does, or any method of a name.
#[derive(Default)]
struct Waiting {
    funcs: Map<FuncIdx, Vec<usize>>,
    names: Map<Box<str>, Vec<usize>>,
}

impl Waiting {
    fn for_func(&mut self, func: FuncIdx, method: usize) {
        self.funcs.entry(func).or_default().push(method);
    }

    fn for_name(&mut self, name: &str, method: usize) {
        self.names.entry(name.into()).or_default().push(method);
    }
}

/// Calling a method that may be mutating writes the variable it is called on.
fn note_receivers(out: &mut Resolved, receivers: &[Receiver], builtins: &dyn Builtins) {
    let own: super::super::hash::Set<&str> = out
        .structs
        .iter()
        .flat_map(|one| one.methods.keys().copied())
        .collect();
    for receiver in receivers {
        let method = receiver.method;
        // In a file with imports or exports a method that is unknown here is
        // that of a foreign type, and may be a mutating one.
        let foreign =
            out.meets_strangers && builtins.native(method).is_none() && !own.contains(method);
        let writes =
            foreign || builtins.is_mutating_method(method) || out.mutating_names.contains(method);
        let var = &mut out.vars[receiver.var.0 as usize];
        if var.kind == VarKind::Module && var.writes.is_empty() {
            continue;
        }
        if writes && !var.kind.is_constant() {
            var.writes.push(receiver.at);
            if var.func != receiver.func {
                var.written_inside = true;
                out.funcs[receiver.func.0 as usize].writes_outside = true;
            }
        }
    }
    for var in &mut out.vars {
        var.writes.sort_unstable();
    }
}

fn place_variables(out: &mut Resolved) {
    // Optimistically all functions and types are constants; that is taken back for
    // those that capture something which is none.
    for index in 0..out.vars.len() {
        let var = &mut out.vars[index];
        match var.kind {
            VarKind::Func | VarKind::Struct(_) | VarKind::Enum => var.storage = Storage::Constant,
            _ if var.top_level && var.mentioned => {
                var.storage = Storage::Global(out.globals.len() as u32);
                out.globals.push(VarId(index as u32));
            }
            _ if var.top_level => {}
            _ if var.mentioned && (var.early || !var.writes.is_empty()) => {
                var.storage = Storage::Cell;
            }
            _ => {}
        }
    }
    // The function or type of a variable, by the constants it captures.
    let mut users: Map<VarId, Vec<Closed>> = Map::default();
    let mut open: Vec<Closed> = Vec::new();
    let mut note = |out: &Resolved, captures: &[VarId], one: Closed| {
        for &var in captures {
            if out.var(var).storage == Storage::Constant {
                users.entry(var).or_default().push(one);
            } else {
                open.push(one);
            }
        }
    };
    for func in &out.funcs {
        if let Some(var) = func.var {
            note(out, &func.captures, Closed::Func(var));
        }
    }
    for (index, one) in out.structs.iter().enumerate() {
        for &func in &one.funcs {
            note(out, &out.func(func).captures, Closed::Struct(index));
        }
    }
    while let Some(one) = open.pop() {
        let var = match one {
            Closed::Func(var) if out.var(var).storage == Storage::Constant => var,
            Closed::Struct(index) if !out.structs[index].has_captures => {
                out.structs[index].has_captures = true;
                out.structs[index].var
            }
            _ => continue,
        };
        demote(out, var);
        open.extend(users.remove(&var).into_iter().flatten());
    }
    for index in 0..out.funcs.len() {
        let captures = std::mem::take(&mut out.funcs[index].captures);
        let kept: Vec<VarId> = captures
            .into_iter()
            .filter(|&var| matches!(out.var(var).storage, Storage::Register | Storage::Cell))
            .collect();
        let func = &mut out.funcs[index];
        func.capture_index = kept
            .iter()
            .enumerate()
            .map(|(at, &var)| (var, at as u16))
            .collect();
        func.captures = kept;
    }
}

/// A function or type that is a constant so far.
#[derive(Clone, Copy)]
enum Closed {
    /// That of this variable.
    Func(VarId),
    Struct(usize),
}

/// A function or type that turned out to capture something is a variable.
fn demote(out: &mut Resolved, id: VarId) {
    let var = &mut out.vars[id.0 as usize];
    let cell = var.mentioned && var.early;
    var.storage = if cell {
        Storage::Cell
    } else {
        Storage::Register
    };
}

impl Resolved<'_> {
    /// Whether the name at this place is a visible `const`, which a pattern
    /// compares with instead of binding.
    pub fn is_const_pattern(&self, at: crate::syntax::ast::Span) -> bool {
        match self.name(at) {
            Res::Var(id) => self.var(id).kind == VarKind::Const && self.var(id).span.lo != at.lo,
            _ => false,
        }
    }
}
