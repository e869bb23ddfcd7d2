//! Scenes of ints of 64 bits without a sign: hashes and random numbers, in loops, functions and
//! fields, with operands that turn out to be something else on the way.

use super::Gen;
use crate::tree::{Block, decl, stmt};

const MASKS: [&str; 9] = [
    "0xFFFFFFFFFFFFFFFF",
    "0xFFFFFFFFFFFFFFFF",
    "0xFFFFFFFFFFFFFFFF",
    "0xFFFFFFFF",
    "0x7FFFFFFFFFFFFFFF",
    "0xFFFF0000FFFF0001",
    "(2 ** 64 - 1)",
    "0x1FFFFFFFFFFFFFFFFF",
    "-16",
];

const FACTORS: [&str; 11] = [
    "6364136223846793005",
    "0x9E3779B97F4A7C15",
    "0xBF58476D1CE4E5B9",
    "1099511628211",
    "31",
    "2",
    "-3",
    "-7046029254386353131",
    "0",
    "2 ** 70 + 1",
    "1.5",
];

const SHIFTS: [&str; 7] = ["1", "7", "13", "33", "63", "0", "64"];

impl Gen<'_> {
    /// An expression of words: `@x` and `@y` are variables, `@M` is a mask. One that is
    /// negative bounds nothing, so there is no product of two variables.
    fn mixing(&mut self, is_negative: bool) -> String {
        let forms = [
            "(@x * @F + @C) & @M",
            "(@x * @F) & @M",
            "(@x + @C) & @M",
            "(@x - @y) & @M",
            "(@x + @y * @F) & @M",
            "@x ^ (@x >> @S)",
            "@x ^ ((@x << @S) & @M)",
            "((@x ^ (@x >> @S)) * @F) & @M",
            "((@x << @S) | (@x >> (64 - @S))) & @M",
            "((@x << @S) ^ (@y >> @S)) & @M",
            "(~@x) & @M",
            "(-@x + @y) & @M",
            "((@x & @y) * @F ^ @C) & @M",
            "@x | @y",
            "@x & @y",
            "@x ^ @y",
            "@x % 1000003",
            "@x / 3",
            "@x >> @S",
            "(@x + @y) % 97",
            "(@x & 0xFF) * 3 + @y % 7",
            "(@x * @y) & @M",
            "(@M & (@F * @x)) ^ @y",
            "@x % (@y | 1)",
            "@x / (@y | 1)",
        ];
        let mut form = self.pick(&forms).to_string();
        if is_negative {
            form = form.replace("@x * @y", "@x + @y");
        }
        for (mark, of) in [("@F", &FACTORS[..]), ("@C", &FACTORS[..]), ("@S", &SHIFTS)] {
            while form.contains(mark) {
                form = form.replacen(mark, self.pick(of), 1);
            }
        }
        form
    }

    /// A loop, a function or a class that mixes bits.
    pub fn hashes(&mut self, out: &mut Block) {
        let (mask, f) = (self.name("MASK"), self.name("mix"));
        let is_global = self.chance(60);
        let value = self.pick(&MASKS);
        if is_global {
            out.push(decl!("@ := @", mask.clone(), value));
        }
        let shown = if is_global {
            mask.clone()
        } else {
            value.to_string()
        };
        let mut body = String::new();
        for _ in 0..self.between(1, 5) {
            let target = self.pick(&["x", "x", "y", "z"]);
            let form = self.mixing(value.starts_with('-'));
            let form = form.replace("@x", self.pick(&["x", "x", "y", "z", "i"]));
            let form = form.replace("@y", self.pick(&["y", "x", "z", "i"]));
            let form = form.replace("@M", &shown);
            let line = match self.below(6) {
                0 => format!("if x > y {{ {target} := {form} }}"),
                1 => format!("if x % 3 == y % 3 {{ {target} := {form} }} else {{ z := z ^ x }}"),
                2 => format!("{target} := {form}\n        t := t + {target} / 2.0 ** 64"),
                _ => format!("{target} := {form}"),
            };
            body.push_str("\n        ");
            body.push_str(&line);
        }
        let starts = [
            "1",
            "88172645463325252",
            "14695981039346656037",
            "0",
            "-1",
            "2 ** 64 - 1",
            "2 ** 64",
            "7.0",
            "\"a\"",
        ];
        let rounds = self.count(20, 300);
        let keep = self.pick(&["", "\n        kept.push(x)", "\n        kept.push([y, z])"]);
        out.push(decl!(
            "func @(x, y, n) {\n    z := 3\n    t := 0.0\n    kept := []\n    for i in 0..n {@@\n    }\n    return [x, y, z, t, kept]\n}",
            f.clone(),
            body,
            keep
        ));
        let mut calls = Vec::new();
        for _ in 0..self.between(2, 5) {
            let a = if self.chance(80) {
                self.pick(&starts[..6])
            } else {
                self.pick(&starts)
            };
            let b = if self.chance(80) {
                self.pick(&starts[..6])
            } else {
                self.pick(&starts)
            };
            calls.push(format!("[{a}, {b}]"));
        }
        let i = self.name("i");
        out.push(stmt!(
            "for @ in [@] { try { show(@(@[0], @[1], @)) } except e { oops(e) } }",
            i.clone(),
            calls.join(", "),
            f,
            i.clone(),
            i,
            rounds
        ));
        if self.chance(50) {
            self.hashing_object(out, &shown, value.starts_with('-'));
        }
        self.cost += 4000;
    }

    /// Instances with a state of such ints in a field.
    fn hashing_object(&mut self, out: &mut Block, mask: &str, is_negative: bool) {
        let ty = self.name("Source");
        let mut steps = String::new();
        for _ in 0..self.between(1, 3) {
            let form = self.mixing(is_negative);
            let form = form.replace("@x", "self.state").replace("@y", "self.other");
            let form = form.replace("@M", mask);
            let target = self.pick(&["state", "state", "other"]);
            steps.push_str(&format!("\n        self.{target} := {form}"));
        }
        let result = self.pick(&[
            "self.state >> 11",
            "self.state % 100",
            "self.state",
            "self.state & 255",
            "self.state / 2.0 ** 64",
            "[self.state, self.other]",
        ]);
        let (first, second) = (
            self.pick(&["1", "0xDEADBEEFCAFEBABE", "42", "2 ** 63"]),
            self.pick(&["2", "0xFFFFFFFFFFFFFFFF", "-1", "2 ** 65"]),
        );
        let rounds = self.count(20, 300);
        out.push(decl!(
            "class @ {\n    state := @\n    other := @\n    func next(self) {@\n        return @\n    }\n}",
            ty.clone(),
            first,
            second,
            steps,
            result
        ));
        let (r, all) = (self.name("source"), self.name("all"));
        out.push(stmt!(
            "try {\n    @ := @()\n    @ := []\n    for i in 0..@ { v := @.next()\n if i % 16 == 0 { @.push(v) } }\n    show(@)\n    show([@.state, @.other])\n} except e { oops(e) }",
            r.clone(),
            ty,
            all.clone(),
            rounds,
            r.clone(),
            all.clone(),
            all,
            r.clone(),
            r
        ));
    }
}
