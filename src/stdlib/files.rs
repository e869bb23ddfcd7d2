//! Files and folders (STDLIB 18). Everything goes through a few functions that hear of
//! Ctrl-C, count the memory they take, and name the path in what they throw.

use super::check::kind_error;
use super::declare::*;
use super::limits::*;
use super::operands::*;
use crate::heap::MAX_STRING;
use crate::runtime::arith::check_room;
use crate::runtime::messages::{shown_path, type_error};
use crate::runtime::pace::Pace;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, ParamKind, pace};
use crate::value::Value;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Whether an existing file may be replaced.
const OVERWRITE: Accepts = either(&[ParamKind::Bool, ParamKind::Dict]);

natives! {
    /// The text in a file.
    ///
    /// A file that is not UTF-8 throws `io`.
    pure fn [none] read_file(p: READ_PATH) -> "string" = read_file;
    /// The text in a file, with U+FFFD for what is not UTF-8.
    pure fn [none] read_file_lossy(p: READ_PATH) -> "string" = read_file_lossy;
    /// The bytes in a file.
    pure fn [none] read_binary_file(p: READ_PATH) -> "bytes" = read_binary_file;
    /// Makes a file with these contents; true.
    ///
    /// A file that exists is replaced only if `overwrite` is true or `{"overwrite": true}`;
    /// else throws `io`.
    pure fn [none] write_file(p: WRITTEN_PATH, data: DATA, overwrite: or(OVERWRITE, "false")) -> "bool" = write_file;
    /// Makes a file with these bytes; true.
    ///
    /// As `write_file`.
    pure fn [none] write_binary_file(p: WRITTEN_PATH, data: BYTES, overwrite: or(OVERWRITE, "false")) -> "bool" = write_file;
    /// Writes at the end of a file, which is made if need be; true.
    pure fn [none] append_file(p: WRITTEN_PATH, data: DATA) -> "bool" = append_file;
    /// Whether there is a file or folder.
    pure fn [none] file_exists | path_exists (p: READ_PATH) -> "bool" = file_exists;
    /// The size of a file in bytes.
    pure fn [none] file_size(p: READ_PATH) -> "int" = file_size;
    /// Removes a file; true.
    ///
    /// A folder throws `io`.
    pure fn [none] delete_file(p: WRITTEN_PATH) -> "bool" = delete_file;
    /// Gives a file or folder another path; true.
    ///
    /// A file in its place is replaced.
    pure fn [none] rename_file(from: WRITTEN_PATH, to: WRITTEN_PATH) -> "bool" = rename_file;
    /// Copies a file with its permissions; true.
    ///
    /// A file in its place is replaced.
    pure fn [none] copy_file(from: READ_PATH, to: WRITTEN_PATH) -> "bool" = copy_file;
    /// The names in a folder, sorted by bytes.
    ///
    /// A name that is not UTF-8 throws `io`.
    pure fn [none] list_dir(p: READ_PATH) -> "array" = list_dir;
    /// Makes a folder, and those that it is to be in; true.
    ///
    /// One that exists is fine.
    pure fn [none] create_dir(p: WRITTEN_PATH) -> "bool" = create_dir;
    /// Removes an empty folder; true.
    pure fn [none] os_rmdir(p: WRITTEN_PATH) -> "bool" = os_rmdir;
    /// The first bytes of a file, at most `count`.
    pure fn [none] io_read_bytes(p: READ_PATH, count: WHOLE) -> "bytes" = io_read_bytes;
    /// At most `count` bytes of a file from `offset` on.
    pure fn [none] io_read_at(p: READ_PATH, offset: WHOLE, count: WHOLE) -> "bytes" = io_read_at;
    /// The bytes of a file from `offset` to its end.
    pure fn [none] io_seek_read(p: READ_PATH, offset: WHOLE) -> "bytes" = io_seek_read;
    /// Makes a file with these bytes, in place of one that exists; true.
    pure fn [none] io_write_bytes(p: WRITTEN_PATH, b: BYTES) -> "bool" = io_write_bytes;
    /// Writes bytes at the end of a file, which is made if need be; true.
    pure fn [none] io_append_bytes(p: WRITTEN_PATH, b: BYTES) -> "bool" = append_file;
    /// Writes bytes over those of a file from `offset` on; true.
    ///
    /// The file must exist. A gap after its end is zeros.
    pure fn [none] io_write_at(p: WRITTEN_PATH, b: BYTES, offset: WHOLE) -> "bool" = io_write_at;
    /// Gives a file this size; true.
    ///
    /// The file must exist. New bytes are zeros.
    pure fn [none] io_truncate(p: WRITTEN_PATH, size: WHOLE) -> "bool" = io_truncate;
    /// Makes a file of at most `count` bytes of another one, from `offset` on; true.
    ///
    /// A file in its place is replaced.
    pure fn [none] io_copy_range(from: READ_PATH, to: WRITTEN_PATH, offset: WHOLE, count: WHOLE) -> "bool" = io_copy_range;
    /// The facts that the system knows of a file: `size`, `is_file`, `is_dir`, `readonly`, and
    /// the times `modified`, `created`, `accessed` where they are known.
    ///
    /// Times are Unix seconds.
    pure fn [none] io_file_metadata(p: READ_PATH) -> "dict" = io_file_metadata;
}

/// Bytes that are read or written between two looks around.
pub(super) const PIECE: usize = 1 << 18;

/// The fault of something that the system refused: `Cannot read file 'a': …`.
#[cold]
pub(super) fn refused(
    verb: &str,
    object: &str,
    path: &str,
    why: &dyn std::fmt::Display,
) -> Box<Fault> {
    Fault::new(
        ErrorKind::Io,
        format!("Cannot {verb} {object} '{}': {why}", shown_path(path)),
    )
}

/// Where a path of the program leads.
pub(super) fn place(cx: &mut dyn Context, path: &str) -> PathBuf {
    cx.state().world.place(path)
}

/// Does something that a signal may interrupt until it is done; what the system refuses
/// is an error of the given kind of work.
pub(super) fn undisturbed<T>(
    cx: &mut dyn Context,
    verb: &str,
    path: &str,
    mut work: impl FnMut() -> io::Result<T>,
) -> Fallible<T> {
    loop {
        match work() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => cx.poll()?,
            result => return result.map_err(|error| refused(verb, "file", path, &error)),
        }
    }
}

pub(super) fn open_to_read(cx: &mut dyn Context, path: &str) -> Fallible<File> {
    let file = open(cx, "read", path, OpenOptions::new().read(true))?;
    #[cfg(unix)]
    wait_for_writer(cx, path, &file)?;
    Ok(file)
}

fn open(cx: &mut dyn Context, verb: &str, path: &str, how: &OpenOptions) -> Fallible<File> {
    opened(cx, path, how)?.map_err(|error| refused(verb, "file", path, &error))
}

/// Opens a file. A named pipe that has no other end yet is waited for, as the system would
/// do, but with looks around.
fn opened(cx: &mut dyn Context, path: &str, how: &OpenOptions) -> Fallible<io::Result<File>> {
    let place = place(cx, path);
    #[cfg(not(unix))]
    return Ok(how.open(&place));
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
        let mut how = how.clone();
        how.custom_flags(libc::O_NONBLOCK);
        let has_no_reader = |error: &io::Error| {
            error.raw_os_error() == Some(libc::ENXIO)
                && fs::metadata(&place).is_ok_and(|found| found.file_type().is_fifo())
        };
        loop {
            match how.open(&place) {
                Err(error) if has_no_reader(&error) => {
                    cx.poll()?;
                    std::thread::sleep(PAUSE);
                }
                file => return Ok(file.and_then(|file| set_waiting(&file).map(|()| file))),
            }
        }
    }
}

/// How long one waits for the other end of a pipe between two looks around.
#[cfg(unix)]
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

/// Has reads and writes wait.
#[cfg(unix)]
fn set_waiting(file: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: reads and writes the flags of a descriptor of ours.
    unsafe {
        let flags = libc::fcntl(file.as_raw_fd(), libc::F_GETFL);
        if flags < 0 || libc::fcntl(file.as_raw_fd(), libc::F_SETFL, flags & !libc::O_NONBLOCK) < 0
        {
            return Err(io::Error::last_os_error());
        }
    }
    Ok(())
}

/// Waits until a named pipe has had a writer: before that, it seems to be at its end.
#[cfg(unix)]
fn wait_for_writer(cx: &mut dyn Context, path: &str, file: &File) -> Fallible<()> {
    use std::os::{fd::AsRawFd, unix::fs::FileTypeExt};
    let found = undisturbed(cx, "read", path, || file.metadata())?;
    if !found.file_type().is_fifo() {
        return Ok(());
    }
    let mut wanted = libc::pollfd {
        fd: file.as_raw_fd(),
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: looks at one descriptor.
    while unsafe { libc::poll(&mut wanted, 1, PAUSE.as_millis() as libc::c_int) } <= 0 {
        cx.poll()?;
    }
    Ok(())
}

/// Calls `each` with the pieces of a file, in order.
pub(super) fn each_piece(
    cx: &mut dyn Context,
    path: &str,
    mut each: impl FnMut(&mut dyn Context, &[u8]) -> Fallible<()>,
) -> Fallible<()> {
    let mut file = open_to_read(cx, path)?;
    let mut piece = list_with_room(cx, PIECE)?;
    piece.resize(PIECE, 0);
    loop {
        let len = undisturbed(cx, "read", path, || file.read(&mut piece))?;
        if len == 0 {
            return Ok(());
        }
        each(cx, &piece[..len])?;
        cx.poll()?;
    }
}

/// The contents of a file from where it is open, at most `most` bytes. More than a
/// string may have is an error.
fn read_rest(
    cx: &mut dyn Context,
    name: &str,
    path: &str,
    file: &mut File,
    (offset, most): (usize, usize),
) -> Fallible<Vec<u8>> {
    // The size may be wrong, and is 0 for what makes its contents as they are read.
    let size = file.metadata().map_or(0, |known| known.len());
    let size = size.saturating_sub(offset as u64);
    let expected = usize::try_from(size).unwrap_or(usize::MAX).min(most);
    if expected > MAX_STRING {
        return Err(too_long(name, expected));
    }
    let mut contents = list_with_room(cx, expected + 1)?;
    while contents.len() < most {
        if contents.len() == contents.capacity() {
            check_bytes(cx, name, contents.len() + PIECE)?;
            list_room(&mut contents)?;
        }
        let from = contents.len();
        let room = contents.capacity().min(from + PIECE).min(most) - from;
        contents.resize(from + room, 0);
        let read = undisturbed(cx, "read", path, || file.read(&mut contents[from..]));
        let read = read?;
        contents.truncate(from + read);
        if read == 0 {
            break;
        }
        cx.poll()?;
    }
    if contents.len() > MAX_STRING {
        return Err(too_long(name, contents.len()));
    }
    Ok(contents)
}

/// The contents of a file.
pub(super) fn contents_of(cx: &mut dyn Context, name: &str, path: &str) -> Fallible<Vec<u8>> {
    let mut file = open_to_read(cx, path)?;
    read_rest(cx, name, path, &mut file, (0, usize::MAX))
}

fn read_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    read_text(cx, path)
}

/// The contents of a file, as a string.
pub(super) fn read_text(cx: &mut dyn Context, path: &str) -> Fallible {
    let contents = contents_of(cx, "read_file", path)?;
    match pace::utf8(cx, &contents)? {
        Some(text) => new_text(cx, "read_file", text),
        None => Err(refused("read", "file", path, &"it is not valid UTF-8")),
    }
}

fn read_file_lossy(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let contents = contents_of(cx, "read_file_lossy", path)?;
    lossy_text(cx, "read_file_lossy", &contents)
}

/// The text of bytes, with U+FFFD for what is not UTF-8.
pub(super) fn lossy_text(cx: &mut dyn Context, name: &str, contents: &[u8]) -> Fallible {
    let mut text = text_with_room(contents.len())?;
    let mut pace = Pace::new();
    for chunk in contents.utf8_chunks() {
        let replaced = match chunk.invalid() {
            [] => "",
            _ => "\u{FFFD}",
        };
        let more = chunk.valid().len() + replaced.len();
        pace.bytes(cx, more)?;
        check_bytes(cx, name, text.len() + more)?;
        make_room(&mut text, more)?;
        text.push_str(chunk.valid());
        text.push_str(replaced);
    }
    new_text(cx, name, &text)
}

fn read_binary_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let contents = contents_of(cx, "read_binary_file", path)?;
    pace::new_bytes(cx, &contents)
}

/// Writes all of it, from where the file is open.
pub(super) fn write_rest(
    cx: &mut dyn Context,
    path: &str,
    file: &mut dyn Write,
    contents: &[u8],
) -> Fallible<()> {
    let mut rest = contents;
    while !rest.is_empty() {
        let piece = &rest[..rest.len().min(PIECE)];
        let written = undisturbed(cx, "write", path, || match file.write(piece)? {
            0 => Err(io::ErrorKind::WriteZero.into()),
            written => Ok(written),
        })?;
        rest = &rest[written..];
        cx.poll()?;
    }
    Ok(())
}

fn open_to_write(cx: &mut dyn Context, path: &str, how: &OpenOptions) -> Fallible<File> {
    open(cx, "write", path, how)
}

/// The meaning of an `overwrite` argument: whether a file may be replaced.
fn may_replace(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<bool> {
    if v.is_absent() || v.is_bool() {
        return Ok(v == Value::TRUE);
    }
    let (mut replace, mut cursor) = (false, 0);
    while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
        if !key.is_string() || cx.heap().str(key) != "overwrite" {
            let what = "a dict with the key \"overwrite\" alone";
            return Err(kind_error(cx, ErrorKind::Value, name, "overwrite", what, v));
        }
        if !value.is_bool() {
            return Err(type_error(name, "overwrite", "a bool", value));
        }
        replace = value == Value::TRUE;
        cursor = next;
    }
    Ok(replace)
}

fn write_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let contents = data_arg(cx, args, 1);
    let mut how = OpenOptions::new();
    how.write(true);
    if may_replace(cx, "write_file", args.get(2))? {
        how.create(true).truncate(true);
    } else {
        how.create_new(true);
    }
    let mut file = match opened(cx, path, &how)? {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let why = "file already exists (pass true to replace it)";
            return Err(refused("write", "file", path, &why));
        }
        Err(error) => return Err(refused("write", "file", path, &error)),
    };
    write_rest(cx, path, &mut file, contents)?;
    Ok(Value::TRUE)
}

/// Writes a file, in place of one that exists: true.
pub(super) fn replace(cx: &mut dyn Context, path: &str, contents: &[u8]) -> Fallible {
    let mut how = OpenOptions::new();
    how.write(true).create(true).truncate(true);
    let mut file = open_to_write(cx, path, &how)?;
    write_rest(cx, path, &mut file, contents)?;
    Ok(Value::TRUE)
}

fn append_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let contents = data_arg(cx, args, 1);
    let mut file = open_to_write(cx, path, OpenOptions::new().append(true).create(true))?;
    write_rest(cx, path, &mut file, contents)?;
    Ok(Value::TRUE)
}

fn file_exists(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let exists = !path.is_empty() && place(cx, path).exists();
    Ok(Value::bool(exists))
}

fn metadata(cx: &mut dyn Context, args: Args) -> Fallible<Metadata> {
    let path = str_arg(cx, args, 0);
    let place = place(cx, path);
    fs::metadata(place).map_err(|error| refused("read", "file", path, &error))
}

fn file_size(cx: &mut dyn Context, args: Args) -> Fallible {
    let size = metadata(cx, args)?.len();
    Ok(cx.heap().new_int(size.into()))
}

fn delete_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let place = place(cx, path);
    fs::remove_file(place).map_err(|error| refused("delete", "file", path, &error))?;
    Ok(Value::TRUE)
}

fn rename_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let (from, to) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let places = (place(cx, from), place(cx, to));
    fs::rename(places.0, places.1).map_err(|error| refused("rename", "file", from, &error))?;
    Ok(Value::TRUE)
}

/// Two paths of one and the same file: what is replaced would be lost before it is read.
fn check_distinct(cx: &mut dyn Context, from: &str, to: &str) -> Fallible<()> {
    let real = |path: PathBuf| path.canonicalize().ok();
    let (source, target) = (real(place(cx, from)), real(place(cx, to)));
    if source.is_some() && source == target {
        return Err(refused(
            "copy",
            "file",
            from,
            &"it would be copied to itself",
        ));
    }
    Ok(())
}

fn copy_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let (from, to) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    check_distinct(cx, from, to)?;
    let mut source = open_to_read(cx, from)?;
    let known = source
        .metadata()
        .map_err(|error| refused("read", "file", from, &error))?;
    if known.is_dir() {
        return Err(refused("copy", "file", from, &"it is a folder"));
    }
    let how = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .clone();
    let mut target = open_to_write(cx, to, &how)?;
    copy_rest(cx, (from, &mut source), (to, &mut target), u64::MAX)?;
    let permissions = known.permissions();
    (target.set_permissions(permissions)).map_err(|error| refused("write", "file", to, &error))?;
    Ok(Value::TRUE)
}

/// Copies all that comes out of one thing into another; their paths are for messages.
pub(super) fn copied_to(
    cx: &mut dyn Context,
    (from, source): (&str, &mut dyn Read),
    (to, target): (&str, &mut dyn Write),
) -> Fallible<()> {
    let mut piece = list_with_room(cx, PIECE)?;
    piece.resize(PIECE, 0);
    loop {
        let len = undisturbed(cx, "read", from, || source.read(&mut piece))?;
        if len == 0 {
            return Ok(());
        }
        write_rest(cx, to, target, &piece[..len])?;
    }
}

/// Copies at most `most` bytes between two open files.
fn copy_rest(
    cx: &mut dyn Context,
    (from, source): (&str, &mut File),
    (to, target): (&str, &mut File),
    most: u64,
) -> Fallible<()> {
    copied_to(cx, (from, &mut source.take(most)), (to, target))
}

fn list_dir(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let mut names = names_in(cx, path)?;
    names.sort_unstable();
    let array = cx.heap().new_array(names.len());
    for name in &names {
        let name = cx.heap().new_string(name);
        push(cx, "list_dir", array, name)?;
    }
    Ok(array)
}

/// The names in a folder, in any order.
pub(super) fn names_in(cx: &mut dyn Context, path: &str) -> Fallible<Vec<String>> {
    let unlisted = |why: &dyn std::fmt::Display| refused("list", "folder", path, why);
    let place = place(cx, path);
    let mut names = Vec::new();
    for entry in fs::read_dir(place).map_err(|error| unlisted(&error))? {
        let entry = entry.map_err(|error| unlisted(&error))?;
        let name = entry
            .file_name()
            .into_string()
            .map_err(|name| unlisted(&format_args!("the name {name:?} is not valid UTF-8")))?;
        names.push(name);
        if names.len().is_multiple_of(1024) {
            check_room(cx, 64 * names.len())?;
            cx.poll()?;
        }
    }
    Ok(names)
}

fn create_dir(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let place = place(cx, path);
    fs::create_dir_all(place).map_err(|error| refused("create", "folder", path, &error))?;
    Ok(Value::TRUE)
}

fn os_rmdir(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let place = place(cx, path);
    fs::remove_dir(place).map_err(|error| refused("remove", "folder", path, &error))?;
    Ok(Value::TRUE)
}

fn io_read_bytes(cx: &mut dyn Context, args: Args) -> Fallible {
    let count = not_negative(cx, "io_read_bytes", "count", args.get(1))?;
    read_part(cx, "io_read_bytes", args, 0, count)
}

fn io_read_at(cx: &mut dyn Context, args: Args) -> Fallible {
    let offset = not_negative(cx, "io_read_at", "offset", args.get(1))?;
    let count = not_negative(cx, "io_read_at", "count", args.get(2))?;
    read_part(cx, "io_read_at", args, offset, count)
}

fn io_seek_read(cx: &mut dyn Context, args: Args) -> Fallible {
    let offset = not_negative(cx, "io_seek_read", "offset", args.get(1))?;
    read_part(cx, "io_seek_read", args, offset, usize::MAX)
}

/// At most `count` bytes of the file in argument 0, from an offset on.
fn read_part(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    offset: usize,
    count: usize,
) -> Fallible {
    let path = str_arg(cx, args, 0);
    let mut file = open_to_read(cx, path)?;
    if offset > 0 {
        seek(cx, "read", path, &mut file, offset)?;
    }
    let contents = read_rest(cx, name, path, &mut file, (offset, count))?;
    pace::new_bytes(cx, &contents)
}

fn seek(
    cx: &mut dyn Context,
    verb: &str,
    path: &str,
    file: &mut File,
    offset: usize,
) -> Fallible<()> {
    undisturbed(cx, verb, path, || file.seek(SeekFrom::Start(offset as u64)))?;
    Ok(())
}

fn io_write_bytes(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let how = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .clone();
    let mut file = open_to_write(cx, path, &how)?;
    write_rest(cx, path, &mut file, args.get(1).bytes())?;
    Ok(Value::TRUE)
}

fn io_write_at(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let offset = not_negative(cx, "io_write_at", "offset", args.get(2))?;
    let mut file = open_to_write(cx, path, OpenOptions::new().write(true))?;
    seek(cx, "write", path, &mut file, offset)?;
    write_rest(cx, path, &mut file, args.get(1).bytes())?;
    Ok(Value::TRUE)
}

fn io_truncate(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let size = not_negative(cx, "io_truncate", "size", args.get(1))?;
    let file = open_to_write(cx, path, OpenOptions::new().write(true))?;
    undisturbed(cx, "write", path, || file.set_len(size as u64))?;
    Ok(Value::TRUE)
}

fn io_copy_range(cx: &mut dyn Context, args: Args) -> Fallible {
    let (from, to) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let offset = not_negative(cx, "io_copy_range", "offset", args.get(2))?;
    let count = not_negative(cx, "io_copy_range", "count", args.get(3))?;
    check_distinct(cx, from, to)?;
    let mut source = open_to_read(cx, from)?;
    seek(cx, "read", from, &mut source, offset)?;
    let how = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .clone();
    let mut target = open_to_write(cx, to, &how)?;
    copy_rest(cx, (from, &mut source), (to, &mut target), count as u64)?;
    Ok(Value::TRUE)
}

fn io_file_metadata(cx: &mut dyn Context, args: Args) -> Fallible {
    let known = metadata(cx, args)?;
    let dict = cx.heap().new_dict(7);
    let size = cx.heap().new_int(known.len().into());
    let seconds = |time: io::Result<SystemTime>| {
        let time = time.ok()?;
        Some(Value::float(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        }))
    };
    let entries = [
        ("size", Some(size)),
        ("is_file", Some(Value::bool(known.is_file()))),
        ("is_dir", Some(Value::bool(known.is_dir()))),
        (
            "readonly",
            Some(Value::bool(known.permissions().readonly())),
        ),
        ("modified", seconds(known.modified())),
        ("created", seconds(known.created())),
        ("accessed", seconds(known.accessed())),
    ];
    for (name, value) in entries {
        if let Some(value) = value {
            let name = cx.heap().intern(name);
            super::dicts::put(cx, "io_file_metadata", dict, name, value)?;
        }
    }
    Ok(dict)
}
