//! Functions and methods that are named where their result was meant.

use super::Cx;
use super::conditions::is_test;
use super::facts::{ExprSite, Given};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::compiler::resolve::{Res, VarKind};
use crate::stdlib::{self, Receiver};
use crate::syntax::ast::*;

pub const UNCALLED_FUNCTION: Rule = Rule {
    name: "uncalled-function",
    level: Level::Suspicious,
    summary: "A function or method without a call, where its result was meant.",
    explanation: "A function counts as true, so as a condition it always holds; it equals no number and no text; in an interpolation and\n\
                  in `print` it shows as `<function len>`. Where the type of a value is not known, only names are looked at that no field and\n\
                  no key of the program has.",
    wrong: "xs := [1]\nif xs.is_empty || xs.len == 1 { print(\"${xs.len} elements\") }",
    right: "xs := [1]\nif xs.is_empty() || xs.len() == 1 { print(\"${xs.len()} elements\") }",
};

/// Methods that hardly any field has its name from.
const PLAIN_WORDS: &[&str] = &[
    "len",
    "is_empty",
    "upper",
    "lower",
    "trim",
    "to_int",
    "to_float",
    "to_string",
];

/// Methods of dicts that hardly any key has its name from.
const OF_DICTS: &[&str] = &["len", "is_empty", "keys", "values", "items"];

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::Name(name) if is_test(site.used) && is_function(cx, site.expr.span, name) => {
            let text = format!("`{name}` is not called, and a function counts as true");
            report(cx, site.expr.span, name, text, true);
        }
        ExprKind::Field { recv, name, .. }
            if is_test(site.used) && (is_method(cx, recv, name) || asks(cx, recv, name.name)) =>
        {
            let text = format!(
                "`{}` is not called, and a function counts as true",
                name.name
            );
            report(cx, name.span, name.name, text, true);
        }
        ExprKind::Binary {
            op, left, right, ..
        } => binary(cx, op, left, right),
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(value, _) = part {
                    operand(cx, value);
                }
            }
        }
        ExprKind::Range { lo, hi, .. } => {
            operand(cx, lo);
            operand(cx, hi);
        }
        ExprKind::Index { index, .. } => operand(cx, index),
        ExprKind::Slice { lo, hi, .. } => {
            for end in lo.into_iter().chain(hi) {
                operand(cx, end);
            }
        }
        ExprKind::Call { callee, args }
            if matches!(callee.kind, ExprKind::Name("print")) && !cx.is_own(callee.span) =>
        {
            for arg in args {
                operand(cx, arg.value);
            }
        }
        _ => {}
    }
}

fn binary<'a>(cx: &mut Cx<'a, '_>, op: BinaryOp, left: &'a Expr<'a>, right: &'a Expr<'a>) {
    use BinaryOp as Op;
    if matches!(op, Op::In | Op::NotIn) {
        return operand(cx, right);
    }
    let is_equality = matches!(op, Op::Eq | Op::Ne);
    for (one, other) in [(left, right), (right, left)] {
        // Functions may be compared with each other, and with null.
        let fits = || {
            let ty = cx.types.of(other);
            matches!(ty, Ty::Of(Receiver::Function | Receiver::Type) | Ty::Null)
                || method_value(cx, other).is_some()
        };
        if is_equality && fits() {
            continue;
        }
        operand(cx, one);
        if let ExprKind::Name(name) = one.kind
            && is_function(cx, one.span, name)
            && cx.types.of(other) != Ty::Unknown
        {
            let text = format!("`{name}` is not called: this is the function, not its result");
            report(cx, one.span, name, text, true);
        }
    }
}

/// The sequence of a loop.
pub fn sequence<'a>(cx: &mut Cx<'a, '_>, iter: &'a Expr<'a>) {
    operand(cx, iter);
}

/// A method where a value is worked with.
fn operand<'a>(cx: &mut Cx<'a, '_>, expr: &'a Expr<'a>) {
    if let Some(name) = method_value(cx, expr) {
        let text = format!(
            "`{}` is not called: this is the method, not its result",
            name.name
        );
        // Through a variable, which may be called elsewhere.
        let is_direct = name.span.hi <= expr.span.hi && name.span.lo >= expr.span.lo;
        report(cx, name.span, name.name, text, is_direct);
    }
}

/// The name of the method that the expression, or the variable that it is, holds.
fn method_value<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> Option<Ident<'a>> {
    match expr.kind {
        ExprKind::Paren(inner) => method_value(cx, inner),
        ExprKind::Field { recv, name, .. } => is_method(cx, recv, name).then_some(name),
        ExprKind::Name(_) => {
            let var = cx.types.var_of(expr.span)?;
            let [Given::Value(value)] = cx.facts.vars[var.0 as usize].given[..] else {
                return None;
            };
            match value.kind {
                ExprKind::Field { .. } if cx.res.var(var).kind != VarKind::Param => {
                    method_value(cx, value)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_function(cx: &Cx, at: Span, name: &str) -> bool {
    match cx.res.name(at) {
        Res::Var(var) => cx.res.var(var).kind == VarKind::Func,
        Res::Free => stdlib::function(name).is_some() && !cx.bare_fields.contains_key(&at.lo),
        Res::Member => false,
    }
}

fn is_method<'a>(cx: &Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) -> bool {
    let is_key = || cx.fields.contains(name.name) || cx.texts.contains(name.name);
    match cx.types.of(recv) {
        Ty::Instance(ty) => {
            let has = cx.res.structs[ty.0 as usize]
                .methods
                .contains_key(name.name);
            has && !cx.has_field(ty, name.name)
        }
        Ty::DICT => OF_DICTS.contains(&name.name) && !is_key(),
        Ty::Of(Receiver::Type) => false,
        ty => match ty.receiver(cx.res) {
            Some(receiver) => stdlib::method(receiver, name.name).is_some(),
            None => PLAIN_WORDS.contains(&name.name) && !is_key() && !cx.res.meets_strangers,
        },
    }
}

/// Anything may have a field of the name, but hardly one that is called `is_empty`.
fn asks<'a>(cx: &Cx<'a, '_>, recv: &'a Expr<'a>, name: &str) -> bool {
    let gives_bool = || {
        stdlib::function(name)
            .is_some_and(|number| stdlib::natives()[number as usize].result == "bool")
    };
    cx.types.of(recv).receiver(cx.res).is_none()
        && gives_bool()
        && !cx.fields.contains(name)
        && !cx.res.meets_strangers
}

fn report(cx: &mut Cx, span: Span, name: &str, text: String, fixable: bool) {
    if !cx.uncalled.insert(span.lo) {
        return;
    }
    let finding = UNCALLED_FUNCTION.at(span, text);
    let finding = finding.help(format!("write `{name}(…)`"));
    let end = Span::new(span.hi, span.hi);
    cx.report(match fixable {
        true => finding.fix(end, "()"),
        false => finding,
    });
}
