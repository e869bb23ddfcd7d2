//! Parameters that were meant as outputs: a function changes its copy for its caller, which
//! never sees that.

use super::facts::{Act, Event, FuncFacts, Given, Use};
use super::liveness::{Uses, lost_write};
use super::lost::LOST_WRITE;
use super::references::{may_be_reference, may_change_reference};
use super::types::Ty;
use super::{Cx, idle};
use crate::compiler::hash::{Map, Set};
use crate::compiler::resolve::{FuncIdx, VarId, VarKind, root_of};
use crate::syntax::ast::*;

/// The parameters that variables are passed to as they are, by the places of the arguments.
pub type Passed = Map<u32, VarId>;

/// Calls of a function that are looked at for what its callers expect.
const MOST_CALLS: usize = 64;

/// All parameters whose lost changes nothing has reported so far.
pub fn parameters(cx: &mut Cx) {
    let ignored = ignored(cx);
    for index in 0..cx.res.vars.len() {
        let id = VarId(index as u32);
        let var = cx.res.var(id);
        if var.kind != VarKind::Param || var.mentioned || cx.lost.contains(&id) {
            continue;
        }
        if dead_change(cx, id, &ignored) || same_place(cx, id) {
            cx.lost.insert(id);
        }
    }
    changes(cx);
}

/// Calls that do nothing at all: the function gives nothing and changes only its own copies.
fn changes(cx: &mut Cx) {
    // Functions of which a lost change of a parameter was reported, and those seen here.
    let mut seen: Set<FuncIdx> = cx.lost.iter().map(|&id| cx.res.var(id).func).collect();
    for site in &cx.facts.exprs {
        let ExprKind::Call { callee, args } = site.expr.kind else {
            continue;
        };
        if site.used != Use::Discarded || site.guarded {
            continue;
        }
        let Some(func) = idle::function_of(cx, callee) else {
            continue;
        };
        let facts = &cx.facts.funcs[func.0 as usize];
        // A function is told once, where another one calls it.
        let is_inside = facts
            .def
            .is_some_and(|def| (def.span.lo..def.span.hi).contains(&callee.span.lo));
        if is_inside || !facts.gives_nothing() {
            continue;
        }
        let Some(place) = changed_argument(cx, facts, args) else {
            continue;
        };
        if !seen.insert(func) || idle::has_effects(cx, func) {
            continue;
        }
        let name = cx.source.span_text(callee.span);
        let place = cx.source.span_text(place.span);
        let text =
            format!("`{name}` changes its own copy of `{place}`, and this call does nothing");
        let help = format!("return the changed value and store it: `{place} := {name}(…)`");
        cx.report(LOST_WRITE.at(callee.span, text).help(help));
    }
}

/// The first argument that is a place and whose parameter the function changes.
fn changed_argument<'a>(
    cx: &Cx<'a, '_>,
    facts: &FuncFacts<'a>,
    args: &'a [Arg<'a>],
) -> Option<&'a Expr<'a>> {
    let def = facts.def?;
    let changes = |event: &Event| matches!(event.act, Act::Write(_) | Act::Change(..));
    let is_changed = |param: &Param| {
        let var = cx.types.var_of(param.name.span);
        var.is_some_and(|var| cx.facts.vars[var.0 as usize].events.iter().any(changes))
    };
    let mut pairs = def.params.iter().zip(args);
    let found =
        pairs.find(|(param, arg)| !arg.spread && root_of(arg.value).is_some() && is_changed(param));
    found.map(|(_, arg)| arg.value)
}

/// Where plain variables are arguments of the program's functions and methods.
pub fn passed(cx: &Cx) -> Passed {
    let mut found = Passed::default();
    for site in &cx.facts.exprs {
        let (func, args) = match site.expr.kind {
            ExprKind::Call { callee, args } => (idle::function_of(cx, callee), args),
            ExprKind::MethodCall {
                recv, name, args, ..
            } => {
                let func = match cx.types.of(recv) {
                    Ty::Instance(ty) => cx.res.structs[ty.0 as usize].methods.get(name.name),
                    _ => None,
                };
                (func.copied(), args)
            }
            _ => continue,
        };
        let Some(def) = func.and_then(|func| cx.facts.funcs[func.0 as usize].def) else {
            continue;
        };
        if args.iter().any(|arg| arg.spread) {
            continue;
        }
        let params = (def.params.iter()).filter(|param| param.name.name != "self");
        for (param, arg) in params.zip(args) {
            if let ExprKind::Name(_) = arg.value.kind
                && let Some(var) = cx.types.var_of(param.name.span)
                && param.pattern.is_none()
                && !param.rest
            {
                found.insert(arg.value.span.lo, var);
            }
        }
    }
    found
}

/// Parameters that no function does anything with but change them and pass them on to others
/// of the kind.
fn ignored(cx: &Cx) -> Set<VarId> {
    let is_candidate = |&id: &VarId| {
        let var = cx.res.var(id);
        var.kind == VarKind::Param && !var.mentioned
    };
    let all = (0..cx.res.vars.len()).map(|index| VarId(index as u32));
    let mut ignored: Set<VarId> = all.filter(is_candidate).collect();
    let mut used: Vec<VarId> = Vec::new();
    // By parameter: those that are passed on to it.
    let mut givers: Map<VarId, Vec<VarId>> = Map::default();
    for &id in &ignored {
        for event in &cx.facts.vars[id.0 as usize].events {
            match event.act {
                Act::Read => match cx.passed.get(&event.span.lo) {
                    Some(&to) if ignored.contains(&to) => givers.entry(to).or_default().push(id),
                    _ => used.push(id),
                },
                Act::Write(_) | Act::Change(..) if is_lost(cx, id, event) => {}
                Act::Write(_) | Act::Change(..) => used.push(id),
                Act::ReadForItself | Act::Assign | Act::Compound => {}
            }
        }
    }
    while let Some(id) = used.pop() {
        if ignored.remove(&id)
            && let Some(from) = givers.get(&id)
        {
            used.extend(from);
        }
    }
    ignored
}

/// Whether the event changes the value that the variable has, and not what others have too.
fn is_lost<'a>(cx: &Cx<'a, '_>, id: VarId, event: &Event<'a>) -> bool {
    match event.act {
        Act::Write(place) => !may_be_reference(cx, id, place),
        Act::Change(recv, method) => !may_change_reference(cx, id, recv, method),
        _ => false,
    }
}

/// A change after which the function does not read the parameter, whatever way it goes.
fn dead_change(cx: &mut Cx, id: VarId, ignored: &Set<VarId>) -> bool {
    let var = cx.res.var(id);
    let func = &cx.facts.funcs[var.func.0 as usize];
    let Some(def) = func.def else { return false };
    let facts = &cx.facts.vars[id.0 as usize];
    let calls_itself =
        (facts.events.iter()).any(|event| cx.passed.get(&event.span.lo) == Some(&id));
    let mut given_back: Set<u32> = Set::default();
    if calls_itself {
        given_back = returned_places(cx, func, &facts.events);
    }
    let is_read = |event: &Event| !given_back.contains(&event.span.lo);
    let is_output = |event: &Event| {
        let to = cx.passed.get(&event.span.lo);
        to.is_some_and(|to| ignored.contains(to))
    };
    let is_write = |event: &Event<'_>| is_lost(cx, id, event);
    let mut lost = lost_write(&def.body, &Uses::new(&facts.events, is_read, is_write));
    // Passing it on is a use, unless a caller wants to see what became of it.
    if lost.is_none() && func.gives_nothing() && has_hopeful_caller(cx, id, ignored) {
        let uses = Uses::new(
            &facts.events,
            |event| is_read(event) && !is_output(event),
            is_write,
        );
        lost = lost_write(&def.body, &uses);
    }
    let Some(lost) = lost else { return false };
    let name = var.name;
    let text = match calls_itself {
        true => format!("this changes `{name}`, a copy of the argument, and no other call sees it"),
        false => format!("this changes `{name}`, a copy of the argument, and the change is lost"),
    };
    let finding = LOST_WRITE.at(lost.span, text);
    cx.report(match (calls_itself, given_back.is_empty()) {
        (true, false) => finding.help(format!(
            "declare `{name}` outside of the function, where all calls share it"
        )),
        (true, true) => finding.help(format!(
            "return `{name}` and store what each call gives, or let a function inside of another one change a variable of that"
        )),
        (false, _) => finding.help(format!("return it: `return {name}`")),
    });
    true
}

/// Whether a caller passes a variable that it reads next, or a part of something.
fn has_hopeful_caller(cx: &Cx, id: VarId, ignored: &Set<VarId>) -> bool {
    let reads_next = |value: &Expr| match value.kind {
        ExprKind::Field { .. } | ExprKind::Index { .. } => root_of(value).is_some(),
        ExprKind::Name(_) => cx.types.var_of(value.span).is_some_and(|var| {
            let events = &cx.facts.vars[var.0 as usize].events;
            let mut later = events.iter().filter(|event| event.span.lo > value.span.lo);
            let next = later.next();
            !ignored.contains(&var) && matches!(next, Some(event) if matches!(event.act, Act::Read))
        }),
        _ => false,
    };
    let given = &cx.facts.vars[id.0 as usize].given;
    given.iter().take(MOST_CALLS).any(|given| match given {
        Given::Value(value) => reads_next(value),
        _ => false,
    })
}

/// Where the function returns just the part of the variable that it has stored before:
/// `memo[n] := x`, `return memo[n]`.
fn returned_places(cx: &Cx, func: &FuncFacts, events: &[Event]) -> Set<u32> {
    let text = |span: Span| cx.source.span_text(span);
    let written: Vec<&str> = (events.iter())
        .filter_map(|event| match event.act {
            Act::Write(place) => Some(text(place.span)),
            _ => None,
        })
        .collect();
    let returned = func.returns.iter().flatten().filter_map(|value| {
        let root = root_of(value)?;
        written
            .contains(&text(value.span))
            .then_some(root.expr.span.lo)
    });
    returned.collect()
}

/// A function that gives nothing back and changes a part of what it got, and a caller that
/// then reads just this part of the variable that it has passed.
fn same_place(cx: &mut Cx, id: VarId) -> bool {
    let var = cx.res.var(id);
    let facts = &cx.facts.vars[id.0 as usize];
    let func = &cx.facts.funcs[var.func.0 as usize];
    if cx.stored_names.contains(&id) || !func.gives_nothing() {
        return false;
    }
    // A function that gets the whole value may do something with it.
    let text = cx.source.text();
    let is_part = |event: &Event| match event.act {
        Act::Read => text[event.span.hi as usize..].starts_with(['.', '[']),
        _ => true,
    };
    if !facts.events.iter().all(is_part) {
        return false;
    }
    let next: Vec<(&str, Span)> = (facts.given.iter().take(MOST_CALLS))
        .filter_map(|given| match given {
            Given::Value(value) => next_read(cx, value),
            _ => None,
        })
        .collect();
    let found = facts.events.iter().find_map(|event| {
        let Act::Write(place) = event.act else {
            return None;
        };
        if !is_lost(cx, id, event) || !is_fixed(place) {
            return None;
        }
        let part = &cx.source.span_text(place.span)[var.name.len()..];
        let reads_part = |&&(rest, _): &&(&str, Span)| {
            let after = rest.strip_prefix(part);
            after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
        };
        let &(_, read) = next.iter().find(reads_part)?;
        Some((event.span, read))
    });
    let Some((write, read)) = found else {
        return false;
    };
    let name = var.name;
    let text =
        format!("this changes `{name}`, a copy of the argument, and the caller does not see it");
    cx.report(
        (LOST_WRITE.at(write, text))
            .related(read, "the caller reads its own value here")
            .help(format!(
                "return it, `return {name}`, and store what the call gives"
            )),
    );
    true
}

/// `p.x`, `p["x"]`, `p.x[0].y`: a part that does not depend on any variable but the first.
fn is_fixed(place: &Expr) -> bool {
    match place.kind {
        ExprKind::Name(_) => true,
        ExprKind::Field { recv, .. } => is_fixed(recv),
        ExprKind::Index { recv, index, .. } => {
            matches!(index.kind, ExprKind::Str(_) | ExprKind::Int(_)) && is_fixed(recv)
        }
        _ => false,
    }
}

/// Where a variable that was passed is read next, if that is the next use of it, and the text
/// after its name there.
fn next_read<'r>(cx: &Cx<'_, 'r>, argument: &Expr) -> Option<(&'r str, Span)> {
    let ExprKind::Name(name) = argument.kind else {
        return None;
    };
    let id = cx.types.var_of(argument.span)?;
    let events = &cx.facts.vars[id.0 as usize].events;
    let next = (events.iter()).find(|event| event.span.lo > argument.span.lo)?;
    if cx.res.var(id).mentioned || !matches!(next.act, Act::Read) {
        return None;
    }
    let rest = &cx.source.text()[next.span.lo as usize..];
    Some((rest.strip_prefix(name)?, next.span))
}
