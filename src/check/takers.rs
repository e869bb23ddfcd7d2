//! Functions that take something off what they get, such as the next token of a parser, and
//! callers that expect it to be gone afterwards.

use super::facts::{Act, Event};
use super::lost::LOST_WRITE;
use super::references::{may_be_reference, may_change_reference};
use super::types::Ty;
use super::{Cx, idle};
use crate::compiler::hash::Set;
use crate::compiler::resolve::{VarId, VarKind};
use crate::compiler::visit::{Part, parts};
use crate::syntax::ast::*;

/// `while len(tokens) > 0 { total += taken(tokens) }`: what the condition asks never changes.
pub fn repeated<'a>(cx: &mut Cx<'a, '_>, stmt: &'a Stmt<'a>) {
    let StmtKind::While {
        cond: Some(cond),
        ref body,
        ..
    } = stmt.kind
    else {
        return;
    };
    let Some(asked) = only_variable(cx, cond) else {
        return;
    };
    let inside = |event: &&Event| (body.span.lo..body.span.hi).contains(&event.span.lo);
    let facts = &cx.facts.vars[asked.0 as usize];
    let mut events = facts.events.iter().filter(inside);
    let changed = events.any(|event| !matches!(event.act, Act::Read));
    if changed || cx.res.var(asked).mentioned {
        return;
    }
    let text = cx.source.span_text(body.span);
    if ["break", "return", "throw", "exit"]
        .iter()
        .any(|word| text.contains(word))
    {
        return;
    }
    let taking = facts.events.iter().filter(inside).find_map(|event| {
        let param = cx.passed.get(&event.span.lo).copied()?;
        let def = cx.facts.funcs[cx.res.var(param).func.0 as usize].def?;
        changes(cx, param).then_some((event.span, def.name?.name))
    });
    let Some((span, name)) = taking else { return };
    let var = cx.res.var(asked).name;
    let text = format!("`{name}` changes its own copy of `{var}`, and the loop never ends");
    let finding = LOST_WRITE
        .at(span, text)
        .related(cond.span, "nothing changes what this asks");
    cx.report(finding.help(help(name, var)));
}

fn help(name: &str, var: &str) -> String {
    format!("let `{name}` return the changed `{var}` too, or make it a field of a `class`")
}

/// The variable that a condition asks, if there is only one.
fn only_variable<'a>(cx: &Cx<'a, '_>, cond: &'a Expr<'a>) -> Option<VarId> {
    let mut found = None;
    let mut open = vec![cond];
    let mut is_clear = true;
    while let Some(expr) = open.pop() {
        parts(expr, &mut |part| match part {
            Part::Expr(value) => open.push(value),
            Part::Name(name) => {
                if let Some(var) = cx.types.var_of(name.span) {
                    match cx.res.var(var).kind {
                        VarKind::Func | VarKind::Const | VarKind::Struct(_) | VarKind::Enum => {}
                        _ if found.is_none_or(|found| found == var) => found = Some(var),
                        _ => is_clear = false,
                    }
                }
            }
            _ => is_clear = false,
        });
    }
    found.filter(|_| is_clear)
}

/// Whether the function of the parameter changes it.
fn changes(cx: &Cx, param: VarId) -> bool {
    let events = &cx.facts.vars[param.0 as usize].events;
    let mut writes = events.iter().filter(|event| match event.act {
        Act::Write(place) => !may_be_reference(cx, param, place),
        Act::Change(recv, method) => !may_change_reference(cx, param, recv, method),
        _ => false,
    });
    writes.next().is_some() || cx.taken_off.contains(&param)
}

/// The parameters of which a changing method is called whose result is used.
pub fn taken_off(cx: &Cx) -> Set<VarId> {
    let mut found: Set<VarId> = Set::default();
    for site in &cx.facts.exprs {
        let ExprKind::MethodCall { recv, name, .. } = site.expr.kind else {
            continue;
        };
        let var = cx.types.var_of(recv.span);
        let param = var.filter(|&var| cx.res.var(var).kind == VarKind::Param);
        let Some(param) = param.filter(|_| matches!(recv.kind, ExprKind::Name(_))) else {
            continue;
        };
        let is_change = match cx.types.of(recv) {
            Ty::Instance(ty) => {
                let method = cx.res.structs[ty.0 as usize].methods.get(name.name);
                !cx.is_class(ty) && method.is_some_and(|&method| cx.res.func(method).mutating)
            }
            _ => {
                cx.builtins.is_mutating_method(name.name)
                    && !cx.methods.contains(name.name)
                    && !may_change_reference(cx, param, recv, name.name)
            }
        };
        if is_change {
            found.insert(param);
        }
    }
    found
}

/// `a := next(deck)`, `b := next(deck)`: both get the same.
pub fn block<'a>(cx: &mut Cx<'a, '_>, block: &Block<'a>) {
    let mut last: Option<(&str, u32)> = None;
    for stmt in block.stmts {
        let Some((callee, args, whole)) = assigned_call(stmt) else {
            continue;
        };
        let text = cx.source.span_text(whole.span);
        let before = last.replace((text, stmt.span.hi));
        let Some((_, from)) = before.filter(|(before, _)| *before == text) else {
            continue;
        };
        let [arg] = args else { continue };
        let Some(var) = cx.types.var_of(arg.value.span) else {
            continue;
        };
        if !takes_one(cx, callee, arg, var) || is_changed(cx, var, from, stmt.span.lo) {
            continue;
        }
        let (name, var) = (cx.source.span_text(callee.span), cx.res.var(var).name);
        let text = format!("this gives the same again: `{name}` changes its own copy of `{var}`");
        let finding = LOST_WRITE.at(callee.span, text).help(help(name, var));
        cx.report(finding);
    }
}

/// The call that a statement stores as it is.
fn assigned_call<'a>(stmt: &'a Stmt<'a>) -> Option<(&'a Expr<'a>, &'a [Arg<'a>], &'a Expr<'a>)> {
    let (StmtKind::Assign { value, .. } | StmtKind::Let { value, .. }) = stmt.kind else {
        return None;
    };
    match value.kind {
        ExprKind::Call { callee, args } => Some((callee, args, value)),
        _ => None,
    }
}

/// Whether all that the function does with its only argument is to take one thing off.
fn takes_one<'a>(cx: &Cx<'a, '_>, callee: &'a Expr<'a>, arg: &Arg<'a>, var: VarId) -> bool {
    let is_plain = matches!(arg.value.kind, ExprKind::Name(_)) && !arg.spread;
    let Some(func) = idle::function_of(cx, callee).filter(|_| is_plain) else {
        return false;
    };
    let facts = &cx.facts.funcs[func.0 as usize];
    let Some([param]) = facts.def.map(|def| def.params) else {
        return false;
    };
    let Some(param) = cx.types.var_of(param.name.span) else {
        return false;
    };
    let [only] = &cx.facts.vars[param.0 as usize].events[..] else {
        return false;
    };
    let is_value = !matches!(cx.types.of_var(var), Ty::Instance(ty) if cx.is_class(ty));
    is_value && only.repeated_from == u32::MAX && cx.taken_off.contains(&param)
}

fn is_changed(cx: &Cx, var: VarId, from: u32, to: u32) -> bool {
    let events = &cx.facts.vars[var.0 as usize].events;
    cx.res.var(var).mentioned
        || events
            .iter()
            .any(|event| (from..to).contains(&event.span.lo) && !matches!(event.act, Act::Read))
}
