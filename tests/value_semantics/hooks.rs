//! Where the model runs code of the program as the language does by itself: texts,
//! operators, generators and iterators.

use crate::ast::*;
use crate::model::{Model, Ran, Role, Stop};
use crate::value::{FIELDS, Lazy, State, TAGS, Value};
use std::cell::RefCell;
use std::fmt::Write;
use std::rc::Rc;

/// Objects that a walk is inside of.
type Open<'a> = Vec<*const RefCell<Vec<Value<'a>>>>;

impl<'a> Model<'a> {
    pub fn display(&mut self, value: &Value<'a>) -> Ran<'a, String> {
        let mut out = String::new();
        self.write(value, &mut out, &mut Vec::new())?;
        Ok(out)
    }

    fn write(&mut self, value: &Value<'a>, out: &mut String, open: &mut Open<'a>) -> Ran<'a, ()> {
        match value {
            Value::Null => out.push_str("null"),
            Value::Bool(b) => push(out, b),
            Value::Int(n) => push(out, n),
            Value::Str(s) => out.push_str(s),
            Value::Array(items) => {
                out.push('[');
                for (i, item) in items.iter().enumerate() {
                    out.push_str(if i > 0 { ", " } else { "" });
                    self.write(item, out, open)?;
                }
                out.push(']');
            }
            Value::Dict(entries) => {
                out.push('{');
                for (i, (k, v)) in entries.iter().enumerate() {
                    let _ = write!(out, "{}\"{k}\": ", if i > 0 { ", " } else { "" });
                    self.write(v, out, open)?;
                }
                out.push('}');
            }
            Value::Struct(fields) => {
                out.push('P');
                for (i, field) in fields.iter().enumerate() {
                    let _ = write!(out, "{}{}: ", if i > 0 { ", " } else { " { " }, FIELDS[i]);
                    self.write(field, out, open)?;
                }
                out.push_str(" }");
            }
            Value::Object(fields) => {
                let id = Rc::as_ptr(fields);
                if open.contains(&id) {
                    out.push_str("...");
                    return Ok(());
                }
                open.push(id);
                out.push('C');
                for (i, name) in FIELDS.iter().enumerate() {
                    let _ = write!(out, "{}{name}: ", if i > 0 { ", " } else { " { " });
                    // The value that the field holds when it is reached.
                    let field = fields.borrow()[i].clone();
                    self.write(&field, out, open)?;
                }
                out.push_str(" }");
                open.pop();
            }
            Value::Tagged(tag, v) => {
                let _ = write!(out, "{}(", TAGS[*tag as usize]);
                self.write(v, out, open)?;
                out.push(')');
            }
            Value::Func(_) => out.push_str("<function>"),
            Value::Lazy(lazy) => {
                let is_generator = matches!(*lazy.borrow(), Lazy::Generator { .. });
                out.push_str(if is_generator {
                    "<generator>"
                } else {
                    "<iterator>"
                });
            }
            Value::Noisy(_) => {
                let hooks = &self.program.hooks;
                let text = self.hook(&hooks.text, value, None, |_| Value::Str("S".into()))?;
                self.write(&text, out, open)?;
            }
        }
        Ok(())
    }

    pub fn equal(&mut self, a: &Value<'a>, b: &Value<'a>) -> Ran<'a, bool> {
        Ok(match (a, b) {
            (Value::Noisy(_), _) => {
                let hooks = &self.program.hooks;
                let even = |this: &mut Self| Value::Bool(this.noise.is_multiple_of(2));
                self.hook(&hooks.equal, a, Some(b), even)?.truth()
            }
            (Value::Null, Value::Null) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Array(a), Value::Array(b)) | (Value::Struct(a), Value::Struct(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (a, b) in a.iter().zip(b) {
                    if !self.equal(a, b)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Dict(a), Value::Dict(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                for (key, x) in a {
                    let Some((_, y)) = b.iter().find(|(other, _)| other == key) else {
                        return Ok(false);
                    };
                    if !self.equal(x, y)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Value::Object(a), Value::Object(b)) => Rc::ptr_eq(a, b),
            (Value::Tagged(t, a), Value::Tagged(u, b)) => t == u && self.equal(a, b)?,
            (Value::Func(a), Value::Func(b)) => Rc::ptr_eq(a, b),
            (Value::Lazy(a), Value::Lazy(b)) => Rc::ptr_eq(a, b),
            _ => false,
        })
    }

    pub fn add(&mut self, one: Value<'a>, other: Value<'a>) -> Ran<'a, Value<'a>> {
        match (one, other) {
            (Value::Int(a), Value::Int(b)) if a.abs() < 1 << 40 && b.abs() < 1 << 40 => {
                Ok(Value::Int(a + b))
            }
            (Value::Array(mut a), Value::Array(b)) => {
                a.extend(b);
                Ok(Value::Array(a))
            }
            (Value::Str(a), Value::Str(b)) => Ok(Value::Str(a + &b)),
            (one @ Value::Noisy(_), other) => {
                let hooks = &self.program.hooks;
                let first = |this: &mut Self| this.read_self();
                self.hook(&hooks.add, &one, Some(&other), first)
            }
            (Value::Int(_), Value::Int(_)) => Err(Stop::GiveUp),
            _ => Err(Stop::Throw(Value::Null)),
        }
    }

    /// The field `f` of the running method's `self`.
    fn read_self(&mut self) -> Value<'a> {
        match &*self.var("self").value.borrow() {
            Value::Noisy(fields) => fields[0].clone(),
            _ => Value::Null,
        }
    }

    /// A method of the struct that runs code: its body, as long as there is noise left,
    /// then its result.
    fn hook(
        &mut self,
        body: &'a Block,
        receiver: &Value<'a>,
        other: Option<&Value<'a>>,
        result: impl FnOnce(&mut Self) -> Value<'a>,
    ) -> Ran<'a, Value<'a>> {
        self.tick()?;
        self.apart(0, |this| {
            this.bind("self".into(), receiver.clone(), Role::Fixed);
            if let Some(other) = other {
                this.bind("other".into(), other.clone(), Role::Plain);
            }
            if this.noise > 0 {
                this.noise -= 1;
                this.stmts(body)?;
            }
            Ok(result(this))
        })
    }

    /// The error that is thrown by `throw(value)`: its text is made for the
    /// message.
    pub fn thrown(&mut self, value: Value<'a>) -> Stop<'a> {
        if let Value::Str(_) = value {
            return Stop::Throw(Value::Null);
        }
        match self.display(&value) {
            Ok(_) => Stop::Throw(value),
            Err(stop) => stop,
        }
    }

    /// The next element of a generator or iterator.
    pub fn pull(&mut self, lazy: &Rc<RefCell<Lazy<'a>>>) -> Ran<'a, Option<Value<'a>>> {
        self.tick()?;
        loop {
            let (item, closure, wants) = match &mut *lazy.borrow_mut() {
                Lazy::Iterator {
                    items,
                    at,
                    filter,
                    closure,
                } => {
                    let Some(item) = items.get(*at) else {
                        return Ok(None);
                    };
                    *at += 1;
                    (item.clone(), closure.clone(), *filter)
                }
                Lazy::Generator { .. } => break,
            };
            let value = self.call_closure(&closure, item.clone())?;
            if !wants {
                return Ok(Some(value));
            }
            if value.truth() {
                return Ok(Some(item));
            }
        }
        self.resume(lazy)
    }

    fn resume(&mut self, lazy: &Rc<RefCell<Lazy<'a>>>) -> Ran<'a, Option<Value<'a>>> {
        let (number, mut env, part) = match &mut *lazy.borrow_mut() {
            Lazy::Generator {
                number,
                env,
                part,
                state,
            } => match state {
                State::Done => return Ok(None),
                State::Runs => return Err(Stop::Throw(Value::Null)),
                State::Rests => {
                    *state = State::Runs;
                    (*number, std::mem::take(env), *part)
                }
            },
            Lazy::Iterator { .. } => return Err(Stop::GiveUp),
        };
        let generator = &self.program.generators[number];
        let mut yielded = false;
        let result = self.apart(0, |this| {
            std::mem::swap(&mut this.env, &mut env);
            let result = match generator.parts.get(part) {
                Some((body, value)) => this.part(body, value).inspect(|_| yielded = true),
                None => Ok(Value::Null),
            };
            std::mem::swap(&mut this.env, &mut env);
            result
        });
        if let Lazy::Generator {
            env: own,
            part,
            state,
            ..
        } = &mut *lazy.borrow_mut()
        {
            *own = env;
            *part += 1;
            *state = if yielded { State::Rests } else { State::Done };
        }
        result.map(|value| yielded.then_some(value))
    }

    /// Up to the next `yield`; variables stay.
    fn part(&mut self, body: &'a Block, value: &'a Expr) -> Ran<'a, Value<'a>> {
        for stmt in body {
            self.tick()?;
            self.stmt(stmt)?;
        }
        self.eval(value)
    }

    /// All elements of a sequence.
    pub fn sequence(&mut self, value: Value<'a>) -> Ran<'a, Vec<Value<'a>>> {
        let Value::Lazy(lazy) = &value else {
            return Ok(value.elements()?);
        };
        let mut all = Vec::new();
        while let Some(element) = self.pull(lazy)? {
            all.push(element);
            if all.len() > 600 {
                return Err(Stop::GiveUp);
            }
        }
        Ok(all)
    }

    pub fn pure(&mut self, pure: Pure, value: Value<'a>, arg: Value<'a>) -> Ran<'a, Value<'a>> {
        let Value::Array(items) = value else {
            return Err(match value {
                Value::Str(_) | Value::Dict(_) | Value::Lazy(_) => Stop::GiveUp,
                _ => Stop::Throw(Value::Null),
            });
        };
        Ok(match (pure, arg) {
            (Pure::Contains | Pure::IndexOf, arg) => {
                let mut found = None;
                for (i, item) in items.iter().enumerate() {
                    if self.equal(item, &arg)? {
                        found = Some(i as i64);
                        break;
                    }
                }
                match pure {
                    Pure::Contains => Value::Bool(found.is_some()),
                    _ => Value::Int(found.unwrap_or(-1)),
                }
            }
            (Pure::Concat, Value::Array(more)) => Value::Array([items, more].concat()),
            (Pure::Slice, Value::Int(from)) => {
                let len = items.len() as i64;
                let from = if from < 0 { from + len } else { from };
                Value::Array(items[from.clamp(0, len) as usize..].to_vec())
            }
            (Pure::Concat | Pure::Slice, _) => return Err(Stop::Throw(Value::Null)),
        })
    }
}

fn push(out: &mut String, value: impl std::fmt::Display) {
    let _ = write!(out, "{value}");
}
