//! Names of other languages that mean nothing here: special methods, and the types in
//! `except`.

use super::Cx;
use super::rule::{Level, Rule};
use crate::compiler::hash::Set;
use crate::compiler::resolve::{VarId, VarKind};
use crate::syntax::ast::*;

pub const FOREIGN_METHOD: Rule = Rule {
    name: "foreign-method",
    level: Level::Suspicious,
    summary: "A special method under the name that it has in another language.",
    explanation: "The language calls `init`, `to_string`, `op_eq`, `len`, `iter`, `op_index` and their like by these names alone; a method\n\
                  `__str__` or `constructor` is one that nothing calls.",
    wrong: "struct Point {\n    x := 0\n    func __str__(self) { return \"at ${self.x}\" }\n}\nprint(Point { x: 1 })",
    right: "struct Point {\n    x := 0\n    func to_string(self) { return \"at ${self.x}\" }\n}\nprint(Point { x: 1 })",
};

pub const EXCEPT_NAME: Rule = Rule {
    name: "except-name",
    level: Level::Suspicious,
    summary: "A capitalised name after `except` that is not used.",
    explanation: "`except E { … }` catches every error and calls it `E`: errors are not told apart by their type there. Ask `e.kind` in the\n\
                  body, and throw `e` again if it is another.",
    wrong: "ages := {ann: 31}\ntry {\n    print(ages[\"bob\"])\n} except KeyError {\n    print(\"unknown\")\n}",
    right: "ages := {ann: 31}\ntry {\n    print(ages[\"bob\"])\n} except e {\n    if e.kind != \"key\" { throw e }\n    print(\"unknown\")\n}",
};

/// The methods of all types.
pub fn methods(cx: &mut Cx) {
    let res = cx.res;
    // A method that is called by its name is one like any other.
    let mut called: Set<&str> = Set::default();
    for site in &cx.facts.exprs {
        if let ExprKind::MethodCall { name, .. } = site.expr.kind {
            called.insert(name.name);
        }
    }
    for one in &res.structs {
        for method in one.def.methods {
            let Some(Ident { name, span }) = method.name else {
                continue;
            };
            let Some(own) = own_name(name) else { continue };
            if called.contains(name) || one.methods.contains_key(own) {
                continue;
            }
            let text = format!("nothing calls a method `{name}`");
            let finding = FOREIGN_METHOD
                .at(span, text)
                .help(format!("call it `{own}`"));
            cx.report(finding.fix(span, own));
        }
    }
}

/// The name of a special method that another language calls so.
fn own_name(name: &str) -> Option<&'static str> {
    Some(match name {
        "__init__" | "constructor" | "__construct" | "__new__" => "init",
        "__str__" | "__repr__" | "toString" | "__toString" | "to_s" => "to_string",
        "__eq__" => "op_eq",
        "__ne__" => "op_ne",
        "__lt__" => "op_lt",
        "__le__" => "op_le",
        "__gt__" => "op_gt",
        "__ge__" => "op_ge",
        "__add__" => "op_add",
        "__radd__" => "op_radd",
        "__sub__" => "op_sub",
        "__rsub__" => "op_rsub",
        "__mul__" => "op_mul",
        "__rmul__" => "op_rmul",
        "__truediv__" | "__floordiv__" | "__div__" => "op_div",
        "__mod__" => "op_mod",
        "__pow__" => "op_pow",
        "__neg__" => "op_neg",
        "__len__" => "len",
        "__iter__" => "iter",
        "__contains__" => "op_contains",
        "__getitem__" => "op_index",
        "__setitem__" => "op_set_index",
        _ => return None,
    })
}

/// The name after an `except`.
pub fn except(cx: &mut Cx, id: VarId) {
    let var = cx.res.var(id);
    let is_type_like = var.kind == VarKind::Except
        && var.name.chars().next().is_some_and(char::is_uppercase)
        && var.name.chars().count() > 1;
    if !is_type_like || !cx.facts.vars[id.0 as usize].events.is_empty() {
        return;
    }
    let text = format!("this catches every error and calls it `{}`", var.name);
    let help = "write `except e` and ask `e.kind`";
    cx.report(EXCEPT_NAME.at(var.span, text).help(help));
}
