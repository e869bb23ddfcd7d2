//! `--max-heap`: what does not fit is an error of kind `memory` that can be
//! caught, whichever operation asks for the memory; and the process stays near
//! the limit. `--gc-stress`: programs mean the same.

use crate::support::{Ran, eval, finish, ruff, run};

/// Runs a program in a heap of 32 MB, in a process that cannot have much more.
fn small(code: &str) -> Ran {
    let mut command = ruff();
    command.args(["run", "--max-heap", "32M", "-e", code]);
    confine(&mut command, 2 << 30);
    finish(command, b"")
}

/// Limits the address space, so that memory beyond the heap's limit ends the
/// process: the stacks take one and a half gigabyte of it if they can.
#[cfg(target_os = "linux")]
fn confine(command: &mut std::process::Command, bytes: u64) {
    use std::os::unix::process::CommandExt;
    let space = libc::rlimit {
        rlim_cur: bytes,
        rlim_max: bytes,
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
fn confine(_: &mut std::process::Command, _: u64) {}

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
    // Values that functions return and types make.
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

/// Programs that take most of their memory beside the heap's cells: most bytes that the
/// process may take for each, beyond what it needs for nothing.
const BESIDE: &[&str] = &[
    // Ints under construction.
    "x := 3 ** 400000000",
    "a := (1 << 100000000) / 3; b := a * (a + 1)",
    "a := (1 << 300000000) / 3",
    "x := to_string(1 << 2 ** 28)",
    "x := parse_int(\"7\" * 40000000)",
    // The stacks.
    "func f(n) { LOCALS return f(n + 1) + a0 } f(0)",
    "func f(n) { return f(n + 1) + 1 } f(0)",
    "print(max(...range(5000000)))",
    // Buffers of built-ins.
    "x := unique(iter(0..10 ** 9)).collect()",
    "x := (0..10 ** 8).unique()",
    "s := \"x\" * 30000000; t := [s, s, s, s]; print(len(to_string(t)))",
    "s := \"x\" * 20000000; print(len(s.replace(\"x\", \"yyyyyyyyyy\")))",
    "print(len(join(map(range(30), func(i) { return \"x\" * 10000000 }), \"\")))",
    "x := split(\"ab\" * 20000000, \"b\")",
];

#[cfg(target_os = "linux")]
#[test]
fn memory_beside_the_heap_counts() {
    let locals: String = (0..500).map(|i| format!("a{i} := n ")).collect();
    let idle = peak(&run_measured("x := 1", "on").1);
    for code in BESIDE {
        let code = code.replace("LOCALS", &locals);
        for tiers in ["off", "on"] {
            let guarded = format!("try {{ {code} }} except e {{ print(e.kind) }}\nprint(1)");
            let (ran, usage) = run_measured(&guarded, tiers);
            assert_eq!(ran.code, Some(0), "{code:.200}\n{ran:?}");
            assert_eq!(ran.out, "memory\n1\n", "{code:.200}\n{ran:?}");
            let taken = peak(&usage).saturating_sub(idle);
            assert!(taken < 150 << 20, "{code:.200} took {} MiB", taken >> 20);
        }
    }
}

/// Runs a program in a heap of 100 MB; what it took from the system.
#[cfg(target_os = "linux")]
#[allow(clippy::zombie_processes, reason = "wait4 waits, and counts too")]
fn run_measured(code: &str, tiers: &str) -> (Ran, libc::rusage) {
    use std::io::Read;
    use std::process::Stdio;
    let mut child = ruff()
        .args(["run", "--max-heap", "100M", "--jit", tiers, "-e", code])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let (mut out, mut err) = (String::new(), String::new());
    let pipe = child.stdout.as_mut().expect("a pipe");
    pipe.read_to_string(&mut out).expect("text");
    let pipe = child.stderr.as_mut().expect("a pipe");
    pipe.read_to_string(&mut err).expect("text");
    let mut status = 0;
    // SAFETY: fills in the local variables; the child is not waited for again.
    let usage = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        libc::wait4(child.id() as i32, &mut status, 0, &mut usage);
        usage
    };
    let code = libc::WIFEXITED(status).then(|| libc::WEXITSTATUS(status));
    (Ran { out, err, code }, usage)
}

/// Most memory that a process had at once, in bytes.
#[cfg(target_os = "linux")]
fn peak(usage: &libc::rusage) -> u64 {
    usage.ru_maxrss as u64 * 1024
}

/// The stacks' memory goes back when a call is left by an error.
#[cfg(target_os = "linux")]
#[test]
fn an_overflow_gives_its_memory_back() {
    let code = "func f(n) { a := n b := n c := n d := n return f(n + 1) + a + b + c + d }\n\
        try { f(0) } except e { print(e.kind) }\n\
        eprint(\"now\") input()";
    let mut child = ruff()
        .args(["run", "-e", code])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut first = [0; 4];
    let err = child.stderr.as_mut().expect("a pipe");
    std::io::Read::read_exact(err, &mut first).expect("it says so");
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).expect("it runs");
    drop(child.stdin.take());
    assert_eq!(crate::support::wait(&mut child), Some(0));
    let size = |name: &str| -> usize {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        number
            .and_then(|number| number.parse().ok())
            .expect("a size")
    };
    let (most, now) = (size("VmHWM:"), size("VmRSS:"));
    assert!(most > 100_000 && now < most / 2, "{now} of {most} KiB");
}

/// Without `--max-heap`, a part of the address space that the process may have left is
/// the limit.
#[cfg(target_os = "linux")]
#[test]
fn memory_that_the_system_refuses_is_an_error() {
    let system: &[&str] = &[
        "x := \"x\" * 1000000000",
        "x := range(2 ** 28)",
        "x := repeat([1], 2 ** 28)",
        "x := range(4000000).sort_by(x => -x).sort_desc().sort((a, b) => b - a)",
        "x := repr([\"\\n\" * 30000000])",
        "x := (\"aB\" * 30000000).to_snake_case()",
    ];
    for code in GROWING.iter().chain(BESIDE).chain(system) {
        let code = code.replace("LOCALS", "a0 := n");
        if code.contains("return f(n + 1) + 1") || code.contains("a0 := n") {
            // Overflows the stack, which is small here.
            continue;
        }
        let mut command = ruff();
        let guarded = format!("try {{ {code} }} except e {{ print(e.kind) }}\nprint(1)");
        command.args(["run", "-e", &guarded]);
        confine(&mut command, 256 << 20);
        let ran = finish(command, b"");
        assert_eq!(ran.code, Some(0), "{code}\n{ran:?}");
        // A few of those that grow have room.
        let fits = ran.out == "1\n" && GROWING.contains(&&*code);
        assert!(fits || ran.out == "memory\n1\n", "{code}\n{ran:?}");
    }
}

/// A program that catches every error, and goes on, ends with a message at last, or has
/// its container refused again and again; the process never aborts.
#[cfg(target_os = "linux")]
#[test]
fn catching_makes_no_memory_of_the_system() {
    for growing in [
        "a := []; loop { try { loop { a.push(1) } } except e { n += 1 } END }",
        "a := []; loop { try { loop { a.push([1]) } } except e { n += 1 a.push(e) } END }",
        "d := {} i := 0 loop { try { loop { d[i] := i i += 1 } } except e { n += 1 } END }",
        "d := {} i := 0 loop { try { loop { d[\"k${i}\"] := i i += 1 } } except e { n += 1 } END }",
        "s := Set() i := 0 loop { try { loop { s.add(i) i += 1 } } except e { n += 1 } END }",
        "q := Queue() loop { try { loop { q.enqueue(1) } } except e { n += 1 } END }",
        "a := [] loop { try { throw(\"x\" * 10000) } except e { n += 1 a.push(e) } END }",
        "p := null loop { try { loop { p := [p, 1] } } except e { n += 1 } END }",
    ] {
        let code = growing.replace("END", "if n > 100 { break }");
        for tiers in ["off", "on"] {
            let mut command = ruff();
            command.args(["run", "--jit", tiers, "-e", &format!("n := 0\n{code}")]);
            confine(&mut command, 256 << 20);
            let ran = finish(command, b"");
            match ran.code {
                Some(0) => {}
                code_of => {
                    assert_eq!(code_of, Some(4), "{code}\n{ran:?}");
                    assert!(ran.err.contains("Out of memory"), "{code}\n{ran:?}");
                }
            }
        }
    }
}

/// Nothing keeps what a failed loop made while the handler runs, in any tier.
#[test]
fn a_handler_has_the_memory_of_the_failed_loop() {
    for failing in [
        "a := [] loop { a.push([1]) }",
        "a := [] loop { a.push([1, 2, 3]) }",
        "a := [] loop { a.push({b: 1}) }",
        "a := [] loop { a.push(Some(1)) }",
        "d := {} i := 0 loop { d[i] := [i] i += 1 }",
        "p := null loop { p := [p, 1, 2] }",
    ] {
        for tiers in ["off", "on"] {
            for call in [failing.to_string(), "grow()".to_string()] {
                let code = format!(
                    "func grow() {{ {failing} }}\n\
                     mut t := \"\"\n\
                     for round in 3 {{\n\
                         try {{ {call} }} except e {{\n\
                             for k in 100000 {{ t := \"${{k}} ${{e.kind}}\" }}\n\
                             print(t) }} }}"
                );
                let mut command = ruff();
                command.args(["run", "--max-heap", "30M", "--jit", tiers, "-e", &code]);
                finish(command, b"")
                    .ended(0)
                    .printed(&"99999 memory\n".repeat(3));
            }
        }
    }
}

/// Garbage does not count.
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
