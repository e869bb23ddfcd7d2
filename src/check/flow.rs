//! The values that parameters and fields without a written type get: the arguments of all
//! calls in the text, where these are all there are, and all values that fields are
//! given. Where code that is not in the text may call or write, nothing is known.

use super::facts::{Facts, Given};
use crate::compiler::hash::{Map, Set};
use crate::compiler::resolve::{FuncIdx, FuncKind, Res, Resolved, VarId, VarKind};
use crate::syntax::ast::*;

/// Methods that the language itself calls, besides those that begin with `op_`.
const CALLED_UNSEEN: &[&str] = &["to_string", "len", "iter", "next"];
/// A method of more types than this is not looked at.
const MOST_METHODS: usize = 8;

/// The arguments of a call, the piped one first.
struct Call<'a> {
    piped: Option<&'a Expr<'a>>,
    args: &'a [Arg<'a>],
}

impl<'a> Call<'a> {
    /// The argument of a parameter; `Err` if it cannot be told.
    fn argument(&self, at: usize) -> Result<Option<&'a Expr<'a>>, ()> {
        if self.args.iter().any(|arg| arg.spread) {
            return Err(());
        }
        let mut all = self
            .piped
            .into_iter()
            .chain(self.args.iter().map(|arg| arg.value));
        Ok(all.nth(at))
    }
}

/// Notes what parameters and fields are given.
pub fn connect<'a>(facts: &mut Facts<'a>, res: &Resolved<'a>) {
    let mut calls = calls(facts, res);
    for index in 0..res.funcs.len() {
        let func = FuncIdx(index as u32);
        let calls = calls.remove(&func).unwrap_or_default();
        parameters(facts, res, func, &calls);
    }
    fields(facts, res);
}

/// The calls of every function of the program.
fn calls<'a>(facts: &Facts<'a>, res: &Resolved<'a>) -> Map<FuncIdx, Vec<Call<'a>>> {
    let mut methods: Map<&str, Vec<FuncIdx>> = Map::default();
    for one in &res.structs {
        for (&name, &func) in &one.methods {
            methods.entry(name).or_default().push(func);
        }
    }
    let mut found: Map<FuncIdx, Vec<Call<'a>>> = Map::default();
    for site in &facts.exprs {
        let (callee, piped, args) = match site.expr.kind {
            ExprKind::Pipe { left, right, .. } => match right.kind {
                ExprKind::Call { callee, args } => (callee, Some(left), args),
                ExprKind::MethodCall { args, .. } => (right, Some(left), args),
                _ => (right, Some(left), &[][..]),
            },
            ExprKind::Call { callee, args } => (callee, None, args),
            ExprKind::MethodCall { args, .. } => (site.expr, None, args),
            _ => continue,
        };
        let called = match callee.kind {
            ExprKind::Name(_) => match res.name(callee.span) {
                Res::Var(var) => function_of(res, var).into_iter().collect(),
                _ => continue,
            },
            ExprKind::Path { ty, name } => match res.name(ty.span) {
                Res::Var(var) => method_of(res, var, name.name).into_iter().collect(),
                _ => continue,
            },
            ExprKind::MethodCall { name, .. } => match methods.get(name.name) {
                Some(methods) if methods.len() <= MOST_METHODS => methods.clone(),
                _ => continue,
            },
            _ => continue,
        };
        for func in called {
            found.entry(func).or_default().push(Call { piped, args });
        }
    }
    found
}

/// The function that runs when the variable is called.
fn function_of(res: &Resolved, var: VarId) -> Option<FuncIdx> {
    match res.var(var).kind {
        VarKind::Func => res.defs.get(&var).map(|def| res.func_of(def)),
        VarKind::Struct(_) => method_of(res, var, "init"),
        _ => None,
    }
}

fn method_of(res: &Resolved, var: VarId, name: &str) -> Option<FuncIdx> {
    match res.var(var).kind {
        VarKind::Struct(ty) => res.structs[ty.0 as usize].methods.get(name).copied(),
        _ => None,
    }
}

fn parameters<'a>(facts: &mut Facts<'a>, res: &Resolved<'a>, func: FuncIdx, calls: &[Call<'a>]) {
    let own = &facts.funcs[func.0 as usize];
    let Some(def) = own.def else { return };
    let params = match def.params {
        [first, rest @ ..] if first.name.name == "self" => rest,
        all => all,
    };
    let seen = !calls.is_empty() && is_seen(facts, res, func, def);
    for (at, param) in params.iter().enumerate() {
        let Res::Var(var) = res.name(param.name.span) else {
            continue;
        };
        if param.pattern.is_some() || param.ty.is_some() && !param.rest {
            continue;
        }
        let given = &mut facts.vars[var.0 as usize].given;
        if !seen || param.rest {
            given.push(Given::Unknown);
            continue;
        }
        given.extend(calls.iter().map(|call| match call.argument(at) {
            Ok(Some(value)) => Given::Value(value),
            Ok(None) => param.default.map_or(Given::Unknown, Given::Value),
            Err(()) => Given::Unknown,
        }));
    }
}

/// Whether all calls of the function are in the text.
fn is_seen<'a>(facts: &Facts<'a>, res: &Resolved<'a>, func: FuncIdx, def: &FuncDef) -> bool {
    match res.func(func).kind {
        FuncKind::Plain => {
            let var = res.func(func).var;
            let exported = var.is_some_and(|var| res.imports.is_exported(var));
            var.is_some() && !exported && !facts.funcs[func.0 as usize].is_value
        }
        FuncKind::Method { ty, .. } => {
            let Some(name) = def.name else { return false };
            let var = res.structs[ty.0 as usize].var;
            let unseen = res.meets_strangers
                || name.name.starts_with("op_")
                || CALLED_UNSEEN.contains(&name.name)
                || facts.read_fields.contains(name.name)
                || name.name == "init" && facts.type_values.contains(&var);
            !unseen
        }
        FuncKind::Script | FuncKind::FieldDefault => false,
    }
}

fn fields<'a>(facts: &mut Facts<'a>, res: &Resolved<'a>) {
    let mut written: Map<&str, Vec<Given<'a>>> = Map::default();
    for &(name, given) in &facts.field_writes {
        written.entry(name).or_default().push(given);
    }
    let mut literals: Map<u32, Vec<&'a [FieldInit<'a>]>> = Map::default();
    for site in &facts.exprs {
        if let ExprKind::StructLit { name, items } = site.expr.kind
            && let Res::Var(var) = res.name(name.span)
            && let VarKind::Struct(ty) = res.var(var).kind
        {
            literals.entry(ty.0).or_default().push(items);
        }
    }
    let mut spent: Set<&str> = Set::default();
    for (index, one) in res.structs.iter().enumerate() {
        let mut fields: Vec<Vec<Given<'a>>> = Vec::new();
        let mut places: Map<&str, usize> = Map::default();
        for field in one.def.fields {
            let name = field.name.name;
            places.insert(name, fields.len());
            let mut given = Vec::new();
            match (field.ty, field.default) {
                (Some(ty), _) => given.push(Given::Declared(ty)),
                _ if res.meets_strangers => given.push(Given::Unknown),
                (None, default) => {
                    given.extend(default.map(Given::Value));
                    // Of many types with one field, only the first is looked at.
                    match spent.insert(name) {
                        true => given.extend(written.remove(name).unwrap_or_default()),
                        false => given.push(Given::Unknown),
                    }
                }
            }
            fields.push(given);
        }
        for items in literals.remove(&(index as u32)).unwrap_or_default() {
            for item in items {
                let (name, given) = match *item {
                    FieldInit::Pair { name, value } => (name.name, Given::Value(value)),
                    FieldInit::Shorthand(name) => (name.name, Given::Unknown),
                    FieldInit::Spread(_) => {
                        for given in &mut fields {
                            given.push(Given::Unknown);
                        }
                        continue;
                    }
                };
                if let Some(&at) = places.get(name)
                    && one.def.fields[at].ty.is_none()
                {
                    fields[at].push(given);
                }
            }
        }
        facts.fields.push(fields);
    }
}
