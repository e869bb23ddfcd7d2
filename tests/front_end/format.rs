//! Properties of the formatter: what it gives means the same, has every
//! comment, and is what it would give again. Checked on all programs there
//! are, on generated ones, and with comments put between any two words.

use crate::{generate, on_big_stack};
use bumpalo::Bump;
use proptest::prelude::*;
use ruff::engine::SourceFile;
use ruff::tools::{format, parse, print};
use std::path::{Path, PathBuf};

/// A tree without its places, and the comments without their indentation.
struct Program {
    tree: String,
    comments: Vec<String>,
    formatted: String,
}

fn read(text: &str) -> Result<Program, String> {
    let source = SourceFile::new("any.ruff", text);
    let arena = Bump::new();
    let (module, diagnostics) = parse(&source, &arena);
    if !diagnostics.is_empty() {
        return Err(diagnostics.iter().map(|d| d.render(&source)).collect());
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Ok(Program {
        tree: without_spans(&format!("{:?}", module.body)),
        comments: module.comments.iter().map(|one| words(one.text)).collect(),
        formatted: format(&module, &source),
    })
}

fn without_spans(tree: &str) -> String {
    let mut out = String::with_capacity(tree.len());
    let mut rest = tree;
    while let Some(at) = rest.find("Span { lo: ") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('}').map_or("", |(_, after)| after);
    }
    out + rest
}

/// `stable`: whether the first result must be the last and comments keep their
/// order; several in the middle of one statement may pass each other on their way
/// to its end, and move twice. None may be lost.
fn check(text: &str, stable: bool) -> Result<(), String> {
    let Ok(before) = read(text) else {
        return Ok(());
    };
    let shown = |what: &str| format!("{what}\n--- from\n{text}\n--- to\n{}", before.formatted);
    let after = read(&before.formatted).map_err(|why| shown(&why))?;
    if before.tree != after.tree {
        return Err(shown("another program"));
    }
    let (mut had, mut has) = (before.comments.clone(), after.comments.clone());
    if !stable {
        had.sort();
        has.sort();
    }
    if had != has {
        return Err(shown(&format!(
            "other comments: {:?} / {:?}",
            before.comments, after.comments
        )));
    }
    if stable && before.formatted != after.formatted {
        let mut pairs = before.formatted.lines().zip(after.formatted.lines());
        let pair = pairs.find(|(one, two)| one != two);
        return Err(shown(&format!("formatted again: {pair:#?}")));
    }
    // Strings and comments over several lines are kept as they are.
    let verbatim = text.contains('"') || text.contains("/*");
    if before.formatted.lines().any(|line| line.ends_with(' ')) && !verbatim {
        return Err(shown("spaces at a line end"));
    }
    Ok(())
}

pub fn all_programs() -> Vec<PathBuf> {
    fn collect(folder: &Path, out: &mut Vec<PathBuf>) {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return;
        };
        for entry in entries.flatten() {
            let path = entry.path();
            if path.is_dir() {
                collect(&path, out);
            } else if path.extension().is_some_and(|it| it == "ruff") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    for folder in ["tests", "bench-data", "docs"] {
        collect(&root.join(folder), &mut out);
    }
    out.sort();
    assert!(out.len() > 100);
    out
}

#[test]
fn every_program_keeps_its_meaning_and_comments() {
    on_big_stack(|| {
        let mut failures = Vec::new();
        for path in all_programs() {
            let Ok(text) = std::fs::read_to_string(&path) else {
                continue;
            };
            if let Err(why) = check(&text, true) {
                failures.push(format!("{}: {why}", path.display()));
            }
        }
        assert!(failures.is_empty(), "{}", failures.join("\n=====\n"));
    });
}

/// Byte offsets between words, where a comment may be.
fn gaps(text: &str) -> Vec<usize> {
    let inside = |at: usize| {
        text.as_bytes()[at - 1].is_ascii_alphanumeric()
            && text.as_bytes()[at].is_ascii_alphanumeric()
    };
    (1..text.len())
        .filter(|&at| text.is_char_boundary(at) && !inside(at))
        .collect()
}

const INSERTED: &[&str] = &[
    " # c\n",
    " # c\n# c\n /* c */ ",
    " /* c */ ",
    "\n\n// c\n\n",
    "/* a\n * b\n */",
    "\n\n",
    " ",
];

#[test]
fn comments_may_stand_anywhere() {
    on_big_stack(|| {
        let sample = include_str!("sample.ruff");
        let mut failures = Vec::new();
        for inserted in INSERTED {
            for at in gaps(sample) {
                let text = [&sample[..at], inserted, &sample[at..]].concat();
                if let Err(why) = check(&text, false) {
                    let near = &sample[sample[..at].rfind('\n').map_or(0, |at| at + 1)..at];
                    let why = why.split("--- from").next().unwrap_or_default();
                    failures.push(format!("{inserted:?} after {near:?}: {why}"));
                }
            }
        }
        let count = failures.len();
        assert!(failures.is_empty(), "{count}:\n{}", failures.join("\n"));
    });
}

proptest! {
    #![proptest_config(ProptestConfig {
        max_shrink_iters: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn generated_programs_format_stably(
        choices in prop::collection::vec(any::<u8>(), 0..900),
        inserts in prop::collection::vec((any::<prop::sample::Index>(), 0..INSERTED.len()), 0..6),
    ) {
        let arena = Bump::new();
        let mut text = print(&generate::module(&arena, &choices));
        if let Err(why) = check(&text, true) {
            panic!("{why}");
        }
        for (at, which) in inserts {
            let places = gaps(&text);
            if !places.is_empty() {
                text.insert_str(*at.get(&places), INSERTED[which]);
            }
        }
        if let Err(why) = check(&text, false) {
            panic!("{why}");
        }
    }
}
