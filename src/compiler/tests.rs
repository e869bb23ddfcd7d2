//! Source to listing: what the compiler makes of small programs.

use bumpalo::Bump;

use super::{Builtins, Compiled, NativeInfo, compile};
use crate::bytecode::{Unit, disasm};
use crate::syntax::{SourceFile, parse};

/// A handful of built-ins, enough for the compiler's questions.
struct Few;

const NATIVES: &[(&str, u16, u16, bool)] = &[
    ("print", 0, u16::MAX, true),
    ("len", 1, 1, false),
    ("push", 2, 2, false),
    ("range", 1, 3, false),
    ("map", 2, 2, true),
    ("sort", 1, 2, true),
    ("to_string", 1, 1, true),
    ("split", 2, 2, false),
];

impl Builtins for Few {
    fn native(&self, name: &str) -> Option<NativeInfo> {
        let index = NATIVES.iter().position(|one| one.0 == name)?;
        let (_, min_args, max_args, calls_back) = NATIVES[index];
        Some(NativeInfo {
            index: index as u16,
            min_args,
            max_args,
            calls_back,
        })
    }

    fn names(&self) -> Vec<&str> {
        NATIVES.iter().map(|one| one.0).collect()
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

fn listing(text: &str) -> String {
    disasm::unit(&unit(text), None)
}

#[test]
fn show() {
    if let Ok(path) = std::env::var("RUFF_SHOW") {
        let text = std::fs::read_to_string(path).unwrap();
        let (out, source) = compiled(&text);
        for one in &out.diagnostics {
            println!("{}", one.render(&source));
        }
        if let Some(unit) = out.unit {
            println!("{}", disasm::unit(&unit, Some(&source)));
        }
    }
    let _ = listing;
}

/// Compiles a long program on a stack as large as the machine gives it.
fn on_large_stack(check: impl FnOnce() + Send + 'static) {
    let run = std::thread::Builder::new()
        .stack_size(512 << 20)
        .spawn(check);
    run.unwrap().join().unwrap();
}

#[test]
fn large_programs_compile_fast() {
    on_large_stack(|| {
        let mut text = String::from("x := 0\ns := \"\"\n");
        for i in 0..12_000 {
            text.push_str(&format!(
                "if x < {i} {{ x += {i} }} else {{ v{i} := [x, s] }}\n"
            ));
        }
        let chain = vec!["x"; 20_000].join(" + ");
        text.push_str(&format!("y := {chain}\n"));
        let all = vec!["x == 1"; 20_000].join(" && ");
        text.push_str(&format!("z := {all}\nif {all} {{ y := 2 }}\n"));
        let items = vec!["x"; 100_000].join(", ");
        text.push_str(&format!("w := [{items}]\n"));
        let start = std::time::Instant::now();
        let unit = unit(&text);
        eprintln!(
            "{} words {:?}",
            unit.functions[0].code.len(),
            start.elapsed()
        );
    });
}
