//! The benchmark programs there are: one folder each under the data folder.
//!
//! A folder `NAME` counts if it holds `NAME.ruff` and `expected.txt`; what the
//! program measures is its first comment line. This file only reads folders:
//! it starts no process and knows nothing of languages beyond file extensions.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One benchmark program and what it must print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    pub name: String,
    /// The text of the first comment line, without its mark.
    pub description: String,
    /// The text that every language's version prints.
    pub expected: String,
    folder: PathBuf,
}

impl Program {
    /// A file outside of the catalogue.
    pub fn of_file(path: &Path, expected: String) -> Program {
        let name = path.file_stem().unwrap_or_default();
        Program {
            name: name.to_string_lossy().into_owned(),
            description: String::new(),
            expected,
            folder: path.parent().unwrap_or(Path::new("")).to_path_buf(),
        }
    }

    /// The version for one language, if the folder has it.
    pub fn source(&self, extension: &str) -> Option<PathBuf> {
        let path = self.folder.join(format!("{}.{extension}", self.name));
        path.is_file().then_some(path)
    }
}

/// Why the catalogue, or a choice from it, is not to be had.
#[derive(Debug)]
pub enum CatalogueError {
    CannotRead {
        path: PathBuf,
        error: io::Error,
    },
    /// The folder can be read but holds no program.
    Empty(PathBuf),
    UnknownNames {
        names: Vec<String>,
        known: Vec<String>,
    },
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CatalogueError::CannotRead { path, error } => {
                write!(f, "Cannot read '{}': {error}", path.display())
            }
            CatalogueError::Empty(path) => {
                write!(f, "No benchmark programs in '{}'", path.display())
            }
            CatalogueError::UnknownNames { names, known } => write!(
                f,
                "Unknown benchmark: {}\nknown: {}",
                names.join(", "),
                known.join(", ")
            ),
        }
    }
}

impl std::error::Error for CatalogueError {}

/// All programs under `data`, sorted by name.
pub fn read(data: &Path) -> Result<Vec<Program>, CatalogueError> {
    let entries = fs::read_dir(data).map_err(|error| cannot_read(data, error))?;
    let mut programs = Vec::new();
    for entry in entries {
        let folder = entry.map_err(|error| cannot_read(data, error))?.path();
        if let Some(program) = read_program(folder)? {
            programs.push(program);
        }
    }
    if programs.is_empty() {
        return Err(CatalogueError::Empty(data.to_path_buf()));
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

fn read_program(folder: PathBuf) -> Result<Option<Program>, CatalogueError> {
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
        return Ok(None);
    };
    let name = name.to_string();
    let source = folder.join(format!("{name}.ruff"));
    let expected = folder.join("expected.txt");
    if !source.is_file() || !expected.is_file() {
        return Ok(None);
    }
    let text = fs::read_to_string(&source).map_err(|error| cannot_read(&source, error))?;
    let expected = fs::read_to_string(&expected).map_err(|error| cannot_read(&expected, error))?;
    Ok(Some(Program {
        name,
        description: description(&text),
        expected,
        folder,
    }))
}

fn description(source: &str) -> String {
    let line = source.lines().next().unwrap_or_default();
    match line.strip_prefix('#') {
        Some(text) => text.trim().to_string(),
        None => String::new(),
    }
}

/// The named programs in the order asked for, each once; all of them if no
/// name is given.
pub fn select(all: Vec<Program>, names: &[String]) -> Result<Vec<Program>, CatalogueError> {
    if names.is_empty() {
        return Ok(all);
    }
    let mut chosen: Vec<Program> = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        match all.iter().find(|program| program.name == *name) {
            Some(program) if chosen.contains(program) => {}
            Some(program) => chosen.push(program.clone()),
            None => unknown.push(name.clone()),
        }
    }
    if unknown.is_empty() {
        Ok(chosen)
    } else {
        let known = all.into_iter().map(|program| program.name).collect();
        Err(CatalogueError::UnknownNames {
            names: unknown,
            known,
        })
    }
}

fn cannot_read(path: &Path, error: io::Error) -> CatalogueError {
    CatalogueError::CannotRead {
        path: path.to_path_buf(),
        error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shipped() -> Vec<Program> {
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("bench-data")).unwrap()
    }

    #[test]
    fn every_shipped_program_is_complete() {
        for program in shipped() {
            for extension in ["ruff", "py", "js", "lua", "go"] {
                assert!(
                    program.source(extension).is_some(),
                    "{} has no .{extension}",
                    program.name
                );
            }
            assert!(!program.description.is_empty(), "{}", program.name);
            assert!(program.expected.ends_with('\n'), "{}", program.name);
        }
    }

    #[test]
    fn programs_are_sorted_and_described() {
        let names: Vec<String> = shipped().into_iter().map(|p| p.name).collect();
        assert!(names.is_sorted());
        assert!(names.contains(&"fib30".to_string()));
        assert_eq!(description("# Adds.\nx := 1"), "Adds.");
        assert_eq!(description("x := 1"), "");
    }

    #[test]
    fn a_choice_keeps_the_order_asked_for_and_drops_repeats() {
        let names = ["sieve", "fib30", "sieve"].map(String::from);
        let chosen = select(shipped(), &names).unwrap();
        let chosen: Vec<&str> = chosen.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(chosen, ["sieve", "fib30"]);
    }

    #[test]
    fn unknown_names_are_all_reported() {
        let names = ["fib30", "nope", "neither"].map(String::from);
        let error = select(shipped(), &names).unwrap_err().to_string();
        assert!(error.starts_with("Unknown benchmark: nope, neither\nknown: "));
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let error = read(Path::new("no-such-folder")).unwrap_err();
        assert!(matches!(error, CatalogueError::CannotRead { .. }));
    }
}
