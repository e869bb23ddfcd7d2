//! Reading the programs that subcommands are given.

use super::{exit, report};
use crate::syntax::SourceFile;
use std::io::Read;

/// The program in a file, or on standard input for `-`. What is wrong has been
/// reported when this fails.
///
/// # Errors
/// The exit code to end with.
pub fn read(path: &str) -> Result<SourceFile, u8> {
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
            report(&format!("error: Cannot read file '{path}': {error}\n"));
            return Err(exit::UNREADABLE);
        }
    };
    SourceFile::from_bytes(name, bytes).map_err(|not_text| {
        report(&not_text.diagnostic.render(&not_text.source));
        exit::SYNTAX
    })
}
