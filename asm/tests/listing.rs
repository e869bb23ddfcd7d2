//! Listings, with and without a disassembler.

mod common;

use common::objdump::Disassembler;
use ruff_asm::prelude::*;
use ruff_asm::{A64, Code, Columns, Disassembled, Listing, X64};

fn sample<M: Masm>(comments: bool) -> Code {
    let mut m = M::new();
    m.keep_comments(comments);
    m.source(SourceId(10));
    m.comment(|| "the sum".to_owned());
    let slow = m.cold(|m| {
        m.comment(|| "too large".to_owned());
        m.trap();
    });
    m.add_checked(W64, T0, T0, A1, slow);
    m.source(SourceId(11));
    m.ret();
    m.finish().unwrap()
}

#[test]
fn a_listing_shows_bytes_sources_and_comments() {
    let x64 = Listing::new(&sample::<X64>(true)).to_string();
    assert_eq!(
        x64,
        "\
; source 10
; the sum
     0  4801f00f8001000000
; source 11
     9  c3
; cold
; source 10
L0:
; too large
     a  0f0b
"
    );
    let a64 = Listing::new(&sample::<A64>(true)).to_string();
    assert_eq!(
        a64,
        "\
; source 10
; the sum
     0  290101ab46000054
; source 11
     8  c0035fd6
; cold
; source 10
L0:
; too large
     c  000020d4
"
    );
}

#[test]
fn comments_cost_nothing_unless_kept() {
    let plain = sample::<X64>(false);
    assert_eq!(plain.bytes(), sample::<X64>(true).bytes());
    let text = Listing::new(&plain).to_string();
    assert!(
        !text.contains("the sum") && text.contains("; source 11"),
        "{text}"
    );
}

/// The listing of `objdump`, with the targets of branches set apart.
fn a64(bytes: &[u8], otherwise: &[&str]) -> Vec<Disassembled> {
    let texts: Vec<String> = match Disassembler::a64().run(&[bytes.to_vec()]) {
        Some(mut all) => all.remove(0).into_iter().map(|one| one.text).collect(),
        None => otherwise.iter().map(|&text| text.to_owned()).collect(),
    };
    let instruction = |text: String| {
        let branches = text.starts_with('b') && !text.starts_with("brk");
        let (text, target) = match text.split_once(" 0x").filter(|_| branches) {
            Some((name, to)) => (name.to_owned(), i64::from_str_radix(to, 16).ok()),
            None => (text, None),
        };
        Disassembled {
            len: 4,
            text,
            target,
        }
    };
    texts.into_iter().map(instruction).collect()
}

#[test]
fn a_disassembler_gives_a_line_for_each_instruction() {
    let code = sample::<A64>(true);
    let with = |bytes: &[u8]| a64(bytes, &["adds x9, x9, x1", "b.vs 0xc", "ret", "brk #0x0"]);
    let text = Listing::new(&code).disassemble(with).to_string();
    assert_eq!(
        text,
        "\
; source 10
; the sum
     0  290101ab                adds x9, x9, x1
     4  46000054                b.vs .1
; source 11
     8  c0035fd6                ret
; cold
; source 10
; too large
.1:
     c  000020d4                brk #0x0
"
    );
}

#[test]
fn other_code_addresses_and_sources_have_the_callers_names() {
    let mut m = A64::new();
    m.keep_comments(true);
    m.source(SourceId(3));
    m.mov_address(T0, 0x7f00_1234_5678);
    m.call_code(CodePtr::unplaced(32));
    let code = m.finish().unwrap();
    let with = |bytes: &[u8]| {
        let texts = [
            "mov x9, #0x5678",
            "movk x9, #0x1234, lsl #16",
            "movk x9, #0x7f00, lsl #32",
            "bl 0xc",
        ];
        a64(bytes, &texts)
    };
    let text = Listing::new(&code)
        .disassemble(with)
        .columns(Columns::Text)
        .headings(|source, cold| format!("line {} {cold}\n", source.0))
        .codes(|code| format!("helper {}", code.offset()))
        .addresses(|address| format!("<{address:x}>"))
        .to_string();
    assert_eq!(
        text,
        "line 3 false\n        mov x9, <7f0012345678>\n        bl helper 32\n"
    );
}
