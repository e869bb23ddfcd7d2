//! The `ruff` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ruff::cli::main()
}
