//! Byte offsets of characters in strings that are not ASCII.
//!
//! Strings are UTF-8, and positions count characters. Near an end, and in short
//! strings, characters are counted, eight bytes at a time. For a long string a
//! table holds the offset of every 64th character, as far as it was needed. The
//! table belongs to the bytes, not to the string object: strings that are
//! prefixes of one buffer share one table, so that a string that is indexed
//! while it grows is not counted from its start again.
//!
//! Nothing here makes or changes strings.

use super::Heap;
use super::object::{EPOCH, Header, Kind, StringForm};
use crate::value::Value;
use hashbrown::HashTable;

/// Characters from one entry of a table to the next.
const STRIDE: usize = 64;
/// Positions so near to an end are counted from there.
const NEAR: usize = 2 * STRIDE;

/// The tables of all strings that have one.
#[derive(Default)]
pub struct Positions {
    tables: HashTable<Table>,
}

/// The positions of the characters in one run of bytes.
struct Table {
    /// Where the bytes begin.
    start: *const u8,
    /// The buffer that holds the bytes. The table is dropped with it.
    buffer: *const Header,
    /// The byte offset of every [`STRIDE`]th character, from character 0 on.
    offsets: Vec<u32>,
}

impl Positions {
    /// How many strings have a table.
    #[cfg(test)]
    pub fn tables(&self) -> usize {
        self.tables.len()
    }

    /// Drops the tables of buffers that the collection, which has given what lives this
    /// epoch, did not reach.
    pub(super) fn forget_dead(&mut self, epoch: u8) {
        // SAFETY: the buffers have not been swept yet.
        self.tables
            .retain(|table| unsafe { (*table.buffer).mark & EPOCH == epoch });
    }
}

impl Table {
    fn hash(start: *const u8) -> u64 {
        (start as u64 >> 3).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    /// Adds entries until character `at` lies within a stride of the last one.
    /// `bytes` hold that character.
    fn reach(&mut self, bytes: &[u8], at: usize) {
        while self.offsets.len() <= at / STRIDE {
            let last = self.offsets.last().map_or(0, |&offset| offset as usize);
            self.offsets.push(skip(bytes, last, STRIDE) as u32);
        }
    }
}

impl Heap {
    /// The byte offset at which character `at` of a string begins; the length in
    /// bytes if the string has no more than `at` characters.
    pub fn byte_of_char(&mut self, string: Value, at: usize) -> usize {
        let bytes = self.str(string).as_bytes();
        let chars = string.string().char_len();
        if at >= chars {
            return bytes.len();
        }
        if string.string().is_ascii() {
            return at;
        }
        if at <= NEAR {
            return skip(bytes, 0, at);
        }
        if chars - at <= NEAR {
            return skip_back(bytes, chars - at);
        }
        match self.table_for(string) {
            Some(table) => {
                table.reach(bytes, at);
                skip(bytes, table.offsets[at / STRIDE] as usize, at % STRIDE)
            }
            None => skip(bytes, 0, at),
        }
    }

    /// How many characters of a string begin before byte `offset`, which is where
    /// a character begins or the end.
    pub fn char_of_byte(&mut self, string: Value, offset: usize) -> usize {
        let bytes = self.str(string).as_bytes();
        if string.string().is_ascii() {
            return offset;
        }
        if offset <= NEAR {
            return starts(&bytes[..offset]);
        }
        if bytes.len() - offset <= NEAR {
            return string.string().char_len() - starts(&bytes[offset..]);
        }
        let Some(table) = self.table_for(string) else {
            return starts(&bytes[..offset]);
        };
        let after = table
            .offsets
            .partition_point(|&entry| entry as usize <= offset);
        let last = after - 1;
        let at = last * STRIDE + starts(&bytes[table.offsets[last] as usize..offset]);
        if after == table.offsets.len() {
            table.reach(bytes, at);
        }
        at
    }

    /// The table of a flat string; `None` for a string whose bytes lie in its own
    /// cell, which is short.
    fn table_for(&mut self, string: Value) -> Option<&mut Table> {
        let object = string.string();
        if object.header.form != StringForm::External as u8 {
            return None;
        }
        let start = object.start().cast_const();
        // SAFETY: an external string, whose `second` is its buffer.
        let buffer = unsafe { (*object.long()).second };
        // SAFETY: as above.
        debug_assert!(unsafe { (*buffer).kind == Kind::Buffer });
        let found = self.positions.tables.entry(
            Table::hash(start),
            |table| table.start == start,
            |table| Table::hash(table.start),
        );
        let entry = found.or_insert_with(|| Table {
            start,
            buffer,
            offsets: vec![0],
        });
        Some(entry.into_mut())
    }
}

/// Whether a byte begins a character.
fn is_start(byte: u8) -> bool {
    byte & 0xC0 != 0x80
}

/// How many of eight bytes begin a character.
fn starts_in(word: u64) -> usize {
    // The top bit of each byte that has the form 10xxxxxx.
    let inside = word & !(word << 1) & 0x8080_8080_8080_8080;
    8 - inside.count_ones() as usize
}

/// How many characters begin in `bytes`.
fn starts(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let whole: usize = words
        .iter()
        .map(|&word| starts_in(u64::from_le_bytes(word)))
        .sum();
    whole + rest.iter().filter(|&&byte| is_start(byte)).count()
}

/// Where the character begins that is `count` characters after the one that
/// begins at `from`; the end if there are fewer.
fn skip(bytes: &[u8], from: usize, mut count: usize) -> usize {
    let mut at = from;
    let (words, _) = bytes[from..].as_chunks::<8>();
    for &word in words {
        let passed = starts_in(u64::from_le_bytes(word));
        if passed > count {
            break;
        }
        count -= passed;
        at += 8;
    }
    for (offset, &byte) in bytes[at..].iter().enumerate() {
        if is_start(byte) {
            if count == 0 {
                return at + offset;
            }
            count -= 1;
        }
    }
    bytes.len()
}

/// Where the `count`th character from the end begins; there are so many.
fn skip_back(bytes: &[u8], mut count: usize) -> usize {
    let mut at = bytes.len();
    while count > 0 {
        at -= 1;
        count -= usize::from(is_start(bytes[at]));
    }
    at
}
