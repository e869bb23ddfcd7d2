//! The walk through a value that all forms of its text share. The forms differ in how they
//! write what has no parts, and only the one that `print` shows runs code of the program.

use super::bigint;
use super::limits::{MAX_DEPTH, out_of_memory, system_out_of_memory, text_too_long, too_deep};
use super::number_fmt::{push_float, push_float_source, push_int};
use super::operators::method_of;
use super::pace::{self, Pace, STRETCH};
use super::repeats::{CUT, Repeats};
use super::{Borrow, Context, Fallible};
use crate::heap::MAX_STRING;
use crate::heap::dict::is_key;
use crate::heap::object::{BoundMethodObj, Kind};
use crate::heap::types::{LibraryType, Special};
use crate::value::Value;
use std::collections::HashSet;
use std::fmt::Write;

/// The forms of text that a value has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As `print` shows it: strings as they are, instances by their `to_string`. Code of the
    /// program may run.
    Display,
    /// Like source: strings in quotes, fields as they are.
    Source,
    /// Like source, with the kind at every level, as `debug` prints it.
    Kinds,
}

/// A walk through a value.
pub struct Walk<'a> {
    out: &'a mut String,
    form: Form,
    /// The walk may stop when the text is longer than this, in bytes.
    limit: usize,
    /// The class instances that the walk is inside of: the only objects that can contain
    /// themselves.
    active: HashSet<Value>,
    repeats: Repeats,
    pace: Pace,
}

impl<'a> Walk<'a> {
    /// Appends the text of a value; it may stop after `limit` bytes.
    ///
    /// # Errors
    /// The text is too long or too deep, an interrupt came, or a `to_string` threw.
    pub fn write(
        cx: &mut dyn Context,
        out: &'a mut String,
        v: Value,
        form: Form,
        limit: usize,
    ) -> Fallible<()> {
        let mut walk = Walk {
            out,
            form,
            limit,
            active: HashSet::new(),
            repeats: Repeats::new(v, form == Form::Display),
            pace: Pace::new(),
        };
        walk.value(cx, v, 0)?;
        check_length(cx, walk.out)
    }

    fn value(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        if self.out.len() > self.limit {
            return Ok(());
        }
        self.pace.step(cx)?;
        if self.form == Form::Display && push_plain(cx, self.out, v) {
            return Ok(());
        }
        if !v.is_pointer() {
            self.inline(v);
            return Ok(());
        }
        match v.header().kind {
            Kind::String => return self.string(cx, v),
            Kind::BigInt => return self.big_int(cx, v),
            Kind::Bytes => {
                // A text that is cut shows fewer bytes than it has.
                let bytes = v.bytes();
                return push_bytes(cx, self.out, &bytes[..bytes.len().min(self.limit)]);
            }
            Kind::Array
            | Kind::Dict
            | Kind::Set
            | Kind::Queue
            | Kind::Stack
            | Kind::Heap
            | Kind::Tagged
            | Kind::Struct
            | Kind::Object => {}
            _ => {
                push_opaque(cx, self.out, v);
                return Ok(());
            }
        }
        if depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        check_length(cx, self.out)?;
        if self.form == Form::Display
            && let Some(method) = method_of(v, Special::ToString)
        {
            let text = cx.call_method(method, v, &[])?;
            return self.value(cx, text, depth + 1);
        }
        if self.repeats.leaves_out(cx, v, self.out.len()) {
            self.out.push_str(CUT);
            return Ok(());
        }
        match v.header().kind {
            Kind::Array => self.array(cx, v, depth),
            Kind::Dict => self.dict(cx, v, depth),
            Kind::Set | Kind::Queue | Kind::Stack | Kind::Heap => self.container(cx, v, depth),
            Kind::Tagged => self.tagged(cx, v, depth),
            _ => self.instance(cx, v, depth),
        }
    }

    /// Appends a part; false if the text is long enough.
    fn part(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<bool> {
        self.value(cx, v, depth + 1)?;
        check_length(cx, self.out)?;
        Ok(self.out.len() <= self.limit)
    }

    /// Opens the kind around a value, where it is shown; gives the closing part.
    fn open(&mut self, kind: &str) -> &'static str {
        if self.form == Form::Kinds {
            self.out.push_str(kind);
            self.out.push('(');
            ")"
        } else {
            ""
        }
    }

    /// Appends a value that is no object, as source.
    fn inline(&mut self, v: Value) {
        if v.is_null() && self.form == Form::Kinds {
            self.out.push_str("Null");
            return;
        }
        let close = match v {
            _ if v.is_int() => self.open("Int"),
            _ if v.is_float() => self.open("Float"),
            _ if v.is_bool() => self.open("Bool"),
            _ => "",
        };
        if v.is_float() {
            push_float_source(self.out, v.as_float());
        } else if v.is_int() {
            push_int(self.out, v.as_int());
        } else {
            self.out.push_str(constant_text(v));
        }
        self.out.push_str(close);
    }

    fn string(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<()> {
        if self.form == Form::Display {
            return push_long(cx, self.out, v);
        }
        let close = self.open("String");
        self.quoted(cx, v)?;
        self.out.push_str(close);
        Ok(())
    }

    /// Appends a string in quotes, as much of it as is needed.
    fn quoted(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<()> {
        let limit = self.limit.saturating_sub(self.out.len());
        let text = pace::text_of(cx, v)?;
        push_quoted(cx, self.out, text, limit)
    }

    fn big_int(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<()> {
        let close = self.open("Int");
        if self.limit == usize::MAX {
            bigint::push_digits(cx, self.out, v.big_int())?;
        } else {
            let digits = super::number_text::short_int(v.big_int());
            self.out.push_str(&digits);
        }
        self.out.push_str(close);
        Ok(())
    }

    fn array(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push_str(if self.form == Form::Kinds {
            "Array["
        } else {
            "["
        });
        let mut i = 0;
        while let Some(&element) = v.elements().get(i) {
            if i > 0 {
                self.out.push_str(", ");
            }
            if !self.part(cx, element, depth)? {
                return Ok(());
            }
            i += 1;
        }
        self.out.push(']');
        Ok(())
    }

    /// A set, queue, stack or heap.
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
        self.out.push_str(if self.form == Form::Kinds {
            "Dict{"
        } else {
            "{"
        });
        let (mut cursor, mut open) = (0, "");
        while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
            cursor = next;
            self.out.push_str(open);
            open = ", ";
            self.key(cx, key, depth)?;
            self.out.push_str(": ");
            if self.out.len() > self.limit || !self.part(cx, value, depth)? {
                return Ok(());
            }
        }
        self.out.push('}');
        Ok(())
    }

    fn key(&mut self, cx: &mut dyn Context, key: Value, depth: u32) -> Fallible<()> {
        if key.is_string() {
            if self.form == Form::Kinds {
                return push_long(cx, self.out, key);
            }
            return self.quoted(cx, key);
        }
        if is_key(key) {
            let quote = if self.form == Form::Display { "\"" } else { "" };
            self.out.push_str(quote);
            if key.is_int() {
                push_int(self.out, key.as_int());
            } else {
                bigint::push_digits(cx, self.out, key.big_int())?;
            }
            self.out.push_str(quote);
            return Ok(());
        }
        if self.form == Form::Display {
            // As source: no method of the key runs.
            return Walk::write(cx, self.out, key, Form::Source, usize::MAX);
        }
        self.part(cx, key, depth)?;
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
            push_opaque(cx, self.out, v);
            return Ok(());
        }
        let object = v.is_kind(Kind::Object);
        if object && !self.active.insert(v) {
            self.out.push_str(CUT);
            return Ok(());
        }
        let ty = v.instance_type();
        // The source form shows all fields, the other what the type chose.
        let printed = ty.printed.as_ref().filter(|_| self.form == Form::Display);
        self.out.push_str(cx.heap().str(ty.name));
        let mut open = " { ";
        for at in 0..printed.map_or(ty.visible, |fields| fields.len()) {
            let (slot, always) = match printed {
                Some(fields) => (fields[at].slot, fields[at].always),
                None => (at, true),
            };
            let value = super::field_of(cx, v, slot);
            if value.is_absent() || value.is_null() && !always {
                continue;
            }
            self.out.push_str(open);
            open = ", ";
            self.out.push_str(cx.heap().str(ty.fields[slot].name));
            self.out.push_str(": ");
            // A method may reach the field by the object.
            let _borrow = object.then(|| Borrow::of(value));
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

/// Faults if the text is longer than a string, or the whole heap, may be, or if the
/// system has no memory for a text that grows.
#[inline]
pub fn check_length(cx: &mut dyn Context, out: &mut String) -> Fallible<()> {
    if out.len() > MAX_STRING {
        return Err(text_too_long("string", out.len()));
    }
    if !cx.heap().may_hold(out.len()) {
        return Err(out_of_memory());
    }
    // Text that is appended until the next look needs no more.
    let room = 2 * STRETCH;
    if out.len() > room && out.capacity() - out.len() < room {
        let more = out.len().max(room);
        out.try_reserve(more).map_err(|_| system_out_of_memory())?;
    }
    Ok(())
}

/// Appends the text of a value without parts; false, and nothing, for others.
#[inline]
pub fn push_plain(cx: &mut dyn Context, out: &mut String, v: Value) -> bool {
    if v.is_int() {
        push_int(out, v.as_int());
    } else if v.is_float() {
        push_float(out, v.as_float());
    } else if v.is_string() {
        if v.string().byte_len() > STRETCH {
            return false;
        }
        out.push_str(cx.heap().str(v));
    } else if !v.is_pointer() {
        out.push_str(constant_text(v));
    } else {
        return false;
    }
    true
}

/// Appends a long string.
fn push_long(cx: &mut dyn Context, out: &mut String, v: Value) -> Fallible<()> {
    let text = pace::text_of(cx, v)?;
    if !cx.heap().may_hold(out.len() + text.len()) {
        return Err(out_of_memory());
    }
    if out.try_reserve(text.len()).is_err() {
        return Err(system_out_of_memory());
    }
    pace::stretches(cx, text, |_, stretch| {
        out.push_str(stretch);
        Ok(())
    })
}

/// The text of null and the bools.
fn constant_text(v: Value) -> &'static str {
    match v {
        Value::TRUE => "true",
        Value::FALSE => "false",
        _ => "null",
    }
}

/// Appends what makes a byte string: `bytes([1, 255])`.
fn push_bytes(cx: &mut dyn Context, out: &mut String, bytes: &[u8]) -> Fallible<()> {
    out.push_str("bytes([");
    let mut pace = Pace::new();
    for (i, &byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        push_int(out, byte as i64);
        check_length(cx, out)?;
        pace.step(cx)?;
    }
    out.push_str("])");
    Ok(())
}

/// The call that makes a set, queue or stack.
fn container_name(v: Value) -> &'static str {
    match v.header().kind {
        Kind::Set => "Set",
        Kind::Queue => "Queue",
        Kind::Heap => "Heap",
        _ => "Stack",
    }
}

/// The element of a set, queue, stack or heap at the cursor, which moves on.
fn next_in_container(v: Value, cursor: &mut usize) -> Option<Value> {
    if v.is_kind(Kind::Set) {
        let (element, _, next) = v.set().next(*cursor)?;
        *cursor = next;
        return Some(element);
    }
    if v.is_kind(Kind::Heap) {
        return v.priority().next(cursor);
    }
    let element = v.queue().elements().get(*cursor).copied();
    *cursor += 1;
    element
}

/// Appends the text of a callable, a type or another value that has no parts
/// to show; alike in all forms of text.
fn push_opaque(cx: &mut dyn Context, out: &mut String, v: Value) {
    let named = |out: &mut String, what: &str, name: &str| {
        out.push('<');
        out.push_str(what);
        out.push(' ');
        out.push_str(name);
        out.push('>');
    };
    match v.header().kind {
        kind @ (Kind::Function | Kind::Native | Kind::BoundMethod) => {
            let native = match kind {
                Kind::BoundMethod => {
                    // SAFETY: the value is a bound method.
                    let method = unsafe { (*v.as_pointer::<BoundMethodObj>()).method };
                    method.is_kind(Kind::Native)
                }
                kind => kind == Kind::Native,
            };
            match cx.callable_name(v) {
                Some(name) if native => named(out, "native function:", &name),
                Some(name) => named(out, "function", &name),
                None => out.push_str("<function>"),
            }
        }
        Kind::StructType => {
            let info = v.struct_type();
            let what = if info.is_class { "class" } else { "struct" };
            let name = cx.heap().str(info.name);
            named(out, what, name);
        }
        Kind::Object if v.is_module() => {
            let name = cx.heap().str(v.instance_type().name);
            named(out, "module", name);
        }
        _ if v.opaque_type() == Some(LibraryType::Image) => {
            let [width, height] = [0, 1].map(|slot| v.instance_field(slot).as_int());
            named(out, "image", &format!("{width}x{height}"));
        }
        _ if v.opaque_type() == Some(LibraryType::HttpResponse) => {
            let status = v.instance_field(0).as_int();
            named(out, "httpresponse", &status.to_string());
        }
        Kind::EnumType => {
            let name = cx.heap().str(v.enum_type().name);
            named(out, "enum", name);
        }
        _ => {
            out.push('<');
            out.push_str(super::type_name(v));
            out.push('>');
        }
    }
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
