//! Names that mean nothing, calls with a wrong number of arguments, imports, and
//! assignments that reach further than they look.

use super::Cx;
use super::facts::{Act, Event, ExprSite};
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::compiler::ModuleInfo;
use crate::compiler::hash::Set;
use crate::compiler::resolve::{
    FuncIdx, FuncKind, Res, StructIdx, VarId, VarKind, path_text, required,
};
use crate::runtime::messages::arity_hint;
use crate::stdlib;
use crate::syntax::ast::*;
use crate::syntax::slip_hint;

pub const UNDEFINED_NAME: Rule = Rule {
    name: "undefined-name",
    level: Level::Certain,
    summary: "A name that nothing declares.",
    explanation: "Reading such a name throws `Undefined variable`. A name is visible in the block that declares it and in the blocks\n\
                  inside; a variable that is first assigned in the body of an `if` ends with that body.",
    wrong: "func greet(name) { return \"Hello, \" + name }\nprint(gret(\"Ada\"))",
    right: "func greet(name) { return \"Hello, \" + name }\nprint(greet(\"Ada\"))",
};

pub const ARGUMENT_COUNT: Rule = Rule {
    name: "argument-count",
    level: Level::Certain,
    summary: "A call with too few or too many arguments.",
    explanation: "Such a call throws before the function runs. Functions, types and methods of the program are looked at, and built-ins.",
    wrong: "func area(width, height) { return width * height }\nprint(area(3))",
    right: "func area(width, height := 1) { return width * height }\nprint(area(3))",
};

pub const UNKNOWN_IMPORT: Rule = Rule {
    name: "unknown-import",
    level: Level::Certain,
    summary: "An import of a module that does not exist, or of a name that the module does not export.",
    explanation: "Modules are looked for in the folder of the importing file, then at the root of the project, then in `RUFF_PATH`. In the\n\
                  body of a `try` a missing module is expected.",
    wrong: "import no_such_module\nno_such_module.start()",
    right: "try {\n    import no_such_module\n    no_such_module.start()\n} except e {\n    print(e.kind)\n}",
};

pub const ASSIGNS_OUTER: Rule = Rule {
    name: "assigns-outer",
    level: Level::Suspicious,
    summary: "A function assigns a variable of an enclosing scope before it does anything else with it.",
    explanation: "`x := …` assigns the nearest visible `x`, also one that is declared outside of the function or further down, and makes a\n\
                  variable only if there is none. A function whose first use of an outer variable is a plain assignment nearly always\n\
                  wanted one of its own; then another part of the program finds its variable changed. `mut x := …` or `let x := …`\n\
                  makes a variable of the function. A function that only sets what other functions work with, or what the program reads\n\
                  further down, and does not read it itself, is not reported.",
    wrong: "total := 100\nfunc sum_of(xs) {\n    total := 0\n    for x in xs { total += x }\n    return total\n}\nprint(sum_of([1, 2]), total)",
    right: "total := 100\nfunc sum_of(xs) {\n    mut total := 0\n    for x in xs { total += x }\n    return total\n}\nprint(sum_of([1, 2]), total)",
};

pub const BARE_FIELD: Rule = Rule {
    name: "bare-field",
    level: Level::Suspicious,
    summary: "A bare name in a method with `self` that means a built-in function, where the type has a field of that name.",
    explanation: "A method that declares `self` reaches the fields through it: `self.count`. A bare `count` is the built-in function there,\n\
                  which equals no number and changes nothing.",
    wrong: "struct Box {\n    count := 0\n    func full(self) { return count == 3 }\n}\nprint(Box { count: 3 }.full())",
    right: "struct Box {\n    count := 0\n    func full(self) { return self.count == 3 }\n}\nprint(Box { count: 3 }.full())",
};

/// Names of the language that are neither variables nor built-in functions.
const LANGUAGE_NAMES: &[&str] = &["Ok", "Err", "Some", "None", "Result", "Option", "self"];

pub fn name<'a>(cx: &mut Cx<'a, '_>, name: Ident<'a>) {
    let res = cx.res.name(name.span);
    let known = matches!(res, Res::Var(var) if !cx.res.imports.undefined.contains(&var))
        || res == Res::Member
        || LANGUAGE_NAMES.contains(&name.name)
        || cx.builtins.native(name.name).is_some()
        || cx.builtins.constant(name.name).is_some();
    if known {
        return;
    }
    let mut finding = UNDEFINED_NAME.at(name.span, format!("undefined variable `{}`", name.name));
    let natives = cx.builtins.names();
    let own = cx.res.vars.iter().map(|var| var.name);
    if let Some(hint) = slip_hint(name.name) {
        finding = finding.help(hint);
    } else if let Some(close) =
        cx.closest_of(name.name, &mut own.into_iter(), &mut natives.into_iter())
    {
        finding = finding.help(format!("did you mean `{close}`?"));
    }
    cx.report(finding);
}

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::Call { callee, args } => call(cx, callee, args, 0),
        ExprKind::Pipe { right, .. } => match right.kind {
            ExprKind::Call { callee, args } => call(cx, callee, args, 1),
            ExprKind::MethodCall {
                recv, name, args, ..
            } => method_call(cx, recv, name, args, 1),
            _ => call(cx, right, &[], 1),
        },
        ExprKind::MethodCall {
            recv, name, args, ..
        } => method_call(cx, recv, name, args, 0),
        _ => {}
    }
}

/// Arguments against what is known of the callee; `piped` counts one more.
fn call<'a>(cx: &mut Cx<'a, '_>, callee: &'a Expr<'a>, args: &[Arg<'a>], piped: usize) {
    let ExprKind::Name(name) = callee.kind else {
        return;
    };
    let arity = match cx.res.name(callee.span) {
        Res::Var(var) => match cx.res.var(var).kind {
            VarKind::Struct(ty) => init_arity(cx, ty),
            _ => cx.res.arity_of(var),
        },
        Res::Free => {
            stdlib::function(name).map(|number| stdlib::natives()[number as usize].arity())
        }
        Res::Member => None,
    };
    count(cx, name, callee.span, arity, args, piped);
}

/// How many arguments a type takes when it is called.
fn init_arity(cx: &Cx, ty: StructIdx) -> Option<(usize, usize)> {
    let def = cx.res.structs[ty.0 as usize].def;
    let is_init = |one: &&FuncDef| one.name.is_some_and(|name| name.name == "init");
    match def.methods.iter().find(is_init) {
        Some(init) => Some(method_arity(init)),
        None => Some((0, 0)),
    }
}

/// How many arguments a method takes besides its receiver.
fn method_arity(def: &FuncDef) -> (usize, usize) {
    let skip = usize::from(
        def.params
            .first()
            .is_some_and(|one| one.name.name == "self"),
    );
    let params = &def.params[skip..];
    let most = match params.last() {
        Some(last) if last.rest => usize::MAX,
        _ => params.len(),
    };
    (required(params), most)
}

fn method_call<'a>(
    cx: &mut Cx<'a, '_>,
    recv: &'a Expr<'a>,
    name: Ident<'a>,
    args: &[Arg<'a>],
    piped: usize,
) {
    let ty = cx.types.of(recv);
    let own = match ty {
        Ty::Instance(ty) => cx.res.structs[ty.0 as usize]
            .methods
            .get(name.name)
            .copied(),
        _ => None,
    };
    let arity = match own {
        Some(func) => cx.facts.funcs[func.0 as usize].def.map(method_arity),
        None => (ty.receiver(cx.res))
            .and_then(|receiver| stdlib::method(receiver, name.name))
            .map(|number| stdlib::natives()[number as usize].arity())
            .map(|(least, most)| (least.saturating_sub(1), most.saturating_sub(1))),
    };
    // The fields of an instance may hold functions.
    let arity = arity.filter(|_| own.is_some() || !matches!(ty, Ty::Instance(_)));
    count(cx, name.name, name.span, arity, args, piped);
}

fn count(
    cx: &mut Cx,
    name: &str,
    span: Span,
    arity: Option<(usize, usize)>,
    args: &[Arg],
    piped: usize,
) {
    let Some((least, most)) = arity else { return };
    if args.iter().any(|arg| arg.spread) {
        return;
    }
    let given = args.len() + piped;
    if given >= least && given <= most {
        return;
    }
    let expected = match (least, most) {
        (1, 1) => "1 argument".to_string(),
        (least, most) if least == most => format!("{least} arguments"),
        (1, usize::MAX) => "at least 1 argument".to_string(),
        (least, usize::MAX) => format!("at least {least} arguments"),
        (least, 1) => format!("{least} to 1 argument"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    let text = format!("{name} expects {expected}, got {given}");
    let finding = ARGUMENT_COUNT.at(span, text);
    let hint =
        arity_hint(name, given < least).filter(|_| !cx.is_own(span) && !cx.methods.contains(name));
    cx.report(match hint {
        Some(hint) => finding.help(hint),
        None => finding,
    });
}

/// An import against the module's file, if that is found.
pub fn import<'a>(cx: &mut Cx<'a, '_>, import: &Import<'a>, guarded: bool) {
    let (Some(first), Some(last)) = (import.path.first(), import.path.last()) else {
        return;
    };
    let module = path_text(import.path);
    let (exports, private) = match cx.module(&module) {
        ModuleInfo::Unknown => return,
        ModuleInfo::Missing(message) => {
            if !guarded {
                cx.report(UNKNOWN_IMPORT.at(first.span.to(last.span), message));
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
        let span = one.name.span;
        let finding = if private.contains(name) {
            UNKNOWN_IMPORT
                .at(span, format!("module `{module}` does not export `{name}`"))
                .help("write `export` before its declaration")
        } else {
            let finding =
                UNKNOWN_IMPORT.at(span, format!("module `{module}` has no export `{name}`"));
            match cx.closest(name, &mut exports.as_slice().iter().map(|one| &**one)) {
                Some(close) => finding.help(format!("did you mean `{close}`?")),
                None => finding,
            }
        };
        cx.report(finding);
    }
}

/// Plain assignments with which functions begin to use an outer variable.
pub fn outer(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    if matches!(var.kind, VarKind::SelfParam | VarKind::Dynamic) {
        return;
    }
    let facts = cx.facts;
    let events = &facts.vars[id.0 as usize].events;
    let outside = events.iter().filter(|event| event.func != var.func);
    let users: Set<FuncIdx> = outside.map(|event| event.func).collect();
    let shared = var.func != FuncIdx(0) || users.len() > 1;
    let mut seen: Set<FuncIdx> = Set::default();
    for (index, event) in events.iter().enumerate() {
        if event.func == var.func || !seen.insert(event.func) {
            continue;
        }
        // The default of a field is no body, so no variable of its own was meant.
        let is_default = cx.res.func(event.func).kind == FuncKind::FieldDefault;
        if is_default || !matches!(event.act, Act::Assign) {
            continue;
        }
        let further_down = var.span.lo > event.span.lo;
        let is_result = || {
            let end = (facts.funcs[event.func.0 as usize].def).map_or(u32::MAX, |def| def.span.hi);
            let mut later = events[index + 1..].iter();
            later.any(|later| {
                later.func == var.func && later.span.lo > end && !matches!(later.act, Act::Assign)
            })
        };
        if !further_down && (shared || is_result()) && only_sets(cx, event, &events[index + 1..]) {
            continue;
        }
        let name = var.name;
        let text = match further_down {
            true => format!("this assigns the outer `{name}` that is declared further down"),
            false => {
                format!("this assigns the outer `{name}`, which the function has not used before")
            }
        };
        cx.report(
            (ASSIGNS_OUTER.at(event.span, text))
                .related(var.span, "declared here")
                .help(format!(
                    "write `mut {name} := …` for a variable of this function"
                )),
        );
    }
}

/// Whether the function that assigns does nothing else with the variable.
fn only_sets(cx: &Cx, first: &Event, later: &[Event]) -> bool {
    let Some(body) = cx.facts.funcs[first.func.0 as usize].def else {
        return false;
    };
    let inside = |event: &&Event| body.span.lo <= event.span.lo && event.span.hi <= body.span.hi;
    let sets = |event: &Event| matches!(event.act, Act::Assign);
    later.iter().take_while(inside).all(sets)
}

/// Notes the names that [`BARE_FIELD`] is about. A function that is called, or passed on, is
/// meant to be one.
pub fn note_bare_fields(cx: &mut Cx) {
    let mut with_self: Vec<(Span, StructIdx)> = Vec::new();
    for func in &cx.facts.funcs {
        let Some(def) = func.def else { continue };
        if let FuncKind::Method {
            ty,
            declares_self: true,
        } = cx.res.func(cx.res.func_of(def)).kind
        {
            with_self.push((def.span, ty));
        }
    }
    if with_self.is_empty() {
        return;
    }
    let mut functions: Set<u32> = Set::default();
    let mut is_called = |one: &Expr| {
        if let ExprKind::Name(_) = one.kind {
            functions.insert(one.span.lo);
        }
    };
    for site in &cx.facts.exprs {
        match site.expr.kind {
            ExprKind::Call { callee, args } => {
                is_called(callee);
                if !matches!(callee.kind, ExprKind::Name("print" | "len")) {
                    args.iter().for_each(|arg| is_called(arg.value));
                }
            }
            ExprKind::MethodCall { args, .. } => args.iter().for_each(|arg| is_called(arg.value)),
            ExprKind::Pipe { right, .. } => is_called(right),
            _ => {}
        }
    }
    for &name in &cx.facts.names {
        let is_built_in = cx.res.name(name.span) == Res::Free
            && stdlib::function(name.name).is_some()
            && !functions.contains(&name.span.lo);
        if !is_built_in || !cx.fields.contains(name.name) {
            continue;
        }
        let method = with_self
            .iter()
            .find(|(span, _)| span.lo <= name.span.lo && name.span.hi <= span.hi);
        if let Some(&(_, ty)) = method
            && cx.has_field(ty, name.name)
        {
            cx.bare_fields.insert(name.span.lo, name);
        }
    }
}

pub fn bare_fields(cx: &mut Cx) {
    let mut found: Vec<Ident> = cx.bare_fields.values().copied().collect();
    found.sort_by_key(|name| name.span.lo);
    for Ident { name, span } in found {
        let text = format!("`{name}` is the built-in function here, not the field");
        let start = Span::new(span.lo, span.lo);
        let finding = BARE_FIELD
            .at(span, text)
            .help(format!("write `self.{name}`"));
        cx.report(finding.fix(start, "self."));
    }
}
