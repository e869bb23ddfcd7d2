//! Statements without a body of their own: declarations, stores to every sort of
//! place, mutating methods, output, destructuring, jumps.

use super::{Gen, word};
use crate::kind::{Item, Kind};
use crate::tree::{Block, Expr, Stmt, decl, stmt};

#[derive(Clone, Copy)]
enum Form {
    Declare,
    Assign,
    Compound,
    SetIndex,
    SetField,
    SetNested,
    Mutate,
    Show,
    If,
    ForRange,
    ForEach,
    While,
    Try,
    Throw,
    Return,
    Leave,
    Destructure,
    Match,
    Call,
    Method,
    Closure,
    NamedInner,
    LocalType,
    Swap,
    Yield,
    Pull,
    Drift,
    Unwrap,
}

impl Gen<'_> {
    /// One statement, or a few that belong together.
    pub fn statement(&mut self, out: &mut Block) {
        let outer = std::mem::replace(&mut self.risk, false);
        self.cost += 1;
        let form = self.form();
        if let Some(stmt) = self.written(form, out) {
            let stmt = self.guarded(stmt);
            out.push(stmt);
        }
        self.risk |= outer;
    }

    /// A block whose declarations stay visible after it.
    pub fn block_open(&mut self, most: usize) -> Block {
        let mut block = Block::new();
        self.place.depth += 1;
        for _ in 0..self.between(1, most) {
            self.statement(&mut block);
        }
        self.place.depth -= 1;
        block
    }

    fn form(&mut self) -> Form {
        use Form::*;
        let place = &self.place;
        let (func, looping) = (place.result.is_some(), !place.loops.is_empty());
        let deep = place.depth >= 3;
        let body = usize::from(!deep);
        self.weighted(&[
            (9, Declare),
            (13, Assign),
            (10, Compound),
            (6, SetIndex),
            (6, SetField),
            (4, SetNested),
            (6, Mutate),
            (7, Show),
            (body * 8, If),
            (body * 6, ForRange),
            (body * 5, ForEach),
            (body * 4, While),
            (body * 4, Try),
            (usize::from(func || looping) * 2, Throw),
            (usize::from(func) * 3, Return),
            (usize::from(looping) * 4, Leave),
            (3, Destructure),
            (body * 5, Match),
            (6, Call),
            (7, Method),
            (body * 4, Closure),
            (body * 2, NamedInner),
            (usize::from(!deep && func), LocalType),
            (2, Swap),
            (usize::from(self.place.yields.is_some()) * 12, Yield),
            (2, Pull),
            (body * 3, Drift),
            (
                usize::from(self.place.result == Some(Kind::Opt)) * 8,
                Unwrap,
            ),
        ])
    }

    /// The statement still to be guarded; none if all was put out already.
    fn written(&mut self, form: Form, out: &mut Block) -> Option<Stmt> {
        match form {
            Form::Declare => self.declaration(out),
            Form::Assign => self.assignment(),
            Form::Compound => self.compound(),
            Form::SetIndex => self.set_index(),
            Form::SetField => self.set_field(),
            Form::SetNested => self.set_nested(),
            Form::Mutate => self.mutate(),
            Form::Show => {
                let kind = self.kind();
                let value = self.loosely(true, |g| g.expr(kind, 3));
                Some(
                    if self.place.loops.is_empty() && self.place.result.is_none() && self.chance(30)
                    {
                        stmt!("print(cut(\"${@}\"))", value)
                    } else {
                        stmt!("show(@)", value)
                    },
                )
            }
            Form::If => Some(self.condition()),
            Form::ForRange => Some(self.for_range()),
            Form::ForEach => Some(self.for_each()),
            Form::While => Some(self.while_loop(out)),
            Form::Try => Some(self.try_block()),
            Form::Throw => {
                let (condition, thrown) = (self.bool(2), self.throwing());
                Some(stmt!("if @ {@}", condition, vec![thrown]))
            }
            Form::Return => {
                let result = self.place.result?;
                let condition = self.bool(2);
                if self.place.closed {
                    return None;
                }
                let back = if self.place.yields.is_some() {
                    stmt!("return")
                } else {
                    let value = self.expr(result, 2);
                    stmt!("return @", value)
                };
                Some(stmt!("if @ {@}", condition, vec![back]))
            }
            Form::Leave => self.leave(),
            Form::Destructure => self.destructure(out),
            Form::Match => Some(self.match_statement()),
            Form::Call => {
                let kind = self.kind();
                let call = self.call_of(kind, 2);
                let call = call.or_else(|| self.call_of(Kind::Int, 2))?;
                Some(self.result(call))
            }
            Form::Method => {
                let call = self.some_method(2, |_| true)?;
                Some(self.result(call))
            }
            Form::Closure => {
                self.closure(out);
                None
            }
            Form::NamedInner => {
                self.function(out);
                None
            }
            Form::LocalType => {
                self.local_type(out);
                None
            }
            Form::Swap => {
                let one = self.var(|v| v.mutable && v.name != "self")?;
                let fits = |v: &super::Var| v.mutable && v.kind == one.kind && v.name != "self";
                let other = self.var(|v| fits(v) && v.name != one.name)?;
                let form = self.pick(&["[@, @] := [@, @]", "@, @ := @, @"]);
                Some(stmt!(
                    form,
                    one.name.clone(),
                    other.name.clone(),
                    other.name,
                    one.name
                ))
            }
            Form::Yield => {
                let item = self.place.yields?;
                if self.chance(25) {
                    let values = self.expr(Kind::Arr(item), 2);
                    return Some(stmt!("yield* @", values));
                }
                let value = self.expr(item.kind(), 2);
                Some(stmt!("yield @", value))
            }
            Form::Pull => self.pull(out),
            Form::Drift => {
                self.drift(out);
                None
            }
            Form::Unwrap => {
                let of = self.pick(&[Kind::Opt, Kind::Res]);
                let value = self.expr(of, 2);
                let name = self.name("v");
                let stmt = stmt!("@ := (@)?", name.clone(), value);
                let risk = self.risk;
                out.push(stmt);
                self.risk = risk;
                self.declare(&name, Kind::Int, true);
                None
            }
        }
    }

    /// Drops, shows or stores what a call gives.
    fn result(&mut self, call: Expr) -> Stmt {
        let kind = call.kind;
        if matches!(kind, Kind::Iter(_)) {
            return stmt!("show(first(@))", call);
        }
        match self.below(3) {
            0 => stmt!("@", call),
            1 => stmt!("show(@)", call),
            _ => match self.var(|v| v.mutable && v.kind == kind) {
                Some(var) => stmt!("@ := @", var.name, call),
                None => stmt!("show(@)", call),
            },
        }
    }

    fn declaration(&mut self, out: &mut Block) -> Option<Stmt> {
        let kind = if self.chance(6) {
            Kind::Iter(Item::Int)
        } else {
            self.kind()
        };
        let name = self.name("v");
        let value = self.expr(kind, 3);
        let start = if self.risk {
            self.literal(kind)
        } else {
            value.clone()
        };
        if !self.risk && self.chance(20) {
            let form = self.pick(&["let @ := @", "const @ := @", "let @: int := @"]);
            let form = if form.contains(": int") && kind != Kind::Int {
                "let @ := @"
            } else {
                form
            };
            out.push(decl!(form, name.clone(), value));
            self.declare(&name, kind, false);
            return None;
        }
        let form = self.pick(&["mut @ := @", "@ := @"]);
        out.push(decl!(form, name.clone(), start));
        let assign = self.risk.then(|| {
            let stmt = stmt!("@ := @", name.clone(), value);
            self.guarded(stmt)
        });
        out.extend(assign);
        self.declare(&name, kind, true);
        None
    }

    fn assignment(&mut self) -> Option<Stmt> {
        let var = self.var(|v| v.mutable && !matches!(v.kind, Kind::Iter(_)))?;
        let value = self.expr(var.kind, 3);
        Some(stmt!("@ := @", var.name, value))
    }

    fn compound(&mut self) -> Option<Stmt> {
        let var = self.var(|v| {
            v.mutable
                && matches!(
                    v.kind,
                    Kind::Int
                        | Kind::Num
                        | Kind::Float
                        | Kind::Str
                        | Kind::Any
                        | Kind::Arr(Item::Int)
                )
        })?;
        let name = var.name.clone();
        Some(match var.kind {
            Kind::Int => match self.below(8) {
                0..4 => {
                    let value = self.expr(Kind::Int, 2);
                    let op = self.pick(&["@ += @", "@ -= @", "@ &= @", "@ |= @", "@ ^= @"]);
                    stmt!(op, name, value)
                }
                4 => {
                    let op = self.pick(&[
                        "@ += 1",
                        "@ -= 1",
                        "@ %= 1000003",
                        "@ /= 3",
                        "@ >>= 2",
                        "@ <<= 1",
                        "@ *= 3",
                    ]);
                    stmt!(op, name)
                }
                5 => {
                    self.risk = true;
                    let value = self.expr(Kind::Int, 2);
                    let op = self.pick(&["@ /= @", "@ %= @"]);
                    stmt!(op, name, value)
                }
                6 => {
                    let value = self.expr(Kind::Int, 2);
                    stmt!(
                        "@ *= @\n@ := cap(@)",
                        name.clone(),
                        value,
                        name.clone(),
                        name
                    )
                }
                _ => stmt!(
                    "@ := (@ * 6364136223846793005 + 1442695040888963407) % 18446744073709551616",
                    name.clone(),
                    name
                ),
            },
            Kind::Float | Kind::Num => {
                let value = self.expr(var.kind, 2);
                let op = self.pick(&["@ += @", "@ -= @", "@ := wide(@ * @)"]);
                if op.contains("wide") {
                    stmt!(op, name.clone(), name, value)
                } else {
                    stmt!(op, name, value)
                }
            }
            Kind::Str => {
                let value = self.literal(Kind::Str);
                // A loop over it may run this once for each of its characters.
                let store = if self.chance(60) {
                    stmt!("@ += @", name.clone(), value)
                } else {
                    stmt!("@ := @ + @", name.clone(), name.clone(), value)
                };
                stmt!(
                    "if len(@) < 300 {@} else { @ := \"\" }",
                    name.clone(),
                    vec![store],
                    name
                )
            }
            Kind::Any => {
                self.risk = true;
                let value = self.literal(Kind::Any);
                let op = self.pick(&["@ += @", "@ -= @"]);
                stmt!(op, name, value)
            }
            _ => {
                let value = self.expr(Kind::Int, 2);
                stmt!("if len(@) < 40 { @ += [@] }", name.clone(), name, value)
            }
        })
    }

    /// A key for a place in a dict.
    fn key(&mut self) -> Expr {
        match self.below(6) {
            0 => word(Kind::Any, "\"a\""),
            1 => word(Kind::Any, "\"new\""),
            2 => {
                let at = self.expr(Kind::Int, 1);
                crate::tree::expr!(Kind::Any, "@ % 60", at)
            }
            3 => {
                let at = self.expr(Kind::Int, 1);
                crate::tree::expr!(Kind::Any, "\"k${@ % 30}\"", at)
            }
            4 => self.literal(Kind::Str),
            _ => {
                let at = self.below(12).to_string();
                word(Kind::Any, &at)
            }
        }
    }

    fn position(&mut self, name: &str) -> Expr {
        self.risk = true;
        match self.below(5) {
            0..2 => {
                let at = self.pick(&["0", "1", "-1", "2", "-3"]);
                word(Kind::Any, at)
            }
            2..4 => {
                let at = self.expr(Kind::Int, 1);
                crate::tree::expr!(Kind::Any, "@ % len(@)", at, name)
            }
            _ => self.expr(Kind::Int, 1),
        }
    }

    fn set_index(&mut self) -> Option<Stmt> {
        if self.chance(15)
            && let Some(own) = self.indexed(true)
        {
            self.risk = true;
            let (at, value) = (self.small(), self.expr(Kind::Int, 2));
            let form = self.pick(&["@[@] := @", "@[@] += @"]);
            return Some(stmt!(form, own, at, value));
        }
        let var = self.var(|v| v.mutable && matches!(v.kind, Kind::Arr(_) | Kind::Dict(_)))?;
        let (Kind::Arr(item) | Kind::Dict(item)) = var.kind else {
            return None;
        };
        let at = if matches!(var.kind, Kind::Dict(_)) {
            self.key()
        } else {
            self.position(&var.name)
        };
        if self.chance(25) && matches!(item, Item::Int | Item::Num) {
            self.risk = true;
            let value = self.small();
            let op = self.pick(&["@[@] += @", "@[@] -= @", "@[@] *= @"]);
            return Some(stmt!(op, var.name, at, value));
        }
        let value = self.expr(item.kind(), 2);
        if matches!(var.kind, Kind::Dict(_)) && self.chance(20) {
            let key = self.pick(&["a", "b", "fresh"]);
            return Some(stmt!("@.@ := @", var.name, key, value));
        }
        Some(stmt!("@[@] := @", var.name, at, value))
    }

    fn set_field(&mut self) -> Option<Stmt> {
        let var = self.var_where(|g, v| match v.kind {
            Kind::Inst(ty) => v.mutable || g.types[ty].class,
            _ => false,
        })?;
        let Kind::Inst(ty) = var.kind else {
            return None;
        };
        let fields = self.types[ty].fields.clone();
        let (field, kind) = self.pick(&fields);
        if self.chance(35) && kind == Kind::Int {
            let value = self.expr(Kind::Int, 1);
            let op = self.pick(&["@.@ += @", "@.@ -= @", "@.@ ^= @"]);
            return Some(stmt!(op, var.name, field, value));
        }
        // Through a variable that is not mutable only a class may be written.
        let value = self.expr(kind, 2);
        Some(stmt!("@.@ := @", var.name, field, value))
    }

    /// Stores through more than one step.
    fn set_nested(&mut self) -> Option<Stmt> {
        let deep = |g: &Self, kind: Kind| match kind {
            Kind::Arr(Item::Row | Item::Inst(_)) | Kind::Dict(Item::Row | Item::Inst(_)) => true,
            Kind::Inst(ty) => g.types[ty]
                .fields
                .iter()
                .any(|(_, k)| matches!(k, Kind::Arr(Item::Int) | Kind::Inst(_))),
            _ => false,
        };
        let var = self.var_where(|g, v| v.mutable && deep(g, v.kind))?;
        self.risk = true;
        let (start, inner) = match var.kind {
            Kind::Arr(item) => {
                let at = self.position(&var.name);
                (
                    crate::tree::expr!(Kind::Any, "@[@]", var.name, at),
                    item.kind(),
                )
            }
            Kind::Dict(item) => {
                let key = self.pick(&[".a", "[\"b\"]", "[1]", ".c"]);
                (
                    crate::tree::expr!(Kind::Any, "@@", var.name, key),
                    item.kind(),
                )
            }
            Kind::Inst(ty) => {
                let fields = self.types[ty].fields.clone();
                let fields: Vec<(String, Kind)> = fields
                    .into_iter()
                    .filter(|(_, k)| matches!(k, Kind::Arr(Item::Int) | Kind::Inst(_)))
                    .collect();
                let (field, kind) = self.pick(&fields);
                (crate::tree::expr!(Kind::Any, "@.@", var.name, field), kind)
            }
            _ => return None,
        };
        let value = self.expr(Kind::Int, 2);
        Some(match inner {
            Kind::Inst(ty) => {
                let fields = self.types[ty].fields.clone();
                let (field, kind) = self.pick(&fields);
                let value = self.expr(kind, 2);
                stmt!("@.@ := @", start, field, value)
            }
            _ => {
                let at = self.pick(&["0", "-1", "1"]);
                let form = self.pick(&["@[@] := @", "@[@] += @", "@[@ + 0] := @"]);
                match self.below(5) {
                    0 => stmt!(
                        "@.push(@)\nif len(@) > 30 { @ := [] }",
                        start.clone(),
                        value,
                        start.clone(),
                        start
                    ),
                    1 => stmt!("@.sort()", start),
                    _ => stmt!(form, start, at, value),
                }
            }
        })
    }

    fn mutate(&mut self) -> Option<Stmt> {
        let var = self.var(|v| v.mutable && matches!(v.kind, Kind::Arr(_) | Kind::Dict(_)))?;
        let name = var.name.clone();
        match var.kind {
            Kind::Arr(item) => {
                let value = self.expr(item.kind(), 2);
                Some(match self.below(12) {
                    0..4 => stmt!("if len(@) < 40 { @.push(@) }", name.clone(), name, value),
                    4 => stmt!(
                        "if len(@) < 40 { @ := push(@, @) }",
                        name.clone(),
                        name.clone(),
                        name,
                        value
                    ),
                    5 => stmt!("show(@.pop())", name),
                    6 => {
                        self.risk = true;
                        let at = self.pick(&["0", "1", "-1", "5"]);
                        stmt!(
                            "if len(@) < 40 { @.insert(@, @) }",
                            name.clone(),
                            name,
                            at,
                            value
                        )
                    }
                    7 => {
                        self.risk = true;
                        stmt!("show(@.remove_at(@))", name, self.pick(&["0", "-1", "3"]))
                    }
                    8 => {
                        let f = self.pick(&["@.reverse()", "@.clear()", "@.reverse()"]);
                        stmt!(f, name)
                    }
                    9 => {
                        self.risk |= !matches!(item, Item::Int | Item::Str | Item::Num);
                        stmt!("@.sort()", name)
                    }
                    10 => {
                        let (f, _) = self.lambda(&[item.kind(), item.kind()], Kind::Bool, 60);
                        stmt!("@.sort(@)", name, f)
                    }
                    _ => {
                        let more = self.expr(var.kind, 1);
                        stmt!(
                            "@.extend(@)\n@ := brief(@)",
                            name.clone(),
                            more,
                            name.clone(),
                            name
                        )
                    }
                })
            }
            Kind::Dict(item) => {
                let key = self.key();
                let value = self.expr(item.kind(), 2);
                Some(match self.below(5) {
                    0..2 => stmt!("@.set(@, @)", name, key, value),
                    2..4 => stmt!("show(@.remove(@))", name, key),
                    _ => {
                        let more = self.expr(var.kind, 1);
                        stmt!("@.update(@)", name, more)
                    }
                })
            }
            _ => None,
        }
    }

    fn leave(&mut self) -> Option<Stmt> {
        if self.place.closed {
            return None;
        }
        let labels: Vec<String> = self.place.loops.iter().flatten().cloned().collect();
        let condition = self.bool(2);
        let word = self.pick(&["break", "continue"]);
        let jump = if !labels.is_empty() && self.chance(50) {
            let label = self.pick(&labels);
            stmt!("@ @", word, label)
        } else {
            stmt!(word)
        };
        Some(stmt!("if @ {@}", condition, vec![jump]))
    }

    fn destructure(&mut self, out: &mut Block) -> Option<Stmt> {
        let one = self.var(|v| v.mutable && v.kind == Kind::Int)?;
        self.risk = true;
        Some(match self.below(9) {
            5..7 => {
                // Elements change places, or one is stored where the old index says.
                let xs = self.var(|v| v.mutable && matches!(v.kind, Kind::Arr(_)))?;
                let (i, j) = (self.expr(Kind::Int, 1), self.expr(Kind::Int, 1));
                let name = xs.name;
                match self.below(4) {
                    0 => {
                        let value = self.expr(Kind::Int, 2);
                        stmt!(
                            "@, @[@] := @, @[@]",
                            one.name.clone(),
                            name.clone(),
                            one.name,
                            value,
                            name,
                            j
                        )
                    }
                    1 => {
                        let start = format!("{name}[0], {name}[1]");
                        stmt!("@, @ := @", one.name, start, name)
                    }
                    _ => {
                        let (ia, ja) = (self.name("i"), self.name("j"));
                        out.push(decl!(
                            "mut @ := try { cap(@) % 5 } except { 0 }",
                            ia.clone(),
                            i
                        ));
                        out.push(decl!(
                            "mut @ := try { cap(@) % 5 } except { 1 }",
                            ja.clone(),
                            j
                        ));
                        let places = format!("{name}[{ia}], {name}[{ja}]");
                        let values = format!("{name}[{ja}], {name}[{ia}]");
                        stmt!("@ := @", places, values)
                    }
                }
            }
            7 => {
                let xs = self.expr(Kind::Arr(Item::Int), 2);
                let d = self.var(|v| v.mutable && v.kind == Kind::Dict(Item::Int))?;
                stmt!(
                    "@.a, @[\"b\"], @, ..._rest := @",
                    d.name.clone(),
                    d.name,
                    one.name,
                    xs
                )
            }
            8 => {
                let (a, b) = (self.expr(Kind::Int, 2), self.expr(Kind::Arr(Item::Row), 2));
                let rows = self.var(|v| v.mutable && v.kind == Kind::Arr(Item::Row))?;
                stmt!("@, [[_, @[0]], ...] := @, @", one.name, rows.name, a, b)
            }
            0 => {
                let xs = self.expr(Kind::Arr(Item::Int), 2);
                let rest = self.var(|v| v.mutable && v.kind == Kind::Arr(Item::Int))?;
                stmt!("[@, ...@] := @", one.name, rest.name, xs)
            }
            1 => {
                let xs = self.expr(Kind::Arr(Item::Row), 2);
                stmt!("[[_, @], _] := @", one.name, xs)
            }
            2 => {
                let d = self.expr(Kind::Dict(Item::Int), 2);
                stmt!("{a: @, ..._rest} := @", one.name, d)
            }
            3 => {
                // The names must stay visible, so nothing that throws may be there.
                let (a, b) = (self.literal(Kind::Int), self.literal(Kind::Int));
                let (x, y) = (self.name("v"), self.name("v"));
                let form = self.pick(&[
                    "[@, @] := [@, @]",
                    "mut [@, @] := [@, @]",
                    "let [@, @] := [@, @]",
                ]);
                let mutable = !form.starts_with("let");
                out.push(decl!(form, x.clone(), y.clone(), a, b));
                self.risk = false;
                self.declare(&x, Kind::Int, mutable);
                self.declare(&y, Kind::Int, mutable);
                return None;
            }
            _ => {
                let var = self.var_where(|g, v| match v.kind {
                    Kind::Inst(ty) => g.types[ty].fields.iter().any(|(_, k)| *k == Kind::Int),
                    _ => false,
                })?;
                let Kind::Inst(ty) = var.kind else {
                    return None;
                };
                let field = self.types[ty]
                    .fields
                    .iter()
                    .find(|(_, k)| *k == Kind::Int)?
                    .0
                    .clone();
                stmt!("{@: @, ..._rest} := @", field, one.name, var.name)
            }
        })
    }

    /// One more element of a generator or iterator.
    fn pull(&mut self, out: &mut Block) -> Option<Stmt> {
        let Some(var) = self.var(|v| matches!(v.kind, Kind::Iter(_))) else {
            let name = self.name("it");
            let (value, risk, cost) = self.apart(|g| g.expr(Kind::Iter(Item::Int), 2));
            self.cost += cost;
            let value = if risk {
                self.literal(Kind::Iter(Item::Int))
            } else {
                value
            };
            out.push(decl!("mut @ := @", name.clone(), value));
            self.declare(&name, Kind::Iter(Item::Int), true);
            return None;
        };
        // The code that it runs is not known here.
        self.risk = true;
        self.cost += 40;
        let name = var.name;
        Some(match self.below(4) {
            0 => {
                let (x, n) = (self.name("x"), self.name("n"));
                stmt!(
                    "mut @ := 0\nfor @ in @ {\n    show(@)\n    @ += 1\n    if @ > 3 { break }\n}",
                    n.clone(),
                    x.clone(),
                    name,
                    x,
                    n.clone(),
                    n
                )
            }
            1 => stmt!("show(@.take(2).collect())", name),
            _ => stmt!("show(@.next())", name),
        })
    }
}
