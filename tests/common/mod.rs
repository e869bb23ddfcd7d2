//! A folder of files to run the `ruff` command in.

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

/// A folder of its own, removed with the value.
pub struct Project {
    folder: PathBuf,
}

/// The outcome of a run of the command.
pub struct Ran {
    pub out: String,
    pub err: String,
    pub code: i32,
}

impl Project {
    pub fn new(name: &str) -> Project {
        let folder = env::temp_dir().join(format!("ruff-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Project { folder }
    }

    pub fn path(&self, file: &str) -> String {
        self.folder.join(file).to_string_lossy().into_owned()
    }

    pub fn write(&self, file: &str, text: &str) {
        let path = self.folder.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn ruff(&self, args: &[&str]) -> Ran {
        self.ruff_with(args, &[])
    }

    pub fn ruff_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_ruff"))
            .args(args)
            .current_dir(self.path(""))
            .env_remove("RUFF_PATH")
            .envs(env.iter().copied())
            .output()
            .unwrap();
        Ran {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
