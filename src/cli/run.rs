//! `ruff run`: a program from a file, standard input or the command line.

use super::jit::JitArgs;
use super::untrusted::UntrustedArgs;
use super::{exit, output, project, report, source};
use ruff::engine::SourceFile;
use ruff::engine::Unit;
use ruff::engine::modules::{Files, PROJECT_FILE};
use ruff::engine::{self, Config, Engine, RunError};
use std::mem::ManuallyDrop;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
#[command(trailing_var_arg = true)]
pub struct RunArgs {
    /// The code to run instead of a file.
    #[arg(short, long = "eval", value_name = "CODE")]
    eval: Option<String>,
    /// Collect garbage at every allocation (slow; finds defects of Ruff's).
    #[arg(long)]
    gc_stress: bool,
    /// Most memory the program's values may take, e.g. 500M or 2G.
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_heap: Option<usize>,
    #[command(flatten)]
    jit: JitArgs,
    #[command(flatten)]
    untrusted: UntrustedArgs,
    /// Report collections and counters on standard error at the end.
    #[arg(long)]
    stats: bool,
    /// Report errors as JSON objects on standard error, one a line.
    #[arg(long)]
    json_errors: bool,
    /// The program (`-` is standard input) and the arguments it gets.
    #[arg(allow_hyphen_values = true, value_name = "FILE [ARGS]")]
    words: Vec<String>,
}

/// `64M`, `1.5G`, `4096`.
fn parse_size(text: &str) -> Result<usize, String> {
    let (number, unit) = match text.char_indices().find(|(_, c)| c.is_ascii_alphabetic()) {
        Some((at, _)) => text.split_at(at),
        None => (text, ""),
    };
    let scale = match unit
        .to_ascii_uppercase()
        .trim_end_matches("IB")
        .trim_end_matches('B')
    {
        "" => 1.0,
        "K" => 1024.0,
        "M" => 1024.0 * 1024.0,
        "G" => 1024.0 * 1024.0 * 1024.0,
        _ => return Err(format!("unknown unit '{unit}' (use K, M or G)")),
    };
    let number: f64 = number
        .parse()
        .map_err(|_| format!("'{number}' is not a number"))?;
    let bytes = number * scale;
    if !(1024.0 * 1024.0..1e18).contains(&bytes) {
        return Err("expects at least 1M".to_string());
    }
    Ok(bytes as usize)
}

pub fn run(args: RunArgs) -> ExitCode {
    let mut program = match Program::load(&args, false) {
        Ok(program) => program,
        Err(code) => return code,
    };
    let result = program.engine.run(&program.unit, program.source);
    end(&mut program.engine, &args, result)
}

/// The program of the project that the current folder is in.
fn project_main() -> Result<String, ExitCode> {
    let Some(root) = project::root_of(Path::new("")) else {
        report("error: no program given (a FILE, - or -e CODE), and this is no project\n");
        return Err(ExitCode::from(exit::USAGE));
    };
    let settings = project::read(&root.join(PROJECT_FILE)).map_err(ExitCode::from)?;
    let main = settings.main.unwrap_or_else(|| "main.ruff".to_string());
    let folder = std::env::current_dir().unwrap_or_default();
    let path = root.join(main);
    let shown = path.strip_prefix(&folder).unwrap_or(&path);
    Ok(shown.to_string_lossy().into_owned())
}

/// A program that is ready to run.
pub struct Program {
    /// Never dropped: the process ends soon after the run, the system takes the heap
    /// back faster than we, and Ctrl-C may reach for the machine until then.
    pub engine: ManuallyDrop<Engine>,
    pub unit: Arc<Unit>,
    pub source: Arc<SourceFile>,
}

impl Program {
    /// Reads and compiles the program, and makes the machine that the arguments
    /// ask for; `to_stderr` sends its output there. If this fails, the errors have been
    /// reported.
    ///
    /// # Errors
    /// The exit code to end with.
    pub fn load(args: &RunArgs, to_stderr: bool) -> Result<Program, ExitCode> {
        let started = match (&args.eval, args.words.is_empty()) {
            (None, true) => Some(project_main()?),
            _ => None,
        };
        let mut words = started.into_iter().chain(args.words.iter().cloned());
        let mut main = None;
        let source = match &args.eval {
            Some(code) => SourceFile::new("<eval>", code.as_str()),
            None => {
                let path = words.next().unwrap_or_default();
                if path.starts_with('-') && path != "-" {
                    report(&format!(
                        "error: unknown option '{path}' (see `ruff run --help`)\n"
                    ));
                    return Err(ExitCode::from(2));
                }
                match source::read(&path) {
                    Ok(source) => {
                        main = (path != "-").then_some(path);
                        source
                    }
                    Err(code) => return Err(ExitCode::from(code)),
                }
            }
        };
        let files = Files::new(main.as_deref());
        let mut rest: Vec<String> = words.collect();
        if rest.first().is_some_and(|word| word == "--") {
            rest.remove(0);
        }
        let checked = engine::compile_in(&source, &files);
        let Some(unit) = checked.unit else {
            for diagnostic in &checked.diagnostics {
                report(&if args.json_errors {
                    engine::json::diagnostic(diagnostic, &source)
                } else {
                    diagnostic.render(&source)
                });
            }
            return Err(ExitCode::from(exit::SYNTAX));
        };
        let config = Config {
            args: rest,
            policy: args.jit.policy(),
            max_heap: args.max_heap,
            gc_stress: args.gc_stress,
            count_instructions: args.stats,
            json_errors: args.json_errors,
            permissions: args.untrusted.permissions(),
            ..super::config(to_stderr)
        };
        let mut engine = ManuallyDrop::new(super::reserved(Engine::new(config))?);
        engine.use_files(&files, main.as_deref());
        // SAFETY: the machine is never dropped.
        super::interrupt::install(unsafe { engine.interrupt_handle() });
        Ok(Program {
            engine,
            unit,
            source: Arc::new(source),
        })
    }
}

/// Reports how a run ended, as the arguments ask; the exit code.
pub fn end(engine: &mut Engine, args: &RunArgs, result: Result<(), RunError>) -> ExitCode {
    let reported = match args.stats {
        true => output::put_report(&engine.stats_text()),
        false => Ok(()),
    };
    engine.report_compilation();
    let code = match result {
        Ok(()) | Err(RunError::OutputClosed) => reported.err().unwrap_or(0),
        Err(RunError::Exit(code)) => code as u8,
        Err(RunError::Interrupted) => exit::INTERRUPTED,
        Err(RunError::Unawaited) => exit::UNCAUGHT,
        Err(RunError::Uncaught(report)) => {
            super::report(&report);
            exit::UNCAUGHT
        }
    };
    ExitCode::from(code)
}
