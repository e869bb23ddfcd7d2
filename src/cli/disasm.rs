//! `ruff disasm`: the bytecode of a program as a listing.

use super::{exit, report, source};
use crate::{bytecode, engine};
use std::io::Write;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct DisasmArgs {
    /// The program; `-` is standard input.
    file: String,
    /// Only functions of this name (`name`, `Type.name`, `<script>`).
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
}

pub fn disasm(args: DisasmArgs) -> ExitCode {
    let source = match source::read(&args.file) {
        Ok(source) => source,
        Err(code) => return ExitCode::from(code),
    };
    let checked = engine::check(&source);
    let Some(unit) = checked.unit else {
        for diagnostic in &checked.diagnostics {
            report(&diagnostic.render(&source));
        }
        return ExitCode::from(exit::SYNTAX);
    };
    let listing = match &args.function {
        None => bytecode::disasm::unit(&unit, Some(&source)),
        Some(name) => {
            let mut out = String::new();
            for (i, f) in unit.functions.iter().enumerate() {
                if *f.name == **name {
                    bytecode::disasm::function(&mut out, &unit, i, Some(&source));
                }
            }
            out
        }
    };
    if listing.is_empty() {
        let name = args.function.unwrap_or_default();
        report(&format!("error: the program has no function '{name}'\n"));
        return ExitCode::from(2);
    }
    let _ = std::io::stdout().write_all(listing.as_bytes());
    ExitCode::SUCCESS
}
