//! Files that do not behave: full disks, folders that cannot be written to, links in circles,
//! names that are no text, files that are cut off or change meanwhile. All are errors of
//! kind `io` that name the path and the reason.

use crate::support::eval;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// A folder of the test's own, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let folder =
            std::env::temp_dir().join(format!("ruff-outside-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a new folder");
        Place(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a text").to_string()
    }

    /// The error of a call: its kind and message, with `DIR` for the folder.
    #[track_caller]
    fn thrown(&self, call: &str) -> String {
        let call = call.replace("DIR", &self.path(""));
        let code = format!(
            "try {{ print(\"gives\", {call}) }} except e {{ print(e.kind + \": \" + e.message) }}"
        );
        let out = eval(&code).ended(0).out;
        out.trim_end().replace(&self.path(""), "DIR/")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NO_ROOM: &str = "io: Cannot write file '/dev/full': No space left on device (os error 28)";

#[test]
fn a_full_disk_is_an_error_of_every_writer() {
    let place = Place::new("full");
    fs::write(place.path("data"), vec![b'x'; 100_000]).expect("a new file");
    for call in [
        "write_file(\"/dev/full\", \"text\", true)",
        "write_file(\"/dev/full\", repeat(\"text\", 1000000), true)",
        "write_binary_file(\"/dev/full\", bytes([1]), true)",
        "append_file(\"/dev/full\", \"text\")",
        "io_write_bytes(\"/dev/full\", bytes([1]))",
        "io_append_bytes(\"/dev/full\", bytes([1]))",
        "copy_file(\"DIR/data\", \"/dev/full\")",
        "io_copy_range(\"DIR/data\", \"/dev/full\", 0, 10)",
    ] {
        assert_eq!(place.thrown(call), NO_ROOM, "{call}");
    }
}

#[test]
fn what_the_system_does_not_let_be_written_is_an_error() {
    let place = Place::new("denied");
    // The kernel's own files are refused even to those who may do all else.
    for (call, path) in [
        (
            "write_file(\"/proc/version\", \"x\", true)",
            "/proc/version",
        ),
        ("append_file(\"/proc/version\", \"x\")", "/proc/version"),
        ("write_file(\"/proc/new\", \"x\")", "/proc/new"),
        ("create_dir(\"/proc/new\")", "/proc/new"),
        ("delete_file(\"/proc/version\")", "/proc/version"),
        ("os_rmdir(\"/proc/self\")", "/proc/self"),
        (
            "rename_file(\"/proc/version\", \"/proc/other\")",
            "/proc/version",
        ),
        ("zip_create(\"/proc/new.zip\")", "/proc/new.zip"),
        ("read_file(\"/proc/self/mem\")", "/proc/self/mem"),
    ] {
        let thrown = place.thrown(call);
        assert!(thrown.starts_with("io: Cannot "), "{call}: {thrown}");
        assert!(thrown.contains(&format!("'{path}'")), "{call}: {thrown}");
        assert!(thrown.contains("(os error "), "{call}: {thrown}");
    }
}

#[test]
fn links_in_circles_end_every_walk() {
    let place = Place::new("circles");
    fs::create_dir_all(place.path("a/b")).expect("a new folder");
    fs::write(place.path("a/b/file"), "x").expect("a new file");
    symlink("..", place.path("a/b/up")).expect("a new link");
    symlink("two", place.path("one")).expect("a new link");
    symlink("one", place.path("two")).expect("a new link");
    for call in [
        "read_file(\"DIRone\")",
        "write_file(\"DIRone\", \"x\", true)",
        "file_size(\"DIRone\")",
        "path_absolute(\"DIRone\")",
        "copy_file(\"DIRone\", \"DIRthree\")",
        "sha256_file(\"DIRone\")",
        "each_line(\"DIRone\")",
        "os_chdir(\"DIRone\")",
    ] {
        let thrown = place.thrown(call);
        assert!(
            thrown.starts_with("io: Cannot ") && thrown.contains("'DIR/one': Too many levels"),
            "{call}: {thrown}"
        );
    }
    assert_eq!(
        place.thrown("walk_dir(\"DIR\").map(p => p.remove_prefix(\"DIR\"))"),
        "gives [a/b/file, one, two]"
    );
    assert_eq!(
        place.thrown("glob(\"**/file\", \"DIR\").map(p => p.remove_prefix(\"DIR\"))"),
        "gives [a/b/file]"
    );
    assert_eq!(
        place.thrown(
            "[file_exists(\"DIRone\"), path_is_symlink(\"DIRone\"), path_is_dir(\"DIRone\")]"
        ),
        "gives [false, true, false]"
    );
}

#[test]
fn names_that_are_no_text_are_errors() {
    let place = Place::new("names");
    fs::write(place.0.join(OsStr::from_bytes(b"bad\xff")), "x").expect("a new file");
    for call in [
        "list_dir(\"DIR\")",
        "walk_dir(\"DIR\")",
        "glob(\"*\", \"DIR\")",
        "zip_create(\"DIRa.zip\").add_dir(\"DIR\")",
    ] {
        let thrown = place.thrown(call);
        assert!(
            thrown.starts_with("io: Cannot list folder 'DIR/': the name \"bad\\xFF\""),
            "{call}: {thrown}"
        );
    }
}

#[test]
fn files_that_are_cut_off_are_errors() {
    let place = Place::new("cut");
    let code = format!(
        "write_file({:?}, gzip(string_to_bytes(repeat(\"text \", 1000)))[:30])",
        place.path("a.gz")
    );
    eval(&code).ended(0);
    let thrown = place.thrown("gunzip(read_binary_file(\"DIRa.gz\"))");
    assert!(thrown.starts_with("parse: "), "{thrown}");
    fs::write(place.path("cut.txt"), &"ü".as_bytes()[..1]).expect("a new file");
    let not_text = "io: Cannot read file 'DIR/cut.txt': it is not valid UTF-8";
    assert_eq!(place.thrown("read_file(\"DIRcut.txt\")"), not_text);
    assert_eq!(
        place.thrown("each_line(\"DIRcut.txt\").collect()"),
        not_text
    );
    assert_eq!(place.thrown("read_lines(\"DIRcut.txt\")"), not_text);
}

#[test]
fn a_file_that_grows_is_read_to_an_end() {
    let place = Place::new("grows");
    let path = place.path("log");
    let code = format!(
        "write_file({path:?}, \"a\\n\")\nseen := 0\nfor line in each_line({path:?}) {{\n    seen += 1\n    if seen < 5 {{ append_file({path:?}, line + \"b\\n\") }}\n}}\nprint(seen, read_lines({path:?}).last())"
    );
    // Lines that are added while it is read may be read too.
    let out = eval(&code).ended(0).out;
    assert!(out == "5 abbbb\n" || out.starts_with("1 "), "{out}");
}

#[test]
fn lines_of_a_file_take_no_more_memory_than_the_longest() {
    let place = Place::new("lines");
    let path = place.path("large");
    fs::write(&path, "0123456789abcde\n".repeat(4 << 20)).expect("a new file");
    let code = format!(
        "n := 0\nfor line in each_line({path:?}) {{ n += len(line) }}\nprint(n, each_line({path:?}).count(l => l.ends_with(\"e\")))"
    );
    crate::support::run(&["run", "--max-heap", "16M", "-e", &code])
        .ended(0)
        .printed("62914560 4194304\n");
    let ran = crate::support::run(&[
        "run",
        "--max-heap",
        "16M",
        "-e",
        &format!("read_lines({path:?})"),
    ]);
    ran.ended(4).said("Out of memory");
}
