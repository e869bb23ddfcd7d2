use super::*;
use crate::heap::MAX_ELEMENTS;
use crate::heap::NoRoom;
use crate::heap::object::SHARED;
use proptest::prelude::*;

#[test]
fn arrays_grow_in_order() {
    with_both(|heap, _| {
        for cap in [0, 1, 31, 32, 33, 200] {
            let a = heap.new_array(cap);
            assert!(a.elements().is_empty());
            assert_eq!(a.array().cap as usize, cap);
            for i in 0..300 {
                heap.array_push(a, int(i)).unwrap();
            }
            assert_eq!(a.elements(), (0..300).map(int).collect::<Vec<_>>());
        }
    });
}

#[test]
fn a_large_array_keeps_its_elements_while_it_grows() {
    with_heap(false, |heap, roots| {
        let a = heap.new_array(0);
        roots.keep(a);
        for i in 0..rounds(20_000, 2_500) {
            let text = heap.new_string(&i.to_string());
            heap.array_push(a, text).unwrap();
        }
        heap.collect();
        for (i, &text) in a.elements().iter().enumerate() {
            assert_eq!(heap.str(text), i.to_string());
        }
    });
}

#[test]
fn arrays_from_slices_and_copies() {
    with_both(|heap, _| {
        let inner = heap.new_array_from(&[int(1), int(2)]);
        let a = heap.new_array_from(&[inner, int(3)]);
        assert_eq!(inner.header().flags & SHARED, 0);
        let b = heap.copy_array(a, 10);
        assert_ne!(inner.header().flags & SHARED, 0);
        assert!(b.array().cap >= 12);
        heap.array_push(b, int(4)).unwrap();
        b.set_element(1, Value::NULL);
        assert_eq!(a.elements(), [inner, int(3)]);
        assert_eq!(b.elements(), [inner, Value::NULL, int(4)]);
        let empty = heap.new_array_from(&[]);
        let copy = heap.copy_array(empty, 0);
        assert!(empty.elements().is_empty() && copy.elements().is_empty());
    });
}

#[test]
fn truncating_never_lengthens() {
    with_both(|heap, _| {
        let a = heap.new_array_from(&[int(1), int(2), int(3)]);
        heap.array_truncate(a, 5);
        assert_eq!(a.elements().len(), 3);
        heap.array_truncate(a, 1);
        assert_eq!(a.elements(), [int(1)]);
        heap.array_truncate(a, 0);
        heap.array_push(a, int(9)).unwrap();
        assert_eq!(a.elements(), [int(9)]);
    });
}

#[test]
fn there_is_a_most_of_elements() {
    with_heap(false, |heap, _| {
        let a = heap.new_array_from(&[int(1)]);
        assert_eq!(heap.array_reserve(a, MAX_ELEMENTS), Err(NoRoom::TooLong));
        assert_eq!(heap.array_reserve(a, 10), Ok(()));
        assert_eq!(a.elements(), [int(1)]);
    });
}

proptest! {
    #![proptest_config(config(200))]
    #[test]
    fn arrays_are_vectors(
        cap in 0..50usize,
        ops in prop::collection::vec((0..6u8, 0..200usize), 0..100),
        stress in prop::bool::weighted(0.2),
    ) {
        with_heap(stress, |heap, roots| {
            let a = heap.new_array(cap);
            roots.keep(a);
            let mut model = Vec::new();
            for (op, n) in ops {
                let a = roots.get(0);
                match op {
                    0..3 => {
                        for i in 0..n % 40 {
                            heap.array_push(a, int(i as i64)).unwrap();
                            model.push(int(i as i64));
                        }
                    }
                    3 => {
                        heap.array_truncate(a, n);
                        model.truncate(n);
                    }
                    4 => heap.array_reserve(a, n).unwrap(),
                    _ => roots.replace(0, heap.copy_array(a, n % 5)),
                }
                assert_eq!(roots.get(0).elements(), &model[..]);
            }
        });
    }
}
