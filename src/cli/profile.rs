//! `ruff profile`: runs a program as `ruff run` does and reports where its time and
//! memory went.
//!
//! Reports go to standard error, so that the program keeps standard output for
//! itself. Files are opened before the program runs: a long run that cannot be
//! written down is worth nothing.

mod flamegraph;
mod json;
mod summary;
mod text;

use super::run::{self, Program, RunArgs};
use super::{exit, output, report};
use ruff::engine::Progress;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;
use std::time::Duration;
use summary::Summary;

/// Runs shorter than this show no progress.
const QUIET_TIME: Duration = Duration::from_secs(3);

#[derive(clap::Args)]
#[command(trailing_var_arg = true)]
pub struct ProfileArgs {
    /// Samples a second.
    #[arg(long, value_name = "HZ", default_value_t = 1000,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rate: u32,
    /// Write a flame graph.
    #[arg(long, value_name = "SVG")]
    flamegraph: Option<String>,
    /// Write the profile as JSON; with `-` to standard output, in place of the report
    /// (the program's own output goes to standard error then).
    #[arg(long, value_name = "FILE")]
    json: Option<String>,
    #[command(flatten)]
    run: RunArgs,
}

pub fn profile(args: ProfileArgs) -> ExitCode {
    let json_to_stdout = args.json.as_deref() == Some("-");
    let mut program = match Program::load(&args.run, json_to_stdout) {
        Ok(program) => program,
        Err(code) => return code,
    };
    let files = open(args.flamegraph.as_deref()).and_then(|flamegraph| {
        let json = args.json.as_deref().filter(|_| !json_to_stdout);
        Ok((flamegraph, open(json)?))
    });
    let (flamegraph, json) = match files {
        Ok(files) => files,
        Err(code) => return code,
    };
    let name = program.source.name().to_string();
    let ran = (program.engine).run_profiled(&program.unit, program.source, args.rate, progress());
    let (result, profile) = match ran {
        Ok(ran) => ran,
        Err(error) => {
            report(&format!("error: cannot start a thread: {error}\n"));
            return ExitCode::FAILURE;
        }
    };
    let code = run::end(&mut program.engine, &args.run, result);
    let summary = Summary::new(&profile);
    let mut written = Ok(());
    if let Some(file) = flamegraph {
        let result = flamegraph::write(&profile, &name, file);
        written = written.and(failed("write", args.flamegraph.as_deref(), result));
    }
    if json_to_stdout || json.is_some() {
        let text = json::json(&profile, &summary, &name, args.rate);
        written = written.and(match json {
            Some(mut file) => {
                let result = file.write_all(text.as_bytes());
                failed("write", args.json.as_deref(), result)
            }
            None => output::put(&text).map_err(ExitCode::from),
        });
    }
    if !json_to_stdout {
        let told = output::put_report(&text::report(&profile, &summary, &name));
        written = written.and(told.map_err(ExitCode::from));
    }
    match written {
        Err(failure) if code == ExitCode::SUCCESS => failure,
        _ => code,
    }
}

/// A file to write to, if a path is given.
fn open(path: Option<&str>) -> Result<Option<File>, ExitCode> {
    let file = path.map(File::create).transpose();
    failed("write", path, file)
}

/// The result, or the exit code for it, reported.
fn failed<T>(what: &str, path: Option<&str>, result: std::io::Result<T>) -> Result<T, ExitCode> {
    result.map_err(|error| {
        let path = path.unwrap_or_default();
        report(&format!("error: Cannot {what} '{path}': {error}\n"));
        ExitCode::from(exit::UNREADABLE)
    })
}

/// Says on a terminal that a long run goes on.
fn progress() -> Option<Progress> {
    let mut shown = Shown(false);
    let shows = std::io::stderr().is_terminal();
    shows.then(|| -> Progress { Box::new(move |time| shown.time(time)) })
}

/// A line on a terminal, if there is one yet; it is cleared when the run has ended.
struct Shown(bool);

impl Shown {
    fn time(&mut self, time: Duration) {
        if time >= QUIET_TIME {
            self.0 = true;
            let seconds = time.as_secs();
            let hint = "Ctrl-C ends the program and reports";
            report(&format!("\rprofiling, {seconds} s ({hint})\x1b[K"));
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        if self.0 {
            report("\r\x1b[K");
        }
    }
}
