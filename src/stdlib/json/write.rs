//! Writing JSON.

use crate::heap::object::Kind;
use crate::runtime::number_fmt::push_int;
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{Context, ErrorKind, Fallible, bigint, field_of, number_fmt, tags, type_name};
use crate::stdlib::formats::{
    MAX_LEVELS, Step, Unwritten, Written, key_step, push_escaped, push_in_quotes,
};
use crate::stdlib::limits::{check_bytes, make_room};
use crate::value::Value;
use std::collections::HashSet;

/// The JSON of a value, on one line or with so many spaces a level.
pub fn write(
    cx: &mut dyn Context,
    name: &'static str,
    v: Value,
    indent: Option<usize>,
) -> Fallible<String> {
    let mut writer = Writer {
        name,
        out: String::new(),
        indent,
        active: HashSet::new(),
        checked: 0,
        pace: Pace::new(),
    };
    match writer.value(cx, v, 0) {
        Ok(()) => Ok(writer.out),
        Err(unwritten) => Err(unwritten.into_fault(name)),
    }
}

struct Writer {
    name: &'static str,
    out: String,
    indent: Option<usize>,
    /// The class instances that the walk is inside of.
    active: HashSet<Value>,
    /// The text may get this long before the limits are looked at.
    checked: usize,
    pace: Pace,
}

/// Bytes that are written between two looks at the limits.
const UNCHECKED: usize = 1 << 16;

impl Writer {
    fn value(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Written {
        if v.is_int() {
            push_int(&mut self.out, v.as_int());
            return Ok(());
        }
        if v.is_float() {
            return self.float(v.as_float());
        }
        let Some(kind) = v.kind() else {
            self.out.push_str(match v {
                Value::TRUE => "true",
                Value::FALSE => "false",
                _ => "null",
            });
            return Ok(());
        };
        match kind {
            Kind::String => return self.string(cx, v),
            Kind::BigInt => return Ok(bigint::push_digits(cx, &mut self.out, v.big_int())?),
            _ => {}
        }
        if depth >= MAX_LEVELS && !matches!(kind, Kind::Tagged) {
            let what = format!("more than {MAX_LEVELS} levels");
            return Err(Unwritten::met(ErrorKind::Value, what));
        }
        match kind {
            Kind::Array => self.array(cx, v.elements(), depth),
            Kind::Queue | Kind::Stack => self.array(cx, v.queue().elements(), depth),
            Kind::Set => self.set(cx, v, depth),
            Kind::Dict => self.dict(cx, v, depth),
            Kind::Struct | Kind::Object if v.opaque_type().is_some() => {
                Err(Unwritten::met(ErrorKind::Type, type_name(v)))
            }
            Kind::Struct => self.instance(cx, v, depth),
            Kind::Object if !v.is_module() => {
                if !self.active.insert(v) {
                    return Err(Unwritten::met(ErrorKind::Value, "a cycle"));
                }
                self.instance(cx, v, depth)?;
                self.active.remove(&v);
                Ok(())
            }
            Kind::Tagged if v.header().aux == tags::SOME => {
                self.value(cx, v.tagged_parts()[0], depth)
            }
            Kind::Tagged if v.header().aux == tags::NONE => {
                self.out.push_str("null");
                Ok(())
            }
            _ => Err(Unwritten::met(ErrorKind::Type, type_name(v))),
        }
    }

    fn float(&mut self, f: f64) -> Written {
        if !f.is_finite() {
            let mut got = String::new();
            number_fmt::push_float(&mut got, f);
            return Err(Unwritten::met(ErrorKind::Value, got));
        }
        number_fmt::push_float_source(&mut self.out, f);
        Ok(())
    }

    fn string(&mut self, cx: &mut dyn Context, s: Value) -> Written {
        let text = pace::text_of(cx, s)?;
        self.pace.bytes(cx, text.len().min(STRETCH))?;
        push_in_quotes(cx, self.name, &mut self.out, text, push_escaped)?;
        self.grown(cx)
    }

    /// Looks at the limits now and then.
    #[inline]
    fn grown(&mut self, cx: &mut dyn Context) -> Written {
        if self.out.len() > self.checked {
            check_bytes(cx, self.name, self.out.len())?;
            self.checked = self.out.len() + UNCHECKED;
        }
        Ok(())
    }

    /// Writes what comes before a part: a comma, a new line.
    #[inline]
    fn separate(&mut self, cx: &mut dyn Context, is_first: bool, depth: u32) -> Written {
        if !is_first {
            self.out.push(',');
        }
        self.pace.step(cx)?;
        self.new_line(cx, depth + 1)
    }

    #[inline]
    fn new_line(&mut self, cx: &mut dyn Context, depth: u32) -> Written {
        if let Some(indent) = self.indent {
            let spaces = indent.saturating_mul(depth as usize);
            check_bytes(cx, self.name, self.out.len().saturating_add(spaces))?;
            make_room(&mut self.out, spaces + 1)?;
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', spaces));
        }
        self.grown(cx)
    }

    fn array(&mut self, cx: &mut dyn Context, elements: &[Value], depth: u32) -> Written {
        self.out.push('[');
        for (i, &element) in elements.iter().enumerate() {
            self.separate(cx, i == 0, depth)?;
            if let Err(unwritten) = self.value(cx, element, depth + 1) {
                return Err(unwritten.inside(|| Step::Index(i)));
            }
        }
        if !elements.is_empty() {
            self.new_line(cx, depth)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn set(&mut self, cx: &mut dyn Context, set: Value, depth: u32) -> Written {
        self.out.push('[');
        let (mut cursor, mut i) = (0, 0);
        while let Some((element, _, next)) = set.set().next(cursor) {
            cursor = next;
            self.separate(cx, i == 0, depth)?;
            if let Err(unwritten) = self.value(cx, element, depth + 1) {
                return Err(unwritten.inside(|| Step::Index(i)));
            }
            i += 1;
        }
        if i > 0 {
            self.new_line(cx, depth)?;
        }
        self.out.push(']');
        Ok(())
    }

    fn dict(&mut self, cx: &mut dyn Context, dict: Value, depth: u32) -> Written {
        self.out.push('{');
        let mut cursor = 0;
        let mut first = true;
        while let Some((key, v, next)) = cx.heap().dict_next(dict, cursor) {
            cursor = next;
            self.separate(cx, std::mem::take(&mut first), depth)?;
            if key.is_string() {
                self.string(cx, key)?;
            } else if key.is_int() || key.is_big_int() {
                self.out.push('"');
                self.value(cx, key, depth)?;
                self.out.push('"');
            } else {
                let got = format!("a key of type {}", type_name(key));
                return Err(Unwritten::met(ErrorKind::Type, got));
            }
            self.colon();
            if let Err(unwritten) = self.value(cx, v, depth + 1) {
                let step = key_step(cx, key);
                return Err(unwritten.inside(|| step));
            }
        }
        if !first {
            self.new_line(cx, depth)?;
        }
        self.out.push('}');
        Ok(())
    }

    fn colon(&mut self) {
        self.out
            .push_str(if self.indent.is_some() { ": " } else { ":" });
    }

    fn instance(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Written {
        self.out.push('{');
        let ty = v.instance_type();
        let mut first = true;
        for slot in 0..ty.visible {
            let value = field_of(cx, v, slot);
            if value.is_absent() {
                continue;
            }
            self.separate(cx, std::mem::take(&mut first), depth)?;
            let name = ty.fields[slot].name;
            self.string(cx, name)?;
            self.colon();
            if let Err(unwritten) = self.value(cx, value, depth + 1) {
                let step = key_step(cx, name);
                return Err(unwritten.inside(|| step));
            }
        }
        if !first {
            self.new_line(cx, depth)?;
        }
        self.out.push('}');
        Ok(())
    }
}
