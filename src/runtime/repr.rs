//! Source-like text of values: `repr`, the short form in messages, and `debug`.
//! No code of the program runs here: `to_string` methods are ignored.

use super::show::{Form, Walk};
use super::{Context, Fallible};
use crate::value::Value;

/// Characters that a value has in a message.
const SHORT: usize = 80;

/// The source-like text of a value.
pub fn repr(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    let mut text = String::new();
    Walk::write(cx, &mut text, v, Form::Source, usize::MAX)?;
    Ok(text)
}

/// [`repr`] cut at 80 characters, for messages.
pub fn repr_short(cx: &mut dyn Context, v: Value) -> String {
    let mut text = String::new();
    // Four bytes a character, and one character that shows there is more. A text that long
    // is cut before values are nested too deeply.
    let _ = Walk::write(cx, &mut text, v, Form::Source, 4 * (SHORT + 1));
    let mut ends = text.char_indices().map(|(at, _)| at);
    if let Some(cut) = ends.nth(SHORT - 3)
        && ends.nth(2).is_some()
    {
        text.truncate(cut);
        text.push_str("...");
    }
    text
}

/// The text of a value with its kind at every level, as `debug` prints it.
pub fn debug_text(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    let mut text = String::new();
    Walk::write(cx, &mut text, v, Form::Kinds, usize::MAX)?;
    Ok(text)
}
