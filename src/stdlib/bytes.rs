//! Byte strings: making them, and strings out of them (STDLIB 17). `len`, `slice`,
//! `concat` and `contains` are with the strings and arrays that they also take.

use super::declare::*;
use super::limits::*;
use super::operands::*;
use super::owners::*;
use crate::runtime::arith::check_room;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, aside, sequence};
use crate::value::Value;
use memchr::memmem;

natives! {
    /// Bytes of ints from 0 to 255.
    ///
    /// Another element throws `value`.
    pure fn [pulls] bytes(xs: SEQUENCE) -> "bytes" = bytes;
    /// The bytes of a text in UTF-8.
    pure fn [none] string_to_bytes(s: STRING) -> "bytes" = string_to_bytes;
    /// The text that the bytes are in UTF-8.
    ///
    /// Other bytes throw `value`, or become U+FFFD if `lossy`.
    pure fn [none] bytes_to_string(b: BYTES, lossy: or(BOOL, "false")) -> "string" = bytes_to_string;
}

fn bytes(cx: &mut dyn Context, args: Args) -> Fallible {
    if args.get(0).is_bytes() {
        return Ok(args.get(0));
    }
    let count = sequence::known_count(cx, args.get(0));
    check_bytes(cx, "bytes", count)?;
    check_room(cx, 2 * count)?;
    let mut made: Vec<u8> = Vec::new();
    let mut xs = Elements::of(args, 0);
    while let Some(x) = xs.next(cx)? {
        let Some(byte) = as_byte(x) else {
            let what = "ints from 0 to 255";
            return Err(value_error(cx, "bytes", "the elements", what, x));
        };
        if made.len() == made.capacity() {
            check_bytes(cx, "bytes", 2 * made.len())?;
        }
        made.push(byte);
    }
    pace::new_bytes(cx, &made)
}

fn as_byte(v: Value) -> Option<u8> {
    v.is_int().then(|| u8::try_from(v.as_int()).ok()).flatten()
}

fn string_to_bytes(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    pace::new_bytes(cx, text.as_bytes())
}

fn bytes_to_string(cx: &mut dyn Context, args: Args) -> Fallible {
    let bytes = args.get(0).bytes();
    let lossy = args.get(1) == Value::TRUE;
    // The result may need three times the room, where every byte is replaced.
    check_room(cx, bytes.len())?;
    let mut text = String::new();
    let mut chunks = bytes.utf8_chunks();
    let mut pace = Pace::new();
    let first = chunks.next();
    match first {
        None => return Ok(cx.heap().new_string("")),
        Some(chunk) if chunk.valid().len() == bytes.len() => {
            return new_text(cx, "bytes_to_string", chunk.valid());
        }
        Some(chunk) if !lossy => {
            let (at, byte) = (chunk.valid().len(), chunk.invalid()[0]);
            let message = format!(
                "bytes_to_string() expects b to be UTF-8; got byte {byte} at position {at}"
            );
            return Err(Fault::new(ErrorKind::Value, message));
        }
        Some(_) => {}
    }
    for chunk in first.into_iter().chain(chunks) {
        pace.bytes(cx, chunk.valid().len())?;
        check_bytes(cx, "bytes_to_string", text.len() + chunk.valid().len() + 3)?;
        make_room(&mut text, chunk.valid().len() + 3)?;
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    new_text(cx, "bytes_to_string", &text)
}

/// The bytes of all arguments, which are byte strings.
pub(super) fn concat(cx: &mut dyn Context, args: Args) -> Fallible {
    let parts = args.slice();
    let len = parts.iter().map(|part| part.bytes().len()).sum();
    check_bytes(cx, "concat", len)?;
    check_room(cx, len)?;
    // SAFETY: all of it is written, or nothing will refer to it.
    let joined = unsafe { cx.heap().bytes_to_fill(len) };
    let mut at = 0;
    for run in parts.iter().flat_map(|part| part.bytes().chunks(STRETCH)) {
        cx.heap().fill_bytes(joined, at, run);
        at += run.len();
        if run.len() == STRETCH {
            cx.poll()?;
        }
    }
    Ok(joined)
}

/// Whether a byte string has another one in it.
fn has_part(cx: &mut dyn Context, b: Value, part: Value) -> Fallible<bool> {
    if part.bytes().len() > b.bytes().len() {
        return Ok(false);
    }
    if part.bytes().len() > STRETCH {
        return aside::search(cx, b, part, |b, part| memmem::find(b, part).is_some());
    }
    let (bytes, part) = (b.bytes(), part.bytes());
    let finder = memmem::Finder::new(part);
    let mut from = 0;
    loop {
        let end = bytes.len().min(from + STRETCH + part.len());
        if finder.find(&bytes[from..end]).is_some() {
            return Ok(true);
        }
        if end == bytes.len() {
            return Ok(false);
        }
        cx.poll()?;
        // A part that starts before the end less its length has been found.
        from = end - part.len();
    }
}

/// Whether a byte string has `item`: a byte, or bytes.
pub(super) fn contains(cx: &mut dyn Context, b: Value, item: Value) -> Fallible<bool> {
    if item.is_bytes() {
        return has_part(cx, b, item);
    }
    if !is_int(item) {
        return Err(type_error("contains", "item", "an int or bytes", item));
    }
    match as_byte(item) {
        Some(byte) => Ok(memchr::memchr(byte, b.bytes()).is_some()),
        None => Err(value_error(cx, "contains", "item", "from 0 to 255", item)),
    }
}
