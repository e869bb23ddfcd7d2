//! One run of one program as a child process: its output and what it cost.
//!
//! The measured time is that of the whole process, from just before it is
//! started until it has ended. Only this file starts measured processes, one
//! at a time.

use std::ffi::OsString;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A program and its arguments, ready to be started any number of times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
}

/// The cost of one run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    pub wall: Duration,
    /// User and system time together, where the system tells.
    pub cpu: Option<Duration>,
    /// The largest resident set in bytes, where the system tells.
    pub peak_memory: Option<u64>,
}

/// Runs the command, and gives its cost if it printed exactly `expected`.
/// Otherwise the error says in one line what went wrong.
pub fn run_checked(command: &CommandLine, expected: &str) -> Result<Cost, String> {
    let finished = run(command).map_err(|error| format!("cannot be run: {error}"))?;
    if !finished.success {
        return Err(format!("failed: {}", telling_line(&finished.errors)));
    }
    if !same_text(&finished.output, expected) {
        return Err(format!(
            "printed {:?} instead of {:?}",
            shorten(&finished.output),
            shorten(expected)
        ));
    }
    Ok(finished.cost)
}

struct Finished {
    output: String,
    errors: String,
    success: bool,
    cost: Cost,
}

fn run(command: &CommandLine) -> io::Result<Finished> {
    let start = Instant::now();
    let mut child = Command::new(&command.program)
        .args(&command.arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let errors = child
        .stderr
        .take()
        .map(|pipe| thread::spawn(|| drain(pipe)));
    let output = child.stdout.take().map_or_else(String::new, drain);
    let ended = wait(child)?;
    let wall = start.elapsed();
    let errors = errors.and_then(|reader| reader.join().ok());
    Ok(Finished {
        output,
        errors: errors.unwrap_or_default(),
        success: ended.success,
        cost: Cost {
            wall,
            cpu: ended.cpu,
            peak_memory: ended.peak_memory,
        },
    })
}

/// Everything a pipe holds. A read error ends the text early, which the
/// comparison with the expected text then finds.
fn drain(mut pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    let _ = pipe.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

struct Ended {
    success: bool,
    cpu: Option<Duration>,
    peak_memory: Option<u64>,
}

/// Waits with `wait4`, which tells the resources of this one child.
#[cfg(unix)]
fn wait(child: Child) -> io::Result<Ended> {
    let pid = child.id() as libc::pid_t;
    let mut status: libc::c_int = 0;
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    loop {
        // SAFETY: `pid` is a child of ours that no code has waited for, and
        // both pointers are to live values of the types that `wait4` fills.
        let waited = unsafe { libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()) };
        if waited == pid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    // SAFETY: all-zero bytes are a valid `rusage`, and `wait4` has filled it.
    let usage = unsafe { usage.assume_init() };
    let unit = if cfg!(target_vendor = "apple") {
        1
    } else {
        1024
    };
    Ok(Ended {
        success: libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0,
        cpu: Some(duration(usage.ru_utime) + duration(usage.ru_stime)),
        peak_memory: u64::try_from(usage.ru_maxrss).ok().map(|size| size * unit),
    })
}

#[cfg(unix)]
fn duration(time: libc::timeval) -> Duration {
    let seconds = u64::try_from(time.tv_sec).unwrap_or_default();
    let micros = u64::try_from(time.tv_usec).unwrap_or_default();
    Duration::from_secs(seconds) + Duration::from_micros(micros)
}

#[cfg(not(unix))]
fn wait(mut child: Child) -> io::Result<Ended> {
    Ok(Ended {
        success: child.wait()?.success(),
        cpu: None,
        peak_memory: None,
    })
}

/// Equality of texts whatever their line ends are.
fn same_text(a: &str, b: &str) -> bool {
    a.lines().eq(b.lines())
}

/// The line of an error report that says most: the first that calls itself an
/// error, else the last.
fn telling_line(report: &str) -> String {
    let mut lines = report
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let error = lines.clone().find(|line| line.starts_with("error"));
    let line = error.or_else(|| lines.next_back());
    line.map_or_else(|| "no message".to_string(), shorten)
}

fn shorten(text: &str) -> String {
    const MOST: usize = 80;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The test program itself: every system has it, and it prints its help.
    fn this_program(argument: &str) -> CommandLine {
        CommandLine {
            program: std::env::current_exe().unwrap(),
            arguments: vec![argument.into()],
        }
    }

    #[test]
    fn a_run_has_output_and_cost() {
        let finished = run(&this_program("--help")).unwrap();
        assert!(finished.success);
        assert!(finished.cost.wall > Duration::ZERO);
        let expected = finished.output;
        assert!(run_checked(&this_program("--help"), &expected).is_ok());
    }

    #[test]
    fn other_output_is_an_error() {
        let error = run_checked(&this_program("--help"), "42\n").unwrap_err();
        assert!(error.starts_with("printed \""), "{error}");
        assert!(error.ends_with("instead of \"42\\n\""), "{error}");
    }

    #[test]
    fn failure_is_an_error() {
        let error = run_checked(&this_program("--no-such-option"), "").unwrap_err();
        assert!(error.starts_with("failed: "), "{error}");
        let missing = CommandLine {
            program: "no-such-program".into(),
            arguments: Vec::new(),
        };
        assert!(
            run_checked(&missing, "")
                .unwrap_err()
                .starts_with("cannot be run: ")
        );
    }

    #[test]
    fn reports_are_cut_to_one_line() {
        let ruff = "error: Division by zero\n  --> a.ruff:3:1\n";
        assert_eq!(telling_line(ruff), "error: Division by zero");
        let python = "Traceback:\n  line 1\nValueError: bad\n\n";
        assert_eq!(telling_line(python), "ValueError: bad");
        assert_eq!(telling_line(""), "no message");
    }

    #[test]
    fn texts_compare_by_lines() {
        assert!(same_text("1\r\n2\r\n", "1\n2\n"));
        assert!(!same_text("1\n2\n", "1\n"));
        assert_eq!(shorten(&"é".repeat(81)), format!("{}...", "é".repeat(80)));
    }
}
