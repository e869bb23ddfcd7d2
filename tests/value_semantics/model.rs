//! Runs a generated program over values that share nothing, and settles on the way
//! what its nodes refer to.

use crate::ast::*;
use crate::value::{Closure, FIELDS, Lazy, Miss, State, Value, put_entry};
use std::cell::RefCell;
use std::rc::Rc;

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

    // Places.

    /// Settles a place at its first use.
    fn settle(&mut self, place: &'a Place, write: bool) -> Option<&'a Path> {
        if place.path.get().is_none() {
            let path = self.pick(place, write);
            let _ = place.path.set(path);
        }
        place.path.get().and_then(Option::as_ref)
    }

    fn pick(&self, place: &Place, write: bool) -> Option<Path> {
        let mut roots: Vec<Vec<Path>> = Vec::new();
        for var in self.env.iter().rev() {
            if write && var.role == Role::Fixed {
                continue;
            }
            let mut found = Vec::new();
            let start = Path {
                root: var.name.clone(),
                steps: Vec::new(),
            };
            collect(&var.value.borrow(), start, place.want, write, &mut found);
            if !found.is_empty() {
                roots.push(found);
            }
        }
        if roots.is_empty() {
            return None;
        }
        // Near variables are more likely.
        let count = roots.len();
        let (a, b) = (usize::from(place.pick.0), usize::from(place.pick.1));
        let root = (a % count).min(a / 7 % count);
        let paths = &roots[root];
        let at = b % paths.len();
        let mut path = paths[if b % 3 == 0 {
            at
        } else {
            at.min(b / 11 % paths.len())
        }]
        .clone();
        for (i, step) in path.steps.iter_mut().enumerate() {
            let bits = b >> (i + 4);
            match step {
                Step::At(n) if bits & 3 == 0 => {
                    let same =
                        |v: &&Var| matches!(*v.value.borrow(), Value::Int(m) if m == *n as i64);
                    if let Some(var) = self.env.iter().rev().find(same) {
                        *step = Step::AtVar(var.name.clone());
                    }
                }
                Step::Key { bracket, .. } => *bracket &= bits & 1 == 0,
                _ => {}
            }
        }
        Some(path)
    }

    fn index_of(env: &[Var<'a>], name: &str) -> Value<'a> {
        let var = env.iter().rev().find(|v| &*v.name == name);
        var.map_or(Value::Null, |v| v.value.borrow().clone())
    }

    /// Runs the code in a path's index, and fixes the indices.
    fn parts(&mut self, place: &'a Place, path: &'a Path) -> Ran<'a, Vec<Step>> {
        let mut steps = path.steps.clone();
        let mut effect = place.effect.as_deref();
        for step in &mut steps {
            if matches!(step, Step::Key { .. }) {
                continue;
            }
            if let Some(effect) = effect.take() {
                self.eval(effect)?;
            }
            self.fix(step);
        }
        Ok(steps)
    }

    fn fix(&self, step: &mut Step) {
        if let Step::AtVar(name) = step
            && let Value::Int(n) = Self::index_of(&self.env, name)
        {
            // The model does not say what negative positions do.
            *step = Step::At(usize::try_from(n).unwrap_or(usize::MAX));
        }
    }

    fn read_path(&self, root: &str, steps: &[Step]) -> Ran<'a, Value<'a>> {
        let mut value = self.var(root).value.borrow().clone();
        for step in steps {
            if let Step::At(usize::MAX) = step {
                return Err(Stop::GiveUp);
            }
            value = value.get(step, |name| Self::index_of(&self.env, name))?;
        }
        Ok(value)
    }

    /// Reads a path as an expression: each container before the index after it.
    fn read(&mut self, place: &'a Place) -> Ran<'a, Value<'a>> {
        let Some(path) = self.settle(place, false) else {
            return Ok(Value::Int(0));
        };
        let mut value = self.var(&path.root).value.borrow().clone();
        let mut effect = place.effect.as_deref();
        for step in &path.steps {
            let mut step = step.clone();
            if !matches!(step, Step::Key { .. }) {
                if let Some(effect) = effect.take() {
                    self.eval(effect)?;
                }
                self.fix(&mut step);
            }
            if let Step::At(usize::MAX) = step {
                return Err(Stop::GiveUp);
            }
            value = value.get(&step, |name| Self::index_of(&self.env, name))?;
        }
        Ok(value)
    }

    fn write_path(&mut self, root: &str, steps: &[Step], value: Value<'a>) -> Ran<'a, ()> {
        if steps.contains(&Step::At(usize::MAX)) || value.size() > 600 {
            return Err(Stop::GiveUp);
        }
        let cell = self.var(root).value.clone();
        let mut copy = cell.borrow().clone();
        let env = &self.env;
        let changed = copy.put(steps, &|name| Self::index_of(env, name), value)?;
        if copy.size() > 600 {
            return Err(Stop::GiveUp);
        }
        if changed {
            *cell.borrow_mut() = copy;
        }
        Ok(())
    }

    fn assign(&mut self, place: &'a Place, value: Value<'a>) -> Ran<'a, ()> {
        let Some(path) = self.settle(place, true) else {
            return Ok(());
        };
        let steps = self.parts(place, path)?;
        self.write_path(&path.root, &steps, value)
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

    /// The variables that a closure captures: the variables themselves, `self`
    /// among them.
    fn captured(&self) -> Vec<Var<'a>> {
        self.env.clone()
    }

    // Calls.

    fn target(&mut self, call: &'a Call) -> Option<usize> {
        *call.target.get_or_init(|| {
            let count = self.program.funcs.len().min(self.rank.div_ceil(2));
            (count > 0).then(|| usize::from(call.pick) % count)
        })
    }

    fn args(&mut self, call: &'a Call, count: usize) -> Ran<'a, Vec<Value<'a>>> {
        call.args[..count]
            .iter()
            .map(|arg| self.eval(arg))
            .collect()
    }

    fn call_func(&mut self, index: usize, args: Vec<Value<'a>>) -> Ran<'a, Value<'a>> {
        let func = &self.program.funcs[index];
        self.enter(func, &format!("f{index}p"), args, 2 * index, |_| {})
    }

    fn enter(
        &mut self,
        func: &'a Func,
        prefix: &str,
        args: Vec<Value<'a>>,
        rank: usize,
        receiver: impl FnOnce(&mut Self),
    ) -> Ran<'a, Value<'a>> {
        self.apart(rank, |this| {
            receiver(this);
            this.body(func, prefix, args)
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

    fn body(&mut self, func: &'a Func, prefix: &str, args: Vec<Value<'a>>) -> Ran<'a, Value<'a>> {
        for (i, arg) in args.into_iter().enumerate() {
            self.bind(format!("{prefix}{i}").into(), arg, Role::Plain);
        }
        if let Some(default) = &func.default {
            let value = self.eval(default)?;
            self.bind(format!("{prefix}d").into(), value, Role::Plain);
        }
        if self.env.iter().any(|var| var.role == Role::Receiver) {
            // Written at the start of every mutating method.
            let steps = [Step::Key {
                name: "f",
                bracket: false,
            }];
            self.write_path("self", &steps, Value::Int(7))?;
        }
        self.stmts(&func.body)?;
        self.eval(&func.result)
    }

    fn name_param(&mut self, lambda: &'a Lambda) {
        let name = self.fresh("p");
        lambda.param.get_or_init(|| name);
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

    fn method(&mut self, recv: &'a Place, call: &'a Call) -> Ran<'a, Value<'a>> {
        let count = self.program.methods.len().min(self.rank / 2);
        let target = *call
            .target
            .get_or_init(|| (count > 0).then(|| usize::from(call.pick) % count));
        let Some(index) = target else {
            return Ok(Value::Int(0));
        };
        let method = &self.program.methods[index];
        let Some(path) = self.settle(recv, method.mutating) else {
            return Ok(Value::Int(0));
        };
        let steps = self.parts(recv, path)?;
        let early = self.read_path(&path.root, &steps)?;
        let args = self.args(call, usize::from(method.func.params))?;
        // A method that does not change its receiver has read it by now.
        let value = match early {
            Value::Struct(_) if method.mutating => self.read_path(&path.root, &steps)?,
            early => early,
        };
        let object = matches!(value, Value::Object(_));
        let fields = match &value {
            Value::Struct(fields) => fields.clone(),
            Value::Object(fields) => fields.borrow().clone(),
            _ => return Err(Stop::Throw(Value::Null)),
        };
        if object && method.bare {
            // Its fields are names for what the object holds at that moment.
            return Err(Stop::GiveUp);
        }
        let cell = Rc::new(RefCell::new(value));
        let left = cell.clone();
        let result = self.enter(
            &method.func,
            &format!("m{index}p"),
            args,
            2 * index + 1,
            |this| {
                if method.bare {
                    for (field, name) in fields.into_iter().zip(FIELDS) {
                        this.bind(name.into(), field, Role::Fixed);
                    }
                } else {
                    let role = if method.mutating {
                        Role::Receiver
                    } else {
                        Role::Fixed
                    };
                    this.env.push(Var {
                        name: "self".into(),
                        value: cell,
                        role,
                    });
                }
            },
        );
        if method.mutating && !matches!(result, Err(Stop::GiveUp)) {
            let value = left.borrow().clone();
            if object && !matches!(value, Value::Object(_)) {
                return Err(Stop::GiveUp);
            }
            if !object {
                self.write_path(&path.root, &steps, value)?;
            }
        }
        result
    }

    // Statements.

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

    fn named(&mut self, slot: &'a std::cell::OnceCell<Name>) -> Name {
        let name = self.fresh("v");
        slot.get_or_init(|| name).clone()
    }

    pub fn stmt(&mut self, stmt: &'a Stmt) -> Ran<'a, ()> {
        stmt.ran.set(true);
        match &stmt.kind {
            Kind::Let { fixed, value, name } => {
                let name = self.named(name);
                let value = self.eval(value)?;
                let role = if *fixed { Role::Fixed } else { Role::Plain };
                self.bind(name, value, role);
            }
            Kind::Assign(place, value) => {
                let value = self.eval(value)?;
                self.assign(place, value)?;
            }
            Kind::Compound(place, value) => {
                let Some(path) = self.settle(place, true) else {
                    return Ok(());
                };
                let steps = self.parts(place, path)?;
                let old = self.read_path(&path.root, &steps)?;
                let value = self.eval(value)?;
                let value = self.add(old, value)?;
                self.write_path(&path.root, &steps, value)?;
            }
            Kind::Do(expr) => {
                self.eval(expr)?;
            }
            Kind::Print(exprs) => {
                let mut texts = Vec::new();
                for expr in exprs {
                    texts.push(self.eval(expr)?);
                }
                let mut shown = Vec::new();
                for value in &texts {
                    shown.push(self.display(value)?);
                }
                self.print(&shown.join(" "))?;
            }
            Kind::Update { place, change, arg } => {
                if self.settle(place, true).is_none() {
                    return Ok(());
                }
                let first = self.read(place)?;
                let arg = self.change_arg(*change, arg)?;
                let value = self.function_form(first, *change, arg)?;
                self.assign(place, value)?;
            }
            Kind::Through { place, call } => {
                if self.settle(place, true).is_none() {
                    return Ok(());
                }
                let Some(func) = self.target(call) else {
                    return Ok(());
                };
                let count = usize::from(self.program.funcs[func].params);
                let mut args = Vec::new();
                for i in 0..count {
                    args.push(if i == 0 {
                        self.read(place)?
                    } else {
                        self.eval(&call.args[i])?
                    });
                }
                let value = self.call_func(func, args)?;
                self.assign(place, value)?;
            }
            Kind::Recurse { place, call } => {
                if self.rank == MAIN || self.rank % 2 == 1 || self.settle(place, true).is_none() {
                    return Ok(());
                }
                if self.fuel == 0 {
                    return Ok(());
                }
                self.fuel -= 1;
                let func = *call.target.get_or_init(|| Some(self.rank / 2));
                let func = func.unwrap_or(0);
                let count = usize::from(self.program.funcs[func].params);
                let mut args = Vec::new();
                for i in 0..count {
                    args.push(if i == 0 {
                        self.read(place)?
                    } else {
                        self.eval(&call.args[i])?
                    });
                }
                let value = self.call_func(func, args)?;
                self.assign(place, value)?;
            }
            Kind::Swap { one, other, name } => {
                if self.settle(one, true).is_none() || self.settle(other, true).is_none() {
                    return Ok(());
                }
                let name = self.named(name);
                let temp = self.read(one)?;
                self.bind(name.clone(), temp, Role::Plain);
                let value = self.read(other)?;
                self.assign(one, value)?;
                let temp = self.read_path(&name, &[])?;
                self.assign(other, temp)?;
            }
            Kind::SelfStore { place, keep } => {
                let Some(path) = self.settle(place, true) else {
                    return Ok(());
                };
                let keep = usize::from(*keep).min(path.steps.len());
                let value = self.read_path(&path.root, &path.steps[..keep])?;
                self.assign(place, value)?;
            }
            Kind::If { on, then, other } => {
                let on = self.read(on)?;
                self.stmts(if on.truth() { then } else { other })?;
            }
            Kind::For {
                over,
                two,
                body,
                names,
            } => self.for_loop(over, *two, body, names)?,
            Kind::Times { count, body, name } => {
                let name = self.named(name);
                for i in 0..*count {
                    if !self.round(vec![(name.clone(), Value::Int(i.into()))], body)? {
                        break;
                    }
                }
            }
            Kind::Match {
                on,
                pick,
                body,
                pattern,
            } => {
                let on = self.eval(on)?;
                let pattern = match pattern.get() {
                    Some(pattern) => pattern,
                    None => {
                        let made = self.pattern(&on, *pick, true);
                        pattern.get_or_init(|| made)
                    }
                };
                if let Some(parts) = fit(pattern.shape, on) {
                    let height = self.env.len();
                    for (name, value) in pattern.names.iter().zip(parts) {
                        self.bind(name.clone(), value, Role::Plain);
                    }
                    let result = self.stmts(body);
                    self.env.truncate(height);
                    result?;
                }
            }
            Kind::Destructure {
                from,
                pick,
                pattern,
            } => {
                let from = self.eval(from)?;
                if pattern.get().is_none() {
                    let made = match from {
                        Value::Array(ref items) if !items.is_empty() => {
                            Some(self.pattern(&from, *pick, false))
                        }
                        Value::Dict(ref entries) if !entries.is_empty() => {
                            Some(self.pattern(&from, *pick, false))
                        }
                        _ => None,
                    };
                    let _ = pattern.set(made);
                }
                if let Some(Some(pattern)) = pattern.get() {
                    let parts = match from {
                        Value::Struct(_) | Value::Object(_) | Value::Noisy(_)
                            if matches!(pattern.shape, Shape::Dict(_)) =>
                        {
                            return Err(Stop::GiveUp);
                        }
                        from => fit(pattern.shape, from).ok_or(Stop::Throw(Value::Null))?,
                    };
                    for (name, value) in pattern.names.iter().zip(parts) {
                        self.bind(name.clone(), value, Role::Plain);
                    }
                }
            }
            Kind::Try {
                body,
                except,
                finally,
                name,
            } => {
                let height = self.env.len();
                let name = self.named(name);
                let mut result = self.stmts(body);
                self.env.truncate(height);
                if let Err(Stop::Throw(value)) = result {
                    self.bind(name, value, Role::Plain);
                    result = self.stmts(except);
                    self.env.truncate(height);
                }
                if let Some(finally) = finally
                    && !matches!(result, Err(Stop::GiveUp | Stop::Quit))
                {
                    let last = self.stmts(finally);
                    self.env.truncate(height);
                    last?;
                }
                result?;
            }
            Kind::Throw(value) => {
                let value = self.eval(value)?;
                return Err(self.thrown(value));
            }
            Kind::Return(value) => {
                if self.depth == 0 && !self.in_func {
                    return Ok(());
                }
                let value = self.eval(value)?;
                return Err(Stop::Return(value));
            }
            Kind::SortBy {
                place,
                written,
                value,
            } => {
                let (Some(path), Some(_)) = (self.settle(place, true), self.settle(written, true))
                else {
                    return Ok(());
                };
                let steps = self.parts(place, path)?;
                let Value::Array(items) = self.read_path(&path.root, &steps)? else {
                    return Err(Stop::GiveUp);
                };
                let more = items.len() > 1;
                let (sorted, _) = Value::Array(items).changed(Change::Sort, Value::Null)?;
                if more {
                    self.assign(written, Value::Array(vec![Value::Int((*value).into())]))?;
                }
                self.write_path(&path.root, &steps, sorted)?;
            }
            Kind::Leave { on, next } => {
                if self.loops > 0 && self.read(on)?.truth() {
                    return Err(if *next { Stop::Next } else { Stop::Break });
                }
            }
        }
        Ok(())
    }

    /// One round of a loop; whether it goes on.
    fn round(&mut self, vars: Vec<(Name, Value<'a>)>, body: &'a Block) -> Ran<'a, bool> {
        let height = self.env.len();
        for (name, value) in vars {
            self.bind(name, value, Role::Plain);
        }
        self.loops += 1;
        let result = self.stmts(body);
        self.loops -= 1;
        self.env.truncate(height);
        match result {
            Ok(()) | Err(Stop::Next) => Ok(true),
            Err(Stop::Break) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn for_loop(
        &mut self,
        over: &'a Expr,
        two: bool,
        body: &'a Block,
        names: &'a std::cell::OnceCell<(Name, Name)>,
    ) -> Ran<'a, ()> {
        let pair = (self.fresh("v"), self.fresh("v"));
        let (one, other) = names.get_or_init(|| pair).clone();
        let over = self.eval(over)?;
        let by_key = matches!(over, Value::Dict(_));
        let items: Vec<(Value, Value)> = match over {
            Value::Array(items) => items
                .into_iter()
                .enumerate()
                .map(|(i, v)| (Value::Int(i as i64), v))
                .collect(),
            Value::Dict(entries) => entries
                .into_iter()
                .map(|(k, v)| (Value::Str(k), v))
                .collect(),
            Value::Int(n) => (0..n.min(3000))
                .map(|i| (Value::Int(i), Value::Int(i)))
                .collect(),
            Value::Lazy(lazy) => {
                let mut at = 0;
                while let Some(element) = self.pull(&lazy)? {
                    let mut vars = vec![(if two { &other } else { &one }.clone(), element)];
                    if two {
                        vars.insert(0, (one.clone(), Value::Int(at)));
                    }
                    at += 1;
                    if !self.round(vars, body)? {
                        break;
                    }
                }
                return Ok(());
            }
            Value::Str(text) => (0..)
                .map(Value::Int)
                .zip(text.chars().map(|c| Value::Str(c.into())))
                .collect(),
            _ => return Err(Stop::Throw(Value::Null)),
        };
        for (key, value) in items {
            let vars = if two {
                vec![(one.clone(), key), (other.clone(), value)]
            } else if by_key {
                vec![(one.clone(), key)]
            } else {
                vec![(one.clone(), value)]
            };
            if !self.round(vars, body)? {
                break;
            }
        }
        Ok(())
    }

    /// A pattern that fits the value.
    fn pattern(&mut self, value: &Value, pick: u8, refutable: bool) -> Pattern {
        let (a, b) = (self.fresh("v"), self.fresh("v"));
        let names = vec![a.clone(), b.clone()];
        let (shape, text, names) = match value {
            Value::Array(items) if !items.is_empty() && !pick.is_multiple_of(4) => {
                (Shape::Array, format!("[{a}, ...{b}]"), names)
            }
            Value::Dict(entries)
                if !entries.is_empty() && !pick.is_multiple_of(4) || !refutable =>
            {
                match value {
                    Value::Dict(entries) => {
                        let key = &entries[usize::from(pick) % entries.len()].0;
                        let Some(key) = crate::text::KEYS.iter().find(|k| *k == key) else {
                            return Pattern {
                                text: a.to_string(),
                                shape: Shape::All,
                                names: vec![a],
                            };
                        };
                        let text = if refutable {
                            format!("{{\"{key}\": {a}, ...{b}}}")
                        } else {
                            format!("{{{key}: {a}, ...{b}}}")
                        };
                        (Shape::Dict(key), text, names)
                    }
                    _ => (Shape::Array, format!("[{a}, ...{b}]"), names),
                }
            }
            Value::Struct(_) if !pick.is_multiple_of(4) => {
                (Shape::Struct, format!("P {{ f: {a}, g: {b} }}"), names)
            }
            Value::Tagged(tag, payload) => {
                let name = crate::value::TAGS[usize::from(*tag)];
                match **payload {
                    Value::Array(ref items) if !items.is_empty() && !pick.is_multiple_of(2) => (
                        Shape::TaggedArray(*tag),
                        format!("{name}([{a}, ...{b}])"),
                        names,
                    ),
                    _ => (Shape::Tagged(*tag), format!("{name}({a})"), vec![a]),
                }
            }
            _ => (Shape::All, a.to_string(), vec![a]),
        };
        Pattern { text, shape, names }
    }
}

/// A part that the value has.
fn part_of(value: &Value, pick: u8) -> Option<Step> {
    let pick = usize::from(pick);
    match value {
        Value::Array(items) if !items.is_empty() => Some(Step::At(pick % items.len())),
        Value::Dict(entries) if !entries.is_empty() => {
            let key = &entries[pick % entries.len()].0;
            let name = crate::text::KEYS.iter().find(|k| *k == key)?;
            let bracket = pick.is_multiple_of(2);
            Some(Step::Key { name, bracket })
        }
        Value::Struct(_) | Value::Object(_) | Value::Noisy(_) => Some(Step::Key {
            name: FIELDS[pick % FIELDS.len()],
            bracket: false,
        }),
        _ => None,
    }
}

/// The parts that a pattern binds, if it fits.
fn fit<'a>(shape: Shape, value: Value<'a>) -> Option<Vec<Value<'a>>> {
    match (shape, value) {
        (Shape::Array, Value::Array(mut items)) if !items.is_empty() => {
            let first = items.remove(0);
            Some(vec![first, Value::Array(items)])
        }
        (Shape::Dict(key), Value::Dict(mut entries)) => {
            let at = entries.iter().position(|(k, _)| k == key)?;
            let one = entries.remove(at).1;
            Some(vec![one, Value::Dict(entries)])
        }
        (Shape::Struct, Value::Struct(fields)) => Some(fields[..2].to_vec()),
        (Shape::Tagged(tag), Value::Tagged(other, payload)) if tag == other => Some(vec![*payload]),
        (Shape::TaggedArray(tag), Value::Tagged(other, payload)) if tag == other => {
            fit(Shape::Array, *payload)
        }
        (Shape::All, value) => Some(vec![value]),
        _ => None,
    }
}

/// All places in a value that are wanted, to a depth of three.
fn collect(value: &Value, path: Path, want: Want, write: bool, found: &mut Vec<Path>) {
    if found.len() > 60 {
        return;
    }
    let fits = match want {
        Want::Any => true,
        Want::Container => matches!(
            value,
            Value::Array(_) | Value::Dict(_) | Value::Struct(_) | Value::Noisy(_)
        ),
        Want::Array => matches!(value, Value::Array(_)),
        Want::Dict => matches!(value, Value::Dict(_)),
        Want::Instance => matches!(value, Value::Struct(_) | Value::Object(_)),
        Want::Function => matches!(value, Value::Func(_)),
        Want::Tagged => matches!(value, Value::Tagged(0 | 2, _)),
        Want::Lazy => matches!(value, Value::Lazy(_)),
    };
    if fits {
        found.push(path.clone());
    }
    if path.steps.len() >= 3 {
        return;
    }
    let deeper = |step: Step| {
        let mut path = path.clone();
        path.steps.push(step);
        path
    };
    match value {
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                collect(item, deeper(Step::At(i)), want, write, found);
            }
        }
        Value::Dict(entries) => {
            for (key, item) in entries {
                if let Some(name) = crate::text::KEYS.iter().find(|k| *k == key) {
                    collect(
                        item,
                        deeper(Step::Key {
                            name,
                            bracket: true,
                        }),
                        want,
                        write,
                        found,
                    );
                }
            }
            if write && want == Want::Any {
                found.push(deeper(Step::Key {
                    name: "e",
                    bracket: true,
                }));
            }
        }
        Value::Struct(fields) | Value::Noisy(fields) => {
            for (item, name) in fields.iter().zip(FIELDS) {
                collect(
                    item,
                    deeper(Step::Key {
                        name,
                        bracket: false,
                    }),
                    want,
                    write,
                    found,
                );
            }
        }
        Value::Object(fields) => {
            let fields = fields.borrow().clone();
            for (item, name) in fields.iter().zip(FIELDS) {
                collect(
                    item,
                    deeper(Step::Key {
                        name,
                        bracket: false,
                    }),
                    want,
                    write,
                    found,
                );
            }
        }
        _ => {}
    }
}
