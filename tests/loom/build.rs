//! Copies the sources that synchronise threads, with Loom's locks and atomic numbers in place
//! of the standard library's. Nothing else of them changes.

use std::path::Path;
use std::{env, fs};

const SOURCES: [&str; 3] = [
    "runtime/outside.rs",
    "stdlib/shared_channels.rs",
    "vm/threads/program.rs",
];

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo says where this is");
    let out = env::var("OUT_DIR").expect("cargo says where it goes");
    for source in SOURCES {
        let from = Path::new(&root).join("../../src").join(source);
        println!("cargo:rerun-if-changed={}", from.display());
        let text = fs::read_to_string(&from).expect("the source is there");
        // Documentation of a module has to come first, which it does not where it is included.
        let lines = text.lines().filter(|line| !line.starts_with("//!"));
        let text: String = lines.map(|line| format!("{line}\n")).collect();
        let text = text.replace("std::sync::", "crate::sync::");
        let name = Path::new(source).file_name().expect("a file");
        fs::write(Path::new(&out).join(name), text).expect("the copy is written");
    }
}
