//! Keywords and operators: what `ruff doc if` prints. Every keyword has an entry, and
//! every example is run by a test.

/// An entry for some words or signs.
pub struct Topic {
    /// Separated by spaces.
    pub names: &'static str,
    pub text: &'static str,
    pub example: &'static str,
    /// The output of the example.
    pub output: &'static str,
}

pub const TOPICS: &[Topic] = &[
    Topic {
        names: "let const",
        text: "A name that never changes, nor what is in it. `const` names can be compared with in cases.",
        example: "let limit := 10\nprint(limit)",
        output: "10\n",
    },
    Topic {
        names: "mut",
        text: "A new variable of this block, whatever the blocks around it have.",
        example: "total := 1\nfunc sum_of(xs) {\n    mut total := 0\n    for x in xs { total += x }\n    return total\n}\nprint(sum_of([2, 3]), total)",
        output: "5 1\n",
    },
    Topic {
        names: ":= =",
        text: "Assigns the nearest variable of the name, or makes one. Both signs mean the same.",
        example: "x := 1\n[a, b] := [x, 2]\na, b := b, a\nprint(a, b)",
        output: "2 1\n",
    },
    Topic {
        names: "+= -= *= /= %= **= &= |= ^= <<= >>=",
        text: "`x op= y` is `x := x op y`; the parts of the place are computed once.",
        example: "x := 5\nx += 2\nprint(x)",
        output: "7\n",
    },
    Topic {
        names: "func return =>",
        text: "A function. Without `return` it gives null; `x => e` is short for one that returns `e`.",
        example: "func power(x, n := 2) { return x ** n }\ndouble := x => x * 2\nprint(power(3), double(4))",
        output: "9 8\n",
    },
    Topic {
        names: "if else",
        text: "Chooses by a condition. False are `false`, `null`, `0`, `\"\"` and what is empty. As a value it is that of the last statement.",
        example: "n := 7\nsize := if n > 5 { \"big\" } else { \"small\" }\nprint(size)",
        output: "big\n",
    },
    Topic {
        names: "match case default",
        text: "The first case that fits is taken: literals, variants, arrays, dicts, a name for any value; `if` adds a condition.",
        example: "func what(x) {\n    return match x {\n        case 0: \"zero\"\n        case [first, ...rest]: \"begins with ${first}\"\n        case n if n < 0: \"negative\"\n        default: \"more\"\n    }\n}\nprint(what([4, 5]), what(-1))",
        output: "begins with 4 negative\n",
    },
    Topic {
        names: "for in",
        text: "Goes through a sequence: an array, a string, the keys of a dict, a range, `n` for `0` to `n - 1`. Two names give position and element, or key and value. Alone, `in` asks whether something is there; so does `not in`.",
        example: "for i, x in [\"a\", \"b\"] { print(i, x) }\nprint(2 in [1, 2], \"z\" not in \"abc\")",
        output: "0 a\n1 b\ntrue true\n",
    },
    Topic {
        names: "while loop",
        text: "`while c { }` goes round as long as the condition holds, `loop { }` until a `break`.",
        example: "n := 1\nwhile n < 100 { n *= 2 }\nprint(n)",
        output: "128\n",
    },
    Topic {
        names: "break continue",
        text: "Leaves the loop, or goes on with its next round. A label names an outer loop.",
        example: "outer: for i in 3 {\n    for j in 3 {\n        if j == 1 { continue outer }\n        if i == 2 { break outer }\n        print(i, j)\n    }\n}",
        output: "0 0\n1 0\n",
    },
    Topic {
        names: "try except finally throw",
        text: "`throw v` ends what runs; the next `except` around it gets an error with `message`, `kind`, `line` and `value`. `finally` runs in any case.",
        example: "try {\n    throw \"no such file\"\n} except e {\n    print(e.message, e.kind)\n} finally {\n    print(\"done\")\n}",
        output: "no such file thrown\ndone\n",
    },
    Topic {
        names: "struct",
        text: "A type of values with fields and methods. Instances are values: assigning one copies it.",
        example: "struct Account {\n    owner: string\n    balance := 0\n    func deposit(self, n) { self.balance += n }\n}\nacc := Account { owner: \"Ann\" }\nacc.deposit(5)\nprint(acc)",
        output: "Account { owner: Ann, balance: 5 }\n",
    },
    Topic {
        names: "class self",
        text: "Like `struct`, but instances are references, made by `Name(…)`, which calls `init`. `self` is the instance that a method is called on.",
        example: "class Counter {\n    n := 0\n    func up(self) { self.n += 1 }\n}\na := Counter()\nb := a\nb.up()\nprint(a.n)",
        output: "1\n",
    },
    Topic {
        names: "enum ::",
        text: "Names for alternatives, which may carry values. `Type::f()` calls a method that uses no fields.",
        example: "enum Shape { Circle, Square }\ns := Shape::Circle(2)\nprint(s, match s { case Shape::Circle(r): r  default: 0 })",
        output: "Shape::Circle(2) 2\n",
    },
    Topic {
        names: "yield func*",
        text: "A function that gives elements one at a time, when they are asked for. `yield* xs` gives all of a sequence.",
        example: "func* squares() {\n    n := 0\n    loop {\n        yield n * n\n        n += 1\n    }\n}\nprint(squares().take(4).collect())",
        output: "[0, 1, 4, 9]\n",
    },
    Topic {
        names: "import from export as",
        text: "`import m` runs `m.ruff` once and brings what it exports, also as `m.name`; `from m import x as y` brings single names. `export` goes before a declaration.",
        example: "try { import no_such_module } except e { print(e.kind) }",
        output: "import\n",
    },
    Topic {
        names: "async await spawn",
        text: "Tasks and threads: `async func` starts a task when it is called, `await` waits for what a promise gives, `spawn { }` runs a block on another thread.",
        example: "print(\"see LANGUAGE.md\")",
        output: "see LANGUAGE.md\n",
    },
    Topic {
        names: "test test_group test_setup test_teardown",
        text: "Tests, which `ruff test` runs and `ruff run` passes over. `test \"…\" for x in xs { }` is a test for each element.",
        example: "test \"adds ${a} and ${b}\" for [a, b, sum] in [[1, 2, 3], [2, 2, 4]] {\n    assert_equal(a + b, sum)\n}\nprint(\"not run\")",
        output: "not run\n",
    },
    Topic {
        names: "true false null",
        text: "The two truth values, and nothing.",
        example: "print(true && !false, null ?? \"default\")",
        output: "true default\n",
    },
    Topic {
        names: "+ - * / % **",
        text: "Arithmetic. Ints have any size and stay ints: `/` leaves the fraction out. `+` joins strings and arrays, `*` repeats strings.",
        example: "print(7 / 2, 7 / 2.0, 7 % 3, 2 ** 10, \"ab\" * 2)",
        output: "3 3.5 1 1024 abab\n",
    },
    Topic {
        names: "& | ^ ~ << >>",
        text: "Bits of ints of any size.",
        example: "print(6 & 3, 6 | 3, 6 ^ 3, ~5, 1 << 4)",
        output: "2 7 5 -6 16\n",
    },
    Topic {
        names: "== != < <= > >=",
        text: "Comparisons, of contents for arrays, dicts and structs. They do not chain: write `a < b && b < c`.",
        example: "print([1, 2] == [1, 2], 1 == 1.0, \"a\" < \"b\")",
        output: "true true true\n",
    },
    Topic {
        names: "&& || !",
        text: "And, or, not. They give `true` or `false`, and look at the right side only if they have to.",
        example: "print(1 > 0 && 2 > 3, false || true, !\"\")",
        output: "false true true\n",
    },
    Topic {
        names: "?? ?. ?[ ?",
        text: "`a ?? b` is `b` if `a` is null. `x?.f` and `x?[i]` give null if `x` is null or has no such key. `r?` takes a value out of `Ok` or `Some`, or returns what it is.",
        example: "d := {a: 1}\nprint(d?[\"b\"] ?? 0)\nfunc half(r) { return r? / 2 }\nprint(half(Ok(8)), half(Err(\"no\")))",
        output: "0\n4 Err(no)\n",
    },
    Topic {
        names: ".. ..= ...",
        text: "`a..b` are the ints from `a` up to, without, `b`; `..=` includes it. `...xs` spreads a sequence, or takes the rest.",
        example: "print(1..4, 1..=4, [0, ...[1, 2]], max(...[3, 9]))",
        output: "[1, 2, 3] [1, 2, 3, 4] [0, 1, 2] 9\n",
    },
    Topic {
        names: "|>",
        text: "`x |> f` is `f(x)`, `x |> f(a)` is `f(x, a)`.",
        example: "print([3, 1, 2] |> sort |> join(\"-\"))",
        output: "1-2-3\n",
    },
    Topic {
        names: "${",
        text: "Puts the text of an expression into a string.",
        example: "name := \"Ann\"\nprint(\"Hi ${name}, ${1 + 2} new messages\")",
        output: "Hi Ann, 3 new messages\n",
    },
];

/// The entry of a keyword or operator.
pub fn entry(name: &str) -> Option<String> {
    let topic = TOPICS
        .iter()
        .find(|topic| topic.names.split(' ').any(|one| one == name))?;
    let indented =
        |text: &str| -> String { text.lines().map(|line| format!("    {line}\n")).collect() };
    Some(format!(
        "{}\n\n  {}\n\n{}\n  prints\n\n{}",
        topic.names,
        topic.text,
        indented(topic.example),
        indented(topic.output)
    ))
}
