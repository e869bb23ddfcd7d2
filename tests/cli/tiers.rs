//! The options that choose tiers, and what shows of them: `--stats`, `DEBUG_JIT`,
//! the profiler's map, listings of machine code. Only where there is a compiler for
//! the processor.
#![cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]

use crate::support::{Ran, TempFile, finish, ruff, run};

/// Fields, methods, floats, an error that is caught, a generator; and functions that
/// meet something else than before.
const PROGRAM: &str = "\
struct Point { x, y }
func norm(p) { return p.x * p.x + p.y * p.y }
func add(a, b) { return a + b }
func risky(n) {
    if n % 50 == 0 { throw \"fifty\" }
    return n
}
func cold() { return 1 }
func unused() { return 2 }
func *evens(n) {
    for i in 0..n { yield i * 2 }
}
total := 0.0
for i in 0..300 {
    total := total + norm(Point { x: i, y: 0.5 })
    try { risky(i) } except error { total := total + 1 }
}
for e in evens(200) { total := add(total, e) }
print(add(\"a\", \"b\"), add(1, 2), add([1], [2]))
print(total, cold())
";
const OUTPUT: &str = "ab 3 [1, 2]\n8994931 1\n";

fn run_with(options: &[&str]) -> Ran {
    run(&[&["run"], options, &["-e", PROGRAM]].concat())
}

fn with_variable(name: &str, options: &[&str]) -> Ran {
    let mut command = ruff();
    command.env(name, "1").arg("run").args(options);
    command.args(["-e", PROGRAM]);
    finish(command, b"")
}

/// The numbers of a line of `--stats`, in order.
fn numbers(ran: &Ran, name: &str) -> Vec<f64> {
    let lines = ran.err.lines();
    let line = (lines.filter_map(|line| line.strip_prefix(name)).next())
        .unwrap_or_else(|| panic!("no line '{name}' in {ran:?}"));
    let words = line.split([' ', ',', '(', ':']);
    words.filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn every_choice_of_tiers_gives_the_same() {
    for options in [
        &["--jit=off"][..],
        &["--jit", "baseline"],
        &["--jit=on"],
        &["--jit-threshold=0"],
        &["--jit=baseline", "--jit-threshold", "7"],
        &["--jit-threshold=4294967295"],
    ] {
        run_with(options).ended(0).printed(OUTPUT);
    }
}

#[test]
fn other_tiers_and_thresholds_are_wrong_usage() {
    run_with(&["--jit=fast"]).ended(2).said("baseline");
    run_with(&["--jit"]).ended(2);
    run_with(&["--jit-threshold=-1"]).ended(2);
    run_with(&["--jit-threshold=many"]).ended(2);
    run(&["test", "--jit=fast"]).ended(2);
    run(&["repl", "--jit=fast"]).ended(2);
    run(&["bench", "--jit=fast"]).ended(2);
}

#[test]
fn tests_and_the_prompt_take_the_options_too() {
    let file = TempFile::new(
        "some_test.ruff",
        b"test \"sum\" {\n    n := 0\n    for i in 0..500 { n += i }\n    assert_equal(n, 124750)\n}\n",
    );
    for tiers in ["--jit=off", "--jit=baseline", "--jit-threshold=0"] {
        let ran = run(&["test", tiers, file.path()]).ended(0);
        assert!(ran.out.contains("1 passed"), "{ran:?}");
        let mut command = ruff();
        command.args(["repl", tiers]);
        finish(command, b"1 + 1\n").ended(0).printed("2\n");
    }
    let mut command = ruff();
    command.env("DEBUG_JIT", "1");
    command.args(["test", "--jit-threshold=3", file.path()]);
    finish(command, b"").ended(0).said("jit: ");
}

#[test]
fn stats_tell_what_the_tiers_did() {
    let ran = run_with(&["--stats", "--jit-threshold=10"]).ended(0);
    let ran = ran
        .printed(OUTPUT)
        .said("tiers               interpreter, baseline");
    let compiled = numbers(&ran, "functions compiled")[0];
    assert!(compiled >= 4.0 && compiled < numbers(&ran, "functions loaded")[0]);
    assert!(numbers(&ran, "machine code").iter().all(|&n| n > 0.0));
    assert!(numbers(&ran, "compile time").iter().all(|&n| n > 0.0));
    let [entered, left] = numbers(&ran, "compiled code")[..] else {
        panic!("{ran:?}");
    };
    assert!(entered >= 1.0 && left >= 1.0, "{ran:?}");
    let hits = numbers(&ran, "inline caches");
    assert!(hits[0] >= 600.0 && hits[2] > 90.0, "{ran:?}");
    assert!(numbers(&ran, "instructions")[2] > 50.0, "{ran:?}");
    assert!(!ran.err.contains("compiling stopped"), "{ran:?}");
    let off = run_with(&["--stats", "--jit=off"]).ended(0);
    let off = off.said("tiers               interpreter\n");
    assert_eq!(numbers(&off, "functions compiled")[0], 0.0);
    assert_eq!(numbers(&off, "instructions")[1], 0.0);
}

/// The instructions that one tier runs the other does not run, so the sum is
/// that of the interpreter.
#[test]
fn every_instruction_is_counted_once() {
    let all = |options: &[&str]| {
        let ran = run_with(&[&["--stats"], options].concat()).ended(0);
        let lookups = numbers(&ran, "inline caches")[0];
        (numbers(&ran, "instructions")[0], lookups)
    };
    let expected = all(&["--jit=off"]);
    for options in [
        &["--jit-threshold=0"][..],
        &["--jit-threshold=3"],
        &["--jit-threshold=50"],
        &[],
    ] {
        assert_eq!(all(options), expected, "{options:?}");
    }
}

#[test]
fn debug_jit_writes_to_standard_error_only() {
    let ran = with_variable("DEBUG_JIT", &[]).ended(0).printed(OUTPUT);
    assert!(ran.err.lines().all(|line| line.starts_with("jit: ")));
    let ran = ran
        .said("jit: norm (<eval>:2): ")
        .said(" words, ")
        .said("jit: exit from add (<eval>:3) at 0000, add met float and int (before: floats)")
        .said("jit: cold (<eval>:8) has been inlined only")
        .said("jit: functions never called: 1");
    assert!(!ran.err.contains("unused"), "{ran:?}");
    let off = with_variable("DEBUG_JIT", &["--jit=off"]).ended(0);
    assert_eq!(off.err, "jit: nothing compiled: the tiers are off\n");
    let quiet = run_with(&[]).ended(0);
    assert_eq!(quiet.err, "");
}

#[cfg(target_os = "linux")]
#[test]
fn the_profilers_map_names_functions() {
    use std::process::Stdio;
    let mut command = ruff();
    command
        .env("RUFF_PERF_MAP", "1")
        .args(["run", "-e", PROGRAM]);
    command.stdout(Stdio::null());
    let mut child = command.spawn().expect("the command starts");
    let path = format!("/tmp/perf-{}.map", child.id());
    assert_eq!(crate::support::wait(&mut child), Some(0));
    let map = std::fs::read_to_string(&path).expect("a map");
    std::fs::remove_file(&path).expect("a file of ours");
    let line = map
        .lines()
        .find(|line| line.ends_with("ruff:norm (<eval>:2)"));
    let mut words = line.expect("a line for the function").split(' ');
    let mut hex = || u64::from_str_radix(words.next().unwrap_or_default(), 16);
    assert!(hex().is_ok_and(|start| start > 0) && hex().is_ok_and(|len| len > 0));
}

#[test]
fn machine_code_is_listed_for_either_processor() {
    let file = TempFile::new("program.ruff", PROGRAM.as_bytes());
    let list = |options: &[&str]| {
        let ran = run(&[&["disasm", "--native"], options, &[file.path()]].concat());
        let ran = ran.ended(0);
        assert_eq!(ran.err, "");
        ran.out
    };
    let x64 = list(&["--arch", "x64", "--function", "norm"]);
    let aarch64 = list(&["--arch=aarch64", "--function", "norm"]);
    for (text, instruction) in [(&x64, " ret\n"), (&aarch64, " ldr x")] {
        assert!(text.contains("; 2: func norm(p)"), "{text}");
        assert!(
            text.contains("0000 getfield        r2 r0:p \"x\"\n"),
            "{text}"
        );
        assert!(text.contains(instruction), "{text}");
        assert!(!text.contains("print(total"), "{text}");
    }
    // Code that has run expects a shape and floats.
    let after = list(&["--arch=x64", "--function", "norm", "--after-run"]);
    assert!(after.contains("mulsd") && !x64.contains("mulsd"), "{after}");
    assert!(
        after.contains(" exit\n") && !after.contains("ab 3"),
        "{after}"
    );
    let bytes = list(&["--arch=x64", "--function", "norm", "--bytes"]);
    assert!(bytes.contains("  c3                      ret\n"), "{bytes}");
    let all = list(&[]);
    assert!(
        all.contains("f0 <script>(") && all.contains(" evens("),
        "{all}"
    );
}

#[test]
fn wrong_wishes_for_listings_are_2() {
    let file = TempFile::new("program.ruff", PROGRAM.as_bytes());
    let path = file.path();
    run(&["disasm", "--native", "--arch", "z80", path])
        .ended(2)
        .said("aarch64");
    run(&["disasm", "--native", "--function", "nothing", path])
        .ended(2)
        .printed("")
        .said("error: the program has no function 'nothing'\n");
    run(&["disasm", "--arch", "x64", path])
        .ended(2)
        .said("--native");
    let wrong = TempFile::new("wrong.ruff", b"func {\n");
    run(&["disasm", "--native", wrong.path()]).ended(3);
}

#[test]
fn a_listing_survives_what_the_program_does() {
    let file = TempFile::new("fails.ruff", b"func f() { throw \"no\" }\nprint(1)\nf()\n");
    let ran = run(&["disasm", "--native", "--after-run", file.path()])
        .ended(0)
        .said("error: no");
    assert!(ran.out.contains("f1 f()"), "{ran:?}");
}
