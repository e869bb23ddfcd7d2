//! `ruff doc`: the reference of the built-ins on the command line.

use super::{exit, output, report};
use ruff::tools::reference;
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
                report(&format!("error: no built-in is called '{name}'{hint}\n"));
                return ExitCode::from(exit::FINDINGS);
            }
        },
    };
    ExitCode::from(output::put(&text).err().unwrap_or(0))
}
