//! Compiling patterns, and matching texts by them.

use crate::runtime::messages::{type_error, value_error};
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::repr::repr_short;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, aside};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::strings::part;
use crate::value::Value;
use regex::{Captures, Regex, RegexBuilder};
use regex_automata::meta;
use regex_syntax::hir::{Hir, HirKind};
use std::any::TypeId;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

/// Bytes that a pattern may have; most that are longer would be too large when they are compiled.
const MAX_PATTERN: usize = 1 << 19;
/// Patterns up to this long are compiled without a look.
const SHORT_PATTERN: usize = 1 << 13;
/// Bytes that a compiled pattern may have.
const MAX_COMPILED: usize = 10 << 20;
/// Patterns that are kept.
const KEPT: usize = 64;

/// Texts up to this long are only looked through from the start: what finds the likely places
/// in long ones first takes longer to begin.
const SHORT_TEXT: usize = 64;

/// Steps of a match that are taken without a look: some nanoseconds each.
const STEPS: usize = 10_000_000;

/// A compiled pattern.
pub(super) struct Pattern {
    regex: Regex,
    /// Texts up to this long are searched at once: a search takes at most about as many steps as
    /// the text has bytes times what the pattern has places.
    at_once: usize,
    /// The same for short texts, made when it is first needed.
    short: OnceLock<Option<meta::Regex>>,
}

impl Deref for Pattern {
    type Target = Regex;

    fn deref(&self) -> &Regex {
        &self.regex
    }
}

impl Pattern {
    fn compiled(text: &str) -> Result<Pattern, regex::Error> {
        let regex = RegexBuilder::new(text).size_limit(MAX_COMPILED).build()?;
        Ok(Pattern {
            regex,
            at_once: STRETCH.min(STEPS / places(text).max(1)),
            short: OnceLock::new(),
        })
    }

    /// Whether it matches anywhere in a text.
    fn matches(&self, text: &str) -> bool {
        if text.len() > SHORT_TEXT {
            return self.regex.is_match(text);
        }
        let short = self.short.get_or_init(|| {
            let config = meta::Config::new()
                .auto_prefilter(false)
                .nfa_size_limit(Some(MAX_COMPILED));
            let short = meta::Builder::new()
                .configure(config)
                .build(self.regex.as_str());
            short.ok()
        });
        match short {
            Some(short) => short.is_match(text),
            None => self.regex.is_match(text),
        }
    }
}

/// Compiled patterns with their text, the one used last first.
struct Patterns(Vec<(Box<str>, Arc<Pattern>)>);

fn patterns_of(cx: &mut dyn Context) -> &mut Patterns {
    let area = cx.state().areas.entry(TypeId::of::<Patterns>());
    let area = area.or_insert_with(|| Box::new(Patterns(Vec::new())));
    area.downcast_mut().expect("the slot has this type")
}

/// The compiled pattern of argument 1.
///
/// Counted, not cloned: a clone of a pattern begins without the states that matching has made.
fn pattern(cx: &mut dyn Context, name: &str, args: Args) -> Fallible<Arc<Pattern>> {
    let text = str_arg(cx, args, 1);
    let patterns = patterns_of(cx);
    if let Some(at) = patterns.0.iter().position(|(known, _)| **known == *text) {
        patterns.0[..=at].rotate_right(1);
        return Ok(patterns.0[0].1.clone());
    }
    if text.len() > MAX_PATTERN {
        let what = format!("at most {MAX_PATTERN} bytes");
        return Err(value_error(cx, name, "pattern", &what, args.get(1)));
    }
    let compiled = match text.len() {
        ..=SHORT_PATTERN => Pattern::compiled(text),
        _ => {
            let text = aside::Text::of(cx, args.get(1))?;
            aside::run(cx, move || Pattern::compiled(text.as_str()))?
        }
    };
    match compiled {
        Ok(regex) => {
            let regex = Arc::new(regex);
            let patterns = patterns_of(cx);
            patterns.0.truncate(KEPT - 1);
            patterns.0.insert(0, (text.into(), regex.clone()));
            Ok(regex)
        }
        Err(error) => Err(bad_pattern(cx, name, args.get(1), &error)),
    }
}

/// About how many places a valid pattern has in which a match can be at a time.
fn places(pattern: &str) -> usize {
    fn of(hir: &Hir) -> usize {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => 1,
            HirKind::Literal(text) => text.0.len(),
            HirKind::Class(_) => 2,
            HirKind::Capture(group) => 1 + of(&group.sub),
            HirKind::Repetition(one) => {
                let times = one.max.unwrap_or(one.min).max(1);
                of(&one.sub).saturating_mul(times as usize)
            }
            HirKind::Concat(parts) | HirKind::Alternation(parts) => {
                parts.iter().map(of).fold(0, usize::saturating_add)
            }
        }
    }
    regex_syntax::parse(pattern).as_ref().map_or(1, of)
}

#[cold]
fn bad_pattern(
    cx: &mut dyn Context,
    name: &str,
    pattern: Value,
    error: &regex::Error,
) -> Box<Fault> {
    if let regex::Error::CompiledTooBig(_) = error {
        let what = format!("at most {MAX_COMPILED} bytes when it is compiled");
        return value_error(cx, name, "pattern", &what, pattern);
    }
    let reason = match flaw(cx.heap().str(pattern)) {
        Some((at, reason)) => format!("{reason} at position {at}"),
        None => error.to_string(),
    };
    let got = repr_short(cx, pattern);
    let expected = "a valid regular expression";
    let message = format!("{name}() expects pattern to be {expected}; got {got}: {reason}");
    Fault::new(ErrorKind::Parse, message)
}

/// The flaw of a pattern, and its character; `None` if nothing is.
pub(crate) fn flaw(pattern: &str) -> Option<(usize, String)> {
    let error = regex_syntax::Parser::new().parse(pattern).err()?;
    let (start, reason) = match &error {
        regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
        regex_syntax::Error::Translate(error) => {
            (error.span().start.offset, error.kind().to_string())
        }
        error => (0, error.to_string()),
    };
    Some((pattern[..start].chars().count(), reason))
}

/// A function that is called with every find of a search.
type Each<'a, T> = &'a mut dyn FnMut(&mut dyn Context, &T) -> Fallible<()>;

/// Where a match and its groups are.
type Groups = Vec<Option<Range<usize>>>;

fn groups_of(captures: &Captures) -> Groups {
    captures.iter().map(|group| Some(group?.range())).collect()
}

/// The finds of `look` in a string by a pattern. A search in a long text is done aside.
fn once<T: Send + 'static>(
    cx: &mut dyn Context,
    regex: Arc<Pattern>,
    s: Value,
    look: fn(&Pattern, &str) -> T,
) -> Fallible<T> {
    if s.string().byte_len() <= regex.at_once {
        return Ok(look(&regex, cx.heap().str(s)));
    }
    let text = aside::Text::of(cx, s)?;
    aside::run(cx, move || look(&regex, text.as_str()))
}

/// Calls `each` with the places of all matches in a string. As [`once`].
fn each_match(
    cx: &mut dyn Context,
    regex: Arc<Pattern>,
    s: Value,
    each: Each<Range<usize>>,
) -> Fallible<()> {
    if s.string().byte_len() <= regex.at_once {
        for found in regex.find_iter(cx.heap().str(s)) {
            each(cx, &found.range())?;
        }
        return Ok(());
    }
    let text = aside::Text::of(cx, s)?;
    let search = move |give: &mut dyn FnMut(Range<usize>) -> bool| {
        let mut all = regex.find_iter(text.as_str());
        all.all(|found| give(found.range()));
    };
    aside::run_each(cx, search, &mut |cx, found| each(cx, &found).map(|()| true))
}

/// Calls `each` with the groups of all matches in a string. As [`once`].
fn each_groups(
    cx: &mut dyn Context,
    regex: Arc<Pattern>,
    s: Value,
    each: Each<Groups>,
) -> Fallible<()> {
    if s.string().byte_len() <= regex.at_once {
        let mut groups = Groups::new();
        for captures in regex.captures_iter(cx.heap().str(s)) {
            groups.clear();
            groups.extend(captures.iter().map(|group| Some(group?.range())));
            each(cx, &groups)?;
        }
        return Ok(());
    }
    let text = aside::Text::of(cx, s)?;
    let search = move |give: &mut dyn FnMut(Groups) -> bool| {
        let mut all = regex.captures_iter(text.as_str());
        all.all(|captures| give(groups_of(&captures)));
    };
    aside::run_each(cx, search, &mut |cx, groups| {
        each(cx, &groups).map(|()| true)
    })
}

pub fn regex_match(cx: &mut dyn Context, args: Args) -> Fallible {
    let regex = pattern(cx, "regex_match", args)?;
    let found = once(cx, regex, args.get(0), Pattern::matches)?;
    Ok(Value::bool(found))
}

pub fn regex_find(cx: &mut dyn Context, args: Args) -> Fallible {
    let regex = pattern(cx, "regex_find", args)?;
    let look = |regex: &Pattern, text: &str| Some(regex.find(text)?.range());
    match once(cx, regex, args.get(0), look)? {
        Some(found) => part(cx, args.get(0), found.start, found.end),
        None => Ok(Value::NULL),
    }
}

pub fn regex_find_all(cx: &mut dyn Context, args: Args) -> Fallible {
    let regex = pattern(cx, "regex_find_all", args)?;
    let s = args.get(0);
    let all = cx.heap().new_array(4);
    let mut pace = Pace::new();
    let mut after = 0;
    each_match(cx, regex, s, &mut |cx, found| {
        pace.bytes(cx, found.end - after)?;
        after = found.end;
        let found = part(cx, s, found.start, found.end)?;
        push(cx, "regex_find_all", all, found)
    })?;
    Ok(all)
}

/// The whole match and its groups, parts of the string `s`.
fn parts_of(cx: &mut dyn Context, s: Value, groups: &Groups) -> Fallible {
    let parts = cx.heap().new_array(groups.len());
    for group in groups {
        let group = match group {
            Some(group) => part(cx, s, group.start, group.end)?,
            None => Value::NULL,
        };
        push(cx, "regex_captures", parts, group)?;
    }
    Ok(parts)
}

pub fn regex_captures(cx: &mut dyn Context, args: Args) -> Fallible {
    let regex = pattern(cx, "regex_captures", args)?;
    let look = |regex: &Pattern, text: &str| Some(groups_of(&regex.captures(text)?));
    match once(cx, regex, args.get(0), look)? {
        Some(groups) => parts_of(cx, args.get(0), &groups),
        None => Ok(Value::NULL),
    }
}

/// A piece of the text that replaces a match.
enum Piece<'t> {
    Text(&'t str),
    Group(usize),
}

/// The pieces of a text in which `$1`, `${1}`, `${name}` and `$$` mean something; a dollar
/// before anything else is a dollar. The error is a group that the pattern does not have.
fn pieces<'t>(text: &'t str, regex: &Regex) -> Result<Vec<Piece<'t>>, &'t str> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let after = &rest[at + 1..];
        let digits = after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let braced = after
            .strip_prefix('{')
            .and_then(|name| name.find('}').map(|end| &name[..end]));
        let (group, length) = match braced {
            Some(name) => (name, name.len() + 2),
            None if digits > 0 => (&after[..digits], digits),
            None => {
                let skipped = usize::from(after.starts_with('$'));
                pieces.push(Piece::Text(&rest[..=at]));
                rest = &after[skipped..];
                continue;
            }
        };
        let number = match group.parse::<usize>() {
            Ok(number) => (number < regex.captures_len()).then_some(number),
            Err(_) => regex.capture_names().position(|name| name == Some(group)),
        };
        let Some(number) = number else {
            return Err(&rest[at..at + 1 + length]);
        };
        pieces.push(Piece::Text(&rest[..at]));
        pieces.push(Piece::Group(number));
        rest = &after[length..];
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

pub fn regex_replace(cx: &mut dyn Context, args: Args) -> Fallible {
    let regex = pattern(cx, "regex_replace", args)?;
    let (s, to) = (args.get(0), args.get(2));
    let text = str_arg(cx, args, 0);
    let pieces = match to.is_string() {
        false => Vec::new(),
        true => match pieces(cx.heap().str(to), &regex) {
            Ok(pieces) => pieces,
            Err(group) => {
                let message = format!(
                    "regex_replace() expects to to name groups of the pattern; got {group:?}"
                );
                return Err(Fault::new(ErrorKind::Value, message));
            }
        },
    };
    let mut replaced = String::new();
    let mut last = 0;
    let mut pace = Pace::new();
    each_groups(cx, regex.clone(), s, &mut |cx, groups| {
        let whole = groups[0].clone().expect("group 0 is the match");
        pace.bytes(cx, whole.end - last)?;
        append(cx, &mut replaced, &text[last..whole.start])?;
        last = whole.end;
        if to.is_string() {
            for piece in &pieces {
                let piece = match *piece {
                    Piece::Text(text) => text,
                    Piece::Group(number) => match groups.get(number) {
                        Some(Some(group)) => &text[group.clone()],
                        _ => "",
                    },
                };
                append(cx, &mut replaced, piece)?;
            }
            return Ok(());
        }
        let parts = parts_of(cx, s, groups)?;
        let given = cx.call(to, &[parts])?;
        if !given.is_string() {
            return Err(type_error(
                "regex_replace",
                "what to() gives",
                "a string",
                given,
            ));
        }
        let given = cx.heap().str(given);
        append(cx, &mut replaced, given)
    })?;
    if last == 0 && replaced.is_empty() && !text.is_empty() {
        return Ok(s);
    }
    append(cx, &mut replaced, &text[last..])?;
    new_text(cx, "regex_replace", &replaced)
}

fn append(cx: &mut dyn Context, text: &mut String, more: &str) -> Fallible<()> {
    check_bytes(cx, "regex_replace", text.len() + more.len())?;
    if more.len() > SHORT {
        make_room(text, more.len())?;
    }
    pace::push_long(cx, text, more)
}

pub fn regex_split(cx: &mut dyn Context, args: Args) -> Fallible {
    let regex = pattern(cx, "regex_split", args)?;
    let s = args.get(0);
    let parts = cx.heap().new_array(4);
    let mut pace = Pace::new();
    let mut from = 0;
    each_match(cx, regex, s, &mut |cx, found| {
        pace.bytes(cx, found.end - from)?;
        let between = part(cx, s, from, found.start)?;
        from = found.end;
        push(cx, "regex_split", parts, between)
    })?;
    let rest = part(cx, s, from, s.string().byte_len())?;
    push(cx, "regex_split", parts, rest)?;
    Ok(parts)
}

pub fn regex_escape(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = str_arg(cx, args, 0);
    check_bytes(cx, "regex_escape", 2 * text.len())?;
    let mut escaped = text_with_room(text.len())?;
    pace::stretches(cx, text, |_, part| {
        let part = regex::escape(part);
        make_room(&mut escaped, part.len())?;
        escaped.push_str(&part);
        Ok(())
    })?;
    new_text(cx, "regex_escape", &escaped)
}
