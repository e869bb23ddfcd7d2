//! Work whose outcome is lost: statements without effect, results that are
//! not used, and changes of copies.

use super::facts::{Act, Event, ExprSite, Given, StmtSite, Use};
use super::idle::DISCARDED_RESULT;
use super::references::{may_be_reference, may_change_reference};
use super::rule::{Level, Rule};
use super::types::Ty;
use super::{Cx, idle};
use crate::compiler::resolve::{FuncIdx, VarId, VarKind, root_of};
use crate::runtime::MethodForm;
use crate::stdlib;
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;

pub const NO_EFFECT: Rule = Rule {
    name: "no-effect",
    level: Level::Suspicious,
    summary: "A statement that computes a value and does nothing with it.",
    explanation: "A comparison where an assignment was meant, a function that is named but not called, or an expression that goes on in the\n\
                  next line: a line that begins with `-`, `(` or `[` is a statement of its own.",
    wrong: "total := 5\n    - 3\nprint(total)",
    right: "total := 5 - 3\nprint(total)",
};

pub const LOST_WRITE: Rule = Rule {
    name: "lost-write",
    level: Level::Suspicious,
    summary: "A change of a copy that is not used afterwards.",
    explanation: "Arrays, dicts and structs are values: a parameter, a loop variable, an element that was taken out into a variable, and\n\
                  what a call gives are copies. Changing one and not using it again loses the change. Return the value, write to the\n\
                  place itself (`xs[i] += 1`, `rows[y][x] := 1`), store it back, or make the type a `class`, whose instances are\n\
                  references. A parameter that a function should fill, `walk(node, out)`, is such a copy too, at every level of a\n\
                  recursion: return it, or let an inner function add to a variable of the outer one. A parser that functions\n\
                  move forward, or a table that they share, is a `class` or a variable outside of them.",
    wrong: "func fill(xs) { xs.push(9) }\na := [1]\nfill(a)\nprint(a)",
    right: "func filled_up(xs) {\n    xs.push(9)\n    return xs\n}\na := filled_up([1])\nprint(a)",
};

pub const SPAWN_COPY: Rule = Rule {
    name: "spawn-copy",
    level: Level::Suspicious,
    summary: "An outer variable that a `spawn` block changes.",
    explanation: "The block runs on another thread and works on copies of the variables that it names: what it changes there is not\n\
                  seen outside. Return the value from the block and await it, or declare a variable of the block's own with `mut`.",
    wrong: "total := 0\np := spawn { total += 1 }\nawait p\nprint(total)",
    right: "total := 0\np := spawn { return 1 }\ntotal += await p\nprint(total)",
};

pub const UNAWAITED_TASK: Rule = Rule {
    name: "unawaited-task",
    level: Level::Suspicious,
    summary: "A call that gives a promise, which is dropped.",
    explanation: "Calling an `async func` only starts a task: the next statement runs while that waits, and its error is told\n\
                  only at the end of the program. Await the promise, or keep it and await it later. A task that is to go on by itself\n\
                  is marked by an `allow` comment.",
    wrong: "async func save(text) {\n    sleep(1)\n    return write_file(\"log.txt\", text, true)\n}\nsave(\"a\")\nprint(\"saved\")",
    right: "async func save(text) {\n    sleep(1)\n    return write_file(\"log.txt\", text, true)\n}\nawait save(\"a\")\nprint(\"saved\")",
};

/// A statement whose value is lost.
pub fn statement<'a>(cx: &mut Cx<'a, '_>, site: &StmtSite<'a>, expr: &'a Expr<'a>) {
    match expr.kind {
        ExprKind::Paren(inner) => statement(cx, site, inner),
        ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::StructLit { .. }
        | ExprKind::Field { .. }
        | ExprKind::Index { .. }
        | ExprKind::Slice { .. }
        | ExprKind::Path { .. }
            if site.probe && !is_comparison(expr) => {}
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Template(_)
        | ExprKind::Name(_)
        | ExprKind::Array(_)
        | ExprKind::Dict(_)
        | ExprKind::StructLit { .. }
        | ExprKind::Func(_)
        | ExprKind::Unary { .. }
        | ExprKind::Binary { .. }
        | ExprKind::Range { .. }
        | ExprKind::Field { .. }
        | ExprKind::Index { .. }
        | ExprKind::Slice { .. }
        | ExprKind::Path { .. } => cx.report(no_effect(cx, expr)),
        _ => {}
    }
}

fn is_comparison(expr: &Expr) -> bool {
    matches!(
        expr.kind,
        ExprKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne,
            ..
        }
    )
}

fn no_effect(cx: &Cx, expr: &Expr) -> Diagnostic {
    let finding = NO_EFFECT.at(expr.span, "this statement has no effect");
    match expr.kind {
        ExprKind::Binary {
            op: BinaryOp::Eq,
            op_span,
            left,
            ..
        } if root_of(left).is_some() => finding.help("write `:=` to assign").fix(op_span, ":="),
        ExprKind::Unary {
            op: UnaryOp::Neg, ..
        } => finding.help("a `-` at the beginning of a line begins a statement; put it at the end of the line before"),
        ExprKind::Name(name) if is_function(cx, expr.span, name) => finding
            .help(format!("to call it write `{name}()`"))
            .fix(Span::new(expr.span.hi, expr.span.hi), "()"),
        _ => finding,
    }
}

fn is_function(cx: &Cx, at: Span, name: &str) -> bool {
    match cx.types.var_of(at) {
        Some(var) => cx.res.var(var).kind == VarKind::Func,
        None => stdlib::function(name).is_some(),
    }
}

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    if site.used != Use::Discarded {
        return;
    }
    match site.expr.kind {
        ExprKind::Call { callee, args } if !site.guarded => function(cx, site, callee, args),
        ExprKind::MethodCall { recv, name, .. } => {
            let changes = cx.res.mutating_names.contains(name.name)
                || cx.builtins.is_mutating_method(name.name);
            if changes && root_of(recv).is_none() {
                change_of_temporary(cx, recv, name);
            } else if !changes && !site.guarded {
                method(cx, recv, name);
            }
        }
        _ => {}
    }
}

/// A built-in function whose result is discarded.
fn function<'a>(
    cx: &mut Cx<'a, '_>,
    site: &ExprSite<'a>,
    callee: &'a Expr<'a>,
    args: &'a [Arg<'a>],
) {
    let ExprKind::Name(name) = callee.kind else {
        return;
    };
    let call = site.expr;
    let own = cx.types.var_of(callee.span);
    let is_async = match own {
        Some(var) => cx.res.defs.get(&var).is_some_and(|def| def.is_async),
        None => stdlib::function(name).is_some_and(|number| {
            let native = &stdlib::natives()[number as usize];
            native.result == "promise" && native.name.starts_with("async_")
        }),
    };
    if is_async {
        let finding = UNAWAITED_TASK.at(call.span, "the promise of this call is dropped");
        cx.report(finding.help("await it, or keep it and await it later"));
        return;
    }
    if cx.is_own(callee.span) {
        return idle::statement(cx, site, callee, args);
    }
    let Some(number) = stdlib::function(name) else {
        return;
    };
    let native = &stdlib::natives()[number as usize];
    let changes = matches!(native.method, MethodForm::Mutating { .. });
    if !changes && !gives_only(cx, number, args.first().map(|arg| arg.value)) {
        return;
    }
    let finding = DISCARDED_RESULT.at(callee.span, format!("what `{name}` gives is lost"));
    let place = args
        .first()
        .filter(|arg| !arg.spread && root_of(arg.value).is_some());
    let finding = match place {
        Some(first) if changes => {
            let own = stdlib::method_name(native.params[0].kind, native.name);
            let place = cx.source.span_text(first.value.span);
            let end = args
                .get(1)
                .map_or(call.span.hi - 1, |next| next.value.span.lo);
            let text = format!("{place}.{own}(");
            (finding)
                .help(format!("to change `{place}` write `{place}.{own}(…)`"))
                .fix(Span::new(call.span.lo, end), text)
        }
        _ => finding.help(use_of(cx, name, None)),
    };
    cx.report(finding);
}

/// The help for a discarded result of a built-in, or of a method of this receiver.
fn use_of(cx: &Cx, name: &str, recv: Option<&Expr>) -> String {
    let place = recv.filter(|recv| root_of(recv).is_some());
    match (name, place) {
        ("map" | "filter" | "flat_map", Some(recv)) => {
            let place = cx.source.span_text(recv.span);
            format!(
                "write `{place} := {place}.{name}(…)`, or `for x in {place} {{ … }}` for what the function does"
            )
        }
        ("map" | "filter" | "flat_map", None) => {
            "for what the function does write `for x in xs { … }`".into()
        }
        (_, Some(recv)) => {
            let place = cx.source.span_text(recv.span);
            format!("store the result: `{place} := {place}.{name}(…)`")
        }
        _ => "store the result, or leave the call out".into(),
    }
}

/// Whether a built-in does nothing but give a value.
fn gives_only<'a>(cx: &Cx<'a, '_>, number: u16, first: Option<&'a Expr<'a>>) -> bool {
    let native = &stdlib::natives()[number as usize];
    match native.name {
        // They are also there to throw, to run a function, or to ask an iterator.
        "unwrap" | "unwrap_err" | "for_each" | "next" => false,
        // An iterator is run to its end.
        "collect" | "count" | "last" | "find" | "any" | "all" | "reduce" | "sum" => {
            first.is_some_and(|first| cx.types.of(first) == Ty::ARRAY)
        }
        _ => stdlib::is_pure(number),
    }
}

/// A method whose result is discarded.
fn method<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    let ty = cx.types.of(recv);
    let number = match ty.receiver(cx.res) {
        Some(receiver) if !matches!(ty, Ty::Instance(_)) => stdlib::method(receiver, name.name),
        _ if cx.res.meets_strangers || cx.methods.contains(name.name) => None,
        // A field of that name may hold a function.
        _ if cx.fields.contains(name.name) => None,
        _ => stdlib::function(name.name).filter(|&number| {
            matches!(stdlib::natives()[number as usize].method, MethodForm::Pure)
        }),
    };
    let Some(number) = number else { return };
    if !gives_only(cx, number, Some(recv)) {
        return;
    }
    let finding = DISCARDED_RESULT.at(name.span, format!("what `{}` gives is lost", name.name));
    // Only what is of the receiver's kind takes its place.
    let changed = match stdlib::natives()[number as usize].result {
        "array" | "array/iterator" | "as x" | "as xs" => Some(recv),
        "string" if ty == Ty::STRING => Some(recv),
        _ => None,
    };
    let help = use_of(cx, name.name, changed);
    cx.report(finding.help(help));
}

/// `f().push(1)`: what changes is gone when the statement ends.
fn change_of_temporary<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    match cx.types.of(recv) {
        Ty::Instance(ty) => {
            let one = &cx.res.structs[ty.0 as usize];
            let method = one.methods.get(name.name).map(|&func| cx.res.func(func));
            if one.def.is_class || !method.is_some_and(|method| method.mutating) {
                return;
            }
        }
        Ty::Unknown | Ty::Nothing => {
            let may_be_reference = cx.class_members.contains(name.name);
            let may_keep =
                cx.methods.contains(name.name) && !cx.res.mutating_names.contains(name.name);
            if may_be_reference
                || may_keep
                || cx.res.meets_strangers && !cx.builtins.is_mutating_method(name.name)
            {
                return;
            }
        }
        _ => {}
    }
    let text = format!("the change that `{}` makes is lost", name.name);
    let help = match recv.kind {
        ExprKind::MethodCall {
            recv: of,
            name: getter,
            args: [key, ..],
            ..
        } if matches!(getter.name, "get" | "get_default") && !cx.methods.contains(getter.name) => {
            let (of, key) = (
                cx.source.span_text(of.span),
                cx.source.span_text(key.value.span),
            );
            format!(
                "write `{of}[{key}].{}(…)`, where there is an entry",
                name.name
            )
        }
        ExprKind::MethodCall { .. } => "write the calls as statements of their own".into(),
        _ => "put the value into a variable first".into(),
    };
    cx.report(LOST_WRITE.at(name.span, text).help(help));
}

/// A block on another thread changes its copy of a variable.
pub fn spawned(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    let is_spawned = |func: FuncIdx| {
        let mut at = Some(func);
        while let Some(func) = at.filter(|&func| func != var.func) {
            let def = cx.facts.funcs[func.0 as usize].def;
            if def.is_some_and(|def| def.form == FuncForm::Spawned) {
                return true;
            }
            at = cx.res.func(func).parent;
        }
        false
    };
    let changes = |event: &&Event| {
        let is_change = matches!(
            event.act,
            Act::Assign | Act::Compound | Act::Write(_) | Act::Change(..)
        );
        is_change && event.func != var.func && is_spawned(event.func)
    };
    let events = &cx.facts.vars[id.0 as usize].events;
    let Some(event) = events.iter().find(changes) else {
        return;
    };
    let text = format!(
        "this changes a copy of `{}`: the block runs on another thread",
        var.name
    );
    let help = "return the value from the block, or declare a variable of its own with `mut`";
    cx.report(SPAWN_COPY.at(event.span, text).help(help));
}

/// The last thing that is done with a variable is to change it.
pub fn variable(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    let facts = &cx.facts.vars[id.0 as usize];
    let copy = match var.kind {
        VarKind::Param => Copy::Parameter,
        VarKind::Loop => Copy::LoopVariable,
        VarKind::Mut => match facts.given.first() {
            Some(Given::Value(value)) => match part_of(cx, value) {
                Some(of) => Copy::Part(of),
                None => return,
            },
            _ => return,
        },
        _ => return,
    };
    if var.mentioned {
        return;
    }
    let Some(last) = facts.events.last() else {
        return;
    };
    let name = var.name;
    let what = match last.act {
        Act::Assign | Act::Compound => match copy {
            // A variable that is only assigned is an unused one.
            _ if last.span.lo == var.span.lo => return,
            Copy::Part(_) if matches!(last.act, Act::Assign) => return,
            _ => name.to_string(),
        },
        Act::Write(place) if !may_be_reference(cx, id, place) => name.to_string(),
        Act::Change(recv, method) if !may_change_reference(cx, id, recv, method) => {
            name.to_string()
        }
        _ => return,
    };
    // A loop may come back to a place where the variable is read.
    let read = |event: &Event| {
        matches!(event.act, Act::Read | Act::Compound) && event.span.lo >= last.repeated_from
    };
    if facts
        .events
        .iter()
        .any(|event| read(event) && event.span.lo != last.span.lo)
    {
        return;
    }
    let finding = match copy {
        Copy::Parameter => (LOST_WRITE
            .at(last.span, format!("this changes `{what}`, a copy of the argument, and the change is lost")))
        .help(format!("return it: `return {name}`")),
        Copy::LoopVariable => (LOST_WRITE
            .at(last.span, format!("this changes the loop variable `{what}`, a copy of the element, and the change is lost")))
        .help(element_help(cx, id, last.act)),
        Copy::Part(of) => (LOST_WRITE
            .at(last.span, format!("this changes the copy in `{what}`, which is not used afterwards")))
        .help(format!("write to `{of}` itself, or store `{name}` back")),
    };
    cx.lost.insert(id);
    cx.report(finding);
}

/// A function that calls itself with a parameter that it changes, and gives nothing of it
/// back, whose caller then goes on with the variable that it has passed: a search that
/// should have filled it in.
pub fn passed(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    if var.kind != VarKind::Param || var.mentioned || cx.stored_names.contains(&id) {
        return;
    }
    let facts = &cx.facts.vars[id.0 as usize];
    let write = (facts.events.iter()).find(|event| match event.act {
        Act::Write(place) => !may_be_reference(cx, id, place),
        _ => false,
    });
    let Some(write) = write else { return };
    let func = &cx.facts.funcs[var.func.0 as usize];
    if !func.gives_nothing() {
        return;
    }
    let passed: Vec<(Span, VarId)> = (facts.given.iter())
        .filter_map(|given| match given {
            Given::Value(value) => Some((value.span, cx.types.var_of(value.span)?)),
            _ => None,
        })
        .collect();
    if !passed.iter().any(|&(_, var)| var == id) {
        return;
    }
    let goes_on = |&&(span, var): &&(Span, VarId)| {
        let mut later =
            (cx.facts.vars[var.0 as usize].events.iter()).filter(|event| event.span.lo > span.hi);
        var != id && matches!(later.next(), Some(event) if matches!(event.act, Act::Read))
    };
    let Some(&(span, _)) = passed.iter().find(goes_on) else {
        return;
    };
    let name = var.name;
    let text = format!("this changes `{name}`, a copy of the argument, and no caller sees it");
    cx.lost.insert(id);
    cx.report(
        (LOST_WRITE.at(write.span, text))
            .related(span, "it is passed here, and read afterwards")
            .help(format!(
                "return it where the search succeeds: `return {name}`"
            )),
    );
}

/// How to write to the element that a loop variable has a copy of.
fn element_help(cx: &Cx, id: VarId, act: Act) -> String {
    let var = cx.res.var(id);
    let text = |span: Span| cx.source.span_text(span);
    let looped = cx.facts.stmts.iter().find_map(|site| match site.stmt.kind {
        StmtKind::For { vars, iter, .. } => match vars {
            ForVars::One(pattern) if pattern.span.lo == var.span.lo => Some((None, iter)),
            ForVars::Two(key, value) if value.span.lo == var.span.lo => Some((Some(key), iter)),
            _ => None,
        },
        _ => None,
    });
    let Some((key, iter)) = looped.filter(|(_, iter)| root_of(iter).is_some()) else {
        return "write to the element itself: `for i in len(xs) { xs[i] := … }`".into();
    };
    let place = |key: &str| {
        let element = format!("{}[{key}]", text(iter.span));
        match act {
            Act::Change(recv, method) => {
                let rest = &text(recv.span)[var.name.len()..];
                format!("{element}{rest}.{method}(…)")
            }
            Act::Write(place) => format!("{element}{} := …", &text(place.span)[var.name.len()..]),
            _ => format!("{element} := …"),
        }
    };
    match key {
        Some(key) => format!("write to the element itself: `{}`", place(key.name)),
        None => format!(
            "write to the element itself: `for i in len({}) {{ {} }}`",
            text(iter.span),
            place("i")
        ),
    }
}

/// The copy that a variable holds.
enum Copy {
    Parameter,
    LoopVariable,
    /// A part of another value: the text of the place.
    Part(String),
}

/// The place of which a value is a part.
fn part_of(cx: &Cx, value: &Expr) -> Option<String> {
    match value.kind {
        ExprKind::Paren(inner) => part_of(cx, inner),
        ExprKind::Field { .. } | ExprKind::Index { .. } => {
            root_of(value)?;
            Some(cx.source.span_text(value.span).to_string())
        }
        ExprKind::MethodCall { recv, name, .. }
            if matches!(name.name, "get" | "get_default" | "first" | "last" | "find")
                && !cx.methods.contains(name.name) =>
        {
            root_of(recv)?;
            Some(cx.source.span_text(recv.span).to_string())
        }
        _ => None,
    }
}
