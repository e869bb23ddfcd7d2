//! Arithmetic that other languages do otherwise.

use super::Cx;
use super::facts::{ExprSite, Given};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::compiler::hash::Set;
use crate::compiler::resolve::root_of;
use crate::format_spec::FormatSpec;
use crate::stdlib;
use crate::syntax::ast::*;
use crate::syntax::source::SourceFile;
use crate::syntax::{self};

pub const COMMENT_AS_DIVISION: Rule = Rule {
    name: "comment-as-division",
    level: Level::Suspicious,
    summary: "`//` and an operand after an expression, where it begins a comment.",
    explanation: "In Python and Lua `//` divides without a rest; here `/` does that for ints, and `floor(a / b)` for floats.",
    wrong: "n := 17\nmiddle := n // 2\nprint(middle)",
    right: "n := 17\nmiddle := n / 2\nprint(middle)",
};

pub const INTEGER_QUOTIENT: Rule = Rule {
    name: "integer-quotient",
    level: Level::Suspicious,
    summary: "The quotient of two ints, used as if it had a fraction.",
    explanation: "An int divided by an int is an int, without the fraction: `7 / 2` is 3. Where the fraction counts, in rounding, in a\n\
                  format such as `%.2f`, in an average, beside a float, where a `float` is declared, in an exponent, in the factor of an\n\
                  elimination, one of the two has to be a float: `to_float(a) / b`. `1 / 4` of two literals is 0. A percentage of an int\n\
                  is multiplied first: `total * percent / 100`. A number whose kind the text does not show counts as an int only where nothing\n\
                  in the program makes a float.",
    wrong: "words := [\"ab\", \"abcd\", \"abc\"]\nchars := 0\nfor w in words { chars += len(w) }\nprint(format(\"%.2f\", chars / len(words)))",
    right: "words := [\"ab\", \"abcd\", \"abc\"]\nchars := 0.0\nfor w in words { chars += len(w) }\nprint(format(\"%.2f\", chars / len(words)))",
};

pub const BOOL_AS_NUMBER: Rule = Rule {
    name: "bool-as-number",
    level: Level::Suspicious,
    summary: "A bool compared with a number.",
    explanation: "`==` of a bool and a number is always false, and `<` throws. A call that gives a bool is a condition by itself.",
    wrong: "xs := [1, 2]\nif xs.contains(1) == 1 { print(\"there\") }",
    right: "xs := [1, 2]\nif xs.contains(1) { print(\"there\") }",
};

/// Built-ins that make nothing of an int.
const OF_FRACTIONS: &[&str] = &["round", "floor", "ceil", "trunc", "to_float"];

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::Binary {
            op,
            op_span,
            left,
            right,
        } => binary(cx, op, op_span, left, right),
        ExprKind::Call { callee, args } => {
            let ExprKind::Name(name) = callee.kind else {
                return;
            };
            if cx.is_own(callee.span) {
                return;
            }
            if OF_FRACTIONS.contains(&name) {
                if let Some(first) = args.first() {
                    quotient(cx, first.value, &format!("`{name}` of"));
                }
            } else if name == "format"
                && let Some((template, values)) = args.split_first()
            {
                formatted(cx, template.value, values);
            }
        }
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(value, Some(spec)) = part
                    && let Ok(spec) = FormatSpec::parse(spec)
                    && shows_fraction(&spec)
                {
                    quotient(cx, value, "formatted with a fraction,");
                }
            }
        }
        ExprKind::MethodCall {
            recv, name, args, ..
        } => {
            if OF_FRACTIONS.contains(&name.name) && !cx.methods.contains(name.name) {
                quotient(cx, recv, &format!("`{}` of", name.name));
            } else if name.name == "format" && !cx.methods.contains(name.name) {
                formatted(cx, recv, args);
            }
        }
        _ => {}
    }
}

fn binary<'a>(
    cx: &mut Cx<'a, '_>,
    op: BinaryOp,
    op_span: Span,
    left: &'a Expr<'a>,
    right: &'a Expr<'a>,
) {
    use BinaryOp as Op;
    let compares = matches!(op, Op::Lt | Op::Le | Op::Gt | Op::Ge | Op::Eq | Op::Ne);
    if compares {
        for (one, other) in [(left, right), (right, left)] {
            if cx.types.of(one) == Ty::Bool && cx.types.of(other).is_number() {
                let finding = BOOL_AS_NUMBER.at(op_span, "this compares a bool with a number");
                return cx.report(finding.related(one.span, "the bool"));
            }
        }
    }
    if op == Op::Div {
        average(cx, op_span, left, right);
        nothing(cx, op_span, left, right);
    }
    if op == Op::Pow && inexact(cx, right) {
        quotient(cx, right, "as an exponent,");
    }
    if op == Op::Mul {
        multiplied(cx, left, right);
        multiplied(cx, right, left);
    }
    if compares || matches!(op, Op::Add | Op::Sub | Op::Mul) {
        for (one, other) in [(left, right), (right, left)] {
            if has_fraction(other) || !compares && matches!(bare(other).kind, ExprKind::Float(_)) {
                let what = if compares {
                    "compared with a float,"
                } else {
                    "beside a float,"
                };
                quotient(cx, one, what);
            }
        }
    }
}

/// A literal divided by a larger one.
fn nothing<'a>(cx: &mut Cx<'a, '_>, op_span: Span, left: &'a Expr<'a>, right: &'a Expr<'a>) {
    if let (ExprKind::Int(IntLit::Small(part)), ExprKind::Int(IntLit::Small(whole))) =
        (left.kind, right.kind)
        && part > 0
        && part < whole
        && cx.quotients.insert(op_span.lo)
    {
        let text = "this quotient of two ints is 0, for it has no fraction";
        let help = format!("write `{part}.0 / {whole}`");
        cx.report(INTEGER_QUOTIENT.at(op_span, text).help(help));
    }
}

/// A quotient of two int literals that has a fraction.
fn inexact(cx: &Cx, expr: &Expr) -> bool {
    let ExprKind::Binary {
        op: BinaryOp::Div,
        left,
        right,
        ..
    } = bare(expr).kind
    else {
        return false;
    };
    let number = |expr: &Expr| cx.source.span_text(expr.span).parse::<u64>();
    matches!((number(left), number(right)), (Ok(x), Ok(y)) if y != 0 && x % y != 0)
}

/// A sum of ints divided by the number of the things that were added.
fn average<'a>(cx: &mut Cx<'a, '_>, op_span: Span, left: &'a Expr<'a>, right: &'a Expr<'a>) {
    if !is_count(cx, right) || !is_total(cx, left) || !is_int(cx, left) || !is_int(cx, right) {
        return;
    }
    if cx.quotients.insert(op_span.lo) {
        let finding = INTEGER_QUOTIENT.at(op_span, "the average of ints has no fraction");
        cx.report(finding.help(to_float_of(cx, left)));
    }
}

/// `len(xs)`, `xs.len()`, `xs.count()`, a variable that holds one of these, and a variable or
/// field that begins at 0 and is only ever increased by 1.
fn is_count<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> bool {
    const COUNTS: &[&str] = &["len", "count"];
    match bare(expr).kind {
        ExprKind::Call { callee, args } => {
            matches!(callee.kind, ExprKind::Name(name) if COUNTS.contains(&name))
                && !cx.is_own(callee.span)
                && args.len() == 1
        }
        ExprKind::MethodCall { name, args, .. } => {
            COUNTS.contains(&name.name) && args.is_empty() && !cx.methods.contains(name.name)
        }
        ExprKind::Name(_) | ExprKind::Field { .. } => match given_to(cx, expr) {
            [Given::Value(value)] if !matches!(bare(value).kind, ExprKind::Name(_)) => {
                is_count(cx, value)
            }
            given => is_increased(cx, given, |by| cx.source.span_text(by.span) == "1"),
        },
        _ => false,
    }
}

/// A call of `sum`, a variable that holds its result, or a variable or field that begins at 0
/// and is only added to.
fn is_total<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> bool {
    match bare(expr).kind {
        ExprKind::Call { callee, .. } => {
            matches!(callee.kind, ExprKind::Name("sum" | "sum_by")) && !cx.is_own(callee.span)
        }
        ExprKind::MethodCall { name, .. } => {
            matches!(name.name, "sum" | "sum_by") && !cx.methods.contains(name.name)
        }
        ExprKind::Name(_) | ExprKind::Field { .. } => match given_to(cx, expr) {
            [Given::Value(value)] if !matches!(bare(value).kind, ExprKind::Name(_)) => {
                is_total(cx, value)
            }
            given => is_increased(cx, given, |_| true),
        },
        _ => false,
    }
}

/// All that the variable or field is given; nothing if it is not known.
fn given_to<'f, 'a>(cx: &Cx<'a, 'f>, expr: &'a Expr<'a>) -> &'f [Given<'a>] {
    let expr = bare(expr);
    match expr.kind {
        ExprKind::Name(_) => match cx.types.var_of(expr.span) {
            Some(var) => &cx.facts.vars[var.0 as usize].given,
            None => &[],
        },
        ExprKind::Field { recv, name, .. } => match cx.types.of(recv) {
            Ty::Instance(ty) => match cx.types.place_of_field(ty, name.name) {
                Some(at) => &cx.facts.fields[ty.0 as usize][at],
                None => &[],
            },
            _ => &[],
        },
        _ => &[],
    }
}

/// Whether it begins at 0, and all else that it is given is added to it, by such steps.
fn is_increased<'a>(cx: &Cx, given: &[Given<'a>], step: impl Fn(&Expr<'a>) -> bool) -> bool {
    let [Given::Value(first), added @ ..] = given else {
        return false;
    };
    cx.source.span_text(first.span) == "0"
        && !added.is_empty()
        && (added.iter()).all(|given| match given {
            Given::Compound(BinaryOp::Add, by) => step(by),
            _ => false,
        })
}

fn to_float_of<'a>(cx: &Cx<'a, '_>, left: &'a Expr<'a>) -> String {
    let left = cx.source.span_text(bare(left).span);
    format!("write `to_float({left}) / …`")
}

/// A part of a hundred that is multiplied, a share that is made a percentage, and a fraction of
/// literals. Other quotients of ints are often meant to be multiplied without their fraction.
fn multiplied<'a>(cx: &mut Cx<'a, '_>, one: &'a Expr<'a>, other: &'a Expr<'a>) {
    if let ExprKind::Binary {
        op: BinaryOp::Div,
        left: dividend,
        right: divisor,
        ..
    } = bare(one).kind
    {
        let text = |expr: &Expr| cx.source.span_text(expr.span);
        let is_hundred = |expr| matches!(text(expr), "100" | "1000");
        let is_literal = |expr: &Expr| matches!(expr.kind, ExprKind::Int(_));
        let of_hundred = is_hundred(divisor) && text(other) != text(divisor);
        let percentage = is_hundred(other) && !is_literal(divisor);
        let is_fraction = match (text(dividend).parse::<u64>(), text(divisor).parse::<u64>()) {
            (Ok(x), Ok(y)) => y != 0 && x % y != 0 && text(other) != text(divisor),
            _ => false,
        };
        if of_hundred || percentage || is_fraction {
            quotient(cx, one, "multiplied,");
        }
    }
}

fn bare<'a>(expr: &'a Expr<'a>) -> &'a Expr<'a> {
    match expr.kind {
        ExprKind::Paren(inner)
        | ExprKind::Unary {
            op: UnaryOp::Neg,
            operand: inner,
            ..
        } => bare(inner),
        _ => expr,
    }
}

/// A float literal that no int equals.
fn has_fraction(expr: &Expr) -> bool {
    matches!(bare(expr).kind, ExprKind::Float(value) if value.fract() != 0.0)
}

/// Whether a format of an interpolation shows a fraction.
fn shows_fraction(spec: &FormatSpec) -> bool {
    match spec.letter {
        Some('f') => spec.precision != Some(0),
        Some('e' | '%') => true,
        None => spec.precision.is_some_and(|digits| digits > 0),
        Some(_) => false,
    }
}

/// Values against the conversions of a template.
fn formatted<'a>(cx: &mut Cx<'a, '_>, template: &'a Expr<'a>, values: &[Arg<'a>]) {
    let ExprKind::Str(text) = template.kind else {
        return;
    };
    let wants = conversions(text);
    for (arg, want) in values.iter().zip(wants) {
        if arg.spread {
            return;
        }
        if want {
            quotient(cx, arg.value, "formatted with a fraction,");
        }
    }
}

/// For each conversion of a template whether it shows a fraction.
fn conversions(template: &str) -> Vec<bool> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(at) = rest.find('%') {
        let spec = &rest[at + 1..];
        let Some(end) = spec.find(|c: char| !matches!(c, '0'..='9' | '.' | '-' | '+' | ' ' | '#'))
        else {
            break;
        };
        let letter = spec[end..].chars().next().unwrap_or('%');
        if letter != '%' {
            found.push(matches!(letter, 'f' | 'e'));
        }
        rest = &spec[end + letter.len_utf8()..];
    }
    found
}

/// Whether nothing in the text makes a float, and nothing comes from elsewhere: then all
/// numbers are ints.
pub fn ints_only(cx: &Cx) -> bool {
    let gives_floats = |name: &str| {
        let constant = stdlib::CONSTANTS.iter().any(|&(one, _)| one == name);
        // Rounding gives ints of ints.
        let native = stdlib::function(name).filter(|_| name != "round");
        let gives = native.is_some_and(|number| {
            let result = stdlib::natives()[number as usize].result;
            result.contains("float") || result.is_empty() && !stdlib::is_pure(number)
        });
        constant || gives
    };
    let methods = cx
        .facts
        .exprs
        .iter()
        .filter_map(|site| match site.expr.kind {
            ExprKind::MethodCall { name, .. } => Some(name.name),
            _ => None,
        });
    let mut names = cx.facts.names.iter().map(|name| name.name).chain(methods);
    !cx.facts.floats
        && !cx.res.meets_strangers
        && !cx.methods.contains("op_div")
        && !cx.methods.contains("op_rdiv")
        && !names.any(gives_floats)
}

fn is_int<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>) -> bool {
    match cx.types.of(expr) {
        Ty::INT => true,
        Ty::Unknown | Ty::Nothing => cx.ints_only,
        _ => false,
    }
}

/// Steps of an elimination: an element of a table, from which a multiple of another is
/// taken, where the factor is the quotient of two elements of the same table.
pub fn eliminations(cx: &mut Cx) {
    let facts = cx.facts;
    for (table, var) in facts.vars.iter().enumerate() {
        for &(_, given) in &var.stored {
            let product = match given {
                Given::Compound(BinaryOp::Sub | BinaryOp::Add, value) => value,
                Given::Value(value) => match bare(value).kind {
                    ExprKind::Binary {
                        op: BinaryOp::Sub | BinaryOp::Add,
                        right,
                        ..
                    } => right,
                    _ => continue,
                },
                _ => continue,
            };
            let ExprKind::Binary {
                op: BinaryOp::Mul,
                left,
                right,
                ..
            } = bare(product).kind
            else {
                continue;
            };
            for factor in [left, right] {
                let of_table = |one| table_of(cx, one, NAMES_ON_THE_WAY) == Some(table);
                if let Some(found) = division(cx, factor, NAMES_ON_THE_WAY)
                    && of_table(found.left)
                    && of_table(found.right)
                {
                    quotient(cx, factor, "multiplied,");
                }
            }
        }
    }
}

/// The variable in whose container an element is that the expression reads.
fn table_of<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>, names: u32) -> Option<usize> {
    let expr = bare(expr);
    if let ExprKind::Name(_) = expr.kind {
        let var = cx.types.var_of(expr.span)?;
        let [Given::Value(value)] = cx.facts.vars[var.0 as usize].given[..] else {
            return None;
        };
        return table_of(cx, value, names.checked_sub(1)?);
    }
    if !matches!(expr.kind, ExprKind::Index { .. }) {
        return None;
    }
    let root = root_of(expr)?;
    cx.types.var_of(root.expr.span).map(|var| var.0 as usize)
}

/// Reports an expression that is the quotient of two ints; `how` it is used. A variable and
/// a function that only ever give such quotients count as one.
pub fn quotient<'a>(cx: &mut Cx<'a, '_>, expr: &'a Expr<'a>, how: &str) {
    let Some(Division { op_span, left, .. }) = division(cx, expr, NAMES_ON_THE_WAY) else {
        return;
    };
    let text = format!("{how} the quotient of two ints has no fraction");
    if !cx.quotients.insert(op_span.lo) {
        return;
    }
    let help = to_float_of(cx, left);
    let expr = bare(expr);
    let finding = match expr.kind {
        ExprKind::Binary { .. } => INTEGER_QUOTIENT.at(op_span, text),
        _ => INTEGER_QUOTIENT
            .at(expr.span, text)
            .related(op_span, "it is computed here"),
    };
    cx.report(finding.help(help));
}

/// Variables and functions that may be between a quotient and its use.
const NAMES_ON_THE_WAY: u32 = 4;

/// A division of two ints.
struct Division<'a> {
    op_span: Span,
    left: &'a Expr<'a>,
    right: &'a Expr<'a>,
}

/// The division of ints whose result the expression is.
fn division<'a>(cx: &Cx<'a, '_>, expr: &'a Expr<'a>, names: u32) -> Option<Division<'a>> {
    let names_left = || names.checked_sub(1);
    match expr.kind {
        ExprKind::Paren(inner) => division(cx, inner, names),
        ExprKind::Binary {
            op: BinaryOp::Div,
            op_span,
            left,
            right,
        } if is_int(cx, left) && is_int(cx, right) => Some(Division {
            op_span,
            left,
            right,
        }),
        ExprKind::Name(_) => {
            let var = cx.types.var_of(expr.span)?;
            let mut found = None;
            for given in &cx.facts.vars[var.0 as usize].given {
                let Given::Value(value) = *given else {
                    return None;
                };
                found = Some(division(cx, value, names_left()?)?);
            }
            found
        }
        ExprKind::Call { callee, .. } => {
            let def = cx.res.defs.get(&cx.types.var_of(callee.span)?)?;
            let func = &cx.facts.funcs[cx.res.func_of(def).0 as usize];
            if func.def.is_none_or(|def| def.is_async || def.is_generator) {
                return None;
            }
            let mut found = None;
            for value in &func.returns {
                found = Some(division(cx, (*value)?, names_left()?)?);
            }
            found
        }
        _ => None,
    }
}

/// Comments that look like divisors.
pub fn comments(cx: &mut Cx) {
    let ends: Set<u32> = cx.facts.value_ends.iter().copied().collect();
    let names: Set<&str> = cx.res.vars.iter().map(|var| var.name).collect();
    for comment in cx.module.comments {
        let Some(operand) = comment.text.strip_prefix("//") else {
            continue;
        };
        let before = cx.source.text()[..comment.span.lo as usize].trim_end_matches([' ', '\t']);
        if operand.starts_with('/') || !ends.contains(&(before.len() as u32)) {
            continue;
        }
        if !is_operand(operand, &names) {
            continue;
        }
        let slashes = Span::new(comment.span.lo, comment.span.lo + 2);
        let finding =
            COMMENT_AS_DIVISION.at(slashes, "`//` begins a comment, and this is not divided");
        let help = "write `/`, which divides ints without a rest";
        cx.report(finding.help(help).fix(slashes, "/"));
    }
}

/// Whether the text of a comment is an expression of numbers and names of the program.
fn is_operand(text: &str, names: &Set<&str>) -> bool {
    let source = SourceFile::new("comment", text);
    let arena = bumpalo::Bump::new();
    let (module, wrong) = syntax::parse(&source, &arena);
    let ([only], [], []) = (module.body.stmts, &wrong[..], module.comments) else {
        return false;
    };
    match only.kind {
        StmtKind::Expr(value) => is_arithmetic(value, names),
        _ => false,
    }
}

fn is_arithmetic(expr: &Expr, names: &Set<&str>) -> bool {
    match expr.kind {
        ExprKind::Int(_) | ExprKind::Float(_) => true,
        ExprKind::Name(name) => names.contains(name),
        ExprKind::Paren(inner) | ExprKind::Field { recv: inner, .. } => is_arithmetic(inner, names),
        ExprKind::Binary { left, right, .. }
        | ExprKind::Index {
            recv: left,
            index: right,
            ..
        } => is_arithmetic(left, names) && is_arithmetic(right, names),
        ExprKind::Call { callee, args } => {
            let known = matches!(callee.kind, ExprKind::Name(name) if names.contains(name) || stdlib::function(name).is_some());
            known && args.iter().all(|arg| is_arithmetic(arg.value, names))
        }
        _ => false,
    }
}
