//! Damaged programs: those of the tests with pieces lost, doubled and mixed, and
//! all short runs of brackets in each kind of body. Their common property is
//! that recovery from one error meets the next at once.

use crate::format::all_programs;
use crate::{PIECES, stable, survive, survive_each};
use proptest::prelude::*;
use std::sync::LazyLock;

static PROGRAMS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let read = |path| std::fs::read_to_string(path).expect("a program");
    all_programs().into_iter().map(read).collect()
});

/// One change to a program; places are parts of its length.
#[derive(Clone, Debug)]
enum Edit {
    Remove(u16, u8),
    Repeat(u16, u8),
    Insert(u16, usize),
    /// A part of another program.
    Splice(u16, usize, u16, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Edit::Remove(at, length)),
        (any::<u16>(), any::<u8>()).prop_map(|(at, length)| Edit::Repeat(at, length)),
        (any::<u16>(), 0..PIECES.len()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        (any::<u16>(), any::<usize>(), any::<u16>(), any::<u8>())
            .prop_map(|(at, other, from, length)| Edit::Splice(at, other, from, length)),
    ]
}

/// The nearest border of a character at or before `at`.
fn border(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

fn place(text: &str, part: u16) -> usize {
    border(text, text.len() * usize::from(part) / usize::from(u16::MAX))
}

fn part(text: &str, from: u16, length: u8) -> std::ops::Range<usize> {
    let lo = place(text, from);
    // Mostly a few words, sometimes lines.
    let length = if length < 192 { length / 8 } else { length };
    lo..border(text, lo + usize::from(length))
}

fn apply(text: &mut String, edit: &Edit) {
    match *edit {
        Edit::Remove(at, length) => {
            let range = part(text, at, length);
            text.replace_range(range, "");
        }
        Edit::Repeat(at, length) => {
            let range = part(text, at, length);
            let piece = text[range.clone()].to_string();
            text.insert_str(range.end, &piece);
        }
        Edit::Insert(at, piece) => {
            let at = place(text, at);
            text.insert_str(at, PIECES[piece]);
        }
        Edit::Splice(at, other, from, length) => {
            let other = &PROGRAMS[other % PROGRAMS.len()];
            let at = place(text, at);
            text.insert_str(at, &other[part(other, from, length)]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn mutants_of_programs_end_and_print_stably(
        program in any::<prop::sample::Index>(),
        edits in prop::collection::vec(edit(), 1..12),
    ) {
        let mut text = PROGRAMS[program.index(PROGRAMS.len())].clone();
        for edit in &edits {
            apply(&mut text, edit);
        }
        let (printed, diagnostics) = survive(&text);
        if diagnostics.is_empty() {
            stable(&printed);
        }
    }
}

#[test]
fn brackets_in_any_body_end() {
    let bodies = [
        "struct A {",
        "class A { func f(",
        "enum A {",
        "match x {",
        "match x { case 1: ",
        "func f() {",
        "x := [",
        "x := {a: ",
        "\"${",
        "from a import ",
    ];
    let pieces = ["(", "[", "{", "\"${", ")", "]", "}", ";", "x "];
    let count = pieces.len();
    for body in bodies {
        let text = |number: usize| {
            let piece = |place| pieces[number / count.pow(place) % count];
            body.to_string() + &(0..4).map(piece).collect::<String>()
        };
        survive_each((0..count.pow(4)).map(text).collect());
    }
    survive("struct Account{(\"${)}");
}
