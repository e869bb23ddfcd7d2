//! Wrong calls and what they throw (STDLIB 1.7).

use super::check_errors;
use crate::runtime::ErrorKind::*;

#[test]
fn counts_and_types() {
    check_errors(&[
        (
            "slice([1])",
            Arity,
            "slice() expects 2 to 3 arguments; got 1",
        ),
        (
            "[1].slice()",
            Arity,
            "slice() expects 1 to 2 arguments; got 0",
        ),
        ("len()", Arity, "len() expects 1 argument; got 0"),
        ("min()", Arity, "min() expects at least 1 argument; got 0"),
        (
            r#"split("a", 1)"#,
            Type,
            "split() expects sep to be a string; got int",
        ),
        (
            "len(5)",
            Type,
            "len() expects x to be a string, bytes, an array, a dict, a set, a queue, a stack or a heap; got int",
        ),
        (
            "map(5, len)",
            Type,
            "map() expects xs to be a sequence; got int",
        ),
        (
            "map([1], 5)",
            Type,
            "map() expects f to be a function; got int",
        ),
        (
            r#"get({}, sqrt)"#,
            Type,
            "get() expects k to be a value that can be hashed; got function",
        ),
        (
            "take([1], null)",
            Type,
            "take() expects n to be a whole number; got null",
        ),
        (
            "take([1], NAN)",
            Value,
            "take() expects n to be a whole number; got NaN",
        ),
        (
            "is_ok(Some(1))",
            Type,
            "is_ok() expects r to be a Result; got option",
        ),
        (
            r#"contains("a", 1)"#,
            Type,
            "contains() expects item to be a string; got int",
        ),
        ("min(5)", Type, "min() expects xs to be a sequence; got int"),
        (
            r#"sum([1, "a"])"#,
            Type,
            "sum() expects xs to be made of numbers; got string",
        ),
        (
            "dict([1])",
            Type,
            "dict() expects pairs to be [key, value] pairs; got int",
        ),
        (
            "remove({}, [sqrt])",
            Type,
            "A dict key cannot hold a function, iterator or handle; got function",
        ),
        (
            "sort([2, 1], nothing)",
            Type,
            "sort() expects by to give a number or a bool; got null",
        ),
    ]);
}

#[test]
fn values() {
    check_errors(&[
        (
            "chunk([1], 0)",
            Value,
            "chunk() expects size to be at least 1; got 0",
        ),
        (
            "range(1, 2, 0)",
            Value,
            "range() expects step to be other than 0; got 0",
        ),
        (
            "chr(55296)",
            Value,
            "chr() expects n to be a Unicode scalar value; got 55296",
        ),
        (
            r#"ord("ab")"#,
            Value,
            r#"ord() expects s to be one character; got "ab""#,
        ),
        (
            r#"truncate("a", -1)"#,
            Value,
            "truncate() expects max to be at least 0; got -1",
        ),
        (
            r#"pad_left("a", 5, "")"#,
            Value,
            r#"pad_left() expects pad to be at least one character; got """#,
        ),
        (
            "min([])",
            Value,
            "min() expects xs to be a sequence with elements; got []",
        ),
        (
            "clamp(1, 3, 2)",
            Value,
            "clamp() expects lo to be at most 2; got 3",
        ),
        (
            "bit_shr(1, -1)",
            Value,
            "bit_shr() expects n to be at least 0; got -1",
        ),
        (
            "random_int(2, 1)",
            Value,
            "random_int() expects min to be at most 1; got 2",
        ),
        (
            "sleep(-1)",
            Value,
            "sleep() expects ms to be at least 0; got -1",
        ),
        (
            "unwrap(None)",
            Value,
            "unwrap() expects x to be Some; got None",
        ),
        (
            r#"format("%y", 1)"#,
            Value,
            "format() expects template to have known conversions; got '%y'",
        ),
        (
            r#"format("5%")"#,
            Value,
            "format() expects template to have known conversions; got '%'",
        ),
        (
            r#"format("%d")"#,
            Arity,
            "format() expects 2 arguments; got 1",
        ),
        (
            r#"format("x", 1)"#,
            Arity,
            "format() expects 1 argument; got 2",
        ),
        (
            r#"format("%d", "a")"#,
            Type,
            "format() expects the value of %d to be a whole number; got string",
        ),
        (
            "sort([2, 1], not_a_number)",
            Value,
            "sort() expects by to be a function that does not give NaN; got NaN",
        ),
        (
            "insert([1, 2, 3], 5, 0)",
            Index,
            "insert() expects an index from -3 to 3; got 5",
        ),
        (
            "remove_at([1, 2, 3], 3)",
            Index,
            "remove_at() expects an index from -3 to 2; got 3",
        ),
        (
            "remove_at([], 0)",
            Index,
            "remove_at() expects an array with elements; got []",
        ),
        (
            r#"to_int("12a")"#,
            Parse,
            r#"to_int() expects x to be the text of an int; got "12a""#,
        ),
        (
            r#"to_float("")"#,
            Parse,
            r#"to_float() expects x to be the text of a number; got """#,
        ),
        (
            "sqrt(-1)",
            Arithmetic,
            "sqrt() expects x to be at least 0; got -1",
        ),
        ("log(0)", Arithmetic, "log() expects x to be above 0; got 0"),
        (
            "log(2, 1)",
            Arithmetic,
            "log() expects base to be above 0 and not 1; got 1",
        ),
        (
            "asin(2)",
            Arithmetic,
            "asin() expects x to be from -1 to 1; got 2",
        ),
        (
            "sin(INF)",
            Arithmetic,
            "sin() expects x to be finite; got inf",
        ),
    ]);
}

#[test]
fn errors_of_callbacks_pass_through() {
    check_errors(&[
        ("map([1], fails)", Value, "no luck"),
        ("[2, 1].sort(fails)", Value, "no luck"),
        ("sort_by([2, 1], fails)", Value, "no luck"),
    ]);
}

#[test]
fn assertions() {
    check_errors(&[
        ("assert(0)", Assertion, "Assertion failed"),
        (r#"assert(0, "why")"#, Assertion, "why"),
        (
            "assert_equal(1, 2)",
            Assertion,
            "Assertion failed: expected 2, got 1",
        ),
        (
            "assert_true(false)",
            Assertion,
            "Assertion failed: expected true, got false",
        ),
        (
            "assert_true(1)",
            Type,
            "assert_true() expects b to be a bool; got int",
        ),
        (
            "assert_contains([1, 2], 3)",
            Assertion,
            "Assertion failed: [1, 2] does not contain 3",
        ),
        (
            "assert_throws(nothing)",
            Assertion,
            "Assertion failed: expected an error, got null",
        ),
    ]);
}
