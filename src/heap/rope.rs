//! Writing ropes out: the parts of a string that is a tree of concatenations are copied
//! into one buffer when something reads the string. A long one is written in steps, so
//! that the caller can look up in between.

use super::object::*;
use super::string::{copy_text, spare, used_of};
use super::{Heap, MAX_STRING};
use crate::value::Value;
use std::mem::MaybeUninit;

/// A node costs about as much as a copy of so many bytes.
const NODE: usize = 64;

/// Levels of postponed nodes: each holds the larger half of a rope, so the rest is at
/// least halved a level.
const LEVELS: usize = MAX_STRING.ilog2() as usize + 1;

/// A rope that is being written out. The rope keeps its parts, and the buffer, alive:
/// both are looked for on the machine stack, where this stays.
pub struct Writing {
    rope: View<StringObj>,
    /// The buffer, and where the text begins in it.
    buffer: *mut Header,
    start: *mut u8,
    /// The bytes at the start that are there already.
    written: usize,
    /// Nodes to write, and where they begin.
    postponed: [MaybeUninit<(View<StringObj>, usize)>; LEVELS],
    levels: usize,
    /// The node to go on with, and where it begins.
    node: Option<(View<StringObj>, usize)>,
    /// The bytes of that node, a flat one, that are written.
    copied: usize,
}

impl Heap {
    /// Begins to write out a rope; [`Writing::go_on`] until it is done.
    #[inline(always)]
    pub fn begin_writing(&mut self, rope: Value) -> Writing {
        let object = rope.string();
        let total = object.byte_len();
        let mut leftmost = object;
        while leftmost.is_rope() {
            leftmost = sides(leftmost).0;
        }
        let room = spare(leftmost);
        let written = leftmost.byte_len();
        let (buffer, start, written) = if room > 0 && room >= total - written {
            // SAFETY: a string with spare room has a buffer, of which more is used now.
            unsafe {
                let buffer = (*leftmost.long()).second;
                *used_of(buffer) += (total - written) as u64;
                (buffer, leftmost.start(), written)
            }
        } else {
            // A text that has grown before will grow again: leave room.
            let grows = leftmost.header.form == StringForm::External as u8;
            let cap = if grows { total + total / 2 } else { total };
            let buffer = self.text_buffer(cap, total);
            (buffer, buffer.wrapping_add(2).cast(), 0)
        };
        Writing {
            rope: object,
            buffer,
            start,
            written,
            postponed: [const { MaybeUninit::uninit() }; LEVELS],
            levels: 0,
            node: Some((object, 0)),
            copied: 0,
        }
    }

    /// Writes a rope out, so that the string is an external one.
    #[inline(never)]
    pub(super) fn flatten(&mut self, rope: Value) {
        let mut writing = self.begin_writing(rope);
        let done = writing.go_on(self, usize::MAX);
        debug_assert!(done);
    }
}

impl Writing {
    /// Writes about so many bytes more. If that was the rest, the string is flat, and
    /// the result true.
    #[inline]
    pub fn go_on(&mut self, heap: &mut Heap, bytes: usize) -> bool {
        let mut left = bytes;
        while let Some((node, at)) = self.node {
            let len = node.byte_len();
            if at + len <= self.written {
                self.take_next();
            } else if node.is_rope() {
                let (left_side, right) = sides(node);
                let size = right.byte_len();
                if right.is_rope() || size > left {
                    self.enter(node, at);
                } else {
                    // Most ropes grow at their right end.
                    // SAFETY: the buffer has room for all nodes, since lengths add up.
                    unsafe { copy_text(right.start(), self.start.add(at + len - size), size) };
                    left -= size;
                    self.node = Some((left_side, at));
                }
            } else {
                let part = (len - self.copied).min(left);
                // SAFETY: as above; the part lies within the node's text.
                unsafe {
                    let from = node.start().add(self.copied);
                    let to = self.start.add(at + self.copied);
                    std::ptr::copy_nonoverlapping(from, to, part);
                }
                self.copied += part;
                left -= part;
                if self.copied == len {
                    self.copied = 0;
                    self.take_next();
                }
            }
            left = left.saturating_sub(NODE);
            if left == 0 && self.node.is_some() {
                return false;
            }
        }
        let rope = self.rope;
        // SAFETY: a live rope, of whose text all lies in the buffer.
        unsafe {
            (*rope.long()).ptr = self.start;
            (*rope.long()).second = self.buffer;
            (*rope.ptr()).header.form = StringForm::External as u8;
            heap.note_store(rope.ptr().cast());
        }
        true
    }

    /// Goes on with the smaller side of a rope, and postpones the other one.
    fn enter(&mut self, node: View<StringObj>, at: usize) {
        let (left, right) = sides(node);
        let (left_len, right_len) = (left.byte_len(), right.byte_len());
        let (left, right) = ((left, at), (right, at + left_len));
        let (smaller, larger) = match left_len < right_len {
            true => (left, right),
            false => (right, left),
        };
        self.postponed[self.levels].write(larger);
        self.levels += 1;
        self.node = Some(smaller);
    }

    #[inline(always)]
    fn take_next(&mut self) {
        self.node = match self.levels {
            0 => None,
            levels => {
                self.levels = levels - 1;
                // SAFETY: all below `levels` are written.
                Some(unsafe { self.postponed[levels - 1].assume_init() })
            }
        };
    }
}

/// The sides of a rope.
#[inline(always)]
fn sides(rope: View<StringObj>) -> (View<StringObj>, View<StringObj>) {
    debug_assert!(rope.is_rope());
    // SAFETY: a rope refers to two strings, which it keeps alive.
    unsafe {
        let LongStringObj { ptr, second, .. } = *rope.long();
        (View::at(ptr.cast()), View::at(second.cast()))
    }
}
