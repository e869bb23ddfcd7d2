//! Which files to test.

use std::path::Path;

/// Folders that hold no programs of the project's.
const LEFT_OUT: &[&str] = &["target", "node_modules"];

/// The files that the given files and folders stand for, in order, and those
/// given that do not exist.
pub fn sources(given: &[String]) -> (Vec<String>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for path in given {
        let at = Path::new(path);
        if at.is_dir() {
            search(at, &mut found);
        } else if at.exists() {
            found.push(path.clone());
        } else {
            missing.push(path.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    (found, missing)
}

fn search(folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !LEFT_OUT.contains(&&*name) && !path.is_symlink() {
                search(&path, found);
            }
        } else if path.extension().is_some_and(|one| one == "ruff") {
            let path = path.strip_prefix(".").unwrap_or(&path);
            found.push(path.to_string_lossy().into_owned());
        }
    }
}

/// Whether a text that does not parse seems to have tests.
pub fn mentions_tests(text: &str) -> bool {
    text.lines()
        .any(|line| line.starts_with("test \"") || line.starts_with("test_group \""))
}
