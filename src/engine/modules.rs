//! Modules as files: where an import looks, what a file exports, and compiling
//! it. One [`Files`] serves the compiler, which asks what names a module has,
//! and the machines that run the program. A file is compiled once for both, as
//! long as its text stays the same.

use super::{Checked, Library, compile_with};
use crate::bytecode::Unit;
use crate::compiler::{ModuleInfo, Names};
use crate::syntax::ast::{ExprKind, Module, Stmt, StmtKind, Target};
use crate::syntax::diagnostic::{Diagnostic, Severity};
use crate::syntax::{self, MAX_SOURCE_BYTES, NotText, SourceFile};
use crate::vm::modules::{Found, Loader};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};

/// The file that makes its folder the root of a project.
pub const PROJECT_FILE: &str = "ruff.toml";

/// The contents of a module's file.
struct Scan {
    source: Arc<SourceFile>,
    info: ModuleInfo,
    unit: Option<Arc<Unit>>,
    /// The errors in it, rendered.
    errors: String,
}

/// The files that a program and its modules come from.
pub struct Files {
    /// Relative names count from here.
    folder: PathBuf,
    /// As errors show it.
    root: PathBuf,
    /// `RUFF_PATH`.
    path: Vec<PathBuf>,
    scans: Mutex<HashMap<PathBuf, Arc<Scan>>>,
    /// The files that threads are at.
    scanning: Mutex<HashSet<(ThreadId, PathBuf)>>,
}

impl Files {
    /// The files for a main script (`None`: one that is no file).
    pub fn new(main: Option<&str>) -> Arc<Files> {
        let folder = std::env::current_dir().unwrap_or_default();
        let path = std::env::var_os("RUFF_PATH").unwrap_or_default();
        let beside = match main {
            Some(main) => folder.join(folder_of(main)),
            None => folder.clone(),
        };
        let is_root = |at: &&Path| at.join(PROJECT_FILE).is_file();
        let root = beside.ancestors().find(is_root).unwrap_or(&beside);
        Arc::new(Files {
            root: shown(root, &folder),
            folder,
            path: std::env::split_paths(&path)
                .filter(|one| !one.as_os_str().is_empty())
                .collect(),
            scans: Mutex::default(),
            scanning: Mutex::default(),
        })
    }

    /// The file's identity, however it is named.
    pub fn key(&self, name: &str) -> PathBuf {
        let path = self.folder.join(name);
        path.canonicalize().unwrap_or(path)
    }

    /// Where an import in the source of this name looks.
    fn folders(&self, importer: &str) -> Vec<PathBuf> {
        let mut folders: Vec<PathBuf> = Vec::new();
        let own = folder_of(importer);
        for folder in [own, self.root.clone()].iter().chain(&self.path) {
            let is_known = |one: &PathBuf| self.folder.join(one) == self.folder.join(folder);
            if !folders.iter().any(is_known) {
                folders.push(folder.clone());
            }
        }
        folders
    }

    fn find(&self, importer: &str, module: &str) -> Result<Found, String> {
        let parts: Vec<&str> = module.split('.').collect();
        let is_plain = |part: &&str| !part.is_empty() && !part.contains(['/', '\\', ':']);
        if !parts.iter().all(is_plain) {
            return Err(format!("'{module}' is not the name of a module"));
        }
        let mut names = vec![format!("{}.ruff", parts.join("/"))];
        if parts.len() > 1 {
            names.push(format!("{module}.ruff"));
        }
        let folders = self.folders(importer);
        for folder in &folders {
            for name in &names {
                let path = folder.join(name);
                if self.folder.join(&path).is_file() {
                    let name = path.to_string_lossy().into_owned();
                    let key = self.key(&name);
                    return Ok(Found { key, name });
                }
            }
        }
        let places: Vec<String> = folders.iter().map(|one| folder_text(one)).collect();
        Err(format!(
            "Module '{module}' not found (no {} in {})",
            names.join(" or "),
            places.join(", ")
        ))
    }

    /// The facts that the compiler may know of a module. Reads the file and,
    /// for the mutating methods of its types, compiles it.
    pub(super) fn info(self: &Arc<Files>, importer: &str, module: &str) -> ModuleInfo {
        let found = match self.find(importer, module) {
            Ok(found) => found,
            Err(message) => return ModuleInfo::Missing(message),
        };
        let here = (thread::current().id(), found.key.clone());
        if locked(&self.scanning).contains(&here) {
            return ModuleInfo::Unknown;
        }
        self.scan(&found)
            .map_or(ModuleInfo::Unknown, |scan| scan.info.clone())
    }

    fn scan(self: &Arc<Files>, found: &Found) -> Result<Arc<Scan>, String> {
        let source = read(&found.key, &found.name)
            .map_err(|error| error.to_string())?
            .map_err(|not_text| {
                let text = not_text.diagnostic.render(&not_text.source);
                text.trim_end().to_string()
            })?;
        let known = locked(&self.scans).get(&found.key).cloned();
        if let Some(scan) = known
            && scan.source.text() == source.text()
        {
            return Ok(scan);
        }
        let here = (thread::current().id(), found.key.clone());
        locked(&self.scanning).insert(here.clone());
        let library = Library::new(Some(self.clone()), source.name());
        let mut names = None;
        let checked = compile_with(&source, &library, |module| {
            names = Some(top_level_names(module));
        });
        locked(&self.scanning).remove(&here);
        let info = match names {
            None => ModuleInfo::Unknown,
            Some((exports, private)) => ModuleInfo::Known {
                exports: Names::new(exports),
                private: Names::new(private),
                mutating: mutating_methods(checked.unit.as_deref(), library),
            },
        };
        let errors = errors_text(&checked, &source);
        let scan = Arc::new(Scan {
            source: Arc::new(source),
            info,
            unit: checked.unit,
            errors,
        });
        let mut scans = locked(&self.scans);
        // Another thread may have compiled it meanwhile: a file has one unit.
        if let Some(known) = scans.get(&found.key)
            && known.source.text() == scan.source.text()
        {
            return Ok(known.clone());
        }
        scans.insert(found.key.clone(), scan.clone());
        Ok(scan)
    }
}

/// The program in a file; one that is too long is refused unread.
///
/// # Errors
/// If the file cannot be read; then if it is no source.
pub fn read(path: &Path, name: &str) -> std::io::Result<Result<SourceFile, Box<NotText>>> {
    let file = File::open(path)?;
    if file.metadata()?.len() > MAX_SOURCE_BYTES as u64 {
        return Ok(Err(NotText::too_large(name)));
    }
    SourceFile::from_reader(name, file)
}

/// The machine's way to the files.
pub(super) struct FileLoader(pub Arc<Files>);

impl Loader for FileLoader {
    fn find(&mut self, importer: &str, module: &str) -> Result<Found, String> {
        self.0.find(importer, module)
    }

    fn compile(
        &mut self,
        module: &str,
        found: &Found,
    ) -> Result<(Arc<Unit>, Arc<SourceFile>), String> {
        let scan = (self.0.scan(found))
            .map_err(|error| format!("Module '{module}' cannot be read: {error}"))?;
        match &scan.unit {
            Some(unit) => Ok((unit.clone(), scan.source.clone())),
            None => Err(format!("Module '{module}' has errors\n{}", scan.errors)),
        }
    }

    fn hides(&mut self, source: &SourceFile, name: &str) -> bool {
        let arena = bumpalo::Bump::new();
        let (module, _) = syntax::parse(source, &arena);
        let (_, private) = top_level_names(&module);
        private.iter().any(|one| **one == *name)
    }
}

/// The data that a lock guards, also after a panic: each entry is whole.
fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn errors_text(checked: &Checked, source: &SourceFile) -> String {
    let is_error = |one: &&Diagnostic| one.severity == Severity::Error;
    let errors = checked.diagnostics.iter().filter(is_error);
    let text: String = errors.map(|one| one.render(source)).collect();
    text.trim_end().to_string()
}

fn mutating_methods(unit: Option<&Unit>, library: Library) -> Arc<[Box<str>]> {
    let mut names = library.mutating.into_inner();
    for method in unit
        .iter()
        .flat_map(|unit| &unit.structs)
        .flat_map(|one| &one.methods)
    {
        if method.mutating {
            names.insert(method.name.clone());
        }
    }
    names.into_iter().collect()
}

/// The names that a file declares at its top level: those that it exports, and
/// the others.
fn top_level_names(module: &Module) -> (Vec<Box<str>>, Vec<Box<str>>) {
    let (mut exports, mut private) = (Vec::new(), Vec::new());
    for stmt in module.body.stmts {
        match stmt.kind {
            StmtKind::Export(inner) => declared_names(inner, &mut exports),
            _ => declared_names(stmt, &mut private),
        }
    }
    (exports, private)
}

fn declared_names(stmt: &Stmt, names: &mut Vec<Box<str>>) {
    let mut each = |name: &str, _| names.push(name.into());
    match stmt.kind {
        StmtKind::Func(def) => {
            if let Some(name) = def.name {
                names.push(name.name.into());
            }
        }
        StmtKind::Struct(def) => names.push(def.name.name.into()),
        StmtKind::Enum(def) => names.push(def.name.name.into()),
        StmtKind::Let { pattern, .. }
        | StmtKind::Assign {
            target: Target::Pattern(pattern),
            ..
        } => crate::compiler::each_binding(pattern, &mut each),
        StmtKind::Assign {
            target: Target::Place(place),
            ..
        } => {
            if let ExprKind::Name(name) = place.kind {
                names.push(name.into());
            }
        }
        _ => {}
    }
}

/// The folder of a source; that of one that is no file is the current one.
fn folder_of(name: &str) -> PathBuf {
    if name.starts_with('<') {
        return PathBuf::new();
    }
    Path::new(name)
        .parent()
        .unwrap_or(Path::new(""))
        .to_path_buf()
}

fn folder_text(folder: &Path) -> String {
    let text = folder.to_string_lossy();
    if text.is_empty() {
        ".".into()
    } else {
        text.into()
    }
}

/// A folder as seen from `base`, short if it is one of its surroundings.
fn shown(folder: &Path, base: &Path) -> PathBuf {
    if let Ok(below) = folder.strip_prefix(base) {
        return below.to_path_buf();
    }
    match base.strip_prefix(folder) {
        Ok(above) => above.components().map(|_| "..").collect(),
        Err(_) => folder.to_path_buf(),
    }
}
