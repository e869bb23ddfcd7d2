//! Scenes of what compiled code builds as a part of one instruction: patterns of literals and
//! characters, comparison methods, first values of fields, and arguments that are left out.

use super::Gen;
use crate::tree::{Block, decl, stmt};

impl Gen<'_> {
    /// A loop that looks at characters, and at values that are none.
    pub fn characters(&mut self, out: &mut Block) {
        let f = self.name("scan");
        let cases = [
            "case \"a\"..\"f\": n += 1",
            "case \"0\"..=\"9\": n += 10",
            "case \"é\": n += 100",
            "case \" \" | \"xy\": n += 1000",
            "case \"\": n += 3",
            "case 7: n += 5",
            "case 2.5: n += 6",
            "case -3..4: n += 7",
            "case 1..=3 | 9: n += 8",
            "case null: n += 9",
            "case true: n += 11",
            "case [_, _]: n += 12",
            "case [_, ..._]: n += 13",
            "case []: n += 14",
            "case Some(_): n += 15",
            "case None: n += 16",
        ];
        let mut chosen = String::new();
        for _ in 0..self.between(2, 7) {
            chosen.push_str("\n            ");
            chosen.push_str(self.pick(&cases));
        }
        let test = self.pick(&[
            "c >= \"b\" && c <= \"y\"",
            "c < \"n\"",
            "\"g\" > c",
            "c > \"az\" || c == \"a\"",
            "c != None",
            "None == c",
            "c == other",
            "c <= other",
        ]);
        out.push(decl!(
            "func @(xs, other) {\n    n := 0\n    m := 0\n    for c in xs {\n        match c {@\n            default: n += 100000\n        }\n        if @ { m += 1 }\n    }\n    return [n, m]\n}",
            f.clone(),
            chosen,
            test
        ));
        let subjects = [
            "\"abz09 é\"",
            "\"the quick brown fox\"",
            "[\"a\", \"\", \"xy\", \"z\"]",
            "[1, 7, 9, -3, 4, 0]",
            "[2.5, 7.0, 3, 2 ** 60, -2 ** 70]",
            "[null, true, \"a\", 7]",
            "[[], [1], [1, 2], [1, 2, 3]]",
            "[Some(1), None, Ok(2), 7]",
            "[\"a\", None, 7]",
        ];
        let mut all: Vec<&str> = Vec::new();
        for _ in 0..self.between(1, 4) {
            all.push(self.pick(&subjects));
        }
        let other = self.pick(&["\"k\"", "\"kk\"", "7", "None", "Some(1)", "null"]);
        let rounds = self.count(6, 60);
        let (xs, i) = (self.name("xs"), self.name("i"));
        out.push(stmt!(
            "for @ in 0..@ { for @ in [@] { try { if @ % 5 == 4 { show(@(@, @)) } else { @(@, @) } } except e { if @ % 5 == 4 { oops(e) } } } }",
            i.clone(),
            rounds,
            xs.clone(),
            all.join(", "),
            i.clone(),
            f.clone(),
            xs.clone(),
            other,
            f,
            xs,
            other,
            i
        ));
        self.cost += 3000;
    }

    /// Types whose instances are compared by methods and begin with computed fields, and a
    /// function that is called with fewer arguments than it takes.
    pub fn compared_and_filled(&mut self, out: &mut Block) {
        let (ty, base, f) = (self.name("Part"), self.name("base"), self.name("fill"));
        let kind = self.pick(&["struct", "class"]);
        let less = self.pick(&[
            "return self.n < o.n",
            "if self.n != o.n { return self.n < o.n }\n        return self.m < o.m",
            "return self.m",
            "shown += 0\n        return self.n < o.n",
            "return self.n < o.n && self.m < o.m || o.m == null",
            "match self.n { case 0..3: return true\n            case \"a\": return o.n == \"a\"\n            default: return self.n < o.n }",
        ]);
        let equal = self.pick(&[
            "return self.n == o.n",
            "return self.n == o.n && self.m == o.m",
            "return self.n",
            "return self.m == null || self.m == o.m",
        ]);
        let extra = self.pick(&[
            "",
            "\n    func op_gt(self, o) { return o.n < self.n }",
            "\n    func op_ne(self, o) { return self.m != o.m }",
            "\n    func op_le(self, o) { throw(\"le\") }",
        ]);
        let computed = self.pick(&[
            "@",
            "@ * 2",
            "[@, 1]",
            "{a: @, b: 2}",
            "@ > 2",
            "-@",
            "[[@]]",
            "1 / @",
            "Some(@)",
        ]);
        let computed = computed.replace('@', &base);
        out.push(decl!("mut @ := 3", base.clone()));
        out.push(decl!(
            "@ @ {\n    n := 0\n    m := @\n    list := [1, 2]\n    func op_lt(self, o) {\n        @\n    }\n    func op_eq(self, o) { @ }@\n}",
            kind,
            ty.clone(),
            computed,
            less,
            equal,
            extra
        ));
        let second = self.pick(&["b := a", "b := @", "b := [1]", "b := null"]);
        let second = second.replace('@', &base);
        out.push(decl!(
            "func @(a, @, c := 4) {\n    @\n    return [a, b, c]\n}",
            f.clone(),
            second,
            self.pick(&["b := b", "c += 1", "if a == 3 { b := 0 }"])
        ));
        let values = self.pick(&[
            "[0, 1, 2]",
            "[1, 2.5, 1]",
            "[\"a\", \"b\", \"a\"]",
            "[1, \"a\", null]",
            "[2 ** 60, 1, 0.5]",
        ]);
        let change = self.pick(&["7", "0", "\"x\"", "2.5", "null"]);
        let (turn, rounds) = (self.count(3, 40), self.count(10, 60));
        let op = self.pick(&["<", ">", "<=", ">=", "==", "!="]);
        let made = if kind == "class" {
            format!("{ty}()")
        } else {
            format!("{ty} {{ }}")
        };
        let call = self
            .pick(&["@(i)", "@(i, 2)", "@(i, 2, 3)"])
            .replace('@', &f);
        out.push(stmt!(
            "for i in 0..@ {\n    try {\n        if i == @ { @ := @ }\n        x := @\n        y := @\n        x.n := @[i % 3]\n        y.n := @[i / 2 % 3]\n        x.list.push(i)\n        z := if x @ y { 1 } else { 2 }\n        if i % 7 == 6 { show([z, x @ y, x.m, y.list, @]) }\n    } except e { if i % 7 == 6 { oops(e) } }\n}",
            rounds,
            turn,
            base,
            change,
            made.clone(),
            made,
            values,
            values,
            op,
            op,
            call
        ));
        self.cost += 2000;
    }
}
