//! The walk over the text, top to bottom within a function. The bodies of inner
//! functions wait until the enclosing function has been read to its end: they
//! see every name of the enclosing blocks, also those declared below them.

use super::walker::{LoopLabel, Pending, PendingBody, Walker};
use super::{Func, FuncIdx, FuncKind, Struct, StructIdx, VarId, VarKind};
use crate::compiler::hash::{Map, Set};
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;
use crate::syntax::suggest::closest;

/// The methods that operators call.
const OPERATORS: &[&str] = &[
    "op_add",
    "op_sub",
    "op_mul",
    "op_div",
    "op_mod",
    "op_pow",
    "op_radd",
    "op_rsub",
    "op_rmul",
    "op_rdiv",
    "op_rmod",
    "op_rpow",
    "op_eq",
    "op_ne",
    "op_lt",
    "op_le",
    "op_gt",
    "op_ge",
    "op_neg",
    "op_not",
    "op_contains",
    "op_index",
    "op_set_index",
];

impl<'a> Walker<'a> {
    pub fn module(&mut self, module: &Module<'a>) {
        self.new_func(None, FuncKind::Script, 0, None);
        self.scope = self.push_scope(None, FuncIdx(0));
        if !self.known.is_empty() {
            self.declare_known();
            self.scope = self.push_scope(Some(self.scope), FuncIdx(0));
            self.scopes[self.scope.0 as usize].top_level = true;
        }
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
            writes_outside: false,
            is_generator: false,
            is_async: false,
        });
        id
    }

    /// Puts a function aside until its surroundings are known.
    pub(super) fn defer(
        &mut self,
        def: &'a FuncDef<'a>,
        kind: FuncKind,
        made_at: u32,
        var: Option<VarId>,
    ) {
        if let Some(var) = var {
            let params = def.params;
            self.out.defs.insert(var, def);
            let most = match params.last() {
                Some(last) if last.rest => usize::MAX,
                _ => params.len(),
            };
            self.out.arities.insert(var, (required(params), most));
        }
        let func = self.new_func(Some(self.func), kind, made_at, var);
        self.out.funcs[func.0 as usize].is_generator = def.is_generator;
        self.out.funcs[func.0 as usize].is_async = def.is_async;
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
            match param.pattern {
                Some(pattern) => self.declare_pattern(pattern, VarKind::Mut, pattern.span.hi),
                None => {
                    self.declare_ident(param.name, VarKind::Param, init_end);
                }
            }
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
            self.stmt(stmt);
        }
    }

    fn hoist(&mut self, stmt: &'a Stmt<'a>, start: u32) {
        match stmt.kind {
            StmtKind::Export(inner) => {
                self.out.meets_strangers = true;
                self.hoist(inner, start);
            }
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
                    members: Set::default(),
                    has_captures: false,
                });
                self.struct_members(def, ty, start);
            }
            StmtKind::Enum(def) => {
                self.declare_ident(def.name, VarKind::Enum, start);
            }
            _ => {}
        }
    }

    fn struct_members(&mut self, def: &'a StructDef<'a>, ty: StructIdx, start: u32) {
        let mut seen: Map<&str, Span> = Map::default();
        for field in def.fields {
            self.member_name(&mut seen, field.name);
            self.out.structs[ty.0 as usize]
                .members
                .insert(field.name.name);
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
            self.check_operator(name);
            let declares_self = method
                .params
                .first()
                .is_some_and(|one| one.name.name == "self");
            self.defer(method, FuncKind::Method { ty, declares_self }, start, None);
            let func = self.out.func_of(method);
            let one = &mut self.out.structs[ty.0 as usize];
            one.funcs.push(func);
            one.methods.insert(name.name, func);
            one.members.insert(name.name);
        }
    }

    /// A method whose name is that of no operator, though it looks like one.
    fn check_operator(&mut self, name: Ident<'a>) {
        if !name.name.starts_with("op_") || OPERATORS.contains(&name.name) {
            return;
        }
        let text = format!("no operator calls a method `{}`", name.name);
        let error = Diagnostic::error(name.span, text);
        self.error(match closest(name.name, OPERATORS.iter().copied()) {
            Some(close) => error.help(format!("did you mean `{close}`?")),
            None => error.help("choose a name that does not begin with `op_`"),
        });
    }

    fn member_name(&mut self, seen: &mut Map<&'a str, Span>, name: Ident<'a>) {
        if let Some(&first) = seen.get(name.name) {
            let text = format!("`{}` is declared twice in this type", name.name);
            self.error(Diagnostic::error(name.span, text).related(first, "first declared here"));
        }
        seen.insert(name.name, name.span);
    }

    pub(super) fn stmt(&mut self, stmt: &'a Stmt<'a>) {
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
                let is_literal = matches!(value.kind, ExprKind::Array(_) | ExprKind::Dict(_));
                if let Some(id) = self.out.declared(pattern.span)
                    && is_literal
                {
                    self.out.vars[id.0 as usize].holds_value = true;
                }
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
                    Some(Else::If(inner)) => self.stmt(inner),
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
                        walker.case_pattern(case.pattern, &mut Map::default());
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
            StmtKind::Import(import) => {
                self.out.meets_strangers = true;
                self.import(&import, stmt.span);
            }
            StmtKind::Export(inner) => {
                self.stmt(inner);
                self.export(inner);
            }
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
}

/// How many arguments a function needs.
pub fn required(params: &[Param]) -> usize {
    params
        .iter()
        .rposition(|one| one.default.is_none() && !one.rest)
        .map_or(0, |last| last + 1)
}
