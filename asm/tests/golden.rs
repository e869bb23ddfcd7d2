//! Encodings of both machines against text files: for every operation the
//! call, the bytes, and what an independent disassembler makes of them.
//!
//! The bytes are compared everywhere. The disassembly is compared where
//! `objdump` for the machine is installed (its layout of text differs between
//! versions, so only the words count). `GOLDEN=write` writes the files again,
//! which needs both disassemblers; the change is then to be reviewed.

#[path = "golden/cases.rs"]
mod cases;
mod common;

use std::fmt::Write;
use std::path::PathBuf;

use cases::cases;
use common::objdump::{Disassembler, Instruction};
use ruff_asm::prelude::*;
use ruff_asm::{A64, X64};

/// The file of a machine: each call, and below it its instructions.
fn render(calls: &[&str], code: &[Vec<Instruction>]) -> String {
    let mut text = String::new();
    for (call, instructions) in calls.iter().zip(code) {
        writeln!(text, "{call}").unwrap();
        for instruction in instructions {
            let hex = common::hex(&instruction.bytes);
            writeln!(text, "    {hex:<22} {}", instruction.text).unwrap();
        }
        text.push('\n');
    }
    text
}

/// The calls of a file with the bytes of each.
fn parse(text: &str) -> Vec<(String, String)> {
    let mut cases: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("    ") {
            Some(instruction) => {
                let hex = instruction.split_whitespace().next().unwrap();
                cases.last_mut().expect("a call first").1.push_str(hex);
            }
            None => cases.push((line.to_owned(), String::new())),
        }
    }
    cases
}

fn words(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

fn check<M: Masm>(disassembler: &Disassembler) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(M::NAME)
        .with_extension("txt");
    let cases = cases::<M>();
    let calls: Vec<&str> = cases.iter().map(|case| case.0).collect();
    let mut m = M::new();
    let code: Vec<Vec<u8>> = cases
        .iter()
        .map(|(call, emit)| {
            let end = m.new_label();
            emit(&mut m, end);
            m.bind(end);
            let code = m.finish().unwrap_or_else(|error| panic!("{call}: {error}"));
            code.bytes().to_vec()
        })
        .collect();

    let disassembled = disassembler.run(&code);
    if std::env::var_os("GOLDEN").is_some_and(|wish| wish == "write") {
        let instructions = disassembled.expect("objdump for both machines");
        return std::fs::write(path, render(&calls, &instructions)).unwrap();
    }
    let golden = std::fs::read_to_string(path).expect("a golden file");
    let expected = parse(&golden);
    for ((call, code), (golden_call, golden_hex)) in calls.iter().zip(&code).zip(&expected) {
        assert_eq!(call, golden_call);
        assert_eq!(&common::hex(code), golden_hex, "{call}");
    }
    assert_eq!(calls.len(), expected.len());
    if let Some(instructions) = disassembled {
        let text = render(&calls, &instructions);
        for (line, golden) in text.lines().zip(golden.lines()) {
            assert_eq!(words(line), words(golden));
        }
        assert_eq!(text.lines().count(), golden.lines().count());
    }
}

#[test]
fn x64_encodings() {
    check::<X64>(&Disassembler::x64());
}

#[test]
fn a64_encodings() {
    check::<A64>(&Disassembler::a64());
}
