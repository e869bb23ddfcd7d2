//! Ints, floats and bools: literals at the edges where representations change, and
//! the operators.

use super::{Gen, word};
use crate::kind::{Item, Kind};
use crate::tree::{Expr, expr};

/// Around the ranges of machine ints, of ints without a heap object, of ints that
/// doubles hold exactly.
const INT_EDGES: &[&str] = &[
    "2147483646",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "1125899906842622",
    "1125899906842623",
    "1125899906842624",
    "-1125899906842624",
    "-1125899906842625",
    "2251799813685247",
    "2251799813685248",
    "-2251799813685248",
    "-2251799813685249",
    "9007199254740991",
    "9007199254740992",
    "9007199254740993",
    "-9007199254740993",
    "9223372036854775806",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "100000000000000000000",
];

const SMALL: &[&str] = &[
    "0", "1", "1", "2", "3", "4", "5", "7", "8", "10", "13", "16", "60", "100", "255", "1000",
];

const FLOATS: &[&str] = &[
    "0.0",
    "-0.0",
    "0.5",
    "1.0",
    "-1.5",
    "2.0",
    "3.0",
    "0.1",
    "100.25",
    "1e308",
    "-1e308",
    "1e-300",
    "1e21",
    "INF",
    "(-INF)",
    "NAN",
    "2147483647.0",
    "2147483648.0",
    "1125899906842624.0",
    "9007199254740992.0",
    "9007199254740994.0",
    "9223372036854775807.0",
    "-2147483648.5",
];

/// Stores of products stay below these.
const MODULI: &[&str] = &[
    "1000003",
    "2147483647",
    "2147483648",
    "4503599627370496",
    "9007199254740993",
    "18446744073709551557",
];

impl Gen<'_> {
    pub fn small(&mut self) -> Expr {
        let text = self.pick(SMALL);
        word(Kind::Int, text)
    }

    pub fn int_literal(&mut self) -> Expr {
        match self.below(10) {
            0..5 => self.small(),
            5 => word(Kind::Int, "-1"),
            6 => {
                let n = self.below(50);
                word(Kind::Int, &format!("-{n}"))
            }
            _ => {
                let text = self.pick(INT_EDGES);
                word(Kind::Int, text)
            }
        }
    }

    pub fn float_literal(&mut self) -> Expr {
        let text = self.pick(FLOATS);
        word(Kind::Float, text)
    }

    /// An expression that grows with its operands, kept small if it is stored.
    fn bounded(&mut self, kind: Kind, product: Expr) -> Expr {
        if self.loose {
            return product;
        }
        self.cost += 1;
        match self.below(8) {
            0..3 => expr!(kind, "cap(@)", product),
            3..5 => expr!(kind, "wide(@)", product),
            _ => {
                let modulus = self.pick(MODULI);
                expr!(kind, "(@ % @)", product, modulus)
            }
        }
    }

    pub fn int(&mut self, d: u32) -> Expr {
        let k = Kind::Int;
        let d = d - 1;
        match self.below(46) {
            0..4 => self.binary(k, "(@ + @)", d),
            4..7 => {
                let (a, b) = (self.expr(k, d), self.small());
                expr!(k, "(@ + @)", a, b)
            }
            7..10 => self.binary(k, "(@ - @)", d),
            10..12 => {
                let (a, b) = (self.expr(k, d), self.small());
                expr!(k, "(@ - @)", a, b)
            }
            12..15 => {
                let product = self.binary(k, "(@ * @)", d);
                self.bounded(k, product)
            }
            15..17 => {
                let (a, b) = (self.expr(k, d), self.small());
                expr!(k, "(@ * @)", a, b)
            }
            17 => {
                let op = self.pick(&[
                    "(@ / @)",
                    "(@ % @)",
                    "(@ / (@ | 1))",
                    "(@ % (@ | 1))",
                    "(@ % (@ | 7))",
                ]);
                self.risk |= !op.contains('|');
                self.binary(k, op, d)
            }
            18..21 => {
                let divisor = self.pick(&[
                    "2",
                    "3",
                    "-3",
                    "7",
                    "-1",
                    "10",
                    "64",
                    "1000003",
                    "2147483648",
                    "1125899906842624",
                ]);
                let op = self.pick(&["(@ / @)", "(@ % @)"]);
                let a = self.expr(k, d);
                expr!(k, op, a, divisor)
            }
            21..24 => {
                let op = self.pick(&["(@ & @)", "(@ | @)", "(@ ^ @)"]);
                self.binary(k, op, d)
            }
            24 => {
                let a = self.expr(k, d);
                let op = self.pick(&[
                    "(@ & 255)",
                    "(@ | 4294967296)",
                    "(@ ^ -1)",
                    "(@ & 2147483647)",
                    "(@ >> 3)",
                    "(@ >> 40)",
                ]);
                expr!(k, op, a)
            }
            25..27 => {
                let (a, b) = (self.expr(k, d), self.expr(k, d));
                let shifted = expr!(k, "(@ << (@ & 31))", a, b);
                self.bounded(k, shifted)
            }
            27..29 => {
                let (a, b) = (self.expr(k, d), self.expr(k, d));
                expr!(k, "(@ >> (@ & 63))", a, b)
            }
            29 => {
                let a = self.expr(k, d);
                let op = self.pick(&["(-@)", "(~@)"]);
                expr!(k, op, a)
            }
            30..32 => {
                let op = self.pick(&["(2 ** (@ & 63))", "((-3) ** (@ & 31))", "(10 ** (@ & 7))"]);
                let a = self.expr(k, d);
                expr!(k, op, a)
            }
            32 => {
                let a = self.expr(k, d);
                let square = expr!(k, "(@ ** 2)", a);
                self.bounded(k, square)
            }
            33 => {
                let a = self.expr(Kind::Bool, d);
                expr!(k, "to_int(@)", a)
            }
            34 => {
                self.risk = true;
                let a = self.expr(Kind::Num, d);
                let f = self.pick(&["to_int(@)", "floor(@)", "(@).round()"]);
                let whole = expr!(k, f, a);
                // Of a large float it has a thousand bits.
                self.bounded(k, whole)
            }
            35..37 => {
                let of = self.pick(&[
                    Kind::Str,
                    Kind::Arr(Item::Int),
                    Kind::Arr(Item::Str),
                    Kind::Dict(Item::Int),
                ]);
                let a = self.expr(of, d);
                let f = self.pick(&["len(@)", "(@).len()"]);
                expr!(k, f, a)
            }
            37 => {
                let a = self.expr(Kind::Arr(Item::Int), d);
                expr!(k, "sum(@)", a)
            }
            38 => {
                let a = self.expr(Kind::Int, d);
                let b = self.expr(Kind::Int, d);
                let f = self.pick(&["max(@, @)", "min(@, @)", "gcd(@, @)"]);
                expr!(k, f, a, b)
            }
            39..41 => {
                let (a, b) = (self.expr(Kind::Opt, d), self.small());
                expr!(k, "unwrap_or(@, @)", a, b)
            }
            41 => {
                let (a, b) = (self.expr(Kind::Dict(Item::Int), d), self.small());
                let form = self.pick(&[
                    "(@?.a ?? @)",
                    "(@?.zz ?? @)",
                    "get(@, \"b\", @)",
                    "(@?[1] ?? @)",
                ]);
                expr!(k, form, a, b)
            }
            42 => self.reduce(d),
            43 => {
                let a = self.expr(Kind::Int, d);
                let f = self.pick(&["abs(@)", "sign(@)", "bit_not(@)"]);
                expr!(k, f, a)
            }
            44 => {
                let a = self.expr(Kind::Str, d);
                expr!(k, "index_of(@, \"a\")", a)
            }
            _ => {
                let a = self.expr(Kind::Arr(Item::Int), d);
                expr!(k, "count(@)", a)
            }
        }
    }

    fn binary(&mut self, kind: Kind, op: &str, d: u32) -> Expr {
        let (a, b) = (self.expr(kind, d), self.expr(kind, d));
        expr!(kind, op, a, b)
    }

    pub fn float(&mut self, d: u32) -> Expr {
        let k = Kind::Float;
        let d = d - 1;
        match self.below(16) {
            0..5 => {
                let op = self.pick(&["(@ + @)", "(@ - @)", "(@ * @)"]);
                self.binary(k, op, d)
            }
            5..8 => {
                let op = self.pick(&["(@ + @)", "(@ - @)", "(@ * @)"]);
                let (a, b) = (self.expr(Kind::Int, d), self.expr(k, d));
                if self.chance(50) {
                    expr!(k, op, a, b)
                } else {
                    expr!(k, op, b, a)
                }
            }
            8 => {
                let op = self.pick(&[
                    "(@ / 2.5)",
                    "(@ / 4)",
                    "(@ % 1.5)",
                    "(@ * 0.5)",
                    "(@ - 0.25)",
                    "(@ + 1e16)",
                    "(@ % 7)",
                ]);
                let a = self.expr(k, d);
                expr!(k, op, a)
            }
            9 => {
                self.risk = true;
                let op = self.pick(&["(@ / @)", "(@ % @)"]);
                self.binary(k, op, d)
            }
            10 => {
                let a = self.expr(k, d);
                expr!(k, "(-@)", a)
            }
            11 => {
                let a = self.expr(Kind::Num, d);
                expr!(k, "to_float(@)", a)
            }
            12 => {
                let a = self.expr(k, d);
                let op = self.pick(&["(@ ** 2)", "(@ ** 0.5)", "(@ ** 3)"]);
                self.risk = true;
                expr!(k, op, a)
            }
            13 => {
                let a = self.expr(Kind::Num, d);
                let f = self.pick(&["sqrt(abs(@))", "hypot(@, 3)"]);
                self.risk = true;
                expr!(k, f, a)
            }
            14 => self.binary(k, "max(@, @)", d),
            _ => self.float_literal(),
        }
    }

    /// An int or a float, often by mixing them.
    pub fn num(&mut self, d: u32) -> Expr {
        let k = Kind::Num;
        match self.below(10) {
            0..2 => self.int(d),
            2..4 => self.float(d),
            4..7 => {
                let op = self.pick(&["(@ + @)", "(@ - @)"]);
                self.binary(k, op, d - 1)
            }
            7 => {
                let product = self.binary(k, "(@ * @)", d - 1);
                self.bounded(k, product)
            }
            8 => {
                self.risk = true;
                let op = self.pick(&["(@ / @)", "(@ % @)"]);
                self.binary(k, op, d - 1)
            }
            _ => {
                let a = self.expr(k, d - 1);
                let op = self.pick(&[
                    "(-@)",
                    "(@ + 1)",
                    "(@ - 0.5)",
                    "(@ * 2)",
                    "abs(@)",
                    "(@ / 2)",
                    "(@ % 5)",
                ]);
                expr!(k, op, a)
            }
        }
    }

    pub fn bool(&mut self, d: u32) -> Expr {
        let k = Kind::Bool;
        let d = d - 1;
        self.loosely(true, |g| match g.below(24) {
            0..5 => {
                let of = g.pick(&[Kind::Int, Kind::Int, Kind::Num, Kind::Float]);
                g.compare(of, d)
            }
            5..8 => {
                let op = g.pick(&[
                    "(@ < @)", "(@ <= @)", "(@ > @)", "(@ >= @)", "(@ == @)", "(@ != @)",
                ]);
                let (a, b) = (g.expr(Kind::Int, d), g.int_literal());
                expr!(k, op, a, b)
            }
            8 => {
                let a = g.expr(Kind::Num, d);
                let op = g.pick(&[
                    "(@ < 2.5)",
                    "(@ == 1.0)",
                    "(@ != 0)",
                    "(@ >= 100)",
                    "(@ <= -1.5)",
                    "(@ == 9007199254740993)",
                ]);
                expr!(k, op, a)
            }
            9 => g.compare(Kind::Str, d),
            10 => {
                let a = g.expr(Kind::Str, d);
                let op = g.pick(&[
                    "(@ == \"a\")",
                    "(@ != \"\")",
                    "(@ < \"b\")",
                    "contains(@, \"a\")",
                    "(\"a\" in @)",
                    "(\"b\" not in @)",
                    "starts_with(@, \"k\")",
                ]);
                expr!(k, op, a)
            }
            11..13 => {
                let (a, b) = (g.expr(k, d), g.expr(k, d));
                let op = g.pick(&["(@ && @)", "(@ || @)", "(@ == @)"]);
                expr!(k, op, a, b)
            }
            13 => {
                let a = g.expr(Kind::Any, d);
                expr!(k, "!@", a)
            }
            14 => {
                let (a, b) = (g.expr(Kind::Any, d), g.expr(Kind::Any, d));
                let op = g.pick(&["(@ == @)", "(@ != @)", "(@ && @)", "(@ || @)"]);
                expr!(k, op, a, b)
            }
            15 => {
                let a = g.expr(Kind::Any, d);
                let f = g.pick(&[
                    "is_int(@)",
                    "is_float(@)",
                    "is_string(@)",
                    "is_truthy(@)",
                    "is_null(@)",
                ]);
                expr!(k, f, a)
            }
            16 => {
                let (a, b) = (g.expr(Kind::Any, d), g.expr(Kind::Any, d));
                g.risk = true;
                let op = g.pick(&["(@ < @)", "(@ >= @)", "(@ > @)", "(@ <= @)"]);
                expr!(k, op, a, b)
            }
            17 => {
                let of = g.pick(&[
                    Kind::Arr(Item::Int),
                    Kind::Arr(Item::Row),
                    Kind::Dict(Item::Int),
                    Kind::Opt,
                ]);
                let op = if matches!(of, Kind::Arr(_)) {
                    g.pick(&["(@ == @)", "(@ < @)", "(@ >= @)"])
                } else {
                    "(@ == @)"
                };
                let (a, b) = (g.expr(of, d), g.expr(of, d));
                expr!(k, op, a, b)
            }
            18 => {
                let kind = g.kind();
                g.compare_or_equal(kind, d)
            }
            19 => {
                let (a, b) = (g.expr(Kind::Arr(Item::Int), d), g.expr(Kind::Int, d));
                if g.chance(25) {
                    let form =
                        g.pick(&["(@ in 0..@)", "(@ not in -3..=@)", "(@ in range(9, @, -2))"]);
                    let c = g.expr(Kind::Int, d);
                    expr!(k, form, b, c)
                } else if g.chance(50) {
                    let form = g.pick(&["(@ in @)", "(@ not in @)", "!(@ in @)"]);
                    expr!(k, form, b, a)
                } else {
                    expr!(k, "contains(@, @)", a, b)
                }
            }
            20 => {
                let a = g.expr(Kind::Dict(Item::Int), d);
                let f = g.pick(&["has_key(@, \"a\")", "(@).has_key(2)", "has_key(@, \"k3\")"]);
                expr!(k, f, a)
            }
            21 => g.predicate_call(d),
            22 => {
                let a = g.expr(Kind::Opt, d);
                let f = g.pick(&["is_some(@)", "(@).is_none()"]);
                expr!(k, f, a)
            }
            _ => {
                let (a, m) = (g.expr(Kind::Int, d), g.between(2, 6).to_string());
                expr!(k, "(@ % @ == 0)", a, m)
            }
        })
    }

    pub fn compare(&mut self, of: Kind, d: u32) -> Expr {
        let op = self.pick(&[
            "(@ < @)", "(@ <= @)", "(@ > @)", "(@ >= @)", "(@ == @)", "(@ != @)",
        ]);
        let (a, b) = (self.expr(of, d), self.expr(of, d));
        expr!(Kind::Bool, op, a, b)
    }

    fn compare_or_equal(&mut self, of: Kind, d: u32) -> Expr {
        let ops: &[&str] = match of {
            Kind::Inst(ty) if self.types[ty].ops.contains(&"lt") => {
                self.risk = true;
                &["(@ < @)", "(@ > @)", "(@ <= @)", "(@ == @)", "(@ != @)"]
            }
            _ => &["(@ == @)", "(@ != @)"],
        };
        if matches!(of, Kind::Inst(_)) {
            self.risk = true;
        }
        let op = self.pick(ops);
        let (a, b) = (self.expr(of, d), self.expr(of, d));
        expr!(Kind::Bool, op, a, b)
    }
}
