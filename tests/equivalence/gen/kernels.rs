//! Scenes of computing: small loops of the sort that a compiler should make fast,
//! operators on all pairs of awkward values, types with operators of their own,
//! linked nodes, frames with many variables.

use super::{Gen, word};
use crate::kind::Kind;
use crate::tree::{Block, Expr, decl, stmt};

/// Each with each, so that every rule of an operator is met.
const NUMBERS: &[&str] = &[
    "0",
    "1",
    "-1",
    "2",
    "7",
    "-7",
    "63",
    "64",
    "2147483647",
    "-2147483648",
    "2147483648",
    "4294967295",
    "1125899906842623",
    "1125899906842624",
    "-1125899906842624",
    "-1125899906842625",
    "9007199254740991",
    "9007199254740993",
    "9223372036854775807",
    "-9223372036854775808",
    "18446744073709551616",
    "2 ** 80",
    "-(2 ** 80)",
    "0.0",
    "-0.0",
    "0.5",
    "-2.5",
    "3.0",
    "1e308",
    "INF",
    "-INF",
    "NAN",
    "9007199254740992.0",
    "1125899906842624.0",
];

const OTHERS: &[&str] = &[
    "null", "true", "false", "\"\"", "\"a\"", "\"12\"", "[]", "[1, 2]", "[1, 2.0]", "({})",
    "({a: 1})", "None", "Some(1)", "Ok(1)", "len",
];

impl Gen<'_> {
    /// Small computations of the sort that a compiler should make fast.
    pub fn kernel(&mut self, out: &mut Block) {
        let f = self.name("f");
        let (a, b) = (self.pick_number(), self.pick_number());
        let n = self.count(4, 300);
        let text = self.pick(&[
            "mut s := @\nfor i in 0..n { s := s + i * @ }\nreturn s",
            "mut s := @\nmut k := 0\nwhile k < n {\n    if k % 3 == 0 { s += k } else { s -= @ }\n    k += 1\n}\nreturn s",
            "xs := []\nfor i in 0..n { xs.push(i * @) }\nmut s := 0\nfor i in 0..len(xs) { s := s + xs[i] - @ }\nreturn s",
            "mut x := 0.0\nmut y := @ * 0.001\nfor i in 0..n {\n    if x * x + y * y > 4.0 { return i }\n    t := x * x - y * y + @\n    y := 2.0 * x * y\n    x := t\n}\nreturn [x, y]",
            "mut h := @\nfor i in 0..n { h := (h ^ i) * 16777619 % 4294967296 }\nreturn h - @",
            "grid := []\nfor r in 0..6 {\n    row := []\n    for c in 0..6 { row.push(r * @ + c) }\n    grid.push(row)\n}\nfor k in 0..n { grid[k % 6][k % 5] += @ }\nreturn grid",
            "mut a := @\nmut b := @\nfor i in 0..n { [a, b] := [b, (a + b) % 1125899906842624] }\nreturn [a, b]",
            "mut flags := []\nfor i in 0..n { flags.push(true) }\nmut c := 0\nfor i in 2..n {\n    if flags[i] {\n        c += 1\n        mut j := i * i\n        while j < n {\n            flags[j] := false\n            j += i\n        }\n    }\n}\nreturn c * @ - @",
            "mut lo := @\nmut hi := n\nmut k := 0\nwhile lo < hi && k < 100 {\n    mid := (lo + hi) / 2\n    if mid * mid < @ { lo := mid + 1 } else { hi := mid }\n    k += 1\n}\nreturn [lo, hi, k]",
            "mut x := @\nmut k := 0\nwhile x != 1 && k < n {\n    if x % 2 == 0 { x := x / 2 } else { x := cap(3 * x + 1) }\n    k += 1\n}\nreturn [x, k, @]",
            "xs := [@, 5, 3, @, 9, 1]\nfor i in 0..len(xs) { for j in 0..len(xs) - 1 {\n    if xs[j] > xs[j + 1] {\n        t := xs[j]\n        xs[j] := xs[j + 1]\n        xs[j + 1] := t\n    }\n} }\nreturn xs",
            "mut x := @\nmut k := 0\nwhile x < @ && k < n {\n    x += 0.5\n    k += 1\n}\nreturn [x, k]",
            "mut x := @\nmut y := @\nfor i in 0..n {\n    if i == n / 2 { x := x + 0.5 }\n    y := cap(y + x * i)\n    x := x - 1\n}\nreturn [x, y]",
            "a := [@, 2, 3.5, 4]\nmut s := @\nfor i in 0..n {\n    s := s + a[i & 3] * a[(i + 1) & 3]\n    if i == n - 3 { a[2] := 2 ** 60 }\n}\nreturn s",
            "mut c := @\nadd := func(k) { c := c + k\n    return c }\nfor i in 0..n { add(i) }\nreturn c + @",
        ]);
        let text = text.replacen('@', &a, 1).replacen('@', &b, 1);
        out.push(decl!(
            "func @(n) {\n    @\n}",
            f.clone(),
            text.replace('\n', "\n    ")
        ));
        let rounds = self.count(1, 20);
        out.push(stmt!(
            "for i in 0..@ {\n    try {\n        r := @(@)\n        if i < 3 { show(r) }\n    } except e { if i < 3 { oops(e) } }\n}",
            rounds, f.clone(), n
        ));
        if self.chance(40) {
            // Nothing large: it is the number of rounds.
            let odd = self.pick(&["\"ab\"", "null", "2.5", "[1]", "true", "12.0", "NAN"]);
            self.caught(vec![stmt!("show(@(@))", f, odd)], out);
        }
        self.cost += 9000;
    }

    /// Small computations with instances: links that are null at the end, fields that change
    /// their kind, stacks of things with other owners.
    pub fn linked(&mut self, out: &mut Block) {
        let (ty, f) = (self.name("Ty"), self.name("f"));
        let (a, b) = (self.pick_number(), self.pick_number());
        let kind = self.pick(&["class", "class", "class", "struct"]);
        let equality = self.pick(&[
            "",
            "",
            "",
            "\n    func op_eq(self, o) { return o == 1 || o == null }",
            "\n    func op_lt(self, o) { return true }",
        ]);
        out.push(decl!(
            "@ @ {\n    value\n    next := null\n    other := [0]@\n    func bump(self, k) {\n        self.value += k\n        self.other[0] += 1\n        return self.value\n    }\n}",
            kind,
            ty.clone(),
            equality
        ));
        let n = self.count(4, 200);
        let text = self.pick(&[
            "mut list := null\nfor i in 0..n { list := # { value: i * @, next: list } }\nmut s := @\nmut k := 0\nmut at := list\nwhile at != null {\n    s := cap(s + at.value)\n    k += 1\n    at := at.next\n}\nreturn [s, k]",
            "mut stack := []\nmut s := @\nfor i in 0..n {\n    x := # { value: i, other: [i] }\n    stack.push(x)\n    if i % 5 == 4 {\n        mut y := stack.pop()\n        y.other.push(7)\n        s := cap(s + len(y.other) + len(x.other))\n        stack.push(y)\n        stack.push(y)\n        stack[-1].value := @\n    }\n    if i % 7 == 6 { stack.pop() }\n}\nmut left := len(stack)\nwhile len(stack) > 0 { s := cap(s + stack.pop().value) }\nreturn [s, left, stack.pop()]",
            "row := [@, 2]\nmut xs := []\nfor i in 0..6 { xs.push(# { value: i, other: row }) }\nkept := xs\nfor i in 0..n {\n    xs[i % 6].other[i % 2] += @\n    xs[i % 6].bump(i)\n}\nreturn [row, kept[0].other, xs[5].other, xs[3].value]",
            "mut x := # { value: @ }\nmut y := # { value: @, next: x }\nmut hits := 0\nfor i in 0..n {\n    if y.next != null { hits += 1 }\n    if y == x { hits += 2 }\n    if x.next == null && i == n / 2 { x.next := # { value: i } }\n    if i == n / 3 { y.next := null }\n    x.value := if i % 11 == 10 { 0.5 } else { i }\n    hits := hits + x.bump(1)\n}\nreturn [hits, x.value, y.value]",
            "mut xs := [@, 0.5, -1.5, @, NAN, 0.0, -0.0]\nmut lo := xs[0]\nmut hi := 0.25\nfor i in 0..n {\n    lo := min(lo, xs[i % 4])\n    hi := max(hi, xs[i % 7] * 0.5, lo)\n    lo := min(lo, i, xs[i % 5], 3)\n}\nt := # { value: lo }\nreturn [t.bump(1), hi]",
        ]);
        let text = text.replacen('@', &a, 1).replacen('@', &b, 1);
        let text = text.replace('#', &ty);
        out.push(decl!(
            "func @(n) {\n    @\n}",
            f.clone(),
            text.replace('\n', "\n    ")
        ));
        let rounds = self.count(1, 20);
        out.push(stmt!(
            "for i in 0..@ {\n    try {\n        r := @(@)\n        if i < 3 { show(r) }\n    } except e { if i < 3 { oops(e) } }\n}",
            rounds, f, n
        ));
        self.cost += 9000;
    }

    fn pick_number(&mut self) -> String {
        let kind = self.pick(&[Kind::Int, Kind::Int, Kind::Int, Kind::Float]);
        let text = match kind {
            Kind::Int => self.pick(&[
                "0",
                "1",
                "-1",
                "3",
                "7",
                "100",
                "2147483647",
                "1125899906842600",
                "9007199254740992",
                "4611686018427387904",
            ]),
            _ => self.pick(&["0.5", "-0.75", "1e16", "0.1", "INF", "3.0"]),
        };
        text.to_owned()
    }

    /// One function for an operator, on all pairs of some values.
    pub fn pairs(&mut self, out: &mut Block) {
        let (f, xs, h) = (self.name("f"), self.name("xs"), self.name("h"));
        let numbers = self.chance(65);
        let items: Vec<Expr> = (0..self.between(4, 14))
            .map(|_| {
                let text = if numbers || self.chance(50) {
                    self.pick(NUMBERS)
                } else {
                    self.pick(OTHERS)
                };
                word(Kind::Any, text)
            })
            .collect();
        let form = self.pick(&[
            "a + b",
            "a - b",
            "a * b",
            "a / b",
            "a % b",
            "a & b",
            "a | b",
            "a ^ b",
            "a << (b & 127)",
            "a >> (b & 127)",
            "a >> b",
            "a < b",
            "a <= b",
            "a > b",
            "a >= b",
            "a == b",
            "a != b",
            "-a",
            "~a",
            "!a",
            "a && b",
            "a ?? b",
            "\"${a}|${b}\"",
            "a ** (b & 7)",
            "a + 1",
            "a - 1",
            "a * 3",
            "a / 2",
            "a % 10",
            "1 - a",
            "a + 0.5",
            "a * a - b",
            "a + b + a",
            "(a - b) * 2",
            "[a, b]",
            "a[b]",
            "a[-1]",
            "min(a, b)",
            "a < b && b < a + 1",
            "abs(a) + b",
            "to_int(a) + to_int(b)",
            "floor(a) - b",
        ]);
        let test = self.pick(&[
            "a < b",
            "a <= b",
            "a > b",
            "a >= b",
            "a == b",
            "a != b",
            "a < 100",
            "a >= 0.5",
            "a == 0",
            "a != 1",
            "a > -5",
            "a <= 2147483647",
            "a",
        ]);
        out.push(match self.below(5) {
            0..3 => decl!("func @(a, b) { return @ }", f.clone(), form),
            3 => decl!("func @(a, b) {\n    if @ { return 1 }\n    return @\n}", f.clone(), test, form),
            _ => decl!("func @(a, b) {\n    mut n := 0\n    while @ && n < 3 {\n        n += 1\n        a := @\n    }\n    return [n, a]\n}", f.clone(), test, form),
        });
        out.push(decl!(
            "mut @ := [@]\nmut @ := 7",
            xs.clone(),
            items,
            h.clone()
        ));
        let show = self.pick(&["show(y)", "if i % 7 == 0 { show(y) }"]);
        let record = stmt!(
            "y := @(a, b)\ntext := repr(y)\n@ := (@ * 31 + len(text) + ord(text[-1]) * 7) % 1000003\n@",
            f,
            h.clone(),
            h.clone(),
            show
        );
        let rounds = self.between(1, 4).to_string();
        out.push(stmt!(
            "for i in 0..@ {\n    for a in @ {\n        for b in @ {\n            try {@} except e { if i == 0 { oops(e) } }\n        }\n    }\n}\nshow(@)",
            rounds, xs.clone(), xs, vec![record], h
        ));
        self.cost += 1500;
    }

    /// Types with operators of their own, in expressions with numbers.
    pub fn vectors(&mut self, out: &mut Block) {
        let v = self.name("V");
        let kind = self.pick(&["struct", "class"]);
        let mut body: Block = vec![decl!("x := 0"), decl!("y := 1")];
        let fault = self.pick(&[
            "null",
            "if self.x > 1000 { throw(\"far\") }",
            "if o == 0 { return 5 }",
        ]);
        for (op, sign) in [
            ("add", "+"),
            ("sub", "-"),
            ("mul", "*"),
            ("div", "/"),
            ("mod", "%"),
            ("rmul", "*"),
        ] {
            if self.chance(65) {
                let text = self.pick(&[
                    "(@ { x: self.x # k, y: self.y })",
                    "(@ { x: cap(self.x # k), y: k })",
                    "(@ { ...self, x: k # 2 })",
                ]);
                let text = text.replace('@', &v).replace('#', sign);
                body.push(decl!("func op_@(self, o) {\n    mut k := o\n    if type(o) == type(self) { k := o.x }\n    @\n    return @\n}", op, fault, text));
            }
        }
        for (op, sign) in [
            ("lt", "<"),
            ("le", "<="),
            ("gt", ">"),
            ("ge", ">="),
            ("eq", "=="),
            ("ne", "!="),
        ] {
            if self.chance(45) {
                body.push(decl!(
                    "func op_@(self, o) { return self.x @ o.x }",
                    op,
                    sign
                ));
            }
        }
        if self.chance(50) {
            body.push(decl!(
                "func op_neg(self) { return (@ { x: -self.x, y: self.y }) }",
                v.clone()
            ));
        }
        if self.chance(30) {
            body.push(decl!("func op_not(self) { return self.x == 0 }"));
        }
        out.push(decl!("@ @ {@}", kind, v.clone(), body));
        let (f, acc) = (self.name("f"), self.name("acc"));
        let form = self.pick(&[
            "a + b",
            "a - b * 2",
            "a * b + a",
            "2 * b",
            "a / b",
            "a % b",
            "-a + b",
            "[a < b, a <= b, a > b, a >= b]",
            "[a == b, a != b, !a]",
            "a + 1",
            "1 + a",
            "b == a || a > b",
        ]);
        out.push(decl!("func @(a, b) { return @ }", f.clone(), form));
        let (one, two) = (self.pick_number(), self.pick_number());
        out.push(decl!("mut @ := (@ { x: @ })", acc.clone(), v.clone(), one));
        let others = [
            "(# { x: 3 })",
            "5",
            "2.5",
            "(# { x: i })",
            "\"s\"",
            "null",
            "(# { y: 0 })",
        ];
        let mut pool: Vec<Expr> = vec![word(Kind::Any, &format!("({v} {{ x: {two} }})"))];
        for _ in 0..self.between(0, 3) {
            let other = self.pick(&others).replace('#', &v);
            pool.push(word(Kind::Any, &other));
        }
        let rounds = self.count(5, 150);
        let keep = self.pick(&[
            "if type(r) == type(@) { @ := r }",
            "if i % 2 == 0 && type(r) == type(@) { @ := r }",
            "@ := @",
        ]);
        let keep = keep.replace('@', &acc);
        out.push(stmt!(
            "for i in 0..@ {\n    pool := [@]\n    try {\n        r := @(@, pool[i * len(pool) / @])\n        if i % 16 == 0 { show(r) }\n        @\n    } except e { if i % 16 < 3 { oops(e) } }\n}",
            rounds.clone(), pool, f, acc.clone(), rounds, keep
        ));
        out.push(stmt!("show(@)", acc));
        self.cost += 1200;
    }

    /// Linked instances of a class: a list or a search tree.
    pub fn nodes(&mut self, out: &mut Block) {
        let n = self.name("N");
        let rounds = self.count(3, 60);
        let (a, b) = (self.pick_number(), self.between(2, 40).to_string());
        if self.chance(50) {
            out.push(decl!(
                "class @ {\n    key\n    left := null\n    right := null\n    func init(self, key) { self.key := key }\n    func add(self, k) {\n        if k < self.key {\n            if self.left == null { self.left := @(k) } else { self.left.add(k) }\n        } else {\n            if self.right == null { self.right := @(k) } else { self.right.add(k) }\n        }\n        return self\n    }\n    func sum(self, d) {\n        return cap(self.key * d + (self.left?.sum(d + 1) ?? 0) - (self.right?.sum(d + 1) ?? 1))\n    }\n    func* walk(self) {\n        if self.left != null { for x in self.left.walk() { yield x } }\n        yield self.key\n        if self.right != null { for x in self.right.walk() { yield x } }\n    }\n}",
                n.clone(), n.clone(), n.clone()
            ));
            let (root, rest) = (
                self.name("root"),
                self.pick(&[
                    "i * 37 % 101",
                    "i * 0.5",
                    "[i, -i, i + 0.5][i % 3]",
                    "i - 1125899906842624",
                ]),
            );
            out.push(decl!("@ := @(@)", root.clone(), n, b));
            out.push(stmt!(
                "for i in 0..@ { @.add(@) }",
                rounds,
                root.clone(),
                rest
            ));
            out.push(stmt!("for i in 0..4 { show(@.sum(i)) }", root.clone()));
            self.caught(
                vec![stmt!("show(@.walk().take(20).collect())", root.clone())],
                out,
            );
            self.caught(vec![stmt!("@.add(\"odd\")", root)], out);
        } else {
            let (head, total) = (self.name("head"), self.name("t"));
            out.push(decl!("class @ {\n    value := @\n    next := null\n    func last(self) {\n        mut at := self\n        while at.next != null { at := at.next }\n        return at\n    }\n}", n.clone(), a));
            out.push(decl!(
                "mut @ := null\nmut @ := 0",
                head.clone(),
                total.clone()
            ));
            let value = self.pick(&["i", "i * 0.5", "[i]", "\"${i}\"", "[i, \"s\", 2.5][i % 3]"]);
            out.push(stmt!(
                "for i in 0..@ { @ := @ { value: @, next: @ } }",
                rounds,
                head.clone(),
                n,
                value,
                head.clone()
            ));
            let step = self.pick(&[
                "@ := cap(@ + at.value)",
                "@ += len(at.value)",
                "@ += at.value.x",
                "at.value := @\n@ += 1",
            ]);
            let step = stmt!("@", step.replace('@', &total));
            let walk = vec![
                decl!("mut at := @", head.clone()),
                stmt!(
                    "while at != null {\n    try {@} except e { oops(e) }\n    at := at.next\n}",
                    vec![step]
                ),
            ];
            out.push(stmt!("if true {@}", walk));
            self.caught(
                vec![stmt!("show(@.last().value)\nshow(@)", head, total)],
                out,
            );
        }
        self.cost += 2500;
    }

    /// More arguments and variables than there are machine registers.
    pub fn wide_frames(&mut self, out: &mut Block) {
        let f = self.name("f");
        let count = self.between(7, 14);
        let names: Vec<String> = (0..count).map(|i| format!("a{i}")).collect();
        let mut body = Block::new();
        let locals = self.between(3, 40);
        for i in 0..locals {
            let (one, two) = (self.below(count), if i > 0 { self.below(i) } else { 0 });
            let other = if i > 0 {
                format!("b{two}")
            } else {
                "1".to_owned()
            };
            let form = self.pick(&[
                "mut b# := a@ + @",
                "mut b# := [a@, @]",
                "mut b# := a@ == @",
                "mut b# := \"${a@}\" + cut(\"${@}\")",
                "mut b# := a@",
            ]);
            let text = form
                .replace('#', &i.to_string())
                .replacen('@', &one.to_string(), 1)
                .replacen('@', &other, 1);
            body.push(stmt!("@", text));
        }
        let at = self.below(count);
        let write = self
            .pick(&[
                "a@.push(1)",
                "a@[0] := 5",
                "a@ += 1",
                "a@ := null",
                "b0 := a@",
            ])
            .replace('@', &at.to_string());
        body.push(stmt!("try { @ } except e { put(e.kind) }", write));
        let all: Vec<Expr> = (0..locals)
            .map(|i| word(Kind::Any, &format!("b{i}")))
            .collect();
        let args: Vec<Expr> = names.iter().map(|n| word(Kind::Any, n)).collect();
        body.push(stmt!(
            "h := len(cut(\"${[@]}\"))\nreturn [@, h]",
            all,
            args.clone()
        ));
        out.push(decl!("func @(@) {@}", f.clone(), names.join(", "), body));
        let values: Vec<Expr> = (0..count)
            .map(|_| {
                let kind = self.pick(&[
                    Kind::Int,
                    Kind::Int,
                    Kind::Float,
                    Kind::Str,
                    Kind::Any,
                    Kind::Arr(crate::kind::Item::Int),
                ]);
                match self.var(|v| v.kind == kind) {
                    Some(var) if self.chance(50) => word(kind, &var.name),
                    _ => self.literal(kind),
                }
            })
            .collect();
        let rounds = self.count(2, 80);
        out.push(stmt!(
            "for i in 0..@ {\n    try {\n        r := @(@)\n        if i % 16 == 0 { show(r) }\n    } except e { if i % 16 == 0 { oops(e) } }\n}",
            rounds, f, values
        ));
        self.cost += 1500;
    }

    /// Sets, queues, stacks, bytes.
    pub fn collections(&mut self, out: &mut Block) {
        let c = self.name("c");
        let (start, step) = self.pick(&[
            ("Set([1, 2])", "@.add(i % 7)"),
            ("Set([1, 2])", "@.remove(i)"),
            ("Queue([1])", "@.enqueue(i)"),
            ("Queue(range(9))", "show(@.dequeue())"),
            ("Stack([1])", "@.push(i)"),
            ("Stack(range(9))", "show(@.pop())"),
            ("bytes([1, 2, 250])", "show(@[i % 5])"),
            ("Set([\"a\"])", "@.add(\"k${i % 5}\")"),
        ]);
        out.push(decl!("mut @ := @", c.clone(), start));
        let rounds = self.count(3, 60);
        let body = vec![
            stmt!(step, c.clone()),
            stmt!(
                "other := @\nfor x in other { if x == i { break } }",
                c.clone()
            ),
        ];
        out.push(stmt!(
            "for i in 0..@ {\n    try {@} except e { if i < 8 { oops(e) } }\n}",
            rounds,
            body
        ));
        out.push(stmt!("show(@)\nshow(len(@) == 0)", c.clone(), c));
        self.cost += 500;
    }

    /// Methods that call themselves, on structs, which are values.
    pub fn method_recursion(&mut self, out: &mut Block) {
        let (t, o) = (self.name("T"), self.name("o"));
        let kind = self.pick(&["struct", "class"]);
        let change = self.pick(&[
            "self.n += d",
            "self.xs.push(d)",
            "self.n := self.n * 0.5 + d",
            "self.xs := [d, self.n]",
            "self.n := cap(self.n * 3 + d)",
        ]);
        let last = self.pick(&[
            "self.n",
            "len(self.xs)",
            "throw(\"end\")",
            "self.missing",
            "self",
        ]);
        out.push(decl!(
            "@ @ {\n    n := 1\n    xs := []\n    func down(self, d) {\n        if d <= 0 { return @ }\n        @\n        r := self.down(d - 1)\n        @\n        return r\n    }\n    func count(d) {\n        if d <= 0 { return n }\n        return count(d - 1) + 1\n    }\n}",
            kind, t.clone(), last.replace("throw(\"end\")", "[1][d + 5]"), change, change
        ));
        out.push(decl!("mut @ := @ { }", o.clone(), t));
        let (depth, rounds) = (self.between(1, 30).to_string(), self.count(1, 40));
        out.push(stmt!(
            "for i in 0..@ {\n    try { @.down(i % @) } except e { if i < 9 { oops(e) } }\n    if i % 9 == 0 { show(@.count(i)) }\n    if len(@.xs) > 50 { @.xs := [] }\n}",
            rounds, o.clone(), depth, o.clone(), o.clone(), o.clone()
        ));
        out.push(stmt!("show(@)", o));
        self.cost += 2000;
    }
}
