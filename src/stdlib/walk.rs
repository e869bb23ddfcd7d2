//! Finding files: everything below a folder, by patterns, and new ones that no other
//! program uses (STDLIB 19). Links to folders are not followed, so no walk goes in
//! circles.

use super::check::{kind_error, permit};
use super::declare::*;
use super::files::{names_in, place, refused};
use super::limits::*;
use super::operands::*;
use super::paths::append_part;
use crate::runtime::world::{Capability, LONGEST_PATH};
use crate::runtime::{Args, Context, ErrorKind, Fallible};
use rand::TryRng;
use rand::rngs::SysRng;
use std::fs;
use std::io;

natives! {
    /// The paths of all files below a folder, sorted.
    ///
    /// They begin with `p`. Links to folders are not followed.
    pure fn [none] walk_dir(p: READ_PATH) -> "array" = walk_dir;
    /// The paths below `folder` that a pattern matches, sorted.
    ///
    /// `*` stands for any characters of a name, `?` for one, `[a-z]` and `[!a-z]` for one of
    /// some, `{a,b}` for either, `**` for any folders between. A name that begins with a dot
    /// is matched by a pattern that does. The paths begin with `folder`.
    plain fn [none] glob(pattern: STRING, folder: or(READ_PATH, "\".\"")) -> "array" = glob;
    /// A new folder for temporary files: its path.
    ///
    /// It is left there.
    plain fn [none] temp_dir() -> "string" = temp_dir; blocks;
    /// A new, empty file for temporary use: its path.
    ///
    /// It is left there.
    plain fn [none] temp_file() -> "string" = temp_file; blocks;
}

/// The kind of file that a name in a folder is, without following links.
fn kind_of(cx: &mut dyn Context, path: &str) -> Fallible<Option<fs::FileType>> {
    match fs::symlink_metadata(place(cx, path)) {
        Ok(known) => Ok(Some(known.file_type())),
        // It went away meanwhile.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(refused("read", "file", path, &error)),
    }
}

/// An array of paths, sorted by bytes.
fn sorted(cx: &mut dyn Context, name: &str, mut paths: Vec<String>) -> Fallible {
    paths.sort_unstable();
    paths.dedup();
    let array = cx.heap().new_array(0);
    for path in &paths {
        let path = new_text(cx, name, path)?;
        push(cx, name, array, path)?;
    }
    Ok(array)
}

fn walk_dir(cx: &mut dyn Context, args: Args) -> Fallible {
    let folder = str_arg(cx, args, 0);
    let found = files_below(cx, "walk_dir", folder)?;
    sorted(cx, "walk_dir", found)
}

/// The paths of all files below a folder, sorted; they begin with its own.
pub(super) fn files_below(
    cx: &mut dyn Context,
    function: &str,
    folder: &str,
) -> Fallible<Vec<String>> {
    let mut folders = vec![folder.to_string()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for name in names_in(cx, &folder)? {
            let mut path = folder.clone();
            append_part(&mut path, &name);
            match kind_of(cx, &path)? {
                Some(kind) if kind.is_dir() => folders.push(path),
                Some(kind) if kind.is_symlink() && place(cx, &path).is_dir() => {}
                Some(_) => found.push(path),
                None => {}
            }
        }
        check_elements(function, found.len())?;
        cx.poll()?;
    }
    found.sort_unstable();
    Ok(found)
}

/// Patterns that one with alternatives may stand for.
const MOST_PATTERNS: usize = 1000;

fn glob(cx: &mut dyn Context, args: Args) -> Fallible {
    let pattern = str_arg(cx, args, 0);
    let folder = match args.get(1) {
        folder if folder.is_absent() => ".",
        folder => cx.heap().str(folder),
    };
    // Without the argument nothing has been checked.
    permit(cx, "glob", Capability::FsRead, Some(folder))?;
    let bad = |cx: &mut dyn Context, what: &str| {
        Err(kind_error(
            cx,
            ErrorKind::Value,
            "glob",
            "pattern",
            what,
            args.get(0),
        ))
    };
    if pattern.len() > LONGEST_PATH {
        return bad(cx, &format!("a pattern of at most {LONGEST_PATH} bytes"));
    }
    let mut patterns = Vec::new();
    if !expand(pattern, &mut patterns) {
        return bad(
            cx,
            "a pattern of at most 1000 alternatives with closed braces",
        );
    }
    let mut found = Vec::new();
    for pattern in &patterns {
        let parts: Vec<&str> = pattern.split('/').filter(|part| !part.is_empty()).collect();
        if pattern.starts_with('/') || parts.contains(&"..") {
            return bad(cx, "a pattern that stays within the folder");
        }
        if parts.iter().any(|part| !is_well_formed(part)) {
            return bad(cx, "a pattern with closed brackets");
        }
        matching(cx, folder.to_string(), &parts, &mut found)?;
    }
    sorted(cx, "glob", found)
}

/// Writes a pattern once for each of its alternatives; false if a brace is not closed or
/// they are too many.
fn expand(pattern: &str, out: &mut Vec<String>) -> bool {
    let Some(open) = pattern.find('{') else {
        out.push(pattern.to_string());
        return out.len() <= MOST_PATTERNS && !pattern.contains('}');
    };
    let (mut depth, mut commas, mut close) = (0, vec![open], None);
    for (at, c) in pattern[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => {
                close = Some(open + at);
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 1 => commas.push(open + at),
            _ => {}
        }
    }
    let Some(close) = close else {
        return false;
    };
    commas.push(close);
    commas.windows(2).all(|ends| {
        let choice = &pattern[ends[0] + 1..ends[1]];
        let one = format!("{}{choice}{}", &pattern[..open], &pattern[close + 1..]);
        out.len() <= MOST_PATTERNS && expand(&one, out)
    })
}

/// Whether every bracket of a part is closed.
fn is_well_formed(part: &str) -> bool {
    let mut rest = part;
    while let Some(open) = rest.find('[') {
        // A bracket that is first belongs to the set.
        let set = &rest[open + 1..];
        let first = set.strip_prefix('!').unwrap_or(set);
        let skipped = set.len() - first.len() + first.chars().next().map_or(0, char::len_utf8);
        match set[skipped..].find(']') {
            Some(close) => rest = &set[skipped + close + 1..],
            None => return false,
        }
    }
    true
}

/// The paths below `folder` that the parts of a pattern match.
fn matching(
    cx: &mut dyn Context,
    folder: String,
    parts: &[&str],
    found: &mut Vec<String>,
) -> Fallible<()> {
    // Folders, and how many parts have been matched on the way to them.
    let mut open = vec![(folder, 0)];
    while let Some((folder, done)) = open.pop() {
        cx.poll()?;
        let Some((&part, rest)) = parts[done..].split_first() else {
            continue;
        };
        let is_link = kind_of(cx, &folder)?.is_some_and(|kind| kind.is_symlink());
        if done > 0 && is_link {
            // The pattern names a link to a folder: it may lead elsewhere.
            permit(cx, "glob", Capability::FsRead, Some(&folder))?;
        }
        let last = rest.is_empty();
        if part == "**" && !last {
            open.push((folder.clone(), done + 1));
        }
        let names = match names_in(cx, &folder) {
            Ok(names) => names,
            // A folder of the pattern's making need not be one.
            Err(_) if done > 0 && !place(cx, &folder).is_dir() => continue,
            Err(fault) => return Err(fault),
        };
        for name in names {
            let any = part == "**" && !name.starts_with('.');
            if !any && !matches(part, &name) {
                continue;
            }
            let mut path = folder.clone();
            append_part(&mut path, &name);
            let Some(kind) = kind_of(cx, &path)? else {
                continue;
            };
            if last {
                found.push(path.clone());
                check_elements("glob", found.len())?;
            }
            if part == "**" {
                if kind.is_dir() {
                    open.push((path, done));
                }
            } else if !last && (kind.is_dir() || place(cx, &path).is_dir()) {
                open.push((path, done + 1));
            }
        }
    }
    Ok(())
}

/// Whether a name fits one part of a pattern: two positions and the last star, so that
/// no pattern takes more than the product of the lengths.
fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                star = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => in_set(&pattern[p + 1..], name[n]).map(|used| used + 1),
            Some(&c) if c == name[n] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(step), _) => (p, n) = (p + step, n + 1),
            // The last star takes one more.
            (None, Some((next, from))) => {
                (p, n) = (next, from + 1);
                star = Some((next, n));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

/// Whether a character is in the set that begins here; how long that is.
fn in_set(set: &[char], c: char) -> Option<usize> {
    let negated = set.first() == Some(&'!');
    let first = negated as usize;
    let (mut at, mut found) = (first, false);
    // A bracket that is first belongs to the set.
    while at == first || set[at] != ']' {
        let (end, len) = match set[at..] {
            [_, '-', end, ..] if end != ']' => (end, 3),
            _ => (set[at], 1),
        };
        found |= (set[at]..=end).contains(&c);
        at += len;
    }
    (found != negated).then_some(at + 1)
}

/// Makes something under a new name in the folder for temporary files.
fn new_name(
    cx: &mut dyn Context,
    function: &str,
    object: &str,
    make: fn(&std::path::Path) -> io::Result<()>,
) -> Fallible {
    let base = std::env::temp_dir();
    let folder = base.to_string_lossy().into_owned();
    permit(cx, function, Capability::FsWrite, Some(&folder))?;
    loop {
        let number = SysRng.try_next_u64();
        let number = number.map_err(|error| refused("create", object, &folder, &error))?;
        let path = base.join(format!("ruff-{number:016x}"));
        match make(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(refused("create", object, &path.to_string_lossy(), &error)),
        }
        return match path.to_str() {
            Some(path) => new_text(cx, function, path),
            None => Err(refused(
                "create",
                object,
                &folder,
                &"the path is not valid UTF-8",
            )),
        };
    }
}

fn temp_dir(cx: &mut dyn Context, _: Args) -> Fallible {
    new_name(cx, "temp_dir", "folder", |path| {
        let mut how = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut how, 0o700);
        how.create(path)
    })
}

fn temp_file(cx: &mut dyn Context, _: Args) -> Fallible {
    new_name(cx, "temp_file", "file", |path| {
        let mut how = fs::OpenOptions::new();
        how.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut how, 0o600);
        how.open(path).map(drop)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, fits) in [
            ("*", "a.txt", true),
            ("*.txt", "a.txt", true),
            ("*.txt", "a.txt.gz", false),
            ("a?c", "abc", true),
            ("a?c", "aéc", true),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "ax", false),
            ("[]]", "]", true),
            ("[a-]", "-", true),
            ("[-a]", "-", true),
            ("*a*b*c", "xaybzc", true),
            ("*a*b*c", "xaybz", false),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("", "a", false),
            ("a**b", "aXb", true),
        ] {
            assert!(is_well_formed(pattern), "{pattern}");
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
        assert!(!is_well_formed("[a") && !is_well_formed("[]") && !is_well_formed("x[!]"));
    }

    #[test]
    fn a_pattern_takes_no_time() {
        let pattern = "a*".repeat(200) + "b";
        assert!(!matches(&pattern, &"a".repeat(2000)));
    }

    #[test]
    fn alternatives_are_written_out() {
        let expanded = |pattern| {
            let mut out = Vec::new();
            expand(pattern, &mut out).then_some(out)
        };
        assert_eq!(expanded("a").unwrap(), ["a"]);
        assert_eq!(expanded("x{a,b{c,d}}y").unwrap(), ["xay", "xbcy", "xbdy"]);
        assert_eq!(expanded("{,a}{b}").unwrap(), ["b", "ab"]);
        assert_eq!(expanded("{a"), None);
        assert_eq!(expanded("a}"), None);
        assert_eq!(expanded(&"{a,b}".repeat(20)), None);
    }
}
