//! Collections that are done in parts: what the program changes in between. Under
//! stress each allocation does a part, and each collection ends with a check that no marked
//! object refers to one that is not.

use super::*;
use crate::heap::object::Kind;
use proptest::prelude::*;
use std::time::Duration;

/// An array with its number.
fn leaf(heap: &mut Heap, number: usize) -> Value {
    heap.new_array_from(&[int(number as i64)])
}

fn number(leaf: Value) -> usize {
    leaf.elements()[0].as_int() as usize
}

/// Numbers of all leaves in two arrays, in order.
fn numbers(heap: &mut Heap, roots: &Roots) -> Vec<usize> {
    let mut all = Vec::new();
    for at in 0..2 {
        all.extend(roots.get(at).elements().iter().map(|&leaf| number(leaf)));
    }
    // Garbage, and a part of a collection.
    heap.new_array(1);
    all.sort_unstable();
    all
}

#[derive(Clone, Debug)]
enum Change {
    /// Elements change places within an array.
    Reverse(usize),
    Rotate(usize, usize),
    Swap(usize, usize, usize),
    /// The last element of one array becomes one of the other.
    Move(usize),
    /// The same, with time in between in which only the machine stack has it.
    Carry(usize, usize),
    /// An element is taken out and put back where it was.
    Lift(usize, usize),
    /// New objects replace old ones of the same number.
    Renew(usize, usize),
    /// A dict gets the array's elements, changes its mode, and gives them back.
    ThroughDict(usize),
    Wait(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let (one, at) = (0..2usize, 0..100usize);
    prop_oneof![
        one.clone().prop_map(Change::Reverse),
        (one.clone(), at.clone()).prop_map(|(a, b)| Change::Rotate(a, b)),
        (one.clone(), at.clone(), at.clone()).prop_map(|(a, b, c)| Change::Swap(a, b, c)),
        one.clone().prop_map(Change::Move),
        (one.clone(), 0..20usize).prop_map(|(a, b)| Change::Carry(a, b)),
        (one.clone(), at.clone()).prop_map(|(a, b)| Change::Lift(a, b)),
        (one.clone(), at).prop_map(|(a, b)| Change::Renew(a, b)),
        one.prop_map(Change::ThroughDict),
        (0..60usize).prop_map(Change::Wait),
    ]
}

fn wait(heap: &mut Heap, count: usize) {
    for _ in 0..count {
        heap.new_array(1);
    }
}

fn apply(heap: &mut Heap, roots: &Roots, change: &Change) {
    let get = |at: usize| roots.get(at);
    match *change {
        // SAFETY: here and below no other slice of the elements is in use.
        Change::Reverse(one) => unsafe { get(one).elements_mut().reverse() },
        Change::Rotate(one, by) => {
            let len = get(one).elements().len();
            if len > 0 {
                // SAFETY: as above.
                unsafe { get(one).elements_mut().rotate_left(by % len) };
            }
        }
        Change::Swap(one, a, b) => {
            let len = get(one).elements().len();
            if len > 0 {
                // SAFETY: as above.
                unsafe { get(one).elements_mut().swap(a % len, b % len) };
            }
        }
        Change::Move(from) => {
            if let Some((&last, rest)) = get(from).elements().split_last() {
                heap.array_truncate(get(from), rest.len());
                heap.array_push(get(1 - from), last).unwrap();
            }
        }
        Change::Carry(from, time) => {
            if let Some((&last, rest)) = get(from).elements().split_last() {
                heap.array_truncate(get(from), rest.len());
                let carried = std::hint::black_box([last]);
                wait(heap, time);
                heap.array_push(get(1 - from), carried[0]).unwrap();
            }
        }
        Change::Lift(one, at) => {
            let array = get(one);
            if !array.elements().is_empty() {
                let at = at % array.elements().len();
                let lifted = std::hint::black_box([array.elements()[at]]);
                array.set_element(at, Value::NULL);
                wait(heap, 7);
                array.set_element(at, lifted[0]);
                heap.write_barrier(array.as_pointer(), lifted[0]);
            }
        }
        Change::Renew(one, at) => {
            let array = get(one);
            if !array.elements().is_empty() {
                let at = at % array.elements().len();
                let new = leaf(heap, number(array.elements()[at]));
                array.set_element(at, new);
                heap.write_barrier(array.as_pointer(), new);
            }
        }
        Change::ThroughDict(one) => {
            let d = heap.new_dict(0);
            roots.keep(d);
            let array = get(one);
            let len = array.elements().len();
            for at in 0..len {
                heap.dict_set(d, int(at as i64), array.elements()[at])
                    .unwrap();
            }
            heap.array_truncate(array, 0);
            wait(heap, len / 2);
            // It has to become a table.
            heap.dict_set(d, int(-1), Value::NULL).unwrap();
            for at in (0..len).rev() {
                let leaf = heap.dict_remove(d, int(at as i64)).unwrap();
                heap.array_push(array, leaf).unwrap();
            }
            roots.remove(2);
        }
        Change::Wait(count) => wait(heap, count),
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn nothing_is_missed_whatever_changes(changes in prop::collection::vec(change(), 1..80)) {
        with_heap(true, |heap, roots| {
            for _ in 0..2 {
                let array = heap.new_array(0);
                roots.keep(array);
            }
            for i in 0..60 {
                let new = leaf(heap, i);
                heap.array_push(roots.get(i % 2), new).unwrap();
            }
            for change in &changes {
                apply(heap, roots, change);
            }
            assert_eq!(numbers(heap, roots), Vec::from_iter(0..60));
        });
    }
}

/// A heap of some megabytes, in a list of lists.
fn large(heap: &mut Heap, roots: &Roots) {
    let all = heap.new_array(0);
    roots.keep(all);
    for i in 0..200_000 {
        let new = leaf(heap, i);
        heap.array_push(all, new).unwrap();
    }
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn a_large_heap_is_marked_in_parts() {
    with_heap(false, |heap, roots| {
        large(heap, roots);
        heap.collect();
        let before = (heap.stats.major.count, heap.stats.major.parts);
        let mut rounds = 0;
        while heap.stats.major.count == before.0 {
            // Each is dead when the next one is made, and may be old.
            large(heap, roots);
            roots.remove(1);
            rounds += 1;
            assert!(rounds < 100);
        }
        assert!(heap.stats.major.parts >= before.1 + 3, "{:?}", heap.stats);
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn a_collection_at_once_gives_up_one_in_parts() {
    with_heap(false, |heap, roots| {
        large(heap, roots);
        large(heap, roots);
        heap.collect();
        for parts in 1..=4 {
            heap.begin_parts(false);
            let before = heap.stats.major.parts;
            while heap.stats.major.parts < before + parts && heap.is_collecting() {
                heap.new_array(100);
            }
            assert!(heap.is_collecting());
            let new = leaf(heap, 7);
            let all = roots.get(0);
            all.set_element(3, new);
            heap.write_barrier(all.as_pointer(), new);
            heap.collect();
            assert!(!heap.is_collecting());
            assert_eq!(number(all.elements()[3]), 7);
            let count = all
                .elements()
                .iter()
                .filter(|x| x.is_kind(Kind::Array))
                .count();
            assert_eq!(count, 200_000);
        }
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn more_stores_than_are_remembered_end_a_collection_in_parts() {
    with_heap(false, |heap, roots| {
        large(heap, roots);
        heap.collect();
        heap.begin_parts(false);
        let all = roots.get(0);
        let majors = heap.stats.major.count;
        // All are black before stores begin.
        let part = heap.stats.major.parts;
        while heap.stats.major.parts < part + 3 && heap.is_collecting() {
            heap.new_array(100);
        }
        for (i, &one) in all.elements().iter().enumerate() {
            let part = leaf(heap, i);
            one.set_element(0, part);
            heap.write_barrier(one.as_pointer(), part);
        }
        wait(heap, 1_000_000);
        assert!(heap.stats.major.count > majors);
        for (i, &one) in all.elements().iter().enumerate() {
            assert_eq!(number(one.elements()[0]), i);
        }
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn a_limit_is_noticed_by_a_collection_in_parts() {
    with_heap(false, |heap, roots| {
        heap.set_limit(48 << 20);
        large(heap, roots);
        heap.collect();
        heap.begin_parts(false);
        let all = roots.get(0);
        while !heap.over_limit && all.elements().len() < 3_000_000 {
            let new = leaf(heap, 1);
            heap.array_push(all, new).unwrap();
        }
        assert!(heap.over_limit);
        assert!(heap.stats.live_bytes < 64 << 20, "{:?}", heap.stats);
    });
}

/// Looking at the roots takes longer than a part may: what they show is marked in the same
/// part all the same, and the collection ends.
#[test]
fn slow_roots_are_not_looked_at_again_and_again() {
    with_heap(false, |heap, roots| {
        heap.begin_parts(false);
        roots.delay.set(Duration::from_millis(40));
        let before = heap.stats.major.parts;
        while heap.is_collecting() {
            let new = heap.new_array(8);
            roots.keep(new);
        }
        let parts = heap.stats.major.parts - before;
        assert!(parts <= 5, "{parts} parts");
    });
}

/// The bytes of the numbered lines that an array holds.
fn check_lines(heap: &mut Heap, lines: Value) -> usize {
    let mut bytes = 0;
    for (i, &line) in lines.elements().iter().enumerate() {
        assert_eq!(heap.str(line), format!("line {i}"));
        bytes += heap.str(line).len();
    }
    bytes
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn texts_of_an_array_are_old_from_the_start() {
    with_heap(false, |heap, roots| {
        const LINES: usize = 300_000;
        for _ in 0..4 {
            roots.clear();
            let lines = roots.keep(heap.new_array(LINES));
            heap.begin_texts();
            let before = heap.stats.collections();
            for i in 0..LINES {
                let text = format!("line {i}");
                let line = heap.new_text_of_array(&text, text.len());
                heap.array_push(lines, line).unwrap();
            }
            assert!(heap.stats.collections() <= before + 2, "{:?}", heap.stats);
            heap.collect_young();
            assert!(check_lines(heap, lines) > 1 << 20);
            heap.collect();
            assert!(check_lines(heap, lines) > 1 << 20);
        }
        // They are collected as others are; the machine stack may still refer to the last array.
        roots.clear();
        heap.collect();
        assert!(heap.stats.live_bytes < 24 << 20, "{:?}", heap.stats);
    });
}

#[test]
fn texts_of_an_array_are_young_at_first_and_under_a_limit() {
    with_heap(false, |heap, _| {
        heap.begin_texts();
        assert!(!heap.note_text(1000));
        assert!(heap.note_text(1 << 20));
        heap.begin_texts();
        assert!(!heap.note_text(1000));
        heap.set_limit(64 << 20);
        assert!(!heap.note_text(1 << 20));
    });
}
