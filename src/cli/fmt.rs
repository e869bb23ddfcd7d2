//! `ruff fmt`: programs in their canonical form.

use super::{exit, output, report, source};
use crate::syntax::diagnostic::Severity;
use crate::syntax::{self, SourceFile};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct FmtArgs {
    /// Programs and folders; `-` formats standard input to standard output.
    /// Without any, the current folder.
    paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change, and end with 1 if
    /// there are any.
    #[arg(long)]
    check: bool,
}

pub fn fmt(args: FmtArgs) -> ExitCode {
    let mut run = Run {
        check: args.check,
        worst: 0,
    };
    let mut paths = args.paths;
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            if let Err(error) = collect(&path, &mut files) {
                report(&format!(
                    "error: Cannot read folder '{}': {error}\n",
                    path.display()
                ));
                run.note(exit::UNREADABLE);
            }
        } else {
            files.push(path);
        }
    }
    for path in files {
        run.file(&path);
    }
    ExitCode::from(run.worst)
}

/// The programs below a folder, in the order of their names; hidden folders
/// are left out, and links are not followed.
fn collect(folder: &Path, out: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let kind = entry.file_type()?;
        let path = entry.path();
        if kind.is_dir() {
            if !entry.file_name().to_string_lossy().starts_with('.') {
                collect(&path, out)?;
            }
        } else if kind.is_file() && path.extension().is_some_and(|it| it == "ruff") {
            out.push(
                path.strip_prefix(".")
                    .map(Path::to_path_buf)
                    .unwrap_or(path),
            );
        }
    }
    Ok(())
}

struct Run {
    check: bool,
    worst: u8,
}

impl Run {
    fn note(&mut self, code: u8) {
        self.worst = self.worst.max(code);
    }

    fn put(&mut self, text: &str) {
        if let Err(code) = output::put(text) {
            self.note(code);
        }
    }

    fn file(&mut self, path: &Path) {
        let name = path.to_string_lossy();
        let source = match source::read(&name) {
            Ok(source) => source,
            Err(code) => return self.note(code),
        };
        let formatted = match formatted(&source) {
            Ok(formatted) => formatted,
            Err(code) => return self.note(code),
        };
        let changed = formatted != source.text();
        if self.check {
            if changed {
                self.note(exit::FINDINGS);
                self.put(&format!("{}\n", source.name()));
            }
        } else if &*name == "-" {
            self.put(&formatted);
        } else if changed && let Err(error) = replace(path, &formatted) {
            report(&format!("error: Cannot write file '{name}': {error}\n"));
            self.note(exit::UNREADABLE);
        }
    }
}

/// A program in its canonical form, if it has no errors; else the exit code,
/// and what is wrong has been reported.
fn formatted(source: &SourceFile) -> Result<String, u8> {
    let arena = bumpalo::Bump::new();
    let (module, diagnostics) = syntax::parse(source, &arena);
    let is_error = |d: &&syntax::Diagnostic| d.severity == Severity::Error;
    let errors: Vec<_> = diagnostics.iter().filter(is_error).collect();
    for error in &errors {
        report(&error.render(source));
    }
    if !errors.is_empty() {
        return Err(exit::SYNTAX);
    }
    let formatted = syntax::format(&module, source);
    // A file is only replaced by one that is known to mean the same.
    let again = SourceFile::new(source.name(), &*formatted);
    let (reread, wrong) = syntax::parse(&again, &arena);
    let kept = reread.comments.len() == module.comments.len();
    if !wrong.is_empty() || !kept || syntax::print(&reread) != syntax::print(&module) {
        report(&format!(
            "error: this is a defect of Ruff's: cannot format '{}' without changing it\n",
            source.name()
        ));
        return Err(exit::DEFECT);
    }
    Ok(formatted)
}

/// Puts a new file with the same permissions in the place of an old one, at
/// once: whatever happens, one of them is there as a whole.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // The file itself, where the path is a link to it.
    let path = std::fs::canonicalize(path)?;
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let new = path.with_file_name(name);
    let written = std::fs::File::create_new(&new).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.set_permissions(std::fs::metadata(&path)?.permissions())?;
        file.sync_all()?;
        std::fs::rename(&new, &path)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}
