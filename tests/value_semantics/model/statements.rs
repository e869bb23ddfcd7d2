//! Statements: variables, stores, and the ways out of loops.

use super::*;

impl<'a> Model<'a> {
    pub(super) fn named(&mut self, slot: &'a std::cell::OnceCell<Name>) -> Name {
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
    pub(super) fn round(&mut self, vars: Vec<(Name, Value<'a>)>, body: &'a Block) -> Ran<'a, bool> {
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

    pub(super) fn for_loop(
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
}
