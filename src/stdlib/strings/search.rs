//! Searching texts for parts, and arrays for elements. Long searches look for interrupts.

use crate::heap::object::Kind;
use crate::heap::types::Special;
use crate::runtime::messages::type_error;
use crate::runtime::operators::method_of;
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{Args, Borrow, Context, Fallible, aside, compare, dict, sequence, set};
use crate::stdlib::operands::*;
use crate::stdlib::{bytes, fast};
use crate::value::Value;
use memchr::memmem;

pub(in crate::stdlib) fn contains(cx: &mut dyn Context, args: Args) -> Fallible {
    let (x, item) = (args.get(0), args.get(1));
    if let Some(method) = method_of(x, Special::Contains) {
        let found = cx.call_method(method, x, &[item])?;
        return Ok(Value::bool(compare::truth(cx, found)?));
    }
    Ok(Value::bool(match x.kind() {
        Some(Kind::String) => {
            text_item(cx, "contains", item)?;
            find(cx, x, item)?.is_some()
        }
        Some(Kind::Array) => position(cx, x, item)?.is_some(),
        Some(Kind::Bytes) => bytes::contains(cx, x, item)?,
        Some(Kind::Set) => set::contains(cx, x, item)?,
        Some(Kind::Iterator) => sequence::range_contains(x, item),
        _ => dict::contains(cx, x, item)?,
    }))
}

fn text_item(cx: &mut dyn Context, name: &str, item: Value) -> Fallible<&'static str> {
    if item.is_string() {
        pace::text_of(cx, item)
    } else {
        Err(type_error(name, "item", "a string", item))
    }
}

/// Whether a string is longer than another, in which it cannot be then: searches prepare
/// themselves for it all the same.
pub(super) fn is_longer(part: Value, s: Value) -> bool {
    part.string().byte_len() > s.string().byte_len()
}

/// Whether a text that is looked for is so long that the search takes time to begin.
pub(super) fn long_part(cx: &mut dyn Context, part: Value) -> bool {
    cx.heap().str(part).len() > STRETCH
}

/// The places where `part`, which is not empty, occurs in `text`, without overlap.
pub(super) fn occurrences<'t>(text: &'t str, part: &'t str) -> impl Iterator<Item = usize> {
    /// Bytes of a text from which on a search that prepares itself pays.
    const LONG: usize = 256;
    let mut search =
        (text.len() > LONG).then(|| memmem::find_iter(text.as_bytes(), part.as_bytes()));
    let mut from = 0;
    std::iter::from_fn(move || match &mut search {
        Some(search) => search.next(),
        None => {
            let at = from + fast::find(&text[from..], part)?;
            from = at + part.len();
            Some(at)
        }
    })
}

/// [`pace::matches`] of a string that is not empty, which may be long itself.
pub(super) fn all_matches(
    cx: &mut dyn Context,
    s: Value,
    part: Value,
    each: &mut dyn FnMut(&mut dyn Context, usize) -> Fallible<bool>,
) -> Fallible<()> {
    if is_longer(part, s) {
        return Ok(());
    }
    if !long_part(cx, part) {
        let (text, part) = (cx.heap().str(s), cx.heap().str(part));
        return pace::matches(cx, text, part, each);
    }
    let all = |text: &[u8], part: &[u8]| memmem::find_iter(text, part).collect();
    let found: Vec<usize> = aside::search(cx, s, part, all)?;
    for at in found {
        if !each(cx, at)? {
            break;
        }
    }
    Ok(())
}

/// Where the first match is.
pub(super) fn find(cx: &mut dyn Context, s: Value, part: Value) -> Fallible<Option<usize>> {
    if is_longer(part, s) {
        return Ok(None);
    }
    let (text, part) = match long_part(cx, part) {
        true => return aside::search(cx, s, part, memmem::find),
        false => (cx.heap().str(s), cx.heap().str(part)),
    };
    if text.len() <= STRETCH || part.is_empty() {
        return Ok(fast::find(text, part));
    }
    let mut found = None;
    pace::matches(cx, text, part, &mut |_, at| {
        found = Some(at);
        Ok(false)
    })?;
    Ok(found)
}

/// Where the last match is.
pub(super) fn find_last(cx: &mut dyn Context, s: Value, part: Value) -> Fallible<Option<usize>> {
    if is_longer(part, s) {
        return Ok(None);
    }
    let (text, part) = match long_part(cx, part) {
        true => return aside::search(cx, s, part, memmem::rfind),
        false => (cx.heap().str(s), cx.heap().str(part)),
    };
    let mut end = text.len();
    loop {
        // With what a match that begins here may reach into what was searched before.
        let from = end - pace::last_stretch(&text[..end]).len();
        let mut to = (end + part.len()).min(text.len());
        while !text.is_char_boundary(to) {
            to += 1;
        }
        let found = text[from..to].rfind(part);
        if found.is_some() || from == 0 {
            return Ok(found.map(|at| from + at));
        }
        end = from;
        cx.poll()?;
    }
}

/// Where the first element equal to `item` is.
pub(in crate::stdlib) fn position(
    cx: &mut dyn Context,
    xs: Value,
    item: Value,
) -> Fallible<Option<usize>> {
    let _borrow = Borrow::of(xs);
    let mut pace = Pace::new();
    for (i, &x) in xs.elements().iter().enumerate() {
        pace.step(cx)?;
        let equal = if Value::both_int(x, item) {
            x == item
        } else {
            compare::equal(cx, x, item)?
        };
        if equal {
            return Ok(Some(i));
        }
    }
    Ok(None)
}

pub(super) fn starts_with(cx: &mut dyn Context, args: Args) -> Fallible {
    let (text, part) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    Ok(Value::bool(text.starts_with(part)))
}

pub(super) fn ends_with(cx: &mut dyn Context, args: Args) -> Fallible {
    let (text, part) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    Ok(Value::bool(text.ends_with(part)))
}

pub(super) fn index_of(cx: &mut dyn Context, args: Args) -> Fallible {
    let (x, item) = (args.get(0), args.get(1));
    let found = if x.is_string() {
        text_item(cx, "index_of", item)?;
        let found = find(cx, x, item)?;
        found.map(|at| cx.heap().char_of_byte(x, at))
    } else {
        position(cx, x, item)?
    };
    Ok(Value::int(found.map_or(-1, |at| at as i64)))
}

pub(super) fn last_index_of(cx: &mut dyn Context, args: Args) -> Fallible {
    let (x, item) = (args.get(0), args.get(1));
    let found = if x.is_string() {
        text_item(cx, "last_index_of", item)?;
        let found = find_last(cx, x, item)?;
        found.map(|at| cx.heap().char_of_byte(x, at))
    } else {
        let _borrow = Borrow::of(x);
        let mut at = x.elements().len();
        let mut pace = Pace::new();
        loop {
            if at == 0 {
                break None;
            }
            at -= 1;
            pace.step(cx)?;
            if compare::equal(cx, x.elements()[at], item)? {
                break Some(at);
            }
        }
    };
    Ok(Value::int(found.map_or(-1, |at| at as i64)))
}

pub(super) fn count_of(cx: &mut dyn Context, args: Args) -> Fallible {
    let (text, part) = (str_arg(cx, args, 0), str_arg(cx, args, 1));
    if is_longer(args.get(1), args.get(0)) {
        return Ok(Value::ZERO);
    }
    if text.len() <= STRETCH || part.is_empty() {
        return Ok(Value::int(text.matches(part).count() as i64));
    }
    let mut count = 0;
    all_matches(cx, args.get(0), args.get(1), &mut |_, _| {
        count += 1;
        Ok(true)
    })?;
    Ok(Value::int(count))
}
