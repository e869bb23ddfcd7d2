//! The languages that a comparison may run beside Ruff, and how each is found,
//! named and started.
//!
//! A peer is a row of the table in [`Peer`]'s methods; nothing outside this
//! file may depend on which peer it deals with.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::catalogue::Program;
use super::run::CommandLine;

/// A language implementation, called by the name of its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Peer {
    Python3,
    Node,
    Luajit,
    #[value(name = "lua5.4")]
    Lua54,
    Pypy3,
    Go,
    Bun,
}

impl Peer {
    pub const ALL: [Peer; 7] = [
        Peer::Python3,
        Peer::Node,
        Peer::Luajit,
        Peer::Lua54,
        Peer::Pypy3,
        Peer::Go,
        Peer::Bun,
    ];

    /// The command, which is also the peer's name in arguments and reports.
    pub fn name(self) -> &'static str {
        match self {
            Peer::Python3 => "python3",
            Peer::Node => "node",
            Peer::Luajit => "luajit",
            Peer::Lua54 => "lua5.4",
            Peer::Pypy3 => "pypy3",
            Peer::Go => "go",
            Peer::Bun => "bun",
        }
    }

    /// The file extension of its programs.
    pub fn extension(self) -> &'static str {
        match self {
            Peer::Python3 | Peer::Pypy3 => "py",
            Peer::Node | Peer::Bun => "js",
            Peer::Luajit | Peer::Lua54 => "lua",
            Peer::Go => "go",
        }
    }

    /// Finds the peer on the `PATH`.
    pub fn find(self) -> Option<FoundPeer> {
        let command = find_command(self.name())?;
        let program = self.without_shim(&command).unwrap_or(command);
        Some(FoundPeer {
            peer: self,
            program,
        })
    }

    /// Version managers put small scripts on the `PATH` that start the real
    /// program; their own time must not be measured. The interpreters that are
    /// managed so can be asked where they are.
    fn without_shim(self, command: &Path) -> Option<PathBuf> {
        let question = match self {
            Peer::Python3 | Peer::Pypy3 => ["-c", "import sys; print(sys.executable)"],
            Peer::Node | Peer::Bun => ["-p", "process.execPath"],
            Peer::Luajit | Peer::Lua54 | Peer::Go => return None,
        };
        let answer = PathBuf::from(first_line_of(command, &question)?);
        answer.is_file().then_some(answer)
    }

    fn version_arguments(self) -> &'static [&'static str] {
        match self {
            Peer::Luajit | Peer::Lua54 => &["-v"],
            Peer::Go => &["version"],
            Peer::Python3 | Peer::Node | Peer::Pypy3 | Peer::Bun => &["--version"],
        }
    }
}

/// A peer that is installed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundPeer {
    pub peer: Peer,
    program: PathBuf,
}

impl FoundPeer {
    /// The version that the peer says it has, without its copyright notice.
    pub fn version(&self) -> String {
        let line = first_line_of(&self.program, self.peer.version_arguments());
        short_version(&line.unwrap_or_default())
    }

    /// How to run its version of the program: `Ok(None)` if there is none. A
    /// compiled language is compiled here, into `build`.
    pub fn prepare(&self, program: &Program, build: &Path) -> Result<Option<CommandLine>, String> {
        let Some(source) = program.source(self.peer.extension()) else {
            return Ok(None);
        };
        if self.peer == Peer::Go {
            let binary = build.join(format!("{}{}", program.name, env::consts::EXE_SUFFIX));
            compile(&self.program, &source, &binary)?;
            return Ok(Some(CommandLine {
                program: binary,
                arguments: Vec::new(),
            }));
        }
        Ok(Some(CommandLine {
            program: self.program.clone(),
            arguments: vec![source.into()],
        }))
    }
}

fn compile(go: &Path, source: &Path, binary: &Path) -> Result<(), String> {
    let output = Command::new(go)
        .args(["build", "-o"])
        .args([binary, source])
        .output()
        .map_err(|error| format!("cannot be built: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let text = String::from_utf8_lossy(&output.stderr);
        Err(format!("cannot be built: {}", text.trim()))
    }
}

/// A folder for compiled programs that goes away with its owner.
#[derive(Debug)]
pub struct BuildFolder {
    path: PathBuf,
}

impl BuildFolder {
    /// Makes a folder that did not exist before.
    pub fn new() -> io::Result<BuildFolder> {
        let process = std::process::id();
        for attempt in 0..u32::MAX {
            let path = env::temp_dir().join(format!("ruff-bench-{process}-{attempt}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(BuildFolder { path }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for BuildFolder {
    fn drop(&mut self) {
        // A file that cannot be removed is left to the system's own cleaning.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn find_command(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    let file = OsString::from(format!("{name}{}", env::consts::EXE_SUFFIX));
    env::split_paths(&path)
        .map(|folder| folder.join(&file))
        .find(|candidate| is_executable(candidate))
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

/// The first line that a command prints, on either stream.
fn first_line_of(program: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    [output.stdout, output.stderr]
        .iter()
        .find_map(|text| Some(String::from_utf8_lossy(text).lines().next()?.to_string()))
}

fn short_version(line: &str) -> String {
    let end = line.find("Copyright").unwrap_or(line.len());
    let cut = |c: char| c.is_whitespace() || c == '-';
    line[..end].trim_end_matches(cut).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn names_in_arguments_are_names_in_reports() {
        assert_eq!(Peer::ALL.as_slice(), Peer::value_variants());
        for peer in Peer::ALL {
            assert_eq!(peer.to_possible_value().unwrap().get_name(), peer.name());
        }
    }

    #[test]
    fn versions_lose_their_copyright() {
        let lua = "Lua 5.4.6  Copyright (C) 1994-2023 Lua.org, PUC-Rio";
        assert_eq!(short_version(lua), "Lua 5.4.6");
        let luajit = "LuaJIT 2.1.0-beta3 -- Copyright (C) 2005-2022 Mike Pall.";
        assert_eq!(short_version(luajit), "LuaJIT 2.1.0-beta3");
        assert_eq!(short_version("v20.1.0"), "v20.1.0");
    }

    #[test]
    fn a_build_folder_goes_away() {
        let folder = BuildFolder::new().unwrap();
        let path = folder.path().to_path_buf();
        assert!(path.is_dir());
        drop(folder);
        assert!(!path.exists());
    }
}
