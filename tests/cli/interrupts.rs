//! Ctrl-C ends whatever a program does inside of one operation or built-in, soon, and
//! the session of a prompt goes on.
#![cfg(target_os = "linux")]

use crate::support::{TempFile, ruff, run, wait};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// Operations that take many seconds or for ever, each in one go.
const LONG: &[&str] = &[
    // Ints of millions of digits.
    "x := 3 ** 600000000",
    "a := (1 << 500000000) / 3; loop { b := a * (a + 1) }",
    "a := (1 << 500000000) / 3; b := (1 << 250000000) / 7; loop { c := a / b }",
    "a := (1 << 500000000) / 3; b := (1 << 250000000) / 7; loop { c := a % b }",
    "x := to_string((1 << 500000000) / 3)",
    "x := \"${(1 << 500000000) / 3}\"",
    "x := repr([(1 << 500000000) / 3])",
    "x := format(\"%d\", (1 << 500000000) / 3)",
    "x := parse_int(\"7\" * 200000000)",
    "x := parse_int(\"z\" * 150000000, 36)",
    "x := gcd(3 ** 4000000, 7 ** 2000000)",
    "a := map(range(8), i => (1 << 500000000) / (3 + i)); loop { x := sum(a) + max(a) }",
    "a := map(range(8), i => (1 << 500000000) / (3 + i)); loop { x := sort(a) == [...a, 1] }",
    "a := (1 << 1000000000) / 3; loop { b := (a | -a) & ~a ^ a }",
    "a := (1 << 1000000000) / 3; loop { b := abs(-a) + (a << 5) - (a >> 70) }",
    "a := (1 << 900000000) / 3; loop { b := a * 3; c := b / 7 + b % 1000003 }",
    "a := map(range(3000), i => (1 << 1000000) / (3 + i)); loop { x := product(a) }",
    "a := (1 << 1000000000) / 3; loop { b := format(\"%b %o %x\", a, a, a) }",
    // Long texts.
    "s := repeat(\"ab\", 400000000); loop { t := s.replace(\"a\", \"b\") }",
    "s := repeat(\"ab\", 400000000); t := split(s, \"b\")",
    "s := repeat(\"ab\", 400000000); loop { t := s.contains(\"bb\") }",
    "s := repeat(\"ab\", 400000000); loop { t := s.upper() }",
    "s := repeat(\"ab\", 400000000); loop { t := str_reverse(s) }",
    "loop { s := repeat(\"ab\", 400000000) }",
    "loop { s := \"ab\" * 400000000 }",
    "s := \" \" * 1000000000; loop { t := s.trim() }",
    "s := \"ab \" * 300000000; loop { t := s.to_snake_case() + s.title() }",
    "s := \"ab \" * 300000000; loop { t := s.count_of(\"a\") + s.last_index_of(\"x\") }",
    "s := \"1\" * 900000000; loop { t := s.is_digit() }",
    "s := \"ab\" * 400000000; loop { t := repr(s) }",
    "loop { s := format(\"%900000000s\", 1) + pad_center(\"\", 900000000, \"ab\") }",
    "x := random_id(1000000000)",
    // Ropes.
    "r := \"ab\"; for i in 28 { r := r + r } loop { x := (r + \"y\") == (r + \"z\") }",
    "r := \"ab\"; for i in 28 { r := r + r } loop { x := (r + \"y\") < (r + \"z\") }",
    "r := \"ab\"; for i in 28 { r := r + r } loop { x := \"${r}x\".upper() + (r + \"y\")[7] }",
    "r := \"ab\"; for i in 28 { r := r + r } loop { d := {}; d[r + \"y\"] := Set([r + \"z\"]) }",
    "r := \"ab\"; for i in 26 { r := r + r } loop { x := join([r, r + \"y\"], \"\") }",
    "loop { r := \"\"; for i in 3000000 { r := \"abcdefgh12\" + r } x := r.index_of(\"z\") }",
    "loop { x := parse_int(\"7\" * 3000000) }",
    "a := (1 << 500000000) / 3; loop { x := random_int(0, a) }",
    // Several threads.
    "x := range(20000000); loop { y := parallel_map(x, abs) }",
    "x := map(range(2000000), x => \"key ${x}\"); loop { y := parallel_map(x, len) }",
    "s := repeat(\"%%\", 100000000); loop { x := format(s) }",
    "s := repeat(\"ab\", 200000000); loop { try { x := join(s, s) } except e { } }",
    "a := (1 << 500000000) / 3; loop { try { x := range(a) } except e { } }",
    "a := (1 << 500000000) / 3; loop { try { x := \"ab\" * a + repeat(\"ab\", a) } except e { } }",
    "s := \"a\" * 2000000; x := map(range(100000), i => s[i:]); loop { y := sort(x) }",
    // Patterns.
    "s := \"a\" * 1000000000; loop { x := regex_match(s, \"^(?:ab|ba|a)*!\") }",
    "s := \"ab \" * 100000000; loop { x := regex_find(s, \"b$\") }",
    "s := \"ab \" * 100000000; loop { x := regex_captures(s, \"(b) (x)\") }",
    "s := \"ab \" * 100000000; loop { x := regex_find_all(s, \"b|x\") + regex_split(s, \"x\") }",
    "s := \"ab \" * 100000000; loop { x := regex_replace(s, \"(b) (a)\", \"$2\") }",
    "s := format(\"%b\", 3 ** 1000000); loop { x := regex_match(s, \"1[01]{300}x\") }",
    "s := \"ab cd\" * 60000000; loop { try { x := regex_match(s, s) } except e { } }",
    "s := \"a|\" * 200000; i := 0; loop { i += 1; x := regex_match(\"b\", s + to_string(i)) }",
    "s := \"ab cd\" * 60000000; loop { x := [env(s), which(s)] }",
    // Parts that are long themselves.
    "s := repeat(\"ab\", 150000000); loop { x := s.index_of(s) + s.last_index_of(s) }",
    "s := repeat(\"ab\", 150000000); loop { x := s.replace(s, s) + s.split(s)[0] }",
    "b := string_to_bytes(repeat(\"ab\", 150000000)); loop { x := b.contains(b) }",
    "s := repeat(\"ab\", 150000000); t := \"ab\" * 100; loop { x := t.index_of(s) + t.count_of(s) }",
    "s := repeat(\"ab\", 150000000); t := \"ab\" * 100; loop { x := t.replace(s, t) in t.split(s) }",
    // Paths.
    "s := \"/\" * 300000000; loop { x := dirname(s) + basename(s) }",
    "s := \"a/./\" * 70000000; loop { x := join_path(s, s) + path_extension(s) }",
    "s := \"a/\" * 150000000; loop { x := file_exists(s); try { read_file(s) } except e { } }",
    // Texts of formats.
    "s := \"a\\n\" * 300000000; loop { t := to_json(s) }",
    "s := \"a\\n\" * 300000000; loop { t := to_yaml(s) }",
    "s := \"a,\" * 300000000; loop { t := to_csv([[s]]) }",
    "s := \"# x\\n\" * 60000000; loop { t := parse_toml(s) }",
    "s := \"a\\n\" + \"x\" * 900000000; loop { t := parse_csv(s) }",
    "s := \"a.b\" * 100000000; loop { t := regex_escape(s) }",
    "s := \"ab \" * 100000000; loop { t := parse_yaml(\"a: \" + s) }",
    "s := \"ab \" * 100000000; loop { t := parse_yaml(\"- |\\n  \" + s) }",
    "s := \"# x\\n\" * 60000000; loop { t := parse_yaml(s) }",
    "s := \"%20\" * 100000000; loop { t := url_decode(s) }",
    "s := \"YYYY \" * 50000000; loop { t := format_date(0, s) }",
    "s := \"x\" * 100000000; loop { t := \"\"; try { t := parse_date(s, s + \"YYYYMMDD\") } except e { } }",
    "loop { s := format(\"%.900000000f\", 1.5) + format(\"%.900000000e\", 1.5) }",
    "loop { s := \"${1.5:.900000000}\" }",
    // Cryptography.
    "s := \"ab \" * 100000000; loop { t := aes_encrypt(s, \"key\") }",
    "s := aes_encrypt(\"ab \" * 100000000, \"key\"); loop { t := aes_decrypt(s, \"key\") }",
    "s := \"ab \" * 100000000; loop { t := hmac_sha256(\"x\", s) }",
    "s := \"ab \" * 100000000; loop { t := jwt_encode({a: s}, \"key\") }",
    "s := jwt_encode({a: \"ab \" * 100000000}, \"key\"); loop { t := jwt_verify(s, \"key\") }",
    "s := \"ab \" * 100000000; loop { t := hash_password(s) }",
    "k := rsa_generate_keypair(2048); s := \"ab \" * 100000000; loop { t := rsa_sign(s, k[\"private\"]) }",
    "s := \"ab \" * 100000000; loop { try { rsa_sign(\"x\", s) } except e { } }",
    "t := verify_password(\"x\", \"$2b$18$\" + \".\" * 53)",
    "b := string_to_bytes(\"ab \" * 200000000); loop { t := gzip(b) }",
    "s := \"ab \" * 100000000; loop { t := sha512(s) + sha256(s) + md5(s) }",
    // Long sequences.
    "x := range(2 ** 27); loop { y := x.slice(1); z := x[1:] + y }",
    "x := range(2 ** 27); loop { x.shuffle() }",
    "x := range(2 ** 26); loop { y := [...x, 1] }",
    "x := range(2 ** 26); loop { y := take(x, 2 ** 26 - 1); z := skip(x, 1) }",
    "x := range(2 ** 26); loop { y := x; y[0] := 1 }",
    "d := to_dict(map(range(2000000), x => [\"k${x}\", x])); loop { x := merge({a: 1}, d) }",
    "d := to_dict(map(range(2000000), x => [\"k${x}\", x])); loop { x := d; x.b := 1 }",
    "d := to_dict(map(range(2000000), x => [x, x])); loop { x := {...d, ...d} }",
    "loop { x := filled(2 ** 28, 1) }",
    "s := Set(range(3000000)); loop { t := s; t.add(-1) }",
    "s := Set(range(3000000)); t := set_add(s, -1); loop { x := set_union(s, t) == t }",
    "d := {}; i := 0; loop { d[i * 1000003] := i; i += 1 }",
    "d := {}; i := 0; loop { d[\"k${i}\"] := i; i += 1 }",
    "d := {}; i := 0; loop { d[[i]] := i; i += 1 }",
    "d := {}; i := 0; loop { d[-i] := i; i += 1 }",
    "s := Set(); i := 0; loop { s.add(i * 1000003); i += 1 }",
    "d := to_dict(map(range(2000000), x => [\"k${x}\", x])); loop { e := d; e[[1]] := 1 }",
    "d := to_dict(map(range(2000000), x => [x * 7, x])); loop { e := d; e[-10 ** 15] := 1 }",
    "x := range(2 ** 24); loop { h := Heap(x) }",
    "x := unique(iterate(0, v => v + 1000003)).count()",
    "q := Queue(range(2 ** 26)); loop { p := q; p.enqueue(1); x := p.to_array() }",
    "x := range(2 ** 26); loop { y := sort_desc(x) }",
    "x := range(2 ** 24); loop { y := x.sort_by(v => -v) }",
    "b := string_to_bytes(\"ab\" * 400000000); loop { x := b[1:]; y := concat(b[:9], b) }",
    "loop { x := random_bytes(1000000000) }",
    "d := to_dict(map(range(4000000), x => [x, x])); loop { x := d.keys() + d.items() }",
    "loop { x := range(2 ** 28) }",
    "loop { x := repeat([1, 2], 2 ** 27) }",
    "x := range(2 ** 28); loop { y := x.contains(-1) }",
    "x := range(2 ** 28); s := join(x, \",\")",
    "x := range(2 ** 28); loop { x.reverse(); x.sort() }",
    "x := range(2 ** 28); y := sort(x, func(a, b) { return b - a })",
    "x := range(2 ** 28); y := map(x, abs)",
    "print(any(0..10 ** 15, func(x) { return false }))",
    "print(count(0..10 ** 15, func(x) { return true }))",
    "print(sum(iter(0..10 ** 15)))",
    "x := unique(iter(0..10 ** 12)).collect()",
    // Large values.
    "x := range(2 ** 27); y := range(2 ** 27); loop { z := x == y }",
    "x := range(2 ** 27); y := range(2 ** 27); loop { z := x < y }",
    "x := range(2 ** 27); loop { y := Set([x]) }",
    "x := [range(2 ** 27)]; print(x)",
    // Waiting.
    "sleep(1000000)",
    "input()",
];

/// The machine may be busy; without a look around, none of the programs ends so soon.
const SOON: Duration = Duration::from_secs(5);

#[track_caller]
fn interrupt(child: &Child) {
    // SAFETY: sends a signal to a child of ours.
    assert_eq!(unsafe { libc::kill(child.id() as i32, libc::SIGINT) }, 0);
}

/// Starts a command whose standard error is read; input stays open.
fn start(args: &[&str]) -> (Child, BufReader<impl Read + use<>>) {
    let mut child = ruff()
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let err = child.stderr.take().expect("a pipe");
    (child, BufReader::new(err))
}

/// Starts a program, which says `ready`; then it has worked for a while.
fn begin(code: &str) -> (Child, BufReader<impl Read + use<>>) {
    let (child, mut err) = start(&["run", "-e", code]);
    let mut line = String::new();
    err.read_line(&mut line).expect("it says that it begins");
    std::thread::sleep(Duration::from_millis(200));
    (child, err)
}

/// Interrupts a program, which ends soon.
#[track_caller]
fn end(child: &mut Child, code: &str) {
    let start = Instant::now();
    interrupt(child);
    assert_eq!(wait(child), Some(130), "{code}");
    assert!(start.elapsed() < SOON, "{code}: {:?}", start.elapsed());
}

#[test]
fn an_interrupt_ends_every_long_operation() {
    for code in LONG {
        let (mut child, _err) = begin(&format!("eprint(\"ready\")\n{code}"));
        end(&mut child, code);
    }
}

#[test]
fn a_prompt_goes_on_after_an_interrupt() {
    let (mut child, mut err) = start(&["repl"]);
    let mut input = child.stdin.take().expect("a pipe");
    let mut line = String::new();
    writeln!(
        input,
        "func f(n) {{ if n < 2 {{ return n }} return f(n - 1) + f(n - 2) }}"
    )
    .expect("it reads");
    for code in [
        "3 ** 600000000",
        "(1 << 500000000) / 3",
        "any(0..10 ** 15, func(x) { return false })",
        "map(range(2 ** 26), func(x) { return x })",
        "sleep(1000000)",
        "loop { }",
        "f(200)",
    ] {
        writeln!(input, "eprint(\"ready\")\n{code}").expect("it reads");
        line.clear();
        err.read_line(&mut line).expect("it answers");
        assert_eq!(line, "ready\n", "before {code}");
        std::thread::sleep(Duration::from_millis(300));
        let start = Instant::now();
        interrupt(&child);
        line.clear();
        err.read_line(&mut line).expect("it answers");
        assert_eq!(line, "interrupted\n", "{code}");
        assert!(start.elapsed() < SOON, "{code}: {:?}", start.elapsed());
    }
    writeln!(input, "eprint(1 + 1)").expect("it reads");
    line.clear();
    err.read_line(&mut line).expect("it answers");
    assert_eq!(line, "2\n");
    drop(input);
    assert_eq!(wait(&mut child), Some(0));
}

/// A named pipe without another end waits for one.
#[test]
fn an_interrupt_ends_the_opening_of_a_pipe() {
    let folder = TempFile::new("pipe", b"");
    let pipe = format!("{}.pipe", folder.path());
    let name = std::ffi::CString::new(pipe.clone()).expect("no zeros");
    // SAFETY: the name is a C string.
    assert_eq!(unsafe { libc::mkfifo(name.as_ptr(), 0o600) }, 0);
    for code in [
        format!("read_file(\"{pipe}\")"),
        format!("for line in each_line(\"{pipe}\") {{ print(line) }}"),
        format!("write_file(\"{pipe}\", \"x\", true)"),
    ] {
        let (mut child, _err) = begin(&format!("eprint(\"ready\")\n{code}"));
        end(&mut child, &code);
    }
    // Otherwise it is a file like others.
    let writing = format!("sleep(0.2) append_file(\"{pipe}\", \"through\")");
    let (mut writer, _err) = start(&["run", "-e", &writing]);
    run(&["run", "-e", &format!("print(read_file(\"{pipe}\"))")])
        .ended(0)
        .printed("through\n");
    assert_eq!(wait(&mut writer), Some(0));
    std::fs::remove_file(pipe).expect("it is there");
}

/// No process reads, so every write waits: what is left is given up.
#[test]
fn an_interrupt_ends_a_write_that_waits() {
    for code in [
        "loop { print(\"more and more\") }",
        "print(\"x\" * 10000000)",
        "loop { write(\"x\" * 100) }",
    ] {
        let mut child = ruff()
            .args(["run", "-e", &format!("eprint(\"ready\")\n{code}")])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut line = String::new();
        err.read_line(&mut line).expect("it says that it begins");
        std::thread::sleep(Duration::from_millis(200));
        end(&mut child, code);
        line.clear();
        err.read_to_string(&mut line).expect("text");
        assert_eq!(line, "", "{code}");
    }
}

/// Reading a module is one piece of work, of seconds here: the second interrupt does not wait
/// for it.
#[test]
fn a_second_interrupt_ends_what_never_looks() {
    let folder = std::env::temp_dir().join(format!("ruff-cli-{}-module", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a new folder");
    let module = "x := [1, 2, 3]\n".repeat(4_000_000);
    std::fs::write(folder.join("large.ruff"), module).expect("a file can be written");
    let code = "eprint(\"ready\")\nimport large\neprint(\"read\")";
    let program = folder.join("main.ruff");
    std::fs::write(&program, code).expect("a file can be written");
    let (mut child, mut err) = start(&["run", program.to_str().expect("a plain path")]);
    let mut line = String::new();
    err.read_line(&mut line).expect("it says that it begins");
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    // A request that is pending already does not count twice.
    std::thread::sleep(Duration::from_millis(200));
    assert!(child.try_wait().expect("it is ours").is_none());
    end(&mut child, code);
    std::fs::remove_dir_all(folder).expect("it is there");
    let mut rest = String::new();
    err.read_to_string(&mut rest).expect("text");
    assert_eq!(rest, "");
}
