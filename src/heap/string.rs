//! Strings: immutable UTF-8 text with cached hash, length and ASCII-ness.
//! Concatenation is lazy (a rope) or appends to a buffer that several strings
//! share as prefixes, so that building a text piece by piece is linear however
//! it is done. Also the intern table: one object for each name a program
//! mentions, so that names compare by address.

use super::object::*;
use super::{Heap, MAX_STRING};
use crate::value::Value;
use hashbrown::HashTable;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

/// A text would be longer than [`MAX_STRING`] bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TextTooLong;

/// Texts up to this many bytes lie in the string's own cell.
const MAX_INLINE: usize = 512;
/// Concatenations up to this many bytes are written out at once.
pub(super) const MAX_EAGER: usize = 64;
/// Substrings of this many bytes and more share the whole text's buffer.
const MIN_SHARED_SLICE: usize = 128;

/// Every interned string, weakly held.
pub struct Interner {
    table: HashTable<*mut StringObj>,
    /// Those that have been added since the last collection.
    added: Vec<*mut StringObj>,
    /// The one-character ASCII strings, held for ever.
    ascii: Vec<Value>,
    /// The interned strings of texts of the machine's own, by where those lie;
    /// forgotten at every collection.
    statics: [(&'static str, Value); STATICS],
    /// The string that was looked up last, and the interned one; forgotten at every
    /// collection. Code that reads and then writes an entry looks up twice.
    last_lookup: (Value, Value),
}

/// Places for texts of the machine's own. There are a few dozen.
const STATICS: usize = 64;

impl Interner {
    pub fn new() -> Interner {
        Interner {
            table: HashTable::new(),
            added: Vec::new(),
            ascii: Vec::new(),
            statics: [("", Value::ABSENT); STATICS],
            last_lookup: (Value::ABSENT, Value::ABSENT),
        }
    }

    /// Drops entries whose strings the collection, which has given what lives this
    /// epoch, did not reach.
    pub(super) fn forget_dead(&mut self, epoch: u8, is_minor: bool) {
        self.statics = [("", Value::ABSENT); STATICS];
        self.last_lookup = (Value::ABSENT, Value::ABSENT);
        for &v in &self.ascii {
            let header = v.header();
            put!(header.mark = epoch | CLEAN);
        }
        // SAFETY: entries are string objects that have not been swept yet.
        unsafe {
            if !is_minor {
                self.added.clear();
                let lives = |&mut s: &mut *mut StringObj| (*s).header.mark & EPOCH == epoch;
                return self.table.retain(lives);
            }
            for string in self.added.drain(..) {
                if (*string).header.mark == YOUNG
                    && let Ok(entry) =
                        (self.table).find_entry(widen((*string).hash), |&s| s == string)
                {
                    entry.remove();
                }
            }
        }
    }
}

impl Default for Interner {
    fn default() -> Self {
        Interner::new()
    }
}

/// Hash of a text: never 0. Its seed is another one in every process, so that
/// no input can be prepared to collide.
pub fn hash_bytes(bytes: &[u8]) -> u32 {
    const K: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut state = seed() ^ (bytes.len() as u64).wrapping_mul(K);
    let mut fold = |word: u64| {
        let wide =
            ((state ^ word) as u128).wrapping_mul((K | 1) as u128 | 0xA076_1D64_78BD_642F << 1);
        state = (wide as u64) ^ (wide >> 64) as u64;
    };
    let (chunks, rest) = bytes.as_chunks::<8>();
    for chunk in chunks {
        fold(u64::from_le_bytes(*chunk));
    }
    if !rest.is_empty() {
        fold(last_word(bytes));
    }
    fold(0x2545_F491_4F6C_DD1D);
    ((state ^ state >> 32) as u32).max(1)
}

/// The last bytes of a text that is not empty, as a word. Bytes are in it twice rather than
/// copied: texts of other lengths have other words before them.
#[inline(always)]
fn last_word(bytes: &[u8]) -> u64 {
    if let Some(last) = bytes.last_chunk::<8>() {
        return u64::from_le_bytes(*last);
    }
    match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => {
            let byte = |at: usize| u64::from(bytes[at]);
            byte(0) | byte(bytes.len() / 2) << 8 | byte(bytes.len() - 1) << 16
        }
    }
}

/// Puts a 32-bit hash where a hash table looks: in the low and the top bits.
#[inline(always)]
pub(super) fn widen(hash: u32) -> u64 {
    hash as u64 | (hash as u64) << 32
}

fn seed() -> u64 {
    seeds()[0]
}

/// Two secret numbers, drawn again in every process; the second is odd.
pub(super) fn seeds() -> [u64; 2] {
    use std::hash::{BuildHasher, RandomState};
    static SEEDS: OnceLock<[u64; 2]> = OnceLock::new();
    *SEEDS.get_or_init(|| {
        let random = RandomState::new();
        [random.hash_one(0u8), random.hash_one(1u8) | 1]
    })
}

/// The int that `text` is the canonical decimal form of: `7`, `-3`, not `07`,
/// `+1`, `-0`. Only ints of at most 18 digits are told; longer texts that are
/// canonical ints come as `Err(())`.
pub fn canonical_int(text: &str) -> Option<Result<i64, ()>> {
    let bytes = text.as_bytes();
    let digits = match bytes {
        [b'-', rest @ ..] => rest,
        _ => bytes,
    };
    match digits {
        [b'0'] => return (bytes.len() == 1).then_some(Ok(0)),
        [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit) => {}
        _ => return None,
    }
    if digits.len() > 18 {
        Some(Err(()))
    } else {
        Some(text.parse().map_err(|_| ()))
    }
}

impl Value {
    #[inline(always)]
    pub fn is_string(self) -> bool {
        self.is_kind(Kind::String)
    }

    #[inline(always)]
    pub fn string(self) -> View<StringObj> {
        debug_assert!(self.is_string());
        // SAFETY: the value is a string object.
        unsafe { View::of(self) }
    }
}

impl StringObj {
    #[inline(always)]
    pub fn byte_len(&self) -> usize {
        self.header.aux as usize
    }

    #[inline(always)]
    pub fn char_len(&self) -> usize {
        self.chars as usize
    }

    #[inline(always)]
    pub fn is_ascii(&self) -> bool {
        self.chars == self.header.aux
    }

    /// Whether this is a rope of more than so many bytes.
    #[inline(always)]
    pub fn is_rope_beyond(&self, bytes: usize) -> bool {
        self.byte_len() > bytes && self.is_rope()
    }

    #[inline(always)]
    pub(super) fn is_rope(&self) -> bool {
        self.header.form == StringForm::Rope as u8
    }
}

impl View<StringObj> {
    /// The whole of a string that is not inline.
    #[inline(always)]
    pub(super) fn long(self) -> *mut LongStringObj {
        debug_assert!(self.header.form != StringForm::Inline as u8);
        self.ptr().cast()
    }

    /// The address of the bytes of a flat string.
    #[inline(always)]
    pub(super) fn start(self) -> *mut u8 {
        debug_assert!(!self.is_rope());
        match self.header.form == StringForm::Inline as u8 {
            true => self.ptr().wrapping_add(1).cast(),
            // SAFETY: a live string of a form other than inline.
            false => unsafe { (*self.long()).ptr },
        }
    }

    /// The text of a flat string. The slice is good as long as the string lives.
    #[inline(always)]
    pub fn flat_text(self) -> &'static str {
        // SAFETY: a flat string has so many bytes of UTF-8.
        unsafe {
            let bytes = std::slice::from_raw_parts(self.start(), self.byte_len());
            std::str::from_utf8_unchecked(bytes)
        }
    }
}

impl Heap {
    /// A string of so many bytes and characters, with room for them or for so much that
    /// takes their place.
    #[inline(always)]
    fn raw_string(
        &mut self,
        form: StringForm,
        bytes: usize,
        chars: usize,
        room: usize,
    ) -> *mut StringObj {
        let size = size_of::<StringObj>() + room;
        let object: *mut StringObj = self
            .allocate(Kind::String, form as u8, bytes as u32, size)
            .cast();
        // SAFETY: a fresh object with room for its fixed part.
        unsafe {
            (*object).hash = 0;
            (*object).chars = chars as u32;
        }
        object
    }

    /// A string whose bytes follow in its cell, still to be written.
    #[inline(always)]
    fn raw_inline(&mut self, bytes: usize, chars: usize) -> *mut StringObj {
        // In whole words, at least one, which `copy_start` relies on.
        let room = bytes.max(8).next_multiple_of(8);
        self.raw_string(StringForm::Inline, bytes, chars, room)
    }

    /// A string of another form.
    #[inline(always)]
    fn raw_long(
        &mut self,
        form: StringForm,
        (bytes, chars): (usize, usize),
        ptr: *mut u8,
        second: *mut Header,
    ) -> Value {
        debug_assert!(bytes > MAX_EAGER);
        let room = size_of::<LongStringObj>() - size_of::<StringObj>();
        let object: *mut LongStringObj = self.raw_string(form, bytes, chars, room).cast();
        // SAFETY: a fresh object with this layout.
        unsafe {
            (*object).ptr = ptr;
            (*object).second = second;
            Value::pointer(object)
        }
    }

    /// A string of at most [`MAX_STRING`] bytes.
    pub fn new_string(&mut self, text: &str) -> Value {
        let chars = if text.is_ascii() {
            text.len()
        } else {
            text.chars().count()
        };
        self.new_string_counted(text, chars)
    }

    /// A string of at most [`MAX_STRING`] bytes, of which the number of characters is
    /// known.
    #[inline]
    pub fn new_string_counted(&mut self, text: &str, chars: usize) -> Value {
        // SAFETY: the text is copied as it is.
        unsafe {
            self.new_string_of(text.len(), chars, |to| {
                copy_text(text.as_ptr(), to.as_mut_ptr().cast(), text.len());
            })
        }
    }

    /// A string of so many bytes and characters, at most [`MAX_STRING`], written where it
    /// stays.
    ///
    /// # Safety
    /// `write` writes all of the bytes that it is given: UTF-8 with `chars` characters.
    #[inline(always)]
    pub unsafe fn new_string_of(
        &mut self,
        bytes: usize,
        chars: usize,
        write: impl FnOnce(&mut [MaybeUninit<u8>]),
    ) -> Value {
        debug_assert!(bytes <= MAX_STRING);
        if bytes == 1 {
            let mut byte = [MaybeUninit::uninit()];
            write(&mut byte);
            // SAFETY: the caller's promise.
            return self.ascii_char(unsafe { byte[0].assume_init() });
        }
        let (string, text) = if bytes <= MAX_INLINE {
            let object = self.raw_inline(bytes, chars);
            // SAFETY: a fresh object.
            let string = unsafe { Value::pointer(object) };
            (string, object.wrapping_add(1).cast())
        } else {
            self.raw_external(bytes, chars)
        };
        // SAFETY: there is room for the text, and nothing else refers to it.
        unsafe {
            let text: *mut MaybeUninit<u8> = text.cast();
            write(std::slice::from_raw_parts_mut(text, bytes));
        }
        string
    }

    /// A string of so many bytes and characters, at most [`MAX_STRING`] and more than fit
    /// a small cell, which is written bit by bit.
    ///
    /// # Safety
    /// Before anything reads it, [`Heap::fill_string`] has written all of it: `chars`
    /// characters.
    pub unsafe fn string_to_fill(&mut self, bytes: usize, chars: usize) -> Value {
        assert!((MAX_INLINE + 1..=MAX_STRING).contains(&bytes));
        self.raw_external(bytes, chars).0
    }

    /// Writes a part of a [`Heap::string_to_fill`].
    pub fn fill_string(&mut self, string: Value, at: usize, part: &str) {
        let object = string.string();
        assert!(object.header.form == StringForm::External as u8);
        assert!(at + part.len() <= object.byte_len());
        // SAFETY: the object is a string with a buffer of its own, which is not shared
        // yet; the part lies within it.
        unsafe {
            let to = object.start().add(at);
            std::ptr::copy_nonoverlapping(part.as_ptr(), to, part.len());
        }
    }

    /// A string with a buffer of its own, and where its bytes are to be written.
    #[inline(never)]
    fn raw_external(&mut self, bytes: usize, chars: usize) -> (Value, *mut u8) {
        // Reachable from the local variable while the string is made.
        let buffer = self.text_buffer(bytes, bytes);
        let text = buffer.wrapping_add(2).cast();
        let string = self.raw_long(StringForm::External, (bytes, chars), text, buffer);
        (string, text)
    }

    /// The one-character strings of the 128 ASCII bytes, which stay where they are.
    pub fn ascii_table(&mut self) -> *const Value {
        self.ascii_char(0);
        self.strings.ascii.as_ptr()
    }

    /// The one-character string of an ASCII byte.
    #[inline(always)]
    pub fn ascii_char(&mut self, byte: u8) -> Value {
        match self.strings.ascii.get(byte as usize) {
            Some(&one) => one,
            None => self.make_ascii(byte),
        }
    }

    #[cold]
    #[inline(never)]
    fn make_ascii(&mut self, byte: u8) -> Value {
        for b in 0..128u8 {
            // SAFETY: a fresh object with room for one byte.
            let v = unsafe {
                let object = self.raw_inline(1, 1);
                object.add(1).cast::<u8>().write(b);
                Value::pointer(object)
            };
            let hash = hash_bytes(&[b]);
            let object = v.string();
            put!(object.hash = hash);
            let digit = if b.is_ascii_digit() { INT_TEXT } else { 0 };
            put!(object.header.flags = INTERNED | INT_TEXT_KNOWN | digit);
            self.strings.ascii.push(v);
            self.strings
                .table
                .insert_unique(widen(hash), v.as_pointer(), |&s| {
                    // SAFETY: entries are live strings with their hash computed.
                    unsafe { widen((*s).hash) }
                });
        }
        self.strings.ascii[byte as usize]
    }

    /// A buffer for `cap` bytes of text of which `used` are taken: a header, the
    /// count of used bytes, the bytes.
    pub(super) fn text_buffer(&mut self, cap: usize, used: usize) -> *mut Header {
        let words = cap.div_ceil(8) + 1;
        let header = self.allocate(Kind::Buffer, 0, words as u32, 8 + 8 * words);
        // SAFETY: the count lies after the header.
        unsafe { *header.add(1).cast::<u64>() = used as u64 };
        header
    }

    /// A text buffer without room, which stands for memory that this heap has not
    /// allocated.
    pub(super) fn empty_text_buffer(&mut self) -> *mut Header {
        self.text_buffer(0, 0)
    }

    /// A string of bytes that a buffer keeps from being freed.
    ///
    /// # Safety
    /// They are UTF-8 with so many characters, and are not written as long as the buffer
    /// lives: a text buffer that holds them or stands for them.
    pub(super) unsafe fn new_string_within(
        &mut self,
        buffer: *mut Header,
        ptr: *mut u8,
        bytes: usize,
        chars: usize,
    ) -> Value {
        self.raw_long(StringForm::External, (bytes, chars), ptr, buffer)
    }

    /// The text of a string; a rope is written out first. The slice is good as
    /// long as the string lives.
    #[inline]
    pub fn str(&mut self, string: Value) -> &'static str {
        let object = string.string();
        if object.is_rope() {
            self.flatten(string);
        }
        object.flat_text()
    }

    /// `left + right`.
    pub fn concat(&mut self, left: Value, right: Value) -> Result<Value, TextTooLong> {
        let (a, b) = (left.string(), right.string());
        let bytes = a.byte_len() + b.byte_len();
        if b.byte_len() == 0 {
            return Ok(left);
        }
        if a.byte_len() == 0 {
            return Ok(right);
        }
        if bytes > MAX_STRING || !self.may_hold(bytes) {
            return Err(TextTooLong);
        }
        let chars = a.char_len() + b.char_len();
        let size = (bytes, chars);
        // SAFETY: fresh objects have the room asked for, and a buffer the room that is spare;
        // left and right are the caller's and stay alive.
        unsafe {
            if bytes <= MAX_EAGER && !a.is_rope() && !b.is_rope() {
                let object = self.raw_inline(bytes, chars);
                let text: *mut u8 = object.add(1).cast();
                copy_start(a, text);
                copy_text(b.start(), text.add(a.byte_len()), b.byte_len());
                return Ok(Value::pointer(object));
            }
            if !b.is_rope() && spare(a) >= b.byte_len() {
                let (start, buffer) = (a.start(), (*a.long()).second);
                copy_text(b.start(), start.add(a.byte_len()), b.byte_len());
                *used_of(buffer) += b.byte_len() as u64;
                return Ok(self.raw_long(StringForm::External, size, start, buffer));
            }
        }
        let (left, right) = (left.as_pointer(), right.as_pointer());
        Ok(self.raw_long(StringForm::Rope, size, left, right))
    }

    /// The strings `parts`, which the collector sees, with `separator` between them; at
    /// most [`MAX_STRING`] bytes in all.
    pub fn join(&mut self, parts: &[Value], separator: &str) -> Value {
        let gaps = parts.len().saturating_sub(1);
        let mut bytes = separator.len() * gaps;
        let separator_chars = match separator.is_ascii() {
            true => separator.len(),
            false => separator.chars().count(),
        };
        let mut chars = separator_chars * gaps;
        for &part in parts {
            bytes += part.string().byte_len();
            chars += part.string().char_len();
            // Ropes are written out before there is an unfinished string.
            self.str(part);
        }
        // SAFETY: the parts and separators that were counted are written one after the
        // other, and are flat.
        unsafe {
            self.new_string_of(bytes, chars, |to| {
                let mut to: *mut u8 = to.as_mut_ptr().cast();
                for (i, part) in parts.iter().enumerate() {
                    if i > 0 {
                        copy_text(separator.as_ptr(), to, separator.len());
                        to = to.add(separator.len());
                    }
                    let part = part.string();
                    copy_text(part.start(), to, part.byte_len());
                    to = to.add(part.byte_len());
                }
            })
        }
    }

    /// The substring of bytes `from .. to`, which are character boundaries;
    /// `chars` is its length in characters.
    #[inline]
    pub fn substring(&mut self, string: Value, from: usize, to: usize, chars: usize) -> Value {
        match short_part(string, from, to) {
            Some(part) => self.new_string_counted(part, chars),
            None => self.long_substring(string, from, to, chars),
        }
    }

    #[inline(never)]
    pub(super) fn long_substring(
        &mut self,
        string: Value,
        from: usize,
        to: usize,
        chars: usize,
    ) -> Value {
        let text = self.str(string);
        let object = string.string();
        if from == 0 && to == text.len() {
            return string;
        }
        if to - from >= MIN_SHARED_SLICE && object.header.form == StringForm::External as u8 {
            // SAFETY: the slice lies within the shared buffer.
            unsafe {
                let (start, buffer) = (object.start().add(from), (*object.long()).second);
                return self.new_string_within(buffer, start, to - from, chars);
            }
        }
        self.new_string_counted(&text[from..to], chars)
    }

    /// The cached hash of a string.
    #[inline]
    pub fn string_hash(&mut self, string: Value) -> u32 {
        let object = string.string();
        if object.hash == 0 {
            put!(object.hash = hash_bytes(self.str(string).as_bytes()));
        }
        object.hash
    }

    /// Whether two strings have the same text.
    #[inline]
    pub fn string_eq(&mut self, a: Value, b: Value) -> bool {
        if a == b {
            return true;
        }
        let (x, y) = (a.string(), b.string());
        if x.header.flags & y.header.flags & INTERNED != 0
            || x.byte_len() != y.byte_len()
            || (x.hash != 0 && y.hash != 0 && x.hash != y.hash)
        {
            return false;
        }
        self.str(a) == self.str(b)
    }

    /// The one interned string with this text.
    pub fn intern(&mut self, text: &str) -> Value {
        let hash = hash_bytes(text.as_bytes());
        if let Some(found) = self.find_interned(hash, text) {
            return found;
        }
        let string = self.new_string(text);
        let object = string.string();
        put!(object.hash = hash);
        self.add_interned(string)
    }

    /// [`Heap::intern`] of a text of the machine's own, such as the name of a type:
    /// the second time it takes a look at where the text lies.
    #[inline]
    pub fn intern_static(&mut self, text: &'static str) -> Value {
        let at = (text.as_ptr() as usize >> 2 ^ text.len()) % STATICS;
        let (known, value) = self.strings.statics[at];
        if std::ptr::eq(known, text) && !value.is_absent() {
            return value;
        }
        let value = self.intern(text);
        self.strings.statics[at] = (text, value);
        value
    }

    /// The text of an interned string, which is never a rope.
    pub fn interned_text(&self, name: Value) -> &'static str {
        name.string().flat_text()
    }

    /// The interned string with the same text as `string`.
    pub fn intern_value(&mut self, string: Value) -> Value {
        if string.string().header.flags & INTERNED != 0 {
            return string;
        }
        let hash = self.string_hash(string);
        let text = self.str(string);
        match self.find_interned(hash, text) {
            Some(found) => found,
            None => self.add_interned(string),
        }
    }

    /// The interned string with the same text as `string`, if there is one.
    pub fn lookup_interned(&mut self, string: Value) -> Option<Value> {
        if string.string().header.flags & INTERNED != 0 {
            return Some(string);
        }
        let (known, interned) = self.strings.last_lookup;
        if known == string {
            return Some(interned);
        }
        let hash = self.string_hash(string);
        let text = self.str(string);
        let found = self.find_interned(hash, text)?;
        self.strings.last_lookup = (string, found);
        Some(found)
    }

    fn find_interned(&mut self, hash: u32, text: &str) -> Option<Value> {
        let found = self.strings.table.find(widen(hash), |&s| {
            // SAFETY: entries are live flat strings.
            let known = unsafe { Value::pointer(s).string() };
            known.byte_len() == text.len() && known.flat_text() == text
        });
        // SAFETY: as above.
        found.map(|&s| unsafe { Value::pointer(s) })
    }

    fn add_interned(&mut self, string: Value) -> Value {
        let object = string.string();
        put!(object.header.flags |= INTERNED);
        self.strings.added.push(object.ptr());
        self.strings
            .table
            .insert_unique(widen(object.hash), object.ptr(), |&s| {
                // SAFETY: entries are live strings with their hash computed.
                unsafe { widen((*s).hash) }
            });
        string
    }

    /// Whether the string is the canonical text of an int, and so names the same
    /// dict entry as that int. Cached.
    #[inline]
    pub fn is_int_text(&mut self, string: Value) -> bool {
        let object = string.string();
        if object.header.flags & INT_TEXT_KNOWN == 0 {
            let known = match canonical_int(self.str(string)) {
                Some(_) => INT_TEXT_KNOWN | INT_TEXT,
                None => INT_TEXT_KNOWN,
            };
            put!(object.header.flags |= known);
        }
        object.header.flags & INT_TEXT != 0
    }
}

/// The bytes `from .. to` of a string, if they are to be copied.
#[inline(always)]
pub(super) fn short_part(string: Value, from: usize, to: usize) -> Option<&'static str> {
    let object = string.string();
    let is_short = to - from < MIN_SHARED_SLICE && to - from < object.byte_len();
    // SAFETY: the caller's part lies within the text, between characters.
    (is_short && !object.is_rope()).then(|| unsafe { object.flat_text().get_unchecked(from..to) })
}

/// Copies a flat string to where a new one begins, which is at least as long. Text that
/// lies in a cell is copied by words, so that texts that grow a character at a time
/// take the same path nearly always.
///
/// # Safety
/// `to` is where an inline string's text lies.
#[inline(always)]
unsafe fn copy_start(string: View<StringObj>, to: *mut u8) {
    let len = string.byte_len();
    // SAFETY: the room after inline strings is whole words in both cells.
    unsafe {
        if string.header.form != StringForm::Inline as u8 || len > 32 {
            return std::ptr::copy_nonoverlapping(string.start(), to, len);
        }
        let (from, to) = (string.start().cast::<MaybeUninit<u64>>(), to.cast());
        *to = *from;
        if len > 8 {
            *to.add(1) = *from.add(1);
            if len > 16 {
                *to.add(2) = *from.add(2);
                if len > 24 {
                    *to.add(3) = *from.add(3);
                }
            }
        }
    }
}

/// Copies a text that is probably short: a call takes longer than the copy then.
///
/// # Safety
/// As for [`std::ptr::copy_nonoverlapping`].
#[inline(always)]
pub(super) unsafe fn copy_text(from: *const u8, to: *mut u8, len: usize) {
    /// The first and the last bytes, which overlap where there are fewer than two `T`s.
    #[inline(always)]
    unsafe fn ends<T>(from: *const u8, to: *mut u8, len: usize) {
        let last = len - size_of::<T>();
        // SAFETY: there are at least as many bytes as one `T` has.
        unsafe {
            let first_part = from.cast::<T>().read_unaligned();
            let last_part = from.add(last).cast::<T>().read_unaligned();
            to.cast::<T>().write_unaligned(first_part);
            to.add(last).cast::<T>().write_unaligned(last_part);
        }
    }
    // SAFETY: the caller's promise.
    unsafe {
        match len {
            0 => {}
            1 => *to = *from,
            2..4 => ends::<u16>(from, to, len),
            4..8 => ends::<u32>(from, to, len),
            8..16 => ends::<u64>(from, to, len),
            16..=32 => ends::<u128>(from, to, len),
            _ => std::ptr::copy_nonoverlapping(from, to, len),
        }
    }
}

/// Bytes that can be appended to the string's buffer in place: none unless it is
/// external and ends where the used part of its buffer ends.
#[inline(always)]
pub(super) fn spare(string: View<StringObj>) -> usize {
    if string.header.form != StringForm::External as u8 {
        return 0;
    }
    // SAFETY: an external string's `second` is its text buffer.
    unsafe {
        let buffer = (*string.long()).second;
        let start = buffer.add(2).cast::<u8>();
        let used = *used_of(buffer) as usize;
        let cap = ((*buffer).aux as usize - 1) * 8;
        if string.start().add(string.byte_len()) == start.add(used) {
            cap - used
        } else {
            0
        }
    }
}

/// The count of used bytes of a text buffer.
#[inline(always)]
pub(super) fn used_of(buffer: *mut Header) -> *mut u64 {
    // SAFETY: text buffers begin with a header and this count.
    unsafe { buffer.add(1).cast() }
}
