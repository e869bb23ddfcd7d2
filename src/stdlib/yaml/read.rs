//! Reading YAML: the events of a library become values.

use super::events::Events;
use super::scalar::{Scalar, resolve};
use crate::runtime::messages::{overflow_error, parse_error};
use crate::runtime::pace::Pace;
use crate::runtime::text::display;
use crate::runtime::{Context, Fallible, Fault, bigint, number_text};
use crate::stdlib::formats::{Entries, Gathered, MAX_LEVELS, without_mark};
use crate::stdlib::limits::new_text;
use crate::stdlib::operands::is_int;
use crate::value::Value;
use granit_parser::{Event, ScalarStyle, Span, Tag};
use std::borrow::Cow;

/// Most nodes of a document, aliases written out.
const MAX_NODES: usize = 1_000_000;
/// Where a simple key may end, in characters; the specification says 1024.
const MAX_KEY: usize = 1 << 16;

/// The value of a document.
pub fn read(cx: &mut dyn Context, text: &str) -> Fallible {
    let levels = MAX_LEVELS as usize;
    let options = granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: levels,
        block_nesting_limit: levels,
        simple_key_max_lookahead: MAX_KEY,
    };
    let anchors = cx.heap().new_array(0);
    let mut reader = Reader {
        events: Events::of(cx, without_mark(text), options)?,
        gathered: Gathered::new(cx, "parse_yaml"),
        anchors,
        sizes: Vec::new(),
        nodes: 0,
        pace: Pace::new(),
    };
    let mut value = None;
    loop {
        let (event, span) = reader.next(cx)?;
        match event {
            Event::StreamEnd => return Ok(value.unwrap_or(Value::NULL)),
            Event::StreamStart | Event::DocumentEnd => {}
            Event::DocumentStart(..) if value.is_some() => {
                return Err(bad("a second document", &span));
            }
            Event::DocumentStart(..) => {
                let (event, span) = reader.next(cx)?;
                value = Some(reader.node(cx, event, span, 0)?);
            }
            _ => return Err(bad("a node outside a document", &span)),
        }
    }
}

struct Reader<'t> {
    events: Events<'t>,
    gathered: Gathered,
    /// An array of the values with anchors, by number; absent while they are read.
    anchors: Value,
    /// How many nodes each of them has.
    sizes: Vec<usize>,
    nodes: usize,
    pace: Pace,
}

impl<'t> Reader<'t> {
    fn next(&mut self, cx: &mut dyn Context) -> Fallible<(Event<'t>, Span)> {
        self.pace.step(cx)?;
        match self.events.next(cx)? {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let at = error.marker();
                Err(bad_at(&complaint(&error.info()), at.line(), at.col()))
            }
            None => Err(bad_at("the end of the text", 1, 0)),
        }
    }

    fn node(&mut self, cx: &mut dyn Context, event: Event, span: Span, depth: u32) -> Fallible {
        if depth > MAX_LEVELS {
            return Err(bad(&format!("more than {MAX_LEVELS} levels"), &span));
        }
        let before = self.nodes;
        self.count(1)?;
        let (value, anchor) = match event {
            Event::Alias(id) => {
                let size = self.sizes.get(id).copied().unwrap_or(0);
                if size == 0 {
                    return Err(bad("an alias of what it is a part of", &span));
                }
                self.count(size - 1)?;
                let value = self.anchors.elements()[id];
                // The place of the anchor has it too.
                value.share();
                return Ok(value);
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.pace.bytes(cx, text.len())?;
                (scalar(cx, &text, style, tag.as_deref(), &span)?, anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                expect_tag(tag, "seq", &span)?;
                (self.sequence(cx, depth)?, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                expect_tag(tag, "map", &span)?;
                (self.mapping(cx, depth)?, anchor)
            }
            _ => return Err(bad("an event that is no node", &span)),
        };
        if anchor > 0 {
            self.set_anchor(cx, anchor, value, self.nodes - before)?;
        }
        Ok(value)
    }

    fn count(&mut self, nodes: usize) -> Fallible<()> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let got = format!("more than {MAX_NODES}");
            return Err(overflow_error("parse_yaml", MAX_NODES, "nodes", got));
        }
        Ok(())
    }

    fn set_anchor(
        &mut self,
        cx: &mut dyn Context,
        anchor: usize,
        value: Value,
        size: usize,
    ) -> Fallible<()> {
        while self.sizes.len() <= anchor {
            self.sizes.push(0);
            crate::stdlib::limits::push(cx, "parse_yaml", self.anchors, Value::NULL)?;
        }
        self.sizes[anchor] = size;
        self.anchors.set_element(anchor, value);
        cx.heap().write_barrier(self.anchors.as_pointer(), value);
        Ok(())
    }

    fn sequence(&mut self, cx: &mut dyn Context, depth: u32) -> Fallible {
        let mark = self.gathered.mark();
        loop {
            let (event, span) = self.next(cx)?;
            if let Event::SequenceEnd = event {
                return self.gathered.array(cx, mark);
            }
            let element = self.node(cx, event, span, depth + 1)?;
            self.gathered.push(cx, element)?;
        }
    }

    fn mapping(&mut self, cx: &mut dyn Context, depth: u32) -> Fallible {
        let mut entries = Entries::new(&self.gathered);
        loop {
            let (event, span) = self.next(cx)?;
            if let Event::MappingEnd = event {
                return Ok(entries.finish(cx, &self.gathered));
            }
            let key = self.node(cx, event, span, depth + 1)?;
            let key = if key.is_string() || is_int(key) {
                key
            } else if key.is_pointer() {
                return Err(bad("a key that is a sequence or a mapping", &span));
            } else {
                let text = display(cx, key)?;
                cx.heap().new_string(&text)
            };
            let slot = entries.slot_of(cx, &self.gathered, key)?;
            if entries.has(cx, &slot) {
                let shown = display(cx, key)?;
                return Err(bad(&format!("the key {shown:?} a second time"), &span));
            }
            let (event, span) = self.next(cx)?;
            let value = self.node(cx, event, span, depth + 1)?;
            entries.set(cx, &self.gathered, slot, value)?;
        }
    }
}

/// The name of a core tag; `None` for no tag, and for the one that only says that the
/// scalar is a string.
fn core_tag<'a>(tag: Option<&'a Tag>, span: &Span) -> Fallible<Option<&'a str>> {
    let Some(tag) = tag else {
        return Ok(None);
    };
    match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:", name) => Ok(Some(name)),
        ("", "!") | ("!", "") => Ok(Some("!")),
        (handle, suffix) => Err(bad(&format!("the unknown tag {handle}{suffix}"), span)),
    }
}

/// Refuses a tag of a collection other than its own.
fn expect_tag(tag: Option<Cow<'_, Tag>>, own: &str, span: &Span) -> Fallible<()> {
    match core_tag(tag.as_deref(), span)? {
        None | Some("!") => Ok(()),
        Some(name) if name == own => Ok(()),
        Some(name) => Err(bad(&format!("the tag !!{name} on a {own}"), span)),
    }
}

fn scalar(
    cx: &mut dyn Context,
    text: &str,
    style: ScalarStyle,
    tag: Option<&Tag>,
    span: &Span,
) -> Fallible {
    let tag = core_tag(tag, span)?;
    let meaning = match tag {
        None if style == ScalarStyle::Plain => resolve(text),
        None | Some("!" | "str") => Scalar::String,
        Some("null" | "bool" | "int" | "float") => resolve(text),
        Some(name) => return Err(bad(&format!("the unknown tag !!{name}"), span)),
    };
    let fits = matches!(
        (tag, meaning),
        (None | Some("!" | "str"), _)
            | (Some("null"), Scalar::Null)
            | (Some("bool"), Scalar::Bool(_))
            | (Some("int"), Scalar::Int(..))
            | (
                Some("float"),
                Scalar::Float(_) | Scalar::Int(_, _, 10) | Scalar::Beyond
            )
    );
    if !fits {
        let what = format!("{text:?}, which is no {}", tag.unwrap_or("scalar"));
        return Err(bad(&what, span));
    }
    match meaning {
        Scalar::Null => Ok(Value::NULL),
        Scalar::Bool(b) => Ok(Value::bool(b)),
        Scalar::Float(f) => Ok(Value::float(f)),
        Scalar::Int(..) if tag == Some("float") => match text.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Value::float(f)),
            _ => Err(bad("a number beyond the range of floats", span)),
        },
        Scalar::Int(negative, digits, base) => int(cx, negative, digits, base),
        Scalar::Beyond => Err(bad("a number beyond the range of floats", span)),
        Scalar::String => new_text(cx, "parse_yaml", text),
    }
}

fn int(cx: &mut dyn Context, negative: bool, digits: &str, base: u32) -> Fallible {
    if base == 10 && digits.len() <= 15 {
        let n: i64 = digits.parse().expect("digits are an int");
        return Ok(bigint::int_value(cx, if negative { -n } else { n }));
    }
    let signed = if negative {
        Cow::Owned(format!("-{digits}"))
    } else {
        Cow::Borrowed(digits)
    };
    let int = number_text::parse_int(cx, &signed, base)?;
    Ok(int.expect("digits are an int"))
}

/// The message of the library, without where in its grammar it was.
fn complaint(message: &str) -> String {
    if message.contains("recursion limit") {
        return format!("more than {MAX_LEVELS} levels");
    }
    let what = match message.split_once(", ") {
        Some((context, what)) if context.starts_with("while ") => what,
        _ => message,
    };
    what.strip_prefix("found ").unwrap_or(what).to_string()
}

#[cold]
fn bad(what: &str, span: &Span) -> Box<Fault> {
    bad_at(what, span.start.line(), span.start.col())
}

#[cold]
fn bad_at(what: &str, line: usize, column: usize) -> Box<Fault> {
    let got = format!("{what} at line {line}, column {}", column + 1);
    parse_error("parse_yaml", "valid YAML", got)
}
