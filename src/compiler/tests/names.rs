//! Tests of what names mean, and of what the text alone forbids or makes
//! doubtful.

use super::{code, has, lacks, messages, unit};

#[test]
fn a_script_variable_that_no_function_mentions_is_a_register() {
    has(
        "x := 1\nx := x + 1",
        "<script>",
        &["loadint r0 1", "addk r0:x r0:x 1"],
    );
    assert!(unit("x := 1\nx := x + 1").globals.is_empty());
}

#[test]
fn a_script_variable_that_a_function_mentions_is_a_global() {
    let text = "func add(v) { total := total + v }\ntotal := 0";
    assert_eq!(&*unit(text).globals[0], "total");
    has(text, "add", &["getglobal r1 global total"]);
    has(
        "total := 0\nprint(total)\nfunc f() { return total }",
        "<script>",
        &["getglobal r1 global total assigned"],
    );
}

#[test]
fn a_bare_assignment_in_a_block_stays_there() {
    let text = "if len(\"\") == 0 { y := 1 }\ny := 2";
    has(text, "<script>", &["loadint r0 1", "L1:", "loadint r0 2"]);
}

#[test]
fn a_captured_variable_that_never_changes_is_copied() {
    let text = "func f(n) { k := n + 1; return func() { return k } }";
    has(text, "<lambda>", &["getcapture r0 0 share"]);
    lacks(text, "f", "cell");
}

#[test]
fn a_captured_variable_that_changes_is_a_cell() {
    let text = "func f() { mut c := 0; return func() { c += 1; return c } }";
    has(
        text,
        "f",
        &["newcell r0", "loadint r1 0", "setcell r0:c r1"],
    );
    has(text, "<lambda>", &["getcapturecell r0 0 \"c\" assigned"]);
    // In-place writes and mutating methods change it as well.
    let text = "func f() { xs := []; xs.push(1); return func() { return xs } }";
    has(text, "f", &["newcell r0"]);
}

#[test]
fn a_function_that_captures_itself_before_it_exists_has_a_cell() {
    let text = "func f() { let g := func(n) { return g(n - 1) }; return g }";
    has(text, "f", &["newcell r0"]);
    lacks(text, "<lambda>", "\"g\" assigned");
}

#[test]
fn a_captured_parameter_gets_its_cell_at_entry() {
    let text = "func f(n) { n += 1; return func() { return n } }";
    has(
        text,
        "f",
        &["copy r0:n r0:n share-borrowed", "boxparam r0:n"],
    );
}

#[test]
fn every_iteration_has_its_own_cells() {
    let text = "func f(fs) { for i in 3 { j := i; fs.push(func() { j += 1 }) } }";
    let code = code(text, "f");
    let start = code.find("L1:").unwrap();
    assert!(code.find("newcell").unwrap() > start, "{code}");
}

#[test]
fn functions_without_captures_are_constants_wherever_they_stand() {
    let text = "func f(n) { func g(x) { return h(x) } func h(x) { return x } return g(n) }";
    has(text, "f", &["move r2 r0:n", "callk r1 #1 f2:g"]);
    lacks(text, "f", "closure");
}

#[test]
fn selfless_methods_see_fields_and_siblings() {
    let text = "struct P { x: int func a() { return x + b(1) } func b(n) { return n } }";
    has(
        text,
        "P.a",
        &["getfield r2 r0:self \"x\" share", "move r4 r0:self"],
    );
    let unit = unit(text);
    let is_static: Vec<bool> = unit.structs[0]
        .methods
        .iter()
        .map(|one| one.is_static)
        .collect();
    assert_eq!(is_static, [false, true]);
}

#[test]
fn methods_that_change_self_are_found_through_their_calls() {
    let unit = unit(
        "struct S { xs: array, t: any
            func a(self) { self.b() }
            func b(self) { self.xs.push(1) }
            func c(self) { return self.xs.len() }
            func d(self) { self.t.b() }
            func e(self) { f := func() { self.xs := [] } return f }
        }
        class C { n := 0 func inc(self) { self.n += 1 } }",
    );
    let mutating: Vec<bool> = unit.structs[0]
        .methods
        .iter()
        .map(|one| one.mutating)
        .collect();
    assert_eq!(mutating, [true, true, false, true, true]);
    assert!(!unit.structs[1].methods[0].mutating);
}

#[test]
fn the_text_alone_refuses() {
    let text = "let x := 1
x := 2
x += 1
let ys := [1]
ys[0] := 2
func f() { return 1 }
f := 3
mut z := 1
mut z := 2
struct S { a: int func m() { a += 1 } }
let p := S { a: 1 }
p.a := 2";
    assert_eq!(
        messages(text),
        [
            "2: cannot assign to `x`: it is an immutable variable (`let`)",
            "3: cannot assign to `x`: it is an immutable variable (`let`)",
            "5: cannot write through `ys`: it is an immutable variable (`let`)",
            "7: cannot assign to `f`: it is a declared function",
            "9: `z` is declared twice in this block",
            "10: cannot change `a` in a method declared without `self`",
        ]
    );
}

#[test]
fn an_inner_block_may_shadow_and_a_field_behind_let_is_left_to_run_time() {
    let text = "func f(x) { let x := x + 1; if x > 1 { let x := 2; print(x) } return x }
struct S { a: int }
let p := S { a: 1 }
p.a := 2";
    assert_eq!(messages(text), Vec::<String>::new());
    has(text, "<script>", &["setfield r0:p \"a\" r1 let"]);
}
