//! Writing YAML in block style.

use super::scalar::{Scalar, resolve};
use crate::heap::object::Kind;
use crate::runtime::number_fmt::push_int;
use crate::runtime::pace::{self, Pace};
use crate::runtime::{Context, Fallible, bigint, number_fmt};
use crate::stdlib::formats::push_in_quotes;
use crate::stdlib::limits::{check_bytes, make_room};
use crate::stdlib::plain::plain;
use crate::value::Value;
use std::fmt::Write;

/// Keys that are longer are marked by `?`: a simple key ends within 1024 characters.
const SIMPLE_KEY: usize = 1000;

/// The YAML of a value.
pub fn write(cx: &mut dyn Context, v: Value) -> Fallible<String> {
    let data = match plain(cx, "to_yaml", v) {
        Ok(data) => data,
        Err(unwritten) => return Err(unwritten.into_fault("to_yaml")),
    };
    let mut writer = Writer {
        out: String::new(),
        pace: Pace::new(),
    };
    if has_parts(cx, data) {
        writer.block(cx, data, 0)?;
    } else {
        writer.scalar(cx, data)?;
        writer.out.push('\n');
    }
    Ok(writer.out)
}

/// Whether a value is written on lines of its own.
fn has_parts(cx: &mut dyn Context, v: Value) -> bool {
    match v.kind() {
        Some(Kind::Array) => !v.elements().is_empty(),
        Some(Kind::Dict) => cx.heap().dict_len(v) > 0,
        _ => false,
    }
}

struct Writer {
    out: String,
    pace: Pace,
}

impl Writer {
    /// The lines of an array or dict with parts. The first one goes on where the text
    /// ends, the others are indented by so many spaces.
    fn block(&mut self, cx: &mut dyn Context, v: Value, indent: usize) -> Fallible<()> {
        let mut is_first = true;
        if v.is_kind(Kind::Array) {
            for &x in v.elements() {
                self.start(cx, std::mem::take(&mut is_first), indent)?;
                self.out.push('-');
                self.part(cx, x, indent, true)?;
            }
            return Ok(());
        }
        let mut cursor = 0;
        while let Some((key, x, next)) = cx.heap().dict_next(v, cursor) {
            cursor = next;
            self.start(cx, std::mem::take(&mut is_first), indent)?;
            let start = self.out.len();
            self.scalar(cx, key)?;
            if self.out.len() - start > SIMPLE_KEY {
                self.out.insert_str(start, "? ");
                self.out.push('\n');
                self.start(cx, false, indent)?;
            }
            self.out.push(':');
            self.part(cx, x, indent, false)?;
        }
        Ok(())
    }

    fn start(&mut self, cx: &mut dyn Context, is_first: bool, indent: usize) -> Fallible<()> {
        self.pace.step(cx)?;
        if !is_first {
            self.out.extend(std::iter::repeat_n(' ', indent));
        }
        check_bytes(cx, "to_yaml", self.out.len())
    }

    /// A part after its `-` or `:`, up to the line end.
    fn part(&mut self, cx: &mut dyn Context, x: Value, indent: usize, item: bool) -> Fallible<()> {
        if !has_parts(cx, x) {
            self.out.push(' ');
            self.scalar(cx, x)?;
            self.out.push('\n');
            return Ok(());
        }
        if item {
            self.out.push(' ');
            return self.block(cx, x, indent + 2);
        }
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent + 2));
        self.block(cx, x, indent + 2)
    }

    fn scalar(&mut self, cx: &mut dyn Context, v: Value) -> Fallible<()> {
        if v.is_string() {
            let text = pace::text_of(cx, v)?;
            self.pace.bytes(cx, text.len())?;
            check_bytes(cx, "to_yaml", self.out.len() + text.len())?;
            if is_plain(cx, text)? {
                make_room(&mut self.out, text.len())?;
                pace::push_repeated(cx, &mut self.out, text, 1)?;
            } else {
                push_in_quotes(cx, "to_yaml", &mut self.out, text, push_escaped)?;
            }
        } else if v.is_int() {
            push_int(&mut self.out, v.as_int());
        } else if v.is_float() {
            match v.as_float() {
                f if f.is_nan() => self.out.push_str(".nan"),
                f64::INFINITY => self.out.push_str(".inf"),
                f64::NEG_INFINITY => self.out.push_str("-.inf"),
                f => number_fmt::push_float_source(&mut self.out, f),
            }
        } else if v.is_big_int() {
            bigint::push_digits(cx, &mut self.out, v.big_int())?;
        } else {
            self.out.push_str(match v.kind() {
                Some(Kind::Array) => "[]",
                Some(_) => "{}",
                None if v == Value::TRUE => "true",
                None if v == Value::FALSE => "false",
                None => "null",
            });
        }
        Ok(())
    }
}

/// Whether a string reads back as itself without quotes.
fn is_plain(cx: &mut dyn Context, text: &str) -> Fallible<bool> {
    let starts_well =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '.' | '+' | '(' | '<' | '$');
    if !text.starts_with(starts_well) || text.starts_with("...") || text.ends_with([' ', ':']) {
        return Ok(false);
    }
    let mut is_plain = true;
    let mut last = ' ';
    pace::stretches(cx, text, |_, part| {
        is_plain = is_plain
            && !part.contains(": ")
            && !part.contains(" #")
            && !part.chars().any(needs_escape)
            && !part.contains('\t')
            // The two may be in different stretches.
            && !matches!((last, part.as_bytes().first()), (':', Some(b' ')) | (' ', Some(b'#')));
        last = part.chars().next_back().unwrap_or(' ');
        Ok(())
    })?;
    Ok(is_plain && resolve(text) == Scalar::String)
}

/// Characters that only an escape can write, and those that would end a line.
fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Appends a part of a string in quotes.
fn push_escaped(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            c if needs_escape(c) => {
                write!(out, "\\u{:04X}", c as u32).expect("a string takes any text");
            }
            c => out.push(c),
        }
    }
}
