//! `ruff check`: what can be said of programs without running them.

use super::{exit, report, source};
use crate::engine::{self, modules::Files};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct CheckArgs {
    /// Programs to check; `-` is standard input.
    #[arg(required = true)]
    files: Vec<String>,
    /// Report findings as JSON objects on standard error, one a line.
    #[arg(long)]
    json_errors: bool,
}

pub fn check(args: CheckArgs) -> ExitCode {
    let mut worst = 0;
    for path in &args.files {
        let source = match source::read(path) {
            Ok(source) => source,
            Err(code) => {
                worst = worst.max(code);
                continue;
            }
        };
        let files = Files::new((path != "-").then_some(path));
        let checked = engine::check_in(&source, &files);
        for diagnostic in &checked.diagnostics {
            report(&if args.json_errors {
                engine::json::diagnostic(diagnostic, &source)
            } else {
                diagnostic.render(&source)
            });
        }
        if checked.unit.is_none() {
            worst = worst.max(exit::SYNTAX);
        } else if !checked.diagnostics.is_empty() {
            worst = worst.max(exit::FINDINGS);
        }
    }
    ExitCode::from(worst)
}
