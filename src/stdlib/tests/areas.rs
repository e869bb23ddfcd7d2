//! Arrays, dicts, sequences, numbers, conversions, the rest (STDLIB 4-13).

use super::{Machine, check_all, script};
use crate::runtime::Fault;

#[test]
fn arrays() {
    check_all(&[
        ("range(4)", "[0, 1, 2, 3]"),
        ("range(1, 7, 2)", "[1, 3, 5]"),
        ("range(5, 0, -2)", "[5, 3, 1]"),
        ("range(-2)", "[]"),
        ("range(5, 2)", "[]"),
        ("range(2.9)", "[0, 1]"),
        (
            "range(100000000000000000000, 100000000000000000002)",
            "[100000000000000000000, 100000000000000000001]",
        ),
        ("range(1, -100000000000000000000)", "[]"),
        ("push([1], 2)", "[1, 2]"),
        ("[1].append(2)", "[1, 2]"),
        ("pop([1, 2])", "[[1], 2]"),
        ("pop([])", "[[], null]"),
        ("[1, 2].pop()", "2"),
        ("[].pop()", "null"),
        ("insert([1, 3], 1, 2)", "[1, 2, 3]"),
        ("insert([1, 2], 2, 3)", "[1, 2, 3]"),
        ("insert([1, 3], -1, 2)", "[1, 2, 3]"),
        ("[2].insert(-1, 1)", "[1, 2]"),
        ("remove([1, 2, 1], 1)", "[2, 1]"),
        ("remove([1], 5)", "[1]"),
        ("[1, 2].remove(2.0)", "true"),
        ("[1, 2].remove(3)", "false"),
        ("remove_at([1, 2, 3], -2)", "[[1, 3], 2]"),
        ("[1, 2].remove_at(0)", "1"),
        ("clear([1])", "[]"),
        (r#"clear({"a": 1})"#, "{}"),
        (r#"extend([1], "ab")"#, r#"[1, "a", "b"]"#),
        ("[1].extend([2, 3])", "[1, 2, 3]"),
        ("concat([1], [2], [3, 4])", "[1, 2, 3, 4]"),
        ("concat([1])", "[1]"),
        ("slice([1, 2, 3, 4], 1, -1)", "[2, 3]"),
        ("slice([1, 2], 5)", "[]"),
        ("reverse([1, 2, 3])", "[3, 2, 1]"),
        ("array(1, null)", "[1, null]"),
    ]);
}

#[test]
fn orders() {
    check_all(&[
        ("sort([3, 1, 2])", "[1, 2, 3]"),
        ("sort([])", "[]"),
        ("sort([2.5, NAN, -1.0])", "[-1.0, 2.5, NaN]"),
        ("sort([2, NAN, 1.5, 1])", "[1, 1.5, 2, NaN]"),
        (r#"sort(["b", "ä", "a"])"#, r#"["a", "b", "ä"]"#),
        ("sort([[2, 1], [1, 9], [2]])", "[[1, 9], [2], [2, 1]]"),
        ("sort([3, 1, 2], greater)", "[3, 2, 1]"),
        ("[3, 1, 2].sort(minus)", "[1, 2, 3]"),
        ("len(sort(range(100), yes))", "100"),
        ("sort_by([1, 3, 2], negated)", "[3, 2, 1]"),
        ("sort_by([4, 3, 2, 1], parity)", "[4, 2, 3, 1]"),
        ("[1, 2, 3].sort_by(negated)", "[3, 2, 1]"),
        (
            "sort([100000000000000000000, 1e22, 1.5])",
            "[1.5, 100000000000000000000, 1e22]",
        ),
    ]);
}

#[test]
fn dicts() {
    check_all(&[
        ("dict()", "{}"),
        (r#"dict([["a", 1], [2, 3], ["a", 4]])"#, r#"{"a": 4, 2: 3}"#),
        (r#"[["a", 1]].to_dict()"#, r#"{"a": 1}"#),
        (r#"keys({"b": 1, 7: 2})"#, r#"["b", 7]"#),
        (r#"{"b": 1}.values()"#, "[1]"),
        (r#"items({"b": 1})"#, r#"[["b", 1]]"#),
        (r#"has_key({"a": null}, "a")"#, "true"),
        (r#"get({"a": null}, "a", 5)"#, "null"),
        (r#"get({"a": 1}, "b", 5)"#, "5"),
        (r#"get({}, "b")"#, "null"),
        (r#"get_default({}, "b", 1)"#, "1"),
        (r#"set({"7": 1}, 7, 2)"#, r#"{"7": 2}"#),
        (r#"{}.set("a", 1)"#, r#"{"a": 1}"#),
        (r#"remove({"a": 1, "b": 2}, "a")"#, r#"[{"b": 2}, 1]"#),
        (r#"remove({"a": 1}, "z")"#, r#"[{"a": 1}, null]"#),
        (r#"{"a": 1}.remove("a")"#, "1"),
        (
            r#"merge({"a": 1, "b": 2}, {"a": 3}, {"c": 4})"#,
            r#"{"a": 3, "b": 2, "c": 4}"#,
        ),
        (r#"{"a": 1}.update({"b": 2})"#, r#"{"a": 1, "b": 2}"#),
        (
            r#"invert({"a": 1, "b": null, "c": 1.5, "d": 1})"#,
            r#"{1: "d", "null": "b", "1.5": "c"}"#,
        ),
    ]);
}

#[test]
fn sequences() {
    check_all(&[
        ("map([1, 2], double)", "[2, 4]"),
        (r#"map("ab", upper)"#, r#"["A", "B"]"#),
        ("filter([1, 2, 3, 4], is_even)", "[2, 4]"),
        ("flatten([[1], 2, [[3]]])", "[1, 2, [3]]"),
        (r#"flat_map(["ab", "c"], chars)"#, r#"["a", "b", "c"]"#),
        ("take([1, 2, 3], 2)", "[1, 2]"),
        ("take([1], -1)", "[]"),
        ("skip([1, 2, 3], 2)", "[3]"),
        ("take_while([2, 4, 5, 6], is_even)", "[2, 4]"),
        ("skip_while([2, 4, 5, 6], is_even)", "[5, 6]"),
        (r#"enumerate("ab", 1)"#, r#"[[1, "a"], [2, "b"]]"#),
        (r#"zip([1, 2], "ab", [true])"#, r#"[[1, "a", true]]"#),
        ("chunk([1, 2, 3], 2)", "[[1, 2], [3]]"),
        ("windows([1, 2, 3], 2)", "[[1, 2], [2, 3]]"),
        ("windows([1], 5)", "[]"),
        ("unique([1, 1.0, NAN, NAN, 2])", "[1, NaN, 2]"),
        (
            r#"unique([{"a": 1, "b": 2}, {"b": 2.0, "a": 1}])"#,
            r#"[{"a": 1, "b": 2}]"#,
        ),
        (r#"unique(["1", 1, [1], [1]])"#, r#"["1", 1, [1]]"#),
        (r#"collect({"a": 1})"#, r#"[["a", 1]]"#),
        ("reduce([1, 2, 3], 10, minus)", "4"),
        ("[].reduce(10, minus)", "10"),
        ("find([1, 2, 4], is_even)", "2"),
        ("find([1], is_even)", "null"),
        ("any([1, 2], is_even)", "true"),
        ("all([])", "true"),
        ("any([])", "false"),
        (r#"all([1, "", 2])"#, "false"),
        ("count([1, 2, 4], is_even)", "2"),
        (r#""héß".count()"#, "3"),
        ("first([])", "null"),
        (r#"last("aß")"#, r#""ß""#),
        ("sum([1, 2.5])", "3.5"),
        ("sum([])", "0"),
        (
            "group_by([1, 2, 3], parity)",
            r#"{"odd": [1, 3], "even": [2]}"#,
        ),
        ("for_each([1], double)", "null"),
    ]);
}

#[test]
fn numbers() {
    check_all(&[
        ("abs(-5)", "5"),
        ("abs(-1125899906842624)", "1125899906842624"),
        ("abs(-100000000000000000000)", "100000000000000000000"),
        ("sign(-2.5)", "-1.0"),
        ("sign(-100000000000000000000)", "-1"),
        ("floor(-2.5)", "-3"),
        ("floor(1e20)", "100000000000000000000"),
        ("ceil(INF)", "inf"),
        ("trunc(-2.9)", "-2"),
        ("round(2.5)", "3"),
        ("round(-2.5)", "-3"),
        ("round(2.675, 2)", "2.67"),
        ("round(1250, -2)", "1300.0"),
        ("min(3, 1.0, 1)", "1.0"),
        ("max([1, 2.0, 2])", "2.0"),
        ("min(1, NAN)", "NaN"),
        (r#"max("a", "b")"#, r#""b""#),
        (r#"min("hello")"#, r#""e""#),
        ("clamp(5, 0, 3)", "3"),
        ("clamp(-1, 0.5, 3)", "0.5"),
        ("clamp(2, 0, 3)", "2"),
        ("pow(2, 100)", "1267650600228229401496703205376"),
        ("pow(2, -1)", "0.5"),
        ("pow(0, 0)", "1"),
        ("sqrt(9)", "3.0"),
        ("exp(1000)", "inf"),
        ("hypot(3, 4)", "5.0"),
        ("log(8, 2)", "3.0"),
        ("log10(1000)", "3.0"),
        ("log2(8)", "3.0"),
        ("sin(0)", "0.0"),
        ("atan2(0, 1)", "0.0"),
        ("is_nan(NAN)", "true"),
        ("is_finite(5)", "true"),
        ("gcd(-12, 18)", "6"),
        ("gcd(0, 0)", "0"),
        ("gcd(100000000000000000000, 6)", "2"),
        ("bit_and(-1, 255)", "255"),
        ("bit_or(1, 6)", "7"),
        ("bit_xor(5, 1)", "4"),
        ("bit_not(0)", "-1"),
        ("bit_shl(1, 70)", "1180591620717411303424"),
        ("bit_shr(-3, 1)", "-2"),
    ]);
}

#[test]
fn conversions() {
    check_all(&[
        ("to_string(1.0)", r#""1""#),
        ("[1].str()", r#""[1]""#),
        ("repr(1.0)", r#""1.0""#),
        ("to_int(-2.9)", "-2"),
        ("to_int(1e20)", "100000000000000000000"),
        (r#"to_int(" +42 ")"#, "42"),
        ("to_int(true)", "1"),
        (r#"to_float("1e3")"#, "1000.0"),
        (r#"to_float("-INF")"#, "-inf"),
        ("to_float(2)", "2.0"),
        (r#"to_bool("False")"#, "false"),
        (r#"to_bool("no")"#, "true"),
        ("to_bool([])", "false"),
        (r#"parse_int("ff", 16)"#, "255"),
        (r#"parse_float(" 2.5 ")"#, "2.5"),
        ("type(1)", r#""int""#),
        ("type(len)", r#""function""#),
        ("type_of(None)", r#""option""#),
        ("is_int(100000000000000000000)", "true"),
        ("is_null(None)", "false"),
        ("is_function(len)", "true"),
        ("is_truthy(None)", "true"),
        ("is_number(1.5)", "true"),
        ("is_ok(Ok(1))", "true"),
        ("Some(1).is_none()", "false"),
        ("unwrap(Some(5))", "5"),
        ("unwrap_or(Err(1), 2)", "2"),
        ("unwrap_or(Ok(1), 2)", "1"),
        ("Err(3).unwrap_err()", "3"),
        ("assert(1)", "true"),
        ("assert_equal([1], [1.0])", "true"),
        (r#"assert_throws(fails, "luck")"#, r#""no luck""#),
        ("format_duration(1234)", r#""1.23s""#),
        ("elapsed(5, 7.5)", "2.5"),
        ("len(uuid_v4())", "36"),
        ("len(random_id(10))", "10"),
        ("random_choice([])", "null"),
        ("random_int(3, 3)", "3"),
    ]);
}

#[test]
fn unwrapping_an_error_throws_its_payload() {
    let mut machine = Machine::new();
    let result = script::run(&mut machine, r#"unwrap(Err([1, 2]))"#);
    assert!(matches!(*result.unwrap_err(), Fault::Thrown));
    let thrown = machine.thrown;
    assert_eq!(machine.repr(thrown), "[1, 2]");
}

#[test]
fn exit_codes_are_low_bytes() {
    let mut machine = Machine::new();
    for (call, code) in [
        ("exit()", 0),
        ("exit(-1)", 255),
        ("exit(259)", 3),
        ("exit(-100000000000000000001)", 255),
    ] {
        let fault = script::run(&mut machine, call).unwrap_err();
        assert!(
            matches!(*fault, Fault::Exit(c) if c == code),
            "{call}: {fault}"
        );
    }
}

#[test]
fn output() {
    let mut machine = Machine::new();
    for call in [
        r#"print("a", 1, 2.0, [1, "b"], null)"#,
        "print()",
        r#"write("x", 1)"#,
        "println(-5)",
        r#"debug(1, 2.5, "a", [true, null], {"k": 1})"#,
    ] {
        script::run(&mut machine, call).unwrap();
    }
    assert_eq!(
        machine.written(),
        "a 1 2 [1, b] null\n\nx1-5\n\
         [DEBUG] Int(1) Float(2.5) String(\"a\") Array[Bool(true), Null] Dict{k: Int(1)}\n"
    );
}

#[test]
fn a_reader_that_went_away_ends_the_program() {
    struct Closed(std::io::ErrorKind);
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut machine = Machine::new();
    machine.state.out = Box::new(Closed(std::io::ErrorKind::BrokenPipe));
    let fault = script::run(&mut machine, "print(1)").unwrap_err();
    assert!(matches!(*fault, Fault::OutputClosed));
    machine.state.out = Box::new(Closed(std::io::ErrorKind::StorageFull));
    let fault = script::run(&mut machine, "print(1)").unwrap_err();
    assert!(
        fault
            .to_string()
            .starts_with("Cannot write standard output: ")
    );
}

#[test]
fn lines_of_input_lose_their_ends() {
    let mut input = "a\r\n\nlast".as_bytes();
    let mut machine = Machine::new();
    let mut next = || crate::stdlib::output::read_line(&mut machine, &mut input).unwrap();
    assert_eq!(next().as_deref(), Some("a"));
    assert_eq!(next().as_deref(), Some(""));
    assert_eq!(next().as_deref(), Some("last"));
    assert_eq!(next(), None);
}

#[test]
fn a_seed_decides_all_random_values() {
    let mut machine = Machine::new();
    let mut draw = |seed: &str| {
        script::run(&mut machine, &format!("set_random_seed({seed})")).unwrap();
        let call = "[random(), random_int(1, 100), random_int(0, 100000000000000000000), \
                    random_id(4), shuffle([1, 2, 3, 4, 5]), random_choice([7, 8, 9])]";
        let drawn = script::run(&mut machine, call).unwrap();
        machine.repr(drawn)
    };
    assert_eq!(draw("42"), draw("42.0"));
    assert_ne!(draw("42"), draw("43"));
    assert_ne!(draw("-1"), draw("1"));
    assert_ne!(draw("0.5"), draw("0"));
    // The sequence is part of the language.
    assert_eq!(
        draw("42"),
        "[0.4320298621284324, 21, 86186067880931191742, \"x1ca\", [3, 1, 5, 4, 2], 8]"
    );
}
