//! Declarations of functions: small ones, recursive ones with a depth that falls,
//! pairs that call each other, generators, closures over variables that are
//! assigned.

use super::{FUNCTION_CALL, FUNCTION_LOOP, Func, Gen, word};
use crate::kind::{Item, Kind};
use crate::tree::{Block, Expr, decl, expr, stmt};

impl Gen<'_> {
    fn parameters(&mut self, most: usize) -> Vec<(String, Kind)> {
        (0..self.below(most + 1))
            .map(|_| {
                let kind = match self.below(10) {
                    0..2 => Kind::Any,
                    2..4 => Kind::Num,
                    4..6 => Kind::Int,
                    _ => self.kind(),
                };
                (self.name("p"), kind)
            })
            .collect()
    }

    /// The names with defaults for the last ones, as text, and how many have none.
    fn parameter_list(&mut self, params: &[(String, Kind)]) -> (Vec<Expr>, usize) {
        let mut required = params.len();
        let mut list: Vec<Expr> = Vec::new();
        let defaults = self.chance(25);
        for (i, (name, kind)) in params.iter().enumerate() {
            if defaults && i > 0 && (i + 1 == params.len() || required < params.len()) {
                required = required.min(i);
                let earlier = params[..i]
                    .iter()
                    .find(|(_, k)| k == kind)
                    .map(|(name, _)| name.clone());
                let default = match earlier {
                    Some(earlier) if self.chance(40) => word(*kind, &earlier),
                    _ => self.literal(*kind),
                };
                list.push(expr!(Kind::Any, "@ := @", name.clone(), default));
            } else {
                list.push(word(Kind::Any, name));
            }
        }
        (list, required)
    }

    /// A function and, if it is recursive by turns, its partner.
    pub fn function(&mut self, out: &mut Block) {
        match self.below(10) {
            0..5 => self.plain_function(out),
            5..8 => self.recursive(out),
            8 => self.mutual(out),
            _ => self.small_function(out),
        }
    }

    fn result_kind(&mut self) -> Kind {
        match self.below(10) {
            0..4 => Kind::Int,
            4 => Kind::Num,
            5 => Kind::Opt,
            _ => self.kind(),
        }
    }

    fn function_place(
        &mut self,
        result: Kind,
        most: u64,
        write: impl FnOnce(&mut Self) -> Block,
    ) -> (Block, bool, u64) {
        let (loops, calls) = (self.place.loop_limit, self.place.call_limit);
        self.apart(|g| {
            g.within(
                |place| {
                    place.result = Some(result);
                    place.yields = None;
                    place.loops.clear();
                    place.closed = false;
                    place.loop_limit = FUNCTION_LOOP.min(loops / 3).min(most);
                    place.call_limit = FUNCTION_CALL.min(calls / 3).min(most);
                },
                write,
            )
        })
    }

    fn add(&mut self, name: &str, func: Func) -> usize {
        self.funcs.push(func);
        self.declare(name, Kind::Fun(self.funcs.len() - 1), false);
        self.funcs.len() - 1
    }

    /// One expression, short enough to become part of its callers.
    fn small_function(&mut self, out: &mut Block) {
        let name = self.name("f");
        self.short_function(&name, &name, out);
    }

    /// The same as a function of a type, which is called by its path.
    pub fn static_function(&mut self, ty: &str, out: &mut Block) {
        self.short_function("of", &format!("{ty}::of"), out);
    }

    /// A function whose declaration says `name`, and whose calls say `path`.
    fn short_function(&mut self, name: &str, path: &str, out: &mut Block) {
        let params = self.parameters(3);
        let result = self.result_kind();
        let (list, required) = self.parameter_list(&params);
        let (body, throws, cost) = self.function_place(result, 60, |g| {
            for (name, kind) in &params {
                g.declare(name, *kind, true);
            }
            let value = g.expr(result, 2);
            vec![stmt!("return @", value)]
        });
        out.push(decl!("func @(@) {@}", name.to_owned(), list, body));
        let params = params.into_iter().map(|(_, kind)| kind).collect();
        self.add(
            path,
            Func {
                params,
                required,
                result,
                cost: cost + 1,
                throws,
                depth: None,
            },
        );
    }

    fn plain_function(&mut self, out: &mut Block) {
        let params = self.parameters(4);
        let result = self.result_kind();
        let name = self.name("f");
        let (list, required) = self.parameter_list(&params);
        let most = self.weighted(&[(2, 2), (3, 4), (1, 7)]);
        let (body, throws, cost) = self.function_place(result, 1000, |g| {
            for (name, kind) in &params {
                g.declare(name, *kind, true);
            }
            let mut body = g.block_open(most);
            if g.chance(90) {
                let value = g.expr(result, 2);
                body.push(stmt!("return @", value));
            }
            body
        });
        out.push(decl!("func @(@) {@}", name.clone(), list, body));
        let params = params.into_iter().map(|(_, kind)| kind).collect();
        self.add(
            &name,
            Func {
                params,
                required,
                result,
                cost: cost + 1,
                throws,
                depth: None,
            },
        );
    }

    fn recursive(&mut self, out: &mut Block) {
        let twice = self.chance(35);
        let depth = if twice {
            self.between(2, 6)
        } else {
            self.between(3, 40)
        } as u64;
        let calls = if twice { 1 << (depth + 1) } else { depth + 1 };
        let mut params = vec![(self.name("n"), Kind::Int)];
        params.extend(self.parameters(2));
        let result = self.pick(&[
            Kind::Int,
            Kind::Int,
            Kind::Num,
            Kind::Str,
            Kind::Arr(Item::Int),
            Kind::Any,
        ]);
        let name = self.name("f");
        let (list, required) = self.parameter_list(&params);
        let (body, throws, cost) = self.function_place(result, 1200 / calls, |g| {
            for (i, (name, kind)) in params.iter().enumerate() {
                // The depth is no variable to be written or to make numbers of.
                g.declare(name, *kind, i > 0);
            }
            let n = params[0].0.clone();
            let base = g.expr(result, 1);
            let mut body = vec![stmt!(
                "if @ <= 0 {@}",
                n.clone(),
                vec![stmt!("return @", base)]
            )];
            body.extend(g.block_open(2));
            let again = |g: &mut Self| {
                let mut args = vec![expr!(Kind::Any, "@ - 1", n.clone())];
                args.extend(params[1..].iter().map(|(_, kind)| g.expr(*kind, 1)));
                expr!(result, "@(@)", name.clone(), args)
            };
            let one = again(g);
            if twice {
                let other = again(g);
                body.push(g.joined(result, one, other));
            } else {
                let other = g.expr(result, 1);
                body.push(if g.chance(50) {
                    g.joined(result, one, other)
                } else {
                    g.joined(result, other, one)
                });
            }
            body
        });
        out.push(decl!("func @(@) {@}", name.clone(), list, body));
        let params = params.into_iter().map(|(_, kind)| kind).collect();
        let cost = (cost + 2) * calls;
        self.add(
            &name,
            Func {
                params,
                required,
                result,
                cost,
                throws,
                depth: Some(depth),
            },
        );
    }

    /// Returns both as one value of the kind.
    fn joined(&mut self, kind: Kind, one: Expr, other: Expr) -> crate::tree::Stmt {
        match kind {
            Kind::Int | Kind::Num => {
                let form = self.pick(&[
                    "return @ + @",
                    "return @ - @",
                    "return cap(@ * @)",
                    "return (@ + @) % 9007199254740993",
                ]);
                stmt!(form, one, other)
            }
            Kind::Str => stmt!("return cut(@ + @)", one, other),
            Kind::Arr(_) => stmt!("return brief(@ + @)", one, other),
            _ => {
                let name = self.name("v");
                stmt!(
                    "mut @ := @\nif is_int(@) { return @ }\nreturn @",
                    name.clone(),
                    one,
                    name.clone(),
                    name,
                    other
                )
            }
        }
    }

    fn mutual(&mut self, out: &mut Block) {
        let depth = self.between(2, 30) as u64;
        let (one, other) = (self.name("f"), self.name("f"));
        let result = self.pick(&[Kind::Int, Kind::Bool, Kind::Str]);
        let mut first = 0;
        for (name, partner) in [(&one, &other), (&other, &one)] {
            let param = self.name("n");
            let extra = self.name("p");
            let (body, throws, cost) = self.function_place(result, 600 / depth, |g| {
                g.declare(&param, Kind::Int, false);
                g.declare(&extra, Kind::Int, true);
                let base = g.expr(result, 1);
                let mut body = vec![stmt!(
                    "if @ <= 0 {@}",
                    param.clone(),
                    vec![stmt!("return @", base)]
                )];
                body.extend(g.block_open(2));
                let value = g.expr(Kind::Int, 1);
                body.push(stmt!(
                    "return @(@ - 1, @)",
                    partner.clone(),
                    param.clone(),
                    value
                ));
                body
            });
            out.push(decl!("func @(@, @) {@}", name.clone(), param, extra, body));
            let func = Func {
                params: vec![Kind::Int, Kind::Int],
                required: 2,
                result,
                cost: (cost + 3) * (depth + 1),
                throws,
                depth: Some(depth),
            };
            // The first one may not be called before the second one is there, and
            // both throw if one does.
            if name == &other {
                self.funcs[first].throws |= throws;
                let (both, cost) = (self.funcs[first].throws, self.funcs[first].cost + func.cost);
                self.funcs[first].cost = cost;
                self.declare(&one, Kind::Fun(first), false);
                self.add(
                    &other,
                    Func {
                        throws: both,
                        cost,
                        ..func
                    },
                );
            } else {
                first = self.funcs.len();
                self.funcs.push(func);
            }
        }
    }

    pub fn generator(&mut self, out: &mut Block) {
        let item = self.pick(&[Item::Int, Item::Int, Item::Num, Item::Str, Item::Any]);
        let params = self.parameters(2);
        let name = self.name("gen");
        let (list, required) = self.parameter_list(&params);
        let (body, _, cost) = self.apart(|g| {
            g.within(
                |place| {
                    place.result = Some(Kind::Any);
                    place.yields = Some(item);
                    place.loops.clear();
                    place.loop_limit = 80;
                    place.call_limit = 40;
                },
                |g| {
                    for (name, kind) in &params {
                        g.declare(name, *kind, true);
                    }
                    let first = g.expr(item.kind(), 1);
                    let mut body = vec![stmt!("yield @", first)];
                    body.extend(g.block_open(4));
                    if g.chance(40) {
                        // One that only its reader ends.
                        let (n, value) = (g.name("w"), g.expr(item.kind(), 1));
                        body.push(decl!("mut @ := 0", n.clone()));
                        body.push(stmt!(
                            "loop {\n    @ += 1\n    yield @\n    if @ > 200 { break }\n}",
                            n.clone(),
                            value,
                            n
                        ));
                    }
                    body
                },
            )
        });
        out.push(decl!("func* @(@) {@}", name.clone(), list, body));
        let params = params.into_iter().map(|(_, kind)| kind).collect();
        let func = Func {
            params,
            required,
            result: Kind::Iter(item),
            cost: cost.min(100),
            throws: false,
            depth: None,
        };
        self.add(&name, func);
    }

    /// A variable and closures that share it.
    pub fn closure(&mut self, out: &mut Block) {
        let kind = self.pick(&[
            Kind::Int,
            Kind::Int,
            Kind::Num,
            Kind::Str,
            Kind::Arr(Item::Int),
            Kind::Any,
        ]);
        let shared = self.name("c");
        let start = self.literal(kind);
        out.push(decl!("mut @ := @", shared.clone(), start));
        self.declare(&shared, kind, true);
        for _ in 0..self.between(1, 2) {
            let params = self.parameters(2);
            let names: Vec<String> = params.iter().map(|(name, _)| name.clone()).collect();
            let name = self.name("k");
            let (body, throws, cost) = self.function_place(kind, 80, |g| {
                for (name, kind) in &params {
                    g.declare(name, *kind, true);
                }
                let mut body = Block::new();
                if g.chance(50) {
                    body = g.block_open(2);
                }
                let value = g.expr(kind, 2);
                body.push(stmt!("@ := @", shared.clone(), value));
                body.push(stmt!("return @", shared.clone()));
                body
            });
            out.push(decl!(
                "@ := func(@) {@}",
                name.clone(),
                names.join(", "),
                body
            ));
            let params: Vec<Kind> = params.into_iter().map(|(_, kind)| kind).collect();
            let func = Func {
                required: params.len(),
                params,
                result: kind,
                cost: cost + 2,
                throws,
                depth: None,
            };
            self.add(&name, func);
        }
    }
}
