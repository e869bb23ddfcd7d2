//! Source-like text of values: `repr`, the short form in messages, and `debug`.
//! No code of the program runs here: `to_string` methods are ignored.

use super::bigint;
use super::limits::{MAX_DEPTH, system_out_of_memory, too_deep};
use super::number_fmt::{push_float_source, push_int};
use super::pace::{self, Pace, STRETCH};
use super::repeats::{CUT, Repeats};
use super::text::{
    check_length, constant_text, container_name, next_in_container, push_bytes, push_opaque,
};
use super::{Context, Fallible};
use crate::heap::dict::is_key;
use crate::heap::object::Kind;
use crate::value::Value;
use std::collections::HashSet;
use std::fmt::Write;

/// Characters that a value has in a message.
const SHORT: usize = 80;

/// The source-like text of a value.
pub fn repr(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    let mut walk = Walk::new(v, usize::MAX, false);
    walk.value(cx, v, 0)?;
    check_length(cx, &mut walk.out)?;
    Ok(walk.out)
}

/// [`repr`] cut at 80 characters, for messages.
pub fn repr_short(cx: &mut dyn Context, v: Value) -> String {
    // Four bytes a character, and one character that shows there is more.
    let mut walk = Walk::new(v, 4 * (SHORT + 1), false);
    // A text that long is cut before values are nested too deeply.
    let _ = walk.value(cx, v, 0);
    let mut text = walk.out;
    if let Some((end, _)) = text.char_indices().nth(SHORT) {
        debug_assert!(end <= text.len());
        let cut = text
            .char_indices()
            .nth(SHORT - 3)
            .map_or(text.len(), |(at, _)| at);
        text.truncate(cut);
        text.push_str("...");
    }
    text
}

/// The text of a value with its kind at every level, as `debug` prints it.
pub fn debug_text(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    let mut walk = Walk::new(v, usize::MAX, true);
    walk.value(cx, v, 0)?;
    check_length(cx, &mut walk.out)?;
    Ok(walk.out)
}

/// Appends a text in quotes with escapes, at most about `limit` bytes of it.
pub fn push_quoted(
    cx: &mut dyn Context,
    out: &mut String,
    text: &str,
    limit: usize,
) -> Fallible<()> {
    out.push('"');
    let end = out.len().saturating_add(limit);
    let mut plain = 0;
    let mut look = STRETCH;
    for (at, c) in text.char_indices() {
        if at >= look {
            out.push_str(&text[plain..at]);
            plain = at;
            look = at + STRETCH;
            cx.poll()?;
            // A character has an escape of five times its length at most.
            let more = (text.len() - at).max(5 * STRETCH);
            if out.try_reserve(more).is_err() {
                return Err(system_out_of_memory());
            }
        }
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\t' => "\\t",
            '\r' => "\\r",
            '\0' => "\\0",
            '$' if text[at..].starts_with("${") => "\\$",
            c if c.is_control() => "",
            _ => {
                if out.len() + (at - plain) > end {
                    out.push_str(&text[plain..at]);
                    return Ok(());
                }
                continue;
            }
        };
        out.push_str(&text[plain..at]);
        plain = at + c.len_utf8();
        if !escape.is_empty() {
            out.push_str(escape);
        } else if c.is_ascii() {
            write!(out, "\\x{:02x}", c as u32).expect("a string takes any text");
        } else {
            write!(out, "\\u{{{:x}}}", c as u32).expect("a string takes any text");
        }
        if out.len() > end {
            return Ok(());
        }
    }
    out.push_str(&text[plain..]);
    out.push('"');
    Ok(())
}

/// A walk through a value. `active` holds the class instances the walk is
/// inside of.
struct Walk {
    out: String,
    active: HashSet<Value>,
    repeats: Repeats,
    /// The walk may stop when this many bytes are written.
    limit: usize,
    /// With kinds, as `debug` shows them.
    kinds: bool,
    pace: Pace,
}

impl Walk {
    fn new(whole: Value, limit: usize, kinds: bool) -> Walk {
        Walk {
            out: String::new(),
            active: HashSet::new(),
            repeats: Repeats::new(whole, false),
            limit,
            kinds,
            pace: Pace::new(),
        }
    }

    /// Opens what `debug` shows around a plain value; gives the closing part.
    fn open(&mut self, kind: &str) -> &'static str {
        if self.kinds {
            self.out.push_str(kind);
            self.out.push('(');
            ")"
        } else {
            ""
        }
    }

    fn value(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        if self.out.len() > self.limit {
            return Ok(());
        }
        self.pace.step(cx)?;
        if !v.is_pointer() {
            self.inline(v);
            return Ok(());
        }
        match v.header().kind {
            Kind::String => {
                let close = self.open("String");
                let limit = self.limit.saturating_sub(self.out.len());
                let text = pace::text_of(cx, v)?;
                push_quoted(cx, &mut self.out, text, limit)?;
                self.out.push_str(close);
            }
            Kind::BigInt => {
                let close = self.open("Int");
                let big = v.big_int();
                if self.limit == usize::MAX {
                    bigint::push_digits(cx, &mut self.out, big)?;
                } else {
                    self.out.push_str(&super::number_text::short_int(big));
                }
                self.out.push_str(close);
            }
            Kind::Bytes => {
                // A text that is cut shows fewer bytes than it has.
                let bytes = v.bytes();
                push_bytes(cx, &mut self.out, &bytes[..bytes.len().min(self.limit)])?;
            }
            kind @ (Kind::Array
            | Kind::Dict
            | Kind::Set
            | Kind::Queue
            | Kind::Stack
            | Kind::Heap
            | Kind::Tagged
            | Kind::Struct
            | Kind::Object) => {
                if depth >= MAX_DEPTH {
                    return Err(too_deep());
                }
                if self.repeats.leaves_out(cx, v, self.out.len()) {
                    self.out.push_str(CUT);
                    return Ok(());
                }
                match kind {
                    Kind::Array => self.array(cx, v, depth)?,
                    Kind::Dict => self.dict(cx, v, depth)?,
                    Kind::Set | Kind::Queue | Kind::Stack | Kind::Heap => {
                        self.container(cx, v, depth)?
                    }
                    Kind::Tagged => self.tagged(cx, v, depth)?,
                    _ => self.instance(cx, v, depth)?,
                }
                check_length(cx, &mut self.out)?;
            }
            _ => push_opaque(cx, &mut self.out, v),
        }
        Ok(())
    }

    fn inline(&mut self, v: Value) {
        if v.is_int() {
            let close = self.open("Int");
            push_int(&mut self.out, v.as_int());
            self.out.push_str(close);
        } else if v.is_float() {
            let close = self.open("Float");
            push_float_source(&mut self.out, v.as_float());
            self.out.push_str(close);
        } else if v.is_bool() {
            let close = self.open("Bool");
            self.out.push_str(constant_text(v));
            self.out.push_str(close);
        } else {
            self.out.push_str(if self.kinds { "Null" } else { "null" });
        }
    }

    /// Goes on with the next part unless the text is long enough.
    fn part(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<bool> {
        self.value(cx, v, depth + 1)?;
        check_length(cx, &mut self.out)?;
        Ok(self.out.len() <= self.limit)
    }

    fn array(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push_str(if self.kinds { "Array[" } else { "[" });
        for (i, &element) in v.elements().iter().enumerate() {
            if i > 0 {
                self.out.push_str(", ");
            }
            if !self.part(cx, element, depth)? {
                return Ok(());
            }
        }
        self.out.push(']');
        Ok(())
    }

    /// A set, queue or stack.
    fn container(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push_str(container_name(v));
        self.out.push_str("([");
        let (mut cursor, mut open) = (0, "");
        while let Some(element) = next_in_container(v, &mut cursor) {
            self.out.push_str(open);
            open = ", ";
            if !self.part(cx, element, depth)? {
                return Ok(());
            }
        }
        self.out.push_str("])");
        Ok(())
    }

    fn dict(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push_str(if self.kinds { "Dict{" } else { "{" });
        let mut cursor = 0;
        while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
            if cursor > 0 {
                self.out.push_str(", ");
            }
            cursor = next;
            if !is_key(key) {
                if !self.part(cx, key, depth)? {
                    return Ok(());
                }
            } else if !key.is_string() {
                self.key(cx, key)?;
            } else if self.kinds {
                self.out.push_str(cx.heap().str(key));
            } else {
                let limit = self.limit.saturating_sub(self.out.len());
                let text = cx.heap().str(key);
                push_quoted(cx, &mut self.out, text, limit)?;
            }
            self.out.push_str(": ");
            if !self.part(cx, value, depth)? {
                return Ok(());
            }
        }
        self.out.push('}');
        Ok(())
    }

    /// Appends an int key.
    fn key(&mut self, cx: &mut dyn Context, key: Value) -> Fallible<()> {
        if key.is_int() {
            push_int(&mut self.out, key.as_int());
        } else if key.is_big_int() {
            bigint::push_digits(cx, &mut self.out, key.big_int())?;
        }
        Ok(())
    }

    fn tagged(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push_str(&cx.tags().text(v.header().aux));
        let parts = v.tagged_parts();
        if parts.is_empty() {
            return Ok(());
        }
        for (i, &part) in parts.iter().enumerate() {
            self.out.push_str(if i == 0 { "(" } else { ", " });
            if !self.part(cx, part, depth)? {
                return Ok(());
            }
        }
        self.out.push(')');
        Ok(())
    }

    fn instance(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        if v.is_module() || v.opaque_type().is_some() {
            push_opaque(cx, &mut self.out, v);
            return Ok(());
        }
        let object = v.is_kind(Kind::Object);
        if object && !self.active.insert(v) {
            self.out.push_str(CUT);
            return Ok(());
        }
        let ty = v.instance_type();
        self.out.push_str(cx.heap().str(ty.name));
        let mut open = " { ";
        for slot in 0..ty.visible {
            let value = super::field_of(cx, v, slot);
            if value.is_absent() {
                continue;
            }
            self.out.push_str(open);
            open = ", ";
            self.out.push_str(cx.heap().str(ty.fields[slot].name));
            self.out.push_str(": ");
            if !self.part(cx, value, depth)? {
                return Ok(());
            }
        }
        self.out.push_str(if open == ", " { " }" } else { " {}" });
        if object {
            self.active.remove(&v);
        }
        Ok(())
    }
}
