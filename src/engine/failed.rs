//! The part of a failed expression that a report marks. An error knows one place, that
//! of an operator, a name, a bracket; the text says what belongs to it.

use crate::compiler::visit::{Part, parts, stmt_parts};
use crate::syntax::ast::{Expr, ExprKind, Module, Span, Stmt, StmtKind};

/// An expression as its report marks it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Failed {
    /// The thing at the error's place: the operator, the name, the bracket.
    pub mark: Span,
    /// The whole expression, operands included.
    pub whole: Span,
}

/// The expression whose errors have the place `at`. An unknown name is the name alone,
/// though a call may have the same place.
pub fn expression_at(module: &Module<'_>, at: u32, unknown_name: bool) -> Option<Failed> {
    let mut found: Option<Failed> = None;
    let mut offer = |mark: Span, whole: Span| {
        let wider = |one: Failed| whole.hi - whole.lo > one.whole.hi - one.whole.lo;
        if mark.lo == at && found.is_none_or(wider) {
            found = Some(Failed { mark, whole });
        }
    };
    // A list of what is left to be looked at: a tree may be deeper than a stack.
    let mut left: Vec<Part<'_>> = vec![Part::Block(module.body)];
    while let Some(part) = left.pop() {
        match part {
            Part::Name(name) if unknown_name => offer(name.span, name.span),
            Part::Name(_) => {}
            Part::Block(block) => {
                let around = |stmt: &&Stmt<'_>| holds(stmt.span, at);
                left.extend(block.stmts.iter().filter(around).map(Part::Stmt));
            }
            Part::Func(def) => {
                let defaults = def.params.iter().filter_map(|param| param.default);
                left.extend(defaults.map(Part::Expr));
                left.push(Part::Block(def.body));
            }
            Part::Stmt(stmt) => {
                if let StmtKind::Compound { op_span, .. } = stmt.kind {
                    offer(op_span, stmt.span);
                }
                stmt_parts(stmt, &mut |part| left.push(part));
            }
            Part::Expr(expr) if holds(expr.span, at) => {
                if !unknown_name && let Some(mark) = place_of(expr) {
                    offer(mark, expr.span);
                }
                parts(expr, &mut |part| left.push(part));
            }
            Part::Expr(_) => {}
        }
    }
    found
}

fn holds(span: Span, at: u32) -> bool {
    (span.lo..span.hi).contains(&at)
}

/// The thing at the place that errors of this expression itself name.
fn place_of(expr: &Expr<'_>) -> Option<Span> {
    match expr.kind {
        ExprKind::Unary { op_span, .. }
        | ExprKind::Binary { op_span, .. }
        | ExprKind::Range { op_span, .. }
        | ExprKind::Try { op_span, .. } => Some(op_span),
        ExprKind::Field { dot, .. } => Some(dot),
        ExprKind::Index { bracket, .. } | ExprKind::Slice { bracket, .. } => Some(bracket),
        ExprKind::MethodCall { name, .. } | ExprKind::StructLit { name, .. } => Some(name.span),
        ExprKind::Call { callee, .. } => Some(callee_name(callee)),
        _ => None,
    }
}

/// The last name of a callee.
fn callee_name(callee: &Expr<'_>) -> Span {
    match callee.kind {
        ExprKind::Path { name, .. } | ExprKind::Field { name, .. } => name.span,
        _ => callee.span,
    }
}

#[cfg(test)]
mod tests {
    use super::expression_at;
    use crate::syntax::{self, SourceFile};

    /// The texts of the mark and of the whole expression whose error is at the first
    /// `here` in the text.
    fn marked(text: &str, here: &str) -> (String, String) {
        let source = SourceFile::new("t.ruff", text);
        let arena = bumpalo::Bump::new();
        let (module, _) = syntax::parse(&source, &arena);
        let at = text.find(here).expect("the place is in the text") as u32;
        let found = expression_at(&module, at, false).expect("an expression has the place");
        let text = |span| source.span_text(span).to_string();
        (text(found.mark), text(found.whole))
    }

    #[test]
    fn an_operator_has_its_operands() {
        let found = marked("func f() { return 1 + total / count(2) }", "/");
        assert_eq!(found, ("/".to_string(), "total / count(2)".to_string()));
    }

    #[test]
    fn an_index_has_its_container() {
        let found = marked("if c { for x in y { a.b[i + 1] := 2 } }", "[");
        assert_eq!(found, ("[".to_string(), "a.b[i + 1]".to_string()));
    }

    #[test]
    fn a_call_has_its_arguments() {
        let found = marked("x := a.b(1).push(2, 3)", "push");
        assert_eq!(found.0, "push");
        assert_eq!(found.1, "a.b(1).push(2, 3)");
    }

    #[test]
    fn an_assignment_with_an_operator_is_whole() {
        let found = marked("d[\"n\"] += 1", "+=");
        assert_eq!(found, ("+=".to_string(), "d[\"n\"] += 1".to_string()));
    }
}
