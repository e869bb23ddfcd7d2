//! Passes from text to text: the graph before, and the graph that a pass has to make of it.
//! Each pass has cases of what it does and of what it must leave alone. Programs as a whole
//! are in `tests/optimizer` of the repository.

use super::super::ir::{Graph, parse::parse, print, verify::verify};
use super::{counters, dead, guards, lower, params, sink, states, wrap};

/// Lines without their indentation, and without those that are empty.
fn lines(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

fn check(passes: &[fn(&mut Graph)], before: &str, after: &str) {
    let mut graph = parse(before);
    assert_eq!(
        lines(&print(&graph)),
        lines(before),
        "the text is read as it is written"
    );
    assert_eq!(verify(&graph), Ok(()));
    for pass in passes {
        pass(&mut graph);
        assert_eq!(verify(&graph), Ok(()));
    }
    let text = print(&graph);
    assert_eq!(lines(&text), lines(after), "\n{text}");
}

fn unchanged(passes: &[fn(&mut Graph)], text: &str) {
    check(passes, text, text);
}

#[test]
fn values_that_nothing_uses_go() {
    check(
        &[dead::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           guard_int v0 at f@3 {}
           v2 = unbox_int v0 : int64 int -9..9
           v3 = int 4 : int64 int 4
           v4 = add v2, v3 : int64 int -5..13
           v5 = mul v4, v4 : int64 int 0..169
           store_reg 2 v0
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           guard_int v0 at f@3 {}
           store_reg 2 v0
           return v0",
    );
}

#[test]
fn values_of_states_stay() {
    unchanged(
        &[dead::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = load_reg 2 : tagged any
           guard_int v0 at f@3 {r4 v1} in g@7 {}
           return v0",
    );
}

#[test]
fn parameters_that_only_their_own_loop_uses_go() {
    check(
        &[dead::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           jump b1(v1, v1)
         b1(v3: int64 int 0..99, v4: int64 int) loop 1:
           v5 = compare v3, v2 : truth bool
           if v5 b2 else b3
         b2():
           v6 = add v3, v2 : int64 int 1..100
           v7 = add v4, v2 : int64 int
           jump b1(v6, v7)
         b3():
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           jump b1(v1)
         b1(v3: int64 int 0..99) loop 1:
           v5 = compare v3, v2 : truth bool
           if v5 b2 else b3
         b2():
           v6 = add v3, v2 : int64 int 1..100
           jump b1(v6)
         b3():
           return v0",
    );
}

#[test]
fn parameters_that_are_always_one_value_go() {
    check(
        &[params::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = load_reg 2 : tagged any
           v2 = is_true v0 : truth bool
           jump b1(v0, v1)
         b1(v3: tagged any, v4: tagged any) loop 1:
           if v2 b2 else b3
         b2():
           jump b1(v3, v0)
         b3():
           v5 = new_array v3, v4 : tagged array
           return v5",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = load_reg 2 : tagged any
           v2 = is_true v0 : truth bool
           jump b1(v1)
         b1(v4: tagged any) loop 1:
           if v2 b2 else b3
         b2():
           jump b1(v0)
         b3():
           v5 = new_array v0, v4 : tagged array
           return v5",
    );
}

#[test]
fn users_of_guards_use_what_was_guarded() {
    check(
        &[lower::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = guard_int v0 at f@3 {r1 v0} : tagged int
           v2 = unbox_int v1 : int64 int
           v3 = refine v2 : int64 int 0..9
           v4 = box_int v3 : tagged int 0..9
           guard_not_zero v3 at f@5 {r2 v1}
           return v4",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           guard_int v0 at f@3 {r1 v0}
           v2 = unbox_int v0 : int64 int
           v4 = box_int v2 : tagged int 0..9
           guard_not_zero v2 at f@5 {r2 v0}
           return v4",
    );
}

#[test]
fn a_guard_checks_at_once_what_its_block_checks_later() {
    check(
        &[guards::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           guard_shape_or_null 70 v0 at f@3 {}
           guard_shape 71 v0 at f@4 {}
           guard_shape 70 v0 at f@5 {}
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           guard_shape 70 v0 at f@3 {}
           guard_shape 71 v0 at f@4 {}
           return v0",
    );
}

#[test]
fn a_guard_does_not_check_what_only_one_way_does() {
    unchanged(
        &[guards::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = load_reg 2 : tagged bool
           guard_shape_or_null 70 v0 at f@3 {}
           v2 = is_true v1 : truth bool
           if v2 b1 else b2
         b1():
           guard_shape 70 v0 at f@5 {}
           return v0
         b2():
           return v1",
    );
}

#[test]
fn low_bits_need_no_check() {
    check(
        &[wrap::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged int
           v1 = unbox_int v0 : int64 int
           v2 = int 255 : int64 int 255
           v3 = mul! v1, v1 at f@3 {r1 v0} : int64 int
           v4 = add! v3, v2 at f@4 {r1 v0} : int64 int
           v5 = xor v4, v1 : int64 int
           v6 = and v5, v2 : int64 int 0..255
           v7 = box_int v6 : tagged int 0..255
           return v7",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged int
           v1 = unbox_int v0 : int64 int
           v2 = int 255 : int64 int 255
           v3 = mul v1, v1 : int64 int
           v4 = add v3, v2 : int64 int
           v5 = xor v4, v1 : int64 int
           v6 = and v5, v2 : int64 int 0..255
           v7 = box_int v6 : tagged int 0..255
           return v7",
    );
}

#[test]
fn values_of_which_all_bits_are_used_keep_their_checks() {
    // A shift to the right has higher bits come down, a state is read by the interpreter, and a
    // negative mask keeps high bits.
    unchanged(
        &[wrap::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged int
           v1 = unbox_int v0 : int64 int
           v2 = int 15 : int64 int 15
           v3 = int -16 : int64 int -16
           v4 = mul! v1, v1 at f@3 {r1 v0} : int64 int
           v5 = shr v4, v2 : int64 int
           v6 = and v5, v2 : int64 int 0..15
           v7 = add! v1, v2 at f@5 {} : int64 int
           guard_not_zero v1 at f@6 {r2 v7}
           v8 = and v7, v2 : int64 int 0..15
           v9 = sub! v1, v2 at f@7 {} : int64 int
           v10 = and v9, v3 : int64 int
           v11 = or v6, v8 : int64 int 0..15
           v12 = or v11, v10 : int64 int
           v13 = box_int v12 : tagged int|big
           return v13",
    );
}

#[test]
fn structs_that_only_states_have_are_made_by_exits() {
    check(
        &[sink::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = const object : tagged other
           v2 = new_struct 70 v1, v0, v0 : tagged struct of shape 70
           v3 = new_struct 71 v1, v2 : tagged struct of shape 71
           share v2
           guard_int v0 at f@3 {r2 v3, r3 v0}
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = const object : tagged other
           guard_int v0 at f@3 {r2 (v1 (v1 v0 v0)), r3 v0}
           return v0",
    );
}

#[test]
fn structs_that_something_needs_are_made() {
    // The inner one is a part of one that is returned; the other is stored before a call.
    unchanged(
        &[sink::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = const object : tagged other
           v2 = new_struct 70 v1, v0 : tagged struct of shape 70
           v3 = new_struct 71 v1, v2 : tagged struct of shape 71
           v4 = new_struct 70 v1, v0 : tagged struct of shape 70
           v5 = equal v0, v1 flush f@2 {r4 v4} : truth bool
           guard_int v0 at f@3 {r2 v2}
           return v3",
    );
}

#[test]
fn loans_without_a_reader_are_made_by_exits() {
    check(
        &[sink::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged array
           v1 = loan v0 : tagged null|array
           guard_own v0 at f@3 {r5 v1}
           give_back v1
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged array
           guard_own v0 at f@3 {r5 loan v0}
           return v0",
    );
}

#[test]
fn loans_that_a_write_could_see_are_made() {
    unchanged(
        &[sink::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged array
           v1 = loan v0 : tagged null|array
           store_global 3 v0
           give_back v1
           return v0",
    );
}

#[test]
fn the_verifier_finds_what_is_wrong() {
    let wrong = |text: &str| verify(&parse(text)).expect_err("it is wrong");
    // One way defines a value, and the other one uses it.
    wrong(
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged bool
           v1 = is_true v0 : truth bool
           if v1 b1 else b2
         b1():
           v2 = box_bool v1 : tagged bool
           return v2
         b2():
           return v2",
    );
    // An operation on ints has a boxed one.
    wrong(
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged int
           v1 = int 1 : int64 int 1
           v2 = add v0, v1 : int64 int
           v3 = box_int v2 : tagged int
           return v3",
    );
    // Low bits of a float.
    wrong(
        "entry 0000: b0
         b0():
           v0 = float 1.5 : float64 float
           v1 = as_word v0 : uint64 word
           v2 = box_word v1 : tagged int|big
           return v2",
    );
    // A branch by something that is no truth.
    wrong(
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged bool
           if v0 b1 else b2
         b1():
           return v0
         b2():
           return v0",
    );
}

#[test]
fn a_parameter_that_is_a_step_ahead_is_calculated_where_it_is_needed() {
    check(
        &[counters::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           v3 = int 9 : int64 int 9
           jump b1(v1, v2)
         b1(v4: int64 int 0..8, v5: int64 int 1..9) loop 1:
           guard_not_zero v4 at f@3 {r1 v4, r2 v5}
           v7 = compare v5, v3 : truth bool
           if v7 b2 else b3
         b2():
           v8 = add v5, v2 : int64 int 2..10
           guard_not_zero v8 at f@4 {r1 v5, r2 v8}
           jump b1(v5, v8)
         b3():
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           v3 = int 9 : int64 int 9
           jump b1(v1)
         b1(v4: int64 int 0..8) loop 1:
           v1002 = int 1 : int64 int 1
           guard_not_zero v4 at f@3 {r1 v4, r2 v4+1}
           v1003 = add v4, v1002 : int64 int 1..9
           v7 = compare v1003, v3 : truth bool
           if v7 b2 else b3
         b2():
           v8 = add v1003, v2 : int64 int 2..10
           guard_not_zero v8 at f@4 {r1 v1003, r2 v8}
           jump b1(v1003)
         b3():
           return v0",
    );
}

#[test]
fn steps_are_made_at_the_end_of_a_loop_and_sums_of_states_by_exits() {
    check(
        &[counters::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           v3 = int 9 : int64 int 9
           jump b1(v1)
         b1(v4: int64 int 0..9) loop 1:
           v5 = compare v4, v3 : truth bool
           if v5 b2 else b3
         b2():
           v6 = add v4, v2 : int64 int 1..9
           v7 = add v4, v3 : int64 int 9..18
           guard_not_zero v4 at f@3 {r1 v4, r2 v6, r3 v7}
           store_reg 2 v0
           jump b1(v6)
         b3():
           return v0",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           v3 = int 9 : int64 int 9
           jump b1(v1)
         b1(v4: int64 int 0..9) loop 1:
           v5 = compare v4, v3 : truth bool
           if v5 b2 else b3
         b2():
           guard_not_zero v4 at f@3 {r1 v4, r2 v4+1, r3 v4+9}
           store_reg 2 v0
           v6 = add v4, v2 : int64 int 1..9
           jump b1(v6)
         b3():
           return v0",
    );
}

#[test]
fn parameters_with_other_differences_stay() {
    unchanged(
        &[counters::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged null
           v1 = int 0 : int64 int 0
           v2 = int 1 : int64 int 1
           v3 = int 2 : int64 int 2
           jump b1(v1, v3)
         b1(v4: int64 int, v5: int64 int) loop 1:
           v6 = compare v5, v4 : truth bool
           if v6 b2 else b3
         b2():
           v7 = add v4, v3 : int64 int
           jump b1(v5, v7)
         b3():
           return v0",
    );
}

#[test]
fn states_have_the_unboxed_form_of_what_nothing_else_keeps() {
    check(
        &[states::run],
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = load_reg 2 : tagged any
           guard_int v0 at f@3 {r4 v0}
           v3 = unbox_int v0 : int64 int -9..9
           guard_int v1 at f@3 {r4 v0, r5 v1}
           v5 = unbox_int v1 : int64 int -9..9
           v6 = add! v3, v5 at f@4 {r4 v0, r5 v1} in g@7 {r0 v0} : int64 int -18..18
           store_reg 2 v1
           v8 = box_int v6 : tagged int -18..18
           return v8",
        "entry 0000: b0
         b0():
           v0 = load_reg 1 : tagged any
           v1 = load_reg 2 : tagged any
           guard_int v0 at f@3 {r4 v0}
           v3 = unbox_int v0 : int64 int -9..9
           guard_int v1 at f@3 {r4 v3, r5 v1}
           v5 = unbox_int v1 : int64 int -9..9
           v6 = add! v3, v5 at f@4 {r4 v3, r5 v1} in g@7 {r0 v3} : int64 int -18..18
           store_reg 2 v1
           v8 = box_int v6 : tagged int -18..18
           return v8",
    );
}
