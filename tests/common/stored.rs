//! Texts about the programs of a folder against stored files. `UPDATE_EXPECT=1` rewrites
//! the files.

use std::fs;
use std::path::{Path, PathBuf};

/// The programs in a folder of `tests`, sorted; there are some.
pub fn programs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let entries = fs::read_dir(folder).expect("the folder of programs");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let mut programs: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|one| one == "ruff"))
        .collect();
    programs.sort();
    assert!(!programs.is_empty());
    programs
}

/// Compares texts with stored files, or stores them.
pub struct Stored {
    update: bool,
    different: Vec<String>,
}

impl Stored {
    pub fn new() -> Stored {
        Stored {
            update: std::env::var_os("UPDATE_EXPECT").is_some_and(|wish| wish == "1"),
            different: Vec::new(),
        }
    }

    pub fn compare(&mut self, path: &Path, text: &str) {
        if self.update {
            return fs::write(path, text).expect("a file that can be written");
        }
        let stored = fs::read_to_string(path).unwrap_or_default();
        let mut pairs = stored.lines().zip(text.lines()).enumerate();
        let first = pairs.find(|(_, (stored, now))| stored != now);
        let path = path.display();
        if let Some((line, (stored, now))) = first {
            let line = line + 1;
            self.different
                .push(format!("{path}:{line}\n  - {stored}\n  + {now}"));
        } else if stored.lines().count() != text.lines().count() {
            self.different.push(format!("{path}: another length"));
        }
    }

    /// Fails if a text differed; `texts` is what they are.
    pub fn assert_equal(self, texts: &str) {
        assert!(
            self.different.is_empty(),
            "{texts} differ; if that is right, UPDATE_EXPECT=1 stores the new ones\n{}",
            self.different.join("\n")
        );
    }
}
