//! Files by promises (STDLIB 20). The work of a local file system takes next to no time,
//! so the call does it, and its promise has settled.

use super::check::permit;
use super::declare::*;
use super::files;
use super::operands::*;
use super::promises::settled;
use crate::heap::object::Kind;
use crate::runtime::messages::value_error;
use crate::runtime::world::Capability;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, name_of_type};

natives! {
    /// A promise of the contents of a file, as a string.
    ///
    /// It is rejected with the errors of `read_file`.
    pure fn [none] async_read_file(path: READ_PATH) -> "promise" = async_read_file;
    /// A promise of the contents of these files, in order.
    ///
    /// It is rejected with the first error.
    pure fn [none] async_read_files(paths: ARRAY, limit: opt(WHOLE)) -> "promise" = async_read_files where needs FsRead;
    /// A promise of true, when a string or bytes have been written to a file.
    ///
    /// An existing file is replaced.
    pure fn [none] async_write_file(path: WRITTEN_PATH, data: DATA) -> "promise" = async_write_file; writes;
    /// A promise of an array of true, when the strings or bytes have been written to these
    /// files.
    ///
    /// Existing files are replaced. Different lengths throw `value`. It is rejected with the
    /// first error.
    pure fn [none] async_write_files(paths: ARRAY, datas: ARRAY, limit: opt(WHOLE)) -> "promise" = async_write_files where needs FsWrite; writes;
}

fn async_read_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let path = str_arg(cx, args, 0);
    let result = files::read_text(cx, path);
    Ok(settled(cx, result))
}

fn async_write_file(cx: &mut dyn Context, args: Args) -> Fallible {
    let (path, data) = (str_arg(cx, args, 0), data_arg(cx, args, 1));
    let result = files::replace(cx, path, data);
    Ok(settled(cx, result))
}

/// The paths of an array that the program may reach.
fn paths(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    needs: Capability,
) -> Fallible<Vec<&'static str>> {
    let last = args.get(args.len() - 1);
    if !last.is_kind(Kind::Array) {
        at_least_one(cx, name, "limit", last)?;
    }
    let mut paths = Vec::new();
    for &path in args.get(0).elements() {
        if !path.is_string() {
            let got = name_of_type(cx, path);
            let message =
                format!("{name}() expects paths to be an array of strings; got {got} in it");
            return Err(Fault::new(ErrorKind::Type, message));
        }
        let path = cx.heap().str(path);
        permit(cx, name, needs, Some(path))?;
        paths.push(path);
    }
    Ok(paths)
}

/// A promise of what each of so many steps gives, or of the first error.
fn each(
    cx: &mut dyn Context,
    count: usize,
    mut step: impl FnMut(&mut dyn Context, usize) -> Fallible,
) -> Fallible {
    let results = cx.heap().new_array(count);
    for index in 0..count {
        cx.poll()?;
        match step(cx, index) {
            Ok(value) => {
                // There is room.
                let _ = cx.heap().array_push(results, value);
            }
            error => return Ok(settled(cx, error)),
        }
    }
    Ok(settled(cx, Ok(results)))
}

fn async_read_files(cx: &mut dyn Context, args: Args) -> Fallible {
    let paths = paths(cx, "async_read_files", args, Capability::FsRead)?;
    each(cx, paths.len(), |cx, i| files::read_text(cx, paths[i]))
}

fn async_write_files(cx: &mut dyn Context, args: Args) -> Fallible {
    let paths = paths(cx, "async_write_files", args, Capability::FsWrite)?;
    let datas = args.get(1).elements();
    if datas.len() != paths.len() {
        let what = format!("{} elements", paths.len());
        return Err(value_error(
            cx,
            "async_write_files",
            "datas",
            &what,
            args.get(1),
        ));
    }
    if let Some(&other) = datas
        .iter()
        .find(|data| !(data.is_string() || data.is_bytes()))
    {
        let got = name_of_type(cx, other);
        let message = format!(
            "async_write_files() expects datas to be an array of strings and bytes; got {got} in it"
        );
        return Err(Fault::new(ErrorKind::Type, message));
    }
    each(cx, paths.len(), |cx, i| {
        let data = data_of(cx, datas[i]);
        files::replace(cx, paths[i], data)
    })
}
