//! The subcommands of the `ruff` command, one file each.
//!
//! Each file holds the arguments of its subcommand and the function that
//! carries it out. What a subcommand does beyond reading arguments and
//! reporting belongs to the floors below, not here.

pub mod bench;
