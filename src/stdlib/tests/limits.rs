//! Results above the limits are refused before memory is taken (STDLIB 1.8).

use super::check_errors;
use crate::runtime::ErrorKind::Overflow;

#[test]
fn huge_texts() {
    check_errors(&[
        (
            r#"repeat("abcd", 1000000000000)"#,
            Overflow,
            "repeat() expects a result of at most 1073741824 bytes; got 4000000000000",
        ),
        (
            r#"pad_left("a", 4000000000000)"#,
            Overflow,
            "pad_left() expects a result of at most 1073741824 bytes; got 4000000000000",
        ),
        (
            r#"format("%4000000000000d", 1)"#,
            Overflow,
            "format() expects a result of at most 1073741824 bytes; got 4000000000000",
        ),
        (
            "random_id(4000000000000)",
            Overflow,
            "random_id() expects a result of at most 1073741824 bytes; got 4000000000000",
        ),
        (
            r#"replace(repeat("a", 100000), "a", repeat("b", 100000))"#,
            Overflow,
            "replace() expects a result of at most 1073741824 bytes; got 1073800000",
        ),
    ]);
}

#[test]
fn huge_arrays() {
    check_errors(&[
        (
            "repeat([0], 1000000000000)",
            Overflow,
            "repeat() expects a result of at most 268435456 elements; got 1000000000000",
        ),
        (
            "range(1000000000000)",
            Overflow,
            "range() expects a result of at most 268435456 elements; got 1000000000000",
        ),
        (
            "range(0, 100000000000000000000)",
            Overflow,
            "range() expects a result of at most 268435456 elements; got 100000000000000000000",
        ),
    ]);
}
