//! Results and Options, and null, which they are not.

use super::Cx;
use super::conditions::is_test;
use super::facts::{ExprSite, Given};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::stdlib::{self, Receiver};
use crate::syntax::ast::*;

pub const OPTION_OR_NULL: Rule = Rule {
    name: "option-or-null",
    level: Level::Suspicious,
    summary: "A plain value or null that is taken for an Option or a Result, or one of these taken for null.",
    explanation: "`d.get(k)`, `xs.pop()`, `xs.first()`, `xs.find(f)` give the value itself, or null where there is none: a case of `Some(x)` or\n\
                  `None` fits neither. The other way round `None` and `Err(e)` count as true, as every Option and Result does, and `??` takes\n\
                  only null for nothing: write a `match`, `is_some(x)`, `is_ok(x)` or `unwrap_or(x, y)`.",
    wrong: "ages := {ann: 31}\nmatch ages.get(\"ann\") {\n    case Some(age): print(age)\n    case None: print(\"unknown\")\n}",
    right: "ages := {ann: 31}\nmatch ages.get(\"ann\") {\n    case null: print(\"unknown\")\n    case age: print(age)\n}",
};

/// The tags of Results and Options.
const TAGS: &[&str] = &["Ok", "Err", "Some", "None"];
/// Built-ins that give an element, or null.
const ELEMENT_OR_NULL: &[&str] = &[
    "get",
    "get_default",
    "first",
    "last",
    "find",
    "find_last",
    "pop",
    "random_choice",
];
/// Built-ins that give Results or Options, or an array of them.
const MAKERS: &[&str] = &["next", "try_receive", "http_request", "promise_settled"];

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    let expr = site.expr;
    match expr.kind {
        ExprKind::Binary {
            op: BinaryOp::Eq | BinaryOp::Ne,
            left,
            right,
            ..
        } => {
            for (one, other) in [(left, right), (right, left)] {
                if let Some(tag) = tag_of(cx, one)
                    && is_plain(cx, other)
                {
                    return plain(cx, tag, other);
                }
            }
        }
        ExprKind::Logic {
            op: LogicOp::Coalesce,
            op_span,
            left,
            ..
        } => {
            if let Some(ty) = wrapped(cx, left) {
                let text = format!("`??` asks for null, and this is of type {ty}, never null");
                let help = "write `unwrap_or(x, y)`";
                let finding = OPTION_OR_NULL.at(op_span, text).help(help);
                cx.report(finding.related(left.span, format!("the {ty}")));
            }
        }
        _ => {}
    }
    if is_test(site.used)
        && let Some(ty) = wrapped(cx, expr)
    {
        let text = format!("this is of type {ty}, which always counts as true");
        let help = match ty {
            "option" => "write `is_some(x)`",
            _ => "write `is_ok(x)`",
        };
        cx.report(OPTION_OR_NULL.at(expr.span, text).help(help));
    }
}

/// The name of the type, if it is an Option or a Result.
fn wrapped<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> Option<&'static str> {
    match cx.types.of(expr) {
        Ty::Of(Receiver::Option) => Some("option"),
        Ty::Of(Receiver::Result) => Some("result"),
        _ => None,
    }
}

/// The tag that a value is compared with.
fn tag_of<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> Option<Ident<'a>> {
    let named = match expr.kind {
        ExprKind::Call { callee, .. } => callee,
        _ => expr,
    };
    match named.kind {
        ExprKind::Name(name) if TAGS.contains(&name) && !cx.is_own(named.span) => Some(Ident {
            name,
            span: named.span,
        }),
        _ => None,
    }
}

/// The patterns of a `match`.
pub fn cases<'a>(cx: &mut Cx<'a, '_>, subject: &'a Expr<'a>, cases: &'a [Case<'a>]) {
    let alternatives = |case: &'a Case<'a>| match case.pattern.kind {
        PatternKind::Alt(alternatives) => alternatives,
        _ => std::slice::from_ref(case.pattern),
    };
    let tag = cases
        .iter()
        .flat_map(alternatives)
        .find_map(|one| match one.kind {
            PatternKind::Tag { ty, name, .. } if TAGS.contains(&name.name) => {
                let is_own = ty.is_some_and(|ty| cx.is_own(ty.span));
                (!is_own).then_some(name)
            }
            _ => None,
        });
    if let Some(tag) = tag
        && is_plain(cx, subject)
    {
        plain(cx, tag, subject);
    }
}

fn plain<'a>(cx: &mut Cx<'a, '_>, tag: Ident<'a>, value: &'a Expr<'a>) {
    let text = format!("this value is never `{}`", tag.name);
    let finding = OPTION_OR_NULL.at(tag.span, text);
    let finding = finding.related(value.span, "it is a plain value, or null");
    cx.report(match tag.name {
        "None" => finding.help("compare with `null`"),
        "Some" => finding.help("take the value as it is; where there is none it is `null`"),
        _ => finding,
    });
}

/// Whether the value is no Option and no Result.
fn is_plain<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> bool {
    let is_plain_type = |ty| {
        !matches!(
            ty,
            Ty::Of(Receiver::Option | Receiver::Result) | Ty::Unknown | Ty::Nothing
        )
    };
    if is_plain_type(cx.types.of(expr)) {
        return true;
    }
    if !cx.makes_options {
        return true;
    }
    let from = match expr.kind {
        ExprKind::Paren(inner) => return is_plain(cx, inner),
        ExprKind::Name(_) => {
            let given = cx.types.var_of(expr.span);
            return match given.map(|var| &cx.facts.vars[var.0 as usize].given[..]) {
                Some([Given::Value(value)]) if !matches!(value.kind, ExprKind::Name(_)) => {
                    is_plain(cx, value)
                }
                _ => false,
            };
        }
        ExprKind::Call { callee, args } => match (callee.kind, args) {
            (ExprKind::Name(name), [first, ..])
                if ELEMENT_OR_NULL.contains(&name) && !cx.is_own(callee.span) =>
            {
                first.value
            }
            _ => return false,
        },
        ExprKind::MethodCall { recv, name, .. }
            if ELEMENT_OR_NULL.contains(&name.name) && !cx.methods.contains(name.name) =>
        {
            recv
        }
        _ => return false,
    };
    is_plain_type(cx.types.element(from))
}

/// Whether anything in the program may make a Result or an Option.
pub fn makes_options(cx: &Cx) -> bool {
    let mut compared: Vec<u32> = Vec::new();
    for site in &cx.facts.exprs {
        match site.expr.kind {
            ExprKind::Binary {
                op: BinaryOp::Eq | BinaryOp::Ne,
                left,
                right,
                ..
            } => compared.extend([left, right].map(|one| one.span.lo)),
            ExprKind::MethodCall { name, .. } if gives_options(name.name) => return true,
            _ => {}
        }
    }
    cx.res.meets_strangers
        || cx.facts.names.iter().any(|name| {
            let is_tag = TAGS.contains(&name.name) || matches!(name.name, "Result" | "Option");
            is_tag && !compared.contains(&name.span.lo) || gives_options(name.name)
        })
}

fn gives_options(name: &str) -> bool {
    let by_result = || {
        stdlib::function(name).is_some_and(|number| {
            matches!(
                stdlib::natives()[number as usize].result,
                "option" | "result" | "Result"
            )
        })
    };
    MAKERS.contains(&name) || !TAGS.contains(&name) && by_result()
}
