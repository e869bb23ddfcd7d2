//! Programs that mean harm: an answer or a Ruff error, never a crash, a defect
//! or a hang. The heap is limited as a careful host would.

use crate::support::{Ran, run};

#[track_caller]
fn survive(code: &str) -> Ran {
    let ran = run(&["run", "--max-heap", "256M", "-e", code]);
    assert!(
        matches!(ran.code, Some(0 | 4)),
        "{code}\n{:?} {:.2000}",
        ran.code,
        ran.err
    );
    assert!(
        ran.err.len() < 1 << 20,
        "{code}: a report of {} bytes",
        ran.err.len()
    );
    // An answer or an error, not both and not neither.
    assert_eq!(
        ran.code == Some(4),
        ran.err.starts_with("error: "),
        "{code}\n{:.2000}",
        ran.err
    );
    ran
}

fn survive_all(programs: &[&str]) {
    for code in programs {
        survive(code);
    }
}

#[test]
fn huge_numbers() {
    survive_all(&[
        "x := 2 ** (10 ** 10)",
        "x := 7 ** 7 ** 7 ** 7",
        "x := (10 ** 100) ** (10 ** 100)",
        "x := (-1) ** (10 ** 100); print(x)",
        "x := 1 << 10 ** 9",
        "x := 1 << 2 ** 70",
        "x := -1 << 2 ** 70",
        "x := 1 >> 2 ** 70; print(x)",
        "x := 1 << -1",
        "print(0 ** -1)",
        "print((2 ** 50 - 1) * (2 ** 50 - 1), -(2 ** 50), 2 ** 63, -(2 ** 63) / -1)",
        "print(-(2 ** 50) / -1, -(2 ** 50) % -1, (-(2 ** 50)) * -1, ~(2 ** 50))",
        "print(10 ** 5000 * 1.0, 1.5 ** 10000, -1.5 ** 10001, 10 ** 400 / 3.0)",
        "print(1e308 * 10 - 1e308 * 10, (1e308 * 10) % 2, 5 % (1e308 * 10))",
        "x := 10 ** 100000; print(x % 7, x / 10 ** 99990)",
        "print(len(to_string(2 ** 1000000)))",
        "print(parse_int(\"9\" * 1000000) > 0)",
        "print(parse_int(\"z\" * 100000, 36) > 0)",
        "print(parse_float(\"9\" * 1000000))",
        "print(parse_float(\"0.\" + \"0\" * 100000 + \"1\"))",
        "print(round(1.5, 10 ** 9), round(12345, -(10 ** 9)), round(1.5, 10 ** 30))",
        "print(floor(1e300), ceil(-1e300), floor(1e308 * 10))",
        "for i in 10 ** 30 { if i > 5 { break } }",
        "for i in 0..10 ** 30 { if i > 5 { break } }",
        "for i in -(10 ** 30) { print(i) }",
        "print(pow(2, 10 ** 12), gcd(10 ** 1000, 0))",
    ]);
}

#[test]
fn huge_texts() {
    survive_all(&[
        "x := \"a\" * 10 ** 12",
        "x := \"ab\" * 2 ** 200",
        "x := \"\" * 2 ** 200; print(len(x))",
        "x := \"ab\" * -(2 ** 200); print(len(x))",
        "s := \"a\" * 100000000; print(len(s), s[50000000], len(s.upper()))",
        "s := \"é\" * 50000000; print(len(s), s[25000000], s[-1])",
        "s := \"x\"; for i in 60 { s := s + s } print(len(s))",
        "s := \"x\"; for i in 60 { s := \"${s}${s}\" } print(len(s))",
        "s := \"\"; for i in 1000000 { s := s + \"x\" } print(s == \"x\" * 1000000)",
        "s := \"\"; for i in 1000000 { s := \"x\" + s } print(len(s), s[500000])",
        "print(len(\"abc\".replace(\"\", \"x\" * 1000000)))",
        "print(split(\"a\" * 100000, \"\")[-1])",
        "x := pad_left(\"x\", 10 ** 30)",
        "x := format(\"%1000000000d\", 5)",
        "x := format(\"%99999999999999999999d\", 5)",
        "x := format(\"%.99999999999999999999f\", 5.5)",
        "x := format(\"%d %d\", 1)",
        "x := format(\"%\", 1)",
        "x := format(\"%d\", \"no\")",
        "x := format(\"%z\", 1)",
        "x := chr(10 ** 9)",
        "x := chr(55296)",
    ]);
}

#[test]
fn bounds() {
    survive_all(&[
        "a := [1, 2, 3]; print(a[-(10 ** 20):10 ** 20], a[2:1], a[10 ** 30:], a[:-(10 ** 30)])",
        "s := \"häh\"; print(s[-(10 ** 20):10 ** 20], s[2:1], s[10 ** 30:])",
        "print([1, 2, 3][-4])",
        "print([1, 2, 3][2 ** 64])",
        "print([1, 2, 3][1.5])",
        "print(\"abc\"[2 ** 64])",
        "a := [1]; a[-2] := 5",
        "a := [1]; a[2 ** 70] := 5",
        "a := [1]; a[1] := 5",
        "a := []; a.pop()",
        "a := [1]; a.insert(10 ** 30, 2); print(a)",
        "a := [1]; a.insert(-(10 ** 30), 2); print(a)",
        "x := range(10 ** 9)",
        "x := range(0, 10 ** 30, 10 ** 29); print(x)",
        "x := range(0, 10, 0)",
        "x := range(10 ** 30, 0, -1)",
        "a := [1]; for i in 60 { a := a + a } print(len(a))",
        "a := [1]; for i in 60 { a := [...a, ...a] } print(len(a))",
        "d := {}; d[10 ** 30] := 1; print(d)",
        "d := {}; d[1.5] := 1",
        "d := {}; d[[1]] := 1",
        "d := {}; d[null] := 1",
        "d := {}; d[2 ** 50] := 1; d[-1] := 2; d[\"-1\"] := 3; d[\"1125899906842624\"] := 4; print(d)",
    ]);
}

#[test]
fn callbacks_that_cheat() {
    survive_all(&[
        "mut a := [3, 1, 2]; b := sort(a, func(x, y) { a.push(9); return 1 }); print(len(b))",
        "mut a := range(1000); a.sort(func(x, y) { a.clear(); return -1 }); print(len(a))",
        "mut a := range(1000); a.sort(func(x, y) { a := null; return x - y }); print(type(a))",
        "print(len(sort(range(1000), func(x, y) { return -1 })))",
        "print(len(sort(range(1000), func(x, y) { return 1 })))",
        "n := 0; print(len(sort(range(1000), func(x, y) { n += 1; return (n * 7919) % 3 - 1 })))",
        "print(sort([3, 1, 2], func(x, y) { return \"no\" }))",
        "print(sort([3, 1, 2], func(x) { return x }))",
        "print(sort([3, 1, 2], func(x, y) { throw \"no\" }))",
        "print(sort([3, \"a\", null]))",
        "print(sort([0.0 / 1, 1e308 * 10 - 1e308 * 10, 2, -1]))",
        "mut a := [1, 2, 3]; print(map(a, func(x) { a.push(x); return len(a) }), a)",
        "mut a := [1, 2, 3]; print(filter(a, func(x) { a.clear(); return true }), a)",
        "mut a := [1, 2, 3]; print(reduce(a, func(s, x) { a := []; return s + x }, 0), a)",
        "mut d := {a: 1, b: 2}; for k, v in d { d[k + \"x\"] := v; d.remove(k) } print(d)",
        "mut d := {}; for i in 1000 { d[i] := i } for k in d { d.clear() } print(d)",
        "mut a := [1, 2, 3]; for x in a { a.push(x); a[0] := a } print(len(a))",
        "print(map([1], print), map([[1]], len), map([1], null))",
        "f := func(x) { return map([x], f) }; f(1)",
        "print(map([1, 2], func() { return 1 }))",
        "print(find([1, 2], func(x) { exit(0) }))",
    ]);
}

#[test]
fn methods_that_cheat() {
    survive_all(&[
        "struct S { v; func to_string(self) { throw \"no\" } } print(S { v: 1 })",
        "struct S { v; func to_string(self) { throw self } } print(S { v: 1 })",
        "struct S { v; func to_string(self) { throw self } } throw S { v: 1 }",
        "struct S { v; func to_string(self) { return self } } print(S { v: 1 })",
        "struct S { v; func to_string(self) { return [self, self] } } print(S { v: 1 })",
        "struct S { v; func to_string() { return 5 } } print(S { v: 1 }, \"${S { v: 1 }}\")",
        "struct S { v; func to_string(self, more) { return \"\" } } print(S { v: 1 })",
        "mut a := []; struct S { v; func to_string(self) { a.push(self); a := []; return \"s\" } } a := [S { v: 1 }, S { v: 2 }]; print(a)",
        "struct S { v; func op_eq(self, o) { throw \"eq\" } } print([S { v: 1 }] == [S { v: 2 }])",
        "struct S { v; func op_eq(self, o) { throw \"eq\" } } print([S { v: 1 }].contains(S { v: 2 }))",
        "struct S { v; func op_eq(self, o) { return self == o } } print(S { v: 1 } == S { v: 2 })",
        "struct S { v; func op_lt(self, o) { return null } } print(len(sort([S { v: 1 }, S { v: 2 }])))",
        "struct S { v; func op_lt(self, o) { throw \"lt\" } } print(sort([S { v: 1 }, S { v: 2 }]))",
        "struct S { v; func op_add(self) { return 1 } } print(S { v: 1 } + 1)",
        "struct S { v; func op_neg(self, o) { return 1 } } print(-S { v: 1 })",
        "struct S { v; func init(self) { throw \"no\" } } S()",
        "struct S { v; func init(self) { } } print(S())",
        "struct S { v := S { } } S { }",
        "struct S { mut_me := [1] func m(self) { self.mut_me.push(self); throw self } } s := S { }; try { s.m() } except e { print(len(s.mut_me)) }",
        "mut a := [[1]]; struct S { v; func m(self) { a[0] := null; self.v := a } } a[0] := S { v: 1 }; a[0].m(); print(type(a[0]))",
    ]);
}

#[test]
fn deep_and_tangled_values() {
    survive_all(&[
        "a := [1]; a[0] := a; a.push(a); a[1][0] := a; print(a)",
        "a := []; for i in 18 { a := [a, a] } b := a; print(a == b)",
        "a := []; for i in 16 { a := [a, a] } print(len(to_string(a)))",
        "a := []; for i in 100 { a := [a, a] } print(len(to_string(a)))",
        "d := {}; d[\"self\"] := d; d.self[\"self\"] := d; print(d)",
        "mut a := []; for i in 100000 { a := [a] } mut n := 0; loop { if len(a) == 0 { break } a := a[0]; n += 1 } print(n)",
        "a := []; for i in 100000 { a := [a] } print(flatten(a))",
        "a := []; for i in 100000 { a := [a] } assert_equal(a, [a])",
        "a := []; for i in 100000 { a := [a] } match a { case [[[x]]]: { print(type(x)) } }",
        "f := 0; for i in 100000 { g := f; f := func() { return g } } print(type(f))",
        "e := null; try { throw \"x\" } except x { e := x } e.stack.push(e); e.cause := e; throw e",
        "try { throw \"x\" } except x { x.message := x; throw x }",
        "try { throw \"x\" } except x { x.stack := 5; x.line := \"no\"; x.kind := null; throw x }",
    ]);
}

#[test]
fn errors_in_errors() {
    survive_all(&[
        "func f(n) { try { return f(n + 1) } except e { return n } } print(f(0) > 1000)",
        "func f(n) { try { return f(n + 1) } finally { n += 1 } } f(0)",
        "try { throw 1 } except e { throw 2 } finally { throw 3 }",
        "func f() { loop { try { return 1 } finally { break } } return 2 } print(f())",
        "throw null",
        "throw {a: [1, {b: 2}]}",
        "throw \"\"",
        "throw \"many\\nlines\\n\" * 10",
        "throw \"x\" * 100000",
        "throw func() { }",
        "null()",
        "null.f",
        "5(1)",
        "\"x\".no()",
        "len()",
        "print(...5)",
        "print(...range(100000))",
        "f := func(a) { }; f(...range(100000))",
        "x := [...null]",
        "[a, b] := [1]",
        "{a} := {b: 1}",
        "sleep(-1)",
        "exit(\"no\")",
        "exit()",
        "Ok()",
        "Ok(1, 2)",
        "x := Nothing::Here(1)",
        "x := Nothing { a: 1 }",
    ]);
}
