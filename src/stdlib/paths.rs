//! Paths as text, and what the system says of them (STDLIB 19).

use super::declare::*;
use super::files::{place, refused};
use super::limits::*;
use super::operands::*;
use crate::runtime::limits::{check_room, system_out_of_memory};
use crate::runtime::pace::{self, STRETCH};
use crate::runtime::{Args, Context, Fallible, aside};
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
        let bytes = joined.len() + part.len() + 1;
        check_bytes(cx, "join_path", bytes)?;
        if bytes <= STRETCH {
            append_part(&mut joined, part);
            continue;
        }
        append_part(&mut joined, pace::first_stretch(part));
        if joined.try_reserve(part.len()).is_err() {
            return Err(system_out_of_memory());
        }
        let rest = &part[pace::first_stretch(part).len()..];
        pace::push_repeated(cx, &mut joined, rest, 1)?;
    }
    new_text(cx, "join_path", &joined)
}

fn dirname(cx: &mut dyn Context, args: Args) -> Fallible {
    // A root is in itself.
    part_of(cx, "dirname", args, |path| path.parent().unwrap_or(path))
}

fn basename(cx: &mut dyn Context, args: Args) -> Fallible {
    fn name(path: &Path) -> &Path {
        Path::new(path.file_name().unwrap_or_default())
    }
    part_of(cx, "basename", args, name)
}

fn path_extension(cx: &mut dyn Context, args: Args) -> Fallible {
    fn extension(path: &Path) -> &Path {
        Path::new(path.extension().unwrap_or_default())
    }
    part_of(cx, "path_extension", args, extension)
}

/// A part of the path that is argument 0. Looking for parts of a path, separators above all,
/// may take long: a long one is looked at aside.
fn part_of(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    part: for<'p> fn(&'p Path) -> &'p Path,
) -> Fallible {
    let path = str_arg(cx, args, 0);
    fn text(part: &Path) -> &str {
        part.to_str().expect("a part of a text")
    }
    if path.len() <= STRETCH {
        return new_text(cx, name, text(part(Path::new(path))));
    }
    check_room(cx, 2 * path.len())?;
    let mut copy = text_with_room(path.len())?;
    pace::push_repeated(cx, &mut copy, path, 1)?;
    let part = aside::run(cx, move || text(part(Path::new(&copy))).to_string())?;
    new_text(cx, name, &part)
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
