//! Writing and reading zip archives.

use crate::runtime::messages::{parse_error, value_error};
use crate::runtime::world::Capability;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault};
use crate::stdlib::check::permit;
use crate::stdlib::files::{PIECE, copied_to, open_to_read, place, refused};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::paths::append_part;
use crate::stdlib::types::{ZIP_ARCHIVE, new_instance};
use crate::stdlib::walk::files_below;
use crate::value::Value;
use ::zip::result::ZipError;
use ::zip::write::SimpleFileOptions;
use ::zip::{CompressionMethod, ZipArchive, ZipWriter};
use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

/// Entries of an archive that is read.
const MOST_ENTRIES: usize = 65_536;
/// Bytes of one of them, and of all.
const MOST_IN_ONE: u64 = 256 << 20;
const MOST_IN_ALL: u64 = 1 << 30;

/// The file of an archive. A refusal of the system is noted, and nothing is written from
/// then on.
struct Target {
    file: File,
    failed: Option<io::Error>,
}

impl Target {
    fn noted(&mut self, done: io::Result<u64>, otherwise: u64) -> io::Result<u64> {
        match done {
            Ok(done) => Ok(done),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            Err(error) => {
                self.failed = Some(error);
                Ok(otherwise)
            }
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Ok(bytes.len());
        }
        let done = match self.file.write(bytes) {
            Ok(0) if !bytes.is_empty() => Err(io::ErrorKind::WriteZero.into()),
            done => done.map(|len| len as u64),
        };
        let done = self.noted(done, bytes.len() as u64)?;
        Ok(done as usize)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Target {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if self.failed.is_some() {
            return Ok(0);
        }
        let done = self.file.seek(to);
        self.noted(done, 0)
    }
}

/// An archive that is being written.
struct Open {
    writer: ZipWriter<Target>,
    path: String,
    /// Where it really is.
    place: PathBuf,
    names: HashSet<String>,
}

/// The open archives, by the numbers that their values hold.
#[derive(Default)]
struct Archives {
    open: BTreeMap<i64, Open>,
    last: i64,
}

fn archives(cx: &mut dyn Context) -> &mut Archives {
    let area = cx.state().areas.entry(TypeId::of::<Archives>());
    let archives = area.or_insert_with(|| Box::<Archives>::default());
    archives.downcast_mut().expect("it has this type")
}

fn number_of(archive: Value) -> i64 {
    archive.instance_field(0).as_int()
}

pub fn zip_create(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0).to_string();
    let place = place(cx, &path);
    let mut how = OpenOptions::new();
    let file = how.write(true).create(true).truncate(true).open(&place);
    let file = file.map_err(|error| refused("write", "file", &path, &error))?;
    let target = Target { file, failed: None };
    let archives = archives(cx);
    archives.last += 1;
    let number = archives.last;
    let open = Open {
        writer: ZipWriter::new(target).set_auto_large_file(),
        place: place.canonicalize().unwrap_or(place),
        path,
        names: HashSet::new(),
    };
    archives.open.insert(number, open);
    Ok(new_instance(cx, &ZIP_ARCHIVE, &[Value::int(number)]))
}

/// Does something with the archive in argument 0, which must be open.
fn with_open<T>(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    work: impl FnOnce(&mut dyn Context, &mut Open) -> Fallible<T>,
) -> Fallible<T> {
    let number = number_of(args.get(0));
    let Some(mut open) = archives(cx).open.remove(&number) else {
        let message = format!("{name}() expects an open ziparchive; got a closed one");
        return Err(Fault::new(ErrorKind::State, message));
    };
    let mut done = work(cx, &mut open);
    if let Some(error) = &failure(&mut open) {
        done = Err(refused("write", "file", &open.path, error));
    }
    archives(cx).open.insert(number, open);
    done
}

/// The error of an archive's file, if the system has refused something; the archive stays
/// broken.
fn failure(open: &mut Open) -> Option<io::Error> {
    let target = open.writer.get_ref()?;
    let error = target.failed.as_ref()?;
    Some(match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => error.kind().into(),
    })
}

pub fn zip_add_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 1);
    let name = Path::new(path).file_name().and_then(|name| name.to_str());
    let Some(name) = name else {
        let what = "the path of a file";
        return Err(value_error(cx, "zip_add_file", "p", what, args.get(1)));
    };
    with_open(cx, "zip_add_file", args, |cx, open| {
        if open.names.contains(name) {
            let what = "a file whose name is not in the archive yet";
            return Err(value_error(cx, "zip_add_file", "p", what, args.get(1)));
        }
        add(cx, open, path, name)
    })?;
    Ok(Value::TRUE)
}

pub fn zip_add_dir(cx: &mut dyn Context, args: Args) -> Fallible {
    let folder = str_arg(cx, args, 1);
    with_open(cx, "zip_add_dir", args, |cx, open| {
        let mut files = Vec::new();
        for path in files_below(cx, "zip_add_dir", folder)? {
            let name = path[folder.len()..].trim_start_matches('/').to_string();
            if open.names.contains(&name) {
                let what = format!("a folder without '{name}', which is in the archive");
                return Err(value_error(cx, "zip_add_dir", "p", &what, args.get(1)));
            }
            // A link may lead anywhere.
            permit(cx, "zip_add_dir", Capability::FsRead, Some(&path))?;
            // The archive may lie in the folder itself.
            if place(cx, &path).canonicalize().ok().as_ref() != Some(&open.place) {
                files.push((path, name));
            }
        }
        for (path, name) in files {
            add(cx, open, &path, &name)?;
        }
        Ok(())
    })?;
    Ok(Value::TRUE)
}

/// Adds a file. If it cannot be read to its end, it is not in the archive.
fn add(cx: &mut dyn Context, open: &mut Open, path: &str, name: &str) -> Fallible<()> {
    let mut file = open_to_read(cx, path)?;
    let known = file.metadata();
    let known = known.map_err(|error| refused("read", "file", path, &error))?;
    if known.is_dir() {
        return Err(refused("read", "file", path, &"it is a folder"));
    }
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&known.permissions()) & 0o777;
    #[cfg(not(unix))]
    let mode = 0o644;
    let how = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(mode);
    let broken = |path: &str, error: ZipError| refused("write", "file", path, &error);
    let begun = open.writer.start_file(name, how);
    begun.map_err(|error| broken(&open.path, error))?;
    let copied = copied_to(cx, (path, &mut file), (&open.path, &mut open.writer));
    if let Err(fault) = copied {
        let aborted = open.writer.abort_file();
        aborted.map_err(|error| broken(&open.path, error))?;
        return Err(fault);
    }
    open.names.insert(name.to_string());
    Ok(())
}

pub fn zip_close(cx: &mut dyn Context, args: Args) -> Fallible {
    match archives(cx).open.remove(&number_of(args.get(0))) {
        Some(open) => close(open).map(|()| Value::TRUE),
        None => Ok(Value::FALSE),
    }
}

/// Writes the directory of an archive.
fn close(mut open: Open) -> Fallible<()> {
    let lost = failure(&mut open);
    let done = match open.writer.finish() {
        Ok(target) => lost.or(target.failed).map_or(Ok(()), Err),
        Err(error) => Err(lost.unwrap_or_else(|| io::Error::other(error.to_string()))),
    };
    done.map_err(|error| refused("write", "file", &open.path, &error))
}

/// Completes the archives that a program leaves open.
///
/// # Errors
/// The first that cannot be written.
pub fn close_all(cx: &mut dyn Context) -> Fallible<()> {
    if !cx.state().areas.contains_key(&TypeId::of::<Archives>()) {
        return Ok(());
    }
    let open = std::mem::take(&mut archives(cx).open);
    let results: Vec<Fallible<()>> = open.into_values().map(close).collect();
    results.into_iter().collect()
}

/// A file of an archive that is read.
struct Entry {
    number: usize,
    /// Its path in the folder.
    path: String,
    mode: Option<u32>,
    is_dir: bool,
}

#[cold]
fn bad(cx: &mut dyn Context, args: Args, what: &str, name: &str) -> Box<Fault> {
    let path = str_arg(cx, args, 0);
    let message = format!("unzip() expects {what}; got '{name}' in '{path}'");
    Fault::new(ErrorKind::Value, message)
}

fn damaged(path: &str, error: &dyn std::fmt::Display) -> Box<Fault> {
    parse_error("unzip", "a valid zip archive", format!("'{path}': {error}"))
}

pub fn unzip(cx: &mut dyn Context, args: Args) -> Fallible {
    let (path, folder) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let file = open_to_read(cx, path)?;
    let unread = |error: ZipError| match error {
        ZipError::Io(error) if error.raw_os_error().is_some() => {
            refused("read", "file", path, &error)
        }
        error => damaged(path, &error),
    };
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(unread)?;
    let entries = entries(cx, args, &mut archive)?;
    check_places(cx, args, folder, &entries)?;
    let mut total = 0;
    for entry in &entries {
        let mut from = archive.by_index(entry.number).map_err(unread)?;
        total += read_all(cx, args, entry, &mut from, total)?;
    }
    let written = cx.heap().new_array(0);
    for entry in &entries {
        let mut to = folder.to_string();
        append_part(&mut to, &entry.path);
        let place = place(cx, &to);
        let parent = if entry.is_dir {
            Some(place.as_path())
        } else {
            place.parent()
        };
        if let Some(parent) = parent {
            let made = fs::create_dir_all(parent);
            made.map_err(|error| refused("create", "folder", &to, &error))?;
        }
        if entry.is_dir {
            continue;
        }
        let mut from = archive.by_index(entry.number).map_err(unread)?;
        let mut file =
            File::create(&place).map_err(|error| refused("write", "file", &to, &error))?;
        let copied = copied_to(cx, (path, &mut from), (&to, &mut file));
        if let Err(fault) = copied {
            // Half a file is worse than none.
            drop(file);
            let _ = fs::remove_file(&place);
            return Err(fault);
        }
        set_mode(&file, entry.mode).map_err(|error| refused("write", "file", &to, &error))?;
        let to = new_text(cx, "unzip", &to)?;
        push(cx, "unzip", written, to)?;
    }
    Ok(written)
}

#[cfg(unix)]
fn set_mode(file: &File, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    match mode {
        Some(mode) => file.set_permissions(fs::Permissions::from_mode(mode & 0o777 | 0o600)),
        None => Ok(()),
    }
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: Option<u32>) -> io::Result<()> {
    Ok(())
}

/// The entries of an archive, none of which leads out of a folder or is too large.
fn entries(
    cx: &mut dyn Context,
    args: Args,
    archive: &mut ZipArchive<BufReader<File>>,
) -> Fallible<Vec<Entry>> {
    const FILE_TYPES: u32 = 0o170_000;
    const FILE: u32 = 0o100_000;
    const FOLDER: u32 = 0o040_000;
    let path = str_arg(cx, args, 0);
    if archive.len() > MOST_ENTRIES {
        let what = format!("at most {MOST_ENTRIES} entries");
        return Err(bad(cx, args, &what, &archive.len().to_string()));
    }
    if archive.has_duplicate_names() {
        return Err(bad(cx, args, "names that are not repeated", "one"));
    }
    let mut entries = Vec::new();
    let (mut files, mut folders) = (HashSet::new(), HashSet::new());
    let mut total = 0u64;
    for number in 0..archive.len() {
        cx.poll()?;
        let entry = archive.by_index_raw(number);
        let entry = entry.map_err(|error| damaged(path, &error))?;
        let name = match entry.name() {
            Ok(name) => name.into_owned(),
            Err(error) => return Err(damaged(path, &error)),
        };
        let Some(inner) = inner_path(&name) else {
            return Err(bad(cx, args, "names within the folder", &name));
        };
        let ty = entry.unix_mode().map_or(0, |mode| mode & FILE_TYPES);
        if entry.is_symlink() || !matches!(ty, 0 | FILE | FOLDER) {
            return Err(bad(cx, args, "files and folders alone", &name));
        }
        if entry.encrypted() {
            return Err(bad(cx, args, "files that are not encrypted", &name));
        }
        let is_dir = entry.is_dir() || ty == FOLDER;
        total = total.saturating_add(entry.size());
        if entry.size() > MOST_IN_ONE || total > MOST_IN_ALL {
            return Err(bad(
                cx,
                args,
                "at most 256 MiB in a file and 1 GiB in all",
                &name,
            ));
        }
        let mut above = inner.as_path();
        while let Some(parent) = above.parent() {
            folders.insert(parent.to_path_buf());
            above = parent;
        }
        match is_dir {
            true => folders.insert(inner.clone()),
            false if files.insert(inner.clone()) => true,
            false => return Err(bad(cx, args, "names that are not repeated", &name)),
        };
        entries.push(Entry {
            number,
            path: inner.to_string_lossy().into_owned(),
            mode: entry.unix_mode(),
            is_dir,
        });
    }
    match files.intersection(&folders).next() {
        Some(both) => {
            let name = both.to_string_lossy();
            Err(bad(cx, args, "files that are not folders too", &name))
        }
        None => Ok(entries),
    }
}

/// The path that a name means in a folder; `None` if it leads out of it.
fn inner_path(name: &str) -> Option<PathBuf> {
    let mut path = PathBuf::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!path.as_os_str().is_empty() && !name.contains('\0')).then_some(path)
}

/// Refuses an archive that would be written through links, or over folders.
fn check_places(cx: &mut dyn Context, args: Args, folder: &str, entries: &[Entry]) -> Fallible<()> {
    let top = place(cx, folder);
    for entry in entries {
        cx.poll()?;
        let mut at = top.clone();
        let mut parts = Path::new(&entry.path).components().peekable();
        while let Some(part) = parts.next() {
            at.push(part);
            let Ok(known) = fs::symlink_metadata(&at) else {
                break;
            };
            let is_last = parts.peek().is_none() && !entry.is_dir;
            if known.is_symlink() || known.is_dir() == is_last {
                let what = "places that are free of links, and no folder for a file";
                return Err(bad(cx, args, what, &entry.path));
            }
        }
    }
    Ok(())
}

/// Reads an entry to its end, to see that it is what it should be: its size.
fn read_all(
    cx: &mut dyn Context,
    args: Args,
    entry: &Entry,
    from: &mut impl Read,
    before: u64,
) -> Fallible<u64> {
    let path = str_arg(cx, args, 0);
    let mut piece = list_with_room(cx, PIECE)?;
    piece.resize(PIECE, 0);
    let mut size = 0;
    loop {
        let len = match from.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 1,
            Err(error) => return Err(damaged(path, &error)),
            Ok(0) => return Ok(size),
            Ok(len) => len,
        };
        size += len as u64;
        if size > MOST_IN_ONE || before + size > MOST_IN_ALL {
            let what = "at most 256 MiB in a file and 1 GiB in all";
            return Err(bad(cx, args, what, &entry.path));
        }
        cx.poll()?;
    }
}
