//! Listings of machine code against stored files, for both kinds of processor on any
//! host: `tests/native_listing/NAME.ruff` is run in the interpreter, so that caches
//! and notes of kinds are filled, and then every function but the script is listed.
//! `UPDATE_EXPECT=1` rewrites the files; the change is then to be reviewed.

#[path = "common/stored.rs"]
mod stored;

use ruff::engine::modules::Files;
use ruff::engine::{self, Config, Engine, Mode, Policy, SourceFile};
use ruff::tools::{Arch, Columns, Loaded, listing};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stored::Stored;

const ARCHS: [(Arch, &str); 2] = [(Arch::X64, "x64"), (Arch::A64, "aarch64")];

/// A program's listings, in the order of [`ARCHS`].
fn listings(path: &Path) -> [String; 2] {
    let text = std::fs::read_to_string(path).expect("a program");
    let name = path.file_name().expect("a file").to_string_lossy();
    listings_of(&name, text)
}

/// The same of a source text.
fn listings_of(name: &str, text: String) -> [String; 2] {
    let source = Arc::new(SourceFile::new(name, text));
    let checked = engine::compile_in(&source, &Files::new(None));
    let unit = checked.unit.expect("a program without errors");
    let policy = Policy {
        mode: Mode::Off,
        ..Policy::default()
    };
    let config = Config {
        policy,
        ..Config::silent()
    };
    let mut engine = Engine::new(config).expect("memory for the stacks");
    let first = engine.load(&unit, source.clone());
    engine.run_loaded(first).expect("no error");
    let loaded = Loaded {
        unit: &unit,
        source: &source,
        first,
    };
    ARCHS.map(|(arch, _)| {
        let functions = unit.functions.iter().map(|function| &*function.name);
        let mut out = String::new();
        for name in functions.filter(|&name| !name.starts_with('<')) {
            let columns = Columns::Text;
            out += &listing(&engine, &loaded, Some(name), arch, columns);
        }
        out
    })
}

fn programs() -> Vec<PathBuf> {
    stored::programs("native_listing")
}

#[test]
fn listings_are_those_stored() {
    let mut stored = Stored::new();
    for program in programs() {
        for ((_, name), listing) in ARCHS.iter().zip(listings(&program)) {
            stored.compare(&program.with_extension(format!("{name}.txt")), &listing);
        }
    }
    stored.assert_equal("listings");
}

/// Numbers that depend on where things lie would make listings differ from run to
/// run, and with every field that the machine gets.
#[test]
fn listings_name_what_lies_in_the_machine() {
    for program in programs() {
        let [x64, aarch64] = listings(&program);
        for (text, machine) in [(x64, "[r15"), (aarch64, "[x19")] {
            let line = text.lines().find(|line| line.contains(machine));
            assert_eq!(line, None, "{}", program.display());
        }
    }
}

#[test]
fn machines_that_lie_elsewhere_have_the_same_listings() {
    for program in programs() {
        let first = listings(&program);
        // Moves what is made next.
        let elsewhere = vec![vec![0u8; 1234]; 97];
        assert!(first == listings(&program), "{}", program.display());
        drop(elsewhere);
    }
}

/// Its slow paths are further away than conditional branches reach on AArch64.
#[test]
fn very_long_functions_have_code() {
    let mut text = "func long(a, y) {\nmut x := a\n".to_string();
    for _ in 0..12_000 {
        text += "x += y * x\n";
    }
    text += "return x\n}\n";
    for listing in listings_of("long.ruff", text) {
        assert!(listing.contains("return"), "a listing");
        assert!(!listing.contains("not compiled"));
    }
}
