//! `ruff repl` without a terminal, the session below it, `ruff fmt` and
//! `--json-errors` as commands.

use ruff::engine::session::{Ended, Session};
use ruff::engine::{Config, RunError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn ruff(args: &[&str], input: &str) -> Output {
    ruff_in(Path::new("."), args, input)
}

fn ruff_in(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ruff"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // A command that ends early reads no further.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("the command ends")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A session; `each` gets what every input ended with.
fn session(inputs: &[&str]) -> Vec<String> {
    std::thread::scope(|scope| {
        let work = || {
            let mut session = Session::new(Config::silent()).expect("a session");
            let shown = |ended| match ended {
                Ended::Value(text) => text.unwrap_or_default(),
                Ended::Refused(text) | Ended::Failed(RunError::Uncaught(text)) => {
                    text.lines().next().unwrap_or_default().to_string()
                }
                Ended::Failed(other) => format!("{other:?}"),
            };
            inputs
                .iter()
                .map(|input| shown(session.eval(input)))
                .collect()
        };
        let thread = std::thread::Builder::new().stack_size(256 << 20);
        let thread = thread.spawn_scoped(scope, work).expect("a thread");
        thread.join().expect("no panic")
    })
}

#[test]
fn variables_last_and_can_be_assigned_and_redeclared() {
    let inputs = [
        "x := 1",
        "x + 1",
        "x := \"a\"; x",
        "x += \"b\"",
        "x",
        "let y := [1, 2]",
        "y[0]",
        "y := 3",
        "let y := 4",
        "y",
        "mut [p, q] := [1, 2]",
        "p := q",
        "p",
        "xs := []",
        "xs.push(1); xs.push(2)",
        "xs",
        "null",
        "for i in 3 { x := i }",
        "x",
    ];
    let expected = [
        "", "2", "\"a\"", "", "\"ab\"", "", "1", "", "", "4", "", "", "2", "", "[1, 2]", "[1, 2]",
        "", "", "2",
    ];
    let found = session(&inputs);
    assert!(found[7].starts_with("error: "), "{}", found[7]);
    for (at, (input, expected)) in inputs.iter().zip(expected).enumerate() {
        if at != 7 && at != 14 {
            assert_eq!(found[at], expected, "{input}");
        }
    }
}

#[test]
fn functions_and_types_last_and_share_variables() {
    let found = session(&[
        "n := 0\nfunc up() { n += 1; return n }",
        "up(); up()",
        "n := 10",
        "up()",
        "func twice(x) { return double(x) }",
        "func double(x) { return x * 2 }",
        "double(4)",
        "struct P { x: int\n func move(self, d) { self.x += d } }",
        "p := P { x: 1 }",
        "p.move(4)",
        "p",
        "P { x: 2 } == p",
        "enum Color { Red, Green }",
        "c := Color::Red",
        "match c { case Color::Red: { n := 77 } }",
        "n",
        "func up() { return \"new\" }",
        "up()",
        "class Node { next := null }",
        "a := Node(); b := a; b.next := 5",
        "a.next",
    ]);
    assert_eq!(found[1], "2");
    assert_eq!(found[3], "11");
    assert_eq!(found[6], "8");
    assert_eq!(found[10], "P { x: 5 }");
    assert_eq!(found[11], "false");
    assert_eq!(found[15], "77");
    assert_eq!(found[17], "\"new\"");
    assert_eq!(found[20], "5");
}

#[test]
fn a_session_goes_on_after_errors() {
    let found = session(&[
        "x := 5",
        "1 / 0",
        "func f() { throw(\"no\") }",
        "f()",
        "x := )",
        "nothing",
        "let z := 1 / 0",
        "z := 2",
        "z",
        "func deep() { return deep() + 1 }\ndeep()",
        "x",
        "exit(3)",
    ]);
    assert_eq!(found[1], "error: Division by zero");
    assert_eq!(found[3], "error: no");
    assert!(found[4].starts_with("error: "), "{}", found[4]);
    assert_eq!(found[5], "error: Undefined variable: nothing");
    assert_eq!(found[8], "2");
    assert_eq!(found[9], "error: Stack overflow");
    assert_eq!(found[10], "5");
    assert_eq!(found[11], "Exit(3)");
}

#[test]
fn inputs_come_through_a_pipe() {
    let output = ruff(
        &["repl"],
        "x := [1,\n  \"a\"]\nx\nfunc f(a) {\n  return a + 1\n}\nf(2)\nprint(\"hi\")\n\
         1 / 0\n:type x\n:nonsense\n:reset\nx\n",
    );
    assert_eq!(out(&output), "[1, \"a\"]\n3\nhi\narray\n");
    let said = err(&output);
    assert!(said.contains("error: Division by zero\n"), "{said}");
    assert!(said.contains("<input 6>:1:3"), "{said}");
    assert!(said.contains("no command `:nonsense`"), "{said}");
    assert!(said.contains("Undefined variable: x"), "{said}");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(ruff(&["repl"], "exit(7)\n").status.code(), Some(7));
    let output = ruff(
        &["repl"],
        "async func f(x) { sleep(300)\n return x }\np := f(3)\n:tasks\nawait p\n:tasks\n:quit\n",
    );
    assert_eq!(out(&output), "1 task waits\n3\n0 tasks wait\n");
    let output = ruff(&["repl"], "func f(a) { return a }\n:disasm f\n:quit\n1\n");
    assert!(out(&output).contains("return"), "{}", out(&output));
    assert!(!out(&output).ends_with("1\n"));
}

#[test]
fn the_last_value_has_a_name() {
    assert_eq!(
        session(&["1 + 2", "_ * 2", "null", "_", "x := [_]; x"]),
        ["3", "6", "", "6", "[6]"]
    );
}

#[test]
fn words_of_the_prompt_are_names_where_a_program_declares_them() {
    let output = ruff(&["repl"], "help\nquit\nprint(1)\n");
    assert!(out(&output).contains(":doc NAME"), "{}", out(&output));
    assert!(!out(&output).ends_with("1\n"));
    assert_eq!(out(&ruff(&["repl"], "help := 5\nhelp\n")), "5\n");
}

#[test]
fn built_ins_are_explained() {
    let output = ruff(&["repl"], ":doc trim\n:doc tirm\n");
    assert!(out(&output).starts_with("trim(s: string)"));
    assert!(err(&output).contains("did you mean 'trim'?"));
}

#[test]
fn an_empty_line_ends_an_input() {
    let output = ruff(&["repl"], "func f() {\n\nprint(7)\n");
    assert_eq!(out(&output), "7\n");
    assert!(err(&output).contains("is not closed"));
}

#[test]
fn reports_name_no_place_in_an_earlier_input() {
    let output = ruff(&["repl"], "let q := 1\nq := 2\n");
    let said = err(&output);
    assert!(
        said.contains("note: an earlier input declares it"),
        "{said}"
    );
    assert!(!said.contains("declared here"), "{said}");
}

#[test]
fn without_a_terminal_ruff_alone_runs_its_input() {
    let output = ruff(&[], "x := 2\nx\nprint(x)\n");
    assert_eq!(out(&output), "2\n");
}

/// A new empty folder.
fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(path.join("sub")).expect("a folder");
    path
}

#[test]
fn wildcard_imports_stay_visible() {
    let at = folder("repl_imports");
    std::fs::write(at.join("m.ruff"), "export func f() { return 42 }\n").expect("written");
    let output = ruff_in(&at, &["repl"], "import m\nf()\nm.f()\n");
    assert_eq!(out(&output), "42\n42\n", "{}", err(&output));
}

#[test]
fn fmt_changes_what_is_not_canonical() {
    let at = folder("fmt");
    let write = |name: &str, text: &str| std::fs::write(at.join(name), text).expect("written");
    write("a.ruff", "x=1 # one\nif x{print(x)}\n");
    write("sub/b.ruff", "y := 2\n");
    write("c.txt", "z=3");
    let output = ruff_in(&at, &["fmt", "--check", "."], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(out(&output), "a.ruff\n");
    let output = ruff_in(&at, &["fmt"], "");
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let read = |name: &str| std::fs::read_to_string(at.join(name)).expect("read");
    assert_eq!(read("a.ruff"), "x := 1  # one\nif x { print(x) }\n");
    assert_eq!(read("c.txt"), "z=3");
    assert_eq!(ruff_in(&at, &["fmt", "--check"], "").status.code(), Some(0));
    assert_eq!(std::fs::read_dir(&at).expect("a folder").count(), 3);
    let output = ruff(&["fmt", "-"], "a=1;b=2");
    assert_eq!(out(&output), "a := 1\nb := 2\n");
    let long = format!("struct Q {{ a: {}, b := 1 }}", "x".repeat(90));
    let output = ruff(&["fmt", "-"], &format!("struct P{{a:int;b := 2;}}\n{long}"));
    let opened = long.replace(", ", "\n    ").replace("{ ", "{\n    ");
    let opened = opened.replace(" }", "\n}");
    assert_eq!(
        out(&output),
        format!("struct P {{ a: int, b := 2 }}\n{opened}\n")
    );
    write("bad.ruff", "x := (\n");
    let output = ruff_in(&at, &["fmt", "bad.ruff"], "");
    assert_eq!(output.status.code(), Some(3));
    assert!(err(&output).contains("bad.ruff:1"), "{}", err(&output));
    assert_eq!(read("bad.ruff"), "x := (\n");
    assert_eq!(
        ruff_in(&at, &["fmt", "none.ruff"], "").status.code(),
        Some(5)
    );
}

#[test]
fn errors_as_json() {
    let object = |output: &Output| -> serde_json::Value {
        serde_json::from_str(err(output).lines().next().unwrap_or_default()).expect("JSON")
    };
    let output = ruff(
        &["run", "--json-errors", "-"],
        "func f(a) {\n  return a / 0\n}\nf(1)\n",
    );
    assert_eq!(output.status.code(), Some(4));
    let error = object(&output);
    assert_eq!(error["message"], "Division by zero");
    assert_eq!(error["kind"], "arithmetic");
    assert_eq!((&error["line"], &error["column"]), (&2.into(), &12.into()));
    assert_eq!(error["stack"][0]["function"], "f");
    let output = ruff(&["run", "--json-errors", "-"], "throw({\"a\": 1})");
    assert_eq!(object(&output)["kind"], "thrown");
    let output = ruff(&["check", "--json-errors", "-"], "x := (1\n");
    assert_eq!(output.status.code(), Some(3));
    let error = object(&output);
    assert_eq!(
        (&error["severity"], &error["file"]),
        (&"error".into(), &"<stdin>".into())
    );
    let output = ruff(&["check", "--json-errors", "-"], "print(nothing)\n");
    assert_eq!(object(&output)["severity"], "warning");
}
