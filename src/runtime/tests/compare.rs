//! Equality, order and truth.

use super::super::compare::*;
use super::super::{Context, ErrorKind, ops};
use super::{Machine, fault};
use crate::value::Value;
use CompareOp::*;
use dashu_int::IBig;
use std::cmp::Ordering;

/// All four operators and the order must agree on the two values.
fn check_order(m: &mut Machine, a: Value, b: Value, expected: Option<Ordering>) {
    for (x, y, expected) in [(a, b, expected), (b, a, expected.map(Ordering::reverse))] {
        for op in [Lt, Le, Gt, Ge] {
            let holds = expected.is_some_and(|order| op.holds(order));
            assert_eq!(compare(m, op, x, y).unwrap(), holds, "{x:?} {op:?} {y:?}");
            if Value::both_int(x, y) {
                assert_eq!(ops::compare_ints(op, x, y), holds);
            } else if let Some((x, y)) = ops::mixed(x, y) {
                assert_eq!(ops::compare_floats(op, x, y), holds);
            }
        }
        let same = expected == Some(Ordering::Equal);
        assert_eq!(equal(m, x, y).unwrap(), same, "{x:?} == {y:?}");
        assert_eq!(not_equal(m, x, y).unwrap(), !same);
        assert!(ops::equal_bits(x, y).is_none_or(|equal| equal == same));
        if let Some(expected) = expected {
            assert_eq!(order(m, x, y).unwrap(), expected);
        }
    }
}

#[test]
fn numbers_compare_by_exact_value() {
    let mut m = Machine::new();
    let power = |width: usize| IBig::from(2).pow(width);
    let float = |width: i32| 2f64.powi(width);
    for width in [1, 31, 49, 50, 51, 52, 53, 62, 63, 64, 100, 1023] {
        for sign in [1, -1] {
            let f = Value::float(float(width) * sign as f64);
            for offset in -1..=1i64 {
                let i = m.heap.new_int(power(width as usize) * sign + offset);
                check_order(&mut m, i, f, Some(offset.cmp(&0)));
            }
        }
    }
    // Between 2^50 and 2^53 floats have fractions that bigints have not.
    for sign in [1.0, -1.0] {
        let f = Value::float((float(51) + 0.5) * sign);
        let low = m.heap.new_int(power(51) * sign as i64);
        let high = m.heap.new_int((power(51) + 1) * sign as i64);
        let order = if sign > 0.0 {
            Ordering::Less
        } else {
            Ordering::Greater
        };
        check_order(&mut m, low, f, Some(order));
        check_order(&mut m, f, high, Some(order));
    }
    let big = m.heap.new_int(power(2000));
    let small = m.heap.new_int(-power(2000));
    let infinity = Value::float(f64::INFINITY);
    check_order(&mut m, big, infinity, Some(Ordering::Less));
    check_order(&mut m, small, Value::float(f64::MIN), Some(Ordering::Less));
    check_order(
        &mut m,
        small,
        Value::float(f64::NEG_INFINITY),
        Some(Ordering::Greater),
    );
    check_order(
        &mut m,
        Value::int(1),
        Value::float(1.0),
        Some(Ordering::Equal),
    );
    check_order(
        &mut m,
        Value::float(0.0),
        Value::float(-0.0),
        Some(Ordering::Equal),
    );
    check_order(&mut m, Value::int(-1), big, Some(Ordering::Less));
}

#[test]
fn nan_equals_nothing_and_sorts_last() {
    let mut m = Machine::new();
    let nan = Value::float(f64::NAN);
    let big = m.heap.new_int(IBig::from(2).pow(80));
    for other in [nan, Value::int(1), Value::float(1.0), big] {
        check_order(&mut m, nan, other, None);
    }
    assert_eq!(order(&mut m, nan, big).unwrap(), Ordering::Greater);
    assert_eq!(order(&mut m, nan, nan).unwrap(), Ordering::Equal);
    assert_eq!(order(&mut m, Value::int(1), nan).unwrap(), Ordering::Less);
    // Also inside a container that is compared with itself.
    let array = m.array(&[nan]);
    assert!(!equal(&mut m, array, array).unwrap());
}

#[test]
fn strings_and_arrays_have_their_order() {
    let mut m = Machine::new();
    let (a, b, c) = (m.string("Z"), m.string("a"), m.string("\u{1F600}"));
    let d = m.string("\u{FFFD}");
    check_order(&mut m, a, b, Some(Ordering::Less));
    check_order(&mut m, d, c, Some(Ordering::Less));
    let one = m.array(&[Value::int(1), a]);
    let two = m.array(&[Value::float(1.0), b]);
    let three = m.array(&[Value::int(1)]);
    let nested = m.array(&[one, Value::NULL]);
    let other = m.array(&[two, Value::NULL]);
    let same = m.array(&[one, Value::NULL]);
    check_order(&mut m, one, two, Some(Ordering::Less));
    check_order(&mut m, three, one, Some(Ordering::Less));
    check_order(&mut m, nested, other, Some(Ordering::Less));
    check_order(&mut m, nested, same, Some(Ordering::Equal));
}

#[test]
fn kinds_do_not_mix() {
    let mut m = Machine::new();
    let text = m.string("1");
    let array = m.array(&[Value::int(1)]);
    let dict = m.dict(&[]);
    for (a, b) in [
        (text, Value::int(1)),
        (array, Value::int(1)),
        (Value::NULL, Value::FALSE),
        (Value::FALSE, Value::ZERO),
        (array, dict),
        (Value::NULL, text),
    ] {
        assert!(!equal(&mut m, a, b).unwrap() && !equal(&mut m, b, a).unwrap());
        assert_eq!(fault(compare(&mut m, Lt, a, b)).0, ErrorKind::Type);
        assert_eq!(fault(order(&mut m, a, b)).0, ErrorKind::Type);
    }
    assert_eq!(
        fault(compare(&mut m, Lt, text, Value::int(1))).1,
        "Invalid comparison: string < int"
    );
    assert_eq!(
        fault(compare(&mut m, Ge, Value::NULL, Value::NULL)).1,
        "Invalid comparison: null >= null"
    );
}

#[test]
fn containers_are_equal_by_content() {
    let mut m = Machine::new();
    let (k, l) = (m.heap.intern("k"), m.heap.intern("l"));
    let inner = m.array(&[Value::int(1)]);
    let again = m.array(&[Value::float(1.0)]);
    let a = m.dict(&[(k, inner), (l, Value::NULL)]);
    let b = m.dict(&[(l, Value::NULL), (k, again)]);
    let c = m.dict(&[(l, Value::NULL), (k, Value::NULL)]);
    let d = m.dict(&[(l, Value::NULL)]);
    assert!(equal(&mut m, a, b).unwrap());
    assert!(!equal(&mut m, a, c).unwrap() && !equal(&mut m, a, d).unwrap());
    let ok = m.heap.new_tagged(super::super::tags::OK, &[inner]);
    let same = m.heap.new_tagged(super::super::tags::OK, &[again]);
    let err = m.heap.new_tagged(super::super::tags::ERR, &[again]);
    assert!(equal(&mut m, ok, same).unwrap() && !equal(&mut m, ok, err).unwrap());
    let (p, q) = (m.ty("P", false, &["x"], &[]), m.ty("Q", false, &["x"], &[]));
    let (one, two) = (m.instance(p, &[inner]), m.instance(p, &[again]));
    let other = m.instance(q, &[inner]);
    assert!(equal(&mut m, one, two).unwrap() && !equal(&mut m, one, other).unwrap());
    let class = m.ty("C", true, &["x"], &[]);
    let (one, two) = (m.instance(class, &[inner]), m.instance(class, &[inner]));
    m.heap.set_field(one, 0, one);
    assert!(equal(&mut m, one, one).unwrap() && !equal(&mut m, one, two).unwrap());
}

fn always(_: &mut dyn Context, _: &[Value]) -> super::Fallible {
    Ok(Value::int(7))
}

fn by_field(cx: &mut dyn Context, args: &[Value]) -> super::Fallible {
    let (a, b) = (args[0].instance_field(0), args[1].instance_field(0));
    Ok(Value::bool(compare(cx, Lt, a, b)?))
}

#[test]
fn structs_compare_by_their_methods() {
    let mut m = Machine::new();
    let equal_ty = m.ty("E", false, &[], &[("op_eq", always), ("op_ne", always)]);
    let e = m.instance(equal_ty, &[]);
    assert!(equal(&mut m, e, Value::int(3)).unwrap());
    assert!(!equal(&mut m, Value::int(3), e).unwrap());
    assert!(not_equal(&mut m, e, Value::int(3)).unwrap());
    let (xs, ys) = (m.array(&[e]), m.array(&[Value::NULL]));
    assert!(equal(&mut m, xs, ys).unwrap());
    // All four operators from op_lt and field-wise equality.
    let ty = m.ty("L", false, &["x"], &[("op_lt", by_field)]);
    let one = m.instance(ty, &[Value::int(1)]);
    let two = m.instance(ty, &[Value::int(2)]);
    let more = m.instance(ty, &[Value::int(2)]);
    check_order(&mut m, one, two, Some(Ordering::Less));
    check_order(&mut m, two, more, Some(Ordering::Equal));
    let (xs, ys) = (m.array(&[two, one]), m.array(&[more, two]));
    check_order(&mut m, xs, ys, Some(Ordering::Less));
}

#[test]
fn empty_things_are_false() {
    let mut m = Machine::new();
    let (none, empty) = (m.string(""), m.array(&[]));
    let (nothing, text) = (m.dict(&[]), m.string("0"));
    for v in [
        Value::FALSE,
        Value::NULL,
        Value::ZERO,
        Value::float(0.0),
        Value::float(-0.0),
        none,
        empty,
        nothing,
    ] {
        assert!(!truth(&mut m, v).unwrap(), "{v:?}");
    }
    let key = m.heap.intern("k");
    let dict = m.dict(&[(key, Value::NULL)]);
    let array = m.array(&[Value::NULL]);
    let big = m.heap.new_int(IBig::from(2).pow(80));
    let tagged = m.heap.new_tagged(super::super::tags::NONE, &[]);
    let nan = Value::float(f64::NAN);
    for v in [
        Value::TRUE,
        Value::int(-1),
        nan,
        text,
        array,
        dict,
        big,
        tagged,
    ] {
        assert!(truth(&mut m, v).unwrap(), "{v:?}");
    }
}
