//! `ruff bench`: how fast whole programs run, alone or beside other languages.
//!
//! The arguments, and the way from them to a report and an exit code. Programs
//! run as child processes of this one, Ruff's own as `ruff run FILE`, so that
//! every language is measured in the same way; no program is ever run inside
//! this process.
//!
//! Exit codes: 0 all results were right, 1 some were not, 2 unknown names or
//! nothing to measure, 5 a file or folder cannot be read or written.

pub mod catalogue;
pub mod chart;
pub mod compare;
pub mod json;
pub mod peers;
pub mod report;
pub mod run;
pub mod stats;

use std::env;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use super::jit::JitArgs;
use super::output;
use catalogue::{CatalogueError, Program};
use compare::{Comparison, Contender, Rounds};
use peers::{BuildFolder, FoundPeer, Peer};
use run::CommandLine;

/// Measure the benchmark programs.
#[derive(Debug, Clone, clap::Args)]
pub struct BenchArgs {
    /// The benchmarks to run, in this order, or files: programs of your own [default: all]
    #[arg(value_name = "NAMES")]
    pub names: Vec<String>,

    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,

    /// Measured runs of each program
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = at_least_one)]
    pub repeat: usize,

    /// Runs before measuring begins
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub warmup: usize,

    /// Also run the programs in every other language found on the PATH
    #[arg(long)]
    pub compare: bool,

    /// Compare with these languages only
    #[arg(long, value_name = "PEERS", value_enum, value_delimiter = ',')]
    pub peers: Vec<Peer>,

    /// Also run another build of Ruff, such as an earlier one
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,

    /// Leave this Ruff out; ratios then refer to the first of the others
    #[arg(long)]
    pub no_ruff: bool,

    #[command(flatten)]
    pub jit: JitArgs,

    /// The folder of programs
    #[arg(long, value_name = "DIR", default_value = "bench-data")]
    pub data: PathBuf,

    /// Write a report in Markdown [FILE if left out: bench.md]
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "bench.md", value_parser = file_with_extension)]
    pub markdown: Option<PathBuf>,

    /// Draw a bar chart [FILE if left out: bench.svg]
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "bench.svg", value_parser = file_with_extension)]
    pub svg: Option<PathBuf>,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("at least one run is needed".to_string()),
        Ok(count) => Ok(count),
        Err(_) => Err("not a number of runs".to_string()),
    }
}

/// A file name may be left out, so that the name of a program could be taken
/// for one; program names have no extension.
fn file_with_extension(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    if path.extension().is_some() {
        Ok(path)
    } else {
        Err("a file name needs an extension; program names go before this option".to_string())
    }
}

/// Carries out `ruff bench`.
pub fn bench(args: BenchArgs) -> ExitCode {
    match measure_and_report(&args) {
        Ok(result) => {
            for (program, contender, reason) in result.wrong() {
                super::report(&format!("error: {program}, {contender}: {reason}\n"));
            }
            ExitCode::from(u8::from(!result.wrong().is_empty()))
        }
        Err(failure) => {
            if let Some(message) = failure.message {
                super::report(&format!("error: {message}\n"));
            }
            ExitCode::from(failure.code)
        }
    }
}

/// Why there is no result.
#[derive(Debug)]
struct Failure {
    /// None if it has been reported.
    message: Option<String>,
    code: u8,
}

const USAGE: u8 = 2;
const FILE: u8 = 5;

impl From<CatalogueError> for Failure {
    fn from(error: CatalogueError) -> Failure {
        let code = match error {
            CatalogueError::CannotRead { .. } | CatalogueError::Empty(_) => FILE,
            CatalogueError::UnknownNames { .. } => USAGE,
        };
        Failure {
            message: Some(error.to_string()),
            code,
        }
    }
}

impl Failure {
    fn file(verb: &str, path: &Path, error: io::Error) -> Failure {
        Failure {
            message: Some(format!("Cannot {verb} '{}': {error}", path.display())),
            code: FILE,
        }
    }
}

fn measure_and_report(args: &BenchArgs) -> Result<Comparison, Failure> {
    let programs = programs(args)?;
    let build = BuildFolder::new()
        .map_err(|error| Failure::file("create a folder in", &env::temp_dir(), error))?;
    let contenders = contenders(args, &build)?;
    let rounds = Rounds {
        warmup: args.warmup,
        repeat: args.repeat,
    };
    let result = compare::compare(&contenders, &programs, rounds, show_progress);
    report(args, &result)?;
    Ok(result)
}

/// The programs to measure: of the catalogue, or files.
fn programs(args: &BenchArgs) -> Result<Vec<Program>, Failure> {
    let is_file = |name: &String| Path::new(name).extension().is_some_and(|it| it == "ruff");
    let (files, names): (Vec<String>, Vec<String>) = args.names.iter().cloned().partition(is_file);
    let mut programs = Vec::new();
    if files.is_empty() || !names.is_empty() {
        programs = catalogue::select(catalogue::read(&args.data)?, &names)?;
    }
    for file in files {
        programs.push(own_program(Path::new(&file))?);
    }
    Ok(programs)
}

/// A program of the user's; what it prints once is what it is to print every time.
fn own_program(path: &Path) -> Result<Program, Failure> {
    fs::metadata(path).map_err(|error| Failure::file("read", path, error))?;
    let ruff =
        env::current_exe().map_err(|error| Failure::file("find", Path::new("ruff"), error))?;
    let ran = (Command::new(ruff).arg("run").arg(path))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::file("run", path, error))?;
    if !ran.status.success() {
        let shown = path.display();
        let message = Some(format!(
            "'{shown}' cannot be measured: it ends with {}",
            ran.status
        ));
        return Err(Failure { message, code: 1 });
    }
    let expected = String::from_utf8_lossy(&ran.stdout).into_owned();
    Ok(Program::of_file(path, expected))
}

fn contenders<'a>(
    args: &BenchArgs,
    build: &'a BuildFolder,
) -> Result<Vec<Box<dyn Contender + 'a>>, Failure> {
    let mut contenders: Vec<Box<dyn Contender>> = Vec::new();
    if !args.no_ruff {
        let program =
            env::current_exe().map_err(|error| Failure::file("find", Path::new("ruff"), error))?;
        let version = env!("CARGO_PKG_VERSION").to_string();
        contenders.push(Box::new(RuffBuild {
            name: "ruff".to_string(),
            version,
            program,
            options: args.jit.words(),
        }));
    }
    for program in &args.against {
        contenders.push(Box::new(RuffBuild {
            name: program.display().to_string(),
            version: String::new(),
            program: program.clone(),
            options: args.jit.words(),
        }));
    }
    for found in found_peers(args)? {
        contenders.push(Box::new(Language {
            version: found.version(),
            found,
            build,
        }));
    }
    if contenders.is_empty() {
        return Err(Failure {
            message: Some(
                "nothing to measure: name some --peers or leave out --no-ruff".to_string(),
            ),
            code: USAGE,
        });
    }
    Ok(contenders)
}

/// The peers that take part. One that was asked for by name must be there.
fn found_peers(args: &BenchArgs) -> Result<Vec<FoundPeer>, Failure> {
    if args.peers.is_empty() {
        let wanted = if args.compare { &Peer::ALL[..] } else { &[] };
        return Ok(wanted.iter().filter_map(|peer| peer.find()).collect());
    }
    args.peers
        .iter()
        .map(|peer| {
            peer.find().ok_or_else(|| Failure {
                message: Some(format!("{} is not on the PATH", peer.name())),
                code: USAGE,
            })
        })
        .collect()
}

/// A build of Ruff, this one or another.
struct RuffBuild {
    name: String,
    version: String,
    program: PathBuf,
    /// For `run`.
    options: Vec<String>,
}

impl Contender for RuffBuild {
    fn name(&self) -> &str {
        &self.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn prepare(&self, program: &Program) -> Result<Option<CommandLine>, String> {
        Ok(program.source("ruff").map(|source| CommandLine {
            program: self.program.clone(),
            arguments: (["run".into()].into_iter())
                .chain(self.options.iter().map(Into::into))
                .chain([source.into()])
                .collect(),
        }))
    }
}

/// Another language.
struct Language<'a> {
    found: FoundPeer,
    version: String,
    build: &'a BuildFolder,
}

impl Contender for Language<'_> {
    fn name(&self) -> &str {
        self.found.peer.name()
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn prepare(&self, program: &Program) -> Result<Option<CommandLine>, String> {
        self.found.prepare(program, self.build.path())
    }
}

/// Says on a terminal which program is being measured.
fn show_progress(program: &Program) {
    if io::stderr().is_terminal() {
        super::report(&format!("measuring {}\n", program.name));
    }
}

fn report(args: &BenchArgs, result: &Comparison) -> Result<(), Failure> {
    let text = if args.json {
        json::json(result) + "\n"
    } else {
        format!(
            "{}\n{}\n",
            report::table(result).to_text(),
            report::legend(result)
        )
    };
    output::put(&text).map_err(|code| Failure {
        message: None,
        code,
    })?;
    if let Some(path) = &args.markdown {
        write(path, &report::markdown(result))?;
    }
    if let Some(path) = &args.svg {
        write(path, &chart::chart(result).to_svg())?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::file("write", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        args: BenchArgs,
    }

    fn parse(words: &[&str]) -> Result<BenchArgs, clap::Error> {
        let words = ["bench"].iter().chain(words);
        Command::try_parse_from(words).map(|command| command.args)
    }

    fn failure(words: &[&str]) -> Failure {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/bench-data");
        let words: Vec<&str> = ["--data", data].iter().chain(words).copied().collect();
        measure_and_report(&parse(&words).unwrap()).unwrap_err()
    }

    #[test]
    fn arguments_have_defaults() {
        let args = parse(&["fib30", "sieve"]).unwrap();
        assert_eq!(args.names, ["fib30", "sieve"]);
        assert_eq!((args.repeat, args.warmup), (5, 1));
        assert_eq!(args.data, Path::new("bench-data"));
        assert_eq!(args.markdown, None);
    }

    #[test]
    fn report_files_have_default_names() {
        let args = parse(&["--svg", "--markdown"]).unwrap();
        assert_eq!(args.markdown.as_deref(), Some(Path::new("bench.md")));
        assert_eq!(args.svg.as_deref(), Some(Path::new("bench.svg")));
        let args = parse(&["fib30", "--markdown", "out/times.md"]).unwrap();
        assert_eq!(args.markdown.as_deref(), Some(Path::new("out/times.md")));
        assert!(parse(&["--markdown", "fib30"]).is_err());
    }

    #[test]
    fn peers_are_a_list() {
        let args = parse(&["--peers", "python3,lua5.4", "--no-ruff"]).unwrap();
        assert_eq!(args.peers, [Peer::Python3, Peer::Lua54]);
        assert!(parse(&["--peers", "cobol"]).is_err());
        assert!(parse(&["--repeat", "0"]).is_err());
    }

    #[test]
    fn failures_have_their_exit_codes() {
        assert_eq!(failure(&["no-such-program"]).code, 2);
        assert_eq!(failure(&["fib30", "--no-ruff"]).code, 2);
        let args = parse(&["--data", "no-such-folder"]).unwrap();
        let failure = measure_and_report(&args).unwrap_err();
        assert_eq!(failure.code, 5);
        let message = failure.message.unwrap();
        assert!(message.starts_with("Cannot read 'no-such-folder'"));
    }
}
