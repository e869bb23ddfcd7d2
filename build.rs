//! How the `ruff` command is linked.
//!
//! At a fixed address, where that can be had: a position-independent executable has forty
//! thousand pointers to relocate at every start, in its tables of functions above all, which
//! takes as long as all else that an empty program does, and a megabyte of the file.
//! The library takes no part in this.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
