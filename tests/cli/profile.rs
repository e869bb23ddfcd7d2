//! `ruff profile`: what is costly is said to be, and nothing of the run changes.

use crate::support::{Ran, TempFile, run, run_with_input};
use serde_json::Value;

/// Profiles program text; the JSON and what the program wrote.
#[track_caller]
fn profile(code: &str) -> (Value, String) {
    profile_in("on", code)
}

/// The same with these tiers.
#[track_caller]
fn profile_in(tiers: &str, code: &str) -> (Value, String) {
    let args = ["profile", "--jit", tiers, "--json", "-", "-e", code];
    let ran = run(&args).ended(0);
    let document = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    (document, ran.err)
}

fn rows<'v>(document: &'v Value, table: &str) -> &'v [Value] {
    document[table].as_array().expect("a table")
}

fn row<'v>(document: &'v Value, table: &str, key: &str, value: &str) -> &'v Value {
    let mut rows = rows(document, table).iter();
    rows.find(|row| row[key] == value)
        .unwrap_or_else(|| panic!("no {value} in {document:#}"))
}

/// A percentage that is measured: on a busy machine a few samples carry much weight,
/// so this tells only what is most from what is little.
#[track_caller]
fn about(share: &Value, expected: f64) {
    let share = share.as_f64().expect("a number");
    assert!((share - expected).abs() < 35.0, "{share} for {expected}");
}

fn sum(rows: &[Value], key: &str) -> f64 {
    rows.iter().filter_map(|row| row[key].as_f64()).sum()
}

/// The interpreter alone, and every tier.
const TIERS: [&str; 2] = ["off", "on"];

const LOOPS: &str = "
func work(n) {
    mut sum := 0
    for i in n { sum += i * i % 7 }
    return sum
}
func light() { return work(500000) }
func heavy() { mut sum := 0
    for i in 1500000 { sum += i * i % 7 }
    return sum
}
mut sum := 0
for round in 40 { sum += heavy() + light() }
print(sum)
";

#[test]
fn time_goes_to_the_functions_that_take_it() {
    for tiers in TIERS {
        let (document, _) = profile_in(tiers, LOOPS);
        check_loops(&document);
    }
}

/// The cost of [`LOOPS`].
fn check_loops(document: &Value) {
    let heavy = row(document, "functions", "name", "heavy");
    about(&heavy["self_percent"], 75.0);
    about(&heavy["total_percent"], 75.0);
    assert_eq!(heavy["line"], 8);
    let light = row(document, "functions", "name", "light");
    about(&light["total_percent"], 25.0);
    about(&light["self_percent"], 0.0);
    let script = row(document, "functions", "name", "<script>");
    about(&script["total_percent"], 100.0);
    let hot = &rows(document, "lines")[0];
    assert_eq!(
        (&hot["line"], &hot["function"]),
        (&9.into(), &"heavy".into())
    );
    assert_eq!(hot["text"], "for i in 1500000 { sum += i * i % 7 }");
}

#[test]
fn every_table_sums_to_the_whole() {
    let (document, _) = profile(LOOPS);
    let is_whole = |sum: f64, what: &str| assert!((sum - 100.0).abs() < 0.01, "{what}: {sum}");
    for table in ["functions", "lines"] {
        is_whole(sum(rows(&document, table), "self_percent"), table);
    }
    let tiers = document["tiers"].as_object().expect("tiers");
    is_whole(
        sum(&tiers.values().cloned().collect::<Vec<_>>(), "percent"),
        "tiers",
    );
    let sampled = document["sampled_ms"].as_f64().expect("a time");
    is_whole(
        100.0 * sum(rows(&document, "stacks"), "ms") / sampled,
        "stacks",
    );
    assert!(sampled <= document["wall_ms"].as_f64().expect("a time"));
}

#[test]
fn a_function_too_short_for_a_safepoint_is_seen() {
    for tiers in TIERS {
        let (document, _) = profile_in(tiers, SHORT);
        let tiny = row(&document, "functions", "name", "tiny");
        assert!(tiny["self_percent"].as_f64() > Some(40.0), "{document:#}");
    }
}

const SHORT: &str = "func tiny(x) { y := x * 3 % 7 + x * 5 % 11 + x * 7 % 13 + x * 9 % 17
            return y * y % 19 + y * 3 % 23 + y * 5 % 29 + y * 7 % 31 }
        for i in 4000000 { tiny(i) }";

/// Between any two calls of the same depth another function ran there.
#[test]
fn functions_that_take_turns_are_told_apart() {
    let (document, _) = profile(
        "func cheap(x) { return x + 1 }
         func dear(x) { return x * 3 % (x + 7) + x * 5 % (x + 11) + x * 7 % (x + 13) + x * 9 % (x + 17) }
         func turns(n) { mut s := 0 for i in n { s += cheap(i) s += dear(i) } return s }
         turns(8000000)",
    );
    let of = |name: &str| row(&document, "functions", "name", name)["self_percent"].as_f64();
    assert!(
        of("dear") > of("cheap").map(|part| part * 2.0),
        "{document:#}"
    );
}

#[test]
fn recursion_without_loops_is_seen() {
    let (document, _) =
        profile("func fib(n) { if n < 2 { return n } return fib(n - 1) + fib(n - 2) } fib(35)");
    let fib = row(&document, "functions", "name", "fib");
    about(&fib["self_percent"], 100.0);
    about(&fib["total_percent"], 100.0);
    assert!(document["samples"].as_u64() > Some(3), "{document:#}");
}

#[test]
fn a_long_built_in_loses_no_time() {
    let (document, _) = profile("func wait() { sleep(200) }\nwait()\nprint(1)");
    let sleep = row(&document, "functions", "name", "sleep");
    assert_eq!(sleep["kind"], "builtin");
    about(&sleep["total_percent"], 100.0);
    let waiting = row(&document, "functions", "name", "<waiting>");
    assert_eq!(waiting["kind"], "waiting");
    about(&waiting["self_percent"], 100.0);
    about(&document["tiers"]["waiting"]["percent"], 100.0);
    about(
        &row(&document, "functions", "name", "wait")["total_percent"],
        100.0,
    );
    assert!(
        document["sampled_ms"].as_f64() > Some(150.0),
        "{document:#}"
    );
}

#[test]
fn what_a_built_in_calls_back_is_not_its_own_time() {
    let code = "func slow(x) { mut sum := 0
            for i in 3000 { sum += i * x % 7 }
            return sum }
        print(len(map(range(3000), slow)))";
    for (tiers, tier) in TIERS.into_iter().zip(["interpreter", "native"]) {
        let (document, _) = profile_in(tiers, code);
        let slow = row(&document, "functions", "name", "slow");
        about(&slow["self_percent"], 100.0);
        about(&document["tiers"][tier]["percent"], 100.0);
    }
}

#[test]
fn allocation_and_collections_are_counted() {
    let (document, _) = profile(
        "func pair(i) {
    return [i, i + 1]
}
for i in 3000000 { pair(i) }",
    );
    let allocation = &document["allocation"];
    let site = &rows(allocation, "sites")[0];
    assert_eq!(
        (&site["function"], &site["line"]),
        (&"pair".into(), &2.into())
    );
    assert!(site["percent"].as_f64() > Some(95.0), "{allocation:#}");
    let objects = allocation["objects"].as_u64().expect("a count");
    assert!((2_900_000..=3_100_000).contains(&objects), "{objects}");
    assert!(
        document["gc"]["collections"].as_u64() > Some(0),
        "{document:#}"
    );
    assert!(
        document["tiers"]["gc"]["ms"].as_f64() > Some(0.0),
        "{document:#}"
    );
}

#[test]
fn the_report_leaves_standard_output_to_the_program() {
    let ran = run(&["profile", "--jit", "off", "-e", LOOPS]).ended(0);
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    let ran = ran
        .said("profile of <eval>: ")
        .said("heavy")
        .said("interpreter");
    ran.said("<eval>:9   for i in 1500000 { sum += i * i % 7 }");
}

#[test]
fn json_on_standard_output_is_alone_there() {
    let (_, err) = profile("print(\"hello\")");
    assert_eq!(err, "hello\n");
}

#[test]
fn files_are_written() {
    let svg = TempFile::new("graph.svg", b"");
    let json = TempFile::new("profile.json", b"");
    let args = ["profile", "--flamegraph", svg.path(), "--json", json.path()];
    let ran = run(&[&args[..], &["-e", LOOPS]].concat()).ended(0);
    ran.said("profile of <eval>: ");
    let graph = std::fs::read_to_string(svg.path()).expect("the graph");
    assert!(graph.starts_with("<?xml"), "{graph}");
    assert!(graph.contains("heavy (&lt;eval&gt;:8)"), "{graph}");
    let document = std::fs::read_to_string(json.path()).expect("the profile");
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["program"], "<eval>");
}

#[test]
fn the_run_ends_as_it_would_have() {
    run(&["profile", "-e", "exit(7)"])
        .ended(7)
        .said("profile of");
    let ran = run(&["profile", "-e", "func f() { throw \"no\" }\nf()"]).ended(4);
    ran.said("error: no\n  --> <eval>:1:12").said("profile of");
    let ran = run_with_input(&["profile", "-", "a", "--rate"], b"print(args())");
    ran.ended(0).printed("[a, --rate]\n");
    run(&[
        "profile",
        "--max-heap",
        "2M",
        "-e",
        "x := []\nloop { x.push(\"${x}\") }",
    ])
    .ended(4)
    .said("memory");
}

#[test]
fn errors_are_said_before_anything_runs() {
    let code = "print(1)";
    let failed = |args: &[&str], code: i32| -> Ran { run(args).ended(code).printed("") };
    failed(&["profile", "no-such-file.ruff"], 5).said("Cannot read file 'no-such-file.ruff'");
    failed(&["profile", "-e", "x := "], 3).said("error: expected an expression");
    failed(&["profile"], 2).said("no program given");
    for option in ["--flamegraph", "--json"] {
        let path = "no-such-folder/out";
        let ran = failed(&["profile", option, path, "-e", code], 5);
        ran.said("Cannot write 'no-such-folder/out'");
    }
    for rate in ["0", "-1", "10001", "many"] {
        failed(&["profile", "--rate", rate, "-e", code], 2).said("--rate");
    }
}

#[test]
fn threads_are_sampled_each() {
    let code = "func work(n) { mut sum := 0
            for i in n { sum += i % 1000 * i % 7 }
            return sum }
        ps := map(range(3), k => spawn { return work(40000000) })
        sum := 0
        for p in ps { sum += await p }
        await spawn { sleep(50) }
        print(sum > 0)";
    let (document, out) = profile(code);
    assert_eq!(out, "true\n");
    let others = row(&document, "functions", "name", "<other threads>");
    let work = row(&document, "functions", "name", "work");
    assert_eq!(work["line"], 1);
    let ms = |row: &Value| row["total_ms"].as_f64().expect("a number");
    assert!(ms(others) >= ms(work) && ms(work) > 0.0, "{document:#}");
    // The script has waited meanwhile, and so has the last block.
    let waits = rows(&document, "stacks").iter();
    let waits: Vec<&Value> = waits.map(|stack| &stack["calls"]).collect();
    let ends_so = |calls: &&&Value, first: &str| {
        let calls = calls.as_array().expect("calls");
        calls[0] == first && calls.last().expect("a call") == "<waiting>"
    };
    for first in ["<script>", "<other threads>"] {
        assert!(
            waits.iter().any(|calls| ends_so(&calls, first)),
            "{document:#}"
        );
    }
    // One row for a function, whichever threads it ran on.
    let all = rows(&document, "functions").iter();
    assert_eq!(all.filter(|row| row["name"] == "work").count(), 1);
}
