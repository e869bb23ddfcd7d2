//! Conditions and the operators of logic.

use super::Cx;
use super::facts::{Act, Event, ExprSite, FuncFacts, Given, Use};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::syntax::ast::*;

pub const LITERAL_OPERAND: Rule = Rule {
    name: "literal-operand",
    level: Level::Suspicious,
    summary: "A literal under `&&` or `||`, or arithmetic or a string under one whose value is used.",
    explanation: "`&&` and `||` give `true` or `false`, not one of their operands. A default for null is written `name ?? \"none\"`, one for\n\
                  every value that counts as false `if name { name } else { \"none\" }`. In a condition a literal counts as true or false\n\
                  whatever the other operand is: `c == \"a\" || \"b\"` always holds, and `c in [\"a\", \"b\"]` was meant. Of a difference only the\n\
                  truth is left: `a.n - b.n || a.name < b.name` does not sort by two keys, `[a.n, a.name] < [b.n, b.name]` does.",
    wrong: "name := \"\"\nshown := name || \"anonymous\"\nprint(shown)",
    right: "name := \"\"\nshown := if name { name } else { \"anonymous\" }\nprint(shown)",
};

pub const POSITION_AS_CONDITION: Rule = Rule {
    name: "position-as-condition",
    level: Level::Suspicious,
    summary: "The result of `index_of`, `last_index_of` or `find_index` as a condition.",
    explanation: "They give -1 where nothing is found, which counts as true, and 0 for the first element, which counts as false. Whether\n\
                  it is there at all is told by `contains`, `in` and `any`.",
    wrong: "if \"abc\".index_of(\"z\") { print(\"there\") }",
    right: "if \"abc\".index_of(\"c\") >= 0 { print(\"there\") }\nif \"c\" in \"abc\" { print(\"there\") }",
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
        ExprKind::Logic {
            op: op @ (LogicOp::And | LogicOp::Or),
            op_span,
            left,
            right,
        } => match site.used {
            Use::Test => constant_operand(cx, op, left, right),
            _ => lost_operand(cx, site, op, op_span, left, right),
        },
        ExprKind::Call { callee, args } if is_test(site.used) => {
            if let ExprKind::Name(name) = callee.kind
                && !cx.is_own(callee.span)
                && let [first, ..] = args
            {
                position(cx, name, callee.span, first.value);
            }
        }
        ExprKind::MethodCall { recv, name, .. }
            if is_test(site.used)
                && !cx.methods.contains(name.name)
                && !cx.fields.contains(name.name) =>
        {
            position(cx, name.name, name.span, recv);
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

pub fn is_test(used: Use) -> bool {
    matches!(used, Use::Test | Use::TestInValue)
}

/// A literal in a condition, which is the same whatever the other operand is.
fn constant_operand<'a>(cx: &mut Cx<'a, '_>, op: LogicOp, left: &'a Expr<'a>, right: &'a Expr<'a>) {
    for (operand, other) in [(left, right), (right, left)] {
        let is_constant = is_literal(operand) || matches!(operand.kind, ExprKind::Bool(_));
        if !is_constant {
            continue;
        }
        let text = format!(
            "this operand of `{}` is the same whatever the other one is",
            op_text(op)
        );
        let finding = LITERAL_OPERAND.at(operand.span, text);
        // `c == "a" || "b"`
        let compared = compared(other).filter(|_| operand.span.lo == right.span.lo);
        cx.report(match compared {
            Some((subject, op)) => {
                let subject = cx.source.span_text(subject.span);
                let before = format!("{subject} {} ", op.text());
                let literal = cx.source.span_text(operand.span);
                finding
                    .help(format!("write `{before}{literal}`"))
                    .fix(Span::new(operand.span.lo, operand.span.lo), before)
            }
            None => finding,
        });
        return;
    }
}

/// The subject of the last comparison by `==` or `!=` in an operand.
fn compared<'a>(expr: &'a Expr<'a>) -> Option<(&'a Expr<'a>, BinaryOp)> {
    match expr.kind {
        ExprKind::Paren(inner) => compared(inner),
        ExprKind::Logic { left, right, .. } => compared(right).or_else(|| compared(left)),
        ExprKind::Binary {
            op: op @ (BinaryOp::Eq | BinaryOp::Ne),
            left,
            ..
        } => Some((left, op)),
        _ => None,
    }
}

fn op_text(op: LogicOp) -> &'static str {
    match op {
        LogicOp::And => "&&",
        _ => "||",
    }
}

/// An operand that was meant to be the result.
fn lost_operand<'a>(
    cx: &mut Cx<'a, '_>,
    site: &ExprSite<'a>,
    op: LogicOp,
    op_span: Span,
    left: &'a Expr<'a>,
    right: &'a Expr<'a>,
) {
    let is_lost =
        |operand: &Expr| is_literal(operand) || op == LogicOp::Or && is_arithmetic(operand);
    let literal = [left, right].into_iter().find(|one| is_lost(one));
    let is_meant = || site.used == Use::Value && is_meant_as_result(cx, site.expr, op, left, right);
    let Some(operand) = literal.or_else(|| is_meant().then_some(right)) else {
        return;
    };
    let text = format!("`{}` gives `true` or `false`", op_text(op));
    let finding = LITERAL_OPERAND.at(op_span, text);
    let finding = finding.related(operand.span, "this value is never the result");
    let (first, second) = (
        cx.source.span_text(left.span),
        cx.source.span_text(right.span),
    );
    let is_short = !first.contains('\n') && !second.contains('\n');
    cx.report(match op {
        _ if site.used != Use::Value || is_arithmetic(operand) || !is_short => finding,
        LogicOp::Or => finding.help(format!(
            "write `{first} ?? {second}` for a default in place of null, `if {first} {{ {first} }} else {{ {second} }}` for one in place of all that counts as false"
        )),
        _ => finding.help(format!("write `if {first} {{ {second} }} else {{ null }}`")),
    });
}

/// Whether the right operand is a text or a number, and the result is used as one.
fn is_meant_as_result<'a>(
    cx: &Cx<'a, '_>,
    whole: &'a Expr<'a>,
    op: LogicOp,
    left: &'a Expr<'a>,
    right: &'a Expr<'a>,
) -> bool {
    let is_text = match (cx.types.of(right), right.kind) {
        (Ty::STRING, ExprKind::Binary { .. } | ExprKind::Logic { .. }) => false,
        (Ty::STRING, _) => true,
        (Ty::INT | Ty::FLOAT, ExprKind::Name(_)) => true,
        _ => false,
    };
    if !is_text || cx.types.of(left) == Ty::Bool {
        return false;
    }
    // `user && user.name`
    let (first, second) = (
        cx.source.span_text(left.span),
        cx.source.span_text(right.span),
    );
    let is_guarded = second.len() > first.len() && second.starts_with(first);
    (op == LogicOp::Or || is_guarded) && is_used_as_value(cx, whole)
}

/// Whether something is done with a value, besides asking for its truth.
fn is_used_as_value<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> bool {
    let is_it = |value: &Expr| value.span == expr.span;
    for facts in &cx.facts.vars {
        let takes = |given: &Given| matches!(given, Given::Value(value) if is_it(value));
        if facts.given.iter().any(takes) {
            let is_read = |event: &Event| {
                matches!(event.act, Act::Read) && !cx.tests.contains(&event.span.lo)
            };
            return facts.events.iter().any(is_read);
        }
    }
    let returns = |facts: &FuncFacts| facts.returns.iter().flatten().any(|value| is_it(value));
    if let Some(at) = cx.facts.funcs.iter().position(returns) {
        let name = cx.facts.funcs[at].def.and_then(|def| def.name);
        let is_question = |name: &str| {
            ["is_", "has_", "can_"]
                .iter()
                .any(|word| name.starts_with(word))
        };
        return name.is_some_and(|name| {
            !is_question(name.name) && cx.facts.exprs.iter().any(|site| gets(site, name.name))
        });
    }
    cx.facts.exprs.iter().any(|site| match site.expr.kind {
        ExprKind::Call { callee, args } => {
            matches!(callee.kind, ExprKind::Name("print"))
                && args.iter().any(|arg| is_it(arg.value))
        }
        _ => false,
    })
}

/// Whether the value of a call of a function or method of this name is used.
fn gets(site: &ExprSite, called: &str) -> bool {
    let is_call = match site.expr.kind {
        ExprKind::Call { callee, .. } => {
            matches!(callee.kind, ExprKind::Name(name) if name == called)
        }
        ExprKind::MethodCall { name, .. } => name.name == called,
        _ => false,
    };
    is_call && site.used == Use::Value
}

/// A remainder and bits are asked for their truth; a sum or a difference hardly ever is.
fn is_arithmetic(expr: &Expr) -> bool {
    match expr.kind {
        ExprKind::Paren(inner) => is_arithmetic(inner),
        ExprKind::Binary { op, .. } => matches!(
            op,
            BinaryOp::Add | BinaryOp::Sub | BinaryOp::Mul | BinaryOp::Div
        ),
        _ => false,
    }
}

/// A position in a condition: 0 counts as false, and -1 for "not there" as true.
fn position<'a>(cx: &mut Cx<'a, '_>, name: &str, span: Span, subject: &'a Expr<'a>) {
    if !matches!(name, "index_of" | "last_index_of" | "find_index") {
        return;
    }
    let subject = cx.source.span_text(subject.span);
    let text = format!("`{name}` gives a position, or -1, which counts as true");
    let help = match name {
        "find_index" => format!("write `{subject}.any(…)`, or compare the position with 0"),
        _ => format!("write `{subject}.contains(…)`, or compare the position with 0"),
    };
    cx.report(POSITION_AS_CONDITION.at(span, text).help(help));
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
