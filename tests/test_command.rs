//! `ruff test`: which tests run, in what state, and what is reported.

mod common;

use common::Project;
use serde_json::Value;

const TESTS: &str = r#"
total := 10
print("statements that declare nothing do not run")
test_setup {
    total += 1
    list := [1]
}
test_teardown { print("teardown", total, list) }
test "changes the state" {
    total += 5
    list.push(2)
    assert_equal(total, 16)
}
test "finds it fresh" {
    assert_equal(total, 11)
    assert_equal(list, [1])
}
test_group "group" {
    let k := 3
    test_setup { z := k * 2 }
    test_teardown { print("inner", z) }
    test "sees both setups" { assert_equal(z + total, 17) }
    test_group "sub" {
        test "fails" {
            print("shown with the failure")
            assert_equal(z, 7)
        }
    }
}
"#;

#[test]
fn every_test_has_a_state_of_its_own() {
    let project = Project::new("state");
    project.write("state_test.ruff", TESTS);
    let ran = project.ruff(&["test", "state_test.ruff"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    for text in [
        "  ok    changes the state",
        "  ok    finds it fresh",
        "  ok    group > sees both setups",
        "  FAIL  group > sub > fails",
        "FAIL  state_test.ruff: group > sub > fails\nAssertion failed\n    expected: 7\n    actual:   6\n",
        "--> state_test.ruff:26:13",
        "   | shown with the failure\n   | inner 6\n   | teardown 11 [1]\n",
        "3 passed, 1 failed (",
    ] {
        assert!(ran.out.contains(text), "{text}:\n{}", ran.out);
    }
    assert!(!ran.out.contains("declare nothing"), "{}", ran.out);
    assert!(!ran.out.contains('\x1b'), "{}", ran.out);
    let ran = project.ruff(&["state_test.ruff"]);
    assert_eq!(
        (ran.code, &*ran.out),
        (0, "statements that declare nothing do not run\n")
    );
}

#[test]
fn a_filter_chooses_by_name_and_group() {
    let project = Project::new("filter");
    project.write("state_test.ruff", TESTS);
    let ran = project.ruff(&["test", "--filter", "both"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("1 passed, 3 left out"), "{}", ran.out);
    let ran = project.ruff(&["test", "--filter", "group > sub"]);
    assert!(ran.out.contains("1 failed, 3 left out"), "{}", ran.out);
    let ran = project.ruff(&["test", "--filter", "no such"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("no tests to run"), "{}", ran.out);
    let ran = project.ruff(&["test", "--filter", "no such", "--allow-empty"]);
    assert_eq!(ran.code, 0);
}

#[test]
fn json_says_the_same() {
    let project = Project::new("json");
    project.write("state_test.ruff", TESTS);
    let ran = project.ruff(&["test", "--json", "."]);
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(
        (&report["passed"], &report["failed"]),
        (&3.into(), &1.into())
    );
    let file = &report["files"][0];
    assert_eq!(file["path"], "state_test.ruff");
    let test = &file["tests"][3];
    assert_eq!(test["name"], "fails");
    assert_eq!(test["groups"], serde_json::json!(["group", "sub"]));
    assert_eq!(test["status"], "failed");
    assert_eq!(test["failure"]["expected"], "7");
    assert_eq!(test["failure"]["line"], 26);
}

#[test]
fn folders_are_searched_for_files_with_tests() {
    let project = Project::new("folders");
    project.write("a/one.ruff", "test \"one\" { assert(true) }\n");
    project.write("a/b/two.ruff", "test \"two\" { assert(true) }\n");
    project.write("a/plain.ruff", "throw \"not run\"\n");
    project.write("a/broken.ruff", "func (\n");
    project.write("a/.hidden/three.ruff", "test \"three\" { assert(false) }\n");
    let ran = project.ruff(&["test", "a"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("2 passed"), "{}", ran.out);
    project.write("a/bad.ruff", "func (\ntest \"x\" { }\n");
    let ran = project.ruff(&["test", "a"]);
    assert_eq!(ran.code, 3, "{}", ran.out);
    assert!(
        ran.out.contains("2 passed, 1 file with errors"),
        "{}",
        ran.out
    );
    assert_eq!(project.ruff(&["test", "nowhere"]).code, 5);
}

#[test]
fn failures_say_why() {
    let project = Project::new("why");
    project.write("lib.ruff", "export func fail() {\n    throw \"deep\"\n}\n");
    project.write(
        "why.ruff",
        r#"import lib
test "thrown" { lib.fail() }
test "unwrapped" { x := Err("bad")? }
test "exits" { exit(0) }
test "long" { assert_equal("a\nb\nc", "a\nx\nc") }
test "teardown" { throw "first" }
test_teardown { print("always") }
"#,
    );
    let ran = project.ruff(&["test", "why.ruff"]);
    for text in [
        "deep\n  --> lib.ruff:2:5",
        "   fail       lib.ruff:2   throw \"deep\"\n   <script>   why.ruff:2   test \"thrown\" { lib.fail() }\n",
        "The test ended early: `?` met Err(\"bad\")",
        "The test called exit(0)",
        "      a\n    - x\n    + b\n      c\n",
        "5 failed",
    ] {
        assert!(ran.out.contains(text), "{text}:\n{}", ran.out);
    }
    assert_eq!(ran.out.matches("   | always").count(), 4, "{}", ran.out);
}

#[test]
fn a_failing_declaration_fails_every_test() {
    let project = Project::new("declaration");
    project.write("main.ruff", "x := 1 / 0\ntest \"a\" { }\ntest \"b\" { }\n");
    let ran = project.ruff(&["test", "main.ruff"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("Division by zero"), "{}", ran.out);
    assert!(ran.out.contains("2 failed"), "{}", ran.out);
}

#[test]
fn a_table_is_a_test_for_each_element() {
    let project = Project::new("table");
    project.write(
        "table_test.ruff",
        r#"let rows := [[1, 1, 2], [2, 2, 5]]
test_group "sums" {
    test_setup { more := {x: 3} }
    test "${a} + ${b}" for [a, b, sum] in rows { assert_equal(a + b, sum) }
    test "of ${more.x} and ${i}: ${x}" for i, x in [1, 2] {
        more.x += x
        assert_equal(more.x, 3 + x)
    }
    test_teardown { more.x := 0 }
}
test "none" for x in [] { assert(false) }
test "plain" for x in 2 { assert(x < 2) }
test "wrong ${x}" for x in no_such_thing { assert(true) }
"#,
    );
    let ran = project.ruff(&["test"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    let names: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("  ok") || line.starts_with("  FAIL"))
        .map(|line| line.rsplit_once("  ").map_or(line, |(name, _)| name.trim()))
        .collect();
    assert_eq!(
        names,
        [
            "ok    sums > 1 + 1",
            "FAIL  sums > 2 + 2",
            "ok    sums > of 3 and 0: 1",
            "ok    sums > of 3 and 1: 2",
            "ok    plain",
            "ok    plain",
            "FAIL  wrong ${x}",
        ],
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("Undefined variable: no_such_thing"),
        "{}",
        ran.out
    );
    let ran = project.ruff(&["test", "--filter", "sums > 2 + 2"]);
    assert!(ran.out.contains("0 passed, 1 failed"), "{}", ran.out);
    project.write("table_test.ruff", "test \"${x}\" { assert(true) }\n");
    assert_eq!(project.ruff(&["test"]).code, 3);
}

#[test]
fn assertions_show_both_values() {
    let project = Project::new("values");
    project.write(
        "a_test.ruff",
        r#"func f(xs) { return len(xs) }
test "equal" { assert(f([1, 2]) == 3) }
test "less" { assert(f([1]) < f([])) }
test "close" { assert_close(0.1 + 0.2, 0.31) }
test "fine" {
    assert(f([1]) == 1)
    assert(f([1]) >= 1 && true)
    assert_close(0.1 + 0.2, 0.3)
    assert_close(1000001, 1000000, 0.00001)
    assert_throws(() => assert(1 == 2, "own words"), "own words")
}
"#,
    );
    let ran = project.ruff(&["test"]);
    assert!(
        ran.out.contains("    expected: 3\n    actual:   2\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("    left:     1\n    right:    0\n"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("    expected: 0.31\n"), "{}", ran.out);
    assert!(ran.out.contains("1 passed, 3 failed"), "{}", ran.out);
}

#[test]
fn a_test_that_takes_too_long_is_ended() {
    let project = Project::new("timeout");
    project.write(
        "slow_test.ruff",
        "test \"slow\" { while true { } }\ntest \"quick\" { assert(true) }\n",
    );
    let ran = project.ruff(&["test", "--timeout", "0.2"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("The test took longer than 0.2 s"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("1 passed, 1 failed"), "{}", ran.out);
    assert_eq!(project.ruff(&["test", "--timeout", "soon"]).code, 2);
}

#[test]
fn the_first_failure_can_end_the_run() {
    let project = Project::new("fail-fast");
    let text = "test \"a\" { assert(false) }\ntest \"b\" { assert(false) }\n";
    project.write("a_test.ruff", text);
    project.write("b_test.ruff", text);
    let ran = project.ruff(&["test", "--fail-fast"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("0 passed, 1 failed"), "{}", ran.out);
    let ran = project.ruff(&["test"]);
    assert!(ran.out.contains("0 passed, 4 failed"), "{}", ran.out);
}

#[cfg(unix)]
#[test]
fn changes_are_watched() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};
    let project = Project::new("watch");
    project.write("lib.ruff", "export func two() { return 2 }\n");
    project.write(
        "lib_test.ruff",
        "from lib import two\ntest \"two\" { assert_equal(two(), 3) }\n",
    );
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .args(["test", "--watch"])
        .current_dir(project.path(""))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the command starts");
    let out = BufReader::new(child.stdout.take().expect("it is piped"));
    let mut totals = out
        .lines()
        .map_while(Result::ok)
        .filter(|line| line.contains(" passed"));
    let first = totals.next().unwrap_or_default();
    project.write("lib.ruff", "export func two() { return 3 }\n\n");
    let second = totals.next().unwrap_or_default();
    child.kill().expect("it runs");
    let _ = child.wait();
    assert!(first.starts_with("0 passed, 1 failed"), "{first}");
    assert!(second.starts_with("1 passed"), "{second}");
}
