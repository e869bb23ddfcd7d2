//! Processes that programs start: none is left behind, however the program ends.

use crate::support::{eval, ruff, wait};
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

/// Whether a process is there. Ended ones that are not reaped yet are not.
fn is_running(id: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start();
    !state.is_empty() && !state.starts_with('Z') && !state.starts_with('X')
}

#[track_caller]
fn ends(id: &str) {
    let start = Instant::now();
    while is_running(id) {
        assert!(start.elapsed() < Duration::from_secs(30), "{id} goes on");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_interrupt_ends_all_processes_of_a_command() {
    let file = std::env::temp_dir().join(format!("ruff-processes-{}", std::process::id()));
    let path = file.to_str().expect("a plain path");
    let code = format!(
        "print(\"go\")\nexecute(\"(sleep 600 & echo $! >> {path}; sleep 600) & echo $! >> {path}; echo $$ >> {path}; wait\", {{timeout_ms: INF}})"
    );
    let mut child = ruff()
        .args(["run", "-e", &code])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut line = String::new();
    let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
    out.read_line(&mut line).expect("it prints");
    let start = Instant::now();
    let ids = loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let ids: Vec<String> = text.split_whitespace().map(str::to_string).collect();
        if ids.len() == 3 {
            break ids;
        }
        assert!(start.elapsed() < Duration::from_secs(30), "nothing starts");
        thread::sleep(Duration::from_millis(5));
    };
    let _ = std::fs::remove_file(&file);
    assert!(ids.iter().all(|id| is_running(id)));
    // SAFETY: sends a signal to a child of ours.
    unsafe { libc::kill(child.id() as libc::pid_t, libc::SIGINT) };
    assert_eq!(wait(&mut child), Some(130));
    ids.iter().for_each(|id| ends(id));
}

#[test]
fn a_timeout_ends_all_processes_of_a_command() {
    let ran = eval(
        "r := execute_status(\"sleep 600 & echo $!; (sleep 600; true) & echo $!; sleep 600\", {timeout_ms: 300})\nprint(r.exitcode, r.timed_out)\nwrite(r.stdout)",
    )
    .ended(0);
    let mut lines = ran.out.lines();
    assert_eq!(lines.next(), Some("-1 true"));
    let ids: Vec<&str> = lines.collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    ids.iter().for_each(|id| ends(id));
}

#[test]
fn what_a_command_leaves_behind_is_ended() {
    let ran = eval("write(execute(\"sleep 600 & echo $!\"))\nexit(3)").ended(3);
    ends(ran.out.trim());
}

#[test]
fn a_process_that_leaves_its_group_holds_nothing_up() {
    let start = Instant::now();
    let ran = eval("write(execute(\"setsid sleep 20 & echo $!\"))").ended(0);
    assert!(start.elapsed() < Duration::from_secs(15));
    // It was asked to go on; end it here.
    if let Ok(id) = ran.out.trim().parse() {
        // SAFETY: ends a process that this test has started.
        unsafe { libc::kill(id, libc::SIGKILL) };
    }
}

#[test]
fn output_comes_before_that_of_a_process_on_the_same_terminal() {
    eval("write(\"first \")\nexecute(\"echo second > /dev/stderr\")")
        .ended(0)
        .printed("first ");
}

#[test]
fn a_command_that_asks_gets_nothing() {
    let ran = crate::support::run_with_input(
        &["run", "-e", "print(repr(execute(\"cat\")))\nprint(input())"],
        b"a line\n",
    );
    ran.ended(0).printed("\"\"\na line\n");
}

#[test]
fn ends_are_seen_where_they_are_ignored_outside() {
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "trap '' CHLD; exec \"$0\" \"$@\""]);
    shell.arg(ruff().get_program());
    shell.args(["run", "-e", "print(execute_status(\"exit 3\").exitcode)"]);
    crate::support::finish(shell, b"").ended(0).printed("3\n");
}
