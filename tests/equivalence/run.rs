//! Runs a program through the command, once in each mode, and says where two modes
//! differ. A child process each time: a crash of the engine is a finding like any
//! other, and the program after it is at hand.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

/// A program that needs this long hangs.
const PATIENCE: Duration = Duration::from_secs(20);
/// The time that a program that was made smaller may need: it may have lost its
/// bounds.
const LESS_PATIENCE: Duration = Duration::from_secs(2);

/// Programs that take longer than this in the first mode are not run with a
/// collection at every allocation.
const BRISK: Duration = Duration::from_millis(25);

#[derive(Clone, Debug)]
pub struct Mode {
    pub args: Vec<String>,
    /// Only every so-manieth program runs in it.
    pub every: u64,
    /// The program runs without its waits: a program of one task does the same.
    pub at_once: bool,
}

/// The first one is what the others must agree with.
pub fn modes() -> Vec<Mode> {
    if let Ok(list) = env::var("EQUIVALENCE_MODES") {
        return list.split(';').map(|args| mode(args, 1)).collect();
    }
    vec![
        mode("--jit=off", 1),
        Mode {
            at_once: true,
            // Those that wait.
            ..mode("--jit=off", 3)
        },
        mode("--jit=baseline --jit-threshold 0", 1),
        mode("", 1),
        mode("--jit-threshold 0 --optimize-threshold 0", 1),
        mode("--jit-threshold 3 --optimize-threshold 20", 1),
        mode("--jit=baseline --jit-threshold 7", 1),
        mode(
            "--jit-threshold 0 --optimize-threshold 0 --optimize-leave 3",
            1,
        ),
        mode(
            "--jit-threshold 0 --optimize-threshold 10 --optimize-leave 11 --optimize-registers 4",
            1,
        ),
        mode(
            "--jit-threshold 0 --optimize-threshold 5 --optimize-budget 3 --optimize-settle",
            2,
        ),
        mode("--jit=baseline --jit-threshold 0 --gc-stress", 8),
        mode("--jit-threshold 0 --optimize-threshold 0 --gc-stress", 8),
    ]
}

fn mode(args: &str, every: u64) -> Mode {
    Mode {
        args: args.split_whitespace().map(str::to_owned).collect(),
        every,
        at_once: false,
    }
}

/// A program that shows no stacks: those of tasks that have waited have more in them.
fn without_stacks(text: &str) -> String {
    text.replace("join(e.stack, \",\")", "\"\"")
        .replace("len(e.stack)", "0")
}

/// A program without the waits that the generator puts in; all else is where it was.
fn without_waits(text: &str) -> String {
    let same_length = |text: String, wait: &str, instead: &str| {
        let instead = format!("{instead:>width$}", width = wait.len());
        text.replace(wait, &instead)
    };
    [
        ("await async_sleep(0)", "0"),
        ("await ", ""),
        ("sleep(0)", "0"),
        ("async func ", "func "),
        ("with_timeout(100000, f, ...args)", "f(...args)"),
    ]
    .iter()
    .fold(text.to_owned(), |text, (wait, instead)| {
        same_length(text, wait, instead)
    })
}

impl Mode {
    /// Takes a multiple of the others' time.
    pub fn slow(&self) -> bool {
        self.args.iter().any(|arg| arg == "--gc-stress")
    }

    pub fn wants(&self, seed: u64, reference: &Outcome) -> bool {
        seed.is_multiple_of(self.every) && !(self.slow() && reference.took > BRISK)
    }

    pub fn text(&self) -> String {
        let without = if self.at_once { " (without waits)" } else { "" };
        let text = format!("ruff run {}", self.args.join(" "));
        format!("{}{without}", text.trim_end())
    }
}

/// The outcome of a program.
#[derive(Clone, Debug)]
pub struct Outcome {
    pub out: String,
    pub err: String,
    /// The exit code, or what else ended it.
    pub end: String,
    pub took: Duration,
}

/// A folder in which one worker runs its programs.
pub struct Bench {
    folder: PathBuf,
}

impl Bench {
    pub fn new(number: usize) -> Bench {
        let name = format!("equivalence-{}-{number}", std::process::id());
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).expect("a folder for programs");
        Bench { folder }
    }

    /// Two runs of a program that must be the same: in the first mode, where it gave
    /// `reference`, and in another one.
    pub fn both(
        &self,
        text: &str,
        reference: &Outcome,
        mode: &Mode,
        patient: bool,
    ) -> (Outcome, Outcome) {
        if !mode.at_once {
            return (reference.clone(), self.run(text, mode, patient));
        }
        let text = without_stacks(text);
        let waits = self.run(&text, mode, patient);
        (waits, self.run(&without_waits(&text), mode, patient))
    }

    /// Runs a program.
    pub fn run(&self, text: &str, mode: &Mode, patient: bool) -> Outcome {
        fs::write(self.folder.join("program.ruff"), text).expect("the program can be written");
        let file = |name: &str| File::create(self.folder.join(name)).expect("a file for output");
        let mut child = ruff_command()
            .arg("run")
            .args(&mode.args)
            // No program should come near it; it is there for the machine's
            // sake.
            .arg("--max-heap=1G")
            .arg("program.ruff")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .expect("the command starts");
        let start = Instant::now();
        let limit = if patient { PATIENCE } else { LESS_PATIENCE };
        let mut pause = Duration::from_micros(300);
        let end = loop {
            if let Some(status) = child.try_wait().expect("the command can be waited for") {
                break match status.code() {
                    Some(code) => code.to_string(),
                    None => status.to_string(),
                };
            }
            if start.elapsed() > limit {
                let _ = child.kill();
                let _ = child.wait();
                break HANGS.to_owned();
            }
            thread::sleep(pause);
            pause = (pause * 3 / 2).min(Duration::from_millis(10));
        };
        let read = |name: &str| {
            let bytes = fs::read(self.folder.join(name)).unwrap_or_default();
            String::from_utf8_lossy(&bytes).into_owned()
        };
        Outcome {
            out: read("out"),
            err: read("err"),
            end,
            took: start.elapsed(),
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const HANGS: &str = "hangs (killed)";

/// The command under test, as in `tests/lang.rs`.
fn ruff_command() -> Command {
    let Ok(words) = env::var("RUFF_COMMAND") else {
        return Command::new(env!("CARGO_BIN_EXE_ruff"));
    };
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().expect("RUFF_COMMAND names a command"));
    command.args(words);
    command
}

impl Outcome {
    /// The fault of a run that no program may have, in whatever mode.
    pub fn defect(&self) -> Option<&'static str> {
        match &self.end[..] {
            HANGS => Some("hangs"),
            "2" => Some("is refused by the command"),
            "3" => Some("does not compile"),
            "6" => Some("ends by a defect of the engine"),
            end if end.parse::<u8>().is_ok() && !self.err.contains("panicked at") => None,
            _ => Some("crashes the engine"),
        }
    }

    /// Whether the other run is what this one was. One that had no time to finish
    /// because it collects all the time is not judged, nor is the stack of an uncaught error
    /// without the waits.
    pub fn agrees(&self, mode: &Mode, other: &Outcome) -> bool {
        (mode.slow() && other.end == HANGS)
            || (&self.out, &self.end) == (&other.out, &other.end)
                && (mode.at_once || self.err == other.err)
    }

    /// The subject of an error, without the names and places in it.
    pub fn headline(&self) -> String {
        let first = self.err.lines().next().unwrap_or("");
        first.split('\'').step_by(2).collect()
    }

    /// Went through to its last statements.
    pub fn finished(&self) -> bool {
        self.out
            .lines()
            .rev()
            .take(80)
            .any(|line| line.starts_with("END "))
    }
}

/// Where `other` is not what `first` is, for a report.
pub fn difference(first: &Outcome, other: &Outcome) -> String {
    let mut text = String::new();
    if first.end != other.end {
        writeln!(text, "exit code: {} / {}", first.end, other.end).unwrap();
    }
    for (what, one, two) in [
        ("stdout", &first.out, &other.out),
        ("stderr", &first.err, &other.err),
    ] {
        if one == two {
            continue;
        }
        let (one, two): (Vec<&str>, Vec<&str>) = (one.lines().collect(), two.lines().collect());
        let same = one.iter().zip(&two).take_while(|(a, b)| a == b).count();
        writeln!(text, "{what}, from line {}:", same + 1).unwrap();
        for (mark, lines) in [
            (" ", &one[same.saturating_sub(2)..same]),
            ("-", &one[same..]),
            ("+", &two[same..]),
        ] {
            for line in lines.iter().take(6) {
                writeln!(text, " {mark} {line}").unwrap();
            }
        }
    }
    text
}
