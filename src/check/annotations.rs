//! Written types: they are not enforced when a program runs, so what contradicts
//! them is found here or not at all.

use super::facts::{ExprSite, Promise};
use super::rule::{Level, Rule};
use super::types::{Ty, named};
use super::{Cx, numbers};
use crate::compiler::resolve::VarKind;
use crate::stdlib::Receiver;
use crate::syntax::ast::*;

pub const TYPE_MISMATCH: Rule = Rule {
    name: "type-mismatch",
    level: Level::Suspicious,
    summary: "A value that contradicts the written type.",
    explanation: "Written types are not enforced when the program runs. Values of variables, defaults, arguments, fields and results are\n\
                  compared with them where both are known. An int may stand for a float.",
    wrong: "func double(n: int) -> int { return n * 2 }\nprint(double(\"4\"))",
    right: "func double(n: int) -> int { return n * 2 }\nprint(double(4))",
};

pub const UNKNOWN_TYPE: Rule = Rule {
    name: "unknown-type",
    level: Level::Suspicious,
    summary: "A written type that neither the language nor the program has.",
    explanation: "The types of the language are those that `type(x)` gives, `any`, `number`, `func`, `Result`, `Option` and `Error`. A single\n\
                  capital letter may stand for any type.",
    wrong: "name: strng := \"Ada\"\nprint(name)",
    right: "name: string := \"Ada\"\nprint(name)",
};

/// Names of types that the language has.
const TYPES: &[&str] = &[
    "int",
    "float",
    "number",
    "string",
    "bool",
    "null",
    "any",
    "array",
    "dict",
    "set",
    "queue",
    "stack",
    "heap",
    "bytes",
    "struct",
    "object",
    "tagged",
    "result",
    "option",
    "function",
    "func",
    "generator",
    "iterator",
    "sequence",
    "error",
    "channel",
    "promise",
    "taskgroup",
    "module",
    "type",
    "Result",
    "Option",
    "Error",
    "Set",
    "Queue",
    "Stack",
    "Heap",
    "self",
];

/// A value that a written type is before.
pub fn promise<'a>(cx: &mut Cx<'a, '_>, promise: &Promise<'a>) {
    check(cx, promise.ty, promise.value);
}

fn check<'a>(cx: &mut Cx<'a, '_>, ty: &'a Type<'a>, value: &'a Expr<'a>) {
    let found = cx.types.of(value);
    if let TypeKind::Name { name: "float", .. } = ty.kind {
        numbers::quotient(cx, value, "given to a `float`,");
    }
    if admits(cx, ty, found) {
        return;
    }
    let written = cx.source.span_text(ty.span);
    let text = format!("this is of type {}, not {written}", found.name(cx.res));
    let finding = TYPE_MISMATCH.at(value.span, text);
    cx.report(finding.related(ty.span, "the type is written here"));
}

/// Arguments and fields against what is written where they are declared.
pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::Call { callee, args } => {
            let Some(def) = called(cx, callee) else {
                return;
            };
            let skip = usize::from(
                def.params
                    .first()
                    .is_some_and(|one| one.name.name == "self"),
            );
            arguments(cx, &def.params[skip..], args);
        }
        ExprKind::MethodCall {
            recv, name, args, ..
        } => {
            let Ty::Instance(ty) = cx.types.of(recv) else {
                return;
            };
            let method = cx.res.structs[ty.0 as usize].methods.get(name.name);
            let Some(def) = method.and_then(|&func| cx.facts.funcs[func.0 as usize].def) else {
                return;
            };
            let skip = usize::from(
                def.params
                    .first()
                    .is_some_and(|one| one.name.name == "self"),
            );
            arguments(cx, &def.params[skip..], args);
        }
        ExprKind::StructLit { name, items } => {
            let Ty::Instance(ty) = cx.types.struct_at(name.span) else {
                return;
            };
            let fields = cx.res.structs[ty.0 as usize].def.fields;
            for item in items {
                let FieldInit::Pair { name, value } = item else {
                    continue;
                };
                let field = cx.field_of(ty, name.name).map(|at| &fields[at]);
                if let Some(ty) = field.and_then(|field| field.ty) {
                    check(cx, ty, value);
                }
            }
        }
        _ => {}
    }
}

/// The declaration of what is called, if it is a function or type of the program.
fn called<'a>(cx: &Cx<'a, '_>, callee: &Expr<'a>) -> Option<&'a FuncDef<'a>> {
    let ExprKind::Name(_) = callee.kind else {
        return None;
    };
    let var = cx.types.var_of(callee.span)?;
    match cx.res.var(var).kind {
        VarKind::Func => cx.res.defs.get(&var).copied(),
        VarKind::Struct(ty) => {
            let init = cx.res.structs[ty.0 as usize].methods.get("init")?;
            cx.facts.funcs[init.0 as usize].def
        }
        _ => None,
    }
}

fn arguments<'a>(cx: &mut Cx<'a, '_>, params: &'a [Param<'a>], args: &'a [Arg<'a>]) {
    for (param, arg) in params.iter().zip(args) {
        if param.rest || arg.spread {
            return;
        }
        if let Some(ty) = param.ty {
            check(cx, ty, arg.value);
        }
    }
}

/// Whether a type as written may hold a value of this one.
fn admits(cx: &Cx, ty: &Type, found: Ty) -> bool {
    if matches!(found, Ty::Unknown | Ty::Nothing) {
        return true;
    }
    match ty.kind {
        TypeKind::Optional(inner) => found == Ty::Null || admits(cx, inner, found),
        TypeKind::Union(types) => types.iter().any(|one| admits(cx, one, found)),
        TypeKind::Array(_) => found == Ty::ARRAY,
        TypeKind::Func { .. } => matches!(found, Ty::Of(Receiver::Function | Receiver::Type)),
        TypeKind::Name { name, .. } => match name {
            "float" => found.is_number(),
            "number" => found.is_number(),
            "func" | "function" => matches!(found, Ty::Of(Receiver::Function | Receiver::Type)),
            "struct" | "object" | "any" => true,
            "iterator" => matches!(found, Ty::Of(Receiver::Iterator | Receiver::Generator)),
            "Result" => found == Ty::Of(Receiver::Result),
            "Option" => found == Ty::Of(Receiver::Option),
            _ => match named(name) {
                Ty::Unknown => own_type(cx, name, found),
                written => written == found,
            },
        },
    }
}

/// Whether a type of the program may hold the value; a name that is none is left alone.
fn own_type(cx: &Cx, name: &str, found: Ty) -> bool {
    let Some(&var) = cx.type_names.get(name) else {
        return true;
    };
    match (cx.res.var(var).kind, found) {
        (VarKind::Struct(ty), Ty::Instance(found)) => {
            cx.res.structs[ty.0 as usize].def.name.name
                == cx.res.structs[found.0 as usize].def.name.name
        }
        (VarKind::Enum, Ty::Variant(found)) => cx.res.var(found).name == name,
        (VarKind::Struct(_) | VarKind::Enum, _) => false,
        _ => true,
    }
}

/// The names in a written type.
pub fn written<'a>(cx: &mut Cx<'a, '_>, ty: &'a Type<'a>) {
    match ty.kind {
        TypeKind::Name { name, args } => {
            // Without what comes after it: `array<int>`.
            let span = Span::new(ty.span.lo, ty.span.lo + name.len() as u32);
            type_name(cx, name, span);
            for one in args {
                written(cx, one);
            }
        }
        TypeKind::Array(inner) | TypeKind::Optional(inner) => written(cx, inner),
        TypeKind::Union(types) => {
            for one in types {
                written(cx, one);
            }
        }
        TypeKind::Func { params, result } => {
            for one in params {
                written(cx, one);
            }
            if let Some(result) = result {
                written(cx, result);
            }
        }
    }
}

fn type_name(cx: &mut Cx, name: &str, span: Span) {
    let is_letter = name.chars().count() == 1 && name.chars().all(char::is_uppercase);
    // A wildcard import may bring any type.
    let known =
        TYPES.contains(&name) || cx.type_names.contains_key(name) || is_letter || cx.imports_all;
    if known {
        return;
    }
    let finding = UNKNOWN_TYPE.at(span, format!("there is no type `{name}`"));
    let known_names = cx.type_names.keys().copied();
    let candidates: Vec<&str> = TYPES.iter().copied().chain(known_names).collect();
    let finding = match foreign(name) {
        Some(own) => finding.help(format!("write `{own}`")).fix(span, own),
        None => cx.hint(finding, name, &mut candidates.into_iter()),
    };
    cx.report(finding);
}

/// The type that has this name in other languages.
pub fn foreign(name: &str) -> Option<&'static str> {
    Some(match name {
        "str" | "String" | "text" => "string",
        "list" | "List" | "Vec" | "Array" | "tuple" => "array",
        "map" | "Map" | "HashMap" | "Dict" | "object_map" => "dict",
        "boolean" | "Bool" => "bool",
        "integer" | "Int" | "i32" | "i64" | "u32" | "u64" | "usize" => "int",
        "double" | "Float" | "f32" | "f64" => "float",
        "void" | "None" | "nil" | "undefined" => "null",
        "Function" | "callable" | "Callable" => "func",
        "unknown" | "Any" => "any",
        _ => return None,
    })
}

/// Whether a name stands for a type of the program or for what an import brings.
pub fn is_type(kind: VarKind) -> bool {
    matches!(kind, VarKind::Struct(_) | VarKind::Enum | VarKind::Import)
}
