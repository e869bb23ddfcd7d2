//! Regular expressions that are written out and cannot be compiled.

use super::Cx;
use super::facts::ExprSite;
use super::rule::{Level, Rule};
use crate::stdlib;
use crate::syntax::ast::*;

pub const BAD_PATTERN: Rule = Rule {
    name: "bad-pattern",
    level: Level::Certain,
    summary: "A regular expression that is malformed.",
    explanation: "The call throws `parse` when it is reached. In a plain string `\\d` is written `\"\\\\d\"`; a raw string `r\"\\d\"` keeps its\n\
                  backslashes. There is no look-around, and there are no back-references: the engine takes linear time.",
    wrong: "print(regex_find(\"a1b\", r\"([0-9]+\"))",
    right: "print(regex_find(\"a1b\", r\"([0-9]+)\"))",
};

/// A pattern that is written out, in a call by name or as a method.
pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    let (name, args, before) = match site.expr.kind {
        ExprKind::Call { callee, args } => match callee.kind {
            ExprKind::Name(name) if !cx.is_own(callee.span) => (name, args, 0),
            _ => return,
        },
        ExprKind::MethodCall { name, args, .. } if !cx.methods.contains(name.name) => {
            (name.name, args, 1)
        }
        _ => return,
    };
    if !name.starts_with("regex_") {
        return;
    }
    let Some(number) = stdlib::function(name) else {
        return;
    };
    let params = stdlib::natives()[number as usize].params;
    let place = params.iter().position(|param| param.name == "pattern");
    let Some(arg) = place.and_then(|at| args.get(at - before)) else {
        return;
    };
    let is_spread = args.iter().any(|one| one.spread);
    let ExprKind::Str(pattern) = arg.value.kind else {
        return;
    };
    if is_spread {
        return;
    }
    if let Some((at, reason)) = stdlib::regex::flaw(pattern) {
        let span = character(cx.source.span_text(arg.value.span), pattern, at).map_or(
            arg.value.span,
            |(from, to)| {
                let lo = arg.value.span.lo;
                Span::new(lo + from as u32, lo + to as u32)
            },
        );
        cx.report(BAD_PATTERN.at(
            span,
            format!("this regular expression is malformed: {reason}"),
        ));
    }
}

/// Where a character of a string is in its literal, as a range of bytes, if the literal
/// has the string as it is: without escapes.
fn character(literal: &str, string: &str, at: usize) -> Option<(usize, usize)> {
    let start = literal.find('"')? + 1;
    if !literal[start..].starts_with(string) {
        return None;
    }
    match string.char_indices().nth(at) {
        Some((from, c)) => Some((start + from, start + from + c.len_utf8())),
        // Something is missing at the end.
        None => Some((start + string.len(), start + string.len() + 1)),
    }
}
