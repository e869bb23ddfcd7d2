//! Printing expressions: precedence decides about parentheses.

use super::Printer;
use crate::syntax::ast::{
    Arg, ArrayItem, BinaryOp, DictItem, DictKey, Expr, ExprKind, FieldInit, LogicOp, UnaryOp,
};

/// How tightly an expression holds together; the numbers of the parser's
/// table, with the forms that are no binary operators above and below it.
const OPEN: u8 = 0;
const PIPE: u8 = 1;
const RANGE: u8 = 7;
const UNARY: u8 = 14;
const POWER: u8 = 15;
const POSTFIX: u8 = 16;

fn tightness(expr: &Expr<'_>) -> u8 {
    match expr.kind {
        ExprKind::Yield(_) | ExprKind::Throw(_) => OPEN,
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
        BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge => 6,
        BinaryOp::BitOr => 8,
        BinaryOp::BitXor => 9,
        BinaryOp::BitAnd => 10,
        BinaryOp::Shl | BinaryOp::Shr => 11,
        BinaryOp::Add | BinaryOp::Sub => 12,
        BinaryOp::Mul | BinaryOp::Div | BinaryOp::Mod => 13,
        BinaryOp::Pow => POWER,
    }
}

impl Printer {
    pub(super) fn expr(&mut self, expr: &Expr<'_>) {
        self.operand(expr, OPEN, true);
    }

    /// The target of an assignment, where every name is just a name.
    pub(super) fn place(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Name(name) => self.push(name),
            _ => self.expr(expr),
        }
    }

    /// An expression that must hold together at least as tightly as `least`.
    /// `last` says that nothing follows it that `yield` or `throw` could
    /// swallow.
    fn operand(&mut self, expr: &Expr<'_>, least: u8, last: bool) {
        let mut tight = tightness(expr);
        if tight == OPEN && last {
            // It takes all that follows, and nothing does; before its left
            // neighbour it stands like a name.
            tight = POSTFIX;
        }
        let parens = match expr.kind {
            ExprKind::Yield(None) => self.head || tight < least || !last,
            ExprKind::Yield(_) | ExprKind::Throw(_) => !last,
            ExprKind::Dict(_) => self.head,
            ExprKind::StructLit { name, .. } => {
                self.head || matches!(name.name, "default" | "test_setup" | "test_teardown")
            }
            // Before an operand it would throw.
            ExprKind::Name("throw") => true,
            _ => tight < least,
        };
        if parens {
            self.inside("(", ")", |p| p.bare(expr, true));
        } else {
            self.bare(expr, last);
        }
    }

    /// Operators below others of the same chain are printed by a loop, so
    /// that a long chain needs no deep stack.
    fn chain(&mut self, expr: &Expr<'_>, last: bool) {
        let mut links = Vec::new();
        let mut first = expr;
        loop {
            let (left, right, text, power) = match first.kind {
                ExprKind::Binary {
                    op, left, right, ..
                } if op != BinaryOp::Pow => (left, right, op.text(), binary(op)),
                ExprKind::Logic {
                    op, left, right, ..
                } => {
                    let text = match op {
                        LogicOp::And => "&&",
                        LogicOp::Or => "||",
                        LogicOp::Coalesce => "??",
                    };
                    (left, right, text, logic(op))
                }
                ExprKind::Range {
                    lo, hi, inclusive, ..
                } => (lo, hi, if inclusive { "..=" } else { ".." }, RANGE),
                ExprKind::Pipe { left, right, .. } => (left, right, "|>", PIPE),
                _ => break,
            };
            links.push((right, text, power));
            first = left;
            if tightness(left) < power {
                break;
            }
        }
        let lowest = links.last().map_or(OPEN, |&(_, _, power)| power);
        self.operand(first, lowest, false);
        while let Some((right, text, power)) = links.pop() {
            let tight = power == RANGE;
            if !tight {
                self.push(" ");
            }
            self.push(text);
            if !tight {
                self.push(" ");
            }
            self.operand(right, power + 1, last && links.is_empty());
        }
    }

    fn bare(&mut self, expr: &Expr<'_>, last: bool) {
        match expr.kind {
            ExprKind::Null => self.push("null"),
            ExprKind::Bool(value) => self.push(if value { "true" } else { "false" }),
            ExprKind::Int(value) => self.int(value),
            ExprKind::Float(value) => self.push(&format!("{value:?}")),
            ExprKind::Str(text) => self.string(text),
            ExprKind::Template(parts) => self.template(parts),
            ExprKind::Name(name) => self.push(name),
            ExprKind::Array(items) => self.inside("[", "]", |p| {
                p.list(items, |p, item| match item {
                    ArrayItem::Item(item) => p.expr(item),
                    ArrayItem::Spread(item) => p.spread(item),
                });
            }),
            ExprKind::Dict(items) => {
                self.inside("{", "}", |p| p.list(items, Self::dict_item));
            }
            ExprKind::StructLit { name, items } => self.struct_literal(name.name, items),
            ExprKind::Func(def) => self.func(def),
            ExprKind::Unary { op, operand, .. } => {
                self.push(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Not => "!",
                    UnaryOp::BitNot => "~",
                });
                self.operand(operand, UNARY, last);
            }
            ExprKind::Await { operand, .. } => {
                self.push("await ");
                self.operand(operand, UNARY, last);
            }
            ExprKind::Binary {
                op: BinaryOp::Pow,
                left,
                right,
                ..
            } => {
                self.operand(left, POSTFIX, false);
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
                self.push(ty.name);
                self.push("::");
                self.push(name.name);
            }
            ExprKind::Paren(inner) => self.inside("(", ")", |p| p.bare(inner, true)),
            ExprKind::Yield(value) => {
                self.push("yield");
                if let Some(value) = value {
                    self.push(" ");
                    self.operand(value, OPEN, true);
                }
            }
            ExprKind::Throw(value) => {
                self.push("throw ");
                let start = self.out.len();
                self.operand(value, OPEN, true);
                // `throw(x)` is written like a call.
                if self.out[start..].starts_with('(') {
                    self.out.remove(start - 1);
                }
            }
            ExprKind::Spawn(body) => {
                self.push("spawn ");
                self.block(&body);
            }
        }
    }

    /// A postfix chain, from its operand outwards.
    fn postfix(&mut self, expr: &Expr<'_>) {
        let mut links = Vec::new();
        let mut first = expr;
        loop {
            let inner = match first.kind {
                // What is called as a method is no field first.
                ExprKind::Call { callee, .. } => {
                    if matches!(callee.kind, ExprKind::Field { .. }) {
                        links.push(first);
                        first = callee;
                        break;
                    }
                    callee
                }
                ExprKind::MethodCall { recv, .. }
                | ExprKind::Field { recv, .. }
                | ExprKind::Index { recv, .. }
                | ExprKind::Slice { recv, .. } => recv,
                ExprKind::Try { operand, .. } => operand,
                _ => break,
            };
            links.push(first);
            first = inner;
        }
        // An optional chain inside a chain ends at its parentheses.
        let closed = matches!(first.kind, ExprKind::OptChain(_) | ExprKind::Field { .. });
        if closed {
            self.inside("(", ")", |p| p.bare(first, true));
        } else {
            self.operand(first, POSTFIX, false);
        }
        while let Some(link) = links.pop() {
            self.link(link);
        }
    }

    fn link(&mut self, link: &Expr<'_>) {
        // `e?` before a dot or bracket would become one with it.
        let after_try = self.out.ends_with('?');
        match link.kind {
            ExprKind::Call { args, .. } => self.args(args),
            ExprKind::MethodCall {
                name,
                args,
                optional,
                ..
            } => {
                self.gap(after_try);
                self.push(if optional { "?." } else { "." });
                self.push(name.name);
                self.args(args);
            }
            ExprKind::Field { name, optional, .. } => {
                self.gap(after_try);
                self.push(if optional { "?." } else { "." });
                self.push(name.name);
            }
            ExprKind::Index {
                index, optional, ..
            } => {
                self.gap(after_try);
                let open = if optional { "?[" } else { "[" };
                self.inside(open, "]", |p| p.expr(index));
            }
            ExprKind::Slice {
                lo, hi, optional, ..
            } => {
                self.gap(after_try);
                self.inside(if optional { "?[" } else { "[" }, "]", |p| {
                    if let Some(lo) = lo {
                        p.expr(lo);
                    }
                    p.push(":");
                    if let Some(hi) = hi {
                        p.expr(hi);
                    }
                });
            }
            _ => {
                self.gap(after_try);
                self.push("?");
            }
        }
    }

    fn gap(&mut self, needed: bool) {
        if needed {
            self.push(" ");
        }
    }

    fn args(&mut self, args: &[Arg<'_>]) {
        self.inside("(", ")", |p| {
            p.list(args, |p, arg| {
                if arg.spread {
                    p.push("...");
                }
                p.expr(arg.value);
            });
        });
    }

    fn spread(&mut self, value: &Expr<'_>) {
        self.push("...");
        self.expr(value);
    }

    fn dict_item(&mut self, item: &DictItem<'_>) {
        let (key, value) = match item {
            DictItem::Shorthand(name) => return self.push(name.name),
            DictItem::Spread(value) => return self.spread(value),
            DictItem::Pair { key, value } => (key, value),
        };
        match *key {
            DictKey::Name(name) => self.push(name.name),
            DictKey::Str { text, .. } => self.string(text),
            DictKey::Template(key) => self.bare(key, true),
            DictKey::Int { value, .. } => self.int(value),
            DictKey::Computed(key) => self.inside("[", "]", |p| p.expr(key)),
        }
        self.push(": ");
        self.expr(value);
    }

    fn struct_literal(&mut self, name: &str, items: &[FieldInit<'_>]) {
        self.push(name);
        if items.is_empty() {
            return self.push(" {}");
        }
        self.inside(" { ", " }", |p| {
            p.list(items, |p, item| match item {
                FieldInit::Shorthand(name) => p.push(name.name),
                FieldInit::Spread(value) => p.spread(value),
                FieldInit::Pair { name, value } => {
                    p.push(name.name);
                    p.push(": ");
                    p.expr(value);
                }
            });
        });
    }
}
