//! Source to listing: what the compiler makes of small programs.

use bumpalo::Bump;

use super::{Builtins, Compiled, NativeInfo, compile};
use crate::bytecode::{Unit, disasm};
use crate::effects::Effects;
use crate::syntax::{SourceFile, parse};

/// A handful of built-ins, enough for the compiler's questions.
struct Few;

const NATIVES: &[(&str, u16, u16, Effects)] = &[
    ("print", 0, u16::MAX, Effects::TEXTS),
    ("len", 1, 1, Effects::NONE),
    ("push", 2, 2, Effects::NONE),
    ("range", 1, 3, Effects::NONE),
    ("map", 2, 2, Effects::CALLS),
    ("sort", 1, 2, Effects::CALLS),
    ("to_string", 1, 1, Effects::TEXTS),
    ("split", 2, 2, Effects::NONE),
    ("next", 1, 1, Effects::PULLS),
];

impl Builtins for Few {
    fn native(&self, name: &str) -> Option<NativeInfo> {
        let index = NATIVES.iter().position(|one| one.0 == name)?;
        let (_, min_args, max_args, effects) = NATIVES[index];
        Some(NativeInfo {
            index: index as u16,
            min_args,
            max_args,
            effects,
        })
    }

    fn names(&self) -> Vec<&str> {
        NATIVES.iter().map(|one| one.0).collect()
    }

    fn method_effects(&self, name: &str) -> Option<Effects> {
        self.native(name).map(|native| native.effects)
    }

    fn is_mutating_method(&self, name: &str) -> bool {
        matches!(name, "push" | "pop" | "sort")
    }

    fn constant(&self, name: &str) -> Option<f64> {
        (name == "PI").then_some(std::f64::consts::PI)
    }
}

fn compiled(text: &str) -> (Compiled, SourceFile) {
    let source = SourceFile::new("test.ruff", text);
    let arena = Bump::new();
    let (module, errors) = parse(&source, &arena);
    assert!(errors.is_empty(), "{}", errors[0].render(&source));
    let out = compile(&module, &source, &Few);
    (out, source.clone())
}

#[track_caller]
fn unit(text: &str) -> Unit {
    let (out, source) = compiled(text);
    match out.unit {
        Some(unit) => unit,
        None => panic!("{}", out.diagnostics[0].render(&source)),
    }
}

/// The listing of one function, runs of blanks squeezed, positions left out.
#[track_caller]
fn code(text: &str, name: &str) -> String {
    let unit = unit(text);
    let index = unit.functions.iter().position(|one| &*one.name == name);
    let index = index.unwrap_or_else(|| panic!("no function {name}"));
    let mut out = String::new();
    disasm::function(&mut out, &unit, index, None);
    let line = |line: &str| {
        let mut words: Vec<&str> = line.split_whitespace().collect();
        if words[0].len() == 4 && words[0].bytes().all(|byte| byte.is_ascii_digit()) {
            words.remove(0);
        }
        words.join(" ")
    };
    out.lines()
        .filter(|text| !text.is_empty())
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The function's listing has these lines, one right after the other.
#[track_caller]
fn has(text: &str, name: &str, lines: &[&str]) {
    let code = code(text, name);
    let wanted = lines.join("\n");
    assert!(code.contains(&wanted), "expected\n{wanted}\nin\n{code}");
}

#[track_caller]
fn lacks(text: &str, name: &str, word: &str) {
    let code = code(text, name);
    assert!(!code.contains(word), "unexpected {word} in\n{code}");
}

/// The messages of all diagnostics, with their lines.
fn messages(text: &str) -> Vec<String> {
    let (out, source) = compiled(text);
    let line = |offset| source.position(offset).line;
    out.diagnostics
        .iter()
        .map(|one| format!("{}: {}", line(one.span.lo), one.message))
        .collect()
}

mod code;
mod names;
mod ownership;
mod size;
