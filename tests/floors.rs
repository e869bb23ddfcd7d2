//! The floors of `docs/ARCHITECTURE.md` against the imports of the library: each uses
//! only what is below itself, and within a floor files do not use each other in a
//! circle, but for those listed here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// From the bottom up; those of one line are level.
const FLOORS: &[&[&str]] = &[
    &["system", "value", "effects", "format_spec"],
    &["syntax"],
    &["heap", "bytecode"],
    &["compiler", "runtime"],
    &["stdlib"],
    &["vm", "check"],
    &["jit", "profile"],
    &["engine"],
    &["tools"],
];

/// Files of a floor that may use each other in a circle, with the reason.
const CIRCLES: &[(&str, &[&str])] = &[
    // A key may be a dict, or hold one: its hash is that of its entries, and two are
    // compared by looking the keys of one up in the other, by their hashes.
    ("runtime", &["dict", "hash"]),
];

type Graph = BTreeMap<String, BTreeSet<String>>;

fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy();
        if path.is_dir() {
            if !["tests", "cli"].contains(&&*name) {
                sources(&path, out);
            }
        } else if name.ends_with(".rs") && !["lib.rs", "main.rs"].contains(&&*name) {
            out.push(path);
        }
    }
}

/// The paths that a `use` names, its braces taken apart.
fn paths(text: &str, before: &str, out: &mut Vec<String>) {
    let mut depth = 0;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    for part in parts {
        let part = part.trim();
        match part.split_once('{') {
            Some((head, rest)) => {
                let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
                paths(inner, &format!("{before}{head}"), out);
            }
            None if !part.is_empty() => out.push(format!("{before}{part}")),
            None => {}
        }
    }
}

/// All paths in a file that begin at the crate or at a module around it.
fn mentioned(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| match line.find("//") {
        Some(at) => &line[..at],
        None => line,
    });
    let text: Vec<&str> = lines.collect();
    let text = text.join("\n");
    let mut out = Vec::new();
    for part in text.split("use ").skip(1) {
        if let Some((used, _)) = part.split_once(';') {
            paths(used, "", &mut out);
        }
    }
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    out.extend(text.split(|c| !inside(c)).map(String::from));
    out.retain(|path| path.starts_with("crate::") || path.starts_with("super::"));
    out
}

/// The files of the library, and which of them each names.
fn graph() -> Graph {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    let module = |path: &Path| {
        let path = path.strip_prefix(&root).expect("below the root");
        let name = path.with_extension("").to_string_lossy().replace('\\', "/");
        name.strip_suffix("/mod").map_or(name.clone(), String::from)
    };
    let modules: BTreeSet<String> = files.iter().map(|path| module(path)).collect();
    let mut graph = Graph::new();
    for path in &files {
        let from = module(path);
        let text = std::fs::read_to_string(path).expect("a source");
        let uses = graph.entry(from.clone()).or_default();
        for path in mentioned(&text) {
            let mut at: Vec<&str> = from.split('/').collect();
            for part in path.split("::") {
                match part.split_whitespace().next().unwrap_or_default() {
                    "crate" => at.clear(),
                    "super" => drop(at.pop()),
                    "self" => {}
                    name => at.push(name),
                }
            }
            let longest = (1..=at.len()).rev().map(|len| at[..len].join("/"));
            if let Some(to) = longest.into_iter().find(|to| modules.contains(to))
                && to != from
            {
                uses.insert(to);
            }
        }
    }
    graph
}

fn floor_of(module: &str) -> &str {
    module.split('/').next().unwrap_or_default()
}

#[test]
fn floors_use_only_what_is_below_them() {
    let level = |floor: &str| FLOORS.iter().position(|level| level.contains(&floor));
    let mut wrong = Vec::new();
    for (from, uses) in graph() {
        let own = level(floor_of(&from)).unwrap_or_else(|| panic!("{from} is on no floor"));
        for to in uses {
            let below = level(floor_of(&to)).is_some_and(|below| below < own);
            if floor_of(&to) != floor_of(&from) && !below {
                wrong.push(format!("{from} uses {to}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Whether `to` can be reached.
fn reaches(graph: &Graph, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next: Vec<&str> = vec![from];
    while let Some(at) = next.pop() {
        for one in graph.get(at).into_iter().flatten() {
            if one == to {
                return true;
            }
            if seen.insert(one.as_str()) {
                next.push(one);
            }
        }
    }
    false
}

#[test]
fn files_of_a_floor_form_no_new_circles() {
    let mut within = graph();
    for (from, uses) in &mut within {
        let is_outside = |to: &String| {
            // A folder's own file joins what is in it.
            floor_of(to) != floor_of(from)
                || from.starts_with(&format!("{to}/"))
                || to.starts_with(&format!("{from}/"))
        };
        uses.retain(|to| !is_outside(to));
    }
    let known = |module: &str| {
        let (floor, name) = module.split_once('/').unwrap_or((module, ""));
        CIRCLES
            .iter()
            .any(|(of, names)| *of == floor && names.contains(&name))
    };
    let modules = within.keys().filter(|module| !known(module));
    let in_circles: Vec<&String> = modules
        .filter(|module| reaches(&within, module, module))
        .collect();
    assert!(in_circles.is_empty(), "{in_circles:#?}");
    for (floor, names) in CIRCLES {
        for name in *names {
            let module = format!("{floor}/{name}");
            let is_one = reaches(&within, &module, &module);
            assert!(is_one, "{module} is listed, and in no circle");
        }
    }
}
