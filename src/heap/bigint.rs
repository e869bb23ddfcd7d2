//! Ints beyond the inline range. [`Heap::new_int`] and [`IntToFill::finish`] keep
//! every int of the inline range out of the heap, so that two ints of different forms
//! are never equal.
//!
//! The words of a bigint lie in its own cell. The number object that the crate's
//! operations want only refers to them: nothing is freed with it, and a sum is
//! written where it stays.

use super::Heap;
use super::object::*;
use crate::value::Value;
use dashu_int::{IBig, Sign};
use std::mem::{ManuallyDrop, MaybeUninit};

impl Value {
    /// Whether it is an int beyond the inline range.
    #[inline(always)]
    pub fn is_big_int(self) -> bool {
        self.is_kind(Kind::BigInt)
    }

    /// An int from 0 to 2^64 - 1.
    pub fn as_word(self) -> Option<u64> {
        if self.is_int() {
            return u64::try_from(self.as_int()).ok();
        }
        if !self.is_big_int() || self.header().form != ONE_WORD {
            return None;
        }
        // SAFETY: a bigint object of that form has its word after it.
        Some(unsafe { *self.as_pointer::<BigIntObj>().add(1).cast::<u64>() })
    }

    /// The int of a bigint object. The reference is good as long as the object
    /// lives.
    #[inline]
    pub fn big_int(self) -> &'static IBig {
        debug_assert!(self.is_big_int());
        // SAFETY: the value is a bigint object; its int is never written again.
        unsafe { &(*self.as_pointer::<BigIntObj>()).value }
    }
}

impl Heap {
    /// An int of any size as a value.
    pub fn new_int(&mut self, value: IBig) -> Value {
        let (sign, words) = value.as_sign_words();
        if let &[] | &[_] = words
            && let Ok(small) = i64::try_from(&value)
            && let Some(v) = Value::try_int(small)
        {
            return v;
        }
        // SAFETY: writes all of the words.
        unsafe {
            self.new_int_of_words(sign, words.len(), |room| {
                for (to, &word) in room.iter_mut().zip(words) {
                    to.write(word);
                }
            })
        }
    }

    /// The int with this sign and a magnitude of `len` words, more than none, from the
    /// least significant one on; the most significant ones may be 0.
    ///
    /// # Safety
    /// `write` writes all of the words that it is given.
    pub unsafe fn new_int_of_words(
        &mut self,
        sign: Sign,
        len: usize,
        write: impl FnOnce(&mut [MaybeUninit<u64>]),
    ) -> Value {
        let mut int = self.int_to_fill(len);
        write(int.words());
        // SAFETY: the promise of the caller.
        unsafe { int.finish(sign) }
    }

    /// An int of 64 bits without a sign.
    pub fn new_word(&mut self, word: u64) -> Value {
        if let Some(small) = i64::try_from(word).ok().and_then(Value::try_int) {
            return small;
        }
        let mut int = self.int_to_fill(1);
        int.words()[0].write(word);
        // SAFETY: the only word is written.
        unsafe { int.finish(Sign::Positive) }
    }

    /// Room for an int of so many words, more than none, which may be written in steps.
    pub fn int_to_fill(&mut self, len: usize) -> IntToFill {
        let size = size_of::<BigIntObj>() + 8 * len;
        let object = self.allocate(Kind::BigInt, 0, len as u32, size).cast();
        IntToFill { object, len }
    }
}

/// The 64-bit parts of the number in an object of form [`ONE_WORD`], in the order in which
/// they lie there: bits that are always the same, or nothing for the word itself. Compiled code
/// makes such objects.
pub fn word_parts() -> [Option<u64>; size_of::<IBig>() / 8] {
    const WORD: u64 = 0x9e37_79b9_7f4a_7c15;
    // SAFETY: the word is not zero and lives for ever. The number consists of words, all of
    // which are written, and does not own anything.
    let parts: [u64; size_of::<IBig>() / 8] = unsafe {
        let number = IBig::from_static_words(Sign::Positive, &[WORD]);
        std::mem::transmute(number)
    };
    parts.map(|part| (part != WORD).then_some(part))
}

/// An int whose words are still to be written. It lies in the heap, and lives as long as
/// this is on the machine stack.
pub struct IntToFill {
    object: *mut BigIntObj,
    len: usize,
}

impl IntToFill {
    /// The words, from the least significant one on.
    pub fn words(&mut self) -> &mut [MaybeUninit<u64>] {
        // SAFETY: a fresh object with room for the words after it, which nothing else refers
        // to.
        unsafe {
            let room = self.object.add(1).cast::<MaybeUninit<u64>>();
            std::slice::from_raw_parts_mut(room, self.len)
        }
    }

    /// The int with this sign and the words as magnitude; the most significant ones may be 0.
    ///
    /// # Safety
    /// All of the words have been written.
    pub unsafe fn finish(self, sign: Sign) -> Value {
        // SAFETY: the words after the object are written, and do not move or change while it
        // lives; its int is never dropped, and is given out by shared reference only.
        unsafe {
            let room = self.object.add(1).cast::<u64>();
            let words = std::slice::from_raw_parts(room, self.len);
            let zeros = words.iter().rev().take_while(|&&word| word == 0).count();
            let words = &words[..self.len - zeros];
            let is_word = words.len() == 1 && sign == Sign::Positive;
            (*self.object).header.form = if is_word { ONE_WORD } else { 0 };
            let value = IBig::from_static_words(sign, words);
            let small = match words {
                &[] | &[_] => i64::try_from(&value).ok().and_then(Value::try_int),
                _ => None,
            };
            std::ptr::addr_of_mut!((*self.object).value).write(ManuallyDrop::new(value));
            small.unwrap_or_else(|| Value::pointer(self.object))
        }
    }
}
