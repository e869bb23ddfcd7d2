//! Bytes that programs may be made of.

use crate::support::{Ran, TempFile, run};

fn file(bytes: &[u8]) -> Ran {
    let file = TempFile::new("input.ruff", bytes);
    run(&["run", file.path()])
}

#[test]
fn empty() {
    file(b"").ended(0).printed("");
    file(b"\n\n  \n").ended(0).printed("");
    file(b"# only a comment").ended(0).printed("");
}

#[test]
fn line_ends_of_every_sort() {
    file(b"print(1)\r\nprint(2)\r\n").ended(0).printed("1\n2\n");
    file(b"print(1)\rprint(2)\r").ended(0).printed("1\n2\n");
    file(b"x := 1\r\n\r\nthrow \"x\"\r\n")
        .ended(4)
        .said("input.ruff:3:1");
}

#[test]
fn byte_order_mark_and_first_line() {
    file(b"\xEF\xBB\xBFprint(1)").ended(0).printed("1\n");
    file(b"#!/usr/bin/env ruff\nprint(1)")
        .ended(0)
        .printed("1\n");
    file(b"\xEF\xBB\xBF#!/usr/bin/env ruff\nprint(1)")
        .ended(0)
        .printed("1\n");
}

#[test]
fn invalid_utf8_is_a_syntax_error_with_its_place() {
    let ran = file(b"print(1)\nprint(\"\xFF\")\n").ended(3).printed("");
    assert!(ran.err.contains("UTF-8"), "{ran:?}");
    assert!(ran.err.contains("input.ruff:2:"), "{ran:?}");
    file(b"\xFF\xFE\x00").ended(3);
    file(b"\"\xE2\x82").ended(3);
}

#[test]
fn nul_and_other_control_bytes() {
    file(b"print(1)\0").ended(3);
    file(b"\0\0\0\0").ended(3);
    file(b"x := \x01").ended(3);
    file(b"print(len(\"a\0b\"))").ended(0).printed("3\n");
    file(b"# \0 in a comment\nprint(1)").ended(0).printed("1\n");
}

#[test]
fn names_and_text_beyond_ascii() {
    file("größe := \"ü€😀\"\nprint(größe, len(größe))".as_bytes())
        .ended(0)
        .printed("ü€😀 3\n");
}

#[test]
fn long_lines_names_and_texts() {
    let name = "n".repeat(100_000);
    file(format!("{name} := 1; print({name})").as_bytes())
        .ended(0)
        .printed("1\n");
    let text = "t".repeat(1_000_000);
    file(format!("print(len(\"{text}\"))").as_bytes())
        .ended(0)
        .printed("1000000\n");
    let sum = format!("print({}1)", "1 + ".repeat(5_000));
    file(sum.as_bytes()).ended(0).printed("5001\n");
    let lines = "x := 1\n".repeat(100_000);
    file(lines.as_bytes()).ended(0);
}

#[test]
fn a_long_line_is_cut_in_a_report() {
    let line = format!("throw \"{}\"", "y".repeat(100_000));
    let ran = file(line.as_bytes()).ended(4);
    assert!(ran.err.len() < 250_000, "{} bytes", ran.err.len());
}

#[test]
fn a_source_that_is_too_long_is_refused_by_every_command() {
    // Mostly a hole, which takes no room.
    let file = TempFile::new("large.ruff", b"print(1)\n");
    let length = ruff::tools::MAX_SOURCE_BYTES as u64 + 1;
    let large = std::fs::OpenOptions::new().write(true).open(file.path());
    large.and_then(|it| it.set_len(length)).expect("a hole");
    let said = "error: the source is larger than 256 MiB\n";
    for command in ["run", "check", "fmt", "disasm", "profile"] {
        let ran = run(&[command, file.path()]).ended(3).printed("").said(said);
        assert_eq!(ran.err.matches("error").count(), 1, "{ran:?}");
    }
    run(&["fmt", "--check", file.path()]).ended(3).said(said);
    let tested = run(&["test", file.path()]);
    assert!(
        (tested.out.clone() + &tested.err).contains(said),
        "{tested:?}"
    );
    // A module has a name of the language.
    let module = std::path::Path::new(file.path()).with_file_name("ruff_large_module.ruff");
    let large = std::fs::File::create(&module);
    large.and_then(|it| it.set_len(length)).expect("a hole");
    let importer = TempFile::new("importer.ruff", b"import ruff_large_module\n");
    let ran = run(&["run", importer.path()]);
    let _ = std::fs::remove_file(&module);
    ran.ended(4).said("the source is larger than 256 MiB");
}
