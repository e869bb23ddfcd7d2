//! Scenes of built-ins that call a function for each element of what they walk: one that
//! captures, throws, changes what is walked or walks it itself, on arrays in variables and
//! parts, and on what is no array.

use super::Gen;
use crate::tree::{Block, decl, stmt};

const WALKED: [&str; 9] = [
    "xs",
    "xs",
    "xs",
    "held.items",
    "held.items",
    "[...xs, k]",
    "range(len(xs))",
    "(0..k)",
    "kept",
];

/// Functions of an element.
const OF_ELEMENT: [&str; 20] = [
    "x => x * k",
    "x => x + 1",
    "x => x % 2 == 0",
    "x => x > k",
    "x => x == k",
    "x => [x, k]",
    "x => \"${x}\"",
    "x => x",
    "x => { t += 1\n return x }",
    "x => { t := t + x\n return t }",
    "x => { xs.push(k)\n return x }",
    "x => { held.items.push(x)\n return len(held.items) }",
    "x => { kept.push(x)\n return len(kept) < 6 }",
    "x => { if t > 30 { throw \"full\" }\n t += 1\n return t }",
    "x => { x := [x]\n x.push(k)\n return x }",
    "x => xs.any(y => y == x)",
    "x => xs.map(y => y == x)",
    "x => null",
    "x => x[0]",
    "(x, y) => x",
];

/// Functions of a result so far and an element.
const OF_TWO: [&str; 9] = [
    "(a, x) => a + x",
    "(a, x) => a + x * k",
    "(a, x) => { a.push(x)\n return a }",
    "(a, x) => x",
    "(a, x) => if x > a { x } else { a }",
    "(a, x) => { t += 1\n return a }",
    "(a, x) => [x]",
    "(a, x) => a[0]",
    "x => x",
];

const FIRST: [&str; 7] = ["0", "0", "1.5", "[]", "\"\"", "k", "xs"];

const ARRAYS: [&str; 10] = [
    "[1, 2, 3, 4, 5, 6]",
    "[3, 1, 2]",
    "[1, 2.5, 3]",
    "[0.5, 1.5]",
    "[]",
    "[\"a\", \"b\"]",
    "[[1], [2, 3]]",
    "[1, \"b\", null]",
    "[2 ** 62, 2 ** 62, 7]",
    "\"abc\"",
];

impl Gen<'_> {
    /// A walk through the elements of something.
    fn walk_of(&mut self, each: &str) -> String {
        let form = self.pick(&[
            "@w.map(@f)",
            "map(@w, @f)",
            "@w.filter(@f)",
            "filter(@w, @f)",
            "@w.any(@f)",
            "@w.all(@f)",
            "@w.count(@f)",
            "@w.find(@f)",
            "@w.find_index(@f)",
            "@w.for_each(@f)",
            "@w.reduce(@1, @2)",
            "reduce(@w, @1, @2)",
            "@w.filter(@f).map(@f)",
            "@w.map(@f).reduce(@1, @2)",
        ]);
        let mut text = form.replace("@w", self.pick(&WALKED));
        while text.contains("@f") {
            let f = if self.chance(10) {
                each
            } else {
                self.pick(&OF_ELEMENT)
            };
            text = text.replacen("@f", f, 1);
        }
        text.replace("@1", self.pick(&FIRST))
            .replace("@2", self.pick(&OF_TWO))
    }

    /// A function with some walks, called with all kinds of sequences.
    pub fn walks(&mut self, out: &mut Block) {
        let (f, each) = (self.name("walks"), self.name("each"));
        let of_one = self.pick(&["x + 1", "x > 2", "[x]", "x * x", "len(x)"]);
        out.push(decl!("func @(x) { return @ }", each.clone(), of_one));
        let mut body = String::new();
        for _ in 0..self.between(1, 4) {
            let walk = self.walk_of(&each);
            let line = match self.below(6) {
                0 => format!("t += len({walk})"),
                1 => format!("try {{ kept.push({walk}) }} except e {{ kept.push(e.message) }}"),
                2 => format!("xs := {walk}"),
                // A loop over an int goes up to it.
                3 => format!("w := {walk}\n    if is_array(w) {{ for y in w {{ kept.push(y) }} }}"),
                _ => format!("kept.push({walk})"),
            };
            body.push_str("\n    ");
            body.push_str(&line);
        }
        out.push(decl!(
            "func @(xs, k) {\n    t := 0\n    kept := []\n    held := {\"items\": xs}@\n    return [t, kept, xs, held]\n}",
            f.clone(),
            body
        ));
        let mut calls = Vec::new();
        for _ in 0..self.between(2, 6) {
            let array = if self.chance(70) {
                self.pick(&ARRAYS[..4])
            } else {
                self.pick(&ARRAYS)
            };
            calls.push(format!("[{array}, {}]", self.pick(&["2", "3", "1", "2.5"])));
        }
        let (i, round) = (self.name("i"), self.name("round"));
        let rounds = self.count(1, 30);
        out.push(stmt!(
            "for @ in 0..@ { for @ in [@] { try { show(@(@[0], @[1])) } except e { oops(e) } } }",
            round,
            rounds,
            i.clone(),
            calls.join(", "),
            f,
            i.clone(),
            i
        ));
        self.cost += 4000;
    }
}
