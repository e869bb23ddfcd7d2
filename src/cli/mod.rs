//! The subcommands of the `ruff` command, one file each.
//!
//! Each file holds the arguments of its subcommand and the function that
//! carries it out. What a subcommand does beyond reading arguments and
//! reporting belongs to the floors below, not here.

pub mod bench;
mod check;
mod disasm;
mod doc;
mod interrupt;
mod run;
mod source;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Exit codes (LANGUAGE.md 10).
pub mod exit {
    pub const SYNTAX: u8 = 3;
    pub const UNCAUGHT: u8 = 4;
    pub const UNREADABLE: u8 = 5;
    pub const DEFECT: u8 = 6;
    pub const FINDINGS: u8 = 1;
    pub const INTERRUPTED: u8 = 130;
}

/// Ruff: a small, expressive scripting language.
#[derive(Parser)]
#[command(
    name = "ruff",
    version,
    about,
    after_help = "`ruff FILE` is short for `ruff run FILE`."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a program.
    Run(run::RunArgs),
    /// Report what is wrong with programs, without running them.
    Check(check::CheckArgs),
    /// Show the bytecode of a program.
    Disasm(disasm::DisasmArgs),
    /// Look up a built-in function.
    Doc(doc::DocArgs),
    /// Measure the benchmark programs, alone or beside other languages.
    Bench(bench::BenchArgs),
}

/// Stack of the thread that runs programs. Calls between Ruff functions take
/// none of it, but built-ins that call back, the parser and the compiler do.
const STACK_SIZE: usize = 512 << 20;

/// Carries out the command line; the process's exit code.
pub fn main() -> ExitCode {
    report_panics();
    let cli = Cli::parse_from(with_default_command(std::env::args_os()));
    let thread = std::thread::Builder::new().stack_size(STACK_SIZE);
    let running = thread.spawn(move || match cli.command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(args),
        Command::Disasm(args) => disasm::disasm(args),
        Command::Doc(args) => doc::doc(args),
        Command::Bench(args) => bench::bench(args),
    });
    match running {
        Ok(running) => running.join().unwrap_or(ExitCode::from(exit::DEFECT)),
        Err(error) => {
            eprintln!("error: cannot start a thread: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `ruff FILE …` and `ruff - …` mean `ruff run …`.
fn with_default_command(args: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    let mut args: Vec<_> = args.collect();
    if let Some(first) = args.get(1) {
        let text = first.to_string_lossy();
        let is_option = text.starts_with('-') && text != "-";
        let is_command = ["run", "check", "disasm", "doc", "bench", "help"].contains(&&*text);
        if !is_option && !is_command {
            args.insert(1, "run".into());
        }
    }
    args
}

/// A panic is a defect of Ruff's: says so, and ends with the code for it.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or(String::new(), |l| format!(" ({}:{})", l.file(), l.line()));
        let what = info.payload();
        let what = (what.downcast_ref::<&str>().map(|s| s.to_string()))
            .or_else(|| what.downcast_ref::<String>().cloned())
            .unwrap_or_default();
        eprintln!("error: this is a defect of Ruff's, not of your program: {what}{place}");
        eprintln!("please report it with the program that shows it");
        std::process::exit(exit::DEFECT.into());
    }));
}
