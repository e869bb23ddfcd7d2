//! Runs a generated program over values that share nothing, and settles on the way
//! what its nodes refer to.

#[path = "model/calls.rs"]
mod calls;
#[path = "model/patterns.rs"]
mod patterns;
#[path = "model/places.rs"]
mod places;
#[path = "model/statements.rs"]
mod statements;

use crate::ast::*;
use crate::value::{Closure, FIELDS, Lazy, Miss, State, Value, put_entry};
use std::cell::RefCell;
use std::rc::Rc;

use self::patterns::fit;
use self::places::part_of;

/// The purpose that a variable may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Plain,
    /// `let`, `self` of a method that does not change it, a field seen as a name.
    Fixed,
    /// The `self` of a mutating method.
    Receiver,
}

#[derive(Clone, Debug)]
pub struct Var<'a> {
    pub name: Name,
    pub value: Rc<RefCell<Value<'a>>>,
    pub role: Role,
}

pub enum Stop<'a> {
    /// The thrown value; null for the engine's errors.
    Throw(Value<'a>),
    Return(Value<'a>),
    Break,
    Next,
    /// The program ended by `e?` outside of functions.
    Quit,
    /// Too big, too long, or something the model does not say.
    GiveUp,
}

pub type Ran<'a, T> = Result<T, Stop<'a>>;

impl<'a> From<Miss> for Stop<'a> {
    fn from(miss: Miss) -> Stop<'a> {
        match miss {
            Miss::Throws => Stop::Throw(Value::Null),
            Miss::Unknown => Stop::GiveUp,
        }
    }
}

/// The output of a run, and how it ended; `None` if the model gave up.
pub struct Outcome {
    pub out: String,
    pub failed: bool,
}

/// Functions of lower rank may be called: functions and methods take turns.
pub const MAIN: usize = usize::MAX;
pub const FUEL: usize = 4;
/// How often methods of the struct that runs code do so.
pub const NOISE: usize = 12;

pub struct Model<'a> {
    pub program: &'a Program,
    pub env: Vec<Var<'a>>,
    globals: usize,
    rank: usize,
    names: usize,
    steps: usize,
    depth: usize,
    in_func: bool,
    /// Loops around, in the running function.
    loops: usize,
    /// Calls of functions by themselves that are left.
    fuel: usize,
    pub noise: usize,
    out: String,
}

pub fn run(program: &Program) -> Option<Outcome> {
    let mut model = Model {
        program,
        env: Vec::new(),
        globals: 0,
        rank: MAIN,
        names: 0,
        steps: 0,
        depth: 0,
        in_func: false,
        loops: 0,
        fuel: FUEL,
        noise: NOISE,
        out: String::new(),
    };
    let failed = match model.whole() {
        Ok(()) | Err(Stop::Quit) => false,
        Err(Stop::Throw(_)) => true,
        Err(_) => return None,
    };
    Some(Outcome {
        out: model.out,
        failed,
    })
}

impl<'a> Model<'a> {
    fn whole(&mut self) -> Ran<'a, ()> {
        for (i, value) in self.program.globals.iter().enumerate() {
            let value = self.eval(value)?;
            self.bind(format!("g{i}").into(), value, Role::Plain);
            self.globals = self.env.len();
        }
        self.in_func = self.program.in_func;
        self.steps = 0;
        match self.stmts(&self.program.main) {
            Ok(()) | Err(Stop::Return(_)) => {}
            Err(other) => return Err(other),
        }
        let shown: Vec<Name> = self.env.iter().map(|v| v.name.clone()).collect();
        for (i, name) in shown.iter().enumerate() {
            if i < self.globals && self.program.shown >> (i % 32) & 1 != 0 {
                let value = self.var(name).value.borrow().clone();
                let text = self.display(&value)?;
                self.print(&text)?;
            }
        }
        Ok(())
    }

    fn print(&mut self, text: &str) -> Ran<'a, ()> {
        self.out.push_str(text);
        self.out.push('\n');
        if self.out.len() > 60_000 {
            return Err(Stop::GiveUp);
        }
        Ok(())
    }

    pub fn tick(&mut self) -> Ran<'a, ()> {
        self.steps += 1;
        if self.steps > 3000 || self.depth > 25 {
            return Err(Stop::GiveUp);
        }
        Ok(())
    }

    fn fresh(&mut self, prefix: &str) -> Name {
        self.names += 1;
        format!("{prefix}{}", self.names).into()
    }

    pub fn bind(&mut self, name: Name, value: Value<'a>, role: Role) {
        self.env.push(Var {
            name,
            value: Rc::new(RefCell::new(value)),
            role,
        });
    }

    pub fn var(&self, name: &str) -> &Var<'a> {
        match self.env.iter().rev().find(|v| &*v.name == name) {
            Some(var) => var,
            None => panic!("the generated program has no variable {name} here"),
        }
    }

    // Expressions.

    pub fn eval(&mut self, expr: &'a Expr) -> Ran<'a, Value<'a>> {
        self.tick()?;
        let value = self.value(expr)?;
        if value.size() > 600 {
            return Err(Stop::GiveUp);
        }
        Ok(value)
    }

    fn value(&mut self, expr: &'a Expr) -> Ran<'a, Value<'a>> {
        Ok(match expr {
            Expr::Int(n) => Value::Int(i64::from(*n)),
            Expr::Array(items) => {
                let mut array = Vec::new();
                for (spread, item) in items {
                    let value = self.eval(item)?;
                    match (spread, value) {
                        (false, value) => array.push(value),
                        (true, value) => array.extend(self.sequence(value)?),
                    }
                }
                Value::Array(array)
            }
            Expr::Dict(spread, entries) => {
                let mut dict = Vec::new();
                if let Some(spread) = spread {
                    match self.eval(spread)? {
                        Value::Dict(entries) => dict = entries,
                        Value::Int(_) | Value::Array(_) => return Err(Stop::Throw(Value::Null)),
                        _ => return Err(Stop::GiveUp),
                    }
                }
                for (key, value) in entries {
                    let value = self.eval(value)?;
                    put_entry(&mut dict, crate::text::key(*key).into(), value);
                }
                Value::Dict(dict)
            }
            Expr::New { ty, fields } => {
                let mut all = vec![
                    Value::Int(0),
                    Value::Array(vec![Value::Int(1)]),
                    Value::Dict(Vec::new()),
                ];
                let mut seen = 0;
                for (field, value) in fields {
                    if seen >> field & 1 == 0 {
                        seen |= 1 << field;
                        all[usize::from(*field)] = self.eval(value)?;
                    }
                }
                match ty {
                    Type::P => Value::Struct(all),
                    Type::C => Value::Object(Rc::new(RefCell::new(all))),
                    Type::S => Value::Noisy(all),
                }
            }
            Expr::Wrap(tag, value) => Value::Tagged(*tag, Box::new(self.eval(value)?)),
            Expr::Read(place) => self.read(place)?,
            Expr::Call(call) => match self.target(call) {
                Some(func) => {
                    let args = self.args(call, usize::from(self.program.funcs[func].params))?;
                    self.call_func(func, args)?
                }
                None => Value::Int(0),
            },
            Expr::CallValue(place, arg) => {
                if self.settle(place, false).is_none() {
                    return Ok(Value::Int(0));
                }
                let callee = self.read(place)?;
                let arg = self.eval(arg)?;
                match callee {
                    Value::Func(closure) => self.call_closure(&closure, arg)?,
                    _ => return Err(Stop::Throw(Value::Null)),
                }
            }
            Expr::Method { recv, call } => self.method(recv, call)?,
            Expr::Change { recv, change, arg } => {
                let Some(path) = self.settle(recv, true) else {
                    return Ok(Value::Int(0));
                };
                let steps = self.parts(recv, path)?;
                let arg = self.change_arg(*change, arg)?;
                let value = self.read_path(&path.root, &steps)?;
                let arg = self.walked(&value, *change, arg)?;
                let (value, out) = value.changed(*change, arg)?;
                self.write_path(&path.root, &steps, value.clone())?;
                out.unwrap_or(value)
            }
            Expr::Changed { first, change, arg } => {
                let first = self.eval(first)?;
                let arg = self.change_arg(*change, arg)?;
                self.function_form(first, *change, arg)?
            }
            Expr::Add(one, other) => {
                let one = self.eval(one)?;
                let other = self.eval(other)?;
                self.add(one, other)?
            }
            Expr::Equal(one, other) => {
                let one = self.eval(one)?;
                let other = self.eval(other)?;
                Value::Bool(self.equal(&one, &other)?)
            }
            Expr::Unwrap(value) => match self.eval(value)? {
                Value::Tagged(0 | 2, payload) => *payload,
                err @ Value::Tagged(1, _) => {
                    return Err(if self.in_func || self.depth > 0 {
                        Stop::Return(err)
                    } else {
                        Stop::Quit
                    });
                }
                _ => return Err(Stop::Throw(Value::Null)),
            },
            Expr::Lambda(lambda) => {
                self.name_param(lambda);
                Value::Func(Rc::new(Closure {
                    lambda,
                    env: self.captured(),
                    rank: self.rank,
                }))
            }
            Expr::Map(place, lambda) => {
                let items = self.read(place)?;
                self.name_param(lambda);
                let closure = Closure {
                    lambda,
                    env: self.captured(),
                    rank: self.rank,
                };
                let mut made = Vec::new();
                if let Value::Lazy(lazy) = items {
                    while let Some(item) = self.pull(&lazy)? {
                        made.push(self.call_closure(&closure, item)?);
                    }
                } else {
                    for item in items.elements()? {
                        made.push(self.call_closure(&closure, item)?);
                    }
                }
                Value::Array(made)
            }
            Expr::Slice(place, from, to) => match self.read(place)? {
                Value::Array(items) => {
                    let to = usize::from(*to).min(items.len());
                    let from = usize::from(*from).min(to);
                    Value::Array(items[from..to].to_vec())
                }
                Value::Str(_) => return Err(Stop::GiveUp),
                _ => return Err(Stop::Throw(Value::Null)),
            },
            Expr::Part { of, pick, step } => {
                let value = self.eval(of)?;
                match step.get_or_init(|| part_of(&value, *pick)) {
                    Some(step) => value.get(step, |name| Self::index_of(&self.env, name))?,
                    None => value,
                }
            }
            Expr::Coalesce(one, other) => match self.eval(one)? {
                Value::Null => self.eval(other)?,
                value => value,
            },
            Expr::Generator(call) => {
                let count = self.program.generators.len();
                let possible = self.rank > 0;
                let target = *call
                    .target
                    .get_or_init(|| possible.then(|| usize::from(call.pick) % count));
                let Some(number) = target else {
                    return Ok(Value::Int(0));
                };
                let arg = self.eval(&call.args[0])?;
                let mut env = self.env[..self.globals].to_vec();
                env.push(Var {
                    name: format!("h{number}p").into(),
                    value: Rc::new(RefCell::new(arg)),
                    role: Role::Plain,
                });
                Value::Lazy(Rc::new(RefCell::new(Lazy::Generator {
                    number,
                    env,
                    part: 0,
                    state: State::Rests,
                })))
            }
            Expr::Next { of, .. } => {
                if self.settle(of, false).is_none() {
                    return Ok(Value::Int(0));
                }
                let Value::Lazy(lazy) = self.read(of)? else {
                    return Err(Stop::Throw(Value::Null));
                };
                self.pull(&lazy)?.unwrap_or(Value::Null)
            }
            Expr::Lazy {
                over,
                filter,
                lambda,
            } => {
                if self.settle(over, false).is_none() {
                    return Ok(Value::Int(0));
                }
                let items = match self.read(over)? {
                    Value::Array(items) => items,
                    Value::Str(_) | Value::Dict(_) | Value::Lazy(_) => return Err(Stop::GiveUp),
                    _ => return Err(Stop::Throw(Value::Null)),
                };
                self.name_param(lambda);
                let closure = Rc::new(Closure {
                    lambda,
                    env: self.captured(),
                    rank: self.rank,
                });
                Value::Lazy(Rc::new(RefCell::new(Lazy::Iterator {
                    items,
                    at: 0,
                    filter: *filter,
                    closure,
                })))
            }
            Expr::Pure {
                recv, pure, arg, ..
            } => {
                if self.settle(recv, false).is_none() {
                    return Ok(Value::Int(0));
                }
                let value = self.read(recv)?;
                let arg = self.eval(arg)?;
                self.pure(*pure, value, arg)?
            }
            Expr::Text(places) => {
                let mut values = Vec::new();
                for place in places {
                    values.push(self.read(place)?);
                }
                let mut count = 0;
                for value in values {
                    count += self.display(&value)?.chars().count() + 1;
                }
                Value::Int(count as i64)
            }
            Expr::Fail { value, .. } => {
                let value = self.eval(value)?;
                return Err(self.thrown(value));
            }
        })
    }

    /// The argument of a change, asked for its elements if it is lazy.
    fn walked(&mut self, first: &Value<'a>, change: Change, arg: Value<'a>) -> Ran<'a, Value<'a>> {
        match (first, change, arg) {
            (Value::Array(_), Change::Extend, arg @ Value::Lazy(_)) => {
                Ok(Value::Array(self.sequence(arg)?))
            }
            (_, _, arg) => Ok(arg),
        }
    }

    fn change_arg(&mut self, change: Change, arg: &'a Expr) -> Ran<'a, Value<'a>> {
        if crate::text::takes_arg(change) {
            self.eval(arg)
        } else {
            Ok(Value::Null)
        }
    }

    fn function_form(
        &mut self,
        first: Value<'a>,
        change: Change,
        arg: Value<'a>,
    ) -> Ran<'a, Value<'a>> {
        let arg = self.walked(&first, change, arg)?;
        let (value, out) = first.changed(change, arg)?;
        Ok(match out {
            Some(out) => Value::Array(vec![value, out]),
            None => value,
        })
    }

    /// Runs the body of a function, which sees the globals.
    pub fn apart(
        &mut self,
        rank: usize,
        body: impl FnOnce(&mut Self) -> Ran<'a, Value<'a>>,
    ) -> Ran<'a, Value<'a>> {
        let env = self.env[..self.globals].to_vec();
        let env = std::mem::replace(&mut self.env, env);
        let outer = std::mem::replace(&mut self.rank, rank);
        let loops = std::mem::take(&mut self.loops);
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        self.loops = loops;
        self.rank = outer;
        self.env = env;
        match result {
            Err(Stop::Return(value)) => Ok(value),
            other => other,
        }
    }

    pub fn call_closure(&mut self, closure: &Closure<'a>, arg: Value<'a>) -> Ran<'a, Value<'a>> {
        let env = std::mem::replace(&mut self.env, closure.env.clone());
        let outer = std::mem::replace(&mut self.rank, closure.rank);
        let loops = std::mem::take(&mut self.loops);
        self.depth += 1;
        let Some(name) = closure.lambda.param.get() else {
            return Err(Stop::GiveUp);
        };
        self.bind(name.clone(), arg, Role::Plain);
        let result = self
            .stmts(&closure.lambda.body)
            .and_then(|()| self.eval(&closure.lambda.result));
        self.depth -= 1;
        self.loops = loops;
        self.rank = outer;
        self.env = env;
        match result {
            Err(Stop::Return(value)) => Ok(value),
            other => other,
        }
    }

    pub fn stmts(&mut self, block: &'a Block) -> Ran<'a, ()> {
        let height = self.env.len();
        let mut result = Ok(());
        for stmt in block {
            result = self.tick().and_then(|()| self.stmt(stmt));
            if result.is_err() {
                break;
            }
        }
        self.env.truncate(height);
        result
    }
}
