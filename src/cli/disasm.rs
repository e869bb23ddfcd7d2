//! `ruff disasm`: the bytecode of a program as a listing, or the machine code that
//! is made from it.

use super::jit::JitArgs;
use super::{exit, output, report, source};
use ruff::engine::InterruptHandle;
use ruff::engine::SourceFile;
use ruff::engine::Unit;
use ruff::engine::modules::Files;
use ruff::engine::{self, Config, Engine, Policy, RunError};
use ruff::tools::{Arch, Columns, Loaded, disasm, listing, optimized_listing};
use std::process::ExitCode;
use std::sync::Arc;

#[derive(clap::Args)]
pub struct DisasmArgs {
    /// The program; `-` is standard input.
    file: String,
    /// Only functions of this name (`name`, `Type.name`, `<script>`).
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Show the machine code of the baseline compiler between the bytecode.
    #[arg(long)]
    native: bool,
    /// The kind of processor, if it is not that of this machine.
    #[arg(long, value_name = "ARCH", value_enum, requires = "native")]
    arch: Option<ArchName>,
    /// Run the program first, without its output: code is then made with what was
    /// seen.
    #[arg(long, requires = "native")]
    after_run: bool,
    /// Run the program first, without its output, and show what was optimised: the
    /// graphs of values and the machine code made from them.
    #[arg(long, conflicts_with = "native")]
    optimized: bool,
    /// Show the graphs only.
    #[arg(long, requires = "optimized")]
    ir: bool,
    /// Show the bytes of the machine code too.
    #[arg(long, requires = "native")]
    bytes: bool,
    #[command(flatten)]
    jit: JitArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum ArchName {
    #[value(alias = "x86_64", alias = "x86-64", alias = "amd64")]
    X64,
    #[value(alias = "a64", alias = "arm64")]
    Aarch64,
}

pub fn disasm(args: DisasmArgs) -> ExitCode {
    let source = match source::read(&args.file) {
        Ok(source) => source,
        Err(code) => return ExitCode::from(code),
    };
    let main = (args.file != "-").then_some(args.file.as_str());
    let files = Files::new(main);
    let checked = if args.native || args.optimized {
        engine::compile_in(&source, &files)
    } else {
        engine::compile(&source)
    };
    let Some(unit) = checked.unit else {
        for diagnostic in &checked.diagnostics {
            report(&diagnostic.render(&source));
        }
        return ExitCode::from(exit::SYNTAX);
    };
    if let Some(name) = &args.function
        && !unit.functions.iter().any(|one| *one.name == **name)
    {
        report(&format!("error: the program has no function '{name}'\n"));
        return ExitCode::from(2);
    }
    let listing = if args.native || args.optimized {
        match native(&args, &unit, source, &files) {
            Ok(listing) => listing,
            Err(code) => return code,
        }
    } else {
        bytecode_listing(&args, &unit, &source)
    };
    ExitCode::from(output::put(&listing).err().unwrap_or(0))
}

fn bytecode_listing(args: &DisasmArgs, unit: &Unit, source: &SourceFile) -> String {
    let Some(name) = &args.function else {
        return disasm::unit(unit, Some(source));
    };
    let mut out = String::new();
    for (i, f) in unit.functions.iter().enumerate() {
        if *f.name == **name {
            disasm::function(&mut out, unit, i, Some(source));
        }
    }
    out
}

/// Loads the program into a machine, runs it if that is wanted, and lists it.
fn native(
    args: &DisasmArgs,
    unit: &Arc<Unit>,
    source: SourceFile,
    files: &Arc<Files>,
) -> Result<String, ExitCode> {
    let policy = Policy {
        keep_code: args.optimized,
        ..args.jit.policy()
    };
    let config = Config {
        machine_stack: Some(super::program_stack()),
        policy,
        ..Config::silent()
    };
    let interrupts = config.interrupts.clone();
    let mut engine = super::reserved(Engine::new(config))?;
    let source = Arc::new(source);
    let first = engine.load(unit, source.clone());
    if args.after_run || args.optimized {
        engine.use_files(files, (args.file != "-").then_some(&args.file));
        super::interrupt::install(InterruptHandle::for_loops(interrupts));
        // A program that ends in an error has run nevertheless.
        match engine.run_loaded(first) {
            Err(RunError::Uncaught(text)) => report(&text),
            Err(RunError::Interrupted) => report("interrupted\n"),
            Ok(()) | Err(RunError::Exit(_) | RunError::OutputClosed | RunError::Unawaited) => {}
        }
    }
    if args.optimized {
        let listing = optimized_listing(&engine, args.function.as_deref(), args.ir);
        if listing.is_empty() {
            let of = match &args.function {
                Some(name) => format!(" of '{name}'"),
                None => String::new(),
            };
            report(&format!(
                "note: nothing{of} was optimised; --optimize-threshold says when code is (now {})\n",
                policy.optimize_threshold
            ));
        }
        std::mem::forget(engine);
        return Ok(listing);
    }
    let loaded = Loaded {
        unit,
        source: &source,
        first,
    };
    let arch = match args.arch {
        None => Arch::HOST,
        Some(ArchName::X64) => Arch::X64,
        Some(ArchName::Aarch64) => Arch::A64,
    };
    let columns = if args.bytes {
        Columns::Bytes
    } else {
        Columns::Offsets
    };
    let name = args.function.as_deref();
    let listing = listing(&engine, &loaded, name, arch, columns);
    // The process ends here.
    std::mem::forget(engine);
    Ok(listing)
}
