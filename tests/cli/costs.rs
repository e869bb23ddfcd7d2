//! The costs of programs, by the counts of `--stats`: containers are copied only where
//! two names go on to have them. A copy a round would make these programs quadratic.

use crate::support::run;

/// The number after a name in what `--stats` reports.
fn count(report: &str, name: &str) -> u64 {
    let number = report
        .lines()
        .find_map(|line| line.strip_prefix(name)?.split_whitespace().next());
    number
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| panic!("no {name} in {report}"))
}

/// Runs a program in the interpreter and compiled; it must make at most so many copies.
#[track_caller]
fn copies(most: u64, code: &str) {
    for tiers in ["off", "on"] {
        let ran = run(&["run", "--stats", "--jit", tiers, "-e", code]).ended(0);
        let copies = count(&ran.err, "copies");
        assert!(copies <= most, "{copies} copies with --jit {tiers}: {code}");
    }
}

/// `f` 1000 times, and a write of what it looks at after each.
fn between_writes(declarations: &str) {
    copies(
        5,
        &format!(
            "items := range(100)\n{declarations}\nfor i in 1000 {{ f()\n items[i % 100] := i }}"
        ),
    );
}

#[test]
fn a_loop_gives_back_what_it_runs_over() {
    for body in [
        "for v in items { }",
        "for v in items { if v >= 0 { return v } }",
        "for i, v in items { break }",
        "for v in items { for w in items { return w } }",
        "outer: for v in items { for w in items { break outer } }",
        "for v in items { for w in items { continue } if v > 2 { break } }",
        "for v in items { x := Err(v)? }",
        "for v in items { try { return v } finally { len(\"\") } }",
        "try { for v in items { throw(v) } } except e { }",
        "try { for v in items { for w in items { throw(v) } } } except e { }",
    ] {
        between_writes(&format!("func f() {{ {body} }}"));
    }
    between_writes(
        "func g() { for v in items { throw(v) } }\nfunc f() { try { g() } except e { } }",
    );
    between_writes(
        "func* g() { for v in items { yield v\n break } }\nfunc f() { for v in g() { } }",
    );
}

#[test]
fn a_lazy_chain_gives_back_what_it_has_run_through() {
    for body in [
        "items.map(h).collect()",
        "items.filter(h).count()",
        "items.enumerate().collect()",
        "items.zip(items).collect()",
        "items.chunk(7).for_each(h)",
        "for v in items.map(h) { }",
        "for i, v in items.filter(h) { }",
        "items.find(h)",
        "map(items, h)",
        "any(items, h)",
    ] {
        between_writes(&format!(
            "func h(x) {{ return x == 50 }}\nfunc f() {{ {body} }}"
        ));
    }
}

#[test]
fn a_lazy_chain_that_is_left_early_gives_back_too() {
    for body in [
        "for v in iter(items).filter(h) { return v }",
        "for v in iter(items) { break }",
        "for i, v in iter(items).map(g).enumerate().skip(1) { break }",
        "for v in take(filter(iter(items), h), 2) { throw(v) }",
        "for v in iter(items).take(2) { x := Err(v)? }",
        "iter(items).filter(h).first()",
        "iter(items).map(g).find(h)",
        "iter(items).map(g).take(2).collect()",
        "iter(items).any(h)",
        "any(map(iter(items), g), h)",
        "first(iter(items))",
        "next(iter(items).skip(2))",
        "x := next(skip(iter(items), 2))",
        "iter(items).find(func(v) { throw(v) })",
        "iter(items).zip([1, 2]).collect()",
        "for v in items.iter() { break }",
        "for v in items.iter().map(g).filter(h) { return v }",
        "items.iter().map(g).first()",
        "for v in iter(items) |> map(g) { break }",
        "for v in items |> iter |> filter(h) |> map(g) { break }",
        "items |> iter |> map(g) |> first",
        "for v in items.cycle() { break }",
        "for v in cycle(items).map(g) { return v }",
        "next(items.cycle().skip(250))",
        "for v in iter(items).cycle() { break }",
        "for v in cycle(iter(items).map(g)).filter(h) { return v }",
        "next(iter(items).cycle().skip(250))",
        "items |> iter |> cycle |> first",
        "for v in iter(items).zip(items) { break }",
        "for v in [1, 2].iter().zip(items, items) { return v }",
        "for v in iter(items).zip(items).map(g).take(2) { throw(v) }",
        "iter(items).zip(items).first()",
        "for v in iter(items).take(2) { }",
        "next(iter(items).zip(items).skip(2))",
    ] {
        between_writes(&format!(
            "func g(x) {{ return x }}\nfunc h(x) {{ return x >= 0 }}\nfunc k() {{ {body} }}\nfunc f() {{ try {{ k() }} except e {{ }} }}"
        ));
    }
}

#[test]
fn so_it_does_where_it_is_captured_or_a_part() {
    copies(
        5,
        "func k() { mut items := range(100)\n f := func() { for v in items { return v } }\n for i in 1000 { f()\n items[i % 100] := i } }\nk()",
    );
    copies(
        5,
        "struct S { items\n func f(self) { for v in self.items { return v } }\n func g(self) { for i in 1000 { self.f()\n self.items[i % 100] := i } } }\ns := S { items: range(100) }\ns.g()",
    );
    copies(
        5,
        "s := [{\"items\": range(100)}]\nfunc f() { for v in s[0].items { return v } }\nfor i in 1000 { f()\n s[0].items[i % 100] := i }",
    );
    copies(
        5,
        "func k() { xs := range(100)\n for i in 1000 { for x in xs { if x < -5 { xs.push(1) }\n break }\n xs[i % 100] := i } }\nk()",
    );
}

/// Looks at an array in several places, with a function called in the middle, and writes it,
/// 1000 times.
#[track_caller]
fn looks(looks: &[&str]) {
    for place in ["self.xs", "self.part.xs", "self.d[\"xs\"]", "g", "h[0]"] {
        for look in looks {
            let look = look.replace('X', place);
            copies(
                12,
                &format!(
                    "g := range(100)\nh := [range(100)]\nfunc at(i) {{ return i % 100 }}\nstruct P {{ xs }}\nclass C {{ xs := range(100)\n part := P {{ xs: range(100) }}\n d := {{xs: range(100)}}\n func at(self, i) {{ return i % 100 }}\n func both(self, x, y) {{ return y }}\n func go(self) {{ for i in 1000 {{ x := {look}\n {place}[i % 100] := i }} }} }}\nC().go()"
                ),
            );
        }
    }
}

#[test]
fn a_match_lends_its_subject_to_its_guards() {
    looks(&[
        "match X { case [a, ...b] if self.at(i) < 0: { 1 } case [a] if at(i) < 0: { 2 } default: { 3 } }",
        "match X { case [a, ...b] if self.at(i) >= 0: { a } case _: { 2 } }",
        "match X { case [a] if at(i) < 0: { 1 } case [a, ...b]: { a } case _: { 2 } }",
        "match X { case [a] | [a, _] if at(i) < 0: { a } case _ if at(i) < 0: { 1 } default: { 2 } }",
    ]);
}

#[test]
fn a_comparison_lends_its_left_side() {
    looks(&[
        "X == at(i)",
        "if X != self.at(i) { 1 } else { 2 }",
        "[X == self.at(i), X == [at(i)] || X != X]",
    ]);
}

#[test]
fn what_is_read_before_a_call_is_lent_until_it_is_used() {
    looks(&[
        "X[self.at(i)]",
        "X[at(i)]",
        "len(X[0:self.at(i)])",
        "X.contains(self.at(i))",
        "X.slice(0, self.at(i))",
        "contains(X, self.at(i))",
        "self.both(X, self.at(i))",
        "X[X[self.at(i)] % 100]",
        "if X[self.at(i)] == self.at(i) { 1 } else { 2 }",
        "X.map(v => v + 1)[self.at(i)]",
    ]);
    copies(
        3,
        "struct S { xs\n func at(self, i) { return i % 100 }\n func go(self) { for i in 1000 { self.xs[i % 100] := self.xs[self.at(i)] } } }\ns := S { xs: range(100) }\ns.go()",
    );
    copies(
        3,
        "class C { d := {}\n func key(self, i) { return \"k${i % 100}\" }\n func go(self) { for i in 1000 { self.d[self.key(i)] := self.d.get(self.key(i), 0) + 1 } } }\nC().go()",
    );
}

#[test]
fn a_condition_keeps_nothing_once_it_is_decided() {
    for test in [
        "xs[i % 100] == 0",
        "xs[i % 100] in xs",
        "!(i in xs)",
        "xs[0] < xs[1] && xs[i % 100] > len(xs)",
        "at(xs, i) == xs[at(xs, i)]",
    ] {
        through_calls(
            &format!("xs, i) {{ if {test} {{ return xs }}\n return xs"),
            "xs := f(xs, i)\n xs[i % 100] := i",
        );
        through_calls(
            &format!("xs, i) {{ while {test} {{ return xs }}\n return xs"),
            "xs := f(xs, i)\n xs[i % 100] := i",
        );
    }
}

#[test]
fn the_first_entry_is_taken_out_in_its_place() {
    for take in [
        "for k in d { d.remove(k)\n break }",
        "for k, v in d { d.remove(k)\n x := v\n break }",
        "for k in d { if k != \"\" { d.remove(k) } else { d.clear() }\n break }",
    ] {
        copies(
            3,
            &format!(
                "func f() {{ mut d := {{}}\n for i in 1000 {{ d[\"k${{i}}\"] := i }}\n while len(d) > 0 {{ {take} }} }}\nf()"
            ),
        );
    }
    copies(
        3,
        "d := {}\nfunc take() { for k, v in d { d.remove(k)\n return v } }\nfor i in 1000 { d[i] := i }\nwhile len(d) > 0 { take() }",
    );
}

/// `xs` through a call that writes it, 1000 times.
fn through_calls(function: &str, step: &str) {
    copies(
        3,
        &format!(
            "func at(xs, i) {{ return i % 100 }}\nfunc f({function} }}\nfunc g() {{ mut xs := range(100)\n for i in 1000 {{ {step} }}\n return Ok(xs) }}\ng()"
        ),
    );
}

#[test]
fn what_a_call_gives_back_in_a_result_moves() {
    let ok = "xs, i) { xs[i % 100] := i\n return Ok(xs)";
    through_calls(ok, "xs := f(xs, i)?");
    through_calls(ok, "try { xs := f(xs, i)? } finally { len(\"\") }");
    through_calls(ok, "xs := f(xs, i).unwrap()");
    through_calls(ok, "xs := unwrap(f(xs, i))");
    through_calls(ok, "xs := f(xs, i).unwrap_or([])");
    through_calls(ok, "r := f(xs, i)\n xs := r.unwrap()");
    through_calls(
        "xs, i) { xs[i % 100] := i\n return Err(xs)",
        "xs := f(xs, i).unwrap_err()",
    );
}

#[test]
fn a_value_returned_out_of_try_moves() {
    for rest in [
        "except e { print(e) } finally { len(\"\") }",
        "except e { return xs } finally { len(\"\") }",
        "except e { return xs }",
        "finally { len(\"\") }",
    ] {
        through_calls(
            &format!("xs, i) {{ try {{ xs[i % 100] := i\n return xs }} {rest}"),
            "xs := f(xs, i)",
        );
    }
}

#[test]
fn arguments_beyond_the_eighth_are_lent() {
    through_calls(
        "a, b, c, d, e, g, h, k, xs) { return len(xs)",
        "f(1, 2, 3, 4, 5, 6, 7, 8, xs)\n xs[0] := i",
    );
    through_calls(
        "a, b, c, d, e, g, h, k, xs) { xs[0] := a\n return xs",
        "xs := f(1, 2, 3, 4, 5, 6, 7, 8, xs)",
    );
    copies(
        3,
        "struct S { a\n func f(self, a, b, c, d, e, g, h, xs) { return len(xs) } }\nfunc k() { s := S { a: 1 }\n xs := range(100)\n for i in 1000 { s.f(1, 2, 3, 4, 5, 6, 7, xs)\n xs[0] := i } }\nk()",
    );
}

/// Collections tell how much memory was asked for.
#[test]
fn an_error_deep_down_makes_no_names() {
    let code = "func deep(n, f) { if n == 0 { return f() }\n return deep(n - 1, f) }\nfunc f() { for i in 5000 { try { throw(\"x\") } except e { } } }\ndeep(3000, f)";
    let ran = run(&["run", "--stats", "-e", code]).ended(0);
    let collections = count(&ran.err, "minor collections") + count(&ran.err, "major collections");
    assert!(collections <= 150, "{collections} collections");
}
