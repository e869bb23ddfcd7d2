//! Depth: of program texts (a diagnostic, never a crash), of calls (a million,
//! then an error that can be caught), of values.

use crate::support::{Ran, TempFile, eval, run};

const DEEP: usize = 50_000;

fn source(text: &str) -> Ran {
    let file = TempFile::new("deep.ruff", text.as_bytes());
    run(&["run", file.path()])
}

/// A text nested too deeply is a diagnostic, and not a long one.
#[track_caller]
fn refused(open: &str, middle: &str, close: &str) {
    let text = format!("{}{middle}{}", open.repeat(DEEP), close.repeat(DEEP));
    let ran = source(&text).ended(3);
    assert!(ran.err.len() < 20_000, "{} bytes", ran.err.len());
    // A text that is still open at the end of the file is refused as well.
    source(&open.repeat(DEEP)).ended(3);
}

#[test]
fn nested_literals_are_refused() {
    refused("[", "1", "]");
    refused("{a: ", "1", "}");
    refused("x := [{k: ", "1", "}]");
    refused("\"${", "1", "}\"");
}

#[test]
fn nested_expressions_are_refused() {
    refused("(", "1", ")");
    refused("f(", "1", ")");
    refused("a[", "1", "]");
    refused("!", "true", "");
    refused("- ", "1", "");
    refused("~", "1", "");
    refused("2 ** ", "2", "");
    refused("func() { return ", "1", " }");
}

#[test]
fn nested_blocks_are_refused() {
    refused("if true { ", "x := 1", " }");
    refused("loop { ", "break", " }");
    refused("for i in 1 { ", "x := 1", " }");
    refused("func f() { ", "return 1", " }");
    refused("try { ", "x := 1", " } except { }");
    refused("match 1 { case 1: { ", "x := 1", " } }");
}

#[test]
fn nested_patterns_and_types_are_refused() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(DEEP), close.repeat(DEEP));
    source(&format!("{} := 1", deep("[", "]"))).ended(3);
    source(&format!("let x: {} := 1", deep("[", "]"))).ended(3);
    source(&format!("match 1 {{ case {}: {{ }} }}", deep("Ok(", ")"))).ended(3);
    source(&format!("let x: {} := 1", deep("func(", ")"))).ended(3);
}

/// Chains are not nested to the reader: they run, or are refused politely.
#[test]
fn long_chains() {
    let chains = [
        format!("x := {}1", "1 + ".repeat(DEEP)),
        format!("x := \"a\"{}", " + \"a\"".repeat(DEEP)),
        format!("x := true{}", " && true".repeat(DEEP)),
        format!("x := null{}", " ?? null".repeat(DEEP)),
        format!("func f(x) {{ return x }} x := 1{}", " |> f".repeat(DEEP)),
        format!("f := 1; f{}", "()".repeat(DEEP)),
        format!("f := {{}}; f{}", "?.a".repeat(DEEP)),
        format!("f := 1; f{}", "[0]".repeat(DEEP)),
        format!(
            "x := 1; if x == 0 {{ }} {}",
            "else if x == 2 { } ".repeat(DEEP)
        ),
        format!("match 1 {{ {} }}", "case 2: { } ".repeat(DEEP)),
        format!("x := [{}]", "1, ".repeat(DEEP)),
        format!("x := {{ {} }}", "a: 1, ".repeat(DEEP)),
        "x := 1; ".repeat(DEEP),
        "{".repeat(DEEP) + &"[(".repeat(DEEP),
        ")]}".repeat(DEEP),
    ];
    for text in chains {
        let ran = source(&text);
        assert!(matches!(ran.code, Some(0 | 3 | 4)), "{:.60} {ran:?}", text);
    }
}

#[test]
fn a_million_calls_deep() {
    eval("func down(n) { if n == 0 { return 0 } return 1 + down(n - 1) } print(down(1000000))")
        .ended(0)
        .printed("1000000\n");
}

#[test]
fn unlimited_recursion_can_be_caught() {
    let caught = |define: &str, start: &str| {
        let code = format!("{define}\ntry {{ {start} }} except e {{ print(e.kind) }}");
        eval(&code).ended(0).printed("stack_overflow\n");
    };
    caught("func f(n) { return 1 + f(n + 1) }", "f(0)");
    caught(
        "func a(n) { return b(n) + 1 } func b(n) { return a(n) + 1 }",
        "a(0)",
    );
    caught("f := func(n) { return f(n) + 1 }", "f(0)");
    caught(
        "struct S { v; func m(self) { return self.m() } }",
        "S { v: 1 }.m()",
    );
    caught("func f(n) { return map([1], f) }", "f(0)");
    caught("func f(a, b) { return len(sort([2, 1], f)) }", "f(0, 0)");
    caught(
        "struct S { v; func op_add(self, o) { return self + o } }",
        "S { v: 1 } + 1",
    );
    caught(
        "struct S { v; func op_eq(self, o) { return self == o } }",
        "[S { v: 1 }] == [S { v: 2 }]",
    );
    caught(
        "struct S { v; func op_lt(self, o) { return self < o } }",
        "sort([S { v: 1 }, S { v: 2 }])",
    );
    caught(
        "struct S { v; func op_neg(self) { return -self } }",
        "x := -S { v: 1 }",
    );
    caught(
        "struct S { v; func to_string(self) { return to_string(self) } }",
        "print(S { v: 1 })",
    );
    caught(
        "struct S { v; func to_string(self) { return \"${[self]}\" } }",
        "print([S { v: 1 }])",
    );
    caught("struct S { v := S { } }", "S { }");
    caught("func f(n := f()) { return n }", "f()");
}

#[test]
fn an_uncaught_overflow_has_a_short_report() {
    let ran = eval("func f(n) { return 1 + f(n) } f(0)")
        .ended(4)
        .said("Stack overflow");
    assert!(ran.err.lines().count() < 60, "{ran:?}");
}

/// After an overflow the machine works as before, many times.
#[test]
fn overflow_is_recovered_from() {
    eval("func f(n) { return 1 + f(n) }\nfor i in 5 { try { f(0) } except e { print(e.kind) } }\nprint(len(range(10)))")
        .ended(0)
        .printed(&("stack_overflow\n".repeat(5) + "10\n"));
}

#[test]
fn values_a_million_levels_deep() {
    for wrap in ["[a]", "{k: a}", "Some(a)", "[[a], 1]"] {
        let build = format!(
            "func wrap(a) {{ return {wrap} }} a := [] b := [] for i in 1000000 {{ a := wrap(a) b := wrap(b) }}"
        );
        for using in [
            "print(a)",
            "x := \"${a}\"",
            "repr(a)",
            "x := a == b",
            "x := a < b",
            "x := [a].contains(b)",
            "sort([a, b])",
            "unique([a, b])",
            "debug(a)",
            "flatten(a)",
            "x := a",
            "throw a",
        ] {
            let ran = eval(&format!(
                "{build}\ntry {{ {using} }} except e {{ print(e.kind) }}"
            ));
            assert_eq!(ran.code, Some(0), "{wrap} {using} {ran:?}");
        }
    }
}
