//! Comparisons whose result does not depend on the values, because their kinds, or the words
//! they are compared with, rule the other result out.

use super::facts::{ExprSite, Given};
use super::rule::{Level, Rule};
use super::types::Ty;
use super::{Cx, annotations};
use crate::compiler::resolve::VarKind;
use crate::runtime::ErrorKind;
use crate::stdlib::{self, Receiver};
use crate::syntax::ast::*;

pub const NEVER_EQUAL: Rule = Rule {
    name: "never-equal",
    level: Level::Suspicious,
    summary: "A comparison of values that are never equal: of two kinds, or with `NAN`.",
    explanation: "`\"5\" == 5` is false, for values of two kinds are never equal; only ints and floats are of one kind. What is read from\n\
                  text is a string until `to_int` or `to_float` makes a number of it. `NAN` equals nothing, itself included: write\n\
                  `is_nan(x)`.",
    wrong: "parts := \"3 4\".split(\" \")\nif parts[0] == 3 { print(\"three\") }",
    right: "parts := \"3 4\".split(\" \")\nif to_int(parts[0]) == 3 { print(\"three\") }",
};

pub const UNKNOWN_KIND: Rule = Rule {
    name: "unknown-kind",
    level: Level::Suspicious,
    summary: "`type(x)` or `e.kind` compared with a word that it never is.",
    explanation: "`type(x)` gives `int`, `float`, `bool`, `null`, `string`, `array`, `dict`, `function` and so on; of an instance of a type of the\n\
                  program it gives `struct` or `object`. The kinds of errors are `thrown` for whatever `throw` throws, `type`, `name`,\n\
                  `index`, `key`, `arithmetic`, `arity`, `value`, `parse`, `io` and so on; the value that was thrown is `e.value`.",
    wrong: "x := \"a\"\nif type(x) == \"str\" { print(x) }",
    right: "x := \"a\"\nif type(x) == \"string\" { print(x) }",
};

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    let ExprKind::Binary {
        op,
        op_span,
        left,
        right,
    } = site.expr.kind
    else {
        return;
    };
    match op {
        BinaryOp::Eq | BinaryOp::Ne => {
            equality(cx, op, op_span, left, right);
            for (one, other) in [(left, right), (right, left)] {
                if let (Some(what), ExprKind::Str(word)) = (what(cx, one), other.kind) {
                    self::word(cx, what, word, other.span);
                }
            }
        }
        BinaryOp::In | BinaryOp::NotIn if cx.types.of(right) == Ty::ARRAY => {
            let (ty, element) = (cx.types.of(left), cx.types.element(right));
            if differ(cx, ty, element) {
                let text = format!(
                    "this is of type {}, and the elements are of type {}",
                    ty.name(cx.res),
                    element.name(cx.res)
                );
                cx.report(NEVER_EQUAL.at(op_span, text));
            }
            if let (Some(what), ExprKind::Array(items)) = (what(cx, left), right.kind) {
                for item in items {
                    if let ArrayItem::Item(one) = item
                        && let ExprKind::Str(word) = one.kind
                    {
                        self::word(cx, what, word, one.span);
                    }
                }
            }
        }
        _ => {}
    }
}

fn equality<'a>(
    cx: &mut Cx<'a, '_>,
    op: BinaryOp,
    op_span: Span,
    left: &'a Expr<'a>,
    right: &'a Expr<'a>,
) {
    let always = match op {
        BinaryOp::Eq => "false",
        _ => "true",
    };
    let is_nan = |one: &Expr| matches!(one.kind, ExprKind::Name("NAN")) && !cx.is_own(one.span);
    for (one, other) in [(left, right), (right, left)] {
        if is_nan(one) {
            let text = format!("`NAN` equals nothing: this is always {always}");
            let subject = cx.source.span_text(other.span);
            let help = format!("write `is_nan({subject})`");
            return cx.report(NEVER_EQUAL.at(op_span, text).help(help));
        }
    }
    let (one, other) = (cx.types.of(left), cx.types.of(right));
    if !differ(cx, one, other) {
        return;
    }
    let text = format!(
        "this compares {} with {}: it is always {always}",
        one.name(cx.res),
        other.name(cx.res)
    );
    let finding = NEVER_EQUAL.at(op_span, text);
    cx.report(match (one, other) {
        (Ty::STRING, number) | (number, Ty::STRING) if number.is_number() => {
            finding.help("`to_int(s)` and `to_float(s)` make a number of a text")
        }
        _ => finding,
    });
}

/// Whether values of these types are never equal. Null may be where a type is written; a
/// bool and a number, and functions, are the business of other rules.
fn differ(cx: &Cx, one: Ty, other: Ty) -> bool {
    let is_settled = |ty: Ty| match ty {
        Ty::Nothing
        | Ty::Null
        | Ty::Unknown
        | Ty::Of(Receiver::Function | Receiver::Type | Receiver::Option | Receiver::Result) => {
            false
        }
        Ty::Instance(ty) => !cx.res.structs[ty.0 as usize].methods.contains_key("op_eq"),
        _ => true,
    };
    let numbers = one.is_number() && other.is_number();
    let bools = one == Ty::Bool && other.is_number() || one.is_number() && other == Ty::Bool;
    is_settled(one) && is_settled(other) && one != other && !numbers && !bools
}

/// The words that an expression may be.
#[derive(Clone, Copy)]
enum Words {
    Types,
    Errors,
}

fn what<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> Option<Words> {
    match expr.kind {
        ExprKind::Paren(inner) => what(cx, inner),
        ExprKind::Call { callee, .. } => {
            let is_type = matches!(callee.kind, ExprKind::Name("type" | "type_of"));
            (is_type && !cx.is_own(callee.span)).then_some(Words::Types)
        }
        ExprKind::Field { recv, name, .. } => {
            let var = cx.types.var_of(recv.span)?;
            let is_name = matches!(recv.kind, ExprKind::Name(_));
            let is_error = is_name
                && name.name == "kind"
                && cx.res.var(var).kind == VarKind::Except
                && !cx.res.var(var).is_written();
            is_error.then_some(Words::Errors)
        }
        ExprKind::Name(_) => {
            let var = cx.types.var_of(expr.span)?;
            match cx.facts.vars[var.0 as usize].given[..] {
                [Given::Value(value)] if !matches!(value.kind, ExprKind::Name(_)) => {
                    what(cx, value)
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// A word against those that are possible.
fn word(cx: &mut Cx, what: Words, word: &str, span: Span) {
    let (mut known, text): (Vec<&str>, String) = match what {
        Words::Types => (
            stdlib::type_names().chain(["null"]).collect(),
            format!("`type` never gives \"{word}\""),
        ),
        Words::Errors => (
            ErrorKind::ALL.map(ErrorKind::text).to_vec(),
            format!("no error is of the kind \"{word}\""),
        ),
    };
    if known.contains(&word) {
        return;
    }
    let finding = UNKNOWN_KIND.at(span, text);
    let own = match what {
        Words::Types => of_instances(cx, word).or_else(|| annotations::foreign(word)),
        Words::Errors => foreign_error(word),
    };
    let finding = match own {
        Some(own) => finding.help(format!("write \"{own}\"")),
        None => {
            known.sort_unstable();
            cx.hint(finding, word, &mut known.into_iter())
        }
    };
    cx.report(finding);
}

/// The word for instances of a type of the program.
fn of_instances(cx: &Cx, name: &str) -> Option<&'static str> {
    let var = cx.type_names.get(name)?;
    match cx.res.var(*var).kind {
        VarKind::Struct(ty) if cx.is_class(ty) => Some("object"),
        VarKind::Struct(_) => Some("struct"),
        VarKind::Enum => Some("tagged"),
        _ => None,
    }
}

/// The kind of error that has this name in other languages.
fn foreign_error(name: &str) -> Option<&'static str> {
    Some(match name {
        "zero_division" | "division_by_zero" | "ZeroDivisionError" | "math" => "arithmetic",
        "KeyError" | "missing_key" => "key",
        "IndexError" | "out_of_bounds" | "bounds" => "index",
        "TypeError" | "type_error" => "type",
        "ValueError" | "value_error" => "value",
        "NameError" | "undefined" => "name",
        "file" | "file_not_found" | "not_found" | "IOError" | "io_error" => "io",
        "json" | "syntax" | "parse_error" => "parse",
        _ => return None,
    })
}

/// Literals in the cases of a `match`.
pub fn cases<'a>(cx: &mut Cx<'a, '_>, subject: &'a Expr<'a>, cases: &'a [Case<'a>]) {
    let ty = cx.types.of(subject);
    let what = what(cx, subject);
    for case in cases {
        let alternatives = match case.pattern.kind {
            PatternKind::Alt(alternatives) => alternatives,
            _ => std::slice::from_ref(case.pattern),
        };
        for one in alternatives {
            let PatternKind::Literal(literal) = one.kind else {
                continue;
            };
            let own = cx.types.of(literal);
            if differ(cx, ty, own) {
                let text = format!(
                    "this case is for {}, and the value is of type {}",
                    own.name(cx.res),
                    ty.name(cx.res)
                );
                let finding = NEVER_EQUAL.at(one.span, text);
                cx.report(finding.related(subject.span, "the value"));
            } else if let (Some(what), ExprKind::Str(word)) = (what, literal.kind) {
                self::word(cx, what, word, one.span);
            }
        }
    }
}
