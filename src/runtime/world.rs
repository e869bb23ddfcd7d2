//! The outside world as one program sees it: what it may reach, its current folder and
//! its environment. Neither of the two is the process's own, which other threads read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A part of the outside world that `--untrusted` denies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Capability {
    /// Reading files and folders.
    FsRead,
    /// Writing, making and removing them.
    FsWrite,
    /// Starting processes.
    Process,
    /// Environment variables.
    Env,
    /// The network.
    Net,
    /// Databases.
    Db,
}

impl Capability {
    const COUNT: usize = 6;

    /// Its name in messages and in the flag that gives it back.
    pub const fn name(self) -> &'static str {
        match self {
            Capability::FsRead => "fs-read",
            Capability::FsWrite => "fs-write",
            Capability::Process => "process",
            Capability::Env => "env",
            Capability::Net => "net",
            Capability::Db => "db",
        }
    }
}

/// How much of a capability is given.
#[derive(Clone, Debug)]
enum Grant {
    All,
    /// Folders, with resolved paths, names of variables, or hosts, each perhaps with a
    /// port.
    Only(Vec<String>),
}

/// The parts of the world that a program may reach.
#[derive(Clone, Debug)]
pub struct Permissions([Grant; Capability::COUNT]);

impl Permissions {
    /// Everything: a program of one's own.
    pub fn all() -> Permissions {
        Permissions([const { Grant::All }; Capability::COUNT])
    }

    /// Nothing: for a program that is not trusted.
    pub fn none() -> Permissions {
        Permissions([const { Grant::Only(Vec::new()) }; Capability::COUNT])
    }

    /// Gives a capability back: all of it, or for one folder and what is in it, one
    /// variable, or one host, perhaps with a port.
    pub fn allow(&mut self, capability: Capability, only: Option<&str>) {
        let grant = &mut self.0[capability as usize];
        match (only, grant) {
            (Some(only), Grant::Only(list)) => list.push(match capability {
                Capability::Env | Capability::Process | Capability::Db => only.to_string(),
                Capability::Net => only.to_ascii_lowercase(),
                Capability::FsRead | Capability::FsWrite => {
                    resolved(Path::new(only)).map_or_else(|| only.to_string(), path_text)
                }
            }),
            (None, grant) => *grant = Grant::All,
            (Some(_), Grant::All) => {}
        }
    }

    /// Whether all of it is given.
    pub fn allows_all(&self, capability: Capability) -> bool {
        matches!(self.0[capability as usize], Grant::All)
    }

    /// Whether some of it is given.
    pub fn allows_some(&self, capability: Capability) -> bool {
        match &self.0[capability as usize] {
            Grant::All => true,
            Grant::Only(list) => !list.is_empty(),
        }
    }

    /// Whether a name, of a variable, is within what is given.
    pub fn allows_name(&self, capability: Capability, name: &str) -> bool {
        match &self.0[capability as usize] {
            Grant::All => true,
            Grant::Only(list) => list.iter().any(|given| given == name),
        }
    }

    /// Whether an address is within what is given: a host, a colon and a port.
    pub fn allows_address(&self, address: &str) -> bool {
        let Grant::Only(list) = &self.0[Capability::Net as usize] else {
            return true;
        };
        let address = address.to_ascii_lowercase();
        let host = address.rsplit_once(':').map_or("", |(host, _)| host);
        (list.iter())
            .any(|given| *given == address || *given == host || host == format!("[{given}]"))
    }

    /// Whether a path is within what is given. Links and `..` are resolved first; of
    /// what does not exist yet, those of the folder that it is to be in.
    pub fn allows_path(&self, capability: Capability, path: &Path) -> bool {
        match &self.0[capability as usize] {
            Grant::All => true,
            Grant::Only(list) if list.is_empty() => false,
            Grant::Only(list) => resolved(path)
                .is_some_and(|path| list.iter().any(|folder| path.starts_with(folder))),
        }
    }
}

fn path_text(path: PathBuf) -> String {
    path.to_string_lossy().into_owned()
}

/// The real path of a file or folder, which may not exist yet. `None` where that cannot
/// be known: beyond a link that leads nowhere, or `..` in what does not exist.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut missing = Vec::new();
    let mut known = path;
    loop {
        if let Ok(mut real) = known.canonicalize() {
            real.extend(missing.iter().rev());
            return Some(real);
        }
        if known.is_symlink() {
            return None;
        }
        missing.push(known.file_name()?);
        known = match known.parent()? {
            parent if parent.as_os_str().is_empty() => Path::new("."),
            parent => parent,
        };
    }
}

/// Bytes of the longest path that the system is asked about. Linux takes 4096.
pub const LONGEST_PATH: usize = 1 << 14;
/// Most bytes of a name in the environment that the system has: less than all of that may have.
const LONGEST_NAME: usize = 1 << 20;

/// The outside world of a program.
#[derive(Clone)]
pub struct World {
    pub permissions: Permissions,
    /// The current folder, if the program has changed it.
    folder: Option<PathBuf>,
    /// Variables that the program has set.
    variables: BTreeMap<String, String>,
}

impl World {
    pub fn new(permissions: Permissions) -> World {
        World {
            permissions,
            folder: None,
            variables: BTreeMap::new(),
        }
    }

    /// Where a path of the program leads: a relative one starts at its current folder. For
    /// one that is too long it is a name that is too long, which the system refuses sooner.
    pub fn place(&self, path: &str) -> PathBuf {
        match &self.folder {
            _ if path.len() > LONGEST_PATH => PathBuf::from("x".repeat(LONGEST_PATH)),
            Some(folder) => folder.join(path),
            None => PathBuf::from(path),
        }
    }

    /// The current folder.
    ///
    /// # Errors
    /// If the system cannot name it.
    pub fn folder(&self) -> std::io::Result<PathBuf> {
        match &self.folder {
            Some(folder) => Ok(folder.clone()),
            None => std::env::current_dir(),
        }
    }

    /// Changes the current folder.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn change_folder(&mut self, path: &str) -> std::io::Result<()> {
        let folder = self.place(path).canonicalize()?;
        // A path that cannot be listed at all is no folder.
        std::fs::read_dir(&folder)?;
        self.folder = Some(folder);
        Ok(())
    }

    /// A variable of the environment.
    pub fn variable(&self, name: &str) -> Option<OsString> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.into());
        }
        // The system's functions take none of these for a name.
        if name.len() > LONGEST_NAME || name.is_empty() || name.contains(['=', '\0']) {
            return None;
        }
        std::env::var_os(name)
    }

    /// Sets a variable, for this program and the processes it starts.
    pub fn set_variable(&mut self, name: &str, value: &str) {
        self.variables.insert(name.to_string(), value.to_string());
    }

    /// All variables, in the order of their names.
    pub fn variables(&self) -> BTreeMap<OsString, OsString> {
        let mut all: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
        all.extend(self.variables.iter().map(|(k, v)| (k.into(), v.into())));
        all
    }
}

impl Default for World {
    fn default() -> World {
        World::new(Permissions::all())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_allowed_until_it_is_given() {
        let mut given = Permissions::none();
        assert!(!given.allows_path(Capability::FsRead, Path::new("/")));
        assert!(!given.allows_name(Capability::Env, "HOME"));
        given.allow(Capability::Env, Some("HOME"));
        assert!(given.allows_name(Capability::Env, "HOME"));
        assert!(!given.allows_name(Capability::Env, "PATH"));
        given.allow(Capability::Env, None);
        assert!(given.allows_name(Capability::Env, "PATH"));
        assert!(!given.allows_some(Capability::Process));
    }

    #[test]
    fn hosts_are_given_with_or_without_a_port() {
        let mut given = Permissions::none();
        for only in ["Example.com", "localhost:80", "::1", "[::2]:443"] {
            given.allow(Capability::Net, Some(only));
        }
        for address in [
            "example.com:1",
            "EXAMPLE.COM:443",
            "localhost:80",
            "[::1]:9",
            "[::2]:443",
        ] {
            assert!(given.allows_address(address), "{address}");
        }
        for address in [
            "example.com.evil:1",
            "localhost:8080",
            "x:80",
            "[::2]:80",
            "[::3]:443",
        ] {
            assert!(!given.allows_address(address), "{address}");
        }
        given.allow(Capability::Net, None);
        assert!(given.allows_address("x:80"));
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_compared_as_they_really_are() {
        let base = std::env::temp_dir().join(format!("ruff-world-{}", std::process::id()));
        let inside = base.join("inside");
        std::fs::create_dir_all(&inside).unwrap();
        std::fs::write(base.join("secret"), "s").unwrap();
        std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
        std::os::unix::fs::symlink("../nowhere", inside.join("dangling")).unwrap();
        let mut given = Permissions::none();
        given.allow(Capability::FsRead, Some(inside.to_str().unwrap()));
        let allowed = |path: &str| given.allows_path(Capability::FsRead, &inside.join(path));
        assert!(allowed("") && allowed("new") && allowed("a/b/c") && allowed("./new"));
        assert!(!allowed("..") && !allowed("../secret") && !allowed("link"));
        assert!(!allowed("dangling") && !allowed("dangling/x") && !allowed("a/../../secret"));
        assert!(!allowed("/") && !allowed("../insidex"));
        std::fs::remove_dir_all(&base).unwrap();
    }
}
