//! The text of values as `print`, `to_string` and interpolation show it. Struct
//! methods `to_string` are called on the way, so any of this may run code of the
//! program; the value is borrowed meanwhile. Source-like forms are in [`repr`](super::repr).

use super::limits::out_of_memory;
use super::number_fmt::{MAX_INT_DIGITS, int_text};
use super::operators::method_of;
use super::pace;
use super::show::{Form, Walk, check_length, push_plain};
use super::{Borrow, Context, Fallible};
use crate::heap::types::Special;
use crate::value::Value;

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
    Walk::write(cx, out, v, Form::Display, usize::MAX)
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
