//! Expressions of each kind: what is common to all (variables, calls, elements,
//! fields), then strings, containers, instances, tagged values, iterators.

use super::{Gen, Var, word};
use crate::kind::{Item, Kind};
use crate::tree::{Expr, expr, stmt};

const TEXTS: &[&str] = &[
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"key\"",
    "\"x-y\"",
    "\"äß€\"",
    "\"12\"",
    "\"hello world\"",
    "\"\\n\\\"\"",
];
/// Names of a dict's usual keys.
pub const KEYS: &[&str] = &["a", "b", "c"];

impl Gen<'_> {
    /// An expression of the kind, nested about `d` deep.
    pub fn expr(&mut self, kind: Kind, d: u32) -> Expr {
        let value = self.at_once(kind, d);
        if !self.waits || !self.chance(4) {
            return value;
        }
        match self.below(40) {
            0..10 => expr!(kind, "(await @)", value),
            10..20 => expr!(kind, "(await later(@))", value),
            20..28 => expr!(kind, "recovered(@)", value),
            28 => {
                self.risk = true;
                expr!(kind, "(await refused(@))", value)
            }
            _ => expr!(kind, "paused(@)", value),
        }
    }

    /// An expression that does not wait itself.
    fn at_once(&mut self, kind: Kind, d: u32) -> Expr {
        if d == 0 || self.chance(22) {
            return self.leaf(kind);
        }
        let found = match self.below(100) {
            0..11 => self.call_of(kind, d),
            11..16 => self.method_of(kind, d),
            16..21 => self.field_of(kind),
            21..28 => self.element_of(kind, d),
            28 => Some(self.unusual(kind)),
            29..32 => self.coalesce(kind, d),
            32..36 => Some(self.chosen(kind, d)),
            _ => None,
        };
        if let Some(found) = found {
            return found;
        }
        match kind {
            Kind::Int => self.int(d),
            Kind::Float => self.float(d),
            Kind::Num => self.num(d),
            Kind::Bool => self.bool(d),
            Kind::Str => self.str(d),
            Kind::Any => self.any(d),
            Kind::Arr(item) => self.array(item, d),
            Kind::Dict(item) => self.dict(item, d),
            Kind::Inst(ty) => self.instance(ty, d),
            Kind::Enum(number) => self.tagged(number, d),
            Kind::Fun(_) => self.leaf(kind),
            Kind::Iter(item) => self.iterator(item, d),
            Kind::Opt => match self.below(4) {
                0 => word(kind, "None"),
                1 => {
                    let (xs, param) = (self.expr(Kind::Arr(Item::Int), d - 1), self.name("p"));
                    expr!(
                        kind,
                        "first_over(@, func(@) { return @ > 3 })",
                        xs,
                        param.clone(),
                        param
                    )
                }
                _ => {
                    let value = self.expr(Kind::Int, d - 1);
                    expr!(kind, "Some(@)", value)
                }
            },
            Kind::Res => {
                let ok = self.chance(60);
                let value = self.expr(if ok { Kind::Int } else { Kind::Str }, d - 1);
                expr!(kind, if ok { "Ok(@)" } else { "Err(@)" }, value)
            }
        }
    }

    fn leaf(&mut self, kind: Kind) -> Expr {
        if self.chance(72)
            && let Some(var) = self.var(|v| kind.takes(v.kind))
        {
            return word(kind, &var.name);
        }
        self.literal(kind)
    }

    /// Never throws, costs nothing, and refers to no variable.
    pub fn literal(&mut self, kind: Kind) -> Expr {
        match kind {
            Kind::Int => self.int_literal(),
            Kind::Float => self.float_literal(),
            Kind::Num if self.chance(50) => self.int_literal(),
            Kind::Num => self.float_literal(),
            Kind::Bool => {
                let text = self.pick(&["true", "false"]);
                word(kind, text)
            }
            Kind::Str => {
                let text = self.pick(TEXTS);
                word(kind, text)
            }
            Kind::Any => {
                let of = self.pick(&[Kind::Int, Kind::Int, Kind::Float, Kind::Str, Kind::Bool]);
                if self.chance(15) {
                    word(kind, "null")
                } else {
                    self.literal(of)
                }
            }
            Kind::Arr(item) => {
                let most = if matches!(item, Item::Row | Item::Inst(_)) {
                    3
                } else {
                    5
                };
                let items: Vec<Expr> = (0..self.below(most + 1))
                    .map(|_| self.literal(item.kind()))
                    .collect();
                expr!(kind, "[@]", items)
            }
            Kind::Dict(item) => {
                let keys = self.keys();
                let entries = keys.into_iter().map(|key| {
                    let value = self.literal(item.kind());
                    expr!(item.kind(), "@: @", key, value)
                });
                let entries: Vec<Expr> = entries.collect();
                expr!(kind, "({@})", entries)
            }
            Kind::Inst(ty) => {
                let fields = self.types[ty].fields.clone();
                let name = self.types[ty].name.clone();
                let all = fields.len();
                let given = if self.chance(50) {
                    all
                } else {
                    self.types[ty].required
                };
                let values = fields.into_iter().take(given).map(|(field, kind)| {
                    let value = self.literal(kind);
                    expr!(kind, "@: @", field, value)
                });
                let values: Vec<Expr> = values.collect();
                expr!(kind, "(@ {@})", name, values)
            }
            Kind::Enum(number) => {
                let count = self.enums[number].variants.len();
                let at = self.below(count);
                let (variant, parts) = self.enums[number].variants[at].clone();
                let name = self.enums[number].name.clone();
                if parts.is_empty() {
                    return expr!(kind, "@::@", name, variant);
                }
                let parts: Vec<Expr> = parts.iter().map(|k| self.literal(*k)).collect();
                expr!(kind, "@::@(@)", name, variant, parts)
            }
            Kind::Iter(item) => {
                let of = self.literal(Kind::Arr(item));
                expr!(kind, "@.iter()", of)
            }
            Kind::Opt => {
                let value = self.literal(Kind::Int);
                if self.chance(30) {
                    word(kind, "None")
                } else {
                    expr!(kind, "Some(@)", value)
                }
            }
            Kind::Res => {
                let value = self.literal(Kind::Int);
                if self.chance(30) {
                    word(kind, "Err(\"no\")")
                } else {
                    expr!(kind, "Ok(@)", value)
                }
            }
            Kind::Fun(at) => {
                let func = self.funcs[at].clone();
                let names: Vec<String> = func.params.iter().map(|_| self.name("p")).collect();
                let result = self.literal(func.result);
                expr!(kind, "func(@) { return @ }", names.join(", "), result)
            }
        }
    }

    /// An expression that is not of the kind at all, or has no value.
    fn unusual(&mut self, kind: Kind) -> Expr {
        self.risk = true;
        match self.below(5) {
            0 => word(kind, "nobody"),
            1 => word(kind, "null"),
            _ => self.unlike(kind),
        }
    }

    fn coalesce(&mut self, kind: Kind, d: u32) -> Option<Expr> {
        let of = self.pick(&[Kind::Dict(Item::Int), Kind::Dict(Item::Any), Kind::Any]);
        if !kind.takes(Kind::Int) || of == Kind::Any && kind != Kind::Any {
            return None;
        }
        let (a, b) = (self.expr(of, d - 1), self.expr(kind, d - 1));
        Some(match of {
            Kind::Any => expr!(kind, "(@ ?? @)", a, b),
            // Of a dict of anything the value need not be a number.
            _ => {
                self.risk |= of == Kind::Dict(Item::Any);
                expr!(kind, "(@?.b ?? @)", a, b)
            }
        })
    }

    fn field_of(&mut self, kind: Kind) -> Option<Expr> {
        let types = &self.types;
        let has = |var: &Var| match var.kind {
            Kind::Inst(ty) => types[ty].fields.iter().any(|(_, k)| kind.takes(*k)),
            _ => false,
        };
        let found: Vec<Var> = self.vars.iter().filter(|v| has(v)).cloned().collect();
        if found.is_empty() {
            return None;
        }
        let var = self.pick(&found);
        let Kind::Inst(ty) = var.kind else {
            return None;
        };
        let fields: Vec<String> = self.types[ty]
            .fields
            .iter()
            .filter(|(_, k)| kind.takes(*k))
            .map(|(name, _)| name.clone())
            .collect();
        let field = self.pick(&fields);
        let form = if self.chance(10) { "@?.@" } else { "@.@" };
        Some(expr!(kind, form, var.name, field))
    }

    /// An element of an array, string or dict, which may be missing.
    fn element_of(&mut self, kind: Kind, d: u32) -> Option<Expr> {
        let var = self.var(|v| match v.kind {
            Kind::Arr(item) | Kind::Dict(item) => kind.takes(item.kind()),
            Kind::Str => kind == Kind::Str,
            _ => false,
        })?;
        self.risk = true;
        if kind.takes(Kind::Int)
            && self.chance(20)
            && let Some(own) = self.indexed(false)
        {
            let at = self.expr(Kind::Int, d - 1);
            return Some(expr!(kind, "@[@]", own, at));
        }
        if matches!(var.kind, Kind::Dict(_)) {
            return Some(match self.below(5) {
                0 => expr!(kind, "@.@", var.name, self.pick(KEYS)),
                1 => expr!(kind, "@[\"@\"]", var.name, self.pick(KEYS)),
                2 => {
                    let at = self.expr(Kind::Int, d - 1);
                    expr!(kind, "@[@ % 9]", var.name, at)
                }
                3 => {
                    let key = self.expr(Kind::Str, d - 1);
                    expr!(kind, "@[@]", var.name, key)
                }
                _ => {
                    let at = self.expr(Kind::Int, d - 1);
                    expr!(kind, "@[\"k${@ % 20}\"]", var.name, at)
                }
            });
        }
        Some(match self.below(8) {
            0..3 => {
                let at = self.pick(&["0", "1", "-1", "2", "-2", "3"]);
                expr!(kind, "@[@]", var.name, at)
            }
            3..6 => {
                let at = self.expr(Kind::Int, d - 1);
                expr!(kind, "@[@ % len(@)]", var.name.clone(), at, var.name)
            }
            6 => {
                let at = self.expr(Kind::Int, d - 1);
                expr!(kind, "@[@]", var.name, at)
            }
            _ => {
                let at = self.expr(Kind::Int, d - 1);
                expr!(kind, "@?[@ & 3]", var.name, at)
            }
        })
    }

    /// A variable whose type has `op_index` and `op_set_index`.
    pub fn indexed(&mut self, to_write: bool) -> Option<String> {
        let var = self.var_where(|g, v| {
            let fits = |ty: usize| g.types[ty].ops.contains(&"index");
            matches!(v.kind, Kind::Inst(ty) if fits(ty)) && (v.mutable || !to_write)
        })?;
        Some(var.name)
    }

    fn str(&mut self, d: u32) -> Expr {
        let k = Kind::Str;
        let d = d - 1;
        match self.below(20) {
            0..5 => {
                let parts = self.between(1, 3);
                let mut pieces = vec!["\"".into()];
                for i in 0..parts {
                    let of = self.kind();
                    let of = if matches!(of, Kind::Fun(_) | Kind::Iter(_)) {
                        Kind::Int
                    } else {
                        of
                    };
                    pieces.push(if i > 0 { " ${".into() } else { "t${".into() });
                    pieces.push(self.expr(of, d).into());
                    if self.chance(20) {
                        let format = self.pick(&[":>9", ":*^7", ":<4", ":+,", ":.2f", ":x"]);
                        self.risk |= format.len() < 4 || format == ":.2f";
                        pieces.push(format.into());
                    }
                    pieces.push("}".into());
                }
                pieces.push("\"".into());
                let text = Expr { kind: k, pieces };
                if self.loose {
                    text
                } else {
                    expr!(k, "cut(@)", text)
                }
            }
            5..7 => {
                let (a, b) = (self.expr(k, d), self.expr(k, d));
                expr!(k, "cut(@ + @)", a, b)
            }
            7..9 => {
                let a = self.expr(k, d);
                let literal = self.literal(k);
                let form = if self.loose { "(@ + @)" } else { "cut(@ + @)" };
                if self.chance(50) {
                    expr!(k, form, a, literal)
                } else {
                    expr!(k, form, literal, a)
                }
            }
            9..11 => {
                let a = self.expr(Kind::Any, d);
                let f = self.pick(&["to_string(@)", "type(@)", "cut(repr(@))"]);
                expr!(k, f, a)
            }
            11 => {
                let a = self.expr(k, d);
                let f = self.pick(&[
                    "upper(@)",
                    "(@).lower()",
                    "trim(@)",
                    "str_reverse(@)",
                    "capitalize(@)",
                ]);
                expr!(k, f, a)
            }
            12 => {
                let a = self.expr(k, d);
                let bounds = self.pick(&["[1:]", "[:2]", "[0:3]", "[-2:]", "[1:-1]"]);
                expr!(k, "(@)@", a, bounds)
            }
            13 => {
                let a = self.expr(Kind::Arr(Item::Int), d);
                expr!(k, "cut(join(@, \"-\"))", a)
            }
            14 => {
                let n = self.below(4).to_string();
                let a = self.expr(k, d);
                expr!(k, "cut(@ * @)", a, n)
            }
            15 => {
                let a = self.expr(Kind::Int, d);
                expr!(k, "\"k${@ % 12}\"", a)
            }
            16 => {
                let a = self.expr(k, d);
                expr!(k, "(@)?[0]", {
                    self.risk = true;
                    a
                })
            }
            17 => {
                let a = self.expr(k, d);
                expr!(k, "(@ |> upper)", a)
            }
            _ => {
                let a = self.expr(Kind::Num, d);
                expr!(k, "\"${@}\"", a)
            }
        }
    }

    /// Anything; of containers only fresh ones of scalars.
    fn any(&mut self, d: u32) -> Expr {
        let k = Kind::Any;
        match self.below(20) {
            0..4 => self.int(d),
            4..6 => self.float(d),
            6..9 => self.str(d),
            9 => self.bool(d),
            10 => self.num(d),
            11 => {
                let a = self.expr(Kind::Int, d - 1);
                expr!(k, "[@]", a)
            }
            12 => self.expr(Kind::Opt, d - 1),
            13 => {
                // Mostly not meant for each other.
                self.risk = true;
                let op = self.pick(&[
                    "(@ + @)",
                    "(@ - @)",
                    "(@ % @)",
                    "(@ & @)",
                    "(@ / @)",
                    "(@ ^ @)",
                    "(@ >> 1 + 0 * @)",
                ]);
                let (a, b) = (self.expr(Kind::Any, d - 1), self.expr(Kind::Any, d - 1));
                let mixed = expr!(k, op, a, b);
                expr!(k, "trim_any(@)", mixed)
            }
            14 => {
                self.risk = true;
                let op = self.pick(&[
                    "(-@)", "(~@)", "(@ + 1)", "(@ - 1)", "(@ / 2)", "(@ % 2)", "(1 + @)",
                ]);
                let a = self.expr(Kind::Any, d - 1);
                expr!(k, op, a)
            }
            _ => self.leaf(k),
        }
    }

    pub fn array(&mut self, item: Item, d: u32) -> Expr {
        let k = Kind::Arr(item);
        let d = d - 1;
        match self.below(20) {
            0..5 => {
                let items: Vec<Expr> = (0..self.below(5))
                    .map(|_| self.expr(item.kind(), d))
                    .collect();
                expr!(k, "[@]", items)
            }
            5 => {
                let (a, b) = (self.expr(k, d), self.expr(item.kind(), d));
                expr!(k, "brief([...@, @])", a, b)
            }
            6 => {
                let (a, b) = (self.expr(k, d), self.expr(k, d));
                expr!(k, "brief(@ + @)", a, b)
            }
            7..9 => {
                let a = self.expr(k, d);
                let bounds = self.pick(&["[1:]", "[:2]", "[0:3]", "[-2:]", "[1:-1]", "[:]"]);
                expr!(k, "(@)@", a, bounds)
            }
            9 => {
                let (a, b) = (self.expr(k, d), self.expr(item.kind(), d));
                expr!(k, "push(brief(@), @)", a, b)
            }
            10 => {
                let a = self.expr(k, d);
                let f = self.pick(&[
                    "reverse(@)",
                    "(@).skip(1)",
                    "iter(@).take(3).collect()",
                    "slice(@, 1)",
                ]);
                expr!(k, f, a)
            }
            _ => match item {
                Item::Int if self.chance(40) => {
                    let n = self.below(12).to_string();
                    let (low, step) = (self.below(6).to_string(), self.pick(&["1", "2", "3"]));
                    match self.below(5) {
                        0 => expr!(k, "range(@)", n),
                        1 => expr!(k, "range(@, @, @)", low, n, step),
                        2 => expr!(k, "range(@, -@, -@)", n, low, step),
                        3 => expr!(k, "(@..@)", low, n),
                        _ => expr!(k, "collect(@..=@)", low, n),
                    }
                }
                Item::Int if self.chance(20) => {
                    let a = self.expr(k, d);
                    expr!(k, "unique(@)", a)
                }
                Item::Int if self.chance(20) => {
                    let a = self.expr(Kind::Dict(Item::Int), d);
                    expr!(k, "values(@)", a)
                }
                Item::Str if self.chance(50) => {
                    let a = self.expr(Kind::Str, d);
                    let f = self.pick(&["chars(@)", "split(@, \" \")", "words(@)"]);
                    expr!(k, f, a)
                }
                Item::Any if self.chance(30) => {
                    let a = self.expr(Kind::Dict(Item::Int), d);
                    expr!(k, "keys(@)", a)
                }
                Item::Row if self.chance(40) => {
                    let a = self.expr(Kind::Arr(Item::Int), d);
                    let f = self.pick(&[
                        "(@).chunk(2)",
                        "iter(@).pairs().collect()",
                        "windows(@, 2)",
                        "zip(@, [1, 2, 3])",
                    ]);
                    expr!(k, f, a)
                }
                _ => self.mapped(item, d + 1),
            },
        }
    }

    fn keys(&mut self) -> Vec<Expr> {
        let k = Kind::Str;
        match self.below(5) {
            0..3 => (0..self.below(4)).map(|i| word(k, KEYS[i % 3])).collect(),
            3 => {
                let first = self.below(3);
                (first..first + self.below(4))
                    .map(|i| word(k, &i.to_string()))
                    .collect()
            }
            _ => {
                let all = [
                    "a",
                    "\"k1\"",
                    "5",
                    "-3",
                    "\"05\"",
                    "[\"k\" + \"2\"]",
                    "\"5\"",
                    "99999999999",
                ];
                (0..self.below(5))
                    .map(|_| word(k, self.pick(&all)))
                    .collect()
            }
        }
    }

    fn dict(&mut self, item: Item, d: u32) -> Expr {
        let k = Kind::Dict(item);
        let d = d - 1;
        match self.below(10) {
            0..5 => {
                let keys = self.keys();
                let entries = keys.into_iter().map(|key| {
                    let value = self.expr(item.kind(), d);
                    expr!(item.kind(), "@: @", key, value)
                });
                let entries: Vec<Expr> = entries.collect();
                expr!(k, "({@})", entries)
            }
            5 => {
                let (a, b) = (self.expr(k, d), self.expr(item.kind(), d));
                expr!(k, "({...@, b: @})", a, b)
            }
            6 => {
                let (a, b) = (self.expr(k, d), self.expr(k, d));
                let f = self.pick(&["merge(@, @)", "({...@, ...@})"]);
                expr!(k, f, a, b)
            }
            7 => {
                let (key, a) = (self.expr(Kind::Int, d), self.expr(item.kind(), d));
                expr!(
                    k,
                    "({[@ % 50]: @, a: @})",
                    key,
                    a,
                    self.literal(item.kind())
                )
            }
            8 if item == Item::Int => {
                let a = self.expr(Kind::Str, d);
                expr!(k, "group_sizes(@)", a)
            }
            _ => {
                let (a, b) = (self.expr(k, d), self.expr(item.kind(), d));
                let key = self.pick(&["\"a\"", "\"z\"", "3", "\"k1\""]);
                expr!(k, "set(@, @, @)", a, key, b)
            }
        }
    }

    fn instance(&mut self, ty: usize, d: u32) -> Expr {
        let k = Kind::Inst(ty);
        let name = self.types[ty].name.clone();
        let d = d - 1;
        if self.types[ty].ready
            && let Some(params) = self.types[ty].init.clone()
            && self.chance(45)
        {
            self.cost += 2;
            let args: Vec<Expr> = params.iter().map(|p| self.expr(*p, d)).collect();
            return expr!(k, "@(@)", name, args);
        }
        if !self.types[ty].ops.is_empty() && self.chance(30) {
            let signs: Vec<&str> = [("add", "+"), ("sub", "-"), ("mul", "*")]
                .iter()
                .filter(|(op, _)| self.types[ty].ops.contains(op))
                .map(|(_, sign)| *sign)
                .collect();
            if !signs.is_empty() {
                self.risk = true;
                let sign = self.pick(&signs);
                let (a, b) = (self.expr(k, d), self.expr(k, d));
                return expr!(k, "(@ @ @)", a, sign, b);
            }
        }
        let fields = self.types[ty].fields.clone();
        if self.chance(15) {
            let base = self.leaf(k);
            let (field, kind) = self.pick(&fields);
            let value = self.expr(kind, d);
            return expr!(k, "(@ { ...@, @: @ })", name, base, field, value);
        }
        let given = self.between(self.types[ty].required, fields.len());
        let values = fields.into_iter().take(given).map(|(field, kind)| {
            let value = self.expr(kind, d);
            expr!(kind, "@: @", field, value)
        });
        let values: Vec<Expr> = values.collect();
        expr!(k, "(@ {@})", name, values)
    }

    fn tagged(&mut self, number: usize, d: u32) -> Expr {
        let count = self.enums[number].variants.len();
        let at = self.below(count);
        let (variant, parts) = self.enums[number].variants[at].clone();
        let name = self.enums[number].name.clone();
        let k = Kind::Enum(number);
        if parts.is_empty() {
            // The same value, but another object.
            let form = self.pick(&["@::@", "@::@", "@::@", "@::@", "@::@()", "@::@(...[])"]);
            return match form {
                "@::@" => expr!(k, "@::@", name, variant),
                "@::@()" => expr!(k, "@::@()", name, variant),
                _ => expr!(k, "@::@(...[])", name, variant),
            };
        }
        let parts: Vec<Expr> = parts.iter().map(|p| self.expr(*p, d - 1)).collect();
        expr!(k, "@::@(@)", name, variant, parts)
    }

    fn iterator(&mut self, item: Item, d: u32) -> Expr {
        let k = Kind::Iter(item);
        if self.chance(40)
            && let Some(call) = self.call_of(k, d)
        {
            return call;
        }
        let source = self.expr(Kind::Arr(item), d - 1);
        let (test, _) = self.lambda(&[item.kind()], Kind::Bool, 12);
        let (f, _) = self.lambda(&[item.kind()], item.kind(), 12);
        match self.below(5) {
            0 => expr!(k, "(@).iter()", source),
            1 => expr!(k, "iter(@).map(@)", source, f),
            2 => expr!(k, "iter(@).filter(@)", source, test),
            3 => expr!(k, "iter(@).map(@).filter(@).take(4)", source, f, test),
            _ => expr!(k, "iter(@).take_while(@)", source, test),
        }
    }

    /// A statement that throws something, to be put where it is reached seldom.
    pub fn throwing(&mut self) -> crate::tree::Stmt {
        self.risk = true;
        let what = self.pick(&[Kind::Str, Kind::Str, Kind::Int, Kind::Any]);
        let value = self.expr(what, 1);
        let form = self.pick(&["throw(@)", "throw @", "error(@)", "throw @ from \"cause\""]);
        if let (true, Some(var)) = (
            self.chance(15),
            self.var(|v| matches!(v.kind, Kind::Inst(_))),
        ) {
            return stmt!("throw @", var.name);
        }
        stmt!(form, value)
    }
}
