//! CSV (STDLIB 15). A reader of our own: which fields were quoted, that a quote is never
//! closed, and where, is nothing that the usual libraries tell.

use super::declare::*;
use super::formats::{
    Gathered, Keys, Step, Unwritten, Written, bad_text, key_step, push_in_quotes, without_mark,
};
use super::limits::*;
use super::operands::*;
use crate::heap::object::Kind;
use crate::runtime::messages::{type_error, value_error};
use crate::runtime::number_fmt::push_int;
use crate::runtime::pace::{self, Pace, STRETCH};
use crate::runtime::{
    Args, Context, ErrorKind, Fallible, Fault, bigint, number_fmt, number_text, type_name,
};
use crate::value::Value;
use std::collections::HashSet;

natives! {
    /// The rows of a CSV text: dicts by the names in the first row.
    ///
    /// Fields that are plain numbers become ints or floats, but not quoted ones and not
    /// `007`. Options: `delimiter` (`","`), `header` (true; if false the rows are arrays),
    /// `convert` (true). Empty lines are left out. A row of another length, a name that
    /// occurs twice and a quote that is not closed throw `parse`.
    pure fn [none] parse_csv(s: STRING, options: opt(DICT)) -> "array" = parse_csv;
    /// The rows, all dicts or all arrays, as CSV.
    ///
    /// Dicts give a header of all keys in the order in which they first appear; what is
    /// missing or null is empty. Texts are quoted where they would be read as something
    /// else. Options: `delimiter` (`","`), `header` (true). Containers in fields throw
    /// `type`, rows of different lengths `value`.
    pure fn [none] to_csv(rows: ARRAY, options: opt(DICT)) -> "string" = to_csv;
}

struct Options {
    delimiter: char,
    header: bool,
    convert: bool,
}

/// The options in argument 1, of those that `known` names.
fn options(cx: &mut dyn Context, name: &str, args: Args, known: &[&str]) -> Fallible<Options> {
    let mut options = Options {
        delimiter: ',',
        header: true,
        convert: true,
    };
    let given = args.get(1);
    if given.is_absent() {
        return Ok(options);
    }
    let mut cursor = 0;
    while let Some((key, v, next)) = cx.heap().dict_next(given, cursor) {
        cursor = next;
        let option = match key.is_string() {
            true => cx.heap().str(key),
            false => "",
        };
        let flag = match option {
            option if !known.contains(&option) => {
                let what = format!("a dict of {}", known.join(", "));
                return Err(value_error(cx, name, "options", &what, given));
            }
            "delimiter" => {
                options.delimiter = delimiter(cx, name, v)?;
                continue;
            }
            "header" => &mut options.header,
            _ => &mut options.convert,
        };
        if !v.is_bool() {
            return Err(type_error(name, option, "a bool", v));
        }
        *flag = v == Value::TRUE;
    }
    Ok(options)
}

fn delimiter(cx: &mut dyn Context, name: &str, v: Value) -> Fallible<char> {
    if !v.is_string() {
        return Err(type_error(name, "delimiter", "a string", v));
    }
    let mut chars = cx.heap().str(v).chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if !matches!(c, '"' | '\n' | '\r') => Ok(c),
        _ => {
            let what = "one character other than a quote or a line end";
            Err(value_error(cx, name, "delimiter", what, v))
        }
    }
}

fn parse_csv(cx: &mut dyn Context, args: Args) -> Fallible {
    let options = options(cx, "parse_csv", args, &["delimiter", "header", "convert"])?;
    let text = without_mark(str_arg(cx, args, 0));
    let mut buffer = [0; 4];
    let delimiter = options.delimiter.encode_utf8(&mut buffer).as_bytes();
    let mut reader = Reader {
        text,
        at: 0,
        delimiter,
        unquoted: String::new(),
    };
    let gathered = Gathered::new(cx, "parse_csv");
    let rows = cx.heap().new_array(0);
    let keys = match options.header {
        true => header(cx, &gathered, &mut reader)?,
        false => None,
    };
    let mut width = keys.as_ref().map(Keys::len);
    let mut pace = Pace::new();
    while let Some(start) = reader.next_row() {
        let mark = gathered.mark();
        loop {
            let field = reader.field(cx)?;
            pace.bytes(cx, field.text.len())?;
            let value = match options.convert && !field.quoted {
                true => converted(cx, field.text)?,
                false => new_text(cx, "parse_csv", field.text)?,
            };
            let end = field.end;
            gathered.push(cx, value)?;
            if end != End::Field {
                break;
            }
        }
        let fields = gathered.mark() - mark;
        if *width.get_or_insert(fields) != fields {
            let what = format!("a row of {fields} fields instead of {}", width.unwrap_or(0));
            return Err(bad_text("parse_csv", "CSV", &what, text, start));
        }
        let row = match &keys {
            Some(keys) => gathered.dict(cx, mark, keys)?,
            None => gathered.array(cx, mark)?,
        };
        push(cx, "parse_csv", rows, row)?;
    }
    Ok(rows)
}

/// The names in the first row; `None` if there is no row.
fn header(
    cx: &mut dyn Context,
    gathered: &Gathered,
    reader: &mut Reader,
) -> Fallible<Option<Keys>> {
    if reader.next_row().is_none() {
        return Ok(None);
    }
    let mark = gathered.mark();
    let mut names = HashSet::new();
    loop {
        let start = reader.at;
        let field = reader.field(cx)?;
        if !names.insert(field.text.to_string()) {
            let what = format!("the name {:?} a second time", field.text);
            return Err(bad_text("parse_csv", "CSV", &what, reader.text, start));
        }
        let end = field.end;
        let name = new_text(cx, "parse_csv", field.text)?;
        gathered.push(cx, name)?;
        if end != End::Field {
            return Ok(Some(gathered.keys(cx, mark)?));
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    /// Where the next field begins.
    at: usize,
    delimiter: &'t [u8],
    /// The text of a field that has quotes in it.
    unquoted: String,
}

/// After a field.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Field,
    Row,
}

struct Field<'r> {
    text: &'r str,
    quoted: bool,
    end: End,
}

impl Reader<'_> {
    /// Where the next row begins; empty lines are left out.
    fn next_row(&mut self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        while let Some(b'\n' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        (self.at < bytes.len()).then_some(self.at)
    }

    /// The next field of a row.
    #[inline]
    fn field(&mut self, cx: &mut dyn Context) -> Fallible<Field<'_>> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        if bytes.get(start) == Some(&b'"') {
            return self.quoted_field(cx);
        }
        let first = self.delimiter[0];
        let mut at = start;
        'field: loop {
            let stretch = bytes.len().min(at + STRETCH);
            while at < stretch {
                match bytes[at] {
                    b'\n' | b'\r' => break 'field,
                    b if b == first && bytes[at..].starts_with(self.delimiter) => break 'field,
                    _ => at += 1,
                }
            }
            if at == bytes.len() {
                break;
            }
            cx.poll()?;
        }
        let end = self.end_at(at);
        Ok(Field {
            text: &self.text[start..at],
            quoted: false,
            end,
        })
    }

    /// Says what is after a field that ends at `at`; goes on there.
    #[inline]
    fn end_at(&mut self, at: usize) -> End {
        match self.text.as_bytes().get(at) {
            Some(b'\r') => {
                let pair = self.text.as_bytes().get(at + 1) == Some(&b'\n');
                self.at = at + 1 + usize::from(pair);
                End::Row
            }
            Some(b'\n') => {
                self.at = at + 1;
                End::Row
            }
            Some(_) => {
                self.at = at + self.delimiter.len();
                End::Field
            }
            None => {
                self.at = at;
                End::Row
            }
        }
    }

    fn quoted_field(&mut self, cx: &mut dyn Context) -> Fallible<Field<'_>> {
        let open = self.at;
        let bytes = self.text.as_bytes();
        self.unquoted.clear();
        let mut start = open + 1;
        let mut pace = Pace::new();
        loop {
            pace.step(cx)?;
            let Some(length) = memchr::memchr(b'"', &bytes[start..]) else {
                let what = "a quote that is not closed";
                return Err(self.bad(what, open));
            };
            let quote = start + length;
            if bytes.get(quote + 1) == Some(&b'"') {
                self.unquoted.push_str(&self.text[start..=quote]);
                start = quote + 2;
                continue;
            }
            let after = quote + 1;
            let ends = match bytes.get(after) {
                None | Some(b'\n' | b'\r') => true,
                Some(_) => bytes[after..].starts_with(self.delimiter),
            };
            if !ends {
                return Err(self.bad("a character after a closing quote", after));
            }
            let end = self.end_at(after);
            let text = if self.unquoted.is_empty() {
                &self.text[start..quote]
            } else {
                self.unquoted.push_str(&self.text[start..quote]);
                &self.unquoted
            };
            return Ok(Field {
                text,
                quoted: true,
                end,
            });
        }
    }

    #[cold]
    fn bad(&self, what: &str, at: usize) -> Box<Fault> {
        bad_text("parse_csv", "CSV", what, self.text, at)
    }
}

/// Whether a field is a plain number, and if so whether an int:
/// `-?(0|[1-9][0-9]*)(\.[0-9]+)?`
#[inline]
fn plain_number(text: &str) -> Option<bool> {
    let bytes = text.as_bytes();
    let digits = match bytes {
        [b'-', rest @ ..] => rest,
        _ => bytes,
    };
    if !digits.first()?.is_ascii_digit() || !digits.last()?.is_ascii_digit() {
        return None;
    }
    let whole = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if whole > 1 && digits[0] == b'0' {
        return None;
    }
    match digits[whole..].split_first() {
        None => Some(true),
        Some((b'.', rest)) => rest.iter().all(u8::is_ascii_digit).then_some(false),
        Some(_) => None,
    }
}

/// The value of a field that was not quoted.
#[inline]
fn converted(cx: &mut dyn Context, text: &str) -> Fallible {
    match plain_number(text) {
        Some(true) if text.len() <= 15 => {
            let (negative, digits) = match text.as_bytes() {
                [b'-', rest @ ..] => (true, rest),
                digits => (false, digits),
            };
            let digit = |n: i64, &d: &u8| 10 * n + (d - b'0') as i64;
            let n = digits.iter().fold(0, digit);
            Ok(Value::int(if negative { -n } else { n }))
        }
        Some(true) => {
            let int = number_text::parse_int(cx, text, 10)?;
            Ok(int.expect("digits are an int"))
        }
        Some(false) => match text.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Value::float(f)),
            // Beyond the range of floats it stays as it is.
            _ => new_text(cx, "parse_csv", text),
        },
        None => new_text(cx, "parse_csv", text),
    }
}

fn to_csv(cx: &mut dyn Context, args: Args) -> Fallible {
    let options = options(cx, "to_csv", args, &["delimiter", "header"])?;
    let rows = args.get(0).elements();
    let mut writer = Writer {
        out: String::new(),
        delimiter: options.delimiter,
        pace: Pace::new(),
    };
    match writer.rows(cx, rows, options.header) {
        Ok(()) => new_text(cx, "to_csv", &writer.out),
        Err(unwritten) => Err(unwritten.into_fault("to_csv")),
    }
}

struct Writer {
    out: String,
    delimiter: char,
    pace: Pace,
}

impl Writer {
    fn rows(&mut self, cx: &mut dyn Context, rows: &[Value], header: bool) -> Written {
        let Some(first) = rows.first() else {
            return Ok(());
        };
        let kind = first.kind();
        for (i, row) in rows.iter().enumerate() {
            if !matches!(row.kind(), Some(Kind::Dict | Kind::Array)) || row.kind() != kind {
                let unwritten = Unwritten::met(ErrorKind::Type, type_name(*row));
                return Err(unwritten.inside(|| Step::Index(i)));
            }
        }
        match kind {
            Some(Kind::Dict) => self.dicts(cx, rows, header),
            _ => self.arrays(cx, rows),
        }
    }

    fn arrays(&mut self, cx: &mut dyn Context, rows: &[Value]) -> Written {
        let width = rows[0].elements().len();
        for (i, row) in rows.iter().enumerate() {
            let fields = row.elements();
            if fields.len() != width || width == 0 {
                let got = match fields.len() {
                    0 => "an empty row".to_string(),
                    fields => format!("a row of {fields} fields instead of {width}"),
                };
                let unwritten = Unwritten::met(ErrorKind::Value, got);
                return Err(unwritten.inside(|| Step::Index(i)));
            }
            for (column, &field) in fields.iter().enumerate() {
                if let Err(unwritten) = self.field(cx, field, column, width) {
                    let unwritten = unwritten.inside(|| Step::Index(column));
                    return Err(unwritten.inside(|| Step::Index(i)));
                }
            }
            self.end_row(cx)?;
        }
        Ok(())
    }

    fn dicts(&mut self, cx: &mut dyn Context, rows: &[Value], header: bool) -> Written {
        let columns = columns(cx, rows)?;
        let keys = columns.elements();
        if keys.is_empty() {
            let unwritten = Unwritten::met(ErrorKind::Value, "an empty row");
            return Err(unwritten.inside(|| Step::Index(0)));
        }
        if header {
            for (column, &key) in keys.iter().enumerate() {
                self.separate(column);
                if key.is_string() {
                    self.text(cx, key, false, keys.len())?;
                } else {
                    self.field(cx, key, 0, keys.len())?;
                }
            }
            self.end_row(cx)?;
        }
        for (i, &row) in rows.iter().enumerate() {
            for (column, &key) in keys.iter().enumerate() {
                let field = cx.heap().dict_get(row, key).unwrap_or(Value::NULL);
                if let Err(unwritten) = self.field(cx, field, column, keys.len()) {
                    let step = key_step(cx, key);
                    return Err(unwritten.inside(|| step).inside(|| Step::Index(i)));
                }
            }
            self.end_row(cx)?;
        }
        Ok(())
    }

    #[inline]
    fn separate(&mut self, column: usize) {
        if column > 0 {
            self.out.push(self.delimiter);
        }
    }

    fn end_row(&mut self, cx: &mut dyn Context) -> Written {
        self.out.push('\n');
        self.pace.step(cx)?;
        Ok(check_bytes(cx, "to_csv", self.out.len())?)
    }

    /// Field number `column` of a row of `width` fields.
    fn field(&mut self, cx: &mut dyn Context, v: Value, column: usize, width: usize) -> Written {
        self.separate(column);
        if v.is_string() {
            return self.text(cx, v, true, width);
        }
        if v.is_int() {
            push_int(&mut self.out, v.as_int());
        } else if v.is_float() {
            number_fmt::push_float_source(&mut self.out, v.as_float());
        } else if v.is_bool() {
            self.out
                .push_str(if v == Value::TRUE { "true" } else { "false" });
        } else if v.is_big_int() {
            bigint::push_digits(cx, &mut self.out, v.big_int())?;
        } else if v.is_null() {
            // A line without anything would be left out.
            if width == 1 {
                self.out.push_str("\"\"");
            }
        } else {
            return Err(Unwritten::met(ErrorKind::Type, type_name(v)));
        }
        Ok(())
    }

    /// A text, in quotes where it would be read as something else.
    fn text(&mut self, cx: &mut dyn Context, v: Value, converts: bool, width: usize) -> Written {
        let text = pace::text_of(cx, v)?;
        self.pace.bytes(cx, text.len())?;
        check_bytes(cx, "to_csv", self.out.len() + text.len())?;
        let special = |c: char| matches!(c, '"' | '\n' | '\r' | '\u{feff}') || c == self.delimiter;
        let mut has_special = false;
        pace::stretches(cx, text, |_, part| {
            has_special = has_special || part.contains(special);
            Ok(())
        })?;
        let quote = has_special
            || converts && plain_number(text).is_some()
            || text.is_empty() && width == 1;
        if !quote {
            make_room(&mut self.out, text.len())?;
            pace::push_repeated(cx, &mut self.out, text, 1)?;
            return Ok(());
        }
        push_in_quotes(cx, "to_csv", &mut self.out, text, |out, text| {
            for (i, part) in text.split('"').enumerate() {
                if i > 0 {
                    out.push_str("\"\"");
                }
                out.push_str(part);
            }
        })?;
        Ok(())
    }
}

/// An array of all keys of the rows, dicts, in the order in which they first appear.
fn columns(cx: &mut dyn Context, rows: &[Value]) -> Fallible {
    let seen = cx.heap().new_dict(0);
    let columns = cx.heap().new_array(0);
    let mut last_shape = 0;
    let mut pace = Pace::new();
    for &row in rows {
        // Records of one shape have the same keys.
        let shape = row.header().aux;
        if shape == last_shape {
            pace.step(cx)?;
            continue;
        }
        last_shape = match shape & crate::heap::object::SHAPE_BIT {
            0 => 0,
            _ => shape,
        };
        let mut cursor = 0;
        while let Some((key, _, next)) = cx.heap().dict_next(row, cursor) {
            pace.step(cx)?;
            cursor = next;
            if !cx.heap().dict_contains(seen, key) {
                let _ = cx.heap().dict_set(seen, key, Value::TRUE);
                push(cx, "to_csv", columns, key)?;
            }
        }
    }
    Ok(columns)
}
