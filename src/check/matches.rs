//! Cases of `match`: names that bind instead of comparing, cases that nothing comes
//! to, and enums.

use super::rule::{Level, Rule};
use super::{Cx, members};
use crate::compiler::hash::{Map, Set};
use crate::compiler::resolve::{VarId, VarKind};
use crate::syntax::ast::*;

pub const BINDING_CASE: Rule = Rule {
    name: "binding-case",
    level: Level::Suspicious,
    summary: "A bare name in a case that is also a variant, a type or a constant-like variable.",
    explanation: "A bare name fits every value and gives it that name; only a visible `const` is compared with. A variant is written with\n\
                  its enum, `Color::Red`.",
    wrong: "enum Color { Red, Green }\nfunc name_of(c) {\n    match c {\n        case Red: return \"red\"\n    }\n    return \"other\"\n}\nprint(name_of(Color::Green))",
    right: "enum Color { Red, Green }\nfunc name_of(c) {\n    match c {\n        case Color::Red: return \"red\"\n        default: return \"other\"\n    }\n}\nprint(name_of(Color::Green))",
};

pub const UNREACHABLE_CASE: Rule = Rule {
    name: "unreachable-case",
    level: Level::Suspicious,
    summary: "A case after one that fits everything it fits.",
    explanation: "The first case that fits is taken. A bare name and `_` fit every value, a bare variant every payload.",
    wrong: "func size(n) {\n    match n {\n        case 1: return \"one\"\n        case x: return \"${x}\"\n        case 2: return \"two\"\n    }\n}\nprint(size(2))",
    right: "func size(n) {\n    match n {\n        case 1: return \"one\"\n        case 2: return \"two\"\n        case x: return \"${x}\"\n    }\n}\nprint(size(2))",
};

pub const MISSING_VARIANTS: Rule = Rule {
    name: "missing-variants",
    level: Level::Suspicious,
    summary: "A `match` over the variants of one enum that leaves some out.",
    explanation: "A value that no case fits does nothing. Where that is meant, say it: `default: {}`.",
    wrong: "enum Light { Red, Yellow, Green }\nfunc may_go(light) {\n    match light {\n        case Light::Red: return false\n        case Light::Green: return true\n    }\n}\nprint(may_go(Light::Yellow))",
    right: "enum Light { Red, Yellow, Green }\nfunc may_go(light) {\n    match light {\n        case Light::Red | Light::Yellow: return false\n        case Light::Green: return true\n    }\n}\nprint(may_go(Light::Yellow))",
};

pub const VARIANT_PARTS: Rule = Rule {
    name: "variant-parts",
    level: Level::Suspicious,
    summary: "A case whose variant has another number of parts than the program ever gives it.",
    explanation: "A case with parts fits exactly so many. Variants do not declare what they carry, so this looks at where the program\n\
                  makes them.",
    wrong: "enum Shape { Circle, Square }\nfunc area(s) {\n    match s {\n        case Shape::Circle(r): return 3 * r * r\n        case Shape::Square(a, b): return a * b\n    }\n}\nprint(area(Shape::Circle(1)), area(Shape::Square(2)))",
    right: "enum Shape { Circle, Square }\nfunc area(s) {\n    match s {\n        case Shape::Circle(r): return 3 * r * r\n        case Shape::Square(a): return a * a\n    }\n}\nprint(area(Shape::Circle(1)), area(Shape::Square(2)))",
};

/// The payloads of a variant in the program: by number of parts, or any.
#[derive(Default)]
pub struct Payloads {
    counts: Vec<usize>,
    /// It is made where the number cannot be told.
    any: bool,
}

/// The payloads that each variant of the program is made with, by its enum and name.
pub type Made<'a> = Map<(VarId, &'a str), Payloads>;

/// Notes the variants that an expression makes.
pub fn note<'a>(made: &mut Made<'a>, owner: VarId, name: &'a str, args: Option<&[Arg<'a>]>) {
    let payloads = made.entry((owner, name)).or_default();
    let args = args.unwrap_or(&[]);
    if args.iter().any(|arg| arg.spread) {
        payloads.any = true;
    } else if payloads.counts.len() < 8 && !payloads.counts.contains(&args.len()) {
        payloads.counts.push(args.len());
    }
}

pub fn statement<'a>(
    cx: &mut Cx<'a, '_>,
    subject: &'a Expr<'a>,
    cases: &'a [Case<'a>],
    default: Option<&Block<'a>>,
) {
    for case in cases {
        members::pattern(cx, case.pattern);
        names(cx, case.pattern);
        parts(cx, case.pattern);
    }
    reachable(cx, cases, default);
    if default.is_none() {
        variants(cx, subject, cases);
    }
}

/// Every pattern inside a pattern, itself included.
fn each<'a>(pattern: &'a Pattern<'a>, look: &mut dyn FnMut(&'a Pattern<'a>)) {
    look(pattern);
    match pattern.kind {
        PatternKind::Array { items: inner, .. }
        | PatternKind::Alt(inner)
        | PatternKind::Tag {
            parts: Some(inner), ..
        } => {
            for one in inner {
                each(one, look);
            }
        }
        PatternKind::Dict { entries, .. } | PatternKind::Struct { entries, .. } => {
            for entry in entries {
                each(&entry.pattern, look);
            }
        }
        _ => {}
    }
}

fn names<'a>(cx: &mut Cx<'a, '_>, pattern: &'a Pattern<'a>) {
    let mut bound = Vec::new();
    each(pattern, &mut |one| {
        if let PatternKind::Bind(name) = one.kind {
            bound.push((name, one.span));
        }
    });
    for (name, span) in bound {
        if cx.res.is_const_pattern(span) {
            continue;
        }
        let finding = || BINDING_CASE.at(span, format!("`{name}` fits every value and binds it"));
        if let Some(&owner) = cx.variants.get(name) {
            let text = format!("{}::{name}", cx.res.var(owner).name);
            cx.report((finding().help(format!("write `{text}`"))).fix(span, text));
        } else if let Some(&outer) = cx.constants.get(name) {
            let var = cx.res.var(outer);
            let finding = finding().related(var.span, format!("`{name}` is declared here"));
            cx.report(match var.kind {
                VarKind::Struct(_) | VarKind::Enum => finding,
                _ => finding.help(format!(
                    "declare it with `const {name} := …` to compare with it"
                )),
            });
        }
    }
}

fn parts<'a>(cx: &mut Cx<'a, '_>, pattern: &'a Pattern<'a>) {
    // Values of exported enums may come from elsewhere.
    if cx.res.meets_strangers {
        return;
    }
    let mut tags = Vec::new();
    each(pattern, &mut |one| {
        if let PatternKind::Tag {
            ty: Some(ty),
            name,
            parts: Some(parts),
        } = one.kind
        {
            tags.push((ty, name, parts.len(), one.span));
        }
    });
    for (ty, name, wanted, span) in tags {
        let Some(owner) = cx.types.var_of(ty.span) else {
            continue;
        };
        let Some(made) = cx.made.get(&(owner, name.name)) else {
            continue;
        };
        if made.any || made.counts.is_empty() || made.counts.contains(&wanted) {
            continue;
        }
        let given: Vec<String> = made.counts.iter().map(usize::to_string).collect();
        let parts = if wanted == 1 {
            "1 part"
        } else {
            &format!("{wanted} parts")
        };
        let (ty, name) = (ty.name, name.name);
        let text = format!(
            "this case is for {parts}, and the program makes {ty}::{name} with {}",
            given.join(" or ")
        );
        cx.report(VARIANT_PARTS.at(span, text));
    }
}

/// Whether the pattern fits every value.
fn fits_all(cx: &Cx, pattern: &Pattern) -> bool {
    match pattern.kind {
        PatternKind::Wild => true,
        PatternKind::Bind(_) => !cx.res.is_const_pattern(pattern.span),
        PatternKind::Alt(alternatives) => alternatives.iter().any(|one| fits_all(cx, one)),
        _ => false,
    }
}

/// A text for the values that the case fits, if it fits no others: of a literal, or of
/// a variant with parts that fit everything.
fn key(cx: &Cx, pattern: &Pattern) -> Option<String> {
    match pattern.kind {
        PatternKind::Literal(value) => Some(cx.source.span_text(value.span).to_string()),
        PatternKind::Tag { ty, name, parts } => {
            let count = match parts {
                Some(parts) if parts.iter().all(|one| fits_all(cx, one)) => parts.len() as i64,
                Some(_) => return None,
                None => -1,
            };
            let ty = ty.map_or("", |ty| ty.name);
            Some(format!("{ty}::{}/{count}", name.name))
        }
        _ => None,
    }
}

fn reachable<'a>(cx: &mut Cx<'a, '_>, cases: &'a [Case<'a>], default: Option<&Block<'a>>) {
    let mut all: Option<Span> = None;
    let mut seen: Map<String, Span> = Map::default();
    for case in cases {
        if let Some(first) = all {
            let finding = UNREACHABLE_CASE.at(case.pattern.span, "nothing comes to this case");
            cx.report(finding.related(first, "this case fits every value"));
            return;
        }
        let alternatives = match case.pattern.kind {
            PatternKind::Alt(alternatives) => alternatives,
            _ => std::slice::from_ref(case.pattern),
        };
        for one in alternatives {
            let Some(key) = key(cx, one) else { continue };
            let bare = key.rsplit_once('/').map(|(tag, _)| format!("{tag}/-1"));
            let known = seen
                .get(&key)
                .or_else(|| bare.and_then(|bare| seen.get(&bare)));
            if let Some(&first) = known {
                let finding = UNREACHABLE_CASE.at(one.span, "nothing comes to this case");
                cx.report(finding.related(first, "this case fits the same"));
            } else if case.guard.is_none() {
                seen.insert(key, one.span);
            }
        }
        if case.guard.is_none() && fits_all(cx, case.pattern) {
            all = Some(case.pattern.span);
        }
    }
    if let (Some(first), Some(default)) = (all, default) {
        let finding = UNREACHABLE_CASE.at(
            Span::new(default.span.lo, default.span.lo + 1),
            "nothing comes to `default`",
        );
        cx.report(finding.related(first, "this case fits every value"));
    }
}

/// Variants of the one enum that all cases are about that no case names.
fn variants<'a>(cx: &mut Cx<'a, '_>, subject: &'a Expr<'a>, cases: &'a [Case<'a>]) {
    let mut owner: Option<VarId> = None;
    let mut named: Set<&str> = Set::default();
    for case in cases {
        let alternatives = match case.pattern.kind {
            PatternKind::Alt(alternatives) => alternatives,
            _ => std::slice::from_ref(case.pattern),
        };
        for one in alternatives {
            let PatternKind::Tag {
                ty: Some(ty), name, ..
            } = one.kind
            else {
                return;
            };
            let Some(var) = cx.types.var_of(ty.span) else {
                return;
            };
            if owner.is_some_and(|owner| owner != var) {
                return;
            }
            owner = Some(var);
            named.insert(name.name);
        }
    }
    let Some(def) = owner.and_then(|owner| cx.enums.get(&owner).copied()) else {
        return;
    };
    let left: Vec<String> = (def.variants.iter())
        .filter(|one| !named.contains(one.name))
        .map(|one| format!("`{}::{}`", def.name.name, one.name))
        .collect();
    if left.is_empty() {
        return;
    }
    let shown = match left.len() {
        1..=4 => left.join(", "),
        more => format!("{} and {} more", left[..3].join(", "), more - 3),
    };
    let finding = MISSING_VARIANTS.at(subject.span, format!("no case for {shown}"));
    cx.report(finding.help("add the cases, or `default: {}` if nothing is to be done"));
}
