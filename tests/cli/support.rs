//! Running the command: with a time limit, input, and a folder of its own.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Nothing here takes longer than a second or two on a quiet machine; the rest
/// is for busy ones.
const TIME: Duration = Duration::from_secs(60);

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub out: String,
    pub err: String,
    /// `None`: ended by a signal.
    pub code: Option<i32>,
}

impl Ran {
    #[track_caller]
    pub fn ended(self, code: i32) -> Ran {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    #[track_caller]
    pub fn said(self, text: &str) -> Ran {
        assert!(self.err.contains(text), "no '{text}' in {self:?}");
        self
    }

    #[track_caller]
    pub fn printed(self, text: &str) -> Ran {
        assert_eq!(self.out, text, "{self:?}");
        self
    }
}

pub fn ruff() -> Command {
    Command::new(env!("CARGO_BIN_EXE_ruff"))
}

/// Runs `ruff` with these arguments and no input.
#[track_caller]
pub fn run(args: &[&str]) -> Ran {
    run_with_input(args, b"")
}

#[track_caller]
pub fn run_with_input(args: &[&str], input: &[u8]) -> Ran {
    let mut command = ruff();
    command.args(args);
    finish(command, input)
}

/// Runs program text.
#[track_caller]
pub fn eval(code: &str) -> Ran {
    run(&["run", "-e", code])
}

/// Starts the command, feeds it, and waits for its end.
#[track_caller]
pub fn finish(mut command: Command, input: &[u8]) -> Ran {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    thread::spawn(move || {
        // The program need not read it.
        let _ = stdin.write_all(&input);
    });
    let out = read(child.stdout.take().expect("a pipe"));
    let err = read(child.stderr.take().expect("a pipe"));
    let code = wait(&mut child);
    Ran {
        out: out.join().expect("the reader ends"),
        err: err.join().expect("the reader ends"),
        code,
    }
}

fn read(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Waits for a child's end; ends it itself when its time is over.
#[track_caller]
pub fn wait(child: &mut Child) -> Option<i32> {
    let start = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            return status.code();
        }
        if start.elapsed() > TIME {
            let _ = child.kill();
            let _ = child.wait();
            panic!("the program does not end");
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(50));
    }
}

/// A file that is gone when the test ends.
pub struct TempFile(PathBuf);

impl TempFile {
    pub fn new(name: &str, bytes: &[u8]) -> TempFile {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let own = format!("ruff-cli-{}-{count}-{name}", std::process::id());
        let path = std::env::temp_dir().join(own);
        std::fs::write(&path, bytes).expect("a file can be written");
        TempFile(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().expect("a plain path")
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
