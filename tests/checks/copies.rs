//! Programs whose changes are lost in copies, and such that copy more than they need.

use super::compare;

#[test]
fn changes_of_copies() {
    compare(
        "copies",
        &[
            // A cursor that walks down a container.
            (
                "root := {}\nfor word in [\"ab\", \"ac\"] { node := root\nfor c in word { if c not in node { node[c] := {} }\nnode := node[c] } }\nprint(root)",
                &["lost-write"],
            ),
            (
                "func add(node, word) { for c in word { node[c] := {}\nnode := node[c] } }\nadd({}, \"ab\")",
                &["lost-write"],
            ),
            (
                "struct N { count := 0\nnext := null }\nlist := N { next: N {} }\nat := list\nwhile at != null { at.count += 1\nat := at.next }\nprint(list)",
                &["lost-write"],
            ),
            (
                "class N { count := 0\nnext := null }\nlist := N { next: N {} }\nat := list\nwhile at != null { at.count += 1\nat := at.next }\nprint(list)",
                &[],
            ),
            (
                "node := {a: {}}\nseen := []\nfor c in \"aa\" { node[\"n\"] := 1\nseen.push(node)\nnode := node[c] }\nprint(seen)",
                &[],
            ),
            ("d := {a: {b: 1}}\nd.c := 1\nd := d.a\nprint(d)", &[]),
            // A method whose result is used, and whose change is lost.
            (
                "struct Job { left := 2\nfunc run(self) { self.left -= 1\nreturn self.left == 0 } }\njobs := [Job {}]\nfor j in jobs { if j.run() { print(1) } }",
                &["lost-write"],
            ),
            (
                "class Job { left := 2\nfunc run(self) { self.left -= 1\nreturn self.left == 0 } }\njobs := [Job {}]\nfor j in jobs { if j.run() { print(1) } }",
                &[],
            ),
            (
                "struct Job { left := 2\nfunc run(self) { self.left -= 1\nreturn self.left == 0 } }\ndone := []\nfor j in [Job {}] { if j.run() { done.push(j) } }\nprint(done)",
                &[],
            ),
            (
                "xs := [[1]]\nxs.for_each(x => x.push(9))\nprint(xs)",
                &["lost-write"],
            ),
            (
                "class B { xs := [] }\nbs := [B()]\nbs.for_each(b => b.xs.push(9))\nprint(bs)",
                &[],
            ),
        ],
    );
}

/// Parameters that were meant as outputs.
#[test]
fn outputs_of_functions() {
    compare(
        "outputs",
        &[
            // A walk that should fill its parameter.
            (
                "class N { v := 0; left := null\nfunc init(self, v) { self.v := v } }\nfunc walk(n, out) { if n == null { return }\nwalk(n.left, out)\nout.push(n.v)\nwalk(n.left, out) }\nout := []\nwalk(N(1), out)\nprint(out)",
                &["lost-write"],
            ),
            (
                "func collect_names(tree, found) { for child in tree.children { found.push(child.name)\ncollect_names(child, found) } }\nfunc names(tree) { found := []\ncollect_names(tree, found)\nreturn found }\nprint(names({children: []}))",
                &["lost-write"],
            ),
            (
                "struct Walker { seen := []\nfunc walk(self, n, out) { if n > 0 { out.push(n)\nself.walk(n - 1, out) } }\nfunc all(self) { out := []\nself.walk(3, out)\nreturn out } }\nprint(Walker {}.all())",
                &["lost-write"],
            ),
            (
                "func note(log, x) { log.push(x)\nprint(x) }\nfunc deep(log, n) { if n > 0 { note(log, n)\ndeep(log, n - 1) } }\nlog := []\ndeep(log, 2)\nprint(log)",
                &["lost-write"],
            ),
            // A change before a `return`, in a function that reads the parameter elsewhere.
            (
                "func insert(node, v) { if \"left\" not in node { node.left := {v: v}\nreturn null }\ninsert(node.left, v)\nprint(node) }\ninsert({}, 1)",
                &["lost-write"],
            ),
            // A table that the calls of a function should share.
            (
                "func fib(n, memo) { if n < 2 { return n }\nif n in memo { return memo[n] }\nmemo[n] := fib(n - 1, memo) + fib(n - 2, memo)\nreturn memo[n] }\nprint(fib(20, {}))",
                &["lost-write"],
            ),
            (
                "memo := {}\nfunc fib(n) { if n < 2 { return n }\nif n in memo { return memo[n] }\nmemo[n] := fib(n - 1) + fib(n - 2)\nreturn memo[n] }\nprint(fib(20))",
                &[],
            ),
            // The caller reads just what the function has changed.
            (
                "struct Account { balance := 0 }\nfunc deposit(a, n) { a.balance += n\nprint(\"now\", a.balance) }\nacc := Account {}\ndeposit(acc, 5)\nprint(acc.balance)",
                &["lost-write"],
            ),
            (
                "struct Account { balance := 0; owner := \"\" }\nfunc deposit(a, n) { a.balance += n\nprint(\"now\", a.balance) }\nacc := Account {}\ndeposit(acc, 5)\nprint(acc.owner)",
                &[],
            ),
            (
                "class Account { balance := 0 }\nfunc deposit(a, n) { a.balance += n\nprint(\"now\", a.balance) }\nacc := Account()\ndeposit(acc, 5)\nprint(acc.balance)",
                &[],
            ),
            // Sorting in place.
            (
                "func bubble_sort(xs) { for i in 0..len(xs) { for j in 0..len(xs) - 1 { if xs[j] > xs[j + 1] { xs[j], xs[j + 1] := xs[j + 1], xs[j] } } } }\ndata := [3, 1, 2]\nbubble_sort(data)\nprint(data)",
                &["lost-write"],
            ),
            (
                "func sorted_by_hand(xs) { for i in 0..len(xs) { for j in 0..len(xs) - 1 { if xs[j] > xs[j + 1] { xs[j], xs[j + 1] := xs[j + 1], xs[j] } } }\nreturn xs }\ndata := [3, 1, 2]\ndata := sorted_by_hand(data)\nprint(data)",
                &[],
            ),
            (
                "func skip(state) { while state[\"text\"][state[\"pos\"]] == \" \" { state[\"pos\"] += 1 } }\nstate := {text: \"  a\", pos: 0}\nskip(state)\nprint(state)",
                &["lost-write"],
            ),
            // Copies that are worked with.
            (
                "func show_sorted(xs) { xs.sort()\nfor x in xs { print(x) } }\nxs := [2, 1]\nshow_sorted(xs)\nprint(xs)",
                &[],
            ),
            (
                "func drain(xs) { while len(xs) > 0 { print(xs.pop()) } }\nxs := [2, 1]\ndrain(xs)\nprint(xs)",
                &[],
            ),
            (
                "func paths(n, path) { path.push(n)\nif n == 0 { print(path)\nreturn }\npaths(n - 1, path) }\npaths(3, [])",
                &[],
            ),
            (
                "func count(n, seen) { seen.push(n)\nif n == 0 { return len(seen) }\nreturn count(n - 1, seen) }\nseen := []\nprint(count(3, seen), seen)",
                &[],
            ),
            (
                "func fill(n, out) { if n == 0 { return out }\nout.push(n)\nreturn fill(n - 1, out) }\nout := []\nout := fill(3, out)\nprint(out)",
                &[],
            ),
            (
                "func try_all(xs) { xs.push(1)\ntry { print(xs[5]) } except e { print(e.kind, xs) } }\ntry_all([1])",
                &[],
            ),
            (
                "func until(xs) { loop { if len(xs) > 3 { break }\nxs.push(1) }\nprint(len(xs)) }\nuntil([])",
                &[],
            ),
        ],
    );
}

/// Functions that take the next thing off what they get.
#[test]
fn takers_of_copies() {
    compare(
        "takers",
        &[
            (
                "func number(tokens) { return to_int(tokens.pop()) }\nfunc total(tokens) { sum_of := 0\nwhile len(tokens) > 0 { sum_of += number(tokens) }\nreturn sum_of }\nprint(total([\"1\"]))",
                &["lost-write"],
            ),
            (
                "struct P { text := \"\"; pos := 0 }\nfunc digits(p) { start := p.pos\nwhile p.text[p.pos] != \" \" { p.pos += 1 }\nreturn p.text[start:p.pos] }\nfunc all(p) { out := []\nwhile p.pos < len(p.text) { out.push(digits(p)) }\nreturn out }\nprint(all(P { text: \"1 2 \" }))",
                &["lost-write"],
            ),
            (
                "class P { text := \"\"; pos := 0 }\nfunc digits(p) { start := p.pos\nwhile p.text[p.pos] != \" \" { p.pos += 1 }\nreturn p.text[start:p.pos] }\nfunc all(p) { out := []\nwhile p.pos < len(p.text) { out.push(digits(p)) }\nreturn out }\nprint(all(P { text: \"1 2 \" }))",
                &[],
            ),
            (
                "func next_card(deck) { return deck.pop() }\ndeck := [1, 2, 3]\na := next_card(deck)\nb := next_card(deck)\nprint(a, b)",
                &["lost-write"],
            ),
            // A look ahead, a change between, a loop that is left.
            (
                "func last_of(xs) { return xs.pop() }\nxs := [1, 2]\na := last_of(xs)\nxs.pop()\nb := last_of(xs)\nprint(a, b)",
                &[],
            ),
            (
                "func number(tokens) { return to_int(tokens.pop()) }\ntokens := [\"1\"]\nwhile len(tokens) > 0 { print(number(tokens))\ntokens.pop() }",
                &[],
            ),
            (
                "func number(tokens) { return to_int(tokens.pop()) }\ntokens := [\"1\"]\nwhile len(tokens) > 0 { if number(tokens) == 1 { break } }",
                &[],
            ),
            (
                "func total(xs) { n := 0\nwhile len(xs) > 0 { n += xs.pop() }\nreturn n }\nxs := [1]\na := total(xs)\nb := total(xs)\nprint(a == b)",
                &[],
            ),
        ],
    );
}

#[test]
fn containers_that_are_copied() {
    compare(
        "copied",
        &[
            (
                "d := {}\nfor i in 4 { k := i % 2\nxs := d.get(k, [])\nxs.push(i)\nd[k] := xs }\nprint(d)",
                &["copied-container"],
            ),
            (
                "d := {}\nfunc add(k, x) { xs := d[k] ?? []\nxs[0] := x\nd[k] := xs }\nadd(1, 2)\nprint(d)",
                &["copied-container"],
            ),
            (
                "func put(xs, x) { xs.push(x)\nreturn xs }\nstruct S { items := []\nfunc add(self, x) { self.items := put(self.items, x) } }\ns := S {}\ns.add(1)\nprint(s)",
                &["copied-container"],
            ),
            // Reading, another place, a struct, something that runs once, the only name.
            (
                "struct S { items := []\nfunc all(self) { return self.items }\nfunc add(self, x) { self.items.push(x) } }\ns := S {}\ns.add(1)\nprint(len(s.all()))",
                &[],
            ),
            (
                "d := {a: []}\nfor i in 4 { xs := d.a\nxs.push(i)\nd[i] := xs }\nprint(d)",
                &[],
            ),
            (
                "struct P { n := 0 }\nps := [P {}]\nfor i in 1 { p := ps[i]\np.n += 1\nps[i] := p }\nprint(ps)",
                &[],
            ),
            (
                "d := {a: []}\nxs := d.a\nxs.push(1)\nd.a := xs\nprint(d)",
                &[],
            ),
            (
                "func put(xs, x) { xs.push(x)\nreturn xs }\nxs := []\nfor i in 3 { xs := put(xs, i) }\nprint(xs)",
                &[],
            ),
            (
                "func sorted_up(xs) { xs.sort()\nreturn xs }\nclass C { items := [2, 1]\nfunc order(self) { self.items := sorted_up(self.items) } }\nc := C()\nc.order()\nprint(c)",
                &[],
            ),
        ],
    );
}
