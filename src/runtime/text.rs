//! The text of values as `print`, `to_string` and interpolation show it. Struct
//! methods `to_string` are called on the way, so any of this may run code of the
//! program; the value is borrowed meanwhile. Source-like forms are in [`repr`](super::repr).

use super::bigint;
use super::limits::{MAX_DEPTH, out_of_memory, system_out_of_memory, text_too_long, too_deep};
use super::number_fmt::{MAX_INT_DIGITS, int_text, push_float, push_int};
use super::operators::method_of;
use super::pace::{self, Pace, STRETCH};
use super::repeats::{CUT, Repeats};
use super::repr::{self, push_quoted};
use super::{Borrow, Context, Fallible};
use crate::heap::MAX_STRING;
use crate::heap::dict::is_key;
use crate::heap::object::{BoundMethodObj, Kind};
use crate::heap::types::LibraryType;
use crate::heap::types::Special;
use crate::value::Value;
use std::collections::HashSet;

/// The text of a value.
pub fn display(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    let mut out = String::new();
    display_into(cx, &mut out, v)?;
    Ok(out)
}

/// Appends the text of a value.
pub fn display_into(cx: &mut dyn Context, out: &mut String, v: Value) -> Fallible<()> {
    if push_plain(cx, out, v) {
        return check_length(cx, out);
    }
    let _borrow = Borrow::of(v);
    let mut walk = Display {
        out,
        active: HashSet::new(),
        repeats: Repeats::new(v, true),
        pace: Pace::new(),
    };
    walk.value(cx, v, 0)?;
    check_length(cx, walk.out)
}

/// The text of a value as a string value. Strings come back as they are.
pub fn to_string_value(cx: &mut dyn Context, v: Value) -> Fallible {
    if v.is_string() {
        return Ok(v);
    }
    if v.is_int() {
        let mut buffer = [0; MAX_INT_DIGITS];
        let text = int_text(v.as_int(), &mut buffer);
        return Ok(cx.heap().new_string(text));
    }
    // The string that a `to_string` method gives is the text: no copy.
    if let Some(method) = method_of(v, Special::ToString) {
        let text = cx.call_method(method, v, &[])?;
        if text.is_string() {
            return Ok(text);
        }
        return displayed(cx, text);
    }
    displayed(cx, v)
}

/// [`display`] as a string value.
fn displayed(cx: &mut dyn Context, v: Value) -> Fallible {
    let text = display(cx, v)?;
    if text.len() <= SHORT {
        return Ok(cx.heap().new_string(&text));
    }
    if cx.heap().check_room_for_copy(text.len()).is_err() {
        return Err(out_of_memory());
    }
    pace::new_string(cx, &text)
}

/// Texts up to this length are made without a question.
const SHORT: usize = 1 << 12;

/// Faults if the text is longer than a string, or the whole heap, may be, or if the
/// system has no memory for a text that grows.
#[inline]
pub(super) fn check_length(cx: &mut dyn Context, out: &mut String) -> Fallible<()> {
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
fn push_plain(cx: &mut dyn Context, out: &mut String, v: Value) -> bool {
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
pub(super) fn constant_text(v: Value) -> &'static str {
    match v {
        Value::TRUE => "true",
        Value::FALSE => "false",
        _ => "null",
    }
}

/// Appends what makes a byte string: `bytes([1, 255])`.
pub(super) fn push_bytes(cx: &mut dyn Context, out: &mut String, bytes: &[u8]) -> Fallible<()> {
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
pub(super) fn container_name(v: Value) -> &'static str {
    match v.header().kind {
        Kind::Set => "Set",
        Kind::Queue => "Queue",
        Kind::Heap => "Heap",
        _ => "Stack",
    }
}

/// The element of a set, queue, stack or heap at the cursor, which moves on.
pub(super) fn next_in_container(v: Value, cursor: &mut usize) -> Option<Value> {
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
pub(super) fn push_opaque(cx: &mut dyn Context, out: &mut String, v: Value) {
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

/// A walk through a value. `active` holds the class instances the walk is
/// inside of: the only objects that can contain themselves.
struct Display<'a> {
    out: &'a mut String,
    active: HashSet<Value>,
    repeats: Repeats,
    pace: Pace,
}

impl Display<'_> {
    fn value(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        if push_plain(cx, self.out, v) {
            return Ok(());
        }
        if depth >= MAX_DEPTH {
            return Err(too_deep());
        }
        check_length(cx, self.out)?;
        let kind = v.header().kind;
        match kind {
            Kind::String => return push_long(cx, self.out, v),
            Kind::BigInt => return bigint::push_digits(cx, self.out, v.big_int()),
            Kind::Bytes => return push_bytes(cx, self.out, v.bytes()),
            _ => {}
        }
        if !matches!(kind, Kind::Struct | Kind::Object) && self.leaves_out(cx, v) {
            return Ok(());
        }
        match kind {
            Kind::Array => self.array(cx, v, depth),
            Kind::Dict => self.dict(cx, v, depth),
            Kind::Set | Kind::Queue | Kind::Stack | Kind::Heap => self.container(cx, v, depth),
            Kind::Tagged => self.tagged(cx, v, depth),
            Kind::Struct | Kind::Object => self.instance(cx, v, depth),
            _ => {
                push_opaque(cx, self.out, v);
                Ok(())
            }
        }
    }

    /// Writes the mark of a part that is left out, if this is one.
    fn leaves_out(&mut self, cx: &mut dyn Context, v: Value) -> bool {
        let left_out = self.repeats.leaves_out(cx, v, self.out.len());
        if left_out {
            self.out.push_str(CUT);
        }
        left_out
    }

    fn array(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push('[');
        let mut i = 0;
        while let Some(&element) = v.elements().get(i) {
            if i > 0 {
                self.out.push_str(", ");
            }
            self.value(cx, element, depth + 1)?;
            check_length(cx, self.out)?;
            self.pace.step(cx)?;
            i += 1;
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
            self.value(cx, element, depth + 1)?;
            check_length(cx, self.out)?;
            self.pace.step(cx)?;
        }
        self.out.push_str("])");
        Ok(())
    }

    fn dict(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        self.out.push('{');
        let mut cursor = 0;
        let mut first = true;
        while let Some((key, value, next)) = cx.heap().dict_next(v, cursor) {
            cursor = next;
            if !std::mem::take(&mut first) {
                self.out.push_str(", ");
            }
            if key.is_string() {
                let text = cx.heap().str(key);
                push_quoted(cx, self.out, text, usize::MAX)?;
            } else if is_key(key) {
                self.out.push('"');
                self.value(cx, key, depth + 1)?;
                self.out.push('"');
            } else {
                let text = repr::repr(cx, key)?;
                self.out.push_str(&text);
            }
            self.out.push_str(": ");
            self.value(cx, value, depth + 1)?;
            check_length(cx, self.out)?;
            self.pace.step(cx)?;
        }
        self.out.push('}');
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
            self.value(cx, part, depth + 1)?;
            check_length(cx, self.out)?;
        }
        self.out.push(')');
        Ok(())
    }

    fn instance(&mut self, cx: &mut dyn Context, v: Value, depth: u32) -> Fallible<()> {
        if let Some(method) = method_of(v, Special::ToString) {
            let text = cx.call_method(method, v, &[])?;
            return self.value(cx, text, depth + 1);
        }
        if v.is_module() || v.opaque_type().is_some() {
            push_opaque(cx, self.out, v);
            return Ok(());
        }
        if self.leaves_out(cx, v) {
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
        let shown = ty
            .printed
            .as_ref()
            .map_or(ty.visible, |fields| fields.len());
        for at in 0..shown {
            let (slot, always) = match &ty.printed {
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
            self.value(cx, value, depth + 1)?;
            check_length(cx, self.out)?;
        }
        self.out.push_str(if open == ", " { " }" } else { " {}" });
        if object {
            self.active.remove(&v);
        }
        Ok(())
    }
}
