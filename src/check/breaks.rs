//! `break` at the end of the cases of a `match`, as in a `switch` of C: it leaves the loop.

use super::Cx;
use super::control::leaves;
use super::rule::{Level, Rule};
use crate::compiler::resolve::root_of;
use crate::compiler::visit::{Part, stmt_parts};
use crate::syntax::ast::*;

pub const BREAK_IN_CASE: Rule = Rule {
    name: "break-in-case",
    level: Level::Suspicious,
    summary: "Cases of a `match` in a loop that all end in `break`, which leaves the loop.",
    explanation: "A case ends by itself and never goes on into the next one; `break` leaves the loop around the `match`. Where every case\n\
                  does, or where the cases count and collect something and then leave, a `switch` of another language was in mind. A\n\
                  `break` that is to leave the loop may say so with the loop's label.",
    wrong: "ones := 0\nothers := 0\nfor x in [1, 2, 1] {\n    match x {\n        case 1: {\n            ones += 1\n            break\n        }\n        case 2: {\n            others += 1\n            break\n        }\n    }\n}\nprint(ones, others)",
    right: "ones := 0\nothers := 0\nfor x in [1, 2, 1] {\n    match x {\n        case 1: ones += 1\n        case 2: others += 1\n    }\n}\nprint(ones, others)",
};

/// So many calls of one function that are followed by `break` are hardly there to leave.
const MANY_CALLS: usize = 3;

/// A loop and its body.
pub fn repeated<'a>(cx: &mut Cx<'a, '_>, stmt: &'a Stmt<'a>, body: &'a Block<'a>) {
    // A loop without an end of its own is left by `break`.
    let ends = match stmt.kind {
        StmtKind::While { cond, .. } => {
            cond.is_some_and(|cond| !matches!(cond.kind, ExprKind::Bool(_)))
        }
        _ => true,
    };
    let mut matches = Vec::new();
    for stmt in body.stmts {
        find(stmt, &mut matches);
    }
    if matches.is_empty() {
        return;
    }
    let goes_on = cx.source.span_text(stmt.span).contains("continue");
    for (cases, default) in matches {
        look(cx, cases, default, ends, goes_on);
    }
}

type Match<'a> = (&'a [Case<'a>], Option<&'a Block<'a>>);

/// The `match` statements that are in no other loop and no other function.
fn find<'a>(stmt: &'a Stmt<'a>, found: &mut Vec<Match<'a>>) {
    match stmt.kind {
        StmtKind::Match {
            cases, ref default, ..
        } => found.push((cases, default.as_ref())),
        StmtKind::If { .. } | StmtKind::Try { .. } => {}
        _ => return,
    }
    stmt_parts(stmt, &mut |part| match part {
        Part::Block(block) => {
            for stmt in block.stmts {
                find(stmt, found);
            }
        }
        Part::Stmt(stmt) => find(stmt, found),
        _ => {}
    });
}

fn look<'a>(
    cx: &mut Cx<'a, '_>,
    cases: &'a [Case<'a>],
    default: Option<&'a Block<'a>>,
    ends: bool,
    goes_on: bool,
) {
    let breaks = |block: &Block<'a>| {
        let last = block.stmts.last().map(|last| (last.span, last.kind));
        match last {
            Some((span, StmtKind::Break(None))) => Some(span),
            _ => None,
        }
    };
    let leaves = |block: &Block| block.stmts.last().is_some_and(leaves);
    let bodies: Vec<&Block> = cases.iter().map(|case| &case.body).collect();
    let places: Vec<Span> = (bodies.iter().copied().chain(default))
        .filter_map(breaks)
        .collect();
    let [first, _, ..] = places[..] else { return };
    if !bodies.iter().all(|body| leaves(body)) {
        return;
    }
    let never_repeats = !goes_on && default.is_some_and(leaves);
    // The work that comes before a `break`.
    let work: Option<Vec<Work>> = (bodies.iter().copied())
        .filter(|body| breaks(body).is_some())
        .map(|body| match body.stmts {
            [.., before, _] => work_of(cx, before),
            _ => None,
        })
        .collect();
    let work = work.filter(|work| work.len() > 1).unwrap_or_default();
    let collects = !work.is_empty() && work.iter().all(|one| one.collects);
    let same_as_default = default.filter(|body| !leaves(body)).is_some_and(|body| {
        let last = body.stmts.last().and_then(|last| work_of(cx, last));
        last.is_some_and(|last| {
            work.len() >= MANY_CALLS && work.iter().all(|one| one.what == last.what)
        })
    });
    let text = match never_repeats {
        true => "every case leaves the loop, so that it never repeats",
        false if ends && (collects || same_as_default) => {
            "this leaves the loop: a case of `match` ends without a `break`"
        }
        false => return,
    };
    let finding = BREAK_IN_CASE.at(first, text);
    cx.report(finding.help("leave the `break` out; to leave the loop on purpose give it a label"));
}

/// The work of a statement: the function that it calls, or the variable that it adds to.
struct Work<'a> {
    what: &'a str,
    /// It adds to a variable, which is of use only if it is done again.
    collects: bool,
}

fn work_of<'a>(cx: &Cx<'a, '_>, stmt: &'a Stmt<'a>) -> Option<Work<'a>> {
    let root = |place: &'a Expr<'a>| match root_of(place)?.expr.kind {
        ExprKind::Name(name) => Some(name),
        _ => None,
    };
    Some(match stmt.kind {
        StmtKind::Compound { place, .. } => Work {
            what: root(place)?,
            collects: true,
        },
        StmtKind::Expr(value) => match value.kind {
            ExprKind::Call { callee, .. } => match callee.kind {
                ExprKind::Name(what) => Work {
                    what,
                    collects: false,
                },
                _ => return None,
            },
            ExprKind::MethodCall { recv, name, .. } => Work {
                what: root(recv)?,
                collects: matches!(name.name, "push" | "append" | "add")
                    && !cx.methods.contains(name.name),
            },
            _ => return None,
        },
        _ => return None,
    })
}
