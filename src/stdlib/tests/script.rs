//! Calls written as text: literals, names of functions, `f(x, y)` and `x.m(y)`.

use super::{CALLBACKS, FIRST_CALLBACK, Machine};
use crate::runtime::{Fallible, tags};
use crate::stdlib::{CONSTANTS, function};
use crate::value::Value;

/// The value of an expression.
pub fn run(machine: &mut Machine, source: &str) -> Fallible {
    let mut reader = Reader { rest: source };
    let v = reader.expression(machine)?;
    assert!(reader.rest.trim().is_empty(), "left over: {}", reader.rest);
    Ok(v)
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn eat(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn word(&mut self) -> &'a str {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// Every value that is met stays reachable.
    fn expression(&mut self, machine: &mut Machine) -> Fallible {
        let mut v = self.primary(machine)?;
        machine.roots.values.push(v);
        while self.eat(".") {
            let name = self.word();
            assert!(self.eat("("), "a call");
            let mut args = vec![v];
            args.extend(self.list(machine, ")")?);
            v = machine.method(name, &mut args)?;
            machine.roots.values.push(v);
        }
        Ok(v)
    }

    fn list(&mut self, machine: &mut Machine, end: &str) -> Fallible<Vec<Value>> {
        let mut list = Vec::new();
        while !self.eat(end) {
            list.push(self.expression(machine)?);
            self.eat(",");
        }
        Ok(list)
    }

    fn primary(&mut self, machine: &mut Machine) -> Fallible {
        if self.eat("[") {
            let elements = self.list(machine, "]")?;
            return Ok(machine.heap.new_array_from(&elements));
        }
        if self.eat("{") {
            let dict = machine.heap.new_dict(0);
            machine.roots.values.push(dict);
            while !self.eat("}") {
                let key = self.expression(machine)?;
                assert!(self.eat(":"), "a colon");
                let v = self.expression(machine)?;
                machine.heap.dict_set(dict, key, v).expect("short");
                self.eat(",");
            }
            return Ok(dict);
        }
        if self.eat("\"") {
            return Ok(self.string(machine));
        }
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
            .unwrap_or(self.rest.len());
        if self
            .rest
            .starts_with(|c: char| c.is_ascii_digit() || c == '-')
        {
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Ok(match text.parse() {
                Ok(int) => machine.heap.new_int(int),
                Err(_) => Value::float(text.parse().expect("a number")),
            });
        }
        let name = self.word();
        if self.eat("(") {
            let mut args = self.list(machine, ")")?;
            let tag = match name {
                "Ok" => tags::OK,
                "Err" => tags::ERR,
                "Some" => tags::SOME,
                _ => return machine.function(name, &mut args, 0xFF),
            };
            return Ok(machine.heap.new_tagged(tag, &args));
        }
        Ok(self.name(machine, name))
    }

    fn string(&mut self, machine: &mut Machine) -> Value {
        let mut text = String::new();
        let mut chars = self.rest.chars();
        loop {
            match chars.next().expect("a closing quote") {
                '"' => break,
                '\\' => match chars.next() {
                    Some('n') => text.push('\n'),
                    Some('r') => text.push('\r'),
                    Some('t') => text.push('\t'),
                    other => text.extend(other),
                },
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        machine.string(&text)
    }

    fn name(&mut self, machine: &mut Machine, name: &str) -> Value {
        match name {
            "null" => return Value::NULL,
            "true" => return Value::TRUE,
            "false" => return Value::FALSE,
            "None" => return machine.heap.new_tagged(tags::NONE, &[]),
            _ => {}
        }
        if let Some(&(_, f)) = CONSTANTS.iter().find(|constant| constant.0 == name) {
            return Value::float(f);
        }
        let number = match CALLBACKS.iter().position(|callback| callback.0 == name) {
            Some(callback) => FIRST_CALLBACK + callback,
            None => function(name).unwrap_or_else(|| panic!("no name {name}")) as usize,
        };
        machine.heap.new_native(number as u16)
    }
}
