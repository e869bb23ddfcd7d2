//! `ruff test`: runs the tests in programs, each in a machine of its own, and
//! reports what they did.

mod discover;
mod json;
mod report;
mod watch;

use super::exit;
use super::jit::JitArgs;
use report::Report;
use ruff::engine::InterruptHandle;
use ruff::engine::Policy;
use ruff::engine::Severity;
use ruff::engine::SourceFile;
use ruff::engine::modules::{self, Files};
use ruff::engine::testing::{self, Failure, Outcome, TestCase};
use ruff::engine::{Checked, Config, Engine};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use watch::{Watchdog, Watched};

#[derive(clap::Args)]
pub struct TestArgs {
    /// Files, or folders to search for files with tests.
    #[arg(default_value = ".")]
    paths: Vec<String>,
    /// Only tests with this text in their name or that of a group around them.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
    /// End a test that takes longer; 0: never.
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = seconds)]
    timeout: f64,
    /// Stop at the first failure.
    #[arg(long)]
    fail_fast: bool,
    /// No tests to run is no failure.
    #[arg(long)]
    allow_empty: bool,
    /// Run the tests again whenever a program below the paths changes.
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    #[command(flatten)]
    jit: JitArgs,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..1e9).contains(&seconds) => Ok(seconds),
        _ => Err("not a number of seconds".to_string()),
    }
}

/// The results of the tests of one file.
struct FileResult {
    path: String,
    tests: Vec<TestResult>,
    /// Why the file could not be tested, rendered.
    broken: Option<String>,
}

struct TestResult {
    case: TestCase,
    time: Duration,
    failure: Option<Box<Failure>>,
    /// The text that the test printed.
    output: String,
}

/// How the whole run ended.
#[derive(Default)]
struct Totals {
    passed: usize,
    failed: usize,
    left_out: usize,
    broken: usize,
    time: Duration,
}

pub fn test(args: TestArgs) -> ExitCode {
    let interrupt = Arc::new(AtomicU8::new(0));
    super::interrupt::install(InterruptHandle::for_loops(interrupt.clone()));
    if !args.watch {
        return run_once(&args, &interrupt);
    }
    let mut watched = Watched::of(&args.paths);
    loop {
        let code = run_once(&args, &interrupt);
        super::report("waiting for changes; Ctrl-C ends\n");
        while !watched.has_changed() {
            if interrupt.load(Ordering::SeqCst) != 0 {
                return code;
            }
            std::thread::sleep(watch::PAUSE);
        }
    }
}

/// Runs the tests and reports; the exit code.
fn run_once(args: &TestArgs, interrupt: &Arc<AtomicU8>) -> ExitCode {
    let start = Instant::now();
    let (paths, missing) = discover::sources(&args.paths);
    for path in &missing {
        super::report(&format!("error: Cannot read '{path}'\n"));
    }
    let terminal = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let report = Report::new(terminal);
    let mut totals = Totals::default();
    let mut results = Vec::new();
    for path in paths {
        let is_named = args.paths.contains(&path);
        let run = Run {
            filter: args.filter.as_deref(),
            interrupt,
            policy: args.jit.policy(),
            limit: (args.timeout > 0.0).then(|| Duration::from_secs_f64(args.timeout)),
            fail_fast: args.fail_fast,
        };
        let Some(result) = run.file(&path, is_named, &mut totals, &mut |done| {
            if !args.json {
                report.line(done);
            }
        }) else {
            continue;
        };
        let Ok(result) = result else {
            return ExitCode::from(exit::INTERRUPTED);
        };
        if !args.json {
            report.end_of_file(&result);
        }
        results.push(result);
        if args.fail_fast && totals.failed + totals.broken > 0 {
            break;
        }
    }
    totals.time = start.elapsed();
    if args.json {
        report.put(&format!("{}\n", json::json(&results, &totals)));
    } else if missing.is_empty() || !results.is_empty() {
        report.end(&results, &totals);
    }
    ExitCode::from(if !missing.is_empty() || report.is_lost() {
        exit::UNREADABLE
    } else if totals.broken > 0 {
        exit::SYNTAX
    } else if totals.failed > 0 || totals.passed == 0 && !args.allow_empty {
        exit::FINDINGS
    } else {
        0
    })
}

struct Run<'r> {
    filter: Option<&'r str>,
    interrupt: &'r Arc<AtomicU8>,
    policy: Policy,
    /// How long a test may take.
    limit: Option<Duration>,
    fail_fast: bool,
}

/// A test to run, or why it has failed already.
type Planned = (TestCase, Option<Box<Failure>>);

/// The user has interrupted the run.
struct Stopped;

/// An event that is reported while a file is being tested.
enum Done<'d> {
    /// With the length of its longest name.
    File(&'d str, usize),
    Test(&'d TestResult),
}

impl Run<'_> {
    /// Tests one file; `None` if there is nothing to say of it.
    fn file(
        &self,
        path: &str,
        is_named: bool,
        totals: &mut Totals,
        report: &mut dyn FnMut(Done),
    ) -> Option<Result<FileResult, Stopped>> {
        let mut result = FileResult {
            path: path.to_string(),
            tests: Vec::new(),
            broken: None,
        };
        let source = match read(path) {
            Ok(source) => Arc::new(source),
            Err(message) => {
                totals.broken += 1;
                result.broken = Some(message);
                return Some(Ok(result));
            }
        };
        let cases = match testing::find(&source) {
            Ok(cases) => cases,
            // A program that others look after, unless it was named.
            Err(_) if !is_named && !discover::mentions_tests(source.text()) => return None,
            Err(diagnostics) => {
                totals.broken += 1;
                result.broken = Some(diagnostics.iter().map(|one| one.render(&source)).collect());
                return Some(Ok(result));
            }
        };
        if cases.is_empty() && !is_named {
            return None;
        }
        let files = Files::new(Some(path));
        let mut planned = Vec::new();
        for case in cases {
            match self.rows(&source, &files, path, case) {
                Ok(rows) => planned.extend(rows),
                Err(Stopped) => return Some(Err(Stopped)),
            }
        }
        let all = planned.len();
        let is_wanted =
            |(case, _): &Planned| (self.filter).is_none_or(|text| case.full_name().contains(text));
        let wanted: Vec<Planned> = planned.into_iter().filter(is_wanted).collect();
        totals.left_out += all - wanted.len();
        if wanted.is_empty() && all > 0 {
            return None;
        }
        let names = wanted
            .iter()
            .map(|(case, _)| case.full_name().chars().count());
        report(Done::File(path, names.max().unwrap_or(0)));
        for (case, known) in wanted {
            if let Some(failure) = known {
                totals.failed += 1;
                result.tests.push(TestResult {
                    case,
                    time: Duration::ZERO,
                    failure: Some(failure),
                    output: String::new(),
                });
                if let Some(last) = result.tests.last() {
                    report(Done::Test(last));
                }
                continue;
            }
            let checked = testing::compile(&source, &files, &case);
            let Some(unit) = &checked.unit else {
                totals.broken += 1;
                result.broken = Some(errors_of(&checked, &source));
                break;
            };
            let begin = Instant::now();
            let output = Captured::default();
            let mut engine = match Engine::new(output.config(self)) {
                Ok(engine) => engine,
                Err(error) => {
                    totals.broken += 1;
                    result.broken = Some(format!("error: cannot reserve memory: {error}\n"));
                    break;
                }
            };
            engine.use_files(&files, Some(path));
            let outcome = self.limited(&mut engine, |engine| engine.run_test(unit, source.clone()));
            let failure = match outcome {
                Outcome::Passed => None,
                Outcome::Failed(failure) => Some(failure),
                Outcome::Interrupted => return Some(Err(Stopped)),
            };
            match failure {
                None => totals.passed += 1,
                Some(_) => totals.failed += 1,
            }
            result.tests.push(TestResult {
                case,
                time: begin.elapsed(),
                failure,
                output: output.text(),
            });
            if let Some(last) = result.tests.last() {
                report(Done::Test(last));
            }
            if self.fail_fast && totals.failed > 0 {
                break;
            }
        }
        Some(Ok(result))
    }

    /// Runs a script of a test; one that takes too long is a failure.
    fn limited(&self, engine: &mut Engine, run: impl FnOnce(&mut Engine) -> Outcome) -> Outcome {
        // SAFETY: the watchdog ends before the machine does.
        let handle = unsafe { engine.interrupt_handle() };
        let watchdog = Watchdog::start(self.limit, handle);
        let outcome = run(engine);
        let timed_out = watchdog.is_some_and(Watchdog::end);
        match outcome {
            Outcome::Interrupted if timed_out => {
                self.interrupt.store(0, Ordering::SeqCst);
                let seconds = self.limit.unwrap_or_default().as_secs_f64();
                let message = format!("The test took longer than {seconds} s");
                let failure = Failure {
                    message,
                    ..Failure::default()
                };
                Outcome::Failed(Box::new(failure))
            }
            outcome => outcome,
        }
    }

    /// The tests that a case of the text stands for: itself, or one for each element of
    /// its table. A table that cannot be computed is a failed test.
    fn rows(
        &self,
        source: &Arc<SourceFile>,
        files: &Arc<Files>,
        path: &str,
        case: TestCase,
    ) -> Result<Vec<Planned>, Stopped> {
        if !case.is_table {
            return Ok(vec![(case, None)]);
        }
        let checked = testing::compile(source, files, &case);
        // Compiling the test reports the mistake.
        let Some(unit) = &checked.unit else {
            return Ok(vec![(case, None)]);
        };
        let Ok(mut engine) = Engine::new(Captured::default().config(self)) else {
            return Ok(vec![(case, None)]);
        };
        engine.use_files(files, Some(path));
        let mut names = Vec::new();
        let outcome = self.limited(&mut engine, |engine| {
            match engine.test_names(unit, source.clone()) {
                Ok(found) => {
                    names = found;
                    Outcome::Passed
                }
                Err(outcome) => outcome,
            }
        });
        match outcome {
            Outcome::Passed => Ok((case.rows(names).into_iter())
                .map(|row| (row, None))
                .collect()),
            Outcome::Failed(failure) => Ok(vec![(case, Some(failure))]),
            Outcome::Interrupted => Err(Stopped),
        }
    }
}

fn read(path: &str) -> Result<SourceFile, String> {
    modules::read(Path::new(path), path)
        .map_err(|error| format!("error: Cannot read file '{path}': {error}\n"))?
        .map_err(|not_text| not_text.diagnostic.render(&not_text.source))
}

fn errors_of(checked: &Checked, source: &SourceFile) -> String {
    let errors = checked.diagnostics.iter();
    errors
        .filter(|one| one.severity == Severity::Error)
        .map(|one| one.render(source))
        .collect()
}

/// Collects what a program writes.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Captured {
    fn config(&self, run: &Run<'_>) -> Config {
        Config {
            interrupts: run.interrupt.clone(),
            machine_stack: Some(super::program_stack()),
            policy: run.policy,
            ..Config::writing(self.clone(), self.clone())
        }
    }

    fn text(&self) -> String {
        self.0.lock().map_or(String::new(), |bytes| {
            String::from_utf8_lossy(&bytes).into_owned()
        })
    }
}

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if let Ok(mut all) = self.0.lock() {
            all.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
