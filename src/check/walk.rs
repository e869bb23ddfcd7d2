//! The walk over the tree that fills [`Facts`]. It decides nothing: it knows how
//! parts of the language use what they contain, and the rules the rest.

use super::control;
use super::facts::*;
use crate::compiler::Builtins;
use crate::compiler::resolve::{
    FuncIdx, Res, Resolved, VarId, VarKind, each_binding, each_place, root_of,
};
use crate::compiler::visit::{Part, parts};
use crate::syntax::ast::*;

pub fn walk<'a>(module: &Module<'a>, res: &Resolved<'a>, builtins: &dyn Builtins) -> Facts<'a> {
    let mut facts = Facts::default();
    facts.vars.resize_with(res.vars.len(), VarFacts::default);
    facts.funcs.resize_with(res.funcs.len(), FuncFacts::default);
    let mut walk = Walk {
        res,
        builtins,
        facts,
        func: FuncIdx(0),
        guarded: 0,
        probe: false,
        loops: Vec::new(),
        storing: None,
    };
    walk.block(&module.body, false);
    walk.facts
}

struct Walk<'a, 'r> {
    res: &'r Resolved<'a>,
    builtins: &'r dyn Builtins,
    facts: Facts<'a>,
    func: FuncIdx,
    /// How many `try` bodies enclose the place.
    guarded: u32,
    /// The statement is all that its function or `try` does, perhaps for an error.
    probe: bool,
    /// Where the loops of the function begin that enclose the place.
    loops: Vec<u32>,
    /// The variable that the statement stores in.
    storing: Option<VarId>,
}

impl<'a> Walk<'a, '_> {
    /// A block; `wanted`: the value of its last statement is used.
    fn block(&mut self, block: &Block<'a>, wanted: bool) {
        self.facts.blocks.push(*block);
        let probe = std::mem::take(&mut self.probe);
        for (index, stmt) in block.stmts.iter().enumerate() {
            self.probe = probe;
            self.stmt(stmt, wanted && index + 1 == block.stmts.len());
        }
        self.probe = false;
    }

    /// A statement; `wanted`: its value is that of an expression around it.
    fn stmt(&mut self, stmt: &'a Stmt<'a>, wanted: bool) {
        match stmt.kind {
            StmtKind::Expr(value) if wanted => self.used(value),
            StmtKind::Expr(value) => {
                self.site(stmt);
                self.probe = false;
                self.expr(value, Use::Discarded);
            }
            StmtKind::Let {
                pattern, ty, value, ..
            } => {
                self.promise(ty, value);
                if !matches!(pattern.kind, PatternKind::Bind(_)) {
                    self.taken_apart(value);
                }
                self.used(value);
                self.bind(pattern, Given::Value(value));
            }
            StmtKind::Assign {
                target, ty, value, ..
            } => {
                self.promise(ty, value);
                match target {
                    Target::Place(target) => {
                        self.storing_in(target, |walk| walk.used(value));
                        self.store(target, Given::Value(value));
                    }
                    Target::Pattern(pattern) => {
                        self.taken_apart(value);
                        self.used(value);
                        each_place(pattern, &mut |place| self.store(place, Given::Unknown));
                        self.bind(pattern, Given::Unknown);
                    }
                }
            }
            StmtKind::Compound {
                place, op, value, ..
            } => {
                self.storing_in(place, |walk| walk.used(value));
                match place.kind {
                    ExprKind::Name(name) => {
                        self.name(name, place.span);
                        if let Some(var) = self.var_at(place.span) {
                            self.event(var, Act::Compound, place.span);
                            self.give(var, Given::Compound(op, value));
                        }
                    }
                    ExprKind::Field { name, .. } => {
                        let given = Given::Compound(op, value);
                        self.facts.field_writes.push((name.name, given));
                        self.stored_in(place, 0, given);
                        self.through(place, Act::Write(place));
                    }
                    _ => self.store(place, Given::Compound(op, value)),
                }
            }
            StmtKind::Func(def) => self.function(def),
            StmtKind::Struct(def) => {
                for field in def.fields {
                    self.facts.types.extend(field.ty);
                    if let Some(value) = field.default {
                        self.promise(field.ty, value);
                        self.inside(self.res.default_func(value.span), |walk| walk.used(value));
                    }
                }
                for method in def.methods {
                    self.function(method);
                }
            }
            StmtKind::If {
                cond,
                ref then,
                otherwise,
            } => {
                self.expr(cond, Use::Test);
                self.block(then, wanted);
                match otherwise {
                    Some(Else::Block(ref block)) => self.block(block, wanted),
                    Some(Else::If(inner)) => self.stmt(inner, wanted),
                    None => {}
                }
            }
            StmtKind::While { cond, ref body, .. } => {
                self.site(stmt);
                self.loops.push(stmt.span.lo);
                if let Some(cond) = cond {
                    self.expr(cond, Use::Test);
                }
                self.block(body, false);
                self.loops.pop();
            }
            StmtKind::For {
                vars,
                iter,
                ref body,
                ..
            } => {
                self.site(stmt);
                self.used(iter);
                // The sequence is computed once.
                self.loops.push(body.span.lo);
                match vars {
                    ForVars::One(pattern) => self.bind(pattern, Given::Element(iter)),
                    ForVars::Two(key, pattern) => {
                        if let Some(var) = self.var_at(key.span) {
                            self.declare(var, key.span);
                            self.give(var, Given::Position(iter));
                        }
                        self.bind(pattern, Given::Unknown);
                    }
                }
                self.block(body, false);
                self.loops.pop();
            }
            StmtKind::Match {
                subject,
                cases,
                ref default,
            } => {
                self.site(stmt);
                self.used(subject);
                for case in cases {
                    self.case_pattern(case.pattern);
                    each_binding(case.pattern, &mut |_, span| {
                        if let Some(var) = self.var_at(span) {
                            self.declare(var, span);
                            self.give(var, Given::Unknown);
                        }
                    });
                    if let Some(guard) = case.guard {
                        self.expr(guard, Use::Test);
                    }
                    self.block(&case.body, wanted);
                }
                if let Some(block) = default {
                    self.block(block, wanted);
                }
            }
            StmtKind::Try {
                ref body,
                ref except,
                ref finally,
            } => {
                self.guarded += 1;
                self.probing(body.stmts.len() == 1, |walk| walk.block(body, wanted));
                self.guarded -= 1;
                if let Some(except) = except {
                    if let Some(var) = except.name.and_then(|name| self.var_at(name.span)) {
                        self.give(var, Given::Unknown);
                    }
                    self.block(&except.body, wanted);
                }
                if let Some(finally) = finally {
                    self.block(finally, false);
                }
            }
            StmtKind::Return(value) => {
                let func = &mut self.facts.funcs[self.func.0 as usize];
                func.returns.push(value);
                let result = func.def.and_then(|def| def.result);
                if let Some(value) = value {
                    self.promise_of(result, value);
                    self.used(value);
                }
            }
            StmtKind::Export(inner) => self.stmt(inner, false),
            StmtKind::Import(_) => self.site(stmt),
            StmtKind::Enum(def) => {
                if let Some(var) = self.var_at(def.name.span) {
                    self.facts.enums.push((var, def));
                }
            }
            StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Test { .. }
            | StmtKind::TestGroup { .. }
            | StmtKind::TestSetup(_)
            | StmtKind::TestTeardown(_) => {}
        }
    }

    fn site(&mut self, stmt: &'a Stmt<'a>) {
        self.facts.stmts.push(StmtSite {
            stmt,
            guarded: self.guarded > 0,
            probe: self.probe,
        });
    }

    /// A written type, and the value after it.
    fn promise(&mut self, ty: Option<&'a Type<'a>>, value: &'a Expr<'a>) {
        self.facts.types.extend(ty);
        self.promise_of(ty, value);
    }

    fn promise_of(&mut self, ty: Option<&'a Type<'a>>, value: &'a Expr<'a>) {
        let promise = ty.map(|ty| Promise { ty, value });
        self.facts.promises.extend(promise);
    }

    fn function(&mut self, def: &'a FuncDef<'a>) {
        let func = self.res.func_of(def);
        self.facts.funcs[func.0 as usize].def = Some(def);
        self.facts.types.extend(def.result);
        self.inside(func, |walk| {
            for param in def.params {
                if let Some(value) = param.default {
                    walk.promise(param.ty, value);
                    walk.used(value);
                } else {
                    walk.facts.types.extend(param.ty);
                }
                match (param.pattern, walk.var_at(param.name.span)) {
                    (Some(pattern), _) => walk.bind(pattern, Given::Unknown),
                    (None, Some(var)) if walk.res.var(var).kind == VarKind::SelfParam => {}
                    (None, Some(var)) => walk.give(
                        var,
                        match param.ty {
                            Some(ty) if !param.rest => Given::Declared(ty),
                            // The arguments of calls are found when all are known.
                            _ if def.name.is_some() => continue,
                            _ => Given::Unknown,
                        },
                    ),
                    (None, None) => {}
                }
            }
            let probe = def.name.is_none() && def.params.is_empty() && def.body.stmts.len() == 1;
            walk.guarded += u32::from(probe);
            walk.probing(probe, |walk| match def.body.stmts {
                // The rule about arrows has more to say.
                [only] if control::lone_name(def).is_some() => walk.stmt(only, true),
                _ => walk.block(&def.body, false),
            });
        });
        if !def.body.stmts.last().is_some_and(control::leaves) {
            self.facts.funcs[func.0 as usize].returns.push(None);
        }
    }

    /// A part of the tree that belongs to another function.
    fn inside(&mut self, func: FuncIdx, look: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.func, func);
        let loops = std::mem::take(&mut self.loops);
        // A function that is written in a `try` is hardly called elsewhere.
        let guarded = self.guarded;
        let storing = self.storing.take();
        look(self);
        (self.func, self.loops, self.guarded) = (outer, loops, guarded);
        self.storing = storing;
    }

    fn probing(&mut self, probe: bool, look: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.probe, probe);
        look(self);
        self.probe = outer;
    }

    fn var_at(&self, span: Span) -> Option<VarId> {
        match self.res.name(span) {
            Res::Var(var) => Some(var),
            _ => None,
        }
    }

    fn facts_of(&mut self, var: VarId) -> &mut VarFacts<'a> {
        &mut self.facts.vars[var.0 as usize]
    }

    fn give(&mut self, var: VarId, given: Given<'a>) {
        self.facts_of(var).given.push(given);
    }

    fn declare(&mut self, var: VarId, span: Span) {
        if self.res.var(var).span.lo == span.lo {
            self.facts_of(var).loops = self.loops.len();
        }
    }

    fn event(&mut self, var: VarId, act: Act<'a>, span: Span) {
        let func = self.func;
        let repeated_from = match self.res.var(var).func == func {
            true => {
                let outside = self.facts_of(var).loops;
                self.loops.get(outside).copied()
            }
            false => None,
        };
        self.facts_of(var).events.push(Event {
            act,
            span,
            func,
            repeated_from: repeated_from.unwrap_or(u32::MAX),
        });
    }

    /// The names of a destructuring pattern, or the one that it is.
    fn bind(&mut self, pattern: &'a Pattern<'a>, given: Given<'a>) {
        let is_name = matches!(pattern.kind, PatternKind::Bind(_));
        each_binding(pattern, &mut |_, span| {
            if let Some(var) = self.var_at(span) {
                self.declare(var, span);
                self.event(var, Act::Assign, span);
                self.give(var, if is_name { given } else { Given::Unknown });
                if !is_name {
                    self.facts.patterns.push(var);
                }
            }
        });
    }

    /// A value that has parts.
    fn taken_apart(&mut self, value: &Expr<'a>) {
        if let ExprKind::Name(_) = value.kind {
            let var = self.var_at(value.span);
            self.facts.indexed.extend(var);
        }
    }

    /// The types and expressions in the pattern of a case.
    fn case_pattern(&mut self, pattern: &'a Pattern<'a>) {
        let mut nested = |patterns: &'a [Pattern<'a>]| {
            for one in patterns {
                self.case_pattern(one);
            }
        };
        match pattern.kind {
            PatternKind::Array { items, .. } => nested(items),
            PatternKind::Alt(alternatives) => nested(alternatives),
            PatternKind::Tag { ty, parts, .. } => {
                nested(parts.unwrap_or(&[]));
                if let Some(ty) = ty {
                    self.mention(ty);
                }
            }
            PatternKind::Dict { entries, .. } => {
                for entry in entries {
                    self.case_pattern(&entry.pattern);
                }
            }
            PatternKind::Struct { name, entries, .. } => {
                self.mention(name);
                for entry in entries {
                    self.case_pattern(&entry.pattern);
                }
            }
            PatternKind::Bind(name) if self.res.is_const_pattern(pattern.span) => {
                self.mention(Ident {
                    name,
                    span: pattern.span,
                });
            }
            PatternKind::Bind(_)
            | PatternKind::Wild
            | PatternKind::Literal(_)
            | PatternKind::Range { .. }
            | PatternKind::Place(_) => {}
        }
    }

    /// A value whose statement stores in the place.
    fn storing_in(&mut self, place: &'a Expr<'a>, value: impl FnOnce(&mut Self)) {
        let root = root_of(place).and_then(|root| self.var_at(root.expr.span));
        let outer = std::mem::replace(&mut self.storing, root);
        value(self);
        self.storing = outer;
    }

    /// The target of an assignment.
    fn store(&mut self, target: &'a Expr<'a>, given: Given<'a>) {
        match target.kind {
            ExprKind::Paren(inner) => self.store(inner, given),
            ExprKind::Name(name) => {
                self.name(name, target.span);
                if let Some(var) = self.var_at(target.span) {
                    self.declare(var, target.span);
                    self.event(var, Act::Assign, target.span);
                    self.give(var, given);
                }
            }
            _ => {
                if let ExprKind::Field { name, .. } = target.kind {
                    self.facts.keys.push(name.name);
                    self.facts.field_writes.push((name.name, given));
                }
                self.stored_in(target, 0, given);
                self.through(target, Act::Write(target));
            }
        }
    }

    /// A value that is stored in the place, or `deeper` inside it.
    fn stored_in(&mut self, place: &'a Expr<'a>, deeper: usize, given: Given<'a>) {
        let mut at = place;
        let mut depth = deeper;
        loop {
            match at.kind {
                ExprKind::Paren(inner) | ExprKind::OptChain(inner) => at = inner,
                ExprKind::Field { recv, name, .. } => {
                    if depth != 0 {
                        let store = (name.name, depth, given);
                        self.facts.field_stores.push(store);
                    }
                    depth += 1;
                    at = recv;
                }
                ExprKind::Index { recv, .. } => {
                    depth += 1;
                    at = recv;
                }
                _ => break,
            }
        }
        if let ExprKind::Name(_) = at.kind
            && let Some(var) = self.var_at(at.span)
        {
            self.facts_of(var).stored.push((depth, given));
        }
    }

    /// The values that a call of a mutating built-in method stores in its receiver.
    fn stored_by(&mut self, recv: &'a Expr<'a>, name: &str, args: &'a [Arg<'a>]) {
        let last = args.last().filter(|arg| !arg.spread);
        let given = last.map_or(Given::Unknown, |arg| Given::Value(arg.value));
        match name {
            "push" | "append" | "insert" | "set" => self.stored_in(recv, 1, given),
            "extend" | "update" => self.stored_in(recv, 1, Given::Unknown),
            // The others take something out or put it in order; those of sets, queues and
            // the like fill what is never indexed.
            _ => {}
        }
    }

    /// A write through a variable: reads its indices.
    fn through(&mut self, path: &'a Expr<'a>, act: Act<'a>) {
        let root = root_of(path).map(|root| root.expr);
        let mut at = path;
        loop {
            match at.kind {
                ExprKind::Paren(inner) | ExprKind::OptChain(inner) => at = inner,
                ExprKind::Field { recv, .. } => {
                    self.expr_site(at, Use::Value);
                    at = recv;
                }
                ExprKind::Index { recv, index, .. } => {
                    self.used(index);
                    at = recv;
                }
                ExprKind::Name(name) if root.is_some() => {
                    self.name(name, at.span);
                    if let Some(var) = self.var_at(at.span) {
                        self.event(var, act, path.span);
                    }
                    return;
                }
                _ => return self.used(at),
            }
        }
    }

    /// A name that must mean something.
    fn name(&mut self, name: &'a str, span: Span) {
        self.facts.names.push(Ident { name, span });
    }

    /// A name whose value is read.
    fn mention(&mut self, name: Ident<'a>) {
        self.name(name.name, name.span);
        let Some(var) = self.var_at(name.span) else {
            return;
        };
        let act = match self.storing == Some(var) {
            true => Act::ReadForItself,
            false => Act::Read,
        };
        self.event(var, act, name.span);
    }

    /// A variable whose value is passed on: the functions in it may be called anywhere.
    fn value(&mut self, var: VarId) {
        match self.res.var(var).kind {
            VarKind::Func => {
                if let Some(def) = self.res.defs.get(&var) {
                    let func = self.res.func_of(def);
                    self.facts.funcs[func.0 as usize].is_value = true;
                }
            }
            VarKind::Struct(_) => {
                self.facts.type_values.insert(var);
            }
            _ => {}
        }
    }

    /// A function that is called.
    fn callee(&mut self, callee: &'a Expr<'a>) {
        match callee.kind {
            ExprKind::Name(name) => self.mention(Ident {
                name,
                span: callee.span,
            }),
            _ => self.used(callee),
        }
    }

    fn expr_site(&mut self, expr: &'a Expr<'a>, used: Use) {
        self.facts.exprs.push(ExprSite {
            expr,
            guarded: self.guarded > 0,
            looped: !self.loops.is_empty(),
            used,
        });
    }

    /// An expression whose value is used.
    fn used(&mut self, expr: &'a Expr<'a>) {
        self.facts.value_ends.push(expr.span.hi);
        self.expr(expr, Use::Value);
    }

    fn expr(&mut self, expr: &'a Expr<'a>, used: Use) {
        match expr.kind {
            ExprKind::Paren(inner) => self.expr(inner, used),
            ExprKind::Name(name) => {
                if matches!(used, Use::Test | Use::TestInValue) {
                    self.expr_site(expr, used);
                }
                let span = expr.span;
                self.mention(Ident { name, span });
                if let Some(var) = self.var_at(span) {
                    self.value(var);
                }
            }
            ExprKind::Unary {
                op: UnaryOp::Not,
                operand,
                ..
            } => {
                self.expr_site(expr, used);
                self.expr(operand, operand_use(used));
            }
            // Long chains lean to the left: follow them without recursion.
            ExprKind::Binary { .. } => {
                let mut rights = Vec::new();
                let mut at = expr;
                while let ExprKind::Binary {
                    op, left, right, ..
                } = at.kind
                {
                    let whole = matches!(right.kind, ExprKind::Int(_));
                    self.facts.floats |= op == BinaryOp::Pow && !whole;
                    self.expr_site(at, used);
                    rights.push(right);
                    at = left;
                }
                self.expr(at, Use::Value);
                for right in rights.into_iter().rev() {
                    self.expr(right, Use::Value);
                }
            }
            ExprKind::Logic {
                op: op @ (LogicOp::And | LogicOp::Or),
                ..
            } => {
                let mut rights = Vec::new();
                let (mut at, mut inner) = (expr, used);
                while let ExprKind::Logic {
                    op: own,
                    left,
                    right,
                    ..
                } = at.kind
                    && own == op
                {
                    self.expr_site(at, inner);
                    rights.push(right);
                    at = left;
                    inner = operand_use(used);
                }
                self.expr(at, operand_use(used));
                for right in rights.into_iter().rev() {
                    self.expr(right, operand_use(used));
                }
            }
            ExprKind::Float(_) => self.facts.floats = true,
            ExprKind::Call { callee, args } => {
                self.expr_site(expr, used);
                self.callee(callee);
                self.args(args);
            }
            ExprKind::Pipe { left, right, .. } => {
                self.expr_site(expr, used);
                self.used(left);
                match right.kind {
                    ExprKind::Call { callee, args } => {
                        self.callee(callee);
                        self.args(args);
                    }
                    ExprKind::MethodCall { recv, args, .. } => {
                        self.stored_in(recv, 1, Given::Unknown);
                        self.used(recv);
                        self.args(args);
                    }
                    _ => self.callee(right),
                }
            }
            ExprKind::MethodCall {
                recv, name, args, ..
            } => {
                self.expr_site(expr, used);
                self.stored_by(recv, name.name, args);
                let changes = used == Use::Discarded
                    && root_of(recv).is_some()
                    && (self.builtins.is_mutating_method(name.name)
                        || self.res.mutating_names.contains(name.name));
                match changes {
                    true => self.through(recv, Act::Change(recv, name.name)),
                    false => self.used(recv),
                }
                self.args(args);
            }
            ExprKind::Field { recv, name, .. } => {
                self.facts.read_fields.insert(name.name);
                self.expr_site(expr, used);
                self.used(recv);
            }
            ExprKind::Dict(items) => {
                for item in items {
                    match item {
                        DictItem::Pair {
                            key: DictKey::Name(name),
                            ..
                        }
                        | DictItem::Shorthand(name) => self.facts.keys.push(name.name),
                        DictItem::Pair {
                            key: DictKey::Str { text, .. },
                            ..
                        } => self.facts.keys.push(text),
                        _ => {}
                    }
                }
                self.parts(expr, used);
            }
            _ => self.parts(expr, used),
        }
    }

    fn args(&mut self, args: &'a [Arg<'a>]) {
        for arg in args {
            self.used(arg.value);
        }
    }

    fn parts(&mut self, expr: &'a Expr<'a>, used: Use) {
        if let ExprKind::Index { recv, index, .. } = expr.kind
            && let ExprKind::Int(_) = index.kind
        {
            self.taken_apart(recv);
        }
        if matches!(
            expr.kind,
            ExprKind::StructLit { .. }
                | ExprKind::Dict(_)
                | ExprKind::Path { .. }
                | ExprKind::Str(_)
                | ExprKind::Template(_)
                | ExprKind::Range { .. }
                | ExprKind::Index { .. }
                | ExprKind::Slice { .. }
                | ExprKind::Logic { .. }
        ) {
            self.expr_site(expr, used);
        }
        let wanted = used != Use::Discarded;
        parts(expr, &mut |part| match part {
            Part::Expr(value) => self.used(value),
            Part::Func(def) => self.function(def),
            Part::Name(name) => {
                self.mention(name);
                // The name of a type before `::` or a literal is no value.
                let is_type = matches!(
                    expr.kind,
                    ExprKind::Path { .. } | ExprKind::StructLit { .. }
                );
                if let Some(var) = self.var_at(name.span)
                    && !is_type
                {
                    self.value(var);
                }
            }
            Part::Block(block) => self.block(&block, false),
            Part::Stmt(stmt) => self.stmt(stmt, wanted),
        });
    }
}

/// How the operand of `&&`, `||`, `!` is used.
fn operand_use(used: Use) -> Use {
    match used {
        Use::Test => Use::Test,
        _ => Use::TestInValue,
    }
}
