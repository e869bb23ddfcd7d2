//! Calls: of functions, closures and methods, of built-ins that call back, and
//! *drives*, loops that call a function until a later tier has it, with arguments
//! whose kind changes on the way.

use super::{Func, Gen, word};
use crate::kind::{Item, Kind};
use crate::tree::{Block, Expr, Piece, decl, expr, stmt};

impl Gen<'_> {
    /// A call of a function that gives the kind, if there is one that may be
    /// called here.
    pub fn call_of(&mut self, kind: Kind, d: u32) -> Option<Expr> {
        let (funcs, limit) = (&self.funcs, self.place.call_limit);
        let fits = |at: usize| kind.takes(funcs[at].result) && funcs[at].cost <= limit;
        let found: Vec<(String, usize)> = self
            .vars
            .iter()
            .filter_map(|v| match v.kind {
                Kind::Fun(at) if fits(at) => Some((v.name.clone(), at)),
                _ => None,
            })
            .collect();
        if found.is_empty() {
            return None;
        }
        let (name, at) = self.pick(&found);
        let func = self.funcs[at].clone();
        Some(self.call(kind, &name, &func, d))
    }

    pub fn call(&mut self, kind: Kind, name: &str, func: &Func, d: u32) -> Expr {
        self.cost += func.cost + 1;
        self.risk |= func.throws;
        let mut args = self.arguments(func, d.min(2));
        if self.waits && self.chance(15) {
            return match self.chance(15) {
                true => expr!(kind, "within(@, [@])", name, args),
                false => expr!(kind, "(await as_task(@, [@]))", name, args),
            };
        }
        match self.below(60) {
            0 => {
                // The wrong number of arguments.
                self.risk = true;
                if args.is_empty() || self.chance(50) {
                    args.push(self.literal(Kind::Int));
                } else {
                    args.clear();
                }
                expr!(kind, "@(@)", name, args)
            }
            1 if func.depth.is_none() => {
                self.risk = true;
                let xs = self.expr(Kind::Arr(Item::Int), 1);
                expr!(kind, "@(...@)", name, xs)
            }
            2 => expr!(kind, "@(...[@])", name, args),
            3 if args.len() == 1 => expr!(kind, "(@ |> @)", args.remove(0), name),
            _ => expr!(kind, "@(@)", name, args),
        }
    }

    pub fn arguments(&mut self, func: &Func, d: u32) -> Vec<Expr> {
        let given = self.between(func.required, func.params.len());
        let mut args = Vec::new();
        for (i, kind) in func.params.iter().copied().take(given).enumerate() {
            if let (0, Some(depth)) = (i, func.depth) {
                args.push(self.depth_argument(depth));
            } else if self.chance(3) {
                args.push(self.unlike(kind));
            } else {
                args.push(self.loosely(false, |g| g.expr(kind, d.saturating_sub(1))));
            }
        }
        args
    }

    fn depth_argument(&mut self, most: u64) -> Expr {
        let mask = (most + 1).next_power_of_two() / 2;
        if mask > 2
            && self.chance(40)
            && let Some(var) = self.var(|v| v.kind == Kind::Int)
        {
            return expr!(Kind::Any, "(@ & @)", var.name, (mask - 1).to_string());
        }
        let n = self.below(most as usize + 1);
        word(Kind::Int, &n.to_string())
    }

    /// An argument of another kind than the function is written for.
    pub fn unlike(&mut self, kind: Kind) -> Expr {
        self.risk = true;
        if !kind.takes(Kind::Int) {
            // No number of which a loop could make rounds.
            let text = self.pick(&[
                "null",
                "2.5",
                "true",
                "3",
                "\"text\"",
                "[1, \"a\"]",
                "({a: 1})",
                "None",
                "Some(2)",
            ]);
            return word(Kind::Any, text);
        }
        let others = [
            Kind::Int,
            Kind::Float,
            Kind::Str,
            Kind::Bool,
            Kind::Any,
            Kind::Arr(Item::Int),
            Kind::Opt,
        ];
        let others: Vec<Kind> = others.iter().copied().filter(|k| *k != kind).collect();
        let other = self.pick(&others);
        let mut value = self.literal(other);
        value.kind = Kind::Any;
        value
    }

    /// A call of a method that gives the kind, on a variable.
    pub fn method_of(&mut self, kind: Kind, d: u32) -> Option<Expr> {
        self.some_method(d, |func| kind.takes(func.result))
            .map(|mut call| {
                call.kind = kind;
                call
            })
    }

    /// A call of a method that fits, on a place; an unmutable place only for
    /// methods that do not mutate.
    pub fn some_method(&mut self, d: u32, fits: impl Fn(&Func) -> bool) -> Option<Expr> {
        let mut found = Vec::new();
        for var in &self.vars {
            let (ty, form) = match var.kind {
                Kind::Inst(ty) => (ty, "@"),
                Kind::Arr(Item::Inst(ty)) => (ty, "@[0]"),
                Kind::Dict(Item::Inst(ty)) => (ty, "@.a"),
                _ => continue,
            };
            for (number, method) in self.types[ty].methods.iter().enumerate() {
                let allowed = var.mutable || !method.mutating || self.types[ty].class;
                if fits(&method.func) && allowed && method.func.cost <= self.place.call_limit {
                    found.push((var.name.clone(), form, ty, number));
                }
            }
        }
        if found.is_empty() {
            return None;
        }
        let (var, form, ty, number) = self.pick(&found);
        self.risk |= form != "@";
        let method = &self.types[ty].methods[number];
        let (name, func, fluent) = (method.name.clone(), method.func.clone(), method.fluent);
        self.cost += func.cost + 1;
        self.risk |= func.throws;
        let args = self.arguments(&func, d.min(2));
        let receiver = form.replace('@', &var);
        Some(match self.below(30) {
            0 => expr!(func.result, "@?.@(@)", receiver, name, args),
            1 => expr!(func.result, "@.@(...[@])", receiver, name, args),
            2 => {
                let bound = expr!(Kind::Any, "@.@", receiver, name);
                expr!(func.result, "(@)(@)", bound, args)
            }
            3 => {
                let copy = self.expr(Kind::Inst(ty), 1);
                expr!(func.result, "(@).@(@)", copy, name, args)
            }
            4 | 5 if fluent => expr!(
                func.result,
                "@.@(@).@(@)",
                receiver,
                name.clone(),
                args.clone(),
                name,
                args
            ),
            _ => expr!(func.result, "@.@(@)", receiver, name, args),
        })
    }

    /// A function without a name, which runs about `times` times, and whether it
    /// may throw.
    pub fn lambda(&mut self, params: &[Kind], result: Kind, times: u64) -> (Expr, bool) {
        let names: Vec<String> = params.iter().map(|_| self.name("p")).collect();
        let (body, risk, cost) = self.apart(|g| {
            let (loops, calls) = (g.place.loop_limit / 40, g.place.call_limit / 30);
            g.within(
                |place| {
                    place.result = Some(result);
                    place.yields = None;
                    place.loops.clear();
                    place.closed = false;
                    place.loop_limit = loops;
                    place.call_limit = calls;
                },
                |g| {
                    for (name, kind) in names.iter().zip(params) {
                        g.declare(name, *kind, true);
                    }
                    let mut body = Block::new();
                    if g.place.depth < 4 && g.chance(35) {
                        body = g.block_open(2);
                    }
                    let value = g.expr(result, 2);
                    body.push(stmt!("return @", value));
                    body
                },
            )
        });
        self.risk |= risk;
        self.cost += (cost + 1) * times;
        let names = names.join(", ");
        let lambda = match &body[..] {
            // `return @`, without the word.
            [only] if self.chance(50) => {
                let value = only.pieces.iter().find_map(|piece| match piece {
                    Piece::Expr(value) => Some(value.clone()),
                    _ => None,
                });
                let value = value.expect("it returns a value");
                // A dict begins with its parenthesis.
                expr!(Kind::Any, "(@) => @", names, value)
            }
            _ if self.chance(30) => expr!(Kind::Any, "(@) => {@}", names, body),
            [only] => Expr {
                kind: Kind::Any,
                pieces: {
                    let mut pieces: Vec<Piece> = vec![format!("func({names}) {{ ").into()];
                    pieces.extend(only.pieces.clone());
                    pieces.push(" }".into());
                    pieces
                },
            },
            _ => expr!(Kind::Any, "func(@) {@}", names, body),
        };
        (lambda, risk)
    }

    /// An array that a built-in makes by calling back.
    pub fn mapped(&mut self, item: Item, d: u32) -> Expr {
        let (k, one) = (Kind::Arr(item), item.kind());
        let d = d - 1;
        match self.below(12) {
            0..3 => {
                let from = self.pick(&[item, Item::Int, Item::Str]);
                let xs = self.expr(Kind::Arr(from), d);
                let (f, _) = self.lambda(&[from.kind()], one, 12);
                let form = self.pick(&["map(@, @)", "(@).map(@)", "iter(@).map(@).collect()"]);
                expr!(k, form, xs, f)
            }
            3..5 => {
                let xs = self.expr(k, d);
                let (f, _) = self.lambda(&[one], Kind::Bool, 12);
                let form = self.pick(&[
                    "filter(@, @)",
                    "(@).filter(@)",
                    "iter(@).filter(@).collect()",
                    "(@).skip_while(@)",
                    "collect(iter(@).skip_while(@))",
                    "partition(@, @)[0]",
                ]);
                expr!(k, form, xs, f)
            }
            5..7 => {
                // Kinds that have an order, or else an error.
                self.risk |= !matches!(item, Item::Int | Item::Str | Item::Num | Item::Row);
                let xs = self.expr(k, d);
                expr!(k, "sort(@)", xs)
            }
            7 => {
                let xs = self.expr(k, d);
                let (f, _) = self.lambda(&[one, one], Kind::Bool, 40);
                expr!(k, "sort(@, @)", xs, f)
            }
            8 => {
                let xs = self.expr(k, d);
                let (f, _) = self.lambda(&[one], Kind::Int, 12);
                expr!(k, "sort_by(@, @)", xs, f)
            }
            9 => {
                let xs = self.expr(Kind::Arr(Item::Int), d);
                let (f, _) = self.lambda(&[Kind::Int], k, 12);
                expr!(k, "brief(flat_map(@, @))", xs, f)
            }
            10 => {
                let it = self.expr(Kind::Iter(item), d);
                expr!(k, "(@).take(20).collect()", it)
            }
            _ => {
                let xs = self.expr(k, d);
                expr!(k, "@.collect()", expr!(Kind::Iter(item), "(@).iter()", xs))
            }
        }
    }

    pub fn reduce(&mut self, d: u32) -> Expr {
        let xs = self.expr(Kind::Arr(Item::Int), d);
        let start = self.small();
        let (f, _) = self.lambda(&[Kind::Int, Kind::Int], Kind::Int, 12);
        expr!(Kind::Int, "reduce(@, @, @)", xs, start, f)
    }

    pub fn predicate_call(&mut self, d: u32) -> Expr {
        let xs = self.expr(Kind::Arr(Item::Int), d);
        let (f, _) = self.lambda(&[Kind::Int], Kind::Bool, 12);
        let form = self.pick(&[
            "any(@, @)",
            "all(@, @)",
            "((@).find(@) != null)",
            "((@).count(@) > 1)",
        ]);
        expr!(Kind::Bool, form, xs, f)
    }

    /// A loop that calls one function many times.
    pub fn drive(&mut self, out: &mut Block) {
        let limit = self.place.call_limit;
        let Some(var) =
            self.var_where(|g, v| matches!(v.kind, Kind::Fun(at) if g.funcs[at].cost <= limit))
        else {
            return self.statement(out);
        };
        let Kind::Fun(at) = var.kind else { return };
        let func = self.funcs[at].clone();
        let total = self.name("t");
        let wanted = self.weighted(&[(3, 12), (4, 60), (4, 200), (2, 1200), (1, 4000)]);
        let most = (self.place.loop_limit / (func.cost + 6)).max(3) as usize;
        let rounds = self.between(3, wanted.min(most));
        let counter = self.name("i");
        let throws = self.risk;
        self.risk = false;
        let (body, _, cost) = self.apart(|g| {
            g.within(
                |place| place.loops.push(None),
                |g| {
                    g.declare(&counter, Kind::Int, true);
                    g.drive_body(&var.name, &func, &counter, &total, rounds)
                },
            )
        });
        self.risk = throws;
        self.cost += (cost + 2) * rounds as u64;
        let start = match func.result {
            Kind::Int | Kind::Float | Kind::Num => "0",
            Kind::Str => "\"\"",
            _ => "null",
        };
        out.push(decl!("mut @ := @", total.clone(), start));
        let rounds = word(Kind::Int, &rounds.to_string());
        let head = self.pick(&[
            "for @ in 0..@ {@}",
            "for @ in range(@) {@}",
            "for @ in @ {@}",
        ]);
        out.push(stmt!(head, counter, rounds, body));
        out.push(stmt!("show(@)", total.clone()));
        // The value that it holds now is not known any more.
        self.declare(&total, Kind::Any, false);
    }

    fn drive_body(
        &mut self,
        name: &str,
        func: &Func,
        counter: &str,
        total: &str,
        rounds: usize,
    ) -> Block {
        let mut args = Vec::new();
        let mut odd = false;
        let given = self.between(func.required, func.params.len());
        for (i, kind) in func.params.iter().copied().take(given).enumerate() {
            if let (0, Some(depth)) = (i, func.depth) {
                args.push(self.depth_argument(depth));
                continue;
            }
            let arg = match (kind, self.below(10)) {
                (Kind::Int | Kind::Num | Kind::Any, 0..2) => word(kind, counter),
                (Kind::Int | Kind::Num | Kind::Any, 2) => {
                    // Over an edge on the way.
                    let edge = self.int_literal();
                    let half = (rounds / 2).to_string();
                    expr!(kind, "(@ + @ - @)", edge, counter, half)
                }
                (_, 3..6) => self.expr(kind, 1),
                _ => {
                    // In turn or one after the other from a pool.
                    let most = if matches!(kind, Kind::Any | Kind::Num) {
                        5
                    } else {
                        3
                    };
                    let mut pool: Vec<Expr> = (0..self.between(1, most))
                        .map(|_| self.expr(kind, 1))
                        .collect();
                    if self.chance(12) {
                        odd = true;
                        let other = self.unlike(kind);
                        pool.push(other);
                    }
                    let count = pool.len();
                    if self.chance(50) {
                        expr!(kind, "[@][@ % @]", pool, counter, count.to_string())
                    } else {
                        expr!(
                            kind,
                            "[@][@ * @ / @]",
                            pool,
                            counter,
                            count.to_string(),
                            rounds.to_string()
                        )
                    }
                }
            };
            args.push(arg);
        }
        self.cost += func.cost + 1;
        let call = expr!(func.result, "@(@)", name, args);
        let risky = func.throws || odd || self.risk;
        let store = match (func.result, self.below(4)) {
            (Kind::Int | Kind::Float | Kind::Num, 0) => stmt!("@ += @", total, call),
            (Kind::Int | Kind::Num, 1) => stmt!("@ := wide(@ * 3 + @)", total, total, call),
            (Kind::Str, 0..2) => stmt!("@ := cut(@ + @)", total, call, total),
            (Kind::Iter(_), _) => {
                let it = self.name("it");
                stmt!("@ := @\n@ := @.next()", it.clone(), call, total, it)
            }
            _ => stmt!("@ := @", total, call),
        };
        let mut body = vec![match (risky, self.below(5)) {
            (true, 0..4) => stmt!("try {@} except e { oops(e) }", vec![store]),
            (true, _) => {
                let inner = stmt!("try {@} finally { shown += 1 }", vec![store]);
                stmt!("try {@} except e { oops(e) }", vec![inner])
            }
            _ => store,
        }];
        if self.chance(60) {
            let every = (rounds / self.between(1, 6)).max(1).to_string();
            body.push(stmt!("if @ % @ == 0 { show(@) }", counter, every, total));
        }
        if self.chance(25) {
            let mut extra = Block::new();
            self.statement(&mut extra);
            if self.risk {
                self.risk = false;
                body.push(stmt!("try {@} except e { oops(e) }", extra));
            } else {
                body.extend(extra);
            }
        }
        body
    }
}
