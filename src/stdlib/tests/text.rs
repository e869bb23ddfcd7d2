//! Strings, letters, templates (STDLIB 3).

use super::check_all;

#[test]
fn lengths_and_parts_count_characters() {
    check_all(&[
        (r#"len("héß")"#, "3"),
        (r#"len([1, 2])"#, "2"),
        (r#"len({"a": 1})"#, "1"),
        (r#"is_empty("")"#, "true"),
        (r#"[].is_empty()"#, "true"),
        (r#"count_chars("añb")"#, "3"),
        (r#"substring("héllo", 1, 3)"#, r#""él""#),
        (r#"substring("hello", -3)"#, r#""llo""#),
        (r#"substring("hello", 3, 1)"#, r#""""#),
        (r#"substr("hello", -99, 99)"#, r#""hello""#),
        (r#"substring("hello", 1.9)"#, r#""ello""#),
        (r#"char_at("héß", -1)"#, r#""ß""#),
        (r#"char_at("abc", 3)"#, r#""""#),
        (r#"char_at("abc", 100000000000000000000)"#, r#""""#),
        (r#"chars("aß")"#, r#"["a", "ß"]"#),
        (r#"ord("ß")"#, "223"),
        (r#"chr(128512)"#, r#""😀""#),
        (r#""abcdef".slice(2, 4)"#, r#""cd""#),
        (r#"str_reverse("añb")"#, r#""bña""#),
        (r#"reverse("abc")"#, r#""cba""#),
        (r#"truncate("hello world", 8)"#, r#""hello...""#),
        (r#"truncate("hello", 5)"#, r#""hello""#),
        (r#"truncate("hello", 2)"#, r#""..""#),
        (r#"truncate("hello", 4, "…")"#, r#""hel…""#),
        (r#"truncate("hello", 0)"#, r#""""#),
    ]);
}

#[test]
fn searching() {
    check_all(&[
        (r#"contains("hello", "ell")"#, "true"),
        (r#"contains("hello", "")"#, "true"),
        (r#"contains([1, 2.0], 2)"#, "true"),
        (r#"contains({"7": 1}, 7)"#, "true"),
        (r#"starts_with("ab", "")"#, "true"),
        (r#""héllo".ends_with("llo")"#, "true"),
        (r#"index_of("héllo", "l")"#, "2"),
        (r#"index_of("abc", "z")"#, "-1"),
        (r#"index_of("abc", "")"#, "0"),
        (r#"index_of([[1], [2]], [2])"#, "1"),
    ]);
}

#[test]
fn splitting_and_joining() {
    check_all(&[
        (r#"split("a,,b", ",")"#, r#"["a", "", "b"]"#),
        (r#"split("", ",")"#, r#"[""]"#),
        (r#"split("aß", "")"#, r#"["a", "ß"]"#),
        (r#"split("", "")"#, "[]"),
        (r#"split("a--b--c", "--")"#, r#"["a", "b", "c"]"#),
        (r#"join([1, "a", null], "-")"#, r#""1-a-null""#),
        (r#"join([], ",")"#, r#""""#),
        (r#"join("abc", "-")"#, r#""a-b-c""#),
        (r#"[1, 2].join()"#, r#""12""#),
        (r#"lines("a\r\nb\n\nc\n")"#, r#"["a", "b", "", "c"]"#),
        (r#"lines("")"#, "[]"),
        (r#"words("  a \t b\n")"#, r#"["a", "b"]"#),
        (r#"words("")"#, "[]"),
        (r#"replace("aaa", "aa", "b")"#, r#""ba""#),
        (r#"replace("abc", "", "-")"#, r#""-a-b-c-""#),
        (r#"replace("abc", "x", "-")"#, r#""abc""#),
        (r#"trim("\n a b\t")"#, r#""a b""#),
        (r#"trim_start("  a ")"#, r#""a ""#),
        (r#"trim_end("  a ")"#, r#""  a""#),
        (r#"repeat("ab", 3)"#, r#""ababab""#),
        (r#"repeat("ab", -1)"#, r#""""#),
        (r#"repeat([1, 2], 2)"#, "[1, 2, 1, 2]"),
        (r#"pad_left("7", 3, "0")"#, r#""007""#),
        (r#"pad_start("é", 4, "ab")"#, r#""abaé""#),
        (r#"pad_right("abc", 2)"#, r#""abc""#),
        (r#"pad_end("a", -5)"#, r#""a""#),
        (r#"pad_right("a", 4, "ßx")"#, r#""aßxß""#),
    ]);
}

#[test]
fn letters() {
    check_all(&[
        (r#"upper("héß")"#, r#""HÉSS""#),
        (r#"to_lower("ÀB")"#, r#""àb""#),
        (r#"capitalize("éCOLE")"#, r#""École""#),
        (r#"capitalize("")"#, r#""""#),
        (r#"slugify("Hello, World! a_b")"#, r#""hello-world-a-b""#),
        (r#"slugify("--  a & b --")"#, r#""a-b""#),
        (r#"to_snake_case("HTTPServer v2")"#, r#""http_server_v2""#),
        (r#"to_snake_case("helloWorld")"#, r#""hello_world""#),
        (
            r#"to_snake_case("XMLHttpRequest")"#,
            r#""xml_http_request""#,
        ),
        (
            r#"to_snake_case("  already_snake--case ")"#,
            r#""already_snake_case""#,
        ),
        (r#"to_snake_case("v2Final")"#, r#""v2_final""#),
        (r#"to_snake_case("ÀÉtat")"#, r#""à_état""#),
        (r#"to_snake_case("")"#, r#""""#),
        (r#"to_camel_case("hello big-World")"#, r#""helloBigWorld""#),
        (r#""HelloWorld".to_kebab_case()"#, r#""hello-world""#),
    ]);
}

#[test]
fn templates() {
    check_all(&[
        (r#"format("%s is %d%%", "x", 7)"#, r#""x is 7%""#),
        (
            r#"format("{} %5d|%-5d|%05d", 1, 2, -3)"#,
            r#""{}     1|2    |-0003""#,
        ),
        (r#"format("%+d % d %+d", 1, 2, -3)"#, r#""+1  2 -3""#),
        (r#"format("%.2f %.2f", 2.675, 0.125)"#, r#""2.67 0.13""#),
        (
            r#"format("%f %f %f", 10.0, 1e21, 0.1)"#,
            r#""10 1000000000000000000000 0.1""#,
        ),
        (r#"format("%.1f", 3)"#, r#""3.0""#),
        (
            r#"format("%e %g %g", 1500, 1500, 0.00001)"#,
            r#""1.500000e+03 1500 1e-05""#,
        ),
        (
            r#"format("%x %X %o %b", 255, 255, 8, -5)"#,
            r#""ff FF 10 -101""#,
        ),
        (
            r#"format("%.2s|%4s|%-4s|", "héllo", "é", "é")"#,
            r#""hé|   é|é   |""#,
        ),
        (r#"format("%05s", "a")"#, r#""    a""#),
        (r#"format("%08.3f", -1.5)"#, r#""-001.500""#),
        (r#"format("%d", 2.9)"#, r#""2""#),
        (
            r#"format("%d", 123456789012345678901234567890)"#,
            r#""123456789012345678901234567890""#,
        ),
        (r#"format("%6.1f|%06.1f", INF, NAN)"#, r#""   inf|   NaN""#),
        (r#"format("%s", [1, "a"])"#, r#""[1, a]""#),
    ]);
}
