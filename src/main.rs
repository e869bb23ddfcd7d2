//! The `ruff` command.

mod cli;

use cli::memory::Watched;
use std::process::ExitCode;

#[global_allocator]
static MEMORY: Watched = Watched;

fn main() -> ExitCode {
    cli::main()
}
