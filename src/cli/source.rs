//! Reading the programs that subcommands are given.

use super::exit;
use crate::syntax::SourceFile;
use std::io::Read;
use std::process::ExitCode;

/// The program in a file, or on standard input for `-`. What is wrong has been
/// reported when this fails.
///
/// # Errors
/// The exit code to end with.
pub fn read(path: &str) -> Result<SourceFile, ExitCode> {
    let (name, bytes) = if path == "-" {
        let mut bytes = Vec::new();
        (
            "<stdin>",
            std::io::stdin().read_to_end(&mut bytes).map(|_| bytes),
        )
    } else {
        (path, std::fs::read(path))
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            eprintln!("error: Cannot read file '{path}': {error}");
            return Err(ExitCode::from(exit::UNREADABLE));
        }
    };
    SourceFile::from_bytes(name, bytes).map_err(|not_text| {
        eprint!("{}", not_text.diagnostic.render(&not_text.source));
        ExitCode::from(exit::SYNTAX)
    })
}
