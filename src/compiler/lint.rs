//! The warnings of `ruff check`: programs that run, but hardly as meant. Only
//! what the text alone shows; every finding here is a warning, and none is
//! needed to make code.

use super::hash::{Map, Set};
use super::resolve::{FuncIdx, Res, Resolved, each_place, path_text, root_of};
use super::suggest::closest;
use super::visit::{Part, parts};
use super::{Builtins, ModuleInfo};
use crate::syntax::ast::*;
use crate::syntax::diagnostic::Diagnostic;

/// Names of the language that are neither variables nor built-in functions.
const LANGUAGE_NAMES: &[&str] = &["Ok", "Err", "Some", "None", "Result", "Option", "self"];

/// Undefined names for which a similar one is looked for. It takes a look at every
/// name there is, and where more are missing the reason is another than a slip.
const MAX_SUGGESTIONS: u32 = 20;

pub fn lint<'a>(
    module: &Module<'a>,
    resolved: &Resolved<'a>,
    builtins: &dyn Builtins,
) -> Vec<Diagnostic> {
    let methods = resolved.structs.iter().flat_map(|one| one.methods.keys());
    let mut lint = Lint {
        res: resolved,
        builtins,
        methods: methods.copied().collect(),
        modules: Map::default(),
        func: FuncIdx(0),
        guarded: 0,
        suggestions: 0,
        found: Vec::new(),
    };
    lint.block(&module.body);
    lint.found
}

struct Lint<'a, 'r> {
    res: &'r Resolved<'a>,
    builtins: &'r dyn Builtins,
    /// Those of all types of the source.
    methods: Set<&'a str>,
    /// What has been asked about modules.
    modules: Map<String, ModuleInfo>,
    func: FuncIdx,
    /// How many `try` bodies enclose the place: errors there are expected.
    guarded: u32,
    /// How many were looked for.
    suggestions: u32,
    found: Vec<Diagnostic>,
}

impl<'a> Lint<'a, '_> {
    fn warn(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    fn block(&mut self, block: &Block<'a>) {
        self.block_of(block, false);
    }

    /// A block; `wanted`: the value of its last statement is used.
    fn block_of(&mut self, block: &Block<'a>, wanted: bool) {
        let mut reported = false;
        for (index, stmt) in block.stmts.iter().enumerate() {
            match stmt.kind {
                StmtKind::Expr(value) if wanted && index + 1 == block.stmts.len() => {
                    self.expr(value);
                }
                _ => self.stmt_of(stmt, wanted && index + 1 == block.stmts.len()),
            }
            if reported || !leaves(stmt) {
                continue;
            }
            let mut rest = block.stmts[index + 1..].iter();
            if let Some(next) = rest.find(|next| !is_declaration(next)) {
                reported = true;
                let what = Diagnostic::warning(next.span, "this code is never reached");
                self.warn(what.related(stmt.span, "control leaves here"));
            }
        }
    }

    fn stmt(&mut self, stmt: &Stmt<'a>) {
        self.stmt_of(stmt, false);
    }

    /// A statement; `wanted`: the value of an `if`, `match` or `try` is used.
    fn stmt_of(&mut self, stmt: &Stmt<'a>, wanted: bool) {
        match stmt.kind {
            StmtKind::Expr(value) => {
                self.useless(value);
                self.expr(value);
            }
            StmtKind::Let { ty, value, .. } => {
                self.annotation(ty, value);
                self.expr(value);
            }
            StmtKind::Assign {
                target, ty, value, ..
            } => {
                self.annotation(ty, value);
                self.expr(value);
                match target {
                    Target::Place(place) => self.target(place),
                    Target::Pattern(pattern) => {
                        each_place(pattern, &mut |place| self.target(place));
                    }
                }
            }
            StmtKind::Compound { place, value, .. } => {
                self.target(place);
                self.expr(value);
            }
            StmtKind::Func(def) => self.function(def),
            StmtKind::Struct(def) => {
                for field in def.fields {
                    if let Some(value) = field.default {
                        self.annotation(field.ty, value);
                        self.expr(value);
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
                self.expr(cond);
                self.block_of(then, wanted);
                match otherwise {
                    Some(Else::Block(ref block)) => self.block_of(block, wanted),
                    Some(Else::If(inner)) => self.stmt_of(inner, wanted),
                    None => {}
                }
            }
            StmtKind::While { cond, ref body, .. } => {
                if let Some(cond) = cond {
                    self.expr(cond);
                }
                self.block(body);
            }
            StmtKind::For { iter, ref body, .. } => {
                self.expr(iter);
                self.block(body);
            }
            StmtKind::Match {
                subject,
                cases,
                ref default,
            } => {
                self.expr(subject);
                for case in cases {
                    if let Some(guard) = case.guard {
                        self.expr(guard);
                    }
                    self.block_of(&case.body, wanted);
                }
                if let Some(block) = default {
                    self.block_of(block, wanted);
                }
            }
            StmtKind::Try {
                ref body,
                ref except,
                ref finally,
            } => {
                self.guarded += 1;
                self.block_of(body, wanted);
                self.guarded -= 1;
                if let Some(except) = except {
                    self.block_of(&except.body, wanted);
                }
                if let Some(finally) = finally {
                    self.block(finally);
                }
            }
            StmtKind::Return(Some(value)) => self.expr(value),
            StmtKind::Export(inner) => self.stmt(inner),
            StmtKind::Import(import) => self.import(&import),
            StmtKind::Enum(_)
            | StmtKind::Return(None)
            | StmtKind::Break(_)
            | StmtKind::Continue(_)
            | StmtKind::Test { .. }
            | StmtKind::TestGroup { .. }
            | StmtKind::TestSetup(_)
            | StmtKind::TestTeardown(_) => {}
        }
    }

    fn function(&mut self, def: &FuncDef<'a>) {
        let outer = std::mem::replace(&mut self.func, self.res.func_of(def));
        for param in def.params {
            if let Some(value) = param.default {
                self.annotation(param.ty, value);
                self.expr(value);
            }
        }
        match (def.form, def.body.stmts) {
            (
                FuncForm::ArrowBlock,
                [
                    Stmt {
                        kind:
                            StmtKind::Expr(Expr {
                                kind: ExprKind::Name(name),
                                ..
                            }),
                        ..
                    },
                ],
            ) => {
                let text = "this is a block, and the function gives null";
                let help = format!("a dict is written `({{{name}}})`, a value without braces");
                self.warn(Diagnostic::warning(def.body.span, text).help(help));
            }
            _ => self.block(&def.body),
        }
        self.func = outer;
    }

    fn expr(&mut self, expr: &Expr<'a>) {
        match expr.kind {
            ExprKind::Call { callee, args } => self.call(callee, args, 0),
            ExprKind::Pipe { right, .. } => match right.kind {
                ExprKind::Call { callee, args } => self.call(callee, args, 1),
                _ => self.call(right, &[], 1),
            },
            ExprKind::Binary {
                op: BinaryOp::In,
                left:
                    Expr {
                        kind:
                            ExprKind::Unary {
                                op: UnaryOp::Not,
                                op_span,
                                ..
                            },
                        ..
                    },
                ..
            } => {
                let warning = Diagnostic::warning(*op_span, "`!` binds tighter than `in`");
                self.warn(warning.help("write `x not in xs`"));
            }
            _ => {}
        }
        parts(expr, &mut |part| match part {
            Part::Expr(value) => self.expr(value),
            Part::Func(def) => self.function(def),
            Part::Name(name) => self.name(name),
            Part::Block(block) => self.block(&block),
            Part::Stmt(stmt) => self.stmt_of(stmt, true),
        });
    }

    /// An import against the module's file, if that is found.
    fn import(&mut self, import: &Import<'a>) {
        let (Some(first), Some(last)) = (import.path.first(), import.path.last()) else {
            return;
        };
        let module = path_text(import.path);
        let known = self.modules.entry(module.clone());
        let info = known.or_insert_with(|| self.builtins.module(&module));
        let (exports, private) = match info.clone() {
            ModuleInfo::Unknown => return,
            ModuleInfo::Missing(message) => {
                if self.guarded == 0 {
                    let span = first.span.to(last.span);
                    self.warn(Diagnostic::warning(span, message));
                }
                return;
            }
            ModuleInfo::Known {
                exports, private, ..
            } => (exports, private),
        };
        for one in import.names.unwrap_or(&[]) {
            let name = one.name.name;
            if exports.contains(name) {
                continue;
            }
            let warning = if private.contains(name) {
                let text = format!("module `{module}` does not export `{name}`");
                Diagnostic::warning(one.name.span, text)
                    .help("write `export` before its declaration")
            } else {
                let text = format!("module `{module}` has no export `{name}`");
                let warning = Diagnostic::warning(one.name.span, text);
                match self.closest(name, &mut exports.as_slice().iter().map(|one| &**one)) {
                    Some(close) => warning.help(format!("did you mean `{close}`?")),
                    None => warning,
                }
            };
            self.warn(warning);
        }
    }

    fn name(&mut self, name: Ident<'a>) {
        let res = self.res.name(name.span);
        let known = matches!(res, Res::Var(var) if !self.res.imports.undefined.contains(&var))
            || res == Res::Member
            || LANGUAGE_NAMES.contains(&name.name)
            || self.builtins.native(name.name).is_some()
            || self.builtins.constant(name.name).is_some();
        if known {
            return;
        }
        let text = format!("undefined variable `{}`", name.name);
        let mut warning = Diagnostic::warning(name.span, text);
        let natives = self.builtins.names();
        let mut candidates = self.res.vars.iter().map(|var| var.name).chain(natives);
        if let Some(close) = self.closest(name.name, &mut candidates) {
            warning = warning.help(format!("did you mean `{close}`?"));
        }
        self.warn(warning);
    }

    /// The name that was probably meant, for the first names that are undefined.
    fn closest<'c>(
        &mut self,
        name: &str,
        candidates: &mut dyn Iterator<Item = &'c str>,
    ) -> Option<&'c str> {
        self.suggestions += 1;
        (self.suggestions <= MAX_SUGGESTIONS)
            .then(|| closest(name, candidates))
            .flatten()
    }

    /// Arguments against what is known of the callee; `piped` counts one more.
    fn call(&mut self, callee: &Expr<'a>, args: &[Arg<'a>], piped: usize) {
        let ExprKind::Name(name) = callee.kind else {
            return;
        };
        if args.iter().any(|arg| arg.spread) {
            return;
        }
        let given = args.len() + piped;
        let (least, most) = match self.res.name(callee.span) {
            Res::Var(var) => match self.res.arity_of(var) {
                Some(arity) => arity,
                None => return,
            },
            Res::Free => match self.builtins.native(name) {
                Some(native) => {
                    let most = if native.max_args == u16::MAX {
                        usize::MAX
                    } else {
                        usize::from(native.max_args)
                    };
                    (usize::from(native.min_args), most)
                }
                None => return,
            },
            Res::Member => return,
        };
        if given < least || given > most {
            let expected = match (least, most) {
                (1, 1) => "1 argument".to_string(),
                (least, most) if least == most => format!("{least} arguments"),
                (1, usize::MAX) => "at least 1 argument".to_string(),
                (least, usize::MAX) => format!("at least {least} arguments"),
                (least, 1) => format!("{least} to 1 argument"),
                (least, most) => format!("{least} to {most} arguments"),
            };
            let text = format!("{name} expects {expected}, got {given}");
            self.warn(Diagnostic::warning(callee.span, text));
        }
    }

    /// A statement whose value is lost and that does nothing else.
    fn useless(&mut self, expr: &Expr<'a>) {
        match expr.kind {
            ExprKind::Paren(inner) => self.useless(inner),
            ExprKind::Null
            | ExprKind::Bool(_)
            | ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Str(_)
            | ExprKind::Template(_)
            | ExprKind::Name(_)
            | ExprKind::Array(_)
            | ExprKind::Dict(_)
            | ExprKind::StructLit { .. }
            | ExprKind::Func(_)
            | ExprKind::Unary { .. }
            | ExprKind::Binary { .. }
            | ExprKind::Range { .. }
            | ExprKind::Field { .. }
            | ExprKind::Index { .. }
            | ExprKind::Slice { .. }
            | ExprKind::Path { .. } => {
                let mut warning = Diagnostic::warning(expr.span, "this statement has no effect");
                if let ExprKind::Binary {
                    op: BinaryOp::Eq, ..
                } = expr.kind
                {
                    warning = warning.help("write `:=` to assign");
                }
                self.warn(warning);
            }
            ExprKind::MethodCall { recv, name, .. } => self.lost_change(recv, name),
            _ => {}
        }
    }

    fn lost_change(&mut self, recv: &Expr<'a>, name: Ident<'a>) {
        let own = self.methods.contains(name.name);
        if root_of(recv).is_some() || own || !self.builtins.is_mutating_method(name.name) {
            return;
        }
        let text = format!("the change that `{}` makes is lost", name.name);
        let help = match recv.kind {
            ExprKind::MethodCall { .. } => "write the calls as statements of their own",
            _ => "put the value into a variable first",
        };
        self.warn(Diagnostic::warning(name.span, text).help(help));
    }

    fn target(&mut self, place: &Expr<'a>) {
        let ExprKind::Name(name) = place.kind else {
            return self.expr(place);
        };
        let Res::Var(id) = self.res.name(place.span) else {
            return self.name(Ident {
                name,
                span: place.span,
            });
        };
        let var = self.res.var(id);
        if var.func != self.func && var.span.lo > place.span.lo {
            let text = format!("this assigns the outer `{name}` that is declared further down");
            let warning = Diagnostic::warning(place.span, text)
                .related(var.span, "declared here")
                .help(format!(
                    "write `mut {name} := …` for a variable of this function"
                ));
            self.warn(warning);
        }
    }

    /// A literal that contradicts the written type.
    fn annotation(&mut self, ty: Option<&Type<'a>>, value: &Expr<'a>) {
        let (Some(ty), Some(found)) = (ty, literal_type(value)) else {
            return;
        };
        if !admits(ty, found) {
            let text = format!("this is declared as something else than {found}");
            self.warn(Diagnostic::warning(value.span, text).related(ty.span, "declared here"));
        }
    }
}

fn literal_type(value: &Expr) -> Option<&'static str> {
    Some(match value.kind {
        ExprKind::Paren(inner) => literal_type(inner)?,
        ExprKind::Null => "null",
        ExprKind::Bool(_) => "bool",
        ExprKind::Int(_) => "int",
        ExprKind::Float(_) => "float",
        ExprKind::Str(_) | ExprKind::Template(_) => "string",
        ExprKind::Array(_) => "array",
        ExprKind::Dict(_) => "dict",
        ExprKind::Func(_) => "function",
        _ => return None,
    })
}

/// Whether a type as written may hold a literal of this kind. Names that the
/// language does not know are left alone.
fn admits(ty: &Type, found: &str) -> bool {
    match ty.kind {
        TypeKind::Optional(inner) => found == "null" || admits(inner, found),
        TypeKind::Union(types) => types.iter().any(|one| admits(one, found)),
        TypeKind::Array(_) => found == "array",
        TypeKind::Func { .. } => found == "function",
        TypeKind::Name { name, .. } => match name {
            "int" | "bool" | "string" | "array" | "dict" | "null" => name == found,
            "float" => matches!(found, "float" | "int"),
            _ => true,
        },
    }
}

/// Whether control never goes on behind the statement.
fn leaves(stmt: &Stmt) -> bool {
    match stmt.kind {
        StmtKind::Return(_) | StmtKind::Break(_) | StmtKind::Continue(_) => true,
        StmtKind::Expr(value) => matches!(value.kind, ExprKind::Throw(_)),
        StmtKind::If {
            then,
            otherwise: Some(otherwise),
            ..
        } => {
            let last = |block: &Block| block.stmts.last().is_some_and(leaves);
            last(&then)
                && match otherwise {
                    Else::Block(block) => last(&block),
                    Else::If(inner) => leaves(inner),
                }
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
