//! Copies that are changed on the way: a variable that walks down a container, and methods
//! whose result is used, but not what they make of their receiver.

use super::Cx;
use super::facts::{Act, Event, ExprSite, Given, Use};
use super::lost::LOST_WRITE;
use super::references::{may_be_reference, may_change_reference};
use super::types::Ty;
use crate::compiler::hash::Set;
use crate::compiler::resolve::{VarId, VarKind, root_of};
use crate::syntax::ast::*;

/// A variable that is changed and then, in a loop, replaced by a part of itself; whether it
/// is reported.
pub fn variable(cx: &mut Cx, id: VarId) -> bool {
    let var = cx.res.var(id);
    if !matches!(var.kind, VarKind::Mut | VarKind::Param) || var.mentioned {
        return false;
    }
    let facts = &cx.facts.vars[id.0 as usize];
    let is_part = |given: &Given| match given {
        Given::Value(value) if !matches!(value.kind, ExprKind::Name(_)) => {
            let root = root_of(value).and_then(|root| cx.types.var_of(root.expr.span));
            root == Some(id)
        }
        _ => false,
    };
    if !facts.given.iter().any(is_part) {
        return false;
    }
    let is_step = |event: &&Event| {
        matches!(event.act, Act::Assign)
            && event.repeated_from != u32::MAX
            && event.span.lo != var.span.lo
    };
    let Some(step) = facts.events.iter().find(is_step) else {
        return false;
    };
    let is_write = |event: &&Event| {
        let changes = match event.act {
            Act::Write(place) => !may_be_reference(cx, id, place),
            Act::Change(recv, method) => !may_change_reference(cx, id, recv, method),
            _ => false,
        };
        changes && event.span.lo >= step.repeated_from && event.span.lo < step.span.lo
    };
    let Some(write) = facts.events.iter().find(is_write) else {
        return false;
    };
    // The whole value may be kept before it is replaced.
    let between = |event: &&Event| {
        matches!(event.act, Act::Read)
            && event.span.lo > write.span.lo
            && event.span.lo < step.span.lo
    };
    let mut reads = facts.events.iter().filter(between).peekable();
    if reads.peek().is_some() {
        let parts = part_reads(cx);
        if reads.any(|event| !parts.contains(&event.span.lo)) {
            return false;
        }
    }
    let name = var.name;
    let text = format!("this changes the copy in `{name}`, which then is replaced by a part of it");
    let help = "change the container itself, return the changed part from a recursive function, or make the nodes a `class`";
    cx.report(
        (LOST_WRITE.at(write.span, text))
            .related(step.span, "it is replaced here")
            .help(help),
    );
    true
}

/// Where names are read of which only a part is taken, or which are only asked for one.
fn part_reads(cx: &Cx) -> Set<u32> {
    let mut found: Set<u32> = Set::default();
    for site in &cx.facts.exprs {
        match site.expr.kind {
            ExprKind::Index { recv, .. }
            | ExprKind::Field { recv, .. }
            | ExprKind::MethodCall { recv, .. } => {
                found.insert(recv.span.lo);
            }
            ExprKind::Binary {
                op: BinaryOp::In | BinaryOp::NotIn,
                right,
                ..
            } => {
                found.insert(right.span.lo);
            }
            _ => {}
        }
    }
    found
}

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    let ExprKind::MethodCall {
        recv, name, args, ..
    } = site.expr.kind
    else {
        return;
    };
    if name.name == "for_each"
        && let [arg] = args
        && let ExprKind::Func(def) = arg.value.kind
    {
        each(cx, recv, def);
    }
    if site.used != Use::Discarded {
        used(cx, recv, name);
    }
}

/// `xs.for_each(x => x.push(9))`
fn each<'a>(cx: &mut Cx<'a, '_>, sequence: &'a Expr<'a>, def: &'a FuncDef<'a>) {
    let ([param], [only], FuncForm::ArrowValue) = (def.params, def.body.stmts, def.form) else {
        return;
    };
    let StmtKind::Return(Some(value)) = only.kind else {
        return;
    };
    let ExprKind::MethodCall { recv, name, .. } = value.kind else {
        return;
    };
    let root = root_of(recv).and_then(|root| cx.types.var_of(root.expr.span));
    let Some(id) = cx
        .types
        .var_of(param.name.span)
        .filter(|&id| root == Some(id))
    else {
        return;
    };
    let changes =
        cx.builtins.is_mutating_method(name.name) || cx.res.mutating_names.contains(name.name);
    if !changes || may_change_reference(cx, id, recv, name.name) {
        return;
    }
    let text = format!(
        "this changes `{}`, a copy of the element, and the change is lost",
        param.name.name
    );
    let sequence = cx.source.span_text(sequence.span);
    let rest = &cx.source.span_text(recv.span)[param.name.name.len()..];
    let help = format!(
        "write `for i in len({sequence}) {{ {sequence}[i]{rest}.{}(…) }}`",
        name.name
    );
    cx.report(LOST_WRITE.at(name.span, text).help(help));
}

/// A method of the program that changes a loop variable, of which only the result is used.
fn used<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    if !matches!(recv.kind, ExprKind::Name(_)) || !cx.res.mutating_names.contains(name.name) {
        return;
    }
    let Some(id) = cx.types.var_of(recv.span) else {
        return;
    };
    let var = cx.res.var(id);
    let copy = match var.kind {
        VarKind::Loop => "the loop variable",
        VarKind::Param => "the parameter",
        _ => return,
    };
    let is_changed = match cx.types.of(recv) {
        Ty::Instance(ty) => {
            let method = cx.res.structs[ty.0 as usize].methods.get(name.name);
            !cx.is_class(ty) && method.is_some_and(|&method| cx.res.func(method).mutating)
        }
        Ty::Unknown => {
            var.kind == VarKind::Loop
                && cx.method_counts.get(name.name) == Some(&1)
                && !cx.class_members.contains(name.name)
                && !cx.res.meets_strangers
                && !cx.builtins.is_mutating_method(name.name)
        }
        _ => false,
    };
    if !is_changed || var.mentioned {
        return;
    }
    // The last that is done with it, and not in a loop that comes back to it.
    let Some(last) = cx.facts.vars[id.0 as usize].events.last() else {
        return;
    };
    if last.span.lo != recv.span.lo || last.repeated_from != u32::MAX {
        return;
    }
    let text = format!(
        "`{}` changes {copy} `{}`, a copy, and the change is lost",
        name.name, var.name
    );
    let help = match var.kind {
        VarKind::Loop => "call it on the element itself: `for i in len(xs) { xs[i].…() }`",
        _ => "return the changed value too, or make the type a `class`",
    };
    cx.report(LOST_WRITE.at(name.span, text).help(help));
}
