//! Literals have the values they spell.

use bumpalo::Bump;

use super::{SourceFile, errors, parse};
use crate::syntax::print;

/// The program as printed, which shows every value in one way.
#[track_caller]
fn canonical(text: &str, expected: &str) {
    assert_eq!(errors(text), "");
    let source = SourceFile::new("t.ruff", text);
    let arena = Bump::new();
    let (module, _) = parse(&source, &arena);
    assert_eq!(print(&module).trim_end(), expected);
}

#[test]
fn numbers() {
    canonical("1_000", "1000");
    canonical("0xff; 0o17; 0b101; 007", "255\n15\n5\n7");
    canonical("9223372036854775807", "9223372036854775807");
    canonical("9_223_372_036_854_775_808", "9223372036854775808");
    canonical("0xffff_ffff_ffff_ffff_f", "0xfffffffffffffffff");
    canonical(
        "1e5; 6.02e23; 2.50; 1_0.2_5",
        "100000.0\n6.02e23\n2.5\n10.25",
    );
    canonical("1.max; 0..n; 1.5.floor()", "1.max\n0..n\n1.5.floor()");
}

#[test]
fn escapes() {
    canonical(r#""\n\t\r\\\"\$\0\x41\u{1F600}""#, r#""\n\t\r\\\"$\0A😀""#);
    canonical("\"a\r\nb\rc\"", r#""a\nb\nc""#);
    canonical(
        r#""$5 ${x}$ \${y}""#,
        r#""$5 ${x}\$ \${y}""#.replace("\\$ ", "$ ").as_str(),
    );
    canonical(r#""${"${"a"}"}""#, r#""${"${"a"}"}""#);
    canonical(r#""${ {a: {b: 1}}["a"] }""#, r#""${{a: {b: 1}}["a"]}""#);
}

#[test]
fn triple_quoted_strings_lose_their_indentation() {
    canonical(
        "x := \"\"\"\n    a\n      b\n    \"\"\"",
        r#"x := "a\n  b""#,
    );
    canonical(
        "x := \"\"\"\n    a\n      b\n  \"\"\"",
        r#"x := "  a\n    b""#,
    );
    canonical("x := \"\"\"\n    a\n\n    b\"\"\"", r#"x := "a\n\nb""#);
    canonical("x := \"\"\"a\n  b\"\"\"", r#"x := "a\n  b""#);
    canonical("x := \"\"\"\"\"\"", r#"x := """#);
    canonical("x := \"\"\"\n\"\"\"", r#"x := """#);
    canonical("x := \"\"\"\n  \"\"\"", r#"x := """#);
    canonical(
        "x := \"\"\"\n  ${a}\n   b ${c}\n  \"\"\"",
        r#"x := "${a}\n b ${c}""#,
    );
    canonical(
        "x := \"\"\"\n  a \"quoted\" \\n\n  \"\"\"",
        r#"x := "a \"quoted\" \n""#,
    );
    canonical("x := \"\"\"\r\n  a\r\n  b\r\n  \"\"\"", r#"x := "a\nb""#);
    canonical("x := \"\"\"\n  ${a}\n  \"\"\"", r#"x := "${a}""#);
}

#[test]
fn precedence() {
    canonical("-a ** -b ** c", "-a ** -b ** c");
    canonical("throw(a)", "throw(a)");
    canonical("a\n.b\n+ c\n- d", "a.b + c\n-d");
    canonical("x := f\n(1)", "x := f\n(1)");
    canonical("x = a?.b?[1].c(d)?", "x := a?.b?[1].c(d)?");
    canonical("x := (a\n- b)", "x := (a - b)");
}
