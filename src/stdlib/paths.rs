//! Paths as text, and what the system says of them (STDLIB 19).

use super::declare::*;
use super::files::{place, refused};
use super::limits::*;
use super::operands::*;
use crate::runtime::{Args, Context, Fallible};
use crate::value::Value;
use std::path::{MAIN_SEPARATOR, Path, PathBuf, is_separator};

natives! {
    /// The parts as one path.
    ///
    /// An absolute part starts the path again; empty parts vanish.
    pure fn [none] join_path | path_join (part: STRING, parts: rest(STRING)) -> "string" = join_path;
    /// The path of what a path is in.
    ///
    /// Separators at its end do not count; `dirname("c.txt")` is `""`, `dirname("/")` is `/`.
    pure fn [none] dirname(p: STRING) -> "string" = dirname;
    /// The last part of a path.
    ///
    /// Separators at its end do not count; of `/`, `""` and `..` it is `""`.
    pure fn [none] basename(p: STRING) -> "string" = basename;
    /// The text after the last dot of the last part, without the dot.
    ///
    /// `""` if there is none, and for names like `.bashrc`.
    pure fn [none] path_extension(p: STRING) -> "string" = path_extension;
    /// Whether it is a folder, or a link to one.
    pure fn [none] path_is_dir(p: READ_PATH) -> "bool" = path_is_dir;
    /// Whether it is a file, or a link to one.
    pure fn [none] path_is_file(p: READ_PATH) -> "bool" = path_is_file;
    /// Whether it is a symbolic link, wherever that leads.
    pure fn [none] path_is_symlink(p: READ_PATH) -> "bool" = path_is_symlink;
    /// The real path: absolute, without links.
    ///
    /// A path that does not exist throws `io`.
    pure fn [none] path_absolute(p: READ_PATH) -> "string" = path_absolute;
    /// The current folder.
    plain fn [none] os_getcwd() -> "string" = os_getcwd where needs FsRead; reads;
    /// Changes the current folder of the program, and of the processes that it starts; true.
    pure fn [none] os_chdir(p: READ_PATH) -> "bool" = os_chdir; writes;
}

/// Appends a part to a path.
pub(super) fn append_part(path: &mut String, part: &str) {
    if Path::new(part).is_absolute() {
        path.clear();
    } else if !part.is_empty() && !path.is_empty() && !path.ends_with(is_separator) {
        path.push(MAIN_SEPARATOR);
    }
    path.push_str(part);
}

fn join_path(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut joined = String::new();
    for i in 0..args.len() {
        let part = str_arg(cx, args, i);
        check_bytes(cx, "join_path", joined.len() + part.len() + 1)?;
        append_part(&mut joined, part);
    }
    new_text(cx, "join_path", &joined)
}

fn dirname(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = Path::new(str_arg(cx, args, 0));
    let folder = match path.parent() {
        Some(folder) => folder,
        // A root is in itself.
        None => path,
    };
    string_of(cx, "dirname", folder)
}

fn basename(cx: &mut dyn Context, args: Args) -> Fallible {
    let name = Path::new(str_arg(cx, args, 0)).file_name();
    string_of(cx, "basename", Path::new(name.unwrap_or_default()))
}

fn path_extension(cx: &mut dyn Context, args: Args) -> Fallible {
    let extension = Path::new(str_arg(cx, args, 0)).extension();
    let extension = Path::new(extension.unwrap_or_default());
    string_of(cx, "path_extension", extension)
}

/// A part of a path that was a text.
fn string_of(cx: &mut dyn Context, name: &str, path: &Path) -> Fallible {
    new_text(cx, name, path.to_str().expect("a part of a text"))
}

fn path_is_dir(cx: &mut dyn Context, args: Args) -> Fallible {
    asked(cx, args, Path::is_dir)
}

fn path_is_file(cx: &mut dyn Context, args: Args) -> Fallible {
    asked(cx, args, Path::is_file)
}

fn path_is_symlink(cx: &mut dyn Context, args: Args) -> Fallible {
    asked(cx, args, Path::is_symlink)
}

fn asked(cx: &mut dyn Context, args: Args, question: fn(&Path) -> bool) -> Fallible {
    let path = str_arg(cx, args, 0);
    let answer = !path.is_empty() && question(&place(cx, path));
    Ok(Value::bool(answer))
}

/// A path that the system gave, as a string; the path of the program is named in the
/// error for one that is no text.
fn given(cx: &mut dyn Context, name: &str, verb: &str, path: &str, given: PathBuf) -> Fallible {
    match given.to_str() {
        Some(text) => new_text(cx, name, text),
        None => {
            let why = format_args!("the path {given:?} is not valid UTF-8");
            Err(refused(verb, "path", path, &why))
        }
    }
}

fn path_absolute(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let real = place(cx, path).canonicalize();
    let real = real.map_err(|error| refused("resolve", "path", path, &error))?;
    given(cx, "path_absolute", "resolve", path, real)
}

fn os_getcwd(cx: &mut dyn Context, _: Args) -> Fallible {
    let folder = cx.state().world.folder();
    let folder = folder.map_err(|error| refused("read", "folder", ".", &error))?;
    given(cx, "os_getcwd", "read", ".", folder)
}

fn os_chdir(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let changed = cx.state().world.change_folder(path);
    changed.map_err(|error| refused("enter", "folder", path, &error))?;
    Ok(Value::TRUE)
}
