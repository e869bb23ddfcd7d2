//! Strings that look as if values were put into them.

use super::Cx;
use super::facts::ExprSite;
use super::rule::{Level, Rule};
use crate::compiler::resolve::{FuncIdx, VarKind};
use crate::syntax::ast::*;

pub const UNFILLED_TEXT: Rule = Rule {
    name: "unfilled-text",
    level: Level::Suspicious,
    summary: "A string with the `{name}` of a variable, or a `print` whose text has `{}` or `%d`, in which nothing is filled in.",
    explanation: "A value is put into a string by `${name}`, with the dollar. `print` shows its arguments as they are, one after the other;\n\
                  `format(\"%d of %s\", n, name)` fills in.",
    wrong: "for name in [\"Ada\", \"Bob\"] { print(\"Hello, {name}!\") }",
    right: "for name in [\"Ada\", \"Bob\"] { print(\"Hello, ${name}!\") }",
};

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::Str(text) => braces(cx, text, site.expr.span),
        ExprKind::Call { callee, args } => {
            let prints = matches!(callee.kind, ExprKind::Name("print")) && !cx.is_own(callee.span);
            if let ([first, _, ..], true) = (args, prints)
                && let ExprKind::Str(text) = first.value.kind
            {
                printed(cx, text, first.value.span);
            }
        }
        _ => {}
    }
}

/// The first argument of a `print` that has more.
fn printed(cx: &mut Cx, text: &str, span: Span) {
    let mut rest = text;
    let mut has_conversion = false;
    while let Some(at) = rest.find('%') {
        rest = &rest[at + 1..];
        let spec = rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
        // `%d`, not the beginning of a word.
        let mut chars = spec.chars();
        has_conversion |= matches!(chars.next(), Some('d' | 's' | 'f' | 'i'))
            && !chars.next().is_some_and(char::is_alphanumeric);
    }
    if !has_conversion && !text.contains("{}") {
        return;
    }
    let help = match has_conversion {
        true => "write `print(format(…))`, or `${…}` in the string",
        false => "write `${…}` in the string",
    };
    let text = "`print` fills nothing in: it shows this text and then the other values";
    cx.report(UNFILLED_TEXT.at(span, text).help(help));
}

/// `{name}` in a plain string, where a variable of the name is visible.
fn braces(cx: &mut Cx, text: &str, span: Span) {
    let literal = cx.source.span_text(span);
    let is_other = literal.starts_with('r') || cx.templates.contains(&span.lo);
    if !text.contains('{') || is_other {
        return;
    }
    let mut at = 0;
    while let Some(open) = text[at..].find('{').map(|open| at + open) {
        at = open + 1;
        let Some(end) = text[at..].find('}').map(|end| at + end) else {
            return;
        };
        let inside = &text[at..end];
        let before = text[..open].chars().next_back();
        let after = text[end + 1..].chars().next();
        let is_alone = open == 0 && after.is_none();
        // `\${x}`, `{{x}}`, a part of a path.
        let is_other = matches!(before, Some('$' | '{' | '/' | '\\')) || after == Some('}');
        let first = inside.split('.').next().unwrap_or_default();
        let is_path = inside.split('.').all(is_name);
        // A text that replaces `{name}` has it as a text of its own.
        let is_placeholder = cx.texts.contains(&text[open..=end]);
        if is_alone || is_other || !is_path || is_placeholder || !is_visible(cx, first, span) {
            continue;
        }
        let found = format!("`{{{inside}}}` is plain text here");
        let finding = UNFILLED_TEXT.at(span, found);
        let finding = finding.help(format!("write `${{{inside}}}` for the value"));
        let place = literal
            .find(&text[open..=end])
            .map(|at| span.lo + at as u32);
        cx.report(match place {
            Some(place) => finding.fix(Span::new(place, place), "$"),
            None => finding,
        });
        return;
    }
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

/// Whether a variable of the name is visible at the place.
fn is_visible(cx: &Cx, name: &str, at: Span) -> bool {
    let surrounds = |span: Span| span.lo <= at.lo && at.hi <= span.hi;
    cx.res.vars.iter().any(|var| {
        let holds_value = matches!(
            var.kind,
            VarKind::Let
                | VarKind::Const
                | VarKind::Mut
                | VarKind::Param
                | VarKind::SelfParam
                | VarKind::Loop
                | VarKind::Except
                | VarKind::Case
        );
        if var.name != name || !holds_value || var.span.lo >= at.lo {
            return false;
        }
        if var.top_level {
            return true;
        }
        if var.func != FuncIdx(0) {
            let def = cx.facts.funcs[var.func.0 as usize].def;
            if !def.is_some_and(|def| surrounds(def.span)) {
                return false;
            }
        }
        // The innermost block around the declaration.
        let blocks = cx.facts.blocks.iter().map(|block| block.span);
        let around = blocks.filter(|span| span.lo <= var.span.lo && var.span.hi <= span.hi);
        around
            .min_by_key(|span| span.hi - span.lo)
            .is_none_or(surrounds)
    })
}
