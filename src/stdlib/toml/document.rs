//! Reading and writing documents.

use crate::heap::object::Kind;
use crate::runtime::arith::check_room;
use crate::runtime::number_fmt::push_int;
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, aside, number_fmt, number_text};
use crate::stdlib::formats::{
    Entries, Gathered, MAX_LEVELS, Step, Unwritten, Written, bad_text, key_step, push_escaped,
    push_in_quotes, without_mark,
};
use crate::stdlib::limits::*;
use crate::stdlib::operands::*;
use crate::stdlib::plain::plain;
use crate::value::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::parser::EventReceiver;
use toml_parser::{ErrorSink, ParseError, Span};

/// Bytes that the library may need for a byte of text.
const READING: usize = 8;

pub fn parse_toml(cx: &mut dyn Context, args: Args) -> Fallible {
    let text = without_mark(str_arg(cx, args, 0));
    check_room(cx, READING * text.len())?;
    let bad = |(what, at): (String, usize)| bad_text("parse_toml", "TOML", &what, text, at);
    if text.len() <= STRETCH {
        let table = tables(text).map_err(bad)?;
        return read(cx, text, table.get_ref());
    }
    // The library does not look up.
    let mut copy = text_with_room(text.len())?;
    pace::push_repeated(cx, &mut copy, text, 1)?;
    let table = aside::run(cx, move || tables(&copy).map(owned))?.map_err(bad)?;
    let result = read(cx, text, table.get_ref());
    // Freeing many parts takes a while, too. Without a thread it happens here.
    let _ = std::thread::Builder::new().spawn(move || drop(table));
    result
}

/// The dict that tables stand for.
fn read(cx: &mut dyn Context, text: &str, table: &DeTable) -> Fallible {
    let mut reader = Reader {
        text,
        gathered: Gathered::new(cx, "parse_toml"),
        pace: Pace::new(),
    };
    reader.table(cx, table)
}

/// Tables that refer to no text.
fn owned(mut table: Spanned<DeTable<'_>>) -> Spanned<DeTable<'static>> {
    table.get_mut().make_owned();
    // SAFETY: the types differ in the lifetime of the text alone, to which nothing in the
    // table refers any more.
    unsafe { std::mem::transmute(table) }
}

/// The tables of a document, or what is wrong with it, and where. One with too many levels
/// is refused before tables are made of it: a part of a dotted key is a level too.
fn tables(text: &str) -> Result<Spanned<DeTable<'_>>, (String, usize)> {
    if let Some(at) = excess(text) {
        return Err((format!("more than {MAX_LEVELS} levels"), at));
    }
    DeTable::parse(text).map_err(|error| {
        let at = error.span().map_or(text.len(), |span| span.start);
        let what = error.message().trim_end_matches(", expected nothing");
        (what.to_string(), at)
    })
}

/// Where a document has more levels than may be: the parser recurses for each.
pub fn excess(text: &str) -> Option<usize> {
    let source = toml_parser::Source::new(text);
    let tokens = source.lex().into_vec();
    let mut levels = Levels::default();
    let mut errors: Option<ParseError> = None;
    toml_parser::parser::parse_document(&tokens, &mut levels, &mut errors);
    levels.exceeded
}

/// Counts levels while a document is parsed.
#[derive(Default)]
struct Levels {
    /// Levels of the header that the entries belong to.
    header: u32,
    /// Levels of the arrays and inline tables that are open, with their keys.
    open: Vec<u32>,
    total: u32,
    /// Dots in the key that is read.
    dots: u32,
    /// Where there were too many.
    exceeded: Option<usize>,
}

impl Levels {
    fn fits(&mut self, span: Span) -> bool {
        // The document is a level.
        let fits = self.header + self.total + self.dots < MAX_LEVELS;
        if !fits {
            self.exceeded.get_or_insert(span.start());
        }
        fits
    }

    fn open(&mut self, span: Span) -> bool {
        let levels = std::mem::take(&mut self.dots) + 1;
        self.open.push(levels);
        self.total += levels;
        self.fits(span)
    }

    fn close(&mut self) {
        self.total -= self.open.pop().unwrap_or(0);
        self.dots = 0;
    }

    fn begin_header(&mut self) {
        self.header = 0;
        self.dots = 0;
    }

    fn end_header(&mut self, span: Span) {
        self.header = std::mem::take(&mut self.dots) + 1;
        self.fits(span);
    }
}

impl EventReceiver for Levels {
    fn std_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.begin_header();
    }

    fn std_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.end_header(span);
    }

    fn array_table_open(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.begin_header();
    }

    fn array_table_close(&mut self, span: Span, _: &mut dyn ErrorSink) {
        // The array is a level too.
        self.dots += 1;
        self.end_header(span);
    }

    fn inline_table_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(span)
    }

    fn inline_table_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.close();
    }

    fn array_open(&mut self, span: Span, _: &mut dyn ErrorSink) -> bool {
        self.open(span)
    }

    fn array_close(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.close();
    }

    fn key_sep(&mut self, span: Span, _: &mut dyn ErrorSink) {
        self.dots += 1;
        self.fits(span);
    }

    fn scalar(
        &mut self,
        _: Span,
        _: Option<toml_parser::decoder::Encoding>,
        _: &mut dyn ErrorSink,
    ) {
        // The key that it belongs to has ended.
        self.dots = 0;
    }

    fn value_sep(&mut self, _: Span, _: &mut dyn ErrorSink) {
        self.dots = 0;
    }
}

struct Reader<'t> {
    text: &'t str,
    gathered: Gathered,
    pace: Pace,
}

impl Reader<'_> {
    fn table(&mut self, cx: &mut dyn Context, table: &DeTable) -> Fallible {
        let mut entries = Entries::new(&self.gathered);
        for (key, value) in table.iter() {
            let slot = entries.slot(cx, &self.gathered, key.get_ref())?;
            let value = self.value(cx, value)?;
            entries.set(cx, &self.gathered, slot, value)?;
        }
        Ok(entries.finish(cx, &self.gathered))
    }

    fn value(&mut self, cx: &mut dyn Context, value: &Spanned<DeValue>) -> Fallible {
        self.pace.step(cx)?;
        Ok(match value.get_ref() {
            DeValue::String(text) => {
                self.pace.bytes(cx, text.len())?;
                new_text(cx, "parse_toml", text)?
            }
            DeValue::Integer(int) => match number_text::parse_int(cx, int.as_str(), int.radix())? {
                Some(int) => int,
                None => return Err(self.bad("an invalid int", value)),
            },
            DeValue::Float(float) => match float.as_str().parse::<f64>() {
                Ok(f) if f.is_infinite() && !float.as_str().ends_with("inf") => {
                    return Err(self.bad("a number beyond the range of floats", value));
                }
                Ok(f) => Value::float(f),
                Err(_) => return Err(self.bad("an invalid float", value)),
            },
            DeValue::Boolean(b) => Value::bool(*b),
            DeValue::Datetime(date) => cx.heap().new_string(&date.to_string()),
            DeValue::Array(array) => {
                let mark = self.gathered.mark();
                for element in array.iter() {
                    let element = self.value(cx, element)?;
                    self.gathered.push(cx, element)?;
                }
                self.gathered.array(cx, mark)?
            }
            DeValue::Table(table) => self.table(cx, table)?,
        })
    }

    #[cold]
    fn bad(&self, what: &str, value: &Spanned<DeValue>) -> Box<Fault> {
        bad_text("parse_toml", "TOML", what, self.text, value.span().start)
    }
}

pub fn to_toml(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut writer = Writer {
        out: String::new(),
        path: Vec::new(),
        pace: Pace::new(),
    };
    let written = match plain(cx, "to_toml", args.get(0)) {
        Ok(data) => writer.table(cx, data),
        Err(unwritten) => Err(unwritten),
    };
    match written {
        Ok(()) => new_text(cx, "to_toml", &writer.out),
        Err(unwritten) => Err(unwritten.into_fault("to_toml")),
    }
}

struct Writer {
    out: String,
    /// The keys of the table that is written, as a header has them.
    path: Vec<String>,
    pace: Pace,
}

/// How an entry is written.
enum Form {
    Entry,
    Table,
    Tables,
}

fn form(v: Value) -> Form {
    let is_dict = |v: Value| v.is_kind(Kind::Dict);
    match v.kind() {
        Some(Kind::Dict) => Form::Table,
        Some(Kind::Array)
            if !v.elements().is_empty() && v.elements().iter().all(|&x| is_dict(x)) =>
        {
            Form::Tables
        }
        _ => Form::Entry,
    }
}

impl Writer {
    /// The entries of a table, then the tables in it.
    fn table(&mut self, cx: &mut dyn Context, d: Value) -> Written {
        let mut cursor = 0;
        while let Some((key, v, next)) = cx.heap().dict_next(d, cursor) {
            cursor = next;
            if let Form::Entry = form(v) {
                let name = key_text(cx, key)?;
                self.out.push_str(&name);
                self.out.push_str(" = ");
                self.value(cx, v).map_err(|u| inside(cx, u, key))?;
                self.end_line(cx)?;
            }
        }
        cursor = 0;
        while let Some((key, v, next)) = cx.heap().dict_next(d, cursor) {
            cursor = next;
            let form = form(v);
            if let Form::Entry = form {
                continue;
            }
            let name = key_text(cx, key)?;
            self.path.push(name);
            let written = match form {
                Form::Tables => self.tables(cx, v),
                _ => {
                    if needs_header(cx, v) {
                        self.header(cx, "[", "]")?;
                    }
                    self.table(cx, v)
                }
            };
            written.map_err(|u| inside(cx, u, key))?;
            self.path.pop();
        }
        Ok(())
    }

    fn tables(&mut self, cx: &mut dyn Context, xs: Value) -> Written {
        for (i, &x) in xs.elements().iter().enumerate() {
            self.header(cx, "[[", "]]")?;
            if let Err(unwritten) = self.table(cx, x) {
                return Err(unwritten.inside(|| Step::Index(i)));
            }
        }
        Ok(())
    }

    fn header(&mut self, cx: &mut dyn Context, open: &str, close: &str) -> Written {
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(open);
        self.out.push_str(&self.path.join("."));
        self.out.push_str(close);
        self.end_line(cx)
    }

    fn end_line(&mut self, cx: &mut dyn Context) -> Written {
        self.out.push('\n');
        self.grown(cx)
    }

    fn grown(&mut self, cx: &mut dyn Context) -> Written {
        self.pace.step(cx)?;
        Ok(check_bytes(cx, "to_toml", self.out.len())?)
    }

    /// A value on one line.
    fn value(&mut self, cx: &mut dyn Context, v: Value) -> Written {
        self.grown(cx)?;
        if v.is_string() {
            let text = pace::text_of(cx, v)?;
            self.pace.bytes(cx, text.len())?;
            check_bytes(cx, "to_toml", self.out.len() + text.len())?;
            push_in_quotes(cx, "to_toml", &mut self.out, text, push_basic)?;
        } else if v.is_int() {
            push_int(&mut self.out, v.as_int());
        } else if v.is_big_int() {
            let Ok(int) = i64::try_from(v.big_int()) else {
                let got = "an int beyond 64 bits";
                return Err(Unwritten::met(ErrorKind::Value, got));
            };
            push_int(&mut self.out, int);
        } else if v.is_float() {
            match v.as_float() {
                f if f.is_nan() => self.out.push_str("nan"),
                f64::INFINITY => self.out.push_str("inf"),
                f64::NEG_INFINITY => self.out.push_str("-inf"),
                f => number_fmt::push_float_source(&mut self.out, f),
            }
        } else if v.is_bool() {
            self.out
                .push_str(if v == Value::TRUE { "true" } else { "false" });
        } else if v.is_null() {
            return Err(Unwritten::met(ErrorKind::Type, "null"));
        } else if v.is_kind(Kind::Array) {
            self.out.push('[');
            for (i, &x) in v.elements().iter().enumerate() {
                if i > 0 {
                    self.out.push_str(", ");
                }
                if let Err(unwritten) = self.value(cx, x) {
                    return Err(unwritten.inside(|| Step::Index(i)));
                }
            }
            self.out.push(']');
        } else {
            self.inline_table(cx, v)?;
        }
        Ok(())
    }

    fn inline_table(&mut self, cx: &mut dyn Context, d: Value) -> Written {
        let mut cursor = 0;
        let mut open = "{ ";
        while let Some((key, v, next)) = cx.heap().dict_next(d, cursor) {
            cursor = next;
            self.out.push_str(open);
            open = ", ";
            let name = key_text(cx, key)?;
            self.out.push_str(&name);
            self.out.push_str(" = ");
            self.value(cx, v).map_err(|u| inside(cx, u, key))?;
        }
        self.out.push_str(if open == ", " { " }" } else { "{}" });
        Ok(())
    }
}

fn inside(cx: &mut dyn Context, unwritten: Box<Unwritten>, key: Value) -> Box<Unwritten> {
    let step = key_step(cx, key);
    unwritten.inside(|| step)
}

/// Whether a table is empty or has entries of its own: others are known by the tables in
/// them.
fn needs_header(cx: &mut dyn Context, d: Value) -> bool {
    let mut cursor = 0;
    let mut is_empty = true;
    while let Some((_, v, next)) = cx.heap().dict_next(d, cursor) {
        cursor = next;
        is_empty = false;
        if let Form::Entry = form(v) {
            return true;
        }
    }
    is_empty
}

/// A key: bare if it may be.
fn key_text(cx: &mut dyn Context, key: Value) -> Fallible<String> {
    if !key.is_string() {
        return number_text::int_in_base(cx, key, 10);
    }
    let text = cx.heap().str(key);
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if !text.is_empty() && text.chars().all(is_bare) {
        return Ok(text.to_string());
    }
    let mut quoted = "\"".to_string();
    push_basic(&mut quoted, text);
    quoted.push('"');
    Ok(quoted)
}

/// Appends a part of a basic string, which has the escapes of JSON and one more.
fn push_basic(out: &mut String, text: &str) {
    for (i, part) in text.split('\u{7f}').enumerate() {
        if i > 0 {
            out.push_str("\\u007F");
        }
        push_escaped(out, part);
    }
}
