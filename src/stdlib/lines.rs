//! The lines of files. A file is read by pieces: what is not asked for yet is not in
//! memory, and a file of any size takes no more than its longest line.

use super::declare::*;
use super::files::{PIECE, open_to_read, refused, undisturbed};
use super::limits::*;
use super::operands::*;
use crate::heap::MAX_STRING;
use crate::heap::object::{IteratorOp, put};
use crate::runtime::limits::{check_room, system_out_of_memory};
use crate::runtime::{Args, Context, Fallible, pace};
use crate::value::Value;
use std::any::Any;
use std::fs::File;
use std::io::Read;

natives! {
    /// The lines of the text in a file, as `lines` gives them.
    pure fn [none] read_lines(p: READ_PATH) -> "array" = read_lines;
    /// An iterator over the lines of a file, without their ends.
    ///
    /// The file is read as lines are asked for; no more than a line is kept. Text that
    /// is not UTF-8 throws `io`.
    pure fn [none] each_line(p: READ_PATH) -> "iterator" = each_line;
}

/// A file that is read by lines.
pub(crate) struct Lines {
    /// The function that was called.
    function: &'static str,
    path: String,
    /// `None` at its end.
    file: Option<File>,
    /// The bytes that have been read; lines begin at `at`, and up to `searched` none ends.
    bytes: Vec<u8>,
    at: usize,
    searched: usize,
    /// Bytes before this place are known to be UTF-8 as far as they are whole characters.
    known: usize,
    /// Whether all of them are ASCII.
    ascii: bool,
    /// The lines are the elements of an array.
    is_array: bool,
}

fn read_lines(cx: &mut dyn Context, args: Args) -> Fallible {
    let mut lines = Lines::open(cx, "read_lines", args)?;
    let array = cx.heap().new_array(0);
    lines.is_array = true;
    cx.heap().begin_texts();
    while let Some(line) = lines.next(cx)? {
        push(cx, "read_lines", array, line)?;
    }
    Ok(array)
}

fn each_line(cx: &mut dyn Context, args: Args) -> Fallible {
    let lines = Lines::open(cx, "each_line", args)?;
    let heap = cx.heap();
    let iterator = heap.new_iterator(IteratorOp::Lines, Value::NULL, Value::NULL);
    let step = iterator.iterator();
    let lines: Box<dyn Any> = Box::new(lines);
    put!(step.external = Box::into_raw(Box::new(lines)));
    Ok(iterator)
}

impl Lines {
    /// The file that argument 0 names.
    fn open(cx: &mut dyn Context, function: &'static str, args: Args) -> Fallible<Lines> {
        let path = str_arg(cx, args, 0);
        let file = open_to_read(cx, path)?;
        Ok(Lines {
            function,
            path: path.to_string(),
            file: Some(file),
            bytes: Vec::new(),
            at: 0,
            searched: 0,
            known: 0,
            ascii: true,
            is_array: false,
        })
    }

    /// The next line.
    ///
    /// # Errors
    /// Of kind `io`, and if the line is too long.
    pub(crate) fn next(&mut self, cx: &mut dyn Context) -> Fallible<Option<Value>> {
        loop {
            let rest = &self.bytes[self.searched..];
            if let Some(found) = memchr::memchr(b'\n', rest) {
                let end = self.searched + found;
                return self.line(cx, end, end + 1).map(Some);
            }
            self.searched = self.bytes.len();
            if !self.read(cx)? {
                let end = self.bytes.len();
                return match self.at == end {
                    true => Ok(None),
                    false => self.line(cx, end, end).map(Some),
                };
            }
        }
    }

    /// The line that ends at `end`; the next one begins at `next`.
    fn line(&mut self, cx: &mut dyn Context, end: usize, next: usize) -> Fallible {
        let mut line = &self.bytes[self.at..end];
        (self.at, self.searched) = (next, next);
        // Only before a line end, as `lines` has it.
        if next > end
            && let Some(shorter) = line.strip_suffix(b"\r")
        {
            line = shorter;
        }
        if line.len() <= SHORT && end <= self.known {
            // SAFETY: it has been looked at, and ends where a character does.
            let text = unsafe { std::str::from_utf8_unchecked(line) };
            let chars = match self.ascii || text.is_ascii() {
                true => text.len(),
                false => text.chars().count(),
            };
            return Ok(match self.is_array {
                true => cx.heap().new_text_of_array(text, chars),
                false => cx.heap().new_string_counted(text, chars),
            });
        }
        match pace::utf8(cx, line)? {
            Some(text) => new_text(cx, self.function, text),
            None => Err(refused(
                "read",
                "file",
                &self.path,
                &"it is not valid UTF-8",
            )),
        }
    }

    /// Finds out about what has been read since the last time, all at once: lines are short.
    fn look_ahead(&mut self) {
        let unknown = &self.bytes[self.known..];
        if unknown.is_ascii() {
            self.ascii |= self.known == 0;
            self.known = self.bytes.len();
            return;
        }
        self.ascii = false;
        self.known += match std::str::from_utf8(unknown) {
            Ok(text) => text.len(),
            // Lines after a fault are looked at one by one.
            Err(fault) => fault.valid_up_to(),
        };
    }

    /// Reads more of the file; false at its end.
    fn read(&mut self, cx: &mut dyn Context) -> Fallible<bool> {
        let Some(file) = &mut self.file else {
            return Ok(false);
        };
        // Lines that have been given make room for more.
        self.bytes.drain(..self.at);
        self.searched -= self.at;
        self.known = self.known.saturating_sub(self.at);
        self.at = 0;
        let before = self.bytes.len();
        if before > MAX_STRING {
            return Err(too_long(self.function, before));
        }
        if self.bytes.capacity() < before + PIECE {
            check_room(cx, 2 * before + PIECE)?;
            let room = self.bytes.try_reserve(PIECE);
            room.map_err(|_| system_out_of_memory())?;
        }
        self.bytes.resize(before + PIECE, 0);
        let piece = &mut self.bytes[before..];
        let read = undisturbed(cx, "read", &self.path, || file.read(piece));
        self.bytes.truncate(before + *read.as_ref().unwrap_or(&0));
        self.look_ahead();
        cx.poll()?;
        if read? == 0 {
            self.file = None;
            return Ok(false);
        }
        Ok(true)
    }
}
