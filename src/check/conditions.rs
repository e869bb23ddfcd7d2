//! Conditions and the operators of logic.

use super::Cx;
use super::facts::{ExprSite, Use};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::compiler::resolve::{Res, VarKind};
use crate::stdlib;
use crate::syntax::ast::*;

pub const UNCALLED_FUNCTION: Rule = Rule {
    name: "uncalled-function",
    level: Level::Suspicious,
    summary: "A function or method as a condition, without a call.",
    explanation: "A function counts as true, so the condition always holds.",
    wrong: "xs := [1]\nif xs.is_empty { print(\"empty\") }",
    right: "xs := [1]\nif xs.is_empty() { print(\"empty\") }",
};

pub const LITERAL_OPERAND: Rule = Rule {
    name: "literal-operand",
    level: Level::Suspicious,
    summary: "A literal that is no bool under `&&` or `||`, outside of a condition.",
    explanation: "`&&` and `||` give `true` or `false`, not one of their operands. A default for null is written `name ?? \"none\"`, one for\n\
                  every value that counts as false `if name { name } else { \"none\" }`.",
    wrong: "name := \"\"\nshown := name || \"anonymous\"\nprint(shown)",
    right: "name := \"\"\nshown := if name { name } else { \"anonymous\" }\nprint(shown)",
};

pub const NOT_IN: Rule = Rule {
    name: "not-in",
    level: Level::Suspicious,
    summary: "`!x in xs`, which asks whether `xs` has the bool `!x`.",
    explanation: "`!` binds tighter than `in`. Write `x not in xs`.",
    wrong: "xs := [1, 2]\nprint(!3 in xs)",
    right: "xs := [1, 2]\nprint(3 not in xs)",
};

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::Name(name) if site.used != Use::Value => named_function(cx, site.expr, name),
        ExprKind::Field { recv, name, .. } if matches!(site.used, Use::Test | Use::TestInValue) => {
            uncalled_method(cx, recv, name);
        }
        ExprKind::Logic {
            op: LogicOp::And | LogicOp::Or,
            op_span,
            left,
            right,
        } if site.used != Use::Test => {
            for operand in [left, right] {
                if is_literal(operand) {
                    let finding = LITERAL_OPERAND.at(
                        op_span,
                        format!("`{}` gives `true` or `false`", cx.source.span_text(op_span)),
                    );
                    cx.report(finding.related(operand.span, "this value is never the result"));
                    break;
                }
            }
        }
        ExprKind::Binary {
            op: BinaryOp::In,
            left,
            ..
        } => {
            if let ExprKind::Unary {
                op: UnaryOp::Not,
                op_span,
                operand,
            } = left.kind
            {
                let between = Span::new(left.span.hi, left.span.hi);
                let finding = NOT_IN.at(op_span, "`!` binds tighter than `in`");
                let operand = cx.source.span_text(operand.span);
                cx.report(
                    (finding.help(format!("write `{operand} not in …`")))
                        .fix(op_span, "")
                        .fix(between, " not"),
                );
            }
        }
        _ => {}
    }
}

fn named_function(cx: &mut Cx, expr: &Expr, name: &str) {
    let is_function = match cx.res.name(expr.span) {
        Res::Var(var) => cx.res.var(var).kind == VarKind::Func,
        Res::Free => stdlib::function(name).is_some(),
        Res::Member => false,
    };
    if is_function {
        report(cx, expr.span, name);
    }
}

fn uncalled_method<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    let uncalled = match cx.types.of(recv) {
        Ty::Instance(ty) => {
            let has = cx.res.structs[ty.0 as usize]
                .methods
                .contains_key(name.name);
            has && !cx.has_field(ty, name.name)
        }
        Ty::Of(stdlib::Receiver::Dict) => false,
        ty => match ty.receiver(cx.res) {
            Some(receiver) => stdlib::method(receiver, name.name).is_some(),
            // Anything may have a field of that name, but hardly one that is called `is_empty`.
            None => {
                let asks = stdlib::function(name.name)
                    .is_some_and(|number| stdlib::natives()[number as usize].result == "bool");
                asks && !cx.fields.contains(name.name) && !cx.res.meets_strangers
            }
        },
    };
    if uncalled {
        report(cx, name.span, name.name);
    }
}

fn report(cx: &mut Cx, span: Span, name: &str) {
    let finding = UNCALLED_FUNCTION.at(
        span,
        format!("`{name}` is not called, and a function counts as true"),
    );
    let end = Span::new(span.hi, span.hi);
    cx.report(finding.help(format!("write `{name}(…)`")).fix(end, "()"));
}

fn is_literal(expr: &Expr) -> bool {
    match expr.kind {
        ExprKind::Paren(inner) => is_literal(inner),
        ExprKind::Null
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Template(_)
        | ExprKind::Array(_)
        | ExprKind::Dict(_)
        | ExprKind::StructLit { .. } => true,
        _ => false,
    }
}
