//! The generator: what it knows at each point of the program that it writes, and
//! the plan of a whole program. Its parts are beside it, by what they write.
//!
//! Programs end by construction. Every loop has a bound, recursion a depth that
//! falls, and the *cost* of what was written is counted (statements that run), so
//! that a loop gets as many rounds as its body allows. Values stay small in the
//! same way: what multiplies is capped where it is stored, containers hold no
//! containers of unknown depth, arrays are pushed to only while they are short.
//!
//! An expression that may throw raises `risk`; the statement around it, or one
//! further out, catches and reports it. So most programs run to their end although
//! errors are everywhere.
//!
//! Nothing here knows what a program does: the engine without its native tiers is
//! the model.

mod calls;
mod choices;
mod control;
mod functions;
mod hashes;
mod kernels;
mod numbers;
mod parts;
mod prelude;
mod scenes;
mod statements;
mod types;
mod values;
mod walks;

use super::kind::{Item, Kind};
use super::tree::{Block, Expr, Program, Stmt, decl, expr, stmt};
use proptest::prelude::Rng;
use proptest::test_runner::TestRng;

#[derive(Clone)]
pub struct Var {
    name: String,
    kind: Kind,
    mutable: bool,
}

#[derive(Clone)]
pub struct Func {
    params: Vec<Kind>,
    /// Parameters without a default.
    required: usize,
    result: Kind,
    cost: u64,
    throws: bool,
    /// The first parameter is a depth up to this, which alone ends the recursion.
    depth: Option<u64>,
}

pub struct Method {
    name: String,
    func: Func,
    mutating: bool,
    /// The result is a value of the type itself.
    fluent: bool,
}

pub struct Type {
    name: String,
    class: bool,
    fields: Vec<(String, Kind)>,
    /// The first fields, which have no default.
    required: usize,
    methods: Vec<Method>,
    /// Operators that it defines: `add`, `lt` and so on.
    ops: Vec<&'static str>,
    /// `Name(…)` takes these.
    init: Option<Vec<Kind>>,
    /// Its methods may be called: the declaration is complete.
    ready: bool,
}

pub struct Enum {
    name: String,
    variants: Vec<(String, Vec<Kind>)>,
}

/// Where in the program the generator is.
#[derive(Clone)]
struct Place {
    /// The value that `return` gives; none at the top.
    result: Option<Kind>,
    yields: Option<Item>,
    /// The loops around, with their labels if they have one.
    loops: Vec<Option<String>>,
    /// Blocks around.
    depth: u32,
    /// Most that a loop here may cost, and a call.
    loop_limit: u64,
    call_limit: u64,
    /// Inside `finally`, which must not be left by a jump.
    closed: bool,
}

pub struct Gen<'r> {
    rng: &'r mut TestRng,
    vars: Vec<Var>,
    funcs: Vec<Func>,
    types: Vec<Type>,
    enums: Vec<Enum>,
    /// Names given so far.
    names: usize,
    place: Place,
    /// The code that was written since it was last cleared may throw.
    risk: bool,
    /// Statements that what was written since it was last cleared will run.
    cost: u64,
    /// The expression is not stored, so it need not stay small.
    loose: bool,
    /// Here and there the program waits, and calls functions as tasks: what it does is the
    /// same.
    waits: bool,
}

/// Cost of a whole program.
const BUDGET: u64 = 60_000;
const TOP_LOOP: u64 = 9_000;
const TOP_CALL: u64 = 4_000;
const FUNCTION_LOOP: u64 = 260;
const FUNCTION_CALL: u64 = 120;

impl Gen<'_> {
    fn below(&mut self, n: usize) -> usize {
        ((u64::from(self.rng.next_u32()) * n as u64) >> 32) as usize
    }

    fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high - low + 1)
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// One of the second parts, by the weights in the first.
    fn weighted<T: Copy>(&mut self, of: &[(usize, T)]) -> T {
        let total = of.iter().map(|(weight, _)| weight).sum();
        let mut at = self.below(total);
        for (weight, value) in of {
            if at < *weight {
                return *value;
            }
            at -= weight;
        }
        unreachable!("the weights add up")
    }

    fn name(&mut self, start: &str) -> String {
        self.names += 1;
        format!("{start}{}", self.names)
    }

    fn declare(&mut self, name: &str, kind: Kind, mutable: bool) {
        self.vars.push(Var {
            name: name.to_owned(),
            kind,
            mutable,
        });
    }

    /// A variable that fits, late ones more often.
    fn var(&mut self, fits: impl Fn(&Var) -> bool) -> Option<Var> {
        self.var_where(|_, var| fits(var))
    }

    fn var_where(&mut self, fits: impl Fn(&Self, &Var) -> bool) -> Option<Var> {
        let found: Vec<usize> = (0..self.vars.len())
            .filter(|&i| fits(self, &self.vars[i]))
            .collect();
        if found.is_empty() {
            return None;
        }
        let (one, other) = (self.below(found.len()), self.below(found.len()));
        Some(self.vars[found[one.max(other)]].clone())
    }

    /// The result of `write`, with the risk and the cost of that alone.
    fn apart<T>(&mut self, write: impl FnOnce(&mut Self) -> T) -> (T, bool, u64) {
        let (risk, cost) = (self.risk, self.cost);
        (self.risk, self.cost) = (false, 0);
        let result = write(self);
        let apart = (result, self.risk, self.cost);
        (self.risk, self.cost) = (risk, cost);
        apart
    }

    /// The result of `write`, in a scope and a place of its own.
    fn within<T>(
        &mut self,
        change: impl FnOnce(&mut Place),
        write: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let (place, vars, loose) = (self.place.clone(), self.vars.len(), self.loose);
        change(&mut self.place);
        self.loose = false;
        let result = write(self);
        self.vars.truncate(vars);
        self.place = place;
        self.loose = loose;
        result
    }

    fn loosely<T>(&mut self, loose: bool, write: impl FnOnce(&mut Self) -> T) -> T {
        let before = std::mem::replace(&mut self.loose, loose);
        let result = write(self);
        self.loose = before;
        result
    }
}

pub fn program(seed: u64, rng: &mut TestRng) -> Program {
    let place = Place {
        result: None,
        yields: None,
        loops: Vec::new(),
        depth: 0,
        loop_limit: TOP_LOOP,
        call_limit: TOP_CALL,
        closed: false,
    };
    let mut gen_ = Gen {
        rng,
        vars: Vec::new(),
        funcs: Vec::new(),
        types: Vec::new(),
        enums: Vec::new(),
        names: 0,
        place,
        risk: false,
        cost: 0,
        loose: false,
        waits: seed.is_multiple_of(3),
    };
    let mut block = prelude::prelude();
    gen_.plan(&mut block);
    Program { seed, block }
}

impl Gen<'_> {
    fn plan(&mut self, out: &mut Block) {
        for _ in 0..self.below(3) {
            self.enum_type(out);
        }
        for _ in 0..self.between(2, 4) {
            self.global(out);
        }
        for _ in 0..self.below(4) {
            self.struct_type(out);
        }
        for _ in 0..self.between(2, 5) {
            if self.chance(60) {
                self.global(out);
            }
            self.function(out);
        }
        if self.chance(40) {
            self.generator(out);
        }
        let first = self
            .vars
            .iter()
            .filter(|v| matches!(v.kind, Kind::Fun(_)))
            .count();
        let mut drives = first.min(4);
        let mut scenes = self.between(1, 3);
        for _ in 0..self.between(5, 12) {
            if self.cost > BUDGET {
                break;
            }
            if drives > 0 && self.chance(45) {
                drives -= 1;
                self.drive(out);
            } else if scenes > 0 && self.chance(30) {
                scenes -= 1;
                self.scene(out);
            } else if self.chance(15) {
                self.function(out);
            } else {
                self.statement(out);
            }
        }
        self.ending(out);
    }

    /// Shows what the variables hold; some programs then end by an error.
    fn ending(&mut self, out: &mut Block) {
        for var in self.vars.clone() {
            if !matches!(var.kind, Kind::Iter(_) | Kind::Fun(_)) {
                let item = expr!(var.kind, &var.name);
                out.push(stmt!("try { show(@) } except e { oops(e) }", item));
            }
        }
        out.push(decl!("print(\"END\", shown, digest)"));
        match self.below(100) {
            0..12 => {
                let any = self.kind();
                let last = self.expr(any, 3);
                out.push(stmt!("show(@)", last));
                let thrown = self.expr(Kind::Any, 1);
                out.push(stmt!("throw(@)", thrown));
            }
            16..18 => out.push(decl!("(Err(\"unused\"))?\nprint(\"never\")")),
            12..16 => {
                let code = (40 + self.below(7)).to_string();
                out.push(stmt!("try { exit(@) } finally { print(\"never\") }", code));
            }
            _ => {}
        }
    }

    fn global(&mut self, out: &mut Block) {
        let kind = self.kind();
        let name = self.name("g");
        let (value, risk, cost) = self.apart(|g| g.expr(kind, 1));
        self.cost += cost + 1;
        let value = if risk { self.literal(kind) } else { value };
        out.push(decl!("mut @ := @", name.clone(), value));
        self.declare(&name, kind, true);
    }

    /// A kind of which values can be made here.
    fn kind(&mut self) -> Kind {
        let inst = (!self.types.is_empty()).then(|| Kind::Inst(self.below_types()));
        let tagged = (!self.enums.is_empty()).then_some(Kind::Enum(0));
        let kinds = [
            (14, Some(Kind::Int)),
            (6, Some(Kind::Float)),
            (7, Some(Kind::Num)),
            (4, Some(Kind::Bool)),
            (7, Some(Kind::Str)),
            (6, Some(Kind::Any)),
            (8, Some(Kind::Arr(Item::Int))),
            (2, Some(Kind::Arr(Item::Num))),
            (2, Some(Kind::Arr(Item::Str))),
            (3, Some(Kind::Arr(Item::Any))),
            (3, Some(Kind::Arr(Item::Row))),
            (
                3,
                inst.map(|k| match k {
                    Kind::Inst(ty) => Kind::Arr(Item::Inst(ty)),
                    other => other,
                }),
            ),
            (5, Some(Kind::Dict(Item::Int))),
            (2, Some(Kind::Dict(Item::Any))),
            (2, Some(Kind::Dict(Item::Row))),
            (8, inst),
            (4, tagged),
            (2, Some(Kind::Opt)),
            (1, Some(Kind::Res)),
        ];
        let kinds: Vec<(usize, Kind)> = kinds
            .iter()
            .filter_map(|(w, k)| k.map(|k| (*w, k)))
            .collect();
        match self.weighted(&kinds) {
            Kind::Enum(_) => {
                let count = self.enums.len();
                Kind::Enum(self.below(count))
            }
            kind => kind,
        }
    }

    fn below_types(&mut self) -> usize {
        let count = self.types.len();
        self.below(count)
    }

    /// A block of up to `most` statements.
    fn block(&mut self, most: usize) -> Block {
        let mut block = Block::new();
        let vars = self.vars.len();
        self.place.depth += 1;
        for _ in 0..self.between(1, most) {
            self.statement(&mut block);
        }
        self.place.depth -= 1;
        self.vars.truncate(vars);
        block
    }

    /// `stmt` as it is, or caught, if it is risky.
    fn guarded(&mut self, stmt: Stmt) -> Stmt {
        if !self.risk {
            return stmt;
        }
        let catch = if self.place.result.is_some() {
            self.chance(45)
        } else {
            self.place.depth == 0 || self.chance(60)
        };
        if !catch {
            return stmt;
        }
        self.risk = false;
        let body: Block = vec![stmt];
        match self.below(10) {
            0..7 => stmt!("try {@} except e { oops(e) }", body),
            7 => {
                let name = self.name("e");
                let (after, _, _) = self.apart(|g| g.fallback());
                stmt!("try {@} except @ {@}", body, name.clone(), {
                    let mut block = vec![decl!("oops(@)", name)];
                    block.extend(after);
                    block
                })
            }
            8 => stmt!(
                "try {@} except { put(\"caught\") } finally { shown += 1 }",
                body
            ),
            _ => {
                let inner = stmt!("try {@} except e {\n    oops(e)\n    throw e\n}", body);
                stmt!("try {@} except e { oops(e) }", vec![inner])
            }
        }
    }

    /// A statement that is known not to throw, or none.
    fn fallback(&mut self) -> Block {
        let Some(var) = self.var(|v| v.mutable && !matches!(v.kind, Kind::Fun(_) | Kind::Iter(_)))
        else {
            return Block::new();
        };
        let value = self.literal(var.kind);
        vec![stmt!("@ := @", var.name, value)]
    }
}

/// A name, a number and the like: an expression without parts.
fn word(kind: Kind, text: &str) -> Expr {
    expr!(kind, "@", text)
}
