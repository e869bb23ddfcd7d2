//! Strings: lengths, parts, searching, splitting and joining (STDLIB 3). Positions
//! count Unicode scalars; ASCII texts, where they are bytes, take short ways.
//! `case.rs` has what changes letters, `format.rs` templates.

mod search;

use super::declare::*;
use super::fast;
use super::limits::*;
use super::operands::*;
use super::owners::*;
use crate::heap::object::Kind;
use crate::heap::{Heap, MAX_ELEMENTS};
use crate::runtime::arith::{self, check_room};
use crate::runtime::messages::value_error;
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{Args, Context, Fallible, ParamKind, compare, text};
use crate::value::Value;
use search::{
    all_matches, count_of, ends_with, find, index_of, is_longer, last_index_of, occurrences,
    starts_with,
};
pub(super) use search::{contains, position};

const MEASURED: Accepts = either(&[ParamKind::Measured]);
pub(super) const SEARCHED: Accepts = either(&[ParamKind::Searched]);
const TEXT_OR_ARRAY: Accepts = either(&[ParamKind::String, ParamKind::Array]);

natives! {
    /// The number of characters, elements or entries.
    ///
    /// Of an instance what its method `len` gives. Iterators have no length: use
    /// `count`.
    pure fn [contents] len(x: MEASURED) -> "int" = len => fast::len as Len;
    /// Whether `len(x)` is 0.
    pure fn [contents] is_empty(x: MEASURED) -> "bool" = is_empty => fast::is_empty;
    /// The number of characters.
    pure fn [none] count_chars(s: STRING) -> "int" = len;
    /// Without white space at either end.
    ///
    /// White space is that of Unicode.
    pure fn [none] trim(s: STRING) -> "string" = trim => fast::trim;
    /// Without white space at the start.
    ///
    /// White space is that of Unicode.
    pure fn [none] trim_start(s: STRING) -> "string" = trim_start;
    /// Without white space at the end.
    ///
    /// White space is that of Unicode.
    pure fn [none] trim_end(s: STRING) -> "string" = trim_end;
    /// Whether a text has a part, an array an element, a dict a key.
    ///
    /// `""` is in every text. Bytes are searched for a byte or for bytes. A dict is searched by key, an instance by its
    /// `op_contains`. `x in xs` is `contains(xs, x)`.
    pure fn [operators] contains(x: SEARCHED, item: ANY) -> "bool" = contains => fast::contains;
    /// Whether the text starts with `part`.
    ///
    /// Every text does with `""`.
    pure fn [none] starts_with(s: STRING, part: STRING) -> "bool" = starts_with => fast::starts_with;
    /// Whether the text ends with `part`.
    ///
    /// Every text does with `""`.
    pure fn [none] ends_with(s: STRING, part: STRING) -> "bool" = ends_with => fast::ends_with;
    /// The position of the first match, -1 if there is none.
    ///
    /// `""` is found at 0.
    pure fn [operators] index_of(x: TEXT_OR_ARRAY, item: ANY) -> "int" = index_of => fast::index_of;
    /// The position of the last match, -1 if there is none.
    ///
    /// `""` is found at the end.
    pure fn [operators] last_index_of(x: TEXT_OR_ARRAY, item: ANY) -> "int" = last_index_of;
    /// How often a part occurs, without overlap.
    ///
    /// `""` is found before every character and at the end, as by `replace`.
    pure fn [none] count_of(s: STRING, part: STRING) -> "int" = count_of;
    /// Without `part` at the start.
    ///
    /// Unchanged if it is not there.
    pure fn [none] remove_prefix(s: STRING, part: STRING) -> "string" = remove_prefix;
    /// Without `part` at the end.
    ///
    /// Unchanged if it is not there.
    pure fn [none] remove_suffix(s: STRING, part: STRING) -> "string" = remove_suffix;
    /// `[before, after]` the first separator, null if there is none.
    ///
    /// An empty `sep` is found at the start.
    pure fn [none] split_once(s: STRING, sep: STRING) = split_once;
    /// The characters from `start` up to, without, `end`.
    ///
    /// Negative positions count from the end; the range is cut to the text.
    pure fn [none] substring | substr (s: STRING, start: WHOLE, end: opt(WHOLE)) -> "string" = substring => fast::substring;
    /// The character at a position, `""` outside the text.
    ///
    /// A negative position counts from the end.
    pure fn [none] char_at(s: STRING, i: WHOLE) -> "string" = char_at => fast::char_at;
    /// The characters as one-character strings.
    pure fn [none] chars(s: STRING) -> "array" = chars;
    /// The scalar value of a one-character string.
    ///
    /// Another length throws `value`.
    pure fn [none] ord(s: STRING) -> "int" = ord => fast::ord as Ord;
    /// The one-character string of a scalar value.
    ///
    /// Surrogates and numbers outside 0 to 0x10FFFF throw `value`.
    pure fn [none] chr(n: INT) -> "string" = chr => fast::chr as Chr;
    /// The texts between the separators.
    ///
    /// An empty `sep` gives the characters. `split("", ",")` is one empty string.
    pure fn [none] split(s: STRING, sep: STRING) -> "array" = split => fast::split;
    /// The print forms of the elements with `sep` between them.
    pure fn [pulls texts] join(xs: SEQUENCE, sep: or(STRING, "\"\"")) -> "string" = join => fast::join;
    /// With every `from` replaced by `to`.
    ///
    /// From left to right, without overlap. An empty `from` is found before every character and
    /// at the end.
    pure fn [none] replace | replace_str (s: STRING, from: STRING, to: STRING) -> "string" = replace => fast::replace;
    /// `n` copies one after another.
    ///
    /// Nothing for n <= 0. `repeat([0], 100)` makes a filled array.
    pure fn [none] repeat(x: TEXT_OR_ARRAY, n: WHOLE) -> "as x" = repeat;
    /// Filled up at the start to `width` characters.
    ///
    /// Never cuts. A longer `pad` is cut to fit, an empty one throws `value`.
    pure fn [none] pad_left | pad_start (s: STRING, width: WHOLE, pad: or(STRING, "\" \"")) -> "string" = pad_left;
    /// Filled up at the end to `width` characters.
    ///
    /// Never cuts. A longer `pad` is cut to fit, an empty one throws `value`.
    pure fn [none] pad_right | pad_end (s: STRING, width: WHOLE, pad: or(STRING, "\" \"")) -> "string" = pad_right;
    /// Filled up at both ends to `width` characters.
    ///
    /// The odd character goes to the right. Never cuts; an empty `pad` throws `value`.
    pure fn [none] pad_center(s: STRING, width: WHOLE, pad: or(STRING, "\" \"")) -> "string" = pad_center;
    /// The lines without their line ends.
    ///
    /// Split at `\n` and `\r\n`, without an empty last line.
    pure fn [none] lines(s: STRING) -> "array" = lines;
    /// The parts between runs of white space.
    pure fn [none] words(s: STRING) -> "array" = words;
    /// The characters in reverse order.
    pure fn [none] str_reverse(s: STRING) -> "string" = str_reverse;
    /// Cut to `max` characters, `suffix` included.
    ///
    /// Unchanged if it fits. If `max` is below the length of `suffix`, that is cut; a negative
    /// one throws `value`.
    pure fn [none] truncate(s: STRING, max: WHOLE, suffix: or(STRING, "\"...\"")) -> "string" = truncate;
}

/// Characters, elements, entries.
fn length(heap: &mut Heap, v: Value) -> usize {
    match v.kind() {
        Some(Kind::String) => v.string().char_len(),
        Some(Kind::Bytes) => v.bytes().len(),
        Some(Kind::Array) => v.elements().len(),
        Some(Kind::Set) => v.set().len(),
        Some(Kind::Queue | Kind::Stack) => v.queue().elements().len(),
        Some(Kind::Heap) => v.priority().len(),
        _ => heap.dict_len(v),
    }
}

fn len(cx: &mut dyn Context, args: Args) -> Fallible {
    if let Some(length) = compare::own_length(cx, args.get(0))? {
        return Ok(length);
    }
    Ok(Value::int(length(cx.heap(), args.get(0)) as i64))
}

fn is_empty(cx: &mut dyn Context, args: Args) -> Fallible {
    if let Some(length) = compare::own_length(cx, args.get(0))? {
        return Ok(Value::bool(length == Value::ZERO));
    }
    Ok(Value::bool(length(cx.heap(), args.get(0)) == 0))
}

/// The part of the string `s` between two byte positions.
pub(super) fn part(cx: &mut dyn Context, s: Value, from: usize, to: usize) -> Fallible {
    let chars = chars_of_part(cx, s, from, to)?;
    Ok(cx.heap().substring(s, from, to, chars))
}

/// The number of characters of the bytes `from .. to` of a string.
fn chars_of_part(cx: &mut dyn Context, s: Value, from: usize, to: usize) -> Fallible<usize> {
    if s.string().is_ascii() {
        return Ok(to - from);
    }
    let part = &cx.heap().str(s)[from..to];
    pace::count_chars(cx, part)
}

/// The part of the string `s` that the slice `part` of its text is.
fn slice_of(cx: &mut dyn Context, s: Value, text: &str, slice: &str) -> Fallible {
    let from = slice.as_ptr() as usize - text.as_ptr() as usize;
    part(cx, s, from, from + slice.len())
}

/// The characters `from .. to` of a string.
pub(super) fn char_range(cx: &mut dyn Context, s: Value, from: usize, to: usize) -> Value {
    let heap = cx.heap();
    let (start, end) = (heap.byte_of_char(s, from), heap.byte_of_char(s, to));
    heap.substring(s, start, end, to - from)
}

fn trim(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let rest = pace::without_start(cx, text)?;
    let rest = pace::without_end(cx, rest)?;
    slice_of(cx, args.get(0), text, rest)
}

fn trim_start(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let rest = pace::without_start(cx, text)?;
    slice_of(cx, args.get(0), text, rest)
}

fn trim_end(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    let rest = pace::without_end(cx, text)?;
    slice_of(cx, args.get(0), text, rest)
}

fn remove_prefix(cx: &mut dyn Context, args: Args) -> Fallible {
    let (text, part) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let rest = text.strip_prefix(part).unwrap_or(text);
    slice_of(cx, args.get(0), text, rest)
}

fn remove_suffix(cx: &mut dyn Context, args: Args) -> Fallible {
    let (text, part) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let rest = text.strip_suffix(part).unwrap_or(text);
    slice_of(cx, args.get(0), text, rest)
}

fn split_once(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    let (text, sep) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    let Some(at) = find(cx, s, args.get(1))? else {
        return Ok(Value::NULL);
    };
    let before = part(cx, s, 0, at)?;
    let after = part(cx, s, at + sep.len(), text.len())?;
    Ok(pair(cx, before, after))
}

fn substring(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    let (from, to) = bounds(args.get(1), args.get(2), s.string().char_len());
    Ok(char_range(cx, s, from, to))
}

fn char_at(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    let (i, len) = (clamped(args.get(1)), s.string().char_len() as i64);
    let i = if i < 0 { i.saturating_add(len) } else { i };
    if (0..len).contains(&i) {
        Ok(char_range(cx, s, i as usize, i as usize + 1))
    } else {
        Ok(cx.heap().new_string(""))
    }
}

fn chars(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    characters(cx, "chars", s)
}

fn characters(cx: &mut dyn Context, name: &str, s: Value) -> Fallible {
    let len = s.string().char_len();
    check_elements(name, len)?;
    check_room(cx, 8 * len)?;
    let array = cx.heap().new_array(len);
    let mut pace = Pace::new();
    for c in cx.heap().str(s).chars() {
        pace.step(cx)?;
        let c = cx.heap().new_string(c.encode_utf8(&mut [0; 4]));
        push(cx, name, array, c)?;
    }
    Ok(array)
}

fn ord(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut chars = str_arg(cx, args, 0).chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Ok(Value::int(c as i64)),
        _ => Err(value_error(cx, "ord", "s", "one character", args.get(0))),
    }
}

fn chr(cx: &mut dyn Context, args: Args) -> Fallible {
    let n = args.get(0);
    let c = u32::try_from(clamped(n)).ok().and_then(char::from_u32);
    match c {
        Some(c) => Ok(cx.heap().new_string(c.encode_utf8(&mut [0; 4]))),
        None => Err(value_error(cx, "chr", "n", "a Unicode scalar value", n)),
    }
}

fn split(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    let (text, sep) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    if sep.is_empty() {
        return characters(cx, "split", s);
    }
    match *sep.as_bytes() {
        _ if text.len() > STRETCH || sep.len() > text.len() => split_long(cx, s, args.get(1)),
        // One byte is found faster than a text of one byte.
        [byte] => parts(cx, "split", s, text, SOME, text.split(byte as char)),
        _ => {
            let mut from = 0;
            let ends = occurrences(text, sep).chain([text.len()]);
            let slices = ends.map(|at| &text[std::mem::replace(&mut from, at + sep.len())..at]);
            parts(cx, "split", s, text, SOME, slices)
        }
    }
}

/// [`split`] of a text that takes long to search.
fn split_long(cx: &mut dyn Context, s: Value, sep: Value) -> Fallible {
    let (text_len, sep_len) = (s.string().byte_len(), sep.string().byte_len());
    let array = cx.heap().new_array(4);
    cx.heap().begin_texts();
    let mut last = 0;
    let mut push_part = |cx: &mut dyn Context, to: usize| {
        let chars = chars_of_part(cx, s, last, to)?;
        let part = cx.heap().substring_of_array(s, last, to, chars);
        last = to + sep_len;
        push(cx, "split", array, part)
    };
    all_matches(cx, s, sep, &mut |cx, at| push_part(cx, at).map(|()| true))?;
    push_part(cx, text_len)?;
    Ok(array)
}

/// Parts for which there is room at first, where their number is not known.
const SOME: usize = 4;

/// An array of the given slices of the text of `s`, with room for `count` at first.
fn parts<'a>(
    cx: &mut dyn Context,
    name: &str,
    s: Value,
    text: &str,
    count: usize,
    slices: impl Iterator<Item = &'a str>,
) -> Fallible {
    let ascii = s.string().is_ascii();
    let is_long = text.len() > SHORT;
    let mut heap = cx.heap();
    let array = heap.new_array(count);
    heap.begin_texts();
    let mut pace = Pace::new();
    for slice in slices {
        if is_long {
            pace.bytes(cx, slice.len())?;
            heap = cx.heap();
        }
        let from = slice.as_ptr() as usize - text.as_ptr() as usize;
        let chars = if ascii {
            slice.len()
        } else {
            slice.chars().count()
        };
        let part = heap.substring_of_array(s, from, from + slice.len(), chars);
        let room = heap.array_push(array, part);
        room.map_err(|why| no_room(name, why))?;
    }
    Ok(array)
}

fn join(cx: &mut dyn Context, args: Args) -> Fallible {
    let sep = match args.get(1) {
        sep if sep.is_absent() => "",
        sep => cx.heap().str(sep),
    };
    if let Some(joined) = joined_texts(cx, args.get(0), sep)? {
        return Ok(joined);
    }
    let mut xs = Elements::of(args, 0);
    let mut joined = String::new();
    let mut first = true;
    let mut pace = Pace::new();
    while let Some(x) = xs.next(cx)? {
        if !std::mem::take(&mut first) {
            check_bytes(cx, "join", joined.len() + sep.len())?;
            make_room(&mut joined, sep.len())?;
            pace::push_long(cx, &mut joined, sep)?;
        }
        if x.is_string() && x.string().byte_len() <= STRETCH {
            let text = cx.heap().str(x);
            pace.bytes(cx, sep.len() + text.len())?;
            check_bytes(cx, "join", joined.len() + text.len())?;
            make_room(&mut joined, text.len())?;
            joined.push_str(text);
        } else {
            text::display_into(cx, &mut joined, x)?;
        }
        check_bytes(cx, "join", joined.len())?;
    }
    new_text(cx, "join", &joined)
}

/// An array of strings joined, if that is what the elements are, and they are not so
/// long that it takes a while.
fn joined_texts(cx: &mut dyn Context, xs: Value, sep: &str) -> Fallible<Option<Value>> {
    if !xs.is_kind(Kind::Array) {
        return Ok(None);
    }
    let xs = xs.elements();
    let mut bytes = sep.len() * xs.len().saturating_sub(1);
    let mut pace = Pace::new();
    for x in xs {
        pace.step(cx)?;
        if !x.is_string() {
            return Ok(None);
        }
        bytes += x.string().byte_len();
    }
    check_bytes(cx, "join", bytes)?;
    check_room(cx, bytes)?;
    if bytes > 8 * STRETCH {
        return Ok(None);
    }
    Ok(Some(cx.heap().join(xs, sep)))
}

fn replace(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    let text = str_arg(cx, args, 0);
    let (from, to) = (str_arg(cx, args, 1), str_arg(cx, args, 2));
    if is_longer(args.get(1), s) {
        return Ok(s);
    }
    let mut replaced = String::new();
    let mut last = 0;
    let mut found = false;
    let mut pace = Pace::new();
    let mut append = |cx: &mut dyn Context, at: usize| -> Fallible<bool> {
        if !std::mem::replace(&mut found, true) {
            make_room(&mut replaced, text.len() + to.len())?;
        }
        if to.len() > SHORT {
            make_room(&mut replaced, at - last + to.len())?;
        }
        pace::push_long(cx, &mut replaced, &text[last..at])?;
        pace::push_long(cx, &mut replaced, to)?;
        last = at + from.len();
        check_bytes(cx, "replace", replaced.len())?;
        pace.step(cx)?;
        Ok(true)
    };
    if text.len() > STRETCH && !from.is_empty() {
        all_matches(cx, s, args.get(1), &mut append)?;
    } else if from.is_empty() {
        for (at, _) in text.match_indices(from) {
            append(cx, at)?;
        }
    } else {
        for at in occurrences(text, from) {
            append(cx, at)?;
        }
    }
    if !found {
        return Ok(s);
    }
    pace::push_long(cx, &mut replaced, &text[last..])?;
    new_text(cx, "replace", &replaced)
}

fn repeat(cx: &mut dyn Context, args: Args) -> Fallible {
    let x = args.get(0);
    let n = clamped(args.get(1)).max(0) as u128;
    if x.is_string() {
        let text = cx.heap().str(x);
        let bytes = text.len() as u128 * n;
        if bytes > crate::heap::MAX_STRING as u128 {
            let bytes = to_big(args.get(1)) * text.len();
            return Err(too_long("repeat", bytes));
        }
        if bytes == 0 {
            return Ok(cx.heap().new_string(""));
        }
        return arith::repeated(cx, text, n as usize);
    }
    let elements = x.elements();
    let len = elements.len() as u128 * n;
    if len > MAX_ELEMENTS as u128 {
        let len = to_big(args.get(1)) * elements.len();
        return Err(too_many("repeat", len));
    }
    if len == 0 {
        return Ok(cx.heap().new_array(0));
    }
    check_room(cx, 8 * len as usize)?;
    elements.iter().for_each(|x| x.share());
    let array = cx.heap().new_array(len as usize);
    let mut pace = Pace::new();
    for _ in 0..n {
        for &x in elements {
            pace.step(cx)?;
            push(cx, "repeat", array, x)?;
        }
    }
    Ok(array)
}

fn pad_left(cx: &mut dyn Context, args: Args) -> Fallible {
    padded(cx, "pad_left", args, |missing| (missing, 0))
}

fn pad_right(cx: &mut dyn Context, args: Args) -> Fallible {
    padded(cx, "pad_right", args, |missing| (0, missing))
}

fn pad_center(cx: &mut dyn Context, args: Args) -> Fallible {
    padded(cx, "pad_center", args, |missing| {
        (missing / 2, missing - missing / 2)
    })
}

/// Argument 0 brought to the width in argument 1 by characters of argument 2; `sides`
/// says how many of those that are missing are before and after it.
fn padded(
    cx: &mut dyn Context,
    name: &str,
    args: Args,
    sides: fn(usize) -> (usize, usize),
) -> Fallible {
    let pad = match args.get(2) {
        pad if pad.is_absent() => " ",
        pad if pad.string().byte_len() == 0 => {
            return Err(value_error(cx, name, "pad", "at least one character", pad));
        }
        pad => cx.heap().str(pad),
    };
    let s = args.get(0).string();
    let missing = clamped(args.get(1)).saturating_sub(s.char_len() as i64);
    if missing <= 0 {
        return Ok(args.get(0));
    }
    let (left, right) = sides(missing as usize);
    let chars = pad.chars().count();
    let rest = |missing: usize| {
        let part = pad.char_indices().nth(missing % chars);
        &pad[..part.map_or(0, |(at, _)| at)]
    };
    let bytes = |missing: usize| {
        (missing / chars) as u128 * pad.len() as u128 + rest(missing).len() as u128
    };
    let bytes = bytes(left) + s.byte_len() as u128 + bytes(right);
    if bytes > crate::heap::MAX_STRING as u128 {
        return Err(too_long(name, bytes));
    }
    check_room(cx, 2 * bytes as usize)?;
    let mut padded = text_with_room(bytes as usize)?;
    pace::push_repeated(cx, &mut padded, pad, left / chars)?;
    padded.push_str(rest(left));
    let text = str_arg(cx, args, 0);
    pace::push_repeated(cx, &mut padded, text, 1)?;
    pace::push_repeated(cx, &mut padded, pad, right / chars)?;
    padded.push_str(rest(right));
    new_text(cx, name, &padded)
}

fn lines(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    parts(cx, "lines", args.get(0), text, SOME, text.lines())
}

fn words(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    parts(
        cx,
        "words",
        args.get(0),
        text,
        SOME,
        text.split_whitespace(),
    )
}

fn str_reverse(cx: &mut dyn Context, args: Args) -> Fallible {
    reversed(cx, args.get(0))
}

pub(super) fn reversed(cx: &mut dyn Context, s: Value) -> Fallible {
    let text = cx.heap().str(s);
    check_room(cx, 2 * text.len())?;
    let mut reversed = text_with_room(text.len())?;
    let mut pace = Pace::new();
    for c in text.chars().rev() {
        pace.step(cx)?;
        reversed.push(c);
    }
    pace::new_string(cx, &reversed)
}

fn truncate(cx: &mut dyn Context, args: Args) -> Fallible {
    let s = args.get(0);
    let max = not_negative(cx, "truncate", "max", args.get(1))?;
    if s.string().char_len() <= max {
        return Ok(s);
    }
    let suffix = match args.get(2) {
        suffix if suffix.is_absent() => cx.heap().new_string("..."),
        suffix => suffix,
    };
    let length = suffix.string().char_len();
    if max < length {
        return Ok(char_range(cx, suffix, 0, max));
    }
    let kept = char_range(cx, s, 0, max - length);
    match cx.heap().concat(kept, suffix) {
        Ok(text) => Ok(text),
        Err(_) => Err(too_long("truncate", s.string().byte_len())),
    }
}
