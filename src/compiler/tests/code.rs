//! The shapes of code for each kind of construct.

use super::{code, has, lacks, unit};
use crate::bytecode::Op;

#[test]
fn conditions_are_fused_with_their_jumps() {
    has(
        "func f(a, b) { if a < 2 && !(b == a) || b { return 1 } }",
        "f",
        &[
            "testltk r0:a 2 0 -> L1",
            "testeq r1:b r0:a 0 -> L2",
            "L1:",
            "jumpifnot r1:b L3",
            "L2:",
            "loadint r2 1",
        ],
    );
    lacks("func f() { while true { print(1) } }", "f", "jumpif");
}

#[test]
fn logic_as_a_value_is_a_bool() {
    has(
        "func f(a, b) { return a && b > 1 }",
        "f",
        &[
            "truth r2 r0:a",
            "jumpifnot r2 L1",
            "loadint r3 1",
            "gt r2 r1:b r3",
            "L1:",
            "return r2",
        ],
    );
}

#[test]
fn a_variable_is_never_seen_half_done() {
    // The old value is still read after the first step.
    has(
        "func f(x) { x := x && [x]; return x }",
        "f",
        &["truth r1 r0:x"],
    );
}

#[test]
fn arithmetic_goes_straight_to_its_variable() {
    has(
        "func f(x) { x := x * 2 + 1 }",
        "f",
        &["mulk r1 r0:x 2", "addk r0:x r1 1"],
    );
    has(
        "x := 2 * 3 - 4",
        "<script>",
        &["loadint r0 2", "returnnull"],
    );
    has(
        "x := 9223372036854775807 + 1",
        "<script>",
        &["loadk r0 9223372036854775808"],
    );
    has(
        "x := y % (2 ** 64 - 2 ** 63)",
        "<script>",
        &["9223372036854775808"],
    );
    // Nothing that is very large or throws is folded.
    has("x := 2 ** 1000", "<script>", &["pow r0 r1 r2"]);
    has("x := 1 / 0", "<script>", &["loadint r1 1", "divk r0 r1 0"]);
}

#[test]
fn ranges_in_loops_make_no_array() {
    has(
        "for i in 0..10 { print(i) }",
        "<script>",
        &["rangeinit r0 L2"],
    );
    has(
        "for i in range(1, 9, 2) { print(i) }",
        "<script>",
        &["loadint r2 2", "rangeinit r0 L2"],
    );
    has(
        "for i in 1..=3 { print(i) }",
        "<script>",
        &["rangeinit r0 L2 inclusive"],
    );
    has(
        "func range(n) { return [n] }\nfor i in range(3) { print(i) }",
        "<script>",
        &["callk r3 #1 f1:range", "move r0 r3", "iterinit r0 L2"],
    );
}

#[test]
fn nested_writes_walk_the_path_once() {
    has(
        "func f(a, i, v) { a[i].f[0] := v }",
        "f",
        &[
            "loadint r3 0",
            "indexmut r4 r0:a r1:i",
            "fieldmut r5 r4 \"f\"",
            "setindex r5 r3 r2:v share-borrowed",
        ],
    );
    has(
        "g := {}\nfunc f() { g[\"a\"].b := 1 }",
        "f",
        &[
            "loadint r0 1",
            "getglobal r1 global g",
            "fieldmut r2 r1 \"a\" key",
            "setfield r2 \"b\" r0",
            "setglobal r1 global g",
        ],
    );
}

#[test]
fn methods_update_the_place_they_are_called_on() {
    has(
        "func f(xs) { xs.push(1) }",
        "f",
        &[
            "loadint r3 1",
            "move r2 r0:xs",
            "callmethodplace r1 #1 \"push\"",
            "move r0:xs r2",
        ],
    );
    has(
        "let xs := [len(\"\")]\nxs.push(1)",
        "<script>",
        &["callmethodlet r1 #1 \"push\" keeps 0b1"],
    );
    has(
        "func f(o) { o.xs.push(1) }",
        "f",
        &[
            "fieldmut r2 r0:o \"xs\"",
            "callmethodpath r1 #1 \"push\"",
            "jump L1",
            "setfield r0:o \"xs\" r2",
            "L1:",
        ],
    );
    has(
        "func f() { split(\"a\", \"b\").sort() }",
        "f",
        &["callmethod r0 #0 \"sort\""],
    );
}

#[test]
fn a_method_that_may_be_mutating_is_asked_first() {
    // Where there are class instances, others may reach a field.
    let text = "class C { }\nfunc f(o) { return o.p.grow(2) }";
    has(
        text,
        "f",
        &[
            "getfield r2 r0:o \"p\"",
            "checkmut r2 \"grow\" -> L2",
            "callmethod r1 #1 \"grow\" keeps 0b1 exposes 0b1",
            "L1:",
            "return r1",
            "L2:",
            "fieldmut r2 r0 \"p\"",
            "callmethodpath r1 #1 \"grow\" keeps 0b1 exposes 0b1",
            "jump L1",
            "setfield r0 \"p\" r2",
            "jump L1",
            "L3:",
            "setfield r0 \"p\" r2",
            "L4:",
            "endhandler r4",
            "cleanup 0017..0019 -> L4 r5",
            "cleanup 0013..0014 -> L3 r4",
        ],
    );
}

#[test]
fn a_finally_block_is_written_once_and_a_short_one_for_simple_ways_too() {
    let count = |text: &str| code(text, "f").matches("callnative").count();
    let long = "print(0) ".repeat(40);
    let ways = "while n { try { if n == 1 { break } return n } finally { FINALLY } }";
    let text = format!("func f(n) {{ {ways} }}").replace("FINALLY", &long);
    assert_eq!(count(&text), 40, "break, return and error");
    // Break, return and error; nothing falls off the end.
    let text = format!("func f(n) {{ {ways} }}").replace("FINALLY", "print(0)");
    assert_eq!(count(&text), 3);
    assert_eq!(count("func f(n) { try { n() } finally { print(0) } }"), 2);
    let text = "func f(n) { try { n() } finally { print(0) try { n() } finally { n() } } }";
    assert_eq!(count(text), 1);
    let text = "func f(n) { try { try { return n } finally { print(0) } } finally { n() } }";
    assert_eq!(
        count(text),
        1,
        "whatever leaves two statements goes by the one block"
    );
    // The assignment in `finally` comes too late for the result.
    has(
        "func f(n) { try { return n } finally { n := 0 } }",
        "f",
        &["return r2"],
    );
}

#[test]
fn a_finally_block_goes_on_by_the_outcome() {
    has(
        "func f(n) { try { n() } except e { n := 0 } finally { for x in n { } } }",
        "f",
        &["jumpifnull r1 L4", "rethrow r1", "L4:", "returnnull"],
    );
    let text =
        "func f(n) { while n { try { if n == 1 { break } return n } finally { for x in n { } } } }";
    has(
        text,
        "f",
        &[
            "jumpifnull r1 L7",
            "testrecord r1 -> L5",
            "rethrow r1",
            "L5:",
            "testeqk r1 1 0 -> L6",
            "jump L8",
            "L6:",
            "return r2",
        ],
    );
}

#[test]
fn handlers_do_not_cover_the_finally_blocks_of_their_own_try() {
    let text = "func f(n) { try { return n } finally { print(n) } }";
    let unit = unit(text);
    let code = unit.functions.iter().find(|one| &*one.name == "f").unwrap();
    let calls: Vec<u32> = (0..code.code.len() as u32)
        .filter(|&at| code.code[at as usize].op() == Op::CallNative)
        .collect();
    for handler in &code.handlers {
        assert!(
            calls
                .iter()
                .all(|&at| at < handler.start || at >= handler.end)
        );
    }
}

#[test]
fn unwrapping_leaves_through_finally() {
    has(
        "func f(r) { return r? + 1 }",
        "f",
        &["unwrap r2 r0:r -> L1"],
    );
    let text = "func f(r) { try { return r? } finally { print(1) } }";
    assert_eq!(code(text, "f").matches("callnative").count(), 2);
    let text = "func f(r) { try { r? } finally { r := 0 } }";
    has(text, "f", &["copy r2 r0:r share-borrowed"]);
}

#[test]
fn a_pattern_is_tested_before_it_binds() {
    has(
        "func f(v) { match v { case Ok([a, 0]): print(a) case n: print(n) } }",
        "f",
        &[
            "testtag r0:v 1 Ok -> L1",
            "getpart r2 r0:v 0",
            "testarray r2 2 0 -> L1",
            "getpart r3 r2 1",
            "testlit r3 0 -> L1",
            "getpart r1:a r2 0",
        ],
    );
    has(
        "func f(v) { [a, {b}] := v; return a + b }",
        "f",
        &[
            "testarray r0:v 2 0 -> L1",
            "getpart r3 r0:v 1",
            "testrecord r3 -> L1",
            "testkey r3 \"b\" -> L1",
            "jump L2",
            "L1:",
            "throwmismatch r0:v \"[a, {b}]\"",
            "L2:",
            "getpart r1:a r0:v 0 share",
            "getfield r2:b r3 \"b\" share",
        ],
    );
}

#[test]
fn a_visible_const_in_a_pattern_is_compared_with() {
    let text = "func f(v) { const K := 3; match v { case K: print(1) } }";
    has(text, "f", &["move r2 r1:K", "testeq r0:v r2 0 -> L1"]);
}

#[test]
fn literals_of_constants_are_constants() {
    has("x := [1, [2], \"a\"]", "<script>", &["loadk r0 array of 3"]);
    has("x := {\"a\": 1}", "<script>", &["loadk r0 dict of 1"]);
    has("x := []", "<script>", &["newarray r0 r1 0"]);
    // A key given twice keeps its first place.
    has(
        "x := {a: 1, a: len(\"\")}",
        "<script>",
        &["newdict r1 r2 {a}"].map(|_| "newdict r0 r1 {a}"),
    );
}

#[test]
fn optional_chains_skip_to_their_end() {
    has(
        "func f(x) { return x?.a.b(1) }",
        "f",
        &["jumpifnull r0:x L2"],
    );
    has(
        "func f(x) { return x?.a }",
        "f",
        &[
            "jumpifnull r0:x L1",
            "getfield r1 r0:x \"a\" share optional",
        ],
    );
}

#[test]
fn defaults_are_evaluated_in_the_prologue() {
    has(
        "func f(a, b := a + 1) { return b }",
        "f",
        &[
            "f1 f(a, b) registers 3 args 1..2 owns 0b10 isolated",
            "jumpifpresent r1 L1",
            "addk r2 r0:a 1",
            "move r1 r2",
            "L1:",
        ],
    );
}

#[test]
fn spread_calls_pass_one_array() {
    has(
        "func f(g, xs) { return g(1, ...xs) }",
        "f",
        &[
            "loadint r4 1",
            "newarray r3 r4 1",
            "arrayextend r3 r1:xs",
            "callspread r2",
        ],
    );
}

#[test]
fn errors_point_to_operators_names_and_brackets() {
    let text = "func f(a, b) { return a.x[b] / g(b) }";
    let unit = unit(text);
    let code = unit.functions.iter().find(|one| &*one.name == "f").unwrap();
    let position = |op: Op| {
        let at = code
            .code
            .iter()
            .position(|word| (word.0 & 0xff) as u8 == op as u8)
            .unwrap();
        &text[code.positions[at] as usize..][..1]
    };
    assert_eq!(position(Op::GetField), ".");
    assert_eq!(position(Op::GetIndex), "[");
    assert_eq!(position(Op::Div), "/");
    assert_eq!(position(Op::Call), "g");
}

#[test]
fn generators_keep_the_registers_below_the_top() {
    let unit = unit("func* g(a, b) { for x in a { yield [x, yield b] } }");
    let code = unit.functions.iter().find(|one| &*one.name == "g");
    let code = code.unwrap();
    let words = code.code.iter().filter(
        |word| matches!(word.0 as u8, op if op == Op::MakeGenerator as u8 || op == Op::Yield as u8),
    );
    let kept: Vec<u16> = words.map(|word| word.b()).collect();
    // Parameters; then the loop's state, its variable, and what is being built.
    assert_eq!(kept[0], 2);
    assert_eq!(kept.len(), 3);
    assert!(kept[1] > kept[2] && kept[2] > 6, "{kept:?}");
    assert_eq!(code.owned_params, 0b11);
    assert!(!code.mutating);
}

#[test]
fn isolated_functions_touch_nothing_outside() {
    let f = |text: &str| {
        let unit = unit(text);
        let mut all = unit.functions.iter();
        all.find(|one| &*one.name == "f").unwrap().clone()
    };
    for text in [
        "func f(a) { return len(a) + g(a) }\nfunc g(a) { return a[0] }",
        "func f(a) { print(a) }",
        "func f(a, b) { return a + b }\nstruct V { x; func op_add(self, o) { return o.x } }",
        "func f(a) { return V { } }\nstruct V { x := len([1]) }",
    ] {
        assert!(f(text).isolated, "{text}");
    }
    for text in [
        "n := 0\nfunc f(a) { return g(a) }\nfunc g(a) { n := a }",
        "func f(a) { return a + 1 }\nn := 0\nstruct V { func op_add(self, o) { n := 1 } }",
        "func f(a) { print(a) }\nn := 0\nstruct V { func to_string(self) { n := 1 } }",
        "func f(a) { throw a }\nn := 0\nstruct V { func to_string(self) { n := 1 } }",
        "func f(a) { return V { } }\nn := 0\nstruct V { x := n + 1 }",
        "func f(a) { return a() }",
        "func f(a) { return next(a) }",
        "func f(a) { for x in a { } }",
        "func f(a) { return [...a] }",
        "func* f(a) { yield a }",
    ] {
        assert!(!f(text).isolated, "{text}");
    }
}

#[test]
fn fields_may_be_those_of_instances() {
    let facts = |text: &str| {
        let unit = unit(&format!("class O {{ xs }}\n{text}"));
        let mut all = unit.functions.iter();
        let f = all.find(|one| one.name.ends_with('f')).unwrap();
        (f.isolated, f.reads_instances, f.writes_instances)
    };
    assert_eq!(facts("func f(o) { return o.xs }"), (true, true, false));
    assert_eq!(facts("func f(o) { o[0].xs.push(1) }"), (true, true, true));
    assert_eq!(
        facts("func f(d) { return d[\"xs\"] }"),
        (true, false, false)
    );
    let method = "struct S { n; func f(self) { self.n += 1; return self.n } }";
    assert_eq!(facts(method), (true, false, false));
    let method = "struct S { n; func f(self, o) { self := o; self.n += 1 } }";
    assert_eq!(facts(method), (true, true, true));
}
