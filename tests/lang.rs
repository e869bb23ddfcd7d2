//! Runs every program under `tests/lang` and `docs/examples` through the `ruff`
//! command, once in each mode, and compares what it did with what is beside it:
//!
//! - `foo.out`: its standard output, to the byte (no file: nothing)
//! - `foo.err`: its standard error (no file: nothing), in which `[..]` stands for
//!   any text within a line and a line `...` for any number of lines
//! - `foo.code`: its exit code (no file: 0)
//! - `foo.in`: what it reads from standard input (no file: nothing)
//!
//! The programs run with their own folder as the current one, so an error names
//! `foo.ruff`. `UPDATE_EXPECT=1` rewrites the expectations that did not hold, from
//! the default mode; read the diff before you commit it. `RUFF_ONLY=text` runs only
//! the programs with that text in their path.
//!
//! This file knows nothing of the engine; it sees only the command.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

/// One program gets this long, then it is killed and counts as failed. The slowest
/// ones need about a second in a debug build; the rest is for loaded machines.
const TIMEOUT: Duration = Duration::from_secs(60);

const ROOTS: [&str; 2] = ["tests/lang", "docs/examples"];

struct Mode {
    name: &'static str,
    args: &'static [&'static str],
    /// The file in a folder that names the programs this mode leaves out.
    leave_out: Option<&'static str>,
}

/// A mode is one line: `name: arguments of ruff run, leave-out file`.
macro_rules! modes {
    ($($name:ident: $args:expr, $leave_out:expr;)*) => {$(
        #[test]
        fn $name() {
            run_all(&Mode { name: stringify!($name), args: &$args, leave_out: $leave_out });
        }
    )*};
}

modes! {
    default: [], None;
    interpreted: ["--jit=off"], None;
    compiled: ["--jit=baseline", "--jit-threshold=0"], None;
    compiled_soon: ["--jit=baseline", "--jit-threshold=3"], None;
    optimized: ["--jit-threshold=0", "--optimize-threshold=0"], None;
    optimized_soon: ["--jit-threshold=2", "--optimize-threshold=5"], None;
    optimized_and_left: ["--jit-threshold=0", "--optimize-threshold=0", "--optimize-leave=5", "--optimize-registers=4"], None;
    optimized_with_small_limits: ["--jit-threshold=0", "--optimize-threshold=1", "--optimize-budget=3", "--optimize-settle"], None;
    optimized_gc_stress: ["--jit-threshold=0", "--optimize-threshold=2", "--gc-stress"], Some("no-stress");
    gc_stress: ["--jit=off", "--gc-stress"], Some("no-stress");
    compiled_gc_stress: ["--jit=baseline", "--jit-threshold=0", "--gc-stress"], Some("no-stress");
}

/// The command under test: the one of this build, or what `RUFF_COMMAND` says
/// (words apart by spaces), e.g. one for another machine under an emulator.
fn ruff_command() -> Command {
    let Ok(words) = env::var("RUFF_COMMAND") else {
        return Command::new(env!("CARGO_BIN_EXE_ruff"));
    };
    let mut words = words.split_whitespace();
    let mut command = Command::new(words.next().expect("RUFF_COMMAND names a command"));
    command.args(words);
    command
}

fn run_all(mode: &Mode) {
    let update = env::var_os("UPDATE_EXPECT").is_some_and(|v| v == "1");
    if update && mode.name != "default" {
        return;
    }
    let found = programs(mode);
    assert!(!found.programs.is_empty(), "found no programs");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(found.complaints);
    let workers = thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 4));
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(program) = found.programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(report) = check(program, mode, update) {
                        failures.lock().unwrap().push(report);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().unwrap();
    failures.sort();
    let total = found.programs.len();
    assert!(
        failures.is_empty(),
        "{} of {total} programs failed in mode {}:\n\n{}",
        failures.len(),
        mode.name,
        failures.join("\n")
    );
}

struct Found {
    programs: Vec<PathBuf>,
    /// The defects of the tree itself: expectations without a program and the like.
    complaints: Vec<String>,
}

fn programs(mode: &Mode) -> Found {
    let mut found = Found {
        programs: Vec::new(),
        complaints: Vec::new(),
    };
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    for root in ROOTS {
        walk(&top.join(root), mode, &mut found);
    }
    found.programs.sort();
    if let Ok(only) = env::var("RUFF_ONLY") {
        found.programs.retain(|p| short(p).contains(&only));
    }
    found
}

fn walk(folder: &Path, mode: &Mode, found: &mut Found) {
    let mut left_out = match mode.leave_out {
        Some(list) => read_leave_out(&folder.join(list)),
        None => BTreeSet::new(),
    };
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, mode, found);
            continue;
        }
        match path.extension().and_then(|e| e.to_str()) {
            Some("ruff") => {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                let wanted = !left_out.remove(&name);
                found.programs.extend(wanted.then_some(path));
            }
            Some("out" | "err" | "code" | "in") if !path.with_extension("ruff").exists() => {
                found
                    .complaints
                    .push(format!("{}: there is no such program\n", short(&path)));
            }
            _ => {}
        }
    }
    for name in left_out {
        let list = mode.leave_out.unwrap();
        found.complaints.push(format!(
            "{}: {name}: there is no such program\n",
            short(&folder.join(list))
        ));
    }
}

/// The list has one program a line: its file name, then the reason. `#` is a comment.
fn read_leave_out(list: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(list).unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// The outcome of a program, real or expected.
struct Outcome {
    out: String,
    err: String,
    code: String,
}

fn check(program: &Path, mode: &Mode, update: bool) -> Result<(), String> {
    let expected = Outcome {
        out: beside(program, "out"),
        err: beside(program, "err"),
        code: match beside(program, "code").trim() {
            "" => "0".to_owned(),
            code => code.to_owned(),
        },
    };
    let head = format!("==== {} [{}]\n", short(program), mode.name);
    let actual = run(program, mode).map_err(|problem| format!("{head}{problem}\n"))?;
    let out_holds = actual.out == expected.out;
    let err_holds = matches_pattern(&expected.err, &actual.err);
    let code_holds = actual.code == expected.code;
    if update {
        if !out_holds {
            rewrite(program, "out", &actual.out);
        }
        if !err_holds {
            rewrite(program, "err", &actual.err);
        }
        if !code_holds {
            let code = if actual.code == "0" {
                String::new()
            } else {
                format!("{}\n", actual.code)
            };
            rewrite(program, "code", &code);
        }
        return Ok(());
    }
    if out_holds && err_holds && code_holds {
        return Ok(());
    }
    let mut report = head;
    if !code_holds {
        writeln!(
            report,
            "exit code: expected {}, got {}",
            expected.code, actual.code
        )
        .unwrap();
    }
    if !out_holds {
        report.push_str(&diff("stdout", &expected.out, &actual.out, |a, b| a == b));
    }
    if !err_holds {
        report.push_str(&diff("stderr", &expected.err, &actual.err, line_matches));
    }
    Err(report)
}

fn run(program: &Path, mode: &Mode) -> Result<Outcome, String> {
    let input = fs::read(program.with_extension("in")).unwrap_or_default();
    let mut child = ruff_command()
        .arg("run")
        .args(mode.args)
        .arg(program.file_name().unwrap())
        .current_dir(program.parent().unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|e| format!("cannot start it: {e}"))?;
    let mut stdin = child.stdin.take().unwrap();
    // A program that does not read its input may be gone before it is written.
    thread::spawn(move || drop(stdin.write_all(&input)));
    let out = read_in_background(child.stdout.take().unwrap());
    let err = read_in_background(child.stderr.take().unwrap());
    let status = wait(&mut child)?;
    let code = match status.code() {
        Some(code) => code.to_string(),
        None => format!("none ({status})"),
    };
    Ok(Outcome {
        out: out.join().unwrap(),
        err: err.join().unwrap(),
        code,
    })
}

fn read_in_background(mut from: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // The text that was read before a failure still tells more than the
        // failure.
        let _ = from.read_to_end(&mut bytes);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child) -> Result<std::process::ExitStatus, String> {
    let start = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            return Ok(status);
        }
        if start.elapsed() > TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("killed after {} s", TIMEOUT.as_secs()));
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Whether `text` is what `pattern` describes: line by line, `...` for any lines.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    fn lines_match(pattern: &[&str], text: &[&str]) -> bool {
        match pattern {
            [] => text.is_empty(),
            ["..."] => true,
            ["...", rest @ ..] => (0..=text.len()).any(|skip| lines_match(rest, &text[skip..])),
            [first, rest @ ..] => match text {
                [line, others @ ..] => line_matches(first, line) && lines_match(rest, others),
                [] => false,
            },
        }
    }
    let pattern: Vec<&str> = pattern.split('\n').collect();
    let text: Vec<&str> = text.split('\n').collect();
    if let [.., "...", ""] = pattern[..] {
        return lines_match(&pattern[..pattern.len() - 1], &text);
    }
    lines_match(&pattern, &text)
}

/// Whether `line` is `pattern` with any text for each `[..]`.
fn line_matches(pattern: &str, line: &str) -> bool {
    let Some((before, after)) = pattern.split_once("[..]") else {
        return pattern == line;
    };
    let Some(rest) = line.strip_prefix(before) else {
        return false;
    };
    rest.char_indices()
        .map(|(at, _)| at)
        .chain([rest.len()])
        .any(|at| line_matches(after, &rest[at..]))
}

/// The part in which the two differ, with a little of what is around it.
fn diff(what: &str, expected: &str, actual: &str, same: fn(&str, &str) -> bool) -> String {
    const CONTEXT: usize = 2;
    const SHOWN: usize = 30;
    let old: Vec<&str> = expected.lines().collect();
    let new: Vec<&str> = actual.lines().collect();
    let shorter = old.len().min(new.len());
    let prefix = (0..shorter).take_while(|&i| same(old[i], new[i])).count();
    let suffix = (0..shorter - prefix)
        .take_while(|&i| same(old[old.len() - 1 - i], new[new.len() - 1 - i]))
        .count();
    let mut text = format!("{what}, from line {}:\n", prefix + 1);
    for line in &new[prefix.saturating_sub(CONTEXT)..prefix] {
        writeln!(text, "   {line}").unwrap();
    }
    for (mark, lines) in [
        ('-', &old[prefix..old.len() - suffix]),
        ('+', &new[prefix..new.len() - suffix]),
    ] {
        for line in lines.iter().take(SHOWN) {
            writeln!(text, " {mark} {line}").unwrap();
        }
        if lines.len() > SHOWN {
            writeln!(text, " {mark} ({} more lines)", lines.len() - SHOWN).unwrap();
        }
    }
    for line in new[new.len() - suffix..].iter().take(CONTEXT) {
        writeln!(text, "   {line}").unwrap();
    }
    if prefix == old.len() && prefix == new.len() {
        text.push_str("   (they differ only in the last line end)\n");
    }
    text
}

fn beside(program: &Path, extension: &str) -> String {
    fs::read_to_string(program.with_extension(extension)).unwrap_or_default()
}

fn rewrite(program: &Path, extension: &str, text: &str) {
    let path = program.with_extension(extension);
    if text.is_empty() {
        if path.exists() {
            fs::remove_file(path).unwrap();
        }
    } else {
        fs::write(path, text).unwrap();
    }
}

/// The path from the top of the repository, for reports.
fn short(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR"))
        .unwrap_or(path)
        .display()
        .to_string()
}

#[test]
fn expectation_patterns_match_what_they_describe() {
    assert!(matches_pattern("", ""));
    assert!(!matches_pattern("", "error\n"));
    assert!(matches_pattern("error: [..]\n", "error: no\n"));
    assert!(matches_pattern("a[..]b[..]c\n", "a1b b2c\n"));
    assert!(!matches_pattern("a[..]b\n", "a1c\n"));
    assert!(matches_pattern("first\n...\n", "first\nsecond\nthird\n"));
    assert!(matches_pattern("first\n...\n", "first\n"));
    assert!(matches_pattern("first\n...\nlast\n", "first\nx\nlast\n"));
    assert!(!matches_pattern("first\n...\nlast\n", "first\nx\n"));
    assert!(!matches_pattern("first\n", "first\nsecond\n"));
}
