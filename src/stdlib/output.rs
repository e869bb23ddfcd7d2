//! Output, input, the end of the program (STDLIB 2).

use super::declare::*;
use super::limits::{check_bytes, too_long};
use super::operands::{clamped, str_arg};
use crate::heap::MAX_STRING;
use crate::runtime::{Args, Context, ErrorKind, Fallible, Fault, repr, text};
use crate::value::Value;
use std::cell::Cell;
use std::io::{self, BufRead};

natives! {
    /// Writes the texts of its arguments, joined by spaces, and a line end.
    ///
    /// Without arguments an empty line.
    plain fn [texts] print | println (values: rest(ANY)) -> "null" = print; writes;
    /// The same on standard error.
    plain fn [texts] eprint(values: rest(ANY)) -> "null" = eprint; writes;
    /// Writes the texts of its arguments with nothing between them.
    ///
    /// No line end.
    plain fn [texts] write(values: rest(ANY)) -> "null" = write; writes;
    /// Writes each value with its kind at every level.
    ///
    /// On standard output, with `[DEBUG]` in front.
    plain fn [reads] debug(values: rest(ANY)) -> "null" = debug; writes;
    /// The next line of standard input; null when none is left.
    ///
    /// The prompt is written without a line end. An empty line is `""`.
    plain fn [none] input(prompt: opt(STRING)) -> "string or null" = input; waits;
    /// Ends the program with an exit code.
    ///
    /// Only the low 8 bits reach the system. Cannot be caught and runs no `finally`.
    plain fn [none] exit(code: or(WHOLE, "0")) -> "never returns" = exit; writes;
    /// Throws a value.
    ///
    /// The same as `throw(value)`.
    plain fn [texts] error(value: ANY) -> "never returns" = error; writes;
    /// The words after the program's name on the command line, without a first
    /// `--`.
    plain fn [none] args() -> "array" = args; reads;
}

thread_local! {
    /// The buffer that texts to be written are made in, kept for the next call.
    static LINE: Cell<String> = const { Cell::new(String::new()) };
}

/// Buffers that have grown beyond this are given back.
const KEPT_BUFFER: usize = 1 << 16;

/// Runs `body` with an empty buffer. A call within `body` gets another one.
fn with_line(body: impl FnOnce(&mut String) -> Fallible) -> Fallible {
    let mut line = LINE.take();
    line.clear();
    let result = body(&mut line);
    if line.capacity() <= KEPT_BUFFER {
        LINE.set(line);
    }
    result
}

fn append_line(cx: &mut dyn Context, line: &mut String, args: Args) -> Fallible<()> {
    for (i, &v) in args.slice().iter().enumerate() {
        if i > 0 {
            line.push(' ');
        }
        text::display_into(cx, line, v)?;
    }
    line.push('\n');
    Ok(())
}

fn print(cx: &mut dyn Context, args: Args) -> Fallible {
    with_line(|line| {
        append_line(cx, line, args)?;
        cx.state().put_out(line)?;
        Ok(Value::NULL)
    })
}

fn eprint(cx: &mut dyn Context, args: Args) -> Fallible {
    with_line(|line| {
        append_line(cx, line, args)?;
        cx.state().put_err(line)?;
        Ok(Value::NULL)
    })
}

fn write(cx: &mut dyn Context, args: Args) -> Fallible {
    with_line(|line| {
        for &v in args.slice() {
            text::display_into(cx, line, v)?;
        }
        cx.state().put_out(line)?;
        Ok(Value::NULL)
    })
}

fn debug(cx: &mut dyn Context, args: Args) -> Fallible {
    with_line(|line| {
        line.push_str("[DEBUG]");
        for &v in args.slice() {
            line.push(' ');
            line.push_str(&repr::debug_text(cx, v)?);
        }
        line.push('\n');
        cx.state().put_out(line)?;
        Ok(Value::NULL)
    })
}

fn input(cx: &mut dyn Context, args: Args) -> Fallible {
    if cx.state().input_is_taken {
        let message = "input() expects standard input to be free; the prompt reads it";
        return Err(Fault::new(ErrorKind::State, message));
    }
    if !args.is_empty() {
        let prompt = str_arg(cx, args, 0);
        cx.state().put_out(prompt)?;
    }
    cx.state().flush_out()?;
    match read_line(cx, &mut io::stdin().lock())? {
        Some(line) => Ok(cx.heap().new_string(&line)),
        None => Ok(Value::NULL),
    }
}

/// One line without its line end, or `None` at the end.
pub(super) fn read_line(cx: &mut dyn Context, from: &mut impl BufRead) -> Fallible<Option<String>> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Fault::new(ErrorKind::Io, format!("Cannot read standard input: {why}"))
    };
    let mut line = Vec::new();
    // Two bytes more than a string may have: its line end.
    while line.len() < MAX_STRING + 2 && line.last() != Some(&b'\n') {
        let bytes = match from.fill_buf() {
            Ok([]) => break,
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                cx.poll()?;
                continue;
            }
            Err(error) => return Err(unreadable(&error)),
        };
        let end = bytes.iter().position(|&byte| byte == b'\n');
        let part = &bytes[..end.map_or(bytes.len(), |end| end + 1)];
        line.extend_from_slice(part);
        let used = part.len();
        from.consume(used);
        check_bytes(cx, "input", line.len().saturating_sub(2))?;
    }
    if line.is_empty() {
        return Ok(None);
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    if line.len() > MAX_STRING {
        return Err(too_long("input", line.len()));
    }
    match String::from_utf8(line) {
        Ok(line) => Ok(Some(line)),
        Err(_) => Err(unreadable(&"the line is not valid UTF-8")),
    }
}

fn exit(_: &mut dyn Context, args: Args) -> Fallible {
    let code = match args.get(0) {
        code if code.is_absent() => 0,
        code => low_byte(code),
    };
    Err(Box::new(Fault::Exit(code)))
}

/// The low 8 bits of an int of any size.
fn low_byte(v: Value) -> i32 {
    if v.is_int() {
        return clamped(v) as u8 as i32;
    }
    let (sign, words) = v.big_int().as_sign_words();
    let low = words[0] as u8;
    match sign {
        dashu_int::Sign::Positive => low as i32,
        dashu_int::Sign::Negative => low.wrapping_neg() as i32,
    }
}

fn error(cx: &mut dyn Context, args: Args) -> Fallible {
    Err(cx.throw(args.get(0)))
}

fn args(cx: &mut dyn Context, _: Args) -> Fallible {
    let words = cx.state().args.clone();
    let array = cx.heap().new_array(words.len());
    for word in &words {
        let word = cx.heap().new_string(word);
        cx.heap()
            .array_push(array, word)
            .expect("the system's limit is lower");
    }
    Ok(array)
}
