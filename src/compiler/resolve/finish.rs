//! What can be said only when the whole text has been read: which methods
//! change `self`, which functions and types capture nothing, and where every
//! variable lives.

use super::walk::Receiver;
use super::{FuncKind, Res, Resolved, Storage, VarId, VarKind};
use crate::compiler::Builtins;
use crate::compiler::hash::Map;

pub fn finish(out: &mut Resolved, receivers: &[Receiver], builtins: &dyn Builtins) {
    find_mutating(out, builtins);
    note_receivers(out, receivers, builtins);
    place_variables(out);
}

/// Grows the set of mutating methods until nothing changes.
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
    loop {
        let mut changed = false;
        for &index in &methods {
            let func = &out.funcs[index];
            // A generator changes its own copy, after the call.
            if func.mutating || func.is_generator {
                continue;
            }
            let FuncKind::Method { ty, .. } = func.kind else {
                continue;
            };
            let own = &out.structs[ty.0 as usize].methods;
            let mutating = func.writes_self
                || func.self_calls.iter().any(|(name, direct)| {
                    match own.get(&**name).filter(|_| *direct) {
                        Some(method) => out.func(*method).mutating,
                        None => {
                            builtins.is_mutating_method(name) || out.mutating_names.contains(name)
                        }
                    }
                });
            if mutating {
                changed = true;
                out.funcs[index].mutating = true;
                if let Some(name) = names.get(&index) {
                    out.mutating_names.insert(name.clone());
                }
            }
        }
        if !changed {
            return;
        }
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
        // In a file with imports or exports a method nobody here knows is that
        // of a foreign type, and may be a mutating one.
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
            var.written_inside |= var.func != receiver.func;
        }
    }
    for var in &mut out.vars {
        var.writes.sort_unstable();
    }
}

fn place_variables(out: &mut Resolved) {
    // Optimistically all functions and types are constants; each round takes
    // that back for those that capture something which is none.
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
    let captures_something = |out: &Resolved, captures: &[VarId]| {
        captures
            .iter()
            .any(|&var| out.var(var).storage != Storage::Constant)
    };
    loop {
        let mut changed = false;
        for index in 0..out.funcs.len() {
            let func = &out.funcs[index];
            let Some(var) = func.var else { continue };
            if out.var(var).storage == Storage::Constant && captures_something(out, &func.captures)
            {
                demote(out, var);
                changed = true;
            }
        }
        for index in 0..out.structs.len() {
            let one = &out.structs[index];
            if one.has_captures {
                continue;
            }
            if one
                .funcs
                .iter()
                .any(|&func| captures_something(out, &out.func(func).captures))
            {
                let var = one.var;
                out.structs[index].has_captures = true;
                demote(out, var);
                changed = true;
            }
        }
        if !changed {
            break;
        }
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
