//! Graphs of the optimising compiler against stored files: `tests/optimizer/NAME.ruff` is
//! run, and what was optimised is listed. They are the same on every processor.
//! `UPDATE_EXPECT=1` rewrites the files; the change is then to be reviewed: a guard, a load
//! or a call more in a loop is time lost.

#[path = "common/stored.rs"]
mod stored;

use ruff::engine::modules::Files;
use ruff::engine::{self, Config, Engine, Mode, Policy, SourceFile};
use ruff::tools::optimized_listing;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use stored::Stored;

/// The graphs of a program.
fn graphs(path: &Path) -> String {
    let text = std::fs::read_to_string(path).expect("a program");
    let name = path.file_name().expect("a file").to_string_lossy();
    let source = Arc::new(SourceFile::new(&*name, text));
    let checked = engine::compile_in(&source, &Files::new(None));
    let unit = checked.unit.expect("a program without errors");
    let policy = Policy {
        mode: Mode::On,
        keep_code: true,
        ..Policy::default()
    };
    let config = Config {
        policy,
        ..Config::silent()
    };
    let mut engine = Engine::new(config).expect("memory for the stacks");
    let first = engine.load(&unit, source);
    engine.run_loaded(first).expect("no error");
    with_shapes_by_order(&optimized_listing(&engine, None, true))
}

/// The numbers of types' shapes follow from how many types the library has: they are
/// replaced by the order in which they come.
fn with_shapes_by_order(text: &str) -> String {
    /// The two highest bits of shapes of types, and where the number itself begins.
    const TYPE: u64 = 0b11 << 30;
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let end = rest[at..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(rest.len(), |len| at + len);
        let before = &rest[..at];
        let number: Option<u64> = rest[at..end].parse().ok();
        out += before;
        // A printed type leaves the highest bit out.
        let of_type = before.ends_with("of shape ");
        let shape = number.map(|number| number | if of_type { 1 << 31 } else { 0 });
        match shape.filter(|&shape| shape >> 32 == 0 && shape & TYPE == TYPE) {
            Some(shape) if shape != u64::from(u32::MAX) => {
                let next = seen.len();
                out += &format!("<{}>", seen.entry(shape).or_insert(next));
            }
            _ => out += &rest[at..end],
        }
        rest = &rest[end..];
    }
    out + rest
}

fn programs() -> Vec<PathBuf> {
    stored::programs("optimizer")
}

#[test]
fn graphs_are_those_stored() {
    let mut stored = Stored::new();
    for program in programs() {
        stored.compare(&program.with_extension("txt"), &graphs(&program));
    }
    stored.assert_equal("graphs");
}

#[test]
fn graphs_have_no_addresses() {
    for program in programs() {
        assert_eq!(graphs(&program), graphs(&program), "{}", program.display());
    }
}
