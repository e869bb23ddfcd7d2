//! Whatever runs a program, it does the same: generated programs, once in each mode
//! of the command, whose output, error report and exit code must agree. The first
//! mode is the interpreter alone; the others bring in the native tiers, early, late
//! and with a collection at every allocation.
//!
//! * `EQUIVALENCE_CASES=n` sets the number of programs,
//! * `EQUIVALENCE_SEED=n` the first one (each program has a number of its own, so
//!   with one case this is the program n),
//! * `EQUIVALENCE_SAVE=name` keeps the smallest failing program as
//!   `tests/lang/regress/name.ruff`, with what the first mode says of it,
//! * `EQUIVALENCE_MODES="--jit=off;--gc-stress"` runs in other modes,
//! * `EQUIVALENCE_SHOW=1` prints the programs and what became of them,
//! * `RUFF_COMMAND` runs another command, as in `tests/lang.rs`.
//!
//! A failing program is made smaller first, which takes a while.

#[path = "equivalence/coverage.rs"]
mod coverage;
#[path = "equivalence/gen/mod.rs"]
mod r#gen;
#[path = "equivalence/kind.rs"]
mod kind;
#[path = "equivalence/run.rs"]
mod run;
#[path = "equivalence/shrink.rs"]
mod shrink;
#[path = "equivalence/tree.rs"]
mod tree;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use run::{Bench, Mode, Outcome};
use std::cell::RefCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, thread};
use tree::Program;

/// Programs in an ordinary test run.
const CASES: u64 = 500;

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not '{text}'")),
    )
}

fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 6_000,
        ..Config::default()
    };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The findings about all programs together.
#[derive(Default)]
struct Tally {
    finished: AtomicU64,
    programs: AtomicU64,
    runs: AtomicU64,
}

#[test]
fn all_modes_agree() {
    let cases = number("EQUIVALENCE_CASES").unwrap_or(CASES);
    let first = number("EQUIVALENCE_SEED").unwrap_or_else(|| {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("a clock");
        now.as_nanos() as u64 / 1000 % 1_000_000_000_000
    });
    let (next, stop) = (AtomicU64::new(first), AtomicBool::new(false));
    let (tally, failures) = (Tally::default(), Mutex::new(Vec::new()));
    let workers = thread::available_parallelism().map_or(2, |n| n.get().clamp(2, 8));
    thread::scope(|scope| {
        for worker in 0..workers {
            let (next, stop, tally, failures) = (&next, &stop, &tally, &failures);
            let work = move || {
                let bench = Bench::new(worker);
                while !stop.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first.saturating_add(cases) {
                        break;
                    }
                    if let Err(report) = check(seed, &bench, tally) {
                        stop.store(true, Ordering::Relaxed);
                        failures.lock().unwrap().push(report);
                    }
                }
            };
            thread::Builder::new()
                .stack_size(64 << 20)
                .spawn_scoped(scope, work)
                .expect("a thread");
        }
    });
    let (programs, finished) = (tally.programs.into_inner(), tally.finished.into_inner());
    println!(
        "{programs} programs from {first} on, {} runs; {finished} went to their end",
        tally.runs.into_inner()
    );
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // A program that ends early by an error compares little. A few programs are no sample.
    assert!(
        programs < 50 || finished * 10 >= programs * 8,
        "only {finished} of {programs} programs went to their end"
    );
}

/// The fault of a run by itself, and the headline of its report.
type Defect = (&'static str, String);

/// Runs the program of this number in every mode; a report if they do not agree.
fn check(seed: u64, bench: &Bench, tally: &Tally) -> Result<(), String> {
    let modes: Vec<Mode> = run::modes();
    // The mode that failed and how the first mode failed if it did: while the program
    // shrinks, only that is looked for.
    let failing: RefCell<Option<(Mode, Option<Defect>)>> = RefCell::new(None);
    let result = runner(seed).run(&shrink::Programs { seed }, |program| {
        let known = failing.borrow().clone();
        if known.is_none() {
            tally.programs.fetch_add(1, Ordering::Relaxed);
        }
        let text = program.text();
        let reference = bench.run(&text, &modes[0], known.is_none());
        if env::var_os("EQUIVALENCE_SHOW").is_some() && known.is_none() {
            println!(
                "==== {seed}\n{}---- {}\n{}{}",
                text, reference.end, reference.out, reference.err
            );
        }
        if let Some((mode, defect)) = known {
            let fails = match defect {
                Some(defect) => {
                    reference.defect().map(|d| (d, reference.headline())) == Some(defect)
                }
                None => {
                    let (first, other) = bench.both(&text, &reference, &mode, false);
                    reference.defect().is_none() && !first.agrees(&mode, &other)
                }
            };
            return if fails {
                Err(TestCaseError::fail("still"))
            } else {
                Ok(())
            };
        }
        tally.runs.fetch_add(1, Ordering::Relaxed);
        if reference.finished() {
            tally.finished.fetch_add(1, Ordering::Relaxed);
        }
        if let Some(defect) = reference.defect() {
            *failing.borrow_mut() = Some((modes[0].clone(), Some((defect, reference.headline()))));
            return Err(TestCaseError::fail("the first mode fails"));
        }
        for mode in modes[1..]
            .iter()
            .filter(|mode| mode.wants(seed, &reference))
        {
            tally.runs.fetch_add(1, Ordering::Relaxed);
            let (first, other) = bench.both(&text, &reference, mode, true);
            if !first.agrees(mode, &other) {
                *failing.borrow_mut() = Some((mode.clone(), None));
                return Err(TestCaseError::fail("two modes differ"));
            }
        }
        Ok(())
    });
    match result {
        Ok(()) => Ok(()),
        Err(TestError::Fail(_, program)) => {
            let (mode, _) = failing.into_inner().expect("a mode failed");
            Err(report(&program, &modes[0], &mode, bench))
        }
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
}

fn report(program: &Program, first: &Mode, mode: &Mode, bench: &Bench) -> String {
    let text = program.text();
    let reference = bench.run(&text, first, true);
    let alone = mode.args == first.args && !mode.at_once;
    // A difference that does not happen every time is looked for a few times.
    let mut runs = (0..20).map(|_| bench.both(&text, &reference, mode, true));
    let other = runs.find(|(first, other)| alone || !first.agrees(mode, other));
    let seed = program.seed;
    let (what, details) = match other {
        None => (
            format!(
                "program {seed}: `{}` and `{}` differed",
                first.text(),
                mode.text()
            ),
            AGREES_NOW.to_owned(),
        ),
        Some((reference, other)) => {
            let details = match alone {
                true => format!(
                    "{}\n{}{}",
                    reference.end,
                    tail(&reference.out),
                    tail(&reference.err)
                ),
                false => run::difference(&reference, &other),
            };
            let what = match other.defect() {
                None if alone => format!("program {seed} is slow in `{}`", mode.text()),
                Some(defect) => format!("program {seed} {defect} in `{}`", mode.text()),
                None => format!(
                    "program {seed}: `{}` (-) and `{}` (+) differ",
                    first.text(),
                    mode.text()
                ),
            };
            (what, details)
        }
    };
    let saved = save(&text, &reference);
    format!(
        "{what}\n{details}---- the program, made smaller{saved}\n{text}----\n\
         again: EQUIVALENCE_SEED={seed} EQUIVALENCE_CASES=1 cargo test --test equivalence\n\
         keep: the same with EQUIVALENCE_SAVE=name\n"
    )
}

const AGREES_NOW: &str = "(but not any more: what it does changes from run to run)\n";

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..]
        .iter()
        .map(|line| format!("  {line}\n"))
        .collect()
}

/// Keeps the program among those of `tests/lang`, if that is asked for.
fn save(text: &str, reference: &Outcome) -> String {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang/regress");
    let Ok(name) = env::var("EQUIVALENCE_SAVE") else {
        return String::new();
    };
    let path = folder.join(format!("{name}.ruff"));
    let err = reference
        .err
        .replace("program.ruff", &format!("{name}.ruff"));
    let code = if reference.end == "0" {
        String::new()
    } else {
        format!("{}\n", reference.end)
    };
    for (extension, content) in [
        ("ruff", text),
        ("out", &reference.out),
        ("err", &err),
        ("code", &code),
    ] {
        if !content.is_empty() {
            fs::write(path.with_extension(extension), content).expect("the program can be saved");
        }
    }
    format!(" (saved as {})", path.display())
}
