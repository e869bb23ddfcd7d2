//! Value semantics: what a call may change in place, and what it must share.

use super::{Machine, script};
use crate::heap::object::SHARED;
use crate::value::Value;

fn is_shared(v: Value) -> bool {
    v.header().flags & SHARED != 0
}

#[test]
fn kept_arguments_never_change() {
    let mut machine = Machine::new();
    for call in [
        "push", "append", "pop", "reverse", "sort", "clear", "shuffle",
    ] {
        let xs = script::run(&mut machine, "[3, 1, 2]").unwrap();
        let mut args = vec![xs];
        if matches!(call, "push" | "append") {
            args.push(Value::NULL);
        }
        let result = machine.function(call, &mut args, 0xFF).unwrap();
        assert_ne!(result, xs);
        assert_eq!(machine.repr(xs), "[3, 1, 2]", "{call}");
    }
}

#[test]
fn given_arguments_change_in_place() {
    let mut machine = Machine::new();
    let xs = script::run(&mut machine, "[3, 1, 2]").unwrap();
    for (name, extra) in [
        ("push", vec![Value::int(0)]),
        ("insert", vec![Value::int(0), Value::int(9)]),
        ("remove", vec![Value::int(9)]),
        ("extend", vec![xs]),
        ("sort", vec![]),
        ("reverse", vec![]),
        ("concat", vec![]),
        ("shuffle", vec![]),
        ("clear", vec![]),
    ] {
        let mut args = vec![xs];
        args.extend(extra);
        assert_eq!(machine.function(name, &mut args, 0).unwrap(), xs, "{name}");
    }
    let d = script::run(&mut machine, r#"{"a": 1}"#).unwrap();
    let key = machine.string("b");
    let set = machine.function("set", &mut [d, key, Value::NULL], 0);
    assert_eq!(set.unwrap(), d);
    let other = script::run(&mut machine, r#"{"c": 1}"#).unwrap();
    assert_eq!(machine.function("merge", &mut [d, other], 0).unwrap(), d);
    assert_eq!(machine.function("update", &mut [d, other], 0).unwrap(), d);
    assert_eq!(machine.repr(d), r#"{"a": 1, "b": null, "c": 1}"#);
}

#[test]
fn shared_arguments_are_copied_even_if_given() {
    let mut machine = Machine::new();
    let xs = script::run(&mut machine, "[1]").unwrap();
    xs.share();
    let longer = machine.function("push", &mut [xs, Value::NULL], 0).unwrap();
    assert_ne!(longer, xs);
    assert_eq!(machine.repr(xs), "[1]");
}

#[test]
fn elements_of_a_kept_argument_get_a_second_owner() {
    let mut machine = Machine::new();
    for (name, extra) in [
        ("slice", vec![Value::int(0)]),
        ("take", vec![Value::int(1)]),
        ("first", vec![]),
        ("last", vec![]),
        ("flatten", vec![]),
        ("unique", vec![]),
        ("repeat", vec![Value::int(2)]),
        ("enumerate", vec![]),
        ("pop", vec![]),
        ("min", vec![]),
        ("random_choice", vec![]),
    ] {
        let inner = script::run(&mut machine, "[[1]]").unwrap();
        let xs = machine.heap.new_array_from(&[inner]);
        let mut args = vec![xs];
        args.extend(extra);
        machine.function(name, &mut args, 0xFF).unwrap();
        let part = if name == "flatten" {
            inner.elements()[0]
        } else {
            inner
        };
        assert!(is_shared(part), "{name}");
    }
}

#[test]
fn elements_of_a_given_argument_move() {
    let mut machine = Machine::new();
    let inner = script::run(&mut machine, "[1]").unwrap();
    let xs = machine.heap.new_array_from(&[inner]);
    machine.function("pop", &mut [xs], 0).unwrap();
    assert!(!is_shared(inner));
    let xs = machine.heap.new_array_from(&[inner]);
    machine
        .function("slice", &mut [xs, Value::ZERO], 0)
        .unwrap();
    assert!(!is_shared(inner));
}

#[test]
fn stored_values_are_shared_if_the_caller_keeps_them() {
    let mut machine = Machine::new();
    let v = script::run(&mut machine, "[1]").unwrap();
    let xs = script::run(&mut machine, "[]").unwrap();
    machine.function("push", &mut [xs, v], 0).unwrap();
    assert!(!is_shared(v));
    machine.method("push", &mut [xs, v]).unwrap();
    assert!(is_shared(v));
}

#[test]
fn mutating_methods_change_their_receiver_and_do_not_share_it() {
    let mut machine = Machine::new();
    let mut args = [
        script::run(&mut machine, "[3, 1, 2]").unwrap(),
        Value::int(0),
    ];
    let xs = args[0];
    assert_eq!(machine.method("push", &mut args).unwrap(), xs);
    let by = script::run(&mut machine, "minus").unwrap();
    assert_eq!(machine.method("sort", &mut [xs, by]).unwrap(), xs);
    assert!(!is_shared(xs));
    assert_eq!(machine.repr(xs), "[0, 1, 2, 3]");
}

#[test]
fn an_array_put_into_itself_is_a_copy() {
    let mut machine = Machine::new();
    let xs = script::run(&mut machine, "[1]").unwrap();
    machine.method("push", &mut [xs, xs]).unwrap();
    assert_eq!(machine.repr(xs), "[1, [1]]");
    let d = script::run(&mut machine, r#"{"a": 1}"#).unwrap();
    let key = machine.string("self");
    machine.method("set", &mut [d, key, d]).unwrap();
    assert_eq!(machine.repr(d), r#"{"a": 1, "self": {"a": 1}}"#);
}

#[test]
fn a_receiver_survives_a_callback_that_throws() {
    let mut machine = Machine::new();
    let fails = script::run(&mut machine, "fails").unwrap();
    for name in ["sort", "sort_by"] {
        let mut args = [script::run(&mut machine, "[3, 1, 2]").unwrap(), fails];
        let xs = args[0];
        assert!(machine.method(name, &mut args).is_err());
        assert_eq!(args[0], xs);
        assert_eq!(machine.repr(xs), "[3, 1, 2]");
        assert_eq!(xs.header().flags, 0);
    }
}

#[test]
fn callbacks_that_write_to_the_sequence_write_to_a_copy() {
    let mut machine = Machine::new();
    let write = script::run(&mut machine, "write_to_held").unwrap();
    let xs = script::run(&mut machine, "[1, 2, 3]").unwrap();
    for name in ["map", "filter", "sort", "find", "count", "any", "for_each"] {
        machine.held = xs;
        machine.function(name, &mut [xs, write], 0xFF).unwrap();
        assert_eq!(machine.repr(xs), "[1, 2, 3]", "{name}");
        assert_ne!(machine.held, xs, "{name}");
    }
}

#[test]
fn appending_is_linear() {
    let mut machine = Machine::new();
    let mut xs = script::run(&mut machine, "[]").unwrap();
    let mut joined = script::run(&mut machine, "[]").unwrap();
    for i in 0..100_000 {
        xs = machine
            .function("push", &mut [xs, Value::int(i)], 0)
            .unwrap();
        let one = machine.heap.new_array_from(&[Value::int(i)]);
        joined = machine.function("concat", &mut [joined, one], 0).unwrap();
    }
    assert_eq!(xs.elements().len(), 100_000);
    assert_eq!(joined.elements().len(), 100_000);
    // A quadratic number of copied elements would be 40 GB of memory.
    assert!(machine.heap.reserved() < 256 << 20);
}
