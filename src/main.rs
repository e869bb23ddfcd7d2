//! The `ruff` command.
fn main() {}
