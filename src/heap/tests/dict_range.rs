//! Dicts of near int keys, whose index is a table of their range, and how they
//! become hash tables and back.

use super::*;

/// Every key of the model is there, in order, and nothing near them is.
fn check(heap: &mut Heap, d: Value, keys: &[i64]) {
    assert_eq!(heap.dict_len(d), keys.len());
    let mut cursor = 0;
    for &key in keys {
        let (k, v, next) = heap.dict_next(d, cursor).unwrap();
        assert_eq!((k, v), (int(key), int(2 * key)));
        assert_eq!(heap.dict_get(d, int(key)), Some(int(2 * key)));
        cursor = next;
    }
    assert_eq!(heap.dict_next(d, cursor), None);
    let (min, max) = (keys.iter().min().unwrap(), keys.iter().max().unwrap());
    for key in [min - 1, max + 1, i64::from(u32::MAX), -1 << 48, 1 << 48] {
        assert_eq!(heap.dict_contains(d, int(key)), keys.contains(&key));
    }
}

fn add(heap: &mut Heap, d: Value, keys: &mut Vec<i64>, key: i64) {
    heap.dict_set(d, int(key), int(2 * key)).unwrap();
    keys.push(key);
}

#[test]
fn ranges_reach_out_both_ways() {
    with_both(|heap, roots| {
        let d = heap.new_dict(0);
        roots.keep(d);
        let mut keys = Vec::new();
        for i in 0..40 {
            add(heap, d, &mut keys, 1000 + 3 * i);
            add(heap, d, &mut keys, 900 - 2 * i);
            check(heap, d, &keys);
        }
    });
}

#[test]
fn a_far_key_or_a_name_ends_the_range_and_scattered_keys_become_one() {
    with_both(|heap, roots| {
        for far in [1 << 48, -1 << 48] {
            let d = heap.new_dict(0);
            roots.keep(d);
            let mut keys = Vec::new();
            for i in 0..100 {
                add(heap, d, &mut keys, 5 + i * 37 % 101);
            }
            check(heap, d, &keys);
            add(heap, d, &mut keys, far);
            add(heap, d, &mut keys, -5);
            check(heap, d, &keys);
            heap.dict_remove(d, int(far)).unwrap();
            keys.retain(|&key| key != far);
            for i in 0..200 {
                add(heap, d, &mut keys, 200 + i);
            }
            check(heap, d, &keys);
            let (text, name) = (fresh(heap, "205"), fresh(heap, "name"));
            assert_eq!(heap.dict_get(d, text), Some(int(410)));
            assert_eq!(heap.dict_get(d, name), None);
            assert_eq!(heap.dict_remove(d, name), None);
            heap.dict_set(d, name, int(7)).unwrap();
            assert_eq!(heap.dict_get(d, name), Some(int(7)));
            assert_eq!(heap.dict_remove(d, name), Some(int(7)));
            check(heap, d, &keys);
        }
    });
}

#[test]
fn a_window_that_moves_keeps_its_size() {
    with_heap(false, |heap, roots| {
        let d = heap.new_dict(0);
        roots.keep(d);
        let mut keys = Vec::new();
        for i in 0..rounds(5000, 200) as i64 {
            add(heap, d, &mut keys, 10 + i);
            if keys.len() > 50 {
                heap.dict_remove(d, int(keys.remove(0))).unwrap();
                check(heap, d, &keys);
            }
        }
        // SAFETY: a live dict.
        assert!(unsafe { crate::heap::dict::index_bytes(d.as_pointer()) } < 4096);
    });
}
