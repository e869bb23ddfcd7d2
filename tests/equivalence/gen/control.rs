//! Statements with bodies: conditions, loops, `try`, `match`; and variables whose
//! kind drifts while a loop runs.

use super::{Gen, word};
use crate::kind::{Item, Kind};
use crate::tree::{Block, Expr, Stmt, decl, expr, stmt};

impl Gen<'_> {
    pub fn condition(&mut self) -> Stmt {
        let condition = if self.chance(15) {
            self.expr(Kind::Any, 2)
        } else {
            self.bool(3)
        };
        let then = self.block(3);
        match self.below(4) {
            0 => {
                let other = self.block(3);
                stmt!("if @ {@} else {@}", condition, then, other)
            }
            1 => {
                let second = self.bool(2);
                let (middle, other) = (self.block(2), self.block(2));
                stmt!(
                    "if @ {@} else if @ {@} else {@}",
                    condition,
                    then,
                    second,
                    middle,
                    other
                )
            }
            _ => stmt!("if @ {@}", condition, then),
        }
    }

    /// The body of a loop, and how many rounds there may be.
    fn body(
        &mut self,
        label: Option<String>,
        wanted: usize,
        bind: impl FnOnce(&mut Self),
    ) -> (Block, usize) {
        let (limit, depth) = (self.place.loop_limit, self.place.loops.len());
        let (body, risk, cost) = self.apart(|g| {
            g.within(
                |place| {
                    place.loops.push(label);
                    place.closed = false;
                    place.loop_limit = limit / 4;
                    if depth > 0 {
                        place.call_limit /= 3;
                    }
                },
                |g| {
                    bind(g);
                    g.block(4)
                },
            )
        });
        self.risk |= risk;
        let rounds = wanted.min((limit / (cost + 1)) as usize).max(2);
        self.cost += rounds as u64 * (cost + 1);
        (body, rounds)
    }

    fn label(&mut self) -> Option<String> {
        self.chance(20).then(|| self.name("l"))
    }

    fn rounds(&mut self) -> usize {
        let most = self.weighted(&[(5, 5), (5, 20), (3, 60), (3, 220)]);
        self.between(2, most)
    }

    pub fn for_range(&mut self) -> Stmt {
        let (name, label, wanted) = (self.name("i"), self.label(), self.rounds());
        let start = self.weighted(&[
            (6, "0"),
            (2, "1"),
            (1, "-3"),
            (1, "2147483640"),
            (1, "1125899906842620"),
            (1, "9223372036854775800"),
        ]);
        let step = self.weighted(&[(8, 1i64), (2, 2), (2, -1), (1, -3), (1, 7)]);
        let (body, rounds) =
            self.body(label.clone(), wanted, |g| g.declare(&name, Kind::Int, true));
        let label = label.map(|l| l + ": ").unwrap_or_default();
        let count = word(Kind::Int, &rounds.to_string());
        if step == 1 && start == "0" {
            let form = self.pick(&[
                "@for @ in 0..@ {@}",
                "@for @ in range(@) {@}",
                "@for @ in @ {@}",
                "@for @ in 1..=@ {@}",
            ]);
            return stmt!(form, label, name, count, body);
        }
        if step == 1 {
            let form = self.pick(&[
                "@for @ in @..@ + @ {@}",
                "@for @ in range(@, @ + @) {@}",
                "@for @ in @..=@ + @ {@}",
            ]);
            return stmt!(form, label, name, start, start, count, body);
        }
        stmt!(
            "@for @ in range(@, @ + @ * @, @) {@}",
            label,
            name,
            start,
            start,
            step.to_string(),
            count,
            step.to_string(),
            body
        )
    }

    pub fn for_each(&mut self) -> Stmt {
        let (name, label) = (self.name("x"), self.label());
        let head = |label: &Option<String>| label.clone().map(|l| l + ": ").unwrap_or_default();
        let over = self.pick(&[
            Kind::Arr(Item::Int),
            Kind::Arr(Item::Any),
            Kind::Arr(Item::Row),
            Kind::Dict(Item::Int),
            Kind::Dict(Item::Any),
            Kind::Str,
            Kind::Iter(Item::Int),
        ]);
        let own = self.var_where(
            |g, v| matches!(v.kind, Kind::Inst(ty) if g.types[ty].ops.contains(&"iter")),
        );
        let over = match own.or_else(|| self.var(|v| matches!(v.kind, Kind::Arr(Item::Inst(_))))) {
            Some(var) if self.chance(30) => var.kind,
            _ => over,
        };
        let subject = self.expr(over, 2);
        let subject = if self.chance(3) {
            self.unlike(over)
        } else {
            subject
        };
        let item = match over {
            Kind::Arr(item) | Kind::Iter(item) => item.kind(),
            Kind::Inst(_) => Kind::Int,
            _ => Kind::Str,
        };
        let two = self.chance(30) && !matches!(over, Kind::Iter(_));
        // The length is not known; most are short.
        let wanted = 12;
        if two {
            let other = self.name("y");
            let (first, second) = match over {
                Kind::Dict(item) => (Kind::Any, item.kind()),
                _ => (Kind::Int, item),
            };
            let (body, _) = self.body(label.clone(), wanted, |g| {
                g.declare(&name, first, true);
                g.declare(&other, second, true);
            });
            return stmt!(
                "@for @, @ in @ {@}",
                head(&label),
                name,
                other,
                subject,
                body
            );
        }
        if over == Kind::Arr(Item::Row) && self.chance(50) {
            self.risk = true;
            let other = self.name("y");
            let (body, _) = self.body(label.clone(), wanted, |g| {
                g.declare(&name, Kind::Int, true);
                g.declare(&other, Kind::Arr(Item::Int), true);
            });
            return stmt!(
                "@for [@, ...@] in @ {@}",
                head(&label),
                name,
                other,
                subject,
                body
            );
        }
        if let Kind::Iter(_) = over {
            // A generator or a callback, which may throw.
            self.risk = true;
            let count = self.name("n");
            let (body, _) = self.body(label.clone(), wanted, |g| g.declare(&name, item, true));
            return stmt!(
                "mut @ := 0\n@for @ in @ {\n    @ += 1\n    if @ > 12 { break }@}",
                count.clone(),
                head(&label),
                name,
                subject,
                count.clone(),
                count,
                body
            );
        }
        let kind = if matches!(over, Kind::Dict(_)) {
            Kind::Any
        } else {
            item
        };
        let (body, _) = self.body(label.clone(), wanted, |g| g.declare(&name, kind, true));
        stmt!("@for @ in @ {@}", head(&label), name, subject, body)
    }

    /// A loop with a counter of its own that no other statement writes.
    pub fn while_loop(&mut self, out: &mut Block) -> Stmt {
        let (name, label, wanted) = (self.name("w"), self.label(), self.rounds());
        let (body, rounds) = self.body(label.clone(), wanted, |g| {
            g.declare(&name, Kind::Int, false)
        });
        let count = word(Kind::Int, &rounds.to_string());
        let label = label.map(|l| l + ": ").unwrap_or_default();
        let extra = if self.chance(30) {
            Some(self.bool(2))
        } else {
            None
        };
        out.push(decl!("mut @ := 0", name.clone()));
        match (self.below(4), extra) {
            (0, _) => stmt!(
                "@loop {\n    if @ >= @ { break }\n    @ += 1@}",
                label,
                name.clone(),
                count,
                name,
                body
            ),
            (1, None) => stmt!(
                "@loop while @ < @ {\n    @ += 1@}",
                label,
                name.clone(),
                count,
                name,
                body
            ),
            (_, None) => stmt!(
                "@while @ < @ {\n    @ += 1@}",
                label,
                name.clone(),
                count,
                name,
                body
            ),
            (_, Some(extra)) => {
                stmt!(
                    "@while @ < @ && @ {\n    @ += 1@}",
                    label,
                    name.clone(),
                    count,
                    extra,
                    name,
                    body
                )
            }
        }
    }

    pub fn try_block(&mut self) -> Stmt {
        let (mut body, _, cost) = self.apart(|g| g.block(4));
        self.cost += cost;
        if self.chance(40) {
            let thrown = self.apart(|g| {
                let condition = g.bool(2);
                let thrown = g.throwing();
                stmt!("if @ {@}", condition, vec![thrown])
            });
            let at = self.below(body.len() + 1);
            body.insert(at, thrown.0);
        }
        let name = self.name("e");
        let mut handler = vec![decl!("oops(@)", name.clone())];
        handler.extend(self.block(2));
        if self.chance(10) {
            self.risk = true;
            let again = self.pick(&["throw @", "throw(@.message)"]);
            handler.push(stmt!(again, name.clone()));
        }
        match self.below(10) {
            0..5 => stmt!("try {@} except @ {@}", body, name, handler),
            5..8 => {
                let last = self.within(|p| p.closed = true, |g| g.block(2));
                stmt!(
                    "try {@} except @ {@} finally {@}",
                    body,
                    name,
                    handler,
                    last
                )
            }
            _ => {
                self.risk = true;
                let last = self.within(|p| p.closed = true, |g| g.block(2));
                stmt!("try {@} finally {@}", body, last)
            }
        }
    }

    pub fn match_statement(&mut self) -> Stmt {
        let enums = self.enums.len();
        match self.below(8) {
            0..4 if enums > 0 => {
                let number = self.below(enums);
                let subject = self.expr(Kind::Enum(number), 2);
                let name = self.enums[number].name.clone();
                let mut cases = Block::new();
                for (variant, parts) in self.enums[number].variants.clone() {
                    if self.chance(25) {
                        continue;
                    }
                    let names: Vec<String> = parts.iter().map(|_| self.name("m")).collect();
                    let (guard, body) = self.within(
                        |_| {},
                        |g| {
                            for (name, kind) in names.iter().zip(&parts) {
                                g.declare(name, *kind, true);
                            }
                            let guard = if g.chance(25) { Some(g.bool(2)) } else { None };
                            (guard, g.block(2))
                        },
                    );
                    let pattern = match parts.is_empty()
                        || self.chance(15) && guard.is_none() && body.is_empty()
                    {
                        true => format!("{name}::{variant}"),
                        false => format!("{name}::{variant}({})", names.join(", ")),
                    };
                    cases.push(match guard {
                        Some(guard) => decl!("case @ if @: {@}", pattern, guard, body),
                        None => decl!("case @: {@}", pattern, body),
                    });
                }
                if self.chance(50) {
                    let body = self.block(2);
                    cases.push(decl!("default: {@}", body));
                }
                decl!("match @ {@}", subject, cases)
            }
            0..2 => {
                let kind = self.pick(&[Kind::Int, Kind::Str, Kind::Any]);
                let subject = self.expr(kind, 2);
                let mut cases = Block::new();
                for _ in 0..self.between(1, 4) {
                    let (a, b) = (self.pattern_literal(), self.pattern_literal());
                    let body = self.block(2);
                    let range = self.pick(&["1..9", "-3..=0", "0.5..2.5", "\"a\"..\"c\""]);
                    cases.push(if self.chance(20) {
                        decl!("case @: {@}", range, body)
                    } else if self.chance(40) {
                        decl!("case @ | @: {@}", a, b, body)
                    } else {
                        decl!("case @: {@}", a, body)
                    });
                }
                let name = self.name("m");
                let body = self.within(
                    |_| {},
                    |g| {
                        g.declare(&name, kind, true);
                        g.block(2)
                    },
                );
                cases.push(decl!("case @: {@}", name, body));
                decl!("match @ {@}", subject, cases)
            }
            2..4 => {
                let (some, none) = self.two_cases(Kind::Int, "m");
                let subject = self.expr(Kind::Opt, 2);
                decl!(
                    "match @ {\n    case Some(@): {@}\n    case None: {@}\n}",
                    subject,
                    some.0,
                    some.1,
                    none
                )
            }
            4 => {
                let (ok, err) = self.two_cases(Kind::Int, "m");
                let subject = self.expr(Kind::Res, 2);
                decl!(
                    "match @ {\n    case Ok(@): {@}\n    case Err(_): {@}\n}",
                    subject,
                    ok.0,
                    ok.1,
                    err
                )
            }
            5 => {
                let (some, none) = self.two_cases(Kind::Arr(Item::Int), "m");
                let (first, subject) = (self.name("m"), self.expr(Kind::Arr(Item::Int), 2));
                let pattern = self.pick(&["[@, ...@]", "[@, _, ...@]", "[@, 1 | 2, ...@]"]);
                let pattern = expr!(Kind::Any, pattern, first, some.0);
                decl!(
                    "match @ {\n    case @: {@}\n    case []: {@}\n    default: { shown += 0 }\n}",
                    subject,
                    pattern,
                    some.1,
                    none
                )
            }
            6 => {
                let (some, none) = self.two_cases(Kind::Int, "m");
                let subject = self.expr(Kind::Dict(Item::Int), 2);
                let pattern = self.pick(&[
                    "{\"a\": @}",
                    "{\"a\": @, ..._rest}",
                    "{\"b\": 1 | 2, \"a\": @}",
                ]);
                let pattern = expr!(Kind::Any, pattern, some.0);
                decl!(
                    "match @ {\n    case @: {@}\n    default: {@}\n}",
                    subject,
                    pattern,
                    some.1,
                    none
                )
            }
            _ => self.match_instance(),
        }
    }

    fn match_instance(&mut self) -> Stmt {
        let Some(var) =
            self.var_where(|g, v| matches!(v.kind, Kind::Inst(ty) if !g.types[ty].class))
        else {
            return self.condition();
        };
        let Kind::Inst(ty) = var.kind else {
            return self.condition();
        };
        let fields = self.types[ty].fields.clone();
        let (field, kind) = self.pick(&fields);
        let ((name, body), none) = self.two_cases(kind, "m");
        let ty = self.types[ty].name.clone();
        let literal = self.pattern_literal();
        let (first, _) = self.pick(&fields);
        decl!(
            "match @ {\n    case @ { @: @, ...@ }: {@}\n    case @ { @: @ }: {@}\n}",
            var.name,
            ty.clone(),
            first,
            literal,
            "_rest",
            none,
            ty,
            field,
            name,
            body
        )
    }

    /// A case that binds a name to a value of the kind, and one that binds none.
    fn two_cases(&mut self, kind: Kind, start: &str) -> ((String, Block), Block) {
        let name = self.name(start);
        let some = self.within(
            |_| {},
            |g| {
                g.declare(&name, kind, true);
                g.block(2)
            },
        );
        let none = self.block(2);
        ((name, some), none)
    }

    fn pattern_literal(&mut self) -> Expr {
        let text = self.pick(&[
            "0",
            "1",
            "2",
            "5",
            "-1",
            "1.0",
            "0.5",
            "\"a\"",
            "\"key\"",
            "true",
            "null",
            "2147483648",
            "1125899906842624",
            "_",
        ]);
        word(Kind::Any, text)
    }

    /// A loop in which a variable goes over to another kind of number, to a string
    /// or to anything, while it is read and written all the time.
    pub fn drift(&mut self, out: &mut Block) {
        let (name, counter) = (self.name("d"), self.name("i"));
        let limit = self.place.loop_limit;
        let most = (limit / 5).clamp(4, 2000) as usize;
        let wanted = self.weighted(&[(3, 30), (3, 250), (1, 2000)]);
        let rounds = self.between(4, most.min(wanted));
        let turn = self.below(rounds).to_string();
        let start = self.int_literal();
        let step = self.pick(&[
            "@ := @ + 1",
            "@ += 3",
            "@ := @ - 1",
            "@ := cap(@ * 3)",
            "@ := wide(@ * -7 + 1)",
            "@ -= 2147483648",
            "@ := @ + 1125899906842624",
            "@ := wide(@ + @)",
        ]);
        let holes = step.matches('@').count();
        let step = step.replacen('@', &name, holes);
        let to = match self.below(10) {
            0..3 => {
                let value = self.float_literal();
                stmt!("@ := @", name.clone(), value)
            }
            3..5 => stmt!("@ += 0.5", name.clone()),
            5 => stmt!("@ := 2 ** 70 - @", name.clone(), counter.clone()),
            6 => stmt!("@ := 1125899906842623", name.clone()),
            7 => stmt!("@ := 2147483647", name.clone()),
            _ => {
                let value = self.literal(Kind::Any);
                stmt!("@ := @", name.clone(), value)
            }
        };
        let (read, _, cost) = self.apart(|g| {
            g.within(
                |place| {
                    place.loops.push(None);
                    place.call_limit /= 10;
                },
                |g| {
                    g.declare(&name, Kind::Num, true);
                    g.declare(&counter, Kind::Int, true);
                    let mut block = Block::new();
                    if rounds < 60 && limit > 1000 {
                        block = g.block_open(1);
                    }
                    block
                },
            )
        });
        self.cost += rounds as u64 * (cost + 5);
        let every = (rounds / 3).max(1).to_string();
        let mut body = vec![
            stmt!(
                "if @ == @ {@}",
                counter.clone(),
                word(Kind::Int, &turn),
                vec![to]
            ),
            stmt!(
                "try { @ } except e { if @ % @ == 0 { oops(e) } }",
                step,
                counter.clone(),
                every.clone()
            ),
        ];
        if !read.is_empty() {
            body.push(stmt!("try {@} except e { oops(e) }", read));
        }
        body.push(stmt!(
            "if @ % @ == 0 { show(@) }",
            counter.clone(),
            every,
            name.clone()
        ));
        out.push(decl!("mut @ := @", name.clone(), start));
        let count = word(Kind::Int, &rounds.to_string());
        out.push(stmt!("for @ in 0..@ {@}", counter, count, body));
        out.push(stmt!("show(@)", name.clone()));
        self.declare(&name, Kind::Any, true);
    }
}
