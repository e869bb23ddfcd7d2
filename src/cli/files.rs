//! The programs that paths on the command line stand for, and putting new text in
//! a file's place.

use super::{exit, report};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The files that the paths stand for: a folder for all programs below it, no path
/// for the current folder. A folder that cannot be read has been reported.
///
/// # Errors
/// The exit code for that, with the files that were found.
pub fn programs(mut paths: Vec<PathBuf>) -> Result<Vec<PathBuf>, (Vec<PathBuf>, u8)> {
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    let mut files = Vec::new();
    let mut failed = false;
    for path in paths {
        if !path.is_dir() {
            files.push(path);
        } else if let Err(error) = collect(&path, &mut files) {
            let path = path.display();
            report(&format!("error: Cannot read folder '{path}': {error}\n"));
            failed = true;
        }
    }
    match failed {
        true => Err((files, exit::UNREADABLE)),
        false => Ok(files),
    }
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

/// Puts a new file with the same permissions in the place of an old one, at
/// once: whatever happens, one of them is there as a whole.
pub fn replace(path: &Path, text: &str) -> std::io::Result<()> {
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
