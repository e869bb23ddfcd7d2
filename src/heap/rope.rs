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
    rope: *mut StringObj,
    /// The buffer's object, and where the text begins in it.
    buffer: *mut StringObj,
    start: *mut u8,
    /// The bytes at the start that are there already.
    written: usize,
    /// Nodes to write, and where they begin.
    postponed: [MaybeUninit<(*mut StringObj, usize)>; LEVELS],
    levels: usize,
    /// The node to go on with, and where it begins.
    node: Option<(*mut StringObj, usize)>,
    /// The bytes of that node, a flat one, that are written.
    copied: usize,
}

impl Heap {
    /// Begins to write out a rope; [`Writing::go_on`] until it is done.
    #[inline(always)]
    pub fn begin_writing(&mut self, rope: Value) -> Writing {
        let object = rope.string();
        let total = object.byte_len();
        // SAFETY: ropes refer to strings, and all are reachable from the caller's.
        unsafe {
            let mut leftmost = object.ptr.cast::<StringObj>();
            while (*leftmost).is_rope() {
                leftmost = (*leftmost).ptr.cast();
            }
            let mut start = (*leftmost).ptr;
            let mut buffer = (*leftmost).second;
            let mut written = (*leftmost).byte_len();
            if spare(&*leftmost) >= total - written {
                *used_of(buffer) += (total - written) as u64;
            } else {
                // A text that has grown before will grow again: leave room.
                let grows = (*leftmost).header.form == StringForm::External as u8;
                let cap = if grows { total + total / 2 } else { total };
                buffer = self.text_buffer(cap, total).cast();
                start = buffer.cast::<u8>().add(16);
                written = 0;
            }
            Writing {
                rope: object.ptr(),
                buffer,
                start,
                written,
                postponed: [const { MaybeUninit::uninit() }; LEVELS],
                levels: 0,
                node: Some((object.ptr(), 0)),
                copied: 0,
            }
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
            // SAFETY: nodes are strings that the rope keeps alive. Their bytes fit the
            // buffer, since lengths add up.
            unsafe {
                let len = (*node).byte_len();
                if at + len <= self.written {
                    self.take_next();
                } else if (*node).is_rope() {
                    let right = (*node).second;
                    let size = (*right).byte_len();
                    if (*right).is_rope() || size > left {
                        self.enter(node, at);
                    } else {
                        // Most ropes grow at their right end.
                        let to = self.start.add(at + len - size);
                        copy_text((*right).ptr, to, size);
                        left -= size;
                        self.node = Some(((*node).ptr.cast(), at));
                    }
                } else {
                    let part = (len - self.copied).min(left);
                    let from = (*node).ptr.add(self.copied);
                    let to = self.start.add(at + self.copied);
                    std::ptr::copy_nonoverlapping(from, to, part);
                    self.copied += part;
                    left -= part;
                    if self.copied == len {
                        self.copied = 0;
                        self.take_next();
                    }
                }
            }
            left = left.saturating_sub(NODE);
            if left == 0 && self.node.is_some() {
                return false;
            }
        }
        // SAFETY: all of the text lies in the buffer.
        unsafe {
            (*self.rope).ptr = self.start;
            (*self.rope).second = self.buffer;
            (*self.rope).header.form = StringForm::External as u8;
            heap.note_store(self.rope.cast());
        }
        true
    }

    /// Goes on with the smaller side of a rope, and postpones the other one.
    ///
    /// # Safety
    /// `node` is a rope.
    unsafe fn enter(&mut self, node: *mut StringObj, at: usize) {
        // SAFETY: the sides of a rope are strings.
        unsafe {
            let left: *mut StringObj = (*node).ptr.cast();
            let right = (*node).second;
            let (left_len, right_len) = ((*left).byte_len(), (*right).byte_len());
            let (left, right) = ((left, at), (right, at + left_len));
            let (smaller, larger) = match left_len < right_len {
                true => (left, right),
                false => (right, left),
            };
            self.postponed[self.levels].write(larger);
            self.levels += 1;
            self.node = Some(smaller);
        }
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
