//! The reference of the built-ins as text, made from their tables: what
//! `ruff doc` prints.

use super::{AREAS, CONSTANTS, Receiver, function, method_name, names, natives};
use crate::runtime::{MethodForm, Native, Param, ParamKind, Reach};
use crate::syntax::suggest::closest;

/// The entries for a name: of a function, of the methods of that name, or of one
/// type's method (`array.push`). The error is a close name, if there is one.
pub fn entries(name: &str) -> Result<String, Option<String>> {
    let mut found: Vec<&Native> = Vec::new();
    if let Some((receiver, method)) = name.split_once('.') {
        found.extend(methods_named(method).filter(|native| {
            let kind = native.params[0].kind;
            Receiver::all().any(|r| r.suits(kind) && r.name() == receiver.to_lowercase())
        }));
    } else {
        found.extend(function(name).map(|number| &natives()[number as usize]));
        for native in methods_named(name) {
            if !found.iter().any(|known| known.name == native.name) {
                found.push(native);
            }
        }
    }
    if !found.is_empty() {
        let texts: Vec<String> = found.into_iter().map(entry).collect();
        return Ok(texts.join("\n"));
    }
    if let Some((name, value)) = CONSTANTS.iter().find(|(constant, _)| *constant == name) {
        return Ok(format!("{name} = {value:?}\n"));
    }
    let (front, last) = name.rsplit_once('.').map_or(("", name), |(f, l)| (f, l));
    let methods = natives().iter().filter(|n| is_method(n)).flat_map(|n| {
        let kind = n.params[0].kind;
        n.names().map(move |name| method_name(kind, name))
    });
    let close = closest(last, names().chain(methods));
    Err(close.map(|close| match front {
        "" => close.to_string(),
        front => format!("{front}.{close}"),
    }))
}

/// A call of a function, and what came of it.
pub struct Example {
    pub function: &'static str,
    pub call: &'static str,
    /// The value in source form, or what was printed; `error: …` for what was thrown.
    pub result: &'static str,
}

/// An example for every function. A test runs them all.
pub fn examples() -> impl Iterator<Item = Example> {
    include_str!("examples.txt").lines().filter_map(|line| {
        let (function, rest) = line.split_once(" | ")?;
        let (call, result) = rest.rsplit_once(" |")?;
        Some(Example {
            function,
            call,
            result: result.trim_start(),
        })
    })
}

/// All functions by area, with what they give.
pub fn overview() -> String {
    let mut text = String::new();
    let mut title = "";
    for area in AREAS {
        if area.title != title {
            let space = if title.is_empty() { "" } else { "\n" };
            title = area.title;
            text.push_str(&format!("{space}{title}\n"));
        }
        for native in area.natives {
            let receiver = match native.is_function {
                true => String::new(),
                false => format!("{}.", native.params[0].name),
            };
            let names: Vec<String> = native.names().map(|n| format!("{receiver}{n}")).collect();
            let what = summary(native).replace('\n', " ");
            text.push_str(&format!("  {:<28} {what}\n", names.join(", ")));
        }
    }
    text.push_str("\nConstants\n");
    for (name, value) in CONSTANTS {
        text.push_str(&format!("  {name:<28} {value:?}\n"));
    }
    text
}

fn is_method(native: &Native) -> bool {
    !matches!(native.method, MethodForm::None)
}

/// The functions that have a method form of this name.
fn methods_named(name: &str) -> impl Iterator<Item = &'static Native> {
    natives().iter().filter(move |native| {
        let named = |n| method_name(native.params[0].kind, n) == name;
        is_method(native) && native.names().any(named)
    })
}

/// The first paragraph, which says what the function gives.
fn summary(native: &Native) -> &'static str {
    native.doc.split("\n\n").next().unwrap_or("").trim()
}

/// Signature, what it gives, what happens at the edges, method form, aliases.
fn entry(native: &Native) -> String {
    let mut text = match native.is_function {
        true => format!("{}{}\n\n", native.name, signature(native.params)),
        false => {
            let receiver = native.params[0].name;
            format!(
                "{receiver}.{}{}\n\n",
                native.name,
                signature(&native.params[1..])
            )
        }
    };
    if !native.result.is_empty() {
        text.truncate(text.len() - 2);
        text.push_str(&format!(" -> {}\n\n", native.result));
    }
    for line in native.doc.lines().map(str::trim).filter(|l| !l.is_empty()) {
        text.push_str(&format!("  {line}\n"));
    }
    if !native.is_function && matches!(native.method, MethodForm::Mutating { .. }) {
        text.push_str(&format!("  Changes {}.\n", native.params[0].name));
    }
    text.push('\n');
    for example in examples().filter(|one| one.function == native.name) {
        let result = match example.result {
            "" => String::new(),
            result => format!("  # {result}"),
        };
        text.push_str(&format!("  example  {}{result}\n", example.call));
    }
    if native.is_function
        && let Some(form) = method_form(native)
    {
        text.push_str(&format!("  method   {form}\n"));
    }
    if native.reach != Reach::Pure {
        text.push_str(&format!("  effect   {}\n", native.reach.name()));
    }
    if !native.aliases.is_empty() {
        text.push_str(&format!("  alias    {}\n", native.aliases.join(", ")));
    }
    if text.ends_with("\n\n") {
        text.pop();
    }
    text
}

fn method_form(native: &Native) -> Option<String> {
    if !is_method(native) {
        return None;
    }
    let first = &native.params[0];
    let name = method_name(first.kind, native.name);
    let rest = if first.rest {
        native.params
    } else {
        &native.params[1..]
    };
    let mut text = format!("{}.{name}{}", first.name, signature(rest));
    // A method that gives something else than the function says so.
    if !native.result.is_empty() && !native.doc.contains("As a method") {
        text.push_str(&format!(" -> {}", native.result));
    }
    if matches!(native.method, MethodForm::Mutating { .. }) {
        text.push_str(&format!("  (changes {})", first.name));
    }
    Some(text)
}

/// `(s: string, sep?: string = "")`
fn signature(params: &[Param]) -> String {
    let mut text = String::from("(");
    for (i, param) in params.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        if param.rest {
            text.push_str("...");
        }
        text.push_str(param.name);
        if param.optional {
            text.push('?');
        }
        if param.kind != ParamKind::Any {
            text.push_str(": ");
            text.push_str(&kind_text(param.kind));
        }
        if !param.default.is_empty() {
            text.push_str(" = ");
            text.push_str(param.default);
        }
    }
    text.push(')');
    text
}

/// The values that a parameter accepts, in one word for each type.
fn kind_text(kind: ParamKind) -> String {
    let word = match kind {
        ParamKind::Any => "any",
        ParamKind::String => "string",
        ParamKind::Array => "array",
        ParamKind::Dict => "dict",
        ParamKind::Bool => "bool",
        ParamKind::Int => "int",
        ParamKind::Whole => "whole",
        ParamKind::Number => "number",
        ParamKind::Key => "key",
        ParamKind::Callable => "function",
        ParamKind::Sequence => "sequence",
        ParamKind::Lazy => "iterator",
        ParamKind::Promise => "promise",
        ParamKind::Measured => "string/bytes/array/dict/set/queue/stack/heap",
        ParamKind::Searched => "string/bytes/array/dict/set",
        ParamKind::Set => "set",
        ParamKind::Queue => "queue",
        ParamKind::Stack => "stack",
        ParamKind::Heap => "heap",
        ParamKind::Bytes => "bytes",
        ParamKind::Result => "result",
        ParamKind::Option => "option",
        ParamKind::Library(ty) => ty.name(),
        ParamKind::OneOf(kinds) => {
            let words: Vec<String> = kinds.iter().map(|&kind| kind_text(kind)).collect();
            return words.join("/");
        }
    };
    word.to_string()
}
