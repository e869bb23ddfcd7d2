//! The owners of values: moves, marks, and the masks of calls.

use super::{code, has, lacks, unit};

fn owned(text: &str, name: &str) -> u8 {
    let unit = unit(text);
    unit.functions
        .iter()
        .find(|one| &*one.name == name)
        .unwrap()
        .owned_params
}

#[test]
fn a_copy_marks_while_both_live_and_moves_otherwise() {
    has(
        "a := [len(\"\")]\nb := a\nprint(a, b)",
        "<script>",
        &["copy r1 r0:a share"],
    );
    has(
        "a := [len(\"\")]\nb := a\nprint(b)",
        "<script>",
        &["move r1 r0:a"],
    );
}

#[test]
fn returning_a_local_moves_it_and_a_parameter_only_if_it_was_not_lent() {
    has("func f() { a := []; return a }", "f", &["return r0:a"]);
    lacks("func f() { a := []; return a }", "f", "share");
    has(
        "func f(a) { return a }",
        "f",
        &["return r0:a share-borrowed"],
    );
    assert_eq!(owned("func f(a) { return a }", "f"), 1);
    assert_eq!(owned("func f(a, b) { return b[0] + len(a) }", "f"), 0);
    assert_eq!(owned("func f(a, b) { b[0] := 1 }", "f"), 2);
}

#[test]
fn an_argument_that_the_result_overwrites_is_given_up() {
    let text = "func insert(t, k) { t[k] := 1; return t }
func build(k) { t := {}; t := insert(t, k); u := insert(t, k); return [t, u] }";
    has(
        text,
        "build",
        &[
            "move r3 r1:t",
            "move r4 r0:k",
            "callk r2 #2 f1:insert keeps 0b10",
        ],
    );
    has(text, "build", &["callk r2 #2 f1:insert keeps 0b1"]);
}

#[test]
fn one_variable_twice_in_a_call_is_kept_in_both() {
    let text = "func two(a, b) { b[0] := 1 }\nfunc f() { x := []; two(x, x) }";
    has(text, "f", &["callk r1 #2 f1:two keeps 0b11"]);
}

#[test]
fn an_inner_call_keeps_what_an_outer_argument_refers_to() {
    let text = "func g(a) { a[0] := 1; return a }\nfunc f(x, g2) { return g2(x, g(x)) }";
    has(text, "f", &["callk r4 #1 f1:g keeps 0b1"]);
}

#[test]
fn what_others_can_write_during_the_call_is_exposed() {
    let text = "g := []\nfunc h(a) { g[0] := 1 }\nfunc f(o) { h(g); h(o.x); h(o[0]) }";
    has(text, "f", &["callk r1 #1 f1:h keeps 0b1 exposes 0b1"]);
    has(
        text,
        "f",
        &["getindexi r2 r0:o 0", "callk r1 #1 f1:h keeps 0b1"],
    );
    // A built-in that calls nothing can reach nothing.
    has(
        "func f(o) { return len(o.x) }",
        "f",
        &["callnative r1 #1 native 1 keeps 0b1"],
    );
}

#[test]
fn extending_the_only_owner_consumes() {
    has(
        "func f() { s := \"\"; s := s + \"x\"; return s }",
        "f",
        &["add r0:s r0:s r1 consume"],
    );
    has(
        "func f() { s := \"\"; s += \"x\"; return s }",
        "f",
        &["add r0:s r0:s r1 consume"],
    );
    lacks(
        "func f() { s := \"\"; t := s + \"x\"; return s + t }",
        "f",
        "add r1:t r0:s r2 consume",
    );
    // Never with itself.
    lacks("func f() { s := []; s := s + s; return s }", "f", "consume");
    // Never what a loop refers to.
    has(
        "func f(m) { for r in m { r := r + [1]; print(r) } }",
        "f",
        &["iternext r1 L1 share"],
    );
}

#[test]
fn globals_and_paths_are_extended_in_place() {
    let text = "g := []\nfunc f(v) { g := g + [v]; g := push(g, v) }";
    has(
        text,
        "f",
        &["add r2 r2 r1 consume", "setglobal r2 global g"],
    );
    has(
        text,
        "f",
        &[
            "getglobal r2 global g",
            "move r3 r0:v",
            "callnative r1 #2 native 2",
            "setglobal r1 global g",
        ],
    );
    let text = "func f(d, k, v) { d[k] := d[k] + [v]; d.x := push(d.x, v) }";
    has(
        text,
        "f",
        &[
            "indexmut r4 r0:d r1:k",
            "add r4 r4 r3 consume",
            "setindex r0:d r1:k r4",
        ],
    );
    has(text, "f", &["fieldmut r4 r0:d \"x\""]);
}

#[test]
fn a_right_side_that_runs_code_reads_the_old_value_first() {
    let text = "g := []\nfunc h() { g[0] := 1; return [2] }\nfunc f() { g += h() }";
    has(
        text,
        "f",
        &[
            "getglobal r0 global g share",
            "callk r2 #0 f1:h",
            "add r1 r0 r2",
            "setglobal r1 global g",
        ],
    );
}

#[test]
fn an_operand_that_a_later_one_changes_is_copied_first() {
    let text = "func f() { xs := [len(\"\")]; return [print(xs, xs.push(1)), xs] }";
    has(text, "f", &["copy r3 r0:xs share"]);
}

#[test]
fn a_loop_variable_that_is_only_read_owns_nothing() {
    lacks("func f(xs) { for x in xs { print(x.a) } }", "f", "share");
    has(
        "func f(xs) { for x in xs { x[0] := 1 } }",
        "f",
        &["iternext r1 L1 share"],
    );
    // Storing one marks it, every time.
    has(
        "func f(xs, out) { for x in xs { out[0] := x } }",
        "f",
        &["setindex r1:out r6 r5:x share"],
    );
}

#[test]
fn ways_out_of_nested_loops_take_code_in_proportion_to_the_depth() {
    let length = |depth: usize, way: &str| {
        let globals: String = (0..depth).map(|i| format!("g{i} := []\n")).collect();
        let heads: String = (0..depth)
            .map(|i| format!("for x{i} in g{i} {{ if x{i} == 7 {{ {way} }} g{i}.push(1)\n"))
            .collect();
        let ends = "}".repeat(depth);
        code(&format!("{globals}func f() {{ all: loop {{ try {{ {heads}{ends} }} finally {{ print(1) print(2) }} }} }}"), "f")
            .lines()
            .count()
    };
    for way in ["return 1", "return", "break all", "continue all"] {
        let (few, many) = (length(20, way), length(60, way));
        assert!(many < few * 7 / 2, "{way}: {few} and {many} lines");
    }
}

#[test]
fn a_subject_that_the_loop_may_change_is_lent() {
    lacks("func f(xs) { for x in xs { print(x) } }", "f", "lend");
    let code = code("func f(xs) { for x in xs { xs.push(x) } }", "f");
    assert!(code.contains("iterinit r1 L2 lend"), "{code}");
    assert!(code.contains("giveback r3"), "{code}");
    has(
        "g := []\nfunc f() { for x in g { print(x) } }",
        "f",
        &["getglobal r0 global g", "iterinit r0 L2 lend"],
    );
    // It is not used up inside the loop either.
    has(
        "func f() { xs := []; for x in xs { return xs } }",
        "f",
        &["return r0:xs share"],
    );
}

#[test]
fn what_a_handler_reads_is_alive_in_the_whole_range() {
    let text = "func f() { a := []; try { b := a; print(b) } except e { print(a) } }";
    has(text, "f", &["copy r2 r0:a share"]);
}

#[test]
fn closures_take_the_last_use() {
    let text = "func f() { a := []; return func() { return a } }";
    has(text, "<lambda>", &["f2 <lambda>() registers 1 captures r0"]);
    let text = "func f() { a := []; g := func() { return a }; return [a, g] }";
    has(
        text,
        "<lambda>",
        &["f2 <lambda>() registers 1 captures r0+"],
    );
    // A lent argument must not outlive the call unmarked.
    let text = "func f(a) { return func() { return a } }";
    has(
        text,
        "<lambda>",
        &["f2 <lambda>() registers 1 captures r0+"],
    );
}

#[test]
fn a_part_of_a_variable_outlives_the_writes_of_later_operands() {
    // The element is marked before the method changes it in its place.
    let text = "func f(x) { return x[0] + x[0].push(3) }";
    has(text, "f", &["getindexi r2 r0:x 0 share"]);
    // The variable is not given up while a part of it is in use.
    let text = "func g(a) { a[0] := 1; return a }\nfunc f(x) { return x[0] + g(x) }";
    has(text, "f", &["callk r3 #1 f1:g keeps 0b1"]);
}
