//! Where control goes: code that is never reached, loops and blocks that look like
//! something else.

use super::Cx;
use super::facts::Given;
use super::rule::{Level, Rule};
use crate::syntax::ast::*;

pub const UNREACHABLE_CODE: Rule = Rule {
    name: "unreachable-code",
    level: Level::Suspicious,
    summary: "Statements after one from which control never goes on.",
    explanation: "After `return`, `break`, `continue`, `throw`, and an `if` all of whose branches end in them, nothing of the block runs.",
    wrong: "func f() {\n    return 1\n    print(\"done\")\n}\nprint(f())",
    right: "func f() {\n    print(\"done\")\n    return 1\n}\nprint(f())",
};

pub const PAIR_LOOP: Rule = Rule {
    name: "pair-loop",
    level: Level::Suspicious,
    summary: "Two loop variables over a sequence of pairs.",
    explanation: "`for a, b in xs` gives the position and the element. Where the elements are arrays, as those of `zip`, `items`, `pairs`,\n\
                  `chunk`, `windows` and `enumerate`, it takes brackets to take them apart: `for [a, b] in zip(xs, ys)`. For positions\n\
                  no `enumerate` is needed, and for the entries of a dict no `items`.",
    wrong: "for name, age in zip([\"Ann\", \"Bob\"], [31, 27]) { print(name, age) }",
    right: "for [name, age] in zip([\"Ann\", \"Bob\"], [31, 27]) { print(name, age) }",
};

pub const BLOCK_OR_DICT: Rule = Rule {
    name: "block-or-dict",
    level: Level::Suspicious,
    summary: "An arrow whose braces are a block, though they look like a dict.",
    explanation: "After `=>` a `{` opens the body of the function, and `x => {x}` gives null. A dict needs parentheses: `x => ({x})`.",
    wrong: "wrap := x => { x }\nprint(wrap(1))",
    right: "wrap := x => ({x})\nprint(wrap(1))",
};

pub const EMPTY_RANGE: Rule = Rule {
    name: "empty-range",
    level: Level::Suspicious,
    summary: "A loop over a range that ends before it begins.",
    explanation: "`3..0` and `range(3, 0)` count upwards and are empty, so the loop never runs. To count down give a step,\n\
                  `range(3, 0, -1)`, which leaves the end out: `range(n - 1, -1, -1)` goes down to 0.",
    wrong: "for i in 3..0 { print(i) }",
    right: "for i in range(3, 0, -1) { print(i) }",
};

/// Statements of a block that control does not come to.
pub fn block<'a>(cx: &mut Cx<'a, '_>, block: &Block<'a>) {
    let Some(at) = block.stmts.iter().position(leaves) else {
        return;
    };
    let mut rest = block.stmts[at + 1..].iter();
    if let Some(next) = rest.find(|next| !is_declaration(next)) {
        let finding = UNREACHABLE_CODE.at(next.span, "this code is never reached");
        cx.report(finding.related(block.stmts[at].span, "control leaves here"));
    }
}

/// Whether control never reaches the end of the statement.
pub fn leaves(stmt: &Stmt) -> bool {
    let last = |block: &Block| block.stmts.last().is_some_and(leaves);
    match stmt.kind {
        StmtKind::Return(_) | StmtKind::Break(_) | StmtKind::Continue(_) => true,
        StmtKind::Expr(value) => matches!(value.kind, ExprKind::Throw { .. }),
        StmtKind::If {
            then,
            otherwise: Some(otherwise),
            ..
        } => {
            last(&then)
                && match otherwise {
                    Else::Block(block) => last(&block),
                    Else::If(inner) => leaves(inner),
                }
        }
        StmtKind::Match {
            cases,
            default: Some(default),
            ..
        } => last(&default) && cases.iter().all(|case| last(&case.body)),
        StmtKind::Try {
            body,
            except,
            finally,
        } => {
            let handled = except.is_none_or(|except| last(&except.body));
            last(&body) && handled || finally.is_some_and(|finally| last(&finally))
        }
        _ => false,
    }
}

fn is_declaration(stmt: &Stmt) -> bool {
    match stmt.kind {
        StmtKind::Func(_) | StmtKind::Struct(_) | StmtKind::Enum(_) => true,
        StmtKind::Export(inner) => is_declaration(inner),
        StmtKind::Test { .. }
        | StmtKind::TestGroup { .. }
        | StmtKind::TestSetup(_)
        | StmtKind::TestTeardown(_) => true,
        _ => false,
    }
}

/// A loop over a range whose ends are literals the wrong way round, or that begins at the
/// number of elements and ends before 0.
pub fn never_runs<'a>(cx: &mut Cx<'a, '_>, iter: &'a Expr<'a>) {
    let (lo, hi, inclusive) = match iter.kind {
        ExprKind::Paren(inner) => return never_runs(cx, inner),
        ExprKind::Range {
            lo, hi, inclusive, ..
        } => (lo, hi, inclusive),
        ExprKind::Call { callee, args } => match (callee.kind, args) {
            (ExprKind::Name("range"), [lo, hi])
                if !lo.spread && !hi.spread && !cx.is_own(callee.span) =>
            {
                (lo.value, hi.value, false)
            }
            _ => return,
        },
        _ => return,
    };
    let Some(end) = literal(hi) else { return };
    let begins_above = match literal(lo) {
        Some(begin) => begin > end,
        None => end <= 0 && !inclusive && counts_elements(cx, lo),
    };
    if !begins_above {
        return;
    }
    let begin = cx.source.span_text(lo.span);
    let last = end - i64::from(inclusive);
    let finding = EMPTY_RANGE.at(iter.span, "this range is empty: it ends before it begins");
    cx.report(finding.help(format!("to count down write `range({begin}, {last}, -1)`")));
}

/// The value of an int literal, also below 0.
fn literal(expr: &Expr) -> Option<i64> {
    match expr.kind {
        ExprKind::Int(IntLit::Small(value)) => Some(value),
        ExprKind::Unary {
            op: UnaryOp::Neg,
            operand,
            ..
        } => literal(operand).map(|value| -value),
        _ => None,
    }
}

/// `len(xs)`, `xs.len()`, also less a literal.
fn counts_elements(cx: &Cx, expr: &Expr) -> bool {
    match expr.kind {
        ExprKind::Binary {
            op: BinaryOp::Sub,
            left,
            right,
            ..
        } => matches!(right.kind, ExprKind::Int(_)) && counts_elements(cx, left),
        ExprKind::Call { callee, .. } => {
            matches!(callee.kind, ExprKind::Name("len")) && !cx.is_own(callee.span)
        }
        ExprKind::MethodCall { name, .. } => name.name == "len",
        _ => false,
    }
}

/// Built-ins whose elements are arrays of two or more.
const PAIRS: &[&str] = &["zip", "enumerate", "items", "windows", "chunk", "pairs"];

pub fn two_variables<'a>(
    cx: &mut Cx<'a, '_>,
    key: Ident<'a>,
    value: &'a Pattern<'a>,
    iter: &'a Expr<'a>,
) {
    // A value that the loop itself takes apart is meant to be a pair.
    let PatternKind::Bind(name) = value.kind else {
        return;
    };
    // A variable that only ever holds the result of one call is looked through.
    let given = cx.types.var_of(iter.span);
    let source = match given.map(|var| &cx.facts.vars[var.0 as usize].given[..]) {
        Some([Given::Value(value)]) => value,
        _ => iter,
    };
    let (what, subject) = match source.kind {
        ExprKind::Call { callee, args } => match callee.kind {
            ExprKind::Name(name) if !cx.is_own(callee.span) => {
                (name, args.first().map(|arg| arg.value))
            }
            _ => return,
        },
        ExprKind::MethodCall { recv, name, .. } if !cx.methods.contains(name.name) => {
            (name.name, Some(recv))
        }
        _ => return,
    };
    if !PAIRS.contains(&what) || taken_apart(cx, value.span) {
        return;
    }
    let span = key.span.to(value.span);
    let text = format!(
        "`{}` is the position and `{name}` the whole array of `{what}`",
        key.name
    );
    let finding = PAIR_LOOP.at(span, text);
    let subject = subject.map(|one| cx.source.span_text(one.span));
    let brackets = format!("[{}, {name}]", key.name);
    cx.report(match (what, subject) {
        ("enumerate" | "items", Some(subject)) if source.span == iter.span => (finding)
            .help(format!("write `for {}, {name} in {subject}`", key.name))
            .fix(iter.span, subject),
        _ => (finding)
            .help(format!("to take it apart write `for {brackets} in …`"))
            .fix(span, brackets),
    });
}

/// Whether the variable that is declared here is used as an array.
fn taken_apart(cx: &Cx, at: Span) -> bool {
    let Some(var) = cx.types.var_of(at) else {
        return false;
    };
    cx.indexed.contains(&var)
}

/// The name that is all there is in an arrow's block.
pub fn lone_name<'a>(def: &FuncDef<'a>) -> Option<&'a str> {
    if let (FuncForm::ArrowBlock, [only]) = (def.form, def.body.stmts)
        && let StmtKind::Expr(value) = only.kind
        && let ExprKind::Name(name) = value.kind
    {
        return Some(name);
    }
    None
}

/// An arrow's block that looks like a dict.
pub fn arrow(cx: &mut Cx, def: &FuncDef) {
    if let Some(name) = lone_name(def) {
        let text = "this is a block, and the function gives null";
        let help = format!("a dict is written `({{{name}}})`, a value without braces");
        cx.report(BLOCK_OR_DICT.at(def.body.span, text).help(help));
    }
}
