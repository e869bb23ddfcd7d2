//! The subcommands of the `ruff` command, one file each. Part of the command, not of the
//! library: it sees [`ruff::engine`] and [`ruff::tools`].
//!
//! Each file holds the arguments of its subcommand and the function that
//! carries it out. Everything that a subcommand does beyond reading arguments and
//! reporting belongs to the floors below, not here.

pub mod bench;
mod check;
mod colour;
mod diff;
mod disasm;
mod doc;
mod files;
mod fmt;
mod init;
mod interrupt;
mod jit;
pub mod memory;
mod output;
mod profile;
mod project;
mod repl;
mod run;
mod source;
mod test;
mod untrusted;

use clap::{CommandFactory, Parser, Subcommand};
use ruff::engine::Config;
use ruff::tools;
use std::io::{ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// Exit codes (LANGUAGE.md 10).
pub mod exit {
    pub const USAGE: u8 = 2;
    pub const SYNTAX: u8 = 3;
    /// Also of a command that the system had no memory for.
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
    after_help = "`ruff FILE` is short for `ruff run FILE`, and `ruff -e CODE` for `ruff run -e CODE`. `ruff` alone is a prompt, or `ruff run -` without a terminal."
)]
struct Cli {
    /// When reports are coloured; NO_COLOR in the environment means never.
    #[arg(long, global = true, value_enum, default_value_t = colour::When::Auto, value_name = "WHEN")]
    color: colour::When,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a program.
    Run(run::RunArgs),
    /// Run a program and report where its time and memory go.
    Profile(profile::ProfileArgs),
    /// Report what is wrong with programs, without running them.
    Check(check::CheckArgs),
    /// Run the tests in programs.
    Test(test::TestArgs),
    /// Make a small project to start from.
    Init(init::InitArgs),
    /// Show the bytecode of a program.
    Disasm(disasm::DisasmArgs),
    /// Look up a built-in, a keyword, an operator or a name of a program.
    Doc(doc::DocArgs),
    /// Type statements and see what they give.
    Repl(repl::ReplArgs),
    /// Put programs into their canonical form.
    Fmt(fmt::FmtArgs),
    /// Measure the benchmark programs, alone or beside other languages.
    Bench(bench::BenchArgs),
}

/// Stack of the thread that runs programs. Calls between Ruff functions take
/// none of it, but built-ins that call back, the parser and the compiler do.
const STACK_SIZE: usize = 512 << 20;
/// Where there is little address space it has the fourth part of it, and at least this.
const LEAST_STACK_SIZE: usize = 8 << 20;
const STACK_PART: usize = 4;
/// Programs leave this, or half of a small stack, to built-ins.
const BUILTINS_STACK: usize = 32 << 20;

/// How much machine stack programs may take.
fn program_stack() -> usize {
    PROGRAM_STACK.load(Ordering::Relaxed)
}

static PROGRAM_STACK: AtomicUsize = AtomicUsize::new(0);

/// How programs run that write to the process's own outputs; `to_stderr` sends standard
/// output there too.
fn config(to_stderr: bool) -> Config {
    let out: Box<dyn Write + Send> = match to_stderr {
        true => Box::new(output::stderr()),
        false => Box::new(output::stdout()),
    };
    Config {
        line_buffered: match to_stderr {
            true => std::io::stderr().is_terminal(),
            false => std::io::stdout().is_terminal(),
        },
        machine_stack: Some(program_stack()),
        ..Config::writing(
            output::Buffered::new(out, if to_stderr { 2 } else { 1 }),
            output::stderr(),
        )
    }
}

/// A machine; or the exit code, if there is no memory for one, which has been reported.
fn reserved<T>(made: std::io::Result<T>) -> Result<T, ExitCode> {
    made.map_err(|error| {
        report(&format!(
            "error: cannot reserve memory for the stacks: {error}\n"
        ));
        ExitCode::FAILURE
    })
}

/// Carries out the command line; the process's exit code.
pub fn main() -> ExitCode {
    report_panics();
    survive_full_files();
    memory::report_refusals();
    if let Some(slip) = std::env::args().nth(1).and_then(|word| command_slip(&word)) {
        report(&slip);
        return ExitCode::from(exit::USAGE);
    }
    let cli = match Cli::try_parse_from(with_default_command(std::env::args_os())) {
        Ok(cli) => cli,
        Err(refused) => return told(&refused),
    };
    colour::choose(cli.color);
    match on_large_stack(move || match cli.command {
        Command::Run(args) => run::run(args),
        Command::Profile(args) => profile::profile(args),
        Command::Check(args) => check::check(args),
        Command::Test(args) => test::test(args),
        Command::Init(args) => init::init(args),
        Command::Disasm(args) => disasm::disasm(args),
        Command::Doc(args) => doc::doc(args),
        Command::Repl(args) => repl::repl(args),
        Command::Fmt(args) => fmt::fmt(args),
        Command::Bench(args) => bench::bench(args),
    }) {
        Ok(code) => code,
        Err(error) => {
            report(&format!("error: cannot start a thread: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

/// Does `work` on a thread of its own, with as large a stack as there is room for.
///
/// # Errors
/// If the system refuses even a small one; says how small.
fn on_large_stack(work: impl FnOnce() -> ExitCode + Send + 'static) -> std::io::Result<ExitCode> {
    let work = Arc::new(Mutex::new(Some(work)));
    let mut size = tools::reservation(STACK_SIZE, STACK_PART).max(LEAST_STACK_SIZE);
    match size < STACK_SIZE {
        true => tools::share_allocator(),
        false => tools::keep_freed_memory(),
    }
    loop {
        PROGRAM_STACK.store(size - BUILTINS_STACK.min(size / 2), Ordering::Relaxed);
        let work = work.clone();
        let thread = std::thread::Builder::new().stack_size(size);
        let running = thread.spawn(move || {
            let work = work.lock().map(|mut work| work.take());
            let work = work.expect("no other thread is there");
            work.expect("started once")()
        });
        match running {
            Ok(running) => {
                interrupt::leave_to_other_threads();
                return Ok(running.join().unwrap_or(ExitCode::from(exit::DEFECT)));
            }
            Err(error) if size == LEAST_STACK_SIZE => {
                let asked = tools::size_text(size);
                return Err(std::io::Error::new(
                    error.kind(),
                    format!("{asked} of address space for its stack: {error}"),
                ));
            }
            Err(_) => size = (size / 2).max(LEAST_STACK_SIZE),
        }
    }
}

/// A file that grows beyond the limit of the process (`ulimit -f`) is an error of the
/// write, as a full disk is; by default the system would end the process without a word.
fn survive_full_files() {
    #[cfg(unix)]
    // SAFETY: ignoring a signal runs no code.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
    }
}

/// `ruff FILE …`, `ruff - …` and `ruff -e …` mean `ruff run …`; `ruff` alone means
/// `ruff repl` on a terminal and else `ruff run -`.
fn with_default_command(args: impl Iterator<Item = std::ffi::OsString>) -> Vec<std::ffi::OsString> {
    const OWN: [&str; 5] = ["help", "-h", "--help", "-V", "--version"];
    let mut args: Vec<_> = args.collect();
    if args.len() == 1 {
        // A person gets a prompt; what something else sends is a program.
        if std::io::stdin().is_terminal() {
            args.push("repl".into());
        } else {
            args.extend(["run".into(), "-".into()]);
        }
    }
    if let Some(first) = args.get(1) {
        let text = first.to_string_lossy();
        let commands = Cli::command();
        let is_command = commands.find_subcommand(&*text).is_some();
        if !is_command && !OWN.contains(&&*text) {
            args.insert(1, "run".into());
        }
    }
    args
}

/// The message for a word that is neither a file nor a subcommand, but nearly one.
fn command_slip(word: &str) -> Option<String> {
    const OTHER_WORDS: [(&str, &str); 6] = [
        ("format", "fmt"),
        ("lint", "check"),
        ("new", "init"),
        ("docs", "doc"),
        ("shell", "repl"),
        ("version", "--version"),
    ];
    let is_word = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_word || std::path::Path::new(word).exists() {
        return None;
    }
    let commands = Cli::command();
    let names: Vec<&str> = commands
        .get_subcommands()
        .map(clap::Command::get_name)
        .collect();
    if word == "help" || names.contains(&word) {
        return None;
    }
    let other = OTHER_WORDS.iter().find(|(other, _)| *other == word);
    let close = match other {
        Some(&(_, name)) => name,
        None => tools::closest(word, names)?,
    };
    Some(format!(
        "error: there is no file and no command `{word}`; did you mean `ruff {close}`?\n"
    ))
}

/// Prints a help page, or what is wrong with the arguments; the exit code.
fn told(refused: &clap::Error) -> ExitCode {
    match refused.print() {
        Err(error) if !refused.use_stderr() && error.kind() != ErrorKind::BrokenPipe => {
            report(&format!("error: Cannot write standard output: {error}\n"));
            ExitCode::from(exit::UNREADABLE)
        }
        _ => ExitCode::from(refused.exit_code() as u8),
    }
}

/// Writes to standard error. If the text cannot be written, because its reader
/// is gone, that is no defect and changes no exit code.
fn report(text: &str) {
    let painted = colour::on_stderr().then(|| colour::paint(text));
    let text = painted.as_deref().unwrap_or(text);
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// A panic is a defect of Ruff's: says so, and ends with the code for it.
fn report_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(|l| (l.file(), l.line()));
        report(&defect_text(info.payload(), place));
        std::process::exit(exit::DEFECT.into());
    }));
}

/// The text that a user reads when Ruff itself fails.
fn defect_text(payload: &dyn std::any::Any, place: Option<(&str, u32)>) -> String {
    let place = place.map_or(String::new(), |(file, line)| format!(" ({file}:{line})"));
    let what = (payload.downcast_ref::<&str>().map(|s| s.to_string()))
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    format!(
        "error: this is a defect of Ruff's, not of your program: {what}{place}\n\
         please report it with the program that shows it\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(args: &[&str]) -> Vec<std::ffi::OsString> {
        let args = std::iter::once("ruff").chain(args.iter().copied());
        with_default_command(args.map(Into::into))
    }

    #[test]
    fn a_file_an_option_or_a_dash_means_run() {
        for first in ["x.ruff", "-", "-e", "--gc-stress", "--no-such-option"] {
            assert_eq!(words(&[first])[1], "run", "{first}");
        }
        for first in ["run", "check", "disasm", "bench", "help", "-V", "--help"] {
            assert_eq!(words(&[first])[1], first);
        }
        // Depends on whether the tests run on a terminal.
        assert!(["run", "repl"].map(Into::into).contains(&words(&[])[1]));
    }

    #[test]
    fn slips_of_commands_are_named() {
        let said = |word| command_slip(word).unwrap_or_default();
        assert!(said("tset").contains("did you mean `ruff test`?"));
        assert!(said("format").contains("`ruff fmt`"));
        assert!(said("chekc").contains("`ruff check`"));
        for word in [
            "test",
            "help",
            "-e",
            "--version",
            "my_program",
            "nothing.ruff",
            "",
        ] {
            assert_eq!(command_slip(word), None, "{word}");
        }
    }

    #[test]
    fn a_defect_names_itself_and_its_place() {
        let text = defect_text(&"index out of range", Some(("src/x.rs", 7)));
        assert_eq!(
            text,
            "error: this is a defect of Ruff's, not of your program: index out of range \
             (src/x.rs:7)\nplease report it with the program that shows it\n"
        );
        let owned = defect_text(&String::from("why"), None);
        assert!(owned.contains("program: why\n"), "{owned}");
        assert!(defect_text(&5, None).starts_with("error: this is a defect"));
    }
}
