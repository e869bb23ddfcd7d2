use super::*;
use crate::heap::object::Kind;

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn garbage_is_given_back_and_used_again() {
    with_heap(false, |heap, _| {
        heap.put_off_collections();
        for round in 0..50 {
            for i in 0..1000 {
                heap.new_array(i % 200);
                let d = heap.new_dict(0);
                for k in 0..10 {
                    heap.dict_set(d, int(3 * k), int(k)).unwrap();
                }
            }
            heap.collect();
            heap.put_off_collections();
            assert!(heap.reserved() < 16 << 20, "round {round}");
        }
        assert_eq!(heap.stats.collections(), 50);
    });
}

#[test]
fn cycles_through_cells_are_garbage_too() {
    with_heap(false, |heap, _| {
        for _ in 0..rounds(10_000, 300) {
            let cell = heap.new_cell(Value::NULL);
            let array = heap.new_array_from(&[cell]);
            // SAFETY: the value is a cell.
            unsafe { (*cell.as_pointer::<crate::heap::object::CellObj>()).value = array };
            heap.write_barrier(cell.as_pointer(), array);
        }
        heap.collect();
        assert!(heap.stats.live_bytes < 100_000);
    });
}

/// Stores an element as programs do.
fn set(heap: &mut Heap, array: Value, at: usize, value: Value) {
    array.set_element(at, value);
    heap.write_barrier(array.as_pointer(), value);
}

#[test]
fn a_minor_collection_keeps_what_an_old_object_has_got() {
    with_heap(false, |heap, roots| {
        heap.put_off_collections();
        let old = heap.new_array_from(&[Value::NULL, Value::NULL]);
        roots.keep(old);
        heap.collect_young();
        assert!(heap.is_old(old));
        let part = heap.new_array_from(&[int(7)]);
        set(heap, old, 1, part);
        assert!(!heap.is_old(part));
        heap.collect_young();
        assert!(heap.is_old(part));
        for _ in 0..rounds(10_000, 300) {
            heap.new_array_from(&[int(8)]);
        }
        assert_eq!(old.elements()[1].elements(), [int(7)]);
    });
}

/// Arrays that nothing refers to, by their bits upside down: no word looks like them.
#[inline(never)]
fn hidden_garbage(heap: &mut Heap) -> Vec<u64> {
    let hidden = (0..200).map(|i| {
        let part = heap.new_tagged(2, &[int(i)]);
        !heap.new_array_from(&[part; 5]).bits()
    });
    hidden.collect()
}

#[test]
fn a_stale_word_revives_nothing_that_has_died_young() {
    with_heap(false, |heap, _| {
        heap.put_off_collections();
        let hidden = hidden_garbage(heap);
        heap.collect();
        heap.put_off_collections();
        // Cells of the parts' size are asked for, so those are swept, and the arrays not.
        heap.new_tagged(2, &[int(0)]);
        let is_old = |heap: &Heap, hidden: u64| heap.is_old(Value::from_bits(!hidden));
        let dead = hidden.iter().filter(|&&bits| !is_old(heap, bits));
        let dead: Vec<u64> = dead.copied().collect();
        assert!(dead.len() > 150);
        for &bits in &dead[..20] {
            let word = std::hint::black_box([!bits]);
            heap.collect_young();
            std::hint::black_box(&word);
            assert!(!is_old(heap, bits));
        }
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn minor_collections_give_young_garbage_back() {
    with_heap(false, |heap, roots| {
        heap.put_off_collections();
        let kept = heap.new_array(0);
        roots.keep(kept);
        for round in 0..200 {
            for i in 0..2000 {
                let d = heap.new_dict(0);
                heap.dict_set(d, int(1000 * i), int(i)).unwrap();
                heap.new_array(100);
                heap.new_array(3000);
                if i == round {
                    heap.array_push(kept, d).unwrap();
                }
                if i % 200 == 0 {
                    heap.collect_young();
                    heap.put_off_collections();
                }
            }
            assert!(heap.reserved() < 32 << 20, "round {round}");
            // The objects that words on the machine stack have kept are old
            // now.
            heap.collect();
            heap.put_off_collections();
        }
        assert!(heap.stats.minor.count >= 2000);
        for (i, &d) in kept.elements().iter().enumerate() {
            assert_eq!(heap.dict_get(d, int(1000 * i as i64)), Some(int(i as i64)));
        }
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn more_stores_than_are_remembered_ask_for_a_major_collection() {
    with_heap(false, |heap, roots| {
        heap.put_off_collections();
        let all = heap.new_array(0);
        roots.keep(all);
        for _ in 0..1_200_000 {
            let one = heap.new_array_from(&[Value::NULL]);
            heap.array_push(all, one).unwrap();
        }
        heap.collect();
        heap.put_off_collections();
        for (i, &one) in all.elements().iter().enumerate() {
            let part = heap.new_array_from(&[int(i as i64)]);
            set(heap, one, 0, part);
        }
        let (minor, before) = (heap.stats.minor.count, heap.stats.collections());
        heap.collect_some();
        while heap.is_collecting() {
            heap.collect_some();
        }
        assert_eq!(
            (heap.stats.minor.count, heap.stats.collections()),
            (minor, before + 1)
        );
        for (i, &one) in all.elements().iter().enumerate() {
            assert_eq!(one.elements()[0].elements(), [int(i as i64)]);
        }
    });
}

#[test]
fn what_is_deep_is_kept() {
    with_heap(false, |heap, roots| {
        let mut list = Value::NULL;
        roots.keep(list);
        for i in 0..rounds(100_000, 1000) {
            list = heap.new_array_from(&[int(i as i64), list]);
            roots.replace(0, list);
        }
        heap.collect();
        heap.collect();
        let mut count = 0;
        while list.is_kind(Kind::Array) {
            list = list.elements()[1];
            count += 1;
        }
        assert_eq!(count, rounds(100_000, 1000));
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn bigints_and_indexes_count_and_are_freed() {
    with_heap(false, |heap, roots| {
        let big = dashu_int::IBig::from(1) << 100_000;
        for _ in 0..2000 {
            heap.new_int(big.clone());
        }
        // 25 MB passed, which must have been noticed.
        let one = heap.new_int(big.clone());
        roots.keep(one);
        for _ in 0..100_000 {
            heap.new_array(10);
        }
        assert!(heap.stats.collections() > 0);
        heap.collect();
        assert!(heap.stats.live_bytes > 12_000);
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn a_limit_is_noticed() {
    with_heap(false, |heap, roots| {
        heap.set_limit(4 << 20);
        assert_eq!(heap.check_room(1 << 20), Ok(()));
        assert!(heap.check_room(8 << 20).is_err());
        let a = heap.new_array(0);
        roots.keep(a);
        while !heap.over_limit && a.elements().len() < 1_000_000 {
            let inner = heap.new_array(10);
            heap.array_push(a, inner).unwrap();
        }
        assert!(heap.over_limit);
    });
}

#[test]
#[cfg_attr(miri, ignore = "takes megabytes")]
fn empty_blocks_serve_other_sizes() {
    with_heap(false, |heap, _| {
        heap.put_off_collections();
        for elements in [1, 3, 9, 30, 100, 300, 1000, 2000] {
            for _ in 0..(4 << 20) / (8 * elements + 24) {
                heap.new_array(elements);
            }
            for _ in 0..2 {
                heap.collect();
                heap.put_off_collections();
            }
        }
        assert!(heap.reserved() < 12 << 20, "{}", heap.reserved());
    });
}
