//! Start-up is linear in the size of the program: ten times the declarations,
//! statements or parts of anything take about ten times the time, from the text to
//! the end of the run. Time is that of the thread, so other processes do not matter.

use ruff::engine::{self, Config, Engine, SourceFile, modules::Files};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// A program of this many parts of a kind.
type Shape = fn(usize) -> String;

const PARTS: usize = 1_000;

fn each(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// Around parts that are joined.
fn around(before: &str, count: usize, part: impl Fn(usize) -> String, after: &str) -> String {
    format!("{before}{}{after}", each(count, part))
}

const SHAPES: &[(&str, Shape)] = &[
    ("functions", |n| {
        each(n, |i| format!("func f{i}(x) {{ return x + {i} }}\n"))
    }),
    // The last one is loud, which is news for all.
    ("a chain of calls", |n| {
        let chain = each(n, |i| {
            format!("func f{i}(x) {{ return f{}(x) + 1 }}\n", i + 1)
        });
        chain + &format!("g := 1\nfunc f{n}(x) {{ g += 1 return x }}\n")
    }),
    ("a chain of mutating methods", |n| {
        let part = |i| format!("func m{i}(self) {{ self.m{}() }}\n", i + 1);
        around(
            "struct S { a := 0\n",
            n,
            part,
            &format!("func m{n}(self) {{ self.a += 1 }} }}"),
        )
    }),
    ("a chain of closures", |n| {
        let part = |i| format!("func f{i}(x) {{ return f{}(x) }}\n", i + 1);
        around(
            "func o() { v := 1\n",
            n,
            part,
            &format!("func f{n}(x) {{ v += x }} }}"),
        )
    }),
    ("one method of many types", |n| {
        let types = each(n, |i| {
            format!("struct S{i} {{ func m(self) {{ return 1 }} }}\n")
        });
        types + &each(n, |i| format!("func f{i}(x) {{ return x.m() }}\n"))
    }),
    // Constructs that the rules of `ruff check` look at.
    ("functions that set a global", |n| {
        let sets = each(n, |i| format!("func f{i}() {{ g := {i} }}\n"));
        "g := 0\n".to_string() + &sets + "print(g)\n"
    }),
    ("comments like divisors", |n| {
        "n := 8\n".to_string() + &each(n, |i| format!("x{i} := n // n\nprint(x{i})\n"))
    }),
    ("cases of an enum", |n| {
        let variants = around("enum E {", n, |i| format!("v{i}, "), "}\n");
        variants
            + &around(
                "match E::v1 {",
                n,
                |i| format!("case E::v{i}(x): print(x)\n"),
                "}",
            )
    }),
    ("members of a known type", |n| {
        let before = "struct S { a := 0 }\nfunc f() { s := S {}\n";
        around(before, n, |_| "s.a := s.a + s.b\n".into(), "}")
    }),
    ("variables of one kind, last one first", |n| {
        let body = around("func g() {", n, |i| format!("v{i} := f{i}()\n"), "}\n");
        let chain = each(n, |i| format!("func f{i}() {{ return f{}() }}\n", i + 1));
        chain + &format!("func f{n}() {{ return 1 }}\n") + &body
    }),
    ("types", |n| {
        each(n, |i| format!("struct S{i} {{ a := {i} }}\n"))
    }),
    ("enums", |n| each(n, |i| format!("enum E{i} {{ a, b }}\n"))),
    ("variants", |n| {
        around("enum E {", n, |i| format!("v{i}, "), "}")
    }),
    ("fields", |n| {
        around("struct S {", n, |i| format!("a{i} := {i}\n"), "}")
    }),
    ("members seen as names", |n| {
        let fields = around("struct S {", n, |i| format!("a{i} := {i}\n"), "");
        fields + &each(n, |i| format!("func m{i}() {{ return a{i} }}\n")) + "}"
    }),
    ("a struct literal", |n| {
        let ty = around("struct S {", n, |i| format!("a{i} := 0\n"), "}\n");
        ty + &around("x := S {", n, |i| format!("a{i}: {i}, "), "}")
    }),
    ("parameters", |n| {
        around("func f(", n, |i| format!("a{i}, "), ") { }")
    }),
    ("exports", |n| {
        each(n, |i| format!("export func f{i}() {{ return {i} }}\n"))
    }),
    ("tests", |n| each(n, |i| format!("test \"t{i}\" {{ }}\n"))),
    ("calls", |n| {
        around("func f(x) { }\n", n, |_| "f(1)\n".into(), "")
    }),
    ("a chain of methods", |n| {
        around("s := \"a\"", n, |_| ".trim()".into(), "")
    }),
    ("a chain of indices", |n| {
        around("func f(x) { return x", n, |_| "[0]".into(), " }")
    }),
    ("a chain of fields", |n| {
        around("func f(x) { return x", n, |_| ".a".into(), " }")
    }),
    // Fewer, for each link is a register and a jump, and sets of live registers are
    // made for all jumps.
    ("a chain of optional links", |n| {
        around("func f(x) { return x", n / 4, |_| "?.a".into(), " }")
    }),
    ("a chain of operators", |n| {
        around("x := 1\ny := x", n, |_| " + x".into(), "")
    }),
    ("alternatives of values", |n| {
        around("x := null\ny := x", n, |_| " ?? x".into(), "")
    }),
    ("a condition", |n| {
        around("x := 1\nif x", n, |_| " && x".into(), " { x := 2 }")
    }),
    ("a template", |n| {
        around("x := 1\ns := \"", n, |_| "${x} ".into(), "\"")
    }),
    ("a template of paths", |n| {
        around(
            "x := {a: 1}\ns := \"",
            n,
            |_| "${x.a} ${len(\"a\")} ".into(),
            "\"",
        )
    }),
    ("a dedented string", |n| {
        around("s := \"\"\"\n", n, |_| "  ${1}\n".into(), "  \"\"\"")
    }),
    ("globals", |n| {
        each(n, |i| format!("g{i} := {i}\n"))
            + &around("func f() {", n, |i| format!("g{i} += 1\n"), "}")
    }),
    ("locals", |n| {
        around("func f() {", n, |i| format!("v{i} := {i}\n"), "}")
    }),
    ("captures", |n| {
        let locals = around("func f() {", n, |i| format!("v{i} := {i}\n"), "");
        locals
            + &around(
                "return func() { return [",
                n,
                |i| format!("v{i}, "),
                "] } }",
            )
    }),
    ("cases", |n| {
        around(
            "func f(x) { match x {",
            n,
            |i| format!("case {i}: return {i}\n"),
            "} }",
        )
    }),
    ("alternatives", |n| {
        around(
            "func f(x) { match x { case 0",
            n,
            |i| format!(" | {i}"),
            ": return 1 } }",
        )
    }),
    ("a chain of else if", |n| {
        around(
            "func f(x) { if x { }",
            n,
            |i| format!(" else if x == {i} {{ }}"),
            " }",
        )
    }),
    ("an array", |n| {
        around("y := 1\nx := [", n, |i| format!("y + {i}, "), "]")
    }),
    ("a dict", |n| {
        around("y := 1\nx := {", n, |i| format!("a{i}: y, "), "}")
    }),
    ("arrays in an array", |n| {
        around("y := 1\nx := [", n, |i| format!("[{i}, y], "), "]")
    }),
    ("strings", |n| {
        around("x := 0\n", n, |i| format!("x := \"s{i}\"\n"), "")
    }),
    ("labels", |n| {
        each(n, |i| format!("l{i}: loop {{ break l{i} }}\n"))
    }),
    ("loops", |n| {
        around(
            "func f(x) {",
            n,
            |_| "for i in x { for j in 0..i { } }\n".into(),
            "}",
        )
    }),
    ("tries", |n| {
        around(
            "func f(x) {",
            n,
            |_| "try { x() } except e { x() } finally { x() }\n".into(),
            "}",
        )
    }),
    ("returns through finally", |n| {
        around(
            "func f(x) { try {",
            n,
            |i| format!("if x == {i} {{ return {i} }}\n"),
            "} finally { x() } }",
        )
    }),
    ("method calls on paths", |n| {
        around(
            "func f(x) { try {",
            n,
            |_| "x.a.b.c(1)\n".into(),
            "} except { } }",
        )
    }),
    ("closures", |n| {
        around(
            "func f(x) {",
            n,
            |i| format!("x(func(a) {{ x := a + {i} }})\n"),
            "}",
        )
    }),
    ("patterns", |n| {
        around("func f(x) {", n, |_| "[a, {b}] := x\n".into(), "}")
    }),
    ("undefined names", |n| {
        around("func f() {", n, |i| format!("undefined{i}()\n"), "}")
    }),
    ("code that is never reached", |n| {
        around("func f() {", n, |_| "return 1\n".into(), "}")
    }),
    ("comments", |n| each(n, |i| format!("# {i}\n"))),
];

/// The time that this thread has taken of the processor.
fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the clock is one that every system has, and the place is this frame's.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn time_of(work: impl FnOnce()) -> Duration {
    let start = processor_time();
    work();
    processor_time() - start
}

/// Compiles with warnings, then compiles and runs.
fn start_up(text: &str) -> Duration {
    let source = SourceFile::new("program.ruff", text);
    let files = Files::new(None);
    let checked = time_of(|| {
        engine::check_in(&source, &files);
    });
    let mut machine = Engine::new(Config::silent()).expect("address space");
    let ran = time_of(|| {
        let compiled = engine::compile(&source);
        let errors: Vec<&str> = compiled.errors().map(|one| &*one.message).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let unit = compiled.unit.expect("no errors");
        if let Err(error) = machine.run(&unit, Arc::new(source)) {
            panic!("{error:?}");
        }
    });
    checked + ran
}

#[test]
fn ten_times_the_program_takes_ten_times_the_time() {
    let all = || {
        let mut slow = String::new();
        for (name, shape) in SHAPES {
            let (small, large) = (shape(PARTS), shape(10 * PARTS));
            // A round for what happens once, such as tables of the library.
            start_up(&small);
            let least = (0..3).map(|_| start_up(&small)).min().unwrap_or_default();
            let limit = 25 * least.max(Duration::from_millis(2));
            // Once is enough; more rounds are for what came in between.
            let times = (0..3).map(|_| start_up(&large));
            let mut longest = Duration::ZERO;
            let fast = times
                .inspect(|&time| longest = longest.max(time))
                .any(|time| time < limit);
            if !fast {
                let _ = writeln!(slow, "{name}: {least:?} to {longest:?}");
            }
        }
        assert!(slow.is_empty(), "more than 25 times as slow:\n{slow}");
    };
    let thread = std::thread::Builder::new().stack_size(512 << 20).spawn(all);
    thread.expect("a thread").join().expect("linear time");
}
