//! Every form of the grammar is accepted.

use super::accepts;

#[test]
fn value_semantics_example() {
    accepts(
        r#"
a := [1, 2]
b := a
b[0] := 9
print(a, b)          # [1, 2] [9, 2]
func f(d) { d["k"] := 1; return d }
x := {}
y := f(x)
print(x, y)          # {} {"k": 1}
"#,
    );
}

#[test]
fn struct_example() {
    accepts(
        r#"
struct Account {
    owner: string
    balance := 0                     # + default value
    func deposit(self, n) { self.balance += n }
    func label() { return owner + ": " + to_string(balance) }
    limit: int?, rate: float := 0.5; tag
    func* each(self) { yield 1 }
    async func later(self) { return await self.x }
    match: int
    func in(self) { }
}
acc := Account { owner: "Ann" }
acc.deposit(5)
class Node { value; next := null
  func init(self, value) { self.value := value } }
p := Point { x, y, ...base }
q := Account::make(1).owner
enum Shape { Circle, Square }
enum E {
  A
  B,
  C
}
"#,
    );
}

#[test]
fn match_example() {
    accepts(
        r#"
match v {
    case 0: { print(1) }
    case "a" | "b": { }
    case Shape::Circle(r): { }
    case Ok([first, ...rest]) if first > 0: { }
    case {"kind": "point", "x": x}: { }
    case Point { x, y: 0 }: { }
    case Point { x } | Other { y: Point { z: _ } } if x { }
    case -1 | -2.5: print(1)
    case null: x := 5
    case true return_it()
    case None { }
    case Some(_) { a := 1 }
    case [a, [b, ...]]: a.b()
    case n { n }
    default: { }
}
match x { case 1: break_it() case 2: b() default: c() }
match (x) { default { } }
"#,
    );
}

#[test]
fn statement_ends() {
    accepts(
        r#"
func f(n) { if n < 2 { return n } return f(n - 1) }
x := a
    .b()
    ?.c
    + 5
    * 7
    // comment

    && d
    |> e
y := 1
-5
[1, 2].map(f)
(1 + 2).foo()
if x
{ y() }
else
{ z() }
func g()
{
    return
    5
}
z := f(
  1
  -
  2
)
a[0] := 1; b := 2; ; c := 3
let q = 1 r := 2
"#,
    );
}

#[test]
fn contextual_keywords_are_names() {
    accepts(
        r#"
func test(a) { return a }
func default() { }
test := 5
default := 6
test(default)
x.test.default.if.match.for(1)
d := {if: 1, for: 2, match: {in: 3}, default: 4, test}
let test_group := 1
throw := 5
test_setup := throw + 1
int := int("5"); string := float; Ok(1); None
as := impl
test "name" { assert(true) }
test_group "g" {
    test_setup { x := 1 }
    test_teardown { }
    test "inner" { return }
    test_group "h" { test "i" { } }
}
test_setup { x := 1 }
S { default: 1, test: 2, from: 3 }
"#,
    );
}

#[test]
fn expressions() {
    accepts(
        r#"
x := -2 ** -3 ** 4
x := !a && ~b | c ^ d & e << 1 >> 2
r := 0..n; r := a..=b + 1; 1.max; 1.5.floor(); 1..2
y := a ?? b |> f(1) |> o.m(2)
z := e? + f(x)?.g?[0]?.h(1)[1:2][:3][4:][:]
g(...xs, 1, ...[1, 2])
w := [...a, b, ...c]
d := {"a": 1, "b${x}": 2, 5: 3, -5: 4, [k + 1]: 5, ...o, s, t: u,}
s := "a ${b + "c ${d["e"]} f"} ${ {a: 1}["a"] } $ \$ \u{1F600} \x41"
t := """
    line ${1 + 1}
      two
    """
f := func(a, b: int := 10) -> int { return a }(1)
g := async func(x) { await x }
h := func*(x) { y := yield x; yield }
spawn { c.send(1) }
p := spawn { x }
throw "x"
throw(v)
a || throw Err("x")
Color::Red; Shape::Circle(1, 2).x
n := 1_000_000 + 0xff + 0o17 + 0b1010 + 6.02e23 + 1e5 + 123456789012345678901234567890
self.x := 1
"#,
    );
}

#[test]
fn heads() {
    accepts(
        r#"
if x == (Name { a: 1 }) { }
while f({a: 1})[{b: 2}] { }
for x in [P { a: 1 }] { }
if a { } else if b { } else if c { } else { }
loop { break }
loop while x { continue }
outer: for k, v in d { inner: while true { break outer } }
for [a, b] in pairs { }
for i, [a, {b}] in pairs { }
for {x, y: z, ...r} in ps { }
for i in 10 { }
try { } except e { } finally { }
try { } except { }
try { } finally { }
if func() { return 1 }() { }
if x { y() } z()
match match a { } { }
if match a { case b: c } { }
while if a { } else { } { }
"#,
    );
}

#[test]
fn bindings_and_types() {
    accepts(
        r#"
let x: int := 5
mut y = 6
const Z: dict<string, array<int>> := {}
[a, _, [b, c], ...rest] := e
{x, y: py, "z": [p], ...rest} := e
[a, ...] := e
let [q, r] := e
mut {s} := e
w: [int]? := null
v: func(int, string) -> Result<int, string> := f
u: int | string | null = 5
t: m.Type := 1
func f(a: func, b: (int | float)?) -> array { }
x.y.z[1].w := 5
f().x := 1
a[0][1] += 2; a **= 2; b <<= 1; c >>= 1; d &= 1; e |= 2; f ^= 3; g %= 4; h /= 5; i *= 1; j -= 1
"#,
    );
}

#[test]
fn modules() {
    accepts(
        "#!/usr/bin/env ruff\nimport m\nimport a.b as c\nfrom a.test import x, y as z,\n  w\n\
         export func f() { }\nexport let x := 1\nexport y := 2\nexport struct S { }\n\
         export async func g() { }\nexport enum E { A }\nexport class C { }\n\
         try { import q } except e { }",
    );
}
