//! Reading the programs that subcommands are given.

use super::{exit, report};
use ruff::engine::SourceFile;
use ruff::engine::modules;
use std::path::Path;

/// The program in a file, or on standard input for `-`. If this fails, the
/// error has been reported.
///
/// # Errors
/// The exit code to end with.
pub fn read(path: &str) -> Result<SourceFile, u8> {
    let source = if path == "-" {
        SourceFile::from_reader("<stdin>", std::io::stdin())
    } else {
        modules::read(Path::new(path), path)
    };
    match source {
        Ok(Ok(source)) => Ok(source),
        Ok(Err(not_text)) => {
            report(&not_text.diagnostic.render(&not_text.source));
            Err(exit::SYNTAX)
        }
        Err(error) => {
            report(&format!("error: Cannot read file '{path}': {error}\n"));
            Err(exit::UNREADABLE)
        }
    }
}
