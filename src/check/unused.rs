//! Names that are declared and not used. Those that begin with `_` are meant to be.

use super::Cx;
use super::facts::{Act, Given};
use super::rule::{Level, Rule};
use crate::compiler::resolve::{FuncKind, VarId, VarKind};
use crate::compiler::visit::{Part, parts};
use crate::syntax::ast::*;

pub const UNUSED_VARIABLE: Rule = Rule {
    name: "unused-variable",
    level: Level::Tidy,
    summary: "A variable that is assigned and never read.",
    explanation: "Leave it out, or begin its name with `_` if it is there for the reader.",
    wrong: "func area(w, h) {\n    unit := \"cm\"\n    return w * h\n}\nprint(area(2, 3))",
    right: "func area(w, h) {\n    return w * h\n}\nprint(area(2, 3))",
};

pub const UNUSED_PARAMETER: Rule = Rule {
    name: "unused-parameter",
    level: Level::Tidy,
    summary: "A parameter that its function does not use.",
    explanation: "Of functions with a name that are only ever called; what is passed on as a value has the parameters that its caller\n\
                  wants. Begin the name with `_` to keep it.",
    wrong: "func area(w, h, unit) { return w * h }\nprint(area(2, 3, \"cm\"))",
    right: "func area(w, h, _unit) { return w * h }\nprint(area(2, 3, \"cm\"))",
};

pub const UNUSED_IMPORT: Rule = Rule {
    name: "unused-import",
    level: Level::Tidy,
    summary: "A name that an import brings in and the file does not use.",
    explanation: "`from m import x` with an `x` that is not used. A plain `import m` runs the module and is never reported.",
    wrong: "from shapes import area, volume\nprint(area(2))",
    right: "from shapes import area\nprint(area(2))",
};

pub fn variable(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    if var.name.starts_with('_') {
        return;
    }
    let facts = &cx.facts.vars[id.0 as usize];
    let used = |act: &Act| !matches!(act, Act::Assign | Act::Compound | Act::ReadForItself);
    if facts.events.iter().any(|event| used(&event.act)) {
        return;
    }
    match var.kind {
        VarKind::Let | VarKind::Const | VarKind::Mut => {
            // Names of a pattern, exports, and what nothing assigns in the text are left alone.
            let made = facts
                .events
                .first()
                .is_some_and(|event| event.span.lo == var.span.lo);
            if !made || cx.in_pattern.contains(&id) || cx.res.imports.is_exported(id) {
                return;
            }
            let text = format!("the variable `{}` is never read", var.name);
            let finding = UNUSED_VARIABLE.at(var.span, text);
            let name = var.name;
            cx.report(match outer_of(cx, id) {
                Some(outer) => {
                    let word = match var.kind {
                        VarKind::Let => "let",
                        VarKind::Const => "const",
                        _ => "mut",
                    };
                    let text = format!("it is another variable than this `{name}`");
                    let help =
                        format!("to change the outer one write `{name} := …` without `{word}`");
                    finding.related(outer, text).help(help)
                }
                None => finding.help(format!("leave it out, or call it `_{name}`")),
            });
        }
        VarKind::Param if facts.events.is_empty() => parameter(cx, id),
        VarKind::Import => {
            let original = cx.res.imports.originals.get(&id);
            let tried = cx.tried_imports.contains(&var.span.lo);
            if original.is_some()
                && !tried
                && facts.events.is_empty()
                && !cx.res.imports.is_exported(id)
            {
                let text = format!("`{}` is imported and not used", var.name);
                let finding = UNUSED_IMPORT.at(var.span, text);
                let edit = cx.import_items.get(&var.span.lo).copied();
                cx.report(match edit {
                    Some(span) => finding.help("leave it out").fix(span, ""),
                    None => finding
                        .help("leave it out, or write `import` alone if the module is to run"),
                });
            }
        }
        _ => {}
    }
}

/// Where a variable of the same name is declared that the value of this one is computed from.
fn outer_of(cx: &Cx, id: VarId) -> Option<Span> {
    let var = cx.res.var(id);
    let facts = &cx.facts.vars[id.0 as usize];
    let [Given::Value(value), ..] = facts.given[..] else {
        return None;
    };
    let mut open = vec![value];
    while let Some(expr) = open.pop() {
        match expr.kind {
            ExprKind::Name(name) if name == var.name => {
                let outer = cx.types.var_of(expr.span).filter(|&outer| outer != id)?;
                return Some(cx.res.var(outer).span);
            }
            _ => parts(expr, &mut |part| {
                if let Part::Expr(inner) = part {
                    open.push(inner);
                }
            }),
        }
    }
    None
}

fn parameter(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    let func = &cx.facts.funcs[var.func.0 as usize];
    let Some(def) = func.def else { return };
    let Some(name) = def.name else { return };
    // A body that only throws, or that is empty, is still to be written.
    let is_body = match def.body.stmts {
        [] => false,
        [only] => {
            !matches!(only.kind, StmtKind::Expr(value) if matches!(value.kind, ExprKind::Throw { .. }))
        }
        _ => true,
    };
    let fixed = match cx.res.func(var.func).kind {
        FuncKind::Plain => func.is_value,
        // Other types may have a method of the same name, and operators want theirs.
        _ => {
            cx.method_counts
                .get(name.name)
                .is_some_and(|&count| count > 1)
                || name.name.starts_with("op_")
                || cx.res.meets_strangers
        }
    };
    if fixed || !is_body {
        return;
    }
    let text = format!("the parameter `{}` is not used", var.name);
    let help = format!("leave it out, or call it `_{}`", var.name);
    let edit = Span::new(var.span.lo, var.span.lo);
    cx.report(
        UNUSED_PARAMETER
            .at(var.span, text)
            .help(help)
            .fix(edit, "_"),
    );
}
