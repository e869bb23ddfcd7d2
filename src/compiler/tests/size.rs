//! Programs that are long or deep.

use super::unit;
use crate::bytecode::Unit;

/// Runs on a stack as large as the machine gives compilers.
fn on_large_stack(check: impl FnOnce() + Send + 'static) {
    let run = std::thread::Builder::new()
        .stack_size(512 << 20)
        .spawn(check);
    run.unwrap().join().unwrap();
}

#[test]
fn two_hundred_thousand_words_in_one_function() {
    on_large_stack(|| {
        let mut text = String::from("x := 0\ns := \"\"\n");
        for i in 0..12_000 {
            text.push_str(&format!(
                "if x < {i} {{ x += {i} }} else {{ v{i} := [x, s] }}\n"
            ));
        }
        let chain = vec!["x"; 2_000].join(" + ");
        text.push_str(&format!("y := {chain}\n"));
        let all = vec!["x == 1"; 2_000].join(" && ");
        text.push_str(&format!("z := {all}\nif {all} {{ y := 2 }}\n"));
        let items = vec!["x"; 100_000].join(", ");
        text.push_str(&format!("w := [{items}]\n"));
        let unit = unit(&text);
        assert!(unit.functions[0].code.len() > 150_000);
        // Neither chains nor literals take a register for every operand.
        assert!(unit.functions[0].registers < 100);
    });
}

#[test]
fn constants_beyond_sixteen_bits_still_load() {
    on_large_stack(|| {
        let mut text = String::from("x := 0.5\n");
        for i in 0..70_000 {
            text.push_str(&format!("x := x + {i}.25\n"));
        }
        assert!(unit(&text).functions[0].consts.len() > 70_000);
    });
}

#[test]
fn too_many_registers_is_a_diagnostic() {
    on_large_stack(|| {
        let mut text = String::new();
        for i in 0..66_000 {
            text.push_str(&format!("let v{i} := {i}\n"));
        }
        let (out, _) = super::compiled(&text);
        assert!(out.unit.is_none());
        assert!(out.diagnostics[0].message.contains("registers"));
    });
}

/// Everything that grows with a program.
fn size_of(unit: &Unit) -> usize {
    let functions = unit
        .functions
        .iter()
        .map(|one| one.code.len() + one.consts.len() + one.handlers.len() + one.locals.len() + 1);
    functions.sum()
}

#[test]
fn code_is_linear_in_what_is_nested() {
    // Each level has ways out of its own, so that all ways out are many.
    let nested = [
        ("try { n() ", "} finally { n() }"),
        ("try { n() } finally { n() ", "}"),
        ("try { n() } except { n() ", "} finally { n() }"),
        ("try { n() } except { n() } finally { n() ", "}"),
        ("try { if n() { return n } ", "} finally { n() }"),
        (
            "try { if n() { return n } ",
            "} except { return 1 } finally { n() }",
        ),
        (
            "try { if n() { return n } } finally { if n() { return n } ",
            "}",
        ),
        ("try { n()? ", "} finally { n()? }"),
        ("try { n() } finally { n()? ", "}"),
        ("loop { try { if n() { break } n() ", "} finally { n() } }"),
        (
            "loop { try { if n() { continue } n() } finally { if n() { break } ",
            "} }",
        ),
        (
            "while n() { try { if n() { continue } ",
            "} except { break } }",
        ),
        (
            "for x in n() { try { if n() { continue } if n() { return x } ",
            "} finally { n() } }",
        ),
        ("try { n.a.b.c() ", "} except { n.a.b.c() }"),
        ("if n() || n() { ", "} else { n() }"),
        ("if !(n() && n() || n()) { ", "}"),
        ("while n() && n() { ", "}"),
        ("loop while n() { ", "}"),
        ("for x in n() { ", "}"),
        ("for i in 0..n { ", "}"),
        ("match n { case 1 | 2 | [3 | 4, 5]: n() default: ", "}"),
        ("match n { case 1 if n() && n(): { ", "} }"),
        ("g := func(a := n() ?? 1) { ", "} g()"),
        ("struct S { x := n()  func m(self) { ", "} }"),
    ];
    for (open, close) in nested {
        check_growth(open, &|depth| {
            format!(
                "func f(n) {{ {}n(){} }}",
                open.repeat(depth),
                close.repeat(depth)
            )
        });
    }
    let expressions = [
        ("(n() ?? ", ")"),
        ("(n() && ", " || n())"),
        ("!(n() || ", ")"),
        ("n(", ", n)"),
        ("n.a.b(", ")"),
        ("n?.a?.b(", ")"),
        ("[n, ", ", n]"),
        ("[...n, ", "]"),
        ("{a: n, b: ", "}"),
        ("{...n, b: ", "}"),
        ("S { a: ", " }"),
        ("n[", "]"),
        ("n[1:", "]"),
        ("-(1 + ", ")"),
        ("(n |> n)(", ")"),
        ("\"a${", "}b\""),
        ("Ok(", ")?"),
        ("func(a := n) { return ", " }"),
        ("(n() < ", ")"),
        ("(0..", ")"),
    ];
    for (open, close) in expressions {
        check_growth(open, &|depth| {
            let inner = format!("{}n{}", open.repeat(depth), close.repeat(depth));
            format!(
                "struct S {{ a }} func f(n) {{ x := {inner} n.q.r += {inner} if ({inner}) {{ n() }} }}"
            )
        });
    }
    let patterns = [
        ("[a, ", "]"),
        ("{a: ", "}"),
        ("Ok(", ")"),
        ("(1 | ", ")"),
        ("[1 | 2, ", "]"),
    ];
    for (open, close) in patterns {
        check_growth(open, &|depth| {
            let inner = format!("{}3{}", open.repeat(depth), close.repeat(depth));
            format!("func f(n) {{ match n {{ case {inner}: n() }} }}").replace("a, ", "_, ")
        });
    }
}

#[test]
fn jumps_out_of_many_statements_to_many_loops_take_linear_code() {
    check_growth("labels", &|depth| {
        let mut text = String::from("func f(n) { ");
        for i in 0..depth {
            text += &format!("l{i}: loop {{ try {{ ");
        }
        for i in 0..depth {
            text += &format!("if n() {{ break l{i} }} if n() {{ continue l{i} }} ");
        }
        text + &"} finally { n() } }".repeat(depth) + " }"
    });
}

#[test]
fn a_path_of_optional_links_is_read_once() {
    check_growth("links", &|depth| {
        format!("func f(n) {{ n{}.b() }}", "?.a".repeat(depth))
    });
}

/// Three times the depth gives at most a little over three times the code.
#[track_caller]
fn check_growth(what: &str, text: &dyn Fn(usize) -> String) {
    let size = |depth| size_of(&unit(&text(depth)));
    let (small, large) = (size(5), size(15));
    assert!(large * 10 <= small * 32, "{what}: {small} to {large}");
}
