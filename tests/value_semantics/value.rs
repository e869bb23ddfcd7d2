//! The model's values: nothing is shared, a copy is a deep copy. Only instances of
//! the class and closures are references.

use crate::ast::{Change, Lambda, Step};
use crate::model::Var;
use std::cell::RefCell;
use std::rc::Rc;

#[derive(Clone, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Str(String),
    Array(Vec<Value<'a>>),
    Dict(Vec<(String, Value<'a>)>),
    /// Fields `f`, `g`, `h`.
    Struct(Vec<Value<'a>>),
    Object(Rc<RefCell<Vec<Value<'a>>>>),
    /// `Ok`, `Err`, `Some`, `T::N`
    Tagged(u8, Box<Value<'a>>),
    Func(Rc<Closure<'a>>),
    /// As `Struct`; its methods run code.
    Noisy(Vec<Value<'a>>),
    Lazy(Rc<RefCell<Lazy<'a>>>),
}

/// A generator or an iterator.
#[derive(Debug)]
pub enum Lazy<'a> {
    Generator {
        number: usize,
        env: Vec<Var<'a>>,
        part: usize,
        state: State,
    },
    Iterator {
        items: Vec<Value<'a>>,
        at: usize,
        filter: bool,
        closure: Rc<Closure<'a>>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    Rests,
    Runs,
    Done,
}

#[derive(Debug)]
pub struct Closure<'a> {
    pub lambda: &'a Lambda,
    pub env: Vec<Var<'a>>,
    pub rank: usize,
}

pub const FIELDS: [&str; 3] = ["f", "g", "h"];
pub const TAGS: [&str; 4] = ["Ok", "Err", "Some", "T::N"];

/// Something the program's text cannot know, or an error of the engine.
pub enum Miss {
    Throws,
    /// The model does not say what happens here.
    Unknown,
}

pub type Found<T> = Result<T, Miss>;

impl<'a> Value<'a> {
    pub fn get(&self, step: &Step, at: impl Fn(&str) -> Value<'a>) -> Found<Value<'a>> {
        let index = match step {
            Step::At(i) => Value::Int(*i as i64),
            Step::AtVar(name) => at(name),
            Step::Key { name, bracket } => {
                let field = || FIELDS.iter().position(|f| f == name);
                return match self {
                    Value::Dict(entries) => entries
                        .iter()
                        .find(|(k, _)| k == name)
                        .map(|(_, v)| v.clone())
                        .ok_or(Miss::Throws),
                    Value::Struct(fields) | Value::Noisy(fields) if !bracket => {
                        field().map(|i| fields[i].clone()).ok_or(Miss::Throws)
                    }
                    Value::Object(fields) if !bracket => field()
                        .map(|i| fields.borrow()[i].clone())
                        .ok_or(Miss::Throws),
                    _ => Err(Miss::Throws),
                };
            }
        };
        match (self, index) {
            (Value::Array(items), Value::Int(i)) => {
                let at = if i < 0 { i + items.len() as i64 } else { i };
                items.get(at as usize).cloned().ok_or(Miss::Throws)
            }
            // Keys are letters.
            (Value::Dict(_), Value::Int(_)) => Err(Miss::Throws),
            (Value::Dict(_) | Value::Str(_), _) => Err(Miss::Unknown),
            _ => Err(Miss::Throws),
        }
    }

    /// Writes along a path; gives whether this value itself has changed, and not
    /// only an object that it refers to.
    pub fn put(
        &mut self,
        steps: &[Step],
        at: &dyn Fn(&str) -> Value<'a>,
        value: Value<'a>,
    ) -> Found<bool> {
        let Some((step, rest)) = steps.split_first() else {
            *self = value;
            return Ok(true);
        };
        if let Value::Object(fields) = self {
            let mut child = if rest.is_empty() {
                Value::Null
            } else {
                Value::Object(fields.clone()).get(step, at)?
            };
            if child.put(rest, at, value)? {
                let Step::Key {
                    name,
                    bracket: false,
                } = step
                else {
                    return Err(Miss::Throws);
                };
                let i = FIELDS.iter().position(|f| f == name).ok_or(Miss::Throws)?;
                fields.borrow_mut()[i] = child;
            }
            return Ok(false);
        }
        if let (Value::Dict(entries), Step::Key { name, .. }, []) = (&mut *self, step, rest) {
            match entries.iter_mut().find(|(k, _)| k == name) {
                Some((_, old)) => *old = value,
                None => entries.push((name.to_string(), value)),
            }
            return Ok(true);
        }
        if let (Value::Dict(_), []) = (&*self, rest) {
            // A number becomes a key.
            return Err(Miss::Unknown);
        }
        let mut child = self.get(step, at)?;
        if !child.put(rest, at, value)? {
            return Ok(false);
        }
        match (&mut *self, step) {
            (Value::Array(items), step) => {
                let i = match step {
                    Step::At(i) => *i as i64,
                    Step::AtVar(name) => match at(name) {
                        Value::Int(i) if i < 0 => i + items.len() as i64,
                        Value::Int(i) => i,
                        _ => return Err(Miss::Throws),
                    },
                    Step::Key { .. } => return Err(Miss::Throws),
                };
                *items.get_mut(i as usize).ok_or(Miss::Throws)? = child;
            }
            (Value::Dict(entries), Step::Key { name, .. }) => {
                if let Some((_, old)) = entries.iter_mut().find(|(k, _)| k == name) {
                    *old = child;
                }
            }
            (Value::Struct(fields) | Value::Noisy(fields), Step::Key { name, .. }) => {
                if let Some(i) = FIELDS.iter().position(|f| f == name) {
                    fields[i] = child;
                }
            }
            _ => return Err(Miss::Throws),
        }
        Ok(true)
    }

    /// The value after a change, and what the change took out (if it is one that
    /// takes something out).
    pub fn changed(self, change: Change, arg: Value<'a>) -> Found<(Value<'a>, Option<Value<'a>>)> {
        use Change::*;
        match (self, change) {
            (Value::Array(mut items), change) => {
                let mut out = None;
                match change {
                    Push => items.push(arg),
                    Pop => out = Some(items.pop().unwrap_or(Value::Null)),
                    Insert => items.insert(0, arg),
                    RemoveAt if items.is_empty() => return Err(Miss::Throws),
                    RemoveAt => out = Some(items.remove(0)),
                    Reverse => items.reverse(),
                    Sort => sort(&mut items)?,
                    Extend => match arg {
                        Value::Array(more) => items.extend(more),
                        other => items.extend(other.elements()?),
                    },
                    Clear => items.clear(),
                    Set | Update => return Err(Miss::Throws),
                    Remove => return Err(Miss::Unknown),
                }
                Ok((Value::Array(items), out))
            }
            (Value::Dict(mut entries), change) => {
                let mut out = None;
                match change {
                    Set => match entries.iter_mut().find(|(k, _)| k == "a") {
                        Some((_, old)) => *old = arg,
                        None => entries.push(("a".into(), arg)),
                    },
                    Remove => {
                        out = Some(match entries.iter().position(|(k, _)| k == "a") {
                            Some(i) => entries.remove(i).1,
                            None => Value::Null,
                        });
                    }
                    Update => {
                        let Value::Dict(more) = arg else {
                            return Err(Miss::Throws);
                        };
                        for (k, v) in more {
                            put_entry(&mut entries, k, v);
                        }
                    }
                    Clear => entries.clear(),
                    _ => return Err(Miss::Throws),
                }
                Ok((Value::Dict(entries), out))
            }
            (Value::Str(_), _) => Err(Miss::Unknown),
            _ => Err(Miss::Throws),
        }
    }

    /// The elements of a sequence whose elements are at hand.
    pub fn elements(self) -> Found<Vec<Value<'a>>> {
        Ok(match self {
            Value::Array(items) => items,
            Value::Str(text) => text.chars().map(|c| Value::Str(c.into())).collect(),
            Value::Dict(entries) => {
                let pair = |(key, value)| Value::Array(vec![Value::Str(key), value]);
                entries.into_iter().map(pair).collect()
            }
            Value::Lazy(_) => return Err(Miss::Unknown),
            _ => return Err(Miss::Throws),
        })
    }

    pub fn truth(&self) -> bool {
        match self {
            Value::Null => false,
            Value::Bool(b) => *b,
            Value::Int(n) => *n != 0,
            Value::Str(s) => !s.is_empty(),
            Value::Array(items) => !items.is_empty(),
            Value::Dict(entries) => !entries.is_empty(),
            _ => true,
        }
    }

    /// Number of values inside, itself included; an object counts as one.
    pub fn size(&self) -> usize {
        1 + match self {
            Value::Array(items) | Value::Struct(items) | Value::Noisy(items) => {
                items.iter().map(Value::size).sum()
            }
            Value::Dict(entries) => entries.iter().map(|(_, v)| v.size()).sum(),
            Value::Tagged(_, v) => v.size(),
            _ => 0,
        }
    }
}

pub fn put_entry<'a>(entries: &mut Vec<(String, Value<'a>)>, key: String, value: Value<'a>) {
    match entries.iter_mut().find(|(k, _)| *k == key) {
        Some((_, old)) => *old = value,
        None => entries.push((key, value)),
    }
}

fn sort(items: &mut [Value]) -> Found<()> {
    if items.len() > 1 && !items.iter().all(|v| matches!(v, Value::Int(_))) {
        return Err(Miss::Unknown);
    }
    items.sort_by_key(|v| match v {
        Value::Int(n) => *n,
        _ => 0,
    });
    Ok(())
}
