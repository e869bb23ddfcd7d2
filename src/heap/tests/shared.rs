//! Memory that goes from one heap to another.

use super::*;
use crate::heap::memory::Account;
use crate::heap::shared::{Elements, SHARED_FROM, are_plain};
use std::sync::atomic::Ordering;

fn counted(account: &Account) -> usize {
    account.load(Ordering::Relaxed)
}

/// Runs a test on two usual heaps, and on two that collect at every allocation.
fn with_two(test: impl Fn(&mut Heap, &Roots, &mut Heap, &Roots)) {
    for stress in [false, true] {
        with_heap(stress, |here, roots| {
            with_heap(stress, |there, there_roots| {
                test(here, roots, there, there_roots);
                there_roots.clear();
            });
            roots.clear();
        });
    }
}

/// A string of so many characters of two bytes each.
fn long(heap: &mut Heap, chars: usize) -> Value {
    let text = "é".repeat(chars);
    heap.new_string(&text)
}

#[test]
fn a_long_string_has_its_bytes_in_both_heaps() {
    with_two(|here, here_roots, there, there_roots| {
        let account = Account::default();
        let string = here_roots.keep(long(here, SHARED_FROM));
        let shared = here.share_text(string, &account).expect("it is long");
        let copy = there_roots.keep(there.new_shared_string(&shared));
        assert_eq!(here.str(string).as_ptr(), there.str(copy).as_ptr());
        assert_eq!(copy.string().char_len(), SHARED_FROM);
        assert_eq!(here.string_hash(string), there.string_hash(copy));
        // Neither heap counts it, the account does, once.
        assert!(counted(&account) > 2 * SHARED_FROM);
        here.collect();
        there.collect();
        assert!(here.stats.live_bytes + there.stats.live_bytes < SHARED_FROM);
        // It outlives the string that it was made as.
        here_roots.clear();
        here.collect();
        let last = there.byte_of_char(copy, SHARED_FROM - 1);
        assert_eq!(last, 2 * SHARED_FROM - 2);
        let part = there_roots.keep(there.substring(copy, 2, 2002, 1000));
        there_roots.remove(0);
        drop(shared);
        there.collect();
        there.collect_young();
        assert_eq!(there.str(part), "é".repeat(1000));
    });
}

#[test]
fn memory_is_freed_with_the_last_heap_that_has_it() {
    with_heap(false, |here, here_roots| {
        with_heap(false, |there, there_roots| {
            let account = Account::default();
            let string = here_roots.keep(long(here, SHARED_FROM));
            let shared = here.share_text(string, &account).expect("it is long");
            there_roots.keep(there.new_shared_string(&shared));
            there_roots.keep(there.new_shared_string(&shared));
            drop(shared);
            here_roots.clear();
            clear_stack();
            here.collect();
            assert!(counted(&account) > 0);
            there_roots.remove(0);
            clear_stack();
            there.collect();
            assert!(counted(&account) > 0);
            there_roots.clear();
            clear_stack();
            there.collect_young();
            there.collect();
            assert_eq!(counted(&account), 0);
        });
    });
}

/// Writes over what calls have left on the machine stack, which is a root.
#[inline(never)]
fn clear_stack() {
    std::hint::black_box([0u64; 512]);
}

#[test]
fn a_string_that_grows_does_not_change_what_others_have() {
    with_two(|here, roots, there, there_roots| {
        let account = Account::default();
        // The second append leaves room after the string, in which the third one
        // happens.
        let mut string = long(here, SHARED_FROM);
        for _ in 0..2 {
            let more = here.new_string(&"x".repeat(100));
            string = here.concat(string, more).unwrap();
            roots.keep(string);
            here.str(string);
        }
        let bytes = string.string().byte_len();
        let shared = here.share_text(string, &account).expect("it is long");
        let copy = there_roots.keep(there.new_shared_string(&shared));
        let more = here.new_string(&"y".repeat(100));
        let grown = roots.keep(here.concat(string, more).unwrap());
        // The other heap does not append in that room.
        let more = there.new_string(&"z".repeat(100));
        let other = there_roots.keep(there.concat(copy, more).unwrap());
        assert!(there.str(other).ends_with(&"z".repeat(100)));
        assert_ne!(there.str(other).as_ptr(), here.str(grown).as_ptr());
        assert!(here.str(grown).ends_with(&"y".repeat(100)));
        assert_eq!(there.str(copy).len(), bytes);
        assert!(there.str(copy).ends_with(&"x".repeat(200)));
        // The text that is there now crosses too, from the same memory.
        let again = here.share_text(grown, &account).expect("it is long");
        let grown_there = there_roots.keep(there.new_shared_string(&again));
        assert_eq!(there.str(grown_there), here.str(grown));
    });
}

#[test]
fn what_comes_back_is_the_heap_s_own_again() {
    with_two(|here, roots, there, there_roots| {
        let account = Account::default();
        let string = roots.keep(long(here, SHARED_FROM));
        let shared = here.share_text(string, &account).expect("it is long");
        let copy = there_roots.keep(there.new_shared_string(&shared));
        let back = there.share_text(copy, &account).expect("it is long");
        let back = roots.keep(here.new_shared_string(&back));
        assert_eq!(here.str(back).as_ptr(), here.str(string).as_ptr());
        roots.remove(0);
        here.collect();
        assert_eq!(here.str(back), "é".repeat(SHARED_FROM));
    });
}

#[test]
fn byte_strings_are_shared_too() {
    with_two(|here, roots, there, there_roots| {
        let account = Account::default();
        let short = here.new_bytes(&[7; 100]);
        assert!(here.share_bytes(short, &account).is_none());
        let bytes = roots.keep(here.new_bytes(&vec![7; SHARED_FROM]));
        let shared = here.share_bytes(bytes, &account).expect("they are long");
        let copy = there_roots.keep(there.new_shared_bytes(&shared));
        assert_eq!(copy.bytes().as_ptr(), bytes.bytes().as_ptr());
        roots.clear();
        drop(shared);
        here.collect();
        there.collect();
        assert_eq!(copy.bytes(), vec![7; SHARED_FROM]);
        let back = there.share_bytes(copy, &account).expect("they are long");
        let back = roots.keep(here.new_shared_bytes(&back));
        assert_eq!(here.bytes_hash(back), there.bytes_hash(copy));
    });
}

#[test]
fn elements_change_the_heap_without_a_copy() {
    with_two(|here, roots, there, there_roots| {
        let account = Account::default();
        let array = roots.keep(here.new_array(0));
        for i in 0..SHARED_FROM as i64 {
            here.array_push(array, int(i)).unwrap();
        }
        let first = array.elements().as_ptr();
        let elements = here.take_elements(array, &account).expect("they are many");
        assert!(array.elements().is_empty());
        assert!(counted(&account) >= 8 * SHARED_FROM);
        here.collect();
        here.array_push(array, int(1)).unwrap();
        let other = there_roots.keep(there.new_array_of(elements));
        assert_eq!(counted(&account), 0);
        assert_eq!(other.elements().as_ptr(), first);
        there.collect();
        there.array_push(other, int(-1)).unwrap();
        there.collect_young();
        let expected = (0..SHARED_FROM as i64).chain([-1]);
        assert!(other.elements().iter().map(|v| v.as_int()).eq(expected));
    });
}

#[test]
fn elements_that_no_heap_takes_are_freed() {
    let account = Account::default();
    let values: Vec<Value> = (0..5000).map(int).collect();
    let elements = Elements::copied(&values, &account).expect("there is memory");
    assert_eq!(elements.values(), values);
    assert!(counted(&account) >= 40_000);
    drop(elements);
    assert_eq!(counted(&account), 0);
}

#[test]
fn pointers_are_found_wherever_they_are() {
    with_heap(false, |heap, _| {
        let pointer = heap.new_array(0);
        for at in [0, 1, 255, 256, 257, 999] {
            let mut values = vec![Value::float(-1.5); 1000];
            values[500] = Value::NULL;
            assert!(are_plain(&values));
            values[at] = pointer;
            assert!(!are_plain(&values), "{at}");
        }
    });
}
