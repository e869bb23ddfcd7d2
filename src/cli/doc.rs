//! `ruff doc`: the reference of the built-ins on the command line.

use super::exit;
use crate::stdlib::reference;
use std::io::Write;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct DocArgs {
    /// A function, a method, or one type's method (`array.push`); without it,
    /// everything there is.
    name: Option<String>,
}

pub fn doc(args: DocArgs) -> ExitCode {
    let text = match &args.name {
        None => reference::overview(),
        Some(name) => match reference::entries(name) {
            Ok(text) => text,
            Err(close) => {
                let hint = close.map_or(String::new(), |c| format!("; did you mean '{c}'?"));
                eprintln!("error: no built-in is called '{name}'{hint}");
                return ExitCode::from(exit::FINDINGS);
            }
        },
    };
    // A reader that went away wanted no more.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}
