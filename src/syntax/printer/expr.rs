//! Printing expressions: precedence decides about parentheses.

use super::Printer;
use super::doc::Cmd;
use super::list::Style;
use crate::syntax::ast::{
    ArrayItem, BinaryOp, DictItem, DictKey, Expr, ExprKind, FieldInit, FuncForm, Ident, LogicOp,
    Span, UnaryOp,
};

/// How tightly an expression holds together; the numbers of the parser's
/// table, with the forms that are no binary operators above and below it.
pub(super) const OPEN: u8 = 0;
const PIPE: u8 = 1;
const COMPARISON: u8 = 6;
const RANGE: u8 = 7;
const UNARY: u8 = 14;
const POWER: u8 = 15;
pub(super) const POSTFIX: u8 = 16;

/// How tight the left operand of an operator is at least. Comparisons do not follow
/// each other.
fn least_on_left(power: u8) -> u8 {
    if power == COMPARISON {
        power + 1
    } else {
        power
    }
}

fn tightness(expr: &Expr<'_>) -> u8 {
    match expr.kind {
        ExprKind::Yield(_)
        | ExprKind::YieldAll(_)
        | ExprKind::Throw { .. }
        | ExprKind::Control(_) => OPEN,
        ExprKind::Pipe { .. } => PIPE,
        ExprKind::Logic { op, .. } => logic(op),
        ExprKind::Range { .. } => RANGE,
        ExprKind::Binary { op, .. } => binary(op),
        ExprKind::Unary { .. } | ExprKind::Await { .. } => UNARY,
        _ => POSTFIX,
    }
}

fn logic(op: LogicOp) -> u8 {
    match op {
        LogicOp::Coalesce => 2,
        LogicOp::Or => 3,
        LogicOp::And => 4,
    }
}

fn binary(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Eq | BinaryOp::Ne => 5,
        BinaryOp::Lt
        | BinaryOp::Le
        | BinaryOp::Gt
        | BinaryOp::Ge
        | BinaryOp::In
        | BinaryOp::NotIn => COMPARISON,
        BinaryOp::BitOr => 8,
        BinaryOp::BitXor => 9,
        BinaryOp::BitAnd => 10,
        BinaryOp::Shl | BinaryOp::Shr => 11,
        BinaryOp::Add | BinaryOp::Sub => 12,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 13,
        BinaryOp::Pow => POWER,
    }
}

impl Printer<'_> {
    pub(super) fn expr(&mut self, expr: &Expr<'_>) {
        self.operand(expr, OPEN, true);
    }

    /// The target of an assignment, where every name is just a name.
    pub(super) fn place(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Name(name) => self.name(name, expr.span),
            _ => self.expr(expr),
        }
    }

    /// An expression that must hold together at least as tightly as `least`.
    /// `last` says that nothing follows it that `yield` or `throw` could
    /// swallow.
    pub(super) fn operand(&mut self, expr: &Expr<'_>, least: u8, last: bool) {
        if self.needs_parens(expr, least, last) {
            self.in_parens(expr, 0);
        } else {
            self.bare(expr, last);
        }
    }

    /// Whether [`operand`](Self::operand) adds parentheses. Code that lays out an
    /// expression by its kind asks first: when what is printed is read again,
    /// they are in the tree.
    pub(super) fn needs_parens(&self, expr: &Expr<'_>, least: u8, last: bool) -> bool {
        let mut tight = tightness(expr);
        if tight == OPEN && last {
            // It takes all that follows, and nothing does; before its left
            // neighbour it is like a name.
            tight = POSTFIX;
        }
        let parens = match expr.kind {
            ExprKind::Yield(None) => self.head || tight < least || !last,
            ExprKind::Yield(_) | ExprKind::YieldAll(_) | ExprKind::Throw { .. } => !last,
            ExprKind::Dict(_) => self.head,
            // Its body would swallow what follows; only `|>` takes it on its right.
            ExprKind::Func(def) if def.form != FuncForm::Func => {
                self.head || (least > OPEN && (least != PIPE + 1 || !last))
            }
            ExprKind::StructLit { name, .. } => {
                self.head || matches!(name.name, "default" | "test_setup" | "test_teardown")
            }
            // Before an operand it would throw.
            ExprKind::Name("throw") => true,
            _ => tight < least,
        };
        parens && !self.written
    }

    /// Operators below others of the same chain are printed by a loop, so
    /// that a long chain needs no deep stack. Each run of operators of one
    /// level is a group; lines end before `&&`, `||`, `??`, `|>` and after
    /// other operators, where even a `-` goes on.
    fn chain(&mut self, expr: &Expr<'_>, last: bool) {
        let mut links = Vec::new();
        let mut first = expr;
        loop {
            let (left, right, text, power, at) = match first.kind {
                ExprKind::Binary {
                    op,
                    left,
                    right,
                    op_span,
                } if op != BinaryOp::Pow => (left, right, op.text(), binary(op), op_span),
                ExprKind::Logic {
                    op,
                    left,
                    right,
                    op_span,
                } => {
                    let text = match op {
                        LogicOp::And => "&&",
                        LogicOp::Or => "||",
                        LogicOp::Coalesce => "??",
                    };
                    (left, right, text, logic(op), op_span)
                }
                ExprKind::Range {
                    lo,
                    hi,
                    inclusive,
                    op_span,
                } => {
                    let text = if inclusive { "..=" } else { ".." };
                    (lo, hi, text, RANGE, op_span)
                }
                ExprKind::Pipe {
                    left,
                    right,
                    op_span,
                } => (left, right, "|>", PIPE, op_span),
                _ => break,
            };
            links.push((right, text, power, at));
            first = left;
            if tightness(left) < least_on_left(power) {
                break;
            }
        }
        // The loosest operators come first in `links`, and their group is the
        // outermost.
        let mut level = None;
        let mut groups = 0;
        for &(_, _, power, _) in &links {
            if level != Some(power) {
                self.doc.begin();
                groups += 1;
                level = Some(power);
            }
        }
        let mut level = links.last().map_or(OPEN, |&(_, _, power, _)| power);
        self.operand(first, least_on_left(level), false);
        for _ in 0..groups {
            self.doc.cmd(Cmd::Indent);
        }
        while let Some((right, text, power, at)) = links.pop() {
            if power != level {
                self.doc.cmd(Cmd::Dedent);
                self.doc.end();
                level = power;
            }
            self.closing(at.lo);
            let leads = power <= logic(LogicOp::And);
            let line = Cmd::Line { blank: false };
            match power {
                RANGE => self.push(text),
                _ if leads => {
                    self.doc.cmd(line);
                    self.push(text);
                    self.push(" ");
                }
                _ => {
                    self.push(" ");
                    self.push(text);
                    self.beside(right.span.lo);
                    self.doc.cmd(line);
                }
            }
            self.operand(right, power + 1, last && links.is_empty());
        }
        self.doc.cmd(Cmd::Dedent);
        self.doc.end();
    }

    pub(super) fn bare(&mut self, expr: &Expr<'_>, last: bool) {
        match expr.kind {
            ExprKind::Null => self.name("null", expr.span),
            ExprKind::Bool(true) => self.name("true", expr.span),
            ExprKind::Bool(false) => self.name("false", expr.span),
            ExprKind::Int(value) => {
                if !self.verbatim(expr.span) {
                    self.int(value);
                }
            }
            ExprKind::Float(value) => {
                if !self.verbatim(expr.span) {
                    self.push(&format!("{value:?}"));
                }
            }
            ExprKind::Str(text) => {
                if !self.verbatim(expr.span) {
                    self.string(text);
                }
            }
            ExprKind::Template(parts) => {
                if !self.verbatim(expr.span) {
                    self.template(parts);
                }
            }
            ExprKind::Name(name) => self.name(name, expr.span),
            ExprKind::Array(items) => self.array(expr, items),
            ExprKind::Dict(items) => self.dict(expr, items),
            ExprKind::StructLit { name, items } => self.struct_literal(expr, name, items),
            ExprKind::Func(def) => {
                self.leading(expr.span.lo);
                self.func(def);
            }
            ExprKind::Unary { op, operand, .. } => {
                self.leading(expr.span.lo);
                self.push(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Not => "!",
                    UnaryOp::BitNot => "~",
                });
                self.operand(operand, UNARY, last);
            }
            ExprKind::Await { operand, .. } => {
                self.leading(expr.span.lo);
                self.push("await ");
                self.operand(operand, UNARY, last);
            }
            ExprKind::Binary {
                op: BinaryOp::Pow,
                left,
                right,
                op_span,
            } => {
                self.operand(left, POSTFIX, false);
                self.closing(op_span.lo);
                self.push(" ** ");
                self.operand(right, UNARY, last);
            }
            ExprKind::Binary { .. }
            | ExprKind::Logic { .. }
            | ExprKind::Range { .. }
            | ExprKind::Pipe { .. } => self.chain(expr, last),
            ExprKind::OptChain(inner) => self.bare(inner, last),
            ExprKind::Call { .. }
            | ExprKind::MethodCall { .. }
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Slice { .. }
            | ExprKind::Try { .. } => self.postfix(expr),
            ExprKind::Path { ty, name } => {
                self.name(ty.name, ty.span);
                self.push("::");
                self.name(name.name, name.span);
            }
            ExprKind::Paren(inner) => self.paren(expr, inner),
            ExprKind::Yield(value) => {
                self.leading(expr.span.lo);
                self.push("yield");
                if let Some(value) = value {
                    self.push(" ");
                    self.operand(value, OPEN, true);
                }
            }
            ExprKind::YieldAll(values) => {
                self.leading(expr.span.lo);
                self.push("yield* ");
                self.operand(values, OPEN, true);
            }
            ExprKind::Throw { value, cause } => {
                self.leading(expr.span.lo);
                self.push("throw");
                let space = self.doc.cmds.len();
                self.push(" ");
                self.operand(value, OPEN, cause.is_none());
                // `throw(x)` is written like a call.
                let opens = self.doc.cmds[space + 1..]
                    .iter()
                    .find_map(|cmd| match *cmd {
                        Cmd::Text { lo, hi } => Some(self.doc.slice(lo, hi).starts_with('(')),
                        _ => None,
                    });
                if opens == Some(true) {
                    self.doc.cmds[space] = Cmd::Nothing;
                }
                if let Some(cause) = cause {
                    self.push(" from ");
                    self.operand(cause, OPEN, true);
                }
            }
            ExprKind::Spawn(def) => {
                self.leading(expr.span.lo);
                self.push("spawn ");
                self.short_block(&def.body);
            }
            ExprKind::Control(stmt) => {
                self.leading(expr.span.lo);
                self.statement(stmt);
            }
        }
    }

    pub(super) fn spread(&mut self, value: &Expr<'_>) {
        self.push("...");
        self.expr(value);
    }

    /// Parentheses; a long chain of operators is on lines of its own.
    fn paren(&mut self, expr: &Expr<'_>, inner: &Expr<'_>) {
        self.leading(expr.span.lo);
        self.in_parens(inner, expr.span.hi.saturating_sub(1));
    }

    pub(super) fn in_parens(&mut self, inner: &Expr<'_>, close: u32) {
        let head = std::mem::replace(&mut self.head, false);
        let chain = matches!(
            inner.kind,
            ExprKind::Binary { .. } | ExprKind::Logic { .. } | ExprKind::Pipe { .. }
        );
        self.push("(");
        if chain {
            self.doc.begin();
            self.doc.cmd(Cmd::Indent);
            self.beside(inner.span.lo);
            self.doc.cmd(Cmd::Soft);
        }
        self.bare(inner, true);
        self.closing(close);
        if chain {
            self.doc.cmd(Cmd::Dedent);
            self.doc.cmd(Cmd::Soft);
            self.doc.end();
        }
        self.push(")");
        self.head = head;
    }

    /// Whether the author began a literal's items on a line of their own.
    fn opened(&self, open: u32, first: Option<Span>) -> bool {
        let first = first.map(|first| self.comments.first_before(first.lo));
        first.is_some_and(|first| self.comments.line_ends_between(open, first))
    }

    fn array(&mut self, expr: &Expr<'_>, items: &[ArrayItem<'_>]) {
        self.leading(expr.span.lo);
        let span = |item: &ArrayItem<'_>| match item {
            ArrayItem::Item(value) | ArrayItem::Spread(value) => value.span,
        };
        let close = expr.span.hi.saturating_sub(1);
        let mut style = Style::new("[", "]", items.len());
        style.force = self.opened(expr.span.lo, items.first().map(span));
        style.fill = !self.comments.any_before(close)
            && items.iter().all(|item| match item {
                ArrayItem::Item(value) => is_number(value),
                ArrayItem::Spread(_) => false,
            });
        self.delimited(style, items, Some(close), span, |p, item| match item {
            ArrayItem::Item(item) => p.expr(item),
            ArrayItem::Spread(item) => p.spread(item),
        });
    }

    fn dict(&mut self, expr: &Expr<'_>, items: &[DictItem<'_>]) {
        self.leading(expr.span.lo);
        let span = |item: &DictItem<'_>| match item {
            DictItem::Shorthand(name) => name.span,
            DictItem::Spread(value) => value.span,
            DictItem::Pair { key, value } => key_span(key).to(value.span),
        };
        let mut style = Style::new("{", "}", items.len());
        style.force = self.opened(expr.span.lo, items.first().map(span));
        let close = expr.span.hi.saturating_sub(1);
        self.delimited(style, items, Some(close), span, Self::dict_item);
    }

    fn dict_item(&mut self, item: &DictItem<'_>) {
        let (key, value) = match item {
            DictItem::Shorthand(name) => return self.push(name.name),
            DictItem::Spread(value) => return self.spread(value),
            DictItem::Pair { key, value } => (key, value),
        };
        match *key {
            DictKey::Name(name) => self.push(name.name),
            DictKey::Str { text, span } => {
                if !self.verbatim(span) {
                    self.string(text);
                }
            }
            DictKey::Template(key) => self.bare(key, true),
            DictKey::Int { value, span } => {
                if !self.verbatim(span) {
                    self.int(value);
                }
            }
            DictKey::Computed(key) => self.inside("[", "]", |p| p.expr(key)),
        }
        self.push(": ");
        self.expr(value);
    }

    fn struct_literal(&mut self, expr: &Expr<'_>, name: Ident<'_>, items: &[FieldInit<'_>]) {
        self.name(name.name, name.span);
        self.push(" ");
        let span = |item: &FieldInit<'_>| match item {
            FieldInit::Shorthand(name) => name.span,
            FieldInit::Spread(value) => value.span,
            FieldInit::Pair { name, value } => name.span.to(value.span),
        };
        let open = self.comments.next_token(name.span.hi);
        let mut style = Style::new("{", "}", items.len());
        style.pad = true;
        style.force = self.opened(open, items.first().map(span));
        let close = expr.span.hi.saturating_sub(1);
        self.delimited(style, items, Some(close), span, |p, item| match item {
            FieldInit::Shorthand(name) => p.push(name.name),
            FieldInit::Spread(value) => p.spread(value),
            FieldInit::Pair { name, value } => {
                p.push(name.name);
                p.push(": ");
                p.expr(value);
            }
        });
    }
}

fn key_span(key: &DictKey<'_>) -> Span {
    match *key {
        DictKey::Name(name) => name.span,
        DictKey::Str { span, .. } | DictKey::Int { span, .. } => span,
        DictKey::Template(key) | DictKey::Computed(key) => key.span,
    }
}

/// Whether the text of an expression begins with the brace of a dict.
pub(super) fn begins_with_brace(expr: &Expr<'_>) -> bool {
    let mut at = expr;
    loop {
        at = match at.kind {
            ExprKind::Dict(_) => return true,
            ExprKind::Binary { left, .. }
            | ExprKind::Logic { left, .. }
            | ExprKind::Pipe { left, .. }
            | ExprKind::Range { lo: left, .. }
            | ExprKind::Call { callee: left, .. }
            | ExprKind::MethodCall { recv: left, .. }
            | ExprKind::Field { recv: left, .. }
            | ExprKind::Index { recv: left, .. }
            | ExprKind::Slice { recv: left, .. }
            | ExprKind::Try { operand: left, .. }
            | ExprKind::OptChain(left) => left,
            _ => return false,
        };
    }
}

fn is_number(expr: &Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Int(_) | ExprKind::Float(_) => true,
        ExprKind::Unary { operand, .. } => is_number(operand),
        _ => false,
    }
}
