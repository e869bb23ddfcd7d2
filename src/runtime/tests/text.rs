//! Texts, sequences and messages.

use super::super::messages::*;
use super::super::number_fmt::int_text;
use super::super::number_text::{by_deciding_digits, int_in_base, parse_float, parse_int};
use super::super::repr::{debug_text, repr, repr_short};
use super::super::sequence::{for_each_element, sequence_to_array};
use super::super::text::{display, to_string_value};
use super::super::{ErrorKind, ParamKind, tags};
use super::{Machine, fault};
use crate::syntax::suggest::closest;
use crate::value::{INT_MAX, INT_MIN, Value};
use proptest::prelude::*;
use std::ops::ControlFlow;

#[test]
fn floats_print_their_shortest_digits() {
    let mut m = Machine::new();
    for (f, shown, source) in [
        (10.0, "10", "10.0"),
        (-0.0, "-0", "-0.0"),
        (0.0, "0", "0.0"),
        (0.1, "0.1", "0.1"),
        (0.1 + 0.2, "0.30000000000000004", "0.30000000000000004"),
        (1e-7, "0.0000001", "0.0000001"),
        (9.999e-8, "9.999e-8", "9.999e-8"),
        (1.5e-9, "1.5e-9", "1.5e-9"),
        (1e15, "1000000000000000", "1000000000000000.0"),
        (1e20, "100000000000000000000", "100000000000000000000.0"),
        (
            123456789012345680000.0,
            "123456789012345680000",
            "123456789012345680000.0",
        ),
        (1e21, "1e21", "1e21"),
        (-1.5e300, "-1.5e300", "-1.5e300"),
        (5e-324, "5e-324", "5e-324"),
        (f64::MAX, "1.7976931348623157e308", "1.7976931348623157e308"),
        (9007199254740993.0, "9007199254740992", "9007199254740992.0"),
        (-2.5, "-2.5", "-2.5"),
        (f64::INFINITY, "inf", "inf"),
        (f64::NEG_INFINITY, "-inf", "-inf"),
        (f64::NAN, "NaN", "NaN"),
    ] {
        assert_eq!(display(&mut m, Value::float(f)).unwrap(), shown);
        let source = if f.is_finite() { source } else { shown };
        assert_eq!(repr(&mut m, Value::float(f)).unwrap(), source);
    }
}

proptest! {
    #[test]
    fn float_texts_read_back(bits: u64) {
        let f = f64::from_bits(bits);
        let mut m = Machine::new();
        let text = display(&mut m, Value::float(f)).unwrap();
        prop_assert_eq!(Value::float(parse_float(&text).unwrap()), Value::float(f));
        let text = repr(&mut m, Value::float(f)).unwrap();
        prop_assert_eq!(Value::float(parse_float(&text).unwrap()), Value::float(f));
    }

    #[test]
    fn int_texts_are_those_of_the_standard_library(i: i64, shift in 0..64u32) {
        let i = i >> shift;
        prop_assert!(int_text(i, &mut [0; 20]) == i.to_string());
    }

    #[test]
    fn ints_read_back_in_every_base(i: i128, shift in 0..128u32, base in 2..=36u32) {
        let mut m = Machine::new();
        let v = m.heap.new_int((i >> shift).into());
        let text = int_in_base(&mut m, v, base).unwrap();
        let back = parse_int(&mut m, &text, base).unwrap().unwrap();
        prop_assert!(super::super::compare::equal(&mut m, v, back).unwrap());
        let back = parse_int(&mut m, &text.to_uppercase(), base).unwrap().unwrap();
        prop_assert!(super::super::compare::equal(&mut m, v, back).unwrap());
    }

    #[test]
    fn quoted_texts_have_no_bare_specials(text: String) {
        let mut m = Machine::new();
        let v = m.string(&text);
        let quoted = repr(&mut m, v).unwrap();
        prop_assert!(!quoted.chars().any(char::is_control));
        prop_assert!(quoted.len() >= text.len() + 2);
    }
}

#[test]
fn ints_at_the_edges() {
    for i in [
        0,
        9,
        10,
        99,
        100,
        -1,
        -10,
        -100,
        INT_MIN,
        INT_MAX,
        i64::MIN,
        i64::MAX,
    ] {
        assert_eq!(int_text(i, &mut [0; 20]), i.to_string());
    }
}

#[test]
fn values_print_as_the_language_says() {
    let mut m = Machine::new();
    let text = m.string("a \"b\"\n");
    let array = m.array(&[Value::int(1), text, Value::NULL, Value::TRUE]);
    let (k, odd) = (m.heap.intern("k"), m.heap.intern("x\"${y}$\n"));
    let dict = m.dict(&[(k, text), (Value::int(1), array), (odd, Value::float(1.0))]);
    let empty = (m.array(&[]), m.dict(&[]));
    let ok = m.heap.new_tagged(tags::OK, &[text]);
    let none = m.heap.new_tagged(tags::NONE, &[]);
    let tag = m.tags.number("Shape", "Circle");
    let circle = m.heap.new_tagged(tag, &[Value::int(5), Value::float(6.0)]);
    let point = m.ty("Point", false, &["x", "y"], &[]);
    let p = m.instance(point, &[Value::int(1), text]);
    let half = m.instance(point, &[Value::ABSENT, Value::int(2)]);
    let unit = m.ty("Unit", false, &[], &[]);
    let u = m.instance(unit, &[]);
    let big = m.big("-123456789012345678901234567890");
    let len = m.function("len", |_, _| Ok(Value::NULL));
    for (v, shown, source) in [
        (text, "a \"b\"\n", r#""a \"b\"\n""#),
        (
            array,
            "[1, a \"b\"\n, null, true]",
            r#"[1, "a \"b\"\n", null, true]"#,
        ),
        (
            dict,
            "{\"k\": a \"b\"\n, \"1\": [1, a \"b\"\n, null, true], \"x\\\"\\${y}$\\n\": 1}",
            r#"{"k": "a \"b\"\n", 1: [1, "a \"b\"\n", null, true], "x\"\${y}$\n": 1.0}"#,
        ),
        (empty.0, "[]", "[]"),
        (empty.1, "{}", "{}"),
        (ok, "Ok(a \"b\"\n)", r#"Ok("a \"b\"\n")"#),
        (none, "None", "None"),
        (circle, "Shape::Circle(5, 6)", "Shape::Circle(5, 6.0)"),
        (
            p,
            "Point { x: 1, y: a \"b\"\n }",
            r#"Point { x: 1, y: "a \"b\"\n" }"#,
        ),
        (half, "Point { y: 2 }", "Point { y: 2 }"),
        (u, "Unit {}", "Unit {}"),
        (
            big,
            "-123456789012345678901234567890",
            "-123456789012345678901234567890",
        ),
        (len, "<native function: len>", "<native function: len>"),
        (point, "<struct Point>", "<struct Point>"),
    ] {
        assert_eq!(display(&mut m, v).unwrap(), shown);
        let string = to_string_value(&mut m, v).unwrap();
        assert_eq!(m.heap.str(string), shown);
        assert_eq!(repr(&mut m, v).unwrap(), source);
    }
    let text = m.string("a");
    let array = m.array(&[Value::int(1), Value::NULL, Value::FALSE]);
    let all = m.dict(&[(k, array), (odd, Value::float(2.5)), (Value::int(3), text)]);
    assert_eq!(
        debug_text(&mut m, all).unwrap(),
        "Dict{k: Array[Int(1), Null, Bool(false)], x\"${y}$\n: Float(2.5), 3: String(\"a\")}"
    );
}

#[test]
fn control_characters_are_escaped() {
    let mut m = Machine::new();
    let text = m.string("\t\r\0\\\u{1b}\u{7f}\u{85}é😀$ ${");
    assert_eq!(
        repr(&mut m, text).unwrap(),
        r#""\t\r\0\\\x1b\x7f\u{85}é😀$ \${""#
    );
}

#[test]
fn objects_inside_themselves_print_dots() {
    let mut m = Machine::new();
    let ty = m.ty("Node", true, &["next", "other"], &[]);
    let node = m.instance(ty, &[Value::NULL, Value::NULL]);
    let inner = m.array(&[node]);
    m.heap.set_field(node, 0, inner);
    let expected = "Node { next: [...], other: null }";
    assert_eq!(display(&mut m, node).unwrap(), expected);
    assert_eq!(repr(&mut m, node).unwrap(), expected);
    // Twice, but not inside itself.
    m.heap.set_field(node, 0, Value::int(1));
    let twice = m.array(&[node, node]);
    assert!(!display(&mut m, twice).unwrap().contains("..."));
}

#[test]
fn to_string_methods_are_used_at_every_depth() {
    let mut m = Machine::new();
    let ty = m.ty(
        "T",
        false,
        &["x"],
        &[("to_string", |cx, args| {
            let text = display(cx, args[0].instance_field(0))?;
            Ok(cx.heap().new_string(&format!("<{text}>")))
        })],
    );
    let one = m.instance(ty, &[Value::int(1)]);
    let array = m.array(&[one]);
    assert_eq!(display(&mut m, one).unwrap(), "<1>");
    assert_eq!(display(&mut m, array).unwrap(), "[<1>]");
    assert_eq!(repr(&mut m, array).unwrap(), "[T { x: 1 }]");
    let failing = m.ty(
        "F",
        false,
        &[],
        &[("to_string", |_, _| {
            Err(super::Fault::new(ErrorKind::Value, "no"))
        })],
    );
    let failing = m.instance(failing, &[]);
    assert_eq!(fault(display(&mut m, failing)).1, "no");
}

#[test]
fn short_texts_are_cut() {
    let mut m = Machine::new();
    let exact = m.string(&"é".repeat(78));
    assert_eq!(repr_short(&mut m, exact).chars().count(), 80);
    assert!(!repr_short(&mut m, exact).contains("..."));
    let long = m.string(&"😀".repeat(1000));
    let many = m.array(&vec![long; 1000]);
    let dict = m.dict(&[(long, many)]);
    for v in [long, many, dict] {
        let text = repr_short(&mut m, v);
        assert_eq!(text.chars().count(), 80);
        assert!(text.ends_with("..."));
    }
    let huge = m.heap.new_int(dashu_int::IBig::from(7).pow(1_000_000));
    assert_eq!(repr_short(&mut m, huge), "an int of 2807355 bits");
}

#[test]
fn numbers_are_read_strictly() {
    let mut m = Machine::new();
    for (text, base, expected) in [
        (" 42\n", 10, Some("42")),
        ("-7", 10, Some("-7")),
        ("+7", 10, Some("7")),
        ("000", 10, Some("0")),
        ("ff", 16, Some("255")),
        ("FF", 16, Some("255")),
        ("zz", 36, Some("1295")),
        ("123456789012345678901", 10, Some("123456789012345678901")),
        ("-999999999999999999", 10, Some("-999999999999999999")),
        ("zzzzzzzzzz", 36, Some("3656158440062975")),
        ("1_000", 10, None),
        ("0x10", 16, None),
        ("--1", 10, None),
        ("- 1", 10, None),
        ("", 10, None),
        ("-", 10, None),
        ("1.0", 10, None),
        ("2", 2, None),
        ("٣", 10, None),
        ("12345678901234567890_1", 10, None),
    ] {
        let parsed = parse_int(&mut m, text, base).unwrap();
        let parsed = parsed.map(|v| display(&mut m, v).unwrap());
        assert_eq!(parsed.as_deref(), expected, "{text}");
    }
    for (text, expected) in [
        (" 1.5 ", Some(1.5)),
        ("-2", Some(-2.0)),
        ("+1e3", Some(1000.0)),
        ("1E-2", Some(0.01)),
        ("Inf", Some(f64::INFINITY)),
        ("-INF", Some(f64::NEG_INFINITY)),
        ("infinity", None),
        ("1_0", None),
        ("1e", None),
        ("", None),
        (".", None),
        ("0x1", None),
    ] {
        assert_eq!(parse_float(text), expected, "{text}");
    }
    assert!(parse_float("NaN").unwrap().is_nan());
}

#[test]
fn the_first_digits_of_a_long_float_decide() {
    let mut m = Machine::new();
    let (ones, zeros) = ("1".repeat(2000), "0".repeat(2000));
    // Halfway between two floats, but for a digit at its end.
    let half = "9007199254740993";
    for text in [
        format!("0.{ones}"),
        format!("{ones}e-1990"),
        format!("-{ones}e-2000"),
        ones.clone(),
        format!("{zeros}1.5"),
        format!("0.{zeros}15e2001"),
        format!("0.{zeros}15"),
        format!("{half}.{zeros}"),
        format!("{half}.{zeros}1"),
        format!("{half}{zeros}e-2000"),
        format!("{half}{zeros}1e-2001"),
        format!("1e{zeros}3"),
        format!("1e-{ones}"),
        format!("1e{ones}"),
        format!("0e{ones}"),
        format!("+{zeros}."),
        format!(".{zeros}"),
        format!("{ones}e"),
        format!("{ones}e+"),
        format!("{ones}e1-"),
        format!("{ones}e+-1"),
        format!("{ones}x"),
        format!("{ones}.1.1"),
        "e5".to_string(),
        ".".to_string(),
        "-".to_string(),
    ] {
        let expected = parse_float(&text);
        assert_eq!(
            by_deciding_digits(&mut m, &text).unwrap(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn sequences_give_their_elements() {
    let mut m = Machine::new();
    let k = m.heap.intern("k");
    let text = m.string("aé😀");
    let inner = m.array(&[Value::int(1)]);
    let dict = m.dict(&[(k, inner), (Value::int(2), Value::NULL)]);
    let array = m.array(&[inner, Value::int(2)]);
    for (v, expected) in [
        (text, "[a, é, 😀]"),
        (dict, "[[k, [1]], [2, null]]"),
        (array, "[[1], 2]"),
    ] {
        let elements = sequence_to_array(&mut m, v).unwrap();
        assert_ne!(elements, v);
        assert_eq!(display(&mut m, elements).unwrap(), expected);
    }
    assert_eq!(
        fault(sequence_to_array(&mut m, Value::int(1))).0,
        ErrorKind::Type
    );
    let mut count = 0;
    for_each_element(&mut m, text, &mut |_, _| {
        count += 1;
        Ok(if count == 2 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        })
    })
    .unwrap();
    assert_eq!(count, 2);
}

#[test]
fn messages_read_as_documented() {
    let mut m = Machine::new();
    let message = |fault: Box<super::Fault>| fault.to_string();
    assert_eq!(
        message(type_error("split", "sep", "a string", Value::int(1))),
        "split() expects sep to be a string; got int"
    );
    assert_eq!(
        message(value_error(
            &mut m,
            "chunk",
            "size",
            "at least 1",
            Value::ZERO
        )),
        "chunk() expects size to be at least 1; got 0"
    );
    assert_eq!(
        message(native_arity("slice", 2, 3, 1)),
        "slice() expects 2 to 3 arguments; got 1"
    );
    assert_eq!(
        message(native_arity("min", 1, usize::MAX, 0)),
        "min() expects at least 1 argument; got 0"
    );
    assert_eq!(
        message(function_arity("name", 2, 2, 1)),
        "name expects 2 arguments, got 1"
    );
    assert_eq!(
        message(overflow_error(
            "repeat",
            1 << 30,
            "bytes",
            4_000_000_000_000u64
        )),
        "repeat() expects a result of at most 1073741824 bytes; got 4000000000000"
    );
    assert_eq!(
        expected_text(ParamKind::OneOf(&[
            ParamKind::String,
            ParamKind::Array,
            ParamKind::Dict
        ])),
        "a string, an array or a dict"
    );
    let names = ["push", "pop", "length", "x", "to_upper"];
    for (name, expected) in [
        ("psuh", Some("push")),
        ("lenght", Some("length")),
        ("toupper", Some("to_upper")),
        ("Pop", Some("pop")),
        ("y", None),
        ("zebra", None),
        ("push", None),
    ] {
        assert_eq!(closest(name, names), expected, "{name}");
    }
    assert_eq!(
        with_suggestion("string has no method 'uper'".into(), "uper", ["upper"]),
        "string has no method 'uper'; did you mean 'upper'?"
    );
}
