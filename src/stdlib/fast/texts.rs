//! Texts, mostly ASCII and short; with what searches arrays alike.

use super::containers::is_in_set;
use super::{NOT_HANDLED, is_key};
use crate::heap::Heap;
use crate::heap::object::Kind;
use crate::runtime::Args;
use crate::runtime::pace::STRETCH;
use crate::stdlib::cuts::Cuts;
use crate::stdlib::operands::bounds;
use crate::stdlib::owners::is_mine;
use crate::value::Value;
use memchr::memmem;

/// Texts up to this long are searched, and changed, without further ado.
const SHORT: usize = 128;

/// The text of an argument that is a string, and no long rope.
#[inline(always)]
pub(super) fn str_in(heap: &mut Heap, v: Value) -> Option<&'static str> {
    (v.is_string() && !v.string().is_rope_beyond(STRETCH)).then(|| heap.str(v))
}

/// Both arguments, if they are strings.
#[inline(always)]
fn both_texts(heap: &mut Heap, args: Args) -> Option<(&'static str, &'static str)> {
    Some((str_in(heap, args.get(0))?, str_in(heap, args.get(1))?))
}

/// Where `part` begins in `text`. A search of long texts takes time to prepare itself.
#[inline]
pub fn find(text: &str, part: &str) -> Option<usize> {
    const LOW: u64 = u64::MAX / 0xff;
    let (t, p) = (text.as_bytes(), part.as_bytes());
    let Some(&first) = p.first() else {
        return Some(0);
    };
    if t.len() > SHORT {
        // The search would prepare itself for a part that is too long, too.
        if p.len() > t.len() {
            return None;
        }
        return memmem::find(t, p);
    }
    // Eight places at a time: where the first byte is, a byte of the difference is 0. The
    // subtraction may also find places after one that is right.
    let places = &t[..(t.len() + 1).checked_sub(p.len())?];
    let (chunks, rest) = places.as_chunks::<8>();
    for (i, chunk) in chunks.iter().enumerate() {
        let differences = u64::from_le_bytes(*chunk) ^ (LOW * first as u64);
        let mut hits = differences.wrapping_sub(LOW) & !differences & (LOW << 7);
        while hits != 0 {
            let at = 8 * i + hits.trailing_zeros() as usize / 8;
            if t[at..].starts_with(p) {
                return Some(at);
            }
            hits &= hits - 1;
        }
    }
    let done = places.len() - rest.len();
    (done..places.len()).find(|&at| t[at] == first && t[at..].starts_with(p))
}

pub fn len(heap: &mut Heap, args: Args) -> Value {
    let x = args.get(0);
    Value::int(match x.kind() {
        Some(Kind::String) => x.string().char_len(),
        Some(Kind::Array) => x.elements().len(),
        Some(Kind::Dict) => heap.dict_len(x),
        Some(Kind::Set) => x.set().len(),
        Some(Kind::Queue | Kind::Stack) => x.queue().elements().len(),
        Some(Kind::Heap) => x.priority().len(),
        Some(Kind::Bytes) => x.bytes().len(),
        _ => return NOT_HANDLED,
    } as i64)
}

pub fn is_empty(heap: &mut Heap, args: Args) -> Value {
    match len(heap, args) {
        NOT_HANDLED => NOT_HANDLED,
        len => Value::bool(len == Value::ZERO),
    }
}

/// Where the first element equal to an int or a string is, if no comparison needs
/// a closer look.
#[inline]
fn position(heap: &mut Heap, xs: Value, item: Value) -> Option<Option<usize>> {
    if !is_key(item) || xs.elements().len() > STRETCH / 16 {
        return None;
    }
    for (i, &x) in xs.elements().iter().enumerate() {
        if x == item {
            return Some(Some(i));
        }
        if Value::both_int(x, item) {
            continue;
        }
        if !x.is_string() || !item.is_string() {
            return None;
        }
        if x.string().is_rope_beyond(STRETCH) {
            return None;
        }
        if heap.string_eq(x, item) {
            return Some(Some(i));
        }
    }
    Some(None)
}

/// Both arguments, if they are texts and the first takes no time to search.
#[inline(always)]
fn short_texts(heap: &mut Heap, args: Args) -> Option<(&'static str, &'static str)> {
    both_texts(heap, args).filter(|(x, _)| x.len() <= STRETCH)
}

pub fn contains(heap: &mut Heap, args: Args) -> Value {
    let (x, item) = (args.get(0), args.get(1));
    let found = match x.kind() {
        Some(Kind::String) => short_texts(heap, args).map(|(x, part)| find(x, part).is_some()),
        Some(Kind::Array) => position(heap, x, item).map(|found| found.is_some()),
        Some(Kind::Dict) => is_key(item).then(|| heap.dict_contains(x, item)),
        Some(Kind::Set) => is_in_set(heap, x, item),
        _ => None,
    };
    found.map_or(NOT_HANDLED, Value::bool)
}

pub fn starts_with(heap: &mut Heap, args: Args) -> Value {
    both_texts(heap, args).map_or(NOT_HANDLED, |(x, part)| Value::bool(x.starts_with(part)))
}

pub fn ends_with(heap: &mut Heap, args: Args) -> Value {
    both_texts(heap, args).map_or(NOT_HANDLED, |(x, part)| Value::bool(x.ends_with(part)))
}

pub fn index_of(heap: &mut Heap, args: Args) -> Value {
    let (x, item) = (args.get(0), args.get(1));
    let found = match x.kind() {
        Some(Kind::String) if x.string().is_ascii() => {
            short_texts(heap, args).map(|(x, part)| find(x, part))
        }
        Some(Kind::Array) => position(heap, x, item),
        _ => None,
    };
    found.map_or(NOT_HANDLED, |at| Value::int(at.map_or(-1, |at| at as i64)))
}

/// The characters of an ASCII text from argument 1 up to argument 2.
#[inline]
pub fn substring(heap: &mut Heap, args: Args) -> Value {
    let (s, from, to) = (args.get(0), args.get(1), args.get(2));
    if !s.is_string() || !from.is_int() || !(to.is_int() || to.is_absent()) || heap.over_limit {
        return NOT_HANDLED;
    }
    if !s.string().is_ascii() {
        return NOT_HANDLED;
    }
    if s.string().is_rope_beyond(STRETCH) {
        return NOT_HANDLED;
    }
    let (from, to) = bounds(from, to, s.string().byte_len());
    heap.substring(s, from, to, to - from)
}

pub fn slice(heap: &mut Heap, args: Args) -> Value {
    let (x, from, to) = (args.get(0), args.get(1), args.get(2));
    if !x.is_kind(Kind::Array) {
        return substring(heap, args);
    }
    if !from.is_int() || !(to.is_int() || to.is_absent()) || heap.over_limit {
        return NOT_HANDLED;
    }
    let (from, to) = bounds(from, to, x.elements().len());
    if to - from > STRETCH / 16 {
        return NOT_HANDLED;
    }
    let elements = &x.elements()[from..to];
    if !is_mine(args, 0) {
        elements.iter().for_each(|v| v.share());
    }
    heap.new_array_from(elements)
}

pub fn char_at(heap: &mut Heap, args: Args) -> Value {
    let (s, i) = (args.get(0), args.get(1));
    if !i.is_int() || !s.is_string() || !s.string().is_ascii() {
        return NOT_HANDLED;
    }
    let Some(text) = str_in(heap, s) else {
        return NOT_HANDLED;
    };
    let text = text.as_bytes();
    let i = i.as_int();
    let at = if i < 0 { i + text.len() as i64 } else { i };
    match usize::try_from(at).ok().and_then(|at| text.get(at)) {
        Some(&byte) => heap.ascii_char(byte),
        None => NOT_HANDLED,
    }
}

pub fn ord(heap: &mut Heap, args: Args) -> Value {
    let Some(text) = str_in(heap, args.get(0)) else {
        return NOT_HANDLED;
    };
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Value::int(c as i64),
        _ => NOT_HANDLED,
    }
}

pub fn chr(heap: &mut Heap, args: Args) -> Value {
    let n = args.get(0);
    if n.is_int() && (0..128).contains(&n.as_int()) {
        heap.ascii_char(n.as_int() as u8)
    } else {
        NOT_HANDLED
    }
}

/// A short ASCII text, changed byte by byte into another one.
#[inline(always)]
fn changed(heap: &mut Heap, args: Args, change: impl Fn(u8) -> u8) -> Value {
    let s = args.get(0);
    if !s.is_string() || !s.string().is_ascii() || heap.over_limit {
        return NOT_HANDLED;
    }
    if s.string().byte_len() > SHORT {
        return NOT_HANDLED;
    }
    let text = heap.str(s).as_bytes();
    // SAFETY: writes as many bytes as there are, all of them ASCII.
    unsafe {
        heap.new_string_of(text.len(), text.len(), |to| {
            for (to, &from) in to.iter_mut().zip(text) {
                to.write(change(from) & 0x7f);
            }
        })
    }
}

/// A short text cut at a byte.
pub fn split(heap: &mut Heap, args: Args) -> Value {
    let Some((text, separator)) = both_texts(heap, args) else {
        return NOT_HANDLED;
    };
    let [byte] = *separator.as_bytes() else {
        return NOT_HANDLED;
    };
    if heap.over_limit {
        return NOT_HANDLED;
    }
    let s = args.get(0);
    if text.len() <= Cuts::<1>::MOST {
        pieces_of(heap, s, Cuts::<1>::new(text, byte))
    } else if text.len() <= Cuts::<4>::MOST {
        pieces_of(heap, s, Cuts::<4>::new(text, byte))
    } else {
        NOT_HANDLED
    }
}

/// The pieces of a string as an array.
#[inline(always)]
fn pieces_of<const WORDS: usize>(heap: &mut Heap, s: Value, pieces: Cuts<'_, WORDS>) -> Value {
    let is_ascii = s.string().is_ascii();
    let array = heap.new_array(pieces.pieces());
    let mut from = 0;
    for piece in pieces {
        let chars = match is_ascii {
            true => piece.len(),
            false => piece.chars().count(),
        };
        let to = from + piece.len();
        let part = heap.substring(s, from, to, chars);
        let pushed = heap.array_push(array, part);
        debug_assert!(pushed.is_ok(), "there is room");
        from = to + 1;
    }
    array
}

/// A few strings with a separator between them.
pub fn join(heap: &mut Heap, args: Args) -> Value {
    /// Most strings that are joined without further ado, and most bytes of them.
    const FEW: usize = 1 << 10;
    const BYTES: usize = 1 << 14;
    let (xs, separator) = (args.get(0), args.get(1));
    if !xs.is_kind(Kind::Array) || heap.over_limit {
        return NOT_HANDLED;
    }
    let separator = match separator.is_absent() {
        true => "",
        false => match str_in(heap, separator) {
            Some(separator) => separator,
            None => return NOT_HANDLED,
        },
    };
    let parts = xs.elements();
    if parts.len() > FEW {
        return NOT_HANDLED;
    }
    let mut bytes = separator.len() * parts.len();
    for part in parts {
        if !part.is_string() {
            return NOT_HANDLED;
        }
        bytes += part.string().byte_len();
    }
    if bytes > BYTES {
        return NOT_HANDLED;
    }
    heap.join(parts, separator)
}

/// A short text with something short in other places.
pub fn replace(heap: &mut Heap, args: Args) -> Value {
    let (Some((text, from)), Some(to)) = (both_texts(heap, args), str_in(heap, args.get(2))) else {
        return NOT_HANDLED;
    };
    if text.len() > SHORT || from.is_empty() || to.len() > SHORT || heap.over_limit {
        return NOT_HANDLED;
    }
    let mut places = [0u8; SHORT];
    let (mut count, mut done) = (0, 0);
    while let Some(at) = find(&text[done..], from) {
        places[count] = (done + at) as u8;
        count += 1;
        done += at + from.len();
    }
    if count == 0 {
        return args.get(0);
    }
    let chars = |index: usize| args.get(index).string().char_len();
    let all_chars = chars(0) + count * chars(2) - count * chars(1);
    let all = text.len() + count * to.len() - count * from.len();
    // SAFETY: what is written is the text with every `from`, which is whole characters, replaced:
    // as many bytes as were counted.
    unsafe {
        heap.new_string_of(all, all_chars, |out| {
            let mut out: *mut u8 = out.as_mut_ptr().cast();
            let mut write = |part: &str| {
                out.copy_from_nonoverlapping(part.as_ptr(), part.len());
                out = out.add(part.len());
            };
            let mut done = 0;
            for &at in &places[..count] {
                write(&text[done..usize::from(at)]);
                write(to);
                done = usize::from(at) + from.len();
            }
            write(&text[done..]);
        })
    }
}

pub fn upper(heap: &mut Heap, args: Args) -> Value {
    changed(heap, args, |byte| byte.to_ascii_uppercase())
}

pub fn lower(heap: &mut Heap, args: Args) -> Value {
    changed(heap, args, |byte| byte.to_ascii_lowercase())
}

pub fn trim(heap: &mut Heap, args: Args) -> Value {
    let s = args.get(0);
    if !s.is_string() || !s.string().is_ascii() || heap.over_limit {
        return NOT_HANDLED;
    }
    // As Unicode has it, which the standard library's ASCII has not.
    let is_kept = |byte: &u8| !matches!(byte, b'\t'..=b'\r' | b' ');
    if s.string().byte_len() > STRETCH {
        return NOT_HANDLED;
    }
    let text = heap.str(s).as_bytes();
    let from = text.iter().position(is_kept).unwrap_or(text.len());
    let to = text.iter().rposition(is_kept).map_or(from, |last| last + 1);
    heap.substring(s, from, to, to - from)
}
