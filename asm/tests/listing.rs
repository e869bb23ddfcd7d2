//! Listings, with and without a disassembler.

mod common;

use common::objdump::Disassembler;
use ruff_asm::prelude::*;
use ruff_asm::{A64, Code, Listing, X64};

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

#[test]
fn a_disassembler_gives_a_line_for_each_instruction() {
    let code = sample::<A64>(true);
    let with = |bytes: &[u8]| match Disassembler::a64().run(&[bytes.to_vec()]) {
        Some(mut all) => {
            let all = all.remove(0).into_iter();
            all.map(|one| (one.bytes.len(), one.text)).collect()
        }
        // What it would say.
        None => ["adds x9, x9, x1", "b.vs 0xc", "ret", "brk #0x0"]
            .map(|text| (4, text.to_owned()))
            .to_vec(),
    };
    let text = Listing::new(&code).disassemble(with).to_string();
    assert_eq!(
        text,
        "\
; source 10
; the sum
     0  290101ab                adds x9, x9, x1
     4  46000054                b.vs 0xc
; source 11
     8  c0035fd6                ret
; cold
; source 10
L0:
; too large
     c  000020d4                brk #0x0
"
    );
}
