//! The parts that the text formats share: where in a text something is, where in a
//! value, and gathering values while a text is read.

use super::limits::*;
use crate::heap::dict::NextKey;
use crate::heap::shape::EMPTY_SHAPE;
use crate::runtime::arith::check_room;
use crate::runtime::messages::parse_error;
use crate::runtime::pace::{self, boundary};
use crate::runtime::{Context, ErrorKind, Fallible, Fault, sequence};
use crate::value::Value;

/// Levels of JSON, YAML and TOML that are read and written.
pub const MAX_LEVELS: u32 = 512;

/// The text without a byte-order mark at its start.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// `line 3, column 7` for a byte position; columns count characters.
pub fn position(text: &str, at: usize) -> String {
    let before = &text[..boundary(text, at.min(text.len()))];
    let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before[start..].chars().count() + 1;
    format!("line {line}, column {column}")
}

/// `parse_json() expects valid JSON; got trailing comma at line 1, column 4`.
#[cold]
pub fn bad_text(function: &str, format: &str, what: &str, text: &str, at: usize) -> Box<Fault> {
    let got = format!("{what} at {}", position(text, at));
    parse_error(function, &format!("valid {format}"), got)
}

/// The character at a byte position, for messages.
pub fn character(text: &str, at: usize) -> String {
    match text[boundary(text, at.min(text.len()))..].chars().next() {
        Some(c) => format!("{c:?}"),
        None => "the end of the text".to_string(),
    }
}

/// Values that are read and belong to containers that are not complete, in an array,
/// where the collector sees them.
pub struct Gathered {
    name: &'static str,
    values: Value,
}

impl Gathered {
    pub fn new(cx: &mut dyn Context, name: &'static str) -> Gathered {
        let values = cx.heap().new_array(64);
        Gathered { name, values }
    }

    /// How many there are: where a container begins.
    #[inline]
    pub fn mark(&self) -> usize {
        self.values.elements().len()
    }

    #[inline]
    pub fn push(&self, cx: &mut dyn Context, v: Value) -> Fallible<()> {
        push(cx, self.name, self.values, v)
    }

    /// Takes the values from `mark` on as an array.
    pub fn array(&self, cx: &mut dyn Context, mark: usize) -> Fallible {
        let values = &self.values.elements()[mark..];
        check_room(cx, 8 * values.len())?;
        let array = sequence::moved(cx, values)?;
        cx.heap().array_truncate(self.values, mark);
        Ok(array)
    }

    /// Takes the values from `mark` on, which belong to the keys of a shape, as a record.
    fn record(&self, cx: &mut dyn Context, mark: usize, shape: u32) -> Value {
        let record = cx.heap().new_record(shape, &self.values.elements()[mark..]);
        cx.heap().array_truncate(self.values, mark);
        record
    }
}

/// The keys of many dicts alike.
pub struct Keys {
    /// The strings, an array.
    names: Value,
    /// The shape of a record with these keys, if there is one.
    shape: Option<u32>,
}

impl Keys {
    pub fn len(&self) -> usize {
        self.names.elements().len()
    }
}

impl Gathered {
    /// Takes the values from `mark` on, different strings, as keys.
    pub fn keys(&self, cx: &mut dyn Context, mark: usize) -> Fallible<Keys> {
        let names = self.array(cx, mark)?;
        let mut shape = Some(EMPTY_SHAPE);
        for &name in names.elements() {
            shape = shape.and_then(|shape| {
                let text = cx.heap().str(name);
                match cx.heap().next_record_key(shape, text) {
                    NextKey::Shape(next) => Some(next),
                    _ => None,
                }
            });
        }
        Ok(Keys { names, shape })
    }

    /// Takes the values from `mark` on, one for each key, as a dict.
    #[inline]
    pub fn dict(&self, cx: &mut dyn Context, mark: usize, keys: &Keys) -> Fallible {
        if let Some(shape) = keys.shape {
            return Ok(self.record(cx, mark, shape));
        }
        let dict = cx.heap().new_dict(0);
        for (i, &name) in keys.names.elements().iter().enumerate() {
            let v = self.values.elements()[mark + i];
            let set = cx.heap().dict_set(dict, name, v);
            set.map_err(|why| no_room(self.name, why))?;
        }
        cx.heap().array_truncate(self.values, mark);
        Ok(dict)
    }
}

/// A dict whose entries are read one after the other: a record as long as its keys allow
/// it. Of two equal keys the first gives the place, the last the value.
pub struct Entries {
    mark: usize,
    shape: u32,
    /// Absent while this is a record, whose values are gathered.
    dict: Value,
}

/// Where the value of a key goes.
pub enum Slot {
    Record(NextKey),
    Key(Value),
}

impl Entries {
    pub fn new(gathered: &Gathered) -> Entries {
        Entries {
            mark: gathered.mark(),
            shape: EMPTY_SHAPE,
            dict: Value::ABSENT,
        }
    }

    /// Where the value of `key`, which is read next, goes.
    #[inline]
    pub fn slot(&mut self, cx: &mut dyn Context, gathered: &Gathered, key: &str) -> Fallible<Slot> {
        if self.dict.is_absent() {
            match cx.heap().next_record_key(self.shape, key) {
                NextKey::NoRecord => {
                    self.dict = gathered.record(cx, self.mark, self.shape);
                    gathered.push(cx, self.dict)?;
                }
                next => return Ok(Slot::Record(next)),
            }
        }
        Ok(Slot::Key(new_text(cx, gathered.name, key)?))
    }

    /// [`Entries::slot`] of a key that is a string or an int.
    pub fn slot_of(
        &mut self,
        cx: &mut dyn Context,
        gathered: &Gathered,
        key: Value,
    ) -> Fallible<Slot> {
        if key.is_string() && self.dict.is_absent() {
            let text = cx.heap().str(key);
            return self.slot(cx, gathered, text);
        }
        if self.dict.is_absent() {
            self.dict = gathered.record(cx, self.mark, self.shape);
            gathered.push(cx, self.dict)?;
        }
        Ok(Slot::Key(key))
    }

    /// Whether the dict has the key of a slot already.
    pub fn has(&self, cx: &mut dyn Context, slot: &Slot) -> bool {
        match slot {
            Slot::Record(next) => matches!(next, NextKey::Slot(_)),
            Slot::Key(key) => cx.heap().dict_contains(self.dict, *key),
        }
    }

    /// Puts a value into its slot.
    #[inline]
    pub fn set(
        &mut self,
        cx: &mut dyn Context,
        gathered: &Gathered,
        slot: Slot,
        v: Value,
    ) -> Fallible<()> {
        match slot {
            Slot::Record(NextKey::Shape(shape)) => {
                self.shape = shape;
                gathered.push(cx, v)
            }
            Slot::Record(NextKey::Slot(slot)) => {
                gathered.values.set_element(self.mark + slot, v);
                cx.heap().write_barrier(gathered.values.as_pointer(), v);
                Ok(())
            }
            Slot::Record(NextKey::NoRecord) => unreachable!("such a key is in a dict"),
            Slot::Key(key) => {
                let set = cx.heap().dict_set(self.dict, key, v);
                set.map_err(|why| no_room(gathered.name, why))
            }
        }
    }

    /// The dict.
    #[inline]
    pub fn finish(self, cx: &mut dyn Context, gathered: &Gathered) -> Value {
        if self.dict.is_absent() {
            return gathered.record(cx, self.mark, self.shape);
        }
        cx.heap().array_truncate(gathered.values, self.mark);
        self.dict
    }
}

/// Why a value cannot be written in a format.
pub enum Unwritten {
    Fault(Box<Fault>),
    /// A value that cannot be written, and the way to it from the outermost value,
    /// innermost step first.
    Met {
        kind: ErrorKind,
        got: String,
        path: Vec<Step>,
    },
}

/// A step into a container.
pub enum Step {
    Index(usize),
    Key(String),
}

pub type Written<T = ()> = Result<T, Box<Unwritten>>;

impl From<Box<Fault>> for Box<Unwritten> {
    fn from(fault: Box<Fault>) -> Box<Unwritten> {
        Box::new(Unwritten::Fault(fault))
    }
}

impl Unwritten {
    #[cold]
    pub fn met(kind: ErrorKind, got: impl Into<String>) -> Box<Unwritten> {
        let (got, path) = (got.into(), Vec::new());
        Box::new(Unwritten::Met { kind, got, path })
    }

    /// The same, seen from a container in which it is the given step away.
    #[cold]
    pub fn inside(mut self: Box<Unwritten>, step: impl FnOnce() -> Step) -> Box<Unwritten> {
        if let Unwritten::Met { path, .. } = &mut *self {
            path.push(step());
        }
        self
    }

    /// `to_json() expects data; got function at .items[3]`.
    #[cold]
    pub fn into_fault(self, function: &str) -> Box<Fault> {
        let (kind, got, path) = match self {
            Unwritten::Fault(fault) => return fault,
            Unwritten::Met { kind, got, path } => (kind, got, path),
        };
        let mut place = String::new();
        for step in path.iter().rev() {
            match step {
                Step::Index(index) => place.push_str(&format!("[{index}]")),
                Step::Key(key) if is_name(key) => {
                    place.push('.');
                    place.push_str(key);
                }
                Step::Key(key) => place.push_str(&format!("[{key:?}]")),
            }
        }
        if let Some((cut, _)) = place.char_indices().nth(80) {
            place.truncate(cut);
            place.push_str("...");
        }
        let at = if place.is_empty() { "" } else { " at " };
        let message = format!("{function}() expects data; got {got}{at}{place}");
        Fault::new(kind, message)
    }
}

fn is_name(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
        && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// The step to a dict's entry.
pub fn key_step(cx: &mut dyn Context, key: Value) -> Step {
    if key.is_string() {
        return Step::Key(cx.heap().str(key).to_string());
    }
    if key.is_int() {
        return Step::Index(key.as_int() as usize);
    }
    Step::Key(crate::runtime::repr::repr_short(cx, key))
}

/// Appends a text in quotes, a stretch at a time: `escape` appends a part of it.
#[inline]
pub fn push_in_quotes(
    cx: &mut dyn Context,
    name: &str,
    out: &mut String,
    text: &str,
    escape: impl Fn(&mut String, &str),
) -> Fallible<()> {
    /// The most bytes that an escape has.
    const ESCAPE: usize = 6;
    out.push('"');
    pace::stretches(cx, text, |cx, part| {
        if part.len() > SHORT {
            check_bytes(cx, name, out.len() + part.len())?;
            make_room(out, ESCAPE * part.len())?;
        }
        escape(out, part);
        Ok(())
    })?;
    out.push('"');
    Ok(())
}

/// Appends a part of a JSON string. Only what has to be escaped is.
pub fn push_escaped(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some(at) = first_special(rest.as_bytes()) {
        out.push_str(&rest[..at]);
        match rest.as_bytes()[at] {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            control => {
                const DIGITS: &[u8; 16] = b"0123456789abcdef";
                out.push_str("\\u00");
                out.push(DIGITS[control as usize >> 4] as char);
                out.push(DIGITS[control as usize & 15] as char);
            }
        }
        rest = &rest[at + 1..];
    }
    out.push_str(rest);
}

/// Where the first byte is that a string in JSON cannot have as it is. Eight bytes at a
/// time: a byte below a bound borrows from its highest bit, others do not.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    const LOW: u64 = u64::MAX / 0xff;
    let is_special = |b: u8| b < 0x20 || b == b'"' || b == b'\\';
    let (chunks, rest) = bytes.as_chunks::<8>();
    for (i, chunk) in chunks.iter().enumerate() {
        let word = u64::from_le_bytes(*chunk);
        let equal = |byte: u8| {
            let difference = word ^ (LOW * byte as u64);
            difference.wrapping_sub(LOW) & !difference
        };
        let below = word.wrapping_sub(LOW * 0x20) & !word;
        if (below | equal(b'"') | equal(b'\\')) & (LOW << 7) != 0 {
            let at = chunk.iter().position(|&b| is_special(b));
            // A byte after a special one may look like one by the borrow, never before.
            if let Some(at) = at {
                return Some(8 * i + at);
            }
        }
    }
    let start = bytes.len() - rest.len();
    Some(start + rest.iter().position(|&b| is_special(b))?)
}
