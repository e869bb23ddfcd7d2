//! `--max-heap`: what does not fit is an error of kind `memory` that can be
//! caught, whichever operation asks for the memory; and the process stays near
//! the limit. `--gc-stress`: programs mean the same.

use crate::support::{Ran, eval, finish, ruff, run};

/// Runs a program in a heap of 32 MB, in a process that cannot have much more.
fn small(code: &str) -> Ran {
    let mut command = ruff();
    command.args(["run", "--max-heap", "32M", "-e", code]);
    confine(&mut command);
    finish(command, b"")
}

/// Limits the address space, so that memory beyond the heap's limit ends the
/// process: the stacks take one and a half gigabyte of it.
#[cfg(target_os = "linux")]
fn confine(command: &mut std::process::Command) {
    use std::os::unix::process::CommandExt;
    let space = libc::rlimit {
        rlim_cur: 2 << 30,
        rlim_max: 2 << 30,
    };
    // SAFETY: one system call between fork and exec.
    unsafe {
        command.pre_exec(move || match libc::setrlimit(libc::RLIMIT_AS, &space) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
}

#[cfg(not(target_os = "linux"))]
fn confine(_: &mut std::process::Command) {}

/// Programs that take memory without end, by the operation that takes it.
const GROWING: &[&str] = &[
    // Arrays.
    "a := []; loop { a.push(1) }",
    "a := []; loop { a := push(a, [1, 2]) }",
    "func f() { a := []; loop { a.push(1) } } f()",
    "a := [1]; loop { a := a + a }",
    "a := [1]; loop { a := [...a, ...a] }",
    "a := []; loop { a := [a, a, 1.5] }",
    "a := []; for i in 1000000 { a.push(i) } b := []; loop { b.push(a + [1]) }",
    "a := []; x := 1.5; loop { a.push(x); x += 1 }",
    // Dicts.
    "d := {}; i := 0; loop { d[i] := i; i += 1 }",
    "d := {}; i := 0; loop { d[\"k${i}\"] := i; i += 1 }",
    "d := {}; i := 0; loop { d[i * 7] := i; i += 1 }",
    "d := {}; i := 0; loop { d[i] := [i]; i += 1 }",
    "d := {}; loop { d := {a: d} }",
    // Texts.
    "s := \"x\"; loop { s := s + s }",
    "s := \"\"; loop { s := s + \"abcdefgh\" }",
    "s := \"x\"; loop { s := \"${s}${s}\" }",
    "s := \"x\"; a := []; loop { a.push(\"abc\" * 1000) }",
    "s := \"x\" * 1000000; a := []; loop { a.push(s[1:]); a.push(s + \"y\") }",
    "s := \"x\" * 20000000; t := [s, s, s]; print(len(to_string(t)))",
    "s := \"x\" * 20000000; t := [s, s, s]; print(len(repr(t)))",
    "s := \"x\" * 20000000; t := [s, s, s]; print(len(join(t, \"\")))",
    "s := \"x\" * 20000000; print(\"${s}${s}\")",
    "s := \"x\" * 10000000; print(len(s.replace(\"x\", \"yyyyyyyy\")))",
    "print(len(format(\"%100000000d\", 5)))",
    "print(len(format(\"%.100000000f\", 5)))",
    "print(len(pad_left(\"x\", 100000000)))",
    "x := \"x\" * 100000000",
    "x := repeat(\"ab\", 100000000)",
    "a := []; loop { a.push(to_string(2 ** 10000)) }",
    "x := split(\"ab\" * 5000000, \"b\")",
    "x := chars(\"x\" * 10000000)",
    // Ints.
    "a := []; i := 2 ** 60; loop { a.push(i); i += 1 }",
    "x := 3 ** 10000000; loop { x := x * x }",
    "x := 1 << 10 ** 9",
    "x := 2 ** 10 ** 9",
    "a := []; loop { a.push(1 << 1000000) }",
    // What functions return and types make.
    "x := range(10000000)",
    "x := map(range(1000000), func(x) { return [x, x] })",
    "func mk(n) { return func() { return n } } a := []; loop { a.push(mk(len(a))) }",
    "f := null; func mk(g) { return func() { return g } } loop { f := mk(f) }",
    "struct P { x; y } a := []; loop { a.push(P { x: 1, y: 2 }) }",
    "struct P { x; y } p := null; loop { p := P { x: p, y: 2 } }",
    "e := 1; loop { e := Some(e) }",
    "enum S { C } e := 1; loop { e := S::C(e) }",
];

#[test]
fn whatever_grows_is_stopped() {
    for code in GROWING {
        let ran = small(code);
        assert_eq!(ran.code, Some(4), "{code}\n{ran:?}");
        assert!(ran.err.contains("error: Out of memory"), "{code}\n{ran:?}");
    }
}

#[test]
fn being_out_of_memory_is_caught_and_recovered_from() {
    for code in GROWING {
        // A pointer left on the machine's stack may keep what was caught alive,
        // which is 30 MB here: nothing useful fits beside it.
        if code.contains("s[1:]") {
            continue;
        }
        let guarded = format!(
            "for round in 2 {{ try {{ {code} }} except e {{ print(e.kind) }} }}\n\
             a := [] for i in 100000 {{ a.push([i]) }} print(len(a))"
        );
        let ran = small(&guarded);
        assert_eq!(ran.code, Some(0), "{code}\n{ran:?}");
        assert_eq!(ran.out, "memory\nmemory\n100000\n", "{code}\n{ran:?}");
    }
}

/// A program cannot go beyond the limit by catching every error.
#[test]
fn catching_makes_no_memory() {
    let code = "a := []; loop { try { loop { a.push(1) } } except e { } }";
    small(code).ended(4).said("Out of memory");
    let code = "a := []; loop { try { loop { a.push(\"x\" * 100000) } } except e { } finally { a.push(1) } }";
    small(code).ended(4).said("Out of memory");
}

/// What is garbage does not count.
#[test]
fn garbage_is_no_reason_to_stop() {
    let programs = [
        "n := 0; for i in 300000 { a := [i, i, i, i]; n += len(a) } print(n)",
        "n := 0; for i in 2000 { s := \"x\" * 1000000; n += len(s) } print(n)",
        "x := 0; for i in 3000 { x := (1 << 1000000) + i } print(x > 0)",
        "d := {}; for i in 2000000 { d[i % 1000] := [i] } print(len(d))",
        "s := 0; for i in 100 { a := range(1000000); s += len(a) } print(s)",
    ];
    for code in programs {
        small(code).ended(0);
    }
}

#[test]
fn programs_mean_the_same_under_stress() {
    let code = "struct P { x; func op_add(self, o) { return P { x: self.x + o.x } } }\n\
        func fold(xs, f) { mut acc := xs[0] for x in xs[1:] { acc := f(acc, x) } return acc }\n\
        d := {} for w in split(\"the cat and the dog and the bird\", \" \") { d[w] := (d[w] ?? 0) + 1 }";
    let rest = "p := fold(map(range(20), func(i) { return P { x: i } }), func(a, b) { return a + b })\n\
        s := \"\" for i in 30 { s := s + \"${i},\" }\n\
        try { throw {a: [1, 2]} } except e { print(e.message, e.value) }\n\
        print(p, s, sort([3, 1, 2]), 2 ** 200, Ok([1, {b: 2}]))";
    let code = format!("{}\n{rest}", code.replace("d[w] ?? 0", "d.get(w, 0)"));
    let plain = eval(&code).ended(0).out;
    assert!(!plain.is_empty());
    run(&["run", "--gc-stress", "-e", &code])
        .ended(0)
        .printed(&plain);
    run(&["run", "--gc-stress", "--max-heap", "32M", "-e", &code])
        .ended(0)
        .printed(&plain);
}
