//! Events that come from outside while a program runs: Ctrl-C, and readers that
//! go away.

use crate::support::{ruff, wait};
use std::io::Read;
use std::process::{Child, Stdio};

/// Starts a program that prints, and waits until it has.
pub fn running(code: &str) -> Child {
    // More than is buffered, so that something arrives.
    let code = format!("print(\"x\" * 100000)\n{code}");
    let mut child = ruff()
        .args(["run", "-e", &code])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut first = [0];
    let out = child.stdout.as_mut().expect("a pipe");
    out.read_exact(&mut first).expect("it prints");
    child
}

pub fn interrupt(child: &Child) {
    // SAFETY: sends a signal to a child of ours.
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
}

/// Interrupts a program, whose output is read on; its exit code and report.
fn interrupted(code: &str) -> (Option<i32>, String) {
    let mut child = running(code);
    let mut out = child.stdout.take().expect("a pipe");
    std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
    interrupt(&child);
    let code = wait(&mut child);
    let mut err = String::new();
    let _ = child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut err);
    (code, err)
}

#[test]
fn an_interrupt_ends_a_loop_with_130() {
    assert_eq!(interrupted("loop { }"), (Some(130), String::new()));
    assert_eq!(interrupted("for i in 10 ** 30 { x := i }").0, Some(130));
    assert_eq!(
        interrupted("func f() { loop { x := [1] } } f()").0,
        Some(130)
    );
    assert_eq!(interrupted("map([1], func(x) { loop { } })").0, Some(130));
    assert_eq!(interrupted("await spawn { loop { } }").0, Some(130));
    assert_eq!(
        interrupted("await parallel_map([1, 2], func(x) { loop { } })").0,
        Some(130)
    );
}

#[test]
fn an_interrupt_ends_a_recursion_without_loops() {
    let calls = "{ if n == 0 { return 0 } return f(n - 1) + f(n - 1) }";
    assert_eq!(
        interrupted(&format!("func f(n) {calls} f(100)")).0,
        Some(130)
    );
}

#[test]
fn an_interrupt_cannot_be_caught() {
    let (code, err) = interrupted("loop { try { loop { } } except e { } finally { loop { } } }");
    assert_eq!((code, err), (Some(130), String::new()));
}

#[test]
fn two_interrupts_end_a_long_operation() {
    let mut child = running("x := to_string(3 ** 300000000)");
    interrupt(&child);
    std::thread::sleep(std::time::Duration::from_millis(200));
    interrupt(&child);
    assert_eq!(wait(&mut child), Some(130));
}

#[test]
fn a_closed_pipe_ends_a_program_quietly() {
    let mut child = running("loop { print(\"more and more\") }");
    drop(child.stdout.take());
    let code = wait(&mut child);
    let mut err = String::new();
    let _ = child
        .stderr
        .take()
        .expect("a pipe")
        .read_to_string(&mut err);
    assert_eq!((code, err.as_str()), (Some(0), ""));
}

/// No process reads the report: the code still says what happened.
#[test]
fn a_closed_standard_error_keeps_the_code() {
    for (program, expected) in [("throw 1", 4), ("let", 3), ("eprint(1)", 0)] {
        let mut child = ruff()
            .args(["run", "-e", program])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(closed())
            .spawn()
            .expect("the command starts");
        let code = wait(&mut child);
        assert_eq!(code, Some(expected), "{program}");
    }
    let mut child = ruff()
        .args(["run", "no such file"])
        .stderr(closed())
        .spawn()
        .expect("the command starts");
    assert_eq!(wait(&mut child), Some(5));
}

/// The writing end of a pipe that no process reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}
