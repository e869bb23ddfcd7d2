//! The prompt on a terminal, which is a pseudo-terminal here: tasks go on while it waits.

use crate::support::{ruff, wait};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// No answer takes longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// A prompt, and the user's side of its terminal.
struct Prompt {
    child: Child,
    terminal: File,
    /// All that it has shown and no test has looked at.
    shown: String,
}

impl Prompt {
    fn new() -> Prompt {
        let (mut user, mut command) = (0, 0);
        // SAFETY: makes two descriptors, which nothing else owns.
        let (user, command) = unsafe {
            let none = std::ptr::null_mut();
            let made = libc::openpty(&mut user, &mut command, none, none.cast(), none.cast());
            assert_eq!(made, 0, "a pseudo-terminal");
            (File::from_raw_fd(user), OwnedFd::from_raw_fd(command))
        };
        let share = || Stdio::from(command.try_clone().expect("a share of the terminal"));
        let child = ruff()
            .arg("repl")
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("RUFF_HISTORY", "")
            .stdin(share())
            .stdout(share())
            .stderr(share())
            .spawn()
            .expect("the command starts");
        let mut prompt = Prompt {
            child,
            terminal: user,
            shown: String::new(),
        };
        prompt.shows("> ");
        prompt
    }

    fn types(&mut self, keys: &str) {
        self.terminal.write_all(keys.as_bytes()).expect("it reads");
    }

    /// Runs an input that gives nothing.
    fn runs(&mut self, input: &str) {
        self.types(&format!("{input}\r"));
        self.shows(input);
        self.shows("> ");
    }

    /// Waits until it shows this, and forgets all up to there: without what moves the cursor.
    #[track_caller]
    fn shows(&mut self, text: &str) {
        let start = Instant::now();
        loop {
            if let Some(at) = self.shown.find(text) {
                self.shown.drain(..at + text.len());
                return;
            }
            let left = PATIENCE.saturating_sub(start.elapsed());
            let mut wanted = libc::pollfd {
                fd: self.terminal.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            };
            // SAFETY: waits for one descriptor.
            let ready = unsafe { libc::poll(&mut wanted, 1, left.as_millis() as i32) };
            assert_eq!(ready, 1, "no {text:?} in {:?}", self.shown);
            let mut bytes = [0; 4096];
            let read = self.terminal.read(&mut bytes);
            let read = read.unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.shown));
            let piece = String::from_utf8_lossy(&bytes[..read]);
            self.shown.push_str(&piece.replace('\r', ""));
        }
    }
}

impl Drop for Prompt {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn tasks_go_on_while_it_waits() {
    let mut prompt = Prompt::new();
    prompt.runs("async func tick() { for i in 1..4 { sleep(100) print(\"tick\", i) } }");
    prompt.runs("t := tick()");
    // Their output comes above the input, which is drawn again.
    prompt.types("40 + ");
    prompt.shows("40 + ");
    for line in ["tick 1\n", "tick 2\n", "tick 3\n"] {
        prompt.shows(line);
        prompt.shows("> 40 + ");
    }
    prompt.types("2\r");
    prompt.shows("42\n");
    // So do errors that no code awaits, and threads.
    prompt.runs("async func fails() { sleep(50) throw \"lost\" }");
    prompt.runs("func start() { fails() }");
    prompt.runs("start()");
    prompt.types("sleep(100) for i in 0..2000000 { x := [i] }\r");
    prompt.shows("error: lost\n");
    prompt.runs("done := spawn { sleep(50) print(\"from a thread\") }");
    prompt.shows("from a thread\n");
    prompt.shows("> ");
    // A message from a thread has a task go on.
    prompt.runs("c := channel()");
    prompt.runs("async func listen() { for v in c { print(\"got\", v) } }");
    prompt.runs("l := listen()");
    prompt.runs("s := spawn { sleep(50) c.send(7) }");
    prompt.shows("got 7\n");
    prompt.shows("> ");
    prompt.types("\x04");
    assert_eq!(wait(&mut prompt.child), Some(0));
}

#[test]
fn ctrl_c_ends_the_task_that_runs_and_no_other() {
    let mut prompt = Prompt::new();
    prompt.runs("async func spins() { sleep(10) loop { } }");
    prompt.runs("async func waits() { sleep(300) return 5 }");
    prompt.runs("w := waits()");
    prompt.runs("s := spins()");
    std::thread::sleep(Duration::from_millis(200));
    // Typing goes on; names that the machine would have to give do not come.
    prompt.types("wai\t");
    prompt.shows("wai");
    prompt.types("\x03");
    prompt.shows("interrupted\n");
    prompt.shows("> ");
    prompt.types("try { await s } except e { print(e.kind) }\r");
    prompt.shows("cancelled\n");
    prompt.types("await w\r");
    prompt.shows("\n5\n");
    prompt.shows("> ");
    // The prompt gets the keys that are typed, not the task.
    prompt.runs("async func asks() { sleep(10) return input() }");
    prompt.runs("a := asks()");
    std::thread::sleep(Duration::from_millis(100));
    prompt.types("try { await a } except e { print(e.kind) }\r");
    prompt.shows("state\n");
    prompt.shows("> ");
    // While nothing runs it only forgets what has been typed.
    prompt.types("1 + ");
    prompt.shows("1 + ");
    prompt.types("\x03");
    prompt.shows("\n");
    prompt.shows("> ");
    assert!(!prompt.shown.contains("interrupted"), "{:?}", prompt.shown);
    prompt.types("2 + 2\r");
    prompt.shows("\n4\n");
}

#[test]
fn names_are_completed_and_a_task_can_end_the_session() {
    let mut prompt = Prompt::new();
    prompt.runs("wanted_name := {some_field: 1}");
    prompt.types("wanted_\t + 0\x15");
    prompt.shows("wanted_name");
    prompt.types("\"ab\".to_up\t()\r");
    prompt.shows("AB");
    prompt.runs("async func ends() { sleep(100) exit(7) }");
    prompt.runs("e := ends()");
    prompt.types("half an inp");
    assert_eq!(wait(&mut prompt.child), Some(7));
    // The terminal is as it was: it shows what is typed.
    // SAFETY: zeros are such a mode, and the system fills it in.
    let mode = unsafe {
        let mut mode: libc::termios = std::mem::zeroed();
        assert_eq!(libc::tcgetattr(prompt.terminal.as_raw_fd(), &mut mode), 0);
        mode
    };
    assert_ne!(mode.c_lflag & libc::ECHO, 0);
    assert_ne!(mode.c_lflag & libc::ICANON, 0);
}

/// Without a terminal too, where the next line does not come for a while.
#[test]
fn tasks_go_on_while_a_pipe_is_empty() {
    let mut child = ruff()
        .arg("repl")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut input = child.stdin.take().expect("a pipe");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    let tick =
        "async func tick() { for i in 1..4 { sleep(20) print(\"tick\", i) } }\nt := tick()\n";
    input.write_all(tick.as_bytes()).expect("it reads");
    for line in ["tick 1", "tick 2", "tick 3"] {
        assert_eq!(next(), line);
    }
    // A program reads lines after its own.
    let asks = "s := input()\nfrom the pipe\ns.upper()\ne := spawn { sleep(50) exit(6) }\n";
    input.write_all(asks.as_bytes()).expect("it reads");
    assert_eq!(next(), "\"FROM THE PIPE\"");
    assert_eq!(wait(&mut child), Some(6));
}

/// More than a pipe or a buffer holds, while a key is typed from time to time.
#[test]
fn much_output_is_all_shown() {
    let mut prompt = Prompt::new();
    prompt.runs("func lines(n) { for i in n..n + 1000 { print(\"line\", i) } }");
    prompt.runs("async func floods() { for n in 0..50 { sleep(1) lines(n * 1000) } }");
    prompt.runs("f := floods()");
    for i in [0, 1, 12345, 49999] {
        prompt.shows(&format!("line {i}\n"));
        prompt.types(" ");
    }
    prompt.types("6 * 7\r");
    prompt.shows("42\n");
}
