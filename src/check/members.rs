//! Fields, methods and variants that a type does not have, and keys that are
//! there twice.

use super::Cx;
use super::facts::ExprSite;
use super::rule::{Level, Rule};
use super::types::Ty;
use crate::compiler::hash::Map;
use crate::compiler::resolve::{StructIdx, VarId, VarKind, root_of};
use crate::runtime::MethodForm;
use crate::runtime::messages::copy_hint;
use crate::stdlib::{self, Receiver};
use crate::syntax::ast::*;

pub const UNKNOWN_FIELD: Rule = Rule {
    name: "unknown-field",
    level: Level::Certain,
    summary: "A field that the type does not have.",
    explanation: "Reading, writing or giving such a field throws. The type of a variable is known if all that it is given are values of one\n\
                  type. Variants of an enum and functions of a type are written with `::`.",
    wrong: "struct Point {\n    x := 0\n    y := 0\n}\np := Point { x: 1, z: 2 }\nprint(p.x)",
    right: "struct Point {\n    x := 0\n    y := 0\n}\np := Point { x: 1, y: 2 }\nprint(p.x)",
};

pub const MISSING_FIELD: Rule = Rule {
    name: "missing-field",
    level: Level::Certain,
    summary: "A literal without a field that has no default.",
    explanation: "Such a literal throws. Give the field a value, or its declaration a default: `balance := 0`. Defaults are computed again for\n\
                  every instance, so `items := []` is no trap.",
    wrong: "struct Account {\n    owner\n    balance := 0\n}\nprint(Account { balance: 5 })",
    right: "struct Account {\n    owner\n    balance := 0\n}\nprint(Account { owner: \"Ann\" })",
};

pub const UNKNOWN_METHOD: Rule = Rule {
    name: "unknown-method",
    level: Level::Certain,
    summary: "A method that values of the type do not have.",
    explanation: "Calling it throws. `ruff doc` lists the methods of the built-in types.",
    wrong: "xs := [3, 1, 2]\nprint(xs.size())",
    right: "xs := [3, 1, 2]\nprint(xs.len())",
};

pub const IMMUTABLE_RECEIVER: Rule = Rule {
    name: "immutable-receiver",
    level: Level::Certain,
    summary: "A method that would change a variable declared with `let` or `const`, or a part of it.",
    explanation: "Calling it throws. Declare the variable with `mut`, or use the function, which gives a changed value: `ys := push(xs, 4)`.\n\
                  Instances of classes may be changed through any variable.",
    wrong: "let xs := [3, 1, 2]\nxs.sort()\nprint(xs)",
    right: "mut xs := [3, 1, 2]\nxs.sort()\nprint(xs)",
};

pub const UNKNOWN_VARIANT: Rule = Rule {
    name: "unknown-variant",
    level: Level::Certain,
    summary: "A variant that the enum does not declare.",
    explanation: "As a value it throws when it is reached; a case with it throws too, or never fits.",
    wrong: "enum Color { Red, Green }\nprint(Color::Blue)",
    right: "enum Color { Red, Green, Blue }\nprint(Color::Blue)",
};

pub const DUPLICATE_KEY: Rule = Rule {
    name: "duplicate-key",
    level: Level::Suspicious,
    summary: "A dict literal with the same key twice.",
    explanation: "The later value wins and the earlier one is lost. An int and its decimal text are one key: `{1: a, \"1\": b}` has one entry.",
    wrong: "ages := {ann: 31, bob: 27, ann: 32}\nprint(ages)",
    right: "ages := {ann: 32, bob: 27}\nprint(ages)",
};

pub fn expr<'a>(cx: &mut Cx<'a, '_>, site: &ExprSite<'a>) {
    match site.expr.kind {
        ExprKind::StructLit { name, items } => literal(cx, name, items),
        ExprKind::Field {
            recv,
            name,
            optional,
            ..
        } if !optional => field(cx, recv, name),
        ExprKind::MethodCall {
            recv,
            name,
            optional,
            ..
        } if !optional => method(cx, recv, name),
        ExprKind::Path { ty, name } => path(cx, ty, name),
        ExprKind::Dict(items) => duplicates(cx, items),
        _ => {}
    }
}

fn literal<'a>(cx: &mut Cx<'a, '_>, name: Ident<'a>, items: &'a [FieldInit<'a>]) {
    let Ty::Instance(ty) = cx.types.struct_at(name.span) else {
        return;
    };
    let def = cx.res.structs[ty.0 as usize].def;
    let mut given: Map<&str, Span> = Map::default();
    let mut spread = false;
    for item in items {
        let field = match *item {
            FieldInit::Pair { name, .. } | FieldInit::Shorthand(name) => name,
            FieldInit::Spread(_) => {
                spread = true;
                continue;
            }
        };
        given.insert(field.name, field.span);
        if !cx.has_field(ty, field.name) {
            let text = format!("{} has no field `{}`", def.name.name, field.name);
            let finding = UNKNOWN_FIELD.at(field.span, text);
            let finding = finding.related(def.name.span, "the type is declared here");
            let fields = def.fields.iter().map(|one| one.name.name);
            let finding = cx.hint(finding, field.name, &mut fields.into_iter());
            cx.report(finding);
        }
    }
    let missing: Vec<String> = (def.fields.iter())
        .filter(|field| field.default.is_none() && !given.contains_key(field.name.name))
        .map(|field| format!("`{}`", field.name.name))
        .collect();
    if !spread && !missing.is_empty() {
        let fields = if missing.len() == 1 {
            "field"
        } else {
            "fields"
        };
        let text = format!(
            "this {} lacks the {fields} {}",
            def.name.name,
            missing.join(", ")
        );
        let finding = MISSING_FIELD.at(name.span, text);
        cx.report(finding.related(def.name.span, "the type is declared here"));
    }
}

/// A field that is read or written.
fn field<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    if static_use(cx, recv, name) || cx.bare_fields.contains_key(&recv.span.lo) {
        return;
    }
    let ty = cx.types.of(recv);
    let Some(receiver) = ty.receiver(cx.res) else {
        return;
    };
    // A dict's keys are its fields; a module, a generator of errors and the like have theirs.
    let is_open = matches!(
        receiver,
        Receiver::Dict | Receiver::Type | Receiver::Function | Receiver::Generator
    );
    if is_open || stdlib::method(receiver, name.name).is_some() {
        return;
    }
    if let Ty::Instance(ty) = ty {
        if cx.res.structs[ty.0 as usize].members.contains(name.name) {
            return;
        }
        let def = cx.res.structs[ty.0 as usize].def;
        let text = format!("{} has no field `{}`", def.name.name, name.name);
        let finding = UNKNOWN_FIELD.at(name.span, text);
        let finding = finding.related(def.name.span, "the type is declared here");
        let members = cx.res.structs[ty.0 as usize].members.iter().copied();
        let finding = cx.hint(finding, name.name, &mut members.into_iter());
        return cx.report(finding);
    }
    let text = format!(
        "a value of type {} has no field `{}`",
        ty.name(cx.res),
        name.name
    );
    let finding = UNKNOWN_FIELD.at(name.span, text);
    let finding = match length_word(receiver, name.name) {
        Some(help) => finding.help(help),
        None => cx.hint(finding, name.name, &mut stdlib::method_names(receiver)),
    };
    cx.report(finding);
}

fn method<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    if static_use(cx, recv, name) || cx.bare_fields.contains_key(&recv.span.lo) {
        return;
    }
    let ty = cx.types.of(recv);
    let Some(receiver) = ty.receiver(cx.res) else {
        return;
    };
    immutable(cx, recv, name);
    if stdlib::method(receiver, name.name).is_some() || matches!(receiver, Receiver::Type) {
        return;
    }
    let mut finding = None;
    if let Ty::Instance(ty) = ty {
        let one = &cx.res.structs[ty.0 as usize];
        if one.members.contains(name.name) {
            return;
        }
        let text = format!("{} has no method `{}`", one.def.name.name, name.name);
        let members = one.methods.keys().copied();
        let found = UNKNOWN_METHOD.at(name.span, text);
        let found = found.related(one.def.name.span, "the type is declared here");
        let hint = copy_hint(name.name).filter(|_| !one.def.is_class);
        finding = Some(match hint {
            Some(hint) => found.help(hint),
            None => cx.hint(found, name.name, &mut members.into_iter()),
        });
    }
    let finding = finding.unwrap_or_else(|| {
        let text = format!(
            "a value of type {} has no method `{}`",
            ty.name(cx.res),
            name.name
        );
        let finding = UNKNOWN_METHOD.at(name.span, text);
        let known = length_word(receiver, name.name).or_else(|| copy_hint(name.name));
        match known {
            Some(help) => finding.help(help),
            None => cx.hint(finding, name.name, &mut stdlib::method_names(receiver)),
        }
    });
    cx.report(finding);
}

/// A method that changes its receiver, of a variable that must not change, or of a part of
/// the value that such a variable holds.
fn immutable<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) {
    let Some(root) = root_of(recv) else {
        return;
    };
    let Some(var) = cx.types.var_of(root.expr.span) else {
        return;
    };
    let var = cx.res.var(var);
    let word = match var.kind {
        VarKind::Let => "let",
        VarKind::Const => "const",
        _ => return,
    };
    let is_part = !matches!(recv.kind, ExprKind::Name(_));
    // The fields of a class instance may be changed through any variable.
    let holds = cx.types.of(root.expr).receiver(cx.res);
    if is_part && holds.is_none_or(|holds| holds == Receiver::Object) {
        return;
    }
    // Its own `op_index` may give anything.
    if is_part && holds == Some(Receiver::Struct) && !root.field_first {
        return;
    }
    let own = match cx.types.of(recv) {
        Ty::Instance(ty) => {
            let one = &cx.res.structs[ty.0 as usize];
            if one.def.is_class && !is_part {
                return;
            }
            one.methods.get(name.name).copied()
        }
        _ => None,
    };
    let changes = match (own, cx.types.of(recv).receiver(cx.res)) {
        (Some(func), _) => cx.res.func(func).mutating,
        (None, Some(receiver)) => stdlib::method(receiver, name.name).is_some_and(|number| {
            let native = &stdlib::natives()[number as usize];
            matches!(native.method, MethodForm::Mutating { .. })
        }),
        (None, None) => false,
    };
    if !changes {
        return;
    }
    let of = var.name;
    let changed = match is_part {
        true => format!("a part of `{of}`"),
        false => format!("`{of}`"),
    };
    let text = format!(
        "`{}` would change {changed}, which is an immutable variable (`{word}`)",
        name.name
    );
    let finding = IMMUTABLE_RECEIVER.at(name.span, text);
    let finding = finding.help("declare it with `mut` to change it");
    cx.report(finding.related(var.span, "declared here"));
}

/// The help for what other languages call the number of elements.
fn length_word(receiver: Receiver, name: &str) -> Option<&'static str> {
    let counts = stdlib::method(receiver, "len").is_some();
    (counts && matches!(name, "length" | "size")).then_some("write `x.len()` or `len(x)`")
}

/// `Color.Red`, `Point.make()`; whether the receiver is a type of the program.
fn static_use<'a>(cx: &mut Cx<'a, '_>, recv: &'a Expr<'a>, name: Ident<'a>) -> bool {
    let ExprKind::Name(ty) = recv.kind else {
        return false;
    };
    let Some(var) = cx.types.var_of(recv.span) else {
        return false;
    };
    let finding = match cx.res.var(var).kind {
        VarKind::Enum => UNKNOWN_FIELD.at(
            name.span,
            format!("the enum {ty} has no field `{}`", name.name),
        ),
        VarKind::Struct(_) => {
            let finding = format!(
                "the type {ty} itself has no field or method `{}`",
                name.name
            );
            if stdlib::method(Receiver::Type, name.name).is_some() {
                return true;
            }
            UNKNOWN_METHOD.at(name.span, finding)
        }
        _ => return false,
    };
    if stdlib::method(Receiver::Type, name.name).is_some() {
        return true;
    }
    let between = Span::new(recv.span.hi, name.span.lo);
    let finding = finding.help(format!("write `{ty}::{}`", name.name));
    cx.report(finding.fix(between, "::"));
    true
}

/// `E::V`, `T::f`.
fn path<'a>(cx: &mut Cx<'a, '_>, ty: Ident<'a>, name: Ident<'a>) {
    let Some(var) = cx.types.var_of(ty.span) else {
        return;
    };
    match cx.res.var(var).kind {
        VarKind::Enum => variant(cx, var, name),
        VarKind::Struct(index) => static_method(cx, index, name),
        _ => {}
    }
}

/// A variant in an expression or pattern.
pub fn variant<'a>(cx: &mut Cx<'a, '_>, owner: VarId, name: Ident<'a>) {
    let Some(def) = cx.enums.get(&owner).copied() else {
        return;
    };
    // Most names are those of one enum, and a `match` may have thousands of cases.
    let is_its_own = cx.variants.get(name.name) == Some(&owner);
    if is_its_own || def.variants.iter().any(|one| one.name == name.name) {
        return;
    }
    let text = format!("the enum {} has no variant `{}`", def.name.name, name.name);
    let finding = UNKNOWN_VARIANT.at(name.span, text);
    let finding = finding.related(def.name.span, "the enum is declared here");
    let variants = def.variants.iter().map(|one| one.name);
    let finding = cx.hint(finding, name.name, &mut variants.into_iter());
    cx.report(finding);
}

fn static_method<'a>(cx: &mut Cx<'a, '_>, ty: StructIdx, name: Ident<'a>) {
    let one = &cx.res.structs[ty.0 as usize];
    if one.methods.contains_key(name.name) {
        return;
    }
    let text = format!(
        "the type {} has no method `{}`",
        one.def.name.name, name.name
    );
    let finding = UNKNOWN_METHOD.at(name.span, text);
    let methods = one.methods.keys().copied();
    let finding = cx.hint(finding, name.name, &mut methods.into_iter());
    cx.report(finding);
}

/// Keys of a dict literal that are there twice, as long as nothing is spread between.
fn duplicates<'a>(cx: &mut Cx<'a, '_>, items: &'a [DictItem<'a>]) {
    let mut seen: Map<&str, Span> = Map::default();
    for item in items {
        let (text, span) = match *item {
            DictItem::Pair { key, .. } => match key {
                DictKey::Name(name) => (name.name, name.span),
                DictKey::Str { text, span } => (text, span),
                DictKey::Int { span, .. } => (cx.source.span_text(span), span),
                DictKey::Template(_) | DictKey::Computed(_) => continue,
            },
            DictItem::Shorthand(name) => (name.name, name.span),
            DictItem::Spread(_) => {
                seen.clear();
                continue;
            }
        };
        if let Some(first) = seen.insert(text, span) {
            let finding = DUPLICATE_KEY.at(span, format!("the key `{text}` is there twice"));
            cx.report(finding.related(first, "the first value is lost"));
        }
    }
}

/// Variants in the patterns of a `match`.
pub fn pattern<'a>(cx: &mut Cx<'a, '_>, pattern: &'a Pattern<'a>) {
    match pattern.kind {
        PatternKind::Array { items, .. } => each(cx, items),
        PatternKind::Alt(alternatives) => each(cx, alternatives),
        PatternKind::Tag { ty, name, parts } => {
            if let Some(var) = ty.and_then(|ty| cx.types.var_of(ty.span))
                && cx.res.var(var).kind == VarKind::Enum
            {
                variant(cx, var, name);
            }
            each(cx, parts.unwrap_or(&[]));
        }
        PatternKind::Dict { entries, .. } => {
            for entry in entries {
                self::pattern(cx, &entry.pattern);
            }
        }
        PatternKind::Struct { name, entries, .. } => {
            let ty = cx.types.struct_at(name.span);
            for entry in entries {
                if let Ty::Instance(ty) = ty
                    && !cx.has_field(ty, entry.key)
                {
                    let def = cx.res.structs[ty.0 as usize].def;
                    let text = format!("{} has no field `{}`", def.name.name, entry.key);
                    let finding = UNKNOWN_FIELD.at(entry.key_span, text);
                    cx.report(finding.related(def.name.span, "the type is declared here"));
                }
                self::pattern(cx, &entry.pattern);
            }
        }
        PatternKind::Bind(_)
        | PatternKind::Wild
        | PatternKind::Literal(_)
        | PatternKind::Range { .. }
        | PatternKind::Place(_) => {}
    }
}

fn each<'a>(cx: &mut Cx<'a, '_>, patterns: &'a [Pattern<'a>]) {
    for one in patterns {
        pattern(cx, one);
    }
}
