//! Long works inside of one operation or built-in look up now and then: whether the
//! program is to end (Ctrl-C), whether the heap is beyond its limit. Loops count their
//! steps by a [`Pace`], which costs a subtraction and a test a step.

use super::{Context, Fallible};
use crate::value::Value;
use memchr::memmem;
use std::cmp::Ordering;

/// Steps between two looks: of those that take longest, a few milliseconds.
const STEPS: usize = 1 << 13;
/// Bytes that are copied or searched in the time of a step.
const BYTES: usize = 1 << 8;
/// Bytes of a text that are worked on without a look.
pub const STRETCH: usize = STEPS * BYTES;

/// Counts the steps of a long work.
pub struct Pace {
    left: usize,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace::new()
    }
}

impl Pace {
    pub const fn new() -> Pace {
        Pace { left: STEPS }
    }

    /// A step: something that takes a few nanoseconds to a microsecond.
    ///
    /// # Errors
    /// If the program is to end or has no memory left.
    #[inline(always)]
    pub fn step(&mut self, cx: &mut dyn Context) -> Fallible<()> {
        self.left -= 1;
        if self.left == 0 {
            return self.look(cx);
        }
        Ok(())
    }

    /// A step that copies or searches so many bytes.
    ///
    /// # Errors
    /// As for [`Pace::step`].
    #[inline(always)]
    pub fn bytes(&mut self, cx: &mut dyn Context, bytes: usize) -> Fallible<()> {
        let steps = 1 + bytes / BYTES;
        if self.left <= steps {
            return self.look(cx);
        }
        self.left -= steps;
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn look(&mut self, cx: &mut dyn Context) -> Fallible<()> {
        self.left = STEPS;
        cx.poll()
    }
}

/// The text of a string: [`Heap::str`](crate::heap::Heap::str), but a long rope is
/// written out in steps.
///
/// # Errors
/// As for [`Pace::step`], and if there is no memory for it.
#[inline]
pub fn text_of(cx: &mut dyn Context, string: Value) -> Fallible<&'static str> {
    if string.string().is_rope_beyond(STRETCH) {
        write_out(cx, string)?;
    }
    Ok(cx.heap().str(string))
}

/// Writes out what is a long rope, so that no look at its text takes long.
///
/// # Errors
/// As for [`text_of`].
#[inline]
pub fn ready(cx: &mut dyn Context, v: Value) -> Fallible<()> {
    if v.is_string() && v.string().is_rope_beyond(STRETCH) {
        write_out(cx, v)?;
    }
    Ok(())
}

#[cold]
#[inline(never)]
fn write_out(cx: &mut dyn Context, rope: Value) -> Fallible<()> {
    super::limits::check_room(cx, rope.string().byte_len())?;
    let mut writing = cx.heap().begin_writing(rope);
    while !writing.go_on(cx.heap(), STRETCH) {
        cx.poll()?;
    }
    Ok(())
}

/// The order of two texts by their bytes, which is that of their code points.
///
/// # Errors
/// As for [`Pace::step`].
#[inline(never)]
pub fn compare_bytes(cx: &mut dyn Context, a: &[u8], b: &[u8]) -> Fallible<Ordering> {
    let (mut xs, mut ys) = (a.chunks(STRETCH), b.chunks(STRETCH));
    loop {
        let (x, y) = match (xs.next(), ys.next()) {
            (Some(x), Some(y)) => (x, y),
            (x, y) => return Ok(x.is_some().cmp(&y.is_some())),
        };
        match x.cmp(y) {
            Ordering::Equal => {}
            order => return Ok(order),
        }
        if x.len() == STRETCH {
            cx.poll()?;
        }
    }
}

/// The stretches of a text, in order, with a look between them.
///
/// # Errors
/// As for [`Pace::step`], and those of `each`.
pub fn stretches<'t>(
    cx: &mut dyn Context,
    text: &'t str,
    mut each: impl FnMut(&mut dyn Context, &'t str) -> Fallible<()>,
) -> Fallible<()> {
    let mut rest = text;
    while rest.len() > STRETCH {
        let (stretch, after) = rest.split_at(boundary(rest, STRETCH));
        each(cx, stretch)?;
        cx.poll()?;
        rest = after;
    }
    each(cx, rest)
}

/// A new string, which may be long: the memory has been asked for.
///
/// # Errors
/// As for [`Pace::step`].
pub fn new_string(cx: &mut dyn Context, text: &str) -> Fallible {
    if text.len() <= STRETCH {
        return Ok(cx.heap().new_string(text));
    }
    let chars = count_chars(cx, text)?;
    // SAFETY: all of it is written, or nothing will refer to it.
    let string = unsafe { cx.heap().string_to_fill(text.len(), chars) };
    let mut at = 0;
    stretches(cx, text, |cx, stretch| {
        cx.heap().fill_string(string, at, stretch);
        at += stretch.len();
        Ok(())
    })?;
    Ok(string)
}

/// A new byte string, which may be long.
///
/// # Errors
/// As for [`Pace::step`], and if there is no memory for it.
pub fn new_bytes(cx: &mut dyn Context, bytes: &[u8]) -> Fallible {
    super::limits::check_room(cx, bytes.len())?;
    if bytes.len() <= STRETCH {
        return Ok(cx.heap().new_bytes(bytes));
    }
    // SAFETY: all of it is written, or nothing will refer to it.
    let copy = unsafe { cx.heap().bytes_to_fill(bytes.len()) };
    for (i, part) in bytes.chunks(STRETCH).enumerate() {
        cx.heap().fill_bytes(copy, i * STRETCH, part);
        cx.poll()?;
    }
    Ok(copy)
}

/// Calls `each` with the places where `part`, which is not empty, occurs in a text, from
/// left to right and without overlap, until it says that this is enough.
///
/// # Errors
/// As for [`Pace::step`], and those of `each`.
pub fn matches(
    cx: &mut dyn Context,
    text: &str,
    part: &str,
    each: &mut dyn FnMut(&mut dyn Context, usize) -> Fallible<bool>,
) -> Fallible<()> {
    let mut pace = Pace::new();
    let mut from = 0;
    loop {
        let end = match text.len() - from {
            rest if rest <= STRETCH + part.len() => text.len(),
            _ => boundary(text, from + STRETCH + part.len()),
        };
        let mut after = from;
        let stretch = &text.as_bytes()[from..end];
        for at in memmem::find_iter(stretch, part.as_bytes()) {
            if !each(cx, from + at)? {
                return Ok(());
            }
            pace.step(cx)?;
            after = from + at + part.len();
        }
        if end == text.len() {
            return Ok(());
        }
        cx.poll()?;
        // A part that starts before the end less its length has been found.
        from = after.max(boundary(text, end - part.len()));
    }
}

/// The beginning of a text, for a look after it: all of it, or about [`STRETCH`].
pub fn first_stretch(text: &str) -> &str {
    match text.len() {
        0..=STRETCH => text,
        _ => &text[..boundary(text, STRETCH)],
    }
}

/// The end of a text, for a look in front of it.
pub fn last_stretch(text: &str) -> &str {
    match text.len() {
        0..=STRETCH => text,
        len => &text[boundary(text, len - STRETCH)..],
    }
}

/// A text without white space at its start.
///
/// # Errors
/// As for [`Pace::step`].
pub fn without_start<'t>(cx: &mut dyn Context, mut text: &'t str) -> Fallible<&'t str> {
    loop {
        let first = first_stretch(text);
        let kept = first.trim_start();
        if !kept.is_empty() || first.len() == text.len() {
            return Ok(&text[first.len() - kept.len()..]);
        }
        text = &text[first.len()..];
        cx.poll()?;
    }
}

/// A text without white space at its end.
///
/// # Errors
/// As for [`Pace::step`].
pub fn without_end<'t>(cx: &mut dyn Context, mut text: &'t str) -> Fallible<&'t str> {
    loop {
        let last = last_stretch(text);
        let before = text.len() - last.len();
        let kept = last.trim_end();
        if !kept.is_empty() || before == 0 {
            return Ok(&text[..before + kept.len()]);
        }
        text = &text[..before];
        cx.poll()?;
    }
}

/// Bytes as a text, if they are UTF-8.
///
/// # Errors
/// As for [`Pace::step`].
pub fn utf8<'b>(cx: &mut dyn Context, bytes: &'b [u8]) -> Fallible<Option<&'b str>> {
    let mut known = 0;
    while bytes.len() - known > STRETCH {
        // A character may be cut at the end.
        match std::str::from_utf8(&bytes[known..known + STRETCH]) {
            Ok(_) => known += STRETCH,
            Err(cut) if cut.error_len().is_none() => known += cut.valid_up_to(),
            Err(_) => return Ok(None),
        }
        cx.poll()?;
    }
    if std::str::from_utf8(&bytes[known..]).is_err() {
        return Ok(None);
    }
    // SAFETY: every part of it has been looked at, and none begins within a character.
    Ok(Some(unsafe { std::str::from_utf8_unchecked(bytes) }))
}

/// How many characters a text has.
///
/// # Errors
/// As for [`Pace::step`].
pub fn count_chars(cx: &mut dyn Context, text: &str) -> Fallible<usize> {
    let mut chars = 0;
    stretches(cx, text, |_, stretch| {
        chars += stretch.chars().count();
        Ok(())
    })?;
    Ok(chars)
}

/// Appends a text so many times to one that has the room.
///
/// # Errors
/// As for [`Pace::step`].
pub fn push_repeated(
    cx: &mut dyn Context,
    out: &mut String,
    text: &str,
    count: usize,
) -> Fallible<()> {
    if text.is_empty() || count == 0 {
        return Ok(());
    }
    // Pieces that are long, and yet short enough for a look after each.
    let at_once = (STRETCH / text.len()).clamp(1, count);
    let piece = match at_once {
        1 => text,
        _ => &text.repeat(at_once),
    };
    let end = out.len() + text.len() * count;
    while out.len() < end {
        let rest = (end - out.len()).min(piece.len());
        stretches(cx, &piece[..rest], |_, stretch| {
            out.push_str(stretch);
            Ok(())
        })?;
        cx.poll()?;
    }
    Ok(())
}

/// Appends a text, which may be long.
///
/// # Errors
/// As for [`Pace::step`].
#[inline]
pub fn push_long(cx: &mut dyn Context, out: &mut String, text: &str) -> Fallible<()> {
    if text.len() > STRETCH {
        return push_repeated(cx, out, text, 1);
    }
    out.push_str(text);
    Ok(())
}

/// The last place at or before `at` where a character begins.
pub fn boundary(text: &str, at: usize) -> usize {
    (0..=at)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}
