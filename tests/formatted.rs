//! The repository's own programs, and the programs in its documents, have the form that
//! `ruff fmt` gives them. `UPDATE_EXPECT=1` rewrites those that have not. Programs under
//! `tests` are left alone: many are about the ways in which a program may be written.

use ruff::engine::SourceFile;
use ruff::tools;
use std::fs;
use std::path::{Path, PathBuf};

/// The text in its canonical form; `None` if it does not parse.
fn formatted(name: &str, text: &str) -> Option<String> {
    let source = SourceFile::new(name, text);
    let arena = bumpalo::Bump::new();
    let (module, wrong) = tools::parse(&source, &arena);
    wrong.is_empty().then(|| tools::format(&module, &source))
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|it| it == extension) {
            found.push(path);
        }
    }
}

/// Compares the file with what it should be, or writes that.
fn expect(path: &Path, text: &str, wanted: &str, wrong: &mut Vec<String>) {
    if text == wanted {
        return;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, wanted).expect("the file can be written");
    } else {
        wrong.push(path.display().to_string());
    }
}

#[test]
fn programs_are_formatted() {
    let mut paths = Vec::new();
    for folder in ["docs/examples", "bench-data", "src/cli/init"] {
        files(Path::new(folder), "ruff", &mut paths);
    }
    let mut wrong = Vec::new();
    for path in &paths {
        let text = fs::read_to_string(path).expect("the program can be read");
        let wanted = formatted(&path.to_string_lossy(), &text).expect("the program parses");
        expect(path, &text, &wanted, &mut wrong);
    }
    assert!(paths.len() > 20, "{} programs", paths.len());
    assert!(wrong.is_empty(), "not formatted: {}", wrong.join(", "));
}

/// Blocks that do not parse show what is refused, or parts of a program; those that are
/// about another form are marked `as-written`.
#[test]
fn blocks_of_documents_are_formatted() {
    let mut paths = vec![PathBuf::from("README.md")];
    files(Path::new("docs"), "md", &mut paths);
    let (mut blocks, mut wrong) = (0, Vec::new());
    for path in &paths {
        let text = fs::read_to_string(path).expect("the document can be read");
        let mut wanted = String::new();
        let mut block: Option<String> = None;
        for line in text.split_inclusive('\n') {
            match &mut block {
                None => {
                    wanted += line;
                    if line.trim_end() == "```ruff" {
                        block = Some(String::new());
                    }
                }
                Some(program) if line.trim_end() == "```" => {
                    blocks += 1;
                    wanted += &formatted("block", program).unwrap_or(program.clone());
                    wanted += line;
                    block = None;
                }
                Some(program) => *program += line,
            }
        }
        wanted += &block.unwrap_or_default();
        expect(path, &text, &wanted, &mut wrong);
    }
    assert!(blocks > 50, "{blocks} blocks");
    assert!(wrong.is_empty(), "not formatted: {}", wrong.join(", "));
}
