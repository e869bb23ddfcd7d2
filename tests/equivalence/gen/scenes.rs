//! Scenes: situations that chance would hardly put together, each with its own
//! names and with numbers, values and bodies that vary.

use super::{Gen, word};
use crate::kind::Kind;
use crate::tree::{Block, Expr, decl, expr, stmt};

impl Gen<'_> {
    pub fn scene(&mut self, out: &mut Block) {
        let (_, _, cost) = self.apart(|g| match g.below(58) {
            0..2 => g.deep_recursion(out),
            2 => g.replaced_while_running(out),
            3..6 => g.polymorphic_site(out),
            6 => g.counters(out),
            7..9 => g.thrown_through_frames(out),
            9..11 => g.generators(out),
            11 => g.immutable_places(out),
            12 => g.not_yet_assigned(out),
            13..15 => g.callbacks_that_throw(out),
            15..17 => g.dict_modes(out),
            17 => g.functions_as_values(out),
            18..21 => g.kernel(out),
            21 => g.optional_chain(out),
            22 => g.default_effects(out),
            23..27 => g.pairs(out),
            27..29 => g.vectors(out),
            29..31 => g.nodes(out),
            31..33 => g.wide_frames(out),
            33 => g.collections(out),
            34 => g.method_recursion(out),
            35..38 => g.linked(out),
            38..40 => g.held_places(out),
            40..42 => g.not_yet_assigned(out),
            42..45 => g.characters(out),
            45..48 => g.compared_and_filled(out),
            48..52 => g.hashes(out),
            52..57 => g.walks(out),
            _ => g.texts(out),
        });
        self.cost += cost;
    }

    pub fn count(&mut self, low: usize, high: usize) -> Expr {
        let n = self.between(low, high);
        word(Kind::Int, &n.to_string())
    }

    pub fn caught(&mut self, body: Block, out: &mut Block) {
        out.push(stmt!("try {@} except e { oops(e) }", body));
    }

    fn deep_recursion(&mut self, out: &mut Block) {
        let f = self.name("deep");
        let levels = self.count(500, 6000);
        let end = match self.below(4) {
            0 => stmt!("throw(\"bottom\")"),
            1 => stmt!("return 1 / n"),
            _ => {
                let value = self.literal(Kind::Num);
                stmt!("return @", value)
            }
        };
        let step = self.pick(&[
            "return 1 + @(n - 1)",
            "return @(n - 1) - n",
            "return cap(@(n - 1) * 3)",
            "return @(n - 1)",
            "x := [n, n + 1]\nreturn x[0] + @(n - 1) - x[1]",
            "try { return @(n - 1) } finally { shown += 0 }",
            "try { return @(n - 1) } except e { if n % 997 == 0 { throw e } else { return n } }",
        ]);
        let step = step.replace('@', &f);
        let endless = self.chance(8);
        let test = if endless { "n == -1" } else { "n <= 0" };
        out.push(decl!(
            "func @(n) {\n    if @ {@}\n    @\n}",
            f.clone(),
            test,
            vec![end],
            step.replace('\n', "\n    ")
        ));
        self.cost += 6000;
        if endless && !step.contains("try") && !step.contains("x :=") {
            self.cost += 20_000;
            out.push(stmt!(
                "try { @(5) } except e { put(e.kind + e.message) }",
                f
            ));
            return;
        }
        let levels = if endless {
            word(Kind::Int, "-1")
        } else {
            levels
        };
        self.caught(vec![stmt!("show(@(@))", f.clone(), levels)], out);
        let (few, rounds) = (self.count(1, 20), self.count(3, 100));
        let inner = vec![stmt!("show(@(@))", f, few)];
        out.push(stmt!(
            "for i in 0..@ { try { if i % 20 == 0 {@} } except e { oops(e) } }",
            rounds,
            inner
        ));
    }

    fn replaced_while_running(&mut self, out: &mut Block) {
        let (h, i, x) = (self.name("h"), self.name("i"), self.name("v"));
        let (turn, rounds) = (self.count(0, 60), self.count(10, 120));
        let (one, two) = (self.expr_of_number(&x), self.expr_of_number(&x));
        let inside = self.chance(50);
        let mut target = Block::new();
        target.push(decl!("mut @ := null", h.clone()));
        target.push(stmt!(
            "@ := func(@) {\n    if @ == @ { @ := func(@) { return @ } }\n    if @ > 2 && @ % 7 == 0 { return @(1) + @ }\n    return @\n}",
            h.clone(), x.clone(), x.clone(), turn, h.clone(), x.clone(), two, x.clone(), x.clone(), h.clone(), x.clone(), one
        ));
        let name = self.name("t");
        target.push(decl!("mut @ := 0", name.clone()));
        target.push(stmt!(
            "for @ in 0..@ {\n    try { @ := cap(@ * 3 + @(@)) } except e { oops(e) }\n    if @ % 10 == 0 { show(@) }\n}",
            i.clone(), rounds, name.clone(), name.clone(), h, i.clone(), i, name
        ));
        if inside {
            let f = self.name("f");
            out.push(decl!("func @() {@}", f.clone(), target));
            out.push(stmt!("for i in 0..3 { @() }", f));
        } else {
            out.extend(target);
        }
        self.cost += 800;
    }

    pub fn expr_of_number(&mut self, x: &str) -> Expr {
        let vars = self.vars.len();
        self.declare(x, Kind::Int, false);
        let value = self.apart(|g| g.within(|p| p.call_limit = 20, |g| g.expr(Kind::Int, 2)));
        self.vars.truncate(vars);
        value.0
    }

    /// One place in the program where instances of all types meet, and others.
    fn polymorphic_site(&mut self, out: &mut Block) {
        let name = self.name("mixed");
        let mut items: Vec<Expr> = Vec::new();
        for ty in 0..self.types.len() {
            for _ in 0..self.between(1, 2) {
                items.push(self.literal(Kind::Inst(ty)));
            }
        }
        if items.is_empty() || self.chance(40) {
            let others = [
                "({x: 1, area: func(a) { return a }})",
                "[1, 2]",
                "\"text\"",
                "null",
                "7",
                "({n: 2, x: 3})",
                "({y: 1, n: 2, x: 3})",
            ];
            for _ in 0..self.between(1, 3) {
                let other = self.pick(&others);
                items.push(word(Kind::Any, other));
            }
        }
        let rounds = self.count(5, 120);
        out.push(decl!("mut @ := [@]", name.clone(), items));
        let total = self.name("t");
        out.push(decl!("mut @ := 0", total.clone()));
        let at = self.name("i");
        let site = |g: &mut Self| {
            let template = g.pick(&[
                "@ := cap(@ + o.x)",
                "@ := cap(@ * 3 + o.n)",
                "o.x := @ + 0 * @",
                "show(o.area(1) == @ + @)",
                "o.n += @ & 1 + 0 * @",
                "@ := cap(@ + o.bump(1).n)",
                "@ := cap(@ + len(o.items))",
                "o.x += 1\n@ := cap(@ + o.x)",
                "@ := cap(@ + o.area())",
                "o.step()\n@ := @ + 1",
                "@ := @ + o.peek(2)",
                "@ := cap(@ + (o?.inner?.x ?? 5))",
                "@ := cap(@ + (o == @[0]))",
            ]);
            match template.matches('@').count() {
                2 => stmt!(template, total.clone(), total.clone()),
                _ => stmt!(template, total.clone(), total.clone(), name.clone()),
            }
        };
        let mut body = Block::new();
        for _ in 0..self.between(1, 3) {
            let site = site(self);
            body.push(stmt!(
                "try {@} except e { if @ < 12 { oops(e) } }",
                vec![site],
                at.clone()
            ));
        }
        // In turn, or one type for long and then another.
        let pick = self.pick(&["mut o := @[@ % len(@)]", "mut o := @[@ * len(@) / @]"]);
        let first = match pick.matches('@').count() {
            3 => stmt!(pick, name.clone(), at.clone(), name.clone()),
            _ => stmt!(pick, name.clone(), at.clone(), name.clone(), rounds.clone()),
        };
        if self.chance(40) {
            // The site in a function of its own.
            let f = self.name("f");
            body.push(stmt!("return o"));
            out.push(decl!("func @(o, @) {@}", f.clone(), at.clone(), body));
            body = vec![stmt!("o := @(o, @)", f, at.clone())];
        }
        if self.chance(50) {
            body.push(stmt!(
                "@[@ % len(@)] := o",
                name.clone(),
                at.clone(),
                name.clone()
            ));
        }
        body.insert(0, first);
        out.push(stmt!("for @ in 0..@ {@}", at, rounds, body));
        out.push(stmt!("show(@)", name));
        out.push(stmt!("show(@)", total));
        self.cost += 800;
    }

    fn counters(&mut self, out: &mut Block) {
        let (make, one, two) = (self.name("make"), self.name("k"), self.name("k"));
        let start = self.literal(Kind::Num);
        let step = self.pick(&["c += by", "c := cap(c * 3 + by)", "c -= by", "c := by - c"]);
        out.push(decl!(
            "func @(start) {\n    mut c := start\n    return ({\n        add: func(by) {\n            @\n            return c\n        },\n        get: func() { return c },\n        again: func() { return @(c) }\n    })\n}",
            make.clone(), step, make.clone()
        ));
        let rounds = self.count(5, 150);
        let other = self.literal(Kind::Any);
        out.push(decl!("@ := @(@)", one.clone(), make.clone(), start));
        out.push(decl!(
            "mut @ := @(@)",
            two.clone(),
            make,
            self.literal(Kind::Int)
        ));
        out.push(stmt!(
            "for i in 0..@ {\n    (@.add)(i)\n    try { @[\"add\"](if_even(i, @)) } except e { if i < 9 { oops(e) } }\n    if i % 9 == 0 { @ := @[\"again\"]() }\n}",
            rounds, one.clone(), two.clone(), other, two.clone(), one.clone()
        ));
        out.push(stmt!("show([@[\"get\"](), @[\"get\"]()])", one, two));
        self.cost += 600;
    }

    fn thrown_through_frames(&mut self, out: &mut Block) {
        let (f, g, h, log) = (
            self.name("f"),
            self.name("f"),
            self.name("f"),
            self.name("log"),
        );
        let thrown = self.literal(Kind::Any);
        let m = self.between(2, 9).to_string();
        let fault = match self.below(9) {
            0 => stmt!("throw @", thrown),
            1 => stmt!("return [1][i]"),
            2 => stmt!("return i / 0"),
            3 => stmt!("return i + \"x\""),
            4 => stmt!("return ({})[i]"),
            5 => stmt!("return nobody"),
            6 => stmt!("return null.x"),
            7 => stmt!("return @(1, 2, 3)", h.clone()),
            _ => stmt!("throw ({message: \"m\", n: i})"),
        };
        out.push(decl!("mut @ := 0", log.clone()));
        out.push(decl!(
            "func @(i) {\n    if i % @ == 1 {@}\n    return i * 2\n}",
            f.clone(),
            m,
            vec![fault]
        ));
        let middle = self.pick(&[
            "try { return @(i) } finally { @ += 1 }",
            "mut a := [i]\nfor k in 0..2 { try { a.push(@(i)) } finally { if k == 1 { @ += 2 } } }\nreturn len(a)",
            "x := @(i) + 1\n@ += x\nreturn x",
            "try { x := @(i) } except e { @ += 1\n    throw e }\nreturn 3",
            "return sum(map([i, i + 1], func(k) { @ += 1\n    return @(k) }))",
            "for k in 0..3 { try { if @(i) > 9 { break } } except e { @ += e.line\n    continue } }\nreturn @",
        ]);
        let middle = match middle {
            m if m.starts_with("return sum") => m.replacen('@', &log, 1).replacen('@', &f, 1),
            m => m.replacen('@', &f, 1).replacen('@', &log, 2),
        };
        out.push(decl!(
            "func @(i) {\n    @\n}",
            g.clone(),
            middle.replace('\n', "\n    ")
        ));
        out.push(decl!("func @(i) { return @(i + 0) + 1 }", h.clone(), g));
        let rounds = self.count(5, 150);
        let every = self.between(1, 12).to_string();
        out.push(stmt!(
            "for i in 0..@ {\n    try { x := @(i)\n        if i % @ == 0 { show(x) }\n    } except e { if i % @ == 1 { oops(e) } else { @ += len(e.stack) } }\n}",
            rounds, h, every.clone(), every, log.clone()
        ));
        out.push(stmt!("show(@)", log));
        self.cost += 1000;
    }

    fn generators(&mut self, out: &mut Block) {
        let (g, x) = (self.name("gen"), self.name("x"));
        let start = self.literal(Kind::Num);
        let turn = self.count(1, 40);
        let event = match self.below(5) {
            0 => stmt!("throw(\"from the generator\")"),
            1 => stmt!("return"),
            2 => stmt!("a := a + 0.5"),
            3 => stmt!("a := \"text\""),
            _ => stmt!("a := [a]"),
        };
        let step = self.pick(&[
            "a := cap(a + n)",
            "a := cap(a * 3 + 1)",
            "a += 1125899906842624",
            "[a, b] := [b, cap(a + b)]",
        ]);
        let (before, after) = self.pick(&[
            ("", ""),
            ("try { ", " } finally { put(\"finally\") }"),
            ("for q in 0..2 { ", " }"),
        ]);
        out.push(decl!(
            "func* @(a, b := 1) {\n    mut n := 0\n    while n < 400 {\n        n += 1\n        if n == @ {@}\n        @yield a@\n        @\n    }\n}",
            g.clone(), turn, vec![event], before, after, step
        ));
        let most = self.count(2, 60);
        let body = vec![match self.below(6) {
            0 => stmt!(
                "for @ in @(@) {\n    show(@)\n    if shown % 13 == 0 { break }\n}",
                x.clone(),
                g,
                start,
                x
            ),
            1 => stmt!("show(@(@).take(@).collect())", g, start, most),
            2 => stmt!(
                "mut @ := @(@)\nfor i in 0..@ { try { @.next() } except e { oops(e) } }\nshow(@.next())",
                x.clone(),
                g,
                start,
                most,
                x.clone(),
                x
            ),
            3 => stmt!(
                "mut @ := @(@)\nfor a in @ { if a == 7 { break }\n    if shown % 9 == 0 { break }\n    put(\"a\") }\nfor b in @ { show(b)\n    break }",
                x.clone(),
                g,
                start,
                x.clone(),
                x
            ),
            4 => stmt!(
                "show(@(@).map(func(v) { return v * 2 }).filter(func(v) { return v != 4 }).take(@).collect())",
                g,
                start,
                most
            ),
            _ => stmt!(
                "for [p, q] in @(@).zip(@(3)).take(@).enumerate() {\n    if p % 5 == 0 { show(q) }\n}",
                g.clone(),
                start,
                g,
                most
            ),
        }];
        self.caught(body.clone(), out);
        if self.chance(60) {
            let rounds = self.count(3, 30);
            out.push(stmt!(
                "for i in 0..@ { try {@} except e { if i < 3 { oops(e) } } }",
                rounds,
                body
            ));
        }
        self.cost += 3000;
    }

    fn immutable_places(&mut self, out: &mut Block) {
        let name = self.name("fixed");
        let (start, method) = self.pick(&[
            ("[3, 1, 2]", "@.push(4)"),
            ("[3, 1, 2]", "@.sort()"),
            ("({a: 1})", "@.set(\"b\", 2)"),
            ("[[1]]", "@[0].push(2)"),
            ("({a: [1]})", "@.a.pop()"),
        ]);
        let keyword = self.pick(&["let", "const"]);
        out.push(decl!("@ @ := @", keyword, name.clone(), start));
        let rounds = self.count(2, 40);
        let change = stmt!(method, name.clone());
        out.push(stmt!(
            "for i in 0..@ {\n    try {@} except e { if i % 16 == 0 { oops(e) } }\n}",
            rounds,
            vec![change]
        ));
        if let Some(ty) = (!self.types.is_empty()).then(|| self.below_types()) {
            let (fixed, value) = (self.name("fixed"), self.literal(Kind::Inst(ty)));
            out.push(decl!("let @ := @", fixed.clone(), value));
            self.caught(vec![stmt!("@.bump(...[])", fixed.clone())], out);
            self.caught(vec![stmt!("@.bump(1)", fixed.clone())], out);
            self.caught(vec![stmt!("@?.step(1, 2)", fixed)], out);
        }
        self.cost += 100;
    }

    fn not_yet_assigned(&mut self, out: &mut Block) {
        let (f, late) = (self.name("f"), self.name("late"));
        let value = self.literal(Kind::Any);
        out.push(decl!(
            "func @(n) {\n    if n % 3 == 0 { @ := n }\n    return @\n}",
            f.clone(),
            late.clone(),
            late.clone()
        ));
        let first = self.between(1, 4).to_string();
        out.push(stmt!(
            "for i in @..8 { try { show(@(i)) } except e { oops(e) } }",
            first,
            f.clone()
        ));
        out.push(decl!("@ := @", late.clone(), value));
        out.push(stmt!("for i in 0..30 { @(i) }\nshow(@)", f, late));
        match self.below(7) {
            0..2 => self.caught(vec![stmt!("import no_such_module")], out),
            2..5 => self.caught(
                vec![stmt!("from no_such_module import thing\nshow(thing)")],
                out,
            ),
            5 => self.caught(
                vec![stmt!(
                    "mut early := func() { return later }\nshow(early())\nmut later := 1"
                )],
                out,
            ),
            _ => self.caught(vec![stmt!("if shown < 0 { unset := 1 }\nshow(unset)")], out),
        }
        self.cost += 200;
    }

    fn callbacks_that_throw(&mut self, out: &mut Block) {
        let xs = self.name("xs");
        let n = self.count(3, 40);
        out.push(decl!("mut @ := range(@)", xs.clone(), n));
        let rounds = self.count(3, 60);
        let turn = self.count(0, 30);
        let event = match self.below(5) {
            0 => stmt!("throw(\"callback\")"),
            1 => stmt!("a / 0"),
            2 => stmt!("@.push(a)", xs.clone()),
            3 => stmt!("@[0] := a", xs.clone()),
            _ => stmt!("@ := [5, 6]", xs.clone()),
        };
        let one = expr!(
            Kind::Any,
            "func(a) {\n    if a == @ + i % 3 {@}\n    return cap(a * 2 - i)\n}",
            turn.clone(),
            vec![event.clone()]
        );
        let two = expr!(
            Kind::Any,
            "func(a, b) {\n    if b == @ {@}\n    return cap(b - a)\n}",
            turn,
            vec![event]
        );
        let call = match self.below(10) {
            0 => stmt!("show(map(@, @))", xs.clone(), one),
            1 => stmt!("show(filter(@, @))", xs.clone(), one),
            2 => stmt!("show(reduce(@, 0, @))", xs.clone(), two),
            3 => stmt!("@.sort(@)", xs.clone(), two),
            4 => stmt!("show(sort_by(@, @))", xs.clone(), one),
            5 => stmt!(
                "for y in iter(@).map(@) { if y > 40 { break } }",
                xs.clone(),
                one
            ),
            6 => stmt!("show(len(group_by(@, @)))", xs.clone(), one),
            7 => stmt!("for_each(@, @)", xs.clone(), one),
            8 => stmt!("show(any(@, @))", xs.clone(), one),
            _ => stmt!("show(iter(@).map(@).take(3).collect())", xs.clone(), one),
        };
        out.push(stmt!(
            "for i in 0..@ {\n    try {@} except e { if i % 8 < 3 { oops(e) } }\n}",
            rounds,
            vec![call]
        ));
        out.push(stmt!("show(@)", xs));
        self.cost += 3000;
    }

    /// Parts that are read before a call runs which may write the place that they come from.
    fn held_places(&mut self, out: &mut Block) {
        let (ty, o) = (self.name("Held"), self.name("o"));
        let writes = [
            "",
            "self.xs[i % len(self.xs)] := i",
            "if i % 5 == 1 { self.xs := [i, 2, 3, 4] }",
            "if len(self.xs) < 40 { self.xs.push(i) }",
            "if i % 7 == 3 { throw(\"at ${i}\") }",
            "if i % 3 == 0 { self.kept := self.xs }",
            "for x in self.xs { if x == i { break } }",
            "self.d[i % 9] := self.xs",
        ];
        let looks = [
            "self.xs[self.at(i)]",
            "self.xs[self.xs[self.at(i)] % 4]",
            "self.xs.slice(0, self.at(i))",
            "self.xs[self.at(i):3]",
            "self.d.get(self.at(i), 0)",
            "has_key(self.d, self.at(i))",
            "self.two(self.xs, self.at(i))",
            "self.two(self.kept, len(self.xs) + self.at(i))",
            "self.xs.contains(self.at(i)) && self.xs[0] == self.xs[self.at(i)]",
            "[self.xs, self.at(i), self.xs]",
            "self.xs == self.kept || self.xs[self.at(i)] < self.at(i)",
            "(if self.xs[self.at(i)] > 2 { self.xs } else { self.kept })[self.at(i)]",
        ];
        let (inner, after) = (self.pick(&writes), self.pick(&writes));
        let (look, second) = (self.pick(&looks), self.pick(&looks));
        let is_class = self.chance(60);
        let (kind, made) = if is_class {
            ("class", "@()")
        } else {
            ("struct", "@ {}")
        };
        out.push(decl!(
            "@ @ {\n    xs := [1, 2, 3, 4]\n    d := {a: 1}\n    kept := [0, 1, 2, 3]\n    func at(self, i) {\n        @\n        return i % 4\n    }\n    func two(self, ys, i) { return len(ys) * 10 + i }\n    func go(self, i) {\n        x := @\n        @\n        return [x, @]\n    }\n}",
            kind,
            ty.clone(),
            inner,
            look,
            after,
            second
        ));
        out.push(decl!("mut @ := @", o.clone(), made.replace('@', &ty)));
        let rounds = self.count(5, 120);
        out.push(stmt!(
            "for i in 0..@ {\n    try {\n        y := @.go(i)\n        if i % 16 < 3 { show(y) }\n    } except e { if i % 16 < 5 { oops(e) } }\n}",
            rounds,
            o.clone()
        ));
        out.push(stmt!("show([@.xs, @.kept])", o.clone(), o));
        self.cost += 4000;
    }

    /// A dict that goes from one representation to another while a loop uses it.
    fn dict_modes(&mut self, out: &mut Block) {
        let (d, i) = (self.name("d"), self.name("i"));
        let start = self.pick(&[
            "({})",
            "({a: 1, b: 2})",
            "({0: 1, 1: 2, 2: 3})",
            "({5: 1})",
            "({a: 1, 0: 2})",
        ]);
        out.push(decl!("mut @ := @", d.clone(), start));
        let rounds = self.count(10, 200);
        let write = |g: &mut Self| {
            let form = g.pick(&[
                "@[@] := @",
                "@[\"k${@}\"] := @",
                "@[@ * 1000003] := @",
                "@[\"${@ + 3}\"] := @",
                "@[-@] := @",
                "@.set(@ % 7, @)",
                "@.remove(@ / 2 + 0 * @)",
                "@.a := @ + @",
                "@.fresh := [@, @]",
                "@[@ % 9] += @",
                "@[@ + 2] := to_string(@)",
                "@ := {...@, z@: 1}",
            ]);
            if form.starts_with("@ :=") {
                let n = g.below(4).to_string();
                return stmt!(form, d.clone(), d.clone(), n);
            }
            stmt!(form, d.clone(), i.clone(), i.clone())
        };
        let mut body = Block::new();
        let turn = self.between(1, 60).to_string();
        let (first, second) = (write(self), write(self));
        body.push(stmt!(
            "try { if @ < @ {@} else {@} } except e { if @ % 16 == 3 { oops(e) } }",
            i.clone(),
            turn,
            vec![first],
            vec![second],
            i.clone()
        ));
        let read = self.pick(&[
            "total := cap(total + (@?[@] ?? 1))",
            "total += len(@) + 0 * @",
            "total := cap(total * 3 + @[@ / 2])",
            "total += to_int(has_key(@, @))",
            "for k, v in @ { total += @ - len(\"${k}\")\n    break }",
            "total += @.a + @",
            "alias := @\nalias[@] := 0\ntotal += len(alias)",
        ]);
        let read = stmt!(read, d.clone(), i.clone());
        body.push(stmt!(
            "try {@} except e { if @ % 32 == 5 { oops(e) } }",
            vec![read],
            i.clone()
        ));
        let f = self.name("f");
        let all = vec![
            decl!("mut total := 0"),
            stmt!("for @ in 0..@ {@}", i, rounds, body),
            stmt!("return total"),
        ];
        out.push(decl!("func @() {@}", f.clone(), all));
        let again = self.count(1, 3);
        out.push(stmt!(
            "for i in 0..@ { try { show(@()) } except e { oops(e) } }",
            again,
            f
        ));
        out.push(stmt!("show(@)\nshow(len(@))", d.clone(), d));
        self.cost += 2500;
    }

    fn functions_as_values(&mut self, out: &mut Block) {
        let fs = self.name("fs");
        let all = [
            "upper",
            "len",
            "to_string",
            "func(x) { return x + 1 }",
            "func(x, y := 2) { return [x, y] }",
            "Some",
            "func() { return 0 }",
            "x => [x, x]",
            "(...xs) => xs",
            "(x, ...more) => { more.push(x); return more }",
            "([a, b]) => [b, a]",
            "func(x, [a, b] := [x, x], ...more) { return [a, b, len(more)] }",
            "cut",
            "[1, 2].push",
            "\"abc\".starts_with",
            "5",
            "null",
            "type",
            "cap",
        ];
        let items: Vec<Expr> = (0..self.between(2, 6))
            .map(|_| word(Kind::Any, self.pick(&all)))
            .collect();
        out.push(decl!("@ := [@]", fs.clone(), items));
        let args = [self.literal(Kind::Any), self.literal(Kind::Any)];
        let pool: Vec<Expr> = args.into_iter().collect();
        let rounds = self.count(4, 120);
        let call = self.pick(&[
            "f(x)",
            "(x |> f)",
            "f(...[x])",
            "f(x, x, [x])",
            "f([x, i])",
            "f(x, [i, x], x, 1, 2, 3, 4, [x], x, i)",
            "f(...[x, [1, 2], x, x, 3, 4, 5, 6, x, 8])",
            "@[i % len(@)](x)",
            "map([x], f)[0]",
        ]);
        let call = call.replace('@', &fs);
        out.push(stmt!(
            "for i in 0..@ {\n    f := @[i % len(@)]\n    x := [@][i * 2 / @]\n    try {\n        y := @\n        if i % 16 < 6 { show(y) }\n    } except e { if i % 16 < 6 { oops(e) } }\n}",
            rounds.clone(), fs.clone(), fs, pool, rounds, call
        ));
        self.cost += 700;
    }

    fn optional_chain(&mut self, out: &mut Block) {
        let items = [
            "null",
            "({a: ({b: [1, 2]})})",
            "({a: null})",
            "({})",
            "({a: 5})",
            "({a: ({b: null})})",
            "7",
            "None",
            "Some(3)",
        ];
        let items: Vec<Expr> = (0..self.between(2, 5))
            .map(|_| word(Kind::Any, self.pick(&items)))
            .collect();
        let f = self.name("f");
        let form = self.pick(&[
            "o?.a?.b",
            "o?.a?.b?[1]",
            "o?.a?.len()",
            "(o?.a ?? 4)",
            "o?[\"a\"]?[\"b\"]",
            "(o)?",
        ]);
        out.push(decl!("func @(o) { return @ }", f.clone(), form));
        let rounds = self.count(3, 80);
        out.push(stmt!(
            "for i in 0..@ {\n    xs := [@]\n    try {\n        y := @(xs[i % len(xs)])\n        if i < 12 { show(y) }\n    } except e { if i < 12 { oops(e) } }\n}",
            rounds, items, f
        ));
        self.cost += 400;
    }

    fn default_effects(&mut self, out: &mut Block) {
        let (f, n) = (self.name("f"), self.name("v"));
        out.push(decl!("mut @ := 0", n.clone()));
        let last = self.pick(&[
            "[a, b]",
            "({k: b})",
            "func() { return a + b }",
            "a / (b - 3)",
            "\"${a}\"",
        ]);
        out.push(decl!(
            "func @(a, b := a + @, c := @) {\n    @ += 1\n    b += 1\n    return [a, b, c]\n}",
            f.clone(),
            n.clone(),
            last,
            n.clone()
        ));
        let rounds = self.count(3, 60);
        let arg = self.literal(Kind::Any);
        out.push(stmt!(
            "for i in 0..@ {\n    try {\n        r := [@(i), @(i, 2), @(@)][i % 3]\n        if i % 8 == 0 { put(\"${r[1]} ${type(r[2])}\") }\n    } except e { if i < 9 { oops(e) } }\n}",
            rounds, f.clone(), f.clone(), f, arg
        ));
        out.push(stmt!("show(@)", n));
        self.cost += 600;
    }

    /// Strings that grow, are cut up and counted.
    fn texts(&mut self, out: &mut Block) {
        let f = self.name("f");
        let unit = self.literal(Kind::Str);
        let item = self.expr_of_number("i");
        let rounds = self.count(5, 200);
        let form = self.pick(&[
            "s += @ + to_string(@)",
            "s := s + @ + \"${@}\"",
            "s := \"${@}${@}\" + s[-40:]",
            "s := s + @\nif len(s) > 80 { s := s[@ & 3:40] }",
        ]);
        let step = stmt!(form, unit, item);
        let all = vec![
            decl!("mut s := \"\""),
            decl!("mut h := 5381"),
            stmt!("for i in 0..n {@}", vec![step]),
            stmt!("for c in s { h := (h * 33 + ord(c)) & 4294967295 }"),
            stmt!("return [len(s), h, cut(s)]"),
        ];
        out.push(decl!("func @(n) {@}", f.clone(), all));
        out.push(stmt!(
            "for n in [0, 1, 2, @] { try { show(@(n)) } except e { oops(e) } }",
            rounds,
            f
        ));
        self.cost += 1000;
    }
}
