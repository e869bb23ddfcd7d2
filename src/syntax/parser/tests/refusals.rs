//! Tests of what is refused, with which words, and that one mistake is one
//! error.

use super::errors;

/// Each line of `messages` begins one of the errors, in order.
#[track_caller]
fn refuses(text: &str, messages: &[&str]) {
    let shown = errors(text);
    let found: Vec<&str> = shown
        .lines()
        .filter_map(|line| line.strip_prefix("error: "))
        .collect();
    assert_eq!(found.len(), messages.len(), "{text}\n{shown}");
    for (found, message) in found.iter().zip(messages) {
        assert!(found.starts_with(message), "{text}\n{shown}");
    }
}

#[track_caller]
fn helps(text: &str, help: &str) {
    let shown = errors(text);
    assert!(
        shown.contains(&format!("= help: {help}")),
        "{text}\n{shown}"
    );
}

#[test]
fn slips_from_other_languages() {
    helps("if a and b { }", "write `&&`");
    helps("x := a or b", "write `||`");
    helps("if not a { }", "write `!x`");
    helps("if a { } elif b { }", "write `else if`");
    helps("if a == P {} { }", "a struct literal in a head belongs");
    helps("def f(x):\n    return x", "write `func name");
    helps("fn f(x) { }", "write `func name");
    helps("var x = 5", "write `x := …`");
    helps("x++", "write `x += 1`");
    helps("x--", "write `x -= 1`");
    helps("x := a === b", "write `==`");
    helps("if x:\n    y()", "a body belongs in braces");
    helps("s := 'abc'", "strings use double quotes");
    helps("let mut x := 5", "`let` is immutable");
    helps("x := a ? b : c", "write `if c {");
    helps("import x from", "write `from module import x`");
    helps("for (let i = 0; i < 5; i++) { }", "write `for i in 0..n");
    helps("for x of xs { }", "write `for x in xs");
    helps("switch x { }", "write `match value");
    helps("print \"a\"", "a call needs parentheses");
    helps("while x = 5 { }", "to compare write `==`");
    helps("class A(B) { }", "hold the other value");
    helps("try { } catch e { }", "write `except e");
    helps("x := new Foo()", "write `Name(…)`");
    helps("x := [a for a in b]", "write `map(xs, x => …)`");
}

#[test]
fn one_mistake_is_one_error() {
    refuses("if x:\n    foo()\nelse:\n    bar()", &["expected `{`"]);
    refuses(
        "def f(x):\n    while x:\n        break\n    return x",
        &["Ruff has no `def`", "expected `{`"],
    );
    refuses("foo(1, 2\nbar()\nbaz()", &["expected `,` or `)`"]);
    refuses(
        "x := [1, 2\nlet y := 3\nz := ]",
        &["expected `,` or `]`", "expected an expression"],
    );
    refuses("if a b { y := }", &["expected `{`"]);
    refuses(
        "x := \"abc\ny := 1\nz := \"def\"",
        &["this string does not end"],
    );
    refuses(
        "func f() {\n    if x {\n        y()\n}\n",
        &["this `{` seems not to be closed"],
    );
    refuses(
        "match x { 1 => a(), 2 => b() }\ny := )",
        &["expected `case`", "expected an expression"],
    );
    refuses("if { a: 1 } { }", &["expected an expression"]);
}

#[test]
fn several_errors_come_in_one_go() {
    refuses(
        "x := )\ny := 1\nfunc f() { z := ] }\nw := 5 +\n",
        &[
            "expected an expression",
            "expected an expression",
            "expected an expression",
        ],
    );
    let many = "x := )\n".repeat(100);
    assert_eq!(errors(&many).matches("error: ").count(), 20);
}

#[test]
fn static_rules() {
    refuses("break", &["`break` outside a loop"]);
    refuses(
        "while a { func f() { continue } }",
        &["`continue` outside a loop"],
    );
    refuses("loop { break out }", &["there is no loop labelled `out`"]);
    refuses("return 1", &["`return` outside a function"]);
    refuses("func f() { yield 1 }", &["`yield` outside a generator"]);
    for inside in [
        "func* g(a := yield 1) { }",
        "func* g() { f := func(a := yield 1) { } }",
        "func* g() { struct S { x := yield 1 } }",
        "func* g() { f := func() { yield 1 } }",
    ] {
        refuses(inside, &["`yield` outside a generator"]);
    }
    refuses("func f(a, a) { }", &["the parameter `a` is declared twice"]);
    refuses(
        "func f(a := 1, b) { }",
        &["the parameter `b` needs a default value"],
    );
    refuses("struct S { a, a }", &["the field `a` is declared twice"]);
    refuses(
        "struct S { func f() { } func f() { } }",
        &["the method `f` is declared twice"],
    );
    refuses("enum E { A, A }", &["the variant `A` is declared twice"]);
    refuses("f() := 1", &["cannot assign to the result of a call"]);
    refuses("a?.b := 1", &["cannot assign to an optional chain"]);
    refuses("1 := a", &["cannot assign to a literal"]);
    refuses("[a] += b", &["cannot assign to a pattern"]);
    refuses("[1] := b", &["this cannot be assigned to"]);
    refuses("f(...)", &["expected a value after `...`"]);
    refuses(
        "if a { export let x := 1 }",
        &["`export` belongs to the top level"],
    );
    refuses(
        "func f() { test \"a\" { } }",
        &["`test` belongs to the top level"],
    );
    refuses("async func* f() { }", &["a generator cannot be async"]);
    refuses("try { }", &["this `try` has neither"]);
}

#[test]
fn numbers_and_escapes() {
    for text in ["1__0", "1_", "0XFF", "0b12", "0x", "0x_1", "12abc", "0xfg"] {
        assert_eq!(errors(text).matches("error: ").count(), 1, "{text}");
    }
    refuses("x := 1e999", &["this number is beyond the range"]);
    refuses(r#"x := "\q""#, &["unknown escape `\\q`"]);
    refuses(r#"x := "\u{d800}""#, &["unknown escape"]);
    refuses(r#"x := "\x4""#, &["unknown escape"]);
}

#[test]
fn unbalanced_brackets_show_the_opener() {
    let shown = errors("x := f(1,\n  2]\n");
    assert!(shown.contains("t.ruff:2:4"), "{shown}");
    assert!(
        shown.contains("this `(` is not closed\n  --> t.ruff:1:7"),
        "{shown}"
    );
    refuses("}\nx := 1", &["this `}` closes nothing"]);
}

#[test]
fn a_missing_brace_is_one_error() {
    for text in [
        "print([1].map(func(x) { return x * 2 )\nprint(2)\nfunc g() {\n}\n",
        "xs := [func(x) { return x * 2 ]\nprint(2)\n",
        "func f() {\n  if x {\n  print(1)\n\nfunc g() { }\nexport x := 1\n",
        "struct P {\n  x\n  func g() {\n  print(f(1)\n",
        "match x {\n  case 1: {\n  print(1)\n",
    ] {
        let shown = errors(text);
        assert_eq!(shown.matches("error: ").count(), 1, "{text}\n{shown}");
    }
}
