//! The parts of an expression or a statement, for passes that look at all of them alike.

use crate::syntax::ast::*;

/// A part of an expression.
pub enum Part<'a> {
    Expr(&'a Expr<'a>),
    Func(&'a FuncDef<'a>),
    Name(Ident<'a>),
    Block(Block<'a>),
    /// A statement whose value is the expression's.
    Stmt(&'a Stmt<'a>),
}

/// Calls `each` for the expressions of which one is the value of an `if`, `match`
/// or `try`; where there is none, it is null.
pub fn each_value<'a>(stmt: &Stmt<'a>, each: &mut dyn FnMut(&'a Expr<'a>)) {
    let mut block = |block: &Block<'a>| match block.stmts.last() {
        Some(Stmt {
            kind: StmtKind::Expr(value),
            ..
        }) => each(value),
        Some(last) => each_value(last, each),
        None => {}
    };
    match stmt.kind {
        StmtKind::If {
            then, otherwise, ..
        } => {
            block(&then);
            match otherwise {
                Some(Else::Block(otherwise)) => block(&otherwise),
                Some(Else::If(inner)) => each_value(inner, each),
                None => {}
            }
        }
        StmtKind::Match { cases, default, .. } => {
            for case in cases {
                block(&case.body);
            }
            if let Some(default) = default {
                block(&default);
            }
        }
        StmtKind::Try { body, except, .. } => {
            block(&body);
            if let Some(except) = except {
                block(&except.body);
            }
        }
        _ => {}
    }
}

/// Calls `each` for the direct parts of an expression, in source order.
pub fn parts<'a>(expr: &Expr<'a>, each: &mut dyn FnMut(Part<'a>)) {
    let mut values = |list: &[&'a Expr<'a>]| {
        for one in list {
            each(Part::Expr(one));
        }
    };
    match expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Str(_)
        | ExprKind::Yield(None) => {}
        ExprKind::Name(name) => each(Part::Name(Ident {
            name,
            span: expr.span,
        })),
        ExprKind::Path { ty, .. } => each(Part::Name(ty)),
        ExprKind::Func(def) | ExprKind::Spawn(def) => each(Part::Func(def)),
        ExprKind::Control(stmt) => each(Part::Stmt(stmt)),
        ExprKind::Template(parts) => {
            for part in parts {
                if let TemplatePart::Expr(value, _) = part {
                    values(&[value]);
                }
            }
        }
        ExprKind::Array(items) => {
            for item in items {
                let (ArrayItem::Item(value) | ArrayItem::Spread(value)) = item;
                values(&[value]);
            }
        }
        ExprKind::Dict(items) => {
            for item in items {
                match item {
                    DictItem::Pair { key, value } => {
                        if let DictKey::Template(key) | DictKey::Computed(key) = key {
                            each(Part::Expr(key));
                        }
                        each(Part::Expr(value));
                    }
                    DictItem::Shorthand(name) => each(Part::Name(*name)),
                    DictItem::Spread(value) => each(Part::Expr(value)),
                }
            }
        }
        ExprKind::StructLit { name, items } => {
            each(Part::Name(name));
            for item in items {
                match item {
                    FieldInit::Pair { value, .. } | FieldInit::Spread(value) => {
                        each(Part::Expr(value));
                    }
                    FieldInit::Shorthand(name) => each(Part::Name(*name)),
                }
            }
        }
        ExprKind::Unary { operand: value, .. }
        | ExprKind::OptChain(value)
        | ExprKind::Paren(value)
        | ExprKind::YieldAll(value)
        | ExprKind::Try { operand: value, .. }
        | ExprKind::Await { operand: value, .. }
        | ExprKind::Yield(Some(value))
        | ExprKind::Field { recv: value, .. } => values(&[value]),
        ExprKind::Binary { left, right, .. }
        | ExprKind::Logic { left, right, .. }
        | ExprKind::Pipe { left, right, .. }
        | ExprKind::Range {
            lo: left,
            hi: right,
            ..
        }
        | ExprKind::Index {
            recv: left,
            index: right,
            ..
        } => values(&[left, right]),
        ExprKind::Throw { value, cause } => {
            values(&[value]);
            values(cause.as_slice());
        }
        ExprKind::Slice { recv, lo, hi, .. } => {
            values(&[recv]);
            for end in [lo, hi].into_iter().flatten() {
                values(&[end]);
            }
        }
        ExprKind::Call { callee: head, args }
        | ExprKind::MethodCall {
            recv: head, args, ..
        } => {
            values(&[head]);
            for arg in args {
                values(&[arg.value]);
            }
        }
    }
}

/// Calls `each` for the direct parts of a statement that hold expressions, in source
/// order. Patterns are not among them, but for the places that they assign.
pub fn stmt_parts<'a>(stmt: &'a Stmt<'a>, each: &mut dyn FnMut(Part<'a>)) {
    match stmt.kind {
        StmtKind::Expr(value) | StmtKind::Let { value, .. } => each(Part::Expr(value)),
        StmtKind::Assign { target, value, .. } => {
            match target {
                Target::Place(place) => each(Part::Expr(place)),
                Target::Pattern(pattern) => {
                    crate::compiler::each_place(pattern, &mut |place| each(Part::Expr(place)));
                }
            }
            each(Part::Expr(value));
        }
        StmtKind::Compound { place, value, .. } => {
            each(Part::Expr(place));
            each(Part::Expr(value));
        }
        StmtKind::Func(def) => each(Part::Func(def)),
        StmtKind::Struct(def) => {
            for default in def.fields.iter().filter_map(|field| field.default) {
                each(Part::Expr(default));
            }
            for method in def.methods {
                each(Part::Func(method));
            }
        }
        StmtKind::If {
            cond,
            then,
            otherwise,
        } => {
            each(Part::Expr(cond));
            each(Part::Block(then));
            match otherwise {
                Some(Else::Block(block)) => each(Part::Block(block)),
                Some(Else::If(inner)) => each(Part::Stmt(inner)),
                None => {}
            }
        }
        StmtKind::While { cond, body, .. } => {
            if let Some(cond) = cond {
                each(Part::Expr(cond));
            }
            each(Part::Block(body));
        }
        StmtKind::For { iter, body, .. } => {
            each(Part::Expr(iter));
            each(Part::Block(body));
        }
        StmtKind::Match {
            subject,
            cases,
            default,
        } => {
            each(Part::Expr(subject));
            for case in cases {
                if let Some(guard) = case.guard {
                    each(Part::Expr(guard));
                }
                each(Part::Block(case.body));
            }
            if let Some(default) = default {
                each(Part::Block(default));
            }
        }
        StmtKind::Try {
            body,
            except,
            finally,
        } => {
            each(Part::Block(body));
            if let Some(except) = except {
                each(Part::Block(except.body));
            }
            if let Some(finally) = finally {
                each(Part::Block(finally));
            }
        }
        StmtKind::Return(Some(value)) => each(Part::Expr(value)),
        StmtKind::Export(inner) => each(Part::Stmt(inner)),
        StmtKind::Test { table, body, .. } => {
            if let Some(table) = table {
                each(Part::Expr(table.name));
                each(Part::Expr(table.iter));
            }
            each(Part::Block(body));
        }
        StmtKind::TestGroup { body, .. }
        | StmtKind::TestSetup(body)
        | StmtKind::TestTeardown(body) => each(Part::Block(body)),
        StmtKind::Enum(_)
        | StmtKind::Return(None)
        | StmtKind::Break(_)
        | StmtKind::Continue(_)
        | StmtKind::Import(_) => {}
    }
}
