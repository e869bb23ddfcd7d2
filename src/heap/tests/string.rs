use super::*;
use crate::heap::object::{INTERNED, StringForm};
use crate::heap::string::{TextTooLong, canonical_int, hash_bytes};
use proptest::prelude::*;

fn join(heap: &mut Heap, a: Value, b: Value) -> Value {
    heap.concat(a, b).unwrap()
}

fn form(v: Value) -> u8 {
    v.string().header.form
}

#[test]
fn short_strings_take_little_memory() {
    with_heap(false, |heap, _| {
        for (len, size) in [(2, 24), (8, 24), (12, 32), (20, 40), (40, 56)] {
            let text = "x".repeat(len);
            let [a, b] = [(); 2].map(|()| heap.new_string(&text).as_pointer::<u8>() as usize);
            assert_eq!(b - a, size, "{len} bytes");
        }
    });
}

#[test]
fn strings_keep_text_and_lengths() {
    with_both(|heap, _| {
        for text in [
            "",
            "a",
            "é",
            "héllo",
            "x y",
            &"long".repeat(200),
            &"ü".repeat(600),
        ] {
            let v = heap.new_string(text);
            assert_eq!(heap.str(v), text);
            assert_eq!(v.string().byte_len(), text.len());
            assert_eq!(v.string().char_len(), text.chars().count());
            assert_eq!(v.string().is_ascii(), text.is_ascii());
            assert_eq!(heap.string_hash(v), hash_bytes(text.as_bytes()));
        }
    });
}

#[test]
fn one_character_is_one_object() {
    with_both(|heap, _| {
        for b in 0..128u8 {
            let text = char::from(b).to_string();
            let (a, i) = (heap.new_string(&text), heap.intern(&text));
            assert_eq!(a, i);
            assert_eq!(heap.str(a), text);
            assert_eq!(heap.is_int_text(a), b.is_ascii_digit());
        }
    });
}

#[test]
fn pieces_in_every_order_of_joining() {
    with_both(|heap, roots| {
        let pieces: Vec<String> = (0..6)
            .map(|i| format!("{i}é{}", "=".repeat(15 * i)))
            .collect();
        let whole = pieces.concat();
        // All ways to join six pieces two neighbours at a time.
        let orders = (0..120).map(|mut n| {
            [5, 4, 3, 2].map(|k| {
                let at = n % k;
                n /= k;
                at
            })
        });
        for order in orders {
            roots.clear();
            for piece in &pieces {
                let v = fresh(heap, piece);
                roots.keep(v);
            }
            for at in order.into_iter().chain([0]) {
                let b = roots.remove(at + 1);
                roots.replace(at, join(heap, roots.get(at), b));
            }
            let v = roots.get(0);
            assert_eq!(v.string().char_len(), whole.chars().count());
            assert_eq!(heap.str(v), whole);
            assert_eq!(heap.str(v), whole);
        }
    });
}

#[test]
fn appending_one_by_one_and_looking_at_times() {
    with_heap(false, |heap, _| {
        let mut v = heap.new_string("");
        let mut expected = String::new();
        for i in 0..rounds(20_000, 500) {
            let piece = ["x", "yy", "é", "and more"][i % 4];
            expected.push_str(piece);
            let piece = fresh(heap, piece);
            v = join(heap, v, piece);
            if i % 777 == 0 {
                assert_eq!(heap.str(v), expected);
            }
        }
        assert_eq!(heap.str(v), expected);
    });
}

#[test]
fn prepending_makes_a_right_leaning_rope() {
    with_heap(false, |heap, _| {
        let mut v = heap.new_string("end");
        let mut expected = String::from("end");
        for i in 0..rounds(3000, 100) {
            let text = format!("{i},");
            expected.insert_str(0, &text);
            let piece = fresh(heap, &text);
            v = join(heap, piece, v);
        }
        assert_eq!(heap.str(v), expected);
    });
}

#[test]
fn a_rope_that_holds_one_part_many_times() {
    with_heap(false, |heap, _| {
        let mut v = heap.new_string("abcdefgh é");
        let mut expected = String::from("abcdefgh é");
        for _ in 0..12 {
            v = join(heap, v, v);
            expected = expected.repeat(2);
        }
        assert_eq!(heap.str(v), expected);
    });
}

#[test]
fn a_very_deep_rope_is_marked_and_written_out() {
    with_heap(false, |heap, roots| {
        let mut v = heap.new_string(&"-".repeat(100));
        let x = fresh(heap, "xyz");
        for _ in 0..rounds(200_000, 2000) {
            v = join(heap, v, x);
        }
        roots.keep(v);
        heap.collect();
        assert_eq!(heap.str(v).len(), 3 * rounds(200_000, 2000) + 100);
        assert!(heap.str(v).ends_with("xyzxyz"));
    });
}

#[test]
fn strings_that_share_a_prefix_do_not_overwrite_each_other() {
    with_both(|heap, roots| {
        let base = "base ".repeat(30);
        let (a, b) = (fresh(heap, &base), fresh(heap, &base));
        let long = join(heap, a, b);
        heap.str(long);
        // It has grown once: written out again it leaves room at its end.
        let end = fresh(heap, "end of the first part; ");
        let grown = join(heap, long, end);
        heap.str(grown);
        assert_eq!(form(grown), StringForm::External as u8);
        let mut variants = Vec::new();
        for i in 0..10 {
            let text = format!("variant {i}");
            let piece = fresh(heap, &text);
            let v = join(heap, grown, piece);
            let piece = fresh(heap, "!");
            let w = join(heap, v, piece);
            roots.keep(v);
            roots.keep(w);
            variants.push((v, w, text));
        }
        let prefix = format!("{base}{base}end of the first part; ");
        for (v, w, text) in variants {
            assert_eq!(heap.str(w), format!("{prefix}{text}!"));
            assert_eq!(heap.str(v), format!("{prefix}{text}"));
        }
        assert_eq!(heap.str(grown), prefix);
    });
}

#[test]
fn appending_a_string_to_itself_in_its_own_buffer() {
    with_both(|heap, _| {
        let text = "ab".repeat(100);
        let (a, b) = (fresh(heap, &text), fresh(heap, &text));
        let long = join(heap, a, b);
        heap.str(long);
        let piece = fresh(heap, "c");
        let long = join(heap, long, piece);
        heap.str(long);
        let part = heap.substring(long, 10, 180, 170);
        let twice = join(heap, long, part);
        let whole = format!("{text}{text}c");
        assert_eq!(heap.str(twice), format!("{whole}{}", &whole[10..180]));
        let again = join(heap, long, long);
        assert_eq!(heap.str(again), whole.repeat(2));
        assert_eq!(heap.str(long), whole);
    });
}

#[test]
fn substrings() {
    with_both(|heap, _| {
        let text = "añb".repeat(400);
        let v = fresh(heap, &text);
        let all = heap.substring(v, 0, text.len(), 1200);
        assert_eq!(all, v);
        let cases = [
            (0, 0),
            (0, 1),
            (1, 3),
            (4, 8),
            (0, 400),
            (400, 1200),
            (800, 1600),
        ];
        for (from, to) in cases {
            let expected = &text[from..to];
            let part = heap.substring(v, from, to, expected.chars().count());
            assert_eq!(heap.str(part), expected);
            assert_eq!(part.string().char_len(), expected.chars().count());
            let shares = to - from >= 128;
            assert_eq!(form(part) == StringForm::External as u8, shares);
            // A part of the part, and one that goes on growing.
            if to - from >= 400 {
                let expected = &expected[4..300];
                let inner = heap.substring(part, 4, 300, expected.chars().count());
                assert_eq!(heap.str(inner), expected);
                let piece = fresh(heap, " and so on");
                let longer = join(heap, inner, piece);
                assert_eq!(heap.str(longer), format!("{expected} and so on"));
            }
        }
        assert_eq!(heap.str(v), text);
    });
}

#[test]
fn a_substring_keeps_the_text_alive() {
    with_heap(false, |heap, roots| {
        let part = {
            let v = fresh(heap, &"0123456789".repeat(1000));
            heap.substring(v, 5000, 5200, 200)
        };
        roots.keep(part);
        for i in 0..3 {
            heap.collect();
            for _ in 0..100 {
                fresh(heap, &"#".repeat(2000 + i));
            }
        }
        assert_eq!(heap.str(part), "0123456789".repeat(20));
    });
}

#[test]
fn interned_strings_are_one_object_for_one_text() {
    with_both(|heap, _| {
        for text in ["", "a", "name", "größe", &"z".repeat(700)] {
            let a = heap.intern(text);
            assert_ne!(a.string().header.flags & INTERNED, 0);
            assert_eq!(heap.intern(text), a);
            let b = fresh(heap, text);
            assert_eq!(heap.lookup_interned(b), Some(a));
            assert_eq!(heap.intern_value(b), a);
            assert_eq!(heap.intern_value(a), a);
        }
        let c = fresh(heap, "by value");
        assert_eq!(heap.lookup_interned(c), None);
        assert_eq!(heap.intern_value(c), c);
        assert_eq!(heap.intern("by value"), c);
    });
}

#[test]
fn a_rope_can_be_interned() {
    with_both(|heap, _| {
        let (a, b) = (fresh(heap, &"p".repeat(50)), fresh(heap, &"q".repeat(50)));
        let rope = join(heap, a, b);
        assert_eq!(heap.intern_value(rope), rope);
        assert_eq!(
            heap.intern(&format!("{}{}", "p".repeat(50), "q".repeat(50))),
            rope
        );
    });
}

#[test]
fn names_nobody_uses_are_forgotten() {
    with_heap(false, |heap, roots| {
        let kept = heap.intern("kept name");
        roots.keep(kept);
        for i in 0..rounds(10_000, 200) {
            heap.intern(&format!("passing name {i}"));
        }
        heap.collect();
        // Some may be held by chance through words that look like pointers.
        let mut held = 0;
        for i in 0..rounds(10_000, 200) {
            let v = fresh(heap, &format!("passing name {i}"));
            held += heap.lookup_interned(v).is_some() as usize;
        }
        assert!(held < 100, "{held}");
        assert_eq!(heap.intern("kept name"), kept);
    });
}

#[test]
fn equal_texts_are_equal_however_they_were_made() {
    with_both(|heap, _| {
        let text = "0123456789".repeat(10);
        let flat = fresh(heap, &text);
        let (a, b) = (fresh(heap, &text[..37]), fresh(heap, &text[37..]));
        let rope = join(heap, a, b);
        let interned = heap.intern(&text);
        for x in [flat, rope, interned] {
            for y in [flat, rope, interned] {
                assert!(heap.string_eq(x, y));
                assert_eq!(heap.string_hash(x), heap.string_hash(y));
            }
        }
        let other = fresh(heap, &text.replace('7', "8"));
        assert!(!heap.string_eq(rope, other));
        let [p, q] = ["p1", "q1"].map(|t| heap.intern(t));
        assert!(!heap.string_eq(p, q));
    });
}

#[test]
fn canonical_ints() {
    for (text, int) in [
        ("0", 0),
        ("7", 7),
        ("-1", -1),
        ("10", 10),
        ("999999999999999999", 999_999_999_999_999_999),
        ("-999999999999999999", -999_999_999_999_999_999),
        ("100000000000000000", 100_000_000_000_000_000),
    ] {
        assert_eq!(canonical_int(text), Some(Ok(int)), "{text}");
    }
    for text in [
        "1000000000000000000",
        "-1000000000000000000",
        &"9".repeat(500),
    ] {
        assert_eq!(canonical_int(text), Some(Err(())), "{text}");
    }
    for text in [
        "", "-", "--1", "+1", "-0", "00", "01", "-01", " 1", "1 ", "1_0", "1.0", "1e1", "0x1", "١",
        "9a", "-a", "1-", "0-", "００",
    ] {
        assert_eq!(canonical_int(text), None, "{text}");
    }
}

#[test]
fn a_text_has_a_greatest_length() {
    with_heap(false, |heap, _| {
        let mut v = fresh(heap, &"0123456789abcdef".repeat(4));
        while let Ok(longer) = heap.concat(v, v) {
            v = longer;
        }
        assert_eq!(v.string().byte_len(), 1 << 30);
        let x = fresh(heap, "x");
        assert_eq!(heap.concat(v, x), Err(TextTooLong));
        assert_eq!(heap.concat(x, v), Err(TextTooLong));
        let empty = fresh(heap, "");
        assert_eq!(heap.concat(v, empty), Ok(v));
    });
}

#[derive(Clone, Debug)]
enum Op {
    New(String),
    Concat(usize, usize),
    Append(usize, String),
    Prepend(usize, String),
    Substring(usize, usize, usize),
    Read(usize),
    Hash(usize),
    Intern(usize),
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-c]{0,5}",
        2 => "[aéü→😀]{0,6}",
        2 => "[xyz]{30,70}",
        1 => "[pqé]{120,140}",
        1 => "[0-9]{500,530}",
    ]
}

fn op() -> impl Strategy<Value = Op> {
    let n = || 0..1000usize;
    prop_oneof![
        2 => text().prop_map(Op::New),
        4 => (n(), n()).prop_map(|(a, b)| Op::Concat(a, b)),
        4 => (n(), text()).prop_map(|(a, t)| Op::Append(a, t)),
        2 => (n(), text()).prop_map(|(a, t)| Op::Prepend(a, t)),
        3 => (n(), n(), n()).prop_map(|(a, f, t)| Op::Substring(a, f, t)),
        3 => n().prop_map(Op::Read),
        1 => n().prop_map(Op::Hash),
        1 => n().prop_map(Op::Intern),
    ]
}

fn run(heap: &mut Heap, roots: &Roots, ops: &[Op]) {
    let mut model: Vec<String> = vec![String::new(), "start ".repeat(30)];
    for text in &model {
        let v = fresh(heap, text);
        roots.keep(v);
    }
    for op in ops {
        // Later strings are more often used again.
        let pick = |n: usize| model.len() - 1 - (n % model.len()).min(n % 5);
        let (v, text) = match op {
            Op::New(text) => (fresh(heap, text), text.clone()),
            Op::Concat(a, b) => {
                let (a, b) = (pick(*a), pick(*b));
                if model[a].len() + model[b].len() > 20_000 {
                    continue;
                }
                let joined = format!("{}{}", model[a], model[b]);
                (join(heap, roots.get(a), roots.get(b)), joined)
            }
            Op::Append(a, text) => {
                let (a, piece) = (pick(*a), fresh(heap, text));
                let joined = format!("{}{text}", model[a]);
                (join(heap, roots.get(a), piece), joined)
            }
            Op::Prepend(a, text) => {
                let (a, piece) = (pick(*a), fresh(heap, text));
                let joined = format!("{text}{}", model[a]);
                (join(heap, piece, roots.get(a)), joined)
            }
            Op::Substring(a, from, to) => {
                let a = pick(*a);
                let text = &model[a];
                let from = text.floor_char_boundary(from * text.len() / 1000);
                let to = text.floor_char_boundary(to * text.len() / 1000).max(from);
                let part = text[from..to].to_owned();
                let chars = part.chars().count();
                (heap.substring(roots.get(a), from, to, chars), part)
            }
            Op::Read(a) => {
                let a = pick(*a);
                assert_eq!(heap.str(roots.get(a)), model[a]);
                continue;
            }
            Op::Hash(a) => {
                let a = pick(*a);
                let hash = hash_bytes(model[a].as_bytes());
                assert_eq!(heap.string_hash(roots.get(a)), hash);
                continue;
            }
            Op::Intern(a) => {
                let a = pick(*a);
                let interned = heap.intern_value(roots.get(a));
                assert_eq!(heap.intern(&model[a]), interned);
                (interned, model[a].clone())
            }
        };
        assert_eq!(v.string().byte_len(), text.len());
        assert_eq!(v.string().char_len(), text.chars().count());
        roots.keep(v);
        model.push(text);
    }
    for (i, text) in model.iter().enumerate() {
        assert_eq!(heap.str(roots.get(i)), text);
    }
}

proptest! {
    #![proptest_config(config(300))]
    #[test]
    fn strings_are_strings(ops in prop::collection::vec(op(), 0..120)) {
        with_heap(false, |heap, roots| run(heap, roots, &ops));
    }
}

proptest! {
    #![proptest_config(config(60))]
    #[test]
    fn strings_are_strings_whenever_memory_is_collected(
        ops in prop::collection::vec(op(), 0..60)
    ) {
        with_heap(true, |heap, roots| run(heap, roots, &ops));
    }
}

proptest! {
    #![proptest_config(config(1000))]
    #[test]
    fn an_int_is_canonical_in_its_own_text_only(text in "[-+]?[0-9]{0,20}") {
        let canonical = text.parse::<dashu_int::IBig>().is_ok_and(|i| i.to_string() == text);
        prop_assert_eq!(canonical_int(&text).is_some(), canonical);
    }
}
