//! Programs of newcomers that ran, did something else than was meant, and said nothing.

use super::{Cases, compare, project};

#[test]
fn literals_in_conditions() {
    const CASES: Cases = &[
        (
            "c := \"a\"\nif c == \"a\" || \"b\" { print(c) }",
            &["literal-operand"],
        ),
        (
            "c := 1\nwhile c == 1 || 2 || 3 { c += 5 }",
            &["literal-operand", "literal-operand"],
        ),
        (
            "c := 1\nif c > 0 && true { print(c) }",
            &["literal-operand"],
        ),
        (
            "c := 1\nif !(c != 1 && 2) { print(c) }",
            &["literal-operand"],
        ),
        ("while true { break }\nif 1 { print(1) }", &[]),
        (
            "c := 1\nd := []\nif c == 1 || c == 2 || d { print(c) }",
            &[],
        ),
        // Two keys of an order.
        (
            "func before(a, b) { return b[1] - a[1] || a[0] < b[0] }\nprint(before([1, 2], [3, 4]))",
            &["literal-operand"],
        ),
        (
            "func f(a, b) { return a % 2 || b & 4 }\nprint(f(1, 2))",
            &[],
        ),
        (
            "func f(a, b) { if a - b || a > 3 { return 1 }\nreturn 2 }\nprint(f(1, 2))",
            &[],
        ),
    ];
    compare("literals", CASES);
}

#[test]
fn methods_without_a_call() {
    compare(
        "uncalled",
        &[
            (
                "xs := [1]\nn := xs.len\nif n == 2 { print(1) }",
                &["uncalled-function"],
            ),
            (
                "xs := [1]\nn := xs.len\nprint(\"${n}\", n)",
                &["uncalled-function"],
            ),
            (
                "func f(v) { return v.len == 0 }\nprint(f([1]))",
                &["uncalled-function"],
            ),
            (
                "xs := [1]\nfor i in 0..xs.len { print(i) }\nprint(xs[xs.len - 1])",
                &["uncalled-function", "uncalled-function"],
            ),
            (
                "d := {a: 1}\nfor k in d.keys { print(k) }",
                &["uncalled-function"],
            ),
            (
                "struct S { x := 1\nfunc size(self) { return self.x } }\ns := S {}\nif s.size > 2 { print(\"${s.size}\") }",
                &["uncalled-function", "uncalled-function"],
            ),
            (
                "func total() { return 3 }\nprint(total == 3)",
                &["uncalled-function"],
            ),
            // A field or key of that name, and functions that are values.
            ("func f(v) { return v.len == 0 }\nprint(f({len: 1}))", &[]),
            (
                "func f(v, g) { return v.size == g }\nprint(f({size: 1}, 1))",
                &[],
            ),
            (
                "xs := [1]\nf := xs.len\nprint(f())\ng := len\nprint(f == g, g != null)",
                &[],
            ),
        ],
    );
}

#[test]
fn fields_without_self() {
    compare(
        "bare-fields",
        &[
            (
                "struct S { count := 0; func full(self) { return count == 3 } }\nprint(S {}.full())",
                &["bare-field"],
            ),
            (
                "struct S { items := []; func add(self, x) { items.push(x) } }\ns := S {}\ns.add(1)\nprint(s)",
                &["bare-field"],
            ),
            (
                "struct S { values := []; func size(self) { return len(values) } }\nprint(S {}.size())",
                &["bare-field"],
            ),
            // Without `self` it is the field; a call is one of the built-in.
            (
                "struct S { count := 0; func full() { return count == 3 } }\nprint(S {}.full())",
                &[],
            ),
            (
                "struct S { sum := 0; func of(self, xs) { return sum(xs) + self.sum } }\nprint(S {}.of([1]))",
                &[],
            ),
            (
                "struct S { len := 0; func of(self, xs) { return xs.map(len) } }\nprint(S {}.of([[1]]))",
                &[],
            ),
            (
                "struct S { count := 0; func of(self, count) { return count == 1 } }\nprint(S {}.of(1))",
                &[],
            ),
        ],
    );
}

#[test]
fn options_and_null() {
    compare(
        "options",
        &[
            (
                "d := {a: 1}\nmatch d.get(\"a\") { case Some(x): print(x)  case None: print(0) }",
                &["option-or-null"],
            ),
            (
                "xs := [1]\nif xs.first() == None { print(0) }",
                &["option-or-null"],
            ),
            (
                "func f(d) { x := d.get(\"a\")\nif x == None { return 0 }\nreturn x }\nprint(f({a: 1}))",
                &["option-or-null"],
            ),
            (
                "func f(n) { if n > 0 { return Some(n) }\nreturn None }\nif f(1) { print(1) }\nprint(f(0) ?? 2)",
                &["option-or-null", "option-or-null"],
            ),
            (
                "func f(n) { if n > 0 { return Ok(n) }\nreturn Err(\"no\") }\nif !f(1) { print(1) }",
                &["option-or-null"],
            ),
            (
                "xs := [Some(1), None]\nmatch xs.pop() { case Some(x): print(x)  case None: print(0) }",
                &[],
            ),
            (
                "func f(xs) { return xs.first() == None }\nprint(f([Some(1), None]))",
                &[],
            ),
            (
                "func f(n) { if n > 0 { return Some(n) } }\nif f(1) { print(1) }\nprint(f(0) ?? 2)",
                &[],
            ),
            (
                "func* g() { yield 1 }\nit := g()\nmatch it.next() { case Some(x): print(x)  case None: print(0) }",
                &[],
            ),
        ],
    );
}

#[test]
fn positions_as_conditions() {
    compare(
        "positions",
        &[
            (
                "if \"ab\".index_of(\"z\") { print(1) }",
                &["position-as-condition"],
            ),
            (
                "xs := [1]\nif !xs.find_index(x => x > 1) && xs { print(1) }",
                &["position-as-condition"],
            ),
            (
                "if \"ab\".index_of(\"z\") >= 0 { print(index_of(\"ab\", \"b\")) }",
                &[],
            ),
            (
                "struct S { x := 1\nfunc index_of(self, y) { return self.x == y } }\ns := S {}\nif s.index_of(1) { print(1) }",
                &[],
            ),
        ],
    );
}

#[test]
fn quotients_of_ints() {
    compare(
        "quotients",
        &[
            ("print(1 / 4)", &["integer-quotient"]),
            ("n := 9\nprint(n ** (1 / 2))", &["integer-quotient"]),
            ("n := 9\nprint(n ** (3 / 2))", &["integer-quotient"]),
            (
                "func half(n: int) -> float { return n / 2 }\nprint(half(3))",
                &["integer-quotient"],
            ),
            ("x: float := 7 / 2\nprint(x)", &["integer-quotient"]),
            (
                "struct P { x: float }\nn := 7\nprint(P { x: n / 2 })",
                &["integer-quotient"],
            ),
            (
                "x: float := 7 / 2.0\nprint(x, 7 / 2, 6 / 3, 2 ** (4 / 2))",
                &[],
            ),
        ],
    );
}

#[test]
fn words_for_kinds() {
    compare(
        "kinds",
        &[
            ("x := 1\nprint(type(x) == \"str\")", &["unknown-kind"]),
            (
                "x := 1\nt := type(x)\nmatch t { case \"integer\": print(1)  case \"int\" | \"list\": print(2) }",
                &["unknown-kind", "unknown-kind"],
            ),
            (
                "try { print(1 / 0) } except e { if e.kind == \"zero_division\" { print(e.kind) } }",
                &["unknown-kind"],
            ),
            (
                "try { print(1 / 0) } except e { match e.kind { case \"keys\": print(1)  default: print(2) } }",
                &["unknown-kind"],
            ),
            (
                "struct P { x := 1 }\np := P {}\nprint(type(p) == \"P\", type(p) != \"struct\")",
                &["unknown-kind"],
            ),
            (
                "func f(t) { return t.kind == \"plus\" }\nprint(f({kind: \"plus\"}), type(1) in [\"int\", \"float\"])",
                &[],
            ),
            // Names after `except`.
            (
                "try { print(1 / 0) } except KeyError { print(1) }",
                &["except-name"],
            ),
            ("try { print(1 / 0) } except Error { print(Error) }", &[]),
            ("try { print(1 / 0) } except _ { print(1) }", &[]),
        ],
    );
}

#[test]
fn comparisons_of_kinds() {
    compare(
        "comparisons",
        &[
            ("print(\"5\" == 5)", &["never-equal"]),
            (
                "print(\"3 4\".split(\" \")[0] == 3, 3 in \"3 4\".split(\" \"))",
                &["never-equal", "never-equal"],
            ),
            ("x := 0.5\nprint(x == NAN)", &["never-equal"]),
            (
                "enum C { Red, Green }\nc := C::Red\nif c != \"Red\" { print(c) }",
                &["never-equal"],
            ),
            (
                "s := \"1\"\nmatch s { case 1: print(1)  case \"2\": print(2) }",
                &["never-equal"],
            ),
            ("x := 1\nprint(x == 1.0, x == null, [1] == [1.0])", &[]),
            (
                "struct P { x := 1\nfunc op_eq(self, o) { return self.x == o } }\nprint(P {} == 1)",
                &[],
            ),
            (
                "func f(x) { return x == \"a\" }\nprint(f(1), f(\"a\"))",
                &[],
            ),
        ],
    );
}

#[test]
fn texts_that_are_not_filled() {
    compare(
        "texts",
        &[
            (
                "name := \"Ada\"\nprint(\"Hello, {name}!\", name)",
                &["unfilled-text"],
            ),
            (
                "func f(p) { return \"at {p.x}\" + p.y }\nprint(f({y: \"a\"}))",
                &["unfilled-text"],
            ),
            ("n := 1\nprint(\"n = {}\", n)", &["unfilled-text"]),
            ("n := 1\nprint(\"n = %d\", n)", &["unfilled-text"]),
            (
                "func fill(text, values) {\n    for key in values.keys() { text := text.replace(\"{\" + key + \"}\", values[key]) }\n    return text\n}\ncity := \"Ulm\"\nprint(fill(\"in {city}\", {city}))",
                &[],
            ),
            (
                "name := \"Ada\"\ntext := \"Hello, {name}!\"\nprint(text.replace(\"{name}\", name))",
                &[],
            ),
            (
                "n := 1\nprint(\"a {m} {1} {{n}} \\${n} /x/{n}\", n)\nprint(r\"a{n}\", \"50 % done\", \"{}\")",
                &[],
            ),
            ("func f(x) { return x }\nprint(f(1), \"a {x}\")", &[]),
        ],
    );
}

#[test]
fn ranges_that_never_run() {
    compare(
        "ranges",
        &[
            ("for i in 3..0 { print(i) }", &["empty-range"]),
            ("for i in range(5, 0) { print(i) }", &["empty-range"]),
            (
                "xs := [1]\nfor i in xs.len() - 1..0 { print(i) }",
                &["empty-range"],
            ),
            (
                "n := 3\nfor i in n..0 { print(i) }\nfor i in 0..0 { print(i) }\nfor i in range(3, 0, -1) { print(i) }\nfor i in -3..0 { print(i) }",
                &[],
            ),
        ],
    );
}

#[test]
fn methods_of_other_languages() {
    compare(
        "foreign",
        &[
            (
                "struct P { x := 1\nfunc __str__(self) { return \"P\" } }\nprint(P {})",
                &["foreign-method"],
            ),
            (
                "class P { x := 1\nfunc constructor(self, x) { self.x := x }\nfunc __eq__(self, o) { return self.x == o.x } }\nprint(P {})",
                &["foreign-method", "foreign-method"],
            ),
            (
                "struct P { x := 1\nfunc toString(self) { return \"${self.x}\" } }\nprint(P {}.toString())",
                &[],
            ),
        ],
    );
}

/// Functions that set a variable for the rest of the program.
#[test]
fn results_in_outer_variables() {
    compare(
        "outer",
        &[
            (
                "verbose := false\nfunc parse_args(ws) { for w in ws { verbose := w == \"-v\" } }\nparse_args([\"-v\"])\nprint(verbose)",
                &[],
            ),
            (
                "total := 1\nfunc f() { total := 2\nreturn total }\nprint(f(), total)",
                &["assigns-outer"],
            ),
            (
                "total := 1\nprint(total)\nfunc f() { total := 2 }\nf()",
                &["assigns-outer"],
            ),
        ],
    );
}

/// Calls of functions that do nothing but give a value.
#[test]
fn calls_for_nothing() {
    compare(
        "idle",
        &[
            (
                "func added(xs, x) { xs.push(x)\nreturn xs }\na := [1]\nadded(a, 2)\nprint(a)",
                &["discarded-result"],
            ),
            (
                "func twice(n) { return n * 2 }\nfunc four(n) { ys := map([n], twice)\nreturn twice(ys[0]) }\na := 1\nfour(a)\nprint(a)",
                &["discarded-result"],
            ),
            (
                "func fact(n) { if n < 2 { return 1 }\nreturn n * fact(n - 1) }\nn := 5\nfact(n)\nprint(n)",
                &["discarded-result"],
            ),
            (
                "func sum_of(xs) { n := 0\nfor x in xs { n += x }\nreturn n }\na := [1]\nfor i in 200 { sum_of(a) }",
                &[],
            ),
            // Functions that print, change what is not their own, or throw.
            (
                "func shown(n) { print(n)\nreturn n }\nfunc both(n) { return shown(n) + shown(n) }\nboth(1)",
                &[],
            ),
            (
                "count := 0\nfunc next_id() { count += 1\nreturn count }\nnext_id()\nprint(count)",
                &[],
            ),
            (
                "xs := [1, 2]\nfunc taken() { return xs.pop() }\ntaken()\nprint(xs)",
                &[],
            ),
            (
                "class C { n := 0 }\nfunc bump(c) { c.n := c.n + 1\nreturn c }\nc := C()\nbump(c)\nprint(c)",
                &[],
            ),
            (
                "func checked(n) { if n < 0 { throw \"negative\" }\nreturn n }\nchecked(1)\nfunc number(s) { return to_int(s) }\nnumber(\"1\")",
                &[],
            ),
            (
                "func run(f) { return f() }\nrun(() => print(1))\nfunc each(xs, f) { return xs.map(f) }\neach([1], x => print(x))",
                &[],
            ),
            (
                "func half(n) { return 1 / n }\ntry { half(0) } except e { print(e.kind) }",
                &[],
            ),
        ],
    );
}

#[test]
fn breaks_in_cases() {
    compare(
        "breaks",
        &[
            (
                "n := 0\nm := 0\nfor x in [1, 2] { match x { case 1: { n += 1; break }  case 2: { m += 1; break }  default: { print(x) } } }\nprint(n, m)",
                &["break-in-case"],
            ),
            (
                "for x in [1, 2] { match x { case 1: { print(\"one\"); break }  case 2: { print(\"two\"); break }  case 3: { print(\"three\"); break }  default: { print(\"many\") } } }",
                &["break-in-case"],
            ),
            (
                "i := 0\nwhile i < 3 { i += 1\nif i > 0 { match i { case 1: { print(\"one\"); break }  default: { print(\"many\"); break } } } }",
                &["break-in-case"],
            ),
            // Loops that are left on purpose.
            (
                "loop { match input(\"> \") { case \"quit\": { print(\"bye\"); break }  case \"exit\": { print(\"bye\"); break }  case \"q\": { print(\"bye\"); break }  default: { print(\"what?\") } } }",
                &[],
            ),
            (
                "op := \"\"\nfor t in [\"a\", \"+\"] { match t { case \"+\": { op := \"add\"; break }  case \"-\": { op := \"sub\"; break }  default: {} } }\nprint(op)",
                &[],
            ),
            (
                "n := 0\nfor t in [\"a\", \"b\"] { match t { case \"a\": n += 1  case \"b\": { n += 2; break }  case \"c\": { n += 3; break } } }\nprint(n)",
                &[],
            ),
            (
                "loop { line := input()\nif line == \"\" { continue }\nmatch line { case \"y\": { print(1); break }  default: { print(2); break } } }",
                &[],
            ),
            (
                "n := 0\nouter: for x in [1, 2] { match x { case 1: { n += 1; break outer }  case 2: { n += 2; break outer } } }\nprint(n)",
                &[],
            ),
        ],
    );
}

/// `a || b` for one of the two.
#[test]
fn operands_as_results() {
    compare(
        "operands",
        &[
            (
                "func title(s) { return s.upper() }\nfunc shown(a) { return title(a) || a }\nprint(shown(\"a\"))",
                &["literal-operand"],
            ),
            (
                "given := \"\"\nusual := \"Ada\"\nname := given || usual\nprint(\"hello ${name}\")",
                &["literal-operand"],
            ),
            (
                "words := [\"a\"]\nfirst := words && words[0]\nprint(first)",
                &["literal-operand"],
            ),
            // The truth was meant.
            (
                "a := \"x\"\nb := \"y\"\nany := a || b\nif any { print(1) }",
                &[],
            ),
            (
                "func is_named(u, other) { return u.name || other.upper() }\nprint(is_named({name: \"\"}, \"b\"))",
                &[],
            ),
            (
                "name := \"Ada\"\nok := name && len(name) > 2\nprint(ok, name && len(name) > 1)",
                &[],
            ),
            (
                "xs := [1]\nys := []\nprint(xs || ys, len(xs) || len(ys))",
                &[],
            ),
            ("a := \"x\"\nb := \"y\"\nboth := a && b\nprint(both)", &[]),
        ],
    );
}

/// The help says what to write.
#[test]
fn helps_name_the_place() {
    let project = project("helps");
    let cases = [
        (
            "d := {}\nw := \"a\"\nd.get(w, []).push(1)\nprint(d)",
            "d[w].push(",
        ),
        (
            "total := 0\nfor n in [1, 2] { let total := total + n }\nprint(total)",
            "without `let`",
        ),
        (
            "nums := [1, 2]\nnums.filter(n => n > 1)\nprint(nums)",
            "nums := nums.filter(",
        ),
        (
            "d := {a: [1]}\nfor k, v in d { v.push(1) }\nprint(d)",
            "`d[k].push(",
        ),
        (
            "rows := [[1]]\nfor row in rows { row[0] := 2 }\nprint(rows)",
            "for i in len(rows) { rows[i][0] := ",
        ),
        (
            "const xs := [1]\nxs[0] := 2",
            "declare it with `mut` to change it",
        ),
        ("print(\"a b\".split())", "`s.words()`"),
        ("print([1].reduce((a, b) => a + b))", "xs.reduce(0, f)"),
        ("xs := [1]\nprint(xs.clone())", "`y := x` is a copy"),
        ("throw ValueError(\"bad\")", "write `throw \"text\"`"),
        ("x := 3.5\ny := x as int", "write `to_int(x)`"),
        ("print(3 as string)", "write `to_string(x)`"),
        ("xs := vec![1, 2]", "`[a, b]`"),
        ("x := null\nx ||= 3", "write `if !x { x := … }`"),
        ("x := null\nx ??= 3", "write `x := x ?? …`"),
        (
            "name := \"\"\nshown := name || \"none\"\nprint(shown)",
            "`name ?? \"none\"`",
        ),
    ];
    for (text, help) in cases {
        project.write("page.ruff", text);
        let ran = project.ruff(&["check", "page.ruff"]);
        assert!(ran.err.contains(help), "{help} not in\n{}", ran.err);
    }
}
