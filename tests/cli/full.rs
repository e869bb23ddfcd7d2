//! Outputs that cannot be written: a full disk, a descriptor that is only for reading.
//! They are never success. A reader that went away is.
#![cfg(target_os = "linux")]

use crate::support::{Ran, TempFile, finish, ruff};
use std::fs::File;
use std::process::{Command, Stdio};

/// Runs the command with a redirection of a shell's.
fn redirected(to: &str, args: &[&str], input: &[u8]) -> Ran {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$0\" \"$@\" {to}")]);
    shell.arg(ruff().get_program()).args(args);
    finish(shell, input)
}

/// Runs the command with an output that refuses every byte.
fn full(args: &[&str], input: &[u8]) -> Ran {
    redirected(">/dev/full", args, input)
}

const NO_ROOM: &str = "Cannot write standard output: No space left on device (os error 28)";

#[test]
fn a_program_whose_output_is_lost_ends_with_4() {
    for code in [
        "print(1)",
        "write(\"x\")",
        "debug(1)",
        "print(\"x\" * 1000000)",
        "print(1); exit(0)",
        "print(1); exit(3)",
        "for i in 100000 { print(i) }",
    ] {
        full(&["run", "-e", code], b"").ended(4).said(NO_ROOM);
    }
    let ran = full(&["run", "--json-errors", "-e", "print(1)"], b"").ended(4);
    assert!(ran.err.contains("\"kind\":\"io\""), "{ran:?}");
}

#[test]
fn a_program_can_catch_what_an_output_refuses() {
    let code = "try { print(\"x\" * 1000000) } except e { eprint(e.kind, e.message) }";
    full(&["run", "-e", code], b"").said(&format!("io {NO_ROOM}"));
    let code = "try { print(1); input() } except e { eprint(e.kind) }";
    full(&["run", "-e", code], b"").said("io\n");
    let code = "try { eprint(1) } except e { print(e.kind, e.message) }";
    redirected("2>/dev/full", &["run", "-e", code], b"")
        .ended(0)
        .printed("io Cannot write standard error: No space left on device (os error 28)\n");
}

#[test]
fn an_own_error_or_interrupt_stays_the_reason() {
    let ran = full(&["run", "-e", "print(1); throw \"mine\""], b"").ended(4);
    assert!(ran.err.starts_with("error: mine\n"), "{ran:?}");
}

#[test]
fn a_descriptor_for_reading_is_no_output() {
    redirected("1</dev/null", &["run", "-e", "print(1)"], b"")
        .ended(4)
        .said("Cannot write standard output: Bad file descriptor");
}

#[test]
fn commands_say_that_their_output_is_lost() {
    let program = TempFile::new("p.ruff", b"x:=1\nprint(x)\ntest \"t\" { }\n");
    let path = program.path();
    for args in [
        &["fmt", "-"][..],
        &["fmt", "--check", path],
        &["disasm", path],
        &["disasm", "--native", path],
        &["doc"],
        &["doc", "len"],
        &["test", path],
        &["test", "--json", path],
        &["profile", "--json", "-", "-e", "1"],
        &["--help"],
        &["run", "--help"],
        &["--version"],
    ] {
        let ran = full(args, b"x:=1\n");
        assert_eq!(ran.code, Some(5), "{args:?} {ran:?}");
        assert!(ran.err.contains(NO_ROOM), "{args:?} {ran:?}");
    }
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/bench-data");
    let args = ["bench", "--json", "--repeat", "1", "--warmup", "0"];
    let args = [&args[..], &["fib30", "--data", data]].concat();
    full(&args, b"").ended(5).said(NO_ROOM);
}

#[test]
fn files_that_cannot_be_filled_are_told() {
    for option in ["--flamegraph", "--json"] {
        let mut command = ruff();
        command.args(["profile", option, "/dev/full", "-e", "print(1)"]);
        finish(command, b"")
            .ended(5)
            .said("Cannot write '/dev/full': No space left on device");
    }
}

#[test]
fn a_prompt_says_that_its_output_is_lost() {
    full(&["repl"], b"1 + 1\n").ended(5).said(NO_ROOM);
    full(&["repl"], b"print(1)\n").ended(5).said(NO_ROOM);
    full(&["repl"], b":help\n").ended(5).said(NO_ROOM);
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    for args in [
        &["doc"][..],
        &["--help"],
        &["fmt", "-"],
        &["run", "-e", "print(1)"],
        &["run", "-e", "for i in 100000 { print(i) }"],
    ] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut child = ruff()
            .args(args)
            .stdin(Stdio::from(File::open("/dev/null").expect("it is there")))
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .expect("the command starts");
        let code = crate::support::wait(&mut child);
        assert_eq!(code, Some(0), "{args:?}");
    }
}
