//! Programs with several threads from outside: how they end, and what all threads are
//! subject to.

use crate::support::{eval, finish, ruff, run};

#[test]
fn exit_ends_the_program_from_any_thread() {
    eval("spawn { exit(7) }\nwhile true { }").ended(7);
    eval("p := spawn { spawn { exit(7) } }\nwhile true { sleep(1) }").ended(7);
    eval("spawn { while true { } }\nexit(3)").ended(3);
}

#[test]
fn the_program_ends_when_all_blocks_have() {
    eval("spawn { sleep(30); print(\"block\") }\nprint(\"script\")")
        .printed("script\nblock\n")
        .ended(0);
    // Nothing can wake it: it is ended quietly.
    eval("c := channel()\nspawn { c.receive(); print(\"never\") }\nprint(\"script\")")
        .printed("script\n")
        .ended(0);
}

#[test]
fn an_error_of_a_block_that_nobody_awaits_is_reported() {
    eval("spawn { throw \"lost\" }\nprint(\"script\")")
        .printed("script\n")
        .said("error: lost")
        .ended(4);
    eval("async func f() { throw \"lost\" }\nawait spawn { f(); return 1 }\nprint(\"script\")")
        .printed("script\n")
        .said("error: lost")
        .ended(4);
}

#[test]
fn all_threads_have_one_limit_of_memory() {
    let mut command = ruff();
    let code = "func fill() { xs := []; while true { xs.push([1, 2, 3]) } }
        ps := [spawn { fill() }, spawn { fill() }]
        for p in ps { try { await p } except e { print(e.kind) } }
        print(\"alive\")";
    command.args(["run", "--max-heap", "40M", "-e", code]);
    finish(command, b"")
        .printed("memory\nmemory\nalive\n")
        .ended(0);
}

/// A string that several threads have counts once; lost ones make room.
#[test]
fn the_limit_counts_shared_strings_once() {
    let mut command = ruff();
    let code = "big := \"abcdefgh\" * 1250000
        ps := map(range(6), k => spawn { return len(big + \"\") })
        print(sum(await promise_all(ps)))
        c := channel()
        p := spawn { n := 0; for text in c { n += len(text) }; return n }
        for i in 0..50 { c.send(str(i % 10) * 5000000) }
        c.close()
        print(await p)";
    command.args(["run", "--max-heap", "300M", "-e", code]);
    finish(command, b"")
        .printed("60000000\n250000000\n")
        .ended(0);
    let mut command = ruff();
    let code = "c := channel()
        p := spawn { kept := []; for text in c { kept.push(text) } }
        try { for i in 0..50 { c.send(str(i % 10) * 5000000); sleep(1) } } except e { print(e.kind) }
        c.close()
        try { await p } except e { print(e.kind) }
        print(\"alive\")";
    command.args(["run", "--max-heap", "60M", "-e", code]);
    let ran = finish(command, b"");
    assert!(
        ran.out.starts_with("memory\n") && ran.out.ends_with("alive\n"),
        "{}",
        ran.out
    );
    ran.ended(0);
}

#[test]
fn all_threads_are_denied_the_same() {
    let mut command = ruff();
    let code =
        "try { await spawn { return read_file(\"/etc/hostname\") } } except e { print(e.kind) }";
    command.args(["run", "--untrusted", "-e", code]);
    finish(command, b"").printed("capability\n").ended(0);
}

#[test]
fn what_a_thread_prints_stays_together() {
    let line = "x".repeat(100);
    let code = format!(
        "ps := map(range(4), k => spawn {{ for i in 0..200 {{ print(\"{line}\", k) }} }})
        for p in ps {{ await p }}"
    );
    let ran = eval(&code);
    let is_whole = |one: &str| one.len() == 102 && one.starts_with(&line);
    assert_eq!(ran.out.lines().filter(|one| is_whole(one)).count(), 800);
    assert_eq!(ran.out.lines().count(), 800);
}

/// The first number after a name in what `--stats` reports.
fn counted(report: &str, name: &str) -> u64 {
    let line = report.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {report}"));
    let number: String = line[name.len()..]
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    number
        .parse()
        .unwrap_or_else(|_| panic!("no number in {line}"))
}

#[test]
fn stats_are_those_of_all_threads() {
    let code = "func work() { n := 0; for i in 0..100000 { n += i }; return n }
        func fails() { try { throw 1 } except e { return 1 } }
        ps := map(range(2), k => spawn { fails(); return work() })
        for p in ps { await p }
        await spawn { return fails() }";
    let alone = "func work() { n := 0; for i in 0..100000 { n += i }; return n }\nwork()";
    let ran = run(&["run", "--stats", "-e", code]).ended(0);
    // A block may find a thread that is free.
    assert!(
        (1..=3).contains(&counted(&ran.err, "threads")),
        "{}",
        ran.err
    );
    assert_eq!(counted(&ran.err, "errors thrown"), 3);
    let one = run(&["run", "--stats", "-e", alone]).ended(0);
    assert!(counted(&ran.err, "instructions") > 2 * counted(&one.err, "instructions") - 1000);
    assert!(!one.err.contains("threads"), "{}", one.err);
}
