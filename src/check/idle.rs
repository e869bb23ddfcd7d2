//! Functions of the program that do nothing but give a value: they change only what is
//! their own, and so does all that they call. A statement that only calls one loses what it
//! gives.

use super::Cx;
use super::facts::{Act, Event, ExprSite};
use super::references::{may_be_reference, may_change_reference};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::compiler::hash::Set;
use crate::compiler::resolve::{FuncIdx, Res, VarId, VarKind, root_of};
use crate::compiler::visit::{Part, parts, stmt_parts};
use crate::effects::Effects;
use crate::stdlib;
use crate::syntax::ast::*;

pub const DISCARDED_RESULT: Rule = Rule {
    name: "discarded-result",
    level: Level::Suspicious,
    summary: "A call of a function that does nothing but give a value, which is not used.",
    explanation: "`push(xs, 4)`, `sort(xs)`, `s.upper()` change nothing: they give a new value. Where there is a method that changes its\n\
                  receiver, write that: `xs.push(4)`. The same goes for functions of the program that change nothing but what is their own\n\
                  and do not throw on purpose. `xs.map(f)` for the sake of what `f` does is a `for` loop.",
    wrong: "xs := [3, 1, 2]\nsort(xs)\nprint(xs)",
    right: "xs := [3, 1, 2]\nxs.sort()\nprint(xs)",
};

/// The calls of the program's functions that are statements of their own.
pub fn statement<'a>(
    cx: &mut Cx<'a, '_>,
    site: &ExprSite<'a>,
    callee: &'a Expr<'a>,
    args: &'a [Arg<'a>],
) {
    let Some(func) = function_of(cx, callee) else {
        return;
    };
    let facts = &cx.facts.funcs[func.0 as usize];
    let gives = facts.returns.iter().any(|value| {
        value.is_some_and(|value| !matches!(value.kind, ExprKind::Null | ExprKind::Bool(_)))
    });
    let runs = facts
        .def
        .is_some_and(|def| !def.is_async && !def.is_generator);
    // A call in a loop may be there to take time; one that gets a variable and changes its copy
    // is hardly meant so.
    let meant_to_change = places(args).next().is_some() && (!site.looped || changes_copy(cx, func));
    if !gives || !runs || !meant_to_change || has_effects(cx, func) {
        return;
    }
    let name = cx.source.span_text(callee.span);
    let text = format!("`{name}` does nothing but give a value, and that is lost");
    let finding = DISCARDED_RESULT.at(callee.span, text);
    let help = places(args).next().map(|place| {
        let place = cx.source.span_text(place.span);
        format!("store the result: `{place} := {name}(…)`")
    });
    cx.report(match help {
        Some(help) => finding.help(help),
        None => finding,
    });
}

/// The arguments that a function could have been meant to change.
fn places<'a>(args: &'a [Arg<'a>]) -> impl Iterator<Item = &'a Expr<'a>> {
    let places = args.iter().filter(|arg| root_of(arg.value).is_some());
    places.map(|arg| arg.value)
}

/// Whether the function changes what it got for a parameter.
fn changes_copy(cx: &Cx, func: FuncIdx) -> bool {
    let mut vars = cx.res.vars.iter().zip(&cx.facts.vars);
    vars.any(|(var, facts)| {
        let changes = |event: &Event| matches!(event.act, Act::Write(_) | Act::Change(..));
        var.func == func && var.kind == VarKind::Param && facts.events.iter().any(changes)
    })
}

pub fn function_of(cx: &Cx, callee: &Expr) -> Option<FuncIdx> {
    let ExprKind::Name(_) = callee.kind else {
        return None;
    };
    let var = cx.types.var_of(callee.span)?;
    match cx.res.var(var).kind {
        VarKind::Func => cx.res.defs.get(&var).map(|def| cx.res.func_of(def)),
        _ => None,
    }
}

/// Whether a call of the function does more than give a value: by itself, or by what it
/// calls.
pub fn has_effects(cx: &mut Cx, func: FuncIdx) -> bool {
    if cx.effects.is_none() {
        cx.effects = Some(writers(cx));
    }
    let mut seen: Set<FuncIdx> = Set::default();
    let mut open = vec![func];
    while let Some(func) = open.pop() {
        if !seen.insert(func) {
            continue;
        }
        let Some(def) = cx.facts.funcs[func.0 as usize].def else {
            return true;
        };
        let written = cx.effects.as_ref().is_some_and(|all| all.contains(&func));
        let mut body = Body {
            cx: &*cx,
            func,
            calls: Vec::new(),
            has_effects: written || def.is_async || def.is_generator,
        };
        body.function(def);
        if body.has_effects {
            return true;
        }
        open.append(&mut body.calls);
    }
    false
}

/// Functions that change variables of others, or what others may reach too.
fn writers(cx: &Cx) -> Set<FuncIdx> {
    let mut found: Set<FuncIdx> = Set::default();
    for (index, facts) in cx.facts.vars.iter().enumerate() {
        let id = VarId(index as u32);
        let var = cx.res.var(id);
        let is_change = |event: &&Event| !matches!(event.act, Act::Read | Act::ReadForItself);
        for event in facts.events.iter().filter(is_change) {
            let is_shared = match event.act {
                Act::Write(place) => may_be_reference(cx, id, place),
                Act::Change(recv, method) => may_change_reference(cx, id, recv, method),
                _ => false,
            };
            let mut at = Some(event.func);
            while let Some(func) = at.filter(|&func| is_shared || func != var.func) {
                found.insert(func);
                at = cx.res.func(func).parent;
            }
        }
    }
    found
}

/// The effects of a function's body, apart from assignments.
struct Body<'c, 'a, 'r> {
    cx: &'c Cx<'a, 'r>,
    func: FuncIdx,
    /// Functions of the program that it calls, or passes on.
    calls: Vec<FuncIdx>,
    has_effects: bool,
}

impl<'a> Body<'_, 'a, '_> {
    fn function(&mut self, def: &'a FuncDef<'a>) {
        for param in def.params {
            if let Some(value) = param.default {
                self.expr(value);
            }
        }
        self.block(&def.body);
    }

    fn block(&mut self, block: &Block<'a>) {
        for stmt in block.stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>) {
        match stmt.kind {
            StmtKind::Import(_) => self.has_effects = true,
            // Those that are called are looked at then.
            StmtKind::Func(_) | StmtKind::Struct(_) => return,
            _ => {}
        }
        stmt_parts(stmt, &mut |part| self.part(part));
    }

    fn part(&mut self, part: Part<'a>) {
        if self.has_effects {
            return;
        }
        match part {
            Part::Expr(value) => self.expr(value),
            Part::Func(def) => self.function(def),
            Part::Block(block) => self.block(&block),
            Part::Stmt(stmt) => self.stmt(stmt),
            Part::Name(_) => {}
        }
    }

    fn expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::Throw { .. }
            | ExprKind::Yield(_)
            | ExprKind::YieldAll(_)
            | ExprKind::Await { .. }
            | ExprKind::Spawn(_)
            | ExprKind::Try { .. }
            | ExprKind::Pipe { .. } => self.has_effects = true,
            ExprKind::Call { callee, args } => self.call(callee, args),
            ExprKind::MethodCall {
                recv, name, args, ..
            } => self.method(recv, name.name, args),
            _ => {}
        }
        if !self.has_effects {
            parts(expr, &mut |part| self.part(part));
        }
    }

    fn call(&mut self, callee: &'a Expr<'a>, args: &'a [Arg<'a>]) {
        let name = match callee.kind {
            ExprKind::Name(name) => name,
            // A variant of an enum, or a function of a type.
            ExprKind::Path { ty, .. } => {
                let var = self.cx.types.var_of(ty.span);
                let is_enum = var.is_some_and(|var| self.cx.res.var(var).kind == VarKind::Enum);
                self.has_effects |= !is_enum;
                return;
            }
            _ => return self.has_effects = true,
        };
        match self.cx.res.name(callee.span) {
            Res::Free => self.native(stdlib::function(name), args),
            _ => match function_of(self.cx, callee) {
                Some(func) => self.calls.push(func),
                None => self.has_effects |= !self.makes_plain(callee),
            },
        }
    }

    /// Whether a type without `init` is called.
    fn makes_plain(&self, callee: &'a Expr<'a>) -> bool {
        match self.cx.types.struct_at(callee.span) {
            Ty::Instance(ty) => {
                let one = &self.cx.res.structs[ty.0 as usize];
                !one.methods.contains_key("init")
            }
            _ => false,
        }
    }

    fn method(&mut self, recv: &'a Expr<'a>, name: &'a str, args: &'a [Arg<'a>]) {
        if self.cx.methods.contains(name) || self.cx.fields.contains(name) {
            return self.has_effects = true;
        }
        if self.cx.builtins.is_mutating_method(name) {
            // Writes to variables were looked at; a call whose result is used is none of them.
            let root = root_of(recv).map(|root| self.cx.types.var_of(root.expr.span));
            self.has_effects |= match root {
                Some(Some(var)) => {
                    self.cx.res.var(var).func != self.func
                        || may_change_reference(self.cx, var, recv, name)
                }
                Some(None) => true,
                None => false,
            };
            return;
        }
        let native = match self.cx.types.of(recv).receiver(self.cx.res) {
            Some(receiver) => stdlib::method(receiver, name),
            None => stdlib::function(name),
        };
        self.native(native, args);
    }

    /// A built-in, and what it is given to call. Those that are also called for the errors
    /// that they throw are no matter of values alone.
    fn native(&mut self, number: Option<u16>, args: &'a [Arg<'a>]) {
        let Some(number) = number else {
            return self.has_effects = true;
        };
        let native = &stdlib::natives()[number as usize];
        let checks = native.name.starts_with("parse_")
            || native.name.starts_with("assert")
            || matches!(
                native.name,
                "to_int" | "to_float" | "unwrap" | "unwrap_err" | "next" | "collect"
            );
        self.has_effects |= checks || !stdlib::is_pure(number);
        if !native.effects.any_of(Effects::CALLS) {
            return;
        }
        for arg in args {
            match arg.value.kind {
                ExprKind::Func(_) => {}
                ExprKind::Name(name) => match function_of(self.cx, arg.value) {
                    Some(func) => self.calls.push(func),
                    None if self.cx.res.name(arg.value.span) == Res::Free => {
                        self.native(stdlib::function(name), &[]);
                    }
                    None => self.has_effects |= may_be_function(self.cx, arg.value),
                },
                _ => self.has_effects |= may_be_function(self.cx, arg.value),
            }
        }
    }
}

/// Whether a value may be called that the text does not show.
fn may_be_function<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> bool {
    matches!(
        cx.types.of(expr),
        Ty::Of(stdlib::Receiver::Function | stdlib::Receiver::Type) | Ty::Unknown | Ty::Nothing
    )
}
