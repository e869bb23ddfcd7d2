use super::*;
use crate::heap::dict::NoRoom;
use crate::heap::dict::key::is_key;
use crate::heap::object::put;
use crate::heap::object::{DictMode, KeyListObj, Kind, SHARED};
use crate::heap::{MAX_ELEMENTS, shape::EMPTY_SHAPE};
use dashu_int::IBig;

fn mode(d: Value) -> DictMode {
    d.dict().mode()
}

fn set(heap: &mut Heap, d: Value, text: &str, value: i64) {
    let key = fresh(heap, text);
    heap.dict_set(d, key, int(value)).unwrap();
}

fn set_int(heap: &mut Heap, d: Value, key: i64, value: i64) {
    heap.dict_set(d, int(key), int(value)).unwrap();
}

fn get(heap: &mut Heap, d: Value, text: &str) -> Option<i64> {
    let key = fresh(heap, text);
    heap.dict_get(d, key).map(Value::as_int)
}

fn remove(heap: &mut Heap, d: Value, text: &str) -> Option<i64> {
    let key = fresh(heap, text);
    heap.dict_remove(d, key).map(Value::as_int)
}

fn dense(heap: &mut Heap, len: i64) -> Value {
    let d = heap.new_dict(0);
    for i in 0..len {
        set_int(heap, d, i, 10 * i);
    }
    d
}

fn record(heap: &mut Heap, names: &[&str]) -> Value {
    let d = heap.new_dict(0);
    for (i, name) in names.iter().enumerate() {
        let name = heap.intern(name);
        heap.dict_set_name(d, name, int(i as i64)).unwrap();
    }
    d
}

#[test]
fn an_empty_dict_has_nothing() {
    with_both(|heap, _| {
        for cap in [0, 1, 5, 64, 65, 1000] {
            let d = heap.new_dict(cap);
            assert_eq!(heap.dict_len(d), 0);
            assert_eq!(get(heap, d, "a"), None);
            assert_eq!(heap.dict_get(d, int(0)), None);
            assert_eq!(heap.dict_remove(d, int(0)), None);
            assert_eq!(heap.dict_next(d, 0), None);
            assert!(heap.dict_first(d).is_none() && heap.dict_last(d).is_none());
            assert_eq!(d.dict().header.aux, EMPTY_SHAPE);
        }
    });
}

#[test]
fn records_keep_order_and_share_shapes() {
    with_both(|heap, _| {
        let d = record(heap, &["x", "y", "a long name"]);
        assert_eq!(mode(d), DictMode::Record);
        assert_eq!(show(heap, d), "x:0 y:1 a long name:2");
        set(heap, d, "y", 7);
        assert_eq!(show(heap, d), "x:0 y:7 a long name:2");
        let e = heap.new_dict(0);
        for name in ["x", "y", "a long name"] {
            set(heap, e, name, 1);
        }
        assert_eq!(mode(e), DictMode::Record);
        assert_eq!(e.dict().header.aux, d.dict().header.aux);
        let name = heap.intern("a long name");
        assert_eq!(heap.dict_record_slot(e, name), Some(2));
        assert_eq!(get(heap, d, "a long name"), Some(2));
        assert_eq!(get(heap, d, "never seen"), None);
        assert_eq!(heap.dict_get(d, int(0)), None);
    });
}

#[test]
fn computed_keys_make_small_records_and_follow_large_ones() {
    with_both(|heap, _| {
        let names: Vec<String> = (0..20).map(|i| format!("field{i}")).collect();
        let d = heap.new_dict(0);
        for (i, name) in names.iter().enumerate() {
            set(heap, d, name, i as i64);
            let expected = if i < 8 {
                DictMode::Record
            } else {
                DictMode::Hash
            };
            assert_eq!(mode(d), expected);
        }
        let names: Vec<&str> = names.iter().map(|n| &n[..]).collect();
        let e = record(heap, &names);
        assert_eq!(mode(e), DictMode::Record);
        let f = heap.new_dict(0);
        for (i, name) in names.iter().enumerate() {
            set(heap, f, name, i as i64);
        }
        assert_eq!(mode(f), DictMode::Record);
        assert_eq!(f.dict().header.aux, e.dict().header.aux);
        assert_eq!(show(heap, d), show(heap, f));
    });
}

#[test]
fn a_record_of_more_than_64_names_is_hashed() {
    with_both(|heap, _| {
        let names: Vec<String> = (0..100).map(|i| format!("field{i}")).collect();
        let names: Vec<&str> = names.iter().map(|n| &n[..]).collect();
        let d = record(heap, &names);
        assert_eq!(mode(d), DictMode::Hash);
        for (i, name) in names.iter().enumerate() {
            assert_eq!(get(heap, d, name), Some(i as i64));
        }
    });
}

#[test]
fn int_text_in_a_record_makes_it_hashed() {
    with_both(|heap, _| {
        let d = record(heap, &["a", "b"]);
        set_int(heap, d, 5, 50);
        assert_eq!(mode(d), DictMode::Hash);
        assert_eq!(show(heap, d), "a:0 b:1 <5>:50");
        let e = record(heap, &["a", "b"]);
        let five = heap.intern("5");
        heap.dict_set_name(e, five, int(50)).unwrap();
        assert_eq!(mode(e), DictMode::Hash);
        assert_eq!(show(heap, e), "a:0 b:1 5:50");
        assert_eq!(heap.dict_get(e, int(5)), Some(int(50)));
        assert_eq!(heap.dict_get_name(e, five), Some(int(50)));
        assert_eq!(get(heap, d, "5"), Some(50));
        assert_eq!(get(heap, d, "05"), None);
    });
}

#[test]
fn ints_from_zero_on_are_dense() {
    with_both(|heap, _| {
        let d = dense(heap, 40);
        assert_eq!(mode(d), DictMode::Dense);
        assert_eq!(heap.dict_len(d), 40);
        assert_eq!(heap.dict_get(d, int(39)), Some(int(390)));
        assert_eq!(get(heap, d, "39"), Some(390));
        assert_eq!(heap.dict_get(d, int(40)), None);
        assert_eq!(heap.dict_get(d, int(-1)), None);
        assert_eq!(get(heap, d, "-0"), None);
        set(heap, d, "7", -7);
        set_int(heap, d, 8, -8);
        assert_eq!(mode(d), DictMode::Dense);
        assert_eq!(heap.dict_get(d, int(7)), Some(int(-7)));
        assert_eq!(heap.dict_remove(d, int(39)), Some(int(390)));
        assert_eq!(remove(heap, d, "38"), Some(380));
        assert_eq!(mode(d), DictMode::Dense);
        set_int(heap, d, 38, 1);
        assert_eq!(heap.dict_last(d), Some((int(38), int(1))));
        assert_eq!(heap.dict_first(d), Some((int(0), int(0))));
    });
}

#[test]
fn a_dict_that_starts_elsewhere_or_with_a_text_is_hashed() {
    with_both(|heap, _| {
        let d = heap.new_dict(0);
        set_int(heap, d, 1, 1);
        assert_eq!(mode(d), DictMode::Hash);
        let d = heap.new_dict(0);
        set(heap, d, "0", 1);
        assert_eq!(mode(d), DictMode::Hash);
        assert_eq!(show(heap, d), "0:1");
        set_int(heap, d, 0, 2);
        assert_eq!(show(heap, d), "0:2");
    });
}

#[test]
fn dense_dicts_become_hashed_by_gaps_texts_and_removals() {
    with_both(|heap, _| {
        for len in [1, 3, 8, 9, 30] {
            let before: Vec<String> = (0..len).map(|i| format!("<{i}>:{}", 10 * i)).collect();
            let before = before.join(" ");
            let d = dense(heap, len);
            set_int(heap, d, len + 1, 1);
            assert_eq!(mode(d), DictMode::Hash);
            assert_eq!(show(heap, d), format!("{before} <{}>:1", len + 1));
            let d = dense(heap, len);
            set(heap, d, &len.to_string(), 1);
            assert_eq!(show(heap, d), format!("{before} {len}:1"));
            let d = dense(heap, len);
            set(heap, d, "name", 1);
            assert_eq!(show(heap, d), format!("{before} name:1"));
            for i in 0..len {
                assert_eq!(heap.dict_get(d, int(i)), Some(int(10 * i)));
            }
            let d = dense(heap, len);
            heap.dict_set(d, int(-1), int(1)).unwrap();
            assert_eq!(show(heap, d), format!("{before} <-1>:1"));
        }
        let d = dense(heap, 4);
        assert_eq!(heap.dict_remove(d, int(1)), Some(int(10)));
        assert_eq!(mode(d), DictMode::Hash);
        set_int(heap, d, 1, 11);
        assert_eq!(show(heap, d), "<0>:0 <2>:20 <3>:30 <1>:11");
    });
}

#[test]
fn an_emptied_dict_can_become_anything() {
    with_both(|heap, _| {
        let d = dense(heap, 1);
        heap.dict_remove(d, int(0));
        set(heap, d, "name", 1);
        assert_eq!(mode(d), DictMode::Record);
        remove(heap, d, "name");
        set_int(heap, d, 0, 1);
        assert_eq!(mode(d), DictMode::Dense);
        set_int(heap, d, 9, 1);
        heap.dict_clear(d);
        assert_eq!(heap.dict_len(d), 0);
        set_int(heap, d, 0, 1);
        assert_eq!(mode(d), DictMode::Dense);
    });
}

#[test]
fn removing_from_a_record() {
    with_both(|heap, _| {
        let d = record(heap, &["a", "b", "c"]);
        assert_eq!(remove(heap, d, "c"), Some(2));
        assert_eq!(mode(d), DictMode::Record);
        assert_eq!(remove(heap, d, "zz"), None);
        assert_eq!(remove(heap, d, "a"), Some(0));
        assert_eq!(mode(d), DictMode::Hash);
        set(heap, d, "a", 5);
        assert_eq!(show(heap, d), "b:1 a:5");
        assert_eq!(heap.dict_len(d), 2);
    });
}

#[test]
fn forms_of_one_key_are_one_entry_and_the_first_stays() {
    with_both(|heap, roots| {
        let texts = [
            "0",
            "7",
            "-3",
            "1125899906842624",
            "-1125899906842625",
            "999999999999999999",
            "1000000000000000000",
            "-99999999999999999999999999999999",
        ];
        let ints: Vec<Value> = texts
            .iter()
            .map(|t| {
                let int = heap.new_int(t.parse::<IBig>().unwrap());
                roots.keep(int)
            })
            .collect();
        let by_int = heap.new_dict(0);
        let by_text = heap.new_dict(0);
        for filler in ["", "x", "y", "z", "w"] {
            if filler.is_empty() {
                for (i, text) in texts.iter().enumerate().rev() {
                    heap.dict_set(by_int, ints[i], int(i as i64)).unwrap();
                    set(heap, by_text, text, i as i64);
                }
            } else {
                // Beyond what is searched in order.
                set(heap, by_int, filler, 100);
                set(heap, by_text, filler, 100);
            }
            for (i, text) in texts.iter().enumerate() {
                for d in [by_int, by_text] {
                    assert_eq!(heap.dict_get(d, ints[i]), Some(int(i as i64)), "{text}");
                    assert_eq!(get(heap, d, text), Some(i as i64), "{text}");
                    let again = heap.new_int(text.parse::<IBig>().unwrap());
                    assert_eq!(heap.dict_get(d, again), Some(int(i as i64)));
                }
            }
        }
        for (i, text) in texts.iter().enumerate() {
            set(heap, by_int, text, i as i64);
            heap.dict_set(by_text, ints[i], int(i as i64)).unwrap();
        }
        assert!(show(heap, by_int).starts_with("<-99999999999999999999999999999999>:7 <1000"));
        assert!(show(heap, by_text).starts_with("-99999999999999999999999999999999:7 1000"));
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(remove(heap, by_int, text), Some(i as i64));
            assert_eq!(heap.dict_remove(by_text, ints[i]), Some(int(i as i64)));
        }
        assert_eq!(heap.dict_len(by_int), 4);
        assert_eq!(heap.dict_len(by_text), 4);
    });
}

#[test]
fn key_lists_make_records() {
    with_both(|heap, _| {
        let list = heap.new_key_list(&["name", "age", "a rather long key"]);
        let values = [int(1), int(2), int(3)];
        let d = heap.new_dict_from(list, values.as_ptr());
        let e = heap.new_dict_from(list, values.as_ptr());
        assert_eq!(mode(d), DictMode::Record);
        assert_eq!(show(heap, d), "name:1 age:2 a rather long key:3");
        set(heap, d, "name", 9);
        set(heap, d, "more", 4);
        assert_eq!(show(heap, d), "name:9 age:2 a rather long key:3 more:4");
        assert_eq!(show(heap, e), "name:1 age:2 a rather long key:3");
        let empty = heap.new_key_list(&[]);
        let f = heap.new_dict_from(empty, values.as_ptr());
        assert_eq!(heap.dict_len(f), 0);
        set(heap, f, "a", 1);
        assert_eq!(show(heap, f), "a:1");
    });
}

#[test]
fn key_lists_that_no_record_can_have() {
    with_both(|heap, _| {
        let list = heap.new_key_list(&["b", "5", "a"]);
        // SAFETY: the value is a key list.
        assert_eq!(unsafe { (*list.as_pointer::<KeyListObj>()).shape }, 0);
        let values = [int(1), int(2), int(3)];
        let d = heap.new_dict_from(list, values.as_ptr());
        assert_eq!(mode(d), DictMode::Hash);
        assert_eq!(show(heap, d), "b:1 5:2 a:3");
        let names: Vec<String> = (0..80).map(|i| format!("n{i}")).collect();
        let names: Vec<&str> = names.iter().map(|n| &n[..]).collect();
        let list = heap.new_key_list(&names);
        let values: Vec<Value> = (0..80).map(int).collect();
        let d = heap.new_dict_from(list, values.as_ptr());
        assert_eq!(heap.dict_len(d), 80);
        assert_eq!(get(heap, d, "n79"), Some(79));
    });
}

#[test]
fn places_are_where_the_values_are() {
    with_both(|heap, _| {
        let dicts = [record(heap, &["0x", "a"]), dense(heap, 3), heap.new_dict(0)];
        set(heap, dicts[2], "0", 5);
        set(heap, dicts[2], "a", 6);
        let keys = [fresh(heap, "0x"), int(0), int(0)];
        for (d, key) in dicts.into_iter().zip(keys) {
            let place = heap.dict_place(d, key).unwrap();
            // SAFETY: the dict has not changed since.
            unsafe { *place = int(77) };
            assert_eq!(heap.dict_get(d, key), Some(int(77)));
            assert!(heap.dict_contains(d, key));
        }
    });
}

#[test]
fn transitions_by_slot() {
    with_both(|heap, _| {
        let d = record(heap, &["p"]);
        let q = heap.intern("q");
        let next = heap.shape_with(d.dict().header.aux, q).unwrap();
        heap.dict_add_slot(d, next, int(5));
        assert_eq!(show(heap, d), "p:0 q:5");
    });
}

#[test]
fn copies_are_independent_and_share_what_they_hold() {
    with_both(|heap, _| {
        let inner = heap.new_array_from(&[int(1)]);
        let first = heap.intern("first");
        let dicts = [record(heap, &["a"]), dense(heap, 30), heap.new_dict(0)];
        for i in 0..30 {
            set_int(heap, dicts[2], 3 * i, i);
        }
        heap.dict_remove(dicts[2], int(9));
        for d in dicts {
            let key = if mode(d) == DictMode::Record {
                first
            } else {
                int(0)
            };
            heap.dict_set(d, key, inner).unwrap();
            inner.header().clear_flags(SHARED);
            let copy = heap.copy_dict(d);
            assert_ne!(inner.header().flags & SHARED, 0);
            assert_eq!(mode(copy), mode(d));
            assert_eq!(heap.dict_len(copy), heap.dict_len(d));
            heap.dict_set(copy, key, int(1)).unwrap();
            heap.dict_set(d, key, int(2)).unwrap();
            assert_eq!(heap.dict_get(copy, key), Some(int(1)));
            let (len, before) = (heap.dict_len(d), show(heap, d));
            set(heap, copy, "new in the copy", 1);
            heap.dict_remove(copy, key);
            assert_eq!(heap.dict_len(copy), len);
            assert_eq!(show(heap, d), before);
        }
    });
}

#[test]
fn merging() {
    with_both(|heap, _| {
        let a = record(heap, &["x", "y"]);
        let b = record(heap, &["y", "z"]);
        merge(heap, a, b);
        assert_eq!(show(heap, a), "x:0 y:0 z:1");
        let c = dense(heap, 2);
        merge(heap, a, c);
        assert_eq!(show(heap, a), "x:0 y:0 z:1 <0>:0 <1>:10");
        let e = heap.new_dict(0);
        merge(heap, e, a);
        merge(heap, e, e);
        assert_eq!(show(heap, e), show(heap, a));
        set(heap, e, "w", 3);
        assert_eq!(get(heap, a, "w"), None);
        let e = heap.new_dict(0);
        merge(heap, e, c);
        assert_eq!(mode(e), DictMode::Dense);
        let empty = heap.new_dict(0);
        merge(heap, e, empty);
        assert_eq!(show(heap, e), "<0>:0 <1>:10");
        let h = heap.new_dict(0);
        set(heap, h, "1", 5);
        heap.dict_remove(h, int(1));
        merge(heap, h, b);
        assert_eq!(show(heap, h), "y:0 z:1");
    });
}

#[test]
fn many_entries_of_every_form() {
    with_heap(false, |heap, _| {
        let d = heap.new_dict(0);
        let count = rounds(50_000, 100) as i64;
        for i in 0..count {
            set_int(heap, d, 7 * i + 1, i);
            set(heap, d, &format!("k{i}"), i);
        }
        assert_eq!(heap.dict_len(d), 2 * count as usize);
        for i in 0..count {
            assert_eq!(heap.dict_get(d, int(7 * i + 1)), Some(int(i)));
            assert_eq!(get(heap, d, &format!("k{i}")), Some(i));
        }
        for i in 0..count - 10 {
            assert_eq!(get(heap, d, &(7 * i + 1).to_string()), Some(i));
            assert_eq!(heap.dict_remove(d, int(7 * i + 1)), Some(int(i)));
            assert_eq!(remove(heap, d, &format!("k{i}")), Some(i));
        }
        assert_eq!(heap.dict_len(d), 20);
        assert!(d.dict().cap < 50_000, "room is given back");
        let (first, _) = heap.dict_first(d).unwrap();
        assert_eq!(first, int(7 * (count - 10) + 1));
    });
}

#[test]
fn a_queue_keeps_its_room_and_finds_its_front_at_once() {
    with_heap(false, |heap, _| {
        let d = heap.new_dict(0);
        let len = rounds(10_000, 50) as i64;
        for i in 0..len {
            set_int(heap, d, i + 1, i);
        }
        let cap = d.dict().cap;
        for i in 0..20 * len {
            let (key, value) = heap.dict_first(d).unwrap();
            assert_eq!((key, value), (int(i + 1), int(i)));
            heap.dict_remove(d, key).unwrap();
            set_int(heap, d, i + len + 1, i + len);
        }
        assert_eq!(heap.dict_len(d), len as usize);
        assert!(d.dict().cap <= 4 * cap);
    });
}

#[test]
fn a_stack_of_entries_leaves_no_gaps() {
    with_both(|heap, _| {
        let d = heap.new_dict(0);
        for i in 0..30 {
            set_int(heap, d, i + 5, i);
        }
        for i in (0..30).rev() {
            assert_eq!(heap.dict_last(d), Some((int(i + 5), int(i))));
            heap.dict_remove(d, int(i + 5));
            assert_eq!(d.dict().len as i64, i);
        }
        assert_eq!(heap.dict_last(d), None);
        set_int(heap, d, 3, 3);
        assert_eq!(show(heap, d), "<3>:3");
    });
}

#[test]
fn there_is_a_most_of_entries() {
    with_heap(false, |heap, _| {
        let d = dense(heap, 3);
        // As if it had that many; put right before anything looks at them.
        let dict = d.dict();
        put!(dict.len = MAX_ELEMENTS as u32);
        let next = int(MAX_ELEMENTS as i64);
        let name = heap.intern("name");
        assert_eq!(heap.dict_set(d, next, int(1)), Err(NoRoom::TooLong));
        assert_eq!(heap.dict_set(d, name, int(1)), Err(NoRoom::TooLong));
        put!(dict.len = 3);
        set_int(heap, d, 100, 1);
        while 2 * d.dict().len < d.dict().cap {
            let i = heap.dict_len(d) as i64;
            set_int(heap, d, 200 + i, 1);
        }
        let live = dict.header.aux;
        put!(dict.header.aux = MAX_ELEMENTS as u32);
        assert_eq!(heap.dict_set(d, int(5000), int(1)), Err(NoRoom::TooLong));
        assert_eq!(heap.dict_set(d, int(100), int(1)), Ok(()));
        put!(dict.header.aux = live);
    });
}

#[test]
fn what_can_be_a_key() {
    with_heap(false, |heap, _| {
        let big = heap.new_int(IBig::from(1) << 80);
        let text = heap.intern("text");
        assert!(is_key(big) && is_key(text) && is_key(int(-1)));
        let array = heap.new_array(0);
        for v in [array, Value::NULL, Value::TRUE, Value::float(1.0)] {
            assert!(!is_key(v));
            for d in [dense(heap, 1), record(heap, &["a"]), heap.new_dict(0)] {
                assert_eq!(heap.dict_get(d, v), None);
                assert_eq!(heap.dict_remove(d, v), None);
            }
        }
    });
}

#[test]
fn keys_that_are_ropes() {
    with_both(|heap, _| {
        let half = "0123456789".repeat(5);
        let d = dense(heap, 1);
        for round in 0..3 {
            let (a, b) = (fresh(heap, &half), fresh(heap, &half));
            let rope = heap.concat(a, b).unwrap();
            heap.dict_set(d, rope, int(round)).unwrap();
            assert_eq!(get(heap, d, &half.repeat(2)), Some(round));
        }
        let r = record(heap, &["a"]);
        let (a, b) = (fresh(heap, &half), fresh(heap, &half));
        let rope = heap.concat(a, b).unwrap();
        assert_eq!(heap.dict_get(r, rope), None);
        heap.dict_set(r, rope, int(1)).unwrap();
        assert_eq!(heap.dict_len(d), 2);
        assert_eq!(heap.dict_len(r), 2);
    });
}

#[test]
fn values_and_keys_stay_alive() {
    with_heap(false, |heap, roots| {
        let d = heap.new_dict(0);
        roots.keep(d);
        for i in 0..500 {
            let key = fresh(heap, &format!("some key {i}"));
            let value = fresh(heap, &format!("some value {i}"));
            heap.dict_set(d, key, value).unwrap();
        }
        heap.collect();
        for i in 0..rounds(5000, 100) {
            fresh(heap, &format!("garbage {i}"));
        }
        heap.collect();
        assert!(heap.stats.live_bytes > 500 * 80);
        for i in 0..500 {
            let key = fresh(heap, &format!("some key {i}"));
            let value = heap.dict_get(d, key).unwrap();
            assert_eq!(heap.str(value), format!("some value {i}"));
        }
        assert!(d.is_kind(Kind::Dict));
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn a_dense_dict_takes_little_more_than_its_values() {
    with_heap(false, |heap, _| {
        let before = heap.reserved();
        let d = dense(heap, 1_000_000);
        assert_eq!(heap.dict_len(d), 1_000_000);
        heap.collect();
        assert!(heap.reserved() - before < 3 * 8_000_000);
    });
}

#[test]
fn other_keys_are_found_by_their_hashes() {
    with_both(|heap, roots| {
        let d = heap.new_dict(0);
        roots.keep(d);
        let key = |heap: &mut Heap, i: i64| {
            let key = heap.new_array_from(&[int(i)]);
            (key, (i % 50) as u32)
        };
        let find = |d: Value, i: i64| {
            let same = |x: Value| x.is_kind(Kind::Array) && x.elements()[0] == int(i);
            d.dict().find_content((i % 50) as u32, same)
        };
        for i in 0..200 {
            let (array, hash) = key(heap, i);
            heap.dict_append_content(d, hash, array, int(i)).unwrap();
            heap.dict_set(d, int(i), int(-i)).unwrap();
            let name = fresh(heap, &format!("name {i}"));
            heap.dict_set(d, name, int(2 * i)).unwrap();
        }
        assert_eq!(heap.dict_len(d), 600);
        for i in (0..200).filter(|i| i % 4 > 0) {
            let entry = find(d, i).unwrap();
            assert_eq!(heap.dict_remove_content(d, entry), int(i));
            assert!(find(d, i).is_none());
            heap.dict_remove(d, int(i)).unwrap();
        }
        let copy = heap.copy_dict(d);
        roots.keep(copy);
        for d in [d, copy] {
            for i in 0..200 {
                // SAFETY: a place is an initialised slot.
                let found = find(d, i).map(|entry| unsafe { *d.dict().content_place(entry) });
                assert_eq!(found, (i % 4 == 0).then(|| int(i)));
                assert_eq!(heap.dict_contains(d, int(i)), i % 4 == 0);
                assert_eq!(get(heap, d, &format!("name {i}")), Some(2 * i));
            }
        }
        assert_eq!(heap.dict_len(d), 300);
        let (first, _) = heap.dict_first(d).unwrap();
        assert!(first.is_kind(Kind::Array) && first.header().flags & SHARED != 0);
    });
}

/// A dict, and a set, that would grow when the program is to end stay as they are.
#[test]
fn growth_is_given_up_when_the_program_is_to_end() {
    use crate::heap::NoRoom;
    use crate::heap::watch::Watch;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    let mut heap = Heap::new();
    heap.put_off_collections();
    let word = Arc::new(AtomicU8::new(0));
    heap.watch = Watch::new(word.clone(), 1, 0);
    let (dict, set) = (heap.new_dict(0), heap.new_set(0));
    let key = |i: i64| Value::int(i * 1_000_003);
    for i in 0..40_000 {
        heap.dict_set(dict, key(i), Value::int(i)).expect("room");
        heap.set_append(set, i as u32 * 77, key(i)).expect("room");
    }
    word.store(1, Ordering::Relaxed);
    let (mut filled, mut added) = (40_000, 40_000);
    while heap.dict_set(dict, key(filled), Value::int(filled)).is_ok() {
        filled += 1;
        assert!(filled < 1 << 20, "its table grows some time");
    }
    while heap.set_append(set, added as u32 * 77, key(added)).is_ok() {
        added += 1;
        assert!(added < 1 << 20, "its table grows some time");
    }
    assert_eq!(
        heap.dict_set(dict, key(filled), Value::NULL),
        Err(NoRoom::Stopped)
    );
    assert_eq!(heap.dict_len(dict), filled as usize);
    assert_eq!(set.set().len(), added as usize);
    for i in 0..filled {
        assert_eq!(heap.dict_get(dict, key(i)), Some(Value::int(i)));
    }
    for i in 0..added {
        assert!(set.set().find(i as u32 * 77, |v| v == key(i)).is_some());
    }
    assert_eq!(heap.dict_get(dict, key(filled)), None);
    // It goes on: the prompt reads the next input.
    word.store(0, Ordering::Relaxed);
    for i in filled..2 * filled {
        heap.dict_set(dict, key(i), Value::int(i)).expect("room");
    }
    for i in 0..2 * filled {
        assert_eq!(heap.dict_get(dict, key(i)), Some(Value::int(i)));
    }
}
