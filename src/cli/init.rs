//! `ruff init`: a small project that runs and whose tests pass.

use super::{output, report};
use ruff::engine::modules::PROJECT_FILE;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

#[derive(clap::Args)]
pub struct InitArgs {
    /// The project's folder; made if it does not exist.
    #[arg(default_value = ".")]
    dir: String,
}

const FILES: &[(&str, &str)] = &[
    (".gitignore", include_str!("init/gitignore")),
    ("main.ruff", include_str!("init/main.ruff")),
    ("greeting.ruff", include_str!("init/greeting.ruff")),
    (
        "tests/greeting_test.ruff",
        include_str!("init/greeting_test.ruff"),
    ),
];

pub fn init(args: InitArgs) -> ExitCode {
    let dir = Path::new(&args.dir);
    let made = match make(dir) {
        Ok(made) => made,
        Err(message) => {
            report(&format!("error: {message}\n"));
            return ExitCode::FAILURE;
        }
    };
    let enter = match &*args.dir {
        "." => String::new(),
        dir => format!("cd {dir} && "),
    };
    let text = format!("{made}\nTry: {enter}ruff run\n     {enter}ruff test\n");
    ExitCode::from(output::put(&text).err().unwrap_or(0))
}

/// Makes the files; says what was made.
fn make(dir: &Path) -> Result<String, String> {
    if dir.join(PROJECT_FILE).exists() {
        let place = dir.display();
        return Err(format!(
            "{place} is a project already: it has a {PROJECT_FILE}"
        ));
    }
    let path = dir.canonicalize().unwrap_or_else(|_| dir.to_path_buf());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: String = name.replace(['"', '\\'], "");
    let settings = format!(
        "# The folder of this file is where `import` looks for modules.\nname = \"{name}\"\nversion = \"0.1.0\"\n"
    );
    let mut told = String::new();
    let project = [(PROJECT_FILE, &*settings)];
    for (file, text) in project.iter().chain(FILES) {
        let path = dir.join(file);
        let cannot = |error| format!("cannot make {}: {error}", path.display());
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(cannot)?;
        }
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut made) => {
                made.write_all(text.as_bytes()).map_err(cannot)?;
                told += &format!("made {}\n", path.display());
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                told += &format!("kept {}\n", path.display());
            }
            Err(error) => return Err(cannot(error)),
        }
    }
    Ok(told)
}
