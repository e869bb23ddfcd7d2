use super::*;
use proptest::prelude::*;

/// Compares every position of a string with the standard library's count.
fn check(heap: &mut Heap, string: Value) {
    let text = heap.str(string).to_string();
    let mut offsets: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    offsets.push(text.len());
    // From the middle outwards, so that tables grow in steps.
    let count = offsets.len();
    for step in 0..count {
        let at = (count / 2 + step) % count;
        assert_eq!(heap.byte_of_char(string, at), offsets[at], "{at} in {text}");
        assert_eq!(heap.char_of_byte(string, offsets[at]), at, "{at} in {text}");
    }
    assert_eq!(heap.byte_of_char(string, count + 5), text.len());
}

#[test]
fn positions_are_those_of_the_standard_library() {
    with_both(|heap, roots| {
        for text in ["", "a", "é", "aé€🦀z", "plain"] {
            for times in [1, 7, 90, 700] {
                let string = heap.new_string(&text.repeat(times));
                roots.keep(string);
                check(heap, string);
            }
        }
    });
}

proptest! {
    #[test]
    fn any_mix_of_widths_has_right_positions(parts in prop::collection::vec("[aé€🦀]{0,40}", 0..60)) {
        let mut heap = Heap::new();
        let string = heap.new_string(&parts.concat());
        check(&mut heap, string);
    }
}

#[test]
fn a_string_that_grows_keeps_its_table() {
    let mut heap = Heap::new();
    heap.put_off_collections();
    let mut string = heap.new_string(&"é€".repeat(1000));
    let piece = heap.new_string("ü🦀");
    for _ in 0..rounds(2000, 50) {
        string = heap.concat(string, piece).unwrap();
        let at = string.string().char_len() - 300;
        let offset = heap.byte_of_char(string, at);
        assert!(heap.str(string)[offset..].starts_with(['ü', '🦀', 'é', '€']));
    }
    // Each buffer is twice as long as the one before it.
    assert!(heap.positions.tables() < 12, "{}", heap.positions.tables());
    check(&mut heap, string);
}

#[test]
fn tables_go_with_their_buffers() {
    with_heap(false, |heap, roots| {
        let text = heap.new_string(&"é".repeat(5000));
        let kept = roots.keep(text);
        heap.byte_of_char(kept, 2000);
        for _ in 0..50 {
            let dropped = heap.new_string(&"ü".repeat(5000));
            heap.byte_of_char(dropped, 2000);
        }
        assert_eq!(heap.positions.tables(), 51);
        heap.collect();
        // The machine stack may still show one or two of the strings.
        let left = heap.positions.tables();
        assert!((1..10).contains(&left), "{left}");
        check(heap, kept);
    });
}
