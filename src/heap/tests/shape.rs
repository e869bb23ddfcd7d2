use super::*;
use crate::heap::object::SHAPE_BIT;
use crate::heap::shape::*;

#[test]
fn the_same_keys_in_the_same_order_are_one_shape() {
    with_both(|heap, _| {
        let [a, b, c] = ["alpha", "beta", "gamma"].map(|n| heap.intern(n));
        let x = heap.shape_with(EMPTY_SHAPE, a).unwrap();
        let xy = heap.shape_with(x, b).unwrap();
        let xz = heap.shape_with(x, c).unwrap();
        assert_eq!(heap.shape_with(EMPTY_SHAPE, a), Some(x));
        assert_eq!(heap.shape_with(x, b), Some(xy));
        assert_eq!(heap.shape_with(x, c), Some(xz));
        assert!(x != xy && xy != xz);
        assert!([x, xy, xz].iter().all(|s| s & SHAPE_BIT != 0));
        let y = heap.shape_with(EMPTY_SHAPE, b).unwrap();
        assert_ne!(heap.shape_with(y, a), Some(xy));
        assert_eq!(heap.shapes.keys(xy), [a, b]);
        assert_eq!(heap.shapes.key(xz, 1), c);
        assert_eq!(heap.shapes.slot(xy, b), Some(1));
        assert_eq!(heap.shapes.slot(xy, c), None);
        assert_eq!(heap.shapes.parent(xz), x);
        assert_eq!(heap.shapes.len(EMPTY_SHAPE), 0);
    });
}

#[test]
fn records_have_at_most_64_keys_and_find_them_all() {
    with_both(|heap, _| {
        let mut shape = EMPTY_SHAPE;
        for i in 0..MAX_RECORD_KEYS {
            let name = heap.intern(&format!("key_{i}"));
            assert_eq!(heap.shapes.slot(shape, name), None);
            shape = heap.shape_with(shape, name).unwrap();
            for j in 0..=i {
                let name = heap.intern(&format!("key_{j}"));
                assert_eq!(heap.shapes.slot(shape, name), Some(j as u32));
            }
        }
        let more = heap.intern("one too many");
        assert_eq!(heap.shape_with(shape, more), None);
        assert_eq!(heap.shapes.slot(shape, more), None);
    });
}

#[test]
fn texts_of_ints_are_in_no_shape() {
    with_both(|heap, _| {
        for text in ["0", "7", "-3", "123456789012345678901234567890"] {
            let name = heap.intern(text);
            assert_eq!(heap.shape_with(EMPTY_SHAPE, name), None, "{text}");
        }
        for text in ["", "00", "-0", "+1", "1.0", "1e3"] {
            let name = heap.intern(text);
            assert!(heap.shape_with(EMPTY_SHAPE, name).is_some(), "{text}");
        }
    });
}

#[test]
fn there_is_a_most_of_shapes() {
    with_heap(false, |heap, _| {
        let mut made = 0;
        for i in 0..MAX_SHAPES + 10 {
            let name = heap.intern(&format!("n{i}"));
            made += heap.shape_with(EMPTY_SHAPE, name).is_some() as usize;
        }
        assert_eq!(made, MAX_SHAPES - 1);
        assert_eq!(heap.shapes.count(), MAX_SHAPES);
        // Shapes that exist stay.
        let name = heap.intern("n17");
        assert!(heap.shape_with(EMPTY_SHAPE, name).is_some());
        // Dicts do without.
        let d = heap.new_dict(0);
        let name = heap.intern("a name never seen");
        heap.dict_set_name(d, name, int(1)).unwrap();
        assert_eq!(heap.dict_get_name(d, name), Some(int(1)));
    });
}

#[test]
fn type_shapes_are_all_different_and_empty() {
    with_heap(false, |heap, _| {
        let name = heap.intern("field");
        let record = heap.shape_with(EMPTY_SHAPE, name).unwrap();
        let (a, b) = (
            heap.shapes.new_type_shape(false, false),
            heap.shapes.new_type_shape(true, true),
        );
        assert!(a != b && a != record && b != record && a != EMPTY_SHAPE);
        assert!(a & b & SHAPE_BIT != 0);
        assert!(!has_equality(a) && has_equality(b) && !has_equality(record));
        assert!(a < FIRST_CLASS && b >= FIRST_CLASS && record < FIRST_CLASS);
        assert_eq!(heap.shapes.slot(a, name), None);
        assert_eq!(heap.shapes.len(a), 0);
        assert_eq!(heap.shape_with(a, name), None);
    });
}

#[test]
fn computed_keys_do_not_flood_the_shapes() {
    with_heap(false, |heap, roots| {
        for i in 0..1000 {
            let d = heap.new_dict(0);
            roots.keep(d);
            let key = fresh(heap, &format!("word {i}"));
            heap.dict_set(d, key, int(i)).unwrap();
            assert_eq!(heap.dict_get(d, key), Some(int(i)));
        }
        assert!(heap.shapes.count() < 100);
    });
}

#[test]
fn a_name_lives_as_long_as_a_shape_has_it() {
    with_heap(false, |heap, _| {
        let before = heap.intern("kept by a shape").bits();
        let shape = heap
            .shape_with(EMPTY_SHAPE, Value::from_bits(before))
            .unwrap();
        heap.collect();
        heap.collect();
        let after = heap.intern("kept by a shape");
        assert_eq!(after.bits(), before);
        assert_eq!(heap.shapes.slot(shape, after), Some(0));
    });
}
