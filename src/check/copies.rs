//! Changes that copy a whole container each time: it is taken out into a variable, or passed
//! to a function, while its place still holds it.

use super::facts::{Act, Event};
use super::references::{may_be_reference, may_change_reference};
use super::rule::{Level, Rule};
use super::types::Ty;
use super::{Cx, idle};
use crate::compiler::resolve::{VarId, root_of};
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;

pub const COPIED_CONTAINER: Rule = Rule {
    name: "copied-container",
    level: Level::Tidy,
    summary: "A change of an array or dict that copies all of it, as its place still holds it.",
    explanation: "Taking a container out into a variable shares it with its place, and the first change of a shared container copies it.\n\
                  Where that happens for every element, the time grows with the square of their number. A change of the place itself,\n\
                  `d[k].push(x)`, copies nothing; of a key that may be missing, `if k not in d { d[k] := [] }` makes sure before.",
    wrong: "groups := {}\nfor word in [\"ant\", \"bee\", \"ape\"] {\n    words := groups.get(word[0], [])\n    words.push(word)\n    groups[word[0]] := words\n}\nprint(groups)",
    right: "groups := {}\nfor word in [\"ant\", \"bee\", \"ape\"] {\n    if word[0] not in groups { groups[word[0]] := [] }\n    groups[word[0]].push(word)\n}\nprint(groups)",
};

/// Methods of arrays and dicts that change little of them.
const SMALL_CHANGES: &[&str] = &["push", "append", "pop", "set"];

/// The statements of a block. What runs once, in no loop and no function, does no harm.
pub fn block<'a>(cx: &mut Cx<'a, '_>, block: &Block<'a>) {
    let mut found = Vec::new();
    for window in block.stmts.windows(3) {
        let [taken, changed, stored] = window else {
            continue;
        };
        found.extend(taken_out(cx, taken, changed, stored));
    }
    for stmt in block.stmts {
        found.extend(passed(cx, stmt));
    }
    if !found.is_empty() && may_repeat(cx, block) {
        cx.found.append(&mut found);
    }
}

fn may_repeat(cx: &Cx, block: &Block) -> bool {
    let is_around = |span: Span| span.lo <= block.span.lo && block.span.hi <= span.hi;
    let is_loop = |kind: &StmtKind| matches!(kind, StmtKind::For { .. } | StmtKind::While { .. });
    let mut loops = (cx.facts.stmts.iter()).filter(|site| is_loop(&site.stmt.kind));
    let mut funcs = cx.facts.funcs.iter().filter_map(|func| func.def);
    loops.any(|site| is_around(site.stmt.span)) || funcs.any(|def| is_around(def.span))
}

/// `xs := d[k]`, `xs.push(x)`, `d[k] := xs`.
fn taken_out<'a>(
    cx: &Cx<'a, '_>,
    taken: &'a Stmt<'a>,
    changed: &'a Stmt<'a>,
    stored: &'a Stmt<'a>,
) -> Option<Diagnostic> {
    let (name, value) = match taken.kind {
        StmtKind::Assign {
            target: Target::Place(target),
            value,
            ..
        } => match target.kind {
            ExprKind::Name(name) => (name, value),
            _ => return None,
        },
        StmtKind::Let { pattern, value, .. } => match pattern.kind {
            PatternKind::Bind(name) => (name, value),
            _ => return None,
        },
        _ => return None,
    };
    let StmtKind::Assign {
        target: Target::Place(place),
        value: back,
        ..
    } = stored.kind
    else {
        return None;
    };
    if !matches!(back.kind, ExprKind::Name(one) if one == name) || !is_part(place) {
        return None;
    }
    let (from, may_lack) = taken_from(cx, value)?;
    let to = cx.source.span_text(place.span);
    if from != to {
        return None;
    }
    let var = cx.types.var_of(back.span)?;
    let change = small_change(cx, var, changed)?;
    let text = format!("this copies all of `{name}`, which `{to}` still holds");
    let finding = COPIED_CONTAINER
        .at(changed.span, text)
        .related(value.span, "it is taken out here");
    let rest = &cx.source.span_text(change)[name.len()..];
    let direct = format!("`{to}{rest}`");
    Some(match (may_lack, place.kind) {
        (true, ExprKind::Index { recv, index, .. }) => {
            let (dict, key) = (
                cx.source.span_text(recv.span),
                cx.source.span_text(index.span),
            );
            finding.help(format!(
                "write `if {key} not in {dict} {{ {to} := … }}` and then {direct}"
            ))
        }
        _ => finding.help(format!("change the place itself: {direct}")),
    })
}

/// A place inside another value.
fn is_part(place: &Expr) -> bool {
    matches!(place.kind, ExprKind::Field { .. } | ExprKind::Index { .. })
}

/// The text of the place that a value is taken out of, and whether it may be missing there.
fn taken_from<'a>(cx: &Cx<'a, '_>, value: &'a Expr<'a>) -> Option<(String, bool)> {
    match value.kind {
        ExprKind::Paren(inner) => taken_from(cx, inner),
        ExprKind::Field {
            optional: false, ..
        }
        | ExprKind::Index {
            optional: false, ..
        } => {
            root_of(value)?;
            Some((cx.source.span_text(value.span).to_string(), false))
        }
        ExprKind::OptChain(inner) => match inner.kind {
            ExprKind::Index { recv, index, .. } => {
                root_of(recv)?;
                Some((element(cx, recv, index), true))
            }
            _ => None,
        },
        ExprKind::Logic {
            op: LogicOp::Coalesce,
            left,
            ..
        } => taken_from(cx, left).map(|(place, _)| (place, true)),
        ExprKind::MethodCall {
            recv,
            name,
            args: [key, ..],
            ..
        } if matches!(name.name, "get" | "get_default") && !cx.methods.contains(name.name) => {
            root_of(recv)?;
            Some((element(cx, recv, key.value), true))
        }
        ExprKind::Call {
            callee,
            args: [of, key, ..],
        } if matches!(callee.kind, ExprKind::Name("get" | "get_default"))
            && !cx.is_own(callee.span) =>
        {
            root_of(of.value)?;
            Some((element(cx, of.value, key.value), true))
        }
        _ => None,
    }
}

fn element(cx: &Cx, recv: &Expr, key: &Expr) -> String {
    let text = |span: Span| cx.source.span_text(span);
    format!("{}[{}]", text(recv.span), text(key.span))
}

/// The place of a change of little in the array or dict that the variable holds.
fn small_change<'a>(cx: &Cx<'a, '_>, id: VarId, stmt: &Stmt<'a>) -> Option<Span> {
    let events = &cx.facts.vars[id.0 as usize].events;
    let mut own = events
        .iter()
        .filter(|event| (stmt.span.lo..stmt.span.hi).contains(&event.span.lo));
    own.find(|event| is_small(cx, id, event))
        .map(|_| stmt.span)
        .filter(|_| match stmt.kind {
            StmtKind::Expr(_) => true,
            StmtKind::Assign { target, .. } => matches!(target, Target::Place(_)),
            StmtKind::Compound { .. } => true,
            _ => false,
        })
}

/// `xs.push(x)`, `xs[i] := x`, and nothing that others see.
fn is_small<'a>(cx: &Cx<'a, '_>, id: VarId, event: &Event<'a>) -> bool {
    match event.act {
        Act::Write(place) => {
            let is_element = match place.kind {
                ExprKind::Index { recv, .. } => matches!(recv.kind, ExprKind::Name(_)),
                _ => false,
            };
            is_element && !may_be_reference(cx, id, place)
        }
        Act::Change(recv, method) => {
            matches!(recv.kind, ExprKind::Name(_))
                && SMALL_CHANGES.contains(&method)
                && !cx.methods.contains(method)
                && !may_change_reference(cx, id, recv, method)
        }
        _ => false,
    }
}

/// `self.items := added(self.items, x)`, where the function makes a small change of what it
/// gets and gives it back.
fn passed<'a>(cx: &Cx<'a, '_>, stmt: &'a Stmt<'a>) -> Option<Diagnostic> {
    let StmtKind::Assign {
        target: Target::Place(place),
        value,
        ..
    } = stmt.kind
    else {
        return None;
    };
    let ExprKind::Call { callee, args } = value.kind else {
        return None;
    };
    if !is_part(place) || root_of(place).is_none() {
        return None;
    }
    let func = idle::function_of(cx, callee)?;
    let def = cx.facts.funcs[func.0 as usize].def?;
    let to = cx.source.span_text(place.span);
    let mut pairs = def.params.iter().zip(args);
    let (param, arg) = pairs.find(|(_, arg)| cx.source.span_text(arg.value.span) == to)?;
    let id = cx.types.var_of(param.name.span)?;
    if !only_small_changes(cx, id, def) {
        return None;
    }
    let name = cx.source.span_text(callee.span);
    let text = format!("`{name}` copies all of `{to}`, which this place still holds");
    let help = format!("change the place itself, `{to}.push(…)` or `{to}[i] := …`");
    Some(COPIED_CONTAINER.at(arg.value.span, text).help(help))
}

/// Whether all that the function does is to change a little of the parameter and give it back.
fn only_small_changes(cx: &Cx, id: VarId, def: &FuncDef) -> bool {
    let is_known_value = !matches!(cx.types.of_var(id), Ty::Instance(_));
    let [change, last] = def.body.stmts else {
        return false;
    };
    let StmtKind::Return(Some(value)) = last.kind else {
        return false;
    };
    let gives_back = cx.types.var_of(value.span) == Some(id) && is_name(value);
    is_known_value
        && gives_back
        && !cx.res.var(id).mentioned
        && small_change(cx, id, change).is_some()
}

fn is_name(expr: &Expr) -> bool {
    matches!(expr.kind, ExprKind::Name(_))
}
