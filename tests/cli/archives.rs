//! Zip archives that mean harm, and those that a program leaves open.

use crate::support::{eval, run};
use proptest::prelude::*;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A folder of the test's own, removed at its end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Place {
        let folder = std::env::temp_dir().join(format!("ruff-zip-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a new folder");
        Place(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a text").to_string()
    }

    fn archive(&self, fill: impl FnOnce(&mut ZipWriter<File>)) {
        let file = File::create(self.path("bad.zip")).expect("a new file");
        let mut writer = ZipWriter::new(file);
        fill(&mut writer);
        writer.finish().expect("it is written");
    }

    /// Unzips, and looks at the line that an error gives. Nothing may have been written.
    #[track_caller]
    fn refused(&self, text: &str) {
        let code = format!(
            "try {{ print(unzip({:?}, {:?})) }} except e {{ print(e.kind, e.message) }}",
            self.path("bad.zip"),
            self.path("out/in")
        );
        let ran = eval(&code).ended(0);
        assert!(ran.out.contains(text), "no '{text}' in {ran:?}");
        assert!(!self.0.join("out").exists(), "something was written");
        assert!(!self.0.join("evil").exists());
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn options() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    for name in [
        "../evil",
        "a/../../../evil",
        "/tmp/evil",
        "a/../b",
        "..",
        "a/..",
    ] {
        let place = Place::new("names");
        place.archive(|writer| {
            writer.start_file("good.txt", options()).expect("a file");
            writer.write_all(b"good").expect("it is written");
            writer.start_file(name, options()).expect("a file");
            writer.write_all(b"evil").expect("it is written");
        });
        place.refused("value unzip() expects names within the folder");
    }
}

#[test]
fn links_are_refused() {
    let place = Place::new("links");
    place.archive(|writer| {
        writer.start_file("good.txt", options()).expect("a file");
        writer
            .add_symlink("link", "/etc", options())
            .expect("a link");
    });
    place.refused("value unzip() expects files and folders alone; got 'link'");
}

#[cfg(unix)]
#[test]
fn nothing_is_written_through_links_that_are_there() {
    let place = Place::new("through");
    fs::create_dir_all(place.path("to")).expect("a new folder");
    fs::create_dir_all(place.path("secret")).expect("a new folder");
    std::os::unix::fs::symlink("../secret", place.path("to/a")).expect("a new link");
    place.archive(|writer| {
        writer.start_file("a/evil", options()).expect("a file");
    });
    let code = format!("unzip({:?}, {:?})", place.path("bad.zip"), place.path("to"));
    eval(&code).ended(4).said("free of links");
    assert!(!place.0.join("secret/evil").exists());
}

#[test]
fn a_file_that_is_a_folder_too_is_refused() {
    let place = Place::new("both");
    place.archive(|writer| {
        writer.start_file("a", options()).expect("a file");
        writer.start_file("a/b", options()).expect("a file");
    });
    place.refused("value unzip() expects files that are not folders too; got 'a'");
    place.archive(|writer| {
        writer.start_file("a", options()).expect("a file");
        writer.start_file("./a", options()).expect("a file");
    });
    place.refused("value unzip() expects names that are not repeated");
}

#[test]
fn bombs_are_refused() {
    let place = Place::new("bomb");
    let zeros = vec![0; 1 << 20];
    place.archive(|writer| {
        writer.start_file("large", options()).expect("a file");
        for _ in 0..257 {
            writer.write_all(&zeros).expect("it is written");
        }
    });
    place.refused("value unzip() expects at most 256 MiB in a file");
}

#[test]
fn a_size_that_is_not_true_is_found_out() {
    let place = Place::new("lies");
    place.archive(|writer| {
        writer.start_file("a", options()).expect("a file");
        writer
            .write_all(&vec![b'x'; 100_000])
            .expect("it is written");
    });
    let mut bytes = fs::read(place.path("bad.zip")).expect("it is there");
    // The size in both headers, 100,000, becomes 10.
    let size = 100_000u32.to_le_bytes();
    let mut at = 0;
    let mut found = 0;
    while let Some(next) = bytes[at..].windows(4).position(|four| four == size) {
        bytes[at + next..at + next + 4].copy_from_slice(&10u32.to_le_bytes());
        at += next + 4;
        found += 1;
    }
    assert!(found >= 1);
    fs::write(place.path("bad.zip"), bytes).expect("it is written");
    place.refused("unzip() expects");
}

#[test]
fn too_many_entries_are_refused() {
    let place = Place::new("many");
    place.archive(|writer| {
        let stored = options().compression_method(CompressionMethod::Stored);
        for i in 0..65_537 {
            writer.start_file(i.to_string(), stored).expect("a file");
        }
    });
    place.refused("value unzip() expects at most 65536 entries; got '65537'");
}

#[test]
fn what_is_damaged_writes_nothing() {
    let place = Place::new("damaged");
    // Nothing that could be compressed.
    let mut state = 1u64;
    let mut random = Vec::new();
    for _ in 0..50_000 {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        random.push((state >> 56) as u8);
    }
    place.archive(|writer| {
        writer.start_file("a", options()).expect("a file");
        writer.write_all(&random).expect("it is written");
    });
    let whole = fs::read(place.path("bad.zip")).expect("it is there");
    let mut bytes = whole.clone();
    bytes[20_000] ^= 0xff;
    fs::write(place.path("bad.zip"), bytes).expect("it is written");
    place.refused("parse unzip() expects a valid zip archive");
    fs::write(place.path("bad.zip"), &whole[..whole.len() - 30]).expect("it is written");
    place.refused("parse unzip() expects a valid zip archive");
}

#[test]
fn an_archive_that_is_left_open_is_completed() {
    for end in ["", "\nexit(3)", "\nthrow \"no\""] {
        let place = Place::new("open");
        fs::write(place.path("a.txt"), "a").expect("a new file");
        let code = format!(
            "z := zip_create({:?})\nz.add_file({:?}){end}",
            place.path("open.zip"),
            place.path("a.txt")
        );
        let code_of_end = match end {
            "" => 0,
            "\nexit(3)" => 3,
            _ => 4,
        };
        eval(&code).ended(code_of_end);
        let code = format!(
            "print(unzip({:?}, {:?}).len())",
            place.path("open.zip"),
            place.path("to")
        );
        eval(&code).ended(0).printed("1\n");
    }
}

#[test]
fn a_full_disk_is_an_error() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let place = Place::new("full");
    fs::write(place.path("a.txt"), vec![b'a'; 1 << 20]).expect("a new file");
    let file = place.path("a.txt");
    eval(&format!(
        "z := zip_create(\"/dev/full\")\nz.add_file({file:?})\nz.close()"
    ))
    .ended(4)
    .said("Cannot write file '/dev/full': No space left on device");
    eval("z := zip_create(\"/dev/full\")")
        .ended(4)
        .said("Cannot write file '/dev/full': No space left on device");
}

/// Names of files in a folder, some in folders of it.
fn name() -> impl Strategy<Value = String> {
    proptest::string::string_regex("([a-z]{1,3}/){0,2}[a-zA-Z0-9 ._ü猫-]{1,8}x")
        .expect("a pattern")
        .prop_map(|name| name.replace("../", "up/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_goes_into_an_archive_comes_out(
        files in proptest::collection::btree_map(name(), proptest::collection::vec(any::<u8>(), 0..3000), 0..6),
        repeats in 1..200usize,
    ) {
        let place = Place::new("round");
        fs::create_dir_all(place.path("in")).expect("a new folder");
        let mut written = std::collections::BTreeMap::new();
        for (name, bytes) in files {
            let path = place.0.join("in").join(&name);
            let parent = path.parent().expect("it is in a folder");
            let bytes = bytes.repeat(if bytes.len() < 100 { repeats } else { 1 });
            // One may be in the place of another's folder.
            if fs::create_dir_all(parent).is_ok() && fs::write(&path, &bytes).is_ok() {
                written.insert(name, bytes);
            }
        }
        let code = format!(
            "z := zip_create({:?})\nz.add_dir({:?})\nz.close()\nprint(len(unzip({:?}, {:?})))",
            place.path("a.zip"), place.path("in"), place.path("a.zip"), place.path("to")
        );
        eval(&code).ended(0).printed(&format!("{}\n", written.len()));
        for (name, bytes) in &written {
            prop_assert_eq!(&fs::read(place.0.join("to").join(name)).expect("it is there"), bytes);
        }
    }
}

#[test]
fn untrusted_programs_reach_no_archives() {
    let place = Place::new("untrusted");
    let code = format!("zip_create({:?})", place.path("a.zip"));
    run(&["run", "--untrusted", "-e", &code])
        .ended(4)
        .said("zip_create() needs fs-write");
    run(&["run", "--untrusted", "-e", "execute(\"true\")"])
        .ended(4)
        .said("execute() needs process");
    run(&[
        "run",
        "--untrusted",
        "--allow-process",
        "-e",
        "execute(\"true\")",
    ])
    .ended(0);
}
