//! The rules of `ruff check`: every page's wrong program is found and its right one is
//! silent, the document is what the table says, the repository's own programs have no
//! findings that they do not give a reason for, and what the command offers besides.

mod common;
#[path = "checks/copies.rs"]
mod copies;
#[path = "checks/newcomers.rs"]
mod newcomers;

use common::Project;
use ruff::engine::SourceFile;
use ruff::engine::{self, modules::Files};
use ruff::tools::rules::{self, RULES};
use std::fs;
use std::path::{Path, PathBuf};

/// A project with the module that some pages import.
fn project(name: &str) -> Project {
    let project = Project::new(&format!("checks-{name}"));
    let shapes = "export func area(a) { return a * a }\nexport func volume(a) { return a ** 3 }\n";
    project.write("shapes.ruff", shapes);
    project
}

/// The rules that find something in a program of the project.
fn found(project: &Project, text: &str) -> Vec<String> {
    project.write("page.ruff", text);
    let path = project.path("page.ruff");
    let source = SourceFile::new(&*path, text);
    let checked = engine::check_in(&source, &Files::new(Some(&path)));
    let errors: Vec<_> = checked.errors().map(|one| one.message.clone()).collect();
    assert!(errors.is_empty(), "{errors:?} in\n{text}");
    let rules = checked.diagnostics.iter().map(|one| one.rule);
    rules
        .map(|rule| rule.unwrap_or("none").to_string())
        .collect()
}

#[test]
fn wrong_programs_are_found_and_right_ones_are_not() {
    let project = project("pages");
    for rule in RULES {
        let mut rules = found(&project, rule.wrong);
        rules.dedup();
        assert_eq!(rules, [rule.name], "the wrong program of {}", rule.name);
        let rules = found(&project, rule.right);
        assert!(
            rules.is_empty(),
            "the right program of {}: {rules:?}",
            rule.name
        );
    }
}

#[test]
fn right_programs_run() {
    let project = project("right");
    for rule in RULES {
        project.write("page.ruff", rule.right);
        let ran = project.ruff(&["page.ruff"]);
        assert_eq!(
            ran.code, 0,
            "the right program of {}: {}",
            rule.name, ran.err
        );
    }
}

#[test]
fn what_certain_rules_find_fails() {
    let project = project("certain");
    for rule in RULES
        .iter()
        .filter(|rule| rule.level == rules::Level::Certain)
    {
        project.write("page.ruff", rule.wrong);
        let ran = project.ruff(&["page.ruff"]);
        assert_eq!(
            ran.code, 4,
            "the wrong program of {}: {}",
            rule.name, ran.out
        );
    }
}

#[test]
fn fixes_leave_nothing_of_what_they_are_for() {
    let project = project("fixes");
    let mut fixed = 0;
    for rule in RULES {
        project.write("page.ruff", rule.wrong);
        let ran = project.ruff(&["check", "--json", "page.ruff"]);
        if !ran.out.contains("\"end_column\"") || ran.out.contains("\"fix\": []") {
            continue;
        }
        let ran = project.ruff(&["check", "--fix", "page.ruff"]);
        assert!(ran.err.contains("put right"), "{}: {}", rule.name, ran.err);
        assert!(
            !ran.err.contains(&format!("[{}]", rule.name)),
            "{}",
            ran.err
        );
        fixed += 1;
    }
    assert!(fixed >= 8, "only {fixed} rules have a fix");
}

#[test]
fn the_document_is_the_table() {
    let path = "docs/CHECKS.md";
    let wanted = rules::document();
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, &wanted).expect("the document can be written");
    }
    let found = fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == wanted,
        "{path} is old: UPDATE_EXPECT=1 writes it again"
    );
}

fn programs(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            programs(&path, found);
        } else if path.extension().is_some_and(|it| it == "ruff") {
            found.push(path);
        }
    }
}

/// Programs that do not parse are the business of other tests.
#[test]
fn the_repository_is_clean() {
    let mut paths = Vec::new();
    for folder in ["docs/examples", "tests/lang", "bench-data", "src/cli/init"] {
        programs(Path::new(folder), &mut paths);
    }
    let mut wrong = String::new();
    for path in &paths {
        let name = path.to_string_lossy();
        let text = fs::read_to_string(path).unwrap_or_default();
        let source = SourceFile::new(&*name, text);
        let checked = engine::check_in(&source, &Files::new(Some(&name)));
        if checked.errors().next().is_none() {
            for finding in &checked.diagnostics {
                wrong += &finding.render(&source);
            }
        }
    }
    assert!(paths.len() > 200);
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn comments_silence_rules() {
    let project = project("comments");
    let silent = [
        "x := 1\nx == 2  # ruff: allow no-effect\nprint(x)",
        "x := 1\n# ruff: allow no-effect: it is a test\nx == 2\nprint(x)",
        "x := 1\n// ruff: allow no-effect\n\n# more\nx == 2\nprint(x)",
        "x := 1\nx == 2 /* ruff: allow undefined-name, no-effect */\nprint(x)",
        "x := 1\nx == 2  # ruff: allow suspicious\nprint(x)",
        "x := 1\nx == 2\nprint(x)\n# ruff: allow-file no-effect: all of it",
    ];
    for text in silent {
        assert!(found(&project, text).is_empty(), "{text}");
    }
    let loud = [
        "x := 1\nx == 2  # ruff: allow unused-variable\nprint(x)",
        "x := 1\nx == 2\nprint(x)  # ruff: allow no-effect",
        "x := 1\nx == 2  # allow no-effect\nprint(x)",
    ];
    for text in loud {
        assert_eq!(found(&project, text), ["no-effect"], "{text}");
    }
    assert_eq!(
        found(&project, "print(1)  # ruff: allow no-efect"),
        ["none"]
    );
}

#[test]
fn options_and_settings_silence_rules() {
    let project = project("settings");
    project.write("page.ruff", "x := 1\ny := 2\nx == 2\n");
    let ran = project.ruff(&["check", "page.ruff"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.starts_with("warning[unused-variable]: "),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("warning[no-effect]: "), "{}", ran.err);
    let allow = [
        "check",
        "--allow",
        "no-effect",
        "--allow",
        "tidy",
        "page.ruff",
    ];
    assert_eq!(project.ruff(&allow).code, 0);
    let ran = project.ruff(&["check", "--allow", "no-efect", "page.ruff"]);
    assert_eq!(
        (ran.code, ran.err.contains("did you mean `no-effect`?")),
        (2, true)
    );
    project.write(
        "ruff.toml",
        "[check]\nallow = [\"no-effect\", \"unused-variable\"]\n",
    );
    assert_eq!(project.ruff(&["check", "page.ruff"]).code, 0);
    project.write("ruff.toml", "[check]\nallow = [\"no-such\"]\n");
    let ran = project.ruff(&["check", "page.ruff"]);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(
        ran.err.contains("ruff.toml: no rule is called `no-such`"),
        "{}",
        ran.err
    );
}

#[test]
fn folders_are_searched_and_the_current_one_is_the_default() {
    let project = project("folders");
    project.write("src/deep/page.ruff", "print(nothing)\n");
    project.write(".hidden/page.ruff", "print(hidden)\n");
    for args in [&["check"][..], &["check", "."], &["check", "src"]] {
        let ran = project.ruff(args);
        assert_eq!(ran.code, 1, "{args:?}");
        assert!(ran.err.contains("src/deep/page.ruff:1:7"), "{}", ran.err);
        assert!(!ran.err.contains("hidden"), "{}", ran.err);
    }
    assert_eq!(project.ruff(&["check", "shapes.ruff"]).code, 0);
}

#[test]
fn findings_are_shown_as_json() {
    let project = project("json");
    project.write("page.ruff", "xs := [2, 1]\nsort(xs)\nprint(xs)\n");
    let ran = project.ruff(&["check", "--json", "page.ruff"]);
    assert_eq!((ran.code, &*ran.err), (1, ""));
    let document: serde_json::Value = serde_json::from_str(&ran.out).expect("it is JSON");
    assert_eq!(document["warnings"], 1);
    let finding = &document["findings"][0];
    assert_eq!(finding["rule"], "discarded-result");
    assert_eq!(
        (&finding["line"], &finding["column"]),
        (&2.into(), &1.into())
    );
    assert_eq!(finding["fix"][0]["text"], "xs.sort(");
}

#[test]
fn fixes_change_only_what_they_are_about() {
    let project = project("fix");
    project.write(
        "page.ruff",
        "# a list\nxs := [3, 1]  # two\nsort(xs)\npush(xs, len(xs))\nfor i, x in enumerate(xs) { print(i, x) }\nif xs.is_empty { print(!1 in xs) }\n",
    );
    let ran = project.ruff(&["check", "--fix", "page.ruff"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let text = fs::read_to_string(project.path("page.ruff")).expect("it is there");
    assert_eq!(
        text,
        "# a list\nxs := [3, 1]  # two\nxs.sort()\nxs.push(len(xs))\nfor i, x in xs { print(i, x) }\nif xs.is_empty() { print(1 not in xs) }\n"
    );
}

#[test]
fn rules_are_explained() {
    let project = project("explain");
    let ran = project.ruff(&["check", "--explain", "lost-write"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("## lost-write\n"), "{}", ran.out);
    let ran = project.ruff(&["check", "--explain"]);
    assert_eq!(ran.out.lines().count(), RULES.len());
    assert_eq!(project.ruff(&["check", "--explain", "lost-wirte"]).code, 2);
}

#[test]
fn tests_are_looked_into() {
    let project = project("tests");
    let text = "from shapes import area\ntest_setup { side := 2 }\ntest \"area\" {\n    assert_equal(area(side), 4)\n    sort([2, 1])\n}\n";
    assert_eq!(found(&project, text), ["discarded-result"]);
    project.write("page.ruff", "let x := 1\ntest \"t\" { x := 2 }\n");
    assert_eq!(project.ruff(&["check", "page.ruff"]).code, 3);
}

/// Methods that change what they are called on, of variables that do not change.
#[test]
fn methods_that_change_need_a_variable_that_may() {
    let project = project("receivers");
    let found: &[&str] = &["immutable-receiver"];
    let cases: &[(&str, &[&str])] = &[
        ("let xs := []\nxs.push(1)", found),
        ("const d := {a: 1}\nprint(d.remove(\"a\"))", found),
        ("let s := Stack()\ns.push(1)", found),
        (
            "func f() {\n    let q := Queue()\n    q.enqueue(1)\n    return q\n}\nprint(f())",
            found,
        ),
        (
            "struct P {\n    x\n    func move(self) { self.x += 1 }\n}\nlet p := P { x: 1 }\np.move()",
            found,
        ),
        (
            "class C {\n    x := 1\n    func move(self) { self.x += 1 }\n}\nlet c := C()\nc.move()",
            &[],
        ),
        (
            "struct P {\n    x\n    func double(self) { return self.x * 2 }\n}\nlet p := P { x: 1 }\nprint(p.double())",
            &[],
        ),
        ("mut xs := []\nxs.push(1)\nprint(xs)", &[]),
        (
            "let xs := [3, 1]\nprint(push(xs, 2), xs.len(), xs.map(x => x))",
            &[],
        ),
        (
            "func f(xs) {\n    xs.push(1)\n    return xs\n}\nprint(f([]))",
            &[],
        ),
    ];
    for (text, wanted) in cases {
        project.write("page.ruff", text);
        let ran = project.ruff(&["check", "page.ruff"]);
        let rules = ran.err.lines().filter_map(|line| {
            let rest = line.strip_prefix("warning[")?;
            rest.split_once(']').map(|(name, _)| name)
        });
        assert!(rules.eq(wanted.iter().copied()), "{text}: {}", ran.err);
    }
}

/// Elements of containers are known by all that is stored in them, and writing through
/// another name does not count.
#[test]
fn elements_of_containers_have_kinds() {
    let project = project("elements");
    let cases: &[(&str, &[&str])] = &[
        ("xs := [1, 2]\nprint(xs[0].foo)", &["unknown-field"]),
        (
            "xs := [[1], [2]]\nprint(xs[0][0].foo())",
            &["unknown-method"],
        ),
        (
            "d := {a: 1}\nprint(d[\"a\"].foo, d.a.bar)",
            &["unknown-field", "unknown-field"],
        ),
        (
            "struct P { x }\nps := []\nfor i in 3 { ps.push(P { x: i }) }\nfor p in ps { print(p.y) }",
            &["unknown-field"],
        ),
        (
            "grid := []\nfor y in 2 { row := [] for x in 2 { row.push(y * x) } grid.push(row) }\nprint(grid[0][0].foo)",
            &["unknown-field"],
        ),
        (
            "func f() { return \"a b\".split(\" \") }\nprint(f()[0].length)",
            &["unknown-field"],
        ),
        // A value that is stored later, by any way, is one of the kinds.
        ("xs := [1]\nxs[0] := [2]\nprint(xs[0].len())", &[]),
        ("xs := [1]\nxs.push(\"a\")\nprint(xs[1].upper())", &[]),
        ("xs := [1]\nxs.extend([\"a\"])\nprint(xs[1].upper())", &[]),
        (
            "xs := [[1]]\nxs[0][0] := \"a\"\nprint(xs[0][0].upper())",
            &[],
        ),
        (
            "xs := [[1]]\nxs[0].push(\"a\")\nprint(xs[0][1].upper())",
            &[],
        ),
        ("d := {a: 1}\nd.b := \"x\"\nprint(d.b.upper())", &[]),
        ("d := {a: 1}\nd.update({b: \"x\"})\nprint(d.b.upper())", &[]),
        (
            "xs := [1]\ny := xs.push(\"a\")\nprint(xs[1].upper(), y)",
            &[],
        ),
        (
            "xs := [1]\nfunc f() { xs.push(\"a\") }\nf()\nprint(xs[1].upper())",
            &[],
        ),
        (
            "func f(xs) { return xs[0].upper() }\nprint(f([\"a\"]), f([\"b\"]))",
            &[],
        ),
        ("xs := [1, \"a\"]\nprint(xs[1].upper())", &[]),
        // A quotient keeps its kind on the way to its use.
        (
            "m := [[1, 2], [3, 4]]\nd := m[0][0] * m[1][1] / m[0][1]\nprint(\"${d:.2f}\")",
            &["integer-quotient"],
        ),
        ("print(\"${7 / 2:.1f}\")", &["integer-quotient"]),
        (
            "func mean(a, b) { return (a + b) / 2 }\nprint(format(\"%.1f\", mean(1, 2)))",
            &["integer-quotient"],
        ),
        ("m := 7 / 2\nprint(\"${m} ${m:5} ${m:.0f}\")", &[]),
        ("m := 7 / 2\nm := 1.5\nprint(\"${m:.2f}\")", &[]),
    ];
    for (text, rules) in cases {
        assert_eq!(found(&project, text), *rules, "{text}");
    }
}

/// Programs with the rules that find something in them.
type Cases = &'static [(&'static str, &'static [&'static str])];

fn compare(name: &str, cases: Cases) {
    let project = project(name);
    let mut wrong = String::new();
    for (text, rules) in cases {
        let mut found = found(&project, text);
        found.sort();
        let mut wanted = rules.to_vec();
        wanted.sort_unstable();
        if found != wanted {
            wrong += &format!("{found:?}, not {wanted:?} in\n{text}\n\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Findings in programs as people write them who come from other languages.
#[test]
fn slips_are_found() {
    const CASES: Cases = &[
        // A function's variable is the script's, above or below.
        (
            "func f() { r := [] r.push(1) return r }\nr := f()\nprint(r)",
            &["assigns-outer"],
        ),
        (
            "total := 9\nfunc f(xs) { total := 0\nfor x in xs { total += x }\nreturn total }\nprint(f([1]), total)",
            &["assigns-outer"],
        ),
        (
            "x := 1\nprint(x)\nfunc f() { x := 2 }\nf()",
            &["assigns-outer"],
        ),
        // Positions and pairs.
        ("for a, b in zip([1], [2]) { print(a, b) }", &["pair-loop"]),
        ("for i, x in enumerate([1]) { print(i, x) }", &["pair-loop"]),
        (
            "for k, v in ({a: 1}).items() { print(k, v) }",
            &["pair-loop"],
        ),
        (
            "for a, b in [1, 2, 3].windows(2) { print(a + b) }",
            &["pair-loop"],
        ),
        // Changes of copies.
        (
            "struct Cart { items := []; func add(self, x) { self.items.push(x); return self } }\nc := Cart {}\nc.add(1).add(2)\nprint(c)",
            &["lost-write"],
        ),
        (
            "func fill(xs) { xs.push(9) }\na := [1]\nfill(a)\nprint(a)",
            &["lost-write"],
        ),
        ("a := [1]\nfor x in a { x += 1 }\nprint(a)", &["lost-write"]),
        (
            "b := [0, 0]\nfunc solve(b, i) { if i == 2 { return true }\nb[i] := 1\nreturn solve_next(b, i) }\nfunc solve_next(b, i) { return solve(b, i + 1) }\nprint(solve(b, 0), b)",
            &[],
        ),
        (
            "b := [0, 0]\nfunc solve(b, i) { if i == 2 { return true }\nb[i] := 1\nif solve(b, i + 1) { return true }\nreturn false }\nprint(solve(b, 0))\nprint(b)",
            &["lost-write"],
        ),
        (
            "func count(b, i) { if i == 2 { return true }\nb[i] := 1\nif count(b, i + 1) { return true }\nreturn false }\nprint(count([0, 0], 0))",
            &[],
        ),
        // Averages of ints.
        (
            "xs := [1, 2]\nprint(sum(xs) / len(xs))",
            &["integer-quotient"],
        ),
        (
            "xs := [1, 2]\ntotal := 0\nfor x in xs { total += x }\nmean := total / xs.len()\nprint(\"${mean:.2f}\")",
            &["integer-quotient"],
        ),
        (
            "xs := [1, 2]\nprint(to_float(sum(xs)) / len(xs), len(xs) / 2, 7 / len(xs))",
            &[],
        ),
        // Beside floats, ints are those that the text shows to be ints.
        (
            "xs := [3, 4]\nprint(xs.sum() / xs.len(), 0.5)",
            &["integer-quotient"],
        ),
        (
            "ws := [\"a\", \"bc\"]\nns := ws.map(w => len(w))\nprint(sum(ns) / len(ns), 0.5)",
            &["integer-quotient"],
        ),
        (
            "func read(text) { out := []\nfor line in text.lines() { out.push(to_int(line)) }\nreturn out }\nns := read(\"1\\n2\")\nprint(sum(ns) / len(ns), 0.5)",
            &["integer-quotient"],
        ),
        (
            "func mean(ds) { return sum(ds) / len(ds) }\nprint(mean([1, 2]), 0.5)",
            &["integer-quotient"],
        ),
        (
            "func mean(ds) { return sum(ds) / len(ds) }\nprint(mean([1.5, 2]), mean([0.5]))",
            &[],
        ),
        (
            "func mean(ds) { return sum(ds) / len(ds) }\nprint(mean(parse_json(\"[1, 2]\")), 0.5)",
            &[],
        ),
        (
            "xs := [1, 2]\nxs.push(0.5)\nprint(sum(xs) / len(xs), max(xs) / len(xs))",
            &[],
        ),
        (
            "xs := [1, 2]\nn := len(xs)\nmean := sum(xs) / n\nprint(mean, 0.5)",
            &["integer-quotient"],
        ),
        (
            "total := 0\ncount := 0\nfor x in [1, 2] { total += x\ncount += 1 }\nprint(total / count)",
            &["integer-quotient"],
        ),
        (
            "struct S { total := 0\ncount := 0\nfunc add(self, x) { self.total += x\nself.count += 1 }\nfunc mean(self) { return self.total / self.count } }\ns := S {}\ns.add(3)\nprint(s.mean())",
            &["integer-quotient"],
        ),
        (
            "struct S { total := 0\ncount := 0\nfunc add(self, x) { self.total += x\nself.count += 1 }\nfunc mean(self) { return self.total / self.count } }\ns := S {}\ns.add(3.5)\nprint(s.mean())",
            &[],
        ),
        (
            "total := 0\nsteps := 0\nfor x in [1, 2] { total += x\nsteps += 2 }\nprint(total / steps)",
            &[],
        ),
        // Percentages, and fractions of literals.
        (
            "done := 3\ntotal := 8\nprint(done / total * 100)",
            &["integer-quotient"],
        ),
        ("c := 25\nprint(9 / 5 * c + 32)", &["integer-quotient"]),
        (
            "c := 25\nm := 95\nprint(c * 9 / 5 + 32, m / 60 * 100 + m % 60, c / 10 * 10, 6 / 3 * c)",
            &[],
        ),
        // Eliminations.
        (
            "a := [[2, 1], [1, 3]]\nf := a[1][0] / a[0][0]\nfor k in 0..2 { a[1][k] -= f * a[0][k] }\nprint(a, 0.5)",
            &["integer-quotient"],
        ),
        (
            "func det(m) { a := []\nfor row in m { a.push(row[:]) }\nd := 1\nfor i in 0..2 { for j in i + 1..2 { p := a[i][i]\nf := a[j][i] / p\nfor k in 0..2 { a[j][k] := a[j][k] - a[i][k] * f } }\nd *= a[i][i] }\nreturn d }\nprint(det([[2, 1], [1, 3]]), 0.5)",
            &["integer-quotient"],
        ),
        (
            "struct M { rows := []\nfunc reduce(self) { f := self.rows[1][0] / self.rows[0][0]\nfor k in 0..2 { self.rows[1][k] -= f * self.rows[0][k] } } }\nm := M { rows: [[2, 1], [1, 3]] }\nm.reduce()\nprint(m, 0.5)",
            &["integer-quotient"],
        ),
        (
            "struct M { rows := []\nfunc reduce(self) { f := self.rows[1][0] / self.rows[0][0]\nfor k in 0..2 { self.rows[1][k] -= f * self.rows[0][k] } } }\nm := M { rows: [[2.0, 1.0], [1.0, 3.0]] }\nm.reduce()\nprint(m)",
            &[],
        ),
        (
            "a := [[2.0, 1], [1, 3]]\nf := a[1][0] / a[0][0]\nfor k in 0..2 { a[1][k] -= f * a[0][k] }\nprint(a)",
            &[],
        ),
        ("a := [8, 4]\ng := 2\na[0] -= a[1] / g * 3\nprint(a)", &[]),
        (
            "pairs := zip([1, 2], [3, 4])\nfor a, b in pairs { print(a, b) }",
            &["pair-loop"],
        ),
        (
            "pairs := zip([1, 2], [3, 4])\nfor i, pair in pairs { print(i, pair[0]) }",
            &[],
        ),
        // Parts of immutable variables.
        (
            "let a := [[1]]\na[0].push(2)\nprint(a)",
            &["immutable-receiver"],
        ),
        (
            "struct P { xs := []\nfunc add(self, x) { self.xs.push(x) } }\nlet p := P {}\np.xs.push(1)\nlet ps := {k: p}\nps.k.add(1)\nprint(p, ps)",
            &["immutable-receiver", "immutable-receiver"],
        ),
        (
            "class C { xs := [[1]] }\nlet c := C()\nc.xs.push([1])\nc.xs[0].push(1)\nlet d := {k: [1]}\nprint(c, d.k.sum())",
            &[],
        ),
        (
            "n := 0\np := spawn { n += 1 }\nawait p\nprint(n)",
            &["spawn-copy"],
        ),
        (
            "func f() { xs := [1]; p := spawn { g := func() { xs.push(2) }; g() }; await p; return xs }\nprint(f())",
            &["spawn-copy"],
        ),
        (
            "a := [1]\nfor x in a { x := x * 2 }\nprint(a)",
            &["lost-write"],
        ),
        (
            "ps := [{age: 1}]\nfor p in ps { if p.age > 0 { p.age += 1 } }\nprint(ps)",
            &["lost-write"],
        ),
        (
            "rows := [[1], [2]]\nrow := rows[0]\nrow[0] := 5\nprint(rows)",
            &["lost-write"],
        ),
        (
            "d := {a: {n: 1}}\nfunc bump(k) { acc := d[k]\nacc.n += 1 }\nbump(\"a\")\nprint(d)",
            &["lost-write"],
        ),
        ("a := [3]\npush(a, 4)\nprint(a)", &["discarded-result"]),
        ("s := \"a\"\ns.upper()\nprint(s)", &["discarded-result"]),
        ("[1].map(func(x) { print(x) })", &["discarded-result"]),
        // Conditions.
        (
            "xs := [1]\nif xs.is_empty { print(1) }",
            &["uncalled-function"],
        ),
        (
            "func ready() { return true }\nif ready { print(1) }",
            &["uncalled-function"],
        ),
        ("n := \"\" || \"none\"\nprint(n)", &["literal-operand"]),
        ("xs := [1]\nprint(xs.contains(1) > 0)", &["bool-as-number"]),
        // Numbers.
        ("n := 17\nm := n // 2\nprint(m)", &["comment-as-division"]),
        (
            "lo := 1\nhi := 8\nm := (lo + hi) // (hi - lo)\nprint(m)",
            &["comment-as-division"],
        ),
        (
            "ws := [\"a\"]\nprint(round(len(ws) / 2, 2))",
            &["integer-quotient"],
        ),
        ("n := 7\nif n / 2 > 3.4 { print(n) }", &["integer-quotient"]),
        (
            "func mean(xs) { return round(xs.sum() / len(xs), 1) }\nprint(mean([1, 2]))",
            &["integer-quotient"],
        ),
        (
            "func part(total, percent) { return total * (percent / 100) }\nprint(part(200, 50))",
            &["integer-quotient"],
        ),
        // Types that calls and fields tell.
        (
            "class Box { items := []\nfunc empty(self) { return if self.items.is_empty { 1 } else { 0 } } }\nprint(Box().empty())",
            &["uncalled-function"],
        ),
        (
            "func first(xs) { return xs.size() }\nprint(first([1]))",
            &["unknown-method"],
        ),
        // Enums.
        (
            "enum C { Red, Green }\nmatch C::Red { case Red: print(1)  default: print(2) }",
            &["binding-case", "unreachable-case"],
        ),
        (
            "MAX := 5\nmatch 3 { case MAX: print(1) }",
            &["binding-case", "unused-variable"],
        ),
        ("enum C { Red, Green }\nprint(C.Red)", &["unknown-field"]),
        (
            "enum C { Red, Green }\nmatch C::Red { case C::Red: print(1) }",
            &["missing-variants"],
        ),
        // Types.
        (
            "struct P { x: int }\nprint(P { x: \"no\" })",
            &["type-mismatch"],
        ),
        (
            "func f(a: int) -> int { return \"s\" }\nprint(f(1))",
            &["unused-parameter", "type-mismatch"],
        ),
        (
            "func f() -> string { return len(\"a\") }\nprint(f())",
            &["type-mismatch"],
        ),
        (
            "struct P { x }\np := P { y: 1 }\nprint(p)",
            &["missing-field", "unknown-field"],
        ),
        (
            "struct P { x := 0 }\np := P {}\np.foo()",
            &["unknown-method"],
        ),
        (
            "class Dog { func init(self, name) { self.name := name } }\nprint(Dog())",
            &["argument-count", "unknown-field"],
        ),
        ("q := {a: 1, a: 2}\nprint(q)", &["duplicate-key"]),
    ];
    compare("slips", CASES);
}

/// Programs that look like slips and are none.
#[test]
fn sound_programs_are_silent() {
    let project = project("sound");
    let programs = [
        "count := 0\nfunc inc() { count += 1 }\nfunc reset() { count := 0 }\ninc()\nreset()\nprint(count)",
        "func f() { seen := false\nfor_each([1], x => { seen := true })\nreturn seen }\nprint(f())",
        "for i, pair in zip([1], [2]) { print(i, pair[0] + pair[1]) }",
        "for i, pair in zip([1], [2]) { [a, b] := pair\nprint(i, a, b) }",
        "class Node { value := 0 }\nfunc set(n) { n.value := 5 }\nx := Node()\nset(x)\nprint(x)",
        "func walk(xs) { xs.push(1)\nwhile len(xs) > 0 { print(xs.pop()) } }\nwalk([2])",
        "func twice(xs) { for i in 2 { print(xs)\nxs.push(i) } }\ntwice([])",
        "func counted(x) { return func() { x += 1\nreturn x } }\nprint(counted(1)())",
        "try { to_int(\"x\") } except e { print(e.kind) }",
        "assert_throws(func() { [1].take(\"x\") })",
        "x := 17  // a note\ny := x  // about x and y\nprint(x, y)  // 2",
        "total := 5 // ok\nprint(total)",
        "d := {first: 1}\nif d.first { print(1) }",
        "print(to_float(7) / 2 > 3.4, 7 / 2 > 3)",
        "enum C { Red, Green }\nmatch C::Red { case C::Red if 1 > 0: print(1)  case C::Red: print(2)  case C::Green: print(3) }",
        "func cb(a, _b) { return a }\nprint(cb(1, 2))\nfunc each(a, b) { return a }\nprint(reduce([1], 0, each))",
        "func mean(xs) { return round(xs.sum() / len(xs), 1) }\nprint(mean([1.5, 2]))",
        "func size(x) { return x.size() }\nstruct Own { func size(self) { return 1 } }\nprint(size(Own {}))",
        "x: float := 1\ny: int? := null\nz: T := 5\nprint(x, y, z)",
        "export limit := 5\nexport func f(x) { return x }",
        "func fact(n) { return if n < 2 { 1 } else { n * fact(n - 1) } }\nprint(fact(5))",
    ];
    for text in programs {
        assert_eq!(found(&project, text), Vec::<String>::new(), "{text}");
    }
}
