//! The walk over the text, top to bottom within a function. The bodies of inner
//! functions wait until the enclosing function has been read to its end: they
//! see every name of the enclosing blocks, also those declared below them.

use std::collections::VecDeque;

use super::scope::Scope;
use super::{Func, FuncIdx, FuncKind, Res, Resolved, ScopeId, Struct, StructIdx, VarId, VarKind};
use crate::compiler::hash::Map;
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;

/// A method call on a variable or a part of it.
pub struct Receiver<'a> {
    pub var: VarId,
    pub method: &'a str,
    pub at: u32,
}

/// A function body that is still to be read.
struct Pending<'a> {
    func: FuncIdx,
    scope: ScopeId,
    body: PendingBody<'a>,
}

enum PendingBody<'a> {
    Func(&'a FuncDef<'a>),
    Default(&'a Expr<'a>),
}

struct LoopLabel<'a> {
    label: Option<&'a str>,
}

pub struct Walker<'a> {
    pub out: Resolved<'a>,
    pub scopes: Vec<Scope<'a>>,
    pub scope: ScopeId,
    pub func: FuncIdx,
    pending: VecDeque<Pending<'a>>,
    loops: Vec<LoopLabel<'a>>,
    receivers: Vec<Receiver<'a>>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Walker<'a> {
    pub fn new() -> Walker<'a> {
        Walker {
            out: Resolved::default(),
            scopes: Vec::new(),
            scope: ScopeId(0),
            func: FuncIdx(0),
            pending: VecDeque::new(),
            loops: Vec::new(),
            receivers: Vec::new(),
            diagnostics: Vec::new(),
        }
    }

    pub fn into_parts(self) -> (Resolved<'a>, Vec<Receiver<'a>>, Vec<Diagnostic>) {
        (self.out, self.receivers, self.diagnostics)
    }

    pub fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn unsupported(&mut self, span: Span, what: &str) {
        self.error(Diagnostic::error(
            span,
            format!("{what} is not yet supported"),
        ));
    }

    pub fn module(&mut self, module: &Module<'a>) {
        self.new_func(None, FuncKind::Script, 0, None);
        self.scope = self.push_scope(None, FuncIdx(0));
        self.out.blocks_at.insert(module.body.span.lo, self.scope);
        self.statements(module.body.stmts, module.body.span.lo);
        while let Some(next) = self.pending.pop_front() {
            self.func = next.func;
            self.scope = next.scope;
            self.loops.clear();
            match next.body {
                PendingBody::Func(def) => self.func_body(def),
                PendingBody::Default(value) => {
                    self.scope = self.push_scope(Some(next.scope), next.func);
                    self.expr(value);
                }
            }
        }
    }

    fn new_func(
        &mut self,
        parent: Option<FuncIdx>,
        kind: FuncKind,
        made_at: u32,
        var: Option<VarId>,
    ) -> FuncIdx {
        let id = FuncIdx(self.out.funcs.len() as u32);
        self.out.funcs.push(Func {
            parent,
            kind,
            made_at,
            var,
            captures: Vec::new(),
            capture_index: Map::default(),
            uses_self: false,
            writes_self: false,
            self_calls: Vec::new(),
            mutating: false,
        });
        id
    }

    /// Puts a function aside until its surroundings are known.
    fn defer(&mut self, def: &'a FuncDef<'a>, kind: FuncKind, made_at: u32, var: Option<VarId>) {
        if def.is_async {
            self.unsupported(def.span, "`async func`");
        }
        if def.is_generator {
            self.unsupported(def.span, "`func*` (a generator)");
        }
        if let Some(var) = var {
            let params = def.params;
            let least = params.iter().rposition(|one| one.default.is_none());
            self.out
                .arities
                .insert(var, (least.map_or(0, |last| last + 1), params.len()));
        }
        let func = self.new_func(Some(self.func), kind, made_at, var);
        self.out.funcs_at.insert(def.span.lo, func);
        self.pending.push_back(Pending {
            func,
            scope: self.scope,
            body: PendingBody::Func(def),
        });
    }

    fn func_body(&mut self, def: &'a FuncDef<'a>) {
        let kind = self.out.func(self.func).kind;
        if let FuncKind::Method {
            ty,
            declares_self: false,
        } = kind
        {
            let members = self.push_scope(Some(self.scope), self.func);
            self.scopes[members.0 as usize].members = Some(ty);
            self.scope = members;
        }
        self.scope = self.push_scope(Some(self.scope), self.func);
        let mut params = def.params;
        if let FuncKind::Method { declares_self, .. } = kind {
            // A selfless method has its `self` at the place of its keyword.
            let span = match params.first() {
                Some(first) if declares_self => first.name.span,
                _ => Span::new(def.span.lo, def.span.lo),
            };
            let receiver = self.declare("self", span, VarKind::SelfParam, span.lo);
            self.out.self_vars.insert(self.func, receiver);
            if declares_self {
                params = &params[1..];
            }
        }
        for param in params {
            let init_end = param
                .default
                .map_or(param.name.span.lo, |value| value.span.hi);
            if let Some(value) = param.default {
                self.expr(value);
            }
            self.declare_ident(param.name, VarKind::Param, init_end);
        }
        self.block(&def.body);
    }

    pub fn block(&mut self, block: &Block<'a>) {
        let outer = self.scope;
        self.scope = self.push_scope(Some(outer), self.func);
        self.out.blocks_at.insert(block.span.lo, self.scope);
        self.statements(block.stmts, block.span.lo);
        self.scope = outer;
    }

    /// A block whose header declares names of its own.
    fn with_header(&mut self, header: impl FnOnce(&mut Self), body: &Block<'a>) {
        let outer = self.scope;
        self.scope = self.push_scope(Some(outer), self.func);
        header(self);
        self.block(body);
        self.scope = outer;
    }

    fn statements(&mut self, stmts: &'a [Stmt<'a>], start: u32) {
        for stmt in stmts {
            self.hoist(stmt, start);
        }
        for stmt in stmts {
            self.stmt(stmt, start);
        }
    }

    fn hoist(&mut self, stmt: &'a Stmt<'a>, start: u32) {
        match stmt.kind {
            StmtKind::Export(inner) => self.hoist(inner, start),
            StmtKind::Func(def) => {
                if let Some(name) = def.name {
                    let var = self.declare_ident(name, VarKind::Func, start);
                    self.defer(def, FuncKind::Plain, start, Some(var));
                }
            }
            StmtKind::Struct(def) => {
                let ty = StructIdx(self.out.structs.len() as u32);
                let var = self.declare_ident(def.name, VarKind::Struct(ty), start);
                self.out.structs.push(Struct {
                    def,
                    var,
                    funcs: Vec::new(),
                    methods: Map::default(),
                    has_captures: false,
                });
                self.struct_members(def, ty, start);
            }
            StmtKind::Enum(def) => {
                self.declare_ident(def.name, VarKind::Enum, start);
                for (index, variant) in def.variants.iter().enumerate() {
                    if def.variants[..index]
                        .iter()
                        .any(|other| other.name == variant.name)
                    {
                        let text = format!("`{}` is declared twice in this enum", variant.name);
                        self.error(Diagnostic::error(variant.span, text));
                    }
                }
            }
            _ => {}
        }
    }

    fn struct_members(&mut self, def: &'a StructDef<'a>, ty: StructIdx, start: u32) {
        let mut seen: Map<&str, Span> = Map::default();
        for field in def.fields {
            self.member_name(&mut seen, field.name);
            if let Some(value) = field.default {
                let func = self.new_func(Some(self.func), FuncKind::FieldDefault, start, None);
                self.out.defaults_at.insert(value.span.lo, func);
                self.out.structs[ty.0 as usize].funcs.push(func);
                self.pending.push_back(Pending {
                    func,
                    scope: self.scope,
                    body: PendingBody::Default(value),
                });
            }
        }
        for method in def.methods {
            let Some(name) = method.name else { continue };
            self.member_name(&mut seen, name);
            let declares_self = method
                .params
                .first()
                .is_some_and(|one| one.name.name == "self");
            self.defer(method, FuncKind::Method { ty, declares_self }, start, None);
            let func = self.out.func_of(method);
            let one = &mut self.out.structs[ty.0 as usize];
            one.funcs.push(func);
            one.methods.insert(name.name, func);
        }
    }

    fn member_name(&mut self, seen: &mut Map<&'a str, Span>, name: Ident<'a>) {
        if let Some(&first) = seen.get(name.name) {
            let text = format!("`{}` is declared twice in this type", name.name);
            self.error(Diagnostic::error(name.span, text).related(first, "first declared here"));
        }
        seen.insert(name.name, name.span);
    }

    fn stmt(&mut self, stmt: &'a Stmt<'a>, start: u32) {
        match stmt.kind {
            StmtKind::Expr(value) => self.expr(value),
            StmtKind::Let {
                kind,
                pattern,
                value,
                ..
            } => {
                self.expr(value);
                let kind = match kind {
                    LetKind::Let => VarKind::Let,
                    LetKind::Mut => VarKind::Mut,
                    LetKind::Const => VarKind::Const,
                };
                self.declare_pattern(pattern, kind, stmt.span.hi);
            }
            StmtKind::Assign { target, value, .. } => {
                self.expr(value);
                match target {
                    Target::Place(place) => self.assign_place(place, stmt.span.hi),
                    Target::Pattern(pattern) => self.assign_pattern(pattern, stmt.span.hi),
                }
            }
            StmtKind::Compound { place, value, .. } => {
                self.compound_place(place);
                self.expr(value);
            }
            StmtKind::Func(_) | StmtKind::Struct(_) | StmtKind::Enum(_) => {}
            StmtKind::If {
                cond,
                ref then,
                otherwise,
            } => {
                self.expr(cond);
                self.block(then);
                match otherwise {
                    Some(Else::Block(ref block)) => self.block(block),
                    Some(Else::If(inner)) => self.stmt(inner, start),
                    None => {}
                }
            }
            StmtKind::While {
                label,
                cond,
                ref body,
                ..
            } => {
                if let Some(cond) = cond {
                    self.expr(cond);
                }
                self.in_loop(label, |walker| walker.block(body));
            }
            StmtKind::For {
                label,
                vars,
                iter,
                ref body,
            } => {
                self.expr(iter);
                self.in_loop(label, |walker| {
                    let header = |walker: &mut Self| match vars {
                        ForVars::One(pattern) => walker.declare_loop(pattern),
                        ForVars::Two(key, pattern) => {
                            walker.declare_ident(key, VarKind::Loop, key.span.hi);
                            walker.declare_loop(pattern);
                        }
                    };
                    walker.with_header(header, body);
                });
            }
            StmtKind::Match {
                subject,
                cases,
                default,
            } => {
                self.expr(subject);
                for case in cases {
                    let header = |walker: &mut Self| {
                        walker.case_pattern(&case.pattern, &mut Map::default());
                        if let Some(guard) = case.guard {
                            walker.expr(guard);
                        }
                    };
                    self.with_header(header, &case.body);
                }
                if let Some(ref block) = default {
                    self.block(block);
                }
            }
            StmtKind::Try {
                ref body,
                ref except,
                ref finally,
            } => {
                self.block(body);
                if let Some(except) = except {
                    let header = |walker: &mut Self| {
                        if let Some(name) = except.name {
                            walker.declare_ident(name, VarKind::Except, name.span.lo);
                        }
                    };
                    self.with_header(header, &except.body);
                }
                if let Some(finally) = finally {
                    self.block(finally);
                }
            }
            StmtKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
            }
            StmtKind::Break(label) => self.jump_out("break", label, stmt.span),
            StmtKind::Continue(label) => self.jump_out("continue", label, stmt.span),
            StmtKind::Import(_) => self.unsupported(stmt.span, "`import`"),
            StmtKind::Export(inner) => self.stmt(inner, start),
            // Only `ruff test` looks into these.
            StmtKind::Test { .. }
            | StmtKind::TestGroup { .. }
            | StmtKind::TestSetup(_)
            | StmtKind::TestTeardown(_) => {}
        }
    }

    fn in_loop(&mut self, label: Option<Ident<'a>>, body: impl FnOnce(&mut Self)) {
        self.loops.push(LoopLabel {
            label: label.map(|one| one.name),
        });
        body(self);
        self.loops.pop();
    }

    fn jump_out(&mut self, keyword: &str, label: Option<Ident<'a>>, span: Span) {
        match label {
            Some(label) if !self.loops.iter().any(|one| one.label == Some(label.name)) => {
                let text = format!("no enclosing loop has the label `{}`", label.name);
                self.error(Diagnostic::error(label.span, text));
            }
            None if self.loops.is_empty() => {
                self.error(Diagnostic::error(
                    span,
                    format!("`{keyword}` outside of a loop"),
                ));
            }
            _ => {}
        }
    }

    fn declare_loop(&mut self, pattern: &Pattern<'a>) {
        self.declare_pattern(pattern, VarKind::Loop, pattern.span.hi);
    }

    /// Declares every name of a destructuring pattern.
    fn declare_pattern(&mut self, pattern: &Pattern<'a>, kind: VarKind, init_end: u32) {
        each_binding(pattern, &mut |name, span| {
            self.declare(name, span, kind, init_end);
        });
    }

    fn assign_pattern(&mut self, pattern: &Pattern<'a>, init_end: u32) {
        each_binding(pattern, &mut |name, span| {
            self.assign_name(name, span, init_end)
        });
    }

    /// `name := …`: the nearest visible variable, or a new one here.
    fn assign_name(&mut self, name: &'a str, span: Span, init_end: u32) {
        match self.look_up(name) {
            Res::Var(id) => {
                self.out.names.insert(span.lo, Res::Var(id));
                if self.out.var(id).kind.is_constant() {
                    self.refuse_constant(id, span, false);
                } else {
                    if name == "self" {
                        self.note_self_write(id);
                    }
                    self.write(id, span.lo);
                }
            }
            Res::Member | Res::Free => {
                self.declare(name, span, VarKind::Mut, init_end);
            }
        }
    }

    fn note_self_write(&mut self, id: VarId) {
        // A closure within a method writes its own copy.
        if self.out.var(id).func == self.func {
            self.out.funcs[self.func.0 as usize].writes_self = true;
        }
    }

    fn assign_place(&mut self, place: &'a Expr<'a>, init_end: u32) {
        match place.kind {
            ExprKind::Name(name) => self.assign_name(name, place.span, init_end),
            ExprKind::Paren(inner) => self.assign_place(inner, init_end),
            _ => self.write_path(place),
        }
    }

    fn compound_place(&mut self, place: &'a Expr<'a>) {
        match place.kind {
            ExprKind::Name(name) => match self.mention(name, place.span) {
                Res::Var(id) if self.out.var(id).kind.is_constant() => {
                    self.refuse_constant(id, place.span, false);
                }
                Res::Var(id) => {
                    if name == "self" {
                        self.note_self_write(id);
                    }
                    self.write(id, place.span.lo);
                }
                Res::Member => self.refuse_member(name, place.span),
                Res::Free => {}
            },
            ExprKind::Paren(inner) => self.compound_place(inner),
            _ => self.write_path(place),
        }
    }

    fn refuse_member(&mut self, name: &str, span: Span) {
        let text = format!("cannot change `{name}` in a method declared without `self`");
        let help = format!("declare `self` as its first parameter and write `self.{name}`");
        self.error(Diagnostic::error(span, text).help(help));
    }

    /// A write to a field or element.
    fn write_path(&mut self, place: &'a Expr<'a>) {
        self.expr(place);
        let Some(root) = root_of(place) else { return };
        let ExprKind::Name(name) = root.expr.kind else {
            return;
        };
        match self.out.name(root.expr.span) {
            Res::Var(id) => {
                let constant = self.out.var(id).kind.is_constant();
                if constant && !root.field_first {
                    self.refuse_constant(id, root.expr.span, true);
                } else if !constant {
                    if name == "self" {
                        self.note_self_write(id);
                    }
                    self.write(id, root.expr.span.lo);
                }
            }
            Res::Member => {
                if !root.field_first {
                    self.refuse_member(name, root.expr.span);
                }
            }
            Res::Free => {}
        }
    }

    /// Declares what a case pattern binds; alternatives share their names.
    fn case_pattern(&mut self, pattern: &Pattern<'a>, seen: &mut Map<&'a str, VarId>) {
        match pattern.kind {
            PatternKind::Wild | PatternKind::Literal(_) => {}
            PatternKind::Bind(name) => self.case_name(name, pattern.span, seen),
            PatternKind::Array { items, rest } => {
                for item in items {
                    self.case_pattern(item, seen);
                }
                self.case_rest(rest, seen);
            }
            PatternKind::Dict { entries, rest } => {
                for entry in entries {
                    self.case_pattern(&entry.pattern, seen);
                }
                self.case_rest(rest, seen);
            }
            PatternKind::Struct {
                name,
                entries,
                rest,
            } => {
                self.mention(name.name, name.span);
                for entry in entries {
                    self.case_pattern(&entry.pattern, seen);
                }
                self.case_rest(rest, seen);
            }
            PatternKind::Tag { ty, parts, .. } => {
                if let Some(ty) = ty {
                    self.mention(ty.name, ty.span);
                }
                for part in parts.unwrap_or(&[]) {
                    self.case_pattern(part, seen);
                }
            }
            PatternKind::Alt(alternatives) => {
                // A name that an earlier alternative binds is the same variable.
                for one in alternatives {
                    let before = self.out.scopes[self.scope.0 as usize].vars.len();
                    self.case_pattern(one, seen);
                    for &var in &self.out.scopes[self.scope.0 as usize].vars[before..] {
                        seen.insert(self.out.vars[var.0 as usize].name, var);
                    }
                }
            }
        }
    }

    fn case_rest(&mut self, rest: Option<Rest<'a>>, seen: &mut Map<&'a str, VarId>) {
        if let Some(name) = rest.and_then(|rest| rest.name) {
            self.case_name(name.name, name.span, seen);
        }
    }

    fn case_name(&mut self, name: &'a str, span: Span, seen: &mut Map<&'a str, VarId>) {
        if let Some(&var) = seen.get(name) {
            self.out.names.insert(span.lo, Res::Var(var));
            return;
        }
        if let Res::Var(id) = self.look_up(name)
            && self.out.var(id).kind == VarKind::Const
        {
            self.mention(name, span);
            return;
        }
        self.declare(name, span, VarKind::Case, span.hi);
    }

    pub fn expr(&mut self, expr: &'a Expr<'a>) {
        let mut expr = expr;
        loop {
            match expr.kind {
                // Long chains lean to the left: follow them without recursion.
                ExprKind::Binary { left, right, .. } | ExprKind::Logic { left, right, .. } => {
                    let mut rights = vec![right];
                    let mut at = left;
                    while let ExprKind::Binary { left, right, .. }
                    | ExprKind::Logic { left, right, .. } = at.kind
                    {
                        rights.push(right);
                        at = left;
                    }
                    self.expr(at);
                    for right in rights.into_iter().rev() {
                        self.expr(right);
                    }
                    return;
                }
                ExprKind::Paren(inner) | ExprKind::OptChain(inner) | ExprKind::Throw(inner) => {
                    expr = inner;
                }
                ExprKind::Unary { operand, .. } | ExprKind::Try { operand, .. } => expr = operand,
                _ => return self.simple_expr(expr),
            }
        }
    }

    fn simple_expr(&mut self, expr: &'a Expr<'a>) {
        match expr.kind {
            ExprKind::Name(name) => {
                self.mention(name, expr.span);
            }
            ExprKind::Template(parts) => {
                for part in parts {
                    if let TemplatePart::Expr(value) = part {
                        self.expr(value);
                    }
                }
            }
            ExprKind::Array(items) => {
                for item in items {
                    let (ArrayItem::Item(value) | ArrayItem::Spread(value)) = item;
                    self.expr(value);
                }
            }
            ExprKind::Dict(items) => {
                for item in items {
                    match item {
                        DictItem::Pair { key, value } => {
                            if let DictKey::Template(key) | DictKey::Computed(key) = key {
                                self.expr(key);
                            }
                            self.expr(value);
                        }
                        DictItem::Shorthand(name) => {
                            self.mention(name.name, name.span);
                        }
                        DictItem::Spread(value) => self.expr(value),
                    }
                }
            }
            ExprKind::StructLit { name, items } => {
                self.mention(name.name, name.span);
                for item in items {
                    match item {
                        FieldInit::Pair { value, .. } | FieldInit::Spread(value) => {
                            self.expr(value);
                        }
                        FieldInit::Shorthand(name) => {
                            self.mention(name.name, name.span);
                        }
                    }
                }
            }
            ExprKind::Func(def) => self.defer(def, FuncKind::Plain, expr.span.lo, None),
            ExprKind::Range { lo, hi, .. } => {
                self.expr(lo);
                self.expr(hi);
            }
            ExprKind::Pipe { left, right, .. } => {
                self.expr(left);
                self.expr(right);
            }
            ExprKind::Call { callee, args } => {
                self.expr(callee);
                self.args(args);
            }
            ExprKind::MethodCall {
                recv, name, args, ..
            } => {
                self.expr(recv);
                self.note_method_call(recv, name);
                self.args(args);
            }
            ExprKind::Field { recv, .. } => self.expr(recv),
            ExprKind::Index { recv, index, .. } => {
                self.expr(recv);
                self.expr(index);
            }
            ExprKind::Slice { recv, lo, hi, .. } => {
                self.expr(recv);
                for end in [lo, hi].into_iter().flatten() {
                    self.expr(end);
                }
            }
            ExprKind::Path { ty, .. } => {
                self.mention(ty.name, ty.span);
            }
            ExprKind::Await { operand, op_span } => {
                self.unsupported(op_span, "`await`");
                self.expr(operand);
            }
            ExprKind::Yield(_) => self.unsupported(expr.span, "`yield`"),
            ExprKind::Spawn(_) => self.unsupported(expr.span, "`spawn`"),
            _ => {}
        }
    }

    fn args(&mut self, args: &'a [Arg<'a>]) {
        for arg in args {
            self.expr(arg.value);
        }
    }

    fn note_method_call(&mut self, recv: &'a Expr<'a>, method: Ident<'a>) {
        let Some(root) = root_of(recv) else { return };
        let ExprKind::Name(name) = root.expr.kind else {
            return;
        };
        let Res::Var(var) = self.out.name(root.expr.span) else {
            return;
        };
        if name == "self" && self.out.var(var).func == self.func {
            let calls = &mut self.out.funcs[self.func.0 as usize].self_calls;
            calls.push((method.name.into(), root.steps == 0));
        }
        self.receivers.push(Receiver {
            var,
            method: method.name,
            at: method.span.lo,
        });
    }
}

/// Where a path of fields and indices begins.
pub struct Root<'a> {
    pub expr: &'a Expr<'a>,
    pub steps: u32,
    /// Whether the first step from the root is a field.
    pub field_first: bool,
}

/// The root of a place; `None` if the expression is none.
pub fn root_of<'a>(expr: &'a Expr<'a>) -> Option<Root<'a>> {
    let mut root = Root {
        expr,
        steps: 0,
        field_first: false,
    };
    loop {
        match root.expr.kind {
            ExprKind::Name(_) => return Some(root),
            ExprKind::Paren(inner) | ExprKind::OptChain(inner) => root.expr = inner,
            ExprKind::Field { recv, .. } => {
                root = Root {
                    expr: recv,
                    steps: root.steps + 1,
                    field_first: true,
                };
            }
            ExprKind::Index { recv, .. } => {
                root = Root {
                    expr: recv,
                    steps: root.steps + 1,
                    field_first: false,
                };
            }
            _ => return None,
        }
    }
}

/// Calls `each` for every name that a destructuring pattern binds.
pub fn each_binding<'a>(pattern: &Pattern<'a>, each: &mut dyn FnMut(&'a str, Span)) {
    let rest = match pattern.kind {
        PatternKind::Bind(name) => return each(name, pattern.span),
        PatternKind::Array { items, rest } => {
            for item in items {
                each_binding(item, each);
            }
            rest
        }
        PatternKind::Dict { entries, rest } | PatternKind::Struct { entries, rest, .. } => {
            for entry in entries {
                each_binding(&entry.pattern, each);
            }
            rest
        }
        PatternKind::Tag { parts, .. } => {
            for part in parts.unwrap_or(&[]) {
                each_binding(part, each);
            }
            None
        }
        PatternKind::Alt(alternatives) => {
            for one in alternatives {
                each_binding(one, each);
            }
            None
        }
        PatternKind::Wild | PatternKind::Literal(_) => None,
    };
    if let Some(name) = rest.and_then(|rest| rest.name) {
        each(name.name, name.span);
    }
}
